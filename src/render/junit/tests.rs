//! What a CI makes of the suites, read by a parser that has nothing to do with the writer.

use roxmltree::{Document, Node};

use super::*;
use crate::render::testing::{broken, compared, comparison, finding, report, target};
use crate::report::Interval;
use crate::report::RuleId;

fn page(report: &Report) -> String {
    let page = render(report, &Layout::default()).unwrap().page;
    String::from_utf8(page).unwrap()
}

fn cases<'a>(xml: &'a Document, name: &str) -> Vec<Node<'a, 'a>> {
    xml.descendants()
        .filter(|node| node.has_tag_name("testcase") && node.attribute("name") == Some(name))
        .collect()
}

fn case<'a>(xml: &'a Document, name: &str) -> Node<'a, 'a> {
    let found = cases(xml, name);
    assert_eq!(found.len(), 1, "{name}");
    found[0]
}

fn child<'a>(case: Node<'a, 'a>, tag: &str) -> Option<Node<'a, 'a>> {
    case.children().find(|node| node.has_tag_name(tag))
}

/// A figure in the text of a case: of its failure or skip, else of its output.
fn said<'a>(case: Node<'a, 'a>, name: &str) -> Option<&'a str> {
    let mut tags = ["failure", "skipped", "system-out"].into_iter();
    let text = tags.find_map(|tag| child(case, tag))?.text()?;
    let lines = text.lines();
    let mut found = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.next()
}

/// The counts of an element, and those of the cases in it.
fn counts(node: Node) -> [usize; 4] {
    ["tests", "failures", "errors", "skipped"]
        .map(|of| node.attribute(of).unwrap().parse().unwrap())
}

fn counted(node: Node) -> [usize; 4] {
    let with = |tag: &str| node.descendants().filter(|of| of.has_tag_name(tag)).count();
    ["testcase", "failure", "error", "skipped"].map(with)
}

#[test]
fn states_of_targets_are_states_of_cases_with_their_figures() {
    let mut report = report();
    report.targets = vec![
        target("kept", 100.5, TargetState::Pass),
        target("near", 199.0, TargetState::Warn),
        target("broken", 210.4, TargetState::Fail),
        target("open", 0.0, TargetState::NotMeasured),
        target("other", 0.0, TargetState::NotApplicable),
    ];
    report.targets[2].interval = Some(Interval {
        lo: Some(205.0),
        hi: None,
        level: 0.95,
    });
    let page = page(&report);
    let xml = Document::parse(&page).unwrap();
    let suite = xml.root_element().first_element_child().unwrap();
    assert_eq!(counts(suite), [6, 1, 0, 2]);
    assert_eq!(suite.attribute("name"), Some("new.json"));
    assert_eq!(suite.attribute("time"), Some("100.000"));
    for (name, tag) in [
        ("broken", "failure"),
        ("open", "skipped"),
        ("other", "skipped"),
    ] {
        assert!(child(case(&xml, name), tag).is_some(), "{name}");
    }
    for name in ["kept", "near", "validity"] {
        let case = case(&xml, name);
        for tag in ["failure", "error", "skipped"] {
            assert!(child(case, tag).is_none(), "{name}");
        }
    }
    let broken = case(&xml, "broken");
    let failure = child(broken, "failure").unwrap();
    let sentence = "p95 is 210.4 ms where \"broken\" (p95 < 200ms) is demanded, missed by 10.4 ms (n = 1,000).";
    assert_eq!(failure.attribute("message"), Some(sentence));
    let lines =
        format!("{sentence}\nstate: fail\n95 % interval: 205 ms to open\nwritten in: knee.toml:12");
    assert!(child(broken, "system-out").is_none(), "said once");
    assert_eq!(failure.text(), Some(lines.as_str()));
    let open = case(&xml, "open");
    assert_eq!(said(open, "value"), None);
    let skipped = child(open, "skipped").unwrap();
    assert!(skipped.text().unwrap().contains("has no latencies"));
}

