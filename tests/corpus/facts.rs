//! Facts files: which inputs, and what must stand in the runs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use knee::ingest::map::Mapping;
use knee::ingest::{IngestError, Ingested, Input, Options, expand, read};
use knee::model::Run;
use serde::Deserialize;
use serde_json::Value;

/// One `<case>.facts.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    inputs: Vec<String>,
    origin: String,
    how: String,
    from: Option<String>,
    /// A `knee.toml` beside the facts, for its maps.
    config: Option<String>,
    /// The map that reads the inputs, instead of a look at the content.
    map: Option<String>,
    refused: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    tests: Vec<String>,
    /// The script that the load generator ran.
    script: Option<String>,
    #[serde(default)]
    run: Vec<RunFacts>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunFacts {
    format: String,
    facts: Vec<Fact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    at: Vec<String>,
    is: Option<Value>,
    within: Option<f64>,
    #[serde(default)]
    absent: bool,
}

pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Every file below the samples, in order of name.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![samples()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn is_facts(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".facts.toml")
}

fn short(path: &Path) -> String {
    let path = path.strip_prefix(samples()).unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// The maps of a configuration.
pub(crate) fn maps(path: &Path) -> Vec<Mapping> {
    knee::config::load(Some(path), path).unwrap().maps
}

/// Reads the inputs of a facts file, relative to its folder.
fn ingest(folder: &Path, facts: &Facts) -> Result<Ingested, IngestError> {
    let argument = |input: &String| {
        let parts = input
            .split('+')
            .map(|part| folder.join(part).to_string_lossy().into_owned());
        parts.collect::<Vec<_>>().join("+")
    };
    let arguments: Vec<String> = facts.inputs.iter().map(argument).collect();
    let mut stdin = || Input::stream("-", std::io::empty());
    let config = facts.config.as_ref();
    let beside = |files: &[String]| files.iter().map(|file| folder.join(file)).collect();
    let options = Options {
        from: facts.from.clone(),
        maps: config.map_or_else(Vec::new, |name| maps(&folder.join(name))),
        map: facts.map.clone(),
        resources: beside(&facts.resources),
        tests: beside(&facts.tests),
        script: facts.script.as_ref().map(|script| folder.join(script)),
        ..Options::default()
    };
    read(expand(&arguments, &mut stdin)?, &options)
}

/// One step into a run's JSON.
fn step<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(key),
        Value::Array(elements) => {
            let text = |element: &Value, member: &str| {
                element
                    .get(member)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            let named = elements.iter().find(|element| {
                let name = text(element, "name");
                let method = text(element, "method").filter(|method| !method.is_empty());
                let label = name
                    .clone()
                    .map(|name| method.map_or(name.clone(), |method| format!("{method} {name}")));
                name.as_deref() == Some(key) || label.as_deref() == Some(key)
            });
            named.or_else(|| elements.get(key.parse::<usize>().ok()?))
        }
        _ => None,
    }
}

/// What is wrong with a fact, if anything.
fn mismatch(run: &Value, fact: &Fact) -> Option<String> {
    let mut found = Some(run);
    let mut counted = None;
    for key in &fact.at {
        if key == "#count" {
            counted = Some(match found {
                Some(Value::Array(elements)) => elements.len(),
                Some(Value::Object(members)) => members.len(),
                _ => return Some("holds no array or object to be counted".to_owned()),
            });
            break;
        }
        found = found.and_then(|value| step(value, key));
    }
    let counted = counted.map(Value::from);
    let found = counted.as_ref().or(found).filter(|value| !value.is_null());
    match (&fact.is, found) {
        (None, None) if fact.absent => None,
        (None, Some(found)) if fact.absent => Some(format!("should be absent and is {found}")),
        (None, _) => Some("the fact says neither `is` nor `absent = true`".to_owned()),
        (Some(_), _) if fact.absent => Some("the fact says both `is` and `absent`".to_owned()),
        (Some(wanted), None) => Some(format!("should be {wanted} and is absent")),
        (Some(wanted), Some(found)) => {
            let same = match (wanted.as_f64(), found.as_f64()) {
                // Without a tolerance: the same digits, so the same double.
                (Some(wanted), Some(found)) => (found - wanted).abs() <= fact.within.unwrap_or(0.0),
                _ => wanted == found,
            };
            (!same).then(|| format!("should be {wanted} and is {found}"))
        }
    }
}

