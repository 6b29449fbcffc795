//! Where a baseline lies: one file per scenario, called like it as far as every file system can.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The folder, beside `knee.toml`.
pub const FOLDER: &str = ".knee/baselines";

/// Longer ones are cut; file systems stop at 255 bytes.
const LONGEST: usize = 80;

/// Names that Windows keeps for devices, whatever follows a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name of the file of a scenario. A name that had to change carries the beginning of its hash, so that `a/b`, `a b` and
/// `A-b` stay three files, also where case is not told apart.
///
/// ```
/// use knee::history::file_name;
/// assert_eq!(file_name("search"), "search.json");
/// assert!(file_name("../etc/passwd").starts_with("etc-passwd-"));
/// assert_ne!(file_name("a/b"), file_name("a b"));
/// ```
pub fn file_name(scenario: &str) -> String {
    let plain: String = scenario
        .to_lowercase()
        .chars()
        .map(|letter| match letter {
            'a'..='z' | '0'..='9' | '.' | '_' | '-' => letter,
            _ => '-',
        })
        .collect();
    let plain = plain.trim_matches(['-', '.']);
    let short: String = plain.chars().take(LONGEST).collect();
    let first = short.split('.').next().unwrap_or_default();
    let device = DEVICES.contains(&first)
        || ["com", "lpt"]
            .iter()
            .any(|port| first.len() == 4 && first.starts_with(port));
    if short == scenario && !short.is_empty() && !device {
        return format!("{short}.json");
    }
    let hash = Sha256::digest(scenario.as_bytes());
    let mut mark = String::new();
    for byte in hash.iter().take(4) {
        // Writing to a text does not fail.
        let _ = write!(mark, "{byte:02x}");
    }
    if short.is_empty() {
        format!("scenario-{mark}.json")
    } else {
        format!("{short}-{mark}.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scenario_leaves_the_folder_or_takes_the_file_of_another() {
        let names = [
            "search", "Search", "a/b", "a b", "a-b", "..", "", "../x", "x", "con", "nul.txt", "ä",
            "ö", ".hidden", "lpt1",
        ];
        let files: std::collections::BTreeSet<String> =
            names.iter().map(|name| file_name(name)).collect();
        assert_eq!(files.len(), names.len(), "{files:?}");
        for file in &files {
            assert!(!file.contains(['/', '\\', ' ', ':']), "{file}");
            let stem = file.strip_suffix(".json").unwrap();
            assert!(!stem.is_empty() && !stem.starts_with('.'), "{file}");
            assert_eq!(*file, file.to_lowercase(), "{file}");
        }
        assert!(file_name(&"x".repeat(1_000)).len() < 100);
        assert!(
            !["con.json", "nul.txt.json", "lpt1.json"]
                .iter()
                .any(|of| files.contains(*of))
        );
    }
}
