//! Length, offered load and phases of two sides.

use super::{both, unlike};
use crate::model::{LoadModel, MetricId, Phase, Run, Unit};
use crate::report::Effect;
use crate::rules::Fired;
use crate::rules::shared::{apart, median};
use crate::text::number;

/// Share by which the lengths may differ.
const LENGTH: f64 = 0.2;

/// Share by which the requests, or users that arrive, of runs with a fixed number of them may differ.
const AS_MANY: f64 = 0.05;

const HINT: &str =
    "Offer both sides the same load; `knee scale` shows runs at several loads as one series.";

/// The median of a figure over the runs of a side that give it.
fn of_side(runs: &[&Run], read: impl Fn(&Run) -> Option<f64>) -> Option<f64> {
    median(runs.iter().filter_map(|run| read(run)).collect())
}

fn of_both(base: &[&Run], new: &[&Run], read: impl Fn(&Run) -> Option<f64>) -> Option<(f64, f64)> {
    of_side(base, &read).zip(of_side(new, &read))
}

fn is(model: LoadModel, base: &[&Run], new: &[&Run]) -> bool {
    base.iter()
        .chain(new)
        .any(|run| run.load.model == Some(model))
}

/// Seconds over which users arrive, in whole slices.
fn arriving(run: &Run) -> Option<f64> {
    let mut with = run
        .timeline
        .iter()
        .filter(|slice| slice.arrivals.is_some_and(|arrivals| arrivals > 0));
    let first = with.next()?;
    let last = with.next_back().unwrap_or(first);
    Some(last.start.0 + last.duration.0 - first.start.0)
}

fn started(run: &Run) -> Option<f64> {
    Some(run.sessions.as_ref()?.started? as f64)
}

/// Whether both figures are known and hardly apart.
fn agree(both: Option<(f64, f64)>, limit: f64) -> bool {
    both.is_some_and(|(a, b)| apart(a, b) <= limit)
}

/// Whether as much was to be done on both sides, so that the longer one took longer for it: that is an answer and no
/// difference of the question.
fn as_much(base: &[&Run], new: &[&Run]) -> bool {
    if is(LoadModel::Open, base, new) {
        // Slices begin where the clock does, so that a run may touch one more of them.
        let slice = |run: &Run| Some(run.timeline.first()?.duration.0);
        let slack = of_both(base, new, slice).map_or(0.0, |(a, b)| a.max(b));
        let over = of_both(base, new, arriving);
        let as_long = agree(over, LENGTH) || over.is_some_and(|(a, b)| (a - b).abs() <= slack);
        return as_long && agree(of_both(base, new, started), AS_MANY);
    }
    let requests = |run: &Run| run.overall.requests.map(|requests| requests as f64);
    is(LoadModel::Closed, base, new) && agree(of_both(base, new, requests), AS_MANY)
}

pub(super) fn duration(base: &[&Run], new: &[&Run]) -> Option<Fired> {
    let (a, b) = of_both(base, new, |run| run.duration.map(|duration| duration.0))?;
    if apart(a, b) <= LENGTH || as_much(base, new) {
        return None;
    }
    let lengths = format!(
        "The runs last times that differ by more than {}, {}",
        number::percent(LENGTH),
        both(a, b, number::seconds),
    );
    let hint =
        "Run both sides for the same time: caches, pools and leaks make a longer run another test.";
    let rated = |run: &Run| Some(run.overall.goodput.or(run.overall.rate)?.0);
    let fired = if of_both(base, new, rated).is_some() {
        // What takes longer may be the fault that is looked for: a full server answers its last requests late.
        let message = format!("{lengths}: what is compared are rates and shares, and no counts.");
        Fired {
            effect: Effect::Warn,
            ..unlike(message, a, b, Unit::Seconds)
        }
    } else {
        let message = format!("{lengths}: the sides are not comparable.");
        unlike(message, a, b, Unit::Seconds)
    };
    Some(fired.on(MetricId::Plain("duration")).hint(hint))
}

