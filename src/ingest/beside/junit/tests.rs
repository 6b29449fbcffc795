//! Reports of several tools, suites inside suites, counts that disagree, and what is no report.

use crate::ingest::Input;
use crate::ingest::beside::read_tests;
use crate::ingest::beside::testing::{noted, run, tested};
use crate::model::Run;

fn check(run: &Run, name: &str) -> (u64, u64) {
    let found = run.checks.iter().find(|check| check.name == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {:?}", run.checks));
    (found.passed, found.failed)
}

#[test]
fn errors_fail_and_skipped_tests_do_neither() {
    let text = r#"<testsuite name="s" tests="4">
        <testcase name="a"/>
        <testcase name="b"><failure/><error/></testcase>
        <testcase name="c"><error>at /x</error></testcase>
        <testcase name="d"><skipped/></testcase></testsuite>"#;
    let run = tested(text).unwrap();
    assert_eq!(check(&run, "s"), (1, 2));
    assert_eq!(noted(&run, "skipped"), 1);
    assert_eq!(noted(&run, "failed: s: b"), 1);
    assert_eq!(noted(&run, "says that it has"), 0);
}

#[test]
fn a_test_belongs_to_the_innermost_suite_with_a_name() {
    let text = r#"<testsuites name="all" tests="3"><testsuite name="outer" tests="3">
        <testcase name="a"/>
        <testsuite tests="1"><testcase name="b"/></testsuite>
        <testsuite name="inner" tests="1"><testcase name="c"/></testsuite>
        </testsuite></testsuites>"#;
    let run = tested(text).unwrap();
    assert_eq!(check(&run, "outer"), (2, 0));
    assert_eq!(check(&run, "inner"), (1, 0));
    assert_eq!(noted(&run, "says that it has"), 0);
}

#[test]
fn maven_counts_a_flaky_test_as_passed_and_a_rerun_that_failed_as_one_failure() {
    let text = r#"<testsuite name="com.example.T" tests="2" failures="1">
        <testcase name="a" classname="com.example.T"><flakyFailure type="x"><stackTrace/></flakyFailure></testcase>
        <testcase name="b" classname="com.example.T"><failure/><rerunFailure/><rerunFailure/></testcase></testsuite>"#;
    let run = tested(text).unwrap();
    assert_eq!(check(&run, "com.example.T"), (1, 1));
    assert_eq!(noted(&run, "run again"), 1);
}

#[test]
fn the_suite_that_pytest_names_after_itself_is_told_by_class() {
    let text = r#"<testsuites name="pytest tests"><testsuite name="pytest" tests="3">
        <testcase classname="tests.test_a" name="x"/>
        <testcase classname="tests.test_a.TestB" name="y"/>
        <testcase classname="" name="tests.test_c"><error message="collection failure"/></testcase></testsuite></testsuites>"#;
    let run = tested(text).unwrap();
    assert_eq!(check(&run, "tests.test_a"), (1, 0));
    assert_eq!(check(&run, "tests.test_a.TestB"), (1, 0));
    assert_eq!(check(&run, "tests.test_c"), (0, 1));
}

#[test]
fn counts_that_disagree_with_the_tests_are_told() {
    let text = r#"<testsuite name="q" tests="4"><testcase name="1"/><testcase name="2"/><testcase name="3"/>
        <testcase name="4"/><testcase name="5"/><testcase name="6"/></testsuite>"#;
    let run = tested(text).unwrap();
    assert_eq!(check(&run, "q"), (6, 0));
    assert_eq!(
        noted(&run, "the suite \"q\" says that it has 4 tests and holds 6"),
        1
    );
}

#[test]
fn a_suite_without_tests_is_taken_at_its_own_count() {
    let text = r#"<testsuites tests="9"><testsuite name="a" tests="9" failures="2" errors="1" skipped="1"/></testsuites>"#;
    let run = tested(text).unwrap();
    assert_eq!(check(&run, "a"), (5, 3));
    assert_eq!(noted(&run, "their own count"), 1);
}

#[test]
fn entities_of_a_document_type_are_not_expanded() {
    let text = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>
        <testsuite name="&b;" tests="1"><testcase name="&c;"><failure>&b;&c;</failure></testcase></testsuite>"#;
    let run = tested(text).unwrap();
    assert_eq!(check(&run, "&b;"), (0, 1));
    let plain = r#"<testsuite name="a &lt;b&gt; &amp; &#124;"><testcase name="x"/></testsuite>"#;
    assert_eq!(check(&tested(plain).unwrap(), "a <b> & |"), (1, 0));
}

#[test]
fn what_is_cut_or_no_report_is_refused_with_its_place() {
    let whole = r#"<testsuites><testsuite name="s"><testcase name="a"/></testsuite></testsuites>"#;
    for end in 13..whole.len() {
        // Nothing that ends early passes for a whole report.
        let cut = whole.get(..end).unwrap();
        assert!(tested(cut).is_err(), "{cut}");
    }
    assert!(tested("<html><body/></html>").is_err());
    assert!(tested("").is_err());
    let deep = "<testsuite>".repeat(100_000);
    let error = tested(&deep).unwrap_err();
    assert!(error.to_string().contains("64 deep"), "{error}");
    let odd =
        tested("<testsuite name='s' tests='-1' failures='1e9'><testcase name='a'></testsuite>");
    assert!(odd.is_err());
}

#[test]
fn a_report_without_a_test_says_so() {
    let run = tested("<testsuites/>").unwrap();
    assert!(run.checks.is_empty());
    assert_eq!(noted(&run, "no test in it"), 1);
}

#[test]
fn what_tests_printed_hides_no_tag() {
    let long = "out & <b> ]] -- ".repeat(100_000);
    let plain = long.replace('<', "&lt;");
    let text = format!(
        r#"<testsuite name="s" tests="2"><system-out><![CDATA[{long}</system-out><testcase name="no"/>]]></system-out>
        <testcase name="a"><system-err>{plain}</system-err><!-- <failure/> --></testcase>
        <testcase name="b"><failure>{plain}</failure></testcase></testsuite>"#
    );
    let run = tested(&text).unwrap();
    assert_eq!(check(&run, "s"), (1, 1));
    let open = r#"<testsuite name="s"><testcase name="a"/></testsuite><!-- "#;
    let error = tested(open).unwrap_err().to_string();
    assert!(error.contains("comment not closed"), "{error}");
}

#[test]
fn what_is_no_xml_is_refused_with_its_place() {
    let text = format!("<testsuite>{}", "<a>".repeat(100_000));
    let error = tested(&text).unwrap_err().to_string();
    assert!(error.contains("ends before its last suite"), "{error}");
    let text = "<testsuite><system-out>12345</system-out><a></b></testsuite>";
    let error = tested(text).unwrap_err().to_string();
    assert!(error.contains("byte 44"), "{error}");
}

#[test]
fn bytes_that_are_no_text_hide_no_test() {
    let text = b"<testsuite name='s'><testcase name='a'><system-out>\xff\xfe &nbsp; & <![CDATA[\xff]]></system-out></testcase></testsuite>";
    let input = Input::stream("report.xml", std::io::Cursor::new(text.to_vec()));
    let mut runs = [run(0)];
    read_tests(&input, &mut runs).unwrap();
    assert_eq!(check(&runs[0], "s"), (1, 0));
}
