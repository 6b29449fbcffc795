//! `P_stats.csv`: one row per endpoint and a last one, `Aggregated` with an empty Type, for all.
//!
//! Tables of 0.13.1 to 0.14.6 have other names for the same columns and whole milliseconds; older ones are refused, as they
//! split these figures over two files. Until 1.0 the last row has `None` as Type. Requests without a response time (events that a script
//! fires) count as requests and are in no time column; releases before the summer of 2026 took the percentiles over
//! them as well, which makes these too low, so an overall percentile that cannot be told right is left out.
//!
//! References: locust/stats.py, `StatsCSV`; locust issue 3472.

use std::collections::BTreeMap;

use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::Input;
use crate::ingest::locust::bucket::Grid;
use crate::ingest::locust::table::{Table, header_of};
use crate::ingest::locust::totals::{Totals, add, endpoint, latency};
use crate::ingest::locust::{html, json};
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::{Format, Kind, locust};
use crate::model::{Endpoint, FileRef, Latency, Millis, Percentile, Seconds, Stats};

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "locust-csv",
    tool: "locust",
    files: "P_stats.csv, P_stats_history.csv, P_failures.csv, P_exceptions.csv of `locust --csv P`",
    limits: "no latency of successes alone, no status codes of successes; percentiles are rounded by up to 5 %; \
             the totals lack about the last second",
    sniff,
    set: Some(locust::set_of),
    gathers: false,
    kind: Kind::Document(locust::read),
};

fn sniff(head: &Head) -> Option<Claim> {
    match Part::of(head.bytes)? {
        Part::Json | Part::Html => None,
        part => Claim::new(Grade::Certain, part.why()),
    }
}

/// What a file of a set holds, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Stats,
    History,
    Failures,
    Exceptions,
    /// A table of Locust before 1.0.
    Old,
    Json,
    Html,
}

impl Part {
    /// Looks at the first row, never at the name.
    pub(super) fn of(bytes: &[u8]) -> Option<Part> {
        let start = bytes.trim_ascii_start();
        if start.starts_with(b"[") || json::is_in_log(start) {
            return Some(Part::Json);
        }
        if html::is_report(start).is_some() {
            return Some(Part::Html);
        }
        let (cells, _) = header_of(start);
        let has = |names: &[&str]| names.iter().all(|name| cells.iter().any(|c| c == name));
        if has(&["Timestamp", "User Count", "Total Request Count"]) {
            Some(Part::History)
        } else if has(&["Type", "Name", "Request Count"])
            || has(&["Type", "Name", "Failure Count", "Requests/s"])
            || (has(&["Type", "Name", "# requests", "Requests Failed/s", "50%"])
                && !has(&["Timestamp"]))
        {
            Some(Part::Stats)
        } else if has(&["Name", "# requests"]) {
            Some(Part::Old)
        } else if has(&["Method", "Name", "Error", "Occurrences"]) {
            Some(Part::Failures)
        } else if has(&["Count", "Message", "Traceback"]) {
            Some(Part::Exceptions)
        } else {
            None
        }
    }

    fn why(self) -> &'static str {
        match self {
            Part::Stats => "columns `Type`, `Name`, `Request Count`",
            Part::History => "columns `Timestamp`, `User Count`, `Total Request Count`",
            Part::Failures => "columns `Method`, `Name`, `Error`, `Occurrences`",
            Part::Exceptions => "columns `Count`, `Message`, `Traceback`",
            Part::Old => "columns `Name`, `# requests`",
            Part::Json => "an array",
            Part::Html => "a page",
        }
    }
}

/// A file of Locust before 1.0.
pub(super) fn refuse_old(file: &str) -> IngestError {
    IngestError::content(
        file,
        Place::Line(1),
        "the column `# requests` is of Locust before 1.0, of whose tables only `_stats.csv` of 0.13.1 and later is read",
    )
    .with_hint("run the test with Locust 1.0 or later")
}

struct Columns {
    /// Whether it is a table of before 1.0.
    old: bool,
    method: usize,
    name: usize,
    requests: usize,
    failures: usize,
    mean: usize,
    min: usize,
    max: usize,
    median: Option<usize>,
    size: Option<usize>,
    rate: Option<usize>,
    failure_rate: Option<usize>,
    percentiles: Vec<(usize, Percentile)>,
}

