//! One run, or one stretch of a stepped run, at one load: what was asked, answered and measured in the time in which it was offered.

use crate::figures;
use crate::figures::spread::error_of;
use crate::load::flow::flow;
use crate::load::split::Stretch;
use crate::model::{Endpoint, MetricId, Percentile, Run, Slice, Stats};
use crate::report::Measured;
use crate::report::Support;
use crate::scale::load::Loaded;
use crate::stats::knee::Flow;
use crate::text::number;

/// Share at the start of a whole run that is left out of its rates.
const SETTLING: f64 = 0.1;
/// Standard error of the goodput of a run that does not tell it over time: its length holds what came after the load.
const LOOSE: f64 = 0.05;

/// Part of a planned load that has to arrive.
const OFFERED: f64 = 0.9;
/// Fewest slices whose spread says anything.
const SLICES: usize = 4;

/// What was seen at a load.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    /// Id of the run.
    pub(super) run: &'a str,
    /// The load.
    pub(super) load: Loaded,
    /// What a label or the plan states, where it is not the load itself.
    pub(super) stated: Option<f64>,
    /// Where it is a stretch of a run.
    pub(super) stretch: Option<(f64, f64)>,
    /// Seconds left out because the load had just changed.
    pub(super) settling: Option<f64>,
    /// Counts in the time in which the load was offered.
    pub(super) counted: Option<Counted>,
    /// Whether those counts leave out what came before and after the load.
    pub(super) is_windowed: bool,
    /// Failures, and the requests that count.
    pub(super) failed: Option<(u64, u64)>,
    /// Sessions that completed.
    pub(super) flow: Option<Flow>,
    /// Where latencies are read: the run, or windows of it that cannot be joined.
    pub(super) sources: Vec<&'a Run>,
}

/// Counts over a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    /// Seconds.
    pub(super) seconds: f64,
    /// Users that arrived.
    pub(super) arrivals: Option<u64>,
    /// Requests that were sent.
    pub(super) sent: Option<u64>,
    /// Requests that were answered; `None` where they are not counted apart from those sent.
    pub(super) answered: Option<u64>,
    /// Good answers.
    pub(super) successes: u64,
    /// Standard error of the logarithm of their rate, by how much it differs from slice to slice; `None` with fewer than four.
    pub(super) error: Option<f64>,
}

/// A latency of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Latency {
    /// In milliseconds.
    pub(super) value: f64,
    /// Its logarithm.
    pub(super) log: f64,
    /// Standard error of that within the run; `None` = the input does not say.
    pub(super) error: Option<f64>,
    /// Requests behind it.
    pub(super) n: Option<u64>,
    /// How well they carry it.
    pub(super) support: Support,
}

