//! Sides that were not run alike: what is not comparable is refused, what can be judged is.

use serde_json::{Value, json};

use crate::{Done, Scratch};

/// One run in `knee.run/1`, by hand.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) seconds: f64,
    pub(crate) offered: Option<f64>,
    /// One response of the first endpoint more, in ms.
    pub(crate) straggler: Option<f64>,
    /// Name, requests, failures, the middle of the latency in ms.
    pub(crate) endpoints: Vec<(String, u64, u64, f64)>,
    pub(crate) started_at: Option<&'static str>,
    tool_version: Option<&'static str>,
}

pub(crate) fn made(endpoints: &[(&str, u64, u64, f64)]) -> Made {
    let endpoints = endpoints.iter();
    Made {
        seconds: 30.0,
        offered: None,
        straggler: None,
        endpoints: endpoints
            .map(|(name, n, failed, ms)| ((*name).to_owned(), *n, *failed, *ms))
            .collect(),
        started_at: None,
        tool_version: None,
    }
}

/// Nine steps from 0.6 to 1.4 times the middle, the same share of the requests each.
fn latency(parts: &[(u64, f64)], straggler: Option<f64>, shake: f64) -> Value {
    let mut values: Vec<(f64, u64)> = Vec::new();
    for (n, ms) in parts {
        for step in 0..9_u64 {
            let count = n / 9 + u64::from(step < n % 9);
            let factor = 0.6 + f64::from(u32::try_from(step).unwrap()) / 10.0;
            values.push((ms * factor * shake, count));
        }
    }
    values.extend(straggler.map(|ms| (ms, 1)));
    values.retain(|(_, count)| *count > 0);
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count: u64 = values.iter().map(|(_, n)| n).sum();
    let sum: f64 = values.iter().map(|(ms, n)| ms * *n as f64).sum();
    let ms: Vec<f64> = values.iter().map(|(ms, _)| *ms).collect();
    json!({
        "population": "ok", "from": "send", "to": "last_byte", "count": count, "quantile_method": "nearest_rank",
        "resolution": {"kind": "exact", "relative": null, "absolute_ms": null},
        "min": ms.first(), "mean": sum / count as f64, "max": ms.last(),
        "histogram": {"lower_ms": ms, "upper_ms": ms, "count": values.iter().map(|(_, n)| n).collect::<Vec<_>>()},
    })
}

impl Made {
    fn json(&self, seed: u32) -> Value {
        // No two runs agree in every figure.
        let shake = 1.0 + f64::from(seed % 23) / 2_000.0;
        let stats = |parts: &[(u64, u64, f64)], straggler: Option<f64>| {
            let requests: u64 = parts.iter().map(|(n, ..)| n).sum();
            let requests = requests + u64::from(straggler.is_some());
            let failures: u64 = parts.iter().map(|(_, failed, _)| failed).sum();
            let fine: Vec<(u64, f64)> = parts
                .iter()
                .map(|(n, failed, ms)| (n - failed, *ms))
                .collect();
            json!({
                "requests": requests, "failures": failures,
                "rate_per_s": requests as f64 / self.seconds,
                "goodput_per_s": (requests - failures) as f64 / self.seconds,
                "latency_ok_ms": latency(&fine, straggler, shake),
            })
        };
        let all: Vec<(u64, u64, f64)> = self
            .endpoints
            .iter()
            .map(|(_, n, failed, ms)| (*n, *failed, *ms))
            .collect();
        let endpoints: Vec<Value> = self
            .endpoints
            .iter()
            .zip(&all)
            .enumerate()
            .map(|(place, ((name, ..), part))| {
                let straggler = self.straggler.filter(|_| place == 0);
                json!({"name": name, "method": "GET", "stats": stats(&[*part], straggler)})
            })
            .collect();
        json!({
            "schema": "knee.run/1", "id": format!("{seed:064x}"), "name": format!("r{seed}"),
            "source": {"tool": "k6", "tool_version": self.tool_version, "format": "knee-run"},
            "duration_s": self.seconds, "started_at": self.started_at,
            "load": {"model": self.offered.map(|_| "open"), "offered_per_s": self.offered},
            "overall": stats(&all, self.straggler), "endpoints": endpoints,
        })
    }
}

