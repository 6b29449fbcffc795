//! One run in several encodings, and files under other names, of other releases, saved again, with a log around them.

#![expect(
    clippy::float_cmp,
    clippy::string_slice,
    reason = "figures of a file are equal to the digit; texts are ASCII"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Read};

use crate::ingest::locust::tests::{Folder, HEAD, HISTORY, error_of, json, note, row, shared};
use crate::ingest::locust::walk::{run_of, samples};
use crate::ingest::{Input, Options, expand, read};
use crate::model::{ErrorKind, Latency, Percentile, Run};

fn unpacked(name: &str) -> String {
    let mut text = String::new();
    let input = Input::file(&samples().join(name), name);
    input.open().unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The JSON, the tables and the report of one run, each read alone.
fn three(case: &str, report: &str) -> (Run, Run, Run) {
    let html = unpacked(report);
    let parts = |ends: &[&str]| {
        let files: Vec<(String, String)> = ends
            .iter()
            .map(|end| (format!("x{end}"), shared(&format!("{case}{end}"))))
            .collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        Folder::of(&files).run(files[0].0)
    };
    (
        parts(&[".json"]),
        parts(&[
            "_stats.csv",
            "_failures.csv",
            "_exceptions.csv",
            "_stats_history.csv",
        ]),
        Folder::of(&[("x.html", html.as_str())]).run("x.html"),
    )
}

fn kinds(run: &Run) -> Vec<(Option<String>, u64)> {
    let mut counts = std::collections::BTreeMap::new();
    for error in &run.errors {
        *counts
            .entry(Some(format!("{:?} {:?}", error.kind, error.code)))
            .or_insert(0) += error.count;
    }
    counts.into_iter().collect()
}

#[test]
fn json_tables_and_report_of_one_run_agree() {
    let mut compared = 0;
    for (case, report, is_old) in [
        ("v2.47.0/errors", "v2.47.0/html-only/errors.html.gz", false),
        ("v2.47.0/steps", "v2.47.0/html-only/steps.html", false),
        ("v2.20.1/errors", "v2.20.1/html-only/errors.html.gz", true),
    ] {
        let (json, tables, html) = three(case, report);
        let requests = |run: &Run| run.overall.requests.unwrap();
        // The tables lack about the last second, the report does not.
        assert_eq!(requests(&html), requests(&json), "{case}");
        assert_eq!(html.overall.failures, json.overall.failures, "{case}");
        let lacks = requests(&json) - requests(&tables);
        assert!(lacks <= 25, "{case}: {lacks}");
        assert_eq!(html.endpoints.len(), json.endpoints.len());
        let pairs = html.endpoints.iter().zip(&json.endpoints);
        let all = pairs.map(|(a, b)| {
            assert_eq!((&a.name, &a.method), (&b.name, &b.method), "{case}");
            (&a.stats, &b.stats)
        });
        for (a, b) in all.chain([(&html.overall, &json.overall)]) {
            assert_eq!((a.requests, a.failures), (b.requests, b.failures), "{case}");
            let (Some(a), Some(b)) = (&a.latency, &b.latency) else {
                continue;
            };
            agree(a, b, is_old, case);
            compared += 1;
        }
        // Of the set, the JSON has no errors; the report has those after the last row of the tables as well.
        let (of_html, of_tables) = (kinds(&html), kinds(&tables));
        // Old reports have the bare message where the tables have the kind of exception around it.
        let named = |kinds: Vec<(Option<String>, u64)>| -> Vec<(Option<String>, u64)> {
            let code =
                |kind: &Option<String>| kind.as_ref().is_some_and(|kind| kind.contains("Some"));
            kinds
                .into_iter()
                .filter(|(kind, _)| !is_old || code(kind))
                .collect()
        };
        let (of_html, of_tables) = (named(of_html), named(of_tables));
        assert_eq!(of_html.len(), of_tables.len(), "{case}");
        for ((kind, a), (other, b)) in of_html.iter().zip(&of_tables) {
            assert_eq!(kind, other, "{case}");
            assert!(a >= b && a - b <= lacks, "{case} {kind:?}: {a} {b}");
        }
        let failed = |run: &Run| -> u64 {
            let errors = run.errors.iter().filter(|e| e.kind != ErrorKind::Exception);
            errors.map(|e| e.count).sum()
        };
        assert_eq!(Some(failed(&html)), html.overall.failures, "{case}");
        assert_eq!(html.load.users_max, tables.load.users_max, "{case}");
    }
    assert!(compared >= 40, "{compared}");
}

fn agree(html: &Latency, json: &Latency, is_old: bool, case: &str) {
    let (mean, exact) = (html.mean.unwrap().0, json.mean.unwrap().0);
    if is_old {
        assert_eq!(mean, exact.floor(), "{case}");
        assert_eq!(html.min.unwrap().0, json.min.unwrap().0.floor());
        assert_eq!(html.max.unwrap().0, json.max.unwrap().0.floor());
    } else {
        assert!((mean - exact).abs() <= 1e-9 * exact, "{case}");
        assert!((html.min.unwrap().0 - json.min.unwrap().0).abs() <= 0.5);
        assert!((html.max.unwrap().0 - json.max.unwrap().0).abs() <= 0.5);
    }
    for percent in [50.0, 80.0, 90.0, 95.0, 99.0] {
        let percentile = Percentile::new(percent).unwrap();
        assert_eq!(
            html.percentile(percentile),
            json.percentile(percentile),
            "{case}"
        );
    }
    assert_eq!(html.percentile(Percentile::P75), None);
}

fn set_of_errors(ends: &[&str], html: &str) -> Folder {
    let mut files: Vec<(String, String)> = ends
        .iter()
        .map(|end| (format!("x{end}"), shared(&format!("v2.47.0/errors{end}"))))
        .collect();
    files.push(("x.html".to_owned(), html.to_owned()));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    Folder::of(&files)
}

#[test]
fn a_report_beside_the_others_is_the_same_run_and_counts_nothing_twice() {
    let html = unpacked("v2.47.0/html-only/errors.html.gz");
    let all = [
        ".json",
        "_stats.csv",
        "_failures.csv",
        "_exceptions.csv",
        "_stats_history.csv",
    ];
    let folder = set_of_errors(&all, &html);
    let run = folder.run("x.html");
    let without = run_of(&samples().join("v2.47.0/errors.json").to_string_lossy());
    assert_eq!(run.source.format, "locust-json");
    assert_eq!(run.source.files.len(), 6);
    assert_eq!(
        (&run.overall, &run.endpoints),
        (&without.overall, &without.endpoints)
    );
    assert_eq!(
        (&run.timeline, &run.errors),
        (&without.timeline, &without.errors)
    );
    assert_eq!(run, folder.run("x_stats.csv"));
    // JSON and report alone: errors, codes and users come from the report, seconds from the JSON.
    let run = set_of_errors(&[".json"], &html).run("x.json");
    assert_eq!(run.source.format, "locust-json");
    assert_eq!(
        (run.overall.requests, run.load.users_max),
        (Some(616), Some(8.0))
    );
    assert_eq!(run.overall.codes["403"], 76);
    assert_eq!(run.errors.len(), 10);
    let sum: u64 = run.timeline.iter().filter_map(|s| s.stats.requests).sum();
    assert_eq!(sum, 616);
    // A point every five seconds; the last one lies behind the last request.
    assert!(run.timeline.iter().filter(|s| s.users.is_some()).count() >= 3);
    // Tables and report alone: the tables' figures, the report's start.
    let run = set_of_errors(&["_stats.csv", "_stats_history.csv"], &html).run("x.html");
    assert_eq!(
        (run.source.format.as_str(), run.overall.requests),
        ("locust-csv", Some(593))
    );
    assert_eq!(run.started_at.unwrap().to_string(), "2026-11-21T02:18:42Z");
    let differs = run.notes.iter().find(|n| n.id == "html-differs").unwrap();
    assert!(
        differs.text.contains("616") && differs.text.contains("593"),
        "{}",
        differs.text
    );
    assert_eq!(run.errors.len(), 10);
}

#[test]
fn a_report_of_another_run_or_half_a_report_is_left_out_and_named() {
    let steps = unpacked("v2.47.0/html-only/steps.html");
    let run = set_of_errors(&["_stats.csv"], &steps).run("x_stats.csv");
    assert_eq!(
        (run.overall.requests, run.source.files.len()),
        (Some(593), 1)
    );
    assert_eq!(note(&run, "html-of-another-run"), 1);
    let half = &steps[..steps.len() - 600];
    let run = set_of_errors(&["_stats.csv"], half).run("x.html");
    assert_eq!(note(&run, "html-unreadable"), 1);
    assert_eq!(run.overall.requests, Some(593));
    let error = Folder::of(&[("x.html", half)]).error("x.html");
    assert!(error.starts_with("x.html, line "), "{error}");
}

fn from_stdin(bytes: Vec<u8>) -> Result<Vec<Run>, crate::ingest::IngestError> {
    let mut input = Some(Input::stream("-", Cursor::new(bytes)));
    let found = expand(&["-".to_owned()], &mut || input.take().unwrap())?;
    read(found, &Options::default()).map(|ingested| ingested.runs)
}

const LOG: &str = "[2026-11-21 02:27:21,123] box/INFO/locust.main: Starting Locust 2.47.0\n[2026-11-21 02:27:21,140] box/INFO/locust.runners: Ramping to 5 users\nType     Name      # reqs      # fails |    Avg     Min     Max    Med\n--------|---------|-------|-------------|-------\nGET      /a             4     1(25.00%) |     25       9      60     15\n\n";

#[test]
fn a_log_around_the_array_changes_nothing() {
    let plain = Folder::of(&[("p.json", &json("-", ""))]).run("p.json");
    let after = "\n[2026-11-21 02:28:21,123] box/INFO/locust.main: Shutting down (exit code 1)\n";
    for text in [
        format!("{LOG}{}{after}", json("-", "")),
        format!("{LOG}[\"not ours\"]\n[{{\"a\": 1}}]\n{}\n", json("-", "")),
        format!(
            "{LOG}{}",
            json("-", "")
                .replace("[{", "[\n    {")
                .replace('\n', "\r\n")
        ),
        format!("{}{after}", json("-", "")),
    ] {
        let run = Folder::of(&[("p.json", &text)]).run("p.json");
        assert_eq!(
            (&run.overall, &run.timeline),
            (&plain.overall, &plain.timeline)
        );
        assert_eq!(run.source.format, "locust-json");
        assert!(note(&run, "log-lines") >= 1);
        assert!(!serde_json::to_string(&run).unwrap().contains("box"));
    }
    let run = Folder::of(&[("p.json", &format!("{LOG}[]\n"))]).run("p.json");
    assert_eq!(
        (run.overall.requests, note(&run, "log-lines")),
        (Some(0), 5)
    );
}

#[test]
fn an_array_behind_a_long_log_is_found_and_a_log_alone_is_no_result() {
    let long = LOG.repeat(400);
    assert!(long.len() > 2 * crate::ingest::sniff::HEAD_BYTES);
    let text = format!("{long}{}\n", json("-", ""));
    let run = Folder::of(&[("out.txt", &text)]).run("out.txt");
    assert_eq!(run.overall.requests, Some(4));
    assert_eq!(
        from_stdin(text.into_bytes()).unwrap()[0].overall.requests,
        Some(4)
    );
    // In a folder it is left out and told, alone there is nothing.
    let folder = Folder::of(&[("locust.log", &long), ("p.json", &json("-", ""))]);
    let none = &mut || -> Input { panic!("no standard input") };
    let found = expand(&[folder.path("")], none).unwrap();
    let ingested = read(found, &Options::default()).unwrap();
    assert_eq!((ingested.runs.len(), ingested.skipped.len()), (1, 1));
    assert!(ingested.skipped[0].ends_with("locust.log"));
}

#[test]
fn what_follows_an_array_is_not_passed_over() {
    let one = json("-", "");
    for text in [
        format!("{one}\n{one}\n"),
        format!("{one} x"),
        format!("{one}]"),
    ] {
        let error = Folder::of(&[("p.json", &text)]).error("p.json");
        assert!(
            error.contains("something else follows the array"),
            "{error}"
        );
    }
    let error = Folder::of(&[("p.json", &format!("{LOG}{one}\n{LOG}{one}\n"))]).error("p.json");
    assert!(error.contains("several arrays"), "{error}");
    let half = &one[..one.len() / 2];
    let error = Folder::of(&[("p.json", &format!("{LOG}{half}"))]).error("p.json");
    assert!(
        error.contains("p.json, line 7") && error.contains("EOF"),
        "{error}"
    );
}

fn wide(text: &str, big: bool) -> Vec<u8> {
    let units = format!("\u{feff}{text}").encode_utf16().collect::<Vec<_>>();
    let bytes = units.into_iter().flat_map(|unit| {
        if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    });
    bytes.collect()
}

#[test]
fn spreadsheets_and_shells_that_save_utf_16_are_read() {
    let rows = row("GET", "/größe", 3) + &row("", "Aggregated", 3);
    let plain = Folder::of(&[("p_stats.csv", &format!("{HEAD}{rows}"))]).run("p_stats.csv");
    let tabs = format!("{HEAD}{rows}").replace(',', "\t");
    let comma = tabs.replace('.', ",");
    for text in [format!("{HEAD}{rows}"), tabs, comma] {
        for big in [false, true] {
            let folder = Folder::of(&[]);
            fs::write(folder.path("p_stats.csv"), wide(&text, big)).unwrap();
            let run = folder.run("p_stats.csv");
            assert_eq!(
                (&run.overall, &run.endpoints),
                (&plain.overall, &plain.endpoints)
            );
            let told = run.notes.iter().find(|n| n.id == "resaved").unwrap();
            assert!(told.text.contains("UTF-16"), "{}", told.text);
        }
    }
    // `locust --json > p.json` in PowerShell.
    let narrow = Folder::of(&[("p.json", &json("-", ""))]).run("p.json");
    let folder = Folder::of(&[]);
    fs::write(
        folder.path("p.json"),
        wide(&format!("{LOG}{}", json("-", "")), false),
    )
    .unwrap();
    assert_eq!(folder.run("p.json").overall, narrow.overall);
}

#[test]
fn tabs_without_utf_16_are_read_and_told() {
    let text =
        format!("{HEAD}{}", row("GET", "/a", 3) + &row("", "Aggregated", 3)).replace(',', "\t");
    let run = Folder::of(&[("p_stats.csv", &text)]).run("p_stats.csv");
    assert_eq!(run.overall.requests, Some(3));
    let told = run.notes.iter().find(|n| n.id == "resaved").unwrap();
    assert!(
        told.text.contains("tabs between the cells"),
        "{}",
        told.text
    );
}

#[test]
fn thousands_separators_are_refused_by_name() {
    let semicolons =
        format!("{HEAD}{}", row("GET", "/a", 3) + &row("", "Aggregated", 3)).replace(',', ";");
    let commas = format!("{HEAD}{}", row("GET", "/a", 3));
    for (text, from, to) in [
        (&commas, ",3,1,", ",\"1,234\",1,"),
        (&commas, ",21.5,", ",\"1,234.5\","),
        (&commas, ",21.5,", ",1 234.5,"),
        (&semicolons, ";3;1;", ";1.234;1;"),
        (&semicolons, ";21.5;", ";1.234.567,5;"),
        (&semicolons, ";21.5;", ";1'234,5;"),
        (&semicolons, ";21.5;", ";1\u{202f}234,5;"),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(&broken, text);
        let folder = Folder::of(&[("p_stats.csv", &broken)]);
        let error = error_of(&folder.path("p_stats.csv"));
        assert!(
            error.to_string().contains("whose thousands are separated"),
            "{to}: {error}"
        );
        assert!(
            error.hint().unwrap().contains("no thousands separators"),
            "{to}"
        );
    }
    // A decimal comma in one cell and a point before three digits in another: one of them separates thousands.
    let both = semicolons
        .replacen(";21.5;", ";21,5;", 1)
        .replacen(";99.5;", ";1.234;", 1);
    let error = Folder::of(&[("p_stats.csv", &both)]).error("p_stats.csv");
    assert!(
        error.contains("one mark for decimals in the whole file"),
        "{error}"
    );
    // Three decimals with a point throughout are a number.
    let point = semicolons.replacen(";99.5;", ";1.234;", 1);
    let run = Folder::of(&[("p_stats.csv", &point)]).run("p_stats.csv");
    assert_eq!(
        run.endpoints[0]
            .stats
            .latency
            .as_ref()
            .unwrap()
            .max
            .unwrap()
            .0,
        1.234
    );
}

/// The header of 1.0, and of 0.14.6 where `before` says so; the rows are written as these versions do.
fn of_1_0(before: bool) -> String {
    let head = if before {
        "\"Type\",\"Name\",\"# requests\",\"# failures\",\"Median response time\",\"Average response time\",\"Min response time\",\"Max response time\",\"Average Content Size\",\"Requests/s\",\"Requests Failed/s\",\"50%\",\"95%\",\"99.999\",\"100%\""
    } else {
        "\"Type\",\"Name\",\"Request Count\",\"Failure Count\",\"Median Response Time\",\"Average Response Time\",\"Min Response Time\",\"Max Response Time\",\"Average Content Size\",\"Requests/s\",\"Failures/s\",\"50%\",\"95%\",\"99.999%\",\"100%\""
    };
    format!(
        "{head}\n\"GET\",\"/a\",30,2,20,21,3,99,10,2.00,0.13,20,40,90,99\n\"GET\",\"/b\",10,0,20,21,3,99,10,0.67,0.00,20,40,90,99\n\"None\",\"Aggregated\",40,2,20,21,3,99,10,2.67,0.13,20,40,90,99"
    )
}

#[test]
fn the_last_row_of_1_0_and_before_is_the_total() {
    for before in [false, true] {
        let run = Folder::of(&[("p_stats.csv", &of_1_0(before))]).run("p_stats.csv");
        assert_eq!(
            (run.overall.requests, run.overall.failures),
            (Some(40), Some(2))
        );
        assert_eq!(run.endpoints.len(), 2);
        let latency = run.overall.latency.as_ref().unwrap();
        assert_eq!(latency.percentile(Percentile::P95).unwrap().0, 40.0);
        assert_eq!(latency.max.unwrap().0, 99.0);
        assert_eq!(note(&run, "whole-ms"), u64::from(before));
    }
}

#[test]
fn older_tables_are_left_out_beside_others_and_refused_alone() {
    let history = "\"Type\",\"Name\",\"Timestamp\",\"# requests\",\"# failures\",\"Requests/s\",\"Requests Failed/s\"\n\"None\",\"Aggregated\",\"1\",3,0,1.00,0.00\n";
    let folder = Folder::of(&[
        ("p_stats.csv", &of_1_0(true)),
        ("p_stats_history.csv", history),
    ]);
    let run = folder.run("p_stats.csv");
    assert_eq!(
        (run.overall.requests, note(&run, "old-tables")),
        (Some(40), 1)
    );
    let requests = "\"Method\",\"Name\",\"# requests\",\"# failures\",\"Median response time\"\n\"None\",\"Total\",3,0,1\n";
    let distribution = "\"Name\",\"# requests\",\"50%\",\"66%\"\n\"Total\",3,1,1\n";
    for text in [history, requests, distribution] {
        let error = Folder::of(&[("p_requests.csv", text)]).error("p_requests.csv");
        assert!(error.contains("Locust before 1.0"), "{error}");
    }
}

#[test]
fn downloads_of_the_web_ui_are_one_run_where_their_names_tell_it() {
    let kinds = [
        ("requests", "_stats.csv"),
        ("failures", "_failures.csv"),
        ("exceptions", "_exceptions.csv"),
        ("requests_full_history", "_stats_history.csv"),
    ];
    let html = unpacked("v2.47.0/html-only/errors.html.gz");
    for prefix in [
        "Locust_2026-11-21-02h18_errors.py_http___127.0.0.1_4110_",
        "",
    ] {
        let mut files: Vec<(String, String)> = kinds
            .iter()
            .map(|(kind, end)| {
                (
                    format!("{prefix}{kind}.csv"),
                    shared(&format!("v2.47.0/errors{end}")),
                )
            })
            .collect();
        if let Some(stem) = prefix.strip_suffix('_') {
            files.push((format!("{stem}.html"), html.clone()));
        }
        let given: Vec<(&str, &str)> = files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let folder = Folder::of(&given);
        let run = folder.run("");
        assert_eq!(run.source.files.len(), files.len(), "{prefix}");
        assert_eq!(
            (run.overall.requests, run.load.users_max),
            (Some(593), Some(8.0))
        );
        assert_eq!(run.errors.len(), 10);
        for (name, _) in &given {
            assert_eq!(folder.run(name), run, "{name}");
        }
    }
    // Before 2.33 every download has a time of its own: joined by hand.
    let folder = Folder::of(&[
        (
            "requests_1795227522.12.csv",
            &shared("v2.47.0/errors_stats.csv"),
        ),
        (
            "failures_1795227525.98.csv",
            &shared("v2.47.0/errors_failures.csv"),
        ),
        ("report_1795227530.5.html", &html),
    ]);
    assert_eq!(
        folder.run("requests_1795227522.12.csv").source.files.len(),
        1
    );
    assert_eq!(
        folder.run("report_1795227530.5.html").overall.requests,
        Some(616)
    );
    let joined = [
        "requests_1795227522.12.csv",
        "failures_1795227525.98.csv",
        "report_1795227530.5.html",
    ]
    .map(|name| folder.path(name))
    .join("+");
    let run = run_of(&joined);
    assert_eq!(
        (run.overall.requests, run.source.files.len()),
        (Some(593), 3)
    );
}

#[test]
fn a_killed_run_whose_files_end_at_different_instants_says_so() {
    // The table was flushed at 40 requests, the history at 30 with half a line behind.
    let mut history = HISTORY.to_owned();
    for (second, n) in [(1000, 0), (1001, 10), (1002, 30)] {
        write!(
            history,
            "{second},5,GET,/a,0,0,5,6,7,8,{n},0,5,5.0,1.0,900.0,0\r\n"
        )
        .unwrap();
        write!(
            history,
            "{second},5,,Aggregated,0,0,5,6,7,8,{n},0,5,5.0,1.0,900.0,0\r\n"
        )
        .unwrap();
    }
    history.push_str("1003,5,GET,/a,0.0");
    let stats = format!(
        "{HEAD}{}{}GET,/c,1",
        row("GET", "/a", 40),
        row("", "Aggregated", 40)
    );
    let folder = Folder::of(&[
        ("p_stats.csv", &stats),
        ("p_stats_history.csv", &history),
        ("p.json", ""),
    ]);
    let run = folder.run("p_stats.csv");
    assert_eq!(run.overall.requests, Some(40));
    assert_eq!(
        (
            note(&run, "rows-cut"),
            note(&run, "history-rows"),
            note(&run, "history-short")
        ),
        (1, 1, 10)
    );
    let slices: Vec<_> = run
        .timeline
        .iter()
        .map(|s| {
            (
                s.stats.requests.unwrap(),
                s.endpoints[0].stats.requests.unwrap(),
                s.users,
            )
        })
        .collect();
    assert_eq!(slices, [(10, 10, Some(5.0)), (20, 20, Some(5.0))]);
    // A history alone: endpoints and total are of the last whole second.
    history.push_str(",0.0,5,6,7,8,35,0,5,5.0,1.0,900.0,0\r\n");
    let run = Folder::of(&[("p_stats_history.csv", &history)]).run("p_stats_history.csv");
    assert_eq!(
        (run.overall.requests, run.endpoints[0].stats.requests),
        (Some(30), Some(30))
    );
    assert_eq!(note(&run, "history-cut"), 1);
}

#[test]
fn a_reset_gives_no_negative_counts_to_an_endpoint() {
    let mut history = HISTORY.to_owned();
    for (second, n) in [(1000, 0), (1001, 10), (1002, 30), (1003, 4), (1004, 9)] {
        write!(
            history,
            "{second},5,GET,/a,0,0,5,6,7,8,{n},0,5,5.0,1.0,900.0,0\r\n"
        )
        .unwrap();
        write!(
            history,
            "{second},5,,Aggregated,0,0,5,6,7,8,{n},0,5,5.0,1.0,900.0,0\r\n"
        )
        .unwrap();
    }
    let stats = format!("{HEAD}{}{}", row("GET", "/a", 9), row("", "Aggregated", 9));
    let run = Folder::of(&[("p_stats.csv", &stats), ("p_stats_history.csv", &history)])
        .run("p_stats.csv");
    let slices: Vec<_> = run
        .timeline
        .iter()
        .map(|s| {
            (
                s.stats.requests.unwrap(),
                s.endpoints[0].stats.requests.unwrap(),
            )
        })
        .collect();
    assert_eq!(slices, [(4, 4), (5, 5)]);
    assert_eq!(note(&run, "stats-reset"), 2);
    assert_eq!(run.overall.requests, Some(9));
}
