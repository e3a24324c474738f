//! `taxonomy.toml`: industries, themes, columns, places, organisations with their terms.

pub mod edit;
pub mod files;
mod group;
mod library;
mod print;
pub mod sets;

use std::path::Path;

use crate::config::Region;
use crate::config::localized::localized;
use crate::config::reader::{Section, TomlReader};
use crate::config::{ConfigError, read_file};
use crate::model::Firm;

/// An industry or theme with its terms.
#[derive(Debug, Clone, Default)]
pub struct Topic {
    /// Name shown to editors.
    pub name: String,
    /// Its sub-sectors in the national standards, each after its code.
    pub sectors: Vec<String>,
    /// Strong terms: one match is enough. Includes the sub-sector names.
    pub terms: Vec<String>,
    /// Words that count only near a term of the same topic or a context word.
    pub weak: Vec<String>,
    /// Phrases that contain a term but mean something else.
    pub exclude: Vec<String>,
}

/// A column of the briefing with its words.
#[derive(Debug, Clone, Default)]
pub struct ColumnRule {
    pub name: String,
    /// Words that count in the headline.
    pub title: Vec<String>,
    /// Words that count in the text.
    pub text: Vec<String>,
    /// Added to its score: the column with the highest base takes articles that no other column claims.
    pub base: i64,
}

/// A place with its other names.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Name shown.
    pub name: String,
    /// Its region: a level, or 全国.
    pub region: String,
    /// Its names in texts.
    pub names: Vec<String>,
}

/// A known organisation.
#[derive(Debug, Clone, Default)]
pub struct Organisation {
    /// Name shown.
    pub name: String,
    /// Other names and stock codes.
    pub names: Vec<String>,
    /// Its industries, if its name does not say them.
    pub industries: Vec<String>,
    /// News of it counts more.
    pub is_watched: bool,
}

/// Everything that the classifier knows.
#[derive(Debug, Clone, Default)]
pub struct Taxonomy {
    /// The industries that the institute follows.
    pub industries: Vec<Topic>,
    /// Cross-industry themes.
    pub themes: Vec<Topic>,
    pub columns: Vec<ColumnRule>,
    /// Regions of articles, narrowest first; articles outside all of them are national.
    pub levels: Vec<String>,
    pub places: Vec<Place>,
    pub organisations: Vec<Organisation>,
    /// Words of industry news that make weak words count.
    pub context: Vec<String>,
    /// Words from unrelated areas (games, celebrities, sports, horoscopes). They lower the score of every topic.
    pub off_topic: Vec<String>,
}

impl Taxonomy {
    /// Loads a file, or the built-in taxonomy of the default region.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_for(path, &Region::default())
    }

    /// Loads a file, or the built-in taxonomy of a region, whose levels also hold for a file that names none.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn load_for(path: Option<&Path>, region: &Region) -> Result<Self, ConfigError> {
        match path {
            Some(p) => Self::parse_for(&p.display().to_string(), &read_file(p)?, region),
            None => library::taxonomy(region),
        }
    }

    /// Reads a taxonomy of the default region.
    ///
    /// # Errors
    /// All mistakes of the text.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        Self::parse_for(file, text, &Region::default())
    }

    /// Reads a taxonomy of a region, whose levels hold if the text names none.
    ///
    /// # Errors
    /// All mistakes of the text.
    pub fn parse_for(file: &str, text: &str, region: &Region) -> Result<Self, ConfigError> {
        let taxonomy = Self::read_parts(file, text, &region.levels)?;
        if taxonomy.industries.is_empty() || taxonomy.columns.is_empty() {
            let words = localized("needs at least one [[industry]] and one [[column]]", "至少要有一个 [[industry]] 和一个 [[column]]");
            return Err(ConfigError::file(file, words));
        }
        Ok(taxonomy)
    }

    /// Reads what a file has, with these levels if it names none.
    fn read_parts(file: &str, text: &str, levels: &[String]) -> Result<Self, ConfigError> {
        let reader = TomlReader::parse(file, text)?;
        let root = reader.root();
        root.deny_unknown_keys(&["context", "off_topic", "levels", "industry", "theme", "column", "place", "organisation"]);
        let topics = |key| root.sections(key).iter().filter_map(|s| topic(s, &[])).collect();
        let taxonomy = Self {
            industries: topics("industry"),
            themes: topics("theme"),
            columns: root.sections("column").iter().filter_map(column).collect(),
            levels: Some(root.strings("levels")).filter(|l| !l.is_empty()).unwrap_or_else(|| levels.to_vec()),
            places: root.sections("place").iter().filter_map(place).collect(),
            organisations: root.sections("organisation").iter().filter_map(organisation).collect(),
            context: root.strings("context"),
            off_topic: root.strings("off_topic"),
        };
        let known = taxonomy.industry_names();
        for (s, o) in root.sections("organisation").iter().zip(&taxonomy.organisations) {
            for unknown in o.industries.iter().filter(|i| !known.contains(i)) {
                let chinese = format!("{}：没有叫“{unknown}”的行业", o.name);
                s.error(None, localized(format!("{:?} has the industry {unknown:?}, which no [[industry]] is called", o.name), chinese));
            }
        }
        reader.finish(taxonomy)
    }

    /// Applies editors' watch list: each organisation by all its names, and the names of those that they do not watch.
    #[must_use]
    pub fn with_watched(mut self, watched: Vec<Vec<String>>, unwatched: &[String]) -> Self {
        for o in self.organisations.iter_mut().filter(|o| unwatched.contains(&o.name)) {
            o.is_watched = false;
        }
        for names in watched {
            let Some(name) = names.first().cloned() else { continue };
            match self.organisations.iter_mut().find(|o| o.name == name) {
                Some(known) => {
                    known.is_watched = true;
                    let more: Vec<String> = names.into_iter().filter(|n| !known.names.contains(n)).collect();
                    known.names.extend(more);
                }
                None => self.organisations.push(Organisation { name, names, industries: Vec::new(), is_watched: true }),
            }
        }
        self
    }

    /// Returns the organisations with their other names, and whether they are watched.
    pub fn listed_organisations(&self) -> Vec<(String, Vec<String>, bool)> {
        // codes of stocks are no names
        let named = |o: &Organisation| o.names.iter().filter(|n| !n.chars().all(|c| c.is_ascii_digit())).cloned().collect();
        self.organisations.iter().map(|o| (o.name.clone(), named(o), o.is_watched)).collect()
    }

    /// Adds firms whose industries editors named.
    #[must_use]
    pub fn with_firms(mut self, firms: Vec<Firm>) -> Self {
        let organisation = |f: Firm| Organisation { names: vec![f.name.clone()], name: f.name, industries: f.industries, is_watched: false };
        self.organisations.extend(firms.into_iter().map(organisation));
        self
    }

    /// Industry names in order.
    pub fn industry_names(&self) -> Vec<String> {
        self.industries.iter().map(|t| t.name.clone()).collect()
    }

    /// Column names in order.
    pub fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).collect()
    }
}

