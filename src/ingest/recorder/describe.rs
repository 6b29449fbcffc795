//! Counts and distributions in the words of the model.

use std::collections::BTreeMap;

use crate::ingest::recorder::tally::Tally;
use crate::ingest::recorder::timeline::Cell;
use crate::ingest::recorder::undecided::Fate;
use crate::model::{
    Histogram, Latency, Millis, Percentile, Population, QuantileMethod, Resolution, ResolutionKind,
    Seconds, Stats,
};
use crate::stats::histogram::{Coarse, Distribution, Grain, Table};

/// The percentiles of a run and its endpoints.
const PERCENTILES: [f64; 7] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99];

/// Those of a slice.
const SLICE_PERCENTILES: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

fn millis(nanos: u64) -> Millis {
    Millis(nanos as f64 / 1e6)
}

/// A distribution in the words of the model.
pub fn latency(table: &Table, population: Population) -> Latency {
    described(table, population, &PERCENTILES, true)
}

/// The same of a slice, with fewer percentiles.
pub(crate) fn latency_of_slice(table: &Table, population: Population) -> Latency {
    described(table, population, &SLICE_PERCENTILES, true)
}

fn described(table: &Table, population: Population, percents: &[f64], buckets: bool) -> Latency {
    let mut latency = Latency::of(population, table.totals.count);
    if table.totals.count == 0 {
        return latency;
    }
    let wanted: Vec<Percentile> = percents
        .iter()
        .filter_map(|percent| Percentile::new(*percent))
        .collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a percentile lies between 0 and 100"
    )]
    let thousandths: Vec<u32> = wanted
        .iter()
        .map(|percentile| (percentile.percent() * 1000.0).round() as u32)
        .collect();
    let nanos = |value: f64| Millis(value / 1e6);
    latency.min = Some(millis(table.totals.min));
    latency.mean = table.totals.mean().map(nanos);
    latency.stddev = table.totals.stddev().map(nanos);
    latency.max = Some(millis(table.totals.max));
    let values = table.quantiles(&thousandths).into_iter().map(millis);
    latency.percentiles = wanted.into_iter().zip(values).collect();
    latency.quantile_method = QuantileMethod::NearestRank;
    latency.histogram = buckets.then(|| Histogram {
        lower: table.buckets.iter().map(|b| millis(b.lower)).collect(),
        upper: table.buckets.iter().map(|b| millis(b.upper)).collect(),
        count: table.buckets.iter().map(|b| b.count).collect(),
    });
    latency.resolution = match table.grain {
        // The samples are what the input says; the input says whole milliseconds.
        Grain::WholeMillis => Resolution {
            kind: ResolutionKind::Exact,
            relative: None,
            absolute: Some(Millis(1.0)),
        },
        Grain::Relative(share) => Resolution {
            kind: ResolutionKind::Relative,
            relative: Some(share),
            absolute: None,
        },
    };
    latency
}

/// Latencies of all, of successes, of failures.
struct Parts {
    all: Option<Latency>,
    ok: Option<Latency>,
    failed: Option<Latency>,
}

/// Every request has a latency, or only failures have none, or some others have none either.
fn population(requests: u64, measured: u64, silent: u64) -> Population {
    match (requests == measured, silent) {
        (true, _) => Population::All,
        (false, 0) => Population::Answered,
        (false, _) => Population::Unknown,
    }
}

impl Tally {
    fn parts(&self, knows: bool) -> Parts {
        let whole = self.latency.whole(Distribution::merge);
        let table = whole.map(|all| all.table());
        let all = table.map(|table| {
            let who = population(self.requests, table.totals.count, self.silent);
            latency(&table, who)
        });
        if !knows {
            return Parts {
                all,
                ok: None,
                failed: None,
            };
        }
        let ok = self.latency.ok.as_ref();
        let failed = self.latency.not_ok(Distribution::merge);
        // Where failures are known and nothing succeeded, the latency of successes is one of no samples: else the latency of
        // the failures would be taken for it.
        let none = (self.requests > 0).then(|| Latency::of(Population::Ok, 0));
        Parts {
            all,
            ok: ok.map(|ok| latency(&ok.table(), Population::Ok)).or(none),
            failed: failed.map(|failed| latency(&failed.table(), Population::Failed)),
        }
    }

    pub(super) fn stats(&self, duration: Option<Seconds>, fate: Fate) -> Stats {
        let knows = fate.knows(self.undecided);
        let parts = self.parts(knows);
        let mut codes: BTreeMap<String, u64> = BTreeMap::new();
        for (status, count) in &self.statuses {
            codes.insert(format!("{status:03}"), *count);
        }
        for code in self.codes.entries() {
            codes.insert(code.key.clone().into(), code.value);
        }
        if self.other_codes > 0 {
            codes.insert("(other codes)".to_owned(), self.other_codes);
        }
        let mut stats = Stats {
            requests: Some(self.requests),
            responses: (self.answer_unknown == 0 && knows).then_some(self.answered),
            failures: knows.then_some(self.failures + self.undecided),
            bytes_received: self.received,
            bytes_sent: self.sent,
            codes,
            latency: parts.all,
            latency_ok: parts.ok,
            latency_failed: parts.failed,
            ..Stats::default()
        };
        stats.set_rates(duration);
        stats
    }
}

impl<const BITS: u32> Cell<BITS> {
    /// `rates`: the width of a slice that lies inside the run as a whole. `slim`: only the latency that is judged, because
    /// there is one of these for every slice and endpoint. `knows`: whether failures are known in all slices.
    pub(super) fn stats(&self, rates: Option<Seconds>, slim: bool, knows: bool) -> Stats {
        let say = |table: &Table, who, primary| described(table, who, &SLICE_PERCENTILES, primary);
        let whole = (!slim || !knows).then(|| self.latency.whole(Coarse::merge));
        let whole = whole.flatten().map(|all| all.table());
        let who = match &whole {
            Some(table) if table.totals.count == self.requests => Population::All,
            _ => Population::Unknown,
        };
        let failed = (knows && !slim).then(|| self.latency.not_ok(Coarse::merge));
        let failed = failed.flatten().map(|failed| failed.table());
        let ok = self.latency.ok.as_ref().map(|ok| ok.table());
        let none = || Latency::of(Population::Ok, 0);
        let ok_or_none = || ok.map_or_else(none, |ok| say(&ok, Population::Ok, true));
        let mut stats = Stats {
            requests: Some(self.requests),
            failures: knows.then_some(self.failures + self.undecided),
            // The distribution stands once: with the successes where they are known, else with all.
            latency: whole.map(|all| say(&all, who, !knows)),
            latency_ok: knows.then(ok_or_none),
            latency_failed: failed.map(|failed| say(&failed, Population::Failed, false)),
            ..Stats::default()
        };
        stats.set_rates(rates);
        stats
    }
}
