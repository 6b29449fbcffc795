//! The declared tasks of a scenario, found among the endpoints of a run.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Endpoint, Run};
use crate::normalize::Pattern;

/// Requests of one task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskMix {
    /// The task's name.
    pub name: String,
    /// Its weight as declared.
    pub weight: f64,
    /// Requests of the endpoints that it names.
    pub requests: u64,
}

/// The requests of every task; `None` unless each names at least one endpoint and none that another names.
///
/// A task names an endpoint by its label, its name or its group, else by a glob over labels.
pub fn observed_mix(run: &Run, tasks: &BTreeMap<String, f64>) -> Option<Vec<TaskMix>> {
    let mut taken = BTreeSet::new();
    let mut mix = Vec::new();
    for (name, weight) in tasks {
        let mut requests: Option<u64> = None;
        for place in named_by(run, name) {
            if !taken.insert(place) {
                return None;
            }
            let more = run.endpoints.get(place)?.stats.requests?;
            requests = Some(requests.unwrap_or(0).checked_add(more)?);
        }
        mix.push(TaskMix {
            name: name.clone(),
            weight: *weight,
            requests: requests?,
        });
    }
    (!mix.is_empty()).then_some(mix)
}

/// Places of the endpoints that a task names; the most exact way of naming wins.
fn named_by(run: &Run, task: &str) -> Vec<usize> {
    let glob = Pattern::new(task);
    let places = |is_meant: &dyn Fn(&Endpoint) -> bool| -> Vec<usize> {
        let all = run.endpoints.iter().enumerate();
        all.filter(|(_, endpoint)| is_meant(endpoint))
            .map(|(place, _)| place)
            .collect()
    };
    let ways: [&dyn Fn(&Endpoint) -> bool; 4] = [
        &|endpoint| endpoint.label() == task,
        &|endpoint| endpoint.name == task,
        &|endpoint| endpoint.group.as_deref() == Some(task),
        &|endpoint| glob.matches(&endpoint.label()),
    ];
    ways.into_iter()
        .map(places)
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}
