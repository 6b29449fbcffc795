//! Numbers and times as they stand in logs, read byte by byte into integers.
//!
//! Durations and epoch times become whole nanoseconds without passing through a double, so no digit is lost and sums do
//! not depend on order. Times: seconds, milli-, micro- or nanoseconds since the epoch, or RFC 3339.

use crate::ingest::words::is_nothing;

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Nothing stands there.
    Empty,
    /// Not a number, in letters: `NaN`, `null`, `-`.
    Nan,
    /// Infinite.
    Infinite,
    /// Below zero.
    Negative,
    /// Beyond what can be held.
    TooLarge,
    /// Something else.
    NotANumber,
}

/// A unit of time as a power of ten of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale(u32);

impl Scale {
    /// Nanoseconds.
    pub const NANOS: Scale = Scale(0);
    /// Microseconds.
    pub const MICROS: Scale = Scale(3);
    /// Milliseconds.
    pub const MILLIS: Scale = Scale(6);
    /// Seconds.
    pub const SECONDS: Scale = Scale(9);

    /// The unit of that name, as `--unit` takes it.
    pub fn named(name: &str) -> Option<Scale> {
        Some(match name {
            "s" => Scale::SECONDS,
            "ms" => Scale::MILLIS,
            "us" => Scale::MICROS,
            "ns" => Scale::NANOS,
            _ => return None,
        })
    }

    /// How many of it a second has.
    pub fn per_second(self) -> f64 {
        1e9 / POWERS
            .get(self.0 as usize)
            .map_or(1.0, |power| *power as f64)
    }

    /// Which unit a time since the epoch is in: every one is told by its size between the years 1973 and 5138.
    pub fn of_epoch(text: &str) -> Option<Scale> {
        let whole = text.split('.').next().unwrap_or_default();
        let digits = whole.trim_start_matches('0').len();
        if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match digits {
            9..=11 => Some(Scale::SECONDS),
            12..=14 => Some(Scale::MILLIS),
            15..=17 => Some(Scale::MICROS),
            18..=19 => Some(Scale::NANOS),
            _ => None,
        }
    }
}

/// A number of that unit in nanoseconds, rounded to the nearest one. A sign and an exponent are understood.
#[inline]
pub fn nanos(text: &str, scale: Scale) -> Result<u64, Bad> {
    match plain_nanos(text.as_bytes(), scale) {
        Some(value) => Ok(value),
        None => odd_nanos(text, scale),
    }
}

/// Digits, perhaps a dot and digits, and nothing else; `None` when it is not that or does not fit.
#[inline]
fn plain_nanos(text: &[u8], scale: Scale) -> Option<u64> {
    // Eighteen digits fit into 64 bits whatever they are.
    if text.len() > 19 {
        return long_nanos(text, scale);
    }
    let (mut value, mut digits, mut whole) = (0_u64, 0_usize, None);
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        } else if *byte == b'.' && whole.is_none() {
            whole = Some(digits);
        } else {
            return None;
        }
    }
    let fraction = digits - whole.unwrap_or(digits);
    let places = scale.0 as usize;
    if digits == 0 || digits > 18 || fraction > places {
        return long_nanos(text, scale);
    }
    let unit = POWERS.get(places - fraction)?;
    value.checked_mul(*unit)
}

/// Powers of ten up to the number of nanoseconds in a second.
const POWERS: [u64; 10] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

/// The same for any number of digits, rounded where there are more than nanoseconds.
#[cold]
fn long_nanos(text: &[u8], scale: Scale) -> Option<u64> {
    let mut value: u64 = 0;
    let mut bytes = text.iter();
    let mut digits = 0;
    let mut places = scale.0;
    for byte in bytes.by_ref() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            if *byte != b'.' {
                return None;
            }
            break;
        }
        digits += 1;
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    let mut half = None;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        digits += 1;
        if places > 0 {
            places -= 1;
            value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        } else if half.is_none() {
            half = Some(digit >= 5);
        }
    }
    if digits == 0 {
        return None;
    }
    let value = value.checked_mul(10_u64.checked_pow(places)?)?;
    value.checked_add(u64::from(half == Some(true)))
}

