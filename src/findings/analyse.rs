//! From runs to a report: normalize, ask the rules, take back what they void, judge, decide.

use std::borrow::Cow;
use std::collections::BTreeMap;

use globset::GlobBuilder;

use crate::findings::figures::{self, Figures};
use crate::findings::report::{CheckResult, Class, Finding, Group, Page, Report, ReportSchema};
use crate::findings::rules::v17_totals_reconcile::reconcile;
use crate::findings::verdict::{Effect, Verdict};
use crate::findings::{headline, normalize, rules, targets};
use crate::model::{Run, Stats, Target};

/// What an analysis is told besides the runs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which command asks.
    pub command: String,
    /// What is demanded.
    pub targets: Vec<Target>,
    /// What is applied to every run first.
    pub normalize: normalize::Options,
    /// Which rules are asked, and their limits.
    pub rules: rules::Options,
    /// Which percentiles are shown.
    pub figures: figures::Options,
    /// Names and upper edges in milliseconds of the latency classes.
    pub classes: Vec<(String, Option<f64>)>,
    /// `--endpoint`: globs; only matching endpoints are shown. Empty = all.
    pub endpoints: Vec<String>,
    /// How the page is called.
    pub page: Page,
    /// The moment that is printed, where one is asked for.
    pub generated_at: Option<String>,
}

/// The report over runs.
pub fn analyse(mut runs: Vec<Run>, options: &Options) -> Report {
    let mut page = options.page.clone();
    page.percentiles.clone_from(&options.figures.percentiles);
    let mut report = Report {
        schema: ReportSchema::V1,
        knee_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: options.command.clone(),
        generated_at: options.generated_at.clone(),
        verdict: Verdict::Unjudged,
        headline: Vec::new(),
        runs: Vec::new(),
        figures: Figures::default(),
        targets: Vec::new(),
        findings: Vec::new(),
        comparisons: Vec::new(),
        scalings: Vec::new(),
        trends: Vec::new(),
        groups: Vec::new(),
        classes: Vec::new(),
        score: None,
        checks: Vec::new(),
        page,
    };
    for run in &mut runs {
        normalize::normalize(run, &options.normalize);
        keep_endpoints(run, &options.endpoints);
        analyse_run(run, options, &mut report);
    }
    report.runs = runs;
    report.verdict = verdict_of(&report, None);
    report.headline = headline::of_report(&report);
    report
}

/// The verdict over all runs, or over one.
pub fn verdict_of(report: &Report, run: Option<&str>) -> Verdict {
    let about = |id: Option<&str>| run.is_none() || id == run;
    let effects = report
        .findings
        .iter()
        .filter(|f| about(f.run.as_deref()))
        .map(|f| f.effect);
    let results: Vec<_> = report
        .targets
        .iter()
        .filter(|t| about(Some(&t.run)))
        .collect();
    let judged = targets::any_judged(&results);
    let open = results.iter().any(|result| targets::is_open(result));
    Verdict::of(effects.chain(open.then_some(Effect::Unjudged)), judged)
}

fn analyse_run(run: &Run, options: &Options, report: &mut Report) {
    // First without results: only to learn which latencies are void.
    let first = rules::ask_of_run(run, &options.targets, &[], &options.figures, &options.rules);
    let masked = mask(run, &first);
    let results = targets::judge(&masked, &options.targets, &options.figures);
    for figure in figures::figures_of(&masked, &options.figures) {
        report.figures.push(figure);
    }
    let second = rules::ask_of_run(
        &masked,
        &options.targets,
        &results,
        &options.figures,
        &options.rules,
    );
    report.findings.extend(join(first, second));
    report.targets.extend(results);
    report
        .checks
        .extend(run.checks.iter().map(|check| CheckResult {
            name: check.name.clone(),
            passed: check.passed,
            failed: check.failed,
            source: run.source.tool.clone(),
        }));
    report.checks.extend(reconcile(run));
    report.groups.extend(groups_of(run));
    report.classes.extend(classes_of(&masked, &options.classes));
}

