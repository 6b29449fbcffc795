//! Scales and ticks: where a value stands on an axis, and which values are written beside it.
//!
//! Latencies on a logarithmic axis are ticked 1-2-5; a zero has no logarithm and stands on the axis' foot. Every
//! value is accepted: what lies outside a scale is held at its edge.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};

use crate::text::number;

/// Milliseconds below this are drawn as this: a nanosecond.
const SMALLEST_MS: f64 = 1e-6;

/// And above this as this, which keeps every sum of an axis finite.
const LARGEST: f64 = 1e15;

/// From data to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    lo: f64,
    hi: f64,
    log: bool,
}

impl Scale {
    /// Even steps.
    pub(super) fn linear(lo: f64, hi: f64) -> Scale {
        Scale { lo, hi, log: false }
    }

    /// Even factors; both ends are positive.
    pub(super) fn log(lo: f64, hi: f64) -> Scale {
        Scale { lo, hi, log: true }
    }

    /// The lower end.
    pub(super) fn lo(&self) -> f64 {
        self.lo
    }

    /// The upper end.
    pub(super) fn hi(&self) -> f64 {
        self.hi
    }

    /// Where a value lies between the ends, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        let place = |v: f64| {
            if self.log {
                v.max(f64::MIN_POSITIVE).log10()
            } else {
                v
            }
        };
        let (lo, hi) = (place(self.lo), place(self.hi));
        let share = (place(value) - lo) / (hi - lo);
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "between the two limits")]
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let (from, to) = (f64::from(limit.0), f64::from(limit.1));
        (from + self.share(*value) * (to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        vec![self.lo, self.hi]
    }

    fn range(&self) -> Range<f64> {
        self.lo..self.hi
    }
}

/// A scale with what is written beside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    /// The scale.
    pub(super) scale: Scale,
    /// Values and their labels, rising.
    pub(super) ticks: Vec<(f64, String)>,
}

/// An axis of milliseconds that holds the values. Logarithmic if asked for and if there are positive values.
pub(super) fn latency(values: impl Iterator<Item = f64>, log: bool) -> Axis {
    let values: Vec<f64> = values.filter(|v| v.is_finite() && *v >= 0.0).collect();
    let most = values.iter().copied().fold(0.0, f64::max).min(LARGEST);
    let least = values
        .iter()
        .copied()
        .filter(|v| *v > 0.0)
        .fold(f64::INFINITY, f64::min);
    if !log || !least.is_finite() {
        return linear(most, 4, milliseconds);
    }
    let zeros = values.contains(&0.0);
    let least = least.clamp(SMALLEST_MS, LARGEST);
    let mut lo = one_two_five_below(least);
    let mut hi = one_two_five_above(most.max(least));
    if hi / lo < 9.0 {
        lo = one_two_five_below(lo * 0.99);
        hi = one_two_five_above(hi * 1.01);
    }
    let mut ticks = one_two_five(lo, hi, 12);
    if zeros {
        lo = one_two_five_below(lo * 0.6);
        ticks.insert(0, lo);
    }
    let mut ticks: Vec<(f64, String)> = ticks.into_iter().map(|v| (v, milliseconds(v))).collect();
    if zeros && let Some(foot) = ticks.first_mut() {
        "0".clone_into(&mut foot.1);
    }
    Axis {
        scale: Scale::log(lo, hi),
        ticks,
    }
}

/// An axis from zero to a round value that holds `most`, with about `parts` steps.
pub(super) fn linear(most: f64, parts: u32, label: fn(f64) -> String) -> Axis {
    let most = if most.is_finite() && most > 0.0 {
        most.clamp(SMALLEST_MS, LARGEST)
    } else {
        1.0
    };
    let step = round_step(most / f64::from(parts.max(1)));
    let steps = (most / step - 1e-9).ceil().clamp(1.0, 20.0);
    let mut ticks = Vec::new();
    let mut index = 0.0;
    while index <= steps {
        let value = index * step;
        ticks.push((value, label(value)));
        index += 1.0;
    }
    Axis {
        scale: Scale::linear(0.0, step * steps),
        ticks,
    }
}

