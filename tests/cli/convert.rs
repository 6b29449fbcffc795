//! `knee convert`: JSON and CSV; what was written reads back as the same run.

use crate::{Scratch, sample};

#[test]
fn a_run_survives_being_written_and_read() {
    let here = Scratch::new("roundtrip");
    for name in [
        "artillery/v2.0.34/errors.json",
        "locust/v2.47.0/errors_stats.csv",
        "flat-json",
    ] {
        let first = here.knee(&["convert", sample(name).to_str().unwrap()]);
        assert_eq!(first.code, 0, "{}", first.err);
        here.write("run.json", &first.out);
        let second = here.knee(&["convert", "run.json"]);
        assert_eq!(second.code, 0, "{}", second.err);
        assert_eq!(first.out, second.out, "{name}");
        let through = here.knee_with(&["convert", "-"], first.out.as_bytes(), &[]);
        assert_eq!(first.out, through.out, "{name}");
    }
}

#[test]
fn csv_has_the_columns_of_the_contract() {
    let here = Scratch::new("csv");
    let done = here.knee(&[
        "convert",
        sample("locust/v2.47.0/errors_stats.csv").to_str().unwrap(),
        "--format",
        "csv",
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.out
            .starts_with("run,endpoint,method,metric,value,unit,n\n")
    );
    let mut reader = csv::Reader::from_reader(done.out.as_bytes());
    assert!(reader.records().all(|record| record.unwrap().len() == 7));
    assert_eq!(
        here.knee(&["convert", "x.json", "--format", "parquet"])
            .code,
        2
    );
}

#[test]
fn ci_variables_fill_the_identity_here_and_nowhere_else() {
    let here = Scratch::new("ci");
    let run = sample("artillery/v2.0.34/one-vu.json");
    let run = run.to_str().unwrap();
    let variables = [
        ("GITHUB_SHA", "abc123"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_RUN_ID", "77"),
    ];
    let converted = here.knee_with(&["convert", run], b"", &variables).out;
    assert!(
        converted.contains("\"commit\": \"abc123\"") && converted.contains("\"commit\": \"ci\"")
    );
    let labelled = here
        .knee_with(&["convert", run, "--label", "commit=mine"], b"", &variables)
        .out;
    assert!(labelled.contains("\"commit\": \"mine\"") && labelled.contains("\"commit\": \"flag\""));
    let report = here
        .knee_with(&["report", run, "--format", "json"], b"", &variables)
        .out;
    assert!(!report.contains("abc123"));
}
