//! CSV → one table. Commas, semicolons or tabs separate.

use crate::series::SeriesError;
use crate::series::table::Tables;

/// Lines that decide what separates.
const SAMPLE_LINES: usize = 20;

pub(super) fn read(text: &str) -> Result<Tables, SeriesError> {
    let count = |sign: char| text.lines().take(SAMPLE_LINES).map(|l| l.matches(sign).count()).sum::<usize>();
    let separator = [(',', b','), (';', b';'), ('\t', b'\t')].into_iter().rev().max_by_key(|(sign, _)| count(*sign)).map_or(b',', |(_, byte)| byte);
    let mut tables = Tables::default();
    tables.begin("")?;
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    for record in reader.records() {
        let record = record.map_err(|e| SeriesError::Unreadable(e.to_string()))?;
        tables.row(record.iter().map(str::to_owned))?;
    }
    Ok(tables)
}
