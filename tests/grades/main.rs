//! Reprints never confirm a report, and independent reports do: families of reprints and pairs of independent reports, run through the
//! program's own copies, events and grades.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a set-up that fails must fail the test

mod held_out;
mod kinds;
mod texts;

use std::collections::BTreeMap;

use chrono::{Duration, TimeZone as _, Utc};
use qingbao::dedup::stories::StoryIndex;
use qingbao::events::{EventIndex, EventModel, Facts, Profile, SURE};
use qingbao::grades::{Credibility, CredibilityReason, Grade, Record, Report, grade};
use qingbao::model::ArticleId;
use texts::{World, Written};

const HAPPENINGS: usize = 200;

/// With these the rules were made.
const KNOWN: World = World { kinds: &kinds::KINDS, seed: 0 };
/// No rule was made with these.
const HELD_OUT: World = World { kinds: &held_out::KINDS, seed: 3 };

/// A graded article, and where the events' model put it.
#[derive(Clone)]
struct Graded {
    grade: Grade,
    event: usize,
    is_sure: bool,
}

/// Runs articles through copies and events, and grades each event. Returns the grades in the order of the articles.
fn graded(groups: &[Vec<Written>]) -> Vec<Vec<Graded>> {
    let (mut stories, mut events, model) = (StoryIndex::default(), EventIndex::default(), EventModel::built_in().unwrap());
    let start = Utc.with_ymd_and_hms(2026, 11, 3, 0, 0, 0).unwrap();
    let (mut event_of_story, mut of_event) = (BTreeMap::new(), BTreeMap::<usize, Vec<(usize, usize, Report)>>::new());
    let mut added = Vec::new();
    for (group, articles) in groups.iter().enumerate() {
        for (at, (publisher, title, text)) in articles.iter().enumerate() {
            let published_at = start + Duration::minutes(i64::try_from(group * 3 + at * 7).unwrap());
            let story = stories.add(title, text);
            // a copy has the event of its story, like in the archive
            let article =
                *event_of_story.entry(story).or_insert_with(|| events.add(model, Profile::new(title, text, Some(published_at.date_naive()))));
            added.push((group, at, story, article, published_at, publisher, title, text));
        }
    }
    for (group, at, story, article, published_at, publisher, title, text) in added {
        let (event, confidence) = events.event(article).unwrap();
        let report = Report {
            article: ArticleId(i64::try_from(group * 100 + at).unwrap()),
            story: i64::try_from(story).unwrap(),
            source_name: publisher.clone(),
            publisher: Some(publisher.clone()),
            author: None,
            host: "news.example.cn".into(),
            weight: 1.0,
            published_at,
            title: title.clone(),
            text: text.clone(),
            is_sure: confidence >= SURE,
            is_doubtful: false,
            record: Record::default(),
        };
        of_event.entry(event).or_default().push((group, at, report));
    }
    let mut out: Vec<BTreeMap<usize, Graded>> = vec![BTreeMap::new(); groups.len()];
    for (event, members) in of_event {
        let reports: Vec<Report> = members.iter().map(|(.., report)| report.clone()).collect();
        for ((group, at, report), grade) in members.iter().zip(grade(&reports)) {
            out[*group].insert(*at, Graded { grade, event, is_sure: report.is_sure });
        }
    }
    out.into_iter().map(|grades| grades.into_values().collect()).collect()
}

fn is_confirmed(graded: &Graded) -> bool {
    graded.grade.credibility == Credibility::Confirmed
}

/// Asserts that no article of families of one source is confirmed.
fn assert_never_confirmed(name: &str, groups: &[Vec<Written>]) {
    let grades = graded(groups);
    let articles: usize = grades.iter().map(Vec::len).sum();
    let wrong: Vec<(usize, usize)> =
        grades.iter().enumerate().flat_map(|(n, g)| g.iter().enumerate().filter(|(_, g)| is_confirmed(g)).map(move |(at, _)| (n, at))).collect();
    println!("{name}: {} families, {articles} articles: {} confirmed", groups.len(), wrong.len());
    for (n, at) in wrong.iter().take(4) {
        println!("{at}: {:?}\n{:#?}", groups[*n][*at], grades[*n][*at].grade.credibility_reasons);
        println!("of {:#?}", groups[*n]);
    }
    assert!(grades.iter().flatten().all(|g| !g.grade.credibility_reasons.is_empty() && !g.grade.reliability_reasons.is_empty()), "each is explained");
    assert_eq!((wrong.len(), articles), (0, groups.iter().map(Vec::len).sum::<usize>().min(articles)), "{name}");
}

