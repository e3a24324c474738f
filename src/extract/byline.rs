//! Time and 来源 of a page.
//!
//! Trust in this order: `<meta>` and JSON-LD, the visible byline near the title, the rest of the text, the address and the code.

use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDate};
use regex::Regex;

use crate::extract::landmarks::Landmarks;
use crate::extract::meta::{Head, text_of};
use crate::html::Attr;
use crate::model::WebUrl;
use crate::text::dates::{self, Clock};
use crate::text::normalize::normalized_key;

/// `<meta>` names of publication times, best first (lower case).
const DATE_NAMES: [&str; 23] = [
    "article:published_time",
    "og:published_time",
    "firstpublishedtime",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publishtime",
    "publish_time",
    "pub_date",
    "datepublished",
    "article:create_at",
    "weibo:article:create_at",
    "weibo: article:create_at",
    "og:release_date",
    "apub:time",
    "dc.date.issued",
    "dc.date",
    "dcterms.created",
    "sailthru.date",
    "parsely-pub-date",
    "createdate",
    "dateupdate",
];

const PUBLISHER_NAMES: [&str; 6] = ["contentsource", "content-source", "mediaid", "article:source", "source", "originalsource"];

/// When the page, whose whole markup is `text`, was published.
pub(super) fn published(
    landmarks: &Landmarks<'_>,
    text: &str,
    head: &Head,
    visible: &PageLines,
    url: Option<&WebUrl>,
    clock: &Clock,
) -> Option<DateTime<FixedOffset>> {
    let from_meta = DATE_NAMES.iter().filter_map(|n| head.meta.get(*n)).find_map(|v| dates::parse(v, clock));
    let from_ld = || head.ld_text("datePublished").and_then(|v| dates::parse(&v, clock));
    let said = from_meta.or_else(from_ld);
    if let Some(d) = said.filter(|d| d.has_time) {
        return Some(d.at);
    }
    let shown = shown_date(landmarks, visible, clock);
    match (said, shown) {
        // the byline may add the time of day to the day that meta gives
        (Some(m), Some(s)) if s.has_time && s.at.date_naive() == m.at.date_naive() => Some(s.at),
        (Some(m), _) => Some(m.at),
        (None, Some(s)) => Some(s.at),
        (None, None) => {
            let day = in_pieces(visible, clock).or_else(|| url.and_then(|u| dates::in_url(u.as_url().path(), clock)));
            let day = day.or_else(|| dates::in_numerals(&visible.lines, clock));
            // code may speak of other articles: it must not contradict what is better known
            let coded = dates::in_code(text, clock).map(|d| d.at).filter(|at| day.is_none_or(|d| d == at.with_timezone(&clock.zone).date_naive()));
            coded.or_else(|| dates::midnight(day?, clock))
        }
    }
}

/// The date a reader sees: in the byline below the title, else in the lines above it, else where an element is made for it,
/// else in any line. Of one day the mention with a time of day is taken, wherever it stands.
fn shown_date(landmarks: &Landmarks<'_>, visible: &PageLines, clock: &Clock) -> Option<dates::DateMatch> {
    let time_elements = || landmarks.times.iter().copied();
    let in_elements = || {
        time_elements().find_map(|e| {
            let stamp = e.attr(Attr::Datetime).or_else(|| e.attr(Attr::Title)).and_then(|v| dates::parse(v, clock));
            stamp.filter(|d| d.has_time).or_else(|| dates::find_publication_dates(&text_of(e), clock).into_iter().find(|d| d.has_time))
        })
    };
    let (lines, behind, before) = (&visible.lines, visible.around(0, 12), visible.around(3, 0));
    let found = |lines: &[String], read: fn(&str, &Clock) -> Vec<dates::DateMatch>| -> Vec<dates::DateMatch> {
        lines.iter().filter(|l| !is_prose(l)).flat_map(|l| read(l, clock)).collect()
    };
    let best = |found: Vec<dates::DateMatch>| found.iter().find(|d| d.has_time).or(found.first()).copied();
    // notices are signed with a date not far below: what stands above the title comes first
    let near = [visible.around(0, 5), before, behind].into_iter().find_map(|lines| best(found(lines, dates::find_publication_dates)));
    if let Some(near) = near.filter(|d| d.has_time) {
        return Some(near);
    }
    let of_that_day = |d: &dates::DateMatch| d.has_time && near.is_none_or(|n| n.at.date_naive() == d.at.date_naive());
    in_elements()
        .filter(&of_that_day)
        .or_else(|| near.is_none().then(|| best(found(behind, dates::find_dates))).flatten())
        .or_else(|| found(lines, dates::find_publication_dates).into_iter().find(&of_that_day))
        .or(near)
        .or_else(|| lines.iter().filter(|l| l.chars().count() <= LONGEST_LINE).flat_map(|l| dates::find_dates(l, clock)).next())
        .or_else(|| time_elements().find_map(|e| dates::parse(&text_of(e), clock).filter(|_| text_of(e).chars().count() < 24)))
}

