//! The closed list of rule ids: built or not, `[rules] ignore` takes them.

use crate::model::named;

named! {
    /// The id of a rule.
    RuleId {
        /// rate-total-duration
        V01 = "V01",
        /// duration-against-plan
        V02 = "V02",
        /// error-rate
        V03 = "V03",
        /// latency-of-failures
        V05 = "V05",
        /// declared-not-measured
        V08 = "V08",
        /// thin-quantile
        V10 = "V10",
        /// below-resolution
        V11 = "V11",
        /// impossible-figures
        V12 = "V12",
        /// not-one-population
        V13 = "V13",
        /// peak-is-average
        V15 = "V15",
        /// not-sustained
        V16 = "V16",
        /// totals-reconcile
        V17 = "V17",
        /// copied-column
        V18 = "V18",
        /// snapshot-not-series
        V20 = "V20",
        /// unlike-runs
        V22 = "V22",
        /// load-ratio
        V23 = "V23",
        /// unreachable-target
        V26 = "V26",
        /// idle-generator
        V27 = "V27",
        /// task-weights
        V28 = "V28",
        /// plan-against-run
        V29 = "V29",
        /// contradictory-targets
        V30 = "V30",
        /// too-short
        V31 = "V31",
        /// expected-errors
        V32 = "V32",
        /// unfit-environment
        V35 = "V35",
        /// rejected-before-work
        V37 = "V37",
        /// warm-up-inside
        V39 = "V39",
        /// not-steady
        V40 = "V40",
        /// generator-saturated
        V41 = "V41",
        /// clipped-at-timeout
        V42 = "V42",
        /// merged-percentiles
        V43 = "V43",
        /// unit-mismatch
        V44 = "V44",
        /// one-run-a-side
        V45 = "V45",
        /// clipped-run
        V46 = "V46",
        /// endpoint-gone
        V47 = "V47",
        /// same-run-twice
        V48 = "V48",
        /// faster-because-failing
        V49 = "V49",
        /// script-failures
        V50 = "V50",
        /// heavy-tail
        L01 = "L01",
        /// target-broken
        T01 = "T01",
        /// target-near
        T02 = "T02",
        /// latency-regressed
        R01 = "R01",
        /// errors-regressed
        R02 = "R02",
        /// throughput-regressed
        R03 = "R03",
        /// improved
        R04 = "R04",
        /// blow-up
        S01 = "S01",
        /// super-linear
        S02 = "S02",
        /// saturation
        S03 = "S03",
        /// no-knee-in-range
        S04 = "S04",
        /// backlog
        S05 = "S05",
        /// poor-efficiency
        S06 = "S06",
        /// changed-worse
        H01 = "H01",
        /// changed-better
        H02 = "H02",
        /// drift
        H03 = "H03",
        /// suspect
        H04 = "H04",
    }
}

impl RuleId {
    /// The rule's name: `error-rate`.
    pub const fn name(self) -> &'static str {
        match self {
            RuleId::V01 => "rate-total-duration",
            RuleId::V02 => "duration-against-plan",
            RuleId::V03 => "error-rate",
            RuleId::V05 => "latency-of-failures",
            RuleId::V08 => "declared-not-measured",
            RuleId::V10 => "thin-quantile",
            RuleId::V11 => "below-resolution",
            RuleId::V12 => "impossible-figures",
            RuleId::V13 => "not-one-population",
            RuleId::V15 => "peak-is-average",
            RuleId::V16 => "not-sustained",
            RuleId::V17 => "totals-reconcile",
            RuleId::V18 => "copied-column",
            RuleId::V20 => "snapshot-not-series",
            RuleId::V22 => "unlike-runs",
            RuleId::V23 => "load-ratio",
            RuleId::V26 => "unreachable-target",
            RuleId::V27 => "idle-generator",
            RuleId::V28 => "task-weights",
            RuleId::V29 => "plan-against-run",
            RuleId::V30 => "contradictory-targets",
            RuleId::V31 => "too-short",
            RuleId::V32 => "expected-errors",
            RuleId::V35 => "unfit-environment",
            RuleId::V37 => "rejected-before-work",
            RuleId::V39 => "warm-up-inside",
            RuleId::V40 => "not-steady",
            RuleId::V41 => "generator-saturated",
            RuleId::V42 => "clipped-at-timeout",
            RuleId::V43 => "merged-percentiles",
            RuleId::V44 => "unit-mismatch",
            RuleId::V45 => "one-run-a-side",
            RuleId::V46 => "clipped-run",
            RuleId::V47 => "endpoint-gone",
            RuleId::V48 => "same-run-twice",
            RuleId::V49 => "faster-because-failing",
            RuleId::V50 => "script-failures",
            RuleId::L01 => "heavy-tail",
            RuleId::T01 => "target-broken",
            RuleId::T02 => "target-near",
            RuleId::R01 => "latency-regressed",
            RuleId::R02 => "errors-regressed",
            RuleId::R03 => "throughput-regressed",
            RuleId::R04 => "improved",
            RuleId::S01 => "blow-up",
            RuleId::S02 => "super-linear",
            RuleId::S03 => "saturation",
            RuleId::S04 => "no-knee-in-range",
            RuleId::S05 => "backlog",
            RuleId::S06 => "poor-efficiency",
            RuleId::H01 => "changed-worse",
            RuleId::H02 => "changed-better",
            RuleId::H03 => "drift",
            RuleId::H04 => "suspect",
        }
    }

    /// Whether it says how a target came out.
    pub const fn is_of_targets(self) -> bool {
        matches!(self, RuleId::T01 | RuleId::T02)
    }

    /// Whether it says how a compared metric changed.
    pub const fn is_of_changes(self) -> bool {
        matches!(self, RuleId::R01 | RuleId::R02 | RuleId::R03 | RuleId::R04)
    }
}
