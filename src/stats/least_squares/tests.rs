//! Curves against the certified values of NIST, bounds, and what is refused.

use super::*;

/// A file of the NIST collection as it is: rows of parameters, then the data.
struct Certified {
    /// Start 1, start 2, certified value, standard deviation.
    parameters: Vec<[f64; 4]>,
    squares: f64,
    data: Vec<(f64, f64)>,
}

fn certified(file: &str) -> Certified {
    let numbers = |line: &str| -> Vec<f64> {
        let words = line.split_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    };
    let parameters = file.lines().skip(40).take_while(|line| line.contains('='));
    let squares = file
        .lines()
        .find_map(|line| line.strip_prefix("Residual Sum of Squares:"))
        .unwrap();
    let from = file
        .lines()
        .position(|line| line.starts_with("Data: ") && line.contains('y') && line.contains(" x"))
        .map(|head| {
            let heads = file.lines().enumerate().skip(head + 1);
            heads
                .filter(|(_, line)| line.starts_with("Data:"))
                .map(|(at, _)| at)
                .last()
                .unwrap_or(head)
        });
    let rows = file.lines().skip(from.unwrap() + 1).map(numbers);
    let found = Certified {
        parameters: parameters
            .map(|line| numbers(line).try_into().unwrap())
            .collect(),
        squares: squares.trim().parse().unwrap(),
        data: rows
            .filter(|row| row.len() == 2)
            .map(|row| (row[1], row[0]))
            .collect(),
    };
    let stated = file
        .lines()
        .find_map(|line| line.strip_prefix("Number of Observations:"))
        .unwrap();
    assert_eq!(stated.trim().parse(), Ok(found.data.len()));
    found
}

fn near(found: f64, expected: f64, digits: f64) -> bool {
    (found - expected).abs() <= digits * expected.abs()
}

/// Both starts must reach the certified values: parameters and residual sum to `1e-7`, standard deviations to `1e-6`.
fn reaches<const P: usize>(file: &str, model: impl Fn(f64, &[f64; P]) -> (f64, [f64; P])) {
    let certified = certified(file);
    assert_eq!(certified.parameters.len(), P);
    for which in [0, 1] {
        let start: [f64; P] = std::array::from_fn(|k| certified.parameters[k][which]);
        let of = |(x, y): &(f64, f64), at: &[f64; P]| {
            let (value, gradient) = model(*x, at);
            Point {
                residual: y - value,
                gradient,
            }
        };
        let found = fit(&certified.data, of, start, [f64::NEG_INFINITY; P])
            .unwrap_or_else(|refusal| panic!("start {}: {refusal:?}", which + 1));
        let errors = found.errors();
        assert!(near(found.squares, certified.squares, 1e-9), "{found:?}");
        for (k, row) in certified.parameters.iter().enumerate() {
            assert!(near(found.estimates[k], row[2], 1e-7), "{k} {found:?}");
            assert!(near(errors[k].unwrap(), row[3], 1e-6), "{k} {found:?}");
        }
    }
}

#[test]
fn misra1a_is_reached_from_both_starts() {
    reaches(include_str!("nist/Misra1a.dat"), |x, [a, b]| {
        let rest = (-b * x).exp();
        (a * (1.0 - rest), [1.0 - rest, a * x * rest])
    });
}

#[test]
fn misra1d_is_reached_from_both_starts() {
    reaches(include_str!("nist/Misra1d.dat"), |x, [a, b]| {
        let below = 1.0 + b * x;
        (a * b * x / below, [b * x / below, a * x / (below * below)])
    });
}

#[test]
fn chwirut2_is_reached_from_both_starts() {
    reaches(include_str!("nist/Chwirut2.dat"), |x, [a, b, c]| {
        let below = b + c * x;
        let value = (-a * x).exp() / below;
        (value, [-x * value, -value / below, -x * value / below])
    });
}

#[test]
fn rat42_is_reached_from_both_starts() {
    reaches(include_str!("nist/Rat42.dat"), |x, [a, b, c]| {
        let power = (b - c * x).exp();
        let below = 1.0 + power;
        let by_power = -a / (below * below) * power;
        (a / below, [1.0 / below, by_power, -x * by_power])
    });
}

#[test]
fn kirby2_is_reached_from_both_starts() {
    reaches(include_str!("nist/Kirby2.dat"), |x, [a, b, c, d, e]| {
        let below = 1.0 + d * x + e * x * x;
        let value = (a + b * x + c * x * x) / below;
        let above = [1.0, x, x * x].map(|power| power / below);
        let gradient = [
            above[0],
            above[1],
            above[2],
            -value * above[1],
            -value * above[2],
        ];
        (value, gradient)
    });
}

