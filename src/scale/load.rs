//! The load of a whole run: its mean, its peak where it moved, and the time in which it was offered.
//!
//! Phases count where there are some, then arrivals over time, then users; what no input says is `None`. What a label states is read
//! here too; which of both holds is decided by the series.

use crate::load::offering::offering;
use crate::load::steady;
use crate::load::steady::{LoadOf, Steadiness};
use crate::model::{LoadModel, Phase, Run};
use crate::report::scaling::LevelOf;
use crate::stats::line::Line;

/// A load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Loaded {
    /// What it counts.
    pub(super) of: LevelOf,
    /// On average over the time in which it was offered.
    pub(super) mean: f64,
    /// Its highest, where it moved.
    pub(super) peak: Option<f64>,
    /// From and to in seconds of the run: where it was offered; `None` = not told.
    pub(super) window: Option<(f64, f64)>,
}

impl Loaded {
    /// The peak, or the load itself where it stood still.
    pub(super) fn top(&self) -> f64 {
        self.peak.unwrap_or(self.mean)
    }
}

/// Loads closer than this are one.
const SAME: f64 = 0.05;

/// Slices that rise one by one by chance once in 120 times, and
const RISING: usize = 5;
/// by how much they have to rise.
const STEEP: f64 = 1.25;

/// Whether two loads differ by no more than chance and rounding make them.
pub(super) fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() <= SAME * one.abs().max(other.abs())
}

