//! Grows boosted trees on histograms of binned figures, best leaf first (as `LightGBM`, Ke et al. 2017).

use qingbao::learn::{BoostedTrees, DecisionTree, LEAF, Question};

const BINS: usize = 64;

/// How trees grow.
#[derive(Debug, Clone, Copy)]
pub struct Growth {
    pub trees: usize,
    pub leaves: usize,
    pub rate: f32,
    /// Strength of the ridge penalty on leaves.
    pub ridge: f32,
    /// Least sum of second derivatives in a leaf.
    pub least_weight: f32,
    /// Of ten rows, and of ten features, so many are drawn for a tree.
    pub rows: u64,
    pub features: u64,
    /// Of the draws.
    pub seed: u64,
}

impl Default for Growth {
    fn default() -> Self {
        Self { trees: 100, leaves: 24, rate: 0.1, ridge: 2.0, least_weight: 3.0, rows: 6, features: 5, seed: 7 }
    }
}

/// Figures as bins, column by column, and the upper border of each bin.
pub struct Table {
    rows: usize,
    columns: Vec<Vec<u8>>,
    borders: Vec<Vec<f32>>,
}

impl Table {
    /// Of rows of so many figures.
    pub fn new(figures: &[f32], width: usize) -> Self {
        let rows = figures.len() / width;
        let mut columns = Vec::new();
        let mut borders = Vec::new();
        for f in 0..width {
            let values: Vec<f32> = (0..rows).map(|r| figures[r * width + f]).collect();
            let mut sample: Vec<f32> = values.iter().step_by((rows / 50_000).max(1)).copied().collect();
            sample.sort_by(f32::total_cmp);
            let mut cuts: Vec<f32> = (1..BINS).map(|b| sample[b * (sample.len() - 1) / BINS]).collect();
            let mut distinct = sample.clone();
            distinct.dedup();
            if distinct.len() <= BINS {
                cuts = distinct;
                cuts.pop();
            }
            cuts.dedup();
            columns.push(values.iter().map(|v| u8::try_from(cuts.partition_point(|c| c < v)).unwrap()).collect());
            borders.push(cuts);
        }
        Self { rows, columns, borders }
    }
}

/// What a row is for, and how much it counts.
#[derive(Clone, Copy)]
pub struct Target {
    pub kept: f32,
    pub weight: f32,
}

struct Leaf {
    rows: Vec<u32>,
    histogram: Vec<[f32; 2]>,
    /// Gain, feature and bin of its best split.
    best: (f32, usize, usize),
    /// The question and side that lead to it.
    from: Option<(usize, bool)>,
}

/// Grows trees.
pub fn grow(table: &Table, targets: &[Target], growth: &Growth) -> BoostedTrees {
    let (sum, all) = targets.iter().fold((0.0, 0.0), |(s, w), t| (s + t.weight * t.kept, w + t.weight));
    let mut model = BoostedTrees { bias: (sum / (all - sum)).ln(), trees: Vec::new() };
    let mut odds = vec![model.bias; table.rows];
    let mut seed = growth.seed;
    let mut random = move |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) % n
    };
    for _ in 0..growth.trees {
        let slopes: Vec<[f32; 2]> = odds
            .iter()
            .zip(targets)
            .map(|(o, t)| {
                let p = 1.0 / (1.0 + (-o).exp());
                [t.weight * (t.kept - p), t.weight * (p * (1.0 - p)).max(1e-4)]
            })
            .collect();
        let rows: Vec<u32> =
            (0..u32::try_from(table.rows).unwrap()).filter(|r| targets[*r as usize].weight > 0.0 && random(10) < growth.rows).collect();
        let features: Vec<usize> = (0..table.columns.len()).filter(|_| random(10) < growth.features).collect();
        let tree = grow_tree(table, &slopes, rows, &features, growth);
        for (r, o) in odds.iter_mut().enumerate() {
            *o += value(table, &tree, r);
        }
        model.trees.push(tree);
    }
    model
}

fn value(table: &Table, tree: &DecisionTree, row: usize) -> f32 {
    let mut at = 0u8;
    loop {
        let q = tree.nodes[usize::from(at)];
        let f = usize::from(q.feature);
        let bin = table.columns[f][row];
        let yes = usize::from(bin) < table.borders[f].len() && table.borders[f][usize::from(bin)] <= q.threshold;
        at = if yes { q.yes } else { q.no };
        if at >= LEAF {
            return tree.leaves[usize::from(at - LEAF)];
        }
    }
}

