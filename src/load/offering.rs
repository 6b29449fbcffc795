//! In which time load was offered. A run lasts until the last answer: of a server that cannot follow, or of one slow answer, that is
//! long after the last request was sent.

use crate::load::steady::median;
use crate::model::{Latency, LoadModel, Phase, Run, Slice, Stats};

/// The time in which load was offered, in seconds of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Offering {
    /// Where it begins.
    pub(crate) from: f64,
    /// Where it ends.
    pub(crate) to: f64,
    /// Seconds of it that are no pause.
    pub(crate) seconds: f64,
}

/// By the phases that are declared, else by the slices in which users arrived or requests were sent; `None` = not told.
pub(crate) fn offering(run: &Run) -> Option<Offering> {
    by_phases(run).or_else(|| by_slices(run))
}

/// Seconds in which load was offered at the least, where that follows from the run: the last answer was not later than the
/// longest one after the last request.
pub(crate) fn least_seconds(run: &Run) -> Option<f64> {
    let told = offering(run).map(|offering| offering.seconds);
    told.or_else(|| Some(run.duration?.0 - longest(&run.overall)?))
        .filter(|seconds| *seconds > 0.0)
}

/// When the last request was sent, in seconds of the run: told, or by the rate that was offered.
pub(crate) fn end(run: &Run) -> Option<f64> {
    offering(run).map(|offering| offering.to).or_else(|| {
        let offered = run.load.offered.filter(|rate| rate.0 > 0.0)?.0;
        let is_open = run.load.model == Some(LoadModel::Open);
        Some(run.overall.requests? as f64 / offered).filter(|_| is_open)
    })
}

fn by_phases(run: &Run) -> Option<Offering> {
    // What follows from the arrivals leaves out what they do not show.
    if run.load.phases_recovered {
        return None;
    }
    let ends = run.duration.map_or(f64::INFINITY, |duration| duration.0);
    let loaded = run.load.phases.iter().filter(|phase| !is_pause(phase));
    let spans = loaded.filter_map(|phase| {
        let (from, to) = (phase.start.0.max(0.0), phase.start.0 + phase.duration.0);
        // A run that was stopped offers nothing afterwards.
        Some((from, to.min(ends))).filter(|(from, to)| to > from)
    });
    spans.fold(None, |all: Option<Offering>, (from, to)| {
        let all = all.unwrap_or(Offering {
            from,
            to,
            seconds: 0.0,
        });
        Some(Offering {
            from: all.from.min(from),
            to: all.to.max(to),
            seconds: all.seconds + (to - from),
        })
    })
}

fn is_pause(phase: &Phase) -> bool {
    let rates = [phase.rate_from, phase.rate_to].map(|rate| rate.map(|rate| rate.0));
    let ends = [rates, [phase.users_from, phase.users_to]];
    let mut told = ends.iter().flatten().flatten().peekable();
    told.peek().is_some() && told.all(|load| *load <= 0.0)
}

fn by_slices(run: &Run) -> Option<Offering> {
    if run.timeline.iter().any(|slice| slice.arrivals.is_some()) {
        return span(run, |slice| slice.arrivals);
    }
    // Users that wait for answers send until they are stopped, and that is no matter of counts.
    (run.load.model != Some(LoadModel::Closed) && counts_what_is_sent(run))
        .then(|| span(run, |slice| slice.stats.requests))
        .flatten()
}

/// Whether requests stand in the slice in which they were sent: those sent and those answered differ somewhere.
fn counts_what_is_sent(run: &Run) -> bool {
    let known = |slice: &Slice| slice.stats.requests.zip(slice.stats.responses);
    let mut counts = run.timeline.iter().map(known);
    let differs = |(sent, answered): (u64, u64)| sent != answered;
    counts.clone().all(|pair| pair.is_some()) && counts.any(|pair| pair.is_some_and(differs))
}

/// From the first to the last slice with load; of the last one so much as its count fills at the usual rate.
fn span(run: &Run, count: impl Fn(&Slice) -> Option<u64>) -> Option<Offering> {
    let ends = run.duration.map_or(f64::INFINITY, |duration| duration.0);
    let loaded: Vec<(f64, f64, f64)> = run
        .timeline
        .iter()
        .filter_map(|slice| {
            let count = count(slice).filter(|count| *count > 0)?;
            let (from, to) = (slice.start.0.max(0.0), slice.start.0 + slice.duration.0);
            Some((from, to.min(ends), count as f64)).filter(|(from, to, _)| to > from)
        })
        .collect();
    let (last, before) = loaded.split_last()?;
    let mut rates: Vec<f64> = before
        .iter()
        .map(|(from, to, count)| count / (to - from))
        .collect();
    let usual = median(&mut rates);
    let filled = usual.map_or(1.0, |usual| last.2 / (usual * (last.1 - last.0)));
    let from = loaded.first()?.0;
    let to = last.0 + filled.min(1.0) * (last.1 - last.0);
    Some(Offering {
        from,
        to,
        seconds: to - from,
    })
}