impl Columns {
    fn of(table: &Table) -> Result<Columns, IngestError> {
        // Before 1.0 the same columns had other names.
        let old = table.column("# requests").is_some();
        let need = |name: &str, before: &str| table.need(if old { before } else { name });
        let column = |name: &str, before: &str| table.column(if old { before } else { name });
        Ok(Columns {
            old,
            method: table.need("Type")?,
            name: table.need("Name")?,
            requests: need("Request Count", "# requests")?,
            failures: need("Failure Count", "# failures")?,
            mean: need("Average Response Time", "Average response time")?,
            min: need("Min Response Time", "Min response time")?,
            max: need("Max Response Time", "Max response time")?,
            median: column("Median Response Time", "Median response time"),
            size: table.column("Average Content Size"),
            rate: table.column("Requests/s"),
            failure_rate: column("Failures/s", "Requests Failed/s"),
            percentiles: table.percentiles(),
        })
    }
}

/// One row.
struct Row {
    method: String,
    name: String,
    stats: Stats,
    /// Requests without any time column.
    untimed: u64,
    /// Whether percentiles were below the smallest sample.
    shifted: bool,
}

/// Reads the table. `None` when it has no row.
pub(super) fn read(input: &Input) -> Result<(Option<Totals>, FileRef), IngestError> {
    let mut table = Table::open(input)?;
    let columns = Columns::of(&table)?;
    let mut totals = Totals::default();
    let mut rows: Vec<Row> = Vec::new();
    let mut cut = 0;
    while table.next()? {
        if !table.is_whole() {
            cut += 1;
            continue;
        }
        rows.push(row(&table, &columns)?);
    }
    totals.note(
        "rows-cut",
        format!(
            "{}: a row is shorter than the header and left out; was the run killed?",
            table.file
        ),
        cut,
    );
    let name = table.file.clone();
    let file = table.finish()?;
    if rows.is_empty() {
        return Ok((None, file));
    }
    // An endpoint may be called "Aggregated" too: the total has no Type and is the last.
    let total = rows
        .iter()
        .rposition(|row| row.method.is_empty() && row.name == "Aggregated")
        .or_else(|| none_aggregated(&rows))
        .map(|at| rows.remove(at));
    let most = rows.iter().max_by_key(|row| row.stats.requests);
    totals.duration = total
        .as_ref()
        .or(most)
        .and_then(|row| duration_of(&row.stats));
    let untimed = rows
        .iter()
        .fold(0_u64, |sum, row| sum.saturating_add(row.untimed));
    let shifted = rows.iter().filter(|row| row.shifted).count() as u64;
    let mut duplicates = 0;
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in rows {
        let key = (row.method, row.name);
        let same = places
            .get(&key)
            .and_then(|at| totals.endpoints.get_mut(*at));
        if let Some(first) = same {
            duplicates += 1;
            add(&mut first.stats, &row.stats).ok_or_else(|| too_much(&name))?;
            continue;
        }
        places.insert(key.clone(), totals.endpoints.len());
        totals.endpoints.push(endpoint(key.0, key.1, row.stats));
    }
    if let Some(total) = total {
        totals.overall = total.stats;
        if untimed > 0 {
            overall_without_untimed(&mut totals, untimed);
        }
    } else {
        for part in &totals.endpoints {
            add(&mut totals.overall, &part.stats).ok_or_else(|| too_much(&name))?;
        }
        totals.note(
            "no-total-row",
            format!("{name}: the row `Aggregated` is missing; the totals are the sum of the endpoints, without percentiles"),
            1,
        );
    }
    totals.note(
        "duplicate-endpoint",
        format!(
            "{name}: an endpoint stands in several rows; counts were added, percentiles left out"
        ),
        duplicates,
    );
    totals.note(
        "percentiles-shifted",
        format!("{name}: percentiles below the smallest response time count requests without one and are left out"),
        shifted,
    );
    totals.note(
        "no-response-time",
        "requests without a response time count as requests and are in no latency",
        untimed,
    );
    totals.note(
        "whole-ms",
        format!("{name}: times were cut to whole milliseconds, as Locust before 1.0 wrote them"),
        columns.old.into(),
    );
    let has_bytes = totals.overall.bytes_received.is_some_and(|bytes| bytes > 0);
    totals.note(
        "bytes-derived",
        "received bytes are the average content size times the requests, rounded",
        has_bytes.into(),
    );
    set_resolution(&mut totals);
    totals.finish();
    Ok((Some(totals), file))
}

/// Until 1.0 the Type of the last row, which is nothing in Python, was written as the word.
fn none_aggregated(rows: &[Row]) -> Option<usize> {
    let last = rows.last()?;
    (last.method == "None" && last.name == "Aggregated").then(|| rows.len() - 1)
}

fn too_much(file: &str) -> IngestError {
    IngestError::content(
        file,
        Place::File,
        "the counts of the rows add up to more than fits",
    )
}

