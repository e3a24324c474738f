//! `series = { … }` of a source: where its figure stands, and what it is.

use crate::config::localized::localized;
use crate::config::reader::Section;
use crate::model::{Choice, Frequency, SeriesSettings, SourceKind};

const KEYS: [&str; 13] = ["name", "rows", "table", "row", "sheet", "period", "value", "unit", "every", "cumulative", "decimals", "jump", "basis"];
/// Keys of other kinds.
const FOREIGN_KEYS: [&str; 6] = ["list", "article", "identity", "select", "ignore", "min_change"];
const DECIMALS: std::ops::Range<i64> = 0..5;
/// A change of more than this is never implausible.
const MAX_JUMP: f64 = 10_000.0;

/// Reads the figure of a source; refuses `series` for other kinds, and their keys for a series.
pub(super) fn read_series(s: &Section<'_>, kind: Option<SourceKind>) -> SeriesSettings {
    let is_series = kind == Some(SourceKind::Series);
    if !is_series {
        if s.keys().contains(&"series") {
            let (english, chinese) = ("\"series\" is a key only of kind = \"series\"", "“series”只用于 kind = \"series\" 的来源");
            s.error(s.key_span("series"), localized(english, chinese));
        }
        return SeriesSettings::default();
    }
    for key in s.keys().into_iter().filter(|k| FOREIGN_KEYS.contains(k)) {
        let words = localized(format!("{key:?} is no key of kind = \"series\""), format!("“{key}”不能用 kind = \"series\" 的来源"));
        s.error(s.key_span(key), words);
    }
    let Some(t) = s.section("series") else { return SeriesSettings::default() };
    t.deny_unknown_keys(&KEYS);
    let text = |key| t.string(key).filter(|v| !v.is_empty());
    SeriesSettings {
        name: text("name"),
        rows: text("rows"),
        table: read_choice(&t, "table"),
        row: text("row"),
        sheet: text("sheet"),
        period: read_choice(&t, "period"),
        value: read_choice(&t, "value"),
        unit: text("unit"),
        frequency: read_frequency(&t),
        cumulative: t.bool("cumulative"),
        decimals: t.integer("decimals", DECIMALS).and_then(|n| u8::try_from(n).ok()),
        jump: read_jump(&t),
        basis: text("basis"),
    }
}

/// Reads a name or number in quotes: "出口额", "2".
fn read_choice(t: &Section<'_>, key: &str) -> Option<Choice> {
    let text = t.text(key)?;
    let choice = Choice::parse(text.value);
    if choice.is_none() {
        let english = format!("{key} {:?} must be a name, or a number from 1", text.value);
        t.error(text.span, localized(english, format!("{key}“{}”要写名称，或从 1 数起的序号", text.value)));
    }
    choice
}

fn read_frequency(t: &Section<'_>) -> Option<Frequency> {
    let text = t.text("every")?;
    let frequency = Frequency::parse(text.value.trim());
    if frequency.is_none() {
        t.invalid_value("every", text, &Frequency::ALL.map(Frequency::chinese));
    }
    frequency
}

/// Reads "30%"; for rates these are percentage points.
fn read_jump(t: &Section<'_>) -> Option<f64> {
    let text = t.text("jump")?;
    let number = text.value.trim().trim_end_matches(['%', '％']).trim().parse::<f64>().ok().filter(|n| *n > 0.0 && *n <= MAX_JUMP);
    if number.is_none() {
        let english = format!("jump {:?} must be a percentage like \"30%\", up to 10000%", text.value);
        t.error(text.span, localized(english, format!("jump“{}”要写成 \"30%\" 的样子，最多 10000%", text.value)));
    }
    number
}
