//! What an editor does to an edition. Pure: an edition and a change give another edition, or the reason why not.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ArticleId, Copy, Edition, Item};
use crate::text::normalize::collapse_whitespace;

/// Longest texts, in characters.
pub const MAX_TITLE: usize = 200;
/// See [`MAX_TITLE`].
pub const MAX_SUMMARY: usize = 2_000;
/// See [`MAX_TITLE`].
pub const MAX_FOREWORD: usize = 5_000;

/// Why an item was dropped; what the choice may learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropReason {
    /// 重复
    Repeated,
    /// 无关
    OffTopic,
    /// 过时
    Stale,
    /// 来源不可靠
    Unreliable,
    /// 已报
    ReportedBefore,
    /// 其他
    Other,
}

impl DropReason {
    /// Every reason, as stored and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Repeated, "repeated", "重复"),
        (Self::OffTopic, "off-topic", "无关"),
        (Self::Stale, "stale", "过时"),
        (Self::Unreliable, "unreliable", "来源不可靠"),
        (Self::ReportedBefore, "reported-before", "已报"),
        (Self::Other, "other", "其他"),
    ];

    /// Reads a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|r| r.1 == word).map(|r| r.0)
    }

    /// As stored.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|r| r.0 == self).map_or("other", |r| r.1)
    }
}

/// A text that an editor changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// As the editor saw it before; `None`: it does not matter.
    pub was: Option<String>,
    /// As it is to be.
    pub now: String,
}

impl Edit {
    /// Changes whatever stands there.
    pub fn any(now: &str) -> Self {
        Self { was: None, now: now.to_owned() }
    }

    /// Changes a text, unless another editor changed it meanwhile.
    fn apply(&self, text: &mut String, field: Field) -> Result<(), EditError> {
        let (now, current) = (field.normalize(&self.now), field.normalize(text));
        let longer = now.chars().count().saturating_sub(field.most());
        if longer > 0 {
            return Err(EditError::TooLong { field: field.chinese(), most: field.most(), longer });
        }
        if now != current && self.was.as_ref().is_some_and(|was| field.normalize(was) != current) {
            return Err(EditError::Conflict { field: field.chinese(), theirs: text.clone() });
        }
        *text = now;
        Ok(())
    }
}

/// A text of an edition that editors change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Summary,
    Foreword,
}

impl Field {
    fn chinese(self) -> &'static str {
        match self {
            Self::Title => "标题",
            Self::Summary => "摘要",
            Self::Foreword => "编者的话",
        }
    }

    /// Longest text, in characters.
    fn most(self) -> usize {
        match self {
            Self::Title => MAX_TITLE,
            Self::Summary => MAX_SUMMARY,
            Self::Foreword => MAX_FOREWORD,
        }
    }

    /// Without needless space; paragraphs stay.
    fn normalize(self, text: &str) -> String {
        match self {
            Self::Title => collapse_whitespace(text),
            Self::Summary | Self::Foreword => text.lines().map(collapse_whitespace).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// A place in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    Top,
    /// Behind all others.
    End,
    /// Before this item; at the end where it is no longer there.
    Before(ArticleId),
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Headline and summary of an item, or one of them.
    Rewrite {
        /// Which.
        article: ArticleId,
        /// Headline.
        title: Option<Edit>,
        /// Summary.
        summary: Option<Edit>,
    },
    /// Items are taken out.
    Drop {
        /// Which.
        articles: Vec<ArticleId>,
        /// Why.
        reason: DropReason,
    },
    /// An item goes to a place in a column.
    Move {
        /// Which.
        article: ArticleId,
        /// Column's name.
        column: String,
        /// Where.
        place: Place,
    },
    /// One place up or down in its column.
    Shift {
        /// Which.
        article: ArticleId,
        /// Towards the front.
        up: bool,
    },
    /// An item is put in at the end of a column.
    Add {
        /// The item.
        item: Box<Item>,
        /// Column's name.
        column: String,
    },
    /// An item is told to be another's story: it becomes one of that one's copies.
    Merge {
        /// Which.
        article: ArticleId,
        /// Into which.
        into: ArticleId,
    },
    /// A copy of an item is told to be another story: it becomes an item behind that one.
    Split {
        /// From which item.
        article: ArticleId,
        /// The copy as an item.
        item: Box<Item>,
    },
    /// 编者的话.
    Foreword(Edit),
    /// 定稿 at this moment: nothing can be changed any more.
    Finalise(DateTime<Utc>),
}

/// Why a change cannot be made; shown to editors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The item is gone.
    #[error("这一条已不在本期里（可能刚被别人移走），请刷新页面")]
    NoItem,
    /// No such column.
    #[error("本期没有“{0}”这个栏目")]
    NoColumn(String),
    /// Empty headline.
    #[error("标题不能为空")]
    NoTitle,
    /// There already.
    #[error("这篇文章已经在本期里了")]
    AlreadyThere,
    /// Frozen.
    #[error("本期已经定稿，不能再改")]
    Final,
    /// Another editor changed the same text meanwhile.
    #[error("这一条的{field}刚刚被别人改过")]
    Conflict {
        /// Which text.
        field: &'static str,
        /// As it is now.
        theirs: String,
    },
    /// A text is too long.
    #[error("{field}最多 {most} 字，现在多出 {longer} 字")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// Characters it may have.
        most: usize,
        /// Characters too many.
        longer: usize,
    },
}

