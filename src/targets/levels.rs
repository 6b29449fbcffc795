//! Targets that speak of load levels, against series: `p99 < 1s up to 4/s`, `no blow-up up to 4/s`, `knee >= 5/s`,
//! `efficiency at 4 >= 0.8`.
//!
//! They are judged inside the tested range only: a level that was not tested is not measured, never met.

mod blow_up;

use crate::model::{Bound, Decide, Expectation, LoadUnit, MetricId, Operator, Run, Target, Unit};
use crate::normalize::Pattern;
use crate::report::Support;
use crate::report::scaling::KneeMethod;
use crate::report::scaling::{Level, LevelEndpoint, LevelOf, Scaling};
use crate::report::{Interval, TargetResult, TargetState};
use crate::targets::{assumed, blank, is_undecided, not_measured, other_scenario};
use crate::wording::series as words;

/// Loads closer than this are the level that was named.
const SAME: f64 = 0.05;

/// How far apart the ends of an interval may be that a figure inside it is judged by.
const WIDE: f64 = 2.0;

/// Puts the results of series in the place of those that said "this is one run".
pub fn judge_levels(
    results: &mut Vec<TargetResult>,
    scalings: &[Scaling],
    runs: &[&Run],
    targets: &[Target],
) {
    let several = scalings.iter().filter(|scaling| scaling.levels.len() > 1);
    let series: Vec<(&Scaling, &Run)> = several
        .filter_map(|scaling| {
            let id = scaling.levels.first()?.runs.first()?;
            Some((scaling, *runs.iter().find(|run| run.id == *id)?))
        })
        .collect();
    for target in targets.iter().filter(|target| target.expect.needs_levels()) {
        let of_target: Vec<TargetResult> = series
            .iter()
            .filter(|(_, run)| other_scenario(run, target).is_none())
            .flat_map(|(scaling, run)| judge(scaling, run, target))
            .collect();
        let is_of_target = |result: &TargetResult| {
            result.expect == target.expect_text && result.origin == target.origin.to_string()
        };
        if of_target.is_empty() {
            if runs.len() > 1 {
                let mut meant = results.iter_mut().filter(|result| is_of_target(result));
                let is_open = |result: &&mut TargetResult| result.state == TargetState::NotMeasured;
                meant.by_ref().filter(is_open).for_each(no_series);
            }
            continue;
        }
        // Runs of which no series tells stay as they are: not measured, or of another scenario.
        let is_replaced = |result: &TargetResult| {
            let of_series = |(scaling, run): &(&Scaling, &Run)| {
                other_scenario(run, target).is_none() && is_in(scaling, &result.run)
            };
            is_of_target(result) && series.iter().any(of_series)
        };
        let place = results.iter().position(is_replaced);
        let place = place.unwrap_or(results.len());
        results.retain(|result| !is_replaced(result));
        let place = place.min(results.len());
        results.splice(place..place, of_target);
    }
}

/// Says that of several runs, which may be many at one load.
fn no_series(result: &mut TargetResult) {
    let reason = "it speaks of load levels, and the runs are none of different loads as far as is known: \
                  `--level LABEL`, or level under [scale] in knee.toml, names the label that tells them apart";
    result.reason = Some(reason.to_owned());
}

/// Whether a series is made of that run, or says why it is no level.
fn is_in(scaling: &Scaling, run: &str) -> bool {
    let mut of_levels = scaling.levels.iter().flat_map(|level| &level.runs);
    of_levels.any(|id| id == run) || scaling.left_out.iter().any(|left| left.run == run)
}

fn judge(scaling: &Scaling, run: &Run, target: &Target) -> Vec<TargetResult> {
    let blank = blank(run, target);
    if target.group.is_some() {
        let reason = "groups are not measured at levels; an endpoint glob can be";
        return vec![not_measured(blank, reason)];
    }
    if let Expectation::Figure { metric, .. } = &target.expect
        && let Some(reason) = assumed(run, metric)
    {
        return vec![not_measured(blank, reason)];
    }
    let warn = target.warn.as_ref();
    let other = counts_other(scaling, &target.expect);
    if let Some(reason) = other.or_else(|| counts_other(scaling, warn?)) {
        return vec![not_measured(blank, reason)];
    }
    match &target.expect {
        Expectation::NoBlowUp { up_to, .. } => {
            vec![blow_up::no_blow_up(blank, scaling, target, *up_to)]
        }
        Expectation::Figure { sum: true, .. } => {
            let reason = "sums over endpoints are not measured at levels";
            vec![not_measured(blank, reason)]
        }
        Expectation::Figure {
            metric,
            at,
            bound,
            up_to,
            ..
        } => {
            let of = Asked {
                scaling,
                target,
                metric,
                bound: *bound,
            };
            match metric.to_string().as_str() {
                "knee" if target.endpoint.is_some() => {
                    let reason = "the knee is that of the whole series: `no blow-up` and percentiles are judged for endpoints";
                    vec![not_measured(blank, reason)]
                }
                "knee" => vec![of.knee(blank)],
                _ => of.at_levels(&blank, *at, *up_to),
            }
        }
    }
}

