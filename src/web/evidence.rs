//! What of an issue has no support in its articles: marks at the desk, the question before 送审, anchors in JSON.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::evidence::{self, Checked, Field, ItemTexts, Measured, Statement, StatementKind};
use crate::model::{ArticleId, Edition, Item, Print};
use crate::store::{Store, StoreError};
use crate::web::AppState;
use crate::web::response::stored;

/// Most items whose checks are remembered.
const MAX_CACHED: usize = 2_000;
/// Most other items that one item is said to contradict.
const MAX_CLASHES: usize = 3;
/// Letters of an article shown around a passage.
const CONTEXT: usize = 60;

/// Checks by item text and article.
#[derive(Default)]
pub(super) struct EvidenceCache(Mutex<HashMap<u64, Arc<ItemCheck>>>);

/// Whether an item can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CheckStatus {
    Checked,
    /// An editor wrote the item.
    OwnText,
    /// The archive no longer has the article.
    NoArticle,
}

/// A sentence beside the article's passage, for editors.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Passage {
    pub(super) sentence: String,
    pub(super) article: String,
}

/// What is known of one item.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ItemCheck {
    pub(super) status: CheckStatus,
    /// What has no support, in Chinese.
    pub(super) unsupported: Vec<String>,
    pub(super) passages: Vec<Passage>,
    #[serde(skip)]
    checked: Checked,
    /// Figures that may be compared with those of other items.
    #[serde(skip)]
    measured: Vec<Measured>,
    /// SHA-256 of the article's stored text.
    #[serde(skip)]
    text_hash: String,
}

impl ItemCheck {
    fn without_article(status: CheckStatus, item: &Item) -> Self {
        let (unsupported, passages, checked, text_hash) = (wrong_sums(item).collect(), Vec::new(), Checked::default(), String::new());
        Self { status, unsupported, passages, checked, measured: measured(item), text_hash }
    }
}

/// The checks of an issue.
pub(super) type Checks = BTreeMap<i64, Arc<ItemCheck>>;

/// Checks the items of an issue on a thread for blocking work.
pub(super) async fn checks(console: &AppState, e: &Edition) -> Result<Checks, Response> {
    if e.is_imported() {
        return Ok(Checks::new());
    }
    let (items, this) = (e.items().cloned().collect::<Vec<Item>>(), Arc::clone(console));
    stored(console.store.run(move |s| this.evidence.check_all(s, &items)).await)
}

/// Adds the figures that two items of the issue tell differently to both.
fn add_clashes(checks: &mut Checks, items: &[Item]) {
    let measured: Vec<(&Item, Arc<ItemCheck>)> = items.iter().filter_map(|i| Some((i, Arc::clone(checks.get(&i.article.0)?)))).collect();
    for (item, mine) in &measured {
        let others = measured.iter().filter(|(other, _)| other.article != item.article);
        let clashes = others.filter_map(|(other, theirs)| Some((other, evidence::clash(&mine.measured, &theirs.measured)?)));
        let lines: Vec<String> = clashes
            .take(MAX_CLASHES)
            .map(|(other, c)| format!("与本期《{}》不一致：{}这里是 {}，那里是 {}", other.title, c.what, c.mine, c.theirs))
            .collect();
        if let Some(check) = checks.get_mut(&item.article.0).filter(|_| !lines.is_empty()) {
            let mut with = ItemCheck::clone(check);
            with.unsupported.extend(lines);
            *check = Arc::new(with);
        }
    }
}

/// Returns the statements of an issue without support, as lines for editors.
pub(super) fn lines(e: &Edition, checks: &Checks) -> Vec<String> {
    let of = |i: &Item| checks.get(&i.article.0).map(|c| c.unsupported.as_slice()).unwrap_or_default().to_vec();
    e.items().flat_map(|i| of(i).into_iter().map(|words| format!("《{}》：{words}", i.title))).collect()
}

