//! Records that are requests: one by one into a recorder, in memory that does not grow with them.
//!
//! A value that does not fit costs its record or its member, counted in a note; only where no record has a latency the file is
//! refused, with the first value that did not fit.

use std::collections::BTreeMap;

use crate::ingest::Unit as Files;
use crate::ingest::error::{IngestError, Place as Where};
use crate::ingest::map::path::Place;
use crate::ingest::map::target::Target;
use crate::ingest::map::value::{Value, whole};
use crate::ingest::map::{FORMAT, Mapping, Record, Sink, at, describe, figures, take};
use crate::ingest::recorder::{Recorder, Sample};
use crate::ingest::words::{self, Flag, Judged};
use crate::model::Run;

/// Runs of one file: each has a recorder.
const MOST_RUNS: usize = 64;

const NO_LATENCY: &str = "requests without a latency are counted and stand in no percentile";
const IMPOSSIBLE_LATENCY: &str =
    "requests whose latency is beyond 13 days are counted and stand in no percentile";

/// What the fields of one record say.
#[derive(Default)]
struct Row {
    run: Option<String>,
    endpoint: Option<String>,
    method: Option<String>,
    code: Option<String>,
    error: Option<String>,
    time: Option<i64>,
    latency: Option<f64>,
    ok: Option<bool>,
    /// What stands where the outcome should: why it failed, or what nobody knows.
    word: Option<String>,
    received: Option<u64>,
    sent: Option<u64>,
    users: Option<u64>,
}

impl Row {
    fn put(&mut self, target: &Target, value: Value) {
        let Target::Plain(name) = target else { return };
        match (*name, value) {
            ("run", Value::Text(text)) => self.run = Some(text),
            ("endpoint", Value::Text(text)) => self.endpoint = Some(text),
            ("method", Value::Text(text)) => self.method = Some(text).filter(|m| !m.is_empty()),
            ("code", Value::Text(text)) => self.code = Some(text).filter(|c| !c.is_empty()),
            ("error", Value::Text(text)) => self.error = Some(text).filter(|e| !e.is_empty()),
            ("started", Value::Instant(time)) => self.time = Some(time),
            ("latency", Value::Number(millis)) => self.latency = Some(millis),
            ("ok", Value::Truth(truth)) => self.ok = Some(truth),
            // A record that says both is judged by `ok`.
            ("failed", Value::Truth(truth)) => self.ok = self.ok.or(Some(!truth)),
            ("bytes_received", Value::Number(bytes)) => self.received = whole(bytes.round()),
            ("bytes_sent", Value::Number(bytes)) => self.sent = whole(bytes.round()),
            ("users", Value::Number(users)) => self.users = whole(users.round()),
            _ => {}
        }
    }
}

/// A kind of trouble: how often, and the first.
struct Trouble {
    count: u64,
    first: String,
}

struct Rows<'m> {
    mapping: &'m Mapping,
    name: String,
    has_code: bool,
    has_error: bool,
    has_flag: bool,
    /// Number of the file that is read.
    file: usize,
    runs: Vec<(Option<String>, Recorder)>,
    latencies: u64,
    /// Requests in all.
    records: u64,
    /// By field: records without it.
    absent: Vec<u64>,
    troubles: BTreeMap<String, Trouble>,
    /// The first latency that did not fit.
    refused: Option<IngestError>,
}

