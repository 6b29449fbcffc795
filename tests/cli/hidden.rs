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
    // Two bad runs of six are both of one side in one of five cases.
    let (code, state, _) = of("two", [&failing, &fine, &failing], "error_rate");
    assert_eq!((code, state.as_str()), (0, "suspect"));
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
    // Longer than any response explains: it was sent so slowly.
    let (code, state, _) = judged(
        "sent-slowly",
        &base,
        &open(60.0, None, 100.0),
        (None, "goodput"),
    );
    assert_eq!((code, state.as_str()), (1, "regressed"));
    // A queue that all of them wait in is a loss.
    let (code, state, _) = judged(
        "queue",
        &base,
        &open(45.0, None, 10_500.0),
        (None, "goodput"),
    );
    assert_eq!((code, state.as_str()), (1, "regressed"));
}

#[test]
fn what_the_shares_of_the_endpoints_hide_is_suspect() {
    // Each endpoint fails twice as often, and the one that fails is asked for half as often.
    let base = three(&[("/a", 2_000, 0, 100.0), ("/b", 1_000, 50, 100.0)]);
    let new = three(&[("/a", 2_120, 0, 100.0), ("/b", 880, 88, 100.0)]);
    let (_, state, _) = judged("simpson-plain", &base, &new, (Some("GET /b"), "error_rate"));
    assert_eq!(state, "regressed");
    let parts = |share: u64, failing: u64| {
        let small = (0..20)
            .map(|_| ("", share, failing, 100.0))
            .collect::<Vec<_>>();
        let mut run = made(&[("/fine", 10_000 - 20 * share, 0, 100.0)]);
        let named = small.into_iter().enumerate();
        run.endpoints
            .extend(named.map(|(place, (_, n, failed, ms))| (format!("/e{place}"), n, failed, ms)));
        vec![run; 3]
    };
    let of = (None, "error_rate");
    let (_, state, reasons) = judged("simpson", &parts(200, 10), &parts(100, 10), of);
    assert_eq!(state, "suspect");
    assert_eq!(reasons, ["at-one-mix"]);
}

#[test]
fn a_new_endpoint_that_fails_is_new_however_little_went() {
    let base = three(&[("/a", 2_990, 0, 100.0), ("/old", 10, 0, 100.0)]);
    let new = three(&[("/a", 2_900, 0, 100.0), ("/x", 120, 120, 100.0)]);
    let (code, state, _) = judged("new-dead", &base, &new, (None, "error_rate"));
    assert_eq!((code, state.as_str()), (1, "regressed"));
}

#[test]
fn thin_endpoints_that_are_all_slower_are_a_regression_beside_a_new_one() {
    let of = |ms: f64, new: &[(String, u64, u64, f64)]| {
        let mut run = made(&[]);
        run.endpoints = (0..50)
            .map(|place| (format!("/t{place}"), 60, 0, ms))
            .collect();
        run.endpoints.extend_from_slice(new);
        vec![run; 3]
    };
    let new = of(190.0, &[("/new".to_owned(), 50, 0, 20.0)]);
    let (code, state, _) = judged("thin-slower", &of(100.0, &[]), &new, (None, "p50"));
    assert_eq!((code, state.as_str()), (1, "regressed"));
}
