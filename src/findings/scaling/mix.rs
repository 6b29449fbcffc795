//! Whether levels ask for the same endpoints in the same shares: a percentile of the whole moves with its mix, whatever the load does.

use crate::findings::mix::{Counts, Shift, mixed};
use crate::findings::rules::shared::quoted;
use crate::findings::scaling::series::{Group, Series};
use crate::findings::scaling::{Scaling, Step, StepClass, words};
use crate::model::Note;
use crate::text::number;

/// Why a step of the whole is of no class: its mix differs, and no endpoint grows like that.
pub(super) const MIX: &str = "mix";

/// Requests of each endpoint, level by level; `None` where they are not counted.
pub(super) struct Mixes {
    levels: Vec<Option<Counts>>,
}

impl Mixes {
    pub(super) fn of(series: &Series) -> Mixes {
        Mixes {
            levels: series.groups.iter().map(counts).collect(),
        }
    }

    /// What differs most between two levels, by more than five points and more than chance.
    pub(super) fn shift(&self, low: usize, high: usize) -> Option<Shift> {
        let at = |place: usize| self.levels.get(place)?.as_ref();
        let found = mixed(at(low)?, at(high)?)?;
        found.shifts.into_iter().next()
    }

    /// Takes the class of growth from steps of the whole that only the mix explains.
    pub(super) fn withhold(&self, series: &Series, steps: &mut [Step]) {
        let grows = |step: &Step| matches!(step.class, StepClass::BlowUp | StepClass::SuperLinear);
        let same = |one: f64, other: f64| one.total_cmp(&other).is_eq();
        let is_in_endpoint = |whole: &Step, steps: &[Step]| {
            steps.iter().any(|step| {
                step.endpoint.is_some()
                    && grows(step)
                    && step.metric == whole.metric
                    && same(step.from, whole.from)
                    && same(step.to, whole.to)
            })
        };
        let place_of = |load: f64| {
            series
                .groups
                .iter()
                .position(|group| same(group.mean, load))
        };
        let explained: Vec<usize> = steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.endpoint.is_none() && grows(step))
            .filter(|(_, step)| {
                let places = place_of(step.from).zip(place_of(step.to));
                places.is_some_and(|(low, high)| self.shift(low, high).is_some())
                    && !is_in_endpoint(step, steps)
            })
            .map(|(place, _)| place)
            .collect();
        for place in explained {
            if let Some(step) = steps.get_mut(place) {
                step.class = StepClass::Undecided;
                step.reasons = vec![MIX.to_owned()];
            }
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

/// Requests of each endpoint over the repeats; `None` where one does not count them all, or they may overlap.
fn counts(group: &Group) -> Option<Counts> {
    let mut counts = Counts::new();
    for run in group.samples.iter().flat_map(|sample| &sample.sources) {
        if run.notes.iter().any(|note| note.id == Note::SOME_ENDPOINTS) {
            return None;
        }
        for endpoint in &run.endpoints {
            let count = counts.entry(endpoint.label()).or_default();
            *count = count.saturating_add(endpoint.stats.requests?);
        }
    }
    (!counts.is_empty()).then_some(counts)
}
