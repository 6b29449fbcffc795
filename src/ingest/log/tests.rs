use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::*;
use crate::ingest::requests_csv::FORMAT;
use crate::ingest::{Input, Kind};
use crate::model::{Millis, Seconds};

fn open() -> Open {
    match FORMAT.kind {
        Kind::Log(open) => open,
        Kind::Document(_) => panic!("a log"),
    }
}

fn read_text(texts: &[&[u8]], jobs: usize, block: usize) -> Result<Run, IngestError> {
    let inputs = texts
        .iter()
        .enumerate()
        .map(|(n, text)| Input::stream(format!("{n}.csv"), Cursor::new(text.to_vec())));
    let unit = Unit {
        inputs: inputs.collect(),
        stem: "test".to_owned(),
        jobs,
        ..Unit::default()
    };
    let sizes = Sizes {
        block,
        record: 4000,
    };
    read_by(&FORMAT, open(), &unit, sizes)
}

fn json(run: &Run) -> String {
    serde_json::to_string(run).unwrap()
}

/// Where two texts part, for a message that can be read.
fn difference(a: &str, b: &str) -> Option<(String, String)> {
    let at = a.bytes().zip(b.bytes()).position(|(a, b)| a != b);
    let at = at.or((a.len() != b.len()).then(|| a.len().min(b.len())))?;
    let part = |text: &str| {
        let bytes = text.as_bytes();
        let near = &bytes[at.saturating_sub(150)..(at + 60).min(bytes.len())];
        String::from_utf8_lossy(near).into_owned()
    };
    Some((part(a), part(b)))
}

const HEADER: &str = "time,endpoint,latency_ms,ok,error\n";

/// A row, good or bad, plain or quoted.
fn row() -> impl Strategy<Value = String> {
    let latency = prop_oneof![
        5 => (0..900_u32).prop_map(|ms| ms.to_string()),
        2 => (0..900_000_u32).prop_map(|us| (f64::from(us) / 1000.0).to_string()),
        1 => Just("NaN".to_owned()),
        1 => Just("x".to_owned()),
        1 => Just("-1".to_owned()),
    ];
    let name = prop_oneof![
        3 => "[a-c]{1,3}",
        1 => "[a-c,\n\"]{0,5}".prop_map(|name| format!("\"{}\"", name.replace('"', "\"\""))),
    ];
    (
        1_795_229_000..1_795_230_000_u32,
        name,
        latency,
        any::<bool>(),
        "(|,extra|5\" disk)",
    )
        .prop_map(|(time, name, latency, ok, error)| {
            format!("{time},{name},{latency},{ok},{error}\n")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn workers_and_block_sizes_leave_no_trace(rows in prop::collection::vec(row(), 0..80), block in 1..200_usize) {
        let text = format!("{HEADER}{}", rows.concat());
        let want = json(&read_text(&[text.as_bytes()], 1, 1 << 20).unwrap());
        for (jobs, block) in [(1, block), (4, block), (4, 1)] {
            let run = read_text(&[text.as_bytes()], jobs, block).unwrap();
            prop_assert_eq!(difference(&json(&run), &want), None);
        }
    }

    #[test]
    fn any_bytes_give_a_run_or_an_error(
        bytes in prop::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'1'), any::<u8>()], 0..300),
        block in 1..50_usize,
    ) {
        let with_header = [HEADER.as_bytes(), &bytes].concat();
        let one = read_text(&[&with_header], 1, 1 << 20).unwrap();
        let other = read_text(&[&with_header], 3, block).unwrap();
        prop_assert_eq!(difference(&json(&one), &json(&other)), None);
        let _ = read_text(&[&bytes], 2, block);
    }
}

#[test]
fn files_of_one_unit_become_one_run_and_notes_name_the_file() {
    let one = format!("{HEADER}1795229000,a,5,true,\n");
    // Another order of columns and another unit of time.
    let two = "latency_us,timestamp,name\nx,1795229001500,a\n7500,1795229001500,a\n";
    let run = read_text(&[one.as_bytes(), two.as_bytes()], 2, 10).unwrap();
    assert_eq!(run.source.files.len(), 2);
    assert_eq!(run.overall.requests, Some(2));
    assert_eq!(
        run.overall.latency.as_ref().unwrap().max.unwrap(),
        Millis(7.5)
    );
    assert_eq!(run.duration.unwrap(), Seconds(1.5075));
    let note = &run.notes[0];
    assert_eq!((note.id.as_str(), note.count), ("bad-latency", 1));
    assert!(note.text.ends_with("(at 1.csv, line 2)"), "{}", note.text);
}

#[test]
fn a_huge_line_is_left_out_and_the_rest_is_read() {
    let start = format!("{HEADER}1795229000,a,5,true,\n");
    let end = "\n1795229001,a,6,true,\n";
    let huge = std::io::repeat(b'x').take(30_000_000);
    let stream = Cursor::new(start).chain(huge).chain(Cursor::new(end));
    let unit = Unit {
        inputs: vec![Input::stream("-", stream)],
        stem: "test".to_owned(),
        jobs: 2,
        ..Unit::default()
    };
    let run = read(&FORMAT, open(), &unit).unwrap();
    assert_eq!(run.overall.requests, Some(2));
    assert_eq!(run.source.files[0].bytes, 30_000_000 + 77);
    let note = &run.notes[0];
    assert_eq!((note.id.as_str(), note.count), ("oversize-rows", 1));
    assert!(note.text.ends_with("(at line 3)"), "{}", note.text);
}

#[test]
fn a_damaged_archive_is_an_error_that_names_the_file() {
    use std::io::Write;
    let text = format!("{HEADER}{}", "1795229000,a,5,true,\n".repeat(90_000));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    let mut packed = gz.finish().unwrap();
    assert_eq!(
        read_text(&[&packed], 2, 1000).unwrap().overall.requests,
        Some(90_000)
    );
    // What breaks off is whole up to there; what is damaged in the middle is not.
    let half = packed.len() / 2;
    let torn = read_text(&[&packed[..half]], 2, 1000).unwrap();
    assert_eq!(torn.notes[0].id, "torn-file");
    packed[half..half + 50].fill(0xff);
    let error = read_text(&[&packed], 2, 1000).unwrap_err();
    assert_eq!(error.to_string(), "cannot read 0.csv to its end");
}
