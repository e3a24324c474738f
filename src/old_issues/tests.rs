//! Whole issues in layouts that we made, with invented names and texts.

use std::io::{Cursor, Write as _};

use chrono::{TimeZone as _, Utc};

use super::*;
use crate::text::dates::Clock;

mod layouts;

fn clock() -> Clock {
    Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 8, 0, 0).unwrap())
}

fn known() -> Known {
    let columns = ["行业动态", "行业趋势", "行业报告"].map(str::to_owned).to_vec();
    Known { publication: "甲市产业快递".to_owned(), columns, repeated: Vec::new() }
}

fn understood(bytes: &[u8]) -> OldIssue {
    read(lines(bytes).unwrap().lines, &known(), "issue", &clock())
}

/// Returns a line per column and item: title, 来源, date, number of paragraphs, and a mark if it is unsure.
fn outline(issue: &OldIssue) -> Vec<String> {
    let item = |i: &OldItem| {
        let date = i.date.map(|d| d.to_string()).unwrap_or_default();
        let unsure = if i.doubt.is_some() { " ?" } else { "" };
        format!("{} / {} / {date} / {}{unsure}", i.title, i.publisher, i.text.lines().count())
    };
    issue.columns.iter().flat_map(|c| std::iter::once(format!("# {}", c.name)).chain(c.items.iter().map(item))).collect()
}

fn document(body: &str, styles: &str) -> Vec<u8> {
    const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, root, content) in
        [("word/document.xml", "document", format!("<w:body>{body}</w:body>")), ("word/styles.xml", "styles", styles.to_owned())]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        write!(zip, "<?xml version=\"1.0\"?><w:{root} {W}>{content}</w:{root}>").unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn paragraph(properties: &str, run: &str, text: &str) -> String {
    let text = text.replace('\n', "</w:t><w:br/><w:t>");
    format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t>{text}</w:t></w:r></w:p>")
}

const WELLS: &str = "甲县风电装备产业园一期工程近来建成，园区已有整机、叶片、塔筒企业九家，年产值预计二十亿元，带动就业两千人。";
const WELLS_2: &str = "产业园负责人介绍，甲县风电装备产业园二期将于明年动工，重点引进轴承和控制系统企业，补齐风电装备链条。";
const WELLS_3: &str = "为保障风电装备产业园建设，甲县设立专班，园区企业办事不出园，塔筒企业的用地当月落实。";
const SILK: &str = "乙市丝绸协会发布的数据显示，上半年乙市丝绸出口同比增长一成，真丝面料的订单排到了冬季。";
const SILK_2: &str = "协会会长说，染整环节的自动化让次品率下降了一半，丝绸企业普遍增加了研发投入。";
const LAMPS: &str = "丙区照明研究院研制的植物生长灯通过验收，光效比上一代产品提高两成，首批产品用于育苗工厂。";
const MILLS: &str = "丁镇面粉企业完成数字化改造，从原粮入库到成品出库全程可以追溯，能耗下降百分之八。";

#[test]
fn marks_for_columns_and_plain_titles_with_headings_inside_of_items() {
    let text = format!(
        "甲市产业快递\n2024年第3期（总第45期）\n甲市科技情报研究所主办　2024年2月6日\n\n●编者的话\n\n本刊从本期起改版，欢迎来信。\n●行业动态\n\n甲县风电装备产业园建成投产 首批九家企业入驻\n{WELLS}\n\n\
         园区服务有力度\n\n{WELLS_2}\n\n企业发展有空间\n\n{WELLS_3}\n\n乙市丝绸出口订单同比增长一成\n{SILK}\n\n{SILK_2}\n\n●行业趋势\n丙区植物生长灯通过验收\n\n{LAMPS}\n\n●科技之窗\n丁镇面粉企业完成数字化改造\n\n近日，{MILLS}\n"
    );
    let issue = understood(text.as_bytes());
    let expected = [
        "# 行业动态",
        "甲县风电装备产业园建成投产 首批九家企业入驻 /  /  / 5",
        "乙市丝绸出口订单同比增长一成 /  /  / 2",
        "# 行业趋势",
        "丙区植物生长灯通过验收 /  /  / 1",
        "# 科技之窗",
        "丁镇面粉企业完成数字化改造 /  /  / 1",
    ];
    assert_eq!(outline(&issue), expected);
    assert_eq!(issue.foreword, "本刊从本期起改版，欢迎来信。");
    assert_eq!(issue.unsure, [Unsure::UnknownColumn("科技之窗".to_owned())]);
    let n = &issue.numbering;
    assert_eq!((n.number, n.total, n.year(), n.date.unwrap().to_string().as_str()), (Some(3), Some(45), Some(2024), "2024-02-06"));
    assert_eq!(n.organiser.as_deref(), Some("甲市科技情报研究所"));
}