/// The longest time that any request took, in seconds; `None` where that of some is not known.
pub(crate) fn longest(stats: &Stats) -> Option<f64> {
    let requests = stats.requests?;
    let of = |parts: &[&Latency]| {
        let counted = parts
            .iter()
            .fold(0_u64, |sum, part| sum.saturating_add(part.count));
        let mut longest = parts.iter().map(|part| part.max);
        let longest = longest.try_fold(0.0_f64, |longest, max| Some(longest.max(max?.0)))?;
        (counted >= requests).then_some(longest / 1000.0)
    };
    let parts: Vec<&Latency> = [&stats.latency_ok, &stats.latency_failed]
        .into_iter()
        .flatten()
        .collect();
    stats
        .latency
        .as_ref()
        .and_then(|all| of(&[all]))
        .or_else(|| of(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Millis, PerSecond, Population, Seconds};

    fn run(stats: Stats, seconds: f64) -> Run {
        let mut run = Run::new("hand", "knee-run");
        run.overall = stats;
        run.duration = Some(Seconds(seconds));
        run
    }

    fn phase(start: f64, duration: f64, rate: f64) -> Phase {
        Phase {
            name: None,
            start: Seconds(start),
            duration: Seconds(duration),
            users_from: None,
            users_to: None,
            rate_from: Some(PerSecond(rate)),
            rate_to: Some(PerSecond(rate)),
        }
    }

    /// Slices of 5 s: sent and answered.
    fn slices(counts: &[(u64, Option<u64>)]) -> Run {
        let mut run = run(Stats::default(), 5.0 * counts.len() as f64);
        run.timeline = counts
            .iter()
            .enumerate()
            .map(|(place, (sent, answered))| Slice {
                start: Seconds(5.0 * place as f64),
                duration: Seconds(5.0),
                users: None,
                arrivals: None,
                latency_window: None,
                completed: None,
                stats: Stats {
                    requests: Some(*sent),
                    responses: *answered,
                    ..Stats::default()
                },
                endpoints: Vec::new(),
            })
            .collect();
        run
    }

    fn told(run: &Run) -> Option<(f64, f64, f64)> {
        offering(run).map(|one| (one.from, one.to, one.seconds))
    }

    #[test]
    fn phases_tell_it_without_their_pauses_and_no_longer_than_the_run() {
        let mut run = slices(&[]);
        run.duration = Some(Seconds(40.7));
        run.load.phases = vec![phase(0.0, 30.0, 49.0)];
        assert_eq!(told(&run), Some((0.0, 30.0, 30.0)));
        run.load.phases = vec![
            phase(0.0, 10.0, 5.0),
            phase(10.0, 5.0, 0.0),
            phase(15.0, 60.0, 5.0),
        ];
        assert_eq!(told(&run), Some((0.0, 40.7, 10.0 + 25.7)));
    }

    #[test]
    fn slices_tell_it_where_requests_stand_when_they_were_sent() {
        let sent = [
            (245, Some(230)),
            (245, Some(230)),
            (98, Some(100)),
            (0, Some(28)),
        ];
        // 98 of 245 fill two of five seconds.
        assert_eq!(told(&slices(&sent)), Some((0.0, 12.0, 12.0)));
        // They may stand when they were answered.
        assert_eq!(
            told(&slices(&[(230, None), (230, None), (128, None)])),
            None
        );
        let same = [(230, Some(230)), (230, Some(230)), (128, Some(128))];
        assert_eq!(told(&slices(&same)), None);
    }

    #[test]
    fn the_longest_answer_bounds_it() {
        let mut run = run(Stats::default(), 40.7);
        run.overall.requests = Some(1_470);
        assert_eq!(least_seconds(&run), None);
        let mut latency = Latency::of(Population::Ok, 1_470);
        latency.max = Some(Millis(10_700.0));
        run.overall.latency_ok = Some(latency);
        assert!((least_seconds(&run).unwrap() - 30.0).abs() < 1e-9);
        // Of one more request nobody knows how long it took.
        run.overall.requests = Some(1_471);
        assert_eq!(least_seconds(&run), None);
    }
}
