//! The knee of a series by `stats::knee`, the figures that it stands on, and what other methods say beside it.

use crate::figures;
use crate::figures::spread::LEAST_MS;
use crate::model::Unit;
use crate::report::Evidence;
use crate::report::Interval;
use crate::report::Support;
use crate::report::scaling::KneeMethod;
use crate::report::scaling::{Criterion, Knee, LevelOf};
use crate::scale::level;
use crate::scale::level::Middle;
use crate::scale::mix::{Mixes, Why};
use crate::scale::series::{Group, Series};
use crate::stats::bend::{Point, bend};
use crate::stats::knee::{self, Arrivals, Tail};
use crate::stats::kneedle::{Shape, kneedle};
use crate::wording::series as words;

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
    mixes: &Mixes,
    options: &figures::Options,
) -> Option<Knee> {
    if series.groups.len() < 2 {
        return None;
    }
    let whole = std::iter::once(None);
    let labels: Vec<Option<&str>> = whole
        .chain(endpoints.iter().map(|label| Some(label.as_str())))
        .collect();
    let mut names: Vec<(Option<&str>, &str)> = labels
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
    let mut levels = levels(series, &latencies);
    let arrivals = if series.is_closed {
        Arrivals::Closed
    } else {
        Arrivals::Open
    };
    let evidence = second_opinions(series, &levels, &latencies);
    let mut unasked = unasked(series, &levels);
    drop_trifles(&mut levels);
    let (columns, others) = part_mixed(&mut levels, mixes);
    names.extend(columns.into_iter().map(|name| (None, name)));
    if others {
        let reason = "whether latency blows up, because some levels lack or hardly ask endpoints that make the next ones slow";
        unasked.push(reason.to_owned());
    }
    let highest = series.groups.last().map(|group| group.mean);
    let Some(found) = knee::knee(&levels, arrivals) else {
        return Some(Knee {
            found: false,
            level: None,
            interval: None,
            last_good: highest.filter(|_| unasked.is_empty()),
            criterion: None,
            metric: None,
            endpoint: None,
            method: None,
            unasked,
            evidence,
        });
    };
    let at = |place: usize| series.groups.get(place).map(|group| group.mean);
    // Where one request in twenty fails nothing is good, whatever the load.
    let share = |group: &Group| {
        let (failures, counted) = level::failed(group)?;
        Some(failures as f64 / counted.max(1) as f64)
    };
    let is_good = |place: usize| {
        let group = series.groups.get(place);
        group.and_then(share).is_none_or(|share| share <= FAILING)
    };
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
            if let Some(most) = most_completed(&levels) {
                evidence = evidence.with(words::COMPLETED, most, Unit::PerSecond);
            }
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
        knee::Method::Plateau => KneeMethod::Plateau,
        knee::Method::Margin => KneeMethod::Margin,
        knee::Method::Between => KneeMethod::Between,
        knee::Method::Middle => KneeMethod::Middle,
    };
    Some(Knee {
        found: true,
        level: Some(found.load),
        interval: Some(Interval {
            lo: found.interval.0,
            hi: Some(found.interval.1),
            level: 0.95,
        }),
        last_good: found.good.filter(|place| is_good(*place)).and_then(at),
        criterion: Some(criterion),
        metric: Some(metric.to_owned()),
        endpoint: endpoint.map(str::to_owned),
        method: Some(method),
        unasked,
        evidence,
    })
}

/// The most sessions that completed per second, where every level counts them and they are asked.
fn most_completed(levels: &[knee::Level]) -> Option<f64> {
    let rates: Option<Vec<f64>> = levels.iter().map(|level| Some(level.flow?.rate)).collect();
    let is_asked = levels.first()?.flow?.is_early;
    rates.filter(|_| is_asked)?.into_iter().reduce(f64::max)
}

/// Whether goodput is known at every level, and what it should be in proportion to.
fn is_asked_for_saturation(series: &Series) -> bool {
    let known =
        |group: &Group| level::goodput(group).is_some() && level::goodput_error(group).is_some();
    series.groups.iter().all(known) && !(series.of == LevelOf::Stated && series.is_untold)
}

/// What could not be asked: of that it cannot be said that there is none.
fn unasked(series: &Series, levels: &[knee::Level]) -> Vec<String> {
    let mut reasons = Vec::new();
    if series.of == LevelOf::Stated && series.is_untold {
        reasons.push("whether throughput follows the levels, because nothing tells what they count: a label `users`, `rate` or `rps` with `--level` does".to_owned());
    } else if !is_asked_for_saturation(series) {
        reasons.push("whether throughput follows the load, because successes per second are not known at every level".to_owned());
    }
    if is_asked_for_saturation(series) && knee::unit(levels).is_none() {
        reasons.push(
            "whether throughput follows the load, because nothing succeeds at the lowest level"
                .to_owned(),
        );
    }
    let has_tail = |level: &&knee::Level| {
        let mut whole = level.tails.iter().take(TAILS.len());
        whole.any(Option::is_some)
    };
    let with = levels.iter().filter(has_tail).count();
    if !levels.last().as_ref().is_some_and(has_tail) {
        reasons.push(
            "whether latency blows up at the highest level, where no p95 is known well enough"
                .to_owned(),
        );
    } else if with < 2 {
        reasons.push(
            "whether latency blows up, because no level below the highest has a p95 that is known well enough"
                .to_owned(),
        );
    }
    reasons
}

