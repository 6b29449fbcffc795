//! The expectation language: `METRIC [at LEVEL] OP VALUE [up to LEVEL]`, `METRIC in A..B`, `sum(METRIC) OP VALUE`,
//! `no blow-up [up to LEVEL]`.
//!
//! Values become the metric's base unit; a value without a unit is taken only where nobody can misread it. It judges
//! nothing: what holds is said by [`Bound::holds`].

mod load;

use std::ops::Range;
use std::str::FromStr;

use self::load::{Load, Marked, level, limit_unit, one_unit, up_to};
use crate::config::quantity::{Cursor, ExpectError, Quantity};
use crate::figures::spread::Floor;
use crate::model::{Bound, Expectation, METRICS, MetricId, Operator, Reading, Unit, UnitKind};

/// Reads an expectation.
///
/// ```
/// use knee::config::expect::parse;
/// use knee::model::{Bound, Expectation, Operator};
/// let Ok(Expectation::Figure { metric, bound, .. }) = parse("p95 < 0.2 s") else { panic!() };
/// assert_eq!(metric.to_string(), "p95");
/// assert_eq!(bound, Bound::Limit(Operator::Less, 200.0));
/// assert_eq!(parse("p95 < 200").unwrap_err().to_string(), "p95 is a time: expected us, ms, s or min behind 200");
/// ```
pub fn parse(text: &str) -> Result<Expectation, ExpectError> {
    let mut cursor = Cursor::new(text);
    if cursor.is_done() {
        return Err(ExpectError::new(0..text.len(), "the expectation is empty")
            .with_hint("such as `p95 < 200ms` or `error_rate < 1%`"));
    }
    if cursor.eat_word("no") {
        cursor.skip_space();
        if !cursor.eat_word("blow-up") {
            return Err(cursor.expected("`blow-up`"));
        }
        let up_to = up_to(&mut cursor)?;
        cursor.end()?;
        return Ok(Expectation::NoBlowUp {
            up_to: up_to.as_ref().map(|load| load.value),
            loads: up_to.and_then(|load| load.unit),
        });
    }
    let sum = eat_sum(&mut cursor);
    let (metric, at) = if is_named(cursor.rest()) {
        named(&mut cursor, sum)?
    } else {
        let metric = as_share(plain(&mut cursor)?, &cursor);
        if sum {
            close_sum(&mut cursor, &metric)?;
        }
        cursor.skip_space();
        let at = if cursor.eat_word("at") {
            Some(level(&mut cursor)?)
        } else {
            None
        };
        (metric, at)
    };
    let (bound, limit) = bound(&mut cursor, &metric, at.is_some())?;
    let up_to = up_to(&mut cursor)?;
    cursor.end()?;
    let value = |load: &Load| load.value;
    let (at_value, up_to_value) = (at.as_ref().map(value), up_to.as_ref().map(value));
    Ok(Expectation::Figure {
        metric,
        sum,
        at: at_value,
        bound,
        up_to: up_to_value,
        loads: one_unit([
            at.and_then(Load::marked),
            limit,
            up_to.and_then(Load::marked),
        ])?,
    })
}

fn eat_sum(cursor: &mut Cursor) -> bool {
    let mut ahead = cursor.clone();
    if !ahead.eat("sum") {
        return false;
    }
    ahead.skip_space();
    let found = ahead.eat("(");
    if found {
        ahead.skip_space();
        *cursor = ahead;
    }
    found
}

/// Only what is counted adds up over endpoints; a percentile or a peak does not.
fn close_sum(cursor: &mut Cursor, metric: &MetricId) -> Result<(), ExpectError> {
    let end = cursor.at;
    cursor.skip_space();
    if !cursor.eat(")") {
        return Err(cursor.expected("`)`"));
    }
    let name = metric.to_string();
    if !matches!(
        name.as_str(),
        "requests" | "rate" | "goodput" | "bytes_received" | "bytes_sent"
    ) {
        let start = end.saturating_sub(name.len());
        let problem = format!("{name} does not add up over endpoints");
        return Err(ExpectError::new(start..end, problem).with_hint(
            "what adds up: requests, rate, goodput, bytes_received, bytes_sent; others are judged per endpoint",
        ));
    }
    Ok(())
}

