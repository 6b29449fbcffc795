use super::*;
use crate::model::Unit;
use crate::report::Evidence;
use crate::scale::testing::{at, calm, document, instances, knee, saturated, series, single, step};

#[test]
fn a_knee_by_saturation_names_what_is_offered_and_what_is_answered() {
    assert_eq!(
        answer(&saturated()),
        "The knee lies between 4/s and 8/s, at about 4.4/s: at 8/s requests are offered at 80/s and answered at 44.5/s (56 %). Last good level: 4/s."
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
fn a_load_that_only_a_label_tells_is_not_said_to_be_offered() {
    let mut scaling = saturated();
    scaling.levels[3].by_label = true;
    let said = answer(&scaling);
    assert!(!said.contains("are offered"), "{said}");
    assert!(
        said.contains("by its label 8/s would ask for 80/s, and 44.5/s were answered (56 %); whether more was sent is not known"),
        "{said}"
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
    scaling.steps[3].reasons = vec![StepReason::BySize];
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
    assert!(answer(&uneasy).ends_with("is not known. Last good level: 8/s."));
}

#[test]
fn too_few_levels_are_said_with_their_number() {
    assert_eq!(
        answer(&single()),
        "One load level (8/s): growth takes at least two, a knee better five."
    );
    assert_eq!(
        answer(&instances()),
        "At 4 instances goodput is 3.2x that at 1 instance, 80 % of the ideal."
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
    assert_eq!(of(LevelOf::Resources), "40 instances");
    assert_eq!(
        level(&series("x", LevelOf::Users, Vec::new()), 1.0),
        "1 user"
    );
}

#[test]
fn classes_say_what_they_stand_on_and_only_linear_is_in_proportion() {
    let of = |scaling: &Scaling, class: StepClass, reason: Option<StepReason>| {
        let mut one = step([1.0, 2.0], "p95", 2.0, class);
        one.reasons = reason.into_iter().collect();
        let (name, meaning) = super::class(scaling, &one);
        format!("{name}: {meaning}")
    };
    let rates = calm();
    let of_rates = |class, reason| of(&rates, class, reason);
    assert_eq!(
        of_rates(StepClass::Flat, None),
        "flat: does not move with the load"
    );
    assert_eq!(
        of_rates(StepClass::Linear, None),
        "linear: in proportion to the load, which is queueing already"
    );
    let users = series("x", LevelOf::Users, Vec::new());
    // Of users that is no queue yet: they wait for their answers.
    assert_eq!(
        of(&users, StepClass::Linear, None),
        "linear: in proportion to the load"
    );
    assert_eq!(
        of_rates(StepClass::Undecided, Some(StepReason::Ramp)),
        "undecided (ramp): run constant rates"
    );
    assert_eq!(
        of_rates(StepClass::Undecided, Some(StepReason::Thin)),
        "undecided: too few requests"
    );
    assert_eq!(
        of_rates(StepClass::BlowUp, None),
        "blow-up: grows far more than the load"
    );
    assert!(
        of_rates(StepClass::BlowUp, Some(StepReason::BySize))
            .starts_with("blow-up by size: not proven")
    );
    assert!(!of_rates(StepClass::SubLinear, None).contains("proportion"));
}

#[test]
fn a_share_has_two_digits() {
    assert_eq!(about(0.5645), "56 %");
    assert_eq!(about(1.0451), "105 %");
    assert_eq!(about(0.25 / 3.0), "8.3 %");
    assert_eq!(about(0.0), "0 %");
}

#[test]
fn other_methods_stand_beside_the_knee_as_far_as_they_say_anything() {
    let mut scaling = saturated();
    assert_eq!(second_opinions(&scaling), None);
    let found = scaling.knee.as_mut().unwrap();
    found.evidence = Evidence::new()
        .with(BEND_AT, 5.136, Unit::AsGiven)
        .with(BEND_P_VALUE, 0.001_234, Unit::Ratio)
        .with(KNEEDLE_AT, 8.0, Unit::AsGiven)
        .with(POWER_HIGHEST_AT, 4.0, Unit::AsGiven);
    assert_eq!(
        second_opinions(&scaling).unwrap(),
        "Other methods, which decide nothing here: two lines through p95 bend at 5.1/s (p 0.0012); Kneedle names 8/s; throughput over latency is highest at 4/s."
    );
    let found = scaling.knee.as_mut().unwrap();
    found.evidence = Evidence::new().with(KNEEDLE_AT, 8.0, Unit::AsGiven);
    assert_eq!(
        second_opinions(&scaling).unwrap(),
        "Other methods, which decide nothing here: Kneedle names 8/s."
    );
    scaling.knee = None;
    assert_eq!(second_opinions(&scaling), None);
}

#[test]
fn a_plateau_of_users_is_told_with_the_users_that_reach_it() {
    let levels = vec![
        at(40.0, [56.0, 55.8, 55.8], [30.0, 330.0, 480.0]),
        at(70.0, [97.0, 87.8, 87.8], [160.0, 880.0, 1100.0]),
    ];
    let mut scaling = series("shop", LevelOf::Users, levels);
    let mut found = knee(Criterion::Saturation, [40.0, 70.0], 63.2, 40.0);
    found.evidence =
        Evidence::new()
            .with(PLATEAU, 87.8, Unit::PerSecond)
            .with(PER_UNIT, 1.39, Unit::AsGiven);
    scaling.knee = Some(found);
    // 87.8 / 1.39 = 63.2.
    assert_eq!(
        answer(&scaling),
        "The knee lies between 40 and 70 users, at about 63 users: goodput no longer follows the users, at most 87.8/s, and that is 63 users at the 1.39/s that each gets at the lowest levels. Last good level: 40 users."
    );
}
