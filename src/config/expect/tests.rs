//! What the language reads, what it refuses and where, and that it reads back what it writes.

use proptest::prelude::*;

use super::*;
use crate::model::LoadUnit;
use crate::model::Percentile;

fn limit(text: &str) -> (String, Bound) {
    match parse(text) {
        Ok(Expectation::Figure { metric, bound, .. }) => (metric.to_string(), bound),
        other => panic!("{text}: {other:?}"),
    }
}

fn error(text: &str) -> (String, Option<String>, String) {
    let error = parse(text).expect_err(text);
    let marked = text
        .get(error.span.clone())
        .expect("a span of whole characters");
    (error.problem.clone(), error.hint.clone(), marked.to_owned())
}

#[test]
fn limits_become_base_units_and_keep_their_strictness() {
    use Operator::{AtLeast, AtMost, Greater, Less};
    for (text, metric, operator, value) in [
        ("p95 < 200ms", "p95", Less, 200.0),
        ("p95<200ms", "p95", Less, 200.0),
        ("  p95  <=  0.2 s ", "p95", AtMost, 200.0),
        ("p99.9 ≤ 1.001s", "p99.9", AtMost, 1001.0),
        ("max < 2min", "max", Less, 120_000.0),
        ("min > 250us", "min", Greater, 0.25),
        ("ok.p95 < 1e2ms", "ok.p95", Less, 100.0),
        ("error_rate < 1%", "error_rate", Less, 0.01),
        ("error_rate < 0.07 %", "error_rate", Less, 0.0007),
        ("error_rate <= 0.01", "error_rate", AtMost, 0.01),
        ("error_rate <= 0", "error_rate", AtMost, 0.0),
        ("success_rate ≥ 100 %", "success_rate", AtLeast, 1.0),
        ("apdex >= 1", "apdex", AtLeast, 1.0),
        ("efficiency > 1.2", "efficiency", Greater, 1.2),
        ("rate >= 20/s", "rate", AtLeast, 20.0),
        ("rate >= 20 /s", "rate", AtLeast, 20.0),
        ("goodput > 20", "goodput", Greater, 20.0),
        ("requests >= 1000", "requests", AtLeast, 1000.0),
        (
            "bytes_received < 1.5MB",
            "bytes_received",
            Less,
            1_500_000.0,
        ),
        ("bytes_sent < 2 MiB", "bytes_sent", Less, 2_097_152.0),
        ("duration >= 5min", "duration", AtLeast, 300.0),
        ("duration >= 300s", "duration", AtLeast, 300.0),
        ("knee >= 150 users", "knee", AtLeast, 150.0),
        (
            "resource:my.api.memory.max < 512 MiB",
            "resource:my.api.memory.max",
            Less,
            536_870_912.0,
        ),
        (
            "resource:api.memory.slope < -1",
            "resource:api.memory.slope",
            Less,
            -1.0,
        ),
        ("custom:queue depth < 5", "custom:queue depth", Less, 5.0),
        (
            "check:status is 200 >= 99%",
            "check:status is 200",
            AtLeast,
            0.99,
        ),
        (
            "check:took <200 ms > 95%",
            "check:took <200 ms",
            Greater,
            0.95,
        ),
    ] {
        assert_eq!(
            limit(text),
            (metric.to_owned(), Bound::Limit(operator, value)),
            "{text}"
        );
    }
}

#[test]
fn ranges_share_the_unit_of_their_end() {
    for (text, low, high) in [
        ("rate in 20..30/s", 20.0, 30.0),
        ("rate in 20 .. 30", 20.0, 30.0),
        ("p95 in 900us..1.5ms", 0.9, 1.5),
        ("p95 in 1..2s", 1000.0, 2000.0),
        ("error_rate in 1..2%", 0.01, 0.02),
        ("success_rate in 0.99..1", 0.99, 1.0),
        ("duration in 50..70s", 50.0, 70.0),
        ("check:ready in 30 s in 95..100%", 0.95, 1.0),
    ] {
        assert_eq!(limit(text).1, Bound::Range(low, high), "{text}");
    }
}

