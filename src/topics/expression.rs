//! An editor's expression → a formula over words.
//!
//! `固态电池 锂电池` one of the words; `+成都` must, `-招聘` must not; `"solid state"` an exact phrase; `|` or `或` between
//! alternatives; brackets; `标题:投产` and `标题:(开工 投产)` in the title only. `OR` and `NOT` are `|` and `-`; `AND` is refused. In each sequence every `+` part must match, no `-` part may, and, if it has
//! plain words, one of them must.

mod tokens;

use tokens::{Token, TokenKind, tokens};

use crate::topics::fold::fold;

/// Longest expression and word, in characters.
pub const MAX_CHARS: usize = 1_000;
const MAX_WORD_CHARS: usize = 50;
/// Most words, and deepest brackets.
const MAX_WORDS: usize = 100;
const MAX_DEPTH: usize = 8;

/// What is wrong with an expression, and where: the character, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum ExpressionError {
    #[error("the expression has more than {MAX_CHARS} characters")]
    TooLong,
    #[error("character {0}: more than {MAX_WORDS} words")]
    TooManyWords(usize),
    #[error("character {0}: the word has more than {MAX_WORD_CHARS} characters")]
    WordTooLong(usize),
    #[error("character {0}: the word has no letter or figure")]
    NoLetter(usize),
    #[error("character {0}: more than {MAX_DEPTH} brackets inside each other")]
    TooDeep(usize),
    #[error("character {0}: the bracket is not closed")]
    Unclosed(usize),
    #[error("character {0}: there is no bracket to close")]
    Unopened(usize),
    #[error("character {0}: the quotation mark is not closed")]
    UnclosedQuote(usize),
    #[error("character {0}: nothing to choose from on one side")]
    EmptySide(usize),
    #[error("character {0}: a word must follow at once")]
    NothingAfter(usize),
    #[error("character {0}: AND is no operator; put + before each word that must occur")]
    And(usize),
}

impl ExpressionError {
    /// Returns the message for the console.
    pub fn chinese(&self) -> String {
        match self {
            Self::TooLong => format!("表达式最多 {MAX_CHARS} 个字"),
            Self::TooManyWords(at) => format!("第 {at} 个字处：词太多，最多 {MAX_WORDS} 个"),
            Self::WordTooLong(at) => format!("第 {at} 个字处：这个词太长，最多 {MAX_WORD_CHARS} 个字；词之间要用空格隔开"),
            Self::NoLetter(at) => format!("第 {at} 个字处：这里没有文字，只有标点"),
            Self::TooDeep(at) => format!("第 {at} 个字处：括号套得太深，最多 {MAX_DEPTH} 层"),
            Self::Unclosed(at) => format!("第 {at} 个字处：这个括号没有配对的右括号"),
            Self::Unopened(at) => format!("第 {at} 个字处：这个右括号没有配对的左括号"),
            Self::UnclosedQuote(at) => format!("第 {at} 个字处：这个引号没有配对"),
            Self::EmptySide(at) => format!("第 {at} 个字处：“|”“或”的两边和括号里都要有词"),
            Self::NothingAfter(at) => format!("第 {at} 个字处：“+”“-”“标题:”后面要紧跟着词或括号，中间不能有空格；NOT 后面要有词"),
            Self::And(at) => {
                format!("第 {at} 个字处：不用 AND；两个词都要有，请写成“+成都 +电池”。要找的就是 AND 这个词时，请加引号")
            }
        }
    }
}

/// A word of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Folded, as `fold.rs` spells it.
    pub(super) text: String,
    pub(super) title_only: bool,
    /// It stands somewhere outside of a `-` part, so that its place in an article is evidence.
    pub(super) is_sought: bool,
}

/// A part of the formula. Parts come after those that they consist of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Word(usize),
    All(Vec<usize>),
    Any(Vec<usize>),
    Not(usize),
}

/// A parsed expression. An empty one matches every article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expression {
    words: Vec<Word>,
    nodes: Vec<Node>,
}

impl Expression {
    /// Parses an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.chars().nth(MAX_CHARS).is_some() {
            return Err(ExpressionError::TooLong);
        }
        Parser::default().run(tokens(text)?)
    }

    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// Returns whether an article with these words matches; `values` is working memory.
    pub(super) fn matches(&self, has: impl Fn(usize) -> bool, values: &mut Vec<bool>) -> bool {
        values.clear();
        for node in &self.nodes {
            let of = |n: &usize| values.get(*n).copied().unwrap_or(false);
            let value = match node {
                Node::Word(n) => has(*n),
                Node::All(parts) => parts.iter().all(of),
                Node::Any(parts) => parts.iter().any(of),
                Node::Not(part) => !of(part),
            };
            values.push(value);
        }
        values.last().copied().unwrap_or(true)
    }

    /// Whether it matches an article that has none of its words.
    pub(super) fn matches_nothing(&self) -> bool {
        self.matches(|_| false, &mut Vec::new())
    }
}

/// How a part of a sequence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Role {
    #[default]
    Plain,
    Must,
    Not,
}

/// A prefix that waits for its word or bracket.
#[derive(Debug, Clone, Copy, Default)]
struct Prefix {
    role: Role,
    title_only: bool,
    /// The character it stands at, if there is one.
    at: Option<usize>,
}

