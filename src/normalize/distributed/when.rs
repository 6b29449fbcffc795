//! When the parts ran, on one clock: whether they ran together, and from when to when the run lasts.
//!
//! Where a part has no times nobody knows; that they ran together is then assumed, and said.

use jiff::Timestamp;

use crate::model::{Run, Seconds};
use crate::normalize::distributed::alike::Refused;
use crate::text::number;

/// Parts that share less than this of the shorter one are not parts of one run.
const LEAST_SHARED: f64 = 0.5;

/// A note is due when all parts ran together for less than this of the whole.
const MOSTLY: f64 = 0.9;

/// Start and end of each part in nanoseconds since the epoch, where every part has both.
pub(super) struct When(Option<Vec<(i128, i128)>>);

impl When {
    /// Refuses parts that did not run at the same time.
    pub(super) fn of(parts: &[&Run]) -> Result<When, Refused> {
        let spans: Option<Vec<(i128, i128)>> = parts.iter().map(|part| span(part)).collect();
        let Some(spans) = spans else {
            return Ok(When(None));
        };
        let all: Vec<(&&Run, &(i128, i128))> = parts.iter().zip(&spans).collect();
        for (place, (first, a)) in all.iter().enumerate() {
            for (second, b) in all.iter().skip(place + 1) {
                if !together(**a, **b) {
                    let at = |nanos: i128| {
                        Timestamp::from_nanosecond(nanos).map_or(String::new(), |t| t.to_string())
                    };
                    let text = |(from, to): (i128, i128)| format!("{} to {}", at(from), at(to));
                    return Err(Refused::Apart {
                        first: first.name.clone(),
                        of_first: text(**a),
                        second: second.name.clone(),
                        of_second: text(**b),
                    });
                }
            }
        }
        Ok(When(Some(spans)))
    }

    /// How much later than the run a part starts, in nanoseconds; 0 where nobody knows.
    pub(super) fn offset(&self, part: usize) -> i128 {
        let Some(spans) = &self.0 else { return 0 };
        let first = spans.iter().map(|span| span.0).min().unwrap_or(0);
        spans.get(part).map_or(0, |span| span.0 - first)
    }

    /// Gives the run its times, and says what is assumed.
    pub(super) fn tell(&self, run: &mut Run, parts: &[&Run]) {
        let Some(spans) = &self.0 else {
            let all: Option<Vec<f64>> = parts.iter().map(|p| p.duration.map(|d| d.0)).collect();
            run.duration = all
                .and_then(|all| all.into_iter().reduce(f64::max))
                .map(Seconds);
            let lack = parts.iter().filter(|part| span(part).is_none()).count() as u64;
            let text = format!(
                "{} without start or end: that the parts ran at the same time is assumed",
                number::plural(lack, "part")
            );
            run.note("merged-times", text, 1);
            return;
        };
        let start = spans.iter().map(|span| span.0).min().unwrap_or(0);
        let end = spans.iter().map(|span| span.1).max().unwrap_or(start);
        run.started_at = Timestamp::from_nanosecond(start).ok();
        run.ended_at = Timestamp::from_nanosecond(end).ok();
        let length = |from: i128, to: i128| (to - from).max(0) as f64 / 1e9;
        let whole = length(start, end);
        run.duration = Some(Seconds(whole));
        let all_from = spans.iter().map(|span| span.0).max().unwrap_or(start);
        let all_to = spans.iter().map(|span| span.1).min().unwrap_or(end);
        let shared = length(all_from, all_to);
        if shared < MOSTLY * whole {
            let text = format!(
                "all parts ran together for {} of {}: before and after, the load was that of some of them",
                number::seconds(shared),
                number::seconds(whole)
            );
            run.note("merged-times", text, 1);
        }
    }
}

/// From the first to the last event.
fn span(part: &Run) -> Option<(i128, i128)> {
    let start = part.started_at?.as_nanosecond();
    let end = match (part.ended_at, part.duration) {
        (Some(end), _) => end.as_nanosecond(),
        (None, Some(Seconds(duration))) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a float beyond the range becomes its end"
            )]
            let nanos = (duration * 1e9) as i128;
            Timestamp::from_nanosecond(start.saturating_add(nanos))
                .ok()?
                .as_nanosecond()
        }
        (None, None) => return None,
    };
    (start <= end).then_some((start, end))
}

fn together(a: (i128, i128), b: (i128, i128)) -> bool {
    let shared = a.1.min(b.1) - a.0.max(b.0);
    let shorter = (a.1 - a.0).min(b.1 - b.0);
    shared >= 0 && shared as f64 >= LEAST_SHARED * shorter as f64
}
