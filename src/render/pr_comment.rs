//! The body of a comment on a pull or merge request: verdict and sentences first, what changed, the rest folded away.
//!
//! The first line is a hidden marker by which tools find the comment of the last run and replace it. GitHub takes 65,536
//! characters; what does not fit is left out in whole pieces. A run that passes with nothing to tell is three lines.

use std::collections::BTreeSet;

use crate::model::Run;
use crate::render::block::{Block, Line, code, prose, strong, text};
use crate::render::page::{self, Piece};
use crate::render::section::{SECTIONS, Section, scaling, targets};
use crate::render::{Layout, RenderError, Rendered, Renderer, change, issue, markdown};
use crate::report::comparison::{ComparedMetric, Comparison};
use crate::report::{Report, TargetResult, TargetState, Verdict};
use crate::text::{escape, number};
use crate::wording::headline::words;
use crate::wording::reason;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "pr-comment",
    endings: &[],
    about: "the body of a comment on a pull request, with a marker to find it again",
    has_files: false,
    render,
};

/// Characters of a comment, its marker apart.
const ROOM: usize = 59_700;

/// Rows of a table that is not folded away.
const ROWS: usize = 30;

/// Sections that are folded away, in this order, and what their folds are called.
const FOLDED: [(&str, &str); 4] = [
    ("targets", "All targets"),
    ("findings", "Findings"),
    ("key-figures", "Key figures"),
    ("endpoints", "Endpoints"),
];

#[expect(clippy::unnecessary_wraps, reason = "a row of RENDERERS may fail")]
fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    let body = if is_short(report) {
        short(report)
    } else {
        let size = |text: &str| text.chars().count();
        page::fit(
            &pieces(report, layout),
            ROOM,
            "characters",
            &size,
            &markdown::write,
        )
    };
    let page = format!("{}\n{body}", marker(report));
    Ok(Rendered {
        page: page.into_bytes(),
        files: Vec::new(),
    })
}

/// Longest marked name.
const LONGEST: usize = 200;

/// `<!-- knee:shop/search -->`, the same for every run of the same scenarios.
fn marker(report: &Report) -> String {
    let of_runs = report.runs.iter().map(|run| &run.identity.scenario);
    let compared = report.comparisons.iter().map(|of| &of.scenario);
    let scenarios: BTreeSet<&str> = of_runs.chain(compared).map(String::as_str).collect();
    let scenarios: Vec<&str> = scenarios.into_iter().collect();
    let project = report.page.project.as_deref();
    let project = project.map_or(String::new(), |project| format!("{}/", inert(project)));
    format!("<!-- knee:{project}{} -->", inert(&scenarios.join("+")))
}

/// Letters, digits and single marks between them: nothing that ends a comment of HTML.
fn inert(name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars().take(LONGEST) {
        if c.is_alphanumeric() || matches!(c, '.' | '_' | '+') {
            safe.push(c);
        } else if !safe.ends_with('-') {
            safe.push('-');
        }
    }
    safe.trim_matches('-').to_owned()
}

/// Whether there is nothing to tell but that all is well.
fn is_short(report: &Report) -> bool {
    let changed = report
        .comparisons
        .iter()
        .flat_map(|comparison| &comparison.metrics)
        .any(change::is_changed);
    report.verdict == Verdict::Pass && !changed
}

fn short(report: &Report) -> String {
    let mut sentences = report.headline.iter();
    let verdict = format!("Load test: {}.", words(report.verdict));
    let mut first = vec![strong(verdict), text(" ")];
    first.extend(
        sentences
            .next()
            .map(|sentence| prose(sentence))
            .unwrap_or_default(),
    );
    let rest: Vec<&str> = sentences.map(String::as_str).collect();
    let lines = [first, prose(&rest.join(" "))];
    let written = lines.map(|line| markdown::write(&[Block::Paragraph(line)]));
    written
        .map(|line| format!("{}\n", line.trim_end()))
        .concat()
}

fn pieces(report: &Report, layout: &Layout) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut put = |name: &str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            all.push(Piece {
                name: name.to_owned(),
                text: markdown::write(&blocks),
            });
        }
    };
    put("verdict", verdict(report));
    for comparison in &report.comparisons {
        put("comparison", changes(comparison));
    }
    put("about the comparison", of_pairs(report));
    put("load series", of_series(report));
    put("targets", attention(report));
    for comparison in &report.comparisons {
        put("compared metrics", all_of(comparison));
    }
    for (id, title) in FOLDED {
        let section = SECTIONS.iter().find(|section| section.id == id);
        let runs = report.runs.iter().enumerate();
        for (place, run) in runs.filter(|(_, run)| !change::is_base(report, run)) {
            let is_told = id == "targets" && all_attended(report, run);
            if let Some(section) = section.filter(|_| !is_told) {
                put(id, folded(report, layout, section, title, (place, run)));
            }
        }
    }
    put(
        "version",
        vec![Block::Paragraph(vec![text(format!(
            "knee {}",
            report.knee_version
        ))])],
    );
    all
}

