//! One industry, theme, column, place or organisation of the taxonomy: its words, a trial of changed ones, and saving.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;

use crate::config::taxonomy::edit::{TopicChange, TopicGroup, TopicWords, WordList, words_of};
use crate::config::taxonomy::files::{self, TaxonomyText};
use crate::learn::Model;
use crate::model::AuditAction;
use crate::pipeline::{TRIAL_DAYS, TaxonomyTrial, TrialRow};
use crate::store::Session;
use crate::text::normalize::collapse_whitespace;
use crate::web::access::Admin;
use crate::web::form::{AdminForm, Fields, Form, actions};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::taxonomy::{PATH, TITLE, in_files, paths, record, topic_path};
use crate::web::{AppState, response, taxonomy_uses};

/// Longest name and word, in characters, and most words of a list.
const MAX_NAME: usize = 30;
const MAX_WORD: usize = 60;
const MAX_WORDS: usize = 5_000;
/// Words that the audit log names of a change, in each direction.
const MAX_LOGGED: usize = 20;

#[derive(Template)]
#[template(path = "taxonomy_topic.html")]
struct TopicPage {
    frame: Layout,
    group: TopicGroup,
    /// The name in the file; `None` for a new topic.
    name: Option<String>,
    /// Where the form goes.
    path: String,
    values: Values,
    sectors: Vec<String>,
    mistakes: Vec<String>,
    /// Why the form asks once more, and where the name is used.
    question: Option<Question>,
    trial: Option<TrialView>,
    days: i64,
}

/// The fields as the form shows them.
#[derive(Default, Clone)]
struct Values {
    name: String,
    /// The text of each list of the group.
    lists: Vec<String>,
    detail: String,
    version: String,
}

struct Question {
    is_removal: bool,
    uses: Vec<String>,
}

struct TrialView {
    labels: Vec<LabelView>,
    result: TaxonomyTrial,
    seconds: String,
}

struct LabelView {
    name: String,
    is_own: bool,
    coming: usize,
    going: usize,
    comes: Vec<TrialRow>,
    goes: Vec<TrialRow>,
}

impl Values {
    fn of_words(words: &TopicWords, version: String) -> Self {
        let lists = words.lists.iter().map(|list| list.join("\n")).collect();
        Self { name: words.name.clone(), lists, detail: words.detail.clone(), version }
    }

    fn of_fields(group: TopicGroup, f: &Fields) -> Self {
        Self {
            name: collapse_whitespace(f.text("name")),
            lists: group.lists().iter().map(|l| f.text(l.key).to_owned()).collect(),
            detail: group.detail().map(|d| f.text(d.key).trim().to_owned()).unwrap_or_default(),
            version: f.text("version").to_owned(),
        }
    }

    /// Returns the lists with their texts.
    fn fields(&self, group: TopicGroup) -> Vec<(&'static WordList, &str)> {
        group.lists().iter().enumerate().map(|(n, list)| (list, self.lists.get(n).map_or("", String::as_str))).collect()
    }

    /// Returns the words, or every mistake.
    fn check(&self, group: TopicGroup) -> Result<TopicWords, Vec<String>> {
        let words = TopicWords { name: self.name.clone(), lists: self.lists.iter().map(|l| lines(l)).collect(), detail: self.detail.clone() };
        let mut wrong = Vec::new();
        if words.name.is_empty() || words.name.chars().count() > MAX_NAME || words.name.starts_with('.') || words.name.contains('/') {
            wrong.push(format!("名称要写，最多 {MAX_NAME} 个字，不能有“/”，不能以“.”开头"));
        }
        if group.is_topic() && words.terms().is_empty() {
            wrong.push("至少要有一个词".to_owned());
        }
        for (what, list) in group.lists().iter().map(|l| l.chinese).zip(&words.lists) {
            if list.len() > MAX_WORDS {
                wrong.push(format!("{what}最多 {MAX_WORDS} 个，这里有 {} 个", list.len()));
            }
            let long = list.iter().find(|w| w.chars().count() > MAX_WORD);
            wrong.extend(long.map(|w| format!("{what}里有一行超过 {MAX_WORD} 个字（每行一个词）：{}…", w.chars().take(20).collect::<String>())));
        }
        // a column counts many words of its lists, the others take one as evidence
        let single: Vec<&str> = words.terms().iter().filter(|w| group != TopicGroup::Column && w.chars().count() < 2).map(String::as_str).collect();
        if !single.is_empty() {
            let instead = if group.is_topic() { "请放进弱词或写长些" } else { "请写长些" };
            wrong.push(format!("只有一个字的词会匹配一切，{instead}：{}", single.join("、")));
        }
        if wrong.is_empty() { Ok(words) } else { Err(wrong) }
    }
}

