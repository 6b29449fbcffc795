//! Numbers with a unit, as people write them: `200ms`, `1 %`, `20/s`, `512 MiB`.
//!
//! Decimal units shift the decimal point in the text before it becomes a number, so that `1.001s` is 1001 ms and not
//! 1000.9999999999999 ms. Knows no metric and no file.

use std::ops::Range;

use crate::model::{Seconds, UnitKind, UnitName};

/// A mistake in a text of the expectation language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ExpectError {
    /// Which bytes of the text.
    pub span: Range<usize>,
    /// What is wrong and what was expected.
    pub problem: String,
    /// A shorter form for under the excerpt.
    pub label: Option<String>,
    /// What to write instead.
    pub hint: Option<String>,
}

impl ExpectError {
    /// A mistake at a place.
    pub fn new(span: Range<usize>, problem: impl Into<String>) -> ExpectError {
        ExpectError {
            span,
            problem: problem.into(),
            label: None,
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> ExpectError {
        self.hint = Some(hint.into());
        self
    }

    /// The same with words under the excerpt.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> ExpectError {
        self.label = Some(label.into());
        self
    }
}

/// The units of an expectation; durations of plans and trims also come in hours.
const UNITS: [&str; 15] = [
    "us", "µs", "μs", "ms", "s", "min", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "%", "/s",
];

/// A number as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    mantissa: String,
    exponent: i32,
    pub(crate) span: Range<usize>,
}

impl Number {
    /// In the base unit of `unit`, times ten to the `shift`.
    pub(crate) fn value(&self, unit: Option<&UnitName>, shift: i32) -> f64 {
        let exponent = self.exponent.saturating_add(shift);
        match unit {
            Some(unit) => unit.text_to_base(&self.mantissa, exponent),
            // Digits, a sign, a dot and an exponent are always a double.
            None => format!("{}e{exponent}", self.mantissa)
                .parse()
                .unwrap_or(f64::NAN),
        }
    }
}

/// A number with the unit that follows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quantity {
    pub(crate) number: Number,
    pub(crate) unit: Option<(&'static UnitName, Range<usize>)>,
}

impl Quantity {
    pub(crate) fn span(&self) -> Range<usize> {
        let end = self
            .unit
            .as_ref()
            .map_or(self.number.span.end, |(_, span)| span.end);
        self.number.span.start..end
    }
}

/// Reads a text from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    pub(crate) fn is_done(&mut self) -> bool {
        self.skip_space();
        self.rest().is_empty()
    }

    pub(crate) fn eat(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Eats a word that does not go on.
    pub(crate) fn eat_word(&mut self, wanted: &str) -> bool {
        let found = self.rest().strip_prefix(wanted).is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
        });
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Takes characters while they fit.
    pub(crate) fn take(&mut self, fits: impl Fn(char) -> bool) -> (&'a str, Range<usize>) {
        let rest = self.rest();
        let length = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let span = self.at..self.at + length;
        self.at = span.end;
        (rest.get(..length).unwrap_or_default(), span)
    }

    /// The next word, for messages: up to a space, at least one character where there is one.
    pub(crate) fn word(&self) -> (&'a str, Range<usize>) {
        let (word, span) = self.clone().take(|c| !c.is_whitespace());
        if word.chars().count() > 40 {
            let end = word.char_indices().nth(40).map_or(word.len(), |(at, _)| at);
            return (
                word.get(..end).unwrap_or_default(),
                span.start..span.start + end,
            );
        }
        (word, span)
    }

    /// What was found instead of something else.
    pub(crate) fn expected(&mut self, what: &str) -> ExpectError {
        self.skip_space();
        let (word, span) = self.word();
        if word.is_empty() {
            let end = self.text.len();
            // A mark of one character, so that the excerpt has something to point at.
            let last = self.text.trim_end().char_indices().next_back();
            let start = last.map_or(end, |(at, c)| at + c.len_utf8());
            return ExpectError::new(start..start, format!("expected {what}, found the end"))
                .with_label(format!("expected {what}"));
        }
        ExpectError::new(span, format!("expected {what}, found `{word}`"))
            .with_label(format!("expected {what}"))
    }

    /// Digits, with a fraction and an exponent where they are written.
    pub(crate) fn number(&mut self) -> Result<Number, ExpectError> {
        self.skip_space();
        let start = self.at;
        let mut mantissa = String::new();
        if self.eat("-") || self.eat("\u{2212}") {
            mantissa.push('-');
        }
        let (digits, _) = self.take(|c| c.is_ascii_digit());
        if digits.is_empty() {
            self.at = start;
            return Err(self.expected("a number"));
        }
        mantissa.push_str(digits);
        // A second dot is a range: `20..30`.
        let fraction = self.rest().strip_prefix('.');
        if fraction.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.at += 1;
            let (digits, _) = self.take(|c| c.is_ascii_digit());
            mantissa.push('.');
            mantissa.push_str(digits);
        }
        let exponent = self.exponent();
        let span = start..self.at;
        if self.rest().starts_with([',', '_', '\'']) {
            let end = self.at + 1;
            let problem = "digits are not separated: write 1000, not 1,000";
            return Err(ExpectError::new(start..end, problem));
        }
        let number = Number {
            mantissa,
            exponent,
            span: span.clone(),
        };
        if number.value(None, 0).is_finite() {
            Ok(number)
        } else {
            Err(ExpectError::new(span, "the number is too large"))
        }
    }

    fn exponent(&mut self) -> i32 {
        let mut ahead = self.clone();
        if !(ahead.eat("e") || ahead.eat("E")) {
            return 0;
        }
        let negative = ahead.eat("-");
        if !negative {
            ahead.eat("+");
        }
        let (digits, _) = ahead.take(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return 0;
        }
        self.at = ahead.at;
        // Beyond a million the number is zero or too large anyway.
        let size = digits.parse::<i32>().unwrap_or(i32::MAX).min(1_000_000);
        if negative { -size } else { size }
    }

    /// The unit behind a number; a space before it is allowed. `None` when another word of the language follows.
    pub(crate) fn unit(
        &mut self,
        hours: bool,
    ) -> Result<Option<(&'static UnitName, Range<usize>)>, ExpectError> {
        let mut ahead = self.clone();
        ahead.skip_space();
        let start = ahead.at;
        if !ahead.eat("%") {
            ahead.eat("/");
            ahead.take(char::is_alphabetic);
        }
        let span = start..ahead.at;
        let name = self.text.get(span.clone()).unwrap_or_default();
        if matches!(name, "" | "up" | "at" | "users" | "user" | "in") {
            return Ok(None);
        }
        let known = || UNITS.iter().copied().chain(hours.then_some("h"));
        if let Some(unit) = known().find(|unit| *unit == name).and_then(UnitName::named) {
            self.at = ahead.at;
            return Ok(Some((unit, span)));
        }
        let error = ExpectError::new(span, format!("`{name}` is not a unit"));
        let alias = match name.to_lowercase().as_str() {
            "m" | "mins" | "minute" | "minutes" => Some("min"),
            "sec" | "secs" | "second" | "seconds" => Some("s"),
            "msec" | "msecs" | "millis" | "milliseconds" => Some("ms"),
            "rps" | "qps" | "/sec" | "/second" => Some("/s"),
            "percent" | "pct" => Some("%"),
            lower => known().find(|unit| unit.to_lowercase() == lower),
        };
        Err(match alias {
            Some(alias) => error.with_hint(format!("did you mean `{alias}`?")),
            None => error.with_hint("units are us ms s min, B kB MB GB KiB MiB GiB, % and /s"),
        })
    }

    pub(crate) fn quantity(&mut self) -> Result<Quantity, ExpectError> {
        let number = self.number()?;
        let unit = self.unit(false)?;
        Ok(Quantity { number, unit })
    }

    fn duration(&mut self) -> Result<Seconds, ExpectError> {
        let number = self.number()?;
        let unit = self.unit(true)?;
        match unit {
            Some((unit, _)) if unit.kind == UnitKind::Time => {
                let value = number.value(Some(unit), -3);
                if value < 0.0 {
                    Err(ExpectError::new(number.span, "a duration is not negative"))
                } else if !value.is_finite() {
                    Err(ExpectError::new(number.span, "the number is too large"))
                } else {
                    Ok(Seconds(value))
                }
            }
            Some((unit, span)) => Err(ExpectError::new(
                span,
                format!(
                    "a duration is a time: expected us, ms, s, min or h, found `{}`",
                    unit.name
                ),
            )),
            None => Err(ExpectError::new(
                number.span,
                "a duration needs a unit: us, ms, s, min or h",
            )
            .with_hint("such as `30s` or `50ms`")),
        }
    }

    pub(crate) fn end(&mut self) -> Result<(), ExpectError> {
        if self.is_done() {
            Ok(())
        } else {
            Err(self.expected("the end"))
        }
    }
}

