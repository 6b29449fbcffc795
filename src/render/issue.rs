//! What speaks against a report, one by one and gravest first: for outputs that point at places instead of writing pages.
//!
//! Every issue is a target, a compared metric or a finding of the [`Report`]; nothing is judged here.

use std::collections::BTreeSet;

use crate::render::{Layout, change};
use crate::report::RuleId;
use crate::report::comparison::{Comparison, ComparisonVerdict, MetricState};
use crate::report::{Effect, Finding, Report, TargetResult, TargetState};
use crate::wording::reason;

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gravity {
    /// The run cannot be believed.
    Invalid,
    /// A target is broken, or a regression is proven.
    Broken,
    /// Something could not be judged.
    Open,
    /// Something to look at.
    Warning,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u64,
}

/// One thing that speaks against the report.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Issue {
    pub(super) gravity: Gravity,
    /// What found it: a rule's name, or one of its kind.
    pub(super) check: String,
    /// A few words.
    pub(super) title: String,
    /// One or two sentences.
    pub(super) message: String,
    /// Where the target was written.
    pub(super) place: Option<Place>,
    /// Id of the run that it is about: of a comparison the first new one, of the plan none.
    pub(super) run: Option<String>,
    /// What it is about, without any figure: the same in every run.
    pub(super) subject: Vec<String>,
    /// How far off, to sort by.
    weight: f64,
}

/// Everything that speaks against a report: gravest first, then the farthest off.
pub(super) fn issues(report: &Report, layout: &Layout) -> Vec<Issue> {
    let mut all: Vec<Issue> = Vec::new();
    for target in &report.targets {
        all.extend(of_target(report, target, layout));
    }
    for comparison in &report.comparisons {
        all.extend(of_comparison(report, comparison));
    }
    // What speaks against a base that was accepted is for who accepted it, unless it makes it none.
    let of_base = |finding: &&Finding| {
        let mut runs = report.runs.iter();
        runs.any(|run| {
            Some(run.id.as_str()) == finding.run.as_deref() && change::is_base(report, run)
        })
    };
    // What another finding tells too stands in its sentence.
    let told = report
        .findings
        .iter()
        .filter(|found| found.part_of.is_none());
    for finding in told.filter(|found| found.effect == Effect::Invalid || !of_base(found)) {
        all.extend(of_finding(report, finding));
    }
    all.sort_by(|a, b| {
        let gravity = a.gravity.cmp(&b.gravity);
        gravity.then_with(|| b.weight.total_cmp(&a.weight))
    });
    all
}

/// Where a target was written; `--target` is no place.
pub(super) fn place(target: &TargetResult, layout: &Layout) -> Option<Place> {
    let (name, line) = target.origin.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let file = layout.plan.clone().unwrap_or_else(|| name.to_owned());
    Some(Place { file, line })
}

/// The name of a run in front of a sentence, where there are several.
fn of_run(report: &Report, run: Option<&str>, sentence: &str) -> String {
    let several = report.runs.len() > 1;
    let run = report.runs.iter().find(|of| Some(of.id.as_str()) == run);
    match run.filter(|_| several) {
        Some(run) => format!("{}: {sentence}", run.name),
        None => sentence.to_owned(),
    }
}

/// The run's name where there are several, so that one issue of each is not taken for the same.
fn named(report: &Report, run: Option<&str>) -> Vec<String> {
    let run = report.runs.iter().find(|of| Some(of.id.as_str()) == run);
    let several = report.runs.len() > 1;
    run.filter(|_| several)
        .map(|run| run.name.clone())
        .into_iter()
        .collect()
}

fn of_target(report: &Report, target: &TargetResult, layout: &Layout) -> Option<Issue> {
    let (gravity, check, title) = match target.state {
        TargetState::Fail => (Gravity::Broken, "target-broken", "Target broken"),
        TargetState::NotMeasured if !target.optional => {
            (Gravity::Open, "target-not-measured", "Target not measured")
        }
        TargetState::Warn => (Gravity::Warning, "target-near", "Target near"),
        TargetState::Pass | TargetState::NotMeasured | TargetState::NotApplicable => return None,
    };
    let mut subject = vec![target.name.clone(), target.expect.clone()];
    subject.extend(target.endpoint.clone());
    subject.extend(target.level.map(|level| level.to_string()));
    subject.extend(named(report, Some(&target.run)));
    Some(Issue {
        gravity,
        check: check.to_owned(),
        title: title.to_owned(),
        message: of_run(report, Some(&target.run), &target.sentence()),
        place: place(target, layout),
        run: Some(target.run.clone()),
        subject,
        weight: distance(target),
    })
}

/// How far a value is off its target, beside its size; only to sort by.
pub(super) fn distance(target: &TargetResult) -> f64 {
    match (target.margin, target.value) {
        (Some(margin), Some(value)) if value != 0.0 => -margin / value.abs(),
        _ => 0.0,
    }
}

