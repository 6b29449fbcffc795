//! Load levels in an analysis: the series among the runs, what rules say of them, the targets that speak of levels.

use crate::findings::analyse::Options;
use crate::findings::{rules, scaling, targets};
use crate::model::Run;
use crate::report::scaling::Scaling;
use crate::report::{Report, TargetResult};
use crate::text::escape::{shorten, visible};

/// Whether load levels are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Levels {
    /// They are not.
    #[default]
    No,
    /// A series stands in the report where there are several levels.
    WhereSeveral,
    /// Also of one level, which says so.
    Always,
}

/// The series of load levels, what the rules say of them, and the targets that speak of levels.
pub(super) fn add_series(report: &mut Report, runs: &[&Run], options: &Options) {
    if options.levels == Levels::No {
        return;
    }
    let findings = &report.findings;
    let saturated = |run: &Run| {
        let mut of_run = findings
            .iter()
            .filter(|found| found.run.as_deref() == Some(&run.id));
        let found = of_run.find(|found| found.rule == "V41")?;
        Some(format!(
            "its generator did not offer its load (V41): {}",
            found.message
        ))
    };
    let how = scaling::Options {
        label: options.level.as_deref(),
        endpoints: &options.endpoints,
        figures: &options.figures,
        saturated: &saturated,
    };
    let mut found = scaling::scale(runs, &how);
    if options.levels == Levels::WhereSeveral {
        found.retain(|scaling| scaling.levels.len() > 1);
    }
    for scaling in &found {
        let mut of_series = rules::ask_of_series(scaling, &options.asking());
        if found.len() > 1 {
            for finding in &mut of_series {
                finding.message = format!("{}: {}", named(scaling, &found), finding.message);
            }
        }
        report.findings.extend(of_series);
    }
    targets::judge_levels(&mut report.targets, &found, runs, &options.targets);
    report.scalings = found;
}

/// Which series it is among several: by its scenario, and by its levels where another is of the same.
fn named(scaling: &Scaling, all: &[Scaling]) -> String {
    let same = all
        .iter()
        .filter(|other| other.scenario == scaling.scenario);
    let scenario = shorten(&visible(&scaling.scenario), 60);
    if same.count() > 1 {
        return format!("{scenario} by {}", visible(&scaling.level_name));
    }
    scenario
}

/// Whether a target on load levels was judged of the series that a run is of.
pub(super) fn is_in_judged_series(report: &Report, id: &str) -> bool {
    let has = |scaling: &Scaling, id: &str| {
        let mut levels = scaling.levels.iter();
        levels.any(|level| level.runs.iter().any(|run| run == id))
    };
    let of_levels = report.targets.iter().filter(|result| {
        let speaks = matches!(result.metric.as_deref(), None | Some("knee"));
        result.level.is_some() || speaks
    });
    let judged: Vec<&TargetResult> = of_levels.collect();
    let series = report.scalings.iter().filter(|scaling| has(scaling, id));
    let mut results = series.flat_map(|scaling| {
        let of = judged.iter().filter(|result| has(scaling, &result.run));
        of.copied()
    });
    results.any(|result| targets::any_judged(&[result]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::scaling::testing::{calm, saturated};
    use crate::report::scaling::LevelOf;

    #[test]
    fn a_series_among_several_is_named_by_its_scenario_and_else_by_its_levels() {
        let mut users = saturated();
        users.level_of = LevelOf::Users;
        "users".clone_into(&mut users.level_name);
        let all = [saturated(), calm()];
        assert_eq!(named(&all[0], &all), "hardwork");
        let all = [saturated(), users];
        assert_eq!(named(&all[0], &all), "hardwork by arrivals/s");
        assert_eq!(named(&all[1], &all), "hardwork by users");
    }
}
