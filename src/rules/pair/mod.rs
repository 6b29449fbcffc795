//! Rules that ask of two sides, before they are compared and after.

pub(super) mod changed;
pub(super) mod r01_latency_regressed;
pub(super) mod r02_errors_regressed;
pub(super) mod r03_throughput_regressed;
pub(super) mod r04_improved;
pub(crate) mod v22_unlike_runs;
pub(super) mod v44_unit_mismatch;
pub(super) mod v45_one_run_a_side;
pub(super) mod v46_clipped_run;
pub(super) mod v47_endpoint_gone;
pub(crate) mod v48_same_run_twice;
pub(super) mod v49_faster_because_failing;
