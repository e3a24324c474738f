//! Reads scripts as data: the markup and values that a page passes to the browser.
//!
//! No script runs. A script is split into tokens once; from these come strings, assignments of strings, calls of
//! `document.write`, and literals of arrays and objects.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

/// Most literals of one page that are parsed, and most tokens of one script.
const MAX_LITERALS: usize = 64;
const MAX_TOKENS: usize = 2_000_000;
/// Longest list of `name[0] = …` assignments.
const MAX_INDEX: usize = 2_000;

/// A token of a script.
#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    /// A name, a number or a keyword.
    Word(&'a str),
    /// An unescaped string.
    Text(String),
    /// Any other character.
    Sign(char),
}

/// Splits a script into tokens, without comments.
fn tokens(script: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = script;
    // per quote character, the remaining length at which a string did not end: earlier strings with that quote do not end either
    let mut endless: [(char, usize); 3] = [('"', usize::MAX), ('\'', usize::MAX), ('`', usize::MAX)];
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            if let Some(comment) = rest.strip_prefix("//") {
                rest = comment.find('\n').and_then(|n| comment.get(n..)).unwrap_or_default();
                continue;
            }
            if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.find("*/").and_then(|n| comment.get(n + 2..)).unwrap_or_default();
                continue;
            }
            let behind = rest.get(first.len_utf8()..).unwrap_or_default();
            if let Some((_, left)) = endless.iter_mut().find(|(quote, left)| *quote == first && behind.len() < *left) {
                match string(behind, first) {
                    Ok((text, end)) => {
                        rest = behind.get(end..).unwrap_or_default();
                        return Some(Token::Text(text));
                    }
                    Err(end) => *left = behind.len() - end,
                }
            }
            let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
            // numbers include their point and sign
            let in_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+');
            let number = first.is_ascii_digit() || first == '-' && behind.starts_with(|c: char| c.is_ascii_digit());
            let length = match first {
                _ if number => first.len_utf8() + behind.find(|c| !in_number(c)).unwrap_or(behind.len()),
                c if in_word(c) => rest.find(|c| !in_word(c)).unwrap_or(rest.len()),
                _ => 0,
            };
            if length > 0 {
                let word = rest.get(..length).unwrap_or_default();
                rest = rest.get(length..).unwrap_or_default();
                return Some(Token::Word(word));
            }
            rest = behind;
            return Some(Token::Sign(first));
        }
    })
}

/// Returns the string at the start of a text, and the position after its closing quote.
///
/// # Errors
/// The string does not end. Returns the position where the line ends (it was no string), or the end of the text.
fn string(text: &str, quote: char) -> Result<(String, usize), usize> {
    let mut out = String::new();
    let mut at = 0;
    let next = |at: usize| text.get(at..).and_then(|t| t.chars().next());
    loop {
        let Some(c) = next(at) else { return Err(at) };
        at += c.len_utf8();
        match c {
            _ if c == quote => return Ok((out, at)),
            '\n' if quote != '`' => return Err(at),
            '\\' => {
                let Some(escaped) = next(at) else { return Err(at) };
                at += escaped.len_utf8();
                let digits = match escaped {
                    'u' => 4,
                    'x' => 2,
                    _ => 0,
                };
                let number = text.get(at..at + digits).filter(|d| !d.is_empty()).and_then(|d| u32::from_str_radix(d, 16).ok());
                match (escaped, number) {
                    (_, Some(number)) => {
                        out.extend(char::from_u32(number));
                        at += digits;
                    }
                    ('n' | 'r' | 't', _) => out.push(' '),
                    ('\n', _) => {}
                    _ => out.push(escaped),
                }
            }
            _ => out.push(c),
        }
    }
}

/// Returns the first string of a script that contains a mark.
pub(super) fn string_with(script: &str, mark: &str) -> Option<String> {
    tokens(script).take(MAX_TOKENS).find_map(|t| if let Token::Text(text) = t { Some(text).filter(|t| t.contains(mark)) } else { None })
}

/// Data from the scripts of one page.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    /// The last string assigned to each name.
    strings: HashMap<String, String>,
    /// Literals of arrays and objects.
    pub(super) values: Vec<Value>,
    tried: usize,
}

impl Scripts {
    /// Reads a script. Returns the markup that it writes with `document.write`, or the strings that contain links.
    pub(super) fn take(&mut self, script: &str) -> String {
        // most scripts of a page are libraries without data
        let wanted = ["document.write", "</a>", "<\\/a>", "\\u003c/a", "[", "({", "= {", "={"].iter().any(|w| script.contains(w));
        if !wanted {
            return String::new();
        }
        let tokens: Vec<Token<'_>> = tokens(script).take(MAX_TOKENS).collect();
        let written = self.written(&tokens);
        self.literals(&tokens);
        self.values.extend(columns(&tokens));
        if !written.is_empty() {
            return written;
        }
        let linked = |t: &&Token<'_>| matches!(t, Token::Text(s) if s.contains("href") && s.contains("</a>"));
        tokens.iter().filter(linked).map(|t| if let Token::Text(s) = t { s.as_str() } else { "" }).collect::<Vec<_>>().join("\n")
    }

