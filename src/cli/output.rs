//! `-o [KIND=]PATH` and `--format KIND`: one mechanism for every output. Nothing is left half-written.

use std::fs::OpenOptions;
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::cli::message::advise;
use crate::render::{self, LATER, Layout, RENDERERS, Rendered};
use crate::report::Report;

/// Where outputs go.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Write to a file or folder; the ending says the kind when KIND is not given: .md .txt .json .csv, .xml for junit.
    /// Repeatable, from one reading. KIND of an analysis is markdown, text, json, csv, junit, github, github-summary,
    /// pr-comment, gitlab-codequality or openmetrics; convert and merge write json and csv.
    #[arg(short = 'o', long = "output", value_name = "[KIND=]PATH")]
    paths: Vec<String>,

    /// What to print instead of the usual kind: -o KIND=- in other words.
    #[arg(long, value_name = "KIND")]
    format: Vec<String>,
}

/// One kind of output of a command.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// What `--format` and `KIND=` call it.
    pub(crate) id: &'static str,
    /// Endings of file names that mean it.
    pub(crate) endings: &'static [&'static str],
    /// Whether it can fill a folder.
    pub(crate) has_files: bool,
}

/// Where one output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

/// One output.
pub(crate) struct Planned {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
}

/// The kinds of the analysing commands.
pub(crate) fn report_kinds() -> Vec<Kind> {
    let kind = |renderer: &render::Renderer| Kind {
        id: renderer.id,
        endings: renderer.endings,
        has_files: renderer.has_files,
    };
    RENDERERS.iter().map(kind).collect()
}

/// The same with another kind in front: what is printed when nothing is asked for.
pub(crate) fn report_kinds_from(first: &str) -> Vec<Kind> {
    let mut kinds = report_kinds();
    kinds.sort_by_key(|kind| kind.id != first);
    kinds
}

impl Output {
    /// What is to be written, checked before anything is read; the first kind is printed when nothing is asked for.
    pub(crate) fn plan(&self, kinds: &[Kind]) -> anyhow::Result<Vec<Planned>> {
        let mut outputs = Vec::new();
        for text in &self.paths {
            outputs.push(parse(text, kinds)?);
        }
        for id in &self.format {
            outputs.push(Planned {
                kind: named(id, kinds)?,
                place: Place::Stdout,
            });
        }
        if let (true, Some(kind)) = (outputs.is_empty(), kinds.first()) {
            outputs.push(Planned {
                kind: *kind,
                place: Place::Stdout,
            });
        }
        if outputs
            .iter()
            .filter(|output| output.place == Place::Stdout)
            .count()
            > 1
        {
            return Err(advise(
                "only one output can go to standard output",
                "write the others to files: -o json=report.json",
            ));
        }
        Ok(outputs)
    }
}

