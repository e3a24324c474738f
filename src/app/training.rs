//! Trains the ranking of each publication once a day, at night, if issues were made final since.

use chrono::{DateTime, Timelike as _, Utc};

use crate::config::settings::Publication;
use crate::pipeline::{Pipeline, Result};
use crate::ranking::RankingModel;

/// Local hour from which it trains.
const HOUR: u32 = 3;

/// The last look at a publication.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct LastLook {
    /// Local day.
    day: String,
    /// The newest final or imported issue that was trained on, in seconds; 0: none.
    trained_on: i64,
}

impl LastLook {
    fn parse(value: &str) -> Self {
        let (day, seconds) = value.split_once(' ').unwrap_or((value, ""));
        Self { day: day.to_owned(), trained_on: seconds.parse().unwrap_or(0) }
    }

    fn value(&self) -> String {
        format!("{} {}", self.day, self.trained_on)
    }
}

/// Key of the last look at a publication.
fn key(publication: &str) -> String {
    format!("ranking-training:{publication}")
}

/// Trains what is due. Errors are logged, and the training is due again the next night.
pub(super) async fn train_if_due(pipeline: &Pipeline, now: DateTime<Utc>) {
    if !pipeline.settings().learning.enabled {
        return;
    }
    for publication in pipeline.settings().publications() {
        if let Err(e) = train(pipeline, publication, now).await {
            tracing::error!(publication = %publication.name, "the ranking is not trained tonight: {e}");
        }
    }
}

/// Trains the ranking of a publication if it is due. Returns `None` if it is not.
async fn train(pipeline: &Pipeline, publication: &Publication, now: DateTime<Utc>) -> Result<Option<RankingModel>> {
    let local = now.with_timezone(&publication.calendar.zone);
    if local.hour() < HOUR {
        return Ok(None);
    }
    let (day, name) = (local.date_naive().to_string(), publication.name.clone());
    let due = pipeline.store().run(move |s| {
        let last = s.kv(&key(&name))?.map(|value| LastLook::parse(&value)).unwrap_or_default();
        if last.day == day {
            return Ok(None);
        }
        let newest = s.last_taught(&name)?.map_or(0, |at| at.timestamp());
        // noted before the work: one that fails must not be tried every few seconds
        s.put_kv(&key(&name), &LastLook { day: day.clone(), ..last.clone() }.value())?;
        let before = s.ranking(&name)?.map_or(0.0, |r| r.model.share);
        Ok((newest != last.trained_on).then_some((LastLook { day, trained_on: newest }, before)))
    });
    let Some((look, before)) = due.await? else { return Ok(None) };
    let model = pipeline.issues().train_ranking(&publication.name, now).await?;
    let name = publication.name.clone();
    pipeline.store().run(move |s| s.put_kv(&key(&name), &look.value())).await?;
    if let Some(model) = &model {
        log(&publication.name, model, before);
    }
    Ok(model)
}

fn log(publication: &str, model: &RankingModel, before: f32) {
    let (share, gain) = (model.share, model.comparison.gain);
    tracing::info!(publication, issues = model.issues, decisions = model.decisions, share, gain, "ranking trained");
    if before > 0.0 && share == 0.0 {
        tracing::warn!(publication, gain, "what was learned is no better than the ranking without it any more: it is rolled back");
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::config::{Settings, Taxonomy};
    use crate::issue::signing::SigningAction;
    use crate::issue::tests::{article, build_with};
    use crate::store::{SigningResult, Store};

    fn pipeline(folder: &std::path::Path, settings: Settings) -> std::sync::Arc<Pipeline> {
        Pipeline::new(Store::open(folder).unwrap(), settings, Taxonomy::load(None).unwrap()).unwrap()
    }

    /// Stores a final issue of a day of November 2026, signed at noon.
    fn issue(store: &Store, day: u32) {
        let publication = Publication::default();
        let mut draft = build_with(vec![article(i64::from(day), "甲县粮油加工", "食品", "行业动态", 1)], &[]);
        draft.edition.date = format!("2026-11-{day}").parse().unwrap();
        let id = store.commit_edition(draft, &publication, store.whole_archive().range).unwrap().id;
        let signed = store.sign_edition(id, 1, &SigningAction::Finalise, &publication, "张三", at(day, 12, 0)).unwrap();
        assert!(matches!(signed, SigningResult::Done(_)));
    }

    /// A time of a day of November 2026 in Xuchang.
    fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        format!("2026-11-{day}T{hour:02}:{minute:02}:00+08:00").parse().unwrap()
    }

    #[tokio::test]
    async fn it_trains_at_night_once_and_only_after_a_final_issue() {
        let dir = tempfile::tempdir().unwrap();
        let pipeline = pipeline(dir.path(), Settings::default());
        let publication = Publication::default();
        let issues = async |now| train(&pipeline, &publication, now).await.unwrap().map(|m| m.issues);
        assert_eq!(issues(at(24, 3, 0)).await, None, "no final issue");
        issue(pipeline.store(), 24);
        assert_eq!(issues(at(24, 12, 1)).await, None, "the night is over");
        assert_eq!(issues(at(25, 2, 59)).await, None, "not before three");
        assert_eq!(issues(at(25, 3, 0)).await, Some(1));
        assert_eq!(issues(at(25, 3, 1)).await, None, "once");
        assert_eq!(issues(at(26, 3, 0)).await, None, "nothing new");
        issue(pipeline.store(), 26);
        assert_eq!(issues(at(27, 9, 0)).await, Some(2), "later if the service did not run at three");
        let stored = pipeline.store().ranking(&publication.name).unwrap().unwrap();
        assert_eq!((stored.trained_at, stored.model.issues), (at(27, 9, 0), 2));
        // a clock that was ahead blocks nothing
        issue(pipeline.store(), 28);
        assert_eq!(issues(at(29, 3, 0) - TimeDelta::days(10)).await, Some(3));
    }

    #[tokio::test]
    async fn a_setting_switches_it_off() {
        for enabled in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let mut settings = Settings::default();
            settings.learning.enabled = enabled;
            let pipeline = pipeline(dir.path(), settings);
            issue(pipeline.store(), 24);
            train_if_due(&pipeline, at(25, 3, 0)).await;
            assert_eq!(pipeline.store().ranking(&Publication::default().name).unwrap().is_some(), enabled);
        }
    }
}