/// Why its loads are none of this series: 10 users are not 10 a second.
fn counts_other(scaling: &Scaling, expect: &Expectation) -> Option<String> {
    let counted = match scaling.level_of {
        LevelOf::Arrivals | LevelOf::Requests => Some(LoadUnit::PerSecond),
        LevelOf::Users => Some(LoadUnit::Users),
        LevelOf::Resources => None,
        // A label does not say.
        LevelOf::Stated => return None,
    };
    let wanted = expect.loads().filter(|wanted| Some(*wanted) != counted)?;
    let wanted = match wanted {
        LoadUnit::PerSecond => "loads per second",
        LoadUnit::Users => "users",
    };
    let tested = words::range(scaling);
    Some(format!("it speaks of {wanted}; the levels are {tested}"))
}

/// Why a figure of a level has no value.
fn unknown(name: &str, is_endpoint: bool) -> String {
    let (known, of): (&[&str], &str) = if is_endpoint {
        (
            &["p50", "p95", "p99", "goodput", "error_rate"],
            "endpoints at levels",
        )
    } else {
        (
            &[
                "p50",
                "p95",
                "p99",
                "mean",
                "goodput",
                "rate",
                "error_rate",
                "efficiency",
            ],
            "levels",
        )
    };
    if known.contains(&name) {
        format!("the input does not tell {name} at this level")
    } else {
        format!("{name} is not measured of {of}; {} are", known.join(", "))
    }
}

/// Whether an interval says next to nothing.
fn is_wide(interval: Interval) -> bool {
    let ends = interval.lo.zip(interval.hi);
    ends.is_none_or(|(lo, hi)| hi > WIDE * lo)
}

/// A result is that of the run which was made at the level.
fn of_run(result: &mut TargetResult, level: Option<&Level>) {
    if let Some(run) = level.and_then(|level| level.runs.first()) {
        result.run.clone_from(run);
    }
}

fn peak(level: &Level) -> f64 {
    level.peak.unwrap_or(level.value)
}

/// The highest load that was tested.
fn top(scaling: &Scaling) -> f64 {
    scaling.levels.last().map_or(0.0, peak)
}

fn reaches(scaling: &Scaling, load: f64) -> bool {
    top(scaling) >= load * (1.0 - SAME)
}

fn untested(scaling: &Scaling, load: f64) -> String {
    format!(
        "no level reaches {}: tested were {}",
        words::level(scaling, load),
        words::range(scaling)
    )
}

/// The levels that a target speaks of, by their peaks: a load that moved beyond the limit says nothing of the limit.
struct Range<'a> {
    limit: f64,
    /// The level above the limit, where none is at it: what holds there too holds at the limit, and else that is not known.
    next: Option<&'a Level>,
}

impl<'a> Range<'a> {
    fn of(scaling: &'a Scaling, up_to: Option<f64>) -> Range<'a> {
        let limit = up_to.unwrap_or(f64::INFINITY);
        let mut range = Range { limit, next: None };
        let reaches = |level: &Level| peak(level) >= limit * (1.0 - SAME);
        let at_it = |level: &Level| range.holds(level) && reaches(level);
        if up_to.is_some() && !scaling.levels.iter().any(at_it) {
            range.next = scaling.levels.iter().find(|level| reaches(level));
        }
        range
    }

    fn holds(&self, level: &Level) -> bool {
        peak(level) <= self.limit * (1.0 + SAME)
    }

    fn between(&self, scaling: &Scaling, next: &Level) -> String {
        let at = words::of_level(scaling, next);
        let limit = words::level(scaling, self.limit);
        let below = scaling.levels.iter().rev().find(|level| self.holds(level));
        match below {
            Some(below) => format!(
                "it does not hold at {at}, and nothing was tested between {} and that: up to {limit} is not known",
                words::of_level(scaling, below)
            ),
            None => format!(
                "it does not hold at {at}, the lowest level that was tested: up to {limit} is not known"
            ),
        }
    }
}

/// A target on figures of levels.
struct Asked<'a> {
    scaling: &'a Scaling,
    target: &'a Target,
    metric: &'a MetricId,
    bound: Bound,
}

