//! A document → the figures of one of its tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use serde::{Deserialize, Serialize};

use crate::model::{Frequency, Period, SeriesSettings};
use crate::series::error::Part;
use crate::series::layout::{self, Taken, WrittenFigure, chosen};
use crate::series::table::{Table, Tables};
use crate::series::unit::Unit;
use crate::series::{SeriesError, delimited, json, page, workbook};

/// Most periods that are kept of a document, the newest ones.
const MAX_FIGURES: usize = 2_000;
/// A table counts as the one with the figures if it has this many times as many as any other.
const CLEAR_LEAD: usize = 3;
/// Most decimals of a converted figure.
const MAX_DECIMALS: i32 = 4;

/// A period with its figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub period: Period,
    pub value: f64,
    pub decimals: u8,
}

impl Figure {
    /// Returns it in another unit, with as many decimals as the figure needs.
    pub(super) fn scaled(self, factor: f64) -> Self {
        if is_same(factor, 1.0) {
            return self;
        }
        #[expect(clippy::cast_possible_truncation, reason = "within the powers of a float")]
        let shift = factor.log10().round() as i32;
        let places = u8::try_from((i32::from(self.decimals) - shift).clamp(0, MAX_DECIMALS)).unwrap_or_default();
        let text = crate::model::printed(self.value * factor, places);
        let needed = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
        Self { value: text.parse().unwrap_or(self.value * factor), decimals: u8::try_from(needed).unwrap_or(places), ..self }
    }
}

/// What a document tells of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesRead {
    /// Caption of the table, its sheet or path.
    pub caption: String,
    /// Heads of the columns that were taken.
    pub period_head: String,
    pub value_head: String,
    /// As it is written or set.
    pub unit: Option<String>,
    pub frequency: Frequency,
    pub is_cumulative: bool,
    /// Oldest first.
    pub figures: Vec<Figure>,
    /// Periods that stand there twice with different values; they are not taken.
    pub conflicting: Vec<Period>,
    /// Cells that are no figures of this series.
    pub left_out: usize,
    /// The charset, if many characters cannot be read in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub garbled: Option<String>,
}

/// Reads a workbook; `None` if the bytes are none.
///
/// # Errors
/// It has no such figures, or is too large.
pub fn read_workbook(bytes: &[u8], settings: &SeriesSettings) -> Option<Result<SeriesRead, SeriesError>> {
    workbook::is_zip(bytes).then(|| {
        let mut tables = workbook::read(bytes)?.tables;
        if let Some(name) = &settings.sheet {
            let known: Vec<String> = tables.iter().map(|t| t.caption.clone()).collect();
            let choice = crate::model::Choice::parse(name).ok_or(SeriesError::NoTable)?;
            let at = chosen(&choice, &known).ok_or_else(|| SeriesError::no_such(Part::Sheet, &choice, known))?;
            tables = vec![tables.swap_remove(at)];
        }
        of_tables(&tables, settings)
    })
}

/// Reads JSON, HTML or CSV, whichever it is.
///
/// # Errors
/// It has no such figures, or is too large.
pub fn read_text(text: &str, settings: &SeriesSettings) -> Result<SeriesRead, SeriesError> {
    let Tables { tables, .. } = match text.trim_start_matches('\u{feff}').trim_start().as_bytes().first() {
        Some(b'{' | b'[') => json::read(text.trim_start_matches('\u{feff}'), settings.rows.as_deref())?,
        Some(b'<') => page::read(text)?,
        Some(_) => delimited::read(text)?,
        None => return Err(SeriesError::NoTable),
    };
    of_tables(&tables, settings)
}

fn of_tables(tables: &[Table], settings: &SeriesSettings) -> Result<SeriesRead, SeriesError> {
    if let Some(choice) = &settings.table {
        let names: Vec<String> = tables.iter().map(name_of).collect();
        let at =
            chosen(choice, &names).ok_or_else(|| SeriesError::no_such(Part::Table, choice, tables.iter().map(|t| t.caption.clone()).collect()))?;
        return tables.get(at).ok_or(SeriesError::NoTable).and_then(|t| of_table(t, settings));
    }
    let (mut found, mut failed): (Vec<SeriesRead>, Option<SeriesError>) = (Vec::new(), None);
    for table in tables {
        match of_table(table, settings) {
            Ok(read) => found.push(read),
            // what a table with periods lacks says more than that another one has none
            Err(e) if matches!(failed, None | Some(SeriesError::NoPeriods | SeriesError::NoTable)) => failed = Some(e),
            Err(_) => {}
        }
    }
    found.sort_by_key(|r| std::cmp::Reverse(r.figures.len()));
    let lead = |r: &[SeriesRead]| r.first().zip(r.get(1)).is_none_or(|(a, b)| a.figures.len() >= b.figures.len() * CLEAR_LEAD);
    if found.is_empty() {
        return Err(failed.unwrap_or(SeriesError::NoTable));
    }
    if !lead(&found) {
        return Err(SeriesError::SeveralTables(found.into_iter().map(|r| if r.caption.is_empty() { r.value_head } else { r.caption }).collect()));
    }
    Ok(found.swap_remove(0))
}

/// Returns what a table is found by: its caption and first row.
fn name_of(table: &Table) -> String {
    format!("{} {}", table.caption, table.rows.first().map(|r| r.join(" ")).unwrap_or_default())
}

