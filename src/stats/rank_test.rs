//! Whether one group of runs lies above another, by ranks alone: Mann and Whitney's U.
//!
//! U = pairs of a new and a base value whose new one is larger, ties as half. Without ties every choice of places for the new
//! values is as likely as any other where nothing differs; the choices with each U are counted, place by place:
//! a value at place r of all, the c-th of the new ones, lies above r - c of the base. With ties, or beyond 2 500 pairs,
//! z = (U - n m / 2 - 1/2) / sd, downwards mirrored, with sd^2 = n m / 12 (N + 1 - sum (t^3 - t) / (N (N - 1))), N = n + m, over groups of t equal
//! values. H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is stochastically larger than the
//! other", 1947.
//!
//! Limits: it sees order, not size. Three runs a side cannot come below 1/20, five not below 1/252. It is for values per
//! run: of pooled requests it proves any change at all. The normal form is 3 % off where p is 1 % of 2 500 pairs, and
//! rough with ties and few values.
//! Note: the exact method of `statrs` 0.19 is not used; for five runs a side that overlap in two pairs it answers 1 for 0.0317.

use crate::stats::student::Reference;

/// Up to so many pairs the choices are counted: at most some twelve million additions.
const EXACT_UP_TO: usize = 2500;

/// How the chances were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankMethod {
    /// From the distribution of U itself.
    Exact,
    /// By the normal approximation, corrected for ties and continuity.
    Normal,
}

/// The answer of the test of Mann and Whitney.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitney {
    /// Values of the base.
    pub base: usize,
    /// Values of the new side.
    pub new: usize,
    /// Pairs whose new value is larger, ties as half.
    pub u: f64,
    /// Chance of so large a U where nothing differs.
    pub p_up: f64,
    /// Chance of so small a U.
    pub p_down: f64,
    /// Chance of a U so far off on either side.
    pub p_both: f64,
    /// How these were found.
    pub method: RankMethod,
}

impl MannWhitney {
    /// The chance that a new value lies above one of the base, ties as half: 1/2 where nothing differs.
    pub fn superiority(self) -> f64 {
        self.u / (self.base as f64 * self.new as f64)
    }
}

