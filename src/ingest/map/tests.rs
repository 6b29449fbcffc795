use super::target::Target;
use super::value::{Clock, Measure};
use super::*;
use crate::ingest::sniff::Head;
use crate::ingest::{Options, expand};
use crate::model::UnitName as Named;
use crate::model::{CustomKind, ErrorKind, Millis, Percentile, Population, Seconds};
use proptest::prelude::*;
use std::io::Cursor;

/// A map of fields: name, path, unit.
fn mapping(records: &str, fields: &[(&str, &str, &str)]) -> Mapping {
    let mut map = Mapping {
        name: "ours".to_owned(),
        records: if records.is_empty() {
            Path::default()
        } else {
            Path::parse(records).unwrap()
        },
        ..Mapping::default()
    };
    for (name, place, unit) in fields {
        let target = Target::named(name).unwrap();
        let place = Place::parse(place).unwrap();
        let named = Named::named(unit);
        let (measure, by_name) = match Clock::named(unit) {
            Some(clock) if *name == "started" => (Measure::Clock(clock), false),
            _ => unit_of(&target, &place, named).unwrap(),
        };
        if *name == "latency" {
            map.kind = RecordKind::Sample;
        }
        map.fields.push(Field {
            target,
            place,
            measure,
            by_name,
        });
    }
    map
}

fn unit(map: &Mapping, texts: &[&[u8]]) -> Files {
    let inputs = texts
        .iter()
        .enumerate()
        .map(|(number, text)| {
            let name = ["results.json", "second.json"].get(number).unwrap();
            Input::stream(*name, Cursor::new(text.to_vec()))
        })
        .collect();
    Files {
        inputs,
        stem: "results".to_owned(),
        jobs: 1,
        options: Options {
            map: Some(map.name.clone()),
            maps: vec![map.clone()],
            ..Options::default()
        },
    }
}

fn runs(map: &Mapping, text: &str) -> Vec<Run> {
    read(&unit(map, &[text.as_bytes()])).unwrap_or_else(|error| panic!("{error}"))
}

