//! Logs of requests with a label: what was sent and when stands in them, what was meant to be sent only in the label.

use std::fmt::Write;

use serde_json::Value;

use super::{asked, near, number};
use crate::Scratch;

/// A log of 60 s: so many requests a second, each so slow, so many of them answered.
struct Log {
    label: f64,
    sent_per_s: u32,
    latency_ms: f64,
    good_per_s: u32,
    is_timed: bool,
    /// The latency of the very last request, where it is another.
    last_ms: Option<f64>,
}

impl Log {
    fn calm(label: f64, sent_per_s: u32) -> Log {
        Log {
            label,
            sent_per_s,
            latency_ms: 10.0,
            good_per_s: sent_per_s,
            is_timed: true,
            last_ms: None,
        }
    }

    fn text(&self) -> String {
        let mut text = String::from(if self.is_timed { "timestamp," } else { "" });
        text.push_str("endpoint,latency_ms,success\n");
        for second in 0..60 {
            for request in 0..self.sent_per_s {
                if self.is_timed {
                    let at = 1_700_000_000.0
                        + f64::from(second)
                        + f64::from(request) / f64::from(self.sent_per_s);
                    write!(text, "{at:.3},").unwrap();
                }
                // Latencies that differ a little.
                let latency = self.latency_ms * (0.95 + f64::from(request % 11) / 100.0);
                let is_last = (second, request) == (59, self.sent_per_s - 1);
                let latency = self.last_ms.filter(|_| is_last).unwrap_or(latency);
                let is_good = request < self.good_per_s;
                writeln!(text, "GET /a,{latency:.3},{is_good}").unwrap();
            }
        }
        text
    }

    fn write(&self, scratch: &Scratch) -> String {
        let name = format!("at-{}.csv", self.label);
        scratch.write(&name, self.text());
        format!("at{0}{{rate={0}}}={name}", self.label)
    }
}

