//! Damaged samples: whatever the bytes are, reading ends in runs or in an error with a text, by sniffing and by every
//! `--from`.
//!
//! The damage is the same on every machine; `fuzz/` looks further.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::LazyLock;

use knee::ingest::argument::Candidate;
use knee::ingest::beside::{read_resources, read_tests};
use knee::ingest::map::Mapping;
use knee::ingest::{FORMATS, Input, Options, read};
use knee::model::{Run, Seconds};

use crate::facts::{files, maps, samples};

/// Larger samples add time and no new shapes.
const LARGEST: u64 = 200 * 1024;

/// Bytes that are parsed over all cases: keeps the test under a quarter of a minute whatever is added to `samples/`.
const BUDGET: usize = 150 * 1024 * 1024;

/// The maps of the samples: their formats have no ids of their own.
static MAPS: LazyLock<Vec<Mapping>> = LazyLock::new(|| maps(&samples().join("maps/knee.toml")));

/// Everything that `--from` takes.
fn ways() -> Vec<String> {
    let formats = FORMATS.iter().map(|format| format.id.to_owned());
    formats.chain(MAPS.iter().map(Mapping::format)).collect()
}

/// splitmix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % (most.max(1) as u64)).unwrap()
    }
}

/// What a text is damaged with besides random bytes: what parsers trip over.
const PIECES: [&[u8]; 16] = [
    b"null",
    b"-1",
    b"1e308",
    b"18446744073709551615",
    b"9223372036854775808",
    b"0.5",
    b"\"\"",
    b"{}",
    b"[]",
    b"\"",
    b"\\ud83d",
    b"\xff\xfe",
    b"\0",
    b"N/A",
    b",",
    b"\r\n",
];

fn damage(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut text = bytes.to_vec();
    let at = random.below(text.len());
    let len = random.below(64).min(text.len() - at);
    match random.below(8) {
        0 => text.truncate(at),
        1 => {
            for _ in 0..=random.below(4) {
                let at = random.below(text.len());
                text[at] ^= 1 << random.below(8);
            }
        }
        2 => drop(text.drain(at..at + len)),
        3 => {
            let chunk = text[at..at + len].to_vec();
            text.splice(at..at, chunk);
        }
        4 => {
            let from = random.below(other.len());
            text.truncate(at);
            text.extend_from_slice(&other[from..]);
        }
        5 => {
            let piece = PIECES[random.below(PIECES.len())];
            text.splice(at..at, piece.iter().copied());
        }
        6 => replace_a_number(&mut text, at, random),
        _ => {
            // A member or a row goes missing, or stands there twice.
            let end = text[at..].iter().position(|b| b",\n".contains(b));
            let end = end.map_or(text.len(), |end| at + end + 1);
            if random.below(2) == 0 {
                text.drain(at..end);
            } else {
                let chunk = text[at..end].to_vec();
                text.splice(at..at, chunk);
            }
        }
    }
    text
}

/// The syntax stays whole, the meaning does not.
fn replace_a_number(text: &mut Vec<u8>, near: usize, random: &mut Random) {
    let Some(start) = text[near..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let start = near + start;
    let digits = text[start..].iter().take_while(|b| b.is_ascii_digit());
    let end = start + digits.count();
    let piece = PIECES[random.below(8)];
    text.splice(start..end, piece.iter().copied());
}

/// Reads the bytes as if they came from standard input.
fn survive(bytes: &[u8], from: Option<&str>, what: &str) -> bool {
    let candidate = Candidate {
        input: Input::stream("-", Cursor::new(bytes.to_vec())),
        name: None,
        labels: BTreeMap::new(),
        argument: 0,
        found: false,
        joined: None,
    };
    let options = Options {
        from: from.map(str::to_owned),
        maps: MAPS.clone(),
        jobs: 1,
        ..Options::default()
    };
    match read(vec![candidate], &options) {
        Ok(_) => true,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "{what}");
            false
        }
    }
}

fn every_way(bytes: &[u8], what: &str) {
    survive(bytes, None, what);
    for way in ways() {
        survive(bytes, Some(&way), what);
    }
}

