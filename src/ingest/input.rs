//! Bytes from a file or standard input, decompressed, as UTF-8, hashed while they are read, bounded where they are held.
//!
//! A compressed stream that breaks off ends with [`io::ErrorKind::UnexpectedEof`] behind everything that was whole, so that a log
//! can keep its rows; damage in the middle is any other error.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::ingest::decompress::{Stream, decompress, is_compressed, is_torn, read_up_to};
use crate::ingest::encoding::{Narrow, UTF8_MARK, is_wide, utf8};
use crate::ingest::error::IngestError;
use crate::ingest::sniff::HEAD_BYTES;
use crate::model::FileRef;

/// How large a summary may be after decompression: it is held in memory while it is parsed.
pub const DOCUMENT_LIMIT: u64 = 64 * 1024 * 1024;

/// How large a document may be that grows with the length of the run.
pub const LONG_LIMIT: u64 = 1024 * 1024 * 1024;

/// How many times its compressed size such a document may be, beyond [`DOCUMENT_LIMIT`]. JSON of tools is 15 to 60 times as
/// large, and what is made to fill the memory about 1,000 times.
const INFLATION: u64 = 200;

/// One file, or a stream that can be read once.
#[derive(Clone)]
pub struct Input {
    /// Where it is; `None` for a stream.
    pub path: Option<PathBuf>,
    /// How messages and reports call it.
    pub name: String,
    stream: Option<Arc<Mutex<StreamState>>>,
}

struct StreamState {
    /// Raw bytes that were looked at and not yet read.
    peeked: Vec<u8>,
    rest: Option<Stream>,
}

impl Input {
    /// A file; `name` is how messages call it.
    pub fn file(path: &Path, name: impl Into<String>) -> Input {
        Input {
            path: Some(path.to_owned()),
            name: name.into(),
            stream: None,
        }
    }

    /// Something that can be read once, such as standard input.
    pub fn stream(name: impl Into<String>, stream: impl Read + Send + 'static) -> Input {
        let state = StreamState {
            peeked: Vec::new(),
            rest: Some(Box::new(stream)),
        };
        Input {
            path: None,
            name: name.into(),
            stream: Some(Arc::new(Mutex::new(state))),
        }
    }

    /// The file's name without folders.
    pub fn file_name(&self) -> &str {
        match &self.path {
            Some(path) => path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or(&self.name),
            None => &self.name,
        }
    }

    /// Decompressed bytes as they stand, and how many were taken from the file for them.
    fn decompressed(&self) -> Result<(Stream, Arc<AtomicU64>), IngestError> {
        let taken = Arc::new(AtomicU64::new(0));
        let raw = Box::new(Counted {
            inner: self.raw()?,
            taken: Arc::clone(&taken),
        });
        let stream = decompress(raw).map_err(|source| IngestError::Read {
            file: self.name.clone(),
            source,
        })?;
        Ok((stream, taken))
    }

    fn raw(&self) -> Result<Stream, IngestError> {
        match (&self.path, &self.stream) {
            (Some(path), _) => {
                let file = File::open(path).map_err(|source| IngestError::Open {
                    file: self.name.clone(),
                    source,
                })?;
                Ok(Box::new(file))
            }
            (None, Some(stream)) => {
                let mut state = stream.lock().unwrap_or_else(PoisonError::into_inner);
                let peeked = std::mem::take(&mut state.peeked);
                let rest = state.rest.take().ok_or_else(|| IngestError::Open {
                    file: self.name.clone(),
                    source: io::Error::other("a stream can be read only once"),
                })?;
                Ok(Box::new(Cursor::new(peeked).chain(rest)))
            }
            (None, None) => Ok(Box::new(io::empty())),
        }
    }

    /// The first decompressed bytes in UTF-8, and whether that is all there is.
    pub fn head(&self) -> Result<(Vec<u8>, bool), IngestError> {
        let fail = |source| IngestError::Read {
            file: self.name.clone(),
            source,
        };
        if let (None, Some(stream)) = (&self.path, &self.stream) {
            let mut state = stream.lock().unwrap_or_else(PoisonError::into_inner);
            let mut peeked = std::mem::take(&mut state.peeked);
            if let Some(rest) = &mut state.rest {
                let wanted = (2 * HEAD_BYTES).saturating_sub(peeked.len()) as u64;
                rest.by_ref()
                    .take(wanted)
                    .read_to_end(&mut peeked)
                    .map_err(fail)?;
            }
            state.peeked.clone_from(&peeked);
            drop(state);
            // The peeked bytes may end inside a compressed block: what decodes is enough to sniff.
            let mut head = Vec::new();
            let compressed = is_compressed(&peeked);
            let mut decoded = decompress(Box::new(Cursor::new(peeked))).map_err(fail)?;
            let outcome = read_up_to(&mut decoded, &mut head, HEAD_BYTES + 1);
            if outcome.is_err() && !compressed {
                outcome.map_err(fail)?;
            }
            return Ok(cut(head));
        }
        let mut head = Vec::new();
        let (mut reader, _) = self.decompressed()?;
        match read_up_to(&mut reader, &mut head, HEAD_BYTES + 1) {
            // What breaks off is still what it is.
            Err(error) if is_torn(&error) && !head.is_empty() => Ok((cut(head).0, false)),
            outcome => outcome.map(|()| cut(head)).map_err(fail),
        }
    }

