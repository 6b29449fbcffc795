//! `samples/ci/`: every `knee` command of the workflows is run as it stands, on results of `samples/`; a shell parses every
//! block, and what posts the comments of forks is run beside a `gh` that only takes notes.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::{Scratch, sample};

/// What a command of a workflow finds, and what it must do.
struct Case {
    file: &'static str,
    /// How the command begins.
    command: &'static str,
    /// Sample, and where a load test would have left it.
    inputs: Vec<(String, String)>,
    /// What other jobs did before.
    before: &'static str,
    code: i32,
    /// Files that are there afterwards, and a part of each.
    leaves: &'static [(&'static str, &'static str)],
}

/// Repeats of a sample, as `results/PLACE-1.json` and so on.
fn repeats(name: &str, numbers: &[u32], place: &str) -> Vec<(String, String)> {
    let one = |number: &u32| {
        let from = format!("repeats/artillery/{name}-r{number}.json");
        (from, format!("{place}-{number}.json"))
    };
    numbers.iter().map(one).collect()
}

/// The four files of a Locust run.
fn locust(name: &str) -> Vec<(String, String)> {
    let one = |end: &str| {
        (
            format!("locust/{name}_{end}.csv"),
            format!("results/run-1_{end}.csv"),
        )
    };
    ["stats", "stats_history", "failures"].map(one).to_vec()
}

const GATE: &[(&str, &str)] = &[
    ("summary.md", "**Verdict: "),
    ("out/report.md", "# "),
    ("out/report.json", "knee.report/1"),
    ("out/junit.xml", "<testsuites"),
    ("out/run.json", "knee.run/1"),
];
const COMMENT: &[(&str, &str)] = &[
    ("summary.md", "**Verdict: "),
    ("comment/body.md", "<!-- knee:shop/default -->\n"),
    ("out/junit.xml", "<testsuites"),
];
const IN_TURN: &[(&str, &str)] = &[
    ("summary.md", "**Verdict: "),
    ("out/report.md", "# "),
    ("out/junit.xml", "<testsuites"),
];
const GITLAB: &[(&str, &str)] = &[
    ("junit.xml", "<testsuites"),
    ("gl-code-quality-report.json", "["),
    ("out/metrics.txt", "endpoint="),
    ("comment.md", "<!-- knee:shop/default -->\n"),
    ("out/report.md", "# "),
    ("out/run.json", "knee.run/1"),
];
const ACCEPT: &str = "knee baseline accept accepted/*.json --reason x";
const SAVE: &str = "knee check accepted/*.json --save from-run/out/run.json";

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let accepted = repeats("baseline", &[1, 2, 3], "accepted/run");
    for (name, numbers, code) in [
        ("baseline", &[4, 5][..], 0),
        // Its server answers 500 to a twentieth of one request.
        ("regressed-errors", &[1, 2, 3, 4, 5], 1),
    ] {
        let new = repeats(name, numbers, "results/run");
        for (file, leaves) in [
            ("github-gate.yml", GATE),
            ("github-fork-check.yml", COMMENT),
        ] {
            cases.push(Case {
                file,
                command: "knee check ",
                inputs: [accepted.clone(), new.clone()].concat(),
                before: ACCEPT,
                code,
                leaves,
            });
        }
        let base = repeats("baseline", &[1, 2, 3], "results/base");
        cases.push(Case {
            file: "github-interleaved.yml",
            command: "knee check ",
            inputs: [base, repeats(name, numbers, "results/new")].concat(),
            before: "",
            code,
            leaves: IN_TURN,
        });
    }
    cases.push(Case {
        file: "github-accept.yml",
        command: "knee baseline accept ",
        inputs: accepted.clone(),
        before: SAVE,
        code: 0,
        leaves: &[(
            ".knee/baselines/default.json",
            "\"reason\": \"release \\\"2.1\\\"\"",
        )],
    });
    cases.push(Case {
        file: "github-accept.yml",
        command: "knee baseline show ",
        inputs: accepted,
        before: ACCEPT,
        code: 0,
        leaves: &[("summary.md", "default  3 runs  ")],
    });
    for (run, code) in [("v2.47.0/baseline-r1", 0), ("day17/day17", 1)] {
        cases.push(Case {
            file: "gitlab.yml",
            command: "knee check ",
            inputs: locust(run),
            before: "",
            code,
            leaves: GITLAB,
        });
    }
    cases
}

