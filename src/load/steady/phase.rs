//! Which stretch of a run is its steady phase, and why there is none.
//!
//! The phase is where the load neither rises nor falls. It speaks of the load and never of the answers: a system that
//! slows down under a steady load is in its steady phase. A stretch is not chosen because it happens to be the longest
//! one: it has to stand for the run. In this order:
//!
//! 1. declared phases: the longest one that is no ramp and has load, neighbours of one level taken together; where all
//!    are ramps and the load is not open, users stay, and the rest of the run counts;
//! 2. users, unless the load is open: the longest stretch of slices whose users stay within 5 % of one another;
//! 3. arrivals, and only where the input has none, requests: the longest stretch of blocks of 10 s whose rate is near the
//!    median rate, within 20 % or within four standard deviations of a Poisson count, so that a low rate is not taken for
//!    an unsteady one. Blocks before the first event and after the last are no load and are left out.
//!
//! In 1 and 2 no other level (more than 20 % away) may last longer than half of it: else the run holds several levels,
//! and none is the run's. In 3 it holds two blocks or more, for one block is always near its own median, and lasts for
//! more than half of the time; a stretch with a trend by which its second half is 20 % above or below its first is a
//! ramp, which `rises` finds.
//! Requests do not stand in for arrivals that are known: what a generator sends later because it stalled is no load that
//! was asked for.

use crate::load::steady::plateau::{Held, held_users, is_pause, joined, load_of};
use crate::load::steady::rises::rises_or_falls;
use crate::load::steady::{PEAK_S, Part, SLACK_S, gap, parts_of};
use crate::model::{LoadModel, Phase, Run};
use crate::text::number;

/// Users that differ by less are of one level.
const SAME: f64 = 0.95;
/// Levels that differ by more are two.
pub(super) const APART: f64 = 1.2;
/// Slices that a number of users has to last for.
const HELD: usize = 2;

/// What the load does over the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Steadiness {
    /// From and to, in seconds from the start.
    Phase(f64, f64),
    /// Several levels, none of which is the run's.
    Levels(Vec<Level>),
    /// It changes; the longest stretch that stays near the median rate, and the time with load.
    Changing(LoadOf, Option<(f64, f64)>),
    /// The phases declare nothing but ramps.
    Ramps,
    /// Too few blocks to tell.
    Short,
    /// The input does not say.
    Unknown,
}

/// What the load is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadOf {
    /// Users at one time.
    Users,
    /// Users that arrive per second.
    Arrivals,
    /// Requests per second.
    Requests,
    /// A phase that names neither.
    Unnamed,
}

/// A stretch in which the load stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Seconds from the start.
    pub start: f64,
    /// Seconds from the start.
    pub end: f64,
    /// What `load` counts.
    pub of: LoadOf,
    /// The load; 0 where it is unnamed.
    pub load: f64,
}

impl Level {
    /// In seconds.
    pub fn length(&self) -> f64 {
        self.end - self.start
    }

    fn is_like(&self, other: &Level) -> bool {
        self.of == other.of && self.load.max(other.load) <= APART * self.load.min(other.load)
    }
}

impl Steadiness {
    /// Whether the run is made of several loads on purpose: steps, or ramps and nothing else.
    pub fn is_of_several_loads(&self) -> bool {
        matches!(self, Steadiness::Levels(_) | Steadiness::Ramps)
    }

    /// Why there is no steady phase, as the rest of a sentence; `None` where there is one.
    pub fn reason(&self) -> Option<String> {
        Some(match self {
            Steadiness::Phase(..) => return None,
            Steadiness::Levels(levels) => format!(
                "the run holds {}, and none of them lasts twice as long as every other",
                levels_in_words(levels)
            ),
            Steadiness::Changing(of, longest) => {
                let what = match of {
                    LoadOf::Users => "the number of users changes",
                    LoadOf::Arrivals => "the rate at which users arrive changes",
                    LoadOf::Requests | LoadOf::Unnamed => "the rate of requests changes",
                };
                match longest {
                    Some((longest, all)) => format!(
                        "{what}, and the longest stretch near its median lasts {} of {}",
                        number::seconds(*longest),
                        number::seconds(*all)
                    ),
                    None => what.to_owned(),
                }
            }
            Steadiness::Ramps => "the phases are ramps, without a level that is held".to_owned(),
            Steadiness::Short => format!(
                "the timeline does not hold two stretches of {} with load, which could be compared",
                number::seconds(PEAK_S)
            ),
            Steadiness::Unknown => "the input does not tell the load over time".to_owned(),
        })
    }
}

