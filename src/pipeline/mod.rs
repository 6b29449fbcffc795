//! From runs to a report: normalize, ask the rules, take back what they void, judge, decide.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

mod levels;
mod shares;
mod workload;

pub use levels::Levels;

use rayon::prelude::*;

use crate::compare::{self, Questions};
use crate::figures;
use crate::load::plan::Plan;
use crate::model::run::label;
use crate::model::{MetricId, Run, Stats, Target};
use crate::normalize;
use crate::normalize::Pattern;
use crate::report::RuleId;
use crate::report::comparison::{ComparedMetric, Comparison, MetricState, Unlike};
use crate::report::{
    CheckResult, Class, Finding, Group, Page, Report, ReportSchema, TargetResult, TargetState,
};
use crate::report::{Effect, Verdict};
use crate::report::{Figure, Figures};
use crate::rules::run::v17_totals_reconcile::reconcile;
use crate::text::number;
use crate::text::phrase::lower_first;
use crate::wording::headline;
use crate::{rules, targets, verdict};

/// What an analysis is told besides the runs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which command asks.
    pub command: String,
    /// What is demanded.
    pub targets: Vec<Target>,
    /// What is applied to every run first.
    pub normalize: normalize::Options,
    /// What is declared.
    pub plan: Plan,
    /// Which rules are asked, and their limits.
    pub rules: rules::Options,
    /// Which percentiles are shown.
    pub figures: figures::Options,
    /// Names and upper edges in milliseconds of the latency classes.
    pub classes: Vec<(String, Option<f64>)>,
    /// `--endpoint`: globs; only matching endpoints are shown. Empty = all.
    pub endpoints: Vec<Pattern>,
    /// How the page is called.
    pub page: Page,
    /// The moment that is printed, where one is asked for.
    pub generated_at: Option<String>,
    /// A sentence on why the baseline is none for these runs: then it could not be judged.
    pub no_baseline: Option<String>,
    /// Whether a run without a base to compare with is not passed.
    pub require_proof: bool,
    /// Sentences that stand below those of the report and change nothing.
    pub remarks: Vec<String>,
    /// Whether load levels are looked for among the runs.
    pub levels: Levels,
    /// The label that holds the load level of a run; `None` = the load that was measured or declared.
    pub level: Option<String>,
}

impl Options {
    fn asking(&self) -> rules::Asking<'_> {
        rules::Asking {
            plan: &self.plan,
            targets: &self.targets,
            figures: &self.figures,
            options: &self.rules,
        }
    }
}

/// The rules of pairs, for `compare`, which knows none.
struct OfPairs<'a> {
    how: &'a compare::Options,
    options: &'a Options,
}

impl Questions for OfPairs<'_> {
    fn of_pair(&self, base: &[&Run], new: &[&Run]) -> Vec<Finding> {
        let allowed = (self.how.allow, self.how.accepted);
        rules::ask_of_pair(base, new, allowed, &self.options.rules)
    }

    fn unlikeness(&self, base: &[&Run], new: &[&Run]) -> (Vec<Unlike>, bool) {
        let allowed = (self.how.allow, self.how.accepted);
        rules::unlikeness(base, new, allowed, &self.options.rules)
    }

    fn of_comparison(&self, found: &Comparison, base: &[&Run], new: &[&Run]) -> Vec<Finding> {
        rules::ask_of_comparison(found, base, new, &self.options.rules)
    }
}

/// The report over runs; without runs, what can be said of the plan alone.
pub fn analyse(runs: Vec<Run>, options: &Options) -> Report {
    analyse_sides(runs, Vec::new(), options, None)
}

/// The report over two sides, and what comparing them gives.
pub fn analyse_pair(
    base: Vec<Run>,
    new: Vec<Run>,
    options: &Options,
    how: &compare::Options,
) -> Report {
    analyse_sides(base, new, options, Some(how))
}

