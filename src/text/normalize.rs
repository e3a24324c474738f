//! Characters: folding for comparison, cleaning for storage.

/// Whether a character is a Han ideograph (the blocks Chinese news uses).
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Whether a character is a letter or figure; the usual Han and ASCII need no look into Unicode's tables.
pub fn is_letter(c: char) -> bool {
    match c {
        '\0'..='\u{7F}' => c.is_ascii_alphanumeric(),
        '\u{4E00}'..='\u{9FFF}' => true,
        _ => c.is_alphanumeric(),
    }
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

/// The letters and figures of a text, folded: what two titles are compared by.
pub fn normalized_key(text: &str) -> String {
    text.chars().map(fold_width_and_case).filter(|c| is_letter(*c)).collect()
}

/// Characters that have no place in stored text: controls, bidi overrides, zero-width marks, non-characters.
pub fn is_noise(c: char) -> bool {
    if ('\u{3000}'..='\u{FDFF}').contains(&c) || (' '..='~').contains(&c) {
        return false;
    }
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' | '\u{AD}')
}

/// One line: noise removed, runs of white space folded to one blank, trimmed.
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

/// At most `max` characters; cut texts end in `…`.
pub fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Share of characters that are the replacement character: how far a text is 乱码.
pub fn replacement_share(text: &str) -> f64 {
    let (mut bad, mut all) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        bad += usize::from(c == '\u{FFFD}');
    }
    if all == 0 { 0.0 } else { bad as f64 / all as f64 }
}

/// The prevailing language: `zh` from a fifth of the letters Han upwards, else `en` where Latin letters prevail.
pub fn language(text: &str) -> Option<&'static str> {
    let (mut han, mut latin) = (0usize, 0usize);
    for c in text.chars().take(20_000) {
        if is_han(c) {
            han += 1;
        } else if c.is_ascii_alphabetic() {
            latin += 1;
        }
    }
    match (han, latin) {
        (0, 0) => None,
        (h, l) if h * 5 >= h + l => Some("zh"),
        _ => Some("en"),
    }
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
        assert_eq!(language("Only English here"), Some("en"));
        assert_eq!(language("123"), None);
    }
}
