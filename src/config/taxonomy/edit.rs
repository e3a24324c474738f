//! Edits the text of `taxonomy.toml`: comments and order stay, and only changed lists are written.

use std::collections::HashSet;

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::Taxonomy;
pub use super::group::{TopicGroup, WordList};
use super::print::WIDTH;
use crate::config::edit_toml::{as_text, put};

/// What the form of a topic holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicWords {
    pub name: String,
    /// The words of each list of its group.
    pub lists: Vec<Vec<String>>,
    /// The one other value of its group; empty: none.
    pub detail: String,
}

impl TopicWords {
    /// Returns the words of its first list, which name it in texts.
    pub fn terms(&self) -> &[String] {
        self.lists.first().map_or(&[], Vec::as_slice)
    }
}

/// A change of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicChange {
    Add(TopicWords),
    /// New words, and perhaps a new name, for the topic of a name.
    Replace(String, TopicWords),
    Remove(String),
}

impl TopicChange {
    /// Returns the old and the new name of a renamed topic.
    pub fn renamed(&self) -> Option<(&str, &str)> {
        match self {
            Self::Replace(old, new) if *old != new.name => Some((old, &new.name)),
            _ => None,
        }
    }

    /// Returns the name that the taxonomy loses.
    pub fn lost_name(&self) -> Option<&str> {
        match self {
            Self::Remove(name) => Some(name),
            _ => self.renamed().map(|(old, _)| old),
        }
    }
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeError {
    /// The file has none of that name.
    Missing(TopicGroup, String),
    /// There is one of that name already.
    Taken(TopicGroup, String),
    /// The text is no TOML.
    Unreadable,
}

impl ChangeError {
    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Missing(group, name) => format!("词表里没有叫“{name}”的{}", group.chinese_of_names()),
            Self::Taken(group, name) => format!("已经有叫“{name}”的{}", group.chinese_of_names()),
            Self::Unreadable => "词表文件读不懂".to_owned(),
        }
    }
}

