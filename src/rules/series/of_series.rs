//! What S01 and S02 share: the steps of a class, the whole run first, the worst one of each endpoint.

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::model::Unit;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::scaling::{Scaling, Step, StepClass};
use crate::rules::Fired;
use crate::text::number;
use crate::text::phrase::quoted;
use crate::wording::series as words;

/// One finding over all steps of that class: of the whole run the step that lies farthest above proportion, and the worst endpoint.
pub(super) fn worst_step(scaling: &Scaling, class: StepClass, hint: &str) -> Option<Fired> {
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
    let mut worst = worst.into_iter();
    let first = worst.next()?;
    let mut fired = of_step(scaling, first).hint(hint);
    if let Some(next) = worst.next() {
        let label = next.endpoint.as_deref().unwrap_or_default();
        let more = match worst.len() {
            0 => String::new(),
            1 => ", and 1 endpoint more does so".to_owned(),
            more => format!(
                ", and {} more do so",
                number::plural(more as u64, "endpoint")
            ),
        };
        let most = if first.endpoint.is_none() {
            "Of the endpoints most"
        } else {
            "Next"
        };
        let _ = write!(
            fired.message,
            " {most} {}: {}{more}.",
            quoted(label),
            words::growth(scaling, next)
        );
        fired.evidence = fired.evidence.count("endpoints", worst.len() as u64 + 1);
    }
    Some(fired)
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
