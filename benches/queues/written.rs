//! What a load generator writes of a run: `knee.run/1`.

use serde_json::{Map, Value, json};

use super::events::Request;
use super::{Run, Series};
use crate::shared::quantile;

/// Slices of the time in which requests are sent.
const SLICES: usize = 20;
/// Upper over lower edge of a bucket.
const GRAIN: f64 = 1.01;

pub(crate) fn run(series: &Series, level: f64, run: &Run, name: &str) -> Value {
    let last = run.requests.iter().map(|one| one.ended).fold(0.0, f64::max);
    let (load, users) = match series.think {
        None if !series.is_timed => (json!({"model": "open", "offered_per_s": level}), None),
        None => {
            let phase = json!({
                "start_s": 0.0, "duration_s": series.duration, "rate_from": level, "rate_to": level,
            });
            (json!({"model": "open", "phases": [phase]}), None)
        }
        Some(_) => (json!({"model": "closed", "users_max": level}), Some(level)),
    };
    let all: Vec<&Request> = run.requests.iter().collect();
    let overall = stats(&all, &all, Some(last));
    let errors: Vec<Value> = match overall["failures"].as_u64() {
        Some(failures @ 1..) => vec![json!({"kind": "timeout", "count": failures})],
        _ => Vec::new(),
    };
    json!({
        "schema": "knee.run/1",
        "id": format!("{:064x}", run.id),
        "name": name,
        "identity": {"scenario": "queue"},
        "source": {"tool": "model", "format": "knee-run"},
        "duration_s": last,
        "load": load,
        "overall": overall,
        "timeline": if series.is_timed { timeline(series, &run.requests, last, users) } else { Vec::new() },
        "errors": errors,
    })
}

fn timeline(series: &Series, requests: &[Request], last: f64, users: Option<f64>) -> Vec<Value> {
    let duration = series.duration;
    let length = duration / SLICES as f64;
    let place = |time: f64| (time / length) as usize;
    let count = SLICES.max(place(last) + 1);
    let (mut sent, mut ended) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for one in requests {
        sent[place(one.sent).min(SLICES - 1)].push(one);
        ended[place(one.ended)].push(one);
    }
    let slice = |number: usize| {
        let start = number as f64 * length;
        let mut stats = stats(&sent[number], &ended[number], None);
        // A failure has no answer here: whoever answers, answers well.
        // As most generators have it: percentiles of a slice, distributions of the run.
        if let Some(latency) = stats
            .get_mut("latency_ok_ms")
            .and_then(Value::as_object_mut)
        {
            latency.remove("histogram");
        }
        if let Some(good) = stats["responses"].as_u64().filter(|good| *good > 0) {
            stats["codes"] = json!({"200": good});
        }
        // An arrival is a request, or the first one of a session; users do not arrive.
        let started = || sent[number].iter().filter(|one| one.first).count();
        let arrivals = users.is_none().then(started);
        let completed = || {
            ended[number]
                .iter()
                .filter(|one| one.last && one.answered)
                .count()
        };
        let completed = (!series.costs.is_empty()).then(completed);
        // Users leave when there is nothing more to send and their answer is there.
        let waiting = || requests.iter().filter(|one| one.ended >= start).count() as f64;
        let there = if number < SLICES {
            users
        } else {
            users.map(|_| waiting())
        };
        json!({
            "start_s": start, "duration_s": length, "users": there, "arrivals": arrivals, "completed": completed,
            "stats": stats,
        })
    };
    (0..count).map(slice).collect()
}

/// Of the requests that were sent and of those that ended; rates only of a whole run, where they are the same ones.
fn stats(sent: &[&Request], ended: &[&Request], duration: Option<f64>) -> Value {
    let mut latencies: Vec<f64> = ended
        .iter()
        .filter(|one| one.answered)
        .map(|one| micros(1000.0 * (one.ended - one.sent)))
        .collect();
    latencies.sort_by(f64::total_cmp);
    let failures = ended.len() - latencies.len();
    let mut stats = json!({
        "requests": sent.len(), "responses": latencies.len(), "failures": failures,
    });
    if let Some(seconds) = duration.filter(|seconds| *seconds > 0.0) {
        stats["rate_per_s"] = json!(sent.len() as f64 / seconds);
        stats["goodput_per_s"] = json!(latencies.len() as f64 / seconds);
    }
    if !latencies.is_empty() {
        stats["latency_ok_ms"] = latency(&latencies);
    }
    stats
}

/// Generators write no more than microseconds.
fn micros(millis: f64) -> f64 {
    (1000.0 * millis).round() / 1000.0
}

fn latency(sorted: &[f64]) -> Value {
    let mut percentiles = Map::new();
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)] {
        percentiles.insert(name.to_owned(), quantile(sorted, share).into());
    }
    let (mut lower, mut upper, mut count) = (Vec::new(), Vec::new(), Vec::<u64>::new());
    let mut last = None;
    for value in sorted {
        // From a microsecond up; an edge belongs to the bucket above it.
        let bucket = ((value.max(0.001) / 0.001).ln() / GRAIN.ln()) as i32;
        if let Some(count) = count.last_mut().filter(|_| last == Some(bucket)) {
            *count += 1;
        } else {
            lower.push(edge(bucket));
            upper.push(edge(bucket + 1));
            count.push(1);
        }
        last = Some(bucket);
    }
    json!({
        "population": "ok", "from": "send", "to": "last_byte", "count": sorted.len(),
        "min": sorted.first(), "mean": micros(sorted.iter().sum::<f64>() / sorted.len() as f64), "max": sorted.last(),
        "percentiles": percentiles, "quantile_method": "nearest_rank",
        "histogram": {"lower_ms": lower, "upper_ms": upper, "count": count},
        "resolution": {"kind": "relative", "relative": GRAIN - 1.0},
    })
}

/// Six digits are enough, and the same ones for both buckets that it parts.
fn edge(bucket: i32) -> f64 {
    let exact = 0.001 * GRAIN.powi(bucket);
    let scale = 10.0_f64.powi(5 - exact.log10().floor() as i32);
    (exact * scale).round() / scale
}

/// What was drawn, for those who look at a series by hand.
pub(crate) fn truth(series: &Series) -> Value {
    let factors: Vec<Vec<f64>> = series
        .runs
        .iter()
        .map(|runs| runs.iter().map(|run| run.factor).collect())
        .collect();
    json!({
        "truth": series.truth,
        "unit": if series.think.is_some() { "users" } else if series.costs.is_empty() { "requests/s" } else { "sessions/s" },
        "capacity_per_s": series.capacity,
        "servers": series.queue.servers,
        "mean_service_s": series.queue.mean,
        "cv": series.queue.service.cv(),
        "time_out_s": series.queue.patience,
        "think_s": series.think,
        "duration_s": series.duration,
        "levels": series.levels,
        "highest_over_truth": series.reach(),
        "machine_factors": factors,
    })
}
