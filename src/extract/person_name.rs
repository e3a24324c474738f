//! What looks like a person's name, and what names somebody else.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::normalize::is_han;

/// Most names of one article, and most letters of all.
pub(super) const MAX_PERSONS: usize = 6;
pub(super) const MAX_NAME_CHARS: usize = 60;
/// Family names of one letter, about 240 of the more frequent; rare ones that are everyday words are left out.
const SURNAMES: &str = "王李张伊刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛冉翁蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆司卓古吉缪简车连芦麦褚娄窦戚岑景宫费卜冷晏席卫米柏宗瞿桂佟臧闵苟邬边卞姬仇栾隋刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝";
const COMPOUND_SURNAMES: [&str; 9] = ["上官", "诸葛", "皇甫", "令狐", "慕容", "东方", "宇文", "长孙", "公孙"];
/// Words that begin like a name and are none.
const WORDS: [&str; 44] = [
    "万元",
    "万吨",
    "万人",
    "万亩",
    "万台",
    "万户",
    "万件",
    "查看价格",
    "查看详情",
    "查看原文",
    "方面",
    "高度",
    "于是",
    "何时",
    "何地",
    "金融",
    "安全",
    "关于",
    "连续",
    "曾经",
    "马上",
    "常年",
    "任何",
    "关注",
    "高兴",
    "向来",
    "成立",
    "成功",
    "万一",
    "安排",
    "解释",
    "管理",
    "路透",
    "方才",
    "文化",
    "文旅",
    "石油",
    "黄金",
    "高校",
    "高新",
    "金属",
    "明天",
    "明年",
    "成果",
];
/// Places that do: reports name where they come from right behind the reporter.
const PLACES: &str = "唐山 秦皇岛 邢台 张家口 石家庄 吕梁 包头 沈阳 吉林 吉安 白山 白城 白银 伊春 伊犁 徐州 常州 常熟 常德 苏州 连云港 温州 宁波 宁德 宁夏 金华 金昌 马鞍山 安庆 安阳 安康 安徽 安顺 黄山 黄石 黄冈 池州 龙岩 景德镇 郑州 焦作 许昌 周口 武汉 武威 邵阳 岳阳 张家界 张掖 娄底 江门 江苏 江西 江阴 梅州 阳江 阳泉 柳州 桂林 贺州 成都 曲靖 曲阜 甘肃 甘孜 兰州 石嘴山 吴忠 夏邑 林州 孟州 温县 范县 方城 唐河 邓州 巩义 卢氏 汤阴 鲁山 叶县 章丘 滕州 邹城 荣成";
/// Where a name ends, when written without a blank.
const NAME_TERMINATORS: [&str; 19] = [
    "报道",
    "发自",
    "摄影",
    "整理",
    "编译",
    "综合",
    "采写",
    "实习",
    "通讯员",
    "记者",
    "来源",
    "编辑",
    "责编",
    "时间",
    "发布",
    "日期",
    "点击",
    "浏览",
    "阅读",
];
/// Ends of names of outlets and bodies.
const ORGANISATION_SUFFIXES: [&str; 17] =
    ["网", "社", "报", "公司", "集团", "中心", "频道", "在线", "门户", "政府", "办公室", "委员会", "电视台", "杂志", "新闻", "编辑部", "号"];
const PLACEHOLDERS: [&str; 29] = [
    "责任",
    "by",
    "written by",
    "posted by",
    "team",
    "admin",
    "administrator",
    "webmaster",
    "undefined",
    "null",
    "none",
    "author",
    "name",
    "editor",
    "staff",
    "system",
    "root",
    "user",
    "guest",
    "unknown",
    "anonymous",
    "作者",
    "佚名",
    "未知",
    "不详",
    "管理员",
    "编辑",
    "匿名",
    "本站",
];

pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '、' | '，' | ',' | '；' | ';' | '|' | '｜' | '丨' | '/' | '／' | '（' | '）' | '(' | ')' | '[' | ']' | '【' | '】' | '。')
}

