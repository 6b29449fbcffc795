//! The reader of k6 summaries on small texts.
