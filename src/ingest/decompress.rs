//! gzip and zstd as plain bytes, told by their first bytes.
//!
//! A stream that breaks off ends with [`io::ErrorKind::UnexpectedEof`] behind everything that was whole; damage in the middle is
//! any other error.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder, StreamingDecoder};

/// Bytes that come once.
pub(super) type Stream = Box<dyn Read + Send>;

/// Whether a compressed stream broke off, and was whole up to there.
pub(in crate::ingest) fn is_torn(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

/// Reads until there are so many bytes, or no more.
pub(super) fn read_up_to(reader: &mut dyn Read, into: &mut Vec<u8>, most: usize) -> io::Result<()> {
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

pub(super) fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP) || bytes.starts_with(ZSTD)
}

/// Looks at the first bytes, never at the name: a renamed file is still what it is.
pub(super) fn decompress(mut raw: Stream) -> io::Result<Stream> {
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
struct ZstdFrames<R: BufRead> {
    decoder: Option<StreamingDecoder<Watched<R>, FrameDecoder>>,
    source: Option<Watched<R>>,
    /// The frame that broke off: what of it was decoded and not yet given.
    torn: Option<FrameDecoder>,
}

/// Sees whether more was asked for than there is.
struct Watched<R> {
    inner: R,
    is_starved: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.is_starved |= n == 0 && !into.is_empty();
        Ok(n)
    }
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(source: R) -> ZstdFrames<R> {
        ZstdFrames {
            decoder: None,
            source: Some(Watched {
                inner: source,
                is_starved: false,
            }),
            torn: None,
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        /// A last block without content, and a checksum that nobody looks at: ends a frame that has none.
        const END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];
        loop {
            if let Some(torn) = &mut self.torn {
                return match torn.read(into)? {
                    0 if !into.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
                    n => Ok(n),
                };
            }
            if let Some(mut decoder) = self.decoder.take() {
                let outcome = decoder.read(into);
                let n = match outcome {
                    Ok(n) => n,
                    Err(_) if decoder.get_ref().is_starved => {
                        let (_, mut frame) = decoder.into_parts();
                        let ended = frame.decode_blocks(&END[..], BlockDecodingStrategy::All);
                        ended.map_err(io::Error::other)?;
                        self.torn = Some(frame);
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                if n > 0 || into.is_empty() {
                    self.decoder = Some(decoder);
                    return Ok(n);
                }
                self.source = Some(decoder.into_inner());
            }
            let Some(mut source) = self.source.take() else {
                return Ok(0);
            };
            if source.inner.fill_buf()?.is_empty() {
                self.source = Some(source);
                return Ok(0);
            }
            let decoder = StreamingDecoder::new(source).map_err(io::Error::other)?;
            self.decoder = Some(decoder);
        }
    }
}
