//! Names of tests without the folders of the machine they were run on: an absolute path keeps its last part.
//!
//! A route behind an HTTP method and an address with a host are no paths of a machine and stay.

/// First folders of paths that belong to a machine even where only one folder is named.
const ROOTS: [&str; 20] = [
    "home",
    "root",
    "Users",
    "tmp",
    "var",
    "private",
    "opt",
    "mnt",
    "builds",
    "build",
    "workspace",
    "workspaces",
    "runner",
    "usr",
    "srv",
    "github",
    "app",
    "data",
    "__w",
    "Volumes",
];

const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT",
];

/// Letters of a name that are looked at; fewer are kept.
const LONGEST: usize = 4000;

/// A name without the folders of the machine it was run on.
pub(super) fn unpathed(name: &str) -> String {
    let end = name.char_indices().nth(LONGEST).map(|(at, _)| at);
    let mut rest = end.and_then(|end| name.get(..end)).unwrap_or(name);
    let mut out = String::with_capacity(rest.len());
    while let Some(letter) = rest.chars().next() {
        let end = match what(rest, &out) {
            What::Path => {
                let end = token_end(rest);
                let path = rest.get(..end).unwrap_or_default();
                let last = path.rsplit(['/', '\\']).find(|part| !part.is_empty());
                out.push_str(last.unwrap_or_default());
                end
            }
            What::Address => {
                let end = token_end(rest);
                out.push_str(rest.get(..end).unwrap_or_default());
                end
            }
            What::Other => {
                out.push(letter);
                letter.len_utf8()
            }
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    out
}

/// What begins at a place.
enum What {
    /// A path of a machine.
    Path,
    /// A route or an address, which stays as a whole.
    Address,
    Other,
}

fn token_end(text: &str) -> usize {
    let is_end = |letter: char| letter.is_whitespace() || "\"'()[]<>|,;`".contains(letter);
    text.find(is_end).unwrap_or(text.len())
}

fn what(rest: &str, before: &str) -> What {
    let last = before.chars().next_back();
    let inside = |last: char| last.is_alphanumeric() || "/\\._-}*".contains(last);
    let Some(letter) = rest.chars().next().filter(|_| !last.is_some_and(inside)) else {
        return What::Other;
    };
    if !(letter == '/' || letter == '\\' || letter.is_ascii_alphabetic()) {
        return What::Other;
    }
    let token = rest.get(..token_end(rest)).unwrap_or(rest);
    match letter {
        '/' => {
            let mut parts = token.split('/').filter(|part| !part.is_empty());
            let is_root = parts.next().is_some_and(|first| ROOTS.contains(&first));
            let folders = parts.count();
            // Behind other signs it may be a part of something relative: `@/a/b/c`.
            let is_apart =
                last.is_none_or(|last| last.is_whitespace() || "\"'([<{=,;|:`".contains(last));
            if is_behind_method(before) {
                What::Address
            } else if folders >= 1 && is_root || folders >= 2 && is_apart {
                What::Path
            } else {
                What::Other
            }
        }
        // A share, and no pattern such as `\\d+\\w`.
        '\\' => match token.strip_prefix(r"\\") {
            Some(share) if !share.contains(r"\\") && share.matches('\\').count() >= 2 => What::Path,
            _ => What::Other,
        },
        _ => worded(token),
    }
}

/// What begins with a letter: a drive, `file:`, or the scheme of an address.
fn worded(token: &str) -> What {
    let Some((scheme, rest)) = token.split_once(':') else {
        return What::Other;
    };
    if scheme.len() == 1 && rest.starts_with(['/', '\\']) && !rest.starts_with("//") {
        return What::Path;
    }
    let is_scheme = scheme
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "+.-".contains(letter));
    match rest.strip_prefix("//") {
        Some(_) if scheme.eq_ignore_ascii_case("file") => What::Path,
        Some(host) if is_scheme && !host.starts_with('/') => What::Address,
        _ => What::Other,
    }
}

/// Whether the last word is an HTTP method, perhaps in brackets, in quotes or before a colon.
fn is_behind_method(before: &str) -> bool {
    let is_between = |letter: char| letter.is_whitespace() || ":[](\"'`".contains(letter);
    let word = before
        .trim_end_matches(is_between)
        .rsplit(|letter: char| !letter.is_alphanumeric())
        .next();
    word.is_some_and(|word| METHODS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_machine_are_taken_out_of_names() {
        let home = ["", "home", "ci", "project", "tests", "a.test.js"].join("/");
        assert_eq!(unpathed(&home), "a.test.js");
        assert_eq!(
            unpathed(&format!("test_x[{home}-1]")),
            "test_x[a.test.js-1]"
        );
        assert_eq!(unpathed(r"C:\agents\work\T.cs broke"), "T.cs broke");
        for name in [
            "GET /api/users/1",
            "github.com/acme/app/pkg",
            "tests/tmp/test_x.py::test",
            "https://host/tmp/x",
            "",
        ] {
            assert_eq!(unpathed(name), name);
        }
    }

    #[test]
    fn a_path_of_any_machine_keeps_its_last_part() {
        let joined = |parts: &[&str]| format!("/{}", parts.join("/"));
        for folders in [
            &["__w", "repo"][..],
            &["data", "jenkins", "jobs"],
            &["app"],
            &["workspaces", "shop", "src"],
            &["nowhere", "else"],
        ] {
            let path = joined(&[folders, &["a.test.js"]].concat());
            assert_eq!(unpathed(&path), "a.test.js");
            assert_eq!(unpathed(&format!("{path}: b")), "a.test.js: b");
            assert_eq!(unpathed(&format!("x ({path}:3)")), "x (a.test.js:3)");
            assert_eq!(unpathed(&format!("in file://{path}, b")), "in a.test.js, b");
            assert_eq!(unpathed(&format!("FILE://{path}")), "a.test.js");
            assert_eq!(unpathed(&format!("GET {path}")), format!("GET {path}"));
        }
        for (name, wanted) in [
            (r"\\host\share\x", "x"),
            (r"see \\host\share\deep\T.cs broke", "see T.cs broke"),
            ("D:/agents/jobs/T.cs", "T.cs"),
        ] {
            assert_eq!(unpathed(name), wanted);
        }
        for name in [
            "[POST] /api/v1/users",
            "`DELETE` \"/api/v1/users/{id}/x\"",
            "PUT: /a/{b}/c/d",
            "http://host/a/b/c?d=/e/f/g",
            "ws://host/a/b/c",
            "users/{id}/a/b/c",
            "@/components/a/b",
            "/health",
            "/api/users",
            r"\\d+\\w\\x",
            "and/or/not",
            "https://host/",
        ] {
            assert_eq!(unpathed(name), name);
        }
        assert!(unpathed(&"a:".repeat(1_000_000)).len() <= LONGEST);
    }
}
