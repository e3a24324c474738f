//! Text to moments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::text::dates::{self, Clock};

fuzz_target!(|text: &str| {
    let clock = Clock::new(chrono_tz::Asia::Shanghai, chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default());
    let _ = dates::parse(text, &clock);
    let _ = dates::find_dates(text, &clock);
    let _ = dates::mentions(text, &clock, None);
    let _ = dates::plain(text, &clock);
    let _ = dates::relative(text, &clock);
    let _ = dates::all_in_code(text, &clock);
    let lines: Vec<String> = text.lines().take(12).map(str::to_owned).collect();
    let _ = dates::in_pieces(&lines, &clock);
    let _ = dates::in_pieces_of_row(&lines, &clock);
    let _ = dates::in_numerals(&lines, &clock);
    let _ = dates::in_url(text, &clock);
    let _ = dates::month_in_url(text);
});
