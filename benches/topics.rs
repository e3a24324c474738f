//! What 500 topics cost one article. `cargo bench --bench topics`

use qingbao::model::{Classification, Label, TopicFilter, TopicId};
use qingbao::topics::Matcher;

fn main() {
    divan::main();
}

/// About a thousand characters, as news of this kind reads.
fn article(n: usize) -> String {
    let sentences = [
        "许昌市的一家超硬材料企业本月投产新生产线，设计年产能三百万克拉，产品用于精密加工和散热元件。",
        "记者从市工业和信息化局获悉，前三季度全市规模以上工业增加值同比增长百分之七点八，新能源汽车零部件增长较快。",
        "业内人士认为，随着特高压和配电网改造提速，变压器、断路器等电力装备的订单有望继续增加。",
        "公司与郑州某研究所共建实验室，攻关碳化硅衬底的切割工艺，预计明年完成中试。",
        "海关数据显示，发制品出口额达到一百五十亿元，跨境电商占比过半。",
        "负责人说，企业将扩建仓库，招收技术工人两百名，并向银行申请技改贷款三千万元。",
    ];
    (0..24).map(|i| format!("第{}条，{}", n + i, sentences[(n + i * 7) % sentences.len()])).collect()
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
