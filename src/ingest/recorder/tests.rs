use proptest::prelude::*;

use super::*;
use crate::model::{PerSecond, Percentile, Population, ResolutionKind, Run, Seconds};

/// A sample that owns its texts.
#[derive(Clone, Debug)]
struct Owned {
    time: Option<i64>,
    endpoint: Option<String>,
    method: Option<String>,
    latency: Option<u64>,
    ok: Option<bool>,
    unknown: Option<String>,
    code: Option<String>,
    error: Option<String>,
    bytes: Option<u64>,
}

impl Owned {
    fn sample(&self) -> Sample<'_> {
        Sample {
            time: self.time,
            endpoint: self.endpoint.as_deref(),
            method: self.method.as_deref(),
            latency: self.latency,
            ok: self.ok,
            unknown: self.unknown.as_deref().filter(|_| self.ok.is_none()),
            answered: self.ok,
            code: self.code.as_deref(),
            error: self.error.as_deref(),
            bytes_received: self.bytes,
            bytes_sent: None,
            users: self.bytes,
        }
    }
}

fn recorded(samples: &[Owned]) -> Recorder {
    let mut recorder = Recorder::default();
    for sample in samples {
        recorder.record(&sample.sample());
    }
    recorder
}

fn run_of(recorder: Recorder) -> Run {
    let mut run = Run::new("test", "test");
    recorder.finish(&mut run, &["one.csv".to_owned()]);
    run
}

fn json(recorder: Recorder) -> String {
    serde_json::to_string(&run_of(recorder)).unwrap()
}

/// Where two texts part, for a message that can be read.
fn difference(a: &str, b: &str) -> Option<(String, String)> {
    let at = a.bytes().zip(b.bytes()).position(|(a, b)| a != b);
    let at = at.or((a.len() != b.len()).then(|| a.len().min(b.len())))?;
    let part = |text: &str| {
        let bytes = text.as_bytes();
        let near = &bytes[at.saturating_sub(150)..(at + 60).min(bytes.len())];
        String::from_utf8_lossy(near).into_owned()
    };
    Some((part(a), part(b)))
}

