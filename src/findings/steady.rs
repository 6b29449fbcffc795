//! The steady phase of a run: after the ramps that the plan declares.

use crate::model::Run;

/// Start and end of the steady phase, in seconds from the start of the run; `None` = not known.
pub fn steady_phase(run: &Run) -> Option<(f64, f64)> {
    let duration = run.duration?.0;
    let start = run
        .load
        .phases
        .iter()
        .take_while(|phase| phase.is_ramp())
        .map(|phase| phase.start.0 + phase.duration.0)
        .fold(0.0, f64::max);
    (start < duration).then_some((start, duration))
}
