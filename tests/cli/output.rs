//! `-o` and `--format`: kinds, places, and what is refused before anything is read.

use crate::{Scratch, sample};

fn run() -> String {
    sample("artillery/v2.0.34/hardwork-steps.json")
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_ending_says_the_kind_and_charts_stand_beside_the_page() {
    let here = Scratch::new("kinds");
    let done = here.knee(&[
        "report",
        &run(),
        "-o",
        "a.md",
        "-o",
        "a.json",
        "-o",
        "a.txt",
        "-o",
        "a.csv",
        "-o",
        "out/",
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.is_empty());
    assert!(here.read("a.md").starts_with("# "));
    assert!(here.read("a.json").contains("knee.report/1"));
    assert!(here.read("a.csv").starts_with("run,endpoint,metric,value"));
    for (page, folder) in [("a.md", "a-charts"), ("out/report.md", "charts")] {
        let text = here.read(page);
        let links: Vec<&str> = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .collect();
        let charts: Vec<&&str> = links
            .iter()
            .filter(|link| link.starts_with(folder))
            .collect();
        assert!(charts.len() >= 2, "{page}: {links:?}");
        let beside = std::path::Path::new(page).parent().unwrap();
        for chart in charts {
            let svg = here.read(beside.join(chart).to_str().unwrap());
            assert!(svg.contains("<svg") && svg.contains("<title"));
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let here = Scratch::new("same");
    for kind in ["markdown", "text", "json", "csv"] {
        let first = here
            .knee(&["report", &run(), "--format", kind, "--jobs", "1"])
            .out;
        let second = here
            .knee(&["report", &run(), "--format", kind, "--jobs", "4"])
            .out;
        assert!(!first.is_empty());
        assert_eq!(first, second, "{kind}");
    }
    let stamped = here
        .knee_with(
            &["report", &run()],
            b"",
            &[("SOURCE_DATE_EPOCH", "1700000000")],
        )
        .out;
    assert!(stamped.contains("2023-11-14T22:13:20Z"), "{stamped}");
}

#[test]
fn what_cannot_be_written_is_refused_before_reading() {
    let here = Scratch::new("refused");
    for (arguments, part) in [
        (&["--format", "html"][..], "not built in this version"),
        (&["--format", "pdf"], "there is no output `pdf`"),
        (
            &["--format", "json", "--format", "text"],
            "only one output can go to standard output",
        ),
        (&["-o", "report.xyz"], "does not say what to write"),
        (&["-o", "json=out/"], "is a folder"),
        (&["-o", "json="], "no path"),
    ] {
        let mut all = vec!["report", "never-read.json"];
        all.extend_from_slice(arguments);
        let done = here.knee(&all);
        assert_eq!(done.code, 2, "{arguments:?}");
        assert!(done.err.contains(part), "{arguments:?}: {}", done.err);
        assert!(done.err.contains("hint:"), "{arguments:?}: {}", done.err);
    }
    here.write("file", "x");
    let done = here.knee(&[
        "report",
        &run(),
        "-o",
        "md=x",
        "-o",
        "markdown=file/inside.md",
    ]);
    assert_eq!(done.code, 2);
}

#[test]
fn text_keeps_to_eighty_columns_and_has_no_control_characters() {
    let here = Scratch::new("text");
    let done = here.knee(&["report", &run(), "--format", "text"]);
    let long: Vec<&str> = done
        .out
        .lines()
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
    assert!(!done.out.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn the_json_of_a_report_reads_back_without_unknown_members() {
    let here = Scratch::new("back");
    let done = here.knee(&["report", &run(), "--format", "json", "--full"]);
    let mut unknown = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(&done.out);
    let report: knee::report::Report =
        serde_ignored::deserialize(&mut reader, |path| unknown.push(path.to_string())).unwrap();
    assert!(unknown.is_empty(), "{unknown:?}");
    let again = serde_json::to_value(&report).unwrap();
    assert_eq!(
        again,
        serde_json::from_str::<serde_json::Value>(&done.out).unwrap()
    );
}

#[test]
fn an_input_is_never_overwritten_and_odd_names_keep_their_charts() {
    let here = Scratch::new("spare");
    std::fs::copy(run(), here.0.join("run.json")).unwrap();
    let before = here.read("run.json");
    for arguments in [
        &["report", "run.json", "-o", "run.json"][..],
        &["convert", "run.json", "-o", "./run.json"],
    ] {
        let done = here.knee(arguments);
        assert_eq!(done.code, 2);
        assert!(done.err.contains("would be overwritten"), "{}", done.err);
        assert_eq!(here.read("run.json"), before);
    }
    let done = here.knee(&["report", "run.json", "-o", "my report #1 (new).md"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let page = here.read("my report #1 (new).md");
    assert!(
        page.contains("](my%20report%20%231%20%28new%29-charts/"),
        "{page}"
    );
    assert_eq!(
        std::fs::read_dir(here.0.join("my report #1 (new)-charts"))
            .unwrap()
            .count(),
        3
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_pipes_are_written_into() {
    let here = Scratch::new("links");
    here.write("real.json", "old");
    std::os::unix::fs::symlink("real.json", here.0.join("link.json")).unwrap();
    let done = here.knee(&["report", &run(), "-o", "link.json", "-o", "json=/dev/null"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(here.read("real.json").contains("knee.report/1"));
    assert!(
        std::fs::symlink_metadata(here.0.join("link.json"))
            .unwrap()
            .file_type()
            .is_symlink()
    );
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn later_kinds_are_said_to_be_later_and_the_same_mechanism_serves_convert() {
    let here = Scratch::new("later");
    for (arguments, part) in [
        (
            &["report", "x", "-o", "a.html"][..],
            "`html` is not built in this version",
        ),
        (
            &["report", "x", "--format", "gitlab-load-performance"],
            "`gitlab-load-performance` is not built in this version",
        ),
        (
            &["convert", "x", "-o", "a.parquet"],
            "`parquet` is not built in this version",
        ),
        (
            &["convert", "x", "--format", "markdown"],
            "there is no output `markdown` here",
        ),
        (&["convert", "x", "-o", "json="], "no path"),
    ] {
        let done = here.knee(arguments);
        assert_eq!(done.code, 2);
        assert!(done.err.contains(part), "{arguments:?}: {}", done.err);
    }
    let done = here.knee(&["convert", &run(), "-o", "a.json", "-o", "a.csv"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        here.read("a.json").contains("knee.run/1")
            && here.read("a.csv").starts_with("run,endpoint")
    );
}

#[test]
fn colour_comes_when_it_is_asked_for() {
    let here = Scratch::new("colour");
    let plain = here.knee(&["report", "absent.json"]);
    assert!(!plain.err.contains('\u{1b}'), "{}", plain.err);
    let coloured = here.knee(&["--color", "always", "report", "absent.json"]);
    assert!(coloured.err.contains('\u{1b}'), "{}", coloured.err);
}
