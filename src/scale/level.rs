//! What a level is, from its repeats: rates while the load was offered, latencies as the middle of the repeats.

use std::collections::BTreeMap;

use crate::figures;
use crate::figures::spread::measure_of;
use crate::model::{MetricId, Percentile, Statistic};
use crate::report::Support;
use crate::report::scaling::{Level, LevelEndpoint, LevelOf};
use crate::scale::load::load_of;
use crate::scale::sample::{Latency, Sample, value};
use crate::scale::series::{Group, Series};
use crate::stats::knee::Flow;
use crate::stats::{knee, step};

/// Latencies whose steps are classed.
pub(super) const PERCENTILES: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// Metrics of a level, the percentiles first.
pub(super) fn metrics() -> Vec<MetricId> {
    let percentiles = PERCENTILES.into_iter().map(MetricId::quantile);
    percentiles
        .chain([MetricId::Latency(None, Statistic::Mean)])
        .collect()
}

/// A latency of a level.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Middle {
    /// In milliseconds: the geometric mean of the repeats.
    pub(super) value: f64,
    /// Its logarithm: the mean of those of the repeats.
    pub(super) log: f64,
    /// Standard error of that, with the spread between runs that is assumed; `None` = not known.
    pub(super) error: Option<f64>,
    /// Requests behind it.
    pub(super) n: Option<u64>,
    /// The poorest of the repeats.
    pub(super) support: Support,
    /// That of each repeat, where there are several.
    pub(super) repeats: Vec<f64>,
}

/// Latencies of a group, in the order of [`metrics`].
pub(super) fn latencies(
    group: &Group,
    endpoint: Option<&str>,
    options: &figures::Options,
) -> Vec<Option<Middle>> {
    let metrics = metrics();
    let of_samples: Vec<Vec<Option<Latency>>> = group
        .samples
        .iter()
        .map(|sample| sample.latencies(endpoint, &metrics, options))
        .collect();
    let of_metric = |(place, metric): (usize, &MetricId)| {
        let found: Vec<Latency> = of_samples
            .iter()
            .filter_map(|latencies| latencies.get(place).copied().flatten())
            .collect();
        let spread = measure_of(metric, &BTreeMap::new()).spread;
        middle(&found, spread)
    };
    metrics.iter().enumerate().map(of_metric).collect()
}

fn middle(found: &[Latency], spread: f64) -> Option<Middle> {
    let n = found.len() as f64;
    let support = found.iter().map(|one| one.support).min()?;
    let squares: Option<f64> = found.iter().map(|one| Some(one.error?.powi(2))).sum();
    let log = found.iter().map(|one| one.log).sum::<f64>() / n;
    let logs = found.iter().map(|one| one.log);
    let error = squares.and_then(|sum| {
        let within = spread_of(logs, spread.hypot((sum / n).sqrt()));
        step::error(within, 0.0, found.len() as u64)
    });
    Some(Middle {
        value: value(found, log),
        log,
        error,
        n: found
            .iter()
            .map(|one| one.n)
            .try_fold(0_u64, |sum, n| sum.checked_add(n?)),
        support,
        repeats: repeats_of(found),
    })
}

fn repeats_of(found: &[Latency]) -> Vec<f64> {
    let of_several = found.iter().filter(|_| found.len() > 1);
    of_several.map(|one| one.value).collect()
}

/// Requests that are under way at any time.
const UNDER_WAY: u64 = 10;

/// What an assumed spread is worth, in repeats less one.
const PRIOR: f64 = 4.0;

/// Standard deviation of repeats: what is assumed of them, moderated by how far they lie apart (statistics 2c).
fn spread_of(logs: impl Iterator<Item = f64> + Clone, assumed: f64) -> f64 {
    let n = logs.clone().count() as f64;
    let mean = logs.clone().sum::<f64>() / n;
    let squares: f64 = logs.map(|log| (log - mean).powi(2)).sum();
    ((PRIOR * assumed * assumed + squares) / (PRIOR + n - 1.0)).sqrt()
}

/// Means over the repeats that tell a rate; `None` where none does.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = values.flatten().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// Successes per second.
pub(super) fn goodput(group: &Group) -> Option<f64> {
    mean(group.samples.iter().map(Sample::goodput))
}

/// The load in the time in which goodput was counted.
pub(super) fn asked(group: &Group) -> f64 {
    mean(group.samples.iter().map(|sample| Some(sample.asked()))).unwrap_or(group.mean)
}

