//! Targets against runs: a state is value, operator, limit, nothing else, and strictness is kept.
//!
//! Every target appears at least once for every run. What cannot be judged is "not measured" with its reason, never
//! met: a missing figure, a quantile of too few requests, a glob that matches nothing.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

mod levels;
mod missing;
pub mod propose;

pub use levels::judge_levels;

use crate::figures::by_windows;
use crate::figures::{Options, measure, resource};
use crate::model::{
    Bound, Decide, Endpoint, Expectation, MetricId, ResourcePhase, Run, Statistic, Target,
};
use crate::normalize::Pattern;
use crate::report::{Interval, TargetResult, TargetState};
use crate::report::{Measured, Support};
use crate::stats::quantile;
use crate::targets::missing::{assumed, why_no_figure, why_no_resource};
use crate::text::number;

/// Every declared target against one run; each appears at least once.
pub fn judge(run: &Run, targets: &[Target], options: &Options) -> Vec<TargetResult> {
    let mut results = Vec::new();
    for target in targets {
        judge_one(run, target, options, &mut results);
    }
    results
}

/// Additive over endpoints.
const ADDITIVE: [&str; 5] = [
    "requests",
    "rate",
    "goodput",
    "bytes_received",
    "bytes_sent",
];

fn judge_one(run: &Run, target: &Target, options: &Options, results: &mut Vec<TargetResult>) {
    let blank = blank(run, target);
    if let Some(reason) = other_scenario(run, target) {
        results.push(unjudged(blank, TargetState::NotApplicable, reason));
        return;
    }
    let Expectation::Figure { metric, sum, .. } = &target.expect else {
        let reason = "it speaks of several load levels; this is one run";
        results.push(not_measured(blank, reason));
        return;
    };
    if target.expect.needs_levels() {
        let reason = "it speaks of load levels; this is one run";
        results.push(not_measured(blank, reason));
        return;
    }
    if let Some(reason) = phase_not_separated(run, target, metric) {
        results.push(not_measured(blank, reason));
        return;
    }
    let scoped = target.endpoint.is_some() || target.group.is_some();
    if !scoped && !sum {
        let phase = phase_of(target);
        let scope = Scope::Run {
            run,
            options,
            phase,
        };
        results.push(decide(blank, target, &scope));
        return;
    }
    let members = members(run, target);
    if members.is_empty() {
        results.push(not_measured(blank, nothing_matches(target)));
    } else if *sum {
        let scope = Scope::Sum {
            run,
            options,
            members: &members,
        };
        results.push(decide(blank, target, &scope));
    } else {
        for endpoint in members {
            let mut result = blank.clone();
            result.endpoint = Some(endpoint.label());
            let scope = Scope::Endpoint {
                run,
                options,
                endpoint,
            };
            results.push(decide(result, target, &scope));
        }
    }
}

/// The result before anything was measured.
fn blank(run: &Run, target: &Target) -> TargetResult {
    let (metric, level) = match &target.expect {
        Expectation::Figure { metric, at, .. } => (Some(metric), *at),
        Expectation::NoBlowUp { .. } => (None, None),
    };
    TargetResult {
        name: target
            .name
            .clone()
            .unwrap_or_else(|| target.expect_text.clone()),
        run: run.id.clone(),
        endpoint: None,
        level,
        metric: metric.map(ToString::to_string),
        phase: metric.and_then(|metric| phase_judged(run, target, metric)),
        expect: target.expect_text.clone(),
        value: None,
        unit: metric.map(|metric| resource::unit(run, metric)),
        interval: None,
        n: None,
        margin: None,
        state: TargetState::NotMeasured,
        reason: None,
        optional: target.optional,
        origin: target.origin.to_string(),
    }
}

fn unjudged(
    mut result: TargetResult,
    state: TargetState,
    reason: impl Into<String>,
) -> TargetResult {
    result.state = state;
    result.reason = Some(reason.into());
    result
}

fn not_measured(result: TargetResult, reason: impl Into<String>) -> TargetResult {
    unjudged(result, TargetState::NotMeasured, reason)
}

fn other_scenario(run: &Run, target: &Target) -> Option<String> {
    let wanted = target.scenario.as_ref()?;
    let scenario = &run.identity.scenario;
    let matches = Pattern::new(wanted).matches(scenario);
    (!matches).then(|| format!("it is for the scenario {wanted}; this run is of {scenario}"))
}

/// The phase that a target names.
fn phase_of(target: &Target) -> Option<ResourcePhase> {
    match target.phase.as_deref()? {
        "idle" => Some(ResourcePhase::Idle),
        _ => Some(ResourcePhase::Load),
    }
}

