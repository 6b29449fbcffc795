//! `P_stats_history.csv`: totals since the start, about once a second, for all requests and with `--csv-full-history` for
//! each endpoint; read as a stream, in memory that does not grow with the file.
//!
//! * A slice goes from the row before to this row; its counts are the difference of the two totals. A second without a
//!   row makes a longer slice. The columns `Requests/s` and `Failures/s` are means over ten seconds and are not read.
//! * More than [`MOST_SLICES`] slices are joined two by two, again and again. The users of a slice are those at its end.
//! * With full history from 2.2.2 on, and in 1.0 and 1.1, the percentile columns describe the ten seconds before the row;
//!   otherwise all requests since the start, which says nothing about a slice. The file does not say which. Since the start, `100%` is
//!   the rounded `Total Max Response Time` in every row; a row where it is well below proves the ten seconds. Without
//!   such a row the percentiles are left out. The `count` of such a latency is the requests of those ten seconds, so it
//!   exceeds the requests of a slice that is shorter.
//! * Totals that fall are a `--reset-stats`: what was before is not in the totals of the run and is left out.
//! * Rows before the first user and the first request are not part of the run.
//! * A row that cannot be read is a counted note; its requests are in the next slice.
//!
//! References: locust/stats.py, `StatsCSVFileWriter`; locust issues 1873 and 2340.

use rustc_hash::FxHashMap;

use crate::ingest::error::IngestError;
use crate::ingest::input::Input;
use crate::ingest::locust::csv::{percentiles_shifted, whole};
use crate::ingest::locust::slices::{self, Counter, Key, Part, Piece, Pieces, Window};
use crate::ingest::locust::table::Table;
use crate::ingest::locust::totals::{LAST_SECOND, Totals, endpoint, latency, note};
use crate::model::{FileRef, Latency, Millis, Note, Percentile, Slice, Stats};

/// How many endpoints have slices of their own.
pub(super) const MOST_ENDPOINTS: usize = 32;

/// How many endpoints are known when the history is all there is.
const MOST_NAMES: usize = 10_000;

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Epoch seconds at which the first slice starts.
    pub(super) started: Option<u64>,
    /// Epoch seconds of the last row.
    pub(super) ended: Option<u64>,
    /// Most users at one time.
    pub(super) users_max: Option<u64>,
    /// Requests up to the last row.
    pub(super) requests: u64,
    /// What the last rows say of the whole run.
    pub(super) totals: Totals,
    pieces: Pieces,
    keys: Vec<Key>,
    windowed: bool,
    pub(super) notes: Vec<Note>,
}

struct Columns {
    second: usize,
    users: usize,
    method: usize,
    name: usize,
    requests: usize,
    failures: usize,
    mean: Option<usize>,
    min: Option<usize>,
    max: Option<usize>,
    size: Option<usize>,
    hundred: Option<usize>,
    percentiles: Vec<(usize, Percentile)>,
    /// Those that are kept per endpoint.
    few: Vec<(usize, Percentile)>,
}

impl Columns {
    fn of(table: &Table) -> Result<Columns, IngestError> {
        let percentiles = table.percentiles();
        let kept = [Percentile::P50, Percentile::P95, Percentile::P99];
        Ok(Columns {
            second: table.need("Timestamp")?,
            users: table.need("User Count")?,
            method: table.need("Type")?,
            name: table.need("Name")?,
            requests: table.need("Total Request Count")?,
            failures: table.need("Total Failure Count")?,
            mean: table.column("Total Average Response Time"),
            min: table.column("Total Min Response Time"),
            max: table.column("Total Max Response Time"),
            size: table.column("Total Average Content Size"),
            hundred: table.column("100%"),
            few: percentiles
                .iter()
                .filter(|(_, percentile)| kept.contains(percentile))
                .copied()
                .collect(),
            percentiles,
        })
    }
}

