//! What can go wrong while a file is read: which file, where in it, what was expected.

use std::fmt;
use std::io;

use crate::ingest::decompress::is_torn;

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line, counted from 1.
    Line(u64),
    /// A line and a column, both counted from 1.
    LineColumn(u64, u64),
    /// A member: `aggregate.counters`.
    Field(String),
    /// A member and a line.
    FieldAt(String, u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File => Ok(()),
            Place::Line(line) => write!(f, ", line {line}"),
            Place::LineColumn(line, column) => write!(f, ", line {line}, column {column}"),
            Place::Field(path) => write!(f, ", at `{path}`"),
            Place::FieldAt(path, line) => write!(f, ", at `{path}` (line {line})"),
        }
    }
}

/// How a sentence calls a file.
fn subject(file: &str) -> &str {
    if file == "-" { "standard input" } else { file }
}

/// An input that cannot become a run. Every text reads after "failed to read: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The file system said no.
    #[error("cannot open {}", subject(.file))]
    Open {
        /// Which file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Reading stopped in the middle, or the compressed stream is damaged.
    #[error("cannot read {} to its end", subject(.file))]
    Read {
        /// Which file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Nothing stands behind an argument.
    #[error("no file matches {argument}")]
    NoMatch {
        /// As it was typed.
        argument: String,
    },
    /// An argument that cannot be taken apart.
    #[error("cannot understand {argument}: {reason}")]
    Argument {
        /// As it was typed.
        argument: String,
        /// Why.
        reason: String,
    },
    /// A folder without any result.
    #[error("{argument} holds no load-test result ({seen} files looked at)")]
    NothingFound {
        /// As it was typed.
        argument: String,
        /// How many files were looked at.
        seen: usize,
    },
    /// The file is empty.
    #[error("{} is empty", subject(.file))]
    Empty {
        /// Which file.
        file: String,
    },
    /// No format claims the file.
    #[error("{} is not a load-test result that knee knows ({looks_like})", subject(.file))]
    Unknown {
        /// Which file.
        file: String,
        /// What its first bytes look like.
        looks_like: String,
        /// What to do with what the tool writes, where it is known.
        way: Option<&'static str>,
    },
    /// The file stands beside a run, and was given as something else.
    #[error("{} is {what}, not {instead_of}", subject(.file))]
    Beside {
        /// Which file.
        file: String,
        /// What it is.
        what: &'static str,
        /// What it was given as.
        instead_of: &'static str,
        /// How such a file is given.
        way: &'static str,
    },
    /// No format of files beside a run claims the file.
    #[error("{} is not {wanted} that knee knows ({looks_like})", subject(.file))]
    UnknownBeside {
        /// Which file.
        file: String,
        /// What it was given as.
        wanted: &'static str,
        /// What its first bytes look like.
        looks_like: String,
    },
    /// Two formats claim the file.
    #[error("two formats claim {}: {first} ({first_why}) and {second} ({second_why})", subject(.file))]
    Tie {
        /// Which file.
        file: String,
        /// One format's id.
        first: String,
        /// Its reason.
        first_why: String,
        /// The other's id.
        second: String,
        /// Its reason.
        second_why: String,
    },
    /// `--from` names no format.
    #[error("there is no format `{name}`")]
    NoSuchFormat {
        /// As it was typed.
        name: String,
        /// The nearest id.
        nearest: Option<&'static str>,
    },
    /// `--map` names no map.
    #[error("there is no map `{name}`")]
    NoSuchMap {
        /// As it was typed.
        name: String,
        /// Those of the configuration.
        known: Vec<String>,
    },
    /// The content breaks the rules of its format.
    #[error("{file}{place}: {problem}")]
    Content {
        /// Which file.
        file: String,
        /// Where.
        place: Place,
        /// What was expected and what was found.
        problem: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// More than can be held.
    #[error(
        "{} is larger than {} MiB after decompression, more than a `{format}` file is",
        subject(.file), .limit / (1024 * 1024)
    )]
    TooLarge {
        /// Which file.
        file: String,
        /// The limit.
        limit: u64,
        /// The format's id.
        format: &'static str,
    },
}

