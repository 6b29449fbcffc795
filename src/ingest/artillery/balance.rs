//! Requests that the counters do not show: what failed before it was counted, and what was answered and failed all the same.
//!
//! Artillery counts a request when it goes out and an answer when its headers come. An error of the client may come before,
//! between or behind the two, so what is left of the errors when every request without an answer has one is decided here,
//! for all shapes of the file.

use crate::ingest::artillery::names::{Stage, stage};
use crate::model::Run;

/// Errors by where they came up; see [`Stage`].
#[derive(Debug, Default)]
pub(super) struct Errors {
    pub(super) sent: u64,
    pub(super) client: u64,
    pub(super) script: u64,
}

impl Errors {
    /// Counts one of its kinds.
    pub(super) fn add(&mut self, error: &str, count: u64) {
        let sum = match stage(error) {
            Stage::Sent => &mut self.sent,
            Stage::Client => &mut self.client,
            Stage::Script => &mut self.script,
            Stage::Answered => return,
        };
        *sum = sum.saturating_add(count);
    }
}

/// What the errors of a run say about its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Balance {
    /// Requests that failed before they were counted.
    pub(super) before: u64,
    /// Requests that were counted and answered, and failed all the same.
    pub(super) after: u64,
    /// Whether errors of scripts took the place of an answer. They did not where there are more errors than requests
    /// without an answer.
    pub(super) scripts_lost: bool,
}

impl Balance {
    /// From the counters of a whole run.
    pub(super) fn of<'e>(
        (requests, responses, created): (u64, u64, Option<u64>),
        errors: impl Iterator<Item = (&'e str, u64)>,
    ) -> Balance {
        let mut all = Errors::default();
        errors.for_each(|(error, count)| all.add(error, count));
        let Errors {
            sent,
            client,
            script,
        } = all;
        let unanswered = requests.saturating_sub(responses);
        let rest = client.saturating_sub(unanswered.saturating_sub(sent));
        // One request was counted for every session, those that failed included: the error came behind it.
        let is_after = created == Some(requests);
        let broken = sent.saturating_sub(unanswered);
        Balance {
            before: if is_after { 0 } else { rest },
            after: if is_after { rest } else { 0 }
                .saturating_add(broken)
                .min(responses),
            scripts_lost: sent.saturating_add(client).saturating_add(script) <= unanswered,
        }
    }

    /// Says which requests the tool's own counter lacks.
    pub(super) fn note(self, run: &mut Run) {
        if self.before > 0 {
            let text = "requests that failed before Artillery counted them as sent: they are attempted and failed requests";
            run.note("failed-before-sent", text, self.before);
        }
        if self.after > 0 {
            let text = "requests that got a response and ended in an error of the client or the connection: they are failed requests";
            run.note("failed-after-response", text, self.after);
        }
    }

    /// Whether an error is that of a request beside the answers.
    pub(super) fn counts(self, error: &str) -> bool {
        match stage(error) {
            Stage::Sent => true,
            Stage::Client => self.before > 0 || self.after == 0,
            Stage::Answered => false,
            Stage::Script => self.scripts_lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: (u64, u64, Option<u64>), errors: &[(&'static str, u64)]) -> (u64, u64) {
        let balance = Balance::of(counts, errors.iter().copied());
        (balance.before, balance.after)
    }

    #[test]
    fn what_fails_before_it_is_counted_is_what_no_answer_lacks() {
        let got = [("ERR_GOT_REQUEST_ERROR", 42)];
        assert_eq!(of((258, 258, Some(300)), &got), (42, 0));
        let both = [("ERR_GOT_REQUEST_ERROR", 42), ("ETIMEDOUT", 10)];
        assert_eq!(of((268, 258, Some(310)), &both), (42, 0));
        // Two of the requests without an answer are the client's own.
        assert_eq!(of((270, 258, Some(310)), &both), (40, 0));
    }

    #[test]
    fn an_error_behind_the_only_request_of_every_session_adds_none() {
        // artillery #1800: four answers of 200 and four errors, one request a session.
        let got = [("ERR_GOT_REQUEST_ERROR", 4)];
        assert_eq!(of((4, 4, Some(4)), &got), (0, 4));
        assert_eq!(of((8, 8, Some(4)), &got), (4, 0));
    }

    #[test]
    fn connections_and_scripts_add_no_request() {
        assert_eq!(of((40, 0, Some(40)), &[("ECONNREFUSED", 40)]), (0, 0));
        // A body that broke off behind its headers.
        assert_eq!(of((40, 40, Some(20)), &[("ECONNRESET", 3)]), (0, 3));
        let scripts = [("x is not a function", 7), ("Failed capture or match", 5)];
        assert_eq!(of((40, 40, Some(20)), &scripts), (0, 0));
    }
}
