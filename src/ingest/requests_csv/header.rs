//! What the header of a table of requests says about its columns.

use std::borrow::Cow;

use crate::ingest::log::cut::Quoting;
use crate::ingest::log::fields::{record_end, split_quoted, trim_line};
use crate::ingest::log::scalar::{Scale, epoch, rfc3339};
use crate::ingest::requests_csv::column_name::{ENDS, Role, latency_unit, left, normalized, rank};
use crate::ingest::requests_csv::evidence::{self, Beside, Column};
use crate::ingest::sniff::Head;
use crate::ingest::words::is_nothing;
use crate::model::Note;

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Epoch(Scale),
    Rfc3339,
}

impl Clock {
    fn nanos(self, text: &str) -> Option<i64> {
        match self {
            Clock::Epoch(scale) => epoch(text, scale),
            Clock::Rfc3339 => rfc3339(text).map(|(time, _)| time),
        }
    }
}

/// The header of a table.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// As it stands in the file.
    pub(super) line: String,
    pub(super) quoting: Quoting,
    /// By column.
    pub(super) roles: Vec<Option<Role>>,
    pub(super) latency_scale: Scale,
    /// Id and sentence of what has to be told of the columns.
    pub(super) notes: Vec<(&'static str, String)>,
    /// Whether the columns that ask for the outcome say something in the first rows. One that does not was meant for failures,
    /// or for nothing.
    pub(super) is_flag_used: bool,
    /// Columns that could be the latency, best name first.
    candidates: Vec<usize>,
    names: Vec<String>,
    present: [bool; Role::COUNT],
}

impl Header {
    /// Reads the first line, by the delimiter that gives a latency column and the most columns.
    pub(super) fn of(head: &Head) -> Result<Header, String> {
        let mut best: Option<Header> = None;
        let mut problem = None;
        for delimiter in [b',', b';', b'\t'] {
            match Header::by(head, delimiter) {
                Ok(header) => {
                    if best
                        .as_ref()
                        .is_none_or(|best| header.roles.len() > best.roles.len())
                    {
                        best = Some(header);
                    }
                }
                Err((columns, why)) => {
                    if problem.as_ref().is_none_or(|(most, _)| columns > *most) {
                        problem = Some((columns, why));
                    }
                }
            }
        }
        best.ok_or_else(|| problem.map_or_else(String::new, |(_, why)| why))
    }

    fn by(head: &Head, delimiter: u8) -> Result<Header, (usize, String)> {
        let quoting = Quoting {
            quote: b'"',
            delimiter,
        };
        let line = record_end(head.bytes, quoting)
            .filter(|(end, next)| end < next || head.complete)
            .and_then(|(end, _)| std::str::from_utf8(head.bytes.get(..end)?).ok())
            .map(trim_line)
            .ok_or_else(|| (0, "the first line is no header of column names".to_owned()))?;
        let names: Vec<String> = split_quoted(line, quoting)
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let plain: Vec<String> = names.iter().map(|name| normalized(name)).collect();
        let mut roles = vec![None; names.len()];
        let mut present = [false; Role::COUNT];
        for role in Role::ALL {
            let columns = plain.iter().enumerate();
            let mut found: Vec<(usize, usize)> = columns
                .filter_map(|(column, name)| Some((rank(role, name)?, column)))
                .collect();
            found.sort_unstable();
            let mut found = found.into_iter();
            let Some((best, column)) = found.next() else {
                continue;
            };
            if found.next().is_some_and(|(second, _)| second == best) {
                let name = names.get(column).map_or("", String::as_str);
                return Err((names.len(), format!("the header has two columns `{name}`")));
            }
            if let Some(place) = roles.get_mut(column) {
                *place = Some(role);
            }
            if let Some(place) = present.get_mut(role as usize) {
                *place = true;
            }
        }
        let mut candidates: Vec<(usize, usize)> = plain
            .iter()
            .enumerate()
            .filter_map(|(column, name)| Some((rank(Role::Latency, name)?, column)))
            .collect();
        candidates.sort_unstable();
        let latency = candidates
            .first()
            .and_then(|(_, column)| plain.get(*column));
        let Some(latency) = latency else {
            let mut list = names.join(", ");
            if list.chars().count() > 200 {
                list = list.chars().take(200).chain("...".chars()).collect();
            }
            let why = format!(
                "no column is a latency (response_time, elapsed, latency, duration; with _ms, _s, _us or _ns); the header has: {list}"
            );
            return Err((names.len(), why));
        };
        Ok(Header {
            line: line.to_owned(),
            notes: Vec::new(),
            is_flag_used: false,
            quoting,
            latency_scale: latency_unit(latency).1.unwrap_or(Scale::MILLIS),
            candidates: candidates.into_iter().map(|(_, column)| column).collect(),
            roles,
            names,
            present,
        })
    }

