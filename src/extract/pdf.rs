//! PDF notices: text, title and date.
//!
//! The PDF parser has no limits of its own, so the pipeline runs [`text`] in a separate process.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, FixedOffset};

use crate::extract::{Context, ExtractError, MAX_TEXT, MIN_TEXT};
use crate::model::Extracted;
use crate::text::{dates, normalize};

/// Search this many lines for title and date.
pub(super) const HEAD_LINES: usize = 12;
const TAIL_LINES: usize = 6;

/// Returns the text of a PDF, page after page.
pub fn text(bytes: &[u8]) -> Result<String, ExtractError> {
    // the parser panics on many damaged files
    let read = catch_unwind(AssertUnwindSafe(|| pdf_extract::extract_text_from_mem(bytes)));
    match read {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(e)) => Err(ExtractError::Pdf(e.to_string())),
        Err(_) => Err(ExtractError::Pdf("the parser gave up".to_owned())),
    }
}

/// Whether a PDF holds pictures instead of text: hardly any letters, or fonts without a character table.
pub fn is_scan(text: &str) -> bool {
    let (mut letters, mut unknown) = (0, 0);
    for c in text.chars() {
        letters += usize::from(normalize::is_letter(c));
        unknown += usize::from(c == '\u{fffd}' || ('\u{e000}'..='\u{f8ff}').contains(&c));
    }
    letters < MIN_TEXT || unknown * 2 > letters
}

/// Builds an article from the text of a PDF.
pub fn article(text: &str, context: &Context<'_>) -> Result<Extracted, ExtractError> {
    let lines: Vec<String> = text.lines().map(normalize::collapse_whitespace).collect();
    let paragraphs = paragraphs(&lines);
    let letters = paragraphs.iter().map(|p| p.chars().count()).sum::<usize>();
    if letters < MIN_TEXT {
        return Err(ExtractError::Pdf(format!("it holds no text ({letters} characters): scanned pages, or fonts without a character table")));
    }
    let (title, published_at) = title_and_date(lines.iter().map(String::as_str).filter(|l| !l.is_empty()), context);
    Ok(Extracted {
        title,
        published_at,
        language: normalize::language(text).map(Cow::Borrowed),
        text: paragraphs.join("\n").chars().take(MAX_TEXT).collect(),
        charset: "pdf".to_owned(),
        ..Extracted::default()
    })
}

/// Returns the title of a notice, from its first lines, and its date: from its end, where the sender signs, or its beginning.
pub(super) fn title_and_date<'a>(
    lines: impl DoubleEndedIterator<Item = &'a str> + Clone,
    context: &Context<'_>,
) -> (Option<String>, Option<DateTime<FixedOffset>>) {
    let head = lines.clone().take(HEAD_LINES);
    let title = head.clone().find(|l| is_title(l)).map(|l| normalize::truncate(l, crate::extract::headline::MAX_TITLE));
    let found = lines.rev().take(TAIL_LINES).chain(head).find_map(|l| dates::find_dates(l, &context.clock).into_iter().next());
    (title, found.map(|d| d.at))
}

fn is_title(line: &str) -> bool {
    (6..=60).contains(&line.chars().count())
        && line.chars().filter(|c| normalize::is_letter(*c)).count() * 10 >= line.chars().count() * 8
        && !line.ends_with(['。', '：', ':'])
}

