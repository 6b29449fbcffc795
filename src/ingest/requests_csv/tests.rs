use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::ingest::{Input, Unit, log};
use crate::model::{ErrorKind, Millis, Note, Run, Seconds};

fn read(text: &str) -> Run {
    try_read(text.as_bytes()).unwrap()
}

fn try_read(bytes: &[u8]) -> Result<Run, String> {
    let unit = Unit {
        inputs: vec![Input::stream("t.csv", Cursor::new(bytes.to_vec()))],
        stem: "t".to_owned(),
        jobs: 2,
        ..Unit::default()
    };
    log::read(&FORMAT, open, &unit).map_err(|error| error.to_string())
}

fn claims(header: &str) -> Option<String> {
    let head = Head {
        name: "t.csv",
        bytes: header.as_bytes(),
        complete: true,
    };
    sniff(&head).map(|claim| claim.why)
}

/// Most tables here name no unit; what that means has its own tests.
fn notes(run: &Run) -> Vec<(&str, u64)> {
    run.notes
        .iter()
        .filter(|note| note.id != Note::LATENCY_ASSUMED)
        .map(|note| (note.id.as_str(), note.count))
        .collect()
}

#[test]
fn tables_of_other_tools_are_refused() {
    for header in [
        "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%",
        "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,Total Request Count,Total Average Response Time",
        "Method,Name,Error,Occurrences,First Seen,Last Seen",
        "Count,Message,Traceback,Nodes",
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect",
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes",
        "timeStamp;elapsed;label;responseCode;responseMessage;threadName;dataType;success;bytes;grpThreads;allThreads;Latency",
        "timeStamp\telapsed\tlabel\tresponseCode\tresponseMessage\tthreadName\tsuccess\tbytes",
        "timeStamp,elapsed,label,responseCode,responseMessage,success,grpThreads,allThreads,Latency,Connect",
        "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset",
        "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status",
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata",
        "label,avg_ct,avg_lt,avg_rt,bytes,concurrency,fail,stdev_rt,succ,throughput,perc_0.0",
        "name,iterations,real_time,cpu_time,time_unit,bytes_per_second,items_per_second,label,error_occurred,error_message",
        "1795229250004,76,GET items,200,OK,Shoppers 1-1,text,true,740,1,1,76",
        "latency",
        "",
        "{\"latency\": 3, \"ok\": true}",
    ] {
        assert_eq!(claims(&format!("{header}\n1,2,3\n")), None, "{header}");
    }
}

#[test]
fn a_latency_and_one_more_column_are_claimed_with_a_reason() {
    let why = claims("Name;Response Time (ms)\na;3\n");
    assert_eq!(
        why.as_deref(),
        Some("columns `Response Time (ms)` and `Name`")
    );
    assert!(claims("ts\tduration_s\n").is_some());
    assert!(claims("\"url\",\"latency (\u{b5}s)\"\n").is_some());
}

#[test]
fn units_stand_in_the_name_of_the_column() {
    for (name, value) in [
        ("latency", "12.5"),
        ("Elapsed", "12.5"),
        ("response_time_ms", "12.5"),
        ("duration_s", "0.0125"),
        ("latency_us", "12500"),
        ("Response Time (\u{b5}s)", "12500"),
        ("latency_ns", "12500000"),
        ("latency_ns", "1.25e7"),
    ] {
        let run = read(&format!("name,{name}\na,{value}\n"));
        let latency = run.overall.latency.unwrap();
        assert_eq!(latency.max.unwrap(), Millis(12.5), "{name}");
    }
}