impl Change {
    /// What was done, for the log of changes.
    pub fn chinese(&self) -> &'static str {
        match self {
            Self::Rewrite { .. } => "改写",
            Self::Drop { .. } => "移出",
            Self::Move { .. } | Self::Shift { .. } => "移动",
            Self::Add { .. } => "加入",
            Self::Merge { .. } => "合并",
            Self::Split { .. } => "拆分",
            Self::Foreword(_) => "编者的话",
            Self::Finalise(_) => "定稿",
        }
    }

    /// Makes the change.
    ///
    /// # Errors
    /// Why it cannot be made; the edition is as it was.
    pub fn apply(self, e: &mut Edition) -> Result<(), EditError> {
        if e.is_final {
            return Err(EditError::Final);
        }
        match self {
            Self::Rewrite { article, title, summary } => {
                if title.as_ref().is_some_and(|t| t.now.trim().is_empty()) {
                    return Err(EditError::NoTitle);
                }
                let item = find(e, article).ok_or(EditError::NoItem)?;
                let mut texts = (item.title.clone(), item.summary.clone());
                title.map_or(Ok(()), |t| t.apply(&mut texts.0, Field::Title))?;
                summary.map_or(Ok(()), |s| s.apply(&mut texts.1, Field::Summary))?;
                (item.title, item.summary) = texts;
            }
            Self::Drop { articles, .. } => {
                let gone = articles.iter().filter_map(|a| remove_item(e, *a)).count();
                if gone == 0 {
                    return Err(EditError::NoItem);
                }
            }
            Self::Move { article, column, place } => {
                if e.columns.iter().all(|c| c.name != column) {
                    return Err(EditError::NoColumn(column));
                }
                let item = remove_item(e, article).ok_or(EditError::NoItem)?;
                if let Some(c) = e.columns.iter_mut().find(|c| c.name == column) {
                    let at = match place {
                        Place::Top => 0,
                        Place::End => c.items.len(),
                        Place::Before(other) => c.items.iter().position(|i| i.article == other).unwrap_or(c.items.len()),
                    };
                    c.items.insert(at, item);
                }
            }
            Self::Shift { article, up } => {
                let found = e.columns.iter_mut().find_map(|c| c.items.iter().position(|i| i.article == article).map(|at| (c, at)));
                let (column, at) = found.ok_or(EditError::NoItem)?;
                let to = if up { at.saturating_sub(1) } else { (at + 1).min(column.items.len() - 1) };
                column.items.swap(at, to);
            }
            Self::Add { item, column } => {
                if e.columns.iter().flat_map(|c| &c.items).any(|i| i.article == item.article) {
                    return Err(EditError::AlreadyThere);
                }
                let c = e.columns.iter_mut().find(|c| c.name == column).ok_or(EditError::NoColumn(column))?;
                c.items.push(*item);
            }
            Self::Merge { article, into } => {
                if article == into || find(e, into).is_none() {
                    return Err(EditError::NoItem);
                }
                let gone = remove_item(e, article).ok_or(EditError::NoItem)?;
                let copy = Copy { publisher: gone.publisher, url: gone.url, article: Some(gone.article) };
                if let Some(item) = find(e, into) {
                    item.copies.extend(std::iter::once(copy).chain(gone.copies));
                }
            }
            Self::Split { article, item } => {
                let from = find(e, article).ok_or(EditError::NoItem)?;
                let at = from.copies.iter().position(|c| c.article == Some(item.article)).ok_or(EditError::NoItem)?;
                let copy = from.copies.remove(at);
                if from.earliest.as_ref().is_some_and(|first| first.url == copy.url) {
                    from.earliest = None;
                }
                if let Some((c, place)) = e.columns.iter_mut().find_map(|c| c.items.iter().position(|i| i.article == article).map(|at| (c, at))) {
                    c.items.insert(place + 1, *item);
                }
            }
            Self::Foreword(text) => text.apply(&mut e.foreword, Field::Foreword)?,
            Self::Finalise(at) => (e.is_final, e.built_at) = (true, Some(at)),
        }
        Ok(())
    }
}

fn find(e: &mut Edition, article: ArticleId) -> Option<&mut Item> {
    e.columns.iter_mut().flat_map(|c| &mut c.items).find(|i| i.article == article)
}