/// The workflows by name.
fn workflows() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(sample("ci")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push((name, serde_saphyr::from_str(&text).unwrap()));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// What a shell is given: `run` of steps, `script` and its like of jobs.
fn blocks(workflow: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let jobs = workflow.get("jobs").unwrap_or(workflow);
    for job in jobs.as_object().unwrap().values() {
        let steps = job.get("steps").and_then(Value::as_array);
        let runs = steps
            .into_iter()
            .flatten()
            .filter_map(|step| step.get("run"));
        let scripts = ["before_script", "script", "after_script"]
            .iter()
            .filter_map(|key| job.get(key)?.as_array())
            .flatten();
        found.extend(
            runs.chain(scripts)
                .map(|block| block.as_str().unwrap().to_owned()),
        );
    }
    found
}

/// Lines that begin with `knee `, with those that continue them.
fn commands(workflow: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for block in blocks(workflow) {
        let joined = block.replace("\\\n", " ");
        let lines = joined.lines().map(str::trim);
        found.extend(
            lines
                .filter(|line| line.starts_with("knee "))
                .map(str::to_owned),
        );
    }
    found
}

/// Runs a command as a job does: the binary in the path, the variables of a CI set.
fn shell(here: &Scratch, command: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_knee")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("sh")
        .args(["-ec", command])
        .current_dir(&here.0)
        .env_clear()
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("GITHUB_STEP_SUMMARY", here.0.join("summary.md"))
        .env("GITHUB_SHA", "abc")
        .env("GITHUB_RUN_ID", "77")
        .env("REASON", "release \"2.1\"")
        .output()
        .unwrap()
}

fn check(case: &Case, command: &str, number: usize) {
    let here = Scratch::new(&format!("samples-ci-{number}"));
    for (from, to) in &case.inputs {
        here.write(to, std::fs::read(sample(from)).unwrap());
    }
    for place in ["knee.toml", "new/knee.toml"] {
        here.write(place, std::fs::read(sample("ci/knee.toml")).unwrap());
    }
    // A runner makes the file before the step.
    here.write("summary.md", "");
    let before = shell(&here, case.before);
    let said = String::from_utf8_lossy(&before.stderr);
    assert_eq!(before.status.code(), Some(0), "{}: {said}", case.before);
    let done = shell(&here, command);
    let said = String::from_utf8_lossy(&done.stderr);
    let of = format!("{}: {command}", case.file);
    assert_eq!(done.status.code(), Some(case.code), "{of}\n{said}");
    for (file, part) in case.leaves {
        let text = here.read(file);
        assert!(text.contains(part), "{of}\n{file}: {text}");
    }
    if command.contains("--format github ") {
        let printed = String::from_utf8_lossy(&done.stdout);
        assert_eq!(
            printed.contains("::error "),
            case.code == 1,
            "{of}\n{printed}"
        );
    }
}

#[test]
fn every_command_of_the_workflows_runs_and_leaves_what_later_steps_take() {
    let cases = cases();
    let mut used = BTreeSet::new();
    for (file, workflow) in workflows() {
        let commands = commands(&workflow);
        // What posts comments needs no knee; it has a test of its own.
        assert_eq!(
            commands.is_empty(),
            file == "github-fork-comment.yml",
            "{file}"
        );
        for command in &commands {
            let of = cases.iter().enumerate();
            let of: Vec<(usize, &Case)> = of
                .filter(|(_, case)| case.file == file && command.starts_with(case.command))
                .collect();
            assert!(
                !of.is_empty(),
                "{file}: nothing says what this must do: {command}"
            );
            for (number, case) in of {
                check(case, command, number);
                used.insert(number);
            }
        }
    }
    assert_eq!(used.len(), cases.len(), "a case is of no command");
}

#[test]
fn the_metrics_that_gitlab_lists_are_few_and_of_whole_runs() {
    let here = Scratch::new("samples-ci-metrics");
    for (from, to) in locust("v2.47.0/baseline-r1") {
        here.write(&to, std::fs::read(sample(&from)).unwrap());
    }
    here.write("knee.toml", std::fs::read(sample("ci/knee.toml")).unwrap());
    let all = workflows();
    let (_, gitlab) = all.iter().find(|(file, _)| file == "gitlab.yml").unwrap();
    let after = gitlab["load test"]["after_script"][0].as_str().unwrap();
    for command in [&*commands(gitlab)[0], after] {
        let done = shell(&here, command);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(0), "{command}: {said}");
    }
    let text = here.read("metrics.txt");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!((10..=50).contains(&lines.len()), "{text}");
    assert!(
        text.ends_with("# EOF\n") && !text.contains("endpoint="),
        "{text}"
    );
    // The console of this run says p95 140.
    let p95 = "knee_run_latency_seconds{scenario=\"default\",run=\"run-1\",quantile=\"0.95\"} 0.14";
    assert!(lines.contains(&p95), "{text}");
    for line in lines {
        let (_, value) = line.rsplit_once(' ').unwrap();
        let digits = value.trim_start_matches(['0', '.']).replace('.', "");
        let whole = value.parse::<f64>().unwrap().fract() == 0.0;
        assert!(whole || digits.len() <= 6, "{line}");
    }
}

