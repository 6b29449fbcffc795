//! Knees of made-up series, of queues by their formulas, and of document 000.

use super::*;

fn at(load: f64, goodput: f64) -> Level {
    Level {
        load,
        peak: load,
        asked: load,
        goodput,
        error: 0.01,
        between: 0.0,
        answered: None,
        failures: 0.0,
        fails: false,
        flow: None,
        mean: None,
        tails: Vec::new(),
    }
}

fn tail(latency: f64, error: f64) -> Tail {
    Tail {
        log: latency.ln(),
        error,
    }
}

fn close(found: f64, wanted: f64) {
    assert!((found / wanted - 1.0).abs() < 1e-7, "{found} {wanted}");
}

/// An M/M/1 of 100 requests per second: mean and p95 are 1 and 3.0 times 1 / (mu - lambda).
fn mm1(load: f64) -> Level {
    let room = 100.0 - load;
    Level {
        mean: (room > 0.0).then(|| 1000.0 / room),
        tails: vec![Some(if room > 0.0 {
            tail(2995.7 / room, 0.09)
        } else {
            tail(60_000.0, 0.09)
        })],
        ..at(load, load.min(100.0))
    }
}

#[test]
fn the_knee_of_an_open_system_is_where_its_goodput_stays() {
    let levels = [20.0, 45.0, 70.0, 95.0, 130.0, 160.0].map(mm1);
    let found = knee(&levels, Arrivals::Open).unwrap();
    close(found.load, 100.0);
    assert_eq!(found.method, Method::Plateau);
    // The tail was six times as long before that.
    assert_eq!(found.interval, (Some(70.0), 130.0));
    assert_eq!(found.broken, 4);
    assert_eq!(found.good, Some(2));
    let Criterion::Saturation { achieved, plateau } = found.criterion else {
        panic!("{found:?}");
    };
    close(achieved, 100.0 / 130.0);
    close(plateau, 100.0);
}

#[test]
fn a_queue_below_seven_tenths_of_its_capacity_has_no_knee_yet() {
    for levels in [
        [10.0, 30.0, 50.0, 70.0],
        [35.0, 45.0, 55.0, 70.0],
        [15.0, 25.0, 41.0, 67.0],
    ] {
        assert_eq!(knee(&levels.map(mm1), Arrivals::Open), None);
    }
    let found = knee(&[40.0, 60.0, 90.0].map(mm1), Arrivals::Open).unwrap();
    assert!(matches!(found.criterion, Criterion::BlowUp { .. }));
    assert_eq!(found.interval, (Some(60.0), 90.0));
}

#[test]
fn where_clients_give_up_the_latencies_below_tell_the_capacity() {
    let given_up = |load: f64, goodput: f64| Level {
        failures: 1.0 - goodput / load,
        ..mm1(load)
    };
    let mut levels = vec![mm1(30.0), mm1(55.0), mm1(80.0)];
    for (load, goodput) in [(120.0, 30.0), (150.0, 2.0)] {
        levels.push(Level {
            goodput,
            ..given_up(load, goodput)
        });
    }
    let found = knee(&levels, Arrivals::Open).unwrap();
    assert_eq!(found.method, Method::Margin);
    close(found.load, 100.0);
    assert_eq!(found.interval, (Some(80.0), 120.0));
    // Latencies that hardly grow point far beyond a load that is dead: it is not there.
    let mut dead = levels.clone();
    for (level, mean) in dead.iter_mut().zip([10.0, 10.01, 10.02]) {
        level.mean = Some(mean);
    }
    dead[3].goodput = 0.0;
    let found = knee(&dead[..4], Arrivals::Open).unwrap();
    assert_eq!(found.interval.1.to_bits(), 120.0_f64.to_bits());
    assert!(found.load > 100.0 && found.load < 110.0, "{found:?}");
    // Without means the middle is all there is.
    for level in &mut levels {
        level.mean = None;
    }
    let found = knee(&levels, Arrivals::Open).unwrap();
    assert_eq!(found.method, Method::Middle);
    close(found.load, (80.0_f64 * 120.0).sqrt());
}

/// Throughput of N users of one server by exact mean value analysis.
fn closed(users: u32, service: f64, think: f64) -> f64 {
    let (mut queue, mut rate) = (0.0, 0.0);
    for n in 1..=users {
        let response = service * (1.0 + queue);
        rate = f64::from(n) / (response + think);
        queue = rate * response;
    }
    rate
}

