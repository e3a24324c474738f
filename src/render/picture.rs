//! Converts an uploaded picture to a PNG of bounded size, which mail programs and Word can show, and drops everything else in the
//! file.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

/// Maximum width and height of a stored picture, in pixels: sharp in print at full text width.
const MAX_WIDTH: u32 = 1_000;
const MAX_HEIGHT: u32 = 1_400;
/// Maximum side of an upload, in pixels, and maximum memory for decoding.
const MAX_SIDE: u32 = 12_000;
const MAX_MEMORY: u64 = 256 << 20;

/// Why a picture is rejected; shown to editors.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Neither PNG nor JPEG.
    #[error("图片只收 PNG 和 JPEG")]
    Format,
    /// Damaged or too large.
    #[error("图片无法读取：文件损坏，或尺寸过大（最长边 {MAX_SIDE} 像素）")]
    Unreadable,
}

/// A picture as stored.
#[derive(Debug)]
pub struct Png {
    pub bytes: Vec<u8>,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
}

/// Reads a PNG or JPEG, scales down a large one, and encodes it as PNG. Drops metadata, such as the place where a photograph was
/// taken.
///
/// # Errors
/// If the format is another one, or the picture cannot be read.
pub fn read_picture(upload: &[u8]) -> Result<Png, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(upload)).with_guessed_format().map_err(|_| PictureError::Format)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return Err(PictureError::Format);
    }
    if reader.format() == Some(ImageFormat::Jpeg) && !jpeg_is_whole(upload) {
        return Err(PictureError::Unreadable);
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(MAX_SIDE), Some(MAX_SIDE), Some(MAX_MEMORY));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| PictureError::Unreadable)?;
    if decoder.total_bytes() > MAX_MEMORY {
        return Err(PictureError::Unreadable);
    }
    // cameras store the picture unrotated, with its orientation
    let orientation = decoder.orientation().map_err(|_| PictureError::Unreadable)?;
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(|_| PictureError::Unreadable)?;
    decoded.apply_orientation(orientation);
    if decoded.width() > MAX_WIDTH || decoded.height() > MAX_HEIGHT {
        decoded = decoded.thumbnail(MAX_WIDTH, MAX_HEIGHT);
    }
    // mail programs show eight bits per channel
    let decoded = if decoded.color().has_alpha() { DynamicImage::from(decoded.to_rgba8()) } else { DynamicImage::from(decoded.to_rgb8()) };
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    decoded.write_with_encoder(encoder).map_err(|_| PictureError::Unreadable)?;
    Ok(Png { bytes, width: decoded.width(), height: decoded.height() })
}

/// Whether the end marker follows the last scan (ITU-T T.81, B.1.1.3). The decoder would fill a missing part with grey.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|w| w == [0xff, marker]);
    last(0xd9) > last(0xda)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn pictures_become_small_pngs() {
        for (format, size, kept) in [(ImageFormat::Png, (300, 200), (300, 200)), (ImageFormat::Jpeg, (3_000, 1_500), (1_000, 500))] {
            let png = read_picture(&encoded(size.0, size.1, format)).unwrap();
            assert_eq!((png.width, png.height), kept);
            assert!(png.bytes.starts_with(b"\x89PNG"));
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(matches!(read_picture(b"<svg onload=alert(1)>"), Err(PictureError::Format)));
        assert!(matches!(read_picture(b""), Err(PictureError::Format)));
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let cut = encoded(300, 200, format);
            assert!(matches!(read_picture(&cut[..cut.len() - 20]), Err(PictureError::Unreadable)), "{format:?}");
        }
        // a decompression bomb: a small file that claims an enormous size
        let mut bomb = encoded(8, 8, ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        assert!(matches!(read_picture(&bomb), Err(PictureError::Unreadable)));
    }
}
