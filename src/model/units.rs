//! Quantities with a unit, so that milliseconds are never added to seconds.
//!
//! One base unit per kind of quantity; conversion happens where a file is read. Counts are plain `u64`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A duration of a request, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Millis(pub f64);

/// A duration of a run or a position inside it, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seconds(pub f64);

/// Events per second.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PerSecond(pub f64);

impl Millis {
    /// The same duration in seconds.
    ///
    /// ```
    /// use knee::model::{Millis, Seconds};
    /// assert_eq!(Millis(1500.0).to_seconds(), Seconds(1.5));
    /// ```
    pub fn to_seconds(self) -> Seconds {
        Seconds(self.0 / 1000.0)
    }
}

impl Seconds {
    /// The same duration in milliseconds.
    pub fn to_millis(self) -> Millis {
        Millis(self.0 * 1000.0)
    }
}

impl PerSecond {
    /// `count` events in `duration`; `None` when the duration is not positive.
    ///
    /// ```
    /// use knee::model::{PerSecond, Seconds};
    /// assert_eq!(PerSecond::of(480, Seconds(60.0)), Some(PerSecond(8.0)));
    /// assert_eq!(PerSecond::of(480, Seconds(0.0)), None);
    /// ```
    pub fn of(count: u64, duration: Seconds) -> Option<PerSecond> {
        (duration.0 > 0.0).then(|| PerSecond(count as f64 / duration.0))
    }
}
