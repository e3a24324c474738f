//! Output for other programs: articles as JSON objects, issues and articles as Atom (RFC 4287).

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use quick_xml::escape::escape;
use serde_json::{Value, json};

use crate::grades::JudgedGrade;
use crate::model::{Article, Edition, Headline, Rule, SourceId, Topic, TopicArticle, TopicEvidence, WebUrl};
use crate::store::EventRow;
use crate::text::normalize::collapse_whitespace;

/// Returns an article without its text.
pub fn headline(a: &Headline) -> Value {
    let j = a.classification.clone().unwrap_or_default();
    json!({
        "id": a.id.0, "source": a.source.as_str(), "source_name": a.source_name, "url": a.url, "title": a.title, "author": a.author,
        "publisher": a.publisher, "published_at": a.published_at.map(|d| d.to_rfc3339()), "fetched_at": a.fetched_at.to_rfc3339(),
        "story": a.story, "column": j.column, "industries": j.industries, "themes": j.themes, "keywords": j.keywords, "level": j.region_scope,
        "places": j.places, "organisations": j.all_organisations(),
    })
}

/// Returns a report's grade with its reasons as codes.
pub fn grade(judged: &JudgedGrade) -> Value {
    let computed = &judged.computed;
    let mut value = json!({
        "mark": judged.mark(), "reliability": judged.reliability().code(), "credibility": judged.credibility().code(),
        "reliability_reasons": computed.reliability_reasons.iter().map(|r| reason(&json!(r))).collect::<Vec<_>>(),
        "credibility_reasons": computed.credibility_reasons.iter().map(|r| reason(&json!(r))).collect::<Vec<_>>(),
        "computed_at": judged.computed_at.to_rfc3339(), "overruled": null,
    });
    if let (Some(fields), Some(said)) = (value.as_object_mut(), &judged.overruled) {
        let before = json!({ "reliability": computed.reliability.code(), "credibility": computed.credibility.code(), "reason": said.reason });
        fields.insert("overruled".to_owned(), before);
    }
    value
}

/// Returns `{"code", "value"}` of a reason: its code, and what it is about, if it says that.
fn reason(stored: &Value) -> Value {
    match stored.as_object().and_then(|o| o.iter().next()) {
        Some((code, value)) => json!({ "code": code, "value": value }),
        None => json!({ "code": stored }),
    }
}

/// Adds the grade of an article; null if it has none yet.
pub fn with_grade(mut article: Value, judged: Option<&JudgedGrade>) -> Value {
    if let Some(fields) = article.as_object_mut() {
        fields.insert("grade".to_owned(), json!(judged.map(grade)));
    }
    article
}

/// Returns a complete article.
pub fn article(a: &Article) -> Value {
    let mut value = headline(&a.headline);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("text".to_owned(), json!(a.text));
        fields.insert("image".to_owned(), json!(a.image));
        fields.insert("attachments".to_owned(), json!(a.attachments));
    }
    value
}

/// Returns a topic without its recipients.
pub fn topic(t: &Topic) -> Value {
    let (d, f) = (&t.draft, &t.draft.filter);
    json!({
        "id": t.id.0, "title": d.title, "question": d.question, "kind": d.kind.as_str(), "expression": f.expression, "industries": f.industries,
        "places": f.places, "organisations": f.organisations, "owner": d.owner, "due": d.due, "asked_by": d.request.as_ref().map(|r| &r.by),
        "answer": t.answer.as_ref().map(|a| &a.text), "created_at": t.created_at.to_rfc3339(), "closed_at": t.closed_at.map(|c| c.to_rfc3339()),
    })
}

/// Returns an article of a topic, with the reasons.
pub fn topic_article(a: &TopicArticle) -> Value {
    let mut value = headline(&a.headline);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("number".to_owned(), json!(a.number));
        fields.insert("evidence".to_owned(), json!(a.evidence));
    }
    value
}

