//! Which maps fit a file that no other format knows: those whose records and members all stand in its head.
//!
//! The head is walked as the file would be, so a claim and a reading never disagree about a path.

use crate::ingest::error::IngestError;
use crate::ingest::map::path::{Place, Step};
use crate::ingest::map::{Mapping, Record, Sink, is_table, table, walk};
use crate::ingest::sniff::Head;

/// Looks and keeps nothing.
struct Look;

impl Sink for Look {
    fn record(&mut self, _: &Record<'_>) -> Result<(), IngestError> {
        Ok(())
    }

    fn left_out(&mut self, _: &'static str, _: u64, _: u64) {}
}

/// The maps that fit, each with its reason.
pub fn claims<'m>(maps: &'m [Mapping], head: &Head<'_>) -> Vec<(&'m Mapping, String)> {
    let fitting = maps.iter().filter(|map| fits(map, head));
    fitting
        .map(|map| {
            let names: Vec<String> = map
                .fields
                .iter()
                .filter(|field| is_named(&field.place))
                .map(|field| format!("`{}`", field.place))
                .take(4)
                .collect();
            (map, format!("members {}", names.join(", ")))
        })
        .collect()
}

/// Whether a path says a name: counted columns fit any table.
fn is_named(place: &Place) -> bool {
    match place {
        Place::Record(path) | Place::Document(path) => {
            path.steps.iter().any(|step| matches!(step, Step::Key(_)))
        }
        Place::Keys(_) => false,
    }
}

fn fits(mapping: &Mapping, head: &Head<'_>) -> bool {
    let in_record = |place: &Place| matches!(place, Place::Record(_));
    let mut fields = mapping.fields.iter();
    if !fields.any(|field| in_record(&field.place) && is_named(&field.place)) {
        return false;
    }
    if is_table(mapping, head.bytes) {
        let is_plain = mapping.records.steps.is_empty();
        let rows_alone = mapping.fields.iter().all(|field| in_record(&field.place));
        return is_plain && rows_alone && table::columns(mapping, head.bytes).is_ok();
    }
    let (walked, outcome) = walk::walk(head.bytes, mapping, &mut Look);
    // A head may end anywhere; a text that is no JSON does not end.
    let readable = match outcome {
        Ok(()) => true,
        Err(walk::Broken::Text(error)) => error.is_eof() && !head.complete,
        Err(walk::Broken::Record(_)) => false,
    };
    let mut fields = mapping.fields.iter().zip(&walked.hits);
    let all = fields.all(|(field, hit)| match field.place {
        Place::Record(_) => *hit,
        Place::Document(_) => *hit || !head.complete,
        Place::Keys(_) => true,
    });
    readable && walked.records > 0 && all
}
