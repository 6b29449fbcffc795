//! Figures as gauges in base units, in the text format of OpenMetrics and Prometheus; GitLab's metrics reports read it too.
//!
//! A file of it holds so many series and no more: whole runs first, then targets and changes, then the endpoints with most
//! requests. What was not measured has no line. No times: a scrape or a push says when.

mod page;

use crate::model::{MetricId, Percentile, Run, Statistic, Unit, UnitName};
use crate::render::openmetrics::page::{Labels, Page};
use crate::render::{Layout, RenderError, Rendered, Renderer, change};
use crate::report::comparison::ChangeUnit;
use crate::report::{Figure, Report, TargetResult, TargetState, Verdict};
use crate::text::number;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "openmetrics",
    endings: &[],
    about: "gauges of six significant digits for Prometheus and GitLab's metrics reports",
    has_files: false,
    render,
};

#[expect(clippy::unnecessary_wraps, reason = "a row of RENDERERS may fail")]
fn render(report: &Report, _: &Layout) -> Result<Rendered, RenderError> {
    let mut page = Page::default();
    verdict(report, &mut page);
    for run in &report.runs {
        info(report, run, &mut page);
        let figures = report.figures.iter();
        for figure in figures.filter(|of| of.run == run.id && of.endpoint.is_none()) {
            put_figure(run, figure, &mut page);
        }
        targets(report, run, &mut page);
    }
    changes(report, &mut page);
    endpoints(report, &mut page);
    Ok(Rendered {
        page: page.write().into_bytes(),
        files: Vec::new(),
    })
}

fn verdict(report: &Report, page: &mut Page) {
    let help = "1 for the verdict of the analysis, 0 for the others.";
    for verdict in [
        Verdict::Pass,
        Verdict::Warn,
        Verdict::Unjudged,
        Verdict::Fail,
        Verdict::Invalid,
    ] {
        let labels = Labels::new().with("verdict", verdict.id());
        let is = f64::from(u8::from(report.verdict == verdict));
        page.put("knee_verdict", help, &labels, is);
    }
}

fn info(report: &Report, run: &Run, page: &mut Page) {
    let identity = &run.identity;
    let mut labels = Labels::of_run(run, page)
        .with("run_id", &run.id)
        .with("tool", &run.source.tool);
    let project = report.page.project.as_ref().or(identity.project.as_ref());
    for (name, value) in [
        ("project", project),
        ("environment", identity.environment.as_ref()),
        ("branch", identity.branch.as_ref()),
        ("commit", identity.commit.as_ref()),
    ] {
        if let Some(value) = value {
            let value = page.name(name, value);
            labels = labels.with(name, &value);
        }
    }
    page.put("knee_run_info", "What each run is.", &labels, 1.0);
}

fn put_figure(run: &Run, figure: &Figure, page: &mut Page) {
    let (Some(value), Ok(metric)) = (figure.value, figure.metric.parse::<MetricId>()) else {
        return;
    };
    let mut labels = Labels::of_run(run, page);
    if let Some(label) = &figure.endpoint {
        let label = page.name("endpoint", label);
        labels = labels.with("endpoint", &label);
    }
    let suffix = suffix(figure.unit);
    let (name, labels) = match &metric {
        MetricId::Latency(population, statistic) => {
            if let Some(population) = population {
                labels = labels.with("population", population.id());
            }
            let of = match statistic {
                Statistic::Quantile(percentile) => {
                    labels = labels.with("quantile", &quantile(*percentile));
                    ""
                }
                Statistic::Min => "_min",
                Statistic::Mean => "_mean",
                Statistic::Stddev => "_stddev",
                Statistic::Max => "_max",
            };
            (format!("knee_run_latency{of}{suffix}"), labels)
        }
        MetricId::Plain(id) if id.starts_with("bytes_") => (format!("knee_run_{id}"), labels),
        MetricId::Plain(id) => (format!("knee_run_{id}{suffix}"), labels),
        MetricId::Resource(component, name, _) => {
            let unit = unit_of(run, component, name);
            let (component, name) = (page.name("component", component), page.name("name", name));
            let (_, statistic) = figure.metric.rsplit_once('.').unwrap_or_default();
            let labels = labels
                .with("component", &component)
                .with("name", &name)
                .with("statistic", statistic);
            let unit = unit.filter(|_| suffix.is_empty());
            let unit = unit.map(|unit| page.name("unit", unit));
            let labels = unit.map_or(labels.clone(), |unit| labels.with("unit", &unit));
            (format!("knee_run_resource{suffix}"), labels)
        }
        MetricId::Custom(name) => {
            let name = page.name("custom", name);
            (
                format!("knee_run_custom{suffix}"),
                labels.with("name", &name),
            )
        }
        MetricId::Check(name) => {
            let name = page.name("check", name);
            (
                format!("knee_run_check{suffix}"),
                labels.with("name", &name),
            )
        }
    };
    let spec = metric.spec();
    let help = match metric {
        MetricId::Latency(_, Statistic::Quantile(_)) => "Percentiles of the latency.",
        _ => spec.text,
    };
    page.put(&name, help, &labels, base(value, figure.unit));
}

