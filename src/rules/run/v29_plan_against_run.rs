//! V29: the run was made under another load than the one declared.

use crate::load::plan::Scenario;
use crate::model::{MetricId, Run, Unit};
use crate::normalize::Pattern;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::{listed, quoted};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V29,
    effects: "warn",
    limit: Some((0.05, "share by which users and think time may differ from the plan")),
    text: "\
Asks whether the run was made as its scenario in `knee.toml` declares: load model, users and think time.
Fires when the most users at one time, or the mean think time, are more than 5 % off, or when one load is open and the
other closed. Where `levels` are numbers of users (their greatest is `users`), the run has to be at its file's level, or
at any of them; levels of something else only set the most. The duration is V02's question, the task mix V28's.
Example: a plan of 50 users and a command line with 100: the result is of another test than the page says.
What to do: run what is declared, or declare what is run; one scenario per load if both are meant.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let Some(scenario) = context.scenario else {
        return Vec::new();
    };
    let mut evidence = Evidence::new();
    let mut parts = Vec::new();
    let (run, load) = (context.run, &scenario.load);
    if let (Some(ran), Some(declared)) = (run.load.model, load.model)
        && ran != declared
    {
        parts.push(format!("the load is {ran} instead of {declared}"));
    }
    if let Some(users) = run.load.users_max
        && let Some(wanted) = other_users(run, users, scenario, context.limit)
    {
        let most = wanted.iter().copied().fold(0.0, f64::max);
        evidence =
            evidence
                .with("users", users, Unit::Count)
                .with("users_declared", most, Unit::Count);
        let wanted: Vec<String> = wanted.iter().map(|n| number::decimal(*n, 1)).collect();
        parts.push(format!(
            "{} users instead of {}",
            number::decimal(users, 1),
            listed(&wanted).replace(" and ", " or "),
        ));
    }
    if let (Some(ran), Some(declared)) = (run.load.think_time, load.think_time)
        && differs(ran.mean().0, declared.mean().0, context.limit)
    {
        let (ran, declared) = (ran.mean().0, declared.mean().0);
        evidence = evidence.with("think_time", ran, Unit::Seconds).with(
            "think_time_declared",
            declared,
            Unit::Seconds,
        );
        parts.push(format!(
            "a mean think time of {} instead of {}",
            number::seconds(ran),
            number::seconds(declared)
        ));
    }
    if parts.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "The run differs from its scenario {} ({}): {}.",
        quoted(&scenario.name),
        scenario.origin,
        listed(&parts),
    );
    let fired = Fired::new(Effect::Warn, message, evidence)
        .on(MetricId::Plain("users"))
        .hint("Run what is declared, or declare what is run.");
    vec![fired]
}

fn differs(a: f64, b: f64, limit: f64) -> bool {
    (a - b).abs() > limit * a.max(b)
}

/// The numbers of users that were declared, when the run has none of them.
fn other_users(run: &Run, users: f64, scenario: &Scenario, limit: f64) -> Option<Vec<f64>> {
    let most = scenario.load.users;
    let mut levels: Vec<f64> = scenario.levels.values().copied().collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let top = levels.last().copied();
    let wanted = match (most, top) {
        (None, _) => return None,
        (Some(most), None) => vec![most],
        (Some(most), Some(top)) if !differs(most, top, 1e-9) => {
            level_of(run, scenario).map_or(levels, |level| vec![level])
        }
        (Some(most), Some(_)) => {
            return (users > most && differs(users, most, limit)).then(|| vec![most]);
        }
    };
    let is_one = wanted.iter().any(|wanted| !differs(users, *wanted, limit));
    (!is_one).then_some(wanted)
}

