//! CPU and memory of each component over time, one panel each, between dashed lines where the run begins and ends.
//!
//! Panels share the axis of time and not that of their values: a database and a mail catcher on one scale are two flat
//! lines. Samples outside the run are drawn too: what idle looks like is half of the finding.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Resource, Run};
use crate::render::block::{Align, Figure, Table, text};
use crate::render::chart::panel::Panel;
use crate::render::chart::scale;
use crate::render::chart::svg::{self, Canvas, Pen};
use crate::render::chart::theme::{Dash, Tone};
use crate::render::chart::thin;
use crate::report::Report;
use crate::text::number;

/// What is drawn of a component: the metric, what it is called, and how.
const DRAWN: [(&str, &str, Tone); 2] = [
    ("cpu", "CPU", Tone::First),
    ("memory", "memory", Tone::Second),
];

/// Fewer samples are no course over time.
const LEAST: usize = 3;

/// Components with a panel of their own.
const MOST: usize = 6;

const TOP: i32 = 56;
const HEIGHT: i32 = 76;
const GAP: i32 = 42;
const RIGHT: i32 = 24;

type Points = Vec<(f64, f64)>;

/// One panel.
struct Course<'a> {
    component: &'a str,
    words: &'static str,
    tone: Tone,
    unit: Option<&'a str>,
    points: Points,
    most: f64,
}

struct View<'a> {
    courses: Vec<Course<'a>>,
    from: f64,
    to: f64,
    /// Length of the run, where it is known.
    length: Option<f64>,
    left_out: usize,
}

/// Draws the chart.
pub(super) fn draw(run: &Run, _report: &Report, id: &str) -> Option<Figure> {
    let view = View::of(run)?;
    let named = (id, "CPU and memory over time", run.name.as_str());
    let (alt, data) = (view.sentence(), view.table());
    Some(svg::figure(named, alt, data, view.height(), |canvas| {
        view.draw(canvas);
    }))
}

/// The samples of all phases in order.
fn points(run: &Run, component: &str, name: &str) -> Points {
    let same = |one: &&Resource| one.component == component && one.name == name;
    let mut points: Points = run
        .resources
        .iter()
        .filter(same)
        .flat_map(|one| &one.series)
        .copied()
        .filter(|(time, value)| time.is_finite() && value.is_finite() && *value >= 0.0)
        .collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}

