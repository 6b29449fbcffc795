//! Series that are none, or hardly one: a clear answer or a refusal.

use serde_json::{Value, json};

use super::by_hand::{By, Made, id, plateaus, stats};
use super::{asked, near, number, of_levels, said, scale};
use crate::Scratch;

fn series(report: &Value) -> &Vec<Value> {
    report["scalings"].as_array().unwrap()
}

fn of(scratch: &Scratch, made: &[Made]) -> Value {
    let files: Vec<String> = made.iter().map(|one| one.write(scratch)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    scale(scratch, &files)
}

#[test]
fn one_level_is_an_answer() {
    let scratch = Scratch::new("odd-one");
    let made = Made::calm("only", 10.0);
    let report = of(&scratch, std::slice::from_ref(&made));
    assert_eq!(of_levels(&report, "value"), [10.0]);
    let only = &series(&report)[0];
    for absent in ["knee", "capacity", "usl", "headroom"] {
        assert!(only[absent].is_null(), "{absent}");
    }
    assert_eq!(only["steps"], json!([]));
    let text = scratch.knee(&["scale", "only.json"]).out;
    assert!(text.contains("One load level (10/s)"), "{text}");
}

#[test]
fn two_levels_have_a_step_and_no_law() {
    let scratch = Scratch::new("odd-two");
    let low = Made::new("low", By::Users(10.0), 10_000, [20.0, 40.0, 60.0]);
    let high = Made::new("high", By::Users(20.0), 20_000, [40.0, 80.0, 120.0]);
    let report = of(&scratch, &[low, high]);
    let found = &series(&report)[0];
    assert_eq!(found["knee"]["found"], false);
    for step in found["steps"].as_array().unwrap() {
        near(number(step, "exponent"), 1.0, 1e-9);
        assert_eq!(step["class"], "linear");
    }
    assert!(found["usl"].is_null());
    assert!(found["usl_reason"].as_str().unwrap().contains("four"));
}

/// The width of the interval of the first step of p50.
fn width(report: &Value) -> f64 {
    let interval = &report["scalings"][0]["steps"][0]["interval"];
    number(interval, "hi") - number(interval, "lo")
}

#[test]
fn repeats_are_one_level_and_narrow_the_interval() {
    let scratch = Scratch::new("odd-repeats");
    let low = Made::calm("low", 10.0);
    let repeat =
        |name: &str, requests: u64| Made::new(name, By::Rate(20.0), requests, [20.0, 40.0, 60.0]);
    let once = of(&scratch, &[low.clone(), repeat("r1", 20_000)]);
    let three = [
        repeat("r1", 20_000),
        repeat("r2", 20_300),
        repeat("r3", 19_700),
    ];
    let made: Vec<Made> = [low].into_iter().chain(three).collect();
    let report = of(&scratch, &made);
    assert_eq!(of_levels(&report, "value"), [10.0, 20.0]);
    let level = &series(&report)[0]["levels"][1];
    assert_eq!(level["runs"], json!([id("r1"), id("r2"), id("r3")]));
    near(number(level, "n"), 60_000.0, 0.0);
    near(number(level, "goodput_per_s"), 200.0, 1e-12);
    near(number(level, "figures/p99"), 60.0, 1e-12);
    // s of one run against s of one run, and against s root(4 / 6 / 3) of three that are alike: the assumed spread has four
    // degrees of freedom, the repeats add two without any.
    near(
        width(&report) / width(&once),
        (11.0_f64 / 18.0).sqrt(),
        0.01,
    );
}

#[test]
fn rates_within_5_percent_are_repeats_and_counts_of_users_are_not() {
    let scratch = Scratch::new("odd-near");
    let rates = [("a", 10.0), ("b", 20.0), ("c", 20.8), ("d", 22.0)];
    let made = rates.map(|(name, rate)| Made::calm(name, rate));
    let report = of(&scratch, &made);
    let found = of_levels(&report, "value");
    assert_eq!(found.len(), 3);
    near(found[1], 20.4, 1e-9);
    let users = [("e", 20.0), ("f", 21.0)];
    let made =
        users.map(|(name, users)| Made::new(name, By::Users(users), 20_000, [20.0, 40.0, 60.0]));
    let report = of(&scratch, &made);
    assert_eq!(of_levels(&report, "value"), [20.0, 21.0]);
}

#[test]
fn a_level_without_successes_is_beyond_the_knee() {
    let scratch = Scratch::new("odd-dead");
    let mut made: Vec<Made> = [10.0, 20.0, 40.0]
        .into_iter()
        .map(|rate| Made::calm(&format!("at-{rate}"), rate))
        .collect();
    made.push(Made::new("dead", By::Rate(80.0), 80_000, [900.0, 2000.0, 3000.0]).failing(80_000));
    let report = of(&scratch, &made);
    assert_eq!(
        of_levels(&report, "goodput_per_s"),
        [100.0, 200.0, 400.0, 0.0]
    );
    let found = &series(&report)[0];
    assert_eq!(found["knee"]["found"], true);
    assert_eq!(found["knee"]["criterion"], "saturation");
    near(number(found, "knee/last_good"), 40.0, 0.0);
    near(number(found, "knee/interval/lo"), 40.0, 0.0);
    near(number(found, "knee/interval/hi"), 80.0, 0.0);
    near(
        number(found, "knee/evidence/achieved_over_offered/value"),
        0.0,
        0.0,
    );
    near(number(found, "knee/evidence/per_unit/value"), 10.0, 1e-9);
    assert!(said(&report, "S04").is_empty());
    // Latencies of failures are void (V05): no step leads there.
    assert_eq!(found["levels"][3]["figures"], json!({}));
    let steps = found["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 6);
    assert!(steps.iter().all(|step| number(step, "to") < 80.0));
    assert_eq!(said(&report, "V05").len(), 1);
    // Of nothing there is no efficiency.
    assert_eq!(found["efficiency"].as_array().unwrap().len(), 3);
}

#[test]
fn a_level_of_which_88_percent_failed_is_beyond_the_knee() {
    let scratch = Scratch::new("odd-88");
    let mut made: Vec<Made> = [10.0, 20.0, 40.0]
        .into_iter()
        .map(|rate| Made::calm(&format!("at-{rate}"), rate))
        .collect();
    made.push(Made::new("sick", By::Rate(80.0), 80_000, [5.0, 6.0, 7.0]).failing(70_400));
    let report = of(&scratch, &made);
    let found = &series(&report)[0];
    near(number(found, "levels/3/goodput_per_s"), 96.0, 1e-12);
    near(number(found, "levels/3/error_rate"), 0.88, 1e-12);
    assert_eq!(found["knee"]["criterion"], "saturation");
    near(number(found, "knee/last_good"), 40.0, 0.0);
    near(
        number(found, "knee/evidence/achieved_over_offered/value"),
        0.12,
        1e-9,
    );
    near(number(found, "capacity/goodput_per_s"), 400.0, 0.0);
    near(number(found, "capacity/at"), 40.0, 0.0);
    // It answers fast because it fails: that is no latency of a success.
    assert_eq!(found["levels"][3]["figures"], json!({}));
}

#[test]
fn nothing_succeeds_from_the_lowest_level_on() {
    let scratch = Scratch::new("odd-all-dead");
    let dead = |name: &str, rate: f64| {
        let made = Made::calm(name, rate);
        let requests = made.requests;
        made.failing(requests)
    };
    let report = of(&scratch, &[dead("a", 10.0), dead("b", 20.0)]);
    let found = &series(&report)[0];
    assert_eq!(of_levels(&report, "goodput_per_s"), [0.0, 0.0]);
    assert_eq!(found["efficiency"], json!([]));
    assert_ne!(found["knee"]["found"], true);
}

#[test]
fn scenarios_are_judged_apart() {
    let scratch = Scratch::new("odd-scenarios");
    let made = [
        Made::calm("a1", 10.0),
        Made::calm("a2", 20.0),
        Made::calm("b1", 10.0).of("other"),
        Made::calm("b2", 40.0).of("other"),
    ];
    let report = of(&scratch, &made);
    let of_scenario = |name: &str| -> Vec<f64> {
        let found = series(&report).iter().find(|one| one["scenario"] == name);
        let levels = found.unwrap()["levels"].as_array().unwrap();
        levels.iter().map(|level| number(level, "value")).collect()
    };
    assert_eq!(series(&report).len(), 2);
    assert_eq!(of_scenario("shop"), [10.0, 20.0]);
    assert_eq!(of_scenario("other"), [10.0, 40.0]);
}

#[test]
fn open_and_closed_runs_are_two_series() {
    let scratch = Scratch::new("odd-mixed");
    let users =
        |name: &str, users: f64| Made::new(name, By::Users(users), 10_000, [20.0, 40.0, 60.0]);
    let made = [
        Made::calm("a1", 10.0),
        users("u1", 10.0),
        Made::calm("a2", 20.0),
        users("u2", 20.0),
    ];
    let report = of(&scratch, &made);
    let kinds: Vec<&str> = series(&report)
        .iter()
        .map(|one| one["level_of"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["arrivals", "users"]);
    for one in series(&report) {
        assert_eq!(one["levels"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn runs_without_a_load_are_refused_with_a_hint() {
    let scratch = Scratch::new("odd-no-load");
    let file = Made::new("plain", By::Nothing, 1000, [20.0, 40.0, 60.0]).write(&scratch);
    for more in [&[][..], &["--level", "users"][..]] {
        let arguments: Vec<&str> = [file.as_str()].iter().chain(more).copied().collect();
        let done = asked(&scratch, "scale", &arguments);
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(
            done.err.contains("no load level in 1 run: plain: "),
            "{}",
            done.err
        );
        assert!(done.err.contains("hint: `--level LABEL`"), "{}", done.err);
    }
}

#[test]
fn a_label_that_is_no_number_is_refused_or_left_out() {
    let scratch = Scratch::new("odd-label");
    let file = Made::new("plain", By::Nothing, 1000, [20.0, 40.0, 60.0]).write(&scratch);
    let many = format!("a{{users=many}}={file}");
    let done = asked(&scratch, "scale", &[&many, "--level", "users"]);
    assert_eq!(done.code, 2);
    assert!(
        done.err
            .contains("its label users is many: expected a number above 0")
    );
    let files = ["b", "c"]
        .map(|name| Made::new(name, By::Nothing, 1000, [20.0, 40.0, 60.0]).write(&scratch));
    let ten = format!("b{{users=10}}={}", files[0]);
    let report = scale(&scratch, &[&many, &ten, &files[1], "--level", "users"]);
    assert_eq!(of_levels(&report, "value"), [10.0]);
    let left: Vec<(&str, &str)> = series(&report)[0]["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| {
            (
                left["run"].as_str().unwrap(),
                left["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(left.len(), 2);
    assert_eq!(left[0].0, id("plain"));
    assert!(left[0].1.contains("expected a number"), "{}", left[0].1);
    assert_eq!(left[1], (id("c").as_str(), "it has no label users"));
}

#[test]
fn what_was_measured_is_the_level_where_something_else_was_stated() {
    let scratch = Scratch::new("odd-stated");
    let rates = [("a", 10.0, 1), ("b", 15.0, 2), ("c", 25.0, 4)];
    let runs = rates.map(|(name, rate, stated)| {
        let file = Made::calm(name, rate).write(&scratch);
        format!("{name}{{rate={stated}0}}={file}")
    });
    let report = scale(&scratch, &[&runs[0], &runs[1], &runs[2], "--level", "rate"]);
    assert_eq!(of_levels(&report, "value"), [10.0, 15.0, 25.0]);
    let levels = &series(&report)[0]["levels"];
    assert!(levels[0]["stated"].is_null());
    near(number(levels, "1/stated"), 20.0, 0.0);
    near(number(levels, "2/stated"), 40.0, 0.0);
    assert_eq!(
        said(&report, "V23"),
        [
            "From 10/s to 15/s the load grows 1.5x by its mean and 2x as stated.",
            "From 15/s to 25/s the load grows 1.67x by its mean and 2x as stated."
        ]
    );
}

#[test]
fn a_ramp_over_a_constant_load_is_no_level() {
    let scratch = Scratch::new("odd-ramp");
    let files = [
        ("low", "1", 1000),
        ("ramp", "1..4", 2500),
        ("high", "4", 4000),
    ];
    let files = files.map(|(name, load, requests)| {
        let file = Made::new(name, By::Nothing, requests, [20.0, 40.0, 60.0]).write(&scratch);
        format!("{name}{{rate={load}}}={file}")
    });
    let report = scale(
        &scratch,
        &[&files[0], &files[1], &files[2], "--level", "rate"],
    );
    assert_eq!(of_levels(&report, "value"), [1.0, 4.0]);
    let left = &series(&report)[0]["left_out"];
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["run"], id("ramp"));
    assert_eq!(
        left[0]["reason"],
        "its load moved around 2.5 up to 4, over that of another level"
    );
}

#[test]
fn a_run_whose_generator_dropped_users_is_no_level() {
    let scratch = Scratch::new("odd-v41");
    let dropped = json!({"load": {"model": "open", "arrival_rate_per_s": 40.0, "dropped": 479}});
    let made = [
        Made::calm("a", 10.0),
        Made::calm("b", 20.0),
        Made::calm("c", 40.0).with(dropped),
    ];
    let report = of(&scratch, &made);
    assert_eq!(of_levels(&report, "value"), [10.0, 20.0]);
    let left = &series(&report)[0]["left_out"];
    assert_eq!(left[0]["run"], id("c"));
    let reason = left[0]["reason"].as_str().unwrap();
    assert!(reason.contains("V41") && reason.contains("479"), "{reason}");
}

#[test]
fn one_run_given_twice_counts_once() {
    let scratch = Scratch::new("odd-twice");
    let made = [Made::calm("a", 10.0), Made::calm("b", 20.0)];
    let files: Vec<String> = made.iter().map(|one| one.write(&scratch)).collect();
    scratch.write("copy.json", scratch.read("b.json"));
    let once = scale(&scratch, &[&files[0], &files[1]]);
    let twice = scale(&scratch, &[&files[0], &files[1], "copy.json"]);
    assert_eq!(series(&twice)[0]["levels"][1]["runs"], json!([id("b")]));
    near(width(&twice), width(&once), 1e-12);
    let remarks = series(&twice)[0]["remarks"].to_string();
    assert!(remarks.contains("1 run given again"), "{remarks}");
}

#[test]
fn steps_up_and_down_again_are_pooled() {
    let scratch = Scratch::new("odd-down");
    let file = Made::calm("stairs", 1.0)
        .with(plateaus(&[10, 20, 40, 20, 10]))
        .write(&scratch);
    let report = scale(&scratch, &[&file]);
    assert_eq!(of_levels(&report, "value"), [10.0, 20.0, 40.0]);
    assert_eq!(of_levels(&report, "goodput_per_s"), [60.0, 120.0, 240.0]);
    let levels = &series(&report)[0]["levels"];
    // Two stretches have no one start; the run is one all the same.
    assert!(levels[0]["from_s"].is_null() && levels[2]["from_s"].is_number());
    for level in levels.as_array().unwrap() {
        assert_eq!(level["runs"], json!([id("stairs")]));
    }
}

#[test]
fn where_nobody_counts_successes_latencies_alone_are_asked() {
    let scratch = Scratch::new("odd-uncounted");
    let made = [(10.0, 1.0), (20.0, 1.0), (40.0, 12.0)].map(|(rate, slow)| {
        let made = Made::calm(&format!("at-{rate}"), rate);
        let mut overall = stats(
            made.requests,
            0,
            Some([20.0 * slow, 40.0 * slow, 60.0 * slow]),
        );
        overall["failures"] = Value::Null;
        made.with(json!({"overall": overall}))
    });
    let report = of(&scratch, &made);
    let found = &series(&report)[0];
    assert!(found["levels"][0]["goodput_per_s"].is_null());
    assert!(found["capacity"].is_null());
    assert_eq!(found["efficiency"], json!([]));
    assert_eq!(found["knee"]["found"], true);
    assert_eq!(found["knee"]["criterion"], "blow_up");
    near(number(found, "knee/interval/lo"), 20.0, 0.0);
    near(number(found, "knee/interval/hi"), 40.0, 0.0);
    // ln 12 / ln 2 at every percentile.
    let steps = found["steps"].as_array().unwrap();
    for step in steps.iter().filter(|step| number(step, "to") > 20.0) {
        near(number(step, "exponent"), 12.0_f64.log2(), 1e-9);
        assert_eq!(step["class"], "blow_up");
    }
}

#[test]
fn stepped_runs_are_repeats_of_one_another_level_by_level() {
    let scratch = Scratch::new("odd-stairs");
    let made = ["one", "two"].map(|name| Made::calm(name, 1.0).with(plateaus(&[10, 20, 40])));
    let report = of(&scratch, &made);
    assert_eq!(of_levels(&report, "value"), [10.0, 20.0, 40.0]);
    for level in series(&report)[0]["levels"].as_array().unwrap() {
        assert_eq!(level["runs"], json!([id("one"), id("two")]));
    }
    // Beside a run at one load it is one run whose load moved, over the other one: no level.
    let stairs = Made::calm("three", 1.0).with(plateaus(&[10, 20, 40]));
    let still = Made::calm("still", 1.0).with(plateaus(&[30]));
    let report = of(&scratch, &[stairs, still]);
    let levels = series(&report)[0]["levels"].as_array().unwrap();
    assert!(levels.iter().all(|level| level["from_s"].is_null()));
    assert_eq!(of_levels(&report, "value"), [30.0]);
    assert_eq!(series(&report)[0]["left_out"][0]["run"], id("three"));
}

#[test]
fn a_tail_of_too_few_requests_makes_no_knee() {
    let scratch = Scratch::new("odd-thin");
    let made = |requests: [u64; 3]| {
        let loads = [10.0, 20.0, 40.0].into_iter().zip(requests);
        let made: Vec<Made> = loads
            .map(|(users, requests)| {
                let slow = [20.0, 1000.0, 1200.0];
                let latencies = if users > 30.0 {
                    slow
                } else {
                    [20.0, 40.0, 60.0]
                };
                let name = format!("u{users}-{requests}");
                Made::new(&name, By::Users(users), requests, latencies)
            })
            .collect();
        of(&scratch, &made)
    };
    let many = made([10_000, 20_000, 40_000]);
    assert_eq!(series(&many)[0]["knee"]["criterion"], "blow_up");
    let few = made([20, 40, 80]);
    assert_eq!(series(&few)[0]["levels"][2]["support"]["p99"], "none");
    assert_eq!(series(&few)[0]["knee"]["found"], false);
    // Its size is said all the same, as what it is.
    let steps = series(&few)[0]["steps"].as_array().unwrap();
    let last = steps
        .iter()
        .rev()
        .find(|step| step["metric"] == "p99")
        .unwrap();
    assert_eq!(last["class"], "blow_up");
    assert_eq!(last["reasons"], json!(["thin", "by-size"]));
}

#[test]
fn endpoints_stand_at_levels_where_every_level_has_them_and_the_one_that_breaks_is_named() {
    let scratch = Scratch::new("odd-endpoints");
    let made = [(10.0, 60.0), (20.0, 61.0), (40.0, 900.0)].map(|(rate, slow)| {
        let mut endpoints = vec![
            json!({"name": "/still", "method": "GET", "stats": stats(9_000, 0, Some([20.0, 40.0, 60.0]))}),
            json!({"name": "/work", "method": "GET", "stats": stats(9_000, 90, Some([20.0, 40.0, slow]))}),
        ];
        if rate < 30.0 {
            let rare = stats(900, 0, Some([20.0, 40.0, 60.0]));
            endpoints.push(json!({"name": "/rare", "method": "GET", "stats": rare}));
        }
        Made::calm(&format!("at-{rate}"), rate).with(json!({"endpoints": endpoints}))
    });
    let report = of(&scratch, &made);
    let found = &series(&report)[0];
    for level in found["levels"].as_array().unwrap() {
        let endpoints = level["endpoints"].as_array().unwrap();
        let names: Vec<&Value> = endpoints.iter().map(|one| &one["endpoint"]).collect();
        assert_eq!(names, ["GET /still", "GET /work"]);
        near(number(&endpoints[1], "error_rate"), 0.01, 1e-12);
        near(number(&endpoints[1], "n"), 9_000.0, 0.0);
    }
    assert_eq!(found["knee"]["criterion"], "blow_up");
    assert_eq!(found["knee"]["endpoint"], "GET /work");
    assert_eq!(found["knee"]["metric"], "p99");
    near(
        number(found, "knee/evidence/ratio/value"),
        900.0 / 61.0,
        1e-9,
    );
    let blown = said(&report, "S01");
    assert_eq!(blown.len(), 1);
    assert!(blown[0].contains("p99 of GET /work"), "{blown:?}");
}

#[test]
fn the_label_of_the_level_by_flag_by_plan_and_by_run() {
    let scratch = Scratch::new("odd-labels");
    let files = ["a", "b"].map(|name| {
        Made::new(name, By::Nothing, 1000, [20.0, 40.0, 60.0])
            .with(json!({"source": {"tool": "hand", "format": "knee-run",
                "files": [{"name": format!("{name}.json"), "sha256": "0".repeat(64), "bytes": 0}]}}))
            .write(&scratch)
    });
    let runs = [
        format!("a{{users=10,cores=2}}={}", files[0]),
        format!("b{{users=30,cores=4}}={}", files[1]),
    ];
    let runs = [runs[0].as_str(), runs[1].as_str()];
    scratch.write("knee.toml", "[scale]\nlevel = 'users'\n");
    let report = scale(&scratch, &runs);
    assert_eq!(of_levels(&report, "value"), [10.0, 30.0]);
    assert_eq!(series(&report)[0]["level_name"], "users");
    let report = scale(&scratch, &[runs[0], runs[1], "--level", "cores"]);
    assert_eq!(of_levels(&report, "value"), [2.0, 4.0]);
    // `levels` of the plan, and a label of the run itself, which is the more exact word.
    scratch.write(
        "knee.toml",
        "[[scenario]]\nname = 'shop'\nruns = ['*.json']\nlevels = { 'a.json' = 5, 'b.json' = 7 }\n",
    );
    let report = scale(&scratch, &[&files[0], &files[1]]);
    assert_eq!(of_levels(&report, "value"), [5.0, 7.0]);
    assert_eq!(series(&report)[0]["level_of"], "stated");
    let exact = format!("a{{level=3}}={}", files[0]);
    let report = scale(&scratch, &[&exact, &files[1]]);
    assert_eq!(of_levels(&report, "value"), [3.0, 7.0]);
}

#[test]
fn a_report_has_a_series_where_there_are_several_levels() {
    let scratch = Scratch::new("odd-report");
    let files =
        [("a", 10.0), ("b", 20.0)].map(|(name, rate)| Made::calm(name, rate).write(&scratch));
    let report = |files: &[&str]| -> Value {
        let done = asked(&scratch, "report", files);
        assert_eq!(done.code, 0, "{}", done.err);
        serde_json::from_str(&done.out).unwrap()
    };
    assert_eq!(series(&report(&[&files[0]])), &Vec::<Value>::new());
    assert_eq!(
        of_levels(&report(&[&files[0], &files[1]]), "value"),
        [10.0, 20.0]
    );
}
