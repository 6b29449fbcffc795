//! `knee check` without a run: what is said of a plan. The expected figures are worked out here, from the plan's numbers.

use crate::{Scratch, sample};

const PLAN: &str = "plans/document-003/knee.toml";

fn check(name: &str, arguments: &[&str]) -> String {
    let scratch = Scratch::new(name);
    let plan = sample(PLAN);
    let mut all = vec!["check", "--config", plan.to_str().unwrap()];
    all.extend(arguments);
    let done = scratch.knee(&all);
    assert_eq!(done.code, 0, "{}", done.err);
    done.out
}

/// The line of the sample that holds the text, as findings name it.
fn line(text: &str) -> String {
    let plan = std::fs::read_to_string(sample(PLAN)).unwrap();
    let place = plan.lines().position(|line| line.contains(text)).unwrap();
    format!("knee.toml:{}", place + 1)
}

#[test]
fn document_003_is_told_what_its_plan_cannot_do() {
    let report: serde_json::Value =
        serde_json::from_str(&check("plan-003", &["--format", "json"])).unwrap();
    assert_eq!(report["verdict"], "warn");
    let found: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["rule"].as_str().unwrap(), f["message"].as_str().unwrap()))
        .collect();
    let rules: Vec<&str> = found.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(rules, ["V26", "V26", "V26", "V26", "V26", "V28"]);
    // Users by the middle of the think time, and with the 200 ms of the p95 target on top.
    for (place, text, most, at_target) in [
        (1, "rate in 20..30/s", "at most 25/s", "it is 22.7/s."),
        (2, "rate in 15..20/s", "at most 14.3/s", "it is 13.5/s."),
        (3, "rate in 40..60/s", "at most 40/s", "it is 34.5/s."),
        (4, "rate in 50..100/s", "at most 33.3/s", "it is 31.2/s."),
    ] {
        let message = found[place].1;
        let head = format!("\"{text}\" ({})", line(text));
        assert!(message.starts_with(&head), "{message}");
        assert!(message.contains(most), "{message}");
        assert!(message.ends_with(at_target), "{message}");
    }
    assert!(found[1].1.contains("out of reach above 25/s"));
    assert!(found[2].1.contains("cannot be reached"));
    assert!(found[3].1.contains("only if answers take no time"));
    assert!(found[4].1.contains("cannot be reached"));
    assert_eq!(
        found[0].1,
        format!(
            "\"sustained_rate >= 100/s\" ({}) cannot be tested: none of the 4 declared scenarios can offer it. \
             The most is 40/s, in \"Monitoring Load\": 50 users with a mean think time of 1.25 s, even if answers \
             take no time (Little's law).",
            line("sustained_rate >= 100/s")
        )
    );
    assert!(found[5].1.contains("add up to 80 %, not 100 %"));
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["run"].is_null(), "{finding}");
    }
    let bounds: Vec<f64> = report["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|workload| workload["figures"].as_array().unwrap())
        .filter(|figure| figure["name"] == "highest_rate")
        .map(|figure| figure["declared"].as_f64().unwrap())
        .collect();
    assert_eq!(bounds, [50.0 / 2.0, 50.0 / 3.5, 50.0 / 1.25, 100.0 / 3.0]);
}

