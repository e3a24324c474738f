//! The complete mail as plain text, for readers of mail without HTML.

use std::fmt::Write as _;

use crate::issue::feedback::{ReaderLinks, Verdict};
use crate::model::{Edition, Layout};
use crate::render::{chinese_date, health_line, source_problem};

const RULE: &str = "────────────────────────────────";

pub fn text(edition: &Edition) -> String {
    text_for(edition, None)
}

/// Returns the text with the links of its reader.
pub(super) fn text_for(edition: &Edition, links: Option<&ReaderLinks<'_>>) -> String {
    let mut out = String::new();
    // writing to a String cannot fail
    let _ = write_all(edition, links, &mut out);
    out
}

fn write_all(e: &Edition, links: Option<&ReaderLinks<'_>>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}\n{}　{}　{}\n{RULE}", e.publication, e.issue_label(), chinese_date(e.date), e.organiser)?;
    writeln!(out, "{}\n", e.notice_line())?;
    if !e.foreword.is_empty() {
        writeln!(out, "●编者的话\n\n{}\n", e.foreword)?;
    }
    let mut number = 0;
    for c in e.columns.iter().filter(|c| !c.items.is_empty()) {
        if e.layout == Layout::Bulletin {
            writeln!(out, "●{}\n", c.name)?;
        }
        for i in &c.items {
            number += 1;
            match e.layout {
                Layout::Bulletin => writeln!(out, "{number}. {}", i.title)?,
                Layout::Report => writeln!(out, "{}", i.title)?,
            }
            let labels: Vec<&str> = i.industries.iter().chain(&i.themes).map(String::as_str).collect();
            if !labels.is_empty() {
                writeln!(out, "[{}]", labels.join("] ["))?;
            }
            if !i.note.is_empty() {
                writeln!(out, "{}", i.printed_note())?;
            }
            writeln!(out, "{}", i.printed())?;
            if let Some(f) = &i.figures {
                writeln!(out, "{}", f.caption())?;
                f.short_table().iter().try_for_each(|row| writeln!(out, "{}", row.join("　")))?;
                writeln!(out, "{}", f.source_line())?;
            }
            let date = i.date.map(|d| format!("　{d}")).unwrap_or_default();
            if !i.publisher.is_empty() {
                writeln!(out, "来源：{}{date}", i.printed_source())?;
            }
            if let Some(url) = i.link() {
                writeln!(out, "{url}")?;
            }
            if i.picture.is_some() {
                writeln!(out, "（图片见附件 Word 文档）")?;
            }
            if !i.attachments.is_empty() {
                let names: Vec<&str> = i.attachments.iter().map(|f| f.name.as_str()).collect();
                writeln!(out, "附件：{}", names.join("、"))?;
            }
            if let Some(first) = &i.earliest {
                let url = if first.url.is_stand_in() { "" } else { first.url.as_str() };
                writeln!(out, "{}", format!("首发：{}　{url}", first.publisher).trim_end())?;
            }
            if !i.copies.is_empty() {
                let names: Vec<&str> = i.copies.iter().map(|c| c.publisher.as_str()).collect();
                writeln!(out, "另有 {} 家转载：{}", i.copies.len(), names.join("、"))?;
            }
            if !i.reports.is_empty() {
                let names: Vec<&str> = i.reports.iter().map(|c| c.publisher.as_str()).collect();
                writeln!(out, "另有 {} 家报道：{}", i.reports.len(), names.join("、"))?;
            }
            if let Some(links) = links {
                Verdict::ALL.iter().try_for_each(|v| writeln!(out, "{}：{}", v.chinese(), links.url(i.article, *v)))?;
            }
            writeln!(out)?;
        }
    }
    if let Some(words) = crate::render::chart::alt(&e.trend_with_items()) {
        writeln!(out, "{RULE}\n{words}")?;
    }
    // only editors see the crawl's figures
    if !e.is_final {
        writeln!(out, "{RULE}\n●运行情况\n\n{}", health_line(e))?;
        for t in &e.health.problems {
            writeln!(out, "- {}", source_problem(t))?;
        }
    }
    if let Some(note) = e.grades_note() {
        writeln!(out, "{RULE}\n{note}")?;
    }
    writeln!(out, "\n{}", e.publishers())?;
    match e.imprint.people() {
        people if people.is_empty() => Ok(()),
        people => writeln!(out, "{people}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article, build_with};
    use crate::model::{ProblemReason, SourceProblem};

    #[test]
    fn the_text_is_complete() {
        let mut e =
            build_with(vec![article(1, "许昌发制品出口增长", "发制品", "财经数据", 2), article(2, "水泥企业错峰生产", "建材", "行业动态", 3)], &[])
                .edition;
        (e.year, e.number_in_year, e.cumulative_number) = (2026, 3, 103);
        let reason = ProblemReason::Failing("连接不上网站".into());
        e.health.problems.push(SourceProblem { name: "某网".into(), reason, since: Some("2026-11-20".parse().unwrap()) });
        insta::assert_snapshot!(text(&e));
    }

    #[test]
    fn a_grade_is_printed_after_the_source_and_explained_once() {
        let mut e =
            build_with(vec![article(1, "许昌发制品出口增长", "发制品", "财经数据", 2), article(2, "水泥企业错峰生产", "建材", "行业动态", 3)], &[])
                .edition;
        assert!(e.grades_note().is_none() && !text(&e).contains("评级"));
        e.columns.iter_mut().flat_map(|c| &mut c.items).for_each(|i| i.mark = crate::model::GradeMark::parse("B2"));
        let source = e.items().next().unwrap().publisher.clone();
        for page in [text(&e), crate::render::html(&e).unwrap()] {
            assert!(page.contains(&format!("来源：{source}（B2）")) && page.matches("来源后括号内是评级").count() == 1, "{page}");
        }
    }
}
