//! Parts of one distributed run, each written by a generator of its own, as one run.
//!
//! Counts add up, a count that one part does not have is unknown; latencies are merged by `normalize::merge`: exact with
//! histograms, bounded without (rule V43). What cannot be put together is left out and noted; what cannot be parts of one run
//! is refused. The order of the parts leaves no trace. Reads no file; the id is made by whoever knows how.

mod alike;
mod lists;
mod load;
mod stats;
mod timeline;
mod when;

pub use alike::Refused;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Note;
use crate::model::{FileRef, Run};
use crate::normalize::distributed::when::When;
use crate::text::number::plural;

/// What a run is called when its parts have no name in common.
const NAMELESS: &str = "merged";

/// One run of all parts. `id` makes the id of a run from the hashes of its files.
pub fn merge(mut parts: Vec<Run>, id: &dyn Fn(&[&str]) -> String) -> Result<Run, Refused> {
    parts.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
    let refs: Vec<&Run> = parts.iter().collect();
    let [first, _, ..] = refs.as_slice() else {
        return Err(Refused::One {
            name: parts.first().map_or(String::new(), |run| run.name.clone()),
            again: parts.iter().any(is_given_again),
        });
    };
    alike::check(&refs)?;
    let when = When::of(&refs)?;
    let mut run = Run::new(&first.source.tool, &format(&refs));
    run.id = id(&hashes(&refs));
    run.name = name(&refs);
    (run.identity, run.identity_from) = alike::identity(&refs)?;
    run.source.tool_version = same(&refs, |part| part.source.tool_version.clone()).flatten();
    run.source.files = files(&refs);
    run.labels = labels(&refs);
    note_parts(&mut run, &refs);
    when.tell(&mut run, &refs);
    load::merge(&mut run, &refs, &when);
    stats::merge(&mut run, &refs);
    timeline::merge(&mut run, &refs, &when);
    lists::merge(&mut run, &refs, &when);
    run.notes
        .sort_by(|a, b| (&a.id, &a.text).cmp(&(&b.id, &b.text)));
    Ok(run)
}

/// The figures of a part that was itself merged count for as many.
fn note_parts(run: &mut Run, parts: &[&Run]) {
    let mut number = 0;
    for part in parts {
        let mut own = 1;
        for note in &part.notes {
            if note.id == Note::MERGED_PARTS {
                own = note.count;
            } else {
                run.note(&note.id, note.text.clone(), note.count);
            }
        }
        number += own;
    }
    let text = format!(
        "the figures are those of {} of one distributed run, put together",
        plural(number, "part")
    );
    run.note(Note::MERGED_PARTS, text, number);
}

fn is_given_again(run: &Run) -> bool {
    run.notes.iter().any(|note| note.id == "given-again")
}

/// What all parts agree on.
fn same<T: PartialEq>(parts: &[&Run], read: impl Fn(&Run) -> T) -> Option<T> {
    let mut all = parts.iter().map(|part| read(part));
    let first = all.next()?;
    all.all(|next| next == first).then_some(first)
}

/// The sum, when every part is known.
fn sum_f64(mut parts: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    parts.try_fold(0.0, |total, part| Some(total + part?))
}

/// The format of all parts; runs of several formats are only alike as runs.
fn format(parts: &[&Run]) -> String {
    same(parts, |part| part.source.format.clone()).unwrap_or_else(|| "knee-run".to_owned())
}

fn files(parts: &[&Run]) -> Vec<FileRef> {
    let mut files: Vec<FileRef> = parts
        .iter()
        .flat_map(|part| part.source.files.clone())
        .collect();
    files.sort_by(|a, b| (&a.name, &a.sha256).cmp(&(&b.name, &b.sha256)));
    files.dedup();
    files
}

/// What the id is made from: the files, or the ids of parts that share their files or have none.
fn hashes<'a>(parts: &[&'a Run]) -> Vec<&'a str> {
    let of_files: Vec<&str> = parts
        .iter()
        .flat_map(|part| part.source.files.iter().map(|file| file.sha256.as_str()))
        .collect();
    let different: BTreeSet<&str> = of_files.iter().copied().collect();
    let apart = different.len() == of_files.len();
    if apart && parts.iter().all(|part| !part.source.files.is_empty()) {
        of_files
    } else {
        parts.iter().map(|part| part.id.as_str()).collect()
    }
}

/// What the names have in common: `worker` of `worker-1` and `worker-2`.
fn name(parts: &[&Run]) -> String {
    let mut names = parts.iter().map(|part| part.name.as_str());
    let mut common: String = names.next().unwrap_or_default().to_owned();
    for name in names {
        let equal = common.chars().zip(name.chars()).take_while(|(a, b)| a == b);
        common = equal.map(|(a, _)| a).collect();
    }
    let is_end = |c: char| !c.is_alphanumeric() || c.is_ascii_digit();
    let common = common.trim_end_matches(is_end);
    if common.chars().count() < 2 {
        NAMELESS.to_owned()
    } else {
        common.to_owned()
    }
}

fn labels(parts: &[&Run]) -> BTreeMap<String, String> {
    let Some((first, rest)) = parts.split_first() else {
        return BTreeMap::new();
    };
    let everywhere = |(key, value): &(&String, &String)| {
        rest.iter().all(|part| part.labels.get(*key) == Some(value))
    };
    let labels = first.labels.iter().filter(everywhere);
    labels
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
