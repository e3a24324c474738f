//! Faults that are planted in summaries are found, and true sentences are believed. `examples/planted_faults` prints the figures of
//! docs/quality.md.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a set-up that fails must fail the test
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // numbers are small
#![allow(dead_code)] // the example uses all of it

#[path = "../examples/planted_faults/articles.rs"]
mod articles;
#[path = "../examples/planted_faults/measure.rs"]
mod measure;
#[path = "../examples/planted_faults/plant.rs"]
mod plant;

#[test]
fn planted_faults_are_found_and_true_sentences_are_believed() {
    let all = articles::make(&mut articles::Random(7), 60);
    let found = measure::measure(&all, 400, 7, 20);
    let (planted, hits) = found.kinds.values().fold((0, 0), |s, k| (s.0 + k.0, s.1 + k.1));
    assert_eq!(planted, 400);
    assert!(hits * 100 >= planted * 97, "{hits} of {planted}");
    for (all, alarms) in [found.verbatim, found.edited] {
        assert!(alarms * 100 <= all, "{alarms} of {all}");
    }
}
