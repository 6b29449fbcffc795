//! Flags that speak the language of `knee.toml`: `--target`, `--label`, `--trim-start`, `--percentiles`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::config::error::{ConfigError, Text};
use crate::config::expect;
use crate::config::quantity::{self, ExpectError};
use crate::model::{Decide, Origin, Percentile, Seconds, Target};

/// What `--label` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Members of the identity.
    pub identity: BTreeMap<&'static str, String>,
    /// All others.
    pub labels: BTreeMap<String, String>,
}

/// The members of the identity, as `--label` and `identity_from` call them.
pub(crate) const IDENTITY: [&str; 6] = [
    "project",
    "scenario",
    "environment",
    "job",
    "branch",
    "commit",
];

fn text(flag: &str, value: &str) -> Arc<Text> {
    Arc::new(Text {
        name: flag.to_owned(),
        path: None,
        text: value.to_owned(),
    })
}

/// A mistake of the expectation language inside a text.
pub(crate) fn put(text: &Arc<Text>, span: Range<usize>, error: ExpectError) -> ConfigError {
    let made = text.error(span, error.problem).with_hint(error.hint);
    match error.label {
        Some(label) => made.with_label(label),
        None => made,
    }
}

/// `--target 'p95 < 200ms'`: a demand on every run.
pub fn flag_target(value: &str) -> Result<Target, ConfigError> {
    let expect = expect::parse(value)
        .map_err(|error| put(&text("--target", value), error.span.clone(), error))?;
    Ok(Target {
        name: None,
        scenario: None,
        endpoint: None,
        group: None,
        phase: None,
        expect,
        expect_text: value.trim().to_owned(),
        warn: None,
        warn_text: None,
        optional: false,
        decide: Decide::Value,
        origin: Origin::Flag,
    })
}

/// `--label K=V`, every one of them; said twice, the last counts.
pub fn parse_labels(values: &[String]) -> Result<Labels, ConfigError> {
    let mut labels = Labels::default();
    for value in values {
        let wrong = |problem: &str| {
            Err(text("--label", value)
                .error(0..value.len(), problem)
                .with_hint(Some("such as `--label commit=4f2a91c`")))
        };
        let Some((key, word)) = value.split_once('=') else {
            return wrong("expected KEY=VALUE");
        };
        let (key, word) = (key.trim(), word.trim());
        if key.is_empty() {
            return wrong("the key before `=` is empty");
        }
        if word.is_empty() {
            return wrong("the value behind `=` is empty");
        }
        if let Some(member) = IDENTITY.iter().find(|member| **member == key) {
            labels.identity.insert(member, word.to_owned());
        } else {
            labels.labels.insert(key.to_owned(), word.to_owned());
        }
    }
    Ok(labels)
}

/// The value of a flag that is a duration, such as `--trim-start 30s`.
pub fn parse_duration(flag: &str, value: &str) -> Result<Seconds, ConfigError> {
    quantity::duration(value).map_err(|error| put(&text(flag, value), error.span.clone(), error))
}

/// `--percentiles 50,95,99,99.9`: rising, each once.
pub fn parse_percentiles(value: &str) -> Result<Vec<Percentile>, ConfigError> {
    let mut all = Vec::new();
    let mut start = 0;
    for part in value.split(',') {
        let word = part.trim();
        let percentile = word.parse::<Percentile>().map_err(|error| {
            text("--percentiles", value)
                .error(start..start + part.len(), error.to_string())
                .with_hint(Some("such as `--percentiles 50,95,99,99.9`"))
        })?;
        all.push(percentile);
        start += part.len() + 1;
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_of_a_flag_speaks_of_every_run() {
        let target = flag_target(" p95 < 200ms ").unwrap();
        assert_eq!(target.expect_text, "p95 < 200ms");
        assert_eq!(target.origin, Origin::Flag);
        assert_eq!(target.scenario, None);
    }

    #[test]
    fn a_mistake_in_a_flag_points_into_it() {
        let error = flag_target("p95 < 200").unwrap_err();
        assert_eq!(
            error.to_string(),
            "--target 'p95 < 200': p95 is a time: expected us, ms, s or min behind 200"
        );
        assert_eq!(error.hint().unwrap(), "is it `200ms`?");
        insta::assert_snapshot!(error.excerpt(false).unwrap(), @r"
         --> --target:1:7
          |
        1 | p95 < 200
          |       ^^^ expected us, ms, s or min
        ");
        assert!(flag_target("p95 <").unwrap_err().excerpt(false).is_some());
        assert!(flag_target("").unwrap_err().excerpt(false).is_some());
    }

    #[test]
    fn labels_are_members_of_the_identity_or_free() {
        let labels =
            |all: &[&str]| parse_labels(&all.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        let found = labels(&["commit=4f2a", "tier = gold", "tier=a=b"]).unwrap();
        assert_eq!(
            found.identity,
            BTreeMap::from([("commit", "4f2a".to_owned())])
        );
        assert_eq!(
            found.labels,
            BTreeMap::from([("tier".to_owned(), "a=b".to_owned())])
        );
        for wrong in ["commit", "=x", "a=", " = "] {
            assert!(labels(&[wrong]).is_err(), "{wrong}");
        }
        let error = labels(&["commit"]).unwrap_err();
        assert_eq!(error.to_string(), "--label 'commit': expected KEY=VALUE");
    }

    #[test]
    fn durations_and_percentiles_say_which_flag_is_wrong() {
        assert_eq!(
            parse_duration("--trim-end", "1.5 min").unwrap(),
            Seconds(90.0)
        );
        let error = parse_duration("--trim-start", "30").unwrap_err();
        assert_eq!(
            error.to_string(),
            "--trim-start '30': a duration needs a unit: us, ms, s, min or h"
        );
        let names: Vec<String> = parse_percentiles("99, p50,99.9,50")
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["p50", "p99", "p99.9"]);
        let error = parse_percentiles("50,,99").unwrap_err();
        assert_eq!(
            error.to_string(),
            "--percentiles '50,,99': `` is not a percentile between 0 and 100, such as p95 or 99.9"
        );
        assert!(parse_percentiles("100").is_err());
    }
}