/// Longest line whose dates are looked at, in letters.
const LONGEST_LINE: usize = 400;

/// Whether a line is of the text, where dates are those of events.
fn is_prose(line: &str) -> bool {
    let n = line.chars().count();
    n > 160 || line.contains('。') || n > 40 && line.contains(['，', '；']) || n > 60 && line.ends_with('.') && !line.ends_with(".m.")
}

/// A date in pieces beside the headline; lists of other articles have one each, so elsewhere it says nothing.
fn in_pieces(visible: &PageLines, clock: &Clock) -> Option<NaiveDate> {
    dates::in_pieces(visible.around(3, 4), clock)
}

/// What a reader sees, line by line, and where the headline stands.
pub(super) struct PageLines {
    lines: Vec<String>,
    title: Option<usize>,
}

impl PageLines {
    pub(super) fn new(lines: Vec<String>, title: Option<&str>) -> Self {
        let title = title_line(&lines, title);
        Self { lines, title }
    }

    /// All lines.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The lines around the headline; none where it is not seen.
    pub(super) fn around(&self, before: usize, behind: usize) -> &[String] {
        self.title.map(|i| window(&self.lines, i.saturating_sub(before), i + behind)).unwrap_or_default()
    }
}

fn window(lines: &[String], from: usize, to: usize) -> &[String] {
    lines.get(from.min(lines.len())..to.min(lines.len())).unwrap_or_default()
}

fn title_line(lines: &[String], title: Option<&str>) -> Option<usize> {
    let title = normalized_key(title?);
    // a line of other length cannot be the headline, and most are
    let is_alike = |l: &str| (title.len()..=title.len() * 4 + 60).contains(&l.len());
    let exact = lines.iter().take(400).enumerate().filter(|(_, l)| is_alike(l) && normalized_key(l) == title);
    let exact: Vec<usize> = exact.map(|(i, _)| i).collect();
    // the last that a date follows, else the last: earlier ones are echoes and breadcrumbs, later ones lists of hot news
    let dated = |i: &&usize| window(lines, **i + 1, **i + 6).iter().any(|l| dates::shows_date(l));
    let exact = exact.iter().rfind(dated).or(exact.last()).copied();
    exact.or_else(|| lines.iter().take(400).position(|l| l.len() >= title.len() && l.chars().count() < 200 && normalized_key(l).contains(&title)))
}

/// 来源, in the site's own words.
pub(super) fn publisher(landmarks: &Landmarks<'_>, head: &Head, visible: &PageLines) -> Option<String> {
    let near = visible.around(6, 14);
    let labelled = |ls: &[String]| ls.iter().find_map(|l| labelled_publisher(l));
    labelled(visible.around(2, 4))
        .or_else(|| beside_date(near))
        .or_else(|| labelled(near))
        .or_else(|| landmarks.sources.iter().find_map(|e| clean_publisher(&text_of(*e))))
        .or_else(|| head.meta(&PUBLISHER_NAMES).and_then(clean_publisher))
        .or_else(|| labelled(&visible.lines))
}

/// `来源：新华社` inside a line, in any of its spellings.
fn labelled_publisher(text: &str) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:文章来源|信息来源|稿件来源|新闻来源|内容来源|来源于|来源|稿源|出处|来自)\s*[:：丨|]\s*(?P<name>[^|丨\t，。,；;]{2,40})").ok()
    });
    // without a colon the date beside it tells that it is a byline
    static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"来源于?\s+(?P<name>[\p{Han}A-Za-z]\S{1,15})").ok());
    let mentioned = text.contains('源') || text.contains("来自") || text.contains("出处");
    let of = |label: &LazyLock<Option<Regex>>| clean_publisher(label.as_ref().filter(|_| mentioned)?.captures(text)?.name("name")?.as_str());
    of(&LABEL).or_else(|| dates::shows_date(text).then(|| of(&BARE)).flatten())
}

/// Words for a site itself, or for nobody.
const PLACEHOLDER_NAMES: [&str; 14] =
    ["本站", "本网", "本网站", "本站原创", "本网原创", "原创", "网络", "互联网", "来自网络", "未知", "不详", "转载", "其他", "管理员"];