/// The level whose glob ends as a file of the run is called; `None` where no level, or more than one, does.
fn level_of(run: &Run, scenario: &Scenario) -> Option<f64> {
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<String> = run.source.files.iter().map(|f| base(&f.name)).collect();
    let mut found = scenario.levels.iter().filter(|(glob, _)| {
        let pattern = Pattern::new(&base(glob));
        names.iter().any(|name| pattern.matches(name))
    });
    match (found.next(), found.next()) {
        (Some((_, level)), None) => Some(*level),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileRef, LoadModel, Seconds, ThinkTime};
    use crate::rules::testing::{ask, ask_of, counts, run, scenario};

    fn at(users: f64, file: &str) -> Run {
        let mut given = run(counts(100, 0), 60.0);
        given.load.users_max = Some(users);
        given.load.model = Some(LoadModel::Closed);
        given.source.files = vec![FileRef {
            name: file.to_owned(),
            sha256: String::new(),
            bytes: 0,
        }];
        given
    }

    fn monitoring() -> Scenario {
        let mut declared = scenario("monitoring", 40);
        declared.load.users = Some(50.0);
        declared
    }

    #[test]
    fn document_003_declares_50_users_and_runs_100() {
        let fired = ask_of(&RULE, &at(100.0, "x.csv"), &monitoring());
        assert_eq!(
            fired[0].message,
            "The run differs from its scenario \"monitoring\" (knee.toml:40): 100 users instead of 50."
        );
        assert_eq!(fired[0].effect, Effect::Warn);
    }

    #[test]
    fn everything_that_differs_is_one_sentence() {
        let mut declared = monitoring();
        declared.load.model = Some(LoadModel::Open);
        let think = |seconds| {
            Some(ThinkTime {
                from: Seconds(seconds),
                to: Seconds(seconds),
            })
        };
        declared.load.think_time = think(1.25);
        let mut given = at(100.0, "x.csv");
        given.load.think_time = think(2.0);
        let fired = ask_of(&RULE, &given, &declared);
        assert_eq!(fired.len(), 1);
        assert!(
            fired[0].message.ends_with(
                ": the load is closed instead of open, 100 users instead of 50 and a mean think time of 2 s instead of 1.25 s."
            ),
            "{}",
            fired[0].message
        );
    }

    #[test]
    fn a_run_is_held_against_its_level() {
        let mut declared = monitoring();
        for (glob, level) in [
            ("r/m-10.csv", 10.0),
            ("r/m-25*.csv", 25.0),
            ("r/m-50.csv", 50.0),
        ] {
            declared.levels.insert(glob.to_owned(), level);
        }
        assert!(ask_of(&RULE, &at(25.0, "m-25b.csv"), &declared).is_empty());
        let fired = ask_of(&RULE, &at(50.0, "m-25b.csv"), &declared);
        assert!(fired[0].message.ends_with("50 users instead of 25."));
        assert!(ask_of(&RULE, &at(10.0, "other.csv"), &declared).is_empty());
        let fired = ask_of(&RULE, &at(100.0, "other.csv"), &declared);
        assert!(
            fired[0]
                .message
                .ends_with("100 users instead of 10, 25 or 50."),
            "{}",
            fired[0].message
        );
        // Levels of something else.
        declared.levels = [("m-1.csv".to_owned(), 1.0), ("m-4.csv".to_owned(), 4.0)].into();
        assert!(ask_of(&RULE, &at(20.0, "m-1.csv"), &declared).is_empty());
        assert_eq!(ask_of(&RULE, &at(60.0, "m-1.csv"), &declared).len(), 1);
    }

    #[test]
    fn as_declared_or_not_known_is_silent() {
        assert!(ask_of(&RULE, &at(50.0, "x.csv"), &monitoring()).is_empty());
        assert!(ask_of(&RULE, &at(48.0, "x.csv"), &monitoring()).is_empty());
        assert!(ask_of(&RULE, &at(100.0, "x.csv"), &scenario("s", 1)).is_empty());
        assert!(ask(&RULE, &at(100.0, "x.csv")).is_empty(), "no plan");
        let mut unknown = at(100.0, "x.csv");
        unknown.load.users_max = None;
        assert!(ask_of(&RULE, &unknown, &monitoring()).is_empty());
    }
}
