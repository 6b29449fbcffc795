//! `knee scale`: levels, steps, knee, law and targets on levels, against figures that were found without it.

mod by_hand;
mod by_label;
mod drain;
mod mix;
mod odd;
mod real;
mod targets;
mod usl;

use serde_json::Value;

use crate::{Done, Scratch, sample};

/// What the program says of a series; it has to end well.
pub(crate) fn scale(scratch: &Scratch, arguments: &[&str]) -> Value {
    let done = asked(scratch, "scale", arguments);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

/// A command with JSON as its output.
pub(crate) fn asked(scratch: &Scratch, command: &str, arguments: &[&str]) -> Done {
    let all: Vec<&str> = [command]
        .into_iter()
        .chain(arguments.iter().copied())
        .chain(["--format", "json"])
        .collect();
    scratch.knee(&all)
}

/// A number at a path such as `scalings/0/knee/level`.
pub(crate) fn number(of: &Value, path: &str) -> f64 {
    let found = of.pointer(&format!("/{path}")).and_then(Value::as_f64);
    assert!(found.is_some(), "no number at {path} of {of}");
    found.unwrap()
}

/// Whether a figure is the other one to that share.
pub(crate) fn near(found: f64, wanted: f64, share: f64) {
    assert!(
        (found - wanted).abs() <= share * wanted.abs(),
        "{found} is not {wanted}"
    );
}

/// One figure of every level.
pub(crate) fn of_levels(report: &Value, name: &str) -> Vec<f64> {
    let levels = report["scalings"][0]["levels"].as_array().unwrap();
    levels.iter().map(|level| number(level, name)).collect()
}

/// Messages of the findings of a rule.
pub(crate) fn said<'a>(report: &'a Value, rule: &str) -> Vec<&'a str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| finding["message"].as_str().unwrap())
        .collect()
}

