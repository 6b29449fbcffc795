//! Whether the knee is where it is: series of load levels on simulated queues of known capacity, asked through the command line.
//!
//! A series has 5 to 8 levels, evenly or geometrically spaced from 15-40 % of the truth up; the highest is at 1.2 to 1.8 of it
//! (saturated) or at 0.3 to 0.7 (free: a knee that is reported there is a false one). The truth of open queues is their capacity
//! in requests per second; of closed ones the users that would keep the servers just busy if none ever waited, capacity x
//! (service + think time). Capacities lie between 20 and 400 requests per second, a level has 2 000 to 5 000 requests at the
//! capacity, queues are empty at the start, and the generator waits for answers at the end (30 s, or the time-out). Each run has
//! a machine factor on its service times: log-normal, of the given spread. Kinds: `mm1`; `mmc`, 2 to 16 servers; `mg1`, log-normal
//! service (cv 0.5 to 1.5) and clients that give up after 50 to 500 mean service times (seconds, against tens of milliseconds),
//! which the server does not know; `closed`, users who think for 5 to 20 service times, one server or 2 to 16.
//!
//! `drain` is an `mm1` whose runs have no phases and no timeline, only what was offered and figures over all of their time, the last
//! answers included. `flow`: sessions of seven requests, one after another, that cost 0.2 to 1.8 mean service times each; the truth
//! is the sessions per second that the server can complete.
//!
//! A line of its own, and in no sum: `impatient`, cv 0.5 to 2 and clients that give up after 10 to 40 service times. Goodput falls
//! before the capacity there; the truth is the rate with the most good answers, by long runs of the simulation itself.
//!
//! The simulation is held against the formulas of textbooks first, and the program ends if it is off by more than 3 %. Then
//! `knee scale --format json` is asked. Brackets are 95 % Wilson intervals, shares are of all series of the line unless said.
//!
//! `cargo bench --bench knee`. `KNEE_TRIALS` sets the series a line (200 by default), `KNEE_FIRST` the number of the first of them
//! (40 by default: by those below, the thresholds of the program were looked at), `KNEE_KINDS` keeps the lines whose name holds
//! one of its words (`closed,mm1-free`: names are `KIND-saturated|free-REPEATS-SPREAD`). `KNEE_MISSES=1` names the series that went
//! wrong on standard error. `KNEE_DUMP=DIR` asks nothing and writes the series: `DIR/NAME/NUMBER/level-1-r1.json`, ... and
//! `truth.json`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program of its own, whose output is the table"
)]

mod queues;
mod shared;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use queues::{Cell, Kind, Series, theory, written};
use rayon::prelude::*;
use serde_json::Value;
use shared::{median, share};

/// What the program says of a series, beside the truth.
struct Answer {
    number: u64,
    /// Whether a knee was looked for at all.
    asked: bool,
    found: bool,
    /// Over the truth.
    level: Option<f64>,
    holds: bool,
    criterion: String,
    /// How far the series goes, as a share of the truth.
    reach: f64,
    /// Share of the requests of the highest level that failed: beyond one in twenty a knee is no false alarm to everybody.
    failing: f64,
    /// The truth over the capacity in requests per second.
    below: f64,
}

impl Answer {
    fn is_within(&self, limit: f64) -> bool {
        self.level.is_some_and(|level| (level - 1.0).abs() <= limit)
    }
}

/// Writes the runs; their names in order.
fn write(series: &Series, folder: &Path) -> Vec<String> {
    std::fs::create_dir_all(folder).unwrap();
    let mut names = Vec::new();
    for (place, (level, runs)) in series.levels.iter().zip(&series.runs).enumerate() {
        for (repeat, run) in runs.iter().enumerate() {
            let name = format!("level-{}-r{}", place + 1, repeat + 1);
            let file = format!("{name}.json");
            let text = written::run(series, *level, run, &name).to_string();
            std::fs::write(folder.join(&file), text).unwrap();
            names.push(file);
        }
    }
    names
}

