//! The names of columns: what each means, and the unit it names; reads no values.

use crate::ingest::log::scalar::Scale;

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Time,
    Endpoint,
    Method,
    Latency,
    Ok,
    Failed,
    Code,
    Error,
    Received,
    Sent,
    Users,
}

impl Role {
    pub(super) const COUNT: usize = 11;

    pub(super) const ALL: [Role; Role::COUNT] = [
        Role::Time,
        Role::Endpoint,
        Role::Method,
        Role::Latency,
        Role::Ok,
        Role::Failed,
        Role::Code,
        Role::Error,
        Role::Received,
        Role::Sent,
        Role::Users,
    ];

    /// The names of such a column; of several in one header the first one here is taken.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Role::Time => &[
                "time",
                "timestamp",
                "timestamp_s",
                "timestamp_ms",
                "timestamp_us",
                "timestamp_ns",
                "ts",
                "ts_ms",
                "start_time",
                "started_at",
                "start",
                "start_ms",
                "datetime",
                "date",
                "epoch",
                "epoch_ms",
            ],
            Role::Endpoint => &[
                "endpoint",
                "name",
                "label",
                "operation",
                "route",
                "path",
                "url",
                "uri",
                "transaction",
                "request",
            ],
            Role::Method => &["method", "http_method", "verb"],
            // The whole of a request before what may be its time to the first byte, and that before what may be another's.
            Role::Latency => &[
                "response_time",
                "responsetime",
                "elapsed",
                "elapsed_time",
                "request_duration",
                "total_time",
                "time_total",
                "latency",
                "duration",
            ],
            Role::Ok => &[
                "ok",
                "is_ok",
                "success",
                "is_success",
                "successful",
                "succeeded",
                "passed",
            ],
            Role::Failed => &[
                "failed",
                "is_failed",
                "has_failed",
                "is_error",
                "has_error",
                "is_failure",
                "errored",
                "iserror",
                "haserror",
                "isfailed",
            ],
            Role::Code => &[
                "code",
                "status",
                "status_code",
                "statuscode",
                "response_code",
                "responsecode",
                "http_status",
                "http_code",
            ],
            Role::Error => &["error", "error_message", "failure_message", "exception"],
            Role::Received => &[
                "bytes",
                "bytes_received",
                "received_bytes",
                "response_bytes",
                "response_size",
                "size",
                "content_length",
            ],
            Role::Sent => &["bytes_sent", "sent_bytes", "request_bytes", "request_size"],
            Role::Users => &["users", "active_users", "vus", "concurrency"],
        }
    }
}

/// Lower case, everything but letters and digits as one `_`: `Response Time (ms)` is `response_time_ms`.
pub(super) fn normalized(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        match letter {
            '\u{b5}' | '\u{3bc}' => text.push('u'),
            _ if letter.is_alphanumeric() => text.extend(letter.to_lowercase()),
            _ if text.ends_with('_') || text.is_empty() => {}
            _ => text.push('_'),
        }
    }
    text.truncate(text.trim_end_matches('_').len());
    text
}

/// A latency's name without its unit, and the unit it names.
pub(super) fn latency_unit(name: &str) -> (&str, Option<Scale>) {
    const UNITS: [(&str, Scale); 15] = [
        ("_ms", Scale::MILLIS),
        ("_us", Scale::MICROS),
        ("_ns", Scale::NANOS),
        ("_s", Scale::SECONDS),
        ("_sec", Scale::SECONDS),
        ("_secs", Scale::SECONDS),
        ("_seconds", Scale::SECONDS),
        ("_msec", Scale::MILLIS),
        ("_millis", Scale::MILLIS),
        ("_milliseconds", Scale::MILLIS),
        ("_usec", Scale::MICROS),
        ("_micros", Scale::MICROS),
        ("_microseconds", Scale::MICROS),
        ("_nanos", Scale::NANOS),
        ("_nanoseconds", Scale::NANOS),
    ];
    UNITS
        .iter()
        .find_map(|(unit, scale)| Some((name.strip_suffix(unit)?, Some(*scale))))
        .unwrap_or((name, None))
}

/// Names of a column that says when a request ended.
pub(super) const ENDS: [&str; 12] = [
    "end",
    "end_time",
    "end_ms",
    "end_s",
    "ended_at",
    "finish",
    "finished_at",
    "finish_time",
    "stop",
    "stop_time",
    "completed_at",
    "end_timestamp",
];

/// Why a column that could be the latency is not read.
pub(super) fn left(name: &str) -> String {
    match latency_unit(&normalized(name)).0 {
        "latency" => {
            "the column `latency` is left: where another one is the whole of a request, it is a part, such as the time to the first byte".to_owned()
        }
        other => format!("the column `{other}` is left: another one is the latency of a request"),
    }
}

/// Which of a role's names it is.
pub(super) fn rank(role: Role, name: &str) -> Option<usize> {
    let bare = if role == Role::Latency {
        latency_unit(name).0
    } else {
        name
    };
    role.names().iter().position(|known| *known == bare)
}
