use super::*;
use crate::model::{Slice, Stats};

/// Windows of ten seconds, the first and last of another length.
fn run(first: (f64, u64), counts: &[u64], last: (f64, u64)) -> Run {
    let mut run = Run::new("artillery", "artillery");
    let mut at = 0.0;
    let inner = counts.iter().map(|count| (10.0, *count));
    for (length, count) in std::iter::once(first).chain(inner).chain([last]) {
        run.timeline.push(Slice {
            latency_window: None,
            completed: None,
            start: Seconds(at),
            duration: Seconds(length),
            users: None,
            arrivals: Some(count),
            stats: Stats::default(),
            endpoints: Vec::new(),
        });
        at += length;
    }
    recover(&mut run);
    run
}

fn seen(run: &Run) -> Vec<(f64, f64, f64, f64)> {
    let round = |value: f64| (value * 10.0).round() / 10.0;
    let phases = run.load.phases.iter();
    phases
        .map(|phase| {
            let (from, to) = (phase.rate_from.unwrap().0, phase.rate_to.unwrap().0);
            let end = phase.start.0 + phase.duration.0;
            (round(phase.start.0), round(end), round(from), round(to))
        })
        .collect()
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Arrivals of a Poisson process in a window (Knuth's method, in parts so that it does not underflow).
fn poisson_count(mean: f64, state: &mut u64) -> u64 {
    let (mut left, mut all) = (mean, 0);
    while left > 0.0 {
        let limit = (-left.min(20.0)).exp();
        let mut product = 1.0;
        loop {
            product *= (splitmix(state) >> 11) as f64 / (1_u64 << 53) as f64;
            if product < limit {
                break;
            }
            all += 1;
        }
        left -= 20.0;
    }
    all
}

#[test]
fn one_flat_phase_ends_with_its_last_arrival() {
    let run = run((1.0, 8), &[81, 80], (9.0, 71));
    let found = seen(&run);
    assert_eq!(found.len(), 1);
    let (start, end, from, to) = found[0];
    assert_eq!((start, from, to), (0.0, 8.0, 8.0));
    assert!((end - 29.8).abs() < 0.2, "{end}");
    assert!(run.load.phases_recovered);
    assert!(run.notes.iter().any(|note| note.id == "phases-recovered"));
}

#[test]
fn steps_of_two_windows_are_told_and_the_window_between_two_is_in_none() {
    let run = run(
        (9.4, 9),
        &[10, 20, 19, 32, 40, 41, 80, 79, 161, 160],
        (5.0, 0),
    );
    assert_eq!(
        seen(&run),
        [
            (0.0, 19.4, 1.0, 1.0),
            (19.4, 39.4, 2.0, 2.0),
            (49.4, 69.4, 4.1, 4.1),
            (69.4, 89.4, 8.0, 8.0),
            (89.4, 109.4, 16.1, 16.1)
        ]
    );
    let between = run.notes.iter().find(|n| n.id == "windows-between-phases");
    assert_eq!(between.unwrap().count, 1);
    assert_eq!(run.load.phase_of(Seconds(39.4), Seconds(10.0)), None);
    assert_eq!(run.load.phase_of(Seconds(49.4), Seconds(10.0)), Some(2));
}

#[test]
fn steps_that_begin_inside_windows_are_told_by_their_equal_shares() {
    let run = run((3.2, 4), &[10, 14, 19, 29, 40, 56, 80, 93, 178], (10.0, 97));
    let rates: Vec<f64> = seen(&run).iter().map(|phase| phase.2).collect();
    assert_eq!(rates, [1.0, 1.9, 4.0, 8.0]);
    assert!(
        run.notes
            .iter()
            .any(|note| note.id == "phases-assumed-equal")
    );
}

#[test]
fn a_ramp_is_a_ramp_and_not_steps() {
    let one = run((7.7, 12), &[20, 33], (2.5, 10));
    let found = seen(&one);
    assert_eq!(found.len(), 1);
    assert!(found[0].2 < 1.6 && found[0].3 > 3.3, "{found:?}");
    let counts: Vec<u64> = (0..60).map(|i| 100 + 15 * i).collect();
    let long = run((10.0, 85), &counts, (10.0, 1000));
    let found = seen(&long);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].2 < 10.0 && found[0].3 > 90.0, "{found:?}");
}