#[test]
fn the_knee_of_users_is_where_the_lines_of_light_and_of_full_load_meet() {
    // 10 ms of service, 190 ms of thinking: N* = 20.
    let levels = |users: &[u32]| -> Vec<Level> {
        let of = |n: &u32| at(f64::from(*n), closed(*n, 0.01, 0.19));
        users.iter().map(of).collect()
    };
    let found = knee(&levels(&[2, 6, 12, 18, 24, 36]), Arrivals::Closed).unwrap();
    assert!((found.load - 20.0).abs() < 1.0, "{found:?}");
    assert_eq!(found.interval, (Some(18.0), 24.0));
    assert_eq!(knee(&levels(&[2, 5, 8, 11, 14]), Arrivals::Closed), None);
    // Each user gets ever less, and all together ever more: the plateau was not seen.
    let growing = [
        at(1.0, 2.0),
        at(5.0, 7.0),
        at(10.0, 10.0),
        at(20.0, 15.0),
        at(40.0, 25.0),
    ];
    assert_eq!(knee(&growing, Arrivals::Closed), None);
    // Ten users already get what 20 wait longer for; with the noise of machines goodput still grows a little.
    let waiting = |last: f64, mean: f64| {
        let of = |(n, rate, mean): (f64, f64, f64)| Level {
            mean: Some(mean),
            ..at(n, rate)
        };
        [
            (2.0, 20.0, 10.0),
            (5.0, 48.0, 12.0),
            (9.0, 66.0, 25.0),
            (12.0, last, mean),
        ]
        .map(of)
    };
    let found = knee(&waiting(82.0, 50.0), Arrivals::Closed).unwrap();
    assert!((found.load - 8.3).abs() < 0.3, "{found:?}");
    assert_eq!(
        knee(&waiting(82.0, 15.0), Arrivals::Closed),
        None,
        "nobody waits"
    );
    assert_eq!(
        knee(&waiting(86.0, 50.0), Arrivals::Closed),
        None,
        "it grows"
    );
}

#[test]
fn a_queue_of_a_long_tail_has_no_capacity_left() {
    let level = |load, goodput, p95: f64, p99: f64| Level {
        tails: vec![Some(tail(p95, 0.08)), Some(tail(p99, 0.15))],
        ..at(load, goodput)
    };
    // 100 a second can be served; at 95 the tail is 18 times as long, and the next load is far away.
    let mut levels = [
        level(20.0, 20.0, 30.0, 45.0),
        level(40.0, 40.0, 33.0, 50.0),
        level(95.0, 95.0, 600.0, 900.0),
        level(300.0, 100.0, 9000.0, 9900.0),
    ];
    let found = knee(&levels, Arrivals::Open).unwrap();
    assert!((found.load - 100.0).abs() < 1.0, "{found:?}");
    let (low, high) = found.interval;
    assert_eq!((low, found.good), (Some(40.0), Some(1)));
    // The least growth is 600 / 33 exp(-2.576 sqrt(2) 0.08) = 13.6: 95 / (1 - 2.5 / 13.6).
    assert!((high - 116.4).abs() < 0.1, "{high}");
    // A tail three times as long says nothing of that.
    levels[2].tails = vec![Some(tail(90.0, 0.01)), Some(tail(150.0, 0.01))];
    let found = knee(&levels, Arrivals::Open).unwrap();
    close(found.interval.1, 300.0);
}

#[test]
fn document_000_blows_up_between_two_and_four_a_second() {
    let level = |load, peak, p95: f64, p99: f64| Level {
        peak,
        tails: vec![Some(tail(p95, 0.08)), Some(tail(p99, 0.15))],
        ..at(load, 8.0 * load)
    };
    let levels = [
        level(1.0, 1.0, 368.8, 407.5),
        level(1.5, 2.0, 772.9, 854.2),
        level(2.5, 4.0, 2893.5, 8024.5),
    ];
    let found = knee(&levels, Arrivals::Open).unwrap();
    assert_eq!(found.interval, (Some(2.0), 4.0));
    assert_eq!((found.good, found.broken), (Some(1), 2));
    let Criterion::BlowUp {
        tail, from, ratio, ..
    } = found.criterion
    else {
        panic!("{found:?}");
    };
    assert_eq!((tail, from), (1, 1), "p99 grows most");
    close(ratio, 8024.5 / 854.2);
    assert_eq!(knee(&levels[..2], Arrivals::Open), None);
}

