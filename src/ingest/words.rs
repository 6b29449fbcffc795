//! What scripts and spreadsheets write for "fine", "failed" and "nothing": the one place where such words are read.
//!
//! Python writes `True`, `None`, `nan`, `HTTPStatus.OK` and `<Response [200]>`, JavaScript `undefined` and `NaN`, Go `<nil>`,
//! Java `null`, a spreadsheet `#N/A`, `200.0` and, in German, `WAHR`. A text is read word by word, without case and punctuation;
//! words such as `http` and `status` say nothing. A text with a word that is not in the table is told, and passes for no success.

mod outcome;

pub(in crate::ingest) use outcome::{Flag, Judged, judge};

/// What a known word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// A value that is not there.
    Nothing,
    /// Yes and no, to whatever the column asks.
    Yes,
    No,
    /// A success and a failure, whatever the column asks.
    Fine,
    Bad,
}

/// The table of words: lower case, without spaces and punctuation (`no error` is `noerror`).
fn word(squeezed: &[u8]) -> Option<Word> {
    Some(match squeezed {
        b"nan" | b"nat" | b"null" | b"none" | b"nil" | b"na" | b"undefined" | b"keine"
        | b"kein" | b"keiner" | b"aucun" | b"aucune" | b"ninguno" | b"ninguna" | b"nessuno"
        | b"nessuna" | b"nenhum" | b"geen" => Word::Nothing,
        b"true" | b"t" | b"yes" | b"y" | b"wahr" | b"ja" | b"vrai" | b"oui" | b"verdadero"
        | b"verdadeiro" | b"vero" | b"waar" => Word::Yes,
        b"false" | b"f" | b"no" | b"n" | b"falsch" | b"nein" | b"faux" | b"non" | b"falso"
        | b"onwaar" => Word::No,
        b"ok" | b"okay" | b"pass" | b"passed" | b"success" | b"successful" | b"successfully"
        | b"succeeded" | b"good" | b"fine" | b"done" | b"complete" | b"completed" | b"finished"
        | b"up" | b"fulfilled" | b"resolved" | b"noerror" | b"noerrors" | b"nofailure"
        | b"nofailures" | b"noexception" | b"withouterror" | b"withouterrors" | b"keinfehler"
        | b"keinefehler" | b"created" | b"accepted" | b"nocontent" | b"resetcontent"
        | b"partialcontent" | b"multistatus" | b"found" | b"seeother" | b"notmodified"
        | b"movedpermanently" | b"temporaryredirect" | b"permanentredirect" => Word::Fine,
        b"notok"
        | b"noresponse"
        | b"noreply"
        | b"ko"
        | b"nok"
        | b"fail"
        | b"failed"
        | b"failure"
        | b"fails"
        | b"unsuccessful"
        | b"notsuccessful"
        | b"error"
        | b"errors"
        | b"err"
        | b"errored"
        | b"bad"
        | b"down"
        | b"exception"
        | b"timeout"
        | b"timedout"
        | b"rejected"
        | b"aborted"
        | b"incomplete"
        | b"invalid"
        | b"crashed"
        | b"badrequest"
        | b"unauthorized"
        | b"forbidden"
        | b"notfound"
        | b"methodnotallowed"
        | b"notacceptable"
        | b"conflict"
        | b"gone"
        | b"toomanyrequests"
        | b"internalservererror"
        | b"notimplemented"
        | b"badgateway"
        | b"unavailable"
        | b"serviceunavailable"
        | b"gatewaytimeout"
        | b"deadlineexceeded"
        | b"unauthenticated"
        | b"permissiondenied"
        | b"resourceexhausted"
        | b"unimplemented"
        | b"invalidargument" => Word::Bad,
        _ => return None,
    })
}

/// Words that stand around what is said and say nothing themselves; also at the start of another, as in `StatusOK`.
const AROUND: [&[u8]; 7] = [
    b"http",
    b"status",
    b"code",
    b"response",
    b"result",
    b"reply",
    b"request",
];