#[test]
fn levels_and_sums_stand_where_the_grammar_has_them() {
    let level = |text: &str| match parse(text).expect(text) {
        Expectation::Figure { at, up_to, sum, .. } => (sum, at, up_to),
        Expectation::NoBlowUp { up_to, .. } => (false, None, up_to),
    };
    assert_eq!(level("p95 at 200/s < 300ms"), (false, Some(200.0), None));
    assert_eq!(
        level("p95 at 200 users < 300ms"),
        (false, Some(200.0), None)
    );
    assert_eq!(level("p95 < 300ms up to 1 user"), (false, None, Some(1.0)));
    assert_eq!(level("p95 < 300 ms up to 400"), (false, None, Some(400.0)));
    assert_eq!(level("efficiency at 4 >= 0.7"), (false, Some(4.0), None));
    assert_eq!(level("no blow-up"), (false, None, None));
    assert_eq!(level("no blow-up up to 100/s"), (false, None, Some(100.0)));
    assert_eq!(level("sum(rate) > 50/s"), (true, None, None));
    assert_eq!(level("sum ( requests ) > 50"), (true, None, None));
    assert_eq!(
        level("check:status at once at 4 > 99%"),
        (false, Some(4.0), None)
    );
}

#[test]
fn what_loads_count_is_kept_and_they_count_one_thing() {
    let loads = |text: &str| parse(text).expect(text).loads();
    for text in [
        "p95 at 200 users < 1s",
        "p95 < 1s up to 1 user",
        "no blow-up up to 4 users",
        "knee >= 40 users",
        "knee in 4..8 users",
    ] {
        assert_eq!(loads(text), Some(LoadUnit::Users), "{text}");
    }
    for text in [
        "p95 at 200/s < 1s",
        "rate > 3/s up to 4 /s",
        "no blow-up up to 4/s",
        "knee >= 5/s",
        "knee in 4..8/s",
    ] {
        assert_eq!(loads(text), Some(LoadUnit::PerSecond), "{text}");
    }
    for text in [
        "p95 at 200 < 1s",
        "rate > 3/s up to 4",
        "no blow-up",
        "knee >= 5",
    ] {
        assert_eq!(loads(text), None, "{text}");
    }
    let error = parse("p95 at 4/s < 1s up to 8 users").expect_err("two units");
    assert_eq!(
        (error.span.clone(), error.to_string().as_str()),
        (
            22..29,
            "its loads are rates and users: levels count one of both"
        )
    );
}

#[test]
fn mistakes_name_the_place_what_was_expected_and_a_way_out() {
    for (text, problem, hint, marked) in [
        (
            "p95 < 200",
            "p95 is a time: expected us, ms, s or min behind 200",
            Some("is it `200ms`?"),
            "200",
        ),
        (
            "p95 < 5 %",
            "p95 is a time: expected us, ms, s or min, found `%`",
            None,
            "%",
        ),
        (
            "rate > 5ms",
            "rate is a rate: expected /s, found `ms`",
            None,
            "ms",
        ),
        (
            "requests > 5ms",
            "requests is a count: expected a number without a unit, found `ms`",
            None,
            "ms",
        ),
        (
            "error_rate < 1",
            "error_rate is a share: expected % behind 1, or a value below 1",
            Some("is it `1%`? a bare 0.01 is 1 %"),
            "1",
        ),
        (
            "error_rate < 150%",
            "error_rate is never above 100 %",
            None,
            "150%",
        ),
        ("p95 < -1ms", "p95 is never below 0", None, "-1ms"),
        (
            "P95 < 200ms",
            "`P95` is not a metric",
            Some("did you mean `p95`?"),
            "P95",
        ),
        (
            "eror_rate < 1%",
            "`eror_rate` is not a metric",
            Some("did you mean `error_rate`?"),
            "eror_rate",
        ),
        (
            "median < 1ms",
            "`median` is not a metric",
            Some("did you mean `p50`?"),
            "median",
        ),
        (
            "p999 < 1ms",
            "`p999` is not a metric",
            Some("did you mean `p99.9`?"),
            "p999",
        ),
        (
            "xyzzy < 1ms",
            "`xyzzy` is not a metric",
            Some("`knee explain` lists the metrics"),
            "xyzzy",
        ),
        (
            "p95 =< 200ms",
            "`=<` is not an operator: expected <, <=, > or >=",
            Some("did you mean `<=`?"),
            "=<",
        ),
        (
            "p95 200ms",
            "expected <, <=, >, >=, `in` or `at`, found `200ms`",
            None,
            "200ms",
        ),
        (
            "p95",
            "expected <, <=, >, >=, `in` or `at`, found the end",
            None,
            "",
        ),
        ("p95 <", "expected a number, found the end", None, ""),
        (
            "p95 < fast",
            "expected a number, found `fast`",
            None,
            "fast",
        ),
        (
            "p95 < 200MS",
            "`MS` is not a unit",
            Some("did you mean `ms`?"),
            "MS",
        ),
        (
            "p95 < 200parsec",
            "`parsec` is not a unit",
            Some("units are us ms s min, B kB MB GB KiB MiB GiB, % and /s"),
            "parsec",
        ),
        (
            "p95 < 200ms < 300ms",
            "expected the end, found `<`",
            None,
            "<",
        ),
        ("p95 < 1e999ms", "the number is too large", None, "1e999"),
        (
            "p95 < 1,000ms",
            "digits are not separated: write 1000, not 1,000",
            None,
            "1,",
        ),
        ("p95 at 0 < 1ms", "a load level is above 0", None, "0"),
        (
            "p95 < 1ms up 4",
            "expected `to` and a load level, found `4`",
            None,
            "4",
        ),
        (
            "rate in 30..20/s",
            "the range is empty: its end is below its start",
            None,
            "30..20/s",
        ),
        (
            "rate in 30",
            "expected `..` and the end of the range, found the end",
            None,
            "",
        ),
        ("no knee", "expected `blow-up`, found `knee`", None, "knee"),
        (
            "sum(p95) < 1ms",
            "p95 does not add up over endpoints",
            Some(
                "what adds up: requests, rate, goodput, bytes_received, bytes_sent; others are judged per endpoint",
            ),
            "p95",
        ),
        ("sum(rate < 1/s", "expected `)`, found `<`", None, "<"),
        (
            "check: > 1%",
            "`check:` is not a metric",
            Some(
                "expected resource:COMPONENT.NAME.max (.mean .slope .last), custom:NAME or check:NAME",
            ),
            "check:",
        ),
        (
            "check:x",
            "expected <, <=, >, >= or `in`, found the end",
            None,
            "",
        ),
        (
            "",
            "the expectation is empty",
            Some("such as `p95 < 200ms` or `error_rate < 1%`"),
            "",
        ),
        ("< 5ms", "expected a metric, found `<`", None, "<"),
    ] {
        let expected = (
            problem.to_owned(),
            hint.map(str::to_owned),
            marked.to_owned(),
        );
        assert_eq!(error(text), expected, "{text}");
    }
}

