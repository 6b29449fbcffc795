//! Which run a sample belongs to, and which phase of it: between its first and its last request, or outside.
//!
//! An idle sample is the nearest run's alone. Samples without times belong to the only run there is, in no phase; of
//! several runs nobody can tell whose they are.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::ingest::beside::course::Course;
use crate::ingest::beside::window::{Window, Windows};
use crate::ingest::{IngestError, Place};
use crate::model::{Note, Resource, ResourcePhase, Run};

/// Series that are kept; further ones are counted.
const MOST_SERIES: usize = 500;

/// Series of all runs and phases together; each holds up to 16 KiB, so that all of them hold at most 160 MiB.
const MOST_COURSES: usize = 10_000;

/// Longest name that is kept whole.
const NAME_LENGTH: usize = 200;

/// When a sample was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    /// Nanoseconds since the epoch.
    At(i64),
    /// Seconds from the start of the run.
    After(f64),
    /// Nobody says.
    Unknown,
}

/// One value of one thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    /// Container, host or process.
    pub(super) component: &'a str,
    /// What was measured.
    pub(super) name: &'a str,
    /// In which unit, after conversion.
    pub(super) unit: Option<&'a str>,
    /// When.
    pub(super) when: When,
    /// How much.
    pub(super) value: f64,
}

/// The series of one thing.
#[derive(Debug, Default)]
struct Entry {
    unit: Option<String>,
    /// By run and phase.
    phases: BTreeMap<(usize, ResourcePhase), Course>,
    /// Samples that no phase can be told of; only with a single run.
    plain: Course,
}

type Things = BTreeMap<String, BTreeMap<String, Entry>>;

/// What one file said.
#[derive(Debug, Default)]
struct Heard {
    timed: u64,
    untimed: u64,
    relative: u64,
    inside: Vec<u64>,
    outside: u64,
    /// The first and the last moment.
    span: Option<(i64, i64)>,
    zoneless: bool,
    left_out: BTreeMap<&'static str, u64>,
    /// The first line of each reason, where the reader knows it.
    lines: BTreeMap<&'static str, u64>,
    /// Held back until the file is known to have no times.
    plain: BTreeMap<(String, String, Option<String>), Course>,
}

/// Samples on their way to the runs.
pub(super) struct Samples {
    windows: Windows,
    /// Those that hold the sample at hand.
    around: Vec<Window>,
    lengths: Vec<Option<f64>>,
    things: Things,
    series: usize,
    courses: usize,
    heard: Heard,
    /// By run: whether a sample was taken during it.
    overlaps: Vec<bool>,
    notes: Vec<(usize, &'static str, String, u64)>,
}

impl Samples {
    /// Nothing yet.
    pub(super) fn of(runs: &[Run]) -> Samples {
        Samples {
            windows: Windows::of(runs),
            around: Vec::new(),
            lengths: runs
                .iter()
                .map(|run| run.duration.map(|length| length.0))
                .collect(),
            things: Things::new(),
            series: 0,
            courses: 0,
            heard: Heard::default(),
            overlaps: vec![false; runs.len()],
            notes: Vec::new(),
        }
    }

    /// A record that could not be used; `why` is a whole phrase, such as `rows with another number of cells`.
    pub(super) fn left_out(&mut self, why: &'static str) {
        *self.heard.left_out.entry(why).or_default() += 1;
    }

    /// The same with its line, counted from 1.
    pub(super) fn left_out_at(&mut self, why: &'static str, line: u64) {
        self.left_out(why);
        self.heard.lines.entry(why).or_insert(line);
    }

    /// A time without a zone was read as UTC.
    pub(super) fn without_zone(&mut self) {
        self.heard.zoneless = true;
    }

    /// Adds a sample. One that is not finite is a record that cannot be used.
    pub(super) fn push(&mut self, sample: &Sample) {
        if !sample.value.is_finite() {
            return self.left_out("values that are no finite number");
        }
        match sample.when {
            When::At(at) => self.push_at(sample, at),
            When::After(seconds) => self.push_after(sample, seconds),
            When::Unknown => self.hold_back(sample),
        }
    }

