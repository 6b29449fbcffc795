//! Members that may be anything: what is not of the expected type is left out, because scripts write summaries of their own.
//!
//! Knows nothing of metrics.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ingest::json::{Key, Number};

/// A member that should be a number and may be anything.
pub(super) struct Loose(pub Option<Number>);

impl<'de> de::Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, n: u64) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Whole(n))))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Float(n as f64))))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Float(x))))
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose(Some(Number::Null)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Loose, E> {
        Ok(Loose(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose, A::Error> {
        drain_map(map)?;
        Ok(Loose(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Loose, A::Error> {
        drain_seq(elements)?;
        Ok(Loose(None))
    }
}

fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

fn drain_seq<'de, A: SeqAccess<'de>>(mut elements: A) -> Result<(), A::Error> {
    while elements.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// How a part of the document takes its members; what is no object or list at all is left out.
pub(super) trait Part<'de> {
    /// One member of an object.
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;

    /// Elements of a list.
    fn elements<A: SeqAccess<'de>>(&mut self, elements: A) -> Result<(), A::Error> {
        drain_seq(elements)
    }

    /// A text stands here.
    fn text(&mut self, _: &str) {}

    /// True or false stands here.
    fn truth(&mut self, _: bool) {}
}

/// Reads into a part.
pub(super) struct Into<'a, P>(pub &'a mut P);

impl<'de, P: Part<'de>> DeserializeSeed<'de> for Into<'_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: Part<'de>> Visitor<'de> for Into<'_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a part of a k6 summary")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            self.0.member(&key, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<(), A::Error> {
        self.0.elements(elements)
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.0.truth(truth);
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    // A script writes null for what it does not have.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
/// A text, or nothing.
struct Text(Option<String>);

impl<'de> Part<'de> for Text {
    fn member<A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        map.next_value::<IgnoredAny>().map(drop)
    }

    fn text(&mut self, text: &str) {
        self.0 = Some(text.to_owned());
    }
}

/// The member's value where it is a text.
pub(super) fn text_of<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    let mut text = Text(None);
    map.next_value_seed(Into(&mut text))?;
    Ok(text.0)
}