/// `5 load levels, 1/s to 16/s arriving`.
pub fn levels_in_words(levels: &[Level]) -> String {
    let count = number::plural(levels.len() as u64, "load level");
    let loads = || levels.iter().map(|level| level.load);
    let (least, most) = (
        loads().fold(f64::INFINITY, f64::min),
        loads().fold(0.0, f64::max),
    );
    match levels.first().map(|level| level.of) {
        Some(LoadOf::Users) => format!(
            "{count}, from {} to {} users",
            number::decimal(least, 1),
            number::decimal(most, 1)
        ),
        Some(LoadOf::Arrivals | LoadOf::Requests) => format!(
            "{count}, from {} to {} arriving",
            number::rate(least),
            number::rate(most)
        ),
        Some(LoadOf::Unnamed) | None => count,
    }
}

/// Whether there is a steady phase, and why not.
pub fn steadiness(run: &Run) -> Steadiness {
    if !run.load.phases.is_empty() {
        return declared(run);
    }
    let parts = parts_of(run);
    let is_open = run.load.model == Some(LoadModel::Open);
    if !is_open && parts.iter().any(|part| part.users.is_some_and(|u| u > 0.0)) {
        return by_users(&parts);
    }
    if parts.iter().any(|part| part.arrivals.is_some()) {
        return by_rate(run, &parts, LoadOf::Arrivals, |part| part.arrivals);
    }
    if parts.iter().any(|part| part.requests.is_some()) {
        return by_rate(run, &parts, LoadOf::Requests, |part| part.requests);
    }
    Steadiness::Unknown
}

fn declared(run: &Run) -> Steadiness {
    let end_of_run = run.duration.map_or(f64::INFINITY, |duration| duration.0);
    let phases = joined(&run.load.phases);
    let held = phases
        .iter()
        .filter(|phase| !phase.is_ramp() && !is_pause(phase));
    let mut levels: Vec<Level> = held
        .map(|phase| {
            let (of, load) = load_of(phase);
            let (start, end) = (phase.start.0, phase.start.0 + phase.duration.0);
            Level {
                start,
                end,
                of,
                load,
            }
        })
        .collect();
    for level in &mut levels {
        level.start = level.start.max(0.0);
        level.end = level.end.min(end_of_run);
    }
    levels.retain(|level| level.end.is_finite() && level.length() > SLACK_S);
    let last = run.load.phases.last();
    let all_ramps = run.load.phases.iter().all(Phase::is_ramp);
    if let Some(last) = last.filter(|last| all_ramps && !is_pause(last))
        && run.load.model != Some(LoadModel::Open)
    {
        let from = last.start.0 + last.duration.0;
        if end_of_run.is_finite() && end_of_run > from + SLACK_S {
            return Steadiness::Phase(from, end_of_run);
        }
    }
    the_one_of(levels).unwrap_or(Steadiness::Ramps)
}

/// The longest level, or all that compete with it; `None` without any.
fn the_one_of(levels: Vec<Level>) -> Option<Steadiness> {
    let mut longest: Option<Level> = None;
    for level in &levels {
        if longest.is_none_or(|longest| level.length() > longest.length() + SLACK_S) {
            longest = Some(*level);
        }
    }
    let longest = longest?;
    let is_long = |level: &Level| 2.0 * level.length() > longest.length() + SLACK_S;
    if !levels
        .iter()
        .any(|level| is_long(level) && !level.is_like(&longest))
    {
        return Some(Steadiness::Phase(longest.start, longest.end));
    }
    let rivals = levels.into_iter().filter(is_long).collect();
    Some(Steadiness::Levels(rivals))
}

fn by_users(parts: &[Part]) -> Steadiness {
    let levels = held_users(parts, |least, most| least >= SAME * most);
    let held = levels.iter().filter(|held| held.parts.len() >= HELD);
    let held: Vec<Level> = held.filter_map(level).collect();
    match the_one_of(held) {
        // Steps so small that they run into one another are a ramp.
        Some(Steadiness::Levels(levels)) if levels.windows(2).any(run_together) => {
            Steadiness::Changing(LoadOf::Users, None)
        }
        Some(found) => found,
        None if levels.len() < 2 => Steadiness::Short,
        None => Steadiness::Changing(LoadOf::Users, None),
    }
}

