//! Reads one metric after another of a run or an endpoint; what several metrics need of a distribution is made once.

use std::cell::OnceCell;

use crate::figures::{Options, resource};
use crate::load::steady;
use crate::model::metric::PopulationName;
use crate::model::{
    Endpoint, Latency, MetricId, Millis, Percentile, Reading, ResolutionKind, Run, Statistic, Stats,
};
use crate::report::Interval;
use crate::report::{Measured, Support};
use crate::stats::proportion::wilson;
use crate::stats::quantile::{self, Cumulative, Edges, Sides, Summary};

/// The confidence of every interval.
const LEVEL: f64 = 0.95;

/// Of a run, or of one endpoint of it.
pub(super) struct Reader<'a> {
    run: &'a Run,
    is_endpoint: bool,
    stats: &'a Stats,
    options: &'a Options,
    any: Option<Distribution<'a>>,
    ok: Option<Distribution<'a>>,
    failed: Option<Distribution<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(run: &'a Run, endpoint: Option<&'a Endpoint>, options: &'a Options) -> Self {
        let stats = endpoint.map_or(&run.overall, |endpoint| &endpoint.stats);
        let known = |latency: &'a Option<Latency>| latency.as_ref().map(Distribution::new);
        Reader {
            run,
            is_endpoint: endpoint.is_some(),
            stats,
            options,
            any: known(&stats.latency),
            ok: known(&stats.latency_ok),
            failed: known(&stats.latency_failed),
        }
    }

    /// `None` = not measured; what is not a finite number is not a measurement.
    pub(super) fn read(&self, metric: &MetricId) -> Option<Measured> {
        let measured = match metric {
            MetricId::Latency(population, statistic) => {
                self.latency_of(*population)?.read(*statistic)
            }
            MetricId::Plain(id) => self.plain(id, metric),
            MetricId::Resource(..) | MetricId::Custom(_) | MetricId::Check(_) => {
                if self.is_endpoint {
                    None
                } else {
                    self.named(metric)
                }
            }
        };
        measured.filter(|found| found.value.is_finite())
    }

    /// The latency of a population; `None` names the one that is judged, as [`Stats::primary`] does.
    fn latency_of(&self, population: Option<PopulationName>) -> Option<&Distribution<'a>> {
        // Where nothing failed, successes and all requests are the same.
        let all_ok = self.stats.failures == Some(0)
            && self
                .stats
                .expected_failures
                .is_none_or(|expected| expected == 0);
        let any = |name: PopulationName| {
            self.any
                .as_ref()
                .filter(|any| name.holds(any.latency.population))
        };
        match population {
            None => self.ok.as_ref().or(self.any.as_ref()),
            Some(PopulationName::Ok) => self
                .ok
                .as_ref()
                .or_else(|| any(PopulationName::Ok))
                .or_else(|| any(PopulationName::All).filter(|_| all_ok)),
            Some(PopulationName::Failed) => {
                self.failed.as_ref().or_else(|| any(PopulationName::Failed))
            }
            Some(PopulationName::All) => {
                any(PopulationName::All).or_else(|| self.ok.as_ref().filter(|_| all_ok))
            }
        }
    }

    fn plain(&self, id: &str, metric: &MetricId) -> Option<Measured> {
        let of_run = |value: Option<f64>| value.filter(|_| !self.is_endpoint);
        match metric.spec().reading {
            Reading::Stats(read) => {
                let value = read(self.stats)?;
                Some(match id {
                    "error_rate" => self.share(value, |lo, hi| (lo, hi)),
                    "success_rate" => self.share(value, |lo, hi| (1.0 - hi, 1.0 - lo)),
                    "goodput" => counted(value, self.stats.successes()),
                    _ => counted(value, self.stats.requests),
                })
            }
            Reading::SessionsFailed => {
                let sessions = self.run.sessions.as_ref();
                let failed = sessions.and_then(|sessions| sessions.failed);
                let value = of_run(failed.map(|failed| failed as f64))?;
                Some(counted(
                    value,
                    sessions.and_then(|sessions| sessions.started),
                ))
            }
            Reading::SessionsFailedRate => {
                let sessions = self.run.sessions.as_ref().filter(|_| !self.is_endpoint)?;
                share_of(sessions.failed?, sessions.started?)
            }
            Reading::Exceptions => {
                let exceptions = self.run.exceptions.map(|count| count as f64);
                Some(counted(of_run(exceptions)?, None))
            }
            Reading::ExceptionRate => {
                let exceptions = self.run.exceptions.filter(|_| !self.is_endpoint)?;
                share_of(exceptions, self.stats.requests?.saturating_add(exceptions))
            }
            Reading::Duration => {
                let value = self.run.duration.map(|duration| duration.0);
                Some(counted(of_run(value)?, None))
            }
            Reading::Users => Some(counted(of_run(self.run.load.users_max)?, None)),
            Reading::PeakRate if !self.is_endpoint => {
                let found = steady::peak_rate(self.run)?;
                Some(counted(found.rate, Some(found.requests)))
            }
            Reading::SustainedRate if !self.is_endpoint => {
                let found = steady::sustained_rate(self.run)?;
                Some(counted(found.rate, Some(found.requests)))
            }
            Reading::Apdex => self.apdex(),
            Reading::PeakRate
            | Reading::SustainedRate
            | Reading::Latency(_)
            | Reading::Named
            | Reading::Levels => None,
        }
    }

    /// A share of the requests that count, with the interval of the failures turned as asked.
    fn share(&self, value: f64, turn: fn(f64, f64) -> (f64, f64)) -> Measured {
        let n = self.counted_requests();
        let ends = self
            .stats
            .failures
            .zip(n)
            .and_then(|(failures, n)| wilson(failures, n, LEVEL))
            .map(|(lo, hi)| turn(lo, hi));
        Measured {
            interval: ends.map(|(lo, hi)| interval(Some(lo), Some(hi))),
            ..counted(value, n)
        }
    }

    /// Requests without those that failed as expected.
    fn counted_requests(&self) -> Option<u64> {
        let expected = self.stats.expected_failures.unwrap_or(0);
        Some(self.stats.requests?.saturating_sub(expected))
    }

    /// (successes within T + half of those within 4 T) / requests: what failed is frustrated, however fast.
    ///
    /// Needs a distribution of successes alone: among mixed latencies a fast failure would look like a happy user.
    fn apdex(&self) -> Option<Measured> {
        let successes = self.latency_of(Some(PopulationName::Ok))?;
        let n = self.counted_requests().filter(|n| *n > 0)?;
        let buckets = successes.latency.histogram.as_ref()?.buckets();
        let fast = self.options.fast_ms;
        let mut score = 0.0;
        for (lower, upper, count) in buckets {
            let middle = f64::midpoint(lower.0, upper.0);
            if middle <= fast {
                score += count as f64;
            } else if middle <= 4.0 * fast {
                score += count as f64 / 2.0;
            }
        }
        Some(counted(score / n as f64, Some(n)))
    }

    fn named(&self, metric: &MetricId) -> Option<Measured> {
        match metric {
            MetricId::Resource(component, name, statistic) => {
                let entry = resource::entry(self.run, component, name, None)?;
                resource::measured(entry, *statistic)
            }
            MetricId::Custom(name) => {
                let custom = self.run.custom.iter().find(|one| one.name == *name)?;
                // A distribution has no one value but its mean.
                match &custom.latency {
                    Some(latency) if custom.value.is_none() => {
                        Some(counted(latency.mean?.0, Some(latency.count)))
                    }
                    _ => Some(counted(custom.value?, None)),
                }
            }
            MetricId::Check(name) => {
                // Suites of two files may share a name.
                let named = self.run.checks.iter().filter(|one| one.name == *name);
                let (passed, n) = named.fold((0_u64, 0_u64), |(passed, n), check| {
                    let own = check.passed.saturating_add(check.failed);
                    (passed.saturating_add(check.passed), n.saturating_add(own))
                });
                let (lo, hi) = wilson(passed, n, LEVEL)?;
                Some(Measured {
                    interval: Some(interval(Some(lo), Some(hi))),
                    ..counted(passed as f64 / n as f64, Some(n))
                })
            }
            MetricId::Latency(..) | MetricId::Plain(_) => None,
        }
    }
}

