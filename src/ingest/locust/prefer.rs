//! Which file of a set says how many requests there were, and what the others add.
//!
//! The JSON is the most exact one: complete counts, exact smallest and largest times, every bucket. The CSV lacks about
//! the last second. The HTML has complete counts, whole milliseconds and fewer percentiles, so it says the totals where no
//! JSON does and it counts more than the CSV, and otherwise gives what the others lack: the start, errors, users. Nothing is
//! counted twice. Real runs leave them side by side: `v2.47.0/errors` JSON, CSV and HTML, `v1.6.0/steps` CSV and HTML.
//! Totals that are not close are another run's: that file is left out and named.

use crate::ingest::error::IngestError;
use crate::ingest::locust::assemble::Members;
use crate::ingest::locust::csv;
use crate::ingest::locust::html::{self, Html};
use crate::ingest::locust::json::{self, Json};
use crate::ingest::locust::totals::Totals;
use crate::model::{Endpoint, Run, Stats};

/// What the files with totals say, as far as they are of one run.
pub(super) struct Sources {
    pub(super) table: Option<Totals>,
    pub(super) json: Option<Json>,
    pub(super) html: Option<Html>,
}

/// How far the totals of one run may lie apart: the CSV lacks about the last second.
fn is_close(json: u64, csv: u64) -> bool {
    let apart = json.abs_diff(csv);
    apart <= 10 || apart as f64 <= 0.1 * json.max(csv) as f64
}

/// Reads them.
pub(super) fn take(members: &Members, run: &mut Run) -> Result<Sources, IngestError> {
    let mut table = None;
    if let Some(input) = members.stats {
        let (read, file) = csv::read(input)?;
        run.source.files.push(file);
        if read.is_none() {
            run.note(
                "no-rows",
                format!(
                    "{}: a header and no row; was the run killed at once?",
                    input.name
                ),
                1,
            );
        }
        table = read;
    }
    let json = take_json(members, table.as_ref(), run)?;
    if let (Some(json), Some(table)) = (&json, &table) {
        tell_preference(members, &json.totals, table, run);
    }
    let best = json.as_ref().map(|json| &json.totals).or(table.as_ref());
    let html = take_html(members, best, run)?;
    if let Some(html) = &html {
        let has_json = json.is_some();
        tell_report(
            members,
            best.filter(|_| has_json || !is_fuller(html, best)),
            html,
            run,
        );
    }
    Ok(Sources { table, json, html })
}

/// Whether a report counts more than the table, and of no endpoint less.
fn is_fuller(html: &Html, table: Option<&Totals>) -> bool {
    let requests = |totals: &Totals| totals.overall.requests.unwrap_or(0);
    table.is_some_and(|table| {
        requests(&html.totals) > requests(table)
            && html.totals.endpoints.len() >= table.endpoints.len()
    })
}

/// The totals of the report, where it counts more than the table. Percentiles that it lacks are the table's, where they lie
/// between those that it has.
pub(super) fn fuller(
    table: &Totals,
    html: Option<&mut Html>,
    members: &Members,
    run: &mut Run,
) -> Option<Totals> {
    let html = html.filter(|html| is_fuller(html, Some(table)))?;
    let mut totals = std::mem::take(&mut html.totals);
    lend(&mut totals.overall, &table.overall);
    for endpoint in &mut totals.endpoints {
        let same = |one: &&Endpoint| one.name == endpoint.name && one.method == endpoint.method;
        if let Some(other) = table.endpoints.iter().find(same) {
            lend(&mut endpoint.stats, &other.stats);
        }
    }
    let (of_html, of_csv) = (totals.overall.requests, table.overall.requests);
    if let (Some(html), Some(csv)) = (members.html, members.stats) {
        let text = format!(
            "counts and latencies are those of {}: {} requests; {}, written up to a second earlier, has {} and gives the percentiles that the report lacks",
            html.name,
            of_html.unwrap_or(0),
            csv.name,
            of_csv.unwrap_or(0)
        );
        run.note("report-preferred", text, 1);
    }
    Some(totals)
}

