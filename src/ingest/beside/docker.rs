//! What `docker stats` says of one container at one moment, in whichever form it was written.
//!
//! Formats and units are those of `cli/command/container/formatter_stats.go` of github.com/docker/cli: `BytesSize` for
//! memory, `HumanSizeWithPrecision` for network and disk, two decimals for per cent, `--` where there is no value. CPU is
//! in per cent of one core. Network and disk are totals since the container started, so their slope is the rate.
//! Guesses nothing: a container that is not running has no samples.

use crate::ingest::beside::place::{Sample, Samples, When};
use crate::ingest::beside::size;

/// The cells of one row, as they stand there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) name: &'a str,
    pub(super) cpu: Option<&'a str>,
    pub(super) memory: Option<&'a str>,
    pub(super) memory_share: Option<&'a str>,
    pub(super) net: Option<&'a str>,
    pub(super) block: Option<&'a str>,
    pub(super) pids: Option<&'a str>,
}

/// A value, nothing, or something else.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Value(f64),
    Absent,
    Bad,
}

impl Cell {
    fn of(text: Option<&str>, read: fn(&str) -> Option<f64>) -> Cell {
        match text.map(str::trim) {
            None | Some("" | "--" | "-") => Cell::Absent,
            Some(text) => read(text).map_or(Cell::Bad, Cell::Value),
        }
    }
}

/// `a / b`.
fn pair(text: Option<&str>) -> (Option<&str>, Option<&str>) {
    match text.and_then(|text| text.split_once('/')) {
        Some((one, other)) => (Some(one), Some(other)),
        None => (text, None),
    }
}

impl Row<'_> {
    /// Gives every value of the row.
    pub(super) fn give(&self, when: When, samples: &mut Samples) {
        let (used, limit) = pair(self.memory);
        let (net_in, net_out) = pair(self.net);
        let (block_in, block_out) = pair(self.block);
        let cpu = Cell::of(self.cpu, size::percent);
        let mut memory = Cell::of(used, size::bytes);
        let mut limit = Cell::of(limit, size::bytes);
        let mut share = Cell::of(self.memory_share, size::percent);
        let zero = |cell: Cell| matches!(cell, Cell::Value(value) if value <= 0.0);
        if zero(memory) && zero(limit) {
            // `0B / 0B` stands for a container that is not running, or for a host that does not count memory.
            if zero(cpu) || cpu == Cell::Absent {
                return samples.left_out("rows of containers that were not running");
            }
            (memory, limit, share) = (Cell::Absent, Cell::Absent, Cell::Absent);
        }
        let cells = [
            ("cpu", Some("%"), cpu),
            ("memory", Some("B"), memory),
            ("memory_limit", Some("B"), limit),
            ("memory_share", Some("%"), share),
            ("net_in", Some("B"), Cell::of(net_in, size::bytes)),
            ("net_out", Some("B"), Cell::of(net_out, size::bytes)),
            ("block_in", Some("B"), Cell::of(block_in, size::bytes)),
            ("block_out", Some("B"), Cell::of(block_out, size::bytes)),
            ("pids", None, Cell::of(self.pids, size::number)),
        ];
        if self.name.trim().is_empty() || self.name.trim() == "--" {
            return samples.left_out("rows without the name of a container");
        }
        if cells.iter().all(|(_, _, cell)| *cell == Cell::Absent) {
            return samples.left_out("rows of containers that were not running");
        }
        for (name, unit, cell) in cells {
            match cell {
                Cell::Value(value) => samples.push(&Sample {
                    component: self.name,
                    name,
                    unit,
                    when,
                    value,
                }),
                Cell::Bad => samples.left_out("values that are not understood"),
                Cell::Absent => {}
            }
        }
    }
}
