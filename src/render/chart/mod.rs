//! Charts of a run: drawings with their finding in words and their data beside them.
//!
//! A chart = one file + one row in [`CHARTS`]. A chart draws what the run and the report hold and computes no figure of
//! its own; where there is too little to draw, there is no chart. The same run gives the same bytes.
//! SVG only: hosts scale it, and one drawing serves light and dark pages.

mod efficiency;
mod forest;
mod knee_curve;
mod panel;
mod percentile_pair;
mod percentile_plot;
mod percentiles_over_time;
mod resources;
mod scale;
mod svg;
mod theme;
mod thin;

use std::collections::BTreeSet;

use crate::model::Run;
use crate::render::block::Figure;
use crate::report::Report;
use crate::report::comparison::Comparison;
use crate::report::scaling::Scaling;

/// A kind of chart.
pub struct Chart {
    /// The end of its file name.
    pub id: &'static str,
    /// Draws it under the given id; `None` where the run has too little for it.
    pub draw: fn(&Run, &Report, &str) -> Option<Figure>,
}

/// Every chart of one run, in the order of the page.
pub const CHARTS: &[Chart] = &[
    Chart {
        id: "percentiles-over-time",
        draw: percentiles_over_time::draw,
    },
    Chart {
        id: "percentile-plot",
        draw: percentile_plot::draw,
    },
    Chart {
        id: "resources",
        draw: resources::draw,
    },
];

/// A kind of chart of a comparison.
pub struct PairChart {
    /// The end of its file name; none of a run's charts has it.
    pub id: &'static str,
    /// Draws it under the given id; `None` where the comparison has too little for it.
    pub draw: fn(&Comparison, &Report, &str) -> Option<Figure>,
}

/// Every chart of one comparison, in the order of the page.
pub const PAIR_CHARTS: &[PairChart] = &[
    PairChart {
        id: "changes",
        draw: forest::draw,
    },
    PairChart {
        id: "percentiles",
        draw: percentile_pair::draw,
    },
];

/// The charts of a comparison of the report. Its number is in their names where there are several.
pub fn of_comparison(comparison: &Comparison, report: &Report) -> Vec<Figure> {
    let place = report
        .comparisons
        .iter()
        .position(|other| std::ptr::eq(other, comparison));
    let slug = match place {
        Some(place) if place > 0 => format!("comparison-{}", place + 1),
        _ => "comparison".to_owned(),
    };
    PAIR_CHARTS
        .iter()
        .filter_map(|chart| (chart.draw)(comparison, report, &format!("{slug}-{}", chart.id)))
        .collect()
}

/// A kind of chart of a load series.
pub struct SeriesChart {
    /// The end of its file name; no other chart has it.
    pub id: &'static str,
    /// Draws it under the given id; `None` where the series has too little for it.
    pub draw: fn(&Scaling, &str) -> Option<Figure>,
}

/// Every chart of one load series, in the order of the page.
pub const SERIES_CHARTS: &[SeriesChart] = &[
    SeriesChart {
        id: "knee-curve",
        draw: knee_curve::draw,
    },
    SeriesChart {
        id: "efficiency",
        draw: efficiency::draw,
    },
];

/// The charts of a load series of the report. Its number is in their names where there are several.
pub fn of_scaling(scaling: &Scaling, report: &Report) -> Vec<Figure> {
    let place = report
        .scalings
        .iter()
        .position(|other| std::ptr::eq(other, scaling));
    let slug = match place {
        Some(place) if place > 0 => format!("series-{}", place + 1),
        _ => "series".to_owned(),
    };
    SERIES_CHARTS
        .iter()
        .filter_map(|chart| (chart.draw)(scaling, &format!("{slug}-{}", chart.id)))
        .collect()
}

/// The charts of a run of the report.
pub fn charts(run: &Run, report: &Report) -> Vec<Figure> {
    let slug = slug_of(run, report);
    CHARTS
        .iter()
        .filter_map(|chart| (chart.draw)(run, report, &format!("{slug}-{}", chart.id)))
        .collect()
}

/// The run's name as a safe file name, unique among the runs of the report by a number at its end.
fn slug_of(run: &Run, report: &Report) -> String {
    let place = report
        .runs
        .iter()
        .position(|other| std::ptr::eq(other, run));
    let place = place.or_else(|| report.runs.iter().position(|other| other.id == run.id));
    let Some(place) = place else {
        return slug(&run.name);
    };
    let mut taken = BTreeSet::new();
    let mut last = String::new();
    for other in report.runs.iter().take(place + 1) {
        let wanted = slug(&other.name);
        last.clone_from(&wanted);
        let mut number = 2;
        while !taken.insert(last.clone()) {
            last = format!("{wanted}-{number}");
            number += 1;
        }
    }
    last
}

/// Lower-case ASCII letters, digits and single hyphens, at most 40 of them; never empty.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if slug.len() == 40 {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    if slug.is_empty() {
        slug.push_str("run");
    }
    slug
}

#[cfg(test)]
mod tests;
