//! Decompresses a body while it streams in, counts it, and stops it at its limits.
//!
//! Limits: bytes after decompression, compression ratio, and the window that a compressor may ask for. The declared coding counts
//! only if the first bytes agree with it: some servers send plain text as gzip, and gzip undeclared.

use std::io::{self, Write as _};

use crate::fetch::error::FetchError;
use crate::fetch::gzip::{self, Gzip};
use crate::fetch::limited_buffer::LimitedBuffer;

/// A body with a higher ratio is a bomb, if it is larger than [`BOMB_FLOOR`]; deflate's own limit is 1,032.
const MAX_GROWTH: u64 = 200;
const BOMB_FLOOR: usize = 1 << 20;
/// Largest zstd window, as RFC 9659 allows for HTTP: 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;
/// Most nested codings.
const MAX_CODINGS: usize = 2;

enum Decoder {
    Plain(LimitedBuffer),
    Gzip(Box<Gzip>),
    Zlib(flate2::write::ZlibDecoder<LimitedBuffer>),
    Deflate(flate2::write::DeflateDecoder<LimitedBuffer>),
    Brotli(Box<brotli::DecompressorWriter<LimitedBuffer>>),
    Zstd(Box<zstd::stream::zio::Writer<LimitedBuffer, zstd::stream::raw::Decoder<'static>>>),
}

impl Decoder {
    /// Returns the decoder for a coding, by the first bytes.
    fn choose(coding: &str, first: &[u8], max: usize) -> Result<Self, FetchError> {
        let sink = LimitedBuffer::new(max);
        let zlib = matches!(first, [a, b, ..] if a & 0x0f == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0);
        Ok(match coding {
            _ if is_gzip(first) => Self::Gzip(Box::new(Gzip::new(sink))),
            "deflate" | "gzip" if zlib => Self::Zlib(flate2::write::ZlibDecoder::new(sink)),
            "deflate" if !looks_like_text(first) => Self::Deflate(flate2::write::DeflateDecoder::new(sink)),
            "br" if !looks_like_text(first) => Self::Brotli(Box::new(brotli::DecompressorWriter::new(sink, 4096))),
            "zstd" if is_zstd(first) => {
                let mut raw = zstd::stream::raw::Decoder::new().map_err(|e| FetchError::Coding(e.to_string()))?;
                raw.set_parameter(zstd::zstd_safe::DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).map_err(|e| FetchError::Coding(e.to_string()))?;
                Self::Zstd(Box::new(zstd::stream::zio::Writer::new(sink, raw)))
            }
            _ => Self::Plain(sink),
        })
    }

    fn buffer(&self) -> &LimitedBuffer {
        match self {
            Self::Plain(s) => s,
            Self::Gzip(d) => d.buffer(),
            Self::Zlib(d) => d.get_ref(),
            Self::Deflate(d) => d.get_ref(),
            Self::Brotli(d) => d.get_ref(),
            Self::Zstd(d) => d.writer(),
        }
    }

    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(s) => s.write_all(chunk),
            Self::Gzip(d) => d.write(chunk),
            Self::Zlib(d) => d.write_all(chunk),
            Self::Deflate(d) => d.write_all(chunk),
            Self::Brotli(d) => d.write_all(chunk),
            Self::Zstd(d) => d.write_all(chunk),
        }
    }

    /// Ends the stream; an unfinished one is an error.
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(d) => d.finish(),
            Self::Zlib(d) => d.try_finish(),
            Self::Deflate(d) => d.try_finish(),
            Self::Brotli(d) => d.close(),
            Self::Zstd(d) => d.finish(),
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Plain(s) => s.bytes,
            Self::Gzip(mut d) => d.take_buffer().bytes,
            Self::Zlib(mut d) => std::mem::take(&mut d.get_mut().bytes),
            Self::Deflate(mut d) => std::mem::take(&mut d.get_mut().bytes),
            Self::Brotli(mut d) => std::mem::take(&mut d.get_mut().bytes),
            Self::Zstd(mut d) => std::mem::take(&mut d.writer_mut().bytes),
        }
    }
}

pub(super) struct Body {
    /// In the order of decoding.
    codings: Vec<String>,
    decoder: Option<Decoder>,
    max: usize,
    wire: u64,
}

