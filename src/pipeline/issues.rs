//! Makes issues: chooses articles, stores the edition, queues and sends its messages.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::{PipelineError, Result, llm};
use crate::config::Settings;
use crate::config::settings::{Publication, Recipient};
use crate::crawl::Crawler;
use crate::health::Component;
use crate::issue::feedback::{FeedbackKey, ReaderLinks};
use crate::issue::{self, CandidateList, IssueInput, ItemSubjects, NotChosen};
use crate::mail::{self, SendSummary, Transport};
use crate::model::{ArticleId, Edition, Headline, Health, Series};
use crate::ranking::Ranking;
use crate::render::{self, Files, RenderedIssue};
use crate::store::{Announce, OutgoingMessage, Store, StoreError, Window};

/// Items of this many issues are no news any more.
const REMEMBERED_ISSUES: usize = 30;
/// Most articles counted as too old.
const MAX_CUT: usize = 999;
/// Trending keywords in the foreword.
const RISING_KEYWORDS: usize = 5;

/// Makes issues by one configuration.
pub struct IssueMaker {
    pub(super) store: Store,
    pub(super) settings: Arc<Settings>,
    /// For its CPU threads.
    pub(super) crawler: Arc<Crawler>,
}

impl IssueMaker {
    /// Makes and stores the edition of a day; an edition that was already mailed is returned unchanged.
    /// With [`Announce::Yes`] people are told of it.
    pub async fn draft(&self, publication: &Publication, date: NaiveDate, sources: usize, announce: Announce, now: DateTime<Utc>) -> Result<Edition> {
        let draft = self.with_issue_input(publication, date, now, move |store, mut input, window| {
            input.health = Health {
                sources,
                problems: store.problems_of(&input.publication.sources, input.publication.calendar.zone, now)?,
                ..Health::default()
            };
            input.health.cut = late(store, &window, &input, MAX_CUT)?.len();
            // the words of all sources may be those of another publication
            if input.publication.sources.is_open() {
                input.rising = store.rising_keywords(now, RISING_KEYWORDS)?;
            }
            Ok((issue::build(&input, &window)?, window.range))
        });
        let (mut draft, candidates) = draft.await?;
        llm::rewrite_summaries(&mut draft.edition, &self.settings.summarise).await;
        // the items, and the candidates that editors look through
        let graded_articles: Vec<ArticleId> = draft.candidates.iter().map(|c| c.article).collect();
        let p = publication.clone();
        let commit = self.store.run(move |store| match announce {
            Announce::Yes => store.announce_edition(draft, &p, candidates, now),
            Announce::No => store.commit_edition(draft, &p, candidates),
        });
        let edition = commit.await?;
        let graded = self.store.run(move |s| graded_articles.into_iter().try_for_each(|id| s.update_grade(id, now).map(|_| ())));
        if let Err(e) = graded.await {
            // the issue is stored; its pages compute what is missing
            tracing::warn!("the items of an issue are not graded: {e}");
        }
        Ok(edition)
    }

    /// Starts an issue without items outside the schedule: an extra one (增刊), or one of a publication on demand.
    pub async fn start(&self, publication: &Publication, series: Series, who: String, now: DateTime<Utc>) -> Result<Edition> {
        let (date, p) = (publication.calendar.today(now), publication.clone());
        let mut edition = self.with_issue_input(publication, date, now, |_, input, _| Ok(issue::empty(&input))).await?;
        edition.series = series;
        Ok(self.store.run(move |store| store.start_edition(edition, &p, &who, now)).await?)
    }

    /// Ranks the candidates for a day's edition.
    pub async fn rank_candidates(&self, publication: &Publication, date: NaiveDate, most: usize) -> Result<CandidateList> {
        self.with_issue_input(publication, date, Utc::now(), move |_, input, window| issue::rank_candidates(&input, &window, most)).await
    }