    /// Returns the output of `document.write("…" + name + "…")`, with names replaced by the strings assigned before.
    fn written(&mut self, tokens: &[Token<'_>]) -> String {
        let mut out = String::new();
        let mut at = 0;
        while let Some(rest) = tokens.get(at..).filter(|r| !r.is_empty()) {
            match rest {
                [Token::Word(name), Token::Sign('='), Token::Text(value), ..] => {
                    self.strings.insert((*name).to_owned(), value.clone());
                    at += 3;
                }
                [Token::Word("document"), Token::Sign('.'), Token::Word("write" | "writeln"), Token::Sign('('), call @ ..] => {
                    let mut depth = 1usize;
                    let mut length = 0;
                    for token in call {
                        length += 1;
                        match token {
                            Token::Sign('(') => depth += 1,
                            Token::Sign(')') => depth -= 1,
                            Token::Text(text) if depth == 1 => out.push_str(text),
                            Token::Word(name) if depth == 1 => out.push_str(self.strings.get(*name).map_or("", String::as_str)),
                            _ => {}
                        }
                        if depth == 0 {
                            break;
                        }
                    }
                    at += 4 + length;
                }
                _ => at += 1,
            }
        }
        if out.contains("href") { out } else { String::new() }
    }

    /// Collects array and object literals that are assigned or passed to a function, outermost first. Objects of one call, or pushed one by
    /// one to a name, form one array. Strings with JSON (`JSON.parse("…")`) count as their content.
    fn literals(&mut self, tokens: &[Token<'_>]) {
        let mut pushed: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        // end of the last object, and the name it belongs to
        let mut last = (usize::MAX, "");
        let mut at = 0;
        while at + 1 < tokens.len() && self.tried < MAX_LITERALS {
            if let Some(Token::Text(text)) = tokens.get(at)
                && text.len() > 20
                && text.trim_start().starts_with(['{', '['])
            {
                self.values.extend(serde_json::from_str::<Value>(text));
            }
            let begins = matches!(tokens.get(at), Some(Token::Sign('=' | '(' | ':' | ',') | Token::Word("return")));
            // an array of objects, or an object that may contain one
            let literal = tokens.get(at + 1..).filter(|t| begins && matches!(t, [Token::Sign('['), Token::Sign('{'), ..] | [Token::Sign('{'), ..]));
            if let Some(literal) = literal {
                let owner = match tokens.get(..at).unwrap_or_default() {
                    [.., Token::Word(name), Token::Sign('.'), Token::Word("push" | "unshift")] => name,
                    [.., Token::Word(name), Token::Sign('['), Token::Word(_), Token::Sign(']')] => name,
                    [.., Token::Word(name)] => name,
                    _ if last.0 == at => last.1,
                    _ => "",
                };
                match json(literal) {
                    Some((value @ Value::Object(_), length)) if !owner.is_empty() => {
                        pushed.entry(owner).or_default().push(value);
                        at += length;
                        last = (at + 1, owner);
                    }
                    Some((value, length)) => {
                        self.tried += 1;
                        self.values.push(value);
                        at += length;
                    }
                    None => self.tried += 1,
                }
            }
            at += 1;
        }
        for mut objects in pushed.into_values() {
            self.values.extend(if objects.len() == 1 { objects.pop() } else { Some(Value::Array(objects)) });
        }
    }
}

/// Returns a literal as JSON and the number of its tokens. Any other expression (`f(x)`, `!1`, `base + "x"`) becomes null. Returns `None` if
/// this is a block instead of a literal.
fn json(tokens: &[Token<'_>]) -> Option<(Value, usize)> {
    const MAX_DEPTH: usize = 100;
    let mut text = String::new();
    let mut open: Vec<char> = Vec::new();
    // start of the current value, and depth in brackets of code
    let (mut start, mut code) = (0, None::<usize>);
    for (n, token) in tokens.iter().enumerate() {
        if let Some(depth) = code {
            code = match token {
                Token::Sign('(' | '[' | '{') => Some(depth + 1),
                Token::Sign(')' | ']' | '}') if depth > 0 => Some(depth - 1),
                Token::Sign(',' | ']' | '}') if depth == 0 => None,
                _ => Some(depth),
            };
            if code.is_some() {
                continue;
            }
        }
        match token {
            Token::Sign(c @ ('[' | '{')) if text.is_empty() || text.ends_with(['[', '{', ',', ':']) => {
                open.push(*c);
                text.push(*c);
                start = text.len();
            }
            Token::Sign(c @ (']' | '}')) => {
                open.pop()?;
                // a trailing comma is allowed
                text.truncate(text.trim_end_matches(',').len());
                text.push(*c);
            }
            Token::Sign(c @ (',' | ':')) => {
                text.push(*c);
                start = text.len();
            }
            Token::Text(value) if text.len() == start => text.push_str(&Value::String(value.clone()).to_string()),
            Token::Word(word) if text.len() == start => {
                let key = matches!(tokens.get(n + 1), Some(Token::Sign(':'))) && open.last() == Some(&'{') && !text.ends_with(':');
                let number = word.parse::<f64>().is_ok() && !word.contains(['x', 'X']);
                if key {
                    text.push_str(&Value::String((*word).to_owned()).to_string());
                } else if number || matches!(*word, "true" | "false" | "null") {
                    text.push_str(word);
                } else if text.ends_with(':') || open.last() == Some(&'[') {
                    text.push_str("null");
                    code = Some(0);
                } else {
                    return None;
                }
            }
            // code instead of a value, or behind one
            _ if !text.is_empty() && (text.get(..start).is_some_and(|t| t.ends_with(':')) || open.last() == Some(&'[')) => {
                text.truncate(start);
                text.push_str("null");
                code = Some(usize::from(matches!(token, Token::Sign('(' | '[' | '{'))));
            }
            _ => return None,
        }
        if open.len() > MAX_DEPTH {
            return None;
        }
        if open.is_empty() {
            return Some((serde_json::from_str(&text).ok()?, n + 1));
        }
    }
    None
}

/// Reads rows written as `urls[0] = "…"; titles[0] = "…";` into one array of objects.
fn columns(tokens: &[Token<'_>]) -> Option<Value> {
    let mut rows: BTreeMap<usize, Map<String, Value>> = BTreeMap::new();
    for window in tokens.windows(6) {
        if let [Token::Word(name), Token::Sign('['), Token::Word(index), Token::Sign(']'), Token::Sign('='), Token::Text(value)] = window
            && let Some(index) = index.parse::<usize>().ok().filter(|n| *n < MAX_INDEX)
        {
            rows.entry(index).or_default().insert((*name).to_owned(), Value::String(value.clone()));
        }
    }
    (rows.len() > 1).then(|| rows.into_values().map(Value::Object).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(script: &str) -> (String, Vec<String>) {
        let mut scripts = Scripts::default();
        let markup = scripts.take(script);
        (markup, scripts.values.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_a_script_writes_is_joined() {
        let link = "<li><a href=\"1.html\">题</a></li>";
        for script in [
            r#"document.write('<li><a href="1.html">题</a></li>');"#,
            r#"document.writeln("<li><a href=\"1.html\">" + "题<\/a></li>");"#,
            r#"var t = '题', u = "1.html"; document.write('<li><a href="' + u + '">' + t + '</a></li>')"#,
            r#"// it's a list
               list.innerHTML = "\u003cli><a href=\"1.html\">\u9898</a></li>";"#,
            "rows.push(`<li><a href=\"1.html\">题</a></li>`)",
        ] {
            assert_eq!(take(script).0, link, "{script}");
        }
        assert_eq!(take("document.write('<b>' + now() + '</b>')").0, "");
        assert_eq!(take("var s = '</a>").0, "", "a string that never ends");
    }

    #[test]
    fn literals_are_read_as_values() {
        let row = r#"[{"title":"题","url":"1.html"}]"#;
        for script in [
            r#"var list = [{"title": "题", "url": "1.html"}];"#,
            "show([{title: '题', url: '1.html',},]);",
            "var a = function(x) { return x > 1 }; var list=[{'title':'题','url':'1.html'}]",
        ] {
            assert_eq!(take(script).1, [row], "{script}");
        }
        assert_eq!(
            take("window.__STATE__ = {a: {list: [{n: -1.5, ok: true, none: undefined}]}};").1,
            [r#"{"a":{"list":[{"n":-1.5,"none":null,"ok":true}]}}"#]
        );
        assert_eq!(take("new Vue({el: '#a', data: {rows: [{t: '题'}]}, mounted() { go() }})").1, [r#"{"rows":[{"t":"题"}]}"#]);
        assert_eq!(take("u[0]='1.html';t[0]=\"题\";u[1]='2.html';t[1]='目'").1, [r#"[{"t":"题","u":"1.html"},{"t":"目","u":"2.html"}]"#]);
        for (script, expected) in [
            ("var a = [{b: c(1, [2]), d: !1, e: 'x' + y, f: '题'}];", r#"[{"b":null,"d":null,"e":null,"f":"题"}]"#),
            ("var a = JSON.parse('[{\"title\":\"\\u9898\",\"url\":\"1.html\"}]');", r#"[{"title":"题","url":"1.html"}]"#),
            ("a.push({t: '题'}); a.push({t: '目'});", r#"[{"t":"题"},{"t":"目"}]"#),
            ("a[0] = {t: '题'}; a[1] = {t: '目'};", r#"[{"t":"题"},{"t":"目"}]"#),
            ("var a = new Array({t: '题'}, {t: '目'});", r#"[{"t":"题"},{"t":"目"}]"#),
        ] {
            assert_eq!(take(script).1, [expected], "{script}");
        }
        assert!(take("if (a[0]) { x = {; }").1.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_script_makes_it_panic(script in "(document\\.write\\(|var |[a-c]|\\[0\\]|=|'|\"|\\\\u?|[\\[{(:,)}\\]]|<a href=x>|</a>|中|\n){0,60}") {
            let _ = take(&script);
        }
    }
}
