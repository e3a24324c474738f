//! What a look found, as stored, and in Chinese.

use serde::{Deserialize, Serialize};

use crate::model::{NotificationText, Paragraph};
use crate::text::normalize::truncate;

/// Most sentences kept of a difference, of each kind, and characters of one.
const MAX_SENTENCES: usize = 30;
const MAX_CHARS: usize = 400;
/// Sentences in a proposed 更正 and in a message.
const MAX_PROPOSED: usize = 4;

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Withdrawn,
    Headline,
    Figures,
    Text,
    /// Another address, the same text.
    Moved,
}

impl ChangeKind {
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Withdrawn => "已撤稿",
            Self::Headline => "标题变了",
            Self::Figures => "数字变了",
            Self::Text => "正文变了",
            Self::Moved => "换了地址",
        }
    }
}

/// What editors did with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingState {
    Open,
    /// An editor said why there is no 更正.
    Dismissed,
    /// A 更正 was sent.
    Corrected,
}

impl FindingState {
    const ALL: [(Self, &'static str); 3] = [(Self::Open, "open"), (Self::Dismissed, "dismissed"), (Self::Corrected, "corrected")];

    /// Parses a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|s| s.1 == word).map(|s| s.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|s| s.0 == self).map_or("open", |s| s.1)
    }
}

/// What a source changed of an article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Difference {
    /// Before and now.
    pub headline: Option<(String, String)>,
    /// Whether figures are among what changed.
    pub figures: bool,
    /// Sentences, before and now.
    pub changed: Vec<(String, String)>,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Sentences that are not kept here.
    pub left_out: usize,
    /// The new address.
    pub moved_to: Option<String>,
    pub is_withdrawn: bool,
}

impl Difference {
    /// An article that is gone.
    pub fn withdrawn() -> Self {
        Self { is_withdrawn: true, ..Self::default() }
    }

    /// Returns whether the article is as it was, wherever it stands.
    pub fn is_empty(&self) -> bool {
        self.headline.is_none() && self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty() && !self.is_withdrawn
    }

    /// Returns what kinds of change it is, the gravest first.
    pub fn kinds(&self) -> Vec<ChangeKind> {
        let has_text = !self.changed.is_empty() || !self.added.is_empty() || !self.removed.is_empty();
        let all = [
            (ChangeKind::Withdrawn, self.is_withdrawn),
            (ChangeKind::Headline, self.headline.is_some()),
            (ChangeKind::Figures, self.figures),
            (ChangeKind::Text, has_text && (!self.figures || self.changed.len() + self.added.len() + self.removed.len() > 1)),
            (ChangeKind::Moved, self.moved_to.is_some()),
        ];
        all.into_iter().filter(|k| k.1).map(|k| k.0).collect()
    }

    /// Returns its kinds in words.
    pub fn label(&self) -> String {
        self.kinds().into_iter().map(ChangeKind::chinese).collect::<Vec<_>>().join("、")
    }

    /// Whether a 更正 may be needed.
    pub fn is_of_substance(&self) -> bool {
        !self.is_empty()
    }

    /// Returns it with few sentences, and short ones.
    pub(super) fn bounded(mut self) -> Self {
        let before = self.changed.len() + self.added.len() + self.removed.len();
        self.changed.truncate(MAX_SENTENCES);
        self.added.truncate(MAX_SENTENCES);
        self.removed.truncate(MAX_SENTENCES);
        self.left_out = before - self.changed.len() - self.added.len() - self.removed.len();
        let short = |text: &mut String| *text = truncate(text, MAX_CHARS);
        self.changed.iter_mut().for_each(|(a, b)| {
            short(a);
            short(b);
        });
        self.added.iter_mut().chain(&mut self.removed).for_each(short);
        self
    }

    /// Returns lines of it: what, before, now.
    pub fn rows(&self) -> Vec<(&'static str, String, String)> {
        let headline = self.headline.iter().map(|(a, b)| ("标题", a.clone(), b.clone()));
        let changed = self.changed.iter().map(|(a, b)| ("改动", a.clone(), b.clone()));
        let removed = self.removed.iter().map(|a| ("删去", a.clone(), String::new()));
        let added = self.added.iter().map(|b| ("增加", String::new(), b.clone()));
        let moved = self.moved_to.iter().map(|b| ("地址", String::new(), b.clone()));
        headline.chain(changed).chain(removed).chain(added).chain(moved).collect()
    }
}

/// Returns the texts of a proposed 更正: 原文 and 应为. `None` if nothing that was printed is wrong.
pub fn correction(title: &str, publisher: &str, difference: &Difference) -> Option<(String, String)> {
    if !difference.is_of_substance() {
        return None;
    }
    let source = if publisher.is_empty() { "来源" } else { publisher };
    if difference.is_withdrawn {
        return Some((format!("《{title}》"), format!("{source}已撤下这篇报道，本刊所载内容请勿再引用。")));
    }
    let (mut wrong, mut right) = (Vec::new(), Vec::new());
    if let Some((before, now)) = &difference.headline {
        wrong.push(format!("标题《{before}》"));
        right.push(format!("标题《{now}》"));
    }
    for (before, now) in difference.changed.iter().take(MAX_PROPOSED) {
        wrong.push(before.clone());
        right.push(now.clone());
    }
    for gone in difference.removed.iter().take(MAX_PROPOSED) {
        wrong.push(gone.clone());
        right.push(format!("（{source}已删去“{}”）", truncate(gone, 30)));
    }
    for new in difference.added.iter().take(MAX_PROPOSED) {
        if wrong.is_empty() {
            wrong.push(format!("《{title}》"));
        }
        right.push(format!("（{source}补充）{new}"));
    }
    Some((wrong.join("\n"), right.join("\n")))
}

/// Returns what editors are told of a finding.
pub fn message(title: &str, publisher: &str, issue: &str, difference: &Difference) -> NotificationText {
    let mut paragraphs = vec![Paragraph::plain(format!("《{title}》（{publisher}）已刊于{issue}。来源后来：{}。", difference.label()))];
    for (what, before, now) in difference.rows().into_iter().take(MAX_PROPOSED) {
        let words = match (before.is_empty(), now.is_empty()) {
            (false, false) => format!("{what}：{before} → {now}"),
            _ => format!("{what}：{before}{now}"),
        };
        paragraphs.push(Paragraph::plain(words));
    }
    if difference.is_of_substance() {
        paragraphs.push(Paragraph::plain("是否发更正，请在这一期的页面上决定。"));
    }
    NotificationText { title: format!("原文{}：{title}", difference.label()), paragraphs, url: None }
}
