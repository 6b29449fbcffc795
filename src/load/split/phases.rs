//! Stretches by the phases of the load.

use crate::load::split::{COARSE_S, LATE, Piece, settled, usual_length};
use crate::load::steady::{Part, gap, is_pause, joined};
use crate::model::{Load, Phase, Run, Seconds};
use crate::report::scaling::LevelOf;
use crate::text::number::{plural, seconds};

/// A ramp that is all of the run is cut into so many stretches at most.
const RAMP_PARTS: f64 = 12.0;
/// Of more slices than this only the sum of arrivals is said.
const NAMED: usize = 6;

/// The load of a phase at its ends.
#[derive(Clone, Copy)]
struct Offer {
    of: LevelOf,
    from: f64,
    to: f64,
}

/// What a phase is to a series.
enum Kind {
    Held(Offer),
    Ramp(Offer),
    Pause,
    /// It states no load.
    Unnamed,
}

fn kind(phase: &Phase) -> Kind {
    let ends = |of: LevelOf, from: Option<f64>, to: Option<f64>| {
        let (from, to) = (from.or(to)?, to.or(from)?);
        Some(Offer { of, from, to })
    };
    let rates = (
        phase.rate_from.map(|rate| rate.0),
        phase.rate_to.map(|rate| rate.0),
    );
    let offer = ends(LevelOf::Arrivals, rates.0, rates.1)
        .or_else(|| ends(LevelOf::Users, phase.users_from, phase.users_to))
        .filter(|offer| offer.from.is_finite() && offer.to.is_finite());
    match offer {
        None => Kind::Unnamed,
        Some(offer) if phase.is_ramp() && offer.from.max(offer.to) > 0.0 => Kind::Ramp(offer),
        Some(offer) if is_pause(phase) || offer.to <= 0.0 => Kind::Pause,
        Some(offer) => Kind::Held(offer),
    }
}

/// The slices of one phase.
#[derive(Default)]
struct Inside {
    parts: Vec<Part>,
    /// Whether the slice before them lies in no phase.
    is_behind: bool,
}

/// What is said of slices and phases that make no level.
#[derive(Default)]
struct Aside {
    outside: usize,
    paused: usize,
    unseen: usize,
    unnamed: usize,
}

/// One piece for each phase that is held or a ramp; a ramp that is all of the run is cut into several.
pub(super) fn pieces(run: &Run, parts: &[Part], remarks: &mut Vec<String>) -> Vec<Piece> {
    let load = Load {
        phases: joined(&run.load.phases),
        ..Load::default()
    };
    let (inside, outside) = sorted(&load, parts);
    let kinds: Vec<Kind> = load.phases.iter().map(kind).collect();
    let loaded = kinds.iter().filter(|kind| !matches!(kind, Kind::Pause));
    let is_alone = loaded.count() == 1;
    let mut aside = Aside {
        outside: outside.len(),
        ..Aside::default()
    };
    let mut pieces = Vec::new();
    for ((phase, kind), inside) in load.phases.iter().zip(kinds).zip(inside) {
        match kind {
            Kind::Pause => aside.paused += inside.parts.len(),
            Kind::Unnamed => aside.unnamed += 1,
            _ if inside.parts.is_empty() => aside.unseen += 1,
            Kind::Held(offer) => pieces.push(held(phase, offer, inside)),
            Kind::Ramp(offer) if is_alone => {
                let groups = groups(inside.parts, phase.duration.0 / RAMP_PARTS);
                pieces.extend(groups.into_iter().map(|group| ramp(phase, offer, group)));
            }
            Kind::Ramp(offer) => pieces.push(ramp(phase, offer, inside.parts)),
        }
    }
    remarks.extend(in_words(&aside, parts.len(), load.phases.len()));
    if run.load.phases_recovered
        && let Some(last) = load.phases.last()
    {
        remarks.extend(unrecovered(last, &outside));
    }
    if pieces.iter().any(|piece| piece.peak.is_some()) {
        remarks.push(
            "the load of a ramp moves all the time: a level of it stands for a mean and a peak, and nothing of it is left out for settling"
                .to_owned(),
        );
    }
    pieces
}

