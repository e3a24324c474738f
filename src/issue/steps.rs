//! Undo and redo of changes to an edition: stores what a change replaced, not the whole edition.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::{ArticleId, Edition, Item};

/// The parts of an edition that differ from another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Patch {
    /// 编者的话.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    foreword: Option<String>,
    /// Whether an editor wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    foreword_edited: Option<bool>,
    /// Changed and missing items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    items: Vec<Item>,
    /// Every column's items in order, if the order differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<Vec<Vec<ArticleId>>>,
}

impl Patch {
    /// Returns the patch that turns `from` into `to`, which must have the same columns.
    pub fn between(from: &Edition, to: &Edition) -> Self {
        let here: HashMap<ArticleId, &Item> = from.items().map(|i| (i.article, i)).collect();
        let order = |e: &Edition| e.columns.iter().map(|c| c.items.iter().map(|i| i.article).collect()).collect::<Vec<Vec<_>>>();
        Self {
            foreword: (from.foreword != to.foreword).then(|| to.foreword.clone()),
            foreword_edited: (from.foreword_edited != to.foreword_edited).then_some(to.foreword_edited),
            items: to.items().filter(|i| here.get(&i.article) != Some(i)).cloned().collect(),
            order: Some(order(to)).filter(|o| *o != order(from)),
        }
    }

    /// Applies the patch and returns its inverse.
    #[must_use]
    pub fn apply(self, e: &mut Edition) -> Self {
        let before = e.clone();
        if let Some(foreword) = self.foreword {
            e.foreword = foreword;
        }
        e.foreword_edited = self.foreword_edited.unwrap_or(e.foreword_edited);
        let mut known: HashMap<ArticleId, Item> = self.items.into_iter().map(|i| (i.article, i)).collect();
        for item in e.columns.iter_mut().flat_map(|c| &mut c.items) {
            if let Some(other) = known.remove(&item.article) {
                *item = other;
            }
        }
        if let Some(order) = self.order {
            known.extend(e.columns.iter_mut().flat_map(|c| c.items.drain(..)).map(|i| (i.article, i)));
            for (column, ids) in e.columns.iter_mut().zip(order) {
                column.items = ids.into_iter().filter_map(|id| known.remove(&id)).collect();
            }
        }
        Self::between(e, &before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::edit::{Change, DropReason, Edit, Place};
    use crate::issue::tests::{article, build_with};
    use crate::model::Print;

    #[test]
    fn every_change_can_be_taken_back_and_made_again() {
        let news = |id, title: &str, column: &str| article(id, title, "食品", column, 1);
        let start =
            build_with(vec![news(1, "甲县粮油加工", "行业动态"), news(2, "乙厂乳品扩产", "行业动态"), news(3, "丙园水泥减产", "财经数据")], &[])
                .edition;
        let id = ArticleId;
        let changes = [
            Change::Rewrite {
                article: id(1),
                title: Some(Edit::any("新题")),
                summary: Some(Edit::any("一段\n两段")),
                text: Some(Edit::any("全文\n甲\t1")),
                note: Some(Edit::any("请阅")),
            },
            Change::Print { article: id(1), print: Print::Full },
            Change::Write { title: "自写".into(), text: "正文".into(), publisher: String::new(), column: "财经数据".into() },
            Change::Drop { articles: vec![id(1), id(3)], reason: DropReason::Stale },
            Change::Move { article: id(3), column: "行业动态".into(), place: Place::Top },
            Change::Shift { article: id(1), up: false },
            Change::Merge { article: id(2), into: id(1) },
            Change::Foreword(Edit::any("各位")),
        ];
        for change in changes {
            let mut e = start.clone();
            change.apply(&mut e).unwrap();
            let changed = e.clone();
            assert_ne!(changed, start);
            // ids of own items are not reused
            let start = Edition { own_items: changed.own_items, ..start.clone() };
            let back = Patch::between(&changed, &start);
            let bytes = serde_json::to_string(&back).unwrap();
            let forth = serde_json::from_str::<Patch>(&bytes).unwrap().apply(&mut e);
            assert_eq!(e, start);
            assert_eq!(forth.apply(&mut e), back);
            assert_eq!(e, changed);
        }
        assert_eq!(Patch::between(&start, &start), Patch::default());
    }
}