/// An array of runs. A reader looks for the schema at the beginning, and `Value` sorts its members.
fn array(runs: impl IntoIterator<Item = Value>) -> String {
    let texts = runs.into_iter().map(|mut run| {
        run.as_object_mut().unwrap().remove("schema");
        let text = run.to_string();
        format!(
            "{{\"schema\":\"knee.run/1\",{}",
            text.strip_prefix('{').unwrap()
        )
    });
    format!("[{}]", texts.collect::<Vec<_>>().join(","))
}

/// Writes the runs of both sides and checks one against the other.
pub(crate) fn check(case: &str, base: &[Made], new: &[Made], more: &[&str]) -> Done {
    let scratch = Scratch::new(&format!("unlike-{case}"));
    let write = |name: &str, runs: &[Made], from: u32| {
        let runs = (from..).zip(runs).map(|(seed, run)| run.json(seed));
        scratch.write(name, array(runs));
    };
    write("base.json", base, 10);
    write("new.json", new, 21);
    scratch.knee(&[&["check", "--base", "base.json", "--new", "new.json"], more].concat())
}

pub(crate) fn parsed(done: &Done) -> Value {
    assert!(done.out.starts_with('{'), "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

fn comparison(case: &str, base: &[Made], new: &[Made]) -> Value {
    let done = check(case, base, new, &["--format", "json"]);
    let report = parsed(&done);
    report["comparisons"][0].clone()
}

fn three(run: &Made) -> Vec<Made> {
    vec![run.clone(); 3]
}

fn state<'a>(comparison: &'a Value, endpoint: Option<&str>, metric: &str) -> &'a str {
    let metrics = comparison["metrics"].as_array().unwrap().iter();
    let mut of = metrics.filter(|of| of["endpoint"].as_str() == endpoint && of["metric"] == metric);
    of.next().unwrap()["state"].as_str().unwrap()
}

#[test]
fn sides_without_a_common_endpoint_are_no_pass() {
    let base = three(&made(&[("/x", 3_000, 0, 100.0)]));
    let new = three(&made(&[("/y", 3_000, 0, 100.0)]));
    let done = check("disjoint", &base, &new, &[]);
    assert_eq!(done.code, 3, "{}", done.out);
    assert!(done.out.contains("NOT COMPARABLE"), "{}", done.out);
    assert!(!done.out.contains("No regression"), "{}", done.out);
    let words = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("No endpoint has requests on both sides: the base has \"GET /x\", the new side \"GET /y\"."),
        "{words}"
    );
    assert!(words.contains("[[rename]]"), "{words}");
    let found = comparison("disjoint-json", &base, &new);
    assert_eq!(found["compared_share"], 0.0);
    assert_eq!(found["endpoints_compared"], 0);
    assert_eq!(found["reasons"], json!(["V22"]));
}

#[test]
fn half_of_the_endpoints_exchanged_is_no_pass_either() {
    let base = three(&made(&[("/a", 1_500, 0, 100.0), ("/b", 1_500, 0, 100.0)]));
    let same = three(&made(&[("/a", 1_500, 0, 100.0), ("/c", 1_500, 0, 100.0)]));
    let done = check("half", &base, &same, &[]);
    assert_eq!(done.code, 3, "{}", done.out);
    assert!(!done.out.contains("No regression"), "{}", done.out);
    let words = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(
            "Only 1 of 3 endpoints has requests on both sides, with 50 % of the requests"
        ),
        "{words}"
    );
    let found = comparison("half-json", &base, &same);
    assert_eq!(found["compared_share"], 0.5);
    assert_eq!(found["verdict"], "not_comparable");
    assert_eq!(state(&found, None, "p50"), "undecided");
    // What both have is judged, and its regression outranks the rest.
    let slower = three(&made(&[("/a", 1_500, 0, 200.0), ("/c", 1_500, 0, 100.0)]));
    let done = check("half-slower", &base, &slower, &[]);
    assert_eq!(done.code, 1, "{}", done.out);
    let found = comparison("half-slower-json", &base, &slower);
    assert_eq!(found["verdict"], "regressed");
    assert_eq!(state(&found, Some("GET /a"), "p50"), "regressed");
    assert_eq!(state(&found, None, "p50"), "undecided");
}