    /// Returns why an article is no candidate for a day's edition; `None` if it is one.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn why_not(&self, publication: &Publication, date: NaiveDate, h: Headline) -> Result<Option<NotChosen>> {
        self.with_issue_input(publication, date, Utc::now(), move |_, input, window| issue::why_not(&h, &input, &window)).await
    }

    /// Returns articles that came for the issue of a day but are too old for it, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn late_arrivals(&self, publication: &Publication, date: NaiveDate, most: usize) -> Result<Vec<Headline>> {
        self.with_issue_input(publication, date, Utc::now(), move |store, input, window| late(store, &window, &input, most)).await
    }

    /// Runs `work` with the articles of a day's window and what earlier issues had.
    async fn with_issue_input<T: Send + 'static>(
        &self,
        publication: &Publication,
        date: NaiveDate,
        now: DateTime<Utc>,
        work: impl FnOnce(&Store, IssueInput<'_>, Window<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        let (settings, p, levels) = (Arc::clone(&self.settings), publication.clone(), self.crawler.levels().to_vec());
        let made = self.store.run(move |store| {
            let p = &p;
            let used = store.published_stories(&p.name, date)?;
            let shown = store.recent_items(&p.name, date, REMEMBERED_ISSUES)?;
            let trend = store.weekly_counts(&p.name, date)?;
            let (rising, health, summarise) = (Vec::new(), Health::default(), &settings.summarise);
            let levels = &levels;
            let window = store.candidates(p, date, now)?;
            let topics = store.topics_of(window.range)?;
            let ranking = if settings.learning.enabled { store.ranking(&p.name)?.map(|r| Ranking::new(r.model)) } else { None };
            let screen = store.screen(&p.name, date, p.calendar.today(now))?;
            let input = IssueInput {
                publication: p,
                published: used,
                previous_items: shown,
                trend,
                rising,
                topics,
                ranking: ranking.as_ref(),
                health,
                date,
                now,
                levels,
                summarise,
                screen,
            };
            work(store, input, window)
        });
        Ok(made.await?)
    }

    /// Queues the messages of an edition; returns the number of new ones.
    pub async fn enqueue_issue(&self, edition: &Edition, now: DateTime<Utc>) -> Result<usize> {
        let Some((edition, letters)) = self.compose(edition, now).await? else { return Ok(0) };
        let expires = self.settings.mail.expires(now);
        Ok(self.store.run(move |s| s.queue_messages(&edition, &letters, now, expires)).await?)
    }

    /// Composes the messages of an edition; `None` if it has nothing to tell.
    pub(super) async fn compose(&self, edition: &Edition, now: DateTime<Utc>) -> Result<Option<(Edition, Vec<OutgoingMessage>)>> {
        let (edition, edition_label) = (edition.clone(), edition.issue_label());
        let named = self.settings.publication_named(&edition.publication);
        let publication = named.ok_or_else(|| PipelineError::NoPublication(edition.publication.clone()))?;
        if edition.item_count() == 0 && !publication.mail_empty {
            tracing::debug!(issue = %edition.issue_label(), "nothing to report today, and mail_empty = false: no letters");
            return Ok(None);
        }
        let (publication, settings) = (publication.clone(), Arc::clone(&self.settings));
        let (of, label) = (edition, edition_label);
        let address = settings.console.address_for_mail();
        let mailing = self.store.run(move |s| {
            let of = s.with_printed_grades(of, now)?;
            let mailing = Mailing {
                salt: s.message_salt()?,
                files: s.item_files(&of)?,
                recipients: recipients(s, &publication, of.is_final)?,
                subjects: s.item_subjects(&of)?,
                feedback: address.map(|a| Ok::<_, StoreError>((s.feedback_key()?, a))).transpose()?,
            };
            Ok((of, mailing))
        });
        let (edition, mailing) = mailing.await?;
        // making and compressing the document is CPU work
        let composed = self.crawler.cpu(move || render_messages(&edition, &mailing, &settings, now).map(|l| (edition, l))).await;
        composed.unwrap_or(Err(PipelineError::RenderPanicked(label))).map(Some)
    }

    /// Sends what is due.
    pub async fn send(&self, outbox: PathBuf, now: DateTime<Utc>) -> Result<SendSummary> {
        let mut transport = Transport::new(&self.settings.mail, outbox)?;
        let beat = || self.crawler.health().heartbeat(Component::Mail);
        Ok(mail::send_due(&self.store, &mut transport, &self.settings.mail, &beat, now).await?)
    }
}

