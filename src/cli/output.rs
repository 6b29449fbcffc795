//! `-o [KIND=]PATH` and `--format KIND`: one mechanism for every output. Nothing is left half-written.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::cli::message::advise;
use crate::findings::Report;
use crate::render::{self, LATER, Layout, RENDERERS, Rendered, Renderer};

/// Where outputs go.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Write to a file or folder; the ending says the kind when KIND is not given. `x.md` puts charts into `x-charts/`,
    /// `dir/` makes `report.md` and `charts/`. Repeatable.
    #[arg(short = 'o', long = "output", value_name = "[KIND=]PATH")]
    pub(crate) paths: Vec<String>,

    /// What to print: markdown, text, json or csv.
    #[arg(long, value_name = "KIND")]
    pub(crate) format: Vec<String>,

    /// Keep histograms and timelines in JSON, and every row in tables.
    #[arg(long)]
    pub(crate) full: bool,
}

/// Where one output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

/// One output.
struct Planned {
    renderer: &'static Renderer,
    target: Target,
}

/// What is to be written, checked before anything is read.
pub(crate) struct Plan {
    outputs: Vec<Planned>,
    full: bool,
}

impl Output {
    /// Checks kinds and paths; `default` is what is printed when nothing is asked for.
    pub(crate) fn plan(&self, default: &str) -> anyhow::Result<Plan> {
        let mut outputs = Vec::new();
        for text in &self.paths {
            outputs.push(parse(text)?);
        }
        for kind in &self.format {
            outputs.push(Planned {
                renderer: renderer(kind)?,
                target: Target::Stdout,
            });
        }
        if outputs.is_empty() {
            outputs.push(Planned {
                renderer: renderer(default)?,
                target: Target::Stdout,
            });
        }
        if outputs
            .iter()
            .filter(|output| output.target == Target::Stdout)
            .count()
            > 1
        {
            return Err(advise(
                "only one output can go to standard output",
                "write the others to files: -o json=report.json",
            ));
        }
        Ok(Plan {
            outputs,
            full: self.full,
        })
    }
}

fn parse(text: &str) -> anyhow::Result<Planned> {
    let (kind, path) = match text.split_once('=') {
        Some((kind, path)) if is_kind(kind) => (Some(kind), path),
        _ => (None, text),
    };
    if path.is_empty() {
        return Err(advise(
            format!("no path in -o {text}"),
            "-o report.md, -o json=report.json, or -o out/",
        ));
    }
    let is_folder = path.ends_with(['/', '\\']) || Path::new(path).is_dir();
    let target = match path {
        "-" => Target::Stdout,
        path if is_folder => Target::Folder(PathBuf::from(path)),
        path => Target::File(PathBuf::from(path)),
    };
    let renderer = match (kind, &target) {
        (Some(kind), _) => renderer(kind)?,
        (None, Target::Folder(_)) => renderer("markdown")?,
        (None, _) => render::by_ending(path).ok_or_else(|| {
            advise(
                format!("the ending of {path} does not say what to write"),
                format!("name the kind: -o markdown={path}"),
            )
        })?,
    };
    if matches!(target, Target::Folder(_)) && !renderer.has_files {
        return Err(advise(
            format!("{path} is a folder, but {} is one file", renderer.id),
            format!(
                "-o {}={}report{}",
                renderer.id,
                path.trim_end_matches('/').to_owned() + "/",
                renderer.endings[0]
            ),
        ));
    }
    Ok(Planned { renderer, target })
}

fn is_kind(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

fn renderer(kind: &str) -> anyhow::Result<&'static Renderer> {
    render::renderer(kind).ok_or_else(|| {
        let built: Vec<&str> = RENDERERS.iter().map(|renderer| renderer.id).collect();
        let problem = if LATER.contains(&kind) {
            format!("the output `{kind}` is not built in this version")
        } else {
            format!("there is no output `{kind}`")
        };
        advise(problem, format!("outputs are {}", built.join(", ")))
    })
}

impl Plan {
    /// Writes every output.
    pub(crate) fn write(
        &self,
        report: &Report,
        layout: &Layout,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        for planned in &self.outputs {
            let (page, charts) = match &planned.target {
                Target::Stdout => (None, None),
                Target::File(path) => {
                    let stem = path
                        .file_stem()
                        .map(|stem| stem.to_string_lossy().into_owned());
                    (
                        Some(path.clone()),
                        stem.map(|stem| format!("{stem}-charts")),
                    )
                }
                Target::Folder(folder) => {
                    let name = format!("report{}", planned.renderer.endings[0]);
                    (Some(folder.join(name)), Some("charts".to_owned()))
                }
            };
            let layout = Layout {
                charts: charts.filter(|_| planned.renderer.has_files),
                full: self.full,
                ..layout.clone()
            };
            let rendered = (planned.renderer.render)(report, &layout)
                .with_context(|| format!("failed to write {}", planned.renderer.id))?;
            match page {
                None => out
                    .write_all(&rendered.page)
                    .context("failed to write to standard output")?,
                Some(path) => save(&path, &rendered)?,
            }
        }
        Ok(())
    }
}

fn save(page: &Path, rendered: &Rendered) -> anyhow::Result<()> {
    let folder = page
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    for (name, content) in &rendered.files {
        write_whole(&folder.join(name), content)?;
    }
    write_whole(page, &rendered.page)
}

/// Writes beside the place and moves there, so that a reader never sees half a file.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let failed = || format!("failed to write {}", path.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    let mut file = tempfile::Builder::new()
        .permissions_like_a_new_file()
        .tempfile_in(folder)
        .with_context(failed)?;
    file.write_all(content).with_context(failed)?;
    file.persist(path)
        .map_err(|error| error.error)
        .with_context(failed)?;
    Ok(())
}

/// A temporary file is private; what the user asks for is as readable as any new file.
trait LikeNew {
    fn permissions_like_a_new_file(&mut self) -> &mut Self;
}

impl LikeNew for tempfile::Builder<'_, '_> {
    fn permissions_like_a_new_file(&mut self) -> &mut Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            self.permissions(std::fs::Permissions::from_mode(0o666));
        }
        self
    }
}
