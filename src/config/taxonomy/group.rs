//! What of the taxonomy a page edits: its kinds, and the lists of words of each.

/// What a page edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicGroup {
    Industry,
    Theme,
    Column,
    Place,
    Organisation,
}

/// A list of words: its key in the file, its Chinese name, and what is said of it.
#[derive(Debug, Clone, Copy)]
pub struct WordList {
    pub key: &'static str,
    pub chinese: &'static str,
    pub help: &'static str,
}

const TERMS: WordList = WordList { key: "terms", chinese: "词", help: "每行一个，出现一次就算证据；至少两个字" };
const WEAK: WordList = WordList { key: "weak", chinese: "弱词", help: "旁边有上面的词，或有投产、签约之类的词才算" };
const EXCLUDE: WordList = WordList { key: "exclude", chinese: "排除", help: "含有上面的词、其实是别的意思的短语" };
const TITLE: WordList = WordList { key: "title", chinese: "标题词", help: "每行一个，在标题里算" };
const TEXT: WordList = WordList { key: "text", chinese: "正文词", help: "每行一个，在正文里算" };
const BASE: WordList = WordList { key: "base", chinese: "底分", help: "0 到 99；都不像时，文章归底分最高的栏目" };
const NAMES: WordList =
    WordList { key: "names", chinese: "别名", help: "每行一个：简称、全称、曾用名、股票代码；至少两个字" };
const REGION: WordList = WordList { key: "region", chinese: "地域", help: "属于哪一级，例如本市、本省的名称；不填是全国" };
const INDUSTRIES: WordList = WordList { key: "industries", chinese: "行业", help: "每行一个；名称看不出行业时才要写" };

impl TopicGroup {
    /// Every group: its key in the file, which is its word in addresses too, and its Chinese name.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Industry, "industry", "行业"),
        (Self::Theme, "theme", "主题"),
        (Self::Column, "column", "栏目"),
        (Self::Place, "place", "地名"),
        (Self::Organisation, "organisation", "机构"),
    ];

    /// Whether it is a kind of topics, whose names are unique together.
    pub fn is_topic(self) -> bool {
        matches!(self, Self::Industry | Self::Theme)
    }

    /// Returns the lists of words, in the order of `TopicWords::lists`.
    pub fn lists(self) -> &'static [WordList] {
        match self {
            Self::Industry | Self::Theme => &[TERMS, WEAK, EXCLUDE],
            Self::Column => &[TITLE, TEXT],
            Self::Place => &[NAMES],
            Self::Organisation => &[NAMES, INDUSTRIES],
        }
    }

    /// Returns the one value besides the lists, if there is one.
    pub fn detail(self) -> Option<WordList> {
        match self {
            Self::Column => Some(BASE),
            Self::Place => Some(REGION),
            _ => None,
        }
    }

    /// What shares its names.
    pub(super) fn chinese_of_names(self) -> &'static str {
        if self.is_topic() { "行业或主题" } else { self.chinese() }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|g| g.1 == word).map(|g| g.0)
    }

    pub fn key(self) -> &'static str {
        Self::ALL.iter().find(|g| g.0 == self).map_or("industry", |g| g.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|g| g.0 == self).map_or("行业", |g| g.2)
    }
}
