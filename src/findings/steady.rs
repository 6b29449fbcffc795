//! The steady phase of a run, and rates over windows of its timeline.
//!
//! The phase is where the load neither rises nor falls. It speaks of the load and never of the answers: a system that
//! slows down under a steady load is in its steady phase. In this order:
//!
//! 1. declared phases: the longest one that is no ramp and has load, neighbours of one level taken together; where all
//!    are ramps and the load is not open, users stay, and the rest of the run counts;
//! 2. users, unless the load is open: the longest stretch of slices with at least 95 % of the most users;
//! 3. arrivals, else requests: the longest stretch of blocks of 10 s whose rate is near the median rate: within 20 %, or
//!    within four standard deviations of a Poisson count, so that a low rate is not taken for an unsteady one; a stretch
//!    whose second half is clearly above or below its first is a ramp and no steady phase.
//!
//! Slices are cut to the run; a first or last one that covers less than half of a usual slice is left out. A gap in the
//! timeline is time without events: it ends a stretch, and it counts as time in the rates.

use crate::model::{LoadModel, Phase, Run};

/// Of the rate that a short burst reaches.
const PEAK_S: f64 = 10.0;
/// Of the rate that is held.
const SUSTAINED_S: f64 = 30.0;
/// Positions closer than this are the same.
const SLACK_S: f64 = 1e-6;

/// Start and end of the steady phase in seconds from the start of the run; `None` = not known, or there is none.
pub fn steady_phase(run: &Run) -> Option<(f64, f64)> {
    if !run.load.phases.is_empty() {
        return declared(run);
    }
    let parts = parts_of(run);
    let is_open = run.load.model == Some(LoadModel::Open);
    let most = parts.iter().filter_map(|part| part.users);
    let most = most.fold(run.load.users_max.unwrap_or(0.0), f64::max);
    if !is_open && most > 0.0 && parts.iter().any(|part| part.users.is_some()) {
        return longest(&parts, |part| {
            part.users.is_some_and(|users| users >= 0.95 * most)
        });
    }
    let counted = |count: fn(&Part) -> Option<u64>| {
        let blocks = blocks_of(&parts, count);
        let median = median_rate(&blocks)?;
        let stretch = longest(&blocks, |block| {
            let expected = median * (block.end - block.start);
            let allowed = (0.2 * expected).max(4.0 * expected.sqrt());
            median > 0.0 && (block.count as f64 - expected).abs() <= allowed
        })?;
        (!rises_or_falls(&blocks, stretch)).then_some(stretch)
    };
    counted(|part| part.arrivals).or_else(|| counted(|part| part.requests))
}

/// Whether the halves of a stretch differ by more than 20 % and by more than three standard deviations of their counts:
/// a slow ramp stays near its median all the way, and is no steady phase.
fn rises_or_falls(blocks: &[Block], (start, end): (f64, f64)) -> bool {
    let middle = f64::midpoint(start, end);
    let (mut early, mut late) = (Half::default(), Half::default());
    for block in blocks
        .iter()
        .filter(|block| block.start >= start - SLACK_S && block.end <= end + SLACK_S)
    {
        let half = if f64::midpoint(block.start, block.end) < middle {
            &mut early
        } else {
            &mut late
        };
        half.count += block.count as f64;
        half.seconds += block.end - block.start;
    }
    if early.seconds <= 0.0 || late.seconds <= 0.0 {
        return false;
    }
    let (before, after) = (early.count / early.seconds, late.count / late.seconds);
    let spread = (early.count / early.seconds.powi(2) + late.count / late.seconds.powi(2)).sqrt();
    let apart = (after - before).abs();
    apart > 3.0 * spread && before.max(after) > 1.2 * before.min(after)
}

