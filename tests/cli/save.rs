//! `knee check --save`: the normalized runs that were judged, and what is refused before anything is written.

use serde_json::Value;

use crate::{Scratch, sample};

const PLAN: &str = "\
[[rename]]
match = \"/api/*\"
to = \"the api\"

[[expected_error]]
endpoint = \"the api\"
code = \"500\"
";

fn repeat(name: &str, number: u32) -> String {
    let path = sample(&format!("repeats/artillery/{name}-r{number}.json"));
    path.to_str().unwrap().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_was_judged_is_written_as_convert_writes_it() {
    let here = Scratch::new("save-same");
    here.write("knee.toml", PLAN);
    let variables = [("CI_COMMIT_SHA", "abc"), ("CI_JOB_ID", "7")];
    for runs in [
        vec![repeat("regressed-errors", 1)],
        vec![repeat("baseline", 1), repeat("baseline", 2)],
    ] {
        let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
        let check = [
            &["check"],
            &runs[..],
            &["--target", "p95 < 10s", "--save", "out/run.json"],
        ];
        let done = here.knee_with(&check.concat(), b"", &variables);
        assert_eq!(done.code, 0, "{}", done.err);
        let convert = [&["convert"], &runs[..]].concat();
        let converted = here.knee_with(&convert, b"", &variables);
        assert_eq!(here.read("out/run.json"), converted.out);
        // Nothing else stands beside it.
        assert_eq!(std::fs::read_dir(here.0.join("out")).unwrap().count(), 1);
    }
    let saved = json(&here.read("out/run.json"));
    assert_eq!(saved.as_array().unwrap().len(), 2);
    assert_eq!(saved[0]["identity"]["commit"], "abc");
    assert_eq!(saved[0]["identity_from"]["job"], "ci");
    let names = saved[0]["endpoints"].as_array().unwrap().iter();
    assert!(
        names
            .clone()
            .any(|endpoint| endpoint["name"] == "the api" && !endpoint["names_in"].is_null())
    );
}

#[test]
fn read_back_it_gives_the_same_figures_everywhere() {
    let here = Scratch::new("save-back");
    here.write("knee.toml", PLAN);
    let given = repeat("regressed-errors", 1);
    let base = repeat("baseline", 1);
    let done = here.knee(&[
        "check",
        &given,
        "--target",
        "p95 < 10s",
        "--save",
        "run.json",
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    let of = |run: &str, command: &[&str]| {
        let mut arguments = command.to_vec();
        arguments.extend([run, "--format", "json", "--full"]);
        let done = here.knee(&arguments);
        assert_ne!(done.code, 2, "{}", done.err);
        json(&done.out)
    };
    for command in [
        &["report"][..],
        &["check", "--target", "error_rate < 1%"],
        &["compare", &base],
    ] {
        let (first, second) = (of(&given, command), of("run.json", command));
        for part in ["figures", "targets", "findings", "comparisons", "verdict"] {
            assert_eq!(first[part], second[part], "{command:?} {part}");
        }
    }
    for run in [&*given, "run.json"] {
        let done = here.knee(&["baseline", "accept", run, "--reason", "x", "-o", "b.json"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let file = json(&here.read("b.json"));
        here.write(
            &format!("{}.overall", run.len()),
            file["runs"][0].to_string(),
        );
    }
    let figures = |run: &str| {
        let run = json(&here.read(&format!("{}.overall", run.len())));
        ["overall", "endpoints", "errors", "load", "id"].map(|part| run[part].clone())
    };
    assert_eq!(figures(&given), figures("run.json"));
}

#[test]
fn of_two_sides_the_new_one_is_written_under_its_own_name() {
    let here = Scratch::new("save-sides");
    for (side, run) in [("a", "baseline"), ("b", "regressed-errors")] {
        let bytes = std::fs::read(repeat(run, 1)).unwrap();
        here.write(&format!("{side}/run.json"), bytes);
    }
    let sides = ["--base", "a/run.json", "--new", "b/run.json"];
    let arguments = [&["check"], &sides[..], &["--save", "new.json"]].concat();
    let done = here.knee(&arguments);
    assert_ne!(done.code, 2, "{}", done.err);
    let saved = json(&here.read("new.json"));
    let converted = json(&here.knee(&["convert", "b/run.json"]).out);
    assert_eq!(saved["id"], converted["id"]);
    assert_eq!(saved["name"], converted["name"]);
}

#[test]
fn what_a_ci_says_is_written_and_does_not_sway_the_verdict() {
    let here = Scratch::new("save-job");
    let (base, new) = (repeat("baseline", 1), repeat("baseline", 2));
    let accepted = here.knee_with(
        &["baseline", "accept", &base, "--reason", "x"],
        b"",
        &[("GITHUB_RUN_ID", "7")],
    );
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let check = ["check", &*new, "--format", "json"];
    let plain = here.knee(&check);
    let saving = [&check[..], &["--save", "run.json"]].concat();
    // The same job as that of the baseline: its runs would count as interleaved, did the verdict read it.
    let saved = here.knee_with(&saving, b"", &[("GITHUB_RUN_ID", "7")]);
    assert_eq!((plain.code, plain.out), (saved.code, saved.out));
    assert_eq!(json(&here.read("run.json"))["identity"]["job"], "7");
}

#[test]
fn an_invalid_run_is_written_and_after_an_error_nothing_is() {
    let here = Scratch::new("save-verdict");
    let day_17 = sample("locust/day17/day17_stats.csv");
    let done = here.knee(&["check", day_17.to_str().unwrap(), "--save", "invalid.json"]);
    assert_eq!(done.code, 1, "{}", done.err);
    // 14,090 of its 15,914 requests failed.
    assert_eq!(
        json(&here.read("invalid.json"))["overall"]["failures"],
        14_090
    );
    let run = repeat("baseline", 1);
    for arguments in [
        &["check", &*run, "--trim-start", "9h"][..],
        &["check", "--base", &run, "--new", &run],
        &["check", &run, "--endpoint", "nothing"],
        &["check", &run, "-o", "invalid.json/report.md"],
    ] {
        let done = here.knee(&[arguments, &["--save", "not.json"]].concat());
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.err);
        assert!(!here.0.join("not.json").exists(), "{arguments:?}");
    }
}

#[test]
fn a_place_that_is_none_is_refused() {
    let here = Scratch::new("save-place");
    let run = repeat("baseline", 1);
    std::fs::copy(repeat("baseline", 2), here.0.join("run.json")).unwrap();
    here.write("knee.toml", "[compare]\nbaseline = 'accepted.json'\n");
    let accept = ["baseline", "accept", &run, "--reason", "x"];
    assert_eq!(here.knee(&accept).code, 0);
    std::fs::create_dir(here.0.join("folder")).unwrap();
    let target = ["--target", "p95 < 10s"];
    for (arguments, part) in [
        (
            &["run.json", "--save", "./run.json"][..],
            "would be overwritten",
        ),
        (&["run.json", "--save", "knee.toml"], "would be overwritten"),
        (
            &["run.json", "--save", "accepted.json"],
            "would be overwritten",
        ),
        (&["run.json", "--save", "-"], "--save wants a file"),
        (&["run.json", "--save", "folder"], "--save wants a file"),
        (&["run.json", "--save", "new/"], "--save wants a file"),
        (&["--save", "x.json"], "--save has nothing to write"),
        (
            &["run.json", "-o", "x.json", "--save", "x.json"],
            "both name x.json",
        ),
        // A file where the folder has to be: refused for every user, also one that no permission stops.
        (
            &["run.json", "--save", "knee.toml/x.json"],
            "failed to write knee.toml/x.json",
        ),
    ] {
        let (plan, accepted) = (here.read("knee.toml"), here.read("accepted.json"));
        let done = here.knee(&[&["check"], arguments, &target].concat());
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.err);
        assert!(done.err.contains(part), "{arguments:?}: {}", done.err);
        assert_eq!(here.read("knee.toml"), plan);
        assert_eq!(here.read("accepted.json"), accepted);
        assert!(!here.0.join("x.json").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let here = Scratch::new("save-readonly");
    let folder = here.0.join("locked");
    std::fs::create_dir(&folder).unwrap();
    let allow = |mode| {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(0o555);
    // No permission stops the superuser.
    let stops = std::fs::write(folder.join("probe"), "").is_err();
    let run = repeat("baseline", 1);
    let arguments = ["check", &*run, "--target", "p95 < 10s", "--save"];
    let done = here.knee(&[&arguments[..], &["locked/run.json"]].concat());
    allow(0o755);
    if stops {
        assert_eq!(done.code, 2);
        let wanted = "failed to write locked/run.json";
        assert!(done.err.contains(wanted), "{}", done.err);
    }
}