    /// Opens the decompressed bytes in UTF-8; [`Hashed::finish`] gives the hash.
    pub fn open(&self) -> Result<Hashed, IngestError> {
        let fail = |source| IngestError::Read {
            file: self.name.clone(),
            source,
        };
        let (mut stream, _) = self.decompressed()?;
        let mut mark = Vec::new();
        let outcome = read_up_to(&mut stream, &mut mark, UTF8_MARK.len());
        let wide = is_wide(&mark);
        let is_marked = mark == UTF8_MARK;
        let rest = match outcome {
            Err(error) if is_torn(&error) => Box::new(Torn),
            outcome => outcome.map(|()| stream).map_err(fail)?,
        };
        let mut raw = Raw {
            inner: Box::new(Cursor::new(mark).chain(rest)),
            hash: Sha256::new(),
            bytes: 0,
            is_torn: false,
        };
        if is_marked {
            // The mark is hashed and is no text.
            raw.read_exact(&mut [0; UTF8_MARK.len()]).map_err(fail)?;
        }
        Ok(Hashed {
            inner: if wide {
                Text::Wide(Narrow::new(raw))
            } else {
                Text::Plain(raw)
            },
            name: self.name.clone(),
        })
    }

    /// All decompressed bytes in UTF-8, at most [`LONG_LIMIT`], for work that goes on while a thread of its own hashes them.
    pub fn read_and<T>(
        &self,
        format: &'static str,
        work: impl FnOnce(&[u8]) -> T,
    ) -> Result<(T, FileRef), IngestError> {
        let (mut reader, taken) = self.decompressed()?;
        let bytes = self.bounded(&mut reader, format, |held| {
            let most = taken.load(Ordering::Relaxed).saturating_mul(INFLATION);
            held <= LONG_LIMIT && held <= most.max(DOCUMENT_LIMIT)
        })?;
        let (done, hash) = std::thread::scope(|scope| {
            let hash = scope.spawn(|| Sha256::digest(&bytes));
            (work(&utf8(&bytes)), hash.join())
        });
        // Only a panic ends the thread early, and hashing has none.
        let hash = hash.unwrap_or_else(|_panic| Sha256::digest(&bytes));
        let file = FileRef {
            name: self.name.clone(),
            sha256: hex(&hash),
            bytes: bytes.len() as u64,
        };
        Ok((done, file))
    }

    /// All decompressed bytes in UTF-8, at most [`DOCUMENT_LIMIT`]; `format` is for the message.
    pub fn read_all(&self, format: &'static str) -> Result<(Vec<u8>, FileRef), IngestError> {
        let mut reader = self.open()?;
        let bytes = self.bounded(&mut reader, format, |held| held <= DOCUMENT_LIMIT)?;
        let file = reader.finish()?;
        Ok((bytes, file))
    }

    /// Everything, as long as so many bytes may be held.
    fn bounded(
        &self,
        reader: &mut impl Read,
        format: &'static str,
        may_hold: impl Fn(u64) -> bool,
    ) -> Result<Vec<u8>, IngestError> {
        let mut bytes = Vec::new();
        let wanted = self
            .path
            .as_ref()
            .and_then(|path| path.metadata().ok())
            .map_or(0, |meta| meta.len());
        bytes.reserve(usize::try_from(wanted.min(LONG_LIMIT)).unwrap_or(0));
        loop {
            let part = reader.by_ref().take(PART);
            let read = { part }.read_to_end(&mut bytes);
            let n = read.map_err(|source| IngestError::Read {
                file: self.name.clone(),
                source,
            })?;
            let held = bytes.len() as u64;
            if !may_hold(held) {
                return Err(IngestError::TooLarge {
                    file: self.name.clone(),
                    limit: held.min(LONG_LIMIT) / PART * PART,
                    format,
                });
            }
            if n == 0 {
                return Ok(bytes);
            }
        }
    }
}

