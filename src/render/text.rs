//! Plain text for terminals and logs, as wide as asked for; no colour, no control characters of an input.

use unicode_width::UnicodeWidthStr;

use crate::findings::Report;
use crate::render::block::{Align, Block, Inline, Line, Table};
use crate::render::{Layout, RenderError, Rendered, Renderer, page};
use crate::text::escape;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "text",
    endings: &[".txt"],
    about: "plain text, 80 columns",
    has_files: false,
    render,
};

const TEMPLATE: &str = include_str!("../../templates/report.jinja");

fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    // A template of the user's is a Markdown page; text keeps its own order.
    let plain = Layout {
        template: None,
        charts: None,
        ..layout.clone()
    };
    let width = layout.width.max(40);
    let page = page::compose(
        report,
        &plain,
        TEMPLATE,
        Box::new(move |blocks| write(blocks, width)),
    )?;
    Ok(Rendered {
        page: page.into_bytes(),
        files: Vec::new(),
    })
}

/// Blocks as text of that width.
pub fn write(blocks: &[Block], width: usize) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(level, line) => {
                let words = inline(line);
                let rule = if *level == 1 { "=" } else { "-" };
                out.push_str(&words);
                out.push('\n');
                out.push_str(&rule.repeat(words.width().min(width)));
                out.push_str("\n\n");
            }
            Block::Paragraph(line) => {
                wrap(&inline(line), "", "", width, &mut out);
                out.push('\n');
            }
            Block::List(items) => {
                for item in items {
                    wrap(&inline(item), "* ", "  ", width, &mut out);
                }
                out.push('\n');
            }
            Block::Table(table) => write_table(table, width, &mut out),
            Block::Figure(figure, _) => {
                wrap(
                    &format!(
                        "{}: {}",
                        escape::terminal(&figure.title),
                        escape::terminal(&figure.alt)
                    ),
                    "",
                    "",
                    width,
                    &mut out,
                );
                out.push('\n');
            }
            Block::Details(summary, inner) => {
                wrap(&inline(summary), "", "", width, &mut out);
                out.push('\n');
                out.push_str(&write(inner, width));
            }
        }
    }
    out
}

fn inline(line: &Line) -> String {
    line.iter()
        .map(|part| match part {
            Inline::Text(words) | Inline::Strong(words) => escape::terminal(words),
            Inline::Code(words) => escape::name(words),
        })
        .collect()
}

fn wrap(words: &str, first: &str, rest: &str, width: usize, out: &mut String) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if !empty && line.width() + 1 + word.width() > width {
            out.push_str(line.trim_end());
            out.push('\n');
            rest.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Columns as wide as their content; when that is too much, the widest column of words gives way, cell by cell.
fn write_table(table: &Table, width: usize, out: &mut String) {
    let mut cells: Vec<Vec<String>> = vec![
        table
            .columns
            .iter()
            .map(|(name, _)| escape::terminal(name))
            .collect(),
    ];
    cells.extend(
        table
            .rows
            .iter()
            .map(|row| row.iter().map(inline).collect()),
    );
    let mut widths: Vec<usize> = (0..table.columns.len())
        .map(|column| {
            cells
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let left = table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, (_, align))| *align == Align::Left);
        let widest = left
            .map(|(place, _)| place)
            .max_by_key(|place| widths.get(*place).copied().unwrap_or(0));
        match widest.and_then(|place| widths.get_mut(place)) {
            Some(size) if *size > 12 => *size -= 1,
            _ => break,
        }
    }
    for (number, row) in cells.iter().enumerate() {
        let mut line = String::new();
        for ((cell, size), (_, align)) in row.iter().zip(&widths).zip(&table.columns) {
            let shown = fit(cell, *size);
            let pad = " ".repeat(size.saturating_sub(shown.width()));
            match align {
                Align::Left => line.push_str(&format!("{shown}{pad}  ")),
                Align::Right => line.push_str(&format!("{pad}{shown}  ")),
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|size| "-".repeat(*size)).collect();
            out.push_str(rules.join("  ").trim_end());
            out.push('\n');
        }
    }
    out.push('\n');
}

fn fit(cell: &str, size: usize) -> String {
    if cell.width() <= size {
        return cell.to_owned();
    }
    let mut shown = cell.to_owned();
    let mut most = size;
    while shown.width() > size && most > 3 {
        shown = escape::shorten(cell, most);
        most -= 1;
    }
    shown
}
