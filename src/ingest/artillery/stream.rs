//! Large files, block by block: one thread reads, hashes and cuts between windows, others read the windows.
//!
//! Where windows meet is guessed (`}`, `,`, `{`: one object of an array after another) and then checked: a block counts only
//! when it is windows and commas from its first byte to its last. Whatever is not so (a member after the windows, windows
//! before the aggregate, a mistake) gives `None`, and the file is read in order, by the one reader that knows all shapes and
//! says where a mistake is.

use std::borrow::Cow;
use std::io::Read;
use std::thread::ScopedJoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::Input;
use crate::ingest::artillery::parse::{Period, PeriodSeed};
use crate::ingest::artillery::run::Builder;
use crate::ingest::artillery::tally::BadCounter;
use crate::ingest::artillery::windows::{Measured, Plan};
use crate::ingest::input::{Hashed, LONG_LIMIT};
use crate::ingest::json::{self, Fill, Filling, Key};
use crate::model::{FileRef, Run};

/// About how many bytes are read by one thread at a time: they stay in a core's cache.
const BLOCK: usize = 512 * 1024;

/// Smaller files are read sooner than threads are made.
const WORTHWHILE: u64 = 4 * 1024 * 1024;

/// What comes before the windows, and one window, are shorter, or the file is read in order.
const LONGEST: usize = 32 * 1024 * 1024;

/// The run of a large file, when it is the aggregate and then the windows and nothing else.
pub(super) fn read(input: &Input, jobs: usize) -> Option<(Run, FileRef)> {
    let path = input.path.as_ref().filter(|_| jobs > 1)?;
    let size = path
        .metadata()
        .ok()
        .filter(std::fs::Metadata::is_file)?
        .len();
    if size < WORTHWHILE {
        return None;
    }
    let sizes = Sizes {
        block: BLOCK,
        longest: LONGEST,
    };
    read_by(input, jobs, sizes)
}

/// Sizes, which tests make small.
#[derive(Clone, Copy)]
struct Sizes {
    block: usize,
    longest: usize,
}

fn read_by(input: &Input, jobs: usize, sizes: Sizes) -> Option<(Run, FileRef)> {
    let mut blocks = Blocks {
        stream: input.open().ok()?,
        held: Vec::new(),
        read: 0,
        ended: false,
        sizes,
    };
    let head = blocks.head()?;
    let mut builder = Builder::default();
    let (period, _) = start(&head)?;
    builder.take_aggregate(period);
    let measured = windows(&mut blocks, builder.plan()?, jobs)?;
    for window in measured {
        builder.take(window);
    }
    let file = blocks.stream.finish().ok()?;
    Some((builder.finish(&input.name).ok()?, file))
}

/// What one window holds, or the counter of it that is none.
type Window = Result<Measured, BadCounter>;

/// All windows in the order of the file.
fn windows(blocks: &mut Blocks, plan: &Plan, jobs: usize) -> Option<Vec<Window>> {
    let (full, numbered): (Sender<Block>, Receiver<Block>) = bounded(jobs);
    let (empty, spares) = bounded(2 * jobs + 1);
    let (whole, read) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs)
            .map(|_| {
                let (numbered, empty) = (numbered.clone(), empty.clone());
                scope.spawn(move || {
                    let mut read = Vec::new();
                    for block in numbered {
                        read.push((block.number, windows_of(&block, plan)?));
                        let _ = empty.try_send(block.bytes);
                    }
                    Some(read)
                })
            })
            .collect();
        drop(numbered);
        let whole = blocks.send(&full, &spares);
        drop(full);
        let read: Vec<_> = workers.into_iter().map(ScopedJoinHandle::join).collect();
        (whole, read)
    });
    whole?;
    let mut all = Vec::new();
    for part in read {
        all.extend(part.ok()??);
    }
    all.sort_by_key(|(number, _)| *number);
    Some(all.into_iter().flat_map(|(_, windows)| windows).collect())
}

/// Whole windows, and the end of the document behind the last one.
struct Block {
    number: usize,
    bytes: Vec<u8>,
    is_last: bool,
}

/// The windows of a block; `None` when it holds anything else.
fn windows_of(block: &Block, plan: &Plan) -> Option<Vec<Window>> {
    let text = std::str::from_utf8(&block.bytes).ok()?;
    let mut period = Period::default();
    let mut found = Vec::new();
    let mut rest = unspaced(text);
    if block.number == 0 && block.is_last && closes(rest) {
        return Some(found);
    }
    loop {
        let mut json = serde_json::Deserializer::from_str(rest);
        let window = Filling(PeriodSeed(&mut period, Some(plan))).deserialize(&mut json);
        window.ok()?;
        found.push(plan.measure(&mut period));
        period.clear();
        let end = json.into_iter::<IgnoredAny>().byte_offset();
        let behind = unspaced(rest.get(end..)?);
        let Some(next) = behind.strip_prefix(',') else {
            return (block.is_last && closes(behind)).then_some(found);
        };
        rest = unspaced(next);
        if rest.is_empty() {
            return (!block.is_last).then_some(found);
        }
    }
}

