//! Reports as releases, browsers, crashes and strangers leave them.

#![expect(
    clippy::float_cmp,
    reason = "figures of a file are equal to the digit; texts are ASCII"
)]

use std::io::{Cursor, Read};

use serde_json::{Value, json};

use super::*;
use crate::ingest::locust::walk::samples;
use crate::ingest::{Options, expand, read as read_all};
use crate::model::Run;

fn run_of(text: &[u8]) -> Result<Run, IngestError> {
    let mut input = Some(Input::stream("-", Cursor::new(text.to_vec())));
    let found = expand(&["-".to_owned()], &mut || input.take().unwrap())?;
    let mut runs = read_all(found, &Options::default())?.runs;
    assert_eq!(runs.len(), 1);
    Ok(runs.remove(0))
}

fn refusal(text: &str) -> String {
    run_of(text.as_bytes()).unwrap_err().to_string()
}

fn sample(name: &str) -> Vec<u8> {
    let path = samples().join(name);
    let input = Input::file(&path, name);
    let mut bytes = Vec::new();
    input.open().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn count(run: &Run, id: &str) -> u64 {
    let notes = run.notes.iter().filter(|note| note.id == id);
    notes.map(|note| note.count).sum()
}

fn names(run: &Run) -> Vec<&str> {
    run.endpoints.iter().map(|e| e.name.as_str()).collect()
}

/// A report of 2.32 and later around this object.
fn page(args: &Value) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Locust</title>\n<script>M=window.templateArgs?(k=window.templateArgs):{{}}</script></head>\n<body>\n    <script>\n      window.templateArgs = {args}\n      window.theme = \"\"\n    </script>\n</body></html>"
    )
}

fn stat(method: &str, name: &str, requests: u64) -> Value {
    json!({"method": method, "name": name, "num_requests": requests, "num_failures": 1, "avg_response_time": 20.25,
        "min_response_time": 3.0, "max_response_time": 99.0, "median_response_time": 20, "total_rps": 2.0,
        "total_fail_per_sec": 0.1, "avg_content_length": 10.5, "response_time_percentile_0.95": 40})
}

fn times(method: &str, name: &str) -> Value {
    json!({"method": method, "name": name, "0.5": 20, "0.95": 40, "0.999": 90, "1.0": 100})
}

/// An object with one endpoint of this name.
fn args(name: &str) -> Value {
    json!({
        "is_report": true,
        "requests_statistics": [stat("GET", name, 30), stat("", "Aggregated", 30)],
        "response_time_statistics": [times("GET", name), times("", "Aggregated")],
        "failures_statistics": [{"method": "GET", "name": name, "error": "HTTPError('404 Client Error: x')", "occurrences": 1}],
        "exceptions_statistics": [], "history": [],
        "start_time": "2026-11-21T23:59:50Z", "end_time": "2026-11-22T00:00:05Z", "host": "http://secret.example",
    })
}

/// A report of 1.6.0 with these rows; `{}` of the history is what stands in its arrays.
fn old_page(rows: &str, percentiles: &str, history: &str) -> String {
    let heads = |cells: &[&str]| format!("<th>{}</th>\n", cells.join("</th>\n<th>"));
    let first = heads(&[
        "Method",
        "Name",
        "# Requests",
        "# Fails",
        "Average (ms)",
        "Min (ms)",
        "Max (ms)",
        "Average size (bytes)",
        "RPS",
        "Failures/s",
    ]);
    let second = heads(&[
        "Method",
        "Name",
        "50%ile (ms)",
        "95%ile (ms)",
        "100%ile (ms)",
    ]);
    format!(
        "<!DOCTYPE html>\n<html><head><title>Test Report</title></head><body>\n<h1>Locust Test Report</h1>\n<p>During: <span>2026-11-21 23:59:50 - 2026-11-22 00:00:05</span></p>\n<p>Target Host: <span>http://secret.example</span></p>\n<table class=\"stats\"><thead><tr>{first}</tr></thead><tbody>{rows}</tbody></table>\n<table><thead><tr>{second}</tr></thead><tbody>{percentiles}</tbody></table>\n<script>\n        // jquery-1.11.3.min.js\n<tr><td>no row</td></tr></script>\n<script>\nvar stats_history = {{\n{history}}};\n</script></body></html>"
    )
}

