//! Stories: articles that tell the same news in the same words, wherever they were republished.
//!
//! The index may be in memory (for files) or in the store (for the archive); both use the same decision.

use std::collections::{HashMap, VecDeque};

use xxhash_rust::xxh3::xxh3_128;

use crate::dedup::fingerprint::{MinHashSignature, ShingleSet};

/// Most candidates compared exactly per article: bounds the time per article.
pub const MAX_CANDIDATES: usize = 32;

/// Most articles examined per band, the newest ones. More share a band only in a template, or in a story with very many copies.
pub const MAX_PER_BAND: usize = 64;

/// Returns the text to fingerprint: the article's text, plus the headline if the text is short.
pub fn dedup_text(title: &str, text: &str) -> String {
    if text.chars().count() < 60 { format!("{title}\n{text}") } else { text.to_owned() }
}

/// Most exact comparisons per article.
const MAX_EXACT: usize = 4;

/// Returns the story that an article joins. Candidates are story, sketch and a function that loads their text; it runs only if the
/// sketches agree well enough.
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
            if share >= 1.0 {
                break; // no other can share more
            }
        }
    }
    Ok(best.map(|(_, id)| id))
}

/// An in-memory index of stories. Adding an article costs the same regardless of its size.
#[derive(Debug, Default)]
pub struct StoryIndex {
    /// The newest members of each band, oldest first.
    bands: HashMap<(usize, u32), VecDeque<usize>>,
    /// Stories by the hash of a whole text.
    texts: HashMap<u128, usize>,
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
    /// Adds an article and returns the number of its story. Stories count from 0 in order of their first article.
    pub fn add(&mut self, title: &str, text: &str) -> usize {
        let text = dedup_text(title, text);
        let key = xxh3_128(text.as_bytes());
        // an identical text adds nothing to the index
        if let Some(story) = self.texts.get(&key) {
            return *story;
        }
        let signature = MinHashSignature::new(&text);
        let candidates = self.sharing_bands(signature.bands());
        let candidates = candidates.into_iter().filter_map(|m| Some((m, self.members.get(m)?.signature.clone())));
        let text_of = |m: usize| Ok::<_, std::convert::Infallible>(self.members.get(m).map(|m| m.text.clone()).unwrap_or_default());
        let found = join(&text, &signature, candidates, text_of).ok().flatten();
        let story = found.and_then(|m| self.members.get(m)).map(|m| m.story);
        let story = story.unwrap_or_else(|| {
            self.stories += 1;
            self.stories - 1
        });
        if signature.is_empty() {
            return story; // a text without letters is a copy of no other
        }
        for band in signature.bands().iter().copied().enumerate() {
            let members = self.bands.entry(band).or_default();
            if members.len() >= MAX_PER_BAND {
                members.pop_front();
            }
            members.push_back(self.members.len());
        }
        self.texts.insert(key, story);
        self.members.push(StoryMember { signature, text, story });
        story
    }

    /// Returns members that share bands, most shared bands first.
    fn sharing_bands(&self, bands: &[u32]) -> Vec<usize> {
        let found = bands.iter().copied().enumerate().filter_map(|band| self.bands.get(&band));
        let mut found: Vec<usize> = found.flatten().copied().collect();
        #[allow(clippy::stable_sort_primitive)] // each band is in order already, and only the stable sort uses that
        found.sort();
        let counts = found.chunk_by(|a, b| a == b).filter_map(|same| Some((std::cmp::Reverse(same.len()), *same.first()?)));
        let mut ranked: Vec<_> = counts.collect();
        ranked.sort_unstable();
        ranked.truncate(MAX_CANDIDATES);
        ranked.into_iter().map(|(_, member)| member).collect()
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

    /// Returns a text as site number `n` shows it.
    fn numbered(n: u32) -> String {
        let site = char::from_u32(0x5000 + n).unwrap_or_default();
        format!(
            "长葛市大周镇再生金属产业园今年前十个月实现产值四百二十亿元，园区企业从单一废钢回收转向精深加工（图片来自{site}网）。园区管委会负责人介绍，二十家企业完成了绿色化改造，综合能耗下降明显，明年还将新增三条产线。"
        )
    }

    #[test]
    fn a_story_of_very_many_copies_keeps_few_of_them() {
        let mut index = StoryIndex::default();
        for n in 0..1000 {
            assert_eq!(index.add("甲", &numbered(7)), 0, "the same text");
            assert_eq!(index.add("甲", &numbered(n)), 0, "nearly the same text");
        }
        assert_eq!(index.members.len(), 1000, "what came twice is kept once");
        assert!(index.bands.values().all(|m| m.len() <= MAX_PER_BAND));
        assert!(index.sharing_bands(MinHashSignature::new(&numbered(7)).bands()).len() <= MAX_CANDIDATES);
        assert_eq!(index.add("乙", "禹州中药材交易会开幕，三百家药商到会洽谈。"), 1);
    }

    #[test]
    fn texts_without_letters_stay_apart() {
        let mut index = StoryIndex::default();
        assert_eq!((index.add("", "。"), index.add("", "。"), index.add("", "")), (0, 1, 2));
    }
}
