//! Every named figure of a run, with its samples, interval and support: the one place that reads METRICS.
//!
//! A figure is the input's own where it has it, else computed from the distribution. Nothing is guessed between two
//! percentiles that the input gives. Intervals are those of `stats::quantile` and `stats::proportion`, at 95 %.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod broken;
pub(crate) mod by_windows;
mod reader;
pub(crate) mod resource;
pub mod side;
pub mod spread;

use crate::figures::reader::Reader;
use crate::model::metric::{PopulationName, ResourceStatistic};
use crate::model::{Endpoint, METRICS, MetricId, Percentile, Reading, Run, Statistic};
use crate::report::figure::{Figure, Measured, Support};

/// What the reading of figures needs besides the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The percentiles that tables show.
    pub percentiles: Vec<Percentile>,
    /// T of the Apdex, in milliseconds: `[classes] fast`.
    pub fast_ms: f64,
}

impl Default for Options {
    fn default() -> Options {
        let percentiles = vec![
            Percentile::P50,
            Percentile::P90,
            Percentile::P95,
            Percentile::P99,
            Percentile::P99_9,
        ];
        Options {
            percentiles,
            fast_ms: 50.0,
        }
    }
}

/// Reads one metric of a run, or of one of its endpoints. `None` = not measured.
pub fn measure(
    run: &Run,
    endpoint: Option<&Endpoint>,
    metric: &MetricId,
    options: &Options,
) -> Option<Measured> {
    Reader::new(run, endpoint, options).read(metric)
}

/// Reads several metrics of a run, or of one of its endpoints: what they share is made once.
pub(crate) fn measure_all(
    run: &Run,
    endpoint: Option<&Endpoint>,
    metrics: &[MetricId],
    options: &Options,
) -> Vec<Option<Measured>> {
    let reader = Reader::new(run, endpoint, options);
    metrics.iter().map(|metric| reader.read(metric)).collect()
}

/// All figures of a run that pages show: the run's own, then each endpoint's, in the order of the registry.
///
/// The headline figures of the run and the percentiles that are asked for are there even when they were not measured, so
/// that a page can say so.
pub fn figures_of(run: &Run, options: &Options) -> Vec<Figure> {
    let of_run = metrics_of_run(run, options);
    let metrics = metrics_of_endpoints(options);
    let most = of_run.len() + run.endpoints.len() * metrics.len();
    let mut figures = Vec::with_capacity(most);
    let whole = Reader::new(run, None, options);
    for metric in of_run {
        match whole.read(&metric) {
            None if !is_always_shown(&metric, options) => {}
            Some(found) if found.value == 0.0 && is_shown_above_none(&metric) => {}
            measured => figures.push(figure(run, None, &metric, measured)),
        }
    }
    for endpoint in &run.endpoints {
        let label = endpoint.label();
        let reader = Reader::new(run, Some(endpoint), options);
        for metric in &metrics {
            if let Some(measured) = reader.read(metric) {
                figures.push(figure(run, Some(&label), metric, Some(measured)));
            }
        }
    }
    figures
}

/// The figures of a run that every page speaks of, measured or not.
const HEADLINE: &[&str] = &[
    "requests",
    "rate",
    "goodput",
    "peak_rate",
    "sustained_rate",
    "error_rate",
    "apdex",
    "p50",
    "p95",
    "p99",
    "max",
    "sessions_failed",
    "bytes_received",
    "duration",
    "users",
];

fn is_always_shown(metric: &MetricId, options: &Options) -> bool {
    let is_asked = |percentile: &Percentile| *metric == MetricId::quantile(*percentile);
    HEADLINE.contains(&metric.to_string().as_str()) || options.percentiles.iter().any(is_asked)
}

/// Figures that say nothing new where there is nothing to count.
fn is_shown_above_none(metric: &MetricId) -> bool {
    matches!(
        metric.spec().reading,
        Reading::SessionsFailedRate | Reading::Exceptions | Reading::ExceptionRate
    )
}

/// Percentiles that pages speak of, whatever tables show.
const SPOKEN_OF: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

fn figure(
    run: &Run,
    endpoint: Option<&str>,
    metric: &MetricId,
    measured: Option<Measured>,
) -> Figure {
    Figure {
        run: run.id.clone(),
        endpoint: endpoint.map(str::to_owned),
        metric: metric.to_string(),
        value: measured.map(|found| found.value),
        unit: resource::unit(run, metric),
        n: measured.and_then(|found| found.n),
        interval: measured.and_then(|found| found.interval),
        support: measured.map_or(Support::None, |found| found.support),
    }
}

fn metrics_of_run(run: &Run, options: &Options) -> Vec<MetricId> {
    let mut metrics: Vec<MetricId> = METRICS
        .iter()
        .filter_map(|row| match row.reading {
            Reading::Latency(Statistic::Quantile(_)) | Reading::Named | Reading::Levels => None,
            Reading::Latency(statistic) => Some(MetricId::Latency(None, statistic)),
            _ => Some(MetricId::Plain(row.id)),
        })
        .collect();
    let quantiles = options.percentiles.iter().chain(&SPOKEN_OF);
    metrics.extend(quantiles.clone().copied().map(MetricId::quantile));
    for population in populations_beside_primary(run) {
        let statistics = quantiles.clone().copied().map(Statistic::Quantile);
        metrics.extend(
            statistics
                .chain([Statistic::Max])
                .map(|statistic| MetricId::Latency(Some(population), statistic)),
        );
    }
    for resource in &run.resources {
        let named = |statistic| {
            MetricId::Resource(resource.component.clone(), resource.name.clone(), statistic)
        };
        metrics.extend(
            [
                ResourceStatistic::Max,
                ResourceStatistic::Mean,
                ResourceStatistic::Slope,
                ResourceStatistic::Last,
            ]
            .map(named),
        );
    }
    let customs = run.custom.iter();
    metrics.extend(customs.map(|custom| MetricId::Custom(custom.name.clone())));
    let checks = run.checks.iter();
    metrics.extend(checks.map(|check| MetricId::Check(check.name.clone())));
    in_order(metrics)
}

/// Populations that the input separates from the one that is judged.
fn populations_beside_primary(run: &Run) -> Vec<PopulationName> {
    let stats = &run.overall;
    let mut names = Vec::new();
    if stats.latency_failed.is_some() {
        names.push(PopulationName::Failed);
    }
    let every = stats.latency.as_ref();
    let holds_every = every.is_some_and(|every| PopulationName::All.holds(every.population));
    if holds_every && stats.latency_ok.is_some() && stats.failures != Some(0) {
        names.push(PopulationName::All);
    }
    names
}

fn metrics_of_endpoints(options: &Options) -> Vec<MetricId> {
    let plain = ["requests", "rate", "goodput", "error_rate"].map(MetricId::Plain);
    let ends = [Statistic::Min, Statistic::Mean, Statistic::Max]
        .map(|statistic| MetricId::Latency(None, statistic));
    let quantiles = options.percentiles.iter().copied().map(MetricId::quantile);
    in_order(plain.into_iter().chain(ends).chain(quantiles).collect())
}

/// The order of the registry; each once.
fn in_order(mut metrics: Vec<MetricId>) -> Vec<MetricId> {
    metrics.sort_by_cached_key(|metric| (metric.rank(), metric.clone()));
    metrics.dedup();
    metrics
}

#[cfg(test)]
mod tests;
