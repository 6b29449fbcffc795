//! The configuration applied to runs: renames, groups, expected errors, trims, in this order. Both counts are kept.
//!
//! Reads no configuration and judges nothing; what it does to a run is noted on the run.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod bounded;
pub(crate) mod bounds;
pub(crate) mod cut;
pub mod distributed;
mod expected;
pub(crate) mod merge;
mod pattern;
mod rename;
pub(crate) mod same;
pub(crate) mod trim;

pub use pattern::{Pattern, PatternError};

use crate::model::{Run, Seconds};

/// `[[rename]]`: endpoint labels that match become another name; several become one.
#[derive(Clone, Debug, PartialEq)]
pub struct Rename {
    /// Glob over endpoint labels; see [`Pattern`].
    pub pattern: String,
    /// The new label: `GET /users/ID`.
    pub to: String,
}

/// `[[group]]`: endpoint labels that match belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRule {
    /// Its name.
    pub name: String,
    /// Globs over endpoint labels.
    pub patterns: Vec<String>,
}

/// `[[expected_error]]`: failures that are meant to happen.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedError {
    /// Glob over endpoint labels.
    pub endpoint: String,
    /// The status or error code.
    pub code: String,
    /// Why it is expected.
    pub reason: Option<String>,
}

/// What is applied to every run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// In order; the first that matches is used.
    pub renames: Vec<Rename>,
    /// In order; the first that matches is used.
    pub groups: Vec<GroupRule>,
    /// All that match are used.
    pub expected_errors: Vec<ExpectedError>,
    /// `--trim-start`.
    pub trim_start: Option<Seconds>,
    /// `--trim-end`.
    pub trim_end: Option<Seconds>,
}

/// Id of the notes about globs that mean nothing in a run.
const UNMATCHED: &str = "matches-nothing";

/// Applies the options; what was done is noted on the run, and what found nothing to do.
pub fn normalize(run: &mut Run, options: &Options) {
    if !options.renames.is_empty() {
        rename::rename(run, &options.renames);
    }
    rename::group(run, &options.groups);
    expected::expected(run, &options.expected_errors);
    trim::trim(run, options.trim_start, options.trim_end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, ErrorCount, ErrorKind, Stats};

    #[test]
    fn groups_and_expected_errors_speak_of_the_new_names() {
        let stats = |requests, failures| Stats {
            requests: Some(requests),
            failures: Some(failures),
            ..Stats::default()
        };
        let endpoint = |name: &str| Endpoint {
            name: name.into(),
            method: Some("GET".into()),
            path: None,
            group: None,
            names_in: vec![],
            stats: stats(10, 2),
        };
        let mut run = Run::new("locust", "locust-csv");
        run.overall = stats(20, 4);
        run.endpoints = vec![endpoint("/users/1"), endpoint("/users/2")];
        run.errors = vec![ErrorCount {
            endpoint: Some("/users/2".into()),
            method: Some("GET".into()),
            kind: ErrorKind::HttpStatus,
            code: Some("404".into()),
            message: None,
            count: 2,
        }];
        let options = Options {
            renames: vec![Rename {
                pattern: "GET /users/*".into(),
                to: "GET /users/ID".into(),
            }],
            groups: vec![GroupRule {
                name: "users".into(),
                patterns: vec!["GET /users/ID".into()],
            }],
            expected_errors: vec![ExpectedError {
                endpoint: "GET /users/ID".into(),
                code: "404".into(),
                reason: None,
            }],
            ..Options::default()
        };
        normalize(&mut run, &options);
        let [users] = run.endpoints.as_slice() else {
            panic!("{:?}", run.endpoints);
        };
        assert_eq!(users.group.as_deref(), Some("users"));
        assert_eq!(
            (users.stats.failures, users.stats.expected_failures),
            (Some(2), Some(2))
        );
        assert_eq!(run.overall.expected_failures, Some(2));
        let once = run.clone();
        normalize(&mut run, &options);
        assert_eq!(run, once);
    }

    #[test]
    fn globs_that_mean_nothing_are_noted_once() {
        let mut run = Run::new("locust", "locust-csv");
        run.endpoints = vec![Endpoint {
            name: "/a".into(),
            method: Some("GET".into()),
            path: None,
            group: None,
            names_in: vec![],
            stats: Stats {
                requests: Some(10),
                failures: Some(2),
                ..Stats::default()
            },
        }];
        run.endpoints[0].stats.codes.insert("403".into(), 2);
        let expected = |endpoint: &str, code: &str| ExpectedError {
            endpoint: endpoint.into(),
            code: code.into(),
            reason: None,
        };
        let rename = |pattern: &str, to: &str| Rename {
            pattern: pattern.into(),
            to: to.into(),
        };
        let options = Options {
            renames: vec![rename("GET /a", "GET /b"), rename("GET /x", "GET /y")],
            groups: vec![GroupRule {
                name: "api".into(),
                patterns: vec!["GET /b*".into(), "POST *".into()],
            }],
            expected_errors: vec![
                expected("/nope", "403"),
                expected("GET /b", "404"),
                expected("*", "403"),
                expected("GET /b", "403"),
            ],
            ..Options::default()
        };
        normalize(&mut run, &options);
        let about = |run: &Run| -> Vec<String> {
            let notes = run.notes.iter().filter(|note| note.id == UNMATCHED);
            notes.map(|note| note.text.clone()).collect()
        };
        let noted = [
            "[[rename]] `GET /x` matches nothing",
            "[[group]] api: `POST *` matches nothing",
            "[[expected_error]] `/nope` 403 matches nothing",
            "[[expected_error]] `GET /b` 404 matches nothing",
        ];
        assert_eq!(about(&run), noted);
        let once = run.clone();
        normalize(&mut run, &options);
        assert_eq!(run, once);
    }

    #[test]
    fn without_options_a_run_stays_as_it_is() {
        let mut run = Run::new("x", "y");
        normalize(&mut run, &Options::default());
        assert_eq!(run, Run::new("x", "y"));
    }
}
