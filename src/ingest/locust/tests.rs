//! Files as tools, crashes and strangers leave them. Real ones: `walk.rs`.

#![expect(
    clippy::float_cmp,
    clippy::string_slice,
    reason = "figures of a file are equal to the digit; texts are ASCII"
)]

mod saved_again;
mod variants;
pub(super) mod walk;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::ingest::locust::history::MOST_ENDPOINTS;
use crate::ingest::locust::slices::MOST_SLICES;
use crate::ingest::locust::tests::walk::{run_of, sample};
use crate::ingest::{IngestError, Input, Options, expand, read};
use crate::model::{ErrorKind, Millis, Percentile, Run};

pub(super) const HEAD: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\r\n";
pub(super) const HISTORY: &str = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,95%,99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size\r\n";
const SAMPLE: &str = "v2.47.0/errors";

pub(super) fn row(method: &str, name: &str, requests: u64) -> String {
    format!(
        "{method},{name},{requests},1,20,21.5,3.25,99.5,10.0,2.0,0.1,20,21,22,23,24,25,26,27,28,29,30\r\n"
    )
}

/// Files in a folder of their own.
pub(super) struct Folder(pub(super) tempfile::TempDir);

impl Folder {
    pub(super) fn of(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(folder.0.path().join(name), text).unwrap();
        }
        folder
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    pub(super) fn run(&self, name: &str) -> Run {
        run_of(&self.path(name))
    }

    pub(super) fn error(&self, name: &str) -> String {
        error_of(&self.path(name)).to_string()
    }
}

pub(super) fn error_of(argument: &str) -> IngestError {
    let none = &mut || -> Input { panic!("no standard input") };
    let made = expand(&[argument.to_owned()], none).and_then(|c| read(c, &Options::default()));
    made.map(|_| ()).unwrap_err()
}

fn stats_alone(rows: &str) -> Folder {
    Folder::of(&[("p_stats.csv", &format!("{HEAD}{rows}"))])
}

pub(super) fn note(run: &Run, id: &str) -> u64 {
    run.notes
        .iter()
        .filter(|n| n.id == id)
        .map(|n| n.count)
        .sum()
}

pub(super) fn shared(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/locust");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn an_endpoint_called_aggregated_is_not_the_total() {
    let rows = row("GET", "Aggregated", 7) + &row("", "Aggregated", 9);
    let run = stats_alone(&rows).run("p_stats.csv");
    assert_eq!(run.overall.requests, Some(9));
    assert_eq!(run.endpoints.len(), 1);
    assert_eq!(run.endpoints[0].stats.requests, Some(7));
}

#[test]
fn without_a_total_row_the_endpoints_are_added_up() {
    let run = stats_alone(&(row("GET", "/a", 30) + &row("GET", "/b", 10))).run("p_stats.csv");
    assert_eq!(run.overall.requests, Some(40));
    assert_eq!(run.overall.failures, Some(2));
    assert_eq!(note(&run, "no-total-row"), 1);
    let latency = run.overall.latency.unwrap();
    assert_eq!(latency.mean, Some(Millis(21.5)));
    assert!(latency.percentiles.is_empty());
    // Every row has the same denominator; the largest is taken.
    assert_eq!(run.duration.unwrap().0, 15.0);
}

#[test]
fn the_same_endpoint_twice_is_added_and_noted() {
    let rows = row("GET", "/a", 3) + &row("GET", "/a", 4) + &row("", "Aggregated", 7);
    let run = stats_alone(&rows).run("p_stats.csv");
    assert_eq!(run.endpoints.len(), 1);
    assert_eq!(run.endpoints[0].stats.requests, Some(7));
    assert_eq!(note(&run, "duplicate-endpoint"), 1);
}

#[test]
fn a_last_line_that_was_cut_is_a_note() {
    let rows = row("GET", "/a", 3) + "GET,/b,4,0,2";
    let run = stats_alone(&rows).run("p_stats.csv");
    assert_eq!(run.overall.requests, Some(3));
    assert_eq!(note(&run, "rows-cut"), 1);
}

