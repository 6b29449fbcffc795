//! What can be wrong with `knee.toml` or a flag of its language: which file, where in it, what was expected.
//!
//! Every text reads after "failed to read configuration: ". The excerpt and the hint are kept apart from it, so that
//! the caller decides where they stand and whether they are coloured.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text with a name: the configuration file, or the value of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The file as the user would type it, or the flag.
    pub name: String,
    /// Where the file is; `None` for a flag.
    pub path: Option<PathBuf>,
    /// All of it.
    pub text: String,
}

impl Text {
    /// Line and column of a byte, both counted from 1; columns are characters.
    pub fn place(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// Where inside a TOML string a part of its content stands: the string itself when escapes hide it.
    pub fn inside(
        &self,
        string: &Range<usize>,
        content: &str,
        part: &Range<usize>,
    ) -> Range<usize> {
        let raw = self.text.get(string.clone()).unwrap_or_default();
        match raw.find(content).filter(|_| !content.is_empty()) {
            Some(offset) => string.start + offset + part.start..string.start + offset + part.end,
            None => string.clone(),
        }
    }

    /// An error at a place.
    pub fn error(self: &Arc<Text>, span: Range<usize>, problem: impl Into<String>) -> ConfigError {
        let (line, column) = self.place(span.start);
        ConfigError::Content(Box::new(Content {
            text: Arc::clone(self),
            line,
            column,
            span,
            problem: inert(&problem.into()),
            label: None,
            hint: None,
        }))
    }
}

/// A mistake at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// In which text.
    pub text: Arc<Text>,
    /// On which line, counted from 1.
    pub line: usize,
    /// At which character of it, counted from 1.
    pub column: usize,
    /// Which bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub problem: String,
    /// What stands under the excerpt, where a shorter word helps.
    pub label: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Content {
    fn place(&self) -> String {
        if self.text.path.is_some() {
            format!(
                "{}, line {}, column {}",
                self.text.name, self.line, self.column
            )
        } else {
            format!("{} '{}'", self.text.name, inert(&self.text.text))
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file system said no.
    #[error("cannot open {file}")]
    Open {
        /// Which file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A megabyte of configuration is something else.
    #[error("{file} is larger than 1 MiB, more than a configuration may be")]
    TooLarge {
        /// Which file.
        file: String,
    },
    /// The file is not text.
    #[error("{file}, line {line}: expected UTF-8 text, found the byte 0x{byte:02x}")]
    NotUtf8 {
        /// Which file.
        file: String,
        /// On which line, counted from 1.
        line: usize,
        /// The first byte that fits nowhere.
        byte: u8,
    },
    /// A mistake at a place.
    #[error("{}: {}", .0.place(), .0.problem)]
    Content(Box<Content>),
}

impl ConfigError {
    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, text: Option<impl Into<String>>) -> ConfigError {
        if let (ConfigError::Content(content), Some(text)) = (&mut self, text) {
            content.hint = Some(inert(&text.into()));
        }
        self
    }

    /// The same with words under the excerpt.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> ConfigError {
        if let ConfigError::Content(content) = &mut self {
            content.label = Some(inert(&text.into()));
        }
        self
    }

    /// The place in the file with the mistake marked.
    pub fn excerpt(&self, colour: bool) -> Option<String> {
        let ConfigError::Content(content) = self else {
            return None;
        };
        let source = &content.text.text;
        let span = printable(source, &content.span);
        let snippet = Snippet::source(source.as_str())
            .path(content.text.name.as_str())
            .annotation(
                AnnotationKind::Primary
                    .span(span)
                    .label(content.label.as_deref()),
            );
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let group = Group::with_level(Level::ERROR).element(snippet);
        Some(renderer.render(&[group]))
    }

    /// What to type or look at next.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConfigError::Content(content) => content.hint.clone(),
            ConfigError::Open { .. } => Some("check the path and the working directory".to_owned()),
            ConfigError::TooLarge { .. } => {
                Some("is this a result file? results are arguments, not `--config`".to_owned())
            }
            ConfigError::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
        }
    }
}

/// A span of whole characters on one line: the first line of a longer one.
fn printable(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let mut end = span.end.clamp(start, start + line);
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// What stands in a message stays on its line and gives no orders to a terminal.
fn inert(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_odd(c) {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> Arc<Text> {
        Arc::new(Text {
            name: "knee.toml".into(),
            path: Some("knee.toml".into()),
            text: content.into(),
        })
    }

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = text("a = 1\nähm = 2\n");
        assert_eq!(text.place(0), (1, 1));
        assert_eq!(text.place(6), (2, 1));
        assert_eq!(text.place(8), (2, 2));
        assert_eq!(text.place(999), (3, 1));
    }

    #[test]
    fn the_line_reads_alone_and_the_excerpt_marks_the_place() {
        let error = text("a = 1\nb = 2\n").error(6..7, "there is no `b`");
        assert_eq!(
            error.to_string(),
            "knee.toml, line 2, column 1: there is no `b`"
        );
        let excerpt = " --> knee.toml:2:1\n  |\n2 | b = 2\n  | ^";
        assert_eq!(error.excerpt(false).unwrap(), excerpt);
        assert!(error.excerpt(true).unwrap().contains('\u{1b}'));
    }

    #[test]
    fn a_span_over_lines_or_inside_a_character_is_cut_to_what_can_be_marked() {
        assert_eq!(printable("ab\ncd", &(1..5)), 1..2);
        assert_eq!(printable("äb", &(1..3)), 0..3);
        assert_eq!(printable("ab", &(7..9)), 2..2);
        for (from, to) in [(0, 0), (0, 9), (2, 2), (3, 4), (8, 9)] {
            assert!(
                text("a\nä\r\n")
                    .error(from..to, "x")
                    .excerpt(false)
                    .is_some()
            );
        }
    }

    #[test]
    fn a_message_is_one_line_without_orders_to_a_terminal() {
        let error = text("a").error(0..1, "there is no `\u{1b}[31m\n\u{202e}`");
        assert_eq!(
            error.to_string(),
            r"knee.toml, line 1, column 1: there is no `\u{1b}[31m\u{a}\u{202e}`"
        );
        let excerpt = text("# \u{1b}[31m \u{202e}\tx\r\nb")
            .error(0..1, "x")
            .excerpt(false)
            .unwrap();
        assert!(!excerpt.contains(['\u{1b}', '\u{202e}']), "{excerpt:?}");
    }

    #[test]
    fn a_part_of_an_escaped_string_is_the_string() {
        let text = text(r#"a = "x < 1", b = "x \u003c 1""#);
        assert_eq!(text.inside(&(4..11), "x < 1", &(2..3)), 7..8);
        assert_eq!(text.inside(&(17..29), "x < 1", &(2..3)), 17..29);
    }
}
