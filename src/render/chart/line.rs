//! Figures over time as a line, as a picture for document, mail and console. Every point has its number or lies between two that have one.

use super::{Align, Canvas, DARK, FONT, GREY, INK, Ink, Rgb, WIDTH, as_width};
use crate::model::{FigureRow, Figures, printed};

const HEIGHT: usize = 250;
const LEFT: usize = 84;
const RIGHT: usize = 40;
const TOP: usize = 44;
const BOTTOM: usize = 52;
/// Steps of the axis, about.
const GRID: usize = 4;
const GRID_COLOUR: Rgb = [0xdd, 0xdd, 0xdd];
/// Half of a point's side.
const POINT: usize = 3;
/// Fewest pixels between two names of periods.
const NAME: usize = 62;

/// Returns the picture of figures as PNG; `None` for fewer than two.
pub fn line(figures: &Figures) -> Option<Vec<u8>> {
    let rows: &[FigureRow] = &figures.rows;
    let font = FONT.as_ref().filter(|_| rows.len() > 1)?;
    let (low, high, step, decimals) = axis(rows);
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let x = |at: usize| LEFT + width * at / (rows.len() - 1);
    let y = |value: f64| TOP + (((high - value) / (high - low)).clamp(0.0, 1.0) * as_width(height)).round() as usize;
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    if !figures.unit.is_empty() {
        canvas.text(font, &format!("单位：{}", figures.unit), (8, 20), &Ink { size: 13.0, colour: GREY, align: Align::Left });
    }
    let lines = ((high - low) / step).round() as usize;
    for n in 0..=lines {
        let value = low + step * as_width(n);
        canvas.fill(LEFT, y(value), width, 1, if n == 0 { GREY } else { GRID_COLOUR });
        canvas.text(font, &printed(value, decimals), (LEFT - 8, y(value) + 5), &Ink { size: 13.0, colour: GREY, align: Align::Right });
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
            // the number of the lowest point stands below it, where no line is
            let base = if at == extremes[2] && at != extremes[1] { y + 19 } else { y - 8 };
            canvas.text(font, &row.printed(), (x, base), &Ink { size: 13.0, colour: INK, align: Align::Centre });
        }
        // counted from the newest, which always has its name
        if (rows.len() - 1 - at).is_multiple_of(every) {
            canvas.text(font, &row.period.short(), (x, HEIGHT - 10), &Ink { size: 13.0, colour: GREY, align: Align::Centre });
        }
    }
    canvas.png()
}

/// Returns the values of the lowest and highest line, the step between two, and the decimals that it needs.
fn axis(rows: &[FigureRow]) -> (f64, f64, f64, u8) {
    let low = rows.iter().map(|r| r.value).fold(f64::INFINITY, f64::min);
    let high = rows.iter().map(|r| r.value).fold(f64::NEG_INFINITY, f64::max);
    let least = ((high - low) / as_width(GRID)).max(high.abs() * 0.002).max(1e-4);
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().map(|n| n * power).find(|s| *s >= least).unwrap_or(10.0 * power);
    let (bottom, top) = ((low / step).floor() * step, (high / step).ceil() * step);
    let decimals = (0..4_u8).find(|n| step >= 0.1_f64.powi(i32::from(*n)) * 0.99).unwrap_or(4);
    (bottom, if top > bottom { top } else { bottom + step }, step, decimals)
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