fn tr(cells: &[&str]) -> String {
    format!("<tr>\n<td>{}</td>\n</tr>\n", cells.join("</td>\n<td>"))
}

fn old_row(method: &str, name: &str, requests: &str) -> String {
    tr(&[
        method, name, requests, "1", "20", "3", "99", "10", "2.0", "0.1",
    ])
}

#[test]
fn the_first_bytes_of_real_pages_are_enough_to_claim_them() {
    for (name, mark) in [
        ("v1.6.0/html-only/steps.html", "Locust Test Report"),
        ("v2.20.1/html-only/errors.html.gz", "Locust Test Report"),
        ("v2.47.0/html-only/errors.html.gz", "titled `Locust`"),
        ("v2.47.0/html-only/steps.html", "titled `Locust`"),
    ] {
        let input = Input::file(&samples().join(name), name);
        let (bytes, complete) = input.head().unwrap();
        let head = Head {
            name,
            bytes: &bytes,
            complete,
        };
        let claim = sniff(&head).unwrap();
        assert_eq!(claim.grade, Grade::Certain);
        assert!(claim.why.contains(mark), "{}", claim.why);
    }
    for other in [
        "<html><title>Gatling Stats</title>",
        "Locust",
        "<title>Locusts of 1874</title",
    ] {
        let head = Head {
            name: "x",
            bytes: other.as_bytes(),
            complete: true,
        };
        assert_eq!(sniff(&head).is_some(), other.contains("Locusts"), "{other}");
    }
}

#[test]
fn an_object_gives_every_figure_and_no_host() {
    let run = run_of(page(&args("/a")).as_bytes()).unwrap();
    assert_eq!(run.source.format, "locust-html");
    assert_eq!(
        (run.overall.requests, run.overall.failures),
        (Some(30), Some(1))
    );
    // 30 requests at 2.0 a second.
    assert_eq!(run.duration, Some(Seconds(15.0)));
    assert_eq!(run.started_at.unwrap().to_string(), "2026-11-21T23:59:50Z");
    assert_eq!(run.overall.bytes_received, Some(315));
    let latency = run.endpoints[0].stats.latency.as_ref().unwrap();
    assert_eq!(latency.mean, Some(Millis(20.25)));
    let shown: Vec<String> = latency
        .percentiles
        .iter()
        .map(|(p, v)| format!("{p}={}", v.0))
        .collect();
    assert_eq!(shown, ["p50=20", "p95=40", "p99.9=90"]);
    assert_eq!(run.overall.codes["404"], 1);
    let text = serde_json::to_string(&run).unwrap();
    assert!(!text.contains("secret"));
}

#[test]
fn a_name_that_quotes_the_mark_does_not_hide_the_object() {
    let name = "window.templateArgs = {\"a\": 1}\n      window.templateArgs = {}";
    let run = run_of(page(&args(name)).as_bytes()).unwrap();
    assert_eq!(names(&run), [name]);
}

#[test]
fn the_bundle_may_stand_before_or_behind() {
    let whole = page(&args("/a"));
    let moved = whole.replace(
        "</body>",
        "<script>x=window.templateArgs = {broken</script></body>",
    );
    let (one, other) = (
        run_of(whole.as_bytes()).unwrap(),
        run_of(moved.as_bytes()).unwrap(),
    );
    assert_eq!(one.overall, other.overall);
}

#[test]
fn escaped_names_are_given_back_and_others_left_alone() {
    // 2.10.2 to 2.37 escape names and texts, before and after they do not.
    let escaped = args("&lt;b&gt;bold&lt;/b&gt; &amp; &quot;co&quot;").to_string();
    let escaped = escaped.replace(
        "HTTPError('404 Client Error: x')",
        "HTTPError(&#x27;404 Client Error: x&#x27;)",
    );
    let run = run_of(page(&serde_json::from_str(&escaped).unwrap()).as_bytes()).unwrap();
    assert_eq!(names(&run), ["<b>bold</b> & \"co\""]);
    assert_eq!(
        run.errors[0].message.as_deref(),
        Some("HTTPError('404 Client Error: x')")
    );
    let run = run_of(page(&args("tea &amp; milk")).as_bytes()).unwrap();
    assert_eq!(names(&run), ["tea &amp; milk"]);
}

