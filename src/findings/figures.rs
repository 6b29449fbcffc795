//! Every named figure of a run, with its samples, interval and support: the one place that reads METRICS.
//!
//! A figure is the input's own where it has it, else computed from the distribution. Nothing is guessed between two
//! percentiles that the input gives. Intervals are those of `stats::quantile` and `stats::proportion`, at 95 %.

mod reader;
pub(crate) mod resource;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::findings::figures::reader::Reader;
use crate::findings::report::Interval;
use crate::model::metric::{PopulationName, ResourceStatistic};
use crate::model::{Endpoint, METRICS, MetricId, Percentile, Reading, Run, Statistic, Unit};
use crate::stats::quantile;

/// How well the samples carry a quantile (statistics 2a).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// As good as the maximum: shown, never judged.
    None,
    /// An interval exists, but fewer than 20 requests lie beyond: shown, marked.
    Weak,
    /// Carried, or not a quantile.
    Ok,
}

impl From<quantile::Support> for Support {
    fn from(support: quantile::Support) -> Support {
        match support {
            quantile::Support::None => Support::None,
            quantile::Support::Weak => Support::Weak,
            quantile::Support::Ok => Support::Ok,
        }
    }
}

/// What was measured, before it has a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The value, in the metric's base unit.
    pub value: f64,
    /// Samples behind it.
    pub n: Option<u64>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// How well the samples carry it.
    pub support: Support,
}

/// A named figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// Id of the run.
    pub run: String,
    /// Label of the endpoint; `null` = the whole run.
    pub endpoint: Option<String>,
    /// Id of the metric.
    pub metric: String,
    /// `null` = not measured.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Unit,
    /// Samples behind it.
    pub n: Option<u64>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// How well the samples carry it.
    pub support: Support,
}

/// Figures in order, found by run, endpoint and metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    list: Vec<Figure>,
    /// By run.
    index: BTreeMap<String, OfRun>,
}

/// Where the figures of a run stand.
#[derive(Clone, Debug, Default, PartialEq)]
struct OfRun {
    whole: Places,
    endpoints: BTreeMap<String, Places>,
}

/// Places in the list, in the order of the metrics that stand there: no name is kept twice.
#[derive(Clone, Debug, Default, PartialEq)]
struct Places(Vec<usize>);

impl Places {
    /// Where a metric stands in the list; else where its place belongs.
    fn find(&self, list: &[Figure], metric: &str) -> Result<usize, usize> {
        let of = |place: &usize| list.get(*place).map_or("", |figure| figure.metric.as_str());
        let found = self.0.binary_search_by(|place| of(place).cmp(metric))?;
        self.0.get(found).copied().ok_or(found)
    }
}

impl Figures {
    /// Makes room for more.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.list.reserve(more);
    }

    /// Adds a figure; the first of a name stays.
    pub fn push(&mut self, figure: Figure) {
        let of_run = entry(&mut self.index, &figure.run);
        let places = match &figure.endpoint {
            None => &mut of_run.whole,
            Some(label) => entry(&mut of_run.endpoints, label),
        };
        if let Err(place) = places.find(&self.list, &figure.metric) {
            places.0.insert(place, self.list.len());
            self.list.push(figure);
        }
    }

    /// A figure by its name.
    pub fn get(&self, run: &str, endpoint: Option<&str>, metric: &str) -> Option<&Figure> {
        let of_run = self.index.get(run)?;
        let places = match endpoint {
            None => &of_run.whole,
            Some(label) => of_run.endpoints.get(label)?,
        };
        let place = places.find(&self.list, metric).ok()?;
        self.list.get(place)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Figure> {
        self.list.iter()
    }
}

/// The value of a key.
fn entry<'a, T: Default>(map: &'a mut BTreeMap<String, T>, key: &str) -> &'a mut T {
    map.entry(key.to_owned()).or_default()
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Figures, D::Error> {
        let mut figures = Figures::default();
        for figure in Vec::<Figure>::deserialize(deserializer)? {
            figures.push(figure);
        }
        Ok(figures)
    }
}

impl JsonSchema for Figures {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Figures".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<Figure>::json_schema(generator)
    }
}

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
