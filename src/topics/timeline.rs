//! A topic's articles in time, grouped by event.

use std::collections::HashMap;

use crate::model::TopicArticle;

/// Articles of one event, newest first.
#[derive(Debug)]
pub struct TopicGroup {
    pub articles: Vec<TopicArticle>,
}

/// Groups articles by event, or by story where the event is not sure; the group with the newest article comes first.
pub fn group(articles: Vec<TopicArticle>) -> Vec<TopicGroup> {
    let mut sorted = articles;
    sorted.sort_by_key(|a| (std::cmp::Reverse(a.headline.sort_time()), a.headline.id));
    let (mut groups, mut places): (Vec<TopicGroup>, HashMap<i64, usize>) = (Vec::new(), HashMap::new());
    for article in sorted {
        let key = article.headline.event_or_story();
        if let Some(group) = places.get(&key).and_then(|place| groups.get_mut(*place)) {
            group.articles.push(article);
            continue;
        }
        places.insert(key, groups.len());
        groups.push(TopicGroup { articles: vec![article] });
    }
    groups
}
