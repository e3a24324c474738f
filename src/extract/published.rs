//! Publication time: every day that the page names is a candidate with its evidence.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

use crate::extract::candidates::{Candidate, Collection, Evidence, Field};
use crate::extract::meta;
use crate::extract::page::Page;
use crate::extract::page_lines::place;
use crate::html::{Attr, NodeRef, Tag};
use crate::knowledge::{BYLINE, FIELDS, Meaning};
use crate::text::dates::{self, Clock, DateMatch, Order};
use crate::text::normalize::is_han;

/// A publication time, as exact as the page states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Midnight if only the day is known.
    pub at: DateTime<FixedOffset>,
    has_time: bool,
}

/// Longest line searched for dates, in letters, and the most such lines.
const LONGEST_LINE: usize = 400;
const MOST_LINES: usize = 150;

/// Date keys of linked data.
const LINKED_DATA: [(Evidence, &str); 4] = [
    ("linked data of publication", "datePublished"),
    ("linked data of creation", "dateCreated"),
    ("linked data of creation", "uploadDate"),
    ("linked data of a change", "dateModified"),
];

/// Evidence from the label before a date. If several labels end at the same place, the last row here wins.
const LABELS: [(Evidence, Meaning); 6] = [
    ("labelled as an event", Meaning::Event),
    ("labelled as today", Meaning::Today),
    ("labelled as a change", Meaning::Updated),
    ("labelled as a copy", Meaning::Copy),
    ("labelled as a comment", Meaning::Comment),
    ("labelled as publication", Meaning::Published),
];

/// Farthest distance of a label before its date; see [`label`].
const LABEL: usize = 24;

/// Returns the candidates, most probable first.
pub(super) fn candidates(page: &Page<'_>) -> Vec<Candidate<Stamp>> {
    let mut found = Days { clock: page.clock, without: page.without_day, all: Collection::default() };
    let order = page.head.language().and_then(Order::of_language);
    of_head(page, order, &mut found);
    of_elements(page, order, &mut found);
    of_lines(page, order, &mut found);
    of_code(page, &mut found);
    let in_url = page.url.and_then(|u| dates::in_url(u.as_url().path(), page.clock)).filter(|d| page.without_day != Some(*d));
    if let Some(day) = in_url {
        found.add_day(day, &["day in the address"]);
    }
    if let Some(day) = dates::in_pieces(page.lines.around(3, 4), page.clock) {
        found.add_day(day, &["in pieces beside the headline"]);
    }
    if let Some(day) = dates::in_numerals(page.lines.lines(), page.clock) {
        found.add_day(day, &["signed in Chinese numerals"]);
    }
    drop_changes(&mut found.all.all);
    compare(&mut found.all.all, page, in_url);
    found.all.rated(Field::Date, page.is_chinese)
}

struct Days<'c> {
    clock: &'c Clock,
    without: Option<NaiveDate>,
    all: Collection<Stamp>,
}

impl Days<'_> {
    /// Adds a reading. For each day the first reading with a time of day wins.
    fn add(&mut self, read: DateMatch, evidence: &[Evidence]) {
        if self.without == Some(read.at.date_naive()) {
            return;
        }
        let stamp = Stamp { at: read.at, has_time: read.has_time };
        if let Some(c) = self.all.add(read.at.date_naive().to_string(), stamp, evidence)
            && read.has_time
            && !c.value.has_time
        {
            c.value = stamp;
        }
    }

    fn add_day(&mut self, day: NaiveDate, evidence: &[Evidence]) {
        if let Some(at) = dates::midnight(day, self.clock) {
            self.add(DateMatch { at, has_time: false, offset: 0 }, evidence);
        }
    }
}

/// Parses a text that is known to be a date.
fn stated(text: &str, order: Option<Order>, clock: &Clock) -> Option<DateMatch> {
    dates::mentions(text, clock, order).into_iter().next().or_else(|| dates::plain(text, clock))
}

