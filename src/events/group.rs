//! Which event an article joins: average linkage, one article at a time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

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

/// The articles that a new one may belong to.
pub trait Archive {
    type Article: Copy + Ord;
    type Event: Copy + Ord;
    type Error;

    /// Returns the newest members of an event, each with whether it surely belongs to it.
    ///
    /// # Errors
    /// If they cannot be read.
    fn members(&mut self, event: Self::Event) -> Result<Vec<(Self::Article, bool)>, Self::Error>;

    /// Returns an article.
    ///
    /// # Errors
    /// If it cannot be read.
    fn profile(&mut self, article: Self::Article) -> Result<Option<Rc<Profile>>, Self::Error>;
}

/// An article with common terms.
#[derive(Debug)]
pub struct Candidate<A, E> {
    pub article: A,
    pub event: E,
    pub profile: Rc<Profile>,
}

/// A member of an event.
struct Member {
    profile: Rc<Profile>,
    is_sure: bool,
    /// Probability that the new article reports the same.
    p: f32,
}

/// What is known of the articles around a new one: each is read and compared with it once.
struct Compared<'a, R: Archive> {
    model: &'a EventModel,
    mine: &'a Profile,
    archive: R,
    known: BTreeMap<R::Article, (Rc<Profile>, f32)>,
}

impl<R: Archive> Compared<'_, R> {
    fn compare(&mut self, article: R::Article, profile: Rc<Profile>) -> f32 {
        let p = self.model.probability(self.mine, &profile);
        self.known.insert(article, (profile, p));
        p
    }

    fn members(&mut self, event: R::Event) -> Result<Vec<Member>, R::Error> {
        let mut out = Vec::new();
        for (article, is_sure) in self.archive.members(event)? {
            if !self.known.contains_key(&article)
                && let Some(profile) = self.archive.profile(article)?
            {
                self.compare(article, profile);
            }
            out.extend(self.known.get(&article).map(|(profile, p)| Member { profile: Rc::clone(profile), is_sure, p: *p }));
        }
        Ok(out)
    }
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

