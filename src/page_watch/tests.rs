//! Pairs of versions, and looks in a row. The pairs are pages of `tests/data/page_watch`: f… differ in furniture only, c… have a change.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone as _, Utc};

use super::*;
use crate::fetch::charset;
use crate::model::{IgnoredPart, PageWatch};

fn at(day: u32, hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap()
}

fn page(html: &str, seen_at: DateTime<Utc>) -> Version {
    Version { seen_at, blocks: blocks::cut(html, &PageWatch::default()).unwrap().blocks }
}

fn look(stored: Option<&Version>, new: &Version, memory: &mut Memory) -> Verdict {
    judge(&Look { stored, new, name: "页面", zone: chrono_tz::Asia::Shanghai, min_change: 1 }, memory)
}

fn pairs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.to_string_lossy().ends_with(".old.html"));
    files.sort();
    files
}

/// Returns the name of a pair, and title and text of the entry that it makes.
fn told(old: &Path) -> (String, String) {
    let read = |file: &Path| charset::decode(&std::fs::read(file).unwrap(), None, None).text;
    let name = old.file_name().unwrap().to_string_lossy().replace(".old.html", "");
    let (before, after) = (page(&read(old), at(29, 2)), page(&read(&old.with_file_name(format!("{name}.new.html"))), at(30, 2)));
    let text = match look(Some(&before), &after, &mut Memory::default()) {
        Verdict::Changed(r) => format!("{}\n{}", r.title, text_of(&r.html)),
        Verdict::Unchanged => "unchanged".to_owned(),
        other => format!("{other:?}"),
    };
    (name, text)
}

