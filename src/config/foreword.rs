//! `foreword` of a publication: the template of 编者的话, with placeholders.

use crate::config::localized::localized;
use crate::config::reader::Section;

/// Placeholders, written in braces, with their meaning.
pub(crate) const PLACEHOLDERS: [(&str, &str); 7] = [
    ("候选", "how many stories there were to choose from"),
    ("条数", "how many items the issue has"),
    ("行业", "items by industry"),
    ("热点", "the story that most others republished"),
    ("本地", "how many items concern the first of the taxonomy's levels"),
    ("升温", "keywords heard more often than before"),
    ("来源", "how many sources work"),
];

/// Reads the template.
pub(super) fn read(s: &Section<'_>) -> Option<String> {
    let t = s.text("foreword")?;
    if let Some(word) = unknown_placeholder(t.value) {
        let known = PLACEHOLDERS.map(|(name, _)| name).join("} {");
        let chinese = format!("foreword 里没有 {{{word}}} 可填；可用的有 {{{known}}}");
        s.error(t.span, localized(format!("{{{word}}} is no fact of an issue; there are {{{known}}}"), chinese));
    }
    Some(t.value.to_owned())
}

/// Returns the first word in braces that is not a placeholder.
fn unknown_placeholder(template: &str) -> Option<&str> {
    let mut words = template.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default());
    words.find(|w| PLACEHOLDERS.iter().all(|(name, _)| name != w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_that_does_not_exist_is_named() {
        assert_eq!(unknown_placeholder("{条数}{天气}"), Some("天气"));
        let all: String = PLACEHOLDERS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
        assert_eq!(unknown_placeholder(&all), None);
    }
}
