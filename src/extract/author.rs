//! Finds the author of an article.
//!
//! Candidates: byline labels (作者：, 记者 …), linked data, `<meta>`, author elements, lines that begin with “By”, reporters in
//! brackets, signed lines below the text. Behind a colon any name counts, including pen names; without a colon it must look like a
//! person's name. No author is better than a wrong one, so outlets, programs and placeholders are excluded.

use crate::extract::candidates::{Candidate, Collection, Evidence, Field};
use crate::extract::meta::text_of;
use crate::extract::page::Page;
use crate::extract::page_lines::place;
use crate::extract::person_name::{
    MAX_NAME_CHARS, MAX_PERSONS, end_of_name, is_organisation, is_person, is_placeholder, is_separator, latin, persons,
};
use crate::html::Tag;
use crate::knowledge::FIELDS;
use crate::text::normalize::{is_han, normalized_key};

/// Longest byline, in letters.
const LINE: usize = 120;

/// Most labelled lines examined.
const MOST_LINES: usize = 40;

/// Returns the candidates, most probable first. Several names keep the page's separators.
pub(super) fn candidates(page: &Page<'_>) -> Vec<Candidate<String>> {
    let mut found = Collection::default();
    let mut add = |name: Option<String>, evidence: &[Evidence]| name.and_then(|n| found.add(key(&n), n, evidence).map(|_| ()));
    add(page.head.ld_names("author").and_then(|t| validate(&t)), &["linked data author"]);
    for (n, value) in FIELDS.author.meta.iter().filter_map(|n| Some((n, page.head.meta.get(n)?))) {
        add(validate(value), &[if n == "author" { "meta author" } else { "other meta author" }]);
    }
    add(page.post.author.as_deref().and_then(validate), &["author in WeChat's script"]);
    for (n, e) in page.landmarks.authors.iter().enumerate() {
        let text = text_of(*e);
        let mut evidence = place(*e);
        evidence.extend(["element for an author", if n == 0 { "first element" } else { "later element" }]);
        evidence.extend(e.is(Tag::A).then_some("the element is a link"));
        // name and office may be in separate elements
        let first = e.texts().map(str::trim).find(|t| !t.is_empty()).filter(|t| text.len() > t.len()).map(str::to_owned);
        let whole = of_element(&text);
        let in_front = first.and_then(|t| of_element(&t)).filter(|t| {
            whole.as_ref().is_none_or(|w| w != t && w.starts_with(t.as_str()) && !w[t.len()..].contains([',', '&']) && !w.contains(" and "))
        });
        if in_front.is_some() {
            add(in_front, &[evidence.clone(), vec!["first text of its element"]].concat());
        }
        add(whole, &evidence);
    }
    of_lines(page, &mut add);
    compare(&mut found.all, page);
    found.rated(Field::Author, page.is_chinese)
}

fn of_lines(page: &Page<'_>, add: &mut impl FnMut(Option<String>, &[Evidence]) -> Option<()>) {
    let lines = page.lines.lines();
    let is_named = |l: &String| {
        FIELDS.author.mentions.are_in(l)
            || l.len() <= 2 * LINE && l.get(..8.min(l.len())).is_some_and(|s| s.to_ascii_lowercase().contains("by "))
            || l.starts_with("Author")
    };
    for (i, line) in lines.iter().enumerate().filter(|(_, l)| is_named(l)).take(MOST_LINES * 4) {
        let pair = lines.get(i..(i + 2).min(lines.len())).unwrap_or_default();
        let label = from_label(pair.get(..1).unwrap_or_default()).or_else(|| from_label(pair).filter(|_| line.chars().count() <= 8));
        // far below the headline, comments have authors too
        let label = label.filter(|l| page.lines.distance(i) != "far below the headline" || persons(l).is_some());
        let found = [(label, "labelled"), (by_line(line), "by line"), (from_parentheses(line), "in brackets"), (from_signature(line), "signed")];
        for (name, kind) in found.into_iter().filter(|(name, _)| name.is_some()) {
            let mut evidence = page.lines.place(page.tree, i);
            evidence.extend([kind, page.lines.distance(i)]);
            evidence.extend(line.contains("作者").then_some("labelled 作者"));
            evidence.extend((i + 40 >= lines.len()).then_some("near the end"));
            add(name, &evidence);
        }
    }
}

