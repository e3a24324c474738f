//! Finds the item of an issue with the same story as an article.

use crate::model::{ArticleId, Edition, Item};

/// An item with the same story as an article that is not itself an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SameStory<'a> {
    pub item: &'a Item,
    /// Whether its copies list the article.
    pub is_copy: bool,
}

/// Returns the item with the article's story; `members` are the articles of that story. `None` also if the article is an item
/// itself.
pub fn same_story<'a>(e: &'a Edition, article: ArticleId, members: &[ArticleId]) -> Option<SameStory<'a>> {
    let copies = |i: &Item| i.copies.iter().chain(&i.earliest).filter_map(|c| c.article).collect::<Vec<_>>();
    if e.items().any(|i| i.article == article) {
        return None;
    }
    // only a listed copy can be split off
    let named = e.items().find(|i| i.copies.iter().any(|c| c.article == Some(article))).map(|item| SameStory { item, is_copy: true });
    named.or_else(|| {
        let tells = |i: &&Item| members.contains(&i.article) || copies(i).iter().any(|c| *c == article || members.contains(c));
        e.items().find(tells).map(|item| SameStory { item, is_copy: false })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article, build_with};
    use crate::model::Copy;

    #[test]
    fn a_story_is_known_by_its_item_and_by_the_copies_of_one() {
        let news = |id, title: &str, hours| article(id, title, "食品", "行业动态", hours);
        let mut e = build_with(vec![news(1, "甲县粮油加工", 1), news(2, "乙厂乳品扩产", 20)], &[]).edition;
        let of = |e: &Edition, id: i64, members: &[i64]| {
            let members: Vec<ArticleId> = members.iter().copied().map(ArticleId).collect();
            same_story(e, ArticleId(id), &members).map(|s| (s.item.article.0, s.is_copy))
        };
        assert_eq!(of(&e, 3, &[3]), None);
        assert_eq!(of(&e, 3, &[1, 3]), Some((1, false)));
        assert_eq!(of(&e, 2, &[1, 2]), None, "it is an item");
        let first = e.columns.iter_mut().flat_map(|c| &mut c.items).find(|i| i.article == ArticleId(1)).unwrap();
        first.copies.push(Copy { publisher: "丁报".into(), url: first.url.clone().unwrap(), article: Some(ArticleId(4)) });
        assert_eq!(of(&e, 4, &[4]), Some((1, true)));
        assert_eq!(of(&e, 5, &[4, 5]), Some((1, false)), "the copy was merged by hand: its story is told as well");
    }
}
