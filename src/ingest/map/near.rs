//! Paths that lead nowhere: the error, and what stands in the file instead.

use crate::ingest::error::{IngestError, Place as Where};
use crate::ingest::map::path::{Path, Place, Step};
use crate::ingest::map::walk::Walked;
use crate::ingest::map::{Field, Mapping, is_table};
use crate::ingest::sniff::json_head;

/// How many names a hint lists.
const MOST: usize = 6;

/// Names of an input are cut in a hint.
const LONGEST: usize = 60;

/// What the likeness of the last member counts, beside that of the whole path: the same word may stand at many places.
const ELSEWHERE: f64 = 0.85;

/// An error unless there are records and every path hits something in at least one of them.
pub(super) fn every_path_leads_somewhere(
    mapping: &Mapping,
    walked: &Walked,
    head: &[u8],
    file: &str,
) -> Result<(), IngestError> {
    let fail = |problem: String, hint: Option<String>| {
        let error = IngestError::content(file, Where::File, problem);
        Err(match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        })
    };
    let all = if is_table(mapping, head) {
        Vec::new()
    } else {
        json_head(head).paths
    };
    if walked.records == 0 {
        let text = mapping.records.to_string();
        let known: Vec<&str> = all.iter().map(String::as_str).collect();
        return if mapping.records.steps.is_empty() {
            fail("there is no record in it".to_owned(), None)
        } else {
            fail(
                format!(
                    "no record stands at `{text}`, the `records` of map `{}`",
                    mapping.name
                ),
                nearest(&text.replace("[*]", "[]"), &known),
            )
        };
    }
    let missed = |field: &&Field, hit: bool| !hit && !matches!(field.place, Place::Keys(_));
    let fields = mapping.fields.iter().zip(&walked.hits);
    let mut missed = fields.filter(|(field, hit)| missed(field, **hit));
    let Some((field, _)) = missed.next() else {
        return Ok(());
    };
    let (place, target, name) = (field.place.to_string(), &field.target, &mapping.name);
    if let Place::Document(_) = field.place {
        let known: Vec<&str> = all.iter().map(String::as_str).collect();
        return fail(
            format!("nothing stands at `{place}`, the `{target}` of map `{name}`"),
            nearest(place.trim_start_matches("$."), &known),
        );
    }
    let others = match missed.count() {
        0 => String::new(),
        1 => ", and one more member".to_owned(),
        more => format!(", and {more} more members"),
    };
    let verb = if others.is_empty() { "is" } else { "are" };
    let records = match walked.records {
        1 => "not in its one record".to_owned(),
        records => format!("in none of its {records} records"),
    };
    fail(
        format!("`{place}`, the `{target}` of map `{name}`{others} {verb} {records}"),
        nearest(&place, &below_records(&mapping.records, &all)),
    )
}

/// The paths inside records.
fn below_records<'p>(records: &Path, all: &'p [String]) -> Vec<&'p str> {
    let mut known: Vec<&str> = Vec::new();
    for path in all.iter().filter_map(|path| below(records, path)) {
        if !known.contains(&path) {
            known.push(path);
        }
    }
    known
}

/// What is left of a path behind that of the records.
fn below<'p>(records: &Path, path: &'p str) -> Option<&'p str> {
    let mut rest = path;
    for step in &records.steps {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        rest = match (step, rest.strip_prefix("[]")) {
            (Step::Key(key), _) => rest.strip_prefix(key.as_str())?,
            (_, Some(rest)) => rest,
            (Step::Each, None) => rest.find(['.', '[']).and_then(|at| rest.get(at..))?,
            (Step::Place(_), None) => return None,
        };
    }
    let rest = rest.strip_prefix("[]").unwrap_or(rest);
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    (!rest.is_empty()).then_some(rest)
}

/// `near to it: a, b`, or what there is.
pub(super) fn nearest(wanted: &str, known: &[&str]) -> Option<String> {
    if known.is_empty() {
        return None;
    }
    let short = |text: &str| -> String {
        let mut short: String = text.replace("[]", "[*]").chars().take(LONGEST).collect();
        if short.len() < text.len() {
            short.push_str("...");
        }
        short
    };
    let cut = |text: &str| {
        text.to_lowercase()
            .chars()
            .take(LONGEST)
            .collect::<String>()
    };
    let last = |path: &str| cut(path.rsplit('.').next().unwrap_or(path));
    let (cut_wanted, last_wanted) = (cut(wanted), last(wanted));
    let mut near: Vec<(f64, &str)> = known
        .iter()
        .map(|path| {
            let whole = strsim::jaro_winkler(&cut_wanted, &cut(path));
            let by_last = strsim::jaro_winkler(&last_wanted, &last(path));
            (whole, by_last, *path)
        })
        .filter(|(whole, by_last, _)| whole.max(*by_last) > 0.8)
        .map(|(whole, by_last, path)| (whole.max(ELSEWHERE * by_last), path))
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (start, names): (&str, Vec<&str>) = if near.is_empty() {
        ("there is: ", known.to_vec())
    } else {
        (
            "near to it: ",
            near.into_iter().map(|(_, path)| path).collect(),
        )
    };
    let more = if names.len() > MOST { ", ..." } else { "" };
    let listed: Vec<String> = names.into_iter().take(MOST).map(short).collect();
    Some(format!("{start}{}{more}", listed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(wanted: &str, known: &[&str]) -> String {
        let hint = nearest(wanted, known).unwrap();
        let list = hint.strip_prefix("near to it: ").unwrap_or(&hint);
        list.split(", ").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_nearest_path_comes_first_and_one_in_another_case_is_the_same() {
        for (wanted, known, nearest) in [
            // The same last member elsewhere is farther than the place itself.
            (
                "latency.mean",
                &["requests.mean", "latency.mean_ms"][..],
                "latency.mean_ms",
            ),
            ("metrics.p95", &["stats.p95", "metrics.p99"], "metrics.p99"),
            // Without a place the last member decides.
            ("p95", &["p99", "latency.p95"], "latency.p95"),
            ("Latency.P95", &["latitude", "latency.p95"], "latency.p95"),
        ] {
            assert_eq!(first(wanted, known), nearest, "{wanted}");
        }
        assert_eq!(nearest("qqq", &["a", "b"]).unwrap(), "there is: a, b");
        assert_eq!(nearest("a", &[]), None);
    }
}
