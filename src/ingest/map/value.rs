//! One value of a record: as it stands in the input, and as what a field takes.
//!
//! A value that does not fit is a sentence about what was expected and what stands there; who tells it knows the place.

use std::borrow::Cow;

use crate::ingest::json::Token;
use crate::ingest::log::scalar::{self, Scale};
use crate::ingest::map::target::Shape;
use crate::ingest::map::unit;
use crate::ingest::words::{self, Flag};
use crate::model::{UnitKind, UnitName};

/// As it stands in the input.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// `null`
    Null,
    /// A truth value.
    Truth(bool),
    /// A whole number from 0 on.
    Whole(u64),
    /// Any other number.
    Float(f64),
    /// A text, or the field of a table.
    Text(String),
    /// `{...}`
    Object,
    /// `[...]`
    Array,
}

impl Raw {
    /// As it stands in a JSON text.
    pub(super) fn of(token: Token) -> Raw {
        match token {
            Token::Null => Raw::Null,
            Token::Truth(truth) => Raw::Truth(truth),
            Token::Whole(number) => Raw::Whole(number),
            Token::Negative(number) => Raw::Float(number as f64),
            Token::Float(number) => Raw::Float(number),
            Token::Text(text) => Raw::Text(text.to_owned()),
            Token::List => Raw::Array,
            Token::Object => Raw::Object,
        }
    }
}

/// As a field takes it, in base units.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number: milliseconds, bytes, a ratio, per second, or as it is.
    Number(f64),
    /// Nanoseconds since the epoch.
    Instant(i64),
    /// A truth value.
    Truth(bool),
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// RFC 3339, or a number since the epoch whose size says its unit.
    AsWritten,
    /// RFC 3339 only.
    Rfc3339,
    /// A number since the epoch.
    Epoch(Scale),
}

impl Clock {
    /// The clock of a unit's name.
    pub fn named(name: &str) -> Option<Clock> {
        match name {
            "rfc3339" => Some(Clock::Rfc3339),
            name => Scale::named(name).map(Clock::Epoch),
        }
    }
}

/// The unit of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// The field takes no unit, or its base unit.
    Base,
    /// A named one.
    Unit(&'static UnitName),
    /// Of a time.
    Clock(Clock),
    /// What a metric of the harness is in: only shown.
    Shown(String),
}

impl Raw {
    /// How a sentence calls it; long texts are cut.
    pub fn shown(&self) -> String {
        match self {
            Raw::Null => "null".to_owned(),
            Raw::Truth(truth) => truth.to_string(),
            Raw::Whole(number) => number.to_string(),
            Raw::Float(number) => number.to_string(),
            Raw::Text(text) => {
                let mut short: String = text.chars().take(60).collect();
                if short.len() < text.len() {
                    short.push_str("...");
                }
                format!("{short:?}")
            }
            Raw::Object => "an object".to_owned(),
            Raw::Array => "an array".to_owned(),
        }
    }

    /// Whether nothing stands there: null, an empty text, or a word for "not a number".
    pub fn is_absent(&self) -> bool {
        match self {
            Raw::Null => true,
            Raw::Text(text) => words::is_nothing(text),
            _ => false,
        }
    }

