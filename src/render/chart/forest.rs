//! What changed where: p50 and p95 of every endpoint, new against base, with the interval of the change; p99 where it was
//! judged.
//!
//! The axis is logarithmic, so that twice as slow and twice as fast lie equally far from no change. The panels share
//! it. What was shown is told by shape and colour; everything else is grey.

use std::collections::BTreeMap;

use plotters::coord::ranged1d::Ranged;

use crate::render::block::{Align, Figure, Table, code, text};
use crate::render::change;
use crate::render::chart::scale::Scale;
use crate::render::chart::svg::{self, Anchor, Canvas, Look, Pen};
use crate::render::chart::theme::{Dash, FINE, NORMAL, SMALL, Tone, WIDTH, text_width};
use crate::render::level::Level;
use crate::report::Report;
use crate::report::comparison::{
    ChangeUnit, ComparedMetric, Comparison, ComparisonVerdict, MetricState,
};
use crate::text::number;

/// The metrics that have a panel each, where there is something to draw.
const PANELS: [&str; 3] = ["p50", "p95", TAIL];

/// Drawn only where it was judged: of few requests it is the maximum by another name, and would stretch the axis for all.
const TAIL: &str = "p99";

/// Rows of a chart; the others are counted.
const MOST: usize = 20;

/// Margin of the drawing.
const MARGIN: i32 = 16;

/// Where the plots start: right of the names.
const LEFT: i32 = 222;

/// Between two plots.
const GAP: i32 = 30;

/// Upper edge of the plots.
const TOP: i32 = 66;

/// Height of a row.
const ROW: i32 = 22;

/// Characters of a name.
const NAME: usize = 28;

/// No change is drawn further out than this factor.
const FURTHEST: f64 = 100.0;

/// Ratios that may be written on the axis, the more important first.
const TICKS: [f64; 17] = [
    1.0, 0.8, 1.25, 0.5, 2.0, 0.2, 5.0, 0.1, 10.0, 0.9, 1.1, 0.95, 1.05, 0.01, 100.0, 1.5, 0.67,
];

/// An endpoint, or the whole run.
struct Row<'a> {
    endpoint: Option<&'a str>,
    metrics: Vec<&'a ComparedMetric>,
}

/// Draws the chart.
pub(super) fn draw(comparison: &Comparison, _report: &Report, id: &str) -> Option<Figure> {
    if comparison.verdict == ComparisonVerdict::NotComparable {
        return None;
    }
    let all = rows(comparison);
    let rows = all.get(..MOST.min(all.len())).filter(|r| !r.is_empty())?;
    let shows = "Change of latency from base to new";
    Some(svg::figure(
        (id, shows, &comparison.scenario),
        said(&all, rows),
        table(rows),
        foot(rows) + 70,
        |canvas| picture(canvas, rows),
    ))
}

/// The whole run, then the endpoints, worst first.
fn rows(comparison: &Comparison) -> Vec<Row<'_>> {
    let mut groups: BTreeMap<Option<&str>, Vec<&ComparedMetric>> = BTreeMap::new();
    for metric in &comparison.metrics {
        if is_drawn(metric) {
            let group = groups.entry(metric.endpoint.as_deref()).or_default();
            group.push(metric);
        }
    }
    let mut rows: Vec<Row<'_>> = groups
        .into_iter()
        .map(|(endpoint, metrics)| Row { endpoint, metrics })
        .collect();
    rows.sort_by(|a, b| {
        let place = |row: &Row| (row.endpoint.is_some(), row.rank());
        let reach = b.reach().total_cmp(&a.reach());
        place(a).cmp(&place(b)).then(reach)
    });
    rows
}

impl Row<'_> {
    fn name(&self) -> &str {
        self.endpoint.unwrap_or("all requests")
    }

    /// What was shown at worst.
    fn rank(&self) -> usize {
        let ranks = self.metrics.iter().map(|metric| Sign::of(metric) as usize);
        ranks.min().unwrap_or(usize::MAX)
    }

    fn reach(&self) -> f64 {
        let ratios = self.metrics.iter().filter_map(|metric| ratio(metric));
        ratios.map(|ratio| ratio.ln().abs()).fold(0.0, f64::max)
    }
}

