//! Filters an edition for one recipient.

use std::collections::HashMap;

use crate::config::settings::Recipient;
use crate::model::{ArticleId, Edition, Item};

/// What items are about, beyond what an edition stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemSubjects {
    /// Titles of topics (关注课题).
    pub topics: HashMap<ArticleId, Vec<String>>,
    /// Organisations, by all their names.
    pub organisations: HashMap<ArticleId, Vec<String>>,
}

/// Returns the edition with only what the recipient wants, and says so; the whole edition without a selection. An item is kept if it
/// fits the columns and industries, as far as they are given, or one of the topics, or one of the organisations.
pub fn filter_for_recipient(edition: &Edition, recipient: &Recipient, subjects: &ItemSubjects) -> Edition {
    let mut out = edition.clone();
    let r = recipient;
    let chosen: Vec<&str> = [&r.columns, &r.industries, &r.topics, &r.organisations].into_iter().flatten().map(String::as_str).collect();
    if chosen.is_empty() {
        return out;
    }
    for c in &mut out.columns {
        c.items.retain(|i| {
            fits_labels(&c.name, i, r) || has_any(&subjects.topics, i, &r.topics) || has_any(&subjects.organisations, i, &r.organisations)
        });
    }
    let (all, kept) = (edition.item_count(), out.item_count());
    out.foreword = format!("按您订阅的{}节选 {kept} 条，全刊共 {all} 条。{}", chosen.join("、"), out.foreword);
    out
}

/// Whether an item fits the columns and industries; no item does if neither is given.
fn fits_labels(column: &str, item: &Item, r: &Recipient) -> bool {
    let is_given = !(r.columns.is_empty() && r.industries.is_empty());
    let in_column = r.columns.is_empty() || r.columns.iter().any(|c| c == column);
    let in_industry = r.industries.is_empty() || item.industries.iter().chain(&item.themes).any(|n| r.industries.contains(n));
    is_given && in_column && in_industry
}

fn has_any(of: &HashMap<ArticleId, Vec<String>>, item: &Item, wanted: &[String]) -> bool {
    !wanted.is_empty() && of.get(&item.article).is_some_and(|names| names.iter().any(|n| wanted.contains(n)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article, build_with};
    use crate::model::MailAddress;

    #[test]
    fn subscribers_receive_what_any_of_their_selections_fits() {
        let e = build_with(
            vec![
                article(1, "许昌发制品出口增长", "发制品", "财经数据", 2),
                article(2, "水泥企业错峰生产", "建材", "行业动态", 2),
                article(3, "发制品产业园开工", "发制品", "行业动态", 2),
            ],
            &[],
        )
        .edition;
        let names = |id: i64, name: &str| HashMap::from([(ArticleId(id), vec![name.to_owned()])]);
        let subjects = ItemSubjects { topics: names(2, "错峰生产"), organisations: names(1, "云鹭控股") };
        let mut to = Recipient::from(MailAddress::parse("a@b.cn").unwrap());
        let count = |to: &Recipient| filter_for_recipient(&e, to, &subjects).item_count();
        assert_eq!(filter_for_recipient(&e, &to, &subjects), e);
        to.industries = vec!["发制品".to_owned()];
        assert_eq!(count(&to), 2);
        to.columns = vec!["行业动态".to_owned()];
        let mine = filter_for_recipient(&e, &to, &subjects);
        assert_eq!(mine.item_count(), 1, "columns and industries");
        assert!(mine.foreword.starts_with("按您订阅的行业动态、发制品节选 1 条，全刊共 3 条。"), "{}", mine.foreword);
        to.topics = vec!["错峰生产".to_owned()];
        assert_eq!(count(&to), 2, "or a topic");
        to.organisations = vec!["云鹭控股".to_owned(), "别的".to_owned()];
        assert_eq!(count(&to), 3, "or an organisation");
        (to.columns, to.industries, to.topics) = (Vec::new(), Vec::new(), Vec::new());
        assert_eq!(count(&to), 1, "an organisation alone");
        to.organisations = vec!["别的".to_owned()];
        assert_eq!(count(&to), 0);
    }
}
