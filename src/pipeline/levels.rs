//! Load levels in an analysis: the series among the runs, what rules say of them, the targets that speak of levels.

use crate::model::Run;
use crate::pipeline::Options;
use crate::report::Report;
use crate::report::RuleId;
use crate::report::scaling::Scaling;
use crate::text::escape::{shorten, visible};
use crate::{rules, scale, targets};

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
        let found = of_run.find(|found| found.rule == RuleId::V41)?;
        Some(format!(
            "its generator did not offer its load (V41): {}",
            found.message
        ))
    };
    let how = scale::Options {
        label: options.level.as_deref(),
        endpoints: &options.endpoints,
        figures: &options.figures,
        saturated: &saturated,
    };
    let mut found = scale::scale(runs, &how);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::scaling::LevelOf;
    use crate::scale::testing::{calm, saturated};

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
