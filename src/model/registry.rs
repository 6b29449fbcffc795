//! METRICS: the registry of every figure that has a name.
//!
//! The same id stands in targets, JSON, history columns, charts and `OpenMetrics`. A row says unit, direction, floor of a
//! change and how the figure is read; `figures` is the one place that reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::latency::Percentile;
use crate::model::stats::Stats;

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
    /// The same as a share of those that were started.
    SessionsFailedRate,
    /// Of the script.
    Exceptions,
    /// The same as a share of requests and exceptions together.
    ExceptionRate,
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
        text: "Highest rate over whole slices of the timeline that cover 10 s or a little more; not measured where the timeline is shorter than 20 s, has no two such windows, or has none at or above the average of the run.",
    },
    MetricSpec {
        id: "sustained_rate",
        title: "Sustained rate",
        unit: Unit::PerSecond,
        better: Better::Higher,
        floor: "5 %",
        reading: Reading::SustainedRate,
        text: "Lowest rate over whole slices of the steady phase that cover 30 s or a little more; not measured without a timeline, where no steady phase can be told, or where it has no such window.",
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
        text: "Virtual users or scenario runs that failed; a target with % means `sessions_failed_rate`.",
    },
    MetricSpec {
        id: "sessions_failed_rate",
        title: "Sessions failed, share",
        unit: Unit::Ratio,
        better: Better::Lower,
        floor: "0.5 points",
        reading: Reading::SessionsFailedRate,
        text: "Sessions that failed divided by those that were started.",
    },
    MetricSpec {
        id: "exceptions",
        title: "Exceptions",
        unit: Unit::Count,
        better: Better::Lower,
        floor: "-",
        reading: Reading::Exceptions,
        text: "Exceptions that the script raised, which are no requests; a target with % means `exception_rate`.",
    },
    MetricSpec {
        id: "exception_rate",
        title: "Exceptions, share",
        unit: Unit::Ratio,
        better: Better::Lower,
        floor: "0.5 points",
        reading: Reading::ExceptionRate,
        text: "Exceptions of the script divided by requests and exceptions together.",
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
        text: "The load level above which throughput no longer follows the load or a latency blows up; needs several load levels, and none may be found in the tested range.",
    },
    MetricSpec {
        id: "efficiency",
        title: "Scaling efficiency",
        unit: Unit::Ratio,
        better: Better::Higher,
        floor: "5 %",
        reading: Reading::Levels,
        text: "Goodput per unit of load, or per instance, at a level, over that at the lowest level; needs several load levels.",
    },
];