    fn push_at(&mut self, sample: &Sample, at: i64) {
        self.heard.timed += 1;
        let (first, last) = self.heard.span.unwrap_or((at, at));
        self.heard.span = Some((first.min(at), last.max(at)));
        if self.windows.is_empty() {
            // Only a single run gets them, and the end of the file says so.
            if let Some(entry) = self.entry(sample) {
                entry.plain.push(None, sample.value);
            }
            return;
        }
        let seconds = |window: Window| at.saturating_sub(window.start) as f64 / 1e9;
        let mut around = std::mem::take(&mut self.around);
        self.windows.around(at, &mut around);
        self.heard.inside.resize(self.windows.runs(), 0);
        if around.is_empty() {
            self.heard.outside += 1;
            if let Some(window) = self
                .windows
                .nearest(at)
                .filter(|near| !near.is_far_from(at))
            {
                self.place(sample, window.run, ResourcePhase::Idle, seconds(window));
            }
        }
        for window in &around {
            if let Some(count) = self.heard.inside.get_mut(window.run) {
                *count += 1;
            }
            self.place(sample, window.run, ResourcePhase::Load, seconds(*window));
        }
        self.around = around;
    }

    /// Only with one run.
    fn push_after(&mut self, sample: &Sample, seconds: f64) {
        self.heard.timed += 1;
        self.heard.relative += 1;
        self.heard.inside.resize(self.windows.runs(), 0);
        if self.windows.runs() != 1 {
            return;
        }
        let Some(length) = self.lengths.first().copied().flatten() else {
            if let Some(entry) = self.entry(sample) {
                entry.plain.push(Some(seconds), sample.value);
            }
            return;
        };
        let is_load = (0.0..=length).contains(&seconds);
        match self.heard.inside.first_mut().filter(|_| is_load) {
            Some(count) => *count += 1,
            None => self.heard.outside += 1,
        }
        let phase = if is_load {
            ResourcePhase::Load
        } else {
            ResourcePhase::Idle
        };
        self.place(sample, 0, phase, seconds);
    }

    fn place(&mut self, sample: &Sample, run: usize, phase: ResourcePhase, seconds: f64) {
        let is_full = self.courses >= MOST_COURSES;
        let Some(entry) = self.entry(sample) else {
            return;
        };
        if let Some(course) = entry.phases.get_mut(&(run, phase)) {
            return course.push(Some(seconds), sample.value);
        }
        if is_full {
            return self.left_out("samples of further series of these runs");
        }
        let course = entry.phases.entry((run, phase)).or_default();
        course.push(Some(seconds), sample.value);
        self.courses += 1;
    }

    fn hold_back(&mut self, sample: &Sample) {
        self.heard.untimed += 1;
        let key = (
            short(sample.component),
            short(sample.name),
            sample.unit.map(str::to_owned),
        );
        let is_full = self.heard.plain.len() >= MOST_SERIES;
        if is_full && !self.heard.plain.contains_key(&key) {
            return self.left_out("samples of further series");
        }
        let held = self.heard.plain.entry(key).or_default();
        held.push(None, sample.value);
    }

    /// The series of a sample; `None` when there are too many, or when it is in another unit.
    fn entry(&mut self, sample: &Sample) -> Option<&mut Entry> {
        let component = shortened(sample.component);
        let name = shortened(sample.name);
        let unit = sample.unit.map(shortened);
        let known = self
            .things
            .get(component.as_ref())
            .and_then(|names| names.get(name.as_ref()));
        let is_other_unit = known.is_some_and(|entry| entry.unit.as_deref() != unit.as_deref());
        if is_other_unit {
            self.left_out("samples in another unit than the first of their series");
            return None;
        }
        if known.is_none() {
            if self.series >= MOST_SERIES {
                self.left_out("samples of further series");
                return None;
            }
            self.series += 1;
            let entry = Entry {
                unit: unit.map(Cow::into_owned),
                ..Entry::default()
            };
            let names = self.things.entry(component.clone().into_owned());
            names.or_default().insert(name.clone().into_owned(), entry);
        }
        self.things
            .get_mut(component.as_ref())?
            .get_mut(name.as_ref())
    }