/// Returns a key that ignores the order and separators of names.
fn key(names: &str) -> String {
    let lower = names.to_lowercase().replace(" and ", " ");
    let mut words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.sort_unstable();
    words.concat()
}

/// Adds evidence from comparing candidates and from their spelling.
fn compare(all: &mut [Candidate<String>], page: &Page<'_>) {
    const ORIGINS: [Evidence; 8] =
        ["linked data author", "meta author", "other meta author", "element for an author", "by line", "labelled", "in brackets", "signed"];
    let site = page.head.meta(&["og:site_name", "application-name"]).map(normalized_key).unwrap_or_default();
    let title = page.head.title.as_deref().map(normalized_key).unwrap_or_default();
    let host = page.url.and_then(|u| u.as_url().host_str()).map(normalized_key).unwrap_or_default();
    let keys: Vec<String> = all.iter().map(|c| normalized_key(&c.value)).collect();
    let many = all.len();
    for (i, c) in all.iter_mut().enumerate() {
        let Some(key) = keys.get(i) else { continue };
        let han = c.value.chars().any(is_han);
        let words = c.value.split_whitespace().count();
        let origins = c.evidence.iter().filter(|e| ORIGINS.contains(e)).count();
        let capital = |w: &str| {
            w.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_alphabetic())
                || matches!(w, "and" | "de" | "van" | "von" | "der" | "la" | "al" | "bin" | "del")
        };
        let others = || keys.iter().zip(0..).filter(|(k, j)| *j != i && !k.is_empty()).map(|(k, _)| k);
        let facts = [
            (han, "Chinese name"),
            (han && c.value.split(' ').all(is_person), "like persons' names"),
            (!han && words == 1, "one word"),
            (!han && (2..=3).contains(&words), "two or three words"),
            (!han && words > 4 && !c.value.contains([',', '&']), "five words or more"),
            (c.value.contains(',') || c.value.contains(" and ") || c.value.contains('&'), "several names"),
            (c.value.chars().any(|c| c.is_ascii_digit()), "holds figures"),
            (!han && !c.value.split([' ', ',']).filter(|w| !w.is_empty()).all(capital), "words without capitals"),
            (!site.is_empty() && *key == site || key.len() > 3 && host.contains(key.as_str()), "the site's name"),
            (!site.is_empty() && *key != site && (site.contains(key.as_str()) || key.contains(&site)), "shares the site's name"),
            (key.len() > 5 && title.ends_with(key.as_str()), "ends the document title"),
            (origins == 2, "two origins"),
            (origins > 2, "three origins or more"),
            (others().any(|k| k.len() > key.len() && k.contains(key.as_str())), "part of another candidate"),
            (others().any(|k| k.len() < key.len() && k.len() > 5 && key.contains(k.as_str())), "holds another candidate"),
            (many == 1, "the only candidate"),
            (many > 4, "more than four candidates"),
        ];
        facts.into_iter().filter(|f| f.0).for_each(|f| c.note(f.1));
    }
}

/// Finds the author in a text that is known to name it, such as script data.
pub(super) fn in_text(text: &str) -> Option<String> {
    from_label(&[text.to_owned()]).or_else(|| validate(text))
}

/// Finds the first label with a name behind it or on the next line.
fn from_label(lines: &[String]) -> Option<String> {
    lines.iter().enumerate().filter(|(_, l)| l.chars().count() <= LINE).find_map(|(i, line)| {
        let next = lines.get(i + 1).map(String::as_str).unwrap_or_default();
        after_colon(line, next).or_else(|| after_title_word(line, next))
    })
}

/// `作者：`, `文/`: any name, also a pen name.
fn after_colon(line: &str, next: &str) -> Option<String> {
    let c = Some(&FIELDS.author.label).filter(|_| line.contains([':', '：', '/', '／', '丨']))?.captures(line)?;
    let rest = c.name("colon").or(c.name("slash"))?.as_str().trim_start();
    parse_names(if rest.is_empty() { next } else { rest })
}

/// `本报记者 张三 李四`, `作者 张三`: persons only, no photographers; text after `记者：` in an interview is a question.
fn after_title_word(line: &str, next: &str) -> Option<String> {
    FIELDS.author.before_name.iter().find_map(|word| {
        let (_, rest) = line.split_once(word)?;
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：'));
        persons(if rest.is_empty() { next } else { rest })
    })
}

