//! Why a document gives no figures.

use serde::{Deserialize, Serialize};

use crate::model::Choice;
use crate::wall::Wall;

/// Names in a message.
const MAX_NAMES: usize = 8;

#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub enum SeriesError {
    #[error("cannot be read as JSON, CSV, .xlsx or HTML: {0}")]
    Unreadable(String),
    #[error("is larger than can be read as a series")]
    TooLarge,
    #[error("was not sent to its end")]
    CutShort,
    #[error("has no table of periods and values")]
    NoTable,
    #[error("there is no {what} {name:?}; there are: {}", list(known))]
    NoSuch { what: Part, name: String, known: Vec<String> },
    #[error("no column holds periods such as 2026-10 or 2026年10月; set series.period")]
    NoPeriods,
    #[error("no column holds numbers; set series.value")]
    NoValues,
    #[error("several columns may hold the value: {}; set series.value", list(_0))]
    SeveralValues(Vec<String>),
    #[error("several tables may hold the figures: {}; set series.table", list(_0))]
    SeveralTables(Vec<String>),
    #[error("most periods stand in several rows with different values; name one row in series.row, or another table")]
    SeveralRows,
    #[error("its figures are in {read}, which is not {wanted} in another size")]
    OtherUnit { read: String, wanted: String },
    #[error(transparent)]
    Wall(Wall),
}

/// What the settings name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    Rows,
    Table,
    Sheet,
    Column,
    Row,
}

impl Part {
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Rows => "路径",
            Self::Table => "表格",
            Self::Sheet => "工作表",
            Self::Column => "列",
            Self::Row => "行",
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rows => "path",
            Self::Table => "table",
            Self::Sheet => "sheet",
            Self::Column => "column",
            Self::Row => "row",
        })
    }
}

fn list(names: &[String]) -> String {
    let more = if names.len() > MAX_NAMES { "、…" } else { "" };
    format!("{}{more}", names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join("、"))
}

impl SeriesError {
    /// Returns the error for a part that the settings name and the document lacks.
    pub(super) fn no_such(what: Part, choice: &Choice, known: Vec<String>) -> Self {
        Self::NoSuch { what, name: choice.to_string(), known }
    }

    /// Returns a stable code for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "wrong-kind",
            Self::TooLarge => "too-large",
            Self::CutShort => "cut-short",
            Self::NoTable => "no-table",
            Self::NoSuch { .. } => "nothing-selected",
            Self::NoPeriods => "no-periods",
            Self::NoValues => "no-values",
            Self::SeveralValues(_) | Self::SeveralTables(_) | Self::SeveralRows => "several-figures",
            Self::OtherUnit { .. } => "other-unit",
            Self::Wall(wall) => wall.code(),
        }
    }

    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unreadable(_) => "读不出 JSON、CSV、.xlsx 或网页表格".to_owned(),
            Self::TooLarge => "文件太大，超出读取限度".to_owned(),
            Self::CutShort => "文件没有传完，稍后再看".to_owned(),
            Self::NoTable => "没有找到按时间列出数值的表格；如果内容由脚本生成，请改用它的数据接口，或设“用浏览器打开”".to_owned(),
            Self::NoSuch { what, name, known } if known.is_empty() => format!("没有“{name}”这个{}，页面可能改版了", what.chinese()),
            Self::NoSuch { what, name, known } => format!("没有“{name}”这个{}，现有：{}", what.chinese(), list(known)),
            Self::NoPeriods => "没有一列是时间（如 2026年10月、2026-10），请设 series 的 period".to_owned(),
            Self::NoValues => "没有一列是数值，请设 series 的 value".to_owned(),
            Self::SeveralValues(names) => format!("有几列都可能是数值：{}；请用 series 的 value 指定", list(names)),
            Self::SeveralTables(names) => format!("有几个表格都可能是数据：{}；请用 series 的 table 指定", list(names)),
            Self::SeveralRows => "同一时间有几行不同的数值，请用 series 的 row 指定其中一种（如地区），或换一个表格".to_owned(),
            Self::OtherUnit { read, wanted } => format!("数据的单位是“{read}”，不能换算成“{wanted}”，没有采用；请核对 series 的 unit"),
            Self::Wall(wall) => wall.chinese(),
        }
    }
}
