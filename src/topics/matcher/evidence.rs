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

/// Cuts a word with its surroundings out of its paragraph. Reads no further than it shows: many topics may match one long text.
fn snippet(original: &str, folded: &Folded, (start, end): (usize, usize)) -> Snippet {
    let (start, end) = folded.original_range(original, start, end);
    snippet_of(original, start, end)
}

/// Cuts a range of a text with its surroundings out of its paragraph.
pub(crate) fn snippet_of(original: &str, start: usize, end: usize) -> Snippet {
    let (before, after) = (original.get(..start).unwrap_or_default(), original.get(end..).unwrap_or_default());
    let in_paragraph = |c: &char| *c != '\n';
    let width_before: usize = before.chars().rev().take_while(in_paragraph).take(BEFORE).map(char::len_utf8).sum();
    let width_after: usize = after.chars().take_while(in_paragraph).take(AFTER).map(char::len_utf8).sum();
    let (hidden, shown) = before.split_at_checked(before.len() - width_before).unwrap_or_default();
    let (following, rest) = after.split_at_checked(width_after).unwrap_or_default();
    let mark = |neighbour: Option<char>| if neighbour.is_some_and(|c| in_paragraph(&c)) { "…" } else { "" };
    Snippet {
        before: [mark(hidden.chars().next_back()), shown].concat(),
        hit: original.get(start..end).unwrap_or_default().to_owned(),
        after: [following, mark(rest.chars().next())].concat(),
    }
}
