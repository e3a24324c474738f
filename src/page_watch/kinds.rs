//! Kinds of change and of furniture, one small pair of versions each.

use chrono::{DateTime, TimeZone as _, Utc};

use super::*;
use crate::model::PageWatch;

fn version(body: &str, seen_at: DateTime<Utc>) -> Version {
    Version { seen_at, blocks: blocks::cut(&format!("<h1>云溪目录</h1>{body}{REST}"), &PageWatch::default()).unwrap().blocks }
}

/// The rest of the page, so that one change is a small part of it.
const REST: &str = "<p>地址：云溪市工业路一号，邮编四六一零零零。</p><p>供货周期约两周，运费由买方承担。</p><p>售后由云溪本地网点负责。</p>";

/// Returns the title that a look on 1 December tells beside one on 30 November; empty if none.
fn told(old: &str, new: &str) -> String {
    entry(old, new).lines().next().unwrap_or_default().to_owned()
}

/// Returns title and text.
fn entry(old: &str, new: &str) -> String {
    let at = |month, day| Utc.with_ymd_and_hms(2026, month, day, 2, 0, 0).unwrap();
    let (before, after) = (version(old, at(11, 30)), version(new, at(12, 1)));
    let look = Look { stored: Some(&before), new: &after, name: "页", zone: chrono_tz::Asia::Shanghai, min_change: 1 };
    match judge(&look, &mut Memory::default()) {
        Verdict::Changed(r) => format!("{}\n{}", r.title.replace("《页》有变化：", ""), text_of(&r.html)),
        Verdict::Unchanged => String::new(),
        other => format!("{other:?}"),
    }
}

/// Checks pairs of versions; with an empty title nothing is told.
fn check(pairs: &[(&str, &str, &str)]) {
    let wrong: Vec<String> = pairs
        .iter()
        .filter_map(|(old, new, title)| Some(told(old, new)).filter(|t| t != title).map(|t| format!("{old}\n{new}\n  tells: {t}\n  not:   {title}")))
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), pairs.len(), wrong.join("\n"));
}

fn row(cell: &str) -> String {
    format!("<table><tr><th>型号</th><th>防爆认证</th></tr><tr><td>YL-300</td><td>{cell}</td></tr><tr><td>YL-500</td><td>无</td></tr></table>")
}

#[test]
fn a_sign_in_a_cell_is_a_value() {
    for (old, new) in [
        ("√", "×"),
        ("✔", "✘"),
        ("●", "○"),
        ("▲", "▼"),
        ("↑", "↓"),
        ("☑", "☐"),
        ("★★★", "★★"),
        ("/", "√"),
        ("", "✅"),
        ("+", "-"),
        ("● 8 个", "○ 8 个"),
    ] {
        assert!(told(&row(old), &row(new)).starts_with("YL-300"), "{old} {new}: {}", told(&row(old), &row(new)));
    }
    check(&[
        ("<p>甲酒店</p><p>★★★★</p><p>乙酒店</p><p>★★★</p>", "<p>甲酒店</p><p>★★★</p><p>乙酒店</p><p>★★★</p>", "甲酒店 ★★★★ → ★★★"),
        ("<p>✓ 支持远程查看</p>", "<p>✗ 支持远程查看</p>", "云溪目录 ✓ 支持远程查看 → ✗ 支持远程查看"),
        ("<p>铜价 ▲120 元</p>", "<p>铜价 ▼120 元</p>", "云溪目录 铜价 ▲120 元 → 铜价 ▼120 元"),
    ]);
}

#[test]
fn signs_that_decorate_are_furniture() {
    check(&[
        ("<p>● 烘干机</p><p>■ 脱粒机</p>", "<p>◆ 烘干机</p><p>□ 脱粒机</p>", ""),
        ("<ul><li>· 烘干机</li></ul>", "<ul><li>➤ 烘干机</li></ul>", ""),
        ("<p>★</p><p>×</p>", "<p>☆</p><p>→</p>", ""),
        ("<p>👁 浏览 233 次</p>", "<p>浏览 240 次</p>", ""),
        (&row("无").replace("防爆认证", "防爆认证 ▲"), &row("无").replace("防爆认证", "防爆认证 ▼"), ""),
    ]);
}

