//! Whole-process times of `knee report` beside a named alternative that only reads the same file, in the same run.
//!
//! Machines differ and are noisy: read the ratio of two lines of one group, not a time. The inputs are generated from a fixed
//! seed into the target directory once. `KNEE_BENCH_ROWS` sets the rows of the request log (10 000 000 by default).
//!
//! Alternatives: Python's `json` and `csv` modules (skipped where there is no `python3`), and the `csv` crate with a hash map
//! of counts, which is what one would write first.

mod generate;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// A small generator of numbers: the same on every machine.
struct Seed(u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Milliseconds with a long tail.
    fn latency(&mut self) -> u64 {
        let base = 5 + self.below(40);
        if self.below(100) == 0 {
            base * (10 + self.below(60))
        } else {
            base + self.below(base)
        }
    }
}

fn inputs() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-inputs");
    std::fs::create_dir_all(&folder).expect("the target directory can be written");
    folder
}

fn made(name: &str, write: impl FnOnce(&mut BufWriter<File>)) -> PathBuf {
    let path = inputs().join(name);
    if !path.exists() {
        let half = path.with_extension("half");
        let mut file = BufWriter::new(File::create(&half).expect("a new file"));
        write(&mut file);
        file.flush().expect("a whole file");
        std::fs::rename(&half, &path).expect("a finished file");
    }
    path
}

