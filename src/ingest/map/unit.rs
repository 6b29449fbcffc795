//! Numbers that carry their own unit, `12.5 ms`, and names of members that say one, `took_ms`.

use crate::model::{UnitKind, UnitName};

/// The unit of a kind that a member's name ends in.
pub fn of_name(name: &str, kind: UnitKind) -> Option<&'static UnitName> {
    UnitName::of_name(name).filter(|unit| unit.kind == kind)
}

/// A number as a text holds it, and the unit behind it if there is one.
///
/// Errors say what is wrong with the text.
pub fn number(text: &str) -> Result<(f64, Option<&'static UnitName>), &'static str> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return if number.is_finite() {
            Ok((number, None))
        } else {
            Err("not a finite number")
        };
    }
    let digits = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | '_' | '\'')))
        .unwrap_or(text.len());
    let (head, tail) = (
        text.get(..digits).unwrap_or_default(),
        text.get(digits..).unwrap_or_default().trim_start(),
    );
    let has_digit = head.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit && head.contains(',') {
        return Err(
            "a comma in a number may be a decimal point or part digits; write 12.5 or 1250",
        );
    }
    match (head.parse::<f64>(), UnitName::named(tail)) {
        (Ok(number), Some(unit)) if number.is_finite() => Ok((number, Some(unit))),
        (Ok(_), None) => Err("a number with something behind it that is no unit"),
        _ => Err("not a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_hold_a_number_and_perhaps_its_unit() {
        let of = |text| number(text).map(|(number, unit)| (number, unit.map(|unit| unit.name)));
        assert_eq!(of("12.5 ms"), Ok((12.5, Some("ms"))));
        assert_eq!(of("12.5ms"), Ok((12.5, Some("ms"))));
        assert_eq!(of(" 5% "), Ok((5.0, Some("%"))));
        assert_eq!(of("3/s"), Ok((3.0, Some("/s"))));
        assert_eq!(of("1e3"), Ok((1000.0, None)));
        for bad in [
            "",
            "fast",
            "NaN",
            "inf",
            "ms",
            "12,5",
            "1,250.5 ms",
            "5 parsecs",
            "1e999",
        ] {
            assert!(number(bad).is_err(), "{bad}");
        }
        assert!(number("12,5").unwrap_err().contains("comma"));
    }

    #[test]
    fn names_end_in_units() {
        let of = |name| of_name(name, UnitKind::Time).map(|unit| unit.name);
        assert_eq!(of("lat_us"), Some("us"));
        assert_eq!(of("took_seconds"), Some("s"));
        assert_eq!(of("status"), None);
        assert_eq!(of("errors_pct"), None);
    }
}
