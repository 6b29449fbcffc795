//! Why a figure is not there, or is not judged, in words.
//!
//! Judges nothing: it is asked where a target cannot be.

use crate::figures::resource;
use crate::model::{MetricId, Note, Reading, Run, Statistic, Stats};
use crate::text::number;

/// A latency whose unit or column is a guess is never judged.
pub(super) fn assumed(run: &Run, metric: &MetricId) -> Option<String> {
    let is_latency = matches!(metric.spec().reading, Reading::Latency(_) | Reading::Apdex);
    let is_assumed = |note: &&Note| note.id == Note::LATENCY_ASSUMED;
    let note = run.notes.iter().find(is_assumed).filter(|_| is_latency)?;
    Some(note.text.clone())
}

/// Why a figure of a resource is not there.
pub(super) fn why_no_resource(run: &Run, metric: &MetricId) -> String {
    let MetricId::Resource(component, name, _) = metric else {
        return why_missing(metric, false);
    };
    let needs = if run.resources.is_empty() {
        "there are no samples of resources; `--resources FILE` reads them".to_owned()
    } else if !resource::is_known(run, component, name) {
        let mut known: Vec<String> = run
            .resources
            .iter()
            .map(|one| format!("{}.{}", one.component, one.name))
            .collect();
        known.dedup();
        let first = known.first().map_or("", String::as_str);
        format!("there are no samples of {component}.{name}; there are of {first}")
    } else if resource::entry(run, component, name, None).is_none() {
        "no sample lies between the first and the last request".to_owned()
    } else {
        "its samples carry no times, or are too few".to_owned()
    };
    format!("{metric} is not measured: {needs}")
}

/// Of an unknown percentile it may be known between what it lies.
pub(super) fn why_no_figure(stats: &Stats, metric: &MetricId, of_endpoint: bool) -> String {
    if let MetricId::Latency(None, Statistic::Quantile(percentile)) = metric
        && let Some(latency) = stats.primary()
        && let Some(bounds) = latency.bounds.get(percentile)
    {
        return format!(
            "{metric} is not measured; it lies between {} and {} (V43)",
            number::millis_bare(bounds.lower.0),
            number::millis(bounds.upper.0)
        );
    }
    why_missing(metric, of_endpoint)
}

fn why_missing(metric: &MetricId, of_endpoint: bool) -> String {
    let needs = match metric.spec().reading {
        Reading::PeakRate if !of_endpoint => {
            "; it takes a timeline of at least 20 s, and a window of 10 s that is not below the average"
        }
        Reading::SustainedRate if !of_endpoint => {
            "; it takes a timeline with a steady phase of at least 30 s"
        }
        Reading::Apdex => "; it takes the distribution of the successes",
        Reading::Latency(Statistic::Quantile(_)) => {
            "; the input gives neither this percentile nor the distribution"
        }
        Reading::SessionsFailed
        | Reading::SessionsFailedRate
        | Reading::Exceptions
        | Reading::ExceptionRate
        | Reading::Duration
        | Reading::Users
        | Reading::PeakRate
        | Reading::SustainedRate
        | Reading::Named
            if of_endpoint =>
        {
            " for single endpoints"
        }
        _ => "",
    };
    format!("{metric} is not measured{needs}")
}
