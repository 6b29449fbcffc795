//! V05: failures stand inside the latency and cannot be told apart.

use crate::figures::side::counted;
use crate::model::{Population, Stats, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::stats::proportion::wilson;
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Above this share the latency is that of failing.
const VOID: f64 = 0.5;

/// Failures at one endpoint that are more than an accident.
const FEW: u64 = 5;

/// Of the interval of the share whose lower end warns, as at V03.
const LEVEL: f64 = 0.95;

/// Endpoints that a message names.
const NAMED: usize = 3;

const HINT: &str = "Use an output that keeps successes apart, such as a log of single requests, or fix the failures and run again.";

/// Where nothing succeeded there is nothing to keep apart.
const NO_SUCCESS: &str = "Fix the failures and run again: no output holds the latency of a success where there was none.";

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V05,
    effects: "warn / void",
    limit: Some((0.01, "share of failures inside a latency that warns")),
    text: "\
Asks whether failed requests are part of the latency, in an input that does not separate successes.
Warns when more than 1 % of the requests behind a latency failed (lower end of the 95 % interval), for the run or (from 5 failures) an endpoint.
Above 50 % the latency is void: it is shown as not measured, and no target on it is judged.
A limit above 50 % moves the void one along.
Example: 12,800 rejections of 1 ms and no success give \"average 1 ms\" for an endpoint that never worked.
What to do: use an output that keeps successes apart, or fix the failures and run again.",
    asks: Asks::Run(ask),
};

/// Failures inside a latency.
struct Inside {
    failed: u64,
    of: u64,
    /// Whether the input says that failures are in it.
    certain: bool,
}

impl Inside {
    fn share(&self) -> f64 {
        self.failed as f64 / self.of as f64
    }

    /// Whether more than a share of them failed, and not by accident.
    fn exceeds(&self, limit: f64) -> bool {
        wilson(self.failed, self.of, LEVEL).is_some_and(|(least, _)| least > limit)
    }

    fn evidence(&self) -> Evidence {
        Evidence::new()
            .count("failures", self.failed)
            .count("requests", self.of)
            .with("share", self.share(), Unit::Ratio)
    }

    fn hint(&self) -> &'static str {
        if self.failed == self.of {
            NO_SUCCESS
        } else {
            HINT
        }
    }

    /// Of the whole run, whose failures V03 counts.
    fn of_run(&self) -> String {
        if self.failed == self.of {
            return self.sentence();
        }
        let apart = if self.certain {
            "cannot be told apart from successes in it"
        } else {
            "may be in it: the input does not say"
        };
        format!(
            "Failed requests are {} of those behind the latency and {apart}",
            number::percent(self.share()),
        )
    }

    fn sentence(&self) -> String {
        if self.failed == self.of {
            let all = match self.of {
                1 => "The only request".to_owned(),
                of => format!("All {} requests", number::count(of)),
            };
            return format!("{all} failed, so there is no latency of a success");
        }
        let apart = if self.certain {
            "and their latencies cannot be told from those of successes"
        } else {
            "and the input does not say whether its latencies hold them"
        };
        format!(
            "{} of {} failed ({}), {apart}",
            number::count(self.failed),
            number::plural(self.of, "request"),
            number::percent(self.share()),
        )
    }
}

