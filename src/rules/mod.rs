//! RULES: one file a rule, one row here. A rule asks one question and fires with evidence.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod pair;
mod plan;
pub mod run;
mod series;
pub(crate) mod shared;
#[cfg(test)]
pub(crate) mod testing;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::figures;
use crate::figures::side::Allow;
use crate::load::plan::{Plan, Scenario};
use crate::model::{MetricId, Run, Target};
use crate::report::About;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::comparison::Comparison;
use crate::report::scaling::Scaling;
use crate::report::{Finding, TargetResult};
use crate::text::phrase::{first_of, quoted};

pub(crate) use pair::v22_unlike_runs::unlikeness;
pub use run::v17_totals_reconcile::reconcile;

/// What a rule is shown of a run.
pub struct RunContext<'a> {
    /// The run, as normalized.
    pub run: &'a Run,
    /// What is demanded of it.
    pub targets: &'a [Target],
    /// How the demands came out.
    pub results: &'a [TargetResult],
    /// The declared scenario that the run is of.
    pub scenario: Option<&'a Scenario>,
    /// Which percentiles are shown, and T of the Apdex.
    pub figures: &'a figures::Options,
    /// The rule's limit: its own, or `[rules] limit`.
    pub limit: f64,
}

/// What a rule is shown of two sides, before anything is compared.
pub struct PairContext<'a> {
    /// The scenario of the base.
    pub scenario: &'a str,
    /// The base; never empty.
    pub base: &'a [&'a Run],
    /// The new side; never empty.
    pub new: &'a [&'a Run],
    /// Differences that the user allows.
    pub allow: Allow,
    /// Whether the base is what was accepted some time ago, and nobody gave it by hand.
    pub accepted: bool,
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule is shown of two sides that were compared.
pub struct ComparedContext<'a> {
    /// The outcome.
    pub comparison: &'a Comparison,
    /// The base; never empty.
    pub base: &'a [&'a Run],
    /// The new side; never empty.
    pub new: &'a [&'a Run],
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule is shown of a series of load levels.
pub struct SeriesContext<'a> {
    /// The series.
    pub scaling: &'a Scaling,
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule is shown of the plan.
pub struct PlanContext<'a> {
    /// What is declared.
    pub plan: &'a Plan,
    /// What is demanded.
    pub targets: &'a [Target],
    /// How the demands came out; empty without runs.
    pub results: &'a [TargetResult],
    /// The runs, if any.
    pub runs: &'a [&'a Run],
    /// The series of load levels among them.
    pub scalings: &'a [Scaling],
    /// Which rules are asked, and their limits.
    pub options: &'a Options,
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule asks, and of what.
#[derive(Clone, Copy)]
pub enum Asks {
    /// A run.
    Run(fn(&RunContext) -> Vec<Fired>),
    /// A pair, before it is compared.
    Pair(fn(&PairContext) -> Vec<Fired>),
    /// A pair, and what comparing it gave.
    Compared(fn(&ComparedContext) -> Vec<Fired>),
    /// A series of levels.
    Series(fn(&SeriesContext) -> Vec<Fired>),
    /// The plan.
    Plan(fn(&PlanContext) -> Vec<Fired>),
    /// What is claimed of runs and of series: an answer without a run is about a series.
    Claims(fn(&PlanContext) -> Vec<Fired>),
}

/// A rule's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// What it does.
    pub effect: Effect,
    /// Id of the run that an answer to a question about the plan is about; others are about the run that was asked.
    pub run: Option<String>,
    /// Label of the endpoint it speaks of.
    pub endpoint: Option<String>,
    /// The metric it speaks of.
    pub metric: Option<MetricId>,
    /// The figures it stands on.
    pub evidence: Evidence,
    /// One or two sentences made from them.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Fired {
    /// An answer about the whole run.
    pub fn new(effect: Effect, message: String, evidence: Evidence) -> Fired {
        Fired {
            effect,
            run: None,
            endpoint: None,
            metric: None,
            evidence,
            message,
            hint: None,
        }
    }

    /// The same answer about one of the runs.
    #[must_use]
    pub fn of(mut self, run: &Run) -> Fired {
        self.run = Some(run.id.clone());
        self
    }

    /// The same answer about an endpoint.
    #[must_use]
    pub fn at(mut self, label: String) -> Fired {
        self.endpoint = Some(label);
        self
    }

    /// The same answer about a metric.
    #[must_use]
    pub fn on(mut self, metric: MetricId) -> Fired {
        self.metric = Some(metric);
        self
    }

    /// The same answer with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Fired {
        self.hint = Some(hint.into());
        self
    }
}