/// Returns where each sentence of an item comes from, for other programs.
pub(super) fn anchors(checks: &Checks) -> Value {
    let sentence = |s: &Statement| json!({ "kind": s.kind, "range": s.range, "anchors": s.anchors, "unsupported": s.unsupported });
    let item = |(id, c): (&i64, &Arc<ItemCheck>)| json!({ "article": id, "status": c.status, "text_sha256": c.text_hash, "sentences": c.checked.0.iter().map(sentence).collect::<Vec<_>>() });
    Value::Array(checks.iter().map(item).collect())
}

impl EvidenceCache {
    fn check_all(&self, store: &Store, items: &[Item]) -> Result<Checks, StoreError> {
        let mut checks = items.iter().map(|i| Ok((i.article.0, self.check(store, i)?))).collect::<Result<Checks, StoreError>>()?;
        add_clashes(&mut checks, items);
        Ok(checks)
    }

    fn check(&self, store: &Store, item: &Item) -> Result<Arc<ItemCheck>, StoreError> {
        if item.article.0 < 0 {
            return Ok(Arc::new(ItemCheck::without_article(CheckStatus::OwnText, item)));
        }
        let Some(article) = store.article(ArticleId(item.article.0))? else {
            return Ok(Arc::new(ItemCheck::without_article(CheckStatus::NoArticle, item)));
        };
        let texts = texts(item);
        let mut hasher = DefaultHasher::new();
        (item.article, &texts, &article.text, &article.headline.title, item.date).hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let prepared = evidence::Article::new(&article.headline.title, &article.text, &item.publisher, item.date);
        let checked = evidence::check_item(&prepared, &texts);
        let new = Arc::new(ItemCheck {
            status: CheckStatus::Checked,
            unsupported: checked.unsupported().map(|(kind, u)| format!("{}{}", part(kind), u.chinese())).chain(wrong_sums(item)).collect(),
            passages: checked.0.iter().filter_map(|s| passage(s, &texts, &article.headline.title, &article.text)).collect(),
            text_hash: Sha256::digest(&article.text).iter().map(|byte| format!("{byte:02x}")).collect(),
            checked,
            measured: measured(item),
        });
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_CACHED {
            all.clear();
        }
        all.insert(key, Arc::clone(&new));
        Ok(new)
    }
}

fn measured(item: &Item) -> Vec<Measured> {
    evidence::measured(&format!("{}\n{}", item.title, item.summary), item.date)
}

fn wrong_sums(item: &Item) -> impl Iterator<Item = String> {
    evidence::wrong_sums(&item.summary, item.date).into_iter().map(|s| s.chinese())
}

fn texts(item: &Item) -> ItemTexts {
    let is_changed = item.print == Print::Full && item.text_edited;
    ItemTexts { title: item.title.clone(), summary: item.summary.clone(), note: item.note.clone(), text: is_changed.then(|| item.text.clone()) }
}

fn part(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Title => "标题：",
        StatementKind::Summary => "",
        StatementKind::Text => "全文：",
        StatementKind::Note => "按语：",
    }
}

/// Returns a sentence and the passage of the article that it comes from.
fn passage(s: &Statement, texts: &ItemTexts, title: &str, text: &str) -> Option<Passage> {
    let own = match s.kind {
        StatementKind::Summary => &texts.summary,
        StatementKind::Title | StatementKind::Text | StatementKind::Note => return None,
    };
    let sentence = own.get(s.range.clone())?.to_owned();
    let Some(anchor) = s.anchors.first() else { return Some(Passage { sentence, article: String::new() }) };
    let all = if anchor.field == Field::Title { title } else { text };
    let before =
        all.get(..anchor.article.start)?.chars().rev().take(CONTEXT).take_while(|c| !matches!(c, '。' | '\n')).map(char::len_utf8).sum::<usize>();
    let rest = all.get(anchor.article.end..)?;
    // a whole sentence needs nothing behind it
    let is_whole = all.get(..anchor.article.end)?.ends_with(['。', '！', '？', '\n']);
    let after = if is_whole { 0 } else { rest.chars().take(CONTEXT).take_while(|c| !matches!(c, '。' | '\n')).map(char::len_utf8).sum::<usize>() };
    let article = all.get(anchor.article.start - before..anchor.article.end + after)?.trim().to_owned();
    Some(Passage { sentence, article })
}
