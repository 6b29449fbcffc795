//! What S01 and S02 share: the steps of a class, the whole run first, the worst one of each endpoint.

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::findings::evidence::Evidence;
use crate::findings::rules::Fired;
use crate::findings::scaling::{Scaling, Step, StepClass, words};
use crate::findings::verdict::Effect;
use crate::model::Unit;
use crate::text::number;

/// Endpoints that are named; the others are counted.
const NAMED: usize = 4;

/// One finding for the whole run and for each endpoint with a step of that class: the step that lies farthest above proportion.
pub(super) fn worst_steps(scaling: &Scaling, class: StepClass, hint: &str) -> Vec<Fired> {
    let mut worst: Vec<&Step> = Vec::new();
    for step in scaling.steps.iter().filter(|step| step.class == class) {
        match worst
            .iter_mut()
            .find(|other| other.endpoint == step.endpoint)
        {
            Some(other) if by_excess(step, other) == Ordering::Greater => *other = step,
            Some(_) => {}
            None => worst.push(step),
        }
    }
    // The whole run stays in front.
    worst.sort_by(|one, other| {
        let place = one.endpoint.is_some().cmp(&other.endpoint.is_some());
        place.then(by_excess(other, one))
    });
    let rest = worst.len().saturating_sub(NAMED);
    let mut fired: Vec<Fired> = worst
        .into_iter()
        .take(NAMED)
        .map(|step| of_step(scaling, step).hint(hint))
        .collect();
    if let Some(last) = fired.last_mut().filter(|_| rest > 0) {
        let _ = write!(
            last.message,
            " So {} {} more.",
            if rest == 1 { "does" } else { "do" },
            number::plural(rest as u64, "endpoint")
        );
    }
    fired
}

/// What is proven lies above what is not.
fn by_excess(one: &Step, other: &Step) -> Ordering {
    let rank = |step: &Step| {
        let excess = step.excess_over_linear.unwrap_or(step.ratio);
        (!words::is_by_size(step), excess)
    };
    let (one, other) = (rank(one), rank(other));
    one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
}

fn of_step(scaling: &Scaling, step: &Step) -> Fired {
    let mut evidence = Evidence::new()
        .with("from", step.from, Unit::AsGiven)
        .with("to", step.to, Unit::AsGiven)
        .with("ratio", step.ratio, Unit::Factor)
        .with("load_ratio", step.load_ratio, Unit::Factor);
    let more = [
        ("load_ratio_peak", step.load_ratio_peak, Unit::Factor),
        ("excess_over_linear", step.excess_over_linear, Unit::Factor),
        ("exponent", step.exponent, Unit::AsGiven),
        ("exponent_peak", step.exponent_peak, Unit::AsGiven),
    ];
    for (name, value, unit) in more {
        if let Some(value) = value {
            evidence = evidence.with(name, value, unit);
        }
    }
    let excess = step.excess_over_linear.map_or_else(String::new, |excess| {
        format!(
            " That is {} what growth in proportion to the load would be.",
            number::times(excess)
        )
    });
    let message = format!(
        "From {} {}.{excess}",
        words::step(scaling, step),
        words::growth(scaling, step)
    );
    let fired = Fired::new(Effect::Warn, message, evidence);
    let fired = match step.metric.parse() {
        Ok(metric) => fired.on(metric),
        Err(_) => fired,
    };
    match &step.endpoint {
        Some(label) => fired.at(label.clone()),
        None => fired,
    }
}
