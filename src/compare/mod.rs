//! Two sides of runs to comparisons: scenario by scenario, unlike ones refused, every metric judged with all others in mind.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

mod age;
mod apart;
mod comparable;
mod coverage;
mod decide;
mod draft;
mod failures;
mod few;
mod judge;
mod learned;
mod mix;
mod others;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::compare::comparable::Comparable;
use crate::compare::draft::{Draft, Setting};
use crate::compare::values::{Reading, stats_of};
use crate::figures;
use crate::figures::side::{Allow, mixes_failures};
use crate::figures::spread::Floor;
use crate::figures::spread::measure_of;
use crate::load::offering::end;
use crate::model::{Endpoint, MetricId, Percentile, Run, Stats};
use crate::report::Cause;
use crate::report::Effect;
use crate::report::Finding;
use crate::report::Reason;
use crate::report::Report;
use crate::report::RuleId;
use crate::report::comparison::{
    ComparedSide, Comparison, ComparisonVerdict, GeometricMean, MetricState, Unlike,
};

/// How sides are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Whether base and new were run in turn; runs of one job count as such without it.
    pub interleaved: bool,
    /// Differences that are allowed.
    pub allow: Allow,
    /// The smallest change worth talking about, by metric, where it is not the usual one.
    pub floors: BTreeMap<String, Floor>,
    /// Whether what could not be decided is not passed.
    pub require_proof: bool,
    /// Whether the base is what was accepted some time ago: trimmed then, and of the scenarios that have one.
    pub accepted: bool,
    /// What the base is called; `None` = by the names of its runs.
    pub base_name: Option<String>,
}

/// Latencies that are compared.
const LATENCIES: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// A pair of sides of one scenario.
pub(super) struct Pair<'a> {
    pub(super) base: Vec<&'a Run>,
    pub(super) new: Vec<&'a Run>,
}

/// What is asked of a pair of sides before it is compared and after. Comparing knows no rule.
pub(crate) trait Questions {
    /// What speaks against comparing the sides.
    fn of_pair(&self, base: &[&Run], new: &[&Run]) -> Vec<Finding>;
    /// What the sides differ in so that they are not comparable; and whether both were asked for as many requests a second.
    fn unlikeness(&self, base: &[&Run], new: &[&Run]) -> (Vec<Unlike>, bool);
    /// What follows from what was compared.
    fn of_comparison(&self, found: &Comparison, base: &[&Run], new: &[&Run]) -> Vec<Finding>;
}

/// Compares; findings about single runs say which latencies are void.
pub(crate) fn compare(
    base: &[Run],
    new: &[Run],
    report: &Report,
    how: &Options,
    figures: &figures::Options,
    questions: &dyn Questions,
) -> (Vec<Comparison>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut drawn: Vec<(Comparison, usize)> = Vec::new();
    let mut pairs = pairs(base, new);
    if how.accepted {
        // A scenario that nobody accepted a baseline of is judged by its targets alone.
        pairs.retain(|pair| !pair.base.is_empty());
    }
    for pair in &pairs {
        let asked = questions.of_pair(&pair.base, &pair.new);
        let (comparison, of_pair) = draw(pair, &asked, report, how, figures, questions);
        drawn.push((comparison, of_pair.len()));
        drafts.extend(of_pair);
        findings.extend(asked);
    }
    decide::decide(&mut drafts);
    few::decide(&mut drafts);
    let mut drafts = drafts.into_iter();
    let mut comparisons = Vec::new();
    for ((mut comparison, count), pair) in drawn.into_iter().zip(&pairs) {
        let metrics = drafts.by_ref().take(count).map(|draft| draft.metric);
        comparison.metrics = metrics.collect();
        let mut metrics = comparison.metrics.iter();
        if metrics.all(|metric| metric.p_value.is_none()) && comparison.reasons.is_empty() {
            // Two sides of nothing are no proof that nothing changed.
            comparison.reasons.push(Cause::NothingJudged.into());
        }
        coverage::fill(&mut comparison, &pair.base, &pair.new);
        comparison.verdict = verdict(&comparison);
        comparison.geometric_means = geometric_means(&comparison);
        findings.extend(questions.of_comparison(&comparison, &pair.base, &pair.new));
        comparisons.push(comparison);
    }
    (comparisons, findings)
}

