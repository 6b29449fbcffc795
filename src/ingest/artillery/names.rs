//! What the names of Artillery's counters and summaries mean. Every name is free text up to its known beginning.

use std::collections::{BTreeMap, BTreeSet};

use crate::ingest::artillery::parse::Period;
use crate::model::ErrorKind;

/// What the plugin for endpoints calls itself unless `metricsNamespace` says otherwise.
const PLUGIN: &str = "plugins.metrics-by-endpoint";

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter<'n> {
    Requests,
    Responses,
    BytesReceived,
    Code(&'n str),
    Created,
    CreatedByName(&'n str),
    Completed,
    Failed,
    Skipped,
    Error(&'n str),
    /// `None`: the sum over all checks.
    CheckPassed(Option<&'n str>),
    CheckFailed(Option<&'n str>),
    EndpointCode(&'n str, &'n str),
    EndpointError(&'n str, &'n str),
    /// The user's own, or an engine's that has no word in the schema.
    Other,
}

/// The beginnings of the names that the plugin for endpoints writes in this file.
#[derive(Clone, Debug, Default)]
pub(super) struct Namespaces(Vec<String>);

impl Namespaces {
    /// The usual one, and any `X` for which both `X.response_time.EP` and `X.EP.codes.N` stand in the file: nothing else
    /// writes such a pair.
    pub(super) fn of(aggregate: &Period) -> Namespaces {
        let mut found = vec![PLUGIN.to_owned()];
        let names: BTreeSet<&str> = aggregate.counters.iter().map(|(key, _)| &**key).collect();
        for (summary, _) in &aggregate.summaries {
            for (at, dotted) in summary.match_indices(".response_time.") {
                let (Some(space), Some(endpoint)) =
                    (summary.get(..at), summary.get(at + dotted.len()..))
                else {
                    continue;
                };
                let codes = format!("{space}.{endpoint}.codes.");
                let paired = names
                    .range(codes.as_str()..)
                    .map_while(|name| name.strip_prefix(codes.as_str()))
                    .any(is_code);
                if paired && !found.iter().any(|known| known == space) {
                    found.push(space.to_owned());
                }
            }
        }
        Namespaces(found)
    }

    /// What stands behind a namespace and a dot.
    fn strip<'n>(&self, name: &'n str) -> Option<&'n str> {
        let behind = |space: &String| name.strip_prefix(space.as_str())?.strip_prefix('.');
        self.0.iter().find_map(behind)
    }

    /// The endpoint whose response times a summary holds.
    pub(super) fn endpoint_of_summary<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.strip(name)?.strip_prefix("response_time.")
    }

    /// What a counter counts.
    pub(super) fn counter<'n>(&self, name: &'n str) -> Counter<'n> {
        let known = || match name.split_once('.')? {
            ("http", rest) => match rest {
                "requests" => Some(Counter::Requests),
                "responses" => Some(Counter::Responses),
                "downloaded_bytes" => Some(Counter::BytesReceived),
                _ => rest.strip_prefix("codes.").map(Counter::Code),
            },
            ("vusers", rest) => match rest {
                "created" => Some(Counter::Created),
                "completed" => Some(Counter::Completed),
                "failed" => Some(Counter::Failed),
                "skipped" => Some(Counter::Skipped),
                _ => rest
                    .strip_prefix("created_by_name.")
                    .map(Counter::CreatedByName),
            },
            ("errors", rest) => Some(Counter::Error(rest)),
            ("plugins", rest) => match rest.strip_prefix("expect.")? {
                "ok" => Some(Counter::CheckPassed(None)),
                "failed" => Some(Counter::CheckFailed(None)),
                rest => rest
                    .strip_prefix("ok.")
                    .map(|check| Counter::CheckPassed(Some(check)))
                    .or_else(|| {
                        rest.strip_prefix("failed.")
                            .map(|check| Counter::CheckFailed(Some(check)))
                    }),
            },
            _ => None,
        };
        known()
            .or_else(|| self.strip(name).and_then(endpoint))
            .unwrap_or(Counter::Other)
    }
}

/// By whose names a file calls its counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Names {
    /// Those of the release.
    #[default]
    Released,
    /// Those of the 2.0.0 previews.
    Preview,
}

