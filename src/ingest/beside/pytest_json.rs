//! The JSON of pytest-json-report: `pytest --json-report`, whole or as a summary.
//!
//! A suite is the part of a node id before its last `::`: the file, or the class in it. A collector that failed is a
//! failure of its file. Read as a stream, test by test; paths, messages and the environment are not kept.

use std::io::BufRead;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::beside::suites::{Outcome, Suites};
use crate::ingest::beside::{Beside, Read};
use crate::ingest::json::{Fill, Filling};
use crate::ingest::sniff::{self, Claim, Grade, Head};
use crate::ingest::{IngestError, Input};

/// The row of BESIDE.
pub(super) const BESIDE: Beside = Beside {
    id: "pytest-json-report",
    what: "a report of pytest-json-report",
    files: "pytest --json-report, with or without --json-report-summary",
    limits: "counts per file and class, and the names of up to 20 failing tests; no messages, no times",
    sniff,
    read: Read::Tests(read),
};

/// What a summary without tests is called.
const ALL: &str = "pytest";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    passed: u64,
    failed: u64,
    error: u64,
    skipped: u64,
    xfailed: u64,
    xpassed: u64,
    total: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Node {
    nodeid: String,
    outcome: String,
}

/// What the report holds besides its tests.
#[derive(Debug, Default)]
struct Report {
    summary: Option<Summary>,
    exit: Option<i64>,
    tests: Option<u64>,
    unknown: u64,
    xpassed: u64,
    broken: u64,
}

fn sniff(head: &Head) -> Option<Claim> {
    let seen = sniff::json_head(head.bytes);
    let has = |path: &str| seen.has(path);
    let is_report = seen.top == sniff::JsonTop::Object
        && has("exitcode")
        && has("created")
        && has("root")
        && (has("summary") || has("environment"));
    is_report
        .then(|| Claim::new(Grade::Certain, "members `exitcode`, `root` and `summary`"))
        .flatten()
}

/// The part of a node id before its last `::`, and the rest; `::` in parameters does not count.
fn split(node: &str) -> (&str, &str) {
    let end = node.find('[').unwrap_or(node.len());
    let plain = node.get(..end).unwrap_or(node);
    match plain.rfind("::") {
        Some(at) => (
            node.get(..at).unwrap_or(node),
            node.get(at + 2..).unwrap_or_default(),
        ),
        None => (node, ""),
    }
}

/// Reads one test after another into the suites.
struct Tests<'a>(&'a mut Suites, &'a mut Report);

impl<'de> Fill<'de> for Tests<'_> {
    const EXPECTED: &'static str = "an array of tests";

    fn elements<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Tests(suites, report) = self;
        let mut count = report.tests.unwrap_or(0);
        while let Some(node) = list.next_element::<Node>()? {
            count += 1;
            let outcome = match node.outcome.as_str() {
                "passed" => Outcome::Passed,
                "xpassed" => {
                    report.xpassed += 1;
                    Outcome::Passed
                }
                "failed" | "error" => Outcome::Failed,
                "skipped" | "xfailed" => Outcome::Skipped,
                _ => {
                    report.unknown += 1;
                    continue;
                }
            };
            let (suite, name) = split(&node.nodeid);
            suites.test(suite, name, outcome);
        }
        report.tests = Some(count);
        Ok(())
    }
}

/// Collectors: of interest only where they failed.
struct Collectors<'a>(&'a mut Suites, &'a mut Report);

impl<'de> Fill<'de> for Collectors<'_> {
    const EXPECTED: &'static str = "an array of collectors";

    fn elements<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(node) = list.next_element::<Node>()? {
            if node.outcome == "failed" {
                self.1.broken += 1;
                self.0
                    .test(&node.nodeid, "cannot be collected", Outcome::Failed);
            }
        }
        Ok(())
    }
}

/// The whole report.
struct Whole<'a>(&'a mut Suites, &'a mut Report);

impl<'de> Fill<'de> for Whole<'_> {
    const EXPECTED: &'static str = "an object of pytest-json-report";

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Whole(suites, report) = self;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "summary" => report.summary = Some(map.next_value()?),
                "exitcode" => report.exit = Some(map.next_value()?),
                "tests" => map.next_value_seed(Filling(Tests(suites, report)))?,
                "collectors" => map.next_value_seed(Filling(Collectors(suites, report)))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

fn read(input: &Input, reader: &mut dyn BufRead, suites: &mut Suites) -> Result<(), IngestError> {
    let json = |error: serde_json::Error| IngestError::json(&input.name, &error);
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let mut report = Report::default();
    let whole = Filling(Whole(suites, &mut report));
    whole.deserialize(&mut deserializer).map_err(json)?;
    deserializer.end().map_err(json)?;
    match (&report.summary, report.tests) {
        (Some(summary), None) => {
            let sum = |parts: [u64; 2]| parts.into_iter().fold(0, u64::saturating_add);
            suites.sum(
                ALL,
                sum([summary.passed, summary.xpassed]),
                sum([summary.failed, summary.error]),
                sum([summary.skipped, summary.xfailed]),
            );
        }
        (Some(summary), Some(tests)) => {
            let says = summary.total.unwrap_or(tests);
            if says != tests {
                let text = format!("its summary says {says} tests, and it holds {tests}");
                suites.note("tests-miscounted", text, 1);
            }
        }
        (None, None) => {
            let problem = "expected the members `summary` or `tests`; found neither";
            return Err(IngestError::content(
                &input.name,
                crate::ingest::Place::File,
                problem,
            ));
        }
        (None, Some(_)) => {}
    }
    let xpassed = match (&report.summary, report.tests) {
        (Some(summary), None) => summary.xpassed,
        _ => report.xpassed,
    };
    for (text, count) in [
        (
            "tests with an outcome that is not known are left out",
            report.unknown,
        ),
        (
            "tests that were expected to fail and passed count as passed",
            xpassed,
        ),
        (
            "files or classes that could not be collected count as failed tests; its summary does not hold them",
            report.broken,
        ),
    ] {
        if count > 0 {
            suites.note("tests", text, count);
        }
    }
    // Exit codes of pytest: 0 passed, 1 failed, 2 interrupted, 3 internal error, 4 usage, 5 no tests.
    if let Some(code) = report.exit.filter(|code| !(0..=1).contains(code)) {
        let text = format!("pytest ended with exit code {code}: not every test may have run");
        suites.note("tests", text, 1);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
