//! `knee check`: exit codes by verdict, and what maps them.

use crate::{Scratch, sample};

const RUN: &str = "artillery/v2.0.34/hardwork-rate-1-4.json";

/// The exit code of a check of one run.
fn code(case: &str, arguments: &[&str]) -> i32 {
    let scratch = Scratch::new(&format!("check-{case}"));
    let run = sample(RUN);
    let mut all = vec!["check", run.to_str().unwrap()];
    all.extend(arguments);
    scratch.knee(&all).code
}

#[test]
fn a_met_target_passes_and_a_broken_one_fails() {
    // The console of this run says p95 186.8.
    assert_eq!(code("met", &["--target", "p95 < 187ms"]), 0);
    assert_eq!(code("broken", &["--target", "p95 < 186ms"]), 1);
    let both = ["--target", "p95 < 187ms", "--target", "p95 < 186ms"];
    assert_eq!(code("both", &both), 1);
}

#[test]
fn what_could_not_be_judged_is_3_unless_it_is_mapped() {
    assert_eq!(code("none", &[]), 3);
    let unmeasured = ["--target", "resource:api.memory.max < 1GiB"];
    assert_eq!(code("unmeasured", &unmeasured), 3);
    assert_eq!(code("pass", &["--on-unjudged", "pass"]), 0);
    assert_eq!(code("fail", &["--on-unjudged", "fail"]), 1);
}

#[test]
fn an_invalid_run_is_1_whatever_is_mapped_but_exit_zero() {
    let scratch = Scratch::new("check-invalid");
    // 88.5 % of the requests failed.
    let run = sample("locust/day17/day17_stats.csv");
    let run = run.to_str().unwrap();
    let target = ["--target", "p95 < 5s"];
    let with = |more: &[&str]| {
        let arguments: Vec<&str> = ["check", run]
            .into_iter()
            .chain(target)
            .chain(more.iter().copied())
            .collect();
        scratch.knee(&arguments)
    };
    assert_eq!(with(&[]).code, 1);
    assert_eq!(with(&["--on-unjudged", "pass"]).code, 1);
    let silent = with(&["--exit-zero", "--format", "json"]);
    assert_eq!(silent.code, 0);
    let report: serde_json::Value = serde_json::from_str(&silent.out).unwrap();
    assert_eq!(report["verdict"], "invalid");
    assert_eq!(report["command"], "check");
}

#[test]
fn input_errors_stay_2_even_with_exit_zero() {
    let scratch = Scratch::new("check-input");
    let done = scratch.knee(&["check", "no-such.json", "--exit-zero"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
}

#[test]
fn without_a_run_and_without_a_plan_there_is_nothing_to_do() {
    let scratch = Scratch::new("check-nothing");
    let done = scratch.knee(&["check"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("no knee.toml to lint"), "{}", done.err);
    assert!(done.err.contains("hint: "), "{}", done.err);
}

#[test]
fn a_plan_alone_is_linted() {
    let scratch = Scratch::new("check-lint");
    scratch.write("knee.toml", "[[target]]\nexpect = 'p95 < 200ms'\n");
    let done = scratch.knee(&["check", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let report: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_cannot_be_trimmed_as_asked_is_not_judged_untrimmed() {
    // The run lasts 30 s.
    let all = ["--target", "p95 < 187ms", "--trim-start", "900s"];
    assert_eq!(code("trim", &all), 2);
}
