//! The archive: articles with classifications and stories.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};

use crate::dedup::fingerprint::MinHashSignature;
use crate::dedup::stories::{MAX_CANDIDATES, MAX_PER_BAND, dedup_text, join};
use crate::model::{Article, ArticleId, Classification, EventId, EventMember, Headline, SourceId, StoryId, WebUrl};
use crate::store::event_assignment::{assign_event, assign_own_event};
use crate::store::labels::store_judgement;
use crate::store::{Result, Store, StoreError, invalid_value};
use crate::text::segment::Segmented;

const HEADLINE_COLUMNS: &str = "a.id, a.source_id, s.name, s.region, s.weight, a.url, a.title, a.author, a.publisher, a.published_at, a.fetched, octet_length(a.text), \
     a.story_id, a.judgement, a.confidence, a.event_id, a.event_confidence";

const BODY_COLUMNS: &str = ", a.text, a.html, a.image, a.attachments";

/// A classification to store.
#[derive(Debug)]
pub struct Classified<'a> {
    pub article: &'a Article,
    pub classification: &'a Classification,
    /// Its MinHash signature.
    pub signature: &'a MinHashSignature,
}

impl Store {
    /// Returns unclassified articles, oldest first.
    pub fn unclassified(&self, limit: usize) -> Result<Vec<Article>> {
        let rest = "WHERE a.judgement IS NULL ORDER BY a.id LIMIT ?1";
        self.articles(rest, params![i64::try_from(limit).unwrap_or(i64::MAX)])
    }

    pub(super) fn articles(&self, rest: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Article>> {
        self.all(BODY_COLUMNS, rest, params, read_article)
    }

    /// Calls back for every article fetched or published since, newest first, one at a time.
    pub fn each_since<E: From<StoreError>>(
        &self,
        since: DateTime<Utc>,
        mut each: impl FnMut(Article) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut stopped = None;
        let rest = "WHERE a.effective >= ?1 ORDER BY a.effective DESC, a.id";
        let read = self.each(BODY_COLUMNS, rest, params![since.timestamp()], |r| {
            each(read_article(r)?).map_err(|e| {
                stopped = Some(e);
                StoreError::Cancelled
            })
        });
        match stopped {
            Some(e) => Err(e),
            None => Ok(read?),
        }
    }

    /// Returns an article without its text.
    pub fn headline(&self, id: ArticleId) -> Result<Headline> {
        self.headlines("WHERE a.id = ?1", params![id.0])?.pop().ok_or(StoreError::Sql(rusqlite::Error::QueryReturnedNoRows))
    }

    pub fn text(&self, id: ArticleId) -> Result<String> {
        self.read(|c| Ok(c.prepare_cached("SELECT text FROM article WHERE id = ?1")?.query_row([id.0], |r| r.get(0))?))
    }

    /// Returns, of those articles whose text was recognised on pictures (文字识别), the confidence in percent.
    pub fn recognised(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, i64>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT CAST(round(100 * (confidence ->> '$.ocr')) AS INTEGER) FROM article WHERE id = ?1")?;
            let mut out = HashMap::new();
            for id in ids {
                let confidence: Option<Option<i64>> = s.query_row([id.0], |r| r.get(0)).optional()?;
                out.extend(confidence.flatten().map(|c| (*id, c)));
            }
            Ok(out)
        })
    }

    /// Returns the copies of a story, earliest first.
    pub fn copies(&self, story: StoryId) -> Result<Vec<Headline>> {
        self.headlines("WHERE a.story_id = ?1 ORDER BY a.effective, a.id LIMIT 200", params![story.0])
    }

    pub(super) fn each_headline(&self, rest: &str, params: &[&dyn rusqlite::ToSql], mut each: impl FnMut(Headline) -> Result<()>) -> Result<()> {
        self.each("", rest, params, |r| each(read_headline(r)?))
    }

    pub(super) fn headlines(&self, rest: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Headline>> {
        self.all("", rest, params, read_headline)
    }

    fn all<T>(&self, more: &str, rest: &str, params: &[&dyn rusqlite::ToSql], read: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        let mut out = Vec::new();
        self.each(more, rest, params, |r| {
            out.push(read(r)?);
            Ok(())
        })?;
        Ok(out)
    }

    fn each(&self, more: &str, rest: &str, params: &[&dyn rusqlite::ToSql], mut each: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!("SELECT {HEADLINE_COLUMNS}{more} FROM article a JOIN source s ON s.id = a.source_id {rest}"))?;
            let mut rows = s.query(params)?;
            while let Some(r) = rows.next()? {
                each(r)?;
            }
            Ok(())
        })
    }

    /// Stores classifications, and finds the story of each article.
    pub fn commit_classifications(&self, judged: &[Classified<'_>]) -> Result<()> {
        self.write(|t| {
            judged.iter().try_for_each(|j| {
                let (id, title, text) = (j.article.headline.id, &j.article.headline.title, &j.article.text);
                store_classification(t, id, title, text, j.classification, j.signature)?;
                self.match_topics(t, id, title, text, j.classification, false).map(|_| ())
            })
        })
    }

    /// Returns the number of articles.
    pub fn article_count(&self) -> Result<usize> {
        self.read(|c| Ok(c.query_row("SELECT count(*) FROM article", [], |r| r.get::<_, i64>(0)).map(|n| usize::try_from(n).unwrap_or(0))?))
    }
}

