//! METRICS: the registry of every figure that has a name.
//!
//! The same id stands in targets, JSON, history columns, charts and `OpenMetrics`. The registry says unit, direction,
//! floor of a change and how the figure is read; `findings::figures` is the one place that reads it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::latency::{Percentile, Population};
use crate::model::run::Stats;

/// The unit a figure is given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Unit {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millis,
    /// A number of things.
    #[serde(rename = "count")]
    Count,
    /// Events per second.
    #[serde(rename = "1/s")]
    PerSecond,
    /// A share between 0 and 1.
    #[serde(rename = "ratio")]
    Ratio,
    /// Bytes.
    #[serde(rename = "B")]
    Bytes,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// One figure over another.
    #[serde(rename = "x")]
    Factor,
    /// As the input gives it.
    #[serde(rename = "as_given")]
    AsGiven,
}

impl Unit {
    /// As it stands in JSON and CSV.
    pub fn id(self) -> &'static str {
        match self {
            Unit::Millis => "ms",
            Unit::Count => "count",
            Unit::PerSecond => "1/s",
            Unit::Ratio => "ratio",
            Unit::Bytes => "B",
            Unit::Seconds => "s",
            Unit::Factor => "x",
            Unit::AsGiven => "as_given",
        }
    }
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither: it describes.
    Neither,
}

/// A statistic of a latency distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// Smallest sample.
    Min,
    /// Arithmetic mean.
    Mean,
    /// Standard deviation.
    Stddev,
    /// A percentile.
    Quantile(Percentile),
    /// Largest sample.
    Max,
}

/// How a metric is read from a run.
#[derive(Clone, Copy)]
pub enum Reading {
    /// From a latency.
    Latency(Statistic),
    /// From the counts of a run, an endpoint or a slice.
    Stats(fn(&Stats) -> Option<f64>),
    /// From the sessions of a run.
    SessionsFailed,
    /// The run's length.
    Duration,
    /// Most users at one time.
    Users,
    /// Highest rate over ten seconds of the timeline.
    PeakRate,
    /// Lowest rate over thirty seconds of the steady phase.
    SustainedRate,
    /// Apdex from the histogram, with T = `[classes] fast`.
    Apdex,
    /// A resource, custom metric or check that the input names.
    Named,
    /// From a series of load levels.
    Levels,
}

/// One row of the registry.
pub struct MetricSpec {
    /// Its id; for families the pattern that `knee explain` shows.
    pub id: &'static str,
    /// What pages call it.
    pub title: &'static str,
    /// In which unit.
    pub unit: Unit,
    /// Which direction is good.
    pub better: Better,
    /// The smallest change worth talking about.
    pub floor: &'static str,
    /// How it is read.
    pub reading: Reading,
    /// One sentence for `knee explain`.
    pub text: &'static str,
}

const LATENCY_FLOOR: &str = "5 % and the larger of 1 ms and the resolution";
const TAIL_FLOOR: &str = "10 % and the larger of 1 ms and the resolution";

const fn latency(
    id: &'static str,
    title: &'static str,
    statistic: Statistic,
    floor: &'static str,
    text: &'static str,
) -> MetricSpec {
    MetricSpec {
        id,
        title,
        unit: Unit::Millis,
        better: Better::Lower,
        floor,
        reading: Reading::Latency(statistic),
        text,
    }
}

const fn named(id: &'static str, title: &'static str, text: &'static str) -> MetricSpec {
    MetricSpec {
        id,
        title,
        unit: Unit::AsGiven,
        better: Better::Neither,
        floor: "5 %",
        reading: Reading::Named,
        text,
    }
}

fn count(value: Option<u64>) -> Option<f64> {
    value.map(|count| count as f64)
}

