use super::*;
use crate::stats::proportion::newcombe;
use proptest::prelude::*;

type Repeats = &'static [(u64, u64)];

/// Base, new; phi, degrees, p upwards, interval at 98 %, smallest rise shown.
type Case = (Repeats, Repeats, (f64, usize), f64, (f64, f64), Option<f64>);

/// mpmath with 40 digits, from the printed forms of Wilson's and Newcombe's intervals and their zero found by halving.
const REFERENCE: &[Case] = &[
    (
        &[(5, 1000)],
        &[(15, 1000)],
        (1.0, 0),
        0.014_753_826_135_579_828,
        (-0.000_799_958_289_359_452, 0.022_314_194_520_966_665),
        Some(0.022_375_863_804_593_298),
    ),
    (
        &[(100, 1_000_000)],
        &[(190, 1_000_000)],
        (1.0, 0),
        9.210_044_343_578_674e-8,
        (5.061_592_604_711_855_4e-5, 0.000_130_568_708_720_602_24),
        Some(6.459_235_703_702_792e-5),
    ),
    (
        &[(2000, 10_000_000)],
        &[(2300, 10_000_000)],
        (1.0, 0),
        2.413_170_191_176_031_2e-6,
        (1.475_050_996_237_509_2e-5, 4.527_613_948_532_729e-5),
        Some(2.591_412_976_294_906_6e-5),
    ),
    (
        &[(100_000, 10_000_000)],
        &[(103_000, 10_000_000)],
        (1.0, 0),
        1.098_493_575_190_813_4e-11,
        (0.000_195_719_899_921_298_5, 0.000_404_285_354_259_698_2),
        Some(0.000_177_481_653_255_039_34),
    ),
    (
        &[(10, 2000), (12, 2000), (8, 2000)],
        &[(40, 2000), (35, 2000), (45, 2000)],
        (1.0, 4),
        7.337_254_654_386_953e-13,
        (0.010_396_321_220_730_79, 0.019_964_172_535_928_863),
        Some(0.006_570_328_261_987_099),
    ),
    (
        &[(10, 2000), (2, 1500), (18, 2500)],
        &[(40, 2000), (15, 1800), (75, 2100)],
        (10.197_070_928_151_591, 4),
        0.036_850_797_472_535_82,
        (-0.013_637_551_438_797_944, 0.053_874_673_094_789_86),
        Some(0.064_963_992_067_868_64),
    ),
    (
        &[
            (1000, 1_000_000),
            (1300, 1_000_000),
            (1150, 1_000_000),
            (900, 1_000_000),
            (1200, 1_000_000),
        ],
        &[
            (1500, 1_000_000),
            (1900, 1_000_000),
            (1700, 1_000_000),
            (1650, 1_000_000),
            (1400, 1_000_000),
        ],
        (22.867_474_110_479_86, 8),
        0.000_850_172_343_536_596_9,
        (0.000_196_289_425_656_947_3, 0.000_848_780_196_553_644_2),
        Some(0.000_533_324_845_507_074_1),
    ),
    (
        &[(5, 10)],
        &[(9, 10)],
        (1.0, 0),
        0.025_706_302_742_061_933,
        (-0.071_695_454_833_988_86, 0.708_548_227_520_052_1),
        None,
    ),
];

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs()
}

#[test]
fn comparisons_are_those_of_long_arithmetic() {
    for (base, new, (phi, degrees), p, (lo, hi), detectable) in REFERENCE {
        let found = compare_shares(base, new, 0.0, 0.98).unwrap();
        assert_eq!(found.method, ShareMethod::Newcombe);
        let spread = found.overdispersion;
        assert_eq!(spread.map_or(0, |spread| spread.degrees), *degrees);
        assert!(
            near(spread.map_or(1.0, |spread| spread.phi), *phi),
            "{found:?}"
        );
        assert!(near(found.p_up, *p), "{found:?}");
        assert!(near(found.p_down, 1.0 - p), "{found:?}");
        // An end near 0 is the difference of two larger figures.
        let width = hi - lo;
        assert!((found.interval.0 - lo).abs() < 1e-9 * width, "{found:?}");
        assert!((found.interval.1 - hi).abs() < 1e-9 * width, "{found:?}");
        assert_eq!(found.detectable.is_some(), detectable.is_some());
        assert!(near(
            found.detectable.unwrap_or(0.0),
            detectable.unwrap_or(0.0)
        ));
    }
}

