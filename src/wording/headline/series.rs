//! What a load series opens with: its answer, the blow-up where the answer is about something else, and behind them what
//! stands out in its runs.

use crate::model::Run;
use crate::report::Effect;
use crate::report::scaling::{Criterion, Scaling};
use crate::report::{Report, TargetResult, TargetState};
use crate::text::number::plural;
use crate::text::phrase::{lower_first, shown};
use crate::wording::headline;
use crate::wording::series as words;

/// Most sentences about single runs below the answer of a series.
const OF_RUNS: usize = 3;

/// What is said of the runs of a series: of a single run what happened, of several the targets and the runs that cannot be
/// believed. The table of the runs has the others.
pub(super) fn of_runs(report: &Report) -> Vec<String> {
    if let [run] = report.runs.as_slice() {
        let mut sentences = headline::of_run(report, run);
        sentences.truncate(OF_RUNS);
        return sentences;
    }
    let mut sentences = Vec::new();
    let applies = |result: &&TargetResult| result.state != TargetState::NotApplicable;
    let results: Vec<&TargetResult> = report.targets.iter().filter(applies).collect();
    if !results.is_empty() {
        // What speaks of levels speaks of no single run.
        let of_run = |result: &TargetResult| {
            let is_of_levels = matches!(result.metric.as_deref(), None | Some("knee"));
            let run = report.runs.iter().find(|run| run.id == result.run);
            let run = run.filter(|_| result.level.is_none() && !is_of_levels);
            run.map_or_else(String::new, |run| format!(" in {}", shown(&run.name)))
        };
        sentences.push(headline::of_results(&results, &of_run));
    }
    let is_invalid = |run: &&Run| {
        let mut findings = report.findings_of(&run.id);
        findings.any(|finding| finding.effect == Effect::Invalid)
    };
    let invalid: Vec<&Run> = report.runs.iter().filter(is_invalid).collect();
    let mut room = OF_RUNS - sentences.len();
    if invalid.len() > room {
        // The last line counts those that have none.
        room -= 1;
    }
    let named = invalid.iter().take(room).map(|run| {
        let what = lower_first(&headline::what_happened(report, run));
        format!("{} cannot be believed: {what}", shown(&run.name))
    });
    sentences.extend(named);
    if let Some(more) = invalid.len().checked_sub(room).filter(|more| *more > 0) {
        let more = plural(more as u64, "run");
        sentences.push(format!("{more} more cannot be believed."));
    }
    sentences
}

/// One or two sentences over one series.
pub(crate) fn of_series(scaling: &Scaling) -> Vec<String> {
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
    use crate::model::Unit;
    use crate::pipeline::{Options, analyse};
    use crate::report::About;
    use crate::report::RuleId;
    use crate::report::{Evidence, Finding};
    use crate::scale::testing::{calm, document, saturated};

    fn scaled(names: &[&str]) -> Report {
        let run = |name: &&str| {
            let mut run = Run::new("ours", "format");
            (run.id, run.name) = ((*name).to_owned(), (*name).to_owned());
            run.overall.requests = Some(1000);
            run.overall.failures = Some(0);
            run
        };
        let options = Options {
            command: "scale".to_owned(),
            ..Options::default()
        };
        let mut report = analyse(names.iter().map(run).collect(), &options);
        report.scalings = vec![saturated()];
        report
    }

    #[test]
    fn knee_scale_opens_with_the_answer_and_not_with_what_nobody_demanded() {
        let mut report = scaled(&["one"]);
        let said = headline::of_report(&report);
        assert!(
            said[0].contains("the knee lies between 4/s and 8/s"),
            "{said:?}"
        );
        assert!(said[2].starts_with("1,000 requests"), "{said:?}");
        assert!(said.len() <= 2 + OF_RUNS, "{said:?}");
        assert!(!said.concat().contains("No target was given"), "{said:?}");
        report.command = "report".to_owned();
        let said = headline::of_report(&report);
        assert!(said[0].starts_with("1,000 requests"), "{said:?}");
        assert!(said.concat().contains("No target was given"), "{said:?}");
        assert!(said.concat().contains("the knee lies between"), "{said:?}");
    }

    #[test]
    fn of_several_runs_of_a_series_those_are_told_that_cannot_be_believed() {
        let names = ["a", "b", "c", "d", "e"];
        let mut report = scaled(&names);
        report.findings.clear();
        assert_eq!(headline::of_report(&report).len(), 2);
        for name in names {
            report.findings.push(Finding {
                rule: RuleId::V12,
                name: "impossible".to_owned(),
                about: About::Run,
                severity: Effect::Invalid.into(),
                effect: Effect::Invalid,
                run: Some(name.to_owned()),
                endpoint: None,
                also_at: Vec::new(),
                part_of: None,
                metric: None,
                evidence: Evidence::new(),
                message: "it cannot be".to_owned(),
                hint: None,
            });
        }
        let said = headline::of_report(&report);
        assert_eq!(said.len(), 2 + OF_RUNS);
        assert_eq!(
            said[2],
            "a cannot be believed: 1,000 requests; none failed."
        );
        assert_eq!(said[4], "3 runs more cannot be believed.");
    }

    #[test]
    fn a_broken_target_on_levels_names_its_level_and_no_run() {
        let mut report = scaled(&["a", "b"]);
        let broken = |expect: &str, metric: Option<&str>, level, value| TargetResult {
            name: expect.to_owned(),
            run: "a".to_owned(),
            endpoint: None,
            level,
            metric: metric.map(str::to_owned),
            phase: None,
            expect: expect.to_owned(),
            value: Some(value),
            unit: metric.map(|_| Unit::Millis),
            interval: None,
            n: None,
            margin: None,
            state: TargetState::Fail,
            reason: None,
            optional: false,
            origin: "--target".to_owned(),
        };
        report.targets = vec![
            broken("p99 < 1s up to 4/s", Some("p99"), Some(2.494), 8000.0),
            broken("no blow-up up to 4/s", None, Some(4.0), 2.0),
        ];
        let said = headline::of_report(&report);
        assert_eq!(
            said[2],
            "0 of 2 targets met, 2 broken: p99 < 1s up to 4/s at 2.49 is 8 s; no blow-up up to 4/s."
        );
    }

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
