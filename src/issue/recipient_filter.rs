//! Filters an edition for one recipient.

use crate::config::settings::Recipient;
use crate::model::Edition;

/// Returns the edition with only the subscribed columns and industries, and says so; the whole edition without a filter.
pub fn filter_for_recipient(edition: &Edition, recipient: &Recipient) -> Edition {
    let mut out = edition.clone();
    if recipient.columns.is_empty() && recipient.industries.is_empty() {
        return out;
    }
    let wanted = |names: &[String], of: &[String]| of.is_empty() || names.iter().any(|n| of.contains(n));
    for c in &mut out.columns {
        let column = recipient.columns.is_empty() || recipient.columns.contains(&c.name);
        c.items.retain(|i| column && (wanted(&i.industries, &recipient.industries) || wanted(&i.themes, &recipient.industries)));
    }
    let (all, kept) = (edition.item_count(), out.item_count());
    let topics: Vec<&str> = recipient.columns.iter().chain(&recipient.industries).map(String::as_str).collect();
    out.foreword = format!("按您订阅的{}节选 {kept} 条，全刊共 {all} 条。{}", topics.join("、"), out.foreword);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article, build_with};
    use crate::model::MailAddress;

    #[test]
    fn subscribers_receive_their_columns_and_industries_only() {
        let e = build_with(
            vec![
                article(1, "许昌发制品出口增长", "发制品", "财经数据", 2),
                article(2, "水泥企业错峰生产", "建材", "行业动态", 2),
                article(3, "发制品产业园开工", "发制品", "行业动态", 2),
            ],
            &[],
        )
        .edition;
        let mut to = Recipient::from(MailAddress::parse("a@b.cn").unwrap());
        assert_eq!(filter_for_recipient(&e, &to), e);
        to.industries = vec!["发制品".to_owned()];
        assert_eq!(filter_for_recipient(&e, &to).item_count(), 2);
        to.columns = vec!["行业动态".to_owned()];
        let mine = filter_for_recipient(&e, &to);
        assert_eq!(mine.item_count(), 1);
        assert!(mine.foreword.starts_with("按您订阅的行业动态、发制品节选 1 条，全刊共 3 条。"), "{}", mine.foreword);
    }
}
