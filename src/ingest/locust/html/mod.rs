//! Locust's HTML report: where the figures stand in it, and what they are worth.
//!
//! Since 2.18 a report is one JSON object, `window.templateArgs = {...}`, beside a script bundle of nearly a megabyte
//! (`args.rs`); before, and until 2.24 as the default, it is tables and a JavaScript object (`tables.rs`). Both become
//! lines and points here, and the run from there on is made as it is from the other files.
//!
//! Counts are complete, unlike those of the CSV. Smallest and largest response time are whole milliseconds, in the tables
//! the mean as well. The history has a point every five seconds and no counts. The target's host is never kept.
//! Refuses pages of Locust that are no report, such as a saved page of the running web UI.
//!
//! References: locust/html.py and locust/templates/report.html of 1.6.0, 2.8.6, 2.20.1; locust/html.py of 2.32.0, 2.47.0.

mod args;
mod row;
mod series;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use memchr::memmem;

use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::Input;
use crate::ingest::locust::csv::{duration_of, percentiles_shifted, set_resolution, whole};
use crate::ingest::locust::failures::Failures;
use crate::ingest::locust::totals::{Totals, add, endpoint, latency, note};
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::{Format, Kind, locust};
use crate::model::{FileRef, Latency, Millis, Note, Percentile, Seconds, Stats};

pub(super) use series::{Point, give_users, timeline};

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "locust-html",
    tool: "locust",
    files: "X.html of `locust --html X.html` or of the web UI's \"Download the report\", with the CSV set or JSON of the same name",
    limits: "no latency of successes alone, no status codes of successes; smallest and largest response time in whole ms, \
             percentiles rounded by up to 5 %, a timeline of 5 s without counts",
    sniff,
    set: Some(locust::set_of),
    gathers: false,
    kind: Kind::Document(locust::read),
};

/// How many rows of one table are kept; a report of more is no report.
const MOST_ROWS: usize = 100_000;

fn sniff(head: &Head) -> Option<Claim> {
    is_report(head.bytes).and_then(|why| Claim::new(Grade::Certain, why))
}

/// What in the first bytes of a page says that Locust wrote it. The object itself stands behind the bundle.
pub(super) fn is_report(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.trim_ascii_start().starts_with(b"<") {
        return None;
    }
    let has = |mark: &[u8]| memmem::find(bytes, mark).is_some();
    if has(b"<h1>Locust Test Report</h1>") {
        Some("a page headed `Locust Test Report`")
    } else if has(b"<title>Locust") {
        Some("a page titled `Locust`")
    } else if has(b"window.templateArgs = {") {
        Some("a page with `window.templateArgs`")
    } else {
        None
    }
}

/// One line of the table of requests, joined with that of the table of response times.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    method: String,
    name: String,
    requests: u64,
    failures: u64,
    mean: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    /// What the tool prints beside: average size, rates, median.
    reported: Vec<(&'static str, f64)>,
    percentiles: BTreeMap<Percentile, Millis>,
}

/// A failure or, without a method, an exception of the script.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    method: String,
    name: String,
    text: String,
    count: u64,
}

/// What either kind of page says.
#[derive(Debug, Default)]
struct Page {
    lines: Vec<Line>,
    failures: Vec<Problem>,
    exceptions: Vec<Problem>,
    points: Vec<Point>,
    started: Option<DateTime>,
    ended: Option<DateTime>,
    /// Whether these times are UTC; the tables of 1.x hold the local time of an unknown zone.
    is_utc: bool,
    /// Whether rates have one decimal and the mean is cut to whole milliseconds.
    is_table: bool,
    notes: Vec<Note>,
}

/// What the file says, in the shape of the others.
#[derive(Debug, Default)]
pub(super) struct Html {
    pub(super) totals: Totals,
    pub(super) failures: Failures,
    pub(super) points: Vec<Point>,
    /// Epoch seconds of the start.
    pub(super) started: Option<f64>,
    /// Most users at one time.
    pub(super) users_max: Option<u64>,
}

/// Reads the file.
pub(super) fn read(input: &Input) -> Result<(Html, FileRef), IngestError> {
    let (mut bytes, file) = input.read_all(FORMAT.id)?;
    let name = &input.name;
    let end = bytes.trim_ascii_end();
    let end = end.get(end.len().saturating_sub(7)..).unwrap_or_default();
    if !end.eq_ignore_ascii_case(b"</html>") {
        let problem = "the page ends before `</html>`: a part of it is missing";
        return Err(IngestError::content(name, Place::File, problem)
            .with_hint("copy the report again; was the download interrupted?"));
    }
    let page = if let Some(place) = args::find(&bytes) {
        args::read(&mut bytes, place, name)?
    } else if tables::is_one(&bytes) {
        tables::read(&bytes, name)?
    } else {
        return Err(IngestError::content(
            name,
            Place::File,
            "expected `window.templateArgs = {` or the table `Request Statistics`: a page of Locust, but no report",
        )
        .with_hint("use `locust --html FILE`, or \"Download the report\" in the web UI; was the copy interrupted?"));
    };
    Ok((settle(page, name)?, file))
}