/// Every metric, in the order of tables.
pub static METRICS: &[MetricSpec] = &[
    MetricSpec {
        id: "requests",
        title: "Requests",
        unit: Unit::Count,
        better: Better::Neither,
        floor: "5 %",
        reading: Reading::Stats(|s| count(s.requests)),
        text: "Requests attempted, failures included.",
    },
    MetricSpec {
        id: "rate",
        title: "Rate",
        unit: Unit::PerSecond,
        better: Better::Higher,
        floor: "5 %",
        reading: Reading::Stats(|s| s.rate.map(|r| r.0)),
        text: "Requests divided by the time from the first to the last event; the tool's own rate stands in `as_reported`.",
    },
    MetricSpec {
        id: "goodput",
        title: "Goodput",
        unit: Unit::PerSecond,
        better: Better::Higher,
        floor: "5 %",
        reading: Reading::Stats(|s| s.goodput.map(|r| r.0)),
        text: "Successful requests per second.",
    },
    MetricSpec {
        id: "peak_rate",
        title: "Peak rate",
        unit: Unit::PerSecond,
        better: Better::Higher,
        floor: "5 %",
        reading: Reading::PeakRate,
        text: "Highest rate over a window of 10 s of the timeline; not measured without a timeline.",
    },
    MetricSpec {
        id: "sustained_rate",
        title: "Sustained rate",
        unit: Unit::PerSecond,
        better: Better::Higher,
        floor: "5 %",
        reading: Reading::SustainedRate,
        text: "Lowest rate over a window of 30 s inside the steady phase; not measured where the steady phase is shorter.",
    },
    MetricSpec {
        id: "error_rate",
        title: "Error rate",
        unit: Unit::Ratio,
        better: Better::Lower,
        floor: "0.5 points",
        reading: Reading::Stats(Stats::error_share),
        text: "Failures divided by requests, expected failures left out of both.",
    },
    MetricSpec {
        id: "success_rate",
        title: "Success rate",
        unit: Unit::Ratio,
        better: Better::Higher,
        floor: "0.5 points",
        reading: Reading::Stats(|s| s.error_share().map(|share| 1.0 - share)),
        text: "One minus `error_rate`.",
    },
    MetricSpec {
        id: "apdex",
        title: "Apdex",
        unit: Unit::Ratio,
        better: Better::Higher,
        floor: "0.5 points",
        reading: Reading::Apdex,
        text: "(successes within T + half of those within 4 T) / requests, T = `[classes] fast`; needs a histogram.",
    },
    latency(
        "min",
        "min",
        Statistic::Min,
        LATENCY_FLOOR,
        "Smallest latency.",
    ),
    latency(
        "mean",
        "mean",
        Statistic::Mean,
        LATENCY_FLOOR,
        "Arithmetic mean of the latency.",
    ),
    latency(
        "stddev",
        "stddev",
        Statistic::Stddev,
        LATENCY_FLOOR,
        "Standard deviation of the latency inside the run; it says nothing about the next run.",
    ),
    latency(
        "p50",
        "p50",
        Statistic::Quantile(Percentile::P50),
        LATENCY_FLOOR,
        "Median latency; any `pN` with 0 < N < 100 is a metric.",
    ),
    latency(
        "p75",
        "p75",
        Statistic::Quantile(Percentile::P75),
        LATENCY_FLOOR,
        "75th percentile of the latency.",
    ),
    latency(
        "p90",
        "p90",
        Statistic::Quantile(Percentile::P90),
        LATENCY_FLOOR,
        "90th percentile of the latency.",
    ),
    latency(
        "p95",
        "p95",
        Statistic::Quantile(Percentile::P95),
        LATENCY_FLOOR,
        "95th percentile of the latency.",
    ),
    latency(
        "p99",
        "p99",
        Statistic::Quantile(Percentile::P99),
        TAIL_FLOOR,
        "99th percentile of the latency.",
    ),
    latency(
        "p99.9",
        "p99.9",
        Statistic::Quantile(Percentile::P99_9),
        TAIL_FLOOR,
        "99.9th percentile of the latency.",
    ),
    latency("max", "max", Statistic::Max, TAIL_FLOOR, "Largest latency."),
    MetricSpec {
        id: "sessions_failed",
        title: "Sessions failed",
        unit: Unit::Count,
        better: Better::Lower,
        floor: "-",
        reading: Reading::SessionsFailed,
        text: "Virtual users or scenario runs that failed.",
    },
    MetricSpec {
        id: "bytes_received",
        title: "Bytes received",
        unit: Unit::Bytes,
        better: Better::Neither,
        floor: "-",
        reading: Reading::Stats(|s| count(s.bytes_received)),
        text: "Bytes received, as the tool counts them.",
    },
    MetricSpec {
        id: "bytes_sent",
        title: "Bytes sent",
        unit: Unit::Bytes,
        better: Better::Neither,
        floor: "-",
        reading: Reading::Stats(|s| count(s.bytes_sent)),
        text: "Bytes sent, as the tool counts them.",
    },
    MetricSpec {
        id: "duration",
        title: "Duration",
        unit: Unit::Seconds,
        better: Better::Neither,
        floor: "-",
        reading: Reading::Duration,
        text: "First to last event.",
    },
    MetricSpec {
        id: "users",
        title: "Users",
        unit: Unit::Count,
        better: Better::Neither,
        floor: "-",
        reading: Reading::Users,
        text: "Most users at one time.",
    },
    named(
        "resource:COMPONENT.NAME.max",
        "Resource",
        "A machine or process beside the run: `.max`, `.mean`, `.slope`, `.last`.",
    ),
    named(
        "custom:NAME",
        "Custom metric",
        "A counter, rate or distribution that the script made up.",
    ),
    MetricSpec {
        id: "check:NAME",
        title: "Check",
        unit: Unit::Ratio,
        better: Better::Higher,
        floor: "0.5 points",
        reading: Reading::Named,
        text: "Share of the passes of a check that the script made.",
    },
    MetricSpec {
        id: "knee",
        title: "Knee",
        unit: Unit::AsGiven,
        better: Better::Higher,
        floor: "-",
        reading: Reading::Levels,
        text: "The load level where latency blows up or throughput stops growing; needs several load levels.",
    },
    MetricSpec {
        id: "efficiency",
        title: "Scaling efficiency",
        unit: Unit::Ratio,
        better: Better::Higher,
        floor: "5 %",
        reading: Reading::Levels,
        text: "Throughput at a level over level times the throughput at level 1; needs several load levels.",
    },
];