fn ask(series: &Series, number: u64, folder: &Path) -> Answer {
    // A folder of a repository: no `knee.toml` above it is looked for.
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    let names = write(series, folder);
    let done = Command::new(env!("CARGO_BIN_EXE_knee"))
        .current_dir(folder)
        .args(["scale", "--quiet", "--format", "json"])
        .args(names)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}: {}",
        folder.display(),
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::remove_dir_all(folder).unwrap();
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let scalings = report["scalings"].as_array().unwrap();
    assert_eq!(scalings.len(), 1, "{}: one series", folder.display());
    let knee = &scalings[0]["knee"];
    let (lo, hi) = (
        knee["interval"]["lo"].as_f64(),
        knee["interval"]["hi"].as_f64(),
    );
    let found = knee["found"].as_bool() == Some(true);
    Answer {
        number,
        asked: knee.is_object(),
        found,
        level: knee["level"]
            .as_f64()
            .filter(|_| found)
            .map(|level| level / series.truth),
        holds: found
            && lo
                .zip(hi)
                .is_some_and(|(lo, hi)| (lo..=hi).contains(&series.truth)),
        criterion: knee["criterion"].as_str().unwrap_or("none").to_owned(),
        reach: series.reach(),
        failing: series.failing(),
        below: series.truth / series.capacity,
    }
}

