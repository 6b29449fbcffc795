//! `window.templateArgs = {...}`: the JSON object in which reports since 2.18 hold everything.
//!
//! The script bundle names it several times and may stand before or after it. What counts is an assignment at the start
//! of a line: the object is one line of JSON, so no name inside it can start one.

use std::collections::BTreeMap;

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::ingest::error::{IngestError, Place};
use crate::ingest::json;
use crate::ingest::locust::html::row::Row;
use crate::ingest::locust::html::{
    Line, MOST_ROWS, Page, Problem, moment, percentile_of, series, unescape,
};
use crate::model::Millis;

const MARK: &[u8] = b"window.templateArgs";

/// What may stand before it in its line.
const MOST_INDENT: usize = 200;

/// Where the object starts.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, MARK).find_map(|at| {
        let after = bytes.get(at + MARK.len()..)?;
        let value = after.trim_ascii_start().strip_prefix(b"=")?;
        let value = value.trim_ascii_start();
        // `<script>` may stand in the same line, which no report indents by more.
        let before = bytes.get(at.saturating_sub(MOST_INDENT)..at)?;
        let line = before.rsplit(|byte| *byte == b'\n').next()?;
        let starts = line.trim_ascii().is_empty() || line.trim_ascii_end().ends_with(b">");
        (starts && value.starts_with(b"{")).then(|| bytes.len() - value.len())
    })
}

#[derive(Deserialize)]
struct Args {
    #[serde(default)]
    is_report: Option<bool>,
    #[serde(default)]
    requests_statistics: Vec<Row>,
    #[serde(default)]
    response_time_statistics: Vec<Row>,
    #[serde(default)]
    failures_statistics: Vec<Row>,
    #[serde(default)]
    exceptions_statistics: Vec<Row>,
    #[serde(default)]
    history: Vec<Row>,
    #[serde(default)]
    start_time: Option<String>,
    #[serde(default)]
    end_time: Option<String>,
}

/// Reads the object that starts at `place`.
pub(super) fn read(bytes: &mut [u8], place: usize, file: &str) -> Result<Page, IngestError> {
    let line = 1 + memchr::memchr_iter(b'\n', bytes.get(..place).unwrap_or_default()).count();
    let object = bytes.get_mut(place..).unwrap_or_default();
    let end = end_of(object).map_err(|error| within(IngestError::json(file, &error), line))?;
    let object = object.get_mut(..end).unwrap_or_default();
    json::mend_surrogates(object);
    let args: Args = json::parse(object, file, || std::marker::PhantomData)
        .map_err(|error| within(error, line))?;
    if args.is_report != Some(true) && args.requests_statistics.is_empty() {
        return Err(IngestError::content(
            file,
            Place::Field("window.templateArgs".to_owned()),
            "`requests_statistics` is missing: a page of Locust's web UI, but no report",
        )
        .with_hint("use `locust --html FILE`, or \"Download the report\" in the web UI"));
    }
    page(&args, file)
}

/// How long the object is; what follows it is script.
fn end_of(object: &[u8]) -> Result<usize, serde_json::Error> {
    let mut values = serde_json::Deserializer::from_slice(object).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Err(error)) => Err(error),
        _ => Ok(values.byte_offset()),
    }
}

/// An error's place, counted from the start of the file.
fn within(mut error: IngestError, first: usize) -> IngestError {
    if let IngestError::Content { place, .. } = &mut error {
        let first = first as u64;
        *place = match place {
            Place::FieldAt(path, line) => {
                Place::FieldAt(format!("window.templateArgs.{path}"), first + *line - 1)
            }
            Place::Field(path) => Place::Field(format!("window.templateArgs.{path}")),
            // The column counts from the brace.
            Place::Line(line) | Place::LineColumn(line, _) => Place::Line(first + *line - 1),
            Place::File => Place::Line(first),
        };
    }
    error
}

fn page(args: &Args, file: &str) -> Result<Page, IngestError> {
    let wrong = |list: &str, index: usize, key: &str, problem: String| {
        let path = format!("window.templateArgs.{list}[{index}].{key}");
        IngestError::content(file, Place::Field(path), problem)
    };
    let long = [
        &args.requests_statistics,
        &args.history,
        &args.failures_statistics,
    ];
    if long.iter().any(|list| list.len() > MOST_ROWS) {
        let problem = format!("a list has more than {MOST_ROWS} elements");
        let place = Place::Field("window.templateArgs".to_owned());
        return Err(IngestError::content(file, place, problem));
    }
    let mut page = Page {
        is_utc: true,
        started: args.start_time.as_deref().and_then(moment),
        ended: args.end_time.as_deref().and_then(moment),
        ..Page::default()
    };
    let times = &args.response_time_statistics;
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (place, row) in times.iter().enumerate() {
        let key = (row.text("method"), row.text("name"));
        places.entry(key).or_insert(place);
    }
    for (index, row) in args.requests_statistics.iter().enumerate() {
        let wrong = |key: &str, problem| wrong("requests_statistics", index, key, problem);
        let count = |key: &str| row.count(key).map_err(|problem| wrong(key, problem));
        let quantity = |key: &str| row.quantity(key).map_err(|problem| wrong(key, problem));
        let mut line = Line {
            method: row.text("method"),
            name: row.text("name"),
            requests: count("num_requests")?,
            failures: count("num_failures")?,
            mean: quantity("avg_response_time")?,
            min: quantity("min_response_time")?,
            max: quantity("max_response_time")?,
            ..Line::default()
        };
        for (id, key) in [
            ("rate_per_s", "total_rps"),
            ("failures_per_s", "total_fail_per_sec"),
            ("median_response_time", "median_response_time"),
            ("exact_content_size", "avg_content_length"),
        ] {
            line.reported
                .extend(quantity(key)?.map(|value| (id, value)));
        }
        take_percentiles(&mut line, row, "response_time_percentile_", &wrong)?;
        let beside = places.get(&(line.method.clone(), line.name.clone()));
        if let Some(row) = beside.and_then(|place| times.get(*place)) {
            let wrong = |key: &str, problem: String| {
                let path = format!("window.templateArgs.response_time_statistics[{index}].{key}");
                IngestError::content(file, Place::Field(path), problem)
            };
            take_percentiles(&mut line, row, "", &wrong)?;
        }
        page.lines.push(line);
    }
    for (index, row) in args.failures_statistics.iter().enumerate() {
        let count = row.count("occurrences");
        page.failures.push(Problem {
            method: row.text("method"),
            name: row.text("name"),
            text: row.text("error"),
            count: count.map_err(|p| wrong("failures_statistics", index, "occurrences", p))?,
        });
    }
    for (index, row) in args.exceptions_statistics.iter().enumerate() {
        let count = row.count("count");
        page.exceptions.push(Problem {
            method: String::new(),
            name: String::new(),
            text: row.text("msg"),
            count: count.map_err(|p| wrong("exceptions_statistics", index, "count", p))?,
        });
    }
    unescape(&mut page);
    series::of_args(&args.history, file, &mut page);
    Ok(page)
}

fn take_percentiles(
    line: &mut Line,
    row: &Row,
    prefix: &str,
    wrong: &dyn Fn(&str, String) -> IngestError,
) -> Result<(), IngestError> {
    for (key, _) in &row.0 {
        let share = key.strip_prefix(prefix).filter(|rest| rest.contains('.'));
        let Some(percentile) = share.and_then(percentile_of) else {
            continue;
        };
        let value = row.quantity(key).map_err(|problem| wrong(key, problem))?;
        line.percentiles
            .extend(value.map(|value| (percentile, Millis(value))));
    }
    Ok(())
}
