//! Which endpoints both sides asked for, and the shares that these have of the requests.

use crate::load::mix::{Lone, Mixed, Shared, mixed};
use crate::model::{MetricId, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::rules::Fired;
use crate::rules::pair::v22_unlike_runs::Unlike;
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Endpoints that a message names.
const NAMED: usize = 3;

/// Share of the requests at endpoints that both sides have, below which all requests together are not one thing.
const SHARED: f64 = 0.95;

/// What differs of all endpoints; one that a side lacks has no requests there.
pub(super) fn differs(base: &[&Run], new: &[&Run]) -> Vec<(Unlike, Fired)> {
    let Some(shared) = Shared::of(base, new) else {
        return Vec::new();
    };
    if shared.both.is_empty() {
        return vec![(Unlike::Endpoints, disjoint(&shared))];
    }
    let mut fired = Vec::new();
    fired.extend(lone(&shared).map(|found| (Unlike::Endpoints, found)));
    let Some((mut before, mut after)) = shared.counts else {
        return fired;
    };
    if !fired.is_empty() {
        // That others have come or gone is said; what is left may still have been weighted anew.
        before.retain(|label, _| shared.both.contains(label));
        after.retain(|label, _| shared.both.contains(label));
    }
    let endpoints = shared.both.len() as u64;
    fired.extend(
        mixed(&before, &after).and_then(|found| Some((Unlike::Mix, of_mix(&found, endpoints)?))),
    );
    fired
}

fn of_mix(found: &Mixed, endpoints: u64) -> Option<Fired> {
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
        .count("endpoints", endpoints);
    Some(
        Fired::new(Effect::Uncomparable, message, evidence)
            .on(MetricId::Plain("requests"))
            .hint("Run both sides with the same weights; compare endpoint by endpoint what the script changed."),
    )
}

/// Too much of a side was asked of endpoints that the other has not.
fn lone(shared: &Shared) -> Option<Fired> {
    let (base, new) = shared.base.share.zip(shared.new.share)?;
    if 1.0 - base.max(new) >= SHARED {
        return None;
    }
    let both = shared.both.len() as u64;
    let message = format!(
        "Only {} of {} {} requests on both sides, with {} of the requests of the base and {} of the new side: all requests \
         together are not comparable.",
        number::count(both),
        number::plural(shared.endpoints() as u64, "endpoint"),
        if both == 1 { "has" } else { "have" },
        number::percent(1.0 - base),
        number::percent(1.0 - new),
    );
    let evidence = Evidence::new()
        .with("base_share", 1.0 - base, Unit::Ratio)
        .with("new_share", 1.0 - new, Unit::Ratio);
    Some(fired(message, evidence, shared))
}

/// Nothing that one side asked for was asked for by the other.
fn disjoint(shared: &Shared) -> Fired {
    let named = |lone: &Lone| {
        let labels: Vec<String> = lone.labels.iter().map(|label| quoted(label)).collect();
        first_of(&labels, NAMED)
    };
    let message = format!(
        "No endpoint has requests on both sides: the base has {}, the new side {}. The sides are not comparable.",
        named(&shared.base),
        named(&shared.new),
    );
    fired(message, Evidence::new(), shared)
}

fn fired(message: String, evidence: Evidence, shared: &Shared) -> Fired {
    let evidence = evidence
        .count("endpoints", shared.endpoints() as u64)
        .count("endpoints_on_both_sides", shared.both.len() as u64);
    Fired::new(Effect::Uncomparable, message, evidence)
        .on(MetricId::Plain("requests"))
        .hint("Give endpoints that were renamed one name with `[[rename]]` in `knee.toml`; else run both sides with one script, or accept the new runs as the baseline.")
}
