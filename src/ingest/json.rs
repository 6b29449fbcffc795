//! What the readers of JSON documents share.
