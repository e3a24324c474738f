//! Text for the benches of judging.

/// About a thousand characters, as news of this kind reads.
pub fn article(n: usize) -> String {
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
