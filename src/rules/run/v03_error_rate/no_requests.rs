//! A run that made no request at all, and what its own facts say of the cause.
//!
//! An input that counts something else, and no requests, is not measured and no such run.

use crate::model::Note;
use crate::model::{ErrorCount, ErrorKind, MetricId, Run};
use crate::normalize::trim::is_trimmed;
use crate::report::Effect;
use crate::report::Evidence;
use crate::rules::Fired;
use crate::text::number;
use crate::text::phrase::quoted;

/// The finding of a run without a request.
pub(super) fn fired(run: &Run) -> Option<Fired> {
    if !made_none(run) {
        return None;
    }
    let message = format!("No request was made: {}.", cause(run));
    let mut evidence = Evidence::new().count("requests", 0);
    if let Some(started) = run.sessions.as_ref().and_then(|sessions| sessions.started) {
        evidence = evidence.count("sessions_started", started);
    }
    let fired = Fired::new(Effect::Invalid, message, evidence);
    Some(fired.on(MetricId::Plain("requests")).hint(
        "Read what the load generator printed, run one user by hand, and run again when requests go out.",
    ))
}

/// Counted, and none; or users that ran and left no trace of anything else that was measured.
fn made_none(run: &Run) -> bool {
    if let Some(requests) = run.overall.requests {
        return requests == 0;
    }
    let sessions = run.sessions.as_ref();
    let ran = sessions.is_some_and(|sessions| sessions.started.is_some());
    let else_measured = !run.endpoints.is_empty()
        || !run.custom.is_empty()
        || !run.checks.is_empty()
        || run.overall.primary().is_some();
    ran && !else_measured
}

fn cause(run: &Run) -> String {
    let sessions = run.sessions.as_ref();
    let started = sessions.and_then(|sessions| sessions.started);
    let failed = sessions.and_then(|sessions| sessions.failed).unwrap_or(0);
    let errors = || run.errors.iter().filter(|error| error.count > 0);
    let of_script = errors().filter(|error| error.kind == ErrorKind::Exception);
    let worst = of_script.max_by_key(|error| error.count);
    let worst = worst.or_else(|| errors().max_by_key(|error| error.count));
    if is_trimmed(run) {
        return "the trim left nothing of the run".to_owned();
    }
    if started == Some(0) || run.load.users_max == Some(0.0) {
        return "no user was started".to_owned();
    }
    if let Some(error) = worst {
        return format!(
            "{} before the first one, such as in a hook of the script",
            broke(error)
        );
    }
    match (started, run.load.users_max) {
        (Some(started), _) if failed > 0 => format!(
            "{} of {} failed before their first one, such as in a hook of the script",
            number::count(failed),
            number::plural(started, "session")
        ),
        (Some(started), _) => format!(
            "{} ran without one, so the scenario has none, or its steps were skipped",
            number::plural(started, "session")
        ),
        (None, Some(users)) => format!(
            "{} users were there and none sent one, as when `on_start` fails or no task is left to choose",
            number::decimal(users, 0)
        ),
        (None, None) => {
            let said = run.noted(Note::EMPTY_ARRAY);
            said.map_or_else(
                || "the file holds none".to_owned(),
                |note| note.text.clone(),
            )
        }
    }
}

/// `NameError: x (3 times)`.
fn broke(error: &ErrorCount) -> String {
    let text = error.message.as_deref().or(error.code.as_deref());
    let what = text.map_or_else(|| "an error".to_owned(), quoted);
    format!("{what} happened {}", number::plural(error.count, "time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Custom, CustomKind, Sessions, Stats};
    use crate::rules::testing::{counts, run};

    fn message(run: &Run) -> String {
        let fired = fired(run).unwrap();
        assert_eq!(fired.effect, Effect::Invalid);
        fired.message
    }

    fn of_sessions(started: u64, failed: u64) -> Run {
        let mut given = run(Stats::default(), 10.0);
        given.sessions = Some(Sessions {
            started: Some(started),
            completed: Some(started - failed),
            failed: Some(failed),
            duration: None,
        });
        given
    }

    #[test]
    fn the_facts_of_the_file_say_why() {
        let mut none = run(counts(0, 0), 10.0);
        assert_eq!(message(&none), "No request was made: the file holds none.");
        none.load.users_max = Some(3.0);
        assert!(message(&none).contains("3 users were there and none sent one"));
        none.errors.push(ErrorCount {
            endpoint: None,
            method: None,
            kind: ErrorKind::Exception,
            code: None,
            message: Some("NameError: token".to_owned()),
            count: 3,
        });
        assert!(
            message(&none).contains("\"NameError: token\" happened 3 times before the first one")
        );
        none.load.users_max = Some(0.0);
        assert!(message(&none).ends_with("no user was started."));
        assert!(message(&of_sessions(0, 0)).ends_with("no user was started."));
        assert!(message(&of_sessions(10, 10)).contains("10 of 10 sessions failed before"));
        assert!(message(&of_sessions(10, 0)).contains("10 sessions ran without one"));
    }

    #[test]
    fn what_counts_something_else_is_not_measured() {
        assert!(fired(&run(counts(1, 0), 10.0)).is_none());
        assert!(fired(&run(Stats::default(), 10.0)).is_none());
        let mut sockets = of_sessions(60, 0);
        sockets.custom.push(Custom {
            name: "websocket.messages_sent".to_owned(),
            kind: CustomKind::Counter,
            value: Some(120.0),
            latency: None,
        });
        assert!(fired(&sockets).is_none());
    }
}
