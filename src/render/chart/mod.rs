//! Charts: one theme, one file per chart.