fn check(path: &Path, problems: &mut String, named: &mut BTreeSet<PathBuf>) -> usize {
    let file = short(path);
    let mut complain = |what: &str| writeln!(problems, "{file}: {what}").unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let facts: Facts = match toml::from_str(&text) {
        Ok(facts) => facts,
        Err(error) => {
            complain(&error.to_string());
            return 0;
        }
    };
    if facts.origin.is_empty() || facts.how.is_empty() || facts.inputs.is_empty() {
        complain("`origin`, `how` and `inputs` must say something");
    }
    let folder = path.parent().unwrap();
    let beside = facts.resources.iter().chain(&facts.tests);
    named.extend(beside.map(|file| folder.join(file)));
    for input in facts.inputs.iter().flat_map(|input| input.split('+')) {
        let input = folder.join(input);
        if input.is_dir() {
            let inside = files().into_iter().filter(|file| file.starts_with(&input));
            named.extend(inside);
        } else {
            named.insert(input);
        }
    }
    let written = facts.config.iter().chain(&facts.script);
    named.extend(written.map(|config| folder.join(config)));
    let outcome = ingest(folder, &facts);
    let ingested = match (&facts.refused, outcome) {
        (Some(wanted), Err(error)) => {
            if !error.to_string().contains(wanted) {
                complain(&format!(
                    "should be refused with `{wanted}`, is refused with `{error}`"
                ));
            }
            return 1;
        }
        (Some(wanted), Ok(_)) => {
            complain(&format!("should be refused with `{wanted}` and is read"));
            return 1;
        }
        (None, Err(error)) => {
            complain(&format!("cannot be read: {error}"));
            return 0;
        }
        (None, Ok(ingested)) => ingested,
    };
    // The other files of a set are read along.
    for file in ingested.runs.iter().flat_map(|run| &run.source.files) {
        let end = Path::new(&file.name);
        let beside = files().into_iter().filter(|path| path.starts_with(folder));
        named.extend(beside.filter(|path| path.ends_with(end)));
    }
    if ingested.runs.len() != facts.run.len() || facts.run.is_empty() {
        let (wanted, found) = (facts.run.len(), ingested.runs.len());
        complain(&format!("should hold {wanted} runs and holds {found}"));
        return 0;
    }
    let mut held = 0;
    for (index, (run, wanted)) in ingested.runs.iter().zip(&facts.run).enumerate() {
        if run.source.format != wanted.format {
            complain(&format!("run {index} is read as {}", run.source.format));
        }
        let json = serde_json::to_value(run).unwrap();
        for fact in &wanted.facts {
            held += 1;
            if let Some(what) = mismatch(&json, fact) {
                complain(&format!("run {index}, {:?}: {what}", fact.at));
            }
        }
        if let Some(what) = reads_back(run) {
            complain(&format!("run {index}, written and read again: {what}"));
        }
    }
    held
}

/// Run → JSON → Run agrees, for every run that any reader makes.
fn reads_back(run: &Run) -> Option<String> {
    let text = serde_json::to_string(run).unwrap();
    let mut input = || Input::stream("-", std::io::Cursor::new(text.clone()));
    let read_again = expand(&["-".to_owned()], &mut input)
        .and_then(|candidates| read(candidates, &Options::default()));
    match read_again {
        Err(error) => Some(error.to_string()),
        Ok(again) if again.runs.as_slice() == std::slice::from_ref(run) => None,
        Ok(_) => Some("it is another run".to_owned()),
    }
}

#[test]
fn every_sample_holds_its_facts() {
    let all = files();
    let mut problems = String::new();
    let mut named = BTreeSet::new();
    let mut held = 0;
    let facts: Vec<&PathBuf> = all.iter().filter(|path| is_facts(path)).collect();
    assert!(!facts.is_empty(), "there is no facts file below samples/");
    for path in &facts {
        held += check(path, &mut problems, &mut named);
    }
    for path in &all {
        // A plan is no output, and a workflow neither; `tests/cli` reads them.
        let beside = is_facts(path)
            || path.ends_with("README.md")
            || path.ends_with("knee.toml")
            || path.starts_with(samples().join("ci"));
        if !beside && !named.contains(path) {
            writeln!(problems, "{}: no facts file names it", short(path)).unwrap();
        }
    }
    assert!(problems.is_empty(), "{problems}");
    assert!(held > facts.len(), "{held} facts in {} files", facts.len());
}

#[test]
fn a_fact_that_does_not_hold_is_told() {
    let run: Value = serde_json::json!({
        "n": 3, "x": 1.5, "none": null, "list": [{"name": "/a", "method": "GET", "n": 1}, {"name": "b.c"}], "text": "t"
    });
    let holds = |fact: &str| {
        let fact: Fact = toml::from_str(fact).unwrap();
        mismatch(&run, &fact).is_none()
    };
    for good in [
        "at = ['n']\nis = 3",
        "at = ['n']\nis = 3.0",
        "at = ['x']\nis = 1.6\nwithin = 0.11",
        "at = ['none']\nabsent = true",
        "at = ['no', 'such']\nabsent = true",
        "at = ['list', 'GET /a', 'n']\nis = 1",
        "at = ['list', '1', 'name']\nis = 'b.c'",
        "at = ['list', 'b.c', 'name']\nis = 'b.c'",
        "at = ['list', '#count']\nis = 2",
        "at = ['text']\nis = 't'",
    ] {
        assert!(holds(good), "{good}");
    }
    for bad in [
        "at = ['n']\nis = 4",
        "at = ['x']\nis = 1.4999999",
        "at = ['x']\nis = 1.6\nwithin = 0.01",
        "at = ['none']\nis = 0",
        "at = ['n']\nabsent = true",
        "at = ['n']",
        "at = ['n']\nis = '3'",
        "at = ['list', 'POST /a', 'n']\nis = 1",
        "at = ['list', '#count']\nis = 3",
        "at = ['n', '#count']\nis = 0",
        "at = ['text']\nis = 'T'",
    ] {
        assert!(!holds(bad), "{bad}");
    }
}
