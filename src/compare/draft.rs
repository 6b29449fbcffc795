//! A metric on its way to its state, and the limits that all of the room share.

use crate::compare::values::Reading;
use crate::figures::spread::Measure;
use crate::model::{Better, MetricId, Unit};
use crate::report::comparison::{ChangeUnit, ComparedMetric, Method, MetricState};
use crate::report::{Interval, Reason};
use crate::stats::repeats::Value;

/// Chance of a false alarm of one metric, one-sided.
pub(super) const ALPHA: f64 = 0.01;
/// Repeats that each side needs to prove a change of a latency or rate: two do not tell which of them is the odd one.
pub(super) const REPEATS: usize = 3;
/// Requests that an endpoint needs on each side to be judged.
pub(super) const FEWEST: u64 = 200;
/// Spread between jobs that is assumed.
pub(super) const JOBS: f64 = 0.03;
/// Requests that a share of failures needs on each side.
pub(super) const FEWEST_OF_SHARES: u64 = 30;
/// Requests with which a collapse is suspect: its test is exact for few.
pub(super) const FEWEST_SUSPECT: u64 = 8;
/// Spread between jobs that is assumed: shares of failures are less steady than latencies.
pub(super) const JOBS_OF_SHARES: f64 = 0.1;
/// A rise of the error rate, as a share, that neither a bad minute nor another load, mix or place explains.
pub(super) const COLLAPSE: f64 = 0.1;

/// Why a change that chance does not explain is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A side has too few repeats.
    FewRuns,
    /// The sides differ in what may explain the change.
    Unlike,
}

/// A metric on its way: figures first, its state when all of them are known.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// What is known so far.
    pub(super) metric: ComparedMetric,
    pub(super) measure: Measure,
    /// Chance of the change for the better where there is none.
    pub(super) p_better: Option<f64>,
    /// Whether the change is beyond the floors.
    pub(super) beyond_floor: bool,
    /// The end of the interval on the bad side, as a change for the worse.
    pub(super) worst: Option<f64>,
    /// Why nothing can be proven.
    pub(super) doubt: Option<Doubt>,
    /// What too few requests say by themselves.
    pub(super) few_requests: Option<Few>,
    /// New runs that lie far beyond every run of the base.
    pub(super) runs_apart: u64,
    /// Whether the shares of the endpoints alone may have made it worse, or better.
    pub(super) by_mix: ByMix,
    /// The runs of base and new as logarithms, where all of them give it.
    pub(super) logs: Vec<Value>,
    /// Whether it could be proven at all, and so counts among what the report tests (Tarone 1990).
    pub(super) testable: bool,
    /// The runs of base and new, and the least difference worth talking about in the metric's unit.
    pub(super) sides: [Vec<Reading>; 2],
    pub(super) least: f64,
    pub(super) interleaved: bool,
}

/// What every draft of one pair of sides is made with.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    /// Label of the endpoint; `None` = the whole run.
    pub(super) endpoint: Option<&'a str>,
    /// Whether the sides were run in turn.
    pub(super) interleaved: bool,
}

fn blank(metric: &MetricId, unit: Unit, better: Better, setting: &Setting) -> ComparedMetric {
    ComparedMetric {
        endpoint: setting.endpoint.map(str::to_owned),
        metric: metric.to_string(),
        unit,
        better,
        base: None,
        new: None,
        change: None,
        change_unit: None,
        interval: None,
        method: None,
        n_base: None,
        n_new: None,
        runs_base: 0,
        runs_new: 0,
        p_value: None,
        q_value: None,
        state: MetricState::NotMeasured,
        reasons: Vec::new(),
        clipped: Vec::new(),
        guarded: false,
        learned_spread: None,
        runs_apart: 0,
        smallest_detectable: None,
        repeats_needed: None,
        rank_p_value: None,
        against_others: None,
    }
}

/// What the requests of both sides say by themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Few {
    pub(super) chance: f64,
    pub(super) method: Method,
    /// Of a share of failures.
    pub(super) interval: Option<Interval>,
}

/// What of a metric of the whole run may be of the shares of the endpoints alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ByMix {
    /// A change for the worse.
    pub(super) worse: bool,
    /// One for the better.
    pub(super) better: bool,
    /// Worse at one mix, which the shares hide.
    pub(super) hidden: bool,
    /// Of an error rate the ends of its change at one mix.
    pub(super) at_one_mix: Option<(f64, f64)>,
}

impl Draft {
    /// Nothing known of it yet but what it is.
    pub(super) fn blank(
        metric: &MetricId,
        unit: Unit,
        better: Better,
        measure: Measure,
        setting: &Setting,
    ) -> Draft {
        Draft {
            metric: blank(metric, unit, better, setting),
            measure,
            p_better: None,
            beyond_floor: false,
            worst: None,
            doubt: None,
            few_requests: None,
            runs_apart: 0,
            by_mix: ByMix::default(),
            logs: Vec::new(),
            testable: true,
            sides: [Vec::new(), Vec::new()],
            least: measure.least,
            interleaved: setting.interleaved,
        }
    }

    /// Whether the change is worth talking about, and the smallest one that would have been shown: never below what is not.
    pub(super) fn weigh(&mut self) {
        let before = self.metric.base.filter(|before| *before > 0.0);
        let smallest = before.map_or(0.0, |before| self.least / before);
        let smallest = smallest.max(self.measure.floor);
        let change = self.metric.change;
        self.beyond_floor = change.is_some_and(|change| change.abs() >= smallest);
        let detectable = self.metric.smallest_detectable;
        self.metric.smallest_detectable = detectable.map(|found| found.max(smallest));
    }

    /// Not judged, for this reason; the figures stay.
    pub(super) fn unjudged(&mut self, reason: impl Into<Reason>) {
        let reason = reason.into();
        self.metric.p_value = None;
        self.metric.interval = None;
        self.metric.method = None;
        self.metric.smallest_detectable = None;
        self.metric.repeats_needed = None;
        self.metric.rank_p_value = None;
        self.metric.against_others = None;
        self.p_better = None;
        self.worst = None;
        self.few_requests = None;
        self.runs_apart = 0;
        if !self.metric.reasons.contains(&reason) {
            self.metric.reasons.push(reason);
        }
    }

    /// Whether so many more requests fail that a single run shows it, and no mix.
    pub(super) fn is_collapse(&self) -> bool {
        let metric = &self.metric;
        let interval = metric.interval.and_then(|interval| interval.lo);
        let at_one_mix = self.by_mix.at_one_mix.map(|(least, _)| least);
        let enough = |n: Option<u64>| n.is_some_and(|n| n >= FEWEST_OF_SHARES);
        metric.change_unit == Some(ChangeUnit::Points)
            && at_one_mix
                .or(interval)
                .is_some_and(|least| least >= COLLAPSE)
            && enough(metric.n_base)
            && enough(metric.n_new)
    }
}
