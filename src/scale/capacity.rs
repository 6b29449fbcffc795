//! Capacity inside the tested range, efficiency, Amdahl's serial part, and the Universal Scalability Law.

use std::collections::BTreeMap;

use crate::report::Interval;
use crate::report::scaling::KneeMethod;
use crate::report::scaling::{Capacity, Criterion, Efficiency, Knee, LevelOf, Usl};
use crate::scale::level::{asked, goodput, goodput_between, goodput_error};
use crate::scale::series::{Group, Series};
use crate::stats::student::Reference;
use crate::stats::usl::{self, Estimate, NoFit, NoPeak, Weights};

/// Room that is worth a word.
const LEAST_ROOM: f64 = 0.01;
/// Points of the fitted curve.
const POINTS: u32 = 49;

/// The largest goodput, and whether it stops following the load inside the range.
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
    let is_found = knee.is_some_and(|knee| knee.criterion == Some(Criterion::Saturation));
    let last = series.groups.last()?;
    // Less at the highest level than at a lower one, beyond chance.
    let best = series.groups.iter().find(|group| group.mean >= at)?;
    let error = goodput_error(best)?.hypot(goodput_error(last)?);
    let falls = goodput(last)? > 0.0 && (most / goodput(last)?).ln() > 2.0 * error;
    let stops = is_found || (at < last.mean && falls);
    Some(Capacity {
        goodput_per_s: Some(most),
        at: Some(at),
        within_range: stops,
    })
}

