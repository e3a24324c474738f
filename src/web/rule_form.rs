//! The form of a rule: it shows what the rule would have excluded before it is saved.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::exclusions;
use crate::model::{ArticleId, RuleDraft, RuleEffect, RuleId, RuleKind, SourceId};
use crate::store::{RuleEdit, Session};
use crate::text::normalize::collapse_whitespace;
use crate::web::access::Editor;
use crate::web::filter_values::without_noise;
use crate::web::form::{Fields, Form};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::rule_offers::{Offer, offers};
use crate::web::rule_warnings::warnings;
use crate::web::rules::{MAX_NAMED, PATH, PREVIEW_DAYS, PreviewView, is_known, missing, summary};
use crate::web::{AppState, Console, archive, response};

/// Rules of each kind that are offered for an article.
const MAX_OFFERED: usize = 5;

/// The fields as the form shows them.
#[derive(Debug, Default, Clone)]
struct Values {
    kind: String,
    effect: String,
    text: String,
    source: String,
    column: String,
    publication: String,
    reason: String,
    expires: String,
    /// The version of the rule that the editor saw; empty for a new one.
    version: String,
}

#[derive(Template)]
#[template(path = "rule_form.html")]
struct FormPage {
    frame: Layout,
    /// The rule that is changed; `None` for a new one.
    id: Option<i64>,
    values: Values,
    kinds: Vec<(&'static str, &'static str)>,
    effects: Vec<(&'static str, &'static str)>,
    sources: Vec<(String, String)>,
    columns: Vec<String>,
    publications: Vec<String>,
    /// Whether the rule may be for all publications.
    may_name_none: bool,
    mistakes: Vec<String>,
    preview: Option<PreviewView>,
    offers: Vec<Offer>,
}

/// What a form is checked against.
struct Known {
    sources: Vec<(SourceId, String)>,
    publications: Vec<String>,
    /// Whether a rule may be for all publications.
    may_name_none: bool,
    columns: Vec<String>,
    /// Industries and themes.
    topics: Vec<String>,
    today: NaiveDate,
}

impl Values {
    fn of_fields(f: &Fields) -> Self {
        let text = |name: &str| without_noise(f.text(name));
        Self {
            kind: text("kind"),
            effect: text("effect"),
            text: collapse_whitespace(&text("text")),
            source: text("source"),
            column: text("column"),
            publication: text("publication"),
            reason: collapse_whitespace(&text("reason")),
            expires: text("expires"),
            version: text("version"),
        }
    }

    fn of_rule(d: &RuleDraft) -> Self {
        Self {
            kind: d.kind.as_str().to_owned(),
            effect: d.effect.as_str().to_owned(),
            text: d.text.clone(),
            source: d.source.as_ref().map(ToString::to_string).unwrap_or_default(),
            column: d.column.clone().unwrap_or_default(),
            publication: d.publication.clone().unwrap_or_default(),
            reason: d.reason.clone(),
            expires: d.expires.map(|d| d.to_string()).unwrap_or_default(),
            version: d.version(),
        }
    }

    /// Returns the rule, or every mistake.
    fn check(&self, known: &Known) -> Result<RuleDraft, Vec<String>> {
        let mut wrong = Vec::new();
        let (kind, effect) = (RuleKind::parse(&self.kind), RuleEffect::parse(&self.effect));
        let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        let source = SourceId::parse(&self.source).filter(|s| known.sources.iter().any(|k| k.0 == *s));
        if source.is_none() && !self.source.is_empty() {
            wrong.push("没有这个来源".to_owned());
        }
        wrong.extend(unknown("栏目", &self.column, &known.columns));
        if !self.publication.is_empty() && !known.publications.contains(&self.publication) {
            wrong.push("没有这种刊物".to_owned());
        }
        if self.publication.is_empty() && !known.may_name_none {
            wrong.push("请选刊物：对全部刊物有效的规则，您的账号不能建".to_owned());
        }
        let expires: Option<NaiveDate> = self.expires.parse().ok();
        if expires.is_none() && !self.expires.is_empty() {
            wrong.push("期限要写成 2026-12-31 的样子".to_owned());
        }
        if expires.is_some_and(|last| last < known.today) {
            wrong.push("期限已经过去".to_owned());
        }
        let (Some(kind), Some(effect)) = (kind, effect) else {
            wrong.push("请选种类和做法".to_owned());
            return Err(wrong);
        };
        let text = if kind == RuleKind::Source { String::new() } else { self.text.clone() };
        let (column, publication) = (some(&self.column), some(&self.publication));
        let draft = RuleDraft { kind, effect, text, source, column, publication, reason: self.reason.clone(), expires };
        if draft.kind == RuleKind::Topic {
            wrong.extend(unknown("行业、主题", &draft.text, &known.topics));
        }
        wrong.extend(exclusions::check(&draft).err().map(|e| e.chinese()));
        if wrong.is_empty() { Ok(draft) } else { Err(wrong) }
    }
}

