//! Refresh hints in feeds: `ttl`, `skipHours`, `skipDays` (RSS 2.0), `sy:updatePeriod` (RSS 1.0 syndication module).

use std::time::Duration;

use crate::knowledge::Fixed;
use crate::schedule::poll_interval::RefreshHints;

/// Refresh hints precede the first item, so search only this far.
const WINDOW: usize = 16 << 10;
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads the refresh hints in a feed's text.
pub(super) fn read(text: &str) -> RefreshHints {
    let end = ["<item", "<entry"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len()).min(WINDOW);
    let head = (0..=end).rev().find_map(|e| text.get(..e)).unwrap_or_default();
    if !head.contains("ttl") && !head.contains("skip") && !head.contains("update") {
        return RefreshHints::default();
    }
    let mut refresh_hints = RefreshHints { ttl: ttl(head).or_else(|| period(head)), ..RefreshHints::default() };
    for hour in values(head, "hour").filter_map(|v| v.parse::<u32>().ok()).filter(|h| *h <= 24) {
        // early RSS versions counted hours from 1 to 24
        refresh_hints.skip_hours |= 1 << (hour % 24);
    }
    for day in values(head, "day") {
        if let Some(n) = DAYS.iter().position(|d| d.eq_ignore_ascii_case(day)) {
            refresh_hints.skip_days |= 1 << n;
        }
    }
    refresh_hints
}

fn ttl(head: &str) -> Option<Duration> {
    let minutes: u64 = values(head, "ttl").next()?.parse().ok()?;
    (minutes > 0).then(|| Duration::from_mins(minutes.min(60 * 24 * 30)))
}

fn period(head: &str) -> Option<Duration> {
    let hours = match values(head, "sy:updatePeriod").next()?.to_ascii_lowercase().as_str() {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 24 * 7,
        _ => return None,
    };
    let times: u32 = values(head, "sy:updateFrequency").next().and_then(|v| v.parse().ok()).unwrap_or(1);
    Some(Duration::from_hours(hours) / times.max(1))
}

/// Returns the texts of elements with a name, if they are short and flat.
fn values<'t>(head: &'t str, name: &'static str) -> impl Iterator<Item = &'t str> {
    static FLAT: Fixed = Fixed::new(r"(?i)<(ttl|hour|day|sy:updatePeriod|sy:updateFrequency)(?:\s[^>]{0,80})?>\s*([^<>\s]{1,20})\s*</");
    FLAT.captures_iter(head).filter_map(move |c| (c.get(1)?.as_str().eq_ignore_ascii_case(name)).then(|| c.get(2).map(|v| v.as_str()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_from_the_channel_and_not_from_its_items() {
        let w = read(
            "<rss><channel><ttl> 60 </ttl><skipHours><hour>0</hour><hour>24</hour><hour>3</hour><hour>99</hour></skipHours>\
            <skipDays><day>Saturday</day><day>sunday</day><day>周一</day></skipDays><item><ttl>5</ttl></item></channel></rss>",
        );
        assert_eq!((w.ttl, w.skip_hours, w.skip_days), (Some(Duration::from_hours(1)), 0b1001, 0b110_0000));
        assert_eq!(read("<rss><channel><item><ttl>5</ttl></item>").ttl, None);
    }

    #[test]
    fn nonsense_is_no_wish() {
        for text in ["<ttl>-5</ttl>", "<ttl>soon</ttl>", "<ttl>0</ttl>", "<ttl>", "", "<skipHours><hour>x</hour></skipHours>", "许昌<ttl"] {
            assert_eq!(read(text), RefreshHints::default(), "{text}");
        }
        assert_eq!(read("<ttl>99999999999</ttl>").ttl, Some(Duration::from_hours(720)));
    }

    #[test]
    fn the_syndication_module_is_known() {
        let w = read("<rdf:RDF><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>");
        assert_eq!(w.ttl, Some(Duration::from_hours(6)));
    }
}