fn sample() -> impl Strategy<Value = Owned> {
    let start = 1_795_229_242_000_000_000_i64;
    let time = prop::option::weighted(0.9, (0..2_000_000_000_000_i64).prop_map(move |t| start + t));
    let name = prop::option::weighted(0.9, (0..60_u32).prop_map(|n| format!("/e/{n}")));
    let latency = prop_oneof![
        4 => (0..3000_u64).prop_map(|ms| Some(ms * 1_000_000)),
        2 => (0..5_000_000_000_u64).prop_map(Some),
        1 => Just(None),
    ];
    let code = prop::option::of(prop_oneof![
        (200..600_u32).prop_map(|c| c.to_string()),
        (0..300_u32).prop_map(|c| format!("E{c}")),
    ]);
    (
        (time, name, prop::option::of("GET|POST"), latency),
        (
            (
                prop::option::weighted(0.9, any::<bool>()),
                prop::option::of("|cached|[a-z]"),
            ),
            code,
            prop::option::of((0..400_u32).prop_map(|n| format!("error {n}"))),
            prop::option::of(0..9_000_u64),
        ),
    )
        .prop_map(
            |((time, endpoint, method, latency), ((ok, unknown), code, error, bytes))| Owned {
                time,
                endpoint,
                method,
                latency,
                ok,
                unknown,
                code,
                error,
                bytes,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_merge_is_the_same_to_the_last_bit_as_recording_everything(
        a in prop::collection::vec(sample(), 0..500),
        b in prop::collection::vec(sample(), 0..500),
        cut in 0..500_usize,
    ) {
        let whole = json(recorded(&[a.clone(), b.clone()].concat()));
        let mut ab = recorded(&a);
        ab.merge(recorded(&b));
        prop_assert_eq!(difference(&json(ab), &whole), None);
        let mut ba = recorded(&b);
        let (head, tail) = a.split_at(cut.min(a.len()));
        let mut parts = recorded(tail);
        parts.merge(recorded(head));
        ba.merge(parts);
        prop_assert_eq!(difference(&json(ba), &whole), None);
    }

    #[test]
    fn counts_are_those_of_counting_by_hand(samples in prop::collection::vec(sample(), 1..300)) {
        let run = run_of(recorded(&samples));
        let n = |is: &dyn Fn(&Owned) -> bool| samples.iter().filter(|s| is(s)).count() as u64;
        prop_assert_eq!(run.overall.requests, Some(samples.len() as u64));
        let undecided = n(&|s| s.ok.is_none());
        let words = n(&|s| s.ok.is_none() && s.unknown.as_ref().is_some_and(|word| !word.is_empty()));
        let empty = n(&|s| s.ok.is_none() && s.unknown.as_deref() == Some(""));
        let are_failures = n(&|s| s.ok == Some(true)) > 0 && undecided == words;
        let sure = n(&|s| s.ok == Some(false));
        let knows = undecided == 0 || are_failures;
        prop_assert_eq!(run.overall.failures, knows.then_some(sure + undecided));
        for (id, count) in [("unknown-status", words), ("no-outcome", empty)] {
            let noted: u64 = run.notes.iter().filter(|note| note.id == id).map(|note| note.count).sum();
            prop_assert_eq!(noted, count);
        }
        let bytes: Option<u64> = samples.iter().filter_map(|s| s.bytes).fold(None, |a, b| Some(a.unwrap_or(0) + b));
        prop_assert_eq!(run.overall.bytes_received, bytes);
        prop_assert_eq!(run.errors.iter().map(|e| e.count).sum::<u64>(), if are_failures { sure + words } else { sure });
        prop_assert_eq!(
            run.overall.codes.values().sum::<u64>(),
            n(&|s| s.code.is_some() && s.ok != Some(false))
        );
        let named: u64 = run.endpoints.iter().filter_map(|e| e.stats.requests).sum();
        prop_assert_eq!(named, n(&|s| s.endpoint.is_some()));
        let in_slices: u64 = run.timeline.iter().filter_map(|s| s.stats.requests).sum();
        prop_assert_eq!(in_slices, n(&|s| s.time.is_some()));
        let measured = run.overall.latency.as_ref().map_or(0, |l| l.count);
        prop_assert_eq!(measured, n(&|s| s.latency.is_some()));
        for endpoint in &run.endpoints {
            let of = |s: &Owned| s.endpoint.as_ref() == Some(&endpoint.name) && s.method == endpoint.method;
            prop_assert_eq!(endpoint.stats.requests, Some(n(&of)));
            if let Some(all) = &endpoint.stats.latency {
                let mut sorted: Vec<u64> = samples.iter().filter(|s| of(s)).filter_map(|s| s.latency).collect();
                sorted.sort_unstable();
                let rank = (sorted.len() * 95).div_ceil(100);
                let truth = sorted[rank - 1] as f64 / 1e6;
                let found = all.percentiles[&Percentile::P95].0;
                prop_assert!((found - truth).abs() <= truth / 4096.0, "{} for {}", found, truth);
                if all.resolution.kind == ResolutionKind::Exact {
                    prop_assert!((found - truth).abs() < 1e-12);
                }
            }
        }
    }
}

/// Many names, in an order that a seed decides.
fn many(names: u64, samples: u64, seed: u64) -> Vec<Owned> {
    let mut state = seed;
    (0..samples)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let pick = (state >> 33) % names;
            Owned {
                time: Some(
                    1_795_229_242_000_000_000 + i64::try_from(pick).unwrap() * 1_000_000_000,
                ),
                endpoint: Some(format!("/item/{pick}")),
                method: None,
                latency: Some((pick % 97) * 1_000_000),
                ok: Some(!pick.is_multiple_of(3)),
                unknown: None,
                code: Some(format!("C{pick}")),
                error: Some(format!("no item {pick}")),
                bytes: None,
            }
        })
        .collect()
}