/// What failed inside the latency that is judged; `None` where it holds no failures or nothing is known.
fn inside(stats: &Stats) -> Option<Inside> {
    let population = stats.primary()?.population;
    let failures = stats.failures?;
    let requests = counted(stats)?;
    let (failed, of) = match population {
        Population::Ok | Population::Failed => return None,
        Population::All | Population::Unknown => (failures, requests),
        // Requests without an answer failed, and have no latency.
        Population::Answered => {
            let unanswered = stats.responses.map_or(0, |answered| {
                stats.requests.unwrap_or(0).saturating_sub(answered)
            });
            (
                failures.saturating_sub(unanswered),
                requests.saturating_sub(unanswered),
            )
        }
    };
    (of > 0).then_some(Inside {
        failed,
        of,
        certain: population != Population::Unknown,
    })
}

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let void = context.limit.max(VOID);
    let mut fired = Vec::new();
    let mut partly = Vec::new();
    for endpoint in &run.endpoints {
        let Some(inside) = inside(&endpoint.stats) else {
            continue;
        };
        if inside.share() > void {
            fired.push(
                Fired::new(
                    Effect::Void,
                    format!(
                        "{}: the latency of this endpoint is not measured.",
                        inside.sentence()
                    ),
                    inside.evidence(),
                )
                .at(endpoint.label())
                .hint(inside.hint()),
            );
        } else if inside.exceeds(context.limit) && inside.failed >= FEW {
            partly.push((inside, endpoint.label()));
        }
    }
    // The worst stands first, and names the others.
    let failed = |fired: &Fired| fired.evidence.get("failures").unwrap_or(0.0);
    fired.sort_by(|a, b| {
        let worst = failed(b).total_cmp(&failed(a));
        worst.then_with(|| a.endpoint.cmp(&b.endpoint))
    });
    partly.sort_by(|(a, a_label), (b, b_label)| {
        b.share()
            .total_cmp(&a.share())
            .then_with(|| a_label.cmp(b_label))
    });

    let overall = inside(&run.overall);
    let overall_share = overall.as_ref().map_or(0.0, Inside::share);
    let named: Vec<String> = partly
        .iter()
        .map(|(inside, label)| format!("{} ({})", quoted(label), number::percent(inside.share())))
        .collect();
    let warns = overall
        .as_ref()
        .is_some_and(|inside| inside.exceeds(context.limit));
    if let Some(inside) = overall.filter(|_| warns || overall_share > void) {
        let (effect, rest) = if overall_share > void {
            (Effect::Void, ": the latency of the run is not measured.")
        } else {
            (Effect::Warn, ".")
        };
        let mut message = format!("{}{rest}", inside.of_run());
        if effect == Effect::Warn && !named.is_empty() {
            message = format!("{message} Highest share: {}.", first_of(&named, NAMED));
        }
        let hint = inside.hint();
        fired.insert(0, Fired::new(effect, message, inside.evidence()).hint(hint));
    }
    // Said once: with the run, unless that is void or clean.
    let alone = !warns || overall_share > void;
    if let Some((worst, label)) = partly.first().filter(|_| alone) {
        let message = if partly.len() == 1 {
            format!("{}.", worst.sentence())
        } else {
            format!(
                "Failures stand inside the latency of {}: {}.",
                number::plural(partly.len() as u64, "endpoint"),
                first_of(&named, NAMED),
            )
        };
        let warning = Fired::new(Effect::Warn, message, worst.evidence()).hint(HINT);
        fired.push(if partly.len() == 1 {
            warning.at(label.clone())
        } else {
            warning
        });
    }
    fired
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Run;
    use crate::rules::testing::{ask, counts, day_17, endpoint, latency, run};

    fn of(population: Population, requests: u64, failures: u64) -> Run {
        let mut stats = counts(requests, failures);
        stats.latency = Some(latency(population, requests, &[("p50", 5.0)]));
        run(stats, 60.0)
    }

    #[test]
    fn document_002_has_no_latency() {
        let fired = ask(&RULE, &day_17());
        let effects: Vec<(Effect, Option<&str>)> = fired
            .iter()
            .map(|fired| (fired.effect, fired.endpoint.as_deref()))
            .collect();
        assert_eq!(
            effects,
            [
                (Effect::Void, None),
                (Effect::Void, Some("POST /api/v1/data/ingest [stress]")),
                (Effect::Void, Some("POST /api/v1/data/ingest")),
                (Effect::Void, Some("GET /api/v1/ml/models/list")),
                (Effect::Warn, Some("GET /health/*")),
            ]
        );
        assert_eq!(
            fired[0].message,
            "Failed requests are 88.54 % of those behind the latency and cannot be told apart from successes in it: the latency of the run is not measured."
        );
        assert_eq!(
            fired[3].message,
            "All 197 requests failed, so there is no latency of a success: the latency of this endpoint is not measured."
        );
        assert_eq!(fired[4].evidence.get("share"), Some(0.25));
    }

    #[test]
    fn where_nothing_succeeded_no_output_is_recommended() {
        let fired = ask(&RULE, &of(Population::Answered, 40, 40));
        let hint = fired[0].hint.as_deref().unwrap();
        assert!(hint.starts_with("Fix the failures"), "{hint}");
        assert!(!hint.contains("keeps successes apart"), "{hint}");
        let fired = ask(&RULE, &of(Population::Answered, 40, 39));
        let hint = fired[0].hint.as_deref().unwrap();
        assert!(hint.contains("keeps successes apart"), "{hint}");
    }

    #[test]
    fn a_few_failures_inside_warn_once_and_name_the_endpoint() {
        let mut given = of(Population::All, 1000, 20);
        let mut stats = counts(100, 20);
        stats.latency = Some(latency(Population::All, 100, &[("p50", 5.0)]));
        given.endpoints.push(endpoint("GET", "/flaky", stats));
        let fired = ask(&RULE, &given);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Warn);
        assert!(
            fired[0]
                .message
                .ends_with("Highest share: \"GET /flaky\" (20 %)."),
            "{}",
            fired[0].message
        );
    }

    #[test]
    fn a_single_failure_at_an_endpoint_is_no_warning() {
        let of_endpoint = |failures| {
            let mut given = of(Population::All, 1000, 0);
            let mut stats = counts(50, failures);
            stats.latency = Some(latency(Population::All, 50, &[("p50", 5.0)]));
            given.endpoints.push(endpoint("GET", "/a", stats));
            ask(&RULE, &given)
        };
        assert!(of_endpoint(4).is_empty());
        let fired = of_endpoint(5);
        assert_eq!(fired[0].endpoint.as_deref(), Some("GET /a"));
        assert_eq!(
            fired[0].message,
            "5 of 50 requests failed (10 %), and their latencies cannot be told from those of successes."
        );
    }

    #[test]
    fn separated_few_or_unanswered_failures_are_silent() {
        assert!(ask(&RULE, &of(Population::All, 1000, 10)).is_empty());
        assert!(ask(&RULE, &of(Population::Ok, 1000, 900)).is_empty());
        let mut apart = of(Population::All, 1000, 900);
        apart.overall.latency_ok = Some(latency(Population::Ok, 100, &[("p50", 5.0)]));
        assert!(ask(&RULE, &apart).is_empty());
        let mut unanswered = of(Population::Answered, 1000, 400);
        unanswered.overall.responses = Some(600);
        assert!(ask(&RULE, &unanswered).is_empty());
    }

    #[test]
    fn an_input_that_does_not_say_is_not_accused() {
        let fired = ask(&RULE, &of(Population::Unknown, 1000, 600));
        assert_eq!(fired[0].effect, Effect::Void);
        assert!(fired[0].message.contains("does not say"));
    }
}