/// Returns a rule (不再报道).
pub fn rule(rule: &Rule) -> Value {
    let d = &rule.draft;
    json!({
        "id": rule.id.0, "kind": d.kind.as_str(), "effect": d.effect.as_str(), "text": d.text, "source": d.source.as_ref().map(SourceId::as_str),
        "column": d.column, "publication": d.publication, "reason": d.reason, "author": rule.author,
        "created_at": rule.created_at.to_rfc3339(), "expires": d.expires, "enabled": rule.is_enabled,
    })
}

/// Returns an event without its articles.
pub fn event(e: &EventRow) -> Value {
    json!({
        "id": e.event.0, "title": e.title, "first_seen": e.first_seen.to_rfc3339(), "last_seen": e.last_seen.to_rfc3339(), "stories": e.sure,
        "doubtful": e.doubtful, "sources": e.sources,
    })
}

/// Returns an article of an event, with how surely it belongs to it.
pub fn event_article(h: &Headline) -> Value {
    let mut value = headline(h);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("event_confidence".to_owned(), json!(h.event.map(|e| e.confidence)));
    }
    value
}

/// Returns an issue without source problems, which are for editors only.
pub fn issue(e: &Edition) -> Value {
    let mut value = json!(e);
    if let Some(health) = value.get_mut("health").and_then(Value::as_object_mut) {
        health.remove("troubles");
    }
    if let Some(issue) = value.as_object_mut() {
        issue.remove("signing");
    }
    value
}

/// A feed entry.
struct Entry<'a> {
    title: &'a str,
    /// A permanent IRI.
    id: String,
    url: Option<&'a str>,
    when: DateTime<Utc>,
    publisher: &'a str,
    summary: Cow<'a, str>,
    labels: Vec<&'a str>,
}

/// Returns a finished issue as a feed: its items in order, each with its printed text.
pub fn issue_feed(e: &Edition) -> String {
    let built = e.built_at.unwrap_or_default();
    let items = e.columns.iter().flat_map(|c| c.items.iter().map(move |i| (c, i)));
    let entries = items.map(|(c, i)| Entry {
        title: &i.title,
        // an article's address is its id everywhere
        id: i.url.as_ref().map_or_else(|| format!("urn:qingbao:issue:{}:{}:{}", e.publication, e.id, i.article), |u| u.as_str().to_owned()),
        url: i.link().map(WebUrl::as_str),
        when: i.date.and_then(|d| d.and_hms_opt(0, 0, 0)).map_or(built, |t| t.and_utc().min(built)),
        publisher: &i.publisher,
        summary: if i.note.is_empty() { i.printed().into() } else { format!("{}\n{}", i.printed_note(), i.printed()).into() },
        labels: std::iter::once(c.name.as_str()).chain(i.industries.iter().chain(&i.themes).map(String::as_str)).collect(),
    });
    feed(&format!("urn:qingbao:issue:{}", e.publication), &format!("{} {}", e.publication, e.issue_label()), Some(built), entries)
}

/// Returns articles as a feed, newest first; `subject` names what they have in common.
pub fn article_feed(publication: &str, subject: &str, articles: &[Headline]) -> String {
    let entries = articles.iter().map(|h| Entry {
        title: &h.title,
        id: h.url.as_str().to_owned(),
        url: Some(h.url.as_str()).filter(|_| !h.url.is_stand_in()),
        when: h.sort_time(),
        publisher: h.publisher_or_source(),
        summary: "".into(),
        labels: h.classification.iter().flat_map(|j| j.industries.iter().chain(&j.themes)).map(|l| l.name.as_str()).collect(),
    });
    let newest = articles.iter().map(Headline::sort_time).max();
    feed(&format!("urn:qingbao:articles:{subject}"), &format!("{publication} · {subject}"), newest, entries)
}

