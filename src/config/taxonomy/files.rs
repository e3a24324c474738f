//! Writes a changed taxonomy: its own file, the key in `qingbao.toml` that names it, and the hints of sources that say a changed
//! name. All of it is checked before anything is written.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Taxonomy;
use super::edit::{ChangeError, TopicChange, TopicGroup, changed, naming_taxonomy, with_name_changed};
use crate::config::edit_sources::{EditError, with_industries};
use crate::config::edit_toml::{replace, turn};
use crate::config::{ConfigError, Settings, SourceList, read_file};
use crate::model::SourceId;
use crate::text::hex;

/// The file that a first change makes, beside `qingbao.toml`.
const FILE: &str = "taxonomy.toml";

/// One change at a time: what a change read is still there when it writes.
static WRITING: Mutex<()> = Mutex::new(());

/// Why a taxonomy is not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("{}", .0.chinese())]
    Change(ChangeError),
    /// A file exists where the first change would make one.
    #[error("{0} exists, but qingbao.toml does not name it; nothing was written")]
    InTheWay(String),
}

impl From<ConfigError> for SaveError {
    fn from(e: ConfigError) -> Self {
        Self::Edit(EditError::Config(e))
    }
}

impl From<ChangeError> for SaveError {
    fn from(e: ChangeError) -> Self {
        Self::Change(e)
    }
}

impl SaveError {
    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Edit(e) => e.chinese(),
            Self::Change(e) => e.chinese(),
            Self::InTheWay(path) => format!("{path} 已经有了，但 qingbao.toml 没有用它：请先移走它，或在 qingbao.toml 里写明 taxonomy = \"{path}\""),
        }
    }
}

/// The taxonomy's text, from its file or as the built-in one is printed.
#[derive(Debug, Clone)]
pub struct TaxonomyText {
    /// `None`: the built-in one.
    pub path: Option<PathBuf>,
    pub text: String,
}

impl TaxonomyText {
    /// Reads what the settings name.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(settings: &Settings) -> Result<Self, ConfigError> {
        match &settings.taxonomy {
            Some(path) => Ok(Self { path: Some(path.clone()), text: read_file(path)? }),
            None => Ok(Self { path: None, text: settings.load_taxonomy()?.to_toml() }),
        }
    }

    /// Returns the version that a form carries to say what its editor saw.
    pub fn version(&self) -> String {
        version(&self.text)
    }

    /// Returns a changed text, and the taxonomy that it holds.
    ///
    /// # Errors
    /// The change cannot be made, or what it gives is wrong.
    pub fn with(&self, settings: &Settings, group: TopicGroup, change: &TopicChange) -> Result<(String, Taxonomy), SaveError> {
        let text = changed(&self.text, group, change)?;
        let name = self.path.as_deref().unwrap_or(Path::new(FILE)).display().to_string();
        let taxonomy = Taxonomy::parse_for(&name, &text, &settings.region)?;
        Ok((text, taxonomy))
    }
}

fn version(text: &str) -> String {
    hex(&Sha256::digest(text)).chars().take(16).collect()
}

/// The files of an installation.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    pub settings: &'a Path,
    pub sources: &'a Path,
}

/// What takes a saved change back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Undo {
    path: PathBuf,
    /// The text before; `None`: the built-in taxonomy was used.
    before: Option<String>,
    /// The version of what was written.
    version: String,
    /// The industries of the sources whose hints were changed.
    hints: Vec<(String, Vec<String>)>,
}

/// A text to write, and what the file must still hold; `None`: no file.
struct FileChange {
    path: PathBuf,
    before: Option<String>,
    after: Option<String>,
}

