//! A topic's articles in time, grouped by what they tell.

use std::collections::HashMap;

use crate::model::{StoryId, TopicArticle};

/// Articles of one story, newest first.
#[derive(Debug)]
pub struct TopicGroup {
    pub articles: Vec<TopicArticle>,
}

/// Groups articles by story; the group with the newest article comes first. Whoever groups by something wider (events) gives
/// another `key` here.
pub fn group(articles: Vec<TopicArticle>, key: impl Fn(&TopicArticle) -> Option<StoryId>) -> Vec<TopicGroup> {
    let mut sorted = articles;
    sorted.sort_by_key(|a| (std::cmp::Reverse(a.headline.sort_time()), a.headline.id));
    let (mut groups, mut places): (Vec<TopicGroup>, HashMap<StoryId, usize>) = (Vec::new(), HashMap::new());
    for article in sorted {
        let story = key(&article);
        if let Some(group) = story.and_then(|s| places.get(&s)).and_then(|place| groups.get_mut(*place)) {
            group.articles.push(article);
            continue;
        }
        if let Some(story) = story {
            places.insert(story, groups.len());
        }
        groups.push(TopicGroup { articles: vec![article] });
    }
    groups
}
