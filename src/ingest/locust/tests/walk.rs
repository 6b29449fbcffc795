//! Every Locust file in `samples/locust`, read a second time by other means and compared figure by figure.

#![expect(
    clippy::float_cmp,
    reason = "figures of a file are equal to the digit; texts are ASCII"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::ingest::{Input, Options, expand, read};
use crate::model::{ErrorKind, Percentile, Run, Stats};

pub(in crate::ingest::locust) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/locust")
}

pub(in crate::ingest::locust) fn run_of(argument: &str) -> Run {
    let none = &mut || -> Input { panic!("no standard input") };
    let mut runs = read(
        expand(&[argument.to_owned()], none).unwrap(),
        &Options::default(),
    )
    .unwrap_or_else(|error| panic!("{argument}: {error}"))
    .runs;
    assert_eq!(runs.len(), 1, "{argument}");
    runs.remove(0)
}

pub(in crate::ingest::locust) fn sample(name: &str) -> Run {
    run_of(&samples().join(name).to_string_lossy())
}

/// A table as header, rows; made by a reader of its own, so that the two check one another.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut rows: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                row.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(vec![String::new()]),
            letter => row.last_mut().unwrap().push(letter),
        }
    }
    let header = rows.remove(0);
    rows.into_iter()
        .filter(|row| row.iter().any(|cell| !cell.is_empty()))
        .map(|row| header.iter().cloned().zip(row).collect())
        .collect()
}

fn stats<'a>(run: &'a Run, method: &str, name: &str) -> &'a Stats {
    let found = run
        .endpoints
        .iter()
        .find(|e| e.name == name && e.method.as_deref().unwrap_or("") == method);
    &found.unwrap_or_else(|| panic!("no {method} {name}")).stats
}

/// The figures of a row of `_stats.csv`; how many were compared.
fn compare_row(row: &BTreeMap<String, String>, stats: &Stats, place: &str) -> usize {
    let number = |name: &str| row[name].parse::<f64>().ok();
    assert_eq!(stats.requests, row["Request Count"].parse().ok(), "{place}");
    assert_eq!(stats.failures, row["Failure Count"].parse().ok(), "{place}");
    let rate = stats.rate.map_or(0.0, |rate| rate.0);
    assert!(
        (rate - number("Requests/s").unwrap()).abs() < 1e-9,
        "{place}"
    );
    let Some(latency) = &stats.latency else {
        assert_eq!(number("Max Response Time"), Some(0.0), "{place}");
        return 3;
    };
    assert_eq!(
        latency.mean.map(|v| v.0),
        number("Average Response Time"),
        "{place}"
    );
    assert_eq!(
        latency.min.map(|v| v.0),
        number("Min Response Time"),
        "{place}"
    );
    assert_eq!(
        latency.max.map(|v| v.0),
        number("Max Response Time"),
        "{place}"
    );
    for (percentile, value) in &latency.percentiles {
        let column = format!("{}%", percentile.percent());
        assert_eq!(Some(value.0), number(&column), "{place} {column}");
    }
    6 + latency.percentiles.len()
}

/// The sum of a member over the array, and the same per endpoint.
fn compare_json(entries: &[Value], run: &Run, place: &str) -> usize {
    let sum = |member: &str| {
        entries
            .iter()
            .map(|e| e[member].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(run.overall.requests, Some(sum("num_requests")), "{place}");
    assert_eq!(run.overall.failures, Some(sum("num_failures")), "{place}");
    let bytes = run.overall.bytes_received.unwrap_or(0);
    assert_eq!(bytes, sum("total_content_length"), "{place}");
    for entry in entries {
        let name = entry["name"].as_str().unwrap();
        let stats = stats(run, entry["method"].as_str().unwrap(), name);
        assert_eq!(
            stats.requests,
            entry["num_requests"].as_u64(),
            "{place} {name}"
        );
        assert_eq!(
            stats.failures,
            entry["num_failures"].as_u64(),
            "{place} {name}"
        );
        let n =
            entry["num_requests"].as_u64().unwrap() - entry["num_none_requests"].as_u64().unwrap();
        let Some(latency) = &stats.latency else {
            assert_eq!(n, 0, "{place} {name}");
            continue;
        };
        assert_eq!(latency.count, n);
        assert_eq!(
            latency.min.map(|v| v.0),
            entry["min_response_time"].as_f64(),
            "{place} {name}"
        );
        assert_eq!(
            latency.max.map(|v| v.0),
            entry["max_response_time"].as_f64(),
            "{place} {name}"
        );
        let mean = entry["total_response_time"].as_f64().unwrap() / n as f64;
        assert_eq!(latency.mean.map(|v| v.0), Some(mean), "{place} {name}");
        let mut samples: Vec<f64> = Vec::new();
        for (key, count) in entry["response_times"].as_object().unwrap() {
            let count = usize::try_from(count.as_u64().unwrap()).unwrap();
            samples.extend(std::iter::repeat_n(key.parse::<f64>().unwrap(), count));
        }
        samples.sort_by(f64::total_cmp);
        for (percentile, value) in &latency.percentiles {
            // Nearest rank: the least sample that the share does not exceed.
            let reaches = |at: &usize| (at + 1) as f64 >= n as f64 * percentile.share() - 1e-9;
            let want = (0..samples.len()).find(reaches).map(|at| samples[at]);
            assert_eq!(Some(value.0), want, "{place} {name} {percentile}");
        }
        let histogram = latency.histogram.as_ref().unwrap();
        assert_eq!(histogram.total(), n, "{place} {name}");
        let inside = histogram
            .buckets()
            .all(|(lower, upper, _)| lower.0 < upper.0);
        assert!(inside, "{place} {name}");
    }
    entries.len() * 7 + 3
}

fn stems() -> Vec<PathBuf> {
    let mut stems = Vec::new();
    for folder in fs::read_dir(samples()).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path().to_string_lossy().into_owned();
            stems.extend(path.strip_suffix("_stats.csv").map(PathBuf::from));
        }
    }
    stems.sort();
    assert!(stems.len() >= 14, "{}", stems.len());
    stems
}

