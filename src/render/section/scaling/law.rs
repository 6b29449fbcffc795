//! Efficiency, the serial part, and the scaling law.

use crate::render::block::{Align, Block, Line, Table, text};
use crate::render::level::Level;
use crate::render::section::absent;
use crate::report::Interval;
use crate::report::scaling::{LevelOf, Scaling, Usl};
use crate::text::number;
use crate::wording::series as words;

/// The key of the peak's interval.
const PEAK: &str = "peak_load";
/// Factor beyond which the law says something else of one unit of load than was measured.
const MISSES: f64 = 1.25;

/// Throughput at each level over the ideal.
pub(super) fn efficiency(scaling: &Scaling) -> Vec<Block> {
    let rows = &scaling.efficiency;
    let mut blocks = Vec::new();
    // Of a rate the columns of what is offered and achieved say the same.
    if !rows.is_empty() && !matches!(scaling.level_of, LevelOf::Arrivals | LevelOf::Requests) {
        let level = Level::of(rows.iter().filter_map(|row| row.interval));
        let has_intervals = rows.iter().any(|row| row.interval.is_some());
        let mut table = Table::new(&[
            ("Level", Align::Left),
            ("Speed-up", Align::Right),
            ("Efficiency", Align::Right),
        ]);
        if has_intervals {
            table.columns.push((level.heading(), Align::Right));
        }
        for row in rows {
            let speed_up = row.speed_up.map(number::times);
            let mut cells = vec![
                vec![text(words::level(scaling, row.level))],
                speed_up.map_or_else(absent, |times| vec![text(times)]),
                vec![text(words::about(row.value))],
            ];
            if has_intervals {
                cells.push(cell(row.interval, &level, words::about));
            }
            table.row(cells);
        }
        blocks.push(Block::Table(table));
        blocks.push(said(
            "Speed-up: goodput over that of the lowest level; efficiency: per unit of level.",
        ));
    }
    if let Some(serial) = scaling.amdahl_serial {
        blocks.push(said(&format!(
            "Serial part by Amdahl's law, from the lowest and the highest level: {}.",
            words::about(serial)
        )));
    }
    blocks
}

/// The law's parameters, and its peak if it has one.
pub(super) fn usl(scaling: &Scaling) -> Vec<Block> {
    let reason = scaling.usl_reason.as_deref().map(sentence);
    let Some(usl) = &scaling.usl else {
        let reason = reason.map(|why| said(&format!("No scaling law is fitted: {why}")));
        return reason.into_iter().collect();
    };
    let level = Level::of(usl.intervals.values().copied());
    let lambda = if usl.lambda_in_range {
        "goodput of one unit of load, per second"
    } else {
        "goodput of one unit of load, per second, extrapolated"
    };
    let rows = [
        ("lambda", lambda, usl.lambda),
        ("sigma", "contention: the serial part", usl.sigma),
        (
            "kappa",
            "coherency: what each pair of units costs",
            usl.kappa,
        ),
    ];
    let has_intervals = !usl.intervals.is_empty();
    let mut table = Table::new(&[("Scaling law (USL)", Align::Left), ("Value", Align::Right)]);
    if has_intervals {
        table.columns.push((level.heading(), Align::Right));
    }
    let mut row = |(name, key): (&str, &str), words: &str, value: f64| {
        let mut cells = vec![
            vec![text(format!("{name}, {words}"))],
            vec![text(four(value))],
        ];
        if has_intervals {
            cells.push(cell(usl.intervals.get(key).copied(), &level, four));
        }
        table.row(cells);
    };
    for (name, words, value) in rows {
        row((name, name), words, value);
    }
    // Without an interval the sentence below says it all.
    if let Some(load) = usl.peak_load.filter(|_| usl.intervals.contains_key(PEAK)) {
        row(("peak", PEAK), "the load at which the law peaks", load);
    }
    let mut sentences = Vec::from_iter(measured(scaling, usl));
    sentences.push(peak(scaling, usl, reason));
    vec![Block::Table(table), said(&sentences.join(" "))]
}

/// What a unit of load had where it was measured, where lambda is another figure.
fn measured(scaling: &Scaling, usl: &Usl) -> Option<String> {
    let lowest = words::level(scaling, scaling.levels.first()?.value);
    let had = usl.lowest_per_unit.filter(|had| *had > 0.0)?;
    let unit = match scaling.level_of {
        LevelOf::Users => "a user",
        _ => "a unit of load",
    };
    if !usl.lambda_in_range {
        return Some(format!(
            "Lambda lies outside the tested range: the lowest level is {lowest}, where {unit} has {}.",
            number::rate(had)
        ));
    }
    let off = usl.lambda / had;
    (off.max(off.recip()) > MISSES).then(|| {
        format!(
            "The law does not fit the lowest level: at {lowest} {unit} has {}, and lambda is {}.",
            number::rate(had),
            number::rate(usl.lambda)
        )
    })
}

fn four(value: f64) -> String {
    number::significant(value, 4)
}

/// Where the law peaks, or why nothing is said of it.
fn peak(scaling: &Scaling, usl: &Usl, reason: Option<String>) -> String {
    let Some(load) = usl.peak_load else {
        return match reason {
            Some(why) if why.starts_with("no peak") => capital(&why),
            Some(why) => format!("No peak is given: {why}"),
            None => "The law has no peak in the data.".to_owned(),
        };
    };
    let at = words::level(scaling, load);
    let rate = usl.peak_rate.map_or_else(String::new, |rate| {
        format!(" with a goodput of {}", number::rate(rate))
    });
    let tail = if usl.in_range {
        ", inside the tested range"
    } else {
        "; extrapolated: nothing was tested there"
    };
    format!("The law peaks at {at}{rate}{tail}.")
}

/// A reason as the end of a sentence: a small letter in front, one full stop behind.
fn sentence(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    let mut letters = reason.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_lowercase)
        .collect();
    let starts_name = letters.clone().next().is_some_and(char::is_uppercase);
    if starts_name {
        format!("{reason}.")
    } else {
        format!("{first}{}.", letters.as_str())
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn cell(interval: Option<Interval>, level: &Level, write: fn(f64) -> String) -> Line {
    let Some(interval) = interval else {
        return absent();
    };
    let end = |end: Option<f64>| end.map_or_else(|| "open".to_owned(), write);
    let ends = format!("{} to {}", end(interval.lo), end(interval.hi));
    vec![text(level.cell(interval, ends))]
}

fn said(words: &str) -> Block {
    Block::Paragraph(vec![text(words)])
}