/// Scenario with scenario. Where each side has one left over they are a pair too: that they differ is found then.
fn pairs<'a>(base: &'a [Run], new: &'a [Run]) -> Vec<Pair<'a>> {
    let scenarios = |runs: &'a [Run]| -> BTreeSet<&'a str> {
        runs.iter()
            .map(|run| run.identity.scenario.as_str())
            .collect()
    };
    let of = |runs: &'a [Run], scenario: &str| -> Vec<&'a Run> {
        let of = runs.iter().filter(|run| run.identity.scenario == scenario);
        of.collect()
    };
    let (left, right) = (scenarios(base), scenarios(new));
    let mut pairs: Vec<Pair> = left
        .intersection(&right)
        .map(|scenario| Pair {
            base: of(base, scenario),
            new: of(new, scenario),
        })
        .collect();
    let mut left_over = left.difference(&right);
    let mut right_over = right.difference(&left);
    loop {
        match (left_over.next(), right_over.next()) {
            (None, None) => break,
            (before, after) => pairs.push(Pair {
                base: before.map_or_else(Vec::new, |scenario| of(base, scenario)),
                new: after.map_or_else(Vec::new, |scenario| of(new, scenario)),
            }),
        }
    }
    pairs
}

/// Everything about a pair but its states.
fn draw(
    pair: &Pair,
    asked: &[Finding],
    report: &Report,
    how: &Options,
    options: &figures::Options,
    questions: &dyn Questions,
) -> (Comparison, Vec<Draft>) {
    let interleaved = age::is_in_turn(pair, how.interleaved);
    let comparable = Comparable::of(pair, asked, report, questions);
    let ids: Vec<&str> = pair
        .base
        .iter()
        .chain(&pair.new)
        .map(|run| run.id.as_str())
        .collect();
    let (before, after) = (by_label(&pair.base), by_label(&pair.new));
    let setting = |endpoint| Setting {
        endpoint,
        interleaved,
    };
    let (base, new) = (whole(&pair.base), whole(&pair.new));
    let mut drafts = metrics(&base, &new, &setting(None), how, options);
    let both: Vec<_> = before
        .iter()
        .filter_map(|(label, base)| Some((label, base, after.get(label)?)))
        .collect();
    let of_endpoints: Vec<Vec<Draft>> = both
        .par_iter()
        .map(|(label, base, new)| metrics(base, new, &setting(Some(label)), how, options))
        .collect();
    drafts.extend(of_endpoints.into_iter().flatten());
    learned::look(&mut drafts, (pair.base.len(), pair.new.len()));
    for draft in &mut drafts {
        comparable.restrict(draft);
        let endpoint = draft.metric.endpoint.clone();
        let about = |finding: &&Finding| {
            finding.effect == Effect::Void && finding.is_at(endpoint.as_deref())
        };
        let metric = draft.metric.metric.clone();
        let voids = asked.iter().filter(about);
        let names: Vec<RuleId> = voids
            .filter(|finding| finding.metric.as_deref().is_none_or(|of| of == metric))
            .map(|finding| finding.rule)
            .collect();
        for name in names {
            draft.unjudged(name);
        }
        if draft.metric.state == MetricState::NotMeasured {
            let void = report.findings.iter().find(|finding| {
                about(finding) && finding.run.as_deref().is_some_and(|run| ids.contains(&run))
            });
            let rule = void.map(|finding| finding.rule);
            if let Some(rule) = rule.filter(|_| is_latency(&metric)) {
                draft.metric.reasons.push(rule.into());
            }
        }
    }
    mix::look(&mut drafts, (&pair.base, &pair.new), &before, &after);
    others::look(&mut drafts, (pair.base.len(), pair.new.len()), interleaved);
    let side = |runs: &[&Run]| ComparedSide {
        name: name_of(runs),
        runs: runs.iter().map(|run| run.id.clone()).collect(),
        repeats: runs.len() as u64,
        started_at: age::starts(runs).map(|(first, _)| first),
        last_started_at: age::starts(runs).map(|(_, last)| last),
        accepted: false,
    };
    let mut of_base = ComparedSide {
        accepted: how.accepted,
        ..side(&pair.base)
    };
    if how.base_name.is_some() {
        of_base.name.clone_from(&how.base_name);
    }
    let comparison = Comparison {
        scenario: scenario_of(pair),
        verdict: ComparisonVerdict::NoRegressionShown,
        reasons: comparable.reasons,
        compared_share: None,
        judged_share: None,
        endpoints_compared: 0,
        endpoints_judged: 0,
        age_days: age::days(pair),
        base: of_base,
        new: side(&pair.new),
        interleaved,
        spread: spread(interleaved, how),
        metrics: Vec::new(),
        geometric_means: Vec::new(),
        endpoints_added: beyond(&after, &before),
        endpoints_removed: beyond(&before, &after),
    };
    (comparison, drafts)
}

