//! Where the name of an industry or theme is used, in words.

use crate::config::taxonomy::edit::TopicGroup;
use crate::config::{Settings, SourceList};
use crate::store::TopicUses;

/// Names listed of each kind.
const MAX_NAMED: usize = 6;

/// Returns a sentence for each place that says the name; none if it is used nowhere.
pub(super) fn sentences(name: &str, uses: &TopicUses, settings: &Settings, sources: &SourceList) -> Vec<String> {
    let mut out = Vec::new();
    let hinted: Vec<String> = sources.sources.iter().filter(|s| s.industries.iter().any(|i| i == name)).map(|s| s.name.clone()).collect();
    out.extend(list("来源", &hinted).map(|s| format!("{s}（sources.toml 里的 industries，保存时一并改）")));
    let has_name = |names: &[String]| names.iter().any(|n| n == name);
    for p in settings.publications() {
        if has_name(&p.industries) {
            out.push(format!("刊物《{}》只收这些行业：qingbao.toml 里的 industries 要自己改", p.name));
        }
        let recipients = p.recipients.iter().chain(&p.final_recipients).filter(|r| has_name(&r.industries)).count();
        if recipients > 0 {
            out.push(format!("《{}》的 {recipients} 个收件人按它选稿：qingbao.toml 里的 industries 要自己改", p.name));
        }
    }
    out.extend(count("不再报道的规则", uses.rules, "条").map(|s| format!("{s}（之后不再起作用，请到不再报道里改）")));
    out.extend(list("关注课题", &uses.topics));
    out.extend(list("提醒", &uses.alerts));
    out.extend(list("订阅人", &uses.subscribers));
    out.extend(list("指定过行业的企业", &uses.firms));
    out.extend(count("编辑更正过的文章", uses.corrected, "篇").map(|s| format!("{s}（保留旧名）")));
    out.extend(count("各期刊物", uses.issues, "期").map(|s| format!("{s}（已经编好的不变）")));
    out
}

/// The same for a column, place or organisation; only columns have their name elsewhere.
pub(super) fn of_other(group: TopicGroup, name: &str, settings: &Settings, sources: &SourceList) -> Vec<String> {
    if group != TopicGroup::Column {
        return Vec::new();
    }
    let publications = settings.publications().filter(|p| p.columns.iter().any(|c| c.name == name));
    let mut out: Vec<String> = publications.map(|p| format!("刊物《{}》有这个栏目：设置里的名称要自己改，否则没有文章归进来", p.name)).collect();
    let hinted: Vec<String> = sources.sources.iter().filter(|s| s.column.as_deref() == Some(name)).map(|s| s.name.clone()).collect();
    out.extend(list("来源", &hinted).map(|s| format!("{s}（来源页里的栏目要自己改）")));
    out
}

fn list(kind: &str, names: &[String]) -> Option<String> {
    let named: Vec<&str> = names.iter().take(MAX_NAMED).map(String::as_str).collect();
    let more = if names.len() > MAX_NAMED { " 等" } else { "" };
    (!names.is_empty()).then(|| format!("{kind} {} 个：{}{more}", names.len(), named.join("、")))
}

fn count(kind: &str, n: u32, unit: &str) -> Option<String> {
    (n > 0).then(|| format!("{kind} {n} {unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_uses_has_no_sentence_and_long_lists_are_cut() {
        let (settings, sources) = (Settings::default(), SourceList::default());
        assert!(sentences("食品", &TopicUses::default(), &settings, &sources).is_empty());
        let topics = (1..=9).map(|n| format!("课题{n}")).collect();
        let said = sentences("食品", &TopicUses { topics, rules: 2, ..TopicUses::default() }, &settings, &sources);
        assert!(said[0].starts_with("不再报道的规则 2 条") && said[1] == "关注课题 9 个：课题1、课题2、课题3、课题4、课题5、课题6 等", "{said:?}");
    }
}
