//! Runs made by hand: one load, so many requests, three percentiles.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::Scratch;

/// How a run got its load.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// Arrivals per second.
    Rate(f64),
    /// Users at one time.
    Users(f64),
    /// The input does not say.
    Nothing,
}

/// A run of 100 s.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) scenario: &'static str,
    pub(super) by: By,
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) latencies: Option<[f64; 3]>,
    pub(super) more: Value,
}

impl Made {
    pub(super) fn new(name: &str, by: By, requests: u64, latencies: [f64; 3]) -> Made {
        Made {
            name: name.to_owned(),
            scenario: "shop",
            by,
            requests,
            failures: 0,
            latencies: Some(latencies),
            more: json!({}),
        }
    }

    /// Ten requests for each arrival, all of them answered; a latency that does not move.
    pub(super) fn calm(name: &str, rate: f64) -> Made {
        let requests = (rate * 1000.0).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is small and above 0"
        )]
        Made::new(name, By::Rate(rate), requests as u64, [20.0, 40.0, 60.0])
    }

    pub(super) fn failing(self, failures: u64) -> Made {
        Made { failures, ..self }
    }

    pub(super) fn of(self, scenario: &'static str) -> Made {
        Made { scenario, ..self }
    }

    /// Other members of the run, over those that are made here.
    pub(super) fn with(self, more: Value) -> Made {
        Made { more, ..self }
    }

    /// Writes it as `NAME.json`.
    pub(super) fn write(&self, scratch: &Scratch) -> String {
        let load = match self.by {
            By::Rate(rate) => json!({"model": "open", "arrival_rate_per_s": rate}),
            By::Users(users) => json!({"model": "closed", "users_max": users}),
            By::Nothing => json!({}),
        };
        let mut run = json!({
            "schema": "knee.run/1",
            "id": id(&self.name),
            "name": self.name,
            "identity": {"scenario": self.scenario},
            "source": {"tool": "hand", "format": "knee-run", "files": []},
            "duration_s": 100.0,
            "load": load,
            "overall": stats(self.requests, self.failures, self.latencies),
        });
        for (member, value) in self.more.as_object().unwrap() {
            run[member] = value.clone();
        }
        let name = format!("{}.json", self.name);
        scratch.write(&name, run.to_string());
        name
    }
}

/// Counts, and latencies of which so many are known.
pub(super) fn stats(requests: u64, failures: u64, latencies: Option<[f64; 3]>) -> Value {
    let mut stats = json!({"requests": requests, "failures": failures});
    if let Some([p50, p95, p99]) = latencies {
        stats["latency_ms"] = json!({
            "population": "all", "from": "send", "to": "last_byte", "count": requests,
            "quantile_method": "nearest_rank",
            "resolution": {"kind": "exact", "relative": null, "absolute_ms": null},
            "min": p50 / 2.0, "mean": 1.1 * p50, "max": 1.5 * p99,
            "percentiles": {"p50": p50, "p95": p95, "p99": p99},
        });
    }
    stats
}

/// 64 digits that no other name has.
pub(super) fn id(name: &str) -> String {
    let mut digits = String::new();
    for byte in name.bytes() {
        write!(digits, "{byte:02x}").unwrap();
    }
    format!("{digits:0<64}")
}

/// Slices of 5 s with so many users each, six requests per second and user.
pub(super) fn plateaus(users: &[u64]) -> Value {
    let mut slices = Vec::new();
    for (place, users) in users.iter().enumerate() {
        for slice in 0..12 {
            let start = 60 * place + 5 * slice;
            slices.push(json!({
                "start_s": start, "duration_s": 5.0, "users": users,
                "stats": stats(30 * users, 0, Some([20.0, 40.0, 60.0])),
            }));
        }
    }
    let requests: u64 = users.iter().map(|users| 12 * 30 * users).sum();
    json!({
        "duration_s": 60 * users.len(),
        "load": {"model": "closed", "users_max": users.iter().max()},
        "timeline": slices,
        "overall": stats(requests, 0, Some([20.0, 40.0, 60.0])),
    })
}
