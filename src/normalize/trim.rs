//! `--trim-start` and `--trim-end`: the slices of the timeline inside, and everything computed from them again.
//!
//! Percentiles stay only where every slice has its histogram. A run without a timeline is left as it is, and says so:
//! nothing in it says when anything happened.

use crate::model::Note;
use crate::model::{Run, Seconds, Slice};
use crate::normalize::cut::{Answers, TOLERANCE, cut};
use crate::text::number::{plural, seconds};

/// Leaves the requested seconds out at the start and the end.
pub(crate) fn trim(run: &mut Run, start: Option<Seconds>, end: Option<Seconds>) {
    let start = start.filter(|start| start.0 > 0.0);
    let end = end.filter(|end| end.0 > 0.0);
    if start.is_none() && end.is_none() {
        return;
    }
    let Some(length) = length(run) else {
        run.note(
            Note::UNTRIMMED,
            "nothing is trimmed: trimming needs a timeline, and the input has none",
            1,
        );
        return;
    };
    let from = start.map(|start| start.0);
    let to = end.map(|end| length - end.0);
    let is_inside = |slice: &Slice| {
        from.is_none_or(|from| slice.start.0 >= from - TOLERANCE)
            && to.is_none_or(|to| slice.start.0 + slice.duration.0 <= to + TOLERANCE)
    };
    let (inside, outside): (Vec<Slice>, Vec<Slice>) = std::mem::take(&mut run.timeline)
        .into_iter()
        .partition(is_inside);
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
        let text = format!(
            "nothing is trimmed: no slice of the timeline of {} lies inside",
            seconds(length)
        );
        run.timeline = outside;
        run.note(Note::UNTRIMMED, text, 1);
        return;
    };
    if outside.is_empty() {
        run.timeline = inside;
        run.note(
            Note::UNTRIMMED,
            "nothing is trimmed: every slice of the timeline lies inside",
            1,
        );
        return;
    }
    // A slice of a clock may begin before the run and end behind it.
    let begin = first.start.0.max(0.0);
    let finish = (last.start.0 + last.duration.0).min(length);
    note_borders(run, (begin, finish), (from, to), length, outside.len());
    let lost = cut(run, inside, (begin, finish), Answers::OfTheirRequests);
    if lost.resources > 0 {
        let text = "of resources with more samples than their series holds, mean and slope are not known after trimming";
        run.note(Note::TRIM, text, lost.resources);
    }
    if lost.expected {
        let text =
            "the slices do not tell expected failures apart: after trimming they count as failures";
        run.note(Note::TRIM, text, 1);
    }
    if !lost.timeless.is_empty() {
        let text = format!(
            "the input has no times for {}: left out after trimming",
            lost.timeless.join(", ")
        );
        run.note(Note::TRIM, text, 1);
    }
    if lost.percentiles {
        let text = "percentiles are not known after trimming: the input has no samples and no histogram per slice";
        run.note(Note::TRIM, text, 1);
    }
}

/// Of the run, or of its timeline where the input has no times for the whole; `None` without a timeline.
fn length(run: &Run) -> Option<f64> {
    let last = run.timeline.last()?;
    let end = last.start.0 + last.duration.0;
    Some(run.duration.map_or(end, |duration| duration.0))
}

fn note_borders(
    run: &mut Run,
    is: (f64, f64),
    asked: (Option<f64>, Option<f64>),
    length: f64,
    slices: usize,
) {
    let asked = (asked.0.unwrap_or(0.0), asked.1.unwrap_or(length));
    let off = (is.0 - asked.0).abs() > TOLERANCE || (is.1 - asked.1).abs() > TOLERANCE;
    let borders = if off {
        format!(
            "; a slice is kept or left out whole, so the borders are {} and {} instead of {} and {}",
            seconds(is.0),
            seconds(is.1),
            seconds(asked.0),
            seconds(asked.1)
        )
    } else {
        String::new()
    };
    let text = format!(
        "{} of {} are kept: {} of the timeline left out{borders}",
        seconds(is.1 - is.0),
        seconds(length),
        plural(slices as u64, "slice")
    );
    run.note(Note::TRIM, text, slices as u64);
}