fn cubic_over_cubic(x: f64, at: &[f64; 7]) -> (f64, [f64; 7]) {
    let powers = [1.0, x, x * x, x * x * x];
    let below = 1.0 + dot(&at[4..], &powers[1..]);
    let value = dot(&at[..4], &powers) / below;
    let gradient = std::array::from_fn(|k| {
        if k < 4 {
            powers[k] / below
        } else {
            -value * powers[k - 3] / below
        }
    });
    (value, gradient)
}

#[test]
fn hahn1_is_reached_from_both_starts() {
    reaches(include_str!("nist/Hahn1.dat"), cubic_over_cubic);
}

#[test]
fn thurber_is_reached_from_both_starts() {
    reaches(include_str!("nist/Thurber.dat"), cubic_over_cubic);
}

#[test]
fn mgh09_is_reached_from_both_starts() {
    reaches(include_str!("nist/MGH09.dat"), |x, [a, b, c, d]| {
        let below = x * x + x * c + d;
        let above = (x * x + x * b) / below;
        let gradient = [
            above,
            a * x / below,
            -a * above * x / below,
            -a * above / below,
        ];
        (a * above, gradient)
    });
}

/// A straight line with a slope that the data want below zero.
fn line(point: &(f64, f64), [a, b]: &[f64; 2]) -> Point<2> {
    Point {
        residual: point.1 - a - b * point.0,
        gradient: [1.0, point.0],
    }
}

#[test]
fn a_bound_holds_and_the_rest_is_fitted_beside_it() {
    let falling = [(0.0, 5.0), (1.0, 4.0), (2.0, 2.0), (3.0, 1.0)];
    let open = f64::NEG_INFINITY;
    let found = fit(&falling, line, [1.0, 1.0], [open, 0.0]).unwrap();
    // The mean, its squares 4 + 1 + 1 + 4, and the error of a mean with two degrees of freedom: root(10 / 2 / 4).
    assert_eq!(found.bound, [false, true]);
    assert!((found.estimates[0] - 3.0).abs() < 1e-9 && found.estimates[1].abs() < 1e-300);
    assert!((found.squares - 10.0).abs() < 1e-9);
    assert_eq!(found.errors()[1], None);
    assert!((found.errors()[0].unwrap() - 1.25_f64.sqrt()).abs() < 1e-9);
    // Without the bound the slope is -1.4, from a start on the bound of another too.
    let found = fit(&falling, line, [0.0, 1.0], [0.0, open]).unwrap();
    assert!((found.estimates[1] + 1.4).abs() < 1e-9 && found.bound == [false, false]);
}

#[test]
fn what_has_no_answer_is_refused() {
    let open = [f64::NEG_INFINITY; 2];
    let at = |points: &[(f64, f64)]| fit(points, line, [0.0, 0.0], open).map(|_| ());
    assert_eq!(at(&[(0.0, 1.0), (1.0, 2.0)]), Err(Refusal::TooFew));
    assert_eq!(
        at(&[(2.0, 1.0), (2.0, 2.0), (2.0, 4.0)]),
        Err(Refusal::Singular)
    );
    let odd = [f64::NAN, f64::INFINITY, 1e200];
    for odd in odd {
        let points = [(0.0, 1.0), (1.0, odd), (2.0, 3.0)];
        assert_eq!(at(&points), Err(Refusal::NotFinite), "{odd}");
    }
    let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)];
    assert_eq!(
        fit(&points, line, [f64::NAN, 0.0], open).map(|_| ()),
        Err(Refusal::NotFinite)
    );
    assert_eq!(
        fit(&points, line, [0.0, 0.0], [f64::NAN, 0.0]).map(|_| ()),
        Err(Refusal::NotFinite)
    );
    // exp(-b x) against a straight zero: b grows without end, and no minimum is claimed with an error to it.
    let falls = fit(
        &[1.0, 2.0, 3.0],
        |x, [b]: &[f64; 1]| Point {
            residual: -(-b * x).exp(),
            gradient: [-x * (-b * x).exp()],
        },
        [0.0],
        [f64::NEG_INFINITY],
    );
    assert!(
        falls.as_ref().map_or(true, |found| found.squares < 1e-20),
        "{falls:?}"
    );
}
