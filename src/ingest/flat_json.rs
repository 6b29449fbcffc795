//! The flat JSON of home-made harnesses: one object for each operation, counts and latencies as plain members.
//!
//! An object, an array, JSON Lines, and several files of these are read together: different operations are endpoints of one
//! run, and the n-th occurrence of an operation belongs to the n-th run. Units are those that the names say; percentiles of
//! several operations are not merged into one. Nothing else is taken for granted: a harness may time its failures or not.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess};

use crate::ingest::error::Place;
use crate::ingest::json::{self, Fill, Key, Number};
use crate::ingest::sniff::{Claim, Grade, Head, JsonTop, json_head};
use crate::ingest::{Format, IngestError, Kind, Unit};
use crate::model::{
    Endpoint, FileRef, Latency, Millis, Percentile, Population, Run, Seconds, Stats,
};

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "flat-json",
    tool: "flat",
    files: "JSON objects with `operation`, `total_requests`, `avg_latency_ms`, `p95_latency_ms`, `throughput_rps`, ...",
    limits: "no times, status codes or timeline; the duration is total / throughput; whose latencies they are is not said; \
             percentiles over several operations do not exist",
    sniff,
    set: None,
    gathers: true,
    kind: Kind::Document(read),
};

/// Every member but `operation`.
const MEMBERS: [&str; 12] = [
    "total_requests",
    "successful_requests",
    "failed_requests",
    "success_rate_pct",
    "avg_latency_ms",
    "median_latency_ms",
    "p95_latency_ms",
    "p99_latency_ms",
    "min_latency_ms",
    "max_latency_ms",
    "std_dev_ms",
    "throughput_rps",
];

fn sniff(head: &Head) -> Option<Claim> {
    let members = json_head(head.bytes);
    let start = match members.top {
        JsonTop::Object => "",
        JsonTop::Array => "[].",
        JsonTop::None => return None,
    };
    let has = |name: &str| members.has(&format!("{start}{name}"));
    let known = MEMBERS.iter().filter(|name| has(name)).count();
    if !has("operation") || known < 3 {
        return None;
    }
    let why = format!("member `operation` and {known} of its twelve figures");
    Claim::new(Grade::Likely, why)
}

/// One object.
#[derive(Debug, Default)]
struct Record {
    operation: Option<String>,
    total: Option<u64>,
    successful: Option<u64>,
    failed: Option<u64>,
    success_rate: Option<f64>,
    throughput: Option<f64>,
    min: Option<f64>,
    mean: Option<f64>,
    max: Option<f64>,
    stddev: Option<f64>,
    percentiles: BTreeMap<Percentile, Millis>,
    unknown: Vec<String>,
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Record, D::Error> {
        json::filled(deserializer)
    }
}

/// Any percentile may be a member, and those that are not known are named.
impl<'de> Fill<'de> for &mut Record {
    const EXPECTED: &'static str = "an object with `operation` and its figures";

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let (count, figure) = match &*key {
                "operation" => {
                    self.operation = Some(map.next_value()?);
                    continue;
                }
                "total_requests" => (Some(&mut self.total), None),
                "successful_requests" => (Some(&mut self.successful), None),
                "failed_requests" => (Some(&mut self.failed), None),
                "success_rate_pct" => (None, Some(&mut self.success_rate)),
                "throughput_rps" => (None, Some(&mut self.throughput)),
                "min_latency_ms" => (None, Some(&mut self.min)),
                "avg_latency_ms" => (None, Some(&mut self.mean)),
                "max_latency_ms" => (None, Some(&mut self.max)),
                "std_dev_ms" => (None, Some(&mut self.stddev)),
                name => {
                    if let Some(percentile) = percentile_of(name) {
                        if let Some(value) = not_negative(map.next_value()?)? {
                            self.percentiles.insert(percentile, Millis(value));
                        }
                    } else {
                        self.unknown.push(key.clone().into_owned());
                        map.next_value::<IgnoredAny>()?;
                    }
                    continue;
                }
            };
            let number: Number = map.next_value()?;
            if let Some(slot) = count {
                *slot = number.count().map_err(de::Error::custom)?;
            } else if let Some(slot) = figure {
                *slot = not_negative(number)?;
            }
        }
        Ok(())
    }
}

