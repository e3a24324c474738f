//! Quality of a model.

use std::fmt;

use super::example::Example;
use super::stages::Verdict;

/// Counts over articles outside the training set.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    hit: usize,
    wrong: usize,
    missed: usize,
    columns_right: usize,
    on_topic: usize,
    kept_in: usize,
    off_topic: usize,
    left_out: usize,
    without_industry: usize,
    topic: Vec<(f32, bool)>,
    worth: Vec<(f32, bool)>,
    by_industry: Vec<[usize; 3]>,
    /// True column by predicted column.
    confusion: Vec<Vec<usize>>,
}

impl Figures {
    pub(super) fn new(industries: usize, columns: usize) -> Self {
        Self { by_industry: vec![[0; 3]; industries], confusion: vec![vec![0; columns]; columns], ..Self::default() }
    }

    pub(super) fn add(&mut self, e: &Example, v: &Verdict) {
        for (i, counts) in self.by_industry.iter_mut().enumerate() {
            let (given, is) = (v.given.contains(&i), e.industries.contains(&i));
            *counts = [counts[0] + usize::from(given && is), counts[1] + usize::from(given && !is), counts[2] + usize::from(!given && is)];
            (self.hit, self.wrong, self.missed) =
                (self.hit + usize::from(given && is), self.wrong + usize::from(given && !is), self.missed + usize::from(!given && is));
        }
        let column = v.columns.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(c, _)| c);
        if let Some(c) = e.column {
            self.on_topic += 1;
            self.kept_in += usize::from(v.is_on_topic);
            self.columns_right += usize::from(column == Some(c));
            self.confusion.get_mut(c).and_then(|row| row.get_mut(column?)).into_iter().for_each(|n| *n += 1);
        } else {
            self.off_topic += 1;
            self.left_out += usize::from(!v.is_on_topic);
            self.without_industry += usize::from(v.given.is_empty());
        }
        self.topic.push((v.on_topic, e.column.is_some()));
        self.worth.push((v.worth, e.worth > 0));
    }

    pub(super) fn join(&mut self, other: Self) {
        self.hit += other.hit;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.columns_right += other.columns_right;
        self.on_topic += other.on_topic;
        self.kept_in += other.kept_in;
        self.off_topic += other.off_topic;
        self.left_out += other.left_out;
        self.without_industry += other.without_industry;
        self.topic.extend(other.topic);
        self.worth.extend(other.worth);
        for (a, b) in self.by_industry.iter_mut().zip(other.by_industry) {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
        for (a, b) in self.confusion.iter_mut().zip(other.confusion) {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
    }
}

pub(super) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn f1(hit: usize, wrong: usize, missed: usize) -> f64 {
    share(2 * hit, 2 * hit + wrong + missed)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p, r) = (share(self.hit, self.hit + self.wrong), share(self.hit, self.hit + self.missed));
        writeln!(f, "  industries: F1 {:.3} (precision {p:.3}, recall {r:.3})", f1(self.hit, self.wrong, self.missed))?;
        let each: Vec<String> = self.by_industry.iter().map(|[h, w, m]| format!("{:.2}", f1(*h, *w, *m))).collect();
        writeln!(f, "    each: {}", each.join(" "))?;
        writeln!(f, "  column: {:.3} of {}", share(self.columns_right, self.on_topic), self.on_topic)?;
        for row in &self.confusion {
            writeln!(f, "    {}", row.iter().map(|n| format!("{n:5}")).collect::<String>())?;
        }
        let (out, kept) = (share(self.left_out, self.off_topic), share(self.kept_in, self.on_topic));
        writeln!(f, "  off topic left out {out:.3} (without industry {:.3}), on topic kept {kept:.3}", share(self.without_industry, self.off_topic))?;
        write!(f, "  AUC: on topic {:.3}, worth {:.3}", auc(self.topic.clone()), auc(self.worth.clone()))
    }
}

/// Returns the probability that an article of the class ranks above another one.
fn auc(mut all: Vec<(f32, bool)>) -> f64 {
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positive = all.iter().filter(|a| a.1).count() as f64;
    let ranks: f64 = all.iter().enumerate().filter(|(_, a)| a.1).map(|(i, _)| i as f64 + 1.0).sum();
    (ranks - positive * (positive + 1.0) / 2.0) / (positive * (all.len() as f64 - positive)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_a_small_table() {
        let scored = vec![(0.9, true), (0.8, true), (0.7, false), (0.6, true), (0.2, false)];
        assert!((auc(scored) - 5.0 / 6.0).abs() < 1e-9);
    }
}
