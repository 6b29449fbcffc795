//! The words for a series: its answer, its levels, its classes. Section, headline and charts say the same because they ask here.
//!
//! Nothing is praised and no cause is named; what was not tested is said to be untested.

use crate::report::scaling::{Criterion, Knee, Level, LevelOf, Scaling, Step, StepClass};
use crate::report::scaling::{KneeMethod, StepReason};
use crate::text::escape::{shorten, visible};
use crate::text::number::{plural, rate, significant, times};

/// Evidence of a knee by saturation: goodput at the plateau.
pub const PLATEAU: &str = "plateau";
/// The most sessions that completed per second, where they are counted.
pub(crate) const COMPLETED: &str = "completed_per_s";
/// Evidence of a knee by saturation: goodput of a unit of load at the lowest levels.
pub const PER_UNIT: &str = "per_unit";
/// Evidence of a knee: the first level beyond it.
pub const BROKEN_AT: &str = "broken_at";
/// Evidence beside a knee: where two lines through the logarithms of p95 bend.
pub const BEND_AT: &str = "bend_at";
/// Evidence beside a knee: the chance of such a bend in a straight line.
pub const BEND_P_VALUE: &str = "bend_p_value";
/// Evidence beside a knee: the level that Kneedle names on p95.
pub const KNEEDLE_AT: &str = "kneedle_at";
/// Evidence beside a knee: the level at which goodput over mean latency is highest.
pub const POWER_HIGHEST_AT: &str = "power_highest_at";

/// Answered below this share of what is offered, a level is behind.
const BEHIND: f64 = 0.95;

/// A share of which no more than two digits are known: `80 %`, `5.6 %`.
pub fn about(share: f64) -> String {
    format!("{} %", significant(share * 100.0, 2))
}

/// A load: `4/s`, `40 users`, `4 instances`, `4`.
pub fn level(scaling: &Scaling, value: f64) -> String {
    load(scaling, bare(value))
}

/// A load without what it counts.
pub fn bare(value: f64) -> String {
    significant(value, 3)
}

fn load(scaling: &Scaling, figure: String) -> String {
    match scaling.level_of {
        LevelOf::Arrivals | LevelOf::Requests => format!("{figure}/s"),
        LevelOf::Users if figure == "1" => "1 user".to_owned(),
        LevelOf::Users => format!("{figure} users"),
        LevelOf::Stated => figure,
        LevelOf::Resources => {
            let one = scaling.level_name.trim_end_matches(['s', 'S']);
            let many = if figure == "1" { "" } else { "s" };
            format!("{figure} {}{many}", shown(one))
        }
    }
}

/// A level: its load, and the peak where the load moved: `1.5/s (peak 2/s)`.
pub fn of_level(scaling: &Scaling, of: &Level) -> String {
    let mean = level(scaling, of.value);
    match of.peak {
        Some(peak) => format!("{mean} (peak {})", level(scaling, peak)),
        None => mean,
    }
}

/// The level of that load, or else the one whose peak it is.
pub fn level_at(scaling: &Scaling, load: f64) -> Option<&Level> {
    let same = |other: f64| (other - load).abs() <= 1e-9 * load.abs();
    let levels = &scaling.levels;
    let by_mean = levels.iter().find(|of| same(of.value));
    by_mean.or_else(|| levels.iter().find(|of| of.peak.is_some_and(same)))
}

/// What stands between a load and its latency: `load`, or the name of what serves.
fn what(scaling: &Scaling) -> String {
    match scaling.level_of {
        LevelOf::Resources => shown(&scaling.level_name),
        _ => "load".to_owned(),
    }
}

/// Whether a level asks for so many requests whatever the answers: users wait for theirs, and what serves asks for none.
pub fn is_offered(scaling: &Scaling) -> bool {
    !matches!(scaling.level_of, LevelOf::Users | LevelOf::Resources)
}

