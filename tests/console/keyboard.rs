//! An issue made by the keyboard alone, from the sign-in to 定稿, with keys as a keyboard sends them.

use std::time::Duration;

use chromiumoxide::element::Element;
use chromiumoxide::page::Page;

use super::Service;
use super::browser::{enter, shape, until, value};
use super::desk::leave_when_asked;

/// The keys of an editor who has no mouse.
struct Keys {
    page: Page,
    body: Element,
}

impl Keys {
    async fn new(page: &Page) -> Self {
        Self { page: page.clone(), body: page.find_element("body").await.unwrap() }
    }

    async fn press(&self, keys: &[&str]) {
        for key in keys {
            self.body.press_key(key).await.unwrap();
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Presses Tab until an element near by has the focus.
    async fn tab_to(&self, selector: &str) {
        let there = format!("String(document.activeElement.matches({selector:?}))");
        for _ in 0..30 {
            if value(&self.page, &there).await == "true" {
                return;
            }
            self.press(&["Tab"]).await;
        }
        panic!("Tab does not reach {selector}");
    }

    /// Writes instead of what a field has.
    async fn write(&self, words: &str) {
        self.page.evaluate("{ const f = document.activeElement; f.setSelectionRange(0, f.value.length); }").await.unwrap();
        self.body.type_str(words).await.unwrap();
    }
}

const SAVED: &str = "!('busy' in document.getElementById('desk').dataset) && !document.querySelector('.unsaved') && document.getElementById('state').textContent.startsWith('已保存')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn the_keyboard_alone_makes_the_issue() {
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "甲编辑").await;
    leave_when_asked(&page).await;
    shape(&page, 1440, 1000, "light").await;
    until(&page, "the desk", "document.readyState === 'complete' && document.documentElement.classList.contains('script')").await;
    let keys = Keys::new(&page).await;
    let count = || async { value(&page, "String(document.querySelectorAll('.item').length)").await.parse::<usize>().unwrap() };
    let n = count().await;

    // two dropped, one of them taken back, one moved up, one to the second column
    keys.press(&["j", "x"]).await;
    until(&page, "dropped", &format!("document.querySelectorAll('.item').length === {} && {SAVED}", n - 1)).await;
    keys.press(&["x"]).await;
    until(&page, "dropped", &format!("document.querySelectorAll('.item').length === {} && {SAVED}", n - 2)).await;
    keys.press(&["u"]).await;
    until(&page, "taken back", &format!("document.querySelectorAll('.item').length === {} && {SAVED}", n - 1)).await;
    page.evaluate("document.activeElement.blur()").await.unwrap();
    keys.press(&["j", "j", "["]).await;
    until(&page, "moved up", &format!("document.querySelector('.item') === document.activeElement && {SAVED}")).await;
    let moved = value(&page, "document.activeElement.dataset.article").await;
    keys.press(&["2"]).await;
    until(&page, "in the second column", &format!("document.querySelectorAll('.column')[1].querySelector('[data-article=\"{moved}\"]') && {SAVED}"))
        .await;

    // title and summary of the next one
    keys.press(&["j", "e"]).await;
    keys.write("title by hand").await;
    keys.tab_to("textarea.summary").await;
    keys.write("A summary by hand.").await;
    keys.press(&["Escape"]).await;
    until(&page, "saved", SAVED).await;

    // a candidate from beside the desk
    keys.press(&["p"]).await;
    until(&page, "the candidates", "document.querySelectorAll('#pool td form').length > 0").await;
    keys.tab_to("#pool td form button").await;
    keys.press(&["Enter"]).await;
    until(&page, "added", &format!("document.querySelectorAll('.item').length === {n} && {SAVED}")).await;
    keys.press(&["Escape"]).await;
    until(&page, "the desk again", "document.getElementById('pool').hidden").await;

    // an item of one's own, and the foreword
    keys.press(&["n"]).await;
    keys.write("own item").await;
    keys.tab_to(".own [name=text]").await;
    keys.write("Own text.").await;
    keys.tab_to(".own button").await;
    keys.press(&["Enter"]).await;
    until(&page, "written", &format!("document.querySelectorAll('.item').length === {} && {SAVED}", n + 1)).await;
    keys.press(&["w"]).await;
    keys.write("To our readers.").await;
    keys.press(&["Escape"]).await;
    until(&page, "saved", SAVED).await;
    let mail = value(&page, "fetch('/draft/1/mail').then(a => a.text())").await;
    for words in ["title by hand", "A summary by hand.", "own item", "To our readers."] {
        assert!(mail.contains(words), "{words}");
    }

    // what the articles do not say is confirmed; the browser's question is answered with Enter
    keys.press(&["g", " "]).await;
    keys.tab_to("#signing .main").await;
    keys.press(&["Enter"]).await;
    until(&page, "finished", "document.body.textContent.includes('已定稿') && !document.querySelector('input.title')").await;
    browser.close().await.unwrap();
}
