//! A table of requests, one row each, columns by the names in its header: the form in which any home-made tool can write.
//!
//! Claims nothing that is another tool's: `JMeter`, hey, oha and k6 write tables of requests that have their own formats. What
//! a row cannot give is left open and told in a note; only a header without a latency is refused.

mod column_name;
mod evidence;
mod header;

use std::borrow::Cow;

use memchr::memchr;

use crate::ingest::log::cut::Quoting;
use crate::ingest::log::scalar::{self, Bad};
use crate::ingest::log::{Block, RowParser, fields};
use crate::ingest::recorder::{Recorder, RowPlace, Sample, Trouble};
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::words::{self, Flag};
use crate::ingest::{Format, Kind, Options};

use column_name::Role;
use header::{Clock, Header};

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "requests-csv",
    tool: "csv",
    files: "one row per request, columns by header name in any case and order, comma, `;` or tab between them; \
            a latency is required: response_time, elapsed, total_time, latency, duration (with _ms _s _us _ns, or --unit; of several the \
            first one here whose values do not count from the start of the run); \
            optional: time (timestamp, ts, start_time: epoch s, ms, us, ns, or RFC 3339), \
            endpoint (name, label, url, path, operation), method, ok (success: true, false, 1, 0), failed (is_error, has_error), code (status, status_code), \
            bytes (bytes_received, size), bytes_sent, error (error_message), users",
    limits: "a latency without a unit is read as milliseconds, and no target on it is judged unless other columns show its unit; \
             without ok, failed, code or error column, or where more than 1 in 1,000 requests says nothing in it, failures are unknown, without a time column duration, rates and slices; \
             a time is the start of its request, and the run lasts from the first start to the last answer; \
             latencies that are all whole milliseconds are kept exactly, others to 0.03 %; at most 1,000 endpoints, \
             200 errors, 300 slices, 32 endpoints per slice; rows beyond 1 MiB are left out with a note",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Log(open),
};

fn sniff(head: &Head) -> Option<Claim> {
    let header = Header::of(head).ok()?;
    if header.is_another_tools() {
        return None;
    }
    let other = header.some_other_than_latency()?;
    Claim::new(
        Grade::Likely,
        format!("columns `{}` and `{other}`", header.latency_name()),
    )
}

fn open(head: &Head, options: &Options) -> Result<Box<dyn RowParser>, String> {
    let mut header = Header::of(head)?;
    if let Some(whose) = header.foreign() {
        return Err(format!(
            "{whose}; it is not read yet, and not as this format"
        ));
    }
    let clock = header.clock(head);
    header.decide(head, clock, options.unit)?;
    Ok(Box::new(Rows { header, clock }))
}

/// Whose table it is that is not claimed for its columns, and whether it is one of `JMeter`.
pub(super) fn unread(bytes: &[u8]) -> Option<(&'static str, bool)> {
    let head = Head {
        name: "",
        bytes,
        complete: true,
    };
    let header = Header::of(&head).ok()?;
    let theirs =
        "a table with columns of another tool's; --from requests-csv reads it nevertheless";
    let found = header
        .foreign()
        .or_else(|| header.is_another_tools().then_some(theirs))?;
    Some((found, found.contains("JMeter")))
}

/// A trouble of a row.
const fn trouble(id: &'static str, text: &'static str) -> Trouble {
    Trouble { id, text }
}

const NOT_A_LATENCY: Trouble = trouble(
    "bad-latency",
    "rows whose latency is not a number are left out",
);
const NO_LATENCY: Trouble = trouble(
    "no-latency",
    "requests whose latency is empty or NaN are counted and stand in no percentile",
);
const IMPOSSIBLE_LATENCY: Trouble = trouble(
    "impossible-latency",
    "requests whose latency is negative, infinite or beyond 13 days are counted and stand in no percentile",
);
const SHORT: Trouble = trouble(
    "short-rows",
    "rows with fewer fields than the header are left out",
);
const WIDE: Trouble = trouble(
    "wide-rows",
    "rows with more fields than the header are left out",
);
const CUT: Trouble = trouble(
    "cut-row",
    "the file ends inside a row, which is left out; was the run or the copy interrupted?",
);
const BAD_TIME: Trouble = trouble(
    "bad-time",
    "requests without a usable time are counted and stand in no slice",
);
const NO_ZONE: Trouble = trouble("no-time-zone", "times that name no zone are read as UTC");
const NOT_UTF8: Trouble = trouble(
    "invalid-utf8",
    "rows with bytes that are not UTF-8 are read with U+FFFD in their place",
);
const CONTRADICTED: Trouble = trouble(
    "contradicted-ok",
    "requests whose success is true beside a status of 500 or more are counted as failed; a [[map]] that names the column `ok` believes it",
);
const BAD_COUNT: Trouble = trouble(
    "bad-count",
    "rows with a size or a number of users that is not a count are read without it",
);
const SECOND_HEADER: Trouble = trouble(
    "repeated-header",
    "rows that repeat the header are left out",
);