#[test]
fn a_date_that_becomes_today_is_a_change_unless_it_followed_the_clock() {
    let table = |date: &str| {
        format!("<table><tr><td>王建国</td><td>总经理</td><td>{date}</td></tr><tr><td>沈若涵</td><td>总监</td><td>2020-03-01</td></tr></table>")
    };
    for (old, new) in [
        ("<p>本价格自 2026-11-01 起执行。</p>".to_owned(), "<p>本价格自 2026-12-01 起执行。</p>".to_owned()),
        ("<p>本价格自 2026-11-30 起执行。</p>".to_owned(), "<p>本价格自 2026-12-01 起执行。</p>".to_owned()),
        ("<p>王建国自2026年11月1日起任总经理</p>".to_owned(), "<p>王建国自2026年12月1日起任总经理</p>".to_owned()),
        ("<h2>处罚名单 2026-11-20</h2>".to_owned(), "<h2>处罚名单 2026-12-01</h2>".to_owned()),
        ("<p>2026年11月30日前提交材料</p>".to_owned(), "<p>2026年12月1日前提交材料</p>".to_owned()),
        ("<p>受理至 2026-12-01</p>".to_owned(), "<p>受理至 2026-12-02</p>".to_owned()),
        (table("2021-05-01"), table("2026-12-01")),
        (
            "<table><tr><th>项目</th><th>批复</th><th>更新时间</th></tr><tr><td>甲厂</td><td>2026-10-08</td><td>2026-11-30</td></tr></table>"
                .to_owned(),
            "<table><tr><th>项目</th><th>批复</th><th>更新时间</th></tr><tr><td>甲厂</td><td>2026-11-18</td><td>2026-12-01</td></tr></table>"
                .to_owned(),
        ),
    ] {
        assert!(told(&old, &new).contains(" → "), "{old} {new}");
    }
    check(&[
        ("<p>云溪市 2026年11月30日</p>", "<p>云溪市 2026年12月1日</p>", ""),
        ("<p>更新时间：2026-10-08</p>", "<p>更新时间：2026-12-01</p>", ""),
        ("<h2>行情 11月29日</h2>", "<h2>行情 12月1日</h2>", ""),
        ("<p>本页于2026-11-30更新</p>", "<p>本页于2026-12-01更新</p>", ""),
    ]);
}

#[test]
fn what_moves_below_another_heading_is_a_change() {
    let lists = |on: &[&str], off: &[&str]| {
        let items = |of: &[&str]| of.iter().map(|i| format!("<li>{i}</li>")).collect::<String>();
        format!("<h3>在售（{}）</h3><ul>{}</ul><h3>停产</h3><ul>{}</ul>", on.len(), items(on), items(off))
    };
    let long = "YL-300 型热泵烘干机，单批处理量三吨，整机功率十五千瓦，适用于粮食和药材烘干";
    let table = |group: &str, other: &str| {
        format!(
            "<table><tr><th>型号</th><th>价格</th></tr><tr><td colspan=2>在售</td></tr><tr><td>甲</td><td>10 元</td></tr>{group}<tr><td colspan=2>停产</td></tr>{other}<tr><td>丙</td><td>30 元</td></tr></table>"
        )
    };
    let moving = "<tr><td>乙</td><td>20 元</td></tr>";
    for (old, new, line) in [
        (lists(&["YL-1", "YL-2"], &["YL-8"]), lists(&["YL-1"], &["YL-2", "YL-8"]), "YL-2：在售（2） → 停产"),
        (lists(&["YL-1", long], &["YL-8"]), lists(&["YL-1"], &["YL-8", long]), "：在售（2） → 停产"),
        (table(moving, ""), table("", moving), "乙：在售 → 停产"),
        (lists(&["YL-1", "YL-2"], &["YL-8"]), lists(&["YL-1"], &["YL-8", "YL-2"]), "YL-2：在售（2） → 停产"),
    ] {
        assert!(entry(&old, &new).contains(line), "{}", entry(&old, &new));
    }
    check(&[
        (&lists(&["YL-1", "YL-2"], &["YL-8"]), &lists(&["YL-2", "YL-1"], &["YL-8"]), ""),
        ("<h3>甲</h3><p>一号文件</p><h3>乙</h3><p>二号文件</p>", "<h3>乙</h3><p>二号文件</p><h3>甲</h3><p>一号文件</p>", ""),
    ]);
}

