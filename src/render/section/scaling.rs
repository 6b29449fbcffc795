//! Load series: where the knee lies, level by level, step by step, and what follows for capacity.

use crate::render::Layout;
use crate::render::block::{Block, Line, code, prose, text};
use crate::render::chart;
use crate::render::section::{Scope, Section};
use crate::report::scaling::{Capacity, Scaling};
use crate::report::{Finding, Report};
use crate::text::number;
use crate::wording::series as words;

mod law;
mod levels;
mod steps;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "scaling",
    about: "load series: the knee, levels and steps in words, capacity, efficiency, scaling law",
    scope: Scope::Report,
    closing: true,
    build,
};

fn build(report: &Report, _: usize, layout: &Layout) -> Vec<Block> {
    let series = report.scalings.iter();
    let mut blocks: Vec<Block> = series
        .flat_map(|scaling| one(report, scaling, layout))
        .collect();
    let findings = about(report);
    if !findings.is_empty() {
        blocks.push(Block::Heading(2, vec![text("About the load series")]));
        blocks.push(Block::List(findings));
    }
    blocks
}

/// What rules say of load series; of a rule whose sentence is the answer what to do next, once.
pub(in crate::render) fn about(report: &Report) -> Vec<Line> {
    let mut said: Vec<&Finding> = Vec::new();
    for finding in report.findings_of_series() {
        let is_same = |known: &&Finding| is_answer(report, finding) && same_hint(known, finding);
        if !said.iter().any(is_same) {
            said.push(finding);
        }
    }
    let next = said.iter().skip(1).copied().map(Some).chain([None]);
    said.iter()
        .zip(next)
        // What several findings of a rule advise stands behind the last of them.
        .map(|(finding, next)| {
            let again = next.is_some_and(|next| same_hint(next, finding));
            finding_line(finding, is_answer(report, finding), !again)
        })
        .filter(|line| !line.is_empty())
        .collect()
}

fn same_hint(one: &Finding, other: &Finding) -> bool {
    one.rule == other.rule && one.hint == other.hint
}

/// Whether its sentence is the answer of a series, which stands in front.
fn is_answer(report: &Report, finding: &Finding) -> bool {
    let mut answers = report.scalings.iter().map(words::answer);
    answers.any(|answer| finding.message.ends_with(&answer))
}

fn finding_line(finding: &Finding, is_answer: bool, with_hint: bool) -> Line {
    let mut line = vec![text(format!("{} {}", finding.rule, finding.name))];
    let is_named = |label: &&String| finding.message.contains(label.as_str());
    if let Some(endpoint) = finding.endpoint.as_ref().filter(|label| !is_named(label)) {
        line.extend([text(" at "), code(endpoint)]);
    }
    if !is_answer {
        line.push(text(": "));
        line.extend(prose(&finding.message));
    }
    match finding.hint.as_ref().filter(|_| with_hint) {
        Some(hint) => {
            line.push(text(if is_answer {
                ", as said above. Next: "
            } else {
                " Next: "
            }));
            line.extend(prose(hint));
        }
        None if is_answer => line.clear(),
        None => {}
    }
    line
}

fn one(report: &Report, scaling: &Scaling, layout: &Layout) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading(
            2,
            vec![
                text("Load series: "),
                code(&scaling.scenario),
                text(" by "),
                code(&scaling.level_name),
            ],
        ),
        paragraph(&words::answer(scaling)),
    ];
    blocks.extend(words::second_opinions(scaling).map(|words| paragraph(&words)));
    // Without a place for drawings the tables say it all.
    if let Some(folder) = &layout.charts {
        for figure in chart::of_scaling(scaling, report) {
            let file = format!("{folder}/{}.svg", figure.id);
            blocks.push(Block::Figure(Box::new(figure), Some(file)));
        }
    }
    blocks.extend(levels::blocks(scaling));
    blocks.extend(steps::blocks(scaling, layout));
    let capacity = scaling.capacity.as_ref();
    let room: Vec<String> = capacity
        .and_then(|capacity| most(scaling, capacity))
        .into_iter()
        .chain(scaling.headroom.map(headroom))
        .collect();
    if !room.is_empty() {
        blocks.push(paragraph(&room.join(" ")));
    }
    blocks.extend(law::efficiency(scaling));
    blocks.extend(law::usl(scaling));
    if !scaling.left_out.is_empty() {
        blocks.push(paragraph("Left out of the series:"));
        let named = |id: &str| {
            let run = report.runs.iter().find(|run| run.id == id);
            run.map_or(id.to_owned(), |run| run.name.clone())
        };
        let line = |run: &str, reason: &str| -> Line {
            let mut line = vec![code(named(run)), text(": ")];
            line.extend(prose(reason));
            line
        };
        let left_out = scaling.left_out.iter();
        let lines = left_out.map(|out| line(&out.run, &out.reason)).collect();
        blocks.push(Block::List(lines));
    }
    if !scaling.remarks.is_empty() {
        blocks.push(paragraph("What else has to be known:"));
        let remarks = scaling.remarks.iter().map(|remark| prose(remark));
        blocks.push(Block::List(remarks.collect()));
    }
    blocks
}

fn paragraph(words: &str) -> Block {
    Block::Paragraph(prose(words))
}

/// The largest goodput, and whether it is a capacity.
fn most(scaling: &Scaling, capacity: &Capacity) -> Option<String> {
    let goodput = number::rate(capacity.goodput_per_s?);
    let Some(at) = capacity.at else {
        return Some(format!("Most goodput: {goodput}."));
    };
    let highest = scaling.levels.last();
    let is_highest = words::level_at(scaling, at) == highest;
    let level = words::level_at(scaling, at).map_or_else(
        || words::level(scaling, at),
        |level| words::of_level(scaling, level),
    );
    let tail = if capacity.within_range {
        if is_highest {
            ", where it no longer follows the load.".to_owned()
        } else {
            "; it is less at higher levels.".to_owned()
        }
    } else if is_highest && scaling.levels.len() > 1 {
        ", the highest level: no capacity can be told beyond it.".to_owned()
    } else {
        "; whether it stops growing there is not shown.".to_owned()
    };
    Some(format!("Most goodput: {goodput} at {level}{tail}"))
}

/// How far it is from the last good level to the knee.
fn headroom(share: f64) -> String {
    format!(
        "Headroom: the knee lies {} above the last good level.",
        words::about(share)
    )
}

#[cfg(test)]
mod tests;
