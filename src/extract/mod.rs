//! A page → an article: body, title, time, author, 来源, sanitised HTML.
//!
//! Input: text decoded by `fetch::charset`, its address if known, the source's selectors. Output: an [`Extracted`]; a page
//! without an article is an error with a reason, never an empty article.

mod article;
mod author;
mod block_features;
mod block_model;
mod block_words;
mod blocks;
mod body;
mod boilerplate;
pub mod candidates;
mod comments;
pub mod document;
mod embedded_json;
mod error;
pub mod fields;
mod headline;
#[cfg(test)]
mod labels;
mod landmarks;
mod media;
mod meta;
pub(crate) mod nodes;
mod page;
mod page_lines;
pub mod pagination;
pub mod pdf;
mod person_name;
mod published;
mod publisher;
mod read;
mod sanitise;
mod surroundings;
mod survey;
#[cfg(test)]
mod testing;
pub mod training;
mod wechat;

pub use error::{ExtractError, Foreign};
pub use read::visible_lines;
pub use sanitise::sanitise;

use std::borrow::Cow;

use crate::extract::article::Likeness;
use crate::extract::blocks::Blocks;
use crate::extract::fields::Fields;
use crate::extract::sanitise::clean;
use crate::extract::survey::Facts;
use crate::html::{Attr, Tag, Tree};
use crate::knowledge::{Fixed, RECHECKS};
use crate::model::{ArticleSelectors, Attachment, Extracted, WebUrl};
use crate::text::dates::{self, Clock};
use crate::text::markup;
use crate::text::normalize;
use crate::wall::Wall;

/// Longest body kept, in characters.
const MAX_TEXT: usize = 200_000;
/// A shorter text is no article.
const MIN_TEXT: usize = 30;
/// A shorter text is no notice, even if headline and date are certain.
const MIN_NOTICE: usize = 8;
/// Longest error page in letters: with an English title, and any other.
const MOST_OF_ENGLISH_ERRORS: usize = 600;
const MOST_OF_ERRORS: usize = 200;
/// Confidence of a text that consists of file names: too low for automatic selection.
const NAMES_OF_FILES: f32 = 0.5;
/// A text of fewer characters may come from a captcha or sign-in page.
const SHORT_TEXT: usize = 300;

/// Context of a page besides its text.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub url: Option<&'a WebUrl>,
    /// The source's own selectors.
    pub selectors: &'a ArticleSelectors,
    /// Time zone and current time.
    pub clock: Clock,
}

/// Returns the base for relative addresses: the `<base href>` if it stays within the same site, otherwise the page's own address.
pub fn base_url(page: &Tree<'_>, url: &WebUrl) -> WebUrl {
    let base = page.elements(Tag::Base).find_map(|e| e.attr(Attr::Href));
    base.and_then(|b| url.join(b).ok()).filter(|b| b.host() == url.host()).unwrap_or_else(|| url.clone())
}

/// Extracts the article from a page; if the page shows none, from its data for programs without scripts.
pub fn extract(text: &str, context: &Context<'_>) -> Result<Extracted, ExtractError> {
    static NOSCRIPT: Fixed = Fixed::new(r"(?i)</?noscript[^<>]*>");
    let found = read_page(text, context);
    match &found {
        Err(ExtractError::NoContent { .. }) if NOSCRIPT.is_match(text) => read_page(&NOSCRIPT.replace_all(text, ""), context).or(found),
        _ => found,
    }
}

