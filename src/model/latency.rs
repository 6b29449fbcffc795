//! What was measured, of whom, how finely, and what is absent.
//!
//! A latency without its population, clock and resolution cannot be compared, so they travel with it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::model::units::Millis;

/// Whose latency it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// Every request, answered or not.
    All,
    /// Every request that got an answer, whatever its status.
    Answered,
    /// Successes only.
    Ok,
    /// Failures only.
    Failed,
    /// The input does not say.
    Unknown,
}

/// Where the clock of a latency starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockStart {
    /// When the request was sent.
    Send,
    /// When the connection was asked for.
    Connect,
    /// The input does not say.
    Unknown,
}

/// Where the clock of a latency stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockStop {
    /// At the first byte of the answer.
    FirstByte,
    /// At its last byte.
    LastByte,
    /// The input does not say.
    Unknown,
}

/// How the percentiles were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuantileMethod {
    /// The smallest sample that at least the asked share does not exceed (type 1).
    NearestRank,
    /// Between two samples.
    Interpolated,
    /// From a sketch with a relative error, such as `DDSketch`.
    Sketch,
    /// From rounded buckets.
    Bucketed,
    /// The input does not say.
    Unknown,
}

/// What limits the precision of a latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionKind {
    /// Every sample stands in the input as it was measured.
    Exact,
    /// A relative error, as of a sketch.
    Relative,
    /// Rounded to a grid.
    Rounded,
    /// The input does not say.
    Unknown,
}

/// How fine a latency is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resolution {
    /// What limits it.
    pub kind: ResolutionKind,
    /// Largest relative error of a percentile, such as 0.01.
    #[serde(default)]
    pub relative: Option<f64>,
    /// Step of the grid that samples lie on; the error is half of it.
    #[serde(default, rename = "absolute_ms")]
    pub absolute: Option<Millis>,
}

impl Resolution {
    /// Nothing is known.
    pub const UNKNOWN: Resolution = Resolution {
        kind: ResolutionKind::Unknown,
        relative: None,
        absolute: None,
    };

    /// The largest error of a percentile of this size, or `None` when it is not known.
    ///
    /// ```
    /// use knee::model::{Millis, Resolution, ResolutionKind};
    /// let sketch = Resolution { kind: ResolutionKind::Relative, relative: Some(0.01), absolute: Some(Millis(1.0)) };
    /// assert_eq!(sketch.half_width(Millis(200.0)), Some(Millis(2.0)));
    /// assert_eq!(sketch.half_width(Millis(3.0)), Some(Millis(0.5)));
    /// assert_eq!(Resolution::UNKNOWN.half_width(Millis(3.0)), None);
    /// ```
    pub fn half_width(&self, value: Millis) -> Option<Millis> {
        let relative = self.relative.map(|share| share * value.0.abs());
        let absolute = self.absolute.map(|step| step.0 / 2.0);
        match (relative, absolute) {
            (None, None) => None,
            (relative, absolute) => {
                Some(Millis(relative.unwrap_or(0.0).max(absolute.unwrap_or(0.0))))
            }
        }
    }

    /// How far two figures of one set of samples may be apart on the wrong side without contradicting one another.
    ///
    /// ```
    /// # use knee::model::{Millis, Resolution, ResolutionKind};
    /// let sketch = Resolution { kind: ResolutionKind::Relative, relative: Some(0.01), absolute: None };
    /// // A p99 of 6,064.7 ms beside a max of 6,043 ms.
    /// assert!(sketch.slack(Millis(6064.7)) > 6064.7 - 6043.0);
    /// assert!(sketch.slack(Millis(6064.7)) < 6064.7 - 5900.0);
    /// ```
    pub fn slack(&self, value: Millis) -> f64 {
        // A mean or percentile that was computed in another order of additions.
        let computed = 1e-6 * value.0.abs();
        match self.half_width(value) {
            Some(half) => 2.0 * half.0 + computed,
            None if self.kind == ResolutionKind::Exact => computed,
            None => 0.02 * value.0.abs() + computed,
        }
    }
}

/// A percentile's name: `p50`, `p99.9`. Kept in thousandths of a per cent, so it has an order and equality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentile(u32);

