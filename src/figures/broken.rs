//! What broke beside the requests: sessions that failed, and exceptions of the script.
//!
//! A session that failed because a request got no answer is that request's failure, and one fact is told once. Refuses to judge.

use crate::model::{ErrorKind, Run};

/// Some of all that were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) failed: u64,
    pub(crate) tried: u64,
}

impl Part {
    pub(crate) fn share(self) -> f64 {
        self.failed as f64 / self.tried as f64
    }
}

/// Sessions that failed, where not all of them did so by a request that failed.
pub(crate) fn sessions(run: &Run) -> Option<Part> {
    let sessions = run.sessions.as_ref()?;
    let (failed, tried) = (sessions.failed?, sessions.started?);
    (by_script(run, failed) > 0 && failed <= tried).then_some(Part { failed, tried })
}

/// Of so many failed sessions, those that no request without an answer explains. A status that is a failure ends no session.
pub(crate) fn by_script(run: &Run, failed: u64) -> u64 {
    let lost = |kind| {
        matches!(
            kind,
            ErrorKind::Timeout | ErrorKind::Connection | ErrorKind::Other
        )
    };
    let explained = if run.errors.is_empty() {
        run.overall.failures.unwrap_or(0)
    } else {
        let errors = run.errors.iter().filter(|error| lost(error.kind));
        errors.fold(0_u64, |all, error| all.saturating_add(error.count))
    };
    failed.saturating_sub(explained)
}

/// Exceptions of the script, of requests and exceptions together, where sessions do not tell them already. One that was
/// raised from a status is the failure of its request.
pub(crate) fn exceptions(run: &Run) -> Option<Part> {
    if run.sessions.as_ref().is_some_and(|s| s.failed.is_some()) {
        return None;
    }
    let told = run.errors.iter();
    let told = told.filter(|error| error.kind == ErrorKind::Exception && error.code.is_some());
    let told = told.fold(0_u64, |all, error| all.saturating_add(error.count));
    let told = told.min(run.overall.failures.unwrap_or(0));
    let failed = run.exceptions?.saturating_sub(told);
    let tried = run.overall.requests.unwrap_or(0).saturating_add(failed);
    (failed > 0).then_some(Part { failed, tried })
}
