//! One escaper per output, so that a name from an input is text and nothing else.
//!
//! Control characters and marks that change the reading direction are made visible first; then each output quotes what it
//! would take for markup. The whole name stands in JSON; pages shorten it.

use std::fmt::Write;

/// How many characters of a name a page shows.
pub const NAME_WIDTH: usize = 120;

/// Control characters, direction marks and invisible characters as visible escapes: `\n`, `\t`, `\u{202e}`.
///
/// ```
/// assert_eq!(knee::text::escape::visible("line one\nline two"), r"line one\nline two");
/// assert_eq!(knee::text::escape::visible("a\u{202e}b"), r"a\u{202e}b");
/// ```
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if c.is_control() || is_invisible(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    shown
}

/// Marks that turn the reading direction, and characters without any width; joiners inside emoji are left alone.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// At most `width` characters: the middle is left out, since names differ at both ends.
///
/// ```
/// assert_eq!(knee::text::escape::shorten("abcdefghij", 7), "abcd…ij");
/// assert_eq!(knee::text::escape::shorten("abc", 7), "abc");
/// ```
pub fn shorten(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width || width < 4 {
        return text.to_owned();
    }
    let tail = (width - 1) / 3;
    let head = width - 1 - tail;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// A name as a page shows it: visible, shortened, blanks at its ends marked, never empty.
pub fn name(text: &str) -> String {
    let shown = shorten(&visible(text), NAME_WIDTH);
    if shown.is_empty() {
        return "(empty)".to_owned();
    }
    let inner = shown.trim_matches(' ');
    let before = shown.len() - shown.trim_start_matches(' ').len();
    let after = shown.len() - shown.trim_end_matches(' ').len();
    if inner.is_empty() {
        return "␣".repeat(shown.len());
    }
    format!("{}{inner}{}", "␣".repeat(before), "␣".repeat(after))
}

/// Words in Markdown: nothing in them is markup, a mention or a link. Line breaks become spaces.
///
/// ```
/// use knee::text::escape::markdown;
/// assert_eq!(markdown("a|b *c* <d>"), r"a\|b \*c\* \<d\>");
/// assert_eq!(markdown("1. x"), r"1\. x");
/// assert_eq!(markdown("p95 < 200 ms"), r"p95 \< 200 ms");
/// ```
pub fn markdown(text: &str) -> String {
    let quoted = markdown_inside(text);
    // What starts a block at the beginning of a line: lists, headings, rules.
    let start = quoted.trim_start();
    let digits = start.bytes().take_while(u8::is_ascii_digit).count();
    let after = start.as_bytes().get(digits).copied();
    let ends = start
        .as_bytes()
        .get(digits + 1)
        .is_none_or(|byte| *byte == b' ');
    if digits > 0 && ends && matches!(after, Some(b'.' | b')')) {
        let (number, rest) = start.split_at(digits);
        return format!("{number}\\{rest}");
    }
    if start.starts_with(['-', '+', '=']) {
        return format!("\\{start}");
    }
    quoted
}

/// The same for words that do not begin a line.
pub fn markdown_inside(text: &str) -> String {
    let flat = visible(&text.replace(['\n', '\r', '\t'], " "));
    let mut quoted = String::with_capacity(flat.len() + 8);
    for c in flat.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '#' | '!' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '&' => quoted.push_str("&amp;"),
            // A word joiner keeps GitHub and GitLab from telling people and closing issues.
            '@' => quoted.push_str("@\u{2060}"),
            _ => quoted.push(c),
        }
    }
    quoted.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A literal in Markdown: a code span whose fence is longer than any run of backticks in it. In a table, pipes are quoted.
///
/// ```
/// use knee::text::escape::markdown_code;
/// assert_eq!(markdown_code("a`b", false), "``a`b``");
/// assert_eq!(markdown_code("a|b", true), r"`a\|b`");
/// ```
pub fn markdown_code(text: &str, in_table: bool) -> String {
    let shown = without_marks(&name(text));
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if shown.starts_with('`') || shown.ends_with('`') {
        " "
    } else {
        ""
    };
    let body = if in_table {
        shown.replace('|', "\\|")
    } else {
        shown
    };
    format!("{fence}{pad}{body}{pad}{fence}")
}

/// A relative path as a link's target: whatever would end or change the link is per-cent encoded.
///
/// ```
/// assert_eq!(knee::text::escape::url_path("my report#1-charts/a.svg"), "my%20report%231-charts/a.svg");
/// ```
pub fn url_path(path: &str) -> String {
    let mut quoted = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'~') {
            quoted.push(char::from(byte));
        } else {
            let _ = write!(quoted, "%{byte:02X}");
        }
    }
    quoted
}

