//! The load of a run: what was planned, how it moved, which stretches of it were held, how evenly endpoints were asked.
//!
//! Reads runs and plans; judges none. Names no target and no rule.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod flow;
pub mod little;
pub mod mix;
pub mod offering;
pub mod plan;
pub mod split;
pub mod steady;
pub mod tasks;
