//! What the first rows of a table show about its columns: which count from the start of the run, and what a latency is in.
//!
//! Positive evidence only. A unit is known where the end less the start of every request is its latency, where the gaps between
//! requests that are made one after another grow with it, where a part of the latency has a unit, or where whole numbers
//! are too large to be seconds. Units are a thousand apart, so that what fits one fits no other.

use crate::ingest::log::scalar::Scale;

/// Rows that are looked at.
pub(super) const MOST_ROWS: usize = 1000;

/// Fewer rows show nothing.
const LEAST_ROWS: usize = 20;

/// Units and how many of them a second has.
const UNITS: [(Scale, f64); 4] = [
    (Scale::SECONDS, 1.0),
    (Scale::MILLIS, 1e3),
    (Scale::MICROS, 1e6),
    (Scale::NANOS, 1e9),
];

/// How a message calls a unit.
pub(super) fn name_of(scale: Scale) -> &'static str {
    match scale {
        Scale::SECONDS => "seconds",
        Scale::MICROS => "microseconds",
        Scale::NANOS => "nanoseconds",
        _ => "milliseconds",
    }
}

/// A column of numbers; `None` = the cell is none.
pub(super) type Column = Vec<Option<f64>>;

/// Rows in which both columns have a number.
fn pairs(a: &[Option<f64>], b: &[Option<f64>]) -> Vec<(f64, f64)> {
    let both = a.iter().zip(b).filter_map(|(a, b)| (*a).zip(*b));
    both.collect()
}

fn range(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min)
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Whether the values grow with the times one to one, in whatever unit: they count from the start of the run.
pub(super) fn counts_from_the_start(values: &[Option<f64>], times: &[Option<f64>]) -> bool {
    let pairs = pairs(values, times);
    let span = range(pairs.iter().map(|(_, time)| *time));
    pairs.len() >= LEAST_ROWS / 2
        && span > 0.0
        && UNITS.iter().any(|(_, per_second)| {
            let rest = pairs.iter().map(|(value, time)| value / per_second - time);
            range(rest) <= 0.02 * span
        })
}

/// Whether the values never fall: times of rows in order do so, latencies by chance do not.
pub(super) fn never_falls(values: &[Option<f64>]) -> bool {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let rises = known.is_sorted();
    rises && known.len() >= LEAST_ROWS / 2 && known.first() < known.last()
}

/// The other columns of the table that can show a unit.
pub(super) struct Beside {
    /// When requests start (or end), in seconds.
    pub(super) times: Option<Column>,
    /// When requests end, in seconds.
    pub(super) ends: Option<Column>,
    /// Another latency, in seconds: a part of this one.
    pub(super) part: Option<Column>,
}

/// The unit that the rows leave no doubt of, and what shows it.
pub(super) fn unit(values: &[Option<f64>], beside: &Beside) -> Option<(Scale, &'static str)> {
    let times = beside.times.as_deref();
    let by_ends = || {
        let (starts, ends) = (times?, beside.ends.as_deref()?);
        let spans: Column = starts
            .iter()
            .zip(ends)
            .map(|(start, end)| Some((*end)? - (*start)?))
            .collect();
        by_spans(values, &spans)
    };
    let by_part = || by_part(values, beside.part.as_deref()?);
    let by_gaps = || by_gaps(values, times?);
    let by_size = || by_size(values, times?);
    let found = |scale: Option<Scale>, why| scale.map(|scale| (scale, why));
    found(by_ends(), "the time from start to end says")
        .or_else(|| found(by_part(), "the other column of latencies says"))
        .or_else(|| found(by_gaps(), "the gaps between requests say"))
        .or_else(|| found(by_size(), "whole numbers of that size say"))
}

/// End less start is the latency.
fn by_spans(values: &[Option<f64>], spans: &[Option<f64>]) -> Option<Scale> {
    let pairs = pairs(values, spans);
    let is_long = middle(pairs.iter().map(|(_, span)| *span).collect()) > 0.005;
    let fits = |per_second: f64| {
        let close = |(value, span): &&(f64, f64)| {
            (value / per_second - span).abs() <= f64::max(0.002, 0.02 * span)
        };
        pairs.iter().filter(close).count() * 100 >= pairs.len() * 98
    };
    let mut units = UNITS.iter().filter(|(_, per_second)| fits(*per_second));
    let found = units
        .next()
        .filter(|_| is_long && pairs.len() >= LEAST_ROWS / 2)?;
    units.next().is_none().then_some(found.0)
}

/// The whole is never less than its part, and not a thousand times as much.
fn by_part(values: &[Option<f64>], part: &[Option<f64>]) -> Option<Scale> {
    let pairs = pairs(values, part);
    let fits = |per_second: f64| {
        let ratios = pairs.iter().map(|(value, part)| value / per_second / part);
        let ratios: Vec<f64> = ratios.filter(|ratio| ratio.is_finite()).collect();
        let enough = ratios.len() >= LEAST_ROWS;
        enough && ratios.iter().all(|ratio| *ratio >= 0.98) && middle(ratios) < 30.0
    };
    let found = UNITS.iter().find(|(_, per_second)| fits(*per_second))?;
    Some(found.0)
}

/// Where one request is made after another, the gap from start to start (or from end to end) is the latency and a pause that does
/// not depend on it.
fn by_gaps(values: &[Option<f64>], times: &[Option<f64>]) -> Option<Scale> {
    let gaps: Column = times
        .windows(2)
        .map(|pair| match pair {
            [Some(before), Some(after)] => Some(after - before),
            _ => None,
        })
        .collect();
    let later = values.get(1..).unwrap_or_default();
    let slope = slope_of(&pairs(values, &gaps)).or_else(|| slope_of(&pairs(later, &gaps)))?;
    let fits = |per_second: f64| (0.9..=1.1).contains(&(slope * per_second));
    let found = UNITS.iter().find(|(_, per_second)| fits(*per_second))?;
    Some(found.0)
}