    /// The end of a file: what could not be placed is told, or refused.
    pub(super) fn end(&mut self, file: &str) -> Result<(), IngestError> {
        let mut heard = std::mem::take(&mut self.heard);
        let runs = self.windows.runs();
        if heard.timed + heard.untimed == 0 {
            let why = heard.left_out.iter().max_by_key(|(_, count)| **count);
            let why = why.map_or(String::new(), |(why, count)| format!(" ({why}: {count})"));
            let problem = format!("there is no sample of a resource in it{why}");
            return Err(IngestError::content(file, Place::File, problem).with_hint(
                "give a log of `docker stats`, or a CSV such as `time,component,cpu_percent,memory_mb`",
            ));
        }
        if runs > 1 && (heard.timed == 0 || heard.relative > 0) && heard.timed + heard.untimed > 0 {
            let what = if heard.relative > 0 {
                "its times count from the start of a run"
            } else {
                "its samples carry no times"
            };
            let problem =
                format!("{what}, and there are {runs} runs: it cannot be told whose they are");
            return Err(
                IngestError::content(file, Place::File, problem).with_hint(
                    "give one run, or log with times: `while :; do date; docker stats --no-stream; done`",
                ),
            );
        }
        if runs > 1 && heard.timed > 0 && self.windows.is_empty() {
            let problem = format!(
                "none of the {runs} runs says when it started: it cannot be told whose samples these are"
            );
            return Err(IngestError::content(file, Place::File, problem)
                .with_hint("give one run, or a format of results that holds times"));
        }
        if heard.timed > 0 {
            if heard.untimed > 0 {
                *heard
                    .left_out
                    .entry("samples without a time among others that have one")
                    .or_default() += heard.untimed;
            }
            heard.plain.clear();
        }
        for ((component, name, unit), course) in std::mem::take(&mut heard.plain) {
            let sample = Sample {
                component: &component,
                name: &name,
                unit: unit.as_deref(),
                when: When::Unknown,
                value: 0.0,
            };
            if let Some(entry) = self.entry(&sample) {
                entry.plain.absorb(&course);
            }
        }
        // What the merge above had to leave out.
        for (why, count) in std::mem::take(&mut self.heard.left_out) {
            *heard.left_out.entry(why).or_default() += count;
        }
        self.tell(file, &heard);
        Ok(())
    }

    fn tell(&mut self, file: &str, heard: &Heard) {
        for (run, is_known) in self.windows.known().iter().enumerate() {
            let inside = heard.inside.get(run).copied().unwrap_or(0);
            let mut note = |text: String, count: u64| {
                self.notes.push((run, "resources", text, count));
            };
            let is_relative = heard.relative > 0;
            let is_placed =
                *is_known || (is_relative && self.lengths.get(run).copied().flatten().is_some());
            if heard.timed == 0 && heard.untimed > 0 {
                let text = format!(
                    "the samples of {file} carry no times: idle and load are not told apart, and there is no slope"
                );
                note(text, heard.untimed);
            } else if heard.timed > 0 && !is_placed {
                let text = format!(
                    "samples of {file} cannot be placed: nothing says when the run was; idle and load are not told apart"
                );
                note(text, heard.timed);
            } else if heard.timed > 0 && inside == 0 {
                let when = self.windows.of_run(run).zip(heard.span);
                let text = match when {
                    Some((window, span)) => of_another_time(file, window, span),
                    None => format!(
                        "no sample of {file} lies between the first and the last request of the run"
                    ),
                };
                self.notes.push((run, Note::OTHER_TIME, text, heard.timed));
            }
            if let Some(overlaps) = self.overlaps.get_mut(run) {
                *overlaps |= inside > 0;
            }
            let mut note = |text: String, count: u64| {
                self.notes.push((run, "resources", text, count));
            };
            if heard.zoneless {
                let text = format!("times of {file} without a zone are read as UTC");
                note(text, 1);
            }
            for (why, count) in &heard.left_out {
                let line = heard.lines.get(why);
                let place =
                    line.map_or(String::new(), |line| format!(" (the first in line {line})"));
                note(format!("{why} are left out of {file}{place}"), *count);
            }
        }
    }

