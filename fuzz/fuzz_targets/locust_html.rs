//! Any bytes read as `locust-html` give a run or an error; a run survives being written and read.
#![no_main]

#[path = "../shared.rs"]
mod shared;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| shared::read_and_report(bytes, Some("locust-html")));