#[test]
fn a_bad_moment_and_a_lucky_one_are_no_knee() {
    let level = |load: f64, latency: f64| Level {
        tails: vec![Some(tail(latency, 0.1))],
        ..at(load, load)
    };
    let of = |latencies: [f64; 5]| -> Vec<Level> {
        let loads = [10.0, 12.0, 14.0, 16.0, 18.0];
        loads
            .into_iter()
            .zip(latencies)
            .map(|(load, latency)| level(load, latency))
            .collect()
    };
    // One of five, and back.
    assert_eq!(knee(&of([1.0, 1.0, 9.0, 1.1, 1.2]), Arrivals::Open), None);
    // Long beside the second only.
    assert_eq!(knee(&of([1.0, 0.3, 1.1, 1.2, 1.3]), Arrivals::Open), None);
    assert!(knee(&of([1.0, 1.0, 1.1, 9.0, 9.5]), Arrivals::Open).is_some());
}

#[test]
fn many_tails_share_the_chance() {
    let level = |load: f64, latency: f64, others: usize| {
        let mut tails = vec![Some(tail(latency, 0.12)), Some(tail(100.0, 0.12))];
        tails.resize(2 + others, Some(tail(50.0, 0.12)));
        Level {
            tails,
            ..at(load, load)
        }
    };
    // 5 times, and 3.2 times at least by 2.58 standard errors of 0.17; 2.4 times by the 4.3 of 500 pairs.
    let of = |others| [level(10.0, 100.0, others), level(20.0, 500.0, others)];
    assert!(knee(&of(0), Arrivals::Open).is_some());
    assert_eq!(knee(&of(1000), Arrivals::Open), None);
}

#[test]
fn beyond_it_from_the_first_load_on_there_is_no_lower_end() {
    let found = knee(&[at(50.0, 20.0), at(100.0, 20.0)], Arrivals::Open).unwrap();
    assert_eq!((found.interval.0, found.good), (None, None));
    let mut levels = [at(50.0, 20.0), at(100.0, 20.0)];
    levels[0].answered = Some(0.4);
    let found = knee(&levels, Arrivals::Open).unwrap();
    assert_eq!(found.interval, (None, 50.0));
    assert_eq!((found.good, found.broken), (None, 0));
    close(found.load, 20.0);
}

#[test]
fn a_shortfall_within_its_error_is_none() {
    let level = |load: f64, goodput: f64, error| Level {
        error,
        ..at(load, goodput)
    };
    let of = |error| {
        [
            level(10.0, 10.0, error),
            level(20.0, 20.0, error),
            level(30.0, 28.0, error),
        ]
    };
    assert!(knee(&of(0.01), Arrivals::Open).is_some());
    assert_eq!(knee(&of(0.05), Arrivals::Open), None);
}

#[test]
fn a_load_that_is_not_served_while_higher_ones_are_is_no_knee() {
    let levels = [
        at(10.0, 10.0),
        at(20.0, 15.0),
        at(40.0, 40.0),
        at(80.0, 80.0),
    ];
    assert_eq!(knee(&levels, Arrivals::Open), None);
    let mut last = levels.to_vec();
    last.push(at(160.0, 90.0));
    let found = knee(&last, Arrivals::Open).unwrap();
    assert_eq!((found.good, found.broken), (Some(3), 4));
    close(found.load, 90.0);
}

#[test]
fn where_one_request_in_ten_fails_it_is_not_served() {
    let levels = |fails| {
        [
            at(20.0, 20.0),
            at(40.0, 40.0),
            Level {
                failures: 0.1,
                fails,
                error: 0.05,
                ..at(80.0, 72.0)
            },
        ]
    };
    let found = knee(&levels(true), Arrivals::Open).unwrap();
    assert_eq!((found.good, found.broken), (Some(1), 2));
    close(found.load, 72.0);
    // By the rates alone that is within their errors.
    assert_eq!(knee(&levels(false), Arrivals::Open), None);
}