impl Body {
    /// `max` counts decompressed bytes.
    pub(super) fn new(content_encoding: &str, max: usize) -> Result<Self, FetchError> {
        let codings: Vec<String> = content_encoding
            .split(',')
            .map(|c| c.split(';').next().unwrap_or_default().trim().trim_start_matches("x-").to_ascii_lowercase())
            // some servers name a charset or a type here (`UTF8`, `text/html`): browsers take the body as it is
            .filter(|c| matches!(c.as_str(), "gzip" | "deflate" | "br" | "zstd" | "compress"))
            .rev()
            .collect();
        if codings.iter().any(|c| c == "compress") {
            return Err(FetchError::Coding("coding \"compress\" was never offered".to_owned()));
        }
        if codings.len() > MAX_CODINGS {
            return Err(FetchError::Coding(format!("{} codings one on another", codings.len())));
        }
        Ok(Self { codings, decoder: None, max, wire: 0 })
    }

    /// Decodes the next chunk.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), FetchError> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.wire += chunk.len() as u64;
        let coding = self.codings.first().map_or("", String::as_str);
        let decoder = match &mut self.decoder {
            Some(d) => d,
            empty => empty.insert(Decoder::choose(coding, chunk, self.max)?),
        };
        let result = decoder.write(chunk);
        judge(result, decoder, self.wire, self.max)
    }

    /// Whether the bytes so far end like a page, a feed or a JSON value.
    pub(super) fn looks_whole(&self) -> bool {
        let bytes = self.decoder.as_ref().map_or(&[][..], |d| d.buffer().bytes.as_slice()).trim_ascii_end();
        let tail = bytes.get(bytes.len().saturating_sub(16)..).unwrap_or_default().to_ascii_lowercase();
        let ends = [&b"</html>"[..], b"</rss>", b"</feed>", b"rdf>", b"</urlset>", b"</sitemapindex>"];
        let is_json = matches!((bytes.first(), tail.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')));
        is_json || ends.iter().any(|end| tail.ends_with(end))
    }

    /// Whether it begins like text; `None` before the first bytes.
    pub(super) fn begins_as_text(&self) -> Option<bool> {
        let bytes = &self.decoder.as_ref()?.buffer().bytes;
        (!bytes.is_empty()).then(|| looks_like_text(bytes))
    }

    /// Returns what was decompressed so far, for documents whose beginning is enough.
    pub(super) fn prefix(self) -> Vec<u8> {
        self.decoder.map(Decoder::into_bytes).unwrap_or_default()
    }

    /// Returns the whole body, decompressed.
    pub(super) fn finish(self) -> Result<Vec<u8>, FetchError> {
        let Some(mut decoder) = self.decoder else { return Ok(Vec::new()) };
        let result = decoder.finish();
        judge(result, &decoder, self.wire, self.max)?;
        let bytes = decoder.into_bytes();
        // a second coding: declared, or gzip inside gzip, as some proxies send it
        let second = self.codings.get(1).map_or("", String::as_str);
        if !second.is_empty() || is_gzip(&bytes) {
            let mut outer = Decoder::choose(second, &bytes, self.max)?;
            let result = outer.write(&bytes).and_then(|()| outer.finish());
            judge(result, &outer, self.wire, self.max)?;
            return Ok(outer.into_bytes());
        }
        Ok(bytes)
    }
}

fn judge(result: io::Result<()>, decoder: &Decoder, wire: u64, max: usize) -> Result<(), FetchError> {
    let sink = decoder.buffer();
    let grown = sink.bytes.len();
    if !matches!(decoder, Decoder::Plain(_)) && grown > BOMB_FLOOR && grown as u64 > wire.saturating_mul(MAX_GROWTH) {
        return Err(FetchError::Bomb(MAX_GROWTH));
    }
    match result {
        Ok(()) => Ok(()),
        Err(_) if sink.full => Err(FetchError::TooLarge(max)),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(FetchError::Incomplete("the compressed stream is cut".to_owned())),
        Err(e) => Err(FetchError::Coding(e.to_string())),
    }
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&gzip::MAGIC)
}

