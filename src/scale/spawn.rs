//! Endpoints that users call as they start, such as a login: while users rise step by step they are asked in the seconds after
//! each step and not after. Their latency is that of so many users who start at once; it says nothing of the load of a level.

use std::collections::BTreeMap;

use crate::model::run::label;
use crate::model::{Run, Slice};

/// Seconds after users rose.
const YOUNG_S: f64 = 3.0;
/// Part of the requests of such an endpoint that come then, and
const THEN: f64 = 0.8;
/// by how much that is more than of all requests.
const MORE: f64 = 0.3;
/// Requests of such an endpoint over the users that started, at most.
const EACH: f64 = 1.1;
/// Fewest such requests that are no chance.
const LEAST: u64 = 5;

/// Labels of the endpoints that users call as they start.
pub(super) fn spawned(run: &Run) -> Vec<String> {
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut whole = (0_u64, 0_u64);
    let (mut users, mut started, mut rose) = (0.0_f64, 0.0, f64::NEG_INFINITY);
    for slice in &run.timeline {
        let Some(now) = slice.users else {
            return Vec::new();
        };
        if now > users + 0.5 {
            started += now - users;
            rose = slice.start.0;
        }
        users = now;
        let is_young = slice.start.0 - rose < YOUNG_S.max(slice.duration.0) - 1e-6;
        for (label, requests) in requests(slice) {
            let own = counts.entry(label).or_default();
            for sums in [own, &mut whole] {
                sums.0 = sums.0.saturating_add(if is_young { requests } else { 0 });
                sums.1 = sums.1.saturating_add(requests);
            }
        }
    }
    let share = |(young, all): (u64, u64)| young as f64 / all.max(1) as f64;
    let is_spawned = |counts: (u64, u64)| {
        counts.1 >= LEAST
            && counts.1 as f64 <= EACH * started
            && share(counts) >= THEN
            && share(counts) >= share(whole) + MORE
    };
    let found = counts.into_iter().filter(|(_, own)| is_spawned(*own));
    found.map(|(label, _)| label).collect()
}

fn requests(slice: &Slice) -> impl Iterator<Item = (String, u64)> + '_ {
    slice.endpoints.iter().filter_map(|endpoint| {
        let name = label(endpoint.method.as_deref(), &endpoint.name);
        Some((name, endpoint.stats.requests?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EndpointSlice, Seconds, Stats};

    /// Steps of 10 s, 10 users more at each; the requests of an endpoint in every second of a step.
    fn run(own: [u64; 10]) -> Run {
        let mut run = Run::new("hand", "knee-run");
        for second in 0..50_u32 {
            let endpoint = |name: &str, requests: u64| EndpointSlice {
                name: name.to_owned(),
                method: Some("POST".to_owned()),
                stats: Stats {
                    requests: Some(requests),
                    ..Stats::default()
                },
            };
            run.timeline.push(Slice {
                start: Seconds(f64::from(second)),
                duration: Seconds(1.0),
                users: Some(f64::from(10 * (1 + second / 10))),
                arrivals: None,
                completed: None,
                latency_window: None,
                stats: Stats::default(),
                endpoints: vec![
                    endpoint("/login", own[second as usize % 10]),
                    endpoint("/work", 20),
                ],
            });
        }
        run
    }

    #[test]
    fn a_login_of_every_user_that_starts_is_told() {
        let run = run([6, 3, 1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(spawned(&run), ["POST /login"]);
    }

    #[test]
    fn what_is_asked_all_the_time_or_by_users_again_is_load() {
        for own in [
            // Seldom, but at any time.
            [1; 10],
            // After each step, and twice by every user.
            [12, 6, 2, 0, 0, 0, 0, 0, 0, 0],
            // Mostly then.
            [5, 1, 1, 0, 1, 0, 1, 0, 1, 0],
        ] {
            assert!(spawned(&run(own)).is_empty(), "{own:?}");
        }
    }

    #[test]
    fn without_users_over_time_nothing_is_said() {
        let mut run = run([6, 3, 1, 0, 0, 0, 0, 0, 0, 0]);
        run.timeline[7].users = None;
        assert!(spawned(&run).is_empty());
    }
}
