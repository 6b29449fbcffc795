//! Hand-made runs for each rule, and real runs as `knee convert` writes them, with fewer endpoints, percentiles and
//! empty members: in `data/`, `steps-with-histograms` is hardwork-steps of Artillery 1.7.9, `steps-recovered` that of 2.0.34,
//! `steps-recovered-with-a-hole` that of 2.0.2,
//! `ramp-recovered` report-4 of `samples/artillery/perf-shot`, `ramp-unrecovered` hardwork-rate-1-4 of Artillery 2.0.34,
//! and `users-10s`, `users-9s` and `users-spawned` are the steps of 1, 5, 10, 20, 40, 70 and 100 users of Locust 2.47.0,
//! 2.20.1 and 1.6.0. Their figures were counted from the tools' own files by a few lines of Python.

use super::*;
use crate::model::{
    Endpoint, EndpointSlice, Latency, Millis, PerSecond, Percentile, Phase, Population, Seconds,
    Slice, Stats,
};
use crate::normalize::merge::tests::exact;

const WITH_HISTOGRAMS: &str = include_str!("data/steps-with-histograms.json");
const RECOVERED: &str = include_str!("data/steps-recovered.json");
const WITH_A_HOLE: &str = include_str!("data/steps-recovered-with-a-hole.json");
const RAMP: &str = include_str!("data/ramp-recovered.json");
const RAMP_UNRECOVERED: &str = include_str!("data/ramp-unrecovered.json");
const USERS_10S: &str = include_str!("data/users-10s.json");
const USERS_9S: &str = include_str!("data/users-9s.json");
const USERS_SPAWNED: &str = include_str!("data/users-spawned.json");