#[test]
fn a_header_alone_measures_nothing() {
    let run = stats_alone("").run("p_stats.csv");
    assert_eq!(run.overall.requests, None);
    assert_eq!(note(&run, "no-rows"), 1);
}

#[test]
fn a_bad_number_is_an_error_with_line_and_column() {
    let good = row("GET", "/a", 3);
    for (from, to, want) in [
        (
            ",3,1,",
            ",x,1,",
            "p_stats.csv, at `Request Count` (line 2): expected a whole number, 0 or more, found `x`",
        ),
        (",3,1,", ",-3,1,", "at `Request Count` (line 2)"),
        (
            ",3,1,",
            ",3,99999999999999999999,",
            "at `Failure Count` (line 2)",
        ),
        (
            ",21.5,",
            ",nan,",
            "at `Average Response Time` (line 2): expected a number, 0 or more, or N/A, found `nan`",
        ),
        (",21.5,", ",inf,", "found `inf`"),
        (",21.5,", ",1e999,", "found `1e999`"),
        (",3.25,", ",-1,", "at `Min Response Time` (line 2)"),
        (",25,", ",oops,", "at `95%` (line 2)"),
    ] {
        let error = stats_alone(&good.replace(from, to)).error("p_stats.csv");
        assert!(error.contains(want), "{error}");
    }
    let error =
        stats_alone(&(row("GET", "/a", u64::MAX) + &row("GET", "/b", 1))).error("p_stats.csv");
    assert!(error.contains("more than fits"), "{error}");
}

#[test]
fn a_missing_column_is_named_and_an_unknown_one_ignored() {
    let head = HEAD.replace("Failure Count,", "");
    let error = Folder::of(&[("p_stats.csv", head.as_str())]).error("p_stats.csv");
    assert!(
        error.contains("the column `Failure Count` is missing"),
        "{error}"
    );
    let text = format!("New,{HEAD}x,{}", row("", "Aggregated", 5));
    let run = Folder::of(&[("p_stats.csv", text.as_str())]).run("p_stats.csv");
    assert_eq!(run.overall.requests, Some(5));
}

#[test]
fn tables_before_1_0_are_refused_by_name() {
    let text = "\"Method\",\"Name\",\"# requests\",\"# failures\"\n\"None\",\"Total\",1,0\n";
    let error = Folder::of(&[("p_requests.csv", text)]).error("p_requests.csv");
    assert!(error.contains("Locust before 1.0"), "{error}");
}

#[test]
fn windows_line_ends_and_a_mark_change_nothing() {
    let rows = row("GET", "/a", 3) + &row("", "Aggregated", 3);
    let plain = stats_alone(&rows).run("p_stats.csv");
    let doubled = format!("\u{feff}{HEAD}{rows}").replace("\r\n", "\r\r\n");
    let run = Folder::of(&[("p_stats.csv", doubled.as_str())]).run("p_stats.csv");
    assert_eq!(
        (&run.overall, &run.endpoints),
        (&plain.overall, &plain.endpoints)
    );
}

#[test]
fn names_are_kept_as_they_are() {
    let run = sample("v2.47.0/errors.json");
    let names: Vec<&str> = run.endpoints.iter().map(|e| e.name.as_str()).collect();
    for name in [
        "  padded  ",
        "=1+2",
        "a|b|c",
        "line one\nline two",
        "list, of \"things\"",
        "größe/ü/日本",
    ] {
        assert!(names.contains(&name), "{name}");
    }
}

#[test]
fn packed_sets_are_found_by_their_plain_names() {
    use std::io::Write;
    let folder = Folder::of(&[]);
    for end in ["_stats.csv", "_stats_history.csv", ".json"] {
        let file = fs::File::create(folder.path(&format!("p{end}.gz"))).unwrap();
        let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gz.write_all(shared(&format!("{SAMPLE}{end}")).as_bytes())
            .unwrap();
        gz.finish().unwrap();
    }
    let run = folder.run("p_stats.csv.gz");
    assert_eq!((run.source.files.len(), run.name.as_str()), (3, "p"));
    assert_eq!(run.overall.requests, Some(616));
}

