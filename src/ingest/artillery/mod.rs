//! Artillery 2.0.x: the JSON that `artillery run -o FILE` writes at the end of a run.
//!
//! The file holds the sums of the run (`aggregate`) and of each window of ten seconds (`intermediate`). Refuses the shape of
//! Artillery 1.x, which 2.x also writes with legacy reporting on, and the counter names of the 2.0.0 previews. Measured on
//! files of 2.0.2 and 2.0.34; the pointers are artillery's `core/lib/ssms.js` and its plugin `metrics-by-endpoint`.

mod names;
mod parse;
mod run;
mod tally;
mod windows;

use crate::ingest::error::Place;
use crate::ingest::json;
use crate::ingest::sniff::{Claim, Grade, Head, JsonTop, json_head};
use crate::ingest::{Format, IngestError, Input, Kind, Unit};
use crate::model::Run;

use parse::Document;
use run::Builder;

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "artillery",
    tool: "artillery",
    files: "the JSON of `artillery run -o FILE`, release 2.0.x",
    limits: "no tool version, target or declared phases; percentiles are those of a sketch (1 %) over whole milliseconds up \
             to the first byte, and requests without an answer have none; endpoints only with the plugin \
             metrics-by-endpoint, without method; a failed `expect` is a check and a failed capture fails the session, \
             neither is a failed request; 1.x files are refused",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

fn sniff(head: &Head) -> Option<Claim> {
    let members = json_head(head.bytes);
    if members.top != JsonTop::Object || !members.has("aggregate") {
        // `intermediate` may come first in a file that another program has sorted or rewritten.
        let window = |name| members.has(&format!("intermediate[].{name}"));
        return if members.top == JsonTop::Object && window("counters") && window("period") {
            Claim::new(Grade::Likely, "windows with `counters` and `period`")
        } else {
            None
        };
    }
    let has = |name| members.has(&format!("aggregate.{name}"));
    if has("latency") && (has("codes") || has("scenariosCreated")) {
        let why = "members `aggregate.latency` and `aggregate.codes` of Artillery 1.x";
        return Claim::new(Grade::Certain, why);
    }
    if !has("counters") {
        return None;
    }
    if has("summaries") || has("histograms") {
        let why = "members `aggregate.counters` and `aggregate.summaries`";
        Claim::new(Grade::Certain, why)
    } else if has("counters.vusers.created") {
        Claim::new(
            Grade::Certain,
            "the counter `vusers.created` in `aggregate`",
        )
    } else {
        Claim::new(Grade::Likely, "member `aggregate.counters`")
    }
}

fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    match unit.inputs.as_slice() {
        [input] => read_one(input).map(|run| vec![run]),
        inputs => {
            let file = inputs.last().map_or("", |input| input.name.as_str());
            let problem = "an Artillery run is one file, so this one is no part of another's run";
            Err(IngestError::content(file, Place::File, problem)
                .with_hint("give the files as separate arguments"))
        }
    }
}

fn read_one(input: &Input) -> Result<Run, IngestError> {
    let (bytes, file) = input.read_all(FORMAT.id)?;
    let mut start = Some(Builder::default());
    let mut builder = json::parse(&bytes, &file.name, || {
        Document(start.take().unwrap_or_default())
    })?;
    if builder.skipped_windows() {
        let mut start = Some(builder);
        builder = json::parse(&bytes, &file.name, || {
            Document(start.take().unwrap_or_default())
        })?;
    }
    let mut run = builder.finish(&file.name)?;
    run.source.files.push(file);
    Ok(run)
}