/// How a latency follows the load: the class in a word or two, and what it means.
pub fn class(scaling: &Scaling, step: &Step) -> (&'static str, String) {
    let load = what(scaling);
    let why = |reason| step.is_because(reason);
    match step.class {
        StepClass::Flat if why(StepReason::Falls) => {
            ("falling", format!("falls as the {load} grows"))
        }
        StepClass::Flat => ("flat", format!("does not move with the {load}")),
        StepClass::SubLinear => ("sub-linear", format!("grows less than the {load}")),
        StepClass::Linear if scaling.level_of == LevelOf::Users => {
            ("linear", format!("in proportion to the {load}"))
        }
        StepClass::Linear => (
            "linear",
            format!("in proportion to the {load}, which is queueing already"),
        ),
        StepClass::SuperLinear => (
            "super-linear",
            format!("grows more than in proportion to the {load}"),
        ),
        StepClass::BlowUp if is_by_size(step) => (
            "blow-up by size",
            "not proven: too few requests, or too wide an interval".to_owned(),
        ),
        StepClass::BlowUp => ("blow-up", format!("grows far more than the {load}")),
        StepClass::Undecided if why(StepReason::Ramp) => {
            ("undecided (ramp)", "run constant rates".to_owned())
        }
        StepClass::Undecided if why(StepReason::Mix) => (
            "undecided (mix)",
            "more requests to endpoints that are as fast as before".to_owned(),
        ),
        StepClass::Undecided if why(StepReason::OtherMix) => (
            "undecided (mix)",
            "endpoints that the lower level lacks or hardly asks".to_owned(),
        ),
        StepClass::Undecided if why(StepReason::Thin) => {
            ("undecided", "too few requests".to_owned())
        }
        StepClass::Undecided if why(StepReason::BelowFloor) => (
            "undecided",
            "less than 1 ms more, which nobody notices".to_owned(),
        ),
        StepClass::Undecided if why(StepReason::NoError) => (
            "undecided",
            "the input does not say how certain the figures are".to_owned(),
        ),
        StepClass::Undecided => (
            "undecided",
            "the interval allows more than one class".to_owned(),
        ),
    }
}

/// A step by the means of its loads, in as little room as can be: `1 to 1.5`.
pub fn step_of_means(step: &Step) -> String {
    format!("{} to {}", bare(step.from), bare(step.to))
}

/// A step from one level to the next: `1/s to 1.5/s (peak 2/s)`.
pub fn step(scaling: &Scaling, step: &Step) -> String {
    let end = |load: f64| {
        level_at(scaling, load).map_or_else(|| level(scaling, load), |of| of_level(scaling, of))
    };
    format!("{} to {}", end(step.from), end(step.to))
}

/// The answer of a series, in one to three sentences.
pub fn answer(scaling: &Scaling) -> String {
    match &scaling.knee {
        None if scaling.level_of == LevelOf::Resources && scaling.levels.len() > 1 => {
            efficiency(scaling)
        }
        Some(knee) if knee.found => found(scaling, knee),
        Some(knee) => none(scaling, knee),
        None => too_few(scaling),
    }
}

fn found(scaling: &Scaling, knee: &Knee) -> String {
    let place = place(scaling, knee);
    let why = match knee.criterion {
        Some(Criterion::Saturation) => saturation(scaling, knee),
        Some(Criterion::BlowUp) => blow_up_at(scaling, knee),
        None => String::new(),
    };
    let before = if why.is_empty() { "" } else { ": " };
    format!(
        "The knee lies {place}{before}{why}.{}",
        last_good(scaling, knee)
    )
}

fn none(scaling: &Scaling, knee: &Knee) -> String {
    let highest = scaling.levels.last();
    let is_highest = |load: f64| level_at(scaling, load) == highest;
    let last = match knee.last_good {
        Some(load) if !is_highest(load) => last_good(scaling, knee),
        _ => String::new(),
    };
    let left_out = match scaling.left_out.len() as u64 {
        0 => String::new(),
        count => format!(" {} left out, see below.", plural(count, "run")),
    };
    if !knee.unasked.is_empty() {
        return format!(
            "No knee is shown from {}, and it could not be asked {}.{left_out}",
            range(scaling),
            knee.unasked.join("; nor ")
        );
    }
    format!(
        "No knee in the tested range, {}; what lies beyond it is not known.{left_out}{last}",
        range(scaling)
    )
}

/// What more of what serves brought.
fn efficiency(scaling: &Scaling) -> String {
    let ends = scaling.efficiency.first().zip(scaling.efficiency.last());
    let Some((first, last, speed_up)) =
        ends.and_then(|(first, last)| Some((first, last, last.speed_up?)))
    else {
        return format!("{}: goodput is not measured.", range(scaling));
    };
    format!(
        "At {} goodput is {} that at {}, {} of the ideal.",
        level(scaling, last.level),
        times(speed_up),
        level(scaling, first.level),
        about(last.value)
    )
}

fn too_few(scaling: &Scaling) -> String {
    match scaling.levels.as_slice() {
        [] => "No load level: none of the runs can be put in order of its load.".to_owned(),
        [only] => format!(
            "One load level ({}): growth takes at least two, a knee better five.",
            of_level(scaling, only)
        ),
        levels => format!(
            "{} ({}): too few to look for a knee; better are five.",
            plural(levels.len() as u64, "level"),
            range(scaling)
        ),
    }
}