#[test]
fn the_same_holds_against_an_accepted_baseline() {
    let scratch = Scratch::new("unlike-accepted");
    let runs = |runs: &[Made], from: u32| {
        let runs = (from..).zip(runs).map(|(seed, run)| run.json(seed));
        Value::from(runs.collect::<Vec<Value>>()).to_string()
    };
    // Endpoints enough for the baseline to leave out what it can.
    let endpoints = |from: u32| -> Vec<(String, u64, u64, f64)> {
        let named = (from..from + 60).map(|n| format!("/path/{n}"));
        named.map(|name| (name, 300, 0, 100.0)).collect()
    };
    let mut run = made(&[]);
    run.endpoints = endpoints(0);
    scratch.write("base.json", runs(&three(&run), 10));
    let done = scratch.knee(&["baseline", "accept", "base.json", "--reason", "first"]);
    assert_eq!(done.code, 0, "{}", done.err);
    for (from, code, share) in [(0, 0, 1.0), (30, 3, 0.5), (60, 3, 0.0)] {
        run.endpoints = endpoints(from);
        scratch.write("new.json", runs(&three(&run), 21));
        let done = scratch.knee(&["check", "new.json", "--format", "json"]);
        assert_eq!(done.code, code, "{from}: {}{}", done.out, done.err);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(report["comparisons"][0]["compared_share"], share);
    }
}

#[test]
fn what_names_no_endpoints_is_not_punished() {
    let made = made(&[("/a", 3_000, 0, 100.0)]);
    for (case, named) in [
        ("base", [false, true]),
        ("new", [true, false]),
        ("both", [false; 2]),
    ] {
        let scratch = Scratch::new(&format!("unlike-unnamed-{case}"));
        for (name, is_named, from) in [("base.json", named[0], 10), ("new.json", named[1], 21)] {
            let runs = (from..from + 3).map(|seed| {
                let mut run = made.json(seed);
                if !is_named {
                    run["endpoints"] = json!([]);
                }
                run
            });
            scratch.write(name, Value::from(runs.collect::<Vec<_>>()).to_string());
        }
        let done = scratch.knee(&["check", "--base", "base.json", "--new", "new.json"]);
        assert_eq!(done.code, 0, "{case}: {}", done.out);
        assert!(!done.out.contains("V22"), "{case}: {}", done.out);
    }
}

#[test]
fn a_dead_service_fails_however_long_the_runs_are() {
    // 0.26 % against 44 % over 30 s and 20 s.
    let fine = made(&[("/a", 3_000, 8, 100.0)]);
    let mut dead = made(&[("/a", 2_000, 880, 100.0)]);
    dead.seconds = 20.0;
    for (case, runs) in [("one", 1), ("two", 2), ("three", 3)] {
        let (base, new) = (vec![fine.clone(); runs], vec![dead.clone(); runs]);
        let done = check(&format!("dead-{case}"), &base, &new, &[]);
        assert_eq!(done.code, 1, "{case}: {}", done.out);
        assert!(
            done.out.contains("error_rate 0.267 % to 44 %"),
            "{}",
            done.out
        );
        let done = check(
            &format!("dead-{case}-lenient"),
            &base,
            &new,
            &["--on-unjudged", "pass"],
        );
        assert_eq!(done.code, 1, "{case}: {}", done.out);
        // The other way round nothing is wrong.
        let back = check(&format!("dead-{case}-back"), &new, &base, &[]);
        assert_eq!(back.code, 0, "{case}: {}", back.out);
    }
}

