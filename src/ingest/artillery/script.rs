//! What a script of Artillery says about its runs: phases, think time, methods and paths of the endpoints.
//!
//! A run that declares phases itself keeps them. Whether script and run agree is not judged here.

mod label;
mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use crate::ingest::artillery::FORMAT;
use crate::ingest::artillery::phases::{PhaseIn, Value, first_arrival, placed};
use crate::ingest::artillery::script::label::{Request, request_of};
use crate::ingest::artillery::script::parse::{Document, Step};
use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::Input;
use crate::model::{IdentitySource, LoadModel, Phase, Run, Seconds, ThinkTime};

/// The largest script that is read, in bytes.
const LIMIT: u64 = 4 * 1024 * 1024;
/// Different requests from which on none is taken: each would be held against each endpoint.
const MOST_REQUESTS: usize = 2_000;
/// Notes about phases that those of the script take the place of.
const RECOVERED: [&str; 3] = [
    "phases-recovered",
    "phases-assumed-equal",
    "windows-between-phases",
];

/// What a script says.
#[derive(Debug, Default)]
pub(in crate::ingest) struct Script {
    /// The name of its file, without folders.
    file: String,
    phases: Vec<PhaseIn>,
    think: Option<ThinkTime>,
    requests: BTreeSet<Request>,
    /// The names of its scenarios; `None` for one without a name.
    scenarios: Vec<Option<String>>,
    /// Phases as a whole, and think times, that are templates.
    unresolved: u64,
}

impl Script {
    /// Reads a script, in YAML or JSON.
    pub(in crate::ingest) fn read(path: &Path) -> Result<Script, IngestError> {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let input = Input::file(path, name.to_string_lossy());
        let mut bytes = Vec::new();
        let read = input.open()?.take(LIMIT + 1).read_to_end(&mut bytes);
        read.map_err(|source| IngestError::Read {
            file: input.name.clone(),
            source,
        })?;
        if bytes.len() as u64 > LIMIT {
            return Err(IngestError::TooLarge {
                file: input.name,
                limit: LIMIT,
                format: "script",
            });
        }
        let document = parse::document(&bytes, &input.name)?;
        Ok(Script::of(document, input.name))
    }

    fn of(document: Document, file: String) -> Script {
        let mut script = Script {
            file,
            ..Script::default()
        };
        let phases = document.config.unwrap_or_default().phases;
        script.unresolved += u64::from(phases.unresolved);
        script.phases = phases.all;
        for scenario in document.scenarios.all {
            script.scenarios.push(scenario.name.0);
            script.add(scenario.flow.all, true);
        }
        // What is asked once before or after the load has a method, and its pauses are not those of the users.
        for once in [document.before, document.after].into_iter().flatten() {
            script.add(once.flow.all, false);
        }
        script
    }

    fn add(&mut self, flow: Vec<Step>, thinks: bool) {
        for step in flow {
            for (method, url, name) in step.requests {
                // One more than are taken shows that there are too many.
                if self.requests.len() <= MOST_REQUESTS {
                    self.requests.insert(request_of(method, url, name));
                }
            }
            for think in step.thinks.into_iter().filter(|_| thinks) {
                self.add_think(think);
            }
            self.add(step.inner, thinks);
        }
    }

    fn add_think(&mut self, think: Value) {
        match think {
            Value::Absent => {}
            Value::Unresolved => self.unresolved += 1,
            Value::Known(seconds) => {
                let (from, to) = self
                    .think
                    .map_or((seconds, seconds), |think| (think.from.0, think.to.0));
                self.think = Some(ThinkTime {
                    from: Seconds(from.min(seconds)),
                    to: Seconds(to.max(seconds)),
                });
            }
        }
    }

    /// Gives each run of Artillery what the script says.
    ///
    /// # Errors
    ///
    /// When there are runs, and none is of Artillery.
    pub(in crate::ingest) fn attach(&self, runs: &mut [Run]) -> Result<(), IngestError> {
        let is_own = |run: &Run| run.source.tool == FORMAT.tool;
        if !runs.is_empty() && !runs.iter().any(is_own) {
            let problem = "a script of Artillery, and no run is of Artillery";
            return Err(IngestError::content(&self.file, Place::File, problem)
                .with_hint("leave out --script, or give the JSON of `artillery run -o FILE`"));
        }
        for run in runs {
            if is_own(run) {
                self.apply(run);
            } else {
                let text = "the script is of Artillery and this run is not";
                run.note("script-not-used", text, 1);
            }
        }
        Ok(())
    }

