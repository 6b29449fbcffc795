//! From candidate files to runs: sniff, group into units, read, name, give ids.

mod choice;
mod left_over;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::ingest::argument::Candidate;
use crate::ingest::artillery::script::Script;
use crate::ingest::error::IngestError;
use crate::ingest::input::sha256_hex;
use crate::ingest::naming::{make_names_unique, name_files, number_names, real};
use crate::ingest::unit::choice::{Chosen, choose};
use crate::ingest::unit::left_over::{leave_out, unknown};
use crate::ingest::{
    Format, Input, Kind, Options, Unit, beside, cap, format, log, map, requests_csv,
};
use crate::model::{Identity, IdentitySource, Run};

/// What came out of the inputs.
#[derive(Debug, Default)]
pub struct Ingested {
    /// The runs, in the order of the arguments.
    pub runs: Vec<Run>,
    /// Files in folders and globs that no format claims.
    pub skipped: Vec<String>,
    /// Files among them that would be read beside a run: name, and how they are given.
    pub beside: Vec<(String, &'static str)>,
    /// Files that cannot be read, in the order of the arguments, where others can.
    pub broken: Vec<Broken>,
}

/// A file that cannot be read.
#[derive(Debug)]
pub struct Broken {
    /// Its name without folders, for a report.
    pub file: String,
    /// Why.
    pub error: IngestError,
    /// The number of its argument.
    argument: usize,
}

/// Files that are read together, and how they were named.
struct Planned {
    format: &'static Format,
    map: Option<String>,
    inputs: Vec<Input>,
    stem: String,
    name: Option<String>,
    labels: BTreeMap<String, String>,
    argument: usize,
    /// Whether the argument is `A+B`: then every file of it is needed.
    joined: bool,
    /// How often a file is given, for those that are given more than once.
    repeats: BTreeMap<PathBuf, u64>,
    /// Names of arguments that joined and do not count.
    unused_names: Vec<String>,
}

impl Planned {
    /// An argument that joins may ask for another name than the run has.
    fn join(&mut self, name: Option<&String>) {
        if let Some(name) = name.filter(|name| self.name.as_ref() != Some(*name)) {
            self.unused_names.push(name.clone());
        }
    }

