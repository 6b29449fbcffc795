//! One escaper per output, so that a name from an input is text and nothing else.