#[test]
fn a_json_of_another_run_is_left_out_and_named() {
    let folder = Folder::of(&[
        ("p_stats.csv", &shared("v2.47.0/steps_stats.csv")),
        ("p.json", &shared("v2.47.0/errors.json")),
    ]);
    let run = folder.run("p_stats.csv");
    assert_eq!(
        (run.overall.requests, run.source.format.as_str()),
        (Some(2668), "locust-csv")
    );
    assert_eq!(run.source.files.len(), 1);
    let text = &run
        .notes
        .iter()
        .find(|n| n.id == "json-of-another-run")
        .unwrap()
        .text;
    assert!(text.contains("616") && text.contains("2668"), "{text}");
}

#[test]
fn half_a_json_beside_tables_is_a_note_and_alone_an_error() {
    let json = shared("v2.47.0/errors.json");
    let half = &json[..json.len() / 2];
    let folder = Folder::of(&[
        ("p_stats.csv", &shared("v2.47.0/errors_stats.csv")),
        ("p.json", half),
    ]);
    let run = folder.run("p.json");
    assert_eq!(run.overall.requests, Some(593));
    assert_eq!(note(&run, "json-unreadable"), 1);
    let error = Folder::of(&[("p.json", half)]).error("p.json");
    assert!(
        error.contains("p.json, line") && error.contains("EOF"),
        "{error}"
    );
}

#[test]
fn an_empty_array_is_a_run_without_a_request() {
    let run = Folder::of(&[("p.json", "[]\n")]).run("p.json");
    assert_eq!(
        (run.overall.requests, &run.overall.latency),
        (Some(0), &None)
    );
    assert_eq!((run.overall.failures, run.duration), (Some(0), None));
    assert_eq!(
        (note(&run, "empty-array"), note(&run, "no-requests")),
        (1, 1)
    );
    let run = sample("v2.47.0/zero.json");
    assert_eq!(
        (run.overall.requests, run.load.users_max),
        (Some(0), Some(3.0))
    );
    assert_eq!(run.overall.latency, None);
    assert_eq!(run.duration, None);
}

#[test]
fn failures_or_exceptions_alone_name_what_is_missing() {
    for end in ["_failures.csv", "_exceptions.csv"] {
        let name = format!("p{end}");
        let error = Folder::of(&[(name.as_str(), &shared(&format!("{SAMPLE}{end}")))]).error(&name);
        assert!(
            error.contains("`_stats.csv` of the same prefix is missing"),
            "{error}"
        );
    }
}

#[test]
fn files_given_by_hand_are_one_run_whatever_they_are_called() {
    let folder = Folder::of(&[
        ("one.csv", &shared("v2.47.0/errors_stats.csv")),
        ("two.csv", &shared("v2.47.0/errors_failures.csv")),
        ("three.txt", &shared("v2.47.0/errors.json")),
    ]);
    let joined = format!(
        "{}+{}+{}",
        folder.path("one.csv"),
        folder.path("two.csv"),
        folder.path("three.txt")
    );
    let run = run_of(&joined);
    assert_eq!((run.overall.requests, run.errors.len()), (Some(616), 8));
    let twice = format!("{}+{}", folder.path("one.csv"), folder.path("one.csv"));
    let other = Folder::of(&[("x.csv", &shared("v2.47.0/steps_stats.csv"))]);
    let both = format!("{}+{}", folder.path("one.csv"), other.path("x.csv"));
    assert!(
        error_of(&both)
            .to_string()
            .contains("holds the same kind of table")
    );
    assert_eq!(run_of(&twice).overall.requests, Some(593));
}

