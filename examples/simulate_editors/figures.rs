//! Figures of made-up editors.

use std::fmt::Write as _;

/// What a draft was worth.
#[derive(Debug, Clone, Copy, Default)]
pub struct DraftFigures {
    /// Share of the proposed items that the editor wanted.
    pub precision: f64,
    /// Items dropped and added, and items moved to another column.
    pub edits: usize,
    pub moves: usize,
}

/// An issue.
#[derive(Debug, Clone, Default)]
pub struct IssueRow {
    pub learned: DraftFigures,
    pub before: DraftFigures,
    /// With the taste known.
    pub foreseen: DraftFigures,
    /// Probability to be kept and outcome of each proposed item.
    pub forecasts: Vec<(f64, bool)>,
    pub share: f32,
    /// Time of the training.
    pub seconds: f64,
}

/// Issues of which the mean is printed: those around a number.
const AROUND: [(usize, std::ops::Range<usize>); 5] = [(1, 0..3), (10, 7..12), (30, 27..32), (40, 37..42), (60, 55..60)];

/// Without learning, with it, with the taste known.
const DRAFTS: [fn(&IssueRow) -> &DraftFigures; 3] = [|r| &r.before, |r| &r.learned, |r| &r.foreseen];

/// Prints the figures of an editor, the mean of several runs: without learning, with it, with the taste known.
pub fn print_summary(name: &str, runs: &[Vec<IssueRow>]) {
    let mean = |range: &std::ops::Range<usize>, of: &dyn Fn(&IssueRow) -> f64| {
        let rows: Vec<f64> = runs.iter().flat_map(|r| r.iter().skip(range.start).take(range.len())).map(of).collect();
        rows.iter().sum::<f64>() / rows.len().max(1) as f64
    };
    let mut line = format!("{name:<22}");
    for (n, range) in &AROUND {
        let [before, learned, foreseen] = DRAFTS.map(|of| 100.0 * mean(range, &|r| of(r).precision));
        write!(line, " {n}: {before:.0} {learned:.0} {foreseen:.0}").expect("a string takes all");
    }
    for (n, range) in &AROUND {
        let [before, learned, foreseen] = DRAFTS.map(|of| mean(range, &|r| of(r).edits as f64));
        write!(line, "  edits {n}: {before:.1} {learned:.1} {foreseen:.1}").expect("a string takes all");
    }
    let gains: Vec<f64> = runs.iter().flatten().skip(10).map(|r| r.learned.precision - r.before.precision).collect();
    let gain = gains.iter().sum::<f64>() / gains.len() as f64;
    let error = 1.96 * (gains.iter().map(|g| (g - gain).powi(2)).sum::<f64>() / gains.len() as f64 / gains.len() as f64).sqrt();
    let mut forecasts: Vec<(f64, bool)> = runs.iter().flatten().flat_map(|r| r.forecasts.clone()).collect();
    forecasts.sort_by(|a, b| (a.0 - 0.5).abs().total_cmp(&(b.0 - 0.5).abs()));
    let wrong = |part: &[(f64, bool)]| part.iter().filter(|(p, wanted)| (*p >= 0.5) != *wanted).count() as f64 / part.len().max(1) as f64;
    let (unsure, sure) = forecasts.split_at(forecasts.len() / 10);
    let slowest = runs.iter().flatten().map(|r| r.seconds).fold(0.0, f64::max);
    println!(
        "{line}  gain {:.1} ± {:.1}  calibration {:.3}  errors {:.2}/{:.2}  training ≤ {slowest:.1} s",
        100.0 * gain,
        100.0 * error,
        calibration(&forecasts),
        wrong(unsure),
        wrong(sure)
    );
}

fn calibration(forecasts: &[(f64, bool)]) -> f64 {
    let mut bins = [(0.0, 0.0); 10];
    for (p, wanted) in forecasts {
        let bin = &mut bins[(0..10).rev().find(|n| *p >= *n as f64 / 10.0).unwrap_or(0)];
        *bin = (bin.0 + p, bin.1 + f64::from(u8::from(*wanted)));
    }
    bins.iter().map(|(p, wanted)| (p - wanted).abs()).sum::<f64>() / forecasts.len().max(1) as f64
}