/// Whether the counters have the names of the 2.0.0 previews: `engine.http.responses`, `core.vusers.created.total`.
pub(super) fn is_preview(aggregate: &Period) -> bool {
    let released = |name: &str| aggregate.has_counter(name);
    if released("vusers.created") || released("http.requests") {
        return false;
    }
    let counters = aggregate.counters.iter().map(|(key, _)| key);
    let mut names = counters.chain(aggregate.summaries.iter().map(|(key, _)| key));
    names.any(|name| name.starts_with("core.vusers.") || name.starts_with("engine.http."))
}

/// The name that the release gave to a counter or summary of the previews.
pub(super) fn released(name: &str) -> Option<&str> {
    if name == "core.vusers.created.total" {
        return Some("vusers.created");
    }
    if name.starts_with("core.vusers.") {
        return name.strip_prefix("core.");
    }
    let bare = name.strip_prefix("engine.")?;
    ["http.", "socketio.", "websocket."]
        .iter()
        .any(|engine| bare.starts_with(engine))
        .then_some(bare)
}

/// Takes the code or error off the right end: the endpoint itself may hold `.codes.` and `.errors.`.
fn endpoint(rest: &str) -> Option<Counter<'_>> {
    let code = rest
        .rsplit_once(".codes.")
        .filter(|(_, code)| is_code(code));
    if let Some((endpoint, code)) = code {
        return Some(Counter::EndpointCode(endpoint, code));
    }
    let (endpoint, error) = rest.rsplit_once(".errors.")?;
    Some(Counter::EndpointError(endpoint, error))
}

fn is_code(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether an answer of this status counts as a failure. What is no number is left to the script.
pub(super) fn is_failure(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| code >= 400)
}

/// Answers that are failures.
pub(super) fn failed_answers(codes: &BTreeMap<String, u64>) -> u64 {
    sum(codes.iter().filter(|(code, _)| is_failure(code)))
}

/// The sum of counts by name; what a file claims may not fit.
pub(super) fn sum<'c, K>(counts: impl Iterator<Item = (K, &'c u64)>) -> u64 {
    counts.fold(0, |all, (_, count)| all.saturating_add(*count))
}

/// What kind of error a code or text of `errors.` is.
pub(super) fn error_kind(text: &str) -> ErrorKind {
    let connection = [
        "ECONN",
        "EPIPE",
        "ENOTFOUND",
        "EAI_AGAIN",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "EADDRNOTAVAIL",
        "socket hang up",
    ];
    let assertion = [
        "Failed capture or match",
        "Failed expectations",
        "pw_failed_assertion",
        "ERR_ASSERTION",
    ];
    if assertion.iter().any(|start| text.starts_with(start)) {
        ErrorKind::Assertion
    } else if text.contains("TIMEDOUT") || text.contains("TIMEOUT") {
        ErrorKind::Timeout
    } else if connection.iter().any(|start| text.starts_with(start)) {
        ErrorKind::Connection
    } else {
        ErrorKind::Other
    }
}

/// Whether it is a code, such as `ERR_SOCKET_TIMEOUT`, and not a sentence.
pub(super) fn is_error_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Where an error came up, seen from the counter of requests. Every release emits `err.code || err.message`, counts a
/// request in the client's `request` event and an answer with its headers (artillery: `engine_http`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// On the way: the connection or a timer, so the request was counted.
    Sent,
    /// Somewhere in the client, before the request was counted (`ERR_INVALID_URL`, a body or a header that cannot be sent), or
    /// behind it. `ERR_GOT_REQUEST_ERROR` is any error without a code of its own, also of a cookie in an answer (artillery #1800).
    Client,
    /// After the answer: the script did not like it.
    Answered,
    /// In a function of the script; no request needs to be near.
    Script,
}

/// Where an error came up.
pub(super) fn stage(error: &str) -> Stage {
    match error_kind(error) {
        ErrorKind::Assertion => Stage::Answered,
        ErrorKind::Timeout | ErrorKind::Connection => Stage::Sent,
        _ if is_error_code(error) || is_bad_url(error) => Stage::Client,
        _ => Stage::Script,
    }
}

/// What the engine itself says of a request that it cannot make.
fn is_bad_url(error: &str) -> bool {
    error.starts_with("Invalid URL") || error == "an URL must be specified"
}

