//! Rules that ask of what is declared, and of what is claimed.

pub(super) mod v08_declared_not_measured;
pub(super) mod v26_unreachable_target;
pub(super) mod v28_task_weights;
pub(super) mod v30_contradictory_targets;
pub(super) mod v31_too_short;
pub(super) mod v35_unfit_environment;
