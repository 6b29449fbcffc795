//! The shape of `aggregate` and of the elements of `intermediate`, keys borrowed from the bytes.
//!
//! Knows which members there are, not what their figures mean. `histograms` is a copy of `summaries` and is read only where
//! that is missing; unknown members are skipped (releases up to 2.0.34 leave a null rate name on each window).

use std::borrow::Cow;
use std::fmt;

use rustc_hash::FxHashSet;
use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use crate::ingest::artillery::windows::Plan;
use crate::ingest::json::{Key, Number};

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

impl<'de> DeserializeSeed<'de> for PeriodSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PeriodSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with `counters` and `summaries`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let PeriodSeed(period, plan) = self;
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "period" => period.start = map.next_value::<Instant>()?.0,
                "firstMetricAt" => period.first = map.next_value::<Instant>()?.0,
                "lastMetricAt" => period.last = map.next_value::<Instant>()?.0,
                "counters" => {
                    map.next_value_seed(Members::<Number>::into(&mut period.counters))?;
                    period.duplicates += drop_duplicates(&mut period.counters);
                }
                "rates" if plan.is_none() => {
                    map.next_value_seed(Members::<Number>::into(&mut period.rates))?;
                    period.duplicates += drop_duplicates(&mut period.rates);
                }
                "histograms" if period.own_summaries => {
                    map.next_value::<IgnoredAny>()?;
                }
                name @ ("summaries" | "histograms") => {
                    period.summaries.clear();
                    let wants = |name: &str| plan.is_none_or(|plan| plan.wants(name));
                    map.next_value_seed(Wanted(&mut period.summaries, wants))?;
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

/// A map of names to values of one kind.
pub(super) struct Members<'m, 'de, T>(&'m mut Vec<(Cow<'de, str>, T)>);

impl<'m, 'de, T> Members<'m, 'de, T> {
    pub(super) fn into(members: &'m mut Vec<(Cow<'de, str>, T)>) -> Self {
        Members(members)
    }
}

impl<'de, T: de::Deserialize<'de>> DeserializeSeed<'de> for Members<'_, 'de, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: de::Deserialize<'de>> Visitor<'de> for Members<'_, 'de, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of names and figures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let value = map.next_value()?;
            self.0.push((key, value));
        }
        Ok(())
    }
}

/// The summaries that somebody wants.
struct Wanted<'m, 'de, F>(&'m mut Vec<(Cow<'de, str>, Summary)>, F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Wanted<'_, 'de, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Wanted<'_, 'de, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of names and summaries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            if (self.1)(&key) {
                let value = map.next_value()?;
                self.0.push((key, value));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'de> de::Deserialize<'de> for Summary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Summary, D::Error> {
        deserializer.deserialize_map(SummaryVisitor)
    }
}

struct SummaryVisitor;

impl<'de> Visitor<'de> for SummaryVisitor {
    type Value = Summary;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a summary with `count`, `min`, `max` and percentiles")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Summary, A::Error> {
        let mut summary = Summary::default();
        let [p50, p75, p90, p95, p99, p999] = &mut summary.quantiles;
        let mut median = None;
        while let Some(key) = map.next_key_seed(Key)? {
            let slot = match key.as_ref() {
                "count" => {
                    let count = map.next_value::<Number>()?.count();
                    summary.count = count.map_err(de::Error::custom)?;
                    continue;
                }
                "min" => &mut summary.min,
                "max" => &mut summary.max,
                "mean" => &mut summary.mean,
                "p50" => &mut *p50,
                "median" => &mut median,
                "p75" => &mut *p75,
                "p90" => &mut *p90,
                "p95" => &mut *p95,
                "p99" => &mut *p99,
                "p999" => &mut *p999,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = map.next_value::<Number>()?.value();
        }
        *p50 = p50.or(median);
        Ok(summary)
    }
}

/// Milliseconds since 1970: a number in the aggregate, a text in the windows.
struct Instant(Option<i64>);

impl<'de> de::Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        deserializer.deserialize_any(InstantVisitor)
    }
}

struct InstantVisitor;

/// The year 9999; what lies beyond is no instant of a load test.
const LATEST: i64 = 253_402_300_799_999;

impl Visitor<'_> for InstantVisitor {
    type Value = Instant;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("milliseconds since 1970, as a number or a text")
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Instant, E> {
        let found = i64::try_from(n).ok().filter(|n| *n <= LATEST);
        let found = found.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(n), &self));
        found.map(|n| Instant(Some(n)))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Instant, E> {
        Err(E::invalid_value(de::Unexpected::Signed(n), &self))
    }

    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Instant, E> {
        if x >= 0.0 && x <= LATEST as f64 {
            Ok(Instant(Some(x as i64)))
        } else {
            Err(E::invalid_value(de::Unexpected::Float(x), &self))
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
        let number = text.trim().parse().ok();
        let number = number.filter(|n| (0..=LATEST).contains(n));
        let number = number.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self));
        number.map(|n| Instant(Some(n)))
    }

    fn visit_unit<E>(self) -> Result<Instant, E> {
        Ok(Instant(None))
    }
}
