//! `knee merge`: what the parts of a distributed run give together is what the run gives as a whole, or says what it cannot.

mod parts;

use serde_json::{Value, json};

use crate::hostile;
use crate::{Done, Scratch, sample};
use parts::{Dice, Request, artillery, csv_of, locust, only_a_and_b, requests, rounded, split};

fn json_of(done: &Done) -> Value {
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

/// Everywhere the same, numbers up to how sums round.
fn same(a: &Value, b: &Value, path: &str) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(a), keys(b), "{path}");
            for (key, value) in a {
                same(value, &b[key], &format!("{path}.{key}"));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}");
            for (place, (a, b)) in a.iter().zip(b).enumerate() {
                same(a, b, &format!("{path}[{place}]"));
            }
        }
        (Value::Number(x), Value::Number(y)) if x.is_f64() || y.is_f64() => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            assert!(
                (x - y).abs() <= 1e-9 * y.abs().max(1.0),
                "{path}: {x} and {y}"
            );
        }
        _ => assert_eq!(a, b, "{path}"),
    }
}

fn splits(all: &[Request], seed: u64) -> Vec<Vec<Vec<Request>>> {
    let mut dice = Dice(seed);
    vec![
        split(all, 2, |place, _| place % 2),
        split(all, 3, |_, _| usize::try_from(dice.below(3)).unwrap()),
        // One generator an endpoint: none has them all.
        split(all, 3, |_, request| {
            ["/a", "/b"]
                .iter()
                .position(|name| *name == request.endpoint)
                .unwrap_or(2)
        }),
        // All failures with one of them.
        split(all, 2, |place, request| {
            usize::from(request.ok && place % 5 > 0)
        }),
        split(
            all,
            7,
            |place, _| if place % 10 < 4 { 0 } else { place % 7 },
        ),
    ]
}

fn merged(here: &Scratch, parts: &[Vec<Request>]) -> Done {
    let names: Vec<String> = (0..parts.len())
        .map(|part| format!("worker-{part}.csv"))
        .collect();
    for (name, part) in names.iter().zip(parts) {
        here.write(name, csv_of(part));
    }
    let mut arguments = vec!["merge"];
    arguments.extend(names.iter().map(String::as_str));
    here.knee(&arguments)
}

#[test]
fn a_log_in_parts_is_the_log() {
    let here = Scratch::new("merge-log");
    for seed in 0..3 {
        let all = requests(seed, 1500, 0.0);
        here.write("all.csv", csv_of(&all));
        let whole = json_of(&here.knee(&["convert", "all.csv"]));
        for parts in splits(&all, seed) {
            let done = merged(&here, &parts);
            let run = json_of(&done);
            for member in [
                "overall",
                "endpoints",
                "errors",
                "duration_s",
                "started_at",
                "ended_at",
                "load",
                "identity",
            ] {
                same(&run[member], &whole[member], member);
            }
            let slices = |run: &Value| -> Vec<Value> {
                let slices = run["timeline"].as_array().unwrap().iter();
                slices
                    .map(|slice| {
                        let endpoints = slice["endpoints"].as_array().unwrap().iter();
                        let own = |stats: &Value| {
                            json!([
                                stats["requests"],
                                stats["failures"],
                                stats["latency_ok_ms"]["count"],
                                stats["latency_ok_ms"]["percentiles"]
                            ])
                        };
                        let endpoints: Vec<Value> = endpoints
                            .map(|e| json!([e["name"], own(&e["stats"])]))
                            .collect();
                        json!([
                            slice["start_s"],
                            slice["duration_s"],
                            own(&slice["stats"]),
                            endpoints
                        ])
                    })
                    .collect()
            };
            let (of_run, of_whole) = (slices(&run), slices(&whole));
            assert!(of_whole.len() > 100);
            // Above 255 ms a slice is log-linear as soon as one part is; below, it is exact in both.
            assert_eq!(of_run.len(), of_whole.len());
            for (a, b) in of_run.iter().zip(&of_whole) {
                near(a, b, 0.004);
            }
            assert_eq!(
                run["notes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|note| note["id"] == "merged-percentiles")
                    .count(),
                0
            );
        }
    }
}

/// The same, but for numbers within a share.
fn near(a: &Value, b: &Value, share: f64) {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            assert_eq!(x.len(), y.len());
            x.iter()
                .for_each(|(key, value)| near(value, &y[key], share));
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{a} {b}");
            x.iter().zip(y).for_each(|(x, y)| near(x, y, share));
        }
        (Value::Number(x), Value::Number(y)) if x.is_f64() => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            assert!((x - y).abs() <= 2.0 * share * y.abs() + 1e-9, "{x} {y}");
        }
        _ => assert_eq!(a, b),
    }
}

