//! What a `_stats.csv`, a `--json` or the end of a history says about the whole run, in one shape.

use crate::model::{
    ClockStart, ClockStop, Endpoint, Latency, Millis, Note, Population, QuantileMethod, Seconds,
    Stats,
};

/// The last second that a timestamp may name: the end of the year 9999, less a day for the time zones.
pub(super) const LAST_SECOND: u64 = 253_402_207_200;

/// Figures of the whole run.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// All requests.
    pub(super) overall: Stats,
    /// Per endpoint, in the order of the file.
    pub(super) endpoints: Vec<Endpoint>,
    /// Epoch seconds of the first event, where the input has it.
    pub(super) started: Option<f64>,
    /// Epoch seconds of the last event, where the input has it.
    pub(super) ended: Option<f64>,
    /// From start to last request.
    pub(super) duration: Option<Seconds>,
    /// What the reader wants known.
    pub(super) notes: Vec<Note>,
}

impl Totals {
    /// Adds a note, unless it would count nothing.
    pub(super) fn note(&mut self, id: &str, text: impl Into<String>, count: u64) {
        note(&mut self.notes, id, text, count);
    }

    /// Sorts the endpoints and gives every part its rates.
    pub(super) fn finish(&mut self) {
        self.endpoints
            .sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
        self.overall.set_rates(self.duration);
        for endpoint in &mut self.endpoints {
            endpoint.stats.set_rates(self.duration);
        }
    }
}

/// Adds a note, unless it would count nothing.
pub(super) fn note(notes: &mut Vec<Note>, id: &str, text: impl Into<String>, count: u64) {
    if count > 0 {
        notes.push(Note {
            id: id.to_owned(),
            text: text.into(),
            count,
        });
    }
}

/// A latency as Locust measures it: from before the connection is set up until the body is read, failures included.
pub(super) fn latency(count: u64) -> Latency {
    Latency {
        from: ClockStart::Connect,
        to: ClockStop::LastByte,
        quantile_method: QuantileMethod::Bucketed,
        ..Latency::of(Population::All, count)
    }
}

/// An endpoint of a row; Locust's Type is the method.
pub(super) fn endpoint(method: String, name: String, stats: Stats) -> Endpoint {
    Endpoint {
        name,
        method: Some(method).filter(|method| !method.is_empty()),
        path: None,
        group: None,
        names_in: Vec::new(),
        stats,
    }
}

/// Adds the figures of one part to another's. What cannot be added, percentiles above all, is left out.
///
/// `None` when a sum does not fit.
pub(super) fn add(sum: &mut Stats, part: &Stats) -> Option<()> {
    let plus = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (Some(a), Some(b)) => a.checked_add(b).map(Some),
        (a, b) => Some(a.or(b)),
    };
    sum.requests = plus(sum.requests, part.requests)?;
    sum.failures = plus(sum.failures, part.failures)?;
    sum.bytes_received = plus(sum.bytes_received, part.bytes_received)?;
    sum.as_reported.clear();
    match (&mut sum.latency, &part.latency) {
        (Some(a), Some(b)) => {
            let count = a.count.checked_add(b.count)?;
            let weighted = |l: &Latency| l.mean.map(|mean| mean.0 * l.count as f64);
            a.mean = match (weighted(a), weighted(b)) {
                (Some(x), Some(y)) if count > 0 && (x + y).is_finite() => {
                    Some(Millis((x + y) / count as f64))
                }
                _ => None,
            };
            a.min = one_of(a.min, b.min, f64::min);
            a.max = one_of(a.max, b.max, f64::max);
            a.count = count;
            a.percentiles.clear();
        }
        (none @ None, Some(b)) => {
            let mut first = b.clone();
            first.percentiles.clear();
            *none = Some(first);
        }
        (_, None) => {}
    }
    Some(())
}

fn one_of(a: Option<Millis>, b: Option<Millis>, pick: fn(f64, f64) -> f64) -> Option<Millis> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Millis(pick(a.0, b.0))),
        (a, b) => a.or(b),
    }
}