#[test]
fn errors_have_kinds_codes_and_counts_and_no_traceback() {
    let run = sample("v2.47.0/errors.json");
    let count = |kind| -> u64 {
        run.errors
            .iter()
            .filter(|e| e.kind == kind)
            .map(|e| e.count)
            .sum()
    };
    // From the file: 64 + 3 + 12 + 72; 2; 1; 12 + 13; 15 + 14.
    assert_eq!(count(ErrorKind::HttpStatus), 151);
    assert_eq!(count(ErrorKind::Timeout), 2);
    assert_eq!(count(ErrorKind::Connection), 1);
    assert_eq!(count(ErrorKind::Assertion), 25);
    assert_eq!(count(ErrorKind::Exception), 29);
    let text = serde_json::to_string(&run).unwrap();
    assert!(!text.contains("site-packages"));
    assert_eq!(run.overall.codes["403"], 72);
}

/// Seconds, users, requests, 100 %, largest so far.
fn history(rows: &[(u64, u64, u64, u64, f64)]) -> String {
    let mut text = HISTORY.to_owned();
    for (second, users, requests, hundred, max) in rows {
        write!(text, "{second},{users},,Aggregated,0.0,0.0,{hundred},{hundred},{hundred},{hundred},{requests},0,9,9.0,1.0,{max},0\r\n").unwrap();
    }
    text
}

fn history_alone(text: &str) -> Run {
    Folder::of(&[("p_stats_history.csv", text)]).run("p_stats_history.csv")
}