fn run(map: &Mapping, text: &str) -> Run {
    let mut all = runs(map, text);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn refused(map: &Mapping, text: &str) -> (String, String) {
    let error = read(&unit(map, &[text.as_bytes()])).expect_err(text);
    (error.to_string(), error.hint().unwrap_or_default())
}

fn notes(run: &Run) -> Vec<(&str, &str, u64)> {
    let notes = run.notes.iter();
    notes
        .map(|note| (note.id.as_str(), note.text.as_str(), note.count))
        .collect()
}

#[test]
fn records_are_found_wherever_they_stand() {
    let fields = [("endpoint", "op", ""), ("requests", "n", "")];
    for (records, text) in [
        ("", r#"[{"op":"a","n":1},{"op":"b","n":2}]"#),
        ("", "{\"op\":\"a\",\"n\":1}\n{\"op\":\"b\",\"n\":2}\n"),
        (
            "",
            "\u{feff}[{\"op\":\"a\",\"n\":1}]\n[{\"op\":\"b\",\"n\":2}]",
        ),
        ("[*]", r#"[{"op":"a","n":1},{"op":"b","n":2}]"#),
        (
            "data.rows",
            r#"{"x":[{"op":"z"}],"data":{"rows":[{"op":"a","n":1},{"op":"b","n":2}],"more":1}}"#,
        ),
        (
            "data.rows[*]",
            r#"{"data":{"rows":[{"op":"a","n":1},{"op":"b","n":2}]}}"#,
        ),
        (
            "*",
            r#"{"first":{"op":"a","n":1},"second":{"op":"b","n":2}}"#,
        ),
        (
            "*.*",
            r#"{"x":{"y":{"op":"a","n":1}},"z":[{"op":"b","n":2}]}"#,
        ),
        (
            "[1].rows",
            r#"[{"rows":[]},{"rows":[{"op":"a","n":1},{"op":"b","n":2}]}]"#,
        ),
        ("", "op,n\na,1\nb,2\n"),
        ("", "n;op;x\r\n1;a;\r\n2;b;\r\n"),
        ("", "\u{feff}op\tn\na\t1\n\"b\"\t2"),
    ] {
        let found = run(&mapping(records, &fields), text);
        let endpoints: Vec<(&str, Option<u64>)> = found
            .endpoints
            .iter()
            .map(|endpoint| (endpoint.name.as_str(), endpoint.stats.requests))
            .collect();
        assert_eq!(
            endpoints,
            [("a", Some(1)), ("b", Some(2))],
            "{records}: {text}"
        );
        assert_eq!(found.overall.requests, Some(3));
        assert_eq!(found.source.format, "map:ours");
    }
}

#[test]
fn figures_come_in_base_units_with_what_the_input_lacks_absent() {
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("failures", "bad", ""),
            ("mean", "lat.avg", "us"),
            ("p99_9", "lat.p999", "us"),
            ("ok.p95", "lat.ok_ms", ""),
            ("duration", "took", "min"),
            ("rate", "rpm", "/min"),
            ("bytes_received", "in", "KiB"),
            ("code:503", "c503", ""),
        ],
    );
    let found = run(
        &map,
        r#"{"op":"a","n":120,"bad":20,"lat":{"avg":1847.38,"p999":"3.5 ms","ok_ms":2},"took":2,"rpm":66,"in":1.5,"c503":20}"#,
    );
    let stats = &found.overall;
    assert_eq!((stats.requests, stats.failures), (Some(120), Some(20)));
    let latency = stats.latency.as_ref().unwrap();
    assert_eq!(
        (latency.population, latency.count),
        (Population::Unknown, 100)
    );
    assert_eq!(latency.mean, Some(Millis(1.847_38)));
    assert_eq!(latency.percentile(Percentile::P99_9), Some(Millis(3.5)));
    assert_eq!(
        (
            latency.min,
            latency.max,
            latency.percentile(Percentile::P50)
        ),
        (None, None, None)
    );
    let ok = stats.latency_ok.as_ref().unwrap();
    assert_eq!(ok.percentile(Percentile::P95), Some(Millis(2.0)));
    assert_eq!(ok.mean, None);
    assert_eq!(found.duration, Some(Seconds(120.0)));
    assert_eq!(stats.rate.unwrap().0.to_bits(), 1.0_f64.to_bits());
    assert_eq!(stats.as_reported["rate_per_s"].to_bits(), 1.1_f64.to_bits());
    assert_eq!(stats.bytes_received, Some(1536));
    assert_eq!(stats.bytes_sent, None);
    assert_eq!(stats.codes["503"], 20);
    assert_eq!(found.endpoints[0].stats, *stats);
    assert_eq!(found.started_at, None);
    assert!(notes(&found).contains(&(
        "unit-by-name",
        "`lat.ok_ms` is read as ms, as its name says",
        1
    )));
}

#[test]
fn a_value_that_does_not_fit_is_named_with_file_record_path_and_text() {
    let map = mapping("", &[("endpoint", "op", ""), ("p95", "lat.p95", "ms")]);
    let rows: Vec<String> = (1..17)
        .map(|n| format!("{{\"op\":\"{n}\",\"lat\":{{\"p95\":{n}}}}}\n"))
        .collect();
    let mut text = rows.concat();
    text.push_str("{\"op\":\"x\",\"lat\":{\"p95\":\"fast\"}}\n");
    assert_eq!(
        refused(&map, &text).0,
        "results.json: record 17: `lat.p95` is \"fast\", expected a number of ms"
    );
    let table = mapping("", &[("endpoint", "op", ""), ("p95", "lat.p95", "ms")]);
    assert_eq!(
        refused(&table, "op;lat.p95\na;1\n\"b\nc\";2\nd;12,5\n").0,
        "results.json, line 5: record 3: `lat.p95` is \"12,5\", expected a number of ms \
         (a comma in a number may be a decimal point or part digits; write 12.5 or 1250)"
    );
    let counts = mapping("", &[("requests", "n", "")]);
    for (text, wanted) in [
        (r#"[{"n":1.5}]"#, "record 1: `n` is 1.5, expected a count"),
        (r#"[{"n":-1}]"#, "`n` is -1, expected a count"),
        (r#"[{"n":{}}]"#, "`n` is an object, expected a count"),
        (r#"[{"n":1},{"n":true}]"#, "record 2: `n` is true"),
    ] {
        assert!(
            refused(&counts, text).0.contains(wanted),
            "{}",
            refused(&counts, text).0
        );
    }
}

#[test]
fn a_path_that_leads_nowhere_names_what_is_near() {
    let text = r#"{"results":[{"op":"a","lat":{"p50":1,"p95":2}},{"op":"b","lat":{"p50":1,"p95":2}}],"took_s":4}"#;
    let of =
        |records: &str, fields: &[(&str, &str, &str)]| refused(&mapping(records, fields), text);
    let (problem, hint) = of("results", &[("p95", "lat.p59", "ms")]);
    assert_eq!(
        problem,
        "results.json: `lat.p59`, the `p95` of map `ours` is in none of its 2 records"
    );
    assert!(hint.starts_with("near to it: lat.p95, "), "{hint}");
    let (problem, hint) = of("resluts[*]", &[("p95", "lat.p95", "ms")]);
    assert_eq!(
        problem,
        "results.json: no record stands at `resluts[*]`, the `records` of map `ours`"
    );
    assert!(hint.contains("near to it: results"), "{hint}");
    let (problem, hint) = of("results", &[("p95", "x", "ms"), ("p50", "y", "ms")]);
    assert!(
        problem.contains("`x`, the `p95` of map `ours`, and one more member are in none"),
        "{problem}"
    );
    assert_eq!(hint, "there is: op, lat, lat.p50, lat.p95");
    let (problem, hint) = of(
        "results",
        &[("p95", "lat.p95", "ms"), ("duration", "$.took", "s")],
    );
    assert!(
        problem.contains("nothing stands at `$.took`, the `duration`"),
        "{problem}"
    );
    assert_eq!(hint, "near to it: took_s");
    let (problem, hint) = refused(
        &mapping("", &[("p95", "latency p59", "ms")]),
        "op,latency p95\na,1\n",
    );
    assert_eq!(
        problem,
        "results.json, line 1: there is no column `latency p59`, the `p95` of map `ours`"
    );
    assert_eq!(hint, "near to it: latency p95");
    assert!(
        refused(&mapping("rows", &[("requests", "n", "")]), "a,b\n1,2\n")
            .0
            .contains("expected JSON with records at `rows`")
    );
    assert!(
        refused(&mapping("", &[("requests", "n", "")]), "[]")
            .0
            .contains("there is no record in it")
    );
    assert!(
        refused(&mapping("", &[("requests", "n", "")]), r#"[{"n":null}]"#)
            .0
            .contains("no record holds a figure")
    );
}

#[test]
fn a_member_that_some_records_lack_is_absent_there_and_counted() {
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("p95", "p", "ms"),
        ],
    );
    let found = run(
        &map,
        r#"[{"op":"a","n":1,"p":5},{"op":"b","n":2},{"op":"c","n":3,"p":null},{"x":1}]"#,
    );
    let latencies: Vec<bool> = found
        .endpoints
        .iter()
        .map(|one| one.stats.latency.is_some())
        .collect();
    assert_eq!(latencies, [true, false, false]);
    let all = notes(&found);
    assert!(
        all.contains(&("member-absent", "records of 3 without `p`, the `p95`", 2)),
        "{all:?}"
    );
    assert!(
        all.contains(&(
            "record-left-out",
            "records without any mapped figure are left out",
            1
        )),
        "{all:?}"
    );
}

#[test]
fn two_records_of_one_endpoint_are_refused_with_both() {
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("method", "m", ""),
            ("requests", "n", ""),
        ],
    );
    let text =
        r#"[{"op":"/x","m":"GET","n":1},{"op":"/x","m":"PUT","n":1},{"op":"/x","m":"GET","n":2}]"#;
    let (problem, hint) = refused(&map, text);
    assert_eq!(
        problem,
        "results.json: record 3: is the endpoint `GET /x` again, as record 1 is"
    );
    assert!(hint.contains("as `run`"), "{hint}");
    let metric = mapping("*", &[("metric", "name", ""), ("value", "v", "")]);
    assert!(
        refused(
            &metric,
            r#"{"a":{"name":"x","v":1},"b":{"name":"x","v":1}}"#
        )
        .0
        .contains("the metric `x` again")
    );
}

#[test]
fn a_field_or_the_order_tells_runs_apart() {
    let by_field = mapping(
        "",
        &[
            ("run", "build", ""),
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("label:region", "r", ""),
        ],
    );
    let found = runs(
        &by_field,
        r#"[{"build":"b1","op":"a","n":1,"r":"eu"},{"build":2,"op":"a","n":2,"r":"us"},{"build":"b1","op":"b","n":4,"r":"eu"}]"#,
    );
    let seen: Vec<(&str, Option<u64>, &str)> = found
        .iter()
        .map(|run| {
            (
                run.name.as_str(),
                run.overall.requests,
                run.labels["region"].as_str(),
            )
        })
        .collect();
    assert_eq!(seen, [("b1", Some(5), "eu"), ("2", Some(2), "us")]);
    let by_order = mapping("", &[("requests", "n", ""), ("users", "c", "")]);
    let found = runs(&by_order, "n,c\n10,1\n20,2\n");
    let users: Vec<Option<f64>> = found.iter().map(|run| run.load.users_max).collect();
    assert_eq!(users, [Some(1.0), Some(2.0)]);
    let many = "{\"n\":1,\"c\":1}".repeat(1001);
    assert!(
        refused(&by_order, &many)
            .0
            .contains("record 1001: there are more than 1000 runs")
    );
}

#[test]
fn the_document_says_what_holds_for_the_run() {
    let mut map = mapping(
        "rows",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("started", "$.meta.t0", "s"),
            ("duration", "$.meta.took_s", ""),
            ("label:commit", "$.meta.sha", ""),
            ("custom:queue", "$.queue", ""),
        ],
    );
    map.constants
        .push((Target::Plain("tool"), Value::Text("Ours".into())));
    let found = run(
        &map,
        r#"{"queue":7,"rows":[{"op":"a","n":30},{"op":"b","n":60}],"meta":{"t0":1700000000,"took_s":30,"sha":"abc","x":[1]}}"#,
    );
    assert_eq!(found.started_at.unwrap().as_second(), 1_700_000_000);
    assert_eq!(found.ended_at.unwrap().as_second(), 1_700_000_030);
    assert_eq!(found.overall.rate.unwrap().0.to_bits(), 3.0_f64.to_bits());
    assert_eq!(
        found.endpoints[0].stats.rate.unwrap().0.to_bits(),
        1.0_f64.to_bits()
    );
    assert_eq!(found.identity.commit.as_deref(), Some("abc"));
    assert_eq!(found.identity_from["commit"], IdentitySource::File);
    assert_eq!(found.source.tool, "ours");
    assert_eq!(
        (found.custom[0].name.as_str(), found.custom[0].value),
        ("queue", Some(7.0))
    );
}

#[test]
fn a_record_without_an_endpoint_is_the_run_as_a_whole() {
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("p95", "p_ms", ""),
        ],
    );
    let found = run(
        &map,
        r#"[{"op":"a","n":1,"p_ms":3},{"op":"b","n":2,"p_ms":4},{"op":null,"n":3,"p_ms":3.5}]"#,
    );
    assert_eq!(found.endpoints.len(), 2);
    let latency = found.overall.latency.as_ref().unwrap();
    assert_eq!(latency.percentile(Percentile::P95), Some(Millis(3.5)));
    let apart = run(
        &map,
        r#"[{"op":"a","n":1,"p_ms":3},{"op":"b","n":2,"p_ms":4}]"#,
    );
    assert!(
        apart
            .overall
            .latency
            .as_ref()
            .unwrap()
            .percentiles
            .is_empty()
    );
    assert!(
        notes(&apart)
            .iter()
            .any(|note| note.0 == "percentiles-not-merged")
    );
}

