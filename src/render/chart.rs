//! A chart of items by industry over the last weeks, as a picture for the mail.
//!
//! A table of shaded cells with a number in each, so nothing depends on colour. Drawn with a subset of Noto Sans CJK SC (SIL Open
//! Font License 1.1, `chart/OFL.txt`): the 3,755 usual characters, made by
//! `pyftsubset NotoSansCJK-Regular.ttc --font-number=2 --layout-features= --no-hinting --desubroutinize`.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // colours and points lie within their ranges

mod bars;
mod line;

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, ScaleFont as _, point};

use crate::model::{Trend, WEEKS};

pub use bars::{bars, bars_alt};
pub use line::line;

static FONT: LazyLock<Option<FontRef<'static>>> = LazyLock::new(|| FontRef::try_from_slice(include_bytes!("chart/NotoSansCJKsc-subset.otf")).ok());

/// Maximum number of industries shown.
const MAX_ROWS: usize = 14;
/// Pixels per pixel of the mail: sharp on phones.
const SCALE: usize = 2;
/// Width in the mail.
pub const WIDTH: usize = 632;
const LABEL: usize = 130;
const TOTAL: usize = 54;
const ROW: usize = 27;
const HEAD: usize = 58;

type Rgb = [u8; 3];
const PAPER: Rgb = [0xff, 0xff, 0xff];
const INK: Rgb = [0x22, 0x22, 0x22];
const GREY: Rgb = [0x66, 0x66, 0x66];
const LIGHT: Rgb = [0xee, 0xf3, 0xfa];
const DARK: Rgb = [0x1f, 0x4e, 0x8c];

/// Returns the rows to show, most items first.
fn rows(trend: &[Trend]) -> Vec<(&Trend, u32)> {
    let mut rows: Vec<(&Trend, u32)> = trend.iter().map(|t| (t, t.weeks.iter().sum::<u32>())).filter(|(_, n)| *n > 0).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.industry.cmp(&b.0.industry)));
    rows.truncate(MAX_ROWS);
    rows
}

/// Returns the picture's text alternative; `None` if there is no picture.
pub fn alt(trend: &[Trend]) -> Option<String> {
    let list: Vec<String> = rows(trend).iter().map(|(t, n)| format!("{} {n} 条（本周 {}）", t.industry, t.weeks[WEEKS - 1])).collect();
    (!list.is_empty()).then(|| format!("近 {WEEKS} 周各行业入选条数：{}", list.join("，")))
}

/// Returns the picture as PNG; `None` if there is nothing to show.
pub fn chart(trend: &[Trend]) -> Option<Vec<u8>> {
    let rows = rows(trend);
    let font = FONT.as_ref().filter(|_| !rows.is_empty())?;
    let mut canvas = Canvas::new(WIDTH, HEAD + rows.len() * ROW + 10);
    let cell = (WIDTH - LABEL - TOTAL) / WEEKS;
    canvas.text(font, "近 8 周各行业入选条数", (8, 24), &Ink { size: 15.0, colour: INK, align: Align::Left });
    for week in 0..WEEKS {
        let name = if week + 1 == WEEKS { "本周".to_owned() } else { format!("前{}周", WEEKS - 1 - week) };
        canvas.text(font, &name, (LABEL + week * cell + cell / 2, HEAD - 8), &Ink { size: 12.0, colour: GREY, align: Align::Centre });
    }
    canvas.text(font, "合计", (WIDTH - 10, HEAD - 8), &Ink { size: 12.0, colour: GREY, align: Align::Right });
    let most = rows.iter().flat_map(|(t, _)| t.weeks).max().unwrap_or(1).max(1);
    for (i, (t, total)) in rows.iter().enumerate() {
        let top = HEAD + i * ROW;
        let base = top + ROW - 9;
        canvas.text(font, &t.industry, (LABEL - 10, base), &Ink { size: 14.0, colour: INK, align: Align::Right });
        for (week, n) in t.weeks.iter().enumerate() {
            let share = f64::from(*n) / f64::from(most);
            canvas.fill(LABEL + week * cell, top, cell - 3, ROW - 3, mix(LIGHT, DARK, share));
            if *n > 0 {
                let ink = if share > 0.45 { PAPER } else { INK };
                canvas.text(font, &n.to_string(), (LABEL + week * cell + cell / 2 - 1, base), &Ink { size: 13.0, colour: ink, align: Align::Centre });
            }
        }
        canvas.text(font, &total.to_string(), (WIDTH - 10, base), &Ink { size: 14.0, colour: INK, align: Align::Right });
    }
    canvas.png()
}

