//! The run cut to a stretch, and the windows in it that have percentiles of their own.

use crate::load::flow::flow;
use crate::load::split::{LATE, Piece, Stretch, usual_length};
use crate::load::steady::Part;
use crate::model::run::label;
use crate::model::{PerSecond, Run, Slice, Stats};
use crate::normalize::cut::{Answers, cut};
use crate::report::scaling::LevelOf;
use crate::text::number::{plural, seconds};

/// Windows of a stretch that are kept at most.
const WINDOWS: usize = 24;

/// A stretch, and where its percentiles come from.
pub(super) struct Found {
    pub(super) stretch: Stretch,
    source: Source,
}

/// Where the percentiles of a stretch come from.
#[derive(Clone, Copy, PartialEq)]
enum Source {
    /// Its slices taken together, or one by one; or the run has none anywhere.
    Slices,
    /// Sliding windows that see nothing but the stretch.
    Windows,
    /// One sliding window of that length, which sees the change of load too.
    Reaching(f64),
    /// Nothing: sliding windows of that length see more than the stretch.
    NoWindow(f64),
    /// Nothing: its slices have none.
    Nothing,
}

/// The stretches of pieces; the timeline begins at `begin`, and no sliding window sees what was before.
pub(super) fn stretches(run: &Run, pieces: &[Piece], begin: f64) -> Vec<Found> {
    let mut whole = run.clone();
    whole.timeline.clear();
    whole.load.offered = None;
    let mut bare = whole.clone();
    bare.resources.clear();
    let found = pieces.iter();
    found
        .map(|piece| {
            let cutter = Cutter { run, piece };
            let own = cutter.cut(&whole, piece.kept());
            let (source, windows) = cutter.windows(&bare, &own, begin);
            let (start, end) = piece.span();
            Found {
                stretch: Stretch {
                    of: piece.of,
                    mean: piece.mean,
                    peak: piece.peak,
                    start,
                    end,
                    settling: piece.settling(),
                    flow: flow(run, (start, end), false),
                    run: own,
                    windows,
                },
                source,
            }
        })
        .collect()
}

fn has_percentiles(stats: &Stats) -> bool {
    let primary = stats.primary();
    primary.is_some_and(|latency| !latency.percentiles.is_empty())
}

/// What cuts a piece out of a run.
struct Cutter<'r> {
    run: &'r Run,
    piece: &'r Piece,
}