/// Returns the lines of a field, each once.
fn lines(text: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    text.lines().map(collapse_whitespace).filter(|w| !w.is_empty() && seen.insert(w.clone())).collect()
}

impl TrialView {
    fn new(mut result: TaxonomyTrial, own: &str) -> Self {
        let mut labels: Vec<LabelView> = std::mem::take(&mut result.labels)
            .into_iter()
            .map(|(name, l)| LabelView { is_own: name == own, name, coming: l.coming, going: l.going, comes: l.comes, goes: l.goes })
            .collect();
        labels.sort_by_key(|l| (!l.is_own, std::cmp::Reverse(l.coming + l.going)));
        let seconds = format!("{:.1}", result.elapsed.as_secs_f64());
        Self { labels, result, seconds }
    }
}

/// What the page shows beside the form.
#[derive(Default)]
struct Shown {
    mistakes: Vec<String>,
    question: Option<Question>,
    trial: Option<TrialView>,
}

/// The topic of a page.
struct Subject<'a> {
    group: TopicGroup,
    name: Option<&'a str>,
}

fn render(console: &AppState, session: &Session, subject: &Subject<'_>, values: Values, shown: Shown) -> Response {
    let code = if shown.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let taxonomy = console.pipeline().settings().load_taxonomy().unwrap_or_default();
    let known = taxonomy.topics(subject.group).iter().find(|t| Some(t.name.as_str()) == subject.name);
    let page = TopicPage {
        frame: Layout::new(console, session, TITLE),
        group: subject.group,
        name: subject.name.map(str::to_owned),
        path: subject.name.map_or_else(|| format!("{PATH}/new"), |name| topic_path(subject.group, name)),
        values,
        sectors: known.map(|t| t.sectors.clone()).unwrap_or_default(),
        mistakes: shown.mistakes,
        question: shown.question,
        trial: shown.trial,
        days: TRIAL_DAYS,
    };
    (code, response::page(&page)).into_response()
}

fn missing(console: &AppState, session: &Session) -> Response {
    response::refused(console, session, StatusCode::NOT_FOUND, "词表里没有这一项")
}

/// Returns the taxonomy's text, or a page with the reason why it cannot be read.
fn text(console: &AppState, session: &Session) -> Result<TaxonomyText, Response> {
    let pipeline = console.pipeline();
    TaxonomyText::load(pipeline.settings()).map_err(|e| response::refused(console, session, StatusCode::UNPROCESSABLE_ENTITY, &e.chinese()))
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin, Path((group, name)): Path<(String, String)>) -> Response {
    let open = || {
        let group = TopicGroup::parse(&group).ok_or_else(|| missing(&console, &session))?;
        let text = text(&console, &session)?;
        let words = words_of(&text.text, group, &name).ok_or_else(|| missing(&console, &session))?;
        Ok(render(&console, &session, &Subject { group, name: Some(&name) }, Values::of_words(&words, text.version()), Shown::default()))
    };
    open().unwrap_or_else(|answer| answer)
}

pub(super) async fn new(State(console): State<AppState>, Admin(session): Admin, uri: Uri) -> Response {
    let f = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let group = TopicGroup::parse(f.text("group")).unwrap_or(TopicGroup::Industry);
    let open = || {
        let values = Values { version: text(&console, &session)?.version(), ..Values::default() };
        Ok(render(&console, &session, &Subject { group, name: None }, values, Shown::default()))
    };
    open().unwrap_or_else(|answer| answer)
}

actions! {
    /// What an admin does with a part of the taxonomy.
    TopicAction { Try = "try", Save = "save", Remove = "remove" }
}

