//! Checks of the script, and whether the totals reconcile.

use crate::findings::Report;
use crate::render::Layout;
use crate::render::block::{Align, Block, Table, code, text};
use crate::render::section::{Scope, Section};
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
    let mut table = Table::new(&[
        ("Check", Align::Left),
        ("Passed", Align::Right),
        ("Failed", Align::Right),
        ("Checked by", Align::Left),
    ]);
    for check in &report.checks {
        table.row(vec![
            vec![code(&check.name)],
            vec![text(number::count(check.passed))],
            vec![text(number::count(check.failed))],
            vec![text(&check.source)],
        ]);
    }
    vec![Block::Heading(2, vec![text("Checks")]), Block::Table(table)]
}
