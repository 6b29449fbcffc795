//! Two groups of repeats, by the share of their requests that failed.
//!
//! Failures come in bursts: the repeats of a side spread wider than chance. With k of n requests failed in one repeat and
//! the share p of its side,
//!
//! ```text
//! phi      = max(1, X^2 / degrees),   X^2 = sum (k - n p)^2 / (n p (1 - p))     Pearson, over the repeats of both sides
//! degrees  = repeats minus one on each side that has failures and successes
//! interval = Newcombe's for p of n / phi requests, at the score of the level
//! p value  = the chance beyond the score at which the interval begins to hold 0
//! rise r   = z_a sqrt(m (1 - m) (1/n_b + 1/n_c)) + z_b sqrt(p (1 - p) / n_b + (p + r) (1 - p - r) / n_c)
//! ```
//!
//! so that p < alpha exactly where the interval of level 1 - 2 alpha lies on one side of 0; m is the mean share where nothing
//! changed. P. `McCullagh` and J. Nelder, "Generalized Linear Models", 1989, section 4.5 (phi); J. Fleiss, "Statistical Methods
//! for Rates and Proportions", 1981, section 3.2 (rise). With fewer than five failures on a side the p value is Fisher's, of
//! the failures and requests divided by phi and rounded against the finding. Where one of the two excludes 0 and the other does
//! not, the weaker counts: the p value is that of the interval, or the interval reaches 0.
//!
//! Where phi is above 1 it was estimated, from few repeats, and the scores are Student's with its degrees. Simulated with
//! three runs a side that fail five times as unevenly as by chance, an alpha of 1 % gives 15 % false alarms without phi, 3.7 %
//! with phi and normal scores, and 1.3 % so; with two runs a side up to 2.7 %.
//!
//! Sides of two jobs differ by what the jobs had, which no repeat shows: with t the standard deviation of the logarithm of a share
//! between jobs, a side is worth no more than n requests with `p (1 - p) / n = p (1 - p) phi / n_side + t^2 p^2 (1 - p)^2`: of a
//! rare failure that is t times its share, and where nearly all fail as little as where nearly none does.
//!
//! Limits: one repeat a side shows no bursts, the failures are then taken as independent. t is assumed.

use crate::stats::proportion::{between, fisher};
use crate::stats::student::Reference;

/// With fewer failures than this on a side the p value is Fisher's.
const FEW: u64 = 5;
/// Chance that a rise as large as [`SharesCompared::detectable`] is shown.
const POWER: f64 = 0.95;

/// How much wider than chance repeats spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overdispersion {
    /// Variance over that of independent failures, at least 1.
    pub phi: f64,
    /// Degrees of freedom it was estimated with.
    pub degrees: usize,
}

impl Overdispersion {
    /// How many independent requests these are worth.
    ///
    /// ```
    /// use knee::stats::proportion::Overdispersion;
    /// assert_eq!(Overdispersion { phi: 4.0, degrees: 8 }.effective(1000), 250.0);
    /// ```
    pub fn effective(self, requests: u64) -> f64 {
        requests as f64 / self.phi
    }

    fn reference(self) -> Reference {
        if self.phi > 1.0 {
            Reference::Student(self.degrees as f64)
        } else {
            Reference::Normal
        }
    }
}

/// How unevenly failures fell on the repeats, or on the slices of a run: each side a list of (failures, requests).
///
/// Repeats without requests are passed over. `None` where nothing can show it: fewer than two repeats on every side, or only
/// sides without failures or without successes.
///
/// ```
/// use knee::stats::proportion::overdispersion;
/// let bursts = overdispersion(&[&[(0, 100), (0, 100), (30, 100)]]).unwrap();
/// // Expected 10 each of variance 9: (100 + 100 + 400) / 9 / 2.
/// assert!((bursts.phi - 600.0 / 18.0).abs() < 1e-12 && bursts.degrees == 2);
/// assert_eq!(overdispersion(&[&[(3, 100)], &[(9, 100)]]), None);
/// ```
pub fn overdispersion(sides: &[&[(u64, u64)]]) -> Option<Overdispersion> {
    let (mut squares, mut degrees) = (0.0, 0);
    for side in sides {
        let all = ShareSide::of(side)?;
        let share = all.share();
        let variance = share * (1.0 - share);
        if all.repeats < 2 || variance <= 0.0 {
            continue;
        }
        degrees += all.repeats - 1;
        for (failures, requests) in side.iter().filter(|(_, requests)| *requests > 0) {
            let requests = *requests as f64;
            let off = *failures as f64 - requests * share;
            squares += off * off / (requests * variance);
        }
    }
    (degrees > 0).then(|| Overdispersion {
        phi: (squares / degrees as f64).max(1.0),
        degrees,
    })
}

