//! Ranking: points of an article, with reasons.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::knowledge::OUTLETS;
use crate::model::{Classification, Headline, Label};
use crate::ranking::{CandidateFeatures, FeatureKind, LearnedWeight, PointKind};
use crate::text::normalize::truncate;

/// Hours after which freshness falls to a third.
const FRESH_HOURS: f64 = 36.0;
/// Difference in points between an article surely worth an editor's look and one surely not.
const WORTH: f64 = 4.0;
/// Points for an article about the first and the second region level.
const REGION: [f64; 2] = [1.2, 0.6];
/// Points by source authority, for an article of normal weight.
const AUTHORITY_BONUS: [f64; 4] = [0.0, 0.15, 0.3, 0.5];

/// Letters of a name in a learned reason.
const MAX_NAME: usize = 24;
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
    SimilarTo {
        number: u32,
        title: &'a str,
    },
    Reports(usize),
    FollowsUp {
        number: u32,
        title: &'a str,
    },
    /// Learned from decisions: the feature, and the points it adds.
    Learned(&'a LearnedWeight, f64),
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
            Self::Learned(w, points) => f.write_str(&learned_reason(w, *points)),
            Self::SimilarTo { number, title } => write!(f, "与第{number}期《{title}》相近"),
        }
    }
}

/// Points of an article, and the reason that editors see.
pub(super) type Points<'a> = (PointKind, f64, Option<RankReason<'a>>);

/// Returns the points of an article on its own.
pub(super) fn article_points<'a>(h: &'a Headline, levels: &'a [String], now: DateTime<Utc>) -> Vec<Points<'a>> {
    let Some(j) = &h.classification else { return Vec::new() };
    let mut out = content_points(&h.title, j, h.region.as_deref().unwrap_or_default(), levels);
    let hours = age_hours(h, now);
    out.push((PointKind::Fresh, 1.5 * (-hours / FRESH_HOURS).exp(), (hours < 24.0).then_some(RankReason::Fresh)));
    let standing = source_authority(h);
    let bonus = AUTHORITY_BONUS.get(usize::from(standing)).copied().unwrap_or_default();
    out.push((PointKind::Authority, bonus, (standing >= 3).then_some(RankReason::Official)));
    if (h.weight - 1.0).abs() > 0.01 {
        out.push((PointKind::SourceWeight, h.weight - 1.0, Some(RankReason::Weight(h.weight))));
    }
    out
}

/// Returns the points for what an article says, whenever and wherever; `source_region` is that of its source.
fn content_points<'a>(title: &str, j: &'a Classification, source_region: &str, levels: &'a [String]) -> Vec<Points<'a>> {
    let mut out = Vec::with_capacity(7);
    if let Some(worth) = j.worth {
        out.push((PointKind::Worth, WORTH * (worth - 0.5), Some(RankReason::Worth(worth))));
    }
    if let Some(best) = j.industries.first() {
        out.push((PointKind::Industry, 3.0 * best.score, Some(RankReason::Industry(best))));
    } else if let Some(theme) = j.themes.first() {
        out.push((PointKind::Theme, 2.0 * theme.score, Some(RankReason::Theme(theme))));
    }
    let near = |word: &String| {
        j.region_scope == *word
            || source_region.contains(word.as_str())
            || j.places.iter().any(|p| p.contains(word.as_str()))
            || title.contains(word.as_str())
    };
    if let Some((name, points)) = levels.iter().zip(REGION).find(|(name, _)| near(name)) {
        out.push((PointKind::Region, points, Some(RankReason::Region(name))));
    }
    if let Some(name) = j.watched_organisations.first() {
        out.push((PointKind::Watched, 0.6, Some(RankReason::Watched(name))));
    }
    out
}

fn age_hours(h: &Headline, now: DateTime<Utc>) -> f64 {
    (now - h.sort_time()).num_minutes().max(0) as f64 / 60.0
}

/// Returns what the learned ranking knows of an article on its own, with its points.
pub(super) fn features(h: &Headline, topics: &[String], points: Vec<(PointKind, f64)>, now: DateTime<Utc>) -> CandidateFeatures {
    let Some(j) = &h.classification else { return CandidateFeatures::default() };
    CandidateFeatures {
        points,
        source: h.source_name.clone(),
        publisher: h.publisher.clone().unwrap_or_default(),
        topics: topics.to_vec(),
        age_hours: Some(age_hours(h, now)),
        ..labels(&h.title, j)
    }
}

/// Returns the features of a text without its source and date.
pub fn content_features(title: &str, j: &Classification, levels: &[String]) -> CandidateFeatures {
    let points = content_points(title, j, "", levels).into_iter().map(|(kind, points, _)| (kind, points)).collect();
    CandidateFeatures { points, ..labels(title, j) }
}

fn labels(title: &str, j: &Classification) -> CandidateFeatures {
    let names = |labels: &[Label]| labels.iter().map(|l| l.name.clone()).collect();
    CandidateFeatures {
        title: title.to_owned(),
        column: j.column.clone(),
        industries: names(&j.industries),
        themes: names(&j.themes),
        places: j.places.clone(),
        region: j.region_scope.clone(),
        organisations: j.all_organisations().into_iter().map(str::to_owned).collect(),
        keywords: j.keywords.clone(),
        ..CandidateFeatures::default()
    }
}

/// Returns a learned reason in words, given the points it adds.
pub fn learned_reason(w: &LearnedWeight, points: f64) -> String {
    let (kind, name) = (feature_label(w.feature.kind), w.feature.name.as_str());
    let name = match (w.feature.kind, name) {
        (FeatureKind::Age, hours) => format!("{hours} 小时内"),
        _ => truncate(&name.chars().filter(|c| !c.is_control() && !is_direction_mark(*c)).collect::<String>(), MAX_NAME),
    };
    format!("{}{kind} {name}（{} 条采用 {} 条）", if points > 0.0 { "常采用：" } else { "常不用：" }, w.seen, w.kept)
}

/// Whether a character turns the direction of the text that follows.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns the Chinese name of a kind of features.
pub fn feature_label(kind: FeatureKind) -> &'static str {
    match kind {
        FeatureKind::Points(_) => "评分",
        FeatureKind::Industry => "行业",
        FeatureKind::Theme => "主题",
        FeatureKind::Column => "栏目",
        FeatureKind::Place => "地方",
        FeatureKind::Region => "地域",
        FeatureKind::Source => "来源",
        FeatureKind::Publisher => "出处",
        FeatureKind::Organisation => "机构",
        FeatureKind::Keyword => "关键词",
        FeatureKind::Topic => "课题",
        FeatureKind::Age => "时间",
        FeatureKind::Letters => "标题用字",
    }
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
