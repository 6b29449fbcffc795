//! Records that are figures: endpoints, whole runs, or metrics of the harness, gathered into runs.
//!
//! A record with an endpoint is that endpoint of its run, one with a metric is a metric of its run, one with neither is the run
//! as a whole. Where nothing tells records apart each is a run of its own. Percentiles of several endpoints are not merged.

use std::collections::BTreeMap;

use crate::ingest::Unit as Files;
use crate::ingest::error::IngestError;
use crate::ingest::map::path::Place;
use crate::ingest::map::stats::{self, Values};
use crate::ingest::map::target::{Shape, Target};
use crate::ingest::map::value::Value;
use crate::ingest::map::{FORMAT, Mapping, Record, Sink, at, describe, take};
use crate::model::run::label;
use crate::model::{Custom, CustomKind, Endpoint, FileRef, Run, Seconds};

/// More records are requests, not figures.
const MOST_RECORDS: usize = 50_000;

/// Runs of one file.
const MOST_RUNS: usize = 1000;

const NOTHING: &str = "records without any mapped figure are left out";

/// A record with its figures.
struct Row {
    /// Which file.
    file: usize,
    /// Its number there.
    number: u64,
    values: Values,
}

/// Gathers rows.
struct Rows<'m> {
    mapping: &'m Mapping,
    file: usize,
    name: String,
    held: Vec<Row>,
    /// By field: records without it.
    absent: Vec<u64>,
    /// By field: records with a value there, and with nothing such as `null`.
    filled: Vec<(u64, u64)>,
    left_out: BTreeMap<&'static str, u64>,
}

impl Sink for Rows<'_> {
    fn record(&mut self, record: &Record<'_>) -> Result<(), IngestError> {
        if self.held.len() == MOST_RECORDS {
            let problem = format!("there are more than {MOST_RECORDS} records");
            return Err(at(&self.name, record, &problem).with_hint(
                "is each of them a request? then map its `latency`; else map fewer, by a longer `records`",
            ));
        }
        let mut values = Values::new();
        let mut says_something = false;
        let mut empty = Vec::new();
        for (number, field) in self.mapping.fields.iter().enumerate() {
            if matches!(field.place, Place::Document(_)) || field.target == Target::Condition {
                continue;
            }
            let Some(raw) = record.values.get(number).and_then(Option::as_ref) else {
                if let Some(absent) = self.absent.get_mut(number) {
                    *absent += 1;
                }
                continue;
            };
            let value = raw.read(field.target.shape(), &field.measure);
            let value = value
                .map_err(|what| at(&self.name, record, &format!("`{}` {what}", field.place)))?;
            if let Some(value) = value {
                says_something |= field.target.is_figure();
                values.insert(field.target.clone(), value);
                if let Some((filled, _)) = self.filled.get_mut(number) {
                    *filled += 1;
                }
            } else if field.target.shape() != Shape::Text {
                empty.push(number);
            }
        }
        if !says_something {
            *self.left_out.entry(NOTHING).or_default() += 1;
            return Ok(());
        }
        for number in empty {
            if let Some((_, empty)) = self.filled.get_mut(number) {
                *empty += 1;
            }
        }
        for (target, value) in &self.mapping.constants {
            values
                .entry(target.clone())
                .or_insert_with(|| value.clone());
        }
        self.held.push(Row {
            file: self.file,
            number: record.number,
            values,
        });
        Ok(())
    }

    fn left_out(&mut self, why: &'static str, _: u64, _: u64) {
        *self.left_out.entry(why).or_default() += 1;
    }
}

/// Reads the files of one unit into runs.
pub(super) fn read(unit: &Files, mapping: &Mapping) -> Result<Vec<Run>, IngestError> {
    let mut rows = Rows {
        mapping,
        file: 0,
        name: String::new(),
        held: Vec::new(),
        absent: vec![0; mapping.fields.len()],
        filled: vec![(0, 0); mapping.fields.len()],
        left_out: BTreeMap::new(),
    };
    let mut files = Vec::new();
    let mut document = Vec::new();
    for (number, input) in unit.inputs.iter().enumerate() {
        rows.file = number;
        rows.name.clone_from(&input.name);
        let before = rows.held.len();
        let taken = take(input, mapping, &mut rows)?;
        if rows.held.len() == before {
            let place = crate::ingest::error::Place::File;
            let problem = format!("no record holds a figure of map `{}`", mapping.name);
            return Err(IngestError::content(&input.name, place, problem));
        }
        files.push(taken.file);
        document.extend(taken.document);
    }
    let Rows {
        held,
        absent,
        filled,
        left_out,
        ..
    } = rows;
    let all = held.len();
    let gathered = gather(held, mapping, &files)?;
    let mut runs: Vec<Run> = gathered
        .into_iter()
        .map(|gathered| gathered.into_run(mapping, &files, &document))
        .collect();
    if let Some(first) = runs.first_mut() {
        for (field, absent) in mapping.fields.iter().zip(absent) {
            // Where records are of several kinds, each has its own members.
            if absent > 0 {
                let text = format!(
                    "records of {all} without `{}`, the `{}`",
                    field.place, field.target
                );
                first.note("member-absent", text, absent);
            }
        }
        for (field, (filled, empty)) in mapping.fields.iter().zip(filled) {
            if filled > 0 && empty > 0 {
                let text = format!(
                    "records of {all} with nothing at `{}`, the `{}`",
                    field.place, field.target
                );
                first.note("member-empty", text, empty);
            }
        }
        for (why, count) in left_out {
            first.note("record-left-out", why, count);
        }
    }
    Ok(runs)
}