fn of_head(page: &Page<'_>, order: Option<Order>, found: &mut Days<'_>) {
    let known = &FIELDS.published;
    let metas = [("meta of publication", &known.meta), ("meta of a date", &known.meta_of_a_date), ("meta of a change", &known.meta_of_a_change)];
    for (evidence, names) in metas {
        for read in names.iter().filter_map(|n| page.head.meta.get(n)).filter_map(|v| stated(v, order, page.clock)) {
            found.add(read, &[evidence]);
        }
    }
    for (evidence, key) in LINKED_DATA {
        for (n, read) in page.head.ld_dates(key).iter().filter_map(|v| stated(v, order, page.clock)).enumerate() {
            found.add(read, &[evidence, if n == 0 { "first in linked data" } else { "later in linked data" }]);
        }
    }
}

/// Adds dates of `<time>`, `itemprop`, and elements with a time class.
fn of_elements(page: &Page<'_>, order: Option<Order>, found: &mut Days<'_>) {
    let mut first = true;
    for e in &page.landmarks.times {
        let text = meta::text_of(*e);
        let value = [Attr::Datetime, Attr::Content, Attr::Title].iter().find_map(|a| e.attr(*a)).filter(|v| !v.is_empty());
        let Some(read) = value.and_then(|v| stated(v, order, page.clock)).or_else(|| dates::mentions(&text, page.clock, order).into_iter().next())
        else {
            continue;
        };
        let mut evidence = vec![if e.is(Tag::Time) { "time element" } else { "element for a date" }];
        evidence.extend(first.then_some("first time element"));
        evidence.extend(itemprop(*e));
        evidence.extend(place(*e));
        first = false;
        found.add(read, &evidence);
    }
}

fn itemprop(e: NodeRef<'_>) -> Option<Evidence> {
    match e.attr(Attr::Itemprop)?.to_ascii_lowercase().as_str() {
        "datepublished" => Some("itemprop datePublished"),
        "datemodified" => Some("itemprop dateModified"),
        "startdate" | "enddate" | "birthdate" => Some("itemprop of an event"),
        _ => None,
    }
}

fn of_lines(page: &Page<'_>, order: Option<Order>, found: &mut Days<'_>) {
    let lines = page.lines.lines();
    let dated = lines.iter().enumerate().filter(|(_, l)| l.chars().take(LONGEST_LINE + 1).count() <= LONGEST_LINE);
    let mentions = |line: &str| {
        let mut found = dates::mentions(line, page.clock, order);
        found.retain(|m| page.without_day != Some(m.at.date_naive()));
        found
    };
    let dated = dated.map(|(i, l)| (i, l, mentions(l))).filter(|(_, _, m)| !m.is_empty());
    let mut first = true;
    for (i, line, mentions) in dated.take(MOST_LINES) {
        let folded: String = line.chars().map(dates::fold_keep_case).collect();
        let around = of_line(page, i, line);
        let (several, mut from) = (mentions.len() > 1, 0);
        for (n, read) in mentions.into_iter().enumerate() {
            let before = folded.get(from..read.offset).unwrap_or_default();
            from = (read.offset + 1..folded.len()).find(|i| folded.is_char_boundary(*i)).unwrap_or(folded.len());
            let above = || label(i.checked_sub(1).and_then(|i| lines.get(i))?);
            let label = label(before).or_else(|| before.trim().is_empty().then(above).flatten());
            if of_something_else(label, &around) {
                continue;
            }
            let mut evidence = around.clone();
            evidence.push(page.lines.distance(i));
            evidence.extend(first.then_some("first date shown"));
            evidence.extend(read.has_time.then_some("shown with a time of day"));
            evidence.extend((several && n > 0).then_some("not the first date of its line"));
            evidence.extend(label);
            first = false;
            found.add(read, &evidence);
        }
    }
    relative(page, found);
}

/// Returns whether a date belongs to an event, to today's header, to a copy, or to a row that links to another article.
fn of_something_else(label: Option<Evidence>, around: &[Evidence]) -> bool {
    const OTHERS: [Evidence; 3] = ["labelled as an event", "labelled as today", "labelled as a copy"];
    const OWN: [Evidence; 3] = ["class of a byline", "class of a date", "class of publication"];
    let is_row = ["in a link", "in a list"].iter().all(|e| around.contains(e)) && !OWN.iter().any(|e| around.contains(e));
    label.map_or(is_row, |l| OTHERS.contains(&l))
}

