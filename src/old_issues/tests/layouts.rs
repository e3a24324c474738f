//! Layouts that readers of old issues got wrong, one test for each kind.

use super::*;

/// Returns the outline of an issue with this body, and what is unsure of it.
fn outline_of(body: &str) -> (Vec<String>, Vec<Unsure>) {
    let issue = understood(format!("甲市产业快递\n2023年第5期（总第105期）\n2023年3月10日\n{body}").as_bytes());
    (outline(&issue), issue.unsure)
}

const TWO_COLUMNS: [&str; 5] =
    ["# 行业动态", "甲县风电装备产业园建成 /  /  / 1", "乙市丝绸出口增长 /  /  / 1", "# 行业报告", "丁镇面粉改造 /  /  / 1"];

#[test]
fn a_numbered_title_that_begins_with_a_figure_is_a_title() {
    for (first, second) in [("1.", "2."), ("1．", "2．"), ("1、", "2、"), ("（1）", "（2）"), ("[1] ", "[2] ")] {
        let contents =
            format!("目录\n一、行业动态\n{first}2023年甲县专利增长……1\n{second}20家企业入园……2\n二、行业报告\n{first}1—2月乙市丝绸出口增长……3\n");
        for contents in ["", &contents] {
            let body = format!(
                "{contents}一、行业动态\n{first}2023年甲县专利增长\n{WELLS}\n{second}20家企业入园\n{SILK}\n二、行业报告\n{first}1—2月乙市丝绸出口增长\n{LAMPS}\n"
            );
            let expected = ["# 行业动态", "2023年甲县专利增长 /  /  / 1", "20家企业入园 /  /  / 1", "# 行业报告", "1—2月乙市丝绸出口增长 /  /  / 1"];
            assert_eq!(outline_of(&body), (expected.map(str::to_owned).to_vec(), vec![]), "{first}");
        }
    }
}

#[test]
fn contents_without_columns_take_no_column_away() {
    let titles = ["甲县风电装备产业园建成", "乙市丝绸出口增长", "丁镇面粉改造"];
    for heading in ["目录", "本期要目", "★本期要目★", "【本期要目】"] {
        for (mark, column) in [("", "●"), ("◆ ", "● "), ("1.", "一、"), ("", "")] {
            let list: String = titles.iter().map(|t| format!("{mark}{t}\n")).collect();
            let second = column.replace('一', "二");
            let body = format!(
                "{heading}\n{list}{column}行业动态\n{}\n{WELLS}\n{}\n{SILK}\n{second}行业报告\n{}\n{MILLS}\n",
                titles[0], titles[1], titles[2]
            );
            assert_eq!(outline_of(&body), (TWO_COLUMNS.map(str::to_owned).to_vec(), vec![]), "{heading} {mark}{column}");
        }
    }
}

#[test]
fn contents_of_short_titles_name_unknown_columns_by_their_marks() {
    let list = "【要闻】\n甲县产业园建成\n乙市丝绸出口增长\n【市场】\n丁镇面粉改造\n";
    let body = format!("目录\n{list}【要闻】\n甲县产业园建成\n{WELLS}\n乙市丝绸出口增长\n{SILK}\n【市场】\n丁镇面粉改造\n{MILLS}\n");
    let expected = ["# 要闻", "甲县产业园建成 /  /  / 1", "乙市丝绸出口增长 /  /  / 1", "# 市场", "丁镇面粉改造 /  /  / 1"];
    assert_eq!(outline_of(&body), (expected.map(str::to_owned).to_vec(), vec![]));
}

#[test]
fn a_foreword_behind_the_contents_stays() {
    let body = format!(
        "目录\n甲县风电装备产业园建成\n乙市丝绸出口增长\n编者的话\n{LAMPS}\n●行业动态\n甲县风电装备产业园建成\n{WELLS}\n乙市丝绸出口增长\n{SILK}\n"
    );
    let issue = understood(body.as_bytes());
    assert_eq!((outline(&issue), issue.foreword.as_str()), (TWO_COLUMNS[..3].iter().map(ToString::to_string).collect(), LAMPS));
}

#[test]
fn text_before_the_first_column_is_told_unless_it_is_a_foreword() {
    let of = |text: &str| understood(format!("甲市产业快递\n第5期\n{text}{WELLS}\n●行业动态\n乙市丝绸出口增长\n{SILK}\n").as_bytes());
    assert_eq!(of("").text_before_columns, Some(3));
    for heading in ["编者按：", "【编者按】", "编者的话\n"] {
        let issue = of(heading);
        assert_eq!((issue.text_before_columns, issue.foreword.as_str()), (None, WELLS), "{heading}");
    }
}

#[test]
fn dotted_lines_and_pages_are_a_table_of_contents() {
    for heading in ["", "本期导读\n", "导  读\n", "内容提要\n", "本期看点\n", "CONTENTS\n", "Contents\n"] {
        let body = format!(
            "{heading}行业动态\n甲县风电装备产业园建成..........1\n乙市丝绸出口增长··········2\n行业报告\n丁镇面粉改造…………3\n\
             行业动态\n甲县风电装备产业园建成\n{WELLS}\n乙市丝绸出口增长\n{SILK}\n行业报告\n丁镇面粉改造\n{MILLS}\n"
        );
        assert_eq!(outline_of(&body), (TWO_COLUMNS.map(str::to_owned).to_vec(), vec![]), "{heading}");
    }
}

#[test]
fn lines_of_one_sign_are_neither_titles_nor_text() {
    for line in ["=====", "-----", "***", "———", "* * *", "~~~~~~"] {
        let body = format!(
            "{line}\n行业动态\n{line}\n甲县风电装备产业园建成\n{WELLS}\n{line}\n乙市丝绸出口订单同比增长一成\n{SILK}\n{line}\n行业报告\n{line}\n丁镇面粉改造\n{MILLS}\n{line}\n"
        );
        let (found, unsure) = outline_of(&body);
        assert_eq!((found.len(), unsure.len()), (5, 0), "{line}: {found:?}");
    }
}