/// Returns the refusal of a name that is not in a list; an empty one is no name.
fn unknown(what: &str, name: &str, known: &[String]) -> Option<String> {
    (!name.is_empty() && known.iter().all(|k| k != name)).then(|| format!("没有叫“{name}”的{what}。现有：{}", known.join("、")))
}

async fn known(console: &Console, session: &Session, now: DateTime<Utc>) -> Result<Known, Response> {
    Ok(Known {
        may_name_none: !session.scope.is_limited(),
        sources: stored(console.store.run(crate::store::Store::source_names).await)?,
        columns: archive::columns(console),
        topics: console.vocabulary().topics(),
        publications: console.publications_of(&session.scope),
        today: now.with_timezone(&console.zone()).date_naive(),
    })
}

/// What came of a form that was not saved.
#[derive(Default)]
struct Outcome {
    id: Option<RuleId>,
    mistakes: Vec<String>,
    preview: Option<PreviewView>,
    offers: Vec<Offer>,
}

fn render(console: &Console, session: &Session, known: Known, values: Values, outcome: Outcome) -> Response {
    let Outcome { id, mistakes, preview, offers } = outcome;
    let code = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = FormPage {
        frame: Layout::new(console, session, "不再报道"),
        id: id.map(|id| id.0),
        values,
        kinds: RuleKind::ALL.iter().map(|k| (k.1, k.2)).collect(),
        effects: RuleEffect::ALL.iter().map(|e| (e.1, e.2)).collect(),
        sources: known.sources.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        columns: known.columns,
        publications: known.publications,
        may_name_none: known.may_name_none,
        mistakes,
        preview,
        offers,
    };
    (code, response::page(&page)).into_response()
}

/// Tries a rule on the last days.
async fn tried(console: &AppState, session: &Session, draft: RuleDraft, now: DateTime<Utc>) -> Result<PreviewView, Response> {
    let since = now - TimeDelta::days(PREVIEW_DAYS);
    let found = console.store.run(move |s| Ok((s.preview_rule(&draft, since, MAX_NAMED)?, is_known(s, &draft)?, draft)));
    let (mut preview, is_known, draft) = stored(found.await)?;
    preview.drafts.retain(|d| session.scope.includes(&d.publication));
    let warnings = warnings(&draft, &preview, PREVIEW_DAYS, &console.vocabulary().industries, is_known);
    Ok(PreviewView::new(format!("过去 {PREVIEW_DAYS} 天"), preview, warnings, console.zone(), now))
}

/// The form; filled in by the query, which is tried at once. `?article=` offers rules on articles like it.
pub(super) async fn new(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let f = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    filled(&console, &session, &f).await.unwrap_or_else(|answer| answer)
}

async fn filled(console: &AppState, session: &Session, f: &Fields) -> Result<Response, Response> {
    let (mut values, now) = (Values::of_fields(f), Utc::now());
    if values.effect.is_empty() {
        RuleEffect::Exclude.as_str().clone_into(&mut values.effect);
    }
    let article = ArticleId(f.number("article").unwrap_or(0));
    let found = console.store.run(move |s| s.article(article));
    let offered = stored(found.await)?.map(|a| offers(&console.settings.base_path, &a.headline, &a.text, &values.publication, MAX_OFFERED));
    let (known, mut outcome) = (known(console, session, now).await?, Outcome { offers: offered.unwrap_or_default(), ..Outcome::default() });
    if values.kind.is_empty() {
        RuleKind::Words.as_str().clone_into(&mut values.kind);
        return Ok(render(console, session, known, values, outcome));
    }
    // a link that no longer fits, for example to a source that was removed, shows the form with its mistakes
    match values.check(&known) {
        Ok(draft) => outcome.preview = Some(tried(console, session, draft, now).await?),
        Err(mistakes) => outcome.mistakes = mistakes,
    }
    Ok(render(console, session, known, values, outcome))
}

pub(super) async fn add(State(console): State<AppState>, form: Form) -> Response {
    sent(&console, &form, None).await.unwrap_or_else(|answer| answer)
}

