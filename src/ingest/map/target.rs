//! What a member can be: the closed list of fields that a map fills, and what value each takes.
//!
//! Owns names and shapes. Which of them go together is checked by the configuration, which has the places.

use std::fmt;

use crate::model::UnitKind;
use crate::model::{MetricId, PopulationName, Statistic};

/// What a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordKind {
    /// Figures of an endpoint or of a run.
    #[default]
    Run,
    /// One request.
    Sample,
}

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text or a number, taken as it is.
    Text,
    /// A whole number from 0 on.
    Count,
    /// A number from 0 on, in a unit.
    Amount(UnitKind),
    /// A number.
    Number,
    /// A point in time.
    Instant,
    /// True or false.
    Truth,
}

/// A field of a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// One of [`PLAIN`], by its name there.
    Plain(&'static str),
    /// A figure of a latency; `None` = of whom is not said.
    Latency(Option<PopulationName>, Statistic),
    /// `code:503`: answers with that code.
    Code(String),
    /// `custom:NAME`: a metric of the harness.
    Custom(String),
    /// `label:KEY`
    Label(String),
    /// What a condition of `where` asks: no figure.
    Condition,
}

/// A field with a fixed name.
pub struct Plain {
    /// As it is written.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether records that are figures have it.
    pub of_runs: bool,
    /// Whether records that are requests have it.
    pub of_samples: bool,
    /// Whether it speaks of the whole run, so that it may stand outside the records.
    pub of_document: bool,
}

const fn plain(name: &'static str, shape: Shape, kinds: (bool, bool), of_document: bool) -> Plain {
    Plain {
        name,
        shape,
        of_runs: kinds.0,
        of_samples: kinds.1,
        of_document,
    }
}

const BOTH: (bool, bool) = (true, true);
const RUNS: (bool, bool) = (true, false);
const SAMPLES: (bool, bool) = (false, true);

/// Every field with a fixed name.
pub static PLAIN: &[Plain] = &[
    plain("run", Shape::Text, BOTH, false),
    plain("endpoint", Shape::Text, BOTH, false),
    plain("method", Shape::Text, BOTH, false),
    plain("started", Shape::Instant, BOTH, true),
    plain("duration", Shape::Amount(UnitKind::Time), RUNS, true),
    plain("users", Shape::Number, BOTH, true),
    plain("requests", Shape::Count, RUNS, false),
    plain("failures", Shape::Count, RUNS, false),
    plain("successes", Shape::Count, RUNS, false),
    plain("rate", Shape::Amount(UnitKind::Rate), RUNS, false),
    plain("error_rate", Shape::Amount(UnitKind::Share), RUNS, false),
    plain("success_rate", Shape::Amount(UnitKind::Share), RUNS, false),
    plain(
        "bytes_received",
        Shape::Amount(UnitKind::Bytes),
        BOTH,
        false,
    ),
    plain("bytes_sent", Shape::Amount(UnitKind::Bytes), BOTH, false),
    plain("metric", Shape::Text, RUNS, false),
    plain("value", Shape::Number, RUNS, false),
    plain("unit", Shape::Text, RUNS, false),
    plain("latency", Shape::Amount(UnitKind::Time), SAMPLES, false),
    plain("ok", Shape::Truth, SAMPLES, false),
    plain("failed", Shape::Truth, SAMPLES, false),
    plain("code", Shape::Text, SAMPLES, false),
    plain("error", Shape::Text, SAMPLES, false),
    plain("tool", Shape::Text, BOTH, true),
    plain("tool_version", Shape::Text, BOTH, true),
];

/// Words that people use for a field, and the field: for suggestions.
pub const ALIASES: &[(&str, &str)] = &[
    ("name", "endpoint"),
    ("operation", "endpoint"),
    ("path", "endpoint"),
    ("url", "endpoint"),
    ("label", "endpoint"),
    ("median", "p50"),
    ("avg", "mean"),
    ("average", "mean"),
    ("std", "stddev"),
    ("stdev", "stddev"),
    ("count", "requests"),
    ("total", "requests"),
    ("n", "requests"),
    ("errors", "failures"),
    ("rps", "rate"),
    ("qps", "rate"),
    ("throughput", "rate"),
    ("time", "started"),
    ("timestamp", "started"),
    ("start", "started"),
    ("status", "code"),
    ("status_code", "code"),
    ("success", "ok"),
    ("bytes", "bytes_received"),
    ("size", "bytes_received"),
    ("elapsed", "latency"),
    ("response_time", "latency"),
    ("vus", "users"),
    ("message", "error"),
    ("p999", "p99.9"),
];

