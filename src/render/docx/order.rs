//! Sorts the children of properties into the schema's order (ECMA-376 part 1, 17.3 and 17.6–17.7). The library writes them in the
//! order in which they were set, which some programs accept and no validator does.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Parents with ordered children, and that order.
const ORDER: [(&str, &[&str]); 9] = [
    (
        "w:pPr",
        &[
            "pStyle",
            "keepNext",
            "keepLines",
            "pageBreakBefore",
            "framePr",
            "widowControl",
            "numPr",
            "suppressLineNumbers",
            "pBdr",
            "shd",
            "tabs",
            "suppressAutoHyphens",
            "kinsoku",
            "wordWrap",
            "overflowPunct",
            "topLinePunct",
            "autoSpaceDE",
            "autoSpaceDN",
            "bidi",
            "adjustRightInd",
            "snapToGrid",
            "spacing",
            "ind",
            "contextualSpacing",
            "mirrorIndents",
            "suppressOverlap",
            "jc",
            "textDirection",
            "textAlignment",
            "textboxTightWrap",
            "outlineLvl",
            "divId",
            "cnfStyle",
            "rPr",
            "sectPr",
            "pPrChange",
        ],
    ),
    (
        "w:rPr",
        &[
            "rStyle",
            "rFonts",
            "b",
            "bCs",
            "i",
            "iCs",
            "caps",
            "smallCaps",
            "strike",
            "dstrike",
            "outline",
            "shadow",
            "emboss",
            "imprint",
            "noProof",
            "snapToGrid",
            "vanish",
            "webHidden",
            "color",
            "spacing",
            "w",
            "kern",
            "position",
            "sz",
            "szCs",
            "highlight",
            "u",
            "effect",
            "bdr",
            "shd",
            "fitText",
            "vertAlign",
            "rtl",
            "cs",
            "em",
            "lang",
            "eastAsianLayout",
            "specVanish",
            "oMath",
        ],
    ),
    (
        "w:sectPr",
        &[
            "headerReference",
            "footerReference",
            "footnotePr",
            "endnotePr",
            "type",
            "pgSz",
            "pgMar",
            "paperSrc",
            "pgBorders",
            "lnNumType",
            "pgNumType",
            "cols",
            "formProt",
            "vAlign",
            "noEndnote",
            "titlePg",
            "textDirection",
            "bidi",
            "rtlGutter",
            "docGrid",
            "printerSettings",
        ],
    ),
    (
        "w:style",
        &[
            "name",
            "aliases",
            "basedOn",
            "next",
            "link",
            "autoRedefine",
            "hidden",
            "uiPriority",
            "semiHidden",
            "unhideWhenUsed",
            "qFormat",
            "locked",
            "personal",
            "personalCompose",
            "personalReply",
            "rsid",
            "pPr",
            "rPr",
            "tblPr",
            "trPr",
            "tcPr",
            "tblStylePr",
        ],
    ),
    (
        "w:tblPr",
        &[
            "tblStyle",
            "tblpPr",
            "tblOverlap",
            "bidiVisual",
            "tblStyleRowBandSize",
            "tblStyleColBandSize",
            "tblW",
            "jc",
            "tblCellSpacing",
            "tblInd",
            "tblBorders",
            "shd",
            "tblLayout",
            "tblCellMar",
            "tblLook",
        ],
    ),
    (
        "w:tcPr",
        &[
            "cnfStyle",
            "tcW",
            "gridSpan",
            "hMerge",
            "vMerge",
            "tcBorders",
            "shd",
            "noWrap",
            "tcMar",
            "textDirection",
            "tcFitText",
            "vAlign",
            "hideMark",
        ],
    ),
    ("w:tblBorders", &["top", "left", "bottom", "right", "insideH", "insideV"]),
    ("w:tblCellMar", &["top", "left", "bottom", "right"]),
    ("w:pBdr", &["top", "left", "bottom", "right", "between", "bar"]),
];

fn order_of(parent: &str) -> Option<&'static [&'static str]> {
    ORDER.iter().find(|(name, _)| *name == parent).map(|(_, order)| *order)
}

/// A piece of a document: element name, empty if not an element, and text.
type Piece = (String, String);

