//! Names and lists of names inside a sentence.

use crate::text::{escape, number};

/// Longest endpoint name in a message; a renderer shows the whole one where there is room for it.
const LONGEST_NAME: usize = 80;

/// An endpoint's name in plain quotes, shortened.
pub fn quoted(label: &str) -> String {
    if label.chars().count() <= LONGEST_NAME {
        return format!("\"{label}\"");
    }
    let start: String = label.chars().take(LONGEST_NAME).collect();
    format!("\"{start}...\"")
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The first few items, then how many more there are.
pub fn first_of(items: &[String], shown: usize) -> String {
    if items.len() <= shown {
        return listed(items);
    }
    let mut few: Vec<String> = items.iter().take(shown).cloned().collect();
    few.push(format!(
        "{} more",
        number::count((items.len() - shown) as u64)
    ));
    listed(&few)
}

/// A name as it is written in a headline.
pub fn shown(name: &str) -> String {
    escape::shorten(&escape::visible(name), 60)
}

/// Up to the first full stop that a space follows; numbers keep theirs.
pub fn first_sentence(text: &str) -> String {
    match text.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => text.to_owned(),
    }
}

/// The text with a small first letter.
pub fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_become_a_few_and_a_count() {
        let names: Vec<String> = (0..5).map(|n| format!("e{n}")).collect();
        assert_eq!(first_of(&names, 3), "e0, e1, e2 and 2 more");
        assert_eq!(first_of(&names[..2], 3), "e0 and e1");
        assert_eq!(quoted(&"x".repeat(5000)).len(), LONGEST_NAME + 5);
    }
}
