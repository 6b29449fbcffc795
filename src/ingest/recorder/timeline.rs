//! Slices of time: at most so many, aligned to the epoch, their width a function of the time that is covered.
//!
//! The width starts at a second and doubles until the first and the last sample are at most [`MOST_SLICES`] slices apart.
//! Doubling joins neighbours exactly, so the order of the samples and the number of recorders leave no trace.

use std::collections::VecDeque;

use crate::ingest::recorder::outcomes::Outcomes;
use crate::stats::histogram::Coarse;

/// More slices than this are joined in pairs.
pub(super) const MOST_SLICES: usize = 300;

/// Endpoints that have figures in every slice.
pub(super) const MOST_DETAILS: usize = 32;

const SECOND: i64 = 1_000_000_000;

/// Counts of a stretch of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell<const BITS: u32> {
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// Requests of which nobody says whether they failed.
    pub(super) undecided: u64,
    pub(super) latency: Outcomes<Coarse<BITS>>,
}

impl<const BITS: u32> Cell<BITS> {
    #[inline]
    fn count(&mut self, ok: Option<bool>) {
        self.requests += 1;
        self.failures += u64::from(ok == Some(false));
        self.undecided += u64::from(ok.is_none());
    }

    fn merge(&mut self, other: Cell<BITS>) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.undecided += other.undecided;
        self.latency.merge(other.latency, Coarse::merge);
    }
}

/// One slice.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) all: Cell<7>,
    /// By the endpoint's number among the details.
    pub(super) details: Vec<Option<Box<Cell<5>>>>,
    pub(super) users: Option<u64>,
}

impl Slot {
    fn detail(&mut self, number: usize) -> Option<&mut Cell<5>> {
        if number >= self.details.len() {
            self.details.reserve_exact(number + 1 - self.details.len());
            self.details.resize(number + 1, None);
        }
        let detail = self.details.get_mut(number)?;
        Some(detail.get_or_insert_default())
    }

    fn merge(&mut self, other: Slot, numbers: impl Fn(usize) -> Option<usize>) {
        self.all.merge(other.all);
        self.users = self.users.max(other.users);
        for (number, cell) in other.details.into_iter().enumerate() {
            let Some(cell) = cell else { continue };
            if let Some(place) = numbers(number).and_then(|number| self.detail(number)) {
                place.merge(*cell);
            }
        }
    }
}

/// All slices.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    /// In seconds, a power of two.
    width: i64,
    /// The number of the first slice: its start by the width.
    first: i64,
    slots: VecDeque<Option<Box<Slot>>>,
    /// Nanoseconds that the slice at `near` covers; most samples fall where the one before them fell.
    from: i64,
    until: i64,
    near: usize,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline {
            width: 1,
            first: 0,
            slots: VecDeque::new(),
            from: 0,
            until: 0,
            near: 0,
        }
    }
}

impl Timeline {
    #[inline]
    pub(super) fn record(
        &mut self,
        time: i64,
        latency: Option<u64>,
        ok: Option<bool>,
        users: Option<u64>,
        detail: Option<usize>,
    ) {
        if time < self.from || time >= self.until {
            self.turn_to(time);
        }
        let Some(slot) = self.slots.get_mut(self.near) else {
            return;
        };
        let slot = slot.get_or_insert_default();
        slot.all.count(ok);
        if let Some(nanos) = latency {
            slot.all.latency.of_mut(ok).record(nanos);
        }
        if users > slot.users {
            slot.users = users;
        }
        if let Some(cell) = detail.and_then(|number| slot.detail(number)) {
            cell.count(ok);
            // There is one for every slice and endpoint: the latency of failures is left to the slice as a whole.
            if let Some(nanos) = latency.filter(|_| ok != Some(false)) {
                cell.latency.of_mut(ok).record(nanos);
            }
        }
    }

    /// Makes the slice of that time the near one.
    fn turn_to(&mut self, time: i64) {
        let mut number = time.div_euclid(self.width * SECOND);
        if self.slots.is_empty() {
            self.first = number;
        }
        while self.count_with(number) > MOST_SLICES as u64 {
            self.double();
            number = time.div_euclid(self.width * SECOND);
        }
        self.near = self.reach(number);
        self.from = number.saturating_mul(self.width * SECOND);
        self.until = self.from.saturating_add(self.width * SECOND);
    }

    /// The numbers of the first and the last slice.
    fn ends(&self) -> (i64, i64) {
        let last = self.first + i64::try_from(self.slots.len()).unwrap_or(0) - 1;
        (self.first, last.max(self.first))
    }

    /// How many slices there are once this number is among them.
    fn count_with(&self, number: i64) -> u64 {
        let (first, last) = self.ends();
        last.max(number).abs_diff(first.min(number)) + 1
    }

    /// The place of a slice, made if need be.
    fn reach(&mut self, number: i64) -> usize {
        while number < self.first {
            self.slots.push_front(None);
            self.first -= 1;
        }
        let place = usize::try_from(number.abs_diff(self.first)).unwrap_or(0);
        while place >= self.slots.len() {
            self.slots.push_back(None);
        }
        place
    }