    /// Looks at the first rows: which of several columns is the latency, and what it is in.
    pub(super) fn decide(
        &mut self,
        head: &Head,
        clock: Option<Clock>,
        given: Option<Scale>,
    ) -> Result<(), String> {
        let rows = self.rows(head);
        let numbers = |column: usize| -> Column {
            let cells = rows
                .iter()
                .map(|row| row.get(column).map(|cell| cell.trim()));
            let comma = self.quoting.delimiter == b';';
            let number = |cell: &str| {
                if comma {
                    cell.replacen(',', ".", 1).parse::<f64>().ok()
                } else {
                    cell.parse().ok()
                }
            };
            cells
                .map(|cell| number(cell?).filter(|n: &f64| n.is_finite()))
                .collect()
        };
        let instants = |column: usize| -> Column {
            let cells = rows
                .iter()
                .map(|row| row.get(column).map(|cell| cell.trim()));
            let seconds = |cell: &str| Some(clock?.nanos(cell)? as f64 / 1e9);
            cells.map(|cell| seconds(cell?)).collect()
        };
        let place = |role| self.roles.iter().position(|known| *known == Some(role));
        let times = place(Role::Time).map(instants);
        let from_start = |column: &usize| {
            let values = numbers(*column);
            match &times {
                Some(times) => evidence::counts_from_the_start(&values, times),
                None => evidence::never_falls(&values),
            }
        };
        let mut notes = Vec::new();
        let first = self.candidates.first().copied().unwrap_or_default();
        let mut latency = first;
        if let [_, _, ..] = self.candidates.as_slice() {
            let better = self.candidates.iter().find(|column| !from_start(column));
            latency = better.copied().unwrap_or(first);
        }
        let name = self.names.get(latency).cloned().unwrap_or_default();
        for other in self.candidates.iter().filter(|column| **column != latency) {
            let other_name = self.names.get(*other).map_or("", String::as_str);
            let text = if from_start(other) {
                format!(
                    "the column `{other_name}` is left: its values count from the start of the run, as the times do; the latency is `{name}`"
                )
            } else {
                left(other_name)
            };
            notes.push(("latency-left", text));
        }
        let values = numbers(latency);
        let named = latency_unit(&normalized(&name)).1;
        let scale = match (named, given) {
            (Some(named), Some(given)) if named != given => {
                return Err(format!(
                    "--unit contradicts the column `{name}`, whose name says {}",
                    evidence::name_of(named)
                ));
            }
            (Some(scale), _) | (None, Some(scale)) => scale,
            (None, None) => {
                let end = |name: &String| ENDS.contains(&normalized(name).as_str());
                let with_unit = |column: &&usize| {
                    let name = self.names.get(**column).map_or("", String::as_str);
                    **column != latency
                        && latency_unit(&normalized(name)).1.is_some()
                        && !from_start(column)
                };
                let part = self.candidates.iter().find(with_unit).map(|column| {
                    let name = self.names.get(*column).map_or("", String::as_str);
                    let scale = latency_unit(&normalized(name)).1.unwrap_or(Scale::MILLIS);
                    let seconds = |value: Option<f64>| Some(value? / scale.per_second());
                    numbers(*column).into_iter().map(seconds).collect()
                });
                let beside = Beside {
                    ends: self.names.iter().position(end).map(instants),
                    part,
                    times: times.clone(),
                };
                if let Some((scale, why)) = evidence::unit(&values, &beside) {
                    let unit = evidence::name_of(scale);
                    notes.push((
                        "latency-unit",
                        format!("`{name}` names no unit and is read as {unit}, as {why}"),
                    ));
                    scale
                } else {
                    let text = format!(
                        "`{name}` names no unit: milliseconds are assumed, and no target on a latency is judged; `--unit ms|us|s|ns` says the unit"
                    );
                    // Of no rows there is nothing to judge.
                    notes.extend((!rows.is_empty()).then_some((Note::LATENCY_ASSUMED, text)));
                    Scale::MILLIS
                }
            }
        };
        let in_doubt = times
            .as_ref()
            .is_some_and(|times| evidence::counts_from_the_start(&values, times));
        if in_doubt {
            let text = format!(
                "`{name}` grows with the times one to one: it may count from the start of the run and be no latency, and no target on a latency is judged"
            );
            notes.push((Note::LATENCY_ASSUMED, text));
        }
        for (column, role) in self.roles.iter_mut().enumerate() {
            if *role == Some(Role::Latency) && column != latency {
                *role = None;
            } else if column == latency {
                *role = Some(Role::Latency);
            }
        }
        self.is_flag_used = self.roles.iter().enumerate().any(|(column, role)| {
            let mut cells = rows.iter().filter_map(|row| row.get(column));
            matches!(role, Some(Role::Ok | Role::Failed)) && cells.any(|cell| !is_nothing(cell))
        });
        self.latency_scale = scale;
        self.notes = notes;
        Ok(())
    }