/// The variance of a share between jobs.
fn of_jobs(share: f64, jobs: f64) -> f64 {
    (jobs * share * (1.0 - share)).powi(2)
}

/// The repeats of one side together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareSide {
    /// Failed requests.
    pub failures: u64,
    /// All requests.
    pub requests: u64,
    /// Repeats that have requests.
    pub repeats: usize,
}

impl ShareSide {
    /// `None` without requests, or with more failures than requests in a repeat.
    fn of(repeats: &[(u64, u64)]) -> Option<ShareSide> {
        let mut side = ShareSide {
            failures: 0,
            requests: 0,
            repeats: 0,
        };
        for (failures, requests) in repeats {
            if failures > requests {
                return None;
            }
            side.failures = side.failures.checked_add(*failures)?;
            side.requests = side.requests.checked_add(*requests)?;
            side.repeats += usize::from(*requests > 0);
        }
        (side.requests > 0).then_some(side)
    }

    /// The share of the requests that failed.
    pub fn share(self) -> f64 {
        self.failures as f64 / self.requests as f64
    }

    /// Divided by phi, failures rounded up or down.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and no larger than the counts they come from"
    )]
    fn thinned(self, phi: f64, is_up: bool) -> (u64, u64) {
        if phi <= 1.0 {
            return (self.failures, self.requests);
        }
        let requests = ((self.requests as f64 / phi).round() as u64).max(1);
        let failures = self.failures as f64 / phi;
        // A whole quotient must not become the next one.
        let failures = if is_up {
            (failures * (1.0 - 1e-12)).ceil() as u64
        } else {
            (failures * (1.0 + 1e-12)).floor() as u64
        };
        (failures.min(requests), requests)
    }
}

/// How the p values of two shares were found. The interval is Newcombe's in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareMethod {
    /// From Newcombe's interval.
    Newcombe,
    /// By Fisher's exact test: fewer than five failures on a side.
    Fisher,
}

/// How far two shares lie apart: new minus base, 0.01 is one percentage point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharesCompared {
    /// What is compared against.
    pub base: ShareSide,
    /// What is compared.
    pub new: ShareSide,
    /// The difference.
    pub difference: f64,
    /// Its interval, at the asked level.
    pub interval: (f64, f64),
    /// Chance of a difference this far up where there is none.
    pub p_up: f64,
    /// The same downwards.
    pub p_down: f64,
    /// How these chances were found.
    pub method: ShareMethod,
    /// How unevenly the failures fell; `None` = not known, they are taken as independent.
    pub overdispersion: Option<Overdispersion>,
    /// The smallest rise that is shown in 95 of 100 cases; `None` = not even to a share of 1.
    pub detectable: Option<f64>,
}

/// Compares the shares of two groups of repeats, each (failures, requests), at the two-sided `level`; 0.98 is that of a
/// one-sided alpha of 1 %. `jobs` is the spread between jobs, as a standard deviation of the logarithm; 0 when run in turn.
///
/// `None` without requests on a side, with more failures than requests, or with a level outside (0, 1).
///
/// ```
/// use knee::stats::proportion::{ShareMethod, compare_shares};
/// let base = [(10, 2000), (12, 2000), (8, 2000)];
/// let worse = compare_shares(&base, &[(40, 2000), (35, 2000), (45, 2000)], 0.0, 0.98).unwrap();
/// assert!((worse.difference - 0.015).abs() < 1e-12 && worse.p_up < 1e-6);
/// assert!(worse.interval.0 > 0.01 && worse.interval.1 < 0.02);
/// // The same failures in one burst show nothing.
/// let burst = compare_shares(&base, &[(0, 2000), (0, 2000), (120, 2000)], 0.0, 0.98).unwrap();
/// assert!(burst.overdispersion.unwrap().phi > 50.0 && burst.p_up > 0.1);
/// let first = compare_shares(&[(0, 50)], &[(3, 50)], 0.0, 0.98).unwrap();
/// assert_eq!(first.method, ShareMethod::Fisher);
/// assert!((first.p_up - 0.121_212).abs() < 1e-6);
/// ```
pub fn compare_shares(
    base: &[(u64, u64)],
    new: &[(u64, u64)],
    jobs: f64,
    level: f64,
) -> Option<SharesCompared> {
    if !(level > 0.0 && level < 1.0 && jobs >= 0.0 && jobs.is_finite()) {
        return None;
    }
    let alpha = (1.0 - level) / 2.0;
    let spread = overdispersion(&[base, new]);
    let (base, new) = (ShareSide::of(base)?, ShareSide::of(new)?);
    let phi = spread.map_or(1.0, |spread| spread.phi);
    let reference = spread.map_or(Reference::Normal, Overdispersion::reference);
    let worth = |side: ShareSide| {
        let (share, independent) = (side.share(), side.requests as f64 / phi);
        let of_one = share * (1.0 - share);
        let variance = of_one / independent + of_jobs(share, jobs);
        let worth = if variance > 0.0 && jobs > 0.0 {
            of_one / variance
        } else {
            independent
        };
        (share, worth)
    };
    let (base_worth, new_worth) = (worth(base), worth(new));
    let thin = |side: ShareSide, worth: (f64, f64), is_up: bool| {
        side.thinned(side.requests as f64 / worth.1.max(1.0), is_up)
    };
    let few = base.failures.min(new.failures) < FEW;
    let score = score(base_worth, new_worth);
    let of_interval = (reference.tail(score), reference.tail(-score));
    let (mut p_up, mut p_down) = of_interval;
    let mut interval = between(base_worth, new_worth, reference.beyond(alpha));
    if few {
        p_up = fisher(thin(base, base_worth, true), thin(new, new_worth, false))?;
        p_down = fisher(thin(new, new_worth, true), thin(base, base_worth, false))?;
        if p_up >= alpha {
            interval.0 = interval.0.min(0.0);
        } else if interval.0 <= 0.0 {
            p_up = p_up.max(of_interval.0);
        }
        if p_down >= alpha {
            interval.1 = interval.1.max(0.0);
        } else if interval.1 >= 0.0 {
            p_down = p_down.max(of_interval.1);
        }
    }
    let method = if few {
        ShareMethod::Fisher
    } else {
        ShareMethod::Newcombe
    };
    Some(SharesCompared {
        base,
        new,
        difference: new.share() - base.share(),
        interval,
        p_up,
        p_down,
        method,
        overdispersion: spread,
        detectable: smallest_rise(base_worth, new_worth.1, alpha, POWER, reference),
    })
}

