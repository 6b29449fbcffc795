//! A code quality report of GitLab: issues at the lines of the targets, shown in merge requests of every tier.
//!
//! GitLab tells new issues from known ones by fingerprint, so it holds what the issue is about and no figure, run id or line.
//! What has no line of its own points at the first line of the configuration, or of the result that it is about.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::model::Run;
use crate::render::issue::{Gravity, Issue, Place, issues};
use crate::render::{Layout, RenderError, Rendered, Renderer, change};
use crate::report::Report;
use crate::text::escape::visible;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "gitlab-codequality",
    endings: &[],
    about: "a code quality report of GitLab, at the lines of the targets",
    has_files: false,
    render,
};

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    let mut seen = BTreeMap::new();
    let entries: Vec<Entry> = issues(report, layout)
        .into_iter()
        .map(|issue| entry(report, layout, issue, &mut seen))
        .collect();
    let mut page = serde_json::to_vec_pretty(&entries)?;
    page.push(b'\n');
    Ok(Rendered {
        page,
        files: Vec::new(),
    })
}

fn entry(
    report: &Report,
    layout: &Layout,
    issue: Issue,
    seen: &mut BTreeMap<String, u64>,
) -> Entry {
    let mut fingerprint = fingerprint(&issue, 0);
    let times = seen.entry(fingerprint.clone()).or_insert(0);
    if *times > 0 {
        fingerprint = self::fingerprint(&issue, *times);
    }
    *times += 1;
    let place = issue.place;
    let place = place.unwrap_or_else(|| somewhere(report, issue.run.as_deref(), layout));
    Entry {
        description: visible(&issue.message),
        check_name: visible(&issue.check),
        fingerprint,
        severity: match issue.gravity {
            Gravity::Invalid => "blocker",
            Gravity::Broken => "critical",
            Gravity::Open => "major",
            Gravity::Warning => "minor",
        },
        location: Location {
            path: visible(&place.file),
            lines: Lines { begin: place.line },
        },
    }
}

/// GitLab takes no issue without a place: the file of its run, and of the first that is judged where it is about none.
fn somewhere(report: &Report, run: Option<&str>, layout: &Layout) -> Place {
    let own = |of: &&Run| match run {
        Some(id) => of.id == id,
        None => !change::is_base(report, of),
    };
    let files = report.runs.iter().filter(own);
    let mut files = files.flat_map(|run| &run.source.files);
    let file = files.next().map(|file| file.name.as_str());
    Place {
        file: match (&layout.plan, file) {
            (Some(plan), _) => plan.clone(),
            (None, Some(file)) => file.to_owned(),
            (None, None) => "knee.toml".to_owned(),
        },
        line: 1,
    }
}

/// The same for the same subject in every run; `again` tells apart what is said twice in one report.
fn fingerprint(issue: &Issue, again: u64) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(&issue.check).chain(&issue.subject) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    if again > 0 {
        hash.update(again.to_le_bytes());
    }
    hash.finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::render::testing::{broken, compared, comparison, finding, report, target};
    use crate::report::comparison::MetricState;
    use crate::report::{Effect, TargetState};

    fn entries(report: &Report) -> Vec<Value> {
        let page = render(report, &Layout::default()).unwrap().page;
        serde_json::from_slice(&page).unwrap()
    }

    #[test]
    fn an_issue_has_what_gitlab_asks_for() {
        let mut report = report();
        report.findings = vec![finding("V03", Effect::Invalid, "90 of 100 failed.")];
        report.targets = vec![target("slow", 210.0, TargetState::Fail)];
        report.comparisons = vec![comparison(vec![compared(None, MetricState::Regressed)])];
        let found = entries(&report);
        let severities: Vec<&Value> = found.iter().map(|entry| &entry["severity"]).collect();
        assert_eq!(severities, ["blocker", "critical", "critical"]);
        let of_target = found
            .iter()
            .find(|entry| entry["check_name"] == "target-broken");
        let of_target = of_target.unwrap();
        assert_eq!(of_target["location"]["path"], "knee.toml");
        assert_eq!(of_target["location"]["lines"]["begin"], 12);
        assert!(
            of_target["description"]
                .as_str()
                .unwrap()
                .contains("210 ms")
        );
        report.findings.clear();
        report.targets.clear();
        report.comparisons.clear();
        assert_eq!(entries(&report), Vec::<Value>::new());
    }

    #[test]
    fn a_fingerprint_outlives_values_runs_and_lines_and_no_two_are_the_same() {
        let mut report = report();
        report.targets = (0..4000).map(|number| broken(number / 2)).collect();
        let prints = |report: &Report| -> BTreeSet<String> {
            let found = entries(report).into_iter();
            found
                .map(|entry| entry["fingerprint"].as_str().unwrap().to_owned())
                .collect()
        };
        let first = prints(&report);
        assert_eq!(first.len(), 4000);
        for target in &mut report.targets {
            target.value = target.value.map(|value| value + 7.5);
            target.margin = target.margin.map(|margin| margin - 7.5);
            target.run = "another".to_owned();
            target.origin = "knee.toml:99".to_owned();
        }
        report.runs[0].id = "another".to_owned();
        report.findings.clear();
        assert_eq!(prints(&report), first);
        report.targets[0].expect = "p95 < 199ms".to_owned();
        assert_ne!(prints(&report), first);
    }
}
