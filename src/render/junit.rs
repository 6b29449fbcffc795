//! JUnit XML, which every CI shows: a suite per run and per comparison, a case per target and per metric that was judged.
//!
//! A broken target and a regression are failures, a run that cannot be believed is an error, what was not measured or does
//! not apply is skipped. What could not be decided passes, and says so in its output.
//!
//! The page is valid by the strictest schema in use, `junit-10.xsd` of Jenkins' xUnit plugin: a case has neither properties nor
//! a file and a line, so its figures and where its target was written are lines of its text: of the failure or the skip,
//! which GitLab shows, and else of its output.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::model::Run;
use crate::render::{Layout, RenderError, Rendered, Renderer, change, issue};
use crate::report::comparison::{ComparedMetric, Comparison, ComparisonVerdict, MetricState};
use crate::report::{Effect, Finding, Report, Severity, TargetResult, TargetState};
use crate::text::escape::visible;
use crate::text::number;
use crate::wording::reason;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "junit",
    endings: &[".xml"],
    about: "JUnit XML for any CI: a case per target and judged metric",
    has_files: false,
    render,
};

fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    let name = report.page.project.as_deref().unwrap_or("knee");
    let mut junit = quick_junit::Report::new(visible(name));
    let mut suites = Names::default();
    let is_invalid = |run: &Run| {
        let mut findings = report.findings_of(&run.id);
        findings.any(|finding| finding.effect == Effect::Invalid)
    };
    for run in &report.runs {
        if change::is_base(report, run) && !is_invalid(run) {
            continue;
        }
        let name = suites.once(&visible(&suite_name(report, run)));
        junit.add_test_suite(of_run(report, run, &name, layout));
    }
    for comparison in &report.comparisons {
        let base = comparison.base.name.as_deref().unwrap_or("the base");
        let name = format!("{} against {base}", comparison.scenario);
        junit.add_test_suite(of_comparison(comparison, &suites.once(&visible(&name))));
    }
    let of_pairs: Vec<&Finding> = change::of_pairs(report).collect();
    if !of_pairs.is_empty() {
        let name = suites.once("comparison");
        let mut suite = TestSuite::new(name.as_str());
        suite.add_test_case(of_findings("comparison", &name, &of_pairs));
        junit.add_test_suite(suite);
    }
    let of_series: Vec<&Finding> = report.findings_of_series().collect();
    if !of_series.is_empty() {
        let name = suites.once("load series");
        let mut suite = TestSuite::new(name.as_str());
        suite.add_test_case(of_findings("load series", &name, &of_series));
        junit.add_test_suite(suite);
    }
    let of_plan: Vec<&Finding> = report.findings_of_plan().collect();
    if report.runs.is_empty() || !of_plan.is_empty() {
        let name = suites.once("plan");
        let mut suite = TestSuite::new(name.as_str());
        suite.add_test_case(of_findings("plan", &name, &of_plan));
        junit.add_test_suite(suite);
    }
    // The schema wants no `skipped` of the whole. The first is that of the root: quotes in its name are escaped.
    let of_root = format!(" skipped=\"{}\"", junit.skipped);
    let page = junit.to_string()?.replacen(&of_root, "", 1);
    Ok(Rendered {
        page: page.into_bytes(),
        files: Vec::new(),
    })
}

/// CI systems follow a case by its class and its name: neither stands twice.
#[derive(Default)]
struct Names(BTreeMap<String, u64>);

impl Names {
    fn once(&mut self, name: &str) -> String {
        let seen = self.0.entry(class(name)).or_insert(0);
        *seen += 1;
        match *seen {
            1 => name.to_owned(),
            number => {
                let name = format!("{name} ({number})");
                self.once(&name)
            }
        }
    }
}

/// The scenario, which stays the same from run to run; the run's name where it has none or where several are of one.
fn suite_name(report: &Report, run: &Run) -> String {
    let scenario = &run.identity.scenario;
    let same = |other: &&Run| other.identity.scenario == *scenario;
    match (scenario.as_str(), report.runs.iter().filter(same).count()) {
        ("default", _) => run.name.clone(),
        (_, 1) => scenario.clone(),
        _ => format!("{scenario}: {}", run.name),
    }
}

/// Dots would be taken for packages.
fn class(suite: &str) -> String {
    format!("knee.{}", suite.replace('.', "_"))
}

fn of_run(report: &Report, run: &Run, name: &str, layout: &Layout) -> TestSuite {
    let mut suite = TestSuite::new(name);
    let duration = report.figure(&run.id, None, "duration");
    let seconds = duration.and_then(|figure| figure.value);
    if let Some(time) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        suite.set_time(time);
    }
    suite.add_property(("run", visible(&run.name).as_str()));
    suite.add_property(("run_id", visible(&run.id).as_str()));
    suite.add_property(("tool", visible(&run.source.tool).as_str()));
    let findings: Vec<&Finding> = report.findings_of(&run.id).collect();
    suite.add_test_case(of_findings("validity", name, &findings));
    let mut names = Names::default();
    for target in report.targets.iter().filter(|of| of.run == run.id) {
        let called = names.once(&visible(&case_name(target)));
        suite.add_test_case(of_target(target, &called, name, layout));
    }
    suite
}

