//! Which documents this process is parsing: one empty file each in `DATA/parsing/`.
//!
//! The files survive an abort of the process (a stack overflow), so those found at the next start name the suspects. A kill
//! from outside leaves them too, so a suspect is not guilty: it is parsed in a child process, which tells the two apart
//! ([`super::child`]). Nothing is synced: after a power loss nobody is to blame.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::{EntryId, SourceId};

/// Whose document is parsed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// The page of an entry, with its further pages and what the feed told of it.
    Page(EntryId),
    /// The document that lists a source's entries.
    Listing(SourceId),
}

impl Subject {
    /// The same document may be parsed twice at once, so the file's name is unique in this process.
    fn file_name(&self, unique: u64) -> String {
        match self {
            Self::Page(entry) => format!("page-{}.{unique}", entry.0),
            Self::Listing(source) => format!("listing-{}.{unique}", source.as_str()),
        }
    }

    fn of_file_name(name: &str) -> Option<Self> {
        let (subject, _) = name.rsplit_once('.')?;
        match subject.split_once('-')? {
            ("page", id) => id.parse().ok().map(|id| Self::Page(EntryId(id))),
            ("listing", id) => SourceId::parse(id).map(Self::Listing),
            _ => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(entry) => write!(f, "page of entry {}", entry.0),
            Self::Listing(source) => write!(f, "listing of source {source}"),
        }
    }
}

/// The markers of this process, and the suspects of the one before.
#[derive(Debug, Default)]
pub(crate) struct Markers {
    /// `None`: this process does not own a data folder and marks nothing.
    folder: Option<PathBuf>,
    unique: AtomicU64,
    /// With whether a child did not clear it lately.
    suspects: Mutex<HashMap<Subject, bool>>,
}

impl Markers {
    /// Reads what an earlier process left. Only the process that holds the data folder's lock may do this: the markers of a
    /// running process are no leftovers.
    pub(crate) fn open(folder: PathBuf) -> Self {
        let mut suspects = HashMap::new();
        for name in file_names(&folder) {
            match Subject::of_file_name(&name) {
                Some(subject) => {
                    suspects.insert(subject, false);
                }
                None => drop(fs::remove_file(folder.join(name))),
            }
        }
        if !suspects.is_empty() {
            let names: Vec<String> = suspects.keys().map(ToString::to_string).collect();
            tracing::warn!("the process ended while it parsed these documents; they are parsed again in a child process: {}", names.join(", "));
        }
        Self { folder: Some(folder), unique: AtomicU64::new(0), suspects: Mutex::new(suspects) }
    }

    /// Marks a document until the guard is dropped. Without room for the marker the document is parsed all the same.
    pub(super) fn mark(&self, subject: &Subject) -> Marker {
        let Some(folder) = &self.folder else { return Marker(None) };
        let path = folder.join(subject.file_name(self.unique.fetch_add(1, Ordering::Relaxed)));
        let created = File::create(&path).or_else(|_| fs::create_dir_all(folder).and_then(|()| File::create(&path)));
        match created {
            Ok(_) => Marker(Some(path)),
            Err(e) => {
                tracing::warn!("{} cannot be created, so an abort of the parser would not be traced to its document: {e}", path.display());
                Marker(None)
            }
        }
    }

    /// Whether an earlier process ended while it parsed this document, and no child has cleared it yet.
    pub(super) fn is_suspect(&self, subject: &Subject) -> bool {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).contains_key(subject)
    }

    /// Sources whose listings are suspects.
    pub(crate) fn suspect_listings(&self) -> Vec<SourceId> {
        let suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        suspects.keys().filter_map(|s| if let Subject::Listing(id) = s { Some(id.clone()) } else { None }).collect()
    }

    /// Entries whose pages are suspects.
    pub(crate) fn suspect_pages(&self) -> Vec<EntryId> {
        let suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        suspects.keys().filter_map(|s| if let Subject::Page(id) = s { Some(*id) } else { None }).collect()
    }

    /// A child could not clear this suspect.
    pub(super) fn keep(&self, subject: &Subject) {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).entry(subject.clone()).insert_entry(true);
    }

    /// All documents of this subject are parsed for now: unless a child could not clear it, it is a suspect no more.
    pub(crate) fn settle(&self, subject: &Subject) {
        let kept = self.suspects.lock().unwrap_or_else(PoisonError::into_inner).get_mut(subject).map(std::mem::take);
        if kept == Some(false) {
            self.clear_suspect(subject);
        }
    }

    /// If the subject is a suspect, it is none any more.
    pub(crate) fn clear_suspect(&self, subject: &Subject) {
        let known = self.suspects.lock().unwrap_or_else(PoisonError::into_inner).remove(subject).is_some();
        let Some(folder) = self.folder.as_ref().filter(|_| known) else { return };
        for name in file_names(folder).iter().filter(|name| Subject::of_file_name(name).as_ref() == Some(subject)) {
            let _ = fs::remove_file(folder.join(name));
        }
    }
}

fn file_names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().filter(|f| f.file_type().is_ok_and(|t| !t.is_dir()));
    files.filter_map(|f| f.file_name().into_string().ok()).collect()
}

/// A marked document; a caught panic removes the marker as well.
pub(super) struct Marker(Option<PathBuf>);

impl Drop for Marker {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(e) = fs::remove_file(path)
        {
            tracing::debug!("{} cannot be removed: {e}", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> [Subject; 2] {
        [Subject::Page(EntryId(42)), Subject::Listing(SourceId::parse("henan-kjt").unwrap())]
    }

    #[test]
    fn a_marker_is_there_while_its_document_is_parsed_and_no_longer() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("parsing");
        let markers = Markers::open(folder.clone());
        for subject in both() {
            let (one, two) = (markers.mark(&subject), markers.mark(&subject));
            assert_eq!(file_names(&folder).len(), 2);
            drop(one);
            assert!(Markers::open(folder.clone()).is_suspect(&subject), "the other is still parsed");
            drop(two);
            assert!(
                std::panic::catch_unwind(|| {
                    let _marker = markers.mark(&subject);
                    panic!("on purpose")
                })
                .is_err()
            );
            assert_eq!(file_names(&folder).len(), 0);
            assert!(!markers.is_suspect(&subject), "parsing alone blames nobody");
        }
    }

    #[test]
    fn what_is_left_names_the_suspects_until_they_are_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let before = Markers::open(dir.path().to_owned());
        // as an abort leaves them
        for subject in both() {
            std::mem::forget(before.mark(&subject));
        }
        fs::write(dir.path().join("page-x.1"), "").unwrap();
        fs::write(dir.path().join("notes"), "").unwrap();
        for subject in both() {
            let markers = Markers::open(dir.path().to_owned());
            assert!(markers.is_suspect(&subject));
            markers.clear_suspect(&subject);
            assert!(!markers.is_suspect(&subject) && !Markers::open(dir.path().to_owned()).is_suspect(&subject));
        }
        assert_eq!(Markers::open(dir.path().to_owned()).suspect_pages(), []);
        assert_eq!(file_names(dir.path()), Vec::<String>::new(), "what is no marker is removed");
    }

    #[test]
    fn without_a_folder_nothing_is_marked() {
        let markers = Markers::default();
        let _marker = markers.mark(&both()[0]);
        assert!(!markers.is_suspect(&both()[0]));
    }
}
