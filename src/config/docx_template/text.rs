//! Placeholders in paragraphs. Word splits a text into runs as it likes, so a placeholder may span several.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::Event;

use super::PLACEHOLDERS;
use super::body::is_marker;

/// Most placeholders per paragraph.
const MAX_PLACEHOLDERS: usize = 200;

/// A run's text and its position in the part.
struct RunText {
    place: Range<usize>,
    text: String,
}

/// Returns the texts of each paragraph; paragraphs in a text box are separate.
fn paragraphs(xml: &str) -> Vec<Vec<RunText>> {
    let mut reader = Reader::from_str(xml);
    let (mut open, mut done): (Vec<Vec<RunText>>, Vec<Vec<RunText>>) = (Vec::new(), Vec::new());
    let mut start = None;
    let at = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    let mut before = 0;
    // XML errors were reported before
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(e) if e.name().as_ref() == "w:p" => open.push(Vec::new()),
            Event::Start(e) if e.name().as_ref() == "w:t" => start = Some(at(&reader)),
            Event::End(e) if e.name().as_ref() == "w:p" => done.extend(open.pop()),
            Event::End(e) if e.name().as_ref() == "w:t" => {
                let place = start.take().map(|from| from..before);
                let text = place.clone().and_then(|p| Some(unescape(xml.get(p)?).ok()?.into_owned()));
                if let (Some(place), Some(text), Some(paragraph)) = (place, text, open.last_mut()) {
                    paragraph.push(RunText { place, text });
                }
            }
            _ => {}
        }
        before = at(&reader);
    }
    done
}

/// Returns the placeholders of a text: position and word.
fn placeholders(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some((open, rest)) = text.get(from..).and_then(|t| t.find("{{")).and_then(|at| Some((from + at, text.get(from + at + 2..)?))) {
        let Some(length) = rest.find("}}") else { break };
        out.push((open..open + length + 4, rest.get(..length).unwrap_or_default().trim()));
        from = open + length + 4;
    }
    out
}

/// Returns the first word in braces that is not a placeholder.
pub(super) fn unknown_placeholder(xml: &str) -> Option<String> {
    paragraphs(xml).iter().find_map(|runs| {
        let all: String = runs.iter().map(|r| r.text.as_str()).collect();
        let found = placeholders(&all).into_iter().find(|(_, word)| !PLACEHOLDERS.contains(word) && !is_marker(word));
        found.map(|(_, word)| word.to_owned())
    })
}

/// Returns a part with its placeholders filled in. A value goes into the run where its placeholder starts, and takes its format.
pub fn fill(xml: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut changed: Vec<RunText> = paragraphs(xml).into_iter().flat_map(|runs| fill_paragraph(runs, value)).collect();
    changed.sort_by_key(|r| r.place.start);
    let (mut out, mut from) = (String::with_capacity(xml.len()), 0);
    for r in changed {
        out.push_str(xml.get(from..r.place.start).unwrap_or_default());
        // a blank at an edge is dropped unless the run says otherwise (ECMA-376 part 1, 17.3.3.31)
        if r.text.trim().len() != r.text.len() && out.ends_with("<w:t>") {
            out.pop();
            out.push_str(" xml:space=\"preserve\">");
        }
        out.push_str(&escape(&r.text));
        from = r.place.end;
    }
    out.push_str(xml.get(from..).unwrap_or_default());
    out
}

/// Returns the changed runs of a paragraph; none without placeholders.
fn fill_paragraph(mut runs: Vec<RunText>, value: &dyn Fn(&str) -> Option<String>) -> Vec<RunText> {
    let all: String = runs.iter().map(|r| r.text.as_str()).collect();
    let found: Vec<_> = placeholders(&all).into_iter().take(MAX_PLACEHOLDERS).filter_map(|(place, word)| Some((place, value(word)?))).collect();
    if found.is_empty() {
        return Vec::new();
    }
    // from the last one, so that earlier positions stay valid
    for (place, value) in found.into_iter().rev() {
        let mut from = 0;
        for r in &mut runs {
            let run = from..from + r.text.len();
            from = run.end;
            let (start, end) = (place.start.max(run.start), place.end.min(run.end));
            if start < end {
                let with = if start == place.start { value.as_str() } else { "" };
                r.text.replace_range(start - run.start..end - run.start, with);
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_across_runs_and_look_like_their_first() {
        let xml = "<w:p><w:r><w:b/><w:t>第{{期</w:t></w:r><w:r><w:t>号}}期 &amp; {{</w:t></w:r><w:r><w:t>总期号}}</w:t></w:r></w:p><w:p><w:r><w:t>{{x</w:t></w:r></w:p>";
        let filled = fill(xml, &|word| Some(format!("<{}>", word.chars().count())));
        let expected = "<w:p><w:r><w:b/><w:t>第&lt;2&gt;</w:t></w:r><w:r><w:t>期 &amp; &lt;3&gt;</w:t></w:r><w:r><w:t></w:t></w:r></w:p><w:p><w:r><w:t>{{x</w:t></w:r></w:p>";
        assert_eq!(filled, expected);
        assert_eq!(fill(xml, &|_| None), xml);
        let blanks = fill("<w:p><w:t>总{{a</w:t><w:t>}} {{b}}</w:t></w:p>", &|_| Some("1".to_owned()));
        assert_eq!(blanks, "<w:p><w:t>总1</w:t><w:t xml:space=\"preserve\"> 1</w:t></w:p>");
        let boxed = "<w:p><w:r><w:t>{{a</w:t><w:txbx><w:p><w:r><w:t>{{b}}</w:t></w:r></w:p></w:txbx><w:t>}}</w:t></w:r></w:p>";
        let filled = fill(boxed, &|word| Some(word.to_uppercase()));
        assert_eq!(filled, "<w:p><w:r><w:t>A</w:t><w:txbx><w:p><w:r><w:t>B</w:t></w:r></w:p></w:txbx><w:t></w:t></w:r></w:p>");
        assert_eq!(unknown_placeholder(boxed).as_deref(), Some("b"));
    }
}
