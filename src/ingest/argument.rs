//! RUN arguments: a file, a folder, a glob, `-`, `A+B`, `NAME=RUN`, `NAME{k=v}=RUN`. An existing path beats every other
//! reading.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::ingest::error::IngestError;
use crate::ingest::input::Input;

/// A RUN argument, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Argument {
    /// `NAME=`.
    pub name: Option<String>,
    /// `{k=v}`.
    pub labels: BTreeMap<String, String>,
    /// What stands behind it.
    pub target: String,
}

/// A file that may hold a run.
#[derive(Clone)]
pub struct Candidate {
    /// The file or stream.
    pub input: Input,
    /// `NAME=`.
    pub name: Option<String>,
    /// `{k=v}`.
    pub labels: BTreeMap<String, String>,
    /// The argument's index.
    pub argument: usize,
    /// Whether a folder or a glob led to it; then it may turn out to be something else.
    pub found: bool,
    /// The argument's index when it was `A+B`.
    pub joined: Option<usize>,
}

impl Argument {
    fn path(text: &str) -> Argument {
        Argument {
            target: text.to_owned(),
            ..Argument::default()
        }
    }

    /// Takes an argument apart. A name holds no slash, so that `results/a=b.json` stays a path.
    ///
    /// ```
    /// use knee::ingest::Argument;
    /// let argument = Argument::parse("before{users=8}=results.json").unwrap();
    /// assert_eq!(argument.name.as_deref(), Some("before"));
    /// assert_eq!(argument.labels["users"], "8");
    /// assert_eq!(argument.target, "results.json");
    /// ```
    pub fn parse(text: &str) -> Result<Argument, IngestError> {
        let plain = || Argument::path(text);
        if Path::new(text).exists() {
            return Ok(plain());
        }
        let bad = |reason: &str| IngestError::Argument {
            argument: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (name, labels, target) = if let Some((name, rest)) =
            text.split_once('{').filter(|(name, _)| is_name(name))
        {
            let Some((labels, target)) = rest.split_once("}=") else {
                return if rest.contains('}') {
                    Ok(plain())
                } else {
                    Err(bad("`{` without `}=`"))
                };
            };
            (name, labels, target)
        } else if let Some((name, target)) = text.split_once('=').filter(|(name, _)| is_name(name))
        {
            (name, "", target)
        } else {
            return Ok(plain());
        };
        if target.is_empty() {
            return Err(bad("no file after the `=`"));
        }
        let mut parsed = BTreeMap::new();
        for pair in labels.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| bad("labels are written {key=value,key=value}"))?;
            parsed.insert(key.trim().to_owned(), value.trim().to_owned());
        }
        Ok(Argument {
            name: Some(name.to_owned()),
            labels: parsed,
            target: target.to_owned(),
        })
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', '\\', '*', '?', '[', '='])
}

/// Every file behind the arguments. `stdin` is asked for at most once.
///
/// An argument that is no UTF-8 is the path of a file or folder as it stands.
pub fn expand(
    arguments: &[impl AsRef<OsStr>],
    stdin: &mut dyn FnMut() -> Input,
) -> Result<Vec<Candidate>, IngestError> {
    let mut candidates = Vec::new();
    let mut stdin_taken = false;
    for (index, given) in arguments.iter().enumerate() {
        let given = given.as_ref();
        let text = given.to_string_lossy();
        let (argument, is_text) = match given.to_str() {
            Some(text) => (Argument::parse(text)?, true),
            None => (Argument::path(&text), false),
        };
        let mut add = |input: Input, found: bool, joined: Option<usize>| {
            candidates.push(Candidate {
                input,
                name: argument.name.clone(),
                labels: argument.labels.clone(),
                argument: index,
                found,
                joined,
            });
        };
        let target = argument.target.as_str();
        let path = if is_text {
            Path::new(target)
        } else {
            Path::new(given)
        };
        if target == "-" {
            if stdin_taken {
                return Err(IngestError::Argument {
                    argument: text.into_owned(),
                    reason: "standard input is given twice".to_owned(),
                });
            }
            stdin_taken = true;
            add(stdin(), false, None);
        } else if path.is_dir() {
            let files = files_below(path)?;
            if files.is_empty() {
                return Err(IngestError::NothingFound {
                    argument: target.to_owned(),
                    seen: 0,
                });
            }
            for file in files {
                add(named(&file), true, None);
            }
        } else if path.exists() && !path.is_file() {
            // A pipe or a device gives its bytes once, to whoever opens it first.
            let file = File::open(path).map_err(|source| IngestError::Open {
                file: target.to_owned(),
                source,
            })?;
            let name = path.file_name().unwrap_or(path.as_os_str());
            add(Input::stream(name.to_string_lossy(), file), false, None);
        } else if path.exists() {
            add(named(path), false, None);
        } else if !is_text {
            return Err(IngestError::Argument {
                argument: text.into_owned(),
                reason: "there is no such file, and what is not UTF-8 is taken for a path as it stands: without NAME=, A+B and *".to_owned(),
            });
        } else if let Some(parts) = joined(target) {
            for part in parts {
                add(named(&part), false, Some(index));
            }
        } else if target.contains(['*', '?', '[']) {
            for file in globbed(target)? {
                if file.is_dir() {
                    for inner in files_below(&file)? {
                        add(named(&inner), true, None);
                    }
                } else {
                    add(named(&file), true, None);
                }
            }
        } else {
            return Err(IngestError::NoMatch {
                argument: target.to_owned(),
            });
        }
    }
    Ok(candidates)
}

fn named(path: &Path) -> Input {
    Input::file(path, path.to_string_lossy())
}

/// `A+B` when every part is a file.
fn joined(target: &str) -> Option<Vec<PathBuf>> {
    let parts: Vec<PathBuf> = target.split('+').map(PathBuf::from).collect();
    (parts.len() > 1 && parts.iter().all(|part| part.is_file())).then_some(parts)
}

/// Files directly in a folder and below it, in order of name; hidden ones are left alone.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, IngestError> {
    let fail = |source| IngestError::Open {
        file: folder.to_string_lossy().into_owned(),
        source,
    };
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // Links to folders are not followed: they may lead in circles.
            let kind = entry.file_type().map_err(fail)?;
            if kind.is_dir() && depth < 16 {
                folders.push((path, depth + 1));
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn globbed(pattern: &str) -> Result<Vec<PathBuf>, IngestError> {
    let paths = glob::glob(pattern).map_err(|error| IngestError::Argument {
        argument: pattern.to_owned(),
        reason: error.msg.to_owned(),
    })?;
    let mut found: Vec<PathBuf> = paths.filter_map(Result::ok).collect();
    if found.is_empty() {
        return Err(IngestError::NoMatch {
            argument: pattern.to_owned(),
        });
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_taken_off_and_paths_are_left_alone() {
        let parse = |text| Argument::parse(text).unwrap();
        assert_eq!(parse("a=b.json").name.as_deref(), Some("a"));
        assert_eq!(parse("dir/a=b.json").name, None);
        assert_eq!(parse("dir/*{1,2}=x").name, None);
        let labelled = parse("x{users=8, core=2}=r.json");
        assert_eq!(labelled.labels.len(), 2);
        assert_eq!(labelled.labels["core"], "2");
        assert!(Argument::parse("x{users}=r.json").is_err());
        assert!(Argument::parse("x=").is_err());
    }

    #[test]
    fn nothing_behind_an_argument_is_an_error() {
        let mut stdin = || Input::stream("-", std::io::empty());
        assert!(matches!(
            expand(&["/no/such/file"], &mut stdin),
            Err(IngestError::NoMatch { .. })
        ));
        assert!(matches!(
            expand(&["/no/such/*"], &mut stdin),
            Err(IngestError::NoMatch { .. })
        ));
        assert!(expand(&["-", "-"], &mut stdin).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn what_is_neither_file_nor_folder_is_read_once_as_a_stream() {
        use std::io::Write;
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"latency,ok\n5,true\n").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let mut none = || -> Input { panic!("no standard input") };
        let found = expand(std::slice::from_ref(&path), &mut none).unwrap();
        let [candidate] = found.as_slice() else {
            panic!("{} candidates", found.len());
        };
        assert!(path.ends_with(&candidate.input.name));
        assert_eq!(candidate.input.path, None);
        let (head, complete) = candidate.input.head().unwrap();
        assert!(complete);
        let (bytes, _) = candidate.input.read_all("x").unwrap();
        assert_eq!(head, bytes);
        assert_eq!(bytes, b"latency,ok\n5,true\n");
    }
}