/// Whether two loads are one level: counts and what labels state are exact, rates and means of users are measured.
pub(super) fn is_one_level(of: LevelOf, one: f64, other: f64) -> bool {
    let is_count = |load: f64| load.fract() == 0.0;
    let is_exact = match of {
        LevelOf::Arrivals | LevelOf::Requests => false,
        LevelOf::Users => is_count(one) && is_count(other),
        LevelOf::Stated | LevelOf::Resources => true,
    };
    if is_exact {
        (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
    } else {
        is_same(one, other)
    }
}

/// The load of a run as it was measured or declared by the tool.
pub(super) fn load_of(run: &Run) -> Option<Loaded> {
    let is_closed = run.load.model == Some(LoadModel::Closed);
    by_phases(run)
        .or_else(|| by_arrivals(run).filter(|_| !is_closed))
        .or_else(|| by_users(run))
        .or_else(|| by_rates(run))
        .filter(|load| load.mean.is_finite() && load.mean > 0.0 && load.top().is_finite())
}

fn by_phases(run: &Run) -> Option<Loaded> {
    let rate = |phase: &Phase| {
        let from = phase.rate_from.or(phase.rate_to)?;
        Some((from.0, phase.rate_to.unwrap_or(from).0))
    };
    let users = |phase: &Phase| {
        let from = phase.users_from.or(phase.users_to)?;
        Some((from, phase.users_to.unwrap_or(from)))
    };
    let phases = &run.load.phases;
    if phases.is_empty() {
        return None;
    }
    let of = |read: &dyn Fn(&Phase) -> Option<(f64, f64)>| -> Option<Loaded> {
        let ends: Option<Vec<(f64, f64)>> = phases.iter().map(read).collect();
        let (mut seconds, mut sum, mut peak) = (0.0, 0.0, 0.0_f64);
        let mut window: Option<(f64, f64)> = None;
        let mut moves = false;
        for (phase, (from, to)) in phases.iter().zip(ends?) {
            let length = phase.duration.0;
            // A pause is no load.
            if length.is_nan() || length <= 0.0 || from.max(to) <= 0.0 {
                continue;
            }
            sum += f64::midpoint(from, to) * length;
            seconds += length;
            moves |= !is_same(from, to) || window.is_some() && !is_same(peak, from.max(to));
            peak = peak.max(from).max(to);
            let (start, end) = (phase.start.0.max(0.0), phase.start.0 + length);
            window = Some(window.map_or((start, end), |(first, last)| {
                (first.min(start), last.max(end))
            }));
        }
        (seconds > 0.0).then_some(Loaded {
            of: LevelOf::Arrivals,
            mean: sum / seconds,
            peak: moves.then_some(peak),
            window,
        })
    };
    if run.load.phases_recovered && !covers(run) {
        return None;
    }
    of(&rate).or_else(|| {
        let found = of(&users)?;
        Some(Loaded {
            of: LevelOf::Users,
            ..found
        })
    })
}

/// Whether the phases that arrivals show hold nearly all of the arrivals.
fn covers(run: &Run) -> bool {
    let arrivals = |inside: bool| -> f64 {
        let slices = run.timeline.iter().filter(|slice| {
            let end = slice.start.0 + slice.duration.0;
            let holds = |phase: &Phase| {
                phase.start.0 < end && slice.start.0 < phase.start.0 + phase.duration.0
            };
            !inside || run.load.phases.iter().any(holds)
        });
        slices.filter_map(|slice| slice.arrivals).sum::<u64>() as f64
    };
    arrivals(true) >= (1.0 - SAME) * arrivals(false)
}

fn by_arrivals(run: &Run) -> Option<Loaded> {
    let with = || {
        run.timeline
            .iter()
            .filter(|slice| slice.arrivals.is_some_and(|n| n > 0))
    };
    let (first, last) = (with().next()?, with().next_back()?);
    let start = first.start.0.max(0.0);
    let end = last.start.0 + last.duration.0;
    let end = run.duration.map_or(end, |duration| end.min(duration.0));
    let count: u64 = with().filter_map(|slice| slice.arrivals).sum();
    let mean = count as f64 / (end - start);
    let moves = matches!(
        steady::steadiness(run),
        Steadiness::Changing(LoadOf::Arrivals, _) | Steadiness::Levels(_) | Steadiness::Ramps
    );
    // Of whole slices only: a short one is mostly chance.
    let mut lengths: Vec<f64> = with().map(|slice| slice.duration.0).collect();
    lengths.sort_by(f64::total_cmp);
    let usual = lengths.get(lengths.len() / 2).copied()?;
    let rates: Vec<(f64, f64)> = with()
        .filter(|slice| slice.duration.0 >= 0.9 * usual)
        .filter_map(|slice| {
            let middle = slice.start.0 + slice.duration.0 / 2.0;
            Some((middle, slice.arrivals? as f64 / slice.duration.0))
        })
        .collect();
    let highest = rates.iter().map(|(_, rate)| *rate).reduce(f64::max);
    let peak = ramp_to(&rates, end)
        .or(highest.filter(|_| moves))
        .filter(|peak| *peak > mean);
    Some(Loaded {
        of: LevelOf::Arrivals,
        mean,
        peak,
        window: Some((start, end)),
    })
}

/// Where a rate that rises from slice to slice ends, by the straight line through it; `None` where it does not rise that steadily.
fn ramp_to(rates: &[(f64, f64)], end: f64) -> Option<f64> {
    let rises = rates
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a.1 < b.1));
    let (first, last) = (rates.first()?, rates.last()?);
    if rates.len() < RISING || !rises || last.1 < STEEP * first.1 {
        return None;
    }
    let line: Line = rates.iter().copied().collect();
    let zero = line.root()?;
    Some(line.slope()? * (end - zero))
}

fn by_users(run: &Run) -> Option<Loaded> {
    let steady = steady::steady_phase(run);
    let inside = |from: f64, to: f64| {
        let slices = run.timeline.iter().filter(move |slice| {
            slice.start.0 >= from - 1e-6 && slice.start.0 + slice.duration.0 <= to + 1e-6
        });
        slices
            .filter_map(|slice| slice.users)
            .filter(|users| *users > 0.0)
    };
    if let Some((from, to)) = steady {
        let mut users: Vec<f64> = inside(from, to).collect();
        users.sort_by(f64::total_cmp);
        if let Some(middle) = users.get(users.len() / 2) {
            return Some(Loaded {
                of: LevelOf::Users,
                mean: *middle,
                peak: None,
                window: Some((from, to)),
            });
        }
    }
    let all: Vec<f64> = inside(f64::NEG_INFINITY, f64::INFINITY).collect();
    let top = run
        .load
        .users_max
        .or_else(|| all.iter().copied().reduce(f64::max))?;
    let is_closed = run.load.model != Some(LoadModel::Open);
    let mean = match all.len() {
        0 => top,
        n => all.iter().sum::<f64>() / n as f64,
    };
    is_closed.then_some(Loaded {
        of: LevelOf::Users,
        mean,
        peak: (!is_same(mean, top) && top > mean).then_some(top),
        window: None,
    })
}

