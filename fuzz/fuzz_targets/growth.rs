//! A piece of input, repeated: twice as much of it costs about twice the work, whatever the piece is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::discover;
use qingbao::extract::{self, Context};
use qingbao::model::{ArticleSelectors, Source, SourceId, SourceKind, WebUrl};
use qingbao::text::dates::Clock;
use qingbao::text::work;

const SIZE: usize = 16 << 10;
/// Work below this says nothing: bounds on depth and pieces are not reached.
const SLACK: u64 = 1 << 20;

fn cost(which: u8, text: &str) -> u64 {
    let Ok(url) = WebUrl::parse("http://a.example/news/1.html") else { return 0 };
    let clock = Clock::new(chrono_tz::Asia::Shanghai, chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default());
    work::take();
    let kinds = [SourceKind::List, SourceKind::Feed, SourceKind::Sitemap, SourceKind::Json];
    match (kinds.get(usize::from(which) % 5), SourceId::parse("a")) {
        (Some(kind), Some(id)) => {
            let source = Source { kind: Some(*kind), ..Source::plain(id, "a".to_owned(), url.clone()) };
            let _ = discover::discover(text.as_bytes(), None, &url, &source, None, &clock);
        }
        _ => {
            let selectors = ArticleSelectors::default();
            let _ = extract::extract(text, &Context { url: Some(&url), selectors: &selectors, clock });
        }
    }
    work::take()
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    if text.is_empty() || text.len() > 512 {
        return;
    }
    let [less, more] = [1, 2].map(|n| cost(*which, &text.repeat(n * SIZE / text.len())));
    assert!(more <= less * 22 / 10 + SLACK, "{less} {more}");
});
