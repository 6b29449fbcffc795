//! A run from 02:15:00 to 02:17:00 of one day, and readers that need no file.

use std::io::Cursor;

use crate::ingest::beside::{read_resources, read_tests};
use crate::ingest::{IngestError, Input};
use crate::model::{Resource, ResourcePhase, Run, Seconds};

/// The start of the run, in seconds since the epoch: 2026-11-21T02:15:00Z.
pub(super) const START: i64 = 1_795_227_300;

/// A run of two minutes that begins so many seconds after [`START`].
pub(super) fn run(after: i64) -> Run {
    let mut run = Run::new("test", "test");
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    run.started_at = Some(at(START + after));
    run.ended_at = Some(at(START + after + 120));
    run.duration = Some(Seconds(120.0));
    run
}

fn input(name: &str, text: &str) -> Input {
    Input::stream(name, Cursor::new(text.to_owned().into_bytes()))
}

/// Reads samples into runs.
pub(super) fn resources(text: &str, runs: &mut [Run]) -> Result<(), IngestError> {
    read_resources(&[input("stats.txt", text)], runs)
}

/// The run with the samples of a text.
pub(super) fn sampled(text: &str) -> Run {
    let mut runs = [run(0)];
    resources(text, &mut runs).unwrap();
    let [run] = runs;
    run
}

/// One entry.
pub(super) fn entry<'a>(
    run: &'a Run,
    component: &str,
    name: &str,
    phase: Option<ResourcePhase>,
) -> &'a Resource {
    let mut all = run.resources.iter();
    all.find(|one| one.component == component && one.name == name && one.phase == phase)
        .unwrap_or_else(|| panic!("no {component}.{name} {phase:?} in {:?}", run.resources))
}

/// The run with the checks of a text.
pub(super) fn tested(text: &str) -> Result<Run, IngestError> {
    let mut runs = [run(0)];
    read_tests(&input("report.xml", text), &mut runs)?;
    let [run] = runs;
    Ok(run)
}

/// How often a note was made whose text holds these words; 0 = there is none.
pub(super) fn noted(run: &Run, words: &str) -> u64 {
    let with = run.notes.iter().filter(|note| note.text.contains(words));
    with.map(|note| note.count).sum()
}
