//! Errors, sessions, checks, custom metrics and resources of all parts.
//!
//! A name that a part does not list was not counted there; a figure that a part lists without a value is unknown.

use std::collections::BTreeMap;

use crate::model::{
    Check, CheckKind, Custom, CustomKind, Latency, Resource, ResourcePhase, Run, Sessions,
};
use crate::normalize::distributed::when::When;
use crate::normalize::merge;
use crate::text::number::plural;

pub(super) fn merge(run: &mut Run, parts: &[&Run], when: &When) {
    run.errors = parts.iter().flat_map(|part| part.errors.clone()).collect();
    run.join_errors();
    run.errors.sort_by(|a, b| {
        let key = |error: &crate::model::ErrorCount| {
            (
                error.endpoint.clone(),
                error.method.clone(),
                error.kind,
                error.code.clone(),
                error.message.clone(),
            )
        };
        b.count.cmp(&a.count).then_with(|| key(a).cmp(&key(b)))
    });
    run.exceptions = merge::sum(parts.iter().map(|part| part.exceptions));
    run.sessions = sessions(parts);
    run.checks = checks(parts);
    custom(run, parts);
    resources(run, parts, when);
}

fn sessions(parts: &[&Run]) -> Option<Sessions> {
    let all: Vec<&Sessions> = parts
        .iter()
        .map(|part| part.sessions.as_ref())
        .collect::<Option<_>>()?;
    let sum = |read: fn(&Sessions) -> Option<u64>| merge::sum(all.iter().map(|own| read(own)));
    let known: Vec<&Latency> = all.iter().filter_map(|own| own.duration.as_ref()).collect();
    let missing = all
        .iter()
        .any(|own| own.duration.is_none() && own.completed != Some(0));
    let has_some = !known.is_empty() && !missing && merge::is_one_thing(&known);
    Some(Sessions {
        started: sum(|own| own.started),
        completed: sum(|own| own.completed),
        failed: sum(|own| own.failed),
        duration: has_some.then(|| merge::latency(&known).0),
    })
}

/// Checks of a generator add up; a file of test results that every part was given is one.
fn checks(parts: &[&Run]) -> Vec<Check> {
    let mut joined: Vec<Check> = Vec::new();
    let mut places: BTreeMap<(String, Option<String>, CheckKind), usize> = BTreeMap::new();
    for check in parts.iter().flat_map(|part| &part.checks) {
        let key = (check.name.clone(), check.source.clone(), check.kind);
        let place = *places.entry(key).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(same) if check.source.is_none() => {
                same.passed = same.passed.saturating_add(check.passed);
                same.failed = same.failed.saturating_add(check.failed);
            }
            Some(_) => {}
            None => joined.push(check.clone()),
        }
    }
    joined.sort_by(|a, b| (&a.source, &a.name).cmp(&(&b.source, &b.name)));
    joined
}

/// Counters add up and distributions join; a rate, share or value of parts says nothing of the whole unless all agree.
fn custom(run: &mut Run, parts: &[&Run]) {
    let mut groups: BTreeMap<&str, Vec<&Custom>> = BTreeMap::new();
    for custom in parts.iter().flat_map(|part| &part.custom) {
        groups.entry(&custom.name).or_default().push(custom);
    }
    let mut left_out = 0;
    for own in groups.values() {
        let Some(first) = own.first() else { continue };
        let one_kind = own.iter().all(|other| other.kind == first.kind);
        let joined = match first.kind {
            _ if !one_kind => None,
            CustomKind::Counter => {
                let sum = own
                    .iter()
                    .try_fold(0.0, |all, part| Some(all + part.value?));
                Some(Custom {
                    value: sum,
                    ..(*first).clone()
                })
            }
            CustomKind::Distribution => {
                let all: Option<Vec<&Latency>> =
                    own.iter().map(|part| part.latency.as_ref()).collect();
                let fitting = all.filter(|all| merge::is_one_thing(all));
                fitting.map(|all| Custom {
                    latency: Some(merge::latency(&all).0),
                    ..(*first).clone()
                })
            }
            CustomKind::Rate | CustomKind::Share | CustomKind::Value => {
                let agreed =
                    own.len() == parts.len() && own.iter().all(|other| other.value == first.value);
                agreed.then(|| (*first).clone())
            }
        };
        left_out += u64::from(joined.is_none());
        run.custom.extend(joined);
    }
    if left_out > 0 {
        let text = format!(
            "{} left out: rates, shares and values of parts do not add up",
            plural(left_out, "custom metric")
        );
        run.note("merged-custom", text, 1);
    }
}

/// One machine may stand beside several parts: what says the most of it is kept.
fn resources(run: &mut Run, parts: &[&Run], when: &When) {
    type Key = (String, String, Option<String>, Option<ResourcePhase>);
    let mut best: BTreeMap<Key, Resource> = BTreeMap::new();
    let mut left_out = 0;
    for (part, own) in parts.iter().enumerate() {
        let offset = when.offset(part) as f64 / 1e9;
        for resource in &own.resources {
            let mut resource = resource.clone();
            for (time, _) in &mut resource.series {
                *time += offset;
            }
            let key = (
                resource.component.clone(),
                resource.name.clone(),
                resource.unit.clone(),
                resource.phase,
            );
            match best.get_mut(&key) {
                Some(known) => {
                    left_out += u64::from(*known != resource);
                    if resource.samples > known.samples {
                        *known = resource;
                    }
                }
                None => {
                    best.insert(key, resource);
                }
            }
        }
    }
    run.resources = best.into_values().collect();
    if left_out > 0 {
        let text = format!(
            "{} left out: another part has as many samples or more of the same resource",
            plural(left_out, "series of resources")
        );
        run.note("merged-resources", text, 1);
    }
}