#[test]
fn another_load_explains_some_failures_and_no_collapse() {
    let mut base = made(&[("/a", 1_500, 4, 100.0)]);
    base.offered = Some(50.0);
    let with = |failed: u64, offered: f64| {
        let mut run = made(&[("/a", 3_000, failed, 100.0)]);
        run.offered = Some(offered);
        three(&run)
    };
    let base = three(&base);
    let lenient = ["--on-unjudged", "pass"];
    // Twice the load: 3 % of failures are suspect, and nothing is proven.
    let done = check("load-some", &base, &with(90, 100.0), &[]);
    assert_eq!(done.code, 3, "{}", done.out);
    let found = comparison("load-some-json", &base, &with(90, 100.0));
    assert_eq!(found["verdict"], "not_comparable");
    assert_eq!(state(&found, None, "error_rate"), "suspect");
    assert_eq!(state(&found, None, "goodput"), "undecided");
    assert_eq!(state(&found, Some("GET /a"), "p50"), "undecided");
    let done = check("load-most", &base, &with(1_200, 100.0), &lenient);
    assert_eq!(done.code, 1, "{}", done.out);
    // Fewer failures at another load are no improvement.
    let done = check("load-less", &with(90, 100.0), &base, &lenient);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(!done.out.contains("improved"), "{}", done.out);
}

#[test]
fn a_full_server_that_answers_late_has_lost_its_goodput() {
    // 50/s are offered for 30 s; the slower build serves 34/s and needs 44 s for what was offered.
    let mut base = made(&[("/a", 1_500, 0, 100.0)]);
    base.offered = Some(50.0);
    let mut new = made(&[("/a", 1_500, 0, 9_000.0)]);
    (new.offered, new.seconds) = (Some(50.0), 44.0);
    let (base, new) = (three(&base), three(&new));
    let done = check("drain", &base, &new, &[]);
    assert_eq!(done.code, 1, "{}", done.out);
    let found = comparison("drain-json", &base, &new);
    assert_eq!(state(&found, None, "goodput"), "regressed");
    let back = check("drain-back", &new, &base, &[]);
    assert_eq!(back.code, 0, "{}", back.out);
}

#[test]
fn an_error_rate_that_only_the_mix_moves_is_no_regression() {
    // Each endpoint fails as often as before; the one that fails is asked for more often.
    let base = made(&[("/a", 2_700, 0, 100.0), ("/b", 300, 12, 100.0)]);
    let new = made(&[("/a", 1_500, 0, 100.0), ("/b", 1_500, 60, 100.0)]);
    let (base, new) = (three(&base), three(&new));
    let found = comparison("simpson", &base, &new);
    assert_eq!(found["verdict"], "not_comparable");
    assert_eq!(state(&found, None, "error_rate"), "suspect");
    assert_eq!(state(&found, Some("GET /b"), "error_rate"), "undecided");
    let done = check("simpson-lenient", &base, &new, &["--on-unjudged", "pass"]);
    assert_eq!(done.code, 0, "{}", done.out);
    // The same where that makes 19.5 points of the whole, which without the mix would be a collapse.
    let of = |a: (u64, u64), b: (u64, u64)| {
        three(&made(&[("/a", a.0, a.1, 100.0), ("/b", b.0, b.1, 100.0)]))
    };
    let base = of((900, 9), (300, 120));
    let lenient = ["--on-unjudged", "pass"];
    let done = check("simpson-half", &base, &of((300, 3), (900, 360)), &lenient);
    assert_eq!(done.code, 0, "{}", done.out);
    // A collapse of all endpoints is one whatever the mix.
    let done = check("simpson-dead", &base, &of((300, 150), (900, 720)), &lenient);
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.out.contains("all requests"), "{}", done.out);
}