/// Saves a change. `seen` is the version that the form carries.
///
/// # Errors
/// It cannot be made, or a file changed meanwhile; nothing was written.
pub fn save(files: Files<'_>, group: TopicGroup, change: &TopicChange, seen: &str) -> Result<Undo, SaveError> {
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let settings = Settings::load(files.settings.exists().then_some(files.settings))?;
    let old = TaxonomyText::load(&settings)?;
    let path = old.path.clone().unwrap_or_else(|| beside_settings(files.settings));
    if old.version() != seen {
        return Err(EditError::Changed(path.display().to_string()).into());
    }
    if old.path.is_none() && path.exists() {
        return Err(SaveError::InTheWay(path.display().to_string()));
    }
    let (text, taxonomy) = old.with(&settings, group, change)?;
    let before = old.path.is_some().then(|| old.text.clone());
    let undo = |hints| Undo { path: path.clone(), before: before.clone(), version: version(&text), hints };
    let mut writes = vec![FileChange { path: path.clone(), before: before.clone(), after: Some(text.clone()) }];
    if old.path.is_none() {
        writes.push(name_in_settings(files.settings, Some(&path))?);
    }
    let new_name = change.renamed().map(|(_, new)| new);
    let (mut hints, mut was) = (Vec::new(), Vec::new());
    if let Some(lost) = change.lost_name().filter(|_| group == TopicGroup::Industry && files.sources.exists()) {
        let vocabulary = settings.vocabulary(&settings.load_taxonomy()?);
        for source in SourceList::load(files.sources, &vocabulary)?.sources.iter().filter(|s| s.industries.iter().any(|i| i == lost)) {
            was.push((source.id.to_string(), source.industries.clone()));
            hints.push((source.id.clone(), with_name_changed(&source.industries, lost, new_name)));
        }
    }
    writes.extend(changed_hints(files.sources, &hints)?);
    check_sources(files.sources, &writes, &settings, &taxonomy)?;
    write_all(&writes)?;
    Ok(undo(was))
}

/// Returns the file that a first change makes. Where the settings are a link, it lies beside the file that the link leads to: there the
/// service may write.
fn beside_settings(settings: &Path) -> PathBuf {
    let target = if settings.is_symlink() { std::fs::canonicalize(settings).ok() } else { None };
    target.as_deref().unwrap_or(settings).with_file_name(FILE)
}

/// Takes a saved change back.
///
/// # Errors
/// The taxonomy was changed since; nothing was written.
pub fn restore(files: Files<'_>, undo: &Undo) -> Result<(), SaveError> {
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let now = read_file(&undo.path)?;
    if version(&now) != undo.version {
        return Err(EditError::Changed(undo.path.display().to_string()).into());
    }
    let settings = Settings::load(files.settings.exists().then_some(files.settings))?;
    let name = undo.path.display().to_string();
    let taxonomy = match &undo.before {
        Some(text) => Taxonomy::parse_for(&name, text, &settings.region)?,
        None => Taxonomy::load_for(None, &settings.region)?,
    };
    let mut writes = Vec::new();
    if undo.before.is_none() {
        // the settings first: they must not name a file that is gone
        writes.push(name_in_settings(files.settings, None)?);
    }
    writes.push(FileChange { path: undo.path.clone(), before: Some(now), after: undo.before.clone() });
    let hints: Vec<(SourceId, Vec<String>)> = undo.hints.iter().filter_map(|(id, i)| Some((SourceId::parse(id)?, i.clone()))).collect();
    writes.extend(changed_hints(files.sources, &hints)?);
    check_sources(files.sources, &writes, &settings, &taxonomy)?;
    write_all(&writes)
}

fn name_in_settings(settings: &Path, path: Option<&Path>) -> Result<FileChange, SaveError> {
    let before = if settings.exists() { Some(read_file(settings)?) } else { None };
    let after = naming_taxonomy(before.as_deref().unwrap_or_default(), path.map(|p| p.display().to_string()).as_deref())?;
    Settings::parse(&settings.display().to_string(), &after)?;
    // settings without a key are no settings: the defaults hold without the file
    Ok(FileChange { path: settings.to_owned(), before, after: Some(after).filter(|text| !text.trim().is_empty()) })
}

