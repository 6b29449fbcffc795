//! `--script`: what a script of Artillery adds to a report, and what is said of one that cannot be read.

use crate::{Scratch, sample};
use knee::report::Report;

const RUN: &str = "artillery/v2.0.34/hardwork-steps.json";
const SCRIPT: &str = "artillery/scripts/hardwork-steps.yml";

fn path(name: &str) -> String {
    sample(name).to_string_lossy().into_owned()
}

fn report(name: &str, run: &str, script: Option<&str>) -> Report {
    let run = path(run);
    let mut all = vec!["report", run.as_str(), "--format", "json"];
    all.extend(script.iter().flat_map(|script| ["--script", script]));
    let done = Scratch::new(name).knee(&all);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

fn rules(report: &Report) -> Vec<(&str, &str)> {
    let findings = report.findings.iter();
    let all = findings.map(|found| (found.rule.as_str(), found.message.as_str()));
    all.collect()
}

#[test]
fn the_declared_phases_stand_in_the_report_and_take_the_place_of_the_recovered_ones() {
    let (run, script) = (path(RUN), path(SCRIPT));
    let here = Scratch::new("script-page");
    let without = here.knee(&["report", &run]);
    assert!(without.out.contains("by the arrivals"), "{}", without.out);
    let done = here.knee(&["report", &run, "--script", &script]);
    assert_eq!(done.code, 0, "{}", done.err);
    for step in ["step 1/s", "step 2/s", "step 4/s", "step 8/s", "step 16/s"] {
        assert!(done.out.contains(step), "{step}: {}", done.out);
    }
    assert!(!done.out.contains("recovered"), "{}", done.out);
    assert!(done.out.contains("POST /api/import"), "{}", done.out);
    let note =
        "taken from the script hardwork-steps.yml: phases, think time, the methods of 5 endpoints";
    assert!(done.out.contains(note), "{}", done.out);
    assert!(!done.out.contains(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn rules_judge_the_run_by_the_plan() {
    let script = path(SCRIPT);
    let found = report("script-rules", RUN, Some(&script));
    let found = rules(&found);
    let of = |rule: &str| {
        found
            .iter()
            .find(|(id, _)| *id == rule)
            .map(|(_, text)| *text)
    };
    // 620 users were created and 20 * (1 + 2 + 4 + 8 + 16) declared: the generator kept up.
    assert_eq!(of("V41"), None);
    // The phases end 99 s after the first arrival and users arrived until then; the last answer came 21 s later.
    assert_eq!(of("V02"), None, "{found:?}");
    let without = report("script-none", RUN, None);
    assert!(!rules(&without).iter().any(|(id, _)| *id == "V02"));
    assert_eq!(of("V39"), None, "{found:?}");
}

#[test]
fn arrivals_that_the_plan_has_and_the_run_has_not_are_found() {
    let here = Scratch::new("script-more");
    let script = here.write(
        "more.yml",
        "config: {phases: [{duration: 100, arrivalRate: 10}]}\n",
    );
    let found = report("script-more-run", RUN, script.to_str());
    let found = rules(&found);
    let (_, text) = found.iter().find(|(id, _)| *id == "V41").unwrap();
    assert!(text.contains("620 of the 1,000 arrivals"), "{text}");
}

#[test]
fn a_run_that_declares_its_phases_keeps_them() {
    let script = path(SCRIPT);
    let same = report(
        "script-v1",
        "artillery/v1.7.9/hardwork-steps.json",
        Some(&script),
    );
    let notes = |report: &Report| serde_json::to_string(&report.runs).unwrap();
    assert!(!notes(&same).contains("declares other phases"));
    let other = report(
        "script-v1-other",
        "artillery/v1.7.9/hardwork-rate-1.json",
        Some(&script),
    );
    assert!(notes(&other).contains("declares other phases"));
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_line_and_a_hint() {
    let run = path(RUN);
    let here = Scratch::new("script-bad");
    here.write("bad.yml", "config:\n  phases:\n    - 5\n");
    here.write("empty.yml", "");
    here.write("large.yml", vec![b'#'; 4 * 1024 * 1024 + 1]);
    for (file, wanted) in [
        ("bad.yml", "bad.yml, line 3, column 7: "),
        ("empty.yml", "the file is empty"),
        ("large.yml", "large.yml is larger than 4 MiB"),
        ("none.yml", "cannot open none.yml"),
        (".git", "cannot read .git"),
    ] {
        let done = here.knee(&["report", &run, "--script", file]);
        assert_eq!(done.code, 2, "{file}: {}", done.err);
        assert!(done.err.contains(wanted), "{file}: {}", done.err);
        assert!(done.out.is_empty());
    }
    let done = here.knee(&["report", &run, "--script", "bad.yml"]);
    assert!(
        done.err.contains("`artillery run` was given"),
        "{}",
        done.err
    );
}

#[test]
fn a_script_without_a_run_of_its_tool_is_refused_and_beside_one_noted() {
    let (run, script) = (path(RUN), path(SCRIPT));
    let other = path("k6/v1.1.0/shop-export.json");
    let here = Scratch::new("script-other");
    let done = here.knee(&["report", &other, "--script", &script]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("no run is of Artillery"), "{}", done.err);
    assert!(done.err.contains("leave out --script"), "{}", done.err);
    let done = here.knee(&["report", &run, &other, "--script", &script]);
    assert_eq!(done.code, 0, "{}", done.err);
    let text = "the script is of Artillery and this run is not";
    assert_eq!(done.out.matches(text).count(), 1, "{}", done.out);
}

#[test]
fn a_script_beside_the_results_is_no_file_left_out_and_never_written_over() {
    let here = Scratch::new("script-folder");
    here.write("r/run.json", std::fs::read(sample(RUN)).unwrap());
    here.write("r/s.yml", std::fs::read(sample(SCRIPT)).unwrap());
    let done = here.knee(&["report", "r", "--script", "r/s.yml"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(!done.err.contains("left out"), "{}", done.err);
    let before = here.read("r/s.yml");
    let done = here.knee(&[
        "report",
        "r/run.json",
        "--script",
        "r/s.yml",
        "-o",
        "r/s.yml",
    ]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert_eq!(here.read("r/s.yml"), before);
}