/// What of a resource is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceStatistic {
    /// Largest sample.
    Max,
    /// Mean of the samples.
    Mean,
    /// Change per second.
    Slope,
    /// Last sample.
    Last,
}

/// A metric that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricId {
    /// Of a latency; `None` = the primary population.
    Latency(Option<PopulationName>, Statistic),
    /// A row of METRICS by its id.
    Plain(&'static str),
    /// `resource:COMPONENT.NAME.STATISTIC`.
    Resource(String, String, ResourceStatistic),
    /// `custom:NAME`.
    Custom(String),
    /// `check:NAME`.
    Check(String),
}

/// A population that a metric can name: `ok.p95`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PopulationName {
    /// Successes.
    Ok,
    /// Failures.
    Failed,
    /// Everything that has a latency.
    All,
}

impl PopulationName {
    /// As it stands before the dot.
    pub fn id(self) -> &'static str {
        match self {
            PopulationName::Ok => "ok",
            PopulationName::Failed => "failed",
            PopulationName::All => "all",
        }
    }

    /// Whether a latency of that population answers to this name.
    pub fn holds(self, population: Population) -> bool {
        match self {
            PopulationName::Ok => population == Population::Ok,
            PopulationName::Failed => population == Population::Failed,
            PopulationName::All => !matches!(population, Population::Ok | Population::Failed),
        }
    }
}

impl MetricId {
    /// A percentile of the primary population.
    pub fn quantile(percentile: Percentile) -> MetricId {
        MetricId::Latency(None, Statistic::Quantile(percentile))
    }

    /// Its row in the registry.
    pub fn spec(&self) -> &'static MetricSpec {
        let found = match self {
            MetricId::Latency(_, wanted) => METRICS
                .iter()
                .find(|row| matches!(row.reading, Reading::Latency(s) if s == *wanted)),
            MetricId::Plain(id) => METRICS.iter().find(|row| row.id == *id),
            MetricId::Resource(..) => METRICS.iter().find(|row| row.id.starts_with("resource:")),
            MetricId::Custom(_) => METRICS.iter().find(|row| row.id.starts_with("custom:")),
            MetricId::Check(_) => METRICS.iter().find(|row| row.id.starts_with("check:")),
        };
        // A percentile without a row of its own is read as its neighbours are.
        found.unwrap_or_else(|| {
            let stand_in = match self {
                MetricId::Latency(_, Statistic::Quantile(p)) if p.percent() >= 99.0 => "p99",
                _ => "p95",
            };
            METRICS
                .iter()
                .find(|row| row.id == stand_in)
                .expect("p95 and p99 are rows of METRICS")
        })
    }

    /// Its unit.
    pub fn unit(&self) -> Unit {
        self.spec().unit
    }

    /// Its place in tables: the order of the registry, percentiles by size.
    pub fn rank(&self) -> (usize, u32) {
        let statistic = match self {
            MetricId::Latency(_, Statistic::Quantile(p)) => {
                let row = METRICS.iter().position(|row| row.id == "p50").unwrap_or(0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "below 100 000"
                )]
                return (row, (p.percent() * 1000.0) as u32);
            }
            MetricId::Latency(_, Statistic::Max) => {
                let row = METRICS.iter().position(|row| row.id == "p50").unwrap_or(0);
                return (row, 100_000);
            }
            other => other.spec(),
        };
        let row = METRICS.iter().position(|row| std::ptr::eq(row, statistic));
        (row.unwrap_or(METRICS.len()), 0)
    }
}

