//! Who may name whom, how long a file may be, what no file may hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::{root, sources};

/// The rooms of ARCHITECTURE.md with those that each may name; `None` = all.
fn table() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `src/"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let room = cells[1].trim_matches('`').trim_start_matches("src/");
        let names = cells[3].split(',').map(|name| name.trim().to_owned());
        let may = match cells[3] {
            "all" => None,
            "nothing" => Some(BTreeSet::new()),
            _ => Some(names.collect()),
        };
        (room.trim_end_matches('/').to_owned(), may)
    };
    rows.map(row).collect()
}

/// Files of tests beside the code: their size is not counted, and what they name binds no room.
fn is_test(name: &str) -> bool {
    name.ends_with("tests.rs") || name.ends_with("/testing.rs")
}

/// Code without its tests and comments.
fn code(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code.lines().map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path into the program that code names: those of a `use` with braces one by one.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for tree in code.split("crate::").skip(1) {
        let words = tree
            .chars()
            .take_while(|c| c.is_alphanumeric() || c.is_whitespace() || "_:{},*".contains(*c));
        let words: String = words.collect();
        let is_use = words.contains('{');
        let tree = if is_use {
            words
        } else {
            words.split_whitespace().next().unwrap_or("").to_owned()
        };
        branches(&tree, &mut Vec::new(), &mut found);
    }
    found
}

