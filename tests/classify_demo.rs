//! The classifier against the labels that an editor would give to our own articles: the sample world's sixty reports
//! over all industries and columns, off-topic traps among them.

use std::collections::BTreeSet;

use qingbao::classify::{Classifier, SourceHints};
use qingbao::config::Taxonomy;
use qingbao::demo::DemoWorld;

#[test]
fn editors_would_agree_with_industries_and_columns() {
    let classifier = Classifier::new(Taxonomy::load(None).unwrap()).unwrap();
    let (mut hit, mut wrong, mut missed) = (0usize, 0usize, 0usize);
    let (mut columns, mut right) = (0usize, 0usize);
    for s in DemoWorld::at(chrono::Utc::now()).stories {
        let j = classifier.classify(&s.title, &s.paragraphs.join("\n"), &SourceHints::default());
        let given: BTreeSet<&str> = j.industries.iter().map(|l| l.name.as_str()).collect();
        let expected: BTreeSet<&str> = s.industries.iter().map(String::as_str).collect();
        hit += given.intersection(&expected).count();
        wrong += given.difference(&expected).count();
        missed += expected.difference(&given).count();
        if given != expected {
            println!("{} {}: expected {expected:?}, given {:?}", s.slug, s.title, j.industries);
        }
        match s.column {
            Some(column) => {
                assert!(j.on_topic(), "{}", s.title);
                columns += 1;
                right += usize::from(j.column == column);
                if j.column != column {
                    println!("{} {}: expected {column}, given {} {:?}", s.slug, s.title, j.column, j.column_reasons);
                }
            }
            None => assert!(!j.on_topic(), "off topic, but {:?} {:?}: {}", j.industries, j.themes, s.title),
        }
    }
    let f1 = 2.0 * hit as f64 / (2 * hit + wrong + missed) as f64;
    println!("industries: micro F1 {f1:.3} (hit {hit}, wrong {wrong}, missed {missed}); columns: {right} of {columns}");
    assert!(f1 >= 0.85, "industries: micro F1 {f1:.3}");
    assert!(right * 100 >= columns * 90, "columns: {right} of {columns}");
}