#[test]
fn furniture_tells_nothing() {
    let found: Vec<(String, String)> = pairs("page_watch").iter().map(|p| told(p)).filter(|(name, _)| name.starts_with('f')).collect();
    assert_eq!(found.len(), 20);
    let told: Vec<_> = found.into_iter().filter(|(_, text)| text != "unchanged").collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn changes_are_told_as_a_reader_needs_them() {
    let found: Vec<(String, String)> = pairs("page_watch").iter().map(|p| told(p)).filter(|(name, _)| name.starts_with('c')).collect();
    assert_eq!(found.len(), 20);
    insta::assert_snapshot!(found.into_iter().map(|(name, text)| format!("# {name}\n{text}\n")).collect::<Vec<_>>().join("\n"));
}

const PRICES: &str = "<h1>价目表</h1><table><tr><th>品名</th><th>价格</th></tr><tr><td>甲</td><td>10 元</td></tr><tr><td>乙</td><td>20 元</td></tr></table>\
    <p>联系人：陆知远</p><p>地址：云溪市工业路一号</p><p>供货周期约两周，运费另计。</p><p>每日一句：行百里者半九十</p>";

/// Looks at pages in turn, each stored as the crawl stores it; returns the titles told.
fn titles(pages: &[(String, DateTime<Utc>)]) -> Vec<String> {
    let (mut stored, mut memory, mut out) = (None, Memory::default(), Vec::new());
    for (html, seen_at) in pages {
        let new = page(html, *seen_at);
        let verdict = look(stored.as_ref(), &new, &mut memory);
        if let Verdict::Changed(r) | Verdict::Redesigned(r) = &verdict {
            out.push(r.title.clone());
        }
        if !matches!(verdict, Verdict::Unchanged | Verdict::Odd { .. }) {
            stored = Some(new);
        }
    }
    out
}

#[test]
fn a_line_that_changes_with_every_look_is_ignored_after_three() {
    let pages = (0..12).map(|n| {
        (
            PRICES.replace("行百里者半九十", &"春夏秋冬东南西北上下左右".chars().cycle().skip(n).take(5).collect::<String>()),
            at(10, u32::try_from(n).unwrap()),
        )
    });
    let mut pages: Vec<_> = pages.collect();
    assert_eq!(titles(&pages).len(), 2, "told until it is known: {:?}", titles(&pages));
    pages.push((pages[11].0.replace("10 元", "11 元"), at(10, 13)));
    assert_eq!(titles(&pages)[2..], ["《页面》有变化：甲 价格 10 元 → 11 元"], "other lines count");
}

#[test]
fn a_figure_below_a_heading_that_speaks_of_prices_is_no_price() {
    let pages: Vec<_> = (0..9).map(|n| (PRICES.replace("每日一句：行百里者半九十", &format!("神秘计数 {}", 40 + n * 7)), at(10, n))).collect();
    assert_eq!(titles(&pages).len(), 2);
}

#[test]
fn a_price_that_changes_daily_is_told_daily() {
    let pages: Vec<_> = (0..12).map(|n| (PRICES.replace("10 元", &format!("{} 元", 10 + n)), at(1 + n, 0))).collect();
    assert_eq!(titles(&pages).len(), 11);
}

#[test]
fn two_servers_in_turn_tell_each_change_once() {
    let other = PRICES.replace("10 元", "12 元");
    let pages: Vec<_> = (0..16).map(|n| (if n % 2 == 0 { PRICES.to_owned() } else { other.clone() }, at(10, n))).collect();
    assert_eq!(titles(&pages), ["《页面》有变化：甲 价格 10 元 → 12 元", "《页面》有变化：甲 价格 12 元 → 10 元"]);
}

#[test]
fn a_broken_page_is_no_change_and_a_new_one_is_told_once() {
    let gone = "<h1>系统维护</h1><p>请稍后再来</p>".to_owned();
    let mut pages = vec![
        (PRICES.to_owned(), at(10, 0)),
        (gone.clone(), at(10, 1)),
        (PRICES.to_owned(), at(10, 2)),
        (gone.clone(), at(10, 3)),
        (gone.clone(), at(10, 4)),
    ];
    assert!(titles(&pages).is_empty(), "it comes back, or is not yet sure");
    pages.push((gone.clone(), at(10, 5)));
    pages.push((gone, at(10, 6)));
    assert_eq!(titles(&pages), ["《页面》页面改版"]);
}

#[test]
fn small_changes_add_up_to_the_threshold() {
    let judged = |stored: &Version, html: &str| {
        judge(
            &Look { stored: Some(stored), new: &page(html, at(11, 0)), name: "页面", zone: chrono_tz::Asia::Shanghai, min_change: 6 },
            &mut Memory::default(),
        )
    };
    let base = page(PRICES, at(10, 0));
    assert_eq!(judged(&base, &PRICES.replace("10 元", "11 元")), Verdict::Unchanged);
    assert!(matches!(judged(&base, &PRICES.replace("10 元", "11 元").replace("两周", "三天").replace("一号", "二号")), Verdict::Changed(_)));
}

#[test]
fn only_the_selected_part_is_read() {
    let watch = PageWatch { select: Some("table".to_owned()), ignore: vec![IgnoredPart::Words("乙".to_owned())], min_change: 1 };
    let texts: Vec<String> = blocks::cut(PRICES, &watch).unwrap().blocks.into_iter().map(|b| b.text).collect();
    assert_eq!(texts, ["品名\t价格", "甲\t10 元"]);
    let missing = PageWatch { select: Some("#none".to_owned()), ..PageWatch::default() };
    assert_eq!(blocks::cut(PRICES, &missing), Err(PageError::NothingSelected("#none".to_owned())));
    let ignored = PageWatch { ignore: vec![IgnoredPart::Selector("p, h1".to_owned())], ..PageWatch::default() };
    assert_eq!(blocks::cut(PRICES, &ignored).unwrap().blocks.len(), 3);
    assert_eq!(blocks::cut("<nav>甲</nav>", &PageWatch::default()).map(|p| p.blocks.len()), Ok(1), "all of its text");
    assert_eq!(blocks::cut("<p> </p>", &PageWatch::default()), Err(PageError::Empty));
}

#[test]
fn a_page_of_too_many_lines_is_cut() {
    let page = blocks::cut(&"<p>一</p>".repeat(120_000), &PageWatch::default()).unwrap();
    assert_eq!((page.blocks.len(), page.cut), (blocks::MAX_BLOCKS, true));
}

#[test]
fn hostile_pages_cost_linear_time() {
    let rows = |n: u32, price: u32| -> String { (0..n).map(|i| format!("<p>同一行 {} 号 {price} 元</p>", i % 7)).collect() };
    let started = std::time::Instant::now();
    let (old, new) = (page(&rows(20_000, 1), at(10, 0)), page(&rows(20_000, 2), at(10, 1)));
    look(Some(&old), &new, &mut Memory::default());
    let different: String = (0..10_000).map(|i| format!("<p>第 {i} 段文字说的是另一件事 {}</p>", i * 7919)).collect();
    look(Some(&old), &page(&different, at(10, 2)), &mut Memory::default());
    // far more than it takes, far less than a quadratic comparison would
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

proptest::proptest! {
    #[test]
    fn no_pages_make_it_panic(a in "(<(p|td|tr|table|li|h2|dt|dd|dl)( rowspan=9)?>|[甲乙0-9：年月日-]|\\PC){0,60}", b in "(<(p|td|tr|table|li|h2|dt|dd)>|[甲乙0-9：]|\\PC){0,60}") {
        let cut = |html: &str| Version { seen_at: at(10, 0), blocks: blocks::cut(html, &PageWatch::default()).map(|p| p.blocks).unwrap_or_default() };
        look(Some(&cut(&a)), &cut(&b), &mut Memory::default());
    }
}
