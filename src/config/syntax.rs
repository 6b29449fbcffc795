//! From text to [`File`]: TOML's own errors put into the words of `knee.toml`.
//!
//! The words come from serde and toml; what is not recognised is passed on as it is, with its place.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use crate::config::error::{ConfigError, Text};
use crate::config::expect::nearest;
use crate::config::file::File;

/// Parses the text and checks keys and types.
pub(crate) fn read(text: &Arc<Text>) -> Result<File, ConfigError> {
    let table = DeTable::parse(&text.text)
        .map_err(|error| put(text, None, error.message(), error.span()))?;
    finite(text, &DeValue::Table(table.get_ref().clone()), table.span())?;
    File::deserialize(toml::Deserializer::from(table.clone()))
        .map_err(|error| put(text, Some(table.get_ref()), error.message(), error.span()))
}

/// TOML has `nan` and `inf`; no limit, weight or level is one of them.
fn finite(text: &Arc<Text>, value: &DeValue, span: Range<usize>) -> Result<(), ConfigError> {
    match value {
        DeValue::Float(number) if !number.as_str().parse().is_ok_and(f64::is_finite) => {
            let found = text.text.get(span.clone()).unwrap_or_default();
            Err(text.error(span, format!("expected a finite number, found `{found}`")))
        }
        DeValue::Array(items) => items
            .iter()
            .try_for_each(|item| finite(text, item.get_ref(), item.span())),
        DeValue::Table(table) => table
            .iter()
            .try_for_each(|(_, item)| finite(text, item.get_ref(), item.span())),
        _ => Ok(()),
    }
}

fn put(
    text: &Arc<Text>,
    table: Option<&DeTable>,
    message: &str,
    span: Option<Range<usize>>,
) -> ConfigError {
    let span = span.unwrap_or(0..0);
    let mut path = Vec::new();
    let found = table.is_some_and(|table| locate(table, &span, &mut path));
    let path = if found { path } else { Vec::new() };
    if let Some((key, known)) = unknown(message, "unknown field `") {
        let problem = if path.is_empty() {
            format!("there is no section `{key}`")
        } else {
            format!("unknown key `{key}` in {}", section(&path))
        };
        return text
            .error(span, problem)
            .with_label("unknown key")
            .with_hint(Some(one_of(&key, &known)));
    }
    if let Some((word, known)) = unknown(message, "unknown variant `") {
        let expected = listed(&known);
        return text
            .error(span, format!("expected {expected}, found `{word}`"))
            .with_label(format!("expected {expected}"))
            .with_hint(nearest(&word, known.iter().map(String::as_str)).map(did_you_mean));
    }
    if let Some(key) = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'))
    {
        return text
            .error(span, format!("{} needs a `{key}`", section(&path)))
            .with_label(format!("`{key}` is missing"));
    }
    if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        let expected = plain(expected);
        return text
            .error(span, format!("expected {expected}, found {}", plain(found)))
            .with_label(format!("expected {expected}"));
    }
    text.error(span, lowercase(message))
}

/// The word and the known ones of serde's "unknown field `x`, expected one of `a`, `b`".
fn unknown(message: &str, start: &str) -> Option<(String, Vec<String>)> {
    // The word is the user's and may hold anything; the known ones are names in the code.
    let rest = message.strip_prefix(start)?;
    let (word, known) = rest
        .rsplit_once("`, expected ")
        .or_else(|| rest.rsplit_once("`, there are no "))?;
    let known = known.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((word.to_owned(), known.collect()))
}

pub(crate) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// `a`, `b` or `c`
fn listed(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, head)) => format!("{} or {last}", head.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// The nearest known key, or all of them.
pub(crate) fn one_of(word: &str, known: &[String]) -> String {
    match nearest(&word.to_lowercase(), known.iter().map(String::as_str)) {
        Some(nearest) => did_you_mean(nearest),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The types of serde in the words of TOML.
fn plain(words: &str) -> String {
    match words {
        "f64" => "a number".to_owned(),
        "u64" => "a whole number from 0 up".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" | "sequence" => "a list".to_owned(),
        "a map" | "map" => "a table".to_owned(),
        "wanted string or table" => "a string".to_owned(),
        _ if words.starts_with("struct ") => "a table".to_owned(),
        _ if words.starts_with("string ") => words.replacen("string ", "the string ", 1),
        _ if words.starts_with("integer ") => words.replacen("integer ", "the integer ", 1),
        _ if words.starts_with("floating point ") => {
            words.replacen("floating point ", "the number ", 1)
        }
        _ if words.starts_with("boolean ") => words.replacen("boolean ", "", 1),
        _ => words.to_owned(),
    }
}

fn lowercase(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let mut chars = line.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// One key of a path, and whether its value is a list of tables.
struct Step {
    key: String,
    is_list: bool,
}

/// `[[scenario]] load`
fn section(path: &[Step]) -> String {
    let mut text = String::new();
    for (place, step) in path.iter().enumerate() {
        match (place, step.is_list) {
            (0, true) => text.push_str(&format!("[[{}]]", step.key)),
            (0, false) => text.push_str(&format!("[{}]", step.key)),
            _ => {
                text.push(' ');
                text.push_str(&step.key);
            }
        }
    }
    text
}

/// The keys that lead to the table in which a key or value of that span stands.
fn locate(table: &DeTable, span: &Range<usize>, path: &mut Vec<Step>) -> bool {
    for (key, value) in table {
        if key.span() == *span {
            return true;
        }
        let is_list = matches!(value.get_ref(), DeValue::Array(_));
        path.push(Step {
            key: key.get_ref().to_string(),
            is_list,
        });
        let found = value.span() == *span
            || match value.get_ref() {
                DeValue::Table(inner) => locate(inner, span, path),
                DeValue::Array(items) => items.iter().any(|item| {
                    item.span() == *span
                        || match item.get_ref() {
                            DeValue::Table(inner) => locate(inner, span, path),
                            _ => false,
                        }
                }),
                _ => false,
            };
        if found {
            return true;
        }
        path.pop();
    }
    false
}