#[test]
fn metrics_of_a_harness_keep_their_figure_and_say_their_unit() {
    let map = mapping(
        "*.*",
        &[
            ("metric", "{key2} of {key1}", ""),
            ("value", "value", ""),
            ("unit", "unit", ""),
        ],
    );
    let found = run(
        &map,
        r#"{"a":{"x":{"value":3247.0,"unit":"ns"}},"b":{"x":{"value":"12.5 ms"},"y":{"value":7,"unit":"req/s"}}}"#,
    );
    let seen: Vec<(&str, CustomKind, Option<f64>)> = found
        .custom
        .iter()
        .map(|one| (one.name.as_str(), one.kind, one.value))
        .collect();
    assert_eq!(
        seen,
        [
            ("x of a (ns)", CustomKind::Value, Some(3247.0)),
            ("x of b", CustomKind::Value, Some(12.5)),
            ("y of b (req/s)", CustomKind::Rate, Some(7.0)),
        ]
    );
    assert_eq!(found.overall.requests, None);
}

#[test]
fn requests_are_counted_one_by_one_with_what_each_says() {
    let map = mapping(
        "",
        &[
            ("latency", "took", "us"),
            ("started", "at", ""),
            ("endpoint", "call.route", ""),
            ("method", "call.verb", ""),
            ("code", "http", ""),
            ("error", "err", ""),
            ("bytes_received", "size", "kB"),
        ],
    );
    let found = run(
        &map,
        r#"{"took":1500,"at":"2023-11-14T22:13:20Z","call":{"verb":"GET","route":"/a"},"http":200,"size":1.5}
           {"took":"2.5 ms","at":1700000001,"call":{"verb":"GET","route":"/a"},"http":503,"err":"busy","size":0.5}
           {"took":4000,"at":1700000002000,"call":{"verb":"PUT","route":"/a"},"http":201}"#,
    );
    assert_eq!(
        (found.overall.requests, found.overall.failures),
        (Some(3), Some(1))
    );
    let latency = found.overall.latency.as_ref().unwrap();
    assert_eq!(
        (latency.min, latency.max),
        (Some(Millis(1.5)), Some(Millis(4.0)))
    );
    assert_eq!(found.duration, Some(Seconds(2.004)));
    assert_eq!(found.overall.bytes_received, Some(2000));
    let labels: Vec<String> = found
        .endpoints
        .iter()
        .map(crate::model::Endpoint::label)
        .collect();
    assert_eq!(labels, ["GET /a", "PUT /a"]);
    assert_eq!(found.errors[0].kind, ErrorKind::HttpStatus);
    assert_eq!(found.errors[0].message.as_deref(), Some("busy"));
    let all = notes(&found);
    assert!(
        all.contains(&(
            "member-absent",
            "requests of 3 without `size`, the `bytes_received`",
            1
        )),
        "{all:?}"
    );
    assert!(!all.iter().any(|note| note.1.contains("`err`")), "{all:?}");
}

