//! Whether events come ever faster or ever slower: the score test of a rate that changes with time, from counts.
//!
//! ```text
//! z = sum t_i (n_i - e_i) / sqrt(sum e_i (t_i - T)^2)      e_i = N l_i / sum l,   T = sum t_i l_i / sum l
//! ```
//!
//! with N events in all, `n_i` of them in a stretch of length `l_i` with its middle at `t_i`. Of events that come at a constant
//! rate (Poisson) the counts are multinomial when their sum is given, and the root is exactly the standard deviation of the
//! moment above it. It is the score of a rate that is log-linear in time, and with ever shorter stretches the test of
//! Laplace (D. R. Cox and P. A. W. Lewis, "The Statistical Analysis of Series of Events", 1966, 3.3); of counts in classes
//! it is the trend of P. Armitage, "Tests for linear trends in proportions and frequencies", 1955. It sees a trend in a
//! handful of stretches, where no order of ranks is rare enough.
//!
//! The chances are those of the normal curve, by a moment that is less extreme by half the least distance between two
//! middles, because counts of equal stretches move in such steps. So, at a constant rate, no more than 1 in 100 series of 2, 3,
//! 4, 10 or 60 equal stretches have a chance below 0.01, whatever the number of their events from 2 to 1,200 (computed without
//! chance; without the half step up to 1.95, 1.26, 1.21, 1.05 and 1.00 in 100).
//!
//! Limits: events that come more evenly than chance (a generator with a fixed distance) show a trend later than they could,
//! events in bursts show one that is none. A rate that rises and falls again has no trend.

/// Events in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its start.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// Events.
    pub count: u64,
}

/// The answer of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateTrend {
    /// Events.
    pub n: u64,
    /// Standard score without the half step: above zero when the rate rises.
    pub z: f64,
    /// Chance of so high a score at a constant rate.
    pub rising: f64,
    /// Chance of so low a score at a constant rate.
    pub falling: f64,
    /// The rate of the second half of the time over that of the first, on the straight line through the mean whose moment
    /// is that of the events; infinite or negative where that line begins or ends below zero.
    pub halves: f64,
}