/// A duration: `30s`, `5 min`, `2h`.
pub(crate) fn duration(text: &str) -> Result<Seconds, ExpectError> {
    let mut cursor = Cursor::new(text);
    let found = cursor.duration()?;
    cursor.end()?;
    Ok(found)
}

/// A duration or a range of them: `2s`, `1s..3s`.
pub(crate) fn duration_range(text: &str) -> Result<(Seconds, Seconds), ExpectError> {
    let mut cursor = Cursor::new(text);
    let low = cursor.duration()?;
    cursor.skip_space();
    let high = if cursor.eat("..") {
        cursor.duration()?
    } else {
        low
    };
    cursor.end()?;
    if high < low {
        return Err(ExpectError::new(
            0..text.len(),
            "the range is empty: its end is before its start",
        ));
    }
    Ok((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_units_shift_the_point_and_round_nothing() {
        for (text, seconds) in [
            ("1.001s", 1.001),
            ("30s", 30.0),
            ("0.57 s", 0.57),
            ("500us", 0.0005),
            ("500 µs", 0.0005),
            ("1001ms", 1.001),
            ("5min", 300.0),
            ("1.5 h", 5400.0),
            ("1e2s", 100.0),
        ] {
            assert_eq!(duration(text), Ok(Seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn a_duration_without_a_unit_asks_for_one() {
        let problem = |text: &str| duration(text).unwrap_err().problem;
        assert_eq!(
            problem("30"),
            "a duration needs a unit: us, ms, s, min or h"
        );
        assert_eq!(
            problem("30%"),
            "a duration is a time: expected us, ms, s, min or h, found `%`"
        );
        assert_eq!(problem(""), "expected a number, found the end");
        assert_eq!(problem("-1s"), "a duration is not negative");
        assert_eq!(
            problem("1,000s"),
            "digits are not separated: write 1000, not 1,000"
        );
        assert_eq!(problem("1s 2s"), "expected the end, found `2s`");
        assert_eq!(
            duration("5m").unwrap_err().hint.unwrap(),
            "did you mean `min`?"
        );
    }

    #[test]
    fn think_times_are_one_duration_or_two() {
        assert_eq!(duration_range("1s..3s"), Ok((Seconds(1.0), Seconds(3.0))));
        assert_eq!(duration_range("1.5s"), Ok((Seconds(1.5), Seconds(1.5))));
        assert!(duration_range("3s..1s").is_err());
        assert!(duration_range("1..3s").is_err());
    }
}