/// `作者：张三`, `某报记者 张三` at the end of a short line below the text: persons only, because the rest of a page names other authors.
fn from_signature(line: &str) -> Option<String> {
    let c = Some(&FIELDS.author.signed)
        .filter(|_| line.contains(['者', '撰', '笔']) && line.chars().count() <= MAX_NAME_CHARS)?
        .captures(line.trim_end())?;
    persons(c.name("names")?.as_str())
}

/// `（记者 张三）`, `（张三 上海报道）` in a line of any length; `（张三 李四）`, `（某局 张三）` only at its end.
fn from_parentheses(line: &str) -> Option<String> {
    if !line.contains(['（', '(']) {
        return None;
    }
    let is_said = FIELDS.author.said.are_in(line);
    let said =
        || persons(Some(&FIELDS.author.in_brackets).filter(|_| is_said)?.captures(line).and_then(|c| c.name("label").or(c.name("report")))?.as_str());
    let last = || {
        let names = Some(&FIELDS.author.last).filter(|_| line.trim_end().ends_with(['）', ')']))?.captures(line)?.name("names")?.as_str();
        // `（市发展改革委 王晓明）`
        let names = names.split_once(char::is_whitespace).filter(|(first, _)| is_organisation(first)).map_or(names, |(_, rest)| rest);
        names.split(is_separator).filter(|t| !t.is_empty()).all(is_person).then(|| persons(names)).flatten()
    };
    said().or_else(last)
}

/// Takes any first name, then further ones if they look like persons.
fn parse_names(text: &str) -> Option<String> {
    let text = text.trim_start();
    if text.starts_with(|c: char| c.is_ascii_uppercase())
        && let Some(name) = latin(text)
    {
        return Some(name);
    }
    let mut tokens = text.split(is_separator).filter(|t| !t.is_empty());
    let first = tokens.next()?;
    if FIELDS.author.before_persons.contains(first) {
        return persons(text.strip_prefix(first)?);
    }
    let first = first.get(..end_of_name(first)).unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
    let n = first.chars().count();
    if !(2..=16).contains(&n) || is_placeholder(first) || !first.chars().any(char::is_alphabetic) || first.contains(['：', ':']) {
        return None;
    }
    let more = tokens.map_while(|t| is_person(t).then_some(t)).take(MAX_PERSONS - 1);
    Some(std::iter::once(first).chain(more).collect::<Vec<_>>().join(" "))
}

/// Validates a text that should contain only the author.
fn validate(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；' | ':' | '：' | '-' | '|'));
    let text = FIELDS.author.prefixes.iter().find_map(|l| text.strip_prefix(l)).unwrap_or(text).trim();
    let n = text.chars().count();
    if text.chars().any(is_han) {
        // many sites put their own name here
        return persons(text);
    }
    ((2..=MAX_NAME_CHARS).contains(&n) && text.chars().any(char::is_alphabetic) && !is_placeholder(text)).then(|| text.to_owned())
}

fn of_element(text: &str) -> Option<String> {
    let lines = [text.to_owned()];
    if text.chars().count() > LINE {
        return None;
    }
    from_label(&lines).or_else(|| by_line(text)).or_else(|| {
        let text = validate(text)?;
        if text.chars().any(is_han) { Some(text) } else { latin(&text) }
    })
}

/// `By Jane Roe`, `Written by …`.
fn by_line(line: &str) -> Option<String> {
    let c = Some(&FIELDS.author.by).filter(|_| line.len() <= 2 * LINE)?.captures(line)?;
    latin(c.name("rest")?.as_str())
}

#[cfg(test)]
mod tests {
    use crate::extract::fields::Fields;
    use crate::extract::testing;

    /// Returns the most probable author of a page with a headline and these lines below it.
    fn of(lines: &[&str]) -> Option<String> {
        let lines: String = lines.iter().map(|l| format!("<p>{l}</p>")).collect();
        on(&format!("<title>许昌发制品出口增长一成</title><h1>许昌发制品出口增长一成</h1>{lines}"))
    }

    fn on(page: &str) -> Option<String> {
        testing::with_fields(page, |f: &Fields| f.authors.first().map(|c| c.value.clone()))
    }

