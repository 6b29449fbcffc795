//! Whether runs can be parts of one: one tool, one identity, one kind of load, no part twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Identity, IdentitySource, LoadModel, Run};
use crate::normalize::same::same_figures;

/// Why runs are not put together. Names are those of the runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is one run.
    #[error("{}", one(name, *again))]
    One {
        /// Its name.
        name: String,
        /// Whether its file was given more than once.
        again: bool,
    },
    /// They say different things of what they are parts of.
    #[error(
        "\"{first}\" and \"{second}\" are not parts of one run: the {what} is {of_first} and {of_second}"
    )]
    Unlike {
        /// What they disagree on.
        what: &'static str,
        /// A run.
        first: String,
        /// What it says.
        of_first: String,
        /// Another run.
        second: String,
        /// What that one says.
        of_second: String,
    },
    /// The requests of one would be counted twice.
    #[error("\"{first}\" and \"{second}\" hold the same requests: {why}")]
    Twice {
        /// A run.
        first: String,
        /// Another run.
        second: String,
        /// How that is known.
        why: String,
    },
    /// It made no request: what the others made is no whole run.
    #[error("\"{name}\" made no request")]
    Idle {
        /// Its name.
        name: String,
    },
    /// The counts are more than a sum can hold.
    #[error("the counts of the parts are too large to add up")]
    TooLarge,
    /// They did not run at the same time.
    #[error(
        "\"{first}\" and \"{second}\" are not parts of one run: the first ran from {of_first}, the second from {of_second}, and they share less than half of the shorter one"
    )]
    Apart {
        /// A run.
        first: String,
        /// Its start and end.
        of_first: String,
        /// Another run.
        second: String,
        /// Its start and end.
        of_second: String,
    },
}

fn one(name: &str, again: bool) -> String {
    match (name, again) {
        ("", _) => "there is nothing to merge".to_owned(),
        (name, true) => format!("\"{name}\" is one run: its file is given more than once"),
        (name, false) => format!("\"{name}\" is one run, and a merge takes at least two"),
    }
}

impl Refused {
    /// What to do instead.
    pub fn hint(&self) -> String {
        let text = match self {
            Refused::One { .. } => {
                "give the result of every generator, such as `knee merge worker-1.json worker-2.json`; `knee convert` \
                 writes a single run"
            }
            Refused::Unlike { what, .. } if IDENTITY.iter().any(|(member, _)| member == what) => {
                return format!(
                    "`--label {what}=NAME` says what they are all parts of; `knee compare` sets different runs side by side"
                );
            }
            Refused::Unlike { .. } => {
                "parts are results of one scenario from several generators; `knee compare` sets different runs side by side"
            }
            Refused::Twice { .. } => "give every part once",
            Refused::Idle { .. } => {
                "look at why that generator was idle; leave it out to have the run of the others"
            }
            Refused::TooLarge => "no load test makes so many requests: look into the files",
            Refused::Apart { .. } => {
                "parts of one run share its time; `knee report A B` reports on repeats, `knee compare A B` sets two side by \
                 side, and A+B reads files that follow one another in one run"
            }
        };
        text.to_owned()
    }
}

/// A member of the identity.
type Member = fn(&Identity) -> Option<&str>;

/// The members that must agree. A job may be one generator's.
const IDENTITY: [(&str, Member); 5] = [
    ("project", |identity| identity.project.as_deref()),
    ("scenario", |identity| Some(&identity.scenario)),
    ("environment", |identity| identity.environment.as_deref()),
    ("branch", |identity| identity.branch.as_deref()),
    ("commit", |identity| identity.commit.as_deref()),
];

/// Refuses what cannot be parts of one run.
pub(super) fn check(parts: &[&Run]) -> Result<(), Refused> {
    agree(parts, "tool", |part| Some(part.source.tool.clone()))?;
    agree(parts, "load model", |part| {
        part.load.model.map(|model: LoadModel| model.to_string())
    })?;
    if let Some(idle) = parts.iter().find(|part| part.overall.requests == Some(0)) {
        return Err(Refused::Idle {
            name: idle.name.clone(),
        });
    }
    let total = parts
        .iter()
        .fold(0_u64, |all, part| all.saturating_add(weight(part)));
    if total == u64::MAX {
        return Err(Refused::TooLarge);
    }
    for (place, first) in parts.iter().enumerate() {
        for second in parts.iter().skip(place + 1) {
            if let Some(why) = twice(first, second) {
                return Err(Refused::Twice {
                    first: first.name.clone(),
                    second: second.name.clone(),
                    why,
                });
            }
        }
    }
    Ok(())
}

