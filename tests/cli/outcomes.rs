//! What a log of requests says of success and failure: words, empty cells, and columns that ask the other way round.

use serde_json::Value;

use crate::Scratch;

/// The run that `report` makes of a file, and its notes as one text.
fn run(here: &Scratch, arguments: &[&str]) -> (Value, String) {
    let done = here.knee(&[&["report", "--format", "json"], arguments].concat());
    let report: Value = serde_json::from_str(&done.out).unwrap_or_default();
    let run = report["runs"][0].clone();
    assert!(run.is_object(), "{arguments:?}: {}", done.err);
    let notes = run["notes"].to_string();
    (run, notes)
}

/// A table with these rows, each so many times, their order mixed.
fn table(header: &str, rows: &[(&str, usize)]) -> String {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut text = format!("{header}\n");
    for number in 0..most {
        for (row, _) in rows.iter().filter(|(_, count)| number < *count) {
            text.push_str(row);
            text.push('\n');
        }
    }
    text
}

#[test]
fn a_flag_that_is_often_empty_leaves_failures_unmeasured() {
    let here = Scratch::new("outcome-empty");
    here.write(
        "knee.toml",
        "[[map]]\nname = 'rows'\nfields = { latency = 'took_ms', ok = 'fine' }\n",
    );
    let files = [
        (
            "true.csv",
            table("latency_ms,ok", &[("5,true", 240), ("5,", 160)]),
        ),
        (
            "one.csv",
            table("latency_ms,success", &[("5,1", 240), ("5,", 160)]),
        ),
        (
            "failed.csv",
            table("latency_ms,failed", &[("5,no", 240), ("5,None", 160)]),
        ),
        (
            "map.csv",
            table("took_ms,fine", &[("5,true", 240), ("5,", 160)]),
        ),
        (
            "map.jsonl",
            table(
                "",
                &[
                    ("{\"took_ms\": 5, \"fine\": true}", 240),
                    ("{\"took_ms\": 5}", 160),
                ],
            ),
        ),
    ];
    for (file, text) in files {
        here.write(file, text.trim_start());
        let (run, notes) = run(&here, &[file]);
        assert_eq!(run["overall"]["requests"], 400, "{file}");
        assert_eq!(run["overall"]["failures"], Value::Null, "{file}");
        assert_eq!(run["overall"]["latency_ok_ms"], Value::Null, "{file}");
        assert_eq!(run["overall"]["latency_ms"]["count"], 400, "{file}");
        let told = "160 requests do not say whether they succeeded";
        let is_table = file.ends_with("csv");
        assert!(
            !is_table || notes.contains("(first at line 3)"),
            "{file}: {notes}"
        );
        assert!(
            notes.contains("no-outcome") && notes.contains(told),
            "{file}: {notes}"
        );
        assert!(notes.contains("\"count\":160"), "{file}: {notes}");
        let done = here.knee(&["check", file, "--target", "error_rate < 50%"]);
        assert_eq!(done.code, 3, "{file}: {}", done.out);
        assert!(
            done.out.contains(&format!("* {told}")),
            "{file}: {}",
            done.out
        );
    }
}

#[test]
fn a_few_empty_flags_are_counted_as_failed_and_break_what_they_could_break() {
    let here = Scratch::new("outcome-few");
    here.write(
        "few.csv",
        table("latency_ms,ok", &[("5,true", 3997), ("5,", 3)]),
    );
    let (run, notes) = run(&here, &["few.csv"]);
    assert_eq!(run["overall"]["failures"], 3);
    assert!(
        notes.contains("3 requests do not say whether they succeeded (first at line 3): few enough to count them as failed"),
        "{notes}"
    );
    for (target, code) in [("error_rate < 1%", 0), ("error_rate < 0.05%", 1)] {
        let done = here.knee(&["check", "few.csv", "--target", target]);
        assert_eq!(done.code, code, "{target}: {}", done.out);
    }
}

