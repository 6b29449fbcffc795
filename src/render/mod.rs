//! Report to bytes.
//!
//! RENDERERS write what SECTIONS return as blocks, or the report itself. They decide nothing and compute nothing: every
//! number they show stands in the [`Report`].

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod block;
mod change;
pub mod chart;
pub mod csv;
pub mod github;
pub mod github_summary;
pub mod gitlab_codequality;
mod issue;
pub mod json;
pub mod junit;
mod level;
pub mod markdown;
pub mod openmetrics;
pub mod page;
pub mod pr_comment;
pub mod section;
#[cfg(test)]
mod testing;
pub mod text;

use crate::report::Report;

/// How and where a report is written.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Folder for charts, relative to the page; `None` = there is nowhere to put them.
    pub charts: Option<String>,
    /// Columns of the terminal.
    pub width: usize,
    /// `--full`: keep histograms and timelines in JSON, and every row in tables.
    pub full: bool,
    /// `--only-changes`: leave out what shows no change.
    pub only_changes: bool,
    /// `[report] sections`: ids in order; `None` = the usual ones.
    pub sections: Option<Vec<String>>,
    /// `[report] template`: the text of a layout of the user's.
    pub template: Option<String>,
    /// `knee.toml` as its repository names it, for outputs that point at a line of it.
    pub plan: Option<String>,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout {
            charts: None,
            width: 80,
            full: false,
            only_changes: false,
            sections: None,
            template: None,
            plan: None,
        }
    }
}

/// What a renderer made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The page.
    pub page: Vec<u8>,
    /// Files beside it: path relative to the page, content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What can go wrong: only what the user wrote himself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// `[report] sections` names none of SECTIONS.
    #[error("there is no section `{name}`; sections are {known}")]
    NoSuchSection {
        /// As it was written.
        name: String,
        /// All ids.
        known: String,
    },
    /// The user's template does not work.
    #[error("the report template fails{line}: {problem}")]
    Template {
        /// ", line 3", or nothing.
        line: String,
        /// What the template engine says.
        problem: String,
    },
    /// A value that has no JSON form.
    #[error("cannot write JSON")]
    Json(#[from] serde_json::Error),
    /// A table that cannot be written.
    #[error("cannot write CSV")]
    Csv(#[from] ::csv::Error),
    /// Suites that cannot be written.
    #[error("cannot write JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
}

/// One row of [`RENDERERS`].
pub struct Renderer {
    /// What `--format` and `-o KIND=` call it.
    pub id: &'static str,
    /// Endings of file names that mean it.
    pub endings: &'static [&'static str],
    /// For help.
    pub about: &'static str,
    /// Whether it can put files beside its page.
    pub has_files: bool,
    /// How it writes.
    pub render: fn(&Report, &Layout) -> Result<Rendered, RenderError>,
}

/// Every output of the analysing commands.
pub static RENDERERS: &[Renderer] = &[
    markdown::RENDERER,
    text::RENDERER,
    json::RENDERER,
    csv::RENDERER,
    junit::RENDERER,
    github::RENDERER,
    github_summary::RENDERER,
    pr_comment::RENDERER,
    gitlab_codequality::RENDERER,
    openmetrics::RENDERER,
];

/// KINDs that are named in the contract and not built.
pub static LATER: &[&str] = &["html", "gitlab-load-performance"];

/// The renderer of that KIND.
pub fn renderer(id: &str) -> Option<&'static Renderer> {
    RENDERERS.iter().find(|renderer| renderer.id == id)
}