    /// As what a field takes; `None` when nothing stands there, `Err` when something else does: what was expected.
    pub fn read(&self, shape: Shape, measure: &Measure) -> Result<Option<Value>, String> {
        let wrong = |expected: &str| Err(format!("is {}, expected {expected}", self.shown()));
        if let Shape::Text = shape {
            return Ok(match self {
                Raw::Null => None,
                Raw::Object | Raw::Array => return wrong("a text"),
                Raw::Text(text) => Some(Value::Text(text.clone())),
                Raw::Truth(_) | Raw::Whole(_) | Raw::Float(_) => Some(Value::Text(self.shown())),
            });
        }
        if self.is_absent() {
            return Ok(None);
        }
        match shape {
            Shape::Text => Ok(None),
            Shape::Truth => match self.truth() {
                Some(truth) => Ok(Some(Value::Truth(truth))),
                None => wrong("true or false"),
            },
            Shape::Instant => match self.instant(measure) {
                Some(time) => Ok(Some(Value::Instant(time))),
                None => wrong(match measure {
                    Measure::Clock(Clock::Rfc3339) => "a time such as 2026-11-21T10:00:00Z",
                    Measure::Clock(Clock::Epoch(_)) => "a number since the epoch in that unit",
                    _ => "a time such as 2026-11-21T10:00:00Z, or a number since the epoch",
                }),
            },
            Shape::Count => match self.number() {
                // Beyond 2^53 a double is no longer every whole number.
                Ok((number, None)) => match self.exactly().or_else(|| whole(number)) {
                    Some(count) => Ok(Some(Value::Count(count))),
                    None => wrong("a count, a whole number from 0 on"),
                },
                Ok((_, Some(_))) => wrong("a count, a number without a unit"),
                Err(why) => wrong(&format!("a count ({why})")),
            },
            Shape::Number => match self.number() {
                // A metric keeps its figure; what stands behind it is for the reader.
                Ok((number, _)) => Ok(Some(Value::Number(number))),
                Err(why) => wrong(&format!("a number ({why})")),
            },
            Shape::Amount(quantity) => self.amount(quantity, measure).map(Some),
        }
    }

    fn amount(&self, quantity: UnitKind, measure: &Measure) -> Result<Value, String> {
        let unit = match measure {
            Measure::Unit(unit) => unit,
            _ => UnitName::base(quantity),
        };
        let expected = format!("a number of {}", unit.name);
        let wrong = |why: &str| format!("is {}, expected {expected}{why}", self.shown());
        let (number, own) = match self.number() {
            Ok(found) => found,
            Err("not a number") => return Err(wrong("")),
            Err(why) => return Err(wrong(&format!(" ({why})"))),
        };
        let unit = own.unwrap_or(unit);
        if unit.kind != quantity {
            return Err(wrong(&format!("; {} is no unit of it", unit.name)));
        }
        let number = unit.to_base(number, 0);
        if number < 0.0 {
            return Err(wrong(" from 0 on"));
        }
        if number.is_finite() {
            Ok(Value::Number(number))
        } else {
            Err(wrong(" that can be held"))
        }
    }

