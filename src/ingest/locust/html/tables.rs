//! The report of Locust 1.2 to 2.24 without `--modern-ui`: tables, and a JavaScript object for the charts.
//!
//! A scanner for exactly this markup, not a parser of HTML: names were not escaped before 2.10.2, so a name may hold
//! markup, and a parser would make elements of it and lose the name. A cell ends at `</td>`; where a line has too many
//! cells, the name is what lies between the method and the numbers. A name that ends its own line is lost with the line.
//!
//! References: `locust/templates/report.html` and `stats_data.html` of 1.6.0, 2.8.6 and 2.20.1.

use memchr::memmem;

use crate::ingest::error::{IngestError, Place};
use crate::ingest::locust::html::row::Cell;
use crate::ingest::locust::html::{Line, MOST_ROWS, Page, Problem, moment, series, tell, unescape};
use crate::model::{Millis, Percentile};

const MARK: &[u8] = b"<h1>Locust Test Report</h1>";

/// Whether the page is one.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    memmem::find(bytes, MARK).is_some() && memmem::find(bytes, b"# Requests").is_some()
}

/// Reads the page.
pub(super) fn read(bytes: &[u8], file: &str) -> Result<Page, IngestError> {
    let text = String::from_utf8_lossy(bytes);
    let body = text.split_once("<h1>Locust Test Report</h1>");
    let (_, body) = body.unwrap_or_default();
    // The bundle holds markup of its own.
    let body = body.split("// jquery-").next().unwrap_or_default();
    let mut page = Page {
        is_table: true,
        ..Page::default()
    };
    take_times(body, &mut page);
    let mut rest = body;
    let mut lost = 0;
    let mut times = 0;
    while let Some((head, rows, after)) = next_table(rest) {
        rest = after;
        let Some(kind) = Kind::of(&head) else {
            continue;
        };
        for row in rows_of(rows) {
            if page.lines.len() + page.failures.len() + page.exceptions.len() > MOST_ROWS {
                let problem = format!("the tables have more than {MOST_ROWS} rows");
                return Err(IngestError::content(file, Place::File, problem));
            }
            let taken = match cells_of(row, head.len(), kind) {
                Some(cells) => take(&head, &cells, kind, &mut page, &mut times),
                None => None,
            };
            lost += u64::from(taken.is_none());
        }
    }
    tell(
        &mut page,
        "rows-unreadable",
        format!(
            "{file}: rows of the tables were left out, as a name in them breaks the markup or a number is none"
        ),
        lost,
    );
    let before: Vec<String> = page.lines.iter().map(|line| line.name.clone()).collect();
    unescape(&mut page);
    let markup = |name: &&String| name.contains(['<', '>', '&', '"', '\'']);
    let kept = page.lines.iter().map(|line| &line.name).filter(markup);
    let raw = kept.filter(|name| before.contains(name)).count();
    tell(
        &mut page,
        "names-not-escaped",
        format!(
            "{file}: names stand there without escaping, as Locust before 2.10.2 wrote them, and are taken as they are; one that holds `</td>` or `</tr>` may be cut"
        ),
        raw as u64,
    );
    if let Some(columns) = columns(&text) {
        series::of_columns(&columns, file, &mut page);
    } else {
        tell(
            &mut page,
            "no-history",
            format!("{file}: the history of the charts is not there or not readable"),
            1,
        );
    }
    Ok(page)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Requests,
    Times,
    Failures,
    Exceptions,
}

impl Kind {
    fn of(head: &[String]) -> Option<Kind> {
        let has = |name: &str| head.iter().any(|cell| cell == name);
        if has("# Requests") && has("# Fails") {
            Some(Kind::Requests)
        } else if head.iter().any(|cell| cell.ends_with("%ile (ms)")) {
            Some(Kind::Times)
        } else if has("Error") && has("Occurrences") {
            Some(Kind::Failures)
        } else if has("Message") && has("Traceback") {
            Some(Kind::Exceptions)
        } else {
            None
        }
    }

    /// How many cells stand before the one that may hold anything, and how many behind it.
    fn around(self, width: usize) -> (usize, usize) {
        match self {
            Kind::Requests | Kind::Times => (1, width.saturating_sub(2)),
            // Name and error may both hold anything: the name is taken to hold less.
            Kind::Failures => (2, 1),
            // Count, message, traceback, nodes.
            Kind::Exceptions => (1, 2),
        }
    }
}

/// The next table: its head, its rows, and what follows.
fn next_table(text: &str) -> Option<(Vec<String>, &str, &str)> {
    let (_, after) = text.split_once("<thead>")?;
    let (head, after) = after.split_once("</thead>")?;
    let cells = head.split("<th").skip(1).filter_map(|cell| {
        let (_, content) = cell.split_once('>')?;
        Some(content.split("</th>").next()?.trim().to_owned())
    });
    // Not at the first `</tbody>`: up to where the next table starts.
    let end = after.find("<thead>").unwrap_or(after.len());
    let (rows, rest) = after.split_at_checked(end)?;
    let rows = rows.rsplit_once("</tbody>").map_or(rows, |(rows, _)| rows);
    Some((cells.collect(), rows, rest))
}

/// What stands between `<tr` and `</tr>`.
fn rows_of(text: &str) -> impl Iterator<Item = &str> {
    text.split("</tr>").filter_map(|row| {
        let (_, row) = row.split_once("<tr")?;
        row.split_once('>').map(|(_, cells)| cells)
    })
}

