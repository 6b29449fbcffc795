//! What was planned, as `knee.toml` declares it: scenarios with their load, the environment, the state of the page.
//!
//! Plain data that the configuration fills; rules ask it, and ask runs about it. It judges nothing.

use std::collections::BTreeMap;

use crate::model::{LoadModel, Origin, Run, Seconds, ThinkTime};

/// The plan of a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The scenarios, in the order of the file.
    pub scenarios: Vec<Scenario>,
    /// `[project] environment`: facts as declared.
    pub environment: BTreeMap<String, String>,
    /// `[report] title`.
    pub title: Option<String>,
}

/// `[[scenario]]`
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Globs over the files of its runs.
    pub runs: Vec<String>,
    /// What it does.
    pub description: Option<String>,
    /// The load that it is to offer.
    pub load: DeclaredLoad,
    /// The load level of each file, by glob.
    pub levels: BTreeMap<String, f64>,
    /// Where it stands: `knee.toml:12`.
    pub origin: Origin,
}

/// `[scenario.load]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeclaredLoad {
    /// How arrivals are decided.
    pub model: Option<LoadModel>,
    /// Most users at one time.
    pub users: Option<f64>,
    /// Time between two requests of a user.
    pub think_time: Option<ThinkTime>,
    /// Length of the run.
    pub duration: Option<Seconds>,
    /// Tasks and their weights; percentages or shares, as written.
    pub tasks: BTreeMap<String, f64>,
}

impl Plan {
    /// The scenario that a run is of; `None` when none is declared under that name.
    pub fn of(&self, run: &Run) -> Option<&Scenario> {
        let wanted = run.identity.scenario.as_str();
        self.scenarios
            .iter()
            .find(|scenario| scenario.name == wanted)
    }
}
