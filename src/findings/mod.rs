//! The only room that joins model and stats: figures, targets, rules, verdict.
//!
//! What an analysis says is one [`Report`], all that a renderer may see. Every sentence in it is computed from a figure in it.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod analyse;
pub mod comparison;
pub mod headline;
pub mod propose;
pub mod rules;
pub mod scaling;
pub mod targets;
pub mod workload;