/// What one run has.
#[derive(Default)]
struct Gathered {
    name: Option<String>,
    whole: Option<Row>,
    endpoints: BTreeMap<(String, Option<String>), Row>,
    /// By name and unit.
    metrics: BTreeMap<(String, Option<String>), Row>,
    files: Vec<usize>,
}

fn text(values: &Values, name: &'static str) -> Option<String> {
    match values.get(&Target::Plain(name)) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn gather(
    rows: Vec<Row>,
    mapping: &Mapping,
    files: &[FileRef],
) -> Result<Vec<Gathered>, IngestError> {
    // A constant tells no record from another.
    let each_is_a_run = !["run", "endpoint", "metric"]
        .iter()
        .any(|name| mapping.has(name));
    let mut all: Vec<Gathered> = Vec::new();
    let mut places: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for row in rows {
        let name = text(&row.values, "run");
        let known = places.get(&name).copied().filter(|_| !each_is_a_run);
        let place = known.unwrap_or(all.len());
        if known.is_none() {
            if all.len() == MOST_RUNS {
                let problem = format!(
                    "record {}: there are more than {MOST_RUNS} runs",
                    row.number
                );
                return Err(of_row(&row, files, problem).with_hint(
                    "map what tells endpoints apart as `endpoint`, or `latency` where each record is a request",
                ));
            }
            places.insert(name.clone(), place);
            all.push(Gathered {
                name,
                ..Gathered::default()
            });
        }
        let Some(run) = all.get_mut(place) else {
            continue;
        };
        if run.files.last() != Some(&row.file) {
            run.files.push(row.file);
        }
        let endpoint = text(&row.values, "endpoint");
        let method = text(&row.values, "method");
        let name = endpoint.as_ref().map(|name| label(method.as_deref(), name));
        let (before, what) = if let Some(metric) = text(&row.values, "metric") {
            let metric = match name {
                Some(name) => format!("{name} {metric}"),
                None => metric,
            };
            // Of one name in two units both are kept.
            let key = (metric, text(&row.values, "unit"));
            let Some(before) = run.metrics.get(&key) else {
                run.metrics.insert(key, row);
                continue;
            };
            (before.number, format!("the metric `{}`", key.0))
        } else if let (Some(endpoint), Some(name)) = (endpoint, name) {
            let key = (endpoint, method);
            let Some(before) = run.endpoints.get(&key) else {
                run.endpoints.insert(key, row);
                continue;
            };
            (before.number, format!("the endpoint `{name}`"))
        } else {
            let Some(before) = &run.whole else {
                run.whole = Some(row);
                continue;
            };
            (before.number, "the run as a whole".to_owned())
        };
        let problem = format!(
            "record {}: is {what} again, as record {before} is",
            row.number
        );
        return Err(of_row(&row, files, problem).with_hint(
            "where one file holds several runs, map what tells them apart as `run`; where each record is a request, map its `latency`",
        ));
    }
    Ok(all)
}

fn of_row(row: &Row, files: &[FileRef], problem: String) -> IngestError {
    let name = files.get(row.file).map_or("", |file| file.name.as_str());
    IngestError::content(name, crate::ingest::error::Place::File, problem)
}

impl Gathered {
    fn rows(&self) -> impl Iterator<Item = &Row> {
        let records = self.endpoints.values().chain(self.metrics.values());
        self.whole.iter().chain(records)
    }

    fn into_run(self, mapping: &Mapping, files: &[FileRef], pairs: &[(Target, Value)]) -> Run {
        let mut run = Run::new(FORMAT.tool, &mapping.format());
        run.name = self.name.clone().unwrap_or_default();
        let own = self.files.iter().filter_map(|file| files.get(*file));
        run.source.files = own.cloned().collect();
        let document: Values = pairs.iter().cloned().collect();
        let said = || self.rows().flat_map(|row| &row.values);
        let beside = pairs.iter().map(|(target, value)| (target, value));
        describe(&mut run, said().chain(beside));
        for (target, value) in said().chain(&document) {
            if let (Target::Plain("users"), Value::Number(users)) = (target, value) {
                let most = run.load.users_max.unwrap_or(f64::NEG_INFINITY);
                run.load.users_max = Some(users.max(most)).filter(|users| *users >= 0.0);
            }
        }
        self.customs(&mut run, &document, mapping);
        let span = stats::span(self.rows().map(|row| &row.values), &document);
        run.started_at = span.started;
        run.ended_at = span.ended;
        run.duration = span.duration;
        for ((name, method), row) in &self.endpoints {
            let own = stats::duration(&row.values).or(run.duration);
            let found = stats::of(&row.values, own);
            for (id, text) in found.notes {
                run.note(id, text, 1);
            }
            run.endpoints.push(Endpoint {
                name: name.clone(),
                method: method.clone(),
                path: None,
                group: None,
                names_in: Vec::new(),
                stats: found.stats,
            });
        }
        let only = (self.endpoints.len() == 1).then(|| self.endpoints.values().next());
        if let Some(one) = self.whole.as_ref().or(only.flatten()) {
            let found = stats::of(&one.values, run.duration);
            run.overall = found.stats;
            // What the one endpoint is the whole of was told of the endpoint.
            for (id, text) in found.notes.iter().filter(|_| self.whole.is_some()) {
                run.note(id, text.clone(), 1);
            }
            derive_duration(&mut run);
        } else if !self.endpoints.is_empty() {
            let parts: Vec<&crate::model::Stats> = run
                .endpoints
                .iter()
                .map(|endpoint| &endpoint.stats)
                .collect();
            run.overall = stats::together(&parts, run.duration);
            let why = "percentiles of several endpoints cannot be merged; the whole has only count, min, mean and max";
            run.note("percentiles-not-merged", why, 1);
        }
        if run.duration.is_none() && !self.endpoints.is_empty() {
            let why = "how long the run took is not in the mapped members, so it has no duration and no rate";
            run.note("duration-unknown", why, 1);
        }
        let nameless = run
            .endpoints
            .iter()
            .filter(|one| one.stats.requests.is_none());
        let nameless = nameless.count() as u64;
        if nameless > 0 {
            run.note(
                "count-unknown",
                "endpoints without a number of requests",
                nameless,
            );
        }
        run
    }

    /// Metrics of the harness: those of the document, of the run, of its endpoints.
    fn customs(&self, run: &mut Run, document: &Values, mapping: &Mapping) {
        let mut all: BTreeMap<String, Custom> = BTreeMap::new();
        let mut add = |prefix: Option<&str>, values: &Values| {
            for (target, value) in values {
                if let (Target::Custom(name), Value::Number(number)) = (target, value) {
                    let name = prefix.map_or(name.clone(), |prefix| format!("{prefix} {name}"));
                    let one = custom(&name, mapping.shown_unit(target).as_deref(), *number);
                    all.insert(one.name.clone(), one);
                }
            }
        };
        for ((name, method), row) in &self.endpoints {
            add(Some(&label(method.as_deref(), name)), &row.values);
        }
        for ((name, _), row) in &self.metrics {
            add(Some(name), &row.values);
        }
        if let Some(row) = &self.whole {
            add(None, &row.values);
        }
        add(None, document);
        for ((name, unit), row) in &self.metrics {
            if let Some(Value::Number(number)) = row.values.get(&Target::Plain("value")) {
                let one = custom(name, unit.as_deref(), *number);
                all.insert(one.name.clone(), one);
            }
        }
        run.custom = all.into_values().collect();
    }
}

/// A metric of the harness; its name says its unit, because the schema has no other place for it.
pub(super) fn custom(name: &str, unit: Option<&str>, value: f64) -> Custom {
    Custom {
        name: unit.map_or(name.to_owned(), |unit| format!("{name} ({unit})")),
        kind: match unit {
            Some(unit) if unit.ends_with("/s") => CustomKind::Rate,
            _ => CustomKind::Value,
        },
        value: Some(value),
        latency: None,
    }
}

/// Requests / rate, where the input has both and no duration.
fn derive_duration(run: &mut Run) {
    let reported = run.overall.as_reported.get("rate_per_s").copied();
    let (None, Some(rate), Some(requests)) = (run.duration, reported, run.overall.requests) else {
        return;
    };
    let seconds = requests as f64 / rate;
    if rate > 0.0 && seconds.is_finite() {
        run.duration = Some(Seconds(seconds));
        run.overall.set_rates(run.duration);
        for endpoint in &mut run.endpoints {
            if endpoint.stats.rate.is_none() {
                endpoint.stats.set_rates(run.duration);
            }
        }
        let text = "the duration is requests / rate; the file holds no other";
        run.note("duration-derived", text, 1);
    }
}
