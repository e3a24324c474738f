//! Which stories come first, and why.

use chrono::{DateTime, Utc};

use crate::model::{Headline, Judgement, StoryId};

const HOME: &str = "许昌";
const PROVINCE: &str = "河南";
/// Taken off for each item of the same industry, or source, chosen before (maximal marginal relevance, Carbonell and
/// Goldstein 1998, with labels for the similarity).
const SAME_INDUSTRY: f64 = 0.45;
const SAME_SOURCE: f64 = 0.2;
/// Hours after which freshness has fallen to a third.
const FRESH_HOURS: f64 = 36.0;

/// A story that may become an item.
pub(super) struct Candidate {
    pub(super) story: StoryId,
    copies: Vec<Headline>,
    lead: usize,
    pub(super) score: f64,
    pub(super) reasons: Vec<String>,
}

impl Candidate {
    /// Rates a story; `None` where it concerns nothing of ours.
    pub(super) fn new(story: StoryId, mut copies: Vec<Headline>, now: DateTime<Utc>) -> Option<Self> {
        copies.retain(|a| a.judgement.is_some());
        copies.sort_by_key(|a| (a.effective_time(), a.id));
        let longest = copies.iter().map(|a| a.length).max()?;
        // the earliest copy that is not cut short
        let lead = copies.iter().position(|a| a.length * 10 >= longest * 8).unwrap_or(0);
        let mut candidate = Self { story, copies, lead, score: 0.0, reasons: Vec::new() };
        candidate.judgement_opt()?.on_topic().then_some(())?;
        candidate.rate(now);
        Some(candidate)
    }

    fn judgement_opt(&self) -> Option<&Judgement> {
        self.copies.get(self.lead).and_then(|a| a.judgement.as_ref())
    }

    pub(super) fn judgement(&self) -> &Judgement {
        static NONE: std::sync::LazyLock<Judgement> = std::sync::LazyLock::new(Judgement::default);
        self.judgement_opt().unwrap_or(&NONE)
    }

    pub(super) fn lead(&self) -> &Headline {
        // `new` refuses stories without copies, and `lead` is a position among them
        &self.copies[self.lead]
    }

    pub(super) fn others(&self) -> impl Iterator<Item = &Headline> {
        self.copies.iter().enumerate().filter(|(i, _)| *i != self.lead).map(|(_, a)| a)
    }

    fn rate(&mut self, now: DateTime<Utc>) {
        let (mut score, mut reasons) = (0.0, Vec::new());
        let j = self.judgement();
        if let Some(best) = j.industries.first() {
            score += 3.0 * best.score;
            reasons.push(format!("行业：{}（{}）", best.name, best.evidence.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("、")));
        } else if let Some(theme) = j.themes.first() {
            score += 2.0 * theme.score;
            reasons.push(format!("主题：{}（{}）", theme.name, theme.evidence.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("、")));
        }
        let region = self.lead().region.as_deref().unwrap_or_default();
        let near = |word: &str| region.contains(word) || j.places.iter().any(|p| p.contains(word)) || self.lead().title.contains(word);
        if near(HOME) {
            score += 1.2;
            reasons.push("地域：许昌".to_owned());
        } else if near(PROVINCE) {
            score += 0.6;
            reasons.push("地域：河南".to_owned());
        }
        if let Some(o) = j.organisations.first() {
            score += 0.6;
            reasons.push(format!("关注企业：{o}"));
        }
        let hours = (now - self.lead().effective_time()).num_minutes().max(0) as f64 / 60.0;
        score += 1.5 * (-hours / FRESH_HOURS).exp();
        if hours < 24.0 {
            reasons.push("24 小时内".to_owned());
        }
        let others = self.copies.len() - 1;
        if others > 0 {
            score += 0.4 * (1.0 + others as f64).log2();
            reasons.push(format!("{others} 家转载"));
        }
        (self.score, self.reasons) = ((score * 1000.0).round() / 1000.0, reasons);
    }
}

/// The best `quota`, each chosen beside those chosen before it.
pub(super) fn choose(mut candidates: Vec<Candidate>, quota: usize) -> Vec<Candidate> {
    // order decides between equals: newest first, then by row, so that a rebuilt edition is the same
    candidates.sort_by_key(|c| (std::cmp::Reverse(c.lead().effective_time()), c.story));
    let mut chosen: Vec<Candidate> = Vec::new();
    while chosen.len() < quota {
        let best = candidates.iter().enumerate().map(|(i, c)| (beside(c, &chosen), i)).reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((_, i)) = best else { break };
        chosen.push(candidates.remove(i));
    }
    chosen
}

fn beside(c: &Candidate, chosen: &[Candidate]) -> f64 {
    let industry = |c: &Candidate| c.judgement().industries.first().or(c.judgement().themes.first()).map(|l| l.name.clone());
    let same_industry = chosen.iter().filter(|o| industry(o) == industry(c)).count() as f64;
    let same_source = chosen.iter().filter(|o| o.lead().source == c.lead().source).count() as f64;
    c.score - SAME_INDUSTRY * same_industry - SAME_SOURCE * same_source
}
