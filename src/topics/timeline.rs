//! A topic's articles in time, grouped by event, and what of them an editor has not seen.

use std::collections::{HashMap, HashSet};

use crate::model::TopicArticle;

/// Articles of one event.
#[derive(Debug)]
pub struct TopicGroup {
    /// The newest unseen report; without one, the newest seen article.
    pub lead: TopicArticle,
    /// Reports that are other stories of the event, newest first.
    pub reports: Vec<TopicArticle>,
    /// Copies (转载) of those stories, newest first.
    pub copies: Vec<TopicArticle>,
    /// How many of its articles are unseen. Copies of a story that the editor has seen are not.
    pub unseen: usize,
}

/// Tells what an editor has not seen, who saw the articles up to a number.
pub struct Unseen {
    after: i64,
    seen_stories: HashSet<i64>,
}

impl Unseen {
    pub fn new<'a>(articles: impl IntoIterator<Item = &'a TopicArticle>, after: i64) -> Self {
        let seen = articles.into_iter().filter(|a| !is_after(a, after));
        Self { after, seen_stories: seen.map(story).collect() }
    }

    pub fn has(&self, article: &TopicArticle) -> bool {
        is_after(article, self.after) && !self.seen_stories.contains(&story(article))
    }
}

fn is_after(article: &TopicArticle, number: i64) -> bool {
    article.is_news && article.number > number
}

fn story(article: &TopicArticle) -> i64 {
    article.headline.story.map_or(article.headline.id.0, |s| s.0)
}

/// Groups articles by event, or by story where the event is not sure; the group with the newest article comes first.
pub fn group(articles: Vec<TopicArticle>, unseen: &Unseen) -> Vec<TopicGroup> {
    let mut sorted = articles;
    sorted.sort_by_key(|a| (std::cmp::Reverse(a.headline.sort_time()), a.headline.id));
    let (mut groups, mut places): (Vec<Vec<TopicArticle>>, HashMap<i64, usize>) = (Vec::new(), HashMap::new());
    for article in sorted {
        let key = article.headline.event_or_story();
        if let Some(group) = places.get(&key).and_then(|place| groups.get_mut(*place)) {
            group.push(article);
            continue;
        }
        places.insert(key, groups.len());
        groups.push(vec![article]);
    }
    groups.into_iter().filter_map(|articles| of_one_event(articles, unseen)).collect()
}

fn of_one_event(mut articles: Vec<TopicArticle>, unseen: &Unseen) -> Option<TopicGroup> {
    let count = articles.iter().filter(|a| unseen.has(a)).count();
    // a copy that came late must not stand for the report that the editor knows
    let lead = articles.iter().position(|a| if count > 0 { unseen.has(a) } else { !is_after(a, unseen.after) });
    let lead = if articles.is_empty() { return None } else { articles.remove(lead.unwrap_or(0)) };
    let mut told = HashSet::from([story(&lead)]);
    let (reports, copies) = articles.into_iter().partition(|a| told.insert(story(a)));
    Some(TopicGroup { lead, reports, copies, unseen: count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ArticleId, Confidence, EventId, EventMember, Headline, SourceId, StoryId, WebUrl};

    /// An article of a story and an event, published on a day; `number` 0: the archive had it.
    fn article(id: i64, story: i64, event: i64, day: u32, number: i64) -> TopicArticle {
        let fetched_at = format!("2026-11-{day:02}T00:00:00Z").parse().unwrap();
        let headline = Headline {
            id: ArticleId(id),
            source: SourceId::parse("a").unwrap(),
            source_name: String::new(),
            region: None,
            weight: 1.0,
            url: WebUrl::parse("https://a.cn/").unwrap(),
            title: id.to_string(),
            author: None,
            publisher: None,
            published_at: None,
            fetched_at,
            length: 0,
            story: Some(StoryId(story)),
            event: Some(EventMember { event: EventId(event), confidence: 1.0 }),
            classification: None,
            confidence: Confidence::default(),
        };
        TopicArticle { number, headline, evidence: Vec::new(), is_news: number > 0, is_dismissed: false }
    }

    /// Lead, other reports, copies and unseen articles of each group.
    fn grouped(articles: Vec<TopicArticle>, after: i64) -> Vec<(i64, Vec<i64>, Vec<i64>, usize)> {
        let unseen = Unseen::new(&articles, after);
        let ids = |list: &[TopicArticle]| list.iter().map(|a| a.headline.id.0).collect::<Vec<_>>();
        group(articles, &unseen).iter().map(|g| (g.lead.headline.id.0, ids(&g.reports), ids(&g.copies), g.unseen)).collect()
    }

    #[test]
    fn a_copy_of_what_an_editor_has_seen_is_no_news() {
        // article 3 is a copy of 1, which the editor saw; 4 is another report of the event
        let old = || vec![article(1, 1, 1, 1, 1), article(2, 2, 2, 3, 2)];
        let with = |more: &[TopicArticle]| [old(), more.to_vec()].concat();
        assert_eq!(grouped(with(&[article(3, 1, 1, 5, 3)]), 2), [(1, vec![], vec![3], 0), (2, vec![], vec![], 0)]);
        let reported = with(&[article(3, 1, 1, 5, 3), article(4, 4, 1, 4, 4)]);
        assert_eq!(grouped(reported, 2), [(4, vec![3], vec![1], 1), (2, vec![], vec![], 0)]);
        // both of an unseen story are unseen; the archive's articles never are
        assert_eq!(grouped(vec![article(5, 5, 5, 1, 3), article(6, 5, 5, 2, 4)], 2), [(6, vec![], vec![5], 2)]);
        assert_eq!(grouped(vec![article(7, 7, 7, 1, 0)], 0), [(7, vec![], vec![], 0)]);
    }
}
