use super::*;
use crate::render::chart::tests::elements;
use crate::render::chart::theme::FINE;
use crate::report::scaling::{Criterion, LevelOf};
use crate::scale::testing::{
    at, calm, document, instances, interval, knee, saturated, series, single,
};

type Path = Vec<(i32, i32)>;

/// Lines or areas of a tone, without the dotted links of labels and what lies right of the plot.
fn paths(svg: &str, tag: &str, tone: &str) -> Vec<Path> {
    let letter = if tag == "polygon" { "f" } else { "s" };
    let class = format!("class=\"{letter}-{tone}\"");
    svg.lines()
        .filter(|line| line.starts_with(&format!("<{tag}")) && line.contains(&class))
        .filter(|line| !line.contains("stroke-dasharray=\"3 12\""))
        .map(|line| {
            let points = line.split(" points=\"").nth(1).unwrap();
            let points = points.split('"').next().unwrap().split_whitespace();
            let pair = |pair: &str| {
                let (x, y) = pair.split_once(',').unwrap();
                (x.parse().unwrap(), y.parse().unwrap())
            };
            points.map(pair).collect::<Path>()
        })
        .filter(|path| path.iter().any(|at| at.0 < (WIDTH - RIGHT) * FINE))
        .collect()
}

/// Of the lower panel.
fn below(paths: Vec<Path>) -> Vec<Path> {
    let lower = |path: &Path| path.iter().all(|at| at.1 >= LOWER[0] * FINE);
    paths.into_iter().filter(lower).collect()
}

/// A value on an even axis between two pixels.
#[expect(clippy::cast_possible_truncation, reason = "a pixel")]
fn on(value: f64, most: f64, [from, to]: [i32; 2]) -> i32 {
    let (from, to) = (f64::from(from), f64::from(to));
    ((from + value / most * (to - from)) * f64::from(FINE)).round() as i32
}

const PLOT: [i32; 2] = [LEFT, WIDTH - RIGHT];

/// The load axis of series up to 16/s.
fn x(load: f64) -> i32 {
    on(load, 16.0 * 1.03, PLOT)
}

fn drawn(scaling: &Scaling) -> Figure {
    let figure = draw(scaling, "series-knee-curve").unwrap();
    elements(&figure.svg);
    assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf"));
    figure
}