    fn double(&mut self) {
        let old = std::mem::take(&mut self.slots);
        let first = self.first;
        self.width *= 2;
        self.first = first.div_euclid(2);
        // No slice is near any more.
        (self.from, self.until) = (0, 0);
        for (number, slot) in (first..).zip(old) {
            let place = self.reach(number.div_euclid(2));
            if let Some(slot) = slot {
                self.put(place, *slot, Some);
            }
        }
    }

    fn put(&mut self, place: usize, slot: Slot, numbers: impl Fn(usize) -> Option<usize>) {
        if let Some(known) = self.slots.get_mut(place) {
            known.get_or_insert_default().merge(slot, numbers);
        }
    }

    /// Forgets the figures of an endpoint.
    pub(super) fn drop_detail(&mut self, number: usize) {
        for slot in self.slots.iter_mut().flatten() {
            if let Some(detail) = slot.details.get_mut(number) {
                *detail = None;
            }
        }
    }

    /// Adds all slices of another one; `numbers` says where its details stand here.
    pub(super) fn merge(&mut self, mut other: Timeline, numbers: impl Fn(usize) -> Option<usize>) {
        if other.slots.is_empty() {
            return;
        }
        if self.slots.is_empty() {
            (self.width, self.first) = (other.width, other.first);
        }
        loop {
            let (mine, others) = (self.ends(), other.ends());
            let span = mine.1.max(others.1).abs_diff(mine.0.min(others.0));
            if self.width < other.width {
                self.double();
            } else if other.width < self.width {
                other.double();
            } else if span >= MOST_SLICES as u64 {
                self.double();
                other.double();
            } else {
                break;
            }
        }
        for (number, slot) in (other.first..).zip(std::mem::take(&mut other.slots)) {
            let place = self.reach(number);
            if let Some(slot) = slot {
                self.put(place, *slot, &numbers);
            }
        }
    }

    /// The slices that hold something, in order: start in nanoseconds since the epoch, the slice.
    pub(super) fn into_slots(self) -> impl Iterator<Item = (i64, Slot)> {
        let width = self.width * SECOND;
        (self.first..)
            .zip(self.slots)
            .filter_map(move |(number, slot)| Some((number.saturating_mul(width), *slot?)))
    }

    /// The width of a slice in seconds.
    pub(super) fn width(&self) -> i64 {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Start, requests, failures, quantiles of the whole and of the first detail.
    type Seen = Vec<(i64, u64, u64, Option<u64>, Vec<u64>, Vec<u64>)>;

    fn of(samples: &[(i64, u64)]) -> Timeline {
        let mut all = Timeline::default();
        for (time, latency) in samples {
            let ok = Some(latency % 3 > 0);
            let detail = (latency % 2 == 0).then_some(0);
            all.record(*time, Some(*latency), ok, Some(*latency), detail);
        }
        all
    }

    fn seen(timeline: Timeline) -> Seen {
        timeline
            .into_slots()
            .map(|(start, slot)| {
                let all = slot.all.latency.whole(Coarse::merge).unwrap().table();
                let detail = slot.details.into_iter().next().flatten();
                let detail = detail.and_then(|cell| cell.latency.whole(Coarse::merge));
                (
                    start,
                    slot.all.requests,
                    slot.all.failures,
                    slot.users,
                    all.quantiles(&[50_000, 99_000]),
                    detail.map_or(Vec::new(), |d| d.table().quantiles(&[50_000])),
                )
            })
            .collect()
    }

    fn samples() -> impl Strategy<Value = Vec<(i64, u64)>> {
        let near = 1_700_000_000_000_000_000_i64;
        let time = prop_oneof![
            (0..3_000_000_000_000_i64).prop_map(move |ns| near + ns),
            (0..90_000_000_000_000_i64).prop_map(move |ns| near + ns),
            (-5_000_000_000_000_i64..5_000_000_000_000),
        ];
        prop::collection::vec((time, 0..5_000_000_000_u64), 0..60)
    }

    proptest! {
        #[test]
        fn slices_depend_on_the_samples_and_not_on_their_order(a in samples(), b in samples()) {
            let whole = of(&[a.clone(), b.clone()].concat());
            let width = whole.width();
            let whole = seen(whole);
            for (one, two) in [(&a, &b), (&b, &a)] {
                let mut joined = of(one);
                joined.merge(of(two), Some);
                if !(a.is_empty() && b.is_empty()) {
                    prop_assert_eq!(joined.width(), width);
                }
                prop_assert_eq!(&seen(joined), &whole);
            }
            // The width is the smallest that gives few enough slices.
            let times: Vec<i64> = a.iter().chain(&b).map(|sample| sample.0).collect();
            if let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) {
                let slices = |w: i64| last.div_euclid(w * SECOND) - first.div_euclid(w * SECOND) + 1;
                prop_assert!(slices(width) <= 300);
                prop_assert!(width == 1 || slices(width / 2) > 300);
            }
        }
    }

    #[test]
    fn gaps_stay_gaps() {
        let all = of(&[(0, 5), (10 * SECOND, 5)]);
        let starts: Vec<i64> = all.into_slots().map(|(start, _)| start).collect();
        assert_eq!(starts, [0, 10 * SECOND]);
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        let all = of(&[(i64::MIN, 5), (i64::MAX, 5), (0, 5)]);
        assert!(seen(all).iter().map(|slice| slice.1).sum::<u64>() == 3);
    }
}