/// The slope of the second over the first, where the first explains all but a tenth of it.
fn slope_of(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(a, b)| of(a - x, b - y)).sum::<f64>();
    let (xx, yy, xy) = (sum(&|a, _| a * a), sum(&|_, b| b * b), sum(&|a, b| a * b));
    let is_close = xy > 0.0 && xy * xy >= 0.9 * xx * yy;
    (pairs.len() >= LEAST_ROWS && is_close).then(|| xy / xx)
}

/// Whole numbers of usual milliseconds that cannot be seconds: then more than half of all requests would be under way all the
/// time. So are whole numbers nanoseconds that cannot be any longer unit. Nobody writes whole microseconds of less than 5 ms, and a latency of 10 to 5,000 ns is none.
fn by_size(values: &[Option<f64>], times: &[Option<f64>]) -> Option<Scale> {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let n = known.len();
    let span = range(times.iter().copied().flatten());
    let are_whole = known.iter().all(|value| value.fract() == 0.0);
    let mean = known.iter().sum::<f64>() / n as f64;
    let is_usual = (10.0..=5000.0).contains(&middle(known));
    let is_too_long = |mean: f64| mean > span / 2.0 && span > 0.0;
    let enough = n >= LEAST_ROWS && are_whole;
    if enough && is_usual && is_too_long(mean) {
        return Some(Scale::MILLIS);
    }
    // Too long even in microseconds.
    (enough && is_too_long(mean / 1e6)).then_some(Scale::NANOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Latencies in seconds that look like chance, 60 to 180 ms.
    fn latencies(n: u32) -> Vec<f64> {
        let all = (0..n).map(|k| 0.06 + f64::from(k * k * 7919 % 1213) / 1e4);
        all.collect()
    }

    fn column(values: impl IntoIterator<Item = f64>) -> Column {
        values.into_iter().map(Some).collect()
    }

    fn beside(times: Column) -> Beside {
        Beside {
            times: Some(times),
            ends: None,
            part: None,
        }
    }

    #[test]
    fn values_that_grow_with_the_times_count_from_the_start() {
        let times: Vec<f64> = (0..50_u32).map(|k| 1.7e9 + 0.3 * f64::from(k)).collect();
        for (_, per_second) in UNITS {
            let offsets = column(times.iter().map(|time| (time - 1.7e9 + 4.0) * per_second));
            assert!(counts_from_the_start(&offsets, &column(times.clone())));
            let latencies = column(latencies(50).iter().map(|value| value * per_second));
            assert!(!counts_from_the_start(&latencies, &column(times.clone())));
            assert!(never_falls(&offsets) && !never_falls(&latencies));
        }
        assert!(!never_falls(&column([5.0; 50])));
    }

    #[test]
    fn a_unit_is_shown_by_ends_parts_and_gaps_and_by_no_pace() {
        let found = latencies(200);
        for (scale, per_second) in UNITS {
            let values = column(found.iter().map(|value| value * per_second));
            let paced: Column = (0..200_u32).map(|k| Some(1.7e9 + f64::from(k))).collect();
            // Requests that a clock starts show nothing, whatever the latency.
            assert_eq!(by_gaps(&values, &paced), None);
            let ends = paced
                .iter()
                .zip(&found)
                .map(|(time, value)| Some((*time)? + value));
            let mut all = beside(paced.clone());
            all.ends = Some(ends.collect());
            assert_eq!(unit(&values, &all).map(|found| found.0), Some(scale));
            all.ends = None;
            all.part = Some(column(found.iter().map(|value| value * 0.4)));
            assert_eq!(unit(&values, &all).map(|found| found.0), Some(scale));
            // One after another, with a pause of half a second.
            let mut now = 1.7e9;
            let starts = found.iter().map(|value| {
                let start = now;
                now += value + 0.5;
                start
            });
            let starts = column(starts);
            assert_eq!(
                unit(&values, &beside(starts)).map(|found| found.0),
                Some(scale)
            );
        }
    }

    #[test]
    fn whole_numbers_are_milliseconds_where_they_cannot_be_seconds() {
        let values = column(latencies(200).iter().map(|value| (value * 1e3).round()));
        let ten_a_second = (0..200_u32)
            .map(|k| Some(1.7e9 + f64::from(k) / 10.0))
            .collect();
        let one_a_minute = (0..200_u32)
            .map(|k| Some(1.7e9 + f64::from(k) * 60.0))
            .collect();
        assert_eq!(
            unit(&values, &beside(ten_a_second)).map(|found| found.0),
            Some(Scale::MILLIS)
        );
        assert_eq!(unit(&values, &beside(one_a_minute)), None);
        let nanos = column(latencies(200).iter().map(|value| (value * 1e9).round()));
        for (each, scale) in [(0.1, Some(Scale::NANOS)), (60.0, None)] {
            let times = (0..200_u32).map(|k| Some(1.7e9 + f64::from(k) * each));
            assert_eq!(
                unit(&nanos, &beside(times.collect())).map(|found| found.0),
                scale
            );
        }
        let halves = column(latencies(200).iter().map(|value| value * 1e3));
        let soon = (0..200_u32)
            .map(|k| Some(1.7e9 + f64::from(k) / 10.0))
            .collect();
        assert_eq!(unit(&halves, &beside(soon)), None);
    }
}