fn read_page(text: &str, context: &Context<'_>) -> Result<Extracted, ExtractError> {
    let page = Tree::parse(text);
    let base = context.url.map(|url| base_url(&page, url));
    let base = base.as_ref();
    let facts = Facts::of(&page);
    let blocks = Blocks::of(&page, &facts);
    let fields = Fields::read(&page, text, context, &blocks, None);
    let (title, likeness) = (fields.title(), fields.likeness());
    let body = article::find(&page, &facts, &blocks, context.selectors, likeness);
    let (uncertain, expected) = (body.warning(), body.expected);
    let found = body.selection;
    let lines = boilerplate::remove_boilerplate(read::lines(&found.roots, &found.dropped, found.skip), title.as_deref());
    let letters = lines.iter().map(|l| l.chars().count()).sum::<usize>();
    let least = if likeness == Likeness::Article { MIN_NOTICE } else { MIN_TEXT };
    let soft_error = title.as_deref().or(lines.first().map(String::as_str)).filter(|t| is_error_title(t, letters));
    if letters < MIN_TEXT
        && soft_error.is_none()
        && let Some(found) = embedded_json::find(&page).and_then(|f| from_state(f, &fields, context))
    {
        return Ok(found);
    }
    if letters < SHORT_TEXT
        && let Some(line) = gone_notice(&page)
    {
        return Err(ExtractError::SoftError(line));
    }
    if letters < SHORT_TEXT
        && let Some(wall) = Wall::of_tree(&page, text)
    {
        return Err(ExtractError::Wall(wall));
    }
    if let Some(t) = soft_error {
        return Err(ExtractError::SoftError(t.to_owned()));
    }
    if letters < least {
        let base = base.filter(|_| likeness == Likeness::Article);
        let files = base.map(|base| media::attachments(&[page.root()], base)).unwrap_or_default();
        let pictures = || base.map(|base| media::pictures(&page, base)).unwrap_or_default();
        return notice_of_files(files, &fields).or_else(|| notice_of_pictures(pictures(), &fields)).ok_or(ExtractError::NoContent { letters });
    }
    let mut warnings: Vec<String> = uncertain.into_iter().collect();
    if page.dropped > 0 {
        warnings.push(format!("{} tags left out: too deep, too long or never closed", page.dropped));
    }
    let mut body_text = lines.join("\n");
    if body_text.chars().count() > MAX_TEXT {
        body_text = body_text.chars().take(MAX_TEXT).collect();
        warnings.push(format!("text cut to {MAX_TEXT} characters"));
    }
    Ok(Extracted {
        language: normalize::language(&body_text).map(Cow::Borrowed),
        html: clean(&read::raw_html(&found.roots, &found.dropped, found.skip), base),
        image: base.and_then(|base| media::image(&fields.head, &found.roots, base)),
        attachments: base.map(|base| media::attachments(&found.roots, base)).unwrap_or_default(),
        next: context.url.zip(base).and_then(|(url, base)| media::next_page(&page, url, base)),
        text: body_text,
        warnings,
        ..fields.article(expected)
    })
}

/// Builds an article from a notice whose content is in its files: title, date and files; the file names replace the text. Editors review it first.
fn notice_of_files(files: Vec<Attachment>, fields: &Fields) -> Option<Extracted> {
    if files.is_empty() {
        return None;
    }
    let link = |f: &Attachment| format!("<p><a href=\"{}\">{}</a></p>", ammonia::clean_text(f.url.as_str()), ammonia::clean_text(&f.name));
    let text = files.iter().map(Attachment::labelled).collect::<Vec<_>>().join("\n");
    Some(Extracted {
        language: normalize::language(&text).map(Cow::Borrowed),
        html: clean(&files.iter().map(link).collect::<String>(), None),
        warnings: vec!["attachments only".to_owned()],
        attachments: files,
        text,
        ..fields.article(NAMES_OF_FILES)
    })
}

/// Builds an article without text from a notice that consists of pictures: their text is still to be recognised.
fn notice_of_pictures(pictures: Vec<WebUrl>, fields: &Fields) -> Option<Extracted> {
    (!pictures.is_empty()).then(|| Extracted { image: pictures.first().cloned(), pictures, ..fields.article(NAMES_OF_FILES) })
}

/// Builds an article from script data.
fn from_state(found: embedded_json::EmbeddedArticle, fields: &Fields, context: &Context<'_>) -> Option<Extracted> {
    let body =
        if found.body.contains('<') { found.body } else { found.body.split('\n').map(|l| format!("<p>{}</p>", ammonia::clean_text(l))).collect() };
    let mut a = from_fragment(&body, context)?;
    let data_title = || found.title.map(|t| normalize::truncate(&markup::strip_tags(&t), headline::MAX_TITLE)).filter(|t| !t.is_empty());
    a.title = fields.title().or_else(data_title);
    a.confidence = fields.confidence();
    // a date field in the data is more reliable than a day somewhere in the code
    let stated = found.date.and_then(|date| dates::parse(&date, &context.clock)).filter(|_| !fields.is_date_sure());
    if stated.is_some() {
        a.confidence.date = None;
    }
    a.published_at = stated.map(|d| d.at).or_else(|| fields.published_at());
    a.publisher = fields.publisher().or_else(|| publisher::clean_publisher(&found.source?));
    a.author = fields.author().or_else(|| author::in_text(&found.author?));
    a.warnings.push("taken from a script's data".to_owned());
    Some(a)
}

/// Builds an article from a feed's full text, for entries without a reachable page.
pub fn from_fragment(html: &str, context: &Context<'_>) -> Option<Extracted> {
    let page = Tree::parse(html);
    let none = nodes::NodeSet::default();
    let lines = boilerplate::remove_boilerplate(read::lines(&[page.root()], &none, nodes::skipped), None);
    let text = lines.join("\n");
    (text.chars().count() >= MIN_TEXT).then(|| Extracted {
        language: normalize::language(&text).map(Cow::Borrowed),
        html: sanitise(html, context.url),
        text,
        ..Extracted::default()
    })
}

