//! The only place where a quantity becomes text.
//!
//! Enough digits to be found again in the input, thousands separated by a comma, a dot for decimals, whatever the locale.
//! Nothing is rounded into a claim: a small share is not "0 %", and one just under the whole is not "100 %".

/// With thousands separators: `15,914`.
///
/// ```
/// assert_eq!(knee::text::number::count(15_914), "15,914");
/// ```
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// From here up nobody counts the digits of a decimal.
const SCIENTIFIC: f64 = 1e15;

/// At most that many decimals, no trailing zeros, thousands separated; from 1e15 up with an exponent.
///
/// ```
/// assert_eq!(knee::text::number::decimal(1e308, 1), "1e308");
/// assert_eq!(knee::text::number::decimal(8024.5, 1), "8,024.5");
/// assert_eq!(knee::text::number::decimal(15.0, 1), "15");
/// assert_eq!(knee::text::number::decimal(-0.04, 1), "0");
/// ```
pub fn decimal(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value.abs() >= SCIENTIFIC {
        let text = format!("{value:.2e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        return format!("{digits}e{exponent}");
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_zero = whole == "0" && fraction.is_empty();
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// That many significant digits, and never fewer than the whole part: `88.8`, `0.0123`, `1,475`.
///
/// ```
/// assert_eq!(knee::text::number::significant(88.831, 3), "88.8");
/// assert_eq!(knee::text::number::significant(0.012_34, 3), "0.0123");
/// assert_eq!(knee::text::number::significant(14_750.4, 3), "14,750");
/// ```
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return decimal(value, 0);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a logarithm of a double is below 400"
    )]
    let magnitude = value.abs().log10().floor() as i32;
    let wanted = i32::try_from(digits).unwrap_or(3) - 1 - magnitude;
    decimal(value, usize::try_from(wanted).unwrap_or(0).min(12))
}

/// Milliseconds without the unit: one decimal from 10 up, two from 1 up, three below, three digits below 0.1.
///
/// ```
/// use knee::text::number::millis_bare;
/// assert_eq!(millis_bare(368.84), "368.8");
/// assert_eq!(millis_bare(8024.5), "8,024.5");
/// assert_eq!(millis_bare(0.4), "0.4");
/// assert_eq!(millis_bare(0.000_837), "0.000837");
/// ```
pub fn millis_bare(value: f64) -> String {
    match value.abs() {
        size if size >= 10.0 => decimal(value, 1),
        size if size >= 1.0 => decimal(value, 2),
        size if size >= 0.1 => decimal(value, 3),
        _ => significant(value, 3),
    }
}

/// Milliseconds: `368.8 ms`.
pub fn millis(value: f64) -> String {
    format!("{} ms", millis_bare(value))
}

/// Events per second: `10.2/s`.
pub fn rate(value: f64) -> String {
    format!("{}/s", significant(value, 3))
}

/// A share as per cent: `88.54 %`, below 1 % with a third decimal `0.384 %`, `<0.01 %`, `>99.99 %`.
///
/// ```
/// use knee::text::number::percent;
/// assert_eq!(percent(14_090.0 / 15_914.0), "88.54 %");
/// assert_eq!(percent(0.003_84), "0.384 %");
/// assert_eq!(percent(0.000_01), "<0.01 %");
/// assert_eq!(percent(0.999_999), ">99.99 %");
/// assert_eq!(percent(1.0), "100 %");
/// ```
pub fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.000_1 {
        return "<0.01 %".to_owned();
    }
    if share < 1.0 && share > 0.999_9 {
        return ">99.99 %".to_owned();
    }
    let decimals = if share.abs() < 0.01 { 3 } else { 2 };
    format!("{} %", decimal(share * 100.0, decimals))
}