#[test]
fn each_numbered_paragraph_is_an_item() {
    for (first, second) in [("1. ", "2. "), ("1、", "2、"), ("（1）", "（2）"), ("◆", "◆")] {
        let body = format!(
            "一、行业动态\n{first}甲县：风电装备产业园建成。据了解，园区有企业九家。\n{second}乙市丝绸出口增长一成。{SILK_2}\n（来源：乙商报）\n二、行业报告\n{first}丁镇面粉企业改造完成：{MILLS}\n"
        );
        let issue = outline_of(&body).0;
        let expected = [
            "# 行业动态",
            "甲县：风电装备产业园建成 /  /  / 1",
            "乙市丝绸出口增长一成 / 乙商报 /  / 1",
            "# 行业报告",
            "丁镇面粉企业改造完成 /  /  / 1",
        ];
        assert_eq!(issue, expected, "{first}");
    }
}

/// Returns a row of a table; paragraphs are separated by `|`, bold ones begin with `*`.
fn row(cells: &[&str]) -> String {
    let line = |text: &str| match text.strip_prefix('*') {
        Some(text) => paragraph("", "<w:b/>", text),
        None => paragraph("", "", text),
    };
    let cell = |text: &&str| format!("<w:tc>{}</w:tc>", text.split('|').map(line).collect::<String>());
    format!("<w:tr>{}</w:tr>", cells.iter().map(cell).collect::<String>())
}

#[test]
fn a_table_with_columns_at_the_left_and_texts_at_the_right_is_read_row_by_row() {
    for columns in [["行业动态", "行业报告"], ["科技视点", "市场观察"]] {
        let rows = [
            row(&[columns[0], &format!("*甲县风电装备产业园建成|{WELLS}|{WELLS_2}")]),
            row(&["", &format!("*乙市丝绸出口增长|{SILK}")]),
            row(&[columns[1], &format!("*丁镇面粉改造|{MILLS}")]),
        ];
        let issue = understood(&document(&format!("{}<w:tbl>{}</w:tbl>", paragraph("", "", "2023年第5期 2023年3月10日"), rows.concat()), ""));
        let expected = [
            format!("# {}", columns[0]),
            "甲县风电装备产业园建成 /  /  / 2".to_owned(),
            "乙市丝绸出口增长 /  /  / 1".to_owned(),
            format!("# {}", columns[1]),
            "丁镇面粉改造 /  /  / 1".to_owned(),
        ];
        assert_eq!(outline(&issue), expected);
    }
}

#[test]
fn headings_within_articles_are_no_titles() {
    let (bold, plain) = (|t: &str| paragraph("", "<w:b/>", t), |t: &str| paragraph("", "", t));
    for (number, subheadings) in [
        (["", "", ""], ["一、基本情况", "二、主要做法", "三、园区服务有力度"]),
        (["1. ", "2. ", "1. "], ["基本情况", "园区服务有力度", "存在问题及建议"]),
        (["（一）", "（二）", "（一）"], ["1. 基本情况", "2. 主要做法", "3. 几点启示"]),
    ] {
        let text = |n: usize, title: &str, texts: [&str; 3]| {
            let parts: String = subheadings.iter().zip(texts).map(|(s, t)| bold(s) + &plain(t)).collect();
            bold(&format!("{}{title}", number[n])) + &parts
        };
        let body = [
            plain("2023年第5期 2023年3月10日"),
            plain("●行业动态"),
            text(0, "甲县风电装备产业园建成", [WELLS, WELLS_2, WELLS_3]),
            text(1, "乙市丝绸出口增长", [SILK, SILK_2, SILK]),
            plain("●行业报告"),
            text(2, "丁镇面粉改造", [MILLS, LAMPS, MILLS]),
        ];
        let expected = TWO_COLUMNS.map(|l| l.replace("/ 1", "/ 6"));
        assert_eq!(outline(&understood(&document(&body.concat(), ""))), expected, "{subheadings:?}");
    }
}

#[test]
fn a_number_in_another_style_is_told_and_loses_no_title_behind_it() {
    let (bold, plain) = (|t: &str| paragraph("", "<w:b/>", t), |t: &str| paragraph("", "", t));
    let body = [
        plain("●行业动态"),
        bold("1．甲县风电装备产业园建成"),
        plain(WELLS),
        plain("2．丙区植物生长灯通过验收"),
        plain(LAMPS),
        bold("3．乙市丝绸出口增长"),
        plain(SILK),
        plain("●行业报告"),
        bold("1．丁镇面粉改造"),
        plain(MILLS),
    ];
    let issue = understood(&document(&body.concat(), ""));
    assert_eq!(outline(&issue).len(), 5);
    assert_eq!(issue.unsure, [Unsure::MaybeTitle(4, "2．丙区植物生长灯通过验收".to_owned())]);
}

#[test]
fn each_suspected_title_inside_of_a_text_is_told() {
    let (_, unsure) = outline_of(&format!(
        "●行业动态\n甲县风电装备产业园建成投产\n{WELLS}\n乙市丝绸出口订单增长\n{SILK}\n丁镇面粉企业完成改造\n{MILLS}\n●行业报告\n丙区植物生长灯通过验收\n{LAMPS}\n"
    ));
    let lines: Vec<usize> = unsure.iter().filter_map(|u| if let Unsure::MaybeTitle(line, _) = u { Some(*line) } else { None }).collect();
    assert_eq!(lines, [7, 9], "{unsure:?}");
}
