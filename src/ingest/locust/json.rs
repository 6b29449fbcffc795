//! `locust --json`: an array with one object per endpoint, no total, no users, no errors.
//!
//! The richest file: exact counts and bytes, every bucket, counts per second. Refuses an array of anything else. An empty
//! array is what a run without requests leaves. With `2>&1` the log and its tables stand before the array: it is looked
//! for at the start of a line, where a line of the log has `[` and a date; of the log nothing is kept.
//!
//! References: locust/stats.py, `StatsEntry.serialize`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Entered;

use memchr::memchr_iter;

use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::Input;
use crate::ingest::json::{mended, without_mark};
use crate::ingest::locust::bucket::{Buckets, Grid, Pile, SHOWN};
use crate::ingest::locust::console::{arrays, below, is_empty_array, is_log, is_rest_of_log};
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
    let text = head.bytes;
    if head.complete && is_empty_array(text) {
        return Claim::new(
            Grade::Possible,
            "an empty array, as of a run without requests",
        );
    }
    let log = is_log(text);
    let all = ["[].num_requests", "[].num_none_requests", "[].num_failures"];
    let mut empty = false;
    for start in arrays(text).take(MOST_ARRAYS_OF_HEAD) {
        let array = text.get(start..).unwrap_or_default();
        let seen = json_head(array);
        if all.iter().all(|path| seen.has(path)) {
            return Claim::new(
                Grade::Certain,
                "members `num_requests`, `num_none_requests`, `num_failures`",
            );
        }
        empty |= log && is_empty_array(array);
    }
    if empty {
        return Claim::new(Grade::Likely, "a log of Locust and an empty array");
    }
    // The array may come after more than was looked at.
    (log && !head.complete)
        .then(|| Claim::new(Grade::Likely, "a log of Locust"))
        .flatten()
}

/// How many arrays of a head are looked into: a script may print some of its own.
const MOST_ARRAYS_OF_HEAD: usize = 20;

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

/// Reads the file; `None` when it is a log without an array.
pub(super) fn read(input: &Input) -> Result<(Option<Json>, FileRef), IngestError> {
    let (bytes, file) = input.read_all(FORMAT.id)?;
    let text = mended(without_mark(&bytes));
    let first = text.len() - text.trim_ascii_start().len();
    let starts: Vec<usize> = arrays(&text).take(MOST_ARRAYS).collect();
    if starts.is_empty() && is_log(&text) {
        return Ok((None, file));
    }
    // A script may print arrays too: behind a log, Locust's own is the last thing that is printed.
    let start = match starts.as_slice() {
        [at, ..] if *at == first => first,
        [.., before, last] => {
            if starts_with_entries(text.get(*before..*last).unwrap_or_default()) {
                let problem = "the log holds several arrays as of --json";
                return Err(IngestError::content(&input.name, Place::File, problem)
                    .with_hint("one file holds one run: cut it in two"));
            }
            *last
        }
        [only] => *only,
        [] => first,
    };
    let line = memchr_iter(b'\n', text.get(..start).unwrap_or_default()).count() as u64;
    let array = text.get(start..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_slice(array).into_iter::<Vec<Entry>>();
    let entries = match values.next() {
        Some(Ok(entries)) => entries,
        Some(Err(error)) => return Err(below(IngestError::json(&input.name, &error), line)),
        None => Vec::new(),
    };
    let rest = array.get(values.byte_offset()..).unwrap_or_default();
    if !is_rest_of_log(rest) {
        let at = line
            + 1
            + memchr_iter(b'\n', array.get(..values.byte_offset()).unwrap_or_default()).count()
                as u64;
        return Err(IngestError::content(
            &input.name,
            Place::Line(at),
            "something else follows the array",
        )
        .with_hint("one file holds one run; are these the outputs of several?"));
    }
    let is_empty = entries.is_empty();
    let mut json = collect(entries, &input.name)?;
    let beside = |text: &[u8]| {
        let lines = text.split(|byte| *byte == b'\n');
        lines.filter(|line| !line.trim_ascii().is_empty()).count() as u64
    };
    json.totals.note(
        "log-lines",
        format!(
            "{}: lines of the log before and after the array were left out",
            input.name
        ),
        beside(text.get(..start).unwrap_or_default()) + beside(rest),
    );
    json.totals.note(
        Note::EMPTY_ARRAY,
        format!("{}: an empty array, as Locust prints it for a run without a request; nothing in it says that it is Locust's", input.name),
        is_empty.into(),
    );
    Ok((Some(json), file))
}

/// Whether the file is a log without an array. A stream is read once, so it is told by its head, and only when that is all.
pub(super) fn is_bare_log(input: &Input) -> Result<bool, IngestError> {
    let (head, complete) = input.head()?;
    if !is_log(&head) || arrays(&head).next().is_some() {
        return Ok(false);
    }
    if complete || input.path.is_none() {
        return Ok(complete);
    }
    let (bytes, _) = input.read_all(FORMAT.id)?;
    Ok(arrays(&bytes).next().is_none())
}

/// How many arrays are looked at before the rest is taken for noise.
const MOST_ARRAYS: usize = 10_000;

fn starts_with_entries(text: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Vec<Entry>>();
    matches!(values.next(), Some(Ok(entries)) if !entries.is_empty())
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