#[test]
fn flags_of_success_beat_codes() {
    let text = "ms,ok,bad,code\n1,true,false,500\n2,false,true,200\n3,,,200\n";
    let fails = |field: (&'static str, &'static str, &'static str)| {
        let map = mapping("", &[("latency", "ms", "ms"), ("code", "code", ""), field]);
        run(&map, text).overall.failures
    };
    assert_eq!(fails(("ok", "ok", "")), Some(1));
    assert_eq!(fails(("failed", "bad", "")), Some(1));
    let neither = mapping("", &[("latency", "ms", "ms")]);
    assert_eq!(run(&neither, text).overall.failures, None);
}

#[test]
fn a_request_that_does_not_fit_is_a_note_and_a_file_of_them_an_error() {
    let map = mapping(
        "",
        &[
            ("latency", "took", "ms"),
            ("ok", "ok", ""),
            ("bytes_sent", "out", ""),
        ],
    );
    let found = run(
        &map,
        "took,ok,out\n5,true,1\nfast,true,1\nslow,true,1\n,true,1\n-3,true,1\n7,maybe,1\n8,true,x\n9,true\n9,true,1,2\n1e12,true,1\n",
    );
    assert_eq!(found.overall.requests, Some(5));
    assert_eq!(found.overall.latency.as_ref().unwrap().count, 3);
    let all = notes(&found);
    for wanted in [
        (
            "record-trouble",
            "records whose `took` does not fit are left out (first at record 2, line 3: `took` is \"fast\", expected a number of ms)",
            3,
        ),
        (
            "unknown-status",
            "requests whose status is a word that says neither success nor failure are counted as failed: `maybe` (at line 7)",
            1,
        ),
        (
            "record-trouble",
            "requests whose `out` does not fit are counted without it (at record 7, line 8: `out` is \"x\", expected a number of B)",
            1,
        ),
        (
            "record-trouble",
            "requests without a latency are counted and stand in no percentile (at record 4, line 5)",
            1,
        ),
        (
            "record-trouble",
            "requests whose latency is beyond 13 days are counted and stand in no percentile (at record 10, line 11)",
            1,
        ),
        (
            "record-trouble",
            "rows with fewer fields than there are columns are left out (at record 8, line 9)",
            1,
        ),
        (
            "record-trouble",
            "rows with more fields than the header are left out (at record 9, line 10)",
            1,
        ),
    ] {
        assert!(all.contains(&wanted), "{wanted:?}\n{all:#?}");
    }
    let bad = refused(&map, "took,ok,out\n\"1,5\",true,1\nfast,true,1\n").0;
    assert!(
        bad.starts_with(
            "results.json, line 2: record 1: `took` is \"1,5\", expected a number of ms (a comma"
        ),
        "{bad}"
    );
    assert!(
        refused(&map, "took,ok,out\n,true,1\n")
            .0
            .contains("no record has a latency")
    );
}

