//! Converts a form of the draft's page into changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::evidence::{self, WrongSum};
use crate::issue::edit::{Change, DropReason, Edit, Place};
use crate::issue::{SameStory, foreword, manual_item, same_story, summarise};
use crate::model::{ArticleId, Edition, EditionId, FileId, Item, Print, WebUrl};
use crate::store::{Direction, Session};
use crate::text::normalize::truncate;
use crate::web::form::{Action as _, Fields, actions};
use crate::web::response::stored;
use crate::web::{AppState, response};

/// Returns an issue with its version, or a page that says it does not exist.
pub(super) async fn load(console: &AppState, session: &Session, id: EditionId) -> Result<(Edition, u32), Response> {
    let found = stored(console.store.run(move |s| s.edition_with_version(id)).await)?;
    found.ok_or_else(|| response::refused(console, session, StatusCode::NOT_FOUND, "没有这一期"))
}

/// An alternative to a refused change: the label of a button, and the form that it sends.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) fields: BTreeMap<&'static str, String>,
}

/// Why a form makes no change.
pub(super) enum Refusal {
    /// A message to the editor.
    Words(String),
    /// A message to the editor, with alternatives.
    Choices(String, Vec<Choice>),
    /// Another page.
    Answer(Response),
}

impl From<Response> for Refusal {
    fn from(answer: Response) -> Self {
        Self::Answer(answer)
    }
}

fn words(words: &str) -> Refusal {
    Refusal::Words(words.to_owned())
}

actions! {
    /// What an editor does with an issue.
    IssueAction {
        Undo = "undo",
        Redo = "redo",
        Rewrite = "rewrite",
        Foreword = "foreword",
        ComposeForeword = "compose-foreword",
        Drop = "drop",
        Split = "split",
        Up = "up",
        Down = "down",
        Top = "top",
        Move = "move",
        Merge = "merge",
        PrintSummary = "print-summary",
        PrintFull = "print-full",
        ResetText = "reset-text",
        Write = "write",
        Add = "add",
        AddCopy = "add-copy",
        Paste = "paste",
        RemoveFile = "remove-file",
    }
}

/// Buttons that are named like their action; their value says which reason, copy or file.
const NAMED_BUTTONS: [&str; 3] = ["drop", "split", "remove-file"];

/// What a form requests.
pub(super) enum Request {
    /// Undoes or redoes a step.
    Step(Direction),
    Changes(Vec<Change>),
}

impl Request {
    /// Returns the single item that this drops as 无关.
    pub(super) fn dropped_as_off_topic(&self) -> Option<ArticleId> {
        let Self::Changes(changes) = self else { return None };
        match changes.last()? {
            Change::Drop { articles, reason: DropReason::OffTopic } if articles.len() == 1 => articles.first().copied(),
            _ => None,
        }
    }
}

/// Returns what a form requests: changes of its edited fields, and the action of its button.
pub(super) async fn requested(console: &AppState, session: &Session, id: EditionId, fields: &Fields) -> Result<Request, Refusal> {
    let button = NAMED_BUTTONS.into_iter().find(|name| !fields.text(name).is_empty());
    let action = button.map_or_else(|| fields.action(), IssueAction::parse).map_err(Refusal::Words)?;
    let article = fields.number("article").map_or(ArticleId(0), ArticleId);
    let text = |name| fields.text(name).to_owned();
    // an unchanged field makes no edit, unless the client does not send the old text
    let edit = |name: &str| {
        let (was, now) = (fields.get(&format!("{name}_was")).map(str::to_owned), fields.get(name)?.to_owned());
        Some(Edit { was, now }).filter(|e| e.was.as_ref() != Some(&e.now))
    };
    let mut changes = Vec::new();
    let (title, summary, full, note) = (edit("title"), edit("summary"), edit("text"), edit("note"));
    if action != IssueAction::Write && [&title, &summary, &full, &note].iter().any(|e| e.is_some()) {
        changes.push(Change::Rewrite { article, title, summary, text: full, note });
    }
    let change = match action {
        IssueAction::Undo => return Ok(Request::Step(Direction::Back)),
        IssueAction::Redo => return Ok(Request::Step(Direction::Forth)),
        IssueAction::Rewrite => None,
        IssueAction::Drop => Some(drop_items(fields, fields.text(button.unwrap_or("reason")))),
        IssueAction::Split => Some(split(console, article, fields.text(button.unwrap_or("copy"))).await?),
        IssueAction::Up => Some(Change::Shift { article, up: true }),
        IssueAction::Down => Some(Change::Shift { article, up: false }),
        IssueAction::Top => Some(Change::Move { article, column: text("column"), place: Place::Top }),
        IssueAction::Move => {
            let place = fields.number("before").map_or(Place::End, |id| Place::Before(ArticleId(id)));
            Some(Change::Move { article, column: text("column"), place })
        }
        IssueAction::Foreword => edit("foreword").map(Change::Foreword),
        IssueAction::Merge => Some(Change::Merge { article, into: ArticleId(fields.number("into").unwrap_or(0)) }),
        IssueAction::ComposeForeword => Some(Change::ComposeForeword),
        IssueAction::PrintSummary => Some(Change::Print { article, print: Print::Summary }),
        IssueAction::PrintFull => Some(Change::Print { article, print: Print::Full }),
        IssueAction::ResetText => Some(Change::ResetText { article, text: item(console, article).await?.text }),
        IssueAction::Write => Some(Change::Write { title: text("title"), text: text("text"), publisher: text("publisher"), column: text("column") }),
        IssueAction::Add => {
            refuse_same_story(console, session, id, article, fields).await?;
            Some(add(console, session, id, article, fields).await?)
        }
        IssueAction::AddCopy => {
            changes.push(add(console, session, id, article, fields).await?);
            Some(Change::Merge { article, into: ArticleId(fields.number("into").unwrap_or(0)) })
        }
        IssueAction::Paste => {
            let url = WebUrl::parse(fields.text("url")).map_err(|_| words("这不是一个网址：请粘贴以 http:// 或 https:// 开头的完整地址"))?;
            let added = console.pipeline().crawler().add_by_url(url, console.live.sources().allow_private).await;
            let article = added.map_err(Refusal::Words)?;
            refuse_same_story(console, session, id, article, fields).await?;
            Some(add(console, session, id, article, fields).await?)
        }
        IssueAction::RemoveFile => Some(Change::RemoveFile { article, file: FileId(fields.number("remove-file").unwrap_or(0)) }),
    };
    changes.extend(change);
    Ok(Request::Changes(changes))
}

