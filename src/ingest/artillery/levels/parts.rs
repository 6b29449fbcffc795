//! The windows of a run as counts of arrivals, without gaps; explains nothing.

use crate::model::Run;

/// Windows, with those that are missing, in which phases are looked for.
const MOST_PARTS: usize = 20_000;

/// Arrivals of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) start: f64,
    pub(super) length: f64,
    pub(super) count: f64,
}

/// From the first window to the end of the last.
pub(super) fn whole(parts: &[Part]) -> (f64, f64) {
    let start = parts.first().map_or(0.0, |part| part.start);
    let end = parts.last().map_or(0.0, |part| part.start + part.length);
    (start, end)
}

/// The windows up to the last arrival; a gap is time without arrivals. Empty where windows overlap or have no arrivals.
pub(super) fn parts_of(run: &Run) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for slice in &run.timeline {
        let Some(count) = slice.arrivals else {
            return Vec::new();
        };
        let (start, length) = (slice.start.0, slice.duration.0);
        if let Some(last) = parts.last() {
            let end = last.start + last.length;
            let gap = start - end;
            if gap < -0.001 {
                return Vec::new();
            }
            let mut at = end;
            // A run that sleeps for days has no phases worth a list of empty windows.
            if gap > 1_000.0 * length.max(1.0) {
                return Vec::new();
            }
            while start - at > length.max(1.0) / 2.0 {
                let length = length.max(1.0).min(start - at);
                parts.push(Part {
                    start: at,
                    length,
                    count: 0.0,
                });
                at += length;
            }
        }
        if length > 0.0 {
            parts.push(Part {
                start,
                length,
                count: count as f64,
            });
        }
        if parts.len() > MOST_PARTS {
            return Vec::new();
        }
    }
    while parts.last().is_some_and(|part| part.count <= 0.0) {
        parts.pop();
    }
    parts
}
