//! Plain text for terminals and logs, as wide as asked for; no colour, no control characters of an input.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::render::block::{Align, Block, Inline, Line, Table};
use crate::render::{Layout, RenderError, Rendered, Renderer, page};
use crate::report::Report;
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
    let (width, full) = (layout.width.max(40), layout.full);
    let page = page::compose(report, &plain, TEMPLATE, &|blocks| {
        write(blocks, width, full)
    })?;
    Ok(Rendered {
        page: escape::log_lines(&page).into_bytes(),
        files: Vec::new(),
    })
}

/// Blocks as text of that width; what other outputs fold away is left out unless `full` asks for it.
pub fn write(blocks: &[Block], width: usize, full: bool) -> String {
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
            Block::Details(..) if !full => {}
            Block::Details(summary, inner) => {
                wrap(&inline(summary), "", "", width, &mut out);
                out.push('\n');
                out.push_str(&write(inner, width, full));
            }
        }
    }
    out
}

fn inline(line: &Line) -> String {
    line.iter()
        .map(|part| match part {
            Inline::Text(words) | Inline::Strong(words) => escape::terminal(words),
            Inline::Code(words) => escape::terminal(&escape::name(words)),
        })
        .collect()
}

fn wrap(words: &str, first: &str, rest: &str, width: usize, out: &mut String) {
    let mut line = first.to_owned();
    let mut empty = true;
    // A number stays with its unit.
    let words =
        [" %", " ms", " s", " s)", " ms)", " %)"]
            .iter()
            .fold(words.to_owned(), |words, unit| {
                words.replace(
                    &format!("{unit} "),
                    &format!("\u{a0}{} ", unit.trim_start()),
                )
            });
    let words = words.replace(" %", "\u{a0}%");
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
        line.push_str(&word.replace('\u{a0}', " "));
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// The narrowest that a first column of names becomes before it gets a line of its own.
const NAME_ROOM: usize = 28;

/// Columns as wide as their content. When that is too much, the widest column of words gives way, cell by cell; when the
/// names in front would become too short to tell apart, each stands on a line above its numbers. A name that is too long
/// for its column goes on in the next line.
fn write_table(table: &Table, width: usize, out: &mut String) {
    let names = table.columns.iter().map(|(name, _)| escape::terminal(name));
    let mut cells: Vec<Vec<String>> = vec![names.collect()];
    cells.extend(
        table
            .rows
            .iter()
            .map(|row| row.iter().map(inline).collect()),
    );
    let natural: Vec<usize> = (0..table.columns.len())
        .map(|column| {
            let column = cells.iter().filter_map(|row| row.get(column));
            column.map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    // Two blanks between columns, one where two are too many.
    let (all, between) = (
        natural.iter().sum::<usize>(),
        natural.len().saturating_sub(1),
    );
    let fits_by_one = all + 2 * between > width && all + between <= width;
    let gap = if all - first_of(&natural) + 2 * natural.len() > width || fits_by_one {
        1
    } else {
        2
    };
    let mut widths = shrink(table, natural.clone(), width, gap);
    let first = (widths.first().copied(), natural.first().copied());
    let too_short = matches!(first, (Some(now), Some(wanted)) if now < wanted && now < NAME_ROOM);
    let too_wide = widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1) > width;
    let stacked = table.columns.len() > 3 && (too_short || too_wide);
    if stacked {
        let mut narrow = natural;
        if let Some(first) = narrow.first_mut() {
            *first = 1;
        }
        widths = shrink(table, narrow, width, gap);
    }
    let space = if gap == 1 { " " } else { "  " };
    for (number, row) in cells.iter().enumerate() {
        let mut line = String::new();
        let mut rest = Vec::new();
        for (place, ((cell, size), (_, align))) in
            row.iter().zip(&widths).zip(&table.columns).enumerate()
        {
            if stacked && place == 0 && cell.is_empty() {
                // More of the name above.
                line.push(' ');
                line.push_str(space);
                continue;
            }
            if stacked && place == 0 {
                let indents = std::iter::once("").chain(std::iter::repeat("  "));
                for (part, indent) in fold(cell, width).iter().zip(indents) {
                    out.push_str(indent);
                    out.push_str(part);
                    out.push('\n');
                }
                line.push(' ');
                line.push_str(space);
                continue;
            }
            let shown = if place == 0 && *align == Align::Left {
                let mut parts = fold(cell, *size).into_iter();
                let first = parts.next().unwrap_or_default();
                rest = parts.collect();
                first
            } else {
                fit(cell, *size)
            };
            let pad = " ".repeat(size.saturating_sub(shown.width()));
            let (before, after) = if *align == Align::Left {
                ("", pad.as_str())
            } else {
                (pad.as_str(), "")
            };
            line.push_str(before);
            line.push_str(&shown);
            line.push_str(after);
            line.push_str(space);
        }
        out.push_str(line.trim_end());
        out.push('\n');
        for part in rest {
            out.push_str("  ");
            out.push_str(&part);
            out.push('\n');
        }
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|size| "-".repeat(*size)).collect();
            out.push_str(rules.join(space).trim_end());
            out.push('\n');
        }
    }
    out.push('\n');
}

