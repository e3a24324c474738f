//! What “以后不再要” offers for an article: forms of rules, filled in.

use serde::Serialize;

use crate::model::{Headline, RuleKind};

/// A link to the filled form of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Offer {
    pub(super) label: String,
    pub(super) href: String,
}

/// Returns the rules that would exclude articles like this one: by organisation, word, source and column, and topic; of each kind
/// `most`.
pub(super) fn offers(base: &str, h: &Headline, publication: &str, most: usize) -> Vec<Offer> {
    let Some(j) = &h.classification else { return Vec::new() };
    let offer = |label: String, kind: RuleKind, fields: &[(&str, &str)]| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("kind", kind.as_str()).extend_pairs(fields).append_pair("publication", publication);
        Offer { label, href: format!("{base}/rules/new?{}", query.finish()) }
    };
    let mut organisations = j.all_organisations();
    // what the article is about stands in its title
    organisations.sort_by_key(|o| !h.title.contains(o));
    let mut words: Vec<&String> = j.keywords.iter().filter(|k| !organisations.contains(&k.as_str())).collect();
    words.sort_by_key(|k| !h.title.contains(k.as_str()));
    let mut out = Vec::new();
    out.extend(organisations.iter().take(most).map(|o| offer(format!("这家企业：{o}"), RuleKind::Organisation, &[("text", o)])));
    out.extend(words.iter().take(most).map(|w| offer(format!("这个词：{w}"), RuleKind::Words, &[("text", &format!("\"{}\"", w.replace('"', " ")))])));
    let place = [("source", h.source.as_str()), ("column", j.column.as_str())];
    out.push(offer(format!("本来源的这一栏：{}·{}", h.source_name, j.column), RuleKind::Source, &place));
    let topics = j.industries.iter().chain(&j.themes).take(most);
    out.extend(topics.map(|t| offer(format!("这个主题：{}", t.name), RuleKind::Topic, &[("text", &t.name)])));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::article;

    #[test]
    fn firm_word_column_and_topic_are_offered_as_filled_forms() {
        let mut h = article(1, "云鹭股份中标", "建材", "行业动态", 1);
        if let Some(j) = &mut h.classification {
            j.other_organisations = vec!["某研究院".into(), "云鹭股份".into()];
            j.keywords = vec!["云鹭股份".into(), "中标".into()];
        }
        let offered = offers("/qb", &h, "许昌快递", 1);
        let labels: Vec<&str> = offered.iter().map(|o| o.label.as_str()).collect();
        assert_eq!(labels, ["这家企业：云鹭股份", "这个词：中标", "本来源的这一栏：来源1·行业动态", "这个主题：建材"]);
        assert!(offered[0].href.starts_with("/qb/rules/new?kind=organisation&text=%E4%BA%91"), "{offered:?}");
        assert_eq!(offers("", &h, "许昌快递", 5).len(), 5);
    }
}
