//! Repairs JSON Feeds (jsonfeed.org 1.1) for the feed parser.

use serde_json::{Map, Value};

/// Text fields of an item that the feed parser reads.
const TEXTS: [&str; 9] = ["id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "date_modified"];

/// Repairs the faults for which the parser rejects a whole feed: numbers as ids, items and feeds without a title, null for a text.
/// Returns invalid JSON unchanged.
pub(super) fn sound(text: &str) -> String {
    let Ok(Value::Object(feed)) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let text_of = |o: &Map<String, Value>, key: &str| match o.get(key) {
        Some(Value::String(s)) => Some(s.clone()),
        Some(Value::Number(n)) => Some(n.to_string()),
        _ => None,
    };
    let item = |o: &Map<String, Value>| {
        let mut item: Map<String, Value> = TEXTS.iter().filter_map(|k| Some(((*k).to_owned(), Value::String(text_of(o, k)?)))).collect();
        let address = text_of(o, "url").or_else(|| text_of(o, "external_url")).or_else(|| text_of(o, "title"));
        item.entry("id").or_insert_with(|| Value::String(address.unwrap_or_default()));
        Value::Object(item)
    };
    let items: Vec<Value> = feed.get("items").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).map(item).collect();
    let version = text_of(&feed, "version").unwrap_or_default().replace("http://", "https://");
    let title = text_of(&feed, "title").unwrap_or_default();
    serde_json::json!({ "version": version, "title": title, "items": items }).to_string()
}
