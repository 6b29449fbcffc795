//! `P_failures.csv` and `P_exceptions.csv`: what went wrong, counted.
//!
//! The text is kept as Locust writes it, without the host: 2.x writes a Python repr and takes the host out of addresses,
//! 1.x the bare message; what it leaves of hosts is taken out here. Status codes stand nowhere else, so successes have none. A traceback holds paths of the machine and is
//! never kept. The order of the rows is that of a hash, so they are sorted here.
//!
//! References: locust/stats.py, `StatsError`.

use std::collections::BTreeMap;

use crate::ingest::error::IngestError;
use crate::ingest::input::Input;
use crate::ingest::locust::table::Table;
use crate::ingest::locust::totals::note;
use crate::model::{ErrorCount, ErrorKind, FileRef, Note};

/// How many different failures are kept with their text.
pub(super) const MOST_ERRORS: usize = 1000;

/// Failures by status code: of the run, and per method and name.
#[derive(Debug, Default)]
pub(super) struct Codes {
    pub(super) overall: BTreeMap<String, u64>,
    pub(super) endpoints: BTreeMap<(String, String), BTreeMap<String, u64>>,
}

/// What the files say.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) errors: Vec<ErrorCount>,
    pub(super) codes: Codes,
    pub(super) notes: Vec<Note>,
    /// Exceptions of the script, where a file lists them.
    pub(super) exceptions: Option<u64>,
}

impl Failures {
    /// Adds failures: method, name, text, how often.
    pub(super) fn add(&mut self, rows: impl Iterator<Item = (String, String, String, u64)>) {
        for (method, name, text, count) in rows {
            let (kind, code) = kind_of(&text);
            let text = without_host(&text);
            if let Some(code) = &code {
                let codes = self.codes.endpoints.entry((method.clone(), name.clone()));
                let here = codes.or_default().entry(code.clone()).or_default();
                *here = here.saturating_add(count);
                let all = self.codes.overall.entry(code.clone()).or_default();
                *all = all.saturating_add(count);
            }
            self.errors.push(ErrorCount {
                endpoint: Some(name),
                method: Some(method).filter(|method| !method.is_empty()),
                kind,
                code,
                message: Some(text),
                count,
            });
        }
        note(
            &mut self.notes,
            "codes-of-failures-only",
            "status codes are those of failures; Locust writes none for successes",
            u64::from(!self.codes.overall.is_empty()),
        );
    }

    /// Takes from another what this one has no file for.
    pub(super) fn fill(&mut self, other: Failures, failures: bool, exceptions: bool) {
        let wanted = |error: &ErrorCount| match error.kind {
            ErrorKind::Exception => exceptions,
            _ => failures,
        };
        if failures {
            self.codes = other.codes;
        }
        if exceptions {
            self.exceptions = other.exceptions;
        }
        self.errors.extend(other.errors.into_iter().filter(wanted));
        let said = |note: &Note| match note.id.as_str() {
            "task-exceptions" => exceptions,
            "codes-of-failures-only" => failures,
            _ => failures || exceptions,
        };
        self.notes.extend(other.notes.into_iter().filter(said));
    }

    /// Adds exceptions of the script: text, how often.
    pub(super) fn add_exceptions(&mut self, rows: impl Iterator<Item = (String, u64)>) {
        let mut all: u64 = 0;
        for (text, count) in rows {
            all = all.saturating_add(count);
            self.errors.push(ErrorCount {
                endpoint: None,
                method: None,
                kind: ErrorKind::Exception,
                // The script raised what a request answered, and that request is counted.
                code: status_of(&text),
                message: Some(without_host(&text)),
                count,
            });
        }
        self.exceptions = Some(self.exceptions.unwrap_or(0).saturating_add(all));
        note(
            &mut self.notes,
            "task-exceptions",
            "exceptions in the script are listed among the errors; they are neither requests nor failures",
            all,
        );
    }
}