impl Rows<'_> {
    fn trouble(&mut self, text: String, first: impl FnOnce() -> String) {
        let trouble = self.troubles.entry(text).or_insert_with(|| Trouble {
            count: 0,
            first: first(),
        });
        trouble.count += 1;
    }

    /// The fields and constants of a record; `None` when its latency is no latency.
    fn row(&mut self, record: &Record<'_>) -> Option<Row> {
        let mut row = Row::default();
        for (target, value) in &self.mapping.constants {
            row.put(target, value.clone());
        }
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
            if let Target::Plain(name @ ("ok" | "failed")) = field.target
                && let Some(flag) = raw.flag(name == "failed")
            {
                match flag {
                    Flag::Says(ok) => row.ok = Some(ok),
                    Flag::Failed(why) => {
                        row.ok = Some(false);
                        row.word = Some(why.to_owned());
                    }
                    Flag::Unknown(word) => row.word = Some(word.to_owned()),
                    Flag::Empty | Flag::Absent => {}
                }
                continue;
            }
            match raw.read(field.target.shape(), &field.measure) {
                Ok(Some(value)) => {
                    let is_bytes =
                        matches!(field.target, Target::Plain("bytes_received" | "bytes_sent"));
                    if let Value::Number(amount) = value
                        && is_bytes
                        && whole(amount.round()).is_none()
                    {
                        let text = format!(
                            "requests whose `{}` is 2^64 bytes or more are counted without it",
                            field.place
                        );
                        self.trouble(text, || here(record));
                    }
                    row.put(&field.target, value);
                }
                Ok(None) => {}
                // An error may well be an object; whether an empty one, is not read.
                Err(_) if field.target == Target::Plain("error") => row.word = Some(raw.shown()),
                Err(what) => {
                    let what = format!("`{}` {what}", field.place);
                    let is_latency = field.target == Target::Plain("latency");
                    let (records, fate) = if is_latency {
                        ("records", "left out")
                    } else {
                        ("requests", "counted without it")
                    };
                    let text = format!("{records} whose `{}` does not fit are {fate}", field.place);
                    self.trouble(text, || format!("{}: {what}", here(record)));
                    if is_latency {
                        self.refused
                            .get_or_insert_with(|| at(&self.name, record, &what));
                        return None;
                    }
                }
            }
        }
        Some(row)
    }

    /// Whether it succeeded and was answered: by its flag where it has one, else by code and error.
    fn judge<'r>(&self, row: &'r Row) -> Judged<'r> {
        let cell = |has: bool, text: &'r Option<String>| has.then(|| text.as_deref().unwrap_or(""));
        let code = cell(self.has_code, &row.code);
        let flag = match (row.ok, &row.word) {
            (Some(false), Some(why)) => Flag::Failed(why),
            (Some(ok), _) => Flag::Says(ok),
            (None, Some(word)) => Flag::Unknown(word),
            (None, None) if self.has_flag => Flag::Empty,
            (None, None) => Flag::Absent,
        };
        words::judge(code, cell(self.has_error, &row.error), flag)
    }
}

/// Where a record stands, for notes.
fn here(record: &Record<'_>) -> String {
    match record.line {
        Some(line) => format!("record {}, line {line}", record.number),
        None => format!("record {}", record.number),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie below the limit, which fits"
)]
fn nanos(millis: f64) -> Option<u64> {
    let nanos = (millis * 1e6).round();
    (nanos < crate::stats::histogram::LIMIT as f64).then_some(nanos as u64)
}

impl Sink for Rows<'_> {
    fn record(&mut self, record: &Record<'_>) -> Result<(), IngestError> {
        let Some(row) = self.row(record) else {
            return Ok(());
        };
        let latency = row.latency.and_then(nanos);
        let judged = self.judge(&row).measured(latency.is_some());
        match (row.latency, latency) {
            (_, Some(_)) => self.latencies += 1,
            (None, None) => self.trouble(NO_LATENCY.to_owned(), || here(record)),
            (Some(_), None) => self.trouble(IMPOSSIBLE_LATENCY.to_owned(), || here(record)),
        }
        let known = self.runs.iter().position(|(name, _)| *name == row.run);
        let place = known.unwrap_or(self.runs.len());
        if known.is_none() {
            if self.runs.len() == MOST_RUNS {
                let problem = format!("there are more than {MOST_RUNS} runs");
                return Err(at(&self.name, record, &problem)
                    .with_hint("map as `run` what few records differ in"));
            }
            self.runs.push((row.run.clone(), Recorder::default()));
        }
        self.records += 1;
        let file = self.file;
        if let Some((_, recorder)) = self.runs.get_mut(place) {
            if let Some((text, line)) = judged.unknown.zip(record.line) {
                recorder.undecided_at(text, (file, line), || (file, line));
            }
            recorder.record(&Sample {
                time: row.time,
                endpoint: row.endpoint.as_deref(),
                method: row.method.as_deref(),
                latency,
                ok: judged.ok,
                unknown: judged.unknown,
                answered: judged.answered,
                code: judged.code,
                error: judged.error.filter(|_| judged.ok == Some(false)),
                bytes_received: row.received,
                bytes_sent: row.sent,
                users: row.users,
            });
        }
        Ok(())
    }

    fn left_out(&mut self, why: &'static str, record: u64, line: u64) {
        self.trouble(why.to_owned(), || match line {
            0 => format!("record {record}"),
            line => format!("record {record}, line {line}"),
        });
    }
}