/// The run with every voided latency taken out: what is void is not measured.
fn mask<'a>(run: &'a Run, findings: &[Finding]) -> Cow<'a, Run> {
    let voids: Vec<Option<&str>> = findings
        .iter()
        .filter(|f| f.effect == Effect::Void)
        .map(|f| f.endpoint.as_deref())
        .collect();
    if voids.is_empty() {
        return Cow::Borrowed(run);
    }
    let mut masked = run.clone();
    let clear = |stats: &mut Stats| {
        stats.latency = None;
        stats.latency_ok = None;
        stats.latency_failed = None;
    };
    if voids.contains(&None) {
        clear(&mut masked.overall);
        for slice in &mut masked.timeline {
            clear(&mut slice.stats);
        }
    }
    for endpoint in &mut masked.endpoints {
        if voids.contains(&Some(endpoint.label().as_str())) {
            clear(&mut endpoint.stats);
        }
    }
    Cow::Owned(masked)
}

/// What was said of the whole run about failures and impossible figures stays; what a void latency seemed to say goes.
fn join(first: Vec<Finding>, second: Vec<Finding>) -> Vec<Finding> {
    let about_failures = |finding: &Finding| matches!(finding.rule.as_str(), "V05" | "V12" | "V37");
    let mut all: Vec<Finding> = first.into_iter().filter(about_failures).collect();
    all.extend(
        second
            .into_iter()
            .filter(|finding| !about_failures(finding)),
    );
    rules::sort(&mut all);
    all
}

fn keep_endpoints(run: &mut Run, globs: &[String]) {
    if globs.is_empty() {
        return;
    }
    let matchers: Vec<_> = globs
        .iter()
        .filter_map(|glob| GlobBuilder::new(glob).literal_separator(false).build().ok())
        .map(|glob| glob.compile_matcher())
        .collect();
    let before = run.endpoints.len();
    run.endpoints.retain(|endpoint| {
        let label = endpoint.label();
        globs.contains(&label) || matchers.iter().any(|matcher| matcher.is_match(&label))
    });
    let hidden = before - run.endpoints.len();
    if hidden > 0 {
        run.note(
            "endpoints-hidden",
            "endpoints that --endpoint does not name are not shown; totals still hold them",
            hidden as u64,
        );
    }
}

/// Sums over the endpoints of each group of a run.
fn groups_of(run: &Run) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for endpoint in &run.endpoints {
        let Some(name) = endpoint.group.as_deref() else {
            continue;
        };
        let group = groups.entry(name).or_insert_with(|| Group {
            name: name.to_owned(),
            run: run.id.clone(),
            endpoints: Vec::new(),
            figures: BTreeMap::new(),
        });
        group.endpoints.push(endpoint.label());
        let stats = &endpoint.stats;
        let sums = [
            ("requests", stats.requests.map(|n| n as f64)),
            ("failures", stats.failures.map(|n| n as f64)),
            ("rate", stats.rate.map(|r| r.0)),
            ("goodput", stats.goodput.map(|r| r.0)),
        ];
        for (metric, value) in sums {
            if let Some(value) = value {
                *group.figures.entry(metric.to_owned()).or_insert(0.0) += value;
            }
        }
    }
    groups.into_values().collect()
}

/// Shares by latency, from the histogram of the primary latency; a bucket counts where its middle lies.
fn classes_of(run: &Run, classes: &[(String, Option<f64>)]) -> Vec<Class> {
    let Some(histogram) = run
        .overall
        .primary()
        .and_then(|latency| latency.histogram.as_ref())
    else {
        return Vec::new();
    };
    let total = histogram.total();
    if total == 0 || classes.is_empty() {
        return Vec::new();
    }
    let mut counts = vec![0_u64; classes.len()];
    for (lower, upper, count) in histogram.buckets() {
        let middle = f64::midpoint(lower.0, upper.0);
        let place = classes
            .iter()
            .position(|(_, upto)| upto.is_none_or(|upto| middle <= upto));
        if let Some(slot) = place.and_then(|place| counts.get_mut(place)) {
            *slot += count;
        }
    }
    let rows = classes.iter().zip(counts);
    rows.map(|((name, upto_ms), count)| Class {
        name: name.clone(),
        run: run.id.clone(),
        upto_ms: *upto_ms,
        count,
        share: count as f64 / total as f64,
    })
    .collect()
}