    fn apply(&self, run: &mut Run) {
        let mut taken = Vec::new();
        let mut unresolved = self.unresolved;
        if self.set_phases(run, &mut unresolved) {
            taken.push("phases".to_owned());
        }
        if let Some(think) = self.think {
            run.load.think_time = Some(think);
            taken.push("think time".to_owned());
        }
        if run.load.model.is_none() {
            run.load.model = Some(LoadModel::Open);
        }
        match self.set_methods(run) {
            0 => {}
            1 => taken.push("the method of 1 endpoint".to_owned()),
            several => taken.push(format!("the methods of {several} endpoints")),
        }
        if self.set_scenario(run) {
            taken.push("the name of the scenario".to_owned());
        }
        let file = &self.file;
        let text = if taken.is_empty() {
            format!("nothing is taken from the script {file}")
        } else {
            format!("taken from the script {file}: {}", taken.join(", "))
        };
        run.note("script", text, 1);
        if unresolved > 0 {
            let text = "figures of the script that are templates or missing are unknown";
            run.note("script-unresolved", text, unresolved);
        }
    }

    /// Whether the phases of the script are now those of the run.
    fn set_phases(&self, run: &mut Run, unresolved: &mut u64) -> bool {
        let before = self.lead(run);
        let (phases, unknown) = placed(&self.phases, Seconds(0.0 - before));
        *unresolved += unknown;
        if phases.is_empty() && self.phases.is_empty() {
            return false;
        }
        let declared = !run.load.phases.is_empty() && !run.load.phases_recovered;
        if declared {
            if !agree(&run.load.phases, &phases) {
                let text = "the run declares other phases than the script; those of the run stand";
                run.note("script-phases-differ", text, 1);
            }
            return false;
        }
        if phases.len() < self.phases.len() {
            // Some of the phases are no plan: the run would seem to last longer than it was to.
            let text = "the phases of the script are left out: the length of one is unknown";
            run.note("script-phases-unknown", text, 1);
            return false;
        }
        run.load.phases = phases;
        run.load.phases_recovered = false;
        run.notes
            .retain(|note| !RECOVERED.contains(&note.id.as_str()));
        if before > 0.0 {
            let text = format!(
                "the run begins with its first arrival, about {} s after the first phase of the script",
                (before * 1000.0).round() / 1000.0
            );
            run.note("phases-before-run", text, 1);
        }
        true
    }

    /// Seconds between the start of the first phase and that of the run.
    fn lead(&self, run: &Run) -> f64 {
        // A file of another shape does not begin with an arrival.
        let begins = run.source.format == FORMAT.id || run.duration.is_none();
        first_arrival(&self.phases, begins)
    }

    /// How many endpoints have a method now.
    fn set_methods(&self, run: &mut Run) -> usize {
        if self.requests.len() > MOST_REQUESTS {
            let text = format!(
                "the script makes more than {MOST_REQUESTS} different requests: no method is taken from it"
            );
            run.note("script-requests", text, 1);
            return 0;
        }
        let mut methods: BTreeMap<String, &'static str> = BTreeMap::new();
        for endpoint in &mut run.endpoints {
            if endpoint.method.is_some() {
                continue;
            }
            let Some(request) = label::only(&self.requests, &endpoint.name) else {
                continue;
            };
            endpoint.method = Some(request.method.to_owned());
            if endpoint.path.is_none() {
                endpoint.path = request.path();
            }
            methods.insert(endpoint.name.clone(), request.method);
        }
        let method_of = |name: &str| methods.get(name).map(|method| (*method).to_owned());
        let slices = run.timeline.iter_mut();
        for part in slices.flat_map(|slice| &mut slice.endpoints) {
            part.method = part.method.take().or_else(|| method_of(&part.name));
        }
        for error in &mut run.errors {
            let method = error.endpoint.as_deref().and_then(method_of);
            error.method = error.method.take().or(method);
        }
        methods.len()
    }

    /// A run that does not say its scenario is of the only one that the script has.
    fn set_scenario(&self, run: &mut Run) -> bool {
        let source = run.identity_from.get("scenario");
        if source.is_some_and(|source| *source != IdentitySource::Default) {
            return false;
        }
        let [Some(name)] = self.scenarios.as_slice() else {
            return false;
        };
        if name.is_empty() || name.contains("{{") {
            return false;
        }
        run.identity.scenario.clone_from(name);
        run.identity_from
            .insert("scenario".to_owned(), IdentitySource::File);
        true
    }
}

/// Whether two lists say the same of the load, whatever the phases are called and wherever they begin.
fn agree(run: &[Phase], script: &[Phase]) -> bool {
    let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9,
        _ => true,
    };
    run.len() == script.len()
        && run.iter().zip(script).all(|(a, b)| {
            near(Some(a.duration.0), Some(b.duration.0))
                && near(a.rate_from.map(|r| r.0), b.rate_from.map(|r| r.0))
                && near(a.rate_to.map(|r| r.0), b.rate_to.map(|r| r.0))
        })
}

#[cfg(test)]
mod tests;