/// One row of [`RULES`].
pub struct Rule {
    /// `V03`.
    pub id: RuleId,
    /// Its effects, as RULES.md has them: `warn / invalid`.
    pub effects: &'static str,
    /// The default of `[rules] limit`, and what it limits.
    pub limit: Option<(f64, &'static str)>,
    /// What it asks, when it fires and why that matters; for `knee explain`.
    pub text: &'static str,
    /// The question.
    pub asks: Asks,
}

/// Every rule that is built, in the order of their ids.
pub static RULES: &[Rule] = &[
    run::v01_rate_total_duration::RULE,
    run::v02_duration_against_plan::RULE,
    run::v03_error_rate::RULE,
    run::v05_latency_of_failures::RULE,
    plan::v08_declared_not_measured::RULE,
    run::v10_thin_quantile::RULE,
    run::v11_below_resolution::RULE,
    run::v12_impossible_figures::RULE,
    run::v13_not_one_population::RULE,
    run::v15_peak_is_average::RULE,
    run::v16_not_sustained::RULE,
    run::v17_totals_reconcile::RULE,
    run::v18_copied_column::RULE,
    run::v20_snapshot_not_series::RULE,
    pair::v22_unlike_runs::RULE,
    series::v23_load_ratio::RULE,
    plan::v26_unreachable_target::RULE,
    run::v27_idle_generator::RULE,
    plan::v28_task_weights::RULE,
    run::v29_plan_against_run::RULE,
    plan::v30_contradictory_targets::RULE,
    plan::v31_too_short::RULE,
    run::v32_expected_errors::RULE,
    plan::v35_unfit_environment::RULE,
    run::v37_rejected_before_work::RULE,
    run::v39_warm_up_inside::RULE,
    run::v40_not_steady::RULE,
    run::v41_generator_saturated::RULE,
    run::v42_clipped_at_timeout::RULE,
    run::v43_merged_percentiles::RULE,
    pair::v44_unit_mismatch::RULE,
    pair::v45_one_run_a_side::RULE,
    pair::v46_clipped_run::RULE,
    pair::v47_endpoint_gone::RULE,
    pair::v48_same_run_twice::RULE,
    pair::v49_faster_because_failing::RULE,
    run::v50_script_failures::RULE,
    run::l01_heavy_tail::RULE,
    run::t01_target_broken::RULE,
    run::t02_target_near::RULE,
    pair::r01_latency_regressed::RULE,
    pair::r02_errors_regressed::RULE,
    pair::r03_throughput_regressed::RULE,
    pair::r04_improved::RULE,
    series::s01_blow_up::RULE,
    series::s02_super_linear::RULE,
    series::s03_saturation::RULE,
    series::s04_no_knee_in_range::RULE,
    series::s05_backlog::RULE,
    series::s06_poor_efficiency::RULE,
];

/// Rules that fired on no real run: asked only where `[rules] severity` gives them an effect.
pub const PARKED: [RuleId; 6] = [
    RuleId::V15,
    RuleId::V16,
    RuleId::V18,
    RuleId::V27,
    RuleId::V35,
    RuleId::L01,
];

/// A rule that is built, by its id.
pub fn rule(id: RuleId) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// `[rules]` of `knee.toml`.
///
/// An effect set here replaces that of a rule's findings, whatever it is, except `void`: a latency that was taken back
/// stays taken back, and the finding that did it keeps saying so. No rule can be made to void.
///
/// T01 and T02 are neither ignored nor reweighed: a target is made optional or removed instead.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Ids of rules that are not asked.
    pub ignore: Vec<RuleId>,
    /// Effects that replace a rule's own, `void` excepted.
    pub severity: BTreeMap<RuleId, Effect>,
    /// Limits that replace a rule's own.
    pub limit: BTreeMap<RuleId, f64>,
}