#[test]
fn judged_metrics_are_cases_and_undecided_ones_pass_with_their_reason() {
    let mut report = report();
    let mut undecided = compared(Some("GET /b"), MetricState::Undecided);
    undecided.reasons = vec![RuleId::V45.into()];
    let mut unjudged = compared(Some("GET /c"), MetricState::NotMeasured);
    unjudged.method = None;
    report.comparisons = vec![comparison(vec![
        compared(Some("GET /a"), MetricState::Regressed),
        undecided,
        unjudged,
    ])];
    let page = page(&report);
    let xml = Document::parse(&page).unwrap();
    let regressed = case(&xml, "p95: GET /a");
    assert_eq!(
        child(regressed, "failure").unwrap().attribute("type"),
        Some("regressed")
    );
    let text = child(regressed, "failure").unwrap().text().unwrap();
    let sentence = "170 ms in the base, 210 ms now, +23.5 % (95 % interval +18 % to +30 %, p = 0.002, n = 1,000 and 1,100)";
    assert!(text.contains(sentence), "{text}");
    assert_eq!(said(regressed, "state"), Some("regressed"));
    let undecided = case(&xml, "p95: GET /b");
    assert!(child(undecided, "failure").is_none());
    let lines = child(undecided, "system-out").unwrap().text().unwrap();
    assert!(
        lines.lines().next().unwrap().ends_with(": undecided: V45."),
        "{lines}"
    );
    assert!(cases(&xml, "p95: GET /c").is_empty());
}

#[test]
fn what_cannot_be_compared_is_skipped_and_an_invalid_run_is_an_error() {
    let mut report = report();
    let mut unlike = comparison(Vec::new());
    unlike.verdict = ComparisonVerdict::NotComparable;
    unlike.reasons = vec![RuleId::V22.into()];
    report.comparisons = vec![unlike];
    let finding = finding("V03", Effect::Invalid, "90 of 100 requests failed.");
    report.findings.push(finding);
    let page = page(&report);
    let xml = Document::parse(&page).unwrap();
    let comparable = child(case(&xml, "comparable"), "skipped").unwrap();
    assert_eq!(comparable.attribute("message"), Some("not comparable: V22"));
    let error = child(case(&xml, "validity"), "error").unwrap();
    assert_eq!(
        error.attribute("message"),
        Some("90 of 100 requests failed.")
    );
    let suites = xml.root_element().children().filter(Node::is_element);
    let counts: Vec<[usize; 4]> = suites.map(counts).collect();
    assert_eq!(counts, [[1, 0, 1, 0], [1, 0, 0, 1]]);
}

#[test]
fn thousands_of_targets_are_as_many_cases_and_no_name_stands_twice() {
    let mut report = report();
    report.targets = (0..3000).map(|number| broken(number / 2)).collect();
    let page = page(&report);
    let xml = Document::parse(&page).unwrap();
    let root = xml.root_element();
    let suite = root.first_element_child().unwrap();
    assert_eq!(counts(suite), [3001, 3000, 0, 0]);
    assert_eq!(counts(suite), counted(suite));
    assert_eq!(root.attribute("tests"), Some("3001"));
    assert_eq!(root.attribute("failures"), Some("3000"));
    let names: std::collections::BTreeSet<&str> = xml
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .filter_map(|node| node.attribute("name"))
        .collect();
    assert_eq!(names.len(), 3001);
    assert!(names.contains("answers: GET /00007 (2)"));
}

#[test]
fn suites_are_called_by_scenario_and_by_run_where_several_are_of_one() {
    let mut report = report();
    let mut second = report.runs[0].clone();
    report.runs[0].identity.scenario = "search".to_owned();
    assert_eq!(suite_name(&report, &report.runs[0]), "search");
    second.identity.scenario = "search".to_owned();
    second.name = "b.json".to_owned();
    report.runs.push(second);
    assert_eq!(suite_name(&report, &report.runs[1]), "search: b.json");
    report.runs.clear();
    let page = page(&report);
    let xml = Document::parse(&page).unwrap();
    let suite = xml.root_element().first_element_child().unwrap();
    assert_eq!(suite.attribute("name"), Some("plan"));
    assert_eq!(class("a.b/c"), "knee.a_b/c");
}
