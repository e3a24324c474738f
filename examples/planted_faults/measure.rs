//! Plants faults in summaries and counts what the checks find.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use qingbao::evidence::{Article as Checker, Fault, StatementKind, check_text};
use qingbao::issue::summarise::summarise;
use qingbao::text::segment;

use super::articles::{Article, Random};
use super::plant::{KINDS, Kind, edited, plant};

#[derive(Default)]
pub struct Figures {
    /// By kind: planted, found, found as that kind.
    pub kinds: HashMap<u8, (usize, usize, usize)>,
    /// Sentences, and those with an alarm.
    pub verbatim: (usize, usize),
    pub edited: (usize, usize),
    /// Time per article with a summary.
    pub time: Duration,
    pub articles: usize,
}

fn expected(kind: Kind) -> &'static [Fault] {
    match kind {
        Kind::Figure => &[Fault::Figure, Fault::Measure],
        Kind::Unit => &[Fault::Measure, Fault::Figure],
        Kind::Direction => &[Fault::Direction],
        Kind::Name => &[Fault::Name, Fault::Speaker],
        Kind::Date => &[Fault::Date],
        Kind::Negation => &[Fault::Negation],
        Kind::Speaker => &[Fault::Speaker, Fault::Name],
        Kind::Foreign => &[Fault::Foreign],
    }
}

/// Plants about `wanted` faults, as many of each kind, and prints `show` mistakes.
pub fn measure(articles: &[Article], wanted: usize, seed: u64, show: usize) -> Figures {
    let mut r = Random(seed);
    let mut out = Figures::default();
    let published = NaiveDate::from_ymd_opt(2026, 5, 20);
    let sentences =
        |a: &Article| segment::sentences(&summarise(&a.title, &a.text, 230, published).text).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let all: Vec<Vec<String>> = articles.iter().map(sentences).collect();
    let checkers: Vec<Checker> = articles.iter().map(|a| Checker::new(&a.title, &a.text, "", published)).collect();
    // the dictionary is read once per process
    if let Some((checker, sentence)) = checkers.first().zip(all.iter().flatten().next()) {
        let _ = check_text(checker, StatementKind::Summary, sentence);
    }
    let mut shown = 0;
    let mut say = |words: String| {
        shown += 1;
        if shown <= show {
            println!("{words}");
        }
    };
    for (a, (checker, sentences)) in articles.iter().zip(checkers.iter().zip(&all)) {
        let started = Instant::now();
        let fresh = Checker::new(&a.title, &a.text, "", published);
        let _ = check_text(&fresh, StatementKind::Summary, &sentences.concat());
        out.time += started.elapsed();
        out.articles += 1;
        for s in sentences {
            for (is_edited, text) in [(false, s.clone()), (true, edited(s, &mut r))] {
                let faults: Vec<_> = check_text(checker, StatementKind::Summary, &text).into_iter().flat_map(|s| s.unsupported).collect();
                let count = if is_edited { &mut out.edited } else { &mut out.verbatim };
                count.0 += 1;
                count.1 += usize::from(!faults.is_empty());
                for f in faults.iter().take(1) {
                    say(format!("ALARM {is_edited} {:?} {} | {text}", f.fault, f.chinese()));
                }
            }
        }
    }
    let with: Vec<usize> = (0..all.len()).filter(|i| !all[*i].is_empty()).collect();
    for kind in KINDS {
        let per_kind = wanted / KINDS.len();
        let mut tries = 0;
        let mut count = (0, 0, 0);
        while count.0 < per_kind && tries < per_kind * 200 && with.len() > 1 {
            tries += 1;
            let (at, other) = (with[r.below(with.len())], with[r.below(with.len())]);
            if at == other {
                continue;
            }
            let sentence = &all[at][r.below(all[at].len())];
            let foreign = &all[other][r.below(all[other].len())];
            let text = format!("{}\n{}", articles[at].title, articles[at].text);
            let Some(planted) = plant(kind, sentence, &text, foreign, &mut r) else { continue };
            let faults: Vec<_> = check_text(&checkers[at], StatementKind::Summary, &planted).into_iter().flat_map(|s| s.unsupported).collect();
            count.0 += 1;
            count.1 += usize::from(!faults.is_empty());
            count.2 += usize::from(faults.iter().any(|f| expected(kind).contains(&f.fault)));
            if faults.is_empty() {
                say(format!("MISSED {kind:?} | {planted} | {sentence}"));
            }
        }
        out.kinds.insert(kind as u8, count);
    }
    out
}
