//! A document of a source to its entries: feed, sitemap, JSON or list, as its first bytes say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::discover;
use qingbao::model::{Source, SourceId, SourceKind, WebUrl};
use qingbao::text::dates::Clock;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let (Some(id), Ok(url)) = (SourceId::parse("a"), WebUrl::parse("http://a.example/news/")) else { return };
    let mut source = Source::plain(id, "a".to_owned(), url.clone());
    source.kind = [None, Some(SourceKind::Feed), Some(SourceKind::Sitemap), Some(SourceKind::Json), Some(SourceKind::List)][usize::from(*which) % 5];
    let clock = Clock::new(chrono_tz::Asia::Shanghai, chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default());
    let _ = discover::discover(bytes, None, &url, &source, None, &clock);
});
