//! How often the gate is wrong, and what it can see: groups of runs with a known change, judged through the command line.
//!
//! Each trial writes two sides of knee.run/1 (five endpoints of 3 000 requests a run, exact percentiles), slows the first
//! endpoint by a factor, and runs `knee compare --format json`. Printed per cell: how often that endpoint's metric is called
//! regressed (with no change: false alarms), the shares of the other answers, and what the naive "medians 10 % worse" and an
//! exact Mann-Whitney test at 0.01 say of the same runs. Brackets are 95 % Wilson intervals. `any` is the share of reports in
//! which anything at all is called regressed.
//!
//! The model is that of the literature on CI machines, and synthetic: latencies log-normal (median 50 ms, sigma 0.5) with 3 % of
//! slow ones (250 ms, 0.7), runs and jobs each with a spread of their own, some runs bad (1.3 to 2 times as slow). A tenth of the
//! variance of runs and jobs is each endpoint's own, which is what the repeats under `samples/repeats` show. The last change
//! of each cell leaves the first endpoint as it is and makes the others faster: what is said of it then is a wrong blame.
//!
//! The machines called `apart` are the worst case for a report of many metrics, and no machine that was measured: all noise, bad
//! minutes and tails are each endpoint's own, so that every endpoint is another chance of a false alarm; error rates differ by a
//! third between runs and the rate by 3 %.
//!
//! `cargo bench --bench gate` takes long; `KNEE_TRIALS` sets the trials a cell (100 by default), `KNEE_MACHINES` the machines by
//! name (`ci,noisy-apart`; all by default) and `KNEE_RUNS` the runs a side (`1,3,5` by default), for a part of the table.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program of its own, whose output is the table"
)]

mod shared;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use knee::stats::rank_test::mann_whitney;
use serde_json::{Value, json};
use shared::{Seed, median, quantile, share};

struct Scenario {
    name: &'static str,
    /// Standard deviations of logarithms.
    runs: f64,
    jobs: f64,
    /// Share of bad runs.
    bad: f64,
    /// Spread of the share of slow requests.
    tail: f64,
    /// Whether every endpoint has all of this for itself.
    apart: bool,
}

impl Scenario {
    /// Share of the variance of runs and jobs that each endpoint has for itself.
    fn own(&self) -> f64 {
        if self.apart { 1.0 } else { 0.1 }
    }

    /// Standard deviations of the logarithms of error rates and of the time that a run takes.
    fn unsteady(&self) -> (f64, f64) {
        if self.apart { (0.3, 0.03) } else { (0.0, 0.01) }
    }
}

const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "calm",
        runs: 0.05,
        jobs: 0.0,
        bad: 0.0,
        tail: 0.0,
        apart: false,
    },
    Scenario {
        name: "ci",
        runs: 0.05,
        jobs: 0.03,
        bad: 0.03,
        tail: 0.3,
        apart: false,
    },
    Scenario {
        name: "noisy",
        runs: 0.1,
        jobs: 0.05,
        bad: 0.05,
        tail: 0.3,
        apart: false,
    },
    Scenario {
        name: "shared",
        runs: 0.294,
        jobs: 0.1,
        bad: 0.05,
        tail: 0.3,
        apart: false,
    },
    Scenario {
        name: "ci-apart",
        runs: 0.05,
        jobs: 0.03,
        bad: 0.03,
        tail: 0.3,
        apart: true,
    },
    Scenario {
        name: "noisy-apart",
        runs: 0.1,
        jobs: 0.05,
        bad: 0.05,
        tail: 0.3,
        apart: true,
    },
    Scenario {
        name: "shared-apart",
        runs: 0.294,
        jobs: 0.1,
        bad: 0.05,
        tail: 0.3,
        apart: true,
    },
];

const ENDPOINTS: usize = 5;
const REQUESTS: usize = 3_000;
const ERRORS: f64 = 0.01;

/// What changes on the new side, on the first endpoint (errors: there too; rate: the whole run).
#[derive(Clone, Copy)]
struct Change {
    latency: f64,
    errors: f64,
    rate: f64,
    /// Latency of the other endpoints.
    others: f64,
}

const UNCHANGED: Change = Change {
    latency: 1.0,
    errors: 0.0,
    rate: 1.0,
    others: 1.0,
};

/// What a job adds to the logarithm of every latency: to all endpoints, and to each.
struct Noise {
    all: f64,
    each: [f64; ENDPOINTS],
}

impl Noise {
    fn draw(seed: &mut Seed, deviation: f64, own: f64) -> Noise {
        Noise {
            all: deviation * (1.0 - own).sqrt() * seed.normal(),
            each: [(); ENDPOINTS].map(|()| deviation * own.sqrt() * seed.normal()),
        }
    }
}

/// How much slower a run is for a bad minute, and its share of slow requests.
fn minute(seed: &mut Seed, scenario: &Scenario) -> (f64, f64) {
    let bad = if seed.unit() < scenario.bad {
        1.3 + 0.7 * seed.unit()
    } else {
        1.0
    };
    (bad, 0.03 * (scenario.tail * seed.normal()).exp())
}