fn metrics() -> impl Strategy<Value = MetricId> {
    let names = METRICS
        .iter()
        .map(|row| row.id.replace("COMPONENT", "my.api").replace("NAME", "a b"));
    let mut all: Vec<MetricId> = names
        .map(|name| name.parse().expect("a row of METRICS"))
        .collect();
    all.push(MetricId::quantile(
        Percentile::new(99.99).expect("a percentile"),
    ));
    proptest::sample::select(all)
}

fn value(metric: &MetricId, share: f64, size: f64) -> f64 {
    match metric.unit() {
        Unit::Ratio => share,
        _ => size,
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_every_span_lies_inside(text in "\\PC{0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
        }
    }

    #[test]
    fn no_text_of_the_languages_own_words_panics(words in proptest::collection::vec(proptest::sample::select(vec![
        "p95", "error_rate", "check:a", "sum(", ")", "in", "at", "up", "to", "no", "blow-up", "<", "<=", "≥", "..", "20", "1e400", "-3",
        "ms", "%", "/s", "GiB", "users", " ", "é", "\u{2212}1", "1.", ".5", "\n",
    ]), 0..12), glue in proptest::sample::select(vec!["", " "])) {
        let text = words.join(glue);
        match parse(&text) {
            Ok(expectation) => {
                prop_assert_eq!(parse(&expectation.to_string()), Ok(expectation));
            }
            Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error),
        }
    }

    #[test]
    fn what_is_written_reads_back_as_it_was(
        metric in metrics(),
        share in 0.0..=1.0f64,
        size in 0.0..1e12f64,
        operator in proptest::sample::select(vec![Operator::Less, Operator::AtMost, Operator::Greater, Operator::AtLeast]),
        at in proptest::option::of(0.1..1e6f64),
        up_to in proptest::option::of(0.1..1e6f64),
        is_range: bool,
        unit in proptest::sample::select(vec![None, Some(LoadUnit::PerSecond), Some(LoadUnit::Users)]),
    ) {
        let high = value(&metric, share, size);
        let bound = if is_range { Bound::Range(high / 2.0, high) } else { Bound::Limit(operator, high) };
        let loads = unit.filter(|_| at.is_some() || up_to.is_some() || levels(&metric));
        let expectation = Expectation::Figure { metric, sum: false, at, bound, up_to, loads };
        let text = expectation.to_string();
        prop_assert_eq!(parse(&text), Ok(expectation), "{}", text);
    }
}
