//! The shares that common endpoints have of the requests of two sides.

use std::collections::{BTreeMap, BTreeSet};

use crate::findings::evidence::Evidence;
use crate::findings::rules::Fired;
use crate::findings::rules::shared::{by_endpoint, first_of, quoted};
use crate::findings::verdict::Effect;
use crate::model::{MetricId, Note, Run, Unit};
use crate::stats::chi_squared::homogeneity;
use crate::text::number;

/// Points by which a share may be off, as a share.
const SHARE: f64 = 0.05;

/// Chance below which a difference is no accident.
const CHANCE: f64 = 0.01;

/// Endpoints that a message names.
const NAMED: usize = 3;

/// Requests of each endpoint over the runs of a side; `None` where one does not count them, or they may overlap.
fn counts(runs: &[&Run]) -> Option<BTreeMap<String, u64>> {
    let overlap = |run: &&Run| run.notes.iter().any(|note| note.id == Note::SOME_ENDPOINTS);
    // What has no total is no load: repetitions of benchmarks are as many as they are.
    let no_total = |run: &&Run| run.overall.requests.is_none();
    if runs.iter().any(overlap) || runs.iter().any(no_total) {
        return None;
    }
    let endpoints = by_endpoint(runs).into_iter();
    let counted = endpoints.map(|(label, stats)| {
        let requests = stats.iter().try_fold(0_u64, |all, stats| {
            Some(all.saturating_add(stats.requests?))
        });
        Some((label, requests?))
    });
    counted.collect()
}

pub(super) fn differs(base: &[&Run], new: &[&Run]) -> Option<Fired> {
    let (base, new) = (counts(base)?, counts(new)?);
    let labels: BTreeSet<&String> = base
        .keys()
        .filter(|label| new.contains_key(*label))
        .collect();
    let row = |counts: &BTreeMap<String, u64>| -> Vec<u64> {
        let found = labels.iter().filter_map(|label| counts.get(*label));
        found.copied().collect()
    };
    let (of_base, of_new) = (row(&base), row(&new));
    let test = homogeneity(&of_base, &of_new)?;
    let total = |row: &[u64]| row.iter().sum::<u64>() as f64;
    let (all_base, all_new) = (total(&of_base), total(&of_new));
    let shares = labels.iter().zip(of_base.iter().zip(&of_new));
    let mut off: Vec<(&str, f64, f64)> = shares
        .map(|(label, (a, b))| (label.as_str(), *a as f64 / all_base, *b as f64 / all_new))
        .filter(|(_, a, b)| (a - b).abs() > SHARE)
        .collect();
    if test.p_value >= CHANCE {
        return None;
    }
    off.sort_by(|x, y| (y.2 - y.1).abs().total_cmp(&(x.2 - x.1).abs()));
    let (_, share_base, share_new) = *off.first()?;
    let named: Vec<String> = off
        .iter()
        .map(|(label, a, b)| {
            format!(
                "{} {} of the base and {} of the new side",
                quoted(label),
                number::percent(*a),
                number::percent(*b)
            )
        })
        .collect();
    let message = format!(
        "The mix of requests differs, {}: the sides are not comparable.",
        first_of(&named, NAMED)
    );
    let evidence = Evidence::new()
        .with("base", share_base, Unit::Ratio)
        .with("new", share_new, Unit::Ratio)
        .with("chi_squared", test.statistic, Unit::AsGiven)
        .with("p_value", test.p_value, Unit::AsGiven)
        .count("requests", test.n)
        .count("endpoints", labels.len() as u64);
    Some(
        Fired::new(Effect::Uncomparable, message, evidence)
            .on(MetricId::Plain("requests"))
            .hint("Run both sides with the same weights; compare endpoint by endpoint what the script changed."),
    )
}
