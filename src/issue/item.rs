//! An article as an item of an edition: its texts, copies, figures and reasons.

use chrono::NaiveDate;

use crate::config::settings::SummariseSettings;
use crate::events::Told;
use crate::issue::archive::Archive;
use crate::issue::candidate::Candidate;
use crate::issue::{IssueInput, summarise};
use crate::model::{ArticleId, Copy, Headline, Item, Label, Print};
use crate::ranking::CandidateFeatures;

/// Maximum number of copies listed under an item.
const MAX_COPIES: usize = 12;

/// Returns a candidate as an item, given its lead article and features. `returns` says why its story is back if editors dropped it.
///
/// # Errors
/// If the archive cannot be read.
pub(super) fn of_candidate<A: Archive>(
    c: &Candidate,
    lead: &Headline,
    features: &CandidateFeatures,
    returns: Option<&String>,
    input: &IssueInput<'_>,
    archive: &A,
) -> Result<Item, A::Error> {
    let mut item = of_article(lead, archive, input.summarise, input.publication.calendar.zone)?;
    let copy = |id: &ArticleId| {
        let a = archive.headline(*id)?;
        Ok(Copy { publisher: a.source_name, url: a.url, article: Some(a.id) })
    };
    item.copies = c.copies.iter().filter(|id| **id != c.lead).take(MAX_COPIES).map(copy).collect::<Result<_, _>>()?;
    item.event = lead.event.map(|e| e.event).filter(|_| c.has_related);
    item.reports = c.reports.iter().take(MAX_COPIES).map(copy).collect::<Result<_, _>>()?;
    // copies are sorted, earliest first
    item.earliest = c.copies.first().filter(|first| **first != c.lead).and_then(|_| item.copies.first().cloned());
    // what is new is told first: only the first reasons are shown at once
    item.reasons = returns.cloned().into_iter().collect();
    if let Some(previous) = c.follows.and_then(|at| input.previous_items.get(at)) {
        let mut told = Told::default();
        told.add(&previous.title);
        told.add(&archive.text(previous.article)?);
        item.reasons.push(match told.new_sentence(&item.text) {
            Some(sentence) => format!("新情况：{sentence}"),
            None => "没有新情况".to_owned(),
        });
    }
    item.score = c.score;
    item.reasons.extend(c.reasons(lead, features, input));
    Ok(item)
}

/// Returns an article as an item without copies, score and reasons, for an editor to add.
///
/// # Errors
/// If the archive cannot be read.
pub fn manual_item<A: Archive>(archive: &A, id: ArticleId, summarise: &SummariseSettings, zone: chrono_tz::Tz) -> Result<Item, A::Error> {
    of_article(&archive.headline(id)?, archive, summarise, zone)
}

/// Returns the summary of an article; names days relative to its publication day.
pub fn summary(h: &Headline, text: &str, settings: &SummariseSettings, zone: chrono_tz::Tz) -> String {
    summarise::summarise(&h.title, text, settings.length, published_on(h, zone)).text
}

fn published_on(h: &Headline, zone: chrono_tz::Tz) -> Option<NaiveDate> {
    h.published_at.map(|p| p.with_timezone(&zone).date_naive())
}

fn of_article<A: Archive>(lead: &Headline, archive: &A, settings: &SummariseSettings, zone: chrono_tz::Tz) -> Result<Item, A::Error> {
    let (text, figures) = (archive.text(lead.id)?, archive.figures(lead.id)?);
    let j = lead.classification.clone().unwrap_or_default();
    let names = |labels: &[Label]| labels.iter().map(|l| l.name.clone()).collect::<Vec<_>>();
    Ok(Item {
        article: lead.id,
        title: summarise::normalize_title(&lead.title),
        // the first paragraph says the figures, as its title does: a summary would leave them out
        summary: match figures {
            Some(_) => text.lines().next().unwrap_or_default().to_owned(),
            None => summary(lead, &text, settings, zone),
        },
        text,
        note: String::new(),
        print: Print::Summary,
        text_edited: false,
        picture: None,
        figures: figures.map(Box::new),
        attachments: Vec::new(),
        industries: names(&j.industries),
        themes: names(&j.themes),
        keywords: j.keywords,
        publisher: lead.publisher_or_source().to_owned(),
        date: published_on(lead, zone),
        region_scope: j.region_scope,
        places: j.places,
        earliest: None,
        copies: Vec::new(),
        reports: Vec::new(),
        event: None,
        score: 0.0,
        is_uncertain: false,
        reasons: vec!["编辑加入".to_owned()],
        mark: None,
        url: Some(lead.url.clone()),
    })
}