/// As many persons as stand in front.
pub(super) fn persons(text: &str) -> Option<String> {
    let mut out: Vec<&str> = Vec::new();
    for token in text.split(is_separator).filter(|t| !t.is_empty()).take(MAX_PERSONS) {
        // a photographer's name stands before or in front of 摄
        if token.starts_with('摄') || token.ends_with('摄') {
            return None;
        }
        let end = end_of_name(token);
        let name = token.get(..end).unwrap_or_default();
        if !is_person(name) {
            break;
        }
        out.push(name);
        if end < token.len() {
            break;
        }
    }
    (!out.is_empty()).then(|| out.join(" "))
}

pub(super) fn end_of_name(token: &str) -> usize {
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:19|20)\d\d[-/.年]").ok());
    let date = DATE.as_ref().and_then(|d| d.find(token)).map(|m| m.start());
    NAME_TERMINATORS.iter().filter_map(|w| token.find(w)).chain(date).min().unwrap_or(token.len())
}

/// Two to four letters that begin with a family name, or a foreign name with its dot.
pub(super) fn is_person(name: &str) -> bool {
    let n = name.chars().count();
    let is_place = n > 2 && ['市', '县', '镇', '乡'].iter().any(|e| name.ends_with(*e));
    if !name.chars().all(|c| is_han(c) || c == '·')
        || is_place
        || WORDS.contains(&name)
        || PLACES.split(' ').any(|p| p == name)
        || is_placeholder(name)
    {
        return false;
    }
    if name.contains('·') {
        (3..=14).contains(&n)
    } else {
        (2..=4).contains(&n) && (name.starts_with(|c| SURNAMES.contains(c)) || n > 2 && COMPOUND_SURNAMES.iter().any(|f| name.starts_with(f)))
    }
}

/// Whether a word names an office or an editorial room, by its end.
pub(super) fn is_organisation(word: &str) -> bool {
    word.chars().count() > 2 && (ORGANISATION_SUFFIXES.iter().any(|b| word.ends_with(b)) || is_office(word))
}

/// Whether a word names an office or a place, by its end.
pub(super) fn is_office(word: &str) -> bool {
    const OFFICES: [&str; 16] = ["局", "委", "办", "院", "所", "部", "台", "站", "处", "科", "县", "市", "区", "镇", "乡", "街道"];
    word.chars().count() > 2 && OFFICES.iter().any(|b| word.ends_with(b))
}

/// Outlets, bodies, programs and placeholders.
pub(super) fn is_placeholder(name: &str) -> bool {
    let lower = name.trim().to_lowercase();
    let signs = ["http", "www.", ".com", ".cn", "{", "}", "@", "page.", "_"];
    PLACEHOLDERS.contains(&lower.as_str()) || ORGANISATION_SUFFIXES.iter().any(|b| name.ends_with(b)) || signs.iter().any(|s| lower.contains(s))
}

/// Names in Latin letters in front: words that begin with capitals.
pub(super) fn latin(text: &str) -> Option<String> {
    static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^\p{Lu}[\p{L}.'’-]*(?:\s(?:\p{Lu}[\p{L}.'’-]*|de|del|van|von|der|la|bin|al)){0,4}",
            r"(?:(?:\s(?:and|&)\s|,\s(?:and\s)?)\p{Lu}[\p{L}.'’-]*(?:\s\p{Lu}[\p{L}.'’-]*){1,3}){0,4}"
        ))
        .ok()
    });
    static END: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"[\s,]+(?:(?:Published|Updated|Posted|Last|On|In|Photo|Photography|Share|Follow|Read|Senior|Staff|Contribut|Reporter|Writer|Founder|Review|Medical|Fact|CEO|Editor|Correspondent|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:(?-u:\b)|[a-z]*(?-u:\b))).*$").ok()
    });
    let found = NAMES.as_ref()?.find(text)?.as_str();
    let name = END.as_ref()?.replace(found, "");
    let name = name.trim_end_matches([',', ' ']);
    // one word alone may be anything
    (name.contains(' ') && (3..=MAX_NAME_CHARS).contains(&name.chars().count()) && !is_placeholder(name)).then(|| name.to_owned())
}
