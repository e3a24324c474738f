//! Words and sentences of Chinese text.

use std::sync::LazyLock;

use jieba_rs::Jieba;

use super::chars::{fold, is_han};

/// The dictionary holds about 38 MB; one for the whole process, loaded at first use.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Words of a text in order, each with its byte range. Hidden-Markov guessing is off: unknown words stay single
/// characters, which keeps word borders conservative and the cost linear.
pub fn cut(text: &str) -> Vec<&str> {
    JIEBA.cut(text, false).into_iter().map(|t| t.word).collect()
}

/// Words with guessing of unknown words on: for keywords, where new names matter.
pub fn cut_guessing(text: &str) -> Vec<&str> {
    JIEBA.cut(text, true).into_iter().map(|t| t.word).collect()
}

/// Words for the full-text index: long words also as their parts, folded, joined by blanks.
pub fn index_form(text: &str) -> String {
    let folded: String = text.chars().map(fold).collect();
    let mut out = String::with_capacity(folded.len() * 2);
    for token in JIEBA.cut_for_search(&folded, false) {
        if token.word.chars().any(char::is_alphanumeric) {
            out.push_str(token.word);
            out.push(' ');
        }
    }
    out
}

/// Sentences of one paragraph: cut after 。！？； and after `. ` in Latin text; closing quotes stay with their sentence.
pub fn sentences(paragraph: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = paragraph.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let mut end = i + c.len_utf8();
        let next = chars.peek().map(|(_, n)| *n);
        let ends = matches!(c, '。' | '！' | '？' | '!' | '?' | '…') && next != Some('…') || c == '.' && next.is_none_or(char::is_whitespace);
        if !ends {
            continue;
        }
        while let Some((j, n)) = chars.peek().copied() {
            if !matches!(n, '”' | '’' | '」' | '』' | '）' | ')' | '"' | '！' | '？') {
                break;
            }
            end = j + n.len_utf8();
            chars.next();
        }
        push_trimmed(&mut out, &paragraph[start..end]);
        start = end;
    }
    push_trimmed(&mut out, &paragraph[start..]);
    out
}

fn push_trimmed<'a>(out: &mut Vec<&'a str>, sentence: &'a str) {
    let sentence = sentence.trim();
    if sentence.chars().any(|c| c.is_alphanumeric() || is_han(c)) {
        out.push(sentence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_dictionary() {
        assert_eq!(cut("发展新能源汽车产业"), ["发展", "新能源", "汽车产业"].iter().flat_map(|w| cut(w)).collect::<Vec<_>>());
    }

    #[test]
    fn the_index_holds_short_words_inside_long_ones() {
        let form = index_form("中华人民共和国许昌市");
        assert!(form.contains("人民 ") && form.contains("许昌"), "{form}");
    }

    #[test]
    fn sentences_keep_their_closing_quotes() {
        assert_eq!(sentences("他说：“好。”随后离开！真的？"), ["他说：“好。”", "随后离开！", "真的？"]);
        assert_eq!(sentences("GDP rose 5.2% this year. Exports fell."), ["GDP rose 5.2% this year.", "Exports fell."]);
        assert!(sentences("……").is_empty());
    }
}
