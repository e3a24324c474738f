//! The page of a source: its state, its settings in `sources.toml`, and a preview of changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use toml_edit::Value;

use crate::config::edit_sources;
use crate::config::edit_sources::Field;
use crate::crawl::preview;
use crate::model::{AuditAction, SourceId};
use crate::store::{Session, Silence, SourceHealth};
use crate::web::access::Admin;
use crate::web::form::{AdminForm, Fields, Form, actions};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::source_list;
use crate::web::source_preview::{SourcePreview, source_preview};
use crate::web::{AppState, archive, response};

/// Number of visits shown.
const FETCH_LOG_ROWS: usize = 20;

/// A plain-text setting: key, label and hint.
type TextField = (&'static str, &'static str, &'static str);

/// Settings of every source.
const TEXT_FIELDS: [TextField; 4] = [
    ("name", "名称", ""),
    ("url", "网址", "订阅源或栏目页的地址"),
    ("interval", "抓取间隔", "例如 30m、2h、1d；不填则按更新快慢自动调整"),
    ("region", "地域", "全国，或省、市的名称"),
];
/// Settings for sources whose list, article or charset is not detected.
const SELECTOR_FIELDS: [TextField; 6] = [
    ("charset", "编码", "只在网页自己声明有误时填，例如 gb18030"),
    ("list.item", "列表项", "CSS 选择器，只在自动识别不对时填，例如 ul.news li"),
    ("list.title", "列表标题", "在列表项之内"),
    ("list.link", "列表链接", "在列表项之内，不填即 a"),
    ("list.date", "列表日期", "在列表项之内，例如 span"),
    ("article.body", "正文", "CSS 选择器，例如 #zoom"),
];
/// Settings of a watched page.
const PAGE_FIELDS: [TextField; 2] = [
    ("select", "监测哪一部分", "CSS 选择器，例如 #price；不填则看整页"),
    ("min_change", "至少改动几个字", "少于这么多字的改动先记着，累计够了再报；不填则改一个字也报"),
];
/// Settings of a series. What is empty is found.
const SERIES_FIELDS: [TextField; 12] = [
    ("series.name", "数据名称", "例如 全市发制品出口额；不填则用来源名称"),
    ("series.value", "数值列", "列名或第几列；只有一列像数值时不必填"),
    ("series.period", "时间列", "列名或第几列，一般不必填"),
    ("series.row", "只要哪一行", "地区、指标等：只取有这一格的行"),
    ("series.table", "哪个表格", "网页有几个表格时填：标题里的字，或第几个"),
    ("series.rows", "JSON 路径", "数据行在哪里，例如 data.list"),
    ("series.sheet", "工作表", "xlsx 有几个工作表时填"),
    ("series.unit", "单位", "例如 亿元、元/吨、%；表里写了就不必填，填了会换算"),
    ("series.every", "多久一期", "日、周、月、季、年"),
    ("series.cumulative", "累计", "true 或 false；1—10月 这样的数据是累计"),
    ("series.jump", "变动多大算可疑", "例如 30%；比率按百分点"),
    ("series.basis", "口径", "例如 2025=100；改动后重新开始，不与以前的数值比"),
];
const KINDS: [(&str, &str); 6] =
    [("feed", "订阅源"), ("list", "列表页"), ("sitemap", "网站地图"), ("json", "数据接口"), ("page", "单页监测"), ("series", "数据序列")];

#[derive(Template)]
#[template(path = "source.html")]
#[allow(clippy::struct_excessive_bools)] // what the template opens and ticks
struct SourcePage {
    frame: Layout,
    id: String,
    /// Key, label, hint, value.
    texts: Vec<(&'static str, &'static str, &'static str, String)>,
    /// The same for rarely needed settings, and whether any is set.
    selectors: Vec<(&'static str, &'static str, &'static str, String)>,
    any_selector: bool,
    /// The same for a watched page, what it leaves out, and whether it is one.
    watched: Vec<(&'static str, &'static str, &'static str, String)>,
    ignore: String,
    is_page: bool,
    /// The same for a series, and whether it is one.
    series: Vec<(&'static str, &'static str, &'static str, String)>,
    is_series: bool,
    kinds: Vec<(&'static str, &'static str, bool)>,
    columns: Vec<(String, bool)>,
    industries: Vec<(String, bool)>,
    weight: String,
    render: bool,
    trouble: Vec<String>,
    /// Number of its articles, and time of the newest.
    brought: String,
    /// Time, address, result, size and duration.
    visits: Vec<(String, String, String, String)>,
    words: String,
    tried: Option<SourcePreview>,
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin, Path(id): Path<String>) -> Response {
    let stated = SourceId::parse(&id).and_then(|id| edit_sources::raw_fields(console.live.sources_path(), &id).ok().flatten());
    let Some(stated) = stated else {
        return response::refused(&console, &session, StatusCode::NOT_FOUND, "sources.toml 里没有这个来源，或文件暂时有误");
    };
    show(&console, &session, id, &stated, String::new(), None).await.unwrap_or_else(|answer| answer)
}

type RawFields = BTreeMap<String, String>;

async fn show(
    console: &AppState,
    session: &Session,
    id: String,
    stated: &RawFields,
    words: String,
    tried: Option<SourcePreview>,
) -> Result<Response, Response> {
    let said = |key: &str| stated.get(key).cloned().unwrap_or_default();
    let (zone, now) = (console.zone(), Utc::now());
    let (mut health, mut visits) = (None, Vec::new());
    if let Some(id) = SourceId::parse(&id) {
        (health, visits) = stored(console.store.run(move |s| Ok((s.source_health(&id, now)?, s.fetch_log_of(&id, FETCH_LOG_ROWS)?))).await)?;
    }
    let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%m-%d %H:%M").to_string();
    let fields = |all: &[TextField]| all.iter().map(|(key, label, hint)| (*key, *label, *hint, said(key))).collect();
    let chosen: Vec<&str> = stated.get("industries").map(|t| t.lines().collect()).unwrap_or_default();
    let page = SourcePage {
        frame: Layout::new(console, session, "来源"),
        texts: fields(&TEXT_FIELDS),
        any_selector: SELECTOR_FIELDS.iter().any(|(key, ..)| !said(key).is_empty()),
        selectors: fields(&SELECTOR_FIELDS),
        watched: fields(&PAGE_FIELDS),
        ignore: said("ignore"),
        is_page: said("kind") == "page",
        series: fields(&SERIES_FIELDS),
        is_series: said("kind") == "series",
        kinds: KINDS.iter().map(|(word, name)| (*word, *name, said("kind") == *word)).collect(),
        columns: archive::columns(console).into_iter().map(|c| (c.clone(), said("column") == c)).collect(),
        industries: console.vocabulary().industries.iter().map(|i| (i.clone(), chosen.contains(&i.as_str()))).collect(),
        weight: said("weight"),
        render: said("render") == "true",
        trouble: health.as_ref().map(|h| troubles(h, zone)).unwrap_or_default(),
        brought: health.as_ref().map(|h| article_counts(h, zone)).unwrap_or_default(),
        visits: visits
            .into_iter()
            .map(|v| (at(v.at), v.url, visit_result(&v.code, &v.outcome), format!("{:.1} KB，{} 毫秒", v.bytes as f64 / 1024.0, v.millis)))
            .collect(),
        id,
        words,
        tried,
    };
    Ok(response::page(&page))
}

/// Returns the result of a visit in words; for an error also the program's message, which names status and cause.
fn visit_result(code: &str, outcome: &str) -> String {
    let words = response::outcome(code);
    if matches!(code, "ok" | "not-modified") { words.to_owned() } else { format!("{words}（{outcome}）") }
}

fn article_counts(h: &SourceHealth, zone: chrono_tz::Tz) -> String {
    let newest = h.newest.map(|t| format!("，最新一篇 {}", t.with_timezone(&zone).format("%Y-%m-%d"))).unwrap_or_default();
    format!("取到文章 {} 篇{newest}，近四周平均每周 {:.1} 篇", h.articles, h.articles_a_week())
}

/// Returns the problems of a source, with remedies.
fn troubles(h: &SourceHealth, zone: chrono_tz::Tz) -> Vec<String> {
    let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%m-%d %H:%M").to_string();
    let mut out = Vec::new();
    if h.disabled_reason.is_some() {
        out.push("已休眠：网站表示此页已不存在。请改正网址，再在来源列表里唤醒。".to_owned());
    } else if h.failures > 0 {
        let since = h.failing_since.map(|t| format!("，自 {} 起", at(t))).unwrap_or_default();
        out.push(format!("连续 {} 次失败{since}：{}", h.failures, h.last_error_zh.clone().unwrap_or_default()));
    }
    if h.has_lost_its_layout() {
        out.push("过去能读出文章，现在读不出：网页可能改版了。可点“试一试”，不行就填写列表选择器。".to_owned());
    }
    if let Some(url) = &h.moved_to {
        out.push(format!("网站说它已永久搬到 {url}：请确认后改写网址。"));
    }
    if let Some(wall) = h.page_wall {
        out.push(format!("列表能打开，但文章打不开：{}。", wall.chinese()));
    }
    match h.silence().filter(|_| h.page_wall.is_none()) {
        Some(Silence::Since(newest)) => {
            out.push(format!(
                "自 {} 起没有新文章，比它平时的间隔长得多：网页可能已停更，或栏目换了地址。",
                newest.with_timezone(&zone).format("%Y-%m-%d")
            ));
        }
        Some(Silence::Never) => out.push("能打开，但没有取到过文章：请点“试一试”，看看列表和正文能否读出。".to_owned()),
        None => {}
    }
    if let Some(t) = h.backed_off_until {
        out.push(format!("网站要求稍后再来，{} 之前不访问。", at(t)));
    }
    if h.insecure {
        out.push("不验证它的证书（tls = \"insecure\"）。".to_owned());
    }
    out
}

pub(super) async fn change(State(console): State<AppState>, Path(id): Path<String>, AdminForm(form): AdminForm) -> Response {
    make(&console, id, &form).await.unwrap_or_else(|answer| answer)
}

actions! {
    /// What an admin does with one source.
    SourceAction { Preview = "try", Save = "save", Remove = "remove" }
}

async fn make(console: &AppState, id: String, form: &Form) -> Result<Response, Response> {
    let Form { session, fields: f, .. } = form;
    let Some(key) = SourceId::parse(&id) else {
        return Err(response::refused(console, session, StatusCode::NOT_FOUND, "没有这个来源"));
    };
    let (fields, stated) = read(console, f);
    let failed = |e: edit_sources::EditError| format!("没有保存，请改正后再试：{}", e.chinese());
    let (words, tried) = match form.action(console)? {
        SourceAction::Remove if f.text("sure") == "yes" => return remove(console, &key, session).await,
        SourceAction::Remove => return ask_removal(console, &key, session).await,
        SourceAction::Save => match edit_sources::set_fields(console.live.sources_path(), &key, &fields, &console.vocabulary()) {
            Ok(true) => {
                let (who, subject) = (session.name.clone(), id.clone());
                stored(console.store.run(move |s| s.audit(&who, AuditAction::EditSource, &subject, Utc::now())).await)?;
                console.live.refresh(false);
                return Ok(Redirect::to(&console.path(&format!("/sources/{id}"))).into_response());
            }
            Ok(false) => ("sources.toml 里没有这个来源".to_owned(), None),
            Err(e) => (failed(e), None),
        },
        SourceAction::Preview => match edit_sources::with_fields(console.live.sources_path(), &key, &fields, &console.vocabulary()) {
            Ok(Some(source)) => {
                let pipeline = console.pipeline();
                let reader = pipeline.crawler().reader(Arc::clone(&source));
                match preview::preview_source(&reader).await {
                    Ok(p) => (String::new(), Some(source_preview(console, &reader, source.url.as_str(), p).await)),
                    Err(e) => (format!("读不到：{}", e.chinese()), None),
                }
            }
            Ok(None) => ("sources.toml 里没有这个来源".to_owned(), None),
            Err(e) => (failed(e), None),
        },
    };
    let code = if tried.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((code, show(console, session, id, &stated, words, tried).await?).into_response())
}

#[derive(Template)]
#[template(path = "source_remove.html")]
struct RemovalQuestion {
    frame: Layout,
    id: String,
    name: String,
    articles: u32,
}

/// Asks for confirmation before removing a source.
async fn ask_removal(console: &AppState, id: &SourceId, session: &Session) -> Result<Response, Response> {
    let list = console.live.sources();
    let Some(source) = list.sources.iter().find(|s| s.id == *id) else {
        return Err(response::refused(console, session, StatusCode::NOT_FOUND, "sources.toml 里没有这个来源"));
    };
    let asked = id.clone();
    let health = stored(console.store.run(move |s| s.source_health(&asked, Utc::now())).await)?;
    let frame = Layout::new(console, session, "来源");
    let articles = health.map_or(0, |h| h.articles);
    Ok(response::page(&RemovalQuestion { frame, id: id.to_string(), name: source.name.clone(), articles }))
}

/// Removes a source from the file; its articles stay.
async fn remove(console: &AppState, id: &SourceId, session: &Session) -> Result<Response, Response> {
    let refused = |code, words: &str| response::refused(console, session, code, words);
    let list = console.live.sources();
    let name = list.sources.iter().find(|s| s.id == *id).map_or(id.as_str(), |s| s.name.as_str());
    match edit_sources::remove(console.live.sources_path(), id, &console.vocabulary()) {
        Ok(true) => {
            let (who, subject) = (session.name.clone(), id.to_string());
            stored(console.store.run(move |s| s.audit(&who, AuditAction::RemoveSource, &subject, Utc::now())).await)?;
            console.live.refresh(false);
            Ok(console.redirect_with(session, source_list::PATH, format!("已删除来源“{name}”；抓到的文章留在文章库里。")))
        }
        Ok(false) => Err(refused(StatusCode::NOT_FOUND, "sources.toml 里没有这个来源")),
        Err(e) => Err(refused(StatusCode::CONFLICT, &e.chinese())),
    }
}

/// Returns the form as settings for the file, and as input for the next form.
fn read(console: &AppState, f: &Fields) -> (Vec<Field>, RawFields) {
    let (mut fields, mut stated): (Vec<Field>, RawFields) = (Vec::new(), RawFields::new());
    let mut put = |key: &'static str, text: &str, value: Option<Value>| {
        stated.insert(key.to_owned(), text.to_owned());
        fields.push((key, value));
    };
    for key in TEXT_FIELDS.iter().chain(&SELECTOR_FIELDS).map(|t| t.0).chain(["kind", "column"]) {
        let text = f.text(key);
        put(key, text, Some(text.into()).filter(|_| !text.is_empty()));
    }
    let is_page = f.text("kind") == "page";
    let select = f.text("select");
    put("select", select, Some(select.into()).filter(|_| is_page && !select.is_empty()));
    let ignored: Vec<&str> = f.text("ignore").lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    put("ignore", &ignored.join("\n"), Some(ignored.iter().copied().collect::<Value>()).filter(|_| is_page && !ignored.is_empty()));
    let least = f.text("min_change");
    put("min_change", least, Some(least.parse::<i64>().map_or_else(|_| least.into(), Value::from)).filter(|_| is_page && !least.is_empty()));
    let is_series = f.text("kind") == "series";
    for (key, ..) in SERIES_FIELDS {
        let text = f.text(key);
        // write what is no truth as it is: the check of the file reports it
        let value = if key == "series.cumulative" { text.parse::<bool>().map_or_else(|_| text.into(), Value::from) } else { text.into() };
        put(key, text, Some(value).filter(|_| is_series && !text.is_empty()));
    }
    let weight = f.text("weight");
    // write an invalid number as it is: the check of the file reports it
    put("weight", weight, Some(weight.parse::<f64>().map_or_else(|_| weight.into(), Value::from)).filter(|_| !weight.is_empty()));
    let render = f.text("render") == "on";
    put("render", if render { "true" } else { "" }, render.then(|| true.into()));
    let chosen = f.industries(&console.vocabulary().industries);
    put("industries", &chosen.join("\n"), Some(chosen.iter().map(String::as_str).collect::<Value>()).filter(|_| !chosen.is_empty()));
    (fields, stated)
}
