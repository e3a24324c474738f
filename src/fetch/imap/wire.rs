//! Cuts what a server says into responses.
//!
//! Every command has a budget of bytes. A server that sends more, whatever it announces, loses the connection; so memory is bounded
//! by what was asked for. Literals are read as they come, once.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};

use crate::fetch::imap::ImapError;

/// Longest line without its literals; a list of a million mails is shorter.
const MAX_LINE: usize = 8 << 20;
/// Deepest nesting of lists. What we ask for nests three deep, and the parser of the structures that we do not ask for recurses.
const MAX_DEPTH: usize = 12;

/// A connection, plain or encrypted.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
    budget: usize,
    whole: usize,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream: BufReader::new(stream), budget: 0, whole: 0 }
    }

    /// Sets how many bytes the server may send from now on.
    pub(super) fn allow(&mut self, bytes: usize) {
        (self.budget, self.whole) = (bytes, bytes);
    }

    pub(super) async fn send(&mut self, line: &str) -> Result<(), ImapError> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
        Ok(self.stream.get_mut().flush().await?)
    }

    /// Returns the next response: a line with its literals.
    pub(super) async fn response(&mut self) -> Result<Vec<u8>, ImapError> {
        let (mut out, mut depth) = (Vec::new(), Depth::default());
        loop {
            let start = out.len();
            let most = self.budget.min(MAX_LINE);
            (&mut self.stream).take(most as u64).read_until(b'\n', &mut out).await?;
            let line = out.get(start..).unwrap_or_default();
            self.budget -= line.len().min(self.budget);
            if !line.ends_with(b"\n") {
                return Err(if line.len() == most { ImapError::TooMuch(self.whole) } else { ImapError::Lost("the server closed it".to_owned()) });
            }
            if !depth.fits(line) {
                return Err(ImapError::Protocol("lists nest too deep".to_owned()));
            }
            let Some(length) = literal(line) else { return Ok(out) };
            if length > self.budget {
                return Err(ImapError::TooMuch(self.whole));
            }
            let read = (&mut self.stream).take(length as u64).read_to_end(&mut out).await?;
            self.budget -= length;
            if read < length {
                return Err(ImapError::Lost("the server closed it within a mail".to_owned()));
            }
        }
    }

    /// Returns the connection for TLS; `None` if the server sent more than its consent, because that would be read as if it had come encrypted.
    pub(super) fn into_plain(self) -> Option<Box<dyn Stream>> {
        self.stream.buffer().is_empty().then(|| self.stream.into_inner())
    }
}

/// Nesting of lists, over all lines of a response.
#[derive(Default)]
struct Depth {
    open: usize,
}

impl Depth {
    fn fits(&mut self, line: &[u8]) -> bool {
        for byte in line {
            match byte {
                b'(' => self.open += 1,
                b')' => self.open = self.open.saturating_sub(1),
                _ => {}
            }
            if self.open > MAX_DEPTH {
                return false;
            }
        }
        true
    }
}

/// Returns the length of the literal that follows a line: `… {123}`.
fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let open = memchr::memrchr(b'{', line)?;
    let digits = std::str::from_utf8(line.get(open + 1..)?).ok()?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // a number too long for the type is too long for any budget
    Some(digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn responses(said: &'static [u8], budget: usize) -> Result<Vec<Vec<u8>>, ImapError> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs.write_all(said).await.unwrap();
        drop(theirs);
        let mut wire = Wire::new(Box::new(ours));
        wire.allow(budget);
        let mut out = Vec::new();
        loop {
            match wire.response().await {
                Ok(r) => out.push(r),
                Err(ImapError::Lost(_)) if !out.is_empty() => return Ok(out),
                Err(e) => return Err(e),
            }
        }
    }

    #[tokio::test]
    async fn a_literal_belongs_to_its_response() {
        let got = responses(b"* 1 FETCH (BODY[] {5}\r\na\r\nb) UID 3)\r\n* OK {x}\r\n", 1000).await.unwrap();
        assert_eq!(got, [&b"* 1 FETCH (BODY[] {5}\r\na\r\nb) UID 3)\r\n"[..], b"* OK {x}\r\n"]);
    }

    #[tokio::test]
    async fn more_than_was_asked_for_ends_the_connection() {
        for said in [
            &b"* 1 FETCH (BODY[] {99999999999999999999}\r\n"[..],
            b"* 1 FETCH (BODY[] {2000}\r\n",
            b"* OK aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(matches!(responses(said, 48).await, Err(ImapError::TooMuch(48))), "{}", said.escape_ascii());
        }
        assert!(matches!(responses(b"* 1 FETCH (BODYSTRUCTURE ((((((((((((((\r\n", 1000).await, Err(ImapError::Protocol(_))));
    }
}
