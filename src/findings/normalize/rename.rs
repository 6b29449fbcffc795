//! `[[rename]]` and `[[group]]`: endpoints under the names that the reader knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::findings::normalize::merge::{self, Merged};
use crate::findings::normalize::pattern::Pattern;
use crate::findings::normalize::{GroupRule, Rename};
use crate::model::run::label;
use crate::model::{Endpoint, EndpointSlice, ErrorCount, Run, Stats};
use crate::text::number::plural;

/// Methods that may stand before the name in `to`.
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

/// Method and name.
type Key = (Option<String>, String);

fn key_of(to: &str) -> Key {
    match to.split_once(' ') {
        Some((method, name)) if METHODS.contains(&method) && !name.trim().is_empty() => {
            (Some(method.to_owned()), name.trim().to_owned())
        }
        _ => (None, to.to_owned()),
    }
}

/// The label of the endpoint that an error speaks of: it may leave the method out. Empty when it names none.
pub(crate) fn label_of_error(error: &ErrorCount, endpoints: &[Endpoint]) -> String {
    let Some(name) = &error.endpoint else {
        return String::new();
    };
    if error.method.is_none() {
        let mut named = endpoints.iter().filter(|endpoint| endpoint.name == *name);
        if let (Some(only), None) = (named.next(), named.next()) {
            return only.label();
        }
    }
    label(error.method.as_deref(), name)
}

/// Applies the renames; endpoints that get one label become one.
pub(crate) fn rename(run: &mut Run, renames: &[Rename]) {
    let rules: Vec<(Pattern, Key)> = renames
        .iter()
        .map(|rename| (Pattern::new(&rename.pattern), key_of(&rename.to)))
        .collect();
    let new_key = |old: &str| -> Option<Key> {
        let (_, key) = rules.iter().find(|(pattern, _)| pattern.matches(old))?;
        (label(key.0.as_deref(), &key.1) != old).then(|| key.clone())
    };
    // Errors first: they look their endpoint up under its old name.
    for index in 0..run.errors.len() {
        let old = label_of_error(&run.errors[index], &run.endpoints);
        if let Some((method, name)) = new_key(&old).filter(|_| !old.is_empty()) {
            run.errors[index].method = method;
            run.errors[index].endpoint = Some(name);
        }
    }
    add_up_errors(&mut run.errors);
    for slice in &mut run.timeline {
        let parts = slice.endpoints.drain(..).map(|part| {
            let old = label(part.method.as_deref(), &part.name);
            (new_key(&old), (part.method, part.name), part.stats)
        });
        let groups = gather(parts.collect());
        slice.endpoints = groups
            .into_iter()
            .map(|((method, name), parts)| {
                let stats = join(&parts).0;
                EndpointSlice {
                    name,
                    method,
                    stats,
                }
            })
            .collect();
        slice
            .endpoints
            .sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    }
    endpoints(run, new_key);
}

/// Parts under their new keys, in order of their first one; a part that keeps its name joins the renamed ones of that
/// name, but two that both keep theirs stay apart as the input has them.
fn gather<T>(parts: Vec<(Option<Key>, Key, T)>) -> Vec<(Key, Vec<T>)> {
    let taken: BTreeSet<Key> = parts.iter().filter_map(|(new, _, _)| new.clone()).collect();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut groups: Vec<(Key, Vec<T>)> = Vec::new();
    for (new, old, part) in parts {
        let key = new.unwrap_or(old);
        match places.get(&key).filter(|_| taken.contains(&key)) {
            Some(place) => groups[*place].1.push(part),
            None => {
                places.insert(key.clone(), groups.len());
                groups.push((key, vec![part]));
            }
        }
    }
    groups
}

/// The only part as it is, or all of them as one.
fn join(parts: &[Stats]) -> (Stats, Merged) {
    match parts {
        [only] => (only.clone(), Merged::Exact),
        many => merge::stats(&many.iter().collect::<Vec<_>>()),
    }
}

fn endpoints(run: &mut Run, new_key: impl Fn(&str) -> Option<Key>) {
    let duration = run.duration;
    let parts = std::mem::take(&mut run.endpoints)
        .into_iter()
        .map(|endpoint| {
            let new = new_key(&endpoint.label());
            (
                new,
                (endpoint.method.clone(), endpoint.name.clone()),
                endpoint,
            )
        });
    for ((method, name), parts) in gather(parts.collect()) {
        let label_now = label(method.as_deref(), &name);
        let unchanged = parts.iter().all(|part| part.label() == label_now);
        let mut names_in: BTreeSet<String> = BTreeSet::new();
        for part in &parts {
            if part.names_in.is_empty() && !(unchanged && parts.len() == 1) {
                names_in.insert(part.label());
            }
            names_in.extend(part.names_in.iter().cloned());
        }
        let stats: Vec<Stats> = parts.iter().map(|part| part.stats.clone()).collect();
        let (mut stats, merged) = join(&stats);
        if parts.len() > 1 && stats.rate.is_some() && duration.is_some() {
            stats.set_rates(duration);
        }
        if merged == Merged::WithoutPercentiles {
            let of = plural(parts.len() as u64, "endpoint");
            let text = format!(
                "percentiles of {label_now} are not known: they cannot be averaged over {of} (V43), and the input has \
                 no histograms; counts, smallest, largest and mean remain where every part has them"
            );
            run.note("merged-percentiles", text, 1);
        }
        let path = parts.first().and_then(|part| part.path.clone());
        let group = parts.first().and_then(|part| part.group.clone());
        run.endpoints.push(Endpoint {
            name,
            method,
            path: path.filter(|path| parts.iter().all(|part| part.path.as_ref() == Some(path))),
            group: group
                .filter(|group| parts.iter().all(|part| part.group.as_ref() == Some(group))),
            names_in: names_in.into_iter().collect(),
            stats,
        });
    }
    run.endpoints
        .sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
}

/// Equal errors of endpoints that became one are one line.
fn add_up_errors(errors: &mut Vec<ErrorCount>) {
    let mut all: Vec<ErrorCount> = Vec::with_capacity(errors.len());
    let mut places = BTreeMap::new();
    for error in errors.drain(..) {
        let key = (
            error.endpoint.clone(),
            error.method.clone(),
            error.kind,
            error.code.clone(),
            error.message.clone(),
        );
        match places.get(&key) {
            Some(place) => {
                let same: &mut ErrorCount = &mut all[*place];
                same.count = same.count.saturating_add(error.count);
            }
            None => {
                places.insert(key, all.len());
                all.push(error);
            }
        }
    }
    *errors = all;
}

/// Puts endpoints into groups; the first group that matches has them.
pub(crate) fn group(run: &mut Run, groups: &[GroupRule]) {
    let rules: Vec<(&str, Vec<Pattern>)> = groups
        .iter()
        .map(|group| {
            let patterns = group.patterns.iter().map(|pattern| Pattern::new(pattern));
            (group.name.as_str(), patterns.collect())
        })
        .collect();
    for endpoint in &mut run.endpoints {
        let label = endpoint.label();
        let found = rules
            .iter()
            .find(|(_, patterns)| patterns.iter().any(|pattern| pattern.matches(&label)));
        if let Some((name, _)) = found {
            endpoint.group = Some((*name).to_owned());
        }
    }
}
