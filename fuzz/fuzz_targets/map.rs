//! Any bytes read by the maps of the samples give a run or an error; a run survives being written and read.
#![no_main]

use std::path::Path;

use knee::ingest::Options;

#[path = "../read.rs"]
mod read;

const CONFIG: &str = include_str!("../../samples/maps/knee.toml");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let config = knee::config::parse(CONFIG, Path::new("knee.toml")).expect("the sample is a configuration");
    // The first byte says which map; beyond them the content decides.
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let map = config.maps.get(usize::from(*first)).map(|map| map.name.clone());
    read::read_with(rest, Options { map, maps: config.maps, jobs: 1, ..Options::default() });
});