impl Percentile {
    /// The median.
    pub const P50: Percentile = Percentile(50_000);
    /// The 75th percentile.
    pub const P75: Percentile = Percentile(75_000);
    /// The 90th percentile.
    pub const P90: Percentile = Percentile(90_000);
    /// The 95th percentile.
    pub const P95: Percentile = Percentile(95_000);
    /// The 99th percentile.
    pub const P99: Percentile = Percentile(99_000);
    /// The 99.9th percentile.
    pub const P99_9: Percentile = Percentile(99_900);

    /// From per cent: `Percentile::new(99.9)`. `None` outside (0, 100) or finer than a thousandth.
    ///
    /// ```
    /// use knee::model::Percentile;
    /// assert_eq!(Percentile::new(99.9), Some(Percentile::P99_9));
    /// assert_eq!(Percentile::new(100.0), None);
    /// assert_eq!(Percentile::new(f64::NAN), None);
    /// ```
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie in 1..100000"
    )]
    pub fn new(percent: f64) -> Option<Percentile> {
        let thousandths = (percent * 1000.0).round();
        let fits = (1.0..=99_999.0).contains(&thousandths)
            && (percent * 1000.0 - thousandths).abs() < 1e-6;
        fits.then_some(Percentile(thousandths as u32))
    }

    /// In per cent: 99.9.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 1000.0
    }

    /// Which of so many samples in order it is: the least whose place is at least that share of them, counted from 1.
    ///
    /// ```
    /// use knee::model::Percentile;
    /// assert_eq!(Percentile::P95.rank(20), 19);
    /// assert_eq!(Percentile::P95.rank(21), 20);
    /// assert_eq!(Percentile::P50.rank(1), 1);
    /// ```
    pub fn rank(self, count: u64) -> u64 {
        let rank = (u128::from(count) * u128::from(self.0)).div_ceil(100_000);
        u64::try_from(rank).unwrap_or(count).max(1)
    }

    /// Whether that share of so many samples is a whole number of them.
    ///
    /// ```
    /// use knee::model::Percentile;
    /// assert!(Percentile::P95.divides(20));
    /// assert!(!Percentile::P95.divides(21));
    /// ```
    pub fn divides(self, count: u64) -> bool {
        (u128::from(count) * u128::from(self.0)).is_multiple_of(100_000)
    }

    /// As a share: 0.999.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 100_000.0
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.percent())
    }
}

impl FromStr for Percentile {
    type Err = NotAPercentile;

    fn from_str(text: &str) -> Result<Percentile, NotAPercentile> {
        let digits = text.strip_prefix('p').unwrap_or(text);
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let percent = if plain { digits.parse().ok() } else { None };
        percent
            .and_then(Percentile::new)
            .ok_or_else(|| NotAPercentile(text.to_owned()))
    }
}

/// A text that names no percentile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentile between 0 and 100, such as p95 or 99.9")]
pub struct NotAPercentile(String);

impl Serialize for Percentile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percentile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Percentile, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Percentile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percentile".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^p[0-9]+(\\.[0-9]+)?$" })
    }
}

/// How many samples lie between a lower and an upper edge, edges included, in rising order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// Lower edges.
    #[serde(rename = "lower_ms")]
    pub lower: Vec<Millis>,
    /// Upper edges; equal to the lower one where a bucket is one exact value.
    #[serde(rename = "upper_ms")]
    pub upper: Vec<Millis>,
    /// Samples per bucket.
    pub count: Vec<u64>,
}

impl Histogram {
    /// All samples.
    pub fn total(&self) -> u64 {
        self.count.iter().sum()
    }

    /// Appends a bucket above all others.
    pub fn push(&mut self, lower: Millis, upper: Millis, count: u64) {
        self.lower.push(lower);
        self.upper.push(upper);
        self.count.push(count);
    }

    /// The buckets in order: lower edge, upper edge, samples.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = (Millis, Millis, u64)> + '_ {
        let edges = self.lower.iter().zip(&self.upper);
        edges
            .zip(&self.count)
            .map(|((lower, upper), count)| (*lower, *upper, *count))
    }
}

/// Between what an unknown percentile lies, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bounds {
    /// It is not less.
    #[serde(rename = "lower_ms")]
    pub lower: Millis,
    /// It is not more.
    #[serde(rename = "upper_ms")]
    pub upper: Millis,
}