impl<'a> Sample<'a> {
    /// Of a whole run.
    pub(super) fn of_run(run: &'a Run, load: Loaded) -> Sample<'a> {
        let window = load.window.and_then(|(from, to)| {
            let settling = SETTLING * (to - from);
            let inside = |slice: &&Slice| {
                slice.start.0 >= from + settling - 1e-6
                    && slice.start.0 + slice.duration.0 <= to + 0.05 * slice.duration.0
            };
            let slices: Vec<&Slice> = run.timeline.iter().filter(inside).collect();
            let covered: f64 = slices.iter().map(|slice| slice.duration.0).sum();
            // Less than a third of the load is a glimpse.
            (3.0 * covered >= to - from)
                .then(|| count(&slices, covered))
                .flatten()
        });
        let whole = || {
            let stats = &run.overall;
            Some(Counted {
                seconds: seconds(run)?,
                arrivals: None,
                sent: stats.requests,
                answered: None,
                successes: stats.successes()?,
                error: None,
            })
        };
        Sample {
            run: &run.id,
            load,
            stated: None,
            stretch: None,
            settling: None,
            counted: window
                .or_else(whole)
                .filter(|counted| counted.seconds > 0.0),
            is_windowed: window.is_some(),
            failed: failed(&run.overall),
            flow: load
                .window
                .and_then(|(from, to)| flow(run, (from + SETTLING * (to - from), to), true)),
            sources: vec![run],
        }
    }

    /// Of a stretch of a run.
    pub(super) fn of_stretch(stretch: &'a Stretch) -> Sample<'a> {
        let slices: Vec<&Slice> = stretch.run.timeline.iter().collect();
        let seconds = slices.iter().map(|slice| slice.duration.0).sum();
        let sources = if stretch.windows.is_empty() {
            vec![&stretch.run]
        } else {
            stretch.windows.iter().collect()
        };
        Sample {
            run: &stretch.run.id,
            load: Loaded {
                of: stretch.of,
                mean: stretch.mean,
                peak: stretch.peak,
                window: None,
            },
            stated: None,
            stretch: Some((stretch.start, stretch.end)),
            settling: Some(stretch.settling),
            counted: count(&slices, seconds).filter(|counted| counted.seconds > 0.0),
            is_windowed: true,
            failed: failed(&stretch.run.overall),
            flow: stretch.flow,
            sources,
        }
    }

    /// The rate that the input gives where it counts nothing: of successes, else of requests.
    pub(super) fn given(&self) -> Option<f64> {
        let [run] = self.sources.as_slice() else {
            return None;
        };
        let stats = &run.overall;
        let is_given = self.counted.is_none() && stats.requests.is_none();
        let rate = stats.goodput.or(stats.rate).filter(|_| is_given);
        Some(rate?.0)
    }

    /// Successes per second, overall.
    pub(super) fn goodput(&self) -> Option<f64> {
        let Some(counted) = self.counted else {
            return self.given();
        };
        Some(counted.successes as f64 / counted.seconds)
    }

    /// Standard error of the logarithm of that within the run.
    pub(super) fn goodput_error(&self) -> Option<f64> {
        let Some(counted) = self.counted else {
            return self.given().map(|_| LOOSE);
        };
        // Of none: as of one, so that the level is told from one whose successes nobody counted.
        let chance = 1.0 / (counted.successes.max(1) as f64).sqrt();
        // A generator or server that stalls is less even than chance.
        let chance = chance.max(counted.error.unwrap_or(0.0));
        Some(if self.is_windowed {
            chance
        } else {
            chance.hypot(LOOSE)
        })
    }

    /// The load in the very time in which answers were counted; the load itself where it is not counted.
    pub(super) fn asked(&self) -> f64 {
        use crate::report::scaling::LevelOf;
        let counted = self.counted.filter(|_| self.is_windowed);
        let rate = |count: Option<u64>| Some(count? as f64 / counted?.seconds);
        let measured = match self.load.of {
            LevelOf::Arrivals => rate(counted.and_then(|counted| counted.arrivals)),
            LevelOf::Requests => rate(counted.and_then(|counted| counted.sent)),
            LevelOf::Users | LevelOf::Stated | LevelOf::Resources => None,
        };
        measured.filter(|of| *of > 0.0).unwrap_or(self.load.mean)
    }

    /// Why it is no level: a load that stood still by its plan, and of which less arrived.
    pub(super) fn shortfall(&self) -> Option<String> {
        let asked = self.asked();
        let planned = self.load.mean;
        let count = self.counted?.arrivals.or(self.counted?.sent)? as f64;
        // Of few arrivals chance makes less.
        let falls = asked < OFFERED * planned && asked * (1.0 + 3.0 / count.sqrt()) < planned;
        (self.load.peak.is_none() && falls).then(|| {
            format!(
                "its load is {} by its plan, and {} arrived: the generator did not offer it",
                number::rate(planned),
                number::rate(asked)
            )
        })
    }

    /// Latencies of the run or of one of its endpoints: over windows their middle, which is that of no single request.
    pub(super) fn latencies(
        &self,
        endpoint: Option<&str>,
        metrics: &[MetricId],
        options: &figures::Options,
    ) -> Vec<Option<Latency>> {
        let of_sources: Vec<Vec<Option<Latency>>> = self
            .sources
            .iter()
            .filter_map(|run| {
                let endpoint = match endpoint {
                    None => None,
                    Some(label) => Some(endpoint_of(run, label)?),
                };
                let measured = figures::measure_all(run, endpoint, metrics, options);
                Some(measured.into_iter().map(|found| latency(&found?)).collect())
            })
            .collect();
        let of_metric = |place: usize| {
            let found: Vec<Latency> = of_sources
                .iter()
                .filter_map(|latencies| latencies.get(place).copied().flatten())
                .collect();
            middle(&found)
        };
        (0..metrics.len()).map(of_metric).collect()
    }

    /// Labels of the endpoints that have figures.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = String> + '_ {
        let first = self.sources.first();
        first
            .into_iter()
            .flat_map(|run| run.endpoints.iter().map(Endpoint::label))
    }

    /// The counts of one endpoint over all sources: successes, failures, requests that count.
    pub(super) fn endpoint_counts(&self, label: &str) -> Option<(u64, u64, u64)> {
        let mut all = (0_u64, 0_u64, 0_u64);
        for run in &self.sources {
            let stats = &endpoint_of(run, label)?.stats;
            let (failures, counted) = failed(stats)?;
            all.0 = all.0.saturating_add(counted.saturating_sub(failures));
            all.1 = all.1.saturating_add(failures);
            all.2 = all.2.saturating_add(counted);
        }
        Some(all)
    }
}

/// An endpoint by its label. They are sorted by name: of a thousand endpoints none is looked for one by one.
pub(super) fn endpoint_of<'a>(run: &'a Run, label: &str) -> Option<&'a Endpoint> {
    let by_name = |name: &str| {
        let from = run
            .endpoints
            .partition_point(|other| other.name.as_str() < name);
        let rest = run.endpoints.get(from..).unwrap_or_default().iter();
        let mut same = rest.take_while(|other| other.name == name);
        same.find(|endpoint| endpoint.label() == label)
    };
    let without_method = label.split_once(' ').map(|(_, name)| name);
    without_method
        .and_then(by_name)
        .or_else(|| by_name(label))
        .or_else(|| {
            run.endpoints
                .iter()
                .find(|endpoint| endpoint.label() == label)
        })
}

