//! Answers that come after the last request: a fluid queue that serves 46 requests a second, for 30 s.

use serde_json::{Value, json};

use super::by_hand::{By, Made, stats};
use super::{asked, scale};
use crate::Scratch;

const CAPACITY: f64 = 46.0;
const SECONDS: f64 = 30.0;

fn count(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is small and above 0"
    )]
    let count = number.round() as u64;
    count
}

/// So many offered a second; the longest answer is `late` seconds longer than the queue makes it.
fn run(offered: f64, late: f64) -> Made {
    let requests = count(offered * SECONDS);
    let drain = (offered / CAPACITY - 1.0).max(0.0) * SECONDS;
    let wait = |share: f64| 20.0 + 1000.0 * share * drain;
    let mut overall = stats(requests, 0, Some([wait(0.5), wait(0.95), wait(0.99)]));
    overall["latency_ms"]["max"] = json!(wait(1.0) + 1000.0 * late);
    let more = json!({
        "duration_s": SECONDS + drain + 0.02 + late,
        "load": {"model": "open", "offered_per_s": offered},
        "overall": overall,
    });
    Made::new(
        &format!("offered-{offered}"),
        By::Nothing,
        requests,
        [0.0; 3],
    )
    .with(more)
}

/// The same with slices of 3 s, in which requests stand where they were sent, or where they were answered.
fn timed(offered: f64, as_sent: bool) -> Made {
    let mut made = run(offered, 0.0);
    let served = offered.min(CAPACITY);
    let all = offered * SECONDS;
    // One request is under way until the end.
    let left = |until: f64| match until {
        0.0 => all,
        _ if served * until > all + 3.0 => 0.0,
        _ => (all - served * until).max(0.0) + 1.0,
    };
    let mut slices: Vec<Value> = Vec::new();
    for place in 0..40 {
        let start = 3.0 * f64::from(place);
        let answered = count(left(start) - left(start + 3.0));
        let sent = if start < SECONDS {
            count(3.0 * offered)
        } else {
            0
        };
        if answered + sent == 0 {
            break;
        }
        let mut stats = stats(if as_sent { sent } else { answered }, 0, None);
        if as_sent {
            stats["responses"] = json!(answered);
        }
        slices.push(json!({"start_s": start, "duration_s": 3.0, "stats": stats}));
    }
    made.more["timeline"] = json!(slices);
    made
}

const LEVELS: [f64; 7] = [10.0, 20.0, 30.0, 40.0, 49.0, 60.0, 75.0];

fn series(name: &str, of: impl Fn(f64) -> Made, levels: &[f64]) -> Value {
    let scratch = Scratch::new(&format!("scale-drain-{name}"));
    let files: Vec<String> = levels
        .iter()
        .map(|offered| of(*offered).write(&scratch))
        .collect();
    let arguments: Vec<&str> = files.iter().map(String::as_str).collect();
    let report = scale(&scratch, &arguments);
    let fired = report["findings"].as_array().unwrap();
    assert!(
        fired.iter().all(|finding| finding["rule"] != "V41"),
        "{name}: {fired:?}"
    );
    report["scalings"][0].clone()
}

#[test]
fn saturated_levels_are_levels_and_the_knee_is_the_capacity() {
    let whole = |offered| run(offered, 0.0);
    let sent = |offered| timed(offered, true);
    let answered = |offered| timed(offered, false);
    let ways: [(&str, &dyn Fn(f64) -> Made); 3] =
        [("whole", &whole), ("sent", &sent), ("answered", &answered)];
    for (name, of) in ways {
        let series = series(name, of, &LEVELS);
        assert_eq!(series["levels"].as_array().unwrap().len(), 7, "{name}");
        let knee = &series["knee"];
        assert_eq!(knee["criterion"], "saturation", "{name}");
        let level = knee["level"].as_f64().unwrap();
        assert!(
            (level / CAPACITY - 1.0).abs() < 0.03,
            "{name}: {level} {series}"
        );
        assert_eq!(knee["last_good"], 40.0, "{name}");
    }
}

#[test]
fn one_late_answer_is_no_saturation() {
    // Of 300 to 1,200 requests one took 10 s longer.
    let series = series("late", |offered| run(offered, 10.0), &LEVELS[..4]);
    assert_eq!(series["levels"].as_array().unwrap().len(), 4);
    assert_eq!(series["knee"]["found"], false);
}

#[test]
fn a_generator_that_made_less_in_the_time_of_load_is_still_said() {
    let scratch = Scratch::new("scale-drain-slow");
    let mut slow = run(49.0, 0.0);
    // As fast as unloaded, and it took 40.7 s to send them.
    slow.more["duration_s"] = json!(40.7);
    slow.more["overall"] = stats(1_470, 0, Some([20.0, 40.0, 60.0]));
    let file = slow.write(&scratch);
    let done = asked(&scratch, "scale", &[&file]);
    assert_eq!(done.code, 2);
    assert!(
        done.err
            .contains("1,470 of 1,990 offered requests were made (73.87 %)"),
        "{}",
        done.err
    );
}