#[test]
fn what_could_be_either_is_left_open() {
    for (first, counts, last) in [
        // A ramp of 1 to 2, and steps of 1 and 2, make such counts.
        ((5.0, 5), vec![11, 20], (4.6, 9)),
        ((0.1, 1), vec![10, 15], (9.1, 19)),
        // A generator that stalls.
        ((3.3, 13), vec![84, 90, 10], (10.0, 43)),
        ((4.0, 32), vec![70, 10], (10.0, 128)),
        ((6.9, 18), vec![37, 44, 26, 33], (2.0, 2)),
        ((4.6, 16), vec![], (5.5, 24)),
    ] {
        let run = run(first, &counts, last);
        assert_eq!(seen(&run), [], "{counts:?}");
        assert!(!run.load.phases_recovered);
    }
}

#[test]
fn noise_makes_no_steps() {
    let mut state = 5;
    let (mut steps, mut ramps, mut all) = (0, 0, 0);
    for rate in [0.5, 2.0, 8.0, 40.0, 300.0] {
        for windows in [3, 6, 12, 60] {
            for _ in 0..50 {
                let counts: Vec<u64> = (0..windows)
                    .map(|_| poisson_count(rate * 10.0, &mut state))
                    .collect();
                let last = poisson_count(rate * 5.0, &mut state);
                let run = run(
                    (5.0, poisson_count(rate * 5.0, &mut state)),
                    &counts,
                    (5.0, last),
                );
                let found = seen(&run);
                steps += usize::from(found.len() > 1);
                ramps += usize::from(found.len() == 1 && run.load.phases[0].is_ramp());
                all += 1;
            }
        }
    }
    assert_eq!(steps, 0, "of {all}");
    assert!(ramps * 50 <= all, "{ramps} of {all}");
}

#[test]
fn evenly_spaced_arrivals_are_one_phase_at_every_rate() {
    for rate in [0.5, 1.0, 3.3, 8.0, 25.0, 400.0] {
        for offset in [0.0, 1.3, 3.7, 9.9] {
            let at = |time: f64| (time * rate).floor();
            let between = |from: f64, to: f64| format!("{:.0}", at(to) - at(from));
            let count = |from: f64, to: f64| between(from, to).parse::<u64>().unwrap();
            let first = 10.0 - offset;
            let counts: Vec<u64> = (0..4)
                .map(|i| first + 10.0 * f64::from(i))
                .map(|from| count(from, from + 10.0))
                .collect();
            let run = run(
                (first, count(0.0, first)),
                &counts,
                (5.0, count(first + 40.0, first + 45.0)),
            );
            let found = seen(&run);
            assert_eq!(found.len(), 1, "{rate} {offset}");
            assert!(!run.load.phases[0].is_ramp());
        }
    }
}

#[test]
fn a_pause_is_a_phase_without_arrivals() {
    let mut run = run((10.0, 50), &[50], (10.0, 50));
    let mut later = run.timeline.clone();
    for slice in &mut later {
        slice.start.0 += 60.0;
    }
    run.timeline.extend(later);
    run.load.phases.clear();
    recover(&mut run);
    let rates: Vec<f64> = seen(&run).iter().map(|phase| phase.2).collect();
    assert_eq!(rates, [5.0, 0.0, 5.0]);
}

/// Phases of constant rates, one after another, and the last rates of ramps: `(seconds, from, to)`; arrivals are spaced as the rate
/// says, or come at random; windows of the clock begin `offset` seconds before the first arrival.
fn plan(phases: &[(f64, f64, f64)], offset: f64, mut random: Option<&mut u64>) -> Run {
    let all: f64 = phases.iter().map(|phase| phase.0).sum();
    let upto = |time: f64| {
        let (mut sum, mut at) = (0.0, 0.0);
        for (seconds, from, to) in phases {
            let inside = (time - at).clamp(0.0, *seconds);
            sum += from * inside + (to - from) * inside * inside / (2.0 * seconds);
            at += seconds;
        }
        sum
    };
    let mut run = Run::new("artillery", "artillery");
    let mut start = 0.0;
    let mut end = 10.0 - offset;
    while start < all {
        let to = end.min(all);
        let expected = upto(to) - upto(start);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count that is not negative"
        )]
        let count = match random.as_deref_mut() {
            Some(state) => poisson_count(expected, state),
            None => (upto(to).floor() - upto(start).floor()).max(0.0) as u64,
        };
        run.timeline.push(Slice {
            latency_window: None,
            completed: None,
            start: Seconds(start),
            duration: Seconds(to - start),
            users: None,
            arrivals: Some(count),
            stats: Stats::default(),
            endpoints: Vec::new(),
        });
        (start, end) = (to, end + 10.0);
    }
    recover(&mut run);
    run
}