/// From lines to totals.
fn settle(mut page: Page, file: &str) -> Result<Html, IngestError> {
    let mut html = Html::default();
    let totals = &mut html.totals;
    let mut lines = std::mem::take(&mut page.lines);
    // An endpoint may be called "Aggregated" too: the total has no method and is the last.
    let total = lines
        .iter()
        .rposition(|line| is_no_method(&line.method) && line.name == "Aggregated")
        .map(|at| lines.remove(at));
    let Some(total) = total else {
        return Err(IngestError::content(
            file,
            Place::File,
            "the line `Aggregated` of the table of requests is missing",
        )
        .with_hint("the report is not whole; was the copy interrupted?"));
    };
    let mut shifted = 0;
    let listed = lines
        .iter()
        .fold(0_u64, |n, l| n.saturating_add(l.requests));
    let untimed = lines.iter().filter(|l| !is_timed(l));
    let untimed = untimed.fold(0_u64, |n, l| n.saturating_add(l.requests));
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut duplicates = 0;
    for line in lines {
        let (stats, odd) = stats_of(&line);
        shifted += u64::from(odd);
        let key = (line.method, line.name);
        let same = places
            .get(&key)
            .and_then(|at| totals.endpoints.get_mut(*at));
        if let Some(first) = same {
            duplicates += 1;
            add(&mut first.stats, &stats).ok_or_else(|| too_much(file))?;
            continue;
        }
        places.insert(key.clone(), totals.endpoints.len());
        totals.endpoints.push(endpoint(key.0, key.1, stats));
    }
    let (overall, odd) = stats_of(&total);
    totals.overall = overall;
    if let Some(latency) = totals.overall.latency.as_mut().filter(|_| untimed > 0) {
        latency.count = latency.count.saturating_sub(untimed);
        latency.percentiles.clear();
    }
    totals.note(
        "percentiles-shifted",
        format!("{file}: percentiles that may count requests without a response time are left out"),
        shifted + u64::from(odd || untimed > 0),
    );
    totals.note(
        "no-response-time",
        "requests without a response time count as requests and are in no latency",
        untimed,
    );
    totals.note(
        "duplicate-endpoint",
        format!(
            "{file}: an endpoint stands in several lines; counts were added, percentiles left out"
        ),
        duplicates,
    );
    totals.note(
        "lines-lost",
        format!("{file}: requests of the total that no line of an endpoint holds; a name that breaks the markup takes its line along"),
        total.requests.saturating_sub(listed),
    );
    let precision = if page.is_table {
        "mean, smallest and largest response time were cut to whole milliseconds, rates rounded to one decimal"
    } else {
        "smallest and largest response time were rounded to whole milliseconds"
    };
    totals.note(
        "whole-ms",
        format!("{file}: {precision}"),
        u64::from(totals.overall.latency.is_some()),
    );
    take_times(&page, &total, totals, file);
    if !page.is_table {
        let has_bytes = totals.overall.bytes_received.is_some_and(|bytes| bytes > 0);
        totals.note(
            "bytes-derived",
            "received bytes are the average content size times the requests, rounded",
            has_bytes.into(),
        );
    }
    set_resolution(totals);
    totals.finish();
    html.started = totals.started;
    html.failures.add(
        page.failures
            .into_iter()
            .map(|p| (p.method, p.name, p.text, p.count)),
    );
    html.failures
        .add_exceptions(page.exceptions.into_iter().map(|p| (p.text, p.count)));
    html.users_max = page.points.iter().filter_map(|point| point.users).max();
    html.points = page.points;
    html.totals.notes.extend(page.notes);
    Ok(html)
}

/// Start, end and duration, as far as the page has them.
fn take_times(page: &Page, total: &Line, totals: &mut Totals, file: &str) {
    let exact = (!page.is_table)
        .then(|| duration_of(&totals.overall))
        .flatten();
    let Some((started, ended)) = page.started.zip(page.ended) else {
        totals.duration = exact;
        totals.note(
            "no-times",
            format!("{file}: start and end of the run are not given or not readable"),
            1,
        );
        return;
    };
    let seconds = started.duration_until(ended).as_secs();
    let seconds = u32::try_from(seconds).ok().map(f64::from);
    if total.requests > 0 {
        let clock = seconds.filter(|seconds| *seconds > 0.0).map(Seconds);
        let finer = exact.or_else(|| by_rate(total, seconds?));
        totals.duration = finer.or(clock);
        totals.note(
            "duration-rounded",
            format!("{file}: the duration is known to a second, and the rates accordingly"),
            u64::from(finer.is_none() && clock.is_some()),
        );
        totals.note(
            "duration-by-rate",
            format!(
                "{file}: the duration is the requests over the printed rate, which has one decimal"
            ),
            u64::from(exact.is_none() && finer.is_some()),
        );
    }
    let epoch = |time: DateTime| {
        let zoned = time.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp().as_second() as f64).filter(|second| *second >= 0.0)
    };
    if page.is_utc {
        totals.started = epoch(started);
        totals.ended = epoch(ended);
    } else {
        totals.note(
            "local-time",
            format!("{file}: start and end are times of an unknown zone and left out"),
            1,
        );
    }
}

