//! Golden pages: what people read of real cases, kept as they were when a person last read them.
//!
//! A case is a folder with a `case.toml`: the command, why the case is here, and how the command ends. Beside it stand the
//! pages: `terminal.txt` (what a terminal shows: standard output, standard error, exit code), `report.md`, `comment.md` (a
//! pull request), `github.txt` (annotations) and `junit.xml`.
//!
//! `KNEE_GOLDEN=write cargo test --test golden` writes all pages anew. Read the diff before you commit it.
#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// What `case.toml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Why this case is here: what its pages must get right.
    why: String,
    /// The arguments, as typed in the project's folder.
    command: String,
    /// The exit code.
    code: i32,
}

/// The pages that are written to files: KIND of `-o`, name beside `case.toml`.
const PAGES: [(&str, &str); 4] = [
    ("markdown", "report.md"),
    ("pr-comment", "comment.md"),
    ("github", "github.txt"),
    ("junit", "junit.xml"),
];

/// What the terminal shows.
const TERMINAL: &str = "terminal.txt";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> Vec<PathBuf> {
    let folder = root().join("tests/golden");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// Runs the program in the project's folder, in a clean environment.
fn knee(arguments: &[String]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_knee"))
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .env("COLUMNS", "80")
        .output()
        .unwrap()
}

/// The pages of a case by file name, as the program writes them now.
fn pages(case: &Case, scratch: &Path) -> BTreeMap<&'static str, String> {
    let typed: Vec<String> = case.command.split_whitespace().map(str::to_owned).collect();
    let mut arguments = typed.clone();
    arguments.push("--format=text".to_owned());
    let seen = knee(&arguments);
    let code = seen.status.code().unwrap();
    assert_eq!(code, case.code, "exit code of `knee {}`", case.command);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let mut terminal = format!("$ knee {}\n{}", case.command, text(seen.stdout));
    write!(terminal, "-- stderr\n{}", text(seen.stderr)).unwrap();
    writeln!(terminal, "-- exit code {code}").unwrap();
    let mut pages = BTreeMap::from([(TERMINAL, terminal)]);
    let mut arguments = typed;
    for (kind, name) in PAGES {
        arguments.push("-o".to_owned());
        arguments.push(format!("{kind}={}", scratch.join(name).display()));
    }
    let written = knee(&arguments);
    assert_eq!(
        written.status.code().unwrap(),
        case.code,
        "`knee {}`",
        case.command
    );
    for (_, name) in PAGES {
        pages.insert(name, std::fs::read_to_string(scratch.join(name)).unwrap());
    }
    pages
}

/// The first line that differs, with both readings.
fn difference(kept: &str, now: &str) -> String {
    let mut lines = 0;
    let (mut old, mut new) = (kept.lines(), now.lines());
    loop {
        lines += 1;
        match (old.next(), new.next()) {
            (None, None) => return "only line ends differ".to_owned(),
            (a, b) if a == b => {}
            (a, b) => {
                let shown = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
                return format!(
                    "line {lines}\n    kept: {}\n    now:  {}",
                    shown(a),
                    shown(b)
                );
            }
        }
    }
}

#[test]
fn pages_are_as_they_were_last_read() {
    let write = std::env::var("KNEE_GOLDEN").is_ok_and(|value| value == "write");
    let mut wrong = String::new();
    let folders = cases();
    assert!(folders.len() >= 15, "{} cases", folders.len());
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let case: Case =
            toml::from_str(&std::fs::read_to_string(folder.join("case.toml")).unwrap()).unwrap();
        assert!(case.why.ends_with('.'), "{name} says why it is here");
        let scratch =
            std::env::temp_dir().join(format!("knee-golden-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).unwrap();
        for (page, now) in pages(&case, &scratch) {
            let path = folder.join(page);
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            if kept == now {
                continue;
            }
            if write {
                std::fs::write(&path, now).unwrap();
            } else {
                writeln!(wrong, "{name}/{page}: {}", difference(&kept, &now)).unwrap();
            }
        }
        std::fs::remove_dir_all(&scratch).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{wrong}\nRead what changed: `KNEE_GOLDEN=write cargo test --test golden`, then `git diff tests/golden`."
    );
}

#[test]
fn every_file_of_a_case_is_a_page_of_it() {
    for folder in cases() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            let known = PAGES.iter().any(|(_, page)| *page == name)
                || ["case.toml", "knee.toml", TERMINAL].contains(&name.as_str());
            assert!(known, "{}/{name}", folder.display());
        }
    }
}
