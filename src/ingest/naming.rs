//! What runs and their files are called: no folder of the machine stands in a report, and no two runs share a name.
//!
//! Names are for people; ids are made elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::ingest::Input;
use crate::model::Run;

/// The shortest end of each path that is unique among all inputs: no folder of the machine stands in a report.
pub(super) fn name_files(inputs: Vec<&mut Input>) {
    let paths: BTreeSet<PathBuf> = inputs
        .iter()
        .filter_map(|input| input.path.clone())
        .collect();
    let names = shortest_names(&paths);
    for input in inputs {
        if let Some(name) = input.path.as_ref().and_then(|path| names.get(path)) {
            input.name.clone_from(name);
        }
    }
}

/// One name for all spellings of a path.
pub(super) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
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

/// Several runs of one `NAME=` become NAME-1, NAME-2, ...: of each part the number of its argument, and the name that was given.
pub(super) fn number_names(given: &[(usize, Option<&str>)], parts: &mut [Vec<Run>]) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for ((argument, _), runs) in given.iter().zip(parts.iter()) {
        *counts.entry(*argument).or_default() += runs.len();
    }
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    for ((argument, name), runs) in given.iter().zip(parts) {
        let several = counts.get(argument).is_some_and(|count| *count > 1);
        let Some(name) = name.filter(|_| several) else {
            continue;
        };
        for run in runs {
            let number = numbers.entry(*argument).or_default();
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
