//! Labelled articles as news of sixty days.

use chrono::{DateTime, Duration, Utc};
use qingbao::classify::{Classifier, SourceHints};
use qingbao::config::Taxonomy;
use qingbao::learn::{Example, Model, Provenance, learnable, train};
use qingbao::model::{ArticleId, Classification, Confidence, Headline, SourceId, StoryId, WebUrl};
use serde::Deserialize;

/// Issues made of the articles.
pub const ISSUES: usize = 60;
const PLACES: [&str; 10] = ["许昌", "长葛", "禹州", "鄢陵", "襄城", "郑州", "洛阳", "新乡", "江苏", "广东"];
const SOURCES: usize = 16;
const PUBLISHERS: usize = 24;
const COMPANIES: usize = 12;

#[derive(Deserialize)]
struct Labelled {
    title: String,
    #[serde(default)]
    text: String,
    industries: Vec<String>,
    column: Option<String>,
    worthy: u8,
    #[serde(default)]
    source: String,
}

/// A labelled article with the judgement of a model that did not see it.
pub struct Judged {
    title: String,
    industries: Vec<String>,
    column: Option<String>,
    worthy: u8,
    classification: Classification,
}

/// An article of the made-up world.
#[derive(Clone)]
pub struct Article {
    pub headline: Headline,
    pub industries: Vec<String>,
    pub column: Option<String>,
    pub worthy: u8,
    pub place: &'static str,
    pub source: usize,
    pub publisher: usize,
    pub company: Option<usize>,
    pub hours: f64,
}

/// A reproducible source of chance (xorshift, Marsaglia 2003).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// Returns a number from 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.next() as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
}

/// Reads labels and judges each half with a model trained on the other.
pub fn read(path: &str) -> Vec<Judged> {
    let text = std::fs::read_to_string(path).expect("the labels cannot be read");
    let labels: Vec<Labelled> = text.lines().map(|l| serde_json::from_str(l).expect("a line is no label")).collect();
    let taxonomy = Taxonomy::load(None).unwrap();
    let names: Vec<String> = taxonomy.industries.iter().map(|i| i.name.clone()).collect();
    let columns: Vec<String> = taxonomy.columns.iter().map(|c| c.name.clone()).collect();
    let industries = learnable(&names, labels.iter().flat_map(|l| l.industries.iter().cloned()));
    let classifier = Classifier::new(taxonomy).unwrap();
    let examples: Vec<Example> = labels
        .iter()
        .map(|l| Example {
            title: l.title.clone(),
            text: l.text.clone(),
            industries: l.industries.iter().filter_map(|i| industries.iter().position(|n| n == i)).collect(),
            column: l.column.as_ref().and_then(|c| columns.iter().position(|n| n == c)),
            worth: l.worthy,
            family: l.source.clone(),
            signals: classifier.signals(&l.title, &l.text, &industries, &columns),
        })
        .collect();
    let halves: Vec<Vec<u8>> = [1, 0]
        .map(|kept| {
            let part: Vec<Example> = examples.iter().skip(kept).step_by(2).cloned().collect();
            train(&part, &industries, &columns, &[qingbao::learn::Folds::Mixed(4)], Provenance::default()).file
        })
        .into();
    let models: Vec<Model<'_>> = halves.iter().map(|file| Model::read(file).unwrap()).collect();
    let judge = |(n, (l, e)): (usize, (Labelled, &Example))| {
        let verdict = models[n % 2].judge(&l.title, &l.text, &e.signals, None);
        let mut classification = classifier.classify(&l.title, &l.text, &SourceHints::default());
        let best = verdict.columns.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(at, p)| (at, *p));
        if let Some((at, p)) = best {
            (classification.column, classification.column_p) = (columns[at].clone(), Some(f64::from(p)));
        }
        classification.worth = Some(f64::from(verdict.worth));
        (classification.is_on_topic, classification.on_topic_p) = (Some(verdict.is_on_topic), Some(f64::from(verdict.on_topic)));
        Judged { title: l.title, industries: l.industries, column: l.column, worthy: l.worthy, classification }
    };
    labels.into_iter().zip(&examples).enumerate().map(judge).collect()
}

/// Returns the levels of the made-up place.
pub fn levels() -> Vec<String> {
    ["许昌", "河南"].map(str::to_owned).into()
}

/// The articles by issue.
pub struct World {
    issues: Vec<Vec<Article>>,
}

impl World {
    /// Deals articles into issues.
    pub fn new(judged: &[Judged], seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut order: Vec<usize> = (0..judged.len()).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, dice.below(i + 1));
        }
        let mut world = Self { issues: vec![Vec::new(); ISSUES] };
        for (place, at) in order.into_iter().enumerate() {
            let n = place % ISSUES;
            let article = make(at, &judged[at], time(n), &mut dice);
            world.issues[n].push(article);
        }
        world
    }

    pub fn issue(&self, n: usize) -> &[Article] {
        &self.issues[n]
    }
}

/// Returns the time of an issue.
pub fn time(n: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::days(20_000 + i64::try_from(n).unwrap())
}

fn make(id: usize, j: &Judged, now: DateTime<Utc>, dice: &mut Dice) -> Article {
    let (source, publisher, minutes) = (dice.below(SOURCES), dice.below(PUBLISHERS), dice.below(72 * 60));
    let hours = minutes as f64 / 60.0;
    let place = if dice.share() < 0.6 { PLACES[dice.below(PLACES.len())] } else { "" };
    let company = (dice.share() < 0.3).then(|| dice.below(COMPANIES));
    let mut classification = j.classification.clone();
    if !place.is_empty() {
        classification.places.insert(0, place.to_owned());
    }
    classification.other_organisations.extend(company.map(|c| format!("第{c}企业集团")));
    let id = i64::try_from(id).unwrap() + 1;
    let headline = Headline {
        id: ArticleId(id),
        source: SourceId::parse(&format!("s{source}")).unwrap(),
        source_name: format!("来源{source}"),
        region: None,
        weight: 1.0,
        url: WebUrl::parse(&format!("https://s{source}.example/{id}")).unwrap(),
        title: j.title.clone(),
        author: None,
        publisher: Some(format!("第{publisher}报")),
        published_at: Some((now - Duration::minutes(i64::try_from(minutes).unwrap())).fixed_offset()),
        fetched_at: now,
        length: 200,
        story: Some(StoryId(id)),
        event: None,
        classification: Some(classification),
        confidence: Confidence::default(),
    };
    Article { headline, industries: j.industries.clone(), column: j.column.clone(), worthy: j.worthy, place, source, publisher, company, hours }
}