/// Returns late articles of a publication that editors may want.
fn late(store: &Store, window: &Window<'_>, input: &IssueInput<'_>, most: usize) -> Result<Vec<Headline>, StoreError> {
    let mut found = window.late(|h| issue::matches_publication(h, input.publication), most)?;
    let mut wanted = Vec::with_capacity(found.len());
    for h in found.drain(..) {
        if input.screen.lets_pass(&h, |id| store.text(id))? {
            wanted.push(h);
        }
    }
    Ok(wanted)
}

/// Returns everybody who gets the draft or the final issue: those of the settings, then the console's active subscribers.
///
/// # Errors
/// Those of the store.
pub fn recipients(store: &Store, publication: &Publication, is_final: bool) -> Result<Vec<Recipient>, StoreError> {
    let mut out = publication.recipients_of(is_final).to_vec();
    if publication.mails_subscribers(is_final) {
        let known: HashSet<String> = out.iter().map(|r| r.address.bare().to_ascii_lowercase()).collect();
        let subscribers = store.subscribers(&publication.name)?.into_iter().filter(|s| s.is_active).map(|s| s.draft);
        // an address that the settings name as well gets what they say
        let others = subscribers.filter(|d| !known.contains(&d.address.bare().to_ascii_lowercase()));
        out.extend(others.map(|d| Recipient {
            address: d.address,
            columns: d.columns,
            industries: d.industries,
            topics: d.topics,
            organisations: d.organisations,
        }));
    }
    Ok(out)
}

/// What the messages of an issue need from the store.
struct Mailing {
    salt: String,
    files: Files,
    recipients: Vec<Recipient>,
    subjects: ItemSubjects,
    /// Key of readers' links and address of the console; `None`: mail has no such links.
    feedback: Option<(FeedbackKey, String)>,
}

/// Builds one message per recipient; recipients of the same selection share the document.
fn render_messages(edition: &Edition, mailing: &Mailing, settings: &Settings, now: DateTime<Utc>) -> Result<Vec<OutgoingMessage>> {
    // `None`: the issue has nothing for this selection
    let mut rendered: Vec<(&Recipient, Option<(Edition, RenderedIssue)>)> = Vec::new();
    let mut out = Vec::with_capacity(mailing.recipients.len());
    for to in &mailing.recipients {
        let at = if let Some(at) = rendered.iter().position(|(r, _)| r.wants_the_same(to)) {
            at
        } else {
            let part = issue::filter_for_recipient(edition, to, &mailing.subjects);
            let is_empty = part.item_count() == 0 && edition.item_count() > 0;
            let template = settings.template_of(&edition.publication);
            let parts = if is_empty { None } else { Some((render::parts(&part, &mailing.files, template)?, part)) };
            rendered.push((to, parts.map(|(parts, part)| (part, parts))));
            rendered.len() - 1
        };
        if let Some((_, Some((part, parts)))) = rendered.get(at) {
            let own = mailing.feedback.as_ref().map(|(key, base)| {
                let links = ReaderLinks::new(key, base, edition.id, &to.address.bare());
                render::parts_for_reader(parts, part, &links)
            });
            let own = own.transpose()?;
            let parts = own.as_ref().unwrap_or(parts);
            out.push(mail::compose(edition, parts, &settings.mail, &to.address, edition.built_at.unwrap_or(now), &mailing.salt)?);
        }
    }
    Ok(out)
}