fn real(text: &str) -> Run {
    serde_json::from_str(text).unwrap()
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

/// Phases that follow one another, each of that length and rate.
fn steps(rates: &[(f64, f64)]) -> Vec<Phase> {
    let mut start = 0.0;
    let phases = rates.iter().map(|(duration, rate)| {
        start += duration;
        phase(start - duration, *duration, *rate, *rate)
    });
    phases.collect()
}

/// Requests that all took as long as the number of their slice says, of one endpoint.
fn stats(requests: u64, millis: u32) -> Stats {
    Stats {
        requests: Some(requests),
        responses: Some(requests),
        failures: Some(0),
        latency: Some(exact(&vec![millis; usize::try_from(requests).unwrap()])),
        ..Stats::default()
    }
}

/// Slices of that length, the i-th with i + 1 requests of i + 1 ms.
fn run(length: f64, slices: u32) -> Run {
    let mut run = Run::new("tool", "format");
    run.id = "whole".into();
    run.duration = Some(Seconds(length * f64::from(slices)));
    for i in 0..slices {
        let stats = stats(u64::from(i) + 1, i + 1);
        run.timeline.push(Slice {
            latency_window: None,
            completed: None,
            start: Seconds(length * f64::from(i)),
            duration: Seconds(length),
            users: None,
            arrivals: Some(u64::from(i) + 1),
            stats: stats.clone(),
            endpoints: vec![EndpointSlice {
                name: "/a".into(),
                method: None,
                stats,
            }],
        });
    }
    run.overall = stats(55, 9);
    run.endpoints = vec![Endpoint {
        name: "/a".into(),
        method: None,
        path: None,
        group: None,
        names_in: vec![],
        stats: run.overall.clone(),
    }];
    run
}

/// A run of slices of a second with so many users, for so many slices.
fn users(levels: &[(f64, usize)]) -> Run {
    let users: Vec<f64> = levels
        .iter()
        .flat_map(|(users, slices)| vec![*users; *slices])
        .collect();
    let mut run = run(1.0, u32::try_from(users.len()).unwrap());
    for (slice, users) in run.timeline.iter_mut().zip(users) {
        slice.users = Some(users);
        slice.arrivals = None;
    }
    run
}

fn bare(run: &mut Run) {
    let strip = |stats: &mut Stats| stats.latency.as_mut().unwrap().histogram = None;
    for slice in &mut run.timeline {
        strip(&mut slice.stats);
        slice.endpoints.iter_mut().for_each(|e| strip(&mut e.stats));
    }
}

fn sliding(run: &mut Run, seconds: f64) {
    bare(run);
    for slice in &mut run.timeline {
        slice.latency_window = Some(Seconds(seconds));
    }
}

fn means(split: &Split) -> Vec<f64> {
    split.stretches.iter().map(|s| s.mean).collect()
}

fn spans(split: &Split) -> Vec<(f64, f64)> {
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let stretches = split.stretches.iter();
    stretches.map(|s| (round(s.start), round(s.end))).collect()
}

fn requests(split: &Split) -> Vec<u64> {
    let stretches = split.stretches.iter();
    stretches.map(|s| s.run.overall.requests.unwrap()).collect()
}

fn settlings(split: &Split) -> Vec<f64> {
    let stretches = split.stretches.iter();
    stretches
        .map(|s| (s.settling * 1000.0).round() / 1000.0)
        .collect()
}

fn p(run: &Run, percentile: Percentile) -> Option<f64> {
    Some(run.overall.primary()?.percentile(percentile)?.0)
}

fn tails(run: &Run) -> [Option<f64>; 3] {
    [Percentile::P50, Percentile::P95, Percentile::P99].map(|percentile| p(run, percentile))
}

fn says(split: &Split, text: &str) -> bool {
    split.remarks.iter().any(|remark| remark.contains(text))
}

#[test]
fn a_phase_is_a_stretch_of_the_slices_that_lie_in_it_as_a_whole() {
    // 25 s at 1/s, 25 s at 5/s in slices of 2 s; the 13th lies in both, and three lie behind the last phase.
    let mut run = run(2.0, 28);
    run.load.phases = steps(&[(25.0, 1.0), (25.0, 5.0)]);
    let split = split(&run).unwrap();
    assert_eq!(means(&split), [1.0, 5.0]);
    // 2.5 s of 25 s settle: two slices of the first phase, and the one on the border and another of the second.
    assert_eq!(spans(&split), [(4.0, 24.0), (28.0, 50.0)]);
    assert_eq!(settlings(&split), [4.0, 3.0]);
    assert!(split.stretches.iter().all(|s| s.peak.is_none()));
    assert_eq!(
        split.remarks,
        [
            "4 of 28 slices lie in two phases, between them, or behind the last one: they belong to no level",
            "after a change of load the system settles: 3 s to 4 s at the start of 2 of 2 levels are left out"
        ]
    );
    let [first, last] = split.stretches.as_slice() else {
        panic!("{split:?}");
    };
    // Slices 3 to 12: 3 + ... + 12 = 75 requests in 20 s.
    assert_eq!(first.run.overall.requests, Some(75));
    assert_eq!(first.run.overall.rate, Some(PerSecond(3.75)));
    assert_eq!(first.run.duration, Some(Seconds(20.0)));
    assert_eq!(first.run.timeline.len(), 10);
    assert_eq!(first.run.timeline[0].start, Seconds(0.0));
    assert_eq!(first.run.load.arrival_rate, Some(PerSecond(3.75)));
    assert_eq!(first.run.load.phases, [phase(0.0, 20.0, 1.0, 1.0)]);
    assert_eq!(last.run.load.phases, [phase(0.0, 22.0, 5.0, 5.0)]);
    // Slices 15 to 25.
    assert_eq!(last.run.overall.requests, Some(220));
    assert_eq!(last.run.endpoints[0].stats.requests, Some(220));
    assert!(split.stretches.iter().all(|s| s.run.id == "whole"));
}

#[test]
fn percentiles_of_slices_with_histograms_are_those_of_all_their_requests() {
    let mut run = run(2.0, 20);
    run.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    let split = split(&run).unwrap();
    let first = &split.stretches[0];
    // 2 of 2 ms, 3 of 3 ms, ..., 10 of 10 ms.
    let samples: Vec<u32> = (2..=10_u32).flat_map(|i| vec![i; i as usize]).collect();
    let wanted = exact(&samples);
    let latency = first.run.overall.latency.as_ref().unwrap();
    assert_eq!(latency.percentiles, wanted.percentiles);
    assert_eq!(latency.count, 54);
    assert_eq!(
        first.run.endpoints[0]
            .stats
            .latency
            .as_ref()
            .unwrap()
            .percentiles,
        wanted.percentiles
    );
    assert!(first.windows.is_empty());
}

#[test]
fn of_many_windows_some_are_kept_spread_over_the_stretch() {
    let mut run = run(2.0, 200);
    bare(&mut run);
    run.load.phases = steps(&[(200.0, 1.0), (200.0, 5.0)]);
    let split = split(&run).unwrap();
    let last = &split.stretches[1];
    // Slices 110 to 199: 90 of them, every fourth.
    let medians = last.windows.iter().map(|w| p(w, Percentile::P50));
    let wanted = (0..23).map(|i| Some(f64::from(111 + 4 * i)));
    assert!(medians.eq(wanted), "{}", last.windows.len());
}

#[test]
fn without_histograms_every_slice_keeps_its_own_percentiles() {
    let mut run = run(2.0, 20);
    bare(&mut run);
    run.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    let split = split(&run).unwrap();
    let first = &split.stretches[0];
    let latency = first.run.overall.latency.as_ref().unwrap();
    assert!(latency.percentiles.is_empty(), "V43");
    assert_eq!(
        (latency.min, latency.max, latency.count),
        (Some(Millis(2.0)), Some(Millis(10.0)), 54)
    );
    let medians: Vec<_> = first
        .windows
        .iter()
        .map(|w| p(w, Percentile::P50))
        .collect();
    let wanted: Vec<_> = (2..=10).map(|i| Some(f64::from(i))).collect();
    assert_eq!(medians, wanted);
    assert_eq!(first.windows[3].overall.requests, Some(5));
    assert_eq!(first.windows[3].duration, Some(Seconds(2.0)));
    assert_eq!(first.windows[3].overall.rate, Some(PerSecond(2.5)));
    assert_eq!(first.windows[3].endpoints[0].stats.requests, Some(5));
    assert_eq!(first.windows[3].id, "whole");
    assert!(
        !split.remarks.iter().any(|r| r.contains("percentiles")),
        "{:?}",
        split.remarks
    );
}

#[test]
fn neighbouring_phases_of_one_load_are_one_and_the_same_load_again_is_another() {
    let mut run = run(2.0, 40);
    run.load.phases = steps(&[
        (10.0, 1.0),
        (10.0, 1.0),
        (20.0, 5.0),
        (20.0, 1.0),
        (20.0, 0.0),
    ]);
    let split = split(&run).unwrap();
    assert_eq!(means(&split), [1.0, 5.0, 1.0]);
    assert_eq!(spans(&split), [(2.0, 20.0), (22.0, 40.0), (42.0, 60.0)]);
    assert!(says(
        &split,
        "10 of 40 slices lie in a pause, which is no level"
    ));
    run.load.phases.rotate_left(2);
    assert_eq!(means(&super::split(&run).unwrap()), [1.0, 5.0, 1.0]);
    // Two pauses around one load, and one load twice, are one level.
    run.load.phases = steps(&[(20.0, 1.0), (20.0, 0.0), (40.0, 1.0)]);
    assert!(super::split(&run).is_none());
}

#[test]
fn slices_may_run_late_by_a_twentieth() {
    let mut run = run(10.0, 4);
    run.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    for slice in &mut run.timeline {
        slice.start.0 += 0.4;
    }
    run.duration = Some(Seconds(41.0));
    let late = split(&run).unwrap();
    assert_eq!(spans(&late), [(10.4, 20.4), (30.4, 40.4)]);
    let phases = &late.stretches[0].run.load.phases;
    assert_eq!(
        phases.len(),
        1,
        "0.4 s of the next phase are none: {phases:?}"
    );
    for slice in &mut run.timeline {
        slice.start.0 += 0.4;
    }
    // 10.8 to 20.8 lies in both phases: what comes behind it has seen the change of load ten seconds ago.
    let split = split(&run).unwrap();
    assert_eq!(spans(&split), [(0.8, 10.8), (20.8, 30.8)]);
    assert!(says(&split, "2 of 4 slices lie in two phases"));
}

#[test]
fn coarse_slices_settle_in_the_one_on_the_border() {
    let mut run = run(10.0, 7);
    run.load.phases = steps(&[(35.0, 1.0), (35.0, 5.0)]);
    // 10 % of 35 s: the first slice of the first phase; nothing behind the slice on the border.
    let split = split(&run).unwrap();
    assert_eq!(spans(&split), [(10.0, 30.0), (40.0, 70.0)]);
    assert_eq!(settlings(&split), [10.0, 5.0]);
    // With slices of 3 s the time since the border counts: 3.5 s of 35 s.
    let mut fine = super::tests::run(3.0, 23);
    fine.load.phases = steps(&[(35.0, 1.0), (34.0, 5.0)]);
    assert_eq!(
        spans(&super::split(&fine).unwrap()),
        [(6.0, 33.0), (39.0, 69.0)]
    );
}

#[test]
fn the_last_slice_of_a_level_stays_and_says_what_it_holds() {
    let mut run = run(10.0, 3);
    run.load.phases = steps(&[(10.0, 1.0), (10.0, 5.0), (10.0, 9.0)]);
    let split = split(&run).unwrap();
    assert_eq!(spans(&split), [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0)]);
    assert_eq!(
        split.remarks,
        [
            "3 of 3 levels would be nothing without the time right after the change of load: their last slice holds some of it"
        ]
    );
}

