//! What is held for a while: neighbouring slices with the same users, neighbouring phases of one load.
//!
//! How long it has to be held, and what follows from it, others say.

use crate::load::steady::phase::LoadOf;
use crate::load::steady::{Part, SLACK_S, gap};
use crate::model::{Phase, Seconds};

/// Neighbouring slices that stay at one number of users.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Seconds from the start of the run.
    pub(crate) start: f64,
    /// Seconds from the start of the run.
    pub(crate) end: f64,
    least: f64,
    most: f64,
    /// In order of time; each has users.
    pub(crate) parts: Vec<Part>,
}

/// Slices with users, as long as they follow one another and the least and the most of their users are alike.
pub(crate) fn held_users(parts: &[Part], alike: impl Fn(f64, f64) -> bool) -> Vec<Held> {
    let mut all: Vec<Held> = Vec::new();
    for part in parts {
        let Some(users) = part.users.filter(|users| *users > 0.0) else {
            continue;
        };
        match all.last_mut() {
            Some(held)
                if part.start - held.end <= gap(part.end - part.start)
                    && alike(held.least.min(users), held.most.max(users)) =>
            {
                held.end = part.end;
                held.least = held.least.min(users);
                held.most = held.most.max(users);
                held.parts.push(*part);
            }
            _ => all.push(Held {
                start: part.start,
                end: part.end,
                least: users,
                most: users,
                parts: vec![*part],
            }),
        }
    }
    all
}

/// What a phase offers at its end; 0 of something unnamed where it does not say.
pub(crate) fn load_of(phase: &Phase) -> (LoadOf, f64) {
    match (phase.rate_to, phase.users_to) {
        (Some(rate), _) => (LoadOf::Arrivals, rate.0),
        (None, Some(users)) => (LoadOf::Users, users),
        (None, None) => (LoadOf::Unnamed, 0.0),
    }
}

/// Whether a phase ends without load.
pub(crate) fn is_pause(phase: &Phase) -> bool {
    let zero = |value: Option<f64>| value.is_some_and(|value| value <= 0.0);
    zero(phase.users_to) || zero(phase.rate_to.map(|rate| rate.0))
}

/// The phases that last, those of one steady load taken together where they touch.
pub(crate) fn joined(phases: &[Phase]) -> Vec<Phase> {
    let mut all: Vec<Phase> = Vec::new();
    for phase in phases.iter().filter(|phase| phase.duration.0 > SLACK_S) {
        let (of, load) = load_of(phase);
        match all.last_mut() {
            Some(last)
                if !last.is_ramp()
                    && !phase.is_ramp()
                    && (last.start.0 + last.duration.0 - phase.start.0).abs() < SLACK_S
                    && load_of(last).0 == of
                    && (load_of(last).1 - load).abs() <= f64::EPSILON =>
            {
                last.duration = Seconds(phase.start.0 + phase.duration.0 - last.start.0);
            }
            _ => all.push(phase.clone()),
        }
    }
    all
}