pub(super) async fn add(State(console): State<AppState>, AdminForm(form): AdminForm) -> Response {
    let group = TopicGroup::parse(form.fields.text("group")).unwrap_or(TopicGroup::Industry);
    sent(&console, &form, &Subject { group, name: None }).await.unwrap_or_else(|answer| answer)
}

pub(super) async fn change(State(console): State<AppState>, Path((group, name)): Path<(String, String)>, AdminForm(form): AdminForm) -> Response {
    let Some(group) = TopicGroup::parse(&group) else { return missing(&console, &form.session) };
    sent(&console, &form, &Subject { group, name: Some(&name) }).await.unwrap_or_else(|answer| answer)
}

async fn sent(console: &AppState, form: &Form, subject: &Subject<'_>) -> Result<Response, Response> {
    let (action, values) = (form.action(console)?, Values::of_fields(subject.group, &form.fields));
    let refuse = |mistakes| Ok(render(console, &form.session, subject, values.clone(), Shown { mistakes, ..Shown::default() }));
    let change = match (action, subject.name) {
        (TopicAction::Remove, None) => return Err(missing(console, &form.session)),
        (TopicAction::Remove, Some(name)) => TopicChange::Remove(name.to_owned()),
        (_, name) => match (values.check(subject.group), name) {
            (Ok(words), Some(name)) => TopicChange::Replace(name.to_owned(), words),
            (Ok(words), None) => TopicChange::Add(words),
            (Err(mistakes), _) => return refuse(mistakes),
        },
    };
    let is_sure = form.fields.text("sure") == "yes";
    let uses = uses(console, subject.group, &change).await?;
    let must_ask = !is_sure && (action == TopicAction::Remove || (action == TopicAction::Save && !uses.is_empty()));
    if action == TopicAction::Try || must_ask {
        let trial = match tried(console, &form.session, subject.group, &change).await? {
            Ok(trial) => Some(trial),
            Err(mistake) => return refuse(vec![mistake]),
        };
        let question = must_ask.then_some(Question { is_removal: action == TopicAction::Remove, uses });
        return Ok(render(console, &form.session, subject, values, Shown { question, trial, ..Shown::default() }));
    }
    let what = format!("{} {}", subject.group.chinese(), summary(&text(console, &form.session)?.text, subject.group, &change));
    let (live, seen, group, made) = (console.live.clone(), values.version.clone(), subject.group, change.clone());
    match in_files(console, move || files::save(paths(&live), group, &made, &seen)).await {
        Ok(undo) => {
            let action = match change {
                TopicChange::Add(_) => AuditAction::AddTaxonomyTopic,
                TopicChange::Replace(..) => AuditAction::EditTaxonomyTopic,
                TopicChange::Remove(_) => AuditAction::RemoveTaxonomyTopic,
            };
            record(console, form, action, what.clone(), Some(undo)).await?;
            let words = format!("已保存：{what}。最近 {TRIAL_DAYS} 天的文章按新词表重判，要等一会儿");
            Ok(console.redirect_with(&form.session, PATH, words))
        }
        Err(words) => refuse(vec![format!("没有保存：{words}")]),
    }
}

/// Returns where the name that the taxonomy loses is used.
async fn uses(console: &AppState, group: TopicGroup, change: &TopicChange) -> Result<Vec<String>, Response> {
    let Some(name) = change.lost_name().map(str::to_owned) else { return Ok(Vec::new()) };
    if !group.is_topic() {
        return Ok(taxonomy_uses::of_other(group, &name, console.pipeline().settings(), &console.live.sources()));
    }
    let asked = name.clone();
    let uses = stored(console.store.run(move |s| s.topic_uses(&asked)).await)?;
    let mut out = taxonomy_uses::sentences(&name, &uses, console.pipeline().settings(), &console.live.sources());
    if change.renamed().is_some() && Model::built_in().is_some_and(|m| m.industries().contains(&name)) {
        out.push(format!("自带模型：它学过“{name}”，改名以后这个行业只按词判"));
    }
    Ok(out)
}

