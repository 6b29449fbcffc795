//! JUnit XML, as pytest, Maven, Gradle, Go's converters, Jest and the rest write it.
//!
//! A test belongs to the innermost suite with a name; those of a suite that is called `pytest`, which says the tool only,
//! to their class. Entities of a DTD are not expanded. Texts, host names and properties are not kept.

use std::io::{BufRead, Read as _};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::ingest::beside::suites::{Outcome, Suites};
use crate::ingest::beside::{Beside, Read};
use crate::ingest::input::DOCUMENT_LIMIT;
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::{IngestError, Input, Place};

/// The row of BESIDE.
pub(super) const BESIDE: Beside = Beside {
    id: "junit",
    what: "a JUnit report of tests",
    files: "JUnit XML of any tool: pytest --junit-xml, Maven, Gradle, Go, Jest",
    limits: "counts per suite and the names of up to 20 failing tests; no messages, no times",
    sniff,
    read: Read::Tests(read),
};

/// Suites inside suites.
const DEEPEST: usize = 64;

/// Longest report; it is held in memory while it is parsed.
const LONGEST: u64 = 4 * DOCUMENT_LIMIT;

/// What a suite says of itself, and what was found in it.
#[derive(Default)]
struct Suite {
    name: Option<String>,
    says: Option<u64>,
    failures: u64,
    errors: u64,
    skipped: u64,
    /// Tests in it and in the suites inside.
    all: u64,
    /// Tests directly in it.
    own: u64,
}

/// A test whose end was not read yet.
struct Case {
    class: Option<String>,
    name: String,
    outcome: Outcome,
}

fn attribute(tag: &BytesStart, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    let raw = found.value.to_string();
    // An entity that XML does not define stays as it was written.
    let value = found.normalized_value(XmlVersion::Implicit1_0);
    Some(value.map_or(raw, std::borrow::Cow::into_owned))
}

fn number(tag: &BytesStart, name: &str) -> Option<u64> {
    attribute(tag, name)?.trim().parse().ok()
}

