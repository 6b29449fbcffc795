//! V40: the latency rises while the load is steady, or the run holds several load levels.

use crate::figures::side::half_width;
use crate::load::steady::{Level, Steadiness, levels_in_words, steadiness};
use crate::model::{MetricId, Millis, Percentile, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::run::v39_warm_up_inside::LEVELS_HINT;
use crate::rules::shared::{Stretch, chance, median_of, stretches};
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::stats::trend::mann_kendall;
use crate::text::number;

/// Fewest slices that a trend is looked for in.
const SLICES: usize = 6;

/// Above this probability a trend may be chance.
const CHANCE: f64 = 0.01;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V40,
    effects: "warn / note",
    limit: Some((1.2, "median of the last third divided by that of the first")),
    text: "\
Asks whether the latency keeps rising during the steady phase.
Fires when the medians of the slices have a trend (Mann-Kendall test, p < 0.01) and the last third is more than
1.2 times the first, beyond the resolution. Needs 6 slices with 20 samples or more; without such a steady phase, all count.
Example: p50 of 20 ms in the first minutes and 30 ms in the last: a longer run would report a higher figure.
Only a note where the load rises too, or the run holds several load levels (none twice as long as every other):
percentiles over the whole run mix them, and the load series says so. Queues, caches and memory that grow look like a rise.
What to do: run until it levels off, or look at resources and backlog beside it.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let found = steadiness(context.run);
    let phase = match found {
        Steadiness::Phase(start, end) => Some((start, end)),
        _ => None,
    };
    let levels = match found {
        Steadiness::Levels(levels) => levels,
        _ => Vec::new(),
    };
    rise(context, phase, &levels)
        .or_else(|| mixed(context, &levels))
        .into_iter()
        .collect()
}

/// Several levels, whatever the latency does over them.
fn mixed(context: &RunContext, levels: &[Level]) -> Option<Fired> {
    context.run.overall.primary()?;
    let loads = || levels.iter().map(|level| level.load);
    let (least, most) = (loads().reduce(f64::min)?, loads().reduce(f64::max)?);
    let evidence = Evidence::new()
        .count("levels", levels.len() as u64)
        .with("lowest_level", least, Unit::AsGiven)
        .with("highest_level", most, Unit::AsGiven);
    let message = format!("{}.", sentence(levels));
    Some(
        Fired::new(Effect::Note, message, evidence)
            .on(MetricId::quantile(Percentile::P50))
            .hint(LEVELS_HINT),
    )
}

fn sentence(levels: &[Level]) -> String {
    format!(
        "The run holds {}: percentiles over the whole run mix them",
        levels_in_words(levels)
    )
}

/// A latency that keeps rising.
fn rise(context: &RunContext, steady: Option<(f64, f64)>, levels: &[Level]) -> Option<Fired> {
    let inside =
        |slice: &Stretch| steady.is_none_or(|(start, end)| (start..=end).contains(&slice.middle()));
    let mut all = stretches(context.run);
    // A steady phase too short for a trend stands in a run of other loads: then the whole run is asked.
    if all.iter().filter(|slice| inside(slice)).count() >= SLICES {
        all.retain(inside);
    }
    if all.len() < SLICES {
        return None;
    }
    let medians: Vec<f64> = all.iter().map(|slice| slice.p50).collect();
    let trend = mann_kendall(&medians);
    let third = all.len() / 3;
    let first: Vec<&Stretch> = all.iter().take(third).collect();
    let last: Vec<&Stretch> = all.iter().skip(all.len() - third).collect();
    let (before, after) = (median_of(&first)?, median_of(&last)?);
    let latency = all.first()?.latency;
    let error = half_width(latency, Millis(before)) + half_width(latency, Millis(after));
    let rises = before > 0.0 && after / before > context.limit && after - before > error;
    if trend.s <= 0 || trend.p_value >= CHANCE || !rises {
        return None;
    }
    let (from, to) = (all.first()?.start.max(0.0), all.last()?.end);
    let load = load_of(&first).zip(load_of(&last));
    let load = load.filter(|(before, after)| *before > 0.0 && after / before > context.limit);
    let mut message = format!(
        "p50 rises from {} in the first third to {} in the last, {}, over {} (Mann-Kendall p {}): the run is not steady.",
        number::millis(before),
        number::millis(after),
        number::times(after / before),
        number::plural(all.len() as u64, "slice"),
        chance(trend.p_value),
    );
    let mut evidence = Evidence::new()
        .with("first_third_p50", before, Unit::Millis)
        .with("last_third_p50", after, Unit::Millis)
        .with("ratio", after / before, Unit::Factor)
        .with("p_value", trend.p_value, Unit::AsGiven)
        .with("from", from, Unit::Seconds)
        .with("to", to, Unit::Seconds)
        .count("slices", all.len() as u64);
    let rising = load.is_some();
    if let Some((before, after)) = load {
        evidence = evidence
            .with("first_third_load", before, Unit::AsGiven)
            .with("last_third_load", after, Unit::AsGiven);
        message = format!(
            "{message} The load rises too, {}.",
            number::times(after / before)
        );
    }
    let (effect, hint) = if rising || !levels.is_empty() {
        (Effect::Note, LEVELS_HINT)
    } else {
        let hint =
            "Run until the latency levels off, and look at queues, pools and memory beside it.";
        (Effect::Warn, hint)
    };
    if !levels.is_empty() {
        evidence = evidence.count("levels", levels.len() as u64);
        message = format!("{message} {}.", sentence(levels));
    }
    Some(
        Fired::new(effect, message, evidence)
            .on(MetricId::quantile(Percentile::P50))
            .hint(hint),
    )
}

