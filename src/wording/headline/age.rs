//! How old a base is: every comparison with an accepted one says it, and others where the sides were run days apart.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::Run;
use crate::report::Report;
use crate::report::comparison::{ComparedSide, Comparison};
use crate::text::number::decimal;
use crate::text::phrase::shown;

/// Days after which a baseline is old.
const OLD: f64 = 30.0;

/// Days that two sides may be apart without a word.
const APART: f64 = 1.0;

/// The label that says on what machine of a CI a run was made.
const RUNNER: &str = "runner";

/// When the sides were run, and with what, where a reader has to know it.
pub(super) fn sentences(report: &Report, comparison: &Comparison) -> Vec<String> {
    let (base, new) = (&comparison.base, &comparison.new);
    let mut sentences = Vec::new();
    match comparison.age_days {
        Some(days) if base.accepted => sentences.push(of_baseline(days, base, new)),
        None if base.accepted => sentences.push(
            "How old the baseline is cannot be told: it or these runs have no start time."
                .to_owned(),
        ),
        Some(days) if days.abs() > APART && !comparison.interleaved => sentences.push(format!(
            "The base was run {} {} the new side, not interleaved: what changed on the machine in between counts as a change.",
            in_words(days.abs()),
            if days > 0.0 { "before" } else { "after" }
        )),
        _ => {}
    }
    let of = |side: &ComparedSide, read: &dyn Fn(&Run) -> Option<String>| -> BTreeSet<String> {
        let runs = report.runs.iter().filter(|run| side.runs.contains(&run.id));
        runs.filter_map(read).collect()
    };
    let mut differ = |what: &str, read: &dyn Fn(&Run) -> Option<String>| {
        let (before, after) = (of(base, read), of(new, read));
        if !before.is_empty() && !after.is_empty() && before != after {
            let named = |all: BTreeSet<String>| all.into_iter().collect::<Vec<_>>().join(", ");
            sentences.push(format!(
                "The {what} differs: {} in the base, {} now.",
                shown(&named(before)),
                shown(&named(after))
            ));
        }
    };
    differ("version of the tool", &|run| {
        Some(format!(
            "{} {}",
            run.source.tool,
            run.source.tool_version.as_ref()?
        ))
    });
    differ("runner", &|run| run.labels.get(RUNNER).cloned());
    sentences
}

fn of_baseline(days: f64, base: &ComparedSide, new: &ComparedSide) -> String {
    let day = |at: Option<Timestamp>| {
        let at = at.map(|at| at.to_string());
        at.and_then(|at| Some(at.get(..10)?.to_owned()))
            .unwrap_or_default()
    };
    let dates = |side: &ComparedSide| {
        let (first, last) = (day(side.started_at), day(side.last_started_at));
        if first == last {
            first
        } else {
            format!("{first} to {last}")
        }
    };
    let (before, after) = (dates(base), dates(new));
    let dates = if before == after {
        format!("both of {before}")
    } else {
        format!("{before} and {after}")
    };
    if days == 0.0 {
        return format!("The runs of the baseline and these overlap in time ({dates}).");
    }
    let in_days = in_words(days.abs());
    if days < 0.0 {
        let wrong = if days < -APART {
            ": these runs are not what came after it"
        } else {
            ""
        };
        return format!("The baseline is {in_days} younger than these runs ({dates}){wrong}.");
    }
    let old = if days > OLD {
        ": what else changed since then counts as a change. Accept newer runs"
    } else {
        ""
    };
    format!("The baseline is {in_days} older than these runs ({dates}){old}.")
}

/// `43 days`, `3 hours`.
fn in_words(days: f64) -> String {
    let hours = days * 24.0;
    if hours < 1.0 {
        return "less than an hour".to_owned();
    }
    let (number, noun) = if days < 2.0 {
        (hours, "hour")
    } else {
        (days, "day")
    };
    let number = decimal(number, 0);
    let ending = if number == "1" { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_given_in_hours_and_days() {
        assert_eq!(in_words(0.02), "less than an hour");
        assert_eq!(in_words(1.0 / 24.0), "1 hour");
        assert_eq!(in_words(1.9), "46 hours");
        assert_eq!(in_words(43.4), "43 days");
        assert_eq!(in_words(1_200.0), "1,200 days");
    }
}
