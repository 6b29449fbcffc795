//! The first sentences of a report, each made from figures in it.