/// Adds the percentiles that another has and that do not contradict.
fn lend(to: &mut Stats, from: &Stats) {
    let (Some(to), Some(from)) = (&mut to.latency, &from.latency) else {
        return;
    };
    if to.percentiles.is_empty() {
        return;
    }
    let own = to.percentiles.clone();
    for (percentile, value) in &from.percentiles {
        let below = own.range(..percentile).next_back();
        let above = own.range(percentile..).next();
        let is_between = below.is_none_or(|(_, least)| least.0 <= value.0)
            && above.is_none_or(|(_, most)| most.0 >= value.0);
        if is_between {
            to.percentiles.entry(*percentile).or_insert(*value);
        }
    }
}

/// The report, when it is of the same run.
fn take_html(
    members: &Members,
    best: Option<&Totals>,
    run: &mut Run,
) -> Result<Option<Html>, IngestError> {
    let Some(input) = members.html else {
        return Ok(None);
    };
    let (html, file) = match html::read(input) {
        Ok(read) => read,
        Err(error @ IngestError::Content { .. }) if best.is_some() => {
            run.note(
                "html-unreadable",
                format!("{error}; the other files of the run say what there is to say"),
                1,
            );
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let here = html.totals.overall.requests.unwrap_or(0);
    if let Some(other) = best.and_then(|totals| totals.overall.requests) {
        let name = &input.name;
        if !is_close(here, other) {
            run.note(
                "html-of-another-run",
                format!("{name} has {here} requests and the other files of the same name {other}: not the same run, so the report was left out; it is read when it is given without them, such as through standard input"),
                1,
            );
            return Ok(None);
        }
    }
    run.source.files.push(file);
    Ok(Some(html))
}

/// Says that the report counts differently from the file that the figures are from.
fn tell_report(members: &Members, best: Option<&Totals>, html: &Html, run: &mut Run) {
    let here = html.totals.overall.requests.unwrap_or(0);
    let other = best.and_then(|totals| totals.overall.requests);
    if let (Some(input), Some(other)) = (members.html, other.filter(|other| *other != here)) {
        let text = format!(
            "{} has {here} requests, the files that the figures are from {other}",
            input.name
        );
        run.note("html-differs", text, 1);
    }
}

/// The start as the report has it, where the totals have none.
pub(super) fn take_start(totals: &mut Totals, html: &Html) {
    if totals.started.is_some() || totals.overall.requests.is_none_or(|n| n == 0) {
        return;
    }
    totals.started = html.started;
    totals.ended = html.started.map(|started| {
        let lasted = totals.duration.map_or(0.0, |duration| duration.0);
        started + lasted
    });
    totals.note(
        "start-of-report",
        "the start is that of the HTML report, in whole seconds",
        u64::from(html.started.is_some()),
    );
}

/// Says whose figures they are where the files of one run count differently.
fn tell_preference(members: &Members, json: &Totals, table: &Totals, run: &mut Run) {
    let (Some(json_file), Some(csv_file)) = (members.json, members.stats) else {
        return;
    };
    let of_json = json.overall.requests.unwrap_or(0);
    let of_csv = table.overall.requests.unwrap_or(0);
    if of_json != of_csv {
        let text = format!(
            "counts and latencies are those of {}: {of_json} requests; {}, written up to a second earlier, has {of_csv}",
            json_file.name, csv_file.name
        );
        run.note("json-preferred", text, 1);
    }
}

/// The JSON, when it is of the same run as the table.
fn take_json(
    members: &Members,
    table: Option<&Totals>,
    run: &mut Run,
) -> Result<Option<Json>, IngestError> {
    let Some(input) = members.json else {
        return Ok(None);
    };
    let (json, file) = match json::read(input) {
        Ok(read) => read,
        // The rest of the set says what there is to say: a killed run leaves half a JSON beside whole tables.
        Err(error @ IngestError::Content { .. }) if table.is_some() => {
            run.note(
                "json-unreadable",
                format!("{error}; its figures were taken from the CSV set instead"),
                1,
            );
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let of_json = json.totals.overall.requests.unwrap_or(0);
    if let Some(of_csv) = table.and_then(|table| table.overall.requests)
        && !is_close(of_json, of_csv)
    {
        run.note(
            "json-of-another-run",
            format!(
                "{} has {of_json} requests and the CSV set of the same name {of_csv}: not the same run, so the JSON was left out; it is read when it is given without the set, such as through standard input",
                input.name
            ),
            1,
        );
        return Ok(None);
    }
    run.source.files.push(file);
    Ok(Some(json))
}