#[test]
fn a_command_with_a_slip_does_not_pass() {
    let workflow: Value = serde_saphyr::from_str(
        "jobs:\n  a:\n    steps:\n      - run: |\n          true\n          knee check results/*.json \\\n            --save-as out/run.json\n",
    )
    .unwrap();
    let found = commands(&workflow);
    assert_eq!(found.len(), 1);
    let here = Scratch::new("samples-ci-slip");
    assert_eq!(shell(&here, &found[0]).status.code(), Some(2));
}

#[test]
fn files_that_later_steps_name_are_those_that_commands_leave() {
    for (file, workflow) in workflows() {
        let named = match file.as_str() {
            "gitlab.yml" => workflow["load test"]["artifacts"].to_string(),
            _ => workflow["jobs"].to_string(),
        };
        let cases = cases();
        for case in cases.iter().filter(|case| case.file == file) {
            for (path, _) in case.leaves {
                let folder = path.split('/').next().unwrap();
                assert!(
                    named.contains(folder) || *path == "summary.md",
                    "{file}: nobody takes {path}"
                );
            }
        }
    }
    let all = workflows();
    let of = |name: &str| &all.iter().find(|(file, _)| file == name).unwrap().1;
    let waits = &of("github-fork-comment.yml")["on"]["workflow_run"]["workflows"][0];
    assert_eq!(*waits, of("github-fork-check.yml")["name"]);
    // What is accepted is what the gate left.
    let accept = of("github-accept.yml").to_string();
    let gate = of("github-gate.yml");
    assert!(accept.contains(&format!("push main {}", gate["name"].as_str().unwrap())));
}

#[test]
fn every_block_is_a_script_that_a_shell_can_parse() {
    for (file, workflow) in workflows() {
        let shell = if file == "gitlab.yml" { "sh" } else { "bash" };
        let blocks = blocks(&workflow);
        assert!(!blocks.is_empty(), "{file}");
        for block in blocks {
            let done = Command::new(shell)
                .args(["-n", "-c", &block])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{file}: {said}\n{block}");
            // What an event says would become part of the script; it comes in variables instead.
            assert!(!block.contains("${{"), "{file}: {block}");
        }
    }
}

#[test]
fn workflows_may_do_little_and_name_versions() {
    for (file, workflow) in workflows() {
        if file == "gitlab.yml" {
            continue;
        }
        assert!(workflow["permissions"].is_object(), "{file}");
        let events = workflow["on"].as_object().unwrap();
        assert!(!events.contains_key("pull_request_target"), "{file}");
        let may_write = workflow.to_string().contains(":\"write\"");
        let writes = ["github-fork-comment.yml", "github-accept.yml"].contains(&file.as_str());
        assert_eq!(may_write, writes, "{file}");
        // Who may write is never started by the code of a pull request.
        assert!(!may_write || !events.contains_key("pull_request"), "{file}");
        for job in workflow["jobs"].as_object().unwrap().values() {
            let steps = job["steps"].as_array().unwrap().iter();
            for uses in steps.filter_map(|step| step.get("uses")?.as_str()) {
                let (_, version) = uses.split_once("@v").unwrap();
                assert!(version.parse::<u32>().is_ok(), "{file}: {uses}");
            }
        }
    }
}

/// What the second workflow of the pair finds.
struct Posting<'a> {
    number: &'a str,
    body: &'a str,
    /// What the API says of pull request 7.
    stands: &'a str,
    /// Comments of the bot: id, tab, first line.
    comments: &'a str,
}

const BODY: &str = "<!-- knee:shop/default -->\n### Load test: FAIL\n\nslower for @shop/team\n";
const STANDS: &str = "open abc fork/shop";

impl Default for Posting<'_> {
    fn default() -> Self {
        Posting {
            number: "7\n",
            body: BODY,
            stands: STANDS,
            comments: "",
        }
    }
}

