//! Reads bytes with options, and does with the runs what the program would.

use std::io::Cursor;

use knee::pipeline as analyse;
use knee::ingest::{self, Input, Options};
use knee::model::Run;
use knee::render::{Layout, RENDERERS};

/// Reads, writes and reads back, analyses and renders.
pub fn read_with(bytes: &[u8], options: Options) {
    let mut input = Some(Input::stream("-", Cursor::new(bytes.to_vec())));
    let mut stdin = || input.take().expect("asked for once");
    let candidates = ingest::expand(&["-".to_owned()], &mut stdin).expect("one stream");
    let runs = match ingest::read(candidates, &options) {
        Ok(ingested) => ingested.runs,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    for run in &runs {
        let text = serde_json::to_string(run).expect("a run has a JSON form");
        let back: Run = serde_json::from_str(&text).expect("what was written reads back");
        assert_eq!(&back, run);
    }
    let report = analyse::analyse(runs, &analyse::Options::default());
    for renderer in RENDERERS {
        (renderer.render)(&report, &Layout::default()).expect("every report has a page");
    }
}
