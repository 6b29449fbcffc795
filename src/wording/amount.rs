//! How a value is written beside its limit: in the limit's own unit, so that nobody has to convert to compare them, and with
//! enough digits to stand on its own side of it.

use crate::model::{Unit, UnitKind, UnitName};
use crate::report::TargetResult;
use crate::text::number;

/// Below this much of the limit's unit a value has a unit of its own.
const LEAST: f64 = 0.001;

/// Significant digits in the limit's unit.
const DIGITS: usize = 3;

/// What no more digits than this tell apart is told by the margin alone.
const MOST_DIGITS: usize = 9;

/// The unit in which a limit is written.
struct Scale {
    /// In the base unit of the metric.
    size: f64,
    /// Behind the number.
    unit: String,
    /// Whether values elsewhere on the page are written in it.
    is_usual: bool,
}

impl TargetResult {
    /// A value of this target, in the unit in which its limit is written.
    pub fn amount(&self, value: f64) -> String {
        let usual = number::quantity(value, self.unit.unwrap_or(Unit::AsGiven).id());
        let Some(scale) = self.scale() else {
            return usual;
        };
        let own = value / scale.size;
        if !scale.is_usual && own.abs() < LEAST && value != 0.0 {
            return usual;
        }
        let with = |digits| format!("{}{}", number::significant(own, digits), scale.unit);
        let text = if scale.is_usual { usual } else { with(DIGITS) };
        // Rounded onto its limit or past it, a value would contradict its state.
        let margin = self.margin.filter(|_| self.value == Some(value));
        // A little less, for what doubles cannot hold.
        let margin = margin.map_or(0.0, f64::abs) / scale.size * (1.0 - 1e-9);
        let hides =
            |text: &String| number_of(text).is_some_and(|shown| (shown - own).abs() >= margin);
        if margin == 0.0 || !hides(&text) {
            return text;
        }
        let mut finer = (DIGITS..=MOST_DIGITS).map(with);
        finer.find(|text| !hides(text)).unwrap_or(text)
    }

    fn scale(&self) -> Option<Scale> {
        let unit = self.unit.unwrap_or(Unit::AsGiven);
        let limit = unit_of_limit(&self.expect);
        let kind = limit.map(|name| name.kind);
        let named = |base: f64| {
            let name = limit?;
            Some(Scale {
                size: name.to_base(1.0, 0) / base,
                unit: format!(" {}", name.name),
                is_usual: false,
            })
        };
        let usual = |size: f64, unit: &str| {
            Some(Scale {
                size,
                unit: unit.to_owned(),
                is_usual: true,
            })
        };
        match (unit, kind) {
            (Unit::Millis, Some(UnitKind::Time))
                if limit != Some(UnitName::base(UnitKind::Time)) =>
            {
                named(1.0)
            }
            (Unit::Millis, _) => usual(1.0, " ms"),
            (Unit::Seconds, Some(UnitKind::Time)) => named(1000.0),
            (Unit::Bytes | Unit::AsGiven, Some(UnitKind::Bytes))
            | (Unit::AsGiven, Some(UnitKind::Time)) => named(1.0),
            // Shares of a resource are kept in per cent, others as a ratio.
            (Unit::AsGiven, Some(UnitKind::Share)) if self.is_of_resource() => Some(Scale {
                size: 1.0,
                unit: " %".to_owned(),
                is_usual: false,
            }),
            (Unit::AsGiven, Some(UnitKind::Share)) => Some(Scale {
                size: 0.01,
                unit: " %".to_owned(),
                is_usual: false,
            }),
            (Unit::Ratio, Some(UnitKind::Share)) => usual(0.01, " %"),
            (Unit::Ratio, None) => Some(Scale {
                size: 1.0,
                unit: String::new(),
                is_usual: false,
            }),
            (Unit::PerSecond, _) => usual(1.0, "/s"),
            _ => None,
        }
    }

    fn is_of_resource(&self) -> bool {
        let metric = self.metric.as_deref();
        metric.is_some_and(|metric| metric.starts_with("resource:"))
    }

    /// How far a value is from the limit: shares in percentage points, else as [`TargetResult::amount`].
    pub fn difference(&self, value: f64) -> String {
        let is_bare = unit_of_limit(&self.expect).is_none();
        match self.unit {
            Some(Unit::Ratio) if !is_bare => number::difference(value, Unit::Ratio.id()),
            _ => self.amount(value),
        }
    }
}

/// The number in front of a text; none of `<0.01 %`.
fn number_of(text: &str) -> Option<f64> {
    let number = text.split([' ', '/']).next()?;
    number.replace(',', "").parse().ok()
}

