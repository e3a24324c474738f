//! Columns that editors move items to: for each column, a logistic regression over the features of printed items. Without moves an
//! item goes where the classifier says.

use std::collections::HashMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::features::{CandidateFeatures, Feature, FeatureKind};
use super::sparse::{self, Prior, Row};
use super::weight::LearnedWeight;

/// Items that editors must have moved before anything is learned of columns.
const MIN_MOVES: usize = 5;
/// Issues on which it is checked, and after which a printed item counts half.
const CHECKED_ISSUES: usize = 2;
const HALF_LIFE: f32 = 4.0;
/// Log-odds of the classifier's column, and of any other.
const CLASSIFIED: f32 = 2.0;
/// By so much the log-odds of another column must be higher.
const MARGIN: f32 = 0.2;
/// Weights that differ less from what was believed before are not kept.
const MIN_DIFFERENCE: f32 = 0.05;
/// Belief in a weight before the first move: one divided by its variance.
const PRECISION: f32 = 0.4;

/// What makes an item one of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnWeights {
    pub column: String,
    pub weights: Vec<LearnedWeight>,
}

/// Weights by kind and name.
type ByName = FxHashMap<FeatureKind, FxHashMap<String, f32>>;

/// Columns that may take items of others.
#[derive(Debug, Default)]
pub(super) struct Columns {
    by_column: Vec<(String, ByName)>,
}

impl Columns {
    pub(super) fn new(learned: &[ColumnWeights]) -> Self {
        let by_name = |c: &ColumnWeights| {
            let mut out = ByName::default();
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

/// A printed item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printed<'a> {
    pub(super) features: &'a CandidateFeatures,
    /// The column that it was printed in.
    pub(super) column: &'a str,
    /// How many issues ago.
    pub(super) age: usize,
}

/// Learns from printed items. What was learned from the older ones must spare moves in the newest issues; else nothing is learned.
pub(super) fn learn(printed: &[Printed<'_>]) -> Vec<ColumnWeights> {
    let (newest, older): (Vec<Printed<'_>>, Vec<Printed<'_>>) = printed.iter().partition(|p| p.age < CHECKED_ISSUES);
    let columns = Columns::new(&fit_all(&older));
    let moves = |columns: &Columns| newest.iter().filter(|p| columns.column(p.features).unwrap_or(&p.features.column) != p.column).count();
    if moves(&columns) < moves(&Columns::default()) { fit_all(printed) } else { Vec::new() }
}

fn fit_all(printed: &[Printed<'_>]) -> Vec<ColumnWeights> {
    let moves: Vec<&Printed<'_>> = printed.iter().filter(|p| !p.features.column.is_empty() && p.features.column != p.column).collect();
    if moves.len() < MIN_MOVES {
        return Vec::new();
    }
    let mut columns: Vec<&str> = moves.iter().flat_map(|p| [p.features.column.as_str(), p.column]).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut numbers: HashMap<Feature, usize> = HashMap::new();
    let mut rows: Vec<Vec<(usize, f32)>> = Vec::new();
    for features in printed.iter().map(|p| p.features) {
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

fn fit(column: &str, printed: &[Printed<'_>], rows: &[Vec<(usize, f32)>], features: &[(Feature, usize)]) -> ColumnWeights {
    let prior = |(f, _): &(Feature, usize)| Prior { mean: believed(column, f.kind, &f.name), precision: PRECISION };
    let priors: Vec<Prior> = features.iter().map(prior).collect();
    let row = |(features, p): (&Vec<(usize, f32)>, &Printed<'_>)| Row {
        features: features.clone(),
        is_positive: p.column == column,
        weight: 0.5_f32.powf(p.age as f32 / HALF_LIFE),
    };
    let weights = sparse::fit(&rows.iter().zip(printed).map(row).collect::<Vec<_>>(), &priors);
    let mut counts = vec![(0, 0); features.len()];
    for (row, p) in rows.iter().zip(printed) {
        for (at, _) in row {
            if let Some((kept, seen)) = counts.get_mut(*at) {
                (*kept, *seen) = (*kept + u32::from(p.column == column), *seen + 1);
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
        // eight issues of six items
        let printed = |moved: std::ops::Range<usize>| -> Vec<Printed<'_>> {
            let column = |n: usize| if n.is_multiple_of(3) && moved.contains(&n) { "金融要点" } else { "行业动态" };
            items.iter().enumerate().map(|(n, features)| Printed { features, column: column(n), age: 7 - n / 6 }).collect()
        };
        let columns = Columns::new(&learn(&printed(0..48)));
        assert_eq!(columns.column(&item("行业动态", "贷款", 99)), Some("金融要点"));
        assert_eq!(columns.column(&item("行业动态", "投产", 99)), None);
        assert_eq!(columns.column(&item("财经数据", "投产", 99)), None);
        let begun = Columns::new(&learn(&printed(18..48)));
        assert_eq!(begun.column(&item("行业动态", "贷款", 99)), Some("金融要点"), "what editors did before counts less");
        assert!(learn(&printed(0..10)).is_empty(), "a few moves teach nothing");
        assert!(learn(&printed(0..34)).is_empty(), "what would have been wrong of late is not used");
    }
}
