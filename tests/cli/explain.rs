//! `explain`, `formats`, `schema`, `completions`, `man`, `--help`, `--version`.

use knee::ingest::FORMATS;
use knee::model::METRICS;
use knee::rules::RULES;
use knee::wording::state::STATES;

use crate::{Scratch, knee};

#[test]
fn every_rule_and_metric_is_listed_and_explained() {
    let here = Scratch::new("explain");
    let list = here.knee(&["explain"]);
    assert_eq!(list.code, 0, "{}", list.err);
    for rule in RULES {
        assert!(list.out.contains(rule.id.as_str()) && list.out.contains(rule.id.name()));
        let one = here.knee(&["explain", rule.id.as_str()]);
        assert!(one.out.contains(rule.text.trim()), "{}", one.out);
    }
    for row in METRICS {
        assert!(list.out.contains(row.id));
    }
    assert!(
        here.knee(&["explain", "p99.99"])
            .out
            .contains("read as p99 is")
    );
    assert!(here.knee(&["explain", "v03"]).out.contains("V03"));
    for (state, about) in STATES {
        assert!(list.out.contains(state));
        let one = here.knee(&["explain", state]);
        assert!(one.code == 0 && one.out.contains(about), "{}", one.out);
    }
    let sign = here.knee(&["explain", "~"]);
    assert!(sign.out.starts_with("undecided"), "{}", sign.out);
}

#[test]
fn an_unknown_id_is_an_error_with_a_hint() {
    let done = knee("explain-unknown", &["explain", "V99"]);
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("there is no rule or metric `V99`") && done.err.contains("hint:"),
        "{}",
        done.err
    );
    let later = knee("explain-later", &["explain", "H03"]);
    assert_eq!(later.code, 2);
    assert!(later.err.contains("not built"), "{}", later.err);
}

#[test]
fn formats_come_from_the_table() {
    let done = knee("formats", &["formats"]);
    assert_eq!(done.code, 0);
    for format in FORMATS {
        assert!(done.out.contains(format.id));
    }
}

#[test]
fn schemas_are_json() {
    let here = Scratch::new("schema");
    for of in ["run", "report", "config", "baseline"] {
        let done = here.knee(&["schema", of]);
        assert_eq!(done.code, 0);
        let schema: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        assert!(schema["properties"].is_object(), "{of}");
    }
    assert_eq!(here.knee(&["schema", "nothing"]).code, 2);
}

#[test]
fn help_manual_and_completions_come_to_standard_output() {
    let here = Scratch::new("help");
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["report", "--help"],
        &["--version"],
        &["man"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ] {
        let done = here.knee(arguments);
        assert_eq!(done.code, 0, "{arguments:?}");
        assert!(!done.out.is_empty() && done.err.is_empty(), "{arguments:?}");
    }
    let bare = here.knee(&[]);
    assert_eq!(bare.code, 2);
    assert!(bare.err.contains("Usage"), "{}", bare.err);
}
