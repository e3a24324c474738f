//! 来源, in the site's own words: labels, names beside the date, elements and `<meta>` made for it are candidates.

use std::sync::LazyLock;

use regex::Regex;

use crate::extract::candidates::{Candidate, Collection, Evidence, Field};
use crate::extract::meta::text_of;
use crate::extract::page::Page;
use crate::extract::page_lines::place;
use crate::extract::person_name::{is_office, is_person};
use crate::text::dates;
use crate::text::normalize::{is_han, normalized_key};

/// `<meta>` names of a 来源.
const META: [&str; 7] = ["contentsource", "content-source", "mediaid", "article:source", "source", "originalsource", "og:article:source"];
/// Longest line with a label, in letters.
const LONGEST_LINE: usize = 300;
const MOST_LABELS: usize = 20;

/// Candidates, most probable first.
pub(super) fn candidates(page: &Page<'_>) -> Vec<Candidate<String>> {
    let mut found = Collection::default();
    let mut add = |name: Option<String>, evidence: &[Evidence]| name.and_then(|n| found.add(normalized_key(&n), n, evidence).map(|_| ()));
    let lines = page.lines.lines();
    let is_labelled = |l: &&String| mentions_source(l) && l.chars().take(LONGEST_LINE + 1).count() <= LONGEST_LINE;
    for (n, (i, line)) in lines.iter().enumerate().filter(|(_, l)| is_labelled(l)).take(MOST_LABELS).enumerate() {
        let mut evidence = page.lines.place(page.tree, i);
        evidence.extend([page.lines.distance(i), if n == 0 { "first label" } else { "later label" }]);
        evidence.extend(dates::shows_date(line).then_some("beside a date"));
        evidence.extend((line.chars().count() > 100).then_some("on a long line"));
        evidence.extend(line.contains("来自").then_some("labelled 来自"));
        evidence.push("labelled");
        let next = || lines.get(i + 1).filter(|_| is_bare_label(line)).and_then(|l| clean_publisher(l));
        let name = labelled_publisher(line).or_else(|| next().inspect(|_| evidence.push("on the line below its label")));
        add(name, &evidence);
    }
    add(beside_date(page.lines.around(6, 14)), &["beside the date"]);
    for e in &page.landmarks.sources {
        let mut evidence = place(*e);
        // a row of a list that links to another article names that article's 来源
        if ["in a link", "in a list"].iter().all(|p| evidence.contains(p)) {
            continue;
        }
        evidence.push("element for a source");
        add(clean_publisher(&text_of(*e)), &evidence);
    }
    for value in META.iter().filter_map(|n| page.head.meta.get(*n)) {
        add(clean_publisher(value), &["meta of a source"]);
    }
    add(page.post.account.as_deref().and_then(clean_publisher), &["account in WeChat's script"]);
    compare(&mut found.all);
    found.rated(Field::Publisher, page.is_chinese)
}

/// What the letters of the names say.
fn compare(all: &mut [Candidate<String>]) {
    const OUTLETS: [&str; 18] = [
        "网",
        "报",
        "社",
        "新闻",
        "客户端",
        "发布",
        "电视台",
        "融媒体",
        "融媒",
        "在线",
        "杂志",
        "周刊",
        "财经",
        "头条",
        "观察",
        "传媒",
        "之声",
        "日报",
    ];
    for c in all {
        let name = c.value.clone();
        let n = name.chars().count();
        let facts = [
            (OUTLETS.iter().any(|o| name.ends_with(o)), "ends like an outlet"),
            (is_office(&name), "ends like an office"),
            (!name.chars().any(is_han), "no Chinese name"),
            (is_person(&name), "like a person's name"),
            (n == 2, "two letters"),
            (n > 14, "over 14 letters"),
            (name.chars().any(|c| c.is_ascii_digit()), "holds figures"),
        ];
        facts.into_iter().filter(|f| f.0).for_each(|f| c.note(f.1));
    }
}

fn mentions_source(line: &str) -> bool {
    line.contains('源') || line.contains("来自") || line.contains("出处") || line.contains("供稿") || line.contains("转自")
}

/// Whether a line is a label and nothing else.
fn is_bare_label(line: &str) -> bool {
    const LABELS: [&str; 8] = ["来源", "信息来源", "文章来源", "稿件来源", "新闻来源", "内容来源", "稿源", "供稿单位"];
    LABELS.contains(&line.trim().trim_end_matches([':', '：']).trim())
}

/// `来源：新华社` inside a line, in any of its spellings.
fn labelled_publisher(text: &str) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:文章来源|信息来源|稿件来源|新闻来源|内容来源|本文来源|来源于|来源|稿源|出处|来自|转自|供稿单位|供稿)\s*[:：丨|]\s*(?P<name>[^|丨\t，。,；;]{2,40})").ok()
    });
    // without a colon the date beside it tells that it is a byline
    static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"来源于?\s+(?P<name>[\p{Han}A-Za-z]\S{1,15})").ok());
    // `本文来源于许昌日报`
    static WHOLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:^|\s|[（(])(?:本文|文章|信息)(?:来源于|来源自|转自|来自)\s*(?P<name>\p{Han}[\p{Han}A-Za-z]{1,15})").ok());
    if !mentions_source(text) {
        return None;
    }
    let of = |label: &LazyLock<Option<Regex>>| {
        let c = label.as_ref()?.captures(text)?;
        // 资金来源, 数据来源 are no labels of 来源
        let before = c.get(0).and_then(|m| text.get(..m.start())).and_then(|b| b.chars().next_back());
        clean_publisher(c.name("name")?.as_str()).filter(|_| !before.is_some_and(is_han))
    };
    of(&LABEL).or_else(|| of(&WHOLE)).or_else(|| dates::shows_date(text).then(|| of(&BARE)).flatten())
}

/// Words for a site itself, or for nobody.
const PLACEHOLDER_NAMES: [&str; 19] = [
    "本站",
    "本网",
    "本网站",
    "本站原创",
    "本网原创",
    "原创",
    "网络",
    "互联网",
    "来自网络",
    "未知",
    "不详",
    "转载",
    "其他",
    "管理员",
    "admin",
    "综合整理",
    "综合",
    "网络整理",
    "客户端",
];

/// A name without what follows it in the byline.
pub(super) fn clean_publisher(text: &str) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\s*(?:本文来源|文章来源|信息来源|稿件来源|来源|稿源|出处|来自|供稿单位)(?:于|自)?\s*[:：丨|]?\s*").ok());
    static END: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\s*(?:作者|编辑|责编|责任编辑|记者|时间|发布|日期|点击|浏览|人气|阅读|评论|参与|字体|字号|打印|分享|关注|手机|微信|查看|订阅|星期|周[一二三四五六日]|更新|发表|举报|收藏|点赞|只看|语音|朗读|听(?:新闻|报道|全文)|[\[【（(<>\]】）)]|(?:19|20)\d\d[-/.年]|\d{1,2}:\d\d|\s\d).*$").ok()
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
        LazyLock::new(|| Regex::new(r"\|\s*(?P<bars>[A-Z][A-Za-z .'&-]+?)\s*\|\s*(?:Updated|Published|Posted)(?-u:\b)").ok());
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
            ("本文来源于国家统计局", Some("国家统计局")),
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