/// What fired how often, the most frequent first.
fn criteria(answers: &[&Answer]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in answers.iter().filter(|answer| answer.found) {
        *counts.entry(&answer.criterion).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    words.join(", ")
}

fn counted(answers: &[&Answer], test: impl Fn(&Answer) -> bool) -> String {
    let hits = answers.iter().filter(|answer| test(answer)).count();
    share(hits as u64, answers.len() as u64)
}

const SATURATED: &str = "| kind | repeats | series | not asked | found | within 15 % | within 30 % | interval holds the truth, of those found | median error | median size of the error | criteria |\n|---|---|---|---|---|---|---|---|---|---|---|";
const FREE: &str = "| kind | repeats | series | not asked | knees reported | up to 0.3-0.5 of the capacity | up to 0.5-0.6 | up to 0.6-0.7 | where at most 5 % failed at the highest level | criteria |\n|---|---|---|---|---|---|---|---|---|---|";

fn saturated_row(answers: &[&Answer]) -> String {
    let within = |limit: f64| counted(answers, |answer| answer.is_within(limit));
    let found: Vec<&Answer> = answers.iter().copied().filter(|one| one.found).collect();
    let errors: Vec<f64> = found
        .iter()
        .filter_map(|one| Some(100.0 * (one.level? - 1.0)))
        .collect();
    let sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let middle = |values: &[f64]| {
        if values.is_empty() {
            "-".to_owned()
        } else {
            format!("{:.1}", median(values))
        }
    };
    [
        counted(answers, |one| one.found),
        within(0.15),
        within(0.3),
        counted(&found, |one| one.holds),
        middle(&errors),
        middle(&sizes),
        criteria(answers),
    ]
    .join(" | ")
}

fn free_row(answers: &[&Answer]) -> String {
    let band = |low: f64, high: f64| {
        let inside: Vec<&Answer> = answers
            .iter()
            .copied()
            .filter(|one| (low..high).contains(&one.reach))
            .collect();
        counted(&inside, |one| one.found)
    };
    let sound: Vec<&Answer> = answers
        .iter()
        .copied()
        .filter(|one| one.failing <= 0.05)
        .collect();
    [
        counted(answers, |one| one.found),
        band(0.0, 0.5),
        band(0.5, 0.6),
        band(0.6, 1.0),
        counted(&sound, |one| one.found),
        criteria(answers),
    ]
    .join(" | ")
}

fn row(kind: &str, repeats: &str, saturated: bool, answers: &[&Answer]) {
    let not_asked = answers.iter().filter(|one| !one.asked).count();
    let figures = if saturated {
        saturated_row(answers)
    } else {
        free_row(answers)
    };
    println!(
        "| {kind} | {repeats} | {} | {not_asked} | {figures} |",
        answers.len()
    );
}

fn check_simulation() {
    println!("The simulation beside theory:\n\n| | theory | simulated |\n|---|---:|---:|");
    for (name, expected, simulated) in theory::beside_theory() {
        println!("| {name} | {expected:.4} | {simulated:.4} |");
        assert!(
            (simulated / expected - 1.0).abs() < 0.03,
            "{name}: the simulation is wrong"
        );
    }
    println!();
}

/// The lines of a table that are asked for.
fn cells(saturated: bool, spread: f64) -> Vec<Cell> {
    let words = std::env::var("KNEE_KINDS").unwrap_or_default();
    let kinds = Kind::ALL.into_iter();
    kinds
        .flat_map(|kind| {
            [1, 3].map(|repeats| Cell {
                kind,
                saturated,
                repeats,
                spread,
            })
        })
        .filter(|cell| words.split(',').any(|word| cell.name().contains(word)))
        .collect()
}

/// On standard error: the series whose knee is far off, or there should be none.
fn show_misses(cell: &Cell, answers: &[Answer]) {
    let is_miss = |one: &&Answer| {
        if cell.saturated {
            !one.is_within(0.15)
        } else {
            one.found
        }
    };
    for one in answers.iter().filter(is_miss) {
        eprintln!(
            "{} {}: {:?} of the truth by {}, up to {:.2}",
            cell.name(),
            one.number,
            one.level,
            one.criterion,
            one.reach,
        );
    }
}

fn number_of(variable: &str, usual: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn main() {
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let first = number_of("KNEE_FIRST", 40);
    let numbers = first..first + number_of("KNEE_TRIALS", 200);
    let misses = std::env::var_os("KNEE_MISSES").is_some();
    check_simulation();
    let dump = std::env::var_os("KNEE_DUMP").map(PathBuf::from);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("queues");
    for spread in [0.02, 0.05] {
        for saturated in [true, false] {
            let cells = cells(saturated, spread);
            if let Some(dump) = &dump {
                for cell in &cells {
                    numbers.clone().into_par_iter().for_each(|number| {
                        let series = Series::draw(cell, number);
                        let into = dump.join(cell.name()).join(number.to_string());
                        write(&series, &into);
                        let truth = written::truth(&series).to_string();
                        std::fs::write(into.join("truth.json"), truth).unwrap();
                    });
                    println!("{}", dump.join(cell.name()).display());
                }
                continue;
            }
            if cells.is_empty() {
                continue;
            }
            println!(
                "{}, runs differ by {:.0} %; per cent\n\n{}",
                if saturated { "Saturated" } else { "Free" },
                100.0 * spread,
                if saturated { SATURATED } else { FREE },
            );
            let mut all = Vec::new();
            for cell in &cells {
                let answers: Vec<Answer> = numbers
                    .clone()
                    .into_par_iter()
                    .map(|number| {
                        let into = folder.join(format!("{}-{number}", cell.name()));
                        ask(&Series::draw(cell, number), number, &into)
                    })
                    .collect();
                let repeats = cell.repeats.to_string();
                let lines: Vec<&Answer> = answers.iter().collect();
                row(cell.kind.name(), &repeats, saturated, &lines);
                if misses {
                    show_misses(cell, &answers);
                }
                all.extend(answers.into_iter().map(|one| (cell.kind, one)));
            }
            let of = |promised: bool| -> Vec<&Answer> {
                all.iter()
                    .filter(|(kind, _)| kind.is_promised() == promised)
                    .map(|(_, one)| one)
                    .collect()
            };
            row("all but impatient", "-", saturated, &of(true));
            println!();
            let shares: Vec<f64> = of(false).iter().map(|one| one.below).collect();
            if !shares.is_empty() {
                let least = shares.iter().copied().fold(1.0, f64::min);
                let most = shares.iter().copied().fold(0.0, f64::max);
                let middle = median(&shares);
                println!(
                    "Impatient clients: the most good answers are at {middle:.2} of the capacity in the middle ({least:.2} to {most:.2}).\n"
                );
            }
        }
    }
}
