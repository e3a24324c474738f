//! Why an article is no candidate of an issue.

use crate::issue::archive::Archive;
use crate::issue::assessment::Assessment;
use crate::issue::eligibility::NotChosen;
use crate::issue::screen::Verdict;
use crate::issue::{IssueInput, matches_publication};
use crate::model::{Headline, StoryId};

/// Returns why an article is not chosen automatically for an issue; `None` if it may be. The archive is only asked for a text or grade that
/// counts.
///
/// # Errors
/// If the archive cannot be read.
pub fn why_not<A: Archive>(h: &Headline, input: &IssueInput<'_>, archive: &A) -> Result<Option<NotChosen>, A::Error> {
    let Some(classification) = &h.classification else { return Ok(Some(NotChosen::Unclassified)) };
    if !matches_publication(h, input.publication) {
        return Ok(Some(NotChosen::OtherPublication));
    }
    if input.published.contains(&h.story.unwrap_or(StoryId(h.id.0))) {
        return Ok(Some(NotChosen::Printed));
    }
    // what an editor decided says more than what the model thinks
    if let Verdict::Excluded(why) = input.screen.judge(h, |id| archive.text(id))? {
        return Ok(Some(NotChosen::Excluded(why)));
    }
    let assessed = Assessment::new(h, classification, input);
    if assessed.unfit.is_some() {
        return Ok(assessed.unfit);
    }
    let Some(column) = assessed.column(input).filter(|c| !c.floor.is_open()) else { return Ok(None) };
    let mark = archive.grade(h.id, input.now)?;
    let is_accepted = column.floor.accepts(mark);
    Ok((!is_accepted).then(|| NotChosen::BelowFloor { column: column.name.clone(), floor: column.floor, mark }))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, Utc};

    use super::*;
    use crate::config::settings::{Publication, SummariseSettings};
    use crate::exclusions::RuleSet;
    use crate::issue::change::DropReason;
    use crate::issue::tests::{article, input, now};
    use crate::issue::{DroppedStory, Exclusion, Screen};
    use crate::model::{ArticleId, GradeFloor, GradeMark, Reliability};

    /// An archive whose articles all have one grade.
    struct Graded(Option<GradeMark>);

    impl Archive for Graded {
        type Error = ();

        fn each(&self, _: &mut dyn FnMut(&Headline)) -> Result<(), ()> {
            Ok(())
        }

        fn headline(&self, _: ArticleId) -> Result<Headline, ()> {
            Err(())
        }

        fn text(&self, _: ArticleId) -> Result<String, ()> {
            Ok(String::new())
        }

        fn grade(&self, _: ArticleId, _: DateTime<Utc>) -> Result<Option<GradeMark>, ()> {
            Ok(self.0)
        }
    }

    #[test]
    fn each_reason_is_told() {
        let (publication, summarise) = (Publication::default(), SummariseSettings::default());
        let dropped =
            DroppedStory { article: ArticleId(3), title: "云鹭".into(), story: StoryId(3), event: None, reason: DropReason::OffTopic, at: now() };
        let input = IssueInput {
            published: HashSet::from([StoryId(2)]),
            screen: Screen::new(RuleSet::default(), vec![dropped]),
            ..input(&publication, &summarise)
        };
        let why = |h: &Headline| why_not(h, &input, &Graded(None)).unwrap();
        let of = |id: i64| article(id, "云鹭新材料项目开工", "建材", "行业动态", 1);
        assert_eq!(why(&of(1)), None);
        assert_eq!(why(&of(2)), Some(NotChosen::Printed));
        assert_eq!(why(&of(3)), Some(NotChosen::Excluded(Exclusion::Dropped(DropReason::OffTopic))));
        let mut doubtful = of(1);
        doubtful.confidence.body = Some(0.01);
        assert_eq!(why(&doubtful), Some(NotChosen::Doubtful));
        let changed = |change: fn(&mut crate::model::Classification)| {
            let mut h = of(1);
            h.classification.iter_mut().for_each(change);
            h
        };
        assert_eq!(why(&changed(|j| j.is_on_topic = Some(false))), Some(NotChosen::OffTopic));
        assert_eq!(why(&changed(|j| j.worth = Some(0.0))), Some(NotChosen::NotWorth));
        assert_eq!(why(&Headline { classification: None, ..of(1) }), Some(NotChosen::Unclassified));

        let mut graded = publication.clone();
        graded.columns[0].floor = GradeFloor { reliability: Some(Reliability::C), credibility: None };
        let input = IssueInput { publication: &graded, screen: Screen::default(), published: HashSet::new(), ..input };
        let of_grade = |mark: &str, column: &str| {
            why_not(&article(1, "云鹭新材料项目开工", "建材", column, 1), &input, &Graded(GradeMark::parse(mark))).unwrap()
        };
        assert_eq!((of_grade("C6", "行业动态"), of_grade("D1", "财经数据")), (None, None));
        let words = |mark: &str| of_grade(mark, "行业动态").map(|why| why.chinese());
        assert_eq!(words("F1").as_deref(), Some("评级 F1，栏目“行业动态”只自动选来源可靠性 C 以上的"));
        assert_eq!(words("").as_deref(), Some("还没有评级，栏目“行业动态”只自动选来源可靠性 C 以上的"));
    }
}
