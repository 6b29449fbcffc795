//! Several inputs, some of which cannot be read; files that break off, that are too large, in UTF-16, with rows of empty cells.

use std::io::Write;

use serde_json::Value;

use crate::{Done, Scratch, sample};

/// Two requests, both good.
const TABLE: &str = "time,name,latency_ms,ok\n1795229242,a,5,true\n1795229243,a,7,true\n";

const FLAT: &str = r#"{"operation": "naïve", "total_requests": 50, "avg_latency_ms": 2, "p95_latency_ms": 3, "throughput_rps": 10}"#;

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut into = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    into.write_all(bytes).unwrap();
    into.finish().unwrap()
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}\n{}", done.err))
}

fn requests(value: &Value) -> Vec<u64> {
    let runs = value["runs"].as_array().unwrap();
    let all = runs.iter().map(|run| run["overall"]["requests"].as_u64());
    all.map(Option::unwrap).collect()
}

/// A folder with two good runs and a broken file of a format.
fn mixed(name: &str) -> Scratch {
    let here = Scratch::new(name);
    here.write("results/a.csv", TABLE);
    here.write("results/b.json", FLAT.split_at(92).0);
    here.write("results/c.csv", TABLE.repeat(1));
    here.write("results/notes.md", "nothing to read");
    here
}

#[test]
fn a_broken_file_in_a_folder_takes_no_other_file_away() {
    let here = mixed("broken-in-folder");
    for run in ["results", "results/*"] {
        let done = here.knee(&["report", run, "--format", "json"]);
        assert_eq!(done.code, 2, "{}", done.err);
        let found = json(&done);
        assert_eq!(requests(&found), [2, 2]);
        assert!(done.err.contains("b.json, line 1, column"), "{}", done.err);
        assert!(done.err.contains("ends too early"), "{}", done.err);
        assert!(done.err.contains("1 file not recognised"), "{}", done.err);
        let notes = found["runs"][0]["notes"].to_string();
        assert!(notes.contains("b.json cannot be read"), "{notes}");
        let headline = found["headline"].to_string();
        assert!(headline.contains("b.json cannot be read"), "{headline}");
    }
    let page = here
        .knee(&["report", "results", "--format", "markdown"])
        .out;
    assert!(page.contains("b.json"), "{page}");
}

#[test]
fn the_gate_judges_the_others_and_ends_with_2() {
    let here = mixed("broken-in-gate");
    let met = [
        "check", "results", "--target", "p95 < 1s", "--format", "json",
    ];
    let done = here.knee(&met);
    assert_eq!(done.code, 2);
    assert_eq!(json(&done)["targets"][0]["state"], "pass");
    let broken = ["check", "results", "--target", "p95 < 1ms", "--exit-zero"];
    assert_eq!(here.knee(&broken).code, 2);
}

