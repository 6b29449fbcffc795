//! One object of the report's JSON, whatever its members: their number and names differ between releases and settings.
//!
//! Holds no meaning. A value is a number, a text, or the second of a `[time, value]` pair; anything deeper is passed over.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::json::{self, Fill, Filling, Key, Number, Pairs, Refused, Token};

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    /// A number, or null.
    Number(Number),
    /// A text.
    Text(String),
    /// Anything else.
    #[default]
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
        let mut row = Row::default();
        Filling(Pairs(&mut row.0, |_: &str| true)).deserialize(deserializer)?;
        Ok(row)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell, D::Error> {
        json::filled(deserializer)
    }
}

impl<'de> Fill<'de> for &mut Cell {
    const EXPECTED: &'static str = "a value";

    fn token(self, token: Token) -> Result<(), Refused> {
        *self = match token {
            Token::Text(text) => Cell::Text(text.to_owned()),
            token => token.number().map_or(Cell::Other, Cell::Number),
        };
        Ok(())
    }

    /// `[time, value]`: the time stands in the point as well.
    fn elements<A: SeqAccess<'de>>(self, mut pair: A) -> Result<(), A::Error> {
        let first = pair.next_element::<Cell>()?;
        let second = pair.next_element::<Cell>()?;
        let more = pair.next_element::<IgnoredAny>()?.is_some();
        while pair.next_element::<IgnoredAny>()?.is_some() {}
        if let (Some(Cell::Text(_)), Some(value), false) = (first, second, more) {
            *self = value;
        }
        Ok(())
    }

    /// `{"value": 3, "users": 2}`, as the charts of the old report want it.
    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "value" {
                *self = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