/// What every question is asked with.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// What is declared.
    pub plan: &'a Plan,
    /// What is demanded.
    pub targets: &'a [Target],
    /// Which percentiles are shown.
    pub figures: &'a figures::Options,
    /// Which rules are asked, and their limits.
    pub options: &'a Options,
}

impl Options {
    /// The limit that holds for a rule; `None` when it is not asked or has none.
    pub fn limit_of(&self, id: RuleId) -> Option<f64> {
        let (_, limit) = self.asked().find(|(rule, _)| rule.id == id)?;
        (limit > 0.0).then_some(limit)
    }

    /// The rules that are asked, with the limit that holds for each.
    fn asked(&self) -> impl Iterator<Item = (&'static Rule, f64)> + '_ {
        let asked = RULES
            .iter()
            .filter(|rule| !self.ignore.contains(&rule.id))
            .filter(|rule| !PARKED.contains(&rule.id) || self.severity.contains_key(&rule.id));
        asked.map(|rule| {
            let own = rule.limit.map(|(limit, _)| limit);
            let set = self.limit.get(&rule.id).copied();
            (rule, set.or(own).unwrap_or(0.0))
        })
    }
}

/// Asks every rule about a run; gravest first, then in the order of the table, then as the rule gives them.
pub fn ask_of_run(run: &Run, results: &[TargetResult], asking: &Asking) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, limit) in asking.options.asked() {
        let Asks::Run(question) = rule.asks else {
            continue;
        };
        let fired = question(&RunContext {
            run,
            targets: asking.targets,
            results,
            scenario: asking.plan.of(run),
            figures: asking.figures,
            limit,
        });
        findings.extend(merged(named(rule, Some(run), fired, asking.options)));
    }
    sort(&mut findings);
    findings
}

/// Asks every rule about the plan and, where there are any, the runs that were made by it.
pub fn ask_of_plan(
    runs: &[&Run],
    results: &[TargetResult],
    scalings: &[Scaling],
    asking: &Asking,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, limit) in asking.options.asked() {
        let (Asks::Plan(question) | Asks::Claims(question)) = rule.asks else {
            continue;
        };
        let fired = question(&PlanContext {
            plan: asking.plan,
            targets: asking.targets,
            results,
            runs,
            scalings,
            options: asking.options,
            limit,
        });
        findings.extend(named(rule, None, fired, asking.options));
    }
    sort(&mut findings);
    findings
}

/// Asks every rule about two sides before they are compared; which differences are allowed, and whether the base was accepted
/// some time ago.
pub fn ask_of_pair(
    base: &[&Run],
    new: &[&Run],
    (allow, accepted): (Allow, bool),
    options: &Options,
) -> Vec<Finding> {
    let scenario = base.first().or(new.first());
    let scenario = scenario.map_or("", |run| run.identity.scenario.as_str());
    let mut findings = Vec::new();
    for (rule, limit) in options.asked() {
        if let Asks::Pair(question) = rule.asks {
            let context = PairContext {
                scenario,
                base,
                new,
                allow,
                accepted,
                limit,
            };
            findings.extend(named(rule, None, question(&context), options));
        }
    }
    findings
}

/// Asks every rule about what a comparison gave.
pub fn ask_of_comparison(
    comparison: &Comparison,
    base: &[&Run],
    new: &[&Run],
    options: &Options,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, limit) in options.asked() {
        if let Asks::Compared(question) = rule.asks {
            let context = ComparedContext {
                comparison,
                base,
                new,
                limit,
            };
            findings.extend(named(rule, None, question(&context), options));
        }
    }
    findings
}