/// Turns a query into one for the full-text index; `None` if it has no word. Nothing in it is query syntax.
pub(super) fn match_words(query: &str) -> Option<String> {
    let words: Vec<String> = Segmented::new(query).fts_tokens().split_whitespace().map(|w| format!("\"{}\"", w.replace('"', ""))).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Returns an article with its text and HTML.
pub(super) fn read_article_with_texts(store: &Store, id: ArticleId) -> Result<Article> {
    store.articles("WHERE a.id = ?1", params![id.0])?.pop().ok_or(StoreError::Sql(rusqlite::Error::QueryReturnedNoRows))
}

/// Stores a classification, and finds the story among what the writer sees, so that two copies stored at the same time still
/// meet.
pub(super) fn store_classification(
    t: &Connection,
    id: ArticleId,
    title: &str,
    text: &str,
    classification: &Classification,
    signature: &MinHashSignature,
) -> Result<()> {
    let json = serde_json::to_string(classification).map_err(invalid_value("judgement"))?;
    let sql = "SELECT a.story_id, coalesce(e.identity LIKE 'page-change:%' OR e.identity LIKE 'series:%', 0) FROM article a LEFT JOIN entry e ON e.id = a.entry_id WHERE a.id = ?1";
    let (known, is_news_of_its_own): (Option<i64>, bool) = t.prepare_cached(sql)?.query_row([id.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
    if known.is_some() {
        // classified again with another taxonomy: its story stays
        return store_judgement(t, id, &json);
    }
    if is_news_of_its_own {
        // the changes of one page read alike, and so do the figures of one series
        t.prepare_cached("UPDATE article SET story_id = ?1 WHERE id = ?1")?.execute([id.0])?;
        assign_own_event(t, id)?;
        return store_judgement(t, id, &json);
    }
    let bands = signature.bands();
    let mut candidates = Vec::new();
    let mut one = t.prepare_cached("SELECT bytes FROM sketch WHERE article_id = ?1")?;
    for other in sharing_bands(t, id, bands)? {
        let bytes: Option<Vec<u8>> = one.query_row([other], |r| r.get(0)).optional()?;
        candidates.extend(bytes.as_deref().and_then(MinHashSignature::from_bytes).map(|s| (other, s)));
    }
    let text_of = |other: i64| -> Result<String> {
        let mut s = t.prepare_cached("SELECT title, text FROM article WHERE id = ?1")?;
        Ok(s.query_row([other], |r| Ok(dedup_text(&r.get::<_, String>(0)?, &r.get::<_, String>(1)?)))?)
    };
    let story: i64 = match join(&dedup_text(title, text), signature, candidates, text_of)? {
        Some(other) => t.query_row("SELECT coalesce(story_id, id) FROM article WHERE id = ?1", [other], |r| r.get(0))?,
        None => id.0,
    };
    t.prepare_cached("UPDATE article SET story_id = ?2 WHERE id = ?1")?.execute(params![id.0, story])?;
    assign_event(t, id, story, title, text)?;
    store_judgement(t, id, &json)?;
    t.prepare_cached("INSERT OR REPLACE INTO sketch (article_id, bytes) VALUES (?1, ?2)")?.execute(params![id.0, signature.to_bytes()])?;
    // one statement: SQLite opens a savepoint for each
    let rows: Vec<String> = (0..bands.len()).map(|band| format!("({band}, ?{}, ?1)", band + 2)).collect();
    let sql = format!("INSERT OR IGNORE INTO band (band, value, article_id) VALUES {}", rows.join(", "));
    let values = std::iter::once(id.0).chain(bands.iter().map(|b| i64::from(*b)));
    t.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}

fn sharing_bands(c: &Connection, mine: ArticleId, bands: &[u32]) -> Result<Vec<i64>> {
    // only the newest of each band: what thousands share is boilerplate
    let one = |i: usize| {
        format!("SELECT * FROM (SELECT article_id FROM band WHERE band = {i} AND value = ?{} ORDER BY article_id DESC LIMIT {MAX_PER_BAND}) ", i + 1)
    };
    let pairs: Vec<String> = (0..bands.len()).map(one).collect();
    let sql = format!(
        "SELECT article_id FROM ({}) WHERE article_id <> ?{} GROUP BY article_id ORDER BY count(*) DESC, article_id LIMIT {MAX_CANDIDATES}",
        pairs.join("UNION ALL "),
        bands.len() + 1
    );
    let mut s = c.prepare_cached(&sql)?;
    let values = bands.iter().map(|b| i64::from(*b)).chain(std::iter::once(mine.0));
    let rows = s.query_map(params_from_iter(values), |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read_article(r: &Row<'_>) -> Result<Article> {
    let (image, attachments): (Option<String>, String) = (r.get(19)?, r.get(20)?);
    Ok(Article {
        headline: read_headline(r)?,
        text: r.get(17)?,
        html: r.get(18)?,
        image: image.and_then(|i| WebUrl::parse(&i).ok()),
        attachments: serde_json::from_str(&attachments).map_err(invalid_value("attachments"))?,
    })
}

fn read_headline(r: &Row<'_>) -> Result<Headline> {
    let published: Option<String> = r.get(9)?;
    let (classification, confidence): (Option<String>, Option<String>) = (r.get(13)?, r.get(14)?);
    Ok(Headline {
        id: ArticleId(r.get(0)?),
        source: SourceId::parse(&r.get::<_, String>(1)?).ok_or("not an id").map_err(invalid_value("source id"))?,
        source_name: r.get(2)?,
        region: r.get(3)?,
        weight: r.get(4)?,
        url: WebUrl::parse(&r.get::<_, String>(5)?).map_err(invalid_value("article address"))?,
        title: r.get(6)?,
        author: r.get(7)?,
        publisher: r.get(8)?,
        published_at: published.and_then(|p| DateTime::parse_from_rfc3339(&p).ok()),
        fetched_at: DateTime::from_timestamp(r.get(10)?, 0).ok_or("out of range").map_err(invalid_value("article time"))?,
        length: usize::try_from(r.get::<_, i64>(11)?).unwrap_or(0),
        story: r.get::<_, Option<i64>>(12)?.map(StoryId),
        event: r
            .get::<_, Option<i64>>(15)?
            .map(EventId)
            .map(|event| Ok::<_, StoreError>(EventMember { event, confidence: r.get::<_, Option<f64>>(16)?.unwrap_or(1.0) }))
            .transpose()?,
        classification: classification.map(|j| serde_json::from_str(&j)).transpose().map_err(invalid_value("judgement"))?,
        confidence: confidence.map(|c| serde_json::from_str(&c)).transpose().map_err(invalid_value("confidence"))?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedup::fingerprint::BANDS;

    /// Texts of one story, each edited differently.
    fn text(n: i64) -> String {
        let editor: String = n.to_string().chars().filter_map(|d| "甲乙丙丁戊己庚辛壬癸".chars().nth(d.to_digit(10)? as usize)).collect();
        format!("长葛市再生金属产业园今年前十个月实现产值四百二十亿元，园区企业从单一废钢回收转向精深加工，综合能耗下降明显。（责任编辑：{editor}）")
    }

    fn fill(store: &Store, articles: std::ops::RangeInclusive<i64>) {
        let fill = |t: &Connection| {
            t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?;
            for n in articles.clone() {
                let entry = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)";
                t.execute(entry, [n])?;
                let article = "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html)
                               VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', '题', 0, 0, ?2, '')";
                t.execute(article, params![n, text(n)])?;
            }
            Ok(())
        };
        store.write(fill).unwrap();
    }

    #[test]
    fn of_a_story_of_many_copies_a_new_one_is_compared_with_few() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let last = 200;
        fill(&store, 1..=last);
        let classification = Classification::default();
        loop {
            let articles = store.unclassified(100).unwrap();
            if articles.is_empty() {
                break;
            }
            let signatures: Vec<_> = articles.iter().map(|a| MinHashSignature::new(&dedup_text(&a.headline.title, &a.text))).collect();
            let rows =
                articles.iter().zip(&signatures).map(|(article, signature)| Classified { article, classification: &classification, signature });
            store.commit_classifications(&rows.collect::<Vec<_>>()).unwrap();
        }
        assert_eq!(store.headline(ArticleId(last)).unwrap().story, Some(StoryId(1)));
        let signature = MinHashSignature::new(&text(last));
        let (looked_at, kept) = store
            .read(|c| {
                let kept: i64 = c.query_row("SELECT count(*) FROM band", [], |r| r.get(0))?;
                Ok((sharing_bands(c, ArticleId(last), signature.bands())?, kept))
            })
            .unwrap();
        assert_eq!((looked_at.len(), kept), (MAX_CANDIDATES, last * i64::try_from(BANDS).unwrap()));
    }
}
