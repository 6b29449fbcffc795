//! The shape of 1.x: `aggregate` and the elements of `intermediate` have the same members, one report at a time.
//!
//! Response times go from the text into distributions; no list of them is kept. Knows which members there are, not what their
//! figures mean.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess};
use serde::{Deserialize, Deserializer};

use crate::ingest::artillery::parse::{Summary, drop_duplicates};
use crate::ingest::artillery::phases::PhaseIn;
use crate::ingest::json::{self, Fill, Filling, Number, Pairs, Refused, Token};
use crate::stats::histogram::Distribution;

/// A map of names to figures.
#[derive(Debug)]
pub(super) struct Named<'de, T> {
    pub(super) all: Vec<(Cow<'de, str>, T)>,
    /// Members that stood twice; the last one counts, as in JavaScript.
    twice: u64,
}

impl<T> Default for Named<'_, T> {
    fn default() -> Self {
        Named {
            all: Vec::new(),
            twice: 0,
        }
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Named<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all: Vec<(Cow<'de, str>, T)> = Vec::new();
        Filling(Pairs(&mut all, |_: &str| true)).deserialize(deserializer)?;
        let twice = drop_duplicates(&mut all);
        Ok(Named { all, twice })
    }
}

/// `aggregate`, or one element of `intermediate`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Report<'a> {
    /// The end of the window or run; its start in the legacy shape. Milliseconds since 1970.
    #[serde(rename = "timestamp", deserialize_with = "moment")]
    pub(super) time: Option<i64>,
    #[serde(rename = "scenariosCreated")]
    pub(super) created: Number,
    #[serde(rename = "scenariosCompleted")]
    pub(super) completed: Number,
    #[serde(rename = "scenariosAvoided")]
    pub(super) avoided: Number,
    /// Answers.
    #[serde(rename = "requestsCompleted")]
    pub(super) responses: Number,
    pub(super) latency: Option<Summary>,
    pub(super) rps: Rps,
    #[serde(rename = "scenarioDuration")]
    pub(super) session: Option<Summary>,
    #[serde(borrow, rename = "scenarioCounts")]
    pub(super) scenarios: Named<'a, Number>,
    #[serde(borrow)]
    pub(super) errors: Named<'a, Number>,
    #[serde(borrow)]
    pub(super) codes: Named<'a, Number>,
    #[serde(borrow, rename = "customStats")]
    pub(super) stats: Named<'a, Summary>,
    #[serde(borrow)]
    pub(super) counters: Named<'a, Number>,
    #[serde(deserialize_with = "present")]
    pub(super) concurrency: Option<Number>,
    pub(super) phases: Option<Vec<PhaseIn>>,
    #[serde(rename = "latencies")]
    pub(super) samples: Samples,
    #[serde(deserialize_with = "present")]
    matches: Option<IgnoredAny>,
}

/// `rps`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object with `count` and `mean`")]
pub(super) struct Rps {
    /// Requests sent; answers in the legacy shape.
    #[serde(rename = "count")]
    pub(super) sent: Number,
    /// Of `sent`, per second since the first one.
    #[serde(rename = "mean")]
    pub(super) rate: Number,
}

/// The response times of a window.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// Of which nobody says how they ended.
    pub(super) plain: Distribution,
    /// With a status below 400, and with another one.
    pub(super) ok: Distribution,
    pub(super) failed: Distribution,
    /// `null`, as JavaScript writes what is not a number.
    pub(super) nulls: u64,
    /// Neither a number nor a sample of four members, or negative.
    pub(super) bad: u64,
    /// Whether there is a list of them, which may be empty.
    given: bool,
}

/// From an object only: a derive takes a list of figures as well.
impl<'de> Fill<'de> for &mut Report<'de> {
    const EXPECTED: &'static str = "an object with `scenariosCreated` and `latency`";

    fn members<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        *self = Report::deserialize(MapAccessDeserializer::new(map))?;
        Ok(())
    }
}

