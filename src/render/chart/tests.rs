//! Every chart over ordinary, odd and hostile runs.

use super::*;
use crate::model::{
    Histogram, Latency, Millis, Percentile, Population, Resource, Seconds, Slice, Stats,
};
use crate::render::block::Inline;
use crate::report::Figures;
use crate::report::Verdict;
use crate::report::{Page, ReportSchema};

fn report(runs: Vec<Run>) -> Report {
    Report {
        schema: ReportSchema::V1,
        knee_version: "0.0.0".to_owned(),
        command: "report".to_owned(),
        generated_at: None,
        verdict: Verdict::Pass,
        headline: Vec::new(),
        runs,
        figures: Figures::default(),
        targets: Vec::new(),
        findings: Vec::new(),
        comparisons: Vec::new(),
        scalings: Vec::new(),
        groups: Vec::new(),
        workloads: Vec::new(),
        classes: Vec::new(),
        checks: Vec::new(),
        page: Page::default(),
    }
}

fn latency(count: u64, values: [f64; 3]) -> Latency {
    let names = [Percentile::P50, Percentile::P95, Percentile::P99];
    Latency {
        percentiles: names.into_iter().zip(values.map(Millis)).collect(),
        ..Latency::of(Population::Ok, count)
    }
}

fn slice(start: f64, duration: f64, count: u64, values: [f64; 3]) -> Slice {
    Slice {
        latency_window: None,
        completed: None,
        start: Seconds(start),
        duration: Seconds(duration),
        users: None,
        arrivals: None,
        stats: Stats {
            requests: Some(count),
            latency_ok: Some(latency(count, values)),
            ..Stats::default()
        },
        endpoints: Vec::new(),
    }
}

fn run(slices: Vec<Slice>) -> Run {
    let mut run = Run::new("locust", "locust-csv");
    run.name = "steps".to_owned();
    run.timeline = slices;
    run
}

fn even(slices: u32, count: u64, values: impl Fn(u32) -> [f64; 3]) -> Run {
    let slices = (0..slices).map(|i| slice(f64::from(i) * 10.0, 10.0, count, values(i)));
    run(slices.collect())
}

fn drawn(run: &Run) -> Vec<Figure> {
    charts(run, &report(vec![run.clone()]))
}

fn over_time(run: &Run) -> Figure {
    let mut figures = drawn(run);
    assert_eq!(figures.len(), 1);
    figures.remove(0)
}

/// Reads the drawing as XML and returns the names of its elements.
pub(super) fn elements(svg: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => return names,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref().to_owned();
                    assert!(!key.starts_with("on") && !key.contains("href"), "{key}");
                }
                names.push(tag.name().as_ref().to_owned());
            }
            _ => {}
        }
    }
}

fn sound(figure: &Figure) {
    let names = elements(&figure.svg);
    for name in &names {
        assert!(
            [
                "svg", "title", "desc", "style", "rect", "line", "polyline", "polygon", "circle",
                "text"
            ]
            .contains(&name.as_str()),
            "{name}"
        );
    }
    assert_eq!(names.iter().filter(|name| *name == "title").count(), 1);
    assert_eq!(names.iter().filter(|name| *name == "desc").count(), 1);
    for word in ["NaN", "inf", "<script", "url(", "@import", "#01"] {
        assert!(!figure.svg.contains(word), "{word}");
    }
    // The only address is the name of the format.
    assert_eq!(figure.svg.matches("://").count(), 1);
    assert!(figure.svg.len() < 200_000, "{}", figure.svg.len());
    assert!(!figure.alt.is_empty() && !figure.alt.contains("NaN"));
    assert!(!figure.data.rows.is_empty() && figure.data.rows.len() <= 40);
    for row in &figure.data.rows {
        assert_eq!(row.len(), figure.data.columns.len());
    }
}