/// What a failure is called in longer words: `ETIMEDOUT`, `Connection refused`, `ReadTimeout`.
const OF_FAILURES: [&str; 21] = [
    "timeout",
    "timed",
    "error",
    "refused",
    "reset",
    "exception",
    "fail",
    "abort",
    "cancel",
    "unreachable",
    "closed",
    "denied",
    "econn",
    "exceeded",
    "reject",
    "unavailable",
    "disconnect",
    "hang up",
    "broken",
    "crash",
    "fehler",
];

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said<'a> {
    Word(Word),
    /// A number, or the code in `HTTP/1.1 200 OK`, and its digits.
    Number(u32, &'a str),
    /// Nothing that is known; the code is that of a sentence behind it: `418 I'm a teapot`.
    Unknown(Option<(u32, &'a str)>),
}

/// Reads a text.
fn said(text: &str) -> Said<'_> {
    let text = text.trim();
    // A table program that met an empty cell writes every code as 200.0.
    let plain = text.strip_suffix(".0").unwrap_or(text);
    let negative = plain.strip_prefix('-').unwrap_or_default();
    if is_digits(plain) {
        return match plain.parse() {
            Ok(number) => Said::Number(number, plain),
            Err(_) => Said::Unknown(None),
        };
    } else if is_digits(negative) {
        return Said::Word(Word::Bad);
    } else if negative.starts_with(|first: char| first.is_ascii_digit()) {
        return Said::Unknown(None);
    }
    match text.as_bytes() {
        [b'1'..=b'3', b'x' | b'X', b'x' | b'X'] => return Said::Word(Word::Fine),
        [b'4'..=b'5', b'x' | b'X', b'x' | b'X'] => return Said::Word(Word::Bad),
        _ => {}
    }
    let mut sentence = Sentence::default();
    let mut rest = text;
    while let Some((piece, behind)) = next_piece(rest) {
        rest = behind;
        if !sentence.takes(piece, behind) {
            return Said::Unknown(sentence.leading);
        }
    }
    sentence.meaning(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The next letters or digits of a text, and what is behind them.
fn next_piece(text: &str) -> Option<(&str, &str)> {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let start = text
        .bytes()
        .position(|byte| is_letter(byte) || byte.is_ascii_digit())?;
    let text = text.get(start..)?;
    let is_number = text.starts_with(|first: char| first.is_ascii_digit());
    let end = text.bytes().position(|byte| {
        if is_number {
            !byte.is_ascii_digit()
        } else {
            !is_letter(byte)
        }
    });
    text.split_at_checked(end.unwrap_or(text.len()))
}

/// Longer words are in no table.
const LONGEST: usize = 32;

/// Letters in lower case, without what stood between them.
#[derive(Default)]
struct Squeezed {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Squeezed {
    /// Appends a word, where it is to be stripped without those that say nothing; `None` when it is too long. What it appended.
    fn push(&mut self, piece: &str, strip: bool) -> Option<&[u8]> {
        let start = self.len;
        let place = self.bytes.get_mut(start..start + piece.len())?;
        place.copy_from_slice(piece.as_bytes());
        place.make_ascii_lowercase();
        let mut tail: &[u8] = place;
        let shorter = |tail: &'_ [u8]| -> Option<usize> {
            let mut known = AROUND.iter().filter(|around| tail.starts_with(around));
            known.next().filter(|_| strip).map(|around| around.len())
        };
        while let Some(rest) = shorter(tail).and_then(|len| tail.get(len..)) {
            tail = rest;
        }
        let (skipped, kept) = (piece.len() - tail.len(), tail.len());
        self.bytes
            .copy_within(start + skipped..start + skipped + kept, start);
        self.len = start + kept;
        self.bytes.get(start..self.len)
    }

    fn word(&self) -> Option<Word> {
        word(self.bytes.get(..self.len)?)
    }
}

/// The words of a text so far.
#[derive(Default)]
struct Sentence<'a> {
    squeezed: Squeezed,
    /// What its words say one by one.
    says: Option<Word>,
    /// One by one they say nothing that is known, so that only together they can.
    is_phrase: bool,
    /// Pieces of any kind.
    pieces: u32,
    has_http: bool,
    code: Option<(u32, &'a str)>,
    /// A code before all words but those that say nothing.
    leading: Option<(u32, &'a str)>,
}

impl<'a> Sentence<'a> {
    /// Takes the next piece; `false` when nobody knows what the text says.
    fn takes(&mut self, piece: &'a str, behind: &str) -> bool {
        self.pieces += 1;
        if is_digits(piece) {
            return self.takes_digits(piece, behind);
        }
        if piece.eq_ignore_ascii_case("http") || piece.eq_ignore_ascii_case("https") {
            self.has_http = true;
            return true;
        }
        // Behind a no it is what is not there: `no response`.
        let strip = !matches!(self.says, Some(Word::No | Word::Nothing));
        let Some(new) = self.squeezed.push(piece, strip) else {
            return false;
        };
        if new.is_empty() {
            return true;
        }
        match word(new) {
            _ if self.is_phrase => {}
            Some(word) => {
                let before = self.says;
                self.says = before.map_or(Some(word), |before| together(before, word));
                self.is_phrase = self.says.is_none();
            }
            None => self.is_phrase = true,
        }
        true
    }

    fn takes_digits(&mut self, digits: &'a str, behind: &str) -> bool {
        let is_version = self.has_http && self.code.is_none() && digits.len() == 1;
        if is_version {
            return true;
        }
        let number = digits.parse().ok().filter(|_| digits.len() == 3);
        let Some(number) = number.filter(|_| self.code.is_none()) else {
            return false;
        };
        let ends = !behind.starts_with(|next: char| next.is_alphanumeric());
        if self.squeezed.len == 0 && ends {
            self.leading = Some((number, digits));
        }
        self.code = Some((number, digits));
        (100..600).contains(&number)
    }

    fn meaning(&self, text: &'a str) -> Said<'a> {
        if self.pieces == 0 {
            let is_nothing = text
                .bytes()
                .all(|byte| byte.is_ascii_whitespace() || b"-'\"`{}[]()<>".contains(&byte));
            return if is_nothing {
                Said::Word(Word::Nothing)
            } else {
                Said::Unknown(None)
            };
        }
        let words = self
            .squeezed
            .word()
            .or(self.says.filter(|_| !self.is_phrase));
        match (self.code, words) {
            (None, Some(word)) => Said::Word(word),
            (Some((code, digits)), None) if self.squeezed.len == 0 => Said::Number(code, digits),
            (Some((code, digits)), Some(Word::Fine | Word::Yes)) if code < 400 => {
                Said::Number(code, digits)
            }
            (Some((code, digits)), Some(Word::Bad | Word::No)) if code >= 400 => {
                Said::Number(code, digits)
            }
            (Some(_), Some(Word::Bad | Word::No)) => Said::Word(Word::Bad),
            _ => Said::Unknown(self.leading),
        }
    }
}

/// What two words say together: `success: true`, `error: none`, `false: timeout`.
fn together(first: Word, second: Word) -> Option<Word> {
    match (first, second) {
        // `None succeeded` is no success.
        (Word::Nothing, _) => None,
        (Word::Bad, Word::No | Word::Nothing) => Some(Word::Fine),
        (Word::Bad | Word::No, _) | (_, Word::Bad | Word::No) => Some(Word::Bad),
        (Word::Yes | Word::Fine, _) => Some(Word::Fine),
    }
}

/// Whether a text that nobody knows tells of a failure.
fn tells_of_failure(text: &str) -> bool {
    let has = |word: &str| {
        let mut parts = text.as_bytes().windows(word.len());
        parts.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    OF_FAILURES.iter().any(|word| has(word)) || is_errno(text)
}

/// The name of an error of the system, as Node.js writes it: `EPIPE`.
fn is_errno(text: &str) -> bool {
    let mut bytes = text.bytes();
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    text.len() > 3 && bytes.next() == Some(b'E') && bytes.all(capital)
}

/// Whether nothing stands there.
#[inline]
pub(in crate::ingest) fn is_nothing(text: &str) -> bool {
    text.is_empty() || said(text) == Said::Word(Word::Nothing)
}

/// Whether the text of an `error` column tells of no error.
#[inline]
pub(in crate::ingest) fn is_no_error(text: &str) -> bool {
    text.is_empty()
        || matches!(
            said(text),
            // Below 200 may be an error's number: 110 is ETIMEDOUT.
            Said::Word(Word::Nothing | Word::No | Word::Fine) | Said::Number(0 | 200..=399, _)
        )
}

#[cfg(test)]
mod tests;
