//! Why an article is no candidate of an issue.

use crate::issue::candidate_pool::unfit_for;
use crate::issue::eligibility::NotChosen;
use crate::issue::screen::Verdict;
use crate::issue::{IssueInput, matches_publication};
use crate::model::{ArticleId, Headline, StoryId};

/// Returns why an article is no candidate of an issue; `None` if it is one. `text_of` is only called if a text counts.
///
/// # Errors
/// Those of `text_of`.
pub fn why_not<E>(h: &Headline, input: &IssueInput<'_>, text_of: impl Fn(ArticleId) -> Result<String, E>) -> Result<Option<NotChosen>, E> {
    if h.classification.is_none() {
        return Ok(Some(NotChosen::Unclassified));
    }
    if !matches_publication(h, input.publication) {
        return Ok(Some(NotChosen::OtherPublication));
    }
    if input.published.contains(&h.story.unwrap_or(StoryId(h.id.0))) {
        return Ok(Some(NotChosen::Printed));
    }
    // what an editor decided says more than what the model thinks
    if let Verdict::Excluded(why) = input.screen.judge(h, text_of)? {
        return Ok(Some(NotChosen::Excluded(why)));
    }
    Ok(unfit_for(h, input))
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::config::settings::{Publication, SummariseSettings};
    use crate::exclusions::RuleSet;
    use crate::issue::change::DropReason;
    use crate::issue::tests::{article, now};
    use crate::issue::{DroppedStory, Exclusion, Screen};
    use crate::model::Health;

    #[test]
    fn each_reason_is_told() {
        let (publication, summarise) = (Publication::default(), SummariseSettings::default());
        let dropped =
            DroppedStory { article: ArticleId(3), title: "云鹭".into(), story: StoryId(3), event: None, reason: DropReason::OffTopic, at: now() };
        let input = IssueInput {
            publication: &publication,
            published: HashSet::from([StoryId(2)]),
            previous_items: Vec::new(),
            trend: Vec::new(),
            rising: Vec::new(),
            topics: HashMap::new(),
            ranking: None,
            health: Health::default(),
            date: now().date_naive(),
            now: now(),
            levels: &[],
            summarise: &summarise,
            screen: Screen::new(RuleSet::default(), vec![dropped]),
        };
        let why = |h: &Headline| why_not(h, &input, |_| Ok::<_, ()>(String::new())).unwrap();
        let of = |id: i64| article(id, "云鹭新材料项目开工", "建材", "行业动态", 1);
        assert_eq!(why(&of(1)), None);
        assert_eq!(why(&of(2)), Some(NotChosen::Printed));
        assert_eq!(why(&of(3)), Some(NotChosen::Excluded(Exclusion::Dropped(DropReason::OffTopic))));
        let mut doubtful = of(1);
        doubtful.confidence.body = Some(0.01);
        assert_eq!(why(&doubtful), Some(NotChosen::Doubtful));
        let changed = |change: fn(&mut crate::model::Classification)| {
            let mut h = of(1);
            h.classification.iter_mut().for_each(change);
            h
        };
        assert_eq!(why(&changed(|j| j.is_on_topic = Some(false))), Some(NotChosen::OffTopic));
        assert_eq!(why(&changed(|j| j.worth = Some(0.0))), Some(NotChosen::NotWorth));
        assert_eq!(why(&Headline { classification: None, ..of(1) }), Some(NotChosen::Unclassified));
    }
}
