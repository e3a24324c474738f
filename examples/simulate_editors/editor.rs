//! Editors with hidden tastes.

use std::collections::HashSet;

use qingbao::config::settings::ColumnQuota;
use qingbao::model::ArticleId;

use crate::world::{Article, Dice};

/// Points of an item of worth 2 and 1 without any taste, and the spread of an editor's mood.
const WORTH: f64 = 1.0;
const MOOD: f64 = 0.15;
/// Worth of an article that is surely worth an editor's look: some of them have 1, some 2.
const EXPECTED_WORTH: f64 = 1.2;
/// Fewest points of an item that an editor prints.
const LEAST: f64 = 0.8;
/// Share of the articles that an editor wants who decides by chance.
const RANDOM_SHARE: f64 = 0.4;
/// The issue at which a taste may change.
const CHANGE: usize = 30;

/// A taste: points of an article in an issue.
pub struct Taste {
    pub name: &'static str,
    points: fn(&Article, usize) -> f64,
}

/// Every taste.
pub const TASTES: [&Taste; 14] = [
    &Taste { name: "industry", points: |a, _| industry(a, &["生物医药", "建材"], 2.0) + industry(a, &["新一代信息技术"], -1.5) },
    &Taste { name: "place", points: |a, _| place(a, &["长葛", "禹州", "鄢陵"], 2.0) + place(a, &["广东", "江苏"], -2.0) },
    &Taste { name: "source", points: |a, _| source(a, &[0, 3, 7, 11], 2.0) + source(a, &[1, 4, 8, 12], -2.0) },
    &Taste { name: "publisher", points: |a, _| publisher(a, &[0, 1, 2, 3], 2.0) + publisher(a, &[4, 5, 6, 7], -2.0) },
    &Taste { name: "company", points: |a, _| company(a, &[0, 1, 2], 2.5) + company(a, &[3, 4, 5], -2.5) },
    &Taste { name: "column", points: |a, _| column(a, "财经数据", 2.0) + column(a, "金融要点", -2.0) + column(a, "行业趋势", 1.0) },
    &Taste { name: "novelty", points: |a, _| novelty(a, 2.0) },
    &Taste {
        name: "words", points: |a, _| words(a, &["印发", "通知", "办法"], -2.0) + words(a, &["投产", "开工", "签约", "项目"], 2.0)
    },
    &Taste { name: "industry and place", points: |a, _| industry(a, &["新材料", "新能源汽车"], 1.5) + place(a, &["许昌", "郑州"], 1.5) },
    &Taste {
        name: "source and column", points: |a, _| source(a, &[2, 5, 9], 1.5) + column(a, "行业报告", 2.0) + column(a, "金融要点", -1.5)
    },
    &Taste {
        name: "a mixture of five",
        points: |a, _| {
            industry(a, &["食品", "装备制造"], 1.2)
                + place(a, &["禹州"], 1.2)
                + source(a, &[6, 10], 1.2)
                + company(a, &[0], -2.0)
                + words(a, &["手机"], -2.0)
        },
    },
    &Taste { name: "worth alone", points: |a, _| f64::from(a.worthy) },
    &Taste {
        name: "changes at 30",
        points: |a, n| {
            let before = industry(a, &["生物医药", "建材"], 2.0) + place(a, &["广东"], -1.5);
            let after = industry(a, &["新一代信息技术", "化工"], 2.0) + place(a, &["广东"], 1.5) + industry(a, &["生物医药"], -1.5);
            if n < CHANGE { before } else { after }
        },
    },
    &RANDOM,
];

const RANDOM: Taste = Taste { name: "random", points: |_, _| 0.0 };

fn any(matches: bool, points: f64) -> f64 {
    if matches { points } else { 0.0 }
}

fn industry(a: &Article, names: &[&str], points: f64) -> f64 {
    any(a.industries.iter().any(|i| names.contains(&i.as_str())), points)
}

fn place(a: &Article, names: &[&str], points: f64) -> f64 {
    any(names.contains(&a.place), points)
}

fn source(a: &Article, numbers: &[usize], points: f64) -> f64 {
    any(numbers.contains(&a.source), points)
}

fn publisher(a: &Article, numbers: &[usize], points: f64) -> f64 {
    any(numbers.contains(&a.publisher), points)
}

fn company(a: &Article, numbers: &[usize], points: f64) -> f64 {
    any(a.company.is_some_and(|c| numbers.contains(&c)), points)
}

fn column(a: &Article, name: &str, points: f64) -> f64 {
    any(a.column.as_deref() == Some(name), points)
}

fn novelty(a: &Article, points: f64) -> f64 {
    any(a.hours < 20.0, points) - any(a.hours > 48.0, points)
}

fn words(a: &Article, words: &[&str], points: f64) -> f64 {
    any(words.iter().any(|w| a.headline.title.contains(w)), points)
}

/// An editor.
pub struct Editor {
    taste: &'static Taste,
    seed: u64,
}

impl Editor {
    pub fn new(taste: &'static Taste, seed: u64) -> Self {
        Self { taste, seed }
    }

    pub fn is_random(&self) -> bool {
        self.taste.name == RANDOM.name
    }

    /// Returns the articles that the editor wants to print: the best of each column, as many as it takes.
    pub fn wanted(&self, articles: &[Article], issue: usize, columns: &[ColumnQuota]) -> HashSet<ArticleId> {
        let mut dice = Dice::new(self.seed * 1_009 + issue as u64);
        if self.is_random() {
            return articles.iter().filter(|_| dice.share() < RANDOM_SHARE).map(|a| a.headline.id).collect();
        }
        let mut liked: Vec<(f64, &Article)> = articles
            .iter()
            .map(|a| {
                let mood = MOOD * (dice.share() + dice.share() + dice.share() - 1.5) * 2.0;
                (self.points(a, issue, f64::from(a.worthy)) + mood, a)
            })
            .filter(|(points, a)| *points >= LEAST && a.column.is_some())
            .collect();
        liked.sort_by(|a, b| b.0.total_cmp(&a.0));
        best_of_columns(&liked, columns, |a| a.column.as_deref())
    }

    /// Returns what a ranking would propose that knows the taste, but judges worth and column as the classifier does: no ranking can
    /// be expected to do better.
    pub fn foreseen(&self, articles: &[Article], issue: usize, columns: &[ColumnQuota]) -> HashSet<ArticleId> {
        let label = |a: &Article| a.headline.classification.clone().unwrap_or_default();
        let on_topic = articles.iter().filter(|a| label(a).on_topic());
        let mut all: Vec<(f64, &Article)> = on_topic.map(|a| (self.points(a, issue, EXPECTED_WORTH * label(a).worth.unwrap_or(0.0)), a)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        best_of_columns(&all, columns, |a| a.headline.classification.as_ref().map(|j| j.column.as_str()))
    }

    fn points(&self, a: &Article, issue: usize, worth: f64) -> f64 {
        // without other reasons an editor prefers what is fresh and near
        WORTH * worth + 0.4 * (-a.hours / 36.0).exp() + any(a.place == "许昌", 0.3) + (self.taste.points)(a, issue)
    }
}

/// Returns the first articles of each column, as many as it takes.
fn best_of_columns(sorted: &[(f64, &Article)], columns: &[ColumnQuota], column_of: impl Fn(&Article) -> Option<&str>) -> HashSet<ArticleId> {
    let best = |column: &ColumnQuota| {
        let of = sorted.iter().filter(|(_, a)| column_of(a) == Some(column.name.as_str()));
        of.take(column.quota).map(|(_, a)| a.headline.id).collect::<Vec<_>>()
    };
    columns.iter().flat_map(best).collect()
}
