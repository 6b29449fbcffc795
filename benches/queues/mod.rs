//! Queues whose capacity is known, and the series of load levels that a load generator would drive them with.
//!
//! `events` is the queue, `written` what the generator writes of it, `theory` what books say of it. The clock is in seconds.

pub(crate) mod events;
pub(crate) mod theory;
pub(crate) mod written;

use crate::shared::Seed;
use events::{Queue, Request, Service};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Poisson arrivals, one server, exponential service.
    Mm1,
    /// The same with several servers.
    Mmc,
    /// Log-normal service, and clients that give up after 50 to 500 service times.
    Mg1,
    /// A number of users that think between an answer and the next request; one server or several.
    Closed,
    /// An M/M/1 whose run tells no time of load: what was offered, and figures of the whole with its last answers.
    Drain,
    /// Sessions of seven requests, one after another, that cost more or less; one server.
    Flow,
    /// Log-normal service, and clients that give up after 10 to 40 service times: goodput falls well before the capacity.
    Impatient,
}

impl Kind {
    pub(crate) const ALL: [Kind; 7] = [
        Kind::Mm1,
        Kind::Mmc,
        Kind::Mg1,
        Kind::Closed,
        Kind::Drain,
        Kind::Flow,
        Kind::Impatient,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Mm1 => "mm1",
            Kind::Mmc => "mmc",
            Kind::Mg1 => "mg1",
            Kind::Closed => "closed",
            Kind::Drain => "drain",
            Kind::Flow => "flow",
            Kind::Impatient => "impatient",
        }
    }

    /// Whether the knee is promised to be found there.
    pub(crate) fn is_promised(self) -> bool {
        self != Kind::Impatient
    }
}

/// What all series of a cell of the table have in common.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    /// Whether the highest level is beyond the capacity.
    pub(crate) saturated: bool,
    pub(crate) repeats: usize,
    /// Standard deviation of the logarithm of the speed of the machine, from run to run.
    pub(crate) spread: f64,
}

impl Cell {
    pub(crate) fn name(&self) -> String {
        let state = if self.saturated { "saturated" } else { "free" };
        format!(
            "{}-{state}-{}-{}",
            self.kind.name(),
            self.repeats,
            self.spread
        )
    }

    /// Every series has random numbers of its own.
    fn seed(&self, number: u64) -> Seed {
        let name = self.name();
        let mixed = name
            .bytes()
            .fold(0, |mixed: u64, byte| Seed(mixed ^ u64::from(byte)).next());
        Seed(Seed(mixed ^ number).next())
    }
}

/// One run at one level.
pub(crate) struct Run {
    /// What the machine multiplies service times with.
    pub(crate) factor: f64,
    pub(crate) requests: Vec<Request>,
    pub(crate) id: u64,
}

pub(crate) struct Series {
    pub(crate) queue: Queue,
    /// Mean time between an answer and the next request of a user; only of a closed load.
    pub(crate) think: Option<f64>,
    /// Of sessions: what each of their requests costs, in mean service times.
    pub(crate) costs: Vec<f64>,
    /// Whether the runs tell their load over time.
    pub(crate) is_timed: bool,
    /// Requests per second that the servers can answer.
    pub(crate) capacity: f64,
    /// Where the knee is, as a level: the capacity, the users that would keep the servers just busy if none ever waited, or the
    /// rate with the most good answers.
    pub(crate) truth: f64,
    /// Seconds in which requests are sent.
    pub(crate) duration: f64,
    /// Arrivals per second, or users.
    pub(crate) levels: Vec<f64>,
    /// Level by level, repeat by repeat.
    pub(crate) runs: Vec<Vec<Run>>,
}

impl Series {
    /// How far the series goes, as a share of the truth.
    pub(crate) fn reach(&self) -> f64 {
        self.levels.last().copied().unwrap_or_default() / self.truth
    }

    /// Share of the requests of the highest level that were not answered.
    pub(crate) fn failing(&self) -> f64 {
        let requests = || {
            self.runs
                .iter()
                .next_back()
                .into_iter()
                .flatten()
                .flat_map(|run| &run.requests)
        };
        let failed = requests().filter(|one| !one.answered).count();
        failed as f64 / requests().count().max(1) as f64
    }

    pub(crate) fn draw(cell: &Cell, number: u64) -> Series {
        let mut seed = cell.seed(number);
        // Few users do not make many levels: drawn again until they do.
        let mut series = loop {
            let series = Series::plan(cell, &mut seed);
            if series.levels.is_sorted_by(|low, high| low < high) {
                break series;
            }
        };
        for level in &series.levels {
            let runs = (0..cell.repeats).map(|_| {
                let factor = (cell.spread * seed.normal()).exp();
                let requests = match series.think {
                    None if !series.costs.is_empty() => events::flows(
                        &mut seed,
                        &series.queue,
                        factor,
                        *level,
                        series.duration,
                        &series.costs,
                    ),
                    None => events::open(&mut seed, &series.queue, factor, *level, series.duration),
                    Some(think) => events::closed(
                        &mut seed,
                        &series.queue,
                        factor,
                        *level as usize,
                        think,
                        series.duration,
                    ),
                };
                Run {
                    factor,
                    requests,
                    id: seed.next(),
                }
            });
            series.runs.push(runs.collect());
        }
        series
    }

