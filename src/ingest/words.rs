//! What scripts and spreadsheets write for "fine", "failed" and "nothing": the one place where such words are read.
//!
//! Python writes `True`, `None`, `nan` and `<Response [200]>`, JavaScript `undefined` and `NaN`, Go `<nil>`, Java `null`, a
//! spreadsheet `#N/A` and `200.0`. A word that is none of these is told, and does not pass for a success.

use crate::ingest::recorder::Trouble;

/// The trouble of a request whose status nobody knows.
pub(in crate::ingest) const UNKNOWN_STATUS: Trouble = Trouble {
    id: "unknown-status",
    text: "requests whose status is a word that says neither success nor failure are counted as failed",
};

/// Words for a value that is not there.
const NOTHING: [&str; 17] = [
    "",
    "-",
    "--",
    "nan",
    "-nan",
    "nat",
    "null",
    "(null)",
    "none",
    "(none)",
    "nil",
    "<nil>",
    "na",
    "n/a",
    "#n/a",
    "<na>",
    "undefined",
];

const FINE: [&str; 21] = [
    "true",
    "t",
    "1",
    "1.0",
    "yes",
    "y",
    "ok",
    "okay",
    "pass",
    "passed",
    "success",
    "successful",
    "succeeded",
    "good",
    "fine",
    "done",
    "complete",
    "completed",
    "finished",
    "up",
    "2xx",
];

const BAD: [&str; 22] = [
    "false",
    "f",
    "0",
    "0.0",
    "no",
    "n",
    "not ok",
    "ko",
    "nok",
    "fail",
    "failed",
    "failure",
    "fails",
    "error",
    "err",
    "errored",
    "bad",
    "down",
    "exception",
    "timeout",
    "4xx",
    "5xx",
];

/// What a failure is called in longer words: `ETIMEDOUT`, `Connection refused`, `ReadTimeout`.
const OF_FAILURES: [&str; 13] = [
    "timeout",
    "timed",
    "error",
    "refused",
    "reset",
    "exception",
    "fail",
    "abort",
    "cancel",
    "unreachable",
    "closed",
    "denied",
    "econn",
];

/// Words in an `error` column that say there was none.
const NO_ERROR: [&str; 15] = [
    "0",
    "0.0",
    "false",
    "f",
    "no",
    "n",
    "ok",
    "success",
    "pass",
    "passed",
    "no error",
    "no errors",
    "{}",
    "[]",
    "\"\"",
];

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether nothing stands there.
#[inline]
pub(in crate::ingest) fn is_nothing(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 9 && is_one_of(text, &NOTHING)
}

/// Whether the text of an `error` column tells of no error.
#[inline]
pub(in crate::ingest) fn is_no_error(text: &str) -> bool {
    is_nothing(text) || text.len() <= 9 && is_one_of(text.trim(), &NO_ERROR)
}

/// What a word of a `success` column says.
#[inline]
pub(in crate::ingest) fn truth(text: &str) -> Option<bool> {
    let text = text.trim();
    if is_one_of(text, &FINE) {
        Some(true)
    } else if is_one_of(text, &BAD) {
        Some(false)
    } else {
        None
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
        // A table program that met an empty cell writes every code as 200.0.
        let plain = text.strip_suffix(".0").unwrap_or(text);
        if !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return plain
                .parse()
                .map_or(Status::Unknown, |code| Status::Code(code, plain));
        }
        Status::of_words(text)
    }

    fn of_words(text: &str) -> Status<'_> {
        if is_nothing(text) {
            return Status::None;
        }
        if let Some((code, digits)) = code_in(text) {
            return Status::Code(code, digits);
        }
        match truth(text) {
            Some(true) => return Status::Fine,
            Some(false) => return Status::Failed,
            None => {}
        }
        let lower = text.to_ascii_lowercase();
        if matches!(lower.as_str(), "1xx" | "3xx") {
            Status::Fine
        } else if OF_FAILURES.iter().any(|word| lower.contains(word)) || is_errno(text) {
            Status::Failed
        } else {
            Status::Unknown
        }
    }
}

/// The code in `200 OK`, `HTTP/1.1 404 Not Found`, `<Response [503]>`.
fn code_in(text: &str) -> Option<(u32, &str)> {
    let text = text.trim();
    let behind_protocol = |text| -> Option<&str> {
        let (protocol, rest) = str::split_once(text, ' ')?;
        let (name, _) = protocol.split_once('/')?;
        name.eq_ignore_ascii_case("http").then(|| rest.trim_start())
    };
    let in_python = || text.strip_prefix("<Response [")?.strip_suffix("]>");
    let rest = behind_protocol(text).or_else(in_python).unwrap_or(text);
    let digits = rest.get(..3)?;
    let ends = rest
        .as_bytes()
        .get(3)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let is_code = digits.bytes().all(|byte| byte.is_ascii_digit()) && ends;
    is_code
        .then(|| digits.parse().ok())
        .flatten()
        .map(|code| (code, digits))
}

