//! What broke although the requests may not have failed: sessions, and exceptions of the script.

use crate::figures::broken;
use crate::model::Run;
use crate::text::number::{count, percent, plural};

/// How many sessions failed, or how many exceptions there were.
pub(super) fn beside_requests(run: &Run) -> Option<String> {
    failed_sessions(run).or_else(|| {
        let exceptions = broken::exceptions(run)?;
        let raised = plural(exceptions.failed, "exception");
        Some(format!("The script raised {raised}"))
    })
}

/// How many of the sessions failed.
pub(super) fn failed_sessions(run: &Run) -> Option<String> {
    let sessions = broken::sessions(run)?;
    Some(format!(
        "{} of {} failed ({})",
        count(sessions.failed),
        plural(sessions.tried, "session"),
        percent(sessions.share())
    ))
}
