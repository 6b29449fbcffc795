//! How often each rule speaks over all samples, under a target that none can miss.
//!
//! A warning that is always there is read by nobody, so two bounds hold. The table is printed by
//! `cargo test --test corpus alarms -- --nocapture`; `KNEE_SAMPLES=DIR` counts a folder of yours along.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use knee::compare;
use knee::config::flags;
use knee::ingest::{Input, Options, expand, read};
use knee::model::Run;
use knee::pipeline as analyse;
use knee::report::{Effect, Report, TargetResult, TargetState, Verdict};
use knee::rules::RULES;
use rayon::prelude::*;

use crate::facts::{maps, samples};

/// What samples are called that were made to be broken, and what is broken about them.
///
/// From the READMEs of the samples. A part of a name of a file or of a folder.
const BROKEN: &[(&str, &str)] = &[
    ("errors", "failures of every kind, or 5 % of an endpoint"),
    ("refused", "nothing listens"),
    ("zero", "no request"),
    ("no-requests", "only a pause"),
    ("no-http", "no request"),
    ("header-only", "no request"),
    ("saturated", "twelve users without pauses on one lock"),
    ("hardwork-rate-8", "above the capacity of 5 to 6 flows/s"),
    ("hardwork-rate-16", "above the capacity of 5 to 6 flows/s"),
    ("steps", "the last steps are above the capacity"),
    ("users-80", "above the capacity of 60 users"),
    ("aborted", "stopped after 16 s of 60 s"),
    ("maxvusers", "users are skipped"),
    ("expect-ensure", "expectations that fail"),
    ("reset-stats", "counts that were reset on the way"),
    ("custom-events", "events without a response time"),
    ("day17", "88.5 % rejected"),
    ("regressed-throughput", "the lock is held 1.7 times as long"),
    (
        "busy-machine-throughput",
        "the lock is held 1.7 times as long",
    ),
    ("busy-machine", "other work on the machine"),
    ("sparse", "a handful of requests"),
    ("one-vu", "one user"),
    ("bad-rows", "rows that are none"),
    ("perf-shot", "saturated, reconstructed from a report"),
];

/// Share of the healthy samples that pass, at least.
const PASSING: f64 = 0.7;

/// Share of all samples on which a rule warns, at most.
const WARNING: f64 = 0.25;

/// A run, and what was found about it.
struct Sample {
    name: String,
    report: Report,
}

impl Sample {
    /// Not made to be broken, at most 1 % of the requests failed, and the target could be asked.
    fn is_healthy(&self) -> bool {
        let failed = self
            .report
            .runs
            .iter()
            .any(|run| run.overall.error_share() > Some(0.01));
        let met = |target: &TargetResult| target.state == TargetState::Pass;
        let is_met = self.report.targets.iter().all(met);
        is_met && !failed && !BROKEN.iter().any(|(part, _)| self.name.contains(part))
    }

    /// The gravest effect of every rule that fired.
    fn effects(&self) -> BTreeMap<&str, Effect> {
        let mut gravest = BTreeMap::new();
        for finding in &self.report.findings {
            let effect = gravest
                .entry(finding.rule.as_str())
                .or_insert(finding.effect);
            *effect = finding.effect.max(*effect);
        }
        gravest
    }
}

fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
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

/// The runs of a file, none where it is refused: facts, logs of consoles, formats that are not read.
fn runs_of(file: &Path) -> Vec<Run> {
    let options = Options {
        maps: maps(&samples().join("maps/knee.toml")),
        ..Options::default()
    };
    let argument = file.to_string_lossy().into_owned();
    let mut stdin = || Input::stream("-", std::io::empty());
    expand(&[argument], &mut stdin)
        .and_then(|inputs| read(inputs, &options))
        .map_or_else(|_| Vec::new(), |ingested| ingested.runs)
}

/// What every report is asked: a target that none can miss.
fn options() -> analyse::Options {
    analyse::Options {
        command: "report".to_owned(),
        targets: vec![flags::flag_target("rate > 0/s").unwrap()],
        levels: analyse::Levels::WhereSeveral,
        ..analyse::Options::default()
    }
}

/// The runs below a folder; files of one set are one run, whichever of them was named.
fn runs_below(root: &Path) -> Vec<(String, Run)> {
    let of_file = |file: &PathBuf| {
        let name = file.strip_prefix(root).unwrap_or(file);
        let name = name.to_string_lossy().into_owned();
        let runs = runs_of(file).into_iter().map(|run| (name.clone(), run));
        runs.collect::<Vec<_>>()
    };
    let files = files_below(root);
    let read: Vec<(String, Run)> = files.par_iter().flat_map_iter(of_file).collect();
    let hashes = |run: &Run| -> BTreeSet<String> {
        let files = run.source.files.iter();
        files.map(|file| file.sha256.clone()).collect()
    };
    let sets: Vec<BTreeSet<String>> = read.iter().map(|(_, run)| hashes(run)).collect();
    let part_of_another = |place: usize, set: &BTreeSet<String>| {
        sets.iter().enumerate().any(|(other, whole)| {
            set.is_subset(whole) && set.len() < whole.len()
                || other < place && read[other].1.id == read[place].1.id
        })
    };
    let own = |place: &usize| !part_of_another(*place, &sets[*place]);
    let own: Vec<usize> = (0..read.len()).filter(own).collect();
    own.into_iter().map(|place| read[place].clone()).collect()
}

/// One report a run.
fn measured(runs: &[(String, Run)]) -> Vec<Sample> {
    let options = options();
    let report = |(name, run): &(String, Run)| Sample {
        name: name.clone(),
        report: analyse::analyse(vec![run.clone()], &options),
    };
    runs.par_iter().map(report).collect()
}