    /// Gives every run its series and notes. What a run had of the same things before is replaced.
    pub(super) fn give(self, runs: &mut [Run]) {
        for (place, run) in runs.iter_mut().enumerate() {
            let mut found: Vec<Resource> = Vec::new();
            for (component, names) in &self.things {
                for (name, entry) in names {
                    let unit = entry.unit.as_deref();
                    let make = |course: &Course, phase: Option<ResourcePhase>| {
                        course.resource(component, name, unit, phase)
                    };
                    for phase in [ResourcePhase::Idle, ResourcePhase::Load] {
                        let course = entry.phases.get(&(place, phase));
                        found.extend(course.and_then(|course| make(course, Some(phase))));
                    }
                    found.extend(make(&entry.plain, None).filter(|_| self.windows.runs() == 1));
                }
            }
            let is_new = |one: &Resource| {
                !found
                    .iter()
                    .any(|new| new.component == one.component && new.name == one.name)
            };
            run.resources.retain(is_new);
            run.resources.append(&mut found);
            run.resources.sort_by(|a, b| {
                (&a.component, &a.name, a.phase).cmp(&(&b.component, &b.name, b.phase))
            });
        }
        for (place, id, text, count) in self.notes {
            // Of several files one may be of this run and the others of other runs.
            let overlaps = self.overlaps.get(place) == Some(&true);
            let id = if overlaps { "resources" } else { id };
            if let Some(run) = runs.get_mut(place) {
                run.note(id, text, count);
            }
        }
    }
}

/// Both times, and a difference of whole hours where it is one.
fn of_another_time(file: &str, run: Window, (first, last): (i64, i64)) -> String {
    const HOUR: i64 = 3600 * 1_000_000_000;
    let shown = |nanos: i64| {
        let time = jiff::Timestamp::from_nanosecond(nanos.into()).unwrap_or_default();
        time.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    let overlap = |shift: i64| {
        let from = first.saturating_add(shift).max(run.start);
        last.saturating_add(shift).min(run.end).saturating_sub(from)
    };
    let best = (-14..=14_i64).max_by_key(|hours| (overlap(hours * HOUR), -hours.abs()));
    let least = (run.end - run.start).min(last - first);
    let fits = best.filter(|hours| 2 * overlap(hours * HOUR) >= least);
    let zone = fits.map_or(String::new(), |hours| {
        let way = if hours > 0 { "behind" } else { "ahead" };
        let hours = hours.abs();
        format!("; its clock is {hours} h {way}, as times of another zone are: log with a zone, such as `date -u +%FT%TZ`")
    });
    format!(
        "no sample of {file} was taken during the run: the samples are from {} to {} UTC, the run was from {} to {}{zone}",
        shown(first),
        shown(last),
        shown(run.start),
        shown(run.end)
    )
}

/// A name of bounded length.
pub(super) fn short(name: &str) -> String {
    shortened(name).into_owned()
}

fn shortened(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    if name.len() <= NAME_LENGTH || name.chars().count() <= NAME_LENGTH {
        return Cow::Borrowed(name);
    }
    let mut short: String = name.chars().take(NAME_LENGTH - 1).collect();
    short.push('…');
    Cow::Owned(short)
}

#[cfg(test)]
mod tests;
