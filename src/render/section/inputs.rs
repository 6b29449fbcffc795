//! What was read: files with hashes, and what the reader wants known.

use crate::model::Note;
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, prose, text};
use crate::render::section::{Scope, Section, checks};
use crate::report::{Report, suites};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "inputs",
    about: "files with format and hash, and the reader's notes",
    scope: Scope::Report,
    closing: true,
    build,
};

fn build(report: &Report, _: usize, layout: &Layout) -> Vec<Block> {
    // What is said of tests stands below their table, where there is one.
    let has_table = layout.template.is_none()
        && suites::of(report).is_some()
        && layout
            .sections
            .as_ref()
            .is_none_or(|ids| ids.iter().any(|id| id == checks::SECTION.id));
    let told_elsewhere = |id: &str| has_table && checks::is_remark(id);
    if report.runs.is_empty() {
        return Vec::new();
    }
    let several = report.runs.len() > 1;
    let mut table = Table::new(&[
        ("Run", Align::Left),
        ("File", Align::Left),
        ("Format", Align::Left),
        ("Size", Align::Right),
        ("sha256 of the content", Align::Left),
    ]);
    let mut notes: Vec<Line> = Vec::new();
    for run in &report.runs {
        for file in &run.source.files {
            table.row(vec![
                vec![code(&run.name)],
                vec![code(&file.name)],
                vec![text(&run.source.format)],
                vec![text(number::bytes(file.bytes as f64))],
                vec![code(file.sha256.chars().take(16).collect::<String>())],
            ]);
        }
        for note in run.notes.iter().filter(|note| !told_elsewhere(&note.id)) {
            let mut line = Vec::new();
            if several {
                line.push(code(&run.name));
                line.push(text(": "));
            }
            // The number of parts stands in the sentence.
            let times = if note.count > 1 && note.id != Note::MERGED_PARTS {
                format!(" ({}x)", number::count(note.count))
            } else {
                String::new()
            };
            line.extend(prose(&note.text));
            if !times.is_empty() {
                line.push(text(times));
            }
            notes.push(line);
        }
    }
    let mut blocks = vec![Block::Heading(2, vec![text("Inputs")]), Block::Table(table)];
    if !notes.is_empty() {
        blocks.push(Block::Paragraph(vec![text("Notes of the reader:")]));
        blocks.push(Block::List(notes));
    }
    blocks
}