    /// The whole rows of the head, without the header.
    fn rows(&self, head: &Head) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut rest = head.bytes;
        while !rest.is_empty() && rows.len() <= evidence::MOST_ROWS {
            let Some((end, next)) = record_end(rest, self.quoting) else {
                break;
            };
            if end == next && !head.complete {
                break;
            }
            let record = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
            rest = rest.get(next..).unwrap_or_default();
            let fields = split_quoted(trim_line(&record), self.quoting);
            rows.push(fields.into_iter().map(Cow::into_owned).collect());
        }
        rows.drain(..1.min(rows.len()));
        rows
    }

    #[inline]
    pub(super) fn has(&self, role: Role) -> bool {
        self.present.get(role as usize).copied().unwrap_or(false)
    }

    fn name_of(&self, role: Role) -> Option<&str> {
        let column = self.roles.iter().position(|known| *known == Some(role))?;
        self.names.get(column).map(String::as_str)
    }

    pub(super) fn latency_name(&self) -> &str {
        self.name_of(Role::Latency).unwrap_or_default()
    }

    pub(super) fn some_other_than_latency(&self) -> Option<&str> {
        let mut others = Role::ALL.into_iter().filter(|role| *role != Role::Latency);
        others.find_map(|role| self.name_of(role))
    }

    /// The tool whose table this is beyond doubt, where that table means something else by the same names.
    pub(super) fn foreign(&self) -> Option<&'static str> {
        let has = |wanted: &str| self.names.iter().any(|name| name == wanted);
        if has("DNS+dialup") {
            return Some(if has("request-start") {
                "a table of oha, whose times are in seconds"
            } else {
                "a table of hey, whose times are in seconds"
            });
        }
        if !has("elapsed") {
            return None;
        }
        if has("Latency") {
            return Some(
                "a table of JMeter, whose `elapsed` is the response time and `Latency` the time to the first byte",
            );
        }
        has("timeStamp")
            .then_some("a table of JMeter, as the column `timeStamp` beside `elapsed` says")
    }

    /// Columns that one tool alone writes: its own format reads them.
    pub(super) fn is_another_tools(&self) -> bool {
        const JMETER: [&str; 8] = [
            "timeStamp",
            "responseMessage",
            "threadName",
            "failureMessage",
            "grpThreads",
            "allThreads",
            "IdleTime",
            "sentBytes",
        ];
        // hey and oha; k6; Locust.
        const OTHERS: [&str; 4] = ["DNS+dialup", "metric_name", "Request Count", "User Count"];
        self.names
            .iter()
            .any(|name| JMETER.contains(&name.as_str()) || OTHERS.contains(&name.as_str()))
    }

    /// How the first time under the header is written.
    pub(super) fn clock(&self, head: &Head) -> Option<Clock> {
        let column = self
            .roles
            .iter()
            .position(|role| *role == Some(Role::Time))?;
        let rows = self.rows(head);
        let mut texts = rows.iter().filter_map(|row| row.get(column));
        texts.find_map(|text| {
            let text = text.trim_ascii();
            let epoch = Scale::of_epoch(text).map(Clock::Epoch);
            epoch.or_else(|| rfc3339(text).map(|_| Clock::Rfc3339))
        })
    }
}