#[test]
fn files_that_the_shell_names_are_as_those_of_a_glob() {
    let here = mixed("broken-by-name");
    let names = [
        "results/a.csv",
        "results/b.json",
        "results/c.csv",
        "results/notes.md",
    ];
    let done = here.knee(&[&["report", "--format", "json"][..], &names].concat());
    assert_eq!(done.code, 2);
    assert_eq!(requests(&json(&done)), [2, 2]);
    assert!(done.err.contains("b.json, line 1") && done.err.contains("notes.md is not a"));
    // Alone it is the error that it was, and one of two that are both broken too.
    for alone in [
        &["results/b.json"][..],
        &["results/b.json", "results/notes.md"],
    ] {
        let done = here.knee(&[&["report"][..], alone].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(done.err.contains("b.json, line 1"), "{}", done.err);
    }
}

#[test]
fn what_would_be_wrong_without_one_file_is_refused() {
    let here = mixed("broken-part");
    let both = ["results/a.csv", "results/b.json"];
    let merged = here.knee(&[&["merge"][..], &both].concat());
    assert_eq!((merged.code, merged.out.as_str()), (2, ""));
    let accepted = here.knee(&[&["baseline", "accept", "--reason", "x"][..], &both].concat());
    assert_eq!(accepted.code, 2);
    assert!(!here.0.join(".knee").exists());
    // Files that were joined are one run.
    here.write("d.csv.gz", &gzipped(TABLE.as_bytes())[..12]);
    let joined = here.knee(&["report", "results/a.csv+d.csv.gz", "--format", "json"]);
    assert_eq!((joined.code, joined.out.as_str()), (2, ""));
    let done = here.knee(&[
        "report",
        "results/a.csv+d.csv.gz",
        "results/c.csv",
        "--format",
        "json",
    ]);
    assert_eq!((done.code, requests(&json(&done))), (2, vec![2]));
}

#[test]
fn files_that_are_read_together_lose_only_the_broken_one() {
    let here = Scratch::new("broken-among-gathered");
    for name in ["a", "c"] {
        here.write(&format!("r/{name}.json"), FLAT.replace("naïve", name));
    }
    here.write("r/b.json", FLAT.split_at(90).0);
    let done = here.knee(&["report", "r", "--format", "json"]);
    assert_eq!((done.code, requests(&json(&done))), (2, vec![100]));
    assert!(done.err.contains("b.json, line 1"), "{}", done.err);
}

#[test]
fn a_log_that_breaks_off_is_read_to_its_last_whole_row() {
    let rows: Vec<String> = (0..60_000_u64)
        .map(|n| {
            format!(
                "{},/a,{},200\n",
                1_795_229_242_000 + 100 * n,
                n * n % 97 + 1
            )
        })
        .collect();
    let text = format!("time,name,latency,code\n{}", rows.concat());
    let here = Scratch::new("torn");
    let gz = gzipped(text.as_bytes());
    here.write("whole.csv.gz", &gz);
    here.write("torn.csv.gz", &gz[..gz.len() / 2]);
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zst = ruzstd::encoding::compress_to_vec(text.as_bytes(), level);
    here.write("torn.csv.zst", &zst[..zst.len() / 2]);
    for name in ["torn.csv.gz", "torn.csv.zst"] {
        let done = here.knee(&["report", name, "--format", "json"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let found = json(&done);
        let run = &found["runs"][0];
        let read = usize::try_from(requests(&found)[0]).unwrap();
        assert!((20_000..50_000).contains(&read), "{name}: {read}");
        // Every row that was read is one that was written: the sum of those first rows says so.
        let sum: u64 = (0..read as u64).map(|n| n * n % 97 + 1).sum();
        let mean = run["overall"]["latency_ms"]["mean"].as_f64().unwrap();
        assert!((mean - sum as f64 / read as f64).abs() < 1e-6, "{name}");
        let note = run["notes"].as_array().unwrap();
        let note = note.iter().find(|note| note["id"] == "torn-file").unwrap();
        assert_eq!(note["count"], 1);
        assert!(note["text"].as_str().unwrap().contains("last whole row"));
    }
    let whole = json(&here.knee(&["report", "whole.csv.gz", "--format", "json"]));
    assert_eq!(requests(&whole), [60_000]);
}

#[test]
fn a_document_that_breaks_off_is_an_error_with_its_cause() {
    let here = Scratch::new("torn-document");
    let bytes = std::fs::read(sample("artillery/v2.0.34/baseline-r1.json")).unwrap();
    let gz = gzipped(&bytes);
    here.write("run.json.gz", &gz[..gz.len() / 2]);
    let done = here.knee(&["report", "run.json.gz"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(
        done.err.contains("cannot read run.json.gz to its end"),
        "{}",
        done.err
    );
    assert!(
        done.err.contains("the compressed file ends too early"),
        "{}",
        done.err
    );
}

#[test]
fn a_summary_that_inflates_beyond_any_summary_is_refused() {
    let here = Scratch::new("bomb");
    let blanks = " ".repeat(70 * 1024 * 1024);
    for (name, start) in [
        ("run", r#"{"schema":"knee.run/1","x":""#),
        (
            "artillery",
            r#"{"aggregate":{"counters":{"vusers.created":1},"summaries":{}},"intermediate":["#,
        ),
    ] {
        let name = format!("{name}.json.gz");
        here.write(&name, gzipped(format!("{start}{blanks}").as_bytes()));
        let done = here.knee(&["report", &name]);
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        let says = format!("{name} is larger than 6");
        assert!(done.err.contains(&says), "{}", done.err);
        assert!(
            done.err.contains("hint: a summary is never so large"),
            "{}",
            done.err
        );
    }
}

#[test]
fn a_document_in_utf_16_is_read_as_its_text() {
    let here = Scratch::new("utf-16");
    let wide = |text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
    };
    let artillery = std::fs::read_to_string(sample("artillery/v2.0.34/baseline-r1.json")).unwrap();
    for (name, text) in [
        ("flat.json", FLAT.to_owned()),
        ("artillery.json", artillery),
        ("table.csv", TABLE.to_owned()),
    ] {
        here.write(name, &text);
        here.write(&format!("wide/{name}"), wide(&text));
        let read = |path: &str| {
            let done = here.knee(&["convert", path]);
            assert_eq!(done.code, 0, "{}", done.err);
            let mut run = json(&done);
            for member in ["id", "source", "name"] {
                run.as_object_mut().unwrap().remove(member);
            }
            run
        };
        assert_eq!(read(name), read(&format!("wide/{name}")), "{name}");
    }
}

#[test]
fn rows_of_empty_cells_are_no_rows() {
    let here = Scratch::new("blank-rows");
    here.write(
        "knee.toml",
        "[[map]]\nname = 'm'\nfields = { endpoint = 'n', requests = 'r', p95 = 'p' }\nunits = { p95 = 'ms' }\n",
    );
    here.write("map.csv", "n,r,p\na,5,3\n,,\n\"\",,\nb,6,4\n");
    here.write(
        "rows.csv",
        "time;name;latency_ms;ok\n1795229242;a;5;true\n;;;\n ; ;;\n\"\";;;\n1795229243;a;7;true\n;;\n",
    );
    here.write(
        "cpu.csv",
        "time,component,cpu_percent\n1795229242,api,40\n,,\n1795229243,api,60\n,,\n",
    );
    let run = |arguments: &[&str]| {
        let done = here.knee(arguments);
        assert_eq!(done.code, 0, "{}", done.err);
        json(&done)
    };
    let mapped = run(&["convert", "map.csv"]);
    assert_eq!(mapped["overall"]["requests"], 11);
    assert!(
        !mapped["notes"].to_string().contains("left out"),
        "{mapped}"
    );
    let rows = run(&["convert", "rows.csv", "--resources", "cpu.csv"]);
    assert_eq!(rows["overall"]["requests"], 2);
    assert_eq!(rows["resources"][0]["mean"], 50.0);
    let notes: Vec<&str> = rows["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["id"].as_str().unwrap())
        .collect();
    assert_eq!(notes, ["beside"], "{}", rows["notes"]);
}