#[test]
fn a_page_about_a_plan_reads_as_one() {
    let page = check("plan-page", &["--format", "markdown"]);
    let head = [
        "# Load Testing Report",
        "",
        "Status: draft",
        "",
        "Environment, as declared: stage Development (Local), tool Locust 2.x",
        "",
        "**Verdict: WARN**",
        "",
        "- Plan: 4 scenarios and 12 targets; 6 findings (V26, V28).",
        "- No run was given: nothing was measured, and only the plan is judged.",
        "- V26: ",
    ];
    for (wanted, said) in head.iter().zip(page.lines()) {
        assert!(said.starts_with(wanted), "{wanted} | {said}");
    }
    for part in [
        "## Findings",
        "## Workload: `Configuration Audit Load`",
        "| Users, most at one time | 50 |",
        "| Levels | 10, 25, 50 |",
        "| Highest rate by Little's law, if answers take no time | 14.3/s |",
        "| `Run audit` | 20 | 25 % |",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    for absent in ["## Inputs", "## Method", "0 runs", "whole run", "Observed"] {
        assert!(!page.contains(absent), "{absent} is in\n{page}");
    }
}

#[test]
fn runs_stand_beside_their_plan() {
    let scratch = Scratch::new("plan-runs");
    let json = r#"[{"operation": "upload", "total_requests": 1000, "successful_requests": 1000, "failed_requests": 0,
        "avg_latency_ms": 45.0, "p95_latency_ms": 90.0, "throughput_rps": 125.0}]"#;
    scratch.write("a.json", json);
    scratch.write("b.json", json.replace("1000", "2000"));
    scratch.write(
        "knee.toml",
        "[[scenario]]\nname = 'upload'\ndescription = 'Small files.'\nruns = ['a.json']\n\
         load = { users = 10, think_time = '0s', duration = '60s', tasks = { upload = 1 } }\n\
         [[scenario]]\nname = 'download'\n\
         [[target]]\nexpect = 'p95 < 100ms'\n[[target]]\nexpect = 'p95 < 200ms'\n",
    );
    let one = scratch.knee(&["report", "a.json"]).out;
    for part in [
        "## Workload: `upload`",
        "Small files.",
        "| Duration | 60 s | 8 s |",
        "**WARN V02**",
        "**WARN V08**",
        "**WARN V30**",
        "1 of 2 declared scenarios has no run",
    ] {
        assert!(one.contains(part), "{part} is not in\n{one}");
    }
    assert!(!one.contains("Findings about the plan"), "{one}");
    let two = scratch.knee(&["report", "a.json", "b.json"]).out;
    let (head, parts) = two.split_once("## Part 1").unwrap();
    assert!(head.contains("## Findings about the plan"), "{head}");
    assert!(
        head.contains("About the plan: 2 warnings (V08, V30)."),
        "{head}"
    );
    assert!(
        head.contains("**WARN V30**") && !parts.contains("V30"),
        "{two}"
    );
    assert!(parts.contains("### Workload: `upload`"), "{parts}");
}

/// A key that did nothing would promise what it does not do.
#[test]
fn what_has_no_code_yet_is_a_mistake_with_its_place() {
    let here = Scratch::new("plan-later");
    let run = sample("artillery/v2.0.34/hardwork-rate-1-4.json");
    let run = run.to_str().unwrap();
    for (text, line, named, marked) in [
        (
            "[report]\nstatus = \"final\"",
            2,
            "status = \"final\"",
            "\"final\"",
        ),
        (
            "[report]\nnotes = \"notes/\"",
            2,
            "`notes` in [report]",
            "notes",
        ),
        ("[score]\nweights = { p95 = 1 }", 1, "[score]", "score"),
        ("[history]\nkeep = 5", 1, "[history]", "history"),
        (
            "[[hint]]\nrule = \"V03\"\ncause = \"x\"",
            1,
            "[[hint]]",
            "hint",
        ),
        (
            "[[recommendation]]\ntitle = \"x\"",
            1,
            "[[recommendation]]",
            "recommendation",
        ),
        ("[rules]\nlimit = { H03 = 1 }", 2, "rule H03 (drift)", "H03"),
    ] {
        here.write("knee.toml", text);
        let done = here.knee(&["check", run, "--target", "p95 < 1s"]);
        assert_eq!(done.code, 2, "{text}: {}", done.out);
        let said = format!("knee.toml, line {line}, column ");
        assert!(done.err.contains(&said), "{}", done.err);
        let said = format!(": {named} is not in this version");
        assert!(done.err.contains(&said), "{}", done.err);
        let mark = format!("{} not in this version", "^".repeat(marked.len()));
        assert!(done.err.contains(&mark), "{}", done.err);
    }
    let schema = here.knee(&["schema", "config"]).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let known = schema["properties"].as_object().unwrap();
    for later in ["score", "history", "hint", "recommendation"] {
        assert!(!known.contains_key(later), "{later}");
    }
    let report = &schema["$defs"]["Report"]["properties"];
    assert!(report["status"].is_object() && report["notes"].is_null());
    assert!(!schema.to_string().contains("\"final\""));
    let schema = here.knee(&["schema", "report"]).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let known = schema["properties"].as_object().unwrap();
    assert!(!known.contains_key("score") && !known.contains_key("trends"));
}

#[test]
fn facts_about_the_environment_stand_on_the_first_screen_of_every_page() {
    let here = Scratch::new("plan-environment");
    let facts = "[project]\nenvironment = { host = \"c5.large\", cores = 8, turbo = false }\n";
    here.write("knee.toml", facts);
    let run = sample("artillery/v2.0.34/hardwork-rate-1-4.json");
    let run = run.to_str().unwrap();
    for kind in ["text", "markdown", "github-summary"] {
        let page = here.knee(&["report", run, "--format", kind]).out;
        let lines: Vec<&str> = page.lines().take(10).collect();
        let wanted = "Environment, as declared: cores 8, host c5.large, turbo false";
        assert!(lines.contains(&wanted), "{kind}: {lines:?}");
        assert_eq!(page.matches("c5.large").count(), 1, "{kind}");
    }
}
