//! Requests one by one into counts and distributions, in memory that does not grow with the rows; mergeable.
//!
//! Two recorders that saw parts of the rows, merged, are the same to the last bit as one that saw them all, in any order:
//! sums are integers, what is kept of too many names depends on the names alone (`capped`), the slices on the time that is
//! covered (`timeline`). It knows no tool and judges nothing.

mod capped;
mod describe;
mod errors;
mod finish;
mod outcomes;
mod tally;
mod timeline;
mod undecided;

use capped::{Admitted, Capped, Entry, rank_of};
use errors::{ErrorKey, Others};
use tally::{Tally, shorten, start_of};
use timeline::{MOST_DETAILS, Timeline};
use undecided::Undecided;

pub use describe::latency;
pub(crate) use describe::latency_of_slice;

/// Endpoints that are told apart; the rest is counted as [`OTHER_ENDPOINTS`].
pub const MOST_ENDPOINTS: usize = 1000;

/// Errors that are told apart.
pub const MOST_ERRORS: usize = 200;

/// Longer names and messages are cut.
pub const NAME_BYTES: usize = 5000;

/// Longer methods are cut.
const METHOD_BYTES: usize = 100;

/// What the endpoints beyond [`MOST_ENDPOINTS`] are called together.
pub const OTHER_ENDPOINTS: &str = "(other endpoints)";

/// One request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample<'a> {
    /// When it started, in nanoseconds since the epoch.
    pub time: Option<i64>,
    /// The endpoint's name, where the input has names.
    pub endpoint: Option<&'a str>,
    /// Its method.
    pub method: Option<&'a str>,
    /// How long it took, in nanoseconds.
    pub latency: Option<u64>,
    /// Whether it succeeded.
    pub ok: Option<bool>,
    /// Where that is open: what stands in the column that should say it, the empty text for nothing; `None` without such a
    /// column.
    pub unknown: Option<&'a str>,
    /// Whether there was an answer at all.
    pub answered: Option<bool>,
    /// The status or error code.
    pub code: Option<&'a str>,
    /// What went wrong, in words.
    pub error: Option<&'a str>,
    /// Bytes received.
    pub bytes_received: Option<u64>,
    /// Bytes sent.
    pub bytes_sent: Option<u64>,
    /// Users that were active.
    pub users: Option<u64>,
}

/// A kind of trouble with rows: a stable word and a sentence about the rows it happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// Id of the note.
    pub id: &'static str,
    /// Its text; where it first happened is appended.
    pub text: &'static str,
}

/// Where a row stands: number of the file, line. The smallest of a kind of trouble is told.
pub type RowPlace = (usize, u64);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct EndpointKey {
    name: Box<str>,
    method: Option<Box<str>>,
}

impl EndpointKey {
    fn others() -> EndpointKey {
        EndpointKey {
            name: OTHER_ENDPOINTS.into(),
            method: None,
        }
    }

    #[inline]
    fn is(&self, name: &str, method: Option<&str>) -> bool {
        *self.name == *name && self.method.as_deref() == method
    }
}

#[derive(Clone, Debug, Default)]
struct EndpointValue {
    tally: Tally,
    /// Its number among the endpoints that have figures in every slice.
    detail: Option<usize>,
}

/// Counts requests.
#[derive(Clone, Debug)]
pub struct Recorder {
    endpoints: Capped<EndpointKey, EndpointValue>,
    /// Endpoints beyond the cap.
    others: Tally,
    /// Requests of an input without names.
    nameless: Tally,
    /// The endpoints with figures in every slice, by number: their rank and place.
    details: Vec<(u64, usize)>,
    timeline: Timeline,
    errors: Capped<ErrorKey, u64>,
    other_errors: Others,
    /// The first start, and the last start and end. Nanoseconds since the epoch.
    first: Option<i64>,
    last_start: Option<i64>,
    last_end: Option<i64>,
    undecided: Undecided,
    troubles: Vec<(Trouble, u64, RowPlace)>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            endpoints: Capped::new(MOST_ENDPOINTS),
            others: Tally::default(),
            nameless: Tally::default(),
            details: Vec::new(),
            timeline: Timeline::default(),
            errors: Capped::new(MOST_ERRORS),
            other_errors: Others::default(),
            first: None,
            last_start: None,
            last_end: None,
            undecided: Undecided::default(),
            troubles: Vec::new(),
        }
    }
}