/// Asks every rule about a series of load levels.
pub fn ask_of_series(scaling: &Scaling, asking: &Asking) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, limit) in asking.options.asked() {
        if let Asks::Series(question) = rule.asks {
            let fired = question(&SeriesContext { scaling, limit });
            findings.extend(named(rule, None, fired, asking.options));
        }
    }
    sort(&mut findings);
    findings
}

fn named(
    rule: &'static Rule,
    run: Option<&Run>,
    fired: Vec<Fired>,
    options: &Options,
) -> impl Iterator<Item = Finding> {
    let severity = options.severity.get(&rule.id).copied();
    fired
        .into_iter()
        .map(move |fired| finding(rule, run, fired, severity))
}

/// What holds of many endpoints is one finding, about the first of them.
fn merged(findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    for finding in findings {
        let same = merged.iter_mut().find(|other| {
            let alike = (&other.metric, &other.hint) == (&finding.metric, &finding.hint);
            alike && other.effect == finding.effect && other.endpoint.is_some()
        });
        match (same, finding.endpoint.clone()) {
            (Some(same), Some(endpoint)) => same.also_at.push(endpoint),
            _ => merged.push(finding),
        }
    }
    for finding in merged.iter_mut().filter(|one| !one.also_at.is_empty()) {
        let also: Vec<String> = finding.also_at.iter().map(|one| quoted(one)).collect();
        let also = first_of(&also, ALSO_NAMED);
        finding.message = format!("{} The same holds at {also}.", finding.message);
    }
    merged
}

/// Endpoints that a message names besides the first.
const ALSO_NAMED: usize = 3;

/// Gravest first, then in the order of the table; stable, so a rule's own order stays.
pub fn sort(findings: &mut [Finding]) {
    let place = |finding: &Finding| RULES.iter().position(|rule| rule.id == finding.rule);
    findings.sort_by_key(|finding| (Reverse(finding.effect), place(finding)));
}

