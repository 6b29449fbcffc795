//! Any text as knee.toml or as an expectation gives a configuration or an error.
#![no_main]

use std::path::Path;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(error) = knee::config::parse(text, Path::new("knee.toml")) {
        assert!(!error.to_string().is_empty());
    }
    let _ = knee::config::flag_target(text);
});
