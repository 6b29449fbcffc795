//! What has to be known to read the figures of a series right.

use crate::report::scaling::{LevelOf, Scaling};
use crate::scale::series::Series;
use crate::text::number::{self, plural};
use crate::text::phrase::quoted;
use crate::wording::series as words;

/// Endpoints that are named.
const NAMED: usize = 3;
/// Repeats of which one is longer than another by this factor disagree, and
const APART: f64 = 2.0;
/// by this many milliseconds.
const APART_MS: f64 = 1.0;

/// What has to be known to read the figures right.
pub(super) fn of(series: &Series, elsewhere: u64) -> Vec<String> {
    let mut remarks = series.remarks.clone();
    if elsewhere > 0 && series.groups.len() > 1 {
        remarks.push(format!(
            "{} {} not at every level, and in no step",
            plural(elsewhere, "endpoint"),
            if elsewhere == 1 { "is" } else { "are" }
        ));
    }
    let spawned: Vec<&str> = series.spawned.iter().map(String::as_str).collect();
    if !spawned.is_empty() && series.groups.len() > 1 {
        remarks.push(format!(
            "users call {} as they start, in the seconds after each step: such requests measure how many users start at once, not \
             the load of a level, and are in no step",
            names(&spawned)
        ));
    }
    let mut say = |holds: bool, words: &str| {
        if holds {
            remarks.push(words.to_owned());
        }
    };
    let samples = || series.groups.iter().flat_map(|group| &group.samples);
    let several = series.groups.len() > 1;
    say(
        several
            && series.groups.iter().any(|group| group.samples.len() == 1)
            && series.of != LevelOf::Resources,
        "of a level with one run the spread between runs is assumed: 5 % at p50, 8 % at p95, 15 % at p99; repeats of every level narrow the intervals",
    );
    say(
        samples().any(|sample| sample.sources.len() > 1),
        "percentiles of a stretch of several windows are the middle of those of its windows (geometric mean; of more than 24 as many spread over it), because the input does not tell those of all its requests",
    );
    say(
        several && series.of == LevelOf::Users,
        "the load is closed: users wait for their answers before they ask again, so latencies are service times as users got them, and what was never sent because answers were late is in none",
    );
    say(
        several && series.of == LevelOf::Arrivals,
        "the load is open: sessions arrive whether or not others are answered; inside a session a request waits for the one before, so that what is late is also sent late",
    );
    say(
        several && series.of == LevelOf::Users && series.is_untold,
        "the input does not say whether users wait for their answers: they are taken to; of arrivals at a rate `--level rate` with a label tells the level",
    );
    say(
        several && samples().any(|sample| !sample.is_windowed) && !series.is_closed,
        "some rates are those of a whole run, which include the time after the last arrival: their shortfall counts only beyond 5 % of uncertainty",
    );
    remarks
}

/// Names of endpoints, the first ones of many.
fn names(labels: &[&str]) -> String {
    let named = labels.iter().take(NAMED).map(|label| quoted(label));
    let mut words: Vec<String> = named.collect();
    if labels.len() > NAMED {
        words.push(format!("{} more", labels.len() - NAMED));
    }
    words.join(", ")
}

/// That figures of repeats are their middle, and where the repeats disagree most.
pub(super) fn repeats(scaling: &Scaling) -> Option<String> {
    if scaling.levels.iter().all(|level| level.repeats.is_empty()) {
        return None;
    }
    let middle = "latencies of a level with repeats are the middle of its runs (geometric mean)";
    let all = scaling.levels.iter().flat_map(|level| {
        let figures = level.repeats.iter();
        figures.map(move |(name, values)| (level, name, ends(values)))
    });
    let apart =
        all.filter(|(_, _, (least, most))| *most > APART * least && most - least > APART_MS);
    let ratio = |(least, most): (f64, f64)| most / least;
    let worst = apart.max_by(|one, other| ratio(one.2).total_cmp(&ratio(other.2)));
    let Some((level, name, (least, most))) = worst else {
        return Some(middle.to_owned());
    };
    Some(format!(
        "{middle}, and they disagree: at {} their {name} lies between {} and {} ms",
        words::of_level(scaling, level),
        number::significant(least, 3),
        number::significant(most, 3),
    ))
}

fn ends(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(0.0, f64::max))
}
