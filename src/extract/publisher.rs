//! 来源, in the site's own words. Candidates: labels, names beside the date, elements and `<meta>` for it.

use crate::extract::candidates::{Candidate, Collection, Evidence, Field};
use crate::extract::meta::text_of;
use crate::extract::page::Page;
use crate::extract::page_lines::place;
use crate::extract::person_name::{is_office, is_person};
use crate::knowledge::{FIELDS, OUTLETS, Pattern};
use crate::text::dates;
use crate::text::normalize::{is_han, normalized_key};

/// Longest line with a label, in letters.
const LONGEST_LINE: usize = 300;
const MOST_LABELS: usize = 20;

/// Returns the candidates, most probable first.
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
        let next = || lines.get(i + 1).filter(|_| FIELDS.publisher.bare_label.is_match(line)).and_then(|l| clean_publisher(l));
        let name = in_line(line).or_else(|| next().inspect(|_| evidence.push("on the line below its label")));
        add(name, &evidence);
    }
    add(beside_date(page.lines.around(6, 14)), &["beside the date"]);
    for e in &page.landmarks.sources {
        let mut evidence = place(*e);
        // a list row that links to another article names that article's 来源
        if ["in a link", "in a list"].iter().all(|p| evidence.contains(p)) {
            continue;
        }
        evidence.push("element for a source");
        add(clean_publisher(&text_of(*e)), &evidence);
    }
    for value in FIELDS.publisher.meta.iter().filter_map(|n| page.head.meta.get(n)) {
        add(clean_publisher(value), &["meta of a source"]);
    }
    add(page.post.account.as_deref().and_then(clean_publisher), &["account in WeChat's script"]);
    compare(&mut found.all);
    found.rated(Field::Publisher, page.is_chinese)
}

/// Adds evidence from the spelling of the names.
fn compare(all: &mut [Candidate<String>]) {
    for c in all {
        let name = c.value.clone();
        let n = name.chars().count();
        let facts = [
            (OUTLETS.names_outlet(&name), "ends like an outlet"),
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
    FIELDS.publisher.mentions.are_in(line)
}

/// Finds `来源：新华社` inside a line, in any of its spellings.
pub(super) fn in_line(text: &str) -> Option<String> {
    if !mentions_source(text) {
        return None;
    }
    let of = |label: &Pattern| {
        let c = label.captures(text)?;
        // 资金来源 and 数据来源 are not labels of the 来源
        let before = c.get(0).and_then(|m| text.get(..m.start())).and_then(|b| b.chars().next_back());
        clean_publisher(c.name("name")?.as_str()).filter(|_| !before.is_some_and(is_han))
    };
    let known = &FIELDS.publisher;
    of(&known.labelled).or_else(|| of(&known.in_words)).or_else(|| dates::shows_date(text).then(|| of(&known.without_colon)).flatten())
}

/// Returns a name without the rest of the byline.
pub(super) fn clean_publisher(text: &str) -> Option<String> {
    let known = &FIELDS.publisher;
    let text = known.label.replace(text, "");
    let text = known.end.replace(&text, "");
    let name = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '"' | '“' | '”' | '·' | '|'));
    // two names separated by a blank: the first is the origin, unless it is a foreign name
    let name = match name.split_once(char::is_whitespace) {
        Some((first, _)) if !first.is_ascii() && first.chars().count() >= 2 => first,
        _ => name,
    };
    if known.placeholders.contains(name) {
        return None;
    }
    let n = name.chars().count();
    let sentence = name.contains(['。', '，', '！', '？']);
    ((2..=24).contains(&n) && !sentence && name.chars().any(char::is_alphabetic) && !name.contains("http")).then(|| name.to_owned())
}

/// Finds a name alone beside the date of the byline: `2019-09-10 14:05 新京报`, `原创 新京报 2019-09-10`.
fn beside_date(near: &[String]) -> Option<String> {
    let known = &FIELDS.publisher;
    let name = |c: &regex::Captures<'_>| clean_publisher(c.name("name")?.as_str());
    let beside = near.iter().find_map(|l| known.beside_date.iter().find_map(|p| p.captures(l)));
    let bars = |l: &String| known.between_bars.captures(l).filter(|_| l.contains('|')).and_then(|c| name(&c));
    beside.and_then(|c| name(&c)).or_else(|| near.iter().find_map(bars)).or_else(|| above_date(near))
}

/// Finds an outlet name alone on the line above or below a date that is alone on its line.
fn above_date(near: &[String]) -> Option<String> {
    let (outlet, date) = (&FIELDS.publisher.outlet, &FIELDS.publisher.date);
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
            assert_eq!(in_line(text).as_deref(), expected, "{text}");
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
