//! Changes of a page as title and text for editors. Every word comes from the page or names a kind of change.

use serde::{Deserialize, Serialize};

use crate::page_watch::change::Change;
use crate::page_watch::compare::Comparison;
use crate::page_watch::details::Detail;
use crate::text::markup::strip_tags;
use crate::text::normalize::truncate;

/// Characters of a value and of a line in the title.
const TITLE_VALUE: usize = 24;
const TITLE_LINE: usize = 36;
/// Most changes told one by one, and characters of a line of the text.
const MAX_CHANGES: usize = 200;
const MAX_LINE: usize = 1_000;
/// Characters of a text of which the differing part alone is shown.
const LONG: usize = 60;

/// An entry that tells a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeReport {
    pub title: String,
    /// Paragraphs and headings, escaped: one element per line.
    pub html: String,
}

/// Returns the text of a report's HTML.
pub fn text_of(html: &str) -> String {
    html.lines().map(strip_tags).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Tells changes. `since`: when the stored version was seen.
pub(super) fn report(name: &str, changes: &[Change], since: &str) -> ChangeReport {
    let title = format!("《{name}》有变化：{}", headline(changes));
    let mut out = Html::default();
    let changed =
        changes.iter().filter_map(|c| if let Change::Changed { section, old, new, details } = c { Some((section, old, new, details)) } else { None });
    let changed: Vec<_> = changed.collect();
    out.part("改动", changed.len());
    for (section, old, new, details) in changed.iter().take(MAX_CHANGES) {
        out.section(section);
        for detail in *details {
            out.line(&told(detail));
        }
        // the words around a difference tell what it is about
        if old.chars().count().max(new.chars().count()) > LONG && !old.contains('\t') {
            out.line(&format!("原文：{old}"));
            out.line(&format!("现文：{new}"));
        }
    }
    out.list(
        "新增",
        changes.iter().filter_map(|c| if let Change::Added { section, text } = c { Some((section.as_str(), text.as_str())) } else { None }),
    );
    out.list(
        "不再列出",
        changes.iter().filter_map(|c| if let Change::Removed { section, text } = c { Some((section.as_str(), text.as_str())) } else { None }),
    );
    out.line(&format!("与 {since} 看到的版本比较。"));
    ChangeReport { title, html: out.0.join("\n") }
}

/// Tells that a page is another one now.
pub(super) fn report_redesign(name: &str, c: &Comparison) -> ChangeReport {
    let mut out = Html::default();
    out.line(&format!("页面改版：原有 {} 行文字，现在 {} 行，其中与原来相同的不到五分之一，连续几次都是如此。", c.old, c.new));
    out.line("从这一版起重新比较；改版前后的内容没有逐条比较，请打开页面查看。");
    ChangeReport { title: format!("《{name}》页面改版"), html: out.0.join("\n") }
}

/// Returns the change that says most: a changed value, then what is new, then what is gone.
fn headline(changes: &[Change]) -> String {
    let values = || changes.iter().filter_map(|c| if let Change::Changed { details, .. } = c { Some(details) } else { None }).flatten();
    let figure = values().find(|d| has_figure(&d.old) && has_figure(&d.new));
    let added = changes.iter().find_map(|c| if let Change::Added { text, .. } = c { Some(text) } else { None });
    let removed = changes.iter().find_map(|c| if let Change::Removed { text, .. } = c { Some(text) } else { None });
    let line = |text: &str| truncate(&plain(text), TITLE_LINE);
    let first = match (figure.or_else(|| values().next()), added, removed) {
        (Some(d), ..) => {
            let label = if d.label.is_empty() { String::new() } else { format!("{} ", truncate(&plain(&d.label), TITLE_VALUE)) };
            match (d.old.is_empty(), d.new.is_empty()) {
                (true, _) => format!("{label}新增“{}”", truncate(&d.new, TITLE_VALUE)),
                (_, true) => format!("{label}不再写“{}”", truncate(&d.old, TITLE_VALUE)),
                _ => format!("{label}{} → {}", truncate(&d.old, TITLE_VALUE), truncate(&d.new, TITLE_VALUE)),
            }
        }
        (None, Some(text), _) => format!("新增“{}”", line(text)),
        (None, None, Some(text)) => format!("不再列出“{}”", line(text)),
        (None, None, None) => String::new(),
    };
    let count = values().count() + changes.iter().filter(|c| !matches!(c, Change::Changed { .. })).count();
    if count > 1 { format!("{first} 等 {count} 处") } else { first }
}

fn has_figure(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

fn told(d: &Detail) -> String {
    let label = if d.label.is_empty() { String::new() } else { format!("{}：", plain(&d.label)) };
    match (d.old.is_empty(), d.new.is_empty()) {
        (true, _) => format!("{label}新增“{}”", d.new),
        (_, true) => format!("{label}不再写“{}”", d.old),
        _ => format!("{label}{} → {}", d.old, d.new),
    }
}

/// The cells of a row beside each other.
fn plain(text: &str) -> String {
    text.split('\t').filter(|c| !c.is_empty()).collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Html(Vec<String>, String);

impl Html {
    fn line(&mut self, text: &str) {
        self.0.push(format!("<p>{}</p>", ammonia::clean_text(&truncate(text, MAX_LINE))));
    }

    fn part(&mut self, name: &str, count: usize) {
        if count > 0 {
            self.1.clear();
            self.0.push(format!("<h3>{name} {count} 处</h3>"));
        }
    }

    /// Names the section of the next lines, once.
    fn section(&mut self, section: &str) {
        if self.1 != section {
            section.clone_into(&mut self.1);
            if !section.is_empty() {
                self.line(&format!("【{section}】"));
            }
        }
    }

    fn list<'a>(&mut self, name: &str, lines: impl Iterator<Item = (&'a str, &'a str)>) {
        let lines: Vec<(&str, &str)> = lines.collect();
        self.part(name, lines.len());
        for (section, text) in lines.iter().take(MAX_CHANGES) {
            self.section(section);
            self.line(&plain(text));
        }
        if lines.len() > MAX_CHANGES {
            self.line(&format!("其余 {} 处请打开页面查看。", lines.len() - MAX_CHANGES));
        }
    }
}
