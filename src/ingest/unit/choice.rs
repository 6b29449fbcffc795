//! Which format reads an input: asked for, described by a map, or recognised by its content.

use crate::ingest::error::IngestError;
use crate::ingest::sniff::{Grade, Head};
use crate::ingest::{FORMATS, Format, Input, Options, format, map};

/// Which format reads an input, and by which map.
pub(super) struct Chosen {
    pub(super) format: &'static Format,
    pub(super) map: Option<String>,
}

impl Chosen {
    fn by(format: &'static Format) -> Chosen {
        Chosen { format, map: None }
    }

    fn by_map(name: &str) -> Result<Chosen, IngestError> {
        Ok(Chosen {
            format: format(map::FORMAT.id)?,
            map: Some(name.to_owned()),
        })
    }
}

pub(super) fn choose(input: &Input, options: &Options) -> Result<Option<Chosen>, IngestError> {
    let (bytes, complete) = input.head()?;
    if bytes.trim_ascii().is_empty() && complete {
        return Err(IngestError::Empty {
            file: input.name.clone(),
        });
    }
    if let Some(name) = &options.map {
        return Chosen::by_map(name).map(Some);
    }
    if let Some(id) = &options.from {
        return format(id).map(Chosen::by).map(Some);
    }
    let head = Head {
        name: input.file_name(),
        bytes: &bytes,
        complete,
    };
    let mut claims: Vec<(Grade, String, &'static Format)> = FORMATS
        .iter()
        .filter_map(|format| (format.sniff)(&head).map(|claim| (claim.grade, claim.why, format)))
        .collect();
    claims.sort_by_key(|claim| std::cmp::Reverse(claim.0));
    let tie = |first: (String, String), second: (String, String)| {
        Err(IngestError::Tie {
            file: input.name.clone(),
            first: first.0,
            first_why: first.1,
            second: second.0,
            second_why: second.1,
        })
    };
    // What the user describes beats what a format only finds possible.
    if claims.first().is_none_or(|best| best.0 < Grade::Likely) {
        let mut maps = map::claims(&options.maps, &head).into_iter();
        match (maps.next(), maps.next()) {
            (Some((map, _)), None) => return Chosen::by_map(&map.name).map(Some),
            (Some(first), Some(second)) => {
                return tie((first.0.format(), first.1), (second.0.format(), second.1));
            }
            (None, _) => {}
        }
    }
    let mut claims = claims.into_iter();
    let Some(best) = claims.next() else {
        return Ok(None);
    };
    match claims.next().filter(|second| second.0 == best.0) {
        Some(second) => tie(
            (best.2.id.to_owned(), best.1),
            (second.2.id.to_owned(), second.1),
        ),
        None => Ok(Some(Chosen::by(best.2))),
    }
}