/// Returns evidence about a line.
fn of_line(page: &Page<'_>, i: usize, line: &str) -> Vec<Evidence> {
    let n = line.chars().count();
    let mut evidence = page.lines.place(page.tree, i);
    evidence.push(match n {
        0..=16 => "alone on its line",
        17..=45 => "on a short line",
        _ if is_prose(line) => "in prose",
        _ => "on a long line",
    });
    let lower = line.to_lowercase();
    evidence.extend(FIELDS.published.beside.are_in(&lower).then_some("beside byline words"));
    evidence.extend((i * 20 >= page.lines.lines().len() * 17).then_some("at the end of the page"));
    evidence.extend((n < 40 && line.contains(['年']) && line.ends_with('日')).then_some("like a signature"));
    evidence
}

/// Returns whether a line is running text, where dates belong to events.
fn is_prose(line: &str) -> bool {
    let n = line.chars().count();
    n > 160 || line.contains('。') || n > 40 && line.contains(['，', '；']) || n > 60 && line.ends_with('.') && !line.ends_with(".m.")
}

/// Returns the evidence of the label before a date.
pub(super) fn label(before: &str) -> Option<Evidence> {
    // a Chinese letter counts as three others
    let cost = before.char_indices().rev().scan(0, |sum, (at, c)| {
        *sum += if is_han(c) { 3 } else { 1 };
        (*sum <= LABEL).then_some(at)
    });
    let near = before.get(cost.last()?..)?.to_lowercase();
    let last = |means: Meaning| BYLINE.words(means).filter_map(|w| near.rfind(w).map(|at| at + w.len())).max();
    let plain = || BYLINE.words(Meaning::Date).any(|w| near.contains(w)).then_some("labelled as a date");
    // the label nearest to the date applies
    LABELS.iter().filter_map(|(name, means)| Some((last(*means)?, *name))).max_by_key(|(at, _)| *at).map(|(_, name)| name).or_else(plain)
}

/// Adds `3小时前` below the headline.
fn relative(page: &Page<'_>, found: &mut Days<'_>) {
    // the time element states the exact time
    if found.all.all.iter().any(|c| c.has("time element")) {
        return;
    }
    let mut near = page.lines.around(0, 6).iter().filter(|l| l.chars().count() <= 40);
    if let Some(read) = near.find_map(|l| dates::relative(l, page.clock)) {
        found.add(read, &["relative beside the headline"]);
    }
}

/// Adds dates in code. Code may mention other articles, except in the variable of `WeChat`'s script.
fn of_code(page: &Page<'_>, found: &mut Days<'_>) {
    let sent = page.post.sent.as_ref().and_then(|text| match text.parse() {
        Ok(seconds) => DateTime::from_timestamp(seconds, 0).map(|at| DateMatch {
            at: at.with_timezone(&page.clock.zone).fixed_offset(),
            has_time: true,
            offset: 0,
        }),
        Err(_) => stated(text, None, page.clock),
    });
    if let Some(read) = sent {
        found.add(read, &["time in WeChat's script"]);
    }
    for (n, read) in dates::all_in_code(page.text, page.clock).into_iter().take(8).enumerate() {
        found.add(read, &["in code", if n == 0 { "first in code" } else { "later in code" }]);
    }
}

/// Drops modification dates if the page states a publication date.
fn drop_changes(all: &mut Vec<Candidate<Stamp>>) {
    const STATED: [Evidence; 4] = ["meta of publication", "linked data of publication", "labelled as publication", "itemprop datePublished"];
    const CHANGES: [Evidence; 4] = ["meta of a change", "linked data of a change", "labelled as a change", "itemprop dateModified"];
    let is = |c: &Candidate<Stamp>, what: [Evidence; 4]| what.iter().any(|e| c.has(e));
    if all.iter().any(|c| is(c, STATED)) {
        all.retain(|c| is(c, STATED) || !is(c, CHANGES));
    }
}

