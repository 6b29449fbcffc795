use super::*;
use crate::render::chart::tests::elements;
use crate::scale::testing::{instances, saturated};

/// An axis to 120 % between 42 and 276 pixels, at four times the size.
#[expect(clippy::cast_possible_truncation, reason = "a pixel")]
fn y(share: f64) -> i32 {
    ((276.0 - share / 1.2 * 234.0) * 4.0).round() as i32
}

/// Heights of the points of every line of a tone.
fn heights(svg: &str, tone: &str) -> Vec<Vec<i32>> {
    let class = format!("class=\"s-{tone}\"");
    svg.lines()
        .filter(|line| line.starts_with("<polyline") && line.contains(&class))
        .map(|line| {
            let points = line.split(" points=\"").nth(1).unwrap();
            let points = points.split('"').next().unwrap().split_whitespace();
            points
                .map(|pair| pair.split_once(',').unwrap().1.parse().unwrap())
                .collect()
        })
        .collect()
}

#[test]
fn efficiency_stands_below_the_ideal_with_its_intervals() {
    let figure = draw(&instances(), "series-efficiency").unwrap();
    elements(&figure.svg);
    let found = heights(&figure.svg, "first");
    assert!(found.contains(&vec![y(1.0), y(0.95), y(0.8)]), "{found:?}");
    assert!(found.contains(&vec![y(0.74), y(0.86)]), "{found:?}");
    assert!(heights(&figure.svg, "neutral").contains(&vec![y(1.0), y(1.0)]));
    assert_eq!(
        figure.alt,
        "Efficiency: 1 instance 100 % (speed-up 1x), 2 instances 95 % (speed-up 1.9x), 4 instances 80 % (speed-up 3.2x)."
    );
    assert_eq!(figure.data.rows.len(), 3);
    assert_eq!(figure.data.rows[2][3], vec![text("74 % to 86 %")]);
}

#[test]
fn users_have_the_chart_and_arrivals_have_none() {
    let mut scaling = instances();
    scaling.level_of = LevelOf::Users;
    assert!(draw(&scaling, "x").is_some());
    scaling.efficiency.truncate(1);
    assert!(draw(&scaling, "x").is_none());
    let mut arrivals = saturated();
    arrivals.efficiency = instances().efficiency;
    assert!(draw(&arrivals, "x").is_none());
}

#[test]
fn odd_values_never_reach_the_drawing() {
    for odd in [-1.0, 1e308, f64::NAN, f64::INFINITY] {
        let mut scaling = instances();
        scaling.efficiency[1].value = odd;
        let interval = scaling.efficiency[2].interval.as_mut().unwrap();
        (interval.lo, interval.hi) = (Some(odd), Some(odd));
        let figure = draw(&scaling, "x").unwrap();
        assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf"));
    }
}
