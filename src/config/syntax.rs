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
    shape(text, table.get_ref())?;
    finite(text, &DeValue::Table(table.get_ref().clone()), table.span())?;
    File::deserialize(toml::Deserializer::from(table.clone()))
        .map_err(|error| put(text, Some(table.get_ref()), error.message(), error.span()))
}

/// Sections that may stand several times: `[[target]]`.
const LISTS: [&str; 6] = [
    "scenario",
    "target",
    "group",
    "rename",
    "expected_error",
    "map",
];

/// Sections that stand once: `[project]`.
const SINGLE: [&str; 7] = [
    "project", "report", "compare", "scale", "classes", "rules", "inputs",
];

/// Keys of the contract that have no code yet: in which section, and how they are written. One that did nothing would promise
/// what it does not do.
const LATER: [(Option<&str>, &str, &str); 5] = [
    (None, "history", "[history]"),
    (None, "score", "[score]"),
    (None, "hint", "[[hint]]"),
    (None, "recommendation", "[[recommendation]]"),
    (Some("report"), "notes", "`notes` in [report]"),
];

/// A value of the contract that has no code yet: a page is final when its notes are written.
const LATER_STATUS: &str = "final";

/// Tables where tables belong, lists of tables where lists belong. serde would read a list as a table by position.
fn shape(text: &Arc<Text>, table: &DeTable) -> Result<(), ConfigError> {
    for (key, value) in table {
        let name: &str = key.get_ref().as_ref();
        let is_table = |value: &DeValue| matches!(value, DeValue::Table(_));
        let wrong = |span: Range<usize>, problem: String, write: String| {
            Err(text
                .error(span, problem)
                .with_hint(Some(format!("write {write}"))))
        };
        match value.get_ref() {
            DeValue::Array(items) if LISTS.contains(&name) => {
                for item in items {
                    let DeValue::Table(inner) = item.get_ref() else {
                        let problem = format!("expected a table in [[{name}]]");
                        return wrong(item.span(), problem, format!("[[{name}]]"));
                    };
                    if let Some((key, load)) = inner.get_key_value("load")
                        && name == "scenario"
                        && !is_table(load.get_ref())
                    {
                        let problem = "expected a table".to_owned();
                        return wrong(key.span(), problem, "load = { users = 50 }".to_owned());
                    }
                }
            }
            _ if LISTS.contains(&name) => {
                let problem = format!("`{name}` may stand several times: expected [[{name}]]");
                return wrong(key.span(), problem, format!("[[{name}]]"));
            }
            DeValue::Array(_) if SINGLE.contains(&name) => {
                let problem = format!("`{name}` stands once: expected [{name}]");
                return wrong(key.span(), problem, format!("[{name}]"));
            }
            other if SINGLE.contains(&name) && !is_table(other) => {
                let problem = format!("expected a section [{name}]");
                return wrong(key.span(), problem, format!("[{name}]"));
            }
            _ => {}
        }
    }
    Ok(())
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
    let later = |what: String| {
        text.error(span.clone(), format!("{what} is not in this version"))
            .with_label("not in this version")
            .with_hint(Some("remove it: it would change nothing"))
    };
    if let Some((key, known)) = unknown(message, "unknown field `") {
        let parent = path.last().map(|step| step.key.as_str());
        let is_later = |of: Option<&str>, name: &str| of == parent && name == key;
        if let Some((_, _, written)) = LATER.iter().find(|(of, name, _)| is_later(*of, name)) {
            return later((*written).to_owned());
        }
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
        if word == LATER_STATUS && path.last().is_some_and(|step| step.key == "status") {
            return later(format!("status = \"{word}\""));
        }
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
            .error(span, format!("{} needs `{key}`", section(&path)))
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
    // What toml says where a word was expected and something else stands.
    if message == "wanted string or table" {
        return text.error(span, "expected a string");
    }
    if message.starts_with("cannot recurse further") {
        return text.error(span, "the value is nested too deeply");
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
        "a boolean" => "true or false".to_owned(),
        "a sequence" | "sequence" => "a list".to_owned(),
        "a map" | "map" => "a table".to_owned(),
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
    let words = path
        .iter()
        .enumerate()
        .map(|(place, step)| match (place, step.is_list) {
            (0, true) => format!("[[{}]]", step.key),
            (0, false) => format!("[{}]", step.key),
            _ => step.key.clone(),
        });
    words.collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::parse;

    fn wrong(text: &str) -> String {
        let error = parse(text, Path::new("knee.toml")).expect_err(text);
        let excerpt = error
            .excerpt(false)
            .map_or(String::new(), |text| format!("\n{text}"));
        let hint = error
            .hint()
            .map_or(String::new(), |text| format!("\nhint: {text}"));
        format!("{error}{excerpt}{hint}")
    }

    fn line(text: &str) -> (String, Option<String>) {
        let error = parse(text, Path::new("knee.toml")).expect_err(text);
        assert!(error.excerpt(false).is_some());
        let line = error.to_string();
        let line = line.strip_prefix("knee.toml, line ").unwrap();
        (line.to_owned(), error.hint())
    }

    #[test]
    fn the_lists_are_those_of_the_schema() {
        let schema = serde_json::to_value(crate::config::schema()).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        for (name, property) in properties {
            let is_list = property["type"] == "array";
            assert_eq!(LISTS.contains(&name.as_str()), is_list, "{name}");
            assert_eq!(SINGLE.contains(&name.as_str()), !is_list, "{name}");
        }
        assert_eq!(properties.len(), LISTS.len() + SINGLE.len());
    }

    #[test]
    fn what_has_no_code_yet_is_refused_by_name_at_its_place() {
        insta::assert_snapshot!(wrong("[project]\nname = 'a'\n[score]\nweights = { p95 = 2 }"), @r"
        knee.toml, line 3, column 2: [score] is not in this version
         --> knee.toml:3:2
          |
        3 | [score]
          |  ^^^^^ not in this version
        hint: remove it: it would change nothing
        ");
        for (text, expected) in [
            (
                "[history]\nkeep = 5",
                "1, column 2: [history] is not in this version",
            ),
            (
                "score = { parts = [] }",
                "1, column 1: [score] is not in this version",
            ),
            (
                "[[hint]]\nrule = 'V03'",
                "1, column 3: [[hint]] is not in this version",
            ),
            (
                "[[recommendation]]\ntitle = 'x'",
                "1, column 3: [[recommendation]] is not in this version",
            ),
            (
                "[report]\nnotes = 'n/'",
                "2, column 1: `notes` in [report] is not in this version",
            ),
            (
                "[report]\nstatus = 'final'",
                "2, column 10: status = \"final\" is not in this version",
            ),
        ] {
            let (found, hint) = line(text);
            assert_eq!(found, expected, "{text}");
            assert_eq!(hint.as_deref(), Some("remove it: it would change nothing"));
        }
        // Elsewhere the same words are but unknown.
        assert!(
            line("notes = 'n/'")
                .0
                .contains("there is no section `notes`")
        );
        assert!(
            line("[report]\nscore = 1")
                .0
                .contains("unknown key `score` in [report]")
        );
        assert!(
            line("[report]\nstatus = 'finale'")
                .0
                .contains("expected `draft`")
        );
    }

    #[test]
    fn an_unknown_key_shows_its_place_and_the_nearest() {
        insta::assert_snapshot!(wrong("[project]\nname = 'shop'\n\n[[target]]\nexpect = 'p95 < 1ms'\nendpont = 'x'"), @r"
        knee.toml, line 6, column 1: unknown key `endpont` in [[target]]
         --> knee.toml:6:1
          |
        6 | endpont = 'x'
          | ^^^^^^^ unknown key
        hint: did you mean `endpoint`?
        ");
        insta::assert_snapshot!(wrong("[[scenario]]\nname = 'a'\n[scenario.load]\nqwert = 'open'"), @r"
        knee.toml, line 4, column 1: unknown key `qwert` in [[scenario]] load
         --> knee.toml:4:1
          |
        4 | qwert = 'open'
          | ^^^^^ unknown key
        hint: known here: model, users, think_time, duration, tasks
        ");
        insta::assert_snapshot!(wrong("[projcet]\nname = 'x'"), @r"
        knee.toml, line 1, column 2: there is no section `projcet`
         --> knee.toml:1:2
          |
        1 | [projcet]
          |  ^^^^^^^ unknown key
        hint: did you mean `project`?
        ");
        insta::assert_snapshot!(wrong("\u{feff}[project]\r\nnam = 'x'\r\n"), @r"
        knee.toml, line 2, column 1: unknown key `nam` in [project]
         --> knee.toml:2:1
          |
        2 | nam = 'x'
          | ^^^ unknown key
        hint: did you mean `name`?
        ");
    }

    #[test]
    fn mistakes_of_type_and_of_form_say_what_was_expected() {
        for (text, expected, hint) in [
            (
                "[[target]]\nname = 'x'",
                "1, column 1: [[target]] needs `expect`",
                None,
            ),
            (
                "[[target]]\nexpect = 5",
                "2, column 10: expected a string, found the integer `5`",
                None,
            ),
            (
                "[[target]]\nexpect = 'p95 < 1ms'\noptional = 'yes'",
                "3, column 12: expected true or false, found the string \"yes\"",
                None,
            ),
            (
                "[[target]]\nexpect = 'p95 < 1ms'\ndecide = 'valeu'",
                "3, column 10: expected `value` or `interval`, found `valeu`",
                Some("did you mean `value`?"),
            ),
            (
                "[[target]]\nexpect = 'p95 < 1ms'\ndecide = 5",
                "3, column 10: expected a string",
                None,
            ),
            (
                "[rules]\nseverity = { V03 = 'refuse' }",
                "2, column 20: expected `note`, `warn`, `fail`, `invalid` or `unjudged`, found `refuse`",
                None,
            ),
            (
                "[rules]\nignore = 'V31'",
                "2, column 10: expected a list, found the string \"V31\"",
                None,
            ),
            (
                "[compare]\nallow = ['errors']",
                "2, column 10: expected `error_rate` or `environment`, found `errors`",
                Some("did you mean `error_rate`?"),
            ),
            (
                "[[group]]\nname = 'a'\nmatch = 5",
                "3, column 9: expected a string or a list of strings, found the integer `5`",
                None,
            ),
            (
                "[[group]]\nname = 'a'\nmatch = [5]",
                "3, column 10: expected a string, found the integer `5`",
                None,
            ),
            (
                "[project]\nenvironment = { a = [1] }",
                "2, column 21: expected a string or a number, found a list",
                None,
            ),
            (
                "[target]\nexpect = 'p95 < 1ms'",
                "1, column 2: `target` may stand several times: expected [[target]]",
                Some("write [[target]]"),
            ),
            (
                "[[project]]\nname = 'a'",
                "1, column 3: `project` stands once: expected [project]",
                Some("write [project]"),
            ),
            (
                "project = ['a', {}]",
                "1, column 1: `project` stands once: expected [project]",
                Some("write [project]"),
            ),
            (
                "project = 5",
                "1, column 1: expected a section [project]",
                Some("write [project]"),
            ),
            (
                "target = [['a']]",
                "1, column 11: expected a table in [[target]]",
                Some("write [[target]]"),
            ),
            (
                "[[scenario]]\nname = 'a'\nload = ['open']",
                "3, column 1: expected a table",
                Some("write load = { users = 50 }"),
            ),
            (
                "[rules]\nlimit = { V03 = nan }",
                "2, column 17: expected a finite number, found `nan`",
                None,
            ),
            (
                "[rules]\nlimit = { V03 = -inf }",
                "2, column 17: expected a finite number, found `-inf`",
                None,
            ),
            (
                "[rules]\nlimit = { V03 = 1e999 }",
                "2, column 17: expected a finite number, found `1e999`",
                None,
            ),
            (
                "[project]\nname = 'a'\nname = 'b'",
                "3, column 1: duplicate key",
                None,
            ),
            (
                "[project]\nname = 'a'\n[project]\n",
                "3, column 2: duplicate key",
                None,
            ),
            (
                "[project\nname = 'a'",
                "1, column 9: unclosed table, expected `]`",
                None,
            ),
            (
                "[project]\nname = ",
                "2, column 8: string values must be quoted, expected literal string",
                None,
            ),
            (
                "\"a\\u001b[31m\" = 1",
                r"1, column 1: there is no section `a\u{1b}[31m`",
                Some(
                    "known here: project, report, scenario, target, group, rename, expected_error, compare, scale, classes, rules, map, inputs",
                ),
            ),
        ] {
            assert_eq!(
                line(text),
                (expected.to_owned(), hint.map(str::to_owned)),
                "{text}"
            );
        }
        let deep = format!("a = {}", "[".repeat(10_000));
        assert!(line(&deep).0.ends_with("the value is nested too deeply"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}", at in 0..400_usize, cut in 0..400_usize) {
            const PART: &str = "[project]\nname = \"x\"\n[[target]]\nexpect = \"p95 < 200ms\"\n[rules]\nlimit = { V03 = 0.5 }\n                [[scenario]]\nname = \"a\"\nload = { think_time = \"1s..3s\" }\n[[group]]\nname = \"g\"\nmatch = [\"*\"]\n";
            let head: String = PART.chars().take(at).collect();
            let tail: String = PART.chars().skip(cut).collect();
            for whole in [text.clone(), format!("{head}{text}{tail}"), head + &tail] {
                if let Err(error) = parse(&whole, Path::new("knee.toml")) {
                    proptest::prop_assert!(error.excerpt(false).is_some());
                    proptest::prop_assert!(!error.to_string().contains('\n'));
                    error.hint();
                }
            }
        }
    }
}