/// Whether a run, or a plan, can be believed; what rules say of it is its output.
fn of_findings(name: &str, suite: &str, findings: &[&Finding]) -> TestCase {
    let invalid = findings
        .iter()
        .find(|finding| matches!(finding.effect, Effect::Invalid | Effect::Refuse));
    let status = match invalid {
        Some(finding) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(visible(&finding.message));
            status.set_type(format!("{} {}", finding.rule, finding.name));
            status.set_description(visible(&finding.message));
            status
        }
        None => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(class(suite));
    // Targets are cases of their own.
    let others = findings
        .iter()
        .filter(|finding| !finding.rule.is_of_targets());
    let said: Vec<String> = others.map(|finding| line(finding)).collect();
    if !said.is_empty() {
        case.set_system_out(said.join("\n"));
    }
    case
}

fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARN",
        Severity::Info => "note",
    };
    let at = match &finding.endpoint {
        Some(label) => format!(" \"{label}\":"),
        None => String::new(),
    };
    let words = format!(
        "{severity} {} {}:{at} {}",
        finding.rule, finding.name, finding.message
    );
    visible(&words)
}

fn case_name(target: &TargetResult) -> String {
    let mut name = target.name.clone();
    if let Some(label) = &target.endpoint {
        name = format!("{name}: {label}");
    }
    if let Some(level) = target.level {
        name = format!("{name} at {level}");
    }
    name
}

fn of_target(target: &TargetResult, name: &str, suite: &str, layout: &Layout) -> TestCase {
    let sentence = visible(&target.sentence());
    let mut said = Said::default();
    said.words("state", state(target.state));
    if let Some(interval) = target.interval {
        let end = |end: Option<f64>| end.map_or("open".to_owned(), |end| target.amount(end));
        let words = format!("{} to {}", end(interval.lo), end(interval.hi));
        said.words(
            &format!("{} interval", number::percent(interval.level)),
            &words,
        );
    }
    let origin = match issue::place(target, layout) {
        Some(place) => format!("{}:{}", place.file, place.line),
        None => target.origin.clone(),
    };
    said.words("written in", &origin);
    let status = match target.state {
        TargetState::Pass | TargetState::Warn => TestCaseStatus::success(),
        TargetState::Fail => failed("target-broken"),
        TargetState::NotMeasured => skipped("not-measured"),
        TargetState::NotApplicable => skipped("not-applicable"),
    };
    case(name, suite, status, &sentence, &said)
}

/// GitLab shows no message of what failed or was skipped, only its text, so the sentence is in both.
fn case(
    name: &str,
    suite: &str,
    mut status: TestCaseStatus,
    sentence: &str,
    said: &Said,
) -> TestCase {
    let lines = format!("{sentence}{}", said.0);
    let passed = matches!(status, TestCaseStatus::Success { .. });
    if !passed {
        status.set_message(sentence);
        status.set_description(lines.clone());
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(class(suite));
    if passed {
        case.set_system_out(lines);
    }
    case
}

fn state(state: TargetState) -> &'static str {
    match state {
        TargetState::Pass => "pass",
        TargetState::Warn => "warn",
        TargetState::Fail => "fail",
        TargetState::NotMeasured => "not_measured",
        TargetState::NotApplicable => "not_applicable",
    }
}

fn failed(kind: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind);
    status
}

fn skipped(kind: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type(kind);
    status
}

fn of_comparison(comparison: &Comparison, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(name);
    let verdict = change::verdict(comparison.verdict);
    suite.add_property(("verdict", verdict));
    let status = match comparison.verdict {
        ComparisonVerdict::NotComparable => {
            let reasons = visible(&reason::listed(&comparison.reasons));
            let mut status = skipped("not-comparable");
            status.set_message(format!("not comparable: {reasons}"));
            status
        }
        _ => TestCaseStatus::success(),
    };
    let mut case = TestCase::new("comparable", status);
    case.set_classname(class(name));
    case.set_system_out(verdict);
    suite.add_test_case(case);
    let mut names = Names::default();
    for metric in comparison.metrics.iter().filter(|of| change::is_judged(of)) {
        let mut called = metric.metric.clone();
        if let Some(label) = &metric.endpoint {
            called = format!("{called}: {label}");
        }
        suite.add_test_case(of_metric(metric, &names.once(&visible(&called)), name));
    }
    suite
}

fn of_metric(metric: &ComparedMetric, name: &str, suite: &str) -> TestCase {
    let sentence = visible(&change::sentence(metric));
    let mut said = Said::default();
    said.words("state", change::shown(metric));
    let q_value = metric.q_value.map(change::chance);
    said.words("q_value", &q_value.unwrap_or_default());
    let smallest = metric.smallest_detectable;
    let smallest = smallest.map(|change| change::amount(metric, change));
    said.words("smallest_detectable", &smallest.unwrap_or_default());
    let status = match metric.state {
        MetricState::Regressed => failed("regressed"),
        MetricState::NotMeasured => skipped("not-measured"),
        MetricState::Improved
        | MetricState::Unchanged
        | MetricState::Undecided
        | MetricState::Suspect => TestCaseStatus::success(),
    };
    case(name, suite, status, &sentence, &said)
}

/// The figures of a case, one a line; what was not measured has none.
#[derive(Default)]
struct Said(String);

impl Said {
    fn words(&mut self, name: &str, words: &str) {
        if !words.is_empty() {
            let _ = write!(self.0, "\n{name}: {}", visible(words));
        }
    }
}

#[cfg(test)]
mod tests;
