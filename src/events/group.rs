//! Which event an article joins: average linkage, one article at a time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::events::model::{EventModel, SURE};
use crate::events::pair::is_doubtful;
use crate::events::profile::{INDEXED_TERMS, Profile};

/// Most articles compared with a new one: bounds the time per article.
const MAX_CANDIDATES: usize = 12;
/// Least information of the common terms of articles that are compared, in bits.
const LEAST_SHARED: f32 = 10.0;
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
    let mut fitting: Vec<(Linkage, E, Vec<Member>)> = Vec::new();
    for (event, _) in likely.into_iter().take(MAX_EVENTS) {
        let members = members(event)?;
        let linkage = Linkage::of(model, mine, &members);
        if linkage.mean >= model.related {
            fitting.push((linkage, event, members));
        }
    }
    fitting.sort_by(|a, b| b.0.mean.total_cmp(&a.0.mean).then(a.1.cmp(&b.1)));
    let mut fitting = fitting.into_iter();
    let Some((linkage, event, mut known)) = fitting.next() else { return Ok(None) };
    let mut merged = Vec::new();
    for (_, other, theirs) in fitting {
        let all: f32 = theirs.iter().map(|m| Linkage::of(model, &m.profile, &known).mean).sum();
        if all / theirs.len().max(1) as f32 >= model.related {
            merged.push(other);
            known.extend(theirs);
        }
    }
    Ok(Some(Joined { event, confidence: linkage.confidence(model), merged }))
}

/// How close an article is to the members of an event.
struct Linkage {
    /// Mean probability over all members.
    mean: f32,
    /// Mean over the sure ones.
    mean_sure: f32,
    /// Highest probability of a sure member that nothing speaks against.
    best: f32,
}

impl Linkage {
    fn of(model: &EventModel, mine: &Profile, members: &[Member]) -> Self {
        let rate = |m: &Member| (model.probability(mine, &m.profile), m.is_sure, is_doubtful(mine, &m.profile));
        let rated: Vec<(f32, bool, bool)> = members.iter().map(rate).collect();
        let mean = |all: &[f32]| all.iter().sum::<f32>() / all.len().max(1) as f32;
        let sure: Vec<f32> = rated.iter().filter(|(_, is_sure, _)| *is_sure).map(|(p, ..)| *p).collect();
        let best = rated.iter().filter(|(_, is_sure, is_doubtful)| *is_sure && !is_doubtful).map(|(p, ..)| *p).fold(0.0, f32::max);
        Self { mean: mean(&rated.iter().map(|(p, ..)| *p).collect::<Vec<_>>()), mean_sure: mean(&sure), best }
    }

    /// Returns the confidence that the article belongs to the event: sure if it surely reports the same as one sure member, and the
    /// others do not speak against it.
    fn confidence(&self, model: &EventModel) -> f32 {
        if self.best >= model.sure && self.mean_sure >= f32::midpoint(model.related, model.sure) {
            return model.confidence(self.best);
        }
        model.confidence(self.mean).min(SURE - 0.001)
    }
}

/// Returns the articles that are worth a comparison, those with the most informative common terms first. Of equals the newest.
pub fn most_alike<T: Copy + Ord>(shared: impl IntoIterator<Item = (T, f32)>) -> Vec<T> {
    let mut ranked: Vec<(T, f32)> = shared.into_iter().filter(|(_, bits)| *bits >= LEAST_SHARED).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    ranked.into_iter().take(MAX_CANDIDATES).map(|(article, _)| article).collect()
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
const MAX_PER_TERM: usize = 24;

impl EventIndex {
    /// Adds an article; returns its number. Articles count from 0.
    pub fn add(&mut self, model: &EventModel, profile: Profile) -> usize {
        let article = self.articles.len();
        let candidates: Vec<(usize, Profile)> = self.sharing_terms(&profile.terms());
        let members = |event: usize| {
            let newest = self.events.get(event).into_iter().flatten().rev().take(MAX_MEMBERS);
            let member =
                |a: &usize| self.articles.get(*a).map(|(profile, _, confidence)| Member { profile: profile.clone(), is_sure: *confidence >= SURE });
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
        for (term, _) in profile.terms().into_iter().take(INDEXED_TERMS) {
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
        let found = |a: usize| self.articles.get(a).map(|(profile, event, _)| (*event, profile.clone()));
        most_alike(shared).into_iter().filter_map(found).collect()
    }
}
