//! What was offered and answered at each level, and how fast.

use crate::render::block::{Align, Block, Line, Table, text};
use crate::render::section::{MARKS, absent};
use crate::report::Support;
use crate::report::scaling::{Level, Scaling};
use crate::text::number;
use crate::wording::series as words;

/// The latencies that may have a column.
const LATENCIES: [&str; 3] = ["p50", "p95", "p99"];

/// The first column; of levels that offer nothing it has another name.
const OFFERED: &str = "Offered/s";

/// A column: its name and the cell of a level.
type Column = (&'static str, fn(&Level) -> Option<String>);

/// What has a column where any level has it.
const COLUMNS: [Column; 7] = [
    (OFFERED, |level| level.offered_per_s.map(words::bare)),
    ("Achieved/s", |level| level.achieved_per_s.map(words::bare)),
    ("Goodput/s", |level| level.goodput_per_s.map(words::bare)),
    ("Failed", |level| level.error_rate.map(number::percent)),
    ("Settling", |level| {
        level.settling_dropped_s.map(number::seconds)
    }),
    ("Backlog", |level| level.backlog.map(number::percent)),
    ("Stated", |level| level.stated.map(words::bare)),
];

/// Both tables and what has to be said of them.
pub(super) fn blocks(scaling: &Scaling) -> Vec<Block> {
    let mut blocks = Vec::new();
    if scaling.levels.is_empty() {
        return blocks;
    }
    blocks.push(Block::Table(loads(scaling)));
    blocks.extend(legend(scaling).map(|words| Block::Paragraph(vec![text(words)])));
    if let Some(table) = latencies(scaling) {
        blocks.push(Block::Table(table));
        let marks = |level: &Level| level.support.values().any(|of| *of != Support::Ok);
        if scaling.levels.iter().any(marks) {
            blocks.push(Block::Paragraph(vec![text(MARKS)]));
        }
    }
    blocks
}

fn name(scaling: &Scaling, level: &Level) -> Line {
    vec![text(words::of_level(scaling, level))]
}

fn loads(scaling: &Scaling) -> Table {
    let shown: Vec<&Column> = COLUMNS
        .iter()
        .filter(|(_, of)| scaling.levels.iter().any(|level| of(level).is_some()))
        .collect();
    let is_cut = |level: &Level| stretch(level).is_some();
    let runs_or_seconds = if scaling.levels.iter().all(is_cut) {
        "Seconds"
    } else {
        "Runs"
    };
    let mut columns = vec![("Level", Align::Left), (runs_or_seconds, Align::Right)];
    columns.extend(shown.iter().map(|(name, _)| match *name {
        OFFERED if !words::is_offered(scaling) => ("Ideal/s", Align::Right),
        OFFERED if is_by_label(scaling) => ("Asked/s", Align::Right),
        name => (name, Align::Right),
    }));
    let mut table = Table::new(&columns);
    for level in &scaling.levels {
        let mut row = vec![name(scaling, level), runs(level, runs_or_seconds == "Runs")];
        row.extend(
            shown
                .iter()
                .map(|(_, of)| of(level).map_or_else(absent, |cell| vec![text(cell)])),
        );
        table.row(row);
    }
    table
}

/// Whether some level asks for what only its label tells.
fn is_by_label(scaling: &Scaling) -> bool {
    scaling.levels.iter().any(|level| level.by_label)
}

/// From where to where in its run, of a level that is a stretch of one.
fn stretch(level: &Level) -> Option<String> {
    let (from, to) = level.from_s.zip(level.to_s)?;
    // Not in minutes: the column would be as wide as the page.
    (level.runs.len() == 1).then(|| format!("{} to {}", words::bare(from), words::bare(to)))
}

/// The stretch of its run, the only run, or how many there are.
fn runs(level: &Level, with_unit: bool) -> Line {
    match (stretch(level), level.runs.as_slice()) {
        (Some(stretch), _) if with_unit => vec![text(format!("{stretch} s"))],
        (Some(stretch), _) => vec![text(stretch)],
        (_, []) => absent(),
        (_, runs) => vec![text(number::count(runs.len() as u64))],
    }
}

/// What the columns mean that do not say it themselves.
fn legend(scaling: &Scaling) -> Option<String> {
    let any = |of: fn(&Level) -> bool| scaling.levels.iter().any(of);
    let ideal = !words::is_offered(scaling) && any(|level| level.offered_per_s.is_some());
    let parts: Vec<&str> = [
        (
            ideal,
            "ideal: in proportion to the level, from the lowest levels",
        ),
        (
            is_by_label(scaling) && any(|level| level.offered_per_s.is_some()),
            "asked: what the label asks for, in proportion to the lowest levels; whether it was sent is not known",
        ),
        (
            any(|level| level.settling_dropped_s.is_some()),
            "settling: left out because the load had just changed",
        ),
        (
            any(|level| level.backlog.is_some()),
            "backlog: requests that piled up inside the level, of those that came",
        ),
        (
            any(|level| level.stated.is_some()),
            "stated: the load as it was planned, where another was measured",
        ),
        (
            any(|level| level.peak.is_some()),
            "peak: of a load that moved, of which the level is the mean",
        ),
    ]
    .into_iter()
    .filter_map(|(shown, words)| shown.then_some(words))
    .collect();
    let words = parts.join("; ");
    let mut letters = words.chars();
    let first = letters.next()?;
    Some(format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn latencies(scaling: &Scaling) -> Option<Table> {
    let shown: Vec<&str> = LATENCIES
        .into_iter()
        .filter(|metric| {
            let mut levels = scaling.levels.iter();
            levels.any(|level| level.figures.contains_key(*metric))
        })
        .collect();
    if shown.is_empty() {
        return None;
    }
    let counted = scaling.levels.iter().any(|level| level.n.is_some());
    let mut table = Table::new(&[("Level", Align::Left)]);
    let right = |name: String| (name, Align::Right);
    table
        .columns
        .extend(shown.iter().map(|metric| right(format!("{metric} ms"))));
    if counted {
        table.columns.push(right("n".to_owned()));
    }
    for level in &scaling.levels {
        let mut row = vec![name(scaling, level)];
        row.extend(shown.iter().map(|metric| latency(level, metric)));
        if counted {
            row.push(
                level
                    .n
                    .map_or_else(absent, |n| vec![text(number::count(n))]),
            );
        }
        table.row(row);
    }
    Some(table)
}

/// `*` = thin, `(…)` = too few to judge, as in other sections.
fn latency(level: &Level, metric: &str) -> Line {
    let Some(value) = level.figures.get(metric) else {
        return absent();
    };
    let value = number::millis_bare(*value);
    vec![text(match level.support.get(metric) {
        Some(Support::Weak) => format!("{value}*"),
        Some(Support::None) => format!("({value})"),
        Some(Support::Ok) | None => value,
    })]
}
