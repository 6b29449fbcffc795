//! Why something is not judged, only suspected, or judged as it is: every reason is a member of an enum, named in JSON.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::named;
use crate::report::RuleId;

named! {
    /// Why a compared metric is in its state, or two sides are not comparable, where no rule says it.
    Cause {
        /// A side has fewer requests than a judgement takes.
        TooFewRequests = "too-few-requests",
        /// The input does not count the requests.
        Uncounted = "uncounted",
        /// A side does not say how certain its figure is.
        NoInterval = "no-interval",
        /// The change is proven, and too small to talk about.
        BelowFloor = "below-floor",
        /// Small as its chance is, among so many metrics it is none.
        OneOfMany = "one-of-many",
        /// Undecided, and a change for the worse beyond the margin is ruled out.
        NotWorse = "not-worse",
        /// Suspect by what the other endpoints of the same runs say.
        AgainstOthers = "against-others",
        /// Suspect because its few requests are worse than their scatter explains.
        BeyondScatter = "beyond-scatter",
        /// Of the whole run, and the shares of the endpoints alone may have changed it.
        Mix = "mix",
        /// Of the whole run, and worse at one mix: the shares of the endpoints hide it.
        AtOneMix = "at-one-mix",
        /// Every new run fails far more often than every run of the base.
        EveryRun = "every-run",
        /// Some new runs lie far beyond every run of the base.
        SomeRuns = "some-runs",
        /// A goodput that leaves the last responses of a run out, because it lasted longer for these alone.
        Stragglers = "stragglers",
        /// Of a whole comparison: no metric can be judged, for want of requests or of figures.
        NothingJudged = "nothing-judged",
        /// A run made no request at all: the others would speak for it.
        NoRequests = "no-requests",
    }
}

/// A rule, or else a cause that no rule says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(untagged)]
pub enum Reason {
    /// The rule says it.
    Rule(RuleId),
    /// No rule does.
    Other(Cause),
}

impl From<RuleId> for Reason {
    fn from(rule: RuleId) -> Reason {
        Reason::Rule(rule)
    }
}

impl From<Cause> for Reason {
    fn from(cause: Cause) -> Reason {
        Reason::Other(cause)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Rule(rule) => rule.fmt(to),
            Reason::Other(cause) => cause.fmt(to),
        }
    }
}
