//! Where a figure stands: `lat.p95`, `["with.dots"]`, `[0]`, `results[*]`, `$.started`, and names made of keys: `{key1} {key2}`.
//!
//! Paths are read from the configuration and walked by `walk` and `table`; this file touches no input.

use std::fmt;
use std::ops::Range;

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of an object, or a column.
    Key(String),
    /// An element of an array counted from 0, or a column without a name.
    Place(usize),
    /// Every member or every element.
    Each,
}

/// A path that cannot be read: which bytes of its text, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct BadPath {
    /// Which bytes.
    pub span: Range<usize>,
    /// What was expected.
    pub problem: String,
}

/// A path from the document or from a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The steps; none stands for the value itself.
    pub steps: Vec<Step>,
}

impl Path {
    /// Reads a path.
    ///
    /// ```
    /// use knee::ingest::map::path::{Path, Step};
    /// let path = Path::parse("lat.p95").unwrap();
    /// assert_eq!(path.steps, [Step::Key("lat".into()), Step::Key("p95".into())]);
    /// assert_eq!(Path::parse("results[*]").unwrap().to_string(), "results[*]");
    /// assert!(Path::parse("a..b").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Path, BadPath> {
        let mut steps = Vec::new();
        let mut at = 0;
        if text.trim() == "." {
            return Ok(Path { steps });
        }
        while at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            let after_dot = !steps.is_empty() && rest.starts_with('.');
            let (step, length) = if rest.starts_with('[') {
                bracket(rest, at)?
            } else if steps.is_empty() || after_dot {
                let dot = usize::from(after_dot);
                let name = rest.get(dot..).unwrap_or_default();
                let (step, length) = word(name, at + dot)?;
                (step, length + dot)
            } else {
                return Err(bad(at..at + 1, "expected `.` or `[` between two steps"));
            };
            steps.push(step);
            at += length;
        }
        Ok(Path { steps })
    }

    /// The name of a column: a header may hold dots.
    pub fn column(&self) -> String {
        let steps = self.steps.iter().map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Place(place) => format!("[{place}]"),
            Step::Each => "*".to_owned(),
        });
        steps.collect::<Vec<_>>().join(".")
    }

    /// Whether a step stands for many.
    pub fn has_each(&self) -> bool {
        self.steps.contains(&Step::Each)
    }

    /// The keys from the last to the first: what may say a unit.
    pub fn keys_from_the_end(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return f.write_str(".");
        }
        for (place, step) in self.steps.iter().enumerate() {
            match step {
                Step::Key(key)
                    if key.is_empty() || key.contains(['.', '[', ']', '*', '"', '{', '}']) =>
                {
                    write!(f, "[\"{key}\"]")?;
                }
                Step::Key(key) if place > 0 => write!(f, ".{key}")?,
                Step::Key(key) => f.write_str(key)?,
                Step::Place(place) => write!(f, "[{place}]")?,
                Step::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

fn bad(span: Range<usize>, problem: &str) -> BadPath {
    BadPath {
        span,
        problem: problem.to_owned(),
    }
}

/// A name up to the next dot or bracket, or `*`.
fn word(rest: &str, at: usize) -> Result<(Step, usize), BadPath> {
    let length = rest.find(['.', '[']).unwrap_or(rest.len());
    let name = rest.get(..length).unwrap_or_default();
    if name.is_empty() {
        return Err(bad(at..at + 1, "expected the name of a member"));
    }
    if let Some(offset) = name.find([']', '"', '{', '}']) {
        let problem = "a name with a bracket, brace or quote is written [\"...\"]";
        return Err(bad(at + offset..at + offset + 1, problem));
    }
    let step = match name {
        "*" => Step::Each,
        name => Step::Key(name.to_owned()),
    };
    Ok((step, length))
}

/// `[*]`, `[0]` or `["name"]`.
fn bracket(rest: &str, at: usize) -> Result<(Step, usize), BadPath> {
    let inner = rest.strip_prefix('[').unwrap_or(rest);
    if let Some(quoted) = inner.strip_prefix('"') {
        let Some(length) = quoted.find("\"]") else {
            return Err(bad(at..at + rest.len(), "expected `\"]` behind the name"));
        };
        let name = quoted.get(..length).unwrap_or_default();
        return Ok((Step::Key(name.to_owned()), length + 4));
    }
    let Some(length) = inner.find(']') else {
        return Err(bad(at..at + rest.len(), "expected `]`"));
    };
    let content = inner.get(..length).unwrap_or_default().trim();
    let step = match (content, content.parse()) {
        ("*", _) => Step::Each,
        (_, Ok(place)) => Step::Place(place),
        _ => {
            let problem = "expected [*], a place counted from 0 such as [0], or [\"a name\"]";
            return Err(bad(at..at + length + 2, problem));
        }
    };
    Ok((step, length + 2))
}

/// A part of a name that is made of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it is written.
    Text(String),
    /// The key that the n-th step for many stands for, counted from 0; `None` = the last one.
    Key(Option<usize>),
}

/// Where the value of a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// From the record.
    Record(Path),
    /// From the document around the records: `$.started`.
    Document(Path),
    /// From the keys on the way to the record: `{key1} {key2}`.
    Keys(Vec<Part>),
}

