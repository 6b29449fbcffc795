//! V18: two columns of resources hold the same values, row by row.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Resource, Run};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::quoted;

/// Fewer rows than this agree by chance.
const LEAST_ROWS: u64 = 5;

/// Columns that keep one value agree with another that keeps it, and neither is a copy.
const LEAST_VALUES: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V18,
    effects: "note",
    limit: Some((0.6, "share of the rows in which two columns are equal")),
    text: "\
Asks whether two columns of resources are one column that was copied.
Fires when two metrics in the same unit hold the same value in more than 60 % of the rows, over all components, with at
least 5 rows and 3 different values. Rows in which both are 0 do not count, and limits are not compared.
Example: a table of six containers with CPU 2.43 % and memory 2.43 %, 5.61 % and 5.61 %, 0.21 % and 0.21 %, ...: equal in
five rows of six. A maximum of the copied column then says nothing about what its title names.
Parked: no real run has made it fire, so it is asked only where `[rules] severity` gives it an effect, such as { V18 = \"warn\" }.
What to do: look at how the table was made, and take the samples again from `docker stats`.",
    asks: Asks::Run(ask),
};

/// Rows of two columns.
#[derive(Default)]
struct Rows {
    count: u64,
    equal: u64,
    values: BTreeSet<u64>,
}

fn ask(context: &RunContext) -> Vec<Fired> {
    let mut fired = Vec::new();
    for ((one, other), found) in pairs(context.run) {
        let share = found.equal as f64 / found.count.max(1) as f64;
        let is_copy = found.count >= LEAST_ROWS
            && found.values.len() >= LEAST_VALUES
            && share > context.limit;
        if !is_copy {
            continue;
        }
        let message = format!(
            "{} and {} are equal in {} of {} of the resources ({}): one may be a copy of the other.",
            quoted(one),
            quoted(other),
            number::count(found.equal),
            number::plural(found.count, "row"),
            number::percent(share),
        );
        let evidence = Evidence::new()
            .count("rows", found.count)
            .count("equal", found.equal);
        let hint = "Look at how the table of resources was made, and take the samples again.";
        fired.push(Fired::new(Effect::Note, message, evidence).hint(hint));
    }
    fired
}

/// Every pair of metrics in one unit, with the rows that both have.
fn pairs(run: &Run) -> BTreeMap<(&str, &str), Rows> {
    let mut pairs: BTreeMap<(&str, &str), Rows> = BTreeMap::new();
    let columns: Vec<&Resource> = run
        .resources
        .iter()
        .filter(|resource| !resource.name.ends_with("limit"))
        .collect();
    for (place, one) in columns.iter().enumerate() {
        let same_row = |other: &&&Resource| {
            other.component == one.component
                && other.phase == one.phase
                && other.unit == one.unit
                && other.name != one.name
        };
        for other in columns.iter().skip(place + 1).filter(same_row) {
            let shared = shared(one, other);
            if shared.is_empty() {
                continue;
            }
            let name = (one.name.as_str(), other.name.as_str());
            let rows = pairs.entry(name).or_default();
            for (a, b) in shared {
                let both_zero = a.abs() + b.abs() <= 0.0;
                if both_zero {
                    continue;
                }
                rows.count += 1;
                if a.total_cmp(&b).is_eq() {
                    rows.equal += 1;
                    rows.values.insert(a.to_bits());
                }
            }
        }
    }
    pairs
}

/// The values of both at the same times; of single samples without times, those. Nothing where a thinned series leaves
/// too few of them.
fn shared(one: &Resource, other: &Resource) -> Vec<(f64, f64)> {
    if one.series.is_empty() && other.series.is_empty() {
        let single = one.samples == 1 && other.samples == 1;
        return one
            .last
            .zip(other.last)
            .filter(|_| single)
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    let mut rest = other.series.iter().peekable();
    for (time, value) in &one.series {
        while rest.next_if(|(at, _)| at < time).is_some() {}
        if let Some((_, same)) = rest.next_if(|(at, _)| at.total_cmp(time).is_eq()) {
            found.push((*value, *same));
        }
    }
    if 2 * found.len() < one.series.len().max(other.series.len()) {
        found.clear();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{ask, counts, resource, run};

    fn given(rows: &[(&str, f64, f64)]) -> Run {
        let mut run = run(counts(100, 0), 60.0);
        for (component, cpu, share) in rows {
            run.resources
                .push(resource(component, "cpu", Some("%"), &[*cpu]));
            run.resources
                .push(resource(component, "memory_share", Some("%"), &[*share]));
        }
        run
    }

    /// Document 002, container resource usage.
    #[test]
    fn the_table_of_document_002_holds_one_column_twice() {
        let fired = ask(
            &RULE,
            &given(&[
                ("api", 0.07, 0.84),
                ("database", 2.43, 2.43),
                ("redis", 5.61, 5.61),
                ("mlflow", 0.21, 0.21),
                ("toxiproxy", 0.04, 0.04),
                ("ui", 0.13, 0.13),
            ]),
        );
        assert_eq!(fired.len(), 1);
        assert_eq!(
            fired[0].message,
            "\"cpu\" and \"memory_share\" are equal in 5 of 6 rows of the resources (83.33 %): one may be a copy of the other."
        );
    }

    #[test]
    fn columns_that_differ_or_stand_still_are_no_copies() {
        let differ = [
            ("a", 1.0, 2.0),
            ("b", 2.0, 2.0),
            ("c", 3.0, 3.0),
            ("d", 4.0, 1.0),
            ("e", 5.0, 5.0),
        ];
        assert!(ask(&RULE, &given(&differ)).is_empty());
        let still = [("a", 8.0, 8.0); 6];
        assert!(ask(&RULE, &given(&still)).is_empty());
        let nothing = [
            ("a", 0.0, 0.0),
            ("b", 0.0, 0.0),
            ("c", 1.0, 1.0),
            ("d", 2.0, 2.0),
            ("e", 3.0, 3.0),
        ];
        assert!(ask(&RULE, &given(&nothing)).is_empty());
    }

    #[test]
    fn series_are_compared_at_the_times_that_they_share() {
        let mut run = run(counts(100, 0), 60.0);
        let mut timed = |name: &str, offset: f64, unit: &str| {
            let mut one = resource("api", name, Some(unit), &[1.0; 10]);
            one.series = (0..10)
                .map(|i| (f64::from(i) + offset, f64::from(i)))
                .collect();
            run.resources.push(one);
        };
        timed("cpu", 0.0, "%");
        timed("memory_share", 0.0, "%");
        timed("apart", 0.5, "%");
        timed("pids", 0.0, "B");
        let fired = ask(&RULE, &run);
        assert_eq!(fired.len(), 1, "{fired:?}");
        assert!(fired[0].message.contains("memory_share"));
        assert_eq!(fired[0].evidence.get("rows"), Some(9.0));
    }
}