impl Recorder {
    /// Counts a request.
    #[inline]
    pub fn record(&mut self, sample: &Sample<'_>) {
        if let Some(method) = sample.method.filter(|m| m.len() > METHOD_BYTES) {
            let method = Some(start_of(method, METHOD_BYTES));
            return self.record(&Sample { method, ..*sample });
        }
        let detail = match sample.endpoint {
            Some(name) if name.len() <= NAME_BYTES => self.count(name, sample),
            Some(name) => self.count(&shorten(name, NAME_BYTES), sample),
            None => {
                self.nameless.record(sample);
                None
            }
        };
        if let Some(time) = sample.time {
            let latency = sample.latency.and_then(|nanos| i64::try_from(nanos).ok());
            let end = time.saturating_add(latency.unwrap_or(0));
            if self.first.is_none_or(|first| time < first) {
                self.first = Some(time);
            }
            self.last_start = self.last_start.max(Some(time));
            self.last_end = self.last_end.max(Some(end));
            self.timeline
                .record(time, sample.latency, sample.ok, sample.users, detail);
        }
        if sample.ok != Some(true) && (sample.ok.is_some() || sample.unknown.is_some()) {
            self.count_error(sample);
        }
        if let (None, Some(text)) = (sample.ok, sample.unknown) {
            self.undecided.count(text);
        }
    }

    /// Says where a request stands of which nobody knows whether it failed: `text` is that of [`Sample::unknown`], `from` the
    /// start of the rows that are read, so that most places need not be looked for.
    #[inline]
    pub fn undecided_at(&mut self, text: &str, from: RowPlace, place: impl FnOnce() -> RowPlace) {
        self.undecided.at(text, from, place);
    }

    /// Counts a row that gives trouble.
    pub fn trouble(&mut self, trouble: Trouble, place: RowPlace) {
        self.troubles(trouble, 1, place);
    }

    /// The same; the place is looked for only where the rows that are read, from `from` on, can hold the first.
    pub fn trouble_from(
        &mut self,
        trouble: Trouble,
        from: RowPlace,
        place: impl FnOnce() -> RowPlace,
    ) {
        match self.troubles.iter_mut().find(|known| known.0 == trouble) {
            Some(known) if known.2 <= from => known.1 += 1,
            _ => self.troubles(trouble, 1, place()),
        }
    }

    fn troubles(&mut self, trouble: Trouble, count: u64, place: RowPlace) {
        match self.troubles.iter_mut().find(|known| known.0 == trouble) {
            Some(known) => {
                known.1 += count;
                known.2 = known.2.min(place);
            }
            None => self.troubles.push((trouble, count, place)),
        }
    }

    #[inline]
    fn count(&mut self, name: &str, sample: &Sample<'_>) -> Option<usize> {
        let method = sample.method;
        let rank = rank_of(&[name, method.unwrap_or_default()]);
        let place = self.endpoints.find(rank, |key| key.is(name, method));
        let place = match place {
            None if !self.endpoints.refuses(rank) => self.admit(rank, name, method),
            place => place,
        };
        let Some(endpoint) = place.and_then(|place| self.endpoints.get_mut(place)) else {
            self.others.record(sample);
            return None;
        };
        endpoint.tally.record(sample);
        endpoint.detail
    }

    /// Makes room for a new endpoint, if it may stay.
    fn admit(&mut self, rank: u64, name: &str, method: Option<&str>) -> Option<usize> {
        let key = EndpointKey {
            name: name.into(),
            method: method.map(Into::into),
        };
        let value = EndpointValue::default();
        let Admitted::In(place, out) = self.endpoints.admit(Entry { rank, key, value }) else {
            return None;
        };
        // Details are the lowest ranks and the highest rank leaves, so whoever leaves has none.
        if let Some(out) = out {
            self.others.merge(out.value.tally);
        }
        self.give_detail(rank, place);
        Some(place)
    }

    /// Gives a new endpoint figures in every slice if its rank is among the lowest. Equal ranks: whoever has them keeps them,
    /// which only two names with the same 64 bits can show.
    fn give_detail(&mut self, rank: u64, place: usize) {
        let number = if self.details.len() < MOST_DETAILS {
            self.details.push((rank, place));
            self.details.len() - 1
        } else {
            let highest = self.details.iter().enumerate().max_by_key(|(_, d)| d.0);
            let Some((number, (highest, loser))) = highest.map(|(n, detail)| (n, *detail)) else {
                return;
            };
            if rank >= highest {
                return;
            }
            if let Some(loser) = self.endpoints.get_mut(loser) {
                loser.detail = None;
            }
            self.timeline.drop_detail(number);
            if let Some(detail) = self.details.get_mut(number) {
                *detail = (rank, place);
            }
            number
        };
        if let Some(endpoint) = self.endpoints.get_mut(place) {
            endpoint.detail = Some(number);
        }
    }

