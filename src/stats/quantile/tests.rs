//! Ranks, support, intervals and their coverage against reference values.

use super::*;

/// Computed with scipy 1.16.3 for this project; `None` = open.
const ORDER_95: &[(u64, f64, Option<u64>, Option<u64>)] = &[
    (10, 0.5, Some(2), Some(9)),
    (10, 0.95, Some(8), None),
    (10, 0.99, Some(9), None),
    (10, 0.999, Some(10), None),
    (72, 0.5, Some(28), Some(45)),
    (72, 0.95, Some(64), Some(72)),
    (72, 0.99, Some(69), None),
    (72, 0.999, Some(71), None),
    (100, 0.5, Some(40), Some(61)),
    (100, 0.95, Some(90), Some(100)),
    (100, 0.99, Some(97), None),
    (100, 0.999, Some(99), None),
    (367, 0.5, Some(165), Some(203)),
    (367, 0.95, Some(340), Some(357)),
    (367, 0.99, Some(359), None),
    (367, 0.999, Some(365), None),
    (368, 0.5, Some(165), Some(204)),
    (368, 0.95, Some(341), Some(358)),
    (368, 0.99, Some(360), Some(368)),
    (368, 0.999, Some(366), None),
    (500, 0.5, Some(228), Some(273)),
    (500, 0.95, Some(465), Some(485)),
    (500, 0.99, Some(490), Some(500)),
    (500, 0.999, Some(498), None),
    (1000, 0.5, Some(469), Some(532)),
    (1000, 0.95, Some(936), Some(964)),
    (1000, 0.99, Some(983), Some(997)),
    (1000, 0.999, Some(997), None),
    (3687, 0.5, Some(1784), Some(1904)),
    (3687, 0.95, Some(3476), Some(3529)),
    (3687, 0.99, Some(3638), Some(3662)),
    (3687, 0.999, Some(3679), None),
    (3688, 0.5, Some(1784), Some(1905)),
    (3688, 0.95, Some(3477), Some(3530)),
    (3688, 0.99, Some(3639), Some(3663)),
    (3688, 0.999, Some(3680), Some(3688)),
    (10000, 0.5, Some(4902), Some(5099)),
    (10000, 0.95, Some(9457), Some(9543)),
    (10000, 0.99, Some(9880), Some(9920)),
    (10000, 0.999, Some(9983), Some(9997)),
];

/// scipy 1.17.1, `binom.cdf` and `binom.sf`, by bisection over the rank.
const LARGE_95: &[(u64, f64, u64, u64)] = &[
    (100_003, 0.001, 81, 121),
    (100_003, 0.5, 49_692, 50_312),
    (100_003, 0.9, 89_816, 90_189),
    (100_003, 0.95, 94_867, 95_139),
    (100_003, 0.99, 98_941, 99_065),
    (100_003, 0.999, 99_883, 99_923),
    (1_000_000, 0.001, 939, 1063),
    (1_000_000, 0.5, 499_020, 500_981),
    (1_000_000, 0.9, 899_412, 900_589),
    (1_000_000, 0.95, 949_572, 950_428),
    (1_000_000, 0.99, 989_805, 990_196),
    (1_000_000, 0.999, 998_938, 999_062),
    (1_000_000, 0.99999, 999_983, 999_997),
    (12_345_678, 0.001, 12_128, 12_565),
    (12_345_678, 0.5, 6_169_396, 6_176_283),
    (12_345_678, 0.9, 11_109_044, 11_113_177),
    (12_345_678, 0.95, 11_726_893, 11_729_896),
    (12_345_678, 0.99, 12_221_536, 12_222_907),
    (12_345_678, 0.999, 12_333_114, 12_333_551),
    (12_345_678, 0.99999, 12_345_532, 12_345_577),
    (1_000_000_000, 0.001, 998_041, 1_001_960),
    (1_000_000_000, 0.5, 499_969_010, 500_030_991),
    (1_000_000_000, 0.9, 899_981_406, 900_018_594),
    (1_000_000_000, 0.95, 949_986_491, 950_013_509),
    (1_000_000_000, 0.99, 989_993_833, 990_006_167),
    (1_000_000_000, 0.999, 998_998_041, 999_001_960),
    (1_000_000_000, 0.99999, 999_989_804, 999_990_197),
];