/// Whether a text ends the array and the document.
fn closes(text: &str) -> bool {
    let behind = text.strip_prefix(']').map(unspaced);
    let behind = behind.and_then(|rest| rest.strip_prefix('}'));
    behind.is_some_and(|rest| unspaced(rest).is_empty())
}

/// A text without the white space of JSON before it.
fn unspaced(text: &str) -> &str {
    text.trim_start_matches([' ', '\n', '\r', '\t'])
}

/// Cuts a stream between windows.
struct Blocks {
    stream: Hashed,
    /// What was read and not yet given.
    held: Vec<u8>,
    read: u64,
    ended: bool,
    sizes: Sizes,
}

impl Blocks {
    /// Everything up to the bracket that opens the windows.
    fn head(&mut self) -> Option<Vec<u8>> {
        let mut wanted = self.sizes.block;
        loop {
            self.fill(wanted)?;
            if let Some((_, end)) = start(&self.held) {
                let windows = self.held.split_off(end);
                return Some(std::mem::replace(&mut self.held, windows));
            }
            if self.ended || wanted > self.sizes.longest {
                return None;
            }
            wanted *= 2;
        }
    }

    /// Gives every block to whoever takes it.
    fn send(&mut self, full: &Sender<Block>, spares: &Receiver<Vec<u8>>) -> Option<()> {
        for number in 0.. {
            let (bytes, is_last) = self.next(spares.try_recv().unwrap_or_default())?;
            let block = Block {
                number,
                bytes,
                is_last,
            };
            // Nobody takes it when every worker has found what is no window.
            full.send(block).ok()?;
            if is_last {
                break;
            }
        }
        Some(())
    }

    /// The next windows, and whether there are no more; `spare` is an old buffer to be used again.
    fn next(&mut self, mut spare: Vec<u8>) -> Option<(Vec<u8>, bool)> {
        let mut wanted = self.sizes.block;
        loop {
            self.fill(wanted)?;
            if self.ended {
                return Some((std::mem::take(&mut self.held), true));
            }
            if let Some(end) = last_meeting(&self.held) {
                spare.clear();
                spare.extend_from_slice(self.held.get(end..)?);
                self.held.truncate(end);
                return Some((std::mem::replace(&mut self.held, spare), false));
            }
            if wanted > self.sizes.longest {
                return None;
            }
            wanted *= 2;
        }
    }

    fn fill(&mut self, wanted: usize) -> Option<()> {
        while !self.ended && self.held.len() < wanted {
            let missing = (wanted - self.held.len()) as u64;
            let stream = (&mut self.stream).take(missing);
            let n = { stream }.read_to_end(&mut self.held).ok()?;
            self.ended = n == 0;
            self.read += n as u64;
        }
        (self.read <= LONG_LIMIT).then_some(())
    }
}

/// The place of the last `{` that follows `}` and a comma.
fn last_meeting(bytes: &[u8]) -> Option<usize> {
    memchr::memrchr_iter(b'{', bytes).find(|at| {
        let before = bytes.get(..*at).unwrap_or_default().trim_ascii_end();
        let before = before.strip_suffix(b",").map(<[u8]>::trim_ascii_end);
        before.is_some_and(|before| before.ends_with(b"}"))
    })
}

/// The aggregate, and where the windows begin; `None` when it is not so that only the aggregate comes before them.
fn start(bytes: &[u8]) -> Option<(Period<'_>, usize)> {
    let mut found = Found::default();
    let mut json = serde_json::Deserializer::from_slice(json::without_mark(bytes));
    // It always ends with an error: the document is not read to its end.
    _ = Filling(&mut found).deserialize(&mut json);
    let name = found.windows?;
    let behind = name.as_ptr().addr() - bytes.as_ptr().addr() + name.len();
    let rest = bytes.get(behind..)?;
    let rest = rest.strip_prefix(b"\"")?.trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"[")?;
    Some((found.aggregate?, bytes.len() - rest.len()))
}

#[derive(Default)]
struct Found<'de> {
    aggregate: Option<Period<'de>>,
    /// The name of the member that holds the windows, where it stands in the text.
    windows: Option<&'de str>,
}

/// The members before the windows.
impl<'de> Fill<'de> for &mut Found<'de> {
    const EXPECTED: &'static str = "an object with `aggregate` and `intermediate`";

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            match key {
                Cow::Borrowed("aggregate") if self.aggregate.is_none() => {
                    let mut period = Period::default();
                    map.next_value_seed(Filling(PeriodSeed(&mut period, None)))?;
                    self.aggregate = Some(period);
                }
                Cow::Borrowed(name @ "intermediate") => {
                    map.next_value_seed(Filling(Opening(&mut self.windows, name)))?;
                }
                _ => return Err(de::Error::custom("another shape")),
            }
        }
        Ok(())
    }
}

