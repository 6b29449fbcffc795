//! Whether the load rises or falls within a stretch that stays near its median all the way: then it is a slow ramp.
//!
//! It has to be no chance (each way p < 0.01 of a constant load with Poisson arrivals) and no trifle: the second half 20 %
//! above or below the first. What is not known of the counts at the ends of a run speaks against a trend, never for one.

use crate::load::steady::phase::{APART, median};
use crate::load::steady::{Part, SLACK_S, gap, whole_parts_of};
use crate::model::Run;
use crate::stats::rate_trend::{Stretch, rate_trend};

/// A trend with a smaller chance is none.
const CHANCE: f64 = 0.01;

/// Whether the counts rise or fall between two instants, `parts` being the slices among which that stretch was found.
///
/// A part of a proven ramp is too short to prove it again: where all that has load rises, a stretch that does so as well is
/// one of the ramp.
pub(super) fn rises_or_falls(
    run: &Run,
    parts: &[Part],
    stretch: (f64, f64),
    count: fn(&Part) -> Option<u64>,
) -> bool {
    let all = (f64::NEG_INFINITY, f64::INFINITY);
    let [inside, all] = [stretch, all].map(|bounds| stretches(run, parts, bounds, count));
    let ends = all.iter().rfind(|one| one.count > 0).map(|one| one.from);
    // The last arrival of the run may have come at the begin of its slice: from there on no fall is known.
    let before_end = |one: &&Stretch| ends.is_none_or(|ends| one.from < ends);
    let known = |of: &[Stretch]| of.iter().filter(before_end).copied().collect::<Vec<_>>();
    let rises = [&inside, &all].map(|of| rate_trend(of).map(|trend| (trend.rising, trend.halves)));
    let falls = [&inside, &all].map(|of| {
        let trend = rate_trend(&known(of))?;
        Some((trend.falling, 1.0 / trend.halves))
    });
    [rises, falls].into_iter().any(|[inside, all]| {
        // A line that is below zero at one end has a quotient of its halves that is none.
        let is_apart = |(_, halves): (f64, f64)| !(0.0..=APART).contains(&halves);
        let is_proven = |found: Option<(f64, f64)>| {
            found.is_some_and(|found| found.0 < CHANCE && is_apart(found))
        };
        let leans =
            inside.is_some_and(|(chance, halves)| chance < 0.5 && is_apart((chance, halves)));
        is_proven(inside) || is_proven(all) && leans
    })
}

/// The counts of a stretch, with those of a short slice at the begin or the end of the run that it touches: a rate is not
/// known well from such a slice, and a trend of all is.
fn stretches(
    run: &Run,
    parts: &[Part],
    (start, end): (f64, f64),
    count: fn(&Part) -> Option<u64>,
) -> Vec<Stretch> {
    let whole = whole_parts_of(run);
    let has_load = |part: &&Part| count(part) > Some(0);
    let is_other = |one: &Part, other: Option<&Part>| other.is_none_or(|o| o.place != one.place);
    let touches = |a: f64, b: f64, part: &Part| (a - b).abs() <= gap(part.end - part.start);
    let first = whole.first().filter(has_load);
    let first = first.filter(|one| is_other(one, parts.first()) && touches(one.end, start, one));
    let last = whole.last().filter(has_load);
    let last = last.filter(|one| is_other(one, parts.last()) && touches(one.start, end, one));
    let from = first.map_or(start, |part| part.start);
    let to = last.map_or(end, |part| part.end);
    let inside = |part: &&Part| part.start >= from - SLACK_S && part.end <= to + SLACK_S;
    let opening = opening(run, &whole);
    let counted = whole.iter().filter(inside).filter_map(|part| {
        Some(Stretch {
            from: part.start,
            to: part.end,
            count: count(part)?.saturating_sub(u64::from(opening == Some(part.place))),
        })
    });
    counted.collect()
}

/// The slice that the first arrival cuts short: the run begins with it, whatever the rate, and it is no count of a time.
fn opening(run: &Run, whole: &[Part]) -> Option<usize> {
    let first = whole.first()?;
    let mut lengths: Vec<f64> = run.timeline.iter().map(|slice| slice.duration.0).collect();
    let usual = median(&mut lengths)?;
    let is_cut = first.start <= SLACK_S && first.end - first.start < usual - SLACK_S;
    (is_cut && first.arrivals > Some(0)).then_some(first.place)
}

#[cfg(test)]
mod tests {
    use crate::load::steady::{LoadOf, Steadiness, steadiness};
    use crate::model::{LoadModel, Run, Seconds, Slice, Stats};