#[test]
fn reports_of_2_18_to_2_31_have_times_of_day_and_no_rates() {
    let mut old = args("/a");
    for index in 0..2 {
        let row = old["requests_statistics"][index].as_object_mut().unwrap();
        row.remove("total_rps");
        row.remove("total_fail_per_sec");
    }
    old["start_time"] = json!("2026-11-21 23:59:50");
    old["end_time"] = json!("2026-11-22 00:00:05");
    old["history"] = json!([
        {"time": "23:59:55", "user_count": 3, "current_rps": 4.5, "current_fail_per_sec": 0, "response_time_percentile_1": 9, "response_time_percentile_0.95": 30},
        {"time": "00:00:00", "user_count": 5, "current_rps": 2, "current_fail_per_sec": 1, "response_time_percentile_0.95": 0},
        {"time": "soon", "user_count": 5},
        {"time": "23:59:58", "user_count": 50, "current_rps": 2},
        {"time": "00:00:05", "user_count": 0, "current_rps": 2, "response_time_percentile_0.95": 31},
    ]);
    let run = run_of(page(&old).as_bytes()).unwrap();
    assert_eq!(run.duration, Some(Seconds(15.0)));
    assert_eq!(count(&run, "duration-rounded"), 1);
    assert_eq!(
        (count(&run, "history-rows"), count(&run, "clock-back")),
        (1, 1)
    );
    let slices: Vec<_> = run
        .timeline
        .iter()
        .map(|s| (s.start.0, s.duration.0, s.users))
        .collect();
    assert_eq!(
        slices,
        [
            (0.0, 5.0, Some(3.0)),
            (5.0, 5.0, Some(5.0)),
            (10.0, 5.0, Some(0.0))
        ]
    );
    let latency = run.timeline[0].stats.latency.as_ref().unwrap();
    // 4.5 a second for ten seconds.
    assert_eq!(
        (latency.count, latency.percentiles[&Percentile::P95].0),
        (45, 30.0)
    );
    assert_eq!(latency.percentiles.len(), 1);
    // 0 is what Locust writes for nothing.
    assert_eq!(run.timeline[1].stats.latency, None);
    assert_eq!(run.timeline[1].stats.requests, None);
    assert_eq!(run.timeline[1].stats.as_reported["failures_per_s"], 1.0);
    assert_eq!(run.load.users_max, Some(5.0));
}

#[test]
fn a_run_without_a_request_has_no_latency_and_no_duration() {
    let mut none = args("/a");
    none["requests_statistics"] = json!([{"method": "", "name": "Aggregated", "num_requests": 0, "num_failures": 0,
        "avg_response_time": 0.0, "min_response_time": 0, "max_response_time": 0, "median_response_time": 0,
        "total_rps": 0.0, "total_fail_per_sec": 0.0, "avg_content_length": 0}]);
    none["failures_statistics"] = json!([]);
    none["end_time"] = none["start_time"].clone();
    let run = run_of(page(&none).as_bytes()).unwrap();
    assert_eq!(
        (run.overall.requests, &run.overall.latency),
        (Some(0), &None)
    );
    assert_eq!((run.duration, run.endpoints.len()), (None, 0));
    assert_eq!(count(&run, "no-requests"), 1);
}

#[test]
fn requests_without_a_time_are_counted_and_in_no_latency() {
    let mut mixed = args("/a");
    mixed["requests_statistics"] = json!([
        {"method": "EVENT", "name": "fired", "num_requests": 20, "num_failures": 0, "avg_response_time": 0.0,
         "min_response_time": 0, "max_response_time": 0, "median_response_time": 0, "avg_content_length": 0},
        stat("GET", "/a", 10), stat("", "Aggregated", 30)]);
    let run = run_of(page(&mixed).as_bytes()).unwrap();
    assert_eq!(count(&run, "no-response-time"), 20);
    assert_eq!(run.overall.requests, Some(30));
    let latency = run.overall.latency.unwrap();
    assert_eq!((latency.count, latency.percentiles.len()), (10, 0));
    let fired = run.endpoints.iter().find(|e| e.name == "fired").unwrap();
    assert_eq!(
        (fired.stats.requests, &fired.stats.latency),
        (Some(20), &None)
    );
}

