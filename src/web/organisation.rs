//! The page of an organisation, with its corrections by editors.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;

use crate::classify::sums::{Sum, is_tender, sums};
use crate::model::{Firm, Headline};
use crate::store::{JoinedBy, Organisation, OrganisationChange, OrganisationFacts, OrganisationName, OrganisationResult, Session, Store, StoreError};
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::article::{firm_name_error, name_firm};
use crate::web::form::Form;
use crate::web::organisations::kind;
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::source_list::spark;
use crate::web::topics::search_archive;
use crate::web::{AppState, response};

/// Most articles on a page, of these the newest whose text is read for amounts, and most amounts shown.
const MAX_ARTICLES: usize = 200;
const MAX_READ: usize = 60;
const MAX_SUMS: usize = 30;
/// Longest name and note, in characters.
const MAX_NAME_CHARS: usize = 60;
const MAX_NOTE_CHARS: usize = 2_000;

/// What the archive says of an organisation.
pub(crate) struct Dossier {
    pub(crate) organisation: Organisation,
    pub(super) facts: OrganisationFacts,
    /// Newest first.
    pub(super) articles: Vec<Headline>,
    /// Amounts in the sentences that name it, with their articles.
    pub(super) sums: Vec<(Headline, Sum)>,
    /// Industries that an editor named for it.
    pub(super) firms: Vec<Firm>,
}

impl Dossier {
    pub(crate) fn read(s: &Store, id: i64) -> Result<Option<Self>, StoreError> {
        let Some(organisation) = s.organisation(id)? else { return Ok(None) };
        let (facts, articles) = (s.organisation_facts(id, Utc::now())?, s.organisation_articles(id, MAX_ARTICLES)?);
        let mut found = Vec::new();
        for h in articles.iter().take(MAX_READ) {
            found.extend(sums(&s.text(h.id)?, organisation.names()).into_iter().map(|sum| (h.clone(), sum)));
        }
        found.truncate(MAX_SUMS);
        let firms = s.firms()?.into_iter().filter(|f| organisation.names().any(|n| n == f.name)).collect();
        Ok(Some(Self { organisation, facts, articles, sums: found, firms }))
    }

    /// Returns the articles whose headlines are of tenders.
    pub(super) fn tenders(&self) -> impl Iterator<Item = &Headline> {
        self.articles.iter().filter(|h| is_tender(&h.title))
    }
}

/// Returns articles by event, or by story where the event is not sure: each once, at its newest article.
fn by_event(articles: &[Headline]) -> Vec<Vec<&Headline>> {
    let mut place: std::collections::HashMap<i64, usize> = std::collections::HashMap::new();
    let mut out: Vec<Vec<&Headline>> = Vec::new();
    for h in articles {
        let at = *place.entry(h.event_or_story()).or_insert(out.len());
        match out.get_mut(at) {
            Some(group) => group.push(h),
            None => out.push(vec![h]),
        }
    }
    out
}

#[derive(Template)]
#[template(path = "organisation.html")]
struct OrganisationPage {
    frame: Layout,
    o: Organisation,
    /// Its other names, and who said so.
    other_names: Vec<(OrganisationName, &'static str)>,
    /// Its note, and those of the organisations that were merged into it.
    notes: Vec<Note>,
    kind: &'static str,
    since: String,
    facts: OrganisationFacts,
    spark: String,
    weeks: String,
    /// The newest article of each story, and the number of the others.
    stories: Vec<(HeadlineRow, usize)>,
    tenders: Vec<HeadlineRow>,
    sums: Vec<(HeadlineRow, Sum)>,
    firms: Vec<Firm>,
    industries: Vec<(String, bool)>,
}

/// A note, and the form that changes it.
struct Note {
    /// The id and name of the organisation; the name is empty for the page's own note.
    of: i64,
    name: String,
    /// The stored note.
    text: String,
    /// What an editor wrote while another one changed the note.
    refused: Option<String>,
}

impl Note {
    fn typed(&self) -> &str {
        self.refused.as_ref().unwrap_or(&self.text)
    }
}

fn notes(o: &Organisation, mut refused: Option<(i64, String)>) -> Vec<Note> {
    let merged = o.other_names.iter().filter(|n| n.is_merged()).map(|n| (n.id, n.name.clone(), n.note.clone()));
    let all = std::iter::once((o.id, String::new(), o.note.clone())).chain(merged);
    all.map(|(of, name, text)| Note { of, name, text, refused: refused.take_if(|(id, _)| *id == of).map(|(_, typed)| typed) }).collect()
}

/// Returns in Chinese who said that a name belongs to the organisation.
fn told_by(name: &OrganisationName) -> &'static str {
    match name.joined_by {
        JoinedBy::Text => "原文写明",
        JoinedBy::Taxonomy => "分类表",
        JoinedBy::Editor if name.is_merged() => "编辑合并",
        JoinedBy::Editor => "编辑改名",
    }
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let d = match stored(console.store.run(move |s| Dossier::read(s, id)).await) {
        Ok(Some(d)) => d,
        Ok(None) => return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个机构"),
        Err(answer) => return answer,
    };
    if d.organisation.id != id {
        // another name of it, or a name that was joined meanwhile
        return Redirect::to(&console.path(&format!("/organisations/{}", d.organisation.id))).into_response();
    }
    show(&console, &session, d, None)
}

