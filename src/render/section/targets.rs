//! Every declared target with value, limit, interval, samples and state.

use crate::model::MetricId;
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, prose, strong, text};
use crate::render::level::Level;
use crate::render::section::{Scope, Section, absent, heading, resources, run_of};
use crate::report::{Report, TargetResult, TargetState};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "targets",
    about: "every declared target: value, limit, margin, samples, state",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let results: Vec<&TargetResult> = report
        .targets
        .iter()
        .filter(|result| result.run == run.id)
        .collect();
    if results.is_empty() {
        return Vec::new();
    }
    let title = if report.comparisons.is_empty() {
        heading(report, "Targets")
    } else {
        // The pages of a comparison have no parts that would name the run.
        Block::Heading(2, vec![text("Targets of "), code(&run.name)])
    };
    let mut blocks = vec![title, Block::Table(table(&results))];
    let reasons: Vec<Line> = results
        .iter()
        .filter_map(|result| {
            let reason = result.reason.as_ref()?;
            let mut line = vec![code(&result.expect), text(": ")];
            line.extend(prose(reason));
            Some(line)
        })
        .collect();
    if !reasons.is_empty() {
        blocks.push(Block::List(reasons));
    }
    blocks
}

/// A line per result.
pub(in crate::render) fn table(results: &[&TargetResult]) -> Table {
    let level = Level::of(results.iter().filter_map(|result| result.interval));
    let mut table = Table::new(&[
        ("Target", Align::Left),
        ("At", Align::Left),
        ("Value", Align::Right),
        ("Margin", Align::Right),
        (&level.heading(), Align::Right),
        ("n", Align::Right),
        ("State", Align::Left),
    ]);
    for result in results {
        let name = if result.name == result.expect {
            vec![code(&result.expect)]
        } else {
            vec![text(format!("{}: ", result.name)), code(&result.expect)]
        };
        table.row(vec![
            name,
            whose(result),
            quantity(result, result.value),
            quantity(result, result.margin),
            interval(result, &level),
            result
                .n
                .map_or_else(absent, |n| vec![text(number::count(n))]),
            state(result),
        ]);
    }
    table
}

/// What the value is of: an endpoint, a component and its phase, or the whole run; and at which load level.
fn whose(result: &TargetResult) -> Line {
    let mut line = of_whom(result);
    if let Some(level) = result.level {
        line.push(text(format!(" at {}", number::significant(level, 3))));
    }
    line
}

fn of_whom(result: &TargetResult) -> Line {
    if let Some(label) = &result.endpoint {
        return vec![code(label)];
    }
    let metric = result.metric.as_ref().and_then(|text| text.parse().ok());
    let Some(MetricId::Resource(component, ..)) = metric else {
        return vec![text("whole run")];
    };
    let mut line = vec![code(component)];
    if let Some(phase) = result.phase {
        line.push(text(format!(", {}", resources::words(phase))));
    }
    line
}

fn quantity(result: &TargetResult, value: Option<f64>) -> Line {
    match value {
        Some(value) => vec![text(result.amount(value))],
        None => absent(),
    }
}

fn interval(result: &TargetResult, level: &Level) -> Line {
    let Some(interval) = result.interval else {
        return absent();
    };
    let end =
        |value: Option<f64>| value.map_or_else(|| "open".to_owned(), |value| result.amount(value));
    let ends = format!("{} to {}", end(interval.lo), end(interval.hi));
    vec![text(level.cell(interval, ends))]
}

fn state(result: &TargetResult) -> Line {
    match result.state {
        TargetState::Pass => vec![text("pass")],
        TargetState::Warn => vec![strong("warn")],
        TargetState::Fail => vec![strong("FAIL")],
        TargetState::NotMeasured if result.optional => vec![text("not measured (optional)")],
        TargetState::NotMeasured => vec![strong("not measured")],
        TargetState::NotApplicable => vec![text("not applicable")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Interval;

    #[test]
    fn a_target_on_levels_says_at_which() {
        let mut result = crate::render::testing::target("answers", 100.0, TargetState::Pass);
        assert_eq!(whose(&result), [text("whole run")]);
        result.level = Some(2.494);
        assert_eq!(whose(&result), [text("whole run"), text(" at 2.49")]);
        result.endpoint = Some("GET /x".to_owned());
        assert_eq!(whose(&result), [code("GET /x"), text(" at 2.49")]);
    }

    #[test]
    fn the_level_in_the_heading_is_that_of_the_intervals() {
        let mut result = crate::render::testing::target("answers", 100.0, TargetState::Pass);
        for (level, words) in [(0.95, "95 % interval"), (0.9, "90 % interval")] {
            result.interval = Some(Interval {
                lo: Some(90.0),
                hi: None,
                level,
            });
            assert_eq!(table(&[&result]).columns[4].0, words);
        }
        result.interval = None;
        assert_eq!(table(&[&result]).columns[4].0, "Interval");
    }
}