#[test]
fn every_sample_set_gives_the_figures_of_its_files() {
    let mut compared = 0;
    for stem in stems() {
        let place = stem.to_string_lossy().into_owned();
        let stats_csv = PathBuf::from(format!("{place}_stats.csv"));
        let json = PathBuf::from(format!("{place}.json"));
        // From any member of the set it is the same run.
        let run = run_of(&stats_csv.to_string_lossy());
        for end in [
            "_failures.csv",
            "_exceptions.csv",
            "_stats_history.csv",
            ".json",
        ] {
            let member = format!("{place}{end}");
            if Path::new(&member).is_file() {
                assert_eq!(run_of(&member), run, "{member}");
            }
        }
        let rows = table(&stats_csv);
        if json.is_file() {
            assert_eq!(run.source.format, "locust-json", "{place}");
            let entries: Vec<Value> = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
            compared += compare_json(&entries, &run, &place);
        }
        // The tables alone, copied away from the JSON.
        let alone = tempfile::tempdir().unwrap();
        for end in [
            "_stats.csv",
            "_failures.csv",
            "_exceptions.csv",
            "_stats_history.csv",
        ] {
            let from = format!("{place}{end}");
            if Path::new(&from).is_file() {
                fs::copy(&from, alone.path().join(format!("x{end}"))).unwrap();
            }
        }
        let tables = run_of(&alone.path().join("x_stats.csv").to_string_lossy());
        assert_eq!(tables.source.format, "locust-csv", "{place}");
        for row in &rows {
            let is_total = row["Type"].is_empty() && row["Name"] == "Aggregated";
            let stats = if is_total {
                &tables.overall
            } else {
                stats(&tables, &row["Type"], &row["Name"])
            };
            compared += compare_row(row, stats, &format!("{place} {}", row["Name"]));
        }
        let history = table(Path::new(&format!("{place}_stats_history.csv")));
        compare_history(&history, &tables, &place);
        let failures = table(Path::new(&format!("{place}_failures.csv")));
        let listed: u64 = failures
            .iter()
            .map(|r| r["Occurrences"].parse::<u64>().unwrap())
            .sum();
        let errors = tables
            .errors
            .iter()
            .filter(|e| e.kind != ErrorKind::Exception);
        assert_eq!(errors.map(|e| e.count).sum::<u64>(), listed, "{place}");
    }
    assert!(compared > 1500, "{compared}");
}

fn compare_history(rows: &[BTreeMap<String, String>], run: &Run, place: &str) {
    let totals: Vec<_> = rows
        .iter()
        .filter(|row| row["Type"].is_empty() && row["Name"] == "Aggregated")
        .collect();
    let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<u64>().unwrap();
    let last = totals.last().unwrap();
    let sum = |pick: fn(&Stats) -> Option<u64>| -> u64 {
        run.timeline
            .iter()
            .filter_map(|slice| pick(&slice.stats))
            .sum()
    };
    assert_eq!(
        sum(|s| s.requests),
        number(last, "Total Request Count"),
        "{place}"
    );
    assert_eq!(
        sum(|s| s.failures),
        number(last, "Total Failure Count"),
        "{place}"
    );
    let users = totals
        .iter()
        .map(|row| number(row, "User Count"))
        .max()
        .unwrap();
    // A history that ends before the first user is no measurement of users.
    let seen = users > 0 || run.overall.requests == Some(0);
    assert_eq!(run.load.users_max, seen.then_some(users as f64), "{place}");
    for (one, next) in run.timeline.iter().zip(run.timeline.iter().skip(1)) {
        assert_eq!(one.start.0 + one.duration.0, next.start.0, "{place}");
    }
}

#[test]
fn percentiles_from_the_json_are_those_of_the_csv_where_the_counts_agree() {
    let mut compared = 0;
    for stem in stems() {
        let json = PathBuf::from(format!("{}.json", stem.display()));
        if !json.is_file() {
            continue;
        }
        let run = run_of(&json.to_string_lossy());
        for row in table(Path::new(&format!("{}_stats.csv", stem.display()))) {
            let stats = if row["Type"].is_empty() {
                &run.overall
            } else {
                stats(&run, &row["Type"], &row["Name"])
            };
            let same = stats.requests == row["Request Count"].parse().ok();
            let timed = stats
                .latency
                .as_ref()
                .filter(|l| Some(l.count) == stats.requests);
            let (true, Some(latency)) = (same, timed) else {
                continue;
            };
            for percent in [50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99] {
                let percentile = Percentile::new(percent).unwrap();
                let want: f64 = row[&format!("{percent}%")].parse().unwrap();
                let found = latency.percentile(percentile).unwrap().0;
                // There Locust takes the next sample, and knee the nearest rank.
                if percentile.divides(latency.count) {
                    assert!(found <= want, "{stem:?} {}", row["Name"]);
                } else {
                    assert_eq!(found, want, "{stem:?} {}", row["Name"]);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 500, "{compared}");
}