impl Cutter<'_> {
    fn slice(&self, part: &Part) -> Option<&Slice> {
        self.run.timeline.get(part.place)
    }

    /// The run without its timeline, cut to these slices of it.
    fn cut(&self, whole: &Run, parts: &[Part]) -> Run {
        let mut run = whole.clone();
        let slices = parts.iter().filter_map(|part| self.slice(part).cloned());
        let start = parts.first().map_or(0.0, |part| part.start);
        let end = parts.last().map_or(start, |part| part.end);
        cut(&mut run, slices.collect(), (start, end), Answers::AsCounted);
        let arrivals = parts
            .iter()
            .try_fold(0_u64, |sum, part| Some(sum.saturating_add(part.arrivals?)));
        // A slice that runs late reaches into the next phase; it is not of that load.
        let late = LATE * usual_length(parts);
        run.load.phases.retain(|phase| phase.duration.0 > late);
        let duration = run.duration;
        run.load.arrival_rate = arrivals
            .zip(duration)
            .and_then(|(all, time)| PerSecond::of(all, time));
        let users = parts.iter().filter_map(|part| part.users);
        let stated = self.piece.peak.unwrap_or(self.piece.mean);
        let stated = (self.piece.of == LevelOf::Users).then_some(stated);
        run.load.users_max = users.reduce(f64::max).or(stated);
        run
    }

    fn windows(&self, bare: &Run, own: &Run, begin: f64) -> (Source, Vec<Run>) {
        let kept = self.piece.kept();
        let length = |part: &Part| self.slice(part)?.latency_window;
        if let Some(length) = kept.iter().rev().find_map(length) {
            return self.sliding(bare, begin, length.0);
        }
        if has_percentiles(&own.overall) || !has_percentiles(&self.run.overall) {
            return (Source::Slices, Vec::new());
        }
        let has = |part: &&Part| {
            let slice = self.slice(part);
            slice.is_some_and(|slice| has_percentiles(&slice.stats))
        };
        let parts: Vec<&Part> = kept.iter().filter(has).collect();
        let windows: Vec<Run> = spread(&parts)
            .map(|part| self.cut(bare, std::slice::from_ref(*part)))
            .filter(|run| has_percentiles(&run.overall))
            .collect();
        let source = if windows.is_empty() {
            Source::Nothing
        } else {
            Source::Slices
        };
        (source, windows)
    }

    /// From the last one back, those that see nothing but the stretch and do not overlap; else the last one that sees
    /// nothing but this load, or hardly anything else.
    fn sliding(&self, bare: &Run, begin: f64, length: f64) -> (Source, Vec<Run>) {
        let usual = usual_length(&self.piece.parts);
        let slack = LATE * usual;
        let has = |part: &Part| {
            self.slice(part)
                .is_some_and(|slice| has_percentiles(&slice.stats))
        };
        if !self.piece.kept().iter().any(has) {
            return (Source::Nothing, Vec::new());
        }
        let from = self.piece.span().0 - slack;
        let mut seen: Vec<(&Slice, f64, f64)> = Vec::new();
        let mut border = f64::INFINITY;
        let mut reaching = None;
        for part in self.piece.kept().iter().rev() {
            let Some(slice) = self
                .slice(part)
                .filter(|slice| has_percentiles(&slice.stats))
            else {
                continue;
            };
            let length = slice.latency_window.map_or(length, |window| window.0);
            let start = (part.end - length).max(begin);
            if start >= from && part.end <= border + slack {
                seen.push((slice, start - slack, part.end));
                border = start;
            } else if start >= self.piece.change - usual - slack && reaching.is_none() {
                reaching = Some((slice, start - slack, part.end));
            }
        }
        seen.reverse();
        let window =
            |(slice, start, end): &(&Slice, f64, f64)| self.window(bare, slice, (*start, *end));
        match reaching {
            _ if !seen.is_empty() => (Source::Windows, spread(&seen).map(window).collect()),
            Some(of) => (Source::Reaching(length), vec![window(&of)]),
            None => (Source::NoWindow(length), Vec::new()),
        }
    }

    /// The slices of this load that a sliding window sees, with the latencies of the window.
    fn window(&self, bare: &Run, slice: &Slice, (start, end): (f64, f64)) -> Run {
        let parts = self.piece.parts.iter().copied();
        let parts: Vec<Part> = parts
            .filter(|part| part.start >= start && part.end <= end)
            .collect();
        let mut run = self.cut(bare, &parts);
        see(&mut run.overall, &slice.stats);
        for endpoint in &mut run.endpoints {
            let name = endpoint.label();
            let mut seen = slice.endpoints.iter();
            let seen = seen.find(|seen| label(seen.method.as_deref(), &seen.name) == name);
            if let Some(seen) = seen {
                see(&mut endpoint.stats, &seen.stats);
            }
        }
        run
    }
}

/// All of them, or so many as are kept, spread evenly: a level of a day is not made of thousands of runs.
fn spread<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let step = all.len().div_ceil(WINDOWS).max(1);
    all.iter().step_by(step)
}

fn see(stats: &mut Stats, window: &Stats) {
    stats.latency.clone_from(&window.latency);
    stats.latency_ok.clone_from(&window.latency_ok);
    stats.latency_failed.clone_from(&window.latency_failed);
}

/// Where levels have no percentiles, or such as hold more than the level.
pub(super) fn percentiles_in_words(found: &[Found]) -> Vec<String> {
    let all = plural(found.len() as u64, "level");
    let sources = || found.iter().map(|found| found.source);
    let longest = |read: fn(Source) -> Option<f64>| sources().filter_map(read).reduce(f64::max);
    let count = |read: fn(Source) -> Option<f64>| sources().filter_map(read).count();
    let mut words = Vec::new();
    let reaching = |source: Source| match source {
        Source::Reaching(length) => Some(length),
        _ => None,
    };
    if let Some(length) = longest(reaching) {
        words.push(format!(
            "percentiles of {} of {all} are those of one window of {}, which reaches back into the time right after the change of load, or a slice further",
            count(reaching),
            seconds(length)
        ));
    }
    let missing = |source: Source| match source {
        Source::NoWindow(length) => Some(length),
        _ => None,
    };
    if let Some(length) = longest(missing) {
        words.push(format!(
            "percentiles of {} of {all} are not known: no window of {} lies inside",
            count(missing),
            seconds(length)
        ));
    }
    let nothing = sources()
        .filter(|source| *source == Source::Nothing)
        .count();
    if nothing > 0 {
        words.push(format!(
            "percentiles of {nothing} of {all} are not known: their slices hold none"
        ));
    }
    words
}