    /// Slices with these ends and arrivals, from the start of the run.
    fn run(slices: &[(f64, u64)]) -> Run {
        let mut run = Run::new("tool", "format");
        run.load.model = Some(LoadModel::Open);
        let mut start = 0.0;
        for (end, arrivals) in slices {
            run.timeline.push(Slice {
                latency_window: None,
                completed: None,
                start: Seconds(start),
                duration: Seconds(end - start),
                users: None,
                arrivals: Some(*arrivals),
                stats: Stats::default(),
                endpoints: Vec::new(),
            });
            start = *end;
        }
        run.duration = Some(Seconds(start));
        run
    }

    const RAMP: Steadiness = Steadiness::Changing(LoadOf::Arrivals, None);

    #[test]
    fn four_slices_of_a_ramp_rise() {
        // Artillery 2.0.34, samples/artillery/v2.0.34/hardwork-rate-1-4.json: 1 to 4 per second in 30 s. The first of 75 opens
        // the run; of the others 0.0068 of all multinomial counts lie as far towards the end (4,000,000 draws by numpy).
        let ramp = run(&[(7.082, 11), (17.082, 23), (27.082, 32), (29.792, 9)]);
        assert_eq!(steadiness(&ramp), RAMP);
        // Level ones of the same length are steady, whatever the last slice holds.
        for last in [0, 1, 6, 9] {
            let level = run(&[(7.082, 18), (17.082, 25), (27.082, 24), (29.792, last)]);
            assert_eq!(steadiness(&level), Steadiness::Phase(0.0, 27.082), "{last}");
        }
    }

    #[test]
    fn a_load_that_falls_is_a_ramp_and_one_that_ends_is_none() {
        let ramp = run(&[(10.0, 40), (20.0, 32), (30.0, 24), (40.0, 15), (50.0, 8)]);
        assert_eq!(steadiness(&ramp), RAMP);
        // The last slice with arrivals holds half of the others: they ended in its middle.
        let ends = run(&[(10.0, 40), (20.0, 40), (30.0, 40), (40.0, 20), (50.0, 0)]);
        assert_eq!(steadiness(&ends), Steadiness::Phase(0.0, 40.0));
    }

    fn uniform(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The arrivals of a Poisson process in windows of ten seconds of the clock; the run begins with the first arrival.
    fn arriving(rate: impl Fn(f64) -> f64, most: f64, seconds: f64, state: &mut u64) -> Run {
        let (mut at, mut times) = (0.0, Vec::new());
        while at < seconds {
            at += -(1.0 - uniform(state)).ln() / most;
            if at < seconds && uniform(state) * most < rate(at) {
                times.push(at);
            }
        }
        let first = times[0];
        let mut ends = Vec::new();
        let mut end = first + 10.0 * uniform(state);
        while end < seconds {
            ends.push(end);
            end += 10.0;
        }
        ends.push(seconds);
        let mut from = 0.0;
        let mut slices = Vec::new();
        for end in ends {
            let inside = times.iter().filter(|time| (from..end).contains(*time));
            slices.push((end - first, inside.count() as u64));
            from = end;
        }
        run(&slices)
    }

    /// Of 2,000 runs, those that are called a ramp up, a ramp down, and steady.
    fn called(rate: impl Fn(f64) -> f64 + Copy, most: f64, seconds: f64) -> [usize; 3] {
        let mut state = 7;
        let mut found = [0; 3];
        for _ in 0..2000 {
            let run = arriving(rate, most, seconds, &mut state);
            let (first, last) = (&run.timeline[1], &run.timeline[run.timeline.len() - 2]);
            let rises = first.arrivals < last.arrivals;
            match steadiness(&run) {
                RAMP if rises => found[0] += 1,
                RAMP => found[1] += 1,
                Steadiness::Phase(..) => found[2] += 1,
                _ => {}
            }
        }
        found
    }

    #[test]
    fn constant_arrivals_rise_once_in_a_hundred_times_and_fall_once() {
        for (slices, rate) in [(4, 2.5), (4, 8.0), (10, 1.0), (10, 4.0), (60, 0.5)] {
            let found = called(|_| rate, rate, 10.0 * f64::from(slices));
            // 20 of 2,000 and three standard deviations.
            let [up, down, steady] = found;
            let is_rare = up <= 33 && down <= 33 && steady >= 1920;
            assert!(is_rare, "{slices} slices, {rate}/s: {found:?}");
        }
    }

    #[test]
    fn ramps_of_few_slices_are_mostly_found() {
        let found = called(|at| 2.0 + at / 5.0, 10.0, 40.0);
        // Without a look at all that has load beside the stretch, 732 were called steady.
        let [up, down, steady] = found;
        assert!(up > 1500 && down == 0 && steady < 300, "{found:?}");
    }
}
