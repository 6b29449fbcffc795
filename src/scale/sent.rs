//! What a label asks for beside what was sent: a run whose generator was slower than its label is no level of that load.
//!
//! Of a server that cannot follow, requests wait or fail, and then fewer are sent because answers are late: the label is what was
//! offered. Where nothing waits and nothing fails, fewer were sent because the generator sent fewer.

use crate::load::offering::least_seconds;
use crate::report::scaling::LevelOf;
use crate::scale::load::load_of;
use crate::scale::sample::Sample;
use crate::text::number;

/// Part of what a label asks for that has to be sent.
const SENT: f64 = 0.9;
/// Standard errors by which the counts have to say so, of both runs.
const ERRORS: f64 = 3.0;
/// A mean latency that is longer by less than this factor is that of requests that do not wait.
const WAITS: f64 = 1.25;
/// Share by which failures may exceed the lowest one.
const FAILING: f64 = 0.05;

/// What a sample by label shows: the label, what was sent and in what time, and how it was answered.
struct Seen {
    label: f64,
    sent: f64,
    per_s: f64,
    mean: f64,
    failures: f64,
}

impl Seen {
    /// Of a sample of which nothing but a label tells the load, as a rate.
    fn of(sample: &Sample) -> Option<Seen> {
        let of = sample.load.of;
        let [run] = sample.sources.as_slice() else {
            return None;
        };
        let is_told = sample.stretch.is_some() || load_of(run).is_some_and(|load| load.of == of);
        let is_rate = matches!(of, LevelOf::Arrivals | LevelOf::Requests);
        if is_told || !is_rate || sample.load.peak.is_some() {
            return None;
        }
        let counted = sample.counted?;
        let sent = counted.sent? as f64;
        // The length of a run holds the last answers, which may be late: in no less time than without those they were sent. Its
        // slices are of one length but for the last.
        let seconds =
            least_seconds(run).map_or(counted.seconds, |least| least.min(counted.seconds));
        let mut slices: Vec<f64> = run
            .timeline
            .iter()
            .filter_map(|slice| Some(slice.stats.requests? as f64 / slice.duration.0))
            .filter(|rate| rate.is_finite())
            .collect();
        slices.sort_by(f64::total_cmp);
        let middle = slices.get(slices.len() / 2).copied();
        Some(Seen {
            label: sample.load.mean,
            sent,
            per_s: (sent / seconds).max(middle.unwrap_or(0.0)),
            mean: run.overall.primary()?.mean?.0,
            failures: run.overall.error_share().unwrap_or(0.0),
        })
    }

    /// Requests of a unit of the label, as few or as many as chance allows.
    fn unit(&self, errors: f64) -> f64 {
        self.per_s / self.label * (1.0 + errors / self.sent.max(1.0).sqrt())
    }
}

/// Of each sample why it is no level: its generator was slower than its label.
pub(super) fn slow<'a, 'b>(samples: impl Iterator<Item = &'b Sample<'a>>) -> Vec<Option<String>>
where
    'a: 'b,
{
    let seen: Vec<Option<Seen>> = samples.map(Seen::of).collect();
    let known = || seen.iter().flatten();
    let unit = known().map(|one| one.unit(-ERRORS)).fold(0.0, f64::max);
    let mean = known().map(|one| one.mean).fold(f64::INFINITY, f64::min);
    let failures = known()
        .map(|one| one.failures)
        .fold(f64::INFINITY, f64::min);
    let why = |one: &Seen| {
        let is_calm = one.mean < WAITS * mean && one.failures <= failures + FAILING;
        (is_calm && one.unit(ERRORS) < SENT * unit).then(|| {
            format!(
                "its label is {}, and {} were sent: fewer for its size than at other levels, though none waited or failed more; the \
                 generator was slower than its label",
                number::significant(one.label, 3),
                number::rate(one.per_s),
            )
        })
    };
    seen.iter().map(|one| why(one.as_ref()?)).collect()
}
