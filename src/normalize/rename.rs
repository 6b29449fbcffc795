//! `[[rename]]` and `[[group]]`: endpoints under the names that the reader knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::run::label;
use crate::model::{Endpoint, EndpointSlice, ErrorCount, Run, Stats};
use crate::normalize::merge;
use crate::normalize::merge::Merged;
use crate::normalize::pattern::Pattern;
use crate::normalize::{GroupRule, Rename, UNMATCHED};
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
    note_unmatched_renames(run, &rules);
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
    run.join_errors();
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

/// Renames that no label is meant by. A run that was written after its renames has the old names in `names_in`, or at
/// least the new label.
fn note_unmatched_renames(run: &mut Run, rules: &[(Pattern, Key)]) {
    let mut labels: Vec<String> = Vec::new();
    for endpoint in &run.endpoints {
        labels.push(endpoint.label());
        labels.extend(endpoint.names_in.iter().cloned());
    }
    let of_errors = run.errors.iter();
    labels.extend(of_errors.map(|error| label_of_error(error, &run.endpoints)));
    labels.retain(|label| !label.is_empty());
    for (pattern, key) in rules {
        let to = label(key.0.as_deref(), &key.1);
        if !labels
            .iter()
            .any(|known| *known == to || pattern.matches(known))
        {
            let text = format!("[[rename]] `{}` matches nothing", pattern.text());
            note_once(run, text);
        }
    }
}

/// A run that was written with the note does not get it twice.
pub(crate) fn note_once(run: &mut Run, text: String) {
    if !run.notes.iter().any(|note| note.text == text) {
        run.note(UNMATCHED, text, 1);
    }
}

