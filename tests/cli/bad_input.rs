//! Bad input: a clear error with exit 2, or a counted note. Never a panic, never half an output.

use crate::{Done, Scratch, sample};

fn refused(done: &Done, parts: &[&str]) {
    assert_eq!(done.code, 2, "out: {}\nerr: {}", done.out, done.err);
    assert!(done.out.is_empty(), "{}", done.out);
    assert!(!done.err.contains("panicked"), "{}", done.err);
    for part in parts {
        assert!(done.err.contains(part), "`{part}` is not in:\n{}", done.err);
    }
}

#[test]
fn what_is_not_there_is_said() {
    let here = Scratch::new("absent");
    refused(
        &here.knee(&["report", "nothing.json"]),
        &["no file matches nothing.json", "hint:"],
    );
    refused(
        &here.knee(&["report", "*.json"]),
        &["no file matches *.json"],
    );
    refused(&here.knee(&["report"]), &["RUN"]);
    std::fs::create_dir(here.0.join("empty")).unwrap();
    refused(
        &here.knee(&["report", "empty"]),
        &["empty holds no load-test result"],
    );
}

#[test]
#[cfg(unix)]
fn a_name_that_is_no_utf8_is_a_path_and_any_other_argument_is_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let here = Scratch::new("latin-name");
    let name = OsStr::from_bytes(b"caf\xe9.csv");
    if std::fs::write(here.0.join(name), "name,latency\na,5\na,7\n").is_err() {
        // A file system that takes no such name.
        return;
    }
    let knee = |arguments: &[&[u8]]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_knee"));
        let arguments = arguments.iter().map(|one| OsStr::from_bytes(one));
        let output = command.args(arguments).current_dir(&here.0).env_clear();
        let output = output.output().unwrap();
        Done {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    };
    let read = knee(&[b"report", b"caf\xe9.csv", b"--format", b"text"]);
    assert_eq!(read.code, 0, "{}", read.err);
    assert!(read.out.contains("2 requests"), "{}", read.out);
    let absent = knee(&[b"report", b"th\xe9.csv"]);
    refused(&absent, &["th\u{fffd}.csv", "no such file"]);
    let named = knee(&[b"report", b"a=caf\xe9.csv"]);
    refused(&named, &["a=caf\u{fffd}.csv", "without NAME="]);
    let target = knee(&[b"report", b"caf\xe9.csv", b"--target", b"p95 < 2\xb5s"]);
    refused(
        &target,
        &["the argument", "p95 < 2\u{fffd}s", "is not UTF-8"],
    );
}

#[test]
fn what_another_tool_wrote_is_said() {
    let here = Scratch::new("jmeter");
    here.write(
        "jm.csv",
        "timeStamp,elapsed,label,success\n1637589158484,34,good,true\n",
    );
    for arguments in [
        &["report", "jm.csv"][..],
        &["report", "jm.csv", "--from", "requests-csv"],
    ] {
        refused(&here.knee(arguments), &["jm.csv", "a table of JMeter"]);
    }
}

#[test]
fn what_no_format_claims_is_said_with_what_it_looks_like() {
    let here = Scratch::new("unknown");
    here.write("empty.json", "");
    here.write("blank.json", "  \n\n");
    here.write("binary", [0_u8, 159, 146, 150, 0, 1, 2]);
    here.write("words.txt", "hello there\n");
    here.write("page.html", "<!doctype html><p>hello");
    here.write("other.json", "{\"a\": 1}");
    here.write("latin.csv", b"a,b\n\xe9\xe8,1\n");
    refused(
        &here.knee(&["report", "empty.json"]),
        &["empty.json is empty"],
    );
    refused(
        &here.knee(&["report", "blank.json"]),
        &["blank.json is empty"],
    );
    refused(
        &here.knee(&["report", "binary"]),
        &[
            "binary is not a load-test result",
            "binary data",
            "knee formats",
        ],
    );
    refused(
        &here.knee(&["report", "words.txt"]),
        &["text of another kind"],
    );
    refused(&here.knee(&["report", "page.html"]), &["HTML or XML"]);
    refused(
        &here.knee(&["report", "other.json"]),
        &["JSON with other members"],
    );
    refused(&here.knee(&["report", "latin.csv"]), &["not UTF-8"]);
    refused(&here.knee(&["report", "."]), &["no load-test result among"]);
}

#[test]
fn a_wrong_format_is_refused_by_name() {
    let here = Scratch::new("from");
    let artillery = sample("artillery/v2.0.34/errors.json");
    let artillery = artillery.to_str().unwrap();
    refused(
        &here.knee(&["report", artillery, "--from", "artilery"]),
        &["there is no format `artilery`", "did you mean `artillery`"],
    );
    for format in [
        "locust-csv",
        "locust-json",
        "flat-json",
        "requests-csv",
        "knee-run",
    ] {
        refused(
            &here.knee(&["report", artillery, "--from", format]),
            &["errors.json"],
        );
    }
}

