//! The mail as HTML: nested tables with inline styles, the only markup that Outlook, Foxmail, QQ and 163 all render alike.

use askama::Template;

use crate::issue::feedback::{ReaderLinks, Verdict};
use crate::model::{Edition, Item, Layout, Print};
use crate::render::blocks::{Block, blocks};
use crate::render::{RenderError, chinese_date, columns, content_id, figures_id, health_line, subject};
use crate::text::normalize::truncate;

/// Mail programs clip larger mails (Gmail at about 102 KB).
const MAX_BYTES: usize = 98 << 10;

#[derive(Template)]
#[template(path = "mail.html")]
struct Mail<'a> {
    e: &'a Edition,
    subject: String,
    preheader: String,
    /// Size and letter spacing of the publication's name, in pixels.
    name_size: (usize, usize),
    issue: String,
    date: String,
    health: String,
    /// 责任编辑, 审核, 签发, 电话.
    people: String,
    /// Text alternative of the chart, if there is one.
    chart: Option<String>,
    columns: Vec<Column<'a>>,
    /// Whether the document contains more than the mail.
    shortened: bool,
    left_out: usize,
}

struct Column<'a> {
    name: &'a str,
    items: Vec<Numbered<'a>>,
}

struct Numbered<'a> {
    number: usize,
    item: &'a Item,
    note: String,
    blocks: Vec<Block<'a>>,
    /// Whether only the document has the full text.
    shortened: bool,
    picture: Option<ShownPicture>,
    figures: Option<ShownFigures>,
    date: Option<String>,
    places: String,
    /// Words and addresses of the reader's links.
    feedback: Vec<(&'static str, String)>,
}

/// Figures over time: caption, table, chart with its text alternative, source.
struct ShownFigures {
    id: String,
    caption: String,
    table: Vec<Vec<String>>,
    alt: String,
    source: String,
}

/// A picture and its display width.
struct ShownPicture {
    id: String,
    width: u32,
}

/// Width of the text, in pixels.
const TEXT_WIDTH: u32 = 632;

/// Renders the mail. If it is too large, summaries replace full texts; if that is not enough, the document alone has the last
/// items, and the mail counts them.
///
/// # Errors
/// If the template cannot be rendered.
/// A template that cannot be rendered.
pub fn html(edition: &Edition) -> Result<String, RenderError> {
    html_for(edition, None)
}

/// Renders the mail with the links of its reader.
pub(super) fn html_for(edition: &Edition, links: Option<&ReaderLinks<'_>>) -> Result<String, RenderError> {
    let mut shown = edition.item_count();
    let page = render(edition, links, shown, true)?;
    if page.len() <= MAX_BYTES {
        return Ok(page);
    }
    loop {
        let page = render(edition, links, shown, false)?;
        if page.len() <= MAX_BYTES || shown == 0 {
            return Ok(page);
        }
        // drop about the share of items by which the mail is too large
        shown = (shown * MAX_BYTES / page.len()).min(shown - 1);
    }
}