#[test]
fn of_few_requests_no_shortfall_is_certain() {
    let few = |load: f64, goodput: f64, n: f64| Level {
        error: 1.0 / n.sqrt(),
        ..at(load, goodput)
    };
    let levels = [few(1.0, 8.0, 2.0), few(2.0, 4.7, 6.0)];
    assert_eq!(knee(&levels, Arrivals::Open), None);
}

#[test]
fn a_blow_up_without_saturation_is_not_drawn_to_its_upper_end() {
    // 1 / mean falls so slowly that it points far beyond what was tested.
    let level = |load: f64, mean: f64, latency: f64| Level {
        mean: Some(mean),
        tails: vec![Some(tail(latency, 0.1))],
        ..at(load, load)
    };
    let levels = [
        level(10.0, 10.0, 50.0),
        level(20.0, 10.1, 50.0),
        level(40.0, 10.2, 52.0),
        level(80.0, 40.0, 600.0),
    ];
    let found = knee(&levels, Arrivals::Open).unwrap();
    assert_eq!(
        (found.method, found.interval),
        (Method::Middle, (Some(40.0), 80.0))
    );
    close(found.load, 3200.0_f64.sqrt());
}

#[test]
fn of_two_tails_alike_the_first_is_named() {
    let level = |load: f64, latency: f64| Level {
        tails: vec![Some(tail(latency, 0.1)); 4],
        ..at(load, load)
    };
    let found = knee(&[level(10.0, 50.0), level(20.0, 500.0)], Arrivals::Open).unwrap();
    assert!(matches!(found.criterion, Criterion::BlowUp { tail: 0, .. }));
}

#[test]
fn a_rate_that_breaks_down_is_unlike_the_others_however_uneven() {
    for (goodput, error) in [(9.0, 0.7), (0.0, 1.0)] {
        let broken = Level {
            error,
            failures: 0.9,
            ..at(150.0, goodput)
        };
        let mut levels = [20.0, 40.0, 60.0, 80.0].map(mm1).to_vec();
        levels.push(broken);
        close(unit(&levels).unwrap(), 1.0);
        let found = knee(&levels, Arrivals::Open).unwrap();
        close(found.load, 100.0);
        assert_eq!(
            (found.method, found.good, found.broken),
            (Method::Margin, Some(3), 4)
        );
    }
}

#[test]
fn even_service_times_bring_the_end_nearer() {
    // Of M/D/1 with a capacity of 100, 1 / R = (1 - rho) / (1 - rho / 2): by all three loads the end is at 109.
    let level = |load: f64| {
        let rho = load / 100.0;
        Level {
            mean: Some((1.0 - rho / 2.0) / (1.0 - rho)),
            ..at(load, load)
        }
    };
    let mut levels = [30.0, 60.0, 90.0].map(level).to_vec();
    levels.push(Level {
        failures: 0.9,
        ..at(150.0, 20.0)
    });
    let found = knee(&levels, Arrivals::Open).unwrap();
    close(found.load, 104.0);
    assert_eq!(found.interval, (Some(90.0), 150.0));
}

#[test]
fn the_interval_is_no_narrower_than_the_errors_known() {
    let of = |between| {
        let mut levels = [20.0, 45.0, 70.0, 99.0, 106.0].map(mm1);
        for level in &mut levels {
            level.tails.clear();
            level.error = 0.0;
            level.between = between;
        }
        knee(&levels, Arrivals::Open).unwrap().interval
    };
    assert_eq!(of(0.0), (Some(99.0), 106.0));
    let (low, high) = of(0.05);
    close(low.unwrap(), 100.0 * (-0.097_998_2_f64).exp());
    close(high, 100.0 * 0.097_998_2_f64.exp());
}

#[test]
fn odd_figures_have_no_knee() {
    assert_eq!(knee(&[], Arrivals::Open), None);
    assert_eq!(knee(&[at(1.0, 1.0)], Arrivals::Open), None);
    assert_eq!(knee(&[at(2.0, 1.0), at(1.0, 1.0)], Arrivals::Open), None);
    assert_eq!(knee(&[at(1.0, 0.0), at(2.0, 0.0)], Arrivals::Open), None);
    for odd in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
        assert_eq!(knee(&[at(odd, 1.0), at(2.0, 1.0)], Arrivals::Open), None);
        let _ = knee(&[at(1.0, odd), at(2.0, 1.0)], Arrivals::Open);
    }
}