fn histogram(table: &Table, slopes: &[[f32; 2]], rows: &[u32], features: &[usize]) -> Vec<[f32; 2]> {
    let mut out = vec![[0.0; 2]; features.len() * BINS];
    for (f, bins) in features.iter().zip(out.chunks_exact_mut(BINS)) {
        let column = &table.columns[*f];
        for r in rows {
            let (slot, s) = (&mut bins[usize::from(column[*r as usize])], slopes[*r as usize]);
            slot[0] += s[0];
            slot[1] += s[1];
        }
    }
    out
}

fn best_split(histogram: &[[f32; 2]], growth: &Growth) -> (f32, usize, usize) {
    let score = |g: f32, h: f32| g * g / (h + growth.ridge);
    let mut best = (0.0, 0, 0);
    for (f, bins) in histogram.chunks_exact(BINS).enumerate() {
        let all = bins.iter().fold([0.0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
        let mut low = [0.0; 2];
        for (b, bin) in bins.iter().enumerate().take(BINS - 1) {
            low = [low[0] + bin[0], low[1] + bin[1]];
            let high = [all[0] - low[0], all[1] - low[1]];
            if low[1] < growth.least_weight || high[1] < growth.least_weight {
                continue;
            }
            let gain = score(low[0], low[1]) + score(high[0], high[1]) - score(all[0], all[1]);
            if gain > best.0 + 1e-4 {
                best = (gain, f, b);
            }
        }
    }
    best
}

fn grow_tree(table: &Table, slopes: &[[f32; 2]], rows: Vec<u32>, features: &[usize], growth: &Growth) -> DecisionTree {
    let first = histogram(table, slopes, &rows, features);
    let mut leaves = vec![Leaf { best: best_split(&first, growth), rows, histogram: first, from: None }];
    let mut tree = DecisionTree::default();
    while leaves.len() < growth.leaves {
        let Some(at) = (0..leaves.len()).filter(|i| leaves[*i].best.0 > 0.0).max_by(|a, b| leaves[*a].best.0.total_cmp(&leaves[*b].best.0)) else {
            break;
        };
        let leaf = leaves.swap_remove(at);
        let (_, f, bin) = leaf.best;
        let feature = features[f];
        let node = tree.nodes.len();
        link(&mut tree, leaf.from, u8::try_from(node).unwrap());
        tree.nodes.push(Question { feature: u8::try_from(feature).unwrap(), threshold: table.borders[feature][bin], yes: LEAF, no: LEAF });
        let (low, high): (Vec<u32>, Vec<u32>) = leaf.rows.iter().partition(|r| usize::from(table.columns[feature][**r as usize]) <= bin);
        let low_is_less = low.len() < high.len();
        let less = histogram(table, slopes, if low_is_less { &low } else { &high }, features);
        let more: Vec<[f32; 2]> = leaf.histogram.iter().zip(&less).map(|(a, b)| [a[0] - b[0], a[1] - b[1]]).collect();
        let (low_histogram, high_histogram) = if low_is_less { (less, more) } else { (more, less) };
        for (rows, histogram, side) in [(low, low_histogram, true), (high, high_histogram, false)] {
            leaves.push(Leaf { best: best_split(&histogram, growth), rows, histogram, from: Some((node, side)) });
        }
    }
    for leaf in leaves {
        let number = LEAF + u8::try_from(tree.leaves.len()).unwrap();
        link(&mut tree, leaf.from, number);
        let sum = leaf.rows.iter().fold([0.0; 2], |a, r| [a[0] + slopes[*r as usize][0], a[1] + slopes[*r as usize][1]]);
        tree.leaves.push(growth.rate * sum[0] / (sum[1] + growth.ridge));
    }
    tree
}

fn link(tree: &mut DecisionTree, from: Option<(usize, bool)>, to: u8) {
    match from {
        Some((node, true)) => tree.nodes[node].yes = to,
        Some((node, false)) => tree.nodes[node].no = to,
        None => {}
    }
}
