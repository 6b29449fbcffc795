//! Whether two sides ask for the same endpoints in the same shares: of comparisons (V22) and of neighbouring load levels.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Note, Run};
use crate::stats::chi_squared::{GoodnessOfFit, homogeneity};

/// Points by which a share may be off, as a share, and
pub(crate) const SHARE: f64 = 0.05;
/// the chance below which that is no accident.
const CHANCE: f64 = 0.01;

/// Requests of each endpoint.
pub(crate) type Counts = BTreeMap<String, u64>;

/// An endpoint and its share of the requests of both sides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shift {
    pub(crate) endpoint: String,
    pub(crate) before: f64,
    pub(crate) after: f64,
}

impl Shift {
    fn size(&self) -> f64 {
        (self.after - self.before).abs()
    }

    /// By size; of two shares that mirror each other the one that grows is more.
    pub(crate) fn compare(&self, other: &Shift) -> Ordering {
        let mirrored = (self.size() - other.size()).abs() < 1e-9;
        let by_size = self.size().total_cmp(&other.size());
        let by_growth = (self.after > self.before).cmp(&(other.after > other.before));
        if mirrored { by_growth } else { by_size }
    }
}

/// Shares that differ by more than five points, the largest difference first, and the test that all are the same.
pub(crate) struct Mixed {
    pub(crate) shifts: Vec<Shift>,
    pub(crate) test: GoodnessOfFit,
}

/// What differs beyond chance; `None` where nothing does. An endpoint that one side lacks has no requests there.
pub(crate) fn mixed(before: &Counts, after: &Counts) -> Option<Mixed> {
    let labels: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let row = |counts: &Counts| -> Vec<u64> {
        let of = |label: &&String| counts.get(*label).copied().unwrap_or(0);
        labels.iter().map(of).collect()
    };
    let (of_before, of_after) = (row(before), row(after));
    let test = homogeneity(&of_before, &of_after).filter(|test| test.p_value < CHANCE)?;
    let total = |row: &[u64]| row.iter().sum::<u64>() as f64;
    let (all_before, all_after) = (total(&of_before), total(&of_after));
    let counted = labels.iter().zip(of_before.iter().zip(&of_after));
    let mut shifts: Vec<Shift> = counted
        .map(|(label, (before, after))| Shift {
            endpoint: (*label).clone(),
            before: *before as f64 / all_before,
            after: *after as f64 / all_after,
        })
        .filter(|shift| shift.size() > SHARE)
        .collect();
    shifts.sort_by(|one, other| other.compare(one));
    (!shifts.is_empty()).then_some(Mixed { shifts, test })
}

/// How many more requests the endpoints may count than their runs did, as a share: beyond it they overlap.
const OVERLAP: f64 = 0.05;

/// What both sides asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shared {
    /// Endpoints that have requests on both sides.
    pub(crate) both: BTreeSet<String>,
    /// Endpoints that the base alone has requests of, and how many of all its requests they are.
    pub(crate) base: Lone,
    /// The same of the new side.
    pub(crate) new: Lone,
    /// Requests of each endpoint of both sides; `None` where they are not counted, may overlap, or are no load.
    pub(crate) counts: Option<(Counts, Counts)>,
}

/// What one side asked for alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lone {
    /// The endpoints, the one with most requests first.
    pub(crate) labels: Vec<String>,
    /// Their share of the requests of the side, where they are counted.
    pub(crate) share: Option<f64>,
}

impl Shared {
    /// `None` where a side names no endpoint, or only some of them.
    pub(crate) fn of(base: &[&Run], new: &[&Run]) -> Option<Shared> {
        let (before, after) = (Side::of(base)?, Side::of(new)?);
        let has = |side: &Side, label: &String| {
            let requests = side.requests.get(label);
            requests.is_some_and(|requests| *requests != Some(0))
        };
        let both = before.requests.keys();
        let both: BTreeSet<String> = both
            .filter(|label| has(&before, label) && has(&after, label))
            .cloned()
            .collect();
        let lone = |side: &Side| side.lone(&both);
        Some(Shared {
            base: lone(&before),
            new: lone(&after),
            counts: before.counts().zip(after.counts()),
            both,
        })
    }

    /// How many endpoints there are on both sides together.
    pub(crate) fn endpoints(&self) -> usize {
        self.both.len() + self.base.labels.len() + self.new.labels.len()
    }

    /// The share of the requests at endpoints that both sides have: of the side that has less.
    pub(crate) fn share(&self) -> Option<f64> {
        let (base, new) = self.base.share.zip(self.new.share)?;
        Some(1.0 - base.max(new))
    }
}

/// The endpoints of the runs of one side.
struct Side {
    /// Requests of each, where all runs count them.
    requests: BTreeMap<String, Option<u64>>,
    /// Requests of the runs.
    all: Option<u64>,
}

impl Side {
    fn of(runs: &[&Run]) -> Option<Side> {
        let only_some = |run: &&Run| run.noted(Note::SOME_ENDPOINTS).is_some();
        if runs.iter().any(only_some) || runs.iter().any(|run| run.endpoints.is_empty()) {
            return None;
        }
        let mut requests: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for endpoint in runs.iter().flat_map(|run| &run.endpoints) {
            let sum = requests.entry(endpoint.label()).or_insert(Some(0));
            *sum = sum
                .zip(endpoint.stats.requests)
                .map(|(sum, of_run)| sum.saturating_add(of_run));
        }
        // What has no total is no load: repetitions of benchmarks are as many as they are.
        let all = runs.iter().try_fold(0_u64, |all, run| {
            Some(all.saturating_add(run.overall.requests?))
        });
        Some(Side { requests, all })
    }

    fn counts(&self) -> Option<Counts> {
        let all = self.all? as f64;
        let counts: Option<Counts> = self
            .requests
            .iter()
            .map(|(label, requests)| Some((label.clone(), (*requests)?)))
            .collect();
        let sum: f64 = counts
            .iter()
            .flat_map(BTreeMap::values)
            .map(|n| *n as f64)
            .sum();
        counts.filter(|_| sum <= all * (1.0 + OVERLAP))
    }

    fn lone(&self, both: &BTreeSet<String>) -> Lone {
        let mut lone: Vec<(&String, u64)> = self
            .requests
            .iter()
            .filter(|(label, requests)| !both.contains(*label) && **requests != Some(0))
            .map(|(label, requests)| (label, requests.unwrap_or(0)))
            .collect();
        lone.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        let sum = lone
            .iter()
            .fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
        let share = self.counts().zip(self.all.filter(|all| *all > 0));
        Lone {
            labels: lone.into_iter().map(|(label, _)| label.clone()).collect(),
            share: share.map(|(_, all)| (sum as f64 / all as f64).min(1.0)),
        }
    }
}