/// A distribution of latencies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Whose.
    pub population: Population,
    /// Where the clock starts.
    pub from: ClockStart,
    /// Where it stops.
    pub to: ClockStop,
    /// Samples.
    pub count: u64,
    /// Smallest sample.
    #[serde(default)]
    pub min: Option<Millis>,
    /// Arithmetic mean.
    #[serde(default)]
    pub mean: Option<Millis>,
    /// Standard deviation of the samples (n - 1).
    #[serde(default)]
    pub stddev: Option<Millis>,
    /// Largest sample.
    #[serde(default)]
    pub max: Option<Millis>,
    /// The percentiles that the input gives, or that were taken from its samples.
    #[serde(default)]
    pub percentiles: BTreeMap<Percentile, Millis>,
    /// Percentiles that are not known, and between what they lie: of parts whose samples the input does not have.
    #[serde(
        default,
        rename = "percentile_bounds",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub bounds: BTreeMap<Percentile, Bounds>,
    /// How the percentiles were taken.
    pub quantile_method: QuantileMethod,
    /// The whole distribution, where the input has it.
    #[serde(default)]
    pub histogram: Option<Histogram>,
    /// How fine the percentiles are.
    pub resolution: Resolution,
}

impl Latency {
    /// What can be said of several without their distributions: count, least, largest and weighted mean, each only where
    /// every part has it. `None` when the counts are more than fits.
    ///
    /// ```
    /// use knee::model::{Latency, Millis, Population};
    /// let part = |count, mean| Latency {
    ///     mean: Some(Millis(mean)),
    ///     ..Latency::of(Population::All, count)
    /// };
    /// let whole = Latency::together(&[&part(1, 10.0), &part(3, 30.0)], Population::All).unwrap();
    /// assert_eq!((whole.count, whole.mean, whole.max), (4, Some(Millis(25.0)), None));
    /// ```
    pub fn together(parts: &[&Latency], population: Population) -> Option<Latency> {
        let count = parts
            .iter()
            .try_fold(0_u64, |all, part| all.checked_add(part.count))?;
        let fold = |figure: fn(&Latency) -> Option<Millis>, pick: fn(f64, f64) -> f64| {
            let figures: Option<Vec<f64>> =
                parts.iter().map(|part| figure(part).map(|x| x.0)).collect();
            figures?.into_iter().reduce(pick).map(Millis)
        };
        let weighted: Option<f64> = parts
            .iter()
            .map(|part| part.mean.map(|mean| mean.0 * part.count as f64))
            .sum();
        Some(Latency {
            min: fold(|part| part.min, f64::min),
            max: fold(|part| part.max, f64::max),
            mean: weighted
                .filter(|_| count > 0)
                .map(|sum| Millis(sum / count as f64)),
            ..Latency::of(population, count)
        })
    }

    /// A distribution of which only the number of samples is known.
    pub fn of(population: Population, count: u64) -> Latency {
        Latency {
            population,
            from: ClockStart::Unknown,
            to: ClockStop::Unknown,
            count,
            min: None,
            mean: None,
            stddev: None,
            max: None,
            percentiles: BTreeMap::new(),
            bounds: BTreeMap::new(),
            quantile_method: QuantileMethod::Unknown,
            histogram: None,
            resolution: Resolution::UNKNOWN,
        }
    }

    /// A percentile that the input gives.
    pub fn percentile(&self, percentile: Percentile) -> Option<Millis> {
        self.percentiles.get(&percentile).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_print_as_people_write_them() {
        for text in ["p50", "p99", "p99.9", "p99.99", "p0.1"] {
            assert_eq!(text.parse::<Percentile>().unwrap().to_string(), text);
        }
        for text in [
            "p100",
            "p0",
            "p-1",
            "p1e1",
            "pinf",
            "p",
            "median",
            "p99.99999",
        ] {
            assert!(text.parse::<Percentile>().is_err(), "{text}");
        }
    }

    #[test]
    fn percentiles_order_by_size_and_not_by_text() {
        let mut all: Vec<Percentile> = ["p99.9", "p5", "p50", "p99"]
            .iter()
            .map(|t| t.parse().unwrap())
            .collect();
        all.sort();
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["p5", "p50", "p99", "p99.9"]);
    }
}