fn is_drawn(metric: &ComparedMetric) -> bool {
    let name = metric.metric.as_str();
    let has_panel = PANELS.contains(&name) && ratio(metric).is_some();
    has_panel && (name != TAIL || Sign::of(metric) != Sign::Unjudged)
}

/// New by base.
fn ratio(metric: &ComparedMetric) -> Option<f64> {
    let ratio = 1.0 + metric.change?;
    let is_ratio = metric.change_unit == Some(ChangeUnit::Relative);
    (is_ratio && ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

/// The ends of its interval as ratios: open ones are nothing, or without bound.
fn ends(metric: &ComparedMetric) -> Option<(f64, f64)> {
    let interval = metric.interval?;
    let lo = interval.lo.map_or(0.0, |lo| (1.0 + lo).max(0.0));
    let hi = interval.hi.map_or(f64::INFINITY, |hi| 1.0 + hi);
    (lo <= hi).then_some((lo, hi))
}

/// What was shown, in the order of importance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Regressed,
    Suspect,
    Improved,
    Undecided,
    Unchanged,
    Unjudged,
}

impl Sign {
    const ALL: [Sign; 6] = [
        Sign::Regressed,
        Sign::Suspect,
        Sign::Improved,
        Sign::Undecided,
        Sign::Unchanged,
        Sign::Unjudged,
    ];

    fn of(metric: &ComparedMetric) -> Sign {
        match metric.state {
            MetricState::Regressed => Sign::Regressed,
            MetricState::Suspect => Sign::Suspect,
            MetricState::Improved => Sign::Improved,
            MetricState::Unchanged => Sign::Unchanged,
            MetricState::Undecided if metric.p_value.is_some() => Sign::Undecided,
            MetricState::Undecided | MetricState::NotMeasured => Sign::Unjudged,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Sign::Regressed => "regressed",
            Sign::Suspect => "suspect",
            Sign::Improved => "improved",
            Sign::Undecided => "undecided",
            Sign::Unchanged => "unchanged",
            Sign::Unjudged => "not judged",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Sign::Regressed | Sign::Suspect => Tone::Alarm,
            Sign::Improved => Tone::First,
            Sign::Undecided | Sign::Unchanged | Sign::Unjudged => Tone::Neutral,
        }
    }

    /// Diamonds for the worse, a square for the better, discs for neither; hollow where it is open.
    fn draw(self, canvas: &Canvas<'_>, (x, y): (i32, i32)) {
        let tone = self.tone();
        let diamond = |r: i32| vec![(x - r, y), (x, y - r), (x + r, y), (x, y + r), (x - r, y)];
        match self {
            Sign::Regressed => canvas.fine_fill(diamond(24), tone),
            Sign::Suspect => {
                canvas.fine_fill(diamond(24), Tone::Paper);
                canvas.fine_line(diamond(22), Pen::new(tone, Dash::Solid));
            }
            Sign::Improved => {
                let corners = [(-17, -17), (17, -17), (17, 17), (-17, 17)];
                let square = corners.map(|(right, down)| (x + right, y + down));
                canvas.fine_fill(square.to_vec(), tone);
            }
            Sign::Unchanged => canvas.mark((x, y), tone, false),
            Sign::Undecided => canvas.mark((x, y), tone, true),
            Sign::Unjudged => {
                for arm in [12, -12] {
                    let stroke = vec![(x - 12, y - arm), (x + 12, y + arm)];
                    canvas.fine_line(stroke, Pen::new(tone, Dash::Solid));
                }
            }
        }
    }
}

/// Holds every ratio, and intervals as far as they do not dwarf the ratios.
fn axis(rows: &[Row<'_>]) -> Scale {
    let metrics = || rows.iter().flat_map(|row| &row.metrics);
    let far = |value: f64| value.clamp(1.0, FURTHEST).ln();
    let side = |turn: fn(f64) -> f64, end: fn((f64, f64)) -> f64| {
        let points = metrics().filter_map(|metric| ratio(metric));
        let points = points.map(|ratio| far(turn(ratio))).fold(0.0, f64::max);
        let ends = metrics().filter_map(|metric| ends(metric));
        let ends = ends.map(|both| far(turn(end(both)))).fold(0.0, f64::max);
        points.max(ends.min(2.0 * points.max(1.25_f64.ln())))
    };
    let up = side(|ratio| ratio, |(_, hi)| hi);
    let down = side(|ratio| 1.0 / ratio, |(lo, _)| lo);
    let least = 1.1_f64.ln().max(up.max(down) / 6.0);
    let room = |reach: f64| (reach.max(least) * 1.08).exp();
    Scale::log(1.0 / room(down), room(up))
}

/// Ratios and their labels as far as they fit, for a plot that is so wide.
fn ticks(scale: Scale, width: i32) -> Vec<(f64, String)> {
    let mut ticks: Vec<(f64, String)> = Vec::new();
    for ratio in TICKS {
        if ratio < scale.lo() || ratio > scale.hi() {
            continue;
        }
        // The label says what the place is: rounded to a whole percent.
        let label = number::change(((ratio - 1.0) * 100.0).round() / 100.0);
        let (at, half) = (
            scale.share(ratio) * f64::from(width),
            f64::from(text_width(&label, SMALL)) / 2.0,
        );
        let edge = f64::from(GAP) * 0.4;
        if at - half < -edge || at + half > f64::from(width) + edge {
            continue;
        }
        let fits = ticks.iter().all(|(other, beside)| {
            let apart = (scale.share(ratio) - scale.share(*other)).abs() * f64::from(width);
            let needed = text_width(&label, SMALL).midpoint(text_width(beside, SMALL)) + 10;
            apart >= f64::from(needed)
        });
        if fits {
            ticks.push((ratio, label));
        }
    }
    ticks
}

/// Lower edge of the plots.
fn foot(rows: &[Row<'_>]) -> i32 {
    TOP + ROW * i32::try_from(rows.len()).unwrap_or(1)
}

fn small(tone: Tone, anchor: Anchor) -> Look {
    Look {
        tone,
        size: SMALL,
        bold: false,
        anchor,
    }
}

fn picture(canvas: &Canvas<'_>, rows: &[Row<'_>]) {
    let heading = Look {
        tone: Tone::Ink,
        size: NORMAL,
        bold: true,
        anchor: Anchor::Start,
    };
    canvas.text(MARGIN, 23, "Latency, new against base", heading);
    let level = level(rows).map_or_else(String::new, |level| format!("{}; ", level.heading()));
    let remark = format!("{level}log scale; right of the line: slower");
    let right = WIDTH - MARGIN;
    canvas.text(right, 23, &remark, small(Tone::Muted, Anchor::End));

    for ((row, y), place) in rows.iter().zip(heights()).zip(0..) {
        if place > 0 {
            let rule = vec![
                (MARGIN * FINE, y - ROW * FINE / 2),
                (right * FINE, y - ROW * FINE / 2),
            ];
            canvas.fine_line(rule, Pen::new(Tone::Grid, Dash::Solid).wide(3));
        }
        let look = Look {
            bold: row.endpoint.is_none(),
            ..small(Tone::Ink, Anchor::Start)
        };
        canvas.name((MARGIN * FINE, y), row.name(), NAME, look);
    }
    let drawn: Vec<&str> = PANELS
        .into_iter()
        .filter(|name| {
            rows.iter()
                .any(|row| row.metrics.iter().any(|m| m.metric == *name))
        })
        .collect();
    let count = i32::try_from(drawn.len()).unwrap_or(1).max(1);
    let width = (right - LEFT - GAP * (count - 1)) / count;
    let scale = axis(rows);
    for (name, place) in drawn.into_iter().zip(0..) {
        let left = LEFT + place * (width + GAP);
        panel(canvas, rows, name, [left, left + width], scale);
    }
    legend(canvas, rows);
}

/// The middles of rows in fine pixels.
fn heights() -> impl Iterator<Item = i32> {
    (0..).map(|place| (TOP + ROW * place + ROW / 2) * FINE)
}

fn panel(canvas: &Canvas<'_>, rows: &[Row<'_>], name: &str, [left, right]: [i32; 2], scale: Scale) {
    let foot = foot(rows);
    let edges = (left * FINE, right * FINE);
    let look = Look {
        bold: true,
        ..small(Tone::Ink, Anchor::Start)
    };
    canvas.text(left, TOP - 15, name, look);
    for (ratio, label) in ticks(scale, right - left) {
        let x = scale.map(&ratio, edges);
        let none = (ratio - 1.0).abs() < 1e-9;
        let tone = if none { Tone::Neutral } else { Tone::Grid };
        let pen = Pen::new(tone, Dash::Solid).wide(5);
        canvas.fine_line(vec![(x, TOP * FINE), (x, foot * FINE)], pen);
        let at = (x, (foot + 15) * FINE);
        canvas.fine_text(at, &label, small(Tone::Muted, Anchor::Middle));
    }
    for (row, y) in rows.iter().zip(heights()) {
        let metric = row.metrics.iter().find(|metric| metric.metric == name);
        if let Some(metric) = metric {
            mark(canvas, metric, y, edges, scale);
        }
    }
}

/// The interval, cut by an arrow where it leaves the plot, and the change on it.
fn mark(canvas: &Canvas<'_>, metric: &ComparedMetric, y: i32, edges: (i32, i32), scale: Scale) {
    let Some(ratio) = ratio(metric) else {
        return;
    };
    let sign = Sign::of(metric);
    let pen = Pen::new(sign.tone(), Dash::Solid);
    if let Some((lo, hi)) = ends(metric) {
        let line = vec![(scale.map(&lo, edges), y), (scale.map(&hi, edges), y)];
        canvas.fine_line(line, pen);
        let arrow = |tip: i32, back: i32| {
            canvas.fine_line(
                vec![(tip + back, y - 16), (tip, y), (tip + back, y + 16)],
                pen,
            );
        };
        if lo < scale.lo() {
            arrow(edges.0, 20);
        }
        if hi > scale.hi() {
            arrow(edges.1, -20);
        }
    }
    sign.draw(canvas, (scale.map(&ratio, edges), y));
}

/// The signs that were drawn.
fn legend(canvas: &Canvas<'_>, rows: &[Row<'_>]) {
    let metrics = || rows.iter().flat_map(|row| &row.metrics);
    let y = foot(rows) + 46;
    let mut x = LEFT;
    for sign in Sign::ALL {
        if metrics().any(|metric| Sign::of(metric) == sign) {
            sign.draw(canvas, ((x + 6) * FINE, y * FINE));
            canvas.text(x + 18, y, sign.word(), small(Tone::Muted, Anchor::Start));
            x += text_width(sign.word(), SMALL) + 40;
        }
    }
}