#[test]
fn the_p_value_is_the_level_at_which_the_interval_touches_nought() {
    let (base, new) = (
        [(20, 1000), (31, 1100), (24, 900)],
        [(44, 1000), (60, 1000)],
    );
    let found = compare_shares(&base, &new, 0.0, 0.98).unwrap();
    let touching = 1.0 - 2.0 * found.p_up;
    let wider = compare_shares(&base, &new, 0.0, touching + 1e-9).unwrap();
    let narrower = compare_shares(&base, &new, 0.0, touching - 1e-9).unwrap();
    assert!(wider.interval.0 < 0.0 && narrower.interval.0 > 0.0);
    assert!((wider.p_up - found.p_up).abs() < 1e-15);
}

#[test]
fn one_repeat_a_side_is_the_plain_interval_of_newcombe() {
    let found = compare_shares(&[(5, 1000)], &[(15, 1000)], 0.0, 0.95).unwrap();
    assert_eq!(
        found.interval,
        newcombe((5, 1000), (15, 1000), 0.95).unwrap()
    );
    assert_eq!(found.overdispersion, None);
}

#[test]
fn four_failures_are_judged_by_fisher_and_five_are_not() {
    let method = |failures| {
        let found = compare_shares(&[(failures, 1000)], &[(20, 1000)], 0.0, 0.98).unwrap();
        (found.method, found.p_up)
    };
    assert_eq!(
        method(4),
        (ShareMethod::Fisher, fisher((4, 1000), (20, 1000)).unwrap())
    );
    assert_eq!(method(5).0, ShareMethod::Newcombe);
    let none = compare_shares(&[(0, 1000)], &[(0, 1000)], 0.0, 0.98).unwrap();
    assert_eq!(
        (none.method, none.p_up, none.p_down),
        (ShareMethod::Fisher, 1.0, 1.0)
    );
}

#[test]
fn a_burst_counts_as_few_failures_in_the_exact_test_too() {
    let none = [(0, 1000); 5];
    let even = compare_shares(&none, &[(4, 1000); 5], 0.0, 0.98).unwrap();
    assert!(even.p_up < 1e-5, "{even:?}");
    // X^2 = 80 on 4 degrees: 20 failures of 20 times the variance are worth one.
    let burst = [(0, 1000), (20, 1000), (0, 1000), (0, 1000), (0, 1000)];
    let burst = compare_shares(&none, &burst, 0.0, 0.98).unwrap();
    assert_eq!(burst.method, ShareMethod::Fisher);
    let spread = burst.overdispersion.unwrap();
    assert!(
        (spread.phi - 20.08).abs() < 0.01 && spread.degrees == 4,
        "{spread:?}"
    );
    assert!((burst.p_up - 1.0).abs() < 1e-12, "{burst:?}");
}

#[test]
fn failures_thinned_by_phi_are_rounded_against_the_finding() {
    let side = |failures| ShareSide {
        failures,
        requests: 1000,
        repeats: 5,
    };
    assert_eq!(side(7).thinned(2.0, true), (4, 500));
    assert_eq!(side(7).thinned(2.0, false), (3, 500));
    assert_eq!(side(6).thinned(2.0, true), (3, 500));
    assert_eq!(side(6).thinned(2.0, false), (3, 500));
    // 0.3 * 3 is 0.8999999999999999.
    assert_eq!(side(9).thinned(0.3_f64.recip(), true).0, 3);
    assert_eq!(side(1000).thinned(1500.0, true), (1, 1));
}

#[test]
fn sides_that_cannot_show_bursts_add_no_degrees() {
    // By hand: expected 4 a repeat of 100, variance 3.84; (4 + 4) / 3.84 on one degree.
    let spread = overdispersion(&[&[(0, 100), (0, 100)], &[(2, 100), (6, 100)]]).unwrap();
    assert!((spread.phi - 8.0 / 3.84).abs() < 1e-12 && spread.degrees == 1);
    let all = overdispersion(&[&[(5, 5), (5, 5)], &[(2, 100), (6, 100)]]).unwrap();
    assert_eq!(all, spread);
    assert_eq!(overdispersion(&[&[(0, 100), (0, 100)]]), None);
    // A repeat without requests is none.
    let spread = overdispersion(&[&[(2, 100), (0, 0), (6, 100)]]).unwrap();
    assert_eq!(spread.degrees, 1);
    // More even than by chance is not narrower than by chance.
    let even = overdispersion(&[&[(5, 100), (5, 100), (5, 100)]]).unwrap();
    assert_eq!((even.phi, even.effective(300)), (1.0, 300.0));
}

