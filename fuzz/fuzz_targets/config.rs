//! sources.toml, taxonomy.toml and OPML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::config::source_list::Vocabulary;
use qingbao::config::{SourceList, Taxonomy, opml};

fuzz_target!(|text: &str| {
    let Ok(taxonomy) = Taxonomy::load(None) else { return };
    let _ = SourceList::parse("f", text, &Vocabulary::new(&taxonomy, Vec::new()));
    let _ = opml::read(text);
});
