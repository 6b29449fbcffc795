//! Rules that ask of a series of load levels.

pub(super) mod of_series;
pub(super) mod s01_blow_up;
pub(super) mod s02_super_linear;
pub(super) mod s03_saturation;
pub(super) mod s04_no_knee_in_range;
pub(super) mod s05_backlog;
pub(super) mod s06_poor_efficiency;
pub(super) mod v23_load_ratio;
