//! V45: nothing says how far two runs of the same thing lie apart here.

use crate::model::Unit;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, ComparedContext, Fired, Rule};
use crate::text::number;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V45,
    effects: "note",
    limit: None,
    text: "\
Asks whether the runs themselves show how far two runs of the same thing lie apart.
Fires when a side is a single run, or when the sides have repeats that were not run in turn, in one job (`--interleaved`).
With one run a side the spread between runs is assumed, and a change is suspected but not proven. Repeats of different
sittings share what their sitting had - the machine, its neighbours, the hour - so a spread between sittings is added.
Example: p50 of 20 ms yesterday and 22 ms today: the same build may differ by as much.
What to do: run both sides in turn in one job, a1 b1 a2 b2 a3 b3, and compare with `--interleaved`.",
    asks: Asks::Compared(ask),
};

const HINT: &str = "Run both sides in turn in one job and compare them: knee compare --base a1.json a2.json a3.json --new b1.json b2.json b3.json --interleaved";

fn ask(context: &ComparedContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &ComparedContext) -> Option<Fired> {
    let (base, new) = (context.base.len() as u64, context.new.len() as u64);
    let single = base.min(new) == 1;
    if base == 0 || new == 0 || (context.comparison.interleaved && !single) {
        return None;
    }
    let assumed = "how far two runs of one build lie apart is assumed there";
    let message = if base == 1 && new == 1 {
        "One run stands against one: how far two runs of one build lie apart is assumed and not measured, so a change can be \
         suspected and not proven."
            .to_owned()
    } else if single {
        let (one, many, runs) = if base == 1 {
            ("base", "new side", new)
        } else {
            ("new side", "base", base)
        };
        format!(
            "The {one} is a single run, the {many} {}: {assumed}.",
            number::plural(runs, "repeat")
        )
    } else {
        format!(
            "{} stand against {}, and nothing says that they were run in turn, in one job: what one sitting had and the other \
             had not looks like a change, so a spread between sittings is added.",
            number::plural(base, "repeat"),
            number::count(new),
        )
    };
    let mut evidence = Evidence::new()
        .count("base_repeats", base)
        .count("new_repeats", new);
    if let Some(days) = context.comparison.age_days {
        evidence = evidence.with("age_days", days, Unit::AsGiven);
    }
    Some(Fired::new(Effect::Note, message, evidence).hint(HINT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Run;
    use crate::rules::testing::{ask_compared, comparison, search};

    fn fired(base: usize, new: usize, interleaved: bool) -> Vec<Fired> {
        let given = search();
        let mut compared = comparison(Vec::new());
        compared.interleaved = interleaved;
        let side = |repeats: usize| -> Vec<&Run> { vec![&given; repeats] };
        ask_compared(&RULE, &compared, &side(base), &side(new))
    }

    #[test]
    fn one_against_one_proves_nothing() {
        let found = fired(1, 1, false);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Note);
        assert!(found[0].message.starts_with("One run stands against one:"));
        assert!(found[0].message.ends_with("suspected and not proven."));
        assert!(found[0].hint.as_deref().unwrap().ends_with(
            "knee compare --base a1.json a2.json a3.json --new b1.json b2.json b3.json --interleaved"
        ));
        assert_eq!(fired(1, 1, true).len(), 1, "one run cannot be run in turn");
    }

    #[test]
    fn one_against_several_names_the_side() {
        assert!(
            fired(1, 5, true)[0]
                .message
                .starts_with("The base is a single run, the new side 5 repeats:")
        );
        assert!(
            fired(3, 1, false)[0]
                .message
                .starts_with("The new side is a single run, the base 3 repeats:")
        );
    }

    #[test]
    fn repeats_of_two_jobs_are_said() {
        let found = fired(3, 5, false);
        assert!(
            found[0]
                .message
                .starts_with("3 repeats stand against 5, and nothing says")
        );
        assert_eq!(found[0].evidence.get("new_repeats"), Some(5.0));
    }

    #[test]
    fn repeats_in_turn_are_silent() {
        assert!(fired(3, 3, true).is_empty());
        assert!(fired(0, 3, false).is_empty());
    }
}