#[test]
fn ranks_are_the_reference_ranks() {
    for (n, p, lo, hi) in ORDER_95.iter().copied() {
        assert_eq!(ranks(n, p, 0.95), Sides { lo, hi }, "n={n} p={p}");
    }
}

#[test]
fn ranks_are_right_up_to_a_thousand_million_samples() {
    for (n, p, lo, hi) in LARGE_95.iter().copied() {
        let expected = Sides {
            lo: Some(lo),
            hi: Some(hi),
        };
        assert_eq!(ranks(n, p, 0.95), expected, "n={n} p={p}");
    }
    // 0.99999^100003 = 0.368: the upper side of p99.999 is open.
    assert_eq!(ranks(100_003, 0.99999, 0.95).lo, Some(100_000));
    assert_eq!(ranks(100_003, 0.99999, 0.95).hi, None);
}

#[test]
fn needed_samples_are_the_printed_table() {
    let table = [
        (0.5, 6, 40),
        (0.9, 36, 200),
        (0.95, 72, 400),
        (0.99, 368, 2000),
        (0.999, 3688, 20_000),
    ];
    for (p, interval, estimate) in table {
        assert_eq!(needed(p), Some(Needed { interval, estimate }), "{p}");
        assert_eq!(support(interval - 1, p), Support::None, "{p}");
        assert_eq!(support(interval, p), Support::Weak, "{p}");
        assert_eq!(support(estimate - 1, p), Support::Weak, "{p}");
        assert_eq!(support(estimate, p), Support::Ok, "{p}");
        // The first row is the smallest n at which the ranks close both sides.
        assert!(ranks(interval - 1, p, 0.95).hi.is_none(), "{p}");
        assert!(ranks(interval, p, 0.95).hi.is_some(), "{p}");
    }
}

#[test]
fn low_quantiles_need_as_much_as_their_mirror_images() {
    for p in [0.1, 0.05, 0.01] {
        assert_eq!(needed(p), needed(1.0 - p));
        let interval = needed(p).unwrap().interval;
        assert!(ranks(interval - 1, p, 0.95).lo.is_none());
        assert!(ranks(interval, p, 0.95).lo.is_some());
    }
    assert_eq!(needed(0.0), None);
    assert_eq!(needed(f64::NAN), None);
    assert_eq!(support(1_000_000, 1.0), Support::None);
}

#[test]
fn nearest_rank_is_type_1_of_hyndman_and_fan() {
    // Checked against R's type 1 in the project's reference values.
    let x = [0.7, 1.1, 2.2, 3.2, 4.8, 5.5, 6.1, 7.7, 9.7, 12.4];
    let counts = Cumulative::new(x.map(|v| (v, v, 1)));
    for (p, value) in [
        (0.25, 2.2),
        (0.5, 4.8),
        (0.9, 9.7),
        (0.95, 12.4),
        (0.99, 12.4),
    ] {
        let found = counts.quantile(p).unwrap();
        assert_eq!((found.lower, found.upper), (value, value), "{p}");
    }
}

#[test]
fn whole_products_keep_their_rank() {
    for n in [100, 1_000, 10_000, 100_000, 1_000_000_000] {
        for percent in 1..100_u64 {
            let p = percent as f64 / 100.0;
            assert_eq!(nearest_rank(n, p), Some(n / 100 * percent), "{n} {p}");
        }
    }
    assert_eq!(nearest_rank(1, 0.001), Some(1));
    assert_eq!(nearest_rank(1001, 0.5), Some(501));
}

#[test]
fn intervals_from_buckets_carry_the_outer_edges() {
    // 1000 samples, ten a bucket: ranks 936 and 964 lie in the buckets [93, 94) and [96, 97).
    let counts = Cumulative::new((0..100).map(|b| (f64::from(b), f64::from(b + 1), 10)));
    let sides = counts.interval(0.95, 0.95);
    let outer = (sides.lo.unwrap().lower, sides.hi.unwrap().upper);
    assert_eq!(outer, (93.0, 97.0));
    let few = Cumulative::new([(1.0, 1.0, 5)]);
    assert_eq!(few.interval(0.5, 0.95), Sides::OPEN);
    assert_eq!(Cumulative::default().interval(0.5, 0.95), Sides::OPEN);
}