/// Tries a change on the articles of the last days, or says why it cannot be made.
async fn tried(console: &AppState, session: &Session, group: TopicGroup, change: &TopicChange) -> Result<Result<TrialView, String>, Response> {
    let (text, pipeline) = (text(console, session)?, console.pipeline());
    let taxonomy = match text.with(pipeline.settings(), group, change) {
        Ok((_, taxonomy)) => taxonomy,
        Err(e) => return Ok(Err(e.chinese())),
    };
    let own = match change {
        TopicChange::Add(words) | TopicChange::Replace(_, words) => &words.name,
        TopicChange::Remove(name) => name,
    };
    let renamed = change.renamed().map(|(from, to)| (from.to_owned(), to.to_owned()));
    match pipeline.try_taxonomy(taxonomy, renamed, console.live.sources(), Utc::now()).await {
        Ok(trial) => Ok(Ok(TrialView::new(trial, own))),
        Err(e) => Err(response::broken(&e)),
    }
}

/// Returns a change in words: the name, and which words came and went.
fn summary(text: &str, group: TopicGroup, change: &TopicChange) -> String {
    match change {
        TopicChange::Add(new) => format!("{}：新增，{} 个词", new.name, new.terms().len()),
        TopicChange::Remove(name) => format!("{name}：删除"),
        TopicChange::Replace(name, new) => {
            let old = words_of(text, group, name).unwrap_or_default();
            let mut parts = Vec::new();
            let head = change.renamed().map_or_else(|| name.clone(), |(from, to)| format!("{from} 改名 {to}"));
            for (what, (before, after)) in group.lists().iter().map(|l| l.chinese).zip(old.lists.iter().zip(&new.lists)) {
                parts.extend(only_in(after, before).map(|words| format!("{what}加 {words}")));
                parts.extend(only_in(before, after).map(|words| format!("{what}减 {words}")));
            }
            parts.extend(group.detail().filter(|_| old.detail != new.detail).map(|d| format!("{}改为 {}", d.chinese, new.detail)));
            match (parts.is_empty(), change.renamed()) {
                (true, Some(_)) => head,
                (true, None) => format!("{head}：没有变化"),
                (false, _) => format!("{head}：{}", parts.join("；")),
            }
        }
    }
}

fn only_in(list: &[String], other: &[String]) -> Option<String> {
    let known: std::collections::HashSet<&String> = other.iter().collect();
    let only: Vec<&str> = list.iter().filter(|w| !known.contains(w)).map(String::as_str).collect();
    let more = if only.len() > MAX_LOGGED { " 等" } else { "" };
    (!only.is_empty()).then(|| format!("{}{more}", only.iter().take(MAX_LOGGED).copied().collect::<Vec<_>>().join("、")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_words_or_a_list_of_mistakes() {
        let check = |fields: &str| Values::of_fields(TopicGroup::Industry, &Fields::parse(fields.as_bytes())).check(TopicGroup::Industry);
        let words = check("name= 茶业 &terms=毛尖%0A%0A 红茶 %0D%0A毛尖&weak=茶&exclude=").unwrap();
        assert_eq!(
            (words.name.as_str(), words.terms(), &words.lists[1]),
            ("茶业", &["毛尖".to_owned(), "红茶".to_owned()][..], &vec!["茶".to_owned()])
        );
        let long = format!("name=茶&terms={}", "长".repeat(61));
        for (sent, why) in [
            ("name=&terms=毛尖", "名称要写"),
            ("name=../x&terms=毛尖", "名称要写"),
            ("name=茶业&terms=", "至少要有一个词"),
            ("name=茶业&terms=茶%0A毛尖", "只有一个字的词会匹配一切，请放进弱词或写长些：茶"),
            (long.as_str(), "超过 60 个字"),
        ] {
            let wrong = check(sent).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains(why), "{sent}: {wrong:?}");
        }
    }

    #[test]
    fn the_audit_log_says_which_words_came_and_went() {
        let text = "[[industry]]\nname = \"茶业\"\nterms = [\"毛尖\", \"红茶\"]\n";
        let list = |l: &[&str]| l.iter().map(|w| (*w).to_owned()).collect::<Vec<String>>();
        let lists = vec![list(&["毛尖", "黑茶"]), list(&["茶"]), Vec::new()];
        let new = TopicWords { name: "茶产业".to_owned(), lists, detail: String::new() };
        let said = summary(text, TopicGroup::Industry, &TopicChange::Replace("茶业".to_owned(), new));
        assert_eq!(said, "茶业 改名 茶产业：词加 黑茶；词减 红茶；弱词加 茶");
    }
}