fn level(held: &Held) -> Option<Level> {
    let mut users: Vec<f64> = held.parts.iter().filter_map(|part| part.users).collect();
    Some(Level {
        start: held.start,
        end: held.end,
        of: LoadOf::Users,
        load: median(&mut users)?,
    })
}

fn run_together(pair: &[Level]) -> bool {
    match pair {
        [before, after] => {
            after.start - before.end <= gap(before.length()) && after.is_like(before)
        }
        _ => false,
    }
}

fn by_rate(run: &Run, parts: &[Part], of: LoadOf, count: fn(&Part) -> Option<u64>) -> Steadiness {
    let blocks = blocks_of(parts, count);
    let has_load = |block: &Block| block.count > 0;
    let first = blocks.iter().position(has_load);
    let last = blocks.iter().rposition(has_load);
    let blocks = match (first, last) {
        (Some(first), Some(last)) => blocks.get(first..=last).unwrap_or_default(),
        _ => return Steadiness::Unknown,
    };
    let (Some(begin), Some(end)) = (blocks.first(), blocks.last()) else {
        return Steadiness::Unknown;
    };
    if blocks.len() < 2 {
        return Steadiness::Short;
    }
    let span = end.end - begin.start;
    let median = median_rate(blocks).unwrap_or(0.0);
    let stretch = longest(blocks, |block| {
        let expected = median * (block.end - block.start);
        let allowed = (0.2 * expected).max(4.0 * expected.sqrt());
        median > 0.0 && (block.count as f64 - expected).abs() <= allowed
    });
    let Some((start, end)) = stretch else {
        return Steadiness::Changing(of, None);
    };
    let inside = |block: &&Block| block.start >= start - SLACK_S && block.end <= end + SLACK_S;
    let held = blocks.iter().filter(inside).count();
    if held < 2 || 2.0 * (end - start) < span + SLACK_S {
        return Steadiness::Changing(of, Some((end - start, span)));
    }
    if rises_or_falls(run, parts, (start, end), count) {
        return Steadiness::Changing(of, None);
    }
    Steadiness::Phase(start, end)
}

/// Slices taken together.
struct Block {
    start: f64,
    end: f64,
    count: u64,
}

/// The longest stretch of blocks without a gap in which all are as wanted; the earlier one of two that are equally long.
fn longest(blocks: &[Block], wanted: impl Fn(&Block) -> bool) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    let mut current: Option<(f64, f64)> = None;
    for block in blocks {
        if !wanted(block) {
            current = None;
            continue;
        }
        let from = match current {
            Some((from, to)) if block.start - to <= gap(block.end - block.start) => from,
            _ => block.start,
        };
        current = Some((from, block.end));
        let least = best.map_or(0.0, |(start, end)| end - start);
        if block.end - from > least + SLACK_S {
            best = Some((from, block.end));
        }
    }
    best
}

/// Neighbouring slices taken together until they cover ten seconds; a rest below half of that goes to its neighbour.
fn blocks_of(parts: &[Part], count: fn(&Part) -> Option<u64>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for part in parts {
        let Some(events) = count(part) else { continue };
        match blocks.last_mut() {
            Some(block)
                if block.end - block.start < PEAK_S - SLACK_S
                    && part.start - block.end <= gap(part.end - part.start) =>
            {
                block.end = part.end;
                block.count = block.count.saturating_add(events);
            }
            _ => blocks.push(Block {
                start: part.start,
                end: part.end,
                count: events,
            }),
        }
    }
    if let [.., before, rest] = blocks.as_mut_slice()
        && rest.end - rest.start < PEAK_S / 2.0
        && rest.start - before.end <= gap(rest.end - rest.start)
    {
        before.end = rest.end;
        before.count = before.count.saturating_add(rest.count);
        blocks.pop();
    }
    blocks
}

fn median_rate(blocks: &[Block]) -> Option<f64> {
    let rate = |block: &Block| block.count as f64 / (block.end - block.start);
    median(&mut blocks.iter().map(rate).collect::<Vec<f64>>())
}

/// The upper one of two middle values.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests;