/// Figures of one row.
struct Row {
    requests: u64,
    failures: u64,
    min: Option<f64>,
    max: Option<f64>,
    percentiles: Vec<(Percentile, f64)>,
}

fn row(table: &Table, columns: &Columns, all: bool) -> Result<Row, IngestError> {
    let number = |at: Option<usize>| at.map_or(Ok(None), |at| table.number(at));
    let mut percentiles = Vec::new();
    let wanted = if all {
        &columns.percentiles
    } else {
        &columns.few
    };
    for (at, percentile) in wanted {
        if let Some(value) = table.number(*at)? {
            percentiles.push((*percentile, value));
        }
    }
    Ok(Row {
        requests: table.count(columns.requests)?,
        failures: table.count(columns.failures)?,
        min: number(columns.min)?,
        max: number(columns.max)?,
        percentiles,
    })
}

/// Locust writes 0 where the window holds no request.
fn window(row: Row, count: u64) -> Option<Window> {
    let values = || row.percentiles.iter().map(|(_, value)| *value);
    let measured = values().any(|value| value > 0.0) && !percentiles_shifted(values(), row.min);
    (measured && count > 0).then_some(Window {
        count,
        percentiles: row.percentiles,
    })
}

/// Reads the file. `known` are the endpoints with the most requests; without it the totals are taken from the rows.
pub(super) fn read(
    input: &Input,
    known: Option<&[Key]>,
) -> Result<(History, FileRef), IngestError> {
    let mut table = Table::open(input)?;
    let columns = Columns::of(&table)?;
    let mut reading = Reading::new(known);
    while table.next()? {
        if !table.is_whole() {
            reading.left_out(format!(
                "{}: line {} is cut short",
                table.file,
                table.line()
            ));
        } else if let Err(error) = reading.row(&table, &columns) {
            reading.left_out(error.to_string());
        }
    }
    let name = table.file.clone();
    let file = table.finish()?;
    Ok((reading.finish(&name), file))
}

struct Reading {
    history: History,
    /// Whether totals per endpoint are wanted, and of every endpoint.
    all_names: bool,
    places: FxHashMap<Vec<u8>, usize>,
    key: Vec<u8>,
    counters: Vec<Counter>,
    overall: Counter,
    base: Option<u64>,
    batch: Vec<(usize, Row)>,
    batch_second: Option<u64>,
    unclosed: u64,
    resets: u64,
    dropped: u64,
    before: u64,
    back: u64,
    unnamed: u64,
    left_out: u64,
    first_left_out: Option<String>,
    last_rows: Vec<Option<Stats>>,
    /// Those of the second that has no total yet.
    pending: Vec<(usize, Stats)>,
}

impl Reading {
    fn new(known: Option<&[Key]>) -> Reading {
        let mut reading = Reading {
            history: History::default(),
            all_names: known.is_none(),
            places: FxHashMap::default(),
            key: Vec::new(),
            counters: Vec::new(),
            overall: Counter::default(),
            base: None,
            batch: Vec::new(),
            batch_second: None,
            unclosed: 0,
            resets: 0,
            dropped: 0,
            before: 0,
            back: 0,
            unnamed: 0,
            left_out: 0,
            first_left_out: None,
            last_rows: Vec::new(),
            pending: Vec::new(),
        };
        for (method, name) in known.unwrap_or_default() {
            reading.set_key(
                method.as_deref().unwrap_or_default().as_bytes(),
                name.as_bytes(),
            );
            reading.add_key();
        }
        reading
    }

    fn set_key(&mut self, method: &[u8], name: &[u8]) {
        self.key.clear();
        self.key.extend_from_slice(method);
        self.key.push(0);
        self.key.extend_from_slice(name);
    }

    fn add_key(&mut self) -> usize {
        let at = self.counters.len();
        let text = String::from_utf8_lossy(&self.key).into_owned();
        let (method, name) = text.split_once('\0').unwrap_or_default();
        let method = Some(method.to_owned()).filter(|method| !method.is_empty());
        self.history.keys.push((method, name.to_owned()));
        self.places.insert(self.key.clone(), at);
        self.counters.push(Counter::default());
        self.last_rows.push(None);
        at
    }