#[test]
fn a_class_name_is_a_hint_and_the_content_decides() {
    for (old, new) in [
        ("<div class='recommend-price'><p>指导价 8.98 万元</p></div>", "<div class='recommend-price'><p>指导价 7.98 万元</p></div>"),
        ("<div class='ad-price'><p>现价 500 元</p></div>", "<div class='ad-price'><p>现价 450 元</p></div>"),
        ("<div class=banner><p>自12月10日起停止供货</p></div>", "<div class=banner><p>自12月20日起停止供货</p></div>"),
        ("<div class=banner><a href=/n>自12月10日起停止供货</a></div>", "<div class=banner><a href=/n>自12月20日起停止供货</a></div>"),
        ("<aside class=sidebar><p>烘干机 4,800 元</p></aside>", "<aside class=sidebar><p>烘干机 4,600 元</p></aside>"),
        ("<div class=recommend><h3>推荐方案</h3><p>总投资 12 亿元</p></div>", "<div class=recommend><h3>推荐方案</h3><p>总投资 15 亿元</p></div>"),
        (
            "<div class=focus><p>公司决定把云溪工厂的全部生产线迁往南山新区，迁移工作由沈若涵负责，预计明年完成，原厂区改作仓库。</p></div>",
            "<div class=focus><p>公司决定把云溪工厂的全部生产线迁往北山新区，迁移工作由沈若涵负责，预计明年完成，原厂区改作仓库。</p></div>",
        ),
    ] {
        assert!(!told(old, new).is_empty(), "{old}");
    }
    check(&[
        ("<div class=ad><p>年末大促，满 3000 元减 300 元，点击领取</p></div>", "<div class=ad><p>新品上市，登录送好礼，限量 100 元券</p></div>", ""),
        ("<div class=ad-right><a href=/a>某某汽车 9.98 万元起</a></div>", "<div class=ad-right><a href=/b>某某手机 1,999 元起</a></div>", ""),
        (
            "<div class=related><ul><li><a href=/1>设备保养十问</a> 2026-11-20</li><li><a href=/2>冬季用电小知识</a> 2026-11-18</li></ul></div>",
            "<div class=related><ul><li><a href=/3>夏季用水小知识</a> 2026-11-30</li><li><a href=/1>设备保养十问</a> 2026-11-20</li></ul></div>",
            "",
        ),
        (
            "<div class=recommend><a href=/1>YL-100 型烘干机 4,800 元</a><a href=/2>YL-200 型烘干机 6,800 元</a></div>",
            "<div class=recommend><a href=/3>YL-700 型烘干机 9,800 元</a><a href=/2>YL-200 型烘干机 6,800 元</a></div>",
            "",
        ),
        ("<div class=swiper><p>满意服务，合理报价</p></div>", "<div class=swiper><p>诚信经营</p></div>", ""),
        ("<div class=banner><p>匠心制造</p></div>", "<div class=banner><p>品质为先</p></div>", ""),
    ]);
}

#[test]
fn figures_of_the_trade_are_no_counters() {
    for (old, new) in [
        ("<p>平台年访问量 300 万人次。</p>", "<p>平台年访问量 500 万人次。</p>"),
        ("<p>全市图书馆年阅读量 30 万册</p>", "<p>全市图书馆年阅读量 50 万册</p>"),
        ("<p>月访问量：1,200 万次</p>", "<p>月访问量：1,500 万次</p>"),
        ("<p>重点关注 3 个领域</p>", "<p>重点关注 5 个领域</p>"),
        ("<p>屋顶 30 平方米</p>", "<p>屋顶 50 平方米</p>"),
        ("<p>展馆去年有 12 万人次访问，其中学生占三成。</p>", "<p>展馆去年有 15 万人次访问，其中学生占三成。</p>"),
        ("<table><tr><td>年访问量</td><td>300 万人次</td></tr></table>", "<table><tr><td>年访问量</td><td>500 万人次</td></tr></table>"),
    ] {
        assert!(!told(old, new).is_empty(), "{old}");
    }
    check(&[
        ("<p>本月访问量：1,200 总访问量：12,031</p>", "<p>本月访问量：1,300 总访问量：12,131</p>", ""),
        ("<p>来源：云溪 点击数：[ 235 ]</p>", "<p>来源：云溪 点击数：[ 241 ]</p>", ""),
        ("<p>今日访问 12 总访问 3000</p>", "<p>今日访问 15 总访问 3003</p>", ""),
        ("<p>热度 233</p><p>网站已运行 1200 天</p><p>您的IP：192.0.2.1</p>", "<p>热度 240</p><p>网站已运行 1201 天</p><p>您的IP：192.0.2.7</p>", ""),
        ("<p>粉丝 1.2万 关注 35</p>", "<p>粉丝 1.3万 关注 36</p>", ""),
        ("<p>Visitors: 2,310</p>", "<p>Visitors: 2,355</p>", ""),
        ("<p>Posted 3 hours ago</p><p>Generated in 0.031 s</p>", "<p>Posted 27 hours ago</p><p>Generated in 0.044 s</p>", ""),
        ("<p>Today is Monday, November 30, 2026</p>", "<p>Today is Tuesday, December 1, 2026</p>", ""),
        ("<p>本页已有 233 人浏览，感谢您的关注！</p>", "<p>本页已有 250 人浏览，感谢您的关注！</p>", ""),
    ]);
}

