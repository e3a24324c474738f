//! The second stage: turns margins and the rules' scores into probabilities and decisions.

use serde::{Deserialize, Serialize};

use super::logistic::{Logistic, sigmoid};
use super::signals::{FIRED, Signals};

/// Maximum number of industries per article.
const MAX_INDUSTRIES: usize = 3;

/// Margins of the linear models for one article.
#[derive(Debug, Clone, Default)]
pub(super) struct Margins {
    pub(super) industries: Vec<f32>,
    pub(super) columns: Vec<f32>,
    pub(super) on_topic: f32,
    /// For worth of at least 1, and worth of 2.
    pub(super) worth: [f32; 2],
}

/// The model's result for an article.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Probability of each industry of the model, in its order.
    pub industries: Vec<f32>,
    /// Assigned industries: indexes of the model's list, most probable first.
    pub given: Vec<usize>,
    /// Probability of each column, in the model's order; the sum is 1.
    pub columns: Vec<f32>,
    /// Probability that some column of the briefing would take it.
    pub on_topic: f32,
    /// Whether that probability is high enough.
    pub is_on_topic: bool,
    /// Probability that an editor would consider it for an issue.
    pub worth: f32,
}

/// Fitted on margins of articles outside the linear models' training set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Stages {
    pub(super) industries: Vec<Logistic>,
    pub(super) columns: Vec<Logistic>,
    /// Added to the log odds of each column; without it rare columns would never be chosen.
    pub(super) column_help: Vec<f32>,
    pub(super) on_topic: Logistic,
    pub(super) worth: Logistic,
    pub(super) thresholds: Thresholds,
}

/// Minimum probability of each label.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Thresholds {
    pub(super) industry: f32,
    /// Minimum share of the best industry's probability.
    pub(super) beside_best: f32,
    pub(super) on_topic: f32,
    /// Minimum worth of an article that is chosen automatically.
    pub(super) worth: f32,
}

impl Stages {
    pub(super) fn verdict(&self, signals: &Signals, margins: &Margins, hint: Option<usize>) -> Verdict {
        let about = about(signals, margins);
        let on_topic = self.on_topic.probability(&about);
        let is_on_topic = on_topic >= self.thresholds.on_topic;
        let industries: Vec<f32> = self.industries.iter().enumerate().map(|(i, l)| l.probability(&of_industry(i, signals, margins))).collect();
        let given = if is_on_topic { self.given(&industries) } else { Vec::new() };
        let mut log_odds = self.column_log_odds(&of_columns(signals, margins));
        hint.and_then(|c| log_odds.get_mut(c)).into_iter().for_each(|o| *o += HINT);
        let columns = Self::column_shares(&log_odds, &self.column_help);
        Verdict { given, industries, columns, on_topic, is_on_topic, worth: self.worth.probability(&about) }
    }

    /// Returns the industries above the thresholds, best first.
    fn given(&self, industries: &[f32]) -> Vec<usize> {
        let least = self.thresholds.industry.max(self.thresholds.beside_best * industries.iter().copied().fold(0.0, f32::max));
        let mut given: Vec<(usize, f32)> = industries.iter().copied().enumerate().filter(|(_, p)| *p >= least).collect();
        given.sort_by(|a, b| b.1.total_cmp(&a.1));
        given.into_iter().take(MAX_INDUSTRIES).map(|(i, _)| i).collect()
    }

    pub(super) fn column_log_odds(&self, features: &[f32]) -> Vec<f32> {
        self.columns.iter().map(|l| l.log_odds(features)).collect()
    }

    /// Returns the column probabilities, with sum 1.
    pub(super) fn column_shares(log_odds: &[f32], help: &[f32]) -> Vec<f32> {
        let each: Vec<f32> = log_odds.iter().zip(help).map(|(o, h)| sigmoid(*o) * h.exp()).collect();
        let sum: f32 = each.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        each.iter().map(|p| p / sum).collect()
    }
}

/// Added to the log odds of the column that a source suggests.
const HINT: f32 = 1.5;

pub(super) fn of_industry(i: usize, signals: &Signals, margins: &Margins) -> Vec<f32> {
    let score = signals.scores.get(i).copied().unwrap_or_default();
    let in_title = signals.title_scores.get(i).copied().unwrap_or_default();
    let margin = margins.industries.get(i).copied().unwrap_or_default();
    let (best, _) = signals.best_two();
    let fired = score >= FIRED;
    let others = margins.industries.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, m)| *m).fold(-3.0, f32::max);
    let mut out = vec![score, score / best.max(0.01), signals.fired(), best, signals.log_length(), margin];
    out.extend([if fired { margin } else { 0.0 }, margins.on_topic, others, margins.worth[0], f32::from(u8::from(score > 0.0)), in_title]);
    out.extend(&margins.columns);
    out
}

pub(super) fn of_columns(signals: &Signals, margins: &Margins) -> Vec<f32> {
    let mut out = margins.columns.clone();
    out.extend((0..margins.columns.len()).map(|c| f32::from(u8::from(signals.column == Some(c)))));
    let most = signals.column_points.iter().copied().fold(0.0, f32::max);
    out.extend(signals.column_points.iter().map(|points| points - most));
    out.extend([margins.on_topic, margins.worth[0], margins.worth[1], signals.log_length(), signals.best_two().0]);
    out
}

/// Returns the features for topic and worth.
pub(super) fn about(signals: &Signals, margins: &Margins) -> Vec<f32> {
    let (best, _) = signals.best_two();
    let most = margins.industries.iter().copied().fold(-3.0, f32::max);
    let mut out = vec![margins.on_topic, margins.worth[0], margins.worth[1], most, best, signals.theme, signals.log_length()];
    out.extend([f32::from(u8::from(signals.has_text)), signals.fired()]);
    out.extend(&margins.columns);
    out
}
