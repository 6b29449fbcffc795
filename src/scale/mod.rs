//! A series of load levels: the result type of scaling, and what makes it from runs.
//!
//! A level is what runs at one load were together: repeats, or stretches of one stepped run. What is said of a series holds inside
//! the tested range; nothing is drawn out beyond it but the fitted law, and that says so.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

mod capacity;
mod knee;
mod level;
mod load;
mod mix;
mod remarks;
mod sample;
mod sent;
mod series;
mod spawn;
mod steps;
#[cfg(test)]
pub(crate) mod testing;

use crate::figures;
use crate::model::Run;
use crate::normalize::Pattern;
use crate::report::scaling::{LevelOf, Scaling};

pub use series::LABEL;

/// What a series is made with.
pub struct Options<'a> {
    /// The label that holds the level; `None` = the load that was measured or declared.
    pub label: Option<&'a str>,
    /// Only these endpoints; empty = all.
    pub endpoints: &'a [Pattern],
    /// How figures are read.
    pub figures: &'a figures::Options,
    /// Why a run's generator did not keep up: such a run is no level.
    pub saturated: &'a dyn Fn(&Run) -> Option<String>,
}

/// Every series of load levels among the runs, by scenario and by what their levels count; also one of a single level, which says so.
pub fn scale(runs: &[&Run], options: &Options) -> Vec<Scaling> {
    let splits = series::splits(runs, options.label);
    let all = series::series(runs, &splits, options.label, options.saturated);
    all.iter()
        .map(|series| of_series(series, options))
        .collect()
}

fn of_series(series: &series::Series, options: &Options) -> Scaling {
    let (mut endpoints, elsewhere) = series.endpoints(options.endpoints);
    let (shown, spawned) = (endpoints.clone(), &series.spawned);
    endpoints.retain(|label| !spawned.contains(label));
    let serves = series.of == LevelOf::Resources;
    let mixes = mix::Mixes::of(series, options.figures);
    let knee = (!serves)
        .then(|| knee::knee(series, &endpoints, &mixes, options.figures))
        .flatten();
    let steps = if serves {
        Vec::new()
    } else {
        let mut steps = steps::steps(series, &endpoints, options.figures);
        mixes.withhold(series, &mut steps);
        steps
    };
    let efficiency = if series.groups.len() > 1 {
        capacity::efficiency(series)
    } else {
        Vec::new()
    };
    let (usl, usl_reason) = if series.groups.len() > 1 {
        capacity::usl(series)
    } else {
        (None, None)
    };
    let mut scaling = Scaling {
        scenario: series.scenario.to_owned(),
        level_name: series.level_name.clone(),
        level_of: series.of,
        levels: level::levels(series, &shown, options.figures),
        steps,
        capacity: capacity::capacity(series, knee.as_ref()),
        headroom: capacity::headroom(series, knee.as_ref()),
        amdahl_serial: capacity::amdahl(series, &efficiency),
        efficiency,
        knee,
        usl,
        usl_reason,
        left_out: series.left_out.clone(),
        remarks: remarks::of(series, elsewhere.len() as u64),
        endpoints_elsewhere: elsewhere,
    };
    let apart = remarks::repeats(&scaling);
    scaling.remarks.extend(apart);
    let mix = mixes.remark(&scaling);
    scaling.remarks.extend(mix);
    scaling
}
