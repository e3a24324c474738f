//! What tesseract recognised on a page: its table of words → text and confidence.

/// The text of a scanned page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecognisedPage {
    /// Paragraphs, one per line.
    pub text: String,
    /// Sum of the characters' confidences, from 0 to 1 each.
    pub confidence: f64,
    /// Number of characters.
    pub characters: usize,
}

impl RecognisedPage {
    /// Returns the mean confidence of a text of several pages; 0 if it is empty.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a mean from 0 to 1")]
    pub fn mean(pages: &[Self]) -> f32 {
        let characters: usize = pages.iter().map(|p| p.characters).sum();
        (pages.iter().map(|p| p.confidence).sum::<f64>() / characters.max(1) as f64) as f32
    }
}

/// Reads a table in tesseract's TSV format: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
/// Words of Chinese are joined without spaces.
pub fn read_tsv(tsv: &str) -> RecognisedPage {
    let mut page = RecognisedPage::default();
    let mut paragraph = ("", "");
    for row in tsv.lines() {
        let mut cells = row.split('\t');
        let (level, block, par) = (cells.next(), cells.nth(1), cells.next());
        let (Some("5"), Some(block), Some(par)) = (level, block, par) else { continue };
        let confidence = cells.nth(6).and_then(|c| c.parse::<f64>().ok()).unwrap_or(0.0).clamp(0.0, 100.0) / 100.0;
        let word = cells.next().unwrap_or_default().trim();
        if word.is_empty() {
            continue;
        }
        if paragraph != (block, par) && !page.text.is_empty() {
            page.text.push('\n');
        } else if page.text.ends_with(|c: char| c.is_ascii_alphabetic()) && word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            page.text.push(' ');
        }
        paragraph = (block, par);
        page.text.push_str(word);
        let characters = word.chars().count();
        page.characters += characters;
        #[expect(clippy::cast_precision_loss, reason = "letters of a word")]
        {
            page.confidence += confidence * characters as f64;
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_paragraphs_with_a_confidence() {
        let row = |block: u8, par: u8, conf: &str, word: &str| format!("5\t1\t{block}\t{par}\t1\t1\t0\t0\t9\t9\t{conf}\t{word}\n");
        let tsv = [
            "level\tpage_num\n",
            &row(1, 1, "96.5", "关于"),
            &row(1, 1, "93.5", "GPU"),
            &row(1, 1, "90", "cluster"),
            &row(1, 2, "80", "通知"),
            "4\t1\t1\t1\n",
            "5\t1\n",
        ]
        .concat();
        let page = read_tsv(&tsv);
        assert_eq!(page.text, "关于GPU cluster\n通知");
        assert_eq!(page.characters, 14);
        let expected = (2.0 * 0.965 + 3.0 * 0.935 + 7.0 * 0.9 + 2.0 * 0.8) / 14.0;
        assert!((RecognisedPage::mean(&[page]) - expected).abs() < 0.001);
        assert_eq!(read_tsv("no table"), RecognisedPage::default());
        assert!(RecognisedPage::mean(&[]).abs() < f32::EPSILON);
    }
}
