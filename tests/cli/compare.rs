//! `knee compare` and `knee check --base --new`: real repeats whose defect is known, single runs, unlike sides.

use serde_json::Value;

use crate::{Done, Scratch, sample};

/// Runs of the samples, as arguments.
fn repeats(tool: &str, name: &str, numbers: &[u32]) -> Vec<String> {
    let file = |number: &u32| {
        let path = sample(&format!("repeats/{tool}/{name}-r{number}.json"));
        path.to_str().unwrap().to_owned()
    };
    numbers.iter().map(file).collect()
}

fn compare(case: &str, command: &[&str], base: &[String], new: &[String]) -> Done {
    let scratch = Scratch::new(&format!("compare-{case}"));
    let mut arguments: Vec<&str> = command.to_vec();
    arguments.push("--base");
    arguments.extend(base.iter().map(String::as_str));
    arguments.push("--new");
    arguments.extend(new.iter().map(String::as_str));
    scratch.knee(&arguments)
}

const JSON: [&str; 4] = ["compare", "--format", "json", "--interleaved"];

fn only(done: &Done) -> Value {
    assert_eq!(done.code, 0, "{}", done.err);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    let comparisons = report["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 1);
    comparisons[0].clone()
}

/// Endpoint and metric of all that is in a state.
fn in_state(comparison: &Value, state: &str) -> Vec<(String, String)> {
    let metrics = comparison["metrics"].as_array().unwrap();
    let of = metrics.iter().filter(|metric| metric["state"] == state);
    let name = |value: &Value| value.as_str().unwrap_or("all").to_owned();
    of.map(|metric| (name(&metric["endpoint"]), name(&metric["metric"])))
        .collect()
}

#[test]
fn a_twentieth_of_one_endpoint_that_fails_is_found_there() {
    // The server answers 500 to 5 % of POST /api/models; Artillery gives no method.
    let (base, new) = (
        repeats("artillery", "baseline", &[1, 2, 3, 4, 5]),
        repeats("artillery", "regressed-errors", &[1, 2, 3, 4, 5]),
    );
    let found = only(&compare("errors", &JSON, &base, &new));
    assert_eq!(found["verdict"], "regressed");
    let regressed = in_state(&found, "regressed");
    assert!(regressed.contains(&("/api/models".into(), "error_rate".into())));
    let elsewhere = regressed
        .iter()
        .filter(|(endpoint, _)| endpoint != "/api/models");
    assert!(
        elsewhere.clone().all(|(endpoint, _)| endpoint == "all"),
        "{regressed:?}"
    );
    let gate = compare("errors-gate", &["check", "--interleaved"], &base, &new);
    assert_eq!(gate.code, 1, "{}", gate.out);
    // The other way round it is an improvement, and passes.
    let gate = compare("errors-back", &["check", "--interleaved"], &new, &base);
    assert_eq!(gate.code, 0, "{}", gate.out);
}

#[test]
fn a_tail_that_grows_is_found_where_it_grows() {
    // 2.5 % of GET /api/search take 350 to 950 ms more; the median does not move.
    let (base, new) = (
        repeats("locust", "baseline", &[1, 2, 3, 4, 5]),
        repeats("locust", "regressed-tail", &[1, 2, 3, 4, 5]),
    );
    let found = only(&compare("tail", &JSON, &base, &new));
    let tail = [("GET /api/search".to_owned(), "p99".to_owned())];
    assert_eq!(in_state(&found, "regressed"), tail);
    assert_eq!(in_state(&found, "suspect"), []);
    let text = ["compare", "--interleaved"];
    let page = compare("tail-text", &text, &base, &new);
    // scipy 1.17.1 mannwhitneyu of 740, 770, 750, 680, 560 ms against 190, 170, 180, 680, 110 ms: 0.0139.
    // The geometric means of the two: 212.65 and 695.50 ms, 3.271 times.
    let words = page.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = "GET /api/search p99 212.7 ms to 695.5 ms (+227 %)";
    assert!(words.contains(wanted), "{words}");
    let said = page.out.split("What speaks for it;").nth(1).unwrap();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("by ranks alone 0.014;"), "{said}");
    assert!(said.contains("5 against 5 runs of"), "{said}");
}