/// The sentences before the table.
fn headline(done: &Done) -> String {
    let report = parsed(done);
    report["headline"].to_string()
}

#[test]
fn every_comparison_with_a_baseline_says_how_old_it_is() {
    let scratch = Scratch::new("unlike-age");
    let of = |at: Option<&'static str>, version: &'static str, seed: u32| {
        let mut run = made(&[("/a", 3_000, 0, 100.0)]);
        (run.started_at, run.tool_version) = (at, Some(version));
        run.json(seed).to_string()
    };
    scratch.write("base.json", of(Some("2026-10-02T10:00:00Z"), "1.0", 10));
    let done = scratch.knee(&["baseline", "accept", "base.json", "--reason", "first"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let check = |at: Option<&'static str>, version: &'static str| -> (String, Value) {
        scratch.write("new.json", of(at, version, 21));
        let done = scratch.knee(&["check", "new.json", "--format", "json"]);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        (headline(&done), report["comparisons"][0].clone())
    };
    let (said, found) = check(Some("2026-10-02T13:00:00Z"), "1.0");
    assert!(
        said.contains("The baseline is 3 hours older than these runs (both of 2026-10-02)."),
        "{said}"
    );
    assert!(!said.contains("version"), "{said}");
    assert_eq!(found["age_days"], 0.125);
    assert_eq!(found["base"]["started_at"], "2026-10-02T10:00:00Z");
    assert_eq!(found["base"]["accepted"], true);
    let (said, _) = check(Some("2026-11-01T10:00:00Z"), "1.0");
    assert!(
        said.contains("is 30 days older than these runs (2026-10-02 and 2026-11-01)."),
        "{said}"
    );
    let (said, found) = check(Some("2026-11-14T22:00:00Z"), "1.1");
    assert!(
        said.contains("is 44 days older than these runs (2026-10-02 and 2026-11-14): what else changed since then counts"),
        "{said}"
    );
    assert!(
        said.contains("The version of the tool differs: k6 1.0 in the base, k6 1.1 now."),
        "{said}"
    );
    assert_eq!(found["age_days"], 43.5);
    let (said, _) = check(Some("2026-09-30T10:00:00Z"), "1.0");
    assert!(
        said.contains("The baseline is 2 days younger than these runs"),
        "{said}"
    );
    let (said, found) = check(None, "1.0");
    assert!(
        said.contains("How old the baseline is cannot be told"),
        "{said}"
    );
    assert_eq!(found["age_days"], Value::Null);
}

#[test]
fn sides_that_were_run_days_apart_say_so() {
    let of = |at: &'static str| {
        let mut run = made(&[("/a", 3_000, 0, 100.0)]);
        run.started_at = Some(at);
        vec![run; 3]
    };
    let base = of("2026-10-02T10:00:00Z");
    let said = |new: &'static str, more: &[&str]| {
        let more = [&["--format", "json"], more].concat();
        headline(&check(&format!("apart-{new}"), &base, &of(new), &more))
    };
    let apart = "The base was run 4 days before the new side, not interleaved";
    assert!(said("2026-10-06T10:00:00Z", &[]).contains(apart));
    // The flag does not outweigh the times of the runs.
    let flagged = ["--format", "json", "--interleaved"];
    let done = check("apart-flag", &base, &of("2026-10-06T10:00:00Z"), &flagged);
    assert!(
        done.err
            .contains("--interleaved is left out: by their start times"),
        "{}",
        done.err
    );
    assert!(headline(&done).contains(apart));
    assert_eq!(parsed(&done)["comparisons"][0]["interleaved"], false);
    assert!(!said("2026-10-03T10:00:00Z", &[]).contains("The base was run"));
    assert!(
        said("2026-09-28T10:00:00Z", &[]).contains("The base was run 4 days after the new side")
    );
}

