//! Topics (关注课题, in the trade: key intelligence topics): questions that editors follow, and the articles that match them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{ArticleId, EditionId, Headline, MailAddress, TopicId};

/// What the answer to a topic is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicKind {
    /// 决策
    Decision,
    /// 预警
    Warning,
    /// 对手
    Competitor,
}

impl TopicKind {
    /// Every kind, as stored and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 3] =
        [(Self::Decision, "decision", "决策"), (Self::Warning, "warning", "预警"), (Self::Competitor, "competitor", "对手")];

    /// Parses a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|k| k.1 == word).map(|k| k.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|k| k.0 == self).map_or("decision", |k| k.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|k| k.0 == self).map_or("决策", |k| k.2)
    }
}

/// Which articles belong to a topic: the expression and every list that is not empty must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicFilter {
    /// Words as the editor wrote them; `topics::expression` parses them.
    pub expression: String,
    /// Industries and themes; one of them is enough.
    pub industries: Vec<String>,
    pub places: Vec<String>,
    pub organisations: Vec<String>,
}

/// 约稿: a person asked for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRequest {
    pub by: String,
    pub on: NaiveDate,
}

/// The answer to a topic: a text, an issue, or an item of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicAnswer {
    pub text: String,
    pub edition: Option<EditionId>,
    /// The item of that issue.
    pub article: Option<ArticleId>,
}

/// What an editor says of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDraft {
    pub title: String,
    pub question: String,
    pub kind: TopicKind,
    pub filter: TopicFilter,
    /// An account name.
    pub owner: String,
    pub recipients: Vec<MailAddress>,
    pub due: Option<NaiveDate>,
    pub request: Option<TopicRequest>,
}

impl TopicDraft {
    /// Returns a value that differs for other contents: a form carries it to say what its editor saw.
    pub fn version(&self) -> String {
        Sha256::digest(format!("{self:?}")).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A stored topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub id: TopicId,
    pub draft: TopicDraft,
    pub answer: Option<TopicAnswer>,
    pub created_at: DateTime<Utc>,
    /// A closed topic gets no more articles.
    pub closed_at: Option<DateTime<Utc>>,
    /// Whether the archive is still being searched for it.
    pub is_searching: bool,
}

/// How long without a new article until a topic counts as quiet, in days.
pub const QUIET_DAYS: i64 = 14;

/// The state of a topic on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicState {
    Active,
    /// No new article for this many days.
    Quiet(i64),
    /// Its due date has passed by this many days.
    Overdue(i64),
    Closed,
}

impl Topic {
    /// Returns its state on a day; `newest` is the time of its newest article.
    pub fn state(&self, newest: Option<DateTime<Utc>>, now: DateTime<Utc>, today: NaiveDate) -> TopicState {
        if self.closed_at.is_some() {
            return TopicState::Closed;
        }
        if let Some(late) = self.draft.due.map(|due| (today - due).num_days()).filter(|days| *days > 0) {
            return TopicState::Overdue(late);
        }
        // before its first article a topic waits from the day it was made
        let quiet = (now - newest.unwrap_or(self.created_at)).num_days();
        if quiet >= QUIET_DAYS { TopicState::Quiet(quiet) } else { TopicState::Active }
    }
}

/// The surroundings of a word in an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    pub before: String,
    /// The word as the article spells it.
    pub hit: String,
    pub after: String,
}

/// Why an article matches a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TopicEvidence {
    /// A word in the title.
    Title(Snippet),
    /// A word in the text.
    Text(Snippet),
    Industry {
        name: String,
    },
    Place {
        name: String,
    },
    Organisation {
        name: String,
    },
}

impl TopicEvidence {
    /// Returns the reason in one line.
    pub fn words(&self) -> String {
        match self {
            Self::Title(s) => format!("标题：{}{}{}", s.before, s.hit, s.after),
            Self::Text(s) => format!("{}{}{}", s.before, s.hit, s.after),
            Self::Industry { name } => format!("行业：{name}"),
            Self::Place { name } => format!("地域：{name}"),
            Self::Organisation { name } => format!("机构：{name}"),
        }
    }
}

/// An article of a topic.
#[derive(Debug, Clone)]
pub struct TopicArticle {
    /// Ascends in order of matching: what is above the last one an editor saw is new.
    pub number: i64,
    pub headline: Headline,
    pub evidence: Vec<TopicEvidence>,
    /// Whether it arrived after the topic was made; false if the archive had it already.
    pub is_news: bool,
    /// An editor judged it irrelevant (不相关).
    pub is_dismissed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_quiet_after_fourteen_days_and_overdue_after_its_day() {
        let time = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let draft = TopicDraft {
            title: "题".into(),
            question: String::new(),
            kind: TopicKind::Warning,
            filter: TopicFilter::default(),
            owner: "甲".into(),
            recipients: Vec::new(),
            due: "2026-11-20".parse().ok(),
            request: None,
        };
        let created_at = time("2026-11-01T00:00:00Z");
        let mut topic = Topic { id: TopicId(1), draft, answer: None, created_at, closed_at: None, is_searching: false };
        let on =
            |topic: &Topic, newest: Option<&str>, day: &str| topic.state(newest.map(time), time(&format!("{day}T00:00:00Z")), day.parse().unwrap());
        assert_eq!(on(&topic, None, "2026-11-14"), TopicState::Active);
        assert_eq!(on(&topic, None, "2026-11-15"), TopicState::Quiet(14));
        assert_eq!(on(&topic, Some("2026-11-10T00:00:00Z"), "2026-11-20"), TopicState::Active);
        assert_eq!(on(&topic, Some("2026-11-10T00:00:00Z"), "2026-11-21"), TopicState::Overdue(1));
        topic.closed_at = Some(created_at);
        assert_eq!(on(&topic, None, "2026-11-21"), TopicState::Closed);
    }

    #[test]
    fn kinds_are_read_back() {
        for (kind, word, chinese) in TopicKind::ALL {
            assert_eq!((TopicKind::parse(word), kind.as_str(), kind.chinese()), (Some(kind), word, chinese));
        }
        assert_eq!(TopicKind::parse("x"), None);
    }
}
