//! What the header of a table of requests says about its columns.

use crate::ingest::log::cut::Quoting;
use crate::ingest::log::fields::{record_end, split_quoted, trim_line};
use crate::ingest::log::scalar::{Scale, rfc3339};
use crate::ingest::sniff::Head;

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Time,
    Endpoint,
    Method,
    Latency,
    Ok,
    Code,
    Error,
    Received,
    Sent,
    Users,
}

impl Role {
    pub(super) const COUNT: usize = 10;

    const ALL: [Role; Role::COUNT] = [
        Role::Time,
        Role::Endpoint,
        Role::Method,
        Role::Latency,
        Role::Ok,
        Role::Code,
        Role::Error,
        Role::Received,
        Role::Sent,
        Role::Users,
    ];

    /// The names of such a column; of several in one header the first one here is taken.
    fn names(self) -> &'static [&'static str] {
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
                "latency",
                "duration",
            ],
            Role::Ok => &["ok", "success", "successful", "passed"],
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

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Epoch(Scale),
    Rfc3339,
}

/// The header of a table.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// As it stands in the file.
    pub(super) line: String,
    pub(super) quoting: Quoting,
    /// By column.
    pub(super) roles: Vec<Option<Role>>,
    pub(super) latency_scale: Scale,
    /// The name of a second column that could be the latency and is not read.
    pub(super) left: Option<&'static str>,
    names: Vec<String>,
    present: [bool; Role::COUNT],
}

