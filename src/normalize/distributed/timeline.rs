//! The course over time of all parts, on the widest slices that any part has.
//!
//! Slices fit when each lies in one cell of that grid as a whole. A cell that a part has no slice for counts nothing of it
//! where the part's slices account for all of its requests, or the part was not running; else the cell is left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Note;
use crate::model::{EndpointSlice, Run, Seconds, Slice, Stats};
use crate::normalize::distributed::sum_f64;
use crate::normalize::distributed::when::When;
use crate::normalize::merge;
use crate::text::number::plural;

/// Edges may be apart by that many nanoseconds.
const SLACK: i128 = 1_000_000;

/// A slice and where it lies, in nanoseconds from the start of the run.
struct Placed<'a> {
    part: usize,
    start: i128,
    end: i128,
    slice: &'a Slice,
}

pub(super) fn merge(run: &mut Run, parts: &[&Run], when: &When) {
    let placed = place(parts, when);
    if placed.is_empty() {
        return;
    }
    let without = parts
        .iter()
        .any(|part| part.timeline.is_empty() && part.overall.requests != Some(0));
    let cells = if without {
        Err("a part has no slices")
    } else {
        cells(&placed).ok_or("the slices of the parts do not lie on one grid")
    };
    let cells = match cells {
        Ok(cells) => cells,
        Err(why) => {
            let text = format!("the course over time is left out: {why}");
            run.note("merged-timeline", text, placed.len() as u64);
            return;
        }
    };
    let kept = kept_endpoints(parts);
    let spans: Vec<Option<(i128, i128)>> = (0..parts.len())
        .map(|part| {
            let own = || placed.iter().filter(|slice| slice.part == part);
            Some((own().map(|s| s.start).min()?, own().map(|s| s.end).max()?))
        })
        .collect();
    let whole: Vec<bool> = parts.iter().map(|part| accounts_for_all(part)).collect();
    let (mut left_out, mut without_percentiles) = (0, 0);
    for own in cells.values() {
        let start = own.iter().map(|slice| slice.start).min().unwrap_or(0);
        let end = own.iter().map(|slice| slice.end).max().unwrap_or(start);
        let absent = |part: &usize| own.iter().all(|slice| slice.part != *part);
        let running = |part: &usize| {
            let span = spans.get(*part).copied().flatten();
            span.is_some_and(|(from, to)| from < end && start < to)
        };
        let silent: Vec<usize> = (0..parts.len()).filter(absent).filter(running).collect();
        if silent.iter().any(|part| whole.get(*part) != Some(&true)) {
            left_out += 1;
            continue;
        }
        let slice = one(own, start, end, silent.is_empty(), &kept);
        without_percentiles += u64::from(lost_percentiles(own, &slice));
        run.timeline.push(slice);
    }
    if without_percentiles > 0 {
        let text = format!(
            "percentiles of {} are not known where those of parts would have to be averaged (V43): not every part has a \
             histogram of every slice",
            plural(without_percentiles, "slice")
        );
        run.note(Note::MERGED_PERCENTILES, text, 1);
    }
    if left_out > 0 {
        let text = format!(
            "{} left out: a part has none for its time",
            plural(left_out, "slice")
        );
        run.note("merged-timeline", text, 1);
    }
}

fn place<'a>(parts: &[&'a Run], when: &When) -> Vec<Placed<'a>> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond the range becomes its end"
    )]
    let nanos = |seconds: Seconds| (seconds.0 * 1e9).round() as i128;
    let mut placed = Vec::new();
    for (part, run) in parts.iter().enumerate() {
        let offset = when.offset(part);
        placed.extend(run.timeline.iter().map(|slice| {
            let start = nanos(slice.start).saturating_add(offset);
            Placed {
                part,
                start,
                end: start.saturating_add(nanos(slice.duration)),
                slice,
            }
        }));
    }
    placed
}

/// Slices by the number of their cell; `None` when one lies in two.
fn cells<'a>(placed: &'a [Placed<'a>]) -> Option<BTreeMap<i128, Vec<&'a Placed<'a>>>> {
    let width = |slice: &&Placed| slice.end.saturating_sub(slice.start);
    // Of several of one width any will do for the grid.
    let widest = placed.iter().max_by_key(width)?;
    let step = width(&widest);
    if step <= 0 {
        return None;
    }
    let mut cells: BTreeMap<i128, Vec<&Placed>> = BTreeMap::new();
    for slice in placed {
        let begin = slice.start.saturating_sub(widest.start);
        let finish = slice.end.saturating_sub(widest.start);
        let cell = begin.saturating_add(SLACK).div_euclid(step);
        let fits = finish.saturating_sub(SLACK).div_euclid(step) == cell || width(&slice) <= SLACK;
        let one_window = slice.slice.latency_window == widest.slice.latency_window;
        if !fits || !one_window {
            return None;
        }
        cells.entry(cell).or_default().push(slice);
    }
    Some(cells)
}

