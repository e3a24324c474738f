//! Bars of a period with the range of the weeks before, as a picture for document and mail.

use super::{Align, Canvas, DARK, FONT, GREY, INK, Ink, LABEL, Rgb, WIDTH};
use crate::review::{CountRow, expected_words, number};
use crate::trends::Verdict;

const ROW: usize = 28;
const HEAD: usize = 34;
/// Room for the figures at the right.
const FIGURES: usize = 150;
const BAND: Rgb = [0xd9, 0xd9, 0xd9];
const MORE: Rgb = [0xc0, 0x00, 0x00];
const FEWER: Rgb = [0x9a, 0x6a, 0x00];

/// Returns the picture's text alternative.
pub fn bars_alt(rows: &[CountRow]) -> String {
    let words = rows.iter().map(|r| format!("{} {}，此前平均 {}{}", r.name, number(r.rate), expected_words(r), r.words()));
    words.collect::<Vec<_>>().join("；")
}

/// Returns the picture of a period against `weeks` weeks before, as PNG; `None` if there is nothing to show.
pub fn bars(rows: &[CountRow], weeks: usize) -> Option<Vec<u8>> {
    let font = FONT.as_ref().filter(|_| !rows.is_empty())?;
    let mut canvas = Canvas::new(WIDTH, HEAD + rows.len() * ROW + 8);
    let most = rows.iter().map(|r| r.rate.max(r.range.1)).fold(1.0, f64::max);
    let room = WIDTH - LABEL - FIGURES;
    let place = |n: f64| ((n / most).clamp(0.0, 1.0) * super::as_width(room)).round() as usize;
    let legend =
        if weeks == 0 { "条数".to_owned() } else { format!("每周条数；灰条：此前 {weeks} 周最少到最多，竖线：平均") };
    canvas.text(font, &legend, (8, 20), &Ink { size: 11.0, colour: GREY, align: Align::Left });
    for (i, row) in rows.iter().enumerate() {
        let top = HEAD + i * ROW;
        let name: String = row.name.chars().take(9).collect();
        canvas.text(font, &name, (LABEL - 8, top + 18), &Ink { size: 12.0, colour: INK, align: Align::Right });
        let (low, high) = (place(row.range.0), place(row.range.1));
        canvas.fill(LABEL + low, top + 3, (high - low).max(1), ROW - 8, BAND);
        let colour = match row.verdict() {
            Verdict::More => MORE,
            Verdict::Fewer => FEWER,
            Verdict::Usual | Verdict::Unknown => DARK,
        };
        canvas.fill(LABEL, top + 8, place(row.rate).max(usize::from(row.current > 0)), ROW - 18, colour);
        canvas.fill(LABEL + place(row.mean), top + 2, 2, ROW - 6, INK);
        let words = format!("{}   {}", number(row.rate), row.words().split_once('，').map_or(row.words(), |(count, _)| count));
        canvas.text(font, words.trim_end(), (WIDTH - FIGURES + 12, top + 18), &Ink { size: 12.0, colour, align: Align::Left });
    }
    canvas.png()
}
