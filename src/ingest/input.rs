//! Bytes from a file or standard input, decompressed, hashed while they are read, bounded where they are held.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::ingest::error::IngestError;
use crate::ingest::sniff::HEAD_BYTES;
use crate::model::FileRef;

/// How large a file may be that is held in memory while it is parsed.
pub const DOCUMENT_LIMIT: u64 = 1024 * 1024 * 1024;

type Stream = Box<dyn Read + Send>;

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

    /// The first decompressed bytes, and whether that is all there is.
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
        let mut reader = decompress(self.raw()?).map_err(fail)?;
        read_up_to(&mut reader, &mut head, HEAD_BYTES + 1).map_err(fail)?;
        Ok(cut(head))
    }

    /// Opens the decompressed bytes; [`Hashed::finish`] gives the hash.
    pub fn open(&self) -> Result<Hashed, IngestError> {
        let fail = |source| IngestError::Read {
            file: self.name.clone(),
            source,
        };
        let inner = decompress(self.raw()?).map_err(fail)?;
        Ok(Hashed {
            inner,
            hash: Sha256::new(),
            bytes: 0,
            name: self.name.clone(),
        })
    }

    /// All decompressed bytes, at most [`DOCUMENT_LIMIT`], for work that goes on while a thread of its own hashes them.
    pub fn read_and<T>(
        &self,
        format: &'static str,
        work: impl FnOnce(&[u8]) -> T,
    ) -> Result<(T, FileRef), IngestError> {
        let fail = |source| IngestError::Read {
            file: self.name.clone(),
            source,
        };
        let mut reader = decompress(self.raw()?).map_err(fail)?;
        let bytes = self.bounded(&mut reader, format)?;
        let (done, hash) = std::thread::scope(|scope| {
            let hash = scope.spawn(|| Sha256::digest(&bytes));
            (work(&bytes), hash.join())
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

    /// All decompressed bytes, at most [`DOCUMENT_LIMIT`]; `format` is for the message.
    pub fn read_all(&self, format: &'static str) -> Result<(Vec<u8>, FileRef), IngestError> {
        let mut reader = self.open()?;
        let bytes = self.bounded(&mut reader, format)?;
        let file = reader.finish()?;
        Ok((bytes, file))
    }

    fn bounded(
        &self,
        reader: &mut impl Read,
        format: &'static str,
    ) -> Result<Vec<u8>, IngestError> {
        let mut bytes = Vec::new();
        let wanted = self
            .path
            .as_ref()
            .and_then(|path| path.metadata().ok())
            .map_or(0, |meta| meta.len());
        bytes.reserve(usize::try_from(wanted.min(DOCUMENT_LIMIT)).unwrap_or(0));
        let fail = |source| IngestError::Read {
            file: self.name.clone(),
            source,
        };
        reader
            .by_ref()
            .take(DOCUMENT_LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(fail)?;
        if bytes.len() as u64 > DOCUMENT_LIMIT {
            return Err(IngestError::TooLarge {
                file: self.name.clone(),
                limit: DOCUMENT_LIMIT,
                format,
            });
        }
        Ok(bytes)
    }
}

fn cut(mut head: Vec<u8>) -> (Vec<u8>, bool) {
    let complete = head.len() <= HEAD_BYTES;
    head.truncate(HEAD_BYTES);
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    (head, complete)
}

fn read_up_to(reader: &mut dyn Read, into: &mut Vec<u8>, most: usize) -> io::Result<()> {
    let mut chunk = [0; 8192];
    while into.len() < most {
        let room = chunk.len().min(most - into.len());
        let Some(target) = chunk.get_mut(..room) else {
            break;
        };
        match reader.read(target) {
            Ok(0) => break,
            Ok(n) => into.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP) || bytes.starts_with(ZSTD)
}

/// Looks at the first bytes, never at the name: a renamed file is still what it is.
fn decompress(mut raw: Stream) -> io::Result<Stream> {
    let mut magic = Vec::new();
    read_up_to(&mut raw, &mut magic, 4)?;
    let gzip = magic.starts_with(GZIP);
    let zstd = magic.starts_with(ZSTD);
    let whole = BufReader::with_capacity(128 * 1024, Cursor::new(magic).chain(raw));
    if gzip {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(whole)));
    }
    if zstd {
        return Ok(Box::new(ZstdFrames::new(whole)));
    }
    Ok(Box::new(whole))
}

/// Reads one zstd frame after another.
struct ZstdFrames<R: Read> {
    decoder:
        Option<ruzstd::decoding::StreamingDecoder<BufReader<R>, ruzstd::decoding::FrameDecoder>>,
    source: Option<BufReader<R>>,
}

impl<R: Read> ZstdFrames<R> {
    fn new(source: R) -> ZstdFrames<R> {
        ZstdFrames {
            decoder: None,
            source: Some(BufReader::new(source)),
        }
    }
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        use std::io::BufRead;
        loop {
            if let Some(decoder) = &mut self.decoder {
                let n = decoder.read(into)?;
                if n > 0 || into.is_empty() {
                    return Ok(n);
                }
                self.source = self
                    .decoder
                    .take()
                    .map(ruzstd::decoding::StreamingDecoder::into_inner);
            }
            let Some(mut source) = self.source.take() else {
                return Ok(0);
            };
            if source.fill_buf()?.is_empty() {
                self.source = Some(source);
                return Ok(0);
            }
            let decoder =
                ruzstd::decoding::StreamingDecoder::new(source).map_err(io::Error::other)?;
            self.decoder = Some(decoder);
        }
    }
}

/// Decompressed bytes that are hashed while they pass.
pub struct Hashed {
    inner: Stream,
    hash: Sha256,
    bytes: u64,
    name: String,
}

impl Hashed {
    /// Reads what is left and says what file it was.
    pub fn finish(mut self) -> Result<FileRef, IngestError> {
        let name = self.name.clone();
        io::copy(&mut self, &mut io::sink())
            .map_err(|source| IngestError::Read { file: name, source })?;
        Ok(FileRef {
            name: self.name,
            sha256: hex(&self.hash.finalize()),
            bytes: self.bytes,
        })
    }
}

impl Read for Hashed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        if let Some(new) = into.get(..n) {
            self.hash.update(new);
            self.bytes += n as u64;
        }
        Ok(n)
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
        assert_eq!(all(&input).0, b"\xef\xbb\xbfhello");
    }
}