#[test]
fn a_ramp_among_phases_is_one_stretch_with_mean_and_peak() {
    let mut run = run(2.0, 30);
    run.load.phases = vec![
        phase(0.0, 20.0, 1.0, 11.0),
        phase(20.0, 20.0, 11.0, 11.0),
        phase(40.0, 20.0, 11.0, 0.0),
    ];
    let split = split(&run).unwrap();
    assert_eq!(means(&split), [6.0, 11.0, 5.5]);
    let peaks: Vec<_> = split.stretches.iter().map(|s| s.peak).collect();
    assert_eq!(peaks, [Some(11.0), None, Some(11.0)]);
    assert_eq!(spans(&split), [(0.0, 20.0), (22.0, 40.0), (40.0, 60.0)]);
    assert_eq!(settlings(&split), [0.0, 2.0, 0.0]);
    assert!(says(&split, "a mean and a peak"));
}

#[test]
fn a_run_that_is_one_ramp_is_split_by_the_line_of_its_phase() {
    let mut run = run(10.0, 4);
    run.load.phases = vec![phase(0.0, 40.0, 1.0, 5.0), phase(40.0, 10.0, 0.0, 0.0)];
    let split = split(&run).unwrap();
    assert_eq!(means(&split), [1.5, 2.5, 3.5, 4.5]);
    let peaks: Vec<_> = split.stretches.iter().map(|s| s.peak.unwrap()).collect();
    assert_eq!(peaks, [2.0, 3.0, 4.0, 5.0]);
    assert!(split.stretches.iter().all(|s| s.windows.is_empty()));
    // Down: the peak is at its start. Slices of a second are taken together to 5 s.
    let mut fine = super::tests::run(1.0, 40);
    fine.load.phases = vec![phase(0.0, 40.0, 5.0, 1.0)];
    let split = super::split(&fine).unwrap();
    assert_eq!(
        means(&split),
        [4.75, 4.25, 3.75, 3.25, 2.75, 2.25, 1.75, 1.25]
    );
    assert_eq!(split.stretches[1].peak, Some(4.5));
    assert_eq!(spans(&split)[1], (5.0, 10.0));
}

