//! Test suites that were run beside the load, with their total: each once, whichever run it was given to.
//!
//! Only sums of what the reports of tests hold; whether a rate is good is a target's business (`check:NAME`).

use std::collections::BTreeSet;

use crate::report::Report;

/// One suite, or all of them together.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// The file that says so; empty for the total.
    pub source: String,
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

impl Suite {
    /// Passed and failed.
    pub fn tests(&self) -> u64 {
        self.passed.saturating_add(self.failed)
    }

    /// Share of the tests that passed; `None` without a test.
    pub fn success_rate(&self) -> Option<f64> {
        let tests = self.tests();
        (tests > 0).then(|| self.passed as f64 / tests as f64)
    }
}

/// Every suite of the report in the order of the files, and their total; `None` without any.
pub fn of(report: &Report) -> Option<(Vec<Suite>, Suite)> {
    let mut seen = BTreeSet::new();
    let mut suites = Vec::new();
    let mut total = Suite {
        name: "Total".to_owned(),
        source: String::new(),
        passed: 0,
        failed: 0,
    };
    for check in report.runs.iter().flat_map(|run| &run.checks) {
        let Some(source) = &check.source else {
            continue;
        };
        if !seen.insert((source.as_str(), check.name.as_str())) {
            continue;
        }
        total.passed = total.passed.saturating_add(check.passed);
        total.failed = total.failed.saturating_add(check.failed);
        suites.push(Suite {
            name: check.name.clone(),
            source: source.clone(),
            passed: check.passed,
            failed: check.failed,
        });
    }
    (!suites.is_empty()).then_some((suites, total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Check, CheckKind, Run};
    use crate::pipeline::{Options, analyse};

    fn run(id: &str) -> Run {
        let mut run = Run::new("t", "t");
        run.id = id.to_owned();
        for (name, passed, failed, source) in [
            ("login works", 5, 0, None),
            ("API Response Times", 8, 0, Some("junit.xml")),
            ("Error Handling", 3, 2, Some("junit.xml")),
        ] {
            run.checks.push(Check {
                name: name.to_owned(),
                passed,
                failed,
                source: source.map(str::to_owned),
                kind: CheckKind::Check,
            });
        }
        run
    }

    #[test]
    fn a_suite_that_two_runs_were_given_counts_once_and_checks_of_the_script_do_not() {
        let report = analyse(vec![run("a"), run("b")], &Options::default());
        let (suites, total) = of(&report).unwrap();
        assert_eq!(suites.len(), 2);
        assert_eq!((total.tests(), total.passed, total.failed), (13, 11, 2));
        assert_eq!(suites[1].success_rate(), Some(0.6));
    }

    #[test]
    fn without_suites_there_is_no_total() {
        let mut bare = run("a");
        bare.checks.truncate(1);
        assert_eq!(of(&analyse(vec![bare], &Options::default())), None);
    }
}