#[test]
fn of_two_latencies_the_whole_counts_and_a_note_names_the_other() {
    for header in ["elapsed,latency", "response_time_ms,Latency (ms)"] {
        let run = read(&format!("name,{header}\na,5,4\na,7,6\n"));
        let latency = run.overall.latency.as_ref().unwrap();
        assert_eq!(latency.max.unwrap(), Millis(7.0), "{header}");
        assert_eq!(notes(&run), [("no-times", 1), ("latency-left", 1)]);
        assert!(run.notes[1].text.contains("column `latency` is left"));
    }
    let run = read("name,duration_s,latency_us\na,5,4000\n");
    assert_eq!(run.overall.latency.as_ref().unwrap().max, Some(Millis(4.0)));
    assert!(run.notes[1].text.contains("column `duration` is left"));
}

#[test]
fn what_another_tool_wrote_is_called_so_and_not_other_columns() {
    use crate::ingest::known::looks_like;
    for (header, says) in [
        (
            "timeStamp,elapsed,label,success",
            "of JMeter, as the column `timeStamp`",
        ),
        ("elapsed,label,Latency", "of JMeter, whose `elapsed`"),
        ("timeStamp,latency,label", "--from requests-csv reads it"),
        ("response-time,DNS+dialup,DNS", "of hey"),
        ("time,size,label,x", "other columns"),
    ] {
        let found = looks_like(format!("{header}\n1,2,3,4\n").as_bytes()).what;
        assert!(found.contains(says), "{header}: {found}");
    }
    // And what is said to be read nevertheless is.
    assert!(try_read(b"timeStamp,latency,label\n1637589158484,34,a\n").is_ok());
}

#[test]
fn times_are_read_in_every_unit_and_as_text() {
    for time in [
        "1795229242.5",
        "1795229242500",
        "1795229242500000",
        "1795229242500000000",
        "2026-11-21T02:47:22.5Z",
        "2026-11-21T03:47:22.500+01:00",
    ] {
        let run = read(&format!("time,latency_ms\n{time},250\n"));
        assert_eq!(
            run.started_at.unwrap().to_string(),
            "2026-11-21T02:47:22.5Z",
            "{time}"
        );
        assert_eq!(run.ended_at.unwrap().to_string(), "2026-11-21T02:47:22.75Z");
        assert_eq!(run.duration.unwrap(), Seconds(0.25));
        assert!(run.notes.is_empty());
    }
    let run = read("time,latency\n2026-11-21 02:47:22,1\n2026-11-21 02:47:23,1\n");
    assert_eq!(notes(&run), [("no-time-zone", 2)]);
}

#[test]
fn a_time_of_another_unit_is_a_note_and_the_request_counts() {
    let run = read("time,latency\n1795229242000,1\n1795229243,1\n,1\n0,1\n1795229244000,1\n");
    assert_eq!(run.overall.requests, Some(5));
    assert_eq!(notes(&run), [("bad-time", 3)]);
    assert!(run.notes[0].text.ends_with("(first at line 3)"));
    assert_eq!(run.timeline.len(), 2);
    assert_eq!(run.duration.unwrap(), Seconds(2.001));
}

#[test]
fn the_success_column_decides_where_there_is_one() {
    let run = read(
        "name,latency,ok,code\na,1,true,500\na,1,FALSE,200\na,1,1,0\na,1,0,\na,1,maybe,404\na,1,,200\n",
    );
    assert_eq!(run.overall.failures, Some(4));
    assert_eq!(notes(&run), [("no-times", 1), ("contradicted-ok", 1)]);
    assert_eq!(run.overall.latency_ok.as_ref().unwrap().count, 2);
    let assertion = run.errors.iter().find(|e| e.code.as_deref() == Some("200"));
    assert_eq!(assertion.unwrap().kind, ErrorKind::Assertion);
}

