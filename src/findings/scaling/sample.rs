//! One run, or one stretch of a stepped run, at one load: what was asked, answered and measured in the time in which it was offered.

use crate::findings::comparison::values::error_of;
use crate::findings::figures::{self, Support};
use crate::findings::scaling::load::Loaded;
use crate::findings::scaling::split::Stretch;
use crate::model::{Endpoint, MetricId, Run, Slice, Stats};

/// Share at the start of a whole run that is left out of its rates.
const SETTLING: f64 = 0.1;
/// Standard error of the goodput of a run that does not tell it over time: its length holds what came after the load.
const LOOSE: f64 = 0.05;

/// Fewest slices whose spread says anything.
const SLICES: usize = 4;

/// What was seen at a load.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    /// Id of the run.
    pub(super) run: &'a str,
    /// The load.
    pub(super) load: Loaded,
    /// What a label or the plan states, where it is not the load itself.
    pub(super) stated: Option<f64>,
    /// Where it is a stretch of a run.
    pub(super) stretch: Option<(f64, f64)>,
    /// Seconds left out because the load had just changed.
    pub(super) settling: Option<f64>,
    /// Counts in the time in which the load was offered.
    pub(super) counted: Option<Counted>,
    /// Whether those counts leave out what came before and after the load.
    pub(super) is_windowed: bool,
    /// Failures, and the requests that count.
    pub(super) failed: Option<(u64, u64)>,
    /// Where latencies are read: the run, or windows of it that cannot be joined.
    pub(super) sources: Vec<&'a Run>,
}

/// Counts over a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    /// Seconds.
    pub(super) seconds: f64,
    /// Users that arrived.
    pub(super) arrivals: Option<u64>,
    /// Requests that were sent.
    pub(super) sent: Option<u64>,
    /// Requests that were answered; `None` where they are not counted apart from those sent.
    pub(super) answered: Option<u64>,
    /// Good answers.
    pub(super) successes: u64,
    /// Standard error of the logarithm of their rate, by how much it differs from slice to slice; `None` with fewer than four.
    pub(super) error: Option<f64>,
}

/// A latency of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Latency {
    /// Its logarithm.
    pub(super) log: f64,
    /// Standard error of that within the run; `None` = the input does not say.
    pub(super) error: Option<f64>,
    /// Requests behind it.
    pub(super) n: Option<u64>,
    /// How well they carry it.
    pub(super) support: Support,
}

