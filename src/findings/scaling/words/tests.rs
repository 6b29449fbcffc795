use super::*;
use crate::findings::scaling::testing::{
    at, calm, document, instances, knee, saturated, series, single, step,
};

#[test]
fn a_knee_by_saturation_names_what_is_offered_and_what_is_answered() {
    assert_eq!(
        answer(&saturated()),
        "The knee lies between 4/s and 8/s, at about 4.4/s: at 8/s requests are offered at 80/s and answered at 44.5/s (55.62 %). Last good level: 4/s."
    );
}

#[test]
fn users_that_bring_no_more_throughput_are_told_by_throughput() {
    let levels = vec![
        at(40.0, [51.0, 51.0, 51.0], [10.0, 20.0, 30.0]),
        at(80.0, [102.0, 52.5, 52.3], [20.0, 40.0, 60.0]),
    ];
    let mut scaling = series("shop", LevelOf::Users, levels);
    // The 102/s that as many users would ask for are not offered: they wait.
    scaling.knee = Some(knee(Criterion::Saturation, [40.0, 80.0], 41.3, 40.0));
    assert_eq!(
        answer(&scaling),
        "The knee lies between 40 and 80 users, at about 41 users: goodput no longer follows the load, 51/s at 40 users and 52.3/s at 80 users. Last good level: 40 users."
    );
}

#[test]
fn a_level_that_keeps_up_with_what_is_offered_is_not_said_to_be_behind() {
    let mut scaling = saturated();
    scaling.levels[3].achieved_per_s = Some(79.0);
    let said = answer(&scaling);
    assert!(!said.contains("are offered"), "{said}");
    assert!(
        said.contains("goodput no longer follows the load, 39.6/s at 4/s and 44/s at 8/s"),
        "{said}"
    );
}

#[test]
fn a_blow_up_of_a_ramp_is_for_at_most_its_peak_and_lies_between_the_peaks() {
    assert_eq!(
        answer(&document()),
        "The knee lies between 2/s and 4/s, middle 3/s: p99 grows 9.4 times for at most twice the load. Last good level: 1.5/s (peak 2/s)."
    );
}

#[test]
fn a_blow_up_of_an_endpoint_names_it_and_by_size_is_not_proven() {
    let mut scaling = saturated();
    let mut found = knee(Criterion::BlowUp, [4.0, 8.0], 6.0, 4.0);
    (found.metric, found.endpoint) = (Some("p95".to_owned()), Some("GET /work".to_owned()));
    scaling.knee = Some(found);
    let said = answer(&scaling);
    assert!(
        said.contains("p95 of GET /work grows 30 times for twice the load. "),
        "{said}"
    );
    scaling.steps[3].reasons = vec!["by-size".to_owned()];
    let said = answer(&scaling);
    assert!(
        said.contains("twice the load (by size, not proven: too few requests)."),
        "{said}"
    );
}

#[test]
fn the_largest_blow_up_of_the_whole_run_is_told_with_its_step() {
    // Of p95 37.5 times and p99 30 times; that of an endpoint is larger still and not of the whole run.
    let mut scaling = saturated();
    scaling.steps[3].ratio = 99.0;
    assert_eq!(
        blow_up(&scaling).unwrap(),
        "p95 grows 38 times for twice the load, 4/s to 8/s"
    );
    assert_eq!(blow_up(&calm()), None);
}

#[test]
fn no_knee_is_an_answer_of_the_tested_range_only() {
    assert_eq!(
        answer(&calm()),
        "No knee in the tested range, 1/s to 16/s; what lies beyond it is not known."
    );
    let mut uneasy = calm();
    uneasy.knee.as_mut().unwrap().last_good = Some(8.0);
    assert!(answer(&uneasy).ends_with("was tested. Last good level: 8/s."));
}

#[test]
fn too_few_levels_are_said_with_their_number() {
    assert_eq!(
        answer(&single()),
        "One load level (8/s): growth takes at least two, a knee better five."
    );
    assert_eq!(
        answer(&instances()),
        "At instances 4 goodput is 3.2x that at instances 1, 80 % of the ideal."
    );
    let none = series("x", LevelOf::Users, Vec::new());
    assert!(answer(&none).starts_with("No load level:"));
}

#[test]
fn a_knee_that_is_open_on_a_side_says_so() {
    let mut scaling = saturated();
    let mut found = knee(Criterion::Saturation, [1.0, 1.0], 1.0, 1.0);
    found.last_good = None;
    found.interval.as_mut().unwrap().lo = None;
    scaling.knee = Some(found.clone());
    assert!(answer(&scaling).starts_with("The knee lies at 1/s or below: "));
    found.interval = None;
    scaling.knee = Some(found);
    assert!(answer(&scaling).starts_with("The knee lies at about 1/s: "));
}

#[test]
fn a_level_is_written_in_what_it_counts() {
    let of = |level_of| level(&series("x", level_of, Vec::new()), 40.0);
    assert_eq!(of(LevelOf::Arrivals), "40/s");
    assert_eq!(of(LevelOf::Requests), "40/s");
    assert_eq!(of(LevelOf::Users), "40 users");
    assert_eq!(of(LevelOf::Stated), "40");
    assert_eq!(of(LevelOf::Resources), "instances 40");
    assert_eq!(
        level(&series("x", LevelOf::Users, Vec::new()), 1.0),
        "1 user"
    );
}

#[test]
fn classes_say_what_they_stand_on_and_only_linear_is_in_proportion() {
    let scaling = calm();
    let of = |class: StepClass, reason: &str| {
        let mut one = step([1.0, 2.0], "p95", 2.0, class);
        one.reasons = vec![reason.to_owned()];
        super::class(&scaling, &one)
    };
    assert_eq!(of(StepClass::Flat, ""), "does not move with the load");
    assert_eq!(
        of(StepClass::Linear, ""),
        "grows in proportion to the load, which is queueing already"
    );
    assert_eq!(
        of(StepClass::Undecided, "ramp"),
        "is undecided: a ramp cannot tell, run constant rates"
    );
    assert_eq!(
        of(StepClass::BlowUp, "by-size"),
        "blows up by size, not proven: too few requests"
    );
    assert_eq!(
        of(StepClass::Undecided, "thin"),
        "is undecided: too few requests"
    );
    let others = [
        StepClass::Flat,
        StepClass::SubLinear,
        StepClass::SuperLinear,
        StepClass::BlowUp,
        StepClass::Undecided,
    ];
    assert!(
        others
            .iter()
            .all(|class| !of(*class, "").contains("proportion"))
    );
}