/// Words in XML and HTML.
///
/// ```
/// assert_eq!(knee::text::escape::xml("<a href=\"x\">'&'"), "&lt;a href=&quot;x&quot;&gt;&apos;&amp;&apos;");
/// ```
pub fn xml(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        match c {
            '&' => quoted.push_str("&amp;"),
            '<' => quoted.push_str("&lt;"),
            '>' => quoted.push_str("&gt;"),
            '"' => quoted.push_str("&quot;"),
            '\'' => quoted.push_str("&apos;"),
            _ => quoted.push(c),
        }
    }
    quoted
}

/// A name in a CSV cell, in one line: a spreadsheet that opens the file must not take it for a formula, nor a terminal that
/// shows it for a command.
///
/// ```
/// use knee::text::escape::csv_name;
/// assert_eq!(csv_name("=1+2"), "'=1+2");
/// assert_eq!(csv_name(" @a\n"), r"' @a\n");
/// assert_eq!(csv_name("GET /a"), "GET /a");
/// ```
pub fn csv_name(text: &str) -> String {
    let shown = visible(text);
    // The wide forms too: some spreadsheets take them for the narrow ones.
    let formula = [
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    if shown.trim_start().starts_with(formula) {
        format!("'{shown}")
    } else {
        shown
    }
}

/// The message of a GitHub workflow command: it ends with its line, and nothing in it begins another.
///
/// ```
/// use knee::text::escape::github_message;
/// assert_eq!(github_message("50 % of a\r\n::error::b"), r"50 %25 of a\r\n::error::b");
/// ```
pub fn github_message(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// A property of a GitHub workflow command: commas and colons end it too.
///
/// ```
/// use knee::text::escape::github_property;
/// assert_eq!(github_property("a,b::c"), "a%2Cb%3A%3Ac");
/// ```
pub fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// The value of a label in OpenMetrics, between its quotes.
///
/// ```
/// use knee::text::escape::openmetrics_label;
/// assert_eq!(openmetrics_label("say \"a\\b\""), r#"say \"a\\b\""#);
/// ```
pub fn openmetrics_label(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Words on a terminal or in the log of a job: no escape sequence of an input reaches it, and no `##[command]`, which
/// runners of GitHub and Azure obey wherever it stands in a line.
///
/// ```
/// use knee::text::escape::terminal;
/// assert_eq!(terminal("a ##[error]b ##vso[task.complete]"), r"a ##\[error]b ##vso\[task.complete]");
/// ```
pub fn terminal(text: &str) -> String {
    without_marks(&visible(text))
}

fn without_marks(text: &str) -> String {
    text.replace("##[", "##\\[").replace("##vso[", "##vso\\[")
}

/// Lines of a page for a log: none begins with the `::` of a GitHub command.
///
/// ```
/// assert_eq!(knee::text::escape::log_lines("a::b\n  ::error::c\n"), "a::b\n  \\::error::c\n");
/// ```
pub fn log_lines(page: &str) -> String {
    let mut quoted = String::with_capacity(page.len());
    for line in page.split_inclusive('\n') {
        let words = line.trim_start();
        if words.starts_with("::") {
            let (blank, words) = line.split_at(line.len() - words.len());
            quoted.push_str(blank);
            quoted.push('\\');
            quoted.push_str(words);
        } else {
            quoted.push_str(line);
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_holds_any_run_of_backticks() {
        assert_eq!(markdown_code("```", false), "```` ``` ````");
        assert_eq!(markdown_code("", false), "`(empty)`");
        assert_eq!(markdown_code("  padded  ", false), "`␣␣padded␣␣`");
        assert_eq!(markdown_code("a\nb", true), r"`a\nb`");
    }

    #[test]
    fn long_names_keep_both_ends() {
        let long = format!("/start/{}/end", "x".repeat(5000));
        let shown = name(&long);
        assert_eq!(shown.chars().count(), NAME_WIDTH);
        assert!(shown.starts_with("/start/") && shown.ends_with("/end"));
    }

    #[test]
    fn words_cannot_tell_people_or_start_a_list() {
        assert!(!markdown("@everyone").contains("@e"));
        assert!(!markdown("https://x.test").contains("://"));
        assert_eq!(markdown("- x"), r"\- x");
        assert_eq!(markdown("\u{1b}[31mred"), "\\\\u{1b}\\[31mred");
    }
}