#[test]
fn other_columns_decide_where_the_flag_is_empty() {
    let here = Scratch::new("outcome-evidence");
    for (header, rows) in [
        (
            "latency_ms,ok,error",
            [("5,true,", 240), ("5,,refused", 160)],
        ),
        (
            "latency_ms,ok,status",
            [("5,true,200", 240), ("5,,503", 160)],
        ),
        ("latency_ms,ok,status", [("5,,200", 240), ("5,,404", 160)]),
        ("latency_ms,ok", [("5,true", 240), (",", 160)]),
        ("latency_ms,ok,error", [("5,,", 240), ("5,,refused", 160)]),
    ] {
        let mut text = table(header, &rows);
        if header == "latency_ms,ok" {
            // A row of nothing at all is none.
            text = text
                .replace("\n,\n", "\nNaN,\n")
                .replace("\n,\n", "\nNaN,\n");
        }
        here.write("r.csv", &text);
        let (run, notes) = run(&here, &["r.csv"]);
        assert_eq!(run["overall"]["failures"], 160, "{header}: {notes}");
    }
    // An error that is not there is no success where a flag was to say so.
    here.write(
        "r.csv",
        table("latency_ms,ok,error", &[("5,true,", 240), ("5,,", 160)]),
    );
    assert_eq!(run(&here, &["r.csv"]).0["overall"]["failures"], Value::Null);
}

#[test]
fn columns_that_ask_for_failures_are_read_the_other_way_round() {
    let here = Scratch::new("outcome-inverse");
    for (header, fine, bad) in [
        ("failed", "false", "true"),
        ("is_error", "0", "1"),
        ("has_error", "no", "yes"),
        ("error", "False", "True"),
        ("isError", "false", "true"),
        ("Failed", "passed", "timeout"),
        ("ok", "true", "ETIMEDOUT"),
        ("ok", "true", "false: timeout"),
        ("ok", "1.0", "0.0"),
        ("success", "200", "503"),
        ("success", "WAHR", "FALSCH"),
        ("success", "302", "404"),
        ("error,failed", ",false", ",true"),
        ("failed,ok", "false,true", "true,false"),
    ] {
        let rows = [format!("5,{fine}"), format!("5,{bad}")];
        let text = table(
            &format!("latency_ms,{header}"),
            &[(&rows[0], 240), (&rows[1], 160)],
        );
        here.write("r.csv", text);
        let (run, notes) = run(&here, &["r.csv"]);
        assert_eq!(
            run["overall"]["failures"], 160,
            "{header} {fine} {bad}: {notes}"
        );
        assert_eq!(run["overall"]["latency_ok_ms"]["count"], 240, "{header}");
    }
    // The words of a failure stand among the errors.
    here.write(
        "r.csv",
        table("latency_ms,ok", &[("5,true", 50), ("5,ETIMEDOUT", 50)]),
    );
    let (run, _) = run(&here, &["r.csv"]);
    assert_eq!(run["errors"][0]["message"], "ETIMEDOUT");
    assert_eq!(run["errors"][0]["kind"], "timeout");
}

#[test]
fn a_map_reads_flags_as_a_table_does() {
    let here = Scratch::new("outcome-map");
    here.write(
        "knee.toml",
        "[[map]]\nname = 'bad'\nfields = { latency = 'took_ms', failed = 'bad' }\n\
         [[map]]\nname = 'fine'\nfields = { latency = 'took_ms', ok = 'fine' }\n",
    );
    for (member, fine, bad) in [
        ("bad", "false", "true"),
        ("bad", "0", "1"),
        ("bad", "\"no\"", "\"timeout\""),
        ("fine", "true", "\"socket hang up\""),
        ("fine", "200", "503"),
    ] {
        let row = |value: &str| format!("{{\"took_ms\": 5, \"{member}\": {value}}}");
        let text = table("", &[(&row(fine), 240), (&row(bad), 160)]);
        here.write("r.jsonl", text.trim_start());
        let (run, notes) = run(&here, &["r.jsonl"]);
        assert_eq!(
            run["overall"]["failures"], 160,
            "{member} {fine} {bad}: {notes}"
        );
    }
}

#[test]
fn an_error_that_is_an_object_is_one_beside_those_that_are_not_there() {
    let here = Scratch::new("outcome-object");
    let map = "[[map]]\nname = 'm'\nfields = { latency = 'took_ms', error = 'error' }\n";
    here.write("knee.toml", map);
    let row = |error: &str| format!("{{\"took_ms\": 5, \"error\": {error}}}");
    for (fine, failures) in [("null", Value::from(160)), ("{}", Value::Null)] {
        let rows = [row(fine), row("{\"code\": \"ECONNRESET\"}")];
        let text = table("", &[(&rows[0], 240), (&rows[1], 160)]);
        here.write("r.jsonl", text.trim_start());
        let (run, notes) = run(&here, &["r.jsonl"]);
        assert_eq!(run["overall"]["failures"], failures, "{notes}");
        assert!(notes.contains("`an object`"), "{notes}");
    }
}

