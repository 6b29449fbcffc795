//! What a comparison must not hide, and what only looks like a change: the shares of the endpoints, one slow response, some of the
//! runs.

use serde_json::Value;

use crate::unlike::{Made, check, made, parsed};

/// Exit code, and the state and reasons of a metric: of the whole run, or of an endpoint.
fn judged(
    case: &str,
    base: &[Made],
    new: &[Made],
    of: (Option<&str>, &str),
) -> (i32, String, Vec<Value>) {
    let done = check(&format!("hidden-{case}"), base, new, &["--format", "json"]);
    let found = parsed(&done);
    let metrics = found["comparisons"][0]["metrics"]
        .as_array()
        .unwrap()
        .clone();
    let is_it = |metric: &&Value| metric["endpoint"].as_str() == of.0 && metric["metric"] == of.1;
    let metric = metrics.iter().find(is_it).unwrap();
    let state = metric["state"].as_str().unwrap().to_owned();
    (
        done.code,
        state,
        metric["reasons"].as_array().unwrap().clone(),
    )
}

fn three(endpoints: &[(&str, u64, u64, f64)]) -> Vec<Made> {
    vec![made(endpoints); 3]
}

#[test]
fn an_endpoint_of_a_few_requests_that_dies_fails_the_check_in_two_jobs() {
    let base = three(&[("/a", 2_900, 0, 100.0), ("/pay", 100, 0, 100.0)]);
    let new = three(&[("/a", 2_900, 0, 100.0), ("/pay", 100, 100, 100.0)]);
    let (code, state, _) = judged("dead", &base, &new, (Some("GET /pay"), "error_rate"));
    assert_eq!((code, state.as_str()), (1, "regressed"));
    // Nine requests are too few for a proof, and all of them failing is no accident.
    let base = three(&[("/a", 2_991, 0, 100.0), ("/pay", 9, 0, 100.0)]);
    let new = three(&[("/a", 2_991, 0, 100.0), ("/pay", 9, 9, 100.0)]);
    let (code, state, reasons) = judged("few", &base, &new, (Some("GET /pay"), "error_rate"));
    assert_eq!((code, state.as_str()), (0, "suspect"));
    assert_eq!(reasons, ["beyond-scatter"]);
}

#[test]
fn some_runs_that_fail_or_crawl_are_said() {
    let fine = made(&[("/a", 3_000, 0, 100.0)]);
    let failing = made(&[("/a", 3_000, 1_300, 100.0)]);
    let slow = made(&[("/a", 3_000, 0, 1_000.0)]);
    let base = vec![fine.clone(); 3];
    let of = |case: &str, new: [&Made; 3], metric| {
        judged(case, &base, &new.map(Clone::clone), (None, metric))
    };
    let (code, state, reasons) = of("one", [&failing, &fine, &fine], "error_rate");
    assert_eq!((code, state.as_str()), (0, "suspect"));
    assert_eq!(reasons, ["some-runs"]);
    let (code, state, _) = of("two", [&failing, &fine, &failing], "error_rate");
    assert_eq!((code, state.as_str()), (1, "regressed"));
    let (code, state, _) = of("slow", [&fine, &slow, &fine], "p50");
    assert_eq!((code, state.as_str()), (0, "suspect"));
    let new = [fine.clone(), slow, fine];
    let done = check("hidden-said", &base, &new, &[]);
    let words = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("1 of 3 new runs far beyond every run of the base"),
        "{words}"
    );
    assert!(
        !words.to_lowercase().contains("no regression against"),
        "{words}"
    );
}

#[test]
fn goodput_is_judged_where_hardly_anything_succeeds() {
    let open = |served: u64, ms: f64| {
        let mut run = made(&[("/a", served, 0, ms)]);
        run.offered = Some(100.0);
        vec![run; 3]
    };
    let (code, state, _) = judged(
        "starved",
        &open(3_000, 100.0),
        &open(60, 100.0),
        (None, "goodput"),
    );
    assert_eq!((code, state.as_str()), (1, "regressed"));
}

#[test]
fn shares_of_endpoints_that_move_a_little_are_no_regression() {
    let of = |slow: u64, ms: f64| {
        three(&[
            ("/a", 3_000 - slow, 0, 100.0),
            ("/slow", slow, slow / 5, ms),
        ])
    };
    let (code, state, reasons) = judged(
        "mix-rate",
        &of(90, 100.0),
        &of(200, 100.0),
        (None, "error_rate"),
    );
    assert_eq!((code, state.as_str()), (0, "suspect"));
    assert_eq!(reasons, ["mix"]);
    let (code, state, reasons) = judged(
        "mix-p95",
        &of(90, 3_000.0),
        &of(200, 3_000.0),
        (None, "p95"),
    );
    assert_eq!((code, state.as_str()), (0, "suspect"));
    assert_eq!(reasons, ["mix"]);
    // The same shift, and the endpoint fails twice as often.
    let mut worse = of(200, 100.0);
    for run in &mut worse {
        run.endpoints[1].2 *= 2;
    }
    let (code, state, _) = judged("mix-worse", &of(90, 100.0), &worse, (None, "error_rate"));
    assert_eq!((code, state.as_str()), (1, "regressed"));
    // The same shift, and everything is three times as slow.
    let slower = three(&[("/a", 2_800, 0, 300.0), ("/slow", 200, 40, 9_000.0)]);
    let (code, state, _) = judged("mix-slower", &of(90, 3_000.0), &slower, (None, "p95"));
    assert_eq!((code, state.as_str()), (1, "regressed"));
}

#[test]
fn another_mix_leaves_an_endpoint_that_crawls_suspect() {
    let base = three(&[("/a", 1_500, 0, 100.0), ("/b", 1_500, 0, 100.0)]);
    let new = three(&[("/a", 1_500, 0, 100.0), ("/b", 500, 0, 3_000.0)]);
    let (code, state, reasons) = judged("mix-crawl", &base, &new, (Some("GET /b"), "p50"));
    assert_eq!((code, state.as_str()), (3, "suspect"));
    assert_eq!(reasons, ["V22"]);
}

#[test]
fn one_slow_response_at_the_end_is_no_loss_of_goodput() {
    let open = |seconds: f64, straggler: Option<f64>, ms: f64| {
        let mut run = made(&[("/a", 1_500, 0, ms)]);
        (run.seconds, run.straggler, run.offered) = (seconds, straggler, Some(50.0));
        vec![run; 3]
    };
    let base = open(30.0, None, 100.0);
    let straggler = open(45.0, Some(14_900.0), 100.0);
    let (_, state, reasons) = judged("straggler", &base, &straggler, (None, "goodput"));
    assert_eq!(state, "undecided");
    assert_eq!(reasons.last().unwrap(), "stragglers");
    // A queue that all of them wait in is a loss.
    let (code, state, _) = judged(
        "queue",
        &base,
        &open(45.0, None, 10_500.0),
        (None, "goodput"),
    );
    assert_eq!((code, state.as_str()), (1, "regressed"));
}
