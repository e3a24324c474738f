//! Lines of a .docx (ECMA-376 part 1, 17), with what their styles say.

use std::collections::HashMap;

use quick_xml::events::BytesStart;

use super::error::FileError;
use super::line::{Line, Style, cleaned};
use super::table_row::{self, Cell};
use crate::documents::office::{MAX_DEPTH, Package, Xml, each_event, value};

/// Most paragraphs, and most styles.
const MAX_PARAGRAPHS: usize = 50_000;
const MAX_STYLES: usize = 5_000;
/// Most styles that a style is based on.
const MAX_BASES: usize = 10;

/// Reads the lines of a document.
///
/// # Errors
/// If it is no .docx, or too large.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line>, FileError> {
    let mut package = Package::open(bytes)?;
    let document = package.part("word/document.xml")?.ok_or_else(|| FileError::Damaged("word/document.xml is missing".to_owned()))?;
    let styles = package.part("word/styles.xml")?.map(|xml| Styles::read(&xml)).transpose()?.unwrap_or_default();
    let mut body = Body { styles, ..Body::default() };
    each_event(&document, |event| body.take(event))?;
    Ok(cleaned(body.lines.iter().map(|(text, style)| (text.as_str(), *style))))
}

/// Whether a property without `val`, or with a true one, is set.
fn is_on(e: &BytesStart<'_>) -> bool {
    value(e, "w:val").is_none_or(|v| !matches!(v.as_str(), "0" | "false" | "off"))
}

/// A paragraph style; `None`: as in its base.
#[derive(Debug, Default, Clone)]
struct StyleRow {
    name: String,
    base: Option<String>,
    bold: Option<bool>,
    centred: Option<bool>,
    half_points: Option<u16>,
    outline: Option<u8>,
}

#[derive(Debug, Default)]
struct Styles(HashMap<String, StyleRow>);

impl Styles {
    fn read(xml: &str) -> Result<Self, FileError> {
        let (mut rows, mut open): (HashMap<String, StyleRow>, Option<(String, StyleRow)>) = (HashMap::new(), None);
        each_event(xml, |event| {
            match event {
                Xml::Start(e) if e.name().as_ref() == "w:style" => open = value(e, "w:styleId").map(|id| (id, StyleRow::default())),
                Xml::Start(e) => {
                    if let Some((_, row)) = &mut open {
                        row.read(e);
                    }
                }
                Xml::End("w:style") => rows.extend(open.take()),
                _ => {}
            }
            if rows.len() > MAX_STYLES { Err(FileError::TooLarge) } else { Ok(()) }
        })?;
        Ok(Self(rows))
    }

    /// Returns a style with what it takes from its bases.
    fn resolved(&self, id: &str) -> StyleRow {
        let (mut out, mut next) = (self.0.get(id).cloned().unwrap_or_default(), None);
        for _ in 0..MAX_BASES {
            let Some(base) = next.take().or_else(|| out.base.take()).and_then(|id: String| self.0.get(&id)) else { break };
            out.bold = out.bold.or(base.bold);
            out.centred = out.centred.or(base.centred);
            out.half_points = out.half_points.or(base.half_points);
            out.outline = out.outline.or(base.outline);
            next.clone_from(&base.base);
        }
        out
    }
}

impl StyleRow {
    fn read(&mut self, e: &BytesStart<'_>) {
        match e.name().as_ref() {
            "w:name" => self.name = value(e, "w:val").unwrap_or_default().to_lowercase(),
            "w:basedOn" => self.base = value(e, "w:val"),
            "w:b" => self.bold = Some(is_on(e)),
            "w:jc" => self.centred = Some(value(e, "w:val").is_some_and(|v| v == "center")),
            "w:sz" => self.half_points = value(e, "w:val").and_then(|v| v.parse().ok()),
            "w:outlineLvl" => self.outline = value(e, "w:val").and_then(|v| v.parse().ok()).filter(|n| *n < 9).map(|n: u8| n + 1),
            _ => {}
        }
    }

    fn heading(&self) -> u8 {
        let named = self.name.strip_prefix("heading ").or_else(|| self.name.strip_prefix("标题 ")).and_then(|n| n.trim().parse().ok());
        self.outline.or(named).filter(|n| *n < 10).unwrap_or(u8::from(self.name == "title"))
    }
}