#[test]
fn words_that_say_success_fail_no_request() {
    let here = Scratch::new("outcome-fine");
    for word in [
        "HTTP 200",
        "HTTP200",
        "OK 200",
        "OK (200)",
        "Status: 200",
        "[200]",
        "HttpStatusCode.OK",
        "HTTPStatus.OK",
        "200 OK",
        "HTTP/2 200",
        "created",
        "accepted",
        "no content",
        "NO_ERROR",
        "no error",
        "Success!",
        "OK.",
        "success: true",
        "fulfilled",
        "resolved",
    ] {
        for column in ["status", "ok"] {
            let row = format!("5,{word}");
            here.write(
                "r.csv",
                table(&format!("latency_ms,{column}"), &[(&row, 50)]),
            );
            let done = here.knee(&["check", "r.csv", "--target", "error_rate < 1%"]);
            assert_eq!(done.code, 0, "{column} {word}: {}", done.out);
        }
    }
    for nothing in [
        "Keine", "''", "200", "200 OK", "OK", "none", "No error", "NO_ERROR", "noerror", "{}", "[]",
    ] {
        let row = format!("5,{nothing}");
        here.write("r.csv", table("latency_ms,error", &[(&row, 50)]));
        let done = here.knee(&["check", "r.csv", "--target", "error_rate < 1%"]);
        assert_eq!(done.code, 0, "{nothing}: {}", done.out);
    }
}

#[test]
fn words_that_nobody_knows_are_failures_only_beside_words_for_success() {
    let here = Scratch::new("outcome-unknown");
    here.write(
        "knee.toml",
        "[[map]]\nname = 'm'\nfields = { latency = 'took_ms', code = 's' }\n",
    );
    for header in ["latency_ms,status", "latency_ms,ok", "took_ms,s"] {
        here.write("r.csv", table(header, &[("5,handled", 50)]));
        let (alone, notes) = run(&here, &["r.csv"]);
        assert_eq!(alone["overall"]["failures"], Value::Null, "{header}");
        assert_eq!(alone["overall"]["responses"], Value::Null, "{header}");
        assert_eq!(alone["errors"].as_array().unwrap().len(), 0, "{header}");
        let told = "`handled` says neither success nor failure (first at line 2)";
        assert!(notes.contains(told) && notes.contains("[[map]]"), "{notes}");
        // Beside failures it may well be the success.
        here.write(
            "r.csv",
            table(header, &[("5,handled", 50), ("5,failed", 2)]),
        );
        assert_eq!(
            run(&here, &["r.csv"]).0["overall"]["failures"],
            Value::Null,
            "{header}"
        );
        here.write("r.csv", table(header, &[("5,ok", 50), ("5,handled", 20)]));
        let (beside, notes) = run(&here, &["r.csv"]);
        assert_eq!(beside["overall"]["failures"], 20, "{header}");
        assert!(
            notes.contains("are counted as failed: `handled` (first at line 3)"),
            "{notes}"
        );
    }
}

#[test]
fn a_success_with_a_status_of_the_servers_failure_is_not_believed() {
    let here = Scratch::new("outcome-contradicted");
    let rows = [("5,true,200", 240), ("5,true,500", 100), ("5,true,404", 60)];
    here.write("r.csv", table("latency_ms,ok,status", &rows));
    let (told, notes) = run(&here, &["r.csv"]);
    assert_eq!(told["overall"]["failures"], 100);
    assert!(
        notes.contains("contradicted-ok") && notes.contains("\"count\":100"),
        "{notes}"
    );
    // A map that names the flag believes it.
    here.write(
        "knee.toml",
        "[[map]]\nname = 'm'\nfields = { latency = 'latency_ms', ok = 'ok', code = 'status' }\n",
    );
    let (mapped, _) = run(&here, &["r.csv", "--map", "m"]);
    assert_eq!(mapped["overall"]["failures"], 0);
}
