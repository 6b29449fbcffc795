//! Steps in words: how far each figure moved for how much more load.

use std::cmp::Ordering;

use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, text};
use crate::render::level::Level;
use crate::render::section::absent;
use crate::report::Interval;
use crate::report::scaling::{LevelOf, Scaling, Step, StepClass};
use crate::text::number;
use crate::wording::series as words;

/// The tables and what has to be said of them: the whole run step by step, and of every endpoint its worst step.
pub(super) fn blocks(scaling: &Scaling, layout: &Layout) -> Vec<Block> {
    let (mut whole, of_endpoints): (Vec<&Step>, Vec<&Step>) = scaling
        .steps
        .iter()
        .partition(|step| step.endpoint.is_none());
    whole.sort_by(|a, b| a.from.total_cmp(&b.from));
    let endpoints = if layout.full {
        of_endpoints.clone()
    } else {
        worst(&of_endpoints)
    };
    let mut blocks = Vec::new();
    if !whole.is_empty() {
        blocks.push(Block::Table(table(scaling, &whole, layout.full, false)));
    }
    let shown: Vec<&Step> = whole.iter().chain(&endpoints).copied().collect();
    if !shown.is_empty() {
        blocks.push(Block::Paragraph(vec![text(classes(scaling, &shown))]));
        blocks.push(Block::Paragraph(vec![text(legend(
            scaling, &shown, &whole, layout,
        ))]));
    }
    if !endpoints.is_empty() {
        blocks.push(Block::Table(table(scaling, &endpoints, layout.full, true)));
    }
    blocks.extend(left_out(&of_endpoints, &endpoints));
    blocks
}

fn stands_out(step: &Step) -> bool {
    matches!(step.class, StepClass::SuperLinear | StepClass::BlowUp)
}

/// Of each endpoint that grows more than the load the step that lies farthest above proportion, what is proven before what
/// is not; the farthest first.
fn worst<'a>(steps: &[&'a Step]) -> Vec<&'a Step> {
    let rank = |step: &Step| {
        let excess = step.excess_over_linear.unwrap_or(step.ratio);
        (!words::is_by_size(step), excess)
    };
    let order = |one: &Step, other: &Step| {
        let (one, other) = (rank(one), rank(other));
        other.0.cmp(&one.0).then(other.1.total_cmp(&one.1))
    };
    let is_worse = |one: &Step, other: &Step| order(one, other) == Ordering::Less;
    let mut worst: Vec<&Step> = Vec::new();
    for step in steps.iter().filter(|step| stands_out(step)) {
        let mut known = worst.iter_mut();
        match known.find(|other| other.endpoint == step.endpoint) {
            Some(other) if is_worse(step, other) => *other = step,
            Some(_) => {}
            None => worst.push(step),
        }
    }
    worst.sort_by(|one, other| order(one, other));
    worst
}

/// How many steps of endpoints are not shown, and how many of them grow more than the load.
fn left_out(all: &[&Step], shown: &[&Step]) -> Option<Block> {
    let hidden = (all.len() - shown.len()) as u64;
    if hidden == 0 {
        return None;
    }
    let grown = |steps: &[&Step]| steps.iter().filter(|step| stands_out(step)).count();
    let growing = grown(all) - grown(shown);
    let what = match (shown.is_empty(), growing) {
        (_, 0) => ", none super-linear or a blow-up".to_owned(),
        (_, growing) => format!(", {growing} of them super-linear or a blow-up"),
    };
    let steps = number::plural(hidden, "step");
    let are = if hidden == 1 { "is" } else { "are" };
    let front = if shown.is_empty() {
        String::new()
    } else {
        "Of each endpoint that grows more than the load the worst step stands here. ".to_owned()
    };
    Some(Block::Paragraph(vec![
        text(format!(
            "{front}{steps} of single endpoints {are} not shown{what}; "
        )),
        code("--full"),
        text(" shows all."),
    ]))
}

/// Whether loads moved: then a step has two ends, and its row no room for the excess.
fn has_ramps(steps: &[&Step]) -> bool {
    steps.iter().any(|step| step.load_ratio_peak.is_some())
}

