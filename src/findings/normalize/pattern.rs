//! A glob over labels, as `knee.toml` and `--endpoint` write them.
//!
//! Labels are no paths: `*` runs over `/`. And they hold brackets and braces of their own, such as
//! `GET /users/{id}` or `/search [checked]`, so a pattern also matches when its brackets are taken as they stand.

use globset::{GlobBuilder, GlobMatcher};

/// A glob over labels.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    /// As a glob with classes and alternatives, and with brackets as they stand; what cannot be built matches nothing.
    matchers: Vec<GlobMatcher>,
}

impl Pattern {
    /// From its text; every text is a pattern.
    ///
    /// ```
    /// use knee::findings::normalize::Pattern;
    /// assert!(Pattern::new("GET /health*").matches("GET /health/db"));
    /// assert!(Pattern::new("/api/search [checked]").matches("/api/search [checked]"));
    /// assert!(!Pattern::new("GET /health").matches("GET /health/db"));
    /// ```
    pub fn new(text: &str) -> Pattern {
        let build = |glob: &str| {
            GlobBuilder::new(glob)
                .literal_separator(false)
                .backslash_escape(true)
                .build()
                .ok()
                .map(|glob| glob.compile_matcher())
        };
        let mut matchers: Vec<GlobMatcher> = build(text).into_iter().collect();
        if text.contains(['[', ']', '{', '}']) {
            matchers.extend(build(&as_they_stand(text)));
        }
        Pattern {
            text: text.to_owned(),
            matchers,
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a label is meant.
    pub fn matches(&self, label: &str) -> bool {
        self.text == label || self.matchers.iter().any(|glob| glob.is_match(label))
    }
}

/// Brackets and braces escaped, where they are not already.
fn as_they_stand(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                escaped.push(c);
                escaped.extend(chars.next());
            }
            '[' | ']' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_run_over_slashes_and_brackets_are_both() {
        for (pattern, label) in [
            ("GET /health*", "GET /health/db"),
            ("*", ""),
            ("*", "GET /a/b?c=[d]"),
            ("GET /users/{id}/*", "GET /users/{id}/posts/1"),
            ("/search [checked]*", "/search [checked] 2"),
            ("GET /v[12]/*", "GET /v2/a"),
            ("{GET,HEAD} /a", "HEAD /a"),
            ("/open [bracket", "/open [bracket"),
            ("/open [bracket*", "/open [bracket 2"),
            (r"/star\*", "/star*"),
            ("/q?x=1", "/q?x=1"),
            ("GET /größe*", "GET /größe/ä"),
        ] {
            assert!(Pattern::new(pattern).matches(label), "{pattern} {label}");
        }
        for (pattern, label) in [
            ("GET /health", "GET /health/db"),
            ("GET /v[12]/*", "GET /v3/a"),
            (r"/star\*", "/stars"),
            ("get /a", "GET /a"),
            ("", "GET /a"),
        ] {
            assert!(!Pattern::new(pattern).matches(label), "{pattern} {label}");
        }
    }

    proptest! {
        #[test]
        fn every_label_is_matched_by_its_own_text(label in "\\PC{0,30}") {
            prop_assert!(Pattern::new(&label).matches(&label));
        }
    }
}