fn scale(scratch: &Scratch, logs: &[Log]) -> Value {
    let mut arguments: Vec<String> = logs.iter().map(|log| log.write(scratch)).collect();
    arguments.extend(["--level".to_owned(), "rate".to_owned()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = asked(scratch, "scale", &arguments);
    let report: Value = serde_json::from_str(&done.out).expect(&done.err);
    report["scalings"][0].clone()
}

#[test]
fn a_generator_that_is_slower_than_its_label_is_no_knee() {
    let scratch = Scratch::new("label-slow-generator");
    let logs = [(10.0, 10), (20.0, 20), (40.0, 30), (80.0, 30)];
    let mut logs = logs.map(|(label, sent)| Log::calm(label, sent));
    // The same bytes would be one run, given again.
    logs[3].latency_ms = 10.1;
    let found = scale(&scratch, &logs);
    assert_eq!(found["knee"]["found"], false, "{}", found["knee"]);
    assert_eq!(found["levels"].as_array().unwrap().len(), 2);
    let left = found["left_out"].as_array().unwrap();
    assert_eq!(left.len(), 2);
    let reason = left[0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("its label is 40, and 30/s were sent: fewer"),
        "{reason}"
    );
    // Nothing is known of 80/s, which was never sent.
    let arguments: Vec<String> = [10, 20, 40, 80]
        .map(|of| format!("at{of}{{rate={of}}}=at-{of}.csv"))
        .to_vec();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--level", "rate", "--target", "p95 < 1s up to 80/s"]);
    let done = asked(&scratch, "check", &arguments);
    assert_eq!(done.code, 3, "{}", done.out);
    assert!(done.out.contains("no level reaches 80/s"), "{}", done.out);
}

#[test]
fn a_server_that_lets_them_wait_is_one() {
    let scratch = Scratch::new("label-slow-server");
    let mut logs = [(10.0, 10), (20.0, 20), (40.0, 30), (80.0, 30)]
        .map(|(label, sent)| Log::calm(label, sent));
    logs[2].latency_ms = 200.0;
    logs[3].latency_ms = 400.0;
    let found = scale(&scratch, &logs);
    assert_eq!(
        found["knee"]["criterion"], "saturation",
        "{}",
        found["knee"]
    );
    near(number(&found["knee"], "level"), 30.0, 0.05);
}

#[test]
fn goodput_that_collapses_shows_no_plateau_and_the_last_served_load_is_good() {
    let scratch = Scratch::new("label-collapse");
    let mut logs = [(10.0, 10), (20.0, 20), (40.0, 40)].map(|(label, sent)| Log::calm(label, sent));
    logs[2].good_per_s = 4;
    let found = scale(&scratch, &logs);
    let knee = &found["knee"];
    assert_eq!(knee["method"], "middle", "{knee}");
    assert_eq!(
        (number(knee, "last_good"), number(&knee["interval"], "lo")),
        (20.0, 20.0)
    );
    near(number(&knee["interval"], "hi"), 40.0, 0.0);
}

#[test]
fn without_times_a_level_that_fails_is_beyond_the_knee_and_no_further() {
    let scratch = Scratch::new("label-untimed");
    let mut logs = [(10.0, 10), (20.0, 20), (40.0, 40)].map(|(label, sent)| Log {
        is_timed: false,
        ..Log::calm(label, sent)
    });
    logs[2].good_per_s = 0;
    let found = scale(&scratch, &logs);
    let knee = &found["knee"];
    assert_eq!(
        (number(knee, "last_good"), number(&knee["interval"], "hi")),
        (20.0, 40.0)
    );
    let done = asked(&scratch, "scale", &["at-10.csv"]);
    assert_eq!(done.code, 2, "no label: no load");
}

#[test]
fn a_cold_first_level_and_a_late_last_answer_make_no_generator_slow() {
    let scratch = Scratch::new("label-cold");
    let logs = [
        (10.0, 10, 100.0),
        (20.0, 20, 30.0),
        (40.0, 30, 110.0),
        (80.0, 30, 115.0),
    ];
    let found = scale(
        &scratch,
        &logs.map(|(label, sent, latency_ms)| Log {
            latency_ms,
            ..Log::calm(label, sent)
        }),
    );
    assert_eq!(
        found["knee"]["criterion"], "saturation",
        "{}",
        found["knee"]
    );
    assert_eq!(found["left_out"].as_array().unwrap().len(), 0);

    let scratch = Scratch::new("label-late");
    let mut logs = [(10.0, 10), (20.0, 20), (40.0, 40)].map(|(label, sent)| Log::calm(label, sent));
    logs[2].last_ms = Some(10_000.0);
    let found = scale(&scratch, &logs);
    assert_eq!(
        found["levels"].as_array().unwrap().len(),
        3,
        "{}",
        found["left_out"]
    );
}

#[test]
fn the_slow_one_is_left_out_whichever_it_is_and_in_any_order() {
    // The lowest label is the one that was not sent, and a repeat of it was.
    for (name, order) in [
        ("label-order-a", [0, 1, 2, 3]),
        ("label-order-b", [3, 2, 1, 0]),
    ] {
        let scratch = Scratch::new(name);
        let logs = [
            Log::calm(10.0, 5),
            Log::calm(10.0, 10),
            Log::calm(20.0, 20),
            Log::calm(40.0, 40),
        ];
        let mut runs: Vec<String> = Vec::new();
        for (place, log) in logs.iter().enumerate() {
            let file = format!("log-{place}.csv");
            scratch.write(&file, log.text());
            runs.push(format!("run{place}{{rate={}}}={file}", log.label));
        }
        let mut arguments: Vec<&str> = order.iter().map(|place| runs[*place].as_str()).collect();
        arguments.extend(["--level", "rate"]);
        let done = asked(&scratch, "scale", &arguments);
        let report: Value = serde_json::from_str(&done.out).expect(&done.err);
        let found = &report["scalings"][0];
        assert_eq!(found["levels"].as_array().unwrap().len(), 3, "{found}");
        let left = found["left_out"].as_array().unwrap();
        assert_eq!(left.len(), 1);
        let reason = left[0]["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("its label is 10, and 5.02/s were sent"),
            "{reason}"
        );
    }
}