fn is_named(rest: &str) -> bool {
    ["resource:", "custom:", "check:"]
        .iter()
        .any(|family| rest.starts_with(family))
}

/// A metric whose name the input made up may hold spaces: it ends at the last operator or range.
fn named(cursor: &mut Cursor, sum: bool) -> Result<(MetricId, Option<Load>), ExpectError> {
    let rest = cursor.rest();
    let operator = rest.rfind(['<', '>', '≤', '≥']).map(|at| {
        let (head, _) = rest.split_at(at);
        // `<` of `=<`, which is no operator, but ends the name all the same.
        head.trim_end_matches('=').len()
    });
    let range = rest
        .rfind(" in ")
        .filter(|at| rest.get(*at..).is_some_and(|tail| tail.contains("..")));
    let Some(end) = operator.max(range) else {
        cursor.at = cursor.text.len();
        return Err(cursor.expected("<, <=, >, >= or `in`"));
    };
    let start = cursor.at;
    let mut name = rest.get(..end).unwrap_or_default().trim_end();
    cursor.at = start + end;
    if sum {
        let span = start..start + name.len();
        return Err(ExpectError::new(
            span,
            format!("{name} does not add up over endpoints"),
        ));
    }
    let mut at = None;
    if let Some((head, tail)) = name.rsplit_once(" at ") {
        // Only a level makes it a level: "check:status at once" is a name.
        let mut ahead = Cursor {
            text: cursor.text.get(..start + name.len()).unwrap_or_default(),
            at: start + name.len() - tail.len(),
        };
        if let Ok(value) = level(&mut ahead)
            && ahead.is_done()
        {
            at = Some(value);
            name = head.trim_end();
        }
    }
    let span = start..start + name.len();
    let metric = name.parse::<MetricId>().map_err(|error| {
        ExpectError::new(span, error.to_string()).with_hint(
            "expected resource:COMPONENT.NAME.max (.mean .slope .last), custom:NAME or check:NAME",
        )
    })?;
    Ok((metric, at))
}

/// A count whose limit is in per cent is judged as the share that goes with it.
fn as_share(metric: MetricId, cursor: &Cursor) -> MetricId {
    let share = match metric.spec().reading {
        Reading::SessionsFailed => "sessions_failed_rate",
        Reading::Exceptions => "exception_rate",
        _ => return metric,
    };
    if cursor.rest().contains('%') {
        MetricId::Plain(share)
    } else {
        metric
    }
}

fn plain(cursor: &mut Cursor) -> Result<MetricId, ExpectError> {
    let (word, span) = cursor.take(|c| !c.is_whitespace() && !"<>=!≤≥()".contains(c));
    if word.is_empty() {
        return Err(cursor.expected("a metric"));
    }
    metric(word, span)
}

/// A metric by its name; a wrong one gets the nearest as a hint.
pub(crate) fn metric(word: &str, span: Range<usize>) -> Result<MetricId, ExpectError> {
    MetricId::from_str(word).map_err(|error| {
        let shown = error.to_string();
        let error = ExpectError::new(span, shown).with_label("expected a metric");
        match nearest_metric(word) {
            Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
            None => error.with_hint("`knee explain` lists the metrics"),
        }
    })
}

/// What people call the metrics elsewhere.
static ALIASES: &[(&str, &str)] = &[
    ("average", "mean"),
    ("avg", "mean"),
    ("med", "p50"),
    ("median", "p50"),
    ("errors", "error_rate"),
    ("failure_rate", "error_rate"),
    ("fail_ratio", "error_rate"),
    ("http_req_failed", "error_rate"),
    ("rps", "rate"),
    ("qps", "rate"),
    ("throughput", "rate"),
    ("latency", "p95"),
    ("response_time", "p95"),
    ("p999", "p99.9"),
    ("p9999", "p99.99"),
    ("vus", "users"),
    ("std", "stddev"),
];

