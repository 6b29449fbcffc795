//! Columns agree: in every row of every comparison of the shipped repeats, change is what anyone gets from base and new, and
//! the interval is of the same figure.

use serde_json::Value;

use crate::{Scratch, sample};

/// Sides of the shipped repeats: tool, base, new, and how many runs there are of each.
const PAIRS: [(&str, &str, &str, u32); 4] = [
    ("artillery", "baseline", "regressed-errors", 5),
    ("locust", "baseline", "regressed-tail", 5),
    (
        "locust",
        "saturated-baseline",
        "saturated-regressed-throughput",
        3,
    ),
    // Unlike runs: not judged, and shown all the same.
    ("locust", "baseline", "saturated-baseline", 3),
];

fn files(tool: &str, name: &str, count: u32) -> Vec<String> {
    let path = |number| sample(&format!("repeats/{tool}/{name}-r{number}.json"));
    (1..=count)
        .map(|number| path(number).to_str().unwrap().to_owned())
        .collect()
}

/// What the command says of two sides.
fn said(scratch: &Scratch, how: &[&str], base: &[String], new: &[String]) -> String {
    let mut arguments = vec!["compare"];
    arguments.extend(how);
    arguments.push("--base");
    arguments.extend(base.iter().map(String::as_str));
    arguments.push("--new");
    arguments.extend(new.iter().map(String::as_str));
    let done = scratch.knee(&arguments);
    assert_eq!(done.code, 0, "{}", done.err);
    done.out
}

fn number(metric: &Value, member: &str) -> Option<f64> {
    metric[member].as_f64()
}

#[test]
fn change_is_what_anyone_gets_from_base_and_new_and_so_is_the_middle_of_its_interval() {
    let scratch = Scratch::new("columns-json");
    let mut judged = 0;
    for (tool, base, new, all) in PAIRS {
        for (count, how) in [(all, "--interleaved"), (all, "-q"), (2, "-q"), (1, "-q")] {
            let sides = [files(tool, base, count), files(tool, new, count)];
            for [base, new] in [[&sides[0], &sides[1]], [&sides[1], &sides[0]]] {
                let text = said(&scratch, &[how, "--format", "json"], base, new);
                let report: Value = serde_json::from_str(&text).unwrap();
                for metric in report["comparisons"][0]["metrics"].as_array().unwrap() {
                    let Some(change) = number(metric, "change") else {
                        continue;
                    };
                    let base = number(metric, "base").unwrap();
                    let new = number(metric, "new").unwrap();
                    let is_ratio = metric["change_unit"] == "relative";
                    let wanted = if is_ratio {
                        new / base - 1.0
                    } else {
                        new - base
                    };
                    assert!((change - wanted).abs() < 1e-9, "{metric}");
                    let Some(p) = number(metric, "p_value") else {
                        continue;
                    };
                    judged += 1;
                    let lo = number(&metric["interval"], "lo").unwrap();
                    let hi = number(&metric["interval"], "hi").unwrap();
                    if is_ratio {
                        let middle = ((1.0 + lo) * (1.0 + hi)).sqrt() - 1.0;
                        assert!((middle - change).abs() < 1e-9, "{metric}");
                        let is_worse = (change > 0.0) == (metric["better"] == "lower");
                        assert!(change == 0.0 || is_worse == (p < 0.5), "{metric}");
                    } else {
                        // That of few failures is not symmetric.
                        assert!(lo <= change && change <= hi, "{metric}");
                    }
                }
            }
        }
    }
    assert!(judged > 200, "{judged}");
}

/// What a cell says in milliseconds, per second, or in per cent, and half of its last digit.
fn read(cell: &str) -> Option<(f64, f64)> {
    let (digits, unit) = match cell.split_once('/') {
        Some((digits, _)) => (digits, "s"),
        None => cell.split_once(' ').unwrap_or((cell, "")),
    };
    let digits = digits.replace(',', "");
    let value: f64 = digits.parse().ok()?;
    let places = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let half = 0.5 / 10_f64.powi(i32::try_from(places).unwrap());
    let scale = if cell.ends_with(" s") { 1_000.0 } else { 1.0 };
    let known = ["ms", "s", "%", "pt", ""].contains(&unit);
    assert!(known, "{cell}");
    Some((value * scale, half * scale))
}

#[test]
fn a_row_of_the_page_agrees_as_far_as_it_is_written_out() {
    let scratch = Scratch::new("columns-page");
    let mut rows = 0;
    for (tool, base, new, count) in PAIRS {
        let (base, new) = (files(tool, base, count), files(tool, new, count));
        let page = said(
            &scratch,
            &["--interleaved", "--format", "markdown"],
            &base,
            &new,
        );
        let table = page.lines().filter(|line| line.starts_with('|'));
        for line in table.take_while(|line| !line.contains("n base")) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [_, metric, base, new, change, ..] = cells.as_slice() else {
                continue;
            };
            let (Some(base), Some(new), Some(change)) = (read(base), read(new), read(change))
            else {
                continue;
            };
            rows += 1;
            let of = |base: f64, new: f64| {
                if metric.ends_with("rate") {
                    new - base
                } else {
                    100.0 * (new / base - 1.0)
                }
            };
            let least = of(base.0 + base.1, new.0 - new.1) - change.1;
            let most = of(base.0 - base.1, new.0 + new.1) + change.1;
            assert!(least <= change.0 && change.0 <= most, "{line}");
        }
    }
    assert!(rows > 50, "{rows}");
}
