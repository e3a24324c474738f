//! The fields of a topic's form, and the topic that they make.

use chrono::NaiveDate;

use crate::model::{Topic, TopicDraft, TopicKind, TopicRequest};
use crate::text::normalize::collapse_whitespace;
use crate::web::filter_values::{FilterValues, MAX_NAME, Mistakes, addresses, names, without_noise};
use crate::web::form::Fields;

/// Limits, in characters and in number.
const MAX_TITLE: usize = 60;
const MAX_QUESTION: usize = 1_000;

/// What a form is checked against.
pub(super) struct Known<'a> {
    /// Accounts that may own a topic.
    pub(super) owners: &'a [String],
    /// Names of the taxonomy's places, beside those of China.
    pub(super) places: &'a [String],
    /// The stored topic, if it is one.
    pub(super) stored: Option<&'a TopicDraft>,
    pub(super) may_change_owner: bool,
    pub(super) today: NaiveDate,
}

/// The fields as the form shows them.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) title: String,
    pub(super) question: String,
    pub(super) kind: String,
    pub(super) filter: FilterValues,
    pub(super) owner: String,
    pub(super) recipients: String,
    pub(super) due: String,
    pub(super) is_request: bool,
    pub(super) asked_by: String,
    pub(super) asked_on: String,
    /// The version of the topic that the editor saw.
    pub(super) version: String,
}

impl Values {
    pub(super) fn of_form(f: &Fields, known: &[String]) -> Self {
        let text = |name: &str| without_noise(f.text(name));
        Self {
            title: collapse_whitespace(f.text("title")),
            question: text("question"),
            kind: text("kind"),
            filter: FilterValues::of_form(f, known),
            owner: text("owner"),
            recipients: text("recipients"),
            due: text("due"),
            is_request: f.get("asked_by").is_some(),
            asked_by: collapse_whitespace(f.text("asked_by")),
            asked_on: text("asked_on"),
            version: text("version"),
        }
    }

    pub(super) fn of_topic(t: Topic) -> Self {
        let (version, d) = (t.draft.version(), t.draft);
        let recipients: Vec<String> = d.recipients.iter().map(ToString::to_string).collect();
        Self {
            title: d.title,
            question: d.question,
            kind: d.kind.as_str().to_owned(),
            filter: FilterValues::of_filter(&d.filter),
            owner: d.owner,
            recipients: recipients.join("\n"),
            due: d.due.map(|d| d.to_string()).unwrap_or_default(),
            is_request: d.request.is_some(),
            asked_on: d.request.as_ref().map(|r| r.on.to_string()).unwrap_or_default(),
            asked_by: d.request.map(|r| r.by).unwrap_or_default(),
            version,
        }
    }

    /// Returns the topic, or every mistake.
    pub(super) fn check(&self, known: &Known<'_>) -> Result<TopicDraft, Vec<String>> {
        let mut wrong = Mistakes::default();
        let length = self.title.chars().count();
        wrong.add(!(1..=MAX_TITLE).contains(&length), || format!("课题名要写 1 到 {MAX_TITLE} 个字，现在有 {length} 个"));
        wrong.too_long("问题", &self.question, MAX_QUESTION);
        let kind = TopicKind::parse(&self.kind);
        wrong.add(kind.is_none(), || "请选类别".to_owned());
        let filter = self.filter.check(known.places, known.stored.map(|d| &d.filter), &mut wrong);
        wrong.add(!known.owners.contains(&self.owner), || "请选负责人".to_owned());
        let is_new_owner = known.stored.is_some_and(|d| d.owner != self.owner);
        wrong.add(is_new_owner && !known.may_change_owner, || "只有负责人和管理员可以换负责人".to_owned());
        let recipients = addresses(&self.recipients, &mut wrong);
        let due = wrong.day(&self.due, "期限");
        let request = self.request(known.today, &mut wrong);
        match kind {
            Some(kind) if wrong.0.is_empty() => Ok(TopicDraft {
                title: self.title.clone(),
                question: self.question.clone(),
                kind,
                filter,
                owner: self.owner.clone(),
                recipients,
                due,
                request,
            }),
            _ => Err(wrong.0),
        }
    }

    fn request(&self, today: NaiveDate, wrong: &mut Mistakes) -> Option<TopicRequest> {
        let on = wrong.day(&self.asked_on, "约稿日期");
        wrong.add(on.is_some_and(|on| on > today), || "约稿日期不能晚于今天".to_owned());
        wrong.too_long("约稿人", &self.asked_by, MAX_NAME);
        wrong.add(self.is_request && self.asked_by.is_empty(), || "请写约稿人".to_owned());
        wrong.add(self.is_request && self.asked_on.is_empty(), || "请写约稿日期".to_owned());
        on.filter(|_| self.is_request).map(|on| TopicRequest { by: self.asked_by.clone(), on })
    }

