//! Requests one by one into counts and distributions, in memory that does not grow with the rows; mergeable.