/// The points of the lines of one class, without the links from an end to its label.
fn paths(svg: &str, class: &str) -> Vec<Vec<(i32, i32)>> {
    let class = format!("class=\"s-{class}\"");
    svg.lines()
        .filter(|line| line.starts_with("<polyline") && line.contains(&class))
        .filter(|line| !line.contains("stroke-dasharray=\"3 12\""))
        .map(|line| {
            let points = line.split(" points=\"").nth(1).unwrap();
            let points = points.split('"').next().unwrap();
            let pair = |pair: &str| {
                let (x, y) = pair.split_once(',').unwrap();
                (x.parse().unwrap(), y.parse().unwrap())
            };
            points.split(' ').map(pair).collect()
        })
        .collect()
}

/// Lines inside of the plot, without the ties of labels.
fn curves(svg: &str, class: &str) -> Vec<Vec<(i32, i32)>> {
    let right = (theme::WIDTH - 84) * theme::FINE;
    let mut paths = paths(svg, class);
    paths.retain(|path| path.iter().any(|point| point.0 < right));
    paths
}

#[test]
fn the_alternative_text_states_range_place_and_load() {
    let mut run = even(6, 400, |i| {
        let high = if i == 3 { 160.0 } else { 84.0 + f64::from(i) };
        [20.0, high, 170.0]
    });
    for slice in &mut run.timeline {
        slice.users = Some(8.0);
    }
    run.timeline[4].stats.failures = Some(12);
    let figure = over_time(&run);
    sound(&figure);
    assert_eq!(figure.id, "steps-percentiles-over-time");
    assert_eq!(
        figure.alt,
        "p95 between 84 ms and 160 ms in 6 slices, highest 30 s after the start; users up to 8; failures up to 1.2/s."
    );
    let headings: Vec<&str> = figure.data.columns.iter().map(|c| c.0.as_str()).collect();
    assert_eq!(
        headings,
        [
            "Start",
            "Requests",
            "p50 (ms)",
            "p95 (ms)",
            "p99 (ms)",
            "Users",
            "Failures per second"
        ]
    );
    let row: Vec<&Inline> = figure.data.rows[4].iter().map(|cell| &cell[0]).collect();
    let row: Vec<&str> = row
        .into_iter()
        .map(|cell| match cell {
            Inline::Text(text) => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(row, ["40 s", "400", "20", "88", "170", "8", "1.2"]);
}

#[test]
fn a_gap_breaks_the_line() {
    let whole = even(6, 400, |_| [20.0, 30.0, 40.0]);
    assert_eq!(curves(&over_time(&whole).svg, "first").len(), 1);
    let mut broken = whole.clone();
    broken.timeline.remove(3);
    let paths = curves(&over_time(&broken).svg, "first");
    assert_eq!(paths.len(), 2);
    // The hole is as wide as the slice that is missing: a sixth of the plot.
    let hole = paths[1][0].0 - paths[0].last().unwrap().0;
    let plot = (theme::WIDTH - panel::LEFT - 84) * theme::FINE;
    assert!((hole - plot / 6).abs() <= 1, "{hole}");
    let mut silent = whole;
    silent.timeline[3].stats.latency_ok = None;
    assert_eq!(curves(&over_time(&silent).svg, "first").len(), 2);
}

#[test]
fn values_stand_at_their_height() {
    // Linear axis to 200 ms between 40 and 280 pixels.
    let run = even(4, 400, |_| [50.0, 100.0, 200.0]);
    let svg = over_time(&run).svg;
    let height = |ms: i32| (280 - ms * 240 / 200) * 4;
    for (class, ms) in [("first", 50), ("second", 100), ("third", 200)] {
        let paths = curves(&svg, class);
        assert!(
            paths[0].iter().all(|point| point.1 == height(ms)),
            "{class}"
        );
    }
}

#[test]
fn a_long_tail_turns_the_axis_logarithmic() {
    let even_axis = over_time(&even(4, 400, |_| [50.0, 100.0, 240.0]));
    assert!(!even_axis.svg.contains("log scale"));
    let log_axis = over_time(&even(4, 400, |_| [50.0, 100.0, 260.0]));
    assert!(log_axis.svg.contains("log scale"));
}

#[test]
fn a_percentile_that_no_slice_carries_is_left_out_and_said() {
    let figure = over_time(&even(4, 50, |_| [20.0, 30.0, 40.0]));
    assert!(paths(&figure.svg, "third").is_empty());
    assert!(
        figure
            .alt
            .contains("p99 left out, no slice has 100 requests")
    );
    let few = over_time(&even(4, 3, |_| [20.0, 30.0, 40.0]));
    assert_eq!(curves(&few.svg, "third").len(), 1);
    assert!(
        few.alt
            .contains("p95 and p99 near the maximum, slices have at most 3 requests")
    );
    let mut mixed = even(4, 50, |_| [20.0, 30.0, 40.0]);
    mixed.timeline[1] = slice(10.0, 10.0, 100, [20.0, 30.0, 40.0]);
    let mixed = over_time(&mixed);
    assert_eq!(curves(&mixed.svg, "third").len(), 1);
    assert!(mixed.alt.contains("p99 from 100 requests a slice"));
}

#[test]
fn a_slice_that_starts_before_the_run_is_clipped() {
    let mut run = even(4, 400, |_| [20.0, 30.0, 40.0]);
    run.timeline[0].start = Seconds(-5.0);
    run.timeline[0].duration = Seconds(15.0);
    let paths = curves(&over_time(&run).svg, "first");
    assert_eq!(paths[0][0].0, panel::LEFT * theme::FINE);
}

#[test]
fn counts_of_windows_that_reach_out_of_the_run_are_not_diluted() {
    let mut run = even(4, 400, |_| [20.0, 30.0, 40.0]);
    for (slice, (start, arrivals)) in
        run.timeline
            .iter_mut()
            .zip([(-8.0, 16), (2.0, 80), (12.0, 80), (22.0, 24)])
    {
        slice.start = Seconds(start);
        slice.arrivals = Some(arrivals);
    }
    run.duration = Some(Seconds(25.0));
    // 16 in the 2 s after the start, 80 in 10 s, 24 in the 3 s before the end: 8/s throughout.
    let neutral = curves(&over_time(&run).svg, "neutral");
    let course = neutral.iter().find(|path| path.len() == 8).unwrap();
    assert!(
        course.iter().all(|point| point.1 == course[0].1),
        "{course:?}"
    );
    assert_eq!(course[7].0, (theme::WIDTH - 84) * theme::FINE);
}

#[test]
fn slices_without_successes_do_not_show_failures_as_latency() {
    let mut run = even(5, 400, |_| [20.0, 30.0, 40.0]);
    run.timeline[2].stats.latency_ok = None;
    run.timeline[2].stats.latency = Some(Latency {
        population: Population::All,
        ..latency(400, [9000.0, 9000.0, 9000.0])
    });
    let figure = over_time(&run);
    assert!(
        figure.alt.contains("p95 30 ms in 4 slices"),
        "{}",
        figure.alt
    );
}

#[test]
fn two_slices_are_no_chart_and_three_are() {
    assert!(drawn(&even(2, 400, |_| [1.0, 2.0, 3.0])).is_empty());
    sound(&over_time(&even(3, 400, |_| [1.0, 2.0, 3.0])));
    assert!(drawn(&run(Vec::new())).is_empty());
}

#[test]
fn an_hour_of_seconds_stays_small_and_keeps_its_spike() {
    let mut long = even(3600, 400, |i| {
        let wave = 20.0 + f64::from(i % 97);
        [
            wave,
            wave * 2.0,
            if i == 1800 { 9999.0 } else { wave * 3.0 },
        ]
    });
    for (second, slice) in long.timeline.iter_mut().enumerate() {
        slice.start = Seconds(second as f64);
        slice.duration = Seconds(1.0);
        slice.users = Some((second / 60) as f64);
        slice.stats.failures = Some(second as u64 % 7);
    }
    let figure = over_time(&long);
    sound(&figure);
    let top = curves(&figure.svg, "third").concat();
    let top = top.iter().map(|point| point.1).min().unwrap();
    assert!(top <= 162, "9,999 ms on an axis to 10 s: {top}");
    assert_eq!(
        figure.data.columns[0].0,
        "Start (every 90th of 3,600 slices)"
    );
}

#[test]
fn odd_values_never_reach_the_drawing() {
    let odd = [
        0.0,
        -0.0,
        -5.0,
        1e-320,
        1e308,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        12.0,
    ];
    for one in odd {
        for other in odd {
            let mut run = even(5, 400, |i| {
                if i % 2 == 0 {
                    [one, other, 12.0]
                } else {
                    [12.0, one, other]
                }
            });
            run.timeline[0].users = Some(one);
            run.timeline[1].users = Some(other);
            run.timeline[2].users = Some(1.0);
            run.timeline[3].users = Some(1.0);
            run.timeline[2].start = Seconds(one);
            run.timeline[3].duration = Seconds(other);
            run.overall.latency_ok = Some(Latency {
                min: Some(Millis(one)),
                max: Some(Millis(other)),
                ..latency(5000, [one, other, 12.0])
            });
            let mut histogram = Histogram::default();
            for value in [one, other, 3.0, 12.0] {
                histogram.push(Millis(value), Millis(one), 5);
            }
            run.overall.latency_failed = Some(Latency {
                histogram: Some(histogram),
                ..latency(20, [other, one, 12.0])
            });
            for figure in drawn(&run) {
                elements(&figure.svg);
                assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf"));
                assert!(!figure.alt.contains("NaN") && !figure.alt.contains("inf"));
            }
        }
    }
}

#[test]
fn zeros_and_equal_values_have_an_axis() {
    for values in [[0.0; 3], [7.0; 3], [0.0, 0.0, 900.0], [0.0, 5.0, 900.0]] {
        let mut run = even(5, 400, |_| values);
        run.timeline[1] = slice(10.0, 10.0, 400, [1.0, 2.0, 3.0]);
        run.overall.latency_ok = Some(Latency {
            min: Some(Millis(0.0)),
            max: Some(Millis(values[2])),
            ..latency(5000, values)
        });
        let figures = drawn(&run);
        assert_eq!(figures.len(), 2);
        figures.iter().for_each(sound);
    }
}

#[test]
fn a_median_of_zero_stands_on_the_foot_of_the_axis() {
    let run = even(5, 400, |i| [f64::from(i % 2), 5.0, 100.0]);
    let svg = over_time(&run).svg;
    assert!(svg.contains("log scale"));
    let paths = curves(&svg, "first");
    assert_eq!(paths[0][0].1, 280 * theme::FINE);
    assert!(paths[0][2].1 < 280 * theme::FINE);
}

#[test]
fn hostile_names_are_inert_and_cut() {
    let names = [
        "<script>alert('x')</script>\" onload=\"y",
        "../../etc/passwd\0\n\u{202E}gpj.exe",
        "&lt;![CDATA[ ]]> -->",
    ];
    for name in names
        .into_iter()
        .map(str::to_owned)
        .chain(["é<".repeat(2500)])
    {
        let mut run = even(5, 400, |_| [1.0, 2.0, 3.0]);
        run.name.clone_from(&name);
        run.overall.latency_ok = Some(Latency {
            max: Some(Millis(9.0)),
            ..latency(5000, [1.0, 2.0, 3.0])
        });
        for figure in drawn(&run) {
            sound(&figure);
            assert!(figure.title.chars().count() < 90);
            assert!(figure.id.len() <= 40 + 1 + 21, "{}", figure.id);
            assert!(
                figure
                    .id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
            assert!(!figure.title.contains(['\n', '\0', '\u{202E}']));
        }
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let run = even(50, 400, |i| [f64::from(i), 60.0, 1000.0]);
    assert_eq!(drawn(&run), drawn(&run));
}

#[test]
fn runs_of_one_name_get_files_of_their_own() {
    let named = |name: &str| {
        let mut run = even(3, 400, |_| [1.0, 2.0, 3.0]);
        run.name = name.to_owned();
        run
    };
    let report = report(vec![
        named("A b"),
        named("a-b"),
        named("a-b-2"),
        named("???"),
    ]);
    let ids: Vec<String> = report
        .runs
        .iter()
        .flat_map(|run| charts(run, &report))
        .map(|figure| figure.id.replace("-percentiles-over-time", ""))
        .collect();
    assert_eq!(ids, ["a-b", "a-b-2", "a-b-2-2", "run"]);
    assert_eq!(slug(&"x".repeat(5000)).len(), 40);
}

fn tail(run: &Run) -> Figure {
    let mut figures = drawn(run);
    let figure = figures.pop().unwrap();
    assert!(figure.id.ends_with("-percentile-plot"));
    figure
}

fn exact(values: impl Iterator<Item = f64>) -> Histogram {
    let mut histogram = Histogram::default();
    values.for_each(|value| histogram.push(Millis(value), Millis(value), 1));
    histogram
}

#[test]
fn the_plot_of_all_ranks_stops_where_ten_requests_are_left() {
    let mut run = run(Vec::new());
    run.overall.latency_ok = Some(Latency {
        histogram: Some(exact((1..=1000).map(f64::from))),
        max: Some(Millis(1000.0)),
        ..latency(1000, [500.0, 950.0, 990.0])
    });
    let figure = tail(&run);
    sound(&figure);
    assert_eq!(
        figure.alt,
        "1,000 successes: p50 500 ms, p95 950 ms, p99 990 ms, largest 1,000 ms."
    );
    let lines = paths(&figure.svg, "first");
    assert_eq!(lines.len(), 1);
    // x runs from 1 to 1,150; the line ends at 1/(1-q) = 100.
    let (left, right) = (
        f64::from(panel::LEFT * 4),
        f64::from((theme::WIDTH - 40) * 4),
    );
    let x = |value: f64| left + value.log10() / 1150_f64.log10() * (right - left);
    let end = lines[0].last().unwrap().0;
    assert!((f64::from(end) - x(100.0)).abs() <= 1.0, "{end}");
    // 1,000 of 1,000 values: the ten largest stand alone.
    assert_eq!(figure.svg.matches("<circle").count(), 9 * 2);
    assert!(figure.svg.contains("max 1,000 ms"));
    assert!(figure.svg.contains("p99 990 ms"));
}

#[test]
fn given_percentiles_are_points_and_the_largest_is_hollow() {
    let mut run = run(Vec::new());
    run.overall.latency_ok = Some(Latency {
        min: Some(Millis(1.0)),
        max: Some(Millis(900.0)),
        ..latency(2000, [20.0, 84.0, 160.0])
    });
    let figure = tail(&run);
    sound(&figure);
    // Smallest, p50, p95, p99 full; the largest hollow, which takes two circles.
    assert_eq!(figure.svg.matches("<circle").count(), 4 + 2);
    assert!(figure.svg.contains("stroke-dasharray"));
    assert_eq!(figure.data.rows.len(), 5);
    let few = Latency {
        max: Some(Millis(900.0)),
        ..latency(50, [20.0, 84.0, 160.0])
    };
    run.overall.latency_ok = Some(few);
    // p50 carried; p95 has 2.5 beyond; p99 is the maximum by another name.
    assert_eq!(tail(&run).svg.matches("<circle").count(), 1 + 2 * 2);
}

#[test]
fn failures_are_drawn_apart_from_twenty_on() {
    let mut run = run(Vec::new());
    let with_max = |count: u64| Latency {
        min: Some(Millis(10.0)),
        max: Some(Millis(90.0)),
        ..latency(count, [20.0, 30.0, 40.0])
    };
    run.overall.latency_ok = Some(with_max(5000));
    run.overall.latency_failed = Some(Latency {
        population: Population::Failed,
        ..with_max(19)
    });
    assert!(paths(&tail(&run).svg, "alarm").is_empty());
    run.overall.latency_failed.as_mut().unwrap().count = 20;
    let figure = tail(&run);
    assert!(!paths(&figure.svg, "alarm").is_empty());
    assert!(figure.alt.contains("20 failures: p50 20 ms"));
    assert!(figure.svg.contains(">failures"));
}

#[test]
fn a_run_without_latency_has_no_charts() {
    assert!(drawn(&run(Vec::new())).is_empty());
    let mut one = run(Vec::new());
    one.overall.latency_ok = Some(Latency {
        histogram: Some(exact([5.0].into_iter())),
        ..Latency::of(Population::Ok, 1)
    });
    assert!(drawn(&one).is_empty());
}

fn sampled(component: &str, name: &str, unit: &str, series: Vec<(f64, f64)>) -> Resource {
    Resource {
        component: component.to_owned(),
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        phase: None,
        samples: series.len() as u64,
        min: None,
        mean: None,
        max: None,
        first: None,
        last: None,
        slope_per_s: None,
        series,
    }
}

#[test]
fn cpu_and_memory_of_each_component_stand_over_the_time_of_the_run() {
    let mut run = run(Vec::new());
    run.duration = Some(Seconds(60.0));
    let series = |height: f64| {
        (-2..8)
            .map(|i| (f64::from(i) * 10.0, height + f64::from(i)))
            .collect()
    };
    run.resources = vec![
        sampled("api", "cpu", "%", series(120.0)),
        sampled("api", "memory", "B", series(3e8)),
        sampled("db", "cpu", "%", series(5.0)),
        sampled("db", "pids", "", series(5.0)),
    ];
    let figure = over_time(&run);
    sound(&figure);
    assert_eq!(figure.id, "steps-resources");
    assert_eq!(
        figure.alt,
        "api: CPU up to 127 %, memory up to 300 MB; db: CPU up to 12 %."
    );
    assert_eq!(figure.data.rows.len(), 10);
    // Two lines of CPU, and two borders of the run in each of three panels.
    assert_eq!(paths(&figure.svg, "first").len(), 2);
    assert_eq!(paths(&figure.svg, "second").len(), 1);
    let dashed = figure
        .svg
        .lines()
        .filter(|line| line.contains("stroke-dasharray=\"10 10\""));
    assert_eq!(dashed.count(), 6);
    assert!(figure.svg.contains(">-20 s<"), "{}", figure.svg);
}

#[test]
fn many_components_odd_values_and_few_samples_are_drawn_or_left_out() {
    let mut run = run(Vec::new());
    run.duration = Some(Seconds(60.0));
    for number in 0..9 {
        let series = (0..2000).map(|i| (f64::from(i) * 0.03, f64::from(number)));
        run.resources.push(sampled(
            &format!("c{number} <x>"),
            "cpu",
            "%",
            series.collect(),
        ));
    }
    let figure = over_time(&run);
    sound(&figure);
    assert!(
        figure.alt.contains("3 components with less CPU not drawn"),
        "{}",
        figure.alt
    );
    assert!(!figure.alt.contains("c1 "), "{}", figure.alt);
    let odd = [
        (-1e300, 1.0),
        (0.0, f64::NAN),
        (1.0, 1e300),
        (2.0, -5.0),
        (f64::INFINITY, 1.0),
        (3.0, 0.0),
    ];
    run.resources = vec![sampled("odd", "memory", "B", odd.to_vec())];
    sound(&over_time(&run));
    run.resources = vec![sampled("few", "cpu", "%", vec![(0.0, 1.0), (1.0, 2.0)])];
    assert!(drawn(&run).is_empty());
    run.resources = vec![sampled("still", "cpu", "%", vec![(5.0, 1.0); 3])];
    run.duration = None;
    for figure in drawn(&run) {
        sound(&figure);
    }
}
