//! Any bytes as samples or test results beside a run give an answer; the run with them survives being written and read.
#![no_main]

use std::io::Cursor;

use knee::pipeline as analyse;
use knee::ingest::Input;
use knee::ingest::beside::{read_resources, read_tests};
use knee::model::{Run, Seconds};
use knee::render::{Layout, RENDERERS};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut run = Run::new("fuzz", "fuzz");
    run.started_at = "2026-11-21T02:17:06Z".parse().ok();
    run.duration = Some(Seconds(120.0));
    let mut runs = vec![run];
    let input = || Input::stream("stats.csv", Cursor::new(bytes.to_vec()));
    let outcomes = [read_resources(&[input()], &mut runs), read_tests(&input(), &mut runs)];
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert!(!error.to_string().is_empty());
    }
    for run in &runs {
        let text = serde_json::to_string(run).expect("a run has a JSON form");
        let back: Run = serde_json::from_str(&text).expect("what was written reads back");
        assert_eq!(&back, run);
    }
    let report = analyse::analyse(runs, &analyse::Options::default());
    for renderer in RENDERERS {
        (renderer.render)(&report, &Layout::default()).expect("every report has a page");
    }
});
