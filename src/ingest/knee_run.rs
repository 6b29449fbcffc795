//! Not written yet.

use crate::ingest::sniff::{Claim, Head};
use crate::ingest::{Format, IngestError, Kind, Unit};
use crate::model::Run;

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "knee-run",
    tool: "knee",
    files: "",
    limits: "",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

fn sniff(_head: &Head) -> Option<Claim> {
    None
}

fn read(_unit: &Unit) -> Result<Vec<Run>, IngestError> {
    Ok(Vec::new())
}