    fn plan(cell: &Cell, seed: &mut Seed) -> Series {
        // As many small systems as large ones.
        let capacity = 20.0 * 20.0_f64.powf(seed.unit());
        let several = match cell.kind {
            Kind::Mm1 | Kind::Mg1 | Kind::Drain | Kind::Flow | Kind::Impatient => false,
            Kind::Mmc => true,
            Kind::Closed => seed.unit() < 0.5,
        };
        let servers = if several {
            2 + (15.0 * seed.unit()) as usize
        } else {
            1
        };
        let mean = servers as f64 / capacity;
        let mut queue = Queue {
            servers,
            mean,
            service: Service::Exponential,
            patience: None,
        };
        let mut think = None;
        let mut truth = capacity;
        let mut costs = Vec::new();
        match cell.kind {
            Kind::Mm1 | Kind::Mmc | Kind::Drain => {}
            Kind::Flow => {
                costs = (0..STEPS).map(|_| between(seed, 0.2, 1.8)).collect();
                let all: f64 = costs.iter().sum();
                truth = capacity / all;
            }
            Kind::Mg1 => {
                queue.service = Service::LogNormal {
                    cv: between(seed, 0.5, 1.5),
                };
                // Seconds, against tens of milliseconds.
                queue.patience = Some(mean * 50.0 * 10.0_f64.powf(seed.unit()));
            }
            Kind::Impatient => {
                queue.service = Service::LogNormal {
                    cv: between(seed, 0.5, 2.0),
                };
                queue.patience = Some(mean * between(seed, 10.0, 40.0));
                truth = capacity * most_good(seed.next(), &queue);
            }
            Kind::Closed => {
                let pause = mean * between(seed, 5.0, 20.0);
                think = Some(pause);
                truth = capacity * (mean + pause);
            }
        }
        let highest = if cell.saturated {
            between(seed, 1.2, 1.8)
        } else {
            between(seed, 0.3, 0.7)
        };
        // A series spans more than its noise.
        let lowest = between(seed, 0.15, 0.4_f64.min(0.6 * highest));
        let count = 5 + (4.0 * seed.unit()) as usize;
        let geometric = seed.unit() < 0.5;
        let levels = (0..count).map(|place| {
            let way = place as f64 / (count - 1) as f64;
            let share = if geometric {
                lowest * (highest / lowest).powf(way)
            } else {
                lowest + way * (highest - lowest)
            };
            // Nobody asks for 17.3 users or 17.34 arrivals a second.
            match think {
                None => (10.0 * share * truth).round() / 10.0,
                Some(_) => (share * truth).round().max(1.0),
            }
        });
        let levels = levels.collect();
        Series {
            queue,
            think,
            costs,
            is_timed: cell.kind != Kind::Drain,
            capacity,
            truth,
            duration: between(seed, 2_000.0, 5_000.0) / capacity,
            levels,
            runs: Vec::new(),
        }
    }
}

/// Requests of a session.
const STEPS: usize = 7;

/// Requests of a long run, and
const LONG: f64 = 100_000.0;
/// the shares of the capacity at which there is one: 0.36 to 1, each this much above the last.
const STEP: f64 = 0.04;

/// The share of its capacity at which a queue gives the most good answers in time: the top of the parabola through the best of
/// the long runs and those beside it, all with the same random numbers.
fn most_good(numbers: u64, queue: &Queue) -> f64 {
    let capacity = queue.servers as f64 / queue.mean;
    let good = |share: f64| {
        let (rate, seconds) = (share * capacity, LONG / (share * capacity));
        let requests = events::open(&mut Seed(numbers), queue, 1.0, rate, seconds);
        requests.iter().filter(|one| one.answered).count() as f64 / seconds
    };
    let runs: Vec<(f64, f64)> = (0..17)
        .map(|place| 0.36 + STEP * f64::from(place))
        .map(|share| (share, good(share)))
        .collect();
    let best = runs
        .windows(3)
        .max_by(|one, other| one[1].1.total_cmp(&other[1].1))
        .unwrap();
    let (below, at, above) = (best[0].1, best[1].1, best[2].1);
    let bend = below - 2.0 * at + above;
    best[1].0 + STEP * (0.5 * (below - above) / bend).clamp(-1.0, 1.0)
}

fn between(seed: &mut Seed, low: f64, high: f64) -> f64 {
    low + (high - low) * seed.unit()
}