impl Asked<'_> {
    fn knee(&self, mut result: TargetResult) -> TargetResult {
        let Some(knee) = &self.scaling.knee else {
            return not_measured(result, words::answer(self.scaling));
        };
        result.unit = Some(Unit::AsGiven);
        if !knee.found && !knee.unasked.is_empty() {
            return not_measured(result, words::answer(self.scaling));
        }
        if !knee.found {
            let top = top(self.scaling);
            let at_least = Interval {
                lo: Some(top),
                hi: None,
                level: 0.95,
            };
            let wants_more = matches!(
                self.bound,
                Bound::Limit(Operator::Greater | Operator::AtLeast, _)
            );
            if wants_more && self.bound.holds(top) {
                result.value = Some(top);
                result.interval = Some(at_least);
                result.margin = Some(self.bound.margin(top));
                result.state = TargetState::Pass;
                result.reason = Some("there is none in the tested range: it lies above".to_owned());
                return result;
            }
            return not_measured(result, words::answer(self.scaling));
        }
        let Some(level) = knee.level else {
            return not_measured(result, words::answer(self.scaling));
        };
        let broken = knee.evidence.get(words::BROKEN_AT);
        let broken = broken.and_then(|load| words::level_at(self.scaling, load));
        of_run(&mut result, broken);
        // The middle of the interval is no figure to judge by, only its ends are.
        let open = self.target.decide != Decide::Interval
            && knee.method == Some(KneeMethod::Middle)
            && knee
                .interval
                .is_some_and(|interval| is_undecided(self.bound, interval));
        if open {
            result.value = Some(level);
            result.interval = knee.interval;
            let reason = "the limit lies inside the interval of the knee, and nothing tells where in it the knee is";
            return not_measured(result, reason);
        }
        self.decide(result, level, knee.interval, None)
    }

    fn at_levels(
        &self,
        blank: &TargetResult,
        at: Option<f64>,
        up_to: Option<f64>,
    ) -> Vec<TargetResult> {
        let wanted = at.or(up_to);
        if let Some(load) = wanted.filter(|load| !reaches(self.scaling, *load)) {
            return vec![not_measured(blank.clone(), untested(self.scaling, load))];
        }
        let asked = Range::of(self.scaling, up_to);
        let is_meant = |level: &&Level| match at {
            Some(at) => (level.value - at).abs() <= SAME * at,
            None => asked.holds(level),
        };
        let levels: Vec<&Level> = self.scaling.levels.iter().filter(is_meant).collect();
        if let Some(next) = asked.next.filter(|_| at.is_none()) {
            let mut results: Vec<TargetResult> = levels
                .into_iter()
                .flat_map(|level| self.at_level(blank, level))
                .collect();
            results.extend(self.at_level(blank, next).into_iter().map(
                |result| match result.state {
                    TargetState::Fail => not_measured(result, asked.between(self.scaling, next)),
                    _ => result,
                },
            ));
            return results;
        }
        if levels.is_empty() {
            let reason = match wanted {
                Some(load) => format!(
                    "no level is at {}: tested were {}",
                    words::level(self.scaling, load),
                    words::range(self.scaling)
                ),
                None => "there is no level".to_owned(),
            };
            return vec![not_measured(blank.clone(), reason)];
        }
        levels
            .into_iter()
            .flat_map(|level| self.at_level(blank, level))
            .collect()
    }

    fn at_level(&self, blank: &TargetResult, level: &Level) -> Vec<TargetResult> {
        let mut result = blank.clone();
        result.level = Some(level.value);
        of_run(&mut result, Some(level));
        let Some(glob) = self.target.endpoint.as_deref() else {
            return vec![self.of_figure(result, level, None)];
        };
        let pattern = Pattern::new(glob);
        let endpoints = level
            .endpoints
            .iter()
            .filter(|of| pattern.matches(&of.endpoint));
        let found: Vec<TargetResult> = endpoints
            .map(|of| {
                let mut result = result.clone();
                result.endpoint = Some(of.endpoint.clone());
                self.of_figure(result, level, Some(of))
            })
            .collect();
        if found.is_empty() {
            return vec![not_measured(
                result,
                format!("no endpoint of every level matches {glob}"),
            )];
        }
        found
    }

    fn of_figure(
        &self,
        result: TargetResult,
        level: &Level,
        of: Option<&LevelEndpoint>,
    ) -> TargetResult {
        let name = self.metric.to_string();
        let figures = of.map_or(&level.figures, |of| &of.figures);
        let (value, interval, n) = match name.as_str() {
            "efficiency" if of.is_none() => {
                let mut rows = self.scaling.efficiency.iter();
                let row = rows.find(|row| (row.level - level.value).abs() <= 1e-9 * level.value);
                (
                    row.map(|row| row.value),
                    row.and_then(|row| row.interval),
                    None,
                )
            }
            "goodput" => (
                of.map_or(level.goodput_per_s, |of| of.goodput_per_s),
                None,
                None,
            ),
            "rate" if of.is_none() => (level.achieved_per_s, None, None),
            "error_rate" => (of.map_or(level.error_rate, |of| of.error_rate), None, None),
            _ => (
                figures.get(&name).copied(),
                None,
                of.map_or(level.n, |of| of.n),
            ),
        };
        let Some(value) = value else {
            return not_measured(result, unknown(&name, of.is_some()));
        };
        if interval.is_some_and(|interval| is_wide(interval) && is_undecided(self.bound, interval))
        {
            let mut result = result;
            result.value = Some(value);
            result.interval = interval;
            let reason = "the limit lies inside its interval, and that is too wide to judge by: more requests or repeats at the lowest level narrow it";
            return not_measured(result, reason);
        }
        let support = of.map_or(&level.support, |of| &of.support);
        let thin = support.get(&name) == Some(&Support::None);
        if thin {
            let mut result = result;
            result.value = Some(value);
            result.n = n;
            return not_measured(result, "too few requests at this level to judge it");
        }
        let repeats = of.map_or(&level.repeats, |of| &of.repeats);
        let result = self.decide(result, value, interval, n);
        match repeats.get(&name) {
            Some(repeats) => self.of_repeats(result, repeats),
            None => result,
        }
    }

    /// What the middle of repeats keeps and some of them break is a warning, and broken where most of them do.
    fn of_repeats(&self, mut result: TargetResult, repeats: &[f64]) -> TargetResult {
        let broken = repeats
            .iter()
            .filter(|value| !self.bound.holds(**value))
            .count();
        if broken == 0 || result.state == TargetState::Fail {
            return result;
        }
        let most = repeats.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = repeats.iter().copied().fold(f64::INFINITY, f64::min);
        result.reason = Some(format!(
            "{broken} of {} repeats {} it: they lie between {} and {}",
            repeats.len(),
            if broken == 1 { "breaks" } else { "break" },
            result.amount(least),
            result.amount(most)
        ));
        result.state = if 2 * broken > repeats.len() {
            TargetState::Fail
        } else {
            TargetState::Warn
        };
        result
    }

    fn decide(
        &self,
        mut result: TargetResult,
        value: f64,
        interval: Option<Interval>,
        n: Option<u64>,
    ) -> TargetResult {
        result.value = Some(value);
        result.interval = interval;
        result.n = n;
        result.margin = Some(self.bound.margin(value));
        let open = self.target.decide == Decide::Interval
            && interval.is_some_and(|interval| is_undecided(self.bound, interval));
        result.state = if open {
            result.reason = Some("the limit lies inside the interval".to_owned());
            TargetState::Warn
        } else if self.bound.holds(value) {
            TargetState::Pass
        } else {
            TargetState::Fail
        };
        let warn = match &self.target.warn {
            Some(Expectation::Figure { metric, bound, .. }) if metric == self.metric => Some(bound),
            _ => None,
        };
        if result.state == TargetState::Pass && warn.is_some_and(|bound| !bound.holds(value)) {
            let text = self.target.warn_text.as_deref().unwrap_or("the warn level");
            result.reason = Some(format!("its warn level {text} is broken"));
            result.state = TargetState::Warn;
        }
        result
    }
}
