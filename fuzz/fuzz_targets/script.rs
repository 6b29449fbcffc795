//! Any bytes as a script beside an Artillery run give a run or an error.
#![no_main]

use knee::ingest::Options;

#[path = "../read.rs"]
mod read;

const RUN: &str = r#"{"aggregate": {"firstMetricAt": 4000, "lastMetricAt": 22000,
    "counters": {"vusers.created": 6, "http.requests": 12, "http.responses": 12, "http.codes.200": 12,
        "plugins.metrics-by-endpoint./a.codes.200": 12},
    "summaries": {"http.response_time": {"min": 0, "max": 9, "count": 12, "p99": 9.1}}}, "intermediate": []}"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let script = std::env::temp_dir().join(format!("knee-fuzz-script-{}.yml", std::process::id()));
    if std::fs::write(&script, bytes).is_ok() {
        let options = Options { script: Some(script), jobs: 1, ..Options::default() };
        read::read_with(RUN.as_bytes(), options);
    }
});
