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
    let parsed = serde_json::from_str(&done.out);
    assert!(parsed.is_ok(), "{}", done.err);
    parsed.unwrap()
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
    here.write("results/c.csv", TABLE.replace("a,7", "a,9"));
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
        "check", "results", "--target", "max < 1s", "--format", "json",
    ];
    let done = here.knee(&met);
    assert_eq!(done.code, 2);
    assert_eq!(json(&done)["targets"][0]["state"], "pass");
    let broken = ["check", "results", "--target", "max < 1ms", "--exit-zero"];
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

const NO_UNIT: &str = "names no unit: milliseconds are assumed";

/// What looks like chance between 0.06 and 0.18 seconds.
fn latency(k: u32) -> f64 {
    0.06 + f64::from(k * k * 7919 % 1213) / 1e4
}

/// A table of `n` rows whose latencies look like chance between 0.06 and 0.18 seconds, times `per_second`.
fn table(header: &str, n: u32, row: impl Fn(u32, f64) -> String) -> String {
    let rows: Vec<String> = (0..n).map(|k| row(k, latency(k)) + "\n").collect();
    format!("{header}\n{}", rows.concat())
}

#[test]
fn a_latency_without_a_unit_is_said_first_and_judged_by_no_target() {
    let here = Scratch::new("no-unit");
    let file = sample("requests-csv/seconds-without-a-unit.csv");
    let file = file.to_str().unwrap();
    let ask =
        |flags: &[&str]| here.knee(&[&["check", file, "--format", "json"][..], flags].concat());
    let done = ask(&["--target", "p50 < 200ms", "--target", "error_rate < 1%"]);
    let found = json(&done);
    assert_eq!(done.code, 3, "{}", done.err);
    assert!(
        found["headline"].to_string().contains(NO_UNIT),
        "{}",
        found["headline"]
    );
    assert_eq!(found["targets"][0]["state"], "not_measured");
    assert!(
        found["targets"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("--unit ms|us|s|ns")
    );
    assert_eq!(found["targets"][1]["state"], "pass");
    // Said, it is judged: 961 ms.
    let done = ask(&["--target", "p50 < 200ms", "--unit", "s"]);
    assert_eq!(
        (done.code, json(&done)["targets"][0]["state"].as_str()),
        (1, Some("fail"))
    );
    let value = json(&done)["targets"][0]["value"].as_f64().unwrap();
    assert!((value - 961.4).abs() < 0.5, "{value}");
    let done = ask(&["--target", "p50 < 200ms", "--unit", "ms"]);
    assert_eq!(done.code, 0);
    assert!(!json(&done)["headline"].to_string().contains(NO_UNIT));
}

#[test]
fn values_that_leave_no_doubt_are_judged() {
    let here = Scratch::new("unit-shown");
    // One after another: the next request starts when the one before ended.
    let mut starts = vec![1_795_229_242.0];
    for k in 0..100 {
        starts.push(starts[k as usize] + latency(k));
    }
    let in_turn = table("time,elapsed,ok", 100, |k, s| {
        format!("{:.4},{s:.4},true", starts[k as usize])
    });
    let whole = table("time,elapsed,ok", 100, |k, s| {
        format!(
            "{:.1},{:.0},true",
            1_795_229_242.0 + f64::from(k) / 10.0,
            s * 1e3
        )
    });
    let ends = table("start,end,latency", 100, |k, s| {
        let start = 1_795_229_242.0 + f64::from(k);
        format!("{start:.4},{:.4},{:.0}", start + s, s * 1e6)
    });
    for (name, text) in [
        ("in-turn.csv", in_turn),
        ("whole.csv", whole),
        ("ends.csv", ends),
    ] {
        here.write(name, text);
        let done = here.knee(&[
            "check",
            name,
            "--target",
            "p50 < 300ms",
            "--target",
            "p50 > 60ms",
            "--format",
            "json",
        ]);
        assert_eq!(done.code, 0, "{name}: {}", done.out);
    }
    // A pace of one request a second shows nothing.
    here.write(
        "paced.csv",
        table("time,elapsed,ok", 100, |k, s| {
            format!("{},{s:.4},true", 1_795_229_242 + k)
        }),
    );
    assert_eq!(
        here.knee(&["check", "paced.csv", "--target", "p50 < 300ms"])
            .code,
        3
    );
}

#[test]
fn a_column_that_counts_from_the_start_is_not_the_latency() {
    let here = Scratch::new("offset-column");
    let row = |k: u32, s: f64| {
        let at = f64::from(k) * 0.25;
        format!("{:.3},{at:.3},{:.1},200", 1_795_229_242.0 + at, s * 1e3)
    };
    here.write(
        "run.csv",
        table("timestamp,elapsed,latency_ms,status", 200, row),
    );
    let done = here.knee(&[
        "check",
        "run.csv",
        "--target",
        "p95 < 200ms",
        "--format",
        "json",
    ]);
    assert_eq!(done.code, 0, "{}", done.out);
    let found = json(&done);
    let max = found["runs"][0]["overall"]["latency_ms"]["max"]
        .as_f64()
        .unwrap();
    assert!((170.0..182.0).contains(&max), "{max}");
    let notes = found["runs"][0]["notes"].to_string();
    assert!(
        notes.contains("its values count from the start of the run"),
        "{notes}"
    );
    // Alone it is all there is, and in doubt.
    here.write(
        "alone.csv",
        table("timestamp,elapsed_ms,status", 200, |k, _| {
            format!(
                "{:.3},{:.0},200",
                1_795_229_242.0 + f64::from(k) * 0.25,
                f64::from(k) * 250.0
            )
        }),
    );
    let done = here.knee(&[
        "check",
        "alone.csv",
        "--target",
        "p95 < 200ms",
        "--format",
        "json",
    ]);
    assert_eq!(done.code, 3);
    assert!(
        json(&done)["headline"]
            .to_string()
            .contains("grows with the times one to one")
    );
}

#[test]
fn the_unit_flag_contradicts_no_name_and_needs_a_table() {
    let here = Scratch::new("unit-flag");
    here.write("rows.csv", TABLE);
    here.write("flat.json", FLAT);
    let done = here.knee(&["report", "rows.csv", "--unit", "s"]);
    assert_eq!(done.code, 2);
    assert!(
        done.err
            .contains("--unit contradicts the column `latency_ms`"),
        "{}",
        done.err
    );
    let done = here.knee(&["report", "flat.json", "--unit", "s"]);
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("no input is read as requests-csv"),
        "{}",
        done.err
    );
}