/// Steps of the whole run as metric, exponent by the mean and by the peak, class.
fn steps(report: &Value) -> Vec<(String, f64, f64, String)> {
    let steps = report["scalings"][0]["steps"].as_array().unwrap();
    steps
        .iter()
        .filter(|step| step["endpoint"].is_null())
        .map(|step| {
            (
                step["metric"].as_str().unwrap().to_owned(),
                number(step, "exponent"),
                step["exponent_peak"].as_f64().unwrap_or(f64::NAN),
                step["class"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

/// Reports 2 to 4 of document 000: 480, 720 and 1200 requests in 60 s.
fn document() -> [String; 3] {
    ["2", "3", "4"].map(|which| {
        let path = sample(&format!("artillery/perf-shot/report-{which}.json"));
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn document_000_by_its_stated_rates_has_the_exponents_of_issue_5() {
    let scratch = Scratch::new("scale-000");
    let [two, three, four] = document();
    let runs = [
        format!("r2{{rate=1}}={two}"),
        format!("r3{{rate=1..2}}={three}"),
        format!("r4{{rate=1..4}}={four}"),
    ];
    let report = scale(&scratch, &[&runs[0], &runs[1], &runs[2], "--level", "rate"]);
    assert_eq!(report["scalings"].as_array().unwrap().len(), 1);
    assert_eq!(of_levels(&report, "value"), [1.0, 1.5, 2.5]);
    assert_eq!(of_levels(&report, "n"), [480.0, 720.0, 1200.0]);
    let series = &report["scalings"][0];
    assert!(series["levels"][0]["peak"].is_null());
    near(number(series, "levels/1/peak"), 2.0, 0.0);
    near(number(series, "levels/2/peak"), 4.0, 0.0);

    // ln of the published ratios over ln of the loads: 32.1/15 and 70.1/32.1, 772.9/368.8 and 2893.5/772.9, 854.2/407.5
    // and 8024.5/854.2; 1.5 and 2.5/1.5 by the means, 2 and 2 by the peaks.
    let wanted = [
        ("p50", 1.88, 1.10, "undecided"),
        ("p50", 1.53, 1.13, "undecided"),
        ("p95", 1.82, 1.07, "undecided"),
        ("p95", 2.58, 1.90, "blow_up"),
        ("p99", 1.83, 1.07, "undecided"),
        ("p99", 4.39, 3.23, "blow_up"),
    ];
    let found = steps(&report);
    assert_eq!(found.len(), wanted.len());
    for ((metric, mean, peak, class), wanted) in found.iter().zip(wanted) {
        assert_eq!((metric.as_str(), class.as_str()), (wanted.0, wanted.3));
        assert!((mean - wanted.1).abs() <= 0.005, "{metric} {mean}");
        assert!((peak - wanted.2).abs() <= 0.005, "{metric} {peak}");
    }
    let all = series["steps"].as_array().unwrap();
    for (step, load_ratio) in all.iter().zip([1.5, 5.0 / 3.0].into_iter().cycle()) {
        near(number(step, "load_ratio"), load_ratio, 1e-9);
        near(number(step, "load_ratio_peak"), 2.0, 1e-9);
    }
    for undecided in [&all[0], &all[1], &all[2], &all[4]] {
        assert_eq!(undecided["reasons"], serde_json::json!(["ramp"]));
    }
    near(number(&all[5], "ratio"), 8024.5 / 854.2, 1e-9);
    // What would be in proportion to at most twice the load is 1708.4 ms.
    near(number(&all[5], "excess_over_linear"), 8024.5 / 1708.4, 1e-9);
    near(number(&all[3], "excess_over_linear"), 1.87, 0.005);

    let knee = &series["knee"];
    assert_eq!(knee["found"], true);
    assert_eq!(knee["criterion"], "blow_up");
    assert_eq!(knee["metric"], "p99");
    assert!(knee["endpoint"].is_null());
    near(number(knee, "interval/lo"), 2.0, 0.0);
    near(number(knee, "interval/hi"), 4.0, 0.0);
    near(number(knee, "last_good"), 1.5, 0.0);
    // Goodput still follows the load: what was seen is no capacity, and nothing was drawn out of it.
    assert_eq!(series["capacity"]["within_range"], false);
    assert!(series["usl"].is_null());
    let ratios = said(&report, "V23");
    assert_eq!(ratios.len(), 2, "{ratios:?}");
    assert!(ratios[0].contains("1.5x") && ratios[0].contains("2x"));
    assert!(ratios[1].contains("1.67x") && ratios[1].contains("2x"));
    assert_eq!(said(&report, "S01").len(), 1);
    let text = scratch.knee(&["scale", &runs[0], &runs[1], &runs[2], "--level", "rate"]);
    let text = text.out;
    assert!(
        text.contains("p99 grows 9.4 times for at most twice the load"),
        "{text}"
    );
    assert!(text.contains("between 2/s and 4/s"), "{text}");
}

#[test]
fn document_000_without_labels_is_measured() {
    let scratch = Scratch::new("scale-000-measured");
    let [two, three, four] = document();
    let report = scale(&scratch, &[&two, &three, &four]);
    // 60, 90 and 150 users in 60 s.
    let values = of_levels(&report, "value");
    for (found, wanted) in values.iter().zip([1.0, 1.5, 2.5]) {
        near(*found, wanted, 0.01);
    }
    let series = &report["scalings"][0];
    // The line through the arrivals of six windows.
    near(number(series, "levels/1/peak"), 2.0, 0.05);
    near(number(series, "levels/2/peak"), 4.0, 0.05);
    let classes: Vec<String> = steps(&report).into_iter().map(|step| step.3).collect();
    let open = "undecided";
    let blown = "blow_up";
    assert_eq!(classes, [open, open, open, blown, open, blown]);
    assert_eq!(series["knee"]["metric"], "p99");
    assert!(number(series, "knee/last_good") < 2.0);
    assert_eq!(said(&report, "V23").len(), 2);
}

#[test]
fn document_000_by_knee_toml_states_the_peaks_of_its_ramps() {
    let scratch = Scratch::new("scale-000-toml");
    scratch.write(
        "knee.toml",
        "[[scenario]]\nname = 'purchase'\nruns = ['report-*.json']\n\
         levels = { 'report-2.json' = 1, 'report-3.json' = 2, 'report-4.json' = 4 }\n",
    );
    let [two, three, four] = document();
    let report = scale(&scratch, &[&two, &three, &four]);
    let series = &report["scalings"][0];
    assert_eq!(series["scenario"], "purchase");
    assert_eq!(series["level_name"], "arrivals/s");
    for (found, wanted) in of_levels(&report, "value").iter().zip([1.0, 1.5, 2.5]) {
        near(*found, wanted, 0.01);
    }
    for (place, peak) in [(1, 2.0), (2, 4.0)] {
        near(number(series, &format!("levels/{place}/peak")), peak, 0.0);
        near(number(series, &format!("levels/{place}/stated")), peak, 0.0);
    }
    near(number(series, "knee/interval/lo"), 2.0, 0.0);
    near(number(series, "knee/interval/hi"), 4.0, 0.0);
    assert_eq!(said(&report, "V23").len(), 2);
}