#[test]
fn contents_with_pages_name_columns_and_titles_of_two_lines() {
    let text = format!(
        "内部资料　注意保存\n甲市产业快递\n第 12 期\n（总第 145 期）\n二〇二三年六月八日\n\n目　录\n【要闻】\n甲县风电装备产业园建成投产首批九家企业入驻……………1\n乙市丝绸出口增长………2\n【市场】\n丙区植物生长灯通过验收\t4\n\n\
         【要闻】\n甲县风电装备产业园建成投产\n首批九家企业入驻\n来源：甲日报 2023-06-05\n{WELLS}\n园区服务有力度\n{WELLS_2}\n乙市丝绸出口增长\n{SILK}\n{SILK_2}\n（摘自《乙商报》2023年6月6日）\n\
         【市场】\n丙区植物生长灯通过验收\n{LAMPS}\n\n主  办：甲市科技情报研究所\n编  辑：编辑部　电话：0000-0000000\n报：市委办公室、市政府办公室\n（共印120份）\n"
    );
    let issue = understood(text.as_bytes());
    let expected = [
        "# 要闻",
        "甲县风电装备产业园建成投产首批九家企业入驻 / 甲日报 / 2023-06-05 / 3",
        "乙市丝绸出口增长 / 乙商报 / 2023-06-06 / 2",
        "# 市场",
        "丙区植物生长灯通过验收 /  /  / 1",
    ];
    assert_eq!(outline(&issue), expected);
    assert_eq!(issue.unsure, []);
    let n = &issue.numbering;
    assert_eq!((n.number, n.total, n.year(), n.date.unwrap().to_string().as_str()), (Some(12), Some(145), Some(2023), "2023-06-08"));
    assert_eq!(n.organiser.as_deref(), Some("甲市科技情报研究所"));
    assert!(issue.items().all(|i| !i.text.contains("共印")));
}

#[test]
fn chinese_numbers_for_columns_and_titles_in_parentheses() {
    let text = format!(
        "甲市产业快递\n2022年第1期\n一、行业动态\n（一）甲县风电装备产业园建成投产\n{WELLS}（来源：甲日报）\n（二）乙市丝绸出口增长\n{SILK}\n1．面料订单\n{SILK_2}（来源：乙商报）\n二、行业趋势\n（一）丙区植物生长灯通过验收\n{LAMPS}\n\
         三、行业报告\n（一）丁镇面粉企业完成数字化改造\n——甲市传统产业调研之一\n{MILLS}\n"
    );
    let issue = understood(text.as_bytes());
    let expected = [
        "# 行业动态",
        "甲县风电装备产业园建成投产 / 甲日报 /  / 1",
        "乙市丝绸出口增长 / 乙商报 /  / 3",
        "# 行业趋势",
        "丙区植物生长灯通过验收 /  /  / 1",
        "# 行业报告",
        "丁镇面粉企业完成数字化改造——甲市传统产业调研之一 /  /  / 1",
    ];
    assert_eq!(outline(&issue), expected);
    assert_eq!((issue.numbering.number, issue.numbering.total, issue.numbering.date), (Some(1), None, None));
    assert_eq!(issue.unsure, []);
}

#[test]
fn an_overview_at_the_front_and_numbered_titles_with_lists_inside() {
    let text = format!(
        "甲市产业快递\n（2021年第9期 总第88期）\n2021年5月20日\n◆本期导读\n1.甲县风电装备产业园建成投产\n2.乙市丝绸出口增长\n◆行业动态\n1.甲县风电装备产业园建成投产\n{WELLS}\n（1）整机企业三家。\n（2）叶片企业四家。\n2.乙市丝绸出口增长\n{SILK}\n1.染整自动化\n{SILK_2}\n\
         ◆行业报告\n3.丁镇面粉企业完成数字化改造\n{MILLS}\n"
    );
    let issue = understood(text.as_bytes());
    let expected =
        ["# 行业动态", "甲县风电装备产业园建成投产 /  /  / 3", "乙市丝绸出口增长 /  /  / 3", "# 行业报告", "丁镇面粉企业完成数字化改造 /  /  / 1"];
    let without_marks: Vec<String> = outline(&issue).iter().map(|l| l.trim_end_matches(" ?").to_owned()).collect();
    assert_eq!(without_marks, expected);
    assert_eq!((issue.numbering.number, issue.numbering.total), (Some(9), Some(88)));
}

