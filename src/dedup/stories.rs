//! Stories: articles that tell the same news in the same words, wherever they were republished.
//!
//! The index behind may be in memory (for files) or in the store (for the archive); the decision is one and the same.

use std::collections::HashMap;

use crate::dedup::fingerprint::{MinHashSignature, ShingleSet};

/// Most candidates compared exactly per article: bounds the time one article can cost.
pub const MAX_CANDIDATES: usize = 32;

/// What is fingerprinted of an article: the text, with the headline where there is little text.
pub fn dedup_text(title: &str, text: &str) -> String {
    if text.chars().count() < 60 { format!("{title}\n{text}") } else { text.to_owned() }
}

/// Most exact comparisons per article.
const MAX_EXACT: usize = 4;

/// The story an article joins, of candidates given as story, sketch and a way to their text; the text is asked for only
/// where the sketches agree well enough.
pub fn join<T: Copy, E>(
    text: &str,
    mine: &MinHashSignature,
    candidates: impl IntoIterator<Item = (T, MinHashSignature)>,
    mut text_of: impl FnMut(T) -> Result<String, E>,
) -> Result<Option<T>, E> {
    let likely = candidates.into_iter().filter(|(_, theirs)| mine.may_match(theirs));
    let mut likely: Vec<(usize, T)> = likely.map(|(id, theirs)| (mine.matching_slots(&theirs), id)).collect();
    likely.sort_by_key(|(agree, _)| std::cmp::Reverse(*agree));
    let mut exact: Option<ShingleSet> = None;
    let mut best: Option<(f64, T)> = None;
    for (_, id) in likely.into_iter().take(MAX_EXACT) {
        let mine = exact.get_or_insert_with(|| ShingleSet::new(text));
        let theirs = ShingleSet::new(&text_of(id)?);
        let share = mine.containment(&theirs);
        if mine.same_story(&theirs) && best.is_none_or(|(b, _)| share > b) {
            best = Some((share, id));
        }
    }
    Ok(best.map(|(_, id)| id))
}

/// An index of stories in memory.
#[derive(Debug, Default)]
pub struct StoryIndex {
    bands: HashMap<(usize, u32), Vec<usize>>,
    members: Vec<StoryMember>,
    stories: usize,
}

#[derive(Debug)]
struct StoryMember {
    signature: MinHashSignature,
    text: String,
    story: usize,
}

impl StoryIndex {
    /// Adds an article; gives the number of its story (stories count from 0 in order of their first article).
    pub fn add(&mut self, title: &str, text: &str) -> usize {
        let text = dedup_text(title, text);
        let signature = MinHashSignature::new(&text);
        let bands = signature.bands().to_vec();
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for key in bands.iter().copied().enumerate() {
            for member in self.bands.get(&key).into_iter().flatten() {
                *votes.entry(*member).or_default() += 1;
            }
        }
        let mut ranked: Vec<(usize, usize)> = votes.into_iter().collect();
        ranked.sort_unstable_by_key(|(member, n)| (std::cmp::Reverse(*n), *member));
        let candidates = ranked.iter().take(MAX_CANDIDATES).filter_map(|(m, _)| Some((*m, self.members.get(*m)?.signature.clone())));
        let text_of = |m: usize| Ok::<_, std::convert::Infallible>(self.members.get(m).map(|m| m.text.clone()).unwrap_or_default());
        let found = join(&text, &signature, candidates, text_of).ok().flatten();
        let story = found.and_then(|m| self.members.get(m)).map(|m| m.story);
        let story = story.unwrap_or_else(|| {
            self.stories += 1;
            self.stories - 1
        });
        for key in bands.iter().copied().enumerate() {
            self.bands.entry(key).or_default().push(self.members.len());
        }
        self.members.push(StoryMember { signature, text, story });
        story
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_join_and_others_open_a_story() {
        let text = "长葛市大周镇再生金属产业园今年前十个月实现产值四百二十亿元，园区企业从单一废钢回收转向精深加工。\
            园区管委会负责人介绍，二十家企业完成了绿色化改造，综合能耗下降明显。";
        let mut index = StoryIndex::default();
        assert_eq!(index.add("甲", text), 0);
        assert_eq!(
            index.add(
                "乙",
                "禹州中药材交易会开幕，三百家药商到会洽谈，签约金额十二亿元，来自全国的药材商人在这里看货、问价、签单，交易大厅里人头攒动。"
            ),
            1
        );
        assert_eq!(index.add("丙", &format!("来源：许昌网。{text}")), 0);
    }
}
