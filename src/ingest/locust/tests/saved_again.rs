//! Files with a log around them, saved again by spreadsheets and shells, and of releases before 1.0.

#![expect(
    clippy::float_cmp,
    clippy::string_slice,
    reason = "figures of a file are equal to the digit; texts are ASCII"
)]

use std::fs;
use std::io::Cursor;

use crate::ingest::locust::tests::{Folder, HEAD, error_of, json, note, row};
use crate::ingest::{Input, Options, expand, read};
use crate::model::{Percentile, Run};

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
