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
    loop {
        let line = find(b'\n', from).unwrap_or(text.len());
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