/// Returns the words of a topic as the file has them.
pub fn words_of(text: &str, group: TopicGroup, name: &str) -> Option<TopicWords> {
    let document = text.parse::<DocumentMut>().ok()?;
    let tables = document.get(group.key())?.as_array_of_tables()?;
    let table = tables.iter().find(|t| name_of(t) == Some(name))?;
    let list = |key: &str| -> Vec<String> {
        let array = table.get(key).and_then(Item::as_array);
        array.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let detail = group.detail().and_then(|d| table.get(d.key)).map(as_text).unwrap_or_default();
    Some(TopicWords { name: name.to_owned(), lists: group.lists().iter().map(|l| list(l.key)).collect(), detail })
}

/// Returns the text with a change made. The caller checks the result with `Taxonomy::parse_for`.
pub fn changed(text: &str, group: TopicGroup, change: &TopicChange) -> Result<String, ChangeError> {
    let mut document = text.parse::<DocumentMut>().map_err(|_| ChangeError::Unreadable)?;
    let new_name = match change {
        TopicChange::Add(new) => Some(new.name.as_str()),
        _ => change.renamed().map(|(_, new)| new),
    };
    let is_shared = |g: TopicGroup| g == group || g.is_topic() && group.is_topic();
    let has_name = |name: &str| TopicGroup::ALL.iter().any(|g| is_shared(g.0) && position(&document, g.1, name).is_some());
    if let Some(name) = new_name.filter(|name| has_name(name)) {
        return Err(ChangeError::Taken(group, name.to_owned()));
    }
    match change {
        TopicChange::Add(new) => add(&mut document, group, new),
        TopicChange::Replace(name, new) => replace(&mut document, group, name, new)?,
        TopicChange::Remove(name) => remove(&mut document, group, name)?,
    }
    if let Some(name) = change.lost_name().filter(|_| group == TopicGroup::Industry) {
        rename_in_organisations(&mut document, name, new_name);
    }
    Ok(document.to_string())
}

/// Returns a list of industries with one renamed or, without a new name, removed.
pub fn with_name_changed(names: &[String], old: &str, new: Option<&str>) -> Vec<String> {
    names.iter().filter_map(|n| if n == old { new.map(str::to_owned) } else { Some(n.clone()) }).collect()
}

/// Returns the text of `qingbao.toml` with the key `taxonomy` set or removed.
pub fn naming_taxonomy(settings: &str, path: Option<&str>) -> Result<String, ChangeError> {
    let mut document = settings.parse::<DocumentMut>().map_err(|_| ChangeError::Unreadable)?;
    match path {
        Some(path) => drop(document.insert("taxonomy", value(path))),
        None => drop(document.remove("taxonomy")),
    }
    Ok(document.to_string())
}

impl Taxonomy {
    /// Returns the topics of a group.
    pub fn topics(&self, group: TopicGroup) -> &[super::Topic] {
        match group {
            TopicGroup::Industry => &self.industries,
            TopicGroup::Theme => &self.themes,
            _ => &[],
        }
    }
}

fn name_of(table: &Table) -> Option<&str> {
    table.get("name").and_then(Item::as_str)
}

fn position(document: &DocumentMut, key: &str, name: &str) -> Option<usize> {
    document.get(key)?.as_array_of_tables()?.iter().position(|t| name_of(t) == Some(name))
}

fn tables_mut(document: &mut DocumentMut, group: TopicGroup) -> Option<&mut ArrayOfTables> {
    document.get_mut(group.key()).and_then(Item::as_array_of_tables_mut)
}

fn add(document: &mut DocumentMut, group: TopicGroup, new: &TopicWords) {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("name", value(&new.name));
    set_values(&mut table, group, new);
    let item = document.entry(group.key()).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(tables) = item.as_array_of_tables_mut() {
        tables.push(table);
    }
}

fn replace(document: &mut DocumentMut, group: TopicGroup, name: &str, new: &TopicWords) -> Result<(), ChangeError> {
    let missing = || ChangeError::Missing(group, name.to_owned());
    let at = position(document, group.key(), name).ok_or_else(missing)?;
    let table = tables_mut(document, group).and_then(|t| t.get_mut(at)).ok_or_else(missing)?;
    if let Some(old) = table.get_mut("name").and_then(Item::as_value_mut).filter(|_| name != new.name) {
        replace_string(old, &new.name);
    }
    set_values(table, group, new);
    Ok(())
}

fn remove(document: &mut DocumentMut, group: TopicGroup, name: &str) -> Result<(), ChangeError> {
    let missing = || ChangeError::Missing(group, name.to_owned());
    let at = position(document, group.key(), name).ok_or_else(missing)?;
    let tables = tables_mut(document, group).ok_or_else(missing)?;
    let before = tables.get(at).map(|t| prefix(t.decor())).unwrap_or_default();
    tables.remove(at);
    // a paragraph of comments further above belongs to the file, not to this topic
    let kept = before.rfind("\n\n").and_then(|end| before.get(..end)).filter(|kept| kept.contains('#'));
    if let (Some(kept), Some(next)) = (kept, tables.get_mut(at)) {
        let joined = format!("{kept}\n{}", prefix(next.decor()));
        next.decor_mut().set_prefix(joined);
    }
    Ok(())
}

fn rename_in_organisations(document: &mut DocumentMut, old: &str, new: Option<&str>) {
    let Some(tables) = document.get_mut("organisation").and_then(Item::as_array_of_tables_mut) else { return };
    for table in tables.iter_mut() {
        let Some(industries) = table.get_mut("industries").and_then(Item::as_array_mut) else { continue };
        match new {
            Some(new) => industries.iter_mut().filter(|v| v.as_str() == Some(old)).for_each(|v| replace_string(v, new)),
            None => industries.retain(|v| v.as_str() != Some(old)),
        }
        if industries.is_empty() {
            table.remove("industries");
        }
    }
}

/// Replaces a string and keeps the spaces and comments around it.
fn replace_string(old: &mut Value, new: &str) {
    let decor = old.decor().clone();
    *old = Value::from(new);
    *old.decor_mut() = decor;
}

fn set_values(table: &mut Table, group: TopicGroup, new: &TopicWords) {
    if let Some(detail) = group.detail() {
        // a text that is no number stays a text: the check of the file tells it
        let typed = |text: &str| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
        put(table, detail.key, Some(new.detail.trim()).filter(|t| !t.is_empty()).map(typed));
    }
    for (key, words) in group.lists().iter().map(|l| l.key).zip(&new.lists) {
        if words.is_empty() {
            table.remove(key);
        } else if let Some(array) = table.get_mut(key).and_then(Item::as_array_mut) {
            set_words(array, words);
        } else {
            let mut array = Array::new();
            set_words(&mut array, words);
            table.insert(key, value(array));
        }
    }
}

fn prefix(decor: &toml_edit::Decor) -> String {
    decor.prefix().and_then(|p| p.as_str()).unwrap_or_default().to_owned()
}

/// Removes and appends words. Words that stay keep their places and comments; the comment beside a removed word stays too.
fn set_words(array: &mut Array, words: &[String]) {
    let old: Vec<Value> = array.iter().cloned().collect();
    let wanted: HashSet<&str> = words.iter().map(String::as_str).collect();
    let known: HashSet<String> = old.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let mut comments = String::new();
    let mut kept: Vec<Value> = Vec::new();
    for mut v in old {
        let own = prefix(v.decor());
        if v.as_str().is_some_and(|w| wanted.contains(w)) {
            v.decor_mut().set_prefix(format!("{comments}{own}"));
            comments.clear();
            kept.push(v);
        } else if own.contains('#') {
            comments.push_str(&own);
        }
    }
    let mut trailing = format!("{comments}{}", array.trailing().as_str().unwrap_or_default());
    let added: Vec<&str> = words.iter().map(String::as_str).filter(|w| !known.contains(*w)).collect();
    let is_long = added.iter().map(|w| w.chars().count() + 4).sum::<usize>() > WIDTH;
    let in_lines = is_long || trailing.contains('\n') || kept.iter().any(|v| prefix(v.decor()).contains('\n'));
    let mut width = usize::MAX;
    for word in added {
        let letters = word.chars().count() + 4;
        let space = match (in_lines, width.saturating_add(letters) > WIDTH) {
            // a comment after the last word stays beside it
            (true, true) => {
                format!("{}\n    ", if trailing.contains('#') { std::mem::take(&mut trailing).trim_end().to_owned() } else { String::new() })
            }
            (false, _) if kept.is_empty() => String::new(),
            _ => " ".to_owned(),
        };
        width = if space.contains('\n') { letters } else { width.saturating_add(letters) };
        kept.push(Value::from(word).decorated(space, ""));
    }
    array.clear();
    for v in kept {
        array.push_formatted(v);
    }
    if in_lines {
        array.set_trailing(if trailing.contains('\n') { trailing } else { "\n".to_owned() });
        array.set_trailing_comma(true);
    } else {
        array.set_trailing(trailing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# 我们的词表\ncontext = [\"投产\"]\n\n# 两年前定的行业\n[[industry]]\nname = \"食品\" # 主业\nterms = [\n    \"食品\", # 总称\n    \"面粉\",\n    # 地方\n    \"腐竹\", # 河街\n]\nweak = [\"油\", \"面\"]\n\n# 第二个\n[[industry]]\nname = '发制品'\nterms = ['假发']\n\n[[column]]\nname = \"行业动态\"\n\n[[organisation]]\nname = \"众品\"\nindustries = [\"食品\"] # 肉\n";

    fn words(name: &str, terms: &[&str], weak: &[&str]) -> TopicWords {
        let list = |l: &[&str]| l.iter().map(|w| (*w).to_owned()).collect();
        TopicWords { name: name.to_owned(), lists: vec![list(terms), list(weak), Vec::new()], detail: String::new() }
    }

    fn change(c: &TopicChange) -> String {
        let text = changed(FILE, TopicGroup::Industry, c).unwrap();
        Taxonomy::parse("t", &text).unwrap();
        text
    }

    #[test]
    fn the_same_words_leave_the_file_as_it_is() {
        let same = words_of(FILE, TopicGroup::Industry, "食品").unwrap();
        assert_eq!(same.terms(), ["食品", "面粉", "腐竹"]);
        assert_eq!(change(&TopicChange::Replace("食品".to_owned(), same)), FILE);
    }

    #[test]
    fn words_come_and_go_and_comments_stay() {
        let after = change(&TopicChange::Replace("食品".to_owned(), words("食品", &["食品", "腐竹", "预制菜"], &["油", "面", "糖"])));
        let expected = FILE
            .replace("    \"面粉\",\n", "")
            .replace("\"腐竹\", # 河街\n]", "\"腐竹\", # 河街\n    \"预制菜\",\n]")
            .replace("\"面\"]", "\"面\", \"糖\"]");
        assert!(after.contains("# 总称") && after.contains("# 地方") && after.contains("# 河街"), "{after}");
        assert_eq!(after.replace(char::is_whitespace, ""), expected.replace(char::is_whitespace, ""), "{after}");
        assert_eq!(words_of(&after, TopicGroup::Industry, "食品").unwrap().terms(), ["食品", "腐竹", "预制菜"]);
    }

    #[test]
    fn a_new_name_reaches_the_organisations() {
        let new = TopicWords { name: "食品加工".to_owned(), ..words_of(FILE, TopicGroup::Industry, "食品").unwrap() };
        let after = change(&TopicChange::Replace("食品".to_owned(), new));
        assert_eq!(after, FILE.replace("name = \"食品\"", "name = \"食品加工\"").replace("industries = [\"食品\"]", "industries = [\"食品加工\"]"));
    }

    #[test]
    fn a_topic_is_added_and_removed() {
        let after = change(&TopicChange::Add(words("化工", &["尿素"], &[])));
        let t = Taxonomy::parse("t", &after).unwrap();
        assert_eq!(t.industry_names(), ["食品", "发制品", "化工"]);
        assert_eq!(changed(&after, TopicGroup::Industry, &TopicChange::Remove("化工".to_owned())).unwrap(), FILE);
        let after = change(&TopicChange::Remove("食品".to_owned()));
        assert!(!after.contains("食品") && after.starts_with("# 我们的词表") && after.contains("# 第二个"), "{after}");
    }

    #[test]
    fn names_are_unique_and_known() {
        let refused = |c: &TopicChange| changed(FILE, TopicGroup::Theme, c).unwrap_err();
        assert_eq!(refused(&TopicChange::Add(words("食品", &[], &[]))), ChangeError::Taken(TopicGroup::Theme, "食品".to_owned()));
        assert_eq!(refused(&TopicChange::Remove("食品".to_owned())), ChangeError::Missing(TopicGroup::Theme, "食品".to_owned()));
    }

    #[test]
    fn the_settings_name_the_file_and_forget_it_and_keep_their_comments() {
        let settings = "# 本馆\n[publication]\nname = \"甲\" # 名\n";
        let named = naming_taxonomy(settings, Some("taxonomy.toml")).unwrap();
        assert!(crate::config::Settings::parse("q", &named.replace("甲", "乙")).is_ok_and(|s| s.taxonomy.is_some()), "{named}");
        assert_eq!(naming_taxonomy(&named, None).unwrap(), settings);
    }

    #[test]
    fn the_built_in_taxonomy_can_be_edited() {
        let text = Taxonomy::load(None).unwrap().to_toml();
        let taxonomy = Taxonomy::load(None).unwrap();
        let places = taxonomy.places.iter().map(|p| (TopicGroup::Place, &p.name));
        let organisations = taxonomy.organisations.iter().map(|o| (TopicGroup::Organisation, &o.name));
        let topics = [TopicGroup::Industry, TopicGroup::Theme].into_iter().flat_map(|g| taxonomy.topics(g).iter().map(move |t| (g, &t.name)));
        let all = topics.chain(taxonomy.columns.iter().map(|c| (TopicGroup::Column, &c.name))).chain(places).chain(organisations);
        for (group, name) in all {
            let mut new = words_of(&text, group, name).unwrap();
            assert!(changed(&text, group, &TopicChange::Replace(name.clone(), new.clone())).unwrap() == text, "{name}");
            new.lists[0].push("新加的词".to_owned());
            let after = changed(&text, group, &TopicChange::Replace(name.clone(), new.clone())).unwrap();
            assert_eq!(words_of(&after, group, name).unwrap(), new);
        }
    }

    #[test]
    fn a_column_has_its_base_and_its_words() {
        let words =
            TopicWords { name: "领导关注".to_owned(), lists: vec![vec!["书记".to_owned()], vec!["调研".to_owned()]], detail: "3".to_owned() };
        let after = changed(FILE, TopicGroup::Column, &TopicChange::Add(words.clone())).unwrap();
        let column = Taxonomy::parse("t", &after).unwrap().columns.pop().unwrap();
        assert_eq!((column.base, column.title, column.text), (3, vec!["书记".to_owned()], vec!["调研".to_owned()]));
        assert_eq!(words_of(&after, TopicGroup::Column, "领导关注"), Some(words.clone()));
        let wrong = TopicWords { detail: "很高".to_owned(), ..words.clone() };
        assert!(Taxonomy::parse("t", &changed(FILE, TopicGroup::Column, &TopicChange::Add(wrong)).unwrap()).is_err());
        // a column and an industry may have one name
        assert!(changed(FILE, TopicGroup::Column, &TopicChange::Add(TopicWords { name: "食品".to_owned(), ..words })).is_ok());
    }
}
