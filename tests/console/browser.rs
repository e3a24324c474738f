//! The console in a real Chromium: keys, dragging, saving by itself; every page at the width of a phone and of a desk, light and
//! dark. That the forms work without scripts is what the rest of this test lives on.

use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::emulation::{MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams};
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::page::{Page, ScreenshotParams};
use chromiumoxide::{Browser, BrowserConfig};
use futures_util::StreamExt as _;

use super::{PASSWORD, Service};

/// Runs a script until it says yes.
async fn until(page: &Page, what: &str, script: &str) {
    for _ in 0..100 {
        if page.evaluate(script).await.is_ok_and(|v| v.into_value::<bool>().unwrap_or(false)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {}", page.content().await.unwrap());
}

async fn value(page: &Page, script: &str) -> String {
    page.evaluate(script).await.unwrap().into_value().unwrap()
}

/// Articles of the first column.
async fn order(page: &Page) -> Vec<String> {
    let list = value(page, "[...document.querySelector('.column').querySelectorAll('.item')].map(i => i.dataset.article).join(' ')").await;
    list.split(' ').map(str::to_owned).collect()
}

/// Presses a key as a reader's keyboard would.
async fn key(page: &Page, key: &str) {
    let script = format!(
        "(document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true}}))"
    );
    page.evaluate(script).await.unwrap();
}

async fn shape(page: &Page, width: i64, height: i64, scheme: &str) {
    let metrics = SetDeviceMetricsOverrideParams::new(width, height, 1.0, width < 600);
    page.execute(metrics).await.unwrap();
    let feature = MediaFeature::new("prefers-color-scheme", scheme);
    page.execute(SetEmulatedMediaParams::builder().features(vec![feature]).build()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn an_editor_finishes_the_issue_by_keys_and_by_mouse() {
    let service = Service::start("");
    let config = BrowserConfig::builder().no_sandbox().user_data_dir(service.dir.path().join("browser")).build().unwrap();
    let (mut browser, mut events) = Browser::launch(config).await.unwrap();
    tokio::spawn(async move { while events.next().await.is_some() {} });
    let page = browser.new_page(format!("{}/", service.base)).await.unwrap();
    page.wait_for_navigation().await.unwrap();
    // no key of a keyboard writes these letters at once
    page.evaluate("document.querySelector('input[name=name]').value = '管理员'").await.unwrap();
    page.find_element("input[name=password]").await.unwrap().click().await.unwrap().type_str(PASSWORD).await.unwrap();
    page.find_element("button.main").await.unwrap().click().await.unwrap();
    until(&page, "the desk", "document.querySelectorAll('.item').length > 20").await;

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

    // dropped with its reason, and taken back
    let n = order(&page).await.len();
    key(&page, "j").await;
    key(&page, "x").await;
    until(&page, "dropped", &format!("document.querySelector('.column').querySelectorAll('.item').length === {}", n - 1)).await;
    key(&page, "u").await;
    until(&page, "undone", &format!("document.querySelector('.column').querySelectorAll('.item').length === {n}")).await;

    looks(&page, &service).await;

    page.goto(format!("{}/draft/1", service.base)).await.unwrap();
    page.evaluate("window.confirm = () => true; document.querySelector('form[data-confirm] button').click()").await.unwrap();
    until(&page, "finished", "document.body.textContent.includes('已定稿') && !document.querySelector('input.title')").await;
    browser.close().await.unwrap();
}

/// No page is wider than its window, nothing is refused by the pages' own policy; pictures are left for people to look at.
async fn looks(page: &Page, service: &Service) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, path) in [
        ("desk", "/draft/1"),
        ("pool", "/draft/1/pool"),
        ("articles", "/articles"),
        ("article", "/articles/1"),
        ("overview", "/overview"),
        ("sources", "/sources"),
        ("operation", "/operation"),
    ] {
        for (width, scheme) in [(375, "light"), (375, "dark"), (1440, "light"), (1440, "dark")] {
            shape(page, width, 1000, scheme).await;
            page.goto(format!("{}{path}", service.base)).await.unwrap();
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            let styled: bool =
                page.evaluate("getComputedStyle(document.querySelector('header')).borderBottomWidth === '3px'").await.unwrap().into_value().unwrap();
            assert!(styled, "{name}: its style is there");
            let shot = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).build();
            page.save_screenshot(shot, folder.join(format!("{name}-{width}-{scheme}.png"))).await.unwrap();
        }
    }
    shape(page, 1440, 1000, "light").await;
}
