//! Figures over time as a line, as a picture for document, mail and console. Every point has its number or lies between two that have one.

use super::{Align, Canvas, DARK, FONT, GREY, INK, Ink, Rgb, WIDTH, as_width};
use crate::model::{FigureRow, Figures, printed};

const HEIGHT: usize = 210;
const LEFT: usize = 76;
const RIGHT: usize = 40;
const TOP: usize = 44;
const BOTTOM: usize = 34;
/// Lines across, with their values.
const GRID: usize = 4;
const GRID_COLOUR: Rgb = [0xdd, 0xdd, 0xdd];
/// Half of a point's side.
const POINT: usize = 3;
/// Fewest pixels between two names of periods.
const NAME: usize = 46;
/// Room above and below the line, as a share of its height.
const MARGIN: f64 = 0.12;

/// Returns the picture of figures as PNG; `None` for fewer than two.
pub fn line(figures: &Figures) -> Option<Vec<u8>> {
    let rows: &[FigureRow] = &figures.rows;
    let font = FONT.as_ref().filter(|_| rows.len() > 1)?;
    let (low, high) = range(rows);
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let x = |at: usize| LEFT + width * at / (rows.len() - 1);
    let y = |value: f64| TOP + (((high - value) / (high - low)).clamp(0.0, 1.0) * as_width(height)).round() as usize;
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    canvas.text(font, &figures.caption(), (8, 22), &Ink { size: 13.0, colour: INK, align: Align::Left });
    let decimals = rows.iter().map(|r| r.decimals).max().unwrap_or_default();
    for n in 0..=GRID {
        let value = low + (high - low) * as_width(n) / as_width(GRID);
        canvas.fill(LEFT, y(value), width, 1, if n == 0 { GREY } else { GRID_COLOUR });
        canvas.text(font, &printed(value, decimals), (LEFT - 8, y(value) + 4), &Ink { size: 10.0, colour: GREY, align: Align::Right });
    }
    for (at, pair) in rows.windows(2).enumerate() {
        if let [a, b] = pair {
            segment(&mut canvas, (x(at), y(a.value)), (x(at + 1), y(b.value)));
        }
    }
    let extremes = extremes(rows);
    let every = (rows.len() * NAME).div_ceil(width).max(1);
    for (at, row) in rows.iter().enumerate() {
        let (x, y) = (x(at), y(row.value));
        canvas.fill(x - POINT, y - POINT, 2 * POINT, 2 * POINT, DARK);
        if extremes.contains(&at) {
            canvas.text(font, &row.printed(), (x, y - 7), &Ink { size: 11.0, colour: INK, align: Align::Centre });
        }
        // counted from the newest, which always has its name
        if (rows.len() - 1 - at).is_multiple_of(every) {
            canvas.text(font, &row.period.short(), (x, HEIGHT - 12), &Ink { size: 10.0, colour: GREY, align: Align::Centre });
        }
    }
    canvas.png()
}

/// Returns the values of the lowest and highest line.
fn range(rows: &[FigureRow]) -> (f64, f64) {
    let low = rows.iter().map(|r| r.value).fold(f64::INFINITY, f64::min);
    let high = rows.iter().map(|r| r.value).fold(f64::NEG_INFINITY, f64::max);
    let margin = ((high - low) * MARGIN).max(high.abs().max(1.0) * 0.005);
    // a level is never below zero: its axis is not either
    let bottom = low - margin;
    (if low >= 0.0 { bottom.max(0.0) } else { bottom }, high + margin)
}

/// Returns the places of the newest, highest and lowest figure.
fn extremes(rows: &[FigureRow]) -> [usize; 3] {
    let by_value = |a: &(usize, &FigureRow), b: &(usize, &FigureRow)| a.1.value.total_cmp(&b.1.value);
    let place = |found: Option<(usize, &FigureRow)>| found.map_or(0, |(at, _)| at);
    [rows.len() - 1, place(rows.iter().enumerate().max_by(by_value)), place(rows.iter().enumerate().min_by(by_value))]
}

/// Draws a line between two points, one column of pixels after the other.
fn segment(canvas: &mut Canvas, (x1, y1): (usize, usize), (x2, y2): (usize, usize)) {
    let height = |x: usize| {
        let share = as_width(x - x1) / as_width((x2 - x1).max(1));
        as_width(y1) + (as_width(y2) - as_width(y1)) * share
    };
    for x in x1..x2 {
        let (a, b) = (height(x), height(x + 1));
        let (top, bottom) = (a.min(b).floor() as usize, a.max(b).ceil() as usize);
        canvas.fill(x, top.saturating_sub(1), 1, (bottom - top).max(1) + 1, DARK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Period;

    fn figures(values: &[f64]) -> Figures {
        let row =
            |(n, value): (u32, &f64)| FigureRow { period: Period::Month(2026, n), value: *value, decimals: 1, on_year: None, on_previous: None };
        Figures {
            name: "发制品出口额".to_owned(),
            unit: "亿元".to_owned(),
            cumulative: false,
            publisher: "海关".to_owned(),
            rows: (1..).zip(values).map(row).collect(),
        }
    }

    #[test]
    fn a_line_is_drawn_from_two_figures_on() {
        assert!(line(&figures(&[1.0])).is_none() && line(&figures(&[])).is_none());
        let bytes = line(&figures(&[12.3, 11.9, 13.4, 10.2])).unwrap();
        assert!(bytes.len() < 60_000 && line(&figures(&[12.3, 11.9, 13.4, 10.2])) == Some(bytes));
        for odd in [&[0.0, 0.0][..], &[-3.0, 5.0], &[1e15, 1.0], &[0.001, 0.002]] {
            assert!(line(&figures(odd)).is_some(), "{odd:?}");
        }
    }
}
