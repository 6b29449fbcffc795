//! V17: endpoints, codes and errors do not sum to the total.

use crate::figures::by_windows;
use crate::figures::by_windows::ByWindows;
use crate::model::{CheckKind, ErrorKind, Note, Run, Stats, Unit};
use crate::normalize::trim::is_trimmed;
use crate::report::CheckResult;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::listed;

/// So few apart is a file that was written while requests were in flight.
const FEW: u64 = 5;

/// Files of one run are written at different instants: errors may be that many seconds of requests short.
const LAG: f64 = 2.0;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V17,
    effects: "warn",
    limit: Some((0.005, "share of the total that a sum may be apart")),
    text: "\
Asks whether the parts sum to the total: requests and failures of the endpoints, status codes, errors, and the windows over time.
Fires when a sum and its total are more than 0.5 % and more than 5 apart; the report says so when they agree.
Windows contradict where they cover the run and count otherwise; a target on the rate that holds by one count alone is a warning.
Compared is only what the input gives on both sides; where the endpoints are said to be some of all, they are not summed. Endpoints that count answers alone are compared with the answers,
and errors of the script or of an assertion may or may not be failures. Where a run has several files, written at
different instants, errors may be 2 s of requests short.
Example: 6 rows in the table and 4 tests in the total: one of the two figures is of another run.
What to do: look for a cut file, endpoints without a row, or files of different runs in one directory.",
    asks: Asks::Run(ask),
};

/// A sum beside its total.
struct Sums {
    /// What is summed, for evidence.
    id: &'static str,
    /// `requests of 16 endpoints`.
    parts: String,
    /// `requests`.
    whole: &'static str,
    sum: u64,
    total: u64,
    /// How far the sum may fall short because it was written earlier.
    lag: f64,
}

impl Sums {
    fn apart(&self) -> u64 {
        self.sum.abs_diff(self.total)
    }

    /// Whether the sum may fall short because its file was written earlier.
    fn lags(&self) -> bool {
        self.sum < self.total && self.apart() as f64 <= self.lag
    }

    /// What was compared, and how it came out where that is not plain equality.
    fn check(&self, agree: bool) -> String {
        let (sum, total) = (number::count(self.sum), number::count(self.total));
        if agree && self.lags() {
            format!(
                "the {} name {sum} of {}: their file lags behind",
                self.parts,
                number::plural(self.total, "failure")
            )
        } else if agree && self.apart() > 0 {
            format!(
                "{} sum to {sum}, the {} are {total}: so few apart are tolerated",
                self.parts, self.whole
            )
        } else {
            format!("{} sum to the {}", self.parts, self.whole)
        }
    }

    fn agree(&self, limit: f64) -> bool {
        self.lags() || self.apart() <= FEW || self.apart() as f64 <= limit * self.total as f64
    }
}

/// The checks behind V17, with its own limit: one for each sum that the input allows. Where sum and total agree and are
/// not equal, the check is named with both.
pub fn reconcile(run: &Run) -> Vec<CheckResult> {
    let limit = RULE.limit.map_or(0.0, |(limit, _)| limit);
    sums(run)
        .into_iter()
        .map(|sums| {
            let agree = sums.agree(limit);
            CheckResult {
                name: sums.check(agree),
                passed: u64::from(agree),
                failed: u64::from(!agree),
                source: RULE.id.to_string(),
                run: Some(run.id.clone()),
                kind: CheckKind::Check,
            }
        })
        .collect()
}

fn ask(context: &RunContext) -> Vec<Fired> {
    let broken: Vec<Sums> = sums(context.run)
        .into_iter()
        .filter(|sums| !sums.agree(context.limit))
        .collect();
    let windows = by_windows::contradicting(context.run);
    if broken.is_empty() && windows.is_none() {
        return Vec::new();
    }
    let mut evidence = Evidence::new().with("limit", context.limit, Unit::Ratio);
    let mut words = Vec::new();
    for sums in &broken {
        evidence = evidence
            .count(&format!("{}_sum", sums.id), sums.sum)
            .count(&format!("{}_total", sums.id), sums.total);
        words.push(format!(
            "{} sum to {}, the {} are {}",
            sums.parts,
            number::count(sums.sum),
            sums.whole,
            number::count(sums.total),
        ));
    }
    if let (Some(windows), Some(total)) = (&windows, context.run.overall.requests) {
        evidence = evidence
            .count("windows_sum", windows.requests)
            .count("windows_total", total)
            .with("windows_duration", windows.seconds, Unit::Seconds);
        words.push(said(context.run, windows, total));
    }
    let message = format!("The totals do not reconcile: {}.", listed(&words));
    vec![Fired::new(Effect::Warn, message, evidence).hint(
        "Look for a cut file, endpoints without a row of their own, or files of different runs read as one.",
    )]
}

