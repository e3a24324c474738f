//! Where a table holds its periods and values: in two columns, in columns by year, or in rows.

use crate::knowledge::SERIES;
use crate::model::{Choice, Period, SeriesSettings};
use crate::series::SeriesError;
use crate::series::cell::{self, Cell};
use crate::series::error::Part;
use crate::series::fold::folded;
use crate::series::period::{PartOfYear, WrittenPeriod, heading_year};
use crate::series::table::Table;
use crate::series::unit::{self, Unit};

/// Rows above the first figures that may be heads.
const MAX_HEADS: usize = 6;

/// A figure as its cell writes it.
#[derive(Debug, Clone)]
pub(super) struct WrittenFigure {
    pub(super) period: Period,
    pub(super) is_cumulative: bool,
    pub(super) value: f64,
    pub(super) decimals: u8,
    pub(super) unit: Option<Unit>,
}

/// The figures of a table, and where they stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    pub(super) period: String,
    pub(super) value: String,
    pub(super) unit: Option<Unit>,
    pub(super) figures: Vec<WrittenFigure>,
    /// Cells with a text instead of a figure, and periods without a year.
    pub(super) left_out: usize,
}

/// What a cell may be.
struct Parsed {
    period: Option<WrittenPeriod>,
    cell: Cell,
}

impl Parsed {
    fn of(text: &str) -> Self {
        Self { period: WrittenPeriod::read(text), cell: cell::read(text) }
    }

    fn is_number(&self) -> bool {
        matches!(self.cell, Cell::Number { .. }) && self.period.is_none()
    }
}

/// Finds the figures of a table.
pub(super) fn take(table: &Table, settings: &SeriesSettings) -> Result<Taken, SeriesError> {
    let rows = chosen_rows(table, settings)?;
    let parsed: Vec<Vec<Parsed>> = rows.iter().map(|r| r.iter().map(|c| Parsed::of(c)).collect()).collect();
    let grid = Grid { table, rows, parsed };
    match grid.head_of_periods() {
        Some(head) if grid.is_matrix(head) => Ok(grid.matrix(head)),
        Some(head) if !grid.has_period_rows(head) => grid.row(head, settings),
        _ => grid.columns(settings),
    }
}

/// Returns the rows, or only the heads and those with the cell that the settings name.
fn chosen_rows<'a>(table: &'a Table, settings: &SeriesSettings) -> Result<Vec<&'a [String]>, SeriesError> {
    let Some(name) = &settings.row else { return Ok(table.rows.iter().map(Vec::as_slice).collect()) };
    let wanted = folded(name);
    let has = |row: &[String], is: &dyn Fn(&str) -> bool| row.iter().any(|c| is(&folded(c)));
    let equals = |c: &str| c == wanted;
    let contains = |c: &str| c.contains(&wanted);
    let is: &dyn Fn(&str) -> bool = if table.rows.iter().any(|r| has(r, &equals)) { &equals } else { &contains };
    let mut found = 0;
    let rows = table.rows.iter().enumerate().filter(|(at, row)| {
        let is_named = has(row, is);
        found += usize::from(is_named);
        is_named || (*at < MAX_HEADS && !row.iter().any(|c| Parsed::of(c).is_number()))
    });
    let rows: Vec<&[String]> = rows.map(|(_, r)| r.as_slice()).collect();
    if found == 0 { Err(SeriesError::no_such(Part::Row, &Choice::Name(name.clone()), Vec::new())) } else { Ok(rows) }
}

struct Grid<'a> {
    table: &'a Table,
    rows: Vec<&'a [String]>,
    parsed: Vec<Vec<Parsed>>,
}

