//! GitHub- and GitLab-flavoured Markdown. Charts are files beside the page; where there is nowhere to put them, their data
//! tables stand instead.

use crate::render::block::{Align, Block, Figure, Inline, Line, Table};
use crate::render::chart;
use crate::render::section::charts;
use crate::render::{Layout, RenderError, Rendered, Renderer, page};
use crate::report::Report;
use crate::text::escape;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "markdown",
    endings: &[".md", ".markdown"],
    about: "the report as GitHub and GitLab show it, charts as SVG files beside it",
    has_files: true,
    render,
};

const TEMPLATE: &str = include_str!("../../templates/report.jinja");

fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    let page = page::compose(report, layout, TEMPLATE, &write)?;
    let mut files = Vec::new();
    if let Some(folder) = &layout.charts {
        let of_runs = (0..report.runs.len()).flat_map(|index| charts::figures(report, index));
        let comparisons = report.comparisons.iter();
        let of_pairs = comparisons.flat_map(|pair| chart::of_comparison(pair, report));
        let series = report.scalings.iter();
        let of_series = series.flat_map(|scaling| chart::of_scaling(scaling, report));
        for figure in of_pairs.chain(of_runs).chain(of_series) {
            let path = format!("{folder}/{}.svg", figure.id);
            if page.contains(&escape::url_path(&path)) {
                files.push((path, figure.svg.into_bytes()));
            }
        }
    }
    Ok(Rendered {
        page: page.into_bytes(),
        files,
    })
}

/// Blocks as Markdown; each ends with an empty line.
pub fn write(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        write_block(block, &mut text);
    }
    text
}

fn write_block(block: &Block, out: &mut String) {
    match block {
        Block::Heading(level, line) => {
            out.push_str(&"#".repeat(usize::from(*level).clamp(1, 6)));
            out.push(' ');
            out.push_str(&inline(line, false));
            out.push_str("\n\n");
        }
        Block::Paragraph(line) => {
            out.push_str(&inline(line, false));
            out.push_str("\n\n");
        }
        Block::List(items) => {
            for item in items {
                out.push_str("- ");
                out.push_str(&inline(item, false));
                out.push('\n');
            }
            out.push('\n');
        }
        Block::Table(table) => write_table(table, out),
        Block::Figure(figure, file) => write_figure(figure, file.as_deref(), out),
        Block::Details(summary, inner) => {
            out.push_str("<details>\n<summary>");
            out.push_str(&summary.iter().map(plain_html).collect::<String>());
            out.push_str("</summary>\n\n");
            out.push_str(&write(inner));
            out.push_str("</details>\n\n");
        }
    }
}

fn write_figure(figure: &Figure, file: Option<&str>, out: &mut String) {
    if let Some(file) = file {
        out.push_str("![");
        out.push_str(&escape::markdown(&figure.alt));
        out.push_str("](");
        out.push_str(&escape::url_path(file));
        out.push_str(")\n\n");
    }
    out.push_str(&escape::markdown(&figure.alt));
    out.push_str("\n\n");
    let summary = vec![Inline::Text(format!("Data: {}", figure.title))];
    write_block(
        &Block::Details(summary, vec![Block::Table(figure.data.clone())]),
        out,
    );
}

fn plain_html(part: &Inline) -> String {
    match part {
        Inline::Text(words) => escape::xml(words),
        Inline::Strong(words) => format!("<b>{}</b>", escape::xml(words)),
        Inline::Code(words) => format!("<code>{}</code>", escape::xml(&escape::name(words))),
    }
}

fn inline(line: &Line, in_table: bool) -> String {
    let mut text = String::new();
    for (place, part) in line.iter().enumerate() {
        match part {
            Inline::Text(words) if place == 0 && !in_table => {
                text.push_str(&escape::markdown(words));
            }
            Inline::Text(words) => text.push_str(&escape::markdown_inside(words)),
            Inline::Strong(words) => {
                text.push_str("**");
                text.push_str(&escape::markdown_inside(words));
                text.push_str("**");
            }
            Inline::Code(words) => text.push_str(&escape::markdown_code(words, in_table)),
        }
    }
    text
}

fn write_table(table: &Table, out: &mut String) {
    let cells: Vec<String> = table
        .columns
        .iter()
        .map(|(name, _)| escape::markdown(name))
        .collect();
    out.push_str("| ");
    out.push_str(&cells.join(" | "));
    out.push_str(" |\n");
    for (_, align) in &table.columns {
        out.push_str(match align {
            Align::Left => "|:---",
            Align::Right => "|---:",
        });
    }
    out.push_str("|\n");
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| inline(cell, true)).collect();
        out.push_str("| ");
        out.push_str(&cells.join(" | "));
        out.push_str(" |\n");
    }
    out.push('\n');
}
