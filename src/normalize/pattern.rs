//! A glob over labels, groups and scenarios, as `knee.toml` and `--endpoint` write them: the one dialect of globs.
//!
//! Labels are no paths: `*` runs over `/`. And they hold brackets and braces of their own, such as
//! `GET /users/{id}` or `/search [checked]`, so a pattern also matches when its brackets are taken as they stand.

use std::fmt;

use globset::{Glob, GlobBuilder, GlobMatcher};

/// A glob over labels, groups or scenarios: the whole text has to match, upper and lower case differ.
///
/// `*` and `?` stand for any characters, `/` included; `[ab]` for one of them, `{a,b}` for one of several texts; a
/// backslash takes the next character as it stands.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    /// As a glob with classes and alternatives, and with brackets as they stand; what cannot be built matches nothing.
    matchers: Vec<GlobMatcher>,
}

impl Pattern {
    /// From its text; every text is a pattern. What is no glob is taken as it stands; [`Pattern::parse`] reports it.
    ///
    /// ```
    /// use knee::normalize::Pattern;
    /// assert!(Pattern::new("GET /health*").matches("GET /health/db"));
    /// assert!(Pattern::new("/api/search [checked]").matches("/api/search [checked]"));
    /// assert!(!Pattern::new("GET /health").matches("GET /health/db"));
    /// ```
    pub fn new(text: &str) -> Pattern {
        let matcher = |glob: &str| build(glob).ok().map(|glob| glob.compile_matcher());
        let mut matchers: Vec<GlobMatcher> = matcher(text).into_iter().collect();
        if text.contains(['[', ']', '{', '}']) {
            matchers.extend(matcher(&as_they_stand(text)));
        }
        Pattern {
            text: text.to_owned(),
            matchers,
        }
    }

    /// The same, for a text that somebody writes as a glob and means as one.
    ///
    /// # Errors
    ///
    /// A bracket, brace or backslash that is left open.
    ///
    /// ```
    /// use knee::normalize::Pattern;
    /// assert!(Pattern::parse("GET /v[12]/*").is_ok());
    /// let error = Pattern::parse("[bad").unwrap_err();
    /// assert_eq!(error.to_string(), "`[bad` is no glob: unclosed character class; missing ']'");
    /// ```
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        match build(text) {
            Ok(_) => Ok(Pattern::new(text)),
            Err(error) => Err(PatternError {
                text: text.to_owned(),
                problem: error.kind().to_string(),
            }),
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

/// A text that is no glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    text: String,
    problem: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "`{}` is no glob: {}", self.text, self.problem)
    }
}

impl std::error::Error for PatternError {}

fn build(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob)
        .literal_separator(false)
        .backslash_escape(true)
        .build()
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

    #[test]
    fn what_is_left_open_is_reported_and_still_matches_itself() {
        for text in ["[bad", "/{a,b", "/a]["] {
            assert!(Pattern::parse(text).is_err(), "{text}");
            assert!(Pattern::new(text).matches(text), "{text}");
        }
        assert!(
            Pattern::parse("GET /users/{id}")
                .unwrap()
                .matches("GET /users/{id}")
        );
    }

    proptest! {
        #[test]
        fn every_label_is_matched_by_its_own_text(label in "\\PC{0,30}") {
            prop_assert!(Pattern::new(&label).matches(&label));
        }
    }
}
