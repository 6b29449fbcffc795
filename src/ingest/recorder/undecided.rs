//! Requests of which nobody knows whether they failed: what becomes of them, and the notes about them.
//!
//! A word that nobody knows is a failure where others say success: whoever writes `ok` does not write `cached` for it. An empty
//! cell says less, because scripts leave it for a failure or for a success. A few of them are counted as failed, so that no rate
//! is better than it is said to be; with more, failures are not measured.

use crate::ingest::recorder::capped::{Admitted, Capped, Entry, rank_of};
use crate::ingest::recorder::tally::{Tally, shorten};
use crate::ingest::recorder::{NAME_BYTES, RowPlace};
use crate::model::{Note, Run};

/// Words that are told apart.
const MOST_WORDS: usize = 8;

/// Words that a note names.
const NAMED: usize = 3;

/// One in so many requests may say nothing of its outcome and the rest is judged nevertheless.
const ONE_IN: u64 = 1000;

/// What stands where the outcome should.
#[derive(Clone, Debug)]
pub(super) struct Undecided {
    /// Empty cells.
    empty: u64,
    /// Words that nobody knows.
    words: u64,
    names: Capped<Box<str>, u64>,
    /// Where the first of each stands.
    first_empty: Option<RowPlace>,
    first_word: Option<RowPlace>,
}

impl Default for Undecided {
    fn default() -> Undecided {
        Undecided {
            empty: 0,
            words: 0,
            names: Capped::new(MOST_WORDS),
            first_empty: None,
            first_word: None,
        }
    }
}

/// What becomes of them in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// They are counted as failed.
    Failed,
    /// Nobody knows: where there is one, failures are not measured.
    Open,
}

impl Fate {
    /// Whether failures are known where so many requests are undecided.
    pub(super) fn knows(self, undecided: u64) -> bool {
        undecided == 0 || self == Fate::Failed
    }
}

impl Undecided {
    pub(super) fn count(&mut self, text: &str) {
        if text.is_empty() {
            self.empty += 1;
            return;
        }
        self.words += 1;
        self.count_word(&shorten(text, NAME_BYTES), 1);
    }

    fn count_word(&mut self, word: &str, n: u64) {
        let rank = rank_of(&[word]);
        if let Some(place) = self.names.find(rank, |known| **known == *word) {
            if let Some(count) = self.names.get_mut(place) {
                *count += n;
            }
        } else if !self.names.refuses(rank) {
            let key = word.into();
            let _: Admitted<_, _> = self.names.admit(Entry {
                rank,
                key,
                value: n,
            });
        }
    }

    #[inline]
    pub(super) fn at(&mut self, text: &str, from: RowPlace, place: impl FnOnce() -> RowPlace) {
        let first = if text.is_empty() {
            &mut self.first_empty
        } else {
            &mut self.first_word
        };
        if first.is_none_or(|first| from < first) {
            let place = place();
            *first = Some(first.map_or(place, |first| first.min(place)));
        }
    }

    pub(super) fn merge(&mut self, other: Undecided) {
        self.empty += other.empty;
        self.words += other.words;
        for entry in other.names.into_entries() {
            self.count_word(&entry.key, entry.value);
        }
        for (mine, other) in [
            (&mut self.first_empty, other.first_empty),
            (&mut self.first_word, other.first_word),
        ] {
            *mine = match (*mine, other) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }

    /// What becomes of them, by all requests of the run.
    pub(super) fn fate<'t>(&self, tallies: impl Iterator<Item = &'t Tally>) -> Fate {
        let (mut requests, mut failures, mut undecided) = (0, 0, 0);
        for tally in tallies {
            requests += tally.requests;
            failures += tally.failures;
            undecided += tally.undecided;
        }
        let silent: u64 = undecided - self.words.min(undecided);
        let has_success = failures + undecided < requests;
        if has_success && silent.saturating_mul(ONE_IN) <= requests {
            Fate::Failed
        } else {
            Fate::Open
        }
    }

    /// The notes about them; `place` writes where a row stands.
    pub(super) fn tell(self, run: &mut Run, fate: Fate, place: impl Fn(RowPlace) -> String) {
        let at = |count: u64, first: Option<RowPlace>| match first {
            Some(first) if count == 1 => format!(" (at {})", place(first)),
            Some(first) => format!(" (first at {})", place(first)),
            None => String::new(),
        };
        if self.words > 0 {
            let mut names: Vec<_> = self.names.entries().iter().collect();
            names.sort_by(|a, b| (b.value, &a.key).cmp(&(a.value, &b.key)));
            let more = if names.len() > NAMED {
                " and others"
            } else {
                ""
            };
            let names: Vec<String> = names
                .iter()
                .take(NAMED)
                .map(|entry| format!("`{}`", shorten(&entry.key, 60)))
                .collect();
            let say = if names.len() == 1 { "says" } else { "say" };
            let names = names.join(", ");
            let at = at(self.words, self.first_word);
            let text = match fate {
                Fate::Failed => format!(
                    "requests whose status is a word that says neither success nor failure are counted as failed: {names}{more}{at}"
                ),
                Fate::Open => format!(
                    "failures are not measured: {names}{more} {say} neither success nor failure{at}; write true or false, or name another column as `ok` in a [[map]]"
                ),
            };
            run.note("unknown-status", text, self.words);
        }
        if self.empty > 0 {
            let at = at(self.empty, self.first_empty);
            let who = match self.empty {
                1 => "1 request does not say whether it succeeded".to_owned(),
                count => format!("{count} requests do not say whether they succeeded"),
            };
            let text = match fate {
                Fate::Failed => format!("{who}{at}: few enough to count them as failed"),
                Fate::Open => {
                    format!("{who}{at}, so failures are not measured: write true or false for each")
                }
            };
            run.note(Note::NO_OUTCOME, text, self.empty);
        }
    }
}