/// Place and words of the texts.
fn texts(svg: &str) -> Vec<(i32, i32, String)> {
    let number = |tag: &str, name: &str| -> i32 {
        let value = tag.split(&format!(" {name}=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().parse().unwrap()
    };
    svg.split("<text ")
        .skip(1)
        .map(|text| {
            let (tag, words) = text.split_once('>').unwrap();
            let tag = format!(" {tag}");
            let words = words.split("</text>").next().unwrap().trim().to_owned();
            (number(&tag, "x"), number(&tag, "y"), words)
        })
        .collect()
}

#[test]
fn goodput_and_offered_stand_at_their_levels() {
    let svg = drawn(&saturated()).svg;
    // Up to 160/s: an axis to 200.
    let y = |rate: f64| on(rate, 200.0, [LOWER[1], LOWER[0]]);
    let of = |rates: [f64; 5]| -> Path {
        let loads = [1.0, 2.0, 4.0, 8.0, 16.0];
        loads
            .into_iter()
            .zip(rates)
            .map(|(load, rate)| (x(load), y(rate)))
            .collect()
    };
    let goodput = below(paths(&svg, "polyline", "first"));
    assert!(
        goodput.contains(&of([10.0, 20.0, 39.6, 44.0, 41.0])),
        "{goodput:?}"
    );
    let offered = below(paths(&svg, "polyline", "neutral"));
    assert!(
        offered.contains(&of([10.0, 20.0, 40.0, 80.0, 160.0])),
        "{offered:?}"
    );
}

#[test]
fn the_knee_is_a_band_in_both_panels_and_a_line_below() {
    let svg = drawn(&saturated()).svg;
    let bands = paths(&svg, "polygon", "band");
    let edges: Vec<(i32, i32)> = bands
        .iter()
        .map(|band| {
            let xs = || band.iter().map(|at| at.0);
            (xs().min().unwrap(), xs().max().unwrap())
        })
        .collect();
    // Goodput 39.6/s and 44/s at the levels around it, on an axis to 50; then the levels.
    let goodput = |rate: f64| on(rate, 50.0, PLOT);
    assert_eq!(edges, [(goodput(39.6), goodput(44.0)), (x(4.0), x(8.0))]);
    let line = below(paths(&svg, "polyline", "alarm"));
    assert_eq!(line.len(), 1);
    assert!(line[0].iter().all(|at| at.0 == x(4.4)), "{line:?}");
}

#[test]
fn an_end_of_the_knee_that_is_no_level_lies_between_its_neighbours() {
    let mut scaling = saturated();
    scaling.knee = Some(knee(Criterion::Saturation, [5.0, 8.0], 6.0, 4.0));
    let figure = drawn(&scaling);
    let bands = paths(&figure.svg, "polygon", "band");
    let left = |band: &Path| band.iter().map(|at| at.0).min().unwrap();
    // A quarter of the way from 39.6/s at 4/s to 44/s at 8/s.
    let goodput = on(39.6 + 0.25 * (44.0 - 39.6), 50.0, PLOT);
    assert_eq!(
        bands.iter().map(left).collect::<Vec<_>>(),
        [goodput, x(5.0)]
    );
    let named = axis(&scaling, RIGHT).ticks;
    assert!(named.iter().any(|tick| tick.1 == "5"), "{named:?}");
}

#[test]
fn the_title_says_the_answer() {
    let title = |scaling: &Scaling| {
        let all = texts(&drawn(scaling).svg);
        let first = all
            .iter()
            .find(|text| text.2.starts_with("Latency against"));
        first.unwrap().2.clone()
    };
    assert_eq!(
        title(&saturated()),
        "Latency against goodput: knee between 4/s and 8/s"
    );
    assert_eq!(
        title(&calm()),
        "Latency against goodput: no knee in the tested range"
    );
    let said = drawn(&saturated()).svg;
    assert!(
        said.contains("shaded: knee; line: at about 4.4/s"),
        "{said}"
    );
}

#[test]
fn without_a_knee_nothing_is_shaded() {
    let svg = drawn(&calm()).svg;
    assert!(paths(&svg, "polygon", "band").is_empty());
    assert!(paths(&svg, "polyline", "alarm").is_empty());
    assert!(!svg.contains("shaded"));
}

#[test]
fn what_users_would_ask_for_is_no_offer() {
    let mut scaling = saturated();
    let named = |scaling: &Scaling, name: &str| {
        let all = texts(&drawn(scaling).svg);
        all.iter().any(|text| text.2 == name)
    };
    assert!(named(&scaling, "offered") && !named(&scaling, "ideal"));
    scaling.level_of = LevelOf::Users;
    assert!(named(&scaling, "ideal") && !named(&scaling, "offered"));
    assert_eq!(drawn(&scaling).data.columns[1].0, "Ideal/s");
}

#[test]
fn the_law_is_drawn_inside_the_tested_range_only() {
    let mut scaling = saturated();
    let usl = scaling.usl.as_mut().unwrap();
    usl.curve.insert(0, (0.5, 5.5));
    usl.curve.push((32.0, 20.0));
    let svg = drawn(&scaling).svg;
    let law = below(paths(&svg, "polyline", "second"));
    assert_eq!(law.len(), 1);
    assert_eq!(law[0].first().unwrap().0, x(1.0));
    assert_eq!(law[0].last().unwrap().0, x(16.0));
}

#[test]
fn a_level_without_the_figure_breaks_the_line() {
    let upper = |scaling: &Scaling| {
        let svg = drawn(scaling).svg;
        let mut found = paths(&svg, "polyline", "third");
        found.retain(|path| path.len() > 1);
        found.iter().map(Vec::len).collect::<Vec<_>>()
    };
    let mut scaling = saturated();
    assert_eq!(upper(&scaling), [5]);
    scaling.levels[2].figures.remove("p99");
    assert_eq!(upper(&scaling), [2, 2]);
}

#[test]
fn a_ramp_reaches_to_its_peak() {
    let svg = drawn(&document()).svg;
    let x = |load: f64| on(load, 4.0 * 1.03, PLOT);
    let goodput = below(paths(&svg, "polyline", "first"));
    let bar = |from: f64, to: f64| {
        let ends = [x(from), x(to)];
        goodput
            .iter()
            .any(|path| path.iter().map(|at| at.0).eq(ends))
    };
    assert!(bar(1.5, 2.0) && bar(2.5, 4.0), "{goodput:?}");
    assert!(svg.contains("bars: to the peak of a ramp"));
}

#[test]
fn names_of_levels_never_cover_one_another_and_those_around_the_knee_stay() {
    for count in [2, 12, 40] {
        let levels = (1..=count).map(|number| {
            let users = 25.0 * f64::from(number);
            let rate = (2.0 * users).min(260.0 + 0.02 * users);
            let beyond = (f64::from(number) - 4.0).max(0.0);
            at(
                users,
                [rate; 3],
                [20.0, 60.0 + 150.0 * beyond, 90.0 + 400.0 * beyond],
            )
        });
        let mut scaling = series("many", LevelOf::Users, levels.collect());
        if count > 5 {
            scaling.knee = Some(knee(Criterion::Saturation, [125.0, 150.0], 131.0, 125.0));
        }
        let svg = drawn(&scaling).svg;
        let is_name = |text: &&(i32, i32, String)| {
            text.1 < UPPER[1] * FINE && text.2.ends_with(" users") && !text.2.starts_with("knee")
        };
        let all = texts(&svg);
        let names: Vec<_> = all.iter().filter(is_name).collect();
        let shown = |name: &str| names.iter().any(|text| text.2 == name);
        assert!(
            count < 5 || shown("125 users") && shown("150 users"),
            "{names:?}"
        );
        assert!(shown(&format!(
            "{} users",
            words::bare(25.0 * f64::from(count))
        )));
        let covers = |a: &(i32, i32, String), b: &(i32, i32, String)| {
            let width = text_width(&b.2, SMALL).max(text_width(&a.2, SMALL)) * FINE;
            (a.0 - b.0).abs() < width && (a.1 - b.1).abs() < SMALL * FINE
        };
        for (place, one) in names.iter().enumerate() {
            assert!(
                !names[place + 1..].iter().any(|other| covers(one, other)),
                "{one:?}"
            );
        }
        // The same of the labels below, where the highest stays.
        let ticks = axis(&scaling, RIGHT).ticks;
        assert_eq!(
            ticks.last().unwrap().1,
            words::bare(25.0 * f64::from(count))
        );
        assert_eq!(ticks.len() == scaling.levels.len(), count <= 12);
    }
}

#[test]
fn names_stand_clear_of_a_line_that_falls() {
    // Latencies of instances fall: the line of p99 comes from above left.
    let svg = drawn(&instances()).svg;
    let all = texts(&svg);
    let name = |wanted: &str| all.iter().find(|text| text.2 == wanted).unwrap();
    let third = paths(&svg, "polyline", "third");
    let line = third.iter().find(|path| path.len() == 3).unwrap();
    let (second, last) = (name("2 instances"), name("4 instances"));
    // Texts end at their x: both stand above and right of their points.
    for (name, point) in [(second, line[1]), (last, line[2])] {
        assert!(name.0 > point.0 && name.1 < point.1, "{name:?} {line:?}");
    }
}

#[test]
fn the_caption_is_the_place_of_the_knee_and_where_it_went() {
    let figure = drawn(&saturated());
    assert_eq!(figure.id, "series-knee-curve");
    assert_eq!(
        figure.alt,
        "Knee between 4/s and 8/s, at about 4.4/s. From the lowest to the highest level: goodput 10/s to 41/s, p50 12 ms to 900 ms, p95 20 ms to 3,800 ms, p99 30 ms to 5,200 ms."
    );
    let calm_alt = drawn(&calm()).alt;
    assert!(calm_alt.starts_with(&words::answer(&calm())), "{calm_alt}");
    let cells = |row: usize| -> Vec<String> {
        let row = figure.data.rows[row].iter();
        row.map(|cell| match &cell[0] {
            crate::render::block::Inline::Text(words) => words.clone(),
            other => panic!("{other:?}"),
        })
        .collect()
    };
    assert_eq!(cells(2), ["4/s", "40", "39.6", "18", "40", "70"]);
    assert_eq!(figure.data.rows.len(), 5);
}

#[test]
fn one_level_and_levels_without_goodput_are_no_chart() {
    assert!(draw(&single(), "x").is_none());
    let mut dark = saturated();
    for level in &mut dark.levels {
        level.goodput_per_s = None;
    }
    assert!(draw(&dark, "x").is_none());
}

#[test]
fn odd_values_never_reach_the_drawing() {
    let odd = [0.0, -5.0, 1e-320, 1e308, f64::NAN, f64::INFINITY];
    for one in odd {
        for other in odd {
            let mut scaling = saturated();
            scaling.levels[1].goodput_per_s = Some(one);
            scaling.levels[2].peak = Some(other);
            scaling.levels[3].offered_per_s = Some(one);
            scaling.levels[4].figures.insert("p99".to_owned(), other);
            let found = scaling.knee.as_mut().unwrap();
            found.level = Some(one);
            found.interval = Some(interval(one, other));
            scaling.usl.as_mut().unwrap().curve[3] = (one, other);
            drawn(&scaling);
            scaling.levels[0].value = other;
            if let Some(figure) = draw(&scaling, "x") {
                assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf"));
            }
        }
    }
}
