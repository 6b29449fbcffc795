//! Rates over windows of a run's timeline and over its steady phase; which phase that is, `phase` says.
//!
//! Slices are cut to the run; a first or last one that covers less than half of a usual slice is left out. A gap in the
//! timeline is time without events: it ends a stretch, and it counts as time in the rates.

mod phase;
mod plateau;
mod rises;

pub(crate) use phase::median;
pub use phase::{Level, LoadOf, Steadiness, levels_in_words, steadiness};
pub(crate) use plateau::{Held, held_users, is_pause, joined};

use crate::model::Run;

/// Of the rate that a short burst reaches.
const PEAK_S: f64 = 10.0;
/// Of the rate that is held.
const SUSTAINED_S: f64 = 30.0;
/// Positions closer than this are the same.
const SLACK_S: f64 = 1e-6;

/// Start and end of the steady phase in seconds from the start of the run; `None` = not known, or there is none.
pub fn steady_phase(run: &Run) -> Option<(f64, f64)> {
    match steadiness(run) {
        Steadiness::Phase(start, end) => Some((start, end)),
        _ => None,
    }
}

/// A rate and the requests it was counted from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowRate {
    /// Requests per second.
    pub rate: f64,
    /// Requests.
    pub requests: u64,
}

/// The highest rate over 10 s; `None` where the timeline does not hold two such windows.
///
/// Also where none of them reaches the average of the run: whole slices that miss its busiest moments know no peak.
pub fn peak_rate(run: &Run) -> Option<WindowRate> {
    let parts = parts_of(run);
    let windows = windows_of(&parts, PEAK_S);
    let span = parts.last()?.end - parts.first()?.start;
    if windows.len() < 2 || span < 2.0 * PEAK_S - SLACK_S {
        return None;
    }
    let peak = windows
        .into_iter()
        .max_by(|a, b| a.rate.total_cmp(&b.rate))?;
    let average = run.overall.rate.map_or(0.0, |rate| rate.0);
    (peak.rate >= average * (1.0 - 1e-9)).then_some(peak)
}

/// The rate of the steady phase; `None` where there is none, or some of its slices do not count.
pub fn steady_rate(run: &Run) -> Option<WindowRate> {
    let (start, end) = steady_phase(run)?;
    let inside = |part: &&Part| part.start >= start - SLACK_S && part.end <= end + SLACK_S;
    let (mut requests, mut time) = (0_u64, 0.0);
    for part in parts_of(run).iter().filter(inside) {
        requests = requests.saturating_add(part.requests?);
        time += part.end - part.start;
    }
    (time > 0.0).then(|| WindowRate {
        rate: requests as f64 / time,
        requests,
    })
}

/// The lowest rate over 30 s of the steady phase; `None` where it does not hold such a window.
pub fn sustained_rate(run: &Run) -> Option<WindowRate> {
    let (start, end) = steady_phase(run)?;
    let inside = |part: &Part| part.start >= start - SLACK_S && part.end <= end + SLACK_S;
    let parts: Vec<Part> = parts_of(run).into_iter().filter(inside).collect();
    let silent = parts.windows(2).any(|pair| match pair {
        [before, after] => after.start - before.end >= SUSTAINED_S,
        _ => false,
    });
    if silent {
        return Some(WindowRate {
            rate: 0.0,
            requests: 0,
        });
    }
    windows_of(&parts, SUSTAINED_S)
        .into_iter()
        .min_by(|a, b| a.rate.total_cmp(&b.rate))
}

/// A slice, cut to the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    /// Its place in the timeline.
    pub(crate) place: usize,
    /// Seconds from the start of the run.
    pub(crate) start: f64,
    /// Seconds from the start of the run.
    pub(crate) end: f64,
    /// Users at one time.
    pub(crate) users: Option<f64>,
    /// Users that arrived.
    pub(crate) arrivals: Option<u64>,
    requests: Option<u64>,
}

/// The slices that hold time of the run, in order of time.
pub(crate) fn whole_parts_of(run: &Run) -> Vec<Part> {
    let end_of_run = run.duration.map_or(f64::INFINITY, |duration| duration.0);
    let mut parts: Vec<Part> = run
        .timeline
        .iter()
        .enumerate()
        .map(|(place, slice)| Part {
            place,
            start: slice.start.0.max(0.0),
            end: (slice.start.0 + slice.duration.0).min(end_of_run),
            users: slice.users,
            arrivals: slice.arrivals,
            requests: slice.stats.requests,
        })
        .filter(|part| part.end.is_finite() && part.end > part.start)
        .collect();
    parts.sort_by(|a, b| a.start.total_cmp(&b.start));
    parts
}

