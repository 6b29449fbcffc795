//! Any other JSON or CSV, by a map of the configuration: which member is what, in which unit.
//!
//! A map makes either figures (a record is an endpoint, a run, or a metric) or requests (a record is one request). It guesses
//! nothing that a value's size would have to tell: a latency has a unit by its map, by its member's name, or by its own text.
//! What a map means is in `target`, `path` and `unit`; the configuration checks it and fills [`Mapping`].

pub mod path;
pub mod target;
pub mod unit;
pub mod value;

mod claim;
mod figures;
mod near;
mod pick;
mod samples;
mod stats;
mod table;
mod walk;

use std::collections::BTreeMap;

use crate::ingest::error::{IngestError, Place as Where};
use crate::ingest::{Format, Input, Kind, Unit as Files};
use crate::model::{FileRef, IdentitySource, Run};

use crate::model::{UnitKind, UnitName};
use path::{Path, Place};
use target::{RecordKind, Target};
use value::{Measure, Raw, Value};

pub use claim::claims;

/// What stands before the name of a map in `--from` and `source.format`.
pub const PREFIX: &str = "map:";

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "map:NAME",
    tool: "map",
    files: "any JSON (an object, an array, JSON Lines) or CSV (comma, `;` or tab) by a [[map]] of knee.toml: `records` says where \
            the records stand, `fields` which member is what, `units` in which unit; --map NAME reads a file by it, and without \
            it a map claims what holds all its members and no format above knows; `knee schema config` lists the fields",
    limits: "what the map does not name is not read; figures: at most 50,000 records, percentiles are not merged over endpoints; \
             requests: as requests-csv, in constant memory, at most 64 runs in one file; a number with a decimal comma is refused",
    sniff: |_| None,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

/// One member of a record, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What it is.
    pub target: Target,
    /// Where it stands.
    pub place: Place,
    /// In which unit.
    pub measure: Measure,
    /// Whether the unit was read off the member's name.
    pub by_name: bool,
}

/// A condition on a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The place in [`Mapping::fields`] of what it asks.
    pub field: usize,
    /// Whether the value must be one of these, or none of them.
    pub is_one: bool,
    /// The values.
    pub values: Vec<String>,
}

impl Condition {
    /// What stands nowhere is an empty text.
    fn holds(&self, values: &[Option<Raw>]) -> bool {
        let raw = values.get(self.field).and_then(Option::as_ref);
        let text = match raw {
            None => String::new(),
            Some(Raw::Text(text)) => text.trim().to_owned(),
            Some(raw) => raw.shown(),
        };
        self.values.contains(&text) == self.is_one
    }
}

/// A `[[map]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// Its name.
    pub name: String,
    /// Where the records stand: the document itself when there are no steps. Elements of a list there are records.
    pub records: Path,
    /// What a record is.
    pub kind: RecordKind,
    /// What stands between the fields of a table; `None` = see which.
    pub delimiter: Option<u8>,
    /// Which member is what, in order of the names of the fields.
    pub fields: Vec<Field>,
    /// What holds for every record and stands in none.
    pub constants: Vec<(Target, Value)>,
    /// Which records count.
    pub conditions: Vec<Condition>,
}

/// Why a record that a condition leaves out is none.
const ELSEWHERE: &str = "records that `where` leaves out are not counted";

impl Mapping {
    /// How the format of its runs is called.
    pub fn format(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// What a metric of the harness is in, where the map says it.
    fn shown_unit(&self, target: &Target) -> Option<String> {
        let field = self.fields.iter().find(|field| field.target == *target);
        match field.map(|field| &field.measure) {
            Some(Measure::Shown(unit)) => Some(unit.clone()),
            _ => None,
        }
    }

    fn keeps(&self, values: &[Option<Raw>]) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.holds(values))
    }

    fn has(&self, name: &str) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|field| matches!(field.target, Target::Plain(known) if known == name))
    }
}

/// One record.
struct Record<'a> {
    /// Counted from 1, in its file.
    number: u64,
    /// Where it starts, in a table.
    line: Option<u64>,
    /// What stands there, by the fields of the map; `None` = the path leads nowhere.
    values: &'a [Option<Raw>],
}

/// Takes the records of one file after another.
trait Sink {
    /// Takes a record, or says why it cannot be used.
    fn record(&mut self, record: &Record<'_>) -> Result<(), IngestError>;

    /// A row that is none: counted, never silent.
    fn left_out(&mut self, why: &'static str, record: u64, line: u64);
}

/// What a file gave besides its records.
struct Taken {
    file: FileRef,
    /// What stands outside the records.
    document: Vec<(Target, Value)>,
}

fn read(unit: &Files) -> Result<Vec<Run>, IngestError> {
    let mapping = find(&unit.options.maps, unit.options.map.as_deref())?;
    let mut runs = match mapping.kind {
        RecordKind::Run => figures::read(unit, mapping)?,
        RecordKind::Sample => samples::read(unit, mapping)?,
    };
    if let Some(first) = runs.first_mut() {
        for field in mapping.fields.iter().filter(|field| field.by_name) {
            if let Measure::Unit(unit) = &field.measure {
                let text = format!(
                    "`{}` is read as {}, as its name says",
                    field.place, unit.name
                );
                first.note("unit-by-name", text, 1);
            }
        }
    }
    Ok(runs)
}

/// The map of that name.
pub fn find<'m>(maps: &'m [Mapping], name: Option<&str>) -> Result<&'m Mapping, IngestError> {
    let found = maps.iter().find(|map| Some(map.name.as_str()) == name);
    found.ok_or_else(|| IngestError::NoSuchMap {
        name: name.unwrap_or_default().to_owned(),
        known: maps.iter().map(|map| map.name.clone()).collect(),
    })
}

