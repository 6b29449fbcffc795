//! What rules found, in one sentence: how much of it, and the gravest that is not said yet.

use crate::model::Run;
use crate::report::Effect;
use crate::report::RuleId;
use crate::report::{Finding, Report, Severity};
use crate::text::number::plural;
use crate::text::phrase::{first_sentence, shown};

pub(super) fn of_findings(report: &Report, run: &Run, said: Option<&Finding>) -> Option<String> {
    let mut all: Vec<&Finding> = report.findings_of(&run.id).collect();
    if report.runs.len() == 1 {
        all.extend(report.findings_of_plan());
        all.sort_by_key(|finding| std::cmp::Reverse(finding.effect));
    }
    of_these(&all, said)
}

/// How many findings there are, and the gravest that is not said yet. What became of targets has a sentence of its own.
pub(super) fn of_these(all: &[&Finding], said: Option<&Finding>) -> Option<String> {
    let mut parts = Vec::new();
    let items = || {
        let items = all.iter().filter(|finding| finding.part_of.is_none());
        items.filter(|finding| !is_of_target(finding))
    };
    for (severity, noun) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let own = || items().filter(|finding| finding.severity == severity);
        let mut rules: Vec<&str> = Vec::new();
        for finding in own() {
            if !rules.contains(&finding.rule.as_str()) {
                rules.push(finding.rule.as_str());
            }
        }
        if !rules.is_empty() {
            let number = plural(own().count() as u64, noun);
            parts.push(format!("{number} ({})", rules.join(", ")));
        }
    }
    if parts.is_empty() {
        return None;
    }
    // A short run is the least of what can be wrong with one.
    let by_weight = all.iter().filter(|finding| finding.rule != RuleId::V31);
    let next = by_weight.chain(all.iter()).find(|finding| {
        finding.severity != Severity::Info
            && finding.effect != Effect::Void
            && finding.part_of.is_none()
            && !is_of_target(finding)
            && said.is_none_or(|said| !std::ptr::eq(said, **finding))
    });
    let first = next.map(|finding| {
        let at = finding
            .endpoint
            .as_deref()
            .map(|label| format!(" at {}", shown(label)))
            .unwrap_or_default();
        format!(
            ". {}{at}: {}",
            finding.rule,
            first_sentence(&finding.message)
        )
    });
    Some(format!(
        "{}{}",
        parts.join(" and "),
        first.unwrap_or_else(|| ".".to_owned())
    ))
}

/// Whether a rule only says what became of a target.
fn is_of_target(finding: &Finding) -> bool {
    finding.rule.is_of_targets()
}
