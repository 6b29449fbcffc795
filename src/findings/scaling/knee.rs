//! The knee of a series by `stats::knee`, the figures that it stands on, and what other methods say beside it.

use crate::findings::evidence::Evidence;
use crate::findings::figures::{self, Support};
use crate::findings::report::Interval;
use crate::findings::scaling::level::{self, Middle};
use crate::findings::scaling::series::Series;
use crate::findings::scaling::{Criterion, Knee, words};
use crate::model::Unit;
use crate::stats::bend::{Point, bend};
use crate::stats::knee::{self, Arrivals, Tail};
use crate::stats::kneedle::{Shape, kneedle};

/// Places of the tails among the latencies of a level: p95 and p99.
const TAILS: [(usize, &str); 2] = [(1, "p95"), (2, "p99")];
/// Place of the mean.
const MEAN: usize = 3;
/// Chance below which two lines are better than one.
const BENT: f64 = 0.01;

/// The knee, or that there is none in the tested range; `None` where there are fewer than two levels.
pub(super) fn knee(
    series: &Series,
    endpoints: &[String],
    options: &figures::Options,
) -> Option<Knee> {
    if series.groups.len() < 2 {
        return None;
    }
    let whole = std::iter::once(None);
    let labels: Vec<Option<&str>> = whole
        .chain(endpoints.iter().map(|label| Some(label.as_str())))
        .collect();
    let names: Vec<(Option<&str>, &str)> = labels
        .iter()
        .flat_map(|label| TAILS.map(|(_, name)| (*label, name)))
        .collect();
    let latencies: Vec<Vec<Vec<Option<Middle>>>> = series
        .groups
        .iter()
        .map(|group| {
            let of = labels
                .iter()
                .map(|label| level::latencies(group, *label, options));
            of.collect()
        })
        .collect();
    let levels = levels(series, &latencies);
    let arrivals = if series.is_closed {
        Arrivals::Closed
    } else {
        Arrivals::Open
    };
    let evidence = second_opinions(series, &levels, &latencies);
    let Some(found) = knee::knee(&levels, arrivals) else {
        return Some(Knee {
            found: false,
            level: None,
            interval: None,
            last_good: series.groups.last().map(|group| group.mean),
            criterion: None,
            metric: None,
            endpoint: None,
            method: None,
            evidence,
        });
    };
    let at = |place: usize| series.groups.get(place).map(|group| group.mean);
    let mut evidence = evidence;
    let broken = at(found.broken).unwrap_or(found.interval.1);
    evidence = evidence.with(words::BROKEN_AT, broken, Unit::AsGiven);
    let unit = knee::unit(&levels).unwrap_or_default();
    let (criterion, metric, endpoint) = match found.criterion {
        knee::Criterion::Saturation { achieved, plateau } => {
            evidence = evidence
                .with("achieved_over_offered", achieved, Unit::Ratio)
                .with(words::PLATEAU, plateau, Unit::PerSecond)
                .with(words::PER_UNIT, unit, Unit::AsGiven);
            (Criterion::Saturation, "goodput", None)
        }
        knee::Criterion::BlowUp {
            tail,
            from,
            ratio,
            exponent,
            exponent_peak,
        } => {
            let (label, name) = names.get(tail).copied().unwrap_or((None, "p99"));
            evidence = evidence
                .with("ratio", ratio, Unit::Factor)
                .with("exponent", exponent, Unit::AsGiven)
                .with("exponent_peak", exponent_peak, Unit::AsGiven)
                .with("grows_from", at(from).unwrap_or(broken), Unit::AsGiven);
            (Criterion::BlowUp, name, label)
        }
    };
    let method = match found.method {
        knee::Method::Plateau => "plateau",
        knee::Method::Margin => "margin",
        knee::Method::Middle => "middle",
    };
    Some(Knee {
        found: true,
        level: Some(found.load),
        interval: Some(Interval {
            lo: found.interval.0,
            hi: Some(found.interval.1),
            level: 0.95,
        }),
        last_good: found.good.and_then(at),
        criterion: Some(criterion),
        metric: Some(metric.to_owned()),
        endpoint: endpoint.map(str::to_owned),
        method: Some(method.to_owned()),
        evidence,
    })
}

/// What `stats::knee` asks of each level.
fn levels(series: &Series, latencies: &[Vec<Vec<Option<Middle>>>]) -> Vec<knee::Level> {
    let known = series
        .groups
        .iter()
        .all(|group| level::goodput(group).is_some() && level::goodput_error(group).is_some());
    let of_group = |(group, of_labels): (&_, &Vec<Vec<Option<Middle>>>)| {
        let asked = level::asked(group);
        let mean = of_labels.first().and_then(|whole| *whole.get(MEAN)?);
        let tails = of_labels.iter().flat_map(|of| {
            TAILS.map(|(place, _)| {
                let found = of.get(place).copied().flatten()?;
                let error = found.error.filter(|_| found.support != Support::None)?;
                Some(Tail {
                    log: found.log,
                    error,
                })
            })
        });
        let failures = level::failed(group).filter(|(_, counted)| *counted > 0);
        knee::Level {
            load: group.mean,
            peak: group.top(),
            asked,
            // Where nobody counts successes, only latencies are asked.
            goodput: level::goodput(group).filter(|_| known).unwrap_or(asked),
            error: level::goodput_error(group).filter(|_| known).unwrap_or(0.0),
            between: level::goodput_between(group),
            answered: level::answered(group),
            failures: failures.map_or(0.0, |(failures, counted)| failures as f64 / counted as f64),
            mean: mean.map(|mean| mean.log.exp()),
            tails: tails.collect(),
        }
    };
    series.groups.iter().zip(latencies).map(of_group).collect()
}

/// Where Kleinrock's power is highest, where two lines bend, and what Kneedle returns: beside the knee, never for it.
fn second_opinions(
    series: &Series,
    levels: &[knee::Level],
    latencies: &[Vec<Vec<Option<Middle>>>],
) -> Evidence {
    let mut evidence = Evidence::new();
    let power = levels
        .iter()
        .map(|level| Some((level.load, level.goodput / level.mean?)));
    if let Some(power) = power.collect::<Option<Vec<(f64, f64)>>>()
        && let Some((at, _)) = power.iter().max_by(|one, other| one.1.total_cmp(&other.1))
    {
        evidence = evidence.with("power_highest_at", *at, Unit::AsGiven);
    }
    let p95 = series
        .groups
        .iter()
        .zip(latencies)
        .map(|(group, of_labels)| {
            let found = of_labels.first()?.get(1).copied().flatten()?;
            Some((group.mean, found.log))
        });
    let Some(p95) = p95.collect::<Option<Vec<(f64, f64)>>>() else {
        return evidence;
    };
    let points: Vec<Point> = p95
        .iter()
        .map(|(load, log)| Point {
            load: *load,
            log: *log,
        })
        .collect();
    if let Some(bend) = bend(&points).filter(|bend| bend.p_value < BENT && bend.after > bend.before)
    {
        evidence = evidence.with("bend_at", bend.at, Unit::AsGiven).with(
            "bend_p_value",
            bend.p_value,
            Unit::Ratio,
        );
    }
    let curve: Vec<(f64, f64)> = p95.iter().map(|(load, log)| (*load, log.exp())).collect();
    if let Some(knee) = kneedle(&curve, Shape::ConvexIncreasing) {
        evidence = evidence.with("kneedle_at", knee.x, Unit::AsGiven);
    }
    evidence
}
