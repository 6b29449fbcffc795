//! One stepped or ramped run as stretches of one load each.
//!
//! The load is that of the phases, or of users over time. Only slices that lie in one stretch as a whole count, and those
//! right after a change of load are left out while the system settles. Percentiles are never averaged (V43): where those
//! of a stretch do not follow from its slices, each slice keeps its own. What is left out is said.
//!
//! Judges nothing: what a stretch says of the system is the business of levels.

mod phases;
mod plateaus;
mod stretch;

use crate::load::steady::{Part, median, whole_parts_of};
use crate::model::{LoadModel, Run};
use crate::report::scaling::LevelOf;
use crate::stats::knee::Flow;
use crate::text::number::{plural, seconds};

/// A stretch of a run under one load.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// What the load counts.
    pub(crate) of: LevelOf,
    /// The load, averaged over what was measured.
    pub(crate) mean: f64,
    /// The highest load, where it moved inside.
    pub(crate) peak: Option<f64>,
    /// Where what was measured starts, in seconds from the start of the run.
    pub(crate) start: f64,
    /// Where it ends.
    pub(crate) end: f64,
    /// Seconds from the change of load to the start.
    pub(crate) settling: f64,
    /// The run cut to the stretch; answers are those that came meanwhile, whosever they are.
    pub(crate) run: Run,
    /// Slices or windows of the stretch with percentiles of their own, where it has none as a whole.
    pub(crate) windows: Vec<Run>,
    /// Sessions that completed meanwhile.
    pub(crate) flow: Option<Flow>,
}

/// The stretches of a run, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    /// Two of the same load stay two.
    pub(crate) stretches: Vec<Stretch>,
    /// What has to be known of them, as sentences without a full stop.
    pub(crate) remarks: Vec<String>,
}

/// Timers run late by this share of a slice.
const LATE: f64 = 0.05;
/// Systems settle for this share of the time that a load is held, and
const SETTLING: f64 = 0.1;
/// for one slice, where slices are no longer than this.
const FINE_S: f64 = 2.0;
/// A slice of this length in which the load changes has seen the system settle.
const COARSE_S: f64 = 5.0;

/// The stretches of a run; `None` where it holds one load only, or does not tell the load over time.
pub(crate) fn split(run: &Run) -> Option<Split> {
    let parts = whole_parts_of(run);
    if parts.windows(2).any(overlap) {
        return None;
    }
    let mut remarks = Vec::new();
    let mut pieces = if !run.load.phases.is_empty() {
        phases::pieces(run, &parts, &mut remarks)
    } else if run.load.model == Some(LoadModel::Open) {
        return None;
    } else {
        plateaus::pieces(&parts, &mut remarks)
    };
    pieces.sort_by(|a, b| a.span().0.total_cmp(&b.span().0));
    let first = pieces.first()?;
    if pieces.iter().all(|piece| piece.is_like(first)) {
        return None;
    }
    remarks.extend(settling_in_words(&pieces));
    let begin = parts.first()?.start;
    let found = stretch::stretches(run, &pieces, begin);
    remarks.extend(stretch::percentiles_in_words(&found));
    Some(Split {
        stretches: found.into_iter().map(|found| found.stretch).collect(),
        remarks,
    })
}

/// Slices of which one has events of the other count nothing twice only when they are left alone.
fn overlap(pair: &[Part]) -> bool {
    match pair {
        [before, after] => {
            let shorter = (before.end - before.start).min(after.end - after.start);
            before.end - after.start > shorter / 2.0
        }
        _ => false,
    }
}

/// Slices under one load.
#[derive(Clone, Debug)]
struct Piece {
    of: LevelOf,
    mean: f64,
    peak: Option<f64>,
    /// When the load became this one.
    change: f64,
    /// All of it, in order of time; at least one more than are left out.
    parts: Vec<Part>,
    /// How many at the start are left out.
    left_out: usize,
    /// Whether more should be, and nothing would be left.
    is_unsettled: bool,
}

impl Piece {
    /// What is measured.
    fn kept(&self) -> &[Part] {
        self.parts.get(self.left_out..).unwrap_or_default()
    }

    /// From and to.
    fn span(&self) -> (f64, f64) {
        let kept = self.kept();
        let start = kept.first().map_or(self.change, |part| part.start);
        (start, kept.last().map_or(start, |part| part.end))
    }

    fn settling(&self) -> f64 {
        (self.span().0 - self.change).max(0.0)
    }

    fn is_like(&self, other: &Piece) -> bool {
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        let top = |piece: &Piece| piece.peak.unwrap_or(piece.mean);
        self.of == other.of && same(self.mean, other.mean) && same(top(self), top(other))
    }
}

/// How many slices at the start are left out while the system settles, and whether even the last one should be.
///
/// `is_behind` says that the load changed inside the slice before, which is left out already.
fn settled(parts: &[Part], change: f64, is_behind: bool) -> (usize, bool) {
    let usual = usual_length(parts);
    let end = parts.last().map_or(change, |part| part.end);
    if is_behind && usual >= COARSE_S {
        return (0, false);
    }
    let share = SETTLING * (end - change);
    let time = if usual <= FINE_S + LATE * usual {
        share.max(usual)
    } else {
        share
    };
    let early = |part: &&Part| part.start + LATE * usual < change + time;
    let count = parts.iter().take_while(early).count();
    let most = parts.len().saturating_sub(1);
    (count.min(most), count > most)
}

/// The median length of slices.
fn usual_length(parts: &[Part]) -> f64 {
    let mut lengths: Vec<f64> = parts.iter().map(|part| part.end - part.start).collect();
    median(&mut lengths).unwrap_or(0.0)
}

fn settling_in_words(pieces: &[Piece]) -> Vec<String> {
    let mut words = Vec::new();
    let all = plural(pieces.len() as u64, "level");
    let times = pieces.iter().map(Piece::settling);
    let times: Vec<f64> = times.filter(|time| *time > 0.0).collect();
    let least = times.iter().copied().reduce(f64::min);
    let most = times.iter().copied().reduce(f64::max);
    if let (Some(least), Some(most)) = (least, most) {
        let (least, most) = (seconds(least), seconds(most));
        let time = if least == most {
            least
        } else {
            format!("{least} to {most}")
        };
        words.push(format!(
            "after a change of load the system settles: {time} at the start of {} of {all} are left out",
            times.len()
        ));
    }
    let unsettled = pieces.iter().filter(|piece| piece.is_unsettled).count();
    if unsettled > 0 {
        words.push(format!(
            "{unsettled} of {all} would be nothing without the time right after the change of load: their last slice holds some of it"
        ));
    }
    words
}

#[cfg(test)]
mod tests;
