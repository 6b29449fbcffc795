//! k6: the summary at the end of a run, of `--summary-export`, of `handleSummary`, and the machine-readable one of 1.5 and later.
//!
//! Sub-metrics of the requests are never added to the run's figures: k6 writes one where a threshold names its tags, and it is
//! a part of the whole. Neither the points of `--out json` and `--out csv` nor the text on the console are read. Measured on
//! files of 0.57.0 and 1.1.0; the pointers are k6's `internal/js/summary-wrapper.js`, `metrics/sink.go` and, for the
//! machine-readable shape, `internal/lib/summary/machine_readable.go` with its test.

mod figures;
mod groups;
mod metric;
mod parse;
mod part;
mod run;
mod tags;
#[cfg(test)]
mod tests;

use crate::ingest::error::Place;
use crate::ingest::json;
use crate::ingest::sniff::{Claim, Grade, HEAD_BYTES, Head, JsonHead, JsonTop, json_head};
use crate::ingest::{Format, IngestError, Input, Kind, Unit};
use crate::model::Run;

use crate::ingest::k6::parse::SummarySeed;

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "k6-summary",
    tool: "k6",
    files: "the JSON of `k6 run --summary-export=FILE`, of `JSON.stringify(data)` in handleSummary, and of \
            --new-machine-readable-summary",
    limits: "no times, status codes, errors or timeline; only the percentiles of summaryTrendStats, interpolated; endpoints \
             only where a threshold names their tags, with a number of requests only where `count` or a threshold on \
             `http_reqs` gives it; times are from sending to the last byte, without connecting and TLS; whether the load was \
             open or closed is not said",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

/// Metrics that k6 makes by itself.
const BUILT_IN: [&str; 10] = [
    "checks",
    "data_received",
    "data_sent",
    "http_req_duration",
    "http_req_failed",
    "http_reqs",
    "iteration_duration",
    "iterations",
    "vus",
    "vus_max",
];

fn sniff(head: &Head) -> Option<Claim> {
    let members = json_head(head.bytes);
    if members.top != JsonTop::Object || is_points(&members) {
        return None;
    }
    let built_in = BUILT_IN
        .iter()
        .filter(|name| members.has(&format!("metrics.{name}")))
        .count();
    let version = ["k6Version", "k6_version"];
    if members.has("root_group") && members.has("metrics") && built_in > 0 {
        let why = format!("members `root_group` and `metrics` with {built_in} metrics of k6");
        Claim::new(Grade::Certain, why)
    } else if version
        .iter()
        .any(|name| members.has(&format!("metadata.{name}")))
        && members.has("results")
    {
        Claim::new(Grade::Certain, "members `results` and `metadata` of k6")
    } else if built_in > 0 {
        let why = format!("member `metrics` with {built_in} metrics of k6");
        Claim::new(Grade::Likely, why)
    } else if members.has("root_group.path") && members.has("root_group.checks") {
        // Many checks stand before the metrics.
        Claim::new(
            Grade::Likely,
            "member `root_group` with `path` and `checks`",
        )
    } else {
        None
    }
}

/// One metric or point of k6 on each line.
fn is_points(members: &JsonHead) -> bool {
    members.lines
        && members.has("metric")
        && matches!(members.text("type"), Some("Metric" | "Point"))
}

/// What other outputs of k6 look like, which are not read.
pub(super) fn unread(bytes: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096)).unwrap_or(bytes));
    if is_points(&json_head(bytes)) {
        Some("points of `k6 run --out json`, which are not read yet; --summary-export is")
    } else if head.starts_with("metric_name,timestamp,metric_value,") {
        Some("points of `k6 run --out csv`, which are not read yet; --summary-export is")
    } else if head.contains("http_req_duration..") || head.contains("iteration_duration..") {
        Some("what k6 prints at the end, which is not read; --summary-export is")
    } else {
        None
    }
}

fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    let input = unit.only("a k6 summary is one file, so this one is no part of another's run")?;
    read_one(input).map(|run| vec![run])
}

fn read_one(input: &Input) -> Result<Run, IngestError> {
    let (mut bytes, file) = input.read_all(FORMAT.id)?;
    if let Some(other) = unread(json::without_mark(&bytes)) {
        let problem = format!("expected a summary of k6 and found {other}");
        return Err(IngestError::content(&file.name, Place::File, problem)
            .with_hint("k6 run --summary-export=summary.json script.js"));
    }
    json::mend_surrogates(&mut bytes);
    let summary = json::parse(&bytes, &file.name, || SummarySeed)?;
    let mut run = run::make(summary, &file.name, &found(json::without_mark(&bytes)))?;
    run.source.files.push(file);
    Ok(run)
}

/// Names of members that an error lists.
const MEMBERS: usize = 5;

/// What a JSON that is no summary holds, as an error says it.
fn found(bytes: &[u8]) -> String {
    let head = json_head(bytes.get(..HEAD_BYTES).unwrap_or(bytes));
    let (what, prefix) = match head.top {
        JsonTop::Object if head.lines => ("several objects, the first", ""),
        JsonTop::Object => ("an object", ""),
        JsonTop::Array => ("an array of objects", "[]."),
        JsonTop::None => return "no object".to_owned(),
    };
    let members = head
        .paths
        .iter()
        .filter_map(|path| path.strip_prefix(prefix));
    let mut names: Vec<&str> = members.filter(|name| !name.contains('.')).collect();
    let more = if names.len() > MEMBERS { ", ..." } else { "" };
    names.truncate(MEMBERS);
    match names.as_slice() {
        [] if prefix.is_empty() => format!("{what} without members"),
        [] => "an array without objects".to_owned(),
        names => format!("{what} with `{}`{more}", names.join("`, `")),
    }
}