#[test]
fn slices_are_differences_and_gaps_make_longer_ones() {
    let run = history_alone(&history(&[
        (1000, 0, 0, 0, 0.0),
        (1003, 0, 0, 0, 0.0),
        (1004, 5, 10, 20, 20.0),
        (1007, 6, 40, 9, 20.0),
        (1008, 6, 40, 0, 20.0),
    ]));
    let slices: Vec<_> = run
        .timeline
        .iter()
        .map(|s| {
            (
                s.start.0,
                s.duration.0,
                s.users.unwrap(),
                s.stats.requests.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        slices,
        [(0.0, 1.0, 5.0, 10), (1.0, 3.0, 6.0, 30), (4.0, 1.0, 6.0, 0)]
    );
    let p95 = |at: usize| {
        run.timeline[at]
            .stats
            .latency
            .as_ref()
            .map(|l| (l.count, l.percentiles[&Percentile::P95].0))
    };
    assert_eq!(p95(0), Some((10, 20.0)));
    assert_eq!(p95(1), Some((40, 9.0)));
    // 0 is what Locust writes for nothing.
    assert_eq!(p95(2), None);
    assert_eq!(run.load.users_max, Some(6.0));
}

#[test]
fn two_rows_of_one_second_are_one_slice() {
    let run = history_alone(&history(&[
        (1000, 0, 0, 0, 0.0),
        (1000, 5, 4, 20, 20.0),
        (1001, 5, 10, 20, 20.0),
        (1001, 5, 12, 20, 20.0),
        (1002, 5, 20, 20, 20.0),
    ]));
    let slices: Vec<_> = run
        .timeline
        .iter()
        .map(|s| (s.start.0, s.duration.0, s.stats.requests.unwrap()))
        .collect();
    assert_eq!(slices, [(0.0, 1.0, 12), (1.0, 1.0, 8)]);
}

#[test]
fn percentiles_since_the_start_are_not_shown_as_a_slices() {
    let run = history_alone(&history(&[
        (1000, 0, 0, 0, 0.0),
        (1001, 5, 10, 20, 20.4),
        (1002, 5, 20, 20, 20.4),
        (1003, 5, 30, 930, 925.3),
    ]));
    assert_eq!(run.timeline.len(), 3);
    assert!(run.timeline.iter().all(|s| s.stats.latency.is_none()));
    assert_eq!(note(&run, "percentiles-since-start"), 1);
    for name in ["v1.6.0/errors_stats.csv", "day17/day17_stats.csv"] {
        let run = sample(name);
        assert!(!run.timeline.is_empty());
        assert!(
            run.timeline.iter().all(|s| s.stats.latency.is_none()),
            "{name}"
        );
    }
}

#[test]
fn a_reset_leaves_out_what_was_before() {
    let run = sample("v2.47.0/reset-stats.json");
    assert_eq!(note(&run, "stats-reset"), 5);
    let sum: u64 = run.timeline.iter().filter_map(|s| s.stats.requests).sum();
    assert_eq!(sum, 130);
    assert_eq!(run.overall.requests, Some(138));
    assert_eq!(note(&run, "history-short"), 8);
}

#[test]
fn rows_that_make_no_sense_are_counted() {
    let mut text = history(&[
        (1000, 0, 0, 0, 0.0),
        (1001, 5, 10, 20, 20.0),
        (999, 5, 11, 20, 20.0),
    ]);
    text += "1002,5,,Aggregated,0,0,1,1,1,1,x,0,9,9,1,20,0\r\n";
    text += "99999999999999,5,,Aggregated,0,0,1,1,1,1,12,0,9,9,1,20,0\r\n";
    text += "1003,5,,Aggregated,0,0,20,20,20,20,30,0,9,9.0,1.0,20,0\r\n";
    text += "1004,5,GET,/a,0,0,20,20,20,20,30,0,9,9.0,1.0,20,0\r\n";
    text += "1004,5,,Aggre";
    let run = history_alone(&text);
    assert_eq!(note(&run, "clock-back"), 1);
    assert_eq!(note(&run, "history-rows"), 3);
    assert_eq!(note(&run, "history-cut"), 1);
    let first = &run
        .notes
        .iter()
        .find(|n| n.id == "history-rows")
        .unwrap()
        .text;
    assert!(first.contains("`Total Request Count` (line 5)"), "{first}");
    assert_eq!(run.overall.requests, Some(30));
    let slices: Vec<_> = run
        .timeline
        .iter()
        .map(|s| (s.duration.0, s.stats.requests.unwrap()))
        .collect();
    assert_eq!(slices, [(1.0, 10), (2.0, 20)]);
}

#[test]
fn an_hour_of_full_history_keeps_its_sums_in_few_slices() {
    let mut text = HISTORY.to_owned();
    let mut stats = HEAD.to_owned();
    for second in 0..=3600_u64 {
        let users = second.min(50);
        for name in 0..40_u64 {
            let n = second * (name + 1);
            write!(
                text,
                "{},{users},GET,/{name},0,0,5,6,7,8,{n},{second},5,5.0,1.0,9.0,0\r\n",
                1000 + second
            )
            .unwrap();
        }
        write!(
            text,
            "{},{users},,Aggregated,0,0,5,6,7,8,{},{},5,5.0,1.0,900.0,0\r\n",
            1000 + second,
            second * 820,
            second * 40
        )
        .unwrap();
    }
    for name in 0..40_u64 {
        stats += &row("GET", &format!("/{name}"), 3600 * (name + 1));
    }
    stats += &row("", "Aggregated", 3600 * 820);
    let run = Folder::of(&[
        ("p_stats_history.csv", text.as_str()),
        ("p_stats.csv", stats.as_str()),
    ])
    .run("p_stats.csv");
    assert!(run.timeline.len() <= MOST_SLICES && run.timeline.len() > MOST_SLICES / 2);
    let sum: u64 = run.timeline.iter().filter_map(|s| s.stats.requests).sum();
    assert_eq!(sum, 3600 * 820);
    let last = run.timeline.last().unwrap();
    assert_eq!(last.start.0 + last.duration.0, 3600.0);
    assert_eq!(last.endpoints.len(), MOST_ENDPOINTS);
    assert_eq!(note(&run, "timeline-endpoints"), 8);
    // The 32 with the most requests: /8 to /39.
    assert!(
        last.endpoints
            .iter()
            .all(|e| e.name[1..].parse::<u64>().unwrap() >= 8)
    );
    let of_39: u64 = run
        .timeline
        .iter()
        .filter_map(|s| s.endpoints.iter().find(|e| e.name == "/39")?.stats.requests)
        .sum();
    assert_eq!(of_39, 3600 * 40);
    // 820 requests a second, ten seconds.
    assert_eq!(last.stats.latency.as_ref().unwrap().count, 8200);
}

#[test]
fn a_quote_that_is_never_closed_takes_no_memory() {
    let mut text = history(&[(1000, 0, 0, 0, 0.0)]) + "1001,5,\"";
    text.push_str(&"x,\n".repeat(8 * 1024 * 1024));
    let error = Folder::of(&[("p_stats_history.csv", text.as_str())]).error("p_stats_history.csv");
    assert!(error.contains("a row is longer than"), "{error}");
}

pub(super) fn json(member: &str, value: &str) -> String {
    let mut text = r#"[{"name":"/a","method":"GET","last_request_timestamp":1010.5,"start_time":1000.5,"num_requests":4,"num_none_requests":0,"num_failures":1,"total_response_time":100.0,"max_response_time":60.2,"min_response_time":9.9,"total_content_length":40,"response_times":{"10":1,"15":2,"60":1},"num_reqs_per_sec":{"1000":1,"1003":3},"num_fail_per_sec":{"1003":1}}]"#.to_owned();
    if let Some(start) = text.find(&format!("\"{member}\":")) {
        let start = start + member.len() + 3;
        let nested = text[start..].starts_with('{');
        let end = start
            + text[start..].find(if nested { '}' } else { ',' }).unwrap()
            + usize::from(nested);
        text.replace_range(start..end, value);
    }
    text
}

#[test]
fn a_json_alone_gives_seconds_for_slices() {
    let run = Folder::of(&[("p.json", &json("-", ""))]).run("p.json");
    let slices: Vec<_> = run
        .timeline
        .iter()
        .map(|s| {
            (
                s.start.0,
                s.stats.requests.unwrap(),
                s.stats.failures.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        slices,
        [(-0.5, 1, 0), (0.5, 0, 0), (1.5, 0, 0), (2.5, 3, 1)]
    );
    assert_eq!(run.timeline[3].endpoints[0].stats.requests, Some(3));
    assert_eq!(run.duration.unwrap().0, 10.0);
    assert_eq!(run.overall.rate.unwrap().0, 0.4);
    assert_eq!(run.overall.goodput.unwrap().0, 0.3);
    let latency = run.overall.latency.unwrap();
    assert_eq!(latency.mean, Some(Millis(25.0)));
    assert_eq!(latency.percentiles[&Percentile::P50], Millis(15.0));
}

#[test]
fn a_json_that_breaks_its_rules_says_where() {
    for (member, value, want) in [
        ("num_requests", "-4", "invalid value: integer `-4`"),
        ("num_requests", "\"4\"", "invalid type: string"),
        ("num_requests", "3e400", "number out of range"),
        ("total_response_time", "NaN", "expected value"),
        (
            "total_response_time",
            "-1.0",
            "at `[0].total_response_time`: expected a number, 0 or more, found `-1`",
        ),
        ("min_response_time", "-1.0", "at `[0].min_response_time`"),
        ("start_time", "1e30", "seconds since 1970"),
        (
            "num_none_requests",
            "5",
            "at `[0].num_none_requests`: 5 requests without a response time are more than all 4",
        ),
        (
            "response_times",
            "{\"-10\":1}",
            "expected a number, 0 or more, as a key, found `-10`",
        ),
        ("response_times", "{\"ten\":1}", "found `ten`"),
        ("response_times", "[1]", "an object of counts"),
        (
            "num_reqs_per_sec",
            "{\"99999999999999\":1}",
            "seconds since 1970",
        ),
    ] {
        let error = Folder::of(&[("p.json", &json(member, value))]).error("p.json");
        assert!(error.contains(want), "{member} {value}: {error}");
    }
    let missing = json("-", "").replace("\"num_failures\":1,", "");
    let none = expand(
        &[Folder::of(&[("p.json", &missing)]).path("p.json")],
        &mut || panic!(),
    );
    assert!(none.is_err() || read(none.unwrap(), &Options::default()).is_err());
    let twice = json("-", "").replace("\"name\":\"/a\"", "\"name\":\"/a\",\"name\":\"/b\"");
    let error = Folder::of(&[("p.json", &twice)]).error("p.json");
    assert!(error.contains("duplicate field `name`"), "{error}");
}

#[test]
fn keys_that_stand_twice_are_added_and_noted() {
    let text = json("response_times", "{\"10\":1,\"10\":1,\"15\":1,\"15.0\":1}");
    let run = Folder::of(&[("p.json", &text)]).run("p.json");
    assert_eq!(note(&run, "duplicate-key"), 2);
    assert_eq!(
        run.overall.latency.unwrap().histogram.unwrap().count,
        [2, 2]
    );
}

#[test]
fn counts_of_seconds_that_do_not_fit_together_are_an_error() {
    let most = u64::MAX;
    let one = json("num_reqs_per_sec", &format!("{{\"1000\":{most}}}"));
    let run = Folder::of(&[("p.json", &one)]).run("p.json");
    assert_eq!(run.timeline[0].stats.requests, Some(most));
    let entry = &one[1..one.len() - 1];
    let other = entry.replace("\"/a\"", "\"/b\"");
    for second in [entry, &other] {
        let two = format!("[{entry},{second}]");
        let error = Folder::of(&[("p.json", &two)]).error("p.json");
        let wanted = "at `[1].num_requests`: the counts add up to more than fits";
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn slices_hold_all_requests_and_the_endpoints_with_the_most() {
    let entry = json("-", "");
    let entry = &entry[1..entry.len() - 1];
    let entries: Vec<String> = (0..100_u64)
        .map(|at| {
            let requests = format!("{{\"1000\":{at},\"{}\":1}}", 1000 + 2 * MOST_SLICES);
            entry
                .replace("\"/a\"", &format!("\"/{at:02}\""))
                .replace("{\"1000\":1,\"1003\":3}", &requests)
                .replace("{\"1003\":1}", "{\"1001\":1}")
                .replace(
                    "\"num_requests\":4",
                    &format!("\"num_requests\":{}", at + 4),
                )
        })
        .collect();
    let text = format!("[{}]", entries.join(","));
    let run = Folder::of(&[("p.json", &text)]).run("p.json");
    // 1 201 seconds in slices of three.
    assert_eq!(run.timeline.len(), 401);
    let first = &run.timeline[0];
    let total = |stats: &crate::model::Stats| (stats.requests, stats.failures);
    assert_eq!(total(&first.stats), (Some(4950), Some(100)));
    assert_eq!(total(&run.timeline[1].stats), (Some(0), Some(0)));
    assert_eq!(total(&run.timeline[400].stats), (Some(100), Some(0)));
    let names: Vec<&str> = first.endpoints.iter().map(|e| e.name.as_str()).collect();
    let wanted: Vec<String> = (100 - MOST_ENDPOINTS..100)
        .map(|at| format!("/{at:02}"))
        .collect();
    assert_eq!(names, wanted);
    assert_eq!(total(&first.endpoints[31].stats), (Some(99), Some(1)));
}

#[test]
fn buckets_that_do_not_add_up_and_a_users_own_rounding_are_noted() {
    let run =
        Folder::of(&[("p.json", &json("response_times", "{\"10.2\":1,\"15\":1}"))]).run("p.json");
    assert_eq!(note(&run, "buckets-differ"), 1);
    assert_eq!(note(&run, "own-bucketing"), 1);
    let resolution = run.overall.latency.unwrap().resolution;
    assert_eq!(
        (resolution.relative, resolution.absolute),
        (None, Some(Millis(0.6)))
    );
}

#[test]
fn an_object_or_a_stranger_is_not_claimed() {
    for text in [
        "{\"num_requests\": 1}",
        "[1, 2]",
        "[{\"name\": \"x\"}]",
        "a,b\n1,2\n",
    ] {
        let error = Folder::of(&[("p.json", text)]).error("p.json");
        assert!(
            error.contains("is not a load-test result that knee knows"),
            "{text}: {error}"
        );
    }
}
