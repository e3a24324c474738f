//! Which event an article joins: average linkage, one article at a time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::events::model::{EventModel, SURE};
use crate::events::profile::Profile;

/// Most articles compared with a new one: bounds the time per article.
pub const MAX_CANDIDATES: usize = 16;
/// Most members of an event that are compared, the newest ones.
pub const MAX_MEMBERS: usize = 8;
/// Most events that are compared in full.
const MAX_EVENTS: usize = 3;

/// A member of an event.
#[derive(Debug, Clone)]
pub struct Member {
    pub profile: Profile,
    /// Whether it belongs to the event surely.
    pub is_sure: bool,
}

/// The event that an article joins.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined<E> {
    pub event: E,
    /// [`SURE`] and more: without an editor's look.
    pub confidence: f32,
    /// Events that turn out to be this one.
    pub merged: Vec<E>,
}

/// Returns the event that an article joins, given articles with common terms and their events, best first. `members` loads the newest
/// members of an event.
///
/// # Errors
/// Those of `members`.
pub fn join<E: Copy + Ord, X>(
    model: &EventModel,
    mine: &Profile,
    candidates: impl IntoIterator<Item = (E, Profile)>,
    mut members: impl FnMut(E) -> Result<Vec<Member>, X>,
) -> Result<Option<Joined<E>>, X> {
    let mut closest: BTreeMap<E, f32> = BTreeMap::new();
    for (event, profile) in candidates.into_iter().take(MAX_CANDIDATES) {
        let p = model.probability(mine, &profile);
        let known = closest.entry(event).or_default();
        *known = known.max(p);
    }
    let mut likely: Vec<(E, f32)> = closest.into_iter().filter(|(_, p)| *p >= model.related).collect();
    likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut fitting: Vec<(f32, f32, E, Vec<Member>)> = Vec::new();
    for (event, _) in likely.into_iter().take(MAX_EVENTS) {
        let members = members(event)?;
        let (mean, least) = linkage(model, mine, &members);
        if mean >= model.related {
            fitting.push((mean, least, event, members));
        }
    }
    fitting.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
    let mut fitting = fitting.into_iter();
    let Some((mean, least, event, mut known)) = fitting.next() else { return Ok(None) };
    let mut merged = Vec::new();
    for (_, _, other, theirs) in fitting {
        let all: f32 = theirs.iter().map(|m| linkage(model, &m.profile, &known).0).sum();
        if all / theirs.len().max(1) as f32 >= model.related {
            merged.push(other);
            known.extend(theirs);
        }
    }
    let confidence = if least >= model.sure { model.confidence(least) } else { model.confidence(mean).min(SURE - 0.001) };
    Ok(Some(Joined { event, confidence, merged }))
}

/// Returns the mean probability over the members, and the least over the sure ones.
fn linkage(model: &EventModel, mine: &Profile, members: &[Member]) -> (f32, f32) {
    let (mut sum, mut least) = (0.0, 1.0f32);
    for member in members {
        let p = model.probability(mine, &member.profile);
        sum += p;
        if member.is_sure {
            least = least.min(p);
        }
    }
    (sum / members.len().max(1) as f32, least)
}

/// An in-memory index of events, for files.
#[derive(Debug, Default)]
pub struct EventIndex {
    /// The newest articles of each term.
    terms: HashMap<u32, VecDeque<usize>>,
    /// Profile, event and confidence.
    articles: Vec<(Profile, usize, f32)>,
    /// The articles of each event.
    events: Vec<Vec<usize>>,
}

/// Most articles kept per term, the newest.
const MAX_PER_TERM: usize = 64;

impl EventIndex {
    /// Adds an article; returns its number. Articles count from 0.
    pub fn add(&mut self, model: &EventModel, profile: Profile) -> usize {
        let article = self.articles.len();
        let candidates: Vec<(usize, Profile)> = self.sharing_terms(&profile.terms());
        let members = |event: usize| {
            let newest = self.events.get(event).into_iter().flatten().rev().take(MAX_MEMBERS);
            let member = |a: &usize| self.articles.get(*a).map(|(profile, _, confidence)| Member { profile: profile.clone(), is_sure: *confidence >= SURE });
            Ok::<_, std::convert::Infallible>(newest.filter_map(member).collect())
        };
        let joined = join(model, &profile, candidates, members).ok().flatten();
        let (event, confidence) = joined.as_ref().map_or((self.events.len(), 1.0), |j| (j.event, j.confidence));
        if joined.is_none() {
            self.events.push(Vec::new());
        }
        for other in joined.into_iter().flat_map(|j| j.merged) {
            let moved = self.events.get_mut(other).map(std::mem::take).unwrap_or_default();
            for a in &moved {
                self.articles.get_mut(*a).into_iter().for_each(|(_, e, c)| (*e, *c) = (event, c.min(SURE - 0.001)));
            }
            self.events.get_mut(event).into_iter().for_each(|e| e.extend(&moved));
        }
        self.events.get_mut(event).into_iter().for_each(|e| e.push(article));
        for (term, _) in profile.terms() {
            let articles = self.terms.entry(term).or_default();
            if articles.len() >= MAX_PER_TERM {
                articles.pop_front();
            }
            articles.push_back(article);
        }
        self.articles.push((profile, event, confidence));
        article
    }

    /// Returns the event of an article, and the confidence that it belongs there.
    pub fn event(&self, article: usize) -> Option<(usize, f32)> {
        self.articles.get(article).map(|(_, event, confidence)| (*event, *confidence))
    }

    /// Returns the articles that share the rarest terms, with their events.
    fn sharing_terms(&self, terms: &[(u32, f32)]) -> Vec<(usize, Profile)> {
        let mut shared: HashMap<usize, f32> = HashMap::new();
        for (term, bits) in terms {
            self.terms.get(term).into_iter().flatten().for_each(|a| *shared.entry(*a).or_default() += bits);
        }
        let mut ranked: Vec<(usize, f32)> = shared.into_iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        ranked.into_iter().take(MAX_CANDIDATES).filter_map(|(a, _)| self.articles.get(a).map(|(profile, event, _)| (*event, profile.clone()))).collect()
    }
}
