//! A named number of a run, and all of them found by name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::Unit;
use crate::report::Interval;
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
