//! Segments Chinese text into words and sentences.

use std::ops::Range;
use std::sync::LazyLock;

use jieba_rs::Jieba;

use crate::text::normalize::{fold_width_and_case, is_han, is_letter};

/// The dictionary takes about 38 MB, so the process shares one, loaded at first use.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Returns the words of a text in order. Hidden-Markov guessing is off: unknown words stay single characters, which keeps word
/// borders conservative and the cost linear.
pub fn segment(text: &str) -> Vec<&str> {
    JIEBA.cut(text, false).into_iter().map(|t| t.word).collect()
}

/// Returns the dictionary's tag of a word (n, v, ns …), or `None` if the word is missing.
pub fn part_of_speech(word: &str) -> Option<&str> {
    match JIEBA.tag(word, false).as_slice() {
        [whole] if whole.tag != "x" => Some(whole.tag),
        _ => None,
    }
}

/// A folded text, segmented once for all users: the full-text index, the borders of terms, the keywords.
#[derive(Debug, Default)]
pub struct Segmented {
    text: String,
    /// Byte ranges of the words that make up the text, in order.
    tokens: Vec<Range<usize>>,
    /// The same, plus the shorter words inside longer ones, for the index.
    search: Vec<Range<usize>>,
}

impl Segmented {
    /// Folds and segments a text.
    pub fn new(text: &str) -> Self {
        let text: String = text.chars().map(fold_width_and_case).collect();
        let search: Vec<Range<usize>> = JIEBA.cut_for_search(&text, false).into_iter().map(|t| t.byte_start..t.byte_end).collect();
        // shorter words precede the word that contains them; walking backwards, a word that ends before the last one begins is whole
        let mut begin = usize::MAX;
        let mut whole: Vec<Range<usize>> = search
            .iter()
            .rev()
            .filter(|w| {
                w.end <= begin && {
                    begin = w.start;
                    true
                }
            })
            .cloned()
            .collect();
        whole.reverse();
        Self { text, tokens: whole, search }
    }

    /// Returns the folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the words of the first `bytes`, in order.
    pub fn tokens(&self, bytes: usize) -> impl Iterator<Item = &str> + '_ {
        self.tokens.iter().take_while(move |w| w.end <= bytes).filter_map(|w| self.text.get(w.clone()))
    }

    /// Returns the ends of words, in bytes of the folded text.
    pub fn ends(&self) -> impl Iterator<Item = usize> + '_ {
        self.tokens.iter().map(|w| w.end)
    }

    /// Returns the words for the full-text index, separated by blanks, including the parts of long words.
    pub fn fts_tokens(&self) -> String {
        let mut out = String::with_capacity(self.text.len() * 2);
        for word in self.search.iter().filter_map(|w| self.text.get(w.clone())).filter(|w| w.chars().any(is_letter)) {
            out.push_str(word);
            out.push(' ');
        }
        out
    }

    /// Returns the words of the first `bytes`, with unknown words guessed from runs of single Han characters: keywords need new
    /// names.
    pub fn with_hmm(&self, bytes: usize) -> Vec<&str> {
        let mut out = Vec::new();
        let mut run = 0..0;
        for word in self.tokens.iter().take_while(|w| w.end <= bytes) {
            if self.text.get(word.clone()).is_some_and(|w| w.chars().nth(1).is_none() && w.chars().all(is_han)) {
                run = if run.end == word.start { run.start..word.end } else { self.guess(&run, &mut out, word.clone()) };
            } else {
                run = self.guess(&run, &mut out, word.end..word.end);
                out.extend(self.text.get(word.clone()));
            }
        }
        self.guess(&run, &mut out, 0..0);
        out
    }

    /// Guesses the words of a run and returns the next run.
    fn guess<'a>(&'a self, run: &Range<usize>, out: &mut Vec<&'a str>, next: Range<usize>) -> Range<usize> {
        if let Some(run) = self.text.get(run.clone()).filter(|r| !r.is_empty()) {
            out.extend(JIEBA.cut(run, true).into_iter().map(|t| t.word));
        }
        next
    }
}

/// Returns the sentences of a paragraph, cut after 。！？； and after `. ` in Latin text. Closing quotes stay with their sentence.
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
    if sentence.chars().any(is_letter) {
        out.push(sentence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_dictionary() {
        assert_eq!(segment("发展新能源汽车产业"), ["发展", "新能源", "汽车产业"].iter().flat_map(|w| segment(w)).collect::<Vec<_>>());
    }

    #[test]
    fn the_index_holds_short_words_inside_long_ones() {
        let form = Segmented::new("中华人民共和国许昌市").fts_tokens();
        assert!(form.contains("人民 ") && form.contains("许昌"), "{form}");
    }

    #[test]
    fn one_cut_gives_what_cutting_anew_gives() {
        for text in ["许昌假发企业张晓明说，发展新能源汽车产业ＷＥＳ！", "", "云鹭科技 在长葛建厂\n2026年 A股", "中华人民共和国工业和信息化部"]
        {
            let words = Segmented::new(text);
            assert_eq!(words.tokens.iter().map(|w| &words.text[w.clone()]).collect::<Vec<_>>(), segment(words.text()), "{text}");
            let guessed: Vec<&str> = JIEBA.cut(words.text(), true).into_iter().map(|t| t.word).collect();
            assert_eq!(words.with_hmm(usize::MAX), guessed, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn words_make_up_the_text(text in "[许昌市发展新能源 a-c0-9。\n]{0,40}") {
            let words = Segmented::new(&text);
            proptest::prop_assert_eq!(words.tokens.iter().map(|w| &words.text[w.clone()]).collect::<String>(), words.text());
            proptest::prop_assert_eq!(words.with_hmm(usize::MAX).concat(), words.text());
        }
    }

    #[test]
    fn sentences_keep_their_closing_quotes() {
        assert_eq!(sentences("他说：“好。”随后离开！真的？"), ["他说：“好。”", "随后离开！", "真的？"]);
        assert_eq!(sentences("GDP rose 5.2% this year. Exports fell."), ["GDP rose 5.2% this year.", "Exports fell."]);
        assert!(sentences("……").is_empty());
    }
}
