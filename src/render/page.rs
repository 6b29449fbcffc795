//! Puts sections together by a layout: the built-in one, or a template of the user's.
//!
//! A template says which sections stand where and what is around them; it has no access to numbers, so it cannot compute.

use std::sync::Arc;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::findings::Report;
use crate::render::block::Block;
use crate::render::section::{SECTIONS, Scope, Section};
use crate::render::{Layout, RenderError};

/// Writes one block list.
pub type Write = Box<dyn Fn(&[Block]) -> String + Send + Sync>;

/// The whole page: every section through `write`, in the order of the layout or by the template.
pub fn compose(
    report: &Report,
    layout: &Layout,
    built_in: &str,
    write: Write,
) -> Result<String, RenderError> {
    let wanted = wanted(layout)?;
    let report = Arc::new(report.clone());
    let layout = Arc::new(layout.clone());
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let for_sections = Arc::clone(&report);
    let for_layout = Arc::clone(&layout);
    environment.add_function("section", move |id: String, run: Option<usize>| {
        let section = find(&id).map_err(|error| {
            minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string())
        })?;
        let runs: Vec<usize> = match (section.scope, run) {
            (Scope::Report, _) => vec![0],
            (Scope::Run, Some(run)) => vec![run],
            (Scope::Run, None) => (0..for_sections.runs.len()).collect(),
        };
        let texts: Vec<String> = runs
            .into_iter()
            .map(|run| (section.build)(&for_sections, run, &for_layout))
            .filter(|blocks| !blocks.is_empty())
            .map(|blocks| write(&blocks))
            .collect();
        Ok(texts.join(""))
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
