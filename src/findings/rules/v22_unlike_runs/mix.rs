//! The shares that common endpoints have of the requests of two sides.

use crate::findings::evidence::Evidence;
use crate::findings::mix::{Counts, mixed};
use crate::findings::rules::Fired;
use crate::findings::rules::shared::{by_endpoint, first_of, quoted};
use crate::findings::verdict::Effect;
use crate::model::{MetricId, Note, Run, Unit};
use crate::text::number;

/// Endpoints that a message names.
const NAMED: usize = 3;

/// Requests of each endpoint over the runs of a side; `None` where one does not count them, or they may overlap.
fn counts(runs: &[&Run]) -> Option<Counts> {
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
    let (mut base, mut new) = (counts(base)?, counts(new)?);
    base.retain(|label, _| new.contains_key(label));
    new.retain(|label, _| base.contains_key(label));
    let found = mixed(&base, &new)?;
    let most = found.shifts.first()?;
    let named: Vec<String> = found
        .shifts
        .iter()
        .map(|shift| {
            format!(
                "{} {} of the base and {} of the new side",
                quoted(&shift.endpoint),
                number::percent(shift.before),
                number::percent(shift.after)
            )
        })
        .collect();
    let message = format!(
        "The mix of requests differs, {}: the sides are not comparable.",
        first_of(&named, NAMED)
    );
    let evidence = Evidence::new()
        .with("base", most.before, Unit::Ratio)
        .with("new", most.after, Unit::Ratio)
        .with("chi_squared", found.test.statistic, Unit::AsGiven)
        .with("p_value", found.test.p_value, Unit::AsGiven)
        .count("requests", found.test.n)
        .count("endpoints", base.len() as u64);
    Some(
        Fired::new(Effect::Uncomparable, message, evidence)
            .on(MetricId::Plain("requests"))
            .hint("Run both sides with the same weights; compare endpoint by endpoint what the script changed."),
    )
}