fn changed_hints(sources: &Path, hints: &[(SourceId, Vec<String>)]) -> Result<Option<FileChange>, SaveError> {
    if hints.is_empty() {
        return Ok(None);
    }
    let before = read_file(sources)?;
    let after = with_industries(&before, hints).ok_or(ChangeError::Unreadable)?;
    Ok(Some(FileChange { path: sources.to_owned(), before: Some(before), after: Some(after) }))
}

/// Checks the source list with the names of the new taxonomy: an unknown name would stop the whole list.
fn check_sources(sources: &Path, writes: &[FileChange], settings: &Settings, taxonomy: &Taxonomy) -> Result<(), SaveError> {
    let changed = writes.iter().find(|w| w.path == sources).and_then(|w| w.after.clone());
    let text = match changed {
        Some(text) => text,
        None if sources.exists() => read_file(sources)?,
        None => return Ok(()),
    };
    SourceList::parse(&sources.display().to_string(), &text, &settings.vocabulary(taxonomy))?;
    Ok(())
}

/// Writes all files, or none: what was written is put back if a later one fails.
fn write_all(writes: &[FileChange]) -> Result<(), SaveError> {
    let _turn = turn();
    for w in writes {
        let now = if w.path.exists() { Some(read_file(&w.path)?) } else { None };
        if now != w.before {
            return Err(EditError::Changed(w.path.display().to_string()).into());
        }
    }
    for (done, w) in writes.iter().enumerate() {
        if let Err(source) = put(&w.path, w.after.as_deref()) {
            for earlier in writes.iter().take(done).rev() {
                if let Err(e) = put(&earlier.path, earlier.before.as_deref()) {
                    tracing::error!("{} cannot be put back: {e}", earlier.path.display());
                }
            }
            return Err(EditError::Write { path: w.path.display().to_string(), source }.into());
        }
    }
    Ok(())
}