fn nearest_metric(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    if let Some((_, id)) = ALIASES.iter().find(|(alias, _)| *alias == lower) {
        return Some(id);
    }
    let rows = METRICS
        .iter()
        .filter(|row| !matches!(row.reading, Reading::Named));
    nearest(&lower, rows.map(|row| row.id))
}

/// The candidate that a mistyped word is most like, if it is like any.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Names are short: beyond this length it is no slip of a key, and likeness costs the square of it.
    if word.len() > 64 {
        return None;
    }
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(word, candidate);
        if likeness > best.map_or(0.78, |(likeness, _)| likeness) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The limit or range, and what a load counts that is one.
fn bound(
    cursor: &mut Cursor,
    metric: &MetricId,
    has_level: bool,
) -> Result<(Bound, Option<Marked>), ExpectError> {
    cursor.skip_space();
    if cursor.eat_word("in") {
        return range(cursor, metric);
    }
    let (sign, span) = cursor.take(|c| "<>=!≤≥".contains(c));
    let operator = match sign {
        "<" => Operator::Less,
        "<=" | "≤" => Operator::AtMost,
        ">" => Operator::Greater,
        ">=" | "≥" => Operator::AtLeast,
        "" if has_level => return Err(cursor.expected("<, <=, >, >= or `in`")),
        "" => return Err(cursor.expected("<, <=, >, >=, `in` or `at`")),
        other => {
            let error = ExpectError::new(
                span,
                format!("`{other}` is not an operator: expected <, <=, > or >="),
            );
            return Err(match other {
                "=<" => error.with_hint("did you mean `<=`?"),
                "=>" => error.with_hint("did you mean `>=`?"),
                "=" | "==" => {
                    error.with_hint("a measured figure hits no exact value; `in A..B` is a range")
                }
                _ => error,
            });
        }
    };
    let quantity = cursor.quantity()?;
    let value = convert(metric, &quantity, cursor.text, false)?;
    Ok((
        Bound::Limit(operator, value),
        limit_unit(cursor, metric, &quantity),
    ))
}

fn range(cursor: &mut Cursor, metric: &MetricId) -> Result<(Bound, Option<Marked>), ExpectError> {
    let mut low = cursor.quantity()?;
    cursor.skip_space();
    if !cursor.eat("..") {
        return Err(cursor.expected("`..` and the end of the range"));
    }
    let high = cursor.quantity()?;
    // `20..30/s`: the unit stands once.
    if low.unit.is_none() {
        low.unit.clone_from(&high.unit);
    }
    let part = high.unit.is_none();
    let from = convert(metric, &low, cursor.text, part)?;
    let to = convert(metric, &high, cursor.text, part && from < 1.0)?;
    if from > to {
        let span = low.number.span.start..high.span().end;
        return Err(ExpectError::new(
            span,
            "the range is empty: its end is below its start",
        ));
    }
    Ok((Bound::Range(from, to), limit_unit(cursor, metric, &high)))
}

/// Which units a metric takes, and what it is.
fn wanted(unit: Unit) -> (&'static str, &'static str) {
    match unit {
        Unit::Millis | Unit::Seconds => ("a time", "us, ms, s or min"),
        Unit::Ratio => ("a share", "%"),
        Unit::PerSecond => ("a rate", "/s"),
        Unit::Bytes => ("an amount of bytes", "B, kB, MB, GB, KiB, MiB or GiB"),
        Unit::Count => ("a count", "a number without a unit"),
        Unit::Factor | Unit::AsGiven => ("a figure of the input", "a number"),
    }
}

