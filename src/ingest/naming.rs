//! What runs and their files are called: no folder of the machine stands in a report, and no two runs share a name.
//!
//! Names are for people; ids are made elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::ingest::unit::Planned;
use crate::model::Run;

/// The shortest end of each path that is unique among all inputs: no folder of the machine stands in a report.
pub(super) fn name_files(planned: &mut [Planned]) {
    let paths: BTreeSet<PathBuf> = planned
        .iter()
        .flat_map(|unit| &unit.inputs)
        .filter_map(|input| input.path.clone())
        .collect();
    let names = shortest_names(&paths);
    for input in planned.iter_mut().flat_map(|unit| &mut unit.inputs) {
        if let Some(name) = input.path.as_ref().and_then(|path| names.get(path)) {
            input.name.clone_from(name);
        }
    }
}

/// The shortest end of each path that is unique among them.
pub(super) fn shortest_names(paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, String> {
    let parts_of = |path: &PathBuf| -> Vec<String> {
        path.components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect()
    };
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        let parts = parts_of(path);
        for start in 0..parts.len() {
            *ends
                .entry(parts.get(start..).unwrap_or_default().join("/"))
                .or_default() += 1;
        }
    }
    let shortest = |path: &PathBuf| -> String {
        let parts = parts_of(path);
        let mut all = (0..parts.len())
            .rev()
            .map(|start| parts.get(start..).unwrap_or_default().join("/"));
        all.find(|end| ends.get(end).copied() == Some(1))
            .unwrap_or_else(|| parts.last().cloned().unwrap_or_default())
    };
    paths
        .iter()
        .map(|path| (path.clone(), shortest(path)))
        .collect()
}

/// Several runs of one `NAME=` become NAME-1, NAME-2, ...
pub(super) fn number_names(planned: &[Planned], parts: &mut [Vec<Run>]) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (unit, runs) in planned.iter().zip(parts.iter()) {
        *counts.entry(unit.argument).or_default() += runs.len();
    }
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    for (unit, runs) in planned.iter().zip(parts) {
        let several = counts.get(&unit.argument).is_some_and(|count| *count > 1);
        let Some(name) = unit.name.as_ref().filter(|_| several) else {
            continue;
        };
        for run in runs {
            let number = numbers.entry(unit.argument).or_default();
            *number += 1;
            run.name = format!("{name}-{number}");
        }
    }
}

/// Several runs of one name become NAME, NAME-2, ...
pub(super) fn make_names_unique(runs: &mut [Run]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    for run in runs {
        if taken.insert(run.name.clone()) {
            continue;
        }
        let wanted = run.name.clone();
        let number = next.entry(wanted.clone()).or_insert(2);
        while !taken.insert(run.name.clone()) {
            run.name = format!("{wanted}-{number}");
            *number += 1;
        }
    }
}
