//! Report to bytes.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod block;
pub mod chart;
