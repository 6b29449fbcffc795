//! `knee report` on the published documents and on real files.

use knee::model::CheckKind;
use knee::report::{Report, TargetState, Verdict};

use crate::{Scratch, knee, sample};

fn json(name: &str, arguments: &[&str]) -> Report {
    let mut all = vec!["report", "--format", "json"];
    all.extend_from_slice(arguments);
    let done = knee(name, &all);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

fn rules(report: &Report) -> Vec<&str> {
    report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect()
}

/// Words that no figure carries.
const PRAISE: &[&str] = &[
    "excellent",
    "outstanding",
    "robust",
    "great",
    "impressive",
    "perfect",
    "healthy",
    "ready for",
    "stable",
];

#[test]
fn a_run_whose_errors_dominate_is_invalid_and_not_praised() {
    let day17 = sample("locust/day17/day17_stats.csv");
    let day17 = day17.to_str().unwrap();
    let report = json(
        "day17",
        &[
            day17,
            "--target",
            "p95 < 200ms",
            "--target",
            "goodput > 100/s",
        ],
    );
    assert_eq!(report.verdict, Verdict::Invalid);
    for rule in ["V03", "V05", "V37"] {
        assert!(
            rules(&report).contains(&rule),
            "{rule} is missing: {:?}",
            rules(&report)
        );
    }
    // One fact is one item; what it makes void stays void.
    let items = report.findings.iter().filter(|one| one.part_of.is_none());
    let items: Vec<&str> = items.map(|item| item.rule.as_str()).collect();
    assert_eq!(items.iter().filter(|rule| **rule == "V03").count(), 1);
    assert!(
        !items.contains(&"V05") && !items.contains(&"V37"),
        "{items:?}"
    );
    let at_endpoints = report.findings.iter().filter(|one| one.endpoint.is_some());
    assert_eq!(
        at_endpoints
            .map(|one| 1 + one.also_at.len())
            .collect::<Vec<_>>(),
        [5]
    );
    for label in ["GET /health/db", "POST /api/v1/data/ingest [stress]"] {
        let p95 = report.figure(&report.runs[0].id, Some(label), "p95");
        assert!(p95.is_none_or(|figure| figure.value.is_none()), "{label}");
    }
    let run = &report.runs[0];
    let goodput = report
        .figure(&run.id, None, "goodput")
        .unwrap()
        .value
        .unwrap();
    assert!((goodput - 10.18).abs() < 0.01, "{goodput}");
    assert_eq!(
        report.figure(&run.id, None, "p95").unwrap().value,
        None,
        "void latency is not measured"
    );
    let states: Vec<TargetState> = report.targets.iter().map(|target| target.state).collect();
    assert_eq!(states, [TargetState::NotMeasured, TargetState::Fail]);
    for kind in ["markdown", "text", "json"] {
        let page = knee("day17-page", &["report", day17, "--format", kind])
            .out
            .to_lowercase();
        for word in PRAISE {
            assert!(!page.contains(word), "{kind} says {word}");
        }
        assert!(
            page.contains("invalid") && (kind == "json" || page.contains("10.2/s")),
            "{page}"
        );
    }
}

#[test]
fn the_second_report_of_the_series_carries_its_figures_and_doubts() {
    let path = sample("artillery/perf-shot/report-2.json");
    let page = knee("perf-shot", &["report", path.to_str().unwrap()]).out;
    for figure in [
        "480", "0.88 MB", "880 kB", "368.8", "407.5", "474", "96.1", "8/s", "4/s",
    ] {
        let other = matches!(figure, "0.88 MB" | "880 kB");
        assert!(
            other || page.contains(figure),
            "{figure} is missing in\n{page}"
        );
    }
    assert!(
        page.contains("880 kB") || page.contains("0.88 MB"),
        "{page}"
    );
    let report = json("perf-shot-json", &[path.to_str().unwrap()]);
    for rule in ["V01", "V13"] {
        assert!(
            rules(&report).contains(&rule),
            "{rule} is missing: {:?}",
            rules(&report)
        );
    }
}

#[test]
fn several_runs_are_numbered_parts() {
    let folder = sample("artillery/perf-shot");
    let done = knee("parts", &["report", folder.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    for part in [
        "## Part 1: ",
        "## Part 2: ",
        "## Part 3: ",
        "## Part 4: ",
        "4 runs: ",
    ] {
        assert!(
            done.out.contains(part),
            "{part} is missing in\n{}",
            done.out
        );
    }
}

#[test]
fn every_sample_gives_a_report_in_every_output() {
    let here = Scratch::new("all");
    for folder in [
        "artillery/v2.0.34",
        "artillery/v2.0.2",
        "locust/v2.47.0/*_stats.csv",
        "locust/v2.20.1/*_stats.csv",
        "flat-json",
        "requests-csv",
        "knee-run/written-by-hand.json",
    ] {
        let path = sample(folder);
        let done = here.knee(&[
            "report",
            path.to_str().unwrap(),
            "-o",
            "a/",
            "-o",
            "a.txt",
            "-o",
            "a.json",
            "-o",
            "a.csv",
        ]);
        assert_eq!(done.code, 0, "{folder}: {}", done.err);
        let page = here.read("a/report.md").to_lowercase();
        for word in PRAISE {
            assert!(!page.contains(word), "{folder} says {word}");
        }
        assert!(
            !page.contains("nan ms") && !page.contains("inf ms"),
            "{folder}"
        );
    }
}

#[test]
fn knee_toml_names_and_judges() {
    let here = Scratch::new("toml");
    std::fs::copy(
        sample("artillery/v2.0.34/hardwork-steps.json"),
        here.0.join("steps.json"),
    )
    .unwrap();
    here.write(
        "knee.toml",
        r#"
[project]
name = "shop"
[report]
title = "Nightly load test"
sections = ["summary", "key-figures", "targets"]
[[scenario]]
name = "hard work"
runs = ["steps.json"]
expect = ["p95 < 1ms"]
[[target]]
name = "few errors"
expect = "error_rate < 50%"
[[group]]
name = "writes"
match = ["/api/models*", "/api/import*"]
[[target]]
name = "writes per second"
expect = "sum(goodput) > 1000/s"
group = "writes"
[rules]
ignore = ["V39", "S01"]
"#,
    );
    let done = here.knee(&["report", "steps.json", "-o", "a.md", "-o", "a.json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let page = here.read("a.md");
    assert!(page.starts_with("# Nightly load test"), "{page}");
    assert!(
        !page.contains("## Endpoints") && page.contains("## Targets"),
        "{page}"
    );
    let report: Report = serde_json::from_str(&here.read("a.json")).unwrap();
    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(report.runs[0].identity.scenario, "hard work");
    assert_eq!(report.groups.len(), 1);
    assert!(!rules(&report).contains(&"V39"));
    let broken: Vec<&str> = report
        .targets
        .iter()
        .filter(|t| t.state == TargetState::Fail)
        .map(|t| t.name.as_str())
        .collect();
    assert_eq!(broken, ["writes per second", "p95 < 1ms"]);
}

#[test]
fn names_labels_and_filters_reach_the_report() {
    let path = sample("locust/v2.47.0/errors_stats.csv");
    let path = format!("night{{core=2}}={}", path.display());
    let report = json(
        "named",
        &[
            &path,
            "--label",
            "environment=ci",
            "--label",
            "team=a",
            "--endpoint",
            "GET /api/*",
        ],
    );
    let run = &report.runs[0];
    assert_eq!(run.name, "night");
    assert_eq!(run.labels["core"], "2");
    assert_eq!(run.labels["team"], "a");
    assert_eq!(run.identity.environment.as_deref(), Some("ci"));
    assert!(!run.endpoints.is_empty());
    assert!(
        run.endpoints
            .iter()
            .all(|endpoint| endpoint.label().starts_with("GET /api/"))
    );
}

#[test]
fn endpoints_that_are_not_shown_are_judged_all_the_same() {
    let path = sample("artillery/v2.0.34/errors.json");
    let path = path.to_str().unwrap();
    let whole = json("judged-whole", &[path, "--target", "p95 < 1ms"]);
    let part = json(
        "judged-part",
        &[path, "--target", "p95 < 1ms", "--endpoint", "/api/fl*"],
    );
    assert_eq!(whole.verdict, part.verdict);
    assert_eq!(rules(&whole), rules(&part));
    assert_eq!(part.runs[0].endpoints.len(), 1);
    let others = part.figures.iter().filter(|figure| {
        figure
            .endpoint
            .as_deref()
            .is_some_and(|label| label != "/api/flaky")
    });
    assert_eq!(others.count(), 0);
    let none = knee("judged-none", &["report", path, "--endpoint", "/nope*"]);
    assert_eq!(none.code, 2);
    assert!(
        none.err.contains("no endpoint matches --endpoint '/nope*'"),
        "{}",
        none.err
    );
}

#[test]
fn a_broken_target_breaks_whatever_is_said_of_it() {
    let path = sample("artillery/v2.0.34/errors.json");
    let report = json("broken", &[path.to_str().unwrap(), "--target", "p95 < 1ms"]);
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(rules(&report).contains(&"T01"));
}

#[test]
fn trimming_recomputes_counts_and_drops_what_cannot_be_known() {
    let steps = sample("locust/v2.47.0/steps_stats.csv");
    let report = json("trimmed", &[steps.to_str().unwrap(), "--trim-start", "20s"]);
    let run = &report.runs[0];
    let requests = run.overall.requests.unwrap();
    assert!(
        run.overall
            .latency
            .as_ref()
            .is_none_or(|latency| latency.count <= requests)
    );
    assert_eq!(report.figure(&run.id, None, "p95").unwrap().value, None);
    assert!(
        report
            .headline
            .iter()
            .any(|sentence| sentence.contains("trim")),
        "{:?}",
        report.headline
    );
    let log = sample("requests-csv/search-25000.csv.gz");
    let report = json(
        "trimmed-log",
        &[log.to_str().unwrap(), "--trim-start", "5s"],
    );
    let run = &report.runs[0];
    assert!(
        report.figure(&run.id, None, "p95").unwrap().value.is_some(),
        "a log has its samples"
    );
    let none = knee(
        "trimmed-none",
        &["report", steps.to_str().unwrap(), "--trim-start", "500s"],
    );
    assert_eq!(none.code, 2, "{}", none.err);
    assert!(none.out.is_empty(), "no report of the whole: {}", none.out);
    assert!(none.err.contains("nothing is trimmed"), "{}", none.err);
    assert!(
        none.err.contains("hint: leave --trim-start"),
        "{}",
        none.err
    );
}

#[test]
fn percentiles_of_uncounted_requests_are_not_called_few() {
    // A summary of k6 has trends of its thresholds' tags, and does not say how many requests they are of.
    let file = sample("k6/v1.1.0/shop-export.json");
    let done = knee("uncounted", &["report", file.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("? count not measured:"), "{}", done.out);
}

#[test]
fn thresholds_of_a_script_are_counted_apart_from_its_checks() {
    // Counted in the file: 14 thresholds, of which three are crossed; three checks, of which two failed.
    let file = sample("k6/v1.1.0/shop-export.json");
    let done = knee("thresholds", &["report", file.to_str().unwrap()]);
    for sentence in [
        "- 3 of 14 thresholds of the script failed: for example ",
        "- 2 of 3 checks failed: for example ",
        "## Thresholds of `k6`",
        "| Threshold | Passed | Failed |",
        "| `http_req_duration p(95)<250` | 1 | 0 |",
    ] {
        assert!(done.out.contains(sentence), "{sentence}: {}", done.out);
    }
    let report = json("thresholds-json", &[file.to_str().unwrap()]);
    let thresholds = report.checks.iter().filter(|check| {
        let is_named = check.name.starts_with("threshold: ");
        assert_eq!(check.kind == CheckKind::Threshold, is_named);
        is_named
    });
    assert_eq!(thresholds.count(), 14);
}

#[test]
fn every_broken_target_is_counted_and_stands_in_the_unit_of_its_limit() {
    let file = sample("artillery/v2.0.34/hardwork-rate-1-4.json");
    let mut arguments = vec![file.to_str().unwrap()];
    for target in [
        "p50 < 1ms",
        "p95 < 0.1s",
        "max < 1ms",
        "mean < 1ms",
        "rate > 500/s",
        "p95 < 5s",
    ] {
        arguments.extend(["--target", target]);
    }
    let report = json("five-broken", &arguments);
    let counts = report.headline.iter().find(|line| line.contains("met"));
    assert!(
        counts.unwrap().starts_with("1 of 6 targets met, 5 broken"),
        "{counts:?}"
    );
    assert!(!report.headline.iter().any(|line| line.contains("T01")));
    let done = knee(
        "five-broken-text",
        &[&["report", "--format", "text"], &arguments[..]].concat(),
    );
    // The console of this run says p95 186.8.
    for row in [
        "p95 < 0.1s    whole run   0.187 s",
        "p95 < 5s      whole run   0.187 s",
    ] {
        let words: Vec<&str> = row.split_whitespace().collect();
        let mut lines = done
            .out
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        assert!(
            lines.any(|line| line.starts_with(&words)),
            "{row}: {}",
            done.out
        );
    }
    assert!(
        done.out
            .contains("p95 is 0.187 s where p95 < 0.1s is demanded"),
        "{}",
        done.out
    );
}

#[test]
fn a_timeline_begins_and_ends_with_its_run() {
    // The windows are seconds of the clock; the run begins 0.768 s into the first of them.
    let file = sample("repeats/locust/baseline-r2.json");
    let run = &json("clock", &[file.to_str().unwrap(), "--full"]).runs[0];
    assert!(run.timeline[0].start.0 < 0.0);
    let done = knee("clock-page", &["report", file.to_str().unwrap()]);
    let line = done.out.lines().find(|line| line.contains("slices from"));
    let line = line.unwrap();
    assert!(line.contains("23 slices from 0 s to "), "{line}");
    let length = knee::text::number::seconds(run.duration.unwrap().0);
    assert!(
        line.ends_with(&format!("to {length} after the start.")),
        "{line}"
    );
}