/// What other methods say of the knee, which decides nothing: `None` where none says anything.
pub fn second_opinions(scaling: &Scaling) -> Option<String> {
    let knee = scaling.knee.as_ref()?;
    let at = |name: &str| {
        let load = knee.evidence.get(name)?;
        Some(load_about(scaling, load))
    };
    let bend = at(BEND_AT).map(|load| {
        let p = knee.evidence.get(BEND_P_VALUE);
        let p = p.map_or_else(String::new, |p| format!(" (p {})", significant(p, 2)));
        format!("two lines through p95 bend at {load}{p}")
    });
    let parts: Vec<String> = [
        bend,
        at(KNEEDLE_AT).map(|load| format!("Kneedle names {load}")),
        at(POWER_HIGHEST_AT).map(|load| format!("throughput over latency is highest at {load}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "Other methods, which decide nothing here: {}.",
            parts.join("; ")
        )
    })
}

/// A load that is a level by that level's name, any other with two digits.
fn load_about(scaling: &Scaling, value: f64) -> String {
    match level_at(scaling, value) {
        Some(of) => level(scaling, of.value),
        None => load(scaling, significant(value, 2)),
    }
}

/// The lowest and the highest level.
pub fn range(scaling: &Scaling) -> String {
    match (scaling.levels.first(), scaling.levels.last()) {
        (Some(first), Some(last)) if scaling.levels.len() > 1 => {
            let (from, to) = (level(scaling, first.value), of_level(scaling, last));
            match scaling.level_of {
                LevelOf::Users | LevelOf::Resources => format!("{} to {to}", bare(first.value)),
                _ => format!("{from} to {to}"),
            }
        }
        (Some(only), _) => of_level(scaling, only),
        _ => "no level".to_owned(),
    }
}

/// Between what the knee lies: `between 4/s and 8/s, at about 6.3/s`.
pub fn place(scaling: &Scaling, knee: &Knee) -> String {
    // No more than two digits are known of it.
    let about = |value: f64| load(scaling, significant(value, 2));
    let ends = knee.interval.map(|interval| (interval.lo, interval.hi));
    let Some((lo, hi)) = ends.filter(|(lo, hi)| lo.is_some() || hi.is_some()) else {
        let at = knee.level.map(|load| format!("at about {}", about(load)));
        return at.unwrap_or_else(|| "inside the tested range".to_owned());
    };
    match (lo, hi) {
        (Some(lo), Some(hi)) => {
            let point = match knee.level {
                Some(load) if is_middle(load, lo, hi) => format!(", middle {}", about(load)),
                // Only a place in the interval, and no estimate.
                Some(_) if knee.method == Some(KneeMethod::Middle) => String::new(),
                Some(load) => format!(", at about {}", about(load)),
                None => String::new(),
            };
            let (from, to) = match scaling.level_of {
                LevelOf::Users | LevelOf::Resources => (bare(lo), level(scaling, hi)),
                _ => (level(scaling, lo), level(scaling, hi)),
            };
            format!("between {from} and {to}{point}")
        }
        (None, Some(hi)) => format!("at {} or below", level(scaling, hi)),
        (lo, _) => format!("above {}", level(scaling, lo.unwrap_or_default())),
    }
}

/// Whether it is but the middle of the interval, even steps or even factors.
fn is_middle(load: f64, lo: f64, hi: f64) -> bool {
    let near = |middle: f64| (load - middle).abs() <= 1e-6 * middle.abs();
    near(lo.midpoint(hi)) || near((lo * hi).sqrt())
}

fn last_good(scaling: &Scaling, knee: &Knee) -> String {
    let Some(load) = knee.last_good else {
        return String::new();
    };
    let named = level_at(scaling, load);
    let named = named.map_or_else(|| level(scaling, load), |of| of_level(scaling, of));
    format!(" Last good level: {named}.")
}

/// The first level beyond the knee, and the one below it.
fn ends<'a>(scaling: &'a Scaling, knee: &Knee) -> (Option<&'a Level>, Option<&'a Level>) {
    let upper = || knee.interval.and_then(|ends| ends.hi);
    let load = knee.evidence.get(BROKEN_AT).or_else(upper);
    let broken = load.and_then(|load| level_at(scaling, load));
    let below = broken.and_then(|broken| {
        let mut lower = scaling.levels.iter().rev();
        lower.find(|level| level.value < broken.value)
    });
    (below, broken)
}

