//! Outputs for CI systems: by kind and ending, on samples with broken, unmeasured and invalid, and with hostile names.

use std::collections::BTreeSet;
use std::fmt::Write;

use roxmltree::Document;

use crate::{Scratch, hostile, sample};

/// Every output that a CI reads.
const KINDS: [&str; 6] = [
    "junit",
    "github",
    "github-summary",
    "pr-comment",
    "gitlab-codequality",
    "openmetrics",
];

const PLAN: &str = "\
[project]
name = \"shop\"

[[target]]
name = \"search answers in time\"
expect = \"p95 < 150ms\"

[[target]]
expect = \"error_rate < 1%\"

[[target]]
expect = \"resource:api.memory.max < 1GiB\"
";

fn artillery() -> String {
    let path = sample("artillery/v2.0.34/hardwork-rate-1-4.json");
    path.to_str().unwrap().to_owned()
}

fn locust() -> String {
    let path = sample("locust/day17/day17_stats.csv");
    path.to_str().unwrap().to_owned()
}

#[test]
fn one_parse_feeds_every_output_and_the_same_input_gives_the_same_bytes() {
    let here = Scratch::new("ci-all");
    here.write("knee.toml", PLAN);
    let files = KINDS.map(|kind| format!("{kind}={kind}.out"));
    let mut arguments = vec!["check".to_owned(), artillery()];
    for file in &files {
        arguments.extend(["-o".to_owned(), file.clone()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = here.knee(&arguments);
    assert_eq!(done.code, 1, "{}", done.err);
    for kind in KINDS {
        let printed = here.knee(&["check", &artillery(), "--format", kind, "--jobs", "1"]);
        assert_eq!(printed.code, 1, "{kind}: {}", printed.err);
        assert_eq!(printed.out, here.read(&format!("{kind}.out")), "{kind}");
    }
}

#[test]
fn help_names_every_output() {
    let here = Scratch::new("ci-help");
    for command in ["report", "check"] {
        let help = here.knee(&[command, "--help"]).out;
        let words: BTreeSet<&str> = help.split([' ', ',', ';', '\n']).collect();
        for renderer in knee::render::RENDERERS {
            assert!(words.contains(renderer.id), "{command}: {}", renderer.id);
        }
    }
}

#[test]
fn the_ending_xml_means_junit() {
    let here = Scratch::new("ci-xml");
    here.write("knee.toml", PLAN);
    let done = here.knee(&["check", &artillery(), "-o", "x.xml", "-o", "junit=y.txt"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let page = here.read("x.xml");
    assert_eq!(page, here.read("y.txt"));
    let xml = Document::parse(&page).unwrap();
    let root = xml.root_element();
    let counts = ["tests", "failures", "errors"].map(|of| root.attribute(of).unwrap());
    // Validity, three targets, the plan.
    assert_eq!(counts, ["5", "1", "0"]);
    let failed = xml
        .descendants()
        .find(|node| node.has_tag_name("failure"))
        .unwrap();
    // The console of this run says p95 186.8.
    assert!(failed.attribute("message").unwrap().contains("186.8 ms"));
    let case = failed.parent().unwrap();
    assert_eq!(case.attribute("name"), Some("search answers in time"));
    assert!(
        failed
            .text()
            .unwrap()
            .ends_with("\nwritten in: knee.toml:6")
    );
}

/// Check, file and fingerprint of every issue.
fn quality(here: &Scratch, arguments: &[&str]) -> BTreeSet<[String; 3]> {
    let mut all = vec!["check"];
    all.extend(arguments);
    all.extend(["--format", "gitlab-codequality"]);
    let done = here.knee(&all);
    let issues: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let issues = issues.as_array().unwrap().iter();
    issues
        .map(|issue| {
            let path = &issue["location"]["path"];
            [&issue["check_name"], path, &issue["fingerprint"]].map(word)
        })
        .collect()
}

#[test]
fn an_issue_of_gitlab_stands_at_the_file_of_its_own_run() {
    let here = Scratch::new("ci-own-file");
    let copy = |from: &str, name: &str| here.write(name, std::fs::read(sample(from)).unwrap());
    copy("artillery/v2.0.34/hardwork-rate-1-4.json", "out/a.json");
    copy("repeats/artillery/baseline-r1.json", "out/b.json");
    copy("repeats/artillery/regressed-errors-r1.json", "out/c.json");
    let target = ["--target", "p95 < 1ms", "--target", "sessions_failed < 1"];
    let order = |files: &[&'static str]| [files, &target].concat();
    let found = quality(&here, &order(&["out/a.json", "out/b.json"]));
    let broken = |path: &str| {
        let mut of_path = found.iter().filter(|[_, at, _]| at.ends_with(path));
        of_path.any(|[check, ..]| check == "target-broken")
    };
    assert!(broken("a.json") && broken("b.json"), "{found:?}");
    // In another order, or beside another run: the same issue at the same place.
    let turned = quality(&here, &order(&["out/b.json", "out/a.json"]));
    assert_eq!(turned, found);
    let beside = quality(&here, &order(&["out/c.json", "out/b.json"]));
    let of_b = |all: &BTreeSet<[String; 3]>| -> BTreeSet<[String; 3]> {
        let own = all.iter().filter(|[_, at, _]| at.ends_with("b.json"));
        own.cloned().collect()
    };
    assert!(!of_b(&found).is_empty());
    assert_eq!(of_b(&beside), of_b(&found));
    let prints: BTreeSet<&String> = found.iter().map(|[.., print]| print).collect();
    assert_eq!(prints.len(), found.len());
    // What is said of two sides is said of the new one.
    let pair = ["--base", "out/b.json", "--new", "out/c.json"];
    let found = quality(&here, &[&pair[..], &target].concat());
    assert!(!found.is_empty());
    let of_new = |[_, at, _]: &[String; 3]| at.ends_with("c.json");
    assert!(found.iter().all(of_new), "{found:?}");
    // A plan is a line of the repository, as no result is.
    here.write("knee.toml", PLAN);
    let found = quality(&here, &order(&["out/a.json", "out/b.json"]));
    assert!(found.iter().all(|[_, at, _]| at == "knee.toml"));
}

#[test]
fn an_invalid_run_is_an_error_everywhere() {
    let here = Scratch::new("ci-invalid");
    here.write("knee.toml", PLAN);
    let out = |kind: &str| {
        let done = here.knee(&["check", &locust(), "--format", kind]);
        assert_eq!(done.code, 1, "{kind}: {}", done.err);
        done.out
    };
    let page = out("junit");
    let xml = Document::parse(&page).unwrap();
    assert_eq!(xml.root_element().attribute("errors"), Some("1"));
    let error = xml.descendants().find(|node| node.has_tag_name("error"));
    // 14,090 of the 15,914 requests failed.
    assert!(
        error
            .unwrap()
            .attribute("message")
            .unwrap()
            .starts_with("14,090 of 15,914")
    );
    let github = out("github");
    let first = github
        .lines()
        .find(|line| line.starts_with("::error "))
        .unwrap();
    assert!(
        first.starts_with("::error title=V03 error-rate::14,090 of 15,914"),
        "{first}"
    );
    assert!(github.contains("::error file=knee.toml,line=9,title=Target broken::error_rate"));
    let quality: serde_json::Value = serde_json::from_str(&out("gitlab-codequality")).unwrap();
    assert_eq!(quality[0]["severity"], "blocker");
    assert!(out("github-summary").contains("**Verdict: INVALID**"));
    let comment = out("pr-comment");
    assert!(
        comment.starts_with("<!-- knee:shop/default -->\n### Load test: INVALID\n"),
        "{comment}"
    );
    let metrics = out("openmetrics");
    assert!(
        metrics.contains("knee_verdict{verdict=\"invalid\"} 1\n"),
        "{metrics}"
    );
    // A void latency has no series.
    assert!(!metrics.contains("run=\"day17\",quantile="), "{metrics}");
}

#[test]
fn places_are_told_from_the_root_of_the_repository() {
    let here = Scratch::new("ci-place");
    here.write("tests/load/knee.toml", PLAN);
    let done = here.knee(&[
        "check",
        &artillery(),
        "--config",
        "tests/load/knee.toml",
        "--format",
        "github",
    ]);
    assert!(
        done.out.contains("file=tests/load/knee.toml,line=6,"),
        "{}",
        done.out
    );
    let flag = here.knee(&[
        "check",
        &artillery(),
        "--target",
        "p95 < 150ms",
        "--format",
        "github",
    ]);
    assert!(
        flag.out.contains("::error title=Target broken::p95"),
        "{}",
        flag.out
    );
}

#[test]
fn a_run_that_passes_is_three_lines_of_a_comment() {
    let here = Scratch::new("ci-pass");
    let mut rows = "time,endpoint,latency_ms,ok,code\n".to_owned();
    for number in 0..6000_u64 {
        let time = 1_700_000_000_000 + number * 10;
        let latency = 10 + number % 7;
        writeln!(rows, "{time},GET /a,{latency},true,200").unwrap();
    }
    here.write("run.csv", rows);
    let done = here.knee(&[
        "check",
        "run.csv",
        "--target",
        "p95 < 1s",
        "--format",
        "pr-comment",
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", done.out);
    assert_eq!(lines[0], "<!-- knee:default -->");
    assert!(
        lines[1].starts_with("**Load test: pass.** 6,000 requests in 60 s"),
        "{}",
        done.out
    );
    assert!(lines[2].contains("1 of 1 target met."), "{}", done.out);
}

/// A run of two endpoints, one of them slower by that factor.
fn run(here: &Scratch, name: &str, repeat: u64, factor: u64) {
    let mut rows = "time,endpoint,latency_us,ok,code\n".to_owned();
    for number in 0..4000_u64 {
        let time = 1_700_000_000_000 + number * 20;
        // Spread over 20 ms, and 1 % from run to run.
        let latency = 20_000 + (number * 7919) % 20_000 + repeat * 100;
        let (endpoint, latency) = match number % 2 {
            0 => ("GET /same", latency),
            _ => ("GET /slow", latency * factor),
        };
        writeln!(rows, "{time},{endpoint},{latency},true,200").unwrap();
    }
    here.write(name, rows);
}

#[test]
fn a_proven_regression_is_a_failure_in_every_output() {
    let here = Scratch::new("ci-compare");
    let mut arguments = vec!["check".to_owned()];
    for (side, factor) in [("base", 1), ("new", 2)] {
        arguments.push(format!("--{side}"));
        for repeat in 0..5 {
            let name = format!("{side}-{repeat}.csv");
            run(&here, &name, repeat, factor);
            arguments.push(name);
        }
    }
    arguments.push("--interleaved".to_owned());
    for kind in KINDS {
        arguments.extend(["-o".to_owned(), format!("{kind}={kind}.out")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = here.knee(&arguments);
    assert_eq!(done.code, 1, "{}", done.err);
    let page = here.read("junit.out");
    let xml = Document::parse(&page).unwrap();
    let case = |name: &str| {
        xml.descendants()
            .find(|node| node.has_tag_name("testcase") && node.attribute("name") == Some(name))
            .unwrap()
    };
    let fails = |name: &str| {
        let mut parts = case(name).children();
        parts.any(|part| part.has_tag_name("failure"))
    };
    assert!(fails("p50: GET /slow"), "{page}");
    assert!(!fails("p50: GET /same"), "{page}");
    let github = here.read("github.out");
    let error = github.lines().find(|line| line.starts_with("::error "));
    assert!(error.unwrap().contains("of \"GET /slow\""), "{github}");
    let quality: serde_json::Value =
        serde_json::from_str(&here.read("gitlab-codequality.out")).unwrap();
    assert_eq!(quality[0]["check_name"], "regressed");
    assert_eq!(quality[0]["location"]["path"], "new-0.csv");
    let comment = here.read("pr-comment.out");
    let (open, _) = comment.split_once("<details>").unwrap();
    assert!(open.contains("| p50 | `GET /slow` |"), "{open}");
    assert!(!open.contains("`GET /same`"), "{open}");
    let metrics = here.read("openmetrics.out");
    let slow = metrics.lines().find(|line| {
        line.contains("knee_compared_change_ratio{")
            && line.contains("metric=\"p50\",state=\"regressed\",endpoint=\"GET /slow\"")
    });
    let change: f64 = slow.unwrap().rsplit_once(' ').unwrap().1.parse().unwrap();
    assert!((change - 1.0).abs() < 0.01, "{change}");
}

/// A plan with a target of every name, beside a run with an endpoint of every name.
fn hostile(here: &Scratch) {
    here.write("run.csv", hostile::input());
    let mut plan = String::new();
    for name in hostile::names() {
        let mut quoted = String::new();
        for c in name.chars() {
            write!(quoted, "\\U{:08X}", u32::from(c)).unwrap();
        }
        writeln!(
            plan,
            "[[target]]\nname = \"{quoted}\"\nexpect = \"p50 < 1ms\""
        )
        .unwrap();
    }
    plan.push_str("[[target]]\nendpoint = \"*\"\nexpect = \"error_rate < 1%\"\n");
    here.write("knee.toml", plan);
}

#[test]
fn hostile_names_are_inert_in_every_output() {
    let here = Scratch::new("ci-hostile");
    hostile(&here);
    let out = |kind: &str| {
        let done = here.knee(&["check", "run.csv", "--format", kind]);
        assert!(done.code < 2, "{kind}: {}", done.err);
        let bad: Vec<char> = done
            .out
            .chars()
            .filter(|c| {
                (c.is_control() && *c != '\n')
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{feff}')
            })
            .collect();
        assert!(bad.is_empty(), "{kind}: {bad:?}");
        done.out
    };
    let names = hostile::names();
    let page = out("junit");
    let xml = Document::parse(&page).unwrap();
    let cases = xml
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let of: BTreeSet<&str> = cases.filter_map(|node| node.attribute("name")).collect();
    // A target of each name, a result of the last one for each endpoint, validity.
    assert!(of.len() > 2 * names.len(), "{}", of.len());
    assert!(of.contains("<script>alert(1)</script>") && of.contains("]]>"));

    let github = out("github");
    for line in github.lines() {
        let starts = ["::notice ", "::error ", "::warning "];
        assert!(starts.iter().any(|start| line.starts_with(start)), "{line}");
        let head = line.trim_start_matches(':').split("::").next().unwrap();
        assert!(
            !head.contains("evil") && !head.contains("stop-commands"),
            "{line}"
        );
    }
    assert!(github.lines().count() <= 21, "{github}");

    for kind in ["github-summary", "pr-comment"] {
        let page = out(kind);
        let marker = page.lines().next().unwrap();
        let body = page.strip_prefix(marker).unwrap();
        let page = if kind == "pr-comment" { body } else { &page };
        assert!(hostile::inert_tables(page).unwrap() >= 3, "{kind}");
    }

    let quality: Vec<serde_json::Value> = serde_json::from_str(&out("gitlab-codequality")).unwrap();
    let prints: BTreeSet<&str> = quality
        .iter()
        .map(|entry| entry["fingerprint"].as_str().unwrap())
        .collect();
    assert_eq!(prints.len(), quality.len());
    assert!(quality.len() > names.len());

    let metrics = out("openmetrics");
    let mut series = BTreeSet::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (labels, value) = line.rsplit_once(' ').unwrap();
        assert!(
            labels.starts_with("knee_") && value.parse::<f64>().is_ok(),
            "{line}"
        );
        assert!(series.insert(labels), "twice: {line}");
        assert!(!labels.contains("=\"\""), "an empty label is none: {line}");
        // Quotes that end or begin a value stand in pairs.
        let bare = labels.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
    }
    let endpoints = metrics.matches("knee_run_requests{").count();
    assert_eq!(endpoints, names.len() + 1);
}

#[test]
fn no_name_is_a_command_to_the_runner_that_shows_a_page() {
    let here = Scratch::new("ci-log");
    hostile(&here);
    for kind in ["text", "markdown", "github-summary", "pr-comment"] {
        let done = here.knee(&["check", "run.csv", "--format", kind]);
        for line in done.out.lines().chain(done.err.lines()) {
            assert!(!line.trim_start().starts_with("::"), "{kind}: {line}");
            assert!(
                !line.contains("##[") && !line.contains("##vso["),
                "{kind}: {line}"
            );
        }
    }
}