#[test]
fn what_breaks_the_object_is_named_with_its_place() {
    let whole = page(&args("/a"));
    for (from, to, want) in [
        (
            "\"num_requests\":30",
            "\"num_requests\":-3",
            "at `window.templateArgs.requests_statistics[0].num_requests`: expected a count",
        ),
        (
            "\"num_requests\":30",
            "\"num_requests\":\"x\"",
            "requests_statistics[0].num_requests`: expected a count",
        ),
        (
            "\"num_requests\":30,",
            "",
            "requests_statistics[0].num_requests`: is missing",
        ),
        (
            "\"num_requests\":30",
            "\"num_requests\":1e400",
            "line 7: number out of range",
        ),
        (
            "\"avg_response_time\":20.25",
            "\"avg_response_time\":-1.5",
            "avg_response_time`: expected a number, 0 or more, found `-1.5`",
        ),
        (
            "\"0.5\":20",
            "\"0.5\":\"x\"",
            "response_time_statistics[0].0.5`",
        ),
        (
            "\"occurrences\":1",
            "\"occurrences\":null",
            "failures_statistics[0].occurrences`: expected a count, found null",
        ),
        (
            "\"Aggregated\"",
            "\"Total\"",
            "the line `Aggregated` of the table of requests is missing",
        ),
        (
            "\"history\":[]",
            "\"history\":7",
            "at `window.templateArgs.history` (line 7): invalid type",
        ),
    ] {
        assert!(whole.contains(from), "{from}");
        let error = refusal(&whole.replace(from, to));
        assert!(error.contains(want), "{from}: {error}");
    }
    let cut = whole.split("\"start_time\"").next().unwrap();
    let error = run_of(cut.as_bytes()).unwrap_err();
    assert!(
        error.to_string().contains("ends before `</html>`"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("interrupted"));
}

#[test]
fn pages_that_are_no_report_say_what_is_missing() {
    let ui = page(&json!({"is_report": false, "host": "x", "users": {}}));
    assert!(refusal(&ui).contains("web UI, but no report"));
    let shell =
        "<!DOCTYPE html><title>Locust</title><script>M=window.templateArgs?1:2</script></html>";
    let error = refusal(shell);
    assert!(
        error.contains("expected `window.templateArgs = {` or the table `Request Statistics`"),
        "{error}"
    );
    let other = "<!DOCTYPE html><title>Gatling</title>";
    assert!(refusal(other).contains("is not a load-test result that knee knows"));
}

#[test]
fn names_that_were_never_escaped_are_kept_whole() {
    let hostile = "<b>bold</b> & co";
    let breaking = "x</td><td>y";
    let rows = old_row("GET", hostile, "10")
        + &old_row("GET", breaking, "15")
        + &old_row("", "Aggregated", "25");
    let percentiles = tr(&["GET", hostile, "20", "40", "100"])
        + &tr(&["GET", breaking, "21", "41", "100"])
        + &tr(&["", "Aggregated", "22", "42", "100"]);
    let run = run_of(old_page(&rows, &percentiles, "").as_bytes()).unwrap();
    assert_eq!(
        names(&run),
        [hostile, "x</td>\n<td>y".replace('\n', "").as_str()]
    );
    let p95 = |at: usize| {
        run.endpoints[at]
            .stats
            .latency
            .as_ref()
            .unwrap()
            .percentiles[&Percentile::P95]
            .0
    };
    assert_eq!((p95(0), p95(1)), (40.0, 41.0));
    assert_eq!(count(&run, "names-not-escaped"), 2);
    assert_eq!(
        (count(&run, "rows-unreadable"), count(&run, "lines-lost")),
        (0, 0)
    );
    assert_eq!(count(&run, "no-history"), 1);
    // Local time of an unknown zone; 15 s by the clock, 12.5 by the rate: the clock of whole seconds is nearer.
    assert_eq!((run.started_at, count(&run, "local-time")), (None, 1));
    let text = serde_json::to_string(&run).unwrap();
    assert!(!text.contains("secret"));
}

#[test]
fn a_name_that_ends_its_row_takes_it_along_and_is_counted() {
    let rows = old_row("GET", "/a", "10")
        + &old_row("GET", "x</tr><tr>", "15")
        + &old_row("", "Aggregated", "25");
    let run = run_of(old_page(&rows, "", "").as_bytes()).unwrap();
    assert_eq!(run.overall.requests, Some(25));
    assert_eq!(names(&run), ["/a"]);
    assert_eq!(count(&run, "lines-lost"), 15);
    assert_eq!(count(&run, "rows-unreadable"), 2);
}

#[test]
fn a_table_without_numbers_is_counted_and_without_a_total_refused() {
    let rows = old_row("GET", "/a", "ten")
        + &old_row("GET", "/b", "-1")
        + &old_row("", "Aggregated", "25");
    let run = run_of(old_page(&rows, "", "").as_bytes()).unwrap();
    assert_eq!(count(&run, "rows-unreadable"), 2);
    let error = refusal(&old_page(&old_row("GET", "/a", "10"), "", ""));
    assert!(error.contains("`Aggregated`"), "{error}");
}

#[test]
fn charts_of_another_zone_start_where_the_run_does() {
    let history = |first: &str, second: &str| {
        format!(
            "    \"time\": [\"{first}\", \"{second}\"].map(server_time => 1),\n    \"user_count\": [{{\"value\": 4}}, {{\"value\": 7}}],\n    \"current_rps\": [{{\"users\": 4, \"value\": 2.5}}],\n    \"response_time_percentile_1\": [{{\"value\": 9}}, {{\"value\": 10}}],\n"
        )
    };
    let row = old_row("", "Aggregated", "30");
    let chosen = "</script>";
    for (first, second) in [("23:59:55", "00:00:00"), ("04:59:55", "05:00:00")] {
        let text = old_page(&row, "", &history(first, second)).replacen(
            &format!("}};\n{chosen}"),
            &format!("}};\n        var percentile1 = 0.5\n{chosen}"),
            1,
        );
        let run = run_of(text.as_bytes()).unwrap();
        let slices: Vec<_> = run
            .timeline
            .iter()
            .map(|s| (s.start.0, s.duration.0, s.users))
            .collect();
        assert_eq!(
            slices,
            [(0.0, 5.0, Some(4.0)), (5.0, 5.0, Some(7.0))],
            "{first}"
        );
        let latency = run.timeline[0].stats.latency.as_ref().unwrap();
        assert_eq!(
            (latency.count, latency.percentiles[&Percentile::P50].0),
            (25, 9.0)
        );
    }
}

/// Damage inside the object or the tables, where the mutations of whole samples seldom hit.
#[test]
fn damage_inside_the_figures_ends_in_a_run_or_an_error() {
    let mut state = 7_u64;
    let mut random = |most: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % most.max(1)
    };
    let pieces: [&[u8]; 12] = [
        b"null",
        b"-1",
        b"1e308",
        b"18446744073709551615",
        b"\"\"",
        b"{}",
        b"[]",
        b"\"",
        b"\\ud83d",
        b"</td>",
        b"</tr>",
        b"<td>",
    ];
    let mut readable = 0;
    for (name, mark) in [
        (
            "v2.47.0/html-only/steps.html",
            &b"window.templateArgs = {"[..],
        ),
        ("v1.6.0/html-only/steps.html", b"Locust Test Report"),
        ("v1.6.0/html-only/steps.html", b"var stats_history"),
    ] {
        let whole = sample(name);
        let start = memmem::find(&whole, mark).unwrap() + mark.len() - 1;
        for case in 0..400 {
            let mut text = whole.clone();
            let at = start + random(text.len() - start);
            let end = (at + random(40)).min(text.len());
            match case % 5 {
                0 => text.truncate(at),
                1 => drop(text.drain(at..end)),
                2 => text[at] ^= 1 << random(8),
                3 => drop(text.splice(at..at, pieces[random(pieces.len())].iter().copied())),
                _ => {
                    let digit = text[at..].iter().position(u8::is_ascii_digit);
                    let at = digit.map_or(at, |more| at + more);
                    let end = (at + 1).min(text.len());
                    text.splice(at..end, pieces[random(4)].iter().copied());
                }
            }
            match run_of(&text) {
                Ok(run) => {
                    readable += 1;
                    serde_json::to_string(&run).unwrap();
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
    assert!(readable > 300, "{readable}");
}