#[test]
fn plain_numbers_lists_and_tables_without_a_header_are_records() {
    let numbers = mapping(
        "results[*].times[*]",
        &[("latency", ".", "s"), ("endpoint", "{key1}", "")],
    );
    let found = run(
        &numbers,
        r#"{"results":[{"times":[0.001,0.002]},{"times":[0.003]}]}"#,
    );
    let seen: Vec<(&str, Option<u64>)> = found
        .endpoints
        .iter()
        .map(|one| (one.name.as_str(), one.stats.requests))
        .collect();
    assert_eq!(seen, [("0", Some(2)), ("1", Some(1))]);
    let lists = mapping("rows[*]", &[("latency", "[1]", "ms"), ("code", "[0]", "")]);
    assert_eq!(
        run(&lists, r#"{"rows":[[200,5],[503,7,1]]}"#)
            .overall
            .failures,
        Some(1)
    );
    let table = mapping("", &[("latency", "[1]", "ms"), ("code", "[0]", "")]);
    assert_eq!(run(&table, "200\t5\n503\t7\n").overall.failures, Some(1));
}

#[test]
fn requests_of_several_runs_are_told_apart_by_a_field() {
    let map = mapping("", &[("latency", "ms", "ms"), ("run", "vu", "")]);
    let found = runs(&map, "vu,ms\na,1\nb,2\na,3\n");
    let seen: Vec<(&str, Option<u64>)> = found
        .iter()
        .map(|run| (run.name.as_str(), run.overall.requests))
        .collect();
    assert_eq!(seen, [("a", Some(2)), ("b", Some(1))]);
    let rows: Vec<String> = (0..65).map(|n| format!("{n},1\n")).collect();
    let rows = rows.concat();
    let (problem, _) = refused(&map, &format!("vu,ms\n{rows}"));
    assert_eq!(
        problem,
        "results.json, line 66: record 65: there are more than 64 runs"
    );
}

#[test]
fn two_files_of_one_run_are_read_together() {
    let map = mapping("", &[("endpoint", "op", ""), ("requests", "n", "")]);
    let both = read(&unit(
        &map,
        &[br#"{"op":"a","n":1}"#, br#"{"op":"b","n":2}"#],
    ))
    .unwrap();
    assert_eq!((both.len(), both[0].overall.requests), (1, Some(3)));
    assert_eq!(both[0].source.files.len(), 2);
    let error = read(&unit(
        &map,
        &[br#"{"op":"a","n":1}"#, br#"{"op":"a","n":2}"#],
    ))
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "second.json: record 1: is the endpoint `a` again, as record 1 is"
    );
}

#[test]
fn a_text_that_breaks_off_names_its_line() {
    let map = mapping("rows", &[("latency", "ms", "ms")]);
    let (problem, hint) = refused(&map, "{\"rows\":[{\"ms\":1},\n{\"ms\":2},\n{\"m");
    assert!(
        problem.starts_with("results.json, line 3, column "),
        "{problem}"
    );
    assert!(hint.contains("ends too early"), "{hint}");
    assert!(
        refused(&map, "{\"rows\":[{\"ms\":1} {\"ms\":2}]}")
            .0
            .contains("line 1, column")
    );
}

/// JSON that never ends up in memory as a whole.
struct Endless {
    left: u64,
    pending: Vec<u8>,
}

impl std::io::Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.pending.is_empty() && self.left > 0 {
            self.left -= 1;
            let end = if self.left == 0 { "]}" } else { "," };
            let row = format!(
                "{{\"skip\":[1,{{\"x\":\"{}\"}}],\"us\":{}}}{end}",
                "y".repeat(200),
                1000 + self.left % 1000
            );
            self.pending = row.into_bytes();
        }
        let size = self.pending.len().min(into.len());
        into[..size].copy_from_slice(&self.pending[..size]);
        self.pending.drain(..size);
        Ok(size)
    }
}