impl fmt::Display for MetricId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MetricId::Latency(population, statistic) => {
                if let Some(population) = population {
                    write!(f, "{}.", population.id())?;
                }
                match statistic {
                    Statistic::Min => f.write_str("min"),
                    Statistic::Mean => f.write_str("mean"),
                    Statistic::Stddev => f.write_str("stddev"),
                    Statistic::Max => f.write_str("max"),
                    Statistic::Quantile(percentile) => write!(f, "{percentile}"),
                }
            }
            MetricId::Plain(id) => f.write_str(id),
            MetricId::Resource(component, name, statistic) => {
                let statistic = match statistic {
                    ResourceStatistic::Max => "max",
                    ResourceStatistic::Mean => "mean",
                    ResourceStatistic::Slope => "slope",
                    ResourceStatistic::Last => "last",
                };
                write!(f, "resource:{component}.{name}.{statistic}")
            }
            MetricId::Custom(name) => write!(f, "custom:{name}"),
            MetricId::Check(name) => write!(f, "check:{name}"),
        }
    }
}

/// A text that names no metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a metric")]
pub struct NotAMetric(pub String);

impl FromStr for MetricId {
    type Err = NotAMetric;

    fn from_str(text: &str) -> Result<MetricId, NotAMetric> {
        let none = || NotAMetric(text.to_owned());
        if let Some(rest) = text.strip_prefix("resource:") {
            let (rest, statistic) = rest.rsplit_once('.').ok_or_else(none)?;
            let (component, name) = rest.rsplit_once('.').ok_or_else(none)?;
            let statistic = match statistic {
                "max" => ResourceStatistic::Max,
                "mean" => ResourceStatistic::Mean,
                "slope" => ResourceStatistic::Slope,
                "last" => ResourceStatistic::Last,
                _ => return Err(none()),
            };
            return Ok(MetricId::Resource(
                component.to_owned(),
                name.to_owned(),
                statistic,
            ));
        }
        if let Some(name) = text.strip_prefix("custom:").filter(|name| !name.is_empty()) {
            return Ok(MetricId::Custom(name.to_owned()));
        }
        if let Some(name) = text.strip_prefix("check:").filter(|name| !name.is_empty()) {
            return Ok(MetricId::Check(name.to_owned()));
        }
        let (population, rest) = match text.split_once('.') {
            Some(("ok", rest)) => (Some(PopulationName::Ok), rest),
            Some(("failed", rest)) => (Some(PopulationName::Failed), rest),
            Some(("all", rest)) => (Some(PopulationName::All), rest),
            _ => (None, text),
        };
        let statistic = match rest {
            "min" => Some(Statistic::Min),
            "mean" => Some(Statistic::Mean),
            "stddev" => Some(Statistic::Stddev),
            "max" => Some(Statistic::Max),
            _ if rest.starts_with('p') => rest.parse().ok().map(Statistic::Quantile),
            _ => None,
        };
        match (population, statistic) {
            (population, Some(statistic)) => Ok(MetricId::Latency(population, statistic)),
            (None, None) => METRICS
                .iter()
                .find(|row| {
                    row.id == text && !matches!(row.reading, Reading::Named | Reading::Latency(_))
                })
                .map(|row| MetricId::Plain(row.id))
                .ok_or_else(none),
            (Some(_), None) => Err(none()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_under_its_own_name() {
        for row in METRICS {
            let text = row.id.replace("COMPONENT", "api").replace("NAME", "memory");
            let id: MetricId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert!(std::ptr::eq(id.spec(), row), "{text}");
        }
    }

    #[test]
    fn populations_and_free_percentiles_are_metrics() {
        for text in [
            "ok.p95",
            "failed.max",
            "all.mean",
            "p99.99",
            "ok.p99.9",
            "custom:queue.depth",
            "resource:my.api.memory.max",
        ] {
            assert_eq!(text.parse::<MetricId>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "P95",
            "latency",
            "ok.rate",
            "p100",
            "custom:",
            "resource:api",
            "resource:a.b.c",
            "bad.p95",
        ] {
            assert!(text.parse::<MetricId>().is_err(), "{text}");
        }
    }

    #[test]
    fn far_percentiles_have_the_floor_of_p99() {
        assert_eq!("p99.99".parse::<MetricId>().unwrap().spec().id, "p99");
        assert_eq!("p80".parse::<MetricId>().unwrap().spec().id, "p95");
    }
}
