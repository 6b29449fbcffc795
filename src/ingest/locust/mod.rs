//! Locust 2.x: CSV sets and `--json`; nobody else knows the tool.

pub mod csv;
pub mod json;
