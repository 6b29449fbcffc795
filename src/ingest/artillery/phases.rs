//! Declared phases as Artillery writes them, in a script or in a file of 1.x, and what they say about the load.
//!
//! A value that is a template (`{{ rate }}`) or otherwise no figure is unknown and counted; it is no mistake.

use serde::{Deserialize, Deserializer};

use crate::ingest::json::{self, Fill, Refused, Token};
use crate::model::{PerSecond, Phase, Seconds};

/// One element of `phases`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[serde(expecting = "a phase with `duration` and `arrivalRate`")]
pub(super) struct PhaseIn {
    pub(super) name: Text,
    pub(super) duration: Value,
    #[serde(rename = "arrivalRate")]
    pub(super) rate: Value,
    pub(super) ramp_to: Value,
    #[serde(rename = "arrivalCount")]
    pub(super) count: Value,
    pub(super) pause: Value,
    #[serde(rename = "maxVusers")]
    pub(super) max_users: Value,
}

/// A figure of a phase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Value {
    /// Not written.
    #[default]
    Absent,
    /// Written, and no figure.
    Unresolved,
    /// A count, a rate or seconds.
    Known(f64),
}

impl Value {
    fn known(self) -> Option<f64> {
        match self {
            Value::Known(value) => Some(value),
            Value::Absent | Value::Unresolved => None,
        }
    }

    /// A text as the tool takes it: a number of seconds, or one with a unit.
    pub(super) fn of_text(text: &str) -> Value {
        let text = text.trim();
        let at = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(at).unwrap_or((text, ""));
        let scale = match unit.trim() {
            "ms" | "msec" | "millisecond" | "milliseconds" => 0.001,
            "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            _ => return Value::Unresolved,
        };
        let number = number.parse::<f64>().ok().filter(|x| x.is_finite());
        number.map_or(Value::Unresolved, |number| Value::Known(number * scale))
    }
}

/// The phases one after another from `start`, in seconds of the run. Also how many figures are unknown.
///
/// A phase without a length ends the list: nobody knows when the next one begins.
pub(super) fn placed(phases: &[PhaseIn], start: Seconds) -> (Vec<Phase>, u64) {
    let mut at = start.0;
    let mut all = Vec::new();
    let mut unresolved = 0_u64;
    for phase in phases {
        for value in [
            phase.duration,
            phase.rate,
            phase.ramp_to,
            phase.count,
            phase.pause,
            phase.max_users,
        ] {
            unresolved += u64::from(value == Value::Unresolved);
        }
        let pause = phase.pause != Value::Absent;
        let length = if pause { phase.pause } else { phase.duration };
        let Some(length) = length.known().filter(|length| *length >= 0.0) else {
            unresolved += u64::from(length == Value::Absent);
            break;
        };
        let (from, to) = if pause {
            (Some(0.0), Some(0.0))
        } else {
            rates(phase, length)
        };
        all.push(Phase {
            name: phase.name.0.clone(),
            start: Seconds(at),
            duration: Seconds(length),
            users_from: None,
            users_to: None,
            rate_from: from.map(PerSecond),
            rate_to: to.map(PerSecond),
        });
        at += length;
    }
    (all, unresolved)
}

/// Seconds from the start of the phases to the first arrival, where they say it: pauses, and then the time between two
/// arrivals, because the tool waits once before the first (`arrivals` in its `core/lib/phases.js`).
///
/// Without `waits` the pauses alone.
pub(super) fn first_arrival(phases: &[PhaseIn], waits: bool) -> f64 {
    let mut at = 0.0;
    for phase in phases {
        let pause = phase.pause.known().filter(|_| phase.pause != Value::Absent);
        let Some(length) = pause.or(phase.duration.known()) else {
            break;
        };
        let (from, to) = rates(phase, length);
        if pause.is_some() || from == Some(0.0) && to == Some(0.0) {
            at += length;
            continue;
        }
        // A ramp from nothing has its first arrival at some time that its workers decide.
        let between = from
            .filter(|rate| waits && *rate > 0.0)
            .map(|rate| 1.0 / rate);
        at += between.filter(|between| *between <= length).unwrap_or(0.0);
        break;
    }
    at
}

