//! `knee.toml` merged with flags into the option structs of the rooms that read them.

pub mod error;
pub mod expect;
pub mod quantity;

pub use error::ConfigError;
