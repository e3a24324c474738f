//! Faults that are planted in true sentences, and honest changes that editors make.

use std::sync::LazyLock;

use regex::Regex;

use super::articles::{CITIES, FIRMS, PEOPLE, Random};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Figure,
    Unit,
    Direction,
    Name,
    Date,
    Negation,
    Speaker,
    Foreign,
}

pub const KINDS: [Kind; 8] = [Kind::Figure, Kind::Unit, Kind::Direction, Kind::Name, Kind::Date, Kind::Negation, Kind::Speaker, Kind::Foreign];

macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).unwrap());
    };
}

pattern!(FIGURE, r"[0-9]+(?:\.[0-9]+)?(?:万亿|亿|万|千|百)?(?:美元|元|吨|个百分点|%|家|人|亩|台|个|户|倍|公里|千瓦|股|辆|套|项)");
pattern!(DIGITS, r"^[0-9]+(?:\.[0-9]+)?");
pattern!(DATE, r"(?:(?:19|20)[0-9][0-9]年)?[0-9]{1,2}月[0-9]{1,2}日|(?:19|20)[0-9][0-9]年|[0-9]{1,2}月(?:份)?");
pattern!(DATE_NUMBER, r"[0-9]+");
pattern!(
    PERSON,
    r"(?:董事长|总经理|书记|市长|局长|总理|主席|主任|院长|教授|分析师|负责人|研究员|科长|秘书|工程师|专家|经理)(\p{Han}{2,3}?)(?:表示|说|介绍|指出|认为|分析|在|主持|强调|会见|透露)"
);
pattern!(FIRM, r"(?:^|[，。；、：与和向对由])(\p{Han}{2,6}?)(?:公司|集团|银行|证券|大学|研究院|股份)");
pattern!(SPEAKER, r"(?:^|[，。；\n])((?:据)?[^，。；：、\n]{2,20}?)(?:表示|指出|介绍|认为|称|说|强调|透露|显示)");
const NEGATIONS: [&str; 8] = ["尚未", "没有", "还没有", "不会", "不予", "否认", "暂缓", "未"];
const VERBS: [&str; 40] = [
    "完成", "实现", "获得", "推动", "开展", "参加", "进行", "同意", "批准", "签署", "举行", "召开", "发布", "印发", "达到", "超过", "取得", "建成",
    "投产", "开工", "提出", "支持", "收购", "增长", "下降", "设立", "办理", "公布", "提高", "构成", "出台", "启动", "推进", "加强", "提供", "销售",
    "恢复", "列入", "带动", "包括",
];
const OPPOSITES: [(&str, &str); 16] = [
    ("增长", "下降"),
    ("上升", "下滑"),
    ("上涨", "下跌"),
    ("增加", "减少"),
    ("提高", "降低"),
    ("扩大", "收窄"),
    ("提升", "下降"),
    ("回升", "回落"),
    ("攀升", "下滑"),
    ("盈利", "亏损"),
    ("上调", "下调"),
    ("加快", "放缓"),
    ("走强", "走弱"),
    ("涨", "跌"),
    ("顺差", "逆差"),
    ("增持", "减持"),
];
const PLACES: [&str; 46] = [
    "北京",
    "上海",
    "天津",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "美国",
    "日本",
    "德国",
    "法国",
    "英国",
    "俄罗斯",
    "印度",
    "韩国",
    "深圳",
    "广州",
    "杭州",
    "南京",
    "武汉",
    "成都",
    "郑州",
];
const SPEAKERS: [&str; 6] = ["示例研究院首席分析师", "某券商研究员", "国家能源局", "商务部新闻发言人", "行业协会秘书长", "当地村民"];

fn swapped(sentence: &str, range: std::ops::Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &sentence[..range.start], &sentence[range.end..])
}

/// Plants a fault of a kind; `None` if the sentence offers no place. `other` is a sentence of another article.
pub fn plant(kind: Kind, sentence: &str, article: &str, other: &str, r: &mut Random) -> Option<String> {
    let made = match kind {
        Kind::Figure => figure(sentence, article, r),
        Kind::Unit => unit(sentence, r),
        Kind::Direction => direction(sentence, r),
        Kind::Name => name(sentence, article, r),
        Kind::Date => date(sentence, article, r),
        Kind::Negation => negation(sentence, r),
        Kind::Speaker => speaker(sentence, article, r),
        Kind::Foreign => Some(other.to_owned()).filter(|o| !article.contains(o.trim_end_matches('。')) && o.chars().count() >= 12),
    };
    made.filter(|m| m != sentence)
}