fn verdict(report: &Report) -> Vec<Block> {
    let words = words(report.verdict).to_uppercase();
    let sentences = report.headline.iter().map(|sentence| prose(sentence));
    vec![
        Block::Heading(3, vec![text(format!("Load test: {words}"))]),
        Block::List(sentences.collect()),
    ]
}

/// Only the metrics that changed, or look as if.
fn changes(comparison: &Comparison) -> Vec<Block> {
    let base = comparison.base.name.as_deref().unwrap_or("the base");
    let mut line: Line = vec![code(&comparison.scenario), text(" against "), code(base)];
    line.push(text(format!(": {}", change::verdict(comparison.verdict))));
    if !comparison.reasons.is_empty() {
        line.push(text(format!(" ({})", reason::listed(&comparison.reasons))));
    }
    line.push(text("."));
    let mut blocks = vec![Block::Paragraph(line)];
    let metrics = comparison.metrics.iter();
    let changed: Vec<&ComparedMetric> = metrics.filter(|of| change::is_changed(of)).collect();
    let shown: Vec<&ComparedMetric> = changed.iter().take(ROWS).copied().collect();
    if !shown.is_empty() {
        blocks.push(Block::Table(change::table(&shown)));
    }
    blocks.extend(more(changed.len(), "changed metric"));
    blocks
}

/// What rules say of two sides, those apart that the table says.
fn of_pairs(report: &Report) -> Vec<Block> {
    let said: Vec<Line> = change::of_pairs(report)
        .map(|finding| {
            let mut line = vec![text(format!("{} {}", finding.rule, finding.name))];
            if let Some(endpoint) = &finding.endpoint {
                line.extend([text(" at "), code(endpoint)]);
            }
            line.push(text(": "));
            line.extend(prose(&finding.message));
            line
        })
        .collect();
    if said.is_empty() {
        return Vec::new();
    }
    vec![Block::List(said)]
}

/// What rules say of load series; their answers stand among the first sentences.
fn of_series(report: &Report) -> Vec<Block> {
    let said = scaling::about(report);
    if said.is_empty() {
        return Vec::new();
    }
    vec![
        Block::Paragraph(vec![text("About the load series:")]),
        Block::List(said),
    ]
}

fn more(all: usize, noun: &str) -> Option<Block> {
    let more = all.checked_sub(ROWS).filter(|more| *more > 0)?;
    let words = format!(
        "{} are not shown.",
        number::plural(more as u64, &format!("more {noun}"))
    );
    Some(Block::Paragraph(vec![text(words)]))
}

/// Targets that are not simply met: broken ones first, the farthest off before the near.
fn attention(report: &Report) -> Vec<Block> {
    let mut blocks = Vec::new();
    for run in &report.runs {
        let rank = |target: &TargetResult| match target.state {
            TargetState::Fail => Some(0),
            TargetState::NotMeasured if !target.optional => Some(1),
            TargetState::Warn => Some(2),
            _ => None,
        };
        let of_run = report.targets.iter().filter(|target| target.run == run.id);
        let mut open: Vec<&TargetResult> = of_run.filter(|of| rank(of).is_some()).collect();
        open.sort_by(|a, b| {
            let order = rank(a).cmp(&rank(b));
            order.then_with(|| issue::distance(b).total_cmp(&issue::distance(a)))
        });
        let shown: Vec<&TargetResult> = open.iter().take(ROWS).copied().collect();
        if shown.is_empty() {
            continue;
        }
        if report.runs.len() > 1 {
            blocks.push(Block::Paragraph(vec![text("Targets of "), code(&run.name)]));
        }
        blocks.push(Block::Table(targets::table(&shown)));
        blocks.extend(more(open.len(), "target"));
    }
    blocks
}

/// Whether every target of a run stands in the open table, and none has a reason to be told.
fn all_attended(report: &Report, run: &Run) -> bool {
    let of_run = report.targets.iter().filter(|target| target.run == run.id);
    let of_run: Vec<&TargetResult> = of_run.collect();
    let is_open = |target: &&TargetResult| {
        matches!(target.state, TargetState::Fail | TargetState::Warn) && target.reason.is_none()
    };
    of_run.len() <= ROWS && of_run.iter().all(is_open)
}

fn all_of(comparison: &Comparison) -> Vec<Block> {
    let metrics = comparison.metrics.iter();
    let judged: Vec<&ComparedMetric> = metrics.filter(|of| change::is_judged(of)).collect();
    if judged.is_empty() {
        return Vec::new();
    }
    let title = vec![text("All compared metrics of "), code(&comparison.scenario)];
    let table = Block::Table(change::table(&judged));
    vec![Block::Details(title, vec![table])]
}