    /// Returns the fields that differ from those of the stored topic: label, stored value, value of the form.
    pub(super) fn differences(&self, stored: &Self) -> Vec<(&'static str, String, String)> {
        let kind = |v: &Self| TopicKind::parse(&v.kind).map_or(String::new(), |k| k.chinese().to_owned());
        let fields = |v: &Self| {
            [
                ("课题名", v.title.clone()),
                ("问题", v.question.clone()),
                ("类别", kind(v)),
                ("约稿人", v.asked_by.clone()),
                ("约稿日期", v.asked_on.clone()),
                ("要找的词", v.filter.expression.clone()),
                ("行业", v.filter.industries.join("、")),
                ("地域", names(&v.filter.places).join("、")),
                ("机构", names(&v.filter.organisations).join("、")),
                ("负责人", v.owner.clone()),
                ("期限", v.due.clone()),
                ("收件人", v.recipients.clone()),
            ]
        };
        let pairs = fields(stored).into_iter().zip(fields(self));
        pairs.filter(|(stored, sent)| stored.1 != sent.1).map(|((label, stored), (_, sent))| (label, stored, sent)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TopicFilter;

    fn values(fields: &str) -> Values {
        let all = format!("title=固态电池&kind=warning&expression=固态电池&owner=甲&{fields}");
        Values::of_form(&Fields::parse(all.as_bytes()), &["食品".to_owned()])
    }

    fn checked(values: &Values, stored: Option<&TopicDraft>, may_change_owner: bool) -> Result<TopicDraft, Vec<String>> {
        let (owners, places) = (["甲".to_owned(), "丙".to_owned()], ["示范新城".to_owned()]);
        let today = "2026-11-30".parse().unwrap();
        values.check(&Known { owners: &owners, places: &places, stored, may_change_owner, today })
    }

    #[test]
    fn a_form_becomes_a_topic_or_a_list_of_mistakes() {
        let sent = "industry-0=食品&places=许昌、长葛，许昌&recipients=a@b.cn%0A处长 <c@d.cn>&due=2026-12-01&asked_by=王处&asked_on=2026-11-20";
        let draft = checked(&values(sent), None, false).unwrap();
        assert_eq!((draft.filter.places.len(), draft.filter.industries.len(), draft.recipients.len()), (2, 1, 2));
        assert_eq!(draft.request.map(|r| (r.by, r.on.to_string())), Some(("王处".to_owned(), "2026-11-20".to_owned())));
        for (sent, why) in [
            ("title=", "课题名要写"),
            ("kind=x", "请选类别"),
            ("expression=(许昌", "第 1 个字处：这个括号"),
            ("expression=-招聘", "还要写至少一个要找的词"),
            ("owner=乙", "请选负责人"),
            ("recipients=abc", "“abc”不是邮箱"),
            ("due=明天", "期限要写成"),
            ("asked_by=&asked_on=2026-11-20", "请写约稿人"),
            ("asked_by=王处&asked_on=2026-12-01", "约稿日期不能晚于今天"),
            ("due=0001-01-01", "期限要在 2000 年到 2100 年之间"),
            ("places=许昌、火星", "地域里的“火星”不是认识的地名"),
        ] {
            let wrong = checked(&values(sent), None, false).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains(why), "{sent}: {wrong:?}");
        }
    }
    #[test]
    fn places_are_known_with_or_without_their_ending() {
        let draft = checked(&values("places=许昌，河南省、恩施、示范新城"), None, false).unwrap();
        assert_eq!(draft.filter.places, ["许昌", "河南省", "恩施", "示范新城"]);
        // a place that the taxonomy had once may stay
        let stored = TopicDraft { filter: TopicFilter { places: vec!["旧城".into()], ..draft.filter.clone() }, ..draft };
        assert!(checked(&values("places=旧城"), Some(&stored), false).is_ok());
    }

    #[test]
    fn lines_end_alike_and_titles_have_one_line() {
        let sent = format!("title=固态%0D%0A电池%E2%80%AE&question={}%0D%0A{}", "问".repeat(500), "问".repeat(499));
        let draft = checked(&values(&sent), None, false).unwrap();
        assert_eq!((draft.title.as_str(), draft.question.chars().count()), ("固态 电池", 1_000));
        let wrong = checked(&values(&format!("{sent}问")), None, false).unwrap_err();
        assert_eq!(wrong, ["问题最多 1000 个字，现在有 1001 个"]);
    }

    #[test]
    fn the_owner_is_changed_by_those_who_may_delete() {
        let stored = checked(&values(""), None, false).unwrap();
        let changed = values("owner=丙");
        assert_eq!(checked(&changed, Some(&stored), false).unwrap_err(), ["只有负责人和管理员可以换负责人"]);
        assert_eq!(checked(&changed, Some(&stored), true).unwrap().owner, "丙");
        assert_eq!(changed.differences(&values("")), [("负责人", "甲".to_owned(), "丙".to_owned())]);
    }
}
