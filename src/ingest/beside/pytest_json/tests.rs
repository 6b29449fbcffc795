//! Whole reports, summaries, collectors that failed, and what is no report.

use super::*;
use crate::ingest::beside::testing::{noted, tested};

fn report(rest: &str) -> String {
    format!(
        r#"{{"created": 1.5, "duration": 0.1, "exitcode": 1, "root": "/x", "environment": {{}}, {rest}}}"#
    )
}

#[test]
fn a_suite_is_the_part_before_the_last_colons_outside_of_parameters() {
    assert_eq!(split("a.py::test"), ("a.py", "test"));
    assert_eq!(split("a.py::T::test[x::y]"), ("a.py::T", "test[x::y]"));
    assert_eq!(split("a.py"), ("a.py", ""));
}

#[test]
fn outcomes_are_rolled_up_and_expected_failures_are_neither() {
    let outcomes = [
        "passed", "failed", "error", "skipped", "xfailed", "xpassed", "odd",
    ];
    let tests: Vec<String> = outcomes
        .iter()
        .map(|outcome| format!(r#"{{"nodeid": "a.py::{outcome}", "outcome": "{outcome}", "call": {{"longrepr": "x"}}}}"#))
        .collect();
    let text = report(&format!(
        r#""summary": {{"total": 6}}, "collectors": [{{"nodeid": "b.py", "outcome": "failed"}}], "tests": [{}]"#,
        tests.join(",")
    ));
    let run = tested(&text).unwrap();
    let checks: Vec<(&str, u64, u64)> = run
        .checks
        .iter()
        .map(|check| (check.name.as_str(), check.passed, check.failed))
        .collect();
    assert_eq!(checks, [("b.py", 0, 1), ("a.py", 2, 2)]);
    assert_eq!(noted(&run, "not known"), 1);
    assert_eq!(noted(&run, "could not be collected count as failed"), 1);
    assert_eq!(noted(&run, "expected to fail and passed"), 1);
    assert_eq!(noted(&run, "neither passed nor failed"), 2);
    assert_eq!(noted(&run, "says 6 tests, and it holds 7"), 1);
    assert_eq!(noted(&run, "failed: a.py: error"), 1);
}

#[test]
fn a_summary_is_one_suite() {
    let text = report(
        r#""summary": {"passed": 3, "failed": 1, "error": 2, "skipped": 1, "xpassed": 1, "total": 8}"#,
    );
    let run = tested(&text).unwrap();
    assert_eq!(
        (
            run.checks[0].name.as_str(),
            run.checks[0].passed,
            run.checks[0].failed
        ),
        ("pytest", 4, 3)
    );
    assert_eq!(noted(&run, "not named here"), 3);
}

#[test]
fn an_interrupted_run_of_tests_is_told_and_a_broken_file_refused() {
    let stopped =
        report(r#""summary": {"passed": 1}"#).replace("\"exitcode\": 1", "\"exitcode\": 2");
    assert_eq!(noted(&tested(&stopped).unwrap(), "exit code 2"), 1);
    let text =
        report(r#""summary": {"passed": 1}, "tests": [{"nodeid": "a::b", "outcome": "passed"}]"#);
    for end in 100..text.len() {
        let cut = text.get(..end).unwrap();
        assert!(tested(cut).is_err(), "{cut}");
    }
    assert!(tested(&report(r#""summary": {"passed": -1}"#)).is_err());
    assert!(tested(&report(r#""summary": 3"#)).is_err());
}
