//! Why an article matches: its words with their surroundings, and its labels.

use crate::model::{Snippet, TopicEvidence};
use crate::topics::fold::Folded;
use crate::topics::matcher::{Article, Hit, LabelKind};

/// Most reasons kept of one match.
const MAX_EVIDENCE: usize = 6;
/// Characters shown before and after a word.
const BEFORE: usize = 18;
const AFTER: usize = 30;

pub(super) fn collect(article: &Article<'_>, words: impl Iterator<Item = (bool, Hit)>, labels: &[(LabelKind, &str)]) -> Vec<TopicEvidence> {
    let words = words.filter_map(|(title_only, hit)| match hit {
        Hit { title: Some(range), .. } => Some(TopicEvidence::Title(snippet(article.title.0, &article.title.1, range))),
        Hit { text: Some(range), .. } if !title_only => Some(TopicEvidence::Text(snippet(article.text.0, &article.text.1, range))),
        Hit { .. } => None,
    });
    let labels = labels.iter().map(|(kind, name)| {
        let name = (*name).to_owned();
        match kind {
            LabelKind::Industry => TopicEvidence::Industry { name },
            LabelKind::Place => TopicEvidence::Place { name },
            LabelKind::Organisation => TopicEvidence::Organisation { name },
        }
    });
    words.chain(labels).take(MAX_EVIDENCE).collect()
}

/// Cuts a word with its surroundings out of its paragraph.
fn snippet(original: &str, folded: &Folded, (start, end): (usize, usize)) -> Snippet {
    let (start, end) = folded.original_range(original, start, end);
    let (before, after) = (original.get(..start).unwrap_or_default(), original.get(end..).unwrap_or_default());
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.split('\n').next().unwrap_or_default();
    let from = before.char_indices().rev().nth(BEFORE - 1).map_or(0, |(i, _)| i);
    let to = after.char_indices().nth(AFTER).map_or(after.len(), |(i, _)| i);
    let mark = |is_cut: bool| if is_cut { "…" } else { "" };
    Snippet {
        before: format!("{}{}", mark(from > 0), before.get(from..).unwrap_or_default()),
        hit: original.get(start..end).unwrap_or_default().to_owned(),
        after: format!("{}{}", after.get(..to).unwrap_or_default(), mark(to < after.len())),
    }
}
