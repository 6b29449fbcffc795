//! `[[map]]` and `--map`: any other JSON or CSV by a configuration.

use crate::hostile::names;
use crate::{Done, Scratch, sample};

const CONFIG: &str = "[[map]]
name = \"ours\"
records = \"results\"
fields = { endpoint = \"op\", requests = \"n\", p95 = \"lat.p95\", duration = \"$.took_s\" }
units = { p95 = \"us\" }

[[map]]
name = \"raw\"
fields = { latency = \"Dauer\", endpoint = \"Schritt\", ok = \"gut\" }
units = { latency = \"us\" }
";

const RESULTS: &str = r#"{"took_s": 10, "results": [{"op": "a", "n": 40, "lat": {"p95": 12500}}, {"op": "b", "n": 60, "lat": {"p95": 900}}]}"#;

fn here(name: &str) -> Scratch {
    let here = Scratch::new(name);
    here.write("knee.toml", CONFIG);
    here.write("results.json", RESULTS);
    here
}

fn refused(done: &Done, parts: &[&str]) {
    assert_eq!(done.code, 2, "out: {}\nerr: {}", done.out, done.err);
    assert!(done.out.is_empty(), "{}", done.out);
    for part in parts {
        assert!(done.err.contains(part), "`{part}` is not in:\n{}", done.err);
    }
}

#[test]
fn convert_shows_what_a_map_makes_of_a_file() {
    let here = here("map-convert");
    let done = here.knee(&[
        "convert",
        "--map",
        "ours",
        "results.json",
        "--format",
        "csv",
    ]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    for line in [
        "results,,,requests,100,count,100",
        "results,,,rate,10,1/s,100",
        "results,a,,p95,12.5,ms,40",
        "results,b,,p95,0.9,ms,60",
    ] {
        assert!(
            done.out.lines().any(|found| found == line),
            "{line}\n{}",
            done.out
        );
    }
    let by_content = here.knee(&["convert", "results.json", "--format", "csv", "-v"]);
    assert_eq!(by_content.out, done.out);
    assert!(
        by_content
            .err
            .contains("results: map:ours from results.json"),
        "{}",
        by_content.err
    );
    let by_from = here.knee(&[
        "convert",
        "results.json",
        "--format",
        "csv",
        "--from",
        "map:ours",
    ]);
    assert_eq!(by_from.out, done.out);
    let json = here.knee(&["convert", "results.json"]);
    assert!(
        json.out.contains("\"format\": \"map:ours\""),
        "{}",
        json.out
    );
    here.write("run.json", &json.out);
    assert_eq!(here.knee(&["convert", "run.json"]).out, json.out);
}

#[test]
fn a_report_holds_what_the_map_names() {
    let here = here("map-report");
    here.write(
        "raw.csv",
        "Schritt;Dauer;gut\nlogin;1500;1\nlogin;2500;1\nbuy;9000;0\n",
    );
    let done = here.knee(&[
        "report",
        "raw.csv",
        "--format",
        "text",
        "--target",
        "error_rate < 1%",
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    for part in [
        "3 requests",
        "1 failed (33.33 %)",
        "login",
        "buy",
        "error_rate < 1%",
    ] {
        assert!(done.out.contains(part), "`{part}` is not in:\n{}", done.out);
    }
    let config = sample("maps/knee.toml");
    let bench = sample("maps/benchmark-action-bigger.json");
    let done = here.knee(&[
        "report",
        bench.to_str().unwrap(),
        "--config",
        config.to_str().unwrap(),
        "--target",
        "custom:My Custom Bigger Is Better Benchmark - Throughput (req/s) >= 80",
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    for part in [
        "Throughput (req/s)",
        "Free Memory (Megabytes)",
        "| rate | 1/s | 70 |",
        "| value | - | 150 |",
        "FAIL",
    ] {
        assert!(done.out.contains(part), "`{part}` is not in:\n{}", done.out);
    }
}

#[test]
fn a_map_that_is_not_there_is_refused_with_those_that_are() {
    let here = here("map-unknown");
    refused(
        &here.knee(&["convert", "--map", "our", "results.json"]),
        &[
            "there is no map `our`",
            "did you mean `ours`? the configuration has ours, raw",
        ],
    );
    refused(
        &here.knee(&["report", "--from", "map:x", "results.json"]),
        &["there is no map `x`", "the configuration has ours, raw"],
    );
    refused(
        &here.knee(&[
            "report",
            "--from",
            "flat-json",
            "--map",
            "ours",
            "results.json",
        ]),
        &["cannot be used with"],
    );
    std::fs::remove_file(here.0.join("knee.toml")).unwrap();
    refused(
        &here.knee(&["convert", "--map", "ours", "results.json"]),
        &["there is no map `ours`", "none was found"],
    );
}

#[test]
fn what_does_not_fit_is_named_with_path_and_value() {
    let here = here("map-value");
    here.write("slow.json", RESULTS.replace("900", "\"fast\""));
    refused(
        &here.knee(&["report", "slow.json"]),
        &["slow.json: record 2: `lat.p95` is \"fast\", expected a number of us"],
    );
    here.write("other.json", RESULTS.replace("p95", "p90"));
    refused(
        &here.knee(&["report", "--map", "ours", "other.json"]),
        &[
            "other.json: `lat.p95`, the `p95` of map `ours` is in none of its 2 records",
            "hint: near to it: lat.p90",
        ],
    );
    refused(
        &here.knee(&["report", "other.json"]),
        &["other.json is not a load-test result that knee knows"],
    );
    here.write("cut.json", RESULTS.get(..80).unwrap());
    refused(
        &here.knee(&["report", "--map", "ours", "cut.json"]),
        &["cut.json, line 1, column 80", "ends too early"],
    );
}

#[test]
fn a_slip_in_a_map_is_shown_at_its_place() {
    let here = here("map-config");
    here.write(
        "knee.toml",
        CONFIG.replace("units = { p95 = \"us\" }", "units = { p95 = \"usec\" }"),
    );
    refused(
        &here.knee(&["report", "results.json"]),
        &[
            "knee.toml, line 5, column 17: `usec` is not a unit of it: expected one of ns us ms s min h",
            "did you mean `us`?",
            "5 | units = { p95 = \"usec\" }",
        ],
    );
    here.write("knee.toml", CONFIG.replace("requests = ", "requets = "));
    refused(
        &here.knee(&["report", "results.json"]),
        &[
            "`requets` is not a field of a map",
            "did you mean `requests`?",
        ],
    );
}

#[test]
fn two_maps_that_fit_are_both_named() {
    let here = here("map-tie");
    let second = CONFIG
        .replace("\"ours\"", "\"theirs\"")
        .replace("\"raw\"", "\"cooked\"");
    here.write("knee.toml", format!("{CONFIG}\n{second}"));
    refused(
        &here.knee(&["report", "results.json"]),
        &[
            "two formats claim results.json: map:ours (members `",
            "and map:theirs",
            "--from map:ours",
        ],
    );
    assert_eq!(
        here.knee(&["report", "results.json", "--from", "map:theirs"])
            .code,
        0
    );
}

#[test]
fn names_that_a_map_brings_in_are_inert() {
    let here = here("map-hostile");
    let mut members = serde_json::Map::new();
    for name in names() {
        members.insert(name, serde_json::json!({"n": 3, "v": 1}));
    }
    let text = serde_json::Value::Object(members).to_string();
    here.write("odd.json", &text);
    let config = "[[map]]\nname = \"odd | <b>\\u001b[31m\"\nrecords = \"*\"\nfields = { endpoint = \"{key}\", requests = \"n\", \"custom:<i>|x\" = \"v\" }\n";
    here.write("knee.toml", config);
    for kind in ["markdown", "text"] {
        let done = here.knee(&["report", "odd.json", "--format", kind, "--full"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!done.out.contains(bad), "{kind}: {}", done.out);
        assert!(kind == "text" || !done.out.contains("<b>"), "{}", done.out);
    }
    let done = here.knee(&["convert", "--map", "x\u{1b}[31m", "odd.json"]);
    assert_eq!(done.code, 2);
    assert!(!done.err.contains('\u{1b}'), "{:?}", done.err);
}

#[test]
fn a_share_of_failures_is_judged_as_a_number_of_them_is() {
    let here = Scratch::new("map-error-rate");
    here.write(
        "knee.toml",
        "[[map]]\nname = \"ours\"\nfields = { requests = \"n\", error_rate = \"err\", p95 = \"p95_ms\" }\nunits = { error_rate = \"ratio\" }\n",
    );
    here.write("results.json", r#"{"n": 1000, "err": 0.9, "p95_ms": 12}"#);
    let target = |target| here.knee(&["check", "results.json", "--target", target]);
    let by_rate = target("error_rate < 1%");
    assert_eq!(by_rate.code, 1, "{}{}", by_rate.out, by_rate.err);
    let by_latency = target("p95 < 100ms");
    assert_ne!(by_latency.code, 0, "{}{}", by_latency.out, by_latency.err);
    let shown = here.knee(&["report", "results.json", "--format", "text"]);
    assert!(shown.out.contains("900 failed (90 %)"), "{}", shown.out);
}

#[test]
fn a_column_that_no_table_has_is_refused_at_its_place() {
    let here = Scratch::new("map-column");
    here.write(
        "knee.toml",
        "[[map]]\nname = \"ours\"\nfields = { requests = \"[18446744073709551615]\" }\n",
    );
    here.write("results.csv", "1,2\n");
    refused(
        &here.knee(&["convert", "--map", "ours", "results.csv"]),
        &["line 3, column 23", "a table has no column"],
    );
}

#[test]
fn rows_that_a_condition_leaves_out_are_not_counted() {
    let here = Scratch::new("map-where");
    let rows = "kind,n,took\nrequest,a,5\ntotal,b,50\nrequest,c,7\n,d,9\n";
    here.write("rows.csv", rows);
    here.write(
        "rows.jsonl",
        "{\"kind\": \"request\", \"took\": 5}\n{\"kind\": \"total\", \"took\": 50}\n{\"kind\": \"request\", \"took\": 7}\n{\"kind\": null, \"took\": 9}\n",
    );
    for (condition, wanted) in [
        ("'kind != total'", 3),
        ("'kind != \"total\"', 'kind !='", 2),
        ("'kind in request'", 2),
        ("'kind in request, total'", 3),
        ("'kind != total', 'kind != request'", 1),
    ] {
        for file in ["rows.csv", "rows.jsonl"] {
            // What stands nowhere is empty in a table and null in JSON.
            let condition = if file.ends_with("jsonl") {
                condition.replace("'kind !='", "'kind != null'")
            } else {
                condition.to_owned()
            };
            here.write(
                "knee.toml",
                format!("[[map]]\nname = 'm'\nfields = {{ latency = 'took' }}\nunits = {{ latency = 'ms' }}\nwhere = [{condition}]\n"),
            );
            let done = here.knee(&["convert", file]);
            assert_eq!(done.code, 0, "{}", done.err);
            let run: serde_json::Value = serde_json::from_str(&done.out).unwrap();
            assert_eq!(run["overall"]["requests"], wanted, "{file} {condition}");
            let left = run["notes"].to_string().contains("`where` leaves out");
            assert!(left, "{}", run["notes"]);
        }
    }
    for (condition, problem) in [
        ("kind total", "expected FIELD != VALUE or FIELD in A, B"),
        ("{key} != a", "no member of a record"),
        ("kind[ != a", "is no path"),
    ] {
        here.write(
            "knee.toml",
            format!(
                "[[map]]\nname = 'm'\nfields = {{ latency = 'took_ms' }}\nwhere = ['{condition}']\n"
            ),
        );
        let done = here.knee(&["convert", "rows.csv"]);
        assert!(done.code == 2 && done.err.contains(problem), "{}", done.err);
    }
    here.write(
        "knee.toml",
        "[[map]]\nname = 'm'\nfields = { latency = 'took' }\nunits = { latency = 'ms' }\nwhere = ['sort != total']\n",
    );
    let done = here.knee(&["convert", "rows.csv", "--map", "m"]);
    assert!(
        done.code == 2 && done.err.contains("no column `sort`, the `where`"),
        "{}",
        done.err
    );
}

#[test]
fn a_rate_and_a_duration_without_a_count_are_judged_and_what_follows_is_marked() {
    let config = sample("maps/own-summary/map.toml");
    let file = sample("maps/own-summary/summary.json");
    let (config, file) = (config.to_str().unwrap(), file.to_str().unwrap());
    let here = Scratch::new("map-no-count");
    let done = here.knee(&[
        "check",
        file,
        "--config",
        config,
        "--target",
        "rate > 42/s",
        "--target",
        "p95 < 200ms",
        "--target",
        "error_rate < 1%",
        "--target",
        "duration < 84s",
        "--format",
        "json",
    ]);
    assert_eq!(done.code, 1, "{}", done.err);
    let found: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let states: Vec<&str> = found["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["pass", "fail", "pass", "pass"]);
    assert_eq!(found["targets"][1]["value"], 302.1);
    let notes = found["runs"][0]["notes"].to_string();
    assert!(notes.contains("requests-derived"), "{notes}");
    // A rate and a share alone are judged too, and make no count.
    here.write(
        "knee.toml",
        "[[map]]\nname = 'm'\nfields = { rate = 'rps', error_rate = 'bad_pct' }\n",
    );
    here.write("r.json", "{\"rps\": 40, \"bad_pct\": 5}");
    let done = here.knee(&[
        "check",
        "r.json",
        "--target",
        "rate > 39/s",
        "--target",
        "error_rate < 1%",
        "--target",
        "goodput < 39/s",
        "--format",
        "json",
    ]);
    let found: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let states: Vec<&str> = found["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        (done.code, states),
        (1, vec!["pass", "fail", "pass"]),
        "{}",
        done.out
    );
    assert!(found["runs"][0]["overall"]["requests"].is_null());
}

#[test]
fn a_series_of_rates_without_counts_shows_whether_throughput_follows() {
    let config = sample("maps/own-summary/map.toml");
    let file = sample("maps/own-summary/levels.json");
    let here = Scratch::new("map-levels");
    let done = here.knee(&[
        "scale",
        file.to_str().unwrap(),
        "--config",
        config.to_str().unwrap(),
        "--level",
        "rate",
        "--format",
        "json",
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    let found: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let levels = found["scalings"][0]["levels"].as_array().unwrap();
    let rates: Vec<f64> = levels
        .iter()
        .map(|level| level["achieved_per_s"].as_f64().unwrap().round())
        .collect();
    assert_eq!(rates, [10.0, 293.0, 951.0]);
    assert!(!done.out.contains("successes per second are not known"));
}