impl<'a> Sample<'a> {
    /// Of a whole run.
    pub(super) fn of_run(run: &'a Run, load: Loaded) -> Sample<'a> {
        let window = load.window.and_then(|(from, to)| {
            let settling = SETTLING * (to - from);
            let inside = |slice: &&Slice| {
                slice.start.0 >= from + settling - 1e-6
                    && slice.start.0 + slice.duration.0 <= to + 0.05 * slice.duration.0
            };
            let slices: Vec<&Slice> = run.timeline.iter().filter(inside).collect();
            let covered: f64 = slices.iter().map(|slice| slice.duration.0).sum();
            // Less than a third of the load is a glimpse.
            (3.0 * covered >= to - from)
                .then(|| count(&slices, covered))
                .flatten()
        });
        let whole = || {
            let seconds = run.duration?.0;
            let stats = &run.overall;
            Some(Counted {
                seconds,
                arrivals: None,
                sent: stats.requests,
                answered: None,
                successes: stats.successes()?,
                error: None,
            })
        };
        Sample {
            run: &run.id,
            load,
            stated: None,
            stretch: None,
            settling: None,
            counted: window
                .or_else(whole)
                .filter(|counted| counted.seconds > 0.0),
            is_windowed: window.is_some(),
            failed: failed(&run.overall),
            sources: vec![run],
        }
    }

    /// Of a stretch of a run.
    pub(super) fn of_stretch(stretch: &'a Stretch) -> Sample<'a> {
        let slices: Vec<&Slice> = stretch.run.timeline.iter().collect();
        let seconds = slices.iter().map(|slice| slice.duration.0).sum();
        let sources = if stretch.windows.is_empty() {
            vec![&stretch.run]
        } else {
            stretch.windows.iter().collect()
        };
        Sample {
            run: &stretch.run.id,
            load: Loaded {
                of: stretch.of,
                mean: stretch.mean,
                peak: stretch.peak,
                window: None,
            },
            stated: None,
            stretch: Some((stretch.start, stretch.end)),
            settling: Some(stretch.settling),
            counted: count(&slices, seconds).filter(|counted| counted.seconds > 0.0),
            is_windowed: true,
            failed: failed(&stretch.run.overall),
            sources,
        }
    }

    /// Successes per second, overall.
    pub(super) fn goodput(&self) -> Option<f64> {
        let counted = self.counted?;
        Some(counted.successes as f64 / counted.seconds)
    }

    /// Standard error of the logarithm of that within the run.
    pub(super) fn goodput_error(&self) -> Option<f64> {
        let counted = self.counted?;
        // Of none: as of one, so that the level is told from one whose successes nobody counted.
        let chance = 1.0 / (counted.successes.max(1) as f64).sqrt();
        // A generator or server that stalls is less even than chance.
        let chance = chance.max(counted.error.unwrap_or(0.0));
        Some(if self.is_windowed {
            chance
        } else {
            chance.hypot(LOOSE)
        })
    }

    /// The load in the very time in which answers were counted; the load itself where it is not counted.
    pub(super) fn asked(&self) -> f64 {
        use crate::findings::scaling::LevelOf;
        let counted = self.counted.filter(|_| self.is_windowed);
        let rate = |count: Option<u64>| Some(count? as f64 / counted?.seconds);
        let measured = match self.load.of {
            LevelOf::Arrivals => rate(counted.and_then(|counted| counted.arrivals)),
            LevelOf::Requests => rate(counted.and_then(|counted| counted.sent)),
            LevelOf::Users | LevelOf::Stated | LevelOf::Resources => None,
        };
        measured.filter(|of| *of > 0.0).unwrap_or(self.load.mean)
    }

    /// Latencies of the run or of one of its endpoints: over windows their middle, which is that of no single request.
    pub(super) fn latencies(
        &self,
        endpoint: Option<&str>,
        metrics: &[MetricId],
        options: &figures::Options,
    ) -> Vec<Option<Latency>> {
        let of_sources: Vec<Vec<Option<Latency>>> = self
            .sources
            .iter()
            .filter_map(|run| {
                let endpoint = match endpoint {
                    None => None,
                    Some(label) => Some(endpoint_of(run, label)?),
                };
                let measured = figures::measure_all(run, endpoint, metrics, options);
                Some(measured.into_iter().map(|found| latency(&found?)).collect())
            })
            .collect();
        let of_metric = |place: usize| {
            let found: Vec<Latency> = of_sources
                .iter()
                .filter_map(|latencies| latencies.get(place).copied().flatten())
                .collect();
            middle(&found)
        };
        (0..metrics.len()).map(of_metric).collect()
    }

    /// Labels of the endpoints that have figures.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = String> + '_ {
        let first = self.sources.first();
        first
            .into_iter()
            .flat_map(|run| run.endpoints.iter().map(Endpoint::label))
    }

    /// The counts of one endpoint over all sources: successes, failures, requests that count.
    pub(super) fn endpoint_counts(&self, label: &str) -> Option<(u64, u64, u64)> {
        let mut all = (0_u64, 0_u64, 0_u64);
        for run in &self.sources {
            let stats = &endpoint_of(run, label)?.stats;
            let (failures, counted) = failed(stats)?;
            all.0 = all.0.saturating_add(counted.saturating_sub(failures));
            all.1 = all.1.saturating_add(failures);
            all.2 = all.2.saturating_add(counted);
        }
        Some(all)
    }
}

pub(super) fn endpoint_of<'a>(run: &'a Run, label: &str) -> Option<&'a Endpoint> {
    run.endpoints
        .iter()
        .find(|endpoint| endpoint.label() == label)
}

