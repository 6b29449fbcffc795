//! The law, efficiency and Amdahl's part, against published values.

use super::by_hand::{By, Made};
use super::{near, number, scale};
use crate::Scratch;

const SPEC_SDM91: [(u32, f64); 7] = [
    (1, 64.9),
    (18, 995.9),
    (36, 1652.4),
    (72, 1853.2),
    (108, 1828.9),
    (144, 1775.0),
    (216, 1702.2),
];
const RAYTRACER: [(u32, f64); 11] = [
    (1, 20.0),
    (4, 78.0),
    (8, 130.0),
    (12, 170.0),
    (16, 190.0),
    (20, 200.0),
    (24, 210.0),
    (28, 230.0),
    (32, 260.0),
    (48, 280.0),
    (64, 310.0),
];
const CISCO: [f64; 32] = [
    955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61,
    8278.71, 8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52,
    11151.43, 11518.63, 11806.0, 12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27,
    12118.04, 12140.4, 12074.39,
];
const EXACT: [(u32, f64); 6] = [
    (1, 1.0),
    (2, 1.8868),
    (4, 3.0769),
    (6, 3.5294),
    (8, 3.5398),
    (10, 3.3557),
];

/// The series of rates per second at so many of what the label counts.
fn series(label: &str, rates: &[(u32, f64)]) -> serde_json::Value {
    let scratch = Scratch::new(&format!("scale-usl-{label}-{}-{}", rates.len(), rates[0].1));
    let runs: Vec<String> = rates
        .iter()
        .map(|(count, rate)| {
            // 10 000 s, so that the fourth digit is a request.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "rates are above 0 and below 20 000"
            )]
            let requests = (rate * 10_000.0).round() as u64;
            let mut made = Made::new(&format!("n{count}"), By::Nothing, requests, [0.0; 3]);
            made.latencies = None;
            let file = made
                .with(serde_json::json!({"duration_s": 10_000.0}))
                .write(&scratch);
            format!("n{count}{{{label}={count}}}={file}")
        })
        .collect();
    let mut arguments: Vec<&str> = runs.iter().map(String::as_str).collect();
    arguments.extend(["--level", label]);
    let report = scale(&scratch, &arguments);
    assert_eq!(report["scalings"].as_array().unwrap().len(), 1);
    let series = report["scalings"][0].clone();
    assert_eq!(series["levels"].as_array().unwrap().len(), rates.len());
    series
}

fn law(series: &serde_json::Value, sigma: f64, kappa: f64, lambda: f64, share: f64) {
    near(number(series, "usl/sigma"), sigma, share);
    near(number(series, "usl/kappa"), kappa, share);
    near(number(series, "usl/lambda"), lambda, share);
}

#[test]
fn spec_sdm91_has_the_published_law_and_peak() {
    for label in ["users", "instances", "payload"] {
        let series = series(label, &SPEC_SDM91);
        // Published to four digits.
        law(&series, 0.02773, 1.044e-4, 90.00, 5e-4);
        near(number(&series, "usl/peak_load"), 96.51956, 1e-5);
        near(number(&series, "usl/peak_rate"), 1884.0, 5e-4);
        assert_eq!(series["usl"]["in_range"], true);
        assert_eq!(series["usl"]["lambda_in_range"], true);
        near(number(&series, "usl/lowest_per_unit"), 64.9, 1e-9);
        assert!(series["usl_reason"].is_null());
        // t(0.975, 4) = 2.776445 times the published standard error of lambda.
        let reach = number(&series, "usl/intervals/lambda/hi") - number(&series, "usl/lambda");
        near(reach, 2.776_445 * 14.21, 1e-3);
    }
}

#[test]
fn cisco_has_32_levels_and_a_peak_beyond_them() {
    let rates: Vec<(u32, f64)> = (1..=32).zip(CISCO).collect();
    for label in ["instances", "users"] {
        let series = series(label, &rates);
        law(&series, 0.026_715_91, 0.000_769_094_5, 995.6486, 2e-4);
        let peak = number(&series, "usl/peak_load");
        near(peak.floor(), 35.0, 0.0);
        near(number(&series, "usl/peak_rate"), 12341.0, 1e-3);
        assert_eq!(series["usl"]["in_range"], false);
    }
}