/// Runs it; exit code, what was asked of `gh`, and what was sent.
fn post(here: &Scratch, posting: &Posting) -> (i32, String, Option<String>) {
    let _ = std::fs::remove_file(here.0.join("sent.md"));
    let all = workflows();
    let workflow = all
        .iter()
        .find(|(file, _)| file == "github-fork-comment.yml");
    let block = blocks(&workflow.unwrap().1).remove(0);
    here.write("comment/number.txt", posting.number);
    if here.0.join("comment/body.md").symlink_metadata().is_err() {
        here.write("comment/body.md", posting.body);
    }
    here.write("asked.txt", "");
    let gh = here.write(
        "bin/gh",
        "#!/bin/sh\nprintf '%s\\n' \"$*\" >> asked.txt\ncase \"$*\" in\n\
         'api repos/shop/shop/pulls/7 '*) printf '%s\\n' \"$STANDS\" ;;\n\
         *--paginate*) printf '%s' \"$COMMENTS\" ;;\n\
         *body=@*) cp posted.md sent.md ;;\n*) exit 9 ;;\nesac\n",
    );
    std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let done = Command::new("bash")
        .args(["-c", &block])
        .current_dir(&here.0)
        .env_clear()
        .env("PATH", format!("{}:{path}", here.0.join("bin").display()))
        .env("REPO", "shop/shop")
        .env("HEAD_SHA", "abc")
        .env("HEAD_REPO", "fork/shop")
        .env("STANDS", posting.stands)
        .env("COMMENTS", posting.comments)
        .output()
        .unwrap();
    let sent = here
        .0
        .join("sent.md")
        .exists()
        .then(|| here.read("sent.md"));
    std::fs::remove_dir_all(here.0.join("comment")).unwrap();
    (done.status.code().unwrap(), here.read("asked.txt"), sent)
}

#[test]
fn the_comment_of_a_fork_is_posted_once_and_replaced_later() {
    let here = Scratch::new("samples-ci-post");
    let (code, asked, sent) = post(&here, &Posting::default());
    assert_eq!(code, 0, "{asked}");
    assert!(
        asked.contains("--method POST repos/shop/shop/issues/7/comments"),
        "{asked}"
    );
    // The text is as it was, and nobody is called by name.
    let sent = sent.unwrap();
    assert_eq!(sent.replace('\u{200b}', ""), BODY);
    assert!(!sent.contains("@s"), "{sent}");
    for (comments, wanted) in [
        (
            "11\t<!-- knee:shop/default -->\n",
            "--method PATCH repos/shop/shop/issues/comments/11",
        ),
        ("11\t<!-- knee:other -->\n", "--method POST"),
        (
            "11\t<!-- knee:other -->\n12\t<!-- knee:shop/default -->\n",
            "--method PATCH repos/shop/shop/issues/comments/12",
        ),
    ] {
        let posting = Posting {
            comments,
            ..Posting::default()
        };
        let (code, asked, _) = post(&here, &posting);
        assert!(code == 0 && asked.contains(wanted), "{comments}: {asked}");
    }
}

#[test]
fn an_artifact_that_lies_is_not_posted() {
    let here = Scratch::new("samples-ci-lies");
    let long = format!("{BODY}{}", "x".repeat(300_000));
    let numbers = [
        "",
        "0",
        "-7",
        "7 8",
        "7\n8",
        "7; id",
        "$(id)",
        "../8",
        "77777777777",
    ];
    let mut all: Vec<Posting> = numbers
        .map(|number| Posting {
            number,
            ..Posting::default()
        })
        .into();
    for stands in [
        "open other fork/shop",
        "closed abc fork/shop",
        "open abc shop/shop",
        "",
    ] {
        all.push(Posting {
            stands,
            ..Posting::default()
        });
    }
    for body in ["no marker\n", "<!-- knee:a --><img src=x> -->\n", "", &long] {
        all.push(Posting {
            body,
            ..Posting::default()
        });
    }
    for posting in all {
        let (code, asked, sent) = post(&here, &posting);
        assert_eq!(
            code, 1,
            "{:?} {:?}: {asked}",
            posting.number, posting.stands
        );
        assert!(sent.is_none() && !asked.contains("--method"), "{asked}");
    }
    // A link would have the runner's own files in a comment.
    here.write("secret", BODY);
    std::fs::create_dir(here.0.join("comment")).unwrap();
    std::os::unix::fs::symlink("../secret", here.0.join("comment/body.md")).unwrap();
    let (code, _, sent) = post(&here, &Posting::default());
    assert!(code == 1 && sent.is_none());
}