#[test]
fn names_beyond_the_cap_are_counted_together_whoever_saw_them() {
    let samples = many(2500, 12_000, 7);
    let whole = recorded(&samples);
    let (a, b) = samples.split_at(5000);
    let mut merged = recorded(b);
    merged.merge(recorded(a));
    let run = run_of(whole.clone());
    assert_eq!(difference(&json(merged), &json(whole)), None);
    assert_eq!(run.endpoints.len(), MOST_ENDPOINTS + 1);
    assert_eq!(run.errors.len(), MOST_ERRORS + 1);
    assert_eq!(run.overall.requests, Some(12_000));
    let named: u64 = run.endpoints.iter().filter_map(|e| e.stats.requests).sum();
    assert_eq!(named, 12_000);
    assert!(run.overall.codes.len() <= 101);
    assert!(run.timeline.iter().all(|slice| slice.endpoints.len() <= 32));
    let noted: Vec<&str> = run.notes.iter().map(|note| note.id.as_str()).collect();
    let want = [
        "endpoints-capped",
        "slices-capped",
        "errors-capped",
        "codes-capped",
    ];
    assert_eq!(noted, want);
    assert!(run.timeline.len() <= 300);
}

#[test]
fn the_population_says_who_has_a_latency() {
    let with = |ok: bool, latency: Option<u64>| Owned {
        ok: Some(ok),
        latency,
        ..many(1, 1, 1)[0].clone()
    };
    let of = |samples: &[Owned]| run_of(recorded(samples)).overall;
    let all = of(&[with(true, Some(5)), with(false, Some(6))]);
    assert_eq!(all.latency.unwrap().population, Population::All);
    assert_eq!(all.latency_ok.unwrap().count, 1);
    assert_eq!(all.latency_failed.unwrap().population, Population::Failed);
    let answered = of(&[with(true, Some(5)), with(false, None)]);
    assert_eq!(answered.latency.unwrap().population, Population::Answered);
    assert_eq!(answered.latency_failed, None);
    let unknown = of(&[with(true, Some(5)), with(true, None)]);
    assert_eq!(unknown.latency.unwrap().population, Population::Unknown);
}

#[test]
fn latencies_of_failures_are_never_those_of_successes() {
    let failed = Owned {
        ok: Some(false),
        ..many(1, 1, 1)[0].clone()
    };
    let stats = run_of(recorded(&[failed])).overall;
    assert_eq!(stats.primary().unwrap().population, Population::Ok);
    assert_eq!(stats.primary().unwrap().count, 0);
    assert_eq!(stats.latency_failed.unwrap().count, 1);
}

#[test]
fn nothing_recorded_is_a_run_of_no_requests() {
    let run = run_of(Recorder::default());
    assert_eq!(run.overall.requests, Some(0));
    assert_eq!(run.overall.latency, None);
    assert_eq!(run.duration, None);
    assert!(run.notes.is_empty());
}

#[test]
fn a_long_name_is_cut_and_counted_under_its_start() {
    let mut recorder = Recorder::default();
    for end in ["a", "b"] {
        let name = format!("{}{end}", "x".repeat(6000));
        recorder.record(&Sample {
            endpoint: Some(&name),
            method: Some(&name),
            ..Sample::default()
        });
    }
    let run = run_of(recorder);
    assert_eq!(run.endpoints.len(), 1);
    assert_eq!(run.endpoints[0].stats.requests, Some(2));
    assert!(run.endpoints[0].name.ends_with("x...(cut)"));
    assert_eq!(run.endpoints[0].method.as_ref().unwrap().len(), 100);
}

#[test]
fn the_run_lasts_until_the_last_answer() {
    let at = |time: i64, latency: u64| Owned {
        time: Some(time),
        latency: Some(latency),
        ..many(1, 1, 1)[0].clone()
    };
    let second = 1_000_000_000;
    let start = 1_795_229_242 * second;
    let samples = [
        at(start + 3 * second, 500_000_000),
        at(start + second / 2, 4 * 1_000_000_000),
    ];
    let run = run_of(recorded(&samples));
    assert_eq!(run.duration.unwrap(), Seconds(4.0));
    assert_eq!(run.overall.rate.unwrap(), PerSecond(0.5));
    // The first slice starts before the run, so it has no rate.
    assert_eq!(run.timeline[0].start, Seconds(-0.5));
    assert_eq!(run.timeline[0].stats.rate, None);
}

