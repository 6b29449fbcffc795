//! The one schema: what a load test left, as plain data.
//!
//! This room names no other room, reads no files and judges nothing. What the input does not give is `None`,
//! never zero. The serialised form is `knee.run/1`.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

mod by_rank;
pub mod latency;
pub mod load;
pub mod metric;
mod named;
mod note;
pub mod registry;
pub mod run;
pub mod series;
pub mod stats;
pub mod target;
pub mod unit_name;
pub mod units;
pub mod whole;

pub use latency::{
    Bounds, ClockStart, ClockStop, Histogram, Latency, Percentile, Population, QuantileMethod,
    Resolution, ResolutionKind,
};
pub use load::{Load, LoadModel, Phase, ThinkTime};
pub use metric::{MetricId, PopulationName, ResourceStatistic};
pub(crate) use named::named;
pub use note::Note;
pub use registry::{Better, METRICS, MetricSpec, Reading, Statistic, Unit};
pub use run::{
    Check, CheckKind, Custom, CustomKind, Endpoint, ErrorCount, ErrorKind, FileRef, Identity,
    IdentitySource, Resource, ResourcePhase, Run, RunSchema, Sessions, Source, THRESHOLD,
};
pub use series::{EndpointSlice, Slice};
pub use stats::Stats;
pub use target::{Bound, Decide, Expectation, LoadUnit, Operator, Origin, Target};
pub use unit_name::{UNIT_NAMES, UnitKind, UnitName};
pub use units::{Millis, PerSecond, Seconds};
