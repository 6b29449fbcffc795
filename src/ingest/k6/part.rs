//! Members that may be anything: what is not of the expected type is left out, because scripts write summaries of their own.
//!
//! Knows nothing of metrics. A derive refuses the whole text for one member of another type.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::json::{self, Fill, Filling, Key, Number, Refused, Token};

/// A member that should be a number and may be anything.
#[derive(Default)]
pub(super) struct Loose(pub Option<Number>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        json::filled(deserializer)
    }
}

impl Fill<'_> for &mut Loose {
    const EXPECTED: &'static str = "a number";

    fn token(self, token: Token) -> Result<(), Refused> {
        self.0 = token.number();
        Ok(())
    }
}

/// How a part of the document takes its members; what is no object or list at all is left out.
pub(super) trait Part<'de> {
    /// One member of an object.
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;

    /// Elements of a list.
    fn list<A: SeqAccess<'de>>(&mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    /// True or false stands here.
    fn truth(&mut self, _: bool) {}
}

impl<'de, P: Part<'de>> Fill<'de> for &mut P {
    const EXPECTED: &'static str = "a part of a k6 summary";

    fn token(self, token: Token) -> Result<(), Refused> {
        if let Token::Truth(truth) = token {
            self.truth(truth);
        }
        Ok(())
    }

    fn elements<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.list(list)
    }

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            self.member(&key, &mut map)?;
        }
        Ok(())
    }
}

/// A text, or nothing.
struct Text(Option<String>);

impl Fill<'_> for &mut Text {
    const EXPECTED: &'static str = "a text";

    fn token(self, token: Token) -> Result<(), Refused> {
        if let Token::Text(text) = token {
            self.0 = Some(text.to_owned());
        }
        Ok(())
    }
}

/// The member's value where it is a text.
pub(super) fn text_of<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    let mut text = Text(None);
    map.next_value_seed(Filling(&mut text))?;
    Ok(text.0)
}