/// Lower case, everything but letters and digits as one `_`: `Response Time (ms)` is `response_time_ms`.
fn normalized(name: &str) -> String {
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

/// A latency's name without its unit, and the unit; milliseconds when it names none.
fn latency_unit(name: &str) -> (&str, Scale) {
    let units = [
        ("_ms", Scale::MILLIS),
        ("_us", Scale::MICROS),
        ("_ns", Scale::NANOS),
        ("_s", Scale::SECONDS),
    ];
    units
        .iter()
        .find_map(|(unit, scale)| Some((name.strip_suffix(unit)?, *scale)))
        .unwrap_or((name, Scale::MILLIS))
}

/// Which of a role's names it is.
fn rank(role: Role, name: &str) -> Option<usize> {
    let bare = if role == Role::Latency {
        latency_unit(name).0
    } else {
        name
    };
    role.names().iter().position(|known| *known == bare)
}

impl Header {
    /// Reads the first line, by the delimiter that gives a latency column and the most columns.
    pub(super) fn of(head: &Head) -> Result<Header, String> {
        let mut best: Option<Header> = None;
        let mut problem = None;
        for delimiter in [b',', b';', b'\t'] {
            match Header::by(head, delimiter) {
                Ok(header) => {
                    if best
                        .as_ref()
                        .is_none_or(|best| header.roles.len() > best.roles.len())
                    {
                        best = Some(header);
                    }
                }
                Err((columns, why)) => {
                    if problem.as_ref().is_none_or(|(most, _)| columns > *most) {
                        problem = Some((columns, why));
                    }
                }
            }
        }
        best.ok_or_else(|| problem.map_or_else(String::new, |(_, why)| why))
    }

    fn by(head: &Head, delimiter: u8) -> Result<Header, (usize, String)> {
        let quoting = Quoting {
            quote: b'"',
            delimiter,
        };
        let line = record_end(head.bytes, quoting)
            .filter(|(end, next)| end < next || head.complete)
            .and_then(|(end, _)| std::str::from_utf8(head.bytes.get(..end)?).ok())
            .map(trim_line)
            .ok_or_else(|| (0, "the first line is no header of column names".to_owned()))?;
        let names: Vec<String> = split_quoted(line, quoting)
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let plain: Vec<String> = names.iter().map(|name| normalized(name)).collect();
        let mut roles = vec![None; names.len()];
        let mut present = [false; Role::COUNT];
        for role in Role::ALL {
            let columns = plain.iter().enumerate();
            let mut found: Vec<(usize, usize)> = columns
                .filter_map(|(column, name)| Some((rank(role, name)?, column)))
                .collect();
            found.sort_unstable();
            let mut found = found.into_iter();
            let Some((best, column)) = found.next() else {
                continue;
            };
            if found.next().is_some_and(|(second, _)| second == best) {
                let name = names.get(column).map_or("", String::as_str);
                return Err((names.len(), format!("the header has two columns `{name}`")));
            }
            if let Some(place) = roles.get_mut(column) {
                *place = Some(role);
            }
            if let Some(place) = present.get_mut(role as usize) {
                *place = true;
            }
        }
        let latency = roles.iter().position(|role| *role == Some(Role::Latency));
        let Some(latency) = latency.and_then(|column| plain.get(column)) else {
            let mut list = names.join(", ");
            if list.chars().count() > 200 {
                list = list.chars().take(200).chain("...".chars()).collect();
            }
            let why = format!(
                "no column is a latency (response_time, elapsed, latency, duration; with _ms, _s, _us or _ns); the header has: {list}"
            );
            return Err((names.len(), why));
        };
        let is_left = |name: &&&str| {
            let has = |plain: &String| latency_unit(plain).0 == **name && plain != latency;
            plain.iter().any(has)
        };
        let left = Role::Latency.names().iter().find(is_left).copied();
        Ok(Header {
            line: line.to_owned(),
            left,
            quoting,
            latency_scale: latency_unit(latency).1,
            roles,
            names,
            present,
        })
    }

    #[inline]
    pub(super) fn has(&self, role: Role) -> bool {
        self.present.get(role as usize).copied().unwrap_or(false)
    }

    fn name_of(&self, role: Role) -> Option<&str> {
        let column = self.roles.iter().position(|known| *known == Some(role))?;
        self.names.get(column).map(String::as_str)
    }

    pub(super) fn latency_name(&self) -> &str {
        self.name_of(Role::Latency).unwrap_or_default()
    }

    pub(super) fn some_other_than_latency(&self) -> Option<&str> {
        let mut others = Role::ALL.into_iter().filter(|role| *role != Role::Latency);
        others.find_map(|role| self.name_of(role))
    }

    /// The tool whose table this is beyond doubt, where that table means something else by the same names.
    pub(super) fn foreign(&self) -> Option<&'static str> {
        let has = |wanted: &str| self.names.iter().any(|name| name == wanted);
        if has("DNS+dialup") {
            return Some(if has("request-start") {
                "a table of oha, whose times are in seconds"
            } else {
                "a table of hey, whose times are in seconds"
            });
        }
        if !has("elapsed") {
            return None;
        }
        if has("Latency") {
            return Some(
                "a table of JMeter, whose `elapsed` is the response time and `Latency` the time to the first byte",
            );
        }
        has("timeStamp")
            .then_some("a table of JMeter, as the column `timeStamp` beside `elapsed` says")
    }

    /// Columns that one tool alone writes: its own format reads them.
    pub(super) fn is_another_tools(&self) -> bool {
        const JMETER: [&str; 8] = [
            "timeStamp",
            "responseMessage",
            "threadName",
            "failureMessage",
            "grpThreads",
            "allThreads",
            "IdleTime",
            "sentBytes",
        ];
        // hey and oha; k6; Locust.
        const OTHERS: [&str; 4] = ["DNS+dialup", "metric_name", "Request Count", "User Count"];
        self.names
            .iter()
            .any(|name| JMETER.contains(&name.as_str()) || OTHERS.contains(&name.as_str()))
    }

    /// How the first time under the header is written.
    pub(super) fn clock(&self, head: &Head) -> Option<Clock> {
        let column = self
            .roles
            .iter()
            .position(|role| *role == Some(Role::Time))?;
        let mut rest = head.bytes;
        let mut is_header = true;
        while !rest.is_empty() {
            let (end, next) = record_end(rest, self.quoting)?;
            if end == next && !head.complete {
                return None;
            }
            let record = String::from_utf8_lossy(rest.get(..end)?);
            rest = rest.get(next..)?;
            if std::mem::replace(&mut is_header, false) {
                continue;
            }
            let fields = split_quoted(trim_line(&record), self.quoting);
            let Some(text) = fields.get(column).map(|text| text.trim_ascii()) else {
                continue;
            };
            let epoch = Scale::of_epoch(text).map(Clock::Epoch);
            let clock = epoch.or_else(|| rfc3339(text).map(|_| Clock::Rfc3339));
            if clock.is_some() {
                return clock;
            }
        }
        None
    }
}
