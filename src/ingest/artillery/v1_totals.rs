//! Whole counts of a report of 1.x, and what follows from them on requests and answers.

use std::collections::BTreeMap;

use crate::ingest::artillery::balance::Balance;
use crate::ingest::artillery::names::{failed_answers, is_lost, sum};
use crate::ingest::artillery::v1_parse::{Named, Report};
use crate::ingest::artillery::v1_stats::{Count, count_of};
use crate::ingest::json::Number;

/// Whole counts of the aggregate.
pub(super) struct Totals<'a> {
    pub(super) created: Option<u64>,
    pub(super) completed: Option<u64>,
    pub(super) avoided: Option<u64>,
    /// Requests, answers.
    pub(super) requests: u64,
    pub(super) responses: u64,
    pub(super) codes: BTreeMap<String, u64>,
    pub(super) errors: BTreeMap<&'a str, u64>,
    /// What the errors say about the requests.
    pub(super) balance: Balance,
}

/// Counts by name.
fn counts<'a>(
    member: &str,
    Named { all: from, .. }: &'a Named<'_, Number>,
) -> Count<Vec<(&'a str, u64)>> {
    let mut all = Vec::with_capacity(from.len());
    for (name, number) in from {
        let place = || format!("{member}.{name}");
        if let Some(count) = count_of(place, *number)? {
            all.push((name.as_ref(), count));
        }
    }
    Ok(all)
}

impl<'a> Totals<'a> {
    pub(super) fn of(report: &'a Report, legacy: bool) -> Count<Totals<'a>> {
        let count = |name: &str, number| count_of(|| name.to_owned(), number);
        let responses = count("requestsCompleted", report.responses)?.unwrap_or(0);
        let sent = count("rps.count", report.rps.sent)?;
        let codes = counts("codes", &report.codes)?;
        let errors: BTreeMap<&str, u64> = counts("errors", &report.errors)?.into_iter().collect();
        let lost = sum(errors.iter().filter(|(error, _)| is_lost(error, false)));
        // Legacy reporting counts answers only: what is known of the rest are its errors.
        let requests = if legacy {
            responses.saturating_add(lost)
        } else {
            sent.unwrap_or(responses)
        };
        let created = count("scenariosCreated", report.created)?;
        let all = errors.iter().map(|(error, n)| (*error, *n));
        let balance = Balance::of((requests, responses, created), all);
        Ok(Totals {
            created,
            completed: count("scenariosCompleted", report.completed)?,
            avoided: count("scenariosAvoided", report.avoided)?,
            requests,
            responses,
            codes: codes
                .into_iter()
                .map(|(code, n)| (code.to_owned(), n))
                .collect(),
            errors,
            balance,
        })
    }

    pub(super) fn failed_answers(&self) -> u64 {
        failed_answers(&self.codes)
    }

    /// How the samples without a status ended, where all answers are of one kind.
    pub(super) fn outcome(&self) -> Option<bool> {
        let coded = sum(self.codes.iter());
        let failed = self.failed_answers();
        if coded < self.responses || self.responses == 0 || self.balance.after > 0 {
            None
        } else if failed == 0 {
            Some(true)
        } else {
            (failed >= coded).then_some(false)
        }
    }

    /// Engines without HTTP answer with code 0.
    pub(super) fn is_http(&self) -> bool {
        let only_messages = !self.codes.is_empty() && self.codes.keys().all(|code| code == "0");
        self.requests > 0 && !only_messages
    }
}
