//! Learning from 10,000 decisions, and what it costs one candidate. `cargo bench --bench ranking`

use qingbao::ranking::{CandidateFeatures, Observation, ObservedIssue, Outcome, PointKind, Ranking, train};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

const WORDS: [&str; 16] =
    ["许昌", "硅烷", "特高压", "碳化硅", "发制品", "新能源汽车", "变压器", "技改", "投产", "签约", "扩建", "出口", "增长", "园区", "开工", "贷款"];

fn candidate(n: usize) -> CandidateFeatures {
    let word = |k: usize| WORDS[(n / (k + 1) + 7 * k) % WORDS.len()];
    CandidateFeatures {
        title: format!("{}{}{}项目{}的第{n}号消息", word(0), word(1), word(2), word(3)),
        points: vec![(PointKind::Worth, (n % 40) as f64 / 10.0 - 2.0), (PointKind::Industry, (n % 7) as f64 / 3.0), (PointKind::Fresh, 0.7)],
        column: format!("栏目{}", n % 5),
        industries: vec![word(4).to_owned()],
        places: vec![word(5).to_owned()],
        source: format!("来源{}", n % 40),
        publisher: format!("第{}报", n % 60),
        organisations: vec![format!("第{}企业", n % 900)],
        keywords: vec![word(6).to_owned(), word(7).to_owned()],
        age_hours: Some((n % 72) as f64),
        ..CandidateFeatures::default()
    }
}

fn issues(count: usize) -> Vec<ObservedIssue> {
    let observation = |n: usize| {
        let features = candidate(n * 31 % 9_973);
        let wanted = features.title.contains("投产") || n.is_multiple_of(11);
        let (outcome, rank) = (if wanted { Outcome::Kept } else { Outcome::Dropped }, n % 100 + 1);
        Observation { features, outcome, column: None, rank, readers: 0 }
    };
    (0..count).map(|i| ObservedIssue { date: i.to_string(), observations: (100 * i..100 * i + 100).map(observation).collect() }).collect()
}

#[divan::bench(sample_count = 5)]
fn train_on_10_000_decisions(bencher: divan::Bencher<'_, '_>) {
    let issues = issues(100);
    bencher.bench_local(|| train(&issues).share);
}

#[divan::bench]
fn score_a_candidate(bencher: divan::Bencher<'_, '_>) {
    let (ranking, candidates): (_, Vec<CandidateFeatures>) = (Ranking::new(train(&issues(20))), (0..64).map(candidate).collect());
    let n = std::cell::Cell::new(0);
    bencher.bench_local(|| {
        n.set(n.get() + 1);
        candidates.get(n.get() % 64).map(|c| ranking.points(c))
    });
}