/// Reads the files of one unit into one run, or into those that a field tells apart.
pub(super) fn read(unit: &Files, mapping: &Mapping) -> Result<Vec<Run>, IngestError> {
    let mut rows = Rows {
        mapping,
        name: String::new(),
        has_code: mapping.has("code"),
        has_error: mapping.has("error"),
        has_flag: mapping.has("ok") || mapping.has("failed"),
        file: 0,
        runs: Vec::new(),
        latencies: 0,
        records: 0,
        absent: vec![0; mapping.fields.len()],
        troubles: BTreeMap::new(),
        refused: None,
    };
    let mut files = Vec::new();
    let mut document = mapping.constants.clone();
    for (file, input) in unit.inputs.iter().enumerate() {
        rows.file = file;
        rows.name.clone_from(&input.name);
        let taken = take(input, mapping, &mut rows)?;
        if rows.latencies == 0 {
            let problem = "no record has a latency";
            return Err(rows
                .refused
                .unwrap_or_else(|| IngestError::content(&input.name, Where::File, problem)));
        }
        files.push(taken.file);
        document.extend(taken.document);
    }
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let mut runs: Vec<Run> = Vec::new();
    for (name, recorder) in rows.runs {
        let mut run = Run::new(FORMAT.tool, &mapping.format());
        run.name = name.unwrap_or_default();
        run.source.files.clone_from(&files);
        recorder.finish(&mut run, &names);
        describe(
            &mut run,
            document.iter().map(|(target, value)| (target, value)),
        );
        for (target, value) in &document {
            say(&mut run, target, value, mapping);
        }
        runs.push(run);
    }
    if let Some(first) = runs.first_mut() {
        for (
            text,
            Trouble {
                count,
                first: place,
            },
        ) in rows.troubles
        {
            let which = if count == 1 { "at" } else { "first at" };
            first.note("record-trouble", format!("{text} ({which} {place})"), count);
        }
        for (field, absent) in mapping.fields.iter().zip(rows.absent) {
            // An error stands where there is one, and a latency that is not there is told above.
            let is_told = matches!(field.target, Target::Plain("error" | "latency"));
            if absent > 0 && !is_told {
                let text = format!(
                    "requests of {} without `{}`, the `{}`",
                    rows.records, field.place, field.target
                );
                first.note("member-absent", text, absent);
            }
        }
    }
    Ok(runs)
}

/// What the document or a constant says of the run.
fn say(run: &mut Run, target: &Target, value: &Value, mapping: &Mapping) {
    match (target, value) {
        (Target::Plain("users"), Value::Number(users)) if run.load.users_max.is_none() => {
            run.load.users_max = Some(*users).filter(|users| *users >= 0.0);
        }
        (Target::Custom(name), Value::Number(number)) => {
            let unit = mapping.shown_unit(target);
            run.custom
                .push(figures::custom(name, unit.as_deref(), *number));
        }
        _ => {}
    }
}
