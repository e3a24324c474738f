//! Ranking: points of an article, with reasons.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::knowledge::OUTLETS;
use crate::model::{Headline, Label};

/// Hours after which freshness falls to a third.
const FRESH_HOURS: f64 = 36.0;
/// Difference in points between an article surely worth an editor's look and one surely not.
const WORTH: f64 = 4.0;
/// Points for an article about the first and the second region level.
const REGION: [f64; 2] = [1.2, 0.6];
/// Points by source authority, for an article of normal weight.
const AUTHORITY_BONUS: [f64; 4] = [0.0, 0.15, 0.3, 0.5];

/// Points for an article of a topic (关注课题).
pub(super) const TOPIC: f64 = 1.5;

/// A reason that raises or lowers an item's rank; editors see this text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RankReason<'a> {
    Worth(f64),
    Industry(&'a Label),
    Theme(&'a Label),
    Region(&'a str),
    Watched(&'a str),
    Topic(&'a str),
    Fresh,
    Official,
    Weight(f64),
    Copies(usize),
    SimilarTo { number: u32, title: &'a str },
    Reports(usize),
    FollowsUp { number: u32, title: &'a str },
}

impl fmt::Display for RankReason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |l: &Label| l.evidence.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("、");
        match self {
            Self::Worth(p) => write!(f, "价值 {:.0}%", p * 100.0),
            Self::Industry(l) => write!(f, "行业：{}（{}）", l.name, words(l)),
            Self::Theme(l) => write!(f, "主题：{}（{}）", l.name, words(l)),
            Self::Region(name) => write!(f, "地域：{name}"),
            Self::Watched(name) => write!(f, "关注机构：{name}"),
            Self::Topic(title) => write!(f, "关注课题：{title}"),
            Self::Fresh => f.write_str("24 小时内"),
            Self::Official => f.write_str("权威来源"),
            Self::Weight(w) => write!(f, "来源权重 {w}"),
            Self::Copies(n) => write!(f, "{n} 家转载"),
            Self::Reports(n) => write!(f, "同一事件另有 {n} 篇报道"),
            Self::FollowsUp { number, title } => write!(f, "第{number}期《{title}》的后续"),
            Self::SimilarTo { number, title } => write!(f, "与第{number}期《{title}》相近"),
        }
    }
}

/// Returns the points of an article on its own, each with its reason.
pub(super) fn rank_features<'a>(h: &'a Headline, levels: &'a [String], now: DateTime<Utc>) -> Vec<(f64, Option<RankReason<'a>>)> {
    let Some(j) = &h.classification else { return Vec::new() };
    let mut out = Vec::with_capacity(6);
    if let Some(worth) = j.worth {
        out.push((WORTH * (worth - 0.5), Some(RankReason::Worth(worth))));
    }
    if let Some(best) = j.industries.first() {
        out.push((3.0 * best.score, Some(RankReason::Industry(best))));
    } else if let Some(theme) = j.themes.first() {
        out.push((2.0 * theme.score, Some(RankReason::Theme(theme))));
    }
    let region = h.region.as_deref().unwrap_or_default();
    let near = |word: &String| {
        j.region_scope == *word
            || region.contains(word.as_str())
            || j.places.iter().any(|p| p.contains(word.as_str()))
            || h.title.contains(word.as_str())
    };
    if let Some((name, points)) = levels.iter().zip(REGION).find(|(name, _)| near(name)) {
        out.push((points, Some(RankReason::Region(name))));
    }
    if let Some(name) = j.watched_organisations.first() {
        out.push((0.6, Some(RankReason::Watched(name))));
    }
    let hours = (now - h.sort_time()).num_minutes().max(0) as f64 / 60.0;
    out.push((1.5 * (-hours / FRESH_HOURS).exp(), (hours < 24.0).then_some(RankReason::Fresh)));
    let standing = source_authority(h);
    out.push((AUTHORITY_BONUS.get(usize::from(standing)).copied().unwrap_or_default(), (standing >= 3).then_some(RankReason::Official)));
    if (h.weight - 1.0).abs() > 0.01 {
        out.push((h.weight - 1.0, Some(RankReason::Weight(h.weight))));
    }
    out
}

/// Returns the authority of a source: 3 for authorities and central press, 2 for newspapers, 1 for other named media.
pub(super) fn source_authority(h: &Headline) -> u8 {
    let (origin, host) = (h.publisher_or_source(), h.url.as_url().host_str().unwrap_or_default());
    if host.ends_with(".gov.cn") || OUTLETS.standing.central.are_in(origin) {
        3
    } else if OUTLETS.standing.press.are_in(origin) {
        2
    } else {
        u8::from(h.publisher.is_some())
    }
}
