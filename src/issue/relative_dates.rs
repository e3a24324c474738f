//! 今天, 昨日, 近日: relative days, which mean nothing on another day. A summary replaces them by the date, or drops them.

use chrono::{Datelike as _, NaiveDate, TimeDelta};
use regex::Captures;

use crate::knowledge::SENTENCES;
use crate::text::normalize::is_letter;

/// Returns the sentence without relative days; names those that the publication date determines.
pub(super) fn without_relative_days(sentence: &str, published: Option<NaiveDate>) -> String {
    SENTENCES
        .relative_day
        .replace_all(sentence, |found: &Captures<'_>| {
            let whole = found.get(0).map_or("", |m| m.as_str());
            let (Some(word), false) = (found.name("word"), found.name("no").is_some()) else { return whole.to_owned() };
            let rest = |name: &str| found.name(name).map_or("", |m| m.as_str());
            let day =
                published.zip(SENTENCES.days.get(word.as_str()).copied()).and_then(|(date, days)| date.checked_add_signed(TimeDelta::days(days)));
            match day.map(|d| format!("{}月{}日", d.month(), d.day())) {
                // 11月24日（今天）: the date is already there
                Some(day) if !sentence.contains(&day) => format!("{day}{}{}", rest("part"), rest("comma")),
                // a comma after a word in the middle separates parts of the sentence
                _ if sentence.get(..word.start()).is_some_and(|before| before.ends_with(is_letter)) => rest("comma").to_owned(),
                _ => String::new(),
            }
        })
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_by_the_articles_date_or_left_out() {
        let date = NaiveDate::from_ymd_opt(2026, 12, 1);
        for (sentence, dated, undated) in [
            ("昨日，示例公司公告停产。", "11月30日，示例公司公告停产。", "示例公司公告停产。"),
            ("示例公司今天上午投产。", "示例公司12月1日上午投产。", "示例公司投产。"),
            ("近日，示例市出台措施。", "示例市出台措施。", "示例市出台措施。"),
            ("示例市日前出台措施。", "示例市出台措施。", "示例市出台措施。"),
            ("公司公布，近日，公司收到通知。", "公司公布，公司收到通知。", "公司公布，公司收到通知。"),
            ("昨天（30日）公司投产。", "11月30日公司投产。", "公司投产。"),
            ("他说：“今天订单多。”", "他说：“今天订单多。”", "他说：“今天订单多。”"),
            ("材料于1月25日前报送，节日前公布。", "材料于1月25日前报送，节日前公布。", "材料于1月25日前报送，节日前公布。"),
            ("今天的许昌更强。", "今天的许昌更强。", "今天的许昌更强。"),
            ("12月1日，示例公司今日投产。", "12月1日，示例公司投产。", "12月1日，示例公司投产。"),
        ] {
            assert_eq!(without_relative_days(sentence, date), dated);
            assert_eq!(without_relative_days(sentence, None), undated);
        }
    }
}
