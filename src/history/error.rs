//! What can go wrong with a stored baseline: which file, where in it, what was expected.

use std::io;

/// A file that is no baseline. Every text reads after "failed to read the baseline: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// The file system said no.
    #[error("cannot open {file}")]
    Open {
        /// Which file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// More than a baseline ever is.
    #[error("{file} is larger than {limit} bytes, more than a baseline ever is")]
    TooLarge {
        /// Which file.
        file: String,
        /// The limit.
        limit: u64,
    },
    /// Another version, or another kind of file.
    #[error("{file}, at `schema`: expected `{expected}` and found {found}")]
    Version {
        /// Which file.
        file: String,
        /// What this version reads.
        expected: &'static str,
        /// What the file says.
        found: String,
        /// Whether it is a baseline at all.
        is_baseline: bool,
    },
    /// The text is no JSON, or a member is not what it has to be.
    #[error("{file}{place}: {problem}")]
    Content {
        /// Which file.
        file: String,
        /// Where: empty, or a comma and the place.
        place: String,
        /// What was expected and what was found.
        problem: String,
    },
}

impl BaselineError {
    /// What to type or look at next.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            BaselineError::Open { .. } => {
                "`knee baseline list` shows what there is; `knee baseline accept RUN... --reason '...'` makes one"
            }
            BaselineError::Version {
                is_baseline: true, ..
            } => "read it with the version of knee that wrote it, or a newer one",
            BaselineError::TooLarge { .. }
            | BaselineError::Version { .. }
            | BaselineError::Content { .. } => {
                "take the committed file back, or make it again: `knee baseline accept RUN... --reason '...'`"
            }
        };
        Some(text.to_owned())
    }
}
