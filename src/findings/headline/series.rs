//! What a load series opens with: its answer, the blow-up where the answer is about something else, and behind them what
//! stands out in its runs.

use crate::findings::analyse;
use crate::findings::headline::{self, lower_first, shown, words as verdict_words};
use crate::findings::report::{Report, TargetResult, TargetState};
use crate::findings::scaling::{Criterion, Scaling, words};
use crate::findings::verdict::Verdict;
use crate::model::Run;
use crate::text::number::plural;

/// Most sentences about single runs below the answer of a series.
const OF_RUNS: usize = 3;

/// What is said of the runs of a series: of a single run what happened, of several the ones that cannot be believed or fail,
/// and the targets. The table of the runs has the others.
pub(super) fn of_runs(report: &Report) -> Vec<String> {
    if let [run] = report.runs.as_slice() {
        let mut sentences = headline::of_run(report, run);
        sentences.truncate(OF_RUNS);
        return sentences;
    }
    let mut sentences = Vec::new();
    let results: Vec<&TargetResult> = report
        .targets
        .iter()
        .filter(|result| result.state != TargetState::NotApplicable)
        .collect();
    if !results.is_empty() {
        let several = |id: &str| {
            let run = report.runs.iter().find(|run| run.id == id);
            run.map_or_else(String::new, |run| format!(" in {}", shown(&run.name)))
        };
        sentences.push(headline::of_results(&results, &several));
    }
    let is_grave = |run: &&Run| {
        let verdict = analyse::verdict_of(report, Some(&run.id));
        matches!(verdict, Verdict::Invalid | Verdict::Fail)
    };
    let grave: Vec<&Run> = report.runs.iter().filter(is_grave).collect();
    let mut room = OF_RUNS - sentences.len();
    if grave.len() > room {
        // The last line counts those that have none.
        room -= 1;
    }
    for run in grave.iter().take(room) {
        let verdict = analyse::verdict_of(report, Some(&run.id));
        sentences.push(format!(
            "{} ({}): {}",
            shown(&run.name),
            verdict_words(verdict),
            lower_first(&headline::what_happened(report, run))
        ));
    }
    if let Some(more) = grave.len().checked_sub(room).filter(|more| *more > 0) {
        let more = plural(more as u64, "run");
        sentences.push(format!("{more} more that cannot be believed or fail."));
    }
    sentences
}

/// One or two sentences over one series.
pub(in crate::findings) fn of_series(scaling: &Scaling) -> Vec<String> {
    let levels = plural(scaling.levels.len() as u64, "level");
    let mut sentences = vec![format!(
        "Load series {}, {levels}: {}",
        shown(&scaling.scenario),
        lower_first(&words::answer(scaling))
    )];
    let criterion = scaling.knee.as_ref().and_then(|knee| knee.criterion);
    if criterion != Some(Criterion::BlowUp)
        && let Some(blow_up) = words::blow_up(scaling)
    {
        sentences.push(format!("{blow_up}."));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::scaling::testing::{calm, document, saturated};

    #[test]
    fn a_series_opens_with_its_answer_in_the_words_of_the_section() {
        for scaling in [saturated(), document(), calm()] {
            let said = of_series(&scaling);
            let answer = words::answer(&scaling);
            let (_, rest) = answer.split_once(' ').unwrap();
            assert!(said[0].ends_with(rest), "{said:?}");
        }
        assert_eq!(
            of_series(&calm()),
            [
                "Load series search, 5 levels: no knee in the tested range, 1/s to 16/s; what lies beyond it is not known."
            ]
        );
    }

    #[test]
    fn a_blow_up_is_told_once_in_the_answer_or_behind_it() {
        assert_eq!(of_series(&document()).len(), 1);
        let said = of_series(&saturated());
        assert_eq!(
            said[1],
            "p95 grows 38 times for twice the load, 4/s to 8/s."
        );
        assert_eq!(said.len(), 2);
    }
}