/// Whether an error ended a request. Errors of scripts do where `scripts` says so.
pub(super) fn is_lost(error: &str, scripts: bool) -> bool {
    match stage(error) {
        Stage::Sent | Stage::Client => true,
        Stage::Answered => false,
        Stage::Script => scripts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::artillery::parse::Summary;
    use crate::ingest::json::Number;

    fn usual() -> Namespaces {
        Namespaces::of(&Period::default())
    }

    #[test]
    fn endpoints_are_free_text_and_codes_stand_at_the_right_end() {
        let spaces = usual();
        let counter = |name| spaces.counter(name);
        assert_eq!(
            counter("plugins.metrics-by-endpoint./a.codes.x/v1.2 (\"q\" | ü\n).codes.200"),
            Counter::EndpointCode("/a.codes.x/v1.2 (\"q\" | ü\n)", "200")
        );
        assert_eq!(
            counter("plugins.metrics-by-endpoint./a.codes.404.errors.ETIMEDOUT"),
            Counter::EndpointError("/a.codes.404", "ETIMEDOUT")
        );
        assert_eq!(
            counter("plugins.metrics-by-endpoint./a.errors.x.codes.500"),
            Counter::EndpointCode("/a.errors.x", "500")
        );
        // A name cut at 1024 characters has lost its code.
        assert_eq!(
            counter("plugins.metrics-by-endpoint./long.cod"),
            Counter::Other
        );
        assert_eq!(
            spaces.endpoint_of_summary("plugins.metrics-by-endpoint.response_time./a.b"),
            Some("/a.b")
        );
        assert_eq!(spaces.endpoint_of_summary("http.response_time.2xx"), None);
    }

    #[test]
    fn users_counters_are_told_from_the_tools() {
        let spaces = usual();
        for name in [
            "models.created",
            "http.requests.mine",
            "https.requests",
            "vusers",
            "websocket.messages_sent",
            "bytes.in body, \"raw\"",
            "plugins.expect",
            "",
        ] {
            assert_eq!(spaces.counter(name), Counter::Other, "{name}");
        }
        assert_eq!(spaces.counter("http.codes.200"), Counter::Code("200"));
        assert_eq!(
            spaces.counter("errors.Failed capture or match"),
            Counter::Error("Failed capture or match")
        );
        assert_eq!(
            spaces.counter("plugins.expect.failed.statusCode"),
            Counter::CheckFailed(Some("statusCode"))
        );
    }

    #[test]
    fn a_namespace_of_the_users_own_is_found_by_its_pair() {
        let period = Period {
            counters: vec![
                ("by.url./x.codes.200".into(), Number::Whole(1)),
                ("queue.codes".into(), Number::Whole(1)),
            ],
            summaries: vec![
                ("by.url.response_time./x".into(), Summary::default()),
                ("http.response_time.2xx".into(), Summary::default()),
                ("socketio.response_time.emit".into(), Summary::default()),
            ],
            ..Period::default()
        };
        let spaces = Namespaces::of(&period);
        assert_eq!(spaces.0, [PLUGIN, "by.url"]);
        assert_eq!(
            spaces.counter("by.url./y.codes.503"),
            Counter::EndpointCode("/y", "503")
        );
    }

    #[test]
    fn errors_have_kinds() {
        for (text, kind) in [
            ("ETIMEDOUT", ErrorKind::Timeout),
            ("ERR_SOCKET_TIMEOUT", ErrorKind::Timeout),
            ("ECONNREFUSED", ErrorKind::Connection),
            ("ECONNRESET", ErrorKind::Connection),
            ("EPIPE", ErrorKind::Connection),
            ("ENOTFOUND", ErrorKind::Connection),
            ("Failed capture or match", ErrorKind::Assertion),
            ("pw_failed_assertion.toBeVisible", ErrorKind::Assertion),
            ("undefined function \"x\"", ErrorKind::Other),
        ] {
            assert_eq!(error_kind(text), kind, "{text}");
        }
        assert!(is_error_code("ERR_SOCKET_TIMEOUT"));
        assert!(!is_error_code("Failed capture or match"));
    }

    #[test]
    fn errors_come_up_before_on_and_after_the_way() {
        for (text, found) in [
            ("ECONNREFUSED", Stage::Sent),
            ("ERR_GOT_REQUEST_ERROR", Stage::Client),
            ("ERR_INVALID_URL", Stage::Client),
            ("CERT_HAS_EXPIRED", Stage::Client),
            ("Invalid URL - shop.invalid", Stage::Client),
            ("an URL must be specified", Stage::Client),
            ("Failed capture or match", Stage::Answered),
            ("x is not a function", Stage::Script),
        ] {
            assert_eq!(stage(text), found, "{text}");
        }
    }
}
