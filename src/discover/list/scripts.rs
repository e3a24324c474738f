//! The page as its scripts show it: moves rows stored in scripts to the position of the script.

use std::borrow::Cow;

use serde_json::Value;

use crate::discover::script::{Scripts, string_with};
use crate::text::normalize::has_prefix_ignoring_case;
use crate::text::references::push_decoded;

/// A page with its scripts evaluated as data.
pub(super) struct Shown<'a> {
    /// The page, with the markup from its scripts at their positions.
    pub(super) markup: Cow<'a, str>,
    /// Arrays and objects in its scripts.
    pub(super) values: Vec<Value>,
}

/// Reads the scripts of a page.
pub(super) fn read_scripts(page: &str) -> Shown<'_> {
    let (mut markup, mut scripts) = (String::new(), Scripts::default());
    // `copied`: end of the copied part; the search only moves forward, which keeps it linear
    let (mut copied, mut at) = (0, 0);
    while let Some(start) = page.get(at..).and_then(|p| memchr::memchr(b'<', p.as_bytes())).map(|n| at + n) {
        at = start + 1;
        let rest = page.get(start..).unwrap_or_default();
        let (records, end) = if has_prefix_ignoring_case(rest, "<!--") {
            at = rest.find("-->").map_or(page.len(), |n| start + n);
            continue;
        } else if has_prefix_ignoring_case(rest, "<script") {
            let Some(open) = rest.find('>') else { break };
            let Some(close) = find_close(rest, "</script") else { break };
            let code = rest.get(open + 1..close).unwrap_or_default();
            let json = rest.get(..open).is_some_and(|tag| tag.contains("json"));
            let found = if json {
                take_json(code, &mut scripts)
            } else if code.contains("<record") || code.contains("<datastore") {
                // some store them in a string
                let string = if code.contains('\\') { string_with(code, "<record") } else { None };
                records(string.as_deref().unwrap_or(code))
            } else {
                scripts.take(code)
            };
            (found, start + close)
        } else if has_prefix_ignoring_case(rest, "<datastore") {
            let Some(close) = find_close(rest, "</datastore") else { break };
            (records(rest.get(..close).unwrap_or_default()), start + close)
        } else {
            continue;
        };
        at = end;
        if !records.is_empty() {
            let end = page.get(end..).and_then(|p| p.find('>')).map_or(page.len(), |n| end + n + 1);
            markup.push_str(page.get(copied..start).unwrap_or_default());
            push_rows(&mut markup, &records);
            (copied, at) = (end, end);
        }
    }
    let markup = if copied == 0 {
        Cow::Borrowed(page)
    } else {
        markup.push_str(page.get(copied..).unwrap_or_default());
        Cow::Owned(markup)
    };
    Shown { markup, values: scripts.values }
}

fn find_close(text: &str, tag: &str) -> Option<usize> {
    memchr::memmem::find_iter(text.as_bytes(), "</").find(|at| text.get(*at..).is_some_and(|t| has_prefix_ignoring_case(t, tag)))
}

fn take_json(code: &str, scripts: &mut Scripts) -> String {
    scripts.values.extend(serde_json::from_str::<Value>(code.trim()));
    String::new()
}

/// 大汉 jpage stores its rows as `<record><![CDATA[…]]></record>`, sometimes with escaped markup.
fn records(store: &str) -> String {
    let linked = |row: &&str| row.contains("href");
    let plain = |record: &str| {
        if let Some(section) = record.split_once("<![CDATA[").map(|(_, r)| r) {
            return section.split("]]>").next().unwrap_or_default().to_owned();
        }
        let mut row = String::new();
        push_decoded(&mut row, record, false);
        row
    };
    let by_record: Vec<String> = store.split("<record>").skip(1).filter_map(|r| r.split("</record>").next()).filter(linked).map(plain).collect();
    if !by_record.is_empty() {
        return by_record.join("\n");
    }
    let sections = store.split("<![CDATA[").zip(store.split("<![CDATA[").skip(1));
    let of_group = |before: &str| before.trim_end().rsplit('<').next().is_some_and(|tag| tag.ends_with("group>") && !tag.starts_with('/'));
    let rows = sections.filter(|(before, _)| !of_group(before)).filter_map(|(_, s)| s.split("]]>").next());
    rows.filter(linked).collect::<Vec<_>>().join("\n")
}

/// Appends rows, inside a list or a table.
fn push_rows(page: &mut String, rows: &str) {
    let (open, close) = match rows.trim_start() {
        row if has_prefix_ignoring_case(row, "<tr") => ("<table><tbody>", "</tbody></table>"),
        row if has_prefix_ignoring_case(row, "<li") || has_prefix_ignoring_case(row, "<a") => ("<ul class=datastore>", "</ul>"),
        _ => ("<div class=datastore>", "</div>"),
    };
    for part in [open, rows, close] {
        page.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_their_script_stood() {
        let row = "<li><a href=1.html>题</a></li>";
        let table = [
            (format!("<i></i><script>document.write('{row}')</script><b></b>"), format!("<i></i><ul class=datastore>{row}</ul><b></b>")),
            (
                format!(
                    "<SCRIPT type=text/xml><datastore><nextgroup><![CDATA[<a href=x>]]></nextgroup><record><![CDATA[{row}]]></record></datastore></SCRIPT>"
                ),
                format!("<ul class=datastore>{row}</ul>"),
            ),
            (
                "<p><datastore><record>&lt;tr&gt;&lt;td&gt;&lt;a href=1&gt;题&lt;/a&gt;</record></datastore>".to_owned(),
                "<p><table><tbody><tr><td><a href=1>题</a></tbody></table>".to_owned(),
            ),
            (
                format!("<datastore><nextgroup><![CDATA[<a href=x>]]></nextgroup><![CDATA[{row}]]></datastore>"),
                format!("<ul class=datastore>{row}</ul>"),
            ),
        ];
        for (page, expected) in table {
            assert_eq!(read_scripts(&page).markup, expected);
        }
        let in_string = format!("<script>var s = \"<datastore><record><![CDATA[{}]]><\\/record><\\/datastore>\";</script>", row.replace('/', "\\/"));
        assert_eq!(read_scripts(&in_string).markup, format!("<ul class=datastore>{row}</ul>"));
        for page in ["<script>var a = 1;</script><p>题", "<script>never closed", "<!-- <script>document.write('<a href=x>x</a>')</script> --><p>"] {
            assert_eq!(read_scripts(page).markup, page);
        }
        assert_eq!(read_scripts("<script id=__NEXT_DATA__ type='application/json'>{\"a\":1}</script>").values.len(), 1);
    }
}
