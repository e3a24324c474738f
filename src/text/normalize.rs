//! Characters: folding for comparison, cleaning for storage.

/// Returns whether a character is a Han ideograph (the blocks Chinese news uses).
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Returns whether a character is a letter or figure. Frequent Han and ASCII characters skip the Unicode tables.
pub fn is_letter(c: char) -> bool {
    match c {
        '\0'..='\u{7F}' => c.is_ascii_alphanumeric(),
        '\u{4E00}'..='\u{9FFF}' => true,
        _ => c.is_alphanumeric(),
    }
}

/// Whether a text begins with an ASCII prefix, in upper or lower case.
pub fn has_prefix_ignoring_case(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Folds one character for comparison: full-width ASCII to ASCII, upper to lower case.
pub fn fold_width_and_case(c: char) -> char {
    let c = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{A0}' => ' ',
        _ => c,
    };
    c.to_ascii_lowercase()
}

/// Returns the folded letters and figures of a text, a key for comparing titles.
pub fn normalized_key(text: &str) -> String {
    text.chars().map(fold_width_and_case).filter(|c| is_letter(*c)).collect()
}

/// Returns whether stored text must not contain a character: controls, bidi overrides, zero-width marks, non-characters.
pub fn is_noise(c: char) -> bool {
    if ('\u{3000}'..='\u{FDFF}').contains(&c) || (' '..='~').contains(&c) {
        return false;
    }
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' | '\u{AD}')
}

/// Returns the text on one line: noise removed, runs of white space folded to one blank, trimmed.
pub fn collapse_whitespace(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
        } else if !is_noise(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Returns text without the spaces between Han letters: 成都 云鹭 is 成都云鹭.
pub fn without_han_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        if !c.is_whitespace() {
            before = Some(c);
            out.push(c);
            continue;
        }
        let start = out.len();
        out.push(c);
        while let Some(space) = rest.next_if(|c| c.is_whitespace()) {
            out.push(space);
        }
        if before.is_some_and(is_han) && rest.peek().copied().is_some_and(is_han) {
            out.truncate(start);
        }
    }
    out
}

/// Returns at most `max` characters. Truncated texts end in `…`.
pub fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Returns the share of replacement characters, a measure of 乱码.
pub fn replacement_share(text: &str) -> f64 {
    let (mut bad, mut all) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        bad += usize::from(c == '\u{FFFD}');
    }
    if all == 0 { 0.0 } else { bad as f64 / all as f64 }
}

/// Words frequent in running text of one language and rare in others.
const COMMON_WORDS: [(&str, &[&str]); 4] = [
    ("en", &["the", "of", "and", "to", "in", "is", "that", "for", "was", "with", "on", "as", "are", "this", "by"]),
    ("de", &["der", "die", "und", "das", "den", "von", "ist", "mit", "für", "nicht", "ein", "eine", "auf", "dem", "zu"]),
    ("fr", &["le", "les", "des", "et", "du", "dans", "est", "une", "pour", "qui", "que", "sur", "pas", "au", "avec"]),
    ("es", &["el", "los", "del", "y", "las", "una", "por", "con", "para", "que", "se", "como", "su", "más", "es"]),
];

/// Returns the prevailing language: `zh` if at least a fifth of the letters are Han, otherwise `en`, `de`, `fr` or `es` by their
/// common words, or `None` for other languages and for texts that are too short.
pub fn language(text: &str) -> Option<&'static str> {
    let (mut han, mut others) = (0usize, 0usize);
    for c in text.chars().take(20_000) {
        if is_han(c) {
            han += 1;
        } else if c.is_alphabetic() {
            others += 1;
        }
    }
    if han > 0 && han * 5 >= han + others {
        return Some("zh");
    }
    let (mut counts, mut words) = ([0usize; COMMON_WORDS.len()], 0);
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).take(1_000) {
        words += 1;
        let word = word.to_lowercase();
        for (count, (_, common)) in counts.iter_mut().zip(COMMON_WORDS) {
            *count += usize::from(common.contains(&word.as_str()));
        }
    }
    let (count, language) = counts.iter().zip(COMMON_WORDS).map(|(n, (name, _))| (*n, name)).max_by_key(|(n, _)| *n)?;
    (count > 0 && count * 12 >= words).then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_controls_and_keep_words() {
        assert_eq!(collapse_whitespace(" 许昌\u{200b}　\n 日报\u{0b}\u{202e} "), "许昌 日报");
        assert_eq!(collapse_whitespace("\u{0}\u{1}"), "");
    }

    #[test]
    fn skeletons_ignore_width_case_and_punctuation() {
        assert_eq!(normalized_key("【ＡＢ】５G，来了！"), normalized_key("ab 5g来了"));
    }

    #[test]
    fn cutting_never_splits_a_character() {
        assert_eq!(truncate("许昌市科技局", 4), "许昌市…");
        assert_eq!(truncate("许昌", 4), "许昌");
    }

    #[test]
    fn language_needs_a_fifth_of_han() {
        assert_eq!(language("许昌发布 5G plan"), Some("zh"));
        assert_eq!(language("Only English is in here, and that of the simplest kind"), Some("en"));
        assert_eq!(language("Die Firma baut in der Stadt ein Werk für Batterien und stellt Leute ein"), Some("de"));
        assert_eq!(language("La ville ouvre un centre pour les entreprises et des laboratoires dans le parc"), Some("fr"));
        assert_eq!(language("El centro abre sus puertas para las empresas y los laboratorios del parque"), Some("es"));
        assert_eq!(language("Город открыл центр испытаний для предприятий"), None);
        assert_eq!(language("123"), None);
    }
}
