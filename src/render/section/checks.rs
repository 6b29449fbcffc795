//! Checks of the script, and whether the totals reconcile.

use crate::findings::Report;
use crate::render::Layout;
use crate::render::block::{Align, Block, Table, code, text};
use crate::render::section::{Scope, Section, absent};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "checks",
    about: "checks of the script, and whether sums and totals reconcile",
    scope: Scope::Report,
    closing: true,
    build,
};

fn build(report: &Report, _: usize, _: &Layout) -> Vec<Block> {
    if report.checks.is_empty() {
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
    for check in &report.checks {
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