#[test]
fn phases_of_users_count_users_and_phases_that_hold_no_slice_are_said() {
    let mut run = run(2.0, 20);
    run.load.phases = steps(&[(20.0, 1.0), (1.0, 3.0), (19.0, 5.0)]);
    for phase in &mut run.load.phases {
        phase.users_from = phase.rate_from.take().map(|rate| rate.0);
        phase.users_to = phase.rate_to.take().map(|rate| rate.0);
    }
    run.load.phases.push(Phase {
        users_from: None,
        users_to: None,
        ..phase(40.0, 10.0, 0.0, 0.0)
    });
    run.load.phases[3].rate_from = None;
    run.load.phases[3].rate_to = None;
    let split = split(&run).unwrap();
    assert!(split.stretches.iter().all(|s| s.of == LevelOf::Users));
    assert_eq!(means(&split), [1.0, 5.0]);
    assert_eq!(split.stretches[1].run.load.users_max, Some(5.0));
    assert!(
        says(&split, "1 of 4 phases hold no slice as a whole"),
        "{:?}",
        split.remarks
    );
    assert!(says(&split, "1 of 4 phases state no load"));
}

#[test]
fn answers_and_failures_stay_as_the_slices_count_them() {
    let mut run = run(2.0, 20);
    run.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    for slice in &mut run.timeline {
        slice.stats.responses = slice.stats.requests.map(|requests| requests + 2);
        slice.stats.failures = slice.stats.requests.map(|requests| requests + 1);
    }
    let split = split(&run).unwrap();
    let first = &split.stretches[0].run.overall;
    assert_eq!(
        (first.requests, first.responses, first.failures),
        (Some(54), Some(54 + 18), Some(54 + 9))
    );
}

#[test]
fn what_speaks_of_the_whole_run_does_not_speak_of_a_stretch() {
    let mut run = run(2.0, 20);
    run.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    run.load.dropped = Some(3);
    run.load.offered = Some(PerSecond(99.0));
    run.load.arrival_rate = Some(PerSecond(99.0));
    run.load.users_max = Some(99.0);
    run.timeline[4].arrivals = None;
    let split = split(&run).unwrap();
    let load = &split.stretches[0].run.load;
    assert_eq!(
        (
            load.dropped,
            load.offered,
            load.arrival_rate,
            load.users_max
        ),
        (None, None, None, None)
    );
    assert!(
        split.stretches[0].run.notes.is_empty(),
        "nothing was trimmed"
    );
}

#[test]
fn a_number_of_users_that_lasts_is_a_stretch_and_spawning_is_none() {
    let run = users(&[
        (1.0, 10),
        (3.0, 1),
        (4.0, 1),
        (5.0, 20),
        (7.0, 4),
        (10.0, 10),
        (0.0, 5),
        (1.0, 10),
    ]);
    let split = split(&run).unwrap();
    assert_eq!(means(&split), [1.0, 5.0, 10.0, 1.0]);
    // One slice settles, of 20 s two.
    assert_eq!(
        spans(&split),
        [(1.0, 10.0), (14.0, 32.0), (37.0, 46.0), (52.0, 61.0)]
    );
    assert_eq!(settlings(&split), [1.0, 2.0, 1.0, 1.0]);
    assert_eq!(split.stretches[0].run.load.users_max, Some(1.0));
    assert_eq!(
        split.remarks[0],
        "6 of 61 slices have a number of users that lasts for less than 3 slices or 5 s, as while users are started: they belong to no level"
    );
}

