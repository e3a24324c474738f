use super::*;
use crate::review::{Lead, ReviewWork};

fn row(name: &str, current: u32, weeks: &[u32], verdict: Verdict) -> CountRow {
    let mean = f64::from(weeks.iter().sum::<u32>()) / 8.0;
    let range = (weeks.iter().min().copied().unwrap_or(0), weeks.iter().max().copied().unwrap_or(0));
    CountRow { name: name.to_owned(), current, weeks: weeks.to_vec(), mean, range: (range.0.into(), range.1.into()), verdict }
}

pub(crate) fn review() -> Review {
    let lead = |title: &str| Lead { article: 7, title: title.to_owned(), url: "https://a.example/7".to_owned(), publisher: "示例网".to_owned() };
    let at = |text: &str| text.parse().unwrap();
    Review {
        publication: "许昌竞争情报快递".to_owned(),
        period: "2026-W48".to_owned(),
        first_day: "2026-11-23".parse().unwrap(),
        last_day: "2026-11-29".parse().unwrap(),
        unfinished_at: None,
        stories: row("全部", 40, &[30, 32, 31, 29, 30, 33, 30, 28], Verdict::Unknown),
        industries: vec![
            row("食品", 20, &[5, 4, 6, 5, 5, 6, 4, 5], Verdict::More),
            row("装备制造", 9, &[9, 8, 10, 9, 9, 10, 8, 9], Verdict::Usual),
            row("建材", 0, &[6, 5, 7, 6, 6, 7, 5, 6], Verdict::Fewer),
        ],
        columns: Vec::new(),
        places: Vec::new(),
        terms: vec![RisingTerm {
            term: "面粉召回".to_owned(),
            stories: 14,
            sources: 6,
            expected: 0.1,
            related: vec!["下架".to_owned()],
            lead: Some(lead("云鹭食品召回一批面粉")),
        }],
        events: vec![ReviewEvent {
            event: 3,
            lead: lead("云鹭食品召回一批面粉"),
            first_seen: at("2026-11-24T01:00:00Z"),
            last_seen: at("2026-11-28T01:00:00Z"),
            is_new: true,
            stories: 14,
            sources: 6,
        }],
        organisations: Vec::new(),
        topics: vec![ReviewTopic {
            id: 2,
            title: "面粉价格".to_owned(),
            articles: 0,
            newest: Some(at("2026-11-10T00:00:00Z")),
            due: Some("2026-11-27".parse().unwrap()),
            is_closed: false,
        }],
        sources: Some(Vec::new()),
        work: ReviewWork::default(),
    }
}

#[test]
fn sentences_say_what_the_numbers_say() {
    let told = lead(&review(), chrono_tz::Asia::Shanghai).join("\n");
    assert_eq!(
        told,
        "本周有 40 条新闻（转载的只算一条）。此前 8 周每周平均 30 条（28～33 条）。\n明显偏多的行业：食品（20 条，平常 5）。\n\
         明显偏少的行业：建材（0 条，平常 6）。\n升温的词：面粉召回（14 条，平常 不到 1）。\n报道最多的是“云鹭食品召回一批面粉”，6 家来源。"
    );
    assert_eq!(others(&review().events[0]), "另有 5 家报道");
}

#[test]
fn an_empty_week_says_so() {
    let mut r = review();
    r.stories.current = 0;
    assert_eq!(lead(&r, chrono_tz::Asia::Shanghai), ["本周没有与本刊有关的新闻。"]);
    r.stories.current = 3;
    r.stories.weeks = vec![0, 0, 0, 0, 0, 0, 4, 5];
    (r.terms, r.events) = (Vec::new(), Vec::new());
    assert_eq!(lead(&r, chrono_tz::Asia::Shanghai), ["本周有 3 条新闻（转载的只算一条）。此前的存档只有 2 周，不作比较。", "没有明显升温的词。"]);
}

#[test]
fn a_topic_tells_its_silence_and_its_due_date() {
    let at = "2026-11-29T16:00:00Z".parse().unwrap();
    let mut topic = review().topics.remove(0);
    let words = |t: &ReviewTopic| topic_words(t, at, chrono_tz::Asia::Shanghai);
    assert_eq!(words(&topic), "没有新文章；最近一篇 11月10日；19 天没有新情况；11月27日 到期，已逾期 3 天");
    (topic.articles, topic.newest, topic.due) = (2, Some("2026-11-28T00:00:00Z".parse().unwrap()), Some("2026-12-05".parse().unwrap()));
    assert_eq!(words(&topic), "新文章 2 篇；最近一篇 11月28日；12月5日 到期");
    topic.is_closed = true;
    assert_eq!(words(&topic), "新文章 2 篇；最近一篇 11月28日；已结束");
}