/// What `stats::knee` asks of each level.
fn levels(series: &Series, latencies: &[Vec<Vec<Option<Middle>>>]) -> Vec<knee::Level> {
    let known = is_asked_for_saturation(series);
    let of_group = |(group, of_labels): (&_, &Vec<Vec<Option<Middle>>>)| {
        let asked = level::asked(group);
        let mean = of_labels
            .first()
            .and_then(|whole| whole.get(MEAN)?.as_ref());
        let tails = of_labels.iter().flat_map(|of| {
            TAILS.map(|(place, _)| {
                let found = of.get(place)?.as_ref()?;
                let error = found.error.filter(|_| found.support != Support::None)?;
                Some(Tail {
                    log: found.log,
                    error,
                })
            })
        });
        let failures = level::failed(group).filter(|(_, counted)| *counted > 0);
        let failures = failures.map_or(0.0, |(failures, counted)| failures as f64 / counted as f64);
        let fails = fails(group, series.groups.first());
        // Where nobody counts successes over time, only latencies are asked, and whether requests fail.
        let untimed = if fails {
            asked * (1.0 - failures)
        } else {
            asked
        };
        knee::Level {
            load: group.mean,
            peak: group.top(),
            asked,
            goodput: level::goodput(group).filter(|_| known).unwrap_or(untimed),
            error: level::goodput_error(group).filter(|_| known).unwrap_or(0.0),
            between: level::goodput_between(group),
            answered: level::answered_surely(group).filter(|_| known),
            failures,
            fails,
            flow: level::flow(group).filter(|_| known),
            mean: mean.map(|mean| mean.value),
            tails: tails.collect(),
        }
    };
    series.groups.iter().zip(latencies).map(of_group).collect()
}

/// Standard errors beyond which a share of failures is larger than another.
const SURE: f64 = 3.0;
/// Share of failures from which a level is not good, and by which it may not exceed the lowest one.
const FAILING: f64 = 0.05;

/// Whether more requests fail than at the lowest level, by more than chance and five points.
fn fails(group: &Group, first: Option<&Group>) -> bool {
    let share = |group: &Group| {
        let (failures, counted) = level::failed(group).filter(|(_, counted)| *counted > 0)?;
        let (share, n) = (failures as f64 / counted as f64, counted as f64);
        Some((share, share * (1.0 - share) / n))
    };
    let pair = share(group).zip(first.and_then(share));
    pair.is_some_and(|(here, there)| here.0 - there.0 - SURE * (here.1 + there.1).sqrt() > FAILING)
}

/// A tail that stays within a millisecond blows nothing up.
fn drop_trifles(levels: &mut [knee::Level]) {
    let tails = levels
        .iter()
        .map(|level| level.tails.len())
        .min()
        .unwrap_or(0);
    for place in 0..tails {
        let known = || {
            let at = levels.iter().filter_map(|level| *level.tails.get(place)?);
            at.map(|tail| tail.log.exp())
        };
        let most = known().fold(0.0, f64::max);
        let least = known().fold(f64::INFINITY, f64::min);
        if most - least < LEAST_MS {
            for level in levels.iter_mut() {
                if let Some(tail) = level.tails.get_mut(place) {
                    *tail = None;
                }
            }
        }
    }
}

/// Puts a tail of the whole into a column of its own from each level on at which only the mix moves it: levels of two columns are not
/// compared. The names of the new columns; whether endpoints are asked somewhere that the level below lacks.
fn part_mixed(levels: &mut [knee::Level], mixes: &Mixes) -> (Vec<&'static str>, bool) {
    let mut columns = Vec::new();
    let mut others = false;
    for (tail, (percentile, name)) in TAILS.into_iter().enumerate() {
        let mut part = 0;
        let parts: Vec<usize> = (0..levels.len())
            .map(|place| {
                let why = mixes.why(place, percentile);
                others |= why == Some(Why::Others);
                part += usize::from(why.is_some());
                part
            })
            .collect();
        for of in 1..=part {
            columns.push(name);
            for (level, own) in levels.iter_mut().zip(&parts) {
                let moved = level.tails.get_mut(tail).filter(|_| *own == of);
                let moved = moved.and_then(Option::take);
                level.tails.push(moved);
            }
        }
    }
    (columns, others)
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
        evidence = evidence.with(words::POWER_HIGHEST_AT, *at, Unit::AsGiven);
    }
    let p95 = series
        .groups
        .iter()
        .zip(latencies)
        .map(|(group, of_labels)| {
            let found = of_labels.first()?.get(1)?.as_ref()?;
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
        evidence = evidence.with(words::BEND_AT, bend.at, Unit::AsGiven).with(
            words::BEND_P_VALUE,
            bend.p_value,
            Unit::Ratio,
        );
    }
    let curve: Vec<(f64, f64)> = p95.iter().map(|(load, log)| (*load, log.exp())).collect();
    if let Some(knee) = kneedle(&curve, Shape::ConvexIncreasing) {
        evidence = evidence.with(words::KNEEDLE_AT, knee.x, Unit::AsGiven);
    }
    evidence
}