/// Seconds of a run that does not tell its load over time. What it waited for a single late answer counts not, as far as more than
/// what was offered would have been answered without.
fn seconds(run: &Run) -> Option<f64> {
    let duration = run.duration?.0;
    let late = || {
        let latency = run.overall.primary()?;
        let p99 = latency.percentiles.get(&Percentile::P99)?;
        Some((latency.max?.0 - p99.0) / 1000.0)
    };
    let at_least = run.load.offered.zip(run.overall.requests);
    let Some((offered, requests)) = at_least.filter(|(offered, _)| offered.0 > 0.0) else {
        return Some(duration);
    };
    let without = duration - late().unwrap_or(0.0).max(0.0);
    Some(without.max(requests as f64 / offered.0).min(duration))
}

fn failed(stats: &Stats) -> Option<(u64, u64)> {
    let expected = stats.expected_failures.unwrap_or(0);
    Some((stats.failures?, stats.requests?.saturating_sub(expected)))
}

/// The middle of several windows: their geometric mean, with what is known of all of them.
fn middle(found: &[Latency]) -> Option<Latency> {
    let n = found.len() as f64;
    let first = found.first()?;
    let errors: Option<f64> = found.iter().map(|one| Some(one.error?.powi(2))).sum();
    let log = found.iter().map(|one| one.log).sum::<f64>() / n;
    Some(Latency {
        value: value(found, log),
        log,
        error: errors.map(|sum| sum.sqrt() / n),
        n: found
            .iter()
            .map(|one| one.n)
            .try_fold(0_u64, |sum, n| sum.checked_add(n?)),
        support: found
            .iter()
            .map(|one| one.support)
            .min()
            .unwrap_or(first.support),
    })
}

/// Their geometric mean, by its logarithm; never beyond them by rounding: one alone, or equal ones, would miss their limit.
pub(super) fn value(found: &[Latency], log: f64) -> f64 {
    let values = || found.iter().map(|one| one.value);
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(0.0, f64::max);
    log.exp().max(least).min(most)
}

fn latency(measured: &Measured) -> Option<Latency> {
    let log = measured.value.ln();
    log.is_finite().then_some(Latency {
        value: measured.value,
        log,
        error: error_of(measured),
        n: measured.n,
        support: measured.support,
    })
}

fn count(slices: &[&Slice], seconds: f64) -> Option<Counted> {
    let sum = |read: &dyn Fn(&Slice) -> Option<u64>| -> Option<u64> {
        let mut counts = slices.iter().map(|slice| read(slice));
        counts.try_fold(0_u64, |sum, count| sum.checked_add(count?))
    };
    if slices.is_empty() {
        return None;
    }
    Some(Counted {
        seconds,
        arrivals: sum(&|slice| slice.arrivals),
        sent: sum(&|slice| slice.stats.requests),
        answered: sum(&|slice| slice.stats.responses),
        successes: sum(&|slice| successes(&slice.stats))?,
        error: unevenness(slices),
    })
}

