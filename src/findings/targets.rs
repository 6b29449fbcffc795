//! Targets against runs: a state is value, operator, limit, nothing else, and strictness is kept.

use crate::findings::figures::Options;
use crate::findings::report::TargetResult;
use crate::model::{Run, Target};

/// Every declared target against one run; each appears at least once.
pub fn judge(_run: &Run, _targets: &[Target], _options: &Options) -> Vec<TargetResult> {
    Vec::new()
}

/// Whether any target was judged: its state follows from a value.
pub fn any_judged(results: &[&TargetResult]) -> bool {
    use crate::findings::report::TargetState::{Fail, Pass, Warn};
    results
        .iter()
        .any(|result| matches!(result.state, Pass | Warn | Fail))
}

/// Whether a target stays open: it could not be measured and is not optional.
pub fn is_open(result: &TargetResult) -> bool {
    result.state == crate::findings::report::TargetState::NotMeasured && !result.optional
}