impl Grid<'_> {
    fn cell(&self, row: usize, column: usize) -> Option<&Parsed> {
        self.parsed.get(row)?.get(column)
    }

    fn text(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|r| r.get(column)).map_or("", String::as_str)
    }

    fn width(&self) -> usize {
        self.rows.iter().map(|r| r.len()).max().unwrap_or_default()
    }

    /// Returns the row that names periods, if one does.
    fn head_of_periods(&self) -> Option<usize> {
        (0..self.parsed.len().min(MAX_HEADS)).find(|row| {
            let cells = self.parsed.get(*row).map_or(&[] as &[Parsed], Vec::as_slice);
            let periods = cells.iter().skip(1).filter(|c| c.period.is_some()).count();
            periods >= 2 && !cells.iter().any(Parsed::is_number)
        })
    }

    /// Returns the first column with a period or text in most rows below a head.
    fn has_period_rows(&self, head: usize) -> bool {
        let labels = || self.parsed.iter().skip(head + 1).filter_map(|r| r.first());
        labels().filter(|c| c.period.is_some()).count() * 2 > labels().count()
    }

    /// Whether heads and rows say a part of the period each: years above, months beside, or the other way round.
    fn is_matrix(&self, head: usize) -> bool {
        let heads = || self.parsed.get(head).into_iter().flatten().skip(1).filter_map(|c| c.period);
        let labels = || self.parsed.iter().skip(head + 1).filter_map(|r| r.first()?.period);
        let years = |mut p: Box<dyn Iterator<Item = WrittenPeriod> + '_>| p.all(WrittenPeriod::is_year);
        let parts = |mut p: Box<dyn Iterator<Item = WrittenPeriod> + '_>| p.all(|w| w.year.is_none());
        labels().next().is_some() && (years(Box::new(heads())) && parts(Box::new(labels())) || parts(Box::new(heads())) && years(Box::new(labels())))
    }

    fn matrix(&self, head: usize) -> Taken {
        let mut taken =
            Taken { period: self.text(head, 0).to_owned(), value: self.table.caption.clone(), unit: self.unit(head, None), ..Taken::default() };
        for row in head + 1..self.rows.len() {
            let Some(label) = self.cell(row, 0).and_then(|c| c.period) else { continue };
            for column in 1..self.rows.get(row).map_or(0, |r| r.len()) {
                let Some(above) = self.cell(head, column).and_then(|c| c.period) else { continue };
                let (year, part) = if above.is_year() { (above.year, label) } else { (label.year, above) };
                taken.add(year.and_then(|y| part.in_year(y)), part.is_cumulative, self.cell(row, column));
            }
        }
        taken
    }

    /// Periods are the heads, and one row has the figures.
    fn row(&self, head: usize, settings: &SeriesSettings) -> Result<Taken, SeriesError> {
        let with_figures: Vec<usize> =
            (head + 1..self.rows.len()).filter(|r| self.parsed.get(*r).is_some_and(|c| c.iter().skip(1).any(Parsed::is_number))).collect();
        let labels = || with_figures.iter().map(|r| self.text(*r, 0).to_owned()).collect::<Vec<_>>();
        let row = match &settings.value {
            Some(choice) => chosen(choice, &labels())
                .and_then(|at| with_figures.get(at).copied())
                .ok_or_else(|| SeriesError::no_such(Part::Row, choice, labels()))?,
            None => match with_figures.as_slice() {
                [] => return Err(SeriesError::NoValues),
                [row] => *row,
                _ => return Err(SeriesError::SeveralValues(labels())),
            },
        };
        let caption_year = heading_year(&self.table.caption);
        let label = self.text(row, 0);
        let mut taken = Taken {
            period: self.text(head, 0).to_owned(),
            value: label.to_owned(),
            unit: unit::in_heading(label).or_else(|| self.unit(head, None)),
            ..Taken::default()
        };
        for column in 1..self.rows.get(row).map_or(0, |r| r.len()) {
            let Some(written) = self.cell(head, column).and_then(|c| c.period) else { continue };
            let above = head
                .checked_sub(1)
                .map(|r| self.text(r, column))
                .and_then(|t| WrittenPeriod::read(t).and_then(|w| w.year).or_else(|| heading_year(t)));
            let year = written.year.or(above).or(caption_year);
            taken.add(year.and_then(|y| written.in_year(y)), written.is_cumulative, self.cell(row, column));
        }
        Ok(taken)
    }

    /// A column has the periods, another one the figures.
    fn columns(&self, settings: &SeriesSettings) -> Result<Taken, SeriesError> {
        let first = (0..self.parsed.len()).find(|row| {
            let cells = self.parsed.get(*row).map_or(&[] as &[Parsed], Vec::as_slice);
            cells.iter().any(|c| c.period.is_some()) && cells.iter().any(Parsed::is_number)
        });
        let first = first.ok_or(SeriesError::NoPeriods)?;
        let heads: Vec<String> = (0..self.width()).map(|c| self.head(first, c)).collect();
        let (period, years) = self.period_columns(first, &heads, settings)?;
        let value = self.value_column(first, &heads, (period, years), settings)?;
        let head = |column: usize| heads.get(column).cloned().unwrap_or_default();
        let mut taken = Taken {
            period: head(period),
            value: head(value),
            unit: unit::in_heading(&head(value)).or_else(|| self.unit(first, Some(value))),
            ..Taken::default()
        };
        let is_sum = head(value).contains("累计");
        let mut year = YearAbove { year: self.years_above(first), last: None };
        for row in first..self.rows.len() {
            let cells = self.rows.get(row).copied().unwrap_or_default();
            let mut texts = cells.iter().filter(|c| !c.is_empty());
            if let (Some(only), None) = (texts.next(), texts.next()) {
                year.heading(only);
                continue;
            }
            let Some(written) = self.cell(row, period).and_then(|c| c.period) else { continue };
            let beside = years.and_then(|c| self.cell(row, c)?.period?.year);
            taken.add(year.period(written, beside), written.is_cumulative || is_sum, self.cell(row, value));
        }
        Ok(taken)
    }

    /// Returns the head of a column: the texts above it, without titles over the whole table.
    fn head(&self, first: usize, column: usize) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for row in first.saturating_sub(MAX_HEADS)..first {
            let text = self.text(row, column);
            let cells = self.rows.get(row).copied().unwrap_or_default();
            let is_title = cells.iter().all(|c| c.is_empty() || c == text);
            if !text.is_empty() && !is_title && parts.last() != Some(&text) {
                parts.push(text);
            }
        }
        parts.join(" ")
    }

    /// Returns the year that titles or the caption name.
    fn years_above(&self, first: usize) -> Option<i32> {
        let mut titles = self.rows.iter().take(first).rev().flat_map(|r| r.iter());
        titles.find_map(|t| heading_year(t)).or_else(|| heading_year(&self.table.caption))
    }

    /// Returns the unit in titles above the figures, the caption, or the first figure.
    fn unit(&self, first: usize, column: Option<usize>) -> Option<Unit> {
        let mut titles = self.rows.iter().take(first + 1).filter(|r| r.iter().filter(|c| !c.is_empty()).count() <= 2).flat_map(|r| r.iter());
        let above = titles.find_map(|t| unit::in_heading(t)).or_else(|| unit::in_heading(&self.table.caption));
        let of_cell = |row: &Vec<Parsed>| match row.get(column?)?.cell {
            Cell::Number { unit: Some(ref unit), .. } => Some(unit.clone()),
            _ => None,
        };
        above.or_else(|| self.parsed.iter().find_map(of_cell))
    }

    /// Returns the column of the periods, and that of their years if it is another one.
    fn period_columns(&self, first: usize, heads: &[String], settings: &SeriesSettings) -> Result<(usize, Option<usize>), SeriesError> {
        let counts = |column: usize, is: fn(WrittenPeriod) -> bool| {
            self.parsed.iter().skip(first).filter(|r| r.get(column).and_then(|c| c.period).is_some_and(is)).count()
        };
        let filled = |column: usize| self.parsed.iter().skip(first).filter(|r| r.get(column).is_some_and(|c| c.cell != Cell::Missing)).count();
        let most = |is: fn(WrittenPeriod) -> bool| {
            let columns = (0..self.width()).map(|c| (c, counts(c, is))).filter(|(c, n)| *n > 0 && n * 10 >= filled(*c) * 6);
            let named = |c: usize| heads.get(c).is_some_and(|h| is_period_head(h));
            columns.max_by_key(|(c, n)| (named(*c), *n, std::cmp::Reverse(*c))).map(|(c, _)| c)
        };
        let asked = match &settings.period {
            Some(choice) => Some(chosen(choice, heads).ok_or_else(|| SeriesError::no_such(Part::Column, choice, heads.to_vec()))?),
            None => None,
        };
        let (years, parts) = (most(WrittenPeriod::is_year), most(|w| w.year.is_none()));
        let column = asked.or_else(|| most(|_| true)).ok_or(SeriesError::NoPeriods)?;
        match (years, parts) {
            (Some(years), Some(parts)) if years != parts && (column == years || column == parts) => Ok((parts, Some(years))),
            _ => Ok((column, None)),
        }
    }

    fn value_column(&self, first: usize, heads: &[String], periods: (usize, Option<usize>), settings: &SeriesSettings) -> Result<usize, SeriesError> {
        if let Some(choice) = &settings.value {
            return chosen(choice, heads).ok_or_else(|| SeriesError::no_such(Part::Column, choice, heads.to_vec()));
        }
        let rows = self.parsed.iter().skip(first).filter(|r| r.get(periods.0).is_some_and(|c| c.period.is_some())).count();
        let is_numbers = |column: &usize| {
            let numbers = self.parsed.iter().skip(first).filter(|r| r.get(*column).is_some_and(|c| matches!(c.cell, Cell::Number { .. }))).count();
            numbers > 0 && numbers * 2 >= rows
        };
        let columns: Vec<usize> = (0..self.width()).filter(|c| *c != periods.0 && Some(*c) != periods.1).filter(is_numbers).collect();
        let own: Vec<usize> = columns.iter().copied().filter(|c| heads.get(*c).is_none_or(|h| !is_derived(h))).collect();
        match (own.as_slice(), columns.as_slice()) {
            ([one], _) | ([], [one]) => Ok(*one),
            ([], []) => Err(SeriesError::NoValues),
            (several, all) => {
                let several = if several.is_empty() { all } else { several };
                let name = |c: &usize| heads.get(*c).filter(|h| !h.is_empty()).cloned().unwrap_or_else(|| (c + 1).to_string());
                Err(SeriesError::SeveralValues(several.iter().map(name).collect()))
            }
        }
    }
}

