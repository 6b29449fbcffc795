//! `knee baseline` and `knee check` against it: real repeats whose defect is known, and files that are no baseline.

use serde_json::Value;

use crate::{Done, Scratch, sample};

const FILE: &str = ".knee/baselines/default.json";

/// Runs of the samples, as arguments.
fn repeats(name: &str, numbers: &[u32]) -> Vec<String> {
    let file = |number: &u32| {
        let path = sample(&format!("repeats/artillery/{name}-r{number}.json"));
        path.to_str().unwrap().to_owned()
    };
    numbers.iter().map(file).collect()
}

fn knee(scratch: &Scratch, before: &[&str], runs: &[String], after: &[&str]) -> Done {
    let runs = runs.iter().map(String::as_str);
    let all: Vec<&str> = before.iter().copied().chain(runs).collect();
    scratch.knee(&[&all, after].concat())
}

fn accept(scratch: &Scratch, runs: &[String]) -> Done {
    knee(
        scratch,
        &["baseline", "accept"],
        runs,
        &["--reason", "release 2.1"],
    )
}

fn accepted(case: &str, numbers: &[u32]) -> Scratch {
    let scratch = Scratch::new(&format!("baseline-{case}"));
    let done = accept(&scratch, &repeats("baseline", numbers));
    assert_eq!(done.code, 0, "{}", done.err);
    scratch
}

