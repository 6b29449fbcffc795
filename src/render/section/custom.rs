//! What the tool or the script counts and the schema has no word for.

use std::collections::BTreeMap;

use crate::model::{Custom, CustomKind, Percentile, UnitName};
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, text};
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::report::Report;
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "custom",
    about: "metrics that the tool or the script made up",
    scope: Scope::Run,
    closing: false,
    build,
};

/// Rows of a page that is not asked for in full.
const ROWS: usize = 40;

/// Ends of names by which a tool writes one distribution as several figures.
const PARTS: [(&str, Part); 6] = [
    (".min", Part::Min),
    (".mean", Part::Mean),
    (".median", Part::P50),
    (".p95", Part::P95),
    (".p99", Part::P99),
    (".max", Part::Max),
];

/// A column of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Min,
    Mean,
    P50,
    P95,
    P99,
    Max,
}

/// The columns of a distribution, in their order.
const COLUMNS: [(Part, &str); 6] = [
    (Part::Min, "min"),
    (Part::Mean, "mean"),
    (Part::P50, "p50"),
    (Part::P95, "p95"),
    (Part::P99, "p99"),
    (Part::Max, "max"),
];

/// One line of the table.
struct Row<'a> {
    name: &'a str,
    kind: CustomKind,
    value: Option<f64>,
    n: Option<u64>,
    parts: BTreeMap<Part, f64>,
    /// Whether it was put together from figures of one name.
    is_joined: bool,
}

fn build(report: &Report, place: usize, layout: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place).filter(|run| !run.custom.is_empty()) else {
        return Vec::new();
    };
    let rows = rows(&run.custom);
    let has_unit = rows.iter().any(|row| row.unit().is_some());
    let has_value = rows.iter().any(|row| row.value.is_some());
    let has_n = rows.iter().any(|row| row.n.is_some());
    let parts: Vec<(Part, &str)> = COLUMNS
        .into_iter()
        .filter(|(part, _)| rows.iter().any(|row| row.parts.contains_key(part)))
        .collect();
    let mut columns = vec![("Name", Align::Left), ("Kind", Align::Left)];
    columns.extend(has_unit.then_some(("Unit", Align::Left)));
    columns.extend(has_value.then_some(("Value", Align::Right)));
    columns.extend(has_n.then_some(("n", Align::Right)));
    columns.extend(parts.iter().map(|(_, title)| (*title, Align::Right)));
    let mut table = Table::new(&columns);
    let most = if layout.full { usize::MAX } else { ROWS };
    for row in rows.iter().take(most) {
        let mut cells = vec![vec![code(row.name)], vec![text(words(row.kind))]];
        if has_unit {
            cells.push(row.unit().map_or_else(absent, |unit| vec![text(unit)]));
        }
        if has_value {
            cells.push(row.value());
        }
        if has_n {
            let n = row.n.map(number::count);
            cells.push(n.map_or_else(absent, |n| vec![text(n)]));
        }
        for (part, _) in &parts {
            cells.push(amount(row.parts.get(part).copied()));
        }
        table.row(cells);
    }
    let mut blocks = vec![
        heading(report, "Metrics of the tool and the script"),
        Block::Table(table),
    ];
    let hidden = rows.len().saturating_sub(most);
    if hidden > 0 {
        let said = format!(
            "{} stand in the JSON, and here with --full.",
            number::plural(hidden as u64, "more metric")
        );
        blocks.push(Block::Paragraph(vec![text(said)]));
    }
    blocks
}

/// A row for each metric; the figures of one distribution share theirs.
fn rows(all: &[Custom]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row> = Vec::new();
    for custom in all {
        if let Some((stem, part, value)) = part_of(custom) {
            let same = |row: &&mut Row| row.is_joined && row.name == stem;
            if let Some(row) = rows.iter_mut().rev().take(1).find(same) {
                row.parts.insert(part, value);
            } else {
                rows.push(Row {
                    name: stem,
                    kind: CustomKind::Distribution,
                    value: None,
                    n: None,
                    parts: [(part, value)].into(),
                    is_joined: true,
                });
            }
            continue;
        }
        let latency = custom.latency.as_ref();
        let percentile = |wanted: Percentile| latency?.percentile(wanted);
        let parts = [
            (Part::Mean, latency.and_then(|latency| latency.mean)),
            (Part::P50, percentile(Percentile::P50)),
            (Part::P95, percentile(Percentile::P95)),
            (Part::Max, latency.and_then(|latency| latency.max)),
        ];
        rows.push(Row {
            name: &custom.name,
            kind: custom.kind,
            value: custom.value,
            // A distribution may come without its number of samples.
            n: latency.map(|latency| latency.count).filter(|n| *n > 0),
            parts: parts
                .into_iter()
                .filter_map(|(part, value)| Some((part, value?.0)))
                .collect(),
            is_joined: false,
        });
    }
    rows
}

