//! Test suites with their total, checks and thresholds of the script, and whether the totals reconcile.

use std::collections::BTreeSet;

use crate::model::CheckKind;
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, strong, text};
use crate::render::section::{Scope, Section, absent};
use crate::report::{CheckResult, RuleId};
use crate::report::{Report, suites};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "checks",
    about: "test suites with their total, checks and thresholds of the script, and whether sums and totals reconcile",
    scope: Scope::Report,
    closing: true,
    build,
};

fn build(report: &Report, _: usize, _: &Layout) -> Vec<Block> {
    let mut blocks = tests(report);
    blocks.extend(checks(report));
    blocks
}

fn tests(report: &Report) -> Vec<Block> {
    let Some((suites, total)) = suites::of(report) else {
        return Vec::new();
    };
    let mut table = Table::new(&[
        ("Test suite", Align::Left),
        ("Tests", Align::Right),
        ("Passed", Align::Right),
        ("Failed", Align::Right),
        ("Success rate", Align::Right),
        ("File", Align::Left),
    ]);
    let cells = |suite: &suites::Suite| -> [String; 4] {
        let rate = suite.success_rate();
        [
            number::count(suite.tests()),
            number::count(suite.passed),
            number::count(suite.failed),
            rate.map_or_else(|| number::ABSENT.to_owned(), number::percent),
        ]
    };
    for suite in &suites {
        let mut row = vec![vec![code(&suite.name)]];
        row.extend(cells(suite).map(|cell| vec![text(cell)]));
        row.push(vec![code(&suite.source)]);
        table.row(row);
    }
    let mut row = vec![vec![strong(&total.name)]];
    row.extend(cells(&total).map(|cell| vec![strong(cell)]));
    row.push(absent());
    table.row(row);
    let mut blocks = vec![
        Block::Heading(2, vec![text("Test results")]),
        Block::Table(table),
    ];
    let mut seen = BTreeSet::new();
    let mut remarks: Vec<Line> = Vec::new();
    let notes = report.runs.iter().flat_map(|run| &run.notes);
    for note in notes.filter(|note| is_remark(&note.id)) {
        if seen.insert(&note.text) {
            let times = if note.count > 1 {
                format!(" ({}x)", number::count(note.count))
            } else {
                String::new()
            };
            remarks.push(vec![text(format!("{}{times}", note.text))]);
        }
    }
    if !remarks.is_empty() {
        blocks.push(Block::List(remarks));
    }
    blocks
}

/// Whether a note with that id speaks of tests: it is told below their table and nowhere else.
pub(super) fn is_remark(id: &str) -> bool {
    id.starts_with("test")
}

/// Checks of the tool and its script, a table for each who checked; then what `knee` itself added up.
fn checks(report: &Report) -> Vec<Block> {
    let suites: BTreeSet<(&str, &str)> = report
        .runs
        .iter()
        .flat_map(|run| &run.checks)
        .filter_map(|check| Some((check.name.as_str(), check.source.as_deref()?)))
        .collect();
    let others = report
        .checks
        .iter()
        .filter(|check| !suites.contains(&(check.name.as_str(), check.source.as_str())));
    let (own, of_tools): (Vec<_>, Vec<_>) =
        others.partition(|check| check.source.parse::<RuleId>().is_ok());
    let mut groups: Vec<(CheckKind, &str)> = Vec::new();
    for check in &of_tools {
        let group = (check.kind, check.source.as_str());
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let mut blocks = Vec::new();
    for (kind, source) in groups {
        let of: Vec<&CheckResult> = of_tools
            .iter()
            .copied()
            .filter(|check| (check.kind, check.source.as_str()) == (kind, source))
            .collect();
        let (heading, noun) = match kind {
            CheckKind::Check => ("Checks of ", "Check"),
            CheckKind::Threshold => ("Thresholds of ", "Threshold"),
        };
        let words = vec![text(heading), code(source)];
        blocks.push(Block::Heading(2, words));
        blocks.push(Block::Table(table(report, &of, noun)));
    }
    if !own.is_empty() {
        blocks.push(Block::Heading(2, vec![text("Sums and totals")]));
        blocks.push(Block::Table(table(report, &own, "Check")));
    }
    blocks
}

fn table(report: &Report, checks: &[&CheckResult], noun: &str) -> Table {
    // With one run its name says nothing new.
    let several = report.runs.len() > 1;
    let mut columns = vec![
        (noun, Align::Left),
        ("Passed", Align::Right),
        ("Failed", Align::Right),
    ];
    if several {
        columns.push(("Run", Align::Left));
    }
    let mut table = Table::new(&columns);
    for check in checks {
        let mut row = vec![
            vec![code(check.kind.label(&check.name))],
            vec![text(number::count(check.passed))],
            vec![text(number::count(check.failed))],
        ];
        if several {
            let run = report
                .runs
                .iter()
                .find(|run| Some(&run.id) == check.run.as_ref());
            row.push(run.map_or_else(absent, |run| vec![code(&run.name)]));
        }
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Check, Run, Stats};
    use crate::pipeline::{Options, analyse};
    use crate::render::text::write;

    #[test]
    fn checks_of_the_tool_and_sums_of_this_program_stand_apart_and_are_not_cut() {
        let long = "threshold: http_req_duration{name:checkout,scenario:buy} p(95)<500 and more";
        let mut run = Run::new("k6", "format");
        run.id = "id".to_owned();
        run.overall = Stats {
            requests: Some(10),
            responses: Some(10),
            codes: [("200".to_owned(), 10)].into(),
            ..Stats::default()
        };
        for (name, kind) in [("is fine", CheckKind::Check), (long, CheckKind::Threshold)] {
            run.checks.push(Check {
                name: name.to_owned(),
                passed: 3,
                failed: 1,
                source: None,
                kind,
            });
        }
        let report = analyse(vec![run], &Options::default());
        let page = write(&build(&report, 0, &Layout::default()), 80, false);
        let (tool, own) = page.split_once("Sums and totals\n").unwrap();
        assert!(tool.starts_with("Checks of k6\n"), "{page}");
        let (checks, tool) = tool.split_once("Thresholds of k6\n").unwrap();
        assert!(
            checks.contains("is fine") && !checks.contains("p(95)"),
            "{page}"
        );
        assert!(
            !own.contains("p(95)") && !page.contains("threshold:"),
            "{page}"
        );
        assert!(!page.contains('…'), "{page}");
        let words: Vec<&str> = tool.split_whitespace().collect();
        for word in long.split(' ').skip(1) {
            assert!(words.contains(&word), "{word}: {page}");
        }
        assert!(
            page.lines().all(|line| line.chars().count() <= 80),
            "{page}"
        );
    }
}