/// How much is read before the limit is looked at.
const PART: u64 = 1024 * 1024;

/// Counts what passes.
struct Counted {
    inner: Stream,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// The end of a stream that breaks off.
struct Torn;

impl Read for Torn {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn cut(mut head: Vec<u8>) -> (Vec<u8>, bool) {
    let complete = head.len() <= HEAD_BYTES;
    head.truncate(HEAD_BYTES);
    if let Cow::Owned(text) = utf8(&head) {
        return (text, complete);
    }
    if head.starts_with(UTF8_MARK) {
        head.drain(..UTF8_MARK.len());
    }
    (head, complete)
}

/// Decompressed bytes that are hashed while they pass.
struct Raw {
    inner: Stream,
    hash: Sha256,
    bytes: u64,
    is_torn: bool,
}

impl Read for Raw {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = match self.inner.read(into) {
            Ok(n) => n,
            Err(error) => {
                self.is_torn |= is_torn(&error);
                return Err(error);
            }
        };
        if let Some(new) = into.get(..n) {
            self.hash.update(new);
            self.bytes += n as u64;
        }
        Ok(n)
    }
}

enum Text {
    Plain(Raw),
    Wide(Narrow<Raw>),
}

/// The text of a file in UTF-8; the bytes as they stand there are hashed while they pass.
pub struct Hashed {
    inner: Text,
    name: String,
}

impl Hashed {
    /// Reads what is left and says what file it was. Of a stream that broke off it is what was whole.
    pub fn finish(self) -> Result<FileRef, IngestError> {
        let name = self.name;
        let mut raw = match self.inner {
            Text::Plain(raw) => raw,
            Text::Wide(narrow) => narrow.inner,
        };
        if !raw.is_torn
            && let Err(source) = io::copy(&mut raw, &mut io::sink())
        {
            return Err(IngestError::Read { file: name, source });
        }
        Ok(FileRef {
            name,
            sha256: hex(&raw.hash.finalize()),
            bytes: raw.bytes,
        })
    }
}

impl Read for Hashed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.inner {
            Text::Plain(raw) => raw.read(into),
            Text::Wide(narrow) => narrow.read(into),
        }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// sha256 of a text, in hexadecimal.
pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn all(input: &Input) -> (Vec<u8>, FileRef) {
        input.read_all("test").unwrap()
    }

    #[test]
    fn compressed_streams_hash_as_their_content() {
        let plain = b"time,latency\n1,2\n".repeat(9000);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&plain).unwrap();
        let gz = gz.finish().unwrap();
        let zst = ruzstd::encoding::compress_to_vec(
            &plain[..],
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        let want = all(&Input::stream("-", Cursor::new(plain.clone())));
        for packed in [
            gz.clone(),
            zst.clone(),
            [gz.clone(), gz].concat(),
            [zst.clone(), zst].concat(),
        ] {
            let input = Input::stream("-", Cursor::new(packed));
            let (head, complete) = input.head().unwrap();
            assert!(!complete);
            assert!(plain.starts_with(&head));
            let (bytes, file) = all(&input);
            assert!(bytes == plain || bytes == [plain.clone(), plain.clone()].concat());
            if bytes == plain {
                assert_eq!(file, want.1);
            }
        }
    }

    #[test]
    fn a_damaged_stream_is_an_error_and_not_a_panic() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&b"abc".repeat(9000)).unwrap();
        let gz = gz.finish().unwrap();
        let cut = gz[..gz.len() / 2].to_vec();
        assert!(
            Input::stream("-", Cursor::new(cut))
                .read_all("test")
                .is_err()
        );
        assert!(
            Input::stream("-", Cursor::new(vec![0x28, 0xb5, 0x2f, 0xfd, 0, 1]))
                .read_all("test")
                .is_err()
        );
    }

    #[test]
    fn the_head_of_a_stream_is_not_lost() {
        let input = Input::stream("-", Cursor::new(b"\xef\xbb\xbfhello".to_vec()));
        assert_eq!(input.head().unwrap(), (b"hello".to_vec(), true));
        assert_eq!(input.head().unwrap(), (b"hello".to_vec(), true));
        let (text, file) = all(&input);
        assert_eq!((text.as_slice(), file.bytes), (&b"hello"[..], 8));
        let plain = all(&Input::stream("-", Cursor::new(b"hello".to_vec()))).1;
        assert_ne!(file.sha256, plain.sha256);
    }
}