/// Adds evidence from comparing candidates.
fn compare(all: &mut [Candidate<Stamp>], page: &Page<'_>, in_url: Option<NaiveDate>) {
    const OF_HEAD: [Evidence; 2] = ["meta of publication", "linked data of publication"];
    let day = |c: &Candidate<Stamp>| c.value.at.date_naive();
    let head: Vec<NaiveDate> = all.iter().filter(|c| OF_HEAD.iter().any(|e| c.has(e))).map(day).collect();
    let labelled: Vec<NaiveDate> = all.iter().filter(|c| c.has("labelled as publication")).map(day).collect();
    let timed = all.iter().any(|c| c.has("shown with a time of day"));
    let shown: Vec<NaiveDate> = all.iter().filter(|c| is_shown(&c.evidence)).map(day).collect();
    let (newest, oldest) = (shown.iter().max().copied(), shown.iter().min().copied());
    let month = page.url.and_then(|u| dates::month_in_url(u.as_url().path()));
    let many = all.len();
    let earliest = all.iter().filter(|c| c.evidence.iter().any(|e| e.contains("meta") || e.contains("linked data"))).map(day).min_by_key(|d| *d);
    for c in all {
        let d = day(c);
        let shows_time = c.has("shown with a time of day");
        let is_first = c.has("first date shown") && ["alone on its line", "on a short line"].iter().any(|e| c.has(e));
        let mut note = |when: bool, evidence: Evidence| {
            if when {
                c.note(evidence);
            }
        };
        note(!head.is_empty() && !head.contains(&d), "the head says another day");
        note(!head.is_empty() && head.iter().any(|h| (*h - d).num_days().abs() == 1), "a day from what the head says");
        note(!labelled.is_empty() && !labelled.contains(&d), "another day is labelled as publication");
        note(in_url.is_some_and(|u| u != d), "the address says another day");
        note(month == Some((d.year(), d.month())), "month in the address");
        note(month.is_some_and(|m| m != (d.year(), d.month())), "the address says another month");
        note(newest == Some(d), "newest day shown");
        note(oldest == Some(d) && newest != oldest, "oldest day shown");
        note(earliest == Some(d), "earliest day of the head");
        note(page.is_chinese && is_first, "first short line of a Chinese page");
        note(page.is_chinese && many == 1, "the only day of a Chinese page");
        note(many == 1, "the only day");
        note((2..=3).contains(&many), "two or three days");
        note(many > 12, "many days");
        note(timed && !shows_time, "another day has a time of day");
    }
}

/// Returns whether the date is visible on a line of the page.
fn is_shown(evidence: &[Evidence]) -> bool {
    evidence.iter().any(|e| e.contains("line") && !e.contains("linked"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing;

    #[test]
    fn the_words_before_a_date_say_what_it_is() {
        for (before, expected) in [
            ("更新时间：", Some("labelled as a change")),
            ("发布时间：", Some("labelled as publication")),
            ("2026-11-20 09:00 更新时间：", Some("labelled as a change")),
            ("会议时间：", Some("labelled as an event")),
            ("今天是：", Some("labelled as today")),
            ("| Updated: ", Some("labelled as a change")),
            ("Veröffentlicht am ", Some("labelled as publication")),
            ("来源：某某头条 ", None),
            ("大规模设备更新政策实施一年 ", None),
        ] {
            assert_eq!(label(before), expected, "{before}");
        }
    }

    fn day(page: &str) -> String {
        testing::with_fields(page, |f| f.published_at().map_or_else(String::new, |d| d.date_naive().to_string()))
    }

    const TEXT: &str = "<p>许昌市检测中心本月投入使用，可为企业提供一百余项检测服务。</p>";

    #[test]
    fn the_label_of_publication_comes_before_the_day_of_an_event() {
        let page = format!("<title>座谈会召开</title><h1>座谈会召开</h1><p>会议时间：2026-11-03</p><p>发布时间：2026-11-09 10:00</p>{TEXT}");
        assert_eq!(day(&page), "2026-11-09");
    }

    #[test]
    fn a_day_in_the_link_of_another_article_is_no_date() {
        let page = format!(
            "<title>中心投入使用</title><h1>中心投入使用</h1>{TEXT}<div class=related><ul><li><a href=/1>通知（2026-10-02）</a></li></ul></div>"
        );
        assert_eq!(day(&page), "");
    }

    #[test]
    fn the_day_of_publication_comes_before_that_of_a_change() {
        let page = format!(
            "<meta property='article:published_time' content='2026-11-05T08:00:00+08:00'><meta property='article:modified_time' content='2026-11-19T08:00:00+08:00'>\
             <title>中心投入使用</title><h1>中心投入使用</h1><p>发布时间：2026-11-05 08:00</p>{TEXT}"
        );
        assert_eq!(day(&page), "2026-11-05");
    }
}