/// The form of a stored rule.
pub(super) async fn edit(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let loaded = async {
        let id = RuleId(id);
        let rule = stored(console.store.run(move |s| s.rule(id)).await)?.ok_or_else(|| missing(&console, &session))?;
        let known = known(&console, &session, Utc::now()).await?;
        Ok(render(&console, &session, known, Values::of_rule(&rule.draft), Outcome { id: Some(id), ..Outcome::default() }))
    };
    loaded.await.unwrap_or_else(|answer| answer)
}

pub(super) async fn save(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    sent(&console, &form, Some(RuleId(id))).await.unwrap_or_else(|answer| answer)
}

async fn sent(console: &AppState, form: &Form, id: Option<RuleId>) -> Result<Response, Response> {
    let (mut values, now) = (Values::of_fields(&form.fields), Utc::now());
    let known = known(console, &form.session, now).await?;
    let draft = match values.check(&known) {
        Ok(draft) => draft,
        Err(mistakes) => return Ok(render(console, &form.session, known, values, Outcome { id, mistakes, ..Outcome::default() })),
    };
    if form.fields.text("do") != "save" {
        let preview = Some(tried(console, &form.session, draft, now).await?);
        return Ok(render(console, &form.session, known, values, Outcome { id, preview, ..Outcome::default() }));
    }
    let (who, seen) = (form.session.name.clone(), values.version.clone());
    let done = console.store.run(move |s| match id {
        Some(id) => s.edit_rule(id, &draft, &seen, &who, now),
        None => s.add_rule(&draft, &who, now),
    });
    match stored(done.await)? {
        RuleEdit::Known(other) if id.is_some() => {
            let mistakes = vec![format!("没有保存：另一条规则（{other} 号）已经这样写")];
            Ok(render(console, &form.session, known, values, Outcome { id, mistakes, ..Outcome::default() }))
        }
        RuleEdit::Saved(id) | RuleEdit::Known(id) => Ok(Redirect::to(&console.path(&format!("{PATH}/{id}"))).into_response()),
        RuleEdit::Missing => Err(missing(console, &form.session)),
        RuleEdit::Conflict(rule) => {
            values.version = rule.draft.version();
            let now_says = format!("别人刚改了这条规则，现在是：{}。再按“保存”就改成您写的", summary(&known.sources, &rule.draft));
            Ok(render(console, &form.session, known, values, Outcome { id, mistakes: vec![now_says], ..Outcome::default() }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(fields: &str) -> Result<RuleDraft, Vec<String>> {
        checked_for(fields, true)
    }

    fn checked_for(fields: &str, may_name_none: bool) -> Result<RuleDraft, Vec<String>> {
        let known = Known {
            sources: SourceId::parse("daily").map(|id| (id, "日报".to_owned())).into_iter().collect(),
            publications: vec!["许昌快递".to_owned()],
            may_name_none,
            columns: vec!["行业动态".to_owned()],
            topics: vec!["食品".to_owned(), "改革".to_owned()],
            today: "2026-11-30".parse().unwrap(),
        };
        Values::of_fields(&Fields::parse(format!("effect=exclude&{fields}").as_bytes())).check(&known)
    }

    #[test]
    fn a_form_becomes_a_rule_or_a_list_of_mistakes() {
        let rule = checked("kind=source&text=x&source=daily&column=行业动态&publication=许昌快递&expires=2026-12-01&reason=太多").unwrap();
        assert_eq!((rule.text.as_str(), rule.source.is_some(), rule.expires.is_some()), ("", true, true));
        assert_eq!(checked_for("kind=keyword&text=a", false).unwrap_err().len(), 1, "a limited account makes no rule for all");
        assert!(checked_for("kind=keyword&text=a&publication=许昌快递", false).is_ok());
        for (sent, why) in [
            ("kind=x&text=a", "请选种类"),
            ("kind=words&text=", "请写要排除的内容"),
            ("kind=words&text=-招聘", "只有“-”的词不够"),
            ("kind=pattern&text=(", "正则表达式有误"),
            ("kind=keyword&text=a&source=gone", "没有这个来源"),
            ("kind=keyword&text=a&publication=别的", "没有这种刊物"),
            ("kind=source&source=daily&column=奇闻", "没有叫“奇闻”的栏目。现有：行业动态"),
            ("kind=topic&text=航天", "没有叫“航天”的行业、主题。现有：食品、改革"),
            ("kind=keyword&text=a&expires=明天", "期限要写成"),
            ("kind=keyword&text=a&expires=2026-11-29", "期限已经过去"),
            ("kind=keyword&text=a&effect=only-if", "“只要”的规则要选来源"),
        ] {
            let wrong = checked(sent).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains(why), "{sent}: {wrong:?}");
        }
    }
}