fn accounts_for_all(part: &Run) -> bool {
    let slices = part.timeline.iter().map(|slice| slice.stats.requests);
    part.overall.requests.is_some() && merge::sum(slices) == part.overall.requests
}

/// Endpoints of which every part has all slices: one that a part names and keeps no slices of would count in part.
fn kept_endpoints(parts: &[&Run]) -> BTreeSet<(String, Option<String>)> {
    let mut kept = BTreeSet::new();
    let mut capped = BTreeSet::new();
    for part in parts {
        let slices = part.timeline.iter().flat_map(|slice| &slice.endpoints);
        let sliced: BTreeSet<_> = slices
            .map(|own| (own.name.clone(), own.method.clone()))
            .collect();
        let named = part.endpoints.iter();
        let named = named.map(|own| (own.name.clone(), own.method.clone()));
        capped.extend(named.filter(|key| !sliced.contains(key)));
        kept.extend(sliced);
    }
    kept.retain(|key| !capped.contains(key));
    kept
}

fn one(
    own: &[&Placed],
    start: i128,
    end: i128,
    all_there: bool,
    kept: &BTreeSet<(String, Option<String>)>,
) -> Slice {
    let seconds = |nanos: i128| Seconds(nanos as f64 / 1e9);
    let duration = seconds(end.saturating_sub(start));
    let slices: Vec<&Slice> = own.iter().map(|placed| placed.slice).collect();
    let mut endpoints: BTreeMap<(&str, Option<&str>), Vec<&Stats>> = BTreeMap::new();
    for part in slices.iter().flat_map(|slice| &slice.endpoints) {
        if kept.contains(&(part.name.clone(), part.method.clone())) {
            let key = (part.name.as_str(), part.method.as_deref());
            endpoints.entry(key).or_default().push(&part.stats);
        }
    }
    let stats: Vec<&Stats> = slices.iter().map(|slice| &slice.stats).collect();
    // Within a part the users of a slice are the most of its pieces.
    let mut users: BTreeMap<usize, Option<f64>> = BTreeMap::new();
    for placed in own {
        let most = users.entry(placed.part).or_insert(placed.slice.users);
        *most = most.zip(placed.slice.users).map(|(a, b)| a.max(b));
    }
    Slice {
        start: seconds(start),
        duration,
        users: sum_f64(users.values().copied()).filter(|_| all_there),
        arrivals: merge::sum(slices.iter().map(|slice| slice.arrivals)),
        completed: merge::sum(slices.iter().map(|slice| slice.completed)),
        latency_window: slices.first().and_then(|slice| slice.latency_window),
        stats: join(&stats, duration),
        endpoints: endpoints
            .into_iter()
            .map(|((name, method), stats)| EndpointSlice {
                name: name.to_owned(),
                method: method.map(str::to_owned),
                stats: join(&stats, duration),
            })
            .collect(),
    }
}

/// Whether the latency that is judged had percentiles in a part and has none now.
fn lost_percentiles(own: &[&Placed], slice: &Slice) -> bool {
    let has = |stats: &Stats| {
        let latency = stats.primary();
        latency.is_some_and(|latency| !latency.percentiles.is_empty())
    };
    !has(&slice.stats) && own.iter().any(|placed| has(&placed.slice.stats))
}

/// A slice that no part has a rate for has none. Bounds stand with the run and its endpoints: nothing shows those of slices.
fn join(parts: &[&Stats], duration: Seconds) -> Stats {
    let mut stats = match parts {
        [only] => (*only).clone(),
        parts => merge::stats(parts).0,
    };
    let has_rate = parts.iter().any(|part| part.rate.is_some());
    stats.set_rates(has_rate.then_some(duration));
    stats.as_reported.clear();
    let all = [
        &mut stats.latency,
        &mut stats.latency_ok,
        &mut stats.latency_failed,
    ];
    for latency in all.into_iter().flatten() {
        latency.bounds.clear();
    }
    stats
}