fn of_table(table: &Table, settings: &SeriesSettings) -> Result<SeriesRead, SeriesError> {
    let Taken { period, value, unit, figures, mut left_out } = layout::take(table, settings)?;
    let (shown_unit, target) = target_unit(unit, settings)?;
    let frequency = settings.frequency.or_else(|| frequency_of(&figures)).ok_or(SeriesError::NoValues)?;
    let is_cumulative = settings.cumulative.unwrap_or_else(|| {
        let sums = figures.iter().filter(|f| f.is_cumulative).count();
        sums * 2 > figures.iter().filter(|f| !is_first_of_year(f.period)).count()
    });
    let (mut by_period, mut conflicting): (BTreeMap<Period, Figure>, BTreeSet<Period>) = (BTreeMap::new(), BTreeSet::new());
    for f in figures {
        let is_other_kind = f.is_cumulative != is_cumulative && !is_first_of_year(f.period) && (settings.cumulative != Some(true));
        let factor = factor_of(&f, &target);
        let Some((period, factor)) = fitted(f.period, frequency).zip(factor).filter(|_| !is_other_kind) else {
            left_out += 1;
            continue;
        };
        let figure = Figure { period, value: f.value, decimals: f.decimals }.scaled(factor);
        let figure = Figure { decimals: settings.decimals.unwrap_or(figure.decimals), ..figure };
        match by_period.get(&period) {
            Some(known) if !is_same(known.value, figure.value) => drop(conflicting.insert(period)),
            Some(_) => {}
            None => drop(by_period.insert(period, figure)),
        }
    }
    if conflicting.len() * 2 > by_period.len() {
        return Err(SeriesError::SeveralRows);
    }
    by_period.retain(|p, _| !conflicting.contains(p));
    if by_period.is_empty() {
        return Err(SeriesError::NoValues);
    }
    let figures: Vec<Figure> = by_period.into_values().collect();
    let figures = figures.get(figures.len().saturating_sub(MAX_FIGURES)..).map(<[Figure]>::to_vec).unwrap_or_default();
    Ok(SeriesRead {
        caption: table.caption.clone(),
        period_head: period,
        value_head: value,
        unit: shown_unit,
        frequency,
        is_cumulative,
        figures,
        conflicting: conflicting.into_iter().collect(),
        left_out,
        garbled: None,
    })
}

/// The unit of the figures, and the one that they are converted to.
type Conversion = (Option<Unit>, Option<Unit>);

/// Returns the unit to show, and that of the figures with the one that they are converted to.
fn target_unit(read: Option<Unit>, settings: &SeriesSettings) -> Result<(Option<String>, Conversion), SeriesError> {
    let wanted = settings.unit.as_deref().and_then(Unit::parse);
    if let (Some(read), Some(wanted)) = (&read, &wanted)
        && read.to(wanted).is_none()
    {
        return Err(SeriesError::OtherUnit { read: read.text().to_owned(), wanted: wanted.text().to_owned() });
    }
    let shown = settings.unit.clone().or_else(|| read.as_ref().map(|u| u.text().to_owned()));
    let target = wanted.or_else(|| if settings.unit.is_none() { read.clone() } else { None });
    Ok((shown, (read, target)))
}

/// Returns by what a figure is multiplied; `None` if its own unit is another one.
fn factor_of(f: &WrittenFigure, (read, target): &Conversion) -> Option<f64> {
    match (f.unit.as_ref().or(read.as_ref()), target) {
        (Some(own), Some(target)) => own.to(target),
        _ => Some(1.0),
    }
}

pub(super) fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn is_first_of_year(period: Period) -> bool {
    matches!(period, Period::Month(_, 1) | Period::Quarter(_, 1) | Period::Year(_))
}

/// Returns how often figures appear: as most periods say. Days that are the first or last of different months are months.
fn frequency_of(figures: &[WrittenFigure]) -> Option<Frequency> {
    let count = |frequency| figures.iter().filter(|f| f.period.frequency() == frequency).count();
    let most = Frequency::ALL.into_iter().max_by_key(|f| count(*f)).filter(|f| count(*f) > 0)?;
    if most != Frequency::Day {
        return Some(most);
    }
    let days = || figures.iter().filter_map(|f| if let Period::Day(day) = f.period { Some(day) } else { None });
    let months: BTreeSet<(i32, u32)> = days().map(|d| (d.year(), d.month())).collect();
    let is_end = |d: chrono::NaiveDate| d.succ_opt().is_some_and(|next| next.day() == 1);
    let is_monthly = months.len() == days().count() && months.len() > 2 && (days().all(|d| d.day() == 1) || days().all(is_end));
    Some(if is_monthly { Frequency::Month } else { Frequency::Day })
}

/// Returns the period of this frequency that a finer one stands for: the quarter of its last month, the year of its December.
fn fitted(period: Period, frequency: Frequency) -> Option<Period> {
    if period.frequency() == frequency {
        return Some(period);
    }
    match (period, frequency) {
        (Period::Day(day), Frequency::Week) => Period::week(day.iso_week().year(), day.iso_week().week()),
        (Period::Day(day), Frequency::Month) => Period::month(day.year(), day.month()),
        (Period::Day(day), Frequency::Quarter) => fitted(Period::Month(day.year(), day.month()), frequency),
        (Period::Day(day), Frequency::Year) => Period::year(day.year()),
        (Period::Month(year, month), Frequency::Quarter) => month.is_multiple_of(3).then(|| Period::quarter(year, month / 3))?,
        (Period::Month(year, 12) | Period::Quarter(year, 4), Frequency::Year) => Period::year(year),
        _ => None,
    }
}
