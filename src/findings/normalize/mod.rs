//! The configuration applied to runs: renames, groups, expected errors, trims, in this order. Both counts are kept.
//!
//! Reads no configuration and judges nothing; what it does to a run is noted on the run.

mod expected;
mod merge;
mod pattern;
mod rename;
mod trim;

pub use pattern::Pattern;

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

/// Applies the options; what was done is noted on the run.
pub fn normalize(run: &mut Run, options: &Options) {
    if !options.renames.is_empty() {
        rename::rename(run, &options.renames);
    }
    rename::group(run, &options.groups);
    expected::expected(run, &options.expected_errors);
    trim::trim(run, options.trim_start, options.trim_end);
}