fn first_of(widths: &[usize]) -> usize {
    widths.first().copied().unwrap_or(0)
}

/// Takes from the widest column of words until the table fits, or none is left to take from.
fn shrink(table: &Table, mut widths: Vec<usize>, width: usize, gap: usize) -> Vec<usize> {
    let gaps = gap * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let words = table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, (_, align))| *align == Align::Left);
        let widest = words
            .map(|(place, _)| place)
            .max_by_key(|place| widths.get(*place).copied().unwrap_or(0));
        match widest.and_then(|place| widths.get_mut(place)) {
            Some(size) if *size > 12 => *size -= 1,
            _ => break,
        }
    }
    widths
}

/// Lines of a name that go on below the first, before the rest of it is left out.
const FOLDED: usize = 3;

/// A name in lines of at most that width, broken at spaces, and inside of what is longer than a line; never empty. What
/// goes on is indented by two, so its lines are narrower.
fn fold(cell: &str, size: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = cell;
    while lines.len() < FOLDED && rest.width() > narrower(size, &lines) {
        let room = narrower(size, &lines);
        let mut used = 0;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                used += c.width().unwrap_or(0);
                used > room
            })
            .map_or(rest.len(), |(at, _)| at);
        let (head, _) = rest.split_at(end);
        let at = head.rfind(' ').filter(|at| *at > 0).unwrap_or(end);
        if at == 0 {
            break;
        }
        let (line, tail) = rest.split_at(at);
        lines.push(line.trim_end().to_owned());
        rest = tail.trim_start();
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(fit(rest, narrower(size, &lines)));
    }
    lines
}

fn narrower(size: usize, lines: &[String]) -> usize {
    if lines.is_empty() {
        size
    } else {
        size.saturating_sub(2)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::block::text;

    #[test]
    fn a_table_that_fits_with_one_blank_between_columns_keeps_its_rows_in_one_line() {
        let mut table = Table::new(&[
            ("Level", Align::Left),
            ("One", Align::Right),
            ("Two", Align::Right),
            ("Three", Align::Right),
        ]);
        let cell = |letter: &str, wide: usize| vec![text(letter.repeat(wide))];
        // 38 of cells: 44 with two blanks, 41 with one.
        table.row(vec![
            cell("a", 8),
            cell("b", 10),
            cell("c", 10),
            cell("d", 10),
        ]);
        let lines = |width: usize| {
            let mut out = String::new();
            write_table(&table, width, &mut out);
            out.trim_end().lines().count()
        };
        assert_eq!((lines(44), lines(41)), (3, 3));
        assert!(lines(40) > 3);
    }
}