fn not_negative<E: de::Error>(number: Number) -> Result<Option<f64>, E> {
    match number.value() {
        Some(value) if value < 0.0 => Err(E::custom(format!(
            "expected a figure from 0 on and found {value}"
        ))),
        value => Ok(value),
    }
}

/// `median_latency_ms`, `p95_latency_ms`; three and four digits are `p999` for 99.9 and `p9999` for 99.99.
fn percentile_of(name: &str) -> Option<Percentile> {
    let name = name.strip_suffix("_latency_ms")?;
    if name == "median" {
        return Some(Percentile::P50);
    }
    let digits = name.strip_prefix('p')?;
    match digits {
        "999" => Some(Percentile::P99_9),
        "9999" => Percentile::new(99.99),
        _ if digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Percentile::new(digits.parse().ok()?)
        }
        _ => None,
    }
}

impl Record {
    /// Why it is none, where it is none.
    fn lack(&self) -> Option<&'static str> {
        let has_figure = self.total.is_some()
            || self.min.is_some()
            || self.mean.is_some()
            || self.max.is_some()
            || !self.percentiles.is_empty();
        match &self.operation {
            None => Some("records without `operation` are left out"),
            Some(name) if name.is_empty() => Some("records with an empty `operation` are left out"),
            Some(_) if !has_figure => {
                Some("records without `total_requests` and latencies are left out")
            }
            Some(_) => None,
        }
    }

    fn requests(&self) -> Option<u64> {
        let parts = || self.successful?.checked_add(self.failed?);
        self.total.or_else(parts)
    }

    fn failures(&self) -> Option<u64> {
        let rest = || self.total?.checked_sub(self.successful?);
        self.failed.or_else(rest)
    }

    /// Total / throughput.
    fn duration(&self) -> Option<Seconds> {
        let rate = self.throughput.filter(|rate| *rate > 0.0)?;
        let seconds = self.requests()? as f64 / rate;
        seconds.is_finite().then_some(Seconds(seconds))
    }

    fn latency(&self, population: Population) -> Option<Latency> {
        let figures = [self.min, self.mean, self.max, self.stddev];
        if figures.iter().all(Option::is_none) && self.percentiles.is_empty() {
            return None;
        }
        // Whether failures are timed is not said; the smaller number of samples promises less.
        let count = match (self.requests(), self.failures()) {
            (Some(all), Some(failed)) => all.saturating_sub(failed),
            (all, _) => all.unwrap_or(0),
        };
        Some(Latency {
            min: self.min.map(Millis),
            mean: self.mean.map(Millis),
            stddev: self.stddev.map(Millis),
            max: self.max.map(Millis),
            percentiles: self.percentiles.clone(),
            ..Latency::of(population, count)
        })
    }

    fn stats(&self) -> Stats {
        let mut stats = Stats {
            requests: self.requests(),
            failures: self.failures(),
            latency: self.latency(Population::Unknown),
            ..Stats::default()
        };
        if stats.failures == Some(0) {
            // Every request is a success, so every sample is one.
            stats.latency_ok = self.latency(Population::Ok);
        }
        let reported = [
            ("rate_per_s", self.throughput),
            ("success_rate", self.success_rate.map(|pct| pct / 100.0)),
        ];
        stats.as_reported = reported
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        stats.set_rates(self.duration());
        stats
    }
}

/// Records of one run, each with the file it comes from.
#[derive(Default)]
struct Gathered {
    records: BTreeMap<String, Record>,
    files: Vec<usize>,
}

fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    let mut files: Vec<FileRef> = Vec::new();
    let mut runs: Vec<Gathered> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut left_out: BTreeMap<&'static str, u64> = BTreeMap::new();
    for input in &unit.inputs {
        let (bytes, file) = input.read_all(FORMAT.id)?;
        let mut good = 0;
        for record in json::records(&bytes, &file.name, PhantomData::<Record>)? {
            if let Some(lack) = record.lack() {
                *left_out.entry(lack).or_default() += 1;
                continue;
            }
            good += 1;
            let operation = record.operation.clone().unwrap_or_default();
            let turn = seen.entry(operation.clone()).or_default();
            if runs.len() <= *turn {
                runs.resize_with(*turn + 1, Gathered::default);
            }
            if let Some(run) = runs.get_mut(*turn) {
                run.records.insert(operation, record);
                if run.files.last() != Some(&files.len()) {
                    run.files.push(files.len());
                }
            }
            *turn += 1;
        }
        if good == 0 {
            let problem = "no record holds `operation` and one of its figures";
            return Err(IngestError::content(&file.name, Place::File, problem));
        }
        files.push(file);
    }
    let mut runs: Vec<Run> = runs
        .into_iter()
        .map(|gathered| {
            let own = gathered.files.iter().filter_map(|index| files.get(*index));
            let own = own.cloned().collect();
            make_run(&gathered.records, own)
        })
        .collect();
    if let Some(first) = runs.first_mut() {
        for (lack, count) in left_out {
            first.note("record-left-out", lack, count);
        }
    }
    Ok(runs)
}

fn make_run(records: &BTreeMap<String, Record>, files: Vec<FileRef>) -> Run {
    let mut run = Run::new(FORMAT.tool, FORMAT.id);
    run.source.files = files;
    for (name, record) in records {
        run.endpoints.push(Endpoint {
            name: name.clone(),
            method: None,
            path: None,
            group: None,
            names_in: Vec::new(),
            stats: record.stats(),
        });
        for member in &record.unknown {
            let text = format!("the member `{member}` is not known and was left out");
            run.note("unknown-member", text, 1);
        }
        let sum = record
            .successful
            .zip(record.failed)
            .map(|(ok, bad)| ok.saturating_add(bad));
        if record.total.is_some() && sum.is_some() && record.total != sum {
            let text = "records whose `total_requests` is not the sum of successful and failed";
            run.note("counts-differ", text, 1);
        }
        if record.requests().is_none() {
            let text = "records with latencies and no number of requests";
            run.note("count-unknown", text, 1);
        }
    }
    let mut all = records.values();
    if let (Some(only), None) = (all.next(), all.next()) {
        run.overall = only.stats();
        run.duration = only.duration();
        if run.duration.is_some() {
            let text = "the duration is total_requests / throughput_rps; the file holds no times";
            run.note("duration-derived", text, 1);
        }
    } else {
        run.overall = together(records);
        let text = "whether the operations ran at the same time is not in the file, so the run has no duration and no rate";
        run.note("duration-unknown", text, 1);
        let text = "percentiles of several operations cannot be merged; the whole has only count, min, mean and max";
        run.note("percentiles-not-merged", text, 1);
    }
    run
}

/// What can be said of several operations together.
fn together(records: &BTreeMap<String, Record>) -> Stats {
    let sum = |count: fn(&Record) -> Option<u64>| {
        let mut counts = records.values().map(count);
        counts.try_fold(0u64, |all, count| all.checked_add(count?))
    };
    let mut stats = Stats {
        requests: sum(Record::requests),
        failures: sum(Record::failures),
        latency: merged(records, Population::Unknown),
        ..Stats::default()
    };
    if stats.failures == Some(0) {
        stats.latency_ok = merged(records, Population::Ok);
    }
    stats
}