/// What a variable of the environment lists; `None` = everything.
fn chosen(variable: &str) -> Option<Vec<String>> {
    let text = std::env::var(variable).ok()?;
    Some(text.split(',').map(str::to_owned).collect())
}

struct Side {
    runs: Vec<Value>,
    /// p50 and p95 of the first endpoint, run by run.
    first: [Vec<f64>; 2],
}

fn side(
    seed: &mut Seed,
    scenario: &Scenario,
    repeats: usize,
    job: &Noise,
    change: Change,
    name: &str,
) -> Side {
    let mut made = Side {
        runs: Vec::new(),
        first: [Vec::new(), Vec::new()],
    };
    for number in 0..repeats {
        let (mut bad, mut slow) = minute(seed, scenario);
        let run = Noise::draw(seed, scenario.runs, scenario.own());
        let (unsteady_errors, unsteady_rate) = scenario.unsteady();
        let duration = 150.0 * (unsteady_rate * seed.normal()).exp() / change.rate;
        let errors = ERRORS * (unsteady_errors * seed.normal()).exp();
        let mut all = Vec::new();
        let (mut endpoints, mut failed) = (Vec::new(), 0);
        for endpoint in 0..ENDPOINTS {
            let factor = if endpoint == 0 {
                change.latency
            } else {
                change.others
            };
            if scenario.apart {
                (bad, slow) = minute(seed, scenario);
            }
            let noise = run.all + run.each[endpoint] + job.all + job.each[endpoint];
            let speed = noise.exp() * bad;
            let share = if endpoint == 0 {
                errors + change.errors
            } else {
                errors
            };
            let failures = (0..REQUESTS).filter(|_| seed.unit() < share).count();
            let mut latencies: Vec<f64> = (0..REQUESTS - failures)
                .map(|_| {
                    let (median, sigma): (f64, f64) = if seed.unit() < slow {
                        (250.0, 0.7)
                    } else {
                        (50.0, 0.5)
                    };
                    median * (sigma * seed.normal()).exp() * speed * factor
                })
                .collect();
            latencies.sort_by(f64::total_cmp);
            if endpoint == 0 {
                made.first[0].push(quantile(&latencies, 0.5));
                made.first[1].push(quantile(&latencies, 0.95));
            }
            failed += failures;
            let stats = stats(&latencies, REQUESTS, failures, duration);
            endpoints.push(json!({"name": format!("/{endpoint}"), "names_in": [], "stats": stats}));
            all.extend(latencies);
        }
        all.sort_by(f64::total_cmp);
        made.runs.push(json!({
            "schema": "knee.run/1",
            "id": format!("{:064x}", seed.next()),
            "name": format!("{name}-{number}"),
            "source": {"tool": "model", "format": "knee-run"},
            "duration_s": duration,
            "load": {"model": "closed", "users_max": 10.0},
            "overall": stats(&all, ENDPOINTS * REQUESTS, failed, duration),
            "endpoints": endpoints,
        }));
    }
    made
}

fn stats(sorted: &[f64], requests: usize, failures: usize, duration: f64) -> Value {
    let mut percentiles = serde_json::Map::new();
    for (name, share) in [
        ("p50", 0.5),
        ("p75", 0.75),
        ("p90", 0.9),
        ("p95", 0.95),
        ("p99", 0.99),
        ("p99.9", 0.999),
    ] {
        percentiles.insert(name.to_owned(), quantile(sorted, share).into());
    }
    json!({
        "requests": requests, "responses": requests, "failures": failures,
        "rate_per_s": requests as f64 / duration, "goodput_per_s": (requests - failures) as f64 / duration,
        "latency_ok_ms": {
            "population": "ok", "from": "send", "to": "last_byte", "count": sorted.len(),
            "min": sorted.first(), "mean": sorted.iter().sum::<f64>() / sorted.len() as f64, "max": sorted.last(),
            "percentiles": percentiles, "quantile_method": "nearest_rank",
            "resolution": {"kind": "exact"},
        },
    })
}

/// What the program says of the metrics of a trial.
struct Answer {
    metrics: Vec<(Option<String>, String, String)>,
}

impl Answer {
    fn state(&self, endpoint: Option<&str>, metric: &str) -> &str {
        let found = self
            .metrics
            .iter()
            .find(|(of, id, _)| of.as_deref() == endpoint && id == metric);
        found.map_or("absent", |(_, _, state)| state)
    }

    fn any(&self) -> bool {
        self.metrics
            .iter()
            .any(|(_, _, state)| state == "regressed")
    }
}

