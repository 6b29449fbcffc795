//! One metric: its figures under the names of every generation, and what became of its thresholds.
//!
//! A threshold is turned into "held" here: one generation writes `true` for crossed and the other `{"ok": true}` for held (k6:
//! `oldJSONSummary` in summary-wrapper.js). Does not know what a metric is about.

use std::collections::BTreeMap;

use serde::de::{IgnoredAny, MapAccess};

use crate::ingest::json::{Filling, Number};
use crate::ingest::k6::part::{Loose, Part, text_of};
use crate::model::{Millis, Percentile};

/// The four types of metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A sum.
    Counter,
    /// The last value of several.
    Gauge,
    /// The share of what was true.
    Rate,
    /// A distribution.
    Trend,
}

/// A metric and its figures.
#[derive(Debug, Default)]
pub(super) struct Metric {
    kind: Option<Kind>,
    /// Of a counter or of a trend.
    pub count: Option<Number>,
    /// Per second of a counter, share of a rate.
    pub rate: Option<f64>,
    /// Of a gauge or of a rate.
    pub value: Option<f64>,
    /// Samples of a rate that were true.
    pub passes: Option<Number>,
    /// Samples of a rate that were false.
    pub fails: Option<Number>,
    total: Option<Number>,
    /// Of a gauge or of a trend.
    pub min: Option<f64>,
    /// Of a gauge or of a trend.
    pub max: Option<f64>,
    /// Of a trend.
    pub avg: Option<f64>,
    /// Of a trend; the median is one of them.
    pub percentiles: BTreeMap<Percentile, Millis>,
    /// Expression, whether it held.
    pub thresholds: BTreeMap<String, bool>,
}

impl Metric {
    /// What the file says, else what the figures are those of: an older shape names no type.
    pub(super) fn kind(&self) -> Option<Kind> {
        let trend = self.avg.is_some() || !self.percentiles.is_empty();
        let guess = || match self {
            _ if trend => Some(Kind::Trend),
            _ if self.passes.is_some() || self.fails.is_some() => Some(Kind::Rate),
            _ if self.value.is_some() => Some(Kind::Gauge),
            _ if self.min.is_some() || self.max.is_some() => Some(Kind::Trend),
            _ if self.count.is_some() => Some(Kind::Counter),
            _ if self.rate.is_some() => Some(Kind::Rate),
            _ => None,
        };
        self.kind.or_else(guess)
    }

    /// Whether no figure was found in it.
    pub(super) fn is_empty(&self) -> bool {
        let counts = [self.count, self.passes, self.fails, self.total];
        let values = [self.rate, self.value, self.min, self.max, self.avg];
        counts.iter().all(Option::is_none)
            && values.iter().all(Option::is_none)
            && self.percentiles.is_empty()
    }

    /// Whether a distribution has no sample: k6 writes 0 for each of its figures.
    pub(super) fn is_all_zero(&self) -> bool {
        let values = [self.min, self.max, self.avg].into_iter().flatten();
        let percentiles = self.percentiles.values().map(|value| value.0);
        values.chain(percentiles).all(|value| value == 0.0)
    }

    /// The share of a rate, as one generation and the other call it.
    pub(super) fn share(&self) -> Option<f64> {
        self.rate.or(self.value)
    }

    fn set(&mut self, key: &str, number: Number) {
        let value = number.value();
        match key {
            "count" => self.count = Some(number),
            "passes" | "matches" => self.passes = Some(number),
            "fails" => self.fails = Some(number),
            "total" => self.total = Some(number),
            "rate" => self.rate = value,
            "value" => self.value = value,
            "min" => self.min = value,
            "max" => self.max = value,
            "avg" => self.avg = value,
            _ => {
                if let (Some(percentile), Some(value)) = (percentile_of(key), value) {
                    self.percentiles.insert(percentile, Millis(value));
                }
            }
        }
    }

    /// The machine-readable summary counts matches and all instead of matches and the rest.
    pub(super) fn complete(&mut self) {
        let count = |number: Option<Number>| number.and_then(|number| number.count().ok()?);
        if self.fails.is_none()
            && let (Some(all), Some(matches)) = (count(self.total), count(self.passes))
        {
            self.fails = all.checked_sub(matches).map(Number::Whole);
        }
    }
}

/// `med`, `p(99.9)`, and `p95` of the machine-readable summary.
fn percentile_of(key: &str) -> Option<Percentile> {
    if key == "med" {
        return Some(Percentile::P50);
    }
    let digits = key.strip_prefix('p')?;
    let inner = digits
        .strip_prefix('(')
        .and_then(|digits| digits.strip_suffix(')'));
    inner.unwrap_or(digits).parse().ok()
}

/// A metric on its way.
#[derive(Default)]
pub(super) struct MetricPart {
    /// Where the figures stand beside their name.
    pub name: String,
    /// The metric.
    pub metric: Metric,
}

impl<'de> Part<'de> for MetricPart {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "values" => map.next_value_seed(Filling(self))?,
            "thresholds" => map.next_value_seed(Filling(&mut Thresholds(&mut self.metric)))?,
            "name" => self.name = text_of(map)?.unwrap_or_default(),
            "type" => {
                self.metric.kind = match text_of(map)?.as_deref() {
                    Some("counter") => Some(Kind::Counter),
                    Some("gauge") => Some(Kind::Gauge),
                    Some("rate") => Some(Kind::Rate),
                    Some("trend") => Some(Kind::Trend),
                    _ => None,
                };
            }
            _ => {
                let number: Loose = map.next_value()?;
                if let Some(number) = number.0 {
                    self.metric.set(key, number);
                }
            }
        }
        Ok(())
    }
}

/// Expression to what became of it.
struct Thresholds<'a>(&'a mut Metric);

impl<'de> Part<'de> for Thresholds<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let mut held = Held(None);
        map.next_value_seed(Filling(&mut held))?;
        if let Some(held) = held.0 {
            self.0.thresholds.insert(key.to_owned(), held);
        }
        Ok(())
    }
}

/// `true` = crossed, `{"ok": true}` = held.
struct Held(Option<bool>);

impl<'de> Part<'de> for Held {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if key != "ok" {
            return map.next_value::<IgnoredAny>().map(drop);
        }
        let mut inner = Held(None);
        map.next_value_seed(Filling(&mut inner))?;
        // Read as crossed and meant as held.
        self.0 = inner.0.map(|held| !held);
        Ok(())
    }

    fn truth(&mut self, crossed: bool) {
        self.0 = Some(!crossed);
    }
}
