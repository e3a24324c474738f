//! Copies join one story, and bulletins of one template never do: pairs of both kinds, made of frames with slots.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a set-up that fails must fail the test

use qingbao::dedup::stories::StoryIndex;

/// Frames of bulletins and notices; each `{}` names the slot that is filled.
const FRAMES: [&str; 10] = [
    "{month}{day}，央行开展{amount}亿元7天期逆回购操作，中标利率为1.40%，与此前持平。当日有{amount2}亿元逆回购到期。",
    "中国外汇交易中心公布，{month}{day}人民币对美元中间价报7.{amount}，调升{figure}个基点。",
    "{province}文化和旅游厅发布通知，即日起暂停旅行社及在线旅游企业经营进出{province}的跨省团队旅游及“机票+酒店”业务。",
    "{firm}公告，董事长计划自{month}{day}起六个月内通过集中竞价增持公司股份，本次增持{amount}万股，占总股本的0.{figure}%。",
    "{county}统计局发布数据，{month}全县规模以上工业增加值同比增长{figure}%，固定资产投资增长{amount}%，社会消费品零售总额增长{figure2}%，主要指标保持平稳。",
    "{province}发展改革委通知，自{month}{day}24时起，{province}汽、柴油价格每吨分别提高{amount}元和{amount2}元，调整后的价格在全省执行，各成品油生产经营企业要组织好生产和调运。",
    "市场监督管理局公布第{figure}批食品抽检结果，{product}样品不合格，不合格项目为菌落总数。抽检人员已要求经营者下架并召回，所在地监管部门已立案调查，消费者发现问题可拨打投诉电话。",
    "{firm}与{county}人民政府签署协议，将在当地经济技术开发区投资建设{product}项目，总投资{amount}亿元，占地约{figure}亩，分两期建设。项目建成后可带动就业，完善当地产业链，双方还就用地、环评和人才公寓的配套作了约定，成立联合工作专班推进。",
    "据海关统计，今年前{figure}个月{province}外贸进出口总值{amount}亿元，比去年同期增长{figure2}%。其中出口{amount2}亿元。民营企业是主力，占比超过一半。从产品看，{product}出口增长较快。海关将继续优化通关流程，帮助企业用好自贸协定的关税优惠，稳定外贸的基本盘。",
    "{county}{month}土地出让公告：经批准，自然资源局决定以挂牌方式出让一宗国有建设用地使用权，编号{figure}，面积{amount}平方米，用途为工业用地，出让年限五十年，起始价{amount2}万元。竞买人应在公告期内提交申请并缴纳保证金，逾期不予受理，资格审查通过后方可参加竞买。",
];
const SLOTS: [(&str, &[&str]); 10] = [
    ("{month}", &["1月", "3月", "7月", "10月", "12月"]),
    ("{day}", &["2日", "9日", "16日", "21日", "30日"]),
    ("{province}", &["河南省", "河北省", "湖南省", "云南省", "甘肃省"]),
    ("{county}", &["长葛市", "鄢陵县", "禹州市", "襄城县", "建安区"]),
    ("{firm}", &["示例股份有限公司", "云鹭科技有限公司", "北麓水泥集团", "远山药业股份有限公司", "青禾银行"]),
    ("{product}", &["速冻水饺", "陶瓷坐便器", "锂电池隔膜", "铝合金门窗", "中药饮片"]),
    ("{amount2}", &["85", "430", "1250", "96.5", "702"]),
    ("{amount}", &["100", "124", "318.6", "2000", "57"]),
    ("{figure2}", &["6.2", "3.8", "9.1", "12.4", "5.5"]),
    ("{figure}", &["3", "5", "8", "11", "24"]),
];

/// Fills every slot with its value of this number; `other` names a slot that gets the next one.
fn filled(frame: &str, number: usize, other: Option<&str>) -> String {
    SLOTS
        .iter()
        .fold(frame.to_owned(), |text, (slot, values)| text.replace(slot, values[(number + usize::from(other == Some(*slot))) % values.len()]))
}

/// What sites do to a text that they copy.
fn copies(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let cut: String = letters.iter().take(letters.len() * 7 / 10).collect();
    let mut out = vec![
        format!("来源：示例日报 作者：佚名\n{text}"),
        format!("本报讯（记者 张三）{text}（责任编辑：李四）"),
        format!("首页 新闻 财经\n{text}\n扫一扫关注我们 版权所有"),
        text.replace('，', ",").replace('：', ":"),
        text.replace('。', "。\n　　"),
        text.chars().map(|c| if c.is_ascii_digit() { char::from_u32(c as u32 + 0xFEE0).unwrap() } else { c }).collect(),
        text.replace("公布", "发布").replace("通知", "消息"),
    ];
    // a flash is not cut
    out.extend((letters.len() >= 80).then(|| format!("{cut}……[查看全文]")));
    out
}

fn joined(a: &str, b: &str) -> bool {
    let mut stories = StoryIndex::default();
    stories.add("简讯", a) == stories.add("快讯（图）", b)
}

#[test]
fn copies_join_and_templates_never_do() {
    let (mut copied, mut missed, mut templates, mut wrong) = (0, Vec::new(), 0, Vec::new());
    for frame in FRAMES {
        for number in 0..5 {
            let text = filled(frame, number, None);
            for copy in copies(&text) {
                copied += 1;
                missed.extend((!joined(&text, &copy)).then(|| format!("{text}\n  {copy}")));
            }
            for (slot, _) in SLOTS.iter().filter(|(slot, _)| frame.contains(slot)) {
                templates += 1;
                let other = filled(frame, number, Some(slot));
                wrong.extend(joined(&text, &other).then(|| format!("{text}\n  {other}")));
            }
            let other = filled(frame, number + 1, None);
            wrong.extend(joined(&text, &other).then(|| format!("{text}\n  {other}")));
        }
    }
    println!("{copied} copies, {} missed; {templates} pairs of templates, {} joined", missed.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(missed.len() * 100 <= copied, "{} of {copied} copies missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_note_within_a_round_up_is_no_copy_of_it() {
    let note = filled(FRAMES[7], 0, None);
    let others: String = [4, 5, 6, 8].iter().map(|i| filled(FRAMES[*i], 1, None)).collect();
    assert!(!joined(&note, &format!("{others}{note}")));
    assert!(!joined(&note, &format!("{others}{note}{}", filled(FRAMES[9], 2, None))));
}