#[test]
fn users_of_an_open_run_and_rates_without_phases_are_no_levels() {
    let mut run = users(&[(1.0, 10), (5.0, 10)]);
    assert!(split(&run).is_some());
    run.load.model = Some(LoadModel::Open);
    assert!(split(&run).is_none());
    assert!(split(&super::tests::run(2.0, 20)).is_none());
    assert!(split(&users(&[(1.0, 20)])).is_none(), "one level");
    let rising: Vec<_> = (1..=60).map(|users| (f64::from(users), 1)).collect();
    assert!(split(&users(&rising)).is_none(), "a ramp of users");
    // 5 % apart are two levels here.
    assert_eq!(
        means(&split(&users(&[(100.0, 10), (104.0, 10)])).unwrap()),
        [100.0, 104.0]
    );
}

#[test]
fn sliding_windows_that_see_nothing_else_give_the_percentiles_and_do_not_overlap() {
    // 5 s windows; of 20 s, 2 s settle: those that end at 20, 15 and 10 s.
    let mut run = users(&[(1.0, 20), (5.0, 20)]);
    sliding(&mut run, 5.0);
    let found = split(&run).unwrap();
    let first = &found.stretches[0];
    assert_eq!(first.run.overall.latency, None);
    let medians: Vec<_> = first
        .windows
        .iter()
        .map(|w| p(w, Percentile::P50))
        .collect();
    assert_eq!(medians, [Some(10.0), Some(15.0), Some(20.0)]);
    // 6 + ... + 10 requests.
    assert_eq!(first.windows[0].overall.requests, Some(40));
    assert_eq!(first.windows[0].duration, Some(Seconds(5.0)));
    let endpoint = first.windows[0].endpoints[0]
        .stats
        .latency
        .as_ref()
        .unwrap();
    assert_eq!(endpoint.percentile(Percentile::P50), Some(Millis(10.0)));
    assert!(!found.remarks.iter().any(|r| r.contains("percentiles")));
    let medians: Vec<_> = found.stretches[1]
        .windows
        .iter()
        .map(|w| p(w, Percentile::P50))
        .collect();
    assert_eq!(medians, [Some(30.0), Some(35.0), Some(40.0)]);
}

#[test]
fn a_level_as_long_as_the_window_has_its_last_one_and_a_shorter_one_has_none() {
    // Windows of 10 s over levels of 10, 9 and 8 s: one slice may be missing, two may not.
    let mut run = users(&[(2.0, 11), (5.0, 10), (10.0, 9), (20.0, 8)]);
    sliding(&mut run, 10.0);
    let split = split(&run).unwrap();
    let windows: Vec<Vec<_>> = split
        .stretches
        .iter()
        .map(|s| {
            s.windows
                .iter()
                .map(|w| p(w, Percentile::P50).unwrap())
                .collect()
        })
        .collect();
    // 11 s: 1.1 s settle, which are two slices; the window begins before.
    assert_eq!(windows, [vec![11.0], vec![21.0], vec![30.0], vec![]]);
    assert!(says(
        &split,
        "percentiles of 3 of 4 levels are those of one window of 10 s"
    ));
    assert!(says(
        &split,
        "percentiles of 1 of 4 levels are not known: no window of 10 s lies inside"
    ));
    // The counts of the window are those of the level only.
    assert_eq!(
        split.stretches[2].windows[0].overall.requests,
        Some((22..=30).sum())
    );
    // The counts of the level are those behind the settling.
    assert_eq!(
        split.stretches[2].run.overall.requests,
        Some((23..=30).sum())
    );
}

#[test]
fn a_window_cannot_see_what_was_before_the_first_slice() {
    let mut run = users(&[(2.0, 6), (5.0, 20)]);
    sliding(&mut run, 10.0);
    let split = split(&run).unwrap();
    let first = &split.stretches[0].windows;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].overall.requests, Some((1..=6).sum()));
    assert_eq!(split.stretches[1].windows.len(), 1);
}

#[test]
fn odd_runs_do_not_panic() {
    let bare = Run::new("tool", "format");
    assert!(split(&bare).is_none());
    let mut only_phases = bare.clone();
    only_phases.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    assert!(split(&only_phases).is_none());
    let whole = {
        let mut run = users(&[(1.0, 10), (5.0, 10), (9.0, 10)]);
        run.load.phases = steps(&[(10.0, 1.0), (10.0, 5.0), (10.0, 9.0)]);
        run
    };
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e308];
    for value in odd {
        for place in [0, 11, 29] {
            for change in 0..6 {
                for phases in [true, false] {
                    let mut run = whole.clone();
                    match change {
                        0 => run.timeline[place].start = Seconds(value),
                        1 => run.timeline[place].duration = Seconds(value),
                        2 => run.timeline[place].users = Some(value),
                        3 => run.duration = Some(Seconds(value)),
                        4 => sliding(&mut run, value),
                        _ => {
                            run.load.phases[place / 10].duration = Seconds(value);
                            run.load.phases[place % 3].rate_to = Some(PerSecond(value));
                        }
                    }
                    if !phases {
                        run.load.phases.clear();
                    }
                    for stretch in split(&run).map_or_else(Vec::new, |split| split.stretches) {
                        assert!(
                            stretch.mean.is_finite() && stretch.start < stretch.end,
                            "{stretch:?}"
                        );
                    }
                }
            }
        }
    }
    let mut overlapping = whole;
    overlapping.timeline[12].start = Seconds(10.0);
    assert!(split(&overlapping).is_none(), "events of which slice?");
}

