//! What is counted for an endpoint.

use crate::ingest::recorder::Sample;
use crate::ingest::recorder::capped::{Admitted, Capped, Entry, rank_of};
use crate::ingest::recorder::outcomes::Outcomes;
use crate::stats::histogram::Distribution;

/// Codes that are not three digits; those of three digits are at most a thousand and all kept.
const MOST_CODES: usize = 100;

/// A longer code is cut.
const CODE_BYTES: usize = 100;

/// Counts and latencies of one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// Requests of which nobody says whether they failed.
    pub(super) undecided: u64,
    pub(super) answered: u64,
    /// Requests of which nobody says whether they were answered.
    pub(super) answer_unknown: u64,
    /// Requests without a latency that did not fail.
    pub(super) silent: u64,
    pub(super) received: Option<u64>,
    pub(super) sent: Option<u64>,
    pub(super) statuses: Vec<(u16, u64)>,
    pub(super) codes: Capped<Box<str>, u64>,
    pub(super) other_codes: u64,
    pub(super) latency: Outcomes<Distribution>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            requests: 0,
            failures: 0,
            undecided: 0,
            answered: 0,
            answer_unknown: 0,
            silent: 0,
            received: None,
            sent: None,
            statuses: Vec::new(),
            codes: Capped::new(MOST_CODES),
            other_codes: 0,
            latency: Outcomes::default(),
        }
    }
}

/// Adds to a sum that may not have begun; a sum that does not fit stays at the largest number.
fn add(sum: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0).saturating_add(more));
    }
}

impl Tally {
    #[inline]
    pub(super) fn record(&mut self, sample: &Sample<'_>) {
        self.requests += 1;
        self.failures += u64::from(sample.ok == Some(false));
        self.undecided += u64::from(sample.ok.is_none());
        self.answered += u64::from(sample.answered == Some(true));
        self.answer_unknown += u64::from(sample.answered.is_none());
        add(&mut self.received, sample.bytes_received);
        add(&mut self.sent, sample.bytes_sent);
        match sample.latency {
            Some(nanos) => self.latency.of_mut(sample.ok).record(nanos),
            None => self.silent += u64::from(sample.ok != Some(false)),
        }
        if sample.answered != Some(false)
            && let Some(code) = sample.code
        {
            match status(code) {
                Some(status) => self.count_status(status, 1),
                None => self.count_code(code, 1),
            }
        }
    }

    #[inline]
    fn count_status(&mut self, status: u16, n: u64) {
        match self.statuses.iter_mut().find(|known| known.0 == status) {
            Some(known) => known.1 += n,
            None => self.statuses.push((status, n)),
        }
    }

    fn count_code(&mut self, code: &str, n: u64) {
        let code = shorten(code, CODE_BYTES);
        let rank = rank_of(&[&code]);
        if let Some(place) = self.codes.find(rank, |known| **known == *code) {
            if let Some(count) = self.codes.get_mut(place) {
                *count += n;
            }
            return;
        }
        let key = code.into();
        match self.codes.admit(Entry {
            rank,
            key,
            value: n,
        }) {
            Admitted::In(_, None) => {}
            Admitted::In(_, Some(out)) | Admitted::Refused(out) => self.other_codes += out.value,
        }
    }

    pub(super) fn merge(&mut self, other: Tally) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.undecided += other.undecided;
        self.answered += other.answered;
        self.answer_unknown += other.answer_unknown;
        self.silent += other.silent;
        self.other_codes += other.other_codes;
        add(&mut self.received, other.received);
        add(&mut self.sent, other.sent);
        for (status, n) in other.statuses {
            self.count_status(status, n);
        }
        for code in other.codes.into_entries() {
            self.count_code(&code.key, code.value);
        }
        self.latency.merge(other.latency, Distribution::merge);
    }
}

/// A code of three digits.
#[inline]
fn status(code: &str) -> Option<u16> {
    let &[a, b, c] = code.as_bytes() else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    Some(digit(a)? * 100 + digit(b)? * 10 + digit(c)?)
}

/// The text, or its start and a mark when it is longer than that.
pub(super) fn shorten(text: &str, most: usize) -> std::borrow::Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    format!("{}...(cut)", start_of(text, most)).into()
}

/// At most so many bytes of a text, cut between characters.
pub(super) fn start_of(text: &str, most: usize) -> &str {
    let fitting = (0..=most.min(text.len())).rev();
    let end = fitting.into_iter().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters_and_say_so() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("abcd", 3), "abc...(cut)");
        assert_eq!(shorten("ab\u{e9}d", 3), "ab...(cut)");
    }

    #[test]
    fn only_three_digits_are_a_status() {
        assert_eq!(status("404"), Some(404));
        for code in ["", "40", "4o4", "+40", "4040", "\u{664}0"] {
            assert_eq!(status(code), None, "{code}");
        }
    }
}