/// An axis of seconds from the start of a run to its end.
pub(super) fn time(end: f64) -> Axis {
    let end = if end.is_finite() && end > 0.0 {
        end.clamp(SMALLEST_MS, LARGEST)
    } else {
        1.0
    };
    let (step, unit, name) = time_step(end);
    let mut ticks = Vec::new();
    let mut index = 0.0;
    while index * step <= end * (1.0 + 1e-9) && index < 20.0 {
        let value = index * step;
        let text = if index == 0.0 {
            "0".to_owned()
        } else {
            format!("{} {name}", number::decimal(value / unit, 6))
        };
        ticks.push((value, text));
        index += 1.0;
    }
    Axis {
        scale: Scale::linear(0.0, end),
        ticks,
    }
}

/// The step between ticks of an axis of so many seconds, and the unit that they are written in.
fn time_step(end: f64) -> (f64, f64, &'static str) {
    let steps = [
        1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
        10_800.0, 21_600.0, 43_200.0,
    ];
    let wanted = end / 8.0;
    let step = if wanted <= 0.5 {
        round_step(wanted)
    } else {
        let fits = steps.into_iter().find(|step| *step >= wanted);
        fits.unwrap_or_else(|| round_step(wanted / 86_400.0) * 86_400.0)
    };
    let (unit, name) = match step {
        step if step >= 3600.0 => (3600.0, "h"),
        step if step >= 60.0 => (60.0, "min"),
        _ => (1.0, "s"),
    };
    (step, unit, name)
}

/// An axis of seconds that may begin before the start of a run.
pub(super) fn time_between(from: f64, to: f64) -> Axis {
    let from = if from.is_finite() {
        from.clamp(-LARGEST, 0.0)
    } else {
        0.0
    };
    let to = if to.is_finite() && to > from {
        to.clamp(from + SMALLEST_MS, LARGEST)
    } else {
        from + 1.0
    };
    let (step, unit, name) = time_step(to - from);
    let mut ticks = Vec::new();
    let mut index = (from / step).ceil();
    let last = index + 20.0;
    while index * step <= to && index < last {
        let value = index * step;
        let text = if value.abs() <= 0.0 {
            "0".to_owned()
        } else {
            format!("{} {name}", number::decimal(value / unit, 6))
        };
        ticks.push((value, text));
        index += 1.0;
    }
    Axis {
        scale: Scale::linear(from, to),
        ticks,
    }
}

/// A tick of milliseconds: `20 ms`, `1.5 s`.
pub(super) fn milliseconds(value: f64) -> String {
    match value {
        value if value <= 0.0 => "0".to_owned(),
        value if value >= 1000.0 => format!("{} s", number::decimal(value / 1000.0, 3)),
        value => format!("{} ms", number::decimal(value, 6)),
    }
}

/// A tick without a unit.
pub(super) fn bare(value: f64) -> String {
    number::decimal(value, 6)
}

/// The smallest of 1, 2, 5 times a power of ten that is not below the value.
fn round_step(value: f64) -> f64 {
    one_two_five_above(value.max(1e-9))
}

fn decades(lo: f64, hi: f64) -> impl Iterator<Item = (f64, f64)> {
    let first = (lo.log10().floor() - 1.0).clamp(-300.0, 300.0);
    let last = (hi.log10().ceil() + 1.0).clamp(first, 300.0);
    let mut exponent = first;
    std::iter::from_fn(move || {
        (exponent <= last).then(|| {
            let decade = 10f64.powf(exponent);
            exponent += 1.0;
            decade
        })
    })
    .flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| (digit, digit * decade)))
}

