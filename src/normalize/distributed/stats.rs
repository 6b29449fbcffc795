//! The figures of the whole run and of its endpoints, from those of the parts.

use std::collections::BTreeMap;

use crate::model::Note;
use crate::model::{Endpoint, Latency, Run, Stats};
use crate::normalize::bounded as v43;
use crate::normalize::merge;
use crate::text::number::{count, plural};
use crate::text::phrase::{first_of, quoted};

/// Endpoints that a note names.
const NAMED: usize = 3;

/// What could not be put together, by whose figures it is.
#[derive(Default)]
struct Lost {
    /// Percentiles, because a part has no samples.
    percentiles: Vec<String>,
    /// Latencies, because the parts measure different things.
    latencies: Vec<String>,
    /// Codes, because a part does not count them.
    codes: Vec<String>,
}

pub(super) fn merge(run: &mut Run, parts: &[&Run]) {
    let mut lost = Lost::default();
    let overall: Vec<&Stats> = parts.iter().map(|part| &part.overall).collect();
    run.overall = join(run, &overall, "the run", &mut lost);
    endpoints(run, parts, &mut lost);
    let number = parts.len() as u64;
    if !lost.percentiles.is_empty() {
        let mut text = format!(
            "percentiles of {} are not known where those of {} would have to be averaged (V43): not every part has a histogram",
            first_of(&lost.percentiles, NAMED),
            plural(number, "part"),
        );
        if let Some(bounds) = run
            .overall
            .primary()
            .and_then(|whole| v43::said(whole, &[]))
        {
            text += "; of the run, ";
            text += &bounds;
        }
        run.note(Note::MERGED_PERCENTILES, text, 1);
    }
    if !lost.latencies.is_empty() {
        let text = format!(
            "the latency of {} is left out: the parts measure different requests or by different clocks",
            first_of(&lost.latencies, NAMED)
        );
        run.note("merged-latency", text, lost.latencies.len() as u64);
    }
    if !lost.codes.is_empty() {
        let text = format!(
            "the codes of {} are left out: a part with answers has none",
            first_of(&lost.codes, NAMED)
        );
        run.note("merged-codes", text, lost.codes.len() as u64);
    }
}

/// One of all; whose it is stands in what was lost.
fn join(run: &Run, parts: &[&Stats], whose: &str, lost: &mut Lost) -> Stats {
    let mut stats = match parts {
        [only] => (*only).clone(),
        parts => merge::stats(parts).0,
    };
    stats.as_reported.clear();
    if run.duration.is_some() {
        stats.set_rates(run.duration);
    }
    let (mut unfit, mut lacks) = (false, false);
    let mut settle = |latency: &mut Option<Latency>, read: fn(&Stats) -> Option<&Latency>| {
        let all: Vec<&Latency> = parts.iter().filter_map(|part| read(part)).collect();
        if latency.is_some() && !merge::is_one_thing(&all) {
            *latency = None;
            unfit = true;
        } else if let Some(latency) = latency {
            merge::keep_known(latency);
            let mut had = all
                .iter()
                .flat_map(|part| part.percentiles.keys().chain(part.bounds.keys()));
            lacks |= had.any(|percentile| !latency.percentiles.contains_key(percentile));
        }
    };
    settle(&mut stats.latency, |part| part.latency.as_ref());
    settle(&mut stats.latency_ok, |part| part.latency_ok.as_ref());
    settle(&mut stats.latency_failed, |part| {
        part.latency_failed.as_ref()
    });
    if unfit {
        lost.latencies.push(whose.to_owned());
    } else if lacks {
        lost.percentiles.push(whose.to_owned());
    }
    if !stats.codes.is_empty() && parts.iter().any(|part| counts_no_codes(part, parts)) {
        stats.codes.clear();
        lost.codes.push(whose.to_owned());
    }
    stats
}

/// Whether a part with answers has no codes where others have one for every answer.
fn counts_no_codes(part: &Stats, parts: &[&Stats]) -> bool {
    let answers = |part: &Stats| part.responses.or(part.requests);
    let complete = |other: &&Stats| {
        let codes = other
            .codes
            .values()
            .fold(0_u64, |all, n| all.saturating_add(*n));
        codes > 0 && answers(other) == Some(codes)
    };
    part.codes.is_empty() && answers(part) != Some(0) && parts.iter().any(complete)
}

/// Name, method, and the how-manieth of them in its part.
type Key<'a> = (&'a str, Option<&'a str>, usize);

fn endpoints(run: &mut Run, parts: &[&Run], lost: &mut Lost) {
    let without: Vec<&&Run> = parts
        .iter()
        .filter(|part| part.endpoints.is_empty() && part.overall.requests != Some(0))
        .collect();
    if !without.is_empty() {
        if without.len() < parts.len() {
            let text = format!(
                "endpoints are left out: {} of {} has no figures per endpoint",
                count(without.len() as u64),
                plural(parts.len() as u64, "part")
            );
            run.note("merged-endpoints", text, 1);
        }
        return;
    }
    let mut all: BTreeMap<Key, Vec<&Endpoint>> = BTreeMap::new();
    for part in parts {
        let mut seen: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
        for endpoint in &part.endpoints {
            let (name, method) = (endpoint.name.as_str(), endpoint.method.as_deref());
            let number = seen.entry((name, method)).or_default();
            all.entry((name, method, *number))
                .or_default()
                .push(endpoint);
            *number += 1;
        }
    }
    for own in all.values() {
        let Some(first) = own.first() else { continue };
        let stats: Vec<&Stats> = own.iter().map(|endpoint| &endpoint.stats).collect();
        let agreed = |read: fn(&Endpoint) -> Option<&String>| {
            let value = read(first)?;
            let same = own.iter().all(|other| read(other) == Some(value));
            same.then(|| value.clone())
        };
        let mut names_in: Vec<String> = own
            .iter()
            .flat_map(|endpoint| endpoint.names_in.clone())
            .collect();
        names_in.sort();
        names_in.dedup();
        let endpoint = Endpoint {
            name: first.name.clone(),
            method: first.method.clone(),
            path: agreed(|endpoint| endpoint.path.as_ref()),
            group: agreed(|endpoint| endpoint.group.as_ref()),
            names_in,
            stats: join(run, &stats, &quoted(&first.label()), lost),
        };
        run.endpoints.push(endpoint);
    }
}