/// A difference of two shares, in percentage points.
///
/// ```
/// use knee::text::number::points;
/// assert_eq!(points(0.291_9), "29.19 points");
/// assert_eq!(points(0.01), "1 point");
/// assert_eq!(points(0.000_012), "0.0012 points");
/// ```
pub fn points(difference: f64) -> String {
    let points = difference * 100.0;
    let text = if points.abs() < 1.0 {
        significant(points, 3)
    } else {
        decimal(points, 2)
    };
    let noun = if text == "1" || text == "-1" {
        "point"
    } else {
        "points"
    };
    format!("{text} {noun}")
}

/// How far a value in the unit of that id is from another: of shares in percentage points, else as [`quantity`].
///
/// ```
/// use knee::text::number::difference;
/// assert_eq!(difference(0.05, "ratio"), "5 points");
/// assert_eq!(difference(10.4, "ms"), "10.4 ms");
/// ```
pub fn difference(value: f64, unit: &str) -> String {
    match unit {
        "ratio" => points(value),
        _ => quantity(value, unit),
    }
}

/// A change against a base, with its sign: `+23.8 %`, `-4 %`, and `0 %` only where nothing changed.
///
/// ```
/// use knee::text::number::change;
/// assert_eq!(change(0.2381), "+23.8 %");
/// assert_eq!(change(-0.000_012), "-0.0012 %");
/// assert_eq!(change(8.5), "+850 %");
/// assert_eq!(change(0.0), "0 %");
/// ```
pub fn change(relative: f64) -> String {
    format!("{} %", signed(relative, &significant(relative * 100.0, 3)))
}

/// A change of a share, in percentage points with its sign: `+1.2 points`.
///
/// ```
/// assert_eq!(knee::text::number::change_of_share(0.012), "+1.2 points");
/// ```
pub fn change_of_share(difference: f64) -> String {
    signed(difference, &points(difference))
}

fn signed(value: f64, words: &str) -> String {
    if value > 0.0 {
        format!("+{words}")
    } else {
        words.to_owned()
    }
}

/// A factor: `9.39x`.
pub fn times(factor: f64) -> String {
    format!("{}x", significant(factor, 3))
}

/// Seconds: `77.6 s`, from two minutes up `12 min 3 s`, from two hours up `2 h 5 min`; a rest of zero is left out.
///
/// ```
/// use knee::text::number::seconds;
/// assert_eq!(seconds(77.63), "77.6 s");
/// assert_eq!(seconds(300.0), "5 min");
/// assert_eq!(seconds(723.0), "12 min 3 s");
/// assert_eq!(seconds(7500.0), "2 h 5 min");
/// ```
pub fn seconds(value: f64) -> String {
    if value.abs().round() < 120.0 {
        return format!("{} s", significant(value, 3));
    }
    if value < 0.0 {
        return format!("-{}", seconds(-value));
    }
    if !value.is_finite() {
        return "- s".to_owned();
    }
    let whole = value.round();
    let (minutes, rest) = ((whole / 60.0).floor(), whole % 60.0);
    let joined = |whole: String, rest: f64, unit: &str| match rest {
        0.0 => whole,
        rest => format!("{whole} {rest:.0} {unit}"),
    };
    if minutes < 120.0 {
        return joined(format!("{minutes:.0} min"), rest, "s");
    }
    let hours = (minutes / 60.0).floor();
    if hours >= SCIENTIFIC {
        return format!("{} h", decimal(hours, 0));
    }
    joined(format!("{} h", decimal(hours, 0)), minutes % 60.0, "min")
}

/// Bytes in decimal steps, as tools and disks count: `13.5 MB`.
///
/// ```
/// use knee::text::number::bytes;
/// assert_eq!(bytes(13_500_000.0), "13.5 MB");
/// assert_eq!(bytes(999.0), "999 B");
/// ```
pub fn bytes(value: f64) -> String {
    let steps = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    for (size, unit) in steps {
        if value.abs() >= size {
            return format!("{} {unit}", significant(value / size, 3));
        }
    }
    format!("{} B", decimal(value, 0))
}