#[test]
fn a_document_with_heading_styles_a_masthead_in_a_table_and_a_list_of_contents_by_word() {
    let styles = "<w:style w:type=\"paragraph\" w:styleId=\"1\"><w:name w:val=\"heading 1\"/><w:rPr><w:b/><w:sz w:val=\"36\"/></w:rPr></w:style>\
                  <w:style w:type=\"paragraph\" w:styleId=\"2\"><w:name w:val=\"heading 2\"/><w:basedOn w:val=\"1\"/><w:pPr><w:jc w:val=\"center\"/></w:pPr></w:style>\
                  <w:style w:type=\"paragraph\" w:styleId=\"t1\"><w:name w:val=\"toc 1\"/></w:style>";
    let (column, title, plain) = ("<w:pStyle w:val=\"1\"/>", "<w:pStyle w:val=\"2\"/>", "");
    let mut body =
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>第5期</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2023年3月1日</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
            .to_owned();
    for (properties, text) in [
        ("<w:pStyle w:val=\"t1\"/>", "科技前沿\t1"),
        ("<w:pStyle w:val=\"t1\"/>", "甲县风电装备产业园建成投产首批九家企业入驻\t1"),
        (column, "科技前沿"),
        (title, "甲县风电装备产业园建成投产\n首批九家企业入驻"),
        (plain, WELLS),
        (plain, "园区服务有力度"),
        (plain, WELLS_2),
        (title, "乙市丝绸出口增长"),
        (plain, SILK),
        (column, "地方经济"),
        (title, "丙区植物生长灯通过验收"),
        (plain, LAMPS),
    ] {
        body.push_str(&paragraph(properties, "", text));
    }
    body.push_str(
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>指标</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>增长 &amp; 占比</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
    );
    let issue = understood(&document(&body, styles));
    let expected = [
        "# 科技前沿",
        "甲县风电装备产业园建成投产首批九家企业入驻 /  /  / 3",
        "乙市丝绸出口增长 /  /  / 1 ?",
        "# 地方经济",
        "丙区植物生长灯通过验收 /  /  / 2 ?",
    ];
    assert_eq!(outline(&issue), expected, "two titles are not in the contents");
    assert!(issue.items().any(|i| i.text.ends_with("指标\t增长 & 占比")));
    assert_eq!((issue.numbering.number, issue.numbering.date.unwrap().to_string().as_str()), (Some(5), "2023-03-01"));
}

#[test]
fn a_document_with_plain_column_names_and_bold_centred_titles() {
    let (centred, bold) = ("<w:jc w:val=\"center\"/>", "<w:b/><w:sz w:val=\"32\"/>");
    let mut body = String::new();
    for (properties, run, text) in [
        (centred, "<w:b/><w:sz w:val=\"72\"/>", "甲市产业快递"),
        (centred, "", "2020年第7期 总第70期 2020年4月1日"),
        ("", "", "行业动态"),
        (centred, bold, "甲县风电装备产业园建成投产"),
        (centred, bold, "首批九家企业入驻园区"),
        ("", "", WELLS),
        ("", "<w:b/>", "园区服务有力度"),
        ("", "", WELLS_2),
        (centred, bold, "乙市丝绸出口增长"),
        ("", "", "乙商报 2020-03-28"),
        ("", "", SILK),
        ("", "", "行业报告"),
        (centred, bold, "丁镇面粉企业完成数字化改造"),
        ("", "", MILLS),
        ("", "", "责任编辑：某某　审核：某某"),
        ("", "", "报送：市委、市政府"),
    ] {
        body.push_str(&paragraph(properties, run, text));
    }
    let issue = understood(&document(&body, ""));
    let expected = [
        "# 行业动态",
        "甲县风电装备产业园建成投产首批九家企业入驻园区 /  /  / 3",
        "乙市丝绸出口增长 / 乙商报 / 2020-03-28 / 1",
        "# 行业报告",
        "丁镇面粉企业完成数字化改造 /  /  / 1",
    ];
    assert_eq!(outline(&issue), expected);
    assert_eq!((issue.numbering.number, issue.numbering.total), (Some(7), Some(70)));
    assert_eq!(issue.unsure, []);
}