/// The unit behind the last number of an expectation, its level apart.
fn unit_of_limit(expect: &str) -> Option<&'static UnitName> {
    let bound = expect.rsplit(['<', '>', '=', '≤', '≥']).next()?;
    let bound = bound.split(" up to ").next()?;
    let (_, unit) = bound.rsplit_once(|c: char| c.is_ascii_digit())?;
    UnitName::named(unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::TargetState;

    fn of(metric: &str, unit: Unit, expect: &str, value: f64) -> TargetResult {
        TargetResult {
            name: expect.to_owned(),
            run: String::new(),
            endpoint: None,
            level: None,
            metric: Some(metric.to_owned()),
            phase: None,
            expect: expect.to_owned(),
            value: Some(value),
            unit: Some(unit),
            interval: None,
            n: None,
            margin: None,
            state: TargetState::Pass,
            reason: None,
            optional: false,
            origin: String::new(),
        }
    }

    fn amount(metric: &str, unit: Unit, expect: &str, value: f64) -> String {
        of(metric, unit, expect, value).amount(value)
    }

    #[test]
    fn a_value_is_written_in_the_unit_of_its_limit() {
        let memory = "resource:api.memory.max";
        let gib = f64::from(1024_u32.pow(3));
        for (expect, wanted) in [
            ("resource:api.memory.max < 1GiB", "1.5 GiB"),
            ("resource:api.memory.max < 900 MiB", "1,536 MiB"),
            ("resource:api.memory.max in 1..2GB", "1.61 GB"),
            ("resource:api.memory.max < 1GiB up to 4", "1.5 GiB"),
            ("resource:api.memory.max < 1000000000", "1.61 GB"),
        ] {
            assert_eq!(amount(memory, Unit::Bytes, expect, 1.5 * gib), wanted);
        }
        let small = amount(memory, Unit::Bytes, "resource:api.memory.max < 1GiB", 6.0);
        assert_eq!(small, "6 B");
        let cpu = "resource:api.cpu.max < 50%";
        assert_eq!(
            amount("resource:api.cpu.max", Unit::AsGiven, cpu, 61.24),
            "61.2 %"
        );
        assert_eq!(
            amount("custom:ok", Unit::AsGiven, "custom:ok > 90%", 0.885),
            "88.5 %"
        );
        assert_eq!(amount("p95", Unit::Millis, "p95 < 2s", 1850.0), "1.85 s");
        assert_eq!(amount("p95", Unit::Millis, "p95 < 200 ms", 185.0), "185 ms");
        assert_eq!(
            amount("rate", Unit::PerSecond, "rate in 20..30/s", 25.0),
            "25/s"
        );
    }

    #[test]
    fn the_unit_of_a_limit_holds_for_values_far_from_it_too() {
        for (unit, expect, value, wanted) in [
            (Unit::Millis, "p95 < 5s", 186.8, "0.187 s"),
            (Unit::Millis, "p95 < 5s up to 40 users", 186.8, "0.187 s"),
            (Unit::Millis, "p95 < 5s", 12_345.0, "12.3 s"),
            (Unit::Millis, "p95 < 1min", 4210.0, "0.0702 min"),
            (Unit::Millis, "p95 < 500us", 1.24, "1,240 us"),
            (Unit::Millis, "p95 < 5000ms", 186.8, "186.8 ms"),
            (Unit::Seconds, "duration < 90s", 123.0, "123 s"),
            (Unit::Seconds, "duration < 5min", 123.0, "2.05 min"),
            (Unit::Ratio, "error_rate < 1%", 0.00384, "0.384 %"),
            (Unit::Ratio, "error_rate < 0.01", 0.00384, "0.00384"),
            (Unit::Ratio, "apdex > 0.9", 0.8712, "0.871"),
        ] {
            assert_eq!(amount("any", unit, expect, value), wanted, "{expect}");
        }
    }

    #[test]
    fn no_value_is_rounded_onto_its_limit() {
        for (unit, expect, value, margin, wanted) in [
            (Unit::Millis, "p95 < 200ms", 200.04, -0.04, "200.04 ms"),
            (Unit::Millis, "p95 < 0.2s", 200.04, -0.04, "0.20004 s"),
            (Unit::Millis, "p95 < 5s", 4999.6, 0.4, "4.9996 s"),
            (Unit::Millis, "p95 < 200ms", 200.0, 0.0, "200 ms"),
            (
                Unit::Ratio,
                "error_rate < 1%",
                0.010_02,
                -0.000_02,
                "1.002 %",
            ),
            (
                Unit::Ratio,
                "error_rate < 0.01",
                0.010_002,
                -0.000_002,
                "0.010002",
            ),
            (Unit::PerSecond, "rate > 25/s", 24.98, -0.02, "24.98/s"),
        ] {
            let mut result = of("any", unit, expect, value);
            result.margin = Some(margin);
            assert_eq!(result.amount(value), wanted, "{expect}");
        }
    }
}
