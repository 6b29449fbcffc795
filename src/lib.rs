//! `knee` reads what a load test left behind and says what happened, whether to believe it, and where it stops scaling.
//!
//! The library behind the program: data flows ingest → model → (normalize) → findings → render. It is not a promised API.
//! The rooms are described in `ARCHITECTURE.md`.

pub mod cli;
pub mod config;
pub mod exit;
pub mod figures;
pub mod findings;
pub mod history;
pub mod ingest;
pub mod load;
pub mod model;
pub mod normalize;
pub mod render;
pub mod report;
pub mod stats;
pub mod text;
