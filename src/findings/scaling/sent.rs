//! What a label asks for beside what was sent: a generator that was slower than its label made a smaller load.
//!
//! Of a server that cannot follow, requests wait or fail, and then fewer are sent because answers are late: the label is what was
//! offered. Where nothing waits and nothing fails, fewer were sent because the generator sent fewer: the load is what was sent.

use crate::findings::scaling::LevelOf;
use crate::findings::scaling::load::{Loaded, load_of};
use crate::findings::scaling::sample::Sample;

/// Part of what a label asks for that has to be sent.
const SENT: f64 = 0.9;
/// A mean latency that grows by less has not moved.
const MOVED: f64 = 1.25;
/// Share by which failures may exceed those of the lowest label.
const FAILING: f64 = 0.05;

/// What a sample by label shows: the label, what was sent per second, and how it was answered.
struct Seen {
    label: f64,
    sent: f64,
    mean: f64,
    failures: f64,
}

fn seen(sample: &Sample) -> Option<Seen> {
    let of = sample.load.of;
    let [run] = sample.sources.as_slice() else {
        return None;
    };
    let is_told = sample.stretch.is_some() || load_of(run).is_some_and(|load| load.of == of);
    if is_told || !matches!(of, LevelOf::Arrivals | LevelOf::Requests) || sample.load.peak.is_some()
    {
        return None;
    }
    let counted = sample.counted?;
    Some(Seen {
        label: sample.load.mean,
        sent: counted.sent? as f64 / counted.seconds,
        mean: run.overall.primary()?.mean?.0,
        failures: run.overall.error_share().unwrap_or(0.0),
    })
}

/// Puts what was sent in the place of labels that a generator did not keep up with; the label becomes what was stated.
pub(super) fn correct<'a, 'b>(samples: impl Iterator<Item = &'b mut Sample<'a>>)
where
    'a: 'b,
{
    let mut labelled: Vec<(&mut Sample, Seen)> = samples
        .filter_map(|sample| {
            let seen = seen(sample)?;
            Some((sample, seen))
        })
        .collect();
    labelled.sort_by(|one, other| one.1.label.total_cmp(&other.1.label));
    let Some((_, lowest)) = labelled.first() else {
        return;
    };
    let unit = lowest.sent / lowest.label;
    let (mean, failures) = (lowest.mean, lowest.failures);
    for (sample, seen) in labelled.iter_mut().skip(1) {
        let load = seen.sent / unit;
        let is_calm = seen.mean < MOVED * mean && seen.failures <= failures + FAILING;
        if load > 0.0 && load < SENT * seen.label && is_calm {
            sample.stated = Some(seen.label);
            sample.load = Loaded {
                mean: load,
                ..sample.load
            };
        }
    }
}
