//! 一周综述: the page of a week and a month, its document and its mail.

use chromiumoxide::cdp::browser_protocol::page::PrintToPdfParams;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use reqwest::StatusCode;

use super::browser::{enter, picture, shape, violations, visit};
use super::{Service, run};

/// A finished week, and its Monday.
fn last_week() -> (String, NaiveDate) {
    let today = Utc::now().with_timezone(&chrono_tz::Asia::Shanghai).date_naive();
    let monday = today - Days::new(u64::from(today.weekday().num_days_from_monday()) + 7);
    (format!("{}-W{:02}", monday.iso_week().year(), monday.iso_week().week()), monday)
}

/// A story of a day.
struct Story<'a> {
    title: &'a str,
    industry: &'a str,
    keyword: &'a str,
    organisation: &'a str,
    event: Option<i64>,
    copies: i64,
}

/// Adds a story with its copies, each of another source.
fn add(c: &rusqlite::Connection, at: DateTime<Utc>, n: i64, s: &Story<'_>) {
    let mut first = None;
    for copy in 0..=s.copies {
        let id: i64 = c.query_row("SELECT coalesce(max(id), 0) + 1 FROM entry", [], |r| r.get(0)).unwrap();
        let (story, source) = (*first.get_or_insert(id), format!("made{}", (n + copy) % 6));
        let name = format!("示例网{}", (n + copy) % 6 + 1);
        c.execute("INSERT OR IGNORE INTO source (id, name, url, retired) VALUES (?1, ?2, 'https://a.example/', 1)", [&source, &name]).unwrap();
        let address = format!("https://a.example/{id}");
        let entry =
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?3, ?3, ?3, ?4, 'done', ?5)";
        c.execute(entry, rusqlite::params![id, source, address, s.title, at.timestamp()]).unwrap();
        let judgement = serde_json::json!({"industries": [{"name": s.industry, "score": 0.9, "evidence": []}], "column": "行业动态", "keywords": [s.keyword],
            "places": ["许昌"], "level": "许昌", "organisations": []});
        let article =
            "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id, event_id, judgement)
                       VALUES (?1, ?1, ?2, ?3, ?3, ?4, ?5, ?5, '正文', '', ?6, ?7, ?8)";
        let when = at.timestamp() + copy * 3_600;
        let event = s.event.unwrap_or(1_000_000 + story);
        c.execute(article, rusqlite::params![id, source, address, s.title, when, story, event, judgement.to_string()]).unwrap();
        for (table, label) in
            [("article_industry", s.industry), ("article_keyword", s.keyword), ("article_place", "许昌"), ("article_column", "行业动态")]
        {
            c.execute(&format!("INSERT INTO {table} VALUES (?1, ?2, ?3)"), rusqlite::params![label, when, id]).unwrap();
        }
        if !s.organisation.is_empty() {
            c.execute("INSERT OR IGNORE INTO organisation (name) VALUES (?1)", [s.organisation]).unwrap();
            let named = "INSERT INTO article_organisation SELECT id, ?2, ?3 FROM organisation WHERE name = ?1";
            c.execute(named, rusqlite::params![s.organisation, when, id]).unwrap();
        }
    }
}

/// Eight usual weeks, then one in which 食品 has four times its stories because of a recall, and 建材 almost none.
fn fill(service: &Service) -> String {
    let (week, monday) = last_week();
    let c = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    c.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    // the sample world is of another year
    c.execute("UPDATE article SET effective = effective - 400 * 86400", []).unwrap();
    let industries = [("食品", 5), ("建材", 6), ("装备制造", 9), ("发制品", 3), ("新材料", 4), ("化工", 2)];
    let mut n = 0;
    for back in 0..9u64 {
        for (industry, usual) in industries {
            let stories = match (back, industry) {
                (0, "食品") => 6,
                (0, "建材") => 0,
                _ => usual + i64::try_from((back * 7 + u64::try_from(industry.len()).unwrap()) % 3).unwrap() - 1,
            };
            for i in 0..stories {
                n += 1;
                let title = format!("{industry}企业第{n}号消息：扩产增效，带动就业");
                let story = Story {
                    title: &title,
                    industry,
                    keyword: industry,
                    organisation: if i == 0 { "云鹭集团" } else { "" },
                    event: None,
                    copies: n % 2,
                };
                add(&c, moment(monday - Days::new(back * 7), n), n, &story);
            }
        }
    }
    for i in 0..14 {
        let titles = ["云鹭食品召回一批面粉", "面粉召回：云鹭食品称已下架三万袋", "市场监管局通报面粉召回进展"];
        let story = Story {
            title: titles[i % 3],
            industry: "食品",
            keyword: "面粉召回",
            organisation: "许昌云鹭食品有限公司",
            event: Some(9_000_001),
            copies: i64::from(i % 3 == 0) * 3,
        };
        add(&c, moment(monday, i64::try_from(i).unwrap()), i64::try_from(i).unwrap(), &story);
    }
    c.execute_batch("COMMIT").unwrap();
    week
}

