//! Bends against an independent search, simulated truth, and what is refused.

use proptest::prelude::*;

use super::*;

fn points(of: &[(f64, f64)]) -> Vec<Point> {
    let points = of.iter().map(|(load, log)| Point {
        load: *load,
        log: *log,
    });
    points.collect()
}

fn near(found: f64, expected: f64, digits: f64) {
    let is_near = (found - expected).abs() <= digits * expected.abs();
    assert!(is_near, "found {found}, expected {expected}");
}

/// What an independent program found: the break, the ends of its interval, the slopes, the sums of squares of one line and of two,
/// and the chance.
struct Wanted {
    at: f64,
    interval: (Option<f64>, Option<f64>),
    slopes: (f64, f64),
    squares: (f64, f64),
    p_value: f64,
}

fn is_as(of: &[(f64, f64)], wanted: &Wanted) {
    let found = bend(&points(of)).unwrap();
    near(found.at, wanted.at, 1e-7);
    near(found.before, wanted.slopes.0, 1e-6);
    near(found.after, wanted.slopes.1, 1e-6);
    near(found.of_line, wanted.squares.0, 1e-9);
    near(found.of_bend, wanted.squares.1, 1e-9);
    near(found.p_value, wanted.p_value, 1e-9);
    let sides = [
        (found.interval.lo, wanted.interval.0),
        (found.interval.hi, wanted.interval.1),
    ];
    for (found, wanted) in sides {
        assert_eq!(found.is_some(), wanted.is_some(), "{found:?} {wanted:?}");
        near(found.unwrap_or(0.0), wanted.unwrap_or(0.0), 1e-7);
    }
}

/// numpy 2.4 `linalg.lstsq` over a grid of 20 001 breaks, then scipy 1.17.1 `minimize_scalar`, `brentq`, `f.sf` and `f.isf`.
#[test]
fn breaks_intervals_and_chances_are_those_of_an_independent_search() {
    let clear = [3.02, 3.0, 3.05, 3.11, 3.36, 3.83, 4.19, 4.66];
    let clear: Vec<(f64, f64)> = (1_u32..).map(f64::from).zip(clear).collect();
    is_as(
        &clear,
        &Wanted {
            at: 4.375_634_517_9,
            interval: (Some(4.038_076_879_74), Some(4.707_894_077_14)),
            slopes: (0.032, 0.426),
            squares: (0.393_433_333_333, 0.0042),
            p_value: 1.139_610_064_284e-4,
        },
    );
    let repeated = [
        (10.0, 1.0),
        (10.0, 1.1),
        (20.0, 1.05),
        (20.0, 1.02),
        (30.0, 1.2),
        (30.0, 1.12),
        (40.0, 1.9),
        (40.0, 2.05),
        (50.0, 2.7),
        (50.0, 2.62),
    ];
    is_as(
        &repeated,
        &Wanted {
            at: 27.886_710_244,
            interval: (Some(24.792_754_577_7), Some(31.761_303_588_5)),
            slopes: (-0.0015, 0.075),
            squares: (0.715_32, 0.028_733_333_333_3),
            p_value: 6.481_222_480_15e-5,
        },
    );
}

#[test]
fn where_the_break_may_be_anywhere_its_interval_is_open() {
    let doubling = [2.70, 2.72, 2.69, 2.75, 2.95, 3.9, 5.1];
    let loads = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    let doubling: Vec<(f64, f64)> = loads.into_iter().zip(doubling).collect();
    is_as(
        &doubling,
        &Wanted {
            at: 9.085_136_944_37,
            interval: (None, None),
            slopes: (0.006_086_956_52, 0.043_75),
            squares: (0.095_333_555_072_9, 0.036_034_782_608_7),
            p_value: 0.232_388_256_018,
        },
    );
    // The best break of these is at a load.
    is_as(
        &[(1.0, 1.0), (2.0, 1.2), (3.0, 1.25), (4.0, 1.9), (5.0, 2.2)],
        &Wanted {
            at: 3.0,
            interval: (None, None),
            slopes: (0.152_857_142_857, 0.467_142_857_143),
            squares: (0.091, 0.021_857_142_857_1),
            p_value: 0.490_090_178_477,
        },
    );
}