/// The year that rows above say.
struct YearAbove {
    year: Option<i32>,
    last: Option<WrittenPeriod>,
}

impl YearAbove {
    fn heading(&mut self, text: &str) {
        let year = WrittenPeriod::read(text).filter(|w| w.is_year()).and_then(|w| w.year).or_else(|| heading_year(text));
        if year.is_some() {
            (self.year, self.last) = (year, None);
        }
    }

    fn period(&mut self, written: WrittenPeriod, beside: Option<i32>) -> Option<Period> {
        if let Some(year) = written.year.or(beside) {
            self.year = Some(year);
        } else if let (Some(year), Some(last)) = (&mut self.year, self.last) {
            // from December to January, in either order
            let end = if matches!(written.part, PartOfYear::Quarter(_)) { 4 } else { 12 };
            match (last.place(), written.place()) {
                (before, 1) if before == end => *year = year.saturating_add(1),
                (1, now) if now == end => *year = year.saturating_sub(1),
                _ => {}
            }
        }
        self.last = Some(written);
        self.year.and_then(|y| written.in_year(y))
    }
}

impl Taken {
    fn add(&mut self, period: Option<Period>, is_cumulative: bool, cell: Option<&Parsed>) {
        match (period, cell.map(|c| &c.cell)) {
            (_, None | Some(Cell::Missing)) => {}
            (Some(period), Some(Cell::Number { value, decimals, unit })) => {
                self.figures.push(WrittenFigure { period, is_cumulative, value: *value, decimals: *decimals, unit: unit.clone() });
            }
            _ => self.left_out += 1,
        }
    }
}

/// Returns the index of a name or number among names.
pub(super) fn chosen(choice: &Choice, names: &[String]) -> Option<usize> {
    match choice {
        Choice::Number(n) => n.checked_sub(1).filter(|at| *at < names.len()),
        Choice::Name(name) => {
            let wanted = folded(name);
            let names: Vec<String> = names.iter().map(|n| folded(n)).collect();
            let containing = || names.iter().enumerate().filter(|(_, n)| n.contains(&wanted)).map(|(at, _)| at).collect::<Vec<_>>();
            names.iter().position(|n| *n == wanted).or_else(|| match containing().as_slice() {
                [one] => Some(*one),
                _ => None,
            })
        }
    }
}

fn is_period_head(head: &str) -> bool {
    let head = folded(head);
    SERIES.period_heads.contains(&head) || SERIES.period_heads.iter().any(|w| !w.is_ascii() && head.contains(w))
}

fn is_derived(head: &str) -> bool {
    let head = folded(head);
    SERIES.derived_heads.iter().any(|w| if w.is_ascii() { head == w || head.ends_with(&format!(".{w}")) } else { head.contains(w) })
}
