//! Steps between neighbouring levels: how each latency follows the load, by `stats::step`.

use crate::figures;
use crate::figures::spread::LEAST_MS;
use crate::report::Interval;
use crate::report::Support;
use crate::report::scaling::StepReason;
use crate::report::scaling::{Step, StepClass};
use crate::scale::level;
use crate::scale::level::{Middle, PERCENTILES};
use crate::scale::series::{Group, Series};
use crate::stats::step::{self, Class, End};

/// The exponent from which a latency of too few requests is a blow-up by its size.
const BY_SIZE_FROM: f64 = 2.0;
/// A latency falls while the load grows by more than this exponent.
const FALLING: f64 = 0.15;

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
            let pair = before.get(place).zip(after.get(place));
            let Some((Some(before), Some(after))) = pair else {
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

fn of_pair((low, before): (&Group, &Middle), (high, after): (&Group, &Middle)) -> Option<Step> {
    let at = |group: &Group, found: &Middle| step::Level {
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
    because(&mut reasons, !is_known, StepReason::NoError);
    let differ = moved && found.by_mean.class != found.by_peak.class;
    because(&mut reasons, differ, StepReason::Ramp);
    let thin = before.support == Support::None || after.support == Support::None;
    because(&mut reasons, thin, StepReason::Thin);
    let grows = matches!(
        class_of(found.class),
        StepClass::BlowUp | StepClass::SuperLinear
    );
    let by_size = found.by_mean.exponent.min(found.by_peak.exponent) > BY_SIZE_FROM;
    let below_floor = grows && after.log.exp() - before.log.exp() < LEAST_MS;
    because(&mut reasons, below_floor, StepReason::BelowFloor);
    // Without an error an interval of no width would prove anything, and so would that of a latency as good as the maximum.
    let class = match class_of(found.class) {
        _ if below_floor => StepClass::Undecided,
        _ if grows && (thin || !is_known) && by_size => StepClass::BlowUp,
        _ if thin || !is_known => StepClass::Undecided,
        class => class,
    };
    let sinks = |end: &End| end.interval.1 < -FALLING;
    let falls = class == StepClass::Flat && sinks(&found.by_mean) && sinks(&found.by_peak);
    because(&mut reasons, falls, StepReason::Falls);
    let is_proven = found.class == Class::BlowUp { proven: true } && !thin && is_known;
    because(
        &mut reasons,
        class == StepClass::BlowUp && !is_proven,
        StepReason::BySize,
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

fn because(reasons: &mut Vec<StepReason>, holds: bool, reason: StepReason) {
    if holds {
        reasons.push(reason);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn group(mean: f64, peak: Option<f64>) -> Group<'static> {
        Group {
            mean,
            peak,
            stated: None,
            samples: Vec::new(),
        }
    }

    fn at(value: f64, error: Option<f64>, support: Support) -> Middle {
        Middle {
            value,
            log: value.ln(),
            error,
            n: Some(1000),
            support,
            repeats: Vec::new(),
        }
    }

    /// From 100 ms at 10/s to a latency at 20/s.
    fn step(after: f64, error: Option<f64>, support: Support) -> Step {
        let before = at(100.0, error, Support::Ok);
        let low = (&group(10.0, None), &before);
        of_pair(low, (&group(20.0, None), &at(after, error, support))).unwrap()
    }

    #[test]
    fn a_proven_blow_up_has_no_reason() {
        let found = step(400.0, Some(0.05), Support::Ok);
        assert_eq!((found.class, found.reasons), (StepClass::BlowUp, vec![]));
        assert_eq!((found.load_ratio_peak, found.exponent_peak), (None, None));
        assert_eq!(found.interval_peak, None);
        // 2 -/+ 1.96 * root(2) * 0.05 / ln 2
        let interval = found.interval.unwrap();
        let reach = 1.959_964 * 2.0_f64.sqrt() * 0.05 / 2.0_f64.ln();
        assert!((interval.hi.unwrap() - 2.0 - reach).abs() < 1e-5);
        assert!((interval.lo.unwrap() - 2.0 + reach).abs() < 1e-5);
    }

    #[test]
    fn of_too_few_requests_it_blows_up_by_size_or_is_undecided() {
        // Exponent 2.2 and 1.8.
        let found = step(100.0 * 2.0_f64.powf(2.2), Some(0.05), Support::None);
        assert_eq!(found.class, StepClass::BlowUp);
        assert_eq!(found.reasons, [StepReason::Thin, StepReason::BySize]);
        let found = step(100.0 * 2.0_f64.powf(1.8), Some(0.05), Support::None);
        assert_eq!(found.class, StepClass::Undecided);
        assert_eq!(found.reasons, [StepReason::Thin]);
        let found = step(100.0, Some(0.05), Support::None);
        assert_eq!(found.class, StepClass::Undecided);
        assert_eq!(found.reasons, [StepReason::Thin]);
    }

    #[test]
    fn without_an_error_nothing_that_grows_is_proven() {
        let found = step(400.0, None, Support::Ok);
        assert_eq!(found.class, StepClass::Undecided);
        assert_eq!(found.reasons, [StepReason::NoError]);
        assert_eq!(found.interval, None);
        let found = step(100.0, None, Support::Ok);
        assert_eq!(found.class, StepClass::Undecided);
        assert!((found.exponent.unwrap()).abs() < 1e-12);
    }

    #[test]
    fn what_falls_beyond_chance_says_so_and_a_trifle_is_no_growth() {
        let found = step(50.0, Some(0.05), Support::Ok);
        assert_eq!(
            (found.class, found.reasons),
            (StepClass::Flat, vec![StepReason::Falls])
        );
        let found = step(95.0, Some(0.05), Support::Ok);
        assert_eq!((found.class, found.reasons.len()), (StepClass::Flat, 0));
        let low = (&group(10.0, None), at(0.1, Some(0.05), Support::Ok));
        let high = (&group(20.0, None), at(0.9, Some(0.05), Support::Ok));
        let found = of_pair((low.0, &low.1), (high.0, &high.1)).unwrap();
        assert_eq!(
            (found.class, found.reasons),
            (StepClass::Undecided, vec![StepReason::BelowFloor])
        );
    }

    #[test]
    fn a_ramp_is_classed_where_mean_and_peak_agree() {
        let pair = |after: f64| {
            let low = (&group(1.0, None), at(100.0, Some(0.02), Support::Ok));
            let high = (&group(1.5, Some(2.0)), at(after, Some(0.02), Support::Ok));
            of_pair((low.0, &low.1), (high.0, &high.1)).unwrap()
        };
        // Exponents 1.71 and 1.
        let found = pair(200.0);
        assert_eq!(found.class, StepClass::Undecided);
        assert_eq!(found.reasons, [StepReason::Ramp]);
        assert_eq!(found.load_ratio_peak, Some(2.0));
        assert!((found.exponent_peak.unwrap() - 1.0).abs() < 1e-12);
        // 3.42 and 2; over what is in proportion to the peaks.
        let found = pair(400.0);
        assert_eq!((found.class, found.reasons), (StepClass::BlowUp, vec![]));
        assert!((found.excess_over_linear.unwrap() - 2.0).abs() < 1e-12);
        assert!(found.interval_peak.is_some());
    }
}