#[cold]
fn odd_nanos(text: &str, scale: Scale) -> Result<u64, Bad> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Bad::Empty);
    }
    if is_nothing(text) {
        return Err(Bad::Nan);
    }
    let Ok(number) = text.parse::<f64>() else {
        return Err(Bad::NotANumber);
    };
    if number.is_nan() {
        return Err(Bad::Nan);
    }
    // A number so large that it became infinite was written in digits.
    if number.is_infinite() && !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Bad::Infinite);
    }
    if number < 0.0 {
        return Err(Bad::Negative);
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    if let Some(value) = plain_nanos(unsigned.as_bytes(), scale) {
        return Ok(value);
    }
    let nanos = (number * 10_f64.powi(i32::try_from(scale.0).unwrap_or(0))).round();
    // 2^63: what a signed time can hold.
    if nanos >= 9_223_372_036_854_775_808.0 {
        return Err(Bad::TooLarge);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie in 0..2^63"
    )]
    let nanos = nanos as u64;
    Ok(nanos)
}

/// A count: digits, or another number such as `1e3` or `512.0`, rounded.
#[inline]
pub fn count(text: &str) -> Option<u64> {
    nanos(text, Scale::NANOS).ok()
}

/// A time since the epoch in that unit, in nanoseconds; `None` when it is no time between the years 1973 and 2262.
#[inline]
pub fn epoch(text: &str, scale: Scale) -> Option<i64> {
    let nanos = nanos(text, scale).ok()?;
    let time = i64::try_from(nanos).ok()?;
    (time >= 100_000_000_000_000_000).then_some(time)
}

/// A time of RFC 3339 in nanoseconds since the epoch, and whether it says its zone; without one it is read as UTC.
/// A blank may stand for the `T`, a comma for the dot.
pub fn rfc3339(text: &str) -> Option<(i64, bool)> {
    let bytes = text.as_bytes();
    let two = |at: usize| -> Option<i64> {
        let (a, b) = (*bytes.get(at)?, *bytes.get(at + 1)?);
        (a.is_ascii_digit() && b.is_ascii_digit())
            .then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    };
    let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let shape = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    let february = if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) {
        29
    } else {
        28
    };
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => february,
        1..=12 => 31,
        _ => return None,
    };
    // A second of 60 is a leap second.
    if !shape || !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut fraction: i64 = 0;
    if is(at, b".,") {
        at += 1;
        let start = at;
        let mut unit: i64 = 100_000_000;
        while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
            fraction += unit * i64::from(digit - b'0');
            unit /= 10;
            at += 1;
        }
        if at == start {
            return None;
        }
    }
    let rest = text.get(at..)?;
    let (offset, zoned) = match rest.as_bytes() {
        [] => (0, false),
        [b'Z' | b'z'] => (0, true),
        [sign @ (b'+' | b'-'), zone @ ..] => {
            let hours = two(at + 1)?;
            let minutes = match zone {
                [_, _, b':', _, _] => two(at + 4)?,
                [_, _, _, _] => two(at + 3)?,
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            (if *sign == b'-' { -seconds } else { seconds }, true)
        }
        _ => return None,
    };
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let time = (seconds - offset).checked_mul(1_000_000_000)?;
    Some((time.checked_add(fraction)?, zoned))
}