/// How far the knee lies above the last good level; not where all that is known of it is between what it lies.
pub(super) fn headroom(series: &Series, knee: Option<&Knee>) -> Option<f64> {
    let knee = knee.filter(|knee| knee.found && knee.method != Some(KneeMethod::Middle))?;
    let good = knee.last_good.filter(|good| *good > 0.0)?;
    let top = series.groups.iter().find(|group| group.mean >= good)?.top();
    // At the upper end it is broken already: how far below it the knee lies is not known.
    let end = knee.interval.and_then(|interval| interval.hi);
    let level = knee
        .level
        .filter(|level| end.is_none_or(|end| *level < end))?;
    Some(level / top - 1.0).filter(|room| *room >= LEAST_ROOM)
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

/// The part of the work that does not get faster with more of what serves, from `n1` to `n2` of it and the speed-up `S`:
/// `(1 / n1 - S / n2) / (S - 1 - S / n2 + 1 / n1)`, which from one is `(n2 / S - 1) / (n2 - 1)`.
pub(super) fn amdahl(series: &Series, efficiency: &[Efficiency]) -> Option<f64> {
    if series.of != LevelOf::Resources {
        return None;
    }
    let (first, last) = (efficiency.first()?, efficiency.last()?);
    let (few, many, speed_up) = (first.level, last.level, last.speed_up?);
    let missing = 1.0 / few - speed_up / many;
    let serial = missing / (speed_up - 1.0 + missing);
    (many > few && (0.0..=1.0).contains(&serial)).then_some(serial)
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
    let lowest = levels.iter().find(|level| level.load <= least);
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
        lowest_per_unit: lowest.map(|level| level.rate / level.load),
        lambda_in_range: (least..=most).contains(&1.0),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::Evidence;
    use crate::scale::load::Loaded;
    use crate::scale::sample::{Counted, Sample};
    use crate::scale::testing::knee;

    /// Levels with so much goodput a second, over 100 s.
    fn series(of: LevelOf, rates: &[(f64, u32)]) -> Series<'static> {
        let group = |(load, rate): &(f64, u32)| Group {
            mean: *load,
            peak: None,
            stated: None,
            samples: vec![Sample {
                run: "run",
                load: Loaded {
                    of,
                    mean: *load,
                    peak: None,
                    window: None,
                },
                stated: None,
                stretch: None,
                settling: None,
                flow: None,
                counted: Some(Counted {
                    seconds: 100.0,
                    arrivals: None,
                    sent: None,
                    answered: None,
                    successes: u64::from(*rate) * 100,
                    error: None,
                }),
                is_windowed: true,
                failed: None,
                sources: Vec::new(),
            }],
        };
        Series {
            scenario: "shop",
            level_name: "load".to_owned(),
            of,
            is_closed: of == LevelOf::Users,
            is_untold: false,
            groups: rates.iter().map(group).collect(),
            left_out: Vec::new(),
            remarks: Vec::new(),
            spawned: BTreeSet::new(),
        }
    }

    #[test]
    fn what_still_grows_is_no_capacity() {
        let within = |rates: &[(f64, u32)], knee: Option<&Knee>| {
            let series = series(LevelOf::Arrivals, rates);
            capacity(&series, knee).map(|found| (found.goodput_per_s, found.at, found.within_range))
        };
        let grows = [(1.0, 10), (2.0, 20), (4.0, 40)];
        assert_eq!(within(&grows, None), Some((Some(40.0), Some(4.0), false)));
        // That it hardly grows does not show that it stops.
        let hardly = [(1.0, 100), (2.0, 105)];
        assert_eq!(within(&hardly, None), Some((Some(105.0), Some(2.0), false)));
        let grows = [(1.0, 100), (2.0, 106)];
        assert_eq!(within(&grows, None), Some((Some(106.0), Some(2.0), false)));
        let falls = [(1.0, 10), (2.0, 20), (4.0, 5)];
        assert_eq!(within(&falls, None), Some((Some(20.0), Some(2.0), true)));
        // A blow-up is no end of goodput, saturation is.
        let blown = knee(Criterion::BlowUp, [1.0, 2.0], 1.5, 1.0);
        assert_eq!(
            within(&grows, Some(&blown)).map(|found| found.2),
            Some(false)
        );
        let full = knee(Criterion::Saturation, [1.0, 2.0], 1.5, 1.0);
        assert_eq!(within(&grows, Some(&full)).map(|found| found.2), Some(true));
        assert_eq!(within(&grows[..1], None), None);
    }

    #[test]
    fn headroom_is_from_the_peak_of_the_last_good_level_to_a_knee_that_is_known() {
        let mut series = series(LevelOf::Arrivals, &[(1.0, 10), (2.0, 20), (8.0, 30)]);
        let mut found = knee(Criterion::Saturation, [2.0, 8.0], 5.0, 2.0);
        assert_eq!(headroom(&series, Some(&found)), Some(1.5));
        series.groups[1].peak = Some(4.0);
        assert_eq!(headroom(&series, Some(&found)), Some(0.25));
        found.method = Some(KneeMethod::Middle);
        assert_eq!(headroom(&series, Some(&found)), None);
        found.method = None;
        found.level = Some(3.0);
        assert_eq!(headroom(&series, Some(&found)), None, "below what was good");
        found.found = false;
        assert_eq!(headroom(&series, Some(&found)), None);
        assert_eq!(headroom(&series, None), None);
        assert_eq!(found.evidence, Evidence::new());
    }

    #[test]
    fn efficiency_has_the_assumed_spread_of_both_levels_in_its_interval() {
        let series = series(LevelOf::Resources, &[(1.0, 100), (2.0, 180)]);
        let found = efficiency(&series);
        assert_eq!(found[0].interval, None);
        assert!((found[1].value - 0.9).abs() < 1e-12);
        // 3 % between runs at each level, and chance of 10 000 and 18 000.
        let error = (2.0 * 0.0009 + 1.0 / 10_000.0 + 1.0 / 18_000.0_f64).sqrt();
        let interval = found[1].interval.unwrap();
        let reach = |end: Option<f64>| (end.unwrap() / 0.9).ln();
        assert!((reach(interval.hi) - 1.959_964 * error).abs() < 1e-6);
        assert!((reach(interval.lo) + 1.959_964 * error).abs() < 1e-6);
    }

    #[test]
    fn amdahl_is_asked_of_what_serves_alone() {
        let rates = [(1.0, 100), (4.0, 200)];
        let serial = |of| {
            let series = series(of, &rates);
            amdahl(&series, &efficiency(&series))
        };
        // (4 / 2 - 1) / 3
        assert!((serial(LevelOf::Resources).unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(serial(LevelOf::Users), None);
        let faster = series(LevelOf::Resources, &[(1.0, 100), (2.0, 210)]);
        assert_eq!(amdahl(&faster, &efficiency(&faster)), None, "below 0");
    }

    #[test]
    fn the_law_is_asked_of_no_rate() {
        let rates = [(1.0, 10), (2.0, 19), (4.0, 31), (8.0, 35)];
        assert_eq!(usl(&series(LevelOf::Arrivals, &rates)), (None, None));
        assert!(usl(&series(LevelOf::Users, &rates)).0.is_some());
        let mut unknown = series(LevelOf::Users, &rates);
        unknown.groups[1].samples[0].counted = None;
        let (law, reason) = usl(&unknown);
        assert_eq!(law, None);
        assert!(reason.unwrap().contains("not counted at every level"));
        let (law, reason) = usl(&series(
            LevelOf::Users,
            &[(1.0, 10), (2.0, 19), (4.0, 0), (8.0, 35)],
        ));
        assert_eq!(law, None);
        assert!(reason.unwrap().contains("nothing succeeded"));
    }
}
