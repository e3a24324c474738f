//! Planted bursts are found in a made-up archive, with few false alarms. `examples/planted_bursts` prints the figures of docs/quality.md.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a set-up that fails must fail the test
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // numbers are small and positive
#![allow(dead_code)] // the example uses all of it

#[path = "../examples/planted_bursts/archive.rs"]
mod archive;
#[path = "../examples/planted_bursts/evaluate.rs"]
mod evaluate;

use evaluate::{Method, evaluate};
use qingbao::trends::BurstPeriod::Week;

#[test]
fn large_bursts_are_found_and_a_threshold_has_a_hundred_times_the_false_alarms() {
    let archive = archive::make(1);
    let found = evaluate(&archive, &[Week], Method::Test);
    let threshold = evaluate(&archive, &[Week], Method::Threshold(3.0));
    let large: Vec<bool> = archive
        .planted
        .iter()
        .zip(&found.planted)
        .filter(|(p, _)| p.size > 9.0 && p.rate >= 1.5 && p.days.1 - p.days.0 >= 4)
        .map(|(_, f)| *f)
        .collect();
    assert!(large.len() == 4 && large.iter().all(|found| *found), "{large:?}");
    assert!(found.precision() >= 0.5 && found.recall() >= 0.25, "{} {}", found.precision(), found.recall());
    assert!(found.false_alarms * 100 <= threshold.false_alarms, "{} {}", found.false_alarms, threshold.false_alarms);
}
