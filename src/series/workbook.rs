//! A workbook (.xlsx, ECMA-376 part 1, 18) → a table per sheet. Read with limits on parts, bytes and cells, because a small file may hold gigabytes.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};

use chrono::{NaiveDate, TimeDelta};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::series::SeriesError;
use crate::series::table::{MAX_COLUMNS, Tables};

/// Most parts of a package, decompressed bytes of one and of all, sheets that are read, and depth of elements.
const MAX_PARTS: usize = 2_000;
const MAX_PART: u64 = 24 << 20;
const MAX_BYTES: u64 = 48 << 20;
const MAX_SHEETS: usize = 30;
const MAX_DEPTH: usize = 100;
/// Most shared texts and styles.
const MAX_TEXTS: usize = 300_000;
const MAX_STYLES: usize = 20_000;
/// Bytes kept of a shared text.
const MAX_TEXT_BYTES: usize = 600;

/// Whether bytes begin like a zip.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

pub(super) fn read(bytes: &[u8]) -> Result<Tables, SeriesError> {
    let mut package = Package::open(bytes)?;
    let workbook = package.part("xl/workbook.xml")?.ok_or_else(|| damaged("it has no xl/workbook.xml"))?;
    let (sheets, is_1904) = sheets(&workbook)?;
    let targets = package.part("xl/_rels/workbook.xml.rels")?.map(|xml| targets(&xml)).transpose()?.unwrap_or_default();
    let texts = package.part("xl/sharedStrings.xml")?.map(|xml| shared_texts(&xml)).transpose()?.unwrap_or_default();
    let is_date = package.part("xl/styles.xml")?.map(|xml| date_styles(&xml)).transpose()?.unwrap_or_default();
    let mut out = Tables::default();
    for (name, id) in sheets.into_iter().take(MAX_SHEETS) {
        let Some(target) = targets.get(&id) else { continue };
        let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        let Some(xml) = package.part(&path)? else { continue };
        out.begin(&name)?;
        let mut sheet = Sheet { texts: &texts, is_date: &is_date, is_1904, out: &mut out, row: Vec::new(), cell: None, is_value: false };
        each_event(&xml, |event| sheet.take(event))?;
    }
    Ok(out)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn damaged(cause: impl ToString) -> SeriesError {
    SeriesError::Unreadable(cause.to_string())
}

struct Package<'a> {
    zip: zip::ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Package<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, SeriesError> {
        let zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if zip.len() > MAX_PARTS { Err(SeriesError::TooLarge) } else { Ok(Self { zip, left: MAX_BYTES }) }
    }

    /// Returns a part; does not trust the size in the zip.
    fn part(&mut self, name: &str) -> Result<Option<String>, SeriesError> {
        let Ok(part) = self.zip.by_name(name) else { return Ok(None) };
        let most = MAX_PART.min(self.left);
        let mut bytes = Vec::new();
        part.take(most + 1).read_to_end(&mut bytes).map_err(damaged)?;
        let length = bytes.len() as u64;
        if length > most {
            return Err(SeriesError::TooLarge);
        }
        self.left -= length;
        String::from_utf8(bytes).map(Some).map_err(damaged)
    }
}

