//! Whether two sides ask for the same endpoints in the same shares: of comparisons (V22) and of neighbouring load levels.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::stats::chi_squared::{GoodnessOfFit, homogeneity};

/// Points by which a share may be off, as a share, and
pub(in crate::findings) const SHARE: f64 = 0.05;
/// the chance below which that is no accident.
const CHANCE: f64 = 0.01;

/// Requests of each endpoint.
pub(in crate::findings) type Counts = BTreeMap<String, u64>;

/// An endpoint and its share of the requests of both sides.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::findings) struct Shift {
    pub(in crate::findings) endpoint: String,
    pub(in crate::findings) before: f64,
    pub(in crate::findings) after: f64,
}

impl Shift {
    fn size(&self) -> f64 {
        (self.after - self.before).abs()
    }

    /// By size; of two shares that mirror each other the one that grows is more.
    pub(in crate::findings) fn compare(&self, other: &Shift) -> Ordering {
        let mirrored = (self.size() - other.size()).abs() < 1e-9;
        let by_size = self.size().total_cmp(&other.size());
        let by_growth = (self.after > self.before).cmp(&(other.after > other.before));
        if mirrored { by_growth } else { by_size }
    }
}

/// Shares that differ by more than five points, the largest difference first, and the test that all are the same.
pub(in crate::findings) struct Mixed {
    pub(in crate::findings) shifts: Vec<Shift>,
    pub(in crate::findings) test: GoodnessOfFit,
}

/// What differs beyond chance; `None` where nothing does. An endpoint that one side lacks has no requests there.
pub(in crate::findings) fn mixed(before: &Counts, after: &Counts) -> Option<Mixed> {
    let labels: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let row = |counts: &Counts| -> Vec<u64> {
        let of = |label: &&String| counts.get(*label).copied().unwrap_or(0);
        labels.iter().map(of).collect()
    };
    let (of_before, of_after) = (row(before), row(after));
    let test = homogeneity(&of_before, &of_after).filter(|test| test.p_value < CHANCE)?;
    let total = |row: &[u64]| row.iter().sum::<u64>() as f64;
    let (all_before, all_after) = (total(&of_before), total(&of_after));
    let counted = labels.iter().zip(of_before.iter().zip(&of_after));
    let mut shifts: Vec<Shift> = counted
        .map(|(label, (before, after))| Shift {
            endpoint: (*label).clone(),
            before: *before as f64 / all_before,
            after: *after as f64 / all_after,
        })
        .filter(|shift| shift.size() > SHARE)
        .collect();
    shifts.sort_by(|one, other| other.compare(one));
    (!shifts.is_empty()).then_some(Mixed { shifts, test })
}