impl Target {
    /// The field of that name.
    ///
    /// ```
    /// use knee::ingest::map::target::Target;
    /// assert_eq!(Target::named("requests"), Some(Target::Plain("requests")));
    /// assert_eq!(Target::named("p99_9").unwrap().to_string(), "p99.9");
    /// assert_eq!(Target::named("median"), None);
    /// ```
    pub fn named(name: &str) -> Option<Target> {
        let after = |family: &str| {
            let rest = name.strip_prefix(family)?.trim();
            (!rest.is_empty()).then(|| rest.to_owned())
        };
        let found = after("custom:")
            .map(Target::Custom)
            .or_else(|| after("label:").map(Target::Label))
            .or_else(|| after("code:").map(Target::Code));
        if found.is_some() {
            return found;
        }
        if let Some(row) = PLAIN.iter().find(|row| row.name == name) {
            return Some(Target::Plain(row.name));
        }
        // A bare key of TOML holds no dot: `p99_9`.
        match name.replace('_', ".").parse() {
            Ok(MetricId::Latency(population, statistic)) => {
                Some(Target::Latency(population, statistic))
            }
            _ => None,
        }
    }

    fn row(&self) -> Option<&'static Plain> {
        match self {
            Target::Plain(name) => PLAIN.iter().find(|row| row.name == *name),
            _ => None,
        }
    }

    /// What its value looks like.
    pub fn shape(&self) -> Shape {
        match self {
            Target::Plain(_) => self.row().map_or(Shape::Text, |row| row.shape),
            Target::Latency(..) => Shape::Amount(UnitKind::Time),
            Target::Code(_) => Shape::Count,
            Target::Custom(_) => Shape::Number,
            Target::Label(_) | Target::Condition => Shape::Text,
        }
    }

    /// Whether records of that kind have it.
    pub fn is_of(&self, kind: RecordKind) -> bool {
        match (self, kind) {
            (Target::Plain(_), RecordKind::Run) => self.row().is_some_and(|row| row.of_runs),
            (Target::Plain(_), RecordKind::Sample) => self.row().is_some_and(|row| row.of_samples),
            (_, RecordKind::Run) => true,
            // Of many requests there is no one label or metric: those stand beside the records.
            (target, RecordKind::Sample) => target.is_of_document(),
        }
    }

    /// Whether it speaks of the run as a whole.
    pub fn is_of_document(&self) -> bool {
        match self {
            Target::Plain(_) => self.row().is_some_and(|row| row.of_document),
            Target::Custom(_) | Target::Label(_) => true,
            Target::Latency(..) | Target::Code(_) | Target::Condition => false,
        }
    }

    /// Whether a record with this alone says something.
    pub fn is_figure(&self) -> bool {
        match self {
            Target::Plain(name) => matches!(
                *name,
                "requests"
                    | "failures"
                    | "successes"
                    | "rate"
                    | "error_rate"
                    | "success_rate"
                    | "value"
                    | "latency"
            ),
            Target::Latency(..) | Target::Code(_) | Target::Custom(_) => true,
            Target::Label(_) | Target::Condition => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Plain(name) => f.write_str(name),
            Target::Latency(population, statistic) => {
                MetricId::Latency(*population, *statistic).fmt(f)
            }
            Target::Code(code) => write!(f, "code:{code}"),
            Target::Custom(name) => write!(f, "custom:{name}"),
            Target::Label(key) => write!(f, "label:{key}"),
            Target::Condition => f.write_str("where"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_under_its_own_name() {
        let free = [
            "p50",
            "ok.p99.9",
            "failed.mean",
            "stddev",
            "custom:queue depth",
            "label:region",
            "code:503",
        ];
        for name in PLAIN.iter().map(|row| row.name).chain(free) {
            assert_eq!(Target::named(name).unwrap().to_string(), name);
        }
        for name in [
            "",
            "p",
            "p100",
            "custom:",
            "label: ",
            "rps",
            "resource:a.b.max",
            "goodput",
        ] {
            assert_eq!(Target::named(name), None, "{name}");
        }
    }

    #[test]
    fn every_other_word_leads_to_a_field() {
        for (word, field) in ALIASES {
            assert_eq!(Target::named(word), None, "{word}");
            assert!(Target::named(field).is_some(), "{field}");
        }
    }

    #[test]
    fn requests_have_no_percentiles_and_figures_no_status() {
        let of = |name, kind| Target::named(name).unwrap().is_of(kind);
        assert!(of("p95", RecordKind::Run) && !of("p95", RecordKind::Sample));
        assert!(!of("code", RecordKind::Run) && of("code", RecordKind::Sample));
        assert!(of("label:x", RecordKind::Sample));
    }
}
