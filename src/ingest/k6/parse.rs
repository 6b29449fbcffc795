//! The text of a k6 summary to metrics, checks and times, whatever generation wrote it.
//!
//! Three shapes differ in where the figures stand and in nothing else that matters: `--summary-export` has them flat in each
//! metric, `handleSummary` below `values`, the machine-readable summary in lists below `results`. What a threshold says is
//! turned into "held" here, because the first shape writes `true` for crossed and the second `{"ok": true}` for held
//! (k6: `oldJSONSummary` in summary-wrapper.js). Members of other types than expected are left out and counted: scripts write
//! summaries of their own. Makes no run.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ingest::json::{Key, Number};
use crate::model::{Millis, Percentile};

/// A summary as it was written.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Every metric and sub-metric by its full name. `None` when there is no such member.
    pub metrics: Option<BTreeMap<String, Metric>>,
    /// The tree of groups.
    pub root: Group,
    /// Checks of the machine-readable summary, which has no groups.
    pub flat_checks: Vec<Check>,
    /// `state.testRunDurationMs` or `config.duration`, in seconds.
    pub duration: Option<f64>,
    /// Of k6.
    pub version: Option<String>,
    /// What `version` says, which is the schema's where `results` is there.
    pub schema: Option<String>,
    /// Whether `results` is there, as in the machine-readable summary.
    pub machine_readable: bool,
}

/// A group of the script: checks and further groups.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Empty for the root.
    pub name: String,
    /// Inside it.
    pub groups: Vec<Group>,
    /// Inside it.
    pub checks: Vec<Check>,
}

/// A check that the script made.
#[derive(Debug, Default)]
pub(super) struct Check {
    /// As the script calls it.
    pub name: String,
    /// Times passed.
    pub passes: Option<u64>,
    /// Times failed.
    pub fails: Option<u64>,
}

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
    fn complete(&mut self) {
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

/// A member that should be a number and may be anything.
struct Loose(Option<Number>);

impl<'de> de::Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, n: u64) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Whole(n))))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Float(n as f64))))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Float(x))))
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Null)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Loose, E> {
        Ok(Loose(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose, A::Error> {
        drain_map(map)?;
        Ok(Loose(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Loose, A::Error> {
        drain_seq(elements)?;
        Ok(Loose(None))
    }
}

fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

fn drain_seq<'de, A: SeqAccess<'de>>(mut elements: A) -> Result<(), A::Error> {
    while elements.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// How a part of the document takes its members; what is no object or list at all is left out.
trait Part<'de> {
    /// One member of an object.
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;

    /// Elements of a list.
    fn elements<A: SeqAccess<'de>>(&mut self, elements: A) -> Result<(), A::Error> {
        drain_seq(elements)
    }

    /// A text stands here.
    fn text(&mut self, _: &str) {}

    /// True or false stands here.
    fn truth(&mut self, _: bool) {}
}

/// Reads into a part.
struct Into<'a, P>(&'a mut P);

impl<'de, P: Part<'de>> DeserializeSeed<'de> for Into<'_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: Part<'de>> Visitor<'de> for Into<'_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a part of a k6 summary")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            self.0.member(&key, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<(), A::Error> {
        self.0.elements(elements)
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.0.truth(truth);
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    // A script writes null for what it does not have.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The whole document.
pub(super) struct SummarySeed;

impl<'de> DeserializeSeed<'de> for SummarySeed {
    type Value = Summary;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Summary, D::Error> {
        let mut summary = Summary::default();
        Into(&mut summary).deserialize(deserializer)?;
        Ok(summary)
    }
}

impl<'de> Part<'de> for Summary {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "metrics" => map.next_value_seed(Into(&mut Metrics(self))),
            "root_group" => map.next_value_seed(Into(&mut self.root)),
            "results" => {
                self.machine_readable = true;
                map.next_value_seed(Into(&mut Results(self)))
            }
            "state" | "config" | "metadata" => map.next_value_seed(Into(&mut Times(self))),
            "version" => {
                self.schema = text_of(map)?;
                Ok(())
            }
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// A text, or nothing.
struct Text(Option<String>);

impl<'de> Part<'de> for Text {
    fn member<A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        map.next_value::<IgnoredAny>().map(drop)
    }

    fn text(&mut self, text: &str) {
        self.0 = Some(text.to_owned());
    }
}

/// The member's value where it is a text.
fn text_of<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    let mut text = Text(None);
    map.next_value_seed(Into(&mut text))?;
    Ok(text.0)
}

/// `state`, `config` and `metadata`; the path of the script is not taken.
struct Times<'a>(&'a mut Summary);

impl<'de> Part<'de> for Times<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let scale = match key {
            "testRunDurationMs" => 1e-3,
            "duration" => 1.0,
            // The names of the schema, and those that its way through JavaScript makes of them.
            "k6Version" | "k6_version" => {
                self.0.version = text_of(map)?;
                return Ok(());
            }
            _ => return map.next_value::<IgnoredAny>().map(drop),
        };
        let number: Loose = map.next_value()?;
        let seconds = number.0.and_then(Number::value).map(|value| value * scale);
        self.0.duration = seconds.filter(|seconds| *seconds > 0.0);
        Ok(())
    }
}

