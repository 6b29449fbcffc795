//! What became of a target, in words: one place for the findings T01 and T02 and for outputs that name targets one by one.

use crate::model::{MetricId, Statistic};
use crate::report::{TargetResult, TargetState};
use crate::text::number;
use crate::text::phrase::quoted;

impl TargetResult {
    /// As people call it: its name beside the expectation, where it has one.
    pub fn called(&self) -> String {
        if self.name == self.expect {
            self.expect.clone()
        } else {
            format!("{} ({})", quoted(&self.name), self.expect)
        }
    }

    /// As people call it, and where: `p99 < 500ms of "GET /x"`.
    pub(crate) fn called_at(&self) -> String {
        format!("{}{}", self.called(), self.place())
    }

    /// Whether it is open because the percentile of a run that it needs rests on too few requests: it has a value, not judged.
    pub(crate) fn is_too_few(&self) -> bool {
        let metric = self.metric.as_ref().and_then(|metric| metric.parse().ok());
        let quantile = matches!(metric, Some(MetricId::Latency(_, Statistic::Quantile(_))));
        let open = self.state == TargetState::NotMeasured && self.value.is_some();
        quantile && open && self.level.is_none()
    }

    /// `p95 of "GET /x" is 210 ms where p95 < 200ms is demanded`.
    pub(crate) fn measured(&self) -> String {
        let metric = self.metric.as_deref().unwrap_or("the expectation");
        let value = match self.value {
            Some(value) => self.amount(value),
            None => "not kept".to_owned(),
        };
        format!(
            "{metric}{} is {value} where {} is demanded",
            self.place(),
            self.called()
        )
    }

    /// ` of "GET /x" at level 4`.
    fn place(&self) -> String {
        let endpoint = match &self.endpoint {
            Some(label) => format!(" of {}", quoted(label)),
            None => String::new(),
        };
        let level = match self.level {
            Some(level) => format!(" at level {}", number::significant(level, 4)),
            None => String::new(),
        };
        format!("{endpoint}{level}")
    }

    /// By how much it is missed.
    pub(crate) fn missed(&self) -> String {
        match self.margin.map(f64::abs) {
            Some(0.0) => {
                let strict = self.expect.chars().find(|sign| matches!(sign, '<' | '>'));
                let why = strict.map_or(String::new(), |sign| format!(": {sign} is strict"));
                format!("missed: the limit itself is not allowed{why}")
            }
            Some(margin) => format!("missed by {}", self.difference(margin)),
            None => "missed".to_owned(),
        }
    }

    /// By how much it is kept.
    pub(crate) fn kept(&self) -> String {
        match self.margin {
            Some(margin) if margin > 0.0 => format!("kept by {}", self.difference(margin)),
            _ => "kept".to_owned(),
        }
    }

    /// ` (n = 1,475)`.
    pub(crate) fn samples(&self) -> String {
        match self.n {
            Some(n) => format!(" (n = {})", number::count(n)),
            None => String::new(),
        }
    }

    /// What became of it, in one sentence.
    pub fn sentence(&self) -> String {
        let reason = match &self.reason {
            Some(reason) => format!(": {}", reason.trim_end_matches('.')),
            None => String::new(),
        };
        let open = |state: &str| format!("{}{} {state}{reason}.", self.called(), self.place());
        let how = match self.state {
            TargetState::Fail => self.missed(),
            TargetState::Pass => self.kept(),
            TargetState::Warn => format!("{}, but only just", self.kept()),
            TargetState::NotMeasured => return open("could not be judged"),
            TargetState::NotApplicable => return open("does not apply"),
        };
        format!("{}, {how}{}{reason}.", self.measured(), self.samples())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::result;

    #[test]
    fn every_state_has_a_sentence_of_its_own_figures() {
        let mut target = result(TargetState::Fail, Some("GET /x"), 210.4);
        let with = |target: &TargetResult, state| {
            let mut target = target.clone();
            target.state = state;
            target.sentence()
        };
        assert_eq!(
            target.sentence(),
            "p95 of \"GET /x\" is 210.4 ms where p95 < 200ms is demanded, missed by 10.4 ms (n = 1,475)."
        );
        target.reason = Some("no request of it is in the input.".to_owned());
        assert_eq!(
            with(&target, TargetState::NotMeasured),
            "p95 < 200ms of \"GET /x\" could not be judged: no request of it is in the input."
        );
        target.name = "search".to_owned();
        target.endpoint = None;
        assert_eq!(
            with(&target, TargetState::NotApplicable),
            "\"search\" (p95 < 200ms) does not apply: no request of it is in the input."
        );
        let mut kept = result(TargetState::Warn, None, 190.0);
        kept.margin = Some(10.0);
        assert_eq!(
            kept.sentence(),
            "p95 is 190 ms where p95 < 200ms is demanded, kept by 10 ms, but only just (n = 1,475)."
        );
    }
}
