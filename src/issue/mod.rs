//! Builds an edition from classified articles: one item per story, ranked, spread over industries and sources, sorted into columns.
//!
//! Pure: the same articles, settings and time give the same edition. Each item lists the reasons for its place.

mod archive;
mod candidate_pool;
mod change;
mod choice;
pub mod edit;
mod eligibility;
pub mod feedback;
mod fields;
pub mod foreword;
pub mod notice;
mod rank;
mod recipient_filter;
mod relative_dates;
pub mod rewrite;
mod same_story;
mod screen;
pub(crate) mod sentence_model;
pub(crate) mod sentence_training;
pub mod sentences;
pub mod signing;
pub mod steps;
pub mod summarise;
mod why_not;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::config::settings::{Publication, SummariseSettings};
use crate::events::Told;
use crate::model::{
    ArticleId, ColumnItems, Copy, Edition, EditionId, EventId, Figures, Headline, Health, Item, Label, MadeBy, Print, Series, Signing, StoryId,
    Trend, WEEKS,
};
use crate::ranking::{CandidateFeatures, Ranking};

pub use archive::{Archive, InMemory};
use candidate_pool::{Candidate, Pool};
use choice::Choice;
pub use eligibility::{NotChosen, may_be_chosen};
pub use rank::{content_features, feature_label, learned_reason};
pub use recipient_filter::{ItemSubjects, filter_for_recipient};
pub use same_story::{SameStory, same_story};
use screen::Verdict;
pub use screen::{DroppedStory, Exclusion, Screen};
pub use why_not::why_not;

/// Candidates beside the items that are stored with an edition: as many as editors look through.
const REMEMBERED_CANDIDATES: usize = 80;
/// Maximum number of copies listed under an item.
const MAX_COPIES: usize = 12;

/// An item of an earlier issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousItem {
    /// Number of the issue.
    pub number: u32,
    pub title: String,
    pub article: ArticleId,
    pub event: Option<EventId>,
}

/// Input of an edition, apart from the articles.
#[derive(Debug)]
pub struct IssueInput<'a> {
    pub publication: &'a Publication,
    /// Stories in issues of other days.
    pub published: HashSet<StoryId>,
    /// Items of the last issues; similar headlines are not news.
    pub previous_items: Vec<PreviousItem>,
    /// Items by industry and week.
    pub trend: Vec<Trend>,
    /// Keywords that are much more frequent than before.
    pub rising: Vec<String>,
    /// Titles of the open topics (关注课题) of articles.
    pub topics: HashMap<ArticleId, Vec<String>>,
    /// The ranking learned from editors' decisions, if it is in force.
    pub ranking: Option<&'a Ranking>,
    /// Figures of the crawl.
    pub health: Health,
    /// Day of issue.
    pub date: NaiveDate,
    /// Current time, from which age counts.
    pub now: DateTime<Utc>,
    /// Region levels from home outwards; the first counts most.
    pub levels: &'a [String],
    /// Settings of summaries.
    pub summarise: &'a SummariseSettings,
    /// What editors do not want.
    pub screen: Screen,
}

/// An unnumbered edition and its stories.
#[derive(Debug)]
pub struct Draft {
    pub edition: Edition,
    /// Story and article of each item.
    pub stories: Vec<(StoryId, ArticleId)>,
    /// The items and the best of the other candidates, as the ranking saw them.
    pub candidates: Vec<RankedCandidate>,
}

impl From<Edition> for Draft {
    fn from(edition: Edition) -> Self {
        Self { edition, stories: Vec::new(), candidates: Vec::new() }
    }
}

/// A candidate of an edition.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedCandidate {
    pub article: ArticleId,
    /// Its place among the items, or among the other candidates; from 1.
    pub rank: usize,
    pub was_proposed: bool,
    pub features: CandidateFeatures,
}

