//! Between which values a quantile of several sets together lies, when each set is known by a few of its quantiles only.
//!
//! Every sample lies between two edges of its own. Then the k-th smallest of all samples lies between the k-th smallest
//! lower edge and the k-th smallest upper edge: the k samples with the smallest upper edges are none above the k-th of
//! them, so at least k samples are not; the same downwards. Both ends are reached when all samples sit on one of their
//! edges, so nothing narrower follows. For one level it is never wider than from the smallest to the largest quantile
//! of the sets. The edges of a union are those of its parts, whatever the order and however they were put together.
//!
//! A quantile of nearest rank is the sample of that rank. One of another definition lies between the samples of the ranks
//! before and after: R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50
//! (1996). It takes no mean of quantiles and assumes no distribution.

/// One thing that is known of a set: the sample of rank `first` is at most `upper`, that of rank `last` at least `lower`.
/// Ranks count from 1; a rank outside the set says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// Rank of a sample that is not above `upper`.
    pub first: u64,
    /// Rank of a sample that is not below `lower`.
    pub last: u64,
    /// Lower edge.
    pub lower: f64,
    /// Upper edge.
    pub upper: f64,
}

/// The edges of the samples of a set, lower and upper ones apart, each with how many samples have it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edges {
    lower: Vec<(f64, u64)>,
    upper: Vec<(f64, u64)>,
}

impl Edges {
    /// The edges that follow from quantiles. No sample lies outside `floor` and `ceiling`, which may be infinite. `None`
    /// when what is known contradicts itself.
    ///
    /// ```
    /// use knee::stats::union::{Edges, Known};
    /// // The 9th of 10 samples is 40.
    /// let p90 = |value| Known { first: 9, last: 9, lower: value, upper: value };
    /// let mut both = Edges::of_quantiles(10, 1.0, 50.0, &[p90(40.0)]).unwrap();
    /// both.add(&Edges::of_quantiles(10, 2.0, 9.0, &[p90(8.0)]).unwrap());
    /// // The two largest are 40 or more, and only one of all 20 can be above 40.
    /// assert_eq!(both.at(18), Some((8.0, 40.0)));
    /// assert_eq!(both.at(19), Some((40.0, 40.0)));
    /// ```
    pub fn of_quantiles(count: u64, floor: f64, ceiling: f64, known: &[Known]) -> Option<Edges> {
        let holds = |rank: u64| (1..=count).contains(&rank);
        let mut above: Vec<&Known> = known.iter().filter(|one| holds(one.first)).collect();
        above.sort_by_key(|one| one.first);
        let mut upper = vec![(
            ceiling,
            above.last().map_or(count, |last| count - last.first),
        )];
        let mut least = ceiling;
        for (place, one) in above.iter().enumerate().rev() {
            // A sample is not above what a later one is not above.
            least = least.min(one.upper);
            let before = match place.checked_sub(1).and_then(|place| above.get(place)) {
                Some(before) => before.first,
                None => 0,
            };
            upper.push((least, one.first - before));
        }
        let mut below: Vec<&Known> = known.iter().filter(|one| holds(one.last)).collect();
        below.sort_by_key(|one| one.last);
        let mut lower = vec![(floor, below.first().map_or(count, |first| first.last - 1))];
        let mut most = floor;
        for (place, one) in below.iter().enumerate() {
            most = most.max(one.lower);
            let next = below
                .get(place + 1)
                .map_or(count.saturating_add(1), |next| next.last);
            lower.push((most, next - one.last));
        }
        let edges = Edges { lower, upper }.sorted();
        edges.is_possible().then_some(edges)
    }

    /// The edges of samples in buckets: lower edge, upper edge, samples.
    pub fn of_buckets(buckets: impl Iterator<Item = (f64, f64, u64)>) -> Edges {
        let mut edges = Edges::default();
        for (lower, upper, count) in buckets {
            edges.lower.push((lower, count));
            edges.upper.push((upper, count));
        }
        edges.sorted()
    }

    /// Adds the samples of another set.
    pub fn add(&mut self, other: &Edges) {
        self.lower.extend(&other.lower);
        self.upper.extend(&other.upper);
        *self = std::mem::take(self).sorted();
    }

    /// Between what the sample of a rank lies, counted from 1; `None` when there is none of that rank.
    pub fn at(&self, rank: u64) -> Option<(f64, f64)> {
        Some((at(&self.lower, rank)?, at(&self.upper, rank)?))
    }

    /// How many samples are at most so large: so many certainly, and no more than so many.
    pub fn up_to(&self, value: f64) -> (u64, u64) {
        let count = |edges: &[(f64, u64)]| {
            let within = edges.iter().take_while(|(edge, _)| *edge <= value);
            within.fold(0, |sum: u64, (_, count)| sum.saturating_add(*count))
        };
        (count(&self.upper), count(&self.lower))
    }

    fn sorted(mut self) -> Edges {
        for edges in [&mut self.lower, &mut self.upper] {
            edges.retain(|(_, count)| *count > 0);
            edges.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        self
    }

    /// Whether no sample has its lower edge above its upper one.
    fn is_possible(&self) -> bool {
        let mut rank = 0_u64;
        self.lower.iter().all(|(lower, count)| {
            let fits = at(&self.upper, rank + 1).is_none_or(|upper| *lower <= upper);
            rank = rank.saturating_add(*count);
            fits
        })
    }
}

fn at(edges: &[(f64, u64)], rank: u64) -> Option<f64> {
    let mut below = 0_u64;
    let mut edges = edges.iter();
    let found = edges.find(|(_, count)| {
        below = below.saturating_add(*count);
        below >= rank
    })?;
    (rank > 0).then_some(found.0)
}

#[cfg(test)]
#[expect(clippy::disallowed_macros, reason = "proptest formats its messages")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Per cent.
    const LEVELS: [u64; 5] = [50, 75, 90, 95, 99];