/// Walks the records of a file, and sees that every path of the map leads somewhere.
fn take(input: &Input, mapping: &Mapping, sink: &mut dyn Sink) -> Result<Taken, IngestError> {
    let (head, _) = input.head()?;
    let mut stream = input.open()?;
    let (walked, problem) = if is_table(mapping, &head) {
        let walked = table::walk(&mut stream, &head, mapping, sink, &input.name)?;
        (walked, None)
    } else {
        let (walked, outcome) = walk::walk(&mut stream, mapping, sink);
        (walked, outcome.err())
    };
    if let Some(problem) = problem {
        return Err(match problem {
            walk::Broken::Record(error) => error,
            walk::Broken::Text(error) => match error.io_error_kind() {
                Some(_) => IngestError::Read {
                    file: input.name.clone(),
                    source: error.into(),
                },
                None => IngestError::json(&input.name, &error),
            },
        });
    }
    near::every_path_leads_somewhere(mapping, &walked, &head, &input.name)?;
    let mut document = Vec::new();
    for (field, raw) in mapping.fields.iter().zip(&walked.document) {
        let Some(raw) = raw else { continue };
        let value = raw.read(field.target.shape(), &field.measure);
        let value = value.map_err(|what| {
            let problem = format!("`{}` {what}", field.place);
            IngestError::content(&input.name, Where::File, problem)
        })?;
        document.extend(value.map(|value| (field.target.clone(), value)));
    }
    let file = stream.finish()?;
    Ok(Taken { file, document })
}

/// A text that starts as JSON does is JSON, unless the map says what stands between its fields.
fn is_table(mapping: &Mapping, head: &[u8]) -> bool {
    let first = head.trim_ascii_start().first();
    mapping.delimiter.is_some() || !matches!(first, Some(b'{' | b'['))
}

/// Where a record stands, for messages: `record 17`, with its line in a table.
fn at(file: &str, record: &Record<'_>, problem: &str) -> IngestError {
    let place = record.line.map_or(Where::File, Where::Line);
    IngestError::content(file, place, format!("record {}: {problem}", record.number))
}

/// The words of a run that the whole of it has: tool, labels, identity. Each is taken where all that say it agree.
fn describe<'v>(run: &mut Run, said: impl Iterator<Item = (&'v Target, &'v Value)>) {
    let mut words: BTreeMap<&Target, Option<&Value>> = BTreeMap::new();
    for (target, value) in said {
        let is_word = matches!(
            target,
            Target::Label(_) | Target::Plain("tool" | "tool_version")
        );
        // An empty cell says nothing.
        if !is_word || matches!(value, Value::Text(text) if text.is_empty()) {
            continue;
        }
        let known = words.entry(target).or_insert(Some(value));
        if *known != Some(value) {
            *known = None;
        }
    }
    for (target, value) in words {
        if let Some(value) = value {
            describe_by(run, target, value);
        } else {
            let text = format!("`{target}` is not the same in all records, so the run has none");
            run.note("label-differs", text, 1);
        }
    }
}

fn describe_by(run: &mut Run, target: &Target, value: &Value) {
    let Value::Text(text) = value else { return };
    match target {
        Target::Plain("tool") => run.source.tool = text.to_lowercase(),
        Target::Plain("tool_version") => run.source.tool_version = Some(text.clone()),
        Target::Label(key) => {
            let identity = &mut run.identity;
            let text = text.clone();
            match key.as_str() {
                "project" => identity.project = Some(text),
                "scenario" => identity.scenario = text,
                "environment" => identity.environment = Some(text),
                "job" => identity.job = Some(text),
                "branch" => identity.branch = Some(text),
                "commit" => identity.commit = Some(text),
                _ => {
                    run.labels.insert(key.clone(), text);
                    return;
                }
            }
            run.identity_from.insert(key.clone(), IdentitySource::File);
        }
        _ => {}
    }
}

/// The unit of an amount as its field or its constant has it.
pub fn unit_of(
    target: &Target,
    place: &Place,
    named: Option<&'static UnitName>,
) -> Option<(Measure, bool)> {
    let target::Shape::Amount(quantity) = target.shape() else {
        return Some((Measure::Base, false));
    };
    if let Some(unit) = named {
        return Some((Measure::Unit(unit), false));
    }
    if let Place::Record(path) | Place::Document(path) = place {
        let mut keys = path.keys_from_the_end();
        if let Some(unit) = keys.find_map(|key| unit::of_name(key, quantity)) {
            return Some((Measure::Unit(unit), true));
        }
    }
    // Bytes and rates have one unit that nobody doubts; a time and a share have several.
    let is_plain = matches!(quantity, UnitKind::Bytes | UnitKind::Rate);
    is_plain.then_some((Measure::Base, false))
}

#[cfg(test)]
mod tests;