#[test]
fn slices_out_of_order_are_put_in_order() {
    let mut run = users(&[(1.0, 10), (5.0, 10)]);
    let wanted = split(&run).unwrap();
    run.timeline.reverse();
    let found = split(&run).unwrap();
    assert_eq!(spans(&found), spans(&wanted));
    assert_eq!(found.stretches[0].run, wanted.stretches[0].run);
}

#[test]
fn the_five_declared_steps_of_hardwork() {
    let split = split(&real(WITH_HISTOGRAMS)).unwrap();
    assert_eq!(means(&split), [1.0, 2.0, 4.0, 8.0, 16.0]);
    assert!(split.stretches.iter().all(|s| s.of == LevelOf::Arrivals));
    assert_eq!(
        spans(&split),
        [
            (8.69, 18.684),
            (28.686, 38.685),
            (48.86, 58.771),
            (68.797, 78.836),
            (88.815, 98.818)
        ]
    );
    // The first phase began 1.31 s before the first window.
    assert_eq!(settlings(&split), [10.0, 9.996, 10.17, 10.107, 10.125]);
    assert_eq!(requests(&split), [70, 133, 283, 438, 593]);
    let answers: Vec<_> = split
        .stretches
        .iter()
        .map(|s| s.run.overall.responses.unwrap())
        .collect();
    assert_eq!(answers, [69, 133, 283, 400, 457]);
    let arrived: Vec<_> = split
        .stretches
        .iter()
        .map(|s| s.run.timeline[0].arrivals.unwrap())
        .collect();
    assert_eq!(arrived, [10, 19, 40, 81, 160]);
    // Nearest ranks over the latencies of those windows in the tool's file.
    let wanted = [
        [27.0, 188.0, 763.0],
        [61.0, 204.0, 291.0],
        [73.0, 358.0, 441.0],
        [1092.0, 1601.0, 1762.0],
        [3430.0, 5202.0, 5528.0],
    ];
    for (stretch, wanted) in split.stretches.iter().zip(wanted) {
        assert_eq!(tails(&stretch.run), wanted.map(Some));
        assert!(stretch.windows.is_empty());
    }
    assert_eq!(
        split.remarks,
        [
            "5 of 15 slices lie in two phases, between them, or behind the last one: they belong to no level",
            "after a change of load the system settles: 10 s to 10.2 s at the start of 5 of 5 levels are left out"
        ]
    );
}

#[test]
fn steps_that_follow_from_the_arrivals_and_the_last_one_that_does_not() {
    let split = split(&real(RECOVERED)).unwrap();
    assert_eq!(means(&split), [1.0, 1.9, 4.0, 8.0]);
    // Of the first, 10 % of 13.2 s; behind the other changes lies the window on the border.
    assert_eq!(
        spans(&split),
        [
            (3.185, 13.185),
            (23.185, 33.185),
            (43.185, 53.185),
            (63.185, 73.185)
        ]
    );
    assert_eq!(settlings(&split), [3.185, 0.0, 0.0, 0.0]);
    assert_eq!(requests(&split), [70, 138, 280, 479]);
    // As the tool has them for those windows.
    let wanted = [
        [23.8, 125.2, 169.0],
        [32.8, 115.6, 162.4],
        [43.4, 232.8, 267.8],
        [671.9, 1043.3, 1153.1],
    ];
    for (stretch, wanted) in split.stretches.iter().zip(wanted) {
        assert_eq!(tails(&stretch.run), wanted.map(Some));
        assert!(stretch.windows.is_empty());
        assert!(stretch.run.load.phases_recovered);
    }
    assert!(
        says(
            &split,
            "the phases follow from the arrivals, which show none behind 73.2 s: 3 slices there with 93, 178, 97 arrivals have no known load"
        ),
        "{:?}",
        split.remarks
    );
    assert!(says(&split, "8 of 13 slices lie in two phases"));
}

