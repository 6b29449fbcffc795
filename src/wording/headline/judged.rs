//! How much of two sides was judged, said before anything is said to be fine.

use crate::report::comparison::{ComparedMetric, Comparison};
use crate::text::number::{count, percent, plural};

/// A share from which on nothing is said of the rest.
const NEARLY_ALL: f64 = 0.95;

/// What of sides that are not comparable is judged all the same.
pub(super) fn in_spite(comparison: &Comparison) -> &'static str {
    let judged = |is_wanted: &dyn Fn(&ComparedMetric) -> bool| {
        let mut metrics = comparison.metrics.iter();
        metrics.any(|metric| metric.p_value.is_some() && is_wanted(metric))
    };
    let is_of_errors = |metric: &ComparedMetric| metric.metric == "error_rate";
    let is_of_goodput = |metric: &ComparedMetric| metric.metric == "goodput";
    let of_endpoints = judged(&|metric| !is_of_errors(metric) && !is_of_goodput(metric));
    if of_endpoints && judged(&is_of_goodput) {
        "the endpoints on both sides are judged, and of all requests together the error rate and goodput"
    } else if of_endpoints {
        "the endpoints on both sides are judged, and of all requests together the error rate"
    } else if judged(&is_of_goodput) {
        "only error rates and goodput are judged"
    } else if judged(&is_of_errors) {
        "only error rates are judged"
    } else {
        "no metric is judged"
    }
}

/// `Compared: 41 of 338 endpoints, 38 % of the requests.` Nothing where next to all was judged.
pub(super) fn coverage(comparison: &Comparison) -> Option<String> {
    let compared = comparison.endpoints_compared;
    let lone = comparison.endpoints_added.len() + comparison.endpoints_removed.len();
    let all = compared + lone as u64;
    let few = |share: Option<f64>| share.is_some_and(|share| share < NEARLY_ALL);
    let mut sentences = Vec::new();
    // Under the limit of V22 its message says it.
    let told = !comparison.reasons.is_empty() && few(comparison.compared_share);
    if compared > 0 && lone > 0 && !told {
        let share = comparison.compared_share;
        let share = share.map_or_else(String::new, |share| {
            format!(", {} of the requests", percent(share))
        });
        sentences.push(format!(
            "Compared: {} of {}{share}.",
            count(compared),
            plural(all, "endpoint")
        ));
    }
    let judged = comparison.endpoints_judged;
    let tried = judged > 0 || comparison.reasons.is_empty();
    if tried && judged < compared && few(comparison.judged_share) {
        let share = comparison.judged_share.unwrap_or_default();
        let common = plural(compared, "common endpoint");
        sentences.push(match judged {
            0 => format!("The latency of none of {common} could be judged."),
            judged => format!(
                "The latency of {} of {common} could be judged ({} of the requests).",
                count(judged),
                percent(share)
            ),
        });
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
