//! Scores each industry and theme by the taxonomy's words in a text.

use std::collections::BTreeMap;

use crate::classify::matcher::{LabelKey, Matches};
use crate::config::taxonomy::Topic;
use crate::knowledge::CLASSIFY;
use crate::model::Label;

/// Lowest score of an assigned topic.
const THRESHOLD: f64 = 0.42;
/// Most industries, and most themes, per article.
pub(super) const MAX_LABELS: usize = 4;
/// Lowest share of the best score for an assigned topic.
const BESIDE_BEST: f64 = 0.75;
/// Weight of a word in the headline; one in the text counts 1.
const IN_TITLE: f64 = 3.0;
/// Weight of a weak word that is not alone.
const WEAK: f64 = 0.55;
/// Texts up to this many characters count fully; longer ones need more evidence for the same score.
const FULL_LENGTH: f64 = 800.0;
/// Bonus from the source's own field for an industry with other evidence.
const HINT: f64 = 0.8;

/// Returns the main industries of a text: if there are many, only those of the headline.
pub(super) fn main_subjects(mut labels: Vec<Label>, in_title: &[Label]) -> Vec<Label> {
    if labels.iter().filter(|l| l.score >= THRESHOLD).count() > MAX_LABELS {
        labels.retain(|l| in_title.iter().any(|t| t.name == l.name));
    }
    labels
}

/// Returns the labels with sufficient scores. Drops passing mentions beside a main subject.
pub(super) fn given(mut labels: Vec<Label>) -> Vec<Label> {
    let best = labels.first().map_or(0.0, |l| l.score);
    labels.retain(|l| l.score >= THRESHOLD.max(best * BESIDE_BEST));
    labels.truncate(MAX_LABELS);
    labels
}

/// Returns every topic with evidence, best first.
pub(super) fn topics(topics: &[Topic], of: LabelKeyFn, title: &Matches, text: &Matches, length: usize, hinted: &[String]) -> Vec<Label> {
    let off = title.count(LabelKey::OffTopic) as f64 + 0.25 * text.count(LabelKey::OffTopic) as f64;
    let context = title.count(LabelKey::Context) + text.count(LabelKey::Context);
    let mut out: Vec<Label> = topics
        .iter()
        .enumerate()
        .filter_map(|(i, topic)| {
            let hint = if hinted.contains(&topic.name) { HINT } else { 0.0 };
            let (strength, evidence) = topic_score(i, of, title, text, length, context);
            // the source's field alone is no evidence: an editor reads the article, not the masthead
            let strength = if strength > 0.0 { strength + hint } else { 0.0 };
            let score = 1.0 - (-strength / (1.0 + off) / 3.0).exp();
            (score > 0.0).then(|| Label { name: topic.name.clone(), score: round(score), evidence, p: None })
        })
        .collect();
    out.sort_by(|a, b| b.score.total_cmp(&a.score));
    out
}

type LabelKeyFn = fn(usize, bool) -> LabelKey;

/// Returns the score of a topic and the words behind it.
fn topic_score(topic: usize, of: LabelKeyFn, title: &Matches, text: &Matches, length: usize, context: usize) -> (f64, Vec<String>) {
    let (strong, weak) = (of(topic, false), of(topic, true));
    let mut words: BTreeMap<&str, f64> = BTreeMap::new();
    let dilution = (FULL_LENGTH / length.max(1) as f64).clamp(0.3, 1.0);
    let add = |hits: &[(String, usize)], weight: f64| -> f64 { hits.iter().map(|(_, n)| weight * (1.0 + 0.3 * (*n as f64 - 1.0).min(4.0))).sum() };
    let sure = add(title.get(strong), IN_TITLE) + add(text.get(strong), dilution);
    let is_specific = title.get(weak).iter().chain(text.get(weak)).any(|(w, _)| !CLASSIFY.generic.contains(w));
    let has_company = sure > 0.0 || (context > 0 && is_specific);
    let unsure = if has_company { add(title.get(weak), IN_TITLE * WEAK) + add(text.get(weak), dilution * WEAK) } else { 0.0 };
    for (word, n) in title.get(strong).iter().chain(text.get(strong)) {
        *words.entry(word).or_default() += *n as f64 * 2.0;
    }
    if has_company {
        for (word, n) in title.get(weak).iter().chain(text.get(weak)) {
            *words.entry(word).or_default() += *n as f64;
        }
    }
    let mut evidence: Vec<(&str, f64)> = words.into_iter().collect();
    evidence.sort_by(|a, b| b.1.total_cmp(&a.1));
    (sure + unsure, evidence.into_iter().take(6).map(|(w, _)| w.to_owned()).collect())
}

/// Rounds to three digits.
pub(super) fn round(score: f64) -> f64 {
    (score * 1000.0).round() / 1000.0
}
