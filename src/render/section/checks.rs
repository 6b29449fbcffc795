//! Test suites with their total, checks of the script, and whether the totals reconcile.

use std::collections::BTreeSet;

use crate::findings::{Report, suites};
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, strong, text};
use crate::render::section::{Scope, Section, absent};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "checks",
    about: "test suites with their total, checks of the script, and whether sums and totals reconcile",
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

fn checks(report: &Report) -> Vec<Block> {
    let suites: BTreeSet<(&str, &str)> = report
        .runs
        .iter()
        .flat_map(|run| &run.checks)
        .filter_map(|check| Some((check.name.as_str(), check.source.as_deref()?)))
        .collect();
    let mut others = report
        .checks
        .iter()
        .filter(|check| !suites.contains(&(check.name.as_str(), check.source.as_str())))
        .peekable();
    if others.peek().is_none() {
        return Vec::new();
    }
    // With one run its name says nothing new.
    let several = report.runs.len() > 1;
    let mut columns = vec![
        ("Check", Align::Left),
        ("Passed", Align::Right),
        ("Failed", Align::Right),
        ("Checked by", Align::Left),
    ];
    if several {
        columns.insert(0, ("Run", Align::Left));
    }
    let mut table = Table::new(&columns);
    for check in others {
        let mut row = vec![
            vec![code(&check.name)],
            vec![text(number::count(check.passed))],
            vec![text(number::count(check.failed))],
            vec![text(&check.source)],
        ];
        if several {
            let run = report
                .runs
                .iter()
                .find(|run| Some(&run.id) == check.run.as_ref());
            row.insert(0, run.map_or_else(absent, |run| vec![code(&run.name)]));
        }
        table.row(row);
    }
    vec![Block::Heading(2, vec![text("Checks")]), Block::Table(table)]
}