/// Returns a topic's articles as a feed, newest first, each with the words that it matched.
pub fn topic_feed(publication: &str, topic: &Topic, articles: &[TopicArticle]) -> String {
    let entries = articles.iter().map(|a| Entry {
        title: &a.headline.title,
        id: a.headline.url.as_str().to_owned(),
        url: Some(a.headline.url.as_str()).filter(|_| !a.headline.url.is_stand_in()),
        when: a.headline.sort_time(),
        publisher: a.headline.publisher_or_source(),
        summary: a.evidence.iter().map(TopicEvidence::words).collect::<Vec<_>>().join("\n").into(),
        labels: vec![topic.draft.kind.chinese()],
    });
    let newest = articles.iter().map(|a| a.headline.sort_time()).max();
    feed(&format!("urn:qingbao:topic:{}", topic.id), &format!("{publication} · 关注课题：{}", topic.draft.title), newest, entries)
}

fn feed<'a>(id: &str, title: &str, updated: Option<DateTime<Utc>>, entries: impl Iterator<Item = Entry<'a>>) -> String {
    let text = |t: &str| escape(collapse_whitespace(t)).into_owned();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\n<id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n<generator>qingbao</generator>\n",
        text(id),
        text(title),
        stamp(updated.unwrap_or_default())
    );
    for e in entries {
        let link = e.url.map(|url| format!("<link href=\"{}\"/>", text(url))).unwrap_or_default();
        out.push_str(&format!("<entry><id>{}</id>{link}<title>{}</title>", text(&e.id), text(e.title)));
        out.push_str(&format!("<updated>{0}</updated><published>{0}</published><author><name>{1}</name></author>", stamp(e.when), text(e.publisher)));
        for label in e.labels {
            out.push_str(&format!("<category term=\"{}\"/>", text(label)));
        }
        if !e.summary.is_empty() {
            let lines: Vec<String> = e.summary.lines().map(text).collect();
            out.push_str(&format!("<summary>{}</summary>", lines.join("\n")));
        }
        out.push_str("</entry>\n");
    }
    out + "</feed>\n"
}

fn stamp(t: DateTime<Utc>) -> String {
    t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article as news, build_with};

    #[test]
    fn reasons_are_codes() {
        let (press, contradicted) = (
            json!(crate::grades::ReliabilityReason::Press),
            json!(crate::grades::CredibilityReason::Contradicted {
                what: "投资".into(),
                mine: "1亿元".into(),
                theirs: "2亿元".into(),
                by: "某报".into()
            }),
        );
        assert_eq!(reason(&press), json!({ "code": "press" }));
        assert_eq!(reason(&contradicted)["code"], "contradicted");
        assert_eq!(reason(&contradicted)["value"]["theirs"], "2亿元");
        assert_eq!(reason(&json!(crate::grades::ReliabilityReason::Corrections(2))), json!({ "code": "corrections", "value": 2 }));
        assert_eq!(with_grade(json!({ "id": 1 }), None), json!({ "id": 1, "grade": null }));
    }

    #[test]
    fn feeds_are_read_back_whatever_their_titles_hold() {
        let mut hostile = news(1, "甲 <b>&\"'\u{0}\u{202E}]]></title>", "食品", "行业动态", 2);
        hostile.publisher = Some("<x>".to_owned());
        let mut draft = build_with(vec![hostile.clone(), news(2, "乙", "建材", "财经数据", 3)], &[]).edition;
        draft.columns[0].items[0].summary = "摘要 & <i>".to_owned();
        for (text, summary) in [(issue_feed(&draft), "摘要 & <i>"), (article_feed("快递", "食品", &[hostile]), "")] {
            let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
            let first = &feed.entries[0];
            assert_eq!(first.title.as_ref().unwrap().content, "甲 <b>&\"']]></title>");
            assert_eq!((first.links[0].href.as_str(), first.authors[0].name.as_deref().unwrap()), ("https://a.cn/1.html", "<x>"));
            assert_eq!(first.summary.as_ref().map_or("", |s| s.content.as_str()), summary);
            assert!(first.updated.is_some() && first.categories.iter().any(|c| c.term == "食品"));
        }
    }
}