/// What a name ends in, by its unit.
fn suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Millis | Unit::Seconds => "_seconds",
        Unit::PerSecond => "_per_second",
        Unit::Ratio => "_ratio",
        Unit::Bytes => "_bytes",
        Unit::Count | Unit::Factor | Unit::AsGiven => "",
    }
}

/// A value in its base unit; the decimal point is shifted, so that no digit is added.
fn base(value: f64, unit: Unit) -> f64 {
    match (unit, UnitName::named("ms")) {
        (Unit::Millis, Some(ms)) => ms.to_base(value, -3),
        _ => value,
    }
}

fn quantile(percentile: Percentile) -> String {
    number::decimal(percentile.percent() / 100.0, 9)
}

fn unit_of<'a>(run: &'a Run, component: &str, name: &str) -> Option<&'a str> {
    let mut resources = run.resources.iter();
    resources
        .find(|of| of.component == component && of.name == name)?
        .unit
        .as_deref()
}

fn targets(report: &Report, run: &Run, page: &mut Page) {
    let of_run: Vec<&TargetResult> = report
        .targets
        .iter()
        .filter(|target| target.run == run.id)
        .collect();
    for (state, name) in [
        (TargetState::Pass, "pass"),
        (TargetState::Warn, "warn"),
        (TargetState::Fail, "fail"),
        (TargetState::NotMeasured, "not_measured"),
        (TargetState::NotApplicable, "not_applicable"),
    ] {
        let number = of_run.iter().filter(|target| target.state == state).count();
        let labels = Labels::of_run(run, page).with("state", name);
        let help = "Results of targets by state.";
        page.put("knee_targets", help, &labels, number as f64);
    }
    for target in of_run {
        let met = match target.state {
            TargetState::Pass | TargetState::Warn => 1.0,
            TargetState::Fail => 0.0,
            TargetState::NotMeasured | TargetState::NotApplicable => continue,
        };
        let (name, expect) = (
            page.name("target", &target.name),
            page.name("expect", &target.expect),
        );
        let mut labels = Labels::of_run(run, page)
            .with("target", &name)
            .with("expect", &expect);
        if let Some(label) = &target.endpoint {
            let label = page.name("endpoint", label);
            labels = labels.with("endpoint", &label);
        }
        if let Some(level) = target.level {
            labels = labels.with("level", &level.to_string());
        }
        let help =
            "1 for a target that is met, 0 for a broken one; what was not measured has no line.";
        page.put("knee_target_met", help, &labels, met);
    }
}

fn changes(report: &Report, page: &mut Page) {
    for comparison in &report.comparisons {
        let scenario = page.name("scenario", &comparison.scenario);
        let base = comparison.base.name.as_deref().unwrap_or_default();
        let base = page.name("base", base);
        let metrics = comparison.metrics.iter();
        for metric in metrics.filter(|of| change::is_judged(of)) {
            let Some(change) = metric.change else {
                continue;
            };
            let id = page.name("metric", &metric.metric);
            let mut labels = Labels::new()
                .with("scenario", &scenario)
                .with("base", &base)
                .with("metric", &id)
                .with("state", change::state(metric.state));
            if let Some(label) = &metric.endpoint {
                let label = page.name("endpoint", label);
                labels = labels.with("endpoint", &label);
            }
            let (name, help) = match metric.change_unit {
                Some(ChangeUnit::Points) => (
                    "knee_compared_difference_ratio",
                    "New minus base, of shares.",
                ),
                Some(ChangeUnit::Relative) | None => {
                    ("knee_compared_change_ratio", "New over base, minus 1.")
                }
            };
            page.put(name, help, &labels, change);
        }
    }
}

/// Endpoints with most requests first; an endpoint has all its figures or none.
fn endpoints(report: &Report, page: &mut Page) {
    let mut all: Vec<(u64, &Run, String)> = Vec::new();
    for run in &report.runs {
        for endpoint in &run.endpoints {
            let requests = endpoint.stats.requests.unwrap_or(0);
            all.push((requests, run, endpoint.label()));
        }
    }
    all.sort_by_key(|(requests, ..)| std::cmp::Reverse(*requests));
    let mut figures = std::collections::BTreeMap::<(&str, &str), Vec<&Figure>>::new();
    for figure in report.figures.iter() {
        if let (Some(label), Some(_)) = (&figure.endpoint, figure.value) {
            let key = (figure.run.as_str(), label.as_str());
            figures.entry(key).or_default().push(figure);
        }
    }
    for (_, run, label) in &all {
        let of = figures.remove(&(run.id.as_str(), label.as_str()));
        let of = of.unwrap_or_default();
        if page.has_room_for(of.len()) {
            for figure in of {
                put_figure(run, figure, page);
            }
        }
    }
}

#[cfg(test)]
mod tests;