/// Mean of the load, where every slice has it.
fn load_of(slices: &[&Stretch]) -> Option<f64> {
    let loads: Option<Vec<f64>> = slices.iter().map(|slice| slice.load).collect();
    let loads = loads.filter(|loads| !loads.is_empty())?;
    Some(loads.iter().sum::<f64>() / loads.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LoadModel;
    use crate::rules::testing::{ask, ramp, sliced};

    #[test]
    fn a_steady_rise_fires() {
        let medians: Vec<f64> = (0..12).map(|n| 20.0 + f64::from(n)).collect();
        let fired = ask(&RULE, &sliced(&medians));
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Warn);
        assert!(
            fired[0]
                .message
                .starts_with("p50 rises from 21 ms in the first third to 29 ms in the last, 1.38x, over 12 slices"),
            "{}",
            fired[0].message
        );
        assert_eq!(fired[0].evidence.get("slices"), Some(12.0));
        assert!(fired[0].message.ends_with("the run is not steady."));
    }

    #[test]
    fn a_rising_load_is_said() {
        let medians: Vec<f64> = (0..12).map(|n| 20.0 + f64::from(n)).collect();
        let mut given = sliced(&medians);
        // Nothing but a ramp: no steady phase is known.
        given.load.model = Some(LoadModel::Open);
        given.load.phases.push(ramp(0.0, 120.0));
        for (slice, n) in given.timeline.iter_mut().zip(1_u64..) {
            slice.arrivals = Some(10 * n);
        }
        let fired = ask(&RULE, &given);
        assert!(
            fired[0].message.ends_with("The load rises too, 4.2x.")
                && fired[0].effect == Effect::Note,
            "{}",
            fired[0].message
        );
        assert_eq!(fired[0].evidence.get("first_third_load"), Some(2.5));
        assert!(
            fired[0]
                .hint
                .as_deref()
                .unwrap()
                .contains("several load levels")
        );
    }

    #[test]
    fn steps_of_users_are_said_though_the_latency_stays() {
        let mut given = sliced(&[20.0; 12]);
        assert!(ask(&RULE, &given).is_empty());
        for (slice, place) in given.timeline.iter_mut().zip(0..) {
            slice.users = Some([5.0, 20.0, 80.0][place / 4]);
        }
        let fired = ask(&RULE, &given);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Note);
        assert_eq!(
            fired[0].message,
            "The run holds 3 load levels, from 5 to 80 users: percentiles over the whole run mix them."
        );
        assert_eq!(fired[0].evidence.get("levels"), Some(3.0));
        // A warm-up at fewer users does not make the run one of several levels.
        for slice in given.timeline.iter_mut().skip(4) {
            slice.users = Some(80.0);
        }
        assert!(ask(&RULE, &given).is_empty());
    }

    #[test]
    fn arrivals_are_the_load_of_an_open_run_and_not_the_users_inside() {
        // Users pile up behind a slow system; as many arrive as before.
        let medians: Vec<f64> = (0..12).map(|n| 20.0 + 10.0 * f64::from(n)).collect();
        let mut given = sliced(&medians);
        given.load.model = Some(LoadModel::Open);
        for (slice, n) in given.timeline.iter_mut().zip(1_u32..) {
            slice.arrivals = Some(80);
            slice.users = Some(f64::from(40 * n));
        }
        let fired = ask(&RULE, &given);
        assert!(fired[0].message.ends_with("the run is not steady."));
        assert_eq!(fired[0].evidence.get("first_third_load"), None);
    }

    #[test]
    fn noise_a_small_rise_a_fall_and_few_slices_are_silent() {
        for medians in [
            vec![20.0, 30.0, 21.0, 29.0, 22.0, 20.0, 31.0, 20.0],
            (0..12).map(|n| 20.0 + 0.2 * f64::from(n)).collect(),
            (0..12).map(|n| 40.0 - f64::from(n)).collect(),
            vec![20.0, 30.0, 40.0, 50.0, 60.0],
        ] {
            assert!(ask(&RULE, &sliced(&medians)).is_empty(), "{medians:?}");
        }
    }

    #[test]
    fn thirds_apart_without_a_rising_trend_are_silent() {
        // The last third is 1.3 times the first, and no trend leads there.
        let jumpy = [20.0, 20.0, 20.0, 60.0, 5.0, 60.0, 26.0, 26.0, 27.0];
        assert!(mann_kendall(&jumpy).s > 0);
        assert!(ask(&RULE, &sliced(&jumpy)).is_empty());
        // The same, with a trend that falls: 100, then 10, then 50, then 13 ms.
        let falling: Vec<f64> = [(100.0, 5), (10.0, 5), (50.0, 10), (13.0, 10)]
            .into_iter()
            .flat_map(|(from, slices)| (0..slices).map(move |n| from - 0.01 * f64::from(n)))
            .collect();
        let trend = mann_kendall(&falling);
        assert!(trend.s < 0 && trend.p_value < CHANCE, "{trend:?}");
        assert!(ask(&RULE, &sliced(&falling)).is_empty());
    }

    #[test]
    fn a_rise_during_a_declared_ramp_is_the_load() {
        let mut medians: Vec<f64> = (0..6).map(|n| 10.0 + 2.0 * f64::from(n)).collect();
        medians.extend([20.0; 6]);
        let mut given = sliced(&medians);
        assert_eq!(ask(&RULE, &given).len(), 1);
        given.load.phases.push(ramp(0.0, 60.0));
        assert!(ask(&RULE, &given).is_empty());
    }
}
