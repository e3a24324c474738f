//! Dates outside running text: split into elements, in Chinese numerals, in code, in an address.

use chrono::{Days, NaiveDate};

use crate::knowledge::{DATES, Pattern};
use crate::text::dates::{Clock, DateMatch, calendar, fold_width_and_case, midnight, parse};

/// Longest piece of a split date, in bytes, and the most pieces.
const PIECE: usize = 16;
const MOST_PIECES: usize = 3;
/// Longest name before `:` or `=`, longest value behind it, and most blanks and quotes before the value, in bytes.
const LONGEST_NAME: usize = 24;
const LONGEST_VALUE: usize = 60;
const MOST_BLANKS: usize = 6;
/// Most dates in code.
const MOST_IN_CODE: usize = 20;

/// Returns the first date split over several lines: `24` above `2026-11`, `Nov` `24` `2026`.
pub fn in_pieces(lines: &[String], clock: &Clock) -> Option<NaiveDate> {
    joined(lines, clock, &DATES.pieces)
}

/// Returns the split date of a list row, which may omit the year: `24` above `11月`.
pub fn in_pieces_of_row(lines: &[String], clock: &Clock) -> Option<NaiveDate> {
    in_pieces(lines, clock).or_else(|| joined(lines, clock, &DATES.pieces_of_this_year))
}

fn joined(lines: &[String], clock: &Clock, spellings: &[Pattern]) -> Option<NaiveDate> {
    let date = |text: &str| spellings.iter().find_map(|p| calendar(&p.captures(text)?, clock)).filter(|f| clock.believable(f.at));
    (0..lines.len()).find_map(|from| {
        let pieces = lines.iter().skip(from).take(MOST_PIECES).take_while(|l| l.len() <= PIECE);
        let joined = pieces.scan(String::new(), |text, piece| {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.extend(piece.chars().map(fold_width_and_case));
            Some(text.clone())
        });
        joined.filter_map(|text| date(&text)).last().map(|f| f.at.date_naive())
    })
}

/// Returns the last day in Chinese numerals, the usual signature of notices: `二〇二六年十一月二十日`.
pub fn in_numerals(lines: &[String], clock: &Clock) -> Option<NaiveDate> {
    let digit =
        |c: char| "〇一二三四五六七八九".chars().position(|d| d == c).or("○零０".contains(c).then_some(0)).and_then(|d| u32::try_from(d).ok());
    // 十一, 二十, 二十三, 三十一: tens before 十, ones behind it
    let small = |text: &str| match text.split_once('十') {
        Some((tens, ones)) => Some(tens.chars().next().map_or(Some(1), digit)? * 10 + ones.chars().next().map_or(Some(0), digit)?),
        None => text.chars().next().and_then(digit),
    };
    let day = |line: &String| {
        let c = DATES.numerals.captures(line)?;
        let part = |name: &str| c.name(name).map_or("", |m| m.as_str());
        let year = part("y").chars().map(digit).try_fold(0, |y, d| Some(y * 10 + d?))?;
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, small(part("m"))?, small(part("d"))?)?;
        midnight(date, clock).is_some_and(|at| clock.believable(at)).then_some(date)
    };
    lines.iter().rev().filter(|l| l.chars().count() <= 40).find_map(day)
}

/// Returns the dates in a page's code under names that publishing systems use.
pub fn all_in_code(page: &str, clock: &Clock) -> Vec<DateMatch> {
    let bytes = page.as_bytes();
    // a date or Unix time follows `:` or `=`, so run the pattern only there
    let assigned = memchr::memchr2_iter(b':', b'=', bytes).filter(|at| {
        let value = bytes.iter().skip(at + 1).take(MOST_BLANKS).find(|b| !matches!(b, b' ' | b'"' | b'\''));
        value.is_some_and(|b| matches!(b, b'1' | b'2'))
    });
    let captures = assigned.filter_map(|at| {
        let (from, to) = (page.floor_char_boundary(at.saturating_sub(LONGEST_NAME)), page.ceil_char_boundary((at + LONGEST_VALUE).min(page.len())));
        DATES.code.captures_iter(page.get(from..to)?).find(|c| c.get(0).is_some_and(|m| m.range().contains(&(at - from))))
    });
    captures.take(MOST_IN_CODE).filter_map(|c| parse(c.name("date")?.as_str(), clock)).collect()
}

/// Returns year and month in an address: `/2024/01/`, `/202401/`, `/2024-01/`.
pub fn month_in_url(path: &str) -> Option<(i32, u32)> {
    let c = DATES.month_in_address.captures(path)?;
    Some((c.get(1)?.as_str().parse().ok()?, c.get(2)?.as_str().parse().ok()?))
}

