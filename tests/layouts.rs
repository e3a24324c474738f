//! Pages as publishing systems, portals, papers and companies lay them out: whatever the layout, the same article comes out.
//!
//! Each file of `data/layouts` says in a comment what is to be found, and stands for a kind of page; words in braces are filled in here.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::HashMap;
use std::path::Path;

use chrono::{TimeZone as _, Utc};
use qingbao::extract::{Context, extract};
use qingbao::model::{ArticleSelectors, WebUrl};
use qingbao::text::dates::Clock;

const TITLE: &str = "许昌超硬材料产业订单饱满 前十月产值增长超一成";
const PARAGRAPHS: [&str; 6] = [
    "今年以来，许昌市超硬材料产业链企业订单饱满，前十个月规模以上企业完成产值同比增长百分之十二点六，高出全市工业平均水平四个百分点。",
    "走进长葛市大周镇再生金属循环产业集聚区，一辆辆满载废旧铝材的货车正在排队过磅，自动分选线昼夜不停，每小时可处理原料十八吨。",
    "“过去靠人工分拣，杂质率一直降不下来。”车间主任刘小强说，“新设备上马以后，产品合格率提高到百分之九十九，能耗还下降了两成。”",
    "据市工业和信息化局有关负责人介绍，下一步将围绕强链补链开展精准招商，力争全年新签约亿元以上项目三十个，开工率不低于八成。",
    "专家认为，培育壮大特色产业集群，关键是打通从实验室到生产线的最后一公里，让更多科技成果在本地转化落地。",
    "目前，该市已建成省级以上创新平台一百六十二家，高新技术企业突破四百家，企业研发投入连续三年保持两位数增长。",
];
/// Headlines of other articles: none may come out.
const OTHERS: [&str; 10] = [
    "河南前三季度外贸进出口增长百分之九",
    "郑州航空港区再添一条国际货运航线",
    "国家发展改革委部署迎峰度冬能源保供",
    "多地出台措施支持民营企业发展壮大",
    "今年首场寒潮来袭 中东部大幅降温",
    "全国秋粮收购超过一亿吨 进度快于去年",
    "新能源汽车下乡活动走进豫西山区",
    "科技特派员把课堂搬到田间地头",
    "第二十届食品博览会在漯河开幕",
    "高铁沿线文旅消费持续升温",
];

fn filled(text: &str) -> String {
    let each = |open: &str, close: &str| PARAGRAPHS.map(|p| format!("{open}{p}{close}\n")).concat();
    let links = |behind: &dyn Fn(usize) -> String| {
        let items: String = OTHERS.iter().enumerate().map(|(i, t)| format!("<li><a href=\"/hot/{i}.html\">{t}</a>{}</li>", behind(i))).collect();
        format!("<ul>{items}</ul>")
    };
    let channels = "首页 时政 国际 财经 科技 社会 教育 健康 汽车 房产 旅游 视频 图片 专题".split(' ').enumerate();
    let menu: String = channels.map(|(i, n)| format!("<li><a href=\"/{i}/\">{n}</a></li>")).collect();
    let foot = "<div class=\"footer\"><p>关于我们 | 联系我们 | 版权声明 | 网站地图</p><p>版权所有 未经书面授权禁止使用　豫ICP备05000000号 增值电信业务经营许可证 \
        违法和不良信息举报电话：0374-0000000</p></div>";
    let mut text = text
        .replace("{indented}", &each("<p style=\"text-indent:2em;\">　　", "</p>"))
        .replace("{body}", &each("<p>", "</p>"))
        .replace("{menu}", &format!("<div class=\"nav\"><ul>{menu}</ul></div>"))
        .replace("{foot}", foot)
        .replace("{dated links}", &links(&|i| format!("<span>2026-11-{}</span>", 10 + i)))
        .replace("{links}", &links(&|_| String::new()))
        .replace("{title}", TITLE);
    for (i, p) in PARAGRAPHS.iter().enumerate() {
        text = text.replace(&format!("{{p{}}}", i + 1), p);
    }
    text
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What is wrong with what came out of a page.
fn faults(file: &str) -> Vec<String> {
    let (head, page) = file.strip_prefix("<!--\n").and_then(|f| f.split_once("-->\n")).unwrap();
    let expected: HashMap<String, String> = head.lines().map(|l| l.split_once(": ").unwrap()).map(|(k, v)| (k.to_owned(), filled(v))).collect();
    let of = |key: &str| expected.get(key).map(String::as_str).filter(|v| *v != "-");
    let url = WebUrl::parse(of("url").unwrap()).unwrap();
    let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 27, 4, 0, 0).unwrap());
    let context = Context { url: Some(&url), selectors: &ArticleSelectors::default(), clock };
    let a = match extract(&filled(page), &context) {
        Ok(a) => a,
        Err(e) => return vec![e.to_string()],
    };
    let mut faults = Vec::new();
    let mut check = |what: &str, is: Option<&str>, expected: Option<&str>| {
        if is.map(letters) != expected.map(letters) {
            faults.push(format!("{what} is {is:?} and not {expected:?}"));
        }
    };
    check("title", a.title.as_deref(), of("title"));
    let date = a.published_at.map(|d| d.to_rfc3339());
    check("date", date.as_deref().map(|d| d.get(..of("date").unwrap_or(d).len()).unwrap()), of("date"));
    check("publisher", a.publisher.as_deref(), of("publisher"));
    check("author", a.author.as_deref(), of("author"));
    let text = letters(&a.text);
    let (first, last) = (letters(of("first").unwrap()), letters(of("last").unwrap()));
    if !text.starts_with(&first) || !text.ends_with(&last) {
        faults.push(format!("begins or ends otherwise: {}", a.text));
    }
    let listed = |key: &str| of(key).into_iter().flat_map(|v| v.split(" | ")).map(letters).collect::<Vec<_>>();
    let absent = listed("absent").into_iter().chain(OTHERS.map(letters)).chain(["ICP备".to_owned()]);
    faults.extend(absent.filter(|x| text.contains(x)).map(|x| format!("holds {x}")));
    faults.extend(listed("present").into_iter().filter(|x| !text.contains(x)).map(|x| format!("lacks {x}")));
    faults
}

#[test]
fn whatever_the_layout_the_article_comes_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/layouts");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 77, "{}", files.len());
    let wrong: Vec<String> = files
        .iter()
        .flat_map(|f| faults(&std::fs::read_to_string(f).unwrap()).into_iter().map(move |e| format!("{}: {e}", f.file_stem().unwrap().display())))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
