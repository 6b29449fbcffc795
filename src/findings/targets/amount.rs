//! How a value is written beside its limit: in the limit's own unit, so that nobody has to convert to compare them.

use crate::findings::report::TargetResult;
use crate::model::{Unit, UnitKind, UnitName};
use crate::text::number;

/// Below this much of the limit's unit the value has a unit of its own.
const LEAST: f64 = 0.01;

impl TargetResult {
    /// A value of this target, in the unit in which its limit is written.
    pub fn amount(&self, value: f64) -> String {
        let unit = self.unit.unwrap_or(Unit::AsGiven);
        let plain = || number::quantity(value, unit.id());
        let Some(name) = unit_of_limit(&self.expect) else {
            return plain();
        };
        let is_own = match (unit, name.kind) {
            (Unit::Millis, UnitKind::Time) => name != UnitName::base(UnitKind::Time),
            (Unit::Bytes | Unit::AsGiven, UnitKind::Bytes) | (Unit::AsGiven, UnitKind::Time) => {
                true
            }
            (Unit::AsGiven, UnitKind::Share) => return self.share(value),
            _ => false,
        };
        let own = name.of_base(value);
        if !is_own || (own.abs() < LEAST && value != 0.0) {
            return plain();
        }
        format!("{} {}", number::significant(own, 4), name.name)
    }

    /// How far a value is from the limit: shares in percentage points, else as [`TargetResult::amount`].
    pub fn difference(&self, value: f64) -> String {
        match self.unit {
            Some(Unit::Ratio) => number::difference(value, Unit::Ratio.id()),
            _ => self.amount(value),
        }
    }

    /// Shares of a resource are kept in per cent, others as a ratio.
    fn share(&self, value: f64) -> String {
        let metric = self.metric.as_deref().unwrap_or_default();
        if metric.starts_with("resource:") {
            format!("{} %", number::significant(value, 4))
        } else {
            number::percent(value)
        }
    }
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
    use crate::findings::report::TargetState;

    fn amount(metric: &str, unit: Unit, expect: &str, value: f64) -> String {
        let result = TargetResult {
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
        };
        result.amount(value)
    }

    #[test]
    fn a_value_is_written_in_the_unit_of_its_limit() {
        let memory = "resource:api.memory.max";
        let gib = f64::from(1024_u32.pow(3));
        for (expect, wanted) in [
            ("resource:api.memory.max < 1GiB", "1.5 GiB"),
            ("resource:api.memory.max < 900 MiB", "1,536 MiB"),
            ("resource:api.memory.max in 1..2GB", "1.611 GB"),
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
            "61.24 %"
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
}