fn of_comparison(report: &Report, comparison: &Comparison) -> Vec<Issue> {
    let base = comparison.base.name.as_deref().unwrap_or("the base");
    let mut all = Vec::new();
    // A rule that says why says more.
    let is_told = |finding: &Finding| finding.effect == Effect::Uncomparable;
    let told = report.findings.iter().any(is_told);
    if comparison.verdict == ComparisonVerdict::NotComparable && !told {
        let reasons = reason::listed(&comparison.reasons);
        all.push(Issue {
            gravity: Gravity::Open,
            check: "not-comparable".to_owned(),
            title: "Not comparable".to_owned(),
            message: format!(
                "{} cannot be compared with {base}: {reasons}.",
                comparison.scenario
            ),
            place: None,
            run: comparison.new.runs.first().cloned(),
            subject: vec![comparison.scenario.clone()],
            weight: 0.0,
        });
    }
    for metric in &comparison.metrics {
        let (gravity, check, title) = match metric.state {
            MetricState::Regressed => (Gravity::Broken, "regressed", "Regression"),
            MetricState::Suspect => (Gravity::Warning, "suspect", "Suspect"),
            _ => continue,
        };
        let mut subject = vec![comparison.scenario.clone(), metric.metric.clone()];
        subject.extend(metric.endpoint.clone());
        all.push(Issue {
            gravity,
            check: check.to_owned(),
            title: format!("{title} against {base}"),
            message: format!("{}: {}", comparison.scenario, change::sentence(metric)),
            place: None,
            run: comparison.new.runs.first().cloned(),
            subject,
            weight: metric.change.map_or(0.0, f64::abs),
        });
    }
    all
}

fn of_finding(report: &Report, finding: &Finding) -> Option<Issue> {
    let gravity = match finding.effect {
        Effect::Invalid | Effect::Refuse => Gravity::Invalid,
        Effect::Fail => Gravity::Broken,
        Effect::Unjudged | Effect::Uncomparable => Gravity::Open,
        Effect::Warn | Effect::Void => Gravity::Warning,
        Effect::Note => return None,
    };
    // What targets and compared metrics say themselves, with their place and all their figures.
    if finding.rule.is_of_targets() || finding.rule.is_of_changes() {
        return None;
    }
    if finding.rule == RuleId::V08 && is_told_by_targets(report, finding) {
        return None;
    }
    let parts = report.parts_of(finding).map(Finding::said);
    let said: Vec<String> = std::iter::once(finding.said()).chain(parts).collect();
    let run = finding.run.as_deref();
    let mut subject = vec![finding.rule.to_string()];
    subject.extend(finding.endpoint.clone());
    subject.extend(finding.metric.clone());
    subject.extend(named(report, run));
    Some(Issue {
        gravity,
        check: finding.name.clone(),
        title: format!("{} {}", finding.rule, finding.name),
        message: of_run(report, run, &said.join(" ")),
        place: None,
        run: finding.run.clone(),
        subject,
        weight: 0.0,
    })
}

/// Whether every target without a value stands among the results as not measured.
fn is_told_by_targets(report: &Report, finding: &Finding) -> bool {
    let open: BTreeSet<(&str, &str)> = report
        .targets
        .iter()
        .filter(|target| target.state == TargetState::NotMeasured && !target.optional)
        .map(|target| (target.origin.as_str(), target.expect.as_str()))
        .collect();
    let missing = finding.evidence.get("targets_without_value");
    missing.is_some_and(|missing| missing <= open.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{broken, compared, comparison, finding, report, target};
    use crate::report::Evidence;

    #[test]
    fn what_targets_say_themselves_is_not_said_again() {
        let mut report = report();
        let mut lost = finding(
            "V08",
            Effect::Unjudged,
            "2 of 2 declared targets have no value.",
        );
        lost.evidence = Evidence::new().count("targets_without_value", 2);
        report.findings = vec![
            finding("T01", Effect::Fail, "broken"),
            lost,
            finding("V50", Effect::Note, "noted"),
        ];
        let mut other = target("b", 0.0, TargetState::NotMeasured);
        other.expect = "p99 < 1s".to_owned();
        report.targets = vec![target("a", 0.0, TargetState::NotMeasured), other];
        let checks = |report: &Report| -> Vec<String> {
            let found = issues(report, &Layout::default());
            found.into_iter().map(|issue| issue.check).collect()
        };
        assert_eq!(checks(&report), ["target-not-measured"; 2]);
        report.targets.pop();
        assert_eq!(checks(&report), ["target-not-measured", "a-rule"]);
    }

    #[test]
    fn gravest_first_and_the_farthest_off_before_the_near() {
        let mut report = report();
        report.targets = vec![
            target("near", 210.0, TargetState::Fail),
            target("kept", 100.0, TargetState::Pass),
            target("open", 0.0, TargetState::NotMeasured),
            target("far", 900.0, TargetState::Fail),
        ];
        report.comparisons = vec![comparison(vec![
            compared(None, MetricState::Regressed),
            compared(None, MetricState::Unchanged),
        ])];
        let found = issues(&report, &Layout::default());
        let titles: Vec<(&str, Gravity)> = found
            .iter()
            .map(|issue| (issue.subject[0].as_str(), issue.gravity))
            .filter(|(subject, _)| !subject.starts_with('V'))
            .collect();
        assert_eq!(
            titles,
            vec![
                ("far", Gravity::Broken),
                ("search", Gravity::Broken),
                ("near", Gravity::Broken),
                ("open", Gravity::Open),
            ]
        );
    }

    #[test]
    fn a_target_of_a_file_has_a_place_and_one_of_the_command_line_has_none() {
        let mut target = broken(0);
        let mut layout = Layout::default();
        let at = |file: &str| {
            Some(Place {
                file: file.to_owned(),
                line: 12,
            })
        };
        assert_eq!(place(&target, &layout), at("knee.toml"));
        layout.plan = Some("tests/load/knee.toml".to_owned());
        assert_eq!(place(&target, &layout), at("tests/load/knee.toml"));
        target.origin = "--target".to_owned();
        assert_eq!(place(&target, &layout), None);
    }
}
