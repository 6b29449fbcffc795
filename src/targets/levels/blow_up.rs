//! `no blow-up [up to LEVEL]`: met where steps are classed and none is a blow-up; what nothing decides is not measured.

use super::{Range, of_run, reaches, untested};
use crate::model::{Decide, Target, Unit};
use crate::normalize::Pattern;
use crate::report::scaling::StepReason;
use crate::report::scaling::{Level, LevelOf, Scaling, Step, StepClass};
use crate::report::{Interval, TargetResult, TargetState};
use crate::stats::step;
use crate::targets::not_measured;
use crate::text::phrase::quoted;
use crate::wording::series as words;

pub(super) fn no_blow_up(
    mut result: TargetResult,
    scaling: &Scaling,
    target: &Target,
    up_to: Option<f64>,
) -> TargetResult {
    if scaling.level_of == LevelOf::Resources {
        let name = &scaling.level_name;
        let reason = format!("{name} serve the load: no latency is classed against them");
        return not_measured(result, reason);
    }
    if let Some(load) = up_to.filter(|load| !reaches(scaling, *load)) {
        return not_measured(result, untested(scaling, load));
    }
    let asked = Range::of(scaling, up_to);
    let glob = target.endpoint.as_deref().map(Pattern::new);
    let is_meant = |step: &&Step| match (&glob, step.endpoint.as_deref()) {
        (None, _) => true,
        (Some(glob), Some(label)) => glob.matches(label),
        (Some(_), None) => false,
    };
    let meant: Vec<&Step> = scaling.steps.iter().filter(is_meant).collect();
    let leads_to = |step: &Step, level: &Level| words::level_at(scaling, step.to) == Some(level);
    let inside = |level: &&Level| asked.holds(level) || asked.next == Some(*level);
    let holds = |step: &&&Step| {
        let level = words::level_at(scaling, step.to);
        level.is_some_and(|level| asked.holds(level))
    };
    let mut steps: Vec<&Step> = meant.iter().filter(holds).copied().collect();
    let is_blown = |step: &&Step| step.class == StepClass::BlowUp;
    let unknown = scaling.levels.iter().skip(1).filter(inside);
    let mut unknown = unknown.filter(|level| !meant.iter().any(|step| leads_to(step, level)));
    // What blows up at one level does so whatever is not known of others.
    if let Some(level) = unknown.next().filter(|_| !steps.iter().any(is_blown)) {
        let at = words::of_level(scaling, level);
        let reason = format!("no latency is known at {at} and at the level below it");
        return not_measured(result, reason);
    }
    if let Some(next) = asked.next {
        let leads_there = |step: &&&Step| leads_to(step, next);
        let beyond: Vec<&Step> = meant.iter().filter(leads_there).copied().collect();
        if beyond.iter().any(is_blown) && !steps.iter().any(is_blown) {
            return not_measured(result, asked.between(scaling, next));
        }
        steps.extend(beyond.into_iter().filter(|step| !is_blown(step)));
    }
    if steps.is_empty() {
        return not_measured(result, "no latency is known at two of the levels");
    }
    let blown: Vec<_> = steps
        .iter()
        .filter(|step| step.class == StepClass::BlowUp)
        .collect();
    let is_proven = |step: &Step| !step.is_because(StepReason::BySize);
    let proven = blown.iter().filter(|step| is_proven(step)).count();
    let open = steps.iter().filter(|step| may_be_one(step)).count();
    let undecided = scaling.levels.iter().skip(1).filter(inside).find(|level| {
        let mut here = meant.iter().filter(|step| leads_to(step, level));
        here.all(|step| may_be_one(step))
    });
    let mut elsewhere = scaling.endpoints_elsewhere.iter();
    let elsewhere = elsewhere.find(|label| glob.as_ref().is_some_and(|glob| glob.matches(label)));
    result.level = up_to;
    result.value = Some(blown.len() as f64);
    result.unit = Some(Unit::Count);
    result.n = Some(steps.len() as u64);
    // One that is proven is worse than a larger one that is not.
    let worst = blown.iter().max_by(|one, other| {
        let excess = |step: &Step| step.excess_over_linear.unwrap_or(step.ratio);
        let by_proof = is_proven(one).cmp(&is_proven(other));
        by_proof.then(excess(one).total_cmp(&excess(other)))
    });
    if let Some(worst) = worst {
        of_run(&mut result, words::level_at(scaling, worst.to));
        result.endpoint.clone_from(&worst.endpoint);
        result.reason = Some(format!(
            "{}, {}",
            words::growth(scaling, worst),
            words::step(scaling, worst)
        ));
    } else if let Some(level) = undecided {
        let at = words::of_level(scaling, level);
        let reason = format!("no step to {at} is decided: the intervals of all allow a blow-up");
        return not_measured(result, reason);
    } else if let Some(label) = elsewhere {
        let reason = format!("{} is not at every level", quoted(label));
        return not_measured(result, reason);
    } else if open > 0 {
        result.reason = Some(format!(
            "{open} of {} steps are undecided, and allow a blow-up",
            steps.len()
        ));
    }
    result.state = if proven > 0 {
        TargetState::Fail
    } else if !blown.is_empty() || (target.decide == Decide::Interval && open > 0) {
        TargetState::Warn
    } else {
        TargetState::Pass
    };
    result
}

/// Whether an undecided step may be a blow-up: by its means or by its peaks.
fn may_be_one(step: &Step) -> bool {
    let allows = |interval: Option<Interval>| {
        let high = interval.and_then(|interval| interval.hi);
        high.is_none_or(|high| high > step::BLOW_UP)
    };
    let by_peak = step.exponent_peak.is_some() && allows(step.interval_peak);
    let is_trifle = step.is_because(StepReason::BelowFloor);
    step.class == StepClass::Undecided && !is_trifle && (allows(step.interval) || by_peak)
}