#[test]
fn words_for_fine_and_for_nothing_fail_no_request() {
    let here = Scratch::new("words");
    here.write(
        "knee.toml",
        "[[map]]\nname = 'rows'\nfields = { latency = 'took_ms', code = 'result', error = 'problem' }\n",
    );
    for (status, error) in [
        ("success", "None"),
        ("OK", "null"),
        ("PASS", "NaN"),
        ("200 OK", "N/A"),
        ("HTTP/1.1 200 OK", "-"),
        ("True", "False"),
        ("1.0", "0"),
        ("200.0", "<nil>"),
        ("<Response [200]>", "undefined"),
    ] {
        let row = format!("5,{status},{error}\n");
        here.write(
            "r.csv",
            format!("latency_ms,status,error\n{}", row.repeat(50)),
        );
        here.write(
            "m.csv",
            format!("took_ms,result,problem\n{}", row.repeat(50)),
        );
        let line =
            format!("{{\"took_ms\": 5, \"result\": \"{status}\", \"problem\": \"{error}\"}}\n");
        here.write("m.jsonl", line.repeat(50));
        for file in ["r.csv", "m.csv", "m.jsonl"] {
            let done = here.knee(&["check", file, "--target", "error_rate < 1%"]);
            assert_eq!(done.code, 0, "{file} {status} {error}: {}", done.out);
        }
    }
    here.write(
        "odd.csv",
        format!("latency_ms,status\n{}5,cached\n", "5,200\n".repeat(50)),
    );
    let found = json(&here.knee(&["report", "odd.csv", "--format", "json"]));
    let notes = found["runs"][0]["notes"].to_string();
    assert!(
        notes.contains("unknown-status") && notes.contains("(at line 52)"),
        "{notes}"
    );
}

#[test]
fn a_log_of_another_time_is_said_first_and_is_no_figure() {
    let here = Scratch::new("other-time");
    here.write("rows.csv", TABLE.replace("1795229243", "1795229302"));
    for (name, hours, zone) in [("zone", 2_i64, true), ("day", 31, false)] {
        let at = 1_795_229_242 - hours * 3600;
        let rows: Vec<String> = (0..6)
            .map(|k| format!("{},api,40\n", at + 10 * k))
            .collect();
        here.write(
            "cpu.csv",
            format!("time,component,cpu_percent\n{}", rows.concat()),
        );
        let done = here.knee(&[
            "check",
            "rows.csv",
            "--resources",
            "cpu.csv",
            "--target",
            "resource:api.cpu.max < 90%",
            "--format",
            "json",
        ]);
        assert_eq!(done.code, 3, "{name}: {}", done.out);
        let found = json(&done);
        let headline = found["headline"].to_string();
        assert!(
            headline.contains("no sample of cpu.csv was taken during the run"),
            "{headline}"
        );
        assert!(
            headline.contains("the run was from 2026-11-21 02:47:22"),
            "{headline}"
        );
        assert_eq!(
            headline.contains("its clock is 2 h behind"),
            zone,
            "{headline}"
        );
        assert_eq!(
            found["runs"][0]["resources"].as_array().map(Vec::len),
            Some(0)
        );
    }
}

#[test]
fn a_refusal_names_the_tool_and_the_way() {
    let here = Scratch::new("known-tools");
    let ab = "This is ApacheBench, Version 2.3 <$Revision: 1 $>\nCopyright 1996, Zeus Technology Ltd, http://www.zeustech.net/\n";
    let gatling = "RUN\tshop.Sim\tsim\t1603123456789\t \t3.4.0\nUSER\tscn\tSTART\t1603123457000\n";
    let jmeter = "timeStamp,elapsed,label,responseCode,success,Latency,URL\n1,2,a,200,true,1,u\n";
    for (name, text, tool, way) in [
        ("ab.txt", ab, "ab (ApacheBench)", "ab -g"),
        ("simulation.log", gatling, "Gatling", "js/stats.json"),
        ("x.jtl", jmeter, "JMeter", "where = [\"URL != null\"]"),
    ] {
        here.write(name, text);
        let done = here.knee(&["report", name]);
        assert_eq!(done.code, 2);
        let (error, hint) = done.err.split_once("hint:").unwrap();
        assert!(error.contains(tool) && hint.contains(way), "{}", done.err);
    }
}