impl<'a> View<'a> {
    fn of(run: &'a Run) -> Option<View<'a>> {
        let mut all: BTreeMap<&str, Vec<Course>> = BTreeMap::new();
        let components: BTreeSet<&str> = run
            .resources
            .iter()
            .map(|one| one.component.as_str())
            .collect();
        for component in components {
            for (name, words, tone) in DRAWN {
                let points = points(run, component, name);
                if points.len() < LEAST {
                    continue;
                }
                let mut resources = run.resources.iter();
                let resource = resources.find(|one| one.component == component && one.name == name);
                all.entry(component).or_default().push(Course {
                    component,
                    words,
                    tone,
                    unit: resource.and_then(|one| one.unit.as_deref()),
                    most: points.iter().map(|point| point.1).fold(0.0, f64::max),
                    points,
                });
            }
        }
        // Where there are many, those that need the most CPU.
        let mut busiest: Vec<(&str, f64)> = all
            .iter()
            .map(|(component, courses)| {
                let cpu = courses.iter().find(|course| course.words == "CPU");
                (*component, cpu.map_or(0.0, |course| course.most))
            })
            .collect();
        busiest.sort_by(|one, other| other.1.total_cmp(&one.1));
        let shown: BTreeSet<&str> = busiest.iter().take(MOST).map(|(name, _)| *name).collect();
        let left_out = all.len().saturating_sub(shown.len());
        let courses: Vec<Course> = all
            .into_iter()
            .filter(|(component, _)| shown.contains(component))
            .flat_map(|(_, courses)| courses)
            .collect();
        let times = || {
            courses
                .iter()
                .flat_map(|course| &course.points)
                .map(|p| p.0)
        };
        let first = times().reduce(f64::min)?;
        let last = times().reduce(f64::max)?;
        let length = run
            .duration
            .map(|length| length.0)
            .filter(|l| l.is_finite());
        let view = View {
            from: first.min(0.0),
            to: last.max(length.unwrap_or(last)),
            courses,
            length,
            left_out,
        };
        (view.to > view.from).then_some(view)
    }

    fn height(&self) -> i32 {
        let panels = i32::try_from(self.courses.len()).unwrap_or(1);
        TOP + panels * (HEIGHT + GAP) + 8
    }

    fn draw(&self, canvas: &Canvas<'_>) {
        let mut top = TOP;
        for (place, course) in self.courses.iter().enumerate() {
            let x = scale::time_between(self.from, self.to);
            let label: fn(f64) -> String = match course.unit {
                Some("B") => number::bytes,
                Some("%") => per_cent,
                _ => scale::bare,
            };
            let y = scale::linear(course.most, 2, label);
            let (foot, head) = (y.scale.lo(), y.scale.hi());
            let panel = Panel::new(canvas, [RIGHT, top, top + HEIGHT], x, y);
            let name = svg::plain(course.component, 48);
            let remark = if place == 0 && self.length.is_some() {
                "dashed: the run's first and last request"
            } else {
                ""
            };
            panel.heading(&format!("{name}: {}", course.words), remark);
            let border = Pen::new(Tone::Neutral, Dash::Short).wide(4);
            for at in [Some(0.0), self.length].into_iter().flatten() {
                if self.length.is_some() {
                    panel.line(&[(at, foot), (at, head)], border);
                }
            }
            let pen = Pen::new(course.tone, Dash::Solid);
            panel.line(&course.points, pen);
            if place + 1 == self.courses.len() {
                panel.x_labels("time since the first request");
            }
            top += HEIGHT + GAP;
        }
    }

    fn sentence(&self) -> String {
        let mut parts = Vec::new();
        for chunk in self
            .courses
            .chunk_by(|one, other| one.component == other.component)
        {
            let courses: Vec<String> = chunk
                .iter()
                .map(|course| {
                    format!(
                        "{} up to {}",
                        course.words,
                        number::in_unit(course.most, course.unit)
                    )
                })
                .collect();
            let name = chunk.first().map_or("", |course| course.component);
            parts.push(format!("{}: {}", svg::plain(name, 60), courses.join(", ")));
        }
        if self.left_out > 0 {
            let more = number::plural(self.left_out as u64, "component");
            parts.push(format!("{more} with less CPU not drawn"));
        }
        format!("{}.", parts.join("; "))
    }

    fn table(&self) -> Table {
        let at = |point: &(f64, f64)| point.0;
        let mut times: Vec<f64> = self
            .courses
            .iter()
            .flat_map(|course| course.points.iter().map(at))
            .collect();
        times.sort_by(f64::total_cmp);
        times.dedup_by(|one, other| one.total_cmp(other).is_eq());
        let time = format!("Time{}", thin::said(times.len(), "sample"));
        let mut columns = vec![(time, Align::Right)];
        columns.extend(self.courses.iter().map(|course| {
            let name = svg::plain(course.component, 40);
            (format!("{name} {}", course.words), Align::Right)
        }));
        let mut table = Table {
            columns,
            rows: Vec::new(),
        };
        for time in times.iter().step_by(thin::every(times.len())) {
            let mut row = vec![vec![text(number::seconds(*time))]];
            for course in &self.courses {
                let found = course
                    .points
                    .iter()
                    .find(|point| point.0.total_cmp(time).is_eq());
                let cell = found.map_or_else(
                    || number::ABSENT.to_owned(),
                    |point| number::in_unit(point.1, course.unit),
                );
                row.push(vec![text(cell)]);
            }
            table.row(row);
        }
        table
    }
}

fn per_cent(value: f64) -> String {
    format!("{} %", number::decimal(value, 6))
}
