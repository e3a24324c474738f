//! Deduplication: canonical addresses, fingerprints of texts, stories.

pub mod fingerprint;
pub mod stories;
mod substitutions;