/// Reports over several runs, for the rules that are asked of them alone: repeats of two builds, loads of one scenario, a plan.
fn in_company(runs: &[(String, Run)]) -> Vec<Sample> {
    let mut groups: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    for (name, run) in runs {
        let stem = name
            .split('.')
            .next_back()
            .map_or(name.as_str(), |end| name.strip_suffix(end).unwrap_or(name));
        let repeat = stem
            .rsplit_once("-r")
            .filter(|(_, n)| n.starts_with(|c: char| c.is_ascii_digit()));
        let level = ["hardwork-rate-", "search-rate-", "users-"]
            .into_iter()
            .find_map(|part| Some(stem.split_at(stem.find(part)?).0.to_owned() + part));
        let key = level.or(repeat.map(|(key, _)| key.to_owned()));
        if let Some(key) = key {
            groups
                .entry(format!("{key} {}", run.source.format))
                .or_default()
                .push(run.clone());
        }
    }
    let mut samples = Vec::new();
    for (name, runs) in &groups {
        let report = if let Some((head, rest)) = name.split_once("regressed-") {
            let tail = rest.rsplit_once(' ').map_or("", |(_, format)| format);
            let Some(base) = groups.get(&format!("{head}baseline {tail}")) else {
                continue;
            };
            let how = compare::Options::default();
            analyse::analyse_pair(base.clone(), runs.clone(), &options(), &how)
        } else {
            analyse::analyse(runs.clone(), &options())
        };
        samples.push(Sample {
            name: name.clone(),
            report,
        });
    }
    samples
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn table(samples: &[Sample], company: &[Sample]) -> String {
    let mut text = format!(
        "{} reports of one run, {} of several\n\nrule  effect        one run         several\n",
        samples.len(),
        company.len()
    );
    let counts = |samples: &[Sample], rule: &str| {
        let mut counts: BTreeMap<Effect, usize> = BTreeMap::new();
        for sample in samples {
            if let Some(effect) = sample.effects().get(rule) {
                *counts.entry(*effect).or_default() += 1;
            }
        }
        counts
    };
    for rule in RULES {
        let (alone, several) = (
            counts(samples, rule.id.as_str()),
            counts(company, rule.id.as_str()),
        );
        let effects: BTreeSet<Effect> = alone.keys().chain(several.keys()).copied().collect();
        if effects.is_empty() {
            writeln!(text, "{:<5} never", rule.id).unwrap();
        }
        for effect in effects {
            let count = alone.get(&effect).copied().unwrap_or(0);
            let percent = 100.0 * share(count, samples.len());
            let more = several.get(&effect).copied().unwrap_or(0);
            let line = format!(
                "{:<5} {:<13} {count:>5} {percent:>5.1}%  {more:>9}",
                rule.id,
                effect.id()
            );
            writeln!(text, "{line}").unwrap();
        }
    }
    let mut verdicts: BTreeMap<(bool, Verdict), usize> = BTreeMap::new();
    for sample in samples {
        let key = (sample.is_healthy(), sample.report.verdict);
        *verdicts.entry(key).or_default() += 1;
    }
    for ((healthy, verdict), count) in verdicts {
        let kind = if healthy { "healthy" } else { "other" };
        writeln!(text, "{kind}: {count} {verdict}").unwrap();
    }
    for sample in samples.iter().filter(|sample| sample.is_healthy()) {
        if sample.report.verdict != Verdict::Pass {
            let why: Vec<String> = sample
                .effects()
                .iter()
                .filter(|(_, effect)| **effect != Effect::Note)
                .map(|(rule, effect)| format!("{rule} {}", effect.id()))
                .collect();
            let (verdict, name) = (sample.report.verdict, &sample.name);
            writeln!(text, "healthy and {verdict}: {name} ({})", why.join(", ")).unwrap();
        }
    }
    text
}

/// Rules that warn on more of the samples than a reader would bear.
fn too_loud(samples: &[Sample]) -> Vec<String> {
    let warns = |sample: &Sample, id: &str| {
        sample
            .effects()
            .get(id)
            .is_some_and(|effect| matches!(effect, Effect::Warn | Effect::Void))
    };
    let loud = RULES.iter().filter_map(|rule| {
        let count = samples
            .iter()
            .filter(|sample| warns(sample, rule.id.as_str()))
            .count();
        let share = share(count, samples.len());
        (share > WARNING).then(|| format!("{} warns on {:.1} %", rule.id, 100.0 * share))
    });
    loud.collect()
}

fn passing(samples: &[Sample]) -> f64 {
    let healthy: Vec<_> = samples.iter().filter(|one| one.is_healthy()).collect();
    let pass = healthy
        .iter()
        .filter(|one| one.report.verdict == Verdict::Pass);
    share(pass.count(), healthy.len())
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the table is what `--nocapture` is for"
)]
fn healthy_samples_pass_and_no_rule_is_wallpaper() {
    let mut roots = vec![samples()];
    roots.extend(std::env::var_os("KNEE_SAMPLES").map(PathBuf::from));
    let mut problems = Vec::new();
    for root in roots {
        let runs = runs_below(&root);
        let measured = measured(&runs);
        println!("{}", table(&measured, &in_company(&runs)));
        let passing = passing(&measured);
        println!("{:.1} % of the healthy samples pass\n", 100.0 * passing);
        problems.extend(too_loud(&measured));
        if passing < PASSING {
            problems.push(format!(
                "only {:.1} % of the healthy samples pass",
                100.0 * passing
            ));
        }
    }
    assert_eq!(problems, Vec::<String>::new());
}
