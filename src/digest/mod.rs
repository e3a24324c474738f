//! Judged articles → an edition: one item per story, ranked, spread over industries and sources, sorted into columns.
//!
//! Pure: the same articles, settings and moment give the same edition. Every place is explained in the item's reasons.

mod foreword;
mod rank;
pub mod summarise;

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::config::settings::{Publication, SummariseSettings};
use crate::model::{ArticleId, ColumnItems, Copy, Edition, EditionId, Headline, Health, Item, Judgement, StoryId};

use rank::Candidate;

/// Most copies named under an item.
const MAX_COPIES: usize = 12;

/// What an edition is made of.
#[derive(Debug)]
pub struct Material<'a> {
    /// The publication.
    pub publication: &'a Publication,
    /// Judged articles of the window.
    pub headlines: Vec<Headline>,
    /// Stories shown on other days.
    pub used: HashSet<StoryId>,
    /// How the crawl went.
    pub health: Health,
    /// Day of the issue.
    pub date: NaiveDate,
    /// The moment: age counts from here.
    pub now: DateTime<Utc>,
    /// Length of summaries.
    pub summarise: &'a SummariseSettings,
}

/// An edition without its number yet, and the stories in it.
#[derive(Debug)]
pub struct Draft {
    /// The edition.
    pub edition: Edition,
    /// Story and article of each item.
    pub stories: Vec<(StoryId, ArticleId)>,
}

/// Builds the edition of a day; `text_of` is asked for the texts of the chosen articles only.
///
/// # Errors
/// Those of `text_of`.
pub fn build<E>(material: Material<'_>, mut text_of: impl FnMut(ArticleId) -> Result<String, E>) -> Result<Draft, E> {
    let Material { publication, headlines, used, mut health, date, now, summarise } = material;
    let all = headlines.len();
    let stories = group(headlines);
    health.merged = all - stories.len();
    let candidates: Vec<Candidate> =
        stories.into_iter().filter(|(id, _)| !used.contains(id)).filter_map(|(id, copies)| Candidate::new(id, copies, now)).collect();
    health.candidates = candidates.len();
    let columns = publication.column_names();
    let mut by_column: BTreeMap<usize, Vec<Candidate>> = BTreeMap::new();
    for c in candidates {
        // a column that this publication does not have falls to its first
        let at = columns.iter().position(|n| *n == c.judgement().column).unwrap_or(0);
        by_column.entry(at).or_default().push(c);
    }
    let mut stories = Vec::new();
    let mut out = Vec::new();
    for (at, column) in publication.columns.iter().enumerate() {
        let chosen = rank::choose(by_column.remove(&at).unwrap_or_default(), column.quota);
        stories.extend(chosen.iter().map(|c| (c.story, c.lead().id)));
        let items = chosen.into_iter().map(|c| Ok(item(&c, text_of(c.lead().id)?, summarise, publication.calendar.zone)));
        out.push(ColumnItems { name: column.name.clone(), items: items.collect::<Result<_, E>>()? });
    }
    let foreword = foreword::write(&out, &health);
    let edition = Edition {
        id: EditionId(0),
        publication: publication.name.clone(),
        organiser: publication.organiser.clone(),
        year: 0,
        number: 0,
        total: 0,
        date,
        foreword,
        columns: out,
        health,
    };
    Ok(Draft { edition, stories })
}

/// Articles by story; an article without a story is its own.
fn group(headlines: Vec<Headline>) -> BTreeMap<StoryId, Vec<Headline>> {
    let mut stories: BTreeMap<StoryId, Vec<Headline>> = BTreeMap::new();
    for a in headlines {
        stories.entry(a.story.unwrap_or(StoryId(a.id.0))).or_insert_with(|| Vec::with_capacity(1)).push(a);
    }
    stories
}

fn item(c: &Candidate, text: String, summarise: &SummariseSettings, zone: chrono_tz::Tz) -> Item {
    let lead = c.lead();
    let j: &Judgement = c.judgement();
    let names = |labels: &[crate::model::Label]| labels.iter().map(|l| l.name.clone()).collect::<Vec<_>>();
    let summary = summarise::summarise(&lead.title, &text, &summarise.length);
    Item {
        article: lead.id,
        title: summarise::clean_headline(&lead.title),
        summary: summary.text,
        text,
        industries: names(&j.industries),
        themes: names(&j.themes),
        keywords: j.keywords.clone(),
        origin: lead.origin().to_owned(),
        date: lead.published_at.map(|p| p.with_timezone(&zone).date_naive()),
        places: j.places.clone(),
        url: lead.url.clone(),
        copies: c.others().take(MAX_COPIES).map(|a| Copy { origin: a.source_name.clone(), url: a.url.clone() }).collect(),
        score: c.score,
        reasons: c.reasons.clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{Duration, TimeZone};

    use super::*;
    use crate::model::{Label, SourceId, WebUrl};

    pub(crate) fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 23, 23, 30, 0).unwrap()
    }

    /// A judged article, hours old.
    pub(crate) fn article(id: i64, title: &str, industry: &str, column: &str, hours: i64) -> Headline {
        Headline {
            id: ArticleId(id),
            source: SourceId::parse(&format!("s{}", id % 3)).unwrap(),
            source_name: format!("来源{}", id % 3),
            region: None,
            url: WebUrl::parse(&format!("https://a.cn/{id}.html")).unwrap(),
            title: title.to_owned(),
            author: None,
            publisher: Some("许昌日报".to_owned()),
            published_at: Some((now() - Duration::hours(hours)).fixed_offset()),
            fetched_at: now(),
            length: 120,
            story: Some(StoryId(id)),
            judgement: Some(Judgement {
                industries: if industry.is_empty() {
                    Vec::new()
                } else {
                    vec![Label { name: industry.to_owned(), score: 0.8, evidence: vec![industry.to_owned()] }]
                },
                column: column.to_owned(),
                ..Judgement::default()
            }),
        }
    }

    pub(crate) fn build_with(headlines: Vec<Headline>, used: &[i64]) -> Draft {
        let titles: Vec<(ArticleId, String)> = headlines.iter().map(|h| (h.id, h.title.clone())).collect();
        let material = Material {
            publication: &Publication::default(),
            headlines,
            used: used.iter().map(|i| StoryId(*i)).collect(),
            health: Health { sources: 3, ..Health::default() },
            date: "2026-11-24".parse().unwrap(),
            now: now(),
            summarise: &SummariseSettings::default(),
        };
        let text = |id: ArticleId| {
            let title = &titles.iter().find(|t| t.0 == id).unwrap().1;
            format!("{title}的正文第一句话说明了事情的经过和结果。第二句话补充了数据：同比增长12.5%。")
        };
        build(material, |id| Ok::<_, std::convert::Infallible>(text(id))).unwrap()
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
    fn an_empty_day_is_said() {
        let d = build_with(Vec::new(), &[]);
        assert!(d.edition.foreword.contains("没有"), "{}", d.edition.foreword);
    }
}
