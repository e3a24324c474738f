//! 更正 and 撤回通知 as plain-text mails.

use crate::issue::notice::{Notice, NoticeText};
use crate::model::{ArticleId, Edition};
use crate::render::chinese_date;
use crate::text::normalize::collapse_whitespace;

/// Returns 【更正】竞争情报快递 2026年第3期(总第3期).
pub fn notice_subject(notice: &Notice, e: &Edition) -> String {
    format!("【{}】{} {}", notice.text.chinese(), e.publication, e.issue_label())
}

/// Returns the mail's text.
pub fn notice_letter(notice: &Notice, e: &Edition) -> String {
    let issue = format!("《{}》{}（{}）", e.publication, e.issue_label(), chinese_date(e.date));
    let said = match &notice.text {
        NoticeText::Correction { article, wrong, right } => {
            let item = article.and_then(|id| numbered_title(e, id)).unwrap_or_default();
            format!("{issue}{item}有误，更正如下：\n\n原文：{}\n应为：{}\n\n特此更正，谨致歉意。", wrong.trim(), right.trim())
        }
        NoticeText::Withdrawal { reason } => {
            let reason = collapse_whitespace(reason);
            let why = if reason.is_empty() { String::new() } else { format!("（原因：{reason}）") };
            format!("{issue}现予撤回{why}，请勿使用或转发。修改后另行发送。")
        }
    };
    format!("{}\n\n{said}\n\n{}\n{}\n", notice.label(), e.organiser, chinese_date(notice.date))
}

/// Returns 第2条《甲县粮油加工》.
fn numbered_title(e: &Edition, article: ArticleId) -> Option<String> {
    let (at, item) = e.items().enumerate().find(|(_, i)| i.article == article)?;
    Some(format!("第{}条《{}》", at + 1, item.title))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::issue::tests::{article, build_with};

    #[test]
    fn a_notice_names_its_number_the_issue_and_the_item() {
        let mut e = build_with(vec![article(1, "甲县粮油加工", "食品", "行业动态", 1)], &[]).edition;
        (e.year, e.number_in_year, e.cumulative_number) = (2026, 3, 8);
        let text = NoticeText::Correction { article: Some(ArticleId(1)), wrong: "增长20%".to_owned(), right: "增长2%".to_owned() };
        let notice = Notice { number: 2, date: NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(), text };
        insta::assert_snapshot!(format!("{}\n{}", notice_subject(&notice, &e), notice_letter(&notice, &e)), @r"
        【更正】许昌竞争情报快递 2026年第3期(总第8期)
        更正〔2026〕2号

        《许昌竞争情报快递》2026年第3期(总第8期)（2026年11月24日）第1条《甲县粮油加工》有误，更正如下：

        原文：增长20%
        应为：增长2%

        特此更正，谨致歉意。

        许昌市科学技术情报研究所
        2026年11月30日
        ");
    }
}