fn failed(stats: &Stats) -> Option<(u64, u64)> {
    let expected = stats.expected_failures.unwrap_or(0);
    Some((stats.failures?, stats.requests?.saturating_sub(expected)))
}

/// The middle of several windows: their geometric mean, with what is known of all of them.
fn middle(found: &[Latency]) -> Option<Latency> {
    let n = found.len() as f64;
    let first = found.first()?;
    let errors: Option<f64> = found.iter().map(|one| Some(one.error?.powi(2))).sum();
    Some(Latency {
        log: found.iter().map(|one| one.log).sum::<f64>() / n,
        error: errors.map(|sum| sum.sqrt() / n),
        n: found
            .iter()
            .map(|one| one.n)
            .try_fold(0_u64, |sum, n| sum.checked_add(n?)),
        support: found
            .iter()
            .map(|one| one.support)
            .min()
            .unwrap_or(first.support),
    })
}

fn latency(measured: &figures::Measured) -> Option<Latency> {
    let log = measured.value.ln();
    log.is_finite().then_some(Latency {
        log,
        error: error_of(measured),
        n: measured.n,
        support: measured.support,
    })
}

fn count(slices: &[&Slice], seconds: f64) -> Option<Counted> {
    let sum = |read: &dyn Fn(&Slice) -> Option<u64>| -> Option<u64> {
        let mut counts = slices.iter().map(|slice| read(slice));
        counts.try_fold(0_u64, |sum, count| sum.checked_add(count?))
    };
    if slices.is_empty() {
        return None;
    }
    Some(Counted {
        seconds,
        arrivals: sum(&|slice| slice.arrivals),
        sent: sum(&|slice| slice.stats.requests),
        answered: sum(&|slice| slice.stats.responses),
        successes: sum(&|slice| successes(&slice.stats))?,
        error: unevenness(slices),
    })
}

/// Standard error of the logarithm of the mean rate of slices, from their spread.
fn unevenness(slices: &[&Slice]) -> Option<f64> {
    let rates: Option<Vec<f64>> = slices
        .iter()
        .map(|slice| Some(successes(&slice.stats)? as f64 / slice.duration.0))
        .collect();
    let rates = rates.filter(|rates| rates.len() >= SLICES)?;
    let n = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / n;
    let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt() / mean;
    error.is_finite().then_some(error)
}

/// Good answers that arrived in a slice: not those to what was sent in it.
fn successes(stats: &Stats) -> Option<u64> {
    if let Some(latency) = &stats.latency_ok {
        return Some(latency.count);
    }
    let Some(answered) = stats.responses else {
        return stats.successes();
    };
    let with_code: u64 = stats.codes.values().sum();
    if with_code >= answered && answered > 0 {
        let is_good = |code: &str| code.parse::<u16>().is_ok_and(|code| code < 400);
        let good = stats.codes.iter().filter(|(code, _)| is_good(code));
        return Some(good.map(|(_, count)| count).sum());
    }
    let failed = stats.failures.unwrap_or(0);
    Some(answered.saturating_sub(failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::scaling::LevelOf;

    #[test]
    fn a_level_without_successes_is_not_one_whose_successes_nobody_counted() {
        let load = Loaded {
            of: LevelOf::Arrivals,
            mean: 10.0,
            peak: None,
            window: None,
        };
        let counted = Counted {
            seconds: 50.0,
            arrivals: Some(500),
            sent: Some(500),
            answered: Some(0),
            successes: 0,
            error: None,
        };
        let of = |counted| Sample {
            run: "run",
            load,
            stated: None,
            stretch: None,
            settling: None,
            counted,
            is_windowed: true,
            failed: Some((500, 500)),
            sources: Vec::new(),
        };
        let none = of(Some(counted));
        assert_eq!(
            (none.goodput(), none.goodput_error()),
            (Some(0.0), Some(1.0))
        );
        let unknown = of(None);
        assert_eq!((unknown.goodput(), unknown.goodput_error()), (None, None));
    }
}