#[test]
fn a_log_of_fractions_in_parts_is_the_log_within_its_resolution() {
    let here = Scratch::new("merge-fractions");
    let all = requests(9, 3000, 1.0);
    here.write("all.csv", csv_of(&all));
    let whole = json_of(&here.knee(&["convert", "all.csv"]));
    for parts in splits(&all, 4) {
        let run = json_of(&merged(&here, &parts));
        same(
            &run["overall"]["requests"],
            &whole["overall"]["requests"],
            "requests",
        );
        let latency = |run: &Value| run["overall"]["latency_ok_ms"].clone();
        same(
            &latency(&run)["percentiles"],
            &latency(&whole)["percentiles"],
            "percentiles",
        );
        same(
            &latency(&run)["histogram"],
            &latency(&whole)["histogram"],
            "histogram",
        );
        near(&latency(&run)["stddev"], &latency(&whole)["stddev"], 1e-9);
    }
}

#[test]
fn the_order_of_the_parts_leaves_no_trace_and_steps_give_the_same_run() {
    let here = Scratch::new("merge-order");
    let parts = split(&requests(5, 900, 0.0), 3, |place, _| place % 3);
    let first = merged(&here, &parts);
    assert_eq!(first.code, 0, "{}", first.err);
    for order in [[2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let names = order.map(|part| format!("worker-{part}.csv"));
        let again = here.knee(&["merge", &names[0], &names[1], &names[2]]);
        assert_eq!(again.out, first.out);
    }
    let two = here.knee(&["merge", "worker-0.csv", "worker-1.csv", "-o", "two.json"]);
    assert_eq!((two.code, two.out.as_str()), (0, ""));
    let steps = json_of(&here.knee(&["merge", "worker-2.csv", "two.json"]));
    same(&steps, &json_of(&first), "run");
    assert_eq!(steps["source"]["files"].as_array().unwrap().len(), 3);
    let note = &steps["notes"][0];
    assert_eq!(
        note["text"],
        "the figures are those of 3 parts of one distributed run, put together"
    );
    // Whoever merged in steps may give a part again.
    let again = here.knee(&["merge", "two.json", "worker-1.csv"]);
    assert_eq!(again.code, 2);
    assert!(
        again.err.contains("worker-1.csv is a file of both"),
        "{}",
        again.err
    );
}

#[test]
fn histograms_of_locust_workers_add_up() {
    let here = Scratch::new("merge-locust");
    for seed in 20..24 {
        let all = requests(seed, 2000, 0.0);
        let parts = split(
            &all,
            3,
            |place, _| if place % 7 == 0 { 0 } else { 1 + place % 2 },
        );
        for (number, part) in parts.iter().enumerate() {
            here.write(&format!("worker-{number}.json"), locust(part));
        }
        let run =
            json_of(&here.knee(&["merge", "worker-0.json", "worker-1.json", "worker-2.json"]));
        assert_eq!(run["source"]["format"], "locust-json");
        for (name, stats) in [(None, &run["overall"])].into_iter().chain(
            run["endpoints"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| (e["name"].as_str(), &e["stats"])),
        ) {
            let own: Vec<&Request> = all
                .iter()
                .filter(|r| name.is_none_or(|name| name == r.endpoint))
                .collect();
            let mut keys: Vec<f64> = own.iter().map(|request| rounded(request.latency)).collect();
            keys.sort_by(f64::total_cmp);
            let n = keys.len();
            assert_eq!(stats["requests"], n);
            assert_eq!(
                stats["failures"],
                own.iter().filter(|request| !request.ok).count()
            );
            assert_eq!(stats["bytes_received"], 100 * n);
            let latency = &stats["latency_ms"];
            assert_eq!(latency["count"], n);
            let total: f64 = own.iter().map(|request| request.latency).sum();
            near(&latency["mean"], &json!(total / n as f64), 1e-9);
            assert_eq!(
                latency["histogram"]["count"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|c| c.as_u64().unwrap())
                    .sum::<u64>(),
                n as u64
            );
            for (level, place) in [
                ("p50", n.div_ceil(2)),
                ("p90", (n * 9).div_ceil(10)),
                ("p95", (n * 19).div_ceil(20)),
                ("p99", (n * 99).div_ceil(100)),
            ] {
                // The middle of the step that the sample of that rank was rounded to.
                assert_eq!(
                    latency["percentiles"][level],
                    keys[place - 1],
                    "{level} of {name:?}"
                );
            }
        }
        assert_eq!(run["overall"]["requests"], 2000);
    }
}

#[test]
fn percentiles_of_summaries_are_bounded_and_the_bounds_hold() {
    let here = Scratch::new("merge-bounds");
    let mut checked = 0;
    for seed in 40..46 {
        let all = only_a_and_b(seed, 1800);
        let slow = |request: &Request| request.latency > 45.0;
        let mut dice = Dice(seed);
        let ways = [
            split(&all, 2, |place, _| place % 2),
            split(&all, 4, |_, _| usize::try_from(dice.below(4)).unwrap()),
            split(&all, 2, |place, request| {
                usize::from(slow(request) && place % 9 > 0)
            }),
            split(&all, 2, |place, _| usize::from(place % 50 == 0)),
        ];
        for parts in ways {
            let names: Vec<String> = (0..parts.len())
                .map(|part| format!("w{part}.json"))
                .collect();
            for (name, part) in names.iter().zip(&parts) {
                here.write(name, artillery(part));
            }
            let mut arguments = vec!["merge"];
            arguments.extend(names.iter().map(String::as_str));
            let done = here.knee(&arguments);
            let run = json_of(&done);
            assert!(done.err.contains("(V43)"), "{}", done.err);
            assert_eq!(run["overall"]["requests"], all.len());
            for (name, latency) in [
                (None, &run["overall"]["latency_ok_ms"]),
                (Some("/a"), &run["endpoints"][0]["stats"]["latency_ms"]),
            ] {
                let own = all
                    .iter()
                    .filter(|request| name.is_none_or(|name| name == request.endpoint));
                let mut truth: Vec<f64> = own.map(|request| request.latency).collect();
                truth.sort_by(f64::total_cmp);
                assert_eq!(latency["count"], truth.len());
                assert_eq!(
                    (&latency["min"], &latency["max"]),
                    (&json!(truth[0]), &json!(truth[truth.len() - 1]))
                );
                // The p99.9 may be the largest sample of a part, which is known; nothing else is.
                let known = latency["percentiles"].as_object().unwrap();
                assert!(known.keys().all(|level| level == "p99.9"), "{known:?}");
                let rank = (truth.len() * 999).div_ceil(1000);
                assert!(known.values().all(|value| *value == truth[rank - 1]));
                for (level, share) in [
                    ("p50", 50),
                    ("p75", 75),
                    ("p90", 90),
                    ("p95", 95),
                    ("p99", 99),
                ] {
                    let value = truth[(truth.len() * share).div_ceil(100) - 1];
                    let bounds = &latency["percentile_bounds"][level];
                    let (lower, upper) = (
                        bounds["lower_ms"].as_f64().unwrap(),
                        bounds["upper_ms"].as_f64().unwrap(),
                    );
                    assert!(
                        lower <= value && value <= upper,
                        "{level} {value} of {lower} to {upper}"
                    );
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 6 * 4 * 2 * 5);
}

#[test]
fn a_report_on_merged_summaries_says_what_is_bounded_and_of_how_many_parts_it_is() {
    let here = Scratch::new("merge-report");
    let parts = split(&only_a_and_b(50, 1500), 2, |place, _| place % 2);
    here.write("w1.json", artillery(&parts[0]));
    here.write("w2.json", artillery(&parts[1]));
    let done = here.knee(&["merge", "w1.json", "w2.json", "-o", "run.json"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    let run: Value = serde_json::from_str(&here.read("run.json")).unwrap();
    let bounds = &run["overall"]["latency_ok_ms"]["percentile_bounds"]["p95"];
    let report = here.knee(&["report", "run.json", "--target", "p95 < 500ms"]);
    assert_eq!(report.code, 0, "{}", report.err);
    let between = |text: &str| text.contains("V43") && text.contains("between");
    assert!(report.out.lines().any(between), "{}", report.out);
    assert!(
        report.out.contains("Latency: p50 lies between "),
        "{}",
        report.out
    );
    let row = report.out.lines().find(|line| line.starts_with("| p95 "));
    let row = row.unwrap_or_default();
    assert!(row.contains("not measured"), "{row}");
    let between = row.split_once("between ").map_or("", |(_, rest)| rest);
    let shown: Vec<f64> = between
        .split([' ', '|'])
        .filter_map(|word| word.parse().ok())
        .collect();
    near(
        &json!(shown),
        &json!([bounds["lower_ms"], bounds["upper_ms"]]),
        0.005,
    );
    assert!(report.out.contains("2 parts of one distributed run"));
    assert!(
        report.out.contains("p95 is not measured; it lies between"),
        "{}",
        report.out
    );
    let judged = here.knee(&["check", "run.json", "--target", "p95 < 500ms"]);
    assert_eq!(judged.code, 3, "{}", judged.out);
    let report = json_of(&here.knee(&["report", "run.json", "--format", "json"]));
    let findings = report["findings"].as_array().unwrap().iter();
    let found: Vec<&Value> = findings
        .filter(|finding| finding["rule"] == "V43" && finding["endpoint"].is_null())
        .collect();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0]["evidence"]["p95_at_most"]["value"],
        bounds["upper_ms"]
    );
    assert_eq!(found[0]["severity"], "info");
    let explained = here.knee(&["explain", "V43"]);
    assert!(explained.out.contains("cannot be averaged"));
}

#[test]
fn what_cannot_be_parts_of_one_run_is_refused_with_a_hint() {
    let here = Scratch::new("merge-refused");
    let all = requests(60, 600, 0.0);
    let parts = split(&all, 2, |place, _| place % 2);
    here.write("a.csv", csv_of(&parts[0]));
    here.write("b.csv", csv_of(&parts[1]));
    here.write("copy.csv", csv_of(&parts[0]));
    let mut later = parts[1].clone();
    for request in &mut later {
        request.time += 3_600_000;
    }
    here.write("later.csv", csv_of(&later));
    here.write("other.json", artillery(&only_a_and_b(61, 300)));
    here.write("folder/a.csv", csv_of(&parts[0]));
    here.write("folder/other.json", artillery(&only_a_and_b(61, 300)));
    let cases: [(&[&str], &str, &str); 9] = [
        (
            &["a.csv"],
            "\"a\" is one run, and a merge takes at least two",
            "knee convert",
        ),
        (
            &["a.csv", "./a.csv"],
            "its file is given more than once",
            "worker-1.json",
        ),
        (
            &["a.csv", "copy.csv"],
            "hold the same requests",
            "give every part once",
        ),
        (
            &["a.csv", "other.json"],
            "the tool is csv and artillery",
            "knee compare",
        ),
        (&["folder"], "the tool is csv and artillery", "knee compare"),
        (
            &["a.csv", "later.csv"],
            "they share less than half of the shorter one",
            "knee report A B",
        ),
        (
            &["x{scenario=one}=a.csv", "y{scenario=other}=b.csv"],
            "scenario",
            "--label scenario=NAME",
        ),
        (&["a.csv", "missing.csv"], "missing.csv", ""),
        (&["a.csv", "b.csv", "-o", "run.html"], "not built", ""),
    ];
    for (arguments, problem, hint) in cases {
        let mut all = vec!["merge"];
        all.extend(arguments);
        let done = here.knee(&all);
        assert!(
            done.code == 2 && done.out.is_empty(),
            "{arguments:?}: {}",
            done.err
        );
        assert!(done.err.contains(problem), "{arguments:?}: {}", done.err);
        assert!(done.err.contains(hint), "{arguments:?}: {}", done.err);
    }
    assert_eq!(here.knee(&["merge"]).code, 2);
    let over = here.knee(&["merge", "a.csv", "b.csv", "-o", "json=a.csv"]);
    assert!(
        over.code == 2 && over.err.contains("would be overwritten"),
        "{}",
        over.err
    );
}

#[test]
fn the_sample_in_two_files_is_the_sample() {
    let here = Scratch::new("merge-sample");
    let part = |number: u32| sample(&format!("distributed/journey-{number}.csv"));
    let (one, two) = (part(1), part(2));
    let run = json_of(&here.knee(&["merge", one.to_str().unwrap(), two.to_str().unwrap()]));
    assert_eq!(run["name"], "journey");
    let whole = sample("requests-csv/journey.csv");
    let whole = json_of(&here.knee(&["convert", whole.to_str().unwrap()]));
    for member in ["overall", "endpoints", "errors", "duration_s"] {
        same(&run[member], &whole[member], member);
    }
}

#[test]
fn repeats_that_locust_made_one_after_another_are_not_parts() {
    let here = Scratch::new("merge-repeats");
    let one = sample("locust/v2.47.0/baseline-r1.json");
    let other = sample("locust/v2.47.0/errors.json");
    let done = here.knee(&["merge", one.to_str().unwrap(), other.to_str().unwrap()]);
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("not parts of one run") && done.err.contains("knee report A B"),
        "{}",
        done.err
    );
}

#[test]
fn a_flag_decides_where_parts_disagree_and_standard_input_is_a_part() {
    let here = Scratch::new("merge-flags");
    let parts = split(&requests(70, 600, 0.0), 2, |place, _| place % 2);
    here.write("a.csv", csv_of(&parts[0]));
    here.write("b.csv", csv_of(&parts[1]));
    for (name, commit) in [("a", "one"), ("b", "two")] {
        let label = format!("commit={commit}");
        let (from, to) = (format!("{name}.csv"), format!("{name}.json"));
        assert_eq!(
            here.knee(&["convert", &from, "--label", &label, "-o", &to])
                .code,
            0
        );
    }
    let refused = here.knee(&["merge", "a.json", "b.json"]);
    assert!(
        refused.code == 2 && refused.err.contains("--label commit=NAME"),
        "{}",
        refused.err
    );
    let run = json_of(&here.knee(&["merge", "a.json", "b.json", "--label", "commit=three"]));
    assert_eq!(run["identity"]["commit"], "three");
    let piped = here.knee_with(&["merge", "-", "b.csv"], csv_of(&parts[0]).as_bytes(), &[]);
    let run = json_of(&piped);
    assert_eq!(run["overall"]["requests"], 600);
    // What is merged is a run as any other.
    let report = here.knee_with(&["report", "-"], piped.out.as_bytes(), &[]);
    assert_eq!(report.code, 0, "{}", report.err);
    let csv = here.knee(&["merge", "a.csv", "b.csv", "--format", "csv"]);
    assert!(
        csv.out
            .starts_with("run,endpoint,method,metric,value,unit,n\n"),
        "{}",
        csv.err
    );
}

#[test]
fn names_from_the_parts_are_inert() {
    let here = Scratch::new("merge-hostile");
    let input = hostile::input();
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let mut reader = csv::Reader::from_reader(input.as_bytes());
    let header = reader.headers().unwrap().clone();
    for (place, record) in reader.records().enumerate() {
        if place % 2 == 0 {
            one.push(record.unwrap());
        } else {
            two.push(record.unwrap());
        }
    }
    for (name, records) in [("one.csv", one), ("two.csv", two)] {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&header).unwrap();
        for record in &records {
            writer.write_record(record).unwrap();
        }
        here.write(name, writer.into_inner().unwrap());
    }
    let done = here.knee(&["merge", "one.csv", "two.csv", "-o", "run.json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(!done.err.contains('\u{1b}'));
    let report = here.knee(&["report", "run.json", "--full"]);
    assert_eq!(report.code, 0, "{}", report.err);
    assert!(hostile::inert_tables(&report.out).unwrap() >= 4);
    // As summaries their names stand in notes and findings.
    for name in ["one", "two"] {
        let (from, to) = (format!("{name}.csv"), format!("{name}.json"));
        let mut run = json_of(&here.knee(&["convert", &from]));
        strip_histograms(&mut run);
        here.write(&to, run.to_string());
    }
    let done = here.knee(&["merge", "one.json", "two.json", "-o", "run.json"]);
    assert!(
        done.code == 0 && done.err.contains("V43") && !done.err.contains('\u{1b}'),
        "{}",
        done.err
    );
    let report = here.knee(&["report", "run.json", "--full"]);
    assert_eq!(report.code, 0, "{}", report.err);
    assert!(hostile::inert_tables(&report.out).unwrap() >= 4);
}

fn strip_histograms(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("histogram") {
                members.insert("histogram".to_owned(), Value::Null);
            }
            members.values_mut().for_each(strip_histograms);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_histograms),
        _ => {}
    }
}
