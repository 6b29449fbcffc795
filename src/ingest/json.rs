//! What the readers of JSON documents share: keys without copies, numbers that may be null, one object or many, and errors
//! that name the member.
//!
//! Holds no tool's names. Documents are parsed by visitors straight from the bytes; there is no tree of the whole text.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::ingest::error::{IngestError, Place};

/// The bytes without a byte order mark.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Puts the replacement character for every escaped half of a surrogate pair that stands alone.
///
/// JavaScript writes such halves where a tool cuts names at a fixed length, and `serde_json` refuses them: one odd name is no
/// reason to lose the file. Same length, so lines and columns stay.
pub(crate) fn mend_surrogates(bytes: &mut [u8]) {
    let mut from = 0;
    while let Some(at) = bytes
        .get(from..)
        .and_then(|rest| memchr::memmem::find(rest, br"\u"))
        .map(|at| at + from)
    {
        let before = bytes.get(..at).unwrap_or_default();
        let backslashes = before.iter().rev().take_while(|b| **b == b'\\').count();
        let unit = |at: usize| {
            let digits = bytes.get(at..at + 6)?.strip_prefix(br"\u")?;
            u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        from = at + 2;
        if backslashes % 2 == 1 {
            continue;
        }
        match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => from = at + 12,
            (Some(0xd800..=0xdfff), _) => {
                if let Some(digits) = bytes.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                }
            }
            _ => {}
        }
    }
}

/// The same bytes when there is nothing to mend.
pub(crate) fn mended(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find(bytes, br"\u").is_some() {
        let mut bytes = bytes.to_vec();
        mend_surrogates(&mut bytes);
        return Cow::Owned(bytes);
    }
    Cow::Borrowed(bytes)
}

/// A member's name, borrowed from the input where it holds no escapes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A number, or the null that JavaScript writes for one that is not a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Number {
    /// `null`
    #[default]
    Null,
    /// A whole number, 0 or more.
    Whole(u64),
    /// Any other one.
    Float(f64),
}

/// The largest whole number up to which a double holds every one.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Number {
    /// As a double.
    pub(crate) fn value(self) -> Option<f64> {
        match self {
            Number::Null => None,
            Number::Whole(n) => Some(n as f64),
            Number::Float(x) => Some(x),
        }
    }

    /// As a count, `Err` when it is none; null is no count and no mistake.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole, not negative and exact"
    )]
    pub(crate) fn count(self) -> Result<Option<u64>, NotACount> {
        match self {
            Number::Null => Ok(None),
            Number::Whole(n) => Ok(Some(n)),
            Number::Float(x) if (0.0..=EXACT).contains(&x) && x.fract() == 0.0 => {
                Ok(Some(x as u64))
            }
            Number::Float(x) => Err(NotACount(x)),
        }
    }
}

/// A number where a count was expected.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("expected a count, a whole number from 0 on, and found {0}")]
pub(crate) struct NotACount(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        filled(deserializer)
    }
}

impl Fill<'_> for &mut Number {
    const EXPECTED: &'static str = "a number or null";

    fn token(self, token: Token) -> Result<(), Refused> {
        *self = token.number().ok_or(Refused::Type)?;
        Ok(())
    }
}

/// What a value begins with: all of it, or the bracket that opens a list or an object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Truth(bool),
    /// A whole number, 0 or more.
    Whole(u64),
    /// A whole number below 0.
    Negative(i64),
    /// Any other number.
    Float(f64),
    /// A text without its quotes.
    Text(&'t str),
    /// `[`
    List,
    /// `{`
    Object,
}

impl Token<'_> {
    /// The number or null that stands here.
    pub(crate) fn number(self) -> Option<Number> {
        match self {
            Token::Null => Some(Number::Null),
            Token::Whole(n) => Some(Number::Whole(n)),
            Token::Negative(n) => Some(Number::Float(n as f64)),
            Token::Float(x) => Some(Number::Float(x)),
            Token::Truth(_) | Token::Text(_) | Token::List | Token::Object => None,
        }
    }

    /// The text or number that stands here, as text.
    pub(crate) fn words(self) -> Option<String> {
        match self {
            Token::Text(text) => Some(text.to_owned()),
            Token::Whole(n) => Some(n.to_string()),
            Token::Negative(n) => Some(n.to_string()),
            Token::Float(x) => Some(x.to_string()),
            Token::Null | Token::Truth(_) | Token::List | Token::Object => None,
        }
    }

    fn refused<E: de::Error>(self, refused: Refused, expected: &'static str) -> E {
        let seen = match self {
            Token::Null => Unexpected::Unit,
            Token::Truth(truth) => Unexpected::Bool(truth),
            Token::Whole(n) => Unexpected::Unsigned(n),
            Token::Negative(n) => Unexpected::Signed(n),
            Token::Float(x) => Unexpected::Float(x),
            Token::Text(text) => Unexpected::Str(text),
            Token::List => Unexpected::Seq,
            Token::Object => Unexpected::Map,
        };
        match refused {
            Refused::Type => E::invalid_type(seen, &expected),
            Refused::Value => E::invalid_value(seen, &expected),
        }
    }
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is of another type.
    Type,
    /// It is of the type and means nothing.
    Value,
}