    /// Tells what was given and not followed.
    fn tell(&self, run: &mut Run) {
        for (path, times) in &self.repeats {
            let file = self
                .inputs
                .iter()
                .find(|input| input.path.as_ref() == Some(path));
            let file = file.map_or("a file", |input| input.name.as_str());
            let text = format!("{file} is given {times} times and read once");
            run.note("given-again", text, *times - 1);
        }
        for name in &self.unused_names {
            let text = format!("the name `{name}` is not used: its file is part of this run");
            run.note("name-not-used", text, 1);
        }
    }
}

/// Where a file went, and how often an argument leads to it.
struct Seen {
    place: Option<usize>,
    path: PathBuf,
    given: u64,
}

fn folder_of(input: &Input) -> PathBuf {
    let path = input.path.as_deref().map(real).unwrap_or_default();
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// What makes two candidates one unit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Together {
    /// `A+B`: files of one run.
    Joined(usize, &'static str, Option<String>),
    /// A set by folder and prefix.
    Set(&'static str, PathBuf),
    /// A format that gathers: the files of one folder.
    Gathered(&'static str, Option<String>, PathBuf),
}

fn plan(candidates: Vec<Candidate>, options: &Options, left: &mut Ingested) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    let mut places: BTreeMap<Together, usize> = BTreeMap::new();
    let mut seen: BTreeMap<PathBuf, Seen> = BTreeMap::new();
    let mut spoiled: Vec<usize> = Vec::new();
    let chosen: Vec<_> = candidates
        .par_iter()
        .map(|candidate| choose(&candidate.input, options))
        .collect();
    for (candidate, chosen) in candidates.into_iter().zip(chosen) {
        let own = candidate
            .input
            .path
            .clone()
            .filter(|_| candidate.joined.is_none());
        let key = own.as_deref().map(real);
        // Two arguments may name one file; sets bring their siblings in.
        if let Some(seen) = key.as_ref().and_then(|key| seen.get_mut(key)) {
            seen.given += 1;
            if let Some(unit) = seen.place.and_then(|place| planned.get_mut(place)) {
                unit.join(candidate.name.as_ref());
                if seen.given > 1 {
                    unit.repeats.insert(seen.path.clone(), seen.given);
                }
            }
            continue;
        }
        let mut remember = |path: PathBuf, place: Option<usize>, given: u64| {
            seen.insert(real(&path), Seen { place, path, given });
        };
        let Chosen { format, map } = match chosen {
            Ok(Some(chosen)) => chosen,
            Ok(None) | Err(IngestError::Empty { .. }) if candidate.found => {
                leave_out(&candidate.input, options, left);
                if let Some(path) = own {
                    remember(path, None, 1);
                }
                continue;
            }
            other => {
                let error = match other {
                    Err(error) => error,
                    Ok(_) => unknown(&candidate.input, options),
                };
                spoiled.extend(candidate.joined);
                left.broken
                    .push(Broken::of(&candidate.input, error, candidate.argument));
                continue;
            }
        };
        let set = candidate
            .input
            .path
            .as_deref()
            .and_then(|path| format.set.and_then(|set| set(path)));
        let together = match (candidate.joined, &set) {
            (Some(argument), _) => Some(Together::Joined(argument, format.tool, map.clone())),
            (None, Some(set)) => Some(Together::Set(format.tool, set.key.clone())),
            (None, None) if format.gathers => {
                let folder = folder_of(&candidate.input);
                Some(Together::Gathered(
                    format.id,
                    candidate.name.clone(),
                    folder,
                ))
            }
            (None, None) => None,
        };
        let place = together.as_ref().and_then(|key| places.get(key).copied());
        if let Some(path) = own {
            remember(path, Some(place.unwrap_or(planned.len())), 1);
        }
        if let Some(unit) = place.and_then(|place| planned.get_mut(place)) {
            unit.join(candidate.name.as_ref());
            let known = unit
                .inputs
                .iter()
                .any(|input| input.path.is_some() && input.path == candidate.input.path);
            if !known || unit.format.gathers {
                unit.inputs.push(candidate.input);
            }
            continue;
        }
        let mut inputs = vec![candidate.input.clone()];
        let mut stem = stem_of(&candidate.input);
        if let Some(set) = set {
            stem.clone_from(&set.stem);
            if candidate.joined.is_none() {
                for sibling in set.siblings.iter().filter(|path| path.is_file()) {
                    let input = Input::file(sibling, sibling.to_string_lossy());
                    let other = Some(sibling) != candidate.input.path.as_ref();
                    // A file of the right name may be another tool's: its content decides.
                    if other
                        && matches!(choose(&input, options), Ok(Some(found)) if found.format.tool == format.tool)
                    {
                        remember(sibling.clone(), Some(planned.len()), 0);
                        inputs.push(input);
                    }
                }
            }
        }
        if let Some(key) = together {
            places.insert(key, planned.len());
        }
        planned.push(Planned {
            format,
            map,
            inputs,
            stem,
            name: candidate.name,
            labels: candidate.labels,
            argument: candidate.argument,
            joined: candidate.joined.is_some(),
            repeats: BTreeMap::new(),
            unused_names: Vec::new(),
        });
    }
    planned.retain(|unit| !(unit.joined && spoiled.contains(&unit.argument)));
    planned
}

impl Broken {
    fn of(input: &Input, error: IngestError, argument: usize) -> Broken {
        Broken {
            file: input.file_name().to_owned(),
            error,
            argument,
        }
    }
}

fn stem_of(input: &Input) -> String {
    let name = input.file_name();
    let mut stem = name;
    for ending in [".gz", ".zst"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    let stem = stem.rsplit_once('.').map_or(stem, |(head, _)| head);
    if stem == "-" || stem.is_empty() {
        "stdin".to_owned()
    } else {
        stem.to_owned()
    }
}

/// `--from map:NAME` is `--map NAME`; what is asked for must exist, whatever the inputs are.
fn with_map(options: &Options) -> Result<Options, IngestError> {
    let mut options = options.clone();
    if let Some(id) = options.from.take_if(|id| id.starts_with(map::PREFIX)) {
        let name = id.strip_prefix(map::PREFIX).unwrap_or_default();
        options.map = Some(name.to_owned());
    }
    if let Some(id) = &options.from {
        format(id)?;
    }
    if options.map.is_some() {
        map::find(&options.maps, options.map.as_deref())?;
    }
    Ok(options)
}

/// Reads every candidate; one that cannot be read is an error.
pub fn read(candidates: Vec<Candidate>, options: &Options) -> Result<Ingested, IngestError> {
    let mut ingested = read_what_can_be(candidates, options)?;
    if ingested.broken.is_empty() {
        Ok(ingested)
    } else {
        Err(ingested.broken.swap_remove(0).error)
    }
}

/// Reads every candidate that can be read. Those that cannot are in [`Ingested::broken`]; where none can, the first of them is the
/// error.
pub fn read_what_can_be(
    candidates: Vec<Candidate>,
    options: &Options,
) -> Result<Ingested, IngestError> {
    let options = &with_map(options)?;
    let script = options.script.as_deref().map(Script::read).transpose()?;
    let mut ingested = Ingested::default();
    let mut planned = plan(candidates, options, &mut ingested);
    let takes_unit = |unit: &Planned| unit.format.id == requests_csv::FORMAT.id;
    if options.unit.is_some() && !planned.is_empty() && !planned.iter().any(takes_unit) {
        return Err(IngestError::Argument {
            argument: "--unit".to_owned(),
            reason: format!(
                "no input is read as {}; every other format knows its units, and a [[map]] says them",
                requests_csv::FORMAT.id
            ),
        });
    }
    name_files(
        planned
            .iter_mut()
            .flat_map(|unit| &mut unit.inputs)
            .collect(),
    );
    let jobs = if options.jobs == 0 {
        std::thread::available_parallelism().map_or(1, usize::from)
    } else {
        options.jobs
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.min(planned.len().max(1)))
        .build();
    // Either many files at a time or many threads for one: memory is bounded by the threads in all.
    let each = (jobs / planned.len().max(1)).max(1);
    let read_one = |unit: &Planned| read_unit(unit, each, options);
    let outcomes: Vec<(Vec<Run>, Vec<Broken>)> = match pool {
        Ok(pool) if planned.len() > 1 => {
            pool.install(|| planned.par_iter().map(read_one).collect())
        }
        _ => planned.iter().map(read_one).collect(),
    };
    let mut parts: Vec<Vec<Run>> = Vec::new();
    for (unit, (runs, broken)) in planned.iter().zip(outcomes) {
        if runs.is_empty() && broken.is_empty() {
            let names = unit.inputs.iter().map(|input| input.name.clone());
            ingested.skipped.extend(names);
        }
        parts.push(runs);
        ingested.broken.extend(broken);
    }
    ingested.broken.sort_by_key(|broken| broken.argument);
    let given: Vec<_> = planned
        .iter()
        .map(|unit| (unit.argument, unit.name.as_deref()))
        .collect();
    number_names(&given, &mut parts);
    let mut runs: Vec<Run> = parts.into_iter().flatten().collect();
    if runs.is_empty() && !ingested.broken.is_empty() {
        return Err(ingested.broken.swap_remove(0).error);
    }
    make_names_unique(&mut runs);
    if let Some(script) = &script {
        script.attach(&mut runs)?;
    }
    beside::attach(&mut runs, &options.resources, &options.tests)?;
    ingested.runs = runs;
    Ok(ingested)
}

/// The id of a run: sha256 over the sorted hashes of its files and its place among the runs of them.
pub fn id_of(hashes: &[&str], index: usize) -> String {
    let mut hashes = hashes.to_vec();
    hashes.sort_unstable();
    sha256_hex(&format!("{}\n{index}", hashes.join("\n")))
}

/// The runs of a unit, and the files of it that cannot be read.
fn read_unit(planned: &Planned, jobs: usize, options: &Options) -> (Vec<Run>, Vec<Broken>) {
    let mut inputs = planned.inputs.clone();
    if !planned.format.gathers {
        inputs.sort_by(|a, b| a.path.cmp(&b.path));
    }
    let first = match read_inputs(planned, inputs.clone(), jobs, options) {
        Ok(runs) => return (runs, Vec::new()),
        Err(error) => error,
    };
    // Files that are read together without being parts of one run: those that can be read alone are read without the others.
    let is_loose = planned.format.gathers && !planned.joined && inputs.len() > 1;
    let mut broken = Vec::new();
    if is_loose && inputs.iter().all(|input| input.path.is_some()) {
        inputs.retain(|input| {
            let outcome = read_inputs(planned, vec![input.clone()], jobs, options);
            let error = outcome
                .err()
                .map(|error| Broken::of(input, error, planned.argument));
            let is_whole = error.is_none();
            broken.extend(error);
            is_whole
        });
        if !broken.is_empty()
            && let Ok(runs) = read_inputs(planned, inputs, jobs, options)
        {
            return (runs, broken);
        }
    }
    let is_named = |input: &&Input| first.file() == Some(input.name.as_str());
    let mut all = planned.inputs.iter();
    let file = all.clone().find(is_named).or_else(|| all.next());
    let broken = file.map(|input| Broken::of(input, first, planned.argument));
    (Vec::new(), broken.into_iter().collect())
}

fn read_inputs(
    planned: &Planned,
    inputs: Vec<Input>,
    jobs: usize,
    options: &Options,
) -> Result<Vec<Run>, IngestError> {
    let unit = Unit {
        inputs,
        stem: planned.stem.clone(),
        jobs,
        options: Options {
            map: planned.map.clone(),
            ..options.clone()
        },
    };
    let mut runs = match planned.format.kind {
        Kind::Document(read) => read(&unit)?,
        Kind::Log(open) => vec![log::read(planned.format, open, &unit)?],
    };
    if let Some(first) = runs.first_mut() {
        planned.tell(first);
    }
    for (index, run) in runs.iter_mut().enumerate() {
        cap::cap(run);
        if run.id.is_empty() {
            let files = run.source.files.iter();
            let hashes: Vec<&str> = files.map(|file| file.sha256.as_str()).collect();
            run.id = id_of(&hashes, index);
        }
        if let Some(name) = &planned.name {
            run.name.clone_from(name);
        } else if run.name.is_empty() {
            run.name.clone_from(&unit.stem);
        }
        run.labels.extend(planned.labels.clone());
        // A name that stands there is a name, whoever forgot to say where it is from.
        let source = if run.identity.scenario == Identity::default().scenario {
            IdentitySource::Default
        } else {
            IdentitySource::File
        };
        run.identity_from
            .entry("scenario".to_owned())
            .or_insert(source);
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::expand;

    const RECORD: &str =
        r#"{"operation": "up", "total_requests": 5, "avg_latency_ms": 2, "p95_latency_ms": 3}"#;

    fn runs(arguments: &[String]) -> Vec<Run> {
        let mut none = || -> Input { panic!("no standard input") };
        let candidates = expand(arguments, &mut none).unwrap();
        read(candidates, &Options::default()).unwrap().runs
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    fn names(runs: &[Run]) -> Vec<&str> {
        runs.iter().map(|run| run.name.as_str()).collect()
    }

    #[test]
    fn gathered_files_of_two_folders_are_two_runs_however_they_are_given() {
        let other = RECORD.replace("up", "down");
        let here = folder(&[("a/x.json", RECORD), ("b/y.json", &other)]);
        let path = here.path().to_string_lossy();
        let whole = runs(&[path.to_string()]);
        assert_eq!(names(&whole), ["x", "y"]);
        assert_eq!(whole, runs(&[format!("{path}/*/*.json")]));
        let expanded = [format!("{path}/a/x.json"), format!("{path}/b/y.json")];
        assert_eq!(whole, runs(&expanded));
    }

    #[test]
    fn a_file_in_three_spellings_is_read_once_and_told() {
        let here = folder(&[("a.csv", "latency,ok\n5,true\n")]);
        let path = here.path().to_string_lossy();
        let found = runs(&[
            format!("{path}/a.csv"),
            format!("{path}/./a.csv"),
            format!("again={path}/*.csv"),
        ]);
        assert_eq!(names(&found), ["a"]);
        let notes = &found.first().unwrap().notes;
        let text = |id| &notes.iter().find(|note| note.id == id).unwrap().text;
        assert_eq!(text("given-again"), "a.csv is given 3 times and read once");
        assert!(text("name-not-used").contains("`again`"));
    }

    #[test]
    fn several_runs_of_one_argument_are_numbered_from_one() {
        let lines = format!("{RECORD}\n{RECORD}\n");
        let here = folder(&[("a.jsonl", &lines), ("b.json", RECORD)]);
        let path = here.path().to_string_lossy();
        let named = runs(&[format!("x={path}/a.jsonl"), format!("y={path}/b.json")]);
        assert_eq!(names(&named), ["x-1", "x-2", "y"]);
        assert_eq!(names(&runs(&[format!("{path}/a.jsonl")])), ["a", "a-2"]);
    }
}
