//! Whether levels ask for the same endpoints in the same shares: a percentile of the whole moves with its mix, whatever the load does.

use crate::figures;
use crate::figures::spread::LEAST_MS;
use crate::load::mix::{Counts, SHARE, Shift, mixed};
use crate::model::Note;
use crate::report::Support;
use crate::report::scaling::StepReason;
use crate::report::scaling::{Scaling, Step, StepClass};
use crate::scale::level;
use crate::scale::level::{Middle, PERCENTILES};
use crate::scale::series::{Group, Series};
use crate::text::number;
use crate::text::phrase::quoted;
use crate::wording::series as words;

/// Below this factor a latency is as fast as before.
const AS_FAST: f64 = 1.5;
/// An endpoint whose tail is shorter than this part of a percentile of the whole does not make that.
const TOO_FAST: f64 = 0.5;

/// What the mix does to a percentile of the whole, from one level to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// All endpoints that can make it are as fast as before: only their shares differ.
    Shares,
    /// Endpoints that can make it were not asked at the lower level, or too seldom to know how fast they were.
    Others,
}

/// Requests of each endpoint, level by level (`None` where they are not counted), and what differing mixes explain.
pub(super) struct Mixes {
    levels: Vec<Option<Counts>>,
    /// From the level below to each, for each of [`PERCENTILES`].
    why: Vec<[Option<Why>; 3]>,
}

impl Mixes {
    pub(super) fn of(series: &Series, options: &figures::Options) -> Mixes {
        let mut mixes = Mixes {
            levels: series.groups.iter().map(counts).collect(),
            why: Vec::new(),
        };
        mixes.why = (0..series.groups.len())
            .map(|high| mixes.explain(series, high, options).unwrap_or_default())
            .collect();
        mixes
    }

    /// What differs most between two levels, by more than five points and more than chance.
    fn shift(&self, low: usize, high: usize) -> Option<Shift> {
        let at = |place: usize| self.levels.get(place)?.as_ref();
        let found = mixed(at(low)?, at(high)?)?;
        found.shifts.into_iter().next()
    }