#[test]
fn columns_that_only_repeats_tell() {
    let issue = |n: u32, title: &str, text: &str| {
        format!(
            "甲市产业快递\n2019年第{n}期\n乙县科技局\n2019年5月{n}日\n科技视点\n{title}\n{text}\n市场观察\n丙区植物生长灯通过验收第{n}次\n{LAMPS}\n"
        )
    };
    let texts = [issue(1, "乙市丝绸出口增长", SILK), issue(2, "丁镇面粉企业完成数字化改造", MILLS)];
    let files: Vec<Vec<Line>> = texts.iter().map(|t| lines(t.as_bytes()).unwrap().lines).collect();
    let repeated = repeated_columns(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert!(repeated.contains(&"科技视点".to_owned()) && repeated.contains(&"市场观察".to_owned()), "{repeated:?}");
    let known = Known { repeated, ..known() };
    let issue = read(files[1].clone(), &known, "issue", &clock());
    let expected = ["# 科技视点", "丁镇面粉企业完成数字化改造 /  /  / 1", "# 市场观察", "丙区植物生长灯通过验收第2次 /  /  / 1"];
    assert_eq!(outline(&issue), expected);
    assert_eq!(issue.numbering.date.unwrap().to_string(), "2019-05-02", "the office above it is no column");
}

#[test]
fn titles_with_marks_are_no_columns_and_bold_short_titles_neither() {
    let text = format!(
        "甲市产业快递\n2018年第2期\n【产业要闻】\n◆乙市丝绸出口增长\n{SILK}\n◆甲县产业园建成\n{WELLS}\n【外地经验】\n◆丁镇面粉改造\n{MILLS}\n"
    );
    let expected = ["# 产业要闻", "乙市丝绸出口增长 /  /  / 1", "甲县产业园建成 /  /  / 1", "# 外地经验", "丁镇面粉改造 /  /  / 1"];
    assert_eq!(outline(&understood(text.as_bytes())), expected);
    let bold = |text: &str| paragraph("", "<w:b/>", text);
    let plain = |text: &str| paragraph("", "", text);
    let body = [
        bold("行业动态"),
        bold("乙市丝绸出口增长"),
        plain(SILK),
        bold("甲县产业园建成"),
        plain(WELLS),
        bold("行业报告"),
        bold("丁镇面粉改造"),
        plain(MILLS),
    ];
    let expected = ["# 行业动态", "乙市丝绸出口增长 /  /  / 1", "甲县产业园建成 /  /  / 1", "# 行业报告", "丁镇面粉改造 /  /  / 1"];
    assert_eq!(outline(&understood(&document(&body.concat(), ""))), expected);
}

#[test]
fn an_issue_without_columns_goes_into_the_first_one_and_says_so() {
    let text = format!("甲市产业快递\n第3期\n\n乙市丝绸出口订单同比增长一成\n{SILK}\n\n丁镇面粉企业完成数字化改造工程\n近日，{MILLS}\n");
    let issue = understood(text.as_bytes());
    assert_eq!(outline(&issue), ["# 行业动态", "乙市丝绸出口订单同比增长一成 /  /  / 1", "丁镇面粉企业完成数字化改造工程 /  /  / 1"]);
    assert_eq!(issue.unsure, [Unsure::NoColumns]);
}

#[test]
fn hostile_files_are_refused_or_read() {
    let deep = "<w:p>".repeat(100_000);
    assert!(matches!(lines(&document(&deep, "")), Err(FileError::Damaged(_) | FileError::TooLarge)));
    assert!(matches!(lines(&document("<!DOCTYPE x [<!ENTITY a \"b\">]>", "")), Err(FileError::Damaged(_))));
    let many = paragraph("", "", "甲").repeat(60_000);
    assert!(matches!(lines(&document(&many, "")), Err(FileError::TooLarge)));
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    bomb.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..40 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    assert!(matches!(lines(&bomb.finish().unwrap().into_inner()), Err(FileError::TooLarge)));
    let base = "<w:style w:styleId=\"a\"><w:basedOn w:val=\"a\"/></w:style>";
    assert_eq!(lines(&document(&paragraph("<w:pStyle w:val=\"a\"/>", "", "甲县"), base)).unwrap().lines.len(), 1);
    // many lines of one kind, each of which may start something
    for line in ["甲县产业园建成投产 乙市丝绸出口增长\n", "●行业动态\n", "1.甲县产业园\n", "目录\n", "（（（（\n", "——\n", "【】\n", "来源：\n"]
    {
        let issue = understood(line.repeat(2_000).as_bytes());
        assert!(issue.items().count() <= 2_000, "{line}");
    }
}