#[test]
fn steps_that_follow_from_the_arrivals_with_a_hole() {
    let split = split(&real(WITH_A_HOLE)).unwrap();
    // The phases follow one another without a window on their borders, but for the last one: 8/s is not seen.
    assert_eq!(means(&split)[1..], [1.95, 3.95, 15.55]);
    assert_eq!(
        spans(&split),
        [
            (9.391, 19.391),
            (29.391, 39.391),
            (49.391, 59.391),
            (79.391, 99.391)
        ]
    );
    assert_eq!(requests(&split), [70, 143, 283, 584 + 646]);
    assert_eq!(
        split.stretches[3].run.load.arrival_rate,
        Some(PerSecond(15.55))
    );
    let windows: Vec<_> = split.stretches.iter().map(|s| s.windows.len()).collect();
    assert_eq!(windows, [0, 0, 0, 2]);
    let last = &split.stretches[3];
    assert_eq!(tails(&last.run), [None; 3]);
    assert_eq!(
        tails(&last.windows[0]),
        [Some(2059.5), Some(3011.6), Some(3134.5)]
    );
    assert_eq!(
        tails(&last.windows[1]),
        [Some(4065.2), Some(5168.0), Some(5378.9)]
    );
    assert_eq!(last.windows[1].overall.responses, Some(524));
    assert!(
        says(&split, "5 of 13 slices lie in two phases"),
        "{:?}",
        split.remarks
    );
}

#[test]
fn the_ramp_of_report_4_is_split_into_its_windows() {
    let split = split(&real(RAMP)).unwrap();
    assert_eq!(split.stretches.len(), 7);
    assert_eq!(requests(&split), [59, 127, 167, 208, 249, 289, 101]);
    // From 1.036805 to 3.943496 over 60 s: at 6.79, 16.79 and 60 s.
    let first = &split.stretches[0];
    assert!((first.mean - 1.201_274).abs() < 1e-5, "{}", first.mean);
    assert!((first.peak.unwrap() - 1.365_746).abs() < 1e-5);
    assert!((split.stretches[1].mean - 1.607_969).abs() < 1e-5);
    assert!((split.stretches[6].peak.unwrap() - 3.943_496).abs() < 1e-5);
    assert_eq!(
        tails(&split.stretches[4].run),
        [Some(77.5), Some(2893.5), Some(8024.5)]
    );
    assert!(
        split
            .stretches
            .iter()
            .all(|s| s.settling.abs() < 1e-9 && s.windows.is_empty())
    );
}

#[test]
fn a_ramp_that_the_arrivals_do_not_show_is_split_once_it_is_declared() {
    let mut run = real(RAMP_UNRECOVERED);
    assert!(split(&run).is_none());
    // The script of hardwork-rate-1-4: from 1/s to 4/s in 30 s.
    run.load.phases = vec![phase(0.0, 30.0, 1.0, 4.0)];
    let split = split(&run).unwrap();
    assert_eq!(requests(&split), [74, 147, 233, 71]);
    let means: Vec<f64> = means(&split)
        .iter()
        .map(|m| (m * 1000.0).round() / 1000.0)
        .collect();
    // At 0, 7.082, 17.082, 27.082 and 29.792 s the line is at 1, 1.7082, 2.7082, 3.7082 and 3.9792.
    assert_eq!(means, [1.354, 2.208, 3.208, 3.844]);
}

#[test]
fn steps_of_users_as_long_as_the_window() {
    let split = split(&real(USERS_10S)).unwrap();
    assert_eq!(means(&split), [1.0, 5.0, 10.0, 20.0, 40.0, 70.0, 100.0]);
    assert!(split.stretches.iter().all(|s| s.of == LevelOf::Users));
    // By the total counts of the history, from its first row with those users to its last one; of
    // the first step one row later, and of 20 users, which last for 11 s.
    assert_eq!(requests(&split), [15, 67, 123, 240, 502, 703, 711]);
    let wanted = [
        [29.0, 120.0, 120.0],
        [24.0, 85.0, 120.0],
        [41.0, 220.0, 510.0],
        [34.0, 180.0, 280.0],
        [30.0, 330.0, 480.0],
        [160.0, 880.0, 1100.0],
        [580.0, 1700.0, 2000.0],
    ];
    for (stretch, wanted) in split.stretches.iter().zip(wanted) {
        assert_eq!(stretch.windows.len(), 1);
        assert_eq!(
            tails(&stretch.windows[0]),
            wanted.map(Some),
            "{}",
            stretch.mean
        );
    }
    // The window of 5 users holds all that came at 5 users.
    assert_eq!(split.stretches[1].windows[0].overall.requests, Some(80));
    assert_eq!(split.stretches[5].run.overall.failures, Some(1));
    assert_eq!(
        split.remarks,
        [
            "after a change of load the system settles: 1 s to 2 s at the start of 7 of 7 levels are left out",
            "percentiles of 7 of 7 levels are those of one window of 10 s, which reaches back into the time right after the change of load, or a slice further"
        ]
    );
}