#[test]
fn what_is_no_share_is_not_compared() {
    for (base, new) in [
        (vec![], vec![(1, 2)]),
        (vec![(0, 0)], vec![(1, 2)]),
        (vec![(1, 2)], vec![(3, 2)]),
        (vec![(1, u64::MAX), (1, 1)], vec![(1, 2)]),
    ] {
        assert_eq!(
            compare_shares(&base, &new, 0.0, 0.98),
            None,
            "{base:?} {new:?}"
        );
    }
    for level in [0.0, 1.0, f64::NAN] {
        assert_eq!(compare_shares(&[(1, 2)], &[(1, 2)], 0.0, level), None);
    }
}

/// P(K = k) for K ~ Binomial(n, p), all k, by the ratio of neighbours.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let mut term = (n as f64 * (1.0 - p).ln()).exp();
    let mut chances = vec![term];
    for k in 0..n {
        term *= (n - k) as f64 * p / ((k + 1) as f64 * (1.0 - p));
        chances.push(term);
    }
    chances
}

/// The chance of p < 1 % over all outcomes, for one repeat a side.
fn shown(base: (f64, u64), new: (f64, u64)) -> f64 {
    let of_new = binomial(new.1, new.0);
    let mut shown = 0.0;
    for (k_base, chance) in (0..).zip(binomial(base.1, base.0)) {
        if chance < 1e-7 {
            continue;
        }
        let is_shown = |k: u64| {
            let found = compare_shares(&[(k_base, base.1)], &[(k, new.1)], 0.0, 0.98);
            found.unwrap().p_up < 0.01
        };
        let mut low = 0;
        let mut high = new.1 + 1;
        while low < high {
            let middle = u64::midpoint(low, high);
            if is_shown(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let beyond = (0..).zip(&of_new).filter(|(k, _): &(u64, _)| *k >= low);
        shown += chance * beyond.map(|(_, chance)| chance).sum::<f64>();
    }
    shown
}

#[test]
fn the_smallest_rise_is_shown_in_95_of_100_and_none_in_one() {
    // Exact, over all outcomes of both sides. With very few failures the exact test is the more careful one.
    for (share, base, new, power) in [
        (0.01, 5000, 5000, 0.94..0.96),
        (0.2, 400, 400, 0.94..0.96),
        (0.05, 1000, 3000, 0.93..0.97),
        (0.001, 2000, 2000, 0.95..0.99),
    ] {
        let reference = Reference::Normal;
        let rise = smallest_rise((share, base as f64), new as f64, 0.01, 0.95, reference).unwrap();
        let found = shown((share, base), (share + rise, new));
        assert!(
            power.contains(&found),
            "{share} {base} {new}: {rise} {found}"
        );
        let falsely = shown((share, base), (share, new));
        assert!(falsely < 0.0125, "{share} {base} {new}: {falsely}");
    }
}

#[test]
fn more_requests_show_smaller_rises_and_unknown_spread_larger_ones() {
    let rise = |n: f64, reference| smallest_rise((0.01, n), n, 0.01, 0.95, reference).unwrap();
    let (few, many) = (rise(1e4, Reference::Normal), rise(1e6, Reference::Normal));
    assert!(many < few / 9.0 && many > few / 15.0, "{few} {many}");
    assert!(rise(1e4, Reference::Student(4.0)) > few);
    for (share, n) in [
        (-0.1, 10.0),
        (1.0, 10.0),
        (0.1, 0.0),
        (f64::NAN, 10.0),
        (0.1, f64::NAN),
    ] {
        assert_eq!(
            smallest_rise((share, n), 10.0, 0.01, 0.95, Reference::Normal),
            None
        );
    }
}

fn side() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let repeat = (1..=200_000_u64).prop_flat_map(|n| (prop_oneof![0..=n.min(9), 0..=n], Just(n)));
    proptest::collection::vec(repeat, 1..5)
}

proptest! {
    #[test]
    fn exchanged_sides_give_the_mirrored_answer(base in side(), new in side()) {
        let found = compare_shares(&base, &new, 0.0, 0.98).unwrap();
        let mirrored = compare_shares(&new, &base, 0.0, 0.98).unwrap();
        assert!((0.0..=1.0).contains(&found.p_up) && (0.0..=1.0).contains(&found.p_down));
        assert!(found.p_up + found.p_down >= 1.0 - 1e-9);
        // phi is summed in another order.
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1e-300);
        assert!(same(found.p_up, mirrored.p_down) && same(found.p_down, mirrored.p_up));
        assert!((found.interval.0 + mirrored.interval.1).abs() < 1e-12);
        assert!((found.interval.1 + mirrored.interval.0).abs() < 1e-12);
        assert!(found.interval.0 <= found.difference && found.difference <= found.interval.1);
        assert!(found.interval.0 >= -1.0 - 1e-12 && found.interval.1 <= 1.0 + 1e-12);
    }

    #[test]
    fn the_interval_excludes_nought_where_p_is_below_alpha(base in side(), new in side()) {
        let found = compare_shares(&base, &new, 0.0, 0.98).unwrap();
        let is_clear = (found.p_up - 0.01).abs() > 1e-9 && (found.p_down - 0.01).abs() > 1e-9;
        if found.method == ShareMethod::Newcombe && is_clear {
            assert_eq!(found.p_up < 0.01, found.interval.0 > 0.0);
            assert_eq!(found.p_down < 0.01, found.interval.1 < 0.0);
        }
    }

    #[test]
    fn more_failures_are_less_likely(
        n in 100..100_000_u64,
        m in 100..100_000_u64,
        thousandths in (0..1000_u64, 0..1000_u64),
    ) {
        // From five failures on both sides: one method throughout.
        let base = (n * thousandths.0 / 1000).max(5);
        let new = (m * thousandths.1 / 1000).max(5);
        let p_up = |new| compare_shares(&[(base, n)], &[(new, m)], 0.0, 0.98).unwrap().p_up;
        if new < m {
            assert!(p_up(new + 1) <= p_up(new));
        }
    }
}