fn name(s: &Section<'_>) -> Option<String> {
    let name = s.string("name").filter(|n| !n.is_empty());
    if name.is_none() {
        s.error(None, localized("needs a name", "要写名称 name"));
    }
    name
}

/// Reads an industry or theme, which may have some more keys.
fn topic(s: &Section<'_>, more_keys: &[&str]) -> Option<Topic> {
    s.deny_unknown_keys(&[&["name", "sectors", "terms", "weak", "exclude"], more_keys].concat());
    let sectors = s.strings("sectors");
    let mut terms = s.strings("terms");
    for (_, name) in sectors.iter().filter_map(|sector| sector.split_once(' ')).filter(|(_, name)| !name.contains('、')) {
        if !terms.iter().any(|t| t == name) {
            terms.push(name.to_owned());
        }
    }
    let topic = Topic { name: name(s)?, sectors, terms, weak: s.strings("weak"), exclude: s.strings("exclude") };
    if topic.terms.iter().any(|t| t.chars().count() < 2) {
        let english = format!("{}: a term of one character matches everything; make it weak or longer", topic.name);
        s.error(None, localized(english, format!("“{}”里有只有一个字的词，它会匹配一切；请放进 weak 或写长些", topic.name)));
    }
    Some(topic)
}

fn column(s: &Section<'_>) -> Option<ColumnRule> {
    s.deny_unknown_keys(&["name", "title", "text", "base"]);
    Some(ColumnRule { name: name(s)?, title: s.strings("title"), text: s.strings("text"), base: s.integer("base", 0..100).unwrap_or(0) })
}

fn place(s: &Section<'_>) -> Option<Place> {
    s.deny_unknown_keys(&["name", "region", "names"]);
    let name = name(s)?;
    let mut names = s.strings("names");
    names.push(name.clone());
    Some(Place { region: s.string("region").unwrap_or_else(|| "全国".to_owned()), names, name })
}

fn organisation(s: &Section<'_>) -> Option<Organisation> {
    s.deny_unknown_keys(&["name", "names", "industries"]);
    let name = name(s)?;
    let mut names = s.strings("names");
    names.push(name.clone());
    Some(Organisation { name, names, industries: s.strings("industries"), is_watched: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_taxonomy_holds_the_twelve_industries_and_five_themes() {
        let t = Taxonomy::load(None).unwrap();
        assert_eq!(
            t.industry_names(),
            ["新一代信息技术", "新材料", "生物医药", "智能装备", "新能源汽车", "节能环保", "装备制造", "食品", "发制品", "建材", "化工", "轻纺"]
        );
        assert_eq!(t.themes.len(), 5);
        assert!(t.industries.iter().all(|i| i.terms.len() >= 10 && !i.sectors.is_empty()));
        assert!(t.industries.iter().any(|i| i.terms.iter().any(|w| w == "电子核心产业")));
    }

    #[test]
    fn one_character_terms_are_refused() {
        let got = Taxonomy::parse("t", "[[industry]]\nname = \"食品\"\nterms = [\"油\"]\n[[column]]\nname = \"行业动态\"").unwrap_err();
        assert!(got.to_string().contains("matches everything"), "{got}");
    }
}