/// Returns the change that drops the items in `articles`, or the form's own.
fn drop_items(fields: &Fields, reason: &str) -> Change {
    let several = fields.text("articles");
    let ids = if several.is_empty() { fields.text("article") } else { several };
    let articles = ids.split(',').filter_map(|id| id.trim().parse().ok()).map(ArticleId).collect();
    Change::Drop { articles, reason: DropReason::parse(reason).unwrap_or(DropReason::Other) }
}

async fn split(console: &AppState, article: ArticleId, copy: &str) -> Result<Change, Refusal> {
    let copy = ArticleId(copy.parse().unwrap_or(0));
    Ok(Change::Split { article, item: Box::new(item(console, copy).await?) })
}

/// Maximum characters shown of a headline.
const MAX_NAMED_CHARS: usize = 40;

/// Refuses to add an article whose story is already in the issue, unless the editor confirmed that it may appear twice.
async fn refuse_same_story(console: &AppState, session: &Session, id: EditionId, article: ArticleId, fields: &Fields) -> Result<(), Refusal> {
    if !fields.text("anyway").is_empty() {
        return Ok(());
    }
    let (e, _) = load(console, session, id).await?;
    let members = stored(console.store.run(move |s| s.story_members(article)).await)?;
    let Some(SameStory { item, is_copy }) = same_story(&e, article, &members) else { return Ok(()) };
    let title = truncate(&item.title, MAX_NAMED_CHARS);
    let choice = |label: &str, form: [(&'static str, String); 4]| Choice { label: label.to_owned(), fields: form.into_iter().collect() };
    let (here, there, column) = (article.to_string(), item.article.to_string(), fields.text("column").to_owned());
    let add =
        |anything: &str, extra: (&'static str, String)| [("do", anything.to_owned()), ("article", here.clone()), ("column", column.clone()), extra];
    let anyway = choice("仍要加入", add("add", ("anyway", "yes".to_owned())));
    let (words, other) = if is_copy {
        let split = [("do", "split".to_owned()), ("article", there), ("copy", here.clone()), ("column", column.clone())];
        (format!("没有加入：它已经作为“{title}”的转载在本期里"), choice("从那一条拆分出来", split))
    } else {
        (format!("没有加入：“{title}”说的是同一件事，已经在本期里"), choice("并入那一条", add("add-copy", ("into", there))))
    };
    Err(Refusal::Choices(words, vec![other, anyway]))
}

async fn add(console: &AppState, session: &Session, id: EditionId, article: ArticleId, fields: &Fields) -> Result<Change, Refusal> {
    let (e, _) = load(console, session, id).await?;
    add_to(console, &e, article, fields.text("column")).await
}

/// Returns the change that adds an article to a column, or to the first one if `column` is empty.
pub(super) async fn add_to(console: &AppState, e: &Edition, article: ArticleId, column: &str) -> Result<Change, Refusal> {
    let mut item = item(console, article).await?;
    let proposed = e.columns.first().map(|c| c.name.clone()).unwrap_or_default();
    let column = Some(column.to_owned()).filter(|c| !c.is_empty()).unwrap_or(proposed);
    let pipeline = console.pipeline();
    item.print = pipeline.settings().publication_named(&e.publication).map_or(Print::Summary, |p| p.print_of(&column));
    Ok(Change::Add { item: Box::new(item), column })
}

/// Returns an article of the archive as an item.
async fn item(console: &AppState, article: ArticleId) -> Result<Item, Refusal> {
    let this = Arc::clone(console);
    let item = console.store.run(move |s| {
        if s.article(article)?.is_none() {
            return Ok(None);
        }
        manual_item(&s.whole_archive(), article, &this.pipeline().settings().summarise, this.zone()).map(Some)
    });
    stored(item.await)?.ok_or_else(|| words("没有这篇文章"))
}

/// Returns the statements of an issue's foreword that no longer match its items.
pub(super) async fn stale_facts(console: &AppState, e: &Edition) -> Result<Vec<String>, Response> {
    if !e.foreword_edited || e.is_frozen() {
        return Ok(Vec::new());
    }
    let id = e.id;
    let dropped = stored(console.store.run(move |s| s.dropped_titles(id)).await)?;
    let dropped: Vec<String> = dropped.iter().map(|t| summarise::normalize_title(t)).collect();
    let mut stale = foreword::stale_facts(e, &dropped);
    stale.extend(evidence::wrong_sums(&e.foreword, Some(e.date)).iter().map(WrongSum::chinese));
    Ok(stale)
}
