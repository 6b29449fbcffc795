//! The accepted baselines of the scenarios of runs, and what there is to say where one is missing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::cli::baseline::{exists, folder, open, shown};
use crate::cli::message::advise;
use crate::config::Config;
use crate::history::{Baseline, file_name};
use crate::model::Run;
use crate::text::escape;

/// What later runs are compared with.
#[derive(Default)]
pub(crate) struct Found {
    /// The accepted runs; empty = nothing to compare with.
    pub(crate) runs: Vec<Run>,
    /// Why a baseline is none for these runs, and what to do.
    pub(crate) missing: Option<String>,
    /// What else there is to know, and makes no difference to the verdict.
    pub(crate) remarks: Vec<String>,
    /// What the baselines are called in reports.
    pub(crate) name: Option<String>,
    /// The files that were read.
    pub(crate) paths: Vec<PathBuf>,
}

/// The baselines of the scenarios of runs: the one that `knee.toml` names, else those of the folder.
pub(crate) fn find(config: &Config, runs: &[Run]) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let mut named = None;
    if let Some(path) = &config.compare.baseline {
        let missing = |what: &str| {
            format!(
                "The baseline {} that knee.toml names {what}: nothing was compared. `knee baseline accept RUN... --reason '...'` makes it.",
                shown(config, path)
            )
        };
        if !exists(path) {
            found.missing = Some(missing("is missing"));
            return Ok(found);
        }
        let baseline = open(config, path)?;
        if let Some(retired) = &baseline.retired {
            found.missing = Some(missing(&format!("is retired ({})", retired.reason)));
            return Ok(found);
        }
        named = Some(baseline.scenario.clone());
        found.add(path.clone(), baseline);
    }
    let scenarios: BTreeSet<&str> = runs
        .iter()
        .map(|run| run.identity.scenario.as_str())
        .filter(|scenario| named.as_deref() != Some(scenario))
        .collect();
    for scenario in scenarios {
        let path = folder(config).join(file_name(scenario));
        if !exists(&path) {
            found.remarks.extend(none_of(config, scenario));
            continue;
        }
        let baseline = open(config, &path)?;
        if let Some(retired) = &baseline.retired {
            found.remarks.push(format!(
                "The baseline of {} is retired ({}): nothing was compared with it.",
                escape::shorten(&escape::visible(scenario), 60),
                retired.reason
            ));
            continue;
        }
        if baseline.scenario != scenario {
            return Err(advise(
                format!(
                    "{} holds the baseline of `{}`, not of `{scenario}`",
                    shown(config, &path),
                    baseline.scenario
                ),
                "files of this folder are called by `knee baseline accept`; move the other one away",
            ));
        }
        found.add(path, baseline);
    }
    Ok(found)
}

/// That a scenario has no baseline while others have is likely a slip.
fn none_of(config: &Config, scenario: &str) -> Option<String> {
    let entries = std::fs::read_dir(folder(config)).ok()?;
    let stems = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        let stem = path.file_stem()?.to_str()?;
        is_json.then(|| escape::shorten(&escape::visible(stem), 60))
    });
    let mut stems: Vec<String> = stems.collect();
    stems.sort();
    (!stems.is_empty()).then(|| {
        format!(
            "The scenario {} has no baseline (there are: {}): nothing was compared. `knee baseline accept RUN... --reason '...'` makes one.",
            escape::shorten(&escape::visible(scenario), 60),
            stems.join(", ")
        )
    })
}

impl Found {
    fn add(&mut self, path: PathBuf, baseline: Baseline) {
        let reason = escape::shorten(&escape::visible(&baseline.reason), 60);
        self.name = match self.name.take() {
            None => Some(format!("the baseline \"{reason}\"")),
            Some(_) => Some("their baselines".to_owned()),
        };
        self.runs.extend(baseline.runs);
        self.paths.push(path);
    }
}