/// The slices that lie in a phase as a whole, phase by phase, and those that do not.
fn sorted(load: &Load, parts: &[Part]) -> (Vec<Inside>, Vec<Part>) {
    let mut inside: Vec<Inside> = Vec::new();
    inside.resize_with(load.phases.len(), Inside::default);
    let mut outside: Vec<Part> = Vec::new();
    for part in parts {
        let length = part.end - part.start;
        let place = load.phase_of(Seconds(part.start), Seconds(length));
        match place.and_then(|place| inside.get_mut(place)) {
            Some(phase) => {
                if phase.parts.is_empty() {
                    let before = outside.last();
                    phase.is_behind =
                        before.is_some_and(|before| (part.start - before.end).abs() <= gap(length));
                }
                phase.parts.push(*part);
            }
            None => outside.push(*part),
        }
    }
    (inside, outside)
}

fn held(phase: &Phase, offer: Offer, inside: Inside) -> Piece {
    let (left_out, is_unsettled) = settled(&inside.parts, phase.start.0, inside.is_behind);
    Piece {
        of: offer.of,
        mean: offer.to,
        peak: None,
        change: phase.start.0,
        parts: inside.parts,
        left_out,
        is_unsettled,
    }
}

/// Nothing is left out: the load changes from slice to slice.
fn ramp(phase: &Phase, offer: Offer, parts: Vec<Part>) -> Piece {
    let start = parts.first().map_or(phase.start.0, |part| part.start);
    let end = parts.last().map_or(start, |part| part.end);
    let at = |time: f64| {
        let way = (time - phase.start.0) / phase.duration.0;
        offer.from + (offer.to - offer.from) * way.clamp(0.0, 1.0)
    };
    Piece {
        of: offer.of,
        mean: f64::midpoint(at(start), at(end)),
        peak: Some(at(start).max(at(end))),
        change: start,
        parts,
        left_out: 0,
        is_unsettled: false,
    }
}

/// Neighbours taken together until they cover that time, and never less than a coarse slice has.
fn groups(parts: Vec<Part>, least: f64) -> Vec<Vec<Part>> {
    let usual = usual_length(&parts);
    let least = least.max(COARSE_S) - LATE * usual;
    let mut groups: Vec<Vec<Part>> = Vec::new();
    let mut start = 0.0;
    for part in parts {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| last.end - start < least) => {
                group.push(part);
            }
            _ => {
                start = part.start;
                groups.push(vec![part]);
            }
        }
    }
    groups
}

fn in_words(aside: &Aside, slices: usize, phases: usize) -> Vec<String> {
    let slices = plural(slices as u64, "slice");
    let phases = plural(phases as u64, "phase");
    let mut words = Vec::new();
    let mut say = |count: usize, text: String| {
        if count > 0 {
            words.push(format!("{count} of {text}"));
        }
    };
    say(
        aside.outside,
        format!(
            "{slices} lie in two phases, between them, or behind the last one: they belong to no level"
        ),
    );
    say(
        aside.paused,
        format!("{slices} lie in a pause, which is no level"),
    );
    say(
        aside.unseen,
        format!("{phases} hold no slice as a whole: what came out at their load is not known"),
    );
    say(
        aside.unnamed,
        format!("{phases} state no load: their slices belong to no level"),
    );
    words
}

/// Arrivals behind the last phase that they show.
fn unrecovered(last: &Phase, outside: &[Part]) -> Option<String> {
    let end = last.start.0 + last.duration.0;
    let behind = |part: &&Part| part.start >= end - LATE * (part.end - part.start);
    let arrivals: Vec<u64> = outside
        .iter()
        .filter(behind)
        .filter_map(|part| part.arrivals.filter(|arrivals| *arrivals > 0))
        .collect();
    let slices = plural(arrivals.len() as u64, "slice");
    let each = match arrivals.as_slice() {
        [] => return None,
        few if few.len() <= NAMED => few
            .iter()
            .map(u64::to_string)
            .collect::<Vec<String>>()
            .join(", "),
        many => {
            let sum = many
                .iter()
                .fold(0_u64, |sum, next| sum.saturating_add(*next));
            format!("together {sum}")
        }
    };
    Some(format!(
        "the phases follow from the arrivals, which show none behind {}: {slices} there with {each} arrivals have no known load",
        seconds(end)
    ))
}
