//! Capacity inside the tested range, efficiency, Amdahl's serial part, and the Universal Scalability Law.

use std::collections::BTreeMap;

use crate::findings::report::Interval;
use crate::findings::scaling::level::{asked, goodput, goodput_between, goodput_error};
use crate::findings::scaling::series::{Group, Series};
use crate::findings::scaling::{Capacity, Criterion, Efficiency, Knee, LevelOf, Usl};
use crate::stats::student::Reference;
use crate::stats::usl::{self, Estimate, NoFit, NoPeak, Weights};

/// Points of the fitted curve.
const POINTS: u32 = 49;
/// Growth below this is none.
const GROWS: f64 = 0.05;

/// The largest goodput, and whether it stops growing inside the range.
pub(super) fn capacity(series: &Series, knee: Option<&Knee>) -> Option<Capacity> {
    let rates: Option<Vec<(f64, f64)>> = series
        .groups
        .iter()
        .map(|group| Some((group.mean, goodput(group)?)))
        .collect();
    let rates = rates.filter(|rates| rates.len() > 1)?;
    let (at, most) = rates
        .iter()
        .copied()
        .max_by(|one, other| one.1.total_cmp(&other.1))?;
    let saturated = knee.is_some_and(|knee| knee.criterion == Some(Criterion::Saturation));
    let before_last = rates.iter().rev().nth(1).map_or(0.0, |(_, rate)| *rate);
    let stops = most <= (1.0 + GROWS) * before_last;
    Some(Capacity {
        goodput_per_s: Some(most),
        at: Some(at),
        within_range: saturated || stops,
    })
}

/// How far the knee lies above the last good level; not where all that is known of it is between what it lies.
pub(super) fn headroom(series: &Series, knee: Option<&Knee>) -> Option<f64> {
    let knee = knee.filter(|knee| knee.found && knee.method.as_deref() != Some("middle"))?;
    let good = knee.last_good.filter(|good| *good > 0.0)?;
    let top = series.groups.iter().find(|group| group.mean >= good)?.top();
    Some(knee.level? / top - 1.0).filter(|room| *room >= 0.0)
}

/// Goodput per unit of level over that of the lowest level, with the spread between runs that is assumed.
pub(super) fn efficiency(series: &Series) -> Vec<Efficiency> {
    let per_unit = |group: &Group| {
        let rate = goodput(group).filter(|rate| *rate > 0.0)?;
        let error = goodput_error(group).map(|error| error.hypot(goodput_between(group)));
        Some((rate, rate / asked(group), error))
    };
    let Some((base_rate, base, base_error)) = series.groups.first().and_then(per_unit) else {
        return Vec::new();
    };
    let reach = Reference::Normal.beyond(0.025);
    let of_group = |group: &Group| {
        let (rate, own, error) = per_unit(group)?;
        let value = own / base;
        let is_base = std::ptr::eq(group, series.groups.first()?);
        let error = error
            .zip(base_error)
            .map(|(own, base)| reach * own.hypot(base));
        Some(Efficiency {
            level: group.mean,
            value,
            speed_up: Some(rate / base_rate),
            interval: error.filter(|_| !is_base).map(|error| Interval {
                lo: Some(value * (-error).exp()),
                hi: Some(value * error.exp()),
                level: 0.95,
            }),
        })
    };
    series.groups.iter().filter_map(of_group).collect()
}

/// The part of the work that does not get faster with more of what serves: `(k / S - 1) / (k - 1)`.
pub(super) fn amdahl(series: &Series, efficiency: &[Efficiency]) -> Option<f64> {
    if series.of != LevelOf::Resources {
        return None;
    }
    let (first, last) = (efficiency.first()?, efficiency.last()?);
    let k = last.level / first.level;
    let serial = (k / last.speed_up? - 1.0) / (k - 1.0);
    (k > 1.0 && (0.0..=1.0).contains(&serial)).then_some(serial)
}

/// The fitted law, and why there is none or no peak of it.
pub(super) fn usl(series: &Series) -> (Option<Usl>, Option<String>) {
    if !matches!(
        series.of,
        LevelOf::Users | LevelOf::Resources | LevelOf::Stated
    ) {
        // Rates are answered in full until they are not: the law has nothing to add.
        return (None, None);
    }
    let levels: Option<Vec<usl::Level>> = series
        .groups
        .iter()
        .map(|group| {
            Some(usl::Level {
                load: group.mean,
                rate: goodput(group)?,
            })
        })
        .collect();
    let Some(levels) = levels else {
        let reason = "successes are not counted at every level";
        return (None, Some(reason.to_owned()));
    };
    match usl::fit(&levels, Weights::Equal) {
        Err(reason) => (None, Some(no_fit(reason).to_owned())),
        Ok(found) => {
            let reason = found.peak.as_ref().err().map(|reason| no_peak(*reason));
            (Some(drawn(&found, &levels)), reason.map(str::to_owned))
        }
    }
}

fn drawn(found: &usl::Usl, levels: &[usl::Level]) -> Usl {
    let loads = || levels.iter().map(|level| level.load);
    let least = loads().fold(f64::INFINITY, f64::min);
    let most = loads().fold(0.0, f64::max);
    let peak = found.peak.ok();
    let interval = |of: Option<(f64, f64)>| {
        of.map(|(lo, hi)| Interval {
            lo: Some(lo),
            hi: Some(hi),
            level: 0.95,
        })
    };
    let named = |name: &str, of: &Estimate| Some((name.to_owned(), interval(of.interval)?));
    let mut intervals: BTreeMap<String, Interval> = [
        named("lambda", &found.lambda),
        named("sigma", &found.sigma),
        named("kappa", &found.kappa),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(found) = peak.and_then(|peak| interval(Some(peak.interval))) {
        intervals.insert("peak_load".to_owned(), found);
    }
    let at = |place: u32| {
        let load = least + (most - least) * f64::from(place) / f64::from(POINTS - 1);
        Some((load, found.rate(load)?))
    };
    Usl {
        lambda: found.lambda.value,
        sigma: found.sigma.value,
        kappa: found.kappa.value,
        peak_load: peak.map(|peak| peak.load),
        peak_rate: peak.map(|peak| peak.rate),
        intervals,
        in_range: peak.is_some_and(|peak| (least..=most).contains(&peak.load)),
        curve: (0..POINTS).filter_map(at).collect(),
    }
}

fn no_fit(reason: NoFit) -> &'static str {
    match reason {
        NoFit::FewLoads => "it takes four different levels",
        NoFit::NotPositive => "at some level nothing succeeded",
        NoFit::Unbounded => {
            "the rates fall or stay from the lowest level on, so that nothing tells the rate of a single unit of load"
        }
        NoFit::Search(_) => "no parameters fit these rates",
    }
}

fn no_peak(reason: NoPeak) -> &'static str {
    match reason {
        NoPeak::FewLoads => "no peak is told: that takes six different levels",
        NoPeak::KappaOnBound => "no peak in the data: kappa is 0",
        NoPeak::KappaMayBeZero => "no peak in the data: the interval of kappa holds 0",
        NoPeak::NoGain => "no peak: any load beyond the first lowers the rate",
    }
}
