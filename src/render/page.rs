//! Puts sections together by a layout: the built-in one, or a template of the user's.
//!
//! A template says which sections stand where and what is around them; it has no access to numbers, so it cannot compute.

use std::collections::BTreeMap;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::findings::Report;
use crate::render::block::Block;
use crate::render::section::{SECTIONS, Scope, Section};
use crate::render::{Layout, RenderError};

/// The whole page: every section through `write`, in the order of the layout or by the template.
pub fn compose(
    report: &Report,
    layout: &Layout,
    built_in: &str,
    write: &dyn Fn(&[Block]) -> String,
) -> Result<String, RenderError> {
    let wanted = wanted(layout)?;
    let texts = Texts::of(report, layout, write);
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

/// Every section as text: once for the report, or once per run.
struct Texts(BTreeMap<&'static str, Vec<String>>);

impl Texts {
    fn of(report: &Report, layout: &Layout, write: &dyn Fn(&[Block]) -> String) -> Texts {
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
        Texts(
            SECTIONS
                .iter()
                .map(|section| (section.id, all(section)))
                .collect(),
        )
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