#[test]
fn chance_and_interval_never_contradict_each_other() {
    let alpha = 0.01;
    let mut seed = 7_u64;
    let mut below = |limit: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    let mut shown = 0;
    for _ in 0..4_000 {
        let n = 40 + below(400);
        let mut side =
            |most: u64| -> Vec<(u64, u64)> { (0..=below(4)).map(|_| (below(most), n)).collect() };
        let (base, new) = (side(3), side(14));
        let found = compare_shares(&base, &new, 0.0, 1.0 - 2.0 * alpha).unwrap();
        assert_eq!(found.p_up < alpha, found.interval.0 > 0.0, "{found:?}");
        assert_eq!(found.p_down < alpha, found.interval.1 < 0.0, "{found:?}");
        shown += u32::from(found.p_up < alpha);
    }
    assert!(shown > 200, "{shown}");
}

#[test]
fn sides_of_two_jobs_are_worth_less_however_many_requests_they_have() {
    let (base, new) = ([(3_000, 100_000)], [(3_600, 100_000)]);
    let in_turn = compare_shares(&base, &new, 0.0, 0.98).unwrap();
    assert!(in_turn.p_up < 1e-9);
    // A fifth more failures, where jobs lie a tenth apart each: about 0.6 points by a root of 2 times 0.1 times 3 to 3.6 points.
    let apart = compare_shares(&base, &new, 0.1, 0.98).unwrap();
    assert!(apart.p_up > 0.05 && apart.p_up < 0.15, "{}", apart.p_up);
    // Twice as many are more than jobs explain.
    let twice = compare_shares(&base, &[(6_000, 100_000)], 0.1, 0.98).unwrap();
    assert!(twice.p_up < 1e-4, "{}", twice.p_up);
    // Nothing failed: nothing to spread.
    let none = compare_shares(&[(0, 1_000)], &[(0, 1_000)], 0.1, 0.98).unwrap();
    assert!(none.interval.1 < 0.01);
    assert_eq!(compare_shares(&base, &new, f64::NAN, 0.98), None);
}
