//! The members of a script that are read, as serde sees them; everything else is skipped.
//!
//! Artillery fills in templates and environments when a test starts, so a text may stand where a list or figure is meant.
//! Refuses what is no YAML, what nests or repeats itself beyond reason, and what has neither `config` nor `scenarios`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ingest::artillery::phases::{PhaseIn, Text, Value};
use crate::ingest::error::{IngestError, Place};
use crate::ingest::json::Key;

/// Events that aliases may repeat in all.
const MOST_REPLAYED: usize = 100_000;
/// Characters of a mistake that are shown.
const MOST_SHOWN: usize = 300;
const HINT: &str = "--script takes the YAML or JSON that `artillery run` was given";

/// A script.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(expecting = "a script with `config` and `scenarios`")]
pub(super) struct Document {
    #[serde(default)]
    pub(super) config: Option<Config>,
    #[serde(default)]
    pub(super) scenarios: Many<Scenario>,
    #[serde(default)]
    pub(super) before: Option<Scenario>,
    #[serde(default)]
    pub(super) after: Option<Scenario>,
}

/// `config`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(expecting = "a map with `phases`")]
pub(super) struct Config {
    #[serde(default)]
    pub(super) phases: Many<PhaseIn>,
}

/// An element of `scenarios`.
#[derive(Debug, serde::Deserialize)]
#[serde(expecting = "a scenario with `flow`")]
pub(super) struct Scenario {
    #[serde(default)]
    pub(super) name: Text,
    #[serde(default)]
    pub(super) flow: Many<Step>,
}

/// An element of `flow`: requests as method, URL and name; pauses; the steps of a loop.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) requests: Vec<(&'static str, String, Option<String>)>,
    pub(super) thinks: Vec<Value>,
    pub(super) inner: Vec<Step>,
}

/// A list, or one element without it.
#[derive(Debug)]
pub(super) struct Many<T> {
    pub(super) all: Vec<T>,
    /// A text stands in its place.
    pub(super) unresolved: bool,
}

/// Reads the bytes of a script.
pub(super) fn document(bytes: &[u8], file: &str) -> Result<Document, IngestError> {
    let refuse = |place: Place, problem: &str| {
        Err(IngestError::content(file, place, problem).with_hint(HINT))
    };
    if bytes.trim_ascii().is_empty() {
        let problem = "expected a script with `config` and `scenarios`, and the file is empty";
        return refuse(Place::File, problem);
    }
    let options = serde_saphyr::options! {
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPLAYED },
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    let document: Document = match serde_saphyr::from_slice_with_options(bytes, options) {
        Ok(document) => document,
        Err(error) => {
            let place = error
                .location()
                .map_or(Place::File, |at| Place::LineColumn(at.line(), at.column()));
            return refuse(place, &problem(&error));
        }
    };
    let holds = document.config.is_some()
        || !document.scenarios.all.is_empty()
        || document.scenarios.unresolved;
    if !holds {
        let problem = "expected a script with `config` and `scenarios`, and it has neither";
        return refuse(Place::File, problem);
    }
    Ok(document)
}

/// One line of bounded length, without the place that stands before it.
fn problem(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::MessageFormatter as _;
    let text = serde_saphyr::UserMessageFormatter.format_message(error.without_snippet());
    let line = match text.lines().next().unwrap_or_default() {
        // The crate's word is that of its parser's events.
        "expected mapping start" => {
            "expected a map: a script with `config` and `scenarios`, a phase or a scenario"
        }
        line => line,
    };
    if line.chars().count() > MOST_SHOWN {
        let start: String = line.chars().take(MOST_SHOWN).collect();
        return format!("{start}...");
    }
    line.to_owned()
}

impl<T> Default for Many<T> {
    fn default() -> Many<T> {
        Many {
            all: Vec::new(),
            unresolved: false,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Many<T>, D::Error> {
        deserializer.deserialize_any(ManyVisitor(PhantomData))
    }
}

struct ManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ManyVisitor<T> {
    type Value = Many<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Many<T>, A::Error> {
        let mut many = Many::default();
        while let Some(element) = elements.next_element()? {
            many.all.push(element);
        }
        Ok(many)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Many<T>, A::Error> {
        let one = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Many {
            all: vec![one],
            unresolved: false,
        })
    }

    fn visit_str<E>(self, _: &str) -> Result<Many<T>, E> {
        Ok(Many {
            all: Vec::new(),
            unresolved: true,
        })
    }

    fn visit_unit<E>(self) -> Result<Many<T>, E> {
        Ok(Many::default())
    }

    fn visit_none<E>(self) -> Result<Many<T>, E> {
        Ok(Many::default())
    }
}

/// The method that a step names.
fn method(key: &str) -> Option<&'static str> {
    Some(match key {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "head" => "HEAD",
        "options" => "OPTIONS",
        _ => return None,
    })
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Step, D::Error> {
        deserializer.deserialize_any(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a step such as `get`, `think` or `loop`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
        let mut step = Step::default();
        while let Some(key) = map.next_key_seed(Key)? {
            if let Some(method) = method(&key) {
                let request: Target = map.next_value()?;
                if let Some(url) = request.url {
                    step.requests.push((method, url, request.name));
                }
                continue;
            }
            match key.as_ref() {
                "think" => step.thinks.push(map.next_value()?),
                "loop" | "parallel" => step.inner.extend(map.next_value::<Many<Step>>()?.all),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(step)
    }

    fn visit_str<E>(self, _: &str) -> Result<Step, E> {
        Ok(Step::default())
    }

    fn visit_unit<E>(self) -> Result<Step, E> {
        Ok(Step::default())
    }
}

/// What a request asks for.
#[derive(Default)]
struct Target {
    url: Option<String>,
    name: Option<String>,
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Target, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a request with `url`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Target, A::Error> {
        let mut target = Target::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                // The tool takes both spellings.
                "url" | "uri" => target.url = map.next_value::<Text>()?.0,
                "name" => target.name = map.next_value::<Text>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(target)
    }

    fn visit_str<E: de::Error>(self, url: &str) -> Result<Target, E> {
        Ok(Target {
            url: Some(url.to_owned()),
            name: None,
        })
    }

    fn visit_unit<E>(self) -> Result<Target, E> {
        Ok(Target::default())
    }
}
