//! The units that people write: `ms`, `GiB`, `%`, `/min`. One table for expectations, maps and pages.
//!
//! Units have names, never factors of the user's. A decimal unit shifts the decimal point of the text before it becomes
//! a number, so `1.001` s is 1001 ms and not 1000.9999999999999.

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
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
pub struct UnitName {
    /// As it is written.
    pub name: &'static str,
    /// What it measures.
    pub kind: UnitKind,
    shift: i32,
    factor: f64,
}

const fn unit(name: &'static str, kind: UnitKind, shift: i32, factor: f64) -> UnitName {
    UnitName {
        name,
        kind,
        shift,
        factor,
    }
}

const KIB: f64 = 1024.0;

/// Every unit.
pub static UNIT_NAMES: &[UnitName] = &[
    unit("ns", UnitKind::Time, -6, 1.0),
    unit("us", UnitKind::Time, -3, 1.0),
    unit("µs", UnitKind::Time, -3, 1.0),
    unit("μs", UnitKind::Time, -3, 1.0),
    unit("ms", UnitKind::Time, 0, 1.0),
    unit("s", UnitKind::Time, 3, 1.0),
    unit("min", UnitKind::Time, 4, 6.0),
    unit("h", UnitKind::Time, 5, 36.0),
    unit("B", UnitKind::Bytes, 0, 1.0),
    unit("kB", UnitKind::Bytes, 3, 1.0),
    unit("MB", UnitKind::Bytes, 6, 1.0),
    unit("GB", UnitKind::Bytes, 9, 1.0),
    unit("KiB", UnitKind::Bytes, 0, KIB),
    unit("MiB", UnitKind::Bytes, 0, KIB * KIB),
    unit("GiB", UnitKind::Bytes, 0, KIB * KIB * KIB),
    unit("%", UnitKind::Share, -2, 1.0),
    unit("ratio", UnitKind::Share, 0, 1.0),
    unit("/s", UnitKind::Rate, 0, 1.0),
    unit("/min", UnitKind::Rate, 0, 1.0 / 60.0),
];

/// Endings of a name that say a unit.
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

impl UnitName {
    /// The unit of that name.
    ///
    /// ```
    /// use knee::model::UnitName;
    /// let gib = UnitName::named("GiB").unwrap();
    /// assert_eq!(gib.to_base(2.0, 0), 2_147_483_648.0);
    /// assert_eq!(gib.of_base(1_610_612_736.0), 1.5);
    /// ```
    pub fn named(name: &str) -> Option<&'static UnitName> {
        UNIT_NAMES.iter().find(|unit| unit.name == name)
    }

    /// The unit that a name ends in: `took_ms`, `total (ms)`.
    ///
    /// ```
    /// use knee::model::UnitName;
    /// assert_eq!(UnitName::of_name("db.write_ms").map(|unit| unit.name), Some("ms"));
    /// assert_eq!(UnitName::of_name("heap (MiB)").map(|unit| unit.name), Some("MiB"));
    /// assert_eq!(UnitName::of_name("items"), None);
    /// ```
    pub fn of_name(name: &str) -> Option<&'static UnitName> {
        let inside = name
            .strip_suffix(')')
            .and_then(|rest| rest.rsplit_once('('))
            .and_then(|(_, inside)| UnitName::named(inside));
        inside.or_else(|| {
            let (_, unit) = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending))?;
            UnitName::named(unit)
        })
    }

    /// The base unit of a kind, which is what a bare number of it is in.
    pub fn base(kind: UnitKind) -> &'static UnitName {
        const MS: UnitName = unit("ms", UnitKind::Time, 0, 1.0);
        UNIT_NAMES
            .iter()
            .find(|unit| unit.kind == kind && unit.shift == 0 && is_one(unit.factor))
            .unwrap_or(&MS)
    }

    /// The names of all units of a kind.
    pub fn names(kind: UnitKind) -> String {
        let names: Vec<&str> = UNIT_NAMES
            .iter()
            .filter(|unit| unit.kind == kind && unit.name.is_ascii())
            .map(|unit| unit.name)
            .collect();
        names.join(" ")
    }

    /// A number of this unit in the base unit, shifted by `shift` more places.
    pub fn to_base(&self, number: f64, shift: i32) -> f64 {
        let is_as_it_is = self.shift + shift == 0 || !number.is_finite();
        if is_as_it_is {
            return self.scaled(number);
        }
        self.text_to_base(&number.to_string(), shift)
    }

    /// The same of digits as they were written, with the exponent behind them.
    pub fn text_to_base(&self, digits: &str, exponent: i32) -> f64 {
        let places = exponent.saturating_add(self.shift);
        self.scaled(format!("{digits}e{places}").parse().unwrap_or(f64::NAN))
    }

    /// A value of the base unit in this one.
    pub fn of_base(&self, value: f64) -> f64 {
        value / self.to_base(1.0, 0)
    }

    fn scaled(&self, number: f64) -> f64 {
        if is_one(self.factor) {
            number
        } else {
            number * self.factor
        }
    }
}

fn is_one(factor: f64) -> bool {
    factor.to_bits() == 1.0_f64.to_bits()
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
            let base = UnitName::named(name).unwrap().to_base(number, 0);
            assert_eq!(base.to_bits(), f64::to_bits(wanted), "{number} {name}");
        }
        let ms = UnitName::named("ms").unwrap();
        assert!(ms.to_base(f64::MAX, 9).is_infinite());
    }

    #[test]
    fn every_kind_has_a_base_unit_of_one() {
        for (kind, name) in [
            (UnitKind::Time, "ms"),
            (UnitKind::Bytes, "B"),
            (UnitKind::Share, "ratio"),
            (UnitKind::Rate, "/s"),
        ] {
            assert_eq!(UnitName::base(kind).name, name);
        }
    }
}
