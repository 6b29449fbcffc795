//! The units that a map may name, and numbers that carry their own: `12.5 ms`.
//!
//! Units have names, never factors. A decimal unit shifts the decimal point of the text before it becomes a number, so
//! `1.001` s is 1001 ms and not 1000.9999999999999.

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// In milliseconds.
    Time,
    /// In bytes.
    Bytes,
    /// As a ratio.
    Share,
    /// Per second.
    Rate,
}

/// A unit: its size is `factor` times ten to the `shift` of the base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// As it is written.
    pub name: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    shift: i32,
    factor: f64,
}

const fn unit(name: &'static str, quantity: Quantity, shift: i32, factor: f64) -> Unit {
    Unit {
        name,
        quantity,
        shift,
        factor,
    }
}

const KIB: f64 = 1024.0;

/// Every unit.
pub static UNITS: &[Unit] = &[
    unit("ns", Quantity::Time, -6, 1.0),
    unit("us", Quantity::Time, -3, 1.0),
    unit("µs", Quantity::Time, -3, 1.0),
    unit("μs", Quantity::Time, -3, 1.0),
    unit("ms", Quantity::Time, 0, 1.0),
    unit("s", Quantity::Time, 3, 1.0),
    unit("min", Quantity::Time, 4, 6.0),
    unit("h", Quantity::Time, 5, 36.0),
    unit("B", Quantity::Bytes, 0, 1.0),
    unit("kB", Quantity::Bytes, 3, 1.0),
    unit("MB", Quantity::Bytes, 6, 1.0),
    unit("GB", Quantity::Bytes, 9, 1.0),
    unit("KiB", Quantity::Bytes, 0, KIB),
    unit("MiB", Quantity::Bytes, 0, KIB * KIB),
    unit("GiB", Quantity::Bytes, 0, KIB * KIB * KIB),
    unit("%", Quantity::Share, -2, 1.0),
    unit("ratio", Quantity::Share, 0, 1.0),
    unit("/s", Quantity::Rate, 0, 1.0),
    unit("/min", Quantity::Rate, 0, 1.0 / 60.0),
];

/// Endings of a member's name that say a unit.
const ENDINGS: [(&str, &str); 8] = [
    ("_ms", "ms"),
    ("_us", "us"),
    ("_ns", "ns"),
    ("_s", "s"),
    ("_seconds", "s"),
    ("_pct", "%"),
    ("_percent", "%"),
    ("_ratio", "ratio"),
];

impl Unit {
    /// The unit of that name.
    pub fn named(name: &str) -> Option<&'static Unit> {
        UNITS.iter().find(|unit| unit.name == name)
    }

    /// The unit of a quantity that a member's name ends in.
    pub fn of_name(name: &str, quantity: Quantity) -> Option<&'static Unit> {
        let ending = |(ending, unit): &(&str, &str)| {
            let unit = Unit::named(unit).filter(|unit| unit.quantity == quantity);
            name.ends_with(ending).then_some(unit).flatten()
        };
        ENDINGS.iter().find_map(ending)
    }

    /// The base unit of a quantity, which is what a bare number of it is in.
    pub fn base(quantity: Quantity) -> &'static Unit {
        const MS: Unit = unit("ms", Quantity::Time, 0, 1.0);
        UNITS
            .iter()
            .find(|unit| unit.quantity == quantity && unit.shift == 0 && is_one(unit.factor))
            .unwrap_or(&MS)
    }

    /// The names of all units of a quantity.
    pub fn names(quantity: Quantity) -> String {
        let names: Vec<&str> = UNITS
            .iter()
            .filter(|unit| unit.quantity == quantity && unit.name.is_ascii())
            .map(|unit| unit.name)
            .collect();
        names.join(" ")
    }

    /// A number of this unit in the base unit, shifted by `shift` more places.
    pub fn to_base(&self, number: f64, shift: i32) -> f64 {
        let places = self.shift + shift;
        let shifted = if places == 0 || !number.is_finite() {
            number
        } else {
            format!("{number}e{places}").parse().unwrap_or(f64::NAN)
        };
        if is_one(self.factor) {
            shifted
        } else {
            shifted * self.factor
        }
    }
}

fn is_one(factor: f64) -> bool {
    factor.to_bits() == 1.0_f64.to_bits()
}

/// A number as a text holds it, and the unit behind it if there is one.
///
/// Errors say what is wrong with the text.
pub fn number(text: &str) -> Result<(f64, Option<&'static Unit>), &'static str> {
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
    match (head.parse::<f64>(), Unit::named(tail)) {
        (Ok(number), Some(unit)) if number.is_finite() => Ok((number, Some(unit))),
        (Ok(_), None) => Err("a number with something behind it that is no unit"),
        _ => Err("not a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_shift_the_point_and_round_nothing() {
        for (number, name, wanted) in [
            (1847.38, "ns", 0.001_847_38),
            (1.001, "s", 1001.0),
            (12_034.0, "us", 12.034),
            (1.5, "min", 90_000.0),
            (2.0, "h", 7_200_000.0),
            (2.0, "MiB", 2_097_152.0),
            (0.7, "%", 0.007),
            (120.0, "/min", 2.0),
            (1e-300, "ns", 1e-306),
        ] {
            let base = Unit::named(name).unwrap().to_base(number, 0);
            assert_eq!(base.to_bits(), f64::to_bits(wanted), "{number} {name}");
        }
        assert!(
            Unit::named("ms")
                .unwrap()
                .to_base(f64::MAX, 9)
                .is_infinite()
        );
    }

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
        let of = |name| Unit::of_name(name, Quantity::Time).map(|unit| unit.name);
        assert_eq!(of("lat_us"), Some("us"));
        assert_eq!(of("took_seconds"), Some("s"));
        assert_eq!(of("status"), None);
        assert_eq!(of("errors_pct"), None);
        assert_eq!(Unit::base(Quantity::Bytes).name, "B");
        assert_eq!(Unit::base(Quantity::Rate).name, "/s");
    }
}
