//! The sections of a review.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::model::WebUrl;
use crate::render::source_problem;
use crate::review::{CountRow, ENOUGH_WEEKS, Lead, Review, expected_words, known_weeks_words, lead, number, others, percent, topic_words};

/// Where a cell leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewLink {
    /// An article: its number in the archive, and its own address.
    Article(i64, String),
    Event(i64),
    Organisation(i64),
    Topic(i64),
    Issue(i64),
    /// The archive's articles of the period: field and value of the search.
    Search(&'static str, String),
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCell {
    pub text: String,
    pub link: Option<ReviewLink>,
}

impl ReviewCell {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), link: None }
    }

    fn linked(text: impl Into<String>, link: ReviewLink) -> Self {
        Self { text: text.into(), link: Some(link) }
    }
}

/// A table; the first column is as wide as it needs to be, or wide if its texts are titles.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewTable {
    pub heads: Vec<&'static str>,
    pub rows: Vec<Vec<ReviewCell>>,
    /// Widths of the columns, in parts.
    pub widths: Vec<u32>,
}

/// A section of the review: text, a chart, its table.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewSection {
    pub title: &'static str,
    pub paragraphs: Vec<String>,
    /// Rows of a picture whose figures the table has.
    pub chart: Vec<CountRow>,
    pub table: Option<ReviewTable>,
}

/// Returns 竞争情报快递 一周综述 2026年第48周（11月23日—29日）.
pub fn review_subject(r: &Review) -> String {
    format!("{} {} {}", r.publication, r.kind(), r.period().label())
}

/// Returns the sections of a review.
pub fn sections(r: &Review, zone: Tz) -> Vec<ReviewSection> {
    let mut out = vec![text("要点", lead(r, zone))];
    out.push(counts("各行业", "industry", &r.industries, r, "没有归入行业的新闻。"));
    out.push(terms(r));
    out.push(events(r, zone));
    out.push(organisations(r));
    out.push(topics(r, zone));
    out.push(counts("各栏目", "column", &r.columns, r, "没有归入栏目的新闻。"));
    out.push(counts("各地", "place", &r.places, r, "没有提到地方的新闻。"));
    out.push(sources(r));
    out.push(work(r));
    out
}

fn text(title: &'static str, paragraphs: Vec<String>) -> ReviewSection {
    ReviewSection { title, paragraphs, chart: Vec::new(), table: None }
}

fn with_table(title: &'static str, paragraphs: Vec<String>, heads: &[&'static str], widths: &[u32], rows: Vec<Vec<ReviewCell>>) -> ReviewSection {
    ReviewSection { title, paragraphs, chart: Vec::new(), table: Some(ReviewTable { heads: heads.to_vec(), rows, widths: widths.to_vec() }) }
}

fn title_of(lead: &Lead) -> ReviewCell {
    // a mail has no page
    if WebUrl::parse(&lead.url).is_ok_and(|url| url.is_stand_in()) {
        return ReviewCell::plain(&lead.title);
    }
    ReviewCell::linked(&lead.title, ReviewLink::Article(lead.article, lead.url.clone()))
}

/// Returns a section of counts with its picture.
fn counts(title: &'static str, field: &'static str, rows: &[CountRow], r: &Review, none: &str) -> ReviewSection {
    let shown: Vec<CountRow> = rows.iter().filter(|row| row.current > 0 || row.mean > 0.0).take(14).cloned().collect();
    if shown.is_empty() {
        return text(title, vec![none.to_owned()]);
    }
    let knows = r.known_weeks() > 0;
    let cells = shown.iter().map(|row| {
        let usual = if knows { expected_words(row) } else { "—".to_owned() };
        let share = row.share.map(|s| if knows { format!("{}（{}）", percent(s.current), percent(s.usual)) } else { percent(s.current) });
        vec![
            ReviewCell::linked(&row.name, ReviewLink::Search(field, row.name.clone())),
            ReviewCell::plain(stories(row.current, row.rate, r)),
            ReviewCell::plain(usual),
            ReviewCell::plain(share.unwrap_or_default()),
            ReviewCell::plain(row.words()),
        ]
    });
    let heads = ["名称", "条数", if r.period().is_week() { "平常（最少～最多）" } else { "平常每周（最少～最多）" }, "占比（平常）", ""];
    let section = with_table(title, Vec::new(), &heads, &[4, 3, 5, 5, 5], cells.collect());
    ReviewSection { chart: shown, ..section }
}

