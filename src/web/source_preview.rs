//! Preview of an address or mailbox as a source.

use crate::config::LocalizedMessage;
use crate::crawl::MailPreview;
use crate::crawl::preview;
use crate::crawl::preview::Preview;
use crate::crawl::reader::Reader;
use crate::discover::LimitReached;
use crate::inbox::MailSkip;
use crate::model::{SourceKind, printed};
use crate::series::SeriesRead;
use crate::text::normalize::{collapse_whitespace, truncate};
use crate::web::AppState;

/// Entries in a preview, and characters of its first article.
const PREVIEW_ENTRIES: usize = 12;
const PREVIEW_CHARS: usize = 160;
/// Lines of a watched page.
const PREVIEW_LINES: usize = 60;

/// Preview of an address as a source.
pub(super) struct SourcePreview {
    /// The address as typed.
    pub(super) asked: String,
    pub(super) url: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) entries: Vec<(String, String)>,
    /// The lines of a watched page, and how many more there are.
    pub(super) lines: Vec<String>,
    pub(super) more_lines: usize,
    /// Whether the lines are those of a series.
    pub(super) is_series: bool,
    /// Whether it was opened in the browser.
    pub(super) in_browser: bool,
    /// Parts of the document that are not read.
    pub(super) warnings: Vec<String>,
    /// The first article as it would be stored, or the error.
    pub(super) first: Option<Result<FirstArticle, String>>,
    /// Columns of a home page with lists of their own: name, address, entries.
    pub(super) columns: Vec<(String, String, usize)>,
}

/// The choice to open an address in the browser, as the form sends it.
pub(super) const IN_BROWSER: &str = "browser";

impl SourcePreview {
    /// Returns the choice with which the address was read, as the form sends it.
    pub(super) fn read_as(&self) -> &'static str {
        match self {
            _ if self.is_series => SourceKind::Series.as_str(),
            _ if !self.lines.is_empty() => SourceKind::Page.as_str(),
            _ if self.in_browser => IN_BROWSER,
            _ => "",
        }
    }
}

/// An article as it would be stored.
pub(super) struct FirstArticle {
    pub(super) title: String,
    pub(super) publisher: String,
    pub(super) date: String,
    pub(super) text: String,
}

/// Returns a kind in Chinese.
pub(super) fn kind_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Feed => "订阅源",
        SourceKind::Sitemap => "网站地图",
        SourceKind::Json => "数据接口",
        SourceKind::List => "列表页",
        SourceKind::Page => "单页监测",
        SourceKind::Imap => "邮箱",
        SourceKind::Series => "数据序列",
    }
}

/// Returns what is taken of a document with figures.
fn series_lines(read: &SeriesRead) -> Vec<String> {
    let named = |what: &str, text: &str| if text.is_empty() { String::new() } else { format!("{what}“{}”", truncate(text, PREVIEW_CHARS)) };
    let parts = [
        named("表格", &read.caption),
        named("时间取自列", &read.period_head),
        named("数值取自列", &read.value_head),
        read.unit.as_ref().map_or_else(|| "没有写单位".to_owned(), |u| format!("单位 {u}")),
        format!("{}度数据{}，共 {} 期", read.frequency.chinese(), if read.is_cumulative { "（累计）" } else { "" }, read.figures.len()),
        if read.left_out > 0 { format!("{} 格不是数值，没有取", read.left_out) } else { String::new() },
        if read.conflicting.is_empty() { String::new() } else { format!("{} 期有两个不同的数值，没有取", read.conflicting.len()) },
    ];
    let first = parts.iter().filter(|p| !p.is_empty()).map(String::as_str).collect::<Vec<_>>().join("；");
    let figures = read.figures.iter().rev().map(|f| format!("{}　{}", f.period.chinese(read.is_cumulative), printed(f.value, f.decimals)));
    std::iter::once(first).chain(figures).collect()
}

/// Returns a preview for display; fetches its first article.
pub(super) async fn source_preview(console: &AppState, reader: &Reader<'_>, asked: &str, p: Preview) -> SourcePreview {
    let first = match p.found.entries.first() {
        None => None,
        Some(entry) => Some(preview::entry_article(reader, entry).await.map_err(|e| e.chinese()).map(|a| FirstArticle {
            title: a.title.unwrap_or_default(),
            publisher: a.publisher.unwrap_or_default(),
            date: a.published_at.map(|t| t.with_timezone(&console.zone()).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
            text: truncate(&collapse_whitespace(&a.text), PREVIEW_CHARS),
        })),
    };
    // a series shows what is taken of its document, then its newest figures
    let taken: Vec<String> = p.series.as_ref().map(series_lines).unwrap_or_default();
    let blocks = p.watched.map(|w| w.blocks).unwrap_or_default();
    let instead = p.instead_of.map(|e| format!("这一页本身没有取到文章（{}），下面是全站的订阅源", e.chinese()));
    let entries = p.found.entries.iter().take(PREVIEW_ENTRIES);
    SourcePreview {
        asked: asked.to_owned(),
        name: p.name.unwrap_or_else(|| p.url.host().to_owned()),
        kind: kind_name(p.found.kind.unwrap_or(SourceKind::List)),
        is_series: p.series.is_some(),
        in_browser: reader.source().render,
        more_lines: (blocks.len() + taken.len()).saturating_sub(PREVIEW_LINES),
        lines: blocks.iter().map(|b| b.text.replace('\t', "　")).chain(taken).take(PREVIEW_LINES).collect(),
        entries: entries.map(|e| (e.title.clone(), e.published_at.map(|t| t.format("%Y-%m-%d").to_string()).unwrap_or_default())).collect(),
        url: p.url.to_string(),
        warnings: instead.into_iter().chain(p.found.limits.iter().map(LimitReached::chinese)).collect(),
        first,
        columns: p.columns.into_iter().map(|c| (c.name, c.url.to_string(), c.entries)).collect(),
    }
}

/// Says what the newest mails of a mailbox would bring.
pub(super) fn mailbox_words(found: Result<Vec<MailPreview>, LocalizedMessage>) -> String {
    let mails = match found {
        Ok(mails) if mails.is_empty() => return "连上了邮箱，最近 14 天没有邮件。".to_owned(),
        Ok(mails) => mails,
        Err(e) => return format!("读不到：{}", e.chinese),
    };
    let line = |m: &MailPreview| {
        let brings = match m.skip {
            Some(why) => format!("不收（{}）", skip_words(why)),
            None => format!("文章 {} 篇，要抓取的链接 {} 条", m.articles.len(), m.links.len()),
        };
        format!("“{}”{brings}", m.header.subject)
    };
    let lines: Vec<String> = mails.iter().rev().map(line).collect();
    format!("连上了邮箱。最近 {} 封：{}。", mails.len(), lines.join("；"))
}

fn skip_words(why: MailSkip) -> &'static str {
    match why {
        MailSkip::Own => "本系统发出的邮件",
        MailSkip::AutoReply => "自动回复",
        MailSkip::Bounce => "退信",
        MailSkip::Invitation => "日程邀请",
        MailSkip::Empty => "没有可用的内容",
        MailSkip::TooLarge => "太大",
        MailSkip::Unreadable => "无法解析",
    }
}
