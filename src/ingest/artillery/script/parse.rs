//! The members of a script that are read, as serde sees them; everything else is skipped.
//!
//! Artillery fills in templates and environments when a test starts, so a text may stand where a list or figure is meant.
//! Refuses what is no YAML, what nests or repeats itself beyond reason, and what has neither `config` nor `scenarios`.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::artillery::phases::{PhaseIn, Text, Value};
use crate::ingest::error::{IngestError, Place};
use crate::ingest::json::{self, Fill, Filling, Key, Refused, Token};

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
        json::filled(deserializer)
    }
}

impl<'de, T: Deserialize<'de>> Fill<'de> for &mut Many<T> {
    const EXPECTED: &'static str = "a list";

    fn token(self, token: Token) -> Result<(), Refused> {
        self.unresolved = matches!(token, Token::Text(_));
        (self.unresolved || matches!(token, Token::Null))
            .then_some(())
            .ok_or(Refused::Type)
    }

    fn elements<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            self.all.push(element);
        }
        Ok(())
    }

    fn members<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.all = vec![T::deserialize(MapAccessDeserializer::new(map))?];
        Ok(())
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
        json::filled(deserializer)
    }
}

/// What a request asks for; a text is its URL.
#[derive(Default)]
struct Target {
    url: Option<String>,
    name: Option<String>,
}

/// Members that stand any number of times, or the name of a step alone.
impl<'de> Fill<'de> for &mut Step {
    const EXPECTED: &'static str = "a step such as `get`, `think` or `loop`";

    fn token(self, token: Token) -> Result<(), Refused> {
        match token {
            Token::Text(_) | Token::Null => Ok(()),
            _ => Err(Refused::Type),
        }
    }

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            if let Some(method) = method(&key) {
                let mut request = Target::default();
                map.next_value_seed(Filling(&mut request))?;
                if let Some(url) = request.url {
                    self.requests.push((method, url, request.name));
                }
                continue;
            }
            match key.as_ref() {
                "think" => self.thinks.push(map.next_value()?),
                "loop" | "parallel" => self.inner.extend(map.next_value::<Many<Step>>()?.all),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

impl<'de> Fill<'de> for &mut Target {
    const EXPECTED: &'static str = "a request with `url`";

    fn token(self, token: Token) -> Result<(), Refused> {
        match token {
            Token::Text(url) => self.url = Some(url.to_owned()),
            Token::Null => {}
            _ => return Err(Refused::Type),
        }
        Ok(())
    }

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                // The tool takes both spellings.
                "url" | "uri" => self.url = map.next_value::<Text>()?.0,
                "name" => self.name = map.next_value::<Text>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
