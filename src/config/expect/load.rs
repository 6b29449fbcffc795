//! The loads that an expectation names, and what they count.

use std::ops::Range;

use super::levels;
use crate::config::quantity::{Cursor, ExpectError, Quantity};
use crate::model::{LoadUnit, MetricId};

/// What a load counts, and where that stands.
pub(super) type Marked = (LoadUnit, Range<usize>);

/// A load level as it was written.
pub(super) struct Load {
    pub(super) value: f64,
    pub(super) unit: Option<LoadUnit>,
    span: Range<usize>,
}

impl Load {
    pub(super) fn marked(self) -> Option<Marked> {
        Some((self.unit?, self.span))
    }
}

/// A load level: a number, `200/s` or `200 users`.
pub(super) fn level(cursor: &mut Cursor) -> Result<Load, ExpectError> {
    let number = cursor.number()?;
    let value = number.value(None, 0);
    if value <= 0.0 {
        return Err(ExpectError::new(number.span, "a load level is above 0"));
    }
    cursor.skip_space();
    let unit = if cursor.eat("/s") {
        Some(LoadUnit::PerSecond)
    } else {
        eat_users(cursor).map(|(unit, _)| unit)
    };
    let span = number.span.start..cursor.at;
    Ok(Load { value, unit, span })
}

fn eat_users(cursor: &mut Cursor) -> Option<Marked> {
    cursor.skip_space();
    let start = cursor.at;
    let found = cursor.eat_word("users") || cursor.eat_word("user");
    found.then_some((LoadUnit::Users, start..cursor.at))
}

pub(super) fn up_to(cursor: &mut Cursor) -> Result<Option<Load>, ExpectError> {
    cursor.skip_space();
    if !cursor.eat_word("up") {
        return Ok(None);
    }
    cursor.skip_space();
    if !cursor.eat_word("to") {
        return Err(cursor.expected("`to` and a load level"));
    }
    level(cursor).map(Some)
}

/// What the loads of an expectation count: they stand on one axis.
pub(super) fn one_unit(marked: [Option<Marked>; 3]) -> Result<Option<LoadUnit>, ExpectError> {
    let mut found = None;
    for (unit, span) in marked.into_iter().flatten() {
        if found.is_some_and(|found| found != unit) {
            let problem = "its loads are rates and users: levels count one of both";
            return Err(ExpectError::new(span, problem));
        }
        found = Some(unit);
    }
    Ok(found)
}

/// What a limit counts that is a load itself.
pub(super) fn limit_unit(
    cursor: &mut Cursor,
    metric: &MetricId,
    quantity: &Quantity,
) -> Option<Marked> {
    if !levels(metric) {
        return None;
    }
    // `convert` lets no other unit through than a rate.
    let rate = quantity.unit.as_ref();
    rate.map(|(_, span)| (LoadUnit::PerSecond, span.clone()))
        .or_else(|| eat_users(cursor))
}
