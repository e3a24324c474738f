//! robots.txt, and a question to it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::fetch::robots::Robots;
use qingbao::model::WebUrl;

fuzz_target!(|bytes: &[u8]| {
    let robots = Robots::parse(bytes);
    if let Ok(url) = WebUrl::parse("http://a.example/a/b.html?c=%E4%B8%AD") {
        let _ = (robots.allows(&url), robots.crawl_delay());
    }
});
