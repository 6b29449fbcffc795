//! Files that no format reads: what is said of them.

use crate::ingest::error::IngestError;
use crate::ingest::naming::real;
use crate::ingest::sniff::Head;
use crate::ingest::unit::Ingested;
use crate::ingest::{Input, Options, beside, known};

/// What stands beside a run, if a file does.
fn beside_of(input: &Input) -> Option<&'static beside::Beside> {
    let (bytes, complete) = input.head().ok()?;
    beside::recognise(&Head {
        name: input.file_name(),
        bytes: &bytes,
        complete,
    })
}

/// A file of a folder or glob that is no run.
pub(super) fn leave_out(input: &Input, options: &Options, left: &mut Ingested) {
    let is_given = input.path.as_deref().is_some_and(|path| {
        beside::is_beside(path, &options.resources, &options.tests)
            || options.script.as_deref().map(real) == Some(real(path))
    });
    if is_given {
        return;
    }
    match beside_of(input) {
        Some(format) => left.beside.push((input.name.clone(), format.way())),
        None => left.skipped.push(input.name.clone()),
    }
}

/// The error for a file that was named and is no run.
pub(super) fn unknown(input: &Input, options: &Options) -> IngestError {
    let file = input.name.clone();
    if let Some(format) = beside_of(input) {
        return IngestError::Beside {
            file,
            what: format.what,
            instead_of: "a load-test result",
            way: format.way(),
        };
    }
    let (bytes, _) = match input.head() {
        Ok(head) => head,
        Err(error) => return error,
    };
    let known = known::looks_like(&bytes);
    IngestError::Unknown {
        file,
        looks_like: if options.maps.is_empty() {
            known.what.to_owned()
        } else {
            let names: Vec<&str> = options.maps.iter().map(|map| map.name.as_str()).collect();
            format!(
                "{}; no map fits it: {}; `--map NAME` says why",
                known.what,
                names.join(", ")
            )
        },
        way: known.way,
    }
}
