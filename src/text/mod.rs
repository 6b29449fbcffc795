//! Text: how a quantity is written, and how a name from an input is made inert. A leaf room: it names no other.

pub mod escape;
pub mod number;
pub mod phrase;