/// One figure of a distribution that has a name of its own.
fn part_of(custom: &Custom) -> Option<(&str, Part, f64)> {
    if custom.kind != CustomKind::Distribution || custom.latency.is_some() {
        return None;
    }
    let value = custom.value?;
    PARTS.iter().find_map(|(ending, part)| {
        let stem = custom.name.strip_suffix(ending)?;
        (!stem.is_empty()).then_some((stem, *part, value))
    })
}

impl Row<'_> {
    /// What the kind or the name says of the unit.
    fn unit(&self) -> Option<&str> {
        match self.kind {
            CustomKind::Rate => Some("1/s"),
            CustomKind::Share => None,
            CustomKind::Counter | CustomKind::Distribution | CustomKind::Value => {
                UnitName::of_name(self.name).map(|unit| unit.name)
            }
        }
    }

    fn value(&self) -> Line {
        match (self.kind, self.value) {
            (CustomKind::Share, Some(share)) => vec![text(number::percent(share))],
            (_, value) => amount(value),
        }
    }
}

fn amount(value: Option<f64>) -> Line {
    value.map_or_else(absent, |value| vec![text(number::significant(value, 5))])
}

fn words(kind: CustomKind) -> &'static str {
    match kind {
        CustomKind::Counter => "counter",
        CustomKind::Rate => "rate",
        CustomKind::Share => "share",
        CustomKind::Distribution => "distribution",
        CustomKind::Value => "value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Run;
    use crate::pipeline::{Options, analyse};
    use crate::render::text::write;

    fn shown(custom: &[(&str, CustomKind, f64)], full: bool) -> String {
        let mut run = Run::new("tool", "format");
        run.custom = custom
            .iter()
            .map(|(name, kind, value)| Custom {
                name: (*name).to_owned(),
                kind: *kind,
                value: Some(*value),
                latency: None,
            })
            .collect();
        let report = analyse(vec![run], &Options::default());
        let layout = Layout {
            full,
            ..Layout::default()
        };
        write(&build(&report, 0, &layout), 80, full)
    }

    #[test]
    fn the_figures_of_one_distribution_stand_in_one_row_with_their_unit() {
        use CustomKind::{Counter, Distribution, Share};
        let page = shown(
            &[
                ("db.write_ms.max", Distribution, 24.7),
                ("db.write_ms.median", Distribution, 16.2),
                ("db.write_ms.p95", Distribution, 24.3),
                ("models.created", Counter, 100.0),
                ("order_ok", Share, 0.885),
                ("queue.max", Distribution, 49.0),
            ],
            false,
        );
        let lines: Vec<Vec<&str>> = page
            .lines()
            .skip(5)
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines.get(..4).unwrap(),
            [
                vec![
                    "db.write_ms",
                    "distribution",
                    "ms",
                    "-",
                    "16.2",
                    "24.3",
                    "24.7"
                ],
                vec!["models.created", "counter", "-", "100", "-", "-", "-"],
                vec!["order_ok", "share", "-", "88.5", "%", "-", "-", "-"],
                vec!["queue", "distribution", "-", "-", "-", "-", "49"],
            ]
        );
    }

    #[test]
    fn beyond_the_limit_the_rest_is_counted() {
        let names: Vec<String> = (0..43).map(|n| format!("metric {n:02}")).collect();
        let custom: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), CustomKind::Counter, 1.0))
            .collect();
        let page = shown(&custom, false);
        assert_eq!(page.matches("metric ").count(), 40, "{page}");
        assert!(page.contains("3 more metrics stand in the JSON"), "{page}");
        let page = shown(&custom, true);
        assert_eq!(page.matches("metric ").count(), 43, "{page}");
        assert!(!page.contains("more metrics"), "{page}");
    }
}
