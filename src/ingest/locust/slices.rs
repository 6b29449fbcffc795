//! Slices in the making: rows become pieces, pieces are joined until they are few, and become the timeline.
//!
//! Knows no file. What a row means is said in `history.rs`.

use std::collections::VecDeque;

use crate::ingest::locust::totals::latency;
use crate::model::{
    EndpointSlice, Latency, Millis, Percentile, Resolution, ResolutionKind, Seconds, Slice, Stats,
};

/// How many slices are kept.
pub(super) const MOST_SLICES: usize = 600;

/// The window of Locust's current percentiles.
pub(super) const WINDOW: u64 = 10;

/// Method and name.
pub(super) type Key = (Option<String>, String);

/// Percentiles of the ten seconds before a row.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) count: u64,
    pub(super) percentiles: Vec<(Percentile, f64)>,
}

/// A slice in the making.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) users: u64,
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) window: Option<Window>,
    pub(super) endpoints: Vec<Part>,
}

/// One endpoint inside it, by its place among the keys.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) endpoint: usize,
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) window: Option<Window>,
}

impl Piece {
    pub(super) fn join(&mut self, next: Piece) {
        self.end = next.end;
        self.users = next.users;
        self.requests = self.requests.saturating_add(next.requests);
        self.failures = self.failures.saturating_add(next.failures);
        self.window = next.window;
        for part in next.endpoints {
            let same = self
                .endpoints
                .iter_mut()
                .find(|p| p.endpoint == part.endpoint);
            if let Some(mine) = same {
                mine.requests = mine.requests.saturating_add(part.requests);
                mine.failures = mine.failures.saturating_add(part.failures);
                mine.window = part.window;
            } else {
                self.endpoints.push(part);
            }
        }
    }
}

/// Totals since the start of all requests or of one endpoint, at the last rows.
#[derive(Debug, Default)]
pub(super) struct Counter {
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// Second and requests of the last rows, for the size of the window.
    pub(super) recent: VecDeque<(u64, u64)>,
}

impl Counter {
    /// The requests and failures since the row before.
    pub(super) fn advance(&mut self, second: u64, requests: u64, failures: u64) -> (u64, u64) {
        let new = (
            requests.saturating_sub(self.requests),
            failures.saturating_sub(self.failures),
        );
        self.requests = requests;
        self.failures = failures;
        match self.recent.back_mut() {
            // However many rows a second has, one is enough.
            Some(last) if last.0 == second => last.1 = requests,
            _ => self.recent.push_back((second, requests)),
        }
        while self
            .recent
            .get(1)
            .is_some_and(|(then, _)| *then + WINDOW <= second)
        {
            self.recent.pop_front();
        }
        new
    }

    /// The requests of the ten seconds before the last row.
    pub(super) fn in_window(&self, second: u64) -> u64 {
        let before = self
            .recent
            .front()
            .filter(|(then, _)| *then + WINDOW <= second);
        self.requests - before.map_or(0, |(_, requests)| (*requests).min(self.requests))
    }
}

/// The pieces of a run so far.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) all: Vec<Piece>,
    /// How many rows make a piece, and how many the last piece has.
    pub(super) factor: usize,
    in_last: usize,
}

impl Default for Pieces {
    fn default() -> Pieces {
        Pieces {
            all: Vec::new(),
            factor: 1,
            in_last: 0,
        }
    }
}

impl Pieces {
    /// Adds a row. When there are too many pieces they are joined two by two.
    pub(super) fn push(&mut self, piece: Piece) {
        let pieces = &mut self.all;
        match pieces.last_mut() {
            // Two rows of one second are one slice.
            Some(last) if piece.start == piece.end || last.start == last.end => last.join(piece),
            Some(last) if self.in_last < self.factor => {
                last.join(piece);
                self.in_last += 1;
            }
            _ => {
                pieces.push(piece);
                self.in_last = 1;
            }
        }
        if pieces.len() > MOST_SLICES {
            let mut halved: Vec<Piece> = Vec::with_capacity(MOST_SLICES);
            for (at, piece) in pieces.drain(..).enumerate() {
                match halved.last_mut() {
                    Some(last) if at % 2 == 1 => last.join(piece),
                    _ => halved.push(piece),
                }
            }
            *pieces = halved;
            // The odd one at the end has as many rows as it had.
            self.factor *= 2;
        }
    }
}

/// Locust's percentiles of a row are those of the ten seconds before it.
const WINDOW_S: f64 = 10.0;

/// The slices, with the run's start at `zero` epoch seconds.
pub(super) fn timeline(pieces: &[Piece], keys: &[Key], windowed: bool, zero: f64) -> Vec<Slice> {
    let stats = |requests, failures, window: &Option<Window>, seconds| {
        let mut stats = Stats {
            requests: Some(requests),
            failures: Some(failures),
            latency: window.as_ref().filter(|_| windowed).map(of_window),
            ..Stats::default()
        };
        stats.set_rates(Some(seconds));
        stats
    };
    pieces
        .iter()
        .map(|piece| {
            let seconds = Seconds((piece.end - piece.start) as f64);
            let mut endpoints: Vec<EndpointSlice> = piece
                .endpoints
                .iter()
                .filter_map(|part| {
                    let (method, name) = keys.get(part.endpoint)?.clone();
                    let stats = stats(part.requests, part.failures, &part.window, seconds);
                    Some(EndpointSlice {
                        name,
                        method,
                        stats,
                    })
                })
                .collect();
            endpoints.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
            Slice {
                completed: None,
                latency_window: windowed.then_some(Seconds(WINDOW_S)),
                start: Seconds(piece.start as f64 - zero),
                duration: seconds,
                users: Some(piece.users as f64),
                arrivals: None,
                stats: stats(piece.requests, piece.failures, &piece.window, seconds),
                endpoints,
            }
        })
        .collect()
}

/// Percentiles of a window as a latency.
pub(super) fn of_window(window: &Window) -> Latency {
    let percentiles = window.percentiles.iter();
    Latency {
        percentiles: percentiles
            .map(|(at, value)| (*at, Millis(*value)))
            .collect(),
        resolution: Resolution {
            kind: ResolutionKind::Rounded,
            relative: Some(0.05),
            absolute: Some(Millis(1.0)),
        },
        ..latency(window.count)
    }
}
