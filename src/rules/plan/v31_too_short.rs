//! V31: too short, or too few requests, for a claim of stability or capacity that is made.

use crate::load::steady;
use crate::load::steady::{Steadiness, steadiness};
use crate::model::{MetricId, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::scaling::{Level, Scaling};
use crate::report::{TargetResult, TargetState};
use crate::rules::{Asks, Fired, PlanContext, Rule};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};
use crate::wording::series as words;

/// Fewest requests of a run that says anything about stability.
const REQUESTS: u64 = 1000;

/// Claims that a message names.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V31,
    effects: "warn",
    limit: Some((30.0, "shortest steady phase in seconds")),
    text: "\
Asks whether a run is long enough for what is claimed of it, and is silent where nothing is claimed.
A claim is a target on sustained_rate, the knee, efficiency, blow-ups or a load level, or the answer of a load series.
Warns when the steady phase is shorter than 30 s (1 % less is tolerated) or there are fewer than 1,000 requests; of a series the
levels at the knee are asked, of a run with several load levels the longest one, and without a steady phase the whole run.
Example: a knee between two levels of 10 s and 70 requests each: over before a pool is full or a collector runs.
What to do: run for minutes at the level that is claimed; take such a run as a smoke test.",
    asks: Asks::Claims(ask),
};

const HINT: &str = "Run longer at the same load; take this run as a smoke test.";

fn ask(context: &PlanContext) -> Vec<Fired> {
    let of_runs = context.runs.iter().filter_map(|run| of_run(context, run));
    let of_series = context.scalings.iter();
    let of_series = of_series.filter_map(|scaling| of_series_claim(context, scaling));
    of_runs.chain(of_series).collect()
}

/// How long, how many requests, and what is called so; what is not known is not short.
struct Extent {
    what: String,
    id: &'static str,
    length: Option<f64>,
    requests: Option<u64>,
}

impl Extent {
    fn of(run: &Run) -> Extent {
        let whole = run.duration.map(|duration| duration.0);
        let (what, id, length) = match steadiness(run) {
            Steadiness::Phase(start, end)
                if whole.is_some_and(|whole| end - start < whole - 0.05) =>
            {
                (
                    "The steady phase".to_owned(),
                    "steady_phase",
                    Some(end - start),
                )
            }
            Steadiness::Phase(start, end) => ("The run".to_owned(), "duration", Some(end - start)),
            Steadiness::Levels(levels) => {
                let count = number::plural(levels.len() as u64, "load level");
                let longest = levels.iter().map(steady::Level::length).reduce(f64::max);
                (format!("The longest of {count}"), "longest_level", longest)
            }
            _ => ("The run".to_owned(), "duration", whole),
        };
        Extent {
            what,
            id,
            length,
            requests: run.overall.requests,
        }
    }

    fn at(scaling: &Scaling, level: &Level, runs: &[&Run]) -> Extent {
        let stretch = level.from_s.zip(level.to_s).map(|(from, to)| to - from);
        let repeats = runs.iter().filter(|run| level.runs.contains(&run.id));
        let of_runs = repeats.filter_map(|run| Extent::of(run).length);
        Extent {
            what: format!("The level {}", words::of_level(scaling, level)),
            id: "shortest_level",
            length: stretch.or_else(|| of_runs.reduce(f64::max)),
            requests: level.n,
        }
    }

    /// A run planned for 30 s has its last event a little earlier.
    fn is_short(&self, limit: f64) -> bool {
        self.length.is_some_and(|length| length < 0.99 * limit)
            || self.requests.is_some_and(|requests| requests < REQUESTS)
    }

    fn fired(&self, claims: &[String], limit: f64) -> Fired {
        let mut evidence = Evidence::new().count("claims", claims.len() as u64);
        let mut facts = Vec::new();
        if let Some(length) = self.length {
            evidence = evidence.with(self.id, length, Unit::Seconds);
            facts.push(format!("lasts {}", number::seconds(length)));
        }
        if let Some(requests) = self.requests {
            evidence = evidence.count("requests", requests);
            facts.push(format!("has {}", number::plural(requests, "request")));
        }
        let message = format!(
            "{} {}, too little for {}: it takes at least {} and {}.",
            self.what,
            facts.join(" and "),
            first_of(claims, NAMED),
            number::seconds(limit),
            number::plural(REQUESTS, "request"),
        );
        Fired::new(Effect::Warn, message, evidence)
            .on(MetricId::Plain("duration"))
            .hint(HINT)
    }
}

fn of_run(context: &PlanContext, run: &Run) -> Option<Fired> {
    let of_this = context.results.iter().filter(|result| result.run == run.id);
    let stable = of_this.filter(|result| result.metric.as_deref() == Some("sustained_rate"));
    let claims = targets(stable);
    let extent = Extent::of(run);
    let fires = !claims.is_empty() && extent.is_short(context.limit);
    fires.then(|| extent.fired(&claims, context.limit).of(run))
}

fn of_series_claim(context: &PlanContext, scaling: &Scaling) -> Option<Fired> {
    let knee = scaling.knee.as_ref()?;
    let ids = || scaling.levels.iter().flat_map(|level| &level.runs);
    let of_this = context.results.iter().filter(|result| {
        let metric = result.metric.as_deref();
        let speaks = result.level.is_some() || matches!(metric, None | Some("knee" | "efficiency"));
        speaks && ids().any(|id| *id == result.run)
    });
    let mut claims = targets(of_this);
    let ends = knee.interval.filter(|_| knee.found);
    claims.push(if knee.found {
        format!("the knee {}", words::place(scaling, knee))
    } else {
        format!(
            "saying that there is no knee from {}",
            words::range(scaling)
        )
    });
    // What lies away from the knee decides nothing.
    let decides = |level: &&Level| {
        ends.is_none_or(|ends| [ends.lo, ends.hi, knee.last_good].contains(&Some(level.value)))
    };
    let extents = scaling.levels.iter().filter(decides);
    let extents = extents.map(|level| Extent::at(scaling, level, context.runs));
    let short = extents.filter(|extent| extent.is_short(context.limit));
    let fewest = short.min_by_key(|extent| extent.requests)?;
    let fired = fewest.fired(&claims, context.limit);
    let only = ids().next().filter(|first| ids().all(|id| id == *first));
    let run = context.runs.iter().find(|run| Some(&run.id) == only);
    Some(match run {
        Some(run) => fired.of(run),
        None => fired,
    })
}