    fn left_out(&mut self, why: String) {
        self.left_out += 1;
        self.first_left_out.get_or_insert(why);
    }

    fn row(&mut self, table: &Table, columns: &Columns) -> Result<(), IngestError> {
        let second = table.count(columns.second)?;
        if second > LAST_SECOND {
            return Err(table.wrong(columns.second, "seconds since 1970"));
        }
        if self.batch_second != Some(second) {
            self.drop_batch();
            self.batch_second = Some(second);
        }
        let (method, name) = (table.bytes(columns.method), table.bytes(columns.name));
        if method.is_empty() && name == b"Aggregated" {
            let users = table.count(columns.users)?;
            let hundred = columns.hundred.map_or(Ok(None), |at| table.number(at))?;
            let row = row(table, columns, true)?;
            // Rounding takes up to 5 % and half a millisecond off; anything more is another population.
            if let (Some(hundred), Some(max)) = (hundred, row.max)
                && row.requests > 0
                && hundred < max * 0.95 - 0.5
            {
                self.history.windowed = true;
            }
            if self.all_names {
                self.history.totals.overall = last_stats(table, columns, &row)?;
            }
            self.close(second, users, row);
            return Ok(());
        }
        self.set_key(method, name);
        let at = match self.places.get(&self.key) {
            Some(at) => *at,
            None if self.all_names && self.counters.len() < MOST_NAMES => self.add_key(),
            None => {
                self.unnamed += u64::from(self.all_names);
                return Ok(());
            }
        };
        let row = row(table, columns, false)?;
        if self.all_names {
            self.pending.push((at, last_stats(table, columns, &row)?));
        }
        self.batch.push((at, row));
        Ok(())
    }

    /// Rows of endpoints whose total never came.
    fn drop_batch(&mut self) {
        self.unclosed += self.batch.len() as u64;
        self.batch.clear();
        self.pending.clear();
    }

    fn close(&mut self, second: u64, users: u64, row: Row) {
        self.history.users_max = self.history.users_max.max(Some(users));
        // Only now is the second whole: endpoints and total are of one instant.
        for (at, stats) in self.pending.drain(..) {
            if let Some(last) = self.last_rows.get_mut(at) {
                *last = Some(stats);
            }
        }
        let Some(base) = self.base else {
            self.before = row.requests;
            self.take_base(second, &row);
            return;
        };
        if second < base {
            self.back += 1;
            self.batch.clear();
            return;
        }
        if row.requests < self.overall.requests || row.failures < self.overall.failures {
            self.reset();
        }
        if users == 0 && row.requests == 0 && self.history.pieces.all.is_empty() {
            self.take_base(second, &row);
            return;
        }
        let (requests, failures) = self.overall.advance(second, row.requests, row.failures);
        let mut endpoints = Vec::with_capacity(self.batch.len());
        for (at, row) in self.batch.drain(..) {
            let Some(counter) = self.counters.get_mut(at) else {
                continue;
            };
            let (requests, failures) = counter.advance(second, row.requests, row.failures);
            if at < MOST_ENDPOINTS {
                let window = window(row, counter.in_window(second));
                endpoints.push(Part {
                    endpoint: at,
                    requests,
                    failures,
                    window,
                });
            }
        }
        let piece = Piece {
            start: base,
            end: second,
            users,
            requests,
            failures,
            window: window(row, self.overall.in_window(second)),
            endpoints,
        };
        self.base = Some(second);
        self.history.pieces.push(piece);
    }