fn rates(phase: &PhaseIn, length: f64) -> (Option<f64>, Option<f64>) {
    if let Some(count) = phase.count.known() {
        let rate = (length > 0.0).then(|| count / length);
        return (rate, rate);
    }
    match phase.ramp_to {
        Value::Absent => (phase.rate.known(), phase.rate.known()),
        ramp => {
            let from = match phase.rate {
                // The tool ramps from nothing when only `rampTo` is written.
                Value::Absent => Some(0.0),
                rate => rate.known(),
            };
            (from, ramp.known())
        }
    }
}

/// A text; anything else that can be a name is written out, and what cannot is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        json::filled(deserializer)
    }
}

impl Fill<'_> for &mut Text {
    const EXPECTED: &'static str = "a name";

    fn token(self, token: Token) -> Result<(), Refused> {
        self.0 = token.words();
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        json::filled(deserializer)
    }
}

impl Fill<'_> for &mut Value {
    const EXPECTED: &'static str = "a number, or a text such as \"2m\"";

    fn token(self, token: Token) -> Result<(), Refused> {
        *self = match token {
            Token::Null => Value::Absent,
            Token::Whole(n) => Value::Known(n as f64),
            Token::Float(x) if x.is_finite() && x >= 0.0 => Value::Known(x),
            Token::Text(text) => Value::of_text(text),
            // A negative number, a list, a template without its quotes.
            _ => Value::Unresolved,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(text: &str) -> (Vec<Phase>, u64) {
        let list: Vec<PhaseIn> = serde_json::from_str(text).unwrap();
        placed(&list, Seconds(0.0))
    }

    fn seen(phase: &Phase) -> (f64, f64, Option<f64>, Option<f64>) {
        let rate = |rate: Option<PerSecond>| rate.map(|rate| rate.0);
        (
            phase.start.0,
            phase.duration.0,
            rate(phase.rate_from),
            rate(phase.rate_to),
        )
    }

    #[test]
    fn rates_ramps_counts_and_pauses_follow_one_another() {
        let (all, unresolved) = phases(
            r#"[{"duration": "1m", "arrivalRate": 5, "name": "warm"}, {"duration": 30, "arrivalRate": 5, "rampTo": "50"},
                {"pause": 10}, {"duration": 20, "arrivalCount": 100}, {"duration": 10, "rampTo": 4}]"#,
        );
        let all: Vec<_> = all.iter().map(seen).collect();
        assert_eq!(
            all,
            [
                (0.0, 60.0, Some(5.0), Some(5.0)),
                (60.0, 30.0, Some(5.0), Some(50.0)),
                (90.0, 10.0, Some(0.0), Some(0.0)),
                (100.0, 20.0, Some(5.0), Some(5.0)),
                (120.0, 10.0, Some(0.0), Some(4.0)),
            ]
        );
        assert_eq!(unresolved, 0);
    }

    #[test]
    fn what_is_a_template_is_unknown_and_counted() {
        let (all, unresolved) = phases(
            r#"[{"duration": 10, "arrivalRate": "{{ rate }}", "name": 3}, {"duration": "{{ long }}", "arrivalRate": 1}, {"duration": 5, "arrivalRate": 1}]"#,
        );
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].name.as_deref(), Some("3"));
        assert_eq!(seen(&all[0]), (0.0, 10.0, None, None));
        assert_eq!(unresolved, 2);
    }

    #[test]
    fn durations_have_units() {
        for (text, wanted) in [
            ("90", 90.0),
            ("2m", 120.0),
            ("1.5 h", 5400.0),
            ("500ms", 0.5),
            ("10 sec", 10.0),
        ] {
            assert_eq!(Value::of_text(text), Value::Known(wanted), "{text}");
        }
        for text in ["", "m", "2x", "-1", "1.2.3s", "{{ d }}"] {
            assert_eq!(Value::of_text(text), Value::Unresolved, "{text}");
        }
    }
}
