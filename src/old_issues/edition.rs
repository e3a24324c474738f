//! An old issue as an edition of the archive.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use super::issue::{OldIssue, OldItem};
use crate::config::settings::Publication;
use crate::model::{ColumnItems, Edition, EditionId, Health, Item, MadeBy, PrintedGrades, Signing};
use crate::text::normalize::truncate;

/// Longest title and summary, in characters.
const MAX_TITLE: usize = 200;
const MAX_SUMMARY: usize = 200;

/// Makes a final edition of an old issue. Its items are like those that editors write: they have no address.
pub fn edition(issue: &OldIssue, publication: &Publication, date: NaiveDate, now: DateTime<Utc>) -> Edition {
    let numbering = &issue.numbering;
    let mut own_items = 0;
    let columns = issue.columns.iter().map(|column| {
        let items = column.items.iter().map(|i| {
            own_items += 1;
            item(i, own_items, date)
        });
        ColumnItems { name: column.name.clone(), items: items.collect() }
    });
    let columns = columns.collect();
    Edition {
        id: EditionId(0),
        publication: publication.name.clone(),
        organiser: numbering.organiser.clone().unwrap_or_else(|| publication.organiser.clone()),
        year: numbering.year().unwrap_or(date.year()),
        number_in_year: numbering.number.unwrap_or(0),
        cumulative_number: numbering.total.unwrap_or(0),
        date,
        series: numbering.series,
        layout: publication.layout,
        signing: Signing { round: 1, ..Signing::default() },
        built_at: Some(now),
        is_final: true,
        made_by: MadeBy::Import,
        classification_notice: publication.classification_notice.clone(),
        printer: publication.printer.clone(),
        imprint: publication.imprint.clone(),
        trend: Vec::new(),
        trend_is_before: true,
        foreword: issue.foreword.clone(),
        foreword_edited: true,
        foreword_template: None,
        rising: Vec::new(),
        home: String::new(),
        printed_grades: PrintedGrades::None,
        own_items,
        columns,
        health: Health::default(),
    }
}

fn item(item: &OldItem, number: u32, date: NaiveDate) -> Item {
    Item {
        title: truncate(&item.title, MAX_TITLE),
        summary: truncate(item.text.lines().next().unwrap_or_default(), MAX_SUMMARY),
        text: item.text.clone(),
        publisher: item.publisher.clone(),
        ..Item::own(number, item.date.unwrap_or(date), "旧刊导入")
    }
}
