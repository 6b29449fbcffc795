//! The figures as CSV: `run,endpoint,metric,value,unit,n,lo,hi,level,support`, one row a figure. Not measured = empty.

use crate::render::{Layout, RenderError, Rendered, Renderer};
use crate::report::{Report, Support};
use crate::text::escape::csv_name;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "csv",
    endings: &[".csv"],
    about: "the figures, one row each, for spreadsheets",
    has_files: false,
    render,
};

fn render(report: &Report, _: &Layout) -> Result<Rendered, RenderError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "run", "endpoint", "metric", "value", "unit", "n", "lo", "hi", "level", "support",
    ])?;
    let plain = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for figure in report.figures.iter() {
        let run = report.runs.iter().find(|run| run.id == figure.run);
        let support = match figure.support {
            Support::Ok => "ok",
            Support::Weak => "weak",
            Support::None => "none",
        };
        writer.write_record([
            csv_name(run.map_or(&figure.run, |run| &run.name)),
            csv_name(figure.endpoint.as_deref().unwrap_or_default()),
            csv_name(&figure.metric),
            plain(figure.value),
            figure.unit.id().to_owned(),
            figure.n.map(|n| n.to_string()).unwrap_or_default(),
            plain(figure.interval.and_then(|interval| interval.lo)),
            plain(figure.interval.and_then(|interval| interval.hi)),
            plain(figure.interval.map(|interval| interval.level)),
            support.to_owned(),
        ])?;
    }
    let page = writer
        .into_inner()
        .map_err(|error| RenderError::Csv(error.into_error().into()))?;
    Ok(Rendered {
        page,
        files: Vec::new(),
    })
}
