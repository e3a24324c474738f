//! What editors do not want: articles that a rule excludes, and stories that they dropped before.
//!
//! A dropped story, its copies and the sure members of its event stay away, unless an article that came after the drop tells
//! something new.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::events::Told;
use crate::exclusions::{RuleMatch, RuleSet};
use crate::issue::change::DropReason;
use crate::model::{ArticleId, EventId, Headline, StoryId};

/// Latest drops of a story or event with which a new article is compared.
const MAX_COMPARED: usize = 8;

/// A story that an editor dropped from an issue of the publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedStory {
    pub article: ArticleId,
    pub title: String,
    pub story: StoryId,
    /// The event that it surely reports.
    pub event: Option<EventId>,
    pub reason: DropReason,
    pub at: DateTime<Utc>,
}

/// Why an article is no candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exclusion {
    Rule(RuleMatch),
    Dropped(DropReason),
}

/// What is to be done with an article of the window.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Candidate,
    /// Its story was dropped, but it tells something new: the reason that editors see.
    Returns(String),
    Excluded(Exclusion),
}

/// The rules and the dropped stories of a publication.
#[derive(Debug, Default)]
pub struct Screen {
    rules: RuleSet,
    /// The latest first.
    dropped: Vec<DroppedStory>,
    by_story: HashMap<StoryId, Vec<usize>>,
    by_event: HashMap<EventId, Vec<usize>>,
}

impl Screen {
    pub fn new(rules: RuleSet, mut dropped: Vec<DroppedStory>) -> Self {
        dropped.sort_by(|a, b| b.at.cmp(&a.at).then(b.article.cmp(&a.article)));
        let mut out = Self { rules, ..Self::default() };
        for (at, d) in dropped.iter().enumerate() {
            out.by_story.entry(d.story).or_default().push(at);
            if let Some(event) = d.event {
                out.by_event.entry(event).or_default().push(at);
            }
        }
        out.dropped = dropped;
        out
    }

    /// Judges an article; `text_of` is only called if its text counts.
    ///
    /// # Errors
    /// Those of `text_of`.
    pub(super) fn judge<E>(&self, h: &Headline, text_of: impl Fn(ArticleId) -> Result<String, E>) -> Result<Verdict, E> {
        if !self.rules.is_empty() {
            let text = if self.rules.needs_text() { text_of(h.id)? } else { String::new() };
            if let Some(first) = self.rules.find(h, &text).into_iter().next() {
                return Ok(Verdict::Excluded(Exclusion::Rule(first)));
            }
        }
        let drops = self.drops_of(h);
        let Some(last) = drops.first() else { return Ok(Verdict::Candidate) };
        let unchanged = Ok(Verdict::Excluded(Exclusion::Dropped(last.reason)));
        if h.fetched_at <= last.at {
            return unchanged;
        }
        let mut told = Told::default();
        for d in &drops {
            told.add(&d.title);
            told.add(&text_of(d.article)?);
        }
        match told.new_sentence(&text_of(h.id)?) {
            Some(sentence) => Ok(Verdict::Returns(format!("曾剔除（{}），新情况：{sentence}", last.reason.chinese()))),
            None => unchanged,
        }
    }

    /// Whether editors may want an article; `text_of` is only called if its text counts.
    ///
    /// # Errors
    /// Those of `text_of`.
    pub fn lets_pass<E>(&self, h: &Headline, text_of: impl Fn(ArticleId) -> Result<String, E>) -> Result<bool, E> {
        Ok(!matches!(self.judge(h, text_of)?, Verdict::Excluded(_)))
    }

    /// Returns the drops of an article's story and event, the latest first.
    fn drops_of(&self, h: &Headline) -> Vec<&DroppedStory> {
        let story = self.by_story.get(&h.story.unwrap_or(StoryId(h.id.0)));
        let event = h.event.filter(|e| e.is_sure()).and_then(|e| self.by_event.get(&e.event));
        let mut numbers: Vec<usize> = [story, event].into_iter().flatten().flat_map(|list| list.iter().take(MAX_COMPARED)).copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().take(MAX_COMPARED).filter_map(|n| self.dropped.get(n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::issue::tests::{article, now};
    use crate::model::EventMember;

    const TOLD: &str = "云鹭股份年产5万吨新材料项目在许昌开工，总投资12亿元。";
    const NEWER: &str = "云鹭股份年产5万吨新材料项目开工。\n首批设备下月进场，预计明年三季度试生产，届时可新增就业三百人。";

    fn dropped(id: i64, event: Option<i64>, hours: i64) -> DroppedStory {
        let at = now() - TimeDelta::hours(hours);
        let (article, story, event) = (ArticleId(id), StoryId(id), event.map(EventId));
        DroppedStory { article, title: "云鹭新材料项目开工".into(), story, event, reason: DropReason::OffTopic, at }
    }

    fn judge(screen: &Screen, h: &Headline, text: &str) -> Verdict {
        screen.judge(h, |id| Ok::<_, ()>(if id == h.id { text } else { TOLD }.to_owned())).unwrap()
    }

    fn copy(id: i64, story: i64) -> Headline {
        Headline { story: Some(StoryId(story)), ..article(id, "云鹭新材料项目开工", "建材", "行业动态", 1) }
    }

    #[test]
    fn copies_of_a_dropped_story_stay_away_until_one_tells_something_new() {
        let screen = Screen::new(RuleSet::default(), vec![dropped(1, None, 5)]);
        let away = Verdict::Excluded(Exclusion::Dropped(DropReason::OffTopic));
        assert_eq!(judge(&screen, &copy(1, 1), TOLD), away);
        assert_eq!(judge(&screen, &copy(2, 1), TOLD), away);
        let returns = judge(&screen, &copy(2, 1), NEWER);
        assert!(matches!(&returns, Verdict::Returns(why) if why.starts_with("曾剔除（无关），新情况：首批设备下月进场")), "{returns:?}");
        assert_eq!(judge(&screen, &copy(2, 2), TOLD), Verdict::Candidate, "another story");
        let before = Headline { fetched_at: now() - TimeDelta::hours(6), ..copy(2, 1) };
        assert_eq!(judge(&screen, &before, NEWER), away, "it was there when the editor dropped the story");
    }

    #[test]
    fn only_sure_members_of_the_event_are_concerned() {
        let screen = Screen::new(RuleSet::default(), vec![dropped(1, Some(7), 5)]);
        let member = |confidence| Headline { event: Some(EventMember { event: EventId(7), confidence }), ..copy(2, 2) };
        assert_eq!(judge(&screen, &member(0.95), TOLD), Verdict::Excluded(Exclusion::Dropped(DropReason::OffTopic)));
        assert_eq!(judge(&screen, &member(0.5), TOLD), Verdict::Candidate);
    }

    #[test]
    fn what_came_back_and_was_dropped_again_must_tell_more() {
        let screen = Screen::new(
            RuleSet::default(),
            vec![dropped(1, None, 5), dropped(2, None, 3), DroppedStory { story: StoryId(1), ..dropped(2, None, 2) }],
        );
        let text = |id: ArticleId| Ok::<_, ()>(if id == ArticleId(1) { TOLD } else { NEWER }.to_owned());
        assert_eq!(screen.judge(&copy(3, 1), text), Ok(Verdict::Excluded(Exclusion::Dropped(DropReason::OffTopic))));
    }
}
