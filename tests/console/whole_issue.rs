//! A whole issue as an editor makes it: eight items dropped, two added, one moved, one brought six places up, three summaries and the
//! foreword written, an item of one's own, the mail looked at, finished, and saved as a document. Counted: pages loaded, clicks,
//! and how far the editor scrolls.

use std::time::Duration;

use chromiumoxide::page::Page;

use super::Service;
use super::browser::{enter, key, picture, shape, until, value};

/// An editor's hand on the mouse.
struct Hand {
    page: Page,
    clicks: usize,
}

impl Hand {
    /// Clicks the middle of an element, brought into view as little as needed.
    async fn click(&mut self, element: &str) {
        let middle = format!(
            "(() => {{ const e = {element}, bar = document.querySelector('.sticky').getBoundingClientRect().bottom; let r = e.getBoundingClientRect();
               if (r.bottom > innerHeight) scrollBy(0, r.bottom - innerHeight + 10);
               if (r.top < bar && !e.closest('.sticky, aside')) scrollBy(0, r.top - bar - 10);
               r = e.getBoundingClientRect(); return r.left + r.width / 2 + ' ' + (r.top + r.height / 2); }})()"
        );
        let at = value(&self.page, &middle).await;
        let (x, y) = at.split_once(' ').unwrap();
        self.page.click(chromiumoxide::layout::Point::new(x.parse().unwrap(), y.parse().unwrap())).await.unwrap();
        self.clicks += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    async fn write(&mut self, element: &str, words: &str) {
        self.click(element).await;
        let there = format!("document.activeElement === {element}");
        until(&self.page, &format!("in {element}"), &there).await;
        let script =
            format!("document.activeElement.value = '{words}'; document.activeElement.dispatchEvent(new Event('input', {{bubbles: true}})); true");
        self.page.evaluate(script).await.unwrap();
    }
}

const SAVED: &str = "!('busy' in document.getElementById('desk').dataset) && document.getElementById('state').textContent.startsWith('已保存')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn a_whole_issue_takes_few_clicks_little_scrolling_and_no_reloads() {
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "甲编辑").await;
    shape(&page, 1440, 1000, "light").await;
    page.evaluate(
        "window.stayed = true; window.way = 0; let y = scrollY; addEventListener('scroll', () => { way += Math.abs(scrollY - y); y = scrollY; }); true",
    )
    .await
    .unwrap();
    let mut hand = Hand { page: page.clone(), clicks: 0 };
    let items = |n: usize| format!("document.querySelectorAll('.item').length === {n}");
    let n: usize = value(&page, "String(document.querySelectorAll('.item').length)").await.parse().unwrap();

    // folded, all headlines are in view at once: eight go
    hand.click("document.querySelector('.fold')").await;
    picture(&page, "desk-folded").await;
    for at in [2, 5, 11, 13, 16, 19, 22, 25] {
        hand.click(&format!("document.querySelectorAll('[data-pick]')[{at}]")).await;
    }
    hand.click("document.querySelector('.picked button[value=off-topic]')").await;
    until(&page, "eight dropped", &format!("{} && {SAVED}", items(n - 8))).await;

    // one six places up, another to the next column
    hand.click("document.querySelectorAll('.item')[6].querySelector('.grip')").await;
    let seventh = value(&page, "document.querySelectorAll('.item')[6].dataset.article").await;
    page.evaluate("document.querySelectorAll('.item')[6].focus({ preventScroll: true })").await.unwrap();
    for _ in 0..6 {
        key(&page, "[").await;
    }
    until(&page, "six up", &format!("document.querySelector('.item').dataset.article === '{seventh}' && {SAVED}")).await;
    key(&page, "j").await;
    key(&page, "2").await;
    until(&page, "moved", &format!("document.querySelectorAll('.column')[0].querySelectorAll('.item').length < 10 && {SAVED}")).await;

    // two from the candidates, beside the desk
    hand.click("document.getElementById('open-pool')").await;
    until(&page, "the candidates", "document.querySelectorAll('#pool td form').length > 2").await;
    picture(&page, "desk-pool").await;
    for added in 1..=2 {
        hand.click("document.querySelector('#pool td form button')").await;
        until(&page, "added", &format!("{} && document.querySelectorAll('#pool td .good').length === {added} && {SAVED}", items(n - 8 + added)))
            .await;
    }
    hand.click("document.querySelector('#pool > button')").await;

    // unfolded: three summaries and the foreword
    hand.click("document.querySelector('.fold')").await;
    hand.write("document.querySelector('textarea[name=foreword]')", "各位领导：请看本期。").await;
    for at in 0..3 {
        hand.write(&format!("document.querySelectorAll('.item textarea.summary')[{at}]"), &format!("编辑写的第{at}条摘要。")).await;
    }
    until(&page, "saved", &format!("document.querySelectorAll('.unsaved').length === 0 && {SAVED}")).await;

    // looked at, finished, saved
    let texts = value(&page, "fetch('/draft/1/mail').then(a => a.text())").await;
    hand.clicks += 1;
    for word in ["各位领导：请看本期。", "编辑写的第0条摘要。", "编辑写的第2条摘要。"] {
        assert!(texts.contains(word), "{word}");
    }
    assert_eq!(value(&page, "String(window.stayed)").await, "true", "no page was loaded meanwhile");
    let way: f64 = value(&page, "String(way / innerHeight)").await.parse().unwrap();
    page.evaluate("{ window.confirm = () => true; }").await.unwrap();
    if value(&page, "String(!!document.querySelector('.anyway:not([hidden])'))").await == "true" {
        hand.click("document.querySelector('.anyway input')").await;
    }
    hand.click("document.querySelector('button[value=finalise]')").await;
    hand.clicks += 1; // 确定
    until(&page, "finished", "document.body.textContent.includes('已定稿') && !document.querySelector('input.title')").await;
    let document = value(&page, "fetch('/draft/1/docx').then(a => String(a.status))").await;
    hand.clicks += 1;
    assert_eq!(document, "200");
    // the page, the mail, and the page again when it is finished
    println!("pages loaded 3, clicks {}, screens scrolled {way:.1}", hand.clicks);
    assert!(hand.clicks <= 25 && way <= 8.0, "{} clicks, {way} screens", hand.clicks);
    browser.close().await.unwrap();
}
