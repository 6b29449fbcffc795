//! Files with a log around them, saved again by spreadsheets and shells, and of releases before 1.0.

#![expect(
    clippy::float_cmp,
    clippy::string_slice,
    reason = "figures of a file are equal to the digit; texts are ASCII"
)]

use std::fs;

use crate::ingest::locust::tests::{Folder, HEAD, error_of, json, note, row};
use crate::ingest::{Input, Options, expand, read};
use crate::model::Percentile;

const LOG: &str = "[2026-11-21 02:27:21,123] box/INFO/locust.main: Starting Locust 2.47.0\n[2026-11-21 02:27:21,140] box/INFO/locust.runners: Ramping to 5 users\nType     Name      # reqs      # fails |    Avg     Min     Max    Med\n--------|---------|-------|-------------|-------\nGET      /a             4     1(25.00%) |     25       9      60     15\n\n";

#[test]
fn a_log_around_the_array_is_refused_and_left_out_beside_tables() {
    let one = json("-", "");
    let after = "\n[2026-11-21 02:28:21,123] box/INFO/locust.main: Shutting down (exit code 1)\n";
    for (text, line, problem) in [
        (format!("{LOG}{one}"), 1, "and nothing before it"),
        (format!("x\n{LOG}{one}"), 1, "and nothing before it"),
        (format!("{one}{after}"), 1, "something else follows"),
    ] {
        let folder = Folder::of(&[("p.json", &text)]);
        let error = error_of(&folder.path("p.json"));
        let said = error.to_string();
        assert!(said.contains(&format!("p.json, line {line}: ")), "{said}");
        assert!(said.contains(problem), "{said}");
        assert!(error.hint().unwrap().contains("log"), "{said}");
        let rows = row("GET", "/a", 3) + &row("", "Aggregated", 3);
        let table = format!("{HEAD}{rows}");
        let run = Folder::of(&[("p.json", &text), ("p_stats.csv", &table)]).run("p_stats.csv");
        assert_eq!(run.overall.requests, Some(3));
        assert_eq!(note(&run, "json-unreadable"), 1);
    }
}

#[test]
fn a_log_alone_is_no_result() {
    // In a folder it is left out and told, alone there is nothing.
    let folder = Folder::of(&[("locust.log", LOG), ("p.json", &json("-", ""))]);
    let none = &mut || -> Input { panic!("no standard input") };
    let found = expand(&[folder.path("")], none).unwrap();
    let ingested = read(found, &Options::default()).unwrap();
    assert_eq!((ingested.runs.len(), ingested.skipped.len()), (1, 1));
    assert!(ingested.skipped[0].ends_with("locust.log"));
    let error = folder.error("locust.log");
    assert!(error.contains("a log of Locust"), "{error}");
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
    let half = &one[..one.len() / 2];
    let error = Folder::of(&[("p.json", half)]).error("p.json");
    assert!(error.contains("EOF"), "{error}");
}

fn wide(text: &str) -> Vec<u8> {
    let units = format!("\u{feff}{text}");
    units.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// `locust --json > p.json` and `Get-Content p.csv > q.csv` in `PowerShell`.
#[test]
fn utf_16_changes_nothing() {
    let rows = row("GET", "/größe", 3) + &row("", "Aggregated", 3);
    let table = format!("{HEAD}{rows}");
    let array = json("-", "");
    for (name, text) in [("p_stats.csv", table), ("p.json", array)] {
        let plain = Folder::of(&[(name, &text)]).run(name);
        let folder = Folder::of(&[]);
        fs::write(folder.path(name), wide(&text)).unwrap();
        let run = folder.run(name);
        assert_eq!(
            (&run.overall, &run.endpoints, &run.notes),
            (&plain.overall, &plain.endpoints, &plain.notes)
        );
    }
}

#[test]
fn tables_that_a_spreadsheet_saved_with_other_separators_are_refused() {
    let rows = row("GET", "/a", 3) + &row("", "Aggregated", 3);
    for (separator, name) in [(";", "semicolons"), ("\t", "tabs")] {
        let text = format!("{HEAD}{rows}").replace(',', separator);
        for bytes in [text.clone().into_bytes(), wide(&text)] {
            let folder = Folder::of(&[]);
            fs::write(folder.path("p_stats.csv"), bytes).unwrap();
            let error = error_of(&folder.path("p_stats.csv"));
            assert_eq!(
                error.to_string(),
                format!("p_stats.csv, line 1: expected commas between the cells, found {name}")
            );
            assert!(error.hint().unwrap().contains("as Locust wrote it"));
        }
    }
    let commas = format!("{HEAD}{rows}");
    for (from, to, cell) in [
        (",3,1,", ",\"1,234\",1,", "Request Count"),
        (",21.5,", ",1 234.5,", "Average Response Time"),
    ] {
        let text = commas.replacen(from, to, 1);
        let error = Folder::of(&[("p_stats.csv", &text)]).error("p_stats.csv");
        assert!(error.contains(cell) && error.contains("234"), "{error}");
    }
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
