//! Columns that editors move items to: for each column, a logistic regression over the features of printed items. Without moves an
//! item goes where the classifier says.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::features::{CandidateFeatures, Feature, FeatureKind};
use super::sparse::{self, Prior, Row};
use super::weight::LearnedWeight;

/// Items that editors must have moved before anything is learned of columns.
const MIN_MOVES: usize = 5;
/// Log-odds of the classifier's column, and of any other.
const CLASSIFIED: f32 = 2.0;
/// By so much the log-odds of another column must be higher.
const MARGIN: f32 = 0.5;
/// Weights that differ less from what was believed before are not kept.
const MIN_DIFFERENCE: f32 = 0.05;
/// Belief in a weight before the first move: one divided by its variance.
const PRECISION: f32 = 1.0;

/// What makes an item one of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnWeights {
    pub column: String,
    pub weights: Vec<LearnedWeight>,
}

/// Weights by kind and name.
type ByName = HashMap<FeatureKind, HashMap<String, f32>>;

/// Columns that may take items of others.
#[derive(Debug, Default)]
pub(super) struct Columns {
    by_column: Vec<(String, ByName)>,
}

impl Columns {
    pub(super) fn new(learned: &[ColumnWeights]) -> Self {
        let by_name = |c: &ColumnWeights| {
            let mut out = ByName::new();
            for w in &c.weights {
                out.entry(w.feature.kind).or_default().insert(w.feature.name.clone(), w.weight);
            }
            (c.column.clone(), out)
        };
        Self { by_column: learned.iter().map(by_name).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_column.is_empty()
    }

    /// Returns the column that editors would move a candidate to, if it is another than the classifier's.
    pub(super) fn column(&self, candidate: &CandidateFeatures) -> Option<&str> {
        let odds = |column: &str, weights: &ByName| {
            let mut sum = 0.0;
            candidate.each(|kind, name, value| {
                let learned = weights.get(&kind).and_then(|names| names.get(name)).copied();
                sum += value * learned.unwrap_or_else(|| believed(column, kind, name));
            });
            sum
        };
        let all: Vec<(&str, f32)> = self.by_column.iter().map(|(column, weights)| (column.as_str(), odds(column, weights))).collect();
        let own = all.iter().find(|(column, _)| *column == candidate.column).map_or(CLASSIFIED, |(_, odds)| *odds);
        let best = all.into_iter().filter(|(column, _)| *column != candidate.column).max_by(|a, b| a.1.total_cmp(&b.1));
        best.filter(|(_, odds)| *odds > own + MARGIN && *odds > 0.0).map(|(column, _)| column)
    }
}

/// Returns what is believed of a weight before the first move.
fn believed(column: &str, kind: FeatureKind, name: &str) -> f32 {
    match kind {
        FeatureKind::Column if name == column => CLASSIFIED,
        FeatureKind::Column => -CLASSIFIED,
        _ => 0.0,
    }
}

/// Learns from printed items, oldest first, and the columns they were printed in. What was learned from the older ones must spare
/// moves among the newest quarter; else nothing is learned.
pub(super) fn learn(printed: &[(&CandidateFeatures, &str)]) -> Vec<ColumnWeights> {
    let (older, newest) = printed.split_at(printed.len() - printed.len() / 4);
    let columns = Columns::new(&fit_all(older));
    let moves = |columns: &Columns| newest.iter().filter(|(f, column)| columns.column(f).unwrap_or(&f.column) != *column).count();
    if moves(&columns) < moves(&Columns::default()) { fit_all(printed) } else { Vec::new() }
}

fn fit_all(printed: &[(&CandidateFeatures, &str)]) -> Vec<ColumnWeights> {
    let moves: Vec<&(&CandidateFeatures, &str)> = printed.iter().filter(|(f, column)| !f.column.is_empty() && f.column != *column).collect();
    if moves.len() < MIN_MOVES {
        return Vec::new();
    }
    let mut columns: Vec<&str> = moves.iter().flat_map(|(f, column)| [f.column.as_str(), column]).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut numbers: HashMap<Feature, usize> = HashMap::new();
    let mut rows: Vec<Vec<(usize, f32)>> = Vec::new();
    for (features, _) in printed {
        let mut row = Vec::new();
        features.each(|kind, name, value| {
            if !matches!(kind, FeatureKind::Points(_) | FeatureKind::Age) {
                let next = numbers.len();
                row.push((*numbers.entry(Feature { kind, name: name.to_owned() }).or_insert(next), value));
            }
        });
        rows.push(row);
    }
    let mut features: Vec<(Feature, usize)> = numbers.into_iter().collect();
    features.sort_unstable_by_key(|(_, n)| *n);
    columns.into_iter().map(|column| fit(column, printed, &rows, &features)).collect()
}

fn fit(column: &str, printed: &[(&CandidateFeatures, &str)], rows: &[Vec<(usize, f32)>], features: &[(Feature, usize)]) -> ColumnWeights {
    let prior = |(f, _): &(Feature, usize)| Prior { mean: believed(column, f.kind, &f.name), precision: PRECISION };
    let priors: Vec<Prior> = features.iter().map(prior).collect();
    let row = |(features, (_, printed_in)): (&Vec<(usize, f32)>, &(&CandidateFeatures, &str))| Row {
        features: features.clone(),
        is_positive: *printed_in == column,
        weight: 1.0,
    };
    let weights = sparse::fit(&rows.iter().zip(printed).map(row).collect::<Vec<_>>(), &priors);
    let mut counts = vec![(0, 0); features.len()];
    for (row, (_, printed_in)) in rows.iter().zip(printed) {
        for (at, _) in row {
            if let Some((kept, seen)) = counts.get_mut(*at) {
                (*kept, *seen) = (*kept + u32::from(*printed_in == column), *seen + 1);
            }
        }
    }
    let learned = features.iter().zip(&weights).zip(&priors).zip(&counts);
    let differs = learned.filter(|(((_, weight), prior), _)| (**weight - prior.mean).abs() >= MIN_DIFFERENCE);
    let weights = differs.map(|((((feature, _), weight), _), (kept, seen))| LearnedWeight {
        feature: feature.clone(),
        weight: *weight,
        kept: *kept,
        seen: *seen,
    });
    ColumnWeights { column: column.to_owned(), weights: weights.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(column: &str, keyword: &str, n: usize) -> CandidateFeatures {
        CandidateFeatures { title: format!("标题{n}"), column: column.into(), keywords: vec![keyword.into()], ..CandidateFeatures::default() }
    }

    #[test]
    fn what_editors_move_goes_there_itself_and_other_items_stay() {
        let items: Vec<CandidateFeatures> = (0..48).map(|n| item("行业动态", if n % 3 == 0 { "贷款" } else { "投产" }, n)).collect();
        let printed = |moved: usize| -> Vec<(&CandidateFeatures, &str)> {
            let column = |n: usize| if n.is_multiple_of(3) && n < moved { "金融要点" } else { "行业动态" };
            items.iter().enumerate().map(|(n, f)| (f, column(n))).collect()
        };
        let columns = Columns::new(&learn(&printed(48)));
        assert_eq!(columns.column(&item("行业动态", "贷款", 99)), Some("金融要点"));
        assert_eq!(columns.column(&item("行业动态", "投产", 99)), None);
        assert_eq!(columns.column(&item("财经数据", "投产", 99)), None);
        assert!(learn(&printed(10)).is_empty(), "a few moves teach nothing");
        assert!(learn(&printed(34)).is_empty(), "what would have been wrong of late is not used");
    }
}
