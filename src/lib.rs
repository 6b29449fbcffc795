//! `knee` reads what a load test left behind and says what happened, whether to believe it, and where it stops scaling.
//!
//! The library behind the program: data flows ingest → model → pipeline → report → render. It is not a promised API.
//! The rooms are described in `ARCHITECTURE.md`.

pub mod cli;
pub mod compare;
pub mod config;
pub mod exit;
pub mod figures;
pub mod history;
pub mod ingest;
pub mod load;
pub mod model;
pub mod normalize;
pub mod pipeline;
pub mod render;
pub mod report;
pub mod rules;
pub mod scale;
pub mod stats;
pub mod targets;
pub mod text;
pub mod verdict;
pub mod wording;
