//! What supports a statement, and what has no support.

use std::ops::Range;

use serde::Serialize;

/// What a statement is, which tells how freely it may be worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementKind {
    Title,
    Summary,
    /// The full text, if an editor changed it.
    Text,
    /// 按语: the editor's own words. Its figures and dates are checked, and what contradicts the article: names, directions.
    Note,
}

/// A part of the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    Title,
    Text,
}

/// Where a part of a statement has its support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// Bytes of the statement.
    pub statement: Range<usize>,
    pub field: Field,
    /// Bytes of that field of the article.
    pub article: Range<usize>,
}

/// What has no support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    Figure,
    /// The digits are right, the measure or scale is not.
    Measure,
    Direction,
    Name,
    Date,
    Negation,
    Speaker,
    /// 同比 for 环比.
    Basis,
    /// What the article plans is said to have happened.
    Happened,
    /// The article does not say the sentence.
    Foreign,
}

/// A part of a statement without support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsupported {
    pub fault: Fault,
    /// Bytes of the statement.
    pub statement: Range<usize>,
    /// The words of the statement.
    pub said: String,
    /// The words of the article in their place.
    pub article_says: Option<String>,
}

impl Unsupported {
    /// Returns the reason for editors: 原文没有 12.5亿元；原文是 12.3亿元.
    pub fn chinese(&self) -> String {
        let said = &self.said;
        let is = self.article_says.as_ref().map(|a| format!("；原文是 {a}")).unwrap_or_default();
        match self.fault {
            Fault::Figure => format!("原文没有 {said}{is}"),
            Fault::Measure => format!("单位与原文不同：{said}{is}"),
            Fault::Direction => format!("增减与原文不同：{said}{is}"),
            Fault::Name => format!("原文没有“{said}”这个名称{is}"),
            Fault::Date => format!("原文没有 {said} 这个时间{is}"),
            Fault::Negation => match &self.article_says {
                Some(words) => format!("原文是“{words}”，这里少了否定"),
                None => format!("这里的否定“{said}”原文没有"),
            },
            Fault::Speaker => format!("原文没有说是“{said}”讲的{is}"),
            Fault::Basis => format!("对比口径与原文不同：{said}{is}"),
            Fault::Happened => format!("原文说的是打算，这里写成已经：{said}{is}"),
            Fault::Foreign => "这句话在原文里找不到".to_owned(),
        }
    }
}

/// A sentence with its support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    pub kind: StatementKind,
    /// Bytes of the checked text.
    pub range: Range<usize>,
    /// The longest common part with the article first, then figures, dates and names.
    pub anchors: Vec<Anchor>,
    pub unsupported: Vec<Unsupported>,
}