fn agree(
    parts: &[&Run],
    what: &'static str,
    read: impl Fn(&Run) -> Option<String>,
) -> Result<Option<String>, Refused> {
    let mut said: Option<(&Run, String)> = None;
    for part in parts {
        match (read(part), &said) {
            (Some(value), None) => said = Some((part, value)),
            (Some(value), Some((first, before))) if value != *before => {
                return Err(Refused::Unlike {
                    what,
                    first: first.name.clone(),
                    of_first: before.clone(),
                    second: part.name.clone(),
                    of_second: value,
                });
            }
            _ => {}
        }
    }
    Ok(said.map(|(_, value)| value))
}

/// All counts of a run together, so that no sum of some of them overflows.
fn weight(run: &Run) -> u64 {
    let slices = run.timeline.iter().flat_map(|slice| {
        let endpoints = slice.endpoints.iter().map(|endpoint| &endpoint.stats);
        std::iter::once(&slice.stats).chain(endpoints)
    });
    let endpoints = run.endpoints.iter().map(|endpoint| &endpoint.stats);
    let all = std::iter::once(&run.overall).chain(endpoints).chain(slices);
    let of_stats = all.flat_map(|stats| {
        let counts = [stats.requests, stats.failures, stats.expected_failures];
        let latencies = [&stats.latency, &stats.latency_ok, &stats.latency_failed];
        let samples = latencies.map(|latency| latency.as_ref().map(|latency| latency.count));
        counts.into_iter().chain(samples)
    });
    let sessions = run.sessions.as_ref().and_then(|own| own.duration.as_ref());
    let custom = run.custom.iter().filter_map(|own| own.latency.as_ref());
    let others = sessions
        .into_iter()
        .chain(custom)
        .map(|own| Some(own.count));
    let mut counts = of_stats.chain(others).flatten();
    counts.try_fold(0_u64, u64::checked_add).unwrap_or(u64::MAX)
}

/// How it is known that two runs hold the same requests. Several runs of one file share it as a whole.
fn twice(first: &Run, second: &Run) -> Option<String> {
    if first.id == second.id {
        return Some("they have one id".to_owned());
    }
    let hashes = |run: &Run| -> BTreeSet<String> {
        run.source
            .files
            .iter()
            .map(|file| file.sha256.clone())
            .collect()
    };
    let (of_first, of_second) = (hashes(first), hashes(second));
    let shared = |file: &&crate::model::FileRef| of_second.contains(&file.sha256);
    if of_first != of_second
        && let Some(file) = first.source.files.iter().find(shared)
    {
        return Some(format!("{} is a file of both", file.name));
    }
    let measured = first.overall.requests.is_some_and(|requests| requests > 0);
    (measured && same_figures(first, second)).then(|| "they agree in every figure".to_owned())
}

/// What the parts say of whose they are. What one leaves open, the others decide.
pub(super) fn identity(
    parts: &[&Run],
) -> Result<(Identity, BTreeMap<String, IdentitySource>), Refused> {
    let mut identity = Identity::default();
    let mut from = BTreeMap::new();
    for (name, read) in IDENTITY {
        let said = agree(parts, name, |part| {
            let by_default = part.identity_from.get(name) == Some(&IdentitySource::Default);
            read(&part.identity)
                .filter(|_| !by_default)
                .map(str::to_owned)
        })?;
        let Some(value) = said else { continue };
        let mut sources = parts
            .iter()
            .filter(|part| read(&part.identity) == Some(&value));
        if let Some(source) = sources.find_map(|part| part.identity_from.get(name)) {
            from.insert(name.to_owned(), *source);
        }
        match name {
            "project" => identity.project = Some(value),
            "scenario" => identity.scenario = value,
            "environment" => identity.environment = Some(value),
            "branch" => identity.branch = Some(value),
            _ => identity.commit = Some(value),
        }
    }
    from.entry("scenario".to_owned())
        .or_insert(IdentitySource::Default);
    if let Ok(Some(job)) = agree(parts, "job", |part| part.identity.job.clone()) {
        let sources = parts
            .iter()
            .filter_map(|part| part.identity_from.get("job"));
        from.extend(sources.take(1).map(|source| ("job".to_owned(), *source)));
        identity.job = Some(job);
    }
    Ok((identity, from))
}