/// Reads the rows under a header.
#[derive(Clone)]
struct Rows {
    header: Header,
    clock: Option<Clock>,
}

type Fields<'a> = [&'a str; Role::COUNT];

impl RowParser for Rows {
    fn boxed_clone(&self) -> Box<dyn RowParser> {
        Box::new(self.clone())
    }

    fn quoting(&self) -> Option<Quoting> {
        Some(self.header.quoting)
    }

    fn notes(&self) -> Vec<(&'static str, String)> {
        self.header.notes.clone()
    }

    fn rows(&mut self, block: &Block<'_>, into: &mut Recorder) {
        let quoting = self.header.quoting;
        let bytes = block.bytes;
        let text = std::str::from_utf8(bytes).ok();
        let next_quote = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            memchr(quoting.quote, rest).map_or(usize::MAX, |at| from + at)
        };
        let mut quote = next_quote(0);
        let mut is_header = block.is_first;
        let mut start = 0;
        while start < bytes.len() {
            if let Some(text) = text {
                let mut found: Fields<'_> = [""; Role::COUNT];
                let take = |number, field| self.take(&mut found, number, field);
                let (count, end) = fields::split_line(text, start, quoting.delimiter, take);
                if end < quote {
                    let line = text.get(start..end).unwrap_or_default();
                    let row = Row {
                        block,
                        start,
                        has_end: end < bytes.len(),
                    };
                    start = end + 1;
                    if !std::mem::replace(&mut is_header, false) {
                        self.record(&found, count, fields::trim_line(line), &row, into);
                    }
                    continue;
                }
            }
            let rest = bytes.get(start..).unwrap_or_default();
            let Some((end, next)) = fields::record_end(rest, quoting) else {
                // Only at the end of a file: the cutter sees to all others.
                into.trouble(CUT, block.place_of(start));
                return;
            };
            let row = Row {
                block,
                start,
                has_end: end < next,
            };
            start += next;
            quote = next_quote(start);
            if std::mem::replace(&mut is_header, false) {
                continue;
            }
            let record = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
            if matches!(record, Cow::Owned(_)) {
                row.tell(NOT_UTF8, into);
            }
            self.quoted(fields::trim_line(&record), &row, into);
        }
    }
}

/// Where a record stands.
struct Row<'b> {
    block: &'b Block<'b>,
    start: usize,
    has_end: bool,
}

impl Row<'_> {
    /// Where its block starts.
    fn block_start(&self) -> RowPlace {
        (self.block.file, self.block.first_line)
    }

    fn tell(&self, trouble: Trouble, into: &mut Recorder) {
        into.trouble_from(trouble, self.block_start(), || self.place());
    }

    fn place(&self) -> RowPlace {
        self.block.place_of(self.start)
    }
}

impl Rows {
    /// A row that may have quotes.
    fn quoted(&self, record: &str, row: &Row<'_>, into: &mut Recorder) {
        let mut found: Fields<'_> = [""; Role::COUNT];
        let fields = fields::split_quoted(record, self.header.quoting);
        for (number, field) in fields.iter().enumerate() {
            self.take(&mut found, number, field);
        }
        self.record(&found, fields.len(), record, row, into);
    }

