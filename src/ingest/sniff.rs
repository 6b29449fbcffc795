//! Which format a file is: graded claims with reasons, made from its name and its first bytes.
//!
//! One parser runs. Two claims of the same highest grade are an error that names both.

use rustc_hash::FxHashSet;

/// How many decompressed bytes a format sees before it claims a file.
pub const HEAD_BYTES: usize = 64 * 1024;

/// What a format sees of a file.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The file's name without folders; "-" for standard input.
    pub name: &'a str,
    /// Its first decompressed bytes, at most [`HEAD_BYTES`], without a byte order mark.
    pub bytes: &'a [u8],
    /// Whether `bytes` is the whole file.
    pub complete: bool,
}

/// How sure a format is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The shape fits, but it would fit others as well.
    Possible,
    /// Members or columns of this tool.
    Likely,
    /// A mark that only this format has.
    Certain,
}

/// A format's claim on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How sure.
    pub grade: Grade,
    /// Why: "members `aggregate` and `intermediate`".
    pub why: String,
}

impl Claim {
    /// A claim with its reason.
    pub fn new(grade: Grade, why: impl Into<String>) -> Option<Claim> {
        Some(Claim {
            grade,
            why: why.into(),
        })
    }
}

/// The members that stand in the first bytes of a JSON text, however far it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonHead {
    /// Whether the text starts as `{`, `[`, or neither.
    pub top: JsonTop,
    /// Paths of members in order of appearance: `aggregate.counters`, `[].name`; at most three levels deep.
    pub paths: Vec<String>,
    /// Whether a second object follows the first on a line of its own.
    pub lines: bool,
    /// String values of members at most two levels deep: path, value.
    pub texts: Vec<(String, String)>,
}

/// How a JSON text starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonTop {
    /// Not as JSON.
    #[default]
    None,
    /// `{`
    Object,
    /// `[`
    Array,
}

impl JsonHead {
    /// Whether a path was seen.
    pub fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|seen| seen == path)
    }

    /// The text of a member.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts
            .iter()
            .find(|(seen, _)| seen == path)
            .map(|(_, value)| value.as_str())
    }
}

const MOST_PATHS: usize = 400;

/// Reads the members off the first bytes of a JSON text. Never fails: it stops where the text stops making sense.
///
/// ```
/// let head = knee::ingest::sniff::json_head(br#"{"aggregate": {"counters": {"a": 1}}, "inter"#);
/// assert!(head.has("aggregate.counters"));
/// assert!(!head.has("intermediate"));
/// ```
pub fn json_head(bytes: &[u8]) -> JsonHead {
    let mut head = JsonHead::default();
    let mut scan = Scan {
        bytes,
        at: 0,
        nesting: 0,
        path: String::new(),
        seen: FxHashSet::default(),
        head: &mut head,
    };
    scan.skip_space();
    scan.head.top = match scan.peek() {
        Some(b'{') => JsonTop::Object,
        Some(b'[') => JsonTop::Array,
        _ => return head,
    };
    if scan.value(0).is_some() {
        scan.skip_space();
        scan.head.lines = scan.peek() == Some(b'{');
    }
    head
}

struct Scan<'a, 'h> {
    bytes: &'a [u8],
    at: usize,
    nesting: usize,
    /// The path of what is being read, as far as paths are kept.
    path: String,
    /// The paths of the head.
    seen: FxHashSet<String>,
    head: &'h mut JsonHead,
}

impl<'a> Scan<'a, '_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        let text = self.bytes.get(start..self.at)?;
        self.at += 1;
        Some(text)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if self.nesting > 64 || self.head.paths.len() >= MOST_PATHS {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            bracket @ (b'{' | b'[') => {
                self.nesting += 1;
                let done = if bracket == b'{' {
                    self.object(depth)
                } else {
                    self.array(depth)
                };
                self.nesting -= 1;
                done
            }
            b'"' => {
                let text = self.string()?;
                if depth <= 2 {
                    let text = String::from_utf8_lossy(text).into_owned();
                    self.head.texts.push((self.path.clone(), text));
                }
                Some(())
            }
            _ => {
                while !matches!(
                    self.peek()?,
                    b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'
                ) {
                    self.at += 1;
                }
                Some(())
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.take(b'{')?;
        self.skip_space();
        if self.take(b'}').is_some() {
            return Some(());
        }
        let outer = self.path.len();
        loop {
            self.skip_space();
            let key = self.string()?;
            if depth < 3 {
                if outer > 0 {
                    self.path.push('.');
                }
                self.path.push_str(&String::from_utf8_lossy(key));
                if !self.seen.contains(&self.path) {
                    self.seen.insert(self.path.clone());
                    self.head.paths.push(self.path.clone());
                }
            }
            self.skip_space();
            self.take(b':')?;
            self.value(depth + 1)?;
            self.path.truncate(outer);
            self.skip_space();
            if self.take(b'}').is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.take(b'[')?;
        self.skip_space();
        if self.take(b']').is_some() {
            return Some(());
        }
        let outer = self.path.len();
        self.path.push_str("[]");
        loop {
            self.value(depth)?;
            self.skip_space();
            if self.take(b']').is_some() {
                self.path.truncate(outer);
                return Some(());
            }
            self.take(b',')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_lines_are_told_apart() {
        let array = json_head(b"[{\"name\":\"a\",\"n\":1}]");
        assert_eq!(array.top, JsonTop::Array);
        assert!(array.has("[].name"));
        assert_eq!(array.text("[].name"), Some("a"));
        assert!(!array.lines);
        assert!(json_head(b"{\"a\":1}\n{\"a\":2}\n").lines);
    }

    #[test]
    fn paths_stand_once_in_order_and_end_at_three_levels() {
        let head = json_head(
            br#"{"a":[{"b":{"c":{"d":{"e":1},"f":"x"}}},{"b":{"c":2,"g":"y"}}],"h":["z",{"i":"w"}],"":{"j":3}}"#,
        );
        let paths = ["a", "a[].b", "a[].b.c", "a[].b.g", "h", "h[].i", "", "j"];
        assert_eq!(head.paths, paths);
        let texts: Vec<_> = head
            .texts
            .iter()
            .map(|(p, v)| (p.as_str(), v.as_str()))
            .collect();
        assert_eq!(texts, [("h[]", "z"), ("h[].i", "w")]);
    }

    #[test]
    fn any_bytes_end_in_an_answer() {
        for bytes in [
            &b""[..],
            b"{",
            b"{\"",
            b"{\"a\\",
            b"[[[[",
            b"{\"a\":}",
            b"\xff\xfe",
            b"{\"a\" 1}",
            b"nan",
        ] {
            json_head(bytes);
            crate::ingest::known::looks_like(bytes);
        }
        json_head(&vec![b'['; 100_000]);
    }
}