fn analyse_sides(
    base: Vec<Run>,
    new: Vec<Run>,
    options: &Options,
    how: Option<&compare::Options>,
) -> Report {
    let border = base.len();
    let mut runs = base;
    runs.extend(new);
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
        groups: Vec::new(),
        workloads: Vec::new(),
        classes: Vec::new(),
        checks: Vec::new(),
        page,
    };
    // The base is what it is: nothing is demanded of it.
    let undemanding = how.map(|_| Options {
        targets: Vec::new(),
        ..options.clone()
    });
    // What was accepted was trimmed then.
    let untrimmed = how.filter(|how| how.accepted).map(|_| normalize::Options {
        trim_start: None,
        trim_end: None,
        ..options.normalize.clone()
    });
    // What is in the base too is told once, as what is judged.
    let accepted = how.is_some_and(|how| how.accepted);
    let doubled: Vec<bool> = runs
        .iter()
        .enumerate()
        .map(|(place, run)| {
            let mut new = runs.iter().skip(border);
            accepted && place < border && new.any(|new| new.id == run.id)
        })
        .collect();
    // Runs know nothing of one another: several at a time, joined in their order.
    let of_runs: Vec<OfRun> = runs
        .par_iter_mut()
        .enumerate()
        .map(|(place, run)| {
            let of_base = untrimmed.as_ref().filter(|_| place < border);
            normalize::normalize(run, of_base.unwrap_or(&options.normalize));
            let of_base = undemanding.as_ref().filter(|_| place < border);
            analyse_run(run, of_base.unwrap_or(options))
        })
        .collect();
    let figures = of_runs.iter().map(|of_run| of_run.figures.len());
    report.figures.reserve(figures.sum());
    for (of_run, doubled) in of_runs.into_iter().zip(&doubled) {
        if !doubled {
            of_run.add_to(&mut report);
        }
    }
    let all: Vec<&Run> = runs.iter().collect();
    let judged = all.get(if how.is_some() { border } else { 0 }..);
    let judged = judged.unwrap_or_default();
    levels::add_series(&mut report, judged, options);
    let of_plan = rules::ask_of_plan(&all, &report.targets, &report.scalings, &options.asking());
    report.findings.extend(of_plan);
    if let (Some(how), Some((base, new))) = (how, runs.split_at_checked(border)) {
        let questions = OfPairs { how, options };
        let figures = &options.figures;
        let (comparisons, found) = compare::compare(base, new, &report, how, figures, &questions);
        report.comparisons = comparisons;
        report.findings.extend(found);
    }
    let mut doubled = doubled.into_iter();
    runs.retain(|_| doubled.next() != Some(true));
    sort_by_run(&mut report.findings, &runs);
    report.workloads = workload::workloads(&options.plan, &runs);
    keep_endpoints(&mut runs, &mut report, &options.endpoints);
    report.runs = runs;
    report.verdict = verdict::of(&report, None);
    let unproven = how.is_some_and(|how| how.require_proof)
        && report
            .comparisons
            .iter()
            .any(|found| open(found).count() > 0);
    let unasked = options.require_proof && report.comparisons.is_empty();
    if unproven || unasked {
        report.verdict = report.verdict.max(Verdict::Unjudged);
    }
    if report.runs.is_empty() && options.targets.is_empty() && options.plan.scenarios.is_empty() {
        // An empty plan has nothing wrong and nothing right.
        report.verdict = report.verdict.max(Verdict::Unjudged);
    }
    if options.no_baseline.is_some() {
        report.verdict = report.verdict.max(Verdict::Unjudged);
    }
    report.headline = if report.runs.is_empty() {
        headline::of_plan(&report, options.plan.scenarios.len(), options.targets.len())
    } else {
        headline::of_report(&report)
    };
    if unproven {
        let count: usize = report
            .comparisons
            .iter()
            .map(|found| open(found).count())
            .sum();
        report.headline.push(format!(
            "Proof was required: {} could not be decided: the rows with ~ and suspect, and what stands on one side only.",
            number::plural(count as u64, "metric")
        ));
    }
    if unasked {
        let words = "Proof was required, and nothing was compared: there is no base.";
        report.headline.push(words.to_owned());
    }
    // What is missing comes before what is met, and after what is broken.
    let place = if report.verdict == Verdict::Unjudged {
        0
    } else {
        report.headline.len()
    };
    report
        .headline
        .splice(place..place, options.no_baseline.clone());
    report.headline.extend(options.remarks.iter().cloned());
    report
}

/// Run by run, gravest first, then what is of no single run.
fn sort_by_run(findings: &mut [Finding], runs: &[Run]) {
    rules::sort(findings);
    if runs.len() > 1 {
        let place = |finding: &Finding| {
            let id = finding.run.as_deref();
            let place = runs.iter().position(|run| Some(run.id.as_str()) == id);
            place.unwrap_or(runs.len())
        };
        findings.sort_by_cached_key(place);
    }
}

/// What could be judged and is left open, or stands on one side only.
fn open(comparison: &Comparison) -> impl Iterator<Item = &ComparedMetric> {
    comparison.metrics.iter().filter(|metric| {
        let open = matches!(metric.state, MetricState::Undecided | MetricState::Suspect);
        let lone = metric.base.is_some() != metric.new.is_some();
        open && !metric.is_not_worse() && metric.p_value.is_some() || lone
    })
}

/// What one run adds to a report.
struct OfRun {
    figures: Vec<Figure>,
    findings: Vec<Finding>,
    targets: Vec<TargetResult>,
    checks: Vec<CheckResult>,
    groups: Vec<Group>,
    classes: Vec<Class>,
}

impl OfRun {
    fn add_to(self, report: &mut Report) {
        for figure in self.figures {
            report.figures.push(figure);
        }
        report.findings.extend(self.findings);
        report.targets.extend(self.targets);
        report.checks.extend(self.checks);
        report.groups.extend(self.groups);
        report.classes.extend(self.classes);
    }
}