/// The level of the intervals, where there are any.
fn level(rows: &[Row<'_>]) -> Option<Level> {
    let metrics = rows.iter().flat_map(|row| &row.metrics);
    let intervals: Vec<_> = metrics.filter_map(|metric| metric.interval).collect();
    (!intervals.is_empty()).then(|| Level::of(intervals))
}

fn interval(metric: &ComparedMetric) -> Option<String> {
    let interval = metric.interval?;
    if metric.is_open() {
        return Some(change::TOO_WIDE.to_owned());
    }
    let end = |end: Option<f64>| end.map_or_else(|| "open".to_owned(), number::change);
    Some(format!("{} to {}", end(interval.lo), end(interval.hi)))
}

/// The finding in figures.
fn said(all: &[Row<'_>], drawn: &[Row<'_>]) -> String {
    let mut sentences = Vec::new();
    let of = |row: &Row| {
        let parts = row.metrics.iter().map(|metric| {
            let change = number::change(metric.change.unwrap_or_default());
            let interval = interval(metric).map_or_else(String::new, |i| format!(" ({i})"));
            let word = Sign::of(metric).word();
            format!("{} {change}{interval} {word}", metric.metric)
        });
        parts.collect::<Vec<_>>().join(", ")
    };
    let endpoints = || all.iter().filter(|row| row.endpoint.is_some());
    if let Some(whole) = all.iter().find(|row| row.endpoint.is_none()) {
        sentences.push(format!("All requests: {}.", of(whole)));
    }
    let count = endpoints().count() as u64;
    let states: Vec<String> = Sign::ALL
        .into_iter()
        .filter_map(|sign| {
            let found = endpoints().filter(|row| row.rank() == sign as usize);
            let found = found.count() as u64;
            (found > 0).then(|| format!("{} {}", number::count(found), sign.word()))
        })
        .collect();
    if count > 0 {
        let endpoints = number::plural(count, "endpoint");
        let states = states.join(", ");
        sentences.push(format!(
            "{endpoints}, each by the graver of its figures: {states}."
        ));
    }
    if let Some(worst) = endpoints().next().filter(|_| count > 1) {
        let name = svg::plain(worst.name(), 60);
        sentences.push(format!("First of them: {name}, {}.", of(worst)));
    }
    let hidden = all.len() - drawn.len();
    if hidden > 0 {
        let hidden = number::plural(hidden as u64, "endpoint");
        sentences.push(format!("{hidden} further down not drawn."));
    }
    sentences.join(" ")
}

fn table(rows: &[Row<'_>]) -> Table {
    let level = level(rows);
    let heading = level.as_ref().map(Level::heading);
    let cell = |metric: &ComparedMetric| {
        let ends = interval(metric)?;
        Some(level.as_ref()?.cell(metric.interval?, ends))
    };
    let mut table = Table::new(&[
        ("Endpoint", Align::Left),
        ("Metric", Align::Left),
        ("Change", Align::Right),
        (heading.as_deref().unwrap_or("Interval"), Align::Right),
        ("Shown", Align::Left),
    ]);
    for row in rows {
        for metric in &row.metrics {
            let whose = match row.endpoint {
                Some(label) => code(label),
                None => text(row.name()),
            };
            let change = number::change(metric.change.unwrap_or_default());
            table.row(vec![
                vec![whose],
                vec![text(metric.metric.clone())],
                vec![text(change)],
                vec![text(cell(metric).unwrap_or_else(|| "-".to_owned()))],
                vec![text(Sign::of(metric).word())],
            ]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::chart::{of_comparison, tests::elements};
    use crate::render::testing::{compared, comparison, report};
    use crate::report::Interval;

    fn change(
        endpoint: Option<&str>,
        metric: &str,
        change: f64,
        state: MetricState,
    ) -> ComparedMetric {
        ComparedMetric {
            metric: metric.to_owned(),
            change: Some(change),
            interval: Some(Interval {
                lo: Some((1.0 + change) * 0.95 - 1.0),
                hi: Some((1.0 + change) * 1.05 - 1.0),
                level: 0.98,
            }),
            ..compared(endpoint, state)
        }
    }

    fn drawn(metrics: Vec<ComparedMetric>) -> Option<Figure> {
        let mut report = report();
        report.comparisons = vec![comparison(metrics)];
        let mut figures = of_comparison(&report.comparisons[0], &report);
        figures.retain(|figure| figure.id == "comparison-changes");
        figures.pop()
    }

    fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
        let value = line.split(&format!(" {name}=\"")).nth(1).unwrap();
        value.split('"').next().unwrap()
    }

    fn points(line: &str) -> Vec<(f64, f64)> {
        let pair = |pair: &str| {
            let (x, y) = pair.split_once(',').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        };
        attribute(line, "points")
            .split_whitespace()
            .map(pair)
            .collect()
    }

    /// Places of the texts with these words.
    fn texts(svg: &str, words: &str) -> Vec<(f64, f64)> {
        let end = format!(">{words}</text>");
        let lines = svg
            .lines()
            .filter(|line| line.starts_with("<text") && line.ends_with(&end));
        let number = |line: &str, name: &str| attribute(line, name).parse::<f64>().unwrap();
        lines
            .map(|line| (number(line, "x"), number(line, "y")))
            .collect()
    }

    /// Lines of that class above the legend: two points each, horizontal.
    fn whiskers(svg: &str, class: &str) -> Vec<Vec<(f64, f64)>> {
        let class = format!("class=\"s-{class}\"");
        let lines = svg
            .lines()
            .filter(|line| line.starts_with("<polyline") && line.contains(&class));
        let lines = lines
            .map(points)
            .filter(|p| p.len() == 2 && (p[0].1 - p[1].1).abs() < 1e-9);
        lines.collect()
    }

    /// The ratio that stands at that place, by what is written on the axis.
    fn read(svg: &str, x: f64, panel: usize) -> f64 {
        let (none, more) = (texts(svg, "0 %")[panel].0, texts(svg, "+25 %")[panel].0);
        1.25_f64.powf((x - none) / (more - none))
    }

    #[test]
    fn marks_and_intervals_stand_at_the_ratios_of_the_report() {
        let svg = drawn(vec![
            change(None, "p50", 0.3, MetricState::Regressed),
            change(None, "p95", 0.1, MetricState::Regressed),
        ]);
        let svg = svg.unwrap().svg;
        let diamonds: Vec<Vec<(f64, f64)>> = svg
            .lines()
            .filter(|line| line.starts_with("<polygon") && line.contains("f-alarm"))
            .map(points)
            .collect();
        let whiskers = whiskers(&svg, "alarm");
        assert_eq!(
            (diamonds.len(), whiskers.len()),
            (3, 2),
            "one is the legend's"
        );
        for (panel, ratio) in [(0, 1.3), (1, 1.1)] {
            let (left, right) = (diamonds[panel][0].0, diamonds[panel][2].0);
            let found = read(&svg, f64::midpoint(left, right), panel);
            assert!((found - ratio).abs() < 0.003, "{found}");
            let ends = &whiskers[panel];
            for (end, wanted) in ends.iter().zip([ratio * 0.95, ratio * 1.05]) {
                let found = read(&svg, end.0, panel);
                assert!((found - wanted).abs() < 0.003, "{found} for {wanted}");
            }
        }
    }

    #[test]
    fn p99_has_a_panel_where_it_was_judged_and_only_there() {
        let p50 = || change(None, "p50", 0.3, MetricState::Regressed);
        let tail = |judged: bool| {
            let mut tail = change(None, "p99", 0.1, MetricState::Undecided);
            if !judged {
                tail.p_value = None;
                tail.change = Some(8.0);
            }
            tail
        };
        let figure = drawn(vec![p50(), tail(true)]).unwrap();
        assert_eq!(texts(&figure.svg, "p99").len(), 1);
        // Its mark is a circle of the second panel.
        let circle = figure.svg.lines().find(|line| line.starts_with("<circle"));
        let at: f64 = attribute(circle.unwrap(), "cx").parse().unwrap();
        let found = read(&figure.svg, at, 1);
        assert!((found - 1.1).abs() < 0.005, "{found}");
        assert_eq!(figure.data.rows.len(), 2);
        assert!(figure.alt.contains("p99 +10 %"), "{}", figure.alt);
        let without = drawn(vec![p50(), tail(false)]).unwrap();
        assert_eq!(without.svg, drawn(vec![p50()]).unwrap().svg);
        assert!(drawn(vec![tail(false)]).is_none());
    }

    #[test]
    fn the_level_is_that_of_the_intervals() {
        let with = |level: f64| {
            let mut metric = change(None, "p95", 0.3, MetricState::Regressed);
            metric.interval.as_mut().unwrap().level = level;
            drawn(vec![metric]).unwrap()
        };
        for (level, words) in [(0.98, "98 % interval"), (0.9, "90 % interval")] {
            let figure = with(level);
            assert!(figure.svg.contains(&format!(">{words}; log scale")));
            assert_eq!(figure.data.columns[3].0, words);
        }
    }

    #[test]
    fn the_whole_run_stands_first_then_the_worst_and_the_rest_is_counted() {
        let mut metrics = vec![change(None, "p95", 0.01, MetricState::Unchanged)];
        for number in 0..30 {
            let endpoint = format!("GET /{number:02}");
            let by = 0.2 + f64::from(number) / 100.0;
            metrics.push(change(Some(&endpoint), "p95", by, MetricState::Undecided));
        }
        metrics.push(change(
            Some("GET /bad"),
            "p95",
            0.06,
            MetricState::Regressed,
        ));
        let figure = drawn(metrics).unwrap();
        let height = |words: &str| texts(&figure.svg, words).first().map(|at| at.1);
        let order = ["all requests", "GET /bad", "GET /29", "GET /28", "GET /12"].map(height);
        assert!(order.iter().all(Option::is_some), "{order:?}");
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{order:?}");
        assert_eq!(height("GET /11"), None);
        assert_eq!(figure.data.rows.len(), 20);
        assert!(
            figure.alt.contains("31 endpoints, each by the graver of its figures: 1 regressed, 30 undecided. First of them: GET /bad, p95 +6 % (+0.7 % to +11.3 %) regressed. 12 endpoints further down not drawn."),
            "{}",
            figure.alt
        );
    }

    #[test]
    fn what_is_written_on_the_axis_never_touches_its_neighbour() {
        for by in [
            0.02, 0.3, 1.5, 3.9, 4.0, 4.3, 20.0, -0.34, -0.5, -0.79, -0.9,
        ] {
            let metrics = ["p50", "p95"].map(|name| change(None, name, by, MetricState::Undecided));
            let svg = drawn(metrics.to_vec()).unwrap().svg;
            let mut labels: Vec<(f64, f64)> = svg
                .lines()
                .filter(|line| line.ends_with(" %</text>"))
                .map(|line| {
                    let words = line.rsplit('>').nth(1).unwrap().trim_end_matches("</text");
                    let half = f64::from(text_width(words, SMALL) * FINE) / 2.0;
                    let x = attribute(line, "x").parse::<f64>().unwrap();
                    (x - half, x + half)
                })
                .collect();
            labels.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(labels.len() >= 4, "{by}: {labels:?}");
            let apart = |pair: &[(f64, f64)]| pair[1].0 - pair[0].1 >= 20.0;
            assert!(labels.windows(2).all(apart), "{by}: {labels:?}");
            let end = f64::from(WIDTH * FINE);
            assert!(
                labels.iter().all(|label| label.1 <= end),
                "{by}: {labels:?}"
            );
        }
    }

    #[test]
    fn an_interval_that_leaves_the_plot_ends_in_an_arrow() {
        let arrows = |lo: Option<f64>, hi: Option<f64>| {
            let mut metric = change(None, "p95", 0.1, MetricState::Regressed);
            metric.interval = Some(Interval {
                lo,
                hi,
                level: 0.98,
            });
            let svg = drawn(vec![metric]).unwrap().svg;
            let lines = svg.lines().filter(|line| line.starts_with("<polyline"));
            let three = lines.filter(|line| line.contains("s-alarm")).map(points);
            let tips = three.filter(|p| p.len() == 3).map(|p| p[1].0);
            tips.collect::<Vec<f64>>()
        };
        let (left, right) = (f64::from(LEFT * FINE), f64::from((WIDTH - MARGIN) * FINE));
        assert!(arrows(Some(0.05), Some(0.2)).is_empty());
        assert_eq!(arrows(Some(0.05), Some(40.0)), [right]);
        assert_eq!(arrows(Some(-0.99), Some(0.2)), [left]);
        assert_eq!(arrows(None, None), [left, right]);
    }

    #[test]
    fn what_was_shown_differs_in_shape_and_what_was_not_is_grey() {
        let states = [
            (MetricState::Regressed, "<polygon", "f-alarm"),
            (MetricState::Suspect, "<polygon", "f-paper"),
            (MetricState::Improved, "<polygon", "f-first"),
            (MetricState::Unchanged, "<circle", "f-neutral"),
            (MetricState::Undecided, "<circle", "f-paper"),
        ];
        for (state, shape, class) in states {
            let svg = drawn(vec![change(None, "p50", 0.2, state)]).unwrap().svg;
            let marks = svg
                .lines()
                .filter(|line| line.starts_with(shape) && line.contains(class));
            assert_eq!(marks.count(), 2, "{state:?}: in the plot and in the legend");
            let grey = matches!(state, MetricState::Unchanged | MetricState::Undecided);
            assert_eq!(
                whiskers(&svg, "neutral").len(),
                usize::from(grey),
                "{state:?}"
            );
        }
    }

    #[test]
    fn long_and_hostile_names_are_short_inert_and_given_in_full() {
        let long = format!("GET /api/{}/<script>alert(1)</script>", "x".repeat(80));
        let hostile = "\" onload=\"x\u{202E}]]><style>";
        let metrics = [long.as_str(), hostile]
            .map(|name| change(Some(name), "p95", 0.2, MetricState::Suspect));
        let svg = drawn(metrics.to_vec()).unwrap().svg;
        let names = elements(&svg);
        assert!(!names.iter().any(|name| name == "script"));
        assert_eq!(names.iter().filter(|name| *name == "style").count(), 1);
        assert_eq!(
            names.iter().filter(|name| *name == "title").count(),
            2,
            "the chart's and one name's"
        );
        let full = format!(
            "<title>{}</title>GET /api/xxxx",
            crate::text::escape::xml(&long)
        );
        assert!(svg.contains(&full), "{svg}");
        assert!(text_width(&"x".repeat(NAME), SMALL) + MARGIN <= LEFT);
    }

    #[test]
    fn without_a_change_of_latency_there_is_no_chart() {
        assert!(drawn(Vec::new()).is_none());
        assert!(drawn(vec![change(None, "goodput", 0.2, MetricState::Improved)]).is_none());
        let mut unknown = change(None, "p95", 0.2, MetricState::NotMeasured);
        unknown.change = None;
        assert!(drawn(vec![unknown]).is_none());
        let metric = change(None, "p95", 0.2, MetricState::Undecided);
        assert!(drawn(vec![metric.clone()]).is_some());
        let mut unlike = comparison(vec![metric]);
        unlike.verdict = ComparisonVerdict::NotComparable;
        assert!(draw(&unlike, &report(), "x").is_none());
    }

    #[test]
    fn absurd_figures_are_drawn_within_the_plot() {
        for by in [1e300, -0.999_999, 0.0, 1e-300] {
            let mut metric = change(None, "p50", by, MetricState::Regressed);
            metric.interval = Some(Interval {
                lo: Some(-5.0),
                hi: Some(1e308),
                level: 0.98,
            });
            let svg = drawn(vec![metric]).unwrap().svg;
            elements(&svg);
            assert!(!svg.contains("NaN") && !svg.contains("inf\""));
            let end = f64::from((WIDTH - MARGIN) * FINE);
            for whisker in whiskers(&svg, "alarm") {
                assert!(
                    whisker
                        .iter()
                        .all(|p| p.0 >= f64::from(LEFT * FINE) && p.0 <= end)
                );
            }
        }
    }
}
