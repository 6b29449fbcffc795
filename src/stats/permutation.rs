//! Two groups of values dealt out again: how often chance alone sets them as far apart.
//!
//! Where nothing differs, and the order in which the sides were measured says nothing, every way to deal the values into groups of
//! the same sizes is as likely as the one that was seen. p = share of the ways whose statistic is at least as large; the one that
//! was seen is among them, so that p is never 0. Up to 14 values all ways are taken (3 432 for 7 against 7), beyond that 4 000
//! drawn with a fixed seed. R. A. Fisher, "The Design of Experiments" (1935), section 21.
//!
//! Limits: it holds for any spread of values, of any shape, but only where the sides could have changed places: not for a side
//! measured on Monday against one of Tuesday. Three against three cannot come below 1/20, five against five not below 1/252.

/// Up to so many values all ways are taken.
const ALL_UP_TO: usize = 14;
/// Ways that are drawn beyond that.
const DRAWN: u32 = 4_000;
/// Two statistics this close are the same: sums in another order differ in the last digits.
const SLACK: f64 = 1e-12;

/// Chances of the statistic that was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dealt {
    /// Share of the ways with a statistic as large or larger.
    pub p_up: f64,
    /// As small or smaller.
    pub p_down: f64,
    /// Ways that were looked at.
    pub ways: u32,
    /// Whether these are all there are.
    pub exact: bool,
}

/// Deals the values of both groups out in every way, or in many. `None` without values on a side, where the statistic is no
/// finite number, and as soon as both chances are known to be above `limit`.
///
/// ```
/// use knee::stats::permutation::deal;
/// let difference = |base: &[f64], new: &[f64]| {
///     new.iter().sum::<f64>() / new.len() as f64 - base.iter().sum::<f64>() / base.len() as f64
/// };
/// let found = deal(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], 1.0, difference).unwrap();
/// assert_eq!((found.ways, found.p_up, found.p_down), (20, 0.05, 1.0));
/// assert!(deal(&[], &[1.0], 1.0, difference).is_none());
/// assert!(deal(&[1.0, 6.0, 3.0], &[4.0, 2.0, 5.0], 0.05, difference).is_none());
/// ```
pub fn deal(
    base: &[f64],
    new: &[f64],
    limit: f64,
    statistic: impl Fn(&[f64], &[f64]) -> f64,
) -> Option<Dealt> {
    if base.is_empty() || new.is_empty() {
        return None;
    }
    let seen = statistic(base, new);
    if !seen.is_finite() {
        return None;
    }
    let all: Vec<f64> = base.iter().chain(new).copied().collect();
    let mut count = Count::default();
    let exact = all.len() <= ALL_UP_TO;
    let ways = if exact {
        choices(all.len(), new.len())
    } else {
        DRAWN
    };
    let most = limit * f64::from(ways);
    let is_over = |count: &Count| f64::from(count.up.min(count.down)) > most;
    if exact {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for mask in 0..1_u32 << all.len() {
            if mask.count_ones() as usize == new.len() {
                left.clear();
                right.clear();
                for (place, value) in all.iter().enumerate() {
                    let side = if mask >> place & 1 == 1 {
                        &mut right
                    } else {
                        &mut left
                    };
                    side.push(*value);
                }
                count.add(statistic(&left, &right), seen);
                if is_over(&count) {
                    return None;
                }
            }
        }
    } else {
        count.add(seen, seen);
        let mut shuffled = all;
        let mut seed = Seed(0);
        while count.ways < DRAWN {
            seed.shuffle(&mut shuffled);
            let (left, right) = shuffled.split_at(base.len());
            count.add(statistic(left, right), seen);
            if is_over(&count) {
                return None;
            }
        }
    }
    let share = |ways: u32| f64::from(ways) / f64::from(count.ways);
    Some(Dealt {
        p_up: share(count.up),
        p_down: share(count.down),
        ways: count.ways,
        exact,
    })
}

/// How many ways there are to choose some of a few values.
fn choices(of: usize, some: usize) -> u32 {
    (0..1_u32 << of)
        .filter(|mask| mask.count_ones() as usize == some)
        .fold(0, |ways, _| ways + 1)
}

#[derive(Default)]
struct Count {
    ways: u32,
    up: u32,
    down: u32,
}

impl Count {
    fn add(&mut self, of_way: f64, seen: f64) {
        let slack = SLACK * seen.abs().max(1.0);
        self.ways += 1;
        // What cannot be compared counts against a finding in both directions.
        let (below, above) = (of_way < seen - slack, of_way > seen + slack);
        self.up += u32::from(!below);
        self.down += u32::from(!above);
    }
}

/// The same draws on every machine: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators" (2014).
struct Seed(u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Fisher and Yates.
    fn shuffle(&mut self, values: &mut [f64]) {
        for place in (1..values.len()).rev() {
            // The modulo favours no place by more than the length over 2^64.
            let other = self.next() % (place as u64 + 1);
            values.swap(place, usize::try_from(other).unwrap_or(place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn difference(base: &[f64], new: &[f64]) -> f64 {
        mean(new) - mean(base)
    }

    #[test]
    fn the_chances_are_those_of_scipy() {
        // scipy 1.17.1 stats.permutation_test(permutation_type="independent", n_resamples=inf, alternative="greater" / "less").
        let base = [12.1, 9.8, 11.4, 10.6, 10.9];
        let new = [11.9, 13.2, 12.8, 11.0, 14.1];
        let found = deal(&base, &new, 1.0, difference).unwrap();
        assert_eq!((found.ways, found.exact), (252, true));
        assert!((found.p_up - 6.0 / 252.0).abs() < 1e-12, "{}", found.p_up);
        assert!(
            (found.p_down - 247.0 / 252.0).abs() < 1e-12,
            "{}",
            found.p_down
        );
    }

    #[test]
    fn equal_values_show_nothing_in_either_direction() {
        let found = deal(&[1.0; 5], &[1.0; 5], 1.0, difference).unwrap();
        assert_eq!((found.p_up, found.p_down), (1.0, 1.0));
    }

    #[test]
    fn many_values_are_drawn_the_same_each_time_and_near_the_exact_chance() {
        // Of all 12 870 ways 3 170 lie as far apart or further, counted with Python's itertools.combinations.
        let exact = 3_170.0 / 12_870.0;
        let base: Vec<f64> = (0..8).map(|k| f64::from(k * 37 % 11)).collect();
        let new: Vec<f64> = (0..8).map(|k| f64::from(k * 53 % 13) + 2.0).collect();
        let found = deal(&base, &new, 1.0, difference).unwrap();
        assert_eq!((found.ways, found.exact), (DRAWN, false));
        let error = (exact * (1.0 - exact) / f64::from(DRAWN)).sqrt();
        assert!((found.p_up - exact).abs() < 4.0 * error, "{}", found.p_up);
        assert_eq!(deal(&base, &new, 1.0, difference), Some(found));
    }

    #[test]
    fn a_statistic_that_is_no_number_finds_nothing() {
        assert_eq!(deal(&[1.0], &[2.0], 1.0, |_, _| f64::NAN), None);
        let odd = deal(&[1.0, 2.0], &[3.0, 4.0], 1.0, |base, new| {
            if base == [1.0, 2.0] {
                difference(base, new)
            } else {
                f64::NAN
            }
        });
        assert_eq!(odd.map(|dealt| dealt.p_up), Some(1.0));
    }
}
