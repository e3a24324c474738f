//! Gzip as browsers read it (RFC 1952): checksum and length after the data may be missing or wrong, and anything may follow.

use std::io::{self, Write as _};

use flate2::write::DeflateDecoder;

use crate::fetch::limited_buffer::LimitedBuffer;

/// Start of a member: magic number and deflate.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// Checksum and length after each member.
const TRAILER: usize = 8;
/// Names and comments are short.
const MAX_HEADER: usize = 64 << 10;

/// What is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Data,
    Trailer,
    /// Bytes after the last member.
    Padding,
}

/// A gzip decoder that takes its input in pieces.
#[derive(Debug)]
pub(super) struct Gzip {
    /// Not read yet.
    pending: Vec<u8>,
    next: Part,
    decoder: DeflateDecoder<LimitedBuffer>,
}

impl Gzip {
    pub(super) fn new(buffer: LimitedBuffer) -> Self {
        Self { pending: Vec::new(), next: Part::Header, decoder: DeflateDecoder::new(buffer) }
    }

    /// Returns what was decompressed so far.
    pub(super) fn buffer(&self) -> &LimitedBuffer {
        self.decoder.get_ref()
    }

    /// Takes out what was decompressed.
    pub(super) fn take_buffer(&mut self) -> LimitedBuffer {
        std::mem::replace(self.decoder.get_mut(), LimitedBuffer::new(0))
    }

    /// Decodes the next bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        loop {
            match self.next {
                Part::Header => {
                    let Some(length) = header_length(&self.pending) else {
                        return if self.pending.len() > MAX_HEADER { Err(io::ErrorKind::InvalidData.into()) } else { Ok(()) };
                    };
                    self.pending.drain(..length);
                    self.next = Part::Data;
                }
                Part::Data => {
                    let input = std::mem::take(&mut self.pending);
                    self.pending = self.inflate(&input)?.to_vec();
                    if self.next == Part::Data {
                        return Ok(());
                    }
                }
                Part::Trailer => {
                    if self.pending.len() < TRAILER + MAGIC.len() {
                        return Ok(());
                    }
                    self.pending.drain(..TRAILER);
                    self.next = Part::Padding;
                    if self.pending.starts_with(&MAGIC) {
                        // the next member's data follows the previous one's
                        let buffer = self.take_buffer();
                        self.decoder = DeflateDecoder::new(buffer);
                        self.next = Part::Header;
                    }
                }
                Part::Padding => {
                    self.pending.clear();
                    return Ok(());
                }
            }
        }
    }

    /// Decompresses bytes, and returns those after the end of the member.
    fn inflate<'b>(&mut self, mut bytes: &'b [u8]) -> io::Result<&'b [u8]> {
        while !bytes.is_empty() {
            let taken = self.decoder.write(bytes)?;
            bytes = bytes.get(taken..).unwrap_or_default();
            if taken == 0 {
                self.decoder.try_finish()?;
                self.next = Part::Trailer;
                break;
            }
        }
        Ok(bytes)
    }

    /// Ends the stream; data that stops before its own end is an error.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self.next {
            Part::Header => Err(io::ErrorKind::UnexpectedEof.into()),
            Part::Data => {
                self.decoder.try_finish()?;
                // without its last block a stream is incomplete
                if self.decoder.write(&[0])? == 0 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            }
            Part::Trailer | Part::Padding => Ok(()),
        }
    }
}

/// Returns the length of a member's header; `None` while it is incomplete.
fn header_length(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let length = u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]);
        at += 2 + usize::from(length);
    }
    // a name and a comment, each ended by a zero
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += bytes.get(at..)?.iter().position(|b| *b == 0)? + 1;
        }
    }
    at += if flags & 2 != 0 { 2 } else { 0 };
    (bytes.len() >= at).then_some(at)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn member(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::GzBuilder::new().filename("a.xml").comment("c").read(text, flate2::Compression::default()).read_to_end(&mut out).unwrap();
        out
    }

    /// Reads a stream in pieces of so many bytes.
    fn read(stream: &[u8], piece: usize) -> Option<Vec<u8>> {
        let mut gzip = Gzip::new(LimitedBuffer::new(1 << 20));
        for bytes in stream.chunks(piece) {
            gzip.write(bytes).ok()?;
        }
        gzip.finish().ok()?;
        Some(gzip.take_buffer().bytes)
    }

    #[test]
    fn what_follows_the_data_does_not_matter() {
        let text = "许昌市召开发制品产业会议。".repeat(50);
        let whole = member(text.as_bytes());
        let mut wrong = whole.clone();
        let at = wrong.len() - 8;
        wrong[at..at + 4].copy_from_slice(&[0; 4]);
        for piece in [1, 7, 10_000] {
            for stream in [whole.clone(), whole[..whole.len() - 8].to_vec(), wrong.clone(), [whole.clone(), b"\n \0".repeat(9)].concat()] {
                assert_eq!(read(&stream, piece).as_deref(), Some(text.as_bytes()), "{piece}");
            }
            assert_eq!(read(&[whole.clone(), member(b"x")].concat(), piece), Some([text.as_bytes(), b"x"].concat()));
            assert_eq!(read(&whole[..whole.len() / 2], piece), None, "cut in its data");
            assert_eq!(read(&whole[..8], piece), None, "cut in its header");
        }
    }
}