/// Returns the event that an article joins, given articles with common terms.
///
/// # Errors
/// Those of the archive.
pub fn join<R: Archive>(
    model: &EventModel,
    mine: &Profile,
    candidates: impl IntoIterator<Item = Candidate<R::Article, R::Event>>,
    archive: R,
) -> Result<Option<Joined<R::Event>>, R::Error> {
    let mut compared = Compared { model, mine, archive, known: BTreeMap::new() };
    let mut closest: BTreeMap<R::Event, f32> = BTreeMap::new();
    for candidate in candidates.into_iter().take(MAX_CANDIDATES) {
        let p = compared.compare(candidate.article, candidate.profile);
        let known = closest.entry(candidate.event).or_default();
        *known = known.max(p);
    }
    let mut likely: Vec<(R::Event, f32)> = closest.into_iter().filter(|(_, p)| *p >= model.related).collect();
    likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut fitting: Vec<(Linkage, R::Event, Vec<Member>)> = Vec::new();
    for (event, _) in likely.into_iter().take(MAX_EVENTS) {
        let members = compared.members(event)?;
        let linkage = Linkage::of(mine, &members, |m| m.p);
        if linkage.mean >= model.related {
            fitting.push((linkage, event, members));
        }
    }
    fitting.sort_by(|a, b| b.0.mean.total_cmp(&a.0.mean).then(a.1.cmp(&b.1)));
    let mut fitting = fitting.into_iter();
    let Some((linkage, event, mut known)) = fitting.next() else { return Ok(None) };
    let mut merged = Vec::new();
    for (_, other, theirs) in fitting {
        let mean = |m: &Member| Linkage::of(&m.profile, &known, |k| model.probability(&m.profile, &k.profile)).mean;
        let all: f32 = theirs.iter().map(mean).sum();
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
    fn of(mine: &Profile, members: &[Member], probability: impl Fn(&Member) -> f32) -> Self {
        let rate = |m: &Member| (probability(m), m.is_sure, is_doubtful(mine, &m.profile));
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
    articles: Vec<(Rc<Profile>, usize, f32)>,
    /// The articles of each event.
    events: Vec<Vec<usize>>,
}

/// Most articles kept per term, the newest.
const MAX_PER_TERM: usize = 24;

impl EventIndex {
    /// Adds an article; returns its number. Articles count from 0.
    pub fn add(&mut self, model: &EventModel, profile: Profile) -> usize {
        let article = self.articles.len();
        let candidates = self.sharing_terms(&profile.terms());
        let joined = join(model, &profile, candidates, &*self).ok().flatten();
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
        self.articles.push((Rc::new(profile), event, confidence));
        article
    }

    /// Returns the event of an article, and the confidence that it belongs there.
    pub fn event(&self, article: usize) -> Option<(usize, f32)> {
        self.articles.get(article).map(|(_, event, confidence)| (*event, *confidence))
    }

    /// Returns the articles that share the rarest terms, with their events.
    fn sharing_terms(&self, terms: &[(u32, f32)]) -> Vec<Candidate<usize, usize>> {
        let mut shared: HashMap<usize, f32> = HashMap::new();
        for (term, bits) in terms {
            self.terms.get(term).into_iter().flatten().for_each(|a| *shared.entry(*a).or_default() += bits);
        }
        let found = |a: usize| self.articles.get(a).map(|(profile, event, _)| Candidate { article: a, event: *event, profile: Rc::clone(profile) });
        most_alike(shared).into_iter().filter_map(found).collect()
    }
}

impl Archive for &EventIndex {
    type Article = usize;
    type Event = usize;
    type Error = std::convert::Infallible;

    fn members(&mut self, event: usize) -> Result<Vec<(usize, bool)>, Self::Error> {
        let newest = self.events.get(event).into_iter().flatten().rev().take(MAX_MEMBERS);
        Ok(newest.filter_map(|a| self.articles.get(*a).map(|(_, _, confidence)| (*a, *confidence >= SURE))).collect())
    }

    fn profile(&mut self, article: usize) -> Result<Option<Rc<Profile>>, Self::Error> {
        Ok(self.articles.get(article).map(|(profile, ..)| Rc::clone(profile)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts how often an article is read.
    struct Counting<'a> {
        index: &'a EventIndex,
        read: &'a mut Vec<usize>,
    }

    impl Archive for Counting<'_> {
        type Article = usize;
        type Event = usize;
        type Error = std::convert::Infallible;

        fn members(&mut self, event: usize) -> Result<Vec<(usize, bool)>, Self::Error> {
            let mut index = self.index;
            index.members(event)
        }

        fn profile(&mut self, article: usize) -> Result<Option<Rc<Profile>>, Self::Error> {
            self.read.push(article);
            let mut index = self.index;
            index.profile(article)
        }
    }

    #[test]
    fn an_article_is_read_once() {
        let model = EventModel::built_in().unwrap();
        let mut index = EventIndex::default();
        let text = "云鹭股份11月3日公告，全资子公司云鹭化学因未按期处置2.45万吨危险废物，被许昌市生态环境局责令临时停产。";
        let profile = |n: usize| Profile::new("云鹭股份子公司云鹭化学被责令停产", &format!("{text}记者{n}日获悉。"), "2026-11-04".parse().ok());
        let added: Vec<usize> = (0..3).map(|n| index.add(model, profile(n))).collect();
        assert_eq!(added.iter().map(|a| index.event(*a).unwrap().0).collect::<Vec<_>>(), [0; 3]);
        let mine = profile(4);
        let mut candidates = index.sharing_terms(&mine.terms());
        candidates.retain(|c| c.article != 0);
        let mut read = Vec::new();
        let joined = join(model, &mine, candidates, Counting { index: &index, read: &mut read }).unwrap();
        assert_eq!((joined.map(|j| j.event), read), (Some(0), vec![0]), "the others are known");
    }
}
