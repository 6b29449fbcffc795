//! What has to be known to read the figures of a series right.

use crate::findings::scaling::series::Series;
use crate::findings::scaling::{Level, LevelOf, Scaling, words};
use crate::text::number::{self, plural};

/// Repeats of which one is longer than another by this factor disagree, and
const APART: f64 = 2.0;
/// by this many milliseconds.
const APART_MS: f64 = 1.0;

/// What has to be known to read the figures right.
pub(super) fn of(series: &Series, elsewhere: u64) -> Vec<String> {
    let mut remarks = series.remarks.clone();
    if elsewhere > 0 && series.groups.len() > 1 {
        remarks.push(format!(
            "{} are not at every level, and in no step",
            plural(elsewhere, "endpoint")
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

/// That figures of repeats are their middle, and where the repeats disagree most.
pub(super) fn repeats(scaling: &Scaling) -> Option<String> {
    let of_level = |level: &'_ Level| {
        let apart = level
            .extremes
            .iter()
            .filter(|(_, of)| of.most > APART * of.least && of.most - of.least > APART_MS);
        let worst = apart.max_by(|one, other| {
            let ratio = |(_, of): &(&String, &super::Extremes)| of.most / of.least;
            ratio(one).total_cmp(&ratio(other))
        })?;
        Some((worst.0.clone(), *worst.1))
    };
    if scaling.levels.iter().all(|level| level.extremes.is_empty()) {
        return None;
    }
    let middle = "latencies of a level with repeats are the middle of its runs (geometric mean)";
    let apart = scaling
        .levels
        .iter()
        .filter_map(|level| Some((level, of_level(level)?)));
    let worst = apart.max_by(|one, other| {
        let ratio = |found: &(&Level, (String, super::Extremes))| found.1.1.most / found.1.1.least;
        ratio(one).total_cmp(&ratio(other))
    });
    let Some((level, (name, of))) = worst else {
        return Some(middle.to_owned());
    };
    Some(format!(
        "{middle}, and they disagree: {name} of {} runs at {} lies between {} and {} ms",
        level.runs.len(),
        words::of_level(scaling, level),
        number::significant(of.least, 3),
        number::significant(of.most, 3),
    ))
}
