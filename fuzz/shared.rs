//! What every target of one format does with its bytes.

use knee::ingest::Options;

#[path = "read.rs"]
mod read;

/// Reads, writes and reads back, analyses and renders.
pub fn read_and_report(bytes: &[u8], from: Option<&str>) {
    read::read_with(bytes, Options { from: from.map(str::to_owned), jobs: 1, ..Options::default() });
}
