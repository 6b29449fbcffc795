//! Past runs on disk: the accepted baseline of a scenario.
//!
//! Stored files carry a version; a newer one of the same number is read, another number is refused. This room judges nothing
//! and decides no place: it turns runs into bytes and bytes into runs.

#![warn(clippy::disallowed_types)]

pub mod baseline;
mod error;
mod place;
mod slim;
mod spread;

pub use baseline::{About, Baseline, BaselineSchema, Retired};
pub use error::BaselineError;
pub use place::{FOLDER, file_name};
pub use spread::Spread;