fn ask(folder: &Path, base: &Side, new: &Side, interleaved: bool) -> Answer {
    let write = |name: &str, side: &Side| {
        let text = side.runs.iter().fold(String::new(), |mut text, run| {
            let _ = writeln!(text, "{run}");
            text
        });
        std::fs::write(folder.join(name), text).unwrap();
    };
    write("base.jsonl", base);
    write("new.jsonl", new);
    let mut command = Command::new(env!("CARGO_BIN_EXE_knee"));
    command.current_dir(folder).args([
        "compare",
        "--quiet",
        "--format",
        "json",
        "base.jsonl",
        "new.jsonl",
    ]);
    if interleaved {
        command.arg("--interleaved");
    }
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let metrics = report["comparisons"][0]["metrics"].as_array().unwrap();
    let word = |value: &Value| value.as_str().map(str::to_owned);
    Answer {
        metrics: metrics
            .iter()
            .map(|metric| {
                let state = word(&metric["state"]).unwrap();
                (
                    word(&metric["endpoint"]),
                    word(&metric["metric"]).unwrap(),
                    state,
                )
            })
            .collect(),
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let trials: u64 = std::env::var("KNEE_TRIALS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100);
    let folder = format!("gate-{}", std::process::id());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    println!("{trials} trials a cell; per cent [95 % Wilson interval]");
    println!("change: of the latency (and in brackets of errors, rate) of the new side\n");
    println!(
        "| scenario | sides | runs | change | p50 regressed | p95 regressed | p99 regressed | errors regressed | goodput regressed | p50 unchanged / undecided / suspect | any | naive p50 | Mann-Whitney p50 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let changes = [
        ("none", UNCHANGED),
        (
            "+20 % (+1 point, -10 %)",
            Change {
                latency: 1.2,
                errors: 0.01,
                rate: 0.9,
                ..UNCHANGED
            },
        ),
        (
            "+50 % (+3 points, -20 %)",
            Change {
                latency: 1.5,
                errors: 0.03,
                rate: 0.8,
                ..UNCHANGED
            },
        ),
        (
            "others -10 %",
            Change {
                others: 0.9,
                ..UNCHANGED
            },
        ),
    ];
    let (machines, runs) = (chosen("KNEE_MACHINES"), chosen("KNEE_RUNS"));
    let is_wanted = |list: &Option<Vec<String>>, name: &str| {
        let mut names = list.iter().flatten();
        list.is_none() || names.any(|of| of == name)
    };
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        if !is_wanted(&machines, scenario.name) {
            continue;
        }
        for interleaved in [true, false] {
            for repeats in [1, 3, 5] {
                if !is_wanted(&runs, &repeats.to_string()) {
                    continue;
                }
                for (place, (label, change)) in changes.iter().enumerate() {
                    let mut seed = Seed(
                        2_026
                            + (number * 100 + repeats * 10 + place) as u64 * 2
                            + u64::from(interleaved),
                    );
                    let (mut hits, mut states) = ([0_u64; 5], [0_u64; 3]);
                    let (mut any, mut naive, mut ranks) = (0_u64, 0_u64, 0_u64);
                    for _ in 0..trials {
                        let job = Noise::draw(&mut seed, scenario.jobs, scenario.own());
                        let second = Noise::draw(&mut seed, scenario.jobs, scenario.own());
                        let other = if interleaved { &job } else { &second };
                        let base = side(&mut seed, scenario, repeats, &job, UNCHANGED, "base");
                        let new = side(&mut seed, scenario, repeats, other, *change, "new");
                        let answer = ask(&folder, &base, &new, interleaved);
                        let asked = [
                            (Some("/0"), "p50"),
                            (Some("/0"), "p95"),
                            (Some("/0"), "p99"),
                            (Some("/0"), "error_rate"),
                            (None, "goodput"),
                        ];
                        for (hit, (endpoint, metric)) in hits.iter_mut().zip(asked) {
                            *hit += u64::from(answer.state(endpoint, metric) == "regressed");
                        }
                        for (count, state) in
                            states.iter_mut().zip(["unchanged", "undecided", "suspect"])
                        {
                            *count += u64::from(answer.state(Some("/0"), "p50") == state);
                        }
                        any += u64::from(answer.any());
                        naive += u64::from(median(&new.first[0]) > 1.1 * median(&base.first[0]));
                        let test = mann_whitney(&base.first[0], &new.first[0]);
                        ranks += u64::from(test.is_some_and(|test| test.p_up < 0.01));
                    }
                    let cells: Vec<String> = hits.iter().map(|hit| share(*hit, trials)).collect();
                    let of = |count: u64| format!("{:.0}", 100.0 * count as f64 / trials as f64);
                    println!(
                        "| {} | {} | {repeats} v {repeats} | {label} | {} | {} / {} / {} | {} | {} | {} |",
                        scenario.name,
                        if interleaved {
                            "interleaved"
                        } else {
                            "two jobs"
                        },
                        cells.join(" | "),
                        of(states[0]),
                        of(states[1]),
                        of(states[2]),
                        share(any, trials),
                        share(naive, trials),
                        share(ranks, trials),
                    );
                }
            }
        }
    }
}
