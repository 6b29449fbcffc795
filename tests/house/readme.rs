//! What the README says works: its commands run, its files exist.

use std::process::Command;

use crate::root;

/// Commands in `console` blocks of the README: lines that begin with `$ `.
fn commands() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            found.push(command.to_owned());
        }
    }
    found
}

/// What a command of the README prints and writes to standard error, in a folder of its own.
fn run(line: &str, folder: &std::path::Path) -> std::process::Output {
    let samples = root().join("samples");
    let line = line.replace("samples/", &format!("{}/", samples.display()));
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_knee"));
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("sh")
        .arg("-c")
        .arg(&line)
        .current_dir(folder)
        .env(
            "PATH",
            format!("{}:{path}", binary.parent().unwrap().display()),
        )
        .output()
        .unwrap()
}

/// Blocks of `text` in the README, each with the commands of the `console` block before it.
fn quotes() -> Vec<(Vec<String>, String)> {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut found = Vec::new();
    let mut commands = Vec::new();
    for (place, block) in text.split("```").enumerate() {
        let (kind, body) = block.split_once('\n').unwrap_or_default();
        let is_code = place % 2 == 1;
        if is_code && kind == "console" {
            let lines = body.lines().filter_map(|line| line.strip_prefix("$ "));
            commands = lines.map(str::to_owned).collect();
        } else if is_code && kind == "text" {
            found.push((commands.clone(), body.to_owned()));
        }
    }
    found
}

#[test]
fn what_the_readme_quotes_is_what_is_printed() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let scratch = std::env::temp_dir().join(format!("knee-quotes-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let quotes = quotes();
    assert!(quotes.len() >= 4, "{} quotes in the README", quotes.len());
    for (commands, quote) in quotes {
        let mut printed = String::new();
        for command in &commands {
            // What goes to a folder is quoted as text.
            let line = command.replace(" -o out/", " --format text");
            printed += &String::from_utf8_lossy(&run(&line, &scratch).stdout);
        }
        // Lines, because rows of tables are left out, of any width.
        let printed = words(&printed);
        for line in quote.lines() {
            assert!(
                printed.contains(&words(line)),
                "the README quotes what none of {commands:#?} prints:\n{line}"
            );
        }
    }
    std::fs::remove_dir_all(&scratch).unwrap();
}

#[test]
fn the_commands_of_the_readme_run() {
    let scratch = std::env::temp_dir().join(format!("knee-readme-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let all = commands();
    assert!(
        all.len() >= 5,
        "only {} commands found in the README",
        all.len()
    );
    for command in all {
        // The two commands for newcomers go through cargo; the binary under test stands in for the first.
        let line = command.replace("cargo run --release --quiet -- ", "knee ");
        if !line.starts_with("knee ") {
            assert!(line.starts_with("cargo "), "what is this: {line}");
            continue;
        }
        let done = run(&line, &scratch);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command}\n{said}");
    }
    std::fs::remove_dir_all(&scratch).unwrap();
}

#[test]
fn the_files_that_the_readme_links_exist() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    for part in text.split("](").skip(1) {
        let target = part.split(')').next().unwrap();
        if !target.starts_with("http") && !target.starts_with('#') {
            assert!(
                root().join(target).exists(),
                "README.md links {target}, which is not there"
            );
        }
    }
}

#[test]
fn the_one_check_runs_the_command_of_the_readme() {
    let check = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let test = commands()
        .into_iter()
        .find(|command| command.starts_with("cargo test"))
        .unwrap();
    assert!(
        check.lines().any(|line| line.ends_with(&test)),
        ".ci/run does not run `{test}`"
    );
}