/// The cells of a row; `None` when there are too few.
fn cells_of(row: &str, width: usize, kind: Kind) -> Option<Vec<&str>> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    while let Some(open) = row.get(from..)?.find("<td").map(|at| at + from) {
        let start = open + row.get(open..)?.find('>')? + 1;
        let Some(end) = row.get(start..)?.find("</td>").map(|at| at + start) else {
            break;
        };
        spans.push((start, end));
        from = end + "</td>".len();
    }
    let (before, behind) = kind.around(width);
    if spans.len() < width || before + behind >= spans.len() {
        return None;
    }
    let more = spans.len() - width;
    let mut cells: Vec<&str> = Vec::with_capacity(width);
    for (index, (start, end)) in spans.iter().enumerate() {
        let end = if index == before {
            spans.get(before + more)?.1
        } else {
            *end
        };
        if index <= before || index > before + more {
            cells.push(row.get(*start..end)?);
        }
    }
    Some(cells)
}

/// Rows that the second table may lack in a row.
const MOST_SKIPPED: usize = 1_000;

/// Takes a row into the page; `None` when a number is none. `times` = where the second table is in the first one.
fn take(
    head: &[String],
    cells: &[&str],
    kind: Kind,
    page: &mut Page,
    times: &mut usize,
) -> Option<()> {
    let cell = |name: &str| {
        let at = head.iter().position(|cell| cell == name)?;
        cells.get(at).copied()
    };
    let number = |name: &str| -> Option<f64> {
        let value: f64 = cell(name)?.trim().parse().ok()?;
        (value.is_finite() && value >= 0.0).then_some(value)
    };
    let count = |name: &str| cell(name)?.trim().parse::<u64>().ok();
    let text = |name: &str| cell(name).unwrap_or_default().to_owned();
    match kind {
        Kind::Requests => {
            let mut line = Line {
                method: text("Method"),
                name: text("Name"),
                requests: count("# Requests")?,
                failures: count("# Fails")?,
                mean: Some(number("Average (ms)")?),
                min: Some(number("Min (ms)")?),
                max: Some(number("Max (ms)")?),
                ..Line::default()
            };
            for (id, column) in [
                ("average_content_size", "Average size (bytes)"),
                ("rate_per_s", "RPS"),
                ("failures_per_s", "Failures/s"),
            ] {
                line.reported.push((id, number(column)?));
            }
            page.lines.push(line);
        }
        Kind::Times => {
            let (method, name) = (text("Method"), text("Name"));
            let same = |line: &&mut Line| -> bool {
                line.name == name && line.method == method && line.percentiles.is_empty()
            };
            // Both tables have the same order, unless rows are missing in one: a few places further on, and no more.
            let near = *times..times.saturating_add(MOST_SKIPPED).min(page.lines.len());
            let lines = page.lines.get_mut(near)?.iter_mut().enumerate();
            let mut lines = lines.filter(|(_, line)| same(line));
            let (skipped, line) = lines.next()?;
            *times += skipped + 1;
            for (column, cell) in head.iter().zip(cells) {
                let percent = column.strip_suffix("%ile (ms)");
                let percentile = percent.and_then(|p| p.parse::<Percentile>().ok());
                if let Some(percentile) = percentile {
                    let value: f64 = cell.trim().parse().ok()?;
                    if !value.is_finite() || value < 0.0 {
                        return None;
                    }
                    line.percentiles.insert(percentile, Millis(value));
                }
            }
        }
        Kind::Failures => page.failures.push(Problem {
            method: text("Method"),
            name: text("Name"),
            text: text("Error"),
            count: count("Occurrences")?,
        }),
        Kind::Exceptions => page.exceptions.push(Problem {
            method: String::new(),
            name: String::new(),
            text: text("Message"),
            count: count("Count")?,
        }),
    }
    Some(())
}

/// `During: <span>START - END</span>` in local time before 2.2.0, one span each since; in UTC since 2.4.2. Between the
/// two the history is in UTC and the start is not, which shows where the zone is not UTC.
fn take_times(body: &str, page: &mut Page) {
    let Some((_, after)) = body.split_once("<p>During:") else {
        return;
    };
    let line = after.split("</p>").next().unwrap_or_default();
    page.is_utc = line.contains("l10n");
    let plain: String = line
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect();
    if let Some((start, end)) = plain.split_once(" - ") {
        page.started = moment(start);
        page.ended = moment(end);
    }
}

/// The arrays of `var stats_history = {`: the last one, as names stand before it.
fn columns(text: &str) -> Option<series::Columns> {
    let (_, object) = text.rsplit_once("var stats_history = {")?;
    let array = |key: &str| -> Option<Vec<Cell>> {
        let (_, after) = object.split_once(&format!("\"{key}\": ["))?;
        let start = object.len() - after.len() - 1;
        let mut values =
            serde_json::Deserializer::from_str(object.get(start..)?).into_iter::<Vec<Cell>>();
        values.next()?.ok().filter(|cells| cells.len() <= MOST_ROWS)
    };
    // `var percentile1 = 0.5`: which ones the charts show, where they can be chosen.
    let chosen = |number: &str| {
        let (_, after) = object.split_once(&format!("var percentile{number} = "))?;
        let share: f64 = after.split_whitespace().next()?.parse().ok()?;
        Percentile::new((share * 100_000.0).round() / 1000.0)
    };
    let known = [
        ("50", Some(Percentile::P50)),
        ("95", Some(Percentile::P95)),
        ("1", chosen("1")),
        ("2", chosen("2")),
    ];
    let percentiles = known.into_iter().filter_map(|(end, percentile)| {
        Some((
            percentile?,
            array(&format!("response_time_percentile_{end}"))?,
        ))
    });
    Some(series::Columns {
        time: array("time")?,
        users: array("user_count").unwrap_or_default(),
        rate: array("current_rps").unwrap_or_default(),
        failure_rate: array("current_fail_per_sec").unwrap_or_default(),
        percentiles: percentiles.collect(),
    })
}