#[test]
fn a_cut_file_names_line_and_column() {
    let here = Scratch::new("cut");
    let whole = std::fs::read(sample("artillery/v2.0.34/errors.json")).unwrap();
    for share in [10, 30, 50, 70, 90, 99] {
        here.write("cut.json", &whole[..whole.len() * share / 100]);
        let done = here.knee(&["report", "cut.json"]);
        refused(&done, &["cut.json"]);
        if share > 10 {
            assert!(done.err.contains("line"), "{}", done.err);
        }
    }
}

#[test]
fn deep_nesting_and_long_lines_are_refused_in_bounded_memory() {
    let here = Scratch::new("deep");
    here.write("deep.json", "[".repeat(1_000_000));
    refused(&here.knee(&["report", "deep.json"]), &["deep.json"]);
    let mut nested = String::from("{\"aggregate\":{\"counters\":");
    nested.push_str(&"{\"a\":".repeat(100_000));
    here.write("nested.json", nested);
    refused(
        &here.knee(&["report", "nested.json", "--from", "artillery"]),
        &["nested.json"],
    );
    here.write("line.json", "x".repeat(50_000_000));
    refused(&here.knee(&["report", "line.json"]), &["line.json"]);
}

#[test]
fn an_unreadable_file_is_said() {
    let here = Scratch::new("unreadable");
    let path = here.write("a.json", "{}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        // root reads everything; then the content is refused instead.
        refused(&here.knee(&["report", "a.json"]), &["a.json"]);
    }
    here.write("cut.json.gz", [0x1f, 0x8b, 8, 0, 0]);
    refused(
        &here.knee(&["report", "cut.json.gz"]),
        &["cannot read cut.json.gz"],
    );
}

#[test]
fn files_of_no_format_beside_results_are_a_counted_note() {
    let here = Scratch::new("beside");
    here.write("dir/notes.txt", "remember the milk\n");
    here.write("dir/empty.log", "");
    std::fs::copy(
        sample("artillery/v2.0.34/one-vu.json"),
        here.0.join("dir/run.json"),
    )
    .unwrap();
    let done = here.knee(&["report", "dir", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("2 files not recognised"), "{}", done.err);
    assert!(done.out.contains("files-left-out"));
    let quiet = here.knee(&["report", "dir", "-q"]);
    assert!(quiet.err.is_empty(), "{}", quiet.err);
}

#[test]
fn an_unknown_key_shows_its_place_and_the_nearest_known_one() {
    let here = Scratch::new("key");
    std::fs::copy(
        sample("artillery/v2.0.34/one-vu.json"),
        here.0.join("run.json"),
    )
    .unwrap();
    here.write(
        "knee.toml",
        "[project]\nname = \"x\"\n\n[[target]]\nexpct = \"p95 < 200ms\"\n",
    );
    let done = here.knee(&["report", "run.json"]);
    refused(&done, &["knee.toml", "expct", "expect", "5"]);
    here.write("knee.toml", "[[target]]\nexpect = \"p95 < 200\"\n");
    refused(
        &here.knee(&["report", "run.json"]),
        &["knee.toml", "p95 < 200"],
    );
    refused(
        &here.knee(&["report", "run.json", "--config", "absent.toml"]),
        &["absent.toml"],
    );
    std::fs::remove_file(here.0.join("knee.toml")).unwrap();
    refused(
        &here.knee(&["report", "run.json", "--target", "p59x < 2ms"]),
        &["--target", "p59x"],
    );
    refused(
        &here.knee(&["report", "run.json", "--percentiles", "50,101"]),
        &["--percentiles", "101"],
    );
    refused(
        &here.knee(&["report", "run.json", "--trim-start", "soon"]),
        &["--trim-start", "soon"],
    );
}

#[test]
fn an_array_is_locusts_by_its_members_and_an_empty_one_only_perhaps() {
    let here = Scratch::new("arrays");
    here.write("empty.json", "[]\n");
    here.write("other.json", "[{\"name\": \"a\", \"value\": 3}]");
    here.write("two.json", "[{\"num_requests\": 3, \"num_failures\": 0}]");
    let done = here.knee(&["report", "empty.json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let first = done.out.lines().find(|line| line.starts_with('-')).unwrap();
    for part in [
        "No request was made: empty.json: an empty array",
        "as Locust prints it",
        "nothing in it says that it is Locust's",
    ] {
        assert!(first.contains(part), "{first}");
    }
    for other in ["other.json", "two.json"] {
        refused(
            &here.knee(&["report", other]),
            &[
                other,
                "is not a load-test result",
                "JSON with other members",
            ],
        );
    }
    refused(
        &here.knee(&["report", "other.json", "--from", "k6-summary"]),
        &[
            "other.json: expected a summary of k6",
            "an array of objects with `name`, `value`",
            "--summary-export",
        ],
    );
}