/// Returns the line of a nearly empty page that says that its article is gone, as 公众号 and many sites answer with status 200.
fn gone_notice(page: &Tree<'_>) -> Option<String> {
    let lines = visible_lines(page);
    let folded = |line: &str| line.chars().map(normalize::fold_width_and_case).filter(|c| !c.is_whitespace()).collect::<String>();
    let is_short = lines.iter().map(|l| l.chars().count()).sum::<usize>() <= MOST_OF_ERRORS;
    let is_maintenance = || lines.iter().any(|l| RECHECKS.maintenance.is_match(&folded(l)));
    lines.iter().find(|l| is_short && RECHECKS.withdrawn.is_match(&folded(l))).filter(|_| !is_maintenance()).cloned()
}

/// Returns whether the title marks a page of this many letters as an error page.
fn is_error_title(title: &str, letters: usize) -> bool {
    const BEGINNINGS: [&str; 7] =
        ["404", "502 Bad", "503 Service", "Bad Gateway", "Internal Server Error", "Service Unavailable", "“/”应用程序中的服务器错误"];
    const PARTS: [&str; 9] = ["页面不存在", "页面未找到", "找不到页面", "无法找到", "访问出错", "Not Found", "已删除", "系统提示", "站点创建成功"];
    letters < MOST_OF_ENGLISH_ERRORS && BEGINNINGS.iter().any(|b| title.trim_start().starts_with(b))
        || letters < MOST_OF_ERRORS && PARTS.iter().any(|s| title.contains(s))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn context(selectors: &ArticleSelectors) -> Context<'_> {
        Context { url: None, selectors, clock: Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap()) }
    }

    fn run(html: &str) -> Result<Extracted, ExtractError> {
        extract(html, &context(&ArticleSelectors::default()))
    }

    const PAGE: &str = r#"<html><head><title>许昌发制品前十月出口增长一成_许昌网</title><meta name="ContentSource" content="许昌日报"></head><body>
        <div class="nav"><a href="/">首页</a><a href="/xw/">新闻</a></div>
        <div class="main"><h1>许昌发制品前十月出口增长一成</h1><div class="info">2026-11-23 09:15 来源：许昌日报 作者：张三</div>
        <div class="article"><p>本报讯 许昌海关发布的数据显示，今年前十个月，许昌发制品出口一百五十亿元，同比增长百分之十点二。</p>
        <p>“订单已经排到明年三月。”一家企业的负责人说，公司在非洲和北美的仓库同时扩建，跨境电商占销售额的一半以上。</p>
        <p onclick="x()">业内人士认为，许昌发制品正从代工走向自有品牌。<script>alert(1)</script></p><p>责任编辑：李四</p></div>
        <div class="related"><h3>相关阅读</h3><ul><li><a href="1.html">许昌假发走红海外</a></li><li><a href="2.html">发制品标准发布</a></li></ul></div></div>
        <div class="footer">版权所有 许昌网，未经授权禁止转载</div></body></html>"#;

    #[test]
    fn a_news_page_gives_all_its_parts() {
        let a = run(PAGE).unwrap();
        assert_eq!(a.title.as_deref(), Some("许昌发制品前十月出口增长一成"));
        assert_eq!(a.publisher.as_deref(), Some("许昌日报"));
        assert_eq!(a.author.as_deref(), Some("张三"));
        assert_eq!(a.published_at.unwrap().to_rfc3339(), "2026-11-23T09:15:00+08:00");
        assert_eq!(a.text.lines().count(), 3, "{}", a.text);
        assert!(a.text.starts_with("本报讯") && a.text.ends_with("自有品牌。"));
        assert!(!a.html.contains("script") && !a.html.contains("onclick"), "{}", a.html);
    }

    #[test]
    fn selectors_of_the_source_come_first() {
        let selectors = ArticleSelectors { body: Some(".info".into()), remove: vec![] };
        let page = PAGE.replace("作者：张三", "作者：张三，这一行被选择器指定为正文，所以它的文字就是结果，长度也够三十个字。");
        let a = extract(&page, &context(&selectors)).unwrap();
        assert!(a.text.contains("被选择器指定为正文"), "{}", a.text);
    }

    #[test]
    fn a_page_that_says_its_article_is_gone_is_named_by_its_words() {
        let page = |words: &str| format!("<title></title><div class=weui-msg__title>{words}</div><script>var biz = 1</script>");
        for words in ["该内容已被发布者删除", "此内容因违规无法查看", "链接已过期", "该公众号已迁移", "此账号已自主注销，内容无法查看"]
        {
            assert_eq!(run(&page(words)), Err(ExtractError::SoftError(words.to_owned())));
        }
        assert!(!matches!(run(&page("系统升级中，文章可能不存在")), Err(ExtractError::SoftError(_))));
    }

    #[test]
    fn a_notice_of_files_alone_names_them() {
        let url = WebUrl::parse("https://a.cn/t20261120_1.html").unwrap();
        let selectors = ArticleSelectors::default();
        let page = "<html><head><title>关于公布第二批示范企业名单的通知</title></head><body><h1>关于公布第二批示范企业名单的通知</h1>\
            <div class=info>发布时间：2026-11-20 09:00 来源：市工信局</div><div class=TRS_Editor><p>附件：<a href=./W0201.pdf>示范企业名单.pdf</a></p></div></body></html>";
        let a = extract(page, &Context { url: Some(&url), ..context(&selectors) }).unwrap();
        assert_eq!((a.text.as_str(), a.attachments.len(), a.confidence.is_doubtful()), ("附件：示范企业名单.pdf", 1, true));
        assert!(a.published_at.is_some() && a.html.contains("W0201.pdf"), "{a:?}");
    }

    #[test]
    fn a_body_in_noscript_is_read() {
        let page = format!(
            "<html><head><title>检测中心投入使用</title></head><body><div id=app></div><noscript><img src=/1.gif></noscript>\
             <NOSCRIPT class=a><h1>检测中心投入使用</h1><div>2026-11-20 09:00 来源：许昌日报</div>{FIRST}</NOSCRIPT></body></html>"
        );
        let a = run(&page).unwrap();
        assert!(a.text.contains("检测周期") && a.text.contains("中药材") && a.html.contains("<p>"), "{}", a.text);
        assert_eq!((a.title.as_deref(), a.publisher.as_deref()), (Some("检测中心投入使用"), Some("许昌日报")));
    }

    #[test]
    fn a_body_behind_an_anchor_that_is_never_closed_is_found() {
        let page = "<html><body><div><a name=top1>楼层</div><div>作者：<a href=/u>某人<a></div><div><p>正文第一段，说明事情的经过，文字足够多，标点也不少。</p>\
            <p>正文第二段，继续说明，文字同样足够多。</p></div><div><a href=/x>关于我们</a> <a href=/y>联系我们</a></div></body></html>";
        assert!(run(page).unwrap().text.contains("正文第二段"));
    }

    const FIRST: &str = "<p>许昌市新建的检测中心本月投入使用，可为超硬材料企业提供一百余项检测服务，检测周期由十天缩短到三天。</p>\
        <p>中心负责人说，明年还将增加设备，覆盖发制品、中药材等产业，企业不必再把样品送到外地。</p>";

    fn text_of(body: &str) -> String {
        run(&format!("<html><head><title>检测中心投入使用</title></head><body><h1>检测中心投入使用</h1>{body}</body></html>")).unwrap().text
    }

    fn posts(n: u32) -> String {
        (0..n).map(|i| format!("<div class=f><b>读者{i}</b> 2026-11-2{i} 10:0{i}</div><div>说得很好，希望多建一些这样的中心，方便我们企业，也盼望收费再低一点。</div>")).collect()
    }

    #[test]
    fn what_readers_say_below_is_left_out() {
        let text = text_of(&format!("<div class=post>{FIRST}</div><div>{}</div>", posts(5)));
        assert!(text.contains("检测周期") && !text.contains("说得很好"), "{text}");
        let text =
            text_of(&format!("<div class=post>{FIRST}<h3>3 条评论</h3><p>说得很好，早就盼着了，真的。</p><p>收费再低一点，好不好？</p></div>"));
        assert!(!text.contains("说得很好"), "{text}");
    }

    #[test]
    fn a_chronicle_is_no_thread() {
        let day = |n: u32| format!("<p>2026-11-2{n} 09:3{n}，许昌市第{n}批重点项目集中开工，总投资一百二十亿元，涉及超硬材料、电力装备等产业。</p>");
        let text = text_of(&format!("<div>{}</div>", (1..7).map(day).collect::<String>()));
        assert!(text.contains("第1批") && text.contains("第6批"), "{text}");
    }

    #[test]
    fn of_a_forum_thread_the_first_post_is_the_article() {
        let text = text_of(&format!("<div><div class=f>楼主 2026-11-20 09:00</div><div>{FIRST}</div>{}</div>", posts(4)));
        assert!(text.contains("检测周期") && !text.contains("说得很好"), "{text}");
    }

    #[test]
    fn a_banner_that_is_never_closed_does_not_hide_the_page() {
        let text = text_of(&format!("<aside class=x>公告<main><div>{FIRST}{FIRST}</div></main>"));
        assert!(text.contains("检测周期"), "{text}");
    }

    #[test]
    fn paragraphs_in_widgets_of_their_own_are_one_article() {
        let widget = |p: &str| format!("<div class=w><div class=x><div class=y><div class=z>{p}</div></div></div></div>");
        let body: String =
            (1..9).map(|n| widget(&format!("<p>第{n}段说，许昌市的检测中心投入使用以后，企业的检测周期明显缩短，费用也下降了。</p>"))).collect();
        let text = text_of(&format!(
            "<div class=all>{body}</div><div class=note><p>风险说明：本站内容，包括文字、图片、数据，仅供参考，不构成建议，投资有风险，决策须谨慎，责任自负。</p></div>"
        ));
        assert!(text.contains("第1段") && text.contains("第8段"), "{text}");
    }

    #[test]
    fn sections_in_wrappers_of_their_own_are_one_article() {
        let section = |n: u32| {
            format!(
                "<div class=grid><div class=cell><div class=chunk>{}</div></div></div>",
                FIRST.replace("许昌市", &format!("第{n}，许昌市")).repeat(3)
            )
        };
        let text = text_of(&format!("<div class=chunks>{}{}{}</div>", section(1), section(2), section(3)));
        assert!(["第1，", "第2，", "第3，"].iter().all(|s| text.contains(s)), "{text}");
    }

    #[test]
    fn a_name_beside_the_date_is_the_publisher() {
        for byline in ["<span>原创</span> <span>示例财经</span> <span>2026-11-23 09:15</span>", "2026-11-23 <i>·</i> <span>示例财经</span>"]
        {
            let page = format!(
                "<html><head><title>检测中心投入使用</title></head><body><h1>检测中心投入使用</h1><p>{byline}</p>{FIRST}<p>来源：别的单位</p></body></html>"
            );
            assert_eq!(run(&page).unwrap().publisher.as_deref(), Some("示例财经"), "{byline}");
        }
    }

    #[test]
    fn a_part_that_a_script_puts_into_its_place_is_read_and_other_hidden_ones_are_not() {
        let page = |id: &str| {
            format!(
                "<html><head><title>检测中心投入使用</title></head><body><h1>检测中心投入使用</h1><div hidden id=\"{id}\"><article>{FIRST}</article></div></body></html>"
            )
        };
        assert!(run(&page("S:1f")).is_ok_and(|a| a.title.as_deref() == Some("检测中心投入使用")));
        assert!(run(&page("menu")).is_err() && run(&page("S:menu")).is_err() && run(&page("S:")).is_err());
    }

    #[test]
    fn words_of_a_search_field_are_no_headline() {
        let page = format!("<html><head><title>示例网</title></head><body><h1>请输入关键词检索</h1>{FIRST}</body></html>");
        assert_ne!(run(&page).unwrap().title.as_deref(), Some("请输入关键词检索"));
    }

    #[test]
    fn pages_without_an_article_say_why() {
        assert!(matches!(run("<html><body><div id=app></div></body></html>"), Err(ExtractError::NoContent { .. })));
        assert!(matches!(
            run("<html><head><title>404 Not Found</title></head><body>您访问的页面不存在</body></html>"),
            Err(ExtractError::SoftError(_))
        ));
    }

    #[test]
    fn hostile_html_is_gone_from_what_is_stored() {
        let attacks = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href='javascript:alert(1)'>x</a>",
            "<a href=' JaVaScRiPt:alert(1)'>x</a>",
            "<svg><set onbegin=alert(1)></svg>",
            "<math><annotation-xml encoding='text/html'><img src=x onerror=alert(1)></math>",
            "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
            "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
            "<p style='background:url(javascript:alert(1))'>x</p>",
            "<!--[if mso]><script>alert(1)</script><![endif]-->",
        ];
        for attack in attacks {
            let clean = sanitise(attack, None).to_lowercase();
            assert!(!clean.contains("alert") && !clean.contains("javascript") && !clean.contains("onerror"), "{attack} → {clean}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_page_makes_it_panic(text in "(<(p|div|table|td|h1|a href=x|/p|/div|script|meta content=1)>|[a-z0-9年月日来源：。 ]){0,60}") {
            let _ = run(&text);
        }
    }
}
