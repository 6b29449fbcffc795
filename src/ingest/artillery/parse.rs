//! The shape of `aggregate` and of the elements of `intermediate`, keys borrowed from the bytes.
//!
//! Knows which members there are, not what their figures mean. `histograms` is a copy of `summaries` and is read only where
//! that is missing; unknown members are skipped (releases up to 2.0.34 leave a null rate name on each window).

use std::borrow::Cow;

use rustc_hash::FxHashSet;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer};

use crate::ingest::artillery::windows::Plan;
use crate::ingest::json::{self, Fill, Filling, Key, Number, Pairs, Refused, Token};

/// `aggregate`, or one element of `intermediate`. All instants in milliseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Period<'a> {
    /// Start of the window, aligned to the clock.
    pub(super) start: Option<i64>,
    /// First event.
    pub(super) first: Option<i64>,
    /// Last event.
    pub(super) last: Option<i64>,
    /// Sums by name.
    pub(super) counters: Vec<(Cow<'a, str>, Number)>,
    /// Rates by name.
    pub(super) rates: Vec<(Cow<'a, str>, Number)>,
    /// Distributions by name.
    pub(super) summaries: Vec<(Cow<'a, str>, Summary)>,
    /// Whether the summaries stand under their own name.
    pub(super) own_summaries: bool,
    /// Whether either name was there.
    pub(super) has_summaries: bool,
    /// Whether `latency`, `codes` or `scenariosCreated` of the 1.x shape is there.
    pub(super) old_shape: bool,
    /// Members that stood twice in one map; the last one counts, as in JavaScript.
    pub(super) duplicates: u64,
}

impl Period<'_> {
    /// Ready for the next window; what was allocated is kept.
    pub(super) fn clear(&mut self) {
        self.counters.clear();
        self.rates.clear();
        self.summaries.clear();
        (self.start, self.first, self.last) = (None, None, None);
        (self.own_summaries, self.has_summaries) = (false, false);
        (self.old_shape, self.duplicates) = (false, 0);
    }

    /// A summary by its name.
    pub(super) fn summary(&self, name: &str) -> Option<&Summary> {
        let found = self.summaries.iter().find(|(key, _)| key == name);
        found.map(|(_, summary)| summary)
    }

    /// Whether a counter is there.
    pub(super) fn has_counter(&self, name: &str) -> bool {
        self.counters.iter().any(|(key, _)| key == name)
    }

    /// Gives every counter, rate and summary another name, where there is one.
    pub(super) fn rename(&mut self, name: impl Fn(&str) -> Option<&str>) {
        for (key, _) in self.counters.iter_mut().chain(&mut self.rates) {
            rename(key, &name);
        }
        for (key, _) in &mut self.summaries {
            rename(key, &name);
        }
    }
}

fn rename(key: &mut Cow<str>, name: &impl Fn(&str) -> Option<&str>) {
    if let Some(new) = name(key) {
        *key = Cow::Owned(new.to_owned());
    }
}

/// A distribution as the tool sums it up, in milliseconds where it is a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Summary {
    /// Samples.
    pub(super) count: Option<u64>,
    /// Smallest.
    pub(super) min: Option<f64>,
    /// Largest.
    pub(super) max: Option<f64>,
    /// Mean.
    pub(super) mean: Option<f64>,
    /// p50, p75, p90, p95, p99, p99.9.
    pub(super) quantiles: [Option<f64>; 6],
}

