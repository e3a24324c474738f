//! The picture of a scanned page → a straight grey picture for text recognition.
//!
//! The skew is the angle whose row sums of ink differ most (Postl, "Detection of linear oblique structures and skew scan in digitized
//! documents", ICPR 1986).

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, Limits, Luma, RgbImage};
use serde::{Deserialize, Serialize};

/// Largest picture, in pixels per side and bytes decoded: an A3 page of 300 dpi takes 52 MB.
const MAX_SIDE: u32 = 10_000;
const MAX_BYTES: u64 = 120 << 20;
/// Smaller pictures hold no text worth reading.
const MIN_SIDE: u32 = 200;
/// A picture narrower than this, in pixels, is a page of low resolution and is enlarged: A4 at 240 dpi has 1,984.
const NARROW: u32 = 1_300;
/// Width for finding the skew.
const SKEW_WIDTH: u32 = 800;
/// Largest skew, in tenths of a degree; searched in steps of two.
const MAX_SKEW: i32 = 60;
/// Smallest skew that is corrected; text recognition copes with less.
const MIN_SKEW: i32 = 4;
/// Grey below which a pixel counts as ink.
const INK: u8 = 140;
/// Share of red pixels from which a page has a stamp: one in so many.
const RED_SHARE: usize = 3_000;

/// A page made ready, as PNG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanPage {
    #[serde(with = "base64_text")]
    pub grey: Vec<u8>,
    /// Without what is printed in red: stamps cover the text. `None` if there is nothing red.
    #[serde(with = "base64_text")]
    pub without_red: Vec<u8>,
}

/// Makes a page ready; `None` if the picture is too small to hold text.
///
/// # Errors
/// The picture is damaged or too large.
pub fn clean(bytes: &[u8]) -> Result<Option<CleanPage>, String> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(MAX_SIDE), Some(MAX_SIDE), Some(MAX_BYTES));
    reader.limits(limits);
    let picture = reader.decode().map_err(|e| e.to_string())?;
    if picture.width() < MIN_SIDE || picture.height() < MIN_SIDE / 2 {
        return Ok(None);
    }
    let picture = flat(&picture);
    let grey = enlarged(imageops::grayscale(&picture));
    let skew = skew(&grey);
    let red = red_channel(&picture).map(enlarged);
    drop(picture);
    let png = |page: &GrayImage| {
        let mut out = Cursor::new(Vec::new());
        straight(page, skew).write_to(&mut out, ImageFormat::Png).map_err(|e| e.to_string())?;
        Ok::<_, String>(out.into_inner())
    };
    Ok(Some(CleanPage { grey: png(&grey)?, without_red: red.as_ref().map(png).transpose()?.unwrap_or_default() }))
}

/// Returns the picture on white paper.
fn flat(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let with_alpha = picture.to_rgba8();
    RgbImage::from_fn(with_alpha.width(), with_alpha.height(), |x, y| {
        let [r, g, b, a] = with_alpha.get_pixel(x, y).0;
        let on_white = |c: u8| u8::try_from((u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a))) / 255).unwrap_or(255);
        image::Rgb([on_white(r), on_white(g), on_white(b)])
    })
}

fn enlarged(page: GrayImage) -> GrayImage {
    if page.width() >= NARROW {
        return page;
    }
    imageops::resize(&page, page.width() * 2, page.height() * 2, FilterType::CatmullRom)
}

/// Returns the red channel, in which red is as white as the paper; `None` if hardly anything is red.
fn red_channel(picture: &RgbImage) -> Option<GrayImage> {
    let is_red = |p: &image::Rgb<u8>| p.0[0] > 130 && i16::from(p.0[0]) - i16::from(p.0[1].max(p.0[2])) > 50;
    let red = picture.pixels().filter(|p| is_red(p)).count();
    let pixels = picture.width() as usize * picture.height() as usize;
    (red * RED_SHARE > pixels).then(|| GrayImage::from_fn(picture.width(), picture.height(), |x, y| Luma([picture.get_pixel(x, y).0[0]])))
}

