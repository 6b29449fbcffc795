//! From a recorder to a run: sorted, with rates, slices and notes.

use jiff::Timestamp;

use crate::ingest::recorder::errors::listed;
use crate::ingest::recorder::tally::Tally;
use crate::ingest::recorder::timeline::{MOST_DETAILS, Slot, Timeline};
use crate::ingest::recorder::undecided::Fate;
use crate::ingest::recorder::{
    EndpointKey, MOST_ENDPOINTS, MOST_ERRORS, OTHER_ENDPOINTS, Recorder, RowPlace, Trouble,
};
use crate::model::{Endpoint, EndpointSlice, Run, Seconds, Slice};

fn seconds_between(from: i64, to: i64) -> Seconds {
    Seconds((i128::from(to) - i128::from(from)) as f64 / 1e9)
}

fn timestamp(nanos: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_nanosecond(i128::from(nanos?)).ok()
}

impl Recorder {
    /// Writes what was counted into a run. `files` are the names of the files, for notes.
    pub fn finish(self, run: &mut Run, files: &[String]) {
        run.started_at = timestamp(self.first);
        run.ended_at = timestamp(self.last_end);
        run.duration = self
            .first
            .zip(self.last_end)
            .map(|(first, last)| seconds_between(first, last));
        let entries = self.endpoints.entries();
        let tallies = entries.iter().map(|entry| &entry.value.tally);
        let fate = self
            .undecided
            .fate(tallies.chain([&self.others, &self.nameless]));
        let details: Vec<Option<Detail>> = self
            .details
            .iter()
            .map(|(_, place)| {
                let entry = entries.get(*place)?;
                Some(Detail {
                    key: entry.key.clone(),
                    knows_failures: fate.knows(entry.value.tally.undecided),
                })
            })
            .collect();
        let known = entries.len();
        let are_failures = fate == Fate::Failed;
        let errors = self.errors.into_entries().into_iter();
        let errors = errors.filter(|entry| are_failures || !entry.key.is_open);
        let other_errors = self.other_errors.all(are_failures);
        run.errors = listed(
            errors.map(|entry| (entry.key, entry.value)),
            other_errors,
            |key| entries.iter().any(|entry| entry.key == *key),
        );
        let beyond = self.others.requests;
        let mut endpoints: Vec<(EndpointKey, Tally)> = self
            .endpoints
            .into_entries()
            .into_iter()
            .map(|entry| (entry.key, entry.value.tally))
            .collect();
        if beyond > 0 {
            endpoints.push((EndpointKey::others(), self.others));
        }
        endpoints.sort_by(|a, b| a.0.cmp(&b.0));
        let mut whole = self.nameless;
        for (key, tally) in endpoints {
            run.endpoints.push(Endpoint {
                name: key.name.into(),
                method: key.method.map(Into::into),
                path: None,
                group: None,
                names_in: Vec::new(),
                stats: tally.stats(run.duration, fate),
            });
            whole.merge(tally);
        }
        run.overall = whole.stats(run.duration, fate);
        let knows = fate.knows(whole.undecided);
        let other_codes = whole.other_codes;
        drop(whole);
        if let Some((first, last)) = self.first.zip(self.last_start) {
            add_slices(run, self.timeline, knows, &details, (first, last));
        } else if run.overall.requests > Some(0) {
            let text =
                "no row has a time, so duration, rates and the course over time are not measured";
            run.note("no-times", text, 1);
        }
        let mut capped = |id: &str, text: String, count: u64| {
            if count > 0 {
                run.note(id, text, count);
            }
        };
        let text = format!(
            "the input names more than {MOST_ENDPOINTS} endpoints; requests to others are counted together as `{OTHER_ENDPOINTS}`"
        );
        capped("endpoints-capped", text, beyond);
        let text = format!("figures over time are kept for {MOST_DETAILS} of {known} endpoints");
        capped("slices-capped", text, u64::from(known > MOST_DETAILS));
        let text = format!(
            "the input has more than {MOST_ERRORS} different errors; others are counted together"
        );
        capped("errors-capped", text, other_errors);
        let text = "the input has more codes than are told apart; others are counted together";
        capped("codes-capped", text.to_owned(), other_codes);
        self.undecided
            .tell(run, fate, |place| row_text(place, files));
        add_troubles(run, self.troubles, files);
    }
}

/// An endpoint with figures in every slice.
struct Detail {
    key: EndpointKey,
    knows_failures: bool,
}

fn add_slices(
    run: &mut Run,
    timeline: Timeline,
    knows_failures: bool,
    details: &[Option<Detail>],
    (first, last): (i64, i64),
) {
    let width = timeline.width();
    let duration = Seconds(width as f64);
    for (start, slot) in timeline.into_slots() {
        let end = start.saturating_add(width.saturating_mul(1_000_000_000));
        // A slice that the run covers in part has counts, but no rate: nobody knows what the rest would have been.
        let rates = (start >= first && end <= last).then_some(duration);
        let Slot {
            all,
            details: cells,
            users,
        } = slot;
        let users = users.map(|users| users as f64);
        run.load.users_max = match (run.load.users_max, users) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        let cells = cells.into_iter().zip(details);
        let mut endpoints: Vec<EndpointSlice> = cells
            .filter_map(|(cell, detail)| {
                let (cell, detail) = (cell?, detail.as_ref()?);
                let key = &detail.key;
                Some(EndpointSlice {
                    name: key.name.clone().into(),
                    method: key.method.clone().map(Into::into),
                    stats: cell.stats(rates, true, detail.knows_failures),
                })
            })
            .collect();
        endpoints.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
        run.timeline.push(Slice {
            latency_window: None,
            completed: None,
            start: seconds_between(first, start),
            duration,
            users,
            arrivals: None,
            stats: all.stats(rates, false, knows_failures),
            endpoints,
        });
    }
}

fn add_troubles(run: &mut Run, mut troubles: Vec<(Trouble, u64, RowPlace)>, files: &[String]) {
    troubles.sort();
    for (trouble, count, place) in troubles {
        let place = row_text(place, files);
        let first = if count == 1 { "at" } else { "first at" };
        run.note(
            trouble.id,
            format!("{} ({first} {place})", trouble.text),
            count,
        );
    }
}

fn row_text((file, line): RowPlace, files: &[String]) -> String {
    match files.get(file) {
        Some(name) if files.len() > 1 => format!("{name}, line {line}"),
        _ => format!("line {line}"),
    }
}