/// Standard error of the logarithm of goodput within the runs.
pub(super) fn goodput_error(group: &Group) -> Option<f64> {
    let errors: Vec<f64> = group
        .samples
        .iter()
        .filter_map(Sample::goodput_error)
        .collect();
    let n = errors.len() as f64;
    let squares: f64 = errors.iter().map(|error| error * error).sum();
    let rates = group.samples.iter().filter_map(|sample| {
        let yields = sample.goodput()? / sample.asked();
        (yields > 0.0).then(|| yields.ln())
    });
    (n > 0.0).then(|| spread_of(rates, (squares / n).sqrt()) / n.sqrt())
}

/// Standard error of that between runs: the spread that is assumed, over the repeats.
pub(super) fn goodput_between(group: &Group) -> f64 {
    let spread = measure_of(&MetricId::Plain("goodput"), &BTreeMap::new()).spread;
    spread / (group.samples.len() as f64).sqrt()
}

/// Sessions that completed: of arrivals, where every repeat counts them.
pub(super) fn flow(group: &Group) -> Option<Flow> {
    let is_session = |sample: &Sample| sample.load.of == LevelOf::Arrivals;
    let of = |sample: &Sample| sample.flow.filter(|_| is_session(sample));
    let flows: Vec<Flow> = group.samples.iter().map(of).collect::<Option<_>>()?;
    let n = flows.len() as f64;
    Some(Flow {
        rate: flows.iter().map(|flow| flow.rate).sum::<f64>() / n,
        error: flows
            .iter()
            .map(|flow| flow.error.powi(2))
            .sum::<f64>()
            .sqrt()
            / n,
        is_early: flows.iter().all(|flow| flow.is_early),
        is_all: flows.iter().all(|flow| flow.is_all),
    })
}

/// Answers per second; of requests where answers are not counted apart.
fn achieved(group: &Group) -> Option<f64> {
    mean(group.samples.iter().map(|sample| {
        let Some(counted) = sample.counted else {
            return sample.given();
        };
        let count = counted.answered.or(counted.sent)?;
        Some(count as f64 / counted.seconds)
    }))
}

/// Answers as a share of the requests of the same time.
pub(super) fn answered(group: &Group) -> Option<f64> {
    let counts = group
        .samples
        .iter()
        .filter(|sample| sample.is_windowed)
        .filter_map(|sample| {
            let counted = sample.counted?;
            Some((counted.answered?, counted.sent?))
        });
    let (answered, sent) = counts.fold((0_u64, 0_u64), |sum, one| {
        (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1))
    });
    (sent > 0).then(|| answered as f64 / sent as f64)
}

/// The same where what is missing is more than what is under way at any time.
pub(super) fn answered_surely(group: &Group) -> Option<f64> {
    let missing = group
        .samples
        .iter()
        .filter(|sample| sample.is_windowed)
        .map(|sample| {
            let counted = sample.counted?;
            Some(counted.sent?.saturating_sub(counted.answered?))
        });
    let missing: u64 = missing.flatten().sum();
    answered(group).filter(|_| missing >= UNDER_WAY)
}

/// Failures, and requests that count.
pub(super) fn failed(group: &Group) -> Option<(u64, u64)> {
    let mut counts = group.samples.iter().map(|sample| sample.failed);
    counts.try_fold((0_u64, 0_u64), |sum, one| {
        let one = one?;
        Some((one.0.saturating_add(sum.0), one.1.saturating_add(sum.1)))
    })
}

fn share((failures, counted): (u64, u64)) -> Option<f64> {
    (counted > 0).then(|| failures as f64 / counted as f64)
}

/// Requests of a unit of load while nothing waits.
fn unit(series: &Series) -> Option<f64> {
    let levels: Option<Vec<knee::Level>> = series
        .groups
        .iter()
        .map(|group| {
            Some(knee::Level {
                load: group.mean,
                peak: group.top(),
                asked: asked(group),
                goodput: achieved(group)?,
                error: goodput_error(group).unwrap_or(0.0),
                between: 0.0,
                answered: None,
                failures: 0.0,
                fails: false,
                flow: None,
                mean: None,
                tails: Vec::new(),
            })
        })
        .collect();
    knee::unit(&levels?)
}