/// Count, least, largest and weighted mean; each only where every operation has it.
fn merged(records: &BTreeMap<String, Record>, population: Population) -> Option<Latency> {
    let parts: Option<Vec<Latency>> = records
        .values()
        .map(|record| record.latency(population))
        .collect();
    Latency::together(&parts?.iter().collect::<Vec<_>>(), population)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Input;
    use std::io::Cursor;

    fn runs(texts: &[&'static str]) -> Result<Vec<Run>, IngestError> {
        let input = |text: &&'static str| Input::stream("-", Cursor::new(text.as_bytes()));
        read(&Unit {
            inputs: texts.iter().map(input).collect(),
            stem: "x".into(),
            jobs: 1,
            ..Unit::default()
        })
    }

    #[test]
    fn the_second_occurrence_of_an_operation_is_a_second_run() {
        let found = runs(&[
            r#"{"operation":"a","total_requests":10}{"operation":"b","total_requests":20}"#,
            r#"[{"operation":"a","total_requests":30}]"#,
        ])
        .unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].overall.requests, Some(30));
        assert_eq!(found[0].source.files.len(), 1);
        assert_eq!(found[1].overall.requests, Some(30));
        assert_eq!(found[1].endpoints.len(), 1);
    }

    #[test]
    fn percentiles_of_several_operations_are_not_merged() {
        let found = runs(&[r#"[
            {"operation":"a","total_requests":10,"failed_requests":0,"avg_latency_ms":10,"min_latency_ms":1,"max_latency_ms":20,"p95_latency_ms":18},
            {"operation":"b","total_requests":30,"failed_requests":0,"avg_latency_ms":30,"min_latency_ms":2,"max_latency_ms":90,"p95_latency_ms":80}]"#])
        .unwrap();
        let overall = found[0].overall.latency_ok.as_ref().unwrap();
        assert_eq!(overall.count, 40);
        assert_eq!(overall.mean, Some(Millis(25.0)));
        assert_eq!(overall.min, Some(Millis(1.0)));
        assert_eq!(overall.max, Some(Millis(90.0)));
        assert!(overall.percentiles.is_empty());
        assert_eq!(found[0].duration, None);
        assert_eq!(found[0].overall.rate, None);
    }

    #[test]
    fn what_is_missing_stays_absent_and_is_not_zero() {
        let found =
            runs(&[r#"{"operation":"a","p99_latency_ms":9.5,"total_requests":null}"#]).unwrap();
        let stats = &found[0].overall;
        assert_eq!(
            (stats.requests, stats.failures, stats.rate),
            (None, None, None)
        );
        let latency = stats.latency.as_ref().unwrap();
        assert_eq!((latency.count, latency.mean), (0, None));
        assert_eq!(latency.percentile(Percentile::P99), Some(Millis(9.5)));
        assert!(stats.latency_ok.is_none());
    }

    #[test]
    fn records_that_are_none_are_counted_and_wrong_types_are_errors() {
        let found = runs(&[r#"[{"operation":"a","total_requests":1,"x":[1]},{"total_requests":1},{"operation":"b"}]"#])
            .unwrap();
        let notes: Vec<&str> = found[0].notes.iter().map(|note| note.id.as_str()).collect();
        assert_eq!(
            notes,
            ["unknown-member", "record-left-out", "record-left-out"]
        );
        assert!(runs(&[r#"[{"total_requests":1}]"#]).is_err());
        for (text, wanted) in [
            (
                r#"[{"operation":"a","total_requests":"1"}]"#,
                "`[0].total_requests`",
            ),
            (r#"[{"operation":"a","failed_requests":-1}]"#, "found -1"),
            (r#"[{"operation":"a","total_requests":1.5}]"#, "found 1.5"),
            (r#"[{"operation":5}]"#, "`[0].operation`"),
            (r#"[{"operation":"a","p95_latency_ms":-2}]"#, "from 0 on"),
            ("[7]", "expected an object"),
            ("7", "an object or an array"),
        ] {
            let error = runs(&[text]).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn percentiles_are_read_off_the_names() {
        for (name, wanted) in [
            ("median_latency_ms", Some("p50")),
            ("p9_latency_ms", Some("p9")),
            ("p999_latency_ms", Some("p99.9")),
            ("p9999_latency_ms", Some("p99.99")),
            ("p0_latency_ms", None),
            ("p123_latency_ms", None),
            ("p95_latency_s", None),
        ] {
            let found = percentile_of(name).map(|p| p.to_string());
            assert_eq!(found.as_deref(), wanted, "{name}");
        }
    }
}