    /// Takes a row as the point from which differences count.
    fn take_base(&mut self, second: u64, row: &Row) {
        self.base = Some(second);
        self.history.started = Some(second);
        self.overall = Counter::default();
        self.overall.advance(second, row.requests, row.failures);
        for (at, row) in self.batch.drain(..) {
            if let Some(counter) = self.counters.get_mut(at) {
                *counter = Counter::default();
                counter.advance(second, row.requests, row.failures);
            }
        }
    }

    /// The totals start again: only what follows is the run. The row before is where it starts.
    fn reset(&mut self) {
        self.resets += 1;
        self.before = 0;
        self.dropped += self.history.pieces.all.len() as u64;
        self.history.pieces = Pieces::default();
        self.history.started = self.base;
        self.overall = Counter::default();
        for counter in &mut self.counters {
            *counter = Counter::default();
        }
    }

    fn finish(mut self, file: &str) -> History {
        self.drop_batch();
        let history = &mut self.history;
        history.pieces.all.retain(|piece| piece.start < piece.end);
        history.ended = self.base;
        history.requests = self.overall.requests;
        let mut say =
            |id: &str, text: String, count: u64| note(&mut history.notes, id, text, count);
        if let Some(first) = self.first_left_out {
            say(
                "history-rows",
                format!("history rows that could not be read were left out, the first: {first}"),
                self.left_out,
            );
        }
        say(
            "history-cut",
            format!(
                "{file}: rows of endpoints whose second has no total were left out; was the run killed?"
            ),
            self.unclosed,
        );
        say(
            "stats-reset",
            format!(
                "{file}: the totals started again during the run, as --reset-stats does; totals and timeline cover only the time since, and that many slices before it are left out"
            ),
            if self.resets > 0 {
                self.dropped.max(1)
            } else {
                0
            },
        );
        say(
            "history-late",
            format!("{file}: requests before its first row are in no slice"),
            self.before,
        );
        say(
            "clock-back",
            format!("{file}: rows whose time is before the row above were left out"),
            self.back,
        );
        say(
            "endpoints-capped",
            format!("{file}: rows of endpoints beyond the first {MOST_NAMES} were left out"),
            self.unnamed,
        );
        let factor = history.pieces.factor;
        say(
            "slices-joined",
            format!(
                "{file}: neighbouring rows were joined, {factor} to a slice; the users are those at its end"
            ),
            (factor > 1).into(),
        );
        if self.all_names {
            for (key, stats) in history.keys.iter().zip(self.last_rows) {
                let method = key.0.clone().unwrap_or_default();
                let made = stats.map(|stats| endpoint(method, key.1.clone(), stats));
                history.totals.endpoints.extend(made);
            }
        }
        self.history
    }
}

/// What a row says of the whole run.
fn last_stats(table: &Table, columns: &Columns, row: &Row) -> Result<Stats, IngestError> {
    let number = |at: Option<usize>| at.map_or(Ok(None), |at| table.number(at));
    let mean = number(columns.mean)?;
    let size = number(columns.size)?;
    let timed = row.requests > 0 && row.max.is_some_and(|max| max > 0.0);
    Ok(Stats {
        requests: Some(row.requests),
        failures: Some(row.failures),
        bytes_received: size.and_then(|size| whole(size * row.requests as f64)),
        latency: timed.then(|| Latency {
            min: row.min.map(Millis),
            mean: mean.map(Millis),
            max: row.max.map(Millis),
            ..latency(row.requests)
        }),
        ..Stats::default()
    })
}

impl History {
    /// Whether the percentiles describe the ten seconds before a row.
    pub(super) fn is_windowed(&self) -> bool {
        self.windowed
    }

    /// Whether any row has percentiles.
    pub(super) fn has_percentiles(&self) -> bool {
        self.pieces.all.iter().any(|piece| piece.window.is_some())
    }

    /// The slices, with the run's start at `zero` epoch seconds.
    pub(super) fn timeline(&self, zero: f64) -> Vec<Slice> {
        slices::timeline(&self.pieces.all, &self.keys, self.windowed, zero)
    }
}