fn finding(rule: &Rule, run: Option<&Run>, fired: Fired, severity: Option<Effect>) -> Finding {
    let effect = match fired.effect {
        Effect::Void => Effect::Void,
        own => severity.unwrap_or(own),
    };
    Finding {
        rule: rule.id,
        name: rule.id.name().to_owned(),
        about: match rule.asks {
            Asks::Pair(_) | Asks::Compared(_) => About::Pair,
            Asks::Series(_) => About::Series,
            Asks::Claims(_) if run.is_none() && fired.run.is_none() => About::Series,
            Asks::Run(_) | Asks::Claims(_) => About::Run,
            Asks::Plan(_) => About::Plan,
        },
        severity: effect.into(),
        effect,
        run: run.map(|run| run.id.clone()).or(fired.run),
        endpoint: fired.endpoint,
        also_at: Vec::new(),
        part_of: None,
        metric: fired.metric.map(|metric| metric.to_string()),
        evidence: fired.evidence,
        message: fired.message,
        hint: fired.hint,
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{counts, day_17, hardwork_1, result, run};
    use super::*;
    use crate::report::Verdict;
    use crate::report::{Severity, TargetState};

    fn all_of(run: &Run, results: &[TargetResult], options: &Options) -> Vec<Finding> {
        let asking = Asking {
            plan: &Plan::default(),
            targets: &[],
            figures: &figures::Options::default(),
            options,
        };
        ask_of_run(run, results, &asking)
    }

    fn ids(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|found| found.rule.as_str()).collect()
    }

    #[test]
    fn every_row_is_on_the_closed_list_in_its_order() {
        let mut last = None;
        for rule in RULES {
            assert!(Some(rule.id) > last, "{} stands too late", rule.id);
            last = Some(rule.id);
        }
    }

    #[test]
    fn every_row_explains_itself() {
        let known = [
            Effect::Note,
            Effect::Warn,
            Effect::Void,
            Effect::Uncomparable,
            Effect::Unjudged,
            Effect::Fail,
            Effect::Invalid,
            Effect::Refuse,
        ]
        .map(Effect::id);
        for rule in RULES {
            let lines = rule.text.lines().count();
            assert!((4..=8).contains(&lines), "{}: {lines} lines", rule.id);
            let starts = |word: &str| rule.text.lines().any(|line| line.contains(word));
            assert!(starts("Example: "), "{}", rule.id);
            assert!(starts("What to do: "), "{}", rule.id);
            assert!(
                rule.text.is_ascii() && !rule.text.contains('!'),
                "{}",
                rule.id
            );
            for effect in rule.effects.split(" / ") {
                assert!(known.contains(&effect), "{}: {effect}", rule.id);
            }
            if let Some((limit, what)) = rule.limit {
                assert!(limit > 0.0 && !what.is_empty(), "{}", rule.id);
            }
        }
    }

    #[test]
    fn document_002_is_invalid_and_its_latency_void() {
        let findings = all_of(&day_17(), &[], &Options::default());
        assert_eq!(ids(&findings), ["V03", "V05", "V05", "V05", "V37"]);
        assert_eq!(findings[0].severity, Severity::Error);
        let effects = findings.iter().map(|finding| finding.effect);
        assert_eq!(Verdict::of(effects, true), Verdict::Invalid);
        for found in &findings {
            assert_eq!(found.run.as_deref(), Some("run"));
            assert!(found.message.ends_with('.'), "{}", found.message);
            for praise in ["excellent", "good", "great", "success!", "healthy"] {
                assert!(!found.message.contains(praise), "{}", found.message);
            }
        }
    }

    #[test]
    fn document_000_report_2_fires_what_its_figures_carry() {
        let findings = all_of(&hardwork_1(), &[], &Options::default());
        assert_eq!(ids(&findings), ["V13", "V01"]);
    }

    #[test]
    fn gravest_first_whatever_the_order_of_the_table() {
        let broken = [result(TargetState::Fail, None, 368.8)];
        let findings = all_of(&hardwork_1(), &broken, &Options::default());
        assert_eq!(ids(&findings), ["T01", "V13", "V01"]);
        assert_eq!(findings[0].effect, Effect::Fail);
    }

    #[test]
    fn rules_are_ignored_reweighed_and_limited_by_the_configuration() {
        let given = run(counts(5000, 100), 60.0);
        let fired = |options: &Options| all_of(&given, &[], options);
        assert_eq!(ids(&fired(&Options::default())), ["V03"]);

        let mut options = Options::default();
        options.severity.insert(RuleId::V03, Effect::Fail);
        assert_eq!(fired(&options)[0].effect, Effect::Fail);
        assert_eq!(fired(&options)[0].severity, Severity::Error);

        let mut options = Options::default();
        options.limit.insert(RuleId::V03, 0.02);
        assert!(fired(&options).is_empty());

        let mut options = Options::default();
        options.ignore.push(RuleId::V03);
        assert!(fired(&options).is_empty());
    }

    #[test]
    fn what_voids_keeps_voiding_whatever_its_weight() {
        let effects = |options: &Options| -> Vec<Effect> {
            let findings = all_of(&day_17(), &[], options).into_iter();
            let of = findings.filter(|finding| finding.rule == RuleId::V05);
            of.map(|finding| finding.effect).collect()
        };
        let own = effects(&Options::default());
        let voids = own.iter().filter(|effect| **effect == Effect::Void).count();
        assert!(voids > 0, "{own:?}");
        let mut options = Options::default();
        options.severity.insert(RuleId::V05, Effect::Note);
        let set = effects(&options);
        assert_eq!(set.len(), own.len());
        let still = set.iter().filter(|effect| **effect == Effect::Void).count();
        assert_eq!(still, voids);
        assert!(set.iter().all(|e| matches!(e, Effect::Void | Effect::Note)));
    }

    #[test]
    fn a_run_of_which_nothing_is_known_fires_nothing() {
        let empty = Run::new("test", "test");
        assert!(all_of(&empty, &[], &Options::default()).is_empty());
    }
}