/// Reads `_failures.csv`.
pub(super) fn read(input: &Input, into: &mut Failures) -> Result<FileRef, IngestError> {
    let mut table = Table::open(input)?;
    let method = table.need("Method")?;
    let name = table.need("Name")?;
    let error = table.need("Error")?;
    let occurrences = table.need("Occurrences")?;
    let mut merged: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    let mut cut = 0;
    while table.next()? {
        // The last cells are the dates of 2.47, which nothing needs.
        if table.bytes(occurrences).is_empty() {
            cut += 1;
            continue;
        }
        let count = table.count(occurrences)?;
        let key = (table.text(method), table.text(name), table.text(error));
        let sum = merged.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }
    note(
        &mut into.notes,
        "rows-cut",
        format!(
            "{}: a row is shorter than the header and left out; was the run killed?",
            table.file
        ),
        cut,
    );
    let rows = merged.into_iter();
    into.add(rows.map(|((method, name, text), count)| (method, name, text, count)));
    table.finish()
}

/// Reads `_exceptions.csv`.
pub(super) fn read_exceptions(input: &Input, into: &mut Failures) -> Result<FileRef, IngestError> {
    let mut table = Table::open(input)?;
    let count = table.need("Count")?;
    let message = table.need("Message")?;
    let mut merged: BTreeMap<String, u64> = BTreeMap::new();
    while table.next()? {
        let sum = merged.entry(table.text(message)).or_default();
        *sum = sum.saturating_add(table.count(count)?);
    }
    into.add_exceptions(merged.into_iter());
    table.finish()
}

/// Sorts by count and keeps the first thousand; the others are added up by kind and code.
pub(super) fn settle(failures: &mut Failures) {
    let errors = &mut failures.errors;
    errors.sort_by(|a, b| {
        let key = |e: &ErrorCount| (e.endpoint.clone(), e.method.clone(), e.message.clone());
        b.count.cmp(&a.count).then_with(|| key(a).cmp(&key(b)))
    });
    let rest = errors.split_off(errors.len().min(MOST_ERRORS));
    note(
        &mut failures.notes,
        "errors-capped",
        format!(
            "only the {MOST_ERRORS} most frequent errors are kept with endpoint and text; the others are added up by kind and code"
        ),
        rest.len() as u64,
    );
    let mut others: BTreeMap<(ErrorKind, Option<String>), u64> = BTreeMap::new();
    for error in rest {
        let sum = others.entry((error.kind, error.code)).or_default();
        *sum = sum.saturating_add(error.count);
    }
    for ((kind, code), count) in others {
        errors.push(ErrorCount {
            endpoint: None,
            method: None,
            kind,
            code,
            message: None,
            count,
        });
    }
}

/// The text without the hosts of addresses, as 2.x writes it: `http://h:1/api` is `/api`, `host='h', port=1` names neither.
fn without_host(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, mark)) = ["http://", "https://", "host='"]
        .iter()
        .filter_map(|mark| Some((rest.find(mark)?, *mark)))
        .min()
    {
        let (before, after) = rest.split_at(at);
        kept.push_str(before);
        let after = after.strip_prefix(mark).unwrap_or_default();
        if mark == "host='" {
            let end = after.find('\'').unwrap_or(after.len());
            kept.push_str("host='-");
            rest = after.split_at(end).1;
            let port = rest.strip_prefix("', port=");
            if let Some(port) = port {
                kept.push_str("', port=-");
                rest = port.trim_start_matches(|letter: char| letter.is_ascii_digit());
            }
        } else {
            let stops = |letter: char| letter.is_whitespace() || "/'\"`<>()?#,;\\".contains(letter);
            rest = after.trim_start_matches(|letter| !stops(letter));
        }
    }
    kept.push_str(rest);
    kept
}

/// What kind of failure a text is, and its status code.
pub(super) fn kind_of(text: &str) -> (ErrorKind, Option<String>) {
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    // What a script says through catch_response may quote anything.
    if text.starts_with("CatchResponseError(") {
        return (ErrorKind::Assertion, None);
    }
    if let Some(code) = status_of(text) {
        return (ErrorKind::HttpStatus, Some(code));
    }
    if has(&["Timeout", "timed out"]) {
        return (ErrorKind::Timeout, None);
    }
    if has(&[
        "RemoteDisconnected",
        "Remote end closed connection",
        "ConnectionError",
        "ConnectionRefused",
        "ConnectionReset",
        "ConnectionAborted",
        "Connection refused",
        "Connection reset",
        "Connection aborted",
        "Connection broken",
        "IncompleteRead",
        "BrokenPipe",
        "Broken pipe",
        "NewConnectionError",
        "Max retries exceeded",
        "gaierror",
        "Name or service not known",
        "Network is unreachable",
        "No route to host",
        "SSLError",
        "HTTPConnectionClosed",
    ]) {
        return (ErrorKind::Connection, None);
    }
    (ErrorKind::Other, None)
}

