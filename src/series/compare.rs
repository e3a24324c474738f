//! 同比 and 环比: a period beside the same one of the year before, and beside the one before.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::model::{FigureChange, FigureRow, Period};
use crate::series::read::Figure;
use crate::series::unit::Unit;

/// Prices rest on holidays: the day before is the last one within this time.
const MAX_REST: TimeDelta = TimeDelta::days(10);

/// The figures of a series by period.
pub type ByPeriod = BTreeMap<Period, Figure>;

/// How figures of a series compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Rates differ by percentage points.
    pub is_rate: bool,
    /// Sums from January have no period before.
    pub is_cumulative: bool,
}

impl Scale {
    pub fn of(unit: Option<&str>, is_cumulative: bool) -> Self {
        Self { is_rate: unit.and_then(Unit::parse).is_some_and(|u| u.is_rate()), is_cumulative }
    }

    /// Returns the change between two figures; none from zero or below, or to below zero, where percents mislead.
    pub fn change(self, before: f64, now: f64) -> Option<FigureChange> {
        if self.is_rate {
            return Some(FigureChange::Points(now - before));
        }
        let change = (now / before - 1.0) * 100.0;
        (before > 0.0 && now >= 0.0 && change.is_finite()).then_some(FigureChange::Percent(change))
    }

    /// Returns a period as it is printed, with its changes.
    pub fn row(self, figures: &ByPeriod, figure: Figure) -> FigureRow {
        let Figure { period, value, decimals } = figure;
        let change = |from: Option<&Figure>| from.and_then(|f| self.change(f.value, value));
        let year = period.year_before().and_then(|p| figures.get(&p));
        let previous = previous(figures, period).filter(|_| !self.is_cumulative && !matches!(period, Period::Year(_)));
        FigureRow { period, value, decimals, on_year: change(year), on_previous: change(previous) }
    }
}

/// Returns the figure before: of the period before, or of the last day with one.
fn previous(figures: &ByPeriod, period: Period) -> Option<&Figure> {
    let Period::Day(day) = period else { return figures.get(&period.previous()?) };
    let (last, figure) = figures.range(..period).next_back()?;
    matches!(last, Period::Day(d) if day - *d <= MAX_REST).then_some(figure)
}
