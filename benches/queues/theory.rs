//! The simulation beside the formulas of textbooks: it has to be right before it can judge.
//!
//! L. Kleinrock, "Queueing Systems" I, 1975: M/M/1, M/M/c (Erlang C), M/G/1 (Pollaczek and Khinchine). M. Reiser and
//! S. Lavenberg, "Mean-value analysis of closed multichain queuing networks", JACM 27, 1980.

use super::events::{self, Queue, Request, Service};
use crate::shared::{Seed, quantile};

/// Share of requests that wait, of so many servers with so much work for them.
fn erlang_c(servers: usize, work: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |b, n| work * b / (n as f64 + work * b));
    let busy = work / servers as f64;
    blocked / (1.0 - busy * (1.0 - blocked))
}

/// Requests per second of a closed load, user by user.
fn mean_values(servers: usize, mean: f64, think: f64, users: usize) -> f64 {
    // Chance that so many are at the servers.
    let mut chances = vec![1.0];
    let mut rate = 0.0;
    for n in 1..=users {
        let served = |at: usize| at.min(servers) as f64 / mean;
        let response: f64 = (1..=n)
            .map(|at| at as f64 / served(at) * chances[at - 1])
            .sum();
        rate = n as f64 / (think + response);
        let busy: Vec<f64> = (1..=n)
            .map(|at| rate / served(at) * chances[at - 1])
            .collect();
        chances = vec![1.0 - busy.iter().sum::<f64>()];
        chances.extend(busy);
    }
    rate
}

/// Response times of all but the first tenth.
fn responses(requests: &[Request]) -> Vec<f64> {
    let settled = &requests[requests.len() / 10..];
    let mut times: Vec<f64> = settled.iter().map(|one| one.ended - one.sent).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What was asked, by the book, and simulated.
pub(crate) fn beside_theory() -> Vec<(String, f64, f64)> {
    let mut seed = Seed(1_975);
    let mut rows = Vec::new();
    let queue = |servers, mean, service| Queue {
        servers,
        mean,
        service,
        // Long enough that none gives up.
        patience: Some(1e9),
    };
    let one = queue(1, 0.01, Service::Exponential);
    let times = responses(&events::open(&mut seed, &one, 1.0, 70.0, 10_000.0));
    let expected = 1.0 / (100.0 - 70.0);
    rows.push(("M/M/1 at 0.7, mean".to_owned(), expected, mean(&times)));
    let p95 = 20.0_f64.ln() * expected;
    rows.push(("M/M/1 at 0.7, p95".to_owned(), p95, quantile(&times, 0.95)));

    let several = queue(4, 0.04, Service::Exponential);
    let times = responses(&events::open(&mut seed, &several, 1.0, 80.0, 10_000.0));
    let waits = erlang_c(4, 3.2) / (100.0 - 80.0);
    rows.push(("M/M/4 at 0.8, mean".to_owned(), 0.04 + waits, mean(&times)));

    let uneven = queue(1, 0.01, Service::LogNormal { cv: 1.5 });
    let times = responses(&events::open(&mut seed, &uneven, 1.0, 60.0, 20_000.0));
    let waits = 60.0 * 0.01 * 0.01 * (1.0 + 1.5 * 1.5) / 2.0 / (1.0 - 0.6);
    let name = "M/G/1 at 0.6, cv 1.5, mean".to_owned();
    rows.push((name, 0.01 + waits, mean(&times)));
    // Clients that give up change nothing for the servers: the share that does is that of longer times.
    let impatient = Queue {
        patience: Some(3.0 * expected),
        ..one
    };
    let requests = events::open(&mut seed, &impatient, 1.0, 70.0, 10_000.0);
    let failed = requests.iter().filter(|one| !one.answered).count();
    let share = failed as f64 / requests.len() as f64;
    let name = "M/M/1 at 0.7, share beyond a time-out of 3 means".to_owned();
    rows.push((name, (-3.0_f64).exp(), share));

    for (servers, users) in [(1, 6), (1, 12), (1, 20), (6, 30), (6, 66), (6, 100)] {
        let queue = queue(servers, 0.01 * servers as f64, Service::Exponential);
        let think = 10.0 * queue.mean;
        let requests = events::closed(&mut seed, &queue, 1.0, users, think, 2_000.0);
        let rate = requests.len() as f64 / 2_000.0;
        rows.push((
            format!("closed, {users} users, {servers} servers, think 10: requests/s"),
            mean_values(servers, queue.mean, think, users),
            rate,
        ));
    }
    rows
}