/// A period, and for a window what it is needed for.
pub(super) struct PeriodSeed<'p, 'de>(pub(super) &'p mut Period<'de>, pub(super) Option<&'p Plan>);

impl<'de> Fill<'de> for PeriodSeed<'_, 'de> {
    const EXPECTED: &'static str = "an object with `counters` and `summaries`";

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let PeriodSeed(period, plan) = self;
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "period" => period.start = map.next_value::<Instant>()?.0,
                "firstMetricAt" => period.first = map.next_value::<Instant>()?.0,
                "lastMetricAt" => period.last = map.next_value::<Instant>()?.0,
                "counters" => {
                    map.next_value_seed(Filling(Pairs(&mut period.counters, |_: &str| true)))?;
                    period.duplicates += drop_duplicates(&mut period.counters);
                }
                "rates" if plan.is_none() => {
                    map.next_value_seed(Filling(Pairs(&mut period.rates, |_: &str| true)))?;
                    period.duplicates += drop_duplicates(&mut period.rates);
                }
                "histograms" if period.own_summaries => {
                    map.next_value::<IgnoredAny>()?;
                }
                name @ ("summaries" | "histograms") => {
                    period.summaries.clear();
                    let wants = |name: &str| plan.is_none_or(|plan| plan.wants(name));
                    map.next_value_seed(Filling(Pairs(&mut period.summaries, wants)))?;
                    period.duplicates += drop_duplicates(&mut period.summaries);
                    period.own_summaries = name == "summaries";
                    period.has_summaries = true;
                }
                "latency" | "codes" | "scenariosCreated" => {
                    period.old_shape = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Keeps the last of members with one name.
pub(super) fn drop_duplicates<T>(members: &mut Vec<(Cow<'_, str>, T)>) -> u64 {
    let mut seen = FxHashSet::with_capacity_and_hasher(members.len(), rustc_hash::FxBuildHasher);
    if members.iter().all(|(key, _)| seen.insert(key.as_ref())) {
        return 0;
    }
    let mut later: FxHashSet<&str> = FxHashSet::default();
    let mut keep: Vec<bool> = members
        .iter()
        .rev()
        .map(|(key, _)| later.insert(key.as_ref()))
        .collect();
    let before = members.len();
    members.retain(|_| keep.pop().unwrap_or(true));
    (before - members.len()) as u64
}

/// A summary as it is written; the releases differ in the name of the median.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(deserialize_with = "count")]
    count: Option<u64>,
    min: Number,
    max: Number,
    mean: Number,
    p50: Number,
    median: Number,
    p75: Number,
    p90: Number,
    p95: Number,
    p99: Number,
    p999: Number,
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = Number::deserialize(deserializer)?;
    number.count().map_err(de::Error::custom)
}

impl From<Written> for Summary {
    fn from(written: Written) -> Summary {
        let median = written.p50.value().or(written.median.value());
        let above = [written.p75, written.p90, written.p95];
        let [p75, p90, p95] = above.map(Number::value);
        let (p99, p999) = (written.p99.value(), written.p999.value());
        Summary {
            count: written.count,
            min: written.min.value(),
            max: written.max.value(),
            mean: written.mean.value(),
            quantiles: [median, p75, p90, p95, p99, p999],
        }
    }
}

impl<'de> Deserialize<'de> for Summary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Summary, D::Error> {
        json::filled(deserializer)
    }
}

/// From an object only: a derive takes a list of figures as well.
impl<'de> Fill<'de> for &mut Summary {
    const EXPECTED: &'static str = "a summary with `count`, `min`, `max` and percentiles";

    fn members<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        *self = Written::deserialize(MapAccessDeserializer::new(map))?.into();
        Ok(())
    }
}

/// Milliseconds since 1970: a number in the aggregate, a text in the windows.
#[derive(Default)]
struct Instant(Option<i64>);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        json::filled(deserializer)
    }
}

/// The year 9999; what lies beyond is no instant of a load test.
const LATEST: i64 = 253_402_300_799_999;

impl Fill<'_> for &mut Instant {
    const EXPECTED: &'static str = "milliseconds since 1970, as a number or a text";

    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    fn token(self, token: Token) -> Result<(), Refused> {
        let found = match token {
            Token::Null => return Ok(()),
            Token::Whole(n) => i64::try_from(n).ok(),
            Token::Float(x) if x >= 0.0 && x <= LATEST as f64 => Some(x as i64),
            Token::Negative(_) | Token::Float(_) => None,
            Token::Text(text) => text.trim().parse().ok(),
            Token::Truth(_) | Token::List | Token::Object => return Err(Refused::Type),
        };
        self.0 = found.filter(|n| (0..=LATEST).contains(n));
        self.0.map(drop).ok_or(Refused::Value)
    }
}