#[test]
fn without_one_code_and_error_decide() {
    let run = read(
        "name,latency,code,error\na,1,200,\na,1,302,\na,1,404,\na,1,0,\na,1,,\na,1,ETIMEDOUT,\na,1,200,body is empty\na,1,200.0,\n",
    );
    assert_eq!(run.overall.failures, Some(5));
    assert_eq!(run.overall.responses, Some(5));
    let codes: Vec<(&str, u64)> = run
        .overall
        .codes
        .iter()
        .map(|(c, n)| (c.as_str(), *n))
        .collect();
    assert_eq!(codes, [("200", 3), ("302", 1), ("404", 1)]);
    let kinds: Vec<ErrorKind> = run.errors.iter().map(|error| error.kind).collect();
    assert!(kinds.contains(&ErrorKind::Timeout) && kinds.contains(&ErrorKind::HttpStatus));
    let run = read("name,latency,error\na,1,\na,1,refused\n");
    assert_eq!(run.overall.failures, Some(1));
    assert_eq!(run.overall.responses, None);
}

#[test]
fn with_neither_failures_are_unknown() {
    let run = read("name,latency\na,1\na,3\n");
    assert_eq!(run.overall.failures, None);
    assert_eq!(run.overall.latency_ok, None);
    assert_eq!(
        run.overall.latency.as_ref().unwrap().mean.unwrap(),
        Millis(2.0)
    );
    assert_eq!(run.overall.rate, None);
    assert_eq!(notes(&run), [("no-times", 1)]);
}

#[test]
fn a_bad_row_is_a_counted_note_with_its_first_line() {
    let text = "name,latency,bytes\n\
        a,NaN,1\n\
        a,,1\n\
        a,inf,1\n\
        a,-4,1\n\
        a,1e300,1\n\
        a,12ms,1\n\
        a,12\n\
        a,12,1,9\n\
        a,12,many\n\
        \n\
        name,latency,bytes\n\
        a,12,5";
    let run = read(text);
    let want = [
        ("bad-count", 1),
        ("bad-latency", 1),
        ("impossible-latency", 3),
        ("no-latency", 2),
        ("no-times", 1),
        ("repeated-header", 1),
        ("short-rows", 1),
        ("wide-rows", 1),
    ];
    let mut got = notes(&run);
    got.sort_unstable();
    assert_eq!(got, want);
    let impossible = run.notes.iter().find(|n| n.id == "impossible-latency");
    assert!(impossible.unwrap().text.ends_with("(first at line 4)"));
    assert_eq!(run.overall.requests, Some(7));
    assert_eq!(run.overall.latency.unwrap().count, 2);
    assert_eq!(run.overall.bytes_received, Some(10));
}

#[test]
fn a_row_that_is_cut_off_is_told_apart_from_a_short_one() {
    let run = read("time,name,latency\n1795229242,a,5\n1795229243,b");
    assert_eq!(notes(&run), [("cut-row", 1)]);
    let run = read("time,name,latency\n1795229242,a,5\n1795229243,\"b");
    assert_eq!(notes(&run), [("cut-row", 1)]);
    assert_eq!(run.overall.requests, Some(1));
}

#[test]
fn invalid_utf8_is_read_with_a_note_and_spoils_no_other_row() {
    let run = try_read(b"name,latency\n\xffa,5\nb\xc3\xa9,6\n\"\xe2\x82\",7\n").unwrap();
    assert_eq!(run.overall.requests, Some(3));
    let names: Vec<&str> = run.endpoints.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["b\u{e9}", "\u{fffd}", "\u{fffd}a"]);
    assert_eq!(notes(&run), [("no-times", 1), ("invalid-utf8", 2)]);
    assert!(run.notes[1].text.ends_with("(first at line 2)"));
}

#[test]
fn quotes_delimiters_and_marks_are_understood() {
    let text =
        "\u{feff}name;latency;error\r\n\"a;\"\"b\"\"\r\nc\";12,5;\r\n\"d\"; 3 ;\"line\r\nend\"\r\n";
    let run = read(text);
    assert_eq!(run.overall.requests, Some(2));
    let names: Vec<&str> = run.endpoints.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["a;\"b\"\r\nc", "d"]);
    assert_eq!(
        run.overall.latency.as_ref().unwrap().max.unwrap(),
        Millis(12.5)
    );
    assert_eq!(run.errors[0].message.as_deref(), Some("line\r\nend"));
    let tabs = read("name\tlatency\na,b\t4\n");
    assert_eq!(tabs.endpoints[0].name, "a,b");
}

