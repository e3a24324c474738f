//! A document with figures over time: JSON, CSV, page or workbook, as its first bytes say.
#![no_main]

use chrono::NaiveDate;
use libfuzzer_sys::fuzz_target;
use qingbao::model::{Choice, SeriesSettings};
use qingbao::series::{StoredFigure, judge, read_text, read_workbook};

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2027, 1, 15).unwrap();

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let choice = |bit: u8| (which & bit > 0).then_some(Choice::Number(usize::from(*which % 3) + 1));
    let settings = SeriesSettings { table: choice(1), period: choice(2), value: choice(4), ..SeriesSettings::default() };
    let read = read_workbook(bytes, &settings).unwrap_or_else(|| read_text(&String::from_utf8_lossy(bytes), &settings));
    if let Ok(read) = read {
        let _ = judge(&read, &StoredFigure::default(), &settings, TODAY);
    }
});