fn analyse_run(run: &mut Run, options: &Options) -> OfRun {
    // First without results: only to learn which latencies are void.
    let first = rules::ask_of_run(run, &[], &options.asking());
    let whole_checks = reconcile(run);
    mask(run, &first);
    let masked = &*run;
    let mut results = targets::judge(masked, &options.targets, &options.figures);
    for result in &mut results {
        say_void(result, &first);
    }
    let second = rules::ask_of_run(masked, &results, &options.asking());
    let own_checks = masked.checks.iter().map(|check| CheckResult {
        name: check.name.clone(),
        passed: check.passed,
        failed: check.failed,
        source: check
            .source
            .clone()
            .unwrap_or_else(|| masked.source.tool.clone()),
        run: Some(masked.id.clone()),
        kind: check.kind,
    });
    OfRun {
        figures: figures::figures_of(masked, &options.figures),
        findings: join(first, second),
        targets: results,
        checks: own_checks.chain(whole_checks).collect(),
        groups: shares::groups_of(masked),
        classes: shares::classes_of(masked, &options.classes),
    }
}

/// Takes every voided latency out: what is void is not measured, for whoever reads the report.
fn mask(run: &mut Run, findings: &[Finding]) {
    let is_void = |label: Option<&str>| {
        let mut voids = findings.iter().filter(|found| found.effect == Effect::Void);
        voids.any(|found| found.is_at(label))
    };
    let clear = |stats: &mut Stats| {
        stats.latency = None;
        stats.latency_ok = None;
        stats.latency_failed = None;
    };
    if is_void(None) {
        clear(&mut run.overall);
        run.timeline
            .iter_mut()
            .for_each(|slice| clear(&mut slice.stats));
    }
    for endpoint in &mut run.endpoints {
        if is_void(Some(&endpoint.label())) {
            clear(&mut endpoint.stats);
        }
    }
    for part in run
        .timeline
        .iter_mut()
        .flat_map(|slice| &mut slice.endpoints)
    {
        if is_void(Some(&label(part.method.as_deref(), &part.name))) {
            clear(&mut part.stats);
        }
    }
}

/// A target on a void latency is not measured because of that, and not because the input lacks it.
fn say_void(result: &mut TargetResult, findings: &[Finding]) {
    let metric = result
        .metric
        .as_ref()
        .and_then(|metric| metric.parse().ok());
    if result.state != TargetState::NotMeasured || !matches!(metric, Some(MetricId::Latency(..))) {
        return;
    }
    let void = findings.iter().find(|finding| {
        finding.effect == Effect::Void && finding.is_at(result.endpoint.as_deref())
    });
    if let Some(finding) = void {
        result.reason = Some(format!(
            "the latency is void ({}): {}",
            finding.rule,
            lower_first(finding.message.trim_end_matches('.'))
        ));
    }
}

/// What was said of the whole run about failures and impossible figures stays; what a void latency seemed to say goes.
fn join(first: Vec<Finding>, second: Vec<Finding>) -> Vec<Finding> {
    let about_failures =
        |finding: &Finding| matches!(finding.rule, RuleId::V05 | RuleId::V12 | RuleId::V37);
    let mut all: Vec<Finding> = first.into_iter().filter(about_failures).collect();
    all.extend(
        second
            .into_iter()
            .filter(|finding| !about_failures(finding)),
    );
    rules::sort(&mut all);
    tell_failures_once(&mut all);
    all
}

/// That requests failed, that the latency holds them and that they were rejected is one fact: the first finding tells it all.
fn tell_failures_once(findings: &mut [Finding]) {
    let of_failures = [RuleId::V03, RuleId::V05, RuleId::V37];
    let first = of_failures.into_iter().find(|rule| {
        let mut of_run = findings.iter().filter(|found| found.endpoint.is_none());
        of_run.any(|found| found.rule == *rule)
    });
    let Some(first) = first else { return };
    let rejected = findings.iter().find(|found| found.rule == RuleId::V37);
    let hint = rejected.and_then(|found| found.hint.clone());
    for finding in findings {
        if finding.rule == first {
            finding.hint = hint.clone().or(finding.hint.take());
        } else if of_failures.contains(&finding.rule) {
            finding.part_of = Some(first);
        }
    }
}

/// `--endpoint` shows some endpoints and judges all of them: figures and lines go, findings and targets stay.
fn keep_endpoints(runs: &mut [Run], report: &mut Report, patterns: &[Pattern]) {
    if patterns.is_empty() {
        return;
    }
    let is_shown = |label: &str| patterns.iter().any(|pattern| pattern.matches(label));
    let kept = std::mem::take(&mut report.figures);
    for figure in kept
        .iter()
        .filter(|figure| figure.endpoint.as_deref().is_none_or(is_shown))
    {
        report.figures.push(figure.clone());
    }
    for run in runs {
        let before = run.endpoints.len();
        run.endpoints.retain(|endpoint| is_shown(&endpoint.label()));
        let hidden = before - run.endpoints.len();
        if hidden > 0 {
            let text = "endpoints that `--endpoint` does not name are judged and not shown";
            run.note("endpoints-hidden", text, hidden as u64);
        }
    }
}
