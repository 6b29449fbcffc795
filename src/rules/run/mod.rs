//! Rules that ask of one run.

pub(super) mod l01_heavy_tail;
pub(super) mod t01_target_broken;
pub(super) mod t02_target_near;
pub(super) mod v01_rate_total_duration;
pub(super) mod v02_duration_against_plan;
pub(super) mod v03_error_rate;
pub(super) mod v05_latency_of_failures;
pub(super) mod v10_thin_quantile;
pub(super) mod v11_below_resolution;
pub(super) mod v12_impossible_figures;
pub(super) mod v13_not_one_population;
pub(super) mod v15_peak_is_average;
pub(super) mod v16_not_sustained;
pub mod v17_totals_reconcile;
pub(super) mod v18_copied_column;
pub(super) mod v20_snapshot_not_series;
pub(super) mod v27_idle_generator;
pub(super) mod v29_plan_against_run;
pub(super) mod v32_expected_errors;
pub(super) mod v37_rejected_before_work;
pub(super) mod v39_warm_up_inside;
pub(super) mod v40_not_steady;
pub(super) mod v41_generator_saturated;
pub(super) mod v42_clipped_at_timeout;
pub(crate) mod v43_merged_percentiles;
pub(super) mod v50_script_failures;
