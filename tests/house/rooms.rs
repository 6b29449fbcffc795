//! Who may name whom, how long a file may be, what no file may hold.

use crate::{root, sources};

/// Which rooms a room may name besides itself.
fn allowed(room: &str) -> &'static [&'static str] {
    match room {
        "model" | "stats" | "text" | "lib.rs" | "main.rs" | "exit.rs" => &[],
        "ingest" | "history" => &["model", "stats"],
        "report" => &["model", "stats", "text"],
        "findings" => &["model", "report", "stats", "text"],
        "config" => &[
            "model", "ingest", "stats", "findings", "history", "render", "text",
        ],
        "render" => &["model", "findings", "report", "text", "stats"],
        "cli" => &[
            "config", "exit", "findings", "history", "ingest", "model", "render", "report",
            "stats", "text",
        ],
        other => {
            panic!("{other} is no room of this house: give it a line here and in ARCHITECTURE.md")
        }
    }
}

/// Files of tests beside the code: their size is not counted.
fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.ends_with("/testing.rs")
}

#[test]
fn rooms_look_only_down() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let room = name.split('/').next().unwrap().to_owned();
        let may = allowed(&room);
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for part in code.split("crate::").skip(1) {
                let named: String = part
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if !named.is_empty() && named != room && !may.contains(&named.as_str()) {
                    wrong.push(format!("src/{name}:{}: {room} names {named}", number + 1));
                }
            }
            if code.contains("super::super") {
                wrong.push(format!("src/{name}:{}: super::super", number + 1));
            }
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