#[test]
fn a_stream_of_many_requests_is_counted_to_its_end() {
    let map = mapping("rows", &[("latency", "us", "us")]);
    let stream = Endless {
        left: 200_000,
        pending: b"{\"rows\":[".to_vec(),
    };
    let mut files = unit(&map, &[]);
    files.inputs.push(Input::stream("results.json", stream));
    let found = read(&files).unwrap();
    let latency = found[0].overall.latency.as_ref().unwrap();
    assert_eq!(latency.count, 200_000);
    assert_eq!(
        (latency.min, latency.max),
        (Some(Millis(1.0)), Some(Millis(1.999)))
    );
}

fn head(bytes: &[u8], complete: bool) -> Head<'_> {
    Head {
        name: "x.json",
        bytes,
        complete,
    }
}

#[test]
fn a_map_claims_what_holds_all_its_members_and_nothing_else() {
    let nested = mapping(
        "rows",
        &[
            ("endpoint", "op", ""),
            ("p95", "lat.p95", "ms"),
            ("duration", "$.took_s", ""),
        ],
    );
    let table = mapping("", &[("latency", "Dauer", "ms"), ("code", "http", "")]);
    let counted = mapping("", &[("latency", "[0]", "ms")]);
    let of = |map: &Mapping, text: &str, complete| {
        claims(std::slice::from_ref(map), &head(text.as_bytes(), complete)).len() == 1
    };
    let whole = r#"{"rows":[{"op":"a"},{"op":"b","lat":{"p95":1}}],"took_s":1}"#;
    assert!(of(&nested, whole, true));
    assert!(
        of(&nested, whole.get(..50).unwrap(), false),
        "the head ends before `took_s`"
    );
    assert!(
        of(
            &nested,
            r#"{"rows":[{"op":"a","lat":{"p95":1},"more":"#,
            false
        ),
        "the head ends inside a record"
    );
    assert!(
        !of(&nested, whole.get(..50).unwrap(), true),
        "a file that breaks off"
    );
    assert!(!of(
        &nested,
        r#"{"rows":[{"op":"a","lat":{"p50":1}}],"took_s":1}"#,
        true
    ));
    assert!(!of(&nested, r#"[{"op":"a","lat":{"p95":1}}]"#, true));
    assert!(!of(&nested, "rows,op\n", true));
    assert!(of(&table, "http;Dauer\n200;5\n", true));
    assert!(!of(&table, "http;Latenz\n200;5\n", true));
    assert!(!of(&table, r#"{"Dauer":1,"x":2}"#, true));
    assert!(
        !of(&counted, "5\n6\n", true),
        "any table has a first column"
    );
    let reason = claims(&[nested], &head(whole.as_bytes(), true))[0]
        .1
        .clone();
    assert_eq!(reason, "members `op`, `lat.p95`, `$.took_s`");
}

/// Sniffs and reads as the program does.
fn chosen(
    maps: &[Mapping],
    map: Option<&str>,
    from: Option<&str>,
    text: &'static str,
) -> Result<Run, String> {
    let mut stdin = || Input::stream("-", Cursor::new(text));
    let candidates: Vec<_> = expand(&["-".to_owned()], &mut stdin).unwrap();
    let options = Options {
        maps: maps.to_vec(),
        map: map.map(str::to_owned),
        from: from.map(str::to_owned),
        ..Options::default()
    };
    crate::ingest::read(candidates, &options)
        .map(|mut ingested| ingested.runs.remove(0))
        .map_err(|error| format!("{error} | {}", error.hint().unwrap_or_default()))
}

#[test]
fn built_in_formats_come_first_and_two_maps_that_fit_are_named() {
    const FLAT: &str =
        r#"{"operation":"a","total_requests":5,"avg_latency_ms":2,"p95_latency_ms":3}"#;
    let flat = mapping(
        "",
        &[
            ("endpoint", "operation", ""),
            ("requests", "total_requests", ""),
        ],
    );
    let format = |map, from| {
        chosen(std::slice::from_ref(&flat), map, from, FLAT).map(|run| run.source.format)
    };
    assert_eq!(format(None, None).unwrap(), "flat-json");
    assert_eq!(format(Some("ours"), None).unwrap(), "map:ours");
    assert_eq!(format(None, Some("map:ours")).unwrap(), "map:ours");
    assert_eq!(
        format(Some("our"), None).unwrap_err(),
        "there is no map `our` | did you mean `ours`? the configuration has ours"
    );
    assert!(format(None, Some("map:NAME")).is_err());
    assert!(
        chosen(&[], Some("x"), None, FLAT)
            .unwrap_err()
            .contains("none was found")
    );
    let one = mapping("", &[("requests", "n", "")]);
    let other = Mapping {
        name: "theirs".to_owned(),
        ..one.clone()
    };
    let error = chosen(&[one.clone(), other], None, None, r#"{"n":1}"#).unwrap_err();
    assert_eq!(
        error,
        "two formats claim standard input: map:ours (members `n`) and map:theirs (members `n`) | say which one it is: --from map:ours"
    );
    assert_eq!(
        chosen(&[one], None, None, r#"{"n":1}"#)
            .unwrap()
            .source
            .format,
        "map:ours"
    );
}

#[test]
fn names_pass_unchanged_and_long_values_are_cut_in_messages() {
    let map = mapping("*", &[("endpoint", "{key}", ""), ("requests", "n", "")]);
    let odd = "<b>|`\\u0000\\n=1\\u202e";
    let found = run(&map, &format!("{{\"{odd}\":{{\"n\":1}}}}"));
    assert_eq!(found.endpoints[0].name, "<b>|`\0\n=1\u{202e}");
    let long = format!("{{\"a\":{{\"n\":\"{}\"}}}}", "x".repeat(100_000));
    assert!(refused(&map, &long).0.len() < 200);
}

fn some_maps() -> Vec<Mapping> {
    vec![
        mapping(
            "",
            &[
                ("endpoint", "a", ""),
                ("requests", "b", ""),
                ("p95", "c.d", "ms"),
                ("started", "t", ""),
            ],
        ),
        mapping(
            "*.*",
            &[("metric", "{key1} {key2}", ""), ("value", "v", "")],
        ),
        mapping(
            "a",
            &[
                ("latency", "b", "us"),
                ("run", "c", ""),
                ("code", "t", ""),
                ("users", "$.v", ""),
            ],
        ),
        mapping(
            "",
            &[
                ("latency", "[0]", "s"),
                ("ok", "[1]", ""),
                ("started", "[2]", ""),
            ],
        ),
        mapping("a[*].b[0]", &[("latency", ".", "ns")]),
    ]
}

/// Texts that look like what the maps want.
fn texts() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"c\"",
        "\"d\"",
        "\"v\"",
        "\"t\"",
        "1",
        "-1",
        "1e308",
        "1e-320",
        "0.5",
        "18446744073709551616",
        "null",
        "true",
        "\"x\"",
        "\"1 ms\"",
        "\"12,5\"",
        "\n",
        "a,b,c.d,t\n",
        "1,2,3,4\n",
        ";",
        "\t",
        "\"",
        "{\"a\":1,\"b\":2,\"c\":{\"d\":3},\"t\":1700000000}",
        "{\"a\":[{\"b\":1},{\"b\":[5]}],\"v\":1}",
        "[[1,true,1700000000]]",
        "\\ud83d",
        "é",
    ]);
    prop::collection::vec(words, 0..24).prop_map(|words| words.concat())
}

fn survives(bytes: &[u8]) {
    for map in some_maps() {
        match read(&unit(&map, &[bytes])) {
            Ok(runs) => {
                for run in runs {
                    let text = serde_json::to_string(&run).unwrap();
                    assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), run);
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        claims(&[map], &head(bytes, false));
    }
}

proptest! {
    #[test]
    fn any_bytes_give_runs_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn any_text_of_the_right_pieces_gives_runs_or_an_error(text in texts()) {
        survives(text.as_bytes());
    }
}

fn counts<'a>(run: &'a Run, id: &str) -> Vec<(&'a str, u64)> {
    let found = run.notes.iter().filter(|note| note.id == id);
    found.map(|note| (note.text.as_str(), note.count)).collect()
}

#[test]
fn a_share_of_failures_makes_the_number_of_failures() {
    let said = "the number of failures is `error_rate` x requests, rounded";
    let map = mapping(
        "",
        &[
            ("requests", "n", ""),
            ("error_rate", "err", "ratio"),
            ("p95", "p95_ms", ""),
        ],
    );
    let found = run(&map, r#"{"n":1000,"err":0.9,"p95_ms":12}"#);
    assert_eq!(found.overall.failures, Some(900));
    assert_eq!(found.overall.successes(), Some(100));
    let reported = found.overall.as_reported.get("error_rate");
    assert_eq!(reported, Some(&0.9));
    assert_eq!(counts(&found, "failures-derived"), [(said, 1)]);
    // A share above 0 is of one request at least.
    let found = run(&map, r#"{"n":1000,"err":0.0001,"p95_ms":12}"#);
    assert_eq!(found.overall.failures, Some(1));
    let found = run(&map, r#"{"n":1000,"err":0,"p95_ms":12}"#);
    assert_eq!(found.overall.failures, Some(0));
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("success_rate", "good", "%"),
        ],
    );
    let text = r#"[{"op":"a","n":200,"good":99.5},{"op":"b","n":10,"good":100}]"#;
    let found = run(&map, text);
    let of = |place: usize| found.endpoints[place].stats.failures;
    assert_eq!((of(0), of(1)), (Some(1), Some(0)));
    assert_eq!(found.overall.failures, Some(1));
    let said = "the number of failures is (1 - `success_rate`) x requests, rounded";
    assert_eq!(counts(&found, "failures-derived"), [(said, 2)]);
    // Of one endpoint alone it is told once.
    let found = run(&map, r#"{"op":"a","n":200,"good":99.5}"#);
    assert_eq!(found.overall.failures, Some(1));
    assert_eq!(counts(&found, "failures-derived"), [(said, 1)]);
}

#[test]
fn a_share_that_makes_no_number_is_told() {
    let fields = [("requests", "n", ""), ("error_rate", "err", "ratio")];
    let map = mapping("", &fields);
    let found = run(&map, r#"{"n":1000,"err":9}"#);
    assert_eq!(found.overall.failures, None);
    assert_eq!(counts(&found, "failures-unknown").len(), 1);
    let found = run(&mapping("", &fields[1..]), r#"{"err":0.9}"#);
    assert_eq!(found.overall.failures, None);
    assert_eq!(counts(&found, "failures-unknown").len(), 1);
    let counted = [&fields[..], &[("failures", "bad", "")]].concat();
    let found = run(&mapping("", &counted), r#"{"n":1000,"err":0.9,"bad":7}"#);
    assert_eq!(found.overall.failures, Some(7));
    assert!(counts(&found, "failures-derived").is_empty());
    assert!(counts(&found, "failures-unknown").is_empty());
}

#[test]
fn a_column_beyond_every_table_is_not_there() {
    let map = mapping("", &[("requests", "[18446744073709551615]", "")]);
    let (problem, _) = refused(&map, "1,2\n3,4\n");
    assert!(problem.contains("`[18446744073709551615]`"), "{problem}");
}

#[test]
fn what_records_say_differently_of_the_run_is_told_and_not_taken() {
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("label:region", "r", ""),
            ("label:commit", "c", ""),
            ("tool", "t", ""),
            ("label:team", "team", ""),
        ],
    );
    let found = run(
        &map,
        r#"[{"op":"a","n":1,"r":"eu","c":"1","t":"x","team":"blue"},{"op":"b","n":2,"r":"us","c":"2","t":"y","team":"blue"},
            {"op":"c","n":2,"r":"us","c":"2","t":"y"}]"#,
    );
    assert_eq!(found.labels.get("region"), None);
    assert_eq!(found.identity.commit, None);
    assert!(!found.identity_from.contains_key("commit"));
    assert_eq!(found.source.tool, "map");
    assert_eq!(found.labels["team"], "blue");
    let said = counts(&found, "label-differs");
    let of = |name: &str| said.iter().any(|(text, _)| text.contains(name));
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(of("`label:region`") && of("`label:commit`") && of("`tool`"));
}

#[test]
fn an_amount_of_bytes_that_cannot_be_held_is_counted() {
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("bytes_received", "b", "B"),
        ],
    );
    let text = r#"[{"op":"a","n":1,"b":1e30},{"op":"b","n":1,"b":7}]"#;
    let found = run(&map, text);
    assert_eq!(found.endpoints[0].stats.bytes_received, None);
    assert_eq!(found.endpoints[1].stats.bytes_received, Some(7));
    let said = "amounts of `bytes_received` of 2^64 bytes or more are left out";
    assert_eq!(counts(&found, "bytes-left-out"), [(said, 1)]);
    let map = mapping("", &[("latency", "ms", "ms"), ("bytes_sent", "b", "B")]);
    let found = run(&map, r#"[{"ms":1,"b":1e30},{"ms":1,"b":7}]"#);
    let said = counts(&found, "record-trouble");
    assert!(
        matches!(said.as_slice(), [(text, 1)] if text.contains("2^64 bytes")),
        "{said:?}"
    );
}

#[test]
fn a_figure_that_is_null_where_others_have_it_is_counted() {
    let map = mapping(
        "",
        &[
            ("endpoint", "op", ""),
            ("requests", "n", ""),
            ("failures", "bad", ""),
            ("p95", "p", "ms"),
        ],
    );
    let found = run(
        &map,
        r#"[{"op":"a","n":1,"bad":0,"p":null},{"op":"b","n":2,"bad":null,"p":4},{"op":"c","n":2,"bad":null,"p":4},{"op":"d","n":2,"p":4}]"#,
    );
    assert_eq!(
        counts(&found, "member-empty"),
        [
            ("records of 4 with nothing at `bad`, the `failures`", 2),
            ("records of 4 with nothing at `p`, the `p95`", 1)
        ]
    );
    assert_eq!(counts(&found, "member-absent").len(), 1);
    // Where no record has it, it is not measured.
    let found = run(&map, r#"[{"op":"a","n":1,"bad":null,"p":3}]"#);
    assert!(counts(&found, "member-empty").is_empty());
}
