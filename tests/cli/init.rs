//! `knee init`: what is proposed is a configuration, and the run it was made from meets it.

use crate::{Scratch, sample};

#[test]
fn the_run_meets_what_is_proposed_from_it() {
    let runs = [
        "artillery/v2.0.34/hardwork-rate-1-4.json",
        "locust/v2.47.0/errors_stats.csv",
        "requests-csv/journey.csv",
        "artillery/perf-shot",
    ];
    for (place, name) in runs.into_iter().enumerate() {
        let scratch = Scratch::new(&format!("init-{place}"));
        let run = sample(name);
        let run = run.to_str().unwrap();
        let done = scratch.knee(&["init", run]);
        assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
        assert!(done.err.contains("to agree on"), "{}", done.err);
        let text = scratch.read("knee.toml");
        assert!(text.contains("name = \"proposed: "), "{text}");
        let checked = scratch.knee(&["check", run, "--format", "json"]);
        assert!(checked.code < 2, "{name}: {}", checked.err);
        let report: serde_json::Value = serde_json::from_str(&checked.out).unwrap();
        let targets = report["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{text}");
        for target in targets {
            if target["metric"] != "error_rate" {
                assert_eq!(target["state"], "pass", "{name}: {target}");
            }
        }
    }
}

#[test]
fn a_file_that_exists_is_left_alone_and_stdout_is_an_answer() {
    let scratch = Scratch::new("init-exists");
    scratch.write("knee.toml", "# mine\n");
    let run = sample("artillery/v2.0.34/hardwork-rate-1-4.json");
    let run = run.to_str().unwrap();
    let done = scratch.knee(&["init", run]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("left as it is"), "{}", done.err);
    assert_eq!(scratch.read("knee.toml"), "# mine\n");
    let done = scratch.knee(&["init", run, "-o", "-"]);
    assert_eq!(done.code, 0);
    assert!(done.out.contains("expect = \"error_rate < 1%\" # measured"));
}

#[test]
fn without_a_run_there_are_examples_and_no_targets() {
    let scratch = Scratch::new("init-empty");
    let done = scratch.knee(&["init"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(scratch.read("knee.toml").contains("# [[target]]"));
    // Nothing is declared yet, so nothing can be judged.
    assert_eq!(scratch.knee(&["check"]).code, 3);
}