    #[inline]
    fn take<'a>(&self, found: &mut Fields<'a>, number: usize, field: &'a str) {
        let role = self.header.roles.get(number).copied().flatten();
        if let Some(place) = role.and_then(|role| found.get_mut(role as usize)) {
            *place = match field.as_bytes() {
                [] => field,
                [first, .., last] if *first > b' ' && *last > b' ' => field,
                _ => field.trim_ascii(),
            };
        }
    }

    #[inline]
    fn record(
        &self,
        found: &Fields<'_>,
        count: usize,
        record: &str,
        row: &Row<'_>,
        into: &mut Recorder,
    ) {
        if record.is_empty() {
            return;
        }
        let delimiter = self.header.quoting.delimiter;
        let columns = self.header.roles.len();
        let is_odd = count != columns || found.get(Role::Latency as usize) == Some(&"");
        if is_odd && fields::is_blank(record.as_bytes(), delimiter) {
            return;
        }
        if count != columns {
            let cut = count < columns && !row.has_end && row.block.is_last;
            let why = match (cut, count < columns) {
                (true, _) => CUT,
                (false, true) => SHORT,
                (false, false) => WIDE,
            };
            row.tell(why, into);
            return;
        }
        let [
            time,
            endpoint,
            method,
            latency,
            ok,
            failed,
            code,
            error,
            received,
            sent,
            users,
        ] = *found;
        let latency = match self.latency(latency) {
            Ok(nanos) => Some(nanos),
            Err(Bad::NotANumber) => {
                let why = if record == self.header.line {
                    SECOND_HEADER
                } else {
                    NOT_A_LATENCY
                };
                row.tell(why, into);
                return;
            }
            Err(Bad::Empty | Bad::Nan) => {
                row.tell(NO_LATENCY, into);
                None
            }
            Err(Bad::Infinite | Bad::Negative | Bad::TooLarge) => {
                row.tell(IMPOSSIBLE_LATENCY, into);
                None
            }
        };
        let mut sample = Sample {
            time: self.time(time, row, into),
            latency,
            endpoint: self.header.has(Role::Endpoint).then_some(endpoint),
            method: (!method.is_empty()).then_some(method),
            ..Sample::default()
        };
        self.judge(&mut sample, [ok, failed, code, error], row, into);
        for (text, role, place) in [
            (received, Role::Received, &mut sample.bytes_received),
            (sent, Role::Sent, &mut sample.bytes_sent),
            (users, Role::Users, &mut sample.users),
        ] {
            if self.header.has(role) && !text.is_empty() {
                *place = scalar::count(text);
                if place.is_none() {
                    row.tell(BAD_COUNT, into);
                }
            }
        }
        into.record(&sample);
    }

    #[inline]
    fn latency(&self, text: &str) -> Result<u64, Bad> {
        let scale = self.header.latency_scale;
        let outcome = match scalar::nanos(text, scale) {
            // Where `;` stands between the fields, the comma may be the decimal point.
            Err(Bad::NotANumber) if self.header.quoting.delimiter == b';' => {
                scalar::nanos(&text.replacen(',', ".", 1), scale)
            }
            outcome => outcome,
        };
        outcome.and_then(|nanos| {
            if nanos < crate::stats::histogram::LIMIT {
                Ok(nanos)
            } else {
                Err(Bad::TooLarge)
            }
        })
    }

    #[inline]
    fn time(&self, text: &str, row: &Row<'_>, into: &mut Recorder) -> Option<i64> {
        if !self.header.has(Role::Time) {
            return None;
        }
        let time = match self.clock {
            Some(Clock::Epoch(scale)) => scalar::epoch(text, scale),
            Some(Clock::Rfc3339) => scalar::rfc3339(text).map(|(time, has_zone)| {
                if !has_zone {
                    row.tell(NO_ZONE, into);
                }
                time
            }),
            None => None,
        };
        if time.is_none() {
            row.tell(BAD_TIME, into);
        }
        time
    }

    /// Whether it failed and whether it was answered.
    #[inline]
    fn judge<'a>(
        &self,
        sample: &mut Sample<'a>,
        [ok, failed, code, error]: [&'a str; 4],
        row: &Row<'_>,
        into: &mut Recorder,
    ) {
        let has = |role| self.header.has(role);
        let code = has(Role::Code).then_some(code);
        let error = has(Role::Error).then_some(error);
        let mut flag = Flag::Absent;
        for (role, text) in [(Role::Ok, ok), (Role::Failed, failed)] {
            if has(role) {
                flag = flag.or(Flag::of(text, role == Role::Failed));
            }
        }
        if flag == Flag::Empty && !self.header.is_flag_used && error.is_some() {
            flag = Flag::Absent;
        }
        let judged = words::judge(code, error, flag).measured(sample.latency.is_some());
        // Scripts write true for any answer. A code of 400 to 499 may well be what a request was to get.
        if judged.contradicts {
            row.tell(CONTRADICTED, into);
        }
        if let Some(text) = judged.unknown {
            into.undecided_at(text, row.block_start(), || row.place());
        }
        sample.ok = judged.ok.map(|ok| ok && !judged.contradicts);
        sample.unknown = judged.unknown;
        sample.answered = judged.answered;
        sample.code = judged.code;
        sample.error = judged.error;
    }
}

#[cfg(test)]
mod tests;