/// Whether both sides say how many requests a second they were asked to make, and that is the same.
pub(super) fn is_offered_alike(base: &[&Run], new: &[&Run], limit: f64) -> bool {
    agree(
        of_both(base, new, |run| run.load.offered.map(|rate| rate.0)),
        limit,
    )
}

pub(super) fn offered(base: &[&Run], new: &[&Run], limit: f64) -> Option<Fired> {
    let said = |what: &str, pair: String| {
        format!(
            "{what} differ by more than {}, {pair}: the sides are not comparable.",
            number::percent(limit)
        )
    };
    if !is(LoadModel::Open, base, new) {
        let (a, b) = of_both(base, new, |run| run.load.users_max)?;
        let fires = apart(a, b) > limit;
        return fires.then(|| {
            let pair = both(a, b, |users| number::decimal(users, 1));
            unlike(said("The most users at one time", pair), a, b, Unit::Count)
                .on(MetricId::Plain("users"))
                .hint(HINT)
        });
    }
    if let Some((a, b)) = of_both(base, new, |run| run.load.offered.map(|rate| rate.0)) {
        let fires = apart(a, b) > limit;
        return fires.then(|| {
            let pair = both(a, b, number::rate);
            unlike(said("The offered rates", pair), a, b, Unit::PerSecond).hint(HINT)
        });
    }
    let arrivals = |run: &Run| {
        let counted = || Some(started(run)? / run.duration?.0);
        let rate = run.load.arrival_rate.map(|rate| rate.0).or_else(counted);
        rate.filter(|rate| rate.is_finite())
    };
    let (a, b) = of_both(base, new, arrivals)?;
    // As many users over a longer run: the last ones waited longer, they did not come more slowly.
    let as_many = agree(of_both(base, new, started), limit);
    let fires = apart(a, b) > limit && !as_many;
    fires.then(|| {
        let pair = both(a, b, number::rate);
        unlike(said("The arrivals of users", pair), a, b, Unit::PerSecond).hint(HINT)
    })
}

/// The declared phases of the first run that has some.
fn declared<'a>(runs: &[&'a Run]) -> Option<&'a [Phase]> {
    let loads = runs.iter().map(|run| &run.load);
    let mut with = loads.filter(|load| !load.phases.is_empty() && !load.phases_recovered);
    with.next().map(|load| load.phases.as_slice())
}

pub(super) fn phases(base: &[&Run], new: &[&Run], limit: f64) -> Option<Fired> {
    let (a, b) = declared(base).zip(declared(new))?;
    let hint = "Run both sides with the same phases.";
    if a.len() != b.len() {
        let (a, b) = (a.len() as u64, b.len() as u64);
        let message = format!(
            "The base declares {} of load, the new side {}: the sides are not comparable.",
            number::plural(a, "phase"),
            number::count(b),
        );
        return Some(unlike(message, a as f64, b as f64, Unit::Count).hint(hint));
    }
    a.iter().zip(b).zip(1_u64..).find_map(|((a, b), place)| {
        let rates = [(a.rate_from, b.rate_from), (a.rate_to, b.rate_to)];
        let rates = rates
            .into_iter()
            .filter_map(|(a, b)| Some((a?.0, b?.0)))
            .map(|(a, b)| (a, b, Unit::PerSecond));
        let users = [(a.users_from, b.users_from), (a.users_to, b.users_to)];
        let users = users
            .into_iter()
            .filter_map(|(a, b)| Some((a?, b?, Unit::Count)));
        let (a, b, unit) = rates.chain(users).find(|(a, b, _)| apart(*a, *b) > limit)?;
        let (what, write): (_, fn(f64) -> String) = match unit {
            Unit::PerSecond => ("rates", number::rate),
            _ => ("numbers of users", |users| number::decimal(users, 1)),
        };
        let message = format!(
            "The declared {what} of phase {place} differ by more than {}, {}: the sides are not comparable.",
            number::percent(limit),
            both(a, b, write),
        );
        Some(unlike(message, a, b, unit).hint(hint))
    })
}