/// Takes an item out.
fn remove_item(e: &mut Edition, article: ArticleId) -> Option<Item> {
    e.columns.iter_mut().find_map(|c| {
        let at = c.items.iter().position(|i| i.article == article)?;
        Some(c.items.remove(at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article, build_with};

    fn edition() -> Edition {
        let news = |id, title: &str, hours| article(id, title, "食品", "行业动态", hours);
        build_with(vec![news(1, "甲县粮油加工", 1), news(2, "乙厂乳品扩产", 20), article(3, "丙园水泥减产", "建材", "财经数据", 1)], &[]).edition
    }

    fn order(e: &Edition, column: usize) -> Vec<i64> {
        e.columns[column].items.iter().map(|i| i.article.0).collect()
    }

    #[test]
    fn items_move_within_and_between_columns() {
        let mut e = edition();
        assert_eq!((order(&e, 0), order(&e, 3)), (vec![1, 2], vec![3]));
        Change::Shift { article: ArticleId(2), up: true }.apply(&mut e).unwrap();
        assert_eq!(order(&e, 0), [2, 1]);
        Change::Shift { article: ArticleId(1), up: false }.apply(&mut e).unwrap();
        assert_eq!(order(&e, 0), [2, 1], "the last stays the last");
        Change::Move { article: ArticleId(3), column: "行业动态".into(), place: Place::Before(ArticleId(1)) }.apply(&mut e).unwrap();
        assert_eq!((order(&e, 0), order(&e, 3)), (vec![2, 3, 1], vec![]));
        Change::Drop { articles: vec![ArticleId(3)], reason: DropReason::Stale }.apply(&mut e).unwrap();
        assert_eq!(order(&e, 0), [2, 1]);
    }

    #[test]
    fn two_editors_conflict_over_one_text_and_over_nothing_else() {
        let mut e = edition();
        let summary = e.columns[0].items[0].summary.clone();
        let edit = |was: &str, now: &str| Some(Edit { was: Some(was.to_owned()), now: now.to_owned() });
        let rewrite = |title, summary| Change::Rewrite { article: ArticleId(1), title, summary };
        rewrite(edit("甲县粮油加工", "甲写的"), None).apply(&mut e).unwrap();
        rewrite(None, edit(&summary, "乙写的摘要\r\n\r\n第二段")).apply(&mut e).unwrap();
        assert_eq!((e.columns[0].items[0].title.as_str(), e.columns[0].items[0].summary.as_str()), ("甲写的", "乙写的摘要\n第二段"));
        let conflict = EditError::Conflict { field: "标题", theirs: "甲写的".to_owned() };
        let before = e.clone();
        assert_eq!(rewrite(edit("甲县粮油加工", "乙写的"), edit("", "丙")).apply(&mut e), Err(conflict));
        assert_eq!(e, before);
        rewrite(edit("甲县粮油加工", "甲写的 "), None).apply(&mut e).unwrap();
        let long = "字".repeat(MAX_TITLE + 3);
        let too_long = EditError::TooLong { field: "标题", most: MAX_TITLE, longer: 3 };
        assert_eq!(rewrite(Some(Edit::any(&long)), None).apply(&mut e), Err(too_long));
    }

    #[test]
    fn an_item_becomes_another_ones_copy_and_comes_back() {
        let mut e = edition();
        let before = e.columns[0].items[1].clone();
        Change::Merge { article: ArticleId(2), into: ArticleId(1) }.apply(&mut e).unwrap();
        let copies: Vec<_> = e.columns[0].items[0].copies.iter().map(|c| (c.publisher.as_str(), c.article)).collect();
        assert_eq!((order(&e, 0), copies), (vec![1], vec![("许昌日报", Some(ArticleId(2)))]));
        assert_eq!(Change::Merge { article: ArticleId(1), into: ArticleId(1) }.apply(&mut e), Err(EditError::NoItem));
        Change::Split { article: ArticleId(1), item: Box::new(before.clone()) }.apply(&mut e).unwrap();
        assert_eq!((order(&e, 0), e.columns[0].items[0].copies.len()), (vec![1, 2], 0));
        assert_eq!(Change::Split { article: ArticleId(1), item: Box::new(before) }.apply(&mut e), Err(EditError::NoItem), "no such copy");
    }

    #[test]
    fn what_cannot_be_done_changes_nothing_and_says_why() {
        let mut e = edition();
        let before = e.clone();
        let add = Change::Add { item: Box::new(e.columns[0].items[0].clone()), column: "行业动态".into() };
        let table = [
            (Change::Drop { articles: vec![ArticleId(9)], reason: DropReason::Other }, EditError::NoItem),
            (Change::Move { article: ArticleId(1), column: "副刊".into(), place: Place::Top }, EditError::NoColumn("副刊".into())),
            (Change::Rewrite { article: ArticleId(1), title: Some(Edit::any(" \n")), summary: None }, EditError::NoTitle),
            (add, EditError::AlreadyThere),
        ];
        for (change, error) in table {
            assert_eq!(change.apply(&mut e), Err(error));
            assert_eq!(e, before);
        }
        Change::Finalise(DateTime::UNIX_EPOCH).apply(&mut e).unwrap();
        assert_eq!(Change::Foreword(Edit::any("x")).apply(&mut e), Err(EditError::Final));
    }
}
