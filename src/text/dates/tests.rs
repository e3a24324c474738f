//! The spellings, each with the moment it means.

use crate::text::dates::*;

pub(super) fn clock() -> Clock {
    Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap())
}

fn read(text: &str) -> String {
    parse(text, &clock()).map_or_else(|| "-".to_owned(), |f| f.at.to_rfc3339())
}

#[test]
fn every_spelling_is_read_in_the_sources_zone() {
    let table = [
        ("2026-11-24 08:00", "2026-11-24T08:00:00+08:00"),
        ("2026-11-24T08:00:00Z", "2026-11-24T08:00:00+00:00"),
        ("2026-11-24T08:00:00.123+08:00", "2026-11-24T08:00:00+08:00"),
        ("2026/11/24", "2026-11-24T00:00:00+08:00"),
        ("2026.11.4", "2026-11-04T00:00:00+08:00"),
        ("2026年11月24日 08:00", "2026-11-24T08:00:00+08:00"),
        ("2026年11月24日08时05分", "2026-11-24T08:05:00+08:00"),
        ("２０２６年１１月２４日 ０８：００", "2026-11-24T08:00:00+08:00"),
        ("2026-11-23 下午3:20", "2026-11-23T15:20:00+08:00"),
        ("发布时间：18-03-08", "2018-03-08T00:00:00+08:00"),
        ("[11-24]", "2026-11-24T00:00:00+08:00"),
        ("12-31", "2025-12-31T00:00:00+08:00"),
        ("11月23日 21:05", "2026-11-23T21:05:00+08:00"),
        ("昨天 08:00", "2026-11-23T08:00:00+08:00"),
        ("3小时前", "2026-11-24T09:00:00+08:00"),
        ("2天前", "2026-11-22T00:00:00+08:00"),
        ("20261124", "2026-11-24T00:00:00+08:00"),
        ("20261124080000", "2026-11-24T08:00:00+08:00"),
        ("1795478400", "2026-11-24T08:00:00+08:00"),
        ("1795478400000", "2026-11-24T08:00:00+08:00"),
        ("Tue, 24 Nov 2026 00:00:00 GMT", "2026-11-24T00:00:00+00:00"),
        ("Tue, 24 Nov 2026 08:00:00 +0800", "2026-11-24T08:00:00+08:00"),
        ("Mon, 24 Nov 26 08:00 CST", "2026-11-24T08:00:00+08:00"),
        ("Nov 24, 2026 8:00 AM", "2026-11-24T08:00:00+08:00"),
        ("Tue Nov 24 2026 08:00:00 GMT+0800 (中国标准时间)", "2026-11-24T08:00:00+08:00"),
        ("2026-11-23 24:00", "2026-11-24T00:00:00+08:00"),
        ("2026 11/24 08:00:12", "2026-11-24T08:00:12+08:00"),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn impossible_dates_are_refused() {
    for text in ["", "2026-02-30", "0000-00-00", "1970-01-01", "9999-12-31", "2026-12-24", "0", "abc", "13-45"] {
        assert_eq!(read(text), "-", "{text}");
    }
}

#[test]
fn a_placeholder_is_no_date_of_another_year() {
    let table = [
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "0001-01-01T00:00:00",
        "0001-01-01 00:00:00",
        "1/1/0001 12:00:00 AM",
        "01-01-0001",
        "January 1, 0001",
        "0001年1月1日",
        "1900-01-01",
        "1901-01-02 00:00",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "3001/01/02",
    ];
    for text in table {
        assert_eq!(read(text), "-", "{text}");
    }
    assert_eq!(find_dates("01 Jan 0001 00:00:00", &clock()), []);
    assert_eq!(read("2026-11-23 08:00:00 -0500"), "2026-11-23T08:00:00-05:00");
}

#[test]
fn dates_of_changes_and_of_today_are_not_told() {
    let days = |text: &str| find_publication_dates(text, &clock()).iter().map(|f| f.at.date_naive().to_string()).collect::<Vec<_>>();
    assert_eq!(days("更新时间：2026-11-22 10:00　发布时间：２０２６-11-20 09:00"), ["2026-11-20"]);
    assert_eq!(days("发布时间：2026-11-20 09:00 更新时间：2026-11-22"), ["2026-11-20"]);
    assert_eq!(days("今天是：2026年11月24日 星期二"), [""; 0]);
    assert_eq!(days("来源：今日头条 2026-11-20 09:00"), ["2026-11-20"]);
    assert_eq!(days("大规模设备更新政策实施一年 2026-11-20 09:00"), ["2026-11-20"]);
    assert_eq!(days("Published Nov 20, 2026 | Updated: Nov 22, 2026"), ["2026-11-20"]);
}

#[test]
fn running_text_yields_full_dates_only() {
    let found = find_dates("许昌网 2024年1月28日10:32 来源：许昌日报 1月2日", &clock());
    assert_eq!(found.len(), 1);
    assert!(found[0].has_time);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        let _ = parse(&text, &clock());
        let _ = find_dates(&text, &clock());
        let _ = in_url(&text, &clock());
        let _ = in_code(&text, &clock());
    }

    #[test]
    fn digits_and_separators_make_no_panic(text in "[0-9年月日:/ .TZ+-]{0,40}") {
        let _ = parse(&text, &clock());
        let _ = find_dates(&text, &clock());
    }
}

#[test]
fn every_spelling_of_one_moment_is_read() {
    let spellings = [
        "2026-11-24 08:00:00",
        "2026/11/24 08:00",
        "2026.11.24 08:00",
        "2026年11月24日 08:00",
        "2026年11月24日08时00分",
        "2026年11月24日 星期二 08:00",
        "2026-11-24（周二）08:00",
        "２０２６年１１月２４日 ０８：００",
        "2026-11-24 上午8:00",
        "2026-11-24T00:00:00Z",
        "2026-11-24T08:00:00.000+0800",
        "Tue, 24 Nov 2026 08:00:00 +0800",
        "Tue, 24 Nov 2026 08:00:00 CST",
        "Tue Nov 24 2026 08:00:00 GMT+0800 (中国标准时间)",
        "周二, 24 十一月 2026 08:00:00 +0800",
        "11/24/2026 08:00:00",
        "Nov 24, 2026 8:00 AM",
        "20261124080000",
        "1795478400",
        "1795478400000",
    ];
    for text in spellings {
        assert_eq!(parse(text, &clock()).map(|d| d.at.to_utc().to_rfc3339()).as_deref(), Some("2026-11-24T00:00:00+00:00"), "{text}");
    }
}
