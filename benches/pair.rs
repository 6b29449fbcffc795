//! Whole-process time of `knee compare` over many endpoints and repeats, beside Python's `json` module reading the same files.
//!
//! 1 000 endpoints, ten runs a side, as Locust's `--json` writes them: a histogram and two counts by second for every endpoint, 500
//! requests each. Read the ratio, not the times. Skipped is the alternative where there is no `python3`.
//!
//! Measured on 2 cores: the whole comparison, report included, runs at 0.74 (0.76 to 0.78 before the mix was weighed) of the
//! speed of Python's reading alone and takes 1.5 times its processor time; 182 MB. On cores to itself it was not measured.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

const ENDPOINTS: u64 = 1_000;
const RUNS: u64 = 10;
const REQUESTS: u64 = 500;
const SECONDS: u64 = 60;

/// A small generator of numbers: the same on every machine.
struct Seed(u64);

impl Seed {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn run(side: &str, number: u64, slower: u64) -> String {
    let mut seed = Seed(number * 2 + u64::from(side == "new"));
    let start = 1_795_227_500 + number * 1_000;
    // How fast this minute of the machine is, in per cent.
    let minute = 95 + seed.below(10);
    let mut text = String::from("[");
    for endpoint in 0..ENDPOINTS {
        let base = 20 + endpoint % 80;
        let slower = if endpoint % 100 == 0 { slower } else { 100 };
        let mut counts = std::collections::BTreeMap::new();
        let mut total = 0;
        for _ in 0..REQUESTS {
            let tail = if seed.below(40) == 0 { 5 } else { 1 };
            let millis = (base + seed.below(base)) * tail * minute * slower / 10_000;
            // Locust rounds to ten from a hundred on.
            let millis = if millis < 100 {
                millis
            } else {
                (millis + 5) / 10 * 10
            };
            *counts.entry(millis).or_insert(0_u64) += 1;
            total += millis;
        }
        let (least, most) = (
            counts.keys().next().copied().unwrap_or(0),
            counts.keys().next_back().copied().unwrap_or(0),
        );
        let counts: Vec<String> = counts
            .iter()
            .map(|(millis, count)| format!("\"{millis}\": {count}"))
            .collect();
        let seconds: Vec<String> = (0..SECONDS)
            .map(|second| {
                let count = REQUESTS / SECONDS + u64::from(second < REQUESTS % SECONDS);
                format!("\"{}\": {count}", start + second)
            })
            .collect();
        let comma = if endpoint > 0 { ", " } else { "" };
        let _ = write!(
            text,
            "{comma}{{\"name\": \"/api/resource/{endpoint}\", \"method\": \"GET\", \"last_request_timestamp\": {}.5, \"start_time\": {start}.25, \
             \"num_requests\": {REQUESTS}, \"num_none_requests\": 0, \"num_failures\": 0, \"total_response_time\": {total}.0, \
             \"max_response_time\": {most}.0, \"min_response_time\": {least}.0, \"total_content_length\": 120000, \
             \"response_times\": {{{}}}, \"num_reqs_per_sec\": {{{}}}, \"num_fail_per_sec\": {{}}}}",
            start + SECONDS - 1,
            counts.join(", "),
            seconds.join(", "),
        );
    }
    text.push(']');
    text
}

fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-pair");
    std::fs::create_dir_all(&folder).expect("the target directory can be written");
    let mut paths = Vec::new();
    for (side, slower) in [("base", 100), ("new", 130)] {
        for number in 0..RUNS {
            let path = folder.join(format!("{side}-{number}.json"));
            if !path.exists() {
                std::fs::write(&path, run(side, number, slower)).expect("a new file");
            }
            paths.push(path);
        }
    }
    paths
}

fn knee(paths: &[PathBuf]) -> Vec<u8> {
    let (base, new) = paths.split_at(paths.len() / 2);
    let done = Command::new(env!("CARGO_BIN_EXE_knee"))
        .args(["compare", "--quiet", "--interleaved", "--base"])
        .args(base)
        .arg("--new")
        .args(new)
        .output()
        .expect("knee runs");
    assert!(done.status.success());
    done.stdout
}

fn benches(criterion: &mut Criterion) {
    let paths = inputs();
    assert_eq!(knee(&paths), knee(&paths), "same input, same bytes");
    let mut group = criterion.benchmark_group("compare-1000-endpoints-10-v-10");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(15));
    group.bench_function("knee compare", |bench| bench.iter(|| knee(&paths)));
    let script = "import json,sys\nfor name in sys.argv[1:]: json.load(open(name))";
    let python = || {
        Command::new("python3")
            .args(["-c", script])
            .args(&paths)
            .stdout(Stdio::null())
            .status()
    };
    if python().is_ok_and(|status| status.success()) {
        group.bench_function("python json.load of every file", |bench| bench.iter(python));
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
