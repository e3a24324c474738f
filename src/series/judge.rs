//! What was read beside what is stored: new and revised figures, and readings that are not taken.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::{FigureRow, Period, SeriesSettings};
use crate::series::compare::{ByPeriod, Scale};
use crate::series::read::{Figure, SeriesRead, is_same};
use crate::series::unit::Unit;

/// Changes in percent, or in points of a rate, above which a new figure waits for an editor's look, unless the source sets `jump`.
const JUMP_PERCENT: f64 = 30.0;
const JUMP_POINTS: f64 = 10.0;
/// Most new periods of one reading that are told; older ones of them are stored.
const MAX_TOLD: usize = 3;
/// A revision above this share is large; if more than half of the figures have one, the table is another one.
const LARGE_REVISION: f64 = 0.05;
const MIN_OVERLAP: usize = 2;

/// The figures of a source as stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredFigure {
    pub unit: Option<String>,
    pub figures: ByPeriod,
}

/// A revised figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    pub old: Figure,
    pub new: FigureRow,
}

/// What a reading brings.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub unit: Option<String>,
    /// All figures after it.
    pub figures: ByPeriod,
    /// Those to write: new or revised.
    pub changed: Vec<Figure>,
    /// New periods to tell, oldest first, with the reason to doubt them.
    pub new: Vec<(FigureRow, Option<String>)>,
    pub revised: Vec<Revision>,
    /// Why the revisions are doubtful, if they are.
    pub revision_doubt: Option<String>,
}

/// Why a reading is not taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Oddity {
    /// The unit is another one, and cannot be converted with certainty.
    Unit { before: Option<String>, now: Option<String> },
    /// Every figure is the stored one times a power of ten.
    Scaled(f64),
    /// Most figures differ much from the stored ones: number, of how many.
    Rewritten(usize, usize),
}

impl Oddity {
    /// Returns the reason for logs.
    pub fn english(&self) -> String {
        match self {
            Self::Unit { before, now } => format!("its unit was {} and is {} now", name(before.as_ref(), "none"), name(now.as_ref(), "none")),
            Self::Scaled(factor) => format!("all its figures are {factor} times the stored ones; its unit seems to have changed"),
            Self::Rewritten(changed, of) => format!("{changed} of {of} stored figures are much different now; it seems to be another table or base"),
        }
    }

    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        const THEN: &str = "这次没有采用；核对后请改 series 的设置（口径变了就写明 basis）";
        match self {
            Self::Unit { before, now } => format!("单位从“{}”变成“{}”，{THEN}", name(before.as_ref(), "无"), name(now.as_ref(), "无")),
            Self::Scaled(factor) => format!("所有数值都是以前的 {factor} 倍，单位可能变了，{THEN}"),
            Self::Rewritten(changed, of) => format!("已存的 {of} 期里有 {changed} 期数值大变，可能换了表格或口径，{THEN}"),
        }
    }
}

fn name<'a>(unit: Option<&'a String>, none: &'a str) -> &'a str {
    unit.map_or(none, String::as_str)
}

