//! Locust: the CSV set of `--csv`, the array of `--json` and the report of `--html`, one run from all files of one prefix.
//!
//! Which file is what is told by its first row, never by its name. A JSON of the same stem whose total is close to that
//! of the CSV is the same run and gives counts, bytes and latencies, because the CSV lacks about the last second; the
//! CSV set gives users, errors and the timeline. A JSON that is not close is left out with a note: the set has more
//! files, and the one beside it may be left over from another run; given alone or through standard input it is read.
//! Locust's own failure flag decides what failed. Failures are inside the latency and cannot be separated.
//! Refuses tables of Locust before 0.13.1. Nobody else knows the tool.

mod assemble;
mod bucket;
mod counts;
pub mod csv;
mod failures;
mod history;
pub mod html;
pub mod json;
mod prefer;
mod slices;
mod table;
#[cfg(test)]
mod tests;
mod totals;

use std::path::Path;

use crate::ingest::input::Input;
use crate::ingest::{IngestError, Place, Set, Unit};
use crate::model::Run;

use assemble::Members;
use csv::Part;
#[cfg(test)]
use tests::walk;

/// The ends of the names of one set; the longer one of two that fit is first. `_requests...` is what the web UI calls its
/// downloads since 2.33, `Locust_2026-11-21-02h27_FILE.py_HOST_requests.csv`; before, each download has a time of its own
/// in its name, and nothing tells which belong together.
const ENDINGS: [&str; 8] = [
    "_stats_history.csv",
    "_requests_full_history.csv",
    "_stats.csv",
    "_requests.csv",
    "_failures.csv",
    "_exceptions.csv",
    ".json",
    ".html",
];

/// The same without a prefix, as people call what they download.
const BARE: [&str; 6] = [
    "stats_history.csv",
    "requests_full_history.csv",
    "stats.csv",
    "requests.csv",
    "failures.csv",
    "exceptions.csv",
];

/// Which other files belong to a file, by its name: those of the same prefix in the same folder, packed in the same way.
fn set_of(path: &Path) -> Option<Set> {
    let name = path.file_name()?.to_str()?;
    let packed = [".gz", ".zst"]
        .into_iter()
        .find(|packed| name.ends_with(packed))
        .unwrap_or_default();
    let plain = name.strip_suffix(packed)?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let siblings = |stem: &str, ends: &[&str]| {
        ends.iter()
            .map(|end| folder.join(format!("{stem}{end}{packed}")))
            .filter(|sibling| sibling != path)
            .collect()
    };
    if BARE.contains(&plain) {
        return Some(Set {
            // No file is called so.
            key: folder.join(format!("*{packed}")),
            stem: "locust".to_owned(),
            siblings: siblings("", &BARE),
        });
    }
    let stem = ENDINGS.iter().find_map(|end| plain.strip_suffix(end))?;
    Some(Set {
        key: folder.join(format!("{stem}{packed}")),
        stem: if stem.is_empty() { "locust" } else { stem }.to_owned(),
        siblings: siblings(stem, &ENDINGS),
    })
}

/// Reads all files of a unit into one run.
fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    let mut members = Members::default();
    let mut old = Vec::new();
    for input in &unit.inputs {
        let (head, _) = input.head()?;
        let place = match Part::of(&head) {
            Some(Part::Stats) => &mut members.stats,
            Some(Part::History) => &mut members.history,
            Some(Part::Failures) => &mut members.failures,
            Some(Part::Exceptions) => &mut members.exceptions,
            Some(Part::Json) => &mut members.json,
            Some(Part::Html) => &mut members.html,
            Some(Part::Old) => {
                old.push(input.name.as_str());
                continue;
            }
            None => return Err(no_part(input)),
        };
        if let Some(first) = place {
            let problem = format!("{} holds the same kind of table", first.name);
            return Err(
                IngestError::content(&input.name, Place::File, problem).with_hint(
                    "A+B joins the files of one run; parts of a distributed run are not added here",
                ),
            );
        }
        *place = Some(input);
    }
    if let Some(file) = old.first().filter(|_| !members.has_totals()) {
        return Err(csv::refuse_old(file));
    }
    let mut run = assemble::run(&members)?;
    if !old.is_empty() {
        let text = format!(
            "{}: tables of Locust before 1.0 were left out",
            old.join(", ")
        );
        run.note("old-tables", text, old.len() as u64);
    }
    Ok(vec![run])
}

fn no_part(input: &Input) -> IngestError {
    IngestError::content(
        &input.name,
        Place::Line(1),
        "expected the header of a Locust table, such as `Type,Name,Request Count`, or an array",
    )
}
