//! The console in a real Chromium: keys, dragging, saving by itself; every page at the width of a phone and of a desk, light and
//! dark. That the forms work without scripts is what the rest of this test lives on.

use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::browser::{SetDownloadBehaviorBehavior, SetDownloadBehaviorParams};
use chromiumoxide::cdp::browser_protocol::emulation::{MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams};
use chromiumoxide::cdp::browser_protocol::network::{BlockPattern, EnableParams, SetBlockedUrLsParams};
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::page::{Page, ScreenshotParams};
use chromiumoxide::{Browser, BrowserConfig};
use futures_util::StreamExt as _;

use super::{PASSWORD, Service};

/// Confirms what the articles do not say, if 定稿 asks.
pub(super) const CONFIRM: &str = "document.querySelectorAll('.anyway:not([hidden]) input').forEach(a => { a.checked = true; })";

/// Runs a script until it says yes.
pub(super) async fn until(page: &Page, what: &str, script: &str) {
    // on a busy machine a page may take long
    for _ in 0..300 {
        if page.evaluate(script).await.is_ok_and(|v| v.into_value::<bool>().unwrap_or(false)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {}", page.content().await.unwrap());
}

pub(super) async fn value(page: &Page, script: &str) -> String {
    page.evaluate(script).await.unwrap().into_value().unwrap()
}

/// Articles of the first column.
async fn order(page: &Page) -> Vec<String> {
    let list = value(page, "[...document.querySelector('.column').querySelectorAll('.item')].map(i => i.dataset.article).join(' ')").await;
    list.split(' ').map(str::to_owned).collect()
}

/// Presses a key as a reader's keyboard would.
pub(super) async fn key(page: &Page, key: &str) {
    // the script listens once the page is whole
    until(page, key, "document.readyState === 'complete' && document.documentElement.classList.contains('script')").await;
    let script = format!(
        "(document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true}}))"
    );
    page.evaluate(script).await.unwrap();
}

pub(super) async fn shape(page: &Page, width: i64, height: i64, scheme: &str) {
    let metrics = SetDeviceMetricsOverrideParams::new(width, height, 1.0, width < 600);
    page.execute(metrics).await.unwrap();
    let feature = MediaFeature::new("prefers-color-scheme", scheme);
    page.execute(SetEmulatedMediaParams::builder().features(vec![feature]).build()).await.unwrap();
}

/// Starts a browser and signs somebody in.
pub(super) async fn enter(service: &Service, name: &str) -> (Browser, Page) {
    let config = BrowserConfig::builder().no_sandbox().user_data_dir(service.dir.path().join(format!("browser-{name}"))).build().unwrap();
    let (browser, mut events) = Browser::launch(config).await.unwrap();
    tokio::spawn(async move { while events.next().await.is_some() {} });
    let page = browser.new_page(format!("{}/", service.base)).await.unwrap();
    page.wait_for_navigation().await.unwrap();
    // no key of a keyboard writes these letters at once
    page.evaluate(format!("document.querySelector('input[name=name]').value = '{name}'")).await.unwrap();
    page.find_element("input[name=password]").await.unwrap().click().await.unwrap().type_str(PASSWORD).await.unwrap();
    page.find_element("button.main").await.unwrap().click().await.unwrap();
    until(&page, "the desk", "document.readyState === 'complete' && document.querySelectorAll('.item').length > 20").await;
    (browser, page)
}

/// Goes to a page and waits until it is there.
pub(super) async fn visit(page: &Page, service: &Service, path: &str) {
    page.goto(format!("{}{path}", service.base)).await.unwrap();
    until(page, path, "document.readyState === 'complete' && !!document.querySelector('main')").await;
}

/// Runs a script for what it does; while a page makes room for the next one it is tried again.
pub(super) async fn act(page: &Page, script: &str) {
    let mut last = None;
    for _ in 0..30 {
        match page.evaluate(script).await {
            Ok(_) => return,
            Err(e) => last = Some(e),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{script}: {last:?}");
}

/// Writes into a field as its reader would.
pub(super) async fn fill(page: &Page, selector: &str, text: &str) {
    let script =
        format!("{{ const f = document.querySelector(`{selector}`); f.value = `{text}`; f.dispatchEvent(new Event('input', {{bubbles: true}})); }}");
    act(page, &script).await;
}

pub(super) async fn press(page: &Page, selector: &str) {
    act(page, &format!("document.querySelector(`{selector}`).click()")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn an_editor_finishes_the_issue_by_keys_and_by_mouse() {
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "管理员").await;

    // by key: the first item one place down
    let first = order(&page).await;
    key(&page, "j").await;
    key(&page, "]").await;
    let swapped = format!("document.querySelector('.item') && document.querySelector('.item').dataset.article === '{}'", first[1]);
    until(&page, "moved by key", &swapped).await;

    // written, and saved by itself
    key(&page, "j").await;
    key(&page, "e").await;
    page.evaluate("{ const t = document.activeElement; t.value = '编辑改过的标题'; t.dispatchEvent(new Event('input', {bubbles: true})); }")
        .await
        .unwrap();
    until(&page, "saved by itself", "document.getElementById('state').textContent.startsWith('已保存')").await;
    page.reload().await.unwrap();
    until(&page, "the title stayed", "[...document.querySelectorAll('.item input.title')].some(t => t.value === '编辑改过的标题')").await;

    // dragged: the third before the first
    let before = order(&page).await;
    let drag = "{ const [a, , c] = document.querySelectorAll('.item'); const data = new DataTransfer();
        const fire = (on, type) => on.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
        fire(c, 'dragstart'); fire(a, 'dragover'); fire(a, 'drop'); }";
    page.evaluate(drag).await.unwrap();
    let dragged = format!(
        "document.querySelector('.item').dataset.article === '{}' && document.getElementById('state').textContent.startsWith('已保存')",
        before[2]
    );
    until(&page, "dragged", &dragged).await;
    page.reload().await.unwrap();
    until(&page, "the drag stayed", &format!("document.querySelector('.item').dataset.article === '{}'", before[2])).await;

    // by a finger, on its grip: the second behind the fourth's place
    let before = order(&page).await;
    let finger = "{ const items = document.querySelectorAll('.item'), grip = items[3].querySelector('.grip'), to = items[1];
        to.scrollIntoView({block: 'center'});
        const r = to.getBoundingClientRect(), fire = (type, x, y) => grip.dispatchEvent(new PointerEvent(type, {bubbles: true, cancelable: true, pointerId: 1, clientX: x, clientY: y}));
        fire('pointerdown', 0, 0); fire('pointermove', r.left + 9, r.top + r.height / 2); fire('pointerup', 0, 0); }";
    act(&page, finger).await;
    until(&page, "dragged by finger", &format!("document.querySelectorAll('.item')[1].dataset.article === '{}'", before[3])).await;

    // dropped with its reason, and taken back
    let n = order(&page).await.len();
    key(&page, "j").await;
    key(&page, "x").await;
    until(&page, "dropped", &format!("document.querySelector('.column').querySelectorAll('.item').length === {}", n - 1)).await;
    key(&page, "u").await;
    until(&page, "undone", &format!("document.querySelector('.column').querySelectorAll('.item').length === {n}")).await;

    // several at once: their bar shows while some are picked
    let bar = "getComputedStyle(document.querySelector('.picked')).display";
    assert_eq!(value(&page, bar).await, "none");
    act(&page, "[...document.querySelectorAll('[data-pick]')].slice(0, 2).forEach(p => p.click())").await;
    until(&page, "the bar of those picked", &format!("{bar} !== 'none' && document.querySelector('.picked b').textContent === '2'")).await;
    press(&page, ".picked button[name=drop]").await;
    until(&page, "both dropped", &format!("document.querySelector('.column').querySelectorAll('.item').length === {} && {bar} === 'none'", n - 2))
        .await;
    key(&page, "u").await;
    until(&page, "both back", &format!("document.querySelector('.column').querySelectorAll('.item').length === {n}")).await;

    looks(&page, &service).await;

    page.goto(format!("{}/draft/1", service.base)).await.unwrap();
    page.evaluate(CONFIRM).await.unwrap();
    page.evaluate("window.confirm = () => true; document.querySelector('button[value=finalise]').click()").await.unwrap();
    until(&page, "finished", "document.body.textContent.includes('已定稿') && !document.querySelector('input.title')").await;
    browser.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn an_admin_adds_and_mends_sources_and_puts_in_a_pasted_article() {
    let (service, site) = Service::with_site().await;
    let (mut browser, page) = enter(&service, "管理员").await;
    for _ in 0..100 {
        visit(&page, &service, "/sources").await;
        if page.content().await.unwrap().contains("坏来源") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    // found out by itself, shown, added
    fill(&page, "form.search input[name=url]", &format!("{}/keji/", site.base)).await;
    press(&page, "form.search button").await;
    until(&page, "what would be taken", "!!document.querySelector('.tried') && document.querySelectorAll('.tried li').length > 3").await;
    press(&page, ".tried button.main").await;
    until(&page, "added", "!document.querySelector('.tried') && document.querySelectorAll('table.list tr').length === 3").await;

    // mended
    page.evaluate("[...document.querySelectorAll('table.list a')].find(a => a.textContent === '坏来源').click()").await.unwrap();
    until(&page, "the form", "!!document.querySelector('form.fields')").await;
    press(&page, "button[value=try]").await;
    until(
        &page,
        "told what is wrong",
        "!!document.querySelector('[role=alert]') && document.body.textContent.includes('网站只让运行脚本的浏览器打开')",
    )
    .await;
    fill(&page, "input[name=url]", &format!("{}/hangye/api/list?page=1", site.base)).await;
    page.evaluate("document.querySelector('select[name=kind]').value = ''").await.unwrap();
    press(&page, "button[value=try]").await;
    until(&page, "it can be read", "document.querySelectorAll('.tried li').length > 3").await;
    press(&page, "button[value=save]").await;
    until(&page, "saved", "!document.querySelector('.tried') && document.querySelector('input[name=url]').value.includes('/hangye/')").await;
    assert!(service.sources().contains("/hangye/api/list"));

    // an article by its address
    visit(&page, &service, "/draft/1/pool").await;
    let news = qingbao::demo::DemoWorld::at(chrono::Utc::now()).stories.into_iter().find(|s| s.site == "hangye").unwrap();
    fill(&page, "form.search input[name=url]", &format!("{}/hangye/{}.html", site.base, news.slug)).await;
    press(&page, "form.search[action] button").await;
    let there = format!(
        "[...document.querySelectorAll('.item input.title')].some(t => t.value.startsWith('{}'))",
        news.title.chars().take(8).collect::<String>()
    );
    until(&page, "pasted", &there).await;

    // and the document comes down
    let folder = service.dir.path().join("downloads");
    std::fs::create_dir_all(&folder).unwrap();
    let to = SetDownloadBehaviorParams::builder().behavior(SetDownloadBehaviorBehavior::Allow).download_path(folder.display().to_string());
    page.execute(to.build().unwrap()).await.unwrap();
    press(&page, "a[href$='/docx']").await;
    let mut found = None;
    for _ in 0..100 {
        found = std::fs::read_dir(&folder).unwrap().filter_map(|f| Some(f.ok()?.path())).find(|p| p.extension().is_some_and(|e| e == "docx"));
        if found.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(std::fs::read(found.unwrap()).unwrap().starts_with(b"PK"));
    browser.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn of_two_editors_of_one_text_the_slower_one_sees_both_and_chooses() {
    let service = Service::start("");
    let ((mut first, a), (mut second, b)) = (enter(&service, "甲编辑").await, enter(&service, "乙编辑").await);
    fill(&a, "textarea[name=foreword]", "甲写的话").await;
    fill(&b, "textarea[name=foreword]", "乙写的话").await;
    let conflict = "!!document.querySelector('.conflict')";
    let (slower, other) = loop {
        if a.evaluate(conflict).await.unwrap().into_value::<bool>().unwrap() {
            break (&a, &b);
        }
        if b.evaluate(conflict).await.unwrap().into_value::<bool>().unwrap() {
            break (&b, &a);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let mine = value(slower, "document.querySelector('textarea[name=foreword]').value").await;
    let theirs = value(slower, "document.querySelector('.conflict .theirs').textContent").await;
    assert!(mine != theirs && mine.ends_with("写的话") && theirs.ends_with("写的话"), "{mine} {theirs}");
    press(slower, ".conflict button").await;
    until(slower, "saved now", "document.getElementById('state').textContent.startsWith('已保存') && !document.querySelector('.conflict')").await;
    // the other page learns of it by itself
    until(other, "the chosen words", &format!("document.querySelector('textarea[name=foreword]').value === '{mine}'")).await;
    first.close().await.unwrap();
    second.close().await.unwrap();
}

/// The pages' policy lets no script run but their own file: without that there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn without_scripts_the_same_is_done_by_buttons() {
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "甲编辑").await;
    page.execute(EnableParams::default()).await.unwrap();
    page.execute(SetBlockedUrLsParams::builder().url_pattern(BlockPattern::new("*://*:*/*.js", true)).build()).await.unwrap();
    visit(&page, &service, "/draft/1").await;
    assert_eq!(value(&page, "String(document.documentElement.classList.contains('script'))").await, "false");
    let first = order(&page).await;
    let leads = |id: &str| format!("document.querySelector('.item')?.dataset.article === '{id}'");
    press(&page, ".item button[value=down]").await;
    until(&page, "down", &leads(&first[1])).await;
    let n = first.len();
    let count = |n: usize| format!("document.querySelector('.column')?.querySelectorAll('.item').length === {n}");
    press(&page, ".item button[name=drop]").await;
    until(&page, "dropped", &count(n - 1)).await;
    press(&page, "button[value=undo]").await;
    until(&page, "undone", &count(n)).await;
    fill(&page, ".item input.title", "不用脚本改的标题").await;
    press(&page, ".item form.edit button").await;
    until(&page, "saved", "document.querySelector('.item input.title')?.value === '不用脚本改的标题'").await;
    act(&page, "{ const f = document.querySelector('.item select[name=column]'); f.value = '行业趋势'; f.form.querySelector('button[value=move]').click(); }")
        .await;
    until(&page, "moved", &format!("document.querySelectorAll('.column')[1]?.querySelector('[data-article=\"{}\"]') != null", first[1])).await;
    act(&page, CONFIRM).await;
    press(&page, "button[value=finalise]").await;
    until(&page, "finished", "document.body.textContent.includes('已定稿') && !document.querySelector('input.title')").await;
    browser.close().await.unwrap();
}

/// By axe-core, whose file the variable AXE names: the rules of WCAG 2.1 A and AA.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn no_page_breaks_the_rules_of_accessibility() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "管理员").await;
    let mut found = Vec::new();
    for (name, path) in PAGES.into_iter().chain([("login", "/login")]) {
        for scheme in ["light", "dark"] {
            shape(&page, 1440, 1000, scheme).await;
            visit(&page, &service, path).await;
            page.evaluate(axe.as_str()).await.unwrap();
            act(&page, "document.querySelectorAll('details').forEach(d => { d.open = true; })").await;
            let violations = violations(&page).await;
            found.extend(violations.lines().map(|v| format!("{name} {scheme}: {v}")));
        }
    }
    browser.close().await.unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

const PAGES: [(&str, &str); 23] = [
    ("desk", "/draft/1"),
    ("pool", "/draft/1/pool"),
    ("articles", "/articles"),
    ("article", "/articles/1"),
    ("events", "/events"),
    ("event", "/events/1"),
    ("alerts", "/alerts"),
    ("alert", "/alerts/new?organisations=%E8%AE%B8%E6%98%8C%E7%94%B5%E6%B0%94"),
    ("rules", "/rules"),
    ("rule", "/rules/new?kind=words&text=%E8%AE%B8%E6%98%8C"),
    ("organisations", "/organisations"),
    ("organisation", "/organisations/1"),
    ("overview", "/overview"),
    ("week", "/week"),
    ("sources", "/sources"),
    ("source", "/sources/quiet"),
    ("subscribers", "/subscribers"),
    ("versions", "/sources/quiet/versions"),
    ("series", "/sources/quiet/series"),
    ("settings", "/settings/columns"),
    ("taxonomy", "/taxonomy"),
    ("taxonomy-topic", "/taxonomy/industry/%E9%A3%9F%E5%93%81"),
    ("operation", "/operation"),
];

/// No page is wider than its window, nothing is refused by the pages' own policy; pictures are left for people to look at.
async fn looks(page: &Page, service: &Service) {
    for (name, path) in PAGES {
        for (width, scheme) in [(375, "light"), (375, "dark"), (1440, "light"), (1440, "dark")] {
            shape(page, width, 1000, scheme).await;
            page.goto(format!("{}{path}", service.base)).await.unwrap();
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            let styled: bool =
                page.evaluate("getComputedStyle(document.querySelector('header')).borderBottomWidth === '3px'").await.unwrap().into_value().unwrap();
            assert!(styled, "{name}: its style is there");
            picture(page, &format!("{name}-{width}-{scheme}")).await;
        }
    }
    shape(page, 1440, 1000, "light").await;
}

/// Returns the rules of accessibility that the page breaks, a line each, by axe-core, which must have been evaluated in it.
pub(super) async fn violations(page: &Page) -> String {
    let run = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => r.passes.length < 8 ? 'none of the rules was tried' : r.violations.map(v => v.impact + ' ' + v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')).join('\\n'))";
    value(page, run).await
}

/// Leaves a picture in the target folder's `tmp/console`.
pub(super) async fn picture(page: &Page, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    std::fs::create_dir_all(&folder).unwrap();
    let shot = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).build();
    page.save_screenshot(shot, folder.join(format!("{name}.png"))).await.unwrap();
}