fn by_rates(run: &Run) -> Option<Loaded> {
    let of = |of, rate: Option<f64>| {
        Some(Loaded {
            of,
            mean: rate?,
            peak: None,
            // Answers that come after the last request are none of the load.
            window: offering(run).map(|offering| (offering.from, offering.to)),
        })
    };
    of(LevelOf::Requests, run.load.offered.map(|rate| rate.0))
        .or_else(|| of(LevelOf::Arrivals, run.load.arrival_rate.map(|rate| rate.0)))
}

/// A load as a label states it: `4`, `4/s`, or `1..4` for one that moved from 1 to 4.
pub(super) fn stated(text: &str) -> Option<(f64, Option<f64>)> {
    let number = |text: &str| -> Option<f64> {
        let text = text.trim();
        let text = text.strip_suffix("/s").unwrap_or(text).trim_end();
        // Not `.4`: that is what is left of three dots.
        let starts = text.starts_with(|first: char| first.is_ascii_digit());
        let number: Option<f64> = text.parse().ok().filter(|_| starts);
        number.filter(|of| of.is_finite() && *of > 0.0)
    };
    match text.split_once("..") {
        None => Some((number(text)?, None)),
        Some((from, to)) => {
            let (from, to) = (number(from)?, number(to)?);
            let moves = (from - to).abs() > f64::EPSILON;
            Some((f64::midpoint(from, to), moves.then_some(from.max(to))))
        }
    }
}

/// What a label of that name counts.
pub(super) fn kind_of(label: &str) -> LevelOf {
    let name = label.to_lowercase();
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|word| name == *word || name == format!("{word}s"))
    };
    if is(&["user", "vu", "concurrency", "connection", "client"]) {
        LevelOf::Users
    } else if is(&["rate", "arrival", "arrival_rate", "arrivals_per_s"]) {
        LevelOf::Arrivals
    } else if is(&["rps", "qps", "offered", "requests_per_s"]) {
        LevelOf::Requests
    } else if is(RESOURCES) {
        LevelOf::Resources
    } else {
        LevelOf::Stated
    }
}

/// Names of what serves.
const RESOURCES: &[&str] = &[
    "instance",
    "replica",
    "node",
    "pod",
    "core",
    "cpu",
    "vcpu",
    "worker",
    "thread",
    "shard",
    "process",
    "processe",
    "machine",
    "server",
    "container",
    "partition",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_states_a_load_or_a_range_of_loads() {
        assert_eq!(stated("4"), Some((4.0, None)));
        assert_eq!(stated(" 4/s "), Some((4.0, None)));
        assert_eq!(stated("1..4"), Some((2.5, Some(4.0))));
        assert_eq!(stated("1/s..2/s"), Some((1.5, Some(2.0))));
        assert_eq!(stated("3..3"), Some((3.0, None)));
        for text in ["", "many", "0", "-1", "1..", "inf", "NaN", "1...4"] {
            assert_eq!(stated(text), None, "{text}");
        }
    }

    #[test]
    fn a_label_says_what_it_counts() {
        for (name, kind) in [
            ("users", LevelOf::Users),
            ("VUs", LevelOf::Users),
            ("rate", LevelOf::Arrivals),
            ("rps", LevelOf::Requests),
            ("instances", LevelOf::Resources),
            ("cores", LevelOf::Resources),
            ("processes", LevelOf::Resources),
            ("payload", LevelOf::Stated),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }

    #[test]
    fn counts_are_levels_of_their_own_and_measured_rates_are_one_within_5_percent() {
        use LevelOf::{Arrivals, Requests, Resources, Stated, Users};
        for of in [Users, Stated, Resources] {
            assert!(!is_one_level(of, 20.0, 21.0), "{of:?}");
            assert!(is_one_level(of, 21.0, 21.0), "{of:?}");
        }
        assert!(is_one_level(Users, 39.4, 40.0));
        assert!(!is_one_level(Stated, 39.4, 40.0));
        for of in [Arrivals, Requests] {
            assert!(is_one_level(of, 20.0, 21.0), "{of:?}");
            assert!(!is_one_level(of, 20.0, 21.1), "{of:?}");
        }
    }
}