#[test]
fn a_slower_lock_is_found_in_what_takes_it() {
    // The write lock is held 1.7 times as long: both writes wait, and throughput falls.
    let (base, new) = (
        repeats("locust", "saturated-baseline", &[1, 2, 3]),
        repeats("locust", "saturated-regressed-throughput", &[1, 2, 3]),
    );
    let found = only(&compare("saturated", &JSON, &base, &new));
    let regressed = in_state(&found, "regressed");
    for wanted in [
        ("all", "goodput"),
        ("POST /api/import", "p50"),
        ("POST /api/models", "p50"),
    ] {
        let wanted = (wanted.0.to_owned(), wanted.1.to_owned());
        assert!(regressed.contains(&wanted), "{wanted:?}: {regressed:?}");
    }
}

#[test]
fn one_build_against_itself_is_never_regressed() {
    for (case, tool, base, new) in [
        ("odd", "artillery", vec![1, 3, 5], vec![2, 4]),
        ("halves", "artillery", vec![1, 2], vec![3, 4, 5]),
        ("locust", "locust", vec![1, 3, 5], vec![2, 4]),
        ("worst", "locust", vec![2, 5], vec![1, 3, 4]),
    ] {
        let (base, new) = (
            repeats(tool, "baseline", &base),
            repeats(tool, "baseline", &new),
        );
        let found = only(&compare(case, &JSON, &base, &new));
        assert_eq!(in_state(&found, "regressed"), [], "{case}");
        let is_suspect = !in_state(&found, "suspect").is_empty();
        let wanted = if is_suspect {
            "suspect"
        } else {
            "no_regression_shown"
        };
        assert_eq!(found["verdict"], wanted, "{case}");
        let gate = compare(case, &["check", "--interleaved"], &base, &new);
        assert_eq!(gate.code, 0, "{case}: {}", gate.out);
    }
}

#[test]
fn a_single_run_a_side_never_fails_the_build_and_says_how_to_decide() {
    let scratch = Scratch::new("compare-single");
    let requests = |millis: u32| {
        let rows = (0..2_000).map(|row| {
            let latency = millis + row % 7;
            format!("{}.0,/a,{latency},200\n", 1_000_000_000 + row / 10)
        });
        format!(
            "time,endpoint,latency_ms,code\n{}",
            rows.collect::<String>()
        )
    };
    scratch.write("before.csv", requests(100));
    scratch.write("after.csv", requests(300));
    let done = scratch.knee(&["compare", "before.csv", "after.csv"]);
    assert_eq!(done.code, 0, "{}", done.err);
    for wanted in [
        "SUSPECT, NO REGRESSION PROVEN",
        "One run on a side proves nothing",
        "suspect",
        "knee compare --base 'before-*.csv' --new 'after-*.csv' --interleaved",
    ] {
        assert!(done.out.contains(wanted), "{wanted}: {}", done.out);
    }
    // The ending is what stands behind the last dot: a version in a name is no ending.
    scratch.write("v1.2.csv", scratch.read("after.csv"));
    let done = scratch.knee(&["compare", "before.csv", "v1.2.csv"]);
    assert!(done.out.contains("--new 'v1.2-*.csv'"), "{}", done.out);
    let gate = |more: &[&str]| {
        let all = [
            &["check", "--base", "before.csv", "--new", "after.csv"],
            more,
        ]
        .concat();
        scratch.knee(&all).code
    };
    assert_eq!(gate(&[]), 0);
    // It passes with a warning.
    let told = scratch.knee(&["check", "--base", "before.csv", "--new", "after.csv"]);
    assert!(
        told.out
            .contains("Verdict: WARN (SUSPECT, NO REGRESSION PROVEN)"),
        "{}",
        told.out
    );
    assert_eq!(gate(&["--require-proof"]), 3);
    // A target decides alone, and of the new side only.
    assert_eq!(gate(&["--target", "p95 < 200ms"]), 1);
    assert_eq!(gate(&["--target", "p95 > 200ms"]), 0);
}