/// Standard error of the logarithm of the mean rate of slices, from their spread.
fn unevenness(slices: &[&Slice]) -> Option<f64> {
    let rates: Option<Vec<f64>> = slices
        .iter()
        .map(|slice| Some(successes(&slice.stats)? as f64 / slice.duration.0))
        .collect();
    let rates = rates.filter(|rates| rates.len() >= SLICES)?;
    let n = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / n;
    let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt() / mean;
    error.is_finite().then_some(error)
}

/// Good answers that arrived in a slice: not those to what was sent in it.
fn successes(stats: &Stats) -> Option<u64> {
    if let Some(latency) = &stats.latency_ok {
        return Some(latency.count);
    }
    let Some(answered) = stats.responses else {
        return stats.successes();
    };
    let with_code: u64 = stats.codes.values().sum();
    if with_code >= answered && answered > 0 {
        let is_good = |code: &str| code.parse::<u16>().is_ok_and(|code| code < 400);
        let good = stats.codes.iter().filter(|(code, _)| is_good(code));
        return Some(good.map(|(_, count)| count).sum());
    }
    let failed = stats.failures.unwrap_or(0);
    Some(answered.saturating_sub(failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Seconds;
    use crate::report::scaling::LevelOf;

    fn slice(start: f64, duration: f64, answered: u64, failures: u64) -> Slice {
        Slice {
            start: Seconds(start),
            duration: Seconds(duration),
            users: None,
            arrivals: Some(answered / 10),
            latency_window: None,
            completed: None,
            stats: Stats {
                requests: Some(answered),
                responses: Some(answered),
                failures: Some(failures),
                ..Stats::default()
            },
            endpoints: Vec::new(),
        }
    }

    fn load(window: Option<(f64, f64)>) -> Loaded {
        Loaded {
            of: LevelOf::Arrivals,
            mean: 4.0,
            peak: None,
            window,
        }
    }

    /// 100 s of 10 s each: forty requests a slice, but none in the last two.
    fn run() -> Run {
        let mut run = Run::new("hand", "knee-run");
        run.duration = Some(Seconds(100.0));
        run.overall.requests = Some(320);
        run.overall.failures = Some(0);
        run.timeline = (0..10)
            .map(|place| {
                let answered = if place < 8 { 40 } else { 0 };
                slice(f64::from(place) * 10.0, 10.0, answered, 0)
            })
            .collect();
        run
    }

    #[test]
    fn rates_are_those_of_the_time_in_which_the_load_was_offered() {
        let run = run();
        let whole = Sample::of_run(&run, load(None));
        assert!(!whole.is_windowed);
        assert!((whole.goodput().unwrap() - 3.2).abs() < 1e-12);
        // 80 s less a tenth: seven slices from 10 s on.
        let windowed = Sample::of_run(&run, load(Some((0.0, 80.0))));
        let counted = windowed.counted.unwrap();
        assert!((counted.seconds - 70.0).abs() < 1e-12);
        assert_eq!((counted.successes, counted.sent), (280, Some(280)));
        assert!((windowed.goodput().unwrap() - 4.0).abs() < 1e-12);
        assert!((windowed.asked() - 0.4).abs() < 1e-12, "28 users in 70 s");
        assert!((whole.asked() - 4.0).abs() < 1e-12, "the load itself");
    }

    #[test]
    fn less_than_a_third_of_the_load_is_a_glimpse() {
        let mut run = run();
        // 23 s of 79 s after the settling time.
        run.timeline = vec![slice(10.0, 10.0, 40, 0), slice(30.0, 13.0, 52, 0)];
        let sample = Sample::of_run(&run, load(Some((0.0, 79.0))));
        assert!(!sample.is_windowed);
        let sample = Sample::of_run(&run, load(Some((0.0, 69.0))));
        assert!(sample.is_windowed);
        assert!((sample.goodput().unwrap() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn the_error_of_goodput_is_chance_or_unevenness_and_more_where_the_time_is_not_known() {
        let run = run();
        let windowed = Sample::of_run(&run, load(Some((0.0, 80.0))));
        // Even slices: chance alone.
        assert!((windowed.goodput_error().unwrap() - 1.0 / 280.0_f64.sqrt()).abs() < 1e-12);
        let whole = Sample::of_run(&run, load(None));
        let wanted = (1.0 / 320.0_f64 + LOOSE * LOOSE).sqrt();
        assert!((whole.goodput_error().unwrap() - wanted).abs() < 1e-12);
        // 2, 4, 6, 8 a second: mean 5, standard deviation root(20/3), by root(4).
        let slices = [20, 40, 60, 80].map(|count| slice(0.0, 10.0, count, 0));
        let uneven = unevenness(&slices.each_ref()).unwrap();
        assert!((uneven - (20.0_f64 / 3.0).sqrt() / 2.0 / 5.0).abs() < 1e-12);
        assert_eq!(unevenness(&slices.each_ref()[..3]), None);
        let counted = count(&slices.each_ref(), 40.0);
        let sample = Sample {
            counted,
            ..windowed
        };
        assert!((sample.goodput_error().unwrap() - uneven).abs() < 1e-12);
    }

    #[test]
    fn good_answers_are_those_with_a_good_code_where_every_answer_has_one() {
        let mut stats = slice(0.0, 10.0, 40, 3).stats;
        assert_eq!(successes(&stats), Some(37));
        for (code, count) in [("200", 30), ("302", 4), ("404", 6)] {
            stats.codes.insert(code.to_owned(), count);
        }
        assert_eq!(successes(&stats), Some(34));
        // Codes of 34 of 40 answers say nothing of the others.
        stats.codes.remove("404");
        assert_eq!(successes(&stats), Some(37));
        stats.responses = None;
        assert_eq!(successes(&stats), Some(37), "requests less failures");
        stats.failures = None;
        assert_eq!(successes(&stats), None);
    }

    #[test]
    fn expected_failures_do_not_count() {
        let mut stats = slice(0.0, 10.0, 40, 3).stats;
        assert_eq!(failed(&stats), Some((3, 40)));
        stats.expected_failures = Some(10);
        assert_eq!(failed(&stats), Some((3, 30)));
        stats.failures = None;
        assert_eq!(failed(&stats), None);
    }

    fn latency_of(value: f64) -> Latency {
        Latency {
            value,
            log: value.ln(),
            error: None,
            n: None,
            support: Support::Ok,
        }
    }

    #[test]
    fn the_middle_of_windows_is_geometric_and_as_poor_as_the_poorest() {
        let one = |value: f64, error: Option<f64>, support: Support| Latency {
            value,
            log: value.ln(),
            error,
            n: Some(100),
            support,
        };
        let both = [
            one(10.0, Some(0.3), Support::Ok),
            one(40.0, Some(0.4), Support::None),
        ];
        let found = middle(&both).unwrap();
        assert!((found.value - 20.0).abs() < 1e-9);
        assert!((found.error.unwrap() - 0.25).abs() < 1e-12, "0.5 / 2");
        assert_eq!((found.n, found.support), (Some(200), Support::None));
        let unknown = [both[0], one(40.0, None, Support::Ok)];
        assert_eq!(middle(&unknown).unwrap().error, None);
        for one in [60.0, 62.0, 854.2] {
            let same = [latency_of(one), latency_of(one), latency_of(one)];
            for found in [&same[..1], &same[..2], &same] {
                let found = middle(found).unwrap().value;
                assert_eq!(found.to_bits(), f64::to_bits(one), "{found}");
            }
        }
        assert_eq!(middle(&[]), None);
    }

    #[test]
    fn a_level_without_successes_is_not_one_whose_successes_nobody_counted() {
        let load = Loaded {
            of: LevelOf::Arrivals,
            mean: 10.0,
            peak: None,
            window: None,
        };
        let counted = Counted {
            seconds: 50.0,
            arrivals: Some(500),
            sent: Some(500),
            answered: Some(0),
            successes: 0,
            error: None,
        };
        let of = |counted| Sample {
            run: "run",
            load,
            stated: None,
            stretch: None,
            settling: None,
            counted,
            is_windowed: true,
            failed: Some((500, 500)),
            flow: None,
            sources: Vec::new(),
        };
        let none = of(Some(counted));
        assert_eq!(
            (none.goodput(), none.goodput_error()),
            (Some(0.0), Some(1.0))
        );
        let unknown = of(None);
        assert_eq!((unknown.goodput(), unknown.goodput_error()), (None, None));
    }
}