/// The paths of `a::{b, c::{d, e}}`.
fn branches(tree: &str, stem: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let (head, inner) = match tree.split_once('{') {
        Some((head, rest)) => (head, Some(rest)),
        None => (tree, None),
    };
    let depth = stem.len();
    let parts = head
        .split("::")
        .map(str::trim)
        .filter(|part| !part.is_empty());
    stem.extend(parts.map(|part| part.split_whitespace().next().unwrap().to_owned()));
    let Some(inner) = inner else {
        found.push(stem.clone());
        stem.truncate(depth);
        return;
    };
    let (mut open, mut start) = (0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open > 0 => open -= 1,
            ',' | '}' if open == 0 => {
                let one = inner.get(start..at).unwrap_or("").trim();
                if !one.is_empty() {
                    branches(one, stem, found);
                }
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    stem.truncate(depth);
}

/// Which rooms and sub-rooms name which: `compare` and `compare/judge`, each with a file that does it.
fn arrows() -> BTreeMap<String, BTreeMap<String, String>> {
    let sources: Vec<(String, String)> = sources()
        .into_iter()
        .filter(|(name, _)| !is_test(name))
        .collect();
    let module = |name: &str| {
        name.trim_end_matches(".rs")
            .trim_end_matches("/mod")
            .to_owned()
    };
    let modules: BTreeSet<String> = sources.iter().map(|(name, _)| module(name)).collect();
    let place = |module: &str| module.split('/').take(2).collect::<Vec<_>>().join("/");
    let mut arrows: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (name, text) in &sources {
        let from = place(&module(name));
        for path in paths(&code(text)) {
            let prefixes = (1..=path.len())
                .rev()
                .map(|length| path[..length].join("/"));
            let known = prefixes.into_iter().find(|prefix| modules.contains(prefix));
            let to = known.unwrap_or_else(|| path.first().cloned().unwrap_or_default());
            let to = place(&to);
            if to != from && !to.is_empty() {
                arrows
                    .entry(from.clone())
                    .or_default()
                    .entry(to)
                    .or_insert_with(|| name.clone());
            }
        }
    }
    arrows
}

/// Places that name one another in a circle, each by what it names next; the room's own file holds its parts together and is none.
fn circles(arrows: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<String> {
    let is_part = |place: &str| place.contains('/');
    let next = |from: &str| -> Vec<&String> {
        let named = arrows.get(from).into_iter().flatten();
        named.map(|(to, _)| to).filter(|to| is_part(to)).collect()
    };
    let reached = |from: &str| -> BTreeSet<String> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        let mut open = next(from);
        while let Some(place) = open.pop() {
            if found.insert(place.clone()) {
                open.extend(next(place));
            }
        }
        found
    };
    let parts = arrows.keys().filter(|place| is_part(place));
    let in_circle: Vec<&String> = parts
        .filter(|place| reached(place).contains(*place))
        .collect();
    let arrow = |from: &&String| {
        let named = arrows.get(*from).into_iter().flatten();
        let back = named.filter(|(to, _)| reached(to).contains(*from));
        let back: Vec<String> = back
            .map(|(to, file)| format!("{to} (src/{file})"))
            .collect();
        format!("{from} -> {}", back.join(", "))
    };
    in_circle.iter().map(arrow).collect()
}

#[test]
fn parts_of_rooms_name_one_another_in_no_circle() {
    assert_eq!(circles(&arrows()), Vec::<String>::new());
}

#[test]
fn a_circle_is_found() {
    let of = |pairs: &[(&str, &str)]| {
        let mut arrows: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (from, to) in pairs {
            let named = arrows.entry((*from).to_owned()).or_default();
            named.insert((*to).to_owned(), format!("{from}.rs"));
        }
        circles(&arrows)
    };
    assert!(of(&[("a/x", "a/y"), ("a/y", "a/z"), ("a/x", "a/z"), ("a/z", "a")]).is_empty());
    assert_eq!(
        of(&[
            ("a/x", "a/y"),
            ("a/y", "a/z"),
            ("a/z", "a/x"),
            ("a/w", "a/x")
        ]),
        [
            "a/x -> a/y (src/a/x.rs)",
            "a/y -> a/z (src/a/y.rs)",
            "a/z -> a/x (src/a/z.rs)"
        ]
    );
}

#[test]
fn rooms_look_only_down() {
    let table = table();
    let room = |place: &str| place.split('/').next().unwrap().to_owned();
    let mut wrong = Vec::new();
    for (from, named) in arrows() {
        let from = room(&from);
        if matches!(from.as_str(), "lib" | "main") {
            continue;
        }
        let Some(may) = table
            .get(&from)
            .or_else(|| table.get(&format!("{from}.rs")))
        else {
            unreachable!("{from} is no room of this house: give it a line in ARCHITECTURE.md")
        };
        for (to, file) in named {
            let to = room(&to);
            if to != from && may.as_ref().is_some_and(|may| !may.contains(&to)) {
                wrong.push(format!("src/{file}: {from} names {to}"));
            }
        }
    }
    for (name, text) in sources() {
        if text.contains("super::super") {
            wrong.push(format!("src/{name}: super::super"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns_and_stays_small() {
    let mut wrong = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !is_test(name)) {
        if !text.starts_with("//!") {
            wrong.push(format!("src/{name} does not open with //!"));
        }
        let code = text.split("\n#[cfg(test)]").next().unwrap_or(&text);
        let lines = code.lines().count();
        if lines > 500 {
            wrong.push(format!(
                "src/{name} has {lines} lines without its tests: split it by subject"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_tool_is_named_by_its_own_reader_only() {
    let tools = ["artillery", "locust"];
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let own = is_test(&name)
            || name.starts_with("ingest/")
            || name.starts_with("cli/")
            || name == "lib.rs";
        let code = text.split("\n#[cfg(test)]").next().unwrap_or(&text);
        for (number, line) in code.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default().to_lowercase();
            if !own && tools.iter().any(|tool| code.contains(tool)) {
                wrong.push(format!("src/{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_names_a_machine() {
    // Put together here so that this file does not find itself.
    let marks: Vec<String> = ["/home/", "/root/", "/work/"]
        .iter()
        .map(|mark| (*mark).to_owned())
        .collect();
    let mut places: Vec<_> = sources()
        .into_iter()
        .map(|(name, text)| (format!("src/{name}"), text))
        .collect();
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "Cargo.toml",
        ".ci/run",
    ] {
        places.push((
            name.to_owned(),
            std::fs::read_to_string(root().join(name)).unwrap(),
        ));
    }
    let mut wrong = Vec::new();
    for (name, text) in places {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark.as_str())) {
                wrong.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