/// Builds the edition of a day.
///
/// # Errors
/// If the archive cannot be read.
pub fn build<A: Archive>(input: &IssueInput<'_>, archive: &A) -> Result<Draft, A::Error> {
    let publication = input.publication;
    let Screened { pool, returning, .. } = pool(input, archive)?;
    let (articles, stories) = pool.counts();
    let mut health = input.health.clone();
    health.merged = articles - stories;
    let candidates = pool.candidates(input);
    health.candidates += candidates.len();
    let (mut stories, mut columns, mut ranked, mut others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (column, Choice { chosen, others: rest }) in publication.columns.iter().zip(choice::choose(candidates, input, archive)?) {
        stories.extend(chosen.iter().map(|c| (c.story, c.lead)));
        others.extend(rest);
        let mut items = Vec::with_capacity(chosen.len());
        for c in &chosen {
            let lead = archive.headline(c.lead)?;
            let features = c.features(&lead, input);
            items.push(item(c, &lead, &features, column.print, input, &returning, archive)?);
            ranked.push(RankedCandidate { article: c.lead, rank: ranked.len() + 1, was_proposed: true, features });
        }
        columns.push(ColumnItems { name: column.name.clone(), items });
    }
    others.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.story.cmp(&b.story)));
    for (c, rank) in others.iter().take(REMEMBERED_CANDIDATES).zip(1..) {
        let features = c.features(&archive.headline(c.lead)?, input);
        ranked.push(RankedCandidate { article: c.lead, rank, was_proposed: false, features });
    }
    mark_uncertain(&mut columns, &ranked, input.ranking);
    Ok(Draft { edition: edition(input, columns, health), stories, candidates: ranked })
}

/// Marks the least certain tenth of the items for an editor's look.
fn mark_uncertain(columns: &mut [ColumnItems], candidates: &[RankedCandidate], ranking: Option<&Ranking>) {
    let Some(ranking) = ranking.filter(|r| r.is_active()) else { return };
    let mut unsure: Vec<(f64, ArticleId)> =
        candidates.iter().filter(|c| c.was_proposed).map(|c| ((ranking.probability(&c.features) - 0.5).abs(), c.article)).collect();
    unsure.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.0.cmp(&b.1.0)));
    unsure.truncate(unsure.len().div_ceil(10));
    for item in columns.iter_mut().flat_map(|c| &mut c.items) {
        item.is_uncertain = unsure.iter().any(|(_, article)| *article == item.article);
    }
}

/// Returns an edition without items, for editors to fill.
pub fn empty(input: &IssueInput<'_>) -> Edition {
    let columns = input.publication.columns.iter().map(|c| ColumnItems { name: c.name.clone(), items: Vec::new() }).collect();
    edition(input, columns, input.health.clone())
}

fn edition(input: &IssueInput<'_>, columns: Vec<ColumnItems>, health: Health) -> Edition {
    let publication = input.publication;
    let mut edition = Edition {
        id: EditionId(0),
        publication: publication.name.clone(),
        organiser: publication.organiser.clone(),
        year: 0,
        number_in_year: 0,
        cumulative_number: 0,
        date: input.date,
        built_at: Some(input.now),
        is_final: false,
        made_by: MadeBy::ThisProgram,
        series: Series::Regular,
        layout: publication.layout,
        signing: Signing::default(),
        classification_notice: publication.classification_notice.clone(),
        printer: publication.printer.clone(),
        imprint: publication.imprint.clone(),
        trend: with_all_industries(&input.trend, &columns),
        trend_is_before: true,
        foreword: String::new(),
        foreword_edited: false,
        foreword_template: publication.foreword.clone(),
        rising: input.rising.clone(),
        home: input.levels.first().cloned().unwrap_or_default(),
        own_items: 0,
        printed_grades: publication.grades,
        columns,
        health,
    };
    edition.foreword = foreword::compose(&edition);
    edition
}

/// The articles of the window that match a publication.
#[derive(Default)]
struct Screened {
    pool: Pool,
    /// Articles of dropped stories that tell something new, each with its reason.
    returning: HashMap<ArticleId, String>,
    /// Articles that would be candidates if editors wanted them, one per story.
    excluded: Vec<(ArticleId, Exclusion)>,
}

