//! Names of tests without the folders of the machine they were run on: an absolute path keeps its last part.
//!
//! `PHPUnit` calls its outermost suite after the whole path of `phpunit.xml`, reporters of Node.js and pytest write such paths
//! into names. A route is no path of a machine: `/api/v1/users` stays.

/// First folders of paths that belong to a machine.
const ROOTS: [&str; 14] = [
    "home", "root", "Users", "tmp", "var", "private", "opt", "mnt", "builds", "usr", "srv",
    "github", "__w", "Volumes",
];

/// Letters of a name that are looked at; further ones are dropped.
const LONGEST: usize = 4000;

/// A name without the folders of the machine it was run on.
pub(super) fn unpathed(name: &str) -> String {
    let is_end = |letter: char| letter.is_whitespace() || "\"'()[]<>|,;=`".contains(letter);
    let end = name.char_indices().nth(LONGEST).map(|(at, _)| at);
    let name = end.and_then(|end| name.get(..end)).unwrap_or(name);
    let mut out = String::with_capacity(name.len());
    for part in name.split_inclusive(is_end) {
        let token = part.strip_suffix(is_end).unwrap_or(part);
        let mut parts = token.rsplit(['/', '\\']).filter(|part| !part.is_empty());
        let kept = match parts.next() {
            Some(last) if is_path(token) => last,
            _ => token,
        };
        out.push_str(kept);
        out.push_str(part.strip_prefix(token).unwrap_or_default());
    }
    out
}

/// Whether a word is a path of a machine: under a root, on a drive, or behind `file:`.
fn is_path(word: &str) -> bool {
    if let Some(path) = word.strip_prefix('/') {
        return path
            .split_once('/')
            .is_some_and(|(first, _)| ROOTS.contains(&first));
    }
    match word.split_once(':') {
        Some((drive, path)) if drive.len() == 1 => {
            path.starts_with(['/', '\\']) && !path.starts_with("//")
        }
        Some((scheme, path)) => scheme.eq_ignore_ascii_case("file") && path.starts_with("//"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_keeps_its_last_part() {
        let joined = |parts: &[&str]| format!("/{}", parts.join("/"));
        for folders in [
            &["home", "ci", "project", "tests"][..],
            &["__w", "repo"],
            &["builds", "group"],
            &["Users", "x", "src"],
        ] {
            let path = joined(&[folders, &["a.test.js"]].concat());
            assert_eq!(unpathed(&path), "a.test.js");
            assert_eq!(unpathed(&format!("{path}: b")), "a.test.js: b");
            assert_eq!(unpathed(&format!("x ({path}:3)")), "x (a.test.js:3)");
            assert_eq!(unpathed(&format!("t[{path}-1]")), "t[a.test.js-1]");
            assert_eq!(unpathed(&format!("in file://{path}, b")), "in a.test.js, b");
            assert_eq!(unpathed(&format!("FILE://{path}")), "a.test.js");
        }
        assert_eq!(unpathed(r"C:\agents\work\T.cs broke"), "T.cs broke");
        assert_eq!(unpathed("D:/agents/jobs/T.cs"), "T.cs");
        assert!(unpathed(&"a:".repeat(1_000_000)).len() <= LONGEST);
    }

    #[test]
    fn a_route_an_address_and_what_is_relative_stay() {
        for name in [
            "GET /api/users/1",
            "/api/v1/users gives a list",
            "[POST] /api/v1/users",
            "PUT: /a/{b}/c/d",
            "http://host/a/b/c?d=/e/f/g",
            "https://host/tmp/x",
            "github.com/acme/app/pkg",
            "tests/tmp/test_x.py::test",
            "users/{id}/a/b/c",
            "@/components/a/b",
            "/health",
            r"\\d+\\w\\x",
            "and/or/not",
            "",
        ] {
            assert_eq!(unpathed(name), name);
        }
    }
}