/// Whether nothing but a label tells what is offered.
fn is_by_label(group: &Group, of: LevelOf) -> bool {
    let is_told = |sample: &Sample| {
        let measured = sample.sources.first().and_then(|run| load_of(run));
        sample.stretch.is_some() || measured.is_some_and(|load| load.of == of)
    };
    matches!(of, LevelOf::Arrivals | LevelOf::Requests) && !group.samples.iter().any(is_told)
}

/// The levels of a series.
pub(super) fn levels(
    series: &Series,
    endpoints: &[String],
    options: &figures::Options,
) -> Vec<Level> {
    let unit = unit(series);
    let offers = matches!(series.of, LevelOf::Arrivals | LevelOf::Requests);
    let of_group = |group: &Group| {
        let latencies = latencies(group, None, options);
        let median = latencies.first().and_then(Option::as_ref);
        let stretch = match group.samples.as_slice() {
            [one] => one.stretch,
            _ => None,
        };
        let settling = group.samples.iter().filter_map(|sample| sample.settling);
        Level {
            value: group.mean,
            peak: group.peak,
            stated: group.stated,
            by_label: is_by_label(group, series.of),
            runs: runs_of(group),
            from_s: stretch.map(|(from, _)| from),
            to_s: stretch.map(|(_, to)| to),
            offered_per_s: unit.filter(|_| offers).map(|unit| unit * asked(group)),
            achieved_per_s: achieved(group),
            goodput_per_s: goodput(group),
            completed_per_s: flow(group).map(|flow| flow.rate),
            error_rate: failed(group).and_then(share),
            figures: figures_of(&latencies, true),
            support: support_of(&latencies),
            repeats: repeats(&latencies),
            n: median.and_then(|median| median.n),
            settling_dropped_s: settling.reduce(f64::max),
            // Answers to what was sent before are no backlog.
            backlog: answered(group).map(|share| (1.0 - share).max(0.0)),
            endpoints: endpoints
                .iter()
                .map(|label| endpoint(group, label, options))
                .collect(),
        }
    };
    series.groups.iter().map(of_group).collect()
}

/// Each run once: two stretches of one run at one load are no repeats of it.
fn runs_of(group: &Group) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    for sample in &group.samples {
        if !runs.iter().any(|run| run == sample.run) {
            runs.push(sample.run.to_owned());
        }
    }
    runs
}

fn endpoint(group: &Group, label: &str, options: &figures::Options) -> LevelEndpoint {
    let latencies = latencies(group, Some(label), options);
    let mut counts = group
        .samples
        .iter()
        .map(|sample| sample.endpoint_counts(label));
    let counts = counts.try_fold((0_u64, 0_u64, 0_u64), |sum, one| {
        let one = one?;
        Some((
            sum.0.saturating_add(one.0),
            sum.1.saturating_add(one.1),
            sum.2.saturating_add(one.2),
        ))
    });
    let rates = group.samples.iter().map(|sample| {
        let run = sample
            .sources
            .first()
            .filter(|_| sample.sources.len() == 1)?;
        let endpoint = super::sample::endpoint_of(run, label)?;
        Some(endpoint.stats.goodput?.0)
    });
    LevelEndpoint {
        endpoint: label.to_owned(),
        goodput_per_s: mean(rates),
        error_rate: counts.and_then(|(_, failures, counted)| share((failures, counted))),
        figures: figures_of(&latencies, false),
        support: support_of(&latencies),
        repeats: repeats(&latencies),
        n: latencies
            .first()
            .and_then(Option::as_ref)
            .and_then(|median| median.n),
    }
}

fn named(latencies: &[Option<Middle>]) -> impl Iterator<Item = (String, &Middle)> {
    let names = metrics().into_iter().map(|metric| metric.to_string());
    names
        .zip(latencies)
        .filter_map(|(name, found)| Some((name, found.as_ref()?)))
}

fn figures_of(latencies: &[Option<Middle>], with_mean: bool) -> BTreeMap<String, f64> {
    named(latencies)
        .filter(|(name, _)| with_mean || name != "mean")
        .map(|(name, found)| (name, found.value))
        .collect()
}

fn repeats(latencies: &[Option<Middle>]) -> BTreeMap<String, Vec<f64>> {
    named(latencies)
        .filter(|(_, found)| !found.repeats.is_empty())
        .map(|(name, found)| (name, found.repeats.clone()))
        .collect()
}

