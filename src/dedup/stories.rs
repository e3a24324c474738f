//! Stories: articles that tell the same news in the same words, wherever they were republished.
//!
//! The index behind may be in memory (for files) or in the store (for the archive); the decision is one and the same.

use std::collections::HashMap;

use super::fingerprint::Fingerprint;

/// Most candidates compared exactly per article: bounds the time one article can cost.
pub const MAX_CANDIDATES: usize = 32;

/// What is fingerprinted of an article: the text, with the headline where there is little text.
pub fn comparable(title: &str, text: &str) -> String {
    if text.chars().count() < 60 { format!("{title}\n{text}") } else { text.to_owned() }
}

/// The best match among candidates that tell the same story.
pub fn best_match<T: Copy>(mine: &Fingerprint, candidates: impl IntoIterator<Item = (T, Fingerprint)>) -> Option<T> {
    candidates
        .into_iter()
        .filter(|(_, theirs)| mine.same_story(theirs))
        .map(|(id, theirs)| (mine.containment(&theirs), id))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, id)| id)
}

/// An index of stories in memory.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    bands: HashMap<(usize, u32), Vec<usize>>,
    members: Vec<(Fingerprint, usize)>,
}

impl MemoryIndex {
    /// Adds an article; gives the number of its story (stories count from 0 in order of their first article).
    pub fn add(&mut self, title: &str, text: &str) -> usize {
        let mine = Fingerprint::of(&comparable(title, text));
        let bands = mine.bands();
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for key in bands.iter().copied().enumerate() {
            for member in self.bands.get(&key).into_iter().flatten() {
                *votes.entry(*member).or_default() += 1;
            }
        }
        let mut ranked: Vec<(usize, usize)> = votes.into_iter().collect();
        ranked.sort_unstable_by_key(|(member, n)| (std::cmp::Reverse(*n), *member));
        let found = ranked
            .iter()
            .take(MAX_CANDIDATES)
            .filter_map(|(m, _)| self.members.get(*m))
            .filter(|(theirs, _)| mine.same_story(theirs))
            .max_by(|a, b| mine.containment(&a.0).total_cmp(&mine.containment(&b.0)))
            .map(|(_, story)| *story);
        let next = self.members.iter().map(|(_, s)| s + 1).max().unwrap_or(0);
        let story = found.unwrap_or(next);
        let member = self.members.len();
        self.members.push((mine, story));
        for key in bands.into_iter().enumerate() {
            self.bands.entry(key).or_default().push(member);
        }
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
        let mut index = MemoryIndex::default();
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