/// A name without what follows it in the byline.
pub(super) fn clean_publisher(text: &str) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*(?:文章来源|信息来源|来源|稿源|出处|来自)\s*[:：丨|]?\s*").ok());
    static END: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\s*(?:作者|编辑|责编|责任编辑|记者|时间|发布|日期|点击|浏览|阅读|评论|参与|字体|字号|打印|分享|关注|手机|微信|查看|订阅|星期|周[一二三四五六日]|更新|发表|举报|收藏|点赞|只看|语音|朗读|听(?:新闻|报道|全文)|[\[【（(<>\]】）)]|(?:19|20)\d\d[-/.年]|\d{1,2}:\d\d|\s\d).*$").ok()
    });
    let text = LABEL.as_ref()?.replace(text, "");
    let text = END.as_ref()?.replace(&text, "");
    let name = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '"' | '“' | '”' | '·' | '|'));
    // two names parted by blanks: the first is the origin, unless it is a foreign name
    let name = match name.split_once(char::is_whitespace) {
        Some((first, _)) if !first.is_ascii() && first.chars().count() >= 2 => first,
        _ => name,
    };
    if PLACEHOLDER_NAMES.contains(&name) {
        return None;
    }
    let n = name.chars().count();
    let sentence = name.contains(['。', '，', '！', '？']);
    ((2..=24).contains(&n) && !sentence && name.chars().any(char::is_alphabetic) && !name.contains("http")).then(|| name.to_owned())
}

/// `2019-09-10 14:05 新京报`, `原创 新京报 2019-09-10`: a name alone beside the date of the byline.
fn beside_date(near: &[String]) -> Option<String> {
    static BESIDE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?(?:\s+(?:[·•|]\s*)?|[·•|]\s*)(?P<behind>[\p{Han}A-Za-z][^\s\d:：]{1,15})(?:\s|$)|",
            r"^(?:原创\s+)?(?P<before>[\p{Han}A-Za-z][^\s\d:：，。]{1,15})\s+(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*\d{1,2}:\d{2}(?::\d{2})?\s*$|",
            // in elements without a blank between them
            r"^(?P<joined>\p{Han}{1,12}(?:网|报|社|新闻|客户端|发布|电视台|融媒体?|在线|杂志|周刊|财经|头条))(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*\d{1,2}:\d{2}"
        ))
        .ok()
    });
    static BARS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\|\s*(?P<bars>[A-Z][A-Za-z .'&-]+?)\s*\|\s*(?:Updated|Published|Posted)\b").ok());
    let r = BESIDE.as_ref()?;
    let bars = |l: &String| clean_publisher(BARS.as_ref().filter(|_| l.contains('|'))?.captures(l)?.name("bars")?.as_str());
    let name =
        |c: &regex::Captures<'_>| ["behind", "before", "joined"].iter().find_map(|part| c.name(part)).and_then(|m| clean_publisher(m.as_str()));
    near.iter().find_map(|l| r.captures(l)).and_then(|c| name(&c)).or_else(|| near.iter().find_map(bars)).or_else(|| above_date(near))
}

/// The name of an outlet alone on the line above or below a date alone on its line.
fn above_date(near: &[String]) -> Option<String> {
    static OUTLET: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\p{Han}{1,12}(?:网|报|社|新闻|客户端|电视台|融媒体?|在线|杂志|周刊|财经|头条|观察|传媒|之声)$").ok());
    static DATE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?$").ok());
    let (outlet, date) = (OUTLET.as_ref()?, DATE.as_ref()?);
    near.windows(2).find_map(|pair| match pair {
        [a, b] if date.is_match(b) && outlet.is_match(a) => clean_publisher(a),
        [a, b] if date.is_match(a) && outlet.is_match(b) => clean_publisher(b),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_are_cut_out_of_bylines() {
        let table = [
            ("2026-11-24 08:00 来源：许昌日报 作者：张三", Some("许昌日报")),
            ("来源:新华社 | 责任编辑：李四", Some("新华社")),
            ("信息来源：河南省科学技术厅 发布时间：2026-11-24", Some("河南省科学技术厅")),
            ("稿源：中国经济网【打印】", Some("中国经济网")),
            ("来源：", None),
            ("作者：管理员 来源：本站 时间：2026-11-20", None),
            ("来源：网络", None),
            ("【信息来源：许昌日报】【信息时间：2026-11-24】", Some("许昌日报")),
            ("2026年11月20日 08:10 来源于 某财经 听报道", Some("某财经")),
            ("这个说法来源于生活", None),
            ("这个说法来源于 生活", None),
        ];
        for (text, expected) in table {
            assert_eq!(labelled_publisher(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn names_beside_the_date_are_publishers() {
        let table = [
            ("大象新闻2026-11-20 12:00", Some("大象新闻")),
            ("2026-11-20 08:40·大象新闻", Some("大象新闻")),
            ("更新于2026-11-20 12:00", None),
            ("许昌观察\n2026-11-20 08:00", Some("许昌观察")),
            ("2026年11月20日 星期五", None),
            ("2026-11-20 08:00 听新闻", None),
            ("发表于 2026-11-20 09:33", None),
            ("2026-11-20 08:00 周口日报", Some("周口日报")),
            ("2026-11-20 08:00\n听新闻", None),
            ("产业要闻\n2026-11-20 08:00", None),
            ("By LI XIAOMING in Zhengzhou | China Daily | Updated: 2026-11-20 09:20", Some("China Daily")),
        ];
        for (text, expected) in table {
            assert_eq!(beside_date(&text.lines().map(str::to_owned).collect::<Vec<_>>()).as_deref(), expected, "{text}");
        }
    }
}