/// The phase of the samples that a target on a resource is judged by.
fn phase_judged(run: &Run, target: &Target, metric: &MetricId) -> Option<ResourcePhase> {
    let MetricId::Resource(component, name, _) = metric else {
        return None;
    };
    phase_of(target).or_else(|| resource::entry(run, component, name, None)?.phase)
}

/// Only resources are sampled outside the load; a run's requests are all made under load.
fn phase_not_separated(run: &Run, target: &Target, metric: &MetricId) -> Option<String> {
    let phase = target.phase.as_deref()?;
    if let MetricId::Resource(component, name, _) = metric {
        let is_separated = resource::entry(run, component, name, phase_of(target)).is_some();
        if is_separated || !resource::is_known(run, component, name) {
            return None;
        }
        let has_phases = run.resources.iter().any(|resource| {
            resource.component == *component && resource.name == *name && resource.phase.is_some()
        });
        if has_phases {
            return Some(format!(
                "no sample of {component}.{name} is of the phase {phase}"
            ));
        }
    } else if phase == "load" {
        return None;
    }
    Some(format!(
        "the figures of this run are not separated into idle and load, and it asks for {phase}"
    ))
}

fn members<'a>(run: &'a Run, target: &Target) -> Vec<&'a Endpoint> {
    let endpoint = target.endpoint.as_deref().map(Pattern::new);
    let group = target.group.as_deref().map(Pattern::new);
    let is_member = |candidate: &&Endpoint| {
        let by_label = endpoint
            .as_ref()
            .is_none_or(|glob| glob.matches(&candidate.label()));
        let by_group = group.as_ref().is_none_or(|glob| {
            let name = candidate.group.as_deref();
            name.is_some_and(|name| glob.matches(name))
        });
        by_label && by_group
    };
    run.endpoints.iter().filter(is_member).collect()
}

fn nothing_matches(target: &Target) -> String {
    match (&target.endpoint, &target.group) {
        (Some(endpoint), Some(group)) => {
            format!("no endpoint of the group {group} matches {endpoint}")
        }
        (Some(endpoint), None) => format!("no endpoint matches {endpoint}"),
        (None, Some(group)) => format!("no endpoint belongs to the group {group}"),
        (None, None) => "the input gives no endpoints to add up".to_owned(),
    }
}

/// What a target speaks of, inside one run.
enum Scope<'a> {
    Run {
        run: &'a Run,
        options: &'a Options,
        phase: Option<ResourcePhase>,
    },
    Endpoint {
        run: &'a Run,
        options: &'a Options,
        endpoint: &'a Endpoint,
    },
    Sum {
        run: &'a Run,
        options: &'a Options,
        members: &'a [&'a Endpoint],
    },
}

impl Scope<'_> {
    /// The same figure of the whole run by its windows, where these contradict the totals.
    fn by_windows(&self, metric: &MetricId) -> Option<f64> {
        match self {
            Scope::Run { run, .. } => by_windows::contradicting(run)?.value(&metric.to_string()),
            Scope::Endpoint { .. } | Scope::Sum { .. } => None,
        }
    }

    fn run(&self) -> &Run {
        match self {
            Scope::Run { run, .. } | Scope::Endpoint { run, .. } | Scope::Sum { run, .. } => run,
        }
    }

    /// The figure, or why there is none.
    fn measure(&self, metric: &MetricId) -> Result<Measured, String> {
        match self {
            Scope::Run {
                run,
                options,
                phase,
            } => match metric {
                MetricId::Resource(component, name, statistic) => {
                    resource::entry(run, component, name, *phase)
                        .and_then(|entry| resource::measured(entry, *statistic))
                        .ok_or_else(|| why_no_resource(run, metric))
                }
                _ => measure(run, None, metric, options)
                    .ok_or_else(|| why_no_figure(&run.overall, metric, false)),
            },
            Scope::Endpoint {
                run,
                options,
                endpoint,
            } => measure(run, Some(endpoint), metric, options)
                .ok_or_else(|| why_no_figure(&endpoint.stats, metric, true)),
            Scope::Sum {
                run,
                options,
                members,
            } => sum_of(run, members, metric, options),
        }
    }
}