    #[test]
    fn bylines_name_their_writers() {
        let table = [
            ("2026-11-24 08:00 来源：许昌日报 作者：张三丰 编辑：李四", Some("张三丰")),
            ("作者：张三丰 李四光", Some("张三丰 李四光")),
            ("作者：老树说车", Some("老树说车")),
            ("本报记者 王晓明 通讯员 赵刚", Some("王晓明")),
            ("大河网记者王晓明、赵刚", Some("王晓明 赵刚")),
            ("全媒体记者王晓明发自北京", Some("王晓明")),
            ("本报记者 王晓明 郑州报道", Some("王晓明")),
            ("本报记者 赵刚报道", Some("赵刚")),
            ("本报记者 安阳报道", None),
            ("文/张文攀 图/李四光", Some("张文攀")),
            ("文丨王晓明", Some("王晓明")),
            ("本报记者 诸葛晓明 阿依古丽·买买提", Some("诸葛晓明 阿依古丽·买买提")),
            ("来源 大河网 作者王晓明", Some("王晓明")),
            ("记者：王晓明", Some("王晓明")),
            ("来源：某某之家作者：山水责编：山水", Some("山水")),
            ("来源：某报作者：王晓明2026-11-20 08:00", Some("王晓明")),
            ("作者：李䶮", Some("李䶮")),
            ("本报记者 李䶮", Some("李䶮")),
            ("By Jane Roe and John Q. Public Published Nov 24", Some("Jane Roe and John Q. Public")),
        ];
        for (line, expected) in table {
            assert_eq!(of(&[line]).as_deref(), expected, "{line}");
        }
        assert_eq!(of(&["本报记者", "王晓明 赵刚"]).as_deref(), Some("王晓明 赵刚"), "on the next line");
    }

    #[test]
    fn what_is_no_person_is_no_author() {
        let lines = [
            "记者从市科技局获悉，今年前十个月出口增长。",
            "记者：您是怎样想到做这件事的？",
            "来源：新华网 责任编辑：王晓明",
            "作者：新华网",
            "作者：",
            "新华社记者 王晓明 摄",
            "联系记者 方面",
            "本报记者连续报道",
            "By 2030 the output will double",
        ];
        for line in lines {
            assert_eq!(of(&[line]), None, "{line}");
        }
    }

    #[test]
    fn signatures_below_the_text_and_reporters_in_brackets_are_found() {
        let far = vec!["正文。"; 20];
        let below = |line: &'static str| of(&[far.clone(), vec![line]].concat());
        assert_eq!(below("作者：王晓明 赵刚").as_deref(), Some("王晓明 赵刚"));
        assert_eq!(below("作者：开心果").as_deref(), None, "somebody's comment");
        assert_eq!(below("增速比上月加快。（本报记者 王晓明）").as_deref(), Some("王晓明"));
        assert_eq!(below("过一个祥和的新春佳节。（王晓明 赵刚 ）").as_deref(), Some("王晓明 赵刚"));
        assert_eq!(below("企业的成本因此降低。（市发展改革委 王晓明）").as_deref(), Some("王晓明"));
        assert_eq!(below("（市融媒体中心 王晓明 赵刚）").as_deref(), Some("王晓明 赵刚"));
        assert_eq!(below("整合 新华日报·交汇点记者 王晓明").as_deref(), Some("王晓明"));
        assert_eq!(below("来源：某报 作者：王晓明 赵刚").as_deref(), Some("王晓明 赵刚"));
        assert_eq!(below("也是利益的再分配。（王晓明 上海报道）").as_deref(), Some("王晓明"));
    }

    #[test]
    fn what_the_page_says_of_itself_counts_unless_it_is_a_placeholder() {
        let table = [
            (r#"<meta name="author" content="王晓明">"#, Some("王晓明")),
            (r#"<meta name="author" content="admin">"#, None),
            (r#"<meta name="author" content="参考消息">"#, None),
            (r#"<meta name="author" content="许昌网,www.xc.cn,许昌日报">"#, None),
            (r#"<script type="application/ld+json">{"author":[{"name":"Jane Roe"},{"name":"John Public"}]}</script>"#, Some("Jane Roe, John Public")),
            (r#"<span class="author">Written By</span><a rel="author">Jane Roe</a>"#, Some("Jane Roe")),
            (r#"<div class="byline">By Jane Roe, Staff Writer</div>"#, Some("Jane Roe")),
        ];
        for (page, expected) in table {
            assert_eq!(on(page).as_deref(), expected, "{page}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "[作者记撰文：:（）/丨 \\n王明摄By A-z]{0,60}|\\PC{0,120}") {
            let _ = of(&[&line]);
        }
    }
}