/// Every row has the same denominator: from the start to the last request of the run.
pub(super) fn duration_of(stats: &Stats) -> Option<Seconds> {
    let rate = *stats.as_reported.get("rate_per_s")?;
    let requests = stats.requests? as f64;
    let seconds = requests / rate;
    (seconds > 0.0 && seconds.is_finite()).then_some(Seconds(seconds))
}

/// Takes requests without a time out of the overall latency.
fn overall_without_untimed(totals: &mut Totals, untimed: u64) {
    let timed: Vec<&Latency> = totals
        .endpoints
        .iter()
        .filter_map(|endpoint: &Endpoint| endpoint.stats.latency.as_ref())
        .collect();
    let Some(latency) = &mut totals.overall.latency else {
        return;
    };
    latency.count = latency.count.saturating_sub(untimed);
    // One endpoint with times: its own row says what the percentiles must be. Several: nothing does.
    let right = matches!(timed.as_slice(), [only] if only.percentiles == latency.percentiles);
    if !right && !latency.percentiles.is_empty() {
        latency.percentiles.clear();
        totals.note(
            "percentiles-shifted",
            "the overall percentiles may count requests without a response time and are left out",
            1,
        );
    }
}

fn row(table: &Table, columns: &Columns) -> Result<Row, IngestError> {
    let requests = table.count(columns.requests)?;
    let failures = table.count(columns.failures)?;
    let mean = table.number(columns.mean)?;
    let min = table.number(columns.min)?;
    let max = table.number(columns.max)?;
    let mut stats = Stats {
        requests: Some(requests),
        failures: Some(failures),
        ..Stats::default()
    };
    let reported = [
        ("rate_per_s", columns.rate),
        ("failures_per_s", columns.failure_rate),
        ("median_response_time", columns.median),
        ("average_content_size", columns.size),
    ];
    for (id, at) in reported {
        if let Some(at) = at
            && let Some(value) = table.number(at)?
        {
            stats.as_reported.insert(id.to_owned(), value);
        }
    }
    stats.bytes_received = stats
        .as_reported
        .get("average_content_size")
        .and_then(|average| whole(average * requests as f64));
    let has_times = requests > 0 && (mean.unwrap_or(0.0) > 0.0 || max.unwrap_or(0.0) > 0.0);
    if !has_times {
        stats.as_reported.remove("median_response_time");
        return Ok(Row {
            method: table.text(columns.method),
            name: table.text(columns.name),
            stats,
            untimed: requests,
            shifted: false,
        });
    }
    let mut percentiles = BTreeMap::new();
    for (at, percentile) in &columns.percentiles {
        if let Some(value) = table.number(*at)? {
            percentiles.insert(*percentile, Millis(value));
        }
    }
    let shifted = percentiles_shifted(percentiles.values().map(|value| value.0), min);
    if shifted {
        percentiles.clear();
    }
    stats.latency = Some(Latency {
        min: min.map(Millis),
        mean: mean.map(Millis),
        max: max.map(Millis),
        percentiles,
        ..latency(requests)
    });
    Ok(Row {
        method: table.text(columns.method),
        name: table.text(columns.name),
        stats,
        untimed: 0,
        shifted,
    })
}

/// Whether a percentile is 0 though no sample rounds to 0: then requests without a time were counted in.
pub(super) fn percentiles_shifted(
    mut percentiles: impl Iterator<Item = f64>,
    min: Option<f64>,
) -> bool {
    min.is_some_and(|min| min > 0.5) && percentiles.any(|value| value == 0.0)
}

/// A quantity as a count, where it is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie in the range of exact integers"
)]
pub(super) fn whole(value: f64) -> Option<u64> {
    let rounded = value.round();
    (0.0..=9_007_199_254_740_992.0)
        .contains(&rounded)
        .then_some(rounded as u64)
}

/// Says how fine the percentiles are, as far as they show it.
pub(super) fn set_resolution(totals: &mut Totals) {
    let all = totals.endpoints.iter().map(|endpoint| &endpoint.stats);
    let keys: Vec<f64> = all
        .chain(std::iter::once(&totals.overall))
        .filter_map(|stats| stats.latency.as_ref())
        .flat_map(|latency| latency.percentiles.values().map(|value| value.0))
        .collect();
    let resolution = Grid::of(keys.into_iter()).resolution();
    let all = totals.endpoints.iter_mut().map(|e| &mut e.stats);
    for stats in all.chain(std::iter::once(&mut totals.overall)) {
        if let Some(latency) = &mut stats.latency {
            latency.resolution = resolution;
        }
    }
}