#[test]
fn empty_buckets_and_impossible_ranks_hold_no_sample() {
    let counts = Cumulative::new([(0.0, 1.0, 0), (1.0, 2.0, 3), (2.0, 3.0, 0)]);
    assert_eq!(counts.total(), 3);
    let first = counts.at_rank(1);
    assert_eq!(first.map(Edges::mid), Some(1.5));
    assert_eq!(counts.at_rank(0), None);
    assert_eq!(counts.at_rank(4), None);
    assert_eq!(Cumulative::default().quantile(0.5), None);
    let huge = Cumulative::new([(0.0, 1.0, u64::MAX), (1.0, 2.0, u64::MAX)]);
    assert_eq!(huge.total(), u64::MAX);
}

const LEVELS: [(f64, f64); 4] = [(0.5, 100.0), (0.9, 150.0), (0.95, 200.0), (0.99, 400.0)];

#[test]
fn intervals_from_summaries_agree_with_an_independent_reading() {
    // Python: statistics.NormalDist and scipy ranks, minimum 10, maximum 900, the same formula.
    let reference = [
        (
            1000,
            0.5,
            Some(94.286_684_833_332_98),
            Some(102.529_712_055_260_32),
        ),
        (
            1000,
            0.95,
            Some(180.401_840_629_980_26),
            Some(231.126_724_264_142_2),
        ),
        (
            1000,
            0.99,
            Some(316.883_611_294_362_1),
            Some(616.446_918_757_828),
        ),
        (
            10000,
            0.99,
            Some(371.614_400_091_511_24),
            Some(423.386_321_688_459_1),
        ),
        (300, 0.99, Some(268.285_613_776_212_76), None),
        (
            50,
            0.5,
            Some(65.610_040_697_646_92),
            Some(112.682_232_227_025_01),
        ),
        (
            5000,
            0.95,
            Some(190.867_754_745_399_9),
            Some(212.863_170_486_550_53),
        ),
    ];
    for (n, p, lo, hi) in reference {
        let summary = Summary::new(n, Some(10.0), Some(900.0), LEVELS).unwrap();
        let sides = summary.interval(p, 0.95);
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a / b - 1.0).abs() < 1e-9,
            (a, b) => a == b,
        };
        assert!(near(sides.lo, lo), "n={n} p={p}: {sides:?} {lo:?}");
        assert!(near(sides.hi, hi), "n={n} p={p}: {sides:?} {hi:?}");
    }
}

#[test]
fn the_stretch_below_the_maximum_is_widened_and_ends_at_the_maximum() {
    // n = 368: the upper rank of p99 is 368, the maximum itself.
    let summary = Summary::new(368, Some(10.0), Some(900.0), LEVELS).unwrap();
    let hi = summary.interval(0.99, 0.95).hi.unwrap();
    assert!((hi - 900.0).abs() < 1e-9, "{hi}");
}

#[test]
fn a_summary_without_extremes_is_open_beyond_its_percentiles() {
    let summary = Summary::new(1000, None, None, LEVELS).unwrap();
    let sides = summary.interval(0.99, 0.95);
    assert!(sides.lo.is_some());
    assert_eq!(sides.hi, None);
    assert_eq!(summary.interval(0.5, 0.95).lo, None);
}

#[test]
fn percentiles_outside_the_extremes_are_made_to_rise() {
    let sketch = [(0.5, 9.9), (0.95, 101.0), (0.99, 101.0)];
    let summary = Summary::new(5000, Some(10.0), Some(100.0), sketch).unwrap();
    for p in [0.5, 0.95, 0.99] {
        let sides = summary.interval(p, 0.95);
        let (lo, hi) = (sides.lo.unwrap(), sides.hi.unwrap());
        assert!(
            lo <= hi && lo >= 10.0 - 1e-9 && hi <= 101.0 + 1e-9,
            "{sides:?}"
        );
    }
}