    fn rank_of(count: usize, level: u64) -> u64 {
        (count as u64 * level).div_ceil(100)
    }

    fn sorted(samples: &[u32]) -> Vec<f64> {
        let mut values: Vec<f64> = samples.iter().map(|v| f64::from(*v)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn sample(values: &[f64], rank: u64) -> f64 {
        values[usize::try_from(rank).unwrap() - 1]
    }

    /// What a summary of nearest ranks says of samples.
    fn nearest(values: &[f64]) -> Edges {
        let known: Vec<Known> = LEVELS
            .iter()
            .map(|level| {
                let rank = rank_of(values.len(), *level);
                let value = sample(values, rank);
                Known {
                    first: rank,
                    last: rank,
                    lower: value,
                    upper: value,
                }
            })
            .collect();
        let (floor, ceiling) = (values[0], values[values.len() - 1]);
        Edges::of_quantiles(values.len() as u64, floor, ceiling, &known).unwrap()
    }

    /// What a summary of linear interpolation (type 7) says of them.
    fn interpolated(values: &[f64]) -> Edges {
        let known: Vec<Known> = LEVELS
            .iter()
            .map(|level| {
                let place = (values.len() as u64 - 1) * level;
                let low = sample(values, place / 100 + 1);
                let high = sample(values, place.div_ceil(100) + 1);
                let value = low + (place % 100) as f64 / 100.0 * (high - low);
                let rank = rank_of(values.len(), *level);
                Known {
                    first: rank - 1,
                    last: rank + 1,
                    lower: value,
                    upper: value,
                }
            })
            .collect();
        let (floor, ceiling) = (values[0], values[values.len() - 1]);
        Edges::of_quantiles(values.len() as u64, floor, ceiling, &known).unwrap()
    }

    fn parts() -> impl Strategy<Value = Vec<Vec<u32>>> {
        let samples = prop_oneof![
            prop::collection::vec(0..400_u32, 1..60),
            prop::collection::vec(200..230_u32, 1..200),
        ];
        prop::collection::vec(samples, 1..5)
    }

    proptest! {
        #[test]
        fn every_quantile_of_the_union_lies_between_its_bounds(parts in parts()) {
            let all = sorted(&parts.concat());
            for summary in [nearest, interpolated] {
                let mut edges = Edges::default();
                for part in &parts {
                    edges.add(&summary(&sorted(part)));
                }
                for rank in 1..=all.len() as u64 {
                    let (lower, upper) = edges.at(rank).unwrap();
                    let truth = sample(&all, rank);
                    prop_assert!(lower <= truth && truth <= upper, "{} not in {} to {}", truth, lower, upper);
                }
                prop_assert_eq!(edges.at(all.len() as u64 + 1), None);
                prop_assert_eq!(edges.at(0), None);
            }
        }

        #[test]
        fn bounds_are_not_wider_than_the_quantiles_of_the_parts(parts in parts()) {
            let mut edges = Edges::default();
            for part in &parts {
                edges.add(&nearest(&sorted(part)));
            }
            let count = parts.iter().map(Vec::len).sum();
            for level in LEVELS {
                let own: Vec<f64> = parts
                    .iter()
                    .map(|part| sample(&sorted(part), rank_of(part.len(), level)))
                    .collect();
                let (lower, upper) = edges.at(rank_of(count, level)).unwrap();
                prop_assert!(lower >= own.iter().copied().fold(f64::INFINITY, f64::min));
                prop_assert!(upper <= own.iter().copied().fold(0.0, f64::max));
            }
        }

        #[test]
        fn the_order_and_the_grouping_of_parts_leave_no_trace(a in parts(), b in parts()) {
            let of = |parts: &[Vec<u32>]| {
                let mut edges = Edges::default();
                for part in parts {
                    edges.add(&nearest(&sorted(part)));
                }
                edges
            };
            let (mut ab, mut ba) = (of(&a), of(&b));
            ab.add(&of(&b));
            ba.add(&of(&a));
            let count = [a, b].concat().iter().map(Vec::len).sum::<usize>() as u64;
            for rank in 1..=count {
                prop_assert_eq!(ab.at(rank), ba.at(rank));
            }
        }
    }

    #[test]
    fn buckets_bound_their_samples() {
        let edges = Edges::of_buckets([(0.0, 1.0, 2), (1.0, 4.0, 3)].into_iter());
        assert_eq!(edges.at(2), Some((0.0, 1.0)));
        assert_eq!(edges.at(3), Some((1.0, 4.0)));
        assert_eq!(edges.at(6), None);
    }

    #[test]
    fn figures_that_contradict_one_another_bound_nothing() {
        let at = |rank, value| Known {
            first: rank,
            last: rank,
            lower: value,
            upper: value,
        };
        assert_eq!(
            Edges::of_quantiles(10, 0.0, 100.0, &[at(5, 60.0), at(9, 50.0)]),
            None
        );
        assert_eq!(Edges::of_quantiles(10, 0.0, 40.0, &[at(5, 60.0)]), None);
        let open = Edges::of_quantiles(10, 0.0, f64::INFINITY, &[at(5, 60.0)]).unwrap();
        assert_eq!(open.at(5), Some((60.0, 60.0)));
        assert_eq!(open.at(6), Some((60.0, f64::INFINITY)));
    }
}