#[test]
fn a_known_regression_fails_against_the_accepted_runs_and_names_the_endpoint() {
    let scratch = accepted("regressed", &[1, 2, 3, 4, 5]);
    let new = repeats("regressed-errors", &[1, 2, 3, 4, 5]);
    let done = knee(&scratch, &["check"], &new, &["--format", "json"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(report["verdict"], "fail");
    let comparison = &report["comparisons"][0];
    assert_eq!(comparison["base"]["repeats"], 5);
    let metrics = comparison["metrics"].as_array().unwrap();
    let regressed: Vec<&Value> = metrics
        .iter()
        .filter(|metric| metric["state"] == "regressed" && metric["endpoint"] != Value::Null)
        .map(|metric| &metric["endpoint"])
        .collect();
    assert!(
        regressed.contains(&&Value::from("/api/models")),
        "{regressed:?}"
    );
    // Given as files, the same runs say the same of every metric that both can judge.
    let base = repeats("baseline", &[1, 2, 3, 4, 5]);
    let mut sides = vec!["check".to_owned(), "--base".to_owned()];
    sides.extend(base);
    sides.push("--new".to_owned());
    let sides: Vec<&str> = sides.iter().map(String::as_str).collect();
    let done = knee(&scratch, &sides, &new, &["--format", "json"]);
    let whole: Value = serde_json::from_str(&done.out).unwrap();
    let states = |report: &Value| -> Vec<(Value, Value, Value)> {
        let metrics = report["comparisons"][0]["metrics"]
            .as_array()
            .unwrap()
            .iter();
        let row = |metric: &Value| {
            let of = |name: &str| metric[name].clone();
            (of("endpoint"), of("metric"), of("state"))
        };
        metrics.map(row).collect()
    };
    assert_eq!(states(&report), states(&whole));
}

#[test]
fn other_repeats_of_what_was_accepted_pass() {
    let scratch = accepted("same", &[1, 3, 5]);
    let done = knee(&scratch, &["check"], &repeats("baseline", &[2, 4]), &[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let done = knee(
        &scratch,
        &["check"],
        &repeats("baseline", &[2, 4]),
        &["--format", "json"],
    );
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(report["comparisons"][0]["verdict"], "no_regression_shown");
}

#[test]
fn a_run_of_the_baseline_itself_is_not_judged_by_it_and_told_so() {
    let scratch = accepted("itself", &[1, 3, 5]);
    for runs in [&[3][..], &[3, 2], &[1, 3, 5]] {
        let new = repeats("baseline", runs);
        let done = knee(&scratch, &["check"], &new, &["--format", "json"]);
        assert_eq!(done.code, 3, "{runs:?}: {}", done.err);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(report["verdict"], "unjudged");
        // What stands on both sides is one run.
        let mut ids: Vec<&Value> = report["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| &run["id"])
            .collect();
        let count = ids.len();
        ids.dedup();
        assert_eq!(
            (ids.len(), count),
            (count, if runs == [3, 2] { 4 } else { 3 })
        );
        let headline = report["headline"].to_string();
        let wanted = if runs.len() == 3 {
            "are runs of the baseline itself"
        } else {
            "is a run of the baseline itself"
        };
        assert!(headline.contains(wanted), "{headline}");
        let comparison = &report["comparisons"][0];
        assert_eq!(comparison["verdict"], "not_comparable");
        assert_eq!(comparison["reasons"], serde_json::json!(["V48"]));
        let findings = report["findings"].as_array().unwrap();
        let found: Vec<&Value> = findings.iter().filter(|of| of["rule"] == "V48").collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["effect"], "uncomparable");
        let of = found[0]["run"].as_str();
        assert!(
            report["runs"]
                .as_array()
                .unwrap()
                .iter()
                .any(|run| run["id"].as_str() == of)
        );
    }
    // Targets decide all the same.
    let new = repeats("baseline", &[3]);
    let broken = knee(&scratch, &["check"], &new, &["--target", "p95 < 1ms"]);
    assert_eq!(broken.code, 1, "{}", broken.out);
    let met = knee(&scratch, &["check"], &new, &["--target", "p95 < 10s"]);
    assert_eq!(met.code, 3, "{}", met.out);
    // Both sides by hand are a slip.
    let sides = ["check", "--base", &new[0], "--new", &new[0]];
    let done = scratch.knee(&sides);
    assert!(done.code == 2 && done.err.contains("V48"), "{}", done.err);
}

#[test]
fn a_trim_of_the_new_runs_leaves_the_accepted_ones_alone() {
    let scratch = Scratch::new("baseline-trim");
    let trim = ["--reason", "x", "--trim-start", "10s"];
    let base = repeats("baseline", &[1, 3, 5]);
    let done = knee(&scratch, &["baseline", "accept"], &base, &trim);
    assert_eq!(done.code, 0, "{}", done.err);
    let new = repeats("baseline", &[2, 4]);
    let done = knee(&scratch, &["check"], &new, &["--trim-start", "10s"]);
    assert_ne!(done.code, 2, "{}", done.err);
    assert!(done.out.contains("baseline"), "{}", done.out);
}

#[test]
fn without_a_baseline_targets_alone_decide() {
    let scratch = Scratch::new("baseline-none");
    let new = repeats("baseline", &[2]);
    assert_eq!(
        knee(&scratch, &["check"], &new, &["--target", "p95 < 10s"]).code,
        0
    );
    assert_eq!(knee(&scratch, &["check"], &new, &[]).code, 3);
    // A baseline of another scenario is none of this one.
    let other = repeats("baseline", &[1]);
    let labelled = ["--reason", "x", "--label", "scenario=other"];
    assert_eq!(
        knee(&scratch, &["baseline", "accept"], &other, &labelled).code,
        0
    );
    let done = knee(&scratch, &["check"], &new, &["--target", "p95 < 10s"]);
    assert_eq!(done.code, 0, "{}", done.out);
}

#[test]
fn a_named_baseline_that_is_missing_is_not_judged_and_says_what_makes_it() {
    let scratch = Scratch::new("baseline-missing");
    scratch.write("knee.toml", "[compare]\nbaseline = 'accepted/main.json'\n");
    let new = repeats("baseline", &[2, 4]);
    let done = knee(&scratch, &["check"], &new, &["--target", "p95 < 10s"]);
    assert_eq!(done.code, 3, "{}", done.out);
    assert!(done.out.contains("accepted/main.json"), "{}", done.out);
    let wanted = "knee baseline accept RUN... --reason '...'";
    assert!(done.out.contains(wanted), "{}", done.out);
    assert!(
        !done.err.contains("not used by this version"),
        "{}",
        done.err
    );
    // The command that it names makes the file that is missing.
    assert_eq!(accept(&scratch, &repeats("baseline", &[1, 3, 5])).code, 0);
    assert!(scratch.0.join("accepted/main.json").is_file());
    let done = knee(&scratch, &["check"], &new, &["--target", "p95 < 10s"]);
    assert_eq!(done.code, 0, "{}", done.out);
}

#[test]
fn a_base_that_is_given_takes_the_place_of_the_one_that_the_plan_names() {
    let scratch = Scratch::new("baseline-flag");
    let slow = repeats("regressed-errors", &[1, 2, 3]);
    assert_eq!(accept(&scratch, &slow).code, 0);
    let mut sides = vec!["check".to_owned(), "--base".to_owned()];
    sides.extend(repeats("baseline", &[1, 3, 5]));
    sides.push("--new".to_owned());
    sides.extend(repeats("baseline", &[2, 4]));
    sides.extend(["--format".to_owned(), "json".to_owned()]);
    let sides: Vec<&str> = sides.iter().map(String::as_str).collect();
    // Neither the accepted file of the scenario, nor one that is named, nor one that is missing or broken.
    for plan in [
        "",
        "[compare]\nbaseline = '.knee/baselines/default.json'\n",
        "[compare]\nbaseline = 'nowhere.json'\n",
        "[compare]\nbaseline = 'knee.toml'\n",
    ] {
        scratch.write("knee.toml", plan);
        let done = scratch.knee(&sides);
        assert_eq!(done.code, 0, "{plan}{}", done.err);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        let comparisons = report["comparisons"].as_array().unwrap();
        assert_eq!(comparisons.len(), 1, "{plan}");
        assert_eq!(comparisons[0]["base"]["repeats"], 3);
        assert_eq!(comparisons[0]["base"]["name"], "baseline");
    }
}

#[test]
fn what_is_no_baseline_of_this_version_is_an_error_that_names_file_and_place() {
    let scratch = accepted("broken", &[1, 2]);
    let text = scratch.read(FILE);
    let half = text.get(..text.len() / 2).unwrap().to_owned();
    for (content, wanted) in [
        (
            text.replacen("knee.baseline/1", "knee.baseline/2", 1),
            "knee.baseline/2",
        ),
        (half, "line "),
        ("{\"a\": 1}".to_owned(), "expected `knee.baseline/1`"),
        (
            text.replacen("\"reason\": \"release 2.1\"", "\"reason\": 7", 1),
            "at `reason`",
        ),
    ] {
        assert_ne!(content, text);
        scratch.write(FILE, &content);
        for command in ["check", "list"] {
            let done = match command {
                "check" => knee(&scratch, &["check"], &repeats("baseline", &[3]), &[]),
                _ => scratch.knee(&["baseline", "list"]),
            };
            assert_eq!(done.code, 2, "{command} {wanted}: {}", done.err);
            assert!(
                done.err.contains(FILE) && done.err.contains(wanted),
                "{}",
                done.err
            );
            assert!(done.err.contains("hint: "), "{}", done.err);
        }
    }
}

#[test]
fn the_same_runs_give_the_same_bytes_and_a_moment_only_where_one_is_given() {
    let scratch = accepted("bytes", &[1, 2, 3]);
    let first = scratch.read(FILE);
    assert_eq!(accept(&scratch, &repeats("baseline", &[1, 2, 3])).code, 0);
    assert_eq!(scratch.read(FILE), first);
    assert!(first.len() < 100_000 && !first.contains("accepted_at"));
    let runs = repeats("baseline", &[1]);
    let arguments = ["baseline", "accept", &runs[0], "--reason", "x"];
    let done = scratch.knee_with(
        &arguments,
        b"",
        &[("SOURCE_DATE_EPOCH", "0"), ("GITHUB_SHA", "abc")],
    );
    assert_eq!(done.code, 0, "{}", done.err);
    let file: Value = serde_json::from_str(&scratch.read(FILE)).unwrap();
    assert_eq!(file["accepted_at"], "1970-01-01T00:00:00Z");
    assert_eq!(file["commit"], "abc");
    assert_eq!(file["schema"], "knee.baseline/1");
    assert_eq!(file["runs"][0]["schema"], "knee.run/1");
}

#[test]
fn accepted_runs_are_listed_shown_and_given_up() {
    let scratch = accepted("list", &[1, 2, 3]);
    let list = scratch.knee(&["baseline", "list"]);
    assert_eq!(
        (list.code, list.out.as_str()),
        (0, "default  3 runs  release 2.1\n")
    );
    let show = scratch.knee(&["baseline", "show", "default"]);
    let given: Value = serde_json::from_slice(
        &std::fs::read(sample("repeats/artillery/baseline-r1.json")).unwrap(),
    )
    .unwrap();
    let requests = given["aggregate"]["counters"]["http.requests"]
        .as_u64()
        .unwrap();
    let digits: String = show.out.chars().filter(|letter| *letter != ',').collect();
    assert!(
        digits.contains(&format!("{requests} requests")),
        "{}",
        show.out
    );
    let other = scratch.knee(&["baseline", "show", "nothing"]);
    assert!(
        other.code == 2 && other.err.contains("default"),
        "{}",
        other.err
    );
    let reason = ["--reason", "new hardware"];
    let done = scratch.knee(&[&["baseline", "retire", "default"][..], &reason].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    let list = scratch.knee(&["baseline", "list"]);
    assert_eq!(list.out, "default  retired: new hardware\n");
    let again = scratch.knee(&[&["baseline", "retire", "default"][..], &reason].concat());
    assert_eq!(again.code, 2);
    // Nothing is compared with it any more.
    let done = knee(
        &scratch,
        &["check"],
        &repeats("regressed-errors", &[1, 2]),
        &["--target", "p95 < 10s"],
    );
    assert_eq!(done.code, 0, "{}", done.out);
}

#[test]
fn what_cannot_be_a_baseline_is_refused_and_nothing_is_written() {
    let scratch = Scratch::new("baseline-refused");
    let runs = repeats("baseline", &[1]);
    let blank = knee(&scratch, &["baseline", "accept"], &runs, &["--reason", " "]);
    assert!(
        blank.code == 2 && blank.err.contains("--reason"),
        "{}",
        blank.err
    );
    assert_eq!(knee(&scratch, &["baseline", "accept"], &runs, &[]).code, 2);
    std::fs::copy(&runs[0], scratch.0.join("copy.json")).unwrap();
    let twice = accept(&scratch, &[runs[0].clone(), "copy.json".to_owned()]);
    assert!(
        twice.code == 2 && twice.err.contains("given twice"),
        "{}",
        twice.err
    );
    let run = scratch.knee(&["convert", &runs[0]]).out;
    let mut run: Value = serde_json::from_str(&run).unwrap();
    run["overall"]["requests"] = Value::from(0);
    scratch.write("none.json", run.to_string());
    let none = accept(&scratch, &["none.json".to_owned()]);
    assert!(
        none.code == 2 && none.err.contains("cannot be a baseline"),
        "{}",
        none.err
    );
    let over = ["--reason", "x", "-o", "copy.json"];
    let over = knee(
        &scratch,
        &["baseline", "accept"],
        &["copy.json".to_owned()],
        &over,
    );
    assert!(
        over.code == 2 && over.err.contains("overwritten"),
        "{}",
        over.err
    );
    assert!(!scratch.0.join(".knee").exists());
}

#[test]
fn runs_that_are_no_repeats_of_one_test_are_refused_with_the_reason() {
    let path = |name: &str| sample(name).to_str().unwrap().to_owned();
    let baseline = || repeats("baseline", &[1, 2]);
    let hardwork = path("artillery/v2.0.34/hardwork-rate-1-4.json");
    // The first run in another unit: every latency a thousandth.
    let first = Scratch::new("baseline-unit").knee(&["convert", &baseline()[0]]);
    let mut scaled: Value = serde_json::from_str(&first.out).unwrap();
    scaled["id"] = Value::from("7".repeat(64));
    scale(&mut scaled, 0.001);
    for (case, other, wanted) in [
        (
            "tool",
            path("repeats/locust/baseline-r1.json"),
            "The tool of the base",
        ),
        (
            "load",
            format!("x{{scenario=default}}={hardwork}"),
            "is no repeat of baseline-r1 (V22)",
        ),
        (
            "unit",
            "unit.json".to_owned(),
            "is no repeat of baseline-r1 (V44)",
        ),
    ] {
        let scratch = Scratch::new(&format!("baseline-unlike-{case}"));
        scratch.write("unit.json", scaled.to_string());
        let mut runs = baseline();
        runs.push(other.clone());
        let done = accept(&scratch, &runs);
        assert_eq!(done.code, 2, "{case}: {}", done.err);
        assert!(done.err.contains(wanted), "{case}: {}", done.err);
        assert!(
            done.err.contains("hint: accept repeats of one test"),
            "{}",
            done.err
        );
        assert!(!scratch.0.join(".knee").exists());
        if case == "load" {
            // Said to be another test, both are accepted.
            *runs.last_mut().unwrap() = format!("x{{scenario=other}}={hardwork}");
            assert_eq!(accept(&scratch, &runs).code, 0);
            assert!(scratch.0.join(".knee/baselines/other.json").exists());
        }
    }
    // An invalid run among them: 14,090 of its 15,914 requests failed.
    let scratch = Scratch::new("baseline-unlike-invalid");
    let mut runs = baseline();
    runs.push(path("locust/day17/day17_stats.csv"));
    let done = accept(&scratch, &runs);
    assert!(done.code == 2 && done.err.contains("(V03)"), "{}", done.err);
}

/// Multiplies every latency of a run.
fn scale(value: &mut Value, factor: f64) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name.starts_with("latency") || name == "duration_ms" {
                    scale_all(member, factor);
                } else {
                    scale(member, factor);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|one| scale(one, factor)),
        _ => {}
    }
}

fn scale_all(latency: &mut Value, factor: f64) {
    let Value::Object(members) = latency else {
        return;
    };
    for name in ["min", "mean", "stddev", "max"] {
        if let Some(value) = members.get_mut(name).filter(|value| value.is_number()) {
            *value = Value::from(value.as_f64().unwrap() * factor);
        }
    }
    if let Some(Value::Object(percentiles)) = members.get_mut("percentiles") {
        for value in percentiles.values_mut() {
            *value = Value::from(value.as_f64().unwrap() * factor);
        }
    }
}

#[test]
fn real_repeats_of_every_sample_are_accepted() {
    for (tool, name, last) in [
        ("artillery", "baseline", 5),
        ("artillery", "regressed-errors", 5),
        ("locust", "baseline", 5),
        ("locust", "regressed-tail", 5),
        ("locust", "saturated-baseline", 3),
        ("locust", "saturated-regressed-throughput", 3),
    ] {
        let scratch = Scratch::new(&format!("baseline-real-{tool}-{name}"));
        let file = |number| sample(&format!("repeats/{tool}/{name}-r{number}.json"));
        let runs: Vec<String> = (1..=last)
            .map(|number| file(number).to_str().unwrap().to_owned())
            .collect();
        let done = accept(&scratch, &runs);
        assert_eq!(done.code, 0, "{name}: {}", done.err);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let scratch = Scratch::new("baseline-readonly");
    // A file where the folder has to be: refused for every user, also one that no permission stops.
    scratch.write(".knee", "");
    let done = accept(&scratch, &repeats("baseline", &[1]));
    assert_eq!(done.code, 2);
    assert!(
        done.err
            .contains("failed to write .knee/baselines/default.json"),
        "{}",
        done.err
    );
}