/// Compares a reading with what is stored. The first reading tells nothing; a period that is not over `today` waits for an editor's look.
///
/// # Errors
/// The reading is odd, and must not be stored.
pub fn judge(read: &SeriesRead, stored: &StoredFigure, settings: &SeriesSettings, today: NaiveDate) -> Result<Judged, Oddity> {
    let (unit, factor) = converted(read, stored)?;
    let now: BTreeMap<Period, Figure> = read.figures.iter().map(|f| (f.period, f.scaled(factor))).collect();
    // a converted figure may be the stored one but for its last decimals
    let step = read.figures.iter().map(|f| 0.1_f64.powi(i32::from(f.decimals))).fold(0.0, f64::max) * factor;
    let is_rounded = |old: &Figure, new: &Figure| (old.value - new.value).abs() <= (0.1_f64.powi(i32::from(old.decimals)) + step) * 0.51;
    let is_converted = !is_same(factor, 1.0);
    let differs = |old: &Figure, new: &Figure| !(is_same(old.value, new.value) || is_converted && is_rounded(old, new));
    let pairs: Vec<(&Figure, &Figure)> = now.iter().filter_map(|(p, new)| Some((stored.figures.get(p)?, new))).collect();
    let differing: Vec<(Figure, Figure)> = pairs.iter().filter(|(old, new)| differs(old, new)).map(|(old, new)| (**old, **new)).collect();
    check(&differing, pairs.len())?;
    let newest = stored.figures.last_key_value().map(|(p, _)| *p);
    let added: Vec<Figure> = now.values().filter(|f| !stored.figures.contains_key(&f.period)).copied().collect();
    let mut figures = stored.figures.clone();
    let changed: Vec<Figure> = added.iter().copied().chain(differing.iter().map(|(_, new)| *new)).collect();
    figures.extend(changed.iter().map(|f| (f.period, *f)));
    let scale = Scale::of(unit.as_deref(), read.is_cumulative);
    let limit = settings.jump.unwrap_or(if scale.is_rate { JUMP_POINTS } else { JUMP_PERCENT });
    let told: Vec<Figure> = newest.map(|n| added.iter().filter(|f| f.period > n).copied().collect()).unwrap_or_default();
    let told = told.get(told.len().saturating_sub(MAX_TOLD)..).unwrap_or_default();
    let new = told.iter().map(|f| scale.row(&figures, *f)).map(|row| {
        let is_over = row.period.last_day().is_some_and(|last| last <= today);
        let doubt = if is_over { doubt(&row, limit, scale) } else { Some("这一期还没有结束".to_owned()) };
        (row, doubt)
    });
    let new = new.collect();
    let revised: Vec<Revision> = differing.iter().rev().map(|(old, new)| Revision { old: *old, new: scale.row(&figures, *new) }).collect();
    let largest = differing.iter().filter_map(|(old, new)| scale.change(old.value, new.value)).map(|c| c.value().abs()).fold(0.0, f64::max);
    let revision_doubt = (largest > limit).then(|| format!("修订幅度达 {}，超过 {}", sized(largest, scale), sized(limit, scale)));
    Ok(Judged { unit, figures, changed, new, revised, revision_doubt })
}

/// Returns the unit to store, and by what the figures are multiplied.
fn converted(read: &SeriesRead, stored: &StoredFigure) -> Result<(Option<String>, f64), Oddity> {
    if stored.figures.is_empty() || read.unit == stored.unit {
        return Ok((read.unit.clone(), 1.0));
    }
    let units = (read.unit.as_deref().and_then(Unit::parse), stored.unit.as_deref().and_then(Unit::parse));
    if let (Some(now), Some(before)) = &units
        && let Some(factor) = now.to(before)
    {
        return Ok((stored.unit.clone(), factor));
    }
    // a caption that comes or goes changes no figure
    let known = || read.figures.iter().filter_map(|f| Some((stored.figures.get(&f.period)?.value, f.value)));
    let same = known().filter(|(a, b)| is_same(*a, *b)).count();
    if (read.unit.is_none() || stored.unit.is_none()) && same > 0 && same * 2 > known().count() {
        return Ok((stored.unit.clone().or_else(|| read.unit.clone()), 1.0));
    }
    Err(Oddity::Unit { before: stored.unit.clone(), now: read.unit.clone() })
}

fn check(differing: &[(Figure, Figure)], of: usize) -> Result<(), Oddity> {
    if of < MIN_OVERLAP {
        return Ok(());
    }
    let ratios = || differing.iter().map(|(old, new)| new.value / old.value);
    let factor = ratios().next().map_or(1.0, |r| 10_f64.powf(r.abs().log10().round()));
    if differing.len() == of && !is_same(factor, 1.0) && ratios().all(|r| (r / factor - 1.0).abs() < 0.01) {
        return Err(Oddity::Scaled(factor));
    }
    let large = ratios().filter(|r| !r.is_finite() || (r - 1.0).abs() > LARGE_REVISION).count();
    if of > MIN_OVERLAP && large * 2 > of { Err(Oddity::Rewritten(large, of)) } else { Ok(()) }
}

/// Returns why a new figure is doubtful: it is far from the period before, and from the same period of the year before.
fn doubt(row: &FigureRow, limit: f64, scale: Scale) -> Option<String> {
    let changes = [("比上期", row.on_previous), ("比上年同期", row.on_year)];
    let known: Vec<(&str, f64)> = changes.into_iter().filter_map(|(word, c)| Some((word, c?.value()))).collect();
    let (word, size) = known.first().filter(|_| known.iter().all(|(_, c)| c.abs() > limit))?;
    Some(format!("{word}变动 {}，超过 {}", sized(*size, scale), sized(limit, scale)))
}

fn sized(size: f64, scale: Scale) -> String {
    if scale.is_rate { format!("{size:.1} 个百分点") } else { format!("{size:.1}%") }
}
