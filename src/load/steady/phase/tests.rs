use super::*;
use crate::model::{PerSecond, Seconds, Slice, Stats};

/// A run of slices of so many seconds with these figures.
fn run(length: f64, figures: &[f64], set: fn(&mut Slice, f64)) -> Run {
    let mut run = Run::new("tool", "format");
    run.duration = Some(Seconds(length * figures.len() as f64));
    for (place, figure) in figures.iter().enumerate() {
        let mut slice = Slice {
            latency_window: None,
            completed: None,
            start: Seconds(place as f64 * length),
            duration: Seconds(length),
            users: None,
            arrivals: None,
            stats: Stats {
                requests: Some(100),
                ..Stats::default()
            },
            endpoints: Vec::new(),
        };
        set(&mut slice, *figure);
        run.timeline.push(slice);
    }
    run
}

fn users(length: f64, figures: &[f64]) -> Run {
    run(length, figures, |slice, users| slice.users = Some(users))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the tests count in whole numbers"
)]
fn arrivals(length: f64, figures: &[f64]) -> Run {
    let mut run = run(length, figures, |slice, arrivals| {
        slice.arrivals = Some(arrivals as u64);
    });
    run.load.model = Some(LoadModel::Open);
    run
}

/// `users` for so many slices.
fn steps(levels: &[(f64, usize)]) -> Vec<f64> {
    let all = levels.iter();
    all.flat_map(|(users, slices)| vec![*users; *slices])
        .collect()
}

#[test]
fn steps_of_users_are_levels_and_none_is_the_run() {
    let run = users(1.0, &steps(&[(1.0, 10), (5.0, 10), (20.0, 10), (100.0, 9)]));
    let Steadiness::Levels(levels) = steadiness(&run) else {
        panic!("{:?}", steadiness(&run));
    };
    let loads: Vec<f64> = levels.iter().map(|level| level.load).collect();
    assert_eq!(loads, [1.0, 5.0, 20.0, 100.0]);
    assert_eq!(
        steadiness(&run).reason().unwrap(),
        "the run holds 4 load levels, from 1 to 100 users, and none of them lasts twice as long as every other"
    );
}

#[test]
fn a_level_that_lasts_twice_as_long_as_the_others_is_the_run() {
    let run = users(10.0, &steps(&[(5.0, 6), (50.0, 12)]));
    assert_eq!(steadiness(&run), Steadiness::Phase(60.0, 180.0));
    let run = users(10.0, &steps(&[(5.0, 7), (50.0, 12)]));
    assert!(matches!(steadiness(&run), Steadiness::Levels(levels) if levels.len() == 2));
    // Up again after a dip: the same level does not compete with itself.
    let run = users(10.0, &steps(&[(50.0, 8), (5.0, 2), (50.0, 7)]));
    assert_eq!(steadiness(&run), Steadiness::Phase(0.0, 80.0));
}

#[test]
fn a_ramp_of_users_is_no_row_of_levels() {
    let rising: Vec<f64> = (1..=100).map(f64::from).collect();
    assert_eq!(
        steadiness(&users(1.0, &rising)),
        Steadiness::Changing(LoadOf::Users, None)
    );
    let mut held = rising;
    held.extend([100.0; 60]);
    let Steadiness::Phase(start, end) = steadiness(&users(1.0, &held)) else {
        panic!("{:?}", steadiness(&users(1.0, &held)));
    };
    assert!((93.0..=99.0).contains(&start), "{start}");
    assert_eq!(end.to_bits(), 160.0_f64.to_bits());
}

#[test]
fn declared_levels_of_equal_length_are_several() {
    let mut run = users(10.0, &[]);
    run.duration = Some(Seconds(98.7));
    // As Artillery writes it: five steps of 20 s, the first begun before the first window.
    run.load.phases = [1.0, 2.0, 4.0, 8.0, 16.0]
        .iter()
        .enumerate()
        .map(|(place, rate)| Phase {
            name: None,
            start: Seconds(20.0 * place as f64 - 1.3),
            duration: Seconds(20.0),
            users_from: None,
            users_to: None,
            rate_from: Some(PerSecond(*rate)),
            rate_to: Some(PerSecond(*rate)),
        })
        .collect();
    assert_eq!(
        steadiness(&run).reason().unwrap(),
        "the run holds 5 load levels, from 1/s to 16/s arriving, and none of them lasts twice as long as every other"
    );
}

#[test]
fn arrivals_that_stall_are_not_replaced_by_requests() {
    // Arrivals of hardwork-rate-8 by Artillery 2.0.34 in windows of 10 s; requests stay level all the time.
    let stalled = arrivals(10.0, &[84.0, 90.0, 10.0, 43.0, 0.0]);
    assert_eq!(
        steadiness(&stalled),
        Steadiness::Changing(LoadOf::Arrivals, Some((20.0, 40.0)))
    );
    let mut unknown = stalled;
    unknown
        .timeline
        .iter_mut()
        .for_each(|slice| slice.arrivals = None);
    assert_eq!(steadiness(&unknown), Steadiness::Phase(0.0, 50.0));
}

#[test]
fn draining_is_no_load() {
    // 80 of 170 s have arrivals: the median over all would be nothing.
    let mut counts = vec![80.0; 8];
    counts.extend([0.0; 9]);
    assert_eq!(
        steadiness(&arrivals(10.0, &counts)),
        Steadiness::Phase(0.0, 80.0)
    );
}

#[test]
fn one_block_is_near_its_own_median_and_says_nothing() {
    assert_eq!(steadiness(&arrivals(10.0, &[40.0])), Steadiness::Short);
    assert_eq!(
        steadiness(&arrivals(10.0, &[40.0, 41.0])),
        Steadiness::Phase(0.0, 20.0)
    );
}

#[test]
fn a_slow_ramp_of_few_arrivals_is_a_ramp() {
    // From 1/s to 4/s over 30 s, 75 users: within four standard deviations of the median everywhere.
    let ramp = arrivals(5.0, &[6.0, 9.0, 11.0, 13.0, 17.0, 19.0]);
    assert_eq!(
        steadiness(&ramp),
        Steadiness::Changing(LoadOf::Arrivals, None)
    );
    let level = arrivals(5.0, &[13.0, 10.0, 12.0, 15.0, 11.0, 14.0]);
    assert_eq!(steadiness(&level), Steadiness::Phase(0.0, 30.0));
    // A drift that many events show, and that is a trifle: 5 % from half to half.
    let trifle = arrivals(10.0, &[9700.0, 9800.0, 10_000.0, 10_300.0]);
    assert_eq!(steadiness(&trifle), Steadiness::Phase(0.0, 40.0));
}

#[test]
fn without_load_over_time_there_is_nothing_to_say() {
    let bare = Run::new("tool", "format");
    assert_eq!(steadiness(&bare), Steadiness::Unknown);
    assert_eq!(
        steadiness(&bare).reason().unwrap(),
        "the input does not tell the load over time"
    );
}
