//! 新增简报: the form on the page 设置 that adds a `[[publication]]`.

use toml_edit::{Array, InlineTable, Value};

use crate::config::Settings;
use crate::config::edit_settings::{Change, Row, SettingsFile};
use crate::config::source_list::SourceList;
use crate::web::filter_values::without_noise;
use crate::web::form::Fields;

/// The fields as typed; lists with one value per line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NewPublication {
    pub(super) name: String,
    pub(super) organiser: String,
    /// Each with its most items behind it: 行业动态 8.
    pub(super) columns: String,
    pub(super) industries: String,
    pub(super) recipients: String,
    /// Ids or names.
    pub(super) sources: String,
}

impl NewPublication {
    pub(super) fn of_form(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).map(without_noise).unwrap_or_default();
        Self {
            name: text("new-name").trim().to_owned(),
            organiser: text("new-organiser").trim().to_owned(),
            columns: text("new-columns"),
            industries: text("new-industries"),
            recipients: text("new-recipients"),
            sources: text("new-sources"),
        }
    }

    /// Returns the change of the file, and the number of the new publication. The check of the new text reports what is left.
    pub(super) fn change(&self, file: &SettingsFile, settings: &Settings, list: &SourceList) -> Result<(Vec<Change>, usize), String> {
        if self.name.is_empty() || self.organiser.is_empty() {
            return Err("请写简报的名称和主办单位".to_owned());
        }
        let known = file.count("publication");
        let mut rows: Vec<Row> = (0..known).map(|n| Row { from: Some(n), values: Vec::new() }).collect();
        if rows.is_empty() {
            // the publication that the settings do not write down would otherwise be replaced
            let first = &settings.publication;
            rows.push(Row { from: None, values: [text("name", &first.name), text("organiser", &first.organiser)].into() });
        }
        let mut values = vec![text("name", &self.name), text("organiser", &self.organiser)];
        let sources = lines(&self.sources).map(|l| source_id(l, list)).collect::<Result<Vec<_>, _>>()?;
        let texts = [
            ("industries", lines(&self.industries).map(str::to_owned).collect()),
            ("recipients", lines(&self.recipients).map(str::to_owned).collect()),
            ("sources", sources),
        ];
        values.extend(
            texts.into_iter().filter(|(_, l): &(_, Vec<String>)| !l.is_empty()).map(|(key, l)| (key.to_owned(), Some(l.into_iter().collect()))),
        );
        let columns = lines(&self.columns).map(column).collect::<Result<Vec<Value>, _>>()?;
        if !columns.is_empty() {
            values.push(("columns".to_owned(), Some(Value::Array(Array::from_iter(columns)))));
        }
        rows.push(Row { from: None, values });
        let number = rows.len() - 1;
        Ok((vec![Change::Rows { list: "publication".to_owned(), rows }], number))
    }
}

fn text(key: &str, value: &str) -> (String, Option<Value>) {
    (key.to_owned(), Some(value.into()))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty())
}

/// Returns the id of a source that a line names by its id or name.
fn source_id(line: &str, list: &SourceList) -> Result<String, String> {
    let found = list.sources.iter().find(|s| s.id.as_str() == line).or_else(|| list.sources.iter().find(|s| s.name == line));
    found.map(|s| s.id.to_string()).ok_or_else(|| format!("来源里没有“{line}”：请按“来源”页上的名称或编号写"))
}

/// Reads a column and its most items: 行业动态 8; without a number as many as the settings give by default.
fn column(line: &str) -> Result<Value, String> {
    let mut table = InlineTable::new();
    let (name, quota) = line.rsplit_once(char::is_whitespace).filter(|(_, n)| n.starts_with(|c: char| c.is_ascii_digit())).unwrap_or((line, ""));
    table.insert("name", name.trim().into());
    if !quota.is_empty() {
        table.insert("quota", quota.parse::<i64>().map_err(|_| format!("“{line}”的条数不是数字：写成“行业动态 8”"))?.into());
    }
    Ok(table.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &str, new: &NewPublication) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.toml");
        std::fs::write(&path, text).unwrap();
        let (file, settings) = (SettingsFile::read(&path).unwrap(), Settings::parse("qingbao.toml", text).unwrap());
        let sources = "[[source]]\nid = \"hair\"\nname = \"发制品网\"\nurl = \"https://hair.example/\"\n";
        let list = SourceList::parse("sources.toml", sources, &settings.vocabulary(&settings.load_taxonomy().unwrap())).unwrap();
        let (changes, _) = new.change(&file, &settings, &list)?;
        let text = file.with(changes);
        file.check(&text).map_err(|e| e.to_string())?;
        Ok(text)
    }

    fn new() -> NewPublication {
        NewPublication {
            name: "发制品快讯".into(),
            organiser: "某研究院".into(),
            columns: "行业动态 8\n\n政策法规".into(),
            industries: String::new(),
            recipients: "甲 <a@b.example>".into(),
            sources: "发制品网".into(),
        }
    }

    #[test]
    fn a_publication_is_added_and_the_others_stay() {
        let text = added("# 头\n[publication]\nname = \"快递\" # 第一种\n\n[console]\nlisten = \"127.0.0.1:0\"\n", &new()).unwrap();
        for part in [
            "# 头\n[[publication]]\nname = \"快递\" # 第一种\n",
            "name = \"发制品快讯\"\n",
            "sources = [\"hair\"]",
            "{ name = \"行业动态\", quota = 8 }",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let settings = Settings::parse("qingbao.toml", &text).unwrap();
        let second = &settings.additional_publications[0];
        assert_eq!((second.recipients.len(), second.columns.len(), second.sources.takes("hair")), (1, 2, true));
        assert!(!settings.publication.sources.takes("hair"), "it is the new one's own");
    }

    #[test]
    fn the_publication_that_the_file_does_not_name_stays() {
        let text = added("[console]\nlisten = \"127.0.0.1:0\"\n", &new()).unwrap();
        let settings = Settings::parse("qingbao.toml", &text).unwrap();
        assert_eq!(settings.publications().map(|p| p.name.clone()).collect::<Vec<_>>(), [Settings::default().publication.name, "发制品快讯".into()]);
    }

    #[test]
    fn mistakes_are_told() {
        let file = "[publication]\nname = \"快递\"\n";
        for (new, why) in [
            (NewPublication { name: String::new(), ..new() }, "请写简报的名称"),
            (NewPublication { sources: "别的网".into(), ..new() }, "来源里没有“别的网”"),
            (NewPublication { columns: "行业动态 8条".into(), ..new() }, "条数不是数字"),
            (NewPublication { name: "快递".into(), ..new() }, "the same name"),
            (NewPublication { recipients: "没有地址".into(), ..new() }, "mail address"),
        ] {
            let wrong = added(file, &new).unwrap_err();
            assert!(wrong.contains(why), "{wrong}");
        }
    }
}
