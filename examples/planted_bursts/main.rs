//! Measures how many bursts are found, and how many false alarms come with them, in made-up archives whose bursts are known.
//!
//! `cargo run --release --example planted_bursts -- SEEDS` makes an archive for each seed: 120 days with terms by Zipf's law, fluttering
//! rates, weekdays, holidays, copies, series of one source and 70% more stories from day 84 on. 48 bursts are planted: twice to ten times
//! the usual rate, of rare to frequent terms, for one to seven days. Figures are means over the seeds with their standard deviation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a mistake here must end the run
#![allow(clippy::float_cmp)] // sizes and rates are those of the lists
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // numbers are small and positive

mod archive;
mod evaluate;

use archive::{LENGTHS, RATES, SIZES};
use evaluate::{Found, Method, evaluate};
use qingbao::trends::BurstPeriod::{self, Day, Week};

const METHODS: [(&str, &[BurstPeriod], Method); 9] = [
    ("test, day and week", &[Day, Week], Method::Test),
    ("test, day", &[Day], Method::Test),
    ("test, week", &[Week], Method::Test),
    ("3 x mean, day and week", &[Day, Week], Method::Threshold(3.0)),
    ("5 x mean, day and week", &[Day, Week], Method::Threshold(5.0)),
    ("2 x mean, week", &[Week], Method::Threshold(2.0)),
    ("3 x mean, week", &[Week], Method::Threshold(3.0)),
    ("5 x mean, week", &[Week], Method::Threshold(5.0)),
    ("articles as before, week", &[Week], Method::Articles),
];

fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5);
    let archives: Vec<archive::Archive> = (1..=seeds).map(archive::make).collect();
    println!("{:<26} {:>14} {:>14} {:>22}", "method", "recall", "precision", "false alarms a month");
    for (name, looks, method) in METHODS {
        let found: Vec<Found> = archives.iter().map(|a| evaluate(a, looks, method)).collect();
        let (recall, precision) = (spread(&found, Found::recall), spread(&found, Found::precision));
        let (alarms, deviation) = spread(&found, Found::false_alarms_a_month);
        println!("{name:<26} {:.2} ± {:.2}    {:.2} ± {:.2}    {alarms:>10.1} ± {deviation:.1}", recall.0, recall.1, precision.0, precision.1);
        if looks.len() == 2 {
            by_kind(&archives, &found);
        }
    }
}

fn spread(found: &[Found], figure: impl Fn(&Found) -> f64) -> (f64, f64) {
    let all: Vec<f64> = found.iter().map(figure).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    (mean, (all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64).sqrt())
}

/// Prints the recall by size and by rate and length.
fn by_kind(archives: &[archive::Archive], found: &[Found]) {
    let share = |fits: &dyn Fn(&archive::Planted) -> bool| {
        let all: Vec<bool> =
            archives.iter().zip(found).flat_map(|(a, f)| a.planted.iter().zip(&f.planted).filter(|(p, _)| fits(p)).map(|(_, told)| *told)).collect();
        all.iter().filter(|t| **t).count() as f64 / all.len() as f64
    };
    for size in SIZES {
        let cells: Vec<String> = RATES
            .iter()
            .map(|rate| {
                let lengths: Vec<String> =
                    LENGTHS.iter().map(|l| format!("{:.2}", share(&|p| (p.size, p.rate, p.days.1 - p.days.0) == (size, *rate, *l)))).collect();
                format!("{rate}/day: {}", lengths.join(" "))
            })
            .collect();
        println!("    x{size:<3} {}   all {:.2}", cells.join(" | "), share(&|p| p.size == size));
    }
}