/// What is filled in from a value that may be written in several ways, or that is too long to be kept whole: what a derive
/// cannot say. Takes one of the three.
pub(crate) trait Fill<'de>: Sized {
    /// What a mistake says that it should have been.
    const EXPECTED: &'static str;

    /// Takes all but lists and objects; of those the bracket, where what is in them is passed over.
    fn token(self, _: Token) -> Result<(), Refused> {
        Err(Refused::Type)
    }

    /// Takes a list.
    fn elements<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        take(self, Token::List)?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    /// Takes an object.
    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        take(self, Token::Object)?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

fn take<'de, F: Fill<'de>, E: de::Error>(fill: F, token: Token) -> Result<(), E> {
    fill.token(token)
        .map_err(|refused| token.refused(refused, F::EXPECTED))
}

/// A value that begins as nothing and is filled in.
pub(crate) fn filled<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default,
    for<'t> &'t mut T: Fill<'de>,
    D: Deserializer<'de>,
{
    let mut value = T::default();
    Filling(&mut value).deserialize(deserializer)?;
    Ok(value)
}

/// Fills in the next value.
pub(crate) struct Filling<F>(pub(crate) F);

impl<'de, F: Fill<'de>> DeserializeSeed<'de> for Filling<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: Fill<'de>> Visitor<'de> for Filling<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(F::EXPECTED)
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        take(self.0, Token::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        take(self.0, Token::Null)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<(), E> {
        take(self.0, Token::Truth(truth))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<(), E> {
        take(self.0, Token::Whole(n))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<(), E> {
        let token = u64::try_from(n).map_or(Token::Negative(n), Token::Whole);
        take(self.0, token)
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<(), E> {
        take(self.0, Token::Float(x))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        take(self.0, Token::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.elements(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.members(map)
    }
}

/// The members of an object in order, those whose names are wanted.
pub(crate) struct Pairs<'p, K, T, W>(pub(crate) &'p mut Vec<(K, T)>, pub(crate) W);

impl<'de, K, T, W> Fill<'de> for Pairs<'_, K, T, W>
where
    K: From<Cow<'de, str>>,
    T: Deserialize<'de>,
    W: Fn(&str) -> bool,
{
    const EXPECTED: &'static str = "an object of names and figures";

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Pairs(pairs, is_wanted) = self;
        while let Some(key) = map.next_key_seed(Key)? {
            if is_wanted(&key) {
                pairs.push((key.into(), map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Parses a whole document by a seed made anew for each pass.
///
/// The first pass is the fast one. Only when it fails, a second one finds out which member is to blame: keeping track of the
/// path costs an allocation for each member.
pub(crate) fn parse<'de, S>(
    bytes: &'de [u8],
    file: &str,
    mut seed: impl FnMut() -> S,
) -> Result<S::Value, IngestError>
where
    S: DeserializeSeed<'de>,
{
    let bytes = without_mark(bytes);
    let mut fast = serde_json::Deserializer::from_slice(bytes);
    let outcome = seed()
        .deserialize(&mut fast)
        .and_then(|value| fast.end().map(|()| value));
    outcome.map_err(|error| {
        if !error.is_data() {
            return IngestError::json(file, &error);
        }
        let mut slow = serde_json::Deserializer::from_slice(bytes);
        let mut track = serde_path_to_error::Track::new();
        let traced = seed().deserialize(serde_path_to_error::Deserializer::new(
            &mut slow, &mut track,
        ));
        match traced {
            Ok(_) => IngestError::json(file, &error),
            Err(error) => at_member(file, &error, &track.path().to_string()),
        }
    })
}

/// What `serde_json` says, with the member's path and the line.
fn at_member(file: &str, error: &serde_json::Error, path: &str) -> IngestError {
    let text = error.to_string();
    let problem = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(head, _)| head);
    let path = path.trim_start_matches('.');
    let line = error.line() as u64;
    let place = match (path, line) {
        ("" | ".", 0) => Place::File,
        ("" | ".", line) => Place::Line(line),
        (path, 0) => Place::Field(path.to_owned()),
        (path, line) => Place::FieldAt(path.to_owned(), line),
    };
    IngestError::content(file, place, problem)
}

/// Every record of a text that is one object, an array of objects, or several of either one after another (JSON Lines).
pub(crate) fn records<'de, S>(
    bytes: &'de [u8],
    file: &str,
    seed: S,
) -> Result<Vec<S::Value>, IngestError>
where
    S: DeserializeSeed<'de> + Copy,
{
    let bytes = without_mark(bytes);
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let mut all = Vec::new();
    while text.end().is_err() {
        match text.deserialize_any(OneOrMany(seed)) {
            Ok(more) => all.extend(more),
            Err(error) if error.is_data() => return Err(blame(bytes, file, seed, &error)),
            Err(error) => return Err(IngestError::json(file, &error)),
        }
    }
    Ok(all)
}

/// Reads once more with the path at hand.
fn blame<'de, S>(bytes: &'de [u8], file: &str, seed: S, first: &serde_json::Error) -> IngestError
where
    S: DeserializeSeed<'de> + Copy,
{
    let mut text = serde_json::Deserializer::from_slice(bytes);
    while text.end().is_err() {
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut text, &mut track);
        if let Err(error) = tracked.deserialize_any(OneOrMany(seed)) {
            return at_member(file, &error, &track.path().to_string());
        }
    }
    IngestError::json(file, first)
}

struct OneOrMany<S>(S);

impl<'de, S: DeserializeSeed<'de> + Copy> Visitor<'de> for OneOrMany<S> {
    type Value = Vec<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object or an array of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let one = self.0.deserialize(MapAccessDeserializer::new(map))?;
        Ok(vec![one])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = elements.next_element_seed(self.0)? {
            all.push(one);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::marker::PhantomData;

    fn numbers(text: &str) -> Result<Vec<std::collections::BTreeMap<String, Number>>, IngestError> {
        records(text.as_bytes(), "a.json", PhantomData)
    }

    #[test]
    fn an_object_an_array_and_lines_hold_the_same_records() {
        let one = numbers("{\"a\": 1}").unwrap();
        assert_eq!(one[0]["a"], Number::Whole(1));
        assert_eq!(numbers("\u{feff}[{\"a\": 1}]").unwrap(), one);
        assert_eq!(numbers("{\"a\": 1}\n\n{\"a\": null}\n").unwrap().len(), 2);
        assert_eq!(numbers("[{\"a\": 1}]\n[{\"a\": -0.5}]").unwrap().len(), 2);
        assert!(numbers("  \n").unwrap().is_empty());
    }

    #[test]
    fn a_wrong_type_is_named_with_member_and_line() {
        let error = numbers("[{\"a\": 1},\n {\"b\": \"x\"}]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.json, at `[1].b` (line 2): invalid type: string \"x\", expected a number or null"
        );
        let error = numbers("{\"a\": 1}\n{\"b\": []}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.json, at `b` (line 2): invalid type: sequence, expected a number or null"
        );
    }

    #[test]
    fn a_text_cut_short_is_named_with_line_and_column() {
        let error = numbers("[{\"a\": 1},\n {\"b\"").unwrap_err();
        assert!(
            error.to_string().starts_with("a.json, line 2, column "),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("ends too early"));
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        assert_eq!(Number::Float(5.0).count(), Ok(Some(5)));
        assert_eq!(Number::Null.count(), Ok(None));
        assert_eq!(Number::Whole(u64::MAX).count(), Ok(Some(u64::MAX)));
        for bad in [-1.0, 0.5, 1e300] {
            let text = Number::Float(bad).count().unwrap_err().to_string();
            assert!(text.contains("expected a count"), "{text}");
        }
    }

    #[test]
    fn names_cut_inside_a_surrogate_pair_are_kept() {
        for (text, wanted) in [
            (r#""caf\ud83d""#, "caf\u{fffd}"),
            (r#""\ude00\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\u00e9""#, "é"),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            mend_surrogates(&mut bytes);
            let key = Key.deserialize(&mut serde_json::Deserializer::from_slice(&bytes));
            assert_eq!(key.unwrap(), wanted);
        }
        for odd in [&br"\u"[..], br"\ud83", br"\ud83d\u", b""] {
            mend_surrogates(&mut odd.to_vec());
        }
    }
}