/// A share with its interval; `None` of nothing.
fn share_of(part: u64, n: u64) -> Option<Measured> {
    let (lo, hi) = wilson(part, n, LEVEL)?;
    Some(Measured {
        interval: Some(interval(Some(lo), Some(hi))),
        ..counted(part as f64 / n as f64, Some(n))
    })
}

/// A figure that is not a quantile.
fn counted(value: f64, n: Option<u64>) -> Measured {
    Measured {
        value,
        n,
        interval: None,
        support: Support::Ok,
    }
}

fn interval(lo: Option<f64>, hi: Option<f64>) -> Interval {
    Interval {
        lo,
        hi,
        level: LEVEL,
    }
}

/// A latency and what is made of it for the quantiles.
struct Distribution<'a> {
    latency: &'a Latency,
    counts: OnceCell<Cumulative>,
    summary: OnceCell<Option<Summary>>,
}

impl<'a> Distribution<'a> {
    fn new(latency: &'a Latency) -> Distribution<'a> {
        Distribution {
            latency,
            counts: OnceCell::new(),
            summary: OnceCell::new(),
        }
    }

    fn read(&self, statistic: Statistic) -> Option<Measured> {
        let latency = self.latency;
        let plain = match statistic {
            Statistic::Min => latency.min,
            Statistic::Mean => latency.mean,
            Statistic::Stddev => latency.stddev,
            Statistic::Max => latency.max,
            Statistic::Quantile(percentile) => return self.quantile(percentile),
        };
        plain.map(|value| counted(value.0, self.count()))
    }

    /// Samples; a figure of none was not counted.
    fn count(&self) -> Option<u64> {
        Some(self.latency.count).filter(|count| *count > 0)
    }

    fn quantile(&self, percentile: Percentile) -> Option<Measured> {
        let share = percentile.share();
        let given = self.latency.percentile(percentile).map(|value| value.0);
        let value = given.or_else(|| self.of_bucket(self.counts().quantile(share)?))?;
        let sides = if self.counts().total() > 0 {
            let sides = self.counts().interval(share, LEVEL);
            Sides {
                lo: sides.lo.map(|edges| self.outer_lower(edges)),
                hi: sides.hi.map(|edges| self.outer_upper(edges)),
            }
        } else {
            let summary = self.summary.get_or_init(|| self.rebuild()).as_ref();
            let sides = summary.map_or(Sides::OPEN, |summary| summary.interval(share, LEVEL));
            let exact = |value: f64| Edges {
                lower: value,
                upper: value,
            };
            Sides {
                lo: sides.lo.map(|value| self.outer_lower(exact(value))),
                hi: sides.hi.map(|value| self.outer_upper(exact(value))),
            }
        };
        // The tool's own value of another method may lie beside the samples that enclose the quantile.
        let lo = sides.lo.map(|lo| lo.min(value));
        let hi = sides.hi.map(|hi| hi.max(value));
        Some(Measured {
            value,
            n: self.count(),
            interval: (lo.is_some() || hi.is_some()).then(|| interval(lo, hi)),
            support: quantile::support(self.latency.count, share).into(),
        })
    }

    fn counts(&self) -> &Cumulative {
        self.counts.get_or_init(|| {
            let Some(histogram) = &self.latency.histogram else {
                return Cumulative::default();
            };
            let buckets = histogram.buckets();
            Cumulative::new(buckets.map(|(lower, upper, count)| (lower.0, upper.0, count)))
        })
    }

    fn rebuild(&self) -> Option<Summary> {
        let latency = self.latency;
        let levels = latency.percentiles.iter();
        Summary::new(
            latency.count,
            latency.min.map(|min| min.0),
            latency.max.map(|max| max.0),
            levels.map(|(percentile, value)| (percentile.share(), value.0)),
        )
    }

    /// The figure of the bucket, but never outside the extremes.
    fn of_bucket(&self, edges: Edges) -> Option<f64> {
        let (lower, upper) = (Millis(edges.lower), Millis(edges.upper));
        let middle = self.latency.resolution.figure_in(lower, upper).0;
        if self.latency.resolution.kind == ResolutionKind::Rounded {
            return middle.is_finite().then_some(middle);
        }
        let middle = self.latency.min.map_or(middle, |min| middle.max(min.0));
        let middle = self.latency.max.map_or(middle, |max| middle.min(max.0));
        middle.is_finite().then_some(middle)
    }

    /// How far the sample in the bucket may lie from its middle: half the bucket, or the input's resolution.
    fn outer_lower(&self, edges: Edges) -> f64 {
        edges
            .lower
            .min(edges.mid() - self.half_width(edges.mid()))
            .max(0.0)
    }

    fn outer_upper(&self, edges: Edges) -> f64 {
        edges.upper.max(edges.mid() + self.half_width(edges.mid()))
    }

    fn half_width(&self, value: f64) -> f64 {
        let known = self.latency.resolution.half_width(Millis(value));
        known.map_or(0.0, |half| half.0)
    }
}