impl Report<'_> {
    /// Whether a member is there that legacy reporting does not write.
    pub(super) fn is_genuine(&self) -> bool {
        self.samples.given || self.concurrency.is_some() || self.matches.is_some()
    }

    /// Members that stood twice in one map; the last one counts, as in JavaScript.
    pub(super) fn duplicates(&self) -> u64 {
        let counts = [&self.scenarios, &self.errors, &self.codes, &self.counters];
        counts.map(|named| named.twice).iter().sum::<u64>() + self.stats.twice
    }
}

/// A member that is there, whatever its value.
fn present<'de, T: Deserialize<'de>, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl Samples {
    fn add(&mut self, nanos: Option<f64>, status: Option<Number>) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and what is too large stays at the largest"
        )]
        let nanos = match nanos {
            Some(nanos) if nanos >= 0.0 => nanos.round() as u64,
            _ => {
                self.bad += 1;
                return;
            }
        };
        let into = match status.and_then(Number::value) {
            None => &mut self.plain,
            Some(status) if status >= 400.0 => &mut self.failed,
            Some(_) => &mut self.ok,
        };
        into.record(nanos);
    }
}

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Samples, D::Error> {
        json::filled(deserializer)
    }
}

/// Millions of numbers go into distributions.
impl<'de> Fill<'de> for &mut Samples {
    const EXPECTED: &'static str = "an array of response times in nanoseconds";

    fn elements<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.given = true;
        while list.next_element_seed(Filling(Sample(self)))?.is_some() {}
        Ok(())
    }
}

/// Nanoseconds, or `[milliseconds since 1970, request, nanoseconds, status]` of the older releases.
struct Sample<'s>(&'s mut Samples);

impl<'de> Fill<'de> for Sample<'_> {
    const EXPECTED: &'static str =
        "nanoseconds, or an array of instant, request, nanoseconds and status";

    fn token(self, token: Token) -> Result<(), Refused> {
        match token {
            Token::Whole(nanos) => self.0.plain.record(nanos),
            Token::Null => self.0.nulls += 1,
            // A text or a negative number is none.
            _ => self.0.add(token.number().and_then(Number::value), None),
        }
        Ok(())
    }

    fn elements<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let _ = members.next_element::<IgnoredAny>()?;
        let _ = members.next_element::<IgnoredAny>()?;
        let nanos = members.next_element::<Figure>()?.unwrap_or_default().0;
        let status = members.next_element::<Figure>()?.unwrap_or_default().0;
        while members.next_element::<IgnoredAny>()?.is_some() {}
        match nanos {
            Number::Null => self.0.nulls += 1,
            Number::Whole(_) | Number::Float(_) => self.0.add(nanos.value(), Some(status)),
        }
        Ok(())
    }
}

/// A number; what is none is as if it were not there.
#[derive(Default)]
struct Figure(Number);

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Figure, D::Error> {
        json::filled(deserializer)
    }
}

impl Fill<'_> for &mut Figure {
    const EXPECTED: &'static str = "a number";

    fn token(self, token: Token) -> Result<(), Refused> {
        self.0 = match token {
            Token::Text(text) => {
                let number = text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
                number.map_or(Number::Null, Number::Float)
            }
            token => token.number().unwrap_or_default(),
        };
        Ok(())
    }
}

/// An instant as `Date.toISOString` writes it, or in milliseconds since 1970.
#[derive(Default)]
struct Moment(Option<i64>);

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    json::filled(deserializer).map(|moment: Moment| moment.0)
}

impl Fill<'_> for &mut Moment {
    const EXPECTED: &'static str = "an instant such as \"2026-03-01T10:00:00.000Z\"";

    fn token(self, token: Token) -> Result<(), Refused> {
        let instant = match token {
            Token::Null => return Ok(()),
            Token::Text(text) => text.parse::<Timestamp>().ok(),
            Token::Whole(n) => i64::try_from(n)
                .ok()
                .and_then(|n| Timestamp::from_millisecond(n).ok()),
            _ => return Err(Refused::Type),
        };
        self.0 = instant.map(Timestamp::as_millisecond);
        self.0.map(drop).ok_or(Refused::Value)
    }
}