/// The value in the metric's base unit. `fraction` = the other end of a range shows that 1 means the whole.
fn convert(
    metric: &MetricId,
    quantity: &Quantity,
    text: &str,
    fraction: bool,
) -> Result<f64, ExpectError> {
    let unit = metric.unit();
    let (what, expected) = wanted(unit);
    let number = &quantity.number;
    let written = text.get(number.span.clone()).unwrap_or_default();
    let value = match (&quantity.unit, unit) {
        (Some((name, span)), _) => {
            let fits = match unit {
                Unit::Millis | Unit::Seconds => name.kind == UnitKind::Time,
                Unit::Ratio => name.kind == UnitKind::Share,
                Unit::PerSecond => name.kind == UnitKind::Rate,
                Unit::Bytes => name.kind == UnitKind::Bytes,
                Unit::Count | Unit::Factor => false,
                // The reader of a resource converts to base units; a level is a rate or a count.
                Unit::AsGiven => !levels(metric) || name.kind == UnitKind::Rate,
            };
            if !fits {
                let problem = format!(
                    "{metric} is {what}: expected {expected}, found `{}`",
                    name.name
                );
                return Err(ExpectError::new(span.clone(), problem)
                    .with_label(format!("expected {expected}")));
            }
            // Shares of a resource are kept in per cent: 100 % of CPU is one core, and there may be many.
            let in_percent =
                name.kind == UnitKind::Share && matches!(metric, MetricId::Resource(..));
            let shift = if unit == Unit::Seconds { -3 } else { 0 };
            number.value(if in_percent { None } else { Some(name) }, shift)
        }
        (None, Unit::Millis | Unit::Seconds) => {
            let problem = format!("{metric} is {what}: expected {expected} behind {written}");
            let like = if unit == Unit::Millis { "ms" } else { "s" };
            return Err(ExpectError::new(number.span.clone(), problem)
                .with_label(format!("expected {expected}"))
                .with_hint(format!("is it `{written}{like}`?")));
        }
        (None, Unit::Ratio) => {
            let value = number.value(None, 0);
            let whole = fraction || matches!(metric, MetricId::Plain("apdex" | "efficiency"));
            if value > 1.0 && !may_exceed_one(metric) || (value >= 1.0 && !whole) {
                let problem =
                    format!("{metric} is {what}: expected % behind {written}, or a value below 1");
                return Err(ExpectError::new(number.span.clone(), problem)
                    .with_label("expected %")
                    .with_hint(format!("is it `{written}%`? a bare 0.01 is 1 %")));
            }
            value
        }
        (None, _) => number.value(None, 0),
    };
    let span = quantity.span();
    if !value.is_finite() {
        return Err(ExpectError::new(span, "the number is too large"));
    }
    if value < 0.0 && unit != Unit::AsGiven {
        return Err(ExpectError::new(span, format!("{metric} is never below 0")));
    }
    if value > 1.0 && unit == Unit::Ratio && !may_exceed_one(metric) {
        return Err(ExpectError::new(
            span,
            format!("{metric} is never above 100 %"),
        ));
    }
    Ok(value)
}

fn levels(metric: &MetricId) -> bool {
    matches!(metric, MetricId::Plain("knee"))
}

/// More load with more than its share of throughput is rare, and real.
fn may_exceed_one(metric: &MetricId) -> bool {
    matches!(metric, MetricId::Plain("efficiency"))
}

/// The floor of a change: a share, or an amount in the metric's unit.
pub(crate) fn floor(metric: &MetricId, text: &str) -> Result<Floor, ExpectError> {
    let mut cursor = Cursor::new(text);
    let quantity = cursor.quantity()?;
    let is_share = quantity
        .unit
        .as_ref()
        .is_some_and(|(unit, _)| unit.kind == UnitKind::Share);
    let floor = if is_share && metric.unit() != Unit::Ratio {
        let unit = quantity.unit.as_ref().map(|(unit, _)| *unit);
        let share = quantity.number.value(unit, 0);
        if share < 0.0 {
            return Err(ExpectError::new(
                quantity.span(),
                "a floor is never below 0",
            ));
        }
        Floor::Share(share)
    } else {
        Floor::Value(convert(metric, &quantity, text, false)?)
    };
    cursor.end()?;
    Ok(floor)
}

/// The metric that an expectation speaks of; `no blow-up` names none.
pub(crate) fn metric_of(expectation: &Expectation) -> Option<&MetricId> {
    match expectation {
        Expectation::Figure { metric, .. } => Some(metric),
        Expectation::NoBlowUp { .. } => None,
    }
}

#[cfg(test)]
mod tests;