    fn explain(
        &self,
        series: &Series,
        high: usize,
        options: &figures::Options,
    ) -> Option<[Option<Why>; 3]> {
        let low = high.checked_sub(1)?;
        self.shift(low, high)?;
        let (before, after) = (series.groups.get(low)?, series.groups.get(high)?);
        let (asked_before, asked) = (
            self.levels.get(low)?.as_ref()?,
            self.levels.get(high)?.as_ref()?,
        );
        let all = asked.values().sum::<u64>() as f64;
        let all_before = asked_before.values().sum::<u64>() as f64;
        let whole_before = level::latencies(before, None, options);
        let whole = level::latencies(after, None, options);
        let endpoints: Vec<Endpoint> = asked
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(label, count)| Endpoint {
                share: *count as f64 / all,
                has_shifted: *count as f64 / all
                    - asked_before
                        .get(label)
                        .map_or(0.0, |count| *count as f64 / all_before)
                    > SHARE,
                before: level::latencies(before, Some(label), options),
                after: level::latencies(after, Some(label), options),
            })
            .collect();
        let mut why = [None; 3];
        for (place, (percentile, why)) in PERCENTILES.iter().zip(&mut why).enumerate() {
            let pair = whole_before.get(place).zip(whole.get(place));
            let Some((Some(whole_before), Some(whole))) = pair else {
                continue;
            };
            // What has not grown needs no reason.
            if whole.value < AS_FAST * whole_before.value {
                continue;
            }
            let beyond = 1.0 - percentile.share();
            let share = |is: &dyn Fn(&Endpoint) -> bool| {
                let those = endpoints.iter().filter(|endpoint| is(endpoint));
                those.map(|endpoint| endpoint.share).sum::<f64>()
            };
            // Up to half of what lies beyond the percentile does not move it far.
            let is_slow = |one: &Endpoint| !one.is_too_fast(place, whole.value);
            let others =
                share(&|one| is_slow(one) && one.has_shifted && one.is_as_fast(place).is_none());
            let open = share(&|one| is_slow(one) && one.is_as_fast(place) != Some(true));
            *why = if open <= beyond / 2.0 {
                Some(Why::Shares)
            } else {
                (open - others <= beyond / 2.0).then_some(Why::Others)
            };
        }
        Some(why)
    }

    /// What the mix does to a percentile of the whole, from the level below to this one.
    pub(super) fn why(&self, level: usize, percentile: usize) -> Option<Why> {
        self.why.get(level)?.get(percentile).copied().flatten()
    }

    /// Takes the class of growth from steps of the whole that the mix explains.
    pub(super) fn withhold(&self, series: &Series, steps: &mut [Step]) {
        let grows = |step: &Step| matches!(step.class, StepClass::BlowUp | StepClass::SuperLinear);
        for step in steps
            .iter_mut()
            .filter(|step| step.endpoint.is_none() && grows(step))
        {
            let mut groups = series.groups.iter();
            let level = groups.position(|group| group.mean.total_cmp(&step.to).is_eq());
            let percentile = PERCENTILES
                .iter()
                .position(|of| of.to_string() == step.metric);
            let why = level
                .zip(percentile)
                .and_then(|(level, percentile)| self.why(level, percentile));
            let Some(why) = why else {
                continue;
            };
            step.class = StepClass::Undecided;
            step.reasons = vec![match why {
                Why::Shares => StepReason::Mix,
                Why::Others => StepReason::OtherMix,
            }];
        }
    }

    /// The greatest shift from one level to the next, in words.
    pub(super) fn remark(&self, scaling: &Scaling) -> Option<String> {
        let shifts =
            (1..self.levels.len()).filter_map(|high| Some((high, self.shift(high - 1, high)?)));
        let (high, most) = shifts.max_by(|one, other| one.1.compare(&other.1))?;
        let level = |place: usize| Some(words::of_level(scaling, scaling.levels.get(place)?));
        Some(format!(
            "the mix of requests differs between levels, {} most: {} at {} and {} at {}; percentiles of the whole move with it, \
             those of endpoints do not",
            quoted(&most.endpoint),
            number::percent(most.before),
            level(high - 1)?,
            number::percent(most.after),
            level(high)?,
        ))
    }
}

/// An endpoint of the higher level.
struct Endpoint {
    share: f64,
    /// Whether that is more than before by over five points.
    has_shifted: bool,
    before: Vec<Option<Middle>>,
    after: Vec<Option<Middle>>,
}

impl Endpoint {
    /// Whether it is far below that percentile of the whole at its own.
    fn is_too_fast(&self, percentile: usize, whole: f64) -> bool {
        let own = self.after.get(percentile).and_then(Option::as_ref);
        let own = own.filter(|of| of.support != Support::None);
        own.is_some_and(|own| own.value < TOO_FAST * whole)
    }

    /// Whether it is as fast as before up to that percentile, beyond which that of the whole cannot lie; `None` = not known.
    fn is_as_fast(&self, percentile: usize) -> Option<bool> {
        let at = |of: &[Option<Middle>], place: usize| {
            let found = of.get(place)?.as_ref()?;
            (found.support != Support::None).then_some(found.value)
        };
        let pairs: Option<Vec<(f64, f64)>> = (0..=percentile)
            .map(|place| Some((at(&self.before, place)?, at(&self.after, place)?)))
            .collect();
        let is_one =
            |(before, after): (f64, f64)| after < AS_FAST * before || after - before < LEAST_MS;
        Some(pairs?.into_iter().all(is_one))
    }
}

/// Requests of each endpoint over the repeats; `None` where one does not count them all, or they may overlap.
fn counts(group: &Group) -> Option<Counts> {
    let mut counts = Counts::new();
    for run in group.samples.iter().flat_map(|sample| &sample.sources) {
        if run.noted(Note::SOME_ENDPOINTS).is_some() {
            return None;
        }
        run.overall.requests?;
        for endpoint in &run.endpoints {
            let count = counts.entry(endpoint.label()).or_default();
            *count = count.saturating_add(endpoint.stats.requests?);
        }
    }
    (!counts.is_empty()).then_some(counts)
}