/// The test over stretches of time; `None` without events, with fewer than two stretches, or with one of no length.
///
/// ```
/// use knee::stats::rate_trend::{Stretch, rate_trend};
/// let stretch = |from: f64, count| Stretch { from, to: from + 1.0, count };
/// // 10 and 20 events: (20 - 10) / sqrt(30) of two Poisson counts.
/// let found = rate_trend(&[stretch(0.0, 10), stretch(1.0, 20)]).unwrap();
/// assert!((found.z - 10.0 / 30.0_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn rate_trend(stretches: &[Stretch]) -> Option<RateTrend> {
    let n = stretches
        .iter()
        .try_fold(0_u64, |sum, stretch| sum.checked_add(stretch.count))?;
    let events = n as f64;
    let length_of = |stretch: &Stretch| stretch.to - stretch.from;
    let middle_of = |stretch: &Stretch| f64::midpoint(stretch.from, stretch.to);
    if n == 0 || stretches.len() < 2 || !stretches.iter().all(|one| length_of(one) > 0.0) {
        return None;
    }
    let length: f64 = stretches.iter().map(length_of).sum();
    let times = stretches.iter().map(|one| middle_of(one) * length_of(one));
    let center = times.sum::<f64>() / length;
    let squares = stretches
        .iter()
        .map(|one| (middle_of(one) - center).powi(2) * length_of(one));
    let variance = squares.sum::<f64>() / length;
    // The expected counts have no moment about the center.
    let moments = stretches
        .iter()
        .map(|one| one.count as f64 * (middle_of(one) - center));
    let moment: f64 = moments.sum();
    let deviation = (events * variance).sqrt();
    let z = moment / deviation;
    let mut middles: Vec<f64> = stretches.iter().map(middle_of).collect();
    middles.sort_by(f64::total_cmp);
    let distances = middles.windows(2).map(|pair| match pair {
        [before, after] => after - before,
        _ => 0.0,
    });
    let step = distances.fold(f64::INFINITY, f64::min) / 2.0;
    // The middles of the halves are a quarter of the time away from the center.
    let quarter = moment / (events * variance) * length / 4.0;
    let beyond = |z: f64| statrs::function::erf::erfc(z / std::f64::consts::SQRT_2) / 2.0;
    (z.is_finite() && quarter.is_finite()).then(|| RateTrend {
        n,
        z,
        rising: beyond((moment - step) / deviation),
        falling: beyond((-moment - step) / deviation),
        halves: (1.0 + quarter) / (1.0 - quarter),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stretches between these instants with these counts.
    fn between(instants: &[f64], counts: &[u64]) -> Vec<Stretch> {
        let pairs = instants.windows(2).zip(counts);
        pairs
            .map(|(pair, count)| Stretch {
                from: pair[0],
                to: pair[1],
                count: *count,
            })
            .collect()
    }

    #[test]
    fn stretches_of_a_tenth_of_an_hour_give_the_published_test_of_laplace() {
        // ReliaSoft, "Reliability Growth and Repairable System Analysis Reference", appendix B: the ages at the failures of
        // system 1, observed for 2,000 hours; U = -2.6121.
        let ages = [1.2, 55.6, 72.7, 111.9, 121.9, 303.6, 326.9, 1568.4, 1913.5];
        // Every age is the middle of a stretch.
        let tenths: Vec<Stretch> = (0..20_000)
            .map(|tenth| {
                let middle = f64::from(tenth) / 10.0;
                let here = ages.iter().filter(|age| (**age - middle).abs() < 0.01);
                Stretch {
                    from: middle - 0.05,
                    to: middle + 0.05,
                    count: here.count() as u64,
                }
            })
            .collect();
        let found = rate_trend(&tenths).unwrap();
        assert_eq!(found.n, 9);
        assert!((found.z + 2.6121).abs() < 5e-4, "{found:?}");
    }

    #[test]
    fn the_score_is_that_of_the_likelihood() {
        // mpmath 1.3: derivatives of the log-likelihood of counts with a log-linear rate, at a slope of nothing, 40 digits.
        let unequal = [0.0, 7.082, 17.082, 27.082, 29.792];
        let found = rate_trend(&between(&unequal, &[11, 23, 32, 9])).unwrap();
        assert!((found.z - 2.282_611_199_427_869).abs() < 1e-12, "{found:?}");
        let equal = [0.0, 10.0, 20.0, 30.0, 40.0];
        let found = rate_trend(&between(&equal, &[4, 9, 6, 14])).unwrap();
        assert!((found.z - 2.101_947_149_236_112).abs() < 1e-12, "{found:?}");
        // All multinomial counts of 33 events: 0.02117 have a moment as large. The normal curve without the half step: 0.01778.
        assert!((found.rising - 0.021_17).abs() < 5e-4, "{found:?}");
        let mirrored = rate_trend(&between(&equal, &[14, 6, 9, 4])).unwrap();
        assert!((mirrored.falling - found.rising).abs() < 1e-15);
    }

    /// The chances of every sum of `n` draws from 0 to `k - 1`.
    fn sums(k: usize, n: usize) -> Vec<f64> {
        let mut chances = vec![1.0];
        for _ in 0..n {
            // Of a window of k that moves along.
            let mut next = vec![0.0; chances.len() + k - 1];
            let mut window = 0.0;
            for place in 0..next.len() {
                window += chances.get(place).unwrap_or(&0.0);
                if place >= k {
                    window -= chances[place - k];
                }
                next[place] = window / k as f64;
            }
            chances = next;
        }
        chances
    }

    #[test]
    fn at_a_constant_rate_one_in_a_hundred_has_a_chance_of_one_in_a_hundred() {
        // The answer depends on n and the moment alone: every moment, with its chance, by counts that have it.
        for k in [2_usize, 3, 4, 10, 60] {
            for n in [2_usize, 5, 12, 33, 75, 200] {
                let mut wrong = 0.0;
                for (sum, chance) in sums(k, n).into_iter().enumerate() {
                    let mut counts = vec![0_u64; k];
                    for draw in 0..n {
                        // Draws that are as equal as they can be.
                        counts[(sum + draw) / n] += 1;
                    }
                    let instants: Vec<f64> = (0..=k).map(|place| place as f64).collect();
                    let found = rate_trend(&between(&instants, &counts)).unwrap();
                    if found.rising < 0.01 {
                        wrong += chance;
                    }
                }
                assert!(wrong <= 0.01, "{k} stretches, {n} events: {wrong}");
                // And it is no test that never speaks.
                assert!(
                    n < 33 || wrong > 0.005,
                    "{k} stretches, {n} events: {wrong}"
                );
            }
        }
    }

    #[test]
    fn the_halves_are_those_of_the_line() {
        // Rates 1, 2, 3, 4 per second: the halves are 1.5 and 3.5.
        let instants = [0.0, 100.0, 200.0, 300.0, 400.0];
        let found = rate_trend(&between(&instants, &[100, 200, 300, 400])).unwrap();
        assert!((found.halves - 3.5 / 1.5).abs() < 1e-12, "{found:?}");
        let level = rate_trend(&between(&instants, &[100; 4])).unwrap();
        assert_eq!((level.z, level.halves), (0.0, 1.0));
        assert!(level.rising > 0.5 && level.falling > 0.5);
    }

    #[test]
    fn what_has_no_trend_has_no_answer() {
        assert_eq!(rate_trend(&[]), None);
        assert_eq!(rate_trend(&between(&[0.0, 1.0], &[5])), None);
        assert_eq!(rate_trend(&between(&[0.0, 1.0, 2.0], &[0, 0])), None);
        assert_eq!(rate_trend(&between(&[0.0, 0.0, 2.0], &[1, 2])), None);
        assert_eq!(rate_trend(&between(&[0.0, f64::NAN, 2.0], &[1, 2])), None);
        assert_eq!(rate_trend(&between(&[0.0, 1.0, 2.0], &[u64::MAX, 2])), None);
        assert_eq!(
            rate_trend(&between(&[0.0, 1.0, f64::INFINITY], &[1, 2])),
            None
        );
    }
}