fn render(edition: &Edition, links: Option<&ReaderLinks<'_>>, shown: usize, full_texts: bool) -> Result<String, RenderError> {
    let mut number = 0;
    let mut shown_columns = Vec::new();
    for c in &edition.columns {
        let mut items = Vec::new();
        for item in c.items.iter().take(shown.saturating_sub(number)) {
            number += 1;
            let named = item.places.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("、");
            let places = if named.is_empty() { item.region_scope.clone() } else { named };
            let shortened = !full_texts && item.print == Print::Full && item.text != item.summary;
            let picture = item.picture.as_ref().map(|p| ShownPicture { id: content_id(p), width: p.width.min(TEXT_WIDTH) });
            let figures = item.figures.as_ref().map(|f| ShownFigures {
                id: figures_id(item.article),
                caption: f.caption(),
                table: f.short_table(),
                alt: f.alt(),
                source: f.source_line(),
            });
            let blocks = blocks(if shortened { &item.summary } else { item.printed() });
            items.push(Numbered {
                number,
                item,
                note: item.printed_note(),
                blocks,
                shortened,
                picture,
                figures,
                date: item.date.map(|d| d.to_string()),
                places,
                feedback: links.map(|l| Verdict::ALL.map(|v| (v.chinese(), l.url(item.article, v))).to_vec()).unwrap_or_default(),
            });
        }
        shown_columns.push(Column { name: &c.name, items });
    }
    let first: Vec<&str> = edition.items().take(3).map(|i| i.title.as_str()).collect();
    let mail = Mail {
        e: edition,
        subject: subject(edition),
        name_size: name_size(&edition.publication),
        preheader: truncate(&first.join("；"), 80),
        issue: edition.issue_label(),
        date: chinese_date(edition.date),
        health: health_line(edition),
        people: edition.imprint.people(),
        chart: crate::render::chart::alt(&edition.trend_with_items()),
        // mention the document only if it contains more
        shortened: shown_columns.iter().flat_map(|c: &Column<'_>| &c.items).any(|i| i.shortened) || edition.item_count() > number,
        columns: shown_columns,
        left_out: edition.item_count() - number,
    };
    Ok(mail.render()?)
}

/// Returns the size at which a name fits on one line.
fn name_size(name: &str) -> (usize, usize) {
    let (width, size, space) = (TEXT_WIDTH as usize, 30, 4);
    if columns(name) * (size + space) / 2 <= width {
        return (size, space);
    }
    ((width * 2 / columns(name).max(1)).clamp(18, size), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article, build_with};
    use crate::model::WebUrl;

    #[test]
    fn article_text_stays_text() {
        let mut edition = build_with(vec![article(1, "甲", "食品", "行业动态", 1)], &[]).edition;
        let item = &mut edition.columns[0].items[0];
        item.title = "</td></table><script>alert(1)</script>{{ env }}<!--[if mso]>".into();
        item.summary = "<style>*{display:none}</style>".into();
        item.url = WebUrl::parse("https://a.cn/?q=\"><img onerror=x>").ok();
        let page = html(&edition).unwrap();
        // the only style and picture are ours
        let (styles, pictures) = (page.matches("<style").count(), page.matches("<img").count());
        assert!(!page.contains("<script") && !page.contains("<!--") && (styles, pictures) == (1, 1), "{page}");
        assert!(page.contains("{{ env }}"));
    }

    #[test]
    fn the_mail_looks_as_it_did() {
        let mut e = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "财经数据", 2)], &[]).edition;
        (e.year, e.number_in_year, e.cumulative_number) = (2026, 3, 103);
        insta::assert_snapshot!(html(&e).unwrap());
    }

    #[test]
    fn a_draft_tells_its_three_strongest_reasons_and_where_to_look() {
        let mut edition = build_with(vec![article(1, "甲", "食品", "行业动态", 1)], &[]).edition;
        let item = &mut edition.columns[0].items[0];
        for (reasons, first, further) in [(0, 0, 0), (2, 2, 0), (3, 3, 0), (5, 3, 2)] {
            item.reasons = (1..=reasons).map(|n: usize| format!("第{n}条理由")).collect();
            assert_eq!((item.first_reasons().len(), item.further_reasons().len()), (first, further), "{reasons}");
            assert!(item.first_reasons().iter().chain(item.further_reasons()).eq(&item.reasons));
        }
        item.is_uncertain = true;
        let page = html(&edition).unwrap();
        assert!(page.contains("拿不准，请看一眼") && page.contains("第3条理由") && !page.contains("第4条理由"), "{page}");
        edition.is_final = true;
        let page = html(&edition).unwrap();
        assert!(!page.contains("拿不准") && !page.contains("条理由"), "readers of the issue see neither");
    }

    #[test]
    fn the_name_fills_one_line_at_most() {
        let size = |n| name_size(&"许".repeat(n));
        assert_eq!([9, 18, 20, 22, 60].map(size), [(30, 4), (30, 4), (30, 0), (28, 0), (18, 0)]);
    }

    #[test]
    fn a_mail_of_many_items_stays_below_the_clipping_limit() {
        let mut edition = build_with(vec![article(1, "甲", "食品", "行业动态", 1)], &[]).edition;
        let mut item = edition.columns[0].items[0].clone();
        item.summary = "长摘要。".repeat(50);
        edition.columns[0].items = vec![item; 300];
        let page = html(&edition).unwrap();
        assert!(page.len() <= MAX_BYTES, "{}", page.len());
        assert!(page.contains("只在附件中"));
    }
}
