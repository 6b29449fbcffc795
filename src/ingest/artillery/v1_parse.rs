//! The shape of 1.x: `aggregate` and the elements of `intermediate` have the same members, one report at a time.
//!
//! Response times go from the text into distributions; no list of them is kept. Knows which members there are, not what their
//! figures mean.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ingest::artillery::parse::{Members, Summary, drop_duplicates};
use crate::ingest::artillery::phases::PhaseIn;
use crate::ingest::json::{Key, Number};
use crate::stats::histogram::Distribution;

/// A map of names to figures.
pub(super) type Named<'de, T> = Vec<(Cow<'de, str>, T)>;

/// `aggregate`, or one element of `intermediate`.
#[derive(Debug, Default)]
pub(super) struct Report<'de> {
    /// The end of the window or run; its start in the legacy shape. Milliseconds since 1970.
    pub(super) time: Option<i64>,
    pub(super) created: Number,
    pub(super) completed: Number,
    pub(super) avoided: Number,
    /// Answers.
    pub(super) responses: Number,
    pub(super) latency: Option<Summary>,
    /// Requests sent; answers in the legacy shape.
    pub(super) sent: Number,
    /// Of `sent`, per second since the first one.
    pub(super) rate: Number,
    pub(super) session: Option<Summary>,
    pub(super) scenarios: Named<'de, Number>,
    pub(super) errors: Named<'de, Number>,
    pub(super) codes: Named<'de, Number>,
    pub(super) stats: Named<'de, Summary>,
    pub(super) counters: Named<'de, Number>,
    pub(super) concurrency: Number,
    pub(super) phases: Vec<PhaseIn>,
    pub(super) samples: Samples,
    /// `matches`, `latencies` or `concurrency`, which legacy reporting does not write.
    pub(super) genuine: bool,
    pub(super) duplicates: u64,
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
}

/// One report.
pub(super) struct ReportSeed;

impl<'de> DeserializeSeed<'de> for ReportSeed {
    type Value = Report<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Report<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReportSeed {
    type Value = Report<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with `scenariosCreated` and `latency`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Report<'de>, A::Error> {
        let mut report = Report::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "timestamp" => report.time = map.next_value::<Moment>()?.0,
                "scenariosCreated" => report.created = map.next_value()?,
                "scenariosCompleted" => report.completed = map.next_value()?,
                "scenariosAvoided" => report.avoided = map.next_value()?,
                "requestsCompleted" => report.responses = map.next_value()?,
                "latency" => report.latency = map.next_value()?,
                "rps" => map.next_value_seed(Rps(&mut report))?,
                "scenarioDuration" => report.session = map.next_value()?,
                "scenarioCounts" => report.duplicates += named(&mut map, &mut report.scenarios)?,
                "errors" => report.duplicates += named(&mut map, &mut report.errors)?,
                "codes" => report.duplicates += named(&mut map, &mut report.codes)?,
                "customStats" => report.duplicates += named(&mut map, &mut report.stats)?,
                "counters" => report.duplicates += named(&mut map, &mut report.counters)?,
                "concurrency" => {
                    report.concurrency = map.next_value()?;
                    report.genuine = true;
                }
                "phases" => report.phases = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "latencies" => {
                    map.next_value_seed(&mut report.samples)?;
                    report.genuine = true;
                }
                other => {
                    report.genuine |= other == "matches";
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(report)
    }
}

/// Reads a map of names; says how many of them stood twice.
fn named<'de, A: MapAccess<'de>, T: de::Deserialize<'de>>(
    map: &mut A,
    into: &mut Named<'de, T>,
) -> Result<u64, A::Error> {
    into.clear();
    map.next_value_seed(Members::into(into))?;
    Ok(drop_duplicates(into))
}

/// `rps`.
struct Rps<'r, 'de>(&'r mut Report<'de>);

impl<'de> DeserializeSeed<'de> for Rps<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Rps<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with `count` and `mean`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "count" => self.0.sent = map.next_value()?,
                "mean" => self.0.rate = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
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

impl<'de> DeserializeSeed<'de> for &mut Samples {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Samples {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of response times in nanoseconds")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(Sample(self))?.is_some() {}
        Ok(())
    }
}

/// Nanoseconds, or `[milliseconds since 1970, request, nanoseconds, status]` of the older releases.
struct Sample<'s>(&'s mut Samples);

impl<'de> DeserializeSeed<'de> for Sample<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sample<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("nanoseconds, or an array of instant, request, nanoseconds and status")
    }

    fn visit_u64<E>(self, nanos: u64) -> Result<(), E> {
        self.0.plain.record(nanos);
        Ok(())
    }

    fn visit_i64<E>(self, nanos: i64) -> Result<(), E> {
        self.0.add(Some(nanos as f64), None);
        Ok(())
    }

    fn visit_f64<E>(self, nanos: f64) -> Result<(), E> {
        self.0.add(Some(nanos), None);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.nulls += 1;
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.0.bad += 1;
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.0.bad += 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.0.bad += 1;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
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
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figure(pub(super) Number);

impl<'de> de::Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Figure, D::Error> {
        deserializer.deserialize_any(FigureVisitor)
    }
}

struct FigureVisitor;

impl<'de> Visitor<'de> for FigureVisitor {
    type Value = Figure;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, n: u64) -> Result<Figure, E> {
        Ok(Figure(Number::Whole(n)))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Figure, E> {
        Ok(Figure(Number::Float(n as f64)))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Figure, E> {
        Ok(Figure(Number::Float(x)))
    }

    fn visit_unit<E>(self) -> Result<Figure, E> {
        Ok(Figure::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Figure, E> {
        Ok(Figure::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Figure, E> {
        let number = text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        Ok(Figure(number.map_or(Number::Null, Number::Float)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Figure, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Figure::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Figure, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Figure::default())
    }
}

/// An instant as `Date.toISOString` writes it, or in milliseconds since 1970.
struct Moment(Option<i64>);

impl<'de> de::Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        deserializer.deserialize_any(MomentVisitor)
    }
}

struct MomentVisitor;

impl Visitor<'_> for MomentVisitor {
    type Value = Moment;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an instant such as \"2026-03-01T10:00:00.000Z\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
        let instant: Timestamp = text
            .parse()
            .map_err(|_error| E::invalid_value(de::Unexpected::Str(text), &self))?;
        Ok(Moment(Some(instant.as_millisecond())))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Moment, E> {
        let millis = i64::try_from(n).ok();
        let millis = millis.filter(|n| Timestamp::from_millisecond(*n).is_ok());
        let millis = millis.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(n), &self))?;
        Ok(Moment(Some(millis)))
    }

    fn visit_unit<E>(self) -> Result<Moment, E> {
        Ok(Moment(None))
    }
}