fn one_two_five_above(value: f64) -> f64 {
    let mut candidates = decades(value, value).map(|(_, candidate)| candidate);
    candidates
        .find(|candidate| *candidate >= value * (1.0 - 1e-9))
        .unwrap_or(value)
}

fn one_two_five_below(value: f64) -> f64 {
    let candidates = decades(value, value).map(|(_, candidate)| candidate);
    candidates
        .filter(|candidate| *candidate <= value * (1.0 + 1e-9))
        .last()
        .unwrap_or(value)
}

/// Round values between both ends: 1-2-5, or powers of ten, or every n-th power, until at most `most` are left.
fn one_two_five(lo: f64, hi: f64, most: usize) -> Vec<f64> {
    let inside = |value: f64| value >= lo * (1.0 - 1e-9) && value <= hi * (1.0 + 1e-9);
    let all: Vec<(f64, f64)> = decades(lo, hi).filter(|(_, v)| inside(*v)).collect();
    if all.len() <= most {
        return all.into_iter().map(|(_, value)| value).collect();
    }
    let powers = all.iter().filter(|(digit, _)| *digit < 1.5);
    let powers: Vec<f64> = powers.map(|(_, value)| *value).collect();
    let every = powers.len().div_ceil(most);
    powers.into_iter().step_by(every).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn latencies_are_ticked_one_two_five_with_units() {
        let axis = latency([12.0, 900.0].into_iter(), true);
        assert_eq!(
            labels(&axis),
            [
                "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s"
            ]
        );
        let axis = latency([1.0, 60_000.0].into_iter(), true);
        assert_eq!(
            labels(&axis),
            ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"],
            "powers of ten when there are many"
        );
        assert_eq!((axis.scale.lo(), axis.scale.hi()), (1.0, 100_000.0));
    }

    #[test]
    fn even_axes_start_at_zero_and_end_round() {
        let axis = latency([84.0, 160.0].into_iter(), false);
        assert_eq!(labels(&axis), ["0", "50 ms", "100 ms", "150 ms", "200 ms"]);
        assert_eq!(labels(&linear(0.0, 2, bare)), ["0", "0.5", "1"]);
        assert_eq!(labels(&linear(8.0, 2, bare)), ["0", "5", "10"]);
    }

    #[test]
    fn a_zero_stands_on_the_foot_of_a_logarithmic_axis() {
        let axis = latency([0.0, 3.0, 700.0].into_iter(), true);
        assert_eq!(labels(&axis).first(), Some(&"0"));
        assert!(axis.scale.share(0.0) < 1e-9);
        assert!(axis.scale.share(3.0) > 0.05);
    }

    #[test]
    fn times_are_ticked_as_clocks_are() {
        assert_eq!(
            labels(&time(60.0)),
            ["0", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]
        );
        assert_eq!(
            labels(&time(3600.0)),
            [
                "0", "10 min", "20 min", "30 min", "40 min", "50 min", "60 min"
            ]
        );
        assert_eq!(labels(&time(3.0)).last(), Some(&"3 s"));
        assert!(labels(&time(86_400.0 * 30.0)).len() <= 10);
    }

    #[test]
    fn odd_ranges_give_finite_axes() {
        let odd = [
            0.0,
            -1.0,
            1e-300,
            1e-9,
            5.0,
            1e300,
            f64::NAN,
            f64::INFINITY,
            f64::MAX,
        ];
        for one in odd {
            for other in odd {
                for log in [false, true] {
                    let axis = latency([one, other].into_iter(), log);
                    assert!(axis.scale.lo() < axis.scale.hi(), "{one} {other}");
                    assert!(!axis.ticks.is_empty() && axis.ticks.len() < 22);
                    for value in odd {
                        assert!((0.0..=1.0).contains(&axis.scale.share(value)));
                        assert!((10..=90).contains(&axis.scale.map(&value, (90, 10))));
                    }
                }
            }
            assert!(time(one).ticks.len() <= 20);
        }
    }
}