/// The name of an error of the system, as Node.js writes it: `EPIPE`.
fn is_errno(text: &str) -> bool {
    let mut bytes = text.bytes();
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    text.len() > 3 && bytes.next() == Some(b'E') && bytes.all(capital)
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
    /// Whether the status is a word that nobody knows: then it is no success.
    pub(in crate::ingest) is_unknown: bool,
}

/// Judges a request by its own flag where it has one, else by status and error. `None` is a column that is not there, and of the
/// flag also a word that says nothing.
#[inline]
pub(in crate::ingest) fn judge<'a>(
    code: Option<&'a str>,
    error: Option<&'a str>,
    ok: Option<bool>,
) -> Judged<'a> {
    let status = code.map(Status::of);
    let error_text = error.filter(|error| !is_no_error(error));
    let is_good = |status| matches!(status, Status::Fine | Status::Code(1..=399, _));
    let failed = status.is_some_and(|status| !is_good(status)) || error_text.is_some();
    let by_columns = (status.is_some() || error.is_some()).then_some(!failed);
    let ok_of_row = ok.or(by_columns);
    Judged {
        ok: ok_of_row,
        answered: status.map(|status| match status {
            Status::Code(code, _) => code > 0,
            Status::None => false,
            Status::Fine => true,
            Status::Failed | Status::Unknown => ok_of_row == Some(true),
        }),
        code: match status {
            Some(Status::Code(_, digits)) => Some(digits),
            Some(Status::Failed | Status::Unknown) => code,
            _ => None,
        },
        error: error_text,
        is_unknown: ok.is_none() && status == Some(Status::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(code: &str) -> Option<bool> {
        judge(Some(code), None, None).ok
    }

    #[test]
    fn words_for_fine_are_no_failures() {
        for code in [
            "200",
            "200.0",
            "204",
            "302",
            "200 OK",
            "HTTP/1.1 200 OK",
            "HTTP/2 204",
            "<Response [200]>",
            "200 - OK",
            "OK",
            "ok",
            "success",
            "SUCCESS",
            "PASS",
            "Passed",
            "True",
            "TRUE",
            "1",
            "1.0",
            "2xx",
            "3xx",
            "completed",
        ] {
            assert_eq!(ok(code), Some(true), "{code}");
            assert_eq!(judge(Some(code), None, None).answered, Some(true), "{code}");
        }
        for code in [
            "404",
            "500.0",
            "0",
            "503 Service Unavailable",
            "HTTP/1.1 404 Not Found",
            "<Response [500]>",
            "FAIL",
            "Failed",
            "KO",
            "False",
            "5xx",
            "ETIMEDOUT",
            "EPIPE",
            "ReadTimeout",
            "Connection refused",
            "",
            "None",
            "null",
            "nan",
        ] {
            let judged = judge(Some(code), None, None);
            assert_eq!(
                (judged.ok, judged.is_unknown),
                (Some(false), false),
                "{code}"
            );
        }
        assert_eq!(
            judge(Some("HTTP/1.1 404 Not Found"), None, None).code,
            Some("404")
        );
        assert_eq!(judge(Some("500.0"), None, None).code, Some("500"));
        assert_eq!(judge(Some("None"), None, None).answered, Some(false));
    }

    #[test]
    fn a_word_that_nobody_knows_is_told_unless_the_flag_speaks() {
        for code in ["cached", "skipped", "2 of 3", "20000", "99999999999999"] {
            let judged = judge(Some(code), None, None);
            let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
            assert_eq!(judged.ok, Some(false), "{code}");
            assert_eq!(judged.is_unknown, !is_number || code.len() > 10, "{code}");
        }
        let flagged = judge(Some("cached"), None, Some(true));
        assert_eq!((flagged.ok, flagged.is_unknown), (Some(true), false));
    }

    #[test]
    fn words_for_nothing_are_no_errors() {
        for error in [
            "",
            "None",
            "null",
            "NULL",
            "NaN",
            "nan",
            "N/A",
            "#N/A",
            "-",
            "0",
            "0.0",
            "False",
            "false",
            "nil",
            "<nil>",
            "undefined",
            "OK",
            "no error",
            "{}",
            "[]",
            " none ",
        ] {
            let judged = judge(None, Some(error), None);
            assert_eq!((judged.ok, judged.error), (Some(true), None), "{error}");
        }
        for error in [
            "refused",
            "True",
            "1",
            "no such host",
            "none of the hosts answered",
            "Null pointer",
        ] {
            let judged = judge(None, Some(error), None);
            assert_eq!(
                (judged.ok, judged.error),
                (Some(false), Some(error)),
                "{error}"
            );
        }
    }

    #[test]
    fn the_flag_decides_where_it_speaks() {
        assert_eq!(truth("Success"), Some(true));
        assert_eq!(truth("1.0"), Some(true));
        assert_eq!(truth("FAILED"), Some(false));
        for word in ["", "None", "maybe"] {
            assert_eq!(truth(word), None, "{word}");
        }
        assert_eq!(
            judge(Some("200"), Some("body is empty"), Some(true)).ok,
            Some(true)
        );
        assert_eq!(judge(None, None, None), Judged::default());
    }
}