fn table(scaling: &Scaling, steps: &[&Step], full: bool, by_endpoint: bool) -> Table {
    let intervals = steps.iter().filter_map(|step| step.interval);
    let level = Level::of(intervals.chain(steps.iter().filter_map(|step| step.interval_peak)));
    let has_load = full || !by_endpoint;
    let has_excess = full || by_endpoint || !has_ramps(steps);
    let columns = [
        (by_endpoint, "Endpoint".to_owned(), Align::Left),
        (true, "Step".to_owned(), Align::Left),
        (has_load, "Load".to_owned(), Align::Right),
        (true, "Growth".to_owned(), Align::Right),
        (has_load, "Exponent".to_owned(), Align::Right),
        (has_load, level.heading(), Align::Right),
        (has_excess, "Excess".to_owned(), Align::Right),
        (true, "Class".to_owned(), Align::Left),
    ];
    let heads: Vec<(&str, Align)> = columns
        .iter()
        .filter(|(shown, ..)| *shown)
        .map(|(_, name, align)| (name.as_str(), *align))
        .collect();
    let mut table = Table::new(&heads);
    for step in steps {
        let excess = step.excess_over_linear.map_or_else(absent, |excess| {
            vec![text(format!("{}x", number::significant(excess, 2)))]
        });
        let endpoint = step.endpoint.as_ref();
        let cells = [
            endpoint.map_or_else(absent, |label| vec![code(label)]),
            name(step),
            load(step),
            vec![text(number::times(step.ratio))],
            exponent(step),
            interval(step, &level),
            excess,
            vec![text(words::class(scaling, step).0)],
        ];
        let shown = cells.into_iter().zip(&columns);
        table.row(
            shown
                .filter(|(_, (shown, ..))| *shown)
                .map(|(cell, _)| cell)
                .collect(),
        );
    }
    table
}

/// `p99, 1 to 2`; the heading of the section says what loads count.
fn name(step: &Step) -> Line {
    vec![text(format!(
        "{}, {}",
        step.metric,
        words::step_of_means(step)
    ))]
}

/// What each class means that stands in a row, in the order of the classes.
fn classes(scaling: &Scaling, steps: &[&Step]) -> String {
    const ORDER: [StepClass; 6] = [
        StepClass::Flat,
        StepClass::SubLinear,
        StepClass::Linear,
        StepClass::SuperLinear,
        StepClass::BlowUp,
        StepClass::Undecided,
    ];
    let mut said: Vec<(&str, Vec<String>)> = Vec::new();
    for class in ORDER {
        for step in steps.iter().filter(|step| step.class == class) {
            let (name, meaning) = words::class(scaling, step);
            match said.iter_mut().find(|(known, _)| *known == name) {
                Some((_, meanings)) if meanings.contains(&meaning) => {}
                Some((_, meanings)) => meanings.push(meaning),
                None => said.push((name, vec![meaning])),
            }
        }
    }
    let parts = said
        .into_iter()
        .map(|(name, meanings)| format!("{name}: {}", meanings.join(", or ")));
    format!("{}.", parts.collect::<Vec<String>>().join("; "))
}

/// By the means, and of a ramp by the peaks.
fn load(step: &Step) -> Line {
    let mean = number::significant(step.load_ratio, 3);
    let peak = step
        .load_ratio_peak
        .map(|peak| number::significant(peak, 3));
    let words = match peak {
        Some(peak) if peak != mean => format!("{mean}/{peak}x"),
        _ => format!("{mean}x"),
    };
    vec![text(words)]
}

/// By the means, and of a ramp by the peaks.
fn exponent(step: &Step) -> Line {
    let Some(mean) = step.exponent else {
        return absent();
    };
    let words = match step.exponent_peak {
        Some(peak) => format!("{}/{}", two(mean), two(peak)),
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
    if exponent.abs() < 0.005 {
        "0.00".to_owned()
    } else if exponent.abs() < 1000.0 {
        format!("{exponent:.2}")
    } else {
        number::decimal(exponent, 2)
    }
}

fn legend(scaling: &Scaling, shown: &[&Step], whole: &[&Step], layout: &Layout) -> String {
    let excess = "excess: growth over the growth of the load.";
    let mut sentences = vec![if whole.is_empty() && !layout.full {
        format!("Growth: of the figure; {excess}")
    } else {
        let excess = if has_ramps(whole) && whole.len() == shown.len() && !layout.full {
            String::new()
        } else {
            format!("; {excess}")
        };
        let exponent =
            "Exponent: 0 = the figure does not move with the load, 1 = in proportion to it";
        format!("{exponent}{excess}")
    }];
    if let Some(first) = sentences.first_mut().filter(|first| !first.ends_with('.')) {
        first.push('.');
    }
    if has_ramps(shown) {
        sentences.push(
            "Of a ramp two figures stand: by the means of the loads, by which steps are named, and by their peaks; a class holds by both, and the interval is that of both."
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
