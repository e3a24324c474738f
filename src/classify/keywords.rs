//! Keywords of an article: the phrases that an editor would most probably choose.
//!
//! Candidates are words and runs of neighbouring words (`phrases.rs`). A logistic model rates each by position, frequency,
//! its words, and whether a longer phrase contains it. The weights are in `src/data/models/keywords.json`, made by
//! `qingbao learn keywords`.

use std::sync::LazyLock;

use crate::classify::phrases::Phrases;
use crate::learn::Logistic;
use crate::text::segment::Segmented;

const MAX_KEYWORDS: usize = 6;
/// Fewest keywords, unless the candidates are improbable.
const MIN_KEYWORDS: usize = 2;
/// A phrase with this probability is a keyword.
const PROBABLE: f32 = 0.4;
/// A phrase below this is no keyword, even if there are too few.
const IMPROBABLE: f32 = 0.15;

static MODEL: LazyLock<Option<Logistic>> = LazyLock::new(|| serde_json::from_str(include_str!("../data/models/keywords.json")).ok());

/// Returns the phrases of an article with their features, the model's training input.
pub fn candidates(title: &str, text: &str) -> Vec<(String, Vec<f32>)> {
    let (title, text) = (Segmented::new(title), Segmented::new(text));
    Phrases::of(&title, &text).features().into_iter().map(|(phrase, features)| (phrase.to_owned(), features)).collect()
}

/// Returns the keywords that a model chooses, best first.
pub fn choose<'a>(model: &Logistic, candidates: impl Iterator<Item = (&'a str, &'a [f32])>) -> Vec<String> {
    let mut rated: Vec<(&str, f32)> = candidates.map(|(phrase, features)| (phrase, model.probability(features))).collect();
    rated.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut out: Vec<String> = Vec::new();
    for (phrase, p) in rated {
        let enough = out.len() >= if p >= PROBABLE { MAX_KEYWORDS } else { MIN_KEYWORDS };
        if enough || p < IMPROBABLE {
            break;
        }
        if !out.iter().any(|o| o.contains(phrase) || phrase.contains(o.as_str())) {
            out.push(phrase.to_owned());
        }
    }
    out
}

pub(super) fn extract(title: &Segmented, text: &Segmented) -> Vec<String> {
    let features = Phrases::of(title, text).features();
    MODEL.as_ref().map(|m| choose(m, features.iter().map(|(phrase, f)| (*phrase, f.as_slice())))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(title: &str, text: &str) -> Vec<String> {
        extract(&Segmented::new(title), &Segmented::new(text))
    }

    #[test]
    fn compounds_stand_for_their_pieces_and_reporters_words_never_come() {
        let k = keywords(
            "集成电路企业落户示例市 营商环境获好评",
            "记者近日获悉，一家集成电路企业落户示例市。企业负责人说，这里的营商环境好，集成电路产业链也在这里。去年集成电路产量同比增长一成。",
        );
        assert!(k.iter().any(|w| w.contains("集成电路")), "{k:?}");
        assert!(["记者", "近日", "同比", "增长"].iter().all(|w| !k.contains(&(*w).to_owned())), "{k:?}");
    }

    #[test]
    fn an_empty_article_has_none() {
        assert!(keywords("", "").is_empty() && keywords("2026", "a b c").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(title in "\\PC{0,20}", text in "\\PC{0,60}") {
            let _ = keywords(&title, &text);
        }
    }
}
