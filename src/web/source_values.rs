//! The fields of a source's form, and the settings that they make.

use std::collections::BTreeMap;
use std::str::FromStr;

use toml_edit::Value;

use crate::config::edit_sources::Field;
use crate::model::SourceKind;
use crate::web::form::Fields;

/// A plain-text setting: key, label and hint.
pub(super) type TextField = (&'static str, &'static str, &'static str);

/// Settings of every source.
pub(super) const TEXT_FIELDS: [TextField; 4] = [
    ("name", "名称", ""),
    ("url", "网址", "订阅源或栏目页的地址"),
    ("interval", "抓取间隔", "例如 30m、2h、1d；不填则按更新快慢自动调整"),
    ("region", "地域", "全国，或省、市的名称"),
];
/// Settings of a mailbox that the page can change.
pub(super) const MAILBOX_FIELDS: [TextField; 3] = [TEXT_FIELDS[0], TEXT_FIELDS[2], TEXT_FIELDS[3]];
/// Settings for sources whose list, article or charset is not detected.
pub(super) const SELECTOR_FIELDS: [TextField; 6] = [
    ("charset", "编码", "只在网页自己声明有误时填，例如 gb18030"),
    ("list.item", "列表项", "CSS 选择器，只在自动识别不对时填，例如 ul.news li"),
    ("list.title", "列表标题", "在列表项之内"),
    ("list.link", "列表链接", "在列表项之内，不填即 a"),
    ("list.date", "列表日期", "在列表项之内，例如 span"),
    ("article.body", "正文", "CSS 选择器，例如 #zoom"),
];
/// Settings of a watched page.
pub(super) const PAGE_FIELDS: [TextField; 2] = [
    ("select", "监测哪一部分", "CSS 选择器，例如 #price；不填则看整页"),
    ("min_change", "至少改动几个字", "少于这么多字的改动先记着，累计够了再报；不填则改一个字也报"),
];
/// Settings of a series. What is empty is found.
pub(super) const SERIES_FIELDS: [TextField; 12] = [
    ("series.name", "数据名称", "例如 发制品出口额；不填则用来源名称"),
    ("series.value", "数值列", "列名或第几列；只有一列像数值时不必填"),
    ("series.period", "时间列", "列名或第几列，一般不必填"),
    ("series.row", "只要哪一行", "地区、指标等：只取有这一格的行"),
    ("series.table", "哪个表格", "网页有几个表格时填：标题里的字，或第几个"),
    ("series.rows", "JSON 路径", "数据行在哪里，例如 data.list"),
    ("series.sheet", "工作表", "xlsx 有几个工作表时填"),
    ("series.unit", "单位", "例如 亿元、元/吨、%；表里写了就不必填，填了会换算"),
    ("series.every", "多久一期", "日、周、月、季、年"),
    ("series.cumulative", "累计", "true 或 false；1—10月 这样的数据是累计"),
    ("series.jump", "变动多大算可疑", "例如 30%；比率按百分点"),
    ("series.basis", "口径", "例如 2025=100；改动后重新开始，不与以前的数值比"),
];

/// Values as the file has them, by key; those of a list one per line.
pub(super) type RawFields = BTreeMap<String, String>;

/// Returns the form as settings for the file, and as input for the next form.
pub(super) fn read(f: &Fields, industries: &[String]) -> (Vec<Field>, RawFields) {
    let (mut fields, mut stated): (Vec<Field>, RawFields) = (Vec::new(), RawFields::new());
    let mut put = |key: &'static str, text: &str, value: Value, is_written: bool| {
        stated.insert(key.to_owned(), text.to_owned());
        fields.push((key, Some(value).filter(|_| is_written && !text.is_empty())));
    };
    for key in TEXT_FIELDS.iter().chain(&SELECTOR_FIELDS).map(|t| t.0).chain(["kind", "column"]) {
        put(key, f.text(key), f.text(key).into(), true);
    }
    let is_page = f.text("kind") == SourceKind::Page.as_str();
    put("select", f.text("select"), f.text("select").into(), is_page);
    let ignored: Vec<&str> = f.text("ignore").lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    put("ignore", &ignored.join("\n"), ignored.iter().copied().collect(), is_page);
    put("min_change", f.text("min_change"), typed::<i64>(f.text("min_change")), is_page);
    let is_series = f.text("kind") == SourceKind::Series.as_str();
    for (key, ..) in SERIES_FIELDS {
        let text = f.text(key);
        put(key, text, if key == "series.cumulative" { typed::<bool>(text) } else { text.into() }, is_series);
    }
    put("weight", f.text("weight"), typed::<f64>(f.text("weight")), true);
    put("render", if f.text("render") == "on" { "true" } else { "" }, true.into(), true);
    let chosen = f.industries(industries);
    put("industries", &chosen.join("\n"), chosen.iter().map(String::as_str).collect(), true);
    (fields, stated)
}

/// Returns a number or truth. What is none is written as it is: the check of the file reports it.
fn typed<T: FromStr + Into<Value>>(text: &str) -> Value {
    text.parse::<T>().map_or_else(|_| text.into(), Into::into)
}