/// A section of a run under a fold instead of its heading.
fn folded(
    report: &Report,
    layout: &Layout,
    section: &Section,
    title: &str,
    (place, run): (usize, &Run),
) -> Vec<Block> {
    let mut blocks = (section.build)(report, place, layout);
    blocks.retain(|block| !matches!(block, Block::Heading(..)));
    if blocks.is_empty() {
        return blocks;
    }
    let mut summary = vec![text(title)];
    if report.runs.len() > 1 {
        summary.push(text(" of "));
        summary.push(code(escape::name(&run.name)));
    }
    vec![Block::Details(summary, blocks)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{broken, compared, comparison, finding, report, target};
    use crate::report::comparison::MetricState;
    use crate::report::{Effect, Finding};

    fn page(report: &Report) -> String {
        let page = render(report, &Layout::default()).unwrap().page;
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn nothing_changed_and_all_is_well_is_three_lines() {
        let mut report = report();
        report.page.project = Some("shop".to_owned());
        report.targets = vec![target("kept", 100.0, TargetState::Pass)];
        report.comparisons = vec![comparison(vec![compared(None, MetricState::Unchanged)])];
        report.verdict = Verdict::Pass;
        report.headline = ["1,000 requests.", "p95 100 ms.", "1 of 1 target met."]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(
            page(&report),
            "<!-- knee:shop/default+search -->\n**Load test: pass.** 1,000 requests.\np95 100 ms. 1 of 1 target met.\n"
        );
        report.comparisons[0].metrics[0].state = MetricState::Improved;
        assert!(page(&report).lines().count() > 3);
    }

    #[test]
    fn what_changed_stands_before_the_folds_and_unchanged_metrics_in_them() {
        let mut report = report();
        report.verdict = Verdict::Fail;
        report.targets = vec![target("slow", 210.0, TargetState::Fail)];
        report.findings = vec![finding("V31", Effect::Warn, "too short")];
        report.comparisons = vec![comparison(vec![
            compared(Some("GET /worse"), MetricState::Regressed),
            compared(Some("GET /same"), MetricState::Unchanged),
        ])];
        let page = page(&report);
        let (open, folded) = page.split_once("<details>").unwrap();
        assert!(open.contains("### Load test: FAIL"), "{open}");
        assert!(
            open.contains("| `GET /worse` | 170 ms | 210 ms | +23.5 % |"),
            "{open}"
        );
        assert!(open.contains("| 210 ms | -10 ms |"), "{open}");
        assert!(
            !open.contains("/same") && folded.contains("/same"),
            "{page}"
        );
        assert!(!open.contains("V31") && folded.contains("V31"), "{page}");
        assert!(!folded.contains("All targets"), "{page}");
    }

    #[test]
    fn runs_that_are_only_compared_against_have_no_folds_and_rules_of_pairs_are_told() {
        let mut report = report();
        report.verdict = Verdict::Fail;
        let mut base = report.runs[0].clone();
        base.id = "base".to_owned();
        base.name = "old.json".to_owned();
        report.runs.push(base);
        let mut of_pair = finding("V45", Effect::Note, "One run a side.");
        of_pair.run = None;
        report.findings = vec![of_pair];
        assert!(page(&report).contains("<code>old.json</code>"));
        report.comparisons = vec![comparison(vec![compared(None, MetricState::Regressed)])];
        let page = page(&report);
        assert!(!page.contains("<code>old.json</code>"), "{page}");
        assert!(page.contains("<code>new.json</code>"), "{page}");
        assert!(page.contains("- V45 a-rule: One run a side."), "{page}");
    }

    #[test]
    fn thousands_of_targets_and_findings_stay_within_the_room() {
        let mut report = report();
        report.verdict = Verdict::Fail;
        report.targets = (0..3000).map(broken).collect();
        let many = |number: u32| Finding {
            endpoint: Some(format!("GET /{number}")),
            ..finding("V05", Effect::Warn, "failures inside")
        };
        report.findings = (0..3000).map(many).collect();
        let metrics = (0..3000)
            .map(|number| compared(Some(&format!("GET /{number}")), MetricState::Regressed));
        report.comparisons = vec![comparison(metrics.collect())];
        let page = page(&report);
        assert!(page.chars().count() <= 60_000, "{}", page.chars().count());
        assert!(
            page.contains("2,970 more changed metrics are not shown."),
            "{page}"
        );
        assert!(page.contains("2,970 more targets are not shown."), "{page}");
        assert!(page.contains("GET /02999"), "the worst is shown");
        assert!(
            page.contains("left out, since there is room for 59,700 characters"),
            "{page}"
        );
        assert_eq!(
            page.matches("<details>").count(),
            page.matches("</details>").count()
        );
    }

    #[test]
    fn no_name_ends_the_marker() {
        let mut report = report();
        for name in ["a --> <b>", "--", "-->", "x--!>y", "\n-->\n", "", "größe/ü"] {
            report.page.project = Some(name.to_owned());
            report.runs[0].identity.scenario = name.repeat(300);
            let marker = marker(&report);
            let inside = marker.strip_prefix("<!-- knee:").unwrap();
            let inside = inside.strip_suffix(" -->").unwrap();
            assert!(
                !inside.contains("--") && !inside.contains(['<', '>', '\n']),
                "{marker}"
            );
            assert!(marker.chars().count() < 500);
        }
        assert_eq!(inert("größe/ü"), "größe-ü");
    }
}