/// `results` of the machine-readable summary.
struct Results<'a>(&'a mut Summary);

impl<'de> Part<'de> for Results<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "metrics" => map.next_value_seed(Into(&mut Metrics(self.0))),
            "checks" => map.next_value_seed(Into(&mut CheckResults(self.0))),
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// `results.checks`.
struct CheckResults<'a>(&'a mut Summary);

impl<'de> Part<'de> for CheckResults<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "results" => map.next_value_seed(Into(&mut Checks(&mut self.0.flat_checks))),
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// Metrics by name, or a list of those that say their name.
struct Metrics<'a>(&'a mut Summary);

impl Metrics<'_> {
    fn keep(&mut self, name: String, mut metric: Metric) {
        metric.complete();
        let all = self.0.metrics.get_or_insert_default();
        all.entry(name).or_insert(metric);
    }
}

impl<'de> Part<'de> for Metrics<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let mut metric = MetricPart::default();
        map.next_value_seed(Into(&mut metric))?;
        self.keep(key.to_owned(), metric.metric);
        Ok(())
    }

    fn elements<A: SeqAccess<'de>>(&mut self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let mut metric = MetricPart::default();
            if elements.next_element_seed(Into(&mut metric))?.is_none() {
                return Ok(());
            }
            self.keep(metric.name, metric.metric);
        }
    }
}

/// A metric on its way.
#[derive(Default)]
struct MetricPart {
    name: String,
    metric: Metric,
}

impl<'de> Part<'de> for MetricPart {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "values" => map.next_value_seed(Into(self))?,
            "thresholds" => map.next_value_seed(Into(&mut Thresholds(&mut self.metric)))?,
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
        map.next_value_seed(Into(&mut held))?;
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
        map.next_value_seed(Into(&mut inner))?;
        // Read as crossed and meant as held.
        self.0 = inner.0.map(|held| !held);
        Ok(())
    }

    fn truth(&mut self, crossed: bool) {
        self.0 = Some(!crossed);
    }
}

impl<'de> Part<'de> for Group {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "name" => {
                if let Some(name) = text_of(map)? {
                    self.name = name;
                }
                Ok(())
            }
            "groups" => map.next_value_seed(Into(&mut Groups(&mut self.groups))),
            "checks" => map.next_value_seed(Into(&mut Checks(&mut self.checks))),
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// A map or a list of groups.
struct Groups<'a>(&'a mut Vec<Group>);

impl<'de> Part<'de> for Groups<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let mut group = Group {
            name: key.to_owned(),
            ..Group::default()
        };
        map.next_value_seed(Into(&mut group))?;
        self.0.push(group);
        Ok(())
    }

    fn elements<A: SeqAccess<'de>>(&mut self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let mut group = Group::default();
            if elements.next_element_seed(Into(&mut group))?.is_none() {
                return Ok(());
            }
            self.0.push(group);
        }
    }
}

/// A map or a list of checks.
struct Checks<'a>(&'a mut Vec<Check>);

impl<'de> Part<'de> for Checks<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let mut check = Check {
            name: key.to_owned(),
            ..Check::default()
        };
        map.next_value_seed(Into(&mut check))?;
        self.0.push(check);
        Ok(())
    }

    fn elements<A: SeqAccess<'de>>(&mut self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let mut check = Check::default();
            if elements.next_element_seed(Into(&mut check))?.is_none() {
                return Ok(());
            }
            self.0.push(check);
        }
    }
}

impl<'de> Part<'de> for Check {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let slot = match key {
            "name" => {
                if let Some(name) = text_of(map)? {
                    self.name = name;
                }
                return Ok(());
            }
            "passes" => &mut self.passes,
            "fails" => &mut self.fails,
            _ => return map.next_value::<IgnoredAny>().map(drop),
        };
        let number: Loose = map.next_value()?;
        *slot = number.0.and_then(|number| number.count().ok()?);
        Ok(())
    }
}