fn is_latency(metric: &str) -> bool {
    metric
        .parse()
        .is_ok_and(|metric| matches!(metric, MetricId::Latency(..)))
}

fn scenario_of(pair: &Pair) -> String {
    let names = [&pair.base, &pair.new].map(|side| {
        let first = side.first();
        first.map(|run| run.identity.scenario.clone())
    });
    match names {
        [Some(base), Some(new)] if base != new => format!("{base} / {new}"),
        [Some(name), _] | [None, Some(name)] => name,
        [None, None] => String::new(),
    }
}

/// What the runs of a side are called: their common beginning, when it says something.
fn name_of(runs: &[&Run]) -> Option<String> {
    let first = runs.first()?;
    if runs.len() == 1 {
        return Some(first.name.clone());
    }
    let mut common = first.name.as_str();
    for run in runs {
        while !run.name.starts_with(common) {
            let mut letters = common.chars();
            letters.next_back();
            common = letters.as_str();
        }
    }
    let common = common.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let common = if common.ends_with("-r") {
        common.trim_end_matches("-r")
    } else {
        common
    };
    (!common.is_empty()).then(|| common.to_owned())
}

/// The endpoints of a side, each with the runs that have it.
fn by_label<'a>(runs: &[&'a Run]) -> BTreeMap<String, Vec<Sided<'a>>> {
    let mut found: BTreeMap<String, Vec<Sided>> = BTreeMap::new();
    for run in runs {
        for endpoint in &run.endpoints {
            let of = found.entry(endpoint.label()).or_default();
            // "GET" of "/a" and no method of "GET /a" are written alike; the first one stands.
            if of.last().is_none_or(|(last, _)| last.id != run.id) {
                of.push((run, Some(endpoint)));
            }
        }
    }
    found
}

fn whole<'a>(runs: &[&'a Run]) -> Vec<Sided<'a>> {
    runs.iter().map(|run| (*run, None)).collect()
}

fn spread(interleaved: bool, how: &Options) -> BTreeMap<String, f64> {
    let mut spread: BTreeMap<String, f64> = LATENCIES
        .into_iter()
        .map(MetricId::quantile)
        .chain([MetricId::Plain("goodput")])
        .map(|metric| (metric.to_string(), measure_of(&metric, &how.floors).spread))
        .collect();
    if !interleaved {
        spread.insert("between_jobs".to_owned(), draft::JOBS);
    }
    spread
}

/// Labels that the other side has not.
fn beyond(
    here: &BTreeMap<String, Vec<Sided>>,
    there: &BTreeMap<String, Vec<Sided>>,
) -> Vec<String> {
    let labels = here.keys().filter(|label| !there.contains_key(*label));
    labels.cloned().collect()
}

