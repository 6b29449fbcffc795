//! RULES: one file a rule, one row here. A rule asks one question and fires with evidence.

pub mod ids;
pub mod v17_totals_reconcile;

use std::collections::BTreeMap;

use crate::findings::evidence::Evidence;
use crate::findings::figures;
use crate::findings::report::{Finding, TargetResult};
use crate::findings::verdict::Effect;
use crate::model::{MetricId, Run, Target};

/// What a rule is shown of a run.
pub struct RunContext<'a> {
    /// The run, as normalized.
    pub run: &'a Run,
    /// What is demanded of it.
    pub targets: &'a [Target],
    /// How the demands came out.
    pub results: &'a [TargetResult],
    /// Which percentiles are shown, and T of the Apdex.
    pub figures: &'a figures::Options,
    /// The rule's limit: its own, or `[rules] limit`.
    pub limit: f64,
}

/// What a rule is shown of repeats of one scenario at one level.
pub struct GroupContext<'a> {
    /// The repeats.
    pub runs: &'a [&'a Run],
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule is shown of two sides.
pub struct PairContext<'a> {
    /// The base.
    pub base: &'a [&'a Run],
    /// The new side.
    pub new: &'a [&'a Run],
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule is shown of a series of load levels.
pub struct SeriesContext<'a> {
    /// The levels with their runs.
    pub levels: &'a [(f64, Vec<&'a Run>)],
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule is shown of the plan.
pub struct PlanContext<'a> {
    /// What is demanded.
    pub targets: &'a [Target],
    /// The runs, if any.
    pub runs: &'a [&'a Run],
    /// The rule's limit.
    pub limit: f64,
}

/// What a rule asks, and of what.
#[derive(Clone, Copy)]
pub enum Asks {
    /// A run.
    Run(fn(&RunContext) -> Vec<Fired>),
    /// A group of repeats.
    Group(fn(&GroupContext) -> Vec<Fired>),
    /// A pair.
    Pair(fn(&PairContext) -> Vec<Fired>),
    /// A series of levels.
    Series(fn(&SeriesContext) -> Vec<Fired>),
    /// The plan.
    Plan(fn(&PlanContext) -> Vec<Fired>),
}

/// A rule's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// What it does.
    pub effect: Effect,
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

/// One row of [`RULES`].
pub struct Rule {
    /// `V03`.
    pub id: &'static str,
    /// `error-rate`.
    pub name: &'static str,
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
pub static RULES: &[Rule] = &[];

/// `[rules]` of `knee.toml`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Ids of rules that are not asked.
    pub ignore: Vec<String>,
    /// Effects that replace a rule's own.
    pub severity: BTreeMap<String, Effect>,
    /// Limits that replace a rule's own.
    pub limit: BTreeMap<String, f64>,
}

/// Asks every rule about a run.
pub fn ask_of_run(
    _run: &Run,
    _targets: &[Target],
    _results: &[TargetResult],
    _figures: &figures::Options,
    _options: &Options,
) -> Vec<Finding> {
    Vec::new()
}

/// Gravest first, then by id and endpoint.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.effect
            .cmp(&a.effect)
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.endpoint.cmp(&b.endpoint))
    });
}
