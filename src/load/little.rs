//! Little's law, N = X (R + Z): users, rate, latency and think time of a closed load, as declared and as measured.
//!
//! The law holds for averages over any stretch of time, ramps included, as long as all four are of the same stretch.
//! What is not known stays unknown: without a think time there is no bound. Judges nothing.

use crate::load::plan::DeclaredLoad;
use crate::model::{Latency, LoadModel, Run, Stats, ThinkTime};

/// A closed load as it is declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    /// Most users at one time.
    pub users: f64,
    /// Mean time in seconds between the answer and the next request of a user; `None` = not declared.
    pub think: Option<f64>,
}

/// The declared load, where it is closed: users are given and nothing says that it is open.
pub fn closed(load: &DeclaredLoad) -> Option<Closed> {
    let users = load.users.filter(|users| *users > 0.0)?;
    (load.model != Some(LoadModel::Open)).then_some(Closed {
        users,
        think: load.think_time.map(|think| think.mean().0),
    })
}

impl Closed {
    /// The highest rate per second at a mean latency in seconds; `None` = the plan sets no bound.
    ///
    /// An undeclared think time is taken as none, which only makes the bound higher.
    pub fn highest_rate(self, latency: f64) -> Option<f64> {
        let cycle = self.think.unwrap_or(0.0) + latency;
        (cycle > 0.0).then_some(self.users / cycle)
    }

    /// The mean latency in seconds that the rate leaves room for; zero or below = none.
    pub fn room(self, rate: f64) -> f64 {
        self.users / rate - self.think.unwrap_or(0.0)
    }
}

/// What a run shows of a closed load, as averages over the whole run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Users, averaged over time.
    pub users: f64,
    /// Requests per second.
    pub rate: f64,
    /// Mean latency of all requests in seconds.
    pub latency: f64,
}

impl Measured {
    /// X R: how many users wait for an answer at a time, on average.
    pub fn waiting(self) -> f64 {
        self.rate * self.latency
    }
}

/// The averages of a run whose load is not open; `None` where any of them is unknown.
pub fn measured(run: &Run) -> Option<Measured> {
    if run.load.model == Some(LoadModel::Open) {
        return None;
    }
    let rate = run.overall.rate?.0;
    let measured = Measured {
        users: mean_users(run)?,
        rate,
        latency: mean_latency(&run.overall)?,
    };
    (measured.users > 0.0 && rate > 0.0).then_some(measured)
}

/// The think time of a run: what the input says, else what the plan declares.
pub fn think_time(run: &Run, declared: Option<&DeclaredLoad>) -> Option<ThinkTime> {
    run.load
        .think_time
        .or_else(|| declared.and_then(|load| load.think_time))
}

/// Share of the requests, or of the time, that an average has to stand on.
const COVERED: f64 = 0.9;

/// Mean latency of all requests in seconds.
///
/// A mean over successes alone, or over a small part of the requests, is not that of all.
pub fn mean_latency(stats: &Stats) -> Option<f64> {
    let requests = stats.requests? as f64;
    let all = |latency: &Latency| {
        let mean = latency.mean?.to_seconds().0;
        (latency.count as f64 >= COVERED * requests).then_some(mean)
    };
    if let Some(mean) = stats.latency.as_ref().and_then(all) {
        return Some(mean);
    }
    let parts = [&stats.latency_ok, &stats.latency_failed];
    let (mut count, mut sum) = (0.0, 0.0);
    for latency in parts.into_iter().flatten() {
        if latency.count > 0 {
            count += latency.count as f64;
            sum += latency.count as f64 * latency.mean?.to_seconds().0;
        }
    }
    (count > 0.0 && count >= COVERED * requests).then(|| sum / count)
}

/// Users averaged over the time of the run; the most users only where nothing shows that they changed.
fn mean_users(run: &Run) -> Option<f64> {
    let duration = run.duration?.0;
    let known: Vec<(f64, f64)> = run
        .timeline
        .iter()
        .filter_map(|slice| Some((slice.users?, slice.duration.0)))
        .filter(|(_, seconds)| *seconds > 0.0)
        .collect();
    if known.is_empty() {
        let ramps = run.load.phases.iter().any(crate::model::Phase::is_ramp);
        return run.load.users_max.filter(|_| !ramps);
    }
    let seconds: f64 = known.iter().map(|(_, seconds)| seconds).sum();
    let users: f64 = known.iter().map(|(users, seconds)| users * seconds).sum();
    (seconds >= COVERED * duration).then_some(users / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Millis, Population, Seconds, Slice};

    fn close(found: Option<f64>, wanted: f64) {
        let found = found.unwrap();
        assert!((found - wanted).abs() < 1e-9, "{found} for {wanted}");
    }

    #[test]
    fn document_003_bounds_its_scenarios() {
        let bound = |users, from, to| {
            let load = DeclaredLoad {
                users: Some(users),
                think_time: Some(ThinkTime {
                    from: Seconds(from),
                    to: Seconds(to),
                }),
                ..DeclaredLoad::default()
            };
            closed(&load).unwrap().highest_rate(0.0)
        };
        close(bound(50.0, 1.0, 3.0), 25.0);
        close(bound(50.0, 2.0, 5.0), 50.0 / 3.5);
        close(bound(50.0, 0.5, 2.0), 40.0);
        close(bound(100.0, 1.0, 5.0), 100.0 / 3.0);
    }

    #[test]
    fn an_open_load_and_an_unknown_think_time_set_no_bound() {
        let mut load = DeclaredLoad {
            users: Some(10.0),
            ..DeclaredLoad::default()
        };
        assert_eq!(closed(&load).unwrap().highest_rate(0.0), None);
        close(closed(&load).unwrap().highest_rate(0.2), 50.0);
        load.model = Some(LoadModel::Open);
        assert_eq!(closed(&load), None);
    }

    #[test]
    fn users_are_averaged_over_time_and_latency_over_all_requests() {
        let mut run = Run::new("tool", "format");
        run.duration = Some(Seconds(60.0));
        run.overall.requests = Some(100);
        run.overall.failures = Some(50);
        run.overall.set_rates(run.duration);
        run.load.users_max = Some(50.0);
        let latency = |count, mean| {
            let mut latency = Latency::of(Population::Ok, count);
            latency.mean = Some(Millis(mean));
            Some(latency)
        };
        run.overall.latency_ok = latency(50, 100.0);
        assert_eq!(measured(&run), None, "half of the requests is not all");
        run.overall.latency_failed = latency(50, 300.0);
        let found = measured(&run).unwrap();
        close(Some(found.latency), 0.2);
        close(Some(found.users), 50.0);
        let slice = |start, users| Slice {
            latency_window: None,
            completed: None,
            start: Seconds(start),
            duration: Seconds(30.0),
            users,
            arrivals: None,
            stats: Stats::default(),
            endpoints: Vec::new(),
        };
        run.timeline = vec![slice(0.0, Some(10.0)), slice(30.0, Some(50.0))];
        close(measured(&run).map(|found| found.users), 30.0);
        run.timeline = vec![slice(0.0, Some(10.0)), slice(30.0, None)];
        assert_eq!(measured(&run), None, "users of half of the time");
    }
}
