//! What the tool or the script counts and the schema has no word for.

use crate::findings::Report;
use crate::model::{CustomKind, Percentile};
use crate::render::Layout;
use crate::render::block::{Align, Block, Table, code, text};
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "custom",
    about: "metrics that the tool or the script made up",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place).filter(|run| !run.custom.is_empty()) else {
        return Vec::new();
    };
    let mut table = Table::new(&[
        ("Name", Align::Left),
        ("Kind", Align::Left),
        ("Value", Align::Right),
        ("n", Align::Right),
        ("mean", Align::Right),
        ("p50", Align::Right),
        ("p95", Align::Right),
        ("max", Align::Right),
    ]);
    for custom in &run.custom {
        let of = |value: Option<f64>| {
            value.map_or_else(absent, |value| vec![text(number::significant(value, 5))])
        };
        let latency = custom.latency.as_ref();
        table.row(vec![
            vec![code(&custom.name)],
            vec![text(match custom.kind {
                CustomKind::Counter => "counter",
                CustomKind::Rate => "rate",
                CustomKind::Distribution => "distribution",
                CustomKind::Value => "value",
            })],
            of(custom.value),
            // A distribution may come without its number of samples.
            latency
                .filter(|latency| latency.count > 0)
                .map_or_else(absent, |latency| vec![text(number::count(latency.count))]),
            of(latency.and_then(|l| l.mean).map(|v| v.0)),
            of(latency
                .and_then(|l| l.percentile(Percentile::P50))
                .map(|v| v.0)),
            of(latency
                .and_then(|l| l.percentile(Percentile::P95))
                .map(|v| v.0)),
            of(latency.and_then(|l| l.max).map(|v| v.0)),
        ]);
    }
    vec![
        heading(report, "Metrics of the tool and the script"),
        Block::Table(table),
    ]
}
