//! `[learning]`: whether the choice of articles is learned from editors' decisions.

use crate::config::reader::Section;

/// Settings of learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LearningSettings {
    /// Whether drafts use what was learned.
    pub enabled: bool,
}

impl Default for LearningSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

pub(super) fn read(s: &Section<'_>, settings: &mut LearningSettings) {
    s.deny_unknown_keys(&["enabled"]);
    if let Some(enabled) = s.bool("enabled") {
        settings.enabled = enabled;
    }
}
