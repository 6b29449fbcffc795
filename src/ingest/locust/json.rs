//! `locust --json`: an array with one object per endpoint, no total, no users, no errors.
//!
//! The richest file: exact counts and bytes, every bucket, counts per second. Refuses an array of anything else. An empty
//! array is what a run without requests leaves. Refuses a log around the array, as `2>&1` makes it.
//!
//! References: locust/stats.py, `StatsEntry.serialize`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Entered;

use memchr::{memchr_iter, memmem};

use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::Input;
use crate::ingest::json::{mended, without_mark};
use crate::ingest::locust::bucket::{Buckets, Grid, Pile, SHOWN};
use crate::ingest::locust::counts::{Counts, PerSecond, TOO_MUCH, floor, joined, per_second};
use crate::ingest::locust::csv::whole;
use crate::ingest::locust::slices::Key;
use crate::ingest::locust::totals::{LAST_SECOND, Totals, endpoint, latency};
use crate::ingest::sniff::{Claim, Grade, Head, json_head};
use crate::ingest::{Format, Kind, locust};
use crate::model::Note;
use crate::model::{FileRef, Latency, Millis, Percentile, Seconds, Stats};

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "locust-json",
    tool: "locust",
    files: "X.json of `locust --headless --json > X.json` or `--json-file X`, with the CSV set of the same name where there is one",
    limits: "no latency of successes alone; without the CSV set no users, no errors by kind, no status codes; \
             percentiles are rounded by up to 5 %",
    sniff,
    set: Some(locust::set_of),
    gathers: false,
    kind: Kind::Document(locust::read),
};

fn sniff(head: &Head) -> Option<Claim> {
    if head.complete && is_empty_array(head.bytes) {
        return Claim::new(
            Grade::Possible,
            "an empty array, as of a run without requests",
        );
    }
    let seen = json_head(head.bytes);
    let all = ["[].num_requests", "[].num_none_requests", "[].num_failures"];
    // With a log before the array it is refused, with the reason.
    if all.iter().all(|path| seen.has(path)) || is_in_log(head.bytes) {
        return Claim::new(
            Grade::Certain,
            "members `num_requests`, `num_none_requests`, `num_failures`",
        );
    }
    None
}

/// Whether an entry stands in a text with a line of the log, `[2026-11-21 02:27:21,123] HOST/INFO/locust.main: ...`.
pub(super) fn is_in_log(text: &[u8]) -> bool {
    let has = |part: &[u8]| memmem::find(text, part).is_some();
    has(b"/locust.") && has(b"\"num_none_requests\":")
}

fn is_empty_array(bytes: &[u8]) -> bool {
    let mut inside = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    inside.by_ref().copied().take(3).eq(*b"[]")
}

#[derive(serde::Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    last_request_timestamp: Option<f64>,
    #[serde(default)]
    start_time: Option<f64>,
    num_requests: u64,
    #[serde(default)]
    num_none_requests: u64,
    num_failures: u64,
    total_response_time: f64,
    #[serde(default)]
    max_response_time: Option<f64>,
    #[serde(default)]
    min_response_time: Option<f64>,
    #[serde(default)]
    total_content_length: Option<f64>,
    response_times: Counts,
    #[serde(default)]
    num_reqs_per_sec: Counts,
    #[serde(default)]
    num_fail_per_sec: Counts,
}

/// What the file holds.
pub(super) struct Json {
    pub(super) totals: Totals,
    /// Method and name of every endpoint, and its seconds.
    pub(super) per_second: Vec<(Key, PerSecond)>,
}