#[allow(clippy::cast_precision_loss)] // some hundred pixels
fn as_width(n: usize) -> f64 {
    n as f64
}

fn mix(a: Rgb, b: Rgb, share: f64) -> Rgb {
    let part = |x: u8, y: u8| (f64::from(x) + (f64::from(y) - f64::from(x)) * share).round() as u8;
    [part(a[0], b[0]), part(a[1], b[1]), part(a[2], b[2])]
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Centre,
    Right,
}

/// Style of a text.
struct Ink {
    size: f32,
    colour: Rgb,
    align: Align,
}

/// Pixels; lengths are in pixels of the mail.
struct Canvas {
    width: usize,
    height: usize,
    points: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width * SCALE, height * SCALE);
        Self { width, height, points: PAPER.repeat(width * height) }
    }

    fn point(&mut self, x: usize, y: usize) -> Option<&mut [u8]> {
        let at = (x < self.width && y < self.height).then_some((y * self.width + x) * 3)?;
        self.points.get_mut(at..at + 3)
    }

    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Rgb) {
        for y in y * SCALE..(y + height) * SCALE {
            for x in x * SCALE..(x + width) * SCALE {
                if let Some(p) = self.point(x, y) {
                    p.copy_from_slice(&colour);
                }
            }
        }
    }

    /// Draws a text on a base line, without characters that the font lacks.
    fn text(&mut self, font: &FontRef<'_>, text: &str, (x, y): (usize, usize), ink: &Ink) {
        let scaled = font.as_scaled(ink.size * SCALE as f32 * 1.4);
        let glyphs: Vec<_> = text.chars().map(|c| font.glyph_id(c)).filter(|g| g.0 != 0).collect();
        let length: f32 = glyphs.iter().map(|g| scaled.h_advance(*g)).sum();
        let x = (x * SCALE) as f32;
        let mut pen = match ink.align {
            Align::Left => x,
            Align::Centre => x - length / 2.0,
            Align::Right => x - length,
        };
        for id in glyphs {
            let glyph = id.with_scale_and_position(scaled.scale(), point(pen, (y * SCALE) as f32));
            pen += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, cover| {
                let at = (bounds.min.x + dx as f32, bounds.min.y + dy as f32);
                if at.0 >= 0.0
                    && at.1 >= 0.0
                    && let Some(p) = self.point(at.0 as usize, at.1 as usize)
                {
                    for (p, c) in p.iter_mut().zip(ink.colour) {
                        *p = (f32::from(*p) + (f32::from(c) - f32::from(*p)) * cover.clamp(0.0, 1.0)).round() as u8;
                    }
                }
            });
        }
    }

    fn png(self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        encoder.write_header().ok()?.write_image_data(&self.points).ok()?;
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(industry: &str, weeks: [u32; WEEKS]) -> Trend {
        Trend { industry: industry.to_owned(), weeks }
    }

    #[test]
    fn the_picture_shows_what_its_words_say() {
        let t = [trend("发制品", [1, 0, 2, 0, 0, 3, 1, 4]), trend("新一代信息技术", [5, 6, 7, 8, 9, 10, 11, 12]), trend("建材", [0; WEEKS])];
        assert_eq!(alt(&t).unwrap(), "近 8 周各行业入选条数：新一代信息技术 68 条（本周 12），发制品 11 条（本周 4）");
        let bytes = chart(&t).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut image = vec![0; decoder.output_buffer_size().unwrap()];
        let info = decoder.next_frame(&mut image).unwrap();
        assert_eq!((info.width, info.height), (1264, ((HEAD + 2 * ROW + 10) * 2) as u32));
        let dark = image.chunks(3).filter(|p| *p == DARK).count();
        assert!(dark > 500, "the busiest cell is dark: {dark}");
        assert!(bytes.len() < 60_000, "{}", bytes.len());
        assert_eq!(chart(&t), Some(bytes), "the same picture each time");
    }

    #[test]
    fn without_items_there_is_no_picture() {
        assert_eq!((chart(&[]), alt(&[trend("建材", [0; WEEKS])])), (None, None));
    }

    #[test]
    fn every_industry_of_the_taxonomy_can_be_written() {
        let t = crate::config::Taxonomy::load(None).unwrap();
        let font = FONT.as_ref().unwrap();
        for name in t.industry_names() {
            assert!(name.chars().all(|c| font.glyph_id(c).0 != 0), "{name}");
        }
    }
}