/// Parts under their new keys, in order of their first one; a part that keeps its name joins the renamed ones of that
/// name, but two that both keep theirs stay apart as the input has them.
fn gather<T>(parts: Vec<(Option<Key>, Key, T)>) -> Vec<(Key, Vec<T>)> {
    let taken: BTreeSet<Key> = parts.iter().filter_map(|(new, _, _)| new.clone()).collect();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut groups: Vec<(Key, Vec<T>)> = Vec::new();
    for (new, old, part) in parts {
        let key = new.unwrap_or(old);
        if let Some(place) = places.get(&key).filter(|_| taken.contains(&key)) {
            groups[*place].1.push(part);
        } else {
            places.insert(key.clone(), groups.len());
            groups.push((key, vec![part]));
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
    for (name, patterns) in &rules {
        for pattern in patterns {
            let mut labels = run.endpoints.iter().map(Endpoint::label);
            if !labels.any(|label| pattern.matches(&label)) {
                let text = format!("[[group]] {name}: `{}` matches nothing", pattern.text());
                note_once(run, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ErrorKind, Latency, Percentile, Seconds, Slice};
    use crate::normalize::merge::tests::exact;

    fn endpoint(method: Option<&str>, name: &str, latency: Latency) -> Endpoint {
        let mut stats = Stats {
            requests: Some(latency.count),
            failures: Some(1),
            latency: Some(latency),
            ..Stats::default()
        };
        stats
            .codes
            .insert("200".into(), stats.requests.unwrap() - 1);
        stats.set_rates(Some(Seconds(2.0)));
        Endpoint {
            name: name.into(),
            method: method.map(str::to_owned),
            path: None,
            group: None,
            names_in: vec![],
            stats,
        }
    }

    fn run(endpoints: Vec<Endpoint>) -> Run {
        let mut run = Run::new("locust", "locust-csv");
        run.duration = Some(Seconds(2.0));
        run.endpoints = endpoints;
        run
    }

    fn users() -> Run {
        let get = Some("GET");
        run(vec![
            endpoint(get, "/users/1", exact(&[10, 20])),
            endpoint(get, "/users/2", exact(&[30, 40, 50, 60])),
            endpoint(Some("POST"), "/users", exact(&[5])),
        ])
    }

    fn rule(pattern: &str, to: &str) -> Rename {
        Rename {
            pattern: pattern.into(),
            to: to.into(),
        }
    }

    fn labels(run: &Run) -> Vec<String> {
        run.endpoints.iter().map(Endpoint::label).collect()
    }

    #[test]
    fn endpoints_of_one_new_name_are_one_and_their_samples_too() {
        let mut run = users();
        rename(&mut run, &[rule("GET /users/*", "GET /users/ID")]);
        assert_eq!(labels(&run), ["POST /users", "GET /users/ID"]);
        let all = &run.endpoints[1];
        assert_eq!(
            (all.method.as_deref(), all.name.as_str()),
            (Some("GET"), "/users/ID")
        );
        assert_eq!(all.names_in, ["GET /users/1", "GET /users/2"]);
        assert_eq!((all.stats.requests, all.stats.failures), (Some(6), Some(2)));
        assert_eq!(all.stats.codes["200"], 4);
        assert_eq!(all.stats.rate.unwrap().0.to_bits(), 3.0_f64.to_bits());
        assert_eq!(all.stats.goodput.unwrap().0.to_bits(), 2.0_f64.to_bits());
        let latency = all.stats.latency.as_ref().unwrap();
        assert_eq!(latency, &exact(&[10, 20, 30, 40, 50, 60]));
        assert!(run.notes.is_empty());
        assert!(run.endpoints[0].names_in.is_empty());
    }

    #[test]
    fn percentiles_without_samples_are_dropped_and_the_note_names_the_rule() {
        let mut run = users();
        for endpoint in &mut run.endpoints {
            endpoint.stats.latency.as_mut().unwrap().histogram = None;
        }
        rename(&mut run, &[rule("GET /users/*", "GET /users/ID")]);
        let latency = run.endpoints[1].stats.latency.as_ref().unwrap();
        assert!(latency.percentiles.is_empty());
        assert_eq!(latency.mean.unwrap().0.to_bits(), 35.0_f64.to_bits());
        assert_eq!(run.notes.len(), 1);
        assert_eq!(
            run.notes[0].text,
            "percentiles of GET /users/ID are not known: they cannot be averaged over 2 endpoints (V43), and the \
             input has no histograms; counts, smallest, largest and mean remain where every part has them"
        );
    }

    #[test]
    fn one_endpoint_under_another_name_keeps_its_percentiles() {
        let mut run = users();
        for endpoint in &mut run.endpoints {
            endpoint.stats.latency.as_mut().unwrap().histogram = None;
        }
        rename(&mut run, &[rule("POST /users", "sign up")]);
        let renamed = run
            .endpoints
            .iter()
            .find(|e| e.label() == "sign up")
            .unwrap();
        assert_eq!(renamed.method, None);
        assert_eq!(renamed.names_in, ["POST /users"]);
        let latency = renamed.stats.latency.as_ref().unwrap();
        assert!(latency.percentile(Percentile::P95).is_some());
        assert!(run.notes.is_empty());
    }

    #[test]
    fn the_first_rule_counts_and_a_name_that_is_there_already_takes_the_others_in() {
        let mut run = users();
        let rules = [
            rule("GET /users/1", "POST /users"),
            rule("GET *", "GET all"),
        ];
        rename(&mut run, &rules);
        assert_eq!(labels(&run), ["POST /users", "GET all"]);
        assert_eq!(run.endpoints[0].stats.requests, Some(3));
        assert_eq!(run.endpoints[0].names_in, ["GET /users/1", "POST /users"]);
    }

    #[test]
    fn renaming_twice_changes_nothing_more() {
        let rules = [rule("GET /users/*", "GET /users/ID")];
        let mut once = users();
        rename(&mut once, &rules);
        let mut twice = once.clone();
        rename(&mut twice, &rules);
        assert_eq!(once, twice);
    }

    #[test]
    fn slices_and_errors_follow_their_endpoints() {
        let mut run = users();
        let part = |name: &str, samples: &[u32]| EndpointSlice {
            name: name.into(),
            method: Some("GET".into()),
            stats: endpoint(None, "", exact(samples)).stats,
        };
        run.timeline.push(Slice {
            latency_window: None,
            completed: None,
            start: Seconds(0.0),
            duration: Seconds(2.0),
            users: None,
            arrivals: None,
            stats: Stats::default(),
            endpoints: vec![part("/users/1", &[10]), part("/users/2", &[30, 40])],
        });
        let error = |name: &str, method: Option<&str>, count| ErrorCount {
            endpoint: Some(name.into()),
            method: method.map(str::to_owned),
            kind: ErrorKind::HttpStatus,
            code: Some("500".into()),
            message: None,
            count,
        };
        // The second leaves the method out, as some inputs do.
        run.errors = vec![
            error("/users/1", Some("GET"), 1),
            error("/users/2", None, 2),
        ];
        let nameless = ErrorCount {
            endpoint: None,
            ..error("", None, 4)
        };
        run.errors.push(nameless.clone());
        rename(
            &mut run,
            &[rule("GET /users/*", "GET /users/ID"), rule("*", "rest")],
        );
        assert_eq!(run.errors, [error("/users/ID", Some("GET"), 3), nameless]);
        let parts = &run.timeline[0].endpoints;
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].name, "/users/ID");
        assert_eq!(parts[0].stats.latency, Some(exact(&[10, 30, 40])));
    }

    #[test]
    fn the_first_group_that_matches_has_the_endpoint() {
        let mut run = users();
        let rule = |name: &str, patterns: &[&str]| GroupRule {
            name: name.into(),
            patterns: patterns.iter().map(|text| (*text).to_owned()).collect(),
        };
        group(
            &mut run,
            &[
                rule("first", &["GET /users/1", "nothing"]),
                rule("reads", &["GET *"]),
            ],
        );
        let groups: Vec<Option<&str>> = run.endpoints.iter().map(|e| e.group.as_deref()).collect();
        assert_eq!(groups, [Some("first"), Some("reads"), None]);
    }
}