/// Reads the file.
pub(super) fn read(input: &Input) -> Result<(Json, FileRef), IngestError> {
    let (bytes, file) = input.read_all(FORMAT.id)?;
    let text = mended(without_mark(&bytes));
    let array = text.trim_ascii_start().strip_prefix(b"[");
    if array.is_none_or(|inside| !matches!(inside.trim_ascii_start().first(), Some(b'{' | b']'))) {
        let problem =
            "expected the array of objects that `locust --json` prints, and nothing before it";
        return Err(IngestError::content(&input.name, Place::Line(1), problem).with_hint(
            "keep the log apart: `locust --json > run.json 2> locust.log`, or `locust --json-file run`",
        ));
    }
    let mut values = serde_json::Deserializer::from_slice(&text).into_iter::<Vec<Entry>>();
    let entries = values.next().transpose();
    let entries = entries.map_err(|error| IngestError::json(&input.name, &error))?;
    let (before, rest) = text
        .split_at_checked(values.byte_offset())
        .unwrap_or_default();
    if !rest.trim_ascii().is_empty() {
        let line = 1 + memchr_iter(b'\n', before).count() as u64;
        return Err(IngestError::content(
            &input.name,
            Place::Line(line),
            "something else follows the array",
        )
        .with_hint(
            "one file holds one run; are these the outputs of several, or is the log in it?",
        ));
    }
    let entries = entries.unwrap_or_default();
    let is_empty = entries.is_empty();
    let mut json = collect(entries, &input.name)?;
    json.totals.note(
        Note::EMPTY_ARRAY,
        format!("{}: an empty array, as Locust prints it for a run without a request; nothing in it says that it is Locust's", input.name),
        is_empty.into(),
    );
    Ok((json, file))
}

fn collect(entries: Vec<Entry>, file: &str) -> Result<Json, IngestError> {
    // One endpoint in several objects, as of files that were joined: the buckets can be added.
    let mut parts: BTreeMap<(String, String), Sum> = BTreeMap::new();
    let mut all = Sum::default();
    let mut of_seconds = [0_u64; 2];
    let mut duplicates = 0;
    let (mut twice, mut differ) = (0, 0);
    for (index, entry) in entries.into_iter().enumerate() {
        let maps = [&entry.num_reqs_per_sec, &entry.num_fail_per_sec];
        let [requests, failures] = maps.map(|counts| counts.buckets.total());
        let timed = entry.num_requests.saturating_sub(entry.num_none_requests);
        differ += u64::from(entry.response_times.buckets.total() != timed);
        let maps = maps.into_iter().chain([&entry.response_times]);
        twice += maps.map(|counts| counts.twice).sum::<u64>();
        let (key, sum) = Sum::of(entry, index, file)?;
        let too_much = || at(file, index, "num_requests", TOO_MUCH);
        // So much in all that no second and no slice can hold too much.
        for (so_far, more) in of_seconds.iter_mut().zip([requests, failures]) {
            *so_far = so_far.checked_add(more).ok_or_else(too_much)?;
        }
        all.add(&sum).ok_or_else(too_much)?;
        match parts.entry(key) {
            Entered::Occupied(part) => {
                duplicates += 1;
                let part = part.into_mut();
                part.add(&sum).ok_or_else(too_much)?;
                part.per_second.extend(sum.per_second);
            }
            Entered::Vacant(place) => {
                place.insert(sum);
            }
        }
    }
    let (buckets, _) = std::mem::take(&mut all.buckets).settle();
    let grid = Grid::of(buckets.iter().map(|(key, _)| key));
    let mut json = Json {
        totals: Totals::default(),
        per_second: Vec::with_capacity(parts.len()),
    };
    let totals = &mut json.totals;
    totals.started = all.first;
    totals.ended = all.last;
    totals.duration = match (all.first, all.last) {
        (Some(first), Some(last)) if last > first => Some(Seconds(last - first)),
        _ => None,
    };
    totals.overall = all.stats(&buckets, &grid);
    for ((name, method), mut part) in parts {
        let per_second = joined(std::mem::take(&mut part.per_second));
        let (buckets, _) = std::mem::take(&mut part.buckets).settle();
        let made = endpoint(method, name, part.stats(&buckets, &grid));
        let key = (made.method.clone(), made.name.clone());
        json.per_second.push((key, per_second));
        totals.endpoints.push(made);
    }
    totals.note(
        "no-response-time",
        "requests without a response time count as requests and are in no latency",
        all.none,
    );
    totals.note(
        "duplicate-endpoint",
        format!("{file}: an endpoint stands there several times; everything was added"),
        duplicates,
    );
    totals.note(
        "duplicate-key",
        format!("{file}: a key of a map stands there twice; the counts were added"),
        twice,
    );
    totals.note(
        "buckets-differ",
        format!("{file}: the buckets of an endpoint hold another number of samples than it has requests with a response time"),
        differ,
    );
    if !grid.own {
        totals.note(
            "own-bucketing",
            format!("{file}: response times are not rounded as Locust does it; how fine they are is taken from the values"),
            1,
        );
    }
    totals.finish();
    Ok(json)
}