#[test]
fn more_requests_among_which_fewer_succeed_are_no_improvement() {
    // The published figures: "4.2x, 10x better" with 88.5 % of the new requests rejected, 24.94/s before.
    let scratch = Scratch::new("compare-002");
    let after = sample("locust/day17/day17_stats.csv");
    let after = after.to_str().unwrap();
    let normalized = scratch.knee(&["convert", after]);
    let mut before: Value = serde_json::from_str(&normalized.out).unwrap();
    before["id"] = "0".repeat(64).into();
    before["name"] = "before".into();
    before["endpoints"] = Value::Array(Vec::new());
    before["timeline"] = Value::Array(Vec::new());
    before["errors"] = Value::Array(Vec::new());
    let mut latency = before["overall"]["latency_ms"].clone();
    latency["count"] = 4464.into();
    latency["histogram"] = Value::Null;
    latency["percentiles"] = serde_json::json!({"p95": 20.0, "p99": 31.0});
    for figure in ["min", "mean", "max"] {
        latency[figure] = Value::Null;
    }
    before["overall"] = serde_json::json!({
        "requests": 4464, "failures": 0, "rate_per_s": 24.94, "goodput_per_s": 24.94, "latency_ms": latency,
    });
    // How many users made the base is not published; a fourth of the rate was not made by as many.
    before["load"]["users_max"] = 25.into();
    scratch.write("before.json", before.to_string());
    let done = scratch.knee(&["compare", "before.json", after]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("Verdict: NOT COMPARABLE"), "{}", done.out);
    for wanted in ["V22", "24.9/s", "10.2/s"] {
        assert!(done.out.contains(wanted), "{wanted}: {}", done.out);
    }
    assert!(!done.out.contains("improved"), "{}", done.out);
    let gate = scratch.knee(&["check", "--base", "before.json", "--new", after]);
    // The new run is invalid by itself.
    assert_eq!(gate.code, 1, "{}", gate.out);
    let gate = scratch.knee(&["check", "--base", after, "--new", "before.json"]);
    assert_eq!(
        gate.code, 3,
        "a base that cannot be believed is none: {}",
        gate.out
    );
}

#[test]
fn two_sides_without_a_request_are_no_pass() {
    let scratch = Scratch::new("compare-nothing");
    scratch.write(
        "base.csv",
        "time,endpoint,latency_ms,code\n1000000000.0,/a,5,200\n1000000001.0,/a,6,200\n",
    );
    scratch.write(
        "new.csv",
        "time,endpoint,latency_ms,code\n1000000000.0,/a,50,200\n1000000001.0,/a,60,200\n",
    );
    let gate = scratch.knee(&["check", "--base", "base.csv", "--new", "new.csv"]);
    assert_eq!(gate.code, 3, "{}{}", gate.out, gate.err);
    assert!(gate.out.contains("Nothing can be judged"), "{}", gate.out);
    let gate = scratch.knee(&[
        "check",
        "--base",
        "base.csv",
        "--new",
        "new.csv",
        "--on-unjudged",
        "pass",
    ]);
    assert_eq!(gate.code, 0);
}

#[test]
fn two_scenarios_are_refused_as_such() {
    let scratch = Scratch::new("compare-scenarios");
    let runs = repeats("artillery", "baseline", &[1, 2]);
    let named: Vec<String> = runs
        .iter()
        .zip(["search", "write"])
        .map(|(run, scenario)| format!("{scenario}{{scenario={scenario}}}={run}"))
        .collect();
    let gate = scratch.knee(&["check", "--base", &named[0], "--new", &named[1]]);
    assert_eq!(gate.code, 3, "{}{}", gate.out, gate.err);
    assert!(gate.out.contains("V22"), "{}", gate.out);
}

#[test]
fn the_same_run_on_both_sides_is_refused() {
    let run = repeats("artillery", "baseline", &[1]);
    let done = compare("same", &["compare"], &run, &run);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("V48"), "{}", done.err);
    assert_eq!(done.out, "");
}

#[test]
fn two_sides_are_asked_for_by_name() {
    let scratch = Scratch::new("compare-usage");
    let done = scratch.knee(&["compare"]);
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("knee compare before.json after.json"),
        "{}",
        done.err
    );
    assert_eq!(scratch.knee(&["compare", "one.json"]).code, 2);
    assert_eq!(
        scratch
            .knee(&[
                "compare", "a.json", "b.json", "--base", "c.json", "--new", "d.json"
            ])
            .code,
        2
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (base, new) = (
        repeats("artillery", "baseline", &[1, 2, 3]),
        repeats("artillery", "regressed-errors", &[1, 2, 3]),
    );
    for kind in ["text", "markdown", "json", "pr-comment", "junit"] {
        let command = ["compare", "--format", kind];
        let first = compare(kind, &command, &base, &new);
        assert_eq!(first.code, 0, "{}", first.err);
        assert!(!first.out.is_empty());
        assert_eq!(first.out, compare(kind, &command, &base, &new).out);
    }
}