    fn number(&self) -> Result<(f64, Option<&'static UnitName>), &'static str> {
        match self {
            Raw::Whole(number) => Ok((*number as f64, None)),
            Raw::Float(number) if number.is_finite() => Ok((*number, None)),
            Raw::Text(text) => unit::number(text),
            _ => Err("not a number"),
        }
    }

    /// A whole number as it is written.
    fn exactly(&self) -> Option<u64> {
        match self {
            Raw::Whole(number) => Some(*number),
            Raw::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn truth(&self) -> Option<bool> {
        match self.flag(false) {
            Some(Flag::Says(truth)) => Some(truth),
            Some(Flag::Failed(_)) => Some(false),
            _ => None,
        }
    }

    /// What it says of an outcome; `asks_failed`: to the question whether it failed. `None` when it is none of the values that
    /// can say it.
    pub(in crate::ingest) fn flag(&self, asks_failed: bool) -> Option<Flag<'_>> {
        match self {
            Raw::Null => Some(Flag::Empty),
            Raw::Truth(truth) => Some(Flag::Says(*truth != asks_failed)),
            Raw::Whole(0) => Some(Flag::Says(asks_failed)),
            Raw::Whole(1) => Some(Flag::Says(!asks_failed)),
            Raw::Whole(200..=399) => Some(Flag::Says(true)),
            Raw::Whole(400..=599) => Some(Flag::Says(false)),
            Raw::Text(text) => Some(Flag::of(text.trim(), asks_failed)),
            _ => None,
        }
    }

    fn instant(&self, measure: &Measure) -> Option<i64> {
        let text: Cow<'_, str> = match self {
            Raw::Whole(number) => number.to_string().into(),
            Raw::Float(number) => number.to_string().into(),
            Raw::Text(text) => text.trim().into(),
            _ => return None,
        };
        let rfc3339 = || scalar::rfc3339(&text).map(|(time, _)| time);
        match measure {
            Measure::Clock(Clock::Rfc3339) => rfc3339(),
            Measure::Clock(Clock::Epoch(scale)) => scalar::epoch(&text, *scale),
            _ => match Scale::of_epoch(&text) {
                Some(scale) => scalar::epoch(&text, scale),
                None => rfc3339(),
            },
        }
    }
}

/// A count, where a number is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole, not negative and below 2^64"
)]
pub fn whole(number: f64) -> Option<u64> {
    let fits = (0.0..18_446_744_073_709_551_616.0).contains(&number) && number.fract() == 0.0;
    fits.then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &Raw, shape: Shape, unit: &str) -> Result<Option<Value>, String> {
        let measure = match UnitName::named(unit) {
            Some(unit) => Measure::Unit(unit),
            None => Measure::Base,
        };
        raw.read(shape, &measure)
    }

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    #[test]
    fn a_value_that_does_not_fit_says_what_stands_there_and_what_was_expected() {
        let time = Shape::Amount(UnitKind::Time);
        for (raw, shape, unit, wanted) in [
            (
                text("fast"),
                time,
                "ms",
                "is \"fast\", expected a number of ms",
            ),
            (
                text("12,5"),
                time,
                "ms",
                "is \"12,5\", expected a number of ms (a comma in a number",
            ),
            (
                text("5 MB"),
                time,
                "ms",
                "is \"5 MB\", expected a number of ms; MB is no unit of it",
            ),
            (
                Raw::Float(-1.0),
                time,
                "us",
                "is -1, expected a number of us from 0 on",
            ),
            (Raw::Float(1e308), time, "h", "that can be held"),
            (
                Raw::Array,
                time,
                "ms",
                "is an array, expected a number of ms",
            ),
            (Raw::Truth(true), time, "ms", "is true, expected"),
            (
                Raw::Float(1.5),
                Shape::Count,
                "",
                "is 1.5, expected a count, a whole number from 0 on",
            ),
            (
                Raw::Float(-1.0),
                Shape::Count,
                "",
                "is -1, expected a count",
            ),
            (text("5 ms"), Shape::Count, "", "a number without a unit"),
            (
                text("soon"),
                Shape::Instant,
                "",
                "is \"soon\", expected a time such as",
            ),
            (text("maybe"), Shape::Truth, "", "expected true or false"),
            (
                Raw::Object,
                Shape::Text,
                "",
                "is an object, expected a text",
            ),
        ] {
            let error = of(&raw, shape, unit).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
        assert!(of(&text(&"x".repeat(500)), time, "ms").unwrap_err().len() < 120);
    }

    #[test]
    fn values_come_in_base_units_and_absent_stays_absent() {
        let time = Shape::Amount(UnitKind::Time);
        assert_eq!(
            of(&Raw::Float(12.5), time, "us"),
            Ok(Some(Value::Number(0.0125)))
        );
        assert_eq!(
            of(&text("12.5 s"), time, "us"),
            Ok(Some(Value::Number(12_500.0)))
        );
        assert_eq!(of(&text("7"), Shape::Count, ""), Ok(Some(Value::Count(7))));
        assert_eq!(
            of(&Raw::Whole(u64::MAX), Shape::Count, ""),
            Ok(Some(Value::Count(u64::MAX)))
        );
        assert_eq!(
            of(&Raw::Whole(503), Shape::Text, ""),
            Ok(Some(Value::Text("503".into())))
        );
        for nothing in [Raw::Null, text(""), text(" NaN "), text("-")] {
            assert_eq!(of(&nothing, time, "ms"), Ok(None));
        }
        assert_eq!(
            of(&text("ko"), Shape::Truth, ""),
            Ok(Some(Value::Truth(false)))
        );
        let noon = Ok(Some(Value::Instant(1_700_000_000_000_000_000)));
        assert_eq!(of(&Raw::Whole(1_700_000_000), Shape::Instant, ""), noon);
        assert_eq!(of(&text("1700000000000"), Shape::Instant, ""), noon);
        assert_eq!(of(&text("2023-11-14T22:13:20Z"), Shape::Instant, ""), noon);
        let seconds = Measure::Clock(Clock::named("s").unwrap());
        assert!(
            Raw::Whole(1_700_000_000_000)
                .read(Shape::Instant, &seconds)
                .is_err()
        );
    }
}
