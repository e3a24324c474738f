//! The current configuration: settings, taxonomy and source list, reloaded when a file changes. A file with a mistake changes
//! nothing: the last good one stays, and an alarm says so.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use crate::config::source_list::Vocabulary;
use crate::config::{ConfigError, Settings, SourceList, Taxonomy};
use crate::health::Alarm;
use crate::pipeline::{Bells, Pipeline, PipelineError};

/// Why new settings are refused.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// A file has a mistake.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No pipeline can be created with them.
    #[error(transparent)]
    Wire(#[from] PipelineError),
}

impl ReloadError {
    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Config(e) => e.chinese(),
            Self::Wire(e) => e.to_string(),
        }
    }
}

/// The alarm of an installation without a source list.
const NO_SOURCES: &str = "还没有来源：请管理员在来源页加上第一个";

/// Recognises a changed file by time and length.
type FileVersion = Option<(SystemTime, u64)>;

fn file_version(path: &Path) -> FileVersion {
    let m = std::fs::metadata(path).ok()?;
    Some((m.modified().ok()?, m.len()))
}

pub struct ConfigHandle {
    config: Option<PathBuf>,
    sources_path: PathBuf,
    pipeline: RwLock<Arc<Pipeline>>,
    sources: RwLock<(Arc<SourceList>, Arc<Vocabulary>)>,
    /// Of the settings with the files they name, and of the source list.
    versions: Mutex<(Vec<FileVersion>, FileVersion)>,
    reloaded: AtomicI64,
    bells: Bells,
}

impl ConfigHandle {
    /// Starts with a loaded configuration; `config` is the path given for the settings. Without a source nothing is crawled until
    /// there is one.
    ///
    /// # Errors
    /// The source list has a mistake, and at the start there is no last good one.
    pub fn new(pipeline: Arc<Pipeline>, config: Option<PathBuf>, sources: PathBuf, taxonomy: &Taxonomy) -> Result<Self, ConfigError> {
        let vocabulary = pipeline.settings().vocabulary(taxonomy);
        let stamps = (settings_versions(config.as_deref(), pipeline.settings()), file_version(&sources));
        let list = if sources.exists() { SourceList::load(&sources, &vocabulary)? } else { SourceList::default() };
        if list.sources.is_empty() {
            tracing::warn!("{} has no source: nothing is crawled until one is added", sources.display());
            pipeline.health().alarm(Alarm::Sources, Some(NO_SOURCES.to_owned()));
        }
        Ok(Self {
            config,
            sources_path: sources,
            pipeline: RwLock::new(pipeline),
            sources: RwLock::new((Arc::new(list), Arc::new(vocabulary))),
            versions: Mutex::new(stamps),
            reloaded: AtomicI64::new(Utc::now().timestamp()),
            bells: Bells::default(),
        })
    }