/// The smallest rise of a share that is shown with the chance `power` at a one-sided `alpha`: base as its share and how many
/// independent requests it is worth, then those of the new side. `None` where no rise up to a share of 1 would be shown, and
/// for what is no share, chance or count.
///
/// ```
/// use knee::stats::proportion::smallest_rise;
/// use knee::stats::student::Reference;
/// let rise = smallest_rise((0.01, 20_000.0), 20_000.0, 0.01, 0.95, Reference::Normal).unwrap();
/// assert!((rise - 0.004_355).abs() < 1e-6);
/// assert_eq!(smallest_rise((0.5, 5.0), 5.0, 0.01, 0.95, Reference::Normal), None);
/// ```
pub fn smallest_rise(
    base: (f64, f64),
    new: f64,
    alpha: f64,
    power: f64,
    reference: Reference,
) -> Option<f64> {
    let (share, base) = base;
    let inside = |chance: f64| chance > 0.0 && chance < 1.0;
    let usable = (0.0..1.0).contains(&share) && base > 0.0 && new > 0.0;
    if !usable || !inside(alpha) || !inside(power) {
        return None;
    }
    let (score, reserve) = (reference.beyond(alpha), reference.beyond(1.0 - power));
    // How far the rise exceeds what is needed: convex, not above 0 at 0, so it crosses 0 once or never.
    let excess = |rise: f64| {
        let risen = share + rise;
        let mean = (share * base + risen * new) / (base + new);
        let unchanged = mean * (1.0 - mean) * (1.0 / base + 1.0 / new);
        let changed = share * (1.0 - share) / base + risen * (1.0 - risen).max(0.0) / new;
        rise - score * unchanged.max(0.0).sqrt() - reserve * changed.sqrt()
    };
    let most = 1.0 - share;
    if excess(most) < 0.0 {
        return None;
    }
    Some(crossing(0.0, most, |rise| excess(rise) < 0.0))
}

/// The score at which Newcombe's interval of two (share, requests) begins to hold 0; negative where the new share is smaller.
fn score(base: (f64, f64), new: (f64, f64)) -> f64 {
    let is_up = new.0 > base.0;
    let (low, high) = if is_up { (base, new) } else { (new, base) };
    let excludes = |score: f64| between(low, high, score).0 > 0.0;
    if high.0 <= low.0 {
        return 0.0;
    }
    let mut most = 1.0;
    // The interval reaches 0 at a score in the order of the root of the requests.
    while excludes(most) && most < 1e30 {
        most *= 2.0;
    }
    let found = crossing(0.0, most, excludes);
    if is_up { found } else { -found }
}

/// Where a condition that holds at `from` and not at `to` ends, to the last bit.
fn crossing(from: f64, to: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut inside, mut outside) = (from, to);
    loop {
        let middle = f64::midpoint(inside, outside);
        if middle <= inside || middle >= outside {
            return outside;
        }
        if holds(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
}

#[cfg(test)]
mod tests;
