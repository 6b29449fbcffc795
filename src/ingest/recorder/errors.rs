//! Errors: what tells one from another, and what kind they are.

use std::collections::BTreeMap;

use crate::ingest::recorder::{EndpointKey, OTHER_ENDPOINTS};
use crate::model::{ErrorCount, ErrorKind};

/// What tells one error from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ErrorKey {
    pub(super) endpoint: Option<EndpointKey>,
    pub(super) answered: Option<bool>,
    /// Whether nobody knows that it is one.
    pub(super) is_open: bool,
    pub(super) code: Option<Box<str>>,
    pub(super) message: Option<Box<str>>,
}

/// Errors that are not told apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Others {
    sure: u64,
    open: u64,
}

impl Others {
    pub(super) fn count(&mut self, is_open: bool, count: u64) {
        *(if is_open {
            &mut self.open
        } else {
            &mut self.sure
        }) += count;
    }

    pub(super) fn merge(&mut self, other: Others) {
        self.sure += other.sure;
        self.open += other.open;
    }

    /// How many they are, with those that may be none or without.
    pub(super) fn all(self, with_open: bool) -> u64 {
        self.sure + if with_open { self.open } else { 0 }
    }
}

/// What is said of a failure that is one because nothing says that it succeeded.
const SAYS_NOTHING: &str = "(says neither success nor failure)";

/// The errors in order of count; endpoints that were not kept are called by their common name.
pub(super) fn listed(
    errors: impl Iterator<Item = (ErrorKey, u64)>,
    others: u64,
    kept: impl Fn(&EndpointKey) -> bool,
) -> Vec<ErrorCount> {
    type Words = (
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
    );
    let mut counts: BTreeMap<(ErrorKind, Words), u64> = BTreeMap::new();
    for (key, count) in errors {
        let kind = error_kind(key.code.as_deref(), key.message.as_deref(), key.answered);
        let (endpoint, method) = match key.endpoint {
            Some(endpoint) if kept(&endpoint) => {
                (Some(endpoint.name.into()), endpoint.method.map(Into::into))
            }
            Some(_) => (Some(OTHER_ENDPOINTS.to_owned()), None),
            None => (None, None),
        };
        let says_nothing = key.is_open && key.code.is_none();
        let message = key.message.map(Into::into);
        let message = message.or(says_nothing.then(|| SAYS_NOTHING.to_owned()));
        let code = key.code.map(Into::into);
        *counts
            .entry((kind, (endpoint, method, code, message)))
            .or_default() += count;
    }
    let mut list: Vec<ErrorCount> = counts
        .into_iter()
        .map(
            |((kind, (endpoint, method, code, message)), count)| ErrorCount {
                endpoint,
                method,
                kind,
                code,
                message,
                count,
            },
        )
        .collect();
    list.sort_by_key(|error| std::cmp::Reverse(error.count));
    if others > 0 {
        list.push(ErrorCount {
            endpoint: None,
            method: None,
            kind: ErrorKind::Other,
            code: None,
            message: Some("(other errors)".to_owned()),
            count: others,
        });
    }
    list
}

/// What kind of failure a code and a message tell of.
fn error_kind(code: Option<&str>, error: Option<&str>, answered: Option<bool>) -> ErrorKind {
    const TIMEOUT: [&str; 4] = ["timeout", "timed out", "etimedout", "deadline exceeded"];
    const CONNECTION: [&str; 8] = [
        "connect",
        "refused",
        "reset",
        "unreach",
        "no such host",
        "socket",
        "enotfound",
        "broken pipe",
    ];
    let text = [code, error].map(|text| text.unwrap_or_default().to_ascii_lowercase());
    let says = |words: &[&str]| {
        words
            .iter()
            .any(|word| text.iter().any(|text| text.contains(word)))
    };
    let status = code.and_then(|code| code.parse::<u32>().ok());
    match status {
        Some(400..=999) => ErrorKind::HttpStatus,
        _ if says(&TIMEOUT) => ErrorKind::Timeout,
        _ if says(&CONNECTION) => ErrorKind::Connection,
        // An answer that was fine for HTTP and not for whoever asked.
        Some(100..=399) if answered == Some(true) => ErrorKind::Assertion,
        _ => ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_from_code_and_text() {
        let kind = |code: &str, error: &str, answered| {
            let some = |text: &'static str| (!text.is_empty()).then_some(text);
            let (code, error) = (code.to_owned().leak(), error.to_owned().leak());
            error_kind(some(code), some(error), answered)
        };
        assert_eq!(
            kind("503", "upstream timed out", Some(true)),
            ErrorKind::HttpStatus
        );
        assert_eq!(
            kind("0", "context deadline exceeded", Some(false)),
            ErrorKind::Timeout
        );
        assert_eq!(kind("ECONNREFUSED", "", Some(false)), ErrorKind::Connection);
        assert_eq!(
            kind("", "connection reset by peer", None),
            ErrorKind::Connection
        );
        assert_eq!(
            kind("200", "body is empty", Some(true)),
            ErrorKind::Assertion
        );
        assert_eq!(kind("", "", None), ErrorKind::Other);
    }
}