impl IngestError {
    /// A broken rule of the format.
    pub fn content(file: &str, place: Place, problem: impl Into<String>) -> IngestError {
        IngestError::Content {
            file: file.to_owned(),
            place,
            problem: problem.into(),
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, text: impl Into<String>) -> IngestError {
        if let IngestError::Content { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// What `serde_json` says, with file and place.
    pub fn json(file: &str, error: &serde_json::Error) -> IngestError {
        let text = error.to_string();
        // serde_json appends " at line 1 column 2"; the place says it already.
        let problem = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(head, _)| head);
        let place = if error.line() == 0 {
            Place::File
        } else {
            Place::LineColumn(error.line() as u64, error.column() as u64)
        };
        let made = IngestError::content(file, place, problem);
        if error.is_eof() {
            made.with_hint("the file ends too early; was the run or the copy interrupted?")
        } else {
            made
        }
    }

    /// The file that it is about.
    pub fn file(&self) -> Option<&str> {
        match self {
            IngestError::Open { file, .. }
            | IngestError::Read { file, .. }
            | IngestError::Empty { file }
            | IngestError::Unknown { file, .. }
            | IngestError::Beside { file, .. }
            | IngestError::UnknownBeside { file, .. }
            | IngestError::Tie { file, .. }
            | IngestError::Content { file, .. }
            | IngestError::TooLarge { file, .. } => Some(file),
            _ => None,
        }
    }

    /// What to type or look at next.
    pub fn hint(&self) -> Option<String> {
        match self {
            IngestError::Content { hint, .. } => hint.clone(),
            IngestError::Unknown { way: Some(way), .. } => Some((*way).to_owned()),
            IngestError::Unknown { .. } | IngestError::NothingFound { .. } => Some(
                "`knee formats` lists what is read; a [[map]] of knee.toml reads any other JSON or CSV"
                    .to_owned(),
            ),
            IngestError::Beside { way, .. } => Some(format!("give it with {way}")),
            IngestError::UnknownBeside { .. } => {
                Some("`knee formats` lists what is read beside a run".to_owned())
            }
            IngestError::Tie { first, .. } => Some(format!("say which one it is: --from {first}")),
            IngestError::NoSuchFormat { nearest, .. } => Some(match nearest {
                Some(id) => format!("did you mean `{id}`? `knee formats` lists all"),
                None => "`knee formats` lists all".to_owned(),
            }),
            IngestError::NoSuchMap { known, .. } if known.is_empty() => {
                Some("a map is a [[map]] of knee.toml; none was found".to_owned())
            }
            IngestError::NoSuchMap { name, known } => {
                let nearest = known
                    .iter()
                    .map(|map| (strsim::jaro_winkler(name, map), map))
                    .max_by(|a, b| a.0.total_cmp(&b.0))
                    .filter(|(likeness, _)| *likeness > 0.7);
                let ask =
                    nearest.map_or_else(String::new, |(_, map)| format!("did you mean `{map}`? "));
                Some(format!("{ask}the configuration has {}", known.join(", ")))
            }
            IngestError::Empty { .. } => {
                Some("a load generator that is killed early leaves an empty file".to_owned())
            }
            IngestError::TooLarge { format, .. } if *format != "script" => Some(
                "a summary is never so large: is it what the load generator wrote? a log of requests is read in any size"
                    .to_owned(),
            ),
            IngestError::Read { source, .. } if is_torn(source) => Some(
                "the compressed file ends too early: was the run or the copy interrupted? only logs of requests are read without their end"
                    .to_owned(),
            ),
            IngestError::NoMatch { .. } => {
                Some("check the path and the working directory".to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_call_the_dash_standard_input() {
        let empty = |file: &str| {
            let file = file.to_owned();
            IngestError::Empty { file }.to_string()
        };
        assert_eq!(empty("-"), "standard input is empty");
        assert_eq!(empty("x.csv"), "x.csv is empty");
    }
}
