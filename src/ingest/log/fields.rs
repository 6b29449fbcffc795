//! Takes records of delimited text apart.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use crate::ingest::log::cut::Quoting;

/// The end of the record that starts a text: where its line ends, and where the next one starts.
///
/// `None` when a quote is opened and never closed.
pub fn record_end(text: &[u8], quoting: Quoting) -> Option<(usize, usize)> {
    let Quoting { quote, delimiter } = quoting;
    let find = |byte: u8, from: usize| {
        memchr(byte, text.get(from..).unwrap_or_default()).map(|at| from + at)
    };
    let mut from = 0;
    let mut line = find(b'\n', from).unwrap_or(text.len());
    loop {
        // A line of many quotes is looked through once.
        if line < from {
            line = find(b'\n', from).unwrap_or(text.len());
        }
        let of_line = text.get(from..line).unwrap_or_default();
        let Some(open) = memchr(quote, of_line).map(|at| from + at) else {
            let next = (line + 1).min(text.len());
            return Some((line, next));
        };
        let before = open.checked_sub(1).and_then(|before| text.get(before));
        from = open + 1;
        if open > 0 && before != Some(&delimiter) {
            continue;
        }
        loop {
            from = find(quote, from)? + 1;
            if text.get(from) != Some(&quote) {
                break;
            }
            from += 1;
        }
    }
}

/// What stands between the fields of the first line: of comma, semicolon and tab the one that stands there most, outside
/// of quotes; of equals the first.
pub fn delimiter(head: &[u8]) -> u8 {
    let line = head.get(..memchr(b'\n', head).unwrap_or(head.len()));
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in line.unwrap_or_default() {
        quoted ^= *byte == b'"';
        let found = counts.iter_mut().find(|(delimiter, _)| delimiter == byte);
        if let (false, Some(found)) = (quoted, found) {
            found.1 += 1;
        }
    }
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    best.map_or(b',', |(delimiter, _)| *delimiter)
}

/// Whether a record holds nothing but empty cells, as a spreadsheet leaves them between its rows: it is no row.
pub fn is_blank(record: &[u8], delimiter: u8) -> bool {
    let mut bytes = record.iter();
    bytes.all(|byte| byte.is_ascii_whitespace() || *byte == delimiter || *byte == b'"')
}

/// The line without its end.
pub fn trim_line(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}

/// Calls `field` with the number and the text of every field of a record without quotes; gives the number of fields.
#[inline]
pub fn split_plain<'a>(
    record: &'a str,
    delimiter: u8,
    mut field: impl FnMut(usize, &'a str),
) -> usize {
    let (mut number, mut start) = (0, 0);
    for end in memchr_iter(delimiter, record.as_bytes()) {
        field(number, record.get(start..end).unwrap_or_default());
        number += 1;
        start = end + 1;
    }
    field(number, record.get(start..).unwrap_or_default());
    number + 1
}

/// Calls `field` with the number and the text of every field of the line that starts there, without quotes; gives the number
/// of fields and where the line ends.
///
/// Eight bytes at a time: fields are too short for a search for each to be worth its start.
#[inline]
pub fn split_line<'a>(
    text: &'a str,
    from: usize,
    delimiter: u8,
    mut field: impl FnMut(usize, &'a str),
) -> (usize, usize) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // The high bit of every byte that is zero, and no other.
    let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let line_end = u64::from(b'\n') * ONES;
    let between = u64::from(delimiter) * ONES;
    let bytes = text.as_bytes();
    let (mut number, mut start) = (0, from);
    let mut words = bytes.get(from..).unwrap_or_default().chunks_exact(8);
    let mut at = from;
    for word in words.by_ref() {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        let mut hits = zeros(word ^ line_end) | zeros(word ^ between);
        while hits != 0 {
            let hit = at + (hits.trailing_zeros() / 8) as usize;
            field(number, text.get(start..hit).unwrap_or_default());
            number += 1;
            if bytes.get(hit) == Some(&b'\n') {
                return (number, hit);
            }
            start = hit + 1;
            hits &= hits - 1;
        }
        at += 8;
    }
    for byte in words.remainder() {
        if *byte == b'\n' || *byte == delimiter {
            field(number, text.get(start..at).unwrap_or_default());
            number += 1;
            if *byte == b'\n' {
                return (number, at);
            }
            start = at + 1;
        }
        at += 1;
    }
    field(number, text.get(start..).unwrap_or_default());
    (number + 1, bytes.len())
}

