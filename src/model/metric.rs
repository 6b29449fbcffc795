//! Metrics as people ask for them: `p95`, `ok.p99.9`, `resource:api.memory.max`, parsed and found in the registry.

use std::fmt;
use std::str::FromStr;

use crate::model::latency::{Percentile, Population};
use crate::model::registry::{METRICS, MetricSpec, Reading, Statistic, Unit};

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