/// Days of the proleptic Gregorian calendar since 1970-01-01: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_keep_every_digit() {
        assert_eq!(nanos("12.345", Scale::MILLIS), Ok(12_345_000));
        assert_eq!(nanos("0.000000001", Scale::SECONDS), Ok(1));
        assert_eq!(nanos("12", Scale::MICROS), Ok(12_000));
        assert_eq!(nanos(".5", Scale::NANOS), Ok(1));
        assert_eq!(nanos("7.", Scale::NANOS), Ok(7));
        assert_eq!(nanos("1.2345674999", Scale::MILLIS), Ok(1_234_567));
        assert_eq!(nanos("1.2345675", Scale::MILLIS), Ok(1_234_568));
        assert_eq!(nanos("+3", Scale::MILLIS), Ok(3_000_000));
        assert_eq!(nanos(" 3 ", Scale::MILLIS), Ok(3_000_000));
        assert_eq!(nanos("1.5e2", Scale::MILLIS), Ok(150_000_000));
        assert_eq!(nanos("-0", Scale::MILLIS), Ok(0));
    }

    #[test]
    fn what_is_no_duration_says_why() {
        let of = |text: &str| nanos(text, Scale::MILLIS).unwrap_err();
        assert_eq!(of(""), Bad::Empty);
        for text in ["NaN", "nan", "-", "null", "-nan", "N/A"] {
            assert_eq!(of(text), Bad::Nan, "{text}");
        }
        assert_eq!(of("inf"), Bad::Infinite);
        assert_eq!(of("-5"), Bad::Negative);
        assert_eq!(of("-Infinity"), Bad::Infinite);
        for text in [
            "1e300",
            "1e999",
            "99999999999999999999",
            "18446744073709551615",
        ] {
            assert_eq!(of(text), Bad::TooLarge, "{text}");
        }
        for text in ["12ms", "1,5", "1 2", "0x10", ".", "1.2.3", "\u{663}"] {
            assert_eq!(of(text), Bad::NotANumber, "{text}");
        }
    }

    #[test]
    fn the_unit_of_an_epoch_follows_from_its_size() {
        for (text, scale) in [
            ("1795229242", Scale::SECONDS),
            ("1795229242.335", Scale::SECONDS),
            ("1795229242335", Scale::MILLIS),
            ("1795229242335000", Scale::MICROS),
            ("1795229242335000000", Scale::NANOS),
        ] {
            assert_eq!(Scale::of_epoch(text), Some(scale));
            let time = epoch(text, scale).unwrap();
            assert_eq!(time / 1_000_000_000, 1_795_229_242);
        }
        for text in ["", "12.5", "-1795229242", "0", "2026", "abc"] {
            assert_eq!(Scale::of_epoch(text), None, "{text}");
        }
        assert_eq!(epoch("1795229242", Scale::MILLIS), None);
        assert_eq!(epoch("1795229242335", Scale::SECONDS), None);
    }

    #[test]
    fn odd_dates_are_refused() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21",
            "2026-11-21T00:00:00.Z",
            "2026-11-21T00:00:00+1",
            "2026-11-21T00:00:00+99:00",
            "2026/11/21 00:00:00",
            "2026-11-21T00:00:0\u{e9}",
            "21:00",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
        let plain = rfc3339("2026-11-21 02:47:41,192");
        assert_eq!(plain, Some((1_795_229_261_192_000_000, false)));
        let zoned = rfc3339("2026-11-21T03:47:41.192+01:00");
        assert_eq!(zoned, Some((1_795_229_261_192_000_000, true)));
    }

    proptest! {
        #[test]
        fn times_agree_with_jiff(nanos in -62_000_000_000_000_000_i64..9_000_000_000_000_000_000, hours in -23..24_i64) {
            let time = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
            prop_assert_eq!(rfc3339(&time.to_string()), Some((nanos, true)));
            let offset = jiff::tz::Offset::from_seconds(i32::try_from(hours).unwrap() * 3600).unwrap();
            let text = time.display_with_offset(offset).to_string();
            prop_assert_eq!(rfc3339(&text), Some((nanos, true)), "{}", text);
        }

        #[test]
        fn decimals_agree_with_exact_arithmetic(whole in 0..10_000_000_u64, fraction in "[0-9]{0,9}") {
            let text = format!("{whole}.{fraction}");
            let padded = format!("{fraction:0<9}");
            let expected = whole * 1_000_000_000 + padded.parse::<u64>().unwrap();
            prop_assert_eq!(nanos(&text, Scale::SECONDS), Ok(expected));
        }
    }
}