#[derive(Clone, Copy)]
enum Xml<'a> {
    Start(&'a BytesStart<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Gives each event of a part with names without prefix; an empty element is a start and an end.
fn each_event(xml: &str, mut take: impl FnMut(Xml<'_>) -> Result<(), SeriesError>) -> Result<(), SeriesError> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(damaged)? {
            Event::Start(e) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(damaged("it is nested too deep"));
                }
                take(Xml::Start(&e))?;
            }
            Event::Empty(e) => {
                take(Xml::Start(&e))?;
                take(Xml::End(local(e.name().as_ref())))?;
            }
            Event::End(e) => {
                depth = depth.saturating_sub(1);
                take(Xml::End(local(e.name().as_ref())))?;
            }
            Event::Text(t) => take(Xml::Text(t.as_ref()))?,
            Event::CData(t) => take(Xml::Text(t.as_ref()))?,
            Event::GeneralRef(name) => take(Xml::Text(&unescape(&format!("&{};", &*name)).unwrap_or_default()))?,
            Event::DocType(_) => return Err(damaged("it has a DOCTYPE")),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn is(e: &BytesStart<'_>, name: &str) -> bool {
    local(e.name().as_ref()) == name
}

fn value(e: &BytesStart<'_>, name: &str) -> Option<String> {
    let raw = e.try_get_attribute(name).ok()??.value.to_string();
    Some(unescape(&raw).map(std::borrow::Cow::into_owned).unwrap_or(raw))
}

/// Returns the names of the visible sheets with the ids of their parts, and whether days count from 1904.
fn sheets(xml: &str) -> Result<(Vec<(String, String)>, bool), SeriesError> {
    let (mut out, mut is_1904) = (Vec::new(), false);
    each_event(xml, |event| {
        let Xml::Start(e) = event else { return Ok(()) };
        if is(e, "sheet") && value(e, "state").is_none_or(|s| s == "visible") {
            out.extend(value(e, "name").zip(value(e, "r:id")));
        } else if is(e, "workbookPr") {
            is_1904 = value(e, "date1904").is_some_and(|v| v == "1" || v == "true");
        }
        Ok(())
    })?;
    Ok((out, is_1904))
}

fn targets(xml: &str) -> Result<HashMap<String, String>, SeriesError> {
    let mut out = HashMap::new();
    each_event(xml, |event| {
        if let Xml::Start(e) = event {
            out.extend(value(e, "Id").zip(value(e, "Target")));
        }
        Ok(())
    })?;
    Ok(out)
}

fn shared_texts(xml: &str) -> Result<Vec<String>, SeriesError> {
    let (mut out, mut open, mut is_text, mut is_phonetic): (Vec<String>, String, bool, bool) = (Vec::new(), String::new(), false, false);
    each_event(xml, |event| {
        match event {
            Xml::Start(e) if is(e, "si") => open.clear(),
            Xml::Start(e) if is(e, "rPh") => is_phonetic = true,
            Xml::Start(e) if is(e, "t") => is_text = true,
            // a cell repeats its text: a long one would grow with every cell
            Xml::Text(text) if is_text && !is_phonetic && open.len() < MAX_TEXT_BYTES => {
                open.push_str(text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or_default());
            }
            Xml::End("t") => is_text = false,
            Xml::End("rPh") => is_phonetic = false,
            Xml::End("si") => {
                if out.len() >= MAX_TEXTS {
                    return Err(SeriesError::TooLarge);
                }
                out.push(std::mem::take(&mut open));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(out)
}

/// Returns for each cell style whether it shows a date.
fn date_styles(xml: &str) -> Result<Vec<bool>, SeriesError> {
    let (mut custom, mut out, mut is_in_cells): (HashMap<u32, bool>, Vec<bool>, bool) = (HashMap::new(), Vec::new(), false);
    each_event(xml, |event| {
        match event {
            Xml::Start(e) if is(e, "numFmt") && custom.len() < MAX_STYLES => {
                let id = value(e, "numFmtId").and_then(|id| id.parse().ok());
                custom.extend(id.zip(value(e, "formatCode").map(|code| is_date_format(&code))));
            }
            Xml::Start(e) if is(e, "cellXfs") => is_in_cells = true,
            Xml::End("cellXfs") => is_in_cells = false,
            Xml::Start(e) if is(e, "xf") && is_in_cells && out.len() < MAX_STYLES => {
                let id: u32 = value(e, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or_default();
                // ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 are dates in Chinese editions
                let is_built_in = matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58);
                out.push(custom.get(&id).copied().unwrap_or(is_built_in));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(out)
}

/// Whether a format shows a year, or a month with a day, outside of quoted texts.
fn is_date_format(code: &str) -> bool {
    let mut is_quoted = false;
    let signs: String = code
        .chars()
        .filter(|c| {
            is_quoted ^= *c == '"';
            !is_quoted
        })
        .map(|c| c.to_ascii_lowercase())
        .collect();
    signs.contains('y') || signs.contains('m') && signs.contains('d')
}

/// A cell being read.
struct SheetCell {
    column: usize,
    kind: CellKind,
    is_date: bool,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    /// An index into the shared texts.
    Shared,
    Text,
    Number,
    /// A truth or an error: no figure.
    Other,
}

struct Sheet<'a> {
    texts: &'a [String],
    is_date: &'a [bool],
    is_1904: bool,
    out: &'a mut Tables,
    row: Vec<String>,
    cell: Option<SheetCell>,
    is_value: bool,
}

impl Sheet<'_> {
    fn take(&mut self, event: Xml<'_>) -> Result<(), SeriesError> {
        match event {
            Xml::Start(e) if is(e, "row") => self.row.clear(),
            Xml::Start(e) if is(e, "c") => {
                let column = value(e, "r").map_or(self.row.len(), |r| column_of(&r));
                let style = value(e, "s").and_then(|s| s.parse::<usize>().ok());
                let kind = match value(e, "t").as_deref() {
                    Some("s") => CellKind::Shared,
                    Some("str" | "inlineStr" | "d") => CellKind::Text,
                    None | Some("n") => CellKind::Number,
                    Some(_) => CellKind::Other,
                };
                let is_date = style.and_then(|s| self.is_date.get(s)).copied().unwrap_or(false);
                self.cell = (column < MAX_COLUMNS).then_some(SheetCell { column, kind, is_date, text: String::new() });
            }
            Xml::Start(e) if is(e, "v") || is(e, "t") => self.is_value = true,
            Xml::Text(text) if self.is_value => {
                if let Some(cell) = &mut self.cell {
                    cell.text.push_str(text);
                }
            }
            Xml::End("v" | "t") => self.is_value = false,
            Xml::End("c") => self.end_cell(),
            Xml::End("row") => return self.out.row(std::mem::take(&mut self.row)),
            _ => {}
        }
        Ok(())
    }

    fn end_cell(&mut self) {
        let Some(cell) = self.cell.take() else { return };
        let text = match cell.kind {
            CellKind::Shared => cell.text.trim().parse::<usize>().ok().and_then(|at| self.texts.get(at)).cloned().unwrap_or_default(),
            CellKind::Number if cell.is_date => day_of(&cell.text, self.is_1904).unwrap_or(cell.text),
            CellKind::Text | CellKind::Number => cell.text,
            CellKind::Other => String::new(),
        };
        if self.row.len() <= cell.column {
            self.row.resize(cell.column + 1, String::new());
        }
        if let Some(place) = self.row.get_mut(cell.column) {
            *place = text;
        }
    }
}

/// Returns the column of a reference, from 0: B3 is 1.
fn column_of(reference: &str) -> usize {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    letters.fold(0_usize, |n, b| n * 26 + usize::from(b.to_ascii_uppercase() - b'A') + 1).saturating_sub(1)
}

/// Returns the day of a count of days.
fn day_of(text: &str, is_1904: bool) -> Option<String> {
    let days: f64 = text.trim().parse().ok()?;
    // 1900 is no leap year, but workbooks count its 29 February: later days count from 30 December 1899
    let first = if is_1904 { NaiveDate::from_ymd_opt(1904, 1, 1) } else { NaiveDate::from_ymd_opt(1899, 12, 30) }?;
    let days = (0.0..200_000.0).contains(&days).then_some(days)?;
    #[expect(clippy::cast_possible_truncation, reason = "below 200,000")]
    let day = first.checked_add_signed(TimeDelta::days(days.trunc() as i64))?;
    Some(day.format("%Y-%m-%d").to_string())
}
