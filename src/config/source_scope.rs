//! Which sources a publication takes its articles from: `sources` in `[[publication]]`.

use std::collections::BTreeSet;

use crate::config::localized::localized;
use crate::config::reader::Section;
use crate::model::SourceId;

/// The sources of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceScope {
    /// Those that `sources` names.
    Only(BTreeSet<SourceId>),
    /// All but those that other publications name as their own.
    AllBut(BTreeSet<SourceId>),
}

impl Default for SourceScope {
    fn default() -> Self {
        Self::AllBut(BTreeSet::new())
    }
}

impl SourceScope {
    /// Whether articles of a source may be printed.
    pub fn takes(&self, source: &str) -> bool {
        match self {
            Self::Only(own) => own.iter().any(|id| id.as_str() == source),
            Self::AllBut(others) => !others.iter().any(|id| id.as_str() == source),
        }
    }

    /// Returns the sources that the publication names as its own.
    pub fn named(&self) -> impl Iterator<Item = &SourceId> {
        let own = match self {
            Self::Only(own) => Some(own),
            Self::AllBut(_) => None,
        };
        own.into_iter().flatten()
    }

    /// Whether it takes every source.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

pub(super) fn read(s: &Section<'_>) -> SourceScope {
    let Some(texts) = s.texts("sources") else { return SourceScope::default() };
    let is_empty = texts.is_empty();
    let mut own = BTreeSet::new();
    for t in texts {
        if let Some(id) = SourceId::parse(t.value) {
            own.insert(id);
        } else {
            let english = format!("sources: {:?} is no id of a source; write its id in sources.toml", t.value);
            s.error(t.span, localized(english, format!("sources 里的“{}”不是来源编号，请写 sources.toml 里的 id", t.value)));
        }
    }
    // an empty list says nothing
    if is_empty { SourceScope::default() } else { SourceScope::Only(own) }
}

/// Keeps the own sources of one publication away from those that name none.
pub(super) fn set_apart(mut scopes: Vec<&mut SourceScope>) {
    let mut own = BTreeSet::new();
    for scope in &scopes {
        if let SourceScope::Only(sources) = scope {
            own.extend(sources.iter().cloned());
        }
    }
    for scope in &mut scopes {
        if let SourceScope::AllBut(others) = scope {
            others.clone_from(&own);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;

    fn takes(text: &str) -> Vec<[bool; 3]> {
        let settings = Settings::parse("qingbao.toml", text).unwrap();
        settings.publications().map(|p| ["a", "b", "c"].map(|source| p.sources.takes(source))).collect()
    }

    #[test]
    fn own_sources_belong_to_the_publications_that_name_them() {
        let publication = |name: &str, sources: &str| format!("[[publication]]\nname = \"{name}\"\n{sources}\n");
        assert_eq!(takes(&publication("甲", "")), [[true; 3]]);
        assert_eq!(takes(&publication("甲", "sources = []")), [[true; 3]]);
        let two = [publication("甲", ""), publication("乙", "sources = [\"b\"]")].concat();
        assert_eq!(takes(&two), [[true, false, true], [false, true, false]]);
        let three = [two, publication("丙", "sources = [\"b\", \"c\"]")].concat();
        assert_eq!(takes(&three), [[true, false, false], [false, true, false], [false, true, true]]);
        let wrong = Settings::parse("qingbao.toml", &publication("甲", "sources = [\"某报\"]")).unwrap_err().to_string();
        assert!(wrong.contains("is no id of a source"), "{wrong}");
    }
}