/// Shows the page, with a note of an editor that was not stored.
fn show(console: &AppState, session: &Session, d: Dossier, refused: Option<(i64, String)>) -> Response {
    let zone = console.zone();
    let stories = by_event(&d.articles).iter().filter_map(|g| g.first().map(|h| (row(h, zone), g.len() - 1))).collect();
    response::page(&OrganisationPage {
        frame: Layout::new(console, session, "机构"),
        other_names: d.organisation.other_names.iter().map(|n| (n.clone(), told_by(n))).collect(),
        notes: notes(&d.organisation, refused),
        kind: kind(&d.organisation.name),
        since: d.organisation.created_at.map(|t| t.with_timezone(&zone).format("%Y-%m-%d").to_string()).unwrap_or_default(),
        spark: spark(&d.facts.weeks),
        weeks: d.facts.weeks.iter().map(u32::to_string).collect::<Vec<_>>().join("、"),
        stories,
        tenders: d.tenders().map(|h| row(h, zone)).collect(),
        sums: d.sums.iter().map(|(h, sum)| (row(h, zone), sum.clone())).collect(),
        industries: console.vocabulary().industries.iter().map(|i| (i.clone(), d.firms.iter().any(|f| f.industries.contains(i)))).collect(),
        firms: d.firms,
        facts: d.facts,
        o: d.organisation,
    })
}

/// Returns the change that a form asks for, or what is wrong with it.
fn asked(id: i64, form: &Form) -> Result<OrganisationChange, String> {
    let f = &form.fields;
    let name = f.text("name").to_owned();
    let named = |name: String| match name.chars().count() {
        2..=MAX_NAME_CHARS => Ok(name),
        _ => Err(format!("机构名要写 2 到 {MAX_NAME_CHARS} 个字")),
    };
    match f.text("do") {
        "rename" => named(name).map(OrganisationChange::Rename),
        "merge" => named(name).map(OrganisationChange::MergeInto),
        "split" => f.number("other").map(OrganisationChange::SplitOff).ok_or_else(|| "没有这个名称".to_owned()),
        "remove" => f.number("other").map(OrganisationChange::RemoveName).ok_or_else(|| "没有这个名称".to_owned()),
        "watch" => Ok(OrganisationChange::Watch(true)),
        "unwatch" => Ok(OrganisationChange::Watch(false)),
        "note" if f.text("note").chars().count() > MAX_NOTE_CHARS => Err(format!("备注最多 {MAX_NOTE_CHARS} 个字")),
        "note" => {
            Ok(OrganisationChange::Note { of: f.number("of").unwrap_or(id), text: f.text("note").to_owned(), seen: f.text("note_was").to_owned() })
        }
        _ => Err("不认识的操作".to_owned()),
    }
}

/// Why a change could not be made.
fn refusal(change: &OrganisationChange) -> &'static str {
    match change {
        OrganisationChange::Rename(_) => "已经有机构叫这个名字：如果是同一家，请用“合并”",
        OrganisationChange::MergeInto(_) => "没有另一个机构叫这个名字，请照它页面上的名字写",
        OrganisationChange::RemoveName(_) => "只能删除编辑自己起的、没有文章用的别名",
        _ => "没有这个机构，或者已经是这样了",
    }
}