/// The fields of a record with quotes taken off. Text behind a closing quote belongs to the field.
pub fn split_quoted(record: &str, quoting: Quoting) -> Vec<Cow<'_, str>> {
    let (quote, delimiter) = (char::from(quoting.quote), char::from(quoting.delimiter));
    let mut fields = Vec::new();
    let mut rest = record;
    loop {
        let Some(inner) = rest.strip_prefix(quote) else {
            let Some((field, more)) = rest.split_once(delimiter) else {
                fields.push(Cow::Borrowed(rest));
                return fields;
            };
            fields.push(Cow::Borrowed(field));
            rest = more;
            continue;
        };
        let mut field: Cow<'_, str> = Cow::Borrowed("");
        rest = inner;
        loop {
            let Some((part, more)) = rest.split_once(quote) else {
                // Never closed: the rest is the field.
                field += rest;
                fields.push(field);
                return fields;
            };
            field += part;
            rest = more;
            match rest.strip_prefix(quote) {
                Some(more) => {
                    field.to_mut().push(quote);
                    rest = more;
                }
                None => break,
            }
        }
        let Some((tail, more)) = rest.split_once(delimiter) else {
            field += rest;
            fields.push(field);
            return fields;
        };
        field += tail;
        fields.push(field);
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_feed_in_quotes_ends_no_record_however_many_quotes_there_are() {
        let fields = "\"a\nb\",x\"y,".repeat(50);
        let text = format!("{fields}end\n\"next\"\n");
        let end = text.find("end").unwrap() + 3;
        assert_eq!(record_end(text.as_bytes(), QUOTING), Some((end, end + 1)));
        let open = format!("{fields}\"never\n");
        assert_eq!(record_end(open.as_bytes(), QUOTING), None);
    }

    #[test]
    fn the_delimiter_is_what_stands_most_in_the_first_line_outside_of_quotes() {
        for (head, wanted) in [
            ("a,b;c", b','),
            ("a;b;c,d\n,,,,", b';'),
            ("a\tb\tc,d", b'\t'),
            ("\"a,b,c,d\";e;f", b';'),
            ("", b','),
        ] {
            assert_eq!(delimiter(head.as_bytes()), wanted, "{head}");
        }
    }
    use proptest::prelude::*;

    const QUOTING: Quoting = Quoting {
        quote: b'"',
        delimiter: b',',
    };

    /// Records by the two functions.
    fn records(text: &str) -> Vec<Vec<String>> {
        let (mut all, mut from) = (Vec::new(), 0);
        while from < text.len() {
            let (end, next) = record_end(&text.as_bytes()[from..], QUOTING).unwrap();
            let record = trim_line(text.get(from..from + end).unwrap());
            let fields = split_quoted(record, QUOTING);
            all.push(fields.into_iter().map(Cow::into_owned).collect());
            from += next;
        }
        all
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_reads_back(
            rows in prop::collection::vec(prop::collection::vec("[ab,\"\n\r; \u{e9}]{0,6}", 2..5), 1..8),
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(records(&text), rows);
        }

        #[test]
        fn records_without_quotes_split_alike(record in "[ab,; ]{0,20}") {
            let mut plain = Vec::new();
            let n = split_plain(&record, b',', |number, field| plain.push((number, field)));
            let quoted = split_quoted(&record, QUOTING);
            prop_assert_eq!(n, quoted.len());
            for (number, field) in plain {
                prop_assert_eq!(field, &*quoted[number]);
            }
        }

        #[test]
        fn lines_split_as_records_do(text in "[a,;\u{e9}\n]{0,60}", delimiter in prop_oneof![Just(b','), Just(b';')]) {
            let mut at = 0;
            for line in text.split('\n') {
                let (mut fields, mut plain) = (Vec::new(), Vec::new());
                let (n, end) = split_line(&text, at, delimiter, |number, field| fields.push((number, field)));
                let want = split_plain(line, delimiter, |number, field| plain.push((number, field)));
                prop_assert_eq!((n, end), (want, at + line.len()));
                prop_assert_eq!(fields, plain);
                at = end + 1;
            }
        }

        #[test]
        fn any_text_ends_in_an_answer(text in "[a,\"\n]{0,30}") {
            let _ = record_end(text.as_bytes(), QUOTING);
            split_quoted(&text, QUOTING);
        }
    }

    #[test]
    fn a_quote_inside_a_field_is_a_character() {
        assert_eq!(
            records("5\" disk,b\n\"x\"y,z\n"),
            [["5\" disk", "b"], ["xy", "z"]]
        );
    }
}