/// A paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: StyleRow,
    /// Letters in bold runs, and letters by size.
    bold: usize,
    sizes: HashMap<u16, usize>,
}

/// A run that is being read.
#[derive(Default)]
struct Run {
    bold: Option<bool>,
    half_points: Option<u16>,
}

#[derive(Default)]
struct Body {
    styles: Styles,
    lines: Vec<(String, Style)>,
    /// Open paragraphs: those of a text box are inside of another.
    open: Vec<Paragraph>,
    run: Run,
    /// Open elements of each kind.
    in_properties: usize,
    in_text: bool,
    in_fallback: usize,
    /// Cells of the open table row; rows inside of a cell belong to it.
    rows: usize,
    cells: Vec<Cell>,
    cell: Cell,
}

impl Body {
    fn take(&mut self, event: Xml<'_>) -> Result<(), FileError> {
        match event {
            Xml::Start(e) => self.start(e),
            Xml::End(name) => self.end(name),
            Xml::Text(text) => {
                if self.in_text && self.in_fallback == 0 {
                    self.write(text);
                }
            }
        }
        if self.lines.len() > MAX_PARAGRAPHS || self.open.len() > MAX_DEPTH { Err(FileError::TooLarge) } else { Ok(()) }
    }

    fn start(&mut self, e: &BytesStart<'_>) {
        match e.name().as_ref() {
            // the same text box again, for programs that do not know the first
            "mc:Fallback" => self.in_fallback += 1,
            "w:p" => self.open.push(Paragraph::default()),
            "w:pPr" => self.in_properties += 1,
            "w:r" => self.run = Run::default(),
            "w:t" => self.in_text = true,
            "w:br" | "w:cr" => self.write("\n"),
            "w:tab" if self.in_properties == 0 => self.write("\t"),
            "w:tr" => self.rows += 1,
            "w:b" if self.in_properties == 0 => self.run.bold = Some(is_on(e)),
            "w:sz" if self.in_properties == 0 => self.run.half_points = value(e, "w:val").and_then(|v| v.parse().ok()),
            _ if self.in_properties > 0 => self.property(e),
            _ => {}
        }
    }

    fn property(&mut self, e: &BytesStart<'_>) {
        let Some(p) = self.open.last_mut() else { return };
        match e.name().as_ref() {
            "w:pStyle" => {
                let own = std::mem::take(&mut p.style);
                p.style = self.styles.resolved(&value(e, "w:val").unwrap_or_default());
                p.style.centred = own.centred.or(p.style.centred);
            }
            "w:jc" | "w:outlineLvl" => p.style.read(e),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "mc:Fallback" => self.in_fallback = self.in_fallback.saturating_sub(1),
            "w:pPr" => self.in_properties = self.in_properties.saturating_sub(1),
            "w:t" => self.in_text = false,
            "w:p" => self.end_paragraph(),
            "w:tc" if self.rows == 1 => self.cells.push(std::mem::take(&mut self.cell)),
            "w:tr" => {
                self.rows = self.rows.saturating_sub(1);
                if self.rows == 0 {
                    self.end_row();
                }
            }
            _ => {}
        }
    }

    fn write(&mut self, text: &str) {
        if self.in_fallback > 0 {
            return;
        }
        let Some(p) = self.open.last_mut() else { return };
        p.text.push_str(text);
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        if self.run.bold.or(p.style.bold).unwrap_or(false) {
            p.bold += letters;
        }
        *p.sizes.entry(self.run.half_points.or(p.style.half_points).unwrap_or(0)).or_default() += letters;
    }

    fn end_paragraph(&mut self) {
        let Some(p) = self.open.pop() else { return };
        if self.in_fallback > 0 {
            return;
        }
        let letters = p.text.chars().filter(|c| !c.is_whitespace()).count();
        let style = Style {
            heading: p.style.heading(),
            bold: letters > 0 && p.bold * 2 > letters,
            centred: p.style.centred.unwrap_or(false),
            half_points: p.sizes.iter().max_by_key(|(size, n)| (**n, **size)).map_or(0, |(size, _)| *size),
            in_contents: p.style.name.starts_with("toc ") || p.style.name.starts_with("目录 "),
        };
        let to = if self.rows > 0 { &mut self.cell } else { &mut self.lines };
        to.extend(p.text.split('\n').map(|line| (line.to_owned(), style)));
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        self.lines.extend(table_row::lines(cells));
    }
}
