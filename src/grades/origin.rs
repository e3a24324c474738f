//! Whose words a report repeats: a wire in the dateline, a report or announcement that it quotes, the 来源 that it prints.

use std::collections::BTreeSet;

use crate::grades::Report;
use crate::knowledge::GRADES;
use crate::text::normalize::{fold_width_and_case, is_letter};

/// Letters read of a text: an origin stands at its start or at its end.
const START: usize = 600;
const END: usize = 120;
/// Shortest name that is known again inside a longer one: 市生态环境局 in 成都市生态环境局.
const NAME: usize = 4;
/// Shortest name of a firm without its ending.
const FIRM_NAME: usize = 2;

/// Returns the names of those whose words a report repeats, itself included, each once. Two reports with one name have one source.
pub fn origins(report: &Report) -> Vec<String> {
    let letters: Vec<char> = report.text.chars().map(fold_width_and_case).collect();
    let end = letters.len().saturating_sub(END).max(START.min(letters.len()));
    let read: String = letters.iter().take(START).chain(['\n'].iter()).chain(letters.get(end..).unwrap_or_default()).collect();
    let words = &GRADES.origin;
    let mut out: BTreeSet<String> = [name(report.outlet())].into_iter().flatten().collect();
    for pattern in [&words.dateline, &words.report, &words.label, &words.announcement, &words.asked] {
        out.extend(pattern.captures_iter(&read).filter_map(|c| name(c.name("who")?.as_str())));
    }
    out.into_iter().collect()
}

/// Returns the name by which an outlet or body is known again; `None` if the words name no one.
pub(super) fn name(written: &str) -> Option<String> {
    let letters: String = written.chars().map(fold_width_and_case).filter(|c| is_letter(*c)).collect();
    let is_no_one = letters.chars().count() < 2 || GRADES.origin.own.are_in(&letters) || GRADES.outlet.anonymous.contains(&letters);
    let house = GRADES.origin.houses.iter().find(|house| house.are_in(&letters)).and_then(|house| house.iter().next());
    (!is_no_one).then(|| house.map_or(letters, str::to_owned))
}

/// Returns the name by which reports name the body that publishes one, if it is no outlet: 云鹭 of 云鹭科技公司官网.
pub(super) fn publishing_body(report: &Report) -> Option<String> {
    let words = &GRADES.outlet;
    let outlet: String = report.outlet().chars().map(fold_width_and_case).filter(|c| is_letter(*c)).collect();
    let body = words.channels.iter().find_map(|channel| outlet.strip_suffix(channel)).unwrap_or(&outlet);
    let firm = words.firms.iter().find_map(|ending| body.strip_suffix(ending));
    let long_enough = |name: &&str, least: usize| name.chars().count() >= least;
    let name = match firm {
        Some(own) => Some(own).filter(|own| long_enough(own, FIRM_NAME)),
        None => Some(body).filter(|body| words.bodies.end(body) && long_enough(body, NAME)),
    };
    name.map(str::to_owned)
}

/// Whether a report names a body.
pub(super) fn names(report: &Report, body: &str) -> bool {
    report.title.contains(body) || report.text.contains(body)
}

/// Returns the name that two lists share, if they do.
pub(super) fn shared<'a>(a: &'a [String], b: &'a [String]) -> Option<&'a str> {
    a.iter().find(|x| b.iter().any(|y| is_same(x, y))).map(String::as_str)
}

fn is_same(a: &str, b: &str) -> bool {
    let (shorter, longer) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    shorter == longer || shorter.chars().count() >= NAME && longer.ends_with(shorter)
}

/// Whether a title is that of an outlet's correction of its own report.
pub fn names_correction(title: &str) -> bool {
    GRADES.words.correction.begin(title) || GRADES.words.correction.end(title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grades::tests::report;

    fn of(publisher: &str, text: &str) -> Vec<String> {
        origins(&report(1, publisher, "云鹭科技新材料项目投产", text))
    }

    #[test]
    fn the_wire_and_the_quoted_are_read() {
        assert!(of("某市晚报", "新华社郑州11月3日电（记者 甲）云鹭科技的项目投产。").contains(&"新华社".to_owned()));
        assert!(of("某市晚报", "据新华网报道，云鹭科技的项目投产。").contains(&"新华社".to_owned()), "one house");
        assert!(of("某市晚报", "据北岸日报11月3日报道，项目投产。").contains(&"北岸日报".to_owned()));
        assert!(of("某门户", "项目投产。\n来源：北岸日报").contains(&"北岸日报".to_owned()));
        assert!(of("某市晚报", "云鹭股份11月3日晚间公告，项目投产。").contains(&"云鹭股份".to_owned()));
        assert!(of("某市晚报", "记者3日从许昌市生态环境局获悉，项目投产。").contains(&"许昌市生态环境局".to_owned()));
        assert_eq!(of("某市晚报", "本报讯（记者 甲）据介绍，项目投产，据了解共3人。"), ["某市晚报"]);
        assert!(of("网络", "项目投产。").is_empty());
    }

    #[test]
    fn a_name_is_known_inside_a_longer_one() {
        let list = |name: &str| vec![name.to_owned()];
        assert_eq!(shared(&list("许昌市生态环境局"), &list("市生态环境局")), Some("许昌市生态环境局"));
        assert_eq!(shared(&list("北岸日报"), &list("南岸日报")), None);
    }

    #[test]
    fn bodies_publish_about_themselves() {
        let of = |publisher: &str| publishing_body(&report(1, publisher, "题", "文"));
        assert_eq!((of("云鹭科技公司官网").as_deref(), of("云鹭集团").as_deref()), (Some("云鹭科技"), Some("云鹭")));
        assert_eq!((of("许昌市生态环境局").as_deref(), of("北岸日报"), of("许昌发布"), of("公司官网")), (Some("许昌市生态环境局"), None, None, None));
        assert!(names(&report(1, "北岸日报", "云鹭科技新材料项目投产", "文"), "云鹭科技"));
    }

    #[test]
    fn corrections_have_titles() {
        assert!(names_correction("更正：云鹭科技的投资额") && names_correction("关于一篇报道的致歉声明"));
        assert!(!names_correction("市政府印发更正登记办法解读"));
    }
}