fn support_of(latencies: &[Option<Middle>]) -> BTreeMap<String, Support> {
    named(latencies)
        .filter(|(name, _)| name != "mean")
        .map(|(name, found)| (name, found.support))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::load::Loaded;
    use crate::scale::sample::Counted;

    fn sample(counted: Option<Counted>, failed: Option<(u64, u64)>) -> Sample<'static> {
        Sample {
            run: "run",
            load: Loaded {
                of: LevelOf::Arrivals,
                mean: 4.0,
                peak: None,
                window: None,
            },
            stated: None,
            stretch: None,
            settling: None,
            flow: None,
            counted,
            is_windowed: true,
            failed,
            sources: Vec::new(),
        }
    }

    fn counted(sent: u64, answered: Option<u64>, successes: u64) -> Counted {
        Counted {
            seconds: 10.0,
            arrivals: Some(sent / 2),
            sent: Some(sent),
            answered,
            successes,
            error: None,
        }
    }

    fn group(samples: Vec<Sample<'static>>) -> Group<'static> {
        Group {
            mean: 4.0,
            peak: None,
            stated: None,
            samples,
        }
    }

    #[test]
    fn rates_are_means_over_the_repeats_that_tell_them() {
        let pair = group(vec![
            sample(Some(counted(100, Some(90), 80)), Some((10, 100))),
            sample(Some(counted(140, None, 120)), Some((20, 140))),
            sample(None, Some((0, 60))),
        ]);
        assert_eq!(goodput(&pair), Some(10.0));
        // Answers of the one, requests of the other.
        assert_eq!(achieved(&pair), Some(11.5));
        // 5 and 7 arrivals a second, and the load of the run that does not count them.
        assert!((asked(&pair) - 16.0 / 3.0).abs() < 1e-12);
        assert_eq!(failed(&pair), Some((30, 300)));
        // Of the runs whose answers are counted.
        assert_eq!(answered(&pair), Some(0.9));
        // By hand: 1.6 and 12 / 7 successes an arrival, assumed (1 / 80 + 1 / 120) / 2 with four degrees of freedom.
        let error = goodput_error(&pair).unwrap();
        assert!((error - 0.066_367_6).abs() < 1e-6, "{error}");
    }

    #[test]
    fn failures_of_a_level_are_unknown_where_those_of_a_repeat_are() {
        let pair = group(vec![sample(None, Some((1, 10))), sample(None, None)]);
        assert_eq!(failed(&pair), None);
        assert_eq!(goodput(&pair), None);
        assert_eq!(goodput_error(&pair), None);
        assert_eq!(answered(&pair), None);
    }

    #[test]
    fn answers_of_whole_runs_are_no_backlog() {
        let mut whole = sample(Some(counted(100, Some(90), 80)), None);
        whole.is_windowed = false;
        assert_eq!(answered(&group(vec![whole])), None);
    }

    #[test]
    fn a_run_stands_once_at_a_level() {
        let pair = group(vec![sample(None, None), sample(None, None)]);
        assert_eq!(runs_of(&pair), ["run"]);
    }

    #[test]
    fn repeats_have_their_geometric_middle_and_a_narrower_error() {
        let one = |value: f64, error: Option<f64>| Latency {
            value,
            log: value.ln(),
            error,
            n: Some(50),
            support: Support::Weak,
        };
        let found = middle(&[one(10.0, Some(0.08)), one(40.0, Some(0.08))], 0.06).unwrap();
        assert!((found.value - 20.0).abs() < 1e-9);
        // By hand: ln 4 apart, assumed root(0.06^2 + 0.08^2) with four degrees of freedom; they contradict it.
        let error = found.error.unwrap();
        assert!((error - 0.316_377).abs() < 1e-5, "{error}");
        assert_eq!(found.n, Some(100));
        // Alike: (4 / 5 of 0.1^2) / 2 runs.
        let found = middle(&[one(20.0, Some(0.08)), one(20.0, Some(0.08))], 0.06).unwrap();
        assert!((found.error.unwrap() - 0.004_f64.sqrt()).abs() < 1e-12);
        let found = middle(&[one(10.0, Some(0.08)), one(40.0, None)], 0.06).unwrap();
        assert_eq!(found.error, None);
        assert_eq!(middle(&[], 0.06), None);
        // Through a logarithm and back it would be 59.99999999999999.
        assert_eq!(
            middle(&[one(60.0, None)], 0.0).unwrap().value.to_bits(),
            60.0_f64.to_bits()
        );
    }
}
