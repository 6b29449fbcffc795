//! Whose samples they are, and in which phase.

use std::fmt::Write;

use crate::ingest::Input;
use crate::ingest::beside::testing::{START, entry, noted, resources, run, sampled};
use crate::model::ResourcePhase::{Idle, Load};
use crate::model::Run;

fn csv(rows: &[(i64, f64)]) -> String {
    let mut text = "time,component,cpu_percent\n".to_owned();
    for (after, value) in rows {
        writeln!(text, "{},api,{value}", START + after).unwrap();
    }
    text
}

#[test]
fn samples_inside_the_run_are_load_and_the_others_idle() {
    let found = sampled(&csv(&[
        (-30, 1.0),
        (0, 10.0),
        (60, 20.0),
        (120, 30.0),
        (121, 2.0),
    ]));
    let load = entry(&found, "api", "cpu", Some(Load));
    assert_eq!(
        (load.samples, load.min, load.mean),
        (3, Some(10.0), Some(20.0))
    );
    assert_eq!(load.slope_per_s, Some(20.0 / 120.0));
    assert_eq!(load.series, [(0.0, 10.0), (60.0, 20.0), (120.0, 30.0)]);
    let idle = entry(&found, "api", "cpu", Some(Idle));
    assert_eq!(idle.series, [(-30.0, 1.0), (121.0, 2.0)]);
}

#[test]
fn load_of_another_run_is_not_idle_and_idle_is_the_nearest_runs() {
    let mut runs = [run(0), run(300)];
    let text = csv(&[(-10, 1.0), (60, 50.0), (200, 2.0), (330, 70.0), (500, 3.0)]);
    resources(&text, &mut runs).unwrap();
    let [first, second] = &runs;
    assert_eq!(
        entry(first, "api", "cpu", Some(Load)).series,
        [(60.0, 50.0)]
    );
    assert_eq!(
        entry(second, "api", "cpu", Some(Load)).series,
        [(30.0, 70.0)]
    );
    let idle = |run: &Run| entry(run, "api", "cpu", Some(Idle)).samples;
    // 200 is 80 seconds behind the first run and 100 before the second.
    assert_eq!((idle(first), idle(second)), (2, 1));
    let behind = &entry(second, "api", "cpu", Some(Idle)).series;
    assert_eq!(behind, &[(200.0, 3.0)]);
}

#[test]
fn many_runs_and_many_series_are_kept_in_a_bounded_number_of_courses() {
    let mut runs: Vec<Run> = (0..300).map(|number| run(number * 300)).collect();
    let mut text = "time,component,cpu_percent\n".to_owned();
    for number in 0..300 {
        for component in 0..50 {
            // Within each run, and idle behind it.
            for after in [number * 300 + 60, number * 300 + 150] {
                writeln!(text, "{},c{component},1", START + after).unwrap();
            }
        }
    }
    resources(&text, &mut runs).unwrap();
    let kept: usize = runs.iter().map(|run| run.resources.len()).sum();
    assert_eq!(kept, super::MOST_COURSES);
    assert_eq!(runs[0].resources.len(), 100);
    assert_eq!(noted(&runs[0], "further series of these runs"), 20_000);
    let all: u64 = runs
        .iter()
        .flat_map(|run| &run.resources)
        .map(|one| one.samples)
        .sum();
    assert_eq!(all, 10_000);
}

#[test]
fn samples_without_times_are_of_the_only_run_or_refused() {
    let text = "component,cpu_percent\napi,1\napi,3\n";
    let found = sampled(text);
    let plain = entry(&found, "api", "cpu", None);
    assert_eq!(
        (plain.samples, plain.mean, plain.slope_per_s),
        (2, Some(2.0), None)
    );
    assert!(plain.series.is_empty());
    assert_eq!(noted(&found, "carry no times"), 2);
    let error = resources(text, &mut [run(0), run(300)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "stats.txt: its samples carry no times, and there are 2 runs: it cannot be told whose they are"
    );
    assert!(error.hint().unwrap().contains("docker stats --no-stream"));
    let relative = "elapsed_s,component,cpu_percent\n1,api,1\n";
    assert!(resources(relative, &mut [run(0), run(300)]).is_err());
}

#[test]
fn a_run_that_does_not_say_when_it_was_has_no_phases() {
    let mut bare = run(0);
    bare.started_at = None;
    let mut runs = [bare.clone()];
    resources(&csv(&[(0, 1.0), (10, 5.0)]), &mut runs).unwrap();
    assert_eq!(entry(&runs[0], "api", "cpu", None).max, Some(5.0));
    assert_eq!(noted(&runs[0], "cannot be placed"), 2);
    let both = &mut [bare.clone(), bare];
    let error = resources(&csv(&[(0, 1.0)]), both).unwrap_err();
    assert!(error.to_string().contains("none of the 2 runs"), "{error}");
}

#[test]
fn seconds_from_the_start_need_no_clock() {
    let mut bare = run(0);
    bare.started_at = None;
    let mut runs = [bare];
    let text = "elapsed_ms,component,cpu_percent\n-1000,api,1\n60000,api,7\n";
    resources(text, &mut runs).unwrap();
    assert_eq!(
        entry(&runs[0], "api", "cpu", Some(Load)).series,
        [(60.0, 7.0)]
    );
    assert_eq!(
        entry(&runs[0], "api", "cpu", Some(Idle)).series,
        [(-1.0, 1.0)]
    );
}

#[test]
fn a_clock_that_is_off_is_told() {
    let found = sampled(&csv(&[(3600, 1.0), (3660, 2.0)]));
    assert_eq!(noted(&found, "its clock is 1 h ahead"), 2);
    assert!(found.resources.is_empty(), "an hour later is no idle time");
    let near = sampled(&csv(&[(30, 1.0)]));
    assert_eq!(noted(&near, "its clock"), 0);
    // Of two logs one is of this run: then the other one is no news.
    let mut runs = [run(0)];
    let inputs = [csv(&[(86_400, 1.0)]), csv(&[(30, 1.0)])]
        .map(|text| Input::stream("stats.csv", std::io::Cursor::new(text.into_bytes())));
    crate::ingest::beside::read_resources(&inputs, &mut runs).unwrap();
    let ids: Vec<&str> = runs[0].notes.iter().map(|note| note.id.as_str()).collect();
    assert!(!ids.contains(&crate::model::Note::OTHER_TIME), "{ids:?}");
}

#[test]
fn endless_names_are_counted_and_not_kept() {
    let mut text = "time,component,cpu_percent\n".to_owned();
    for number in 0..2000 {
        writeln!(text, "{START},c{number},1").unwrap();
    }
    writeln!(text, "{START},{},1", "x".repeat(5000)).unwrap();
    let found = sampled(&text);
    assert_eq!(found.resources.len(), super::MOST_SERIES);
    assert_eq!(noted(&found, "further series"), 1501);
}

#[test]
fn samples_given_again_replace_those_of_before() {
    let mut runs = [run(0)];
    resources(&csv(&[(0, 1.0)]), &mut runs).unwrap();
    resources(&csv(&[(0, 9.0)]), &mut runs).unwrap();
    assert_eq!(runs[0].resources.len(), 1);
    assert_eq!(runs[0].resources[0].max, Some(9.0));
}