fn figure(sentence: &str, article: &str, r: &mut Random) -> Option<String> {
    let all: Vec<_> = FIGURE.find_iter(sentence).collect();
    let found = all.get(r.below(all.len()))?;
    let digits = DIGITS.find(found.as_str())?;
    let range = found.start()..found.start() + digits.end();
    if r.below(3) == 0 {
        // another figure of the article with the same measure
        let tail = &found.as_str()[digits.end()..];
        let others: Vec<_> = FIGURE
            .find_iter(article)
            .filter(|f| f.as_str() != found.as_str() && f.as_str().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.') == tail)
            .collect();
        if !others.is_empty() {
            return Some(swapped(sentence, found.range(), others[r.below(others.len())].as_str()));
        }
    }
    let mut changed: Vec<char> = digits.as_str().chars().collect();
    let at = loop {
        let at = r.below(changed.len());
        if changed[at].is_ascii_digit() {
            break at;
        }
    };
    let old = changed[at].to_digit(10)?;
    changed[at] = char::from_digit((old % 9) + 1, 10)?;
    let new: String = changed.into_iter().collect();
    // 1 of 3: ten times as much
    let new = if r.below(4) == 0 && !new.contains('.') { format!("{digits}0", digits = digits.as_str()) } else { new };
    Some(swapped(sentence, range, &new))
}

fn unit(sentence: &str, r: &mut Random) -> Option<String> {
    let swaps = [
        ("亿元", "万元"),
        ("万元", "亿元"),
        ("亿美元", "亿元"),
        ("%", "个百分点"),
        ("个百分点", "%"),
        ("万吨", "吨"),
        ("亿元", "亿美元"),
        ("万台", "台"),
        ("万户", "户"),
        ("亿股", "万股"),
        ("万千瓦", "千瓦"),
        ("万人", "人"),
        ("元", "美元"),
    ];
    let mut places = Vec::new();
    for f in FIGURE.find_iter(sentence) {
        for (from, to) in swaps {
            let digits = DIGITS.find(f.as_str()).map_or(0, |d| d.end());
            if &f.as_str()[digits..] == from {
                places.push((f.start() + digits..f.end(), to));
            }
        }
    }
    let (range, to) = places.get(r.below(places.len()))?.clone();
    Some(swapped(sentence, range, to))
}

fn direction(sentence: &str, r: &mut Random) -> Option<String> {
    let pairs = OPPOSITES.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
    let is_word = |at: usize, word: &str| {
        let rest = &sentence[at + word.len()..];
        let before = &sentence[..at];
        let spoils = ["点", "极", "幅", "停", "价", "值", "乐", "跌", "涨", "打", "率"];
        if rest.starts_with('值') {
            return false;
        }
        word.chars().count() > 1
            || (!spoils.iter().any(|s| rest.starts_with(s) || before.ends_with(s))
                && rest.starts_with(|c: char| c.is_ascii_digit() || c == '超' || c == '近' || c == '至'))
    };
    let places: Vec<_> =
        pairs.flat_map(|(a, b)| sentence.match_indices(a).filter(|(at, w)| is_word(*at, w)).map(move |(at, w)| (at..at + w.len(), b))).collect();
    let (range, to) = places.get(r.below(places.len()))?.clone();
    Some(swapped(sentence, range, to))
}

fn name(sentence: &str, article: &str, r: &mut Random) -> Option<String> {
    let mut places: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    for f in PERSON.captures_iter(sentence) {
        places.push((f.get(1)?.range(), r.pick(&PEOPLE).to_owned()));
    }
    for f in FIRM
        .captures_iter(sentence)
        .filter(|f| !["该", "本", "子", "分", "母", "上市", "有限", "这家", "两家", "多家"].iter().any(|w| f[1].contains(w)))
    {
        places.push((f.get(1)?.range(), r.pick(&FIRMS).to_owned()));
    }
    for firm in FIRMS.iter().chain(&CITIES).chain(&PEOPLE) {
        let pool: &[&str] = if FIRMS.contains(firm) {
            &FIRMS
        } else if CITIES.contains(firm) {
            &CITIES
        } else {
            &PEOPLE
        };
        places.extend(sentence.match_indices(firm).map(|(at, w)| (at..at + w.len(), pool[r.below(pool.len())].to_owned())));
    }
    for place in PLACES {
        let named: Vec<&str> = PLACES.iter().copied().filter(|p| *p != place && article.contains(p)).collect();
        let new = if r.below(2) == 0 && !named.is_empty() { named[r.below(named.len())] } else { PLACES[r.below(PLACES.len())] };
        places.extend(sentence.match_indices(place).map(|(at, w)| (at..at + w.len(), new.to_owned())));
    }
    let (range, to) = places.get(r.below(places.len()))?.clone();
    Some(swapped(sentence, range, &to))
}

fn date(sentence: &str, article: &str, r: &mut Random) -> Option<String> {
    let all: Vec<_> = DATE.find_iter(sentence).filter(|f| !sentence[f.end()..].starts_with("来")).collect();
    let found = all.get(r.below(all.len()))?;
    let others: Vec<_> = DATE
        .find_iter(article)
        .filter(|f| {
            f.as_str().trim_end_matches('份') != found.as_str().trim_end_matches('份')
                && f.as_str().matches(['年', '月', '日']).eq(found.as_str().matches(['年', '月', '日']))
        })
        .collect();
    if r.below(3) == 0 && !others.is_empty() {
        return Some(swapped(sentence, found.range(), others[r.below(others.len())].as_str()));
    }
    let numbers: Vec<_> = DATE_NUMBER.find_iter(found.as_str()).collect();
    let number = numbers.get(r.below(numbers.len()))?;
    let old: u32 = number.as_str().parse().ok()?;
    let most = if old > 1000 {
        3000
    } else if found.as_str()[number.end()..].starts_with('月') {
        12
    } else {
        28
    };
    let new = if old > 1000 { old + 1 - 2 * u32::try_from(r.below(2)).ok()? } else { old % most + 1 };
    Some(swapped(sentence, found.start() + number.start()..found.start() + number.end(), &new.to_string()))
}

fn negation(sentence: &str, r: &mut Random) -> Option<String> {
    for word in NEGATIONS {
        let place = sentence.find(word).filter(|at| !sentence[at + word.len()..].starts_with(['来', '必', '知']));
        if let Some(at) = place.filter(|_| r.below(2) == 0) {
            let by = if word == "不会" { "会" } else { "" };
            return Some(swapped(sentence, at..at + word.len(), by));
        }
    }
    let is_free = |at: &usize| !sentence[..*at].ends_with(['不', '未', '没', '无', '有']);
    let places: Vec<usize> = VERBS.iter().flat_map(|v| sentence.match_indices(v).map(|(at, _)| at)).filter(is_free).collect();
    let at = *places.get(r.below(places.len()))?;
    Some(swapped(sentence, at..at, r.pick(&["未", "没有", "不", "尚未"])))
}

fn speaker(sentence: &str, article: &str, r: &mut Random) -> Option<String> {
    let others: Vec<String> = SPEAKER
        .captures_iter(article)
        .map(|c| c[1].to_owned())
        .filter(|s| !sentence.contains(s.as_str()) && !["他", "她", "其", "会议", "记者", "公司"].contains(&s.as_str()) && !s.contains("名"))
        .collect();
    let new = if r.below(3) == 0 && !others.is_empty() { others[r.below(others.len())].clone() } else { r.pick(&SPEAKERS).to_owned() };
    match SPEAKER.captures(sentence).filter(|c| !["名", "职", "简", "据", "可", "小", "来"].iter().any(|w| c[1].ends_with(w))) {
        // the same speaker with or without office says the same
        Some(found) if found[1].contains(&new) || new.contains(&found[1]) => None,
        Some(found) => Some(swapped(sentence, found.get(1)?.range(), &new)),
        None if r.below(2) == 0 => Some(format!("{}表示，{sentence}", r.pick(&SPEAKERS))),
        None => None,
    }
}

/// Returns the sentence as an honest editor may write it.
pub fn edited(sentence: &str, r: &mut Random) -> String {
    let mut out = sentence.to_owned();
    let words = [
        ("同比增长", "同比上升"),
        ("表示，", "指出，"),
        ("介绍，", "说，"),
        ("今年以来", "年初以来"),
        ("下降", "下滑"),
        ("目前，", ""),
        ("据悉，", ""),
        ("此外，", ""),
        ("同时，", ""),
        ("其中，", ""),
        ("进一步", ""),
        ("积极", ""),
        ("超过", "超"),
        ("亿元", "亿元人民币"),
        ("达到", "达"),
        ("开展", "进行"),
        ("将于", "于"),
        ("有限公司", "公司"),
        ("来自", "分别来自"),
        ("“", ""),
        ("”", ""),
        ("，", "，并"),
        ("的", ""),
    ];
    for _ in 0..2 {
        let (from, to) = words[r.below(words.len())];
        out = out.replacen(from, to, 1);
    }
    match r.below(5) {
        // a clause less
        0 => {
            let clauses: Vec<&str> = out.trim_end_matches('。').split('，').collect();
            let drop = 1 + r.below(clauses.len() - 1);
            // a part of two sentences is no clause
            if clauses.len() > 2 && !clauses[drop].contains(['；', '。']) {
                let kept: Vec<&str> = clauses.iter().enumerate().filter(|(i, _)| *i != drop).map(|(_, c)| *c).collect();
                out = format!("{}。", kept.join("，"));
            }
        }
        // 12.5亿元 → 约12亿元, 125000万元 or full width
        1 => {
            if let Some(f) = FIGURE.find(&out).filter(|f| f.as_str().ends_with("亿元") && !f.as_str().contains("万亿")) {
                let value: f64 = DIGITS.find(f.as_str()).unwrap().as_str().parse().unwrap();
                let before = out[..f.start()].ends_with(['约', '近', '超', '达', '逾', '过', '-', '至', '—']);
                let new = match r.below(2) {
                    0 if value >= 20.0 && !before => format!("约{}亿元", value.round()),
                    _ => format!("{}万元", (value * 10_000.0).round()),
                };
                out = swapped(&out, f.range(), &new);
            }
        }
        _ => {}
    }
    out
}
