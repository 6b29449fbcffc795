//! Requests made up, and what a log, Locust and Artillery would write of them: computed here, without the program.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Numbers that look random and are the same every time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Mostly around 30, now and then far above.
    fn latency(&mut self) -> u64 {
        let base = 1 + self.below(20) + self.below(20) + self.below(20);
        if self.below(20) == 0 {
            base * (2 + self.below(30))
        } else {
            base
        }
    }
}

pub(super) const START: u64 = 1_700_000_000_000;

#[derive(Clone)]
pub(super) struct Request {
    pub(super) time: u64,
    pub(super) endpoint: &'static str,
    pub(super) latency: f64,
    pub(super) ok: bool,
}

pub(super) fn requests(seed: u64, number: usize, fraction: f64) -> Vec<Request> {
    let mut dice = Dice(seed);
    let mut time = START;
    (0..number)
        .map(|_| {
            time += 10 + dice.below(180);
            Request {
                time,
                endpoint: ["/a", "/b", "/c, \"d\""][usize::try_from(dice.below(3)).unwrap()],
                latency: dice.latency() as f64 + fraction * dice.below(1000) as f64 / 1000.0,
                ok: dice.below(30) > 0,
            }
        })
        .collect()
}

pub(super) fn csv_of(requests: &[Request]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "time",
        "method",
        "endpoint",
        "latency_ms",
        "ok",
        "code",
        "error",
    ];
    writer.write_record(header).unwrap();
    for request in requests {
        let (code, error) = if request.ok {
            ("200", "")
        } else {
            ("503", "overloaded")
        };
        writer
            .write_record([
                &request.time.to_string(),
                "GET",
                request.endpoint,
                &request.latency.to_string(),
                &request.ok.to_string(),
                code,
                error,
            ])
            .unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Parts by which part each request goes to, given its place.
pub(super) fn split(
    all: &[Request],
    number: usize,
    mut to: impl FnMut(usize, &Request) -> usize,
) -> Vec<Vec<Request>> {
    let mut parts = vec![Vec::new(); number];
    for (place, request) in all.iter().enumerate() {
        parts[to(place, request)].push(request.clone());
    }
    parts
}

/// What Locust rounds a response time to.
pub(super) fn rounded(latency: f64) -> f64 {
    let step = match latency {
        ..100.0 => 1.0,
        ..1000.0 => 10.0,
        ..10_000.0 => 100.0,
        _ => 1000.0,
    };
    (latency / step).round() * step
}

pub(super) fn locust(all: &[Request]) -> String {
    let mut names: Vec<&str> = all.iter().map(|request| request.endpoint).collect();
    names.sort_unstable();
    names.dedup();
    let entry = |name: &&str| {
        let own: Vec<&Request> = all
            .iter()
            .filter(|request| request.endpoint == *name)
            .collect();
        let mut times: BTreeMap<String, u64> = BTreeMap::new();
        let (mut per_second, mut failed): (BTreeMap<String, u64>, BTreeMap<String, u64>) =
            Default::default();
        for request in &own {
            *times
                .entry(rounded(request.latency).to_string())
                .or_default() += 1;
            let second = (request.time / 1000).to_string();
            *per_second.entry(second.clone()).or_default() += 1;
            if !request.ok {
                *failed.entry(second).or_default() += 1;
            }
        }
        let latencies = || own.iter().map(|request| request.latency);
        json!({
            "name": name, "method": "GET", "safe_name": name,
            "last_request_timestamp": own.iter().map(|r| r.time).max().unwrap() as f64 / 1000.0,
            "start_time": own.iter().map(|r| r.time).min().unwrap() as f64 / 1000.0,
            "num_requests": own.len(), "num_none_requests": 0,
            "num_failures": failed.values().sum::<u64>(),
            "total_response_time": latencies().sum::<f64>(),
            "max_response_time": latencies().fold(0.0, f64::max),
            "min_response_time": latencies().fold(f64::INFINITY, f64::min),
            "total_content_length": 100 * own.len(),
            "response_times": times, "num_reqs_per_sec": per_second, "num_fail_per_sec": failed,
        })
    };
    Value::Array(names.iter().map(entry).collect()).to_string()
}

/// Artillery's sketch: 1 % relative error, the sample of rank floor(q (n - 1)) counted from 0.
pub(super) fn sketch(latencies: &[f64]) -> Value {
    let mut sorted = latencies.to_vec();
    sorted.sort_by(f64::total_cmp);
    let gamma: f64 = 1.01 / 0.99;
    let at = |thousandths: usize| {
        let value = sorted[thousandths * (sorted.len() - 1) / 1000];
        let bucket = (value.ln() / gamma.ln()).ceil();
        (20.0 * gamma.powf(bucket) / (gamma + 1.0)).round() / 10.0
    };
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    json!({
        "min": sorted[0], "max": sorted[sorted.len() - 1], "count": sorted.len(), "mean": (mean * 10.0).round() / 10.0,
        "p50": at(500), "median": at(500), "p75": at(750), "p90": at(900), "p95": at(950), "p99": at(990), "p999": at(999),
    })
}

pub(super) fn artillery(all: &[Request]) -> String {
    let period = |own: &[Request], period: Value| {
        let mut counters = json!({
            "vusers.created": own.len(), "vusers.completed": own.len(), "vusers.failed": 0,
            "http.requests": own.len(), "http.responses": own.len(), "http.codes.200": own.len(),
        });
        let latencies: Vec<f64> = own.iter().map(|request| request.latency).collect();
        let mut summaries = json!({ "http.response_time": sketch(&latencies), "http.response_time.2xx": sketch(&latencies) });
        for name in ["/a", "/b"] {
            let latencies: Vec<f64> = own
                .iter()
                .filter(|r| r.endpoint == name)
                .map(|r| r.latency)
                .collect();
            if !latencies.is_empty() {
                counters[format!("plugins.metrics-by-endpoint.{name}.codes.200")] =
                    json!(latencies.len());
                summaries[format!("plugins.metrics-by-endpoint.response_time.{name}")] =
                    sketch(&latencies);
            }
        }
        let first = own.iter().map(|request| request.time).min().unwrap();
        let last = own.iter().map(|request| request.time).max().unwrap();
        json!({
            "counters": counters, "rates": { "http.request_rate": 10 }, "summaries": summaries.clone(), "histograms": summaries,
            "firstCounterAt": first, "firstHistogramAt": first, "firstMetricAt": first,
            "lastCounterAt": last, "lastHistogramAt": last, "lastMetricAt": last, "period": period,
        })
    };
    let mut windows: BTreeMap<u64, Vec<Request>> = BTreeMap::new();
    for request in all {
        windows
            .entry(request.time / 10_000 * 10_000)
            .or_default()
            .push(request.clone());
    }
    let last = *windows.keys().next_back().unwrap();
    let windows: Vec<Value> = windows
        .iter()
        .map(|(at, own)| period(own, json!(at.to_string())))
        .collect();
    json!({ "aggregate": period(all, json!(last)), "intermediate": windows }).to_string()
}

pub(super) fn only_a_and_b(seed: u64, number: usize) -> Vec<Request> {
    let mut all = requests(seed, number, 0.0);
    all.retain(|request| request.endpoint != "/c, \"d\"");
    all
}
