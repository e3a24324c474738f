//! What “以后不再要” offers for an article: forms of rules, filled in.

use serde::Serialize;

use crate::classify::is_part_of_place;
use crate::knowledge::CLASSIFY;
use crate::model::{Headline, OrganisationKind, RuleKind};

/// A link to the filled form of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Offer {
    pub(super) label: String,
    pub(super) href: String,
}

/// Returns the rules that would exclude articles like this one, whose text is given: by organisation, word, source and column, and
/// topic; of each kind `most`.
pub(super) fn offers(base: &str, h: &Headline, text: &str, publication: &str, most: usize) -> Vec<Offer> {
    let Some(j) = &h.classification else { return Vec::new() };
    let offer = |label: String, kind: RuleKind, fields: &[(&str, &str)]| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("kind", kind.as_str()).extend_pairs(fields).append_pair("publication", publication);
        Offer { label, href: format!("{base}/rules/new?{}", query.finish()) }
    };
    let all = j.all_organisations();
    let mut organisations: Vec<(&str, &str)> = all.iter().filter_map(|o| Some((*o, label(o)?))).collect();
    // what the article is about stands in its title; a short name that only the list of organisations knows may be another's
    organisations.sort_by_key(|(o, label)| (*label != FIRM, !h.title.contains(o), !text.contains(o)));
    let is_offered = |k: &&String| !all.contains(&k.as_str()) && !is_part_of_place(k, &h.title);
    let mut words: Vec<&String> = j.keywords.iter().filter(is_offered).collect();
    words.sort_by_key(|k| !h.title.contains(k.as_str()));
    let mut out = Vec::new();
    let named = organisations.iter().take(most);
    out.extend(named.map(|(o, label)| offer(format!("{label}：{o}"), RuleKind::Organisation, &[("text", o)])));
    out.extend(words.iter().take(most).map(|w| offer(format!("这个词：{w}"), RuleKind::Words, &[("text", &format!("\"{}\"", w.replace('"', " ")))])));
    let place = [("source", h.source.as_str()), ("column", j.column.as_str())];
    out.push(offer(format!("本来源的这一栏：{}·{}", h.source_name, j.column), RuleKind::Source, &place));
    let topics = j.industries.iter().chain(&j.themes).take(most);
    out.extend(topics.map(|t| offer(format!("这个主题：{}", t.name), RuleKind::Topic, &[("text", &t.name)])));
    out
}

const FIRM: &str = "这家企业";

/// Returns what an organisation is called in an offer; `None` for parks and government bodies: a rule on them would exclude what all
/// firms of the place do.
fn label(name: &str) -> Option<&'static str> {
    if CLASSIFY.organisation.no_firm.end(name) {
        return None;
    }
    match OrganisationKind::of(name) {
        OrganisationKind::Company | OrganisationKind::Other => Some(FIRM),
        OrganisationKind::Institute | OrganisationKind::University | OrganisationKind::Association => Some("这个机构"),
        OrganisationKind::Authority => None,
    }
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
        let offered = offers("/qb", &h, "", "许昌快递", 1);
        let labels: Vec<&str> = offered.iter().map(|o| o.label.as_str()).collect();
        assert_eq!(labels, ["这家企业：云鹭股份", "这个词：中标", "本来源的这一栏：来源1·行业动态", "这个主题：建材"]);
        assert!(offered[0].href.starts_with("/qb/rules/new?kind=organisation&text=%E4%BA%91"), "{offered:?}");
        assert_eq!(offers("", &h, "", "许昌快递", 5).len(), 5);
    }

    #[test]
    fn no_place_park_or_government_is_offered() {
        let mut h = article(1, "许昌示范区白鹭路项目开工 魏都区加快建设", "建材", "行业动态", 1);
        if let Some(j) = &mut h.classification {
            j.other_organisations = ["许昌市云鹭产业园", "许昌市工信局", "云鹭", "云鹭股份有限公司", "许昌市人民政府"].map(str::to_owned).into();
            j.keywords = ["示范区", "许昌", "魏都", "许昌市", "白鹭路", "经开区"].map(str::to_owned).into();
        }
        let offered = offers("", &h, "云鹭股份有限公司投资的项目在示范区开工。", "许昌快递", 9);
        let labels: Vec<&str> = offered.iter().map(|o| o.label.as_str()).filter(|l| l.starts_with("这家") || l.starts_with("这个")).collect();
        assert_eq!(labels, ["这家企业：云鹭", "这家企业：云鹭股份有限公司", "这个词：白鹭路", "这个主题：建材"]);
    }
}