/// The sum over endpoints; one that was not measured leaves no sum.
fn sum_of(
    run: &Run,
    members: &[&Endpoint],
    metric: &MetricId,
    options: &Options,
) -> Result<Measured, String> {
    if !matches!(metric, MetricId::Plain(id) if ADDITIVE.contains(id)) {
        return Err(format!(
            "{metric} of several endpoints cannot be added up; {} can",
            ADDITIVE.join(", ")
        ));
    }
    let mut sum = Measured {
        value: 0.0,
        n: Some(0),
        interval: None,
        support: Support::Ok,
    };
    for endpoint in members {
        let part = measure(run, Some(endpoint), metric, options)
            .ok_or_else(|| format!("{metric} of {} is not measured", endpoint.label()))?;
        sum.value += part.value;
        sum.n = sum.n.zip(part.n).map(|(sum, n)| sum.saturating_add(n));
    }
    Ok(sum)
}

fn decide(mut result: TargetResult, target: &Target, scope: &Scope) -> TargetResult {
    let Expectation::Figure { metric, bound, .. } = &target.expect else {
        return result;
    };
    let measured = match scope.measure(metric) {
        Ok(measured) => measured,
        Err(reason) => return not_measured(result, reason),
    };
    result.value = Some(measured.value);
    result.interval = measured.interval;
    result.n = measured.n;
    if let Some(reason) = too_few(metric, &measured).or_else(|| assumed(scope.run(), metric)) {
        return not_measured(result, reason);
    }
    result.margin = Some(bound.margin(measured.value));
    let undecided = target.decide == Decide::Interval
        && measured
            .interval
            .is_some_and(|interval| is_undecided(*bound, interval));
    let (state, reason) = if undecided {
        let level = measured.interval.map_or(0.0, |interval| interval.level);
        let reason = format!(
            "the limit lies inside the {} interval",
            number::percent(level)
        );
        (TargetState::Warn, Some(reason))
    } else if !bound.holds(measured.value) {
        (TargetState::Fail, None)
    } else if let Some(other) = scope
        .by_windows(metric)
        .filter(|other| !bound.holds(*other))
    {
        let (unit, other) = (metric.unit().id(), other);
        let reason = format!(
            "only the totals of the input keep it: by its windows it is {} (V17)",
            number::quantity(other, unit)
        );
        (TargetState::Warn, Some(reason))
    } else {
        warn_level(target, metric, &measured, scope)
    };
    result.state = state;
    result.reason = reason;
    result
}

/// A quantile that is as good as the maximum is never judged.
fn too_few(metric: &MetricId, measured: &Measured) -> Option<String> {
    let MetricId::Latency(_, Statistic::Quantile(percentile)) = metric else {
        return None;
    };
    if measured.support != Support::None {
        return None;
    }
    let needed = quantile::needed(percentile.share())?.interval;
    let Some(n) = measured.n else {
        return Some(format!(
            "count not measured: {metric} needs {} requests, and the input does not say how many there are",
            number::count(needed),
        ));
    };
    Some(format!(
        "too few requests to judge: {metric} needs {}, there {} {}",
        number::count(needed),
        if n == 1 { "is" } else { "are" },
        number::count(n),
    ))
}

/// Neither kept nor broken from one end of the interval to the other; an open end reaches everything.
fn is_undecided(bound: Bound, interval: Interval) -> bool {
    let lo = interval.lo.unwrap_or(f64::NEG_INFINITY);
    let hi = interval.hi.unwrap_or(f64::INFINITY);
    let around = matches!(bound, Bound::Range(low, high) if lo < low && hi > high);
    around || bound.holds(lo) != bound.holds(hi)
}

/// The state of a target whose expectation holds.
fn warn_level(
    target: &Target,
    metric: &MetricId,
    measured: &Measured,
    scope: &Scope,
) -> (TargetState, Option<String>) {
    let Some(warn) = &target.warn else {
        return (TargetState::Pass, None);
    };
    let text = target.warn_text.as_deref().unwrap_or("the warn level");
    let other = match warn {
        Expectation::Figure { metric, .. } if !warn.needs_levels() => metric,
        _ => {
            let reason = format!("{text} speaks of load levels; this is one run");
            return (TargetState::Warn, Some(reason));
        }
    };
    let found = if other == metric {
        Ok(*measured)
    } else {
        scope
            .measure(other)
            .and_then(|found| too_few(other, &found).map_or(Ok(found), Err))
    };
    match (found, warn) {
        (Ok(found), Expectation::Figure { bound, .. }) if bound.holds(found.value) => {
            (TargetState::Pass, None)
        }
        (Ok(_), _) => (
            TargetState::Warn,
            Some(format!("its warn level {text} is broken")),
        ),
        (Err(reason), _) => (
            TargetState::Warn,
            Some(format!(
                "its warn level {text} could not be judged: {reason}"
            )),
        ),
    }
}

#[cfg(test)]
mod tests;
