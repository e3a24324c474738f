//! `[alerts]`: when alerts may disturb people, and how often.

use chrono::NaiveTime;

use crate::config::localized::localized;
use crate::config::reader::Section;

/// Settings of alerts. Times of day are those of the first publication's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSettings {
    /// From and to; alerts found between them wait for the end. `None`: always.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
    /// When the daily digest leaves.
    pub digest_at: NaiveTime,
    /// Most alerts an hour to one outlet or address; the rest comes in one message.
    pub max_per_hour: usize,
}

impl Default for AlertSettings {
    fn default() -> Self {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        Self { quiet: Some((at(22), at(7))), digest_at: at(17), max_per_hour: 12 }
    }
}

pub(super) fn read(s: &Section<'_>, settings: &mut AlertSettings) {
    s.deny_unknown_keys(&["quiet", "digest_at", "max_per_hour"]);
    if let Some(t) = s.text("quiet") {
        match t.value.split_once('-').map(|(from, to)| (time(from), time(to))) {
            Some((Some(from), Some(to))) if from != to => settings.quiet = Some((from, to)),
            _ if t.value.is_empty() => settings.quiet = None,
            _ => {
                let english = format!("quiet = {:?} are no hours; write \"22:00-07:00\", or \"\" for none", t.value);
                s.error(t.span, localized(english, format!("quiet 的“{}”不是时段，请写 \"22:00-07:00\"，不要静默就写 \"\"", t.value)));
            }
        }
    }
    if let Some(t) = s.text("digest_at") {
        if let Some(at) = time(t.value) {
            settings.digest_at = at;
        } else {
            let english = format!("digest_at = {:?} is no time of day; write \"17:00\"", t.value);
            s.error(t.span, localized(english, format!("digest_at 的“{}”不是时刻，请写 \"17:00\" 这样的", t.value)));
        }
    }
    if let Some(n) = s.integer("max_per_hour", 1..1_001).and_then(|n| usize::try_from(n).ok()) {
        settings.max_per_hour = n;
    }
}

fn time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M").ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn hours_are_read_and_mistakes_reported() {
        let read = |text: &str| Settings::parse("qingbao.toml", &format!("[alerts]\n{text}\n"));
        let at = |h, m| NaiveTime::from_hms_opt(h, m, 0).unwrap();
        assert_eq!(read("quiet = \"23:30-06:15\"").unwrap().alerts.quiet, Some((at(23, 30), at(6, 15))));
        assert_eq!(read("quiet = \"\"").unwrap().alerts.quiet, None);
        assert_eq!(read("digest_at = \"08:05\"\nmax_per_hour = 3").unwrap().alerts.digest_at, at(8, 5));
        for wrong in ["quiet = \"22\"", "quiet = \"07:00-07:00\"", "digest_at = \"25:00\"", "max_per_hour = 0", "loud = 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
