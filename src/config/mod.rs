//! `knee.toml` merged with flags into the option structs of the rooms that read them.
//!
//! The file is optional and small; every key of the contract is parsed and checked, and what this version does not use
//! is said. It applies nothing: the rooms do that with the structs it fills.

mod check;
pub mod error;
pub mod expect;
mod file;
mod find;
pub mod flags;
mod identify;
pub mod quantity;
mod syntax;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::ConfigError;
pub use file::Status;
pub use find::in_repository;
pub use flags::{Labels, flag_target, parse_duration, parse_labels, parse_percentiles};

use crate::config::error::Text;
use crate::figures;
use crate::figures::side::Allow;
use crate::figures::spread::Floor;
use crate::ingest::map::Mapping;
use crate::load::plan::Plan;
use crate::model::Target;
use crate::normalize;
use crate::rules;

/// `[project]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: Option<String>,
    /// Facts about where it runs, as declared.
    pub environment: BTreeMap<String, String>,
}

/// `[report]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The page's title.
    pub title: Option<String>,
    /// Its state.
    pub status: Option<Status>,
    /// The sections in their order; all when `None`.
    pub sections: Option<Vec<String>>,
    /// A page layout; a relative one starts at the folder of `knee.toml`.
    pub template: Option<PathBuf>,
}

/// `[inputs]`: paths and globs of what is read beside the runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Samples of machines and containers.
    pub resources: Vec<PathBuf>,
    /// Results of test suites.
    pub tests: Vec<PathBuf>,
}

/// The configuration: what `knee.toml` says, or what holds without one.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file; `None` without one.
    pub path: Option<PathBuf>,
    /// What is tested.
    pub project: Project,
    /// How the page is made.
    pub report: Report,
    /// What is run, where, and for what.
    pub plan: Plan,
    /// What is read beside the runs.
    pub inputs: Inputs,
    /// What is demanded: `[[target]]` first, then what each scenario expects.
    pub targets: Vec<Target>,
    /// Renames, groups and expected errors.
    pub normalize: normalize::Options,
    /// How other JSON and CSV is read.
    pub maps: Vec<Mapping>,
    /// How sides are compared.
    pub compare: Compare,
    /// How load levels are found.
    pub scale: Scale,
    /// Which rules are asked, and how strictly.
    pub rules: rules::Options,
    /// How figures are read.
    pub figures: figures::Options,
    /// Classes of latency by their upper edge in milliseconds, rising; the last has none.
    pub classes: Vec<(String, Option<f64>)>,
    /// What was checked and is not used by this version, one sentence each.
    pub unused: Vec<String>,
    /// The text, for mistakes that only a later room can see.
    text: Option<Arc<Text>>,
    /// Where each of `report.sections` stands in it.
    sections_at: Vec<Range<usize>>,
}

/// `[compare]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compare {
    /// The smallest changes worth talking about, by metric.
    pub floors: BTreeMap<String, Floor>,
    /// Differences that only warn.
    pub allow: Allow,
    /// The accepted baseline.
    pub baseline: Option<PathBuf>,
    /// Whether a metric that could not be decided fails the gate.
    pub require_proof: bool,
}

/// `[scale]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// The label that holds the load level of a run.
    pub level: Option<String>,
}

/// The name of everything above the last edge.
const ABOVE: &str = "slower";

impl Default for Config {
    fn default() -> Config {
        let classes = [("fast", 50.0), ("normal", 200.0), ("slow", 500.0)];
        let mut classes: Vec<(String, Option<f64>)> = classes
            .map(|(name, edge)| (name.to_owned(), Some(edge)))
            .to_vec();
        classes.push((ABOVE.to_owned(), None));
        Config {
            path: None,
            project: Project::default(),
            report: Report::default(),
            plan: Plan::default(),
            inputs: Inputs::default(),
            targets: Vec::new(),
            normalize: normalize::Options::default(),
            maps: Vec::new(),
            compare: Compare::default(),
            scale: Scale::default(),
            rules: rules::Options::default(),
            figures: figures::Options::default(),
            classes,
            unused: Vec::new(),
            text: None,
            sections_at: Vec::new(),
        }
    }
}

impl Config {
    /// Checks `[report] sections` against the ids of the sections that exist.
    pub fn check_sections(&self, known: &[&str]) -> Result<(), ConfigError> {
        let sections = self.report.sections.iter().flatten();
        for (section, span) in sections.zip(&self.sections_at) {
            if let (false, Some(text)) = (known.contains(&section.as_str()), &self.text) {
                let known: Vec<String> = known.iter().map(|id| (*id).to_owned()).collect();
                return Err(text
                    .error(
                        span.clone(),
                        format!("there is no section `{section}` of a report"),
                    )
                    .with_label("unknown section")
                    .with_hint(Some(syntax::one_of(section, &known))));
            }
        }
        Ok(())
    }
}

/// Reads `--config FILE`, or the `knee.toml` that is found from a folder upwards; without one the default.
pub fn load(explicit: Option<&Path>, from: &Path) -> Result<Config, ConfigError> {
    match find::find(explicit, from)? {
        Some(text) => check::check(&text),
        None => Ok(Config::default()),
    }
}

/// Reads the text of a `knee.toml`.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    check::check(&Arc::new(Text {
        name: path.to_string_lossy().into_owned(),
        path: Some(path.to_path_buf()),
        text: text.to_owned(),
    }))
}

/// The JSON Schema of `knee.toml`.
pub fn schema() -> schemars::Schema {
    file::schema()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_or_named_and_without_one_the_default_holds() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(None, folder.path()).unwrap(), Config::default());
        let path = folder.path().join("knee.toml");
        std::fs::write(&path, "[project]\nname = 'found'\n").unwrap();
        let other = folder.path().join("other.toml");
        std::fs::write(&other, "[project]\nname = 'named'\nnam = 1\n").unwrap();
        let found = load(None, folder.path()).unwrap();
        assert_eq!(found.path.as_deref(), Some(path.as_path()));
        assert_eq!(found.project.name.as_deref(), Some("found"));
        let error = load(Some(&other), folder.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("other.toml, line 3, column 1: unknown key `nam` in [project]")
        );
        let error = load(Some(Path::new("nowhere.toml")), folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "cannot open nowhere.toml");
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn the_classes_of_the_default_start_where_the_apdex_does() {
        let config = Config::default();
        assert_eq!(
            config.classes[0],
            ("fast".to_owned(), Some(config.figures.fast_ms))
        );
        assert_eq!(config.classes.last().unwrap().1, None);
    }
}