#[test]
fn a_header_alone_is_a_run_of_no_requests() {
    for text in ["time,name,latency\n", "time,name,latency"] {
        let run = read(text);
        assert_eq!(run.overall.requests, Some(0));
        assert_eq!(run.overall.latency, None);
        assert!(run.notes.is_empty());
    }
}

#[test]
fn a_header_without_a_latency_is_refused_and_says_what_it_has() {
    let error = try_read(b"time,name,size\n1,2,3\n").unwrap_err();
    assert!(
        error.starts_with("t.csv, line 1: no column is a latency"),
        "{error}"
    );
    assert!(
        error.ends_with("the header has: time, name, size"),
        "{error}"
    );
    let error = try_read(b"latency,name,Latency\n1,2,3\n").unwrap_err();
    assert!(error.contains("two columns `latency`"), "{error}");
    assert!(try_read("x".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn whole_milliseconds_are_exact_and_one_fraction_ends_that() {
    use crate::model::ResolutionKind;
    let rows: Vec<String> = (1..=1000).map(|ms| format!("a,{ms}\n")).collect();
    let rows = rows.concat();
    let run = read(&format!("name,latency\n{rows}"));
    let latency = run.overall.latency.unwrap();
    assert_eq!(latency.resolution.kind, ResolutionKind::Exact);
    assert_eq!(latency.resolution.absolute, Some(Millis(1.0)));
    let p99: Vec<f64> = latency.percentiles.values().map(|v| v.0).collect();
    assert_eq!(p99, [500.0, 750.0, 900.0, 950.0, 990.0, 999.0, 1000.0]);
    let run = read(&format!("name,latency\n{rows}b,0.5\n"));
    assert_eq!(
        run.overall.latency.unwrap().resolution.kind,
        ResolutionKind::Relative
    );
    assert_eq!(
        run.endpoints[0]
            .stats
            .latency
            .as_ref()
            .unwrap()
            .resolution
            .kind,
        ResolutionKind::Exact
    );
}

proptest! {
    #[test]
    fn a_table_that_the_csv_crate_writes_is_counted_as_it_was(
        rows in prop::collection::vec(("[a-b,\"\n ]{1,4}", 0..5000_u64, 100..600_u32), 1..40),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["endpoint", "latency_ms", "code"]).unwrap();
        for (name, latency, code) in &rows {
            writer.write_record([name, &latency.to_string(), &code.to_string()]).unwrap();
        }
        let run = try_read(&writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(run.overall.requests, Some(rows.len() as u64));
        prop_assert_eq!(run.overall.failures, Some(rows.iter().filter(|row| row.2 >= 400).count() as u64));
        for endpoint in &run.endpoints {
            let own = rows.iter().filter(|row| row.0.trim_ascii() == endpoint.name);
            let latencies: Vec<u64> = own.map(|row| row.1).collect();
            let all = endpoint.stats.latency.as_ref().unwrap();
            prop_assert_eq!(all.count, latencies.len() as u64);
            prop_assert_eq!(all.max, latencies.iter().max().map(|ms| Millis(*ms as f64)));
        }
    }
}

#[test]
fn tables_of_other_tools_are_refused_by_name_even_when_the_format_is_given() {
    for (header, whose) in [
        (
            "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset",
            "hey",
        ),
        (
            "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status",
            "oha",
        ),
        (
            "timeStamp,elapsed,label,responseCode,success,Latency,IdleTime,Connect",
            "JMeter",
        ),
    ] {
        let head = Head {
            name: "x.csv",
            bytes: header.as_bytes(),
            complete: true,
        };
        let problem = open(&head, &Options::default()).err().unwrap();
        assert!(problem.contains(&format!("of {whose},")), "{problem}");
        assert!(sniff(&head).is_none());
    }
}