/// Returns the angle of the lines, in tenths of a degree; positive if they fall to the right.
fn skew(page: &GrayImage) -> i32 {
    let height = u32::try_from(u64::from(page.height()) * u64::from(SKEW_WIDTH) / u64::from(page.width().max(1))).unwrap_or(MAX_SIDE);
    let small = imageops::resize(page, SKEW_WIDTH, height.clamp(1, MAX_SIDE), FilterType::Triangle);
    let ink: Vec<(f32, f32)> = small.enumerate_pixels().filter(|(.., p)| p.0[0] < INK).map(|(x, y, _)| (coordinate(x), coordinate(y))).collect();
    let spread = |tenths: i32| {
        let slope = radians(tenths).tan();
        let mut rows = vec![0_u64; small.height() as usize + 1];
        for (x, y) in &ink {
            if let Some(row) = rows.get_mut(whole(y - x * slope)) {
                *row += 1;
            }
        }
        rows.iter().map(|n| n * n).sum::<u64>()
    };
    (-MAX_SKEW / 2..=MAX_SKEW / 2)
        .map(|half| half * 2)
        .max_by_key(|angle| (spread(*angle), -angle.abs()))
        .filter(|a| a.abs() >= MIN_SKEW)
        .unwrap_or(0)
}

/// Turns a page by its skew, around its middle.
fn straight(page: &GrayImage, skew: i32) -> GrayImage {
    if skew == 0 {
        return page.clone();
    }
    let (sin, cos) = radians(skew).sin_cos();
    let (middle_x, middle_y) = (coordinate(page.width()) / 2.0, coordinate(page.height()) / 2.0);
    GrayImage::from_fn(page.width(), page.height(), |x, y| {
        let (dx, dy) = (coordinate(x) - middle_x, coordinate(y) - middle_y);
        imageops::interpolate_bilinear(page, middle_x + dx * cos - dy * sin, middle_y + dx * sin + dy * cos).unwrap_or(Luma([255]))
    })
}

fn radians(tenths: i32) -> f32 {
    f32::from(i16::try_from(tenths).unwrap_or(0)).to_radians() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "at most MAX_SIDE")]
fn coordinate(n: u32) -> f32 {
    n as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most MAX_SIDE; above the page counts as its first row")]
fn whole(n: f32) -> usize {
    n.max(0.0) as usize
}

mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws lines of bars that fall to the right by a slope, and a red square.
    fn page(slope: f32, red: bool) -> Vec<u8> {
        let picture = RgbImage::from_fn(1_400, 1_000, |x, y| {
            let row = coordinate(y) - coordinate(x) * slope;
            let is_ink = whole(row) % 50 < 20 && x % 30 < 24 && (100..1_300).contains(&x) && row > 100.0;
            match () {
                () if red && (300..500).contains(&x) && (300..500).contains(&y) && !is_ink => image::Rgb([220, 30, 30]),
                () if is_ink => image::Rgb([0, 0, 0]),
                () => image::Rgb([255, 255, 255]),
            }
        });
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn lines_become_level_and_stamps_vanish() {
        for (slope, expected) in [(0.0_f32, 0), (0.0524, 30), (-0.0262, -14)] {
            let grey = image::load_from_memory(&clean(&page(slope, false)).unwrap().unwrap().grey).unwrap().to_luma8();
            let before = image::load_from_memory(&page(slope, false)).unwrap().to_luma8();
            assert!((skew(&before) - expected).abs() <= 2, "{slope}: {}", skew(&before));
            assert!(skew(&grey).abs() <= 4, "{slope}: {}", skew(&grey));
        }
        let stamped = clean(&page(0.0, true)).unwrap().unwrap();
        let without = image::load_from_memory(&stamped.without_red).unwrap().to_luma8();
        assert!(without.get_pixel(325, 330).0[0] > 200, "the stamp is gone");
        assert!(clean(&page(0.0, false)).unwrap().unwrap().without_red.is_empty());
    }

    #[test]
    fn damaged_and_tiny_pictures_are_refused() {
        assert!(clean(b"\x89PNG garbage").is_err());
        let mut out = Cursor::new(Vec::new());
        GrayImage::new(20, 20).write_to(&mut out, ImageFormat::Png).unwrap();
        assert_eq!(clean(&out.into_inner()), Ok(None));
    }
}
