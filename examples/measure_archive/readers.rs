//! Editors at their pages: several at once, each asking, waiting a moment, and asking again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use qingbao::model::{ArticleId, EditionId, GradeFloor};
use qingbao::store::{Filter, Store};

pub const READERS: usize = 8;
/// Between an answer and the next question.
const PAUSE: Duration = Duration::from_millis(200);
/// Articles of a page of results, and candidates beside the desk.
const PAGE: usize = 50;
const CANDIDATES: i64 = 60;

/// What a reader asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    CommonWord,
    RareWord,
    Industry,
    Article,
    Desk,
}

impl Page {
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::CommonWord, "search, a word of many articles"),
        (Self::RareWord, "search, two words"),
        (Self::Industry, "articles of an industry"),
        (Self::Article, "an article with its copies"),
        (Self::Desk, "desk with 60 candidates"),
    ];

    fn ask(self, store: &Store, newest: i64, n: usize) {
        let filter = |words: Option<&str>, industry: Option<&str>| Filter {
            words: words.map(str::to_owned),
            industry: industry.map(str::to_owned),
            column: None,
            place: None,
            organisation: None,
            source: None,
            floor: GradeFloor::default(),
            from: None,
            to: None,
            zone: Tz::Asia__Shanghai,
        };
        let find = |f: Filter| {
            store.count(&f, 10_000).unwrap();
            store.find(&f, PAGE).unwrap();
        };
        let spread = |n: usize| ArticleId(1 + i64::try_from(n).unwrap_or(0).wrapping_mul(7_919).rem_euclid(newest));
        match self {
            Self::CommonWord => find(filter(Some("投产"), None)),
            Self::RareWord => find(filter(Some(&format!("总投资{}亿元 碳化硅", n % 90 + 1)), None)),
            Self::Industry => find(filter(None, Some("超硬材料"))),
            Self::Article => {
                if let Some(article) = store.article(spread(n)).unwrap() {
                    article.headline.story.map(|story| store.copies(story).unwrap());
                }
            }
            Self::Desk => {
                store.edition(EditionId(1)).unwrap();
                for id in (newest - CANDIDATES + 1..=newest).map(ArticleId) {
                    store.headline(id).unwrap();
                    store.text(id).unwrap();
                    store.article_topics(id).unwrap();
                }
            }
        }
    }
}

/// Times in milliseconds.
pub type Times = Vec<(Page, f64)>;

/// Lets the readers ask until `work` is done, and so long at least.
pub fn beside(store: &Store, newest: u64, at_least: Duration, work: impl FnOnce()) -> Times {
    let (done, times, newest) = (AtomicBool::new(false), Mutex::new(Times::new()), i64::try_from(newest).unwrap_or(i64::MAX));
    std::thread::scope(|scope| {
        for reader in 0..READERS {
            let (done, times) = (&done, &times);
            scope.spawn(move || {
                let mut n = reader;
                while !done.load(Ordering::Relaxed) {
                    let page = Page::ALL[n % Page::ALL.len()].0;
                    let started = Instant::now();
                    page.ask(store, newest, n);
                    times.lock().unwrap().push((page, started.elapsed().as_secs_f64() * 1000.0));
                    n += 1;
                    std::thread::sleep(PAUSE);
                }
            });
        }
        let started = Instant::now();
        work();
        std::thread::sleep(at_least.saturating_sub(started.elapsed()));
        done.store(true, Ordering::Relaxed);
    });
    times.into_inner().unwrap()
}

/// Returns the time that a share of the answers, in hundredths, did not exceed.
pub fn quantile(times: &Times, page: Option<Page>, hundredths: usize) -> f64 {
    let mut own: Vec<f64> = times.iter().filter(|t| page.is_none_or(|p| p == t.0)).map(|t| t.1).collect();
    own.sort_by(f64::total_cmp);
    own.get(own.len().saturating_sub(1) * hundredths / 100).copied().unwrap_or(f64::NAN)
}
