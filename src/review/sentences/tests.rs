use super::*;
use crate::review::{Lead, ReviewWork, Share};

fn row(name: &str, current: u32, weeks: &[u32], verdict: Verdict) -> CountRow {
    let usual = f64::from(weeks.iter().sum::<u32>()) / 243.0 * 100.0;
    let share = Share { current: f64::from(current) / 40.0 * 100.0, usual, verdict };
    CountRow::new(name, current, f64::from(current), weeks.to_vec(), Some(share))
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
        is_complete: true,
        stories: CountRow { share: None, ..row("全部", 40, &[30, 32, 31, 29, 30, 33, 30, 28], Verdict::Unknown) },
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
        other_organisations: 0,
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
        "本周有 40 条新闻（转载的只算一条），比平常多三成。此前 8 周每周平均 30 条（28～33 条）。\n明显偏多的行业：食品（20 条，平常 5）。\n\
         明显偏少的行业：建材（0 条，平常 6）。\n升温的词：面粉召回（14 条，平常 0.1）。\n报道最多的是“云鹭食品召回一批面粉”，6 家来源。"
    );
    assert_eq!(others(&review().events[0]), "另有 5 家报道");
}

#[test]
fn an_empty_week_says_so() {
    let mut r = review();
    r.stories.current = 0;
    assert_eq!(lead(&r, chrono_tz::Asia::Shanghai), ["本周没有与本刊有关的新闻。"]);
    r.stories.current = 3;
    r.stories = CountRow::new("全部", 3, 3.0, vec![4, 5], None);
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

#[test]
fn count_and_share_are_both_told_if_they_differ() {
    let mut r = review();
    r.industries = vec![row("发制品", 5, &[0, 1, 0, 3, 0, 1, 1, 0], Verdict::Usual), row("食品", 20, &[5; 8], Verdict::More)];
    assert_eq!(
        industry_sentences(&r),
        ["明显偏多的行业：食品（20 条，平常 5）。", "条数多，占比变化不明显：发制品（5 条，平常 0.8；占比 12%，平常 2.5%）。"]
    );
    r.industries = vec![row("发制品", 2, &[0, 1, 0, 3, 0, 1, 1, 0], Verdict::Usual)];
    assert_eq!(industry_sentences(&r), ["各行业的条数和占比都在平常的起伏之内。"]);
}

#[test]
fn a_month_is_told_by_the_week() {
    let mut r = review();
    r.period = "2026-11".to_owned();
    r.stories = CountRow::new("全部", 139, 32.4, vec![33, 32, 37, 34], None);
    let share = Share { current: 17.3, usual: 6.0, verdict: Verdict::More };
    r.industries = vec![CountRow::new("新能源汽车", 24, 5.6, vec![0, 5, 3, 0], Some(share))];
    let told = lead(&r, chrono_tz::Asia::Shanghai);
    assert_eq!(told[0], "本月有 139 条新闻（转载的只算一条），每周 32 条，在平常的范围内。此前有存档的 4 周每周平均 34 条（32～37 条）。");
    assert_eq!(told[1], "明显偏多的行业：新能源汽车（24 条，每周 5.6，平常每周 2）。");
}

#[test]
fn an_incomplete_archive_is_told() {
    let mut r = review();
    r.is_complete = false;
    assert_eq!(lead(&r, chrono_tz::Asia::Shanghai)[0], "存档没有本周的每一天，以下的数字不完整。");
}

#[test]
fn numbers_and_ratios_are_short() {
    let told = [0.0, 0.02, 0.3, 0.96, 1.7, 2.0, 9.96, 36.4].map(number);
    assert_eq!(told, ["0", "不到 0.1", "0.3", "1", "1.7", "2", "10", "36"]);
    let told = [(56.0, 35.0), (20.0, 35.0), (37.0, 35.5), (81.0, 35.0), (3.0, 0.0), (0.5, 35.0)].map(|(rate, mean)| ratio(rate, mean));
    assert_eq!(told, ["比平常多六成", "比平常少四成", "略多于平常", "是平常的 2.3 倍", "远多于平常", "远少于平常"]);
}