/// One half of a stretch.
#[derive(Default)]
struct Half {
    count: f64,
    seconds: f64,
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
#[derive(Clone, Copy, Debug)]
struct Part {
    start: f64,
    end: f64,
    users: Option<f64>,
    arrivals: Option<u64>,
    requests: Option<u64>,
}

/// Slices taken together.
struct Block {
    start: f64,
    end: f64,
    count: u64,
}

/// Something with a place in time.
trait Placed {
    fn place(&self) -> (f64, f64);
}

impl Placed for Part {
    fn place(&self) -> (f64, f64) {
        (self.start, self.end)
    }
}

impl Placed for Block {
    fn place(&self) -> (f64, f64) {
        (self.start, self.end)
    }
}

fn parts_of(run: &Run) -> Vec<Part> {
    let end_of_run = run.duration.map_or(f64::INFINITY, |duration| duration.0);
    let mut parts: Vec<Part> = run
        .timeline
        .iter()
        .map(|slice| Part {
            start: slice.start.0.max(0.0),
            end: (slice.start.0 + slice.duration.0).min(end_of_run),
            users: slice.users,
            arrivals: slice.arrivals,
            requests: slice.stats.requests,
        })
        .filter(|part| part.end.is_finite() && part.end > part.start)
        .collect();
    parts.sort_by(|a, b| a.start.total_cmp(&b.start));
    let mut lengths: Vec<f64> = run.timeline.iter().map(|slice| slice.duration.0).collect();
    let half = median(&mut lengths).unwrap_or(0.0) / 2.0;
    let short = |part: Option<&Part>| part.is_some_and(|part| part.end - part.start < half);
    if short(parts.last()) {
        parts.pop();
    }
    if short(parts.first()) {
        parts.remove(0);
    }
    parts
}

fn declared(run: &Run) -> Option<(f64, f64)> {
    let end_of_run = run.duration.map_or(f64::INFINITY, |duration| duration.0);
    let level = |phase: &Phase| {
        let rates = (phase.rate_from, phase.rate_to);
        (phase.users_from, phase.users_to, rates)
    };
    let is_pause = |phase: &Phase| {
        let zero = |value: Option<f64>| value.is_some_and(|value| value <= 0.0);
        zero(phase.users_to) || zero(phase.rate_to.map(|rate| rate.0))
    };
    let mut best: Option<(f64, f64)> = None;
    let mut current: Option<(f64, f64, &Phase)> = None;
    for phase in &run.load.phases {
        if phase.is_ramp() || is_pause(phase) {
            current = None;
            continue;
        }
        let (start, end) = (phase.start.0, phase.start.0 + phase.duration.0);
        let from = match current {
            Some((from, to, before))
                if (start - to).abs() < SLACK_S && level(before) == level(phase) =>
            {
                from
            }
            _ => start,
        };
        current = Some((from, end, phase));
        best = longer(best, (from.max(0.0), end.min(end_of_run)));
    }
    let last = run.load.phases.last()?;
    let all_ramps = run.load.phases.iter().all(Phase::is_ramp);
    if all_ramps && run.load.model != Some(LoadModel::Open) && !is_pause(last) {
        best = longer(best, (last.start.0 + last.duration.0, end_of_run));
    }
    best.filter(|(_, end)| end.is_finite())
}

/// The longer stretch; the earlier one of two that are equally long.
fn longer(best: Option<(f64, f64)>, next: (f64, f64)) -> Option<(f64, f64)> {
    let least = best.map_or(0.0, |(start, end)| end - start);
    if next.1 - next.0 > least + SLACK_S {
        Some(next)
    } else {
        best
    }
}

/// The longest stretch without a gap in which all are as wanted.
fn longest<P: Placed>(places: &[P], wanted: impl Fn(&P) -> bool) -> Option<(f64, f64)> {
    let mut best = None;
    let mut current: Option<(f64, f64)> = None;
    for place in places {
        if !wanted(place) {
            current = None;
            continue;
        }
        let (start, end) = place.place();
        let from = match current {
            Some((from, to)) if start - to <= gap(end - start) => from,
            _ => start,
        };
        current = Some((from, end));
        best = longer(best, (from, end));
    }
    best
}

/// Clocks of slices jitter: a distance below half a slice is no gap.
fn gap(length: f64) -> f64 {
    length / 2.0
}

/// Neighbouring slices taken together until they cover ten seconds.
fn blocks_of(parts: &[Part], count: fn(&Part) -> Option<u64>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for part in parts {
        let Some(events) = count(part) else { continue };
        match blocks.last_mut() {
            Some(block)
                if block.end - block.start < PEAK_S - SLACK_S
                    && part.start - block.end <= gap(part.end - part.start) =>
            {
                block.end = part.end;
                block.count = block.count.saturating_add(events);
            }
            _ => blocks.push(Block {
                start: part.start,
                end: part.end,
                count: events,
            }),
        }
    }
    blocks
}

fn median_rate(blocks: &[Block]) -> Option<f64> {
    let rate = |block: &Block| block.count as f64 / (block.end - block.start);
    median(&mut blocks.iter().map(rate).collect::<Vec<f64>>())
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
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
    use crate::model::{PerSecond, Seconds, Slice, Stats};

    /// A run of slices of that length with these requests, cut to `duration`.
    fn run(start: f64, length: f64, requests: &[u64], duration: f64) -> Run {
        let mut run = Run::new("tool", "format");
        run.duration = Some(Seconds(duration));
        run.timeline = requests
            .iter()
            .enumerate()
            .map(|(place, requests)| Slice {
                latency_window: None,
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