/// Of plans with every offset, how many are read as steps of at least so many of their rates, as a ramp, as one rate, as nothing.
fn read(phases: &[(f64, f64, f64)], mut random: Option<u64>) -> [usize; 4] {
    let mut counts = [0; 4];
    let rounds = if random.is_some() { 40 } else { 2 };
    for round in 0..rounds * 10 {
        let offset = f64::from(round % 10) + if round >= 10 { 0.5 } else { 0.0 };
        let run = plan(phases, offset, random.as_mut());
        let place = match run.load.phases.as_slice() {
            [] => 3,
            [one] if one.rate_from == one.rate_to => 2,
            [_] => 1,
            _ => 0,
        };
        counts[place] += 1;
        if place == 0 && random.is_none() {
            for phase in &run.load.phases {
                let rate = phase.rate_from.unwrap().0;
                let is_one =
                    |wanted: &(f64, f64, f64)| (wanted.1 - rate).abs() <= 0.15 + 0.06 * rate;
                assert!(phases.iter().any(is_one), "{offset}: {:?}", seen(&run));
            }
        }
    }
    counts
}

fn steps(seconds: f64, rates: &[f64]) -> Vec<(f64, f64, f64)> {
    rates.iter().map(|rate| (seconds, *rate, *rate)).collect()
}

#[test]
fn steps_that_lie_near_a_line_are_steps_wherever_windows_begin() {
    // How many of twenty offsets of the windows have to be steps.
    for (least, plan) in [
        (19, steps(20.0, &[1.0, 2.0, 4.0, 6.0, 7.0, 8.0])),
        (20, steps(20.0, &[1.0, 2.0, 4.0, 8.0, 16.0])),
        (19, steps(30.0, &[1.0, 2.0, 4.0, 6.0, 7.0, 8.0])),
        (20, steps(30.0, &[5.0, 10.0, 15.0, 20.0])),
        (15, steps(60.0, &[1.0, 2.0, 3.0, 4.0, 5.0])),
        // Where windows begin in the middle of phases, their counts are those of a ramp to one arrival.
        (10, steps(20.0, &[2.0, 4.0, 6.0, 8.0, 10.0])),
        (10, steps(20.0, &[8.0, 6.0, 4.0, 2.0])),
    ] {
        let found = read(&plan, None);
        assert!(found[0] >= least, "{plan:?}: {found:?}");
        assert_eq!(found[2], 0, "{plan:?}: {found:?}");
    }
}

#[test]
fn ramps_stay_ramps_and_one_rate_stays_one() {
    for (seconds, from, to) in [
        (30.0, 1.0, 4.0),
        (60.0, 1.0, 10.0),
        (120.0, 1.0, 8.0),
        (120.0, 5.0, 50.0),
        (300.0, 1.0, 20.0),
        (120.0, 40.0, 4.0),
    ] {
        let ramp = [(seconds, from, to)];
        assert_eq!(read(&ramp, None), [0, 20, 0, 0], "{ramp:?}");
        // Of arrivals at random one in twenty looks like steps; before, one in sixty did.
        let found = read(&ramp, Some(7));
        assert!(found[0] <= 20, "{ramp:?}: {found:?}");
    }
    for (seconds, rate) in [(60.0, 8.0), (120.0, 3.0), (300.0, 20.0)] {
        let flat = [(seconds, rate, rate)];
        assert_eq!(read(&flat, None), [0, 0, 20, 0], "{flat:?}");
        let found = read(&flat, Some(7));
        assert!(found[0] <= 4, "{flat:?}: {found:?}");
    }
}