/// Requests of a run, so many times as slow: every endpoint in turn.
fn log(start: u32, endpoints: &[&str], factor: f64) -> String {
    let rows = (0..3_000_u32)
        .zip(endpoints.iter().cycle())
        .map(|(row, endpoint)| {
            // No two runs have the same figures.
            let latency = f64::from(80 + row * 7 % (37 + start / 1_000 % 9)) * factor;
            format!("{}.0,{endpoint},{latency:.0},200\n", start + row / 20)
        });
    format!(
        "time,endpoint,latency_ms,code\n{}",
        rows.collect::<String>()
    )
}

/// Three runs a side, each made by its number.
fn sides(scratch: &Scratch, base: impl Fn(u32) -> String, new: impl Fn(u32) -> String) {
    for number in 0..3 {
        scratch.write(&format!("b{number}.csv"), base(number));
        scratch.write(&format!("n{number}.csv"), new(number));
    }
}

const GATE: [&str; 10] = [
    "check",
    "--interleaved",
    "--base",
    "b0.csv",
    "b1.csv",
    "b2.csv",
    "--new",
    "n0.csv",
    "n1.csv",
    "n2.csv",
];

#[test]
fn an_endpoint_of_one_run_a_side_is_one_run_however_many_there_are() {
    let scratch = Scratch::new("compare-one-of-three");
    let of = |side: u32, slow: f64| {
        move |number: u32| {
            let start = 1_000_000_000 + (number * 2 + side) * 1_000;
            let all: &[&str] = if number == 0 { &["/a", "/z"] } else { &["/a"] };
            let text = log(start, all, 1.0 + f64::from(number) / 100.0);
            if slow > 1.0 {
                // The endpoint that one run has is three times as slow.
                let lines = text.lines().map(|line| match line.split_once(",/z,") {
                    Some((time, _)) => format!("{time},/z,300,200"),
                    None => line.to_owned(),
                });
                return lines.map(|line| line + "\n").collect();
            }
            text
        }
    };
    sides(&scratch, of(0, 1.0), of(1, 3.0));
    let done = scratch.knee(&GATE);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(done.out.contains("Suspect, not proven: /z"), "{}", done.out);
    let json = scratch.knee(&[&GATE[..], &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let metrics = report["comparisons"][0]["metrics"].as_array().unwrap();
    let of_z = metrics.iter().filter(|metric| metric["endpoint"] == "/z");
    assert!(of_z.clone().count() > 0);
    for metric in of_z {
        assert_eq!(
            (&metric["runs_base"], &metric["runs_new"]),
            (&1.into(), &1.into())
        );
    }
}

#[test]
fn what_stands_on_one_side_only_is_no_proof() {
    let scratch = Scratch::new("compare-one-sided");
    let run = |side: u32| {
        move |number: u32| log(1_000_000_000 + (number * 2 + side) * 1_000, &["/a"], 1.0)
    };
    sides(&scratch, run(0), run(1));
    assert_eq!(scratch.knee(&GATE).code, 0);
    let converted = scratch.knee(&["convert", "n0.csv", "n1.csv", "n2.csv"]);
    let mut runs: Value = serde_json::from_str(&converted.out).unwrap();
    for run in runs.as_array_mut().unwrap() {
        for stats in ["/overall", "/endpoints/0/stats"] {
            let stats = run.pointer_mut(stats).unwrap().as_object_mut().unwrap();
            stats.retain(|name, _| !name.starts_with("latency"));
        }
    }
    scratch.write("without.json", runs.to_string());
    let gate = [
        "check",
        "--interleaved",
        "--base",
        "b0.csv",
        "b1.csv",
        "b2.csv",
        "--new",
        "without.json",
    ];
    let done = scratch.knee(&gate);
    assert!(done.out.contains("V47"), "{}", done.out);
    assert!(done.out.contains("Verdict: WARN"), "{}", done.out);
    let strict = scratch.knee(&[&gate[..], &["--require-proof"]].concat());
    assert_eq!(strict.code, 3, "{}", strict.out);
    assert!(strict.out.contains("Proof was required"), "{}", strict.out);
    // Proof is asked for, and nothing is compared at all.
    let alone = scratch.knee(&["check", "b0.csv", "--target", "p95 < 1s", "--require-proof"]);
    assert_eq!(alone.code, 3, "{}", alone.out);
    assert_eq!(
        scratch
            .knee(&["check", "b0.csv", "--target", "p95 < 1s"])
            .code,
        0
    );
}

#[test]
fn a_run_without_requests_among_others_is_not_covered_by_them() {
    let scratch = Scratch::new("compare-zero");
    let run = |side: u32| {
        move |number: u32| log(1_000_000_000 + (number * 2 + side) * 1_000, &["/a"], 1.0)
    };
    sides(&scratch, run(0), run(1));
    let converted = scratch.knee(&["convert", "n2.csv"]);
    let mut dead: Value = serde_json::from_str(&converted.out).unwrap();
    dead["overall"] = serde_json::json!({"requests": 0, "failures": 0});
    dead["endpoints"] = serde_json::json!([]);
    dead["timeline"] = serde_json::json!([]);
    scratch.write("n2.json", dead.to_string());
    let mut gate = GATE;
    gate[9] = "n2.json";
    // It is invalid by itself, and no pair with the others.
    let done = scratch.knee(&gate);
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.out.contains("made no request at all"), "{}", done.out);
}

#[test]
fn a_run_that_nothing_is_asked_of_does_not_pass_beside_another() {
    let scratch = Scratch::new("compare-unasked");
    scratch.write("a.csv", log(1_000_000_000, &["/a"], 1.0));
    scratch.write("c.csv", log(1_000_001_000, &["/a"], 1.0));
    scratch.write(
        "knee.toml",
        "[[target]]\nname = \"fast\"\nscenario = \"A\"\nexpect = \"p95 < 1s\"\n",
    );
    let both = ["check", "x{scenario=A}=a.csv", "y{scenario=C}=c.csv"];
    assert_eq!(scratch.knee(&both[..2]).code, 0);
    let done = scratch.knee(&both);
    assert_eq!(done.code, 3, "{}", done.out);
}

#[test]
fn an_accepted_baseline_was_not_run_in_turn() {
    let scratch = Scratch::new("compare-accepted-in-turn");
    scratch.write("a.csv", log(1_000_000_000, &["/a"], 1.0));
    let done = scratch.knee(&["check", "a.csv", "--interleaved"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("leave it out"), "{}", done.err);
}

#[test]
fn a_broken_target_is_the_first_thing_that_a_gate_says() {
    let scratch = Scratch::new("compare-target");
    let run = |side: u32| {
        move |number: u32| log(1_000_000_000 + (number * 2 + side) * 1_000, &["/a"], 1.0)
    };
    sides(&scratch, run(0), run(1));
    let done = scratch.knee(&[&GATE[..], &["--target", "p95 < 100ms"]].concat());
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(
        done.out.contains("Verdict: FAIL (NO REGRESSION SHOWN)"),
        "{}",
        done.out
    );
    assert!(
        done.out
            .contains("0 of 3 targets met, 3 broken: p95 < 100ms is"),
        "{}",
        done.out
    );
    assert!(done.out.contains("Targets of n0"), "{}", done.out);
}

#[test]
fn a_scenario_that_a_file_names_counts_whoever_wrote_it() {
    let scratch = Scratch::new("compare-named");
    let run = |side: u32| {
        move |number: u32| log(1_000_000_000 + (number * 2 + side) * 1_000, &["/a"], 1.0)
    };
    sides(&scratch, run(0), run(1));
    for (file, scenario) in [("b", "A"), ("n", "C")] {
        let names = [0, 1, 2].map(|number| format!("{file}{number}.csv"));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let converted = scratch.knee(&[&["convert"], names.as_slice()].concat());
        let mut runs: Value = serde_json::from_str(&converted.out).unwrap();
        for run in runs.as_array_mut().unwrap() {
            run["identity"] = serde_json::json!({"scenario": scenario});
            // A script that writes runs need not say where a name is from.
            run.as_object_mut().unwrap().remove("identity_from");
        }
        scratch.write(&format!("{file}.json"), runs.to_string());
    }
    let done = scratch.knee(&[
        "check",
        "--interleaved",
        "--base",
        "b.json",
        "--new",
        "n.json",
    ]);
    assert_eq!(done.code, 3, "{}", done.out);
    assert!(done.out.contains("V22"), "{}", done.out);
}
