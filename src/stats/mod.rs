//! Numbers in, numbers and typed caveats out. Names no other room and holds no words.

#![warn(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)]

pub mod apart;
pub mod bend;
pub mod binomial;
pub mod chi_squared;
pub mod covariate;
pub mod histogram;
pub mod knee;
pub mod kneedle;
pub mod least_squares;
pub mod line;
pub mod multiplicity;
pub mod permutation;
pub mod pooled;
pub mod proportion;
pub mod quantile;
pub mod rank_test;
pub mod rate_trend;
pub mod repeats;
pub mod step;
pub mod student;
pub mod trend;
pub mod union;
pub mod usl;
