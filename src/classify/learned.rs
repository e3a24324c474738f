//! Combines the learned model's verdict with the rules' evidence.

use std::collections::BTreeMap;

use super::matcher::without_authorities;
use super::topics::{MAX_LABELS, round};
use super::{Rules, SourceHints, add_missing};
use crate::config::Taxonomy;
use crate::learn::{Model, Verdict};
use crate::model::{Classification, Label};
use crate::text::normalize::is_han;
use crate::text::segment::Segmented;

/// Bytes of the text searched for evidence: the part the model reads.
const EVIDENCE_BYTES: usize = 3 * EVIDENCE_CHARS;
const EVIDENCE_CHARS: usize = 250;
/// Most words of evidence, and most that the model adds to the rules' words.
const MAX_EVIDENCE: usize = 6;
const MAX_ADDED: usize = 3;
/// For a title without text, keep a label of the rules from this score on, or from this probability of the model on.
const SURE: f64 = 0.6;
const POSSIBLE: f32 = 0.1;
/// A word with a lower weight is no evidence.
const MIN_WORD_WEIGHT: f32 = 1.0;

/// Merges the model's verdict into the rules' result. The rules decide about industries and columns unknown to the model.
pub(super) fn judge(
    model: &Model<'_>,
    taxonomy: &Taxonomy,
    rules: Rules,
    title: &Segmented,
    text: &Segmented,
    hints: &SourceHints<'_>,
) -> Classification {
    let hint = hints.column.and_then(|h| model.columns().iter().position(|c| c == h));
    let verdict = model.judge(title.text(), text.text(), &rules.signals(model.industries(), model.columns()), hint);
    let Rules { judged: mut out, supported_by_words, has_text, by_firm, .. } = rules;
    let read: String = text.text().chars().take(EVIDENCE_CHARS).collect();
    let read = [without_authorities(title.text()), without_authorities(&read)].concat();
    let is_known = |name: &String| model.industries().contains(name);
    let mut industries: Vec<Label> = verdict
        .given
        .iter()
        .filter_map(|i| Some((*i, model.industries().get(*i)?, *verdict.industries.get(*i)?)))
        .filter(|(_, name, _)| taxonomy.industries.iter().any(|t| t.name == **name))
        .map(|(i, name, p)| {
            let said = supported_by_words.iter().find(|l| l.name == *name).map(|l| l.evidence.clone()).unwrap_or_default();
            let p = round(p.into());
            Label { name: name.clone(), score: p, evidence: evidence(model, i, said, title, text, &read), p: Some(p) }
        })
        // a label without supporting words has no explanation
        .filter(|l| !l.evidence.is_empty())
        .collect();
    let (sure, by_rules_alone): (Vec<Label>, Vec<Label>) = out.industries.drain(..).partition(|l| is_known(&l.name));
    let is_on_topic = verdict.is_on_topic || !by_rules_alone.is_empty();
    if !has_text && verdict.is_on_topic {
        // a bare title is too short for the model to overrule a certain word
        let known = model.industries().iter().zip(&verdict.industries).enumerate();
        for (_, (name, p)) in known.filter(|(i, _)| !verdict.given.contains(i)) {
            let label = sure.iter().find(|l| l.name == *name && (l.score >= SURE || *p >= POSSIBLE));
            industries.extend(label.map(|l| Label { p: Some(round(f64::from(*p))), ..l.clone() }));
        }
    }
    industries.extend(by_rules_alone);
    if is_on_topic {
        add_missing(&mut industries, &by_firm);
    }
    industries.truncate(MAX_LABELS);
    out.industries = industries;
    if !is_on_topic {
        out.themes.clear();
    }
    set_column(&mut out, model, taxonomy, &verdict, hints);
    out.is_on_topic = Some(is_on_topic);
    out.on_topic_p = Some(round(verdict.on_topic.into()));
    out.worth = Some(round(verdict.worth.into()));
    out
}

/// Sets the model's column, if the taxonomy has all columns of the model and the rules chose no column unknown to it.
fn set_column(out: &mut Classification, model: &Model<'_>, taxonomy: &Taxonomy, verdict: &Verdict, hints: &SourceHints<'_>) {
    let names = taxonomy.column_names();
    if !model.columns().iter().all(|c| names.contains(c)) || !model.columns().contains(&out.column) {
        return;
    }
    let best = model.columns().iter().zip(&verdict.columns).max_by(|a, b| a.1.total_cmp(b.1));
    let Some((column, p)) = best else { return };
    if *column != out.column {
        out.column.clone_from(column);
        out.column_reasons = if hints.column == Some(column.as_str()) { vec!["来源提示".to_owned()] } else { Vec::new() };
    }
    out.column_reasons.push(format!("模型：{:.0}%", p * 100.0));
    out.column_p = Some(round((*p).into()));
}

/// Returns the rules' words, and words from the beginning whose n-grams support the industry most. Ignores the names of authorities
/// and everything outside `read`.
fn evidence(model: &Model<'_>, industry: usize, mut said: Vec<String>, title: &Segmented, text: &Segmented, read: &str) -> Vec<String> {
    let is_word = |w: &&str| w.chars().all(|c| is_han(c) || c.is_ascii_alphabetic()) && w.chars().nth(1).is_some();
    let weigh = |w: &str| model.word_weight(industry, w) / w.chars().count() as f32;
    let words: BTreeMap<&str, f32> = title.tokens(usize::MAX).chain(text.tokens(EVIDENCE_BYTES)).filter(is_word).map(|w| (w, weigh(w))).collect();
    let mut strongest: Vec<(&str, f32)> = words.into_iter().filter(|(_, weight)| *weight >= MIN_WORD_WEIGHT).collect();
    strongest.sort_by(|a, b| b.1.total_cmp(&a.1));
    let added = strongest.into_iter().map(|(w, _)| w).filter(|w| read.contains(w) && !said.iter().any(|s| s.to_lowercase().contains(*w)));
    let added: Vec<String> = added.take(MAX_ADDED).map(str::to_owned).collect();
    said.truncate(MAX_EVIDENCE - added.len());
    said.extend(added);
    said
}