/// Returns a number of stories; of a month also by the week, to compare it with the weeks before.
fn stories(n: u32, rate: f64, r: &Review) -> String {
    if r.period().is_week() || r.known_weeks() == 0 { n.to_string() } else { format!("{n}，每周 {}", number(rate)) }
}

/// Returns what the pictures and the words beside the counts mean.
pub fn legend(r: &Review) -> String {
    let copies = "以上由系统根据已存文章统计生成，转载只算一条。";
    if r.known_weeks() < ENOUGH_WEEKS {
        return copies.to_owned();
    }
    let (weeks, monthly) = (known_weeks_words(r), if r.period().is_week() { "" } else { "（折成每周）" });
    format!(
        "{copies}图里粗条是本期的条数{monthly}，浅底是{weeks}最少到最多，竖线是平均。条数多、条数少：比这几周的哪一周都多（少），并且与平均相差两条以上。\
         占比高、占比低：在全部新闻里所占的比例超出偶然的起伏。两样都是，才是偏多、偏少。"
    )
}

fn terms(r: &Review) -> ReviewSection {
    if r.terms.is_empty() {
        let words =
            if r.known_weeks() < ENOUGH_WEEKS { "存档不足三周，还看不出哪些词在升温。" } else { "没有明显升温的词。" };
        return text("升温的词", vec![words.to_owned()]);
    }
    let rows = r.terms.iter().map(|t| {
        let names = std::iter::once(t.term.as_str()).chain(t.related.iter().take(4).map(String::as_str)).collect::<Vec<_>>().join("、");
        vec![
            ReviewCell::linked(names, ReviewLink::Search("q", t.term.clone())),
            ReviewCell::plain(format!("{} 条，{} 家", t.stories, t.sources)),
            ReviewCell::plain(number(t.expected)),
            t.lead.as_ref().map_or_else(|| ReviewCell::plain(""), title_of),
        ]
    });
    with_table("升温的词", Vec::new(), &["词", "本期", "平常", "相关报道"], &[3, 2, 2, 6], rows.collect())
}

fn day(t: DateTime<Utc>, zone: Tz) -> String {
    t.with_timezone(&zone).format("%-m月%-d日").to_string()
}

/// Returns 11月3日, 11月3日—9日 or 11月30日—12月1日.
fn days(first: DateTime<Utc>, last: DateTime<Utc>, zone: Tz) -> String {
    let (from, until) = (day(first, zone), day(last, zone));
    let month = |day: &str| day.split_once('月').map(|(month, _)| month.to_owned());
    match until.split_once('月') {
        _ if from == until => from,
        Some((_, in_month)) if month(&from) == month(&until) => format!("{from}—{in_month}"),
        _ => format!("{from}—{until}"),
    }
}

fn events(r: &Review, zone: Tz) -> ReviewSection {
    if r.events.is_empty() {
        return text("大事", vec![format!("{}没有两条以上不同报道的事件；一条新闻转载再多也不算。", r.period().this())]);
    }
    let rows = r.events.iter().map(|e| {
        let (new, others) = (if e.is_new { "" } else { "（此前已有报道）" }, others(e));
        vec![
            title_of(&e.lead),
            ReviewCell::plain(&e.lead.publisher),
            ReviewCell::linked(if others.is_empty() { format!("{} 条", e.stories) } else { others }, ReviewLink::Event(e.event)),
            ReviewCell::plain(format!("{}{new}", days(e.first_seen, e.last_seen, zone))),
        ]
    });
    with_table("大事", Vec::new(), &["事件", "来源", "报道", "起止"], &[6, 2, 3, 3], rows.collect())
}

