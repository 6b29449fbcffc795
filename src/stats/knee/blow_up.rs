//! The second criterion of a knee: a tail that grows far more than the load, beyond chance and for good.

use super::{Criterion, Level, Series};
use crate::stats::student::Reference;

/// Chance beyond either end of the interval of a growth, for two tails; more of them share it.
const BEYOND: f64 = 0.005;
/// Exponent of a blow-up, and what its lower end has to exceed.
const BLOW_UP: (f64, f64) = (1.5, 1.25);
/// What a tail has to grow to, at least.
const GROWTH: f64 = 2.5;
/// Part of a tail that all higher loads have to keep.
const STAYS: f64 = 0.75;

impl Series<'_> {
    /// The first load with a tail that blows up against a lower one; of several tails the one that grows most beyond chance.
    /// Its place, the logarithm of the least growth, and what fired.
    pub(super) fn blow_up(&self) -> Option<(usize, f64, Criterion)> {
        (1..self.levels.len()).find_map(|place| {
            let tails = self.levels.get(place)?.tails.len();
            let found = (0..tails).filter_map(|tail| self.blows_up(tail, place));
            // Of two alike the first one: the whole run stands before its endpoints.
            let most = found.reduce(|one, other| if other.0 > one.0 { other } else { one });
            most.map(|(least, criterion)| (place, least, criterion))
        })
    }

    /// Whether that tail blows up there: logarithm of the least growth, and what fired.
    fn blows_up(&self, tail: usize, place: usize) -> Option<(f64, Criterion)> {
        let level = self.levels.get(place)?;
        let here = level.tails.get(tail).copied().flatten()?;
        let below = self.levels.iter().enumerate().take(place).rev();
        for (from, lower) in below {
            let Some(there) = lower.tails.get(tail).copied().flatten() else {
                continue;
            };
            let log = here.log - there.log;
            // Of many endpoints one is always odd: the chance is shared among them.
            let pairs = (level.tails.len() as f64 / 2.0).max(1.0);
            let reach = Reference::Normal.beyond(BEYOND / pairs);
            let least = log - reach * here.error.hypot(there.error);
            let means = (level.load / lower.load).ln();
            let peaks = (level.peak / lower.peak).ln();
            let is_one =
                |loads: f64| loads > 0.0 && log / loads > BLOW_UP.0 && least / loads > BLOW_UP.1;
            let grows = least > GROWTH.ln() && is_one(means) && is_one(peaks);
            if grows && self.stays(tail, from, place, here.log) {
                let criterion = Criterion::BlowUp {
                    tail,
                    from,
                    ratio: log.exp(),
                    exponent: log / means,
                    exponent_peak: log / peaks,
                };
                return Some((least, criterion));
            }
        }
        None
    }

    /// Whether a tail is neither that of a bad moment nor long beside one lucky load only.
    fn stays(&self, tail: usize, from: usize, place: usize, log: f64) -> bool {
        let logs = |levels: &[Level]| -> Vec<f64> {
            let tails = levels.iter().filter_map(|level| *level.tails.get(tail)?);
            tails.map(|tail| tail.log).collect()
        };
        let below = logs(self.levels.get(..=from).unwrap_or_default());
        let above = logs(self.levels.get(place + 1..).unwrap_or_default());
        below.iter().all(|other| log - other > GROWTH.ln())
            && above.iter().all(|other| *other > log + STAYS.ln())
    }
}
