//! Declared against observed load: users, think time, duration, rate and task mix of a scenario and of a run of it.
//!
//! Puts figures side by side and judges none of them: that is what V02, V26, V28 and V29 do.

use crate::load::little;
use crate::load::plan::{Plan, Scenario};
use crate::load::tasks::observed_mix;
use crate::model::{Run, Unit};
use crate::report::workload::{Workload, WorkloadFigure, WorkloadTask};

/// The workloads of a report: of every run whose scenario is declared; without runs, of every scenario.
pub(super) fn workloads(plan: &Plan, runs: &[Run]) -> Vec<Workload> {
    if runs.is_empty() {
        return plan.scenarios.iter().map(|s| workload(s, None)).collect();
    }
    let of_run = |run| Some(workload(plan.of(run)?, Some(run)));
    runs.iter()
        .filter_map(of_run)
        .filter(Workload::says_something)
        .collect()
}

impl Workload {
    /// Whether anything was declared beyond the name.
    fn says_something(&self) -> bool {
        self.description.is_some()
            || self.model_declared.is_some()
            || !self.tasks.is_empty()
            || self.figures.iter().any(|figure| figure.declared.is_some())
    }
}

fn workload(scenario: &Scenario, run: Option<&Run>) -> Workload {
    let load = &scenario.load;
    let closed = little::closed(load);
    let seen = run.map(|run| &run.load);
    let think = seen.and_then(|load| load.think_time);
    let rate = run.and_then(|run| run.overall.rate);
    let at_latency = run.and_then(little::measured);
    let rows = [
        (
            "users",
            load.users,
            seen.and_then(|load| load.users_max),
            Unit::Count,
        ),
        (
            "think_time_from",
            load.think_time.map(|think| think.from.0),
            think.map(|think| think.from.0),
            Unit::Seconds,
        ),
        (
            "think_time_to",
            load.think_time.map(|think| think.to.0),
            think.map(|think| think.to.0),
            Unit::Seconds,
        ),
        (
            "duration",
            load.duration.map(|duration| duration.0),
            run.and_then(|run| run.duration).map(|duration| duration.0),
            Unit::Seconds,
        ),
        ("rate", None, rate.map(|rate| rate.0), Unit::PerSecond),
        (
            "highest_rate",
            closed.and_then(|load| load.highest_rate(0.0)),
            // Without a declared think time this would be a bound of no plan.
            closed
                .filter(|load| load.think.is_some())
                .and_then(|load| load.highest_rate(at_latency?.latency)),
            Unit::PerSecond,
        ),
    ];
    let mut levels: Vec<f64> = scenario.levels.values().copied().collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    Workload {
        scenario: scenario.name.clone(),
        run: run.map(|run| run.id.clone()),
        origin: scenario.origin.to_string(),
        description: scenario.description.clone(),
        model_declared: load.model,
        model_observed: seen.and_then(|load| load.model),
        levels,
        figures: rows
            .into_iter()
            .filter(|(_, declared, observed, _)| declared.is_some() || observed.is_some())
            .map(|(name, declared, observed, unit)| WorkloadFigure {
                name: name.to_owned(),
                declared,
                observed,
                unit,
            })
            .collect(),
        tasks: tasks(scenario, run),
    }
}

fn tasks(scenario: &Scenario, run: Option<&Run>) -> Vec<WorkloadTask> {
    let declared = &scenario.load.tasks;
    let whole: f64 = declared.values().sum();
    let mix = run.and_then(|run| observed_mix(run, declared));
    let all: u64 = mix.iter().flatten().map(|task| task.requests).sum();
    let rows = declared.iter().enumerate().map(|(place, (name, weight))| {
        let requests = mix
            .as_ref()
            .and_then(|mix| mix.get(place))
            .map(|task| task.requests);
        WorkloadTask {
            name: name.clone(),
            weight: *weight,
            share_declared: (whole > 0.0).then_some(weight / whole),
            requests,
            share_observed: requests
                .filter(|_| all > 0)
                .map(|requests| requests as f64 / all as f64),
        }
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::DeclaredLoad;
    use crate::model::Endpoint;
    use crate::model::{Origin, Seconds, Stats, ThinkTime};
    use std::collections::BTreeMap;

    fn endpoint(name: &str, group: Option<&str>, requests: u64) -> Endpoint {
        Endpoint {
            name: name.to_owned(),
            method: Some("GET".to_owned()),
            path: None,
            group: group.map(str::to_owned),
            names_in: Vec::new(),
            stats: Stats {
                requests: Some(requests),
                ..Stats::default()
            },
        }
    }

    fn tasks(names: &[&str]) -> BTreeMap<String, f64> {
        names.iter().map(|name| ((*name).to_owned(), 1.0)).collect()
    }

    #[test]
    fn a_task_names_endpoints_by_label_name_group_or_glob() {
        let mut run = Run::new("tool", "format");
        run.endpoints = vec![
            endpoint("/a", None, 1),
            endpoint("/b", None, 20),
            endpoint("/c/1", Some("c"), 300),
            endpoint("/c/2", Some("c"), 400),
            endpoint("/d/1", None, 5000),
        ];
        let found = observed_mix(&run, &tasks(&["GET /a", "/b", "c", "GET /d/*"])).unwrap();
        let counts: Vec<(&str, u64)> = found
            .iter()
            .map(|t| (t.name.as_str(), t.requests))
            .collect();
        assert_eq!(
            counts,
            [("/b", 20), ("GET /a", 1), ("GET /d/*", 5000), ("c", 700)]
        );
        assert_eq!(observed_mix(&run, &tasks(&["/a", "browse"])), None);
        assert_eq!(observed_mix(&run, &tasks(&["/a", "GET /a"])), None);
        run.endpoints[0].stats.requests = None;
        assert_eq!(observed_mix(&run, &tasks(&["/a", "/b"])), None);
        assert_eq!(observed_mix(&run, &tasks(&[])), None);
    }

    #[test]
    fn both_sides_stand_beside_one_another() {
        let scenario = Scenario {
            name: "audit".to_owned(),
            runs: Vec::new(),
            description: None,
            load: DeclaredLoad {
                users: Some(50.0),
                think_time: Some(ThinkTime {
                    from: Seconds(1.0),
                    to: Seconds(3.0),
                }),
                ..DeclaredLoad::default()
            },
            levels: BTreeMap::new(),
            origin: Origin::Flag,
        };
        let plan = Plan {
            scenarios: vec![scenario],
            ..Plan::default()
        };
        let alone = workloads(&plan, &[]);
        assert_eq!(alone[0].run, None);
        let names: Vec<&str> = alone[0].figures.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(
            names,
            ["users", "think_time_from", "think_time_to", "highest_rate"]
        );
        assert_eq!(alone[0].figures[3].declared, Some(25.0));
        let mut run = Run::new("tool", "format");
        run.id = "id".to_owned();
        assert_eq!(
            workloads(&plan, std::slice::from_ref(&run)),
            [],
            "another scenario"
        );
        run.identity.scenario = "audit".to_owned();
        run.load.users_max = Some(40.0);
        let found = workloads(&plan, &[run]);
        assert_eq!(found[0].run.as_deref(), Some("id"));
        assert_eq!(found[0].figures[0].observed, Some(40.0));
        assert_eq!(
            found[0].figures[3].observed, None,
            "no latency was measured"
        );
    }
}
