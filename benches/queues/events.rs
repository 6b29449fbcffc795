//! A queue request by request: first come, first served, by the first server that is free.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::shared::Seed;

pub(crate) enum Service {
    Exponential,
    /// With that standard deviation over its mean.
    LogNormal {
        cv: f64,
    },
}

pub(crate) struct Queue {
    pub(crate) servers: usize,
    /// Mean service time.
    pub(crate) mean: f64,
    pub(crate) service: Service,
    /// After how long a client gives up; the servers do not know, and serve it all the same.
    pub(crate) patience: Option<f64>,
}

pub(crate) struct Request {
    /// Whether a session begins with it, and whether it ends with it.
    pub(crate) first: bool,
    pub(crate) last: bool,
    pub(crate) sent: f64,
    /// When the answer came, or the client gave up.
    pub(crate) ended: f64,
    pub(crate) answered: bool,
}

/// For how long after the last request a generator waits for answers.
const GRACE: f64 = 30.0;

fn exponential(seed: &mut Seed, mean: f64) -> f64 {
    -mean * seed.unit().ln()
}

impl Service {
    /// Standard deviation over the mean.
    pub(crate) fn cv(&self) -> f64 {
        match self {
            Service::Exponential => 1.0,
            Service::LogNormal { cv } => *cv,
        }
    }

    fn draw(&self, seed: &mut Seed, mean: f64) -> f64 {
        match self {
            Service::Exponential => exponential(seed, mean),
            Service::LogNormal { cv } => {
                let variance = (1.0 + cv * cv).ln();
                mean * (variance.sqrt() * seed.normal() - variance / 2.0).exp()
            }
        }
    }
}

/// When each server is free.
struct Servers(Vec<f64>);

impl Servers {
    /// Takes a request in the order of arrivals; when it is done.
    fn take(&mut self, at: f64, service: f64) -> f64 {
        let first = self.0.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
        *first = first.max(at) + service;
        *first
    }
}

impl Queue {
    /// How a request looks to the client. What is still under way when the generator stops waiting is a failure.
    fn seen(&self, sent: f64, done: f64, duration: f64) -> Request {
        let last = self.patience.map_or(duration + GRACE, |time| sent + time);
        Request {
            first: true,
            last: true,
            sent,
            ended: done.min(last),
            answered: done <= last,
        }
    }
}

/// Arrivals at random, so many a second, for so many seconds; the queue is empty at the start.
pub(crate) fn open(
    seed: &mut Seed,
    queue: &Queue,
    factor: f64,
    rate: f64,
    duration: f64,
) -> Vec<Request> {
    let mut servers = Servers(vec![0.0; queue.servers]);
    let mut requests = Vec::new();
    let mut now = exponential(seed, 1.0 / rate);
    while now < duration {
        let service = factor * queue.service.draw(seed, queue.mean);
        let done = servers.take(now, service);
        requests.push(queue.seen(now, done, duration));
        now += exponential(seed, 1.0 / rate);
    }
    requests
}

/// So many users, thinking at the start, each with one request at a time.
pub(crate) fn closed(
    seed: &mut Seed,
    queue: &Queue,
    factor: f64,
    users: usize,
    think: f64,
    duration: f64,
) -> Vec<Request> {
    let mut servers = Servers(vec![0.0; queue.servers]);
    let mut requests = Vec::new();
    // The bits of positive numbers are in the order of the numbers.
    let mut next: BinaryHeap<Reverse<u64>> = (0..users)
        .map(|_| Reverse(exponential(seed, think).to_bits()))
        .collect();
    while let Some(Reverse(bits)) = next.pop() {
        let now = f64::from_bits(bits);
        if now >= duration {
            break;
        }
        let service = factor * queue.service.draw(seed, queue.mean);
        let done = servers.take(now, service);
        requests.push(queue.seen(now, done, duration));
        next.push(Reverse((done + exponential(seed, think)).to_bits()));
    }
    requests
}

/// Sessions that arrive at random, so many a second. The requests of one follow one another, each so many mean service times long.
pub(crate) fn flows(
    seed: &mut Seed,
    queue: &Queue,
    factor: f64,
    rate: f64,
    duration: f64,
    costs: &[f64],
) -> Vec<Request> {
    let mut servers = Servers(vec![0.0; queue.servers]);
    let mut requests = Vec::new();
    let mut next: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut now = exponential(seed, 1.0 / rate);
    while now < duration {
        next.push(Reverse((now.to_bits(), 0)));
        now += exponential(seed, 1.0 / rate);
    }
    while let Some(Reverse((bits, step))) = next.pop() {
        let now = f64::from_bits(bits);
        let service = factor * costs[step] * queue.service.draw(seed, queue.mean);
        let done = servers.take(now, service);
        let request = Request {
            first: step == 0,
            last: step + 1 == costs.len(),
            ..queue.seen(now, done, duration)
        };
        if request.answered && !request.last {
            next.push(Reverse((done.to_bits(), step + 1)));
        }
        requests.push(request);
    }
    requests
}
