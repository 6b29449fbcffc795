//! What the user demands, as parsed from `knee.toml` or `--target`.

use std::fmt;
use std::path::PathBuf;

use crate::model::metric::MetricId;
use crate::model::registry::{Reading, Unit};

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// Whether `value` keeps the limit; strictness is kept.
    ///
    /// ```
    /// use knee::model::Operator;
    /// assert!(!Operator::Less.holds(3.0, 3.0));
    /// assert!(Operator::AtMost.holds(3.0, 3.0));
    /// ```
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Operator::Less => value < limit,
            Operator::AtMost => value <= limit,
            Operator::Greater => value > limit,
            Operator::AtLeast => value >= limit,
        }
    }

    /// Whether smaller values are wanted.
    pub fn wants_less(self) -> bool {
        matches!(self, Operator::Less | Operator::AtMost)
    }

    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
        }
    }
}

/// A limit or a range, in the metric's base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// `OP VALUE`
    Limit(Operator, f64),
    /// `in A..B`, both ends included.
    Range(f64, f64),
}

impl Bound {
    /// Whether the value is as demanded.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Bound::Limit(operator, limit) => operator.holds(value, limit),
            Bound::Range(low, high) => value >= low && value <= high,
        }
    }

    /// How far the value is on the good side, in the metric's unit; negative when it is broken.
    pub fn margin(self, value: f64) -> f64 {
        match self {
            Bound::Limit(operator, limit) if operator.wants_less() => limit - value,
            Bound::Limit(_, limit) => value - limit,
            Bound::Range(low, high) => (value - low).min(high - value),
        }
    }
}

/// What the loads count that an expectation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadUnit {
    /// `4/s`
    PerSecond,
    /// `40 users`
    Users,
}

impl LoadUnit {
    /// As it is written behind the number.
    pub fn suffix(self) -> &'static str {
        match self {
            LoadUnit::PerSecond => "/s",
            LoadUnit::Users => " users",
        }
    }
}

/// One expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// `METRIC [at LEVEL] OP VALUE [up to LEVEL]`, `METRIC in A..B`, `sum(METRIC) OP VALUE`.
    Figure {
        /// Of what.
        metric: MetricId,
        /// The sum over the endpoints of a group.
        sum: bool,
        /// At one load level.
        at: Option<f64>,
        /// Which values are as demanded.
        bound: Bound,
        /// At every load level up to this one.
        up_to: Option<f64>,
        /// What its loads count; `None` where it names none, or a bare number.
        loads: Option<LoadUnit>,
    },
    /// `no blow-up [up to LEVEL]`.
    NoBlowUp {
        /// At every load level up to this one.
        up_to: Option<f64>,
        /// What that counts; `None` where it names none, or a bare number.
        loads: Option<LoadUnit>,
    },
}

impl Expectation {
    /// What its loads count, where it says so.
    pub fn loads(&self) -> Option<LoadUnit> {
        match *self {
            Expectation::Figure { loads, .. } | Expectation::NoBlowUp { loads, .. } => loads,
        }
    }

    /// Whether it speaks about a series of load levels instead of one run.
    pub fn needs_levels(&self) -> bool {
        match self {
            Expectation::NoBlowUp { .. } => true,
            Expectation::Figure {
                metric, at, up_to, ..
            } => {
                at.is_some() || up_to.is_some() || matches!(metric.spec().reading, Reading::Levels)
            }
        }
    }
}

impl fmt::Display for Expectation {
    /// In the language it was written in, with the metric's base unit; reads back as the same expectation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = self.loads().map_or("", LoadUnit::suffix);
        let up_to = match self {
            Expectation::NoBlowUp { up_to, .. } => {
                f.write_str("no blow-up")?;
                up_to
            }
            Expectation::Figure {
                metric,
                sum,
                at,
                bound,
                up_to,
                ..
            } => {
                if *sum {
                    write!(f, "sum({metric})")?;
                } else {
                    write!(f, "{metric}")?;
                }
                if let Some(level) = at {
                    write!(f, " at {level}{load}")?;
                }
                let unit = match metric.unit() {
                    Unit::Millis => "ms",
                    Unit::Seconds => "s",
                    Unit::Bytes => "B",
                    Unit::PerSecond => "/s",
                    Unit::AsGiven if matches!(metric.spec().reading, Reading::Levels) => load,
                    Unit::Ratio | Unit::Count | Unit::Factor | Unit::AsGiven => "",
                };
                // A bare 1 could be 1 %: the whole is written as such.
                let whole = |value: f64| {
                    metric.unit() == Unit::Ratio && (value - 1.0).abs() < f64::EPSILON / 4.0
                };
                match *bound {
                    Bound::Limit(operator, value) if whole(value) => {
                        write!(f, " {} 100%", operator.sign())?;
                    }
                    Bound::Limit(operator, value) => {
                        write!(f, " {} {value}{unit}", operator.sign())?;
                    }
                    Bound::Range(low, high) if whole(low) && whole(high) => {
                        f.write_str(" in 100..100%")?;
                    }
                    Bound::Range(low, high) => write!(f, " in {low}..{high}{unit}")?,
                }
                up_to
            }
        };
        match up_to {
            Some(level) => write!(f, " up to {level}{load}"),
            None => Ok(()),
        }
    }
}

/// What decides a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decide {
    /// The measured value alone.
    #[default]
    Value,
    /// The value, and a warning when the limit lies inside its interval.
    Interval,
}

/// Where a target was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--target`.
    Flag,
    /// A file and its line, counted from 1.
    File(PathBuf, usize),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag => f.write_str("--target"),
            Origin::File(path, line) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                write!(f, "{}:{line}", name.to_string_lossy())
            }
        }
    }
}

/// What the user demands of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Glob over scenarios; `None` = every one.
    pub scenario: Option<String>,
    /// Glob over endpoint labels; `None` = the whole run.
    pub endpoint: Option<String>,
    /// Glob over groups.
    pub group: Option<String>,
    /// "idle" or "load", for resources.
    pub phase: Option<String>,
    /// The expectation.
    pub expect: Expectation,
    /// As it was written.
    pub expect_text: String,
    /// A stricter one that only warns.
    pub warn: Option<Expectation>,
    /// As it was written.
    pub warn_text: Option<String>,
    /// Whether a target that could not be measured is nothing to worry about.
    pub optional: bool,
    /// What decides.
    pub decide: Decide,
    /// Where it was written.
    pub origin: Origin,
}
