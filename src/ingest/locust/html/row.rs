//! One object of the report's JSON, whatever its members: their number and names differ between releases and settings.
//!
//! Holds no meaning. A value is a number, a text, or the second of a `[time, value]` pair; anything deeper is passed over.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ingest::json::Number;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// A number, or null.
    Number(Number),
    /// A text.
    Text(String),
    /// Anything else.
    Other,
}

/// Members in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(pub(super) Vec<(String, Cell)>);

impl Row {
    pub(super) fn get(&self, key: &str) -> Option<&Cell> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, cell)| cell)
    }

    /// A text; null and nothing are none.
    pub(super) fn text(&self, key: &str) -> String {
        match self.get(key) {
            Some(Cell::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// A quantity, `Err` with what is wrong.
    pub(super) fn quantity(&self, key: &str) -> Result<Option<f64>, String> {
        match self.get(key) {
            None | Some(Cell::Number(Number::Null)) => Ok(None),
            Some(Cell::Number(number)) => match number.value() {
                Some(value) if value.is_finite() && value >= 0.0 => Ok(Some(value)),
                value => Err(format!(
                    "expected a number, 0 or more, found `{}`",
                    value.unwrap_or(f64::NAN)
                )),
            },
            Some(_) => Err("expected a number, 0 or more".to_owned()),
        }
    }

    /// A count that must be there, `Err` with what is wrong.
    pub(super) fn count(&self, key: &str) -> Result<u64, String> {
        match self.get(key) {
            Some(Cell::Number(number)) => match number.count() {
                Ok(Some(count)) => Ok(count),
                Ok(None) => Err("expected a count, found null".to_owned()),
                Err(error) => Err(error.to_string()),
            },
            Some(_) => Err("expected a count".to_owned()),
            None => Err("is missing".to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Row, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut row = Row::default();
                while let Some(member) = map.next_entry()? {
                    row.0.push(member);
                }
                Ok(row)
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Cell;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_u64<E>(self, n: u64) -> Result<Cell, E> {
                Ok(Cell::Number(Number::Whole(n)))
            }

            fn visit_i64<E>(self, n: i64) -> Result<Cell, E> {
                Ok(Cell::Number(Number::Float(n as f64)))
            }

            fn visit_f64<E>(self, x: f64) -> Result<Cell, E> {
                Ok(Cell::Number(Number::Float(x)))
            }

            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell::Number(Number::Null))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Cell, E> {
                Ok(Cell::Other)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Cell, E> {
                Ok(Cell::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Cell, A::Error> {
                // `[time, value]`: the time stands in the point as well.
                let first = pair.next_element::<Cell>()?;
                let second = pair.next_element::<Cell>()?;
                let more = pair.next_element::<IgnoredAny>()?.is_some();
                while pair.next_element::<IgnoredAny>()?.is_some() {}
                Ok(match (first, second) {
                    (Some(Cell::Text(_)), Some(value)) if !more => value,
                    _ => Cell::Other,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
                // `{"value": 3, "users": 2}`, as the charts of the old report want it.
                let mut value = Cell::Other;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "value" {
                        value = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(value)
            }
        }
        deserializer.deserialize_any(Reading)
    }
}
