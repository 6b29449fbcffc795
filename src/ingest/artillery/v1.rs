//! Artillery 1.5 to 1.7: the JSON of `artillery run -o FILE`, and the shape of 1.x that 2.x writes with legacy reporting on.
//!
//! Files of 1.x hold every response time of a window, so the percentiles here are exact; the tool's own figures stand in
//! `as_reported`. Refuses the shape of 2.x. Measured on files of 1.7.9 and of 2018; for legacy reporting the pointer is
//! `legacyReport` in artillery's `core/lib/ssms.js`.

use crate::ingest::artillery::document::Document;
use crate::ingest::artillery::v1_run::Builder;
use crate::ingest::json;
use crate::ingest::sniff::{Claim, Grade, Head, JsonTop, json_head};
use crate::ingest::{Format, IngestError, Input, Kind, Unit};
use crate::model::Run;

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "artillery-v1",
    tool: "artillery",
    files: "the JSON of `artillery run -o FILE`, releases 1.5 to 1.7, and 2.x with legacy reporting",
    limits: "no tool version, target, endpoints, methods or bytes; successes and failures are told apart only where all \
             answers are of one kind or each sample has its code; a failed capture shows only as a session that did not \
             complete; the messages of the ws and socketio engines are no requests",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

fn sniff(head: &Head) -> Option<Claim> {
    let members = json_head(head.bytes);
    if members.top != JsonTop::Object {
        return None;
    }
    let has = |name| members.has(&format!("aggregate.{name}"));
    if has("latency") && (has("codes") || has("scenariosCreated")) && !has("summaries") {
        let why = "members `aggregate.latency` and `aggregate.codes`";
        return Claim::new(Grade::Certain, why);
    }
    let window = |name| members.has(&format!("intermediate[].{name}"));
    if !members.has("aggregate") && window("scenariosCreated") && window("rps") {
        return Claim::new(
            Grade::Likely,
            "windows with `scenariosCreated` and `rps` of Artillery 1.x",
        );
    }
    None
}

fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    let input =
        unit.only("an Artillery run is one file, so this one is no part of another's run")?;
    read_one(input).map(|run| vec![run])
}

fn read_one(input: &Input) -> Result<Run, IngestError> {
    let (run, file) = input.read_and(FORMAT.id, |bytes| {
        let bytes = json::mended(bytes);
        json::parse(&bytes, &input.name, || Document(Builder::default()))?.finish(&input.name)
    })?;
    let mut run = run?;
    run.source.files.push(file);
    Ok(run)
}

#[cfg(test)]
mod tests;