#[test]
fn the_whole_raytracer_has_no_peak_in_the_data() {
    let series = series("users", &RAYTRACER);
    near(number(&series, "usl/sigma"), 0.057_770_78, 1e-5);
    near(number(&series, "usl/kappa"), 0.0, 0.0);
    near(number(&series, "usl/lambda"), 21.84884, 1e-6);
    assert!(series["usl"]["peak_load"].is_null());
    let reason = series["usl_reason"].as_str().unwrap();
    assert!(reason.contains("no peak in the data"), "{reason}");
}

#[test]
fn an_exact_set_gives_its_own_parameters_back() {
    let series = series("instances", &EXACT);
    law(&series, 0.02, 0.02, 1.0, 5e-4);
    // root((1 - sigma) / kappa)
    near(number(&series, "usl/peak_load"), 7.0, 1e-4);
}

#[test]
fn four_levels_give_a_law_and_no_interval_and_three_give_none() {
    let four = series("users", &EXACT[..4]);
    law(&four, 0.02, 0.02, 1.0, 1e-2);
    assert!(four["usl"]["peak_load"].is_null());
    assert_eq!(
        four["usl"]["intervals"],
        serde_json::json!({}),
        "intervals take six levels"
    );
    let reason = four["usl_reason"].as_str().unwrap();
    assert!(reason.contains("six"), "{reason}");
    let three = series("users", &EXACT[..3]);
    assert!(three["usl"].is_null());
    let reason = three["usl_reason"].as_str().unwrap();
    assert!(reason.contains("four"), "{reason}");
}

#[test]
fn efficiency_of_1_2_and_4_instances_and_of_2_4_and_8_cores() {
    // 100, 180 and 300 a second: 180 / 2 and 300 / 4 of the ideal; Amdahl (4 / 3 - 1) / (4 - 1).
    for (label, first) in [("instances", 1), ("cores", 2)] {
        let rates = [(first, 100.0), (2 * first, 180.0), (4 * first, 300.0)];
        let series = series(label, &rates);
        assert_eq!(series["level_name"], label);
        assert_eq!(series["level_of"], "resources");
        for (place, value, speed_up) in [(0, 1.0, 1.0), (1, 0.9, 1.8), (2, 0.75, 3.0)] {
            let row = &series["efficiency"][place];
            near(
                number(row, "level"),
                number(&series, &format!("levels/{place}/value")),
                0.0,
            );
            near(number(row, "value"), value, 1e-12);
            near(number(row, "speed_up"), speed_up, 1e-12);
        }
        // X(n) = 1 / (f + (1 - f) / n) solved for f with X(4 n1) = 3 X(n1): 1/9 from one instance, 1/17 from two cores.
        let serial = if label == "instances" {
            1.0 / 9.0
        } else {
            1.0 / 17.0
        };
        near(number(&series, "amdahl_serial"), serial, 1e-12);
        assert!(series["efficiency"][0]["interval"].is_null());
        let last = &series["efficiency"][2]["interval"];
        assert!(number(last, "lo") < 0.75 && number(last, "hi") > 0.75);
        // What serves is no load: no latency grows with it, and it has no knee.
        assert!(series["knee"].is_null());
        assert_eq!(series["steps"], serde_json::json!([]));
    }
}

#[test]
fn what_falls_behind_a_single_instance_has_no_part_by_amdahl() {
    // 0.9 of the rate with twice as many: (2 / 0.9 - 1) / (2 - 1) is above 1.
    let series = series("instances", &[(1, 100.0), (2, 90.0)]);
    assert!(series["amdahl_serial"].is_null());
    near(number(&series, "efficiency/1/value"), 0.45, 1e-12);
}

#[test]
fn the_rate_of_one_unit_is_told_from_one_that_was_measured() {
    // Nobody ran one user: what the law says of it is drawn out beyond the levels.
    let upper = series("users", &SPEC_SDM91[1..]);
    assert_eq!(upper["usl"]["lambda_in_range"], false);
    near(number(&upper, "usl/lowest_per_unit"), 995.9 / 18.0, 1e-9);
}
