//! Steps in words: how far each figure moved for how much more load.

use crate::findings::Interval;
use crate::findings::scaling::{LevelOf, Scaling, Step, StepClass, words};
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, text};
use crate::render::level::Level;
use crate::render::section::absent;
use crate::text::number;

/// The table and what has to be said of it.
pub(super) fn blocks(scaling: &Scaling, layout: &Layout) -> Vec<Block> {
    let is_shown = |step: &&Step| {
        layout.full
            || step.endpoint.is_none()
            || matches!(step.class, StepClass::SuperLinear | StepClass::BlowUp)
    };
    let mut shown: Vec<&Step> = scaling.steps.iter().filter(is_shown).collect();
    let hidden = (scaling.steps.len() - shown.len()) as u64;
    // Step by step over the whole run, then endpoint by endpoint as they come.
    let place = |step: &Step| (step.endpoint.is_some(), step.from);
    shown.sort_by(|a, b| match (place(a), place(b)) {
        ((false, a), (false, b)) => a.total_cmp(&b),
        ((a, _), (b, _)) => a.cmp(&b),
    });
    let mut blocks = Vec::new();
    if !shown.is_empty() {
        blocks.push(Block::Table(table(scaling, &shown)));
        blocks.push(Block::Paragraph(vec![text(legend(scaling, &shown))]));
    }
    if hidden > 0 {
        let steps = number::plural(hidden, "step");
        let are = if hidden == 1 { "is" } else { "are" };
        blocks.push(Block::Paragraph(vec![
            text(format!(
                "{steps} of single endpoints {are} not shown, none super-linear or a blow-up; "
            )),
            code("--full"),
            text(" shows all."),
        ]));
    }
    blocks
}

fn table(scaling: &Scaling, steps: &[&Step]) -> Table {
    let intervals = steps.iter().filter_map(|step| step.interval);
    let level = Level::of(intervals.chain(steps.iter().filter_map(|step| step.interval_peak)));
    let mut table = Table::new(&[
        ("Step", Align::Left),
        ("Load", Align::Right),
        ("Figure", Align::Right),
        ("Exponent", Align::Right),
        (&level.heading(), Align::Right),
        ("Excess", Align::Right),
    ]);
    for step in steps {
        table.row(vec![
            name(scaling, step),
            load(step),
            vec![text(number::times(step.ratio))],
            exponent(step),
            interval(step, &level),
            step.excess_over_linear
                .map_or_else(absent, |excess| vec![text(number::times(excess))]),
        ]);
    }
    table
}

/// `p99, 1/s to 2/s, does not move with the load`.
fn name(scaling: &Scaling, step: &Step) -> Line {
    let mut line = Vec::new();
    if let Some(endpoint) = &step.endpoint {
        line.extend([code(endpoint), text(" ")]);
    }
    line.push(text(format!(
        "{}, {}, {}",
        step.metric,
        words::step(scaling, step),
        words::class(scaling, step)
    )));
    line
}

/// By the means, and of a ramp by the peaks.
fn load(step: &Step) -> Line {
    let mean = number::significant(step.load_ratio, 3);
    let peak = step
        .load_ratio_peak
        .map(|peak| number::significant(peak, 3));
    let words = match peak {
        Some(peak) if peak != mean => format!("{mean} to {peak}x"),
        _ => format!("{mean}x"),
    };
    vec![text(words)]
}

/// The lower end first.
fn exponent(step: &Step) -> Line {
    let Some(mean) = step.exponent else {
        return absent();
    };
    let words = match step.exponent_peak {
        Some(peak) => format!("{} to {}", two(mean.min(peak)), two(mean.max(peak))),
        None => two(mean),
    };
    vec![text(words)]
}

/// Of a ramp from the lower end of both intervals to the upper one.
fn interval(step: &Step, level: &Level) -> Line {
    let both = [step.interval, step.interval_peak];
    let found = || both.into_iter().flatten();
    let Some(first) = found().next() else {
        return absent();
    };
    let end = |of: fn(Interval) -> Option<f64>, pick: fn(f64, f64) -> f64| {
        let ends: Option<Vec<f64>> = found().map(of).collect();
        let end = ends.and_then(|ends| ends.into_iter().reduce(pick));
        end.map_or_else(|| "open".to_owned(), two)
    };
    let (lo, hi) = (end(|of| of.lo, f64::min), end(|of| of.hi, f64::max));
    vec![text(level.cell(first, format!("{lo} to {hi}")))]
}

/// An exponent: two decimals, all of them.
fn two(exponent: f64) -> String {
    if exponent.abs() < 1000.0 {
        format!("{exponent:.2}")
    } else {
        number::decimal(exponent, 2)
    }
}

fn legend(scaling: &Scaling, steps: &[&Step]) -> String {
    let mut sentences = vec![
        "Exponent: 0 = the figure does not move with the load, 1 = in proportion to it; excess: the figure over the one in proportion."
            .to_owned(),
    ];
    if steps.iter().any(|step| step.load_ratio_peak.is_some()) {
        sentences.push(
            "Of a ramp both ends stand, by the means and by the peaks of the load; the excess is that by the peaks."
                .to_owned(),
        );
    }
    sentences.push(
        match scaling.level_of {
            LevelOf::Arrivals | LevelOf::Requests => {
                "Requests that come at a rate of their own have an exponent near 0 below saturation."
            }
            LevelOf::Users => {
                "Users wait for their answers: a mean latency in proportion to the users means that throughput no longer grows."
            }
            LevelOf::Stated | LevelOf::Resources => return sentences.join(" "),
        }
        .to_owned(),
    );
    sentences.join(" ")
}