fn pool<A: Archive>(input: &IssueInput<'_>, archive: &A) -> Result<Screened, A::Error> {
    let (names, mut out, mut failed) = (input.publication.column_names(), Screened::default(), None);
    let mut stories = HashSet::new();
    archive.each(&mut |h| {
        if failed.is_some() || !matches_publication(h, input.publication) {
            return;
        }
        match input.screen.judge(h, |id| archive.text(id)) {
            Ok(Verdict::Candidate) => out.pool.add(h, &names, input),
            Ok(Verdict::Returns(reason)) => {
                out.returning.insert(h.id, reason);
                out.pool.add(h, &names, input);
            }
            Ok(Verdict::Excluded(why)) => {
                let story = h.story.unwrap_or(StoryId(h.id.0));
                if may_be_chosen(h) && !input.published.contains(&story) && stories.insert(story) {
                    out.excluded.push((h.id, why));
                }
            }
            Err(e) => failed = Some(e),
        }
    })?;
    failed.map_or(Ok(out), Err)
}

/// The candidates of an issue.
#[derive(Debug, Default)]
pub struct CandidateList {
    /// Article and rank score of each story that may become an item, best first.
    pub scores: Vec<(ArticleId, f64)>,
    /// Articles that a rule excludes, or whose story was dropped.
    pub excluded: Vec<(ArticleId, Exclusion)>,
}

/// Ranks the candidates as [`build`] does.
///
/// # Errors
/// If the archive cannot be read.
pub fn rank_candidates<A: Archive>(input: &IssueInput<'_>, archive: &A, most: usize) -> Result<CandidateList, A::Error> {
    let Screened { pool, excluded, .. } = pool(input, archive)?;
    let mut scores: Vec<(ArticleId, f64)> = pool.candidates(input).iter().map(|c| (c.lead, c.score)).collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.0.cmp(&a.0.0)));
    scores.truncate(most);
    Ok(CandidateList { scores, excluded })
}

/// Returns the trend before this issue, with a row for each industry of its draft: an editor's foreword may name one that has no
/// items left.
fn with_all_industries(before: &[Trend], columns: &[ColumnItems]) -> Vec<Trend> {
    let mut out = before.to_vec();
    for industry in columns.iter().flat_map(|c| &c.items).filter_map(|i| i.industries.first()) {
        if out.iter().all(|t| t.industry != *industry) {
            out.push(Trend { industry: industry.clone(), weeks: [0; WEEKS] });
        }
    }
    out
}

/// Whether an article matches a publication.
pub(crate) fn matches_publication(h: &Headline, publication: &Publication) -> bool {
    let Some(j) = h.classification.as_ref().filter(|_| publication.sources.takes(h.source.as_str())) else { return false };
    let (industries, places) = (&publication.industries, &publication.places);
    let industry = industries.is_empty() || j.industries.iter().chain(&j.themes).any(|l| industries.contains(&l.name));
    industry && (places.is_empty() || places.contains(&j.region_scope) || j.places.iter().any(|p| places.contains(p)))
}

fn item<A: Archive>(
    c: &Candidate,
    lead: &Headline,
    features: &CandidateFeatures,
    print: Print,
    input: &IssueInput<'_>,
    returning: &HashMap<ArticleId, String>,
    archive: &A,
) -> Result<Item, A::Error> {
    let mut item = item_from_article(lead, archive.text(c.lead)?, input.summarise, input.publication.calendar.zone);
    item.print = print;
    item = with_figures(item, archive.figures(c.lead)?);
    let copy = |id: &ArticleId| {
        let a = archive.headline(*id)?;
        Ok(Copy { publisher: a.source_name, url: a.url, article: Some(a.id) })
    };
    item.copies = c.copies.iter().filter(|id| **id != c.lead).take(MAX_COPIES).map(copy).collect::<Result<_, _>>()?;
    item.event = lead.event.map(|e| e.event).filter(|_| c.has_related);
    item.reports = c.reports.iter().take(MAX_COPIES).map(copy).collect::<Result<_, _>>()?;
    // copies are sorted, earliest first
    item.earliest = c.copies.first().filter(|first| **first != c.lead).and_then(|_| item.copies.first().cloned());
    // what is new is told first: only the first reasons are shown at once
    item.reasons = returning.get(&c.lead).cloned().into_iter().collect();
    if let Some(previous) = c.follows.and_then(|at| input.previous_items.get(at)) {
        let mut told = Told::default();
        told.add(&previous.title);
        told.add(&archive.text(previous.article)?);
        item.reasons.push(match told.new_sentence(&item.text) {
            Some(sentence) => format!("新情况：{sentence}"),
            None => "没有新情况".to_owned(),
        });
    }
    item.score = c.score;
    item.reasons.extend(c.reasons(lead, features, input));
    Ok(item)
}