/// Returns the document in schema order, or unchanged if it cannot be parsed.
pub(super) fn ordered(xml: Vec<u8>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&xml) else { return xml };
    rewrite(text).map_or(xml, String::into_bytes)
}

/// Removes the library's own "Normal" style if ours follows it: ids must be unique.
pub(super) fn without_first_normal(xml: Vec<u8>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&xml) else { return xml };
    let id = "w:styleId=\"Normal\"";
    let first = text.find(id).filter(|at| text.get(at + id.len()..).is_some_and(|rest| rest.contains(id)));
    let bounds = first.and_then(|at| Some((text.get(..at)?.rfind("<w:style ")?, at + text.get(at..)?.find("</w:style>")? + "</w:style>".len())));
    match bounds.and_then(|(from, to)| Some((text.get(..from)?, text.get(to..)?))) {
        Some((before, behind)) => format!("{before}{behind}").into_bytes(),
        None => xml,
    }
}

/// Sorts a part's relationships by id: the library writes those of links in hash order.
pub(super) fn sorted_relationships(xml: Vec<u8>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&xml) else { return xml };
    let Some((head, rest)) = text.split_once("<Relationship ") else { return xml };
    let Some((rows, tail)) = rest.rsplit_once("</Relationships>") else { return xml };
    let mut rows: Vec<&str> = rows.split("<Relationship ").collect();
    rows.sort_unstable();
    format!("{head}<Relationship {}</Relationships>{tail}", rows.join("<Relationship ")).into_bytes()
}

fn rewrite(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    // open elements: name, opening tag, children
    let mut open: Vec<(String, String, Vec<Piece>)> = vec![(String::new(), String::new(), Vec::new())];
    let mut at = 0;
    loop {
        let event = reader.read_event().ok()?;
        let end = usize::try_from(reader.buffer_position()).ok()?;
        let raw = text.get(at..end)?.to_owned();
        at = end;
        match event {
            Event::Start(e) => open.push((e.name().as_ref().to_owned(), raw, Vec::new())),
            Event::End(_) => {
                let (name, tag, children) = open.pop()?;
                let element = close(&name, tag, children, &raw);
                open.last_mut()?.2.push((name, element));
            }
            Event::Empty(e) => {
                let name = e.name().as_ref().to_owned();
                open.last_mut()?.2.push((name, raw));
            }
            Event::Eof => break,
            _ => open.last_mut()?.2.push((String::new(), raw)),
        }
    }
    let (_, _, pieces) = open.pop().filter(|_| open.is_empty())?;
    Some(pieces.into_iter().map(|(_, p)| p).collect())
}

fn close(name: &str, tag: String, mut children: Vec<Piece>, end: &str) -> String {
    if let Some(order) = order_of(name) {
        let rank = |(child, _): &Piece| order.iter().position(|o| child.strip_prefix("w:") == Some(o)).unwrap_or(order.len());
        children.sort_by_key(rank);
    }
    children.into_iter().fold(tag, |out, (_, child)| out + &child) + end
}

/// Returns the first properties with children in the wrong order, for tests.
#[cfg(test)]
pub(super) fn first_disorder(xml: &str) -> Option<String> {
    let sorted = rewrite(xml)?;
    let at = sorted.bytes().zip(xml.bytes()).position(|(a, b)| a != b)?;
    Some(xml.chars().skip(at.saturating_sub(60)).take(160).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_put_in_order_and_all_else_stays() {
        let xml = "<?xml version=\"1.0\"?><w:p a=\"1\"><w:pPr><w:rPr><w:sz w:val=\"1\"/><w:b/></w:rPr><w:jc/><w:pStyle/></w:pPr><w:t> &amp; 文 </w:t></w:p>";
        let expected = "<?xml version=\"1.0\"?><w:p a=\"1\"><w:pPr><w:pStyle/><w:jc/><w:rPr><w:b/><w:sz w:val=\"1\"/></w:rPr></w:pPr><w:t> &amp; 文 </w:t></w:p>";
        assert_eq!(rewrite(xml).unwrap(), expected);
        assert_eq!(first_disorder(expected), None);
        assert_eq!(ordered(b"<a><b></a>".to_vec()), b"<a><b></a>", "what cannot be read stays");
    }
}
