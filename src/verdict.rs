//! The verdict of a report, or of one run of it: what of findings, targets and comparisons outweighs what. Decided here and nowhere
//! else.

use crate::report::comparison::ComparisonVerdict;
use crate::report::scaling::Scaling;
use crate::report::{Effect, Report, TargetResult, TargetState, Verdict};

/// The verdict over all runs, or over one.
///
/// What is wrong with a base is said, and makes it no base; it is no fault of the runs that are judged.
pub fn of(report: &Report, run: Option<&str>) -> Verdict {
    let comparisons = &report.comparisons;
    let is_base = |id: &str| {
        let has = |runs: &[String]| runs.iter().any(|run| run == id);
        let new = comparisons.iter().any(|found| has(&found.new.runs));
        !new && comparisons.iter().any(|found| has(&found.base.runs))
    };
    let about = |id: Option<&str>| match run {
        None => !id.is_some_and(is_base),
        Some(_) => id == run,
    };
    let effects = report
        .findings
        .iter()
        .filter(|f| about(f.run.as_deref()))
        .map(|f| f.effect);
    let results: Vec<_> = report
        .targets
        .iter()
        .filter(|t| about(Some(&t.run)))
        .collect();
    // Without runs the plan alone is judged, by the rules.
    let whole = run.is_none().then_some(comparisons.as_slice());
    let is_judged = |id: &str| {
        let of_run: Vec<_> = results.iter().filter(|of| of.run == id).copied().collect();
        let mut compared = comparisons.iter().filter(|found| {
            found.new.runs.iter().any(|new| new == id)
                && found.verdict != ComparisonVerdict::NotComparable
        });
        any_judged(&of_run)
            || whole.is_some() && (compared.next().is_some() || is_in_judged_series(report, id))
    };
    // A run that nothing is asked of does not pass beside others that do.
    let mut asked = report.runs.iter().map(|run| run.id.as_str());
    let judged = match run {
        Some(id) => is_judged(id),
        None => asked.all(|id| is_base(id) || is_judged(id)),
    };
    let compared = whole
        .into_iter()
        .flatten()
        .filter_map(|found| match found.verdict {
            ComparisonVerdict::Regressed => Some(Effect::Fail),
            ComparisonVerdict::NotComparable => Some(Effect::Unjudged),
            ComparisonVerdict::Suspect => Some(Effect::Warn),
            ComparisonVerdict::Improved | ComparisonVerdict::NoRegressionShown => None,
        });
    let open = results.iter().any(|result| is_open(result));
    // A target decides by its state, whatever is said of it.
    let states = results.iter().filter_map(|result| match result.state {
        TargetState::Fail => Some(Effect::Fail),
        TargetState::Warn => Some(Effect::Warn),
        _ => None,
    });
    Verdict::of(
        effects
            .chain(states)
            .chain(compared)
            .chain(open.then_some(Effect::Unjudged)),
        judged,
    )
}

/// Whether any target was judged: its state follows from a value.
fn any_judged(results: &[&TargetResult]) -> bool {
    use TargetState::{Fail, Pass, Warn};
    results
        .iter()
        .any(|result| matches!(result.state, Pass | Warn | Fail))
}

/// Whether a target stays open: it could not be measured and is not optional.
fn is_open(result: &TargetResult) -> bool {
    result.state == TargetState::NotMeasured && !result.optional
}

/// Whether a target on load levels was judged of the series that a run is of.
fn is_in_judged_series(report: &Report, id: &str) -> bool {
    let has = |scaling: &Scaling, id: &str| {
        let mut levels = scaling.levels.iter();
        levels.any(|level| level.runs.iter().any(|run| run == id))
    };
    let of_levels = report.targets.iter().filter(|result| {
        let speaks = matches!(result.metric.as_deref(), None | Some("knee"));
        result.level.is_some() || speaks
    });
    let judged: Vec<&TargetResult> = of_levels.collect();
    let series = report.scalings.iter().filter(|scaling| has(scaling, id));
    let mut results = series.flat_map(|scaling| {
        let of = judged.iter().filter(|result| has(scaling, &result.run));
        of.copied()
    });
    results.any(|result| any_judged(&[result]))
}