fn sniff(head: &Head) -> Option<Claim> {
    let text = String::from_utf8_lossy(head.bytes);
    let mut reader = Reader::from_str(&text);
    for _ in 0..50 {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let name = tag.local_name();
                let is_junit = matches!(name.as_ref(), "testsuites" | "testsuite");
                return is_junit
                    .then(|| Claim::new(Grade::Certain, format!("<{}>", name.as_ref())))
                    .flatten();
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
    None
}

/// What stands open.
#[derive(Default)]
struct State {
    suites: Vec<Suite>,
    case: Option<Case>,
    flaky: u64,
    /// Whether a root was seen.
    found: bool,
}

fn read(input: &Input, reader: &mut dyn BufRead, suites: &mut Suites) -> Result<(), IngestError> {
    let mut bytes = Vec::new();
    reader
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| IngestError::Read {
            file: input.name.clone(),
            source,
        })?;
    if bytes.len() as u64 > LONGEST {
        return Err(IngestError::TooLarge {
            file: input.name.clone(),
            limit: LONGEST,
            format: BESIDE.id,
        });
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut xml = Reader::from_str(&text);
    // What tests printed is not always escaped.
    xml.config_mut().allow_dangling_amp = true;
    xml.config_mut().expand_empty_elements = true;
    let mut state = State::default();
    loop {
        let event = xml.read_event().map_err(|error| {
            let place = Place::Field(format!("byte {}", xml.error_position()));
            IngestError::content(&input.name, place, format!("this is not XML: {error}"))
                .with_hint("was the test run interrupted?")
        })?;
        match event {
            Event::Eof => break,
            Event::Start(tag) => open(&tag, &mut state, suites, input)?,
            Event::End(tag) => close(tag.local_name().as_ref(), &mut state, suites),
            _ => {}
        }
    }
    if !state.found {
        let problem = "expected <testsuites> or <testsuite>; found neither";
        return Err(IngestError::content(&input.name, Place::File, problem));
    }
    if !state.suites.is_empty() {
        let problem = "the file ends before its last suite does";
        return Err(IngestError::content(&input.name, Place::File, problem)
            .with_hint("was the test run interrupted?"));
    }
    if state.flaky > 0 {
        let text = "tests that passed only when they were run again count as passed";
        suites.note("tests-flaky", text, state.flaky);
    }
    Ok(())
}

fn open(
    tag: &BytesStart,
    state: &mut State,
    suites: &mut Suites,
    input: &Input,
) -> Result<(), IngestError> {
    match tag.local_name().as_ref() {
        "testsuites" | "testsuite" => {
            state.found = true;
            if state.suites.len() >= DEEPEST {
                let problem = format!("suites stand more than {DEEPEST} deep inside one another");
                return Err(IngestError::content(&input.name, Place::File, problem));
            }
            let is_root = tag.local_name().as_ref() == "testsuites";
            let skipped = [
                number(tag, "skipped"),
                number(tag, "disabled"),
                number(tag, "skips"),
            ];
            state.suites.push(Suite {
                // The root's name is that of the whole run of tests.
                name: attribute(tag, "name").filter(|name| !is_root && !name.trim().is_empty()),
                says: number(tag, "tests"),
                failures: number(tag, "failures").unwrap_or(0),
                errors: number(tag, "errors").unwrap_or(0),
                skipped: skipped.into_iter().flatten().fold(0, u64::saturating_add),
                ..Suite::default()
            });
        }
        "testcase" => {
            let status = attribute(tag, "status").unwrap_or_default();
            let result = attribute(tag, "result").unwrap_or_default();
            let idle = ["notrun", "disabled", "skipped", "suppressed", "ignored"];
            let is_idle = idle
                .iter()
                .any(|word| status.eq_ignore_ascii_case(word) || result.eq_ignore_ascii_case(word));
            // A test inside a test is none; the outer one ends here.
            close("testcase", state, suites);
            state.case = Some(Case {
                class: attribute(tag, "classname").filter(|name| !name.trim().is_empty()),
                name: attribute(tag, "name").unwrap_or_default(),
                outcome: if is_idle {
                    Outcome::Skipped
                } else {
                    Outcome::Passed
                },
            });
        }
        "failure" | "error" => {
            if let Some(case) = &mut state.case {
                case.outcome = Outcome::Failed;
            }
        }
        "skipped" => {
            if let Some(case) = state
                .case
                .as_mut()
                .filter(|case| case.outcome != Outcome::Failed)
            {
                case.outcome = Outcome::Skipped;
            }
        }
        "flakyFailure" | "flakyError" if state.case.is_some() => state.flaky += 1,
        _ => {}
    }
    Ok(())
}

fn close(tag: &str, state: &mut State, suites: &mut Suites) {
    match tag {
        "testcase" => {
            let Some(case) = state.case.take() else {
                return;
            };
            let named = state
                .suites
                .iter()
                .rev()
                .find_map(|suite| suite.name.as_deref());
            let class = case.class.as_deref();
            let suite = match named {
                None => class.unwrap_or_default(),
                // A file that could not be collected has no class, and its name is the file's.
                Some("pytest") => class.unwrap_or(&case.name),
                Some(name) => name,
            };
            suites.test(suite, &case.name, case.outcome);
            if let Some(suite) = state.suites.last_mut() {
                suite.own += 1;
                suite.all += 1;
            }
        }
        "testsuites" | "testsuite" => {
            close("testcase", state, suites);
            let Some(suite) = state.suites.pop() else {
                return;
            };
            end_of(&suite, state, suites);
            if let Some(parent) = state.suites.last_mut() {
                parent.all += suite.all;
            }
        }
        _ => {}
    }
}

/// Compares what a suite says with what stood in it.
fn end_of(suite: &Suite, state: &State, suites: &mut Suites) {
    let outer = state
        .suites
        .iter()
        .rev()
        .find_map(|suite| suite.name.as_deref());
    let name = suite.name.as_deref().or(outer).unwrap_or_default();
    let Some(says) = suite.says else { return };
    if suite.all == 0 && says > 0 {
        // Only the innermost suite that counts is counted.
        let is_root = state.suites.is_empty() && suite.name.is_none();
        if is_root {
            if suites.is_empty() {
                suites.doubt("testsuites", says, 0);
            }
            return;
        }
        let failed = suite.failures.saturating_add(suite.errors).min(says);
        let skipped = suite.skipped.min(says - failed);
        suites.sum(name, says - failed - skipped, failed, skipped);
        suites.note(
            "tests-miscounted",
            "suites that name no test are taken at their own count",
            1,
        );
        return;
    }
    if says != suite.own && says != suite.all {
        let name = if name.is_empty() { "testsuites" } else { name };
        suites.doubt(name, says, suite.all);
    }
}

#[cfg(test)]
mod tests;