    /// Returns the current pipeline.
    pub fn pipeline(&self) -> Arc<Pipeline> {
        Arc::clone(&self.pipeline.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the current source list.
    pub fn sources(&self) -> Arc<SourceList> {
        Arc::clone(&self.sources.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Returns the words that source hints may use.
    pub fn vocabulary(&self) -> Arc<Vocabulary> {
        Arc::clone(&self.sources.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Returns the bells of the service's loops.
    pub fn bells(&self) -> &Bells {
        &self.bells
    }

    /// The file of the settings, which may not exist.
    pub fn config_path(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new(Settings::FILE))
    }

    /// The file of the source list.
    pub fn sources_path(&self) -> &Path {
        &self.sources_path
    }

    /// Returns the time of the last reload.
    pub fn reloaded(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.reloaded.load(Ordering::Relaxed), 0).unwrap_or_default()
    }

    /// Reloads changed files, or with `force` all. Returns whether all files are valid.
    pub fn refresh(&self, force: bool) -> bool {
        let mut stamps = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let now = settings_versions(self.config.as_deref(), self.pipeline().settings());
        let settings_changed = force || stamps.0 != now;
        if settings_changed {
            stamps.0 = now;
            match self.reload_settings() {
                // the new settings may name other files
                Ok(()) => stamps.0 = settings_versions(self.config.as_deref(), self.pipeline().settings()),
                Err(e) => {
                    tracing::error!("qingbao.toml or what it names is not taken over, the last good settings stay in force:\n{e}");
                    self.alarm(Alarm::Settings, format!("设置有误，仍按上一份有效的设置运行：{}", e.chinese()));
                }
            }
        }
        let now = file_version(&self.sources_path);
        if settings_changed || stamps.1 != now {
            stamps.1 = now;
            self.reload_sources();
        }
        drop(stamps);
        self.is_valid()
    }

    /// Tries whether the service could take these settings over; changes nothing.
    ///
    /// # Errors
    /// The source list does not fit them, or no pipeline can be created with them.
    pub fn check(&self, settings: Settings, taxonomy: Taxonomy) -> Result<(), ReloadError> {
        let before = self.pipeline();
        // a list that is wrong already is no reason to refuse other settings
        if self.sources_path.exists() && !before.health().alarms().contains_key(&Alarm::Sources) {
            SourceList::load(&self.sources_path, &settings.vocabulary(&taxonomy))?;
        }
        before.with_settings(settings, taxonomy)?;
        Ok(())
    }

    /// Whether the current configuration matches the files on disk.
    pub fn is_valid(&self) -> bool {
        let alarms = self.pipeline().health().alarms();
        !alarms.contains_key(&Alarm::Settings) && !alarms.contains_key(&Alarm::Sources)
    }

    fn reload_settings(&self) -> Result<(), ReloadError> {
        let settings = Settings::load(self.config.as_deref())?;
        let taxonomy = settings.load_taxonomy()?;
        let words = Arc::new(settings.vocabulary(&taxonomy));
        let before = self.pipeline();
        if settings.console != before.settings().console {
            tracing::warn!("[console] changed: this part is taken over at the next start");
        }
        let after = before.with_settings(settings, taxonomy)?;
        *self.pipeline.write().unwrap_or_else(PoisonError::into_inner) = after;
        // a running crawl finishes its running jobs; the next one uses the new settings
        before.crawler().stop_accepting();
        self.sources.write().unwrap_or_else(PoisonError::into_inner).1 = words;
        self.mark_reloaded(Alarm::Settings);
        tracing::info!("settings and taxonomy taken over");
        Ok(())
    }

    fn reload_sources(&self) {
        if self.sources().sources.is_empty() && !self.sources_path.exists() {
            return self.alarm(Alarm::Sources, NO_SOURCES.to_owned());
        }
        match SourceList::load(&self.sources_path, &self.vocabulary()) {
            Ok(list) => {
                let n = list.sources.len();
                tracing::info!(sources = n, "sources.toml taken over");
                self.sources.write().unwrap_or_else(PoisonError::into_inner).0 = Arc::new(list);
                self.mark_reloaded(Alarm::Sources);
                if n == 0 {
                    tracing::warn!("sources.toml has no source: nothing is crawled until one is added");
                    self.alarm(Alarm::Sources, NO_SOURCES.to_owned());
                }
            }
            Err(e) => {
                let n = self.sources().sources.len();
                tracing::error!("sources.toml is not taken over, the last good list of {n} sources stays in force:\n{e}");
                self.alarm(Alarm::Sources, format!("来源清单有误，仍按上一份有效的 {n} 个来源运行：{}", e.chinese()));
            }
        }
    }

    fn mark_reloaded(&self, alarm: Alarm) {
        self.reloaded.store(Utc::now().timestamp(), Ordering::Relaxed);
        self.pipeline().health().alarm(alarm, None);
        self.bells.ring_all();
    }

    fn alarm(&self, alarm: Alarm, words: String) {
        self.pipeline().health().alarm(alarm, Some(words));
    }
}

fn settings_versions(config: Option<&Path>, settings: &Settings) -> Vec<FileVersion> {
    let config = config.unwrap_or(Path::new(Settings::FILE));
    let named = [Some(config), settings.taxonomy.as_deref(), settings.calendar.as_deref()];
    let templates = settings.publications().map(|p| p.template_path.as_deref());
    named.into_iter().chain(templates).map(|p| p.and_then(file_version)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const SOURCES: &str = "[[source]]\nid = \"a\"\nname = \"甲\"\nurl = \"https://a.cn/\"\n";

    #[test]
    fn a_broken_file_changes_nothing_and_a_mended_one_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let (config, file) = (dir.path().join("q.toml"), dir.path().join("s.toml"));
        std::fs::write(&config, "[fetch]\nat_once = 7\n").unwrap();
        std::fs::write(&file, SOURCES).unwrap();
        let (settings, taxonomy) = (Settings::load(Some(&config)).unwrap(), Taxonomy::load(None).unwrap());
        let pipeline = Pipeline::new(Store::open(&dir.path().join("data")).unwrap(), settings, taxonomy.clone()).unwrap();
        let live = ConfigHandle::new(pipeline, Some(config.clone()), file.clone(), &taxonomy).unwrap();
        let first = live.pipeline();
        assert!(live.refresh(false) && Arc::ptr_eq(&first, &live.pipeline()), "nothing changed");
        for broken in ["", "[[source]]\nid = 7\n", "“"] {
            std::fs::write(&file, broken).unwrap();
            assert!(!live.refresh(false) && live.sources().sources.len() == 1, "{broken}");
        }
        assert!(first.health().alarms()[&Alarm::Sources].contains("s.toml"));
        std::fs::write(&file, format!("{SOURCES}{}", SOURCES.replace("\"a\"", "\"b\"").replace("a.cn", "b.cn"))).unwrap();
        assert!(live.refresh(false) && live.sources().sources.len() == 2);
        std::fs::write(&config, "[fetch]\nat_onze = 7\n").unwrap();
        assert!(!live.refresh(false) && Arc::ptr_eq(&first, &live.pipeline()));
        std::fs::write(&config, "[fetch]\nat_once = 7\n[store]\nmin_free_mb = 1\n").unwrap();
        assert!(live.refresh(false) && !Arc::ptr_eq(&first, &live.pipeline()));
        assert!(first.crawler().same_fetcher(live.pipeline().crawler()) && live.pipeline().settings().store.min_free == 1 << 20);
        std::fs::write(&config, "[fetch]\nat_once = 19\n").unwrap();
        assert!(live.refresh(true) && !first.crawler().same_fetcher(live.pipeline().crawler()));
    }
}
