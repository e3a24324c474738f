//! Cuts an expression into words, prefixes, brackets and alternatives.

use crate::topics::expression::ExpressionError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word(String),
    Must,
    Not,
    /// `标题:`
    Title,
    Or,
    Open,
    Close,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Its first character, counted from 1.
    pub(super) at: usize,
    pub(super) kind: TokenKind,
}

/// What stands between words: blanks, and the marks of a list.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || "、，,；;".contains(c)
}

fn operator(c: char) -> Option<TokenKind> {
    match c {
        '(' | '（' => Some(TokenKind::Open),
        ')' | '）' => Some(TokenKind::Close),
        '|' | '｜' => Some(TokenKind::Or),
        _ => None,
    }
}

/// Returns the mark that closes a quotation.
fn closing_quote(c: char) -> Option<&'static str> {
    match c {
        // an input method may give one of the marks twice
        '"' | '＂' | '“' | '”' => Some("\"＂“”"),
        '「' => Some("」"),
        _ => None,
    }
}

/// Returns the operator that a character is at the start of a word. Inside a word it is a letter: `C++`, `AI-PC`.
fn prefix(c: char) -> Option<TokenKind> {
    match c {
        '+' | '＋' => Some(TokenKind::Must),
        '-' | '－' | '−' => Some(TokenKind::Not),
        _ => None,
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let chars: Vec<char> = text.chars().collect();
    let get = |i: usize| chars.get(i).copied();
    let ends_word = |i: usize| get(i).is_none_or(|c| is_separator(c) || operator(c).is_some() || closing_quote(c).is_some());
    let (mut out, mut i) = (Vec::new(), 0);
    while let Some(c) = get(i) {
        let at = i + 1;
        if is_separator(c) {
            i += 1;
        } else if let Some(kind) = operator(c) {
            out.push(Token { at, kind });
            i += 1;
        } else if let Some(marks) = closing_quote(c) {
            let rest = chars.get(at..).unwrap_or_default();
            let length = rest.iter().position(|c| marks.contains(*c)).ok_or(ExpressionError::UnclosedQuote(at))?;
            out.push(Token { at, kind: TokenKind::Word(rest.iter().take(length).collect()) });
            i = at + length + 1;
        } else if let Some(kind) = prefix(c) {
            if get(i + 1).is_none_or(is_separator) {
                return Err(ExpressionError::NothingAfter(at));
            }
            out.push(Token { at, kind });
            i += 1;
        } else if (c, get(i + 1)) == ('标', Some('题')) && matches!(get(i + 2), Some(':' | '：')) {
            if get(i + 3).is_none_or(is_separator) {
                return Err(ExpressionError::NothingAfter(at));
            }
            out.push(Token { at, kind: TokenKind::Title });
            i += 3;
        } else {
            let start = i;
            while !ends_word(i) {
                i += 1;
            }
            let word: String = chars.get(start..i).unwrap_or_default().iter().collect();
            let kind = match word.as_str() {
                "或" | "OR" => TokenKind::Or,
                "NOT" => TokenKind::Not,
                "AND" => return Err(ExpressionError::And(at)),
                _ => TokenKind::Word(word),
            };
            out.push(Token { at, kind });
        }
    }
    Ok(out)
}