/// Names with ids on one side only, and eleven lists with few requests each.
fn lists(ms: f64, requests: u64, from: u32, other: u32) -> Made {
    let lists = (0..11).map(|n| (format!("/list/{n}"), requests / 11 + 1, 0, ms));
    let common = (0..30).map(|n| (format!("/fast/{n}"), 4, 0, 20.0));
    let items = (from..from + other).map(|n| (format!("/item/{n}"), 2, 0, 30.0));
    let mut run = made(&[]);
    run.endpoints = lists.chain(common).chain(items).collect();
    run
}

#[test]
fn few_requests_that_are_thirty_times_as_slow_are_suspect() {
    let (base, new) = (lists(180.0, 115, 0, 150), lists(5_500.0, 153, 150, 147));
    let done = check(
        "lists",
        std::slice::from_ref(&base),
        std::slice::from_ref(&new),
        &[],
    );
    let words = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!words.contains("No regression"), "{words}");
    assert!(!words.contains("NO REGRESSION SHOWN"), "{words}");
    assert!(
        words.contains("Only 41 of 338 endpoints have requests on both sides, with"),
        "{words}"
    );
    assert!(words.contains("Suspect, not proven: GET /list/"), "{words}");
    let found = comparison("lists-json", &[base], &[new]);
    assert_eq!(found["endpoints_compared"], 41);
    for n in 0..11 {
        let name = format!("GET /list/{n}");
        assert_eq!(state(&found, Some(&name), "p50"), "suspect");
        assert_eq!(state(&found, Some(&name), "mean"), "suspect");
    }
    assert_eq!(state(&found, Some("GET /fast/1"), "p50"), "undecided");
    // The lists alone: comparable, and suspect is a warning.
    let (base, new) = (lists(180.0, 115, 0, 0), lists(5_500.0, 153, 0, 0));
    let done = check("lists-alone", std::slice::from_ref(&base), &[new], &[]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(done.out.contains("Verdict: WARN (SUSPECT"), "{}", done.out);
    // Half as slow again is what few requests and runs may differ by.
    let done = check("lists-same", &[base], &[lists(270.0, 153, 0, 0)], &[]);
    assert!(!done.out.contains("Suspect, not"), "{}", done.out);
}

#[test]
fn an_endpoint_that_a_rename_joins_keeps_its_place() {
    let scratch = Scratch::new("unlike-rename");
    // Without histograms nothing joins percentiles.
    let side = |ms: f64, from: u32, seed: u32| {
        let runs = (seed..seed + 3).map(|seed| {
            let mut run = lists(ms, 330, from, 150).json(seed);
            for endpoint in run["endpoints"].as_array_mut().unwrap() {
                let latency = &mut endpoint["stats"]["latency_ok_ms"];
                latency["histogram"] = Value::Null;
                latency["percentiles"] = json!({"p50": latency["mean"]});
            }
            run
        });
        array(runs)
    };
    scratch.write("knee.toml", "[[rename]]\nmatch = \"GET /item/*\"\nto = \"GET /item/ID\"\n\n[[rename]]\nmatch = \"GET /list/*\"\nto = \"GET /list/NAME\"\n");
    scratch.write("base.json", side(180.0, 0, 10));
    scratch.write("new.json", side(5_500.0, 150, 21));
    let gate = ["check", "--base", "base.json", "--new", "new.json"];
    let done = scratch.knee(&[&gate[..], &["--format", "json"]].concat());
    let report = parsed(&done);
    let found = &report["comparisons"][0];
    assert_eq!(found["compared_share"], 1.0);
    // 341 requests a run: the mean is judged by three repeats, as any latency is.
    assert_eq!(state(found, Some("GET /list/NAME"), "mean"), "regressed");
    assert_eq!(state(found, Some("GET /item/ID"), "mean"), "undecided");
    assert_eq!(done.code, 1, "{}", done.out);
    let text = scratch.knee(&gate);
    assert!(text.out.contains("/list/NAME"), "{}", text.out);
    assert!(text.out.contains("/item/ID"), "{}", text.out);
    assert!(!text.out.contains("V22"), "{}", text.out);
}