/// Tests whether the new values lie above or below those of the base. `None` without values on a side, or with one that is no
/// finite number.
///
/// ```
/// use knee::stats::rank_test::mann_whitney;
/// let found = mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
/// assert_eq!((found.u, found.superiority()), (9.0, 1.0));
/// assert!((found.p_up - 1.0 / 20.0).abs() < 1e-12 && (found.p_both - 0.1).abs() < 1e-12);
/// ```
pub fn mann_whitney(base: &[f64], new: &[f64]) -> Option<MannWhitney> {
    let (n, m) = (base.len(), new.len());
    let all = base.iter().map(|value| (*value, false));
    // Zero and minus zero are equal, but not in the total order.
    let mut all: Vec<(f64, bool)> = all
        .chain(new.iter().map(|value| (*value, true)))
        .map(|(value, is_new)| (value + 0.0, is_new))
        .collect();
    if n == 0 || m == 0 || !all.iter().all(|(value, _)| value.is_finite()) {
        return None;
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Twice U, so that ties stay whole; values of the base so far; sum of t^3 - t.
    let (mut twice, mut below, mut ties) = (0_u64, 0_u64, 0.0);
    for group in all.chunk_by(|a, b| a.0 >= b.0) {
        let of_new = group.iter().filter(|(_, is_new)| *is_new).count() as u64;
        let of_base = group.len() as u64 - of_new;
        twice += of_new * (2 * below + of_base);
        below += of_base;
        let t = group.len() as f64;
        ties += t * t * t - t;
    }
    let u = twice as f64 / 2.0;
    let pairs = n.checked_mul(m).filter(|pairs| *pairs <= EXACT_UP_TO);
    let ((p_up, p_down), method) = match pairs {
        Some(_) if ties <= 0.0 => (exact(n, m, twice / 2), RankMethod::Exact),
        _ => (normal(n as f64, m as f64, u, ties), RankMethod::Normal),
    };
    Some(MannWhitney {
        base: n,
        new: m,
        u,
        p_up,
        p_down,
        p_both: (2.0 * p_up.min(p_down)).min(1.0),
        method,
    })
}

/// P(U >= u) and P(U <= u) without ties.
fn exact(base: usize, new: usize, u: u64) -> (f64, f64) {
    // ways[c][u]: choices of c places so far that lie above u of the base.
    let mut ways = vec![vec![0.0_f64; base * new + 1]; new + 1];
    if let Some(none) = ways.first_mut().and_then(|ways| ways.first_mut()) {
        *none = 1.0;
    }
    for place in 1..=base + new {
        // From the top, so that a place is not chosen twice.
        for chosen in (1..=new.min(place)).rev() {
            let above = place - chosen;
            if above > base {
                continue;
            }
            let (fewer, more) = ways.split_at_mut(chosen);
            if let (Some(from), Some(to)) = (fewer.last(), more.first_mut()) {
                let moved = to.iter_mut().skip(above);
                for (sum, count) in moved.zip(from) {
                    *sum += count;
                }
            }
        }
    }
    let ways = ways.pop().unwrap_or_default();
    let all: f64 = ways.iter().sum();
    let u = usize::try_from(u).unwrap_or(usize::MAX);
    // The smallest first: no digits are lost.
    let up: f64 = ways.iter().skip(u).rev().sum();
    let down: f64 = ways.iter().take(u.saturating_add(1)).sum();
    ((up / all).min(1.0), (down / all).min(1.0))
}

/// The same by the normal distribution, corrected for ties and continuity.
fn normal(base: f64, new: f64, u: f64, ties: f64) -> (f64, f64) {
    let all = base + new;
    let variance = base * new / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return (1.0, 1.0);
    }
    let off = u - base * new / 2.0;
    let chance = |off: f64| Reference::Normal.tail((off - 0.5) / variance.sqrt());
    (chance(off), chance(-off))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Base, new, U, chances up, down and on both sides.
    type Case<'a> = (&'a [f64], &'a [f64], f64, [f64; 3]);

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-9 * expected.abs()
    }

    fn steps(count: u32, width: f64, from: f64) -> Vec<f64> {
        (0..count).map(|i| f64::from(i) * width + from).collect()
    }

    fn cycle(factor: u32, modulus: u32, count: u32, from: f64) -> Vec<f64> {
        let values = (0..count).map(|i| f64::from(i * factor % modulus) / 10.0 + from);
        values.collect()
    }

    #[test]
    fn chances_without_ties_are_those_of_scipy() {
        // scipy 1.17.1, mannwhitneyu(new, base, method="exact"): U, greater, less, two-sided.
        let base = [12.1, 11.8, 12.6, 12.0, 13.1];
        let new = [13.0, 13.9, 12.9, 14.2, 13.5];
        let many = [1.5, 2.5, 3.5, 10.5, 11.5, 12.5, 0.5, 20.5];
        let ten = steps(10, 1.0, 1.0);
        let (low, high) = (steps(50, 2.0, 0.0), steps(50, 2.0, 10.5));
        #[rustfmt::skip]
        let cases: [Case; 4] = [
            (&base, &new, 23.0, [0.015_873_015_873_015_872, 0.992_063_492_063_492_1, 0.031_746_031_746_031_744]),
            (&[5.5], &ten, 5.0, [0.545_454_545_454_545_5, 0.545_454_545_454_545_5, 1.0]),
            (&many, &[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 30.0], 37.0, [0.481_283_422_459_893_1, 0.555_820_649_938_296_9, 0.962_566_844_919_787_2]),
            (&low, &high, 1510.0, [0.036_767_605_312_848_145, 0.963_789_198_267_507, 0.073_535_210_625_696_29]),
        ];
        for (base, new, u, [up, down, both]) in cases {
            let found = mann_whitney(base, new).unwrap();
            assert_eq!((found.method, found.u), (RankMethod::Exact, u));
            assert!(near(found.p_up, up), "{found:?}");
            assert!(near(found.p_down, down), "{found:?}");
            assert!(near(found.p_both, both), "{found:?}");
        }
    }

    #[test]
    fn every_order_of_four_and_three_is_counted() {
        // All 35 choices of three places of seven, U by its definition.
        let mut us = Vec::new();
        for choice in 0..128_u32 {
            if choice.count_ones() == 3 {
                let place = |chosen: bool| {
                    let all = (0..7_u32).filter(move |i| (choice >> i & 1 == 1) == chosen);
                    all.map(f64::from).collect::<Vec<_>>()
                };
                let (base, new) = (place(false), place(true));
                let u: usize = new
                    .iter()
                    .map(|a| base.iter().filter(|b| a > b).count())
                    .sum();
                us.push((u, mann_whitney(&base, &new).unwrap()));
            }
        }
        assert_eq!(us.len(), 35);
        for (u, found) in &us {
            let share = |is: &dyn Fn(usize) -> bool| {
                us.iter().filter(|(other, _)| is(*other)).count() as f64 / 35.0
            };
            assert!(near(found.u, *u as f64));
            assert!(near(found.p_up, share(&|other| other >= *u)), "{found:?}");
            assert!(near(found.p_down, share(&|other| other <= *u)), "{found:?}");
        }
    }

    #[test]
    fn chances_with_ties_or_many_values_are_those_of_scipy() {
        // scipy 1.17.1, mannwhitneyu(new, base, method="asymptotic"): U, greater, less, two-sided.
        let (far, beyond) = (steps(60, 10.0, 0.0), steps(60, 10.0, 200.5));
        let tied = (cycle(7919, 1009, 200, 0.0), cycle(104_729, 1013, 150, 5.0));
        #[rustfmt::skip]
        let cases: [Case; 5] = [
            (&[1.0, 2.0, 2.0, 3.0, 4.0], &[2.0, 3.0, 4.0, 4.0, 5.0], 19.5, [0.081_293_425_363_177_46, 0.946_438_300_373_079_9, 0.162_586_850_726_354_93]),
            (&[100.0, 102.0, 99.0, 101.0, 98.0, 100.0, 103.0], &[101.0, 103.0, 104.0, 102.0, 103.0], 30.0, [0.024_242_605_486_461_743, 0.983_721_940_664_299_1, 0.048_485_210_972_923_486]),
            (&[1.0, 1.0, 2.0], &[1.0, 2.0, 2.0], 6.0, [0.309_628_377_088_431_05, 0.839_841_822_253_965_9, 0.619_256_754_176_862_1]),
            (&tied.0, &tied.1, 16_109.5, [0.118_229_646_813_444_5, 0.881_981_538_532_232, 0.236_459_293_626_889]),
            (&far, &beyond, 2820.0, [4.373_783_861_446_749e-8, 0.999_999_957_513_224_9, 8.747_567_722_893_498e-8]),
        ];
        for (base, new, u, [up, down, both]) in cases {
            let found = mann_whitney(base, new).unwrap();
            assert_eq!((found.method, found.u), (RankMethod::Normal, u));
            assert!(near(found.p_up, up), "{found:?}");
            assert!(near(found.p_down, down), "{found:?}");
            assert!(near(found.p_both, both), "{found:?}");
        }
    }

    #[test]
    fn equal_values_prove_nothing() {
        let found = mann_whitney(&[1.0; 3], &[1.0; 4]).unwrap();
        assert_eq!((found.u, found.superiority()), (6.0, 0.5));
        assert_eq!((found.p_up, found.p_down, found.p_both), (1.0, 1.0, 1.0));
        let zeros = mann_whitney(&[0.0], &[-0.0]).unwrap();
        assert_eq!((zeros.u, zeros.p_up), (0.5, 1.0));
    }

    #[test]
    fn the_exact_and_the_normal_form_meet_at_the_limit() {
        let (base, new) = (steps(50, 2.0, 0.0), steps(50, 2.0, 15.5));
        let found = mann_whitney(&base, &new).unwrap();
        let (up, _) = normal(50.0, 50.0, found.u, 0.0);
        assert_eq!(found.method, RankMethod::Exact);
        assert!((found.p_up / up - 1.0).abs() < 0.04, "{found:?} {up}");
    }

    #[test]
    fn what_has_no_rank_is_not_tested() {
        assert_eq!(mann_whitney(&[], &[1.0]), None);
        assert_eq!(mann_whitney(&[1.0], &[]), None);
        assert_eq!(mann_whitney(&[1.0], &[f64::NAN]), None);
    }

    fn side() -> impl Strategy<Value = Vec<f64>> {
        let value = (0..60_u8).prop_map(f64::from);
        proptest::collection::vec(value, 1..12)
    }

    proptest! {
        #[test]
        fn exchanged_sides_give_the_mirrored_answer(base in side(), new in side()) {
            let found = mann_whitney(&base, &new).unwrap();
            let mirrored = mann_whitney(&new, &base).unwrap();
            assert!((found.u + mirrored.u - (base.len() * new.len()) as f64).abs() < 1e-12);
            assert!((found.p_up - mirrored.p_down).abs() < 1e-12);
            assert!((found.p_both - mirrored.p_both).abs() < 1e-12);
            for p in [found.p_up, found.p_down, found.p_both] {
                assert!((0.0..=1.0).contains(&p));
            }
        }

        #[test]
        fn values_moved_up_are_less_likely(base in side(), new in side(), by in 0..40_u8) {
            // By halves: no ties between the sides; those inside a side stay as they are.
            let moved: Vec<f64> = new.iter().map(|value| value + f64::from(by) + 0.5).collect();
            let new: Vec<f64> = new.iter().map(|value| value + 0.5).collect();
            let before = mann_whitney(&base, &new).unwrap();
            let after = mann_whitney(&base, &moved).unwrap();
            assert!(after.u >= before.u && after.p_up <= before.p_up);
        }
    }
}