fn parse(text: &str, kinds: &[Kind]) -> anyhow::Result<Planned> {
    let (id, path) = match text.split_once('=') {
        Some((id, path)) if is_id(id) => (Some(id), path),
        _ => (None, text),
    };
    if path.is_empty() {
        return Err(advise(
            format!("no path in -o {text}"),
            "-o report.md, -o json=report.json, or -o out/",
        ));
    }
    let is_folder = path.ends_with(['/', '\\']) || Path::new(path).is_dir();
    let place = match path {
        "-" => Place::Stdout,
        path if is_folder => Place::Folder(PathBuf::from(path)),
        path => Place::File(PathBuf::from(path)),
    };
    let lower = path.to_lowercase();
    let by_ending = kinds
        .iter()
        .find(|kind| kind.endings.iter().any(|ending| lower.ends_with(ending)));
    let kind = match (id, &place) {
        (Some(id), _) => named(id, kinds)?,
        (None, Place::Folder(_)) => match kinds.iter().find(|kind| kind.has_files) {
            Some(kind) => *kind,
            None => {
                return Err(advise(
                    format!("{path} is a folder"),
                    "name a file: -o run.json",
                ));
            }
        },
        (None, Place::Stdout) => {
            return Err(advise(
                "-o - does not say what to print",
                "use --format KIND",
            ));
        }
        (None, Place::File(_)) => {
            match (by_ending, lower.rsplit_once('.').map(|(_, ending)| ending)) {
                (Some(kind), _) => *kind,
                (None, Some("xml")) => named("junit", kinds)?,
                (None, Some("html")) => named("html", kinds)?,
                (None, Some("parquet")) => named("parquet", kinds)?,
                (None, _) => {
                    let first = kinds.first().map_or("json", |kind| kind.id);
                    return Err(advise(
                        format!("the ending of {path} does not say what to write"),
                        format!("name the kind: -o {first}={path}"),
                    ));
                }
            }
        }
    };
    if let (Place::Folder(_), false, Some(ending)) = (&place, kind.has_files, kind.endings.first())
    {
        return Err(advise(
            format!("{path} is a folder, but {} is one file", kind.id),
            format!(
                "-o {}={}/report{ending}",
                kind.id,
                path.trim_end_matches('/')
            ),
        ));
    }
    Ok(Planned { kind, place })
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

fn named(id: &str, kinds: &[Kind]) -> anyhow::Result<Kind> {
    kinds
        .iter()
        .find(|kind| kind.id == id)
        .copied()
        .ok_or_else(|| {
            let built: Vec<&str> = kinds.iter().map(|kind| kind.id).collect();
            let problem = if LATER.contains(&id) || id == "parquet" {
                format!("the output `{id}` is not built in this version")
            } else {
                format!("there is no output `{id}` here")
            };
            advise(problem, format!("outputs are {}", built.join(", ")))
        })
}

/// A file of JSON.
pub(crate) fn planned_json(path: &Path) -> Planned {
    Planned {
        kind: Kind {
            id: "json",
            endings: &[".json"],
            has_files: false,
        },
        place: Place::File(path.to_owned()),
    }
}

/// Refuses to write over what is read.
pub(crate) fn spare(outputs: &[Planned], inputs: &[PathBuf]) -> anyhow::Result<()> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let inputs: Vec<PathBuf> = inputs.iter().filter_map(|path| real(path)).collect();
    for output in outputs {
        if let Place::File(path) = &output.place
            && real(path).is_some_and(|path| path.is_file() && inputs.contains(&path))
        {
            return Err(advise(
                format!("{} is an input and would be overwritten", path.display()),
                "give the output another name",
            ));
        }
    }
    Ok(())
}

/// Writes a report to every place.
pub(crate) fn write_report(
    outputs: &[Planned],
    report: &Report,
    layout: &Layout,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for planned in outputs {
        let kind = planned.kind;
        let (page, charts) = match &planned.place {
            Place::Stdout => (None, None),
            Place::File(path) => {
                let stem = path
                    .file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned());
                (
                    Some(path.clone()),
                    stem.map(|stem| format!("{stem}-charts")),
                )
            }
            Place::Folder(folder) => {
                let name = format!("report{}", kind.endings.first().unwrap_or(&""));
                (Some(folder.join(name)), Some("charts".to_owned()))
            }
        };
        let layout = Layout {
            charts: charts.filter(|_| kind.has_files),
            ..layout.clone()
        };
        let failed = || format!("failed to write {}", kind.id);
        let renderer = render::renderer(kind.id).with_context(failed)?;
        let rendered = (renderer.render)(report, &layout).with_context(failed)?;
        match page {
            None => out
                .write_all(&rendered.page)
                .context("failed to write to standard output")?,
            Some(path) => save(&path, &rendered)?,
        }
    }
    Ok(())
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

/// Writes a file whole.
fn write_whole(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    write_with(path, &mut |file| Ok(file.write_all(content)?))
}

/// Fills a file beside the place and moves it there, so that a reader never sees half a file. A link is followed, and what
/// is no regular file (a pipe, a device) is written into instead of replaced.
pub(crate) fn write_with(
    path: &Path,
    fill: &mut dyn FnMut(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let failed = || format!("failed to write {}", path.display());
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if std::fs::metadata(&real).is_ok_and(|found| !found.is_file()) {
        let place = OpenOptions::new()
            .write(true)
            .open(&real)
            .with_context(failed)?;
        let mut place = BufWriter::new(place);
        fill(&mut place).with_context(failed)?;
        return place.flush().with_context(failed);
    }
    let folder = real
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(failed)?;
    let file = tempfile::Builder::new()
        .permissions_like_a_new_file()
        .tempfile_in(folder)
        .with_context(failed)?;
    let mut buffered = BufWriter::new(file);
    fill(&mut buffered).with_context(failed)?;
    let file = buffered
        .into_inner()
        .map_err(IntoInnerError::into_error)
        .with_context(failed)?;
    if let Ok(found) = std::fs::metadata(&real) {
        file.as_file()
            .set_permissions(found.permissions())
            .with_context(failed)?;
    }
    file.persist(&real)
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
