//! A page to its article.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::extract::{self, Context};
use qingbao::fetch::charset;
use qingbao::model::{ArticleSelectors, WebUrl};
use qingbao::text::dates::Clock;

fuzz_target!(|bytes: &[u8]| {
    let text = charset::decode(bytes, None, None).text;
    let (url, selectors) = (WebUrl::parse("http://a.example/n/1.html").ok(), ArticleSelectors::default());
    let clock = Clock::new(chrono_tz::Asia::Shanghai, chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default());
    let context = Context { url: url.as_ref(), selectors: &selectors, clock };
    if let Ok(article) = extract::extract(&text, &context) {
        assert!(!article.html.contains("<script"));
    }
    let _ = extract::from_fragment(&text, &context);
});
