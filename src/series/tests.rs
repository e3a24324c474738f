//! Documents of each kind, and what follows from two of them.

use std::io::Write as _;

use crate::model::{Choice, Frequency, SeriesSettings};
use crate::series::judge::{Judged, Oddity, judge};
use crate::series::report::{self, SeriesName};
use crate::series::{SeriesError, SeriesRead, StoredFigure, read_text, read_workbook};

fn settings(change: impl FnOnce(&mut SeriesSettings)) -> SeriesSettings {
    let mut settings = SeriesSettings::default();
    change(&mut settings);
    settings
}

fn name(text: &str) -> Option<Choice> {
    Choice::parse(text)
}

/// Returns the figures as 2026-10 12.3.
fn shown(read: &SeriesRead) -> String {
    let figures = read.figures.iter().map(|f| format!("{} {}", f.period.code(), crate::model::printed(f.value, f.decimals)));
    figures.collect::<Vec<_>>().join(", ")
}

fn taken(text: &str, change: impl FnOnce(&mut SeriesSettings)) -> (String, Option<String>, bool) {
    let read = read_text(text, &settings(change)).unwrap_or_else(|e| panic!("{e}\n{text}"));
    (shown(&read), read.unit.clone(), read.is_cumulative)
}

#[expect(clippy::unnecessary_wraps, reason = "settings and units are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Returns a workbook of one sheet.
fn workbook(sheet: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let shared = "<sst><si><t>月份</t></si><si><t>产量</t><rPh><t>chǎn</t></rPh></si><si><t>单位：万吨</t></si></sst>";
    let parts = [
        (
            "xl/workbook.xml",
            r#"<workbook xmlns:r="r"><sheets><sheet name="说明" sheetId="2" state="hidden" r:id="rId9"/><sheet name="产量" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        ("xl/_rels/workbook.xml.rels", r#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/sharedStrings.xml", shared),
        (
            "xl/styles.xml",
            r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    for (path, text) in parts {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const SHEET: &str = r#"<worksheet><sheetData>
    <row r="1"><c r="A1" t="s"><v>2</v></c></row>
    <row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row>
    <row r="3"><c r="A3" s="1"><v>46235</v></c><c r="C3"><v>12.299999999999999</v></c></row>
    <row r="4"><c r="A4" s="1"><v>46266</v></c><c r="C4" t="e"><v>#N/A</v></c></row>
    <row r="5"><c r="A5" s="1"><v>46296</v></c><c r="C5"><v>13</v></c></row>
    <row r="6"><c r="A6" s="1"><v>46327</v></c><c r="C6"><f>C5*1</f><v>1.31E1</v></c></row>
</sheetData></worksheet>"#;

#[test]
fn ten_kinds_of_documents_are_read() {
    // an array of objects, newest first, and how it grew
    let json = r#"{"code":0,"data":{"list":[{"month":"2026-10","export":"1,234.5","yoy":"4.5"},{"month":"2026-09","export":1200,"yoy":3}]}}"#;
    assert_eq!(taken(json, |s| s.unit = some("万美元")), ("2026-09 1200, 2026-10 1234.5".to_owned(), some("万美元"), false));
    // nested values, in an array that is named
    let nested =
        r#"{"a":[{"t":"2026Q2","v":{"total":8.5,"local":2.5}},{"t":"2026Q3","v":{"total":9,"local":3}}],"b":[{"t":"2020Q1","v":{"total":1}}]}"#;
    let got = taken(nested, |s| (s.rows, s.value) = (some("a"), name("v.total")));
    assert_eq!(got.0, "2026-Q2 8.5, 2026-Q3 9");
    // arrays, and columns by number
    let arrays = r#"[["20261001", 5300, 1], ["20261002", 5310.5, 2], ["20261009", null, 3]]"#;
    assert_eq!(taken(arrays, |s| s.value = name("2")).0, "2026-10-01 5300, 2026-10-02 5310.5");
    assert_eq!(taken(r#"{"date":["2026-09","2026-10"],"price":[1.5,"2"]}"#, |_| {}).0, "2026-09 1.5, 2026-10 2");
    // CSV in UTF-8 with a title, and with semicolons
    let csv = "\u{feff}许昌市社会消费品零售总额,,\n单位：亿元,,\n时间,本月,同比增长(%)\n2026年9月,\"1,012.3\",5.1\n2026年10月,98.0*,—\n";
    assert_eq!(taken(csv, |_| {}), ("2026-09 1012.3, 2026-10 98.0".to_owned(), some("亿元"), false));
    assert_eq!(
        taken("Date;Price (元/吨)\nOct 2026;20,150\nNov 2026;20,310\n", |_| {}),
        ("2026-10 20150, 2026-11 20310".to_owned(), some("元/吨"), false)
    );
    // CSV in GB 18030 arrives decoded
    let (text, _, _) = encoding_rs::GB18030.decode(b"\xc8\xd5\xc6\xda,\xbc\xdb\xb8\xf1(\xd4\xaa)\n2026/11/2,12.5\n2026/11/3,12.6\n");
    assert_eq!(taken(&text, |_| {}), ("2026-11-02 12.5, 2026-11-03 12.6".to_owned(), some("元"), false));
    // a workbook whose months are days in a format
    let book = read_workbook(&workbook(SHEET), &SeriesSettings::default()).unwrap().unwrap();
    assert_eq!((shown(&book).as_str(), book.unit.as_deref()), ("2026-08 12.3, 2026-10 13, 2026-11 13.1", Some("万吨")));
    assert_eq!(book.frequency, Frequency::Month);
    // a table on a page, newest first, one of two
    let page = "<h2>铝合金价格</h2><table><tr><td>首页</td><td>联系</td></tr></table><p>单位：元/吨</p><table><tr><th>日期<th>均价<th>涨跌</tr>\
        <tr><td>2026年11月3日<td>20,150<td>+50</tr><tr><td>2026年11月2日<td>20,100<td>-20</tr></table>";
    assert_eq!(taken(page, |_| {}), ("2026-11-02 20100, 2026-11-03 20150".to_owned(), some("元/吨"), false));
    // years above, months beside
    let matrix = "<table><caption>居民消费价格指数</caption><tr><th>月份</th><th>2025年</th><th>2026年</th></tr>\
        <tr><td>1月</td><td>100.5</td><td>100.8</td></tr><tr><td>2月</td><td>99.3</td><td>…</td></tr></table>";
    assert_eq!(taken(matrix, |_| {}).0, "2025-01 100.5, 2025-02 99.3, 2026-01 100.8");
    // sums from January, with the year in the caption
    let sums = "<table><caption>2026年规模以上工业增加值</caption><tr><th>时间</th><th>绝对量（亿元）</th></tr>\
        <tr><td>1—2月</td><td>40.1</td></tr><tr><td>1—3月</td><td>66</td></tr><tr><td>1—10月</td><td>230.4</td></tr></table>";
    assert_eq!(taken(sums, |_| {}), ("2026-02 40.1, 2026-03 66, 2026-10 230.4".to_owned(), some("亿元"), true));
    // quarters
    let quarters = "<table><tr><th>季度</th><th>生产总值(亿元)</th></tr><tr><td colspan=2>2025年</td></tr><tr><td>三季度</td><td>900</td></tr>\
        <tr><td>四季度</td><td>1 100</td></tr><tr><td>一季度</td><td>850</td></tr></table>";
    assert_eq!(taken(quarters, |_| {}).0, "2025-Q3 900, 2025-Q4 1100, 2026-Q1 850");
    // periods above, indicators beside
    let rows = "指标,2026年9月,2026年10月\n进口(亿元),1,2\n出口(亿元),3,4\n";
    assert_eq!(taken(rows, |s| s.row = some("出口(亿元)")), ("2026-09 3, 2026-10 4".to_owned(), some("亿元"), false));
    assert_eq!(taken(rows, |s| s.value = name("进口")).0, "2026-09 1, 2026-10 2");
}

#[test]
fn notes_struck_out_and_hidden_digits_are_no_figures() {
    let page = "<table><tr><th>月份<th>产量(吨)</tr>\
        <tr><td>2026-08<sup>1</sup><td>20.2<sup>2</sup></tr>\
        <tr><td>2026-09<td><del>1900</del> 1950</tr>\
        <tr><td>2026-10<td><span style='color: red; display : none'>77</span>1900<s>8</s></tr></table>";
    assert_eq!(taken(page, |_| {}).0, "2026-08 20.2, 2026-09 1950, 2026-10 1900");
}

#[test]
fn percents_do_not_cross_zero_and_what_is_not_over_waits() {
    let csv = "月份,利润(亿元)\n2026-08,1.4\n2026-09,1.5\n";
    let (_, judged) = polls(&[csv, &format!("{csv}2026-10,-3\n")], &SeriesSettings::default()).unwrap_or_else(|e| panic!("{}", e.english()));
    assert!(judged.new.iter().all(|(row, _)| row.on_previous.is_none()), "{:?}", judged.new);
    let stored = StoredFigure { unit: judged.unit.clone(), figures: judged.figures.clone() };
    let read = read_text(&format!("{csv}2026-12,1.5\n"), &SeriesSettings::default()).unwrap();
    let on = |day| chrono::NaiveDate::from_ymd_opt(2026, 12, day).unwrap();
    let doubt =
        |today| judge(&read, &stored, &SeriesSettings::default(), today).map(|j| j.new.iter().any(|(_, d)| d.as_deref() == Some("这一期还没有结束")));
    assert_eq!((doubt(on(1)), doubt(on(31))), (Ok(true), Ok(false)));
}

#[test]
fn units_are_converted_if_that_is_certain() {
    let csv = "月份,产值(万元)\n2026-09,12345\n2026-10,1.3亿\n2026-11,5吨\n";
    let read = read_text(csv, &settings(|s| s.unit = some("亿元"))).unwrap();
    assert_eq!((shown(&read).as_str(), read.left_out), ("2026-09 1.2345, 2026-10 1.3", 1));
    let other = read_text(csv, &settings(|s| s.unit = some("吨"))).unwrap_err();
    assert!(matches!(&other, SeriesError::OtherUnit { .. }) && other.chinese().contains("万元"), "{other:?}");
}

#[test]
fn what_is_unclear_is_told_instead_of_guessed() {
    let error = |text: &str, change: fn(&mut SeriesSettings)| read_text(text, &settings(change)).unwrap_err();
    let two = "月份,出口,进口\n2026-10,1,2\n";
    assert_eq!(error(two, |_| {}), SeriesError::SeveralValues(vec!["出口".to_owned(), "进口".to_owned()]));
    assert!(error(two, |s| s.value = Choice::parse("产量")).chinese().contains("月份、出口、进口"));
    let regions = "月份,地区,产量\n2026-09,许昌,1\n2026-09,郑州,2\n2026-10,许昌,3\n2026-10,郑州,4\n";
    assert_eq!(error(regions, |_| {}), SeriesError::SeveralRows);
    assert_eq!(taken(regions, |s| s.row = some("许昌")).0, "2026-09 1, 2026-10 3");
    let tables = "<table><tr><th>月份<th>甲</tr><tr><td>2026-10<td>1</tr></table><table><tr><th>月份<th>乙</tr><tr><td>2026-10<td>2</tr></table>";
    assert!(matches!(error(tables, |_| {}), SeriesError::SeveralTables(_)));
    assert_eq!(taken(tables, |s| s.table = Choice::parse("乙")).0, "2026-10 2");
    for empty in ["", "<p>没有表格", "{}", "[]", "甲,乙\n1,2\n"] {
        assert!(read_text(empty, &SeriesSettings::default()).is_err(), "{empty}");
    }
}

#[test]
fn hostile_documents_are_refused() {
    let refused = |text: &str| read_text(text, &SeriesSettings::default()).unwrap_err();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(refused(&deep), SeriesError::Unreadable(_)));
    assert!(matches!(refused(r#"[{"t":"2026-10","v":1e999}]"#), SeriesError::Unreadable(_)));
    assert!(matches!(refused("月份,值\n2026-10,NaN\n2026-11,1e999\n"), SeriesError::NoPeriods));
    let wide = format!("[{}]", vec![format!("[\"2026-10\"{}]", ",1".repeat(300)); 3_000].join(","));
    assert_eq!(refused(&wide), SeriesError::TooLarge);
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![b' '; 1 << 20];
    (0..30).for_each(|_| bomb.write_all(&zeros).unwrap());
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 100_000 && read_workbook(&bomb, &SeriesSettings::default()) == Some(Err(SeriesError::TooLarge)));
    // a cell far to the right costs no row of that width
    let far = workbook(r#"<worksheet><sheetData><row><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"#);
    assert!(read_workbook(&far, &SeriesSettings::default()).unwrap().is_err());
    assert!(read_workbook(b"PK\x03\x04 no zip", &SeriesSettings::default()).unwrap().is_err());
    let doctype = workbook("<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet/>");
    assert!(matches!(read_workbook(&doctype, &SeriesSettings::default()).unwrap(), Err(SeriesError::Unreadable(_))));
}

/// After every period of the tests.
const TODAY: chrono::NaiveDate = chrono::NaiveDate::MAX;

/// Reads one document after the other, as polls do.
fn polls(documents: &[&str], settings: &SeriesSettings) -> Result<(SeriesRead, Judged), Oddity> {
    let mut stored = StoredFigure::default();
    let mut last = None;
    for document in documents {
        let read = read_text(document, settings).unwrap_or_else(|e| panic!("{e}\n{document}"));
        let judged = judge(&read, &stored, settings, TODAY)?;
        stored = StoredFigure { unit: judged.unit.clone(), figures: judged.figures.clone() };
        last = Some((read, judged));
    }
    Ok(last.unwrap_or_else(|| panic!("no document")))
}

/// Returns title and text of each entry of the last document.
fn told(documents: &[&str], settings: &SeriesSettings) -> Vec<(String, String, bool)> {
    let (read, judged) = polls(documents, settings).unwrap_or_else(|e| panic!("{}", e.english()));
    let series = SeriesName { name: "许昌发制品出口额", publisher: "许昌海关", is_cumulative: read.is_cumulative };
    report::entries(&judged, series).into_iter().map(|e| (e.title, e.text, e.is_doubtful)).collect()
}

const YEAR: &str = "月份,出口额(亿元)\n2025-10,11.8\n2026-08,12.0\n2026-09,12.45\n";

#[test]
fn a_new_period_is_told_with_its_changes() {
    assert!(told(&[YEAR], &SeriesSettings::default()).is_empty(), "the first reading tells nothing");
    assert!(told(&[YEAR, YEAR], &SeriesSettings::default()).is_empty());
    let next = format!("{YEAR}2026-10,12.3\n");
    let title = "2026年10月许昌发制品出口额：12.3 亿元，同比增长 4.2%，环比下降 1.2%";
    let text = "2026年10月，许昌发制品出口额：12.3 亿元，同比增长 4.2%，环比下降 1.2%。\n数据来源：许昌海关。";
    assert_eq!(told(&[YEAR, &next], &SeriesSettings::default()), [(title.to_owned(), text.to_owned(), false)]);
    // an older period that appears later is stored and not told
    assert!(told(&[YEAR, &format!("{YEAR}2025-09,10\n")], &SeriesSettings::default()).is_empty());
}

#[test]
fn rates_differ_by_points_and_sums_have_no_period_before() {
    let rates = "月份,增速（%）\n2025-10,5.0\n2026-09,6.2\n";
    let got = told(&[rates, &format!("{rates}2026-10,5.9\n")], &SeriesSettings::default());
    assert!(got[0].0.ends_with("5.9%，同比上升 0.9 个百分点，环比下降 0.3 个百分点"), "{got:?}");
    let sums = "月份,产值累计(亿元)\n2025年1-10月,200\n2026年1-9月,190\n";
    let got = told(&[sums, &format!("{sums}2026年1-10月,200\n")], &SeriesSettings::default());
    assert_eq!(got[0].0, "2026年1—10月许昌发制品出口额：200 亿元，同比持平");
}

#[test]
fn revisions_tell_the_old_and_the_new_figure() {
    let revised = YEAR.replace("12.45", "12.6");
    let got = told(&[YEAR, &revised], &SeriesSettings::default());
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].0, "2026年9月许昌发制品出口额修订为 12.6 亿元（原 12.45 亿元）");
    assert_eq!(got[0].1, "2026年9月，许昌发制品出口额由 12.45 亿元修订为 12.6 亿元，修订后环比增长 5.0%。\n数据来源：许昌海关。");
    let large = told(&[YEAR, &YEAR.replace("12.45", "24")], &SeriesSettings::default());
    assert!(large[0].2 && large[0].0.starts_with("【待核】"), "{large:?}");
    // both at once: two entries
    assert_eq!(told(&[YEAR, &format!("{revised}2026-10,12.3\n")], &SeriesSettings::default()).len(), 2);
}

#[test]
fn a_jump_waits_for_an_editor() {
    let jump = format!("{YEAR}2026-10,123\n");
    let got = told(&[YEAR, &jump], &SeriesSettings::default());
    assert!(got[0].2 && got[0].1.contains("【待核】比上期变动 888.0%，超过 30.0%"), "{got:?}");
    assert!(!told(&[YEAR, &jump], &settings(|s| s.jump = Some(1000.0)))[0].2);
    // what happens every year is no jump
    let seasonal = "月份,产量(吨)\n2025-09,100\n2025-10,300\n2026-09,100\n";
    assert!(!told(&[seasonal, &format!("{seasonal}2026-10,310\n")], &SeriesSettings::default())[0].2);
}

#[test]
fn another_unit_is_converted_or_refused() {
    let plain = SeriesSettings::default();
    // the same figures in 万元: nothing changed
    let smaller = "月份,出口额(万元)\n2025-10,118000\n2026-08,120003\n2026-09,124500\n2026-10,123000\n";
    let got = told(&[YEAR, smaller], &plain);
    assert_eq!(got.len(), 1, "{got:?}");
    assert!(got[0].0.contains("：12.3 亿元，"), "{got:?}");
    let dollars = YEAR.replace("亿元", "亿美元");
    assert!(matches!(polls(&[YEAR, &dollars], &plain), Err(Oddity::Unit { .. })));
    // nobody says so, but all figures are ten thousand times as large
    let unsaid = YEAR.replace("(亿元)", "").replace("11.8", "118000").replace("12.0\n", "120000\n").replace("12.45", "124500");
    let first = YEAR.replace("(亿元)", "");
    let odd = polls(&[&first, &unsaid], &plain).unwrap_err();
    assert!(matches!(odd, Oddity::Scaled(_)) && odd.chinese().contains("10000 倍"), "{odd:?}");
    let other = YEAR.replace("11.8", "3").replace("12.0\n", "99\n").replace("12.45", "50");
    assert!(matches!(polls(&[YEAR, &other], &plain), Err(Oddity::Rewritten(3, 3))));
    // the caption comes and goes
    assert!(told(&[YEAR, &first, YEAR], &plain).is_empty());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[0-9年月日季度,.\\-\n\t<>a-z/{}\\[\\]\":一二十%万亿元 ]{0,300}") {
        let _ = read_text(&text, &SeriesSettings::default());
        let _ = read_text(&text, &settings(|s| (s.row, s.value, s.table) = (some("1"), name("2"), name("1"))));
    }

    #[test]
    fn no_workbook_makes_it_panic(sheet in "[<>/a-z0-9=\" A-Z]{0,300}") {
        let _ = read_workbook(&workbook(&format!("<worksheet><sheetData>{sheet}")), &SeriesSettings::default());
    }
}