/// A time in a week, spread over its days.
fn moment(monday: NaiveDate, n: i64) -> DateTime<Utc> {
    let day = monday + Days::new(u64::try_from(n % 7).unwrap());
    let at = day.and_time(NaiveTime::from_hms_opt(u32::try_from(8 + n % 10).unwrap(), 5, 0).unwrap());
    chrono_tz::Asia::Shanghai.from_local_datetime(&at).unwrap().with_timezone(&Utc)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_is_told_by_its_numbers() {
    let service = Service::start("");
    let week = fill(&service);
    let editor = service.sign_in("", "甲编辑").await;
    let page = editor.page(&format!("/week/{week}")).await;
    for words in [
        "明显偏多的行业：食品（20 条，平常",
        "明显偏少的行业：建材（0 条",
        "面粉召回",
        "另有 5 家报道",
        "许昌云鹭食品有限公司",
        "没有关注中的课题",
        "此前 8 周每周平均",
        "与此前 8 周比",
        "另有 1 家没有列出",
        "偏多",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        page.contains("href=\"/articles?q=%E9%9D%A2%E7%B2%89%E5%8F%AC%E5%9B%9E&#38;from=") || page.contains("q=%E9%9D%A2%E7%B2%89%E5%8F%AC%E5%9B%9E"),
        "{page}"
    );
    assert!(editor.page("/week").await.contains("截至"), "this week is not over");
    let month = week_month();
    assert!(editor.page(&format!("/month/{month}")).await.contains("一月综述"));
    for wrong in [
        "/week/2026-W60",
        "/week/2026-11",
        "/month/2026-W48",
        "/week/x",
        "/week/9999-W01",
        &format!("/week/{week}?publication=%E6%B2%A1%E6%9C%89"),
        &format!("/week/{week}/docx?publication=x"),
    ] {
        assert_eq!(editor.get(wrong).await.status(), StatusCode::NOT_FOUND, "{wrong}");
    }
    assert!(editor.page("/week/2001-W01").await.contains("没有与本刊有关的新闻"), "long before");
    let answer = editor.get(&format!("/week/{week}/docx")).await;
    assert_eq!(answer.headers()["content-type"], "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(b"PK") && bytes.len() > 10_000);

    let text = run(service.dir.path(), &["report", "week", "--period", &week], "");
    assert!(text.contains("●大事") && text.contains("面粉召回"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&run(service.dir.path(), &["report", "week", "--json", "--period", &week], "")).unwrap();
    assert_eq!((json["period"].as_str(), json["terms"][0]["term"].as_str()), (Some(week.as_str()), Some("面粉召回")));
    run(service.dir.path(), &["report", "week", "--period", &week, "--docx", "week.docx"], "");
    let file = std::fs::read(service.dir.path().join("week.docx")).unwrap();
    assert_eq!(file, bytes, "the same document");
    keep("week.docx", &file);
}

/// Leaves a file for people to look at.
fn keep(name: &str, bytes: &[u8]) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn week_month() -> String {
    last_week().1.format("%Y-%m").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn a_week_fits_every_screen_and_the_paper() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let week = fill(&service);
    let (mut browser, page) = enter(&service, "甲编辑").await;
    for (width, height, end) in [(1440, 2600, ""), (390, 3800, "-phone")] {
        for scheme in ["light", "dark"] {
            shape(&page, width, height, scheme).await;
            for (name, path) in [("week", format!("/week/{week}")), ("month", format!("/month/{}", week_month())), ("week-now", "/week".to_owned())] {
                visit(&page, &service, &path).await;
                let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
                assert!(wide <= width, "{name} at {width}: {wide} wide");
                picture(&page, &format!("{name}-{scheme}{end}")).await;
                page.evaluate(axe.as_str()).await.unwrap();
                assert_eq!(violations(&page).await, "", "{name} at {width}, {scheme}");
            }
        }
    }
    visit(&page, &service, &format!("/week/{week}")).await;
    let params = PrintToPdfParams { prefer_css_page_size: Some(true), print_background: Some(true), ..Default::default() };
    let paper = page.pdf(params).await.unwrap();
    keep("week.pdf", &paper);
    browser.close().await.unwrap();
}