/// Returns the day in an address: `/2024/01/28/`, `/202401/28/`, `/2024-01/28/`, `t20240128_`, `/20240128/`.
pub fn in_url(path: &str, clock: &Clock) -> Option<NaiveDate> {
    let c = DATES.day_in_address.captures(path)?;
    let n = |i: usize| c.get(i).and_then(|m| m.as_str().parse::<u32>().ok());
    let date = NaiveDate::from_ymd_opt(i32::try_from(n(1)?).ok()?, n(2)?, n(3)?)?;
    (date <= clock.now.with_timezone(&clock.zone).date_naive().checked_add_days(Days::new(1))?).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::dates::tests::clock;

    #[test]
    fn dates_in_pieces_are_put_together() {
        let day = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
            in_pieces(&lines, &clock()).map(|d| d.to_string())
        };
        for lines in [
            &["20", "2026-11"][..],
            &["202026-11"],
            &["20 2026/11"],
            &["新闻中心", "20", "2026.11", "详情"],
            &["2026年11月", "20日"],
            &["11-20", "2026"],
            &["11/202026"],
            &["20Nov 2026"],
            &["20", "Nov", "2026"],
            &["Nov", "20", "2026"],
        ] {
            assert_eq!(day(lines).as_deref(), Some("2026-11-20"), "{lines:?}");
        }
        for lines in [&["20", "2026-13"][..], &["2026"], &["20", "11"], &["30", "2026-11"], &["第20期", "2026-11"]] {
            assert_eq!(day(lines), None, "{lines:?}");
        }
    }

    #[test]
    fn rows_leave_out_the_year() {
        let day = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
            in_pieces_of_row(&lines, &clock()).map(|d| d.to_string())
        };
        for lines in [&["20", "11月"][..], &["11月", "20日"], &["20", "Nov"], &["Nov", "20"], &["20", "11月", "2026"]] {
            assert_eq!(day(lines).as_deref(), Some("2026-11-20"), "{lines:?}");
        }
        assert_eq!(day(&["25", "12月"]).as_deref(), Some("2025-12-25"));
        assert_eq!((day(&["20", "11"]), day(&["40", "11月"])), (None, None));
    }

    #[test]
    fn code_names_its_dates() {
        for page in [
            r#"<script>var ct = "1795478400";</script>"#,
            "x.createTime = '2026-11-24 08:00';",
            r#"{"title":"2026-01-01","publishTime":1795478400000,"a":1}"#,
            r#"{"pubTime":"2026-11-24 08:00"}"#,
            r#"{"updateTime":"2026-11-24 11:00","publish_time": "2026/11/24 08:00:00"}"#,
        ] {
            assert_eq!(all_in_code(page, &clock()).last().map(|d| d.at.to_rfc3339()).as_deref(), Some("2026-11-24T08:00:00+08:00"), "{page}");
        }
        for page in ["select = '2026-11-24'", "product=1795478400", r#"{"publishTime":null}"#] {
            assert_eq!(all_in_code(page, &clock()), [], "{page}");
        }
    }

    #[test]
    fn notices_are_signed_in_numerals() {
        let day = |text: &str| in_numerals(&[text.to_owned()], &clock()).map(|d| d.to_string());
        for (text, expected) in [
            ("二〇二六年十一月二十日", Some("2026-11-20")),
            ("二○二六年十月三十一日", Some("2026-10-31")),
            ("许昌市人民政府 二零二六年三月五日", Some("2026-03-05")),
            ("二〇二六年十一月二十三日印发", Some("2026-11-23")),
            ("二〇二六年十三月二十日", None),
            ("二〇二九年一月一日", None),
        ] {
            assert_eq!(day(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn addresses_carry_days() {
        let day = |p: &str| in_url(p, &clock()).map(|d| d.to_string());
        for p in
            ["/a/2024/01/28/c1.html", "/t20240128_55.html", "/202401/28/c9.html", "/20240128/uuid.html", "/2024-01/28/content_3.htm", "/2024-01-28/x"]
        {
            assert_eq!(day(p).as_deref(), Some("2024-01-28"), "{p}");
        }
        assert_eq!(day("/a/123456789.html"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_lines_make_it_panic(lines in proptest::collection::vec("[0-9/. 年月日]{0,10}|[一二三十〇年月日]{0,12}|\\PC{0,20}", 0..5)) {
            let _ = in_pieces(&lines, &clock());
            let _ = in_numerals(&lines, &clock());
        }
    }
}