fn saturation(scaling: &Scaling, knee: &Knee) -> String {
    let (below, broken) = ends(scaling, knee);
    let is_behind = |of: &&Level| {
        let pair = of.achieved_per_s.zip(of.offered_per_s);
        pair.is_some_and(|(achieved, offered)| achieved < BEHIND * offered)
    };
    let offered = broken.filter(is_behind).filter(|_| is_offered(scaling));
    if let Some((at, (achieved, offered))) =
        offered.and_then(|of| Some((of, of.achieved_per_s.zip(of.offered_per_s)?)))
    {
        if at.by_label {
            // Whether the server or the generator was too slow stands nowhere.
            return format!(
                "by its label {} would ask for {}, and {} were answered ({}); whether more was sent is not known",
                of_level(scaling, at),
                rate(offered),
                rate(achieved),
                about(achieved / offered)
            );
        }
        let completes = at
            .completed_per_s
            .filter(|rate| knee.evidence.get(COMPLETED).is_some() && *rate < BEHIND * at.value);
        let completes = completes.map_or_else(String::new, |found| {
            format!(
                "sessions complete at {} ({}), and ",
                rate(found),
                about(found / at.value)
            )
        });
        return format!(
            "at {} {completes}requests are offered at {} and answered at {} ({})",
            of_level(scaling, at),
            rate(offered),
            rate(achieved),
            about(achieved / offered)
        );
    }
    let plateau = knee.evidence.get(PLATEAU).zip(knee.evidence.get(PER_UNIT));
    if let (LevelOf::Users, Some((plateau, per_user))) = (scaling.level_of, plateau) {
        return format!(
            "goodput no longer follows the users, at most {}, and that is {} at the {} that each gets at the lowest levels",
            rate(plateau),
            load(scaling, significant(plateau / per_user, 2)),
            rate(per_user)
        );
    }
    let throughput = |of: &Level| of.goodput_per_s.or(of.achieved_per_s);
    let grown = below.zip(broken).and_then(|(below, broken)| {
        Some(format!(
            "goodput no longer follows the load, {} at {} and {} at {}",
            rate(throughput(below)?),
            of_level(scaling, below),
            rate(throughput(broken)?),
            of_level(scaling, broken)
        ))
    });
    // Where no rate is known, only failures are left to see it by.
    let failing = || {
        let (below, broken) = below.zip(broken)?;
        Some(format!(
            "{} of the requests fail at {} and {} at {}",
            about(below.error_rate?),
            of_level(scaling, below),
            about(broken.error_rate?),
            of_level(scaling, broken)
        ))
    };
    grown
        .or_else(failing)
        .unwrap_or_else(|| "goodput no longer follows the load".to_owned())
}

fn blow_up_at(scaling: &Scaling, knee: &Knee) -> String {
    let mut fired = scaling.steps.iter().filter(|step| {
        step.class == StepClass::BlowUp
            && step.endpoint == knee.endpoint
            && knee
                .metric
                .as_ref()
                .is_none_or(|metric| *metric == step.metric)
    });
    let (_, broken) = ends(scaling, knee);
    let reaches = |step: &&Step| level_at(scaling, step.to) == broken;
    let found = fired.clone().find(reaches).or_else(|| fired.next());
    match found {
        Some(step) => growth(scaling, step),
        None => format!("{} grows far more than the {}", whose(knee), what(scaling)),
    }
}

/// `p99 of GET /x grows 9.4 times for at most twice the load`.
pub fn growth(scaling: &Scaling, step: &Step) -> String {
    let most = step
        .load_ratio_peak
        .map_or(step.load_ratio, |peak| peak.max(step.load_ratio));
    let at_most = if step.load_ratio_peak.is_some() {
        "at most "
    } else {
        ""
    };
    let load = what(scaling);
    let times = match significant(most, 3).as_str() {
        "2" => format!("twice the {load}"),
        factor => format!("{factor} times the {load}"),
    };
    let of = of_endpoint(step.endpoint.as_deref());
    let proven = if is_by_size(step) {
        " (by size, not proven: too few requests)"
    } else {
        ""
    };
    let grown = significant(step.ratio, 2);
    format!(
        "{}{of} grows {grown} times for {at_most}{times}{proven}",
        step.metric
    )
}

/// The largest blow-up of the whole run: `p99 grows 30 times for twice the load, 4/s to 8/s`.
pub fn blow_up(scaling: &Scaling) -> Option<String> {
    let of_run = scaling.steps.iter().filter(|step| step.endpoint.is_none());
    let blown = of_run.filter(|step| step.class == StepClass::BlowUp);
    let worst = blown.max_by(|a, b| a.ratio.total_cmp(&b.ratio))?;
    let ends = step(scaling, worst);
    Some(format!("{}, {ends}", growth(scaling, worst)))
}

/// Whether a blow-up is but one by its size.
pub fn is_by_size(step: &Step) -> bool {
    step.is_because(StepReason::BySize)
}

fn whose(knee: &Knee) -> String {
    let metric = knee.metric.as_deref().unwrap_or("latency");
    format!("{metric}{}", of_endpoint(knee.endpoint.as_deref()))
}

fn of_endpoint(endpoint: Option<&str>) -> String {
    endpoint.map_or_else(String::new, |label| format!(" of {}", shown(label)))
}

fn shown(name: &str) -> String {
    shorten(&visible(name), 60)
}

#[cfg(test)]
mod tests;