/// The metrics of the whole run, or of an endpoint.
fn metrics<'a>(
    base: &[Sided<'a>],
    new: &[Sided<'a>],
    setting: &Setting,
    how: &Options,
    options: &figures::Options,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if setting.endpoint.is_none() {
        let metric = MetricId::Plain("goodput");
        let sides = || base.iter().chain(new).map(|(run, _)| *run);
        // Where only some runs tell it, the others keep their stragglers.
        let is_told = sides().all(|run| end(run).is_some());
        let read = |side: &[Sided]| -> Vec<Reading> {
            let readings = side
                .iter()
                .filter_map(|(run, _)| values::goodput(run, is_told));
            readings.collect()
        };
        let measure = measure_of(&metric, &how.floors);
        let mut draft = judge::ratio(&metric, &read(base), &read(new), measure, setting);
        if is_told && sides().any(|run| values::without_stragglers(run).is_some()) {
            draft.metric.reasons.push(Cause::Stragglers.into());
        }
        drafts.push(draft);
    }
    let shares = |side: &[Sided]| -> Vec<(u64, u64)> {
        let shares = side
            .iter()
            .filter_map(|(run, at)| values::failures(run, *at));
        shares.collect()
    };
    let (failed_base, failed_new) = (shares(base), shares(new));
    let measure = measure_of(&MetricId::Plain("error_rate"), &how.floors);
    let errors = failures::failures(&failed_base, &failed_new, measure, setting);
    drafts.push(errors);
    let stats = |side: &[Sided<'a>]| -> Vec<&'a Stats> {
        side.iter().map(|(run, at)| stats_of(run, *at)).collect()
    };
    let mixed = !how.allow.error_rate && mixes_failures(&stats(base), &stats(new));
    let latencies = LATENCIES.map(MetricId::quantile);
    let read = |side: &[Sided]| -> [Vec<Reading>; LATENCIES.len()] {
        let mut all = LATENCIES.map(|_| Vec::with_capacity(side.len()));
        for (run, at) in side {
            let readings = values::latencies(run, *at, &latencies, options);
            for (of_metric, reading) in all.iter_mut().zip(readings) {
                of_metric.extend(reading);
            }
        }
        all
    };
    let sides = read(base).into_iter().zip(read(new));
    let mut of_latency: Vec<(MetricId, Draft)> = latencies
        .into_iter()
        .zip(sides)
        .map(|(metric, (before, after))| {
            let measure = measure_of(&metric, &how.floors);
            let draft = judge::ratio(&metric, &before, &after, measure, setting);
            (metric, draft)
        })
        .collect();
    let mut judged = of_latency.iter().map(|(_, draft)| draft.metric.p_value);
    let means = (few::means(base), few::means(new));
    if judged.all(|p| p.is_none()) && !means.0.is_empty() && !means.1.is_empty() {
        // Percentiles do not say it, so the mean has to.
        let measure = measure_of(&few::MEAN, &how.floors);
        let draft = judge::ratio(&few::MEAN, &means.0, &means.1, measure, setting);
        of_latency.push((few::MEAN, draft));
    }
    for (metric, mut draft) in of_latency {
        draft.few_requests = few::look(&metric, &draft, base, new);
        if base.iter().chain(new).any(few::is_called_at_start) {
            // One slow start makes all of it slow.
            draft.runs_apart = 0;
        }
        if mixed && draft.metric.state != MetricState::NotMeasured {
            draft.unjudged(RuleId::V22);
        }
        drafts.push(draft);
    }
    drafts
}

/// A run, and one of its endpoints or the whole.
type Sided<'a> = (&'a Run, Option<&'a Endpoint>);

fn verdict(comparison: &Comparison) -> ComparisonVerdict {
    let has = |state| {
        comparison
            .metrics
            .iter()
            .any(|metric| metric.state == state)
    };
    if has(MetricState::Regressed) {
        ComparisonVerdict::Regressed
    } else if !comparison.reasons.is_empty() {
        ComparisonVerdict::NotComparable
    } else if has(MetricState::Suspect) {
        ComparisonVerdict::Suspect
    } else if has(MetricState::Improved) {
        ComparisonVerdict::Improved
    } else {
        ComparisonVerdict::NoRegressionShown
    }
}

/// New by base over the endpoints: one figure for a release note, no judgement.
fn geometric_means(comparison: &Comparison) -> Vec<GeometricMean> {
    if !comparison.reasons.is_empty() {
        return Vec::new();
    }
    let mut means = Vec::new();
    for percentile in LATENCIES {
        let id = percentile.to_string();
        let of = comparison.metrics.iter();
        let logs: Vec<f64> = of
            .filter(|metric| metric.endpoint.is_some() && metric.metric == id)
            .filter(|metric| {
                let is_judged = |reason: &Reason| {
                    let causes = [
                        Cause::BelowFloor,
                        Cause::OneOfMany,
                        Cause::SomeRuns,
                        Cause::NotWorse,
                    ];
                    *reason == RuleId::V45.into()
                        || causes.iter().any(|cause| *reason == (*cause).into())
                };
                metric.reasons.iter().all(is_judged)
            })
            .filter_map(|metric| Some((1.0 + metric.change?).ln()))
            .filter(|log| log.is_finite())
            .collect();
        if logs.len() > 1 {
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            means.push(GeometricMean {
                metric: id,
                change: mean.exp() - 1.0,
                endpoints: logs.len() as u64,
            });
        }
    }
    means
}
