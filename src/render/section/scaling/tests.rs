use super::*;
use crate::render::block::{Align, Inline};
use crate::render::testing::{finding, report};
use crate::render::{junit, markdown, pr_comment, text as plain};
use crate::report::Effect;
use crate::report::Interval;
use crate::report::scaling::StepReason;
use crate::report::scaling::{LevelOf, StepClass};
use crate::scale::testing::{calm, document, instances, interval, saturated, single, step};

fn blocks(scaling: Scaling, layout: &Layout) -> Vec<Block> {
    let mut report = report();
    report.scalings = vec![scaling];
    build(&report, 0, layout)
}

fn page(scaling: Scaling) -> String {
    plain::write(&blocks(scaling, &Layout::default()), 80, false)
}

fn flat(scaling: Scaling) -> String {
    page(scaling)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_stepped_run_with_a_knee_in_80_columns() {
    insta::assert_snapshot!(page(saturated()), @r"
    Load series: hardwork by arrivals/s
    -----------------------------------

    The knee lies between 4/s and 8/s, at about 4.4/s: at 8/s requests are offered
    at 80/s and answered at 44.5/s (56 %). Last good level: 4/s.

    Level    Seconds  Offered/s  Achieved/s  Goodput/s  Failed  Settling  Backlog
    -----  ---------  ---------  ----------  ---------  ------  --------  -------
    1/s      2 to 20         10          10         10     0 %       2 s        -
    2/s     22 to 40         20          20         20     0 %       2 s        -
    4/s     42 to 60         40        39.8       39.6     0 %       2 s        -
    8/s     62 to 80         80        44.5         44   1.2 %       2 s     44 %
    16/s   82 to 100        160          43         41   4.6 %       2 s     73 %

    Settling: left out because the load had just changed; backlog: requests that
    piled up inside the level, of those that came.

    Level  p50 ms  p95 ms  p99 ms      n
    -----  ------  ------  ------  -----
    1/s        12      20    (30)    180
    2/s        13      22     33*  3,000
    4/s        18      40      70  3,000
    8/s       400   1,500   2,100  3,000
    16/s      900   3,800   5,200  3,000

    * thin: fewer than 20 requests lie beyond it; (...) too few requests: as good as
    the maximum, never judged.

    Step         Load  Growth  Exponent  95 % interval  Excess  Class
    -----------  ----  ------  --------  -------------  ------  ---------------
    p95, 2 to 4    2x   1.82x      0.86   0.66 to 1.06   0.91x  linear
    p95, 4 to 8    2x   37.5x      5.23   5.03 to 5.43     19x  blow-up
    p99, 4 to 8    2x     30x      4.91   4.71 to 5.11     15x  blow-up by size

    linear: in proportion to the load, which is queueing already; blow-up: grows far
    more than the load; blow-up by size: not proven: too few requests, or too wide
    an interval.

    Exponent: 0 = the figure does not move with the load, 1 = in proportion to it;
    excess: growth over the growth of the load. Requests that come at a rate of
    their own have an exponent near 0 below saturation.

    Endpoint   Step         Growth  Excess  Class
    ---------  -----------  ------  ------  -------
    GET /work  p95, 4 to 8     30x     15x  blow-up

    Of each endpoint that grows more than the load the worst step stands here. 1
    step of single endpoints is not shown, none super-linear or a blow-up; --full
    shows all.

    Most goodput: 44/s at 8/s; it is less at higher levels. Headroom: the knee lies
    10 % above the last good level.

    Scaling law (USL)                                Value
    -----------------------------------------------  -----
    lambda, goodput of one unit of load, per second     11
    sigma, contention: the serial part                0.05
    kappa, coherency: what each pair of units costs  0.015

    The law peaks at 7.96/s with a goodput of 40.4/s, inside the tested range.

    Left out of the series:

    * aborted: it holds no successes

    What else has to be known:

    * 1 of 12 windows lies in two phases: it belongs to no level.
    ");
}

#[test]
fn document_000_in_markdown() {
    insta::assert_snapshot!(markdown::write(&blocks(document(), &Layout::default())), @r"
    ## Load series: `purchase` by `arrivals/s`

    The knee lies between 2/s and 4/s, middle 3/s: p99 grows 9.4 times for at most twice the load. Last good level: 1.5/s (peak 2/s).

    | Level | Runs | Offered/s | Achieved/s | Goodput/s | Failed |
    |:---|---:|---:|---:|---:|---:|
    | 1/s | 1 | 8 | 8 | 8 | 0 % |
    | 1.5/s (peak 2/s) | 1 | 12 | 12 | 12 | 0 % |
    | 2.5/s (peak 4/s) | 1 | 20 | 20 | 20 | 0 % |

    Peak: of a load that moved, of which the level is the mean.

    | Level | p50 ms | p95 ms | p99 ms | n |
    |:---|---:|---:|---:|---:|
    | 1/s | 15 | 368.8 | 407.5 | 480 |
    | 1.5/s (peak 2/s) | 32.1 | 772.9 | 854.2 | 720 |
    | 2.5/s (peak 4/s) | 70.1 | 2,893.5 | 8,024.5 | 1,200 |

    | Step | Load | Growth | Exponent | 95 % interval | Class |
    |:---|---:|---:|---:|---:|:---|
    | p50, 1 to 1.5 | 1.5/2x | 2.14x | 1.88/1.10 | 0.80 to 2.28 | undecided (ramp) |
    | p95, 1 to 1.5 | 1.5/2x | 2.1x | 1.82/1.07 | 0.77 to 2.22 | undecided (ramp) |
    | p99, 1 to 1.5 | 1.5/2x | 2.1x | 1.83/1.07 | 0.77 to 2.23 | undecided (ramp) |
    | p50, 1.5 to 2.5 | 1.67/2x | 2.18x | 1.53/1.13 | 0.83 to 1.93 | undecided (ramp) |
    | p95, 1.5 to 2.5 | 1.67/2x | 3.74x | 2.58/1.90 | 1.60 to 2.98 | blow-up |
    | p99, 1.5 to 2.5 | 1.67/2x | 9.39x | 4.39/3.23 | 2.93 to 4.79 | blow-up |

    blow-up: grows far more than the load; undecided (ramp): run constant rates.

    Exponent: 0 = the figure does not move with the load, 1 = in proportion to it. Of a ramp two figures stand: by the means of the loads, by which steps are named, and by their peaks; a class holds by both, and the interval is that of both. Requests that come at a rate of their own have an exponent near 0 below saturation.

    Most goodput: 20/s at 2.5/s (peak 4/s), the highest level: no capacity can be told beyond it.

    No scaling law is fitted: the law needs four loads, and there are three.
    ");
}

#[test]
fn nothing_is_wider_than_the_page_or_cut() {
    let mut ramped = saturated();
    for (level, peak) in ramped.levels.iter_mut().zip([1.5, 3.0, 6.0, 12.0, 24.0]) {
        level.peak = Some(peak);
        (level.from_s, level.to_s) = (Some(1234.5), Some(12_345.0));
        level.settling_dropped_s = Some(200.0);
        level.error_rate = Some(0.123_456);
    }
    for scaling in [
        saturated(),
        document(),
        calm(),
        single(),
        instances(),
        ramped,
    ] {
        let page = page(scaling);
        let widest = page.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{page}");
        assert!(!page.contains('…'), "{page}");
    }
}

#[test]
fn the_answer_stands_first_below_the_heading() {
    for scaling in [saturated(), document(), calm(), single(), instances()] {
        let answer = words::answer(&scaling);
        assert_eq!(blocks(scaling, &Layout::default())[1], paragraph(&answer));
    }
    let report = report();
    assert!(build(&report, 0, &Layout::default()).is_empty());
}

#[test]
fn only_columns_that_a_level_has_are_there() {
    let heads = |scaling: &Scaling| -> Vec<String> {
        let found = blocks(scaling.clone(), &Layout::default());
        let table = found.into_iter().find_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        let columns = table.unwrap().columns;
        assert!(
            columns
                .iter()
                .skip(1)
                .all(|column| column.1 == Align::Right)
        );
        columns.into_iter().map(|column| column.0).collect()
    };
    assert_eq!(
        heads(&document()),
        [
            "Level",
            "Runs",
            "Offered/s",
            "Achieved/s",
            "Goodput/s",
            "Failed"
        ]
    );
    let mut scaling = document();
    scaling.levels[2].backlog = Some(0.3);
    scaling.levels[1].stated = Some(2.0);
    assert_eq!(heads(&scaling)[6..], ["Backlog", "Stated"]);
}

#[test]
fn endpoints_that_do_not_stand_out_are_counted_and_shown_in_full() {
    let rows = |full: bool| {
        let layout = Layout {
            full,
            ..Layout::default()
        };
        markdown::write(&blocks(saturated(), &layout))
    };
    let (short, long) = (rows(false), rows(true));
    assert!(
        short.contains("| `GET /work` | p95, 4 to 8 | 30x | 15x | blow-up |"),
        "{short}"
    );
    assert!(!short.contains("`GET /health`"));
    assert!(short.contains("1 step of single endpoints is not shown"));
    assert!(
        long.contains("| `GET /health` | p95, 4 to 8 | 2x | 1"),
        "{long}"
    );
    assert!(!long.contains("not shown"));
}

#[test]
fn steps_of_the_whole_run_stand_level_by_level() {
    let page = page(document());
    let at = |words: &str| page.find(words).unwrap();
    assert!(at("p99, 1 to 1.5 ") < at("p50, 1.5 to 2.5 "));
}

#[test]
fn a_ramp_shows_what_holds_by_the_means_and_by_the_peaks() {
    // As issue 5 has them: 9.39 times at most twice the load, 4.70 times what is in proportion.
    let page = flat(document());
    assert!(
        page.contains("p99, 1.5 to 2.5 1.67/2x 9.39x 4.39/3.23 2.93 to 4.79 blow-up"),
        "{page}"
    );
    assert!(
        page.contains("p95, 1.5 to 2.5 1.67/2x 3.74x 2.58/1.90 1.60 to 2.98 blow-up"),
        "{page}"
    );
    let layout = Layout {
        full: true,
        ..Layout::default()
    };
    let full = markdown::write(&blocks(document(), &layout));
    assert!(
        full.contains("| 9.39x | 4.39/3.23 | 2.93 to 4.79 | 4.7x | blow-up |"),
        "{full}"
    );
}

#[test]
fn every_step_stands_in_one_line_of_80_columns() {
    let mut ramped = document();
    for (place, level) in ramped.levels.iter_mut().enumerate() {
        level.value = [0.996, 15.52, 115.5][place];
    }
    for step in &mut ramped.steps {
        (step.from, step.to) = if step.from < 1.2 {
            (0.996, 15.52)
        } else {
            (15.52, 115.5)
        };
        step.interval = Some(interval(-1.34, -0.21));
        step.interval_peak = step.interval;
        (step.load_ratio, step.load_ratio_peak) = (1.613, Some(2.573));
    }
    let mut users = saturated();
    users.level_of = LevelOf::Users;
    for scaling in [saturated(), document(), ramped, users] {
        let steps = scaling.steps.iter();
        let rows = steps.filter(|step| step.endpoint.is_none()).count();
        let page = page(scaling);
        assert!(
            page.lines().all(|line| line.chars().count() <= 80),
            "{page}"
        );
        let classes = [
            "flat",
            "linear",
            "blow-up",
            "blow-up by size",
            "undecided (ramp)",
        ];
        let whole = |line: &&str| {
            let is_step = line.starts_with("p5") || line.starts_with("p9");
            is_step && classes.iter().any(|class| line.ends_with(class))
        };
        assert_eq!(page.lines().filter(whole).count(), rows, "{page}");
    }
}

#[test]
fn of_each_endpoint_the_worst_step_stands_and_what_is_proven_before_what_is_not() {
    let mut scaling = saturated();
    let of = |endpoint: &str, metric: &str, ratio: f64, reason: Option<StepReason>| {
        let mut one = step([4.0, 8.0], metric, ratio, StepClass::BlowUp);
        one.endpoint = Some(endpoint.to_owned());
        one.reasons = reason.into_iter().collect();
        one
    };
    scaling.steps.retain(|step| step.endpoint.is_none());
    scaling.steps.extend([
        of("GET /a", "p50", 9.0, None),
        of("GET /a", "p95", 12.0, None),
        of("GET /a", "p99", 90.0, Some(StepReason::BySize)),
        of("GET /b", "p95", 40.0, None),
        of("GET /c", "p99", 99.0, Some(StepReason::BySize)),
    ]);
    let page = markdown::write(&blocks(scaling, &Layout::default()));
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.contains("`GET /"))
        .collect();
    assert_eq!(
        rows,
        [
            "| `GET /b` | p95, 4 to 8 | 40x | 20x | blow-up |",
            "| `GET /a` | p95, 4 to 8 | 12x | 6x | blow-up |",
            "| `GET /c` | p99, 4 to 8 | 99x | 50x | blow-up by size |",
        ]
    );
    assert!(
        page.contains("2 steps of single endpoints are not shown, 2 of them super-linear or a blow-up; `--full` shows all."),
        "{page}"
    );
}

#[test]
fn what_rules_say_of_a_series_stands_below_it_and_the_answer_is_not_said_again() {
    let mut report = report();
    report.scalings = vec![saturated()];
    let of = |rule: &str, message: &str, hint: &str| {
        let mut found = finding(rule, Effect::Warn, message);
        (found.run, found.hint) = (None, Some(hint.to_owned()));
        found
    };
    let answer = words::answer(&saturated());
    let mut named = of("S01", "p95 of GET /work grows.", "Look.");
    named.endpoint = Some("GET /work".to_owned());
    report.findings = vec![
        of("S01", "p50 grows.", "Look."),
        named,
        of("S03", &answer, "Stay below."),
        of("V23", "The load grows twice.", "Run constant rates."),
        finding("V31", Effect::Warn, "Of the run."),
    ];
    let page = markdown::write(&build(&report, 0, &Layout::default()));
    let (_, about) = page.split_once("## About the load series\n").unwrap();
    let lines: Vec<&str> = about.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        lines,
        [
            "- S01 a-rule: p50 grows.",
            "- S01 a-rule: p95 of GET /work grows. Next: Look.",
            "- S03 a-rule, as said above. Next: Stay below.",
            "- V23 a-rule: The load grows twice. Next: Run constant rates.",
        ]
    );
    assert_eq!(page.matches(answer.as_str()).count(), 1, "{page}");
    // A report of one run shows findings of no run in its own list: those of series not.
    let section = &crate::render::section::findings::SECTION;
    let findings = markdown::write(&(section.build)(&report, 0, &Layout::default()));
    assert!(findings.contains("Of the run."), "{findings}");
    assert!(
        !findings.contains("S01") && !findings.contains("V23"),
        "{findings}"
    );
    let junit = (junit::RENDERER.render)(&report, &Layout::default()).unwrap();
    let junit = String::from_utf8(junit.page).unwrap();
    assert_eq!(junit.matches("p50 grows.").count(), 1, "{junit}");
    assert!(junit.contains("<testsuite name=\"load series\""), "{junit}");
    let comment = (pr_comment::RENDERER.render)(&report, &Layout::default()).unwrap();
    let comment = String::from_utf8(comment.page).unwrap();
    assert_eq!(comment.matches("p50 grows.").count(), 1, "{comment}");
}

#[test]
fn an_efficiency_is_told_of_users_and_of_what_serves_and_not_of_rates() {
    let mut scaling = instances();
    for (of, is_told) in [
        (LevelOf::Resources, true),
        (LevelOf::Users, true),
        (LevelOf::Stated, true),
        (LevelOf::Arrivals, false),
        (LevelOf::Requests, false),
    ] {
        scaling.level_of = of;
        assert_eq!(
            page(scaling.clone()).contains("Speed-up"),
            is_told,
            "{of:?}"
        );
    }
}

#[test]
fn capacity_says_whether_goodput_still_grows() {
    assert!(flat(saturated()).contains("Most goodput: 44/s at 8/s; it is less at higher levels. Headroom: the knee lies 10 % above the last good level."));
    assert!(flat(calm()).contains(
        "Most goodput: 80/s at 16/s, the highest level: no capacity can be told beyond it."
    ));
    let mut scaling = saturated();
    scaling.capacity.as_mut().unwrap().within_range = false;
    assert!(flat(scaling).contains("44/s at 8/s; whether it stops growing there is not shown."));
}

#[test]
fn a_peak_of_the_law_beyond_the_range_is_extrapolated() {
    let mut scaling = saturated();
    let usl = scaling.usl.as_mut().unwrap();
    let ends = |lo, hi| -> Interval { interval(lo, hi) };
    usl.intervals = [
        ("sigma".to_owned(), ends(0.01, 0.09)),
        ("peak_load".to_owned(), ends(20.0, 40.0)),
    ]
    .into();
    (usl.peak_load, usl.in_range) = (Some(30.0), false);
    let said = flat(scaling.clone());
    assert!(
        said.contains("The law peaks at 30/s with a goodput of 40.4/s; extrapolated: nothing was tested there."),
        "{said}"
    );
    assert!(
        said.contains("sigma, contention: the serial part 0.05 0.01 to 0.09"),
        "{said}"
    );
    assert!(
        said.contains("at which the law peaks 30 20 to 40"),
        "{said}"
    );
    scaling.usl.as_mut().unwrap().peak_load = None;
    assert!(flat(scaling.clone()).contains("The law has no peak in the data."));
    scaling.usl_reason = Some("Kappa lies on its bound.".to_owned());
    assert!(flat(scaling).contains("No peak is given: kappa lies on its bound."));
}

#[test]
fn the_rate_of_one_unit_by_the_law_stands_beside_what_was_measured() {
    let mut scaling = saturated();
    assert!(!flat(scaling.clone()).contains("ambda lies"));
    let usl = scaling.usl.as_mut().unwrap();
    (usl.lambda, usl.lowest_per_unit) = (21.96, Some(7.45));
    let said = flat(scaling.clone());
    assert!(
        said.contains("The law does not fit the lowest level: at 1/s a unit of load has 7.45/s, and lambda is 22/s. The law peaks"),
        "{said}"
    );
    scaling.usl.as_mut().unwrap().lambda_in_range = false;
    let said = flat(scaling);
    assert!(
        said.contains("lambda, goodput of one unit of load, per second, extrapolated 21.96"),
        "{said}"
    );
    assert!(
        said.contains("Lambda lies outside the tested range: the lowest level is 1/s, where a unit of load has 7.45/s. The law peaks"),
        "{said}"
    );
}

#[test]
fn the_efficiency_of_instances_stands_with_the_serial_part() {
    let page = flat(instances());
    assert!(
        page.contains("4 instances 3.2x 80 % 74 % to 86 %"),
        "{page}"
    );
    // (4 / 3.2 - 1) / (4 - 1).
    assert!(
        page.contains("from the lowest and the highest level: 8.3 %."),
        "{page}"
    );
}

#[test]
fn no_word_praises_and_linear_is_said_of_the_class_alone() {
    for scaling in [saturated(), document(), calm(), single(), instances()] {
        let has_linear = scaling
            .steps
            .iter()
            .any(|step| step.class == StepClass::Linear);
        let page = markdown::write(&blocks(scaling, &Layout::default())).to_lowercase();
        let praise = [
            "excellent",
            "great",
            "stable",
            "healthy",
            "scales well",
            "linear scaling",
        ];
        assert!(!praise.iter().any(|word| page.contains(word)), "{page}");
        assert_eq!(page.contains("linear: in proportion"), has_linear, "{page}");
    }
}

#[test]
fn users_are_told_what_in_proportion_means_to_them() {
    let mut scaling = saturated();
    scaling.level_of = LevelOf::Users;
    let page = flat(scaling);
    assert!(page.contains("Level Seconds Ideal/s Achieved/s"), "{page}");
    assert!(
        page.contains("Ideal: in proportion to the level, from the lowest levels; settling:"),
        "{page}"
    );
    assert!(
        page.contains("means that throughput no longer grows."),
        "{page}"
    );
    assert!(!page.contains("a rate of their own"));
}

#[test]
fn charts_stand_where_there_is_a_place_for_them_and_are_written_beside_the_page() {
    let layout = Layout {
        charts: Some("charts".to_owned()),
        ..Layout::default()
    };
    let mut report = report();
    report.scalings = vec![instances(), saturated()];
    let rendered = (markdown::RENDERER.render)(&report, &layout).unwrap();
    let names: Vec<&str> = rendered.files.iter().map(|file| file.0.as_str()).collect();
    for name in [
        "charts/series-knee-curve.svg",
        "charts/series-efficiency.svg",
        "charts/series-2-knee-curve.svg",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    let figures = |layout: &Layout| {
        let found = build(&report, 0, layout).into_iter();
        found
            .filter(|block| matches!(block, Block::Figure(..)))
            .count()
    };
    assert_eq!((figures(&layout), figures(&Layout::default())), (3, 0));
}

#[test]
fn hostile_names_are_inert() {
    let mut scaling = saturated();
    "<script>|x`\u{202e}".clone_into(&mut scaling.scenario);
    "a|b\n# c".clone_into(&mut scaling.level_name);
    scaling.level_of = LevelOf::Resources;
    let page = markdown::write(&blocks(scaling, &Layout::default()));
    assert!(
        !page.contains("\n# c") && !page.contains('\u{202e}'),
        "{page}"
    );
    let (heading, rest) = page.split_once('\n').unwrap();
    assert_eq!(
        heading,
        r"## Load series: ``<script>|x`\u{202e}`` by `a|b\n# c`"
    );
    assert!(!rest.contains("a|b") && rest.contains(r"a\|b"), "{rest}");
}

#[test]
fn thin_percentiles_are_marked_as_elsewhere() {
    let found = blocks(saturated(), &Layout::default());
    let cells: Vec<String> = found
        .iter()
        .filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
        .flat_map(|table| table.rows.iter().flatten().flatten())
        .filter_map(|part| match part {
            Inline::Text(words) => Some(words.clone()),
            _ => None,
        })
        .collect();
    assert!(cells.iter().any(|cell| cell == "(30)") && cells.iter().any(|cell| cell == "33*"));
}