/// `403 Client Error: ...` with or without the repr around it, or `BadStatusCode('...code=404')` of the fast client.
fn status_of(text: &str) -> Option<String> {
    let bare = ["HTTPError('", "HTTPError(\""]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .unwrap_or(text);
    let digits: String = bare.chars().take_while(char::is_ascii_digit).collect();
    let after = bare.strip_prefix(digits.as_str())?;
    if digits.len() == 3
        && (after.starts_with(" Client Error") || after.starts_with(" Server Error"))
    {
        return Some(digits);
    }
    let (_, after) = text.strip_prefix("BadStatusCode(")?.rsplit_once("code=")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    (digits.len() == 3).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_from_the_texts_of_every_release() {
        let http = |code: &str| (ErrorKind::HttpStatus, Some(code.to_owned()));
        let plain = |kind| (kind, None);
        for (text, want) in [
            (
                "HTTPError('404 Client Error: Not Found for url: /api/legacy')",
                http("404"),
            ),
            (
                "HTTPError(\"503 Server Error: it's down for url: /\")",
                http("503"),
            ),
            (
                "403 Client Error: Forbidden for url: http://h:1/api",
                http("403"),
            ),
            ("BadStatusCode('http://h/x: code=404')", http("404")),
            (
                "CatchResponseError('got 500 Server Error, timed out')",
                plain(ErrorKind::Assertion),
            ),
            (
                "ReadTimeout(ReadTimeoutError(\"HTTPConnectionPool(host='h', port=1): Read timed out. (read timeout=1.5)\"))",
                plain(ErrorKind::Timeout),
            ),
            (
                "HTTPConnectionPool(host='h', port=1): Read timed out. (read timeout=1.5)",
                plain(ErrorKind::Timeout),
            ),
            (
                "RemoteDisconnected('Remote end closed connection without response')",
                plain(ErrorKind::Connection),
            ),
            (
                "('Connection aborted.', RemoteDisconnected('Remote end closed'))",
                plain(ErrorKind::Connection),
            ),
            (
                "ConnectionRefusedError(111, 'Connection refused')",
                plain(ErrorKind::Connection),
            ),
            (
                "Exception('broker: queue \"full\"')",
                plain(ErrorKind::Other),
            ),
            ("slow | too slow", plain(ErrorKind::Other)),
            ("404", plain(ErrorKind::Other)),
            ("4040 Client Error", plain(ErrorKind::Other)),
            ("", plain(ErrorKind::Other)),
        ] {
            assert_eq!(kind_of(text), want, "{text}");
        }
    }

    #[test]
    fn no_host_is_left_in_a_message() {
        for (text, want) in [
            (
                "403 Client Error: Forbidden for url: http://h.example:1/api?x=1",
                "403 Client Error: Forbidden for url: /api?x=1",
            ),
            ("for url: https://h", "for url: "),
            (
                "see 'http://h:8' and https://i/a, http://j",
                "see '' and /a, ",
            ),
            (
                "HTTPConnectionPool(host='h', port=4110): Read timed out. (read timeout=1.5)",
                "HTTPConnectionPool(host='-', port=-): Read timed out. (read timeout=1.5)",
            ),
            ("host='h", "host='-"),
            ("line one\nline two", "line one\nline two"),
            ("", ""),
        ] {
            assert_eq!(without_host(text), want);
        }
    }

    #[test]
    fn rows_beyond_the_cap_keep_their_counts() {
        let mut failures = Failures::default();
        for index in 0..1500_u64 {
            failures.errors.push(ErrorCount {
                endpoint: Some(format!("/{index}")),
                method: None,
                kind: ErrorKind::HttpStatus,
                code: Some(if index % 2 == 0 { "404" } else { "500" }.to_owned()),
                message: None,
                count: 1 + u64::from(index < 1000),
            });
        }
        settle(&mut failures);
        assert_eq!(failures.errors.len(), MOST_ERRORS + 2);
        let all: u64 = failures.errors.iter().map(|error| error.count).sum();
        assert_eq!(all, 2500);
        assert_eq!(failures.notes[0].count, 500);
    }
}