/// A value in a unit as an input names it; `B` are bytes.
///
/// ```
/// use knee::text::number::in_unit;
/// assert_eq!(in_unit(13_500_000.0, Some("B")), "13.5 MB");
/// assert_eq!(in_unit(12.345_6, Some("req")), "12.35 req");
/// ```
pub fn in_unit(value: f64, unit: Option<&str>) -> String {
    match unit {
        Some("B") => bytes(value),
        Some(unit) => format!("{} {unit}", significant(value, 4)),
        None => significant(value, 4),
    }
}

/// `1 request`, `2 requests`.
///
/// ```
/// use knee::text::number::plural;
/// assert_eq!(plural(1, "request"), "1 request");
/// assert_eq!(plural(1475, "request"), "1,475 requests");
/// assert_eq!(plural(2, "entry"), "2 entries");
/// ```
pub fn plural(number: u64, noun: &str) -> String {
    let noun = if number == 1 {
        noun.to_owned()
    } else if let Some(stem) = noun
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']))
    {
        format!("{stem}ies")
    } else if noun.ends_with(['s', 'x']) || noun.ends_with("ch") || noun.ends_with("sh") {
        format!("{noun}es")
    } else {
        format!("{noun}s")
    };
    format!("{} {noun}", count(number))
}

/// A value in the unit of that id (`ms`, `1/s`, `ratio`, `count`, `B`, `s`); others are printed as they are.
///
/// ```
/// use knee::text::number::quantity;
/// assert_eq!(quantity(0.8854, "ratio"), "88.54 %");
/// assert_eq!(quantity(480.0, "count"), "480");
/// ```
pub fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "ms" => millis(value),
        "1/s" => rate(value),
        "ratio" => percent(value),
        "B" => bytes(value),
        "s" => seconds(value),
        "count" => decimal(value, 1),
        "x" => times(value),
        _ => significant(value, 4),
    }
}

/// What stands where nothing was measured.
pub const ABSENT: &str = "-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_rounded_into_a_claim() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.99994), ">99.99 %");
        assert_eq!(percent(0.9999), "99.99 %");
        assert_eq!(percent(0.0001), "0.01 %");
        assert_eq!(percent(0.003_84), "0.384 %");
        assert_eq!(percent(0.009_999), "1 %");
        assert_eq!(percent(0.010_04), "1 %");
    }

    #[test]
    fn absurd_sizes_have_few_digits() {
        assert_eq!(decimal(999_999_999_999_999.0, 0), "999,999,999,999,999");
        assert_eq!(decimal(1e15, 2), "1e15");
        assert_eq!(decimal(-1.234e300, 2), "-1.23e300");
        assert_eq!(rate(1e308), "1e308/s");
        assert_eq!(seconds(1e308), "2.78e304 h");
        assert_eq!(seconds(-723.0), "-12 min 3 s");
        assert_eq!(seconds(f64::NAN), "- s");
    }

    #[test]
    fn durations_of_one_page_follow_one_rule() {
        for (value, text) in [
            (119.4, "119 s"),
            (119.6, "2 min"),
            (140.9, "2 min 21 s"),
            (300.0, "5 min"),
            (600.0, "10 min"),
            (7199.4, "119 min 59 s"),
            (7199.6, "2 h"),
            (7260.0, "2 h 1 min"),
            (-300.0, "-5 min"),
        ] {
            assert_eq!(seconds(value), text);
        }
    }

    #[test]
    fn odd_numbers_do_not_panic() {
        for value in [
            0.0,
            -0.0,
            f64::MIN_POSITIVE,
            f64::MAX,
            -1e300,
            f64::NAN,
            f64::INFINITY,
        ] {
            for text in [
                decimal(value, 2),
                significant(value, 3),
                millis(value),
                rate(value),
                percent(value),
                seconds(value),
                bytes(value),
            ] {
                assert!(!text.is_empty());
                assert!(text.len() <= 24, "{text}");
            }
        }
    }
}
