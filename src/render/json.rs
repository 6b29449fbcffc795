//! `knee.report/1` as JSON. Histograms and timelines only with `--full`.

use crate::model::{Latency, Run, Stats};
use crate::render::{Layout, RenderError, Rendered, Renderer};
use crate::report::Report;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "json",
    endings: &[".json"],
    about: "the whole analysis as knee.report/1, for scripts",
    has_files: false,
    render,
};

fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    let mut page = if layout.full {
        serde_json::to_vec_pretty(report)?
    } else {
        let mut short = report.clone();
        short.runs.iter_mut().for_each(shorten);
        serde_json::to_vec_pretty(&short)?
    };
    page.push(b'\n');
    Ok(Rendered {
        page,
        files: Vec::new(),
    })
}

fn shorten(run: &mut Run) {
    run.timeline.clear();
    forget_histograms(&mut run.overall);
    for endpoint in &mut run.endpoints {
        forget_histograms(&mut endpoint.stats);
    }
    let sessions = run
        .sessions
        .iter_mut()
        .filter_map(|sessions| sessions.duration.as_mut());
    let custom = run
        .custom
        .iter_mut()
        .filter_map(|custom| custom.latency.as_mut());
    for latency in sessions.chain(custom) {
        latency.histogram = None;
    }
}

fn forget_histograms(stats: &mut Stats) {
    let all: [&mut Option<Latency>; 3] = [
        &mut stats.latency,
        &mut stats.latency_ok,
        &mut stats.latency_failed,
    ];
    for latency in all.into_iter().flatten() {
        latency.histogram = None;
    }
}
