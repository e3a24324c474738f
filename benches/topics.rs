//! What 500 topics cost one article. `cargo bench --bench topics`

mod news;

use qingbao::model::{Classification, Label, TopicFilter, TopicId};
use qingbao::topics::Matcher;

use news::article;

fn main() {
    divan::main();
}

/// Topics of 4 to 6 words; words of the articles are in all of them, so that every topic is evaluated.
fn topics() -> Vec<(TopicId, TopicFilter)> {
    const COMMON: [&str; 8] = ["许昌", "超硬材料", "特高压", "碳化硅", "发制品", "新能源汽车", "变压器", "技改"];
    const RARE: [&str; 8] = ["固态电池", "钧瓷", "人造金刚石", "储能电站", "氢燃料", "机器人", "无人机", "生物医药"];
    (0..500usize)
        .map(|n| {
            let (a, b, c, d) = (COMMON[n % 8], COMMON[(n / 8) % 8], RARE[n % 8], RARE[(n / 64) % 8]);
            let expression = match n % 3 {
                0 => format!("+{a} ({b} {c}{n} | 标题:{d}) -招聘{n}"),
                1 => format!("{c}{n} {d} +({a} {b}) -(公示 中标{n})"),
                _ => format!("+{a} +{b} +{c}{n} | {d}{n}"),
            };
            let industries = if n % 10 == 0 { vec!["超硬材料".to_owned()] } else { Vec::new() };
            (TopicId(i64::try_from(n).unwrap_or(0)), TopicFilter { expression, industries, ..TopicFilter::default() })
        })
        .collect()
}

#[divan::bench]
fn one_article_of_a_thousand_characters(bencher: divan::Bencher<'_, '_>) {
    let Ok(matcher) = Matcher::new(topics()) else { return };
    let (texts, n): (Vec<String>, _) = ((0..32).map(article).collect(), std::cell::Cell::new(0));
    let label = Label { name: "超硬材料".to_owned(), score: 0.9, evidence: Vec::new(), p: None };
    let labels = Classification { industries: vec![label], ..Classification::default() };
    bencher.counter(divan::counter::ItemsCount::new(1usize)).bench_local(|| {
        n.set(n.get() + 1);
        texts.get(n.get() % 32).map(|t| matcher.find("超硬材料企业投产新生产线", t, &labels).len())
    });
}

#[divan::bench]
fn compile(bencher: divan::Bencher<'_, '_>) {
    bencher.bench(|| Matcher::new(topics()).is_ok());
}