#[test]
fn steps_of_users_that_are_shorter_than_the_window() {
    let split = split(&real(USERS_9S)).unwrap();
    assert_eq!(means(&split), [1.0, 5.0, 10.0, 20.0, 40.0, 70.0, 100.0]);
    assert_eq!(requests(&split)[1..], [58, 112, 145, 221, 266, 395]);
    let windows: Vec<_> = split.stretches.iter().map(|s| s.windows.len()).collect();
    assert_eq!(windows, [1, 1, 1, 1, 0, 1, 0], "{:?}", spans(&split));
    assert_eq!(
        tails(&split.stretches[3].windows[0]),
        [Some(330.0), Some(820.0), Some(1000.0)]
    );
    assert!(says(
        &split,
        "percentiles of 2 of 7 levels are not known: no window of 10 s lies inside"
    ));
}

#[test]
fn steps_of_users_between_which_users_are_started_for_a_while() {
    let split = split(&real(USERS_SPAWNED)).unwrap();
    // 70 users lasted for 4 s and 100 for 3 s.
    assert_eq!(means(&split), [1.0, 5.0, 10.0, 20.0, 40.0]);
    assert_eq!(requests(&split), [15, 47, 78, 89, 126]);
    assert!(split.stretches.iter().all(|s| s.windows.is_empty()));
    // 1, 5, 10, 20 and 40 users stand in 9, 8, 8, 6 and 5 of the rows.
    assert!(
        says(
            &split,
            "19 of 55 slices have a number of users that lasts for less than 3 slices or 5 s"
        ),
        "{:?}",
        split.remarks
    );
    assert!(says(
        &split,
        "percentiles of 5 of 5 levels are not known: their slices hold none"
    ));
}

#[test]
fn a_level_of_slices_without_requests_keeps_its_counts() {
    let mut run = run(2.0, 20);
    run.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    for slice in &mut run.timeline[10..] {
        slice.stats = Stats {
            requests: Some(0),
            responses: Some(0),
            failures: Some(0),
            ..Stats::default()
        };
        slice.endpoints.clear();
    }
    run.overall.latency = Some(Latency::of(Population::All, 0));
    let split = split(&run).unwrap();
    assert_eq!(requests(&split), [54, 0]);
    assert_eq!(split.stretches[1].run.overall.latency, None);
    assert_eq!(split.stretches[1].run.endpoints[0].stats.requests, Some(0));
}

#[test]
fn fine_slices_settle_for_one_of_them_and_may_begin_early() {
    let mut run = run(1.0, 11);
    // The slice from 5 to 6 s lies in both phases. A tenth of 5.5 s is over at 6.05 s, a slice at 6.5 s.
    run.load.phases = steps(&[(5.5, 1.0), (5.5, 5.0)]);
    assert_eq!(spans(&split(&run).unwrap()), [(1.0, 5.0), (7.0, 11.0)]);
    let mut early = super::tests::run(2.0, 20);
    early.load.phases = steps(&[(20.0, 1.0), (20.0, 5.0)]);
    for slice in &mut early.timeline {
        slice.start.0 -= 0.02;
    }
    assert_eq!(
        spans(&split(&early).unwrap()),
        [(1.98, 19.98), (21.98, 39.98)]
    );
}

#[test]
fn only_the_slice_right_before_has_seen_the_change_of_load() {
    let mut run = run(10.0, 7);
    run.load.phases = vec![phase(0.0, 20.0, 1.0, 1.0), phase(40.0, 30.0, 5.0, 5.0)];
    assert_eq!(spans(&split(&run).unwrap()), [(10.0, 20.0), (40.0, 70.0)]);
    run.timeline.remove(3);
    assert_eq!(spans(&split(&run).unwrap()), [(10.0, 20.0), (50.0, 70.0)]);
}

#[test]
fn two_coarse_slices_are_no_level_and_have_seen_the_change_of_users() {
    let mut run = run(10.0, 10);
    let users = [1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 5.0, 5.0, 5.0, 5.0];
    for (slice, users) in run.timeline.iter_mut().zip(users) {
        slice.users = Some(users);
    }
    let split = split(&run).unwrap();
    assert_eq!(means(&split), [1.0, 5.0]);
    assert_eq!(spans(&split), [(10.0, 40.0), (60.0, 100.0)]);
    assert!(says(&split, "2 of 10 slices have a number of users"));
    // Between two levels that last, none has.
    let users = [1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 5.0, 5.0, 5.0];
    for (slice, users) in run.timeline.iter_mut().zip(users) {
        slice.users = Some(users);
    }
    let split = super::split(&run).unwrap();
    assert_eq!(spans(&split), [(10.0, 50.0), (60.0, 100.0)]);
}

#[test]
fn sliding_windows_without_percentiles_are_not_too_long() {
    let mut run = users(&[(2.0, 20), (5.0, 20)]);
    sliding(&mut run, 5.0);
    for slice in &mut run.timeline {
        slice.stats.latency = None;
    }
    let split = split(&run).unwrap();
    assert!(says(
        &split,
        "percentiles of 2 of 2 levels are not known: their slices hold none"
    ));
}
