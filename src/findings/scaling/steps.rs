//! Steps between neighbouring levels: how each latency follows the load, by `stats::step`.

use crate::findings::figures::{self, Support};
use crate::findings::report::Interval;
use crate::findings::scaling::level::{self, Middle, PERCENTILES};
use crate::findings::scaling::series::{Group, Series};
use crate::findings::scaling::{Step, StepClass};
use crate::stats::step::{self, Class, End};

/// A latency of too few requests is no estimate.
const THIN: &str = "thin";
/// A blow-up by the size of such a latency.
const BY_SIZE: &str = "by-size";
/// The exponent from which it is one.
const BY_SIZE_FROM: f64 = 2.0;
/// The load moved, and its mean and its peak say different things.
const RAMP: &str = "ramp";
/// The input does not say how certain its figures are.
const NO_ERROR: &str = "no-error";

/// Of the whole run first, then endpoint by endpoint.
pub(super) fn steps(
    series: &Series,
    endpoints: &[String],
    options: &figures::Options,
) -> Vec<Step> {
    let whole = std::iter::once(None);
    let parts = endpoints.iter().map(|label| Some(label.as_str()));
    whole
        .chain(parts)
        .flat_map(|endpoint| of_endpoint(series, endpoint, options))
        .collect()
}

fn of_endpoint(series: &Series, endpoint: Option<&str>, options: &figures::Options) -> Vec<Step> {
    let all: Vec<Vec<Option<Middle>>> = series
        .groups
        .iter()
        .map(|group| level::latencies(group, endpoint, options))
        .collect();
    let mut steps = Vec::new();
    for (place, percentile) in PERCENTILES.iter().enumerate() {
        let pairs = series.groups.windows(2).zip(all.windows(2));
        for (groups, latencies) in pairs {
            let ([low, high], [before, after]) = (groups, latencies) else {
                continue;
            };
            let at = |latencies: &[Option<Middle>]| latencies.get(place).copied().flatten();
            let (Some(before), Some(after)) = (at(before), at(after)) else {
                continue;
            };
            steps.extend(of_pair((low, before), (high, after)).map(|step| Step {
                endpoint: endpoint.map(str::to_owned),
                metric: percentile.to_string(),
                ..step
            }));
        }
    }
    steps
}

fn of_pair((low, before): (&Group, Middle), (high, after): (&Group, Middle)) -> Option<Step> {
    let at = |group: &Group, found: Middle| step::Level {
        mean: group.mean,
        peak: group.top(),
        latency: found.value,
        error: found.error.unwrap_or(0.0),
        enough: found.support != Support::None,
    };
    let found = step::step(&at(low, before), &at(high, after))?;
    let moved = low.peak.is_some() || high.peak.is_some();
    let is_known = before.error.is_some() && after.error.is_some();
    let interval = |end: &End| {
        is_known.then_some(Interval {
            lo: Some(end.interval.0),
            hi: Some(end.interval.1),
            level: 0.95,
        })
    };
    let mut reasons = Vec::new();
    because(&mut reasons, !is_known, NO_ERROR);
    let differ = moved && found.by_mean.class != found.by_peak.class;
    because(&mut reasons, differ, RAMP);
    let thin = before.support == Support::None || after.support == Support::None;
    because(&mut reasons, thin, THIN);
    let grows = matches!(
        class_of(found.class),
        StepClass::BlowUp | StepClass::SuperLinear
    );
    let by_size = found.by_mean.exponent.min(found.by_peak.exponent) > BY_SIZE_FROM;
    // Without an error an interval of no width would prove anything, and so would that of a latency as good as the maximum.
    let class = match class_of(found.class) {
        _ if grows && thin && by_size => StepClass::BlowUp,
        _ if grows && (thin || !is_known) => StepClass::Undecided,
        class => class,
    };
    let is_proven = found.class == Class::BlowUp { proven: true } && !thin;
    because(
        &mut reasons,
        class == StepClass::BlowUp && !is_proven,
        BY_SIZE,
    );
    Some(Step {
        from: low.mean,
        to: high.mean,
        endpoint: None,
        metric: String::new(),
        load_ratio: found.by_mean.load_ratio,
        load_ratio_peak: moved.then_some(found.by_peak.load_ratio),
        ratio: found.ratio,
        exponent: Some(found.by_mean.exponent),
        exponent_peak: moved.then_some(found.by_peak.exponent),
        interval: interval(&found.by_mean),
        interval_peak: interval(&found.by_peak).filter(|_| moved),
        class,
        reasons,
        excess_over_linear: Some(found.by_peak.excess),
    })
}

fn because(reasons: &mut Vec<String>, holds: bool, reason: &str) {
    if holds {
        reasons.push(reason.to_owned());
    }
}

fn class_of(class: Class) -> StepClass {
    match class {
        Class::Flat => StepClass::Flat,
        Class::SubLinear => StepClass::SubLinear,
        Class::Linear => StepClass::Linear,
        Class::SuperLinear => StepClass::SuperLinear,
        Class::BlowUp { .. } => StepClass::BlowUp,
        Class::Undecided => StepClass::Undecided,
    }
}