fn is_zstd(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(16)).unwrap_or_default();
    head.trim_ascii_start().first().is_some_and(|b| matches!(b, b'<' | b'{' | b'[')) || head.starts_with(b"\xEF\xBB\xBF")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    const TEXT: &str = "<html>许昌市科技局发布消息。</html>";

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        e.write_all(data).unwrap();
        e.finish().unwrap()
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        e.write_all(data).unwrap();
        e.finish().unwrap()
    }

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        e.write_all(data).unwrap();
        e.finish().unwrap()
    }

    fn brotlied(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorReader::new(data, 4096, 9, 24).read_to_end(&mut out).unwrap();
        out
    }

    fn zstded(data: &[u8]) -> Vec<u8> {
        zstd::encode_all(data, 19).unwrap()
    }

    /// Feeds a body in pieces, as a network would.
    fn receive(coding: &str, wire: &[u8], max: usize) -> Result<Vec<u8>, FetchError> {
        let mut body = Body::new(coding, max)?;
        for chunk in wire.chunks(1 << 14) {
            body.push(chunk)?;
        }
        body.finish()
    }

    #[test]
    fn every_coding_is_undone_and_wrong_names_are_seen_through() {
        let plain = TEXT.as_bytes();
        let table: Vec<(&str, Vec<u8>)> = vec![
            ("", plain.to_vec()),
            ("identity", plain.to_vec()),
            ("gzip", gzip(plain)),
            ("x-gzip", gzip(plain)),
            ("GZIP", gzip(plain)),
            ("deflate", zlib(plain)),
            ("deflate", deflate(plain)),
            ("br", brotlied(plain)),
            ("zstd", zstded(plain)),
            ("gzip, br", brotlied(&gzip(plain))),
            ("gzip", gzip(&gzip(plain))),
            ("", gzip(plain)),
            ("gzip", plain.to_vec()),
            ("zstd", plain.to_vec()),
            ("br", plain.to_vec()),
            ("deflate", plain.to_vec()),
            ("deflate", gzip(plain)),
            ("gzip", [gzip(&plain[..9]), gzip(&plain[9..])].concat()),
            ("gzip;q=1.0", gzip(plain)),
            ("UTF8", plain.to_vec()),
            ("binary", plain.to_vec()),
            ("text/html", gzip(plain)),
            ("gb2312, gzip", gzip(plain)),
        ];
        for (coding, wire) in table {
            assert_eq!(receive(coding, &wire, 1 << 20).as_deref(), Ok(plain), "{coding}");
        }
    }

    #[test]
    fn cut_and_damaged_streams_are_no_bodies() {
        let long: Vec<u8> = (0..40_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        for (coding, wire) in [("gzip", gzip(&long)), ("deflate", zlib(&long)), ("br", brotlied(&long)), ("zstd", zstded(&long))] {
            let cut = receive(coding, &wire[..wire.len() / 2], 1 << 20).unwrap_err();
            assert!(matches!(cut, FetchError::Incomplete(_) | FetchError::Coding(_)), "{coding}: {cut}");
        }
        let mut damaged = gzip(TEXT.repeat(500).as_bytes());
        damaged[10] = 0xff;
        assert!(receive("gzip", &damaged, 1 << 20).is_err());
    }

    #[test]
    fn bombs_stop_at_the_bound_whatever_they_promise() {
        let zeros = vec![0u8; 64 << 20];
        for (coding, wire) in [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("br", brotlied(&zeros)), ("zstd", zstded(&zeros))] {
            let e = receive(coding, &wire, 10 << 20).unwrap_err();
            assert!(matches!(e, FetchError::Bomb(_) | FetchError::TooLarge(_)), "{coding}, {} bytes: {e}", wire.len());
        }
        // a bomb in a bomb: the outer layer is small enough, the inner one is not
        assert!(matches!(receive("gzip", &gzip(&gzip(&zeros)), 10 << 20), Err(FetchError::Bomb(_) | FetchError::TooLarge(_))));
    }

    #[test]
    fn windows_larger_than_http_allows_are_refused() {
        let mut e = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        e.set_parameter(zstd::zstd_safe::CParameter::WindowLog(27)).unwrap();
        e.write_all(&vec![7u8; 1 << 16]).unwrap();
        let wire = e.finish().unwrap();
        assert!(matches!(receive("zstd", &wire, 1 << 20), Err(FetchError::Coding(_))));
    }

    #[test]
    fn codings_nobody_offered_and_towers_of_codings_are_refused() {
        assert!(matches!(Body::new("compress", 10), Err(FetchError::Coding(_))));
        assert!(matches!(Body::new("gzip, gzip, gzip", 10), Err(FetchError::Coding(_))));
    }

    #[test]
    fn an_honest_page_full_of_repetition_is_no_bomb() {
        let page = "<li><a href=\"/x.html\">许昌新闻</a></li>\n".repeat(10_000);
        assert_eq!(receive("gzip", &gzip(page.as_bytes()), 10 << 20).unwrap().len(), page.len());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), coding in "(gzip|br|zstd|deflate|)") {
            let _ = receive(&coding, &bytes, 1 << 16);
        }
    }
}
