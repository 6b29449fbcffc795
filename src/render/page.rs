//! Puts sections together by a layout: the built-in one, or a template of the user's.
//!
//! A template says which sections stand where and what is around them; it has no access to numbers, so it cannot compute.

use std::collections::BTreeMap;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::render::block::{Block, code, text};
use crate::render::section::{SECTIONS, Scope, Section};
use crate::render::{Layout, RenderError};
use crate::report::Report;
use crate::text::number;

/// The whole page: every section through `write`, in the order of the layout or by the template.
pub fn compose(
    report: &Report,
    layout: &Layout,
    built_in: &str,
    write: &dyn Fn(&[Block]) -> String,
) -> Result<String, RenderError> {
    let wanted = wanted(layout)?;
    // A template of the user's may name any section.
    let texts = match layout.template {
        Some(_) => Texts::of(SECTIONS.iter(), report, layout, write),
        None => Texts::of(wanted.iter().copied(), report, layout, write),
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_function("section", move |id: &str, run: Option<usize>| {
        texts.get(id, run)
    });
    let source = layout.template.as_deref().unwrap_or(built_in);
    let by = |scope: Scope, closing: bool| -> Vec<&str> {
        wanted
            .iter()
            .filter(|section| section.scope == scope && section.closing == closing)
            .map(|section| section.id)
            .collect()
    };
    let page = context! {
        opening => by(Scope::Report, false),
        of_run => by(Scope::Run, false),
        closing => by(Scope::Report, true),
        runs => report.runs.iter().map(|run| run.name.clone()).collect::<Vec<_>>(),
        title => report.page.title.clone().unwrap_or_default(),
        knee_version => report.knee_version.clone(),
    };
    environment
        .render_str(source, page)
        .map_err(|error| RenderError::Template {
            line: error
                .line()
                .map(|line| format!(", line {line}"))
                .unwrap_or_default(),
            problem: error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
        })
}

/// A section as text.
pub struct Piece {
    /// Its id, and the part it is of.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Every section apart, in the order of the layout, for outputs that have only so much room; templates are not asked.
pub fn pieces(
    report: &Report,
    layout: &Layout,
    write: &dyn Fn(&[Block]) -> String,
) -> Result<Vec<Piece>, RenderError> {
    let wanted = wanted(layout)?;
    let piece = |section: &Section, run: usize| Piece {
        name: match section.scope {
            Scope::Run if report.runs.len() > 1 => format!("{} of part {}", section.id, run + 1),
            _ => section.id.to_owned(),
        },
        text: write(&(section.build)(report, run, layout)),
    };
    let whole = |closing: bool| {
        wanted
            .iter()
            .filter(move |section| section.scope == Scope::Report && section.closing == closing)
            .map(|section| piece(section, 0))
    };
    let of_runs = (0..report.runs.len()).flat_map(|run| {
        let sections = wanted.iter().filter(|section| section.scope == Scope::Run);
        sections.map(move |section| piece(section, run))
    });
    let all = whole(false).chain(of_runs).chain(whole(true));
    Ok(all.filter(|piece| !piece.text.is_empty()).collect())
}

/// As many whole pieces as there is room for, from the front; what was left out is said at the end. `size` measures a text
/// in the unit of `room`, which is called `unit`.
pub fn fit(
    pieces: &[Piece],
    room: usize,
    unit: &str,
    size: &dyn Fn(&str) -> usize,
    write: &dyn Fn(&[Block]) -> String,
) -> String {
    let kept = |number: usize| -> String {
        let (kept, dropped) = pieces.split_at(number);
        let mut page: String = kept.iter().map(|piece| piece.text.as_str()).collect();
        if !dropped.is_empty() {
            page.push_str(&write(&[left_out(dropped, room, unit)]));
        }
        page
    };
    let mut total = 0;
    let mut most = 0;
    for piece in pieces {
        total += size(&piece.text);
        if total > room {
            break;
        }
        most += 1;
    }
    // The sentence about what is left out takes room too.
    (0..=most)
        .rev()
        .map(kept)
        .find(|page| size(page) <= room)
        .unwrap_or_default()
}

/// Sections that are named when they are left out.
const NAMED: usize = 8;

fn left_out(dropped: &[Piece], room: usize, unit: &str) -> Block {
    let names: Vec<&str> = dropped
        .iter()
        .take(NAMED)
        .map(|piece| piece.name.as_str())
        .collect();
    let more = match dropped.len().saturating_sub(NAMED) as u64 {
        0 => String::new(),
        more => format!(" and {} more", number::count(more)),
    };
    Block::Paragraph(vec![
        text(format!(
            "{} left out, since there is room for {} {unit}: {}{more}. The whole report: ",
            number::plural(dropped.len() as u64, "section"),
            number::count(room as u64),
            names.join(", "),
        )),
        code("knee report -o report.md"),
        text("."),
    ])
}

/// Every section as text: once for the report, or once per run.
struct Texts(BTreeMap<&'static str, Vec<String>>);

impl Texts {
    fn of(
        sections: impl Iterator<Item = &'static Section>,
        report: &Report,
        layout: &Layout,
        write: &dyn Fn(&[Block]) -> String,
    ) -> Texts {
        let text = |section: &Section, run: usize| {
            let blocks = (section.build)(report, run, layout);
            if blocks.is_empty() {
                String::new()
            } else {
                write(&blocks)
            }
        };
        let all = |section: &'static Section| match section.scope {
            Scope::Report => vec![text(section, 0)],
            Scope::Run => (0..report.runs.len())
                .map(|run| text(section, run))
                .collect(),
        };
        Texts(sections.map(|section| (section.id, all(section))).collect())
    }

    /// What a template gets for `section(id)` or `section(id, run)`.
    fn get(&self, id: &str, run: Option<usize>) -> Result<String, minijinja::Error> {
        let wrong = |error: String| minijinja::Error::new(ErrorKind::InvalidOperation, error);
        let section = find(id).map_err(|error| wrong(error.to_string()))?;
        let texts = self
            .0
            .get(section.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        match run {
            None => Ok(texts.concat()),
            Some(_) if section.scope == Scope::Report => Ok(texts.concat()),
            Some(run) => texts
                .get(run)
                .cloned()
                .ok_or_else(|| wrong(format!("there is no run {run}"))),
        }
    }
}

fn find(id: &str) -> Result<&'static Section, RenderError> {
    SECTIONS
        .iter()
        .find(|section| section.id == id)
        .ok_or_else(|| RenderError::NoSuchSection {
            name: id.to_owned(),
            known: SECTIONS
                .iter()
                .map(|section| section.id)
                .collect::<Vec<_>>()
                .join(", "),
        })
}

fn wanted(layout: &Layout) -> Result<Vec<&'static Section>, RenderError> {
    match &layout.sections {
        None => Ok(SECTIONS.iter().collect()),
        Some(ids) => ids.iter().map(|id| find(id)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::markdown;

    #[test]
    fn pieces_are_dropped_whole_from_the_end_and_named() {
        let pieces: Vec<Piece> = (0..20)
            .map(|number| Piece {
                name: format!("s{number}"),
                text: "x".repeat(100),
            })
            .collect();
        let with = |room| fit(&pieces, room, "bytes", &str::len, &markdown::write);
        assert_eq!(with(2000), "x".repeat(2000));
        for room in 200..2000 {
            let page = with(room);
            assert!(page.len() <= room, "{room}");
            let kept = page.chars().take_while(|c| *c == 'x').count();
            assert_eq!(kept % 100, 0);
            // The next one would not have fitted.
            assert!(
                page.len() + 100 > room - 20 || kept == 1900,
                "{room}: {}",
                page.len()
            );
            let said = format!("{} sections left out", 20 - kept / 100);
            assert!(kept == 1900 || page.contains(&said), "{room}: {page}");
            assert!(page.contains(&format!("s{}", kept / 100)));
        }
        assert_eq!(with(10), "");
    }
}
