//! What an alert says.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::{ArticleId, NotificationText, Paragraph, WebUrl};
use crate::text::segment::sentences;

/// Characters of an article's opening.
const MAX_LEAD: usize = 120;
/// Rules named in a message.
const MAX_RULES: usize = 5;

/// An article that reports what was found.
#[derive(Debug, Clone)]
pub struct HitReport {
    pub article: ArticleId,
    pub title: String,
    /// 来源, or the name of the source.
    pub publisher: String,
    pub url: WebUrl,
    pub at: DateTime<Utc>,
    /// Its text, or the beginning of it.
    pub text: String,
}

/// What is known of something that alert rules found.
#[derive(Debug, Clone)]
pub struct HitFacts {
    pub title: String,
    /// Of a burst or a silent source.
    pub detail: String,
    /// The first report; `None` for a burst or a silent source.
    pub report: Option<HitReport>,
    /// Reports of other stories on the same event.
    pub more_reports: usize,
    /// Of those, the ones since it was told before; 0 if it was not.
    pub new_reports: usize,
    /// Names of the rules, and why.
    pub rules: Vec<(String, String)>,
}

/// Returns the message on one hit. `page` is the console's page of the article.
pub fn single(hit: &HitFacts, page: Option<WebUrl>, zone: Tz) -> NotificationText {
    let mut paragraphs = Vec::new();
    if let Some(r) = &hit.report {
        paragraphs.push(Paragraph::plain(lead(&r.text)));
        paragraphs.push(Paragraph::link(format!("{} {}", r.publisher, r.at.with_timezone(&zone).format("%m-%d %H:%M")), r.url.clone()));
    }
    if !hit.detail.is_empty() {
        paragraphs.push(Paragraph::plain(hit.detail.clone()));
    }
    if hit.more_reports > 0 {
        paragraphs.push(Paragraph::plain(format!("另有 {} 篇报道", hit.more_reports)));
    }
    for (name, evidence) in hit.rules.iter().take(MAX_RULES) {
        let why = if evidence.is_empty() { String::new() } else { format!("（{evidence}）") };
        paragraphs.push(Paragraph::plain(format!("符合：{name}{why}")));
    }
    NotificationText { title: format!("【提醒】{}", hit.title), paragraphs, url: page }
}

/// Returns messages on several hits, with at most `most` of them each. `page` is the console's list of them.
pub fn digest(hits: &[HitFacts], most: usize, page: Option<&WebUrl>) -> Vec<NotificationText> {
    let parts = hits.chunks(most.max(1));
    let of_many = |part: usize| if parts.len() > 1 { format!("（{}/{}）", part + 1, parts.len()) } else { String::new() };
    let one = |(part, hits_of_part): (usize, &[HitFacts])| {
        let paragraphs = hits_of_part.iter().enumerate().map(|(i, hit)| line(part * most.max(1) + i + 1, hit)).collect();
        NotificationText { title: format!("【提醒汇总】{} 条{}", hits.len(), of_many(part)), paragraphs, url: page.cloned() }
    };
    parts.clone().enumerate().map(one).collect()
}

fn line(n: usize, hit: &HitFacts) -> Paragraph {
    let names = || hit.rules.iter().take(MAX_RULES).map(|r| r.0.as_str()).collect::<Vec<_>>().join("、");
    let text = match (&hit.report, hit.new_reports) {
        (_, new) if new > 0 => format!("{n}. 后续：{}（又有 {new} 篇报道）", hit.title),
        (Some(r), _) => format!("{n}. {}（{}；符合：{}）", hit.title, r.publisher, names()),
        (None, _) => format!("{n}. {}：{}", hit.title, hit.detail),
    };
    Paragraph { text, url: hit.report.as_ref().map(|r| r.url.clone()) }
}

/// Returns the first sentences of a text that fit.
fn lead(text: &str) -> String {
    let mut out = String::new();
    for sentence in sentences(text) {
        let sentence = sentence.trim();
        if !out.is_empty() && out.chars().count() + sentence.chars().count() > MAX_LEAD {
            break;
        }
        out.push_str(sentence);
    }
    if out.chars().count() <= MAX_LEAD { out } else { out.chars().take(MAX_LEAD).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_digest_is_several_messages_and_leaves_nothing_out() {
        let hit = |n: usize| HitFacts {
            title: format!("题{n}"),
            detail: "说明".to_owned(),
            report: None,
            more_reports: 0,
            new_reports: 0,
            rules: vec![("规则".to_owned(), String::new())],
        };
        let hits: Vec<HitFacts> = (1..=7).map(hit).collect();
        let parts = digest(&hits, 3, None);
        let titles: Vec<&str> = parts.iter().map(|p| p.title.as_str()).collect();
        assert_eq!(titles, ["【提醒汇总】7 条（1/3）", "【提醒汇总】7 条（2/3）", "【提醒汇总】7 条（3/3）"]);
        assert_eq!(parts[2].paragraphs[0].text, "7. 题7：说明");
        assert_eq!(digest(&hits, 30, None).len(), 1);
    }

    #[test]
    fn an_opening_ends_with_a_sentence_if_one_fits() {
        assert_eq!(lead(&format!("一句。{}。", "长".repeat(200))), "一句。");
        assert_eq!(lead(&"长".repeat(200)).chars().count(), MAX_LEAD + 1);
    }
}
