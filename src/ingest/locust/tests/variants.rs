//! One run in several encodings, under other names, and in files that end at different instants.

#![expect(
    clippy::float_cmp,
    clippy::string_slice,
    reason = "figures of a file are equal to the digit; texts are ASCII"
)]

use std::fmt::Write as _;
use std::io::Read;

use crate::ingest::Input;
use crate::ingest::locust::tests::walk::{run_of, samples};
use crate::ingest::locust::tests::{Folder, HEAD, HISTORY, note, row, shared};
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
        // There Locust takes the next sample, and knee the nearest rank.
        if percentile.divides(json.count) {
            continue;
        }
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
    // Tables and report alone: the report counts all requests, and the tables lend the percentiles that it lacks.
    let ends = ["_stats.csv", "_stats_history.csv", "_failures.csv"];
    let run = set_of_errors(&ends, &html).run("x.html");
    assert_eq!(
        (run.source.format.as_str(), run.overall.requests),
        ("locust-html", Some(616))
    );
    assert_eq!(run.overall.failures, Some(186));
    assert_eq!(run.started_at.unwrap().to_string(), "2026-11-21T02:18:42Z");
    let said = run
        .notes
        .iter()
        .find(|n| n.id == "report-preferred")
        .unwrap();
    assert!(
        said.text.contains("616") && said.text.contains("593"),
        "{}",
        said.text
    );
    assert_eq!(note(&run, "html-differs"), 0);
    assert_eq!(run.errors.len(), 10);
    let failed = run.errors.iter().filter(|e| e.kind != ErrorKind::Exception);
    assert_eq!(failed.map(|e| e.count).sum::<u64>(), 186);
    let latency = run.overall.latency.as_ref().unwrap();
    // The report's own p99, and the p99.9 of the table.
    let of = |percent| latency.percentile(Percentile::new(percent).unwrap());
    assert_eq!(of(99.0).map(|ms| ms.0), Some(130.0));
    assert_eq!(of(99.9).map(|ms| ms.0), Some(1500.0));
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
    assert!(error.contains("ends before `</html>`"), "{error}");
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
        let requests = if prefix.is_empty() { 593 } else { 616 };
        assert_eq!(
            (run.overall.requests, run.load.users_max),
            (Some(requests), Some(8.0))
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
        (Some(616), 3)
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