/// An open bracket, or the whole expression.
#[derive(Debug, Default)]
struct Group {
    /// Its character; 0 for the whole.
    at: usize,
    prefix: Prefix,
    /// Finished alternatives.
    alternatives: Vec<usize>,
    /// The sequence being read.
    musts: Vec<usize>,
    nots: Vec<usize>,
    plain: Vec<usize>,
}

#[derive(Debug, Default)]
struct Parser {
    out: Expression,
    group: Group,
    /// The groups around it.
    outer: Vec<Group>,
    prefix: Prefix,
}

impl Parser {
    fn run(mut self, tokens: Vec<Token>) -> Result<Expression, ExpressionError> {
        if tokens.is_empty() {
            return Ok(self.out);
        }
        let mut end = 0;
        for token in tokens {
            end = token.at;
            self.step(token)?;
        }
        if let Some(at) = self.prefix.at {
            return Err(ExpressionError::NothingAfter(at));
        }
        if !self.outer.is_empty() {
            return Err(ExpressionError::Unclosed(self.group.at));
        }
        self.close_group(end)?;
        Ok(self.out)
    }

    fn step(&mut self, token: Token) -> Result<(), ExpressionError> {
        let at = token.at;
        match (token.kind, self.prefix.at) {
            (TokenKind::Or | TokenKind::Close | TokenKind::Must | TokenKind::Not, Some(before)) => return Err(ExpressionError::NothingAfter(before)),
            (TokenKind::Must, None) => self.prefix = Prefix { role: Role::Must, title_only: false, at: Some(at) },
            (TokenKind::Not, None) => self.prefix = Prefix { role: Role::Not, title_only: false, at: Some(at) },
            (TokenKind::Title, before) => self.prefix = Prefix { title_only: true, at: before.or(Some(at)), ..self.prefix },
            (TokenKind::Or, None) => self.close_sequence(at)?,
            (TokenKind::Open, _) => self.open(at)?,
            (TokenKind::Close, None) => self.close(at)?,
            (TokenKind::Word(word), _) => self.word(&word, at)?,
        }
        Ok(())
    }

    fn open(&mut self, at: usize) -> Result<(), ExpressionError> {
        if self.outer.len() >= MAX_DEPTH {
            return Err(ExpressionError::TooDeep(at));
        }
        let inner = Group { at, prefix: std::mem::take(&mut self.prefix), ..Group::default() };
        self.outer.push(std::mem::replace(&mut self.group, inner));
        Ok(())
    }

    fn close(&mut self, at: usize) -> Result<(), ExpressionError> {
        let Some(around) = self.outer.pop() else { return Err(ExpressionError::Unopened(at)) };
        let node = self.close_group(at)?;
        let inner = std::mem::replace(&mut self.group, around);
        self.add(node, inner.prefix.role);
        Ok(())
    }

    fn word(&mut self, word: &str, at: usize) -> Result<(), ExpressionError> {
        let prefix = std::mem::take(&mut self.prefix);
        let text = fold(word);
        if !text.chars().any(char::is_alphanumeric) {
            return Err(ExpressionError::NoLetter(at));
        }
        if text.chars().count() > MAX_WORD_CHARS {
            return Err(ExpressionError::WordTooLong(at));
        }
        // a sign before a bracket applies to the words in it
        let prefixes = || self.outer.iter().chain([&self.group]).map(|g| g.prefix).chain([prefix]);
        let (excluded, title_only) = (prefixes().any(|p| p.role == Role::Not), prefixes().any(|p| p.title_only));
        let known = self.out.words.iter().position(|w| w.text == text && w.title_only == title_only);
        let n = known.unwrap_or(self.out.words.len());
        match self.out.words.get_mut(n) {
            Some(known) => known.is_sought |= !excluded,
            None if n >= MAX_WORDS => return Err(ExpressionError::TooManyWords(at)),
            None => self.out.words.push(Word { text, title_only, is_sought: !excluded }),
        }
        let node = self.node(Node::Word(n));
        self.add(node, prefix.role);
        Ok(())
    }

    fn node(&mut self, node: Node) -> usize {
        self.out.nodes.push(node);
        self.out.nodes.len() - 1
    }

    fn add(&mut self, node: usize, role: Role) {
        match role {
            Role::Plain => self.group.plain.push(node),
            Role::Must => self.group.musts.push(node),
            Role::Not => self.group.nots.push(node),
        }
    }

    /// Ends the sequence being read.
    fn close_sequence(&mut self, at: usize) -> Result<(), ExpressionError> {
        let mut parts = std::mem::take(&mut self.group.musts);
        for excluded in std::mem::take(&mut self.group.nots) {
            parts.push(self.node(Node::Not(excluded)));
        }
        let plain = std::mem::take(&mut self.group.plain);
        if !plain.is_empty() {
            parts.push(self.node(Node::Any(plain)));
        }
        if parts.is_empty() {
            return Err(ExpressionError::EmptySide(at));
        }
        let node = self.node(Node::All(parts));
        self.group.alternatives.push(node);
        Ok(())
    }

    /// Ends the sequence and its group; returns the group's part.
    fn close_group(&mut self, at: usize) -> Result<usize, ExpressionError> {
        self.close_sequence(at)?;
        let alternatives = std::mem::take(&mut self.group.alternatives);
        Ok(self.node(Node::Any(alternatives)))
    }
}

#[cfg(test)]
mod tests;
