//! The spellings, as expressions: each names its parts `y`, `m`, `mon`, `d`, `h`, `mi`, `s`, `half`, `z`.

use std::sync::LazyLock;

use regex::Regex;

const TIME: &str = r"(?:[\sT,]*(?P<half>上午|下午|午后|晚上|晚间|夜里|夜间|傍晚|中午|凌晨|早上|早晨|清晨|AM|PM|am|pm)?\s*(?P<h>\d{1,2})\s*[:时点]\s*(?P<mi>\d{1,2})(?:\s*[:分]\s*(?P<s>\d{1,2})(?:\.\d+)?)?[分秒]?\s*(?P<half2>(?i:[ap]\.?m\.?)|上午|下午|晚上)?\s*(?P<z>Z(?-u:\b)|(?i:GMT|UTC)?\s?[+-]\d{1,2}:?\d{0,2}(?-u:\b)|[A-Z]{2,5}(?-u:\b))?)?";

/// `星期二`, `（周二）`, `(火)`.
const WEEKDAY: &str = r"(?:\s*(?:[(\[]?(?:星期|周|週)[一二三四五六日天][)\]]?|[(\[][日月火水木金土一二三四五六](?:曜日?)?[)\]]))?";

pub(super) static FULL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r"(?P<y>(?:19|20)\d\d)\s*[-/.年]\s*(?P<m>\d{{1,2}})\s*[-/.月]\s*(?P<d>\d{{1,2}})\s*日?{WEEKDAY}{TIME}")).ok()
});
/// `2026 11/24 08:00`, year and day in columns of their own: only with a time of day behind it.
pub(super) static COLUMNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let time = TIME.strip_suffix('?').unwrap_or(TIME);
    Regex::new(&format!(r"(?P<y>(?:19|20)\d\d)\s+(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})\s+{time}")).ok()
});
/// A whole text of pieces that stand in elements of their own: `24` above `2026-11`, `Nov` beside `24`.
pub(super) static PIECES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    const MONTH: &str = "(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
    const YEAR: &str = r"(?P<y>(?:19|20)\d\d)";
    let spellings = [
        format!(r"^(?P<d>\d{{1,2}})日? ?{YEAR} ?[-/.年] ?(?P<m>\d{{1,2}})月?$"),
        format!(r"^{YEAR} ?[-/.年] ?(?P<m>\d{{1,2}})月? (?P<d>\d{{1,2}})日?$"),
        format!(r"^(?P<m>\d{{1,2}}) ?[-/.月] ?(?P<d>\d{{1,2}})日? ?{YEAR}年?$"),
        format!(r"^(?P<d>\d{{1,2}}) ?{MONTH}[.,]? ?{YEAR}$"),
        format!(r"^{MONTH}\.? ?(?P<d>\d{{1,2}}),? {YEAR}$"),
    ];
    spellings.iter().filter_map(|s| Regex::new(s).ok()).collect()
});
/// The same without a year.
pub(super) static PIECES_OF_THIS_YEAR: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    const MONTH: &str = "(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
    let spellings = [
        r"^(?P<d>\d{1,2})(?:日 ?| )(?P<m>\d{1,2})月(?: (?P<y>(?:19|20)\d\d)年?)?$".to_owned(),
        r"^(?P<m>\d{1,2})月 ?(?P<d>\d{1,2})日?$".to_owned(),
        format!(r"^(?P<d>\d{{1,2}}) ?{MONTH}\.?$"),
        format!(r"^{MONTH}\.? ?(?P<d>\d{{1,2}})$"),
    ];
    spellings.iter().filter_map(|s| Regex::new(s).ok()).collect()
});
/// Year, month and day in Chinese numerals.
pub(super) static NUMERALS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?P<y>[一二][〇○零０一二三四五六七八九]{3})年(?P<m>十[一二]?|[一二三四五六七八九])月(?P<d>[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])日").ok()
});
/// `publishTime: "2026-11-24 08:00"`, `var ct = "1795478400"`.
pub(super) static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = "(?:publish_?time|publish_?date|published_?at|date_?published|pub_?time|pub_?date|(?:ori)?create_?time|release_?time)";
    let date = r"(?:\d{13}|\d{10}|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?[^\x22'<,;]{0,12})?)";
    Regex::new(&format!(r#"(?-u:\b)(?:(?i:{name})|ct)["']?\s*[:=]\s*["']?(?P<date>{date})(?:["',;}}\s]|$)"#)).ok()
});
pub(super) static COMPACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:T?(?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)?(?:[.,]\d+)?(?P<z>Z|[+-]\d\d:?\d\d)?)?$").ok()
});
pub(super) static DAY_MONTH_YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[\s-]+(?P<y>\d{{4}}|\d\d){}",
        TIME.replace("[A-Z]", "[a-zA-Z]")
    ))
    .ok()
});
pub(super) static MONTH_DAY_YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?:at\s+)?(?P<y>\d{{4}}){}",
        TIME.replace("[A-Z]", "[a-zA-Z]")
    ))
    .ok()
});
/// A year of four digits beside a month.
pub(super) static NAMED_YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|\D)(?P<y>\d{4})\s?[-/.年]\s?\d{1,2}(?:\D|$)|(?:^|[^\d:.])\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?P<y2>\d{4})(?:\D|$)|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[.,]?[\s-]+(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?(?P<y3>\d{4})(?:\D|$)",
    )
    .ok()
});
pub(super) static SHORT_YEAR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"^\D{{0,8}}(?P<y>\d\d)-(?P<m>\d\d)-(?P<d>\d\d){TIME}")).ok());
/// `Fri Nov 27 08:00:00 CST 2026`, as Java and C print a date.
pub(super) static YEAR_LAST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s+(?P<d>\d{1,2})\s+(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<s>\d\d))?\s+(?:(?P<z>[a-z]{2,5}|(?:gmt|utc)?[+-]\d{2}:?\d{2})\s+)?(?P<y>\d{4})").ok()
});
/// `2026 Nov 27 08:00:00`.
pub(super) static YEAR_MONTH_DAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let time = TIME.replace("[A-Z]", "[a-zA-Z]");
    Regex::new(&format!(r"(?P<y>(?:19|20)\d\d)[\s,/-]+(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[\s,/-]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?{time}")).ok()
});
pub(super) static MONTH_DAY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"(?P<m>\d{{1,2}})\s*(?:月|[-/.])\s*(?P<d>\d{{1,2}})\s*日?{TIME}")).ok());
pub(super) static AGO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?P<n>\d{1,4})\s*(?P<unit>秒|分钟|分|小时|天|日|周|个月)\s*(?:之?前)").ok());
pub(super) static NEAR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("(?P<word>刚刚|今天|今日|昨天|昨日|前天){TIME}")).ok());
