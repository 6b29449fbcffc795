//! Real runs of one server whose knee is known: about 5 to 6 flows of seven requests a second, between 4/s and 8/s; with Locust
//! about 60 users. Goodput was counted from the files by a few lines of Python: good codes of the periods that lie in a level
//! as a whole, over their length.

use serde_json::Value;

use super::{near, number, of_levels, said, scale};
use crate::{Scratch, sample};

fn of(name: &str, files: &[&str]) -> Value {
    let scratch = Scratch::new(&format!("scale-real-{name}"));
    let paths: Vec<String> = files
        .iter()
        .map(|file| sample(file).to_str().unwrap().to_owned())
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let report = scale(&scratch, &paths);
    assert_eq!(report["scalings"].as_array().unwrap().len(), 1);
    report
}

/// Levels as they were planned, to that share.
fn loads(report: &Value, wanted: &[f64], share: f64) {
    let found = of_levels(report, "value");
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        near(*found, *wanted, share);
    }
}

fn goodput(report: &Value, wanted: &[f64]) {
    let found = of_levels(report, "goodput_per_s");
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        near(*found, *wanted, 1e-4);
    }
}

/// A knee by saturation between two levels, and at a load that lies inside the range that is known.
fn saturates(report: &Value, ends: [f64; 2], known: [f64; 2]) {
    saturates_after(report, ends[0], ends, known);
}

/// The same where the last good level is a ramp, and the knee lies above its peak.
fn saturates_after(report: &Value, last_good: f64, ends: [f64; 2], known: [f64; 2]) {
    let knee = &report["scalings"][0]["knee"];
    assert_eq!(knee["found"], true);
    assert_eq!(knee["criterion"], "saturation");
    near(number(knee, "interval/lo"), ends[0], 0.03);
    near(number(knee, "interval/hi"), ends[1], 0.03);
    let level = number(knee, "level");
    assert!(level > known[0] && level < known[1], "{level}");
    near(number(knee, "last_good"), last_good, 0.03);
    assert_eq!(report["scalings"][0]["capacity"]["within_range"], true);
    assert_eq!(said(report, "S03").len(), 1);
}

#[test]
fn the_stepped_run_of_artillery_1_7_9_has_five_levels() {
    let report = of("steps-179", &["artillery/v1.7.9/hardwork-steps.json"]);
    loads(&report, &[1.0, 2.0, 4.0, 8.0, 16.0], 1e-9);
    // Periods end when they are printed: 69 in 9.994 s, 133 in 9.999 s, 283 in 9.911 s, 400 in 10.039 s, 456 in 10.003 s.
    let wanted = [
        69.0 / 9.994,
        133.0 / 9.999,
        283.0 / 9.911,
        400.0 / 10.039,
        456.0 / 10.003,
    ];
    goodput(&report, &wanted);
    saturates(&report, [4.0, 8.0], [5.0, 6.0]);
    // By the file: 42 sessions completed in the period of 10.039 s, of 81 that started.
    near(
        number(&report, "scalings/0/levels/3/completed_per_s"),
        42.0 / 10.039,
        0.02,
    );
    assert_eq!(report["scalings"][0]["knee"]["method"], "between");
    // Half of the time after each change of load is one period of ten seconds.
    for dropped in of_levels(&report, "settling_dropped_s") {
        near(dropped, 10.0, 0.02);
    }
    // 438 requests were sent and 400 answered at 8/s, 593 and 457 at 16/s.
    let levels = &report["scalings"][0]["levels"];
    near(number(levels, "3/backlog"), 1.0 - 400.0 / 438.0, 1e-3);
    near(number(levels, "4/backlog"), 1.0 - 457.0 / 593.0, 1e-3);
    assert_eq!(said(&report, "S05").len(), 2);
}

#[test]
fn the_stepped_run_of_artillery_2_0_34_has_four_levels_by_its_arrivals() {
    let report = of("steps-2034", &["artillery/v2.0.34/hardwork-steps.json"]);
    loads(&report, &[1.0, 2.0, 4.0, 8.0], 0.06);
    goodput(&report, &[7.0, 13.9, 27.9, 45.1]);
    saturates(&report, [4.0, 8.0], [5.0, 6.0]);
    let answered = number(&report, "scalings/0/levels/3/backlog");
    near(answered, 1.0 - 452.0 / 479.0, 1e-9);
    // 16/s cannot be told from arrivals that came late: that is said.
    let remarks = report["scalings"][0]["remarks"].to_string();
    assert!(remarks.contains("have no known load"), "{remarks}");
}

#[test]
fn the_stepped_run_of_artillery_2_0_2_breaks_between_4_and_16() {
    let report = of("steps-202", &["artillery/v2.0.2/hardwork-steps.json"]);
    // No whole period lies in the stretch at 8/s.
    loads(&report, &[1.0, 2.0, 4.0, 16.0], 0.03);
    goodput(&report, &[6.9, 14.5, 28.3, (474.0 + 524.0) / 20.0]);
    saturates(&report, [4.0, 16.0], [5.0, 6.0]);
}