/// Entries that were added.
#[derive(Default)]
struct Sum {
    requests: u64,
    none: u64,
    failures: u64,
    time: f64,
    min: Option<f64>,
    max: Option<f64>,
    bytes: Option<u64>,
    first: Option<f64>,
    last: Option<f64>,
    buckets: Pile,
    /// Requests and failures by second; of all endpoints together it is not kept.
    per_second: PerSecond,
}

fn at(file: &str, index: usize, field: &str, problem: impl Into<String>) -> IngestError {
    IngestError::content(file, Place::Field(format!("[{index}].{field}")), problem)
}

impl Sum {
    fn of(entry: Entry, index: usize, file: &str) -> Result<((String, String), Sum), IngestError> {
        let quantity = |field: &str, value: Option<f64>| match value {
            Some(value) if !(value.is_finite() && value >= 0.0) => Err(at(
                file,
                index,
                field,
                format!("expected a number, 0 or more, found `{value}`"),
            )),
            value => Ok(value),
        };
        if entry.num_none_requests > entry.num_requests {
            return Err(at(
                file,
                index,
                "num_none_requests",
                format!(
                    "{} requests without a response time are more than all {} requests",
                    entry.num_none_requests, entry.num_requests
                ),
            ));
        }
        let timed = entry.num_requests > entry.num_none_requests;
        let mut sum = Sum {
            requests: entry.num_requests,
            none: entry.num_none_requests,
            failures: entry.num_failures,
            time: quantity("total_response_time", Some(entry.total_response_time))?.unwrap_or(0.0),
            min: quantity("min_response_time", entry.min_response_time)?,
            max: quantity("max_response_time", entry.max_response_time)?.filter(|_| timed),
            bytes: quantity("total_content_length", entry.total_content_length)?.and_then(whole),
            first: quantity("start_time", entry.start_time)?,
            last: quantity("last_request_timestamp", entry.last_request_timestamp)?,
            buckets: entry.response_times.buckets.into(),
            per_second: PerSecond::new(),
        };
        let seconds = [&entry.num_reqs_per_sec, &entry.num_fail_per_sec];
        let late = seconds
            .iter()
            .flat_map(|counts| counts.buckets.iter())
            .find(|(second, _)| floor(*second) > LAST_SECOND);
        if let Some((second, _)) = late {
            let problem = format!("expected seconds since 1970 as keys, found `{second}`");
            return Err(at(file, index, "num_reqs_per_sec", problem));
        }
        sum.per_second = per_second(&entry.num_reqs_per_sec, &entry.num_fail_per_sec);
        Ok(((entry.name, entry.method.unwrap_or_default()), sum))
    }

    fn add(&mut self, other: &Sum) -> Option<()> {
        self.requests = self.requests.checked_add(other.requests)?;
        self.none = self.none.checked_add(other.none)?;
        self.failures = self.failures.checked_add(other.failures)?;
        self.time += other.time;
        if !self.time.is_finite() {
            return None;
        }
        let pick = |a: Option<f64>, b: Option<f64>, pick: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        self.min = pick(self.min, other.min, f64::min);
        self.max = pick(self.max, other.max, f64::max);
        self.first = pick(self.first, other.first, f64::min);
        self.last = pick(self.last, other.last, f64::max);
        self.bytes = match (self.bytes, other.bytes) {
            (Some(a), Some(b)) => Some(a.checked_add(b)?),
            (a, b) => a.or(b),
        };
        self.buckets.merge(&other.buckets)?;
        Some(())
    }

    fn stats(&self, buckets: &Buckets, grid: &Grid) -> Stats {
        let timed = self.requests.saturating_sub(self.none);
        let latency = (timed > 0).then(|| {
            let mut latency = Latency {
                min: self.min.map(Millis),
                mean: Some(Millis(self.time / timed as f64)),
                max: self.max.map(Millis),
                histogram: (buckets.total() > 0).then(|| buckets.histogram(grid)),
                resolution: grid.resolution(),
                ..latency(timed)
            };
            latency.read_percentiles(SHOWN.into_iter().filter_map(Percentile::new));
            latency
        });
        Stats {
            requests: Some(self.requests),
            failures: Some(self.failures),
            bytes_received: self.bytes,
            latency,
            ..Stats::default()
        }
    }
}
