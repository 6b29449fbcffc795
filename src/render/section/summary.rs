//! The first screen: title, verdict, the computed sentences; with several runs a table of them.

use crate::render::Layout;
use crate::render::block::{Align, Block, Table, code, prose, strong, text};
use crate::render::section::{MARKS, Scope, Section, cell, millis_cell};
use crate::report::comparison::{ComparedSide, Comparison, ComparisonVerdict};
use crate::report::{Report, Verdict};
use crate::text::escape;
use crate::text::number::plural;
use crate::verdict;
use crate::wording::headline::{SCALE, words};

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "summary",
    about: "title, declared environment, verdict and the computed sentences; with several runs a table of them",
    scope: Scope::Report,
    closing: false,
    build,
};

fn build(report: &Report, _: usize, _: &Layout) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(1, vec![text(title(report))])];
    if let Some(status) = &report.page.status {
        blocks.push(Block::Paragraph(vec![text(format!("Status: {status}"))]));
    }
    if !report.page.environment.is_empty() {
        let facts = report.page.environment.iter();
        let facts: Vec<String> = facts.map(|(key, value)| format!("{key} {value}")).collect();
        let line = format!("Environment, as declared: {}", facts.join(", "));
        blocks.push(Block::Paragraph(vec![text(line)]));
    }
    let verdict = match report.comparisons.as_slice() {
        [] => words(report.verdict).to_owned(),
        // A gate has a verdict of its own: targets and validity count too.
        comparisons if report.command == "check" => {
            format!("{} ({})", words(report.verdict), outcome(comparisons))
        }
        comparisons => outcome(comparisons).to_owned(),
    };
    let verdict = verdict.to_uppercase();
    if is_judged(report) {
        blocks.push(Block::Paragraph(vec![strong(format!(
            "Verdict: {verdict}"
        ))]));
    }
    blocks.push(Block::List(
        report
            .headline
            .iter()
            .map(|sentence| prose(sentence))
            .collect(),
    ));
    if report.runs.len() > 1 && report.comparisons.is_empty() {
        blocks.push(Block::Table(runs(report)));
        blocks.push(Block::Paragraph(vec![text(MARKS)]));
    }
    blocks
}

/// Whether a verdict is news: of a load series of which nothing is demanded it is not.
fn is_judged(report: &Report) -> bool {
    report.command != SCALE || report.verdict != Verdict::Unjudged || !report.targets.is_empty()
}

/// The gravest of what comparisons come to.
fn outcome(comparisons: &[Comparison]) -> &'static str {
    let has = |verdict| comparisons.iter().any(|found| found.verdict == verdict);
    if has(ComparisonVerdict::Regressed) {
        "regressed"
    } else if has(ComparisonVerdict::NotComparable) {
        "not comparable"
    } else if has(ComparisonVerdict::Suspect) {
        "suspect, no regression proven"
    } else if has(ComparisonVerdict::Improved) {
        "improved, no regression shown"
    } else {
        "no regression shown"
    }
}

fn title(report: &Report) -> String {
    if let Some(title) = &report.page.title {
        return title.clone();
    }
    if let [comparison] = report.comparisons.as_slice() {
        let name = |side: &ComparedSide| {
            let runs = plural(side.repeats, "run");
            side.name.as_deref().map_or(runs, escape::name)
        };
        let (base, new) = (name(&comparison.base), name(&comparison.new));
        return format!("Load test comparison: {new} against {base}");
    }
    let subject = match (&report.page.project, report.runs.as_slice()) {
        (Some(project), [run]) => format!("{project}: {}", run.name),
        (Some(project), _) => project.clone(),
        (None, [run]) => run.name.clone(),
        (None, []) => return "Load test plan".to_owned(),
        (None, runs) => format!("{} runs", runs.len()),
    };
    let what = if report.runs.is_empty() {
        "plan"
    } else {
        "report"
    };
    format!("Load test {what}: {}", escape::name(&subject))
}

fn runs(report: &Report) -> Table {
    let columns = ["requests", "rate", "goodput", "error_rate"];
    let latencies = ["p50", "p95", "p99", "max"];
    // The runs of a load series are judged together.
    let has_verdicts = report.command != SCALE;
    let mut columns_of = vec![("#", Align::Right), ("Run", Align::Left)];
    if has_verdicts {
        columns_of.push(("Verdict", Align::Left));
    }
    columns_of.extend([
        ("Requests", Align::Right),
        ("Rate", Align::Right),
        ("Goodput", Align::Right),
        ("Failed", Align::Right),
        ("p50 ms", Align::Right),
        ("p95 ms", Align::Right),
        ("p99 ms", Align::Right),
        ("max ms", Align::Right),
    ]);
    let mut table = Table::new(&columns_of);
    for (place, run) in report.runs.iter().enumerate() {
        let verdict = verdict::of(report, Some(&run.id));
        let mut row = vec![vec![text((place + 1).to_string())], vec![code(&run.name)]];
        if has_verdicts {
            row.push(vec![text(words(verdict))]);
        }
        row.extend(
            columns
                .iter()
                .map(|metric| cell(report.figure(&run.id, None, metric))),
        );
        row.extend(
            latencies
                .iter()
                .map(|metric| millis_cell(report.figure(&run.id, None, metric))),
        );
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{report, target};
    use crate::render::{markdown, text as plain};
    use crate::report::TargetState;

    #[test]
    fn a_series_of_which_nothing_is_demanded_has_no_verdict() {
        let mut report = report();
        let page = |report: &Report| markdown::write(&build(report, 0, &Layout::default()));
        assert!(page(&report).contains("Verdict: NOT JUDGED"));
        report.command = "scale".to_owned();
        assert!(!page(&report).contains("Verdict"));
        report.targets = vec![target("a", 0.0, TargetState::NotMeasured)];
        assert!(page(&report).contains("Verdict: NOT JUDGED"));
    }

    #[test]
    fn runs_of_a_series_stand_in_one_line_each_without_verdicts() {
        let mut report = report();
        let mut other = report.runs[0].clone();
        other.id = "other".to_owned();
        report.runs.push(other);
        let page = |report: &Report| plain::write(&build(report, 0, &Layout::default()), 80, false);
        assert!(page(&report).contains("Requests") && page(&report).contains("Verdict  "));
        report.command = "scale".to_owned();
        assert!(page(&report).contains("Requests") && !page(&report).contains("Verdict"));
    }
}
