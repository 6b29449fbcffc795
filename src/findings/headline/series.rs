//! What a load series opens with: its answer, and the blow-up where the answer is about something else.

use crate::findings::headline::{lower_first, shown};
use crate::findings::scaling::{Criterion, Scaling, words};
use crate::text::number::plural;

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
                "Load series search, 5 levels: no knee in the tested range, 1/s to 16/s: nothing beyond it was tested."
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