fn organisations(r: &Review) -> ReviewSection {
    let others = match (r.other_organisations, r.organisations.is_empty()) {
        (0, true) => vec!["没有提到机构的新闻。".to_owned()],
        (0, false) => Vec::new(),
        (n, true) => vec![format!("提到的 {n} 家机构，都只有 1 条，或者不比平常多。")],
        (n, false) => vec![format!("另有 {n} 家没有列出：只有 1 条，或者不比平常多。")],
    };
    if r.organisations.is_empty() {
        return text("活跃的机构", others);
    }
    let rows = r.organisations.iter().map(|o| {
        let name = if o.is_watched { format!("{}（关注）", o.name) } else { o.name.clone() };
        let usual = if r.known_weeks() == 0 { "—".to_owned() } else { number(o.mean) };
        vec![
            ReviewCell::linked(name, ReviewLink::Organisation(o.id)),
            ReviewCell::plain(stories(o.stories, o.rate, r)),
            ReviewCell::plain(usual),
            o.lead.as_ref().map_or_else(|| ReviewCell::plain(""), title_of),
        ]
    });
    let (usual, widths) = if r.period().is_week() { ("平常", [4, 1, 1, 6]) } else { ("平常每周", [4, 2, 2, 5]) };
    with_table("活跃的机构", others, &["机构", "条数", usual, "相关报道"], &widths, rows.collect())
}

fn topics(r: &Review, zone: Tz) -> ReviewSection {
    if r.topics.is_empty() {
        return text("关注课题", vec![format!("{}没有关注中的课题。", r.period().this())]);
    }
    let until = r.unfinished_at.unwrap_or_else(|| end_of(r.last_day, zone));
    let rows = r.topics.iter().map(|t| vec![ReviewCell::linked(&t.title, ReviewLink::Topic(t.id)), ReviewCell::plain(topic_words(t, until, zone))]);
    with_table("关注课题", Vec::new(), &["课题", "情况"], &[4, 8], rows.collect())
}

/// Returns the last moment of a day.
fn end_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    use chrono::TimeZone as _;
    let midnight = day.succ_opt().unwrap_or(day).and_time(chrono::NaiveTime::MIN);
    zone.from_local_datetime(&midnight).earliest().map_or_else(|| midnight.and_utc(), |t| t.with_timezone(&Utc))
}

fn sources(r: &Review) -> ReviewSection {
    let lines = match &r.sources {
        None => vec!["这一期早已结束，来源当时的情况没有留存。".to_owned()],
        Some(problems) if problems.is_empty() => vec!["来源都正常。".to_owned()],
        Some(problems) => problems.iter().map(|p| format!("{}。", source_problem(p))).collect(),
    };
    text("久无更新或打不开的来源", lines)
}

fn work(r: &Review) -> ReviewSection {
    let w = &r.work;
    let mut lines = Vec::new();
    if w.kept + w.dropped > 0 {
        lines.push(format!("编辑采用 {} 条，移出 {} 条。", w.kept, w.dropped));
    }
    if w.issues.is_empty() {
        lines.push(format!("{}没有出刊。", r.period().this()));
        return text("本刊", lines);
    }
    let rows = w.issues.iter().map(|i| {
        vec![
            ReviewCell::linked(&i.label, ReviewLink::Issue(i.id)),
            ReviewCell::plain(i.date.format("%-m月%-d日").to_string()),
            ReviewCell::plain(format!("{} 条", i.items)),
            ReviewCell::plain(if i.is_final { "已定稿" } else { "草稿" }),
        ]
    });
    with_table("本刊", lines, &["期号", "日期", "条数", "状态"], &[3, 3, 2, 2], rows.collect())
}
