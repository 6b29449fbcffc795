//! Stretches by users over time.

use crate::load::split::{COARSE_S, LATE, Piece, settled, usual_length};
use crate::load::steady::{Held, Part, gap, held_users};
use crate::report::scaling::LevelOf;
use crate::text::number::plural;

/// Users of one level are the same whole number.
const SAME: f64 = 0.5;
/// Slices that a number of users has to last for.
const LEAST: usize = 3;
/// Seconds that it has to last for.
const LEAST_S: f64 = COARSE_S;

/// One piece for each number of users that lasts.
pub(super) fn pieces(parts: &[Part], remarks: &mut Vec<String>) -> Vec<Piece> {
    let all = held_users(parts, |least, most| most - least < SAME);
    let mut before: Option<&Held> = None;
    let mut pieces = Vec::new();
    let mut short = 0;
    for held in &all {
        if lasts(held) {
            let near = |before: &Held| held.start - before.end <= gap(usual_length(&before.parts));
            let is_behind = before.is_some_and(|before| !lasts(before) && near(before));
            pieces.push(piece(held, is_behind));
        } else {
            short += held.parts.len();
        }
        before = Some(held);
    }
    if short > 0 {
        remarks.push(format!(
            "{short} of {} have a number of users that lasts for less than {LEAST} slices or {LEAST_S} s, as while users are started: they belong to no level",
            plural(parts.len() as u64, "slice")
        ));
    }
    pieces
}

fn lasts(held: &Held) -> bool {
    let usual = usual_length(&held.parts);
    held.parts.len() >= LEAST && held.end - held.start >= LEAST_S - LATE * usual
}

fn piece(held: &Held, is_behind: bool) -> Piece {
    let (left_out, is_unsettled) = settled(&held.parts, held.start, is_behind);
    let mut piece = Piece {
        of: LevelOf::Users,
        mean: 0.0,
        peak: None,
        change: held.start,
        parts: held.parts.clone(),
        left_out,
        is_unsettled,
    };
    piece.mean = mean_users(piece.kept());
    piece
}

fn mean_users(parts: &[Part]) -> f64 {
    let (mut users, mut time) = (0.0, 0.0);
    for part in parts {
        users += part.users.unwrap_or(0.0) * (part.end - part.start);
        time += part.end - part.start;
    }
    users / time
}