fn parts_of(run: &Run) -> Vec<Part> {
    let mut parts = whole_parts_of(run);
    let mut lengths: Vec<f64> = run.timeline.iter().map(|slice| slice.duration.0).collect();
    let half = phase::median(&mut lengths).unwrap_or(0.0) / 2.0;
    let short = |part: Option<&Part>| part.is_some_and(|part| part.end - part.start < half);
    if short(parts.last()) {
        parts.pop();
    }
    if short(parts.first()) {
        parts.remove(0);
    }
    parts
}

/// Clocks of slices jitter: a distance below half a slice is no gap.
pub(crate) fn gap(length: f64) -> f64 {
    length / 2.0
}

/// From every slice on, the shortest window of whole slices that covers so many seconds.
fn windows_of(parts: &[Part], length: f64) -> Vec<WindowRate> {
    let mut windows = Vec::new();
    // Requests and slices without a count, up to each slice.
    let mut upto = vec![(0_u64, 0_u64)];
    for part in parts {
        let (requests, unknown) = upto.last().copied().unwrap_or_default();
        upto.push((
            requests.saturating_add(part.requests.unwrap_or(0)),
            unknown + u64::from(part.requests.is_none()),
        ));
    }
    let mut last = 0;
    for (first, part) in parts.iter().enumerate() {
        last = last.max(first);
        while parts
            .get(last)
            .is_some_and(|end| end.end - part.start < length - SLACK_S)
        {
            last += 1;
        }
        let (Some(end), Some(before), Some(after)) =
            (parts.get(last), upto.get(first), upto.get(last + 1))
        else {
            break;
        };
        if before.1 == after.1 {
            let requests = after.0 - before.0;
            windows.push(WindowRate {
                rate: requests as f64 / (end.end - part.start),
                requests,
            });
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LoadModel, PerSecond, Phase, Seconds, Slice, Stats};

    /// A run of slices of that length with these requests, cut to `duration`.
    fn run(start: f64, length: f64, requests: &[u64], duration: f64) -> Run {
        let mut run = Run::new("tool", "format");
        run.duration = Some(Seconds(duration));
        run.timeline = requests
            .iter()
            .enumerate()
            .map(|(place, requests)| Slice {
                latency_window: None,
                completed: None,
                start: Seconds(start + place as f64 * length),
                duration: Seconds(length),
                users: None,
                arrivals: None,
                stats: Stats {
                    requests: Some(*requests),
                    ..Stats::default()
                },
                endpoints: Vec::new(),
            })
            .collect();
        run
    }

    fn phase(start: f64, duration: f64, from: f64, to: f64) -> Phase {
        Phase {
            name: None,
            start: Seconds(start),
            duration: Seconds(duration),
            users_from: None,
            users_to: None,
            rate_from: Some(PerSecond(from)),
            rate_to: Some(PerSecond(to)),
        }
    }

    #[test]
    fn the_longest_declared_plateau_is_the_steady_phase() {
        let mut declared = run(0.0, 10.0, &[1; 20], 150.0);
        declared.load.phases = vec![
            phase(0.0, 30.0, 1.0, 20.0),
            phase(30.0, 40.0, 20.0, 20.0),
            phase(70.0, 60.0, 20.0, 20.0),
            phase(130.0, 300.0, 0.0, 0.0),
        ];
        assert_eq!(steady_phase(&declared), Some((30.0, 130.0)));
        // A run that was stopped early.
        declared.duration = Some(Seconds(60.0));
        assert_eq!(steady_phase(&declared), Some((30.0, 60.0)));
        declared.load.phases = vec![phase(0.0, 30.0, 1.0, 20.0)];
        assert_eq!(steady_phase(&declared), Some((30.0, 60.0)));
        declared.load.model = Some(LoadModel::Open);
        assert_eq!(steady_phase(&declared), None);
    }

    #[test]
    fn users_that_stay_are_steady_whatever_the_answers() {
        let mut closed = run(0.0, 10.0, &[5, 50, 90, 20, 80, 70, 3], 70.0);
        let users = [10.0, 30.0, 50.0, 50.0, 49.0, 50.0, 20.0];
        for (slice, users) in closed.timeline.iter_mut().zip(users) {
            slice.users = Some(users);
        }
        assert_eq!(steady_phase(&closed), Some((20.0, 60.0)));
    }

    #[test]
    fn ramps_at_both_ends_are_dropped_by_the_rate() {
        let rates = [20, 100, 205, 198, 202, 190, 207, 40];
        let open = run(0.0, 10.0, &rates, 80.0);
        assert_eq!(steady_phase(&open), Some((20.0, 70.0)));
    }

    #[test]
    fn a_low_rate_is_not_unsteady() {
        // Two a second, one-second slices: single slices differ by 100 %.
        let noisy: Vec<u64> = (0..60).map(|i| [0, 4, 1, 3, 2][i % 5]).collect();
        assert_eq!(
            steady_phase(&run(0.0, 1.0, &noisy, 60.0)),
            Some((0.0, 60.0))
        );
    }

    #[test]
    fn a_gap_ends_a_stretch_and_counts_as_time() {
        let mut open = run(0.0, 10.0, &[100; 9], 90.0);
        open.timeline.remove(3);
        assert_eq!(steady_phase(&open), Some((40.0, 90.0)));
        open.load.phases = vec![phase(0.0, 90.0, 10.0, 10.0)];
        let lowest = sustained_rate(&open).unwrap();
        // 20..50: two of three slices.
        assert!((lowest.rate - 200.0 / 30.0).abs() < 1e-12, "{lowest:?}");
        assert_eq!(lowest.requests, 200);
    }

    #[test]
    fn half_a_minute_of_silence_is_a_rate_of_zero() {
        let mut open = run(0.0, 10.0, &[100; 9], 90.0);
        open.timeline.drain(3..6);
        open.load.phases = vec![phase(0.0, 90.0, 10.0, 10.0)];
        assert_eq!(sustained_rate(&open).unwrap().rate.to_bits(), 0);
    }

    #[test]
    fn the_peak_is_the_highest_ten_seconds() {
        // One-second slices: 10 s with 10 each, 5 s with 40 each, 10 s with 10 each.
        let mut counts = vec![10; 10];
        counts.extend([40; 5]);
        counts.extend([10; 10]);
        let peak = peak_rate(&run(0.0, 1.0, &counts, 25.0)).unwrap();
        assert_eq!(peak.requests, 5 * 40 + 5 * 10);
        assert!((peak.rate - 25.0).abs() < 1e-12);
        // Slices of 7 s: two of them make a window of 14 s.
        let coarse = peak_rate(&run(0.0, 7.0, &[70, 140, 70, 70], 28.0)).unwrap();
        assert!((coarse.rate - 15.0).abs() < 1e-12);
    }

    #[test]
    fn clock_aligned_ends_make_no_peak() {
        // The first slice covers 1 s, the last 2 s of the run.
        let aligned = run(-9.0, 10.0, &[90, 100, 110, 95], 23.0);
        let peak = peak_rate(&aligned).unwrap();
        assert_eq!(peak.requests, 110);
        assert!((peak.rate - 11.0).abs() < 1e-12);
    }

    #[test]
    fn a_peak_below_the_average_is_none() {
        // The busiest 4 s of 30 s lie in a last slice that covers less than half of a usual one.
        let mut given = run(0.0, 13.0, &[130, 130, 60], 30.0);
        given.overall.requests = Some(320);
        given.overall.set_rates(given.duration);
        assert!(given.overall.rate.unwrap().0 > 10.0);
        assert_eq!(peak_rate(&given), None);
        given.overall.requests = Some(300);
        given.overall.set_rates(given.duration);
        assert_eq!(peak_rate(&given).map(|peak| peak.requests), Some(130));
    }

    #[test]
    fn one_window_is_no_peak_and_no_timeline_neither() {
        assert_eq!(peak_rate(&run(0.0, 60.0, &[600], 60.0)), None);
        assert_eq!(peak_rate(&run(0.0, 1.0, &[5; 19], 19.0)), None);
        let empty = run(0.0, 1.0, &[], 60.0);
        assert_eq!(peak_rate(&empty), None);
        assert_eq!(sustained_rate(&empty), None);
        assert_eq!(steady_phase(&empty), None);
        assert_eq!(sustained_rate(&run(0.0, 10.0, &[100, 100], 20.0)), None);
    }

    #[test]
    fn slices_without_a_count_make_no_window() {
        let mut open = run(0.0, 10.0, &[100, 500, 100, 100], 40.0);
        open.timeline[1].stats.requests = None;
        assert_eq!(peak_rate(&open).unwrap().requests, 100);
    }

    #[test]
    fn odd_timelines_do_not_panic() {
        let mut odd = run(0.0, 10.0, &[u64::MAX, u64::MAX, 3], 30.0);
        odd.timeline[2].start = Seconds(f64::NAN);
        odd.timeline[0].duration = Seconds(-1.0);
        let _ = (peak_rate(&odd), sustained_rate(&odd), steady_phase(&odd));
        odd.timeline[0].duration = Seconds(5.0);
        odd.timeline[1].start = Seconds(5.0);
        odd.timeline[1].duration = Seconds(1.0);
        let _ = (peak_rate(&odd), sustained_rate(&odd), steady_phase(&odd));
        odd.timeline[0].duration = Seconds(f64::INFINITY);
        odd.duration = None;
        let _ = (peak_rate(&odd), sustained_rate(&odd), steady_phase(&odd));
    }
}
