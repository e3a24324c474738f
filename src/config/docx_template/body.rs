//! The main part of a template, split at the place of the items.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::package::check_xml;
use super::{DOCUMENT, Problem, broken};
use crate::config::localized::localized;

/// The namespace of Word's documents; "strict" documents have another.
const NAMESPACE: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
/// Default page: A4 with the margins of GB/T 9704-2012, in twentieths of a point.
const PAGE: (u32, u32, u32) = (11_906, 1588, 1474);

/// The pieces of the main part, as XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Up to and including the opening tag of the body.
    pub opening: String,
    /// Content before the items.
    pub head: String,
    /// Content after the items.
    pub tail: String,
    pub section: String,
    /// Left margin, in twentieths of a point.
    pub left: u32,
    /// Width of the text, in twentieths of a point.
    pub text_width: u32,
}

/// Whether a word in braces marks the place of the items.
pub(super) fn is_marker(word: &str) -> bool {
    matches!(word, "正文" | "content")
}

/// A child of the body: name, position, text, and whether it ends a section.
#[derive(Default)]
struct Child {
    name: String,
    place: Range<usize>,
    text: String,
    ends_section: bool,
}

impl Child {
    fn is_marker(&self) -> bool {
        let text: String = self.text.chars().filter(|c| !c.is_whitespace()).collect();
        self.name == "w:p" && text.strip_prefix("{{").and_then(|t| t.strip_suffix("}}")).is_some_and(is_marker)
    }

    /// Whether it contains the items' place together with other text, or inside another element.
    fn holds_marker(&self) -> bool {
        let text: String = self.text.chars().filter(|c| !c.is_whitespace()).collect();
        text.contains("{{正文}}") || text.contains("{{content}}")
    }
}

impl Body {
    pub(super) fn parse(xml: &str) -> Result<Self, Problem> {
        check_xml(DOCUMENT, xml)?;
        let (start, children) = children(xml)?;
        let mut markers = children.iter().enumerate().filter(|(_, c)| c.holds_marker());
        let (at, marker) = markers.next().ok_or_else(|| {
            localized(
                "has no paragraph {{正文}} (or {{content}}); write one where the items go",
                "里没有写着 {{正文}} 的段落；请在放条目的地方写上它，单独成段",
            )
        })?;
        if markers.next().is_some() {
            return Err(localized("has {{正文}} twice; leave one of them", "里有两处 {{正文}}；请只留一处"));
        }
        if !marker.is_marker() || marker.ends_section {
            let english = "{{正文}} must stand in a paragraph of its own, outside of tables and text boxes, that ends no section";
            return Err(localized(english, "{{正文}} 要单独成段，不能在表格、文本框里，也不能与分节符同段"));
        }
        let section = children.last().filter(|c| c.name == "w:sectPr");
        let section = section.ok_or_else(|| localized("has no page settings (w:sectPr)", "里没有页面设置（w:sectPr）"))?;
        let piece = |place: Range<usize>| xml.get(place).unwrap_or_default().to_owned();
        let (left, text_width) = page(&piece(section.place.clone()));
        let head_end = if at == 0 { start..start } else { start..marker.place.start };
        Ok(Self {
            opening: piece(0..start),
            head: piece(head_end),
            tail: piece(marker.place.end..section.place.start),
            section: piece(section.place.clone()),
            left,
            text_width,
        })
    }

    /// Whether the template prints something after the items.
    pub fn has_tail(&self) -> bool {
        ["<w:t>", "<w:t ", "<w:drawing", "<w:pict"].iter().any(|tag| self.tail.contains(tag))
    }
}

/// Returns where the content of the body starts, and its children.
fn children(xml: &str) -> Result<(usize, Vec<Child>), Problem> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut start, mut out): (Vec<String>, usize, Vec<Child>) = (Vec::new(), 0, Vec::new());
    loop {
        let from = position(&reader);
        let event = reader.read_event().map_err(|e| broken(DOCUMENT, e))?;
        let to = position(&reader);
        let in_body = path.len() >= 2 && path.get(1).is_some_and(|p| p == "w:body");
        match event {
            Event::Eof => break,
            Event::Start(e) => {
                let name = e.name().as_ref().to_owned();
                if path.is_empty() && (name != "w:document" || attribute(&e, "xmlns:w").as_deref() != Some(NAMESPACE)) {
                    return Err(broken(DOCUMENT, "it is no ordinary document of Word (perhaps \"strict Open XML\")"));
                }
                if path.len() == 1 && name == "w:body" {
                    start = to;
                } else if in_body && path.len() == 2 {
                    out.push(Child { name: name.clone(), place: from..to, ..Child::default() });
                } else if let Some(child) = out.last_mut().filter(|_| in_body) {
                    child.ends_section |= name == "w:sectPr";
                }
                path.push(name);
            }
            Event::Empty(e) if in_body && path.len() == 2 => {
                out.push(Child { name: e.name().as_ref().to_owned(), place: from..to, ..Child::default() });
            }
            Event::End(_) => {
                if let Some(child) = out.last_mut().filter(|_| in_body && path.len() == 3) {
                    child.place.end = to;
                }
                path.pop();
            }
            Event::Text(_) | Event::GeneralRef(_) if path.last().is_some_and(|p| p == "w:t") => {
                if let (Some(child), Ok(text)) = (out.last_mut(), unescape(xml.get(from..to).unwrap_or_default())) {
                    child.text.push_str(&text);
                }
            }
            _ => {}
        }
    }
    if start == 0 {
        return Err(broken(DOCUMENT, "it has no body"));
    }
    Ok((start, out))
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// Returns an attribute's value.
pub(super) fn attribute(e: &BytesStart<'_>, name: &str) -> Option<String> {
    let raw = e.try_get_attribute(name).ok().flatten()?;
    unescape(&raw.value).ok().map(std::borrow::Cow::into_owned)
}

/// Returns left margin and text width from the page settings.
fn page(section: &str) -> (u32, u32) {
    let mut reader = Reader::from_str(section);
    let (mut width, mut left, mut right) = PAGE;
    let set = |target: &mut u32, e: &BytesStart<'_>, name: &str| {
        if let Some(n) = attribute(e, name).and_then(|v| v.parse().ok()) {
            *target = n;
        }
    };
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(e) | Event::Empty(e) if e.name().as_ref() == "w:pgSz" => set(&mut width, &e, "w:w"),
            Event::Start(e) | Event::Empty(e) if e.name().as_ref() == "w:pgMar" => {
                set(&mut left, &e, "w:left");
                set(&mut right, &e, "w:right");
            }
            _ => {}
        }
    }
    // wider than Word allows, or margins that leave no room
    match width.checked_sub(left.saturating_add(right)) {
        Some(text) if width <= 31_680 && text >= 2_000 => (left, text),
        _ => (PAGE.1, PAGE.0 - PAGE.1 - PAGE.2),
    }
}