#[test]
fn an_exact_bend_is_found_and_an_exact_line_has_none() {
    // Two lines that meet between two loads, far from zero.
    let at = |load: f64| (1e9 + load, 4.0 + 0.25 * (load - 4.5).max(0.0));
    let bent: Vec<(f64, f64)> = (1..10).map(f64::from).map(at).collect();
    let found = bend(&points(&bent)).unwrap();
    assert!((found.at - 1e9 - 4.5).abs() < 1e-6, "{found:?}");
    assert!(
        found.p_value < 1e-20 && (found.after - 0.25).abs() < 1e-6,
        "{found:?}"
    );
    let (lo, hi) = (found.interval.lo.unwrap(), found.interval.hi.unwrap());
    assert!(lo <= found.at && found.at <= hi && hi - lo < 1e-3);
    let straight: Vec<(f64, f64)> = (1..10)
        .map(|load| (f64::from(load), 0.1 * f64::from(load)))
        .collect();
    let found = bend(&points(&straight)).unwrap();
    assert!(found.p_value > 0.99, "{found:?}");
}

/// `SplitMix64` and Box-Muller.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (one, other) = (self.uniform(), self.uniform());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }
}

/// Sweeps of loads 1, 2, 3, ... with noise of one and a bend of so much.
fn sweeps(noise: &mut Noise, loads: u32, at: f64, change: f64) -> Vec<Bend> {
    let sweep = |_| {
        let points: Vec<Point> = (1..=loads)
            .map(f64::from)
            .map(|load| Point {
                load,
                log: 0.3 * load + change * (load - at).max(0.0) + noise.normal(),
            })
            .collect();
        bend(&points).unwrap()
    };
    (0..2000).map(sweep).collect()
}

fn share(of: &[Bend], holds: impl Fn(&Bend) -> bool) -> f64 {
    of.iter().filter(|bend| holds(bend)).count() as f64 / of.len() as f64
}

#[test]
fn the_interval_holds_the_true_break_nearly_as_often_as_it_says() {
    let mut noise = Noise(2026);
    for (at, change) in [(4.5, 3.0), (4.5, 10.0), (3.0, 5.0), (6.3, 5.0)] {
        let holds = share(&sweeps(&mut noise, 8, at, change), |bend| {
            bend.interval.lo.is_none_or(|lo| lo <= at) && bend.interval.hi.is_none_or(|hi| hi >= at)
        });
        assert!((0.92..=0.97).contains(&holds), "{at} {change}: {holds}");
    }
}

#[test]
fn straight_lines_are_called_bent_as_often_as_the_header_says() {
    let mut noise = Noise(7);
    for loads in [5, 6, 8, 12, 20] {
        let alarms = share(&sweeps(&mut noise, loads, 3.0, 0.0), |bend| {
            bend.p_value < 0.01
        });
        assert!((0.002..=0.022).contains(&alarms), "{loads}: {alarms}");
    }
    // What is bent is seen, in eight loads from a bend of five times the noise on.
    for (change, least) in [(5.0, 0.8), (10.0, 0.99)] {
        let bent = sweeps(&mut noise, 8, 4.5, change);
        assert!(share(&bent, |bend| bend.p_value < 0.01) > least);
    }
}

#[test]
fn what_has_no_bend_is_refused() {
    let five = [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 2.0), (5.0, 3.0)];
    assert!(bend(&points(&five)).is_some());
    assert_eq!(bend(&[]), None);
    assert_eq!(bend(&points(&five[..4])), None);
    assert_eq!(bend(&points(&[(5.0, 1.0); 9])), None);
    let four = [(1.0, 1.0), (1.0, 1.1), (2.0, 1.0), (3.0, 1.0), (4.0, 2.0)];
    assert_eq!(bend(&points(&four)), None);
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut points = points(&five);
        points[2].load = odd;
        assert_eq!(bend(&points), None, "{odd}");
        points[2] = Point {
            load: 3.0,
            log: odd,
        };
        assert_eq!(bend(&points), None, "{odd}");
    }
}

fn any() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::num::f64::ANY,
        0.0..10.0,
        (0_u8..9).prop_map(f64::from),
    ]
}

proptest! {
    #[test]
    fn any_points_give_finite_figures_or_none(of in prop::collection::vec((any(), any()), 0..12)) {
        if let Some(found) = bend(&points(&of)) {
            let loads = of.iter().map(|point| point.0);
            assert!(loads.clone().any(|load| load <= found.at) && loads.clone().any(|load| load >= found.at));
            assert!((0.0..=1.0).contains(&found.p_value), "{found:?}");
            assert!(found.interval.lo.is_none_or(|lo| lo <= found.at), "{found:?}");
            assert!(found.interval.hi.is_none_or(|hi| hi >= found.at), "{found:?}");
            assert!(found.before.is_finite() && found.after.is_finite() && found.of_bend.is_finite());
        }
    }
}