/// Returns an article as an item without copies, score and reasons, for an editor to add.
///
/// # Errors
/// If the archive cannot be read.
pub fn manual_item<A: Archive>(archive: &A, id: ArticleId, summarise: &SummariseSettings, zone: chrono_tz::Tz) -> Result<Item, A::Error> {
    let item = item_from_article(&archive.headline(id)?, archive.text(id)?, summarise, zone);
    Ok(with_figures(item, archive.figures(id)?))
}

/// Adds the figures that an article tells. Its first paragraph says them, as its title does: a summary would leave that out.
fn with_figures(item: Item, figures: Option<Figures>) -> Item {
    let Some(figures) = figures else { return item };
    let summary = item.text.lines().next().unwrap_or_default().to_owned();
    Item { summary, figures: Some(Box::new(figures)), ..item }
}

/// Returns the summary of an article; names days relative to its publication day.
pub fn summary(h: &Headline, text: &str, settings: &SummariseSettings, zone: chrono_tz::Tz) -> String {
    summarise::summarise(&h.title, text, settings.length, published_on(h, zone)).text
}

fn published_on(h: &Headline, zone: chrono_tz::Tz) -> Option<NaiveDate> {
    h.published_at.map(|p| p.with_timezone(&zone).date_naive())
}

fn item_from_article(lead: &Headline, text: String, settings: &SummariseSettings, zone: chrono_tz::Tz) -> Item {
    let j = lead.classification.clone().unwrap_or_default();
    let names = |labels: &[Label]| labels.iter().map(|l| l.name.clone()).collect::<Vec<_>>();
    Item {
        article: lead.id,
        title: summarise::normalize_title(&lead.title),
        summary: summary(lead, &text, settings, zone),
        text,
        note: String::new(),
        print: Print::Summary,
        text_edited: false,
        picture: None,
        figures: None,
        attachments: Vec::new(),
        industries: names(&j.industries),
        themes: names(&j.themes),
        keywords: j.keywords,
        publisher: lead.publisher_or_source().to_owned(),
        date: published_on(lead, zone),
        region_scope: j.region_scope,
        places: j.places,
        earliest: None,
        copies: Vec::new(),
        reports: Vec::new(),
        event: None,
        score: 0.0,
        is_uncertain: false,
        reasons: vec!["编辑加入".to_owned()],
        mark: None,
        url: Some(lead.url.clone()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{Duration, TimeZone};

    use super::*;
    use crate::config::settings::ColumnQuota;
    use crate::model::{Classification, Confidence, EventMember, GradeFloor, GradeMark, PrintedGrades, Reliability, SourceId, WebUrl};

    pub(crate) fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 23, 23, 30, 0).unwrap()
    }

    /// Returns a classified article of this age in hours.
    pub(crate) fn article(id: i64, title: &str, industry: &str, column: &str, hours: i64) -> Headline {
        Headline {
            id: ArticleId(id),
            source: SourceId::parse(&format!("s{}", id % 3)).unwrap(),
            source_name: format!("来源{}", id % 3),
            region: None,
            weight: 1.0,
            url: WebUrl::parse(&format!("https://a.cn/{id}.html")).unwrap(),
            title: title.to_owned(),
            author: None,
            publisher: Some("许昌日报".to_owned()),
            published_at: Some((now() - Duration::hours(hours)).fixed_offset()),
            fetched_at: now(),
            length: 120,
            story: Some(StoryId(id)),
            event: None,
            classification: Some(Classification {
                industries: if industry.is_empty() {
                    Vec::new()
                } else {
                    vec![Label { name: industry.to_owned(), score: 0.8, evidence: vec![industry.to_owned()], p: None }]
                },
                column: column.to_owned(),
                ..Classification::default()
            }),
            confidence: Confidence::default(),
        }
    }

    pub(crate) fn build_with(headlines: Vec<Headline>, used: &[i64]) -> Draft {
        build_after(headlines, used, Vec::new())
    }

    fn build_after(headlines: Vec<Headline>, used: &[i64], shown: Vec<PreviousItem>) -> Draft {
        let levels = ["许昌", "河南"].map(str::to_owned);
        let input = IssueInput {
            publication: &Publication::default(),
            published: used.iter().map(|i| StoryId(*i)).collect(),
            previous_items: shown,
            rising: Vec::new(),
            ranking: None,
            topics: HashMap::new(),
            trend: Vec::new(),
            health: Health { sources: 3, ..Health::default() },
            date: "2026-11-24".parse().unwrap(),
            now: now(),
            levels: &levels,
            summarise: &SummariseSettings::default(),
            screen: Screen::default(),
        };
        let text = |h: &Headline| format!("{}的正文第一句话说明了事情的经过和结果。第二句话补充了数据：同比增长12.5%。", h.title);
        build(&input, &InMemory(headlines.into_iter().map(|h| (text(&h), h)).collect())).unwrap()
    }

    #[test]
    fn a_topic_raises_its_articles_and_may_have_a_column() {
        let levels = Vec::new();
        let mut publication = Publication::default();
        let topic_column = ColumnQuota {
            name: "领导关注".into(),
            min: 0,
            quota: 3,
            print: Print::Summary,
            topic: Some("假发".into()),
            floor: GradeFloor::default(),
        };
        let mut input = IssueInput {
            publication: &publication.clone(),
            published: HashSet::new(),
            previous_items: Vec::new(),
            rising: Vec::new(),
            ranking: None,
            topics: [(ArticleId(2), vec!["假发".to_owned(), "出口".to_owned()]), (ArticleId(3), vec!["假发".to_owned()])].into(),
            trend: Vec::new(),
            health: Health::default(),
            date: "2026-11-24".parse().unwrap(),
            now: now(),
            levels: &levels,
            summarise: &SummariseSettings::default(),
            screen: Screen::default(),
        };
        let archive = || {
            let articles = [("水泥企业错峰生产", "建材"), ("假发出口增长", "建材"), ("明星戴假发", "")];
            InMemory(articles.iter().zip(1..).map(|((title, industry), n)| (String::new(), article(n, title, industry, "行业动态", 2))).collect())
        };
        let ranked = build(&input, &archive()).unwrap();
        assert_eq!(titles(&ranked, 0), ["假发出口增长", "水泥企业错峰生产"]);
        let reasons = &ranked.edition.columns[0].items[0].reasons;
        assert!(reasons.contains(&"关注课题：假发".to_owned()) && reasons.contains(&"关注课题：出口".to_owned()), "{reasons:?}");
        publication.columns.push(topic_column);
        input.publication = &publication;
        let fed = build(&input, &archive()).unwrap();
        assert_eq!((titles(&fed, 0), titles(&fed, 5).len()), (vec!["水泥企业错峰生产"], 2));
    }

    /// Articles in memory whose grades are known.
    struct Graded(InMemory, HashMap<ArticleId, GradeMark>);

    impl Archive for Graded {
        type Error = ArticleId;

        fn each(&self, take: &mut dyn FnMut(&Headline)) -> Result<(), ArticleId> {
            self.0.each(take)
        }

        fn headline(&self, id: ArticleId) -> Result<Headline, ArticleId> {
            self.0.headline(id)
        }

        fn text(&self, id: ArticleId) -> Result<String, ArticleId> {
            self.0.text(id)
        }

        fn grade(&self, id: ArticleId, _: DateTime<Utc>) -> Result<Option<GradeMark>, ArticleId> {
            Ok(self.1.get(&id).copied())
        }
    }

    #[test]
    fn a_columns_floor_keeps_out_what_is_worse_or_unknown() {
        let titles_of = ["水泥企业错峰生产", "假发出口增长", "锅炉厂房开工", "陶瓷窑炉改造", "电梯配件涨价"];
        let articles =
            titles_of.iter().zip(1..).map(|(title, n)| (String::new(), article(n, title, "建材", if n == 5 { "财经数据" } else { "行业动态" }, 2)));
        let marks = [(1, "C3"), (2, "D1"), (3, "F2"), (5, "E5")].map(|(id, mark)| (ArticleId(id), GradeMark::parse(mark).unwrap()));
        let archive = Graded(InMemory(articles.collect()), marks.into());
        let mut publication = Publication { grades: PrintedGrades::Marks, ..Publication::default() };
        publication.columns[0].floor = GradeFloor { reliability: Some(Reliability::C), credibility: None };
        let input = IssueInput {
            publication: &publication,
            published: HashSet::new(),
            previous_items: Vec::new(),
            rising: Vec::new(),
            ranking: None,
            topics: HashMap::new(),
            trend: Vec::new(),
            health: Health::default(),
            date: "2026-11-24".parse().unwrap(),
            now: now(),
            levels: &[],
            summarise: &SummariseSettings::default(),
            screen: Screen::default(),
        };
        let draft = build(&input, &archive).unwrap();
        assert_eq!(titles(&draft, 0), ["水泥企业错峰生产"]);
        assert_eq!(draft.edition.columns[3].items.len(), 1, "the floor is that of one column");
        assert!(
            draft.edition.printed_grades == PrintedGrades::Marks && draft.candidates.iter().filter(|c| !c.was_proposed).count() == 3,
            "editors can still take them"
        );
    }

    fn titles(d: &Draft, column: usize) -> Vec<&str> {
        d.edition.columns[column].items.iter().map(|i| i.title.as_str()).collect()
    }

    #[test]
    fn items_go_to_their_columns_and_off_topic_ones_nowhere() {
        let d = build_with(
            vec![
                article(1, "许昌发制品出口增长", "发制品", "财经数据", 2),
                article(2, "电影票房破纪录", "", "行业动态", 2),
                article(3, "水泥企业错峰生产", "建材", "行业动态", 2),
                article(4, "不存在的栏目", "食品", "专题", 2),
            ],
            &[],
        );
        assert_eq!(titles(&d, 3), ["许昌发制品出口增长"]);
        assert_eq!(d.edition.item_count(), 3);
        assert!(titles(&d, 0).contains(&"不存在的栏目"));
    }

    #[test]
    fn an_article_of_doubtful_text_waits_for_an_editor() {
        let mut doubtful = article(1, "许昌发制品出口增长", "发制品", "行业动态", 2);
        doubtful.confidence.body = Some(0.6);
        assert_eq!(build_with(vec![doubtful.clone()], &[]).edition.item_count(), 0);
        doubtful.classification.as_mut().unwrap().manually_edited = true;
        assert_eq!(build_with(vec![doubtful], &[]).edition.item_count(), 1);
    }

    #[test]
    fn copies_of_a_story_become_one_item() {
        let mut copy = article(2, "许昌发制品出口增长（转载）", "发制品", "行业动态", 1);
        copy.story = Some(StoryId(1));
        let d = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 5), copy], &[]);
        let item = &d.edition.columns[0].items[0];
        assert_eq!((d.edition.item_count(), item.copies.len(), item.title.as_str()), (1, 1, "许昌发制品出口增长"));
        assert_eq!(d.edition.health.merged, 1);
    }

    #[test]
    fn stories_of_other_days_do_not_come_again() {
        let d = build_with(vec![article(1, "旧闻", "食品", "行业动态", 5), article(2, "新闻", "食品", "行业动态", 5)], &[1]);
        assert_eq!(titles(&d, 0), ["新闻"]);
    }

    #[test]
    fn quotas_hold_and_industries_are_spread() {
        let mut articles: Vec<Headline> = (0..30).map(|i| article(i, &format!("食品新闻{i}"), "食品", "行业动态", 1)).collect();
        articles.push(article(90, "建材新闻", "建材", "行业动态", 20));
        let d = build_with(articles, &[]);
        assert_eq!(d.edition.columns[0].items.len(), 10);
        assert!(titles(&d, 0).contains(&"建材新闻"), "{:?}", titles(&d, 0));
    }

    #[test]
    fn of_the_copies_the_most_authoritative_leads_and_the_earliest_is_named() {
        let mut official = article(2, "许昌发制品出口增长", "发制品", "行业动态", 1);
        (official.story, official.publisher) = (Some(StoryId(1)), Some("新华社".to_owned()));
        let d = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 5), official], &[]);
        let item = &d.edition.columns[0].items[0];
        assert_eq!((item.publisher.as_str(), item.earliest.as_ref().map(|c| c.url.as_str())), ("新华社", Some("https://a.cn/1.html")));
        assert!(item.reasons.iter().any(|r| r == "权威来源") && item.reasons.iter().any(|r| r == "1 家转载"), "{:?}", item.reasons);
    }

    #[test]
    fn what_an_earlier_issue_told_in_other_words_comes_last() {
        let shown = vec![PreviousItem { number: 12, title: "许昌发制品出口额增长一成".to_owned(), article: ArticleId(99), event: None }];
        let d = build_after(
            vec![article(1, "许昌发制品出口增长一成", "发制品", "行业动态", 1), article(2, "水泥企业错峰生产", "建材", "行业动态", 30)],
            &[],
            shown,
        );
        assert_eq!(titles(&d, 0), ["水泥企业错峰生产", "许昌发制品出口增长一成"]);
        assert!(d.edition.columns[0].items[1].reasons.iter().any(|r| r.contains("第12期")), "{:?}", d.edition.columns[0].items[1].reasons);
    }

    /// Returns an article of an event.
    fn report(id: i64, title: &str, event: i64, confidence: f64) -> Headline {
        Headline { event: Some(EventMember { event: EventId(event), confidence }), ..article(id, title, "食品", "行业动态", id) }
    }

    #[test]
    fn an_event_is_printed_once_with_its_other_reports() {
        let sure = vec![report(1, "云鹭食品扩建冷链仓库", 1, 1.0), report(2, "一食品企业新建冷库投用", 1, 0.95)];
        let d = build_with(sure, &[]);
        let items = &d.edition.columns[0].items;
        assert_eq!(items.iter().map(|i| (i.article.0, i.copies.len(), i.reports.len())).collect::<Vec<_>>(), [(1, 0, 1)]);
        assert!(items[0].reasons.iter().any(|r| r == "同一事件另有 1 篇报道"), "{:?}", items[0].reasons);
        let doubtful = vec![report(1, "云鹭食品扩建冷链仓库", 1, 1.0), report(2, "一食品企业新建冷库投用", 1, 0.7)];
        let d = build_with(doubtful, &[]);
        let events: Vec<Option<EventId>> = d.edition.items().map(|i| i.event).collect();
        assert_eq!(events, [Some(EventId(1)); 2], "an editor decides, and finds the other");
        assert_eq!(build_with(vec![report(1, "云鹭食品扩建冷链仓库", 1, 1.0)], &[]).edition.items().next().unwrap().event, None);
    }

    #[test]
    fn a_follow_up_names_the_issue_and_what_is_new() {
        let previous =
            PreviousItem { number: 12, title: "云鹭食品冷链仓库开工".to_owned(), article: ArticleId(9), event: Some(EventId(9)) };
        let archive = vec![report(1, "云鹭食品冷链仓库投用", 9, 0.95), report(9, "云鹭食品冷链仓库开工", 9, 1.0)];
        let d = build_after(archive, &[9], vec![previous]);
        let reasons = &d.edition.columns[0].items[0].reasons;
        assert!(reasons.iter().any(|r| r == "第12期《云鹭食品冷链仓库开工》的后续") && reasons.iter().any(|r| r == "没有新情况"), "{reasons:?}");
    }

    #[test]
    fn headlines_that_sound_the_same_do_not_stand_side_by_side() {
        let mut all: Vec<Headline> = (0..12).map(|i| article(i, "许昌再生金属产业园投产仪式举行", "节能环保", "行业动态", 1)).collect();
        all.push(article(50, "某县水泥厂错峰停窑三个月", "建材", "行业动态", 40));
        assert_eq!(titles(&build_with(all, &[]), 0)[1], "某县水泥厂错峰停窑三个月");
    }

    /// Returns an article with the model's verdict.
    fn judged(id: i64, title: &str, industry: &str, worth: f64) -> Headline {
        let mut h = article(id, title, industry, "行业动态", 2);
        if let Some(j) = &mut h.classification {
            (j.is_on_topic, j.worth) = (Some(true), Some(worth));
        }
        h
    }

    #[test]
    fn what_is_on_topic_is_chosen_without_an_industry_and_what_is_not_worth_it_never() {
        let mut off = judged(3, "球队夺冠", "", 0.9);
        off.classification.as_mut().unwrap().is_on_topic = Some(false);
        let all = vec![judged(1, "民间投资促进办法印发", "", 0.9), judged(2, "新款手机限时优惠", "新一代信息技术", 0.05), off];
        assert_eq!(titles(&build_with(all, &[]), 0), ["民间投资促进办法印发"]);
    }

    #[test]
    fn worth_ranks_before_freshness() {
        let mut old = judged(1, "固态电池中试线投产", "新能源汽车", 0.95);
        old.published_at = Some((now() - Duration::hours(60)).fixed_offset());
        let all = vec![judged(2, "某厂参加展会", "新能源汽车", 0.4), old];
        assert_eq!(titles(&build_with(all, &[]), 0)[0], "固态电池中试线投产");
    }

    #[test]
    fn one_firm_does_not_fill_a_column() {
        let firm = [
            "签署供货合同",
            "拟建新产线",
            "获准上市新药",
            "与高校合作",
            "设立子公司",
            "扩大出口",
            "完成验收",
            "投资研究院",
            "回应传闻",
            "更名",
            "招标",
            "调研",
        ];
        let mut all: Vec<Headline> = firm.iter().zip(0..).map(|(what, id)| judged(id, &format!("甲乙药业：{what}"), "生物医药", 0.9)).collect();
        all.extend(["水泥错峰", "玻璃提价", "瓷砖出口"].iter().zip(50..).map(|(t, id)| judged(id, t, "建材", 0.8)));
        let d = build_with(all, &[]);
        let shown = titles(&d, 0);
        assert!(["水泥错峰", "玻璃提价", "瓷砖出口"].iter().all(|t| shown.contains(t)), "{shown:?}");
    }

    #[test]
    fn a_limit_is_shared_by_the_columns_best_item_first() {
        let subjects = ["水泥错峰", "玻璃提价", "瓷砖出口", "石膏扩产"];
        let mut all: Vec<Headline> = subjects.iter().zip(1..).map(|(t, id)| article(id, t, "建材", "行业动态", 30)).collect();
        all.push(article(9, "建材行业研究报告发布", "建材", "行业报告", 1));
        let levels = Vec::new();
        let publication = Publication { max_per_industry: Some(2), ..Publication::default() };
        let summarise = SummariseSettings::default();
        let input = IssueInput {
            publication: &publication,
            published: HashSet::new(),
            previous_items: Vec::new(),
            trend: Vec::new(),
            rising: Vec::new(),
            topics: HashMap::new(),
            ranking: None,
            screen: Screen::default(),
            health: Health::default(),
            date: "2026-11-24".parse().unwrap(),
            now: now(),
            levels: &levels,
            summarise: &summarise,
        };
        let draft = build(&input, &InMemory(all.into_iter().map(|h| (String::new(), h)).collect())).unwrap();
        assert_eq!((titles(&draft, 0).len(), titles(&draft, 2)), (1, vec!["建材行业研究报告发布"]));
    }

    #[test]
    fn an_empty_day_is_said() {
        let d = build_with(Vec::new(), &[]);
        assert!(d.edition.foreword.contains("没有"), "{}", d.edition.foreword);
    }
}
