//! Which runs may be a baseline: those that can be believed, once each, and repeats of one test.
//!
//! Judges nothing itself: it asks the rules that a comparison would ask, before the runs are written down.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::message::advise;
use crate::figures::side::Allow;
use crate::model::Run;
use crate::report::{Effect, Report};
use crate::rules;

/// What cannot be believed, has nothing in it or stands twice is no baseline.
pub(super) fn refuse(report: &Report, asked: &rules::Options) -> anyhow::Result<()> {
    let grave = |effect| matches!(effect, Effect::Invalid | Effect::Refuse);
    if let Some(finding) = report.findings.iter().find(|found| grave(found.effect)) {
        let of = finding.run.as_deref();
        let run = report.runs.iter().find(|run| Some(run.id.as_str()) == of);
        return Err(advise(
            format!(
                "{} cannot be a baseline ({}): {}",
                run.map_or("the input", |run| &run.name),
                finding.rule,
                finding.message
            ),
            format!("`knee explain {}` says why", finding.rule),
        ));
    }
    let mut ids = BTreeSet::new();
    for run in &report.runs {
        let measured = match run.overall.requests {
            Some(requests) => requests > 0,
            None => run.overall.primary().is_some(),
        };
        if !measured {
            return Err(advise(
                format!("{} cannot be a baseline: it has no requests", run.name),
                "`knee report RUN` shows what is in it",
            ));
        }
        if !ids.insert(&run.id) {
            return Err(advise(
                format!("{} is given twice", run.name),
                "give each run once: a copy tells nothing of how far runs lie apart",
            ));
        }
    }
    unlike(&report.runs, asked)
}

/// Repeats are compared as one side of one test: what rules of the pair would not compare is none.
fn unlike(runs: &[Run], asked: &rules::Options) -> anyhow::Result<()> {
    let mut firsts: BTreeMap<&str, &Run> = BTreeMap::new();
    for run in runs {
        let first = *firsts.entry(&run.identity.scenario).or_insert(run);
        if first.id == run.id {
            continue;
        }
        let findings = rules::ask_of_pair(&[first], &[run], (Allow::default(), false), asked);
        let stops = |effect| matches!(effect, Effect::Uncomparable | Effect::Refuse);
        if let Some(finding) = findings.iter().find(|found| stops(found.effect)) {
            return Err(advise(
                format!(
                    "{} is no repeat of {} ({}). With {} as the base and {} as the new side: {}",
                    run.name, first.name, finding.rule, first.name, run.name, finding.message
                ),
                format!(
                    "accept repeats of one test; runs of another one get a name of their own: --label scenario=NAME. \
                     `knee explain {}` says what is alike",
                    finding.rule
                ),
            ));
        }
    }
    Ok(())
}