/// Compact JSON as `JSON.stringify(..., null, 2)` writes it, as the tool does. No name here holds a bracket, comma or colon.
fn indented(compact: &str, depth: usize) -> String {
    let mut text = String::with_capacity(compact.len() * 2);
    let mut depth = depth;
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    for letter in compact.chars() {
        match letter {
            '{' => {
                depth += 1;
                text.push('{');
                line(&mut text, depth);
            }
            '}' => {
                depth -= 1;
                line(&mut text, depth);
                text.push('}');
            }
            ',' => {
                text.push(',');
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            other => text.push(other),
        }
    }
    text
}

/// Windows of ten seconds: 1 600 of 5 endpoints (4 h 27 min) are about 10 MB, 8 640 of 9 (a day) about 77 MB.
fn artillery(windows: u64, endpoints: u64) -> PathBuf {
    made(
        &format!("artillery-{windows}-{endpoints}-indented.json"),
        |file| {
            let mut seed = Seed(1);
            let mut window = |start: u64| {
                let mut counters = String::new();
                let mut summaries = String::new();
                let summary = |seed: &mut Seed, count: u64| {
                    let base = seed.latency();
                    format!(
                        "{{\"min\":{},\"max\":{},\"count\":{count},\"mean\":{}.5,\"p50\":{}.1,\"median\":{}.1,\"p75\":{},\"p90\":{},\"p95\":{},\"p99\":{},\"p999\":{}}}",
                        base / 2,
                        base * 20,
                        base * 2,
                        base,
                        base,
                        base * 2,
                        base * 4,
                        base * 6,
                        base * 12,
                        base * 19
                    )
                };
                for endpoint in 0..endpoints {
                    let count = 80 + seed.below(40);
                    let _ = write!(
                        counters,
                        "\"plugins.metrics-by-endpoint./api/resource-{endpoint}.codes.200\":{count},"
                    );
                    let text = summary(&mut seed, count);
                    let _ = write!(
                        summaries,
                        "\"plugins.metrics-by-endpoint.response_time./api/resource-{endpoint}\":{text},"
                    );
                }
                let all = summary(&mut seed, 1200);
                let _ = write!(
                    counters,
                    "\"http.requests\":1200,\"http.responses\":1200,\"http.codes.200\":1200,\"vusers.created\":200,\"vusers.completed\":200,\"vusers.failed\":0"
                );
                let _ = write!(
                    summaries,
                    "\"http.response_time\":{all},\"http.response_time.2xx\":{all},\"vusers.session_length\":{all}"
                );
                let end = start + 9_990;
                format!(
                    "\"counters\":{{{counters}}},\"rates\":{{\"http.request_rate\":120}},\"firstCounterAt\":{start},\"firstHistogramAt\":{start},\"lastCounterAt\":{end},\"lastHistogramAt\":{end},\"firstMetricAt\":{start},\"lastMetricAt\":{end},\"summaries\":{{{summaries}}},\"histograms\":{{{summaries}}}"
                )
            };
            let start = 1_795_227_810_000_u64;
            let aggregate = window(start).replace(
                &format!("\"lastMetricAt\":{}", start + 9_990),
                &format!("\"lastMetricAt\":{}", start + windows * 10_000),
            );
            let aggregate = indented(&format!("{{\"period\":{start},{aggregate}}}"), 1);
            write!(
                file,
                "{{\n  \"aggregate\": {aggregate},\n  \"intermediate\": ["
            )
            .expect("written");
            for place in 0..windows {
                let at = start + place * 10_000;
                let comma = if place > 0 { "," } else { "" };
                let window = indented(&format!("{{\"period\":\"{at}\",{}}}", window(at)), 2);
                write!(file, "{comma}\n    {window}").expect("written");
            }
            write!(file, "\n  ]\n}}").expect("written");
        },
    )
}

/// An hour of full history: 3 600 seconds of 20 endpoints and the total.
fn locust() -> PathBuf {
    let head = "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%";
    let history = made("hour_stats_history.csv", |file| {
        let mut seed = Seed(2);
        write!(file, "Timestamp,User Count,Type,Name,Requests/s,Failures/s,{head},Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size\r\n").expect("written");
        for second in 0..3_600_u64 {
            let at = 1_795_227_500 + second;
            for endpoint in 0..=20_u64 {
                let (method, name, scale) = if endpoint == 20 {
                    ("", "Aggregated".to_owned(), 20)
                } else {
                    ("GET", format!("/api/resource/{endpoint}"), 1)
                };
                let base = seed.latency();
                let total = (second + 1) * 10 * scale;
                write!(
                    file,
                    "{at},100,{method},{name},{}.000000,0.000000,{base},{},{},{},{},{},{},{},{},{},{},{total},{},{base},{base}.25,1.5,{}.5,2400.0\r\n",
                    10 * scale, base + 1, base + 2, base + 3, base * 2, base * 3, base * 4, base * 5, base * 6, base * 7, base * 8,
                    second * scale / 100, base * 8
                )
                .expect("written");
            }
        }
    });
    made("hour_stats.csv", |file| {
        write!(file, "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,{head}\r\n").expect("written");
        for endpoint in 0..=20_u64 {
            let (method, name, scale) = if endpoint == 20 {
                ("", "Aggregated".to_owned(), 20)
            } else {
                ("GET", format!("/api/resource/{endpoint}"), 1)
            };
            write!(file, "{method},{name},{},{},20,25.5,1.5,900.5,2400.0,{}.0,0.0,20,24,28,30,40,60,80,100,300,800,900\r\n", 36_000 * scale, 35 * scale, 10 * scale).expect("written");
        }
    });
    history
}

/// One hour of requests over 20 endpoints, whole milliseconds, about 1 % failed.
fn requests() -> PathBuf {
    let asked = std::env::var("KNEE_BENCH_ROWS").ok();
    let rows: u64 = asked
        .and_then(|text| text.parse().ok())
        .unwrap_or(10_000_000);
    let table = generate::Table {
        rows,
        seconds: 3_600,
        seed: 3,
        whole: true,
        quoted_every: 0,
    };
    made(&format!("requests-{rows}.csv"), |file| {
        generate::write(table, file).expect("written");
    })
}

fn knee(path: &Path) {
    let done = Command::new(env!("CARGO_BIN_EXE_knee"))
        .args(["report", "--quiet"])
        .arg(path)
        .current_dir(inputs())
        .stdout(Stdio::null())
        .status()
        .expect("knee runs");
    assert!(done.success());
}

fn python(script: &str, path: &Path) {
    let done = Command::new("python3")
        .args(["-c", script])
        .arg(path)
        .stdout(Stdio::null())
        .status()
        .expect("python3 runs");
    assert!(done.success());
}

fn has_python() -> bool {
    Command::new("python3")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

const PYTHON_JSON: &str = "import json,sys; json.load(open(sys.argv[1]))";
const PYTHON_CSV: &str =
    "import csv,sys\nfor row in csv.reader(open(sys.argv[1], newline='')): pass";

/// What one would write first: the csv crate, a map of endpoints, a map of whole milliseconds.
fn csv_crate(path: &Path) -> usize {
    let mut reader = csv::Reader::from_path(path).expect("the input");
    let headers = reader.byte_headers().expect("a header").clone();
    let column = |name: &[u8]| {
        headers
            .iter()
            .position(|header| header == name)
            .expect("a column")
    };
    let (endpoint, latency, code) = (column(b"endpoint"), column(b"latency_ms"), column(b"code"));
    let mut counts: HashMap<Vec<u8>, HashMap<u64, u64>> = HashMap::new();
    let mut failed = 0_usize;
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).expect("a row") {
        let text = std::str::from_utf8(&record[latency]).ok();
        let millis = text.and_then(|text| text.parse().ok()).expect("a number");
        failed += usize::from(&record[code] != b"200");
        if let Some(counts) = counts.get_mut(&record[endpoint]) {
            *counts.entry(millis).or_default() += 1;
        } else {
            counts.insert(record[endpoint].to_vec(), HashMap::from([(millis, 1)]));
        }
    }
    counts.len() + failed
}

fn benches(criterion: &mut Criterion) {
    let with_python = has_python();
    let mut start = criterion.benchmark_group("start-up");
    start.bench_function("knee --version", |bench| {
        bench.iter(|| {
            Command::new(env!("CARGO_BIN_EXE_knee"))
                .arg("--version")
                .stdout(Stdio::null())
                .status()
        });
    });
    start.finish();

    let cases: [(&str, PathBuf, &str, &str); 3] = [
        (
            "artillery-10-mb",
            artillery(1_600, 5),
            "python json.load",
            PYTHON_JSON,
        ),
        (
            "artillery-day-77-mb",
            artillery(8_640, 9),
            "python json.load",
            PYTHON_JSON,
        ),
        (
            "locust-hour-full-history",
            locust(),
            "python csv.reader",
            PYTHON_CSV,
        ),
    ];
    for (name, path, alternative, script) in cases {
        let mut group = criterion.benchmark_group(name);
        group
            .sample_size(10)
            .measurement_time(Duration::from_secs(10));
        group.bench_function("knee report", |bench| bench.iter(|| knee(&path)));
        if with_python {
            group.bench_function(alternative, |bench| bench.iter(|| python(script, &path)));
        }
        group.finish();
    }

    let path = requests();
    let mut group = criterion.benchmark_group("requests-csv");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(20));
    group.bench_function("knee report", |bench| bench.iter(|| knee(&path)));
    group.bench_function("csv crate, counts per endpoint", |bench| {
        bench.iter(|| black_box(csv_crate(&path)));
    });
    if with_python {
        group.bench_function("python csv.reader", |bench| {
            bench.iter(|| python(PYTHON_CSV, &path));
        });
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