/// Whether slices were left out: counts are the slices' own, and answers may belong to requests before the border.
pub(crate) fn is_trimmed(run: &Run) -> bool {
    run.noted(Note::TRIM).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Endpoint, EndpointSlice, ErrorCount, ErrorKind, Millis, Percentile, Phase, Resource,
        ResourcePhase, Stats,
    };
    use crate::normalize::merge::tests::exact;

    fn stats(samples: &[u32], failures: u64) -> Stats {
        let mut stats = Stats {
            requests: Some(samples.len() as u64),
            responses: Some(samples.len() as u64),
            failures: Some(failures),
            latency: Some(exact(samples)),
            ..Stats::default()
        };
        stats.codes.insert("200".into(), samples.len() as u64);
        stats
    }

    /// Five slices of ten seconds; in slice i are i + 1 requests of 10 (i + 1) ms.
    fn run() -> Run {
        let mut run = Run::new("knee", "requests-csv");
        run.started_at = "2026-03-01T10:00:00Z".parse().ok();
        run.ended_at = "2026-03-01T10:00:50Z".parse().ok();
        run.duration = Some(Seconds(50.0));
        let mut all = Vec::new();
        for i in 0..5_u32 {
            let samples = vec![10 * (i + 1); i as usize + 1];
            run.timeline.push(Slice {
                latency_window: None,
                completed: None,
                start: Seconds(10.0 * f64::from(i)),
                duration: Seconds(10.0),
                users: Some(f64::from(i)),
                arrivals: None,
                stats: stats(&samples, u64::from(i == 0)),
                endpoints: vec![EndpointSlice {
                    name: "/a".into(),
                    method: None,
                    stats: stats(&samples, u64::from(i == 0)),
                }],
            });
            all.extend(samples);
        }
        run.overall = stats(&all, 1);
        run.overall.set_rates(run.duration);
        run.overall.as_reported.insert("rate_per_s".into(), 0.3);
        run.endpoints = ["/a", "/b"]
            .map(|name| Endpoint {
                name: name.into(),
                method: None,
                path: None,
                group: None,
                names_in: vec![],
                stats: run.overall.clone(),
            })
            .to_vec();
        run
    }

    fn texts(run: &Run) -> Vec<&str> {
        run.notes.iter().map(|note| note.text.as_str()).collect()
    }

    fn bare(run: &mut Run) {
        let strip = |stats: &mut Stats| stats.latency.as_mut().unwrap().histogram = None;
        for slice in &mut run.timeline {
            strip(&mut slice.stats);
            for part in &mut slice.endpoints {
                strip(&mut part.stats);
            }
        }
    }

    #[test]
    fn whole_slices_inside_make_the_run_and_its_percentiles_are_exact() {
        let mut run = run();
        trim(&mut run, Some(Seconds(10.0)), Some(Seconds(10.0)));
        assert_eq!(run.timeline.len(), 3);
        assert_eq!(run.timeline[0].start, Seconds(0.0));
        assert_eq!(run.duration, Some(Seconds(30.0)));
        assert_eq!(run.started_at.unwrap().to_string(), "2026-03-01T10:00:10Z");
        assert_eq!(run.ended_at.unwrap().to_string(), "2026-03-01T10:00:40Z");
        let samples = [20, 20, 30, 30, 30, 40, 40, 40, 40];
        assert_eq!(run.overall.requests, Some(9));
        assert_eq!(run.overall.failures, Some(0));
        assert_eq!(run.overall.codes["200"], 9);
        assert_eq!(run.overall.rate.unwrap().0.to_bits(), 0.3_f64.to_bits());
        assert_eq!(run.overall.goodput, run.overall.rate);
        assert!(run.overall.as_reported.is_empty());
        let latency = run.overall.latency.as_ref().unwrap();
        let wanted = exact(&samples);
        assert_eq!(latency.percentiles, wanted.percentiles);
        assert_eq!(latency.histogram, wanted.histogram);
        assert!((latency.mean.unwrap().0 - wanted.mean.unwrap().0).abs() < 1e-9);
        assert_eq!(run.endpoints[0].stats.requests, Some(9));
        assert_eq!(run.load.users_max, Some(3.0));
        assert_eq!(
            texts(&run),
            ["30 s of 50 s are kept: 2 slices of the timeline left out"]
        );
    }

    #[test]
    fn an_endpoint_that_no_slice_names_had_no_request_there() {
        let mut run = run();
        trim(&mut run, Some(Seconds(10.0)), None);
        assert_eq!(run.endpoints[1].stats.requests, Some(0));
        assert_eq!(run.endpoints[1].stats.latency, None);
        let mut capped = self::run();
        for slice in &mut capped.timeline {
            slice.stats.requests = slice.stats.requests.map(|requests| requests + 1);
        }
        trim(&mut capped, Some(Seconds(10.0)), None);
        assert_eq!(
            capped.endpoints[1].stats.requests, None,
            "the slices leave endpoints out"
        );
    }

    #[test]
    fn a_slice_on_the_border_is_left_out_whole_and_the_true_borders_are_said() {
        let mut run = run();
        trim(&mut run, Some(Seconds(5.0)), Some(Seconds(1.0)));
        assert_eq!(run.duration, Some(Seconds(30.0)));
        assert_eq!(
            texts(&run),
            [
                "30 s of 50 s are kept: 2 slices of the timeline left out; a slice is kept or left out whole, so the \
              borders are 10 s and 40 s instead of 5 s and 49 s"
            ]
        );
    }

    #[test]
    fn a_slice_that_begins_before_the_run_does_not_lengthen_it() {
        let mut run = run();
        for slice in &mut run.timeline {
            slice.start.0 -= 4.0;
        }
        run.duration = Some(Seconds(44.0));
        trim(&mut run, None, Some(Seconds(10.0)));
        assert_eq!(run.timeline.len(), 3);
        assert_eq!(run.duration, Some(Seconds(26.0)));
        assert_eq!(run.timeline[0].start, Seconds(-4.0));
        assert_eq!(run.started_at.unwrap().to_string(), "2026-03-01T10:00:00Z");
    }

    #[test]
    fn without_samples_counts_are_computed_again_and_percentiles_are_dropped() {
        let mut run = run();
        bare(&mut run);
        trim(&mut run, Some(Seconds(20.0)), None);
        assert_eq!(run.overall.requests, Some(12));
        let latency = run.overall.latency.as_ref().unwrap();
        assert!(latency.percentiles.is_empty());
        assert_eq!(latency.count, 12);
        assert_eq!(
            (latency.min, latency.max),
            (Some(Millis(30.0)), Some(Millis(50.0)))
        );
        assert_eq!(
            texts(&run)[1],
            "percentiles are not known after trimming: the input has no samples and no histogram per slice"
        );
    }

    #[test]
    fn sliding_windows_are_not_added_up() {
        let mut run = run();
        bare(&mut run);
        for slice in &mut run.timeline {
            slice.latency_window = Some(Seconds(10.0));
        }
        let before = run.overall.requests.unwrap();
        trim(&mut run, Some(Seconds(10.0)), None);
        assert!(run.overall.requests.unwrap() < before);
        assert_eq!(run.overall.latency, None);
        assert!(
            texts(&run).iter().any(|text| text.contains("percentiles")),
            "{:?}",
            texts(&run)
        );
    }

    #[test]
    fn one_slice_that_is_left_keeps_the_percentiles_that_the_tool_gives_for_it() {
        let mut run = run();
        bare(&mut run);
        trim(&mut run, Some(Seconds(40.0)), None);
        let latency = run.overall.latency.as_ref().unwrap();
        assert_eq!(latency.percentile(Percentile::P95), Some(Millis(50.0)));
        assert_eq!(run.notes.len(), 1);
    }

    #[test]
    fn a_slice_without_its_latency_makes_it_unknown() {
        let mut run = run();
        run.timeline[3].stats.latency = None;
        trim(&mut run, Some(Seconds(20.0)), None);
        let latency = run.overall.latency.as_ref().unwrap();
        assert!(latency.percentiles.is_empty());
        assert_eq!((latency.mean, latency.histogram.as_ref()), (None, None));
        assert_eq!(run.notes.len(), 2);
    }

    #[test]
    fn what_cannot_be_trimmed_is_left_as_it_is_and_says_so() {
        for (mut run, start, end, expected) in [
            (
                Run::new("x", "y"),
                Some(5.0),
                None,
                "nothing is trimmed: trimming needs a timeline, and the input has none",
            ),
            (
                run(),
                Some(60.0),
                None,
                "nothing is trimmed: no slice of the timeline of 50 s lies inside",
            ),
            (
                run(),
                Some(25.0),
                Some(20.0),
                "nothing is trimmed: no slice of the timeline of 50 s lies inside",
            ),
        ] {
            let before = run.clone();
            trim(&mut run, start.map(Seconds), end.map(Seconds));
            assert_eq!(texts(&run), [expected]);
            run.notes.clear();
            assert_eq!(run, before);
        }
        let mut untouched = run();
        trim(&mut untouched, Some(Seconds(0.0)), None);
        assert_eq!(untouched, run());
    }

    #[test]
    fn answers_of_requests_before_the_border_leave_no_number_of_answers() {
        let mut run = run();
        run.timeline[1].stats.responses = Some(3);
        run.timeline[2].endpoints[0].stats.failures = Some(20);
        let mut all_of_it = run.clone();
        trim(&mut run, Some(Seconds(10.0)), None);
        assert_eq!(run.overall.requests, Some(14));
        assert_eq!(run.overall.responses, None, "15 answers of 14 requests");
        assert_eq!(run.overall.failures, Some(0));
        assert_eq!(run.endpoints[0].stats.responses, Some(14));
        assert_eq!(run.endpoints[0].stats.failures, None);
        assert_eq!(run.endpoints[0].stats.goodput, None);
        all_of_it.timeline[1].stats.responses = Some(1);
        trim(&mut all_of_it, Some(Seconds(10.0)), None);
        assert_eq!(
            all_of_it.overall.responses,
            Some(13),
            "fewer are no contradiction"
        );
    }

    #[test]
    fn figures_of_the_whole_run_do_not_speak_of_a_part() {
        let mut run = run();
        run.errors.push(ErrorCount {
            endpoint: None,
            method: None,
            kind: ErrorKind::Timeout,
            code: None,
            message: None,
            count: 1,
        });
        run.load.dropped = Some(3);
        run.overall.expected_failures = Some(1);
        trim(&mut run, Some(Seconds(10.0)), None);
        assert!(run.errors.is_empty());
        assert_eq!(run.load.dropped, None);
        assert_eq!(
            texts(&run)[1..],
            [
                "the slices do not tell expected failures apart: after trimming they count as failures",
                "the input has no times for errors by message, dropped users: left out after trimming"
            ]
        );
    }

    #[test]
    fn phases_keep_the_part_inside_at_the_load_that_it_has() {
        let mut run = run();
        let phase = |start, duration, from, to| Phase {
            name: None,
            start: Seconds(start),
            duration: Seconds(duration),
            users_from: Some(from),
            users_to: Some(to),
            rate_from: None,
            rate_to: None,
        };
        run.load.phases = vec![
            phase(0.0, 10.0, 0.0, 5.0),
            phase(10.0, 20.0, 0.0, 20.0),
            phase(30.0, 20.0, 20.0, 20.0),
        ];
        trim(&mut run, Some(Seconds(20.0)), None);
        assert_eq!(
            run.load.phases,
            [phase(0.0, 10.0, 10.0, 20.0), phase(10.0, 20.0, 20.0, 20.0)]
        );
    }

    fn sampled(phase: ResourcePhase, samples: u64, series: &[(f64, f64)]) -> Resource {
        Resource {
            component: "api".into(),
            name: "cpu".into(),
            unit: Some("%".into()),
            phase: Some(phase),
            samples,
            min: Some(1.0),
            mean: Some(2.0),
            max: Some(9.0),
            first: Some(1.0),
            last: Some(9.0),
            slope_per_s: Some(0.1),
            series: series.to_vec(),
        }
    }

    #[test]
    fn idle_samples_stay_on_the_new_clock_and_load_that_is_left_out_goes() {
        let mut run = run();
        let idle = sampled(ResourcePhase::Idle, 2, &[(-5.0, 1.0), (70.0, 9.0)]);
        let load = sampled(ResourcePhase::Load, 2, &[(5.0, 1.0), (25.0, 9.0)]);
        let mut early = sampled(ResourcePhase::Load, 1, &[(5.0, 1.0)]);
        early.name = "pids".into();
        run.resources = vec![idle, load, early];
        trim(&mut run, Some(Seconds(20.0)), None);
        assert_eq!(run.resources.len(), 2, "what has no sample left is gone");
        assert_eq!(run.resources[0].series, [(-25.0, 1.0), (50.0, 9.0)]);
        assert_eq!(
            (run.resources[0].samples, run.resources[0].mean),
            (2, Some(2.0))
        );
        assert_eq!(run.resources[1].series, [(5.0, 9.0)]);
        assert_eq!(
            (run.resources[1].samples, run.resources[1].mean),
            (1, Some(9.0))
        );
    }

    #[test]
    fn a_thinned_series_has_no_mean_after_trimming() {
        let mut run = run();
        run.resources = vec![sampled(
            ResourcePhase::Load,
            900,
            &[(5.0, 1.0), (25.0, 9.0), (30.0, 4.0)],
        )];
        trim(&mut run, Some(Seconds(20.0)), None);
        let left = &run.resources[0];
        assert_eq!((left.mean, left.slope_per_s), (None, None));
        assert_eq!((left.min, left.max), (Some(4.0), Some(9.0)));
        assert!(
            run.notes
                .iter()
                .any(|note| note.text.contains("mean and slope"))
        );
    }

    #[test]
    fn a_resource_keeps_the_samples_inside() {
        let mut run = run();
        run.resources.push(Resource {
            component: "api".into(),
            name: "memory".into(),
            unit: None,
            phase: None,
            samples: 5,
            min: Some(1.0),
            mean: Some(3.0),
            max: Some(5.0),
            first: Some(1.0),
            last: Some(5.0),
            slope_per_s: Some(0.1),
            series: (0..5)
                .map(|i| (10.0 * f64::from(i), f64::from(1 + i * i)))
                .collect(),
        });
        trim(&mut run, Some(Seconds(20.0)), None);
        let resource = &run.resources[0];
        assert_eq!(resource.series, [(0.0, 5.0), (10.0, 10.0), (20.0, 17.0)]);
        assert_eq!(
            (resource.samples, resource.min, resource.last),
            (3, Some(5.0), Some(17.0))
        );
        // By hand: sum((t - 10) (v - 32/3)) / sum((t - 10)^2) = 120 / 200.
        assert!((resource.slope_per_s.unwrap() - 0.6).abs() < 1e-12);
    }
}