#[test]
fn runs_at_one_rate_each_of_artillery_1_7_9() {
    let files = ["1", "1-4", "8"].map(|rate| format!("artillery/v1.7.9/hardwork-rate-{rate}.json"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let report = of("rates-179", &files);
    loads(&report, &[1.0, 2.5, 8.0], 1e-9);
    near(number(&report, "scalings/0/levels/1/peak"), 4.0, 0.0);
    let knee = &report["scalings"][0]["knee"];
    assert_eq!(knee["criterion"], "saturation");
    near(number(knee, "interval/lo"), 4.0, 0.0);
    near(number(knee, "interval/hi"), 8.0, 0.0);
    let level = number(knee, "level");
    // 240 sessions arrived at 8/s and all completed: 5.2 to 5.5 of them a second.
    assert!(level > 5.2 && level < 5.5, "{level}");
    assert_eq!(knee["method"], "plateau");
    // 385 and 390 answers in the two periods after the settling time.
    near(
        number(&report, "scalings/0/levels/2/goodput_per_s"),
        775.0 / 19.987,
        1e-4,
    );
}

#[test]
fn runs_at_one_rate_each_of_artillery_2_0_34() {
    let files = ["1", "1-2", "1-4", "16"];
    let files = files.map(|rate| format!("artillery/v2.0.34/hardwork-rate-{rate}.json"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let report = of("rates-2034", &files);
    loads(&report, &[1.0, 1.5, 2.5, 16.0], 0.03);
    // The last period of the ramps is 24.98 to 29.595 s and 27.082 to 29.792 s.
    let wanted = [
        (66.0 + 70.0) / 20.0,
        (75.0 + 140.0 + 65.0) / 24.615,
        (142.0 + 236.0 + 72.0) / 22.710,
        (496.0 + 601.0) / 20.0,
    ];
    goodput(&report, &wanted);
    // The last good level is a ramp: of its whole periods the highest has 32 arrivals.
    near(number(&report, "scalings/0/levels/2/peak"), 3.2, 1e-9);
    saturates_after(&report, 2.5, [3.2, 16.0], [5.0, 6.0]);
}

#[test]
fn a_run_whose_generator_stalled_counts_by_the_arrivals_that_came() {
    // 8/s was planned; 13, 84, 90, 10 and 43 users came in 3.3 s and four times 10 s, because the machine stood still for a while.
    let files = ["1", "1-2", "1-4", "8", "16"];
    let files = files.map(|rate| format!("artillery/v2.0.34/hardwork-rate-{rate}.json"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let report = of("stalled", &files);
    let stalled = &report["scalings"][0]["levels"][3];
    near(number(stalled, "value"), 240.0 / 43.28, 1e-3);
    near(number(stalled, "peak"), 9.0, 1e-9);
    let level = number(&report, "scalings/0/knee/level");
    // Requests alone said 7.8/s. In the time of the stall nothing was served.
    assert!(level > 4.7 && level < 6.0, "{level}");
    // At a peak of 9/s p50 is already 50 times as long: the capacity is not much more than that.
    let high = number(&report, "scalings/0/knee/interval/hi");
    assert!(high > 9.0 && high < 10.0, "{high}");
}

#[test]
fn searches_have_no_knee_in_the_tested_range() {
    let files = ["1", "8", "16"].map(|rate| format!("artillery/v2.0.34/search-rate-{rate}.json"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let report = of("search", &files);
    loads(&report, &[1.0, 8.0, 16.0], 0.04);
    let series = &report["scalings"][0];
    assert_eq!(series["knee"]["found"], false);
    assert!(series["knee"]["level"].is_null());
    near(number(series, "knee/last_good"), 16.0, 0.01);
    assert_eq!(series["capacity"]["within_range"], false);
    assert!(series["headroom"].is_null());
    // Two requests a user: 160, 160 and 26 answers in 21.534 s; 324 and 310 in 19.609 s.
    near(
        number(series, "levels/1/goodput_per_s"),
        346.0 / 21.534,
        1e-4,
    );
    near(
        number(series, "levels/2/goodput_per_s"),
        634.0 / 19.609,
        1e-4,
    );
    let silence = said(&report, "S04");
    assert_eq!(silence.len(), 1);
    assert!(silence[0].contains("what lies beyond it is not known"));
    assert!(said(&report, "S03").is_empty());
}

#[test]
fn a_login_of_users_that_start_is_in_no_step() {
    let report = of("locust-login", &["locust/v2.47.0/steps_stats.csv"]);
    let series = &report["scalings"][0];
    let steps = series["steps"].as_array().unwrap();
    // 100 users, 100 logins, all of them in the three seconds after a step: 6.7 times as long from 40 to 70 users.
    assert!(steps.iter().all(|step| step["endpoint"] != "POST /login"));
    assert!(
        steps
            .iter()
            .any(|step| step["endpoint"] == "POST /api/models")
    );
    assert!(
        said(&report, "S01")
            .iter()
            .all(|said| !said.contains("/login"))
    );
    assert!(series["remarks"].to_string().contains("as they start"));
    // In a flow of seven requests a login is load.
    let flow = of(
        "artillery-login",
        &["artillery/v2.0.34/hardwork-steps.json"],
    );
    assert!(
        !flow["scalings"][0]["remarks"]
            .to_string()
            .contains("as they start")
    );
}

#[test]
fn the_steps_of_locust_level_off_at_about_60_users() {
    let report = of("locust", &["locust/v2.47.0/steps.json"]);
    loads(&report, &[1.0, 5.0, 10.0, 20.0, 40.0, 70.0, 100.0], 1e-9);
    // Differences of the totals in the history: 1 to 16, 32 to 99, 121 to 244, 311 to 551, 636 to 1138, 1183 to 1886 with one
    // failure, 1957 to 2668.
    let wanted = [
        15.0 / 8.0,
        67.0 / 9.0,
        123.0 / 9.0,
        240.0 / 9.0,
        502.0 / 9.0,
        702.0 / 8.0,
        711.0 / 9.0,
    ];
    goodput(&report, &wanted);
    saturates(&report, [40.0, 70.0], [54.0, 66.0]);
    assert_eq!(report["scalings"][0]["level_of"], "users");
    // Users wait: nothing is offered whatever the answers.
    assert!(report["scalings"][0]["levels"][5]["offered_per_s"].is_null());
    let remarks = report["scalings"][0]["remarks"].to_string();
    assert!(remarks.contains("service times"), "{remarks}");
}