/// Applies an editor's correction of an organisation.
pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    if form.fields.text("do") == "industries" {
        return set_industries(&console, id, &form).await;
    }
    let refused = |words: &str| response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, words);
    let change = match asked(id, &form) {
        Ok(change) => change,
        Err(words) => return refused(&words),
    };
    let (who, live, made) = (form.session.name.clone(), Arc::clone(&console.live), change.clone());
    let done = console.store.run(move |s| {
        let is_watched = |id| s.organisation(id).map(|o| o.is_some_and(|o| o.is_watched));
        let was_watched = is_watched(id)?;
        let done = s.change_organisation(id, &made, &who, Utc::now())?;
        // the classifier knows watched organisations by all their names
        let is_about_watched = match (&done, &made) {
            (OrganisationResult::Done(_), OrganisationChange::Watch(_)) => true,
            (OrganisationResult::Done(_), OrganisationChange::Note { .. }) => false,
            (OrganisationResult::Done(page), _) => was_watched || is_watched(*page)?,
            _ => false,
        };
        if is_about_watched {
            live.refresh(true);
        }
        Ok(done)
    });
    match stored(done.await) {
        Ok(OrganisationResult::Done(page)) => {
            // names that are one now may bring articles to topics
            search_archive(&console);
            Redirect::to(&console.path(&format!("/organisations/{page}"))).into_response()
        }
        Ok(OrganisationResult::Refused) => refused(refusal(&change)),
        Ok(OrganisationResult::NoteChanged(_)) => note_changed(&console, &form, id, change).await,
        Err(answer) => answer,
    }
}

/// Shows the note that another editor wrote meanwhile beside the one that was not stored.
async fn note_changed(console: &AppState, form: &Form, id: i64, change: OrganisationChange) -> Response {
    let typed = if let OrganisationChange::Note { of, text, .. } = change { Some((of, text)) } else { None };
    match stored(console.store.run(move |s| Dossier::read(s, id)).await) {
        Ok(Some(d)) => (StatusCode::CONFLICT, show(console, &form.session, d, typed)).into_response(),
        Ok(None) => response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个机构"),
        Err(answer) => answer,
    }
}

/// Stores an editor's industries of a firm, under its main name.
async fn set_industries(console: &AppState, id: i64, form: &Form) -> Response {
    let industries = form.fields.industries(&console.vocabulary().industries);
    let organisation = match stored(console.store.run(move |s| s.organisation(id)).await) {
        Ok(Some(o)) => o,
        Ok(None) => return response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个机构"),
        Err(answer) => return answer,
    };
    if let Some(wrong) = firm_name_error(&organisation.name).filter(|_| !industries.is_empty()) {
        return response::refused(console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, &wrong);
    }
    let (who, live) = (form.session.name.clone(), Arc::clone(&console.live));
    let done = console.store.run(move |s| {
        let former: Vec<Firm> = s.firms()?.into_iter().filter(|f| organisation.names().any(|n| n == f.name && n != organisation.name)).collect();
        for firm in former {
            s.set_firm(&Firm { industries: Vec::new(), ..firm }, &who, Utc::now())?;
        }
        name_firm(s, &live, &Firm { name: organisation.name, industries }, &who)
    });
    match stored(done.await) {
        Ok(()) => Redirect::to(&console.path(&format!("/organisations/{id}"))).into_response(),
        Err(answer) => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::article;
    use crate::model::StoryId;

    #[test]
    fn a_story_stands_once_at_its_newest_article() {
        let of = |id, story: Option<i64>| Headline { story: story.map(StoryId), ..article(id, "题", "食品", "行业动态", 1) };
        let articles = [of(5, Some(2)), of(4, None), of(3, Some(2)), of(2, Some(2))];
        let ids: Vec<Vec<i64>> = by_event(&articles).iter().map(|g| g.iter().map(|h| h.id.0).collect()).collect();
        assert_eq!(ids, [vec![5, 3, 2], vec![4]]);
    }
}
