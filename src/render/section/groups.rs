//! Sums over the groups of endpoints that `knee.toml` makes.

use crate::render::Layout;
use crate::render::block::{Align, Block, Table, code, text};
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::report::Report;
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "groups",
    about: "sums over groups of endpoints",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let mut table = Table::new(&[
        ("Group", Align::Left),
        ("Endpoints", Align::Right),
        ("Requests", Align::Right),
        ("Failures", Align::Right),
        ("Rate", Align::Right),
        ("Goodput", Align::Right),
    ]);
    for group in report.groups.iter().filter(|group| group.run == run.id) {
        let of = |metric: &str, unit: &str| {
            group
                .figures
                .get(metric)
                .map_or_else(absent, |value| vec![text(number::quantity(*value, unit))])
        };
        table.row(vec![
            vec![code(&group.name)],
            vec![text(number::count(group.endpoints.len() as u64))],
            of("requests", "count"),
            of("failures", "count"),
            of("rate", "1/s"),
            of("goodput", "1/s"),
        ]);
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![heading(report, "Groups"), Block::Table(table)]
}