/// The duration from the printed rate, where its one decimal says more than clock times of whole seconds.
fn by_rate(total: &Line, clock: f64) -> Option<Seconds> {
    let (_, rate) = total.reported.iter().find(|(id, _)| *id == "rate_per_s")?;
    let finer = *rate > 0.0 && 0.05 / rate < 1.0 / clock.max(1.0);
    let seconds = total.requests as f64 / rate;
    let off = 1.0 + seconds * 0.05 / rate;
    (finer && (seconds - clock).abs() <= off).then_some(Seconds(seconds))
}

fn too_much(file: &str) -> IngestError {
    let problem = "the counts of the lines add up to more than fits";
    IngestError::content(file, Place::File, problem)
}

fn is_no_method(method: &str) -> bool {
    method.is_empty() || method == "None"
}

fn is_timed(line: &Line) -> bool {
    line.requests > 0 && (line.mean.unwrap_or(0.0) > 0.0 || line.max.unwrap_or(0.0) > 0.0)
}

/// The figures of a line, and whether its percentiles count requests without a time.
fn stats_of(line: &Line) -> (Stats, bool) {
    let mut stats = Stats {
        requests: Some(line.requests),
        failures: Some(line.failures),
        ..Stats::default()
    };
    for (id, value) in &line.reported {
        stats.as_reported.insert((*id).to_owned(), *value);
    }
    // A size that was cut to whole bytes says little of a sum.
    let exact = stats.as_reported.remove("exact_content_size");
    if let Some(size) = exact {
        stats.bytes_received = whole(size * line.requests as f64);
        stats
            .as_reported
            .insert("average_content_size".to_owned(), size);
    }
    if !is_timed(line) {
        stats.as_reported.remove("median_response_time");
        return (stats, false);
    }
    let mut percentiles = line.percentiles.clone();
    let odd = percentiles_shifted(percentiles.values().map(|value| value.0), line.min);
    if odd {
        percentiles.clear();
    }
    stats.latency = Some(Latency {
        min: line.min.map(Millis),
        mean: line.mean.map(Millis),
        max: line.max.map(Millis),
        percentiles,
        ..latency(line.requests)
    });
    (stats, odd)
}

/// `0.95` of a key as a percentile; 1.0 is the largest bucket and not a percentile.
fn percentile_of(share: &str) -> Option<Percentile> {
    let number: f64 = share.parse().ok()?;
    // 0.999 * 100 is not 99.9.
    Percentile::new((number * 100_000.0).round() / 1000.0)
}

/// `2026-11-21T02:16:16Z`, and `2026-11-21 02:16:16` as of 2.31 and before.
fn moment(text: &str) -> Option<DateTime> {
    let plain = text.trim();
    plain.strip_suffix('Z').unwrap_or(plain).parse().ok()
}

/// Python's `html.escape` undone. Other references stay: Locust writes none.
fn unescaped(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let mut plain = text.to_owned();
    for (reference, letter) in pairs {
        if plain.contains(reference) {
            plain = plain.replace(reference, letter);
        }
    }
    plain
}

/// Whether a text was written without escaping: it holds a letter that escaping would have replaced.
fn is_raw(text: &str) -> bool {
    let reference = |rest: &str| {
        [
            "&lt;", "&gt;", "&quot;", "&#34;", "&#x27;", "&#39;", "&amp;",
        ]
        .iter()
        .any(|reference| rest.starts_with(reference))
    };
    text.contains(['<', '>', '"', '\''])
        || text
            .match_indices('&')
            .any(|(at, _)| !text.get(at..).is_some_and(reference))
}

/// Undoes the escaping of names and texts where the report escapes them. Releases differ, and none says which it is: one
/// letter anywhere that escaping would have replaced proves that it does not.
fn unescape(page: &mut Page) {
    let names = page.lines.iter().map(|line| line.name.as_str());
    let problems = || page.failures.iter().chain(&page.exceptions);
    let texts = problems().flat_map(|p| [p.name.as_str(), p.text.as_str()]);
    if names.chain(texts).any(is_raw) {
        return;
    }
    for line in &mut page.lines {
        line.name = unescaped(&line.name);
        line.method = unescaped(&line.method);
    }
    for problem in page.failures.iter_mut().chain(&mut page.exceptions) {
        problem.name = unescaped(&problem.name);
        problem.method = unescaped(&problem.method);
        problem.text = unescaped(&problem.text);
    }
}

/// Adds a note to a page.
fn tell(page: &mut Page, id: &str, text: String, count: u64) {
    note(&mut page.notes, id, text, count);
}
