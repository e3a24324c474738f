//! Short articles written for this purpose, of every industry and column, with hard negatives: how many labels are right.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::BTreeSet;

use qingbao::classify::{Classifier, SourceHints};
use qingbao::config::Taxonomy;

#[test]
fn labels_and_columns_of_written_articles_are_right() {
    let classifier = Classifier::new(Taxonomy::load(None).unwrap()).unwrap();
    let (mut right, mut wrong, mut missed) = (0usize, 0usize, 0usize);
    let mut articles = 0;
    let (mut columns, mut columns_right, mut off, mut off_alone) = (0usize, 0usize, 0usize, 0usize);
    let mut said = Vec::new();
    let mut industries_seen = BTreeSet::new();
    for line in include_str!("data/judged.tsv").lines().filter(|l| !l.starts_with('#')) {
        articles += 1;
        let [industries, column, title, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let expected: BTreeSet<&str> = industries.split('+').filter(|i| *i != "-").collect();
        let j = classifier.classify(title, text, &SourceHints::default());
        let got: BTreeSet<&str> = j.industries.iter().map(|l| l.name.as_str()).collect();
        industries_seen.extend(expected.iter().copied());
        right += expected.intersection(&got).count();
        wrong += got.difference(&expected).count();
        missed += expected.difference(&got).count();
        if expected.is_empty() {
            off += 1;
            off_alone += usize::from(got.is_empty());
        }
        if column != "-" {
            columns += 1;
            columns_right += usize::from(j.column == column);
        }
        if got != expected || (column != "-" && j.column != column) {
            said.push(format!("{title}: {got:?} {} instead of {expected:?} {column}", j.column));
        }
    }
    let f1 = 2.0 * right as f64 / (2 * right + wrong + missed) as f64;
    let columns_share = columns_right as f64 / columns as f64;
    let told = format!("F1 {f1:.3}, columns {columns_share:.3}, off-topic left alone {off_alone} of {off}\n{}", said.join("\n"));
    println!("{told}");
    assert!(articles >= 200);
    assert_eq!(industries_seen.len(), 12);
    assert!(f1 >= 0.92 && columns_share >= 0.85 && off_alone * 100 >= off * 92, "{told}");
}
