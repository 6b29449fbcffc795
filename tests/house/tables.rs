//! A new format, rule, section or renderer is one file and one row: none is forgotten, none stands twice.

use std::collections::BTreeSet;

use knee::ingest::FORMATS;
use knee::render::{RENDERERS, section::SECTIONS};
use knee::rules::RULES;

use crate::{files, root, sources};

fn with(mark: &str, below: &str) -> usize {
    sources()
        .iter()
        .filter(|(name, text)| name.starts_with(below) && text.contains(mark))
        .count()
}

fn unique<'a>(ids: impl Iterator<Item = &'a str>) -> usize {
    let all: Vec<&str> = ids.collect();
    let set: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(all.len(), set.len(), "an id stands twice in {all:?}");
    set.len()
}

#[test]
fn every_format_has_a_file_a_row_and_a_sample_with_facts() {
    let rows = unique(FORMATS.iter().map(|format| format.id));
    assert_eq!(
        rows,
        with("const FORMAT: Format =", "ingest/"),
        "a format without a row, or a row without a file"
    );
    let facts: Vec<String> = files(&root().join("samples"))
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(".facts.toml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let folder = |id: &str| root().join("samples").join(id).is_dir();
    for format in FORMATS {
        // The rows of maps are called by the maps' names.
        let mark = match format.id.strip_suffix("NAME") {
            Some(start) => format!("format = \"{start}"),
            None => format!("format = \"{}\"", format.id),
        };
        assert!(
            // A run that is read back keeps the format that it was first read from.
            facts.iter().any(|text| text.contains(&mark)) || folder(format.id),
            "no sample with facts for {}",
            format.id
        );
        assert!(
            !format.files.is_empty() && !format.limits.is_empty(),
            "{} says nothing of itself",
            format.id
        );
    }
}

#[test]
fn every_rule_has_a_file_a_row_a_text_and_two_tests() {
    let rows = unique(RULES.iter().map(|rule| rule.id.as_str()));
    assert_eq!(
        rows,
        with("const RULE: Rule =", "rules/"),
        "a rule without a row, or a row without a file"
    );
    for rule in RULES {
        assert!(rule.text.trim().len() > 80, "{} explains nothing", rule.id);
        let file = sources()
            .into_iter()
            .find(|(name, text)| {
                name.starts_with("rules/") && text.contains(&format!("id: RuleId::{},", rule.id))
            })
            .unwrap();
        assert!(
            file.1.matches("#[test]").count() >= 2,
            "{} needs a firing and a silent test",
            file.0
        );
    }
}

#[test]
fn every_section_and_renderer_has_a_row() {
    let rows = unique(SECTIONS.iter().map(|section| section.id));
    assert_eq!(rows, with("const SECTION: Section =", "render/section/"));
    let rows = unique(RENDERERS.iter().map(|renderer| renderer.id));
    assert_eq!(rows, with("const RENDERER: Renderer =", "render/"));
}

#[test]
fn architecture_shows_the_formats_and_rules_that_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for word in text
        .split(['`', ' ', '\n'])
        .filter(|word| word.starts_with("src/") || word.starts_with("samples/"))
    {
        let path = word.trim_end_matches([',', '.', ':', ')']);
        assert!(
            path.contains(['*', '<']) || root().join(path).exists(),
            "ARCHITECTURE.md names {path}, which is not there"
        );
    }
}