impl Place {
    /// Reads what stands right of a field.
    pub fn parse(text: &str) -> Result<Place, BadPath> {
        if text.contains('{') && !text.contains('[') {
            return parts(text).map(Place::Keys);
        }
        let moved = |error: BadPath| BadPath {
            span: error.span.start + 2..error.span.end + 2,
            ..error
        };
        match text.strip_prefix("$.") {
            Some("") => Err(bad(0..2, "expected the name of a member behind `$.`")),
            Some(rest) => Path::parse(rest).map(Place::Document).map_err(moved),
            None if text.trim().is_empty() => Err(bad(0..text.len(), "the path is empty")),
            None => Path::parse(text).map(Place::Record),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Record(path) => path.fmt(f),
            Place::Document(path) => write!(f, "$.{path}"),
            Place::Keys(parts) => parts.iter().try_for_each(|part| match part {
                Part::Text(text) => f.write_str(text),
                Part::Key(None) => f.write_str("{key}"),
                Part::Key(Some(number)) => write!(f, "{{key{}}}", number + 1),
            }),
        }
    }
}

fn parts(text: &str) -> Result<Vec<Part>, BadPath> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + open;
        let before = text.get(at..start).unwrap_or_default();
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let rest = text.get(start..).unwrap_or_default();
        let Some(close) = rest.find('}') else {
            return Err(bad(start..text.len(), "expected `}`"));
        };
        let word = rest.get(1..close).unwrap_or_default();
        let number = word.strip_prefix("key").map(|digits| match digits {
            "" => Some(None),
            digits => digits
                .parse()
                .ok()
                .filter(|n| (1..=9).contains(n))
                .map(|n: usize| Some(n - 1)),
        });
        let Some(Some(number)) = number else {
            let problem = "expected {key}, or {key1}, {key2}, ... for the first, second, ... `*`";
            return Err(bad(start..start + close + 1, problem));
        };
        parts.push(Part::Key(number));
        at = start + close + 1;
    }
    let rest = text.get(at..).unwrap_or_default();
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

/// The name that the keys make.
pub fn made_of(parts: &[Part], keys: &[String]) -> String {
    let words = parts.iter().map(|part| match part {
        Part::Text(text) => text.as_str(),
        Part::Key(None) => keys.last().map_or("", String::as_str),
        Part::Key(Some(number)) => keys.get(*number).map_or("", String::as_str),
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_print_as_they_are_written() {
        for text in [
            "a",
            "lat.p95",
            "[0]",
            "[*][2]",
            "results[*].times[*]",
            "[\"with.dots\"].x",
            "Request Count",
            ".",
        ] {
            assert_eq!(Path::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Path::parse("*.*").unwrap().steps, [Step::Each, Step::Each]);
        assert_eq!(Path::parse("a.[0]").unwrap_err().span, 2..3);
    }

    #[test]
    fn a_slip_in_a_path_is_named_with_its_place() {
        for (text, span, problem) in [
            ("a..b", 2..3, "expected the name of a member"),
            ("a.", 2..3, "expected the name of a member"),
            ("a[", 1..2, "expected `]`"),
            ("a[b]", 1..4, "expected [*], a place"),
            ("a[0]b", 4..5, "expected `.` or `[`"),
            ("a[\"b", 1..4, "expected `\"]`"),
            ("a]", 1..2, "is written [\"...\"]"),
        ] {
            let error = Path::parse(text).unwrap_err();
            assert_eq!(error.span, span, "{text}");
            assert!(error.problem.contains(problem), "{text}: {error}");
        }
    }

    #[test]
    fn names_are_made_of_the_keys_on_the_way() {
        let Place::Keys(parts) = Place::parse("{key1}: {key}").unwrap() else {
            panic!();
        };
        let keys = ["bench".to_owned(), "latency".to_owned()];
        assert_eq!(made_of(&parts, &keys), "bench: latency");
        assert_eq!(made_of(&parts, &[]), ": ");
        assert!(Place::parse("{name}").is_err());
        assert!(Place::parse("{key0}").is_err());
        assert!(Place::parse("{key").is_err());
        assert!(Place::parse("$.").is_err());
        assert_eq!(Place::parse("$.a..b").unwrap_err().span, 4..5);
    }

    #[test]
    fn a_name_that_must_be_quoted_is_written_with_quotes() {
        for text in ["[\"}\"]", "[\"a{b\"].c", "a[\"x.y\"]"] {
            let path = Path::parse(text).unwrap();
            assert_eq!(Path::parse(&path.to_string()).unwrap(), path, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_an_error_inside_the_text(text in "[a.\\[\\]*\"0{}$k1é ]{0,12}") {
            match Place::parse(&text) {
                Ok(place) => prop_assert_eq!(Place::parse(&place.to_string()).ok(), Some(place)),
                Err(error) => prop_assert!(error.span.start <= text.len(), "{error:?}"),
            }
        }
    }
}
