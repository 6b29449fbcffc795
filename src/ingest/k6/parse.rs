//! The text of a k6 summary to metrics, checks and times, whatever generation wrote it.
//!
//! Three shapes differ in where the figures stand and in nothing else that matters: `--summary-export` has them flat in each
//! metric, `handleSummary` below `values`, the machine-readable summary in lists below `results`. Makes no run.

use std::collections::BTreeMap;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::json::{Filling, Number};
use crate::ingest::k6::groups::{Check, Checks, Group};
use crate::ingest::k6::metric::{Metric, MetricPart};
use crate::ingest::k6::part::{Loose, Part, text_of};

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

/// The whole document.
pub(super) struct SummarySeed;

impl<'de> DeserializeSeed<'de> for SummarySeed {
    type Value = Summary;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Summary, D::Error> {
        let mut summary = Summary::default();
        Filling(&mut summary).deserialize(deserializer)?;
        Ok(summary)
    }
}

impl<'de> Part<'de> for Summary {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "metrics" => map.next_value_seed(Filling(&mut Metrics(self))),
            "root_group" => map.next_value_seed(Filling(&mut self.root)),
            "results" => {
                self.machine_readable = true;
                map.next_value_seed(Filling(&mut Results(self)))
            }
            "state" | "config" | "metadata" => map.next_value_seed(Filling(&mut Times(self))),
            "version" => {
                self.schema = text_of(map)?;
                Ok(())
            }
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
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
            "metrics" => map.next_value_seed(Filling(&mut Metrics(self.0))),
            "checks" => map.next_value_seed(Filling(&mut CheckResults(self.0))),
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// `results.checks`.
struct CheckResults<'a>(&'a mut Summary);

impl<'de> Part<'de> for CheckResults<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "results" => map.next_value_seed(Filling(&mut Checks(&mut self.0.flat_checks))),
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
        map.next_value_seed(Filling(&mut metric))?;
        self.keep(key.to_owned(), metric.metric);
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(&mut self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let mut metric = MetricPart::default();
            if elements.next_element_seed(Filling(&mut metric))?.is_none() {
                return Ok(());
            }
            self.keep(metric.name, metric.metric);
        }
    }
}