/// The bracket that opens the windows, which are read elsewhere.
struct Opening<'f, 'de>(&'f mut Option<&'de str>, &'de str);

impl<'de> Fill<'de> for Opening<'_, 'de> {
    const EXPECTED: &'static str = "an array of windows";

    fn elements<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        *self.0 = Some(self.1);
        Err(de::Error::custom("the bracket was all"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ingest::artillery::read_one;
    use std::fmt::Write;
    use std::io::Cursor;

    /// The run of a text that is read by blocks of about that size.
    pub(in crate::ingest::artillery) fn by_blocks(text: &[u8], block: usize) -> Option<Run> {
        let input = Input::stream("-", Cursor::new(text.to_owned()));
        let longest = 1 << 20;
        let (mut run, file) = read_by(&input, 2, Sizes { block, longest })?;
        run.source.files.push(file);
        Some(run)
    }

    fn in_order(text: &[u8]) -> Option<Run> {
        read_one(&Input::stream("-", Cursor::new(text.to_owned())), 1).ok()
    }

    /// A document in which each window has a counter with an ill-chosen name.
    fn document(windows: u64, name: &str) -> String {
        let mut text = format!(
            "{{\"aggregate\": {{\"firstMetricAt\": 0, \"lastMetricAt\": {}, \"counters\": {{\"http.requests\": {windows}}}, \"summaries\": {{}}}},\n \"intermediate\" : [\n",
            windows * 10_000
        );
        for at in 0..windows {
            let comma = if at > 0 { "} ,\n" } else { "" };
            let _ = write!(
                text,
                "{comma}{{\"period\": \"{}\", \"counters\": {{\"http.requests\": 1, \"{name}\": 2}}, \"summaries\": {{\"http.response_time\": {{\"count\": 1, \"p50\": {at}}}}}",
                at * 10_000
            );
        }
        text + "} ]\n}\n"
    }

    #[test]
    fn blocks_of_any_size_give_the_run_of_the_whole() {
        let text = document(40, "a");
        let whole = in_order(text.as_bytes()).unwrap();
        assert_eq!(whole.timeline.len(), 40);
        for block in (1..400).chain([1_000, 4_000, text.len() - 1, text.len(), 100_000]) {
            let run = by_blocks(text.as_bytes(), block);
            assert_eq!(run.as_ref(), Some(&whole), "{block}");
        }
    }

    #[test]
    fn a_name_that_looks_like_the_end_of_a_window_costs_time_only() {
        let text = document(9, "},{ ]}");
        let whole = in_order(text.as_bytes()).unwrap();
        let mut given_up = 0;
        for block in 1..text.len() + 2 {
            match by_blocks(text.as_bytes(), block) {
                Some(run) => assert_eq!(run, whole),
                None => given_up += 1,
            }
        }
        assert!(given_up > 0);
    }

    #[test]
    fn other_shapes_are_left_to_the_reader_in_order() {
        let usual = document(3, "a");
        assert!(by_blocks(usual.as_bytes(), 64).is_some());
        for (from, to) in [
            (" ]\n}", " ], \"more\": 1}"),
            (" ]\n}", " ,]\n}"),
            (" ]\n}", " ]\n}}"),
            (" ]\n}", " ]"),
            (" ]\n}", ""),
            ("} ,\n{", "}\n{"),
            ("} ,\n{", "}\u{c},\n{"),
            ("} ,\n{", "},,{"),
            ("\"aggregate\"", "\"first\": 1, \"aggregate\""),
            ("\"intermediate\"", "\"aggregate\": {}, \"intermediate\""),
            ("\"http.requests\": 1,", "\"http.requests\": -1,"),
            (": [\n", ": [5,\n"),
        ] {
            let text = usual.replacen(from, to, 1);
            assert_ne!(text, usual);
            for block in [16, 256, 10_000] {
                assert_eq!(by_blocks(text.as_bytes(), block), None, "{to}");
            }
        }
        let none = format!("{}]}}", usual.split_inclusive('[').next().unwrap());
        assert_eq!(by_blocks(none.as_bytes(), 64), in_order(none.as_bytes()));
        assert_eq!(by_blocks(b"", 64), None);
    }

    #[test]
    fn damage_is_never_read_as_something_else() {
        let usual = document(4, "a").into_bytes();
        let mut read = 0;
        for at in 0..usual.len() {
            for new in [&b""[..], b" ", b"{", b"]", b",", b"\"", b"\xff"] {
                let mut text = usual.clone();
                text.splice(at..=at, new.iter().copied());
                if let Some(run) = by_blocks(&text, 150) {
                    read += 1;
                    assert_eq!(
                        Some(run),
                        in_order(&text),
                        "{}",
                        String::from_utf8_lossy(&text)
                    );
                }
            }
        }
        assert!(read > 100);
    }

    #[test]
    fn small_files_and_streams_are_read_in_order() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), document(3, "a")).unwrap();
        assert!(read(&Input::file(file.path(), "x"), 2).is_none());
        std::fs::write(file.path(), document(40_000, "a")).unwrap();
        assert!(read(&Input::file(file.path(), "x"), 1).is_none());
        let (run, seen) = read(&Input::file(file.path(), "x"), 2).unwrap();
        assert_eq!(run.timeline.len(), 40_000);
        assert_eq!(seen.bytes, file.path().metadata().unwrap().len());
    }
}
