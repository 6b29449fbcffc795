//! Every sample of `samples/`: read as a user's file is, and held against facts that were worked out without `knee`.
//!
//! A new sample needs no code: put a `<case>.facts.toml` beside it.

#[cfg(test)]
mod alarms;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod mutations;