/// The targets that were judged, as `the target "knee > 5/s"`.
fn targets<'a>(results: impl Iterator<Item = &'a TargetResult>) -> Vec<String> {
    let judged = results.filter(|result| {
        let open = [TargetState::NotMeasured, TargetState::NotApplicable];
        !open.contains(&result.state)
    });
    let mut claims: Vec<String> = judged
        .map(|result| format!("the target {}", quoted(&result.expect)))
        .collect();
    claims.dedup();
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::Plan;
    use crate::rules::Options;
    use crate::rules::testing::{counts, hardwork_1, ramp, result, run};
    use crate::scale::testing::{calm, saturated};

    fn asked(run: &Run, results: &[TargetResult], scalings: &[Scaling]) -> Vec<Fired> {
        let plan = Plan::default();
        ask(&PlanContext {
            plan: &plan,
            targets: &[],
            results,
            runs: &[run],
            scalings,
            options: &Options::default(),
            limit: 30.0,
        })
    }

    fn stable(state: TargetState) -> TargetResult {
        TargetResult {
            run: "run".to_owned(),
            metric: Some("sustained_rate".to_owned()),
            expect: "sustained_rate > 5/s".to_owned(),
            ..result(state, None, 7.0)
        }
    }

    fn message(fired: &[Fired]) -> &str {
        assert_eq!(fired.len(), 1, "{fired:?}");
        &fired[0].message
    }

    #[test]
    fn a_short_run_of_which_nothing_is_claimed_is_silent() {
        let given = hardwork_1();
        assert!(asked(&given, &[], &[]).is_empty());
        // A percentile is no claim of stability, and what was not measured claims nothing.
        let p95 = result(TargetState::Pass, None, 300.0);
        assert!(asked(&given, &[p95], &[]).is_empty());
        assert!(asked(&given, &[stable(TargetState::NotMeasured)], &[]).is_empty());
    }

    #[test]
    fn the_claim_is_named() {
        let fired = asked(&hardwork_1(), &[stable(TargetState::Pass)], &[]);
        assert_eq!(
            message(&fired),
            "The run lasts 60 s and has 480 requests, too little for the target \"sustained_rate > 5/s\": \
             it takes at least 30 s and 1,000 requests."
        );
        assert_eq!(fired[0].run.as_deref(), Some("run"));
        let enough = run(counts(5000, 0), 60.0);
        assert!(asked(&enough, &[stable(TargetState::Pass)], &[]).is_empty());
    }

    #[test]
    fn only_the_steady_phase_counts() {
        let mut given = run(counts(5000, 0), 29.9);
        assert!(asked(&given, &[stable(TargetState::Pass)], &[]).is_empty());
        given.duration = Some(crate::model::Seconds(29.6));
        assert_eq!(asked(&given, &[stable(TargetState::Pass)], &[]).len(), 1);
        given.duration = Some(crate::model::Seconds(60.0));
        given.load.phases.push(ramp(0.0, 40.0));
        let fired = asked(&given, &[stable(TargetState::Pass)], &[]);
        let text = message(&fired);
        assert!(
            text.starts_with(
                "The steady phase lasts 20 s and has 5,000 requests, too little for the target"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_is_not_known_is_not_short() {
        let mut given = run(crate::model::Stats::default(), 60.0);
        given.duration = None;
        assert!(asked(&given, &[stable(TargetState::Pass)], &[]).is_empty());
        given.overall.requests = Some(100);
        assert!(
            message(&asked(&given, &[stable(TargetState::Pass)], &[]))
                .starts_with("The run has 100 requests, too little")
        );
    }

    #[test]
    fn the_answer_of_a_series_is_a_claim_and_its_levels_at_the_knee_are_asked() {
        let given = run(counts(5000, 0), 60.0);
        let mut scaling = saturated();
        for level in &mut scaling.levels {
            (level.from_s, level.to_s, level.n) = (Some(0.0), Some(60.0), Some(5000));
        }
        assert!(asked(&given, &[], &[scaling.clone()]).is_empty());
        let lo = scaling
            .knee
            .as_ref()
            .and_then(|knee| knee.interval?.lo)
            .unwrap();
        for level in &mut scaling.levels {
            level.to_s = Some(if level.value < lo { 5.0 } else { 60.0 });
        }
        assert!(
            asked(&given, &[], &[scaling.clone()]).is_empty(),
            "below the knee"
        );
        for level in &mut scaling.levels {
            level.to_s = Some(10.0);
        }
        let fired = asked(&given, &[], &[scaling]);
        let text = message(&fired);
        assert!(
            text.contains("lasts 10 s and has 5,000 requests, too little for the knee between"),
            "{text}"
        );

        let mut scaling = calm();
        for level in &mut scaling.levels {
            (level.from_s, level.to_s, level.n) = (Some(0.0), Some(60.0), Some(70));
        }
        let fired = asked(&given, &[], &[scaling]);
        let text = message(&fired);
        assert!(
            text.contains("has 70 requests, too little for saying that there is no knee from"),
            "{text}"
        );
    }
}