    fn count_error(&mut self, sample: &Sample<'_>) {
        let name = sample.endpoint.map(|name| shorten(name, NAME_BYTES));
        let code = sample.code.map(|code| shorten(code, NAME_BYTES));
        let error = sample.error.map(|error| shorten(error, NAME_BYTES));
        let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(Box::<str>::from);
        let rank = rank_of(&[
            name.as_deref().unwrap_or_default(),
            sample.method.unwrap_or_default(),
            code.as_deref().unwrap_or_default(),
            error.as_deref().unwrap_or_default(),
        ]) >> 1;
        // Messages may hold an id each; the plain codes stay whatever they do.
        let rank = rank | (u64::from(error.is_some()) << 63);
        let found = self.errors.find(rank, |key| {
            key.answered == sample.answered
                && key.is_open == sample.ok.is_none()
                && key.code.as_deref() == code.as_deref()
                && key.message.as_deref() == error.as_deref()
                && match (&key.endpoint, &name) {
                    (Some(endpoint), Some(name)) => endpoint.is(name, sample.method),
                    (None, None) => true,
                    _ => false,
                }
        });
        if let Some(count) = found.and_then(|place| self.errors.get_mut(place)) {
            *count += 1;
        } else if self.errors.refuses(rank) {
            self.other_errors.count(sample.ok.is_none(), 1);
        } else {
            let key = ErrorKey {
                endpoint: name.map(|name| EndpointKey {
                    name: name.into(),
                    method: sample.method.map(Into::into),
                }),
                answered: sample.answered,
                is_open: sample.ok.is_none(),
                code: text(&code),
                message: text(&error),
            };
            self.admit_error(Entry {
                rank,
                key,
                value: 1,
            });
        }
    }

    fn admit_error(&mut self, entry: Entry<ErrorKey, u64>) {
        match self.errors.admit(entry) {
            Admitted::In(_, None) => {}
            Admitted::In(_, Some(out)) | Admitted::Refused(out) => {
                self.other_errors.count(out.key.is_open, out.value);
            }
        }
    }

    /// Adds everything that another one counted.
    pub fn merge(&mut self, other: Recorder) {
        self.others.merge(other.others);
        self.nameless.merge(other.nameless);
        let details: Vec<Option<(u64, EndpointKey)>> = other
            .details
            .iter()
            .map(|(rank, place)| {
                let entry = other.endpoints.entries().get(*place)?;
                Some((*rank, entry.key.clone()))
            })
            .collect();
        for entry in other.endpoints.into_entries() {
            let (rank, key, tally) = (entry.rank, entry.key, entry.value.tally);
            let found = self.endpoints.find(rank, |known| *known == key);
            let place = found.or_else(|| self.admit(rank, &key.name, key.method.as_deref()));
            match place.and_then(|place| self.endpoints.get_mut(place)) {
                Some(endpoint) => endpoint.tally.merge(tally),
                None => self.others.merge(tally),
            }
        }
        // Only now is it known which endpoints have figures in every slice.
        let numbers: Vec<Option<usize>> = details
            .into_iter()
            .map(|detail| {
                let (rank, key) = detail?;
                let place = self.endpoints.find(rank, |known| *known == key)?;
                self.endpoints.entries().get(place)?.value.detail
            })
            .collect();
        self.timeline.merge(other.timeline, |number| {
            numbers.get(number).copied().flatten()
        });
        self.other_errors.merge(other.other_errors);
        for entry in other.errors.into_entries() {
            let found = self.errors.find(entry.rank, |known| *known == entry.key);
            match found.and_then(|place| self.errors.get_mut(place)) {
                Some(count) => *count += entry.value,
                None => self.admit_error(entry),
            }
        }
        self.first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last_start = self.last_start.max(other.last_start);
        self.last_end = self.last_end.max(other.last_end);
        self.undecided.merge(other.undecided);
        for (trouble, count, place) in other.troubles {
            self.troubles(trouble, count, place);
        }
    }
}

#[cfg(test)]
mod tests;
