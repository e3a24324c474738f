//! A buffer with a limit.

use std::io::{self, Write};

/// Collects bytes up to a limit, then fails.
#[derive(Debug)]
pub(super) struct LimitedBuffer {
    pub(super) bytes: Vec<u8>,
    max: usize,
    pub(super) full: bool,
}

impl LimitedBuffer {
    pub(super) fn new(max: usize) -> Self {
        Self { bytes: Vec::new(), max, full: false }
    }
}

impl Write for LimitedBuffer {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let room = self.max.saturating_sub(self.bytes.len());
        if chunk.len() > room {
            self.bytes.extend_from_slice(chunk.get(..room).unwrap_or_default());
            self.full = true;
            return Err(io::Error::other("limit reached"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