#[test]
fn zeros_are_read_without_a_logarithm_of_zero() {
    let summary = Summary::new(5000, Some(0.0), Some(40.0), [(0.5, 0.0), (0.95, 2.0)]).unwrap();
    let median = summary.interval(0.5, 0.95);
    assert_eq!(median.lo, Some(0.0));
    assert!(median.hi.unwrap() < 0.5);
    let zeros = Summary::new(5000, Some(0.0), Some(0.0), [(0.5, 0.0)]).unwrap();
    let sides = zeros.interval(0.5, 0.95);
    assert_eq!((sides.lo, sides.hi), (Some(0.0), Some(0.0)));
}

#[test]
fn what_has_no_curve_is_refused() {
    assert_eq!(Summary::new(0, None, None, [(0.5, 1.0)]), None);
    assert_eq!(Summary::new(9, Some(1.0), Some(2.0), []), None);
    assert_eq!(Summary::new(9, Some(-1.0), None, [(0.5, 1.0)]), None);
    assert_eq!(Summary::new(9, None, None, [(0.5, f64::NAN)]), None);
    // Ten samples have no p99 beside their maximum.
    assert_eq!(Summary::new(10, None, Some(5.0), [(0.99, 5.0)]), None);
}

/// Shares of intervals that hold the true quantile, from the samples' histogram and from a summary of them.
fn coverage(n: u32, p: f64, runs: u32) -> (f64, f64) {
    // The latencies of statistics.md 4.1: 97 % around 50 ms, 3 % around 250 ms. The true quantile is found by
    // bisection over the mixture's distribution function.
    let share = |x: f64| {
        let below = |median: f64, sigma: f64| {
            0.5 * statrs::function::erf::erfc(-(x / median).ln() / sigma / std::f64::consts::SQRT_2)
        };
        0.97 * below(50.0, 0.5) + 0.03 * below(250.0, 0.7)
    };
    let (mut low, mut high) = (1.0, 100_000.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if share(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    let truth = high;
    let mut state = 2026_u64;
    let mut uniform = || {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1e-18
    };
    let (mut by_counts, mut by_summary) = (0, 0);
    for _ in 0..runs {
        let mut x: Vec<f64> = (0..n)
            .map(|_| {
                let (median, sigma) = if uniform() < 0.97 {
                    (50.0, 0.5)
                } else {
                    (250.0, 0.7)
                };
                median * (sigma * normal_score(uniform())).exp()
            })
            .collect();
        x.sort_by(f64::total_cmp);
        let counts = Cumulative::new(x.iter().map(|v| (*v, *v, 1)));
        let sides = counts.interval(p, 0.95);
        let inside = |lo: Option<f64>, hi: Option<f64>| {
            lo.is_none_or(|lo| lo <= truth) && hi.is_none_or(|hi| truth <= hi)
        };
        by_counts += u32::from(inside(sides.lo.map(Edges::mid), sides.hi.map(Edges::mid)));
        let levels = [0.5, 0.9, 0.95, 0.99].map(|l| (l, counts.quantile(l).unwrap().mid()));
        let summary = Summary::new(u64::from(n), Some(x[0]), x.last().copied(), levels).unwrap();
        let sides = summary.interval(p, 0.95);
        by_summary += u32::from(inside(sides.lo, sides.hi));
    }
    let of_all = |count: u32| f64::from(count) / f64::from(runs);
    (of_all(by_counts), of_all(by_summary))
}

#[test]
fn intervals_hold_the_true_quantile_as_often_as_they_say() {
    // 1000 runs scatter by 0.7 points around 95 %; 300 runs by 1.3.
    let (counts, summary) = coverage(1000, 0.95, 1000);
    assert!((0.93..0.98).contains(&counts), "{counts}");
    assert!((0.93..0.99).contains(&summary), "{summary}");
    let (counts, summary) = coverage(10_000, 0.99, 300);
    assert!((0.91..0.99).contains(&counts), "{counts}");
    assert!((0.89..0.98).contains(&summary), "{summary}");
}
