//! Metadata in the head of a page.

use std::collections::HashMap;

use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::text::normalize::collapse_whitespace;

/// Most `<meta>` elements and linked-data objects read.
const MAX_META: usize = 500;
const MAX_LD: usize = 32;

/// Metadata in the head of a page.
pub(super) struct Head {
    pub(super) meta: HashMap<String, String>,
    ld: Vec<serde_json::Value>,
    /// The text of `<title>`.
    pub(super) title: Option<String>,
    language: Option<String>,
}

/// Returns the text of an element on one line; only the first pieces if there are many.
pub(super) fn text_of(e: NodeRef<'_>) -> String {
    collapse_whitespace(&e.texts().take(200).collect::<String>())
}

/// Returns the objects of one linked-data script.
fn linked_data(script: NodeRef<'_>) -> Vec<serde_json::Value> {
    match serde_json::from_str::<serde_json::Value>(script.texts().next().unwrap_or_default().trim()) {
        Ok(serde_json::Value::Array(a)) => a,
        Ok(serde_json::Value::Object(o)) => match o.get("@graph") {
            Some(serde_json::Value::Array(a)) => a.clone(),
            _ => vec![serde_json::Value::Object(o)],
        },
        _ => Vec::new(),
    }
}

impl Head {
    pub(super) fn read(tree: &Tree<'_>) -> Self {
        let (mut meta, mut ld, mut title) = (HashMap::new(), Vec::new(), None);
        let language = tree.root().attr(Attr::Lang).map(str::to_owned);
        for e in tree.root().descendants() {
            match e.tag() {
                Some(Tag::Meta) if meta.len() < MAX_META => {
                    let name = [Attr::Name, Attr::Property, Attr::Itemprop, Attr::HttpEquiv].iter().find_map(|a| e.attr(*a));
                    if let (Some(name), Some(content)) = (name, e.attr(Attr::Content).map(collapse_whitespace).filter(|c| !c.is_empty())) {
                        meta.entry(name.trim().to_ascii_lowercase()).or_insert(content);
                    }
                }
                Some(Tag::Title) if title.is_none() => title = Some(text_of(e)).filter(|t| !t.is_empty()),
                Some(Tag::Script) if ld.len() < MAX_LD && e.attr(Attr::Type) == Some("application/ld+json") => ld.extend(linked_data(e)),
                _ => {}
            }
        }
        Self { meta, ld, title, language }
    }

    pub(super) fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.meta.get(*n)).map(String::as_str)
    }

    /// Returns every name under a key, separated by commas. The value may be a text, objects with a name, or lists of these.
    pub(super) fn ld_names(&self, key: &str) -> Option<String> {
        fn names(value: &serde_json::Value) -> Vec<String> {
            match value {
                serde_json::Value::Array(all) => all.iter().take(6).filter(|v| !v.is_array()).flat_map(names).collect(),
                serde_json::Value::Object(o) => o.get("name").and_then(|n| n.as_str()).map(collapse_whitespace).into_iter().collect(),
                serde_json::Value::String(s) => vec![collapse_whitespace(s)],
                _ => Vec::new(),
            }
        }
        let found = self.ld.iter().filter_map(|v| v.get(key)).map(names).find(|n| !n.is_empty())?;
        Some(found.join(", "))
    }

    /// Returns the language that the page declares.
    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref().or_else(|| self.meta(&["og:locale", "content-language", "language"]))
    }

    /// Returns every text under a date key, those of articles first.
    pub(super) fn ld_dates(&self, key: &str) -> Vec<String> {
        let of_article =
            |v: &serde_json::Value| v.get("@type").is_some_and(|t| t.to_string().contains("Article") || t.to_string().contains("BlogPosting"));
        let (articles, others): (Vec<_>, Vec<_>) = self.ld.iter().partition(|v| of_article(v));
        let texts = articles.into_iter().chain(others).filter_map(|v| v.get(key)?.as_str());
        texts.map(collapse_whitespace).take(6).collect()
    }

    pub(super) fn ld_text(&self, key: &str) -> Option<String> {
        self.ld.iter().find_map(|v| match v.get(key)? {
            serde_json::Value::String(s) => Some(collapse_whitespace(s)),
            serde_json::Value::Object(o) => o.get("name").and_then(|n| n.as_str()).map(collapse_whitespace),
            serde_json::Value::Array(a) => a.first().and_then(|f| f.get("name").or(Some(f))).and_then(|n| n.as_str()).map(collapse_whitespace),
            _ => None,
        })
    }
}
