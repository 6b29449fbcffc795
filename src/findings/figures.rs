//! Every named figure of a run, with its samples, interval and support: the one place that reads METRICS.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::findings::report::Interval;
use crate::model::{Endpoint, MetricId, Percentile, Run, Unit};

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
    index: BTreeMap<(String, Option<String>, String), usize>,
}

impl Figures {
    /// Adds a figure; the first of a name stays.
    pub fn push(&mut self, figure: Figure) {
        let key = (
            figure.run.clone(),
            figure.endpoint.clone(),
            figure.metric.clone(),
        );
        if let std::collections::btree_map::Entry::Vacant(place) = self.index.entry(key) {
            place.insert(self.list.len());
            self.list.push(figure);
        }
    }

    /// A figure by its name.
    pub fn get(&self, run: &str, endpoint: Option<&str>, metric: &str) -> Option<&Figure> {
        let key = (
            run.to_owned(),
            endpoint.map(str::to_owned),
            metric.to_owned(),
        );
        self.index.get(&key).and_then(|place| self.list.get(*place))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Figure> {
        self.list.iter()
    }
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
    _run: &Run,
    _endpoint: Option<&Endpoint>,
    _metric: &MetricId,
    _options: &Options,
) -> Option<Measured> {
    None
}

/// All figures of a run that pages show.
pub fn figures_of(_run: &Run, _options: &Options) -> Vec<Figure> {
    Vec::new()
}
