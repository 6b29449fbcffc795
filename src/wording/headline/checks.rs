//! Thresholds, checks and test suites that failed, in sentences.

use crate::model::{CheckKind, Run};
use crate::text::number::plural;
use crate::text::phrase::shown;

/// Thresholds of the script, its checks and test suites that failed, each counted by itself; what `knee` itself reconciles is
/// a finding.
pub(super) fn of_checks(run: &Run) -> impl Iterator<Item = String> + '_ {
    let of = |kind: CheckKind, is_suite: bool, noun: &str, whose: &str| {
        let all = run.checks.iter();
        let all = all.filter(|check| check.kind == kind && check.source.is_some() == is_suite);
        let failed = || all.clone().filter(|check| check.failed > 0);
        let first = failed().max_by_key(|check| check.failed)?;
        let name = kind.label(&first.name);
        let example = match failed().count() {
            1 => shown(name),
            _ => format!("for example {}", shown(name)),
        };
        Some(format!(
            "{} of {}{whose} failed: {example}.",
            failed().count(),
            plural(all.clone().count() as u64, noun),
        ))
    };
    let sentences = [
        of(CheckKind::Threshold, false, "threshold", " of the script"),
        of(CheckKind::Check, false, "check", ""),
        of(CheckKind::Check, true, "test suite", ""),
    ];
    sentences.into_iter().flatten()
}
