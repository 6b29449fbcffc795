//! Resources and test results beside a run.

use crate::{Scratch, knee, sample};
use knee::model::ResourcePhase;
use knee::report::{Report, TargetState};

fn path(name: &str) -> String {
    sample(name).to_string_lossy().into_owned()
}

const RUN: &str = "artillery/v2.0.34/hardwork-steps.json";

fn report(here: &Scratch, arguments: &[&str]) -> Report {
    let run = path(RUN);
    let mut all = vec!["report", run.as_str(), "--format", "json"];
    all.extend(arguments);
    let done = here.knee(&all);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn samples_stand_in_the_report_by_component_and_phase() {
    let run = path(RUN);
    let stats = path("resources/docker-stats.txt");
    let done = knee("beside-page", &["report", &run, "--resources", &stats]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("## Resources"), "{}", done.out);
    let row = |wanted: &str| done.out.lines().find(|line| line.starts_with(wanted));
    // 24 frames of 5 s lie between 02:17:06.815 and 02:19:06.682.
    let load = row("| `shop-api-1` | `cpu` | load |").unwrap();
    assert!(load.contains("| 24 |"), "{load}");
    let idle = row("| `shop-api-1` | `cpu` | idle |").unwrap();
    assert!(idle.contains("| 13 |"), "{idle}");
    assert!(
        done.out
            .contains("docker-stats.txt is read beside the run as docker-stats")
    );
    assert!(done.out.contains("containers that were not running"));
    assert!(!done.out.contains(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn targets_are_judged_by_phase() {
    let here = Scratch::new("beside-targets");
    let stats = path("resources/docker-stats.txt");
    here.write(
        "knee.toml",
        r#"
[[target]]
name = "memory"
expect = "resource:shop-api-1.memory.max < 300MiB"
[[target]]
name = "memory at rest"
expect = "resource:shop-db-1.memory.max < 350MiB"
phase = "idle"
[[target]]
name = "cpu at rest"
expect = "resource:shop-api-1.cpu.max < 1%"
phase = "idle"
[[target]]
name = "cpu"
expect = "resource:shop-api-1.cpu.max < 400%"
[[target]]
name = "growth"
expect = "resource:shop-api-1.memory.slope < 100kB"
[[target]]
name = "unknown"
expect = "resource:cache.memory.max < 1GiB"
optional = true
"#,
    );
    let found = report(&here, &["--resources", &stats]);
    let state = |name: &str| found.targets.iter().find(|t| t.name == name).unwrap();
    // From the file: api 180 MiB at rest, 180 + 1.35 a second under load; CPU below 0.5 % and up to about 250 %.
    assert_eq!(state("memory").state, TargetState::Fail);
    assert_eq!(state("memory").n, Some(24));
    assert_eq!(state("memory at rest").state, TargetState::Pass);
    assert_eq!(state("memory at rest").n, Some(13));
    assert_eq!(state("cpu at rest").state, TargetState::Pass);
    assert_eq!(state("cpu").state, TargetState::Pass);
    let growth = state("growth");
    assert_eq!(growth.state, TargetState::Fail);
    let slope = growth.value.unwrap() / 1_048_576.0;
    assert!((slope - 1.35).abs() < 0.02, "{slope}");
    assert_eq!(state("unknown").state, TargetState::NotMeasured);
    assert!(
        state("unknown")
            .reason
            .as_ref()
            .unwrap()
            .contains("no samples of cache.memory")
    );
}

#[test]
fn the_table_of_document_002_is_a_snapshot_with_a_copied_column() {
    let run = path("locust/day17/day17_stats.csv");
    let stats = path("resources/snapshot-002.txt");
    let target = "resource:redis.cpu.max < 6%";
    let arguments = [
        "report",
        &run,
        "--resources",
        &stats,
        "--target",
        target,
        "--format",
        "json",
    ];
    let done = knee("beside-002", &arguments);
    let found: Report = serde_json::from_str(&done.out).unwrap();
    let of = |rule: &str| {
        found
            .findings
            .iter()
            .filter(|f| f.rule.as_str() == rule)
            .count()
    };
    assert_eq!((of("V18"), of("V20")), (0, 2), "{:?}", found.findings);
    // V18 is parked until it is given an effect.
    let asked = Scratch::new("beside-002-asked");
    asked.write("knee.toml", "[rules]\nseverity = { V18 = \"warn\" }\n");
    let done = asked.knee(&arguments);
    let found: Report = serde_json::from_str(&done.out).unwrap();
    let of_columns = found.findings.iter().filter(|f| f.rule.as_str() == "V18");
    assert_eq!(of_columns.count(), 1, "{:?}", found.findings);
    // An idle target cannot be judged where nothing tells the phases apart.
    let here = Scratch::new("beside-002-idle");
    here.write(
        "knee.toml",
        "[[target]]\nexpect = \"resource:redis.cpu.max < 6%\"\nphase = \"idle\"\n",
    );
    let page = here.knee(&["report", &run, "--resources", &stats]);
    assert!(
        page.out.contains("not separated into idle and load"),
        "{}",
        page.out
    );
}

#[test]
fn two_encodings_of_one_log_say_the_same() {
    let here = Scratch::new("beside-two");
    let of = |name: &str| {
        report(&here, &["--resources", &path(name)])
            .runs
            .remove(0)
            .resources
    };
    assert_eq!(
        of("resources/docker-stats.txt"),
        of("resources/docker-stats.jsonl")
    );
}

#[test]
fn test_suites_have_a_total_and_failing_tests_a_name() {
    let here = Scratch::new("beside-tests");
    std::fs::copy(
        sample("tests/five-suites.xml"),
        here.0.join("five-suites.xml"),
    )
    .unwrap();
    std::fs::copy(
        sample("tests/pytest-report.json"),
        here.0.join("report.json"),
    )
    .unwrap();
    here.write(
        "knee.toml",
        "[inputs]\ntests = [\"*.xml\", \"report.json\"]\n",
    );
    let run = path(RUN);
    let done = here.knee(&["report", &run]);
    assert_eq!(done.code, 0, "{}", done.err);
    let page = &done.out;
    assert!(
        page.contains("| `API Response Times` | 8 | 8 | 0 | 100 % | `five-suites.xml` |"),
        "{page}"
    );
    // 24 of the five suites, 6 and 3 of pytest.
    assert!(
        page.contains("| **Total** | **33** | **30** | **3** | **90.91 %** | - |"),
        "{page}"
    );
    assert!(
        page.contains("says that it has 4 tests and holds 6"),
        "{page}"
    );
    assert!(
        page.replace('\\', "")
            .contains("tests/test_response_times.py: test_slow_report"),
        "{page}"
    );
    assert!(
        !done.err.contains("not used by this version"),
        "{}",
        done.err
    );
    let gate = here.knee(&[
        "report",
        &run,
        "--target",
        "check:API Response Times >= 100%",
        "--format",
        "json",
    ]);
    let found: Report = serde_json::from_str(&gate.out).unwrap();
    assert_eq!(
        found.targets[0].state,
        TargetState::Pass,
        "{:?}",
        found.targets
    );
    assert_eq!(found.targets[0].n, Some(8));
}

#[test]
fn files_beside_a_run_are_refused_as_runs_with_the_way_they_are_read() {
    for (name, what, way) in [
        (
            "resources/docker-stats.txt",
            "a log of `docker stats`",
            "--resources FILE",
        ),
        (
            "resources/docker-stats.jsonl",
            "docker stats --format json",
            "--resources FILE",
        ),
        (
            "resources/long.csv",
            "a table of resource samples",
            "--resources FILE",
        ),
        ("tests/pytest-junit.xml", "a JUnit report", "[inputs] tests"),
        (
            "tests/pytest-report.json",
            "pytest-json-report",
            "[inputs] tests",
        ),
        (
            "tests/summary-only.json",
            "pytest-json-report",
            "[inputs] tests",
        ),
    ] {
        let done = knee("beside-refused", &["report", &path(name)]);
        assert_eq!(done.code, 2, "{name}");
        assert!(
            done.err.contains(what) && done.err.contains("not a load-test result"),
            "{}",
            done.err
        );
        assert!(done.err.contains(way), "{}", done.err);
    }
    let run = path(RUN);
    let swapped = knee(
        "beside-swapped",
        &["report", &run, "--resources", &path("tests/node-junit.xml")],
    );
    assert_eq!(swapped.code, 2);
    assert!(swapped.err.contains("[inputs] tests"), "{}", swapped.err);
    let itself = knee("beside-run", &["report", &run, "--resources", &run]);
    assert_eq!(itself.code, 2);
    assert!(
        itself
            .err
            .contains("not a log of resources that knee knows"),
        "{}",
        itself.err
    );
    let nothing = knee(
        "beside-none",
        &["report", &run, "--resources", "no-such-file.txt"],
    );
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("no-such-file.txt"), "{}", nothing.err);
}

#[test]
fn a_folder_names_what_stands_beside_its_results() {
    let here = Scratch::new("beside-folder");
    for name in ["resources/docker-stats.txt", "tests/pytest-junit.xml", RUN] {
        let to = here
            .0
            .join("results")
            .join(name.rsplit('/').next().unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(sample(name), to).unwrap();
    }
    let done = here.knee(&["report", "results"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.err.contains("2 files beside the results left out"),
        "{}",
        done.err
    );
    assert!(done.out.contains("(2x)"), "{}", done.out);
    // What is named is read, and no longer left out.
    let named = here.knee(&[
        "report",
        "results",
        "--resources",
        "results/docker-stats.txt",
    ]);
    assert!(
        named.err.contains("1 file beside the results left out"),
        "{}",
        named.err
    );
    assert!(named.out.contains("## Resources"));
}

#[test]
fn samples_without_times_cannot_be_shared_by_two_runs() {
    let (one, two) = (path(RUN), path("artillery/v2.0.34/one-vu.json"));
    let live = path("resources/docker-stats-live.txt");
    let done = knee(
        "beside-several",
        &["report", &one, &two, "--resources", &live],
    );
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("it cannot be told whose they are"),
        "{}",
        done.err
    );
    assert!(done.err.contains("hint:"), "{}", done.err);
    let timed = path("resources/docker-stats.txt");
    let done = knee(
        "beside-several-timed",
        &[
            "report",
            &one,
            &two,
            "--resources",
            &timed,
            "--format",
            "json",
        ],
    );
    assert_eq!(done.code, 0, "{}", done.err);
}

#[test]
fn trimming_keeps_idle_and_cuts_load() {
    let here = Scratch::new("beside-trim");
    let stats = path("resources/docker-stats.txt");
    let found = report(&here, &["--resources", &stats, "--trim-start", "60s"]);
    let run = &found.runs[0];
    let samples = |phase: ResourcePhase| {
        let mut all = run.resources.iter();
        let one =
            all.find(|r| r.component == "shop-api-1" && r.name == "cpu" && r.phase == Some(phase));
        one.unwrap().samples
    };
    assert_eq!(samples(ResourcePhase::Idle), 13);
    assert!(
        (10..=14).contains(&samples(ResourcePhase::Load)),
        "{}",
        samples(ResourcePhase::Load)
    );
}

#[test]
fn formats_lists_what_is_read_beside_a_run() {
    let done = knee("beside-formats", &["formats"]);
    for format in knee::ingest::beside::BESIDE {
        assert!(done.out.contains(format.id), "{}", format.id);
    }
    assert!(
        done.out.contains("with:   --resources FILE"),
        "{}",
        done.out
    );
}

#[test]
fn an_output_never_replaces_what_is_read_beside_the_run() {
    let here = Scratch::new("beside-spare");
    std::fs::copy(sample("resources/wide.csv"), here.0.join("wide.csv")).unwrap();
    let before = here.read("wide.csv");
    let done = here.knee(&[
        "report",
        &path(RUN),
        "--resources",
        "wide.csv",
        "-o",
        "wide.csv",
    ]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert_eq!(here.read("wide.csv"), before);
}

#[test]
fn a_failed_test_is_named_in_one_place_of_a_report() {
    let here = Scratch::new("beside-once");
    let file = std::fs::read_to_string(sample("tests/pytest-junit.xml")).unwrap();
    assert!(file.contains("test_slow_report"));
    here.write("junit.xml", file);
    here.write("knee.toml", "[inputs]\ntests = [\"junit.xml\"]\n");
    let done = here.knee(&["report", &path(RUN)]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out.matches(r"slow\_report").count(), 1, "{}", done.out);
    // Where the page has no table of tests, the reader's notes still tell.
    here.write(
        "knee.toml",
        "[report]\nsections = [\"inputs\"]\n[inputs]\ntests = [\"junit.xml\"]\n",
    );
    let bare = here.knee(&["report", &path(RUN)]);
    assert_eq!(bare.out.matches(r"slow\_report").count(), 1, "{}", bare.out);
}