#[test]
fn further_changes_are_told_and_further_furniture_is_not() {
    let ten = [
        ("<p>适用温度 -20℃ 至 40℃</p>", "<p>适用温度 -30℃ 至 40℃</p>"),
        ("<p>误差 ±2%</p>", "<p>误差 ±5%</p>"),
        ("<p>压力 ≥10 MPa</p>", "<p>压力 ≤10 MPa</p>"),
        ("<dl><dt>信用等级</dt><dd>A+</dd></dl>", "<dl><dt>信用等级</dt><dd>A-</dd></dl>"),
        ("<p>报价有效期：2026年12月1日至2026年12月31日</p>", "<p>报价有效期：2026年12月1日至2027年1月31日</p>"),
        ("<p>工作时间：9:00-17:00</p>", "<p>工作时间：9:00-18:00</p>"),
        (
            "<div class=slider><p>即日起暂停接单，恢复时间另行通知，已付款订单照常发货，请各经销商及时告知客户并做好解释。</p></div>",
            "<div class=slider><p>即日起恢复接单，已付款订单照常发货，请各经销商及时告知客户并做好解释，欢迎来电咨询交货时间和运输费用。</p></div>",
        ),
        ("<ol><li>沈若涵</li><li>陆知远</li></ol><p>联系人：沈若涵</p>", "<ol><li>沈若涵</li><li>陆知远</li></ol><p>联系人：陆知远</p>"),
        (
            "<table><tr><th>指标</th><th>状态</th></tr><tr><td>粉尘</td><td>🟢</td></tr></table>",
            "<table><tr><th>指标</th><th>状态</th></tr><tr><td>粉尘</td><td>🔴</td></tr></table>",
        ),
        ("<p>注册用户超过 200 万人，覆盖 30 个县。</p>", "<p>注册用户超过 260 万人，覆盖 30 个县。</p>"),
    ];
    let furniture = [
        ("<p>本站已安全运行 800 天</p>", "<p>本站已安全运行 801 天</p>"),
        ("<p>人气：2300 收藏：12</p>", "<p>人气：2311 收藏：13</p>"),
        ("<p>最后更新 2026/11/30 10:00:02</p>", "<p>最后更新 2026/12/01 10:00:09</p>"),
        ("<p>▶ 视频介绍</p>", "<p>► 视频介绍</p>"),
        ("<div class=advert><p>扫码领取样品手册</p></div>", "<div class=advert><p>直播间抢购，限量 50 台</p></div>"),
        ("<p>下一篇：设备保养</p><p>上一篇：用电常识</p>", "<p>下一篇：展会通知</p><p>上一篇：用电常识</p>"),
        ("<p>Copyright © 2025 云溪</p>", "<p>Copyright © 2026 云溪</p>"),
        ("<p>您上次访问：2026-11-29 08:00:11</p>", "<p>您上次访问：2026-11-30 09:20:41</p>"),
        (
            "<div class=recommend><h4>看看别的</h4><a href=/1>甲型脱粒机</a><a href=/2>乙型脱粒机</a></div>",
            "<div class=recommend><h4>看看别的</h4><a href=/5>丙型脱粒机</a><a href=/2>乙型脱粒机</a></div>",
        ),
        ("<p>当前在线 12 人，今日访客 230</p>", "<p>当前在线 15 人，今日访客 260</p>"),
    ];
    let missed = ten.iter().filter(|(old, new)| told(old, new).is_empty()).map(|p| p.0);
    let false_alarms = furniture.iter().filter(|(old, new)| !told(old, new).is_empty()).map(|p| p.0);
    let wrong: Vec<&str> = missed.chain(false_alarms).collect();
    assert!(wrong.is_empty(), "{} of 20 wrong\n{}", wrong.len(), wrong.join("\n"));
}
