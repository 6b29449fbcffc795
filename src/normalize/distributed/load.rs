//! The load of all parts: users and rates add up, phases where they are the same ones.

use crate::model::{Load, PerSecond, Phase, Run, Seconds};
use crate::normalize::distributed::when::When;
use crate::normalize::distributed::{same, sum_f64};
use crate::normalize::merge::sum;

/// Phases may be apart by this share of their length, or by a second.
const APART: f64 = 0.05;

pub(super) fn merge(run: &mut Run, parts: &[&Run], when: &When) {
    let rate = |read: fn(&Load) -> Option<PerSecond>| {
        sum_f64(parts.iter().map(|part| read(&part.load).map(|rate| rate.0))).map(PerSecond)
    };
    run.load = Load {
        model: same(parts, |part| part.load.model).flatten(),
        users_max: sum_f64(parts.iter().map(|part| part.load.users_max)),
        arrival_rate: rate(|load| load.arrival_rate),
        offered: rate(|load| load.offered),
        dropped: sum(parts.iter().map(|part| part.load.dropped)),
        phases: Vec::new(),
        think_time: same(parts, |part| part.load.think_time).flatten(),
        phases_recovered: parts.iter().any(|part| part.load.phases_recovered),
    };
    match phases(parts, when) {
        Some(phases) => run.load.phases = phases,
        None => run.note(
            "merged-load",
            "the phases of the parts do not fit together and are left out",
            1,
        ),
    }
    run.load.phases_recovered &= !run.load.phases.is_empty();
}

/// The phases of all parts; `None` where they are not the same ones.
fn phases(parts: &[&Run], when: &When) -> Option<Vec<Phase>> {
    let number = same(parts, |part| part.load.phases.len())?;
    (0..number)
        .map(|place| {
            let own: Option<Vec<(f64, &Phase)>> = parts
                .iter()
                .enumerate()
                .map(|(index, part)| {
                    let phase = part.load.phases.get(place)?;
                    Some((when.offset(index) as f64 / 1e9 + phase.start.0, phase))
                })
                .collect();
            one(&own?)
        })
        .collect()
}

fn one(own: &[(f64, &Phase)]) -> Option<Phase> {
    let start = own.iter().map(|(start, _)| *start).reduce(f64::min)?;
    let end_of = |(start, phase): &(f64, &Phase)| start + phase.duration.0;
    let end = own.iter().map(end_of).reduce(f64::max)?;
    let slack = (APART * (end - start)).max(1.0);
    let fits = |phase: &(f64, &Phase)| phase.0 - start <= slack && end - end_of(phase) <= slack;
    if !own.iter().all(fits) {
        return None;
    }
    let users = |read: fn(&Phase) -> Option<f64>| sum_f64(own.iter().map(|(_, phase)| read(phase)));
    let rates = |read: fn(&Phase) -> Option<PerSecond>| {
        sum_f64(own.iter().map(|(_, phase)| read(phase).map(|rate| rate.0))).map(PerSecond)
    };
    let name = own.first().and_then(|(_, phase)| phase.name.clone());
    Some(Phase {
        name: name.filter(|name| {
            own.iter()
                .all(|(_, phase)| phase.name.as_ref() == Some(name))
        }),
        start: Seconds(start),
        duration: Seconds(end - start),
        users_from: users(|phase| phase.users_from),
        users_to: users(|phase| phase.users_to),
        rate_from: rates(|phase| phase.rate_from),
        rate_to: rates(|phase| phase.rate_to),
    })
}