/// Samples with these outcomes and what stands where one is missing, each so many times.
fn of_outcomes(counts: &[(Option<bool>, Option<&str>, usize)]) -> Vec<Owned> {
    let samples = counts.iter().flat_map(|(ok, unknown, count)| {
        let sample = Owned {
            ok: *ok,
            unknown: unknown.map(str::to_owned),
            code: unknown.filter(|word| !word.is_empty()).map(str::to_owned),
            latency: Some(5_000_000),
            ..many(1, 1, 1)[0].clone()
        };
        std::iter::repeat_n(sample, *count)
    });
    samples.collect()
}

#[test]
fn failures_are_known_only_where_what_says_nothing_cannot_matter() {
    let (yes, no, empty) = (Some(true), Some(false), (None, Some("")));
    for (counts, failures) in [
        (vec![(yes, None, 3), (no, None, 1)], Some(1)),
        // Few are counted as failed: no rate is better than it is said to be.
        (vec![(yes, None, 1997), (empty.0, empty.1, 2)], None),
        (vec![(yes, None, 1998), (empty.0, empty.1, 2)], Some(2)),
        (
            vec![(yes, None, 1997), (no, None, 1), (empty.0, empty.1, 2)],
            Some(3),
        ),
        (vec![(yes, None, 1), (empty.0, empty.1, 1)], None),
        (vec![(no, None, 1), (empty.0, empty.1, 1)], None),
        // A column that is not there in some of the files.
        (vec![(yes, None, 5), (None, None, 5)], None),
        // A word beside words for success is no success; without them nobody knows.
        (vec![(yes, None, 5), (None, Some("cached"), 5)], Some(5)),
        (vec![(no, None, 5), (None, Some("handled"), 5)], None),
        (vec![(None, Some("handled"), 5)], None),
        (
            vec![
                (yes, None, 5),
                (None, Some("cached"), 5),
                (empty.0, empty.1, 5),
            ],
            None,
        ),
    ] {
        let run = run_of(recorded(&of_outcomes(&counts)));
        let stats = &run.overall;
        assert_eq!(stats.failures.is_some(), failures.is_some(), "{counts:?}");
        let all: usize = counts.iter().map(|(.., count)| *count).sum();
        if let Some(failures) = failures {
            assert_eq!(stats.failures, Some(failures), "{counts:?}");
            let failed = stats
                .latency_failed
                .as_ref()
                .map_or(0, |failed| failed.count);
            assert_eq!(failed, failures, "{counts:?}");
            let listed: u64 = run.errors.iter().map(|error| error.count).sum();
            assert_eq!(listed, failures, "{counts:?}");
        } else {
            // Then the latency is one of all.
            assert_eq!(stats.latency_ok, None, "{counts:?}");
            assert_eq!(stats.latency.as_ref().unwrap().count, all as u64);
            assert!(
                run.timeline
                    .iter()
                    .all(|slice| slice.stats.failures.is_none())
            );
            assert!(
                run.timeline
                    .iter()
                    .all(|slice| slice.stats.latency_ok.is_none())
            );
        }
        assert_eq!(
            run.endpoints[0].stats.failures, stats.failures,
            "{counts:?}"
        );
        assert_eq!(run.timeline[0].stats.failures, stats.failures, "{counts:?}");
        assert_eq!(run.timeline[0].endpoints[0].stats.failures, stats.failures);
    }
}

#[test]
fn an_endpoint_that_always_says_its_outcome_keeps_its_failures() {
    let mut samples = of_outcomes(&[(Some(true), None, 5), (Some(false), None, 1)]);
    let mut others = of_outcomes(&[(None, Some(""), 6)]);
    for other in &mut others {
        other.endpoint = Some("/silent".to_owned());
    }
    samples.append(&mut others);
    let run = run_of(recorded(&samples));
    assert_eq!(run.overall.failures, None);
    let failures: Vec<Option<u64>> = run.endpoints.iter().map(|e| e.stats.failures).collect();
    assert!(
        failures.contains(&Some(1)) && failures.contains(&None),
        "{failures:?}"
    );
}
