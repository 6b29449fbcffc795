//! What the columns of one request say together: its flag, its status, its error.

use crate::ingest::words::{Said, Word, is_no_error, said, tells_of_failure};

/// What a column says that asks whether a request succeeded, or whether it failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ingest) enum Flag<'a> {
    /// There is no such column.
    #[default]
    Absent,
    /// Nothing stands there.
    Empty,
    /// Whether it succeeded.
    Says(bool),
    /// It failed, and this is why.
    Failed(&'a str),
    /// A word that nobody knows.
    Unknown(&'a str),
}

impl<'a> Flag<'a> {
    /// This one, or where it says nothing the other.
    #[inline]
    pub(in crate::ingest) fn or(self, other: Flag<'a>) -> Flag<'a> {
        match (self, other) {
            (Flag::Says(_) | Flag::Failed(_), _)
            | (Flag::Unknown(_), Flag::Empty | Flag::Absent)
            | (Flag::Empty, Flag::Absent) => self,
            _ => other,
        }
    }

    /// Reads a cell; `asks_failed`: of a column such as `failed`, whose yes is a failure.
    #[inline]
    pub(in crate::ingest) fn of(text: &'a str, asks_failed: bool) -> Flag<'a> {
        match text {
            "" => Flag::Empty,
            "true" | "True" | "TRUE" | "1" => Flag::Says(!asks_failed),
            "false" | "False" | "FALSE" | "0" => Flag::Says(asks_failed),
            _ => Flag::of_words(text, asks_failed),
        }
    }

    fn of_words(text: &'a str, asks_failed: bool) -> Flag<'a> {
        match said(text) {
            Said::Word(Word::Nothing) => Flag::Empty,
            Said::Word(Word::Yes) | Said::Number(1, _) => Flag::Says(!asks_failed),
            Said::Word(Word::No) | Said::Number(0, _) => Flag::Says(asks_failed),
            Said::Word(Word::Fine) | Said::Number(100..=399, _) => Flag::Says(true),
            Said::Word(Word::Bad)
            | Said::Number(400..=599, _)
            | Said::Unknown(Some((400..=599, _))) => Flag::Failed(text),
            Said::Unknown(_) if tells_of_failure(text) => Flag::Failed(text),
            Said::Number(..) | Said::Unknown(_) => Flag::Unknown(text),
        }
    }
}

/// What a cell of a `status` column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status<'a> {
    /// Nothing: there was no answer.
    None,
    /// A number and its digits.
    Code(u32, &'a str),
    Fine,
    Failed,
    Unknown,
}

impl Status<'_> {
    #[inline]
    fn of(text: &str) -> Status<'_> {
        match text.as_bytes() {
            [] => Status::None,
            [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
                let digit = |byte: &u8| u32::from(byte - b'0');
                Status::Code(digit(a) * 100 + digit(b) * 10 + digit(c), text)
            }
            _ => Status::of_words(text),
        }
    }

    fn of_words(text: &str) -> Status<'_> {
        match said(text) {
            Said::Word(Word::Nothing) => Status::None,
            Said::Word(Word::Yes | Word::Fine) => Status::Fine,
            Said::Word(Word::No | Word::Bad) => Status::Failed,
            Said::Number(code, digits) => Status::Code(code, digits),
            Said::Unknown(Some((code, digits))) if code >= 400 || !tells_of_failure(text) => {
                Status::Code(code, digits)
            }
            Said::Unknown(_) if tells_of_failure(text) => Status::Failed,
            Said::Unknown(_) => Status::Unknown,
        }
    }
}

/// What the columns of one request say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ingest) struct Judged<'a> {
    /// Whether it succeeded.
    pub(in crate::ingest) ok: Option<bool>,
    /// Whether there was an answer.
    pub(in crate::ingest) answered: Option<bool>,
    /// Its code, without the words around it.
    pub(in crate::ingest) code: Option<&'a str>,
    /// What went wrong, in words.
    pub(in crate::ingest) error: Option<&'a str>,
    /// Where nobody knows whether it succeeded: what stands in the column that should say it, the empty text for nothing.
    pub(in crate::ingest) unknown: Option<&'a str>,
    /// Whether its own flag says success and its code that the server failed.
    pub(in crate::ingest) contradicts: bool,
}

impl Judged<'_> {
    /// A request that says nothing of its outcome and has no latency did not come to its end.
    #[inline]
    pub(in crate::ingest) fn measured(self, has_latency: bool) -> Self {
        if has_latency || self.unknown != Some("") {
            return self;
        }
        Judged {
            ok: Some(false),
            unknown: None,
            ..self
        }
    }
}

/// Judges a request by its own flag where it has one, else by status and error. `None` is a column that is not there.
#[inline]
pub(in crate::ingest) fn judge<'a>(
    code: Option<&'a str>,
    error: Option<&'a str>,
    flag: Flag<'a>,
) -> Judged<'a> {
    let status = code.map(Status::of);
    let error_text = error.filter(|error| !is_no_error(error));
    // An error that is not there is a success only where no flag was to say so.
    let without_status = match (flag, error) {
        (Flag::Absent, Some(_)) => Some(true),
        _ => None,
    };
    let ok = match (flag, status) {
        (Flag::Says(ok), _) => Some(ok),
        (Flag::Failed(_), _) => Some(false),
        _ if error_text.is_some() => Some(false),
        (_, Some(Status::Fine | Status::Code(1..=399, _))) => Some(true),
        (_, Some(Status::Unknown)) => None,
        (_, Some(Status::None | Status::Failed | Status::Code(..))) => Some(false),
        (_, None) => without_status,
    };
    let why = match flag {
        Flag::Failed(why) => Some(why),
        _ => None,
    };
    let unknown = match (ok, flag, status) {
        (None, _, Some(_)) => code,
        (None, Flag::Unknown(word), None) => Some(word),
        (None, Flag::Empty, None) => Some(""),
        _ => None,
    };
    Judged {
        ok,
        answered: status.map(|status| match status {
            Status::Code(code, _) => code > 0,
            Status::None => false,
            Status::Fine => true,
            Status::Failed | Status::Unknown => ok == Some(true),
        }),
        code: match status {
            Some(Status::Code(_, digits)) => Some(digits),
            Some(Status::Failed | Status::Unknown) => code,
            _ => None,
        },
        error: error_text.or(why),
        unknown,
        contradicts: flag == Flag::Says(true) && matches!(status, Some(Status::Code(500..=599, _))),
    }
}