fn put(path: &Path, text: Option<&str>) -> std::io::Result<()> {
    match text {
        Some(text) if path.exists() => replace(path, text.as_bytes()),
        Some(text) => {
            std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
            replace(path, text.as_bytes())
        }
        None => std::fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::super::edit::{TopicWords, words_of};
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(settings: &str, sources: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("qingbao.toml"), settings).unwrap();
            std::fs::write(dir.path().join("sources.toml"), sources).unwrap();
            Self(dir)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn read(&self, name: &str) -> String {
            std::fs::read_to_string(self.path(name)).unwrap()
        }

        fn loaded(&self) -> (Settings, TaxonomyText) {
            let settings = Settings::load(Some(&self.path("qingbao.toml"))).unwrap();
            let text = TaxonomyText::load(&settings).unwrap();
            (settings, text)
        }

        fn save(&self, change: &TopicChange, seen: &str) -> Result<Undo, SaveError> {
            let (settings, sources) = (self.path("qingbao.toml"), self.path("sources.toml"));
            save(Files { settings: &settings, sources: &sources }, TopicGroup::Industry, change, seen)
        }

        fn restore(&self, undo: &Undo) -> Result<(), SaveError> {
            let (settings, sources) = (self.path("qingbao.toml"), self.path("sources.toml"));
            restore(Files { settings: &settings, sources: &sources }, undo)
        }
    }

    const SETTINGS: &str = "# 本馆\n\n[publication] # 刊物\nname = \"白鹭快报\"\n";
    const SOURCES: &str = "# 来源\n[[source]]\nid = \"a\"\nname = \"甲\"\nurl = \"https://a.cn/\"\nindustries = [\"食品\", \"化工\"] # 两个\n";

    fn renamed(text: &str) -> TopicChange {
        TopicChange::Replace("食品".to_owned(), TopicWords { name: "食品加工".to_owned(), ..words_of(text, TopicGroup::Industry, "食品").unwrap() })
    }

    #[test]
    fn the_first_change_makes_a_file_and_one_step_takes_it_back() {
        let folder = Folder::new(SETTINGS, SOURCES);
        let (_, before) = folder.loaded();
        let undo = folder.save(&renamed(&before.text), &before.version()).unwrap();
        let (settings, after) = folder.loaded();
        assert_eq!(settings.taxonomy, Some(folder.path("taxonomy.toml")));
        assert!(after.text.contains("\"食品加工\"") && folder.read("qingbao.toml").ends_with(SETTINGS), "{}", folder.read("qingbao.toml"));
        assert_eq!(folder.read("sources.toml"), SOURCES.replace("食品", "食品加工"), "hints follow the name");
        SourceList::load(&folder.path("sources.toml"), &settings.vocabulary(&settings.load_taxonomy().unwrap())).unwrap();
        let undo: Undo = serde_json::from_str(&serde_json::to_string(&undo).unwrap()).unwrap();
        folder.restore(&undo).unwrap();
        assert_eq!((folder.read("qingbao.toml"), folder.read("sources.toml")), (SETTINGS.to_owned(), SOURCES.to_owned()));
        assert!(!folder.path("taxonomy.toml").exists() && folder.restore(&undo).is_err());
    }

    #[test]
    fn the_file_lies_beside_settings_that_a_link_leads_to() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().canonicalize().unwrap().join("sources");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("qingbao.toml"), "").unwrap();
        let link = dir.path().join("qingbao.toml");
        std::os::unix::fs::symlink("sources/qingbao.toml", &link).unwrap();
        assert_eq!(beside_settings(&link), folder.join(FILE));
        assert_eq!(beside_settings(Path::new("qingbao.toml")), Path::new(FILE));
    }

    #[test]
    fn a_removed_industry_leaves_the_hints() {
        let folder = Folder::new(SETTINGS, SOURCES);
        let (_, before) = folder.loaded();
        folder.save(&TopicChange::Remove("食品".to_owned()), &before.version()).unwrap();
        assert!(folder.read("sources.toml").contains("industries = [\"化工\"] # 两个"), "{}", folder.read("sources.toml"));
    }

    #[test]
    fn what_changed_meanwhile_is_not_overwritten() {
        let folder = Folder::new(SETTINGS, SOURCES);
        let (_, before) = folder.loaded();
        let undo = folder.save(&renamed(&before.text), &before.version()).unwrap();
        let again = folder.save(&TopicChange::Remove("化工".to_owned()), &before.version()).unwrap_err();
        assert!(again.chinese().contains("刚被别人改过"), "{again}");
        let edited = format!("# 手改\n{}", folder.read("taxonomy.toml"));
        std::fs::write(folder.path("taxonomy.toml"), &edited).unwrap();
        assert!(folder.restore(&undo).unwrap_err().chinese().contains("刚被别人改过"));
        assert_eq!(folder.read("taxonomy.toml"), edited);
    }

    #[test]
    fn wrong_words_and_files_in_the_way_are_refused_and_nothing_is_written() {
        let folder = Folder::new(SETTINGS, SOURCES);
        let (_, before) = folder.loaded();
        let mut words = words_of(&before.text, TopicGroup::Industry, "食品").unwrap();
        words.lists[0].push("油".to_owned());
        let wrong = folder.save(&TopicChange::Replace("食品".to_owned(), words), &before.version()).unwrap_err();
        assert!(wrong.chinese().contains("只有一个字"), "{wrong}");
        assert!(!folder.path("taxonomy.toml").exists());
        std::fs::write(folder.path("taxonomy.toml"), "# 旧的\n").unwrap();
        let refused = folder.save(&renamed(&before.text), &before.version()).unwrap_err();
        assert!(matches!(refused, SaveError::InTheWay(_)) && folder.read("qingbao.toml") == SETTINGS);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_others_as_they_were() {
        let folder = Folder::new(SETTINGS, SOURCES);
        let gone = folder.path("no/such/folder.toml");
        let changes = [
            FileChange { path: folder.path("qingbao.toml"), before: Some(SETTINGS.to_owned()), after: Some("# 新\n".to_owned()) },
            FileChange { path: gone, before: None, after: Some("x".to_owned()) },
        ];
        assert!(write_all(&changes).is_err());
        assert_eq!(folder.read("qingbao.toml"), SETTINGS);
    }
}
