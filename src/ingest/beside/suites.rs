//! Results of tests, rolled up: how many of each suite passed and failed, and which failed.
//!
//! An error counts as a failure. What was skipped, or failed as it was expected to, is neither, and is counted in a note.
//! Failing tests are named in notes, not as checks of their own: a check per failing test beside the suite that counts
//! it would stand twice in every sum.

use std::collections::BTreeMap;

use crate::ingest::beside::paths::unpathed;
use crate::ingest::beside::place::short;
use crate::model::{Check, CheckKind, Run};

/// Suites that are kept apart.
const MOST_SUITES: usize = 500;

/// Failing tests, and suites with doubtful counts, that are named per file.
const MOST_NAMED: usize = 20;

/// What the other suites are called together.
const OTHERS: &str = "(other suites)";

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// Or it could not be run.
    Failed,
    Skipped,
}

/// Results on their way to the runs.
#[derive(Debug, Default)]
pub(super) struct Suites {
    counts: Vec<(String, [u64; 2])>,
    places: BTreeMap<String, usize>,
    tests: u64,
    skipped: u64,
    failing: Vec<String>,
    unnamed: u64,
    notes: Vec<(&'static str, String, u64)>,
    doubtful: u64,
}

impl Suites {
    /// Adds one test.
    pub(super) fn test(&mut self, suite: &str, name: &str, outcome: Outcome) {
        self.tests += 1;
        match outcome {
            Outcome::Passed => self.count(suite, 1, 0),
            Outcome::Skipped => {
                self.count(suite, 0, 0);
                self.skipped += 1;
            }
            Outcome::Failed => {
                self.count(suite, 0, 1);
                if self.failing.len() < MOST_NAMED {
                    let name = if suite == name || suite.is_empty() {
                        unpathed(name)
                    } else {
                        unpathed(&format!("{suite}: {name}"))
                    };
                    self.failing.push(short(&name));
                } else {
                    self.unnamed += 1;
                }
            }
        }
    }

    /// Adds counts without names.
    pub(super) fn sum(&mut self, suite: &str, passed: u64, failed: u64, skipped: u64) {
        self.tests = [passed, failed, skipped]
            .into_iter()
            .fold(self.tests, u64::saturating_add);
        self.skipped = self.skipped.saturating_add(skipped);
        self.unnamed = self.unnamed.saturating_add(failed);
        self.count(suite, passed, failed);
    }

    fn count(&mut self, suite: &str, passed: u64, failed: u64) {
        let mut name = short(&unpathed(suite));
        if name.is_empty() {
            "(no name)".clone_into(&mut name);
        }
        if self.counts.len() >= MOST_SUITES && !self.places.contains_key(&name) {
            OTHERS.clone_into(&mut name);
        }
        let next = self.counts.len();
        let place = *self.places.entry(name.clone()).or_insert(next);
        if place == next {
            self.counts.push((name, [0, 0]));
        }
        if let Some((_, [all_passed, all_failed])) = self.counts.get_mut(place) {
            *all_passed = all_passed.saturating_add(passed);
            *all_failed = all_failed.saturating_add(failed);
        }
    }

    /// Something that the reader wants known, in a sentence behind the file's name.
    pub(super) fn note(&mut self, id: &'static str, text: impl Into<String>, count: u64) {
        self.notes.push((id, text.into(), count));
    }

    /// A suite whose own counts differ from the tests that stand in it.
    pub(super) fn doubt(&mut self, suite: &str, says: u64, holds: u64) {
        self.doubtful += 1;
        if self.doubtful <= MOST_NAMED as u64 {
            let suite = short(&unpathed(suite));
            let text =
                format!("the suite \"{suite}\" says that it has {says} tests and holds {holds}");
            self.notes.push(("tests-miscounted", text, 1));
        }
    }

    /// Whether there is anything.
    pub(super) fn is_empty(&self) -> bool {
        self.tests == 0 && self.counts.is_empty()
    }

    /// Gives every run the checks of a file: a suite is a check of the system, not of one run.
    pub(super) fn give(&self, file: &str, runs: &mut [Run]) {
        for run in runs {
            run.checks
                .retain(|check| check.source.as_deref() != Some(file));
            for (name, [passed, failed]) in &self.counts {
                run.checks.push(Check {
                    name: name.clone(),
                    passed: *passed,
                    failed: *failed,
                    source: Some(file.to_owned()),
                    kind: CheckKind::Check,
                });
            }
            for name in &self.failing {
                run.note("test-failed", format!("{file}, failed: {name}"), 1);
            }
            if self.unnamed > 0 {
                let text = format!("{file}: failed tests that are not named here");
                run.note("test-failed", text, self.unnamed);
            }
            if self.skipped > 0 {
                let text = format!(
                    "{file}: tests that were skipped, or failed as expected, count as neither passed nor failed"
                );
                run.note("tests-skipped", text, self.skipped);
            }
            for (id, text, count) in &self.notes {
                run.note(id, format!("{file}: {text}"), *count);
            }
            if self.doubtful > MOST_NAMED as u64 {
                let text = format!(
                    "{file}: further suites that hold another number of tests than they say"
                );
                run.note("tests-miscounted", text, self.doubtful - MOST_NAMED as u64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(suites: &Suites) -> Run {
        let mut runs = [Run::new("t", "t")];
        suites.give("junit.xml", &mut runs);
        let [run] = runs;
        run
    }

    #[test]
    fn a_thousand_suites_and_failures_are_counted_and_not_all_named() {
        let mut suites = Suites::default();
        for number in 0..1000 {
            suites.test(&format!("s{number}"), "t", Outcome::Failed);
        }
        let run = given(&suites);
        assert_eq!(run.checks.len(), MOST_SUITES + 1);
        let failed: u64 = run.checks.iter().map(|check| check.failed).sum();
        assert_eq!(failed, 1000);
        assert_eq!(run.notes.len(), MOST_NAMED + 1);
        assert_eq!(run.notes.last().unwrap().count, 980);
    }

    #[test]
    fn skipped_tests_are_neither_passed_nor_failed() {
        let mut suites = Suites::default();
        suites.test("s", "a", Outcome::Passed);
        suites.test("s", "b", Outcome::Skipped);
        let run = given(&suites);
        assert_eq!((run.checks[0].passed, run.checks[0].failed), (1, 0));
        assert_eq!(run.notes[0].count, 1);
    }
}