/// Joins printed lines into paragraphs: a line that ends short or with a full stop ends its paragraph. Drops bare page numbers.
fn paragraphs(lines: &[String]) -> Vec<String> {
    let width = lines.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for line in lines {
        let page_number = line.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '—' | ' ' | '·'));
        if line.is_empty() || page_number {
            // the parser puts an empty line behind every line; only the end of a sentence ends a paragraph
            continue;
        }
        match out.last_mut().filter(|_| open) {
            Some(last) => {
                if last.ends_with(|c: char| c.is_ascii_alphanumeric()) && line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                    last.push(' ');
                }
                last.push_str(line);
            }
            None => out.push(line.clone()),
        }
        let ends = line.ends_with(['。', '！', '？', '；', '：', '.', ':', '”']);
        open = !ends && line.chars().count() * 10 >= width * 7;
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::model::ArticleSelectors;
    use crate::text::dates::Clock;

    /// Returns a one-page PDF with a font that has a character table but no font file, as office programs write.
    fn sample(lines: &[&str]) -> Vec<u8> {
        let mut shown = String::new();
        let mut table = std::collections::BTreeSet::new();
        for (i, line) in lines.iter().enumerate() {
            let codes: String = line.encode_utf16().map(|u| format!("{u:04X}")).collect();
            table.extend(line.encode_utf16());
            shown.push_str(&format!("BT /F1 12 Tf 1 0 0 1 72 {} Tm <{codes}> Tj ET\n", 760 - 20 * i));
        }
        let rows: String = table.iter().map(|u| format!("<{u:04X}> <{u:04X}>\n")).collect();
        let map = format!(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /X def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{} beginbfchar\n{rows}endbfchar\nendcmap\nend\nend",
            table.len()
        );
        let objects = [
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".to_owned(),
            format!("<</Length {}>>\nstream\n{shown}endstream", shown.len()),
            "<</Type/Font/Subtype/Type0/BaseFont/SimSun/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>".to_owned(),
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/SimSun/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000/FontDescriptor 8 0 R>>".to_owned(),
            format!("<</Length {}>>\nstream\n{map}\nendstream", map.len()),
            "<</Type/FontDescriptor/FontName/SimSun/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>".to_owned(),
        ];
        let mut out = b"%PDF-1.5\n".to_vec();
        let mut offsets = Vec::new();
        for (i, object) in objects.iter().enumerate() {
            offsets.push(out.len());
            out.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).into_bytes());
        }
        let xref = out.len();
        let rows: String = offsets.iter().map(|o| format!("{o:010} 00000 n \n")).collect();
        out.extend(
            format!(
                "xref\n0 {}\n0000000000 65535 f \n{rows}trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n",
                objects.len() + 1,
                objects.len() + 1
            )
            .into_bytes(),
        );
        out
    }

    fn run(text: &str) -> Result<Extracted, ExtractError> {
        let selectors = ArticleSelectors::default();
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        article(text, &Context { url: None, selectors: &selectors, clock })
    }

    #[test]
    fn a_notice_gives_title_date_and_paragraphs() {
        let pdf = sample(&[
            "关于组织申报科技项目的通知",
            "各县（市、区）科技局，各有关单位：",
            "为推动超硬材料和新能源汽车产业的发展，现就组织申报本年度科技项目的有关事",
            "项通知如下，请各单位认真组织，按时报送。",
            "许昌市科学技术局",
            "2026年11月20日",
            "- 1 -",
        ]);
        let a = run(&text(&pdf).unwrap()).unwrap();
        assert_eq!(a.title.as_deref(), Some("关于组织申报科技项目的通知"));
        assert_eq!(a.published_at.unwrap().date_naive().to_string(), "2026-11-20");
        assert!(a.text.contains("有关事项通知如下"), "{}", a.text);
        assert!(!a.text.contains("- 1 -"), "{}", a.text);
    }

    #[test]
    fn what_holds_no_text_says_so() {
        assert!(matches!(run("1\n\n2"), Err(ExtractError::Pdf(_))));
        assert!(matches!(text(b"%PDF-1.4 garbage"), Err(ExtractError::Pdf(_))));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn no_damage_makes_it_panic(at in 0usize..1800, byte in proptest::prelude::any::<u8>(), cut in 0usize..1800) {
            let mut pdf = sample(&["关于组织申报科技项目的通知"]);
            if let Some(b) = pdf.get_mut(at) { *b = byte; }
            pdf.truncate(pdf.len().saturating_sub(cut % 400));
            let _ = text(&pdf);
        }
    }
}
