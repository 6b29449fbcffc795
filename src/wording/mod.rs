//! The report in words: headlines, states, levels and steps of a series, targets.
//!
//! Every sentence follows from a figure of the report. Judges nothing.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

mod amount;
pub mod headline;
pub mod reason;
pub mod series;
pub mod state;
mod target;