#[test]
fn damaged_samples_end_in_runs_or_in_an_error() {
    let samples: Vec<(String, Vec<u8>)> = files()
        .into_iter()
        .filter(|path| {
            !path.ends_with("README.md") && path.extension().is_some_and(|e| e != "toml")
        })
        .filter(|path| path.metadata().unwrap().len() <= LARGEST)
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    assert!(!samples.is_empty());
    let mut random = Random(7);
    let ways = ways();
    let share = BUDGET / samples.len() / (ways.len() + 1);
    let mut readable = 0;
    for (index, (name, bytes)) in samples.iter().enumerate() {
        let (_, other) = &samples[(index * 7 + 3) % samples.len()];
        let cases = (share / bytes.len()).clamp(3, 60);
        for case in 0..cases {
            let damaged = damage(bytes, other, &mut random);
            let what = format!("{name}, case {case}");
            readable += usize::from(survive(&damaged, None, &what));
            for way in &ways {
                survive(&damaged, Some(way), &what);
            }
        }
    }
    // If nothing were readable any more, only the outermost checks would have been tried.
    assert!(readable > samples.len(), "{readable} of the damaged files");
}

/// Reads the bytes as what stands beside a run, both ways.
fn beside(bytes: &[u8], what: &str) -> usize {
    let mut run = Run::new("test", "test");
    run.started_at = Some(jiff::Timestamp::from_second(1_795_227_426).unwrap());
    run.duration = Some(Seconds(120.0));
    let mut runs = [run];
    let input = || Input::stream("stats.csv", Cursor::new(bytes.to_vec()));
    let outcomes = [
        read_resources(&[input()], &mut runs),
        read_tests(&input(), &mut runs),
    ];
    for outcome in &outcomes {
        if let Err(error) = outcome {
            assert!(!error.to_string().is_empty(), "{what}");
        }
    }
    let text = serde_json::to_string(&runs[0]).unwrap();
    let back: Run = serde_json::from_str(&text).unwrap();
    assert_eq!(back, runs[0], "{what}");
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

#[test]
fn damaged_files_beside_a_run_end_in_an_answer() {
    let samples: Vec<Vec<u8>> = files()
        .into_iter()
        .filter(|path| {
            let below = |folder: &str| path.parent().is_some_and(|in_it| in_it.ends_with(folder));
            let is_facts = path.extension().is_some_and(|ending| ending == "toml");
            (below("resources") || below("tests")) && !is_facts
        })
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    assert!(samples.len() > 8);
    let mut random = Random(11);
    let mut readable = 0;
    for (index, bytes) in samples.iter().enumerate() {
        let other = &samples[(index * 5 + 2) % samples.len()];
        for case in 0..150 {
            let damaged = damage(bytes, other, &mut random);
            readable += beside(&damaged, &format!("sample {index}, case {case}"));
        }
    }
    assert!(readable > samples.len(), "{readable} of the damaged files");
    for bytes in [
        vec![b'['; 1 << 20],
        b"<testsuite>".repeat(100_000),
        vec![b'a'; 20 << 20],
    ] {
        beside(&bytes, "endless");
    }
}

#[test]
fn every_cut_of_a_small_sample_ends_in_an_answer() {
    let smallest = files()
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|e| e == "json" || e == "jsonl")
        })
        .filter(|path| path.metadata().unwrap().len() <= 2048);
    let mut cuts = 0;
    for path in smallest {
        let bytes = std::fs::read(&path).unwrap();
        for end in 0..bytes.len() {
            survive(&bytes[..end], None, "a cut");
            cuts += 1;
        }
    }
    assert!(cuts > 0);
}

#[test]
fn deep_nesting_does_not_use_up_the_stack() {
    every_way(&vec![b'['; 1 << 20], "brackets");
    every_way(&b"{\"a\":".repeat(200_000), "objects");
    for start in [
        &br#"{"aggregate":{"counters":{"vusers.created":1},"x":"#[..],
        br#"{"operation":"a","total_requests":1,"failed_requests":1,"avg_latency_ms":1,"x":"#,
        br#"{"schema":"knee.run/1","x":"#,
    ] {
        let text = [start, &vec![b'['; 1 << 20][..]].concat();
        every_way(&text, "brackets inside");
    }
}

#[test]
fn a_line_of_twenty_megabytes_is_read_or_refused() {
    let long = 20 << 20;
    every_way(&vec![b'a'; long], "letters");
    let text = [&b"{\"operation\":\""[..], &vec![b'x'; long], b"\"}"].concat();
    every_way(&text, "a long text");
}