#[test]
fn reprints_never_confirm_a_report() {
    for (name, world) in [("reprints", KNOWN), ("reprints, held out", HELD_OUT)] {
        assert_never_confirmed(name, &(0..HAPPENINGS).map(|n| world.reprints(n)).collect::<Vec<_>>());
    }
}

#[test]
fn reprints_that_hide_their_source_never_confirm_a_report() {
    for (name, world) in [("hidden reprints", KNOWN), ("hidden reprints, held out", HELD_OUT)] {
        assert_never_confirmed(name, &(0..HAPPENINGS).map(|n| world.hidden_reprints(n, false)).collect::<Vec<_>>());
    }
}

#[test]
fn a_release_of_the_firm_beside_reprints_never_confirms_a_report() {
    for (name, world) in [("with a release", KNOWN), ("with a release, held out", HELD_OUT)] {
        assert_never_confirmed(name, &(0..HAPPENINGS).map(|n| world.hidden_reprints(n, true)).collect::<Vec<_>>());
    }
}

/// Returns why a pair of independent reports is not confirmed.
fn why_not(pair: &[Graded], texts: &[Written]) -> String {
    let [a, b] = pair else { return "not graded".to_owned() };
    if a.event != b.event {
        return "not found to report one event".to_owned();
    }
    let shared = Facts::new(&texts[0].1, &texts[0].2).shared(&Facts::new(&texts[1].1, &texts[1].2));
    let sure = if a.is_sure && b.is_sure { "surely" } else { "perhaps" };
    let family = if a.grade.credibility_reasons.iter().any(|r| matches!(r, CredibilityReason::OneFamily(_))) { ", one family" } else { "" };
    format!("{sure} one event{family}, shared: {} figures, {} names, {} acts", shared.figures, shared.names, shared.acts)
}

/// Returns the number of pairs that are confirmed, and prints why others are not.
fn confirmed_pairs(name: &str, world: World) -> usize {
    let groups: Vec<Vec<Written>> = (0..HAPPENINGS).map(|n| world.independent(n)).collect();
    let grades = graded(&groups);
    let both = grades.iter().filter(|g| g.len() == 2 && g.iter().all(is_confirmed)).count();
    println!("{name}: {both} of {HAPPENINGS} pairs of independent reports confirmed");
    let mut why = BTreeMap::new();
    for (g, texts) in grades.iter().zip(&groups).filter(|(g, _)| !g.iter().all(is_confirmed)) {
        *why.entry(why_not(g, texts)).or_insert(0) += 1;
    }
    println!("{why:#?}");
    for (n, g) in grades.iter().enumerate().filter(|(_, g)| g.iter().all(is_confirmed)) {
        let CredibilityReason::ConfirmedBy(by) = g[0].grade.credibility_reasons.last().unwrap() else { panic!("{n}: {:?}", g[0].grade) };
        assert_eq!(*by, [groups[n][1].0.clone()], "by the other one");
    }
    both
}

#[test]
fn independent_reports_confirm_each_other() {
    let (known, held_out) = (confirmed_pairs("pairs", KNOWN), confirmed_pairs("pairs, held out", HELD_OUT));
    assert!(known >= 90 && held_out >= 1, "{known}, {held_out}");
}

#[test]
fn reprints_beside_independent_reports_count_once() {
    let mut groups: Vec<Vec<Written>> = (0..HAPPENINGS).map(|n| KNOWN.reprints(n)).collect();
    // a second report, by a reporter of its own, beside nine reprints
    groups.iter_mut().enumerate().for_each(|(n, g)| g[9] = KNOWN.independent(n).remove(0));
    for graded in graded(&groups).iter().flatten().filter(|g| is_confirmed(g)) {
        let by = graded.grade.credibility_reasons.iter().find_map(|r| if let CredibilityReason::ConfirmedBy(by) = r { Some(by.len()) } else { None });
        assert_eq!(by, Some(1), "{:?}", graded.grade);
    }
}