/// Both counts with the time that each says it took.
fn said(run: &Run, windows: &ByWindows, total: u64) -> String {
    let time = |seconds: Option<f64>, rate: Option<f64>| match (seconds, rate) {
        (Some(seconds), Some(rate)) => {
            format!(" in {} ({})", number::seconds(seconds), number::rate(rate))
        }
        _ => String::new(),
    };
    format!(
        "requests of {} sum to {}{}, the requests of the run are {}{}",
        number::plural(windows.windows, "window"),
        number::count(windows.requests),
        time(Some(windows.seconds), windows.rate()),
        number::count(total),
        time(
            run.duration.map(|duration| duration.0),
            run.overall.rate.map(|rate| rate.0)
        ),
    )
}

/// Every sum that the input allows.
fn sums(run: &Run) -> Vec<Sums> {
    [
        of_requests(run),
        of_failures(run),
        of_codes(run),
        of_errors(run),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The sum over all endpoints; `None` unless each of them has the figure and they are all that there are.
fn over_endpoints(run: &Run, figure: fn(&Stats) -> Option<u64>) -> Option<u64> {
    if run.noted(Note::SOME_ENDPOINTS).is_some() {
        return None;
    }
    let all: Option<Vec<u64>> = run.endpoints.iter().map(|e| figure(&e.stats)).collect();
    all.filter(|all| !all.is_empty())
        .map(|all| all.iter().sum())
}

fn of_endpoints(run: &Run, what: &str) -> String {
    let endpoints = number::plural(run.endpoints.len() as u64, "endpoint");
    format!("{what} of {endpoints}")
}

fn unanswered(stats: &Stats) -> Option<u64> {
    Some(stats.requests?.saturating_sub(stats.responses?))
}

/// Declared failures are put aside after the tool has counted, so they belong to both sides here.
fn all_failures(stats: &Stats) -> Option<u64> {
    Some(stats.failures? + stats.expected_failures.unwrap_or(0))
}

/// The total that lies nearest to the sum.
fn nearest(sum: u64, totals: [Option<u64>; 2]) -> Option<u64> {
    let totals = totals.into_iter().flatten();
    totals.min_by_key(|total| total.abs_diff(sum))
}

fn of_requests(run: &Run) -> Option<Sums> {
    let sum = over_endpoints(run, |stats| stats.requests)?;
    let requests = run.overall.requests?;
    Some(Sums {
        id: "requests",
        parts: of_endpoints(run, "requests"),
        whole: "requests of the run",
        sum,
        // Some tools count an endpoint's answers only: Artillery 2.0.2 has no endpoint for a request without one.
        total: nearest(sum, [Some(requests), run.overall.responses])?,
        lag: 0.0,
    })
}

fn of_failures(run: &Run) -> Option<Sums> {
    let sum = over_endpoints(run, all_failures)?;
    let failures = all_failures(&run.overall)?;
    let answered = unanswered(&run.overall).map(|none| failures.saturating_sub(none));
    Some(Sums {
        id: "failures",
        parts: of_endpoints(run, "failures"),
        whole: "failures of the run",
        sum,
        total: nearest(sum, [Some(failures), answered])?,
        lag: 0.0,
    })
}

fn is_error_code(code: &str) -> bool {
    code.parse::<u16>().is_ok_and(|code| code >= 400)
}

fn of_codes(run: &Run) -> Option<Sums> {
    let codes = &run.overall.codes;
    // Some inputs have the codes of failures alone.
    let complete = codes.keys().any(|code| !is_error_code(code));
    let responses = run.overall.responses?;
    let sum = codes.values().sum();
    (!codes.is_empty() && (complete || sum > responses)).then_some(Sums {
        id: "codes",
        parts: "status codes".to_owned(),
        whole: "answers",
        sum,
        total: responses,
        lag: 0.0,
    })
}

fn of_errors(run: &Run) -> Option<Sums> {
    let total = all_failures(&run.overall)?;
    // A trim recomputes counts from slices; errors carry no time.
    if run.errors.is_empty() || is_trimmed(run) {
        return None;
    }
    let of = |wanted: &[ErrorKind]| -> u64 {
        let errors = run.errors.iter().filter(|e| wanted.contains(&e.kind));
        errors.map(|error| error.count).sum()
    };
    let mut least = of(&[
        ErrorKind::HttpStatus,
        ErrorKind::Timeout,
        ErrorKind::Connection,
    ]);
    if of(&[ErrorKind::HttpStatus]) == 0 {
        // The input lists only what had no answer; statuses that failed stand among the codes.
        let codes = run.overall.codes.iter();
        let failed = codes.filter(|(code, _)| is_error_code(code));
        least += failed.map(|(_, count)| count).sum::<u64>();
    }
    let most = least + of(&[ErrorKind::Assertion, ErrorKind::Other]);
    Some(Sums {
        id: "errors",
        parts: "errors".to_owned(),
        whole: "failures of the run",
        sum: total.clamp(least, most),
        total,
        lag: if run.source.files.len() > 1 {
            run.overall.rate.map_or(0.0, |rate| LAG * rate.0)
        } else {
            0.0
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ErrorCount, FileRef};
    use crate::rules::testing::{ask, counts, day_17, endpoint, run};

    fn error(kind: ErrorKind, count: u64) -> ErrorCount {
        ErrorCount {
            endpoint: None,
            method: None,
            kind,
            code: None,
            message: None,
            count,
        }
    }

    fn names(run: &Run) -> Vec<(String, u64)> {
        let checks = reconcile(run).into_iter();
        checks.map(|check| (check.name, check.failed)).collect()
    }

    #[test]
    fn document_002_reconciles() {
        let given = day_17();
        assert!(ask(&RULE, &given).is_empty());
        assert_eq!(
            names(&given),
            [
                (
                    "requests of 7 endpoints sum to the requests of the run".to_owned(),
                    0
                ),
                (
                    "failures of 7 endpoints sum to the failures of the run".to_owned(),
                    0
                ),
                ("errors sum to the failures of the run".to_owned(), 0),
            ]
        );
    }

    #[test]
    fn parts_that_miss_the_total_fire_with_both_numbers() {
        let mut given = day_17();
        given.overall.requests = Some(16_914);
        given.errors.pop();
        let fired = ask(&RULE, &given);
        assert_eq!(
            fired[0].message,
            "The totals do not reconcile: requests of 7 endpoints sum to 15,914, the requests of the run are 16,914 \
             and errors sum to 13,893, the failures of the run are 14,090."
        );
        assert_eq!(names(&given)[0].1, 1);
    }

    #[test]
    fn a_handful_in_flight_is_tolerated() {
        let mut given = run(counts(1000, 0), 60.0);
        given.endpoints.push(endpoint("GET", "/a", counts(995, 0)));
        assert!(ask(&RULE, &given).is_empty());
        assert_eq!(
            names(&given)[0].0,
            "requests of 1 endpoint sum to 995, the requests of the run are 1,000: so few apart are tolerated"
        );
        given.endpoints[0].stats.requests = Some(994);
        assert_eq!(ask(&RULE, &given).len(), 1);
    }

    #[test]
    fn endpoints_that_are_some_of_all_are_not_summed() {
        let mut given = run(counts(1000, 10), 60.0);
        given.endpoints.push(endpoint("GET", "/a", counts(300, 0)));
        assert_eq!(ask(&RULE, &given).len(), 1);
        given.note(Note::SOME_ENDPOINTS, "they may overlap", 1);
        assert!(ask(&RULE, &given).is_empty());
        assert!(names(&given).is_empty());
    }

    #[test]
    fn errors_of_another_file_may_lag() {
        // Locust 2.47.0: 8 failures in the JSON, 1 in the failures CSV that was written a second earlier.
        let mut given = run(counts(311, 8), 13.3);
        given.errors.push(error(ErrorKind::HttpStatus, 1));
        assert_eq!(ask(&RULE, &given).len(), 1);
        let file = |name: &str| FileRef {
            name: name.to_owned(),
            sha256: String::new(),
            bytes: 0,
        };
        given.source.files = vec![file("x.json"), file("x_failures.csv")];
        assert!(ask(&RULE, &given).is_empty());
        assert_eq!(
            names(&given),
            [(
                "the errors name 1 of 8 failures: their file lags behind".to_owned(),
                0
            )]
        );
        given.errors[0].count = 8;
        assert_eq!(names(&given)[0].0, "errors sum to the failures of the run");
        given.errors[0].count = 16;
        assert_eq!(ask(&RULE, &given).len(), 1, "more errors than failures");
    }

    #[test]
    fn codes_sum_to_the_answers() {
        let mut given = run(counts(1000, 0), 60.0);
        given.overall.responses = Some(1000);
        given.overall.codes.insert("200".into(), 900);
        assert!(
            ask(&RULE, &given)[0]
                .message
                .contains("status codes sum to 900, the answers are 1,000")
        );
        given.overall.codes.insert("302".into(), 100);
        assert!(ask(&RULE, &given).is_empty());
        given.overall.codes = [("500".to_owned(), 10)].into();
        assert!(names(&given).is_empty(), "codes of failures alone");
    }

    #[test]
    fn endpoints_of_answers_and_errors_of_scripts_reconcile() {
        // Artillery 2.0.2, errors.json: 557 sent, 554 answered, 79 captures that are no requests.
        let mut given = run(counts(557, 3), 60.0);
        given.overall.responses = Some(554);
        given.overall.codes.insert("200".into(), 554);
        given.endpoints.push(endpoint("GET", "/a", counts(554, 0)));
        given.errors.push(error(ErrorKind::Timeout, 2));
        given.errors.push(error(ErrorKind::Connection, 1));
        given.errors.push(error(ErrorKind::Assertion, 79));
        given.errors.push(error(ErrorKind::Exception, 400));
        assert!(ask(&RULE, &given).is_empty());
        assert_eq!(names(&given).len(), 4);
    }
}
