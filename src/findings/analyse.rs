//! From runs to a report.
