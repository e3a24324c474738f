//! Two editors at the desk at once, and one who types fast: whatever they do, each typed word is in the issue, in the browser's keep,
//! or shown beside the other's, and nobody conflicts over what only he touched.

use std::time::Duration;

#[allow(deprecated)] // its successor names each network by itself
use chromiumoxide::cdp::browser_protocol::network::EmulateNetworkConditionsParams;
use chromiumoxide::cdp::browser_protocol::network::EnableParams;
use chromiumoxide::cdp::browser_protocol::page::{EventJavascriptDialogOpening, HandleJavaScriptDialogParams};
use chromiumoxide::page::Page;
use futures_util::StreamExt as _;

use super::Service;
use super::browser::enter;

/// A sequence that is the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

async fn eval<T: serde::de::DeserializeOwned>(page: &Page, script: &str) -> T {
    for _ in 0..50 {
        if let Ok(found) = page.evaluate(script).await
            && let Ok(found) = found.into_value()
        {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{script}: {}", page.content().await.unwrap());
}

/// Nothing waits: every text is with the server, or stands in a conflict.
async fn settled(page: &Page) {
    let script = "document.readyState === 'complete' && !('busy' in document.getElementById('desk').dataset) && [...document.querySelectorAll('.edit')].every(f =>
        f.querySelector('.conflict') || [...f.querySelectorAll('[data-most]')].every(x => x.value === f.elements[x.name + '_was'].value))";
    for _ in 0..300 {
        if eval::<bool>(page, script).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let open = "document.getElementById('state').textContent + [...document.querySelectorAll('.edit')].flatMap(f => [...f.querySelectorAll('[data-most]')].map(x => [f.elements.article?.value,
        x.name, f.elements[x.name + '_was'].value, x.value, f.textContent.slice(0, 80)]).filter(x => x[2] !== x[3])).map(String).join(' | ')";
    panic!("it never settles: {}", eval::<String>(page, open).await);
}

/// Types a word behind the text of the n-th item, as fast as a script can.
async fn write(page: &Page, n: u64, field: &str, word: &str) -> String {
    let script = format!(
        "(() => {{ const items = document.querySelectorAll('.item'), i = items[{n} % items.length], f = i.querySelector('[name={field}]');
           f.focus(); f.value += '{word}'; f.dispatchEvent(new Event('input', {{bubbles: true}})); return i.dataset.article; }})()"
    );
    eval(page, &script).await
}

/// One of the desk's actions on the n-th item.
async fn act(page: &Page, n: u64, action: u64) {
    let button = ["button[value=up]", "button[value=down]", "button[value=top]", "button[value=move]"][usize::try_from(action % 4).unwrap()];
    let script = format!(
        "(() => {{ const items = document.querySelectorAll('.item'), i = items[{n} % items.length], s = i.querySelector('select');
           s.selectedIndex = {action} % s.options.length; i.querySelector('{button}').click(); return true; }})()"
    );
    assert!(eval::<bool>(page, &script).await);
}

async fn offline(page: &Page, offline: bool) {
    page.execute(EnableParams::default()).await.unwrap();
    #[allow(deprecated)] // its successor is not in the crate
    page.execute(EmulateNetworkConditionsParams::new(offline, 0.0, -1.0, -1.0)).await.unwrap();
}

/// Says yes when the browser asks whether a page with unsaved texts may be left.
async fn leave_when_asked(page: &Page) {
    let (mut asked, page) = (page.event_listener::<EventJavascriptDialogOpening>().await.unwrap(), page.clone());
    tokio::spawn(async move {
        while asked.next().await.is_some() {
            let _ = page.execute(HandleJavaScriptDialogParams::new(true)).await;
        }
    });
}

/// All texts of the issue as the server has them.
async fn issue(page: &Page) -> String {
    let script = "fetch(document.getElementById('desk').dataset.state + '?version=0').then(a => a.json()).then(s => JSON.stringify(s.content))";
    eval(page, script).await
}

async fn conflicts(page: &Page) -> u64 {
    eval(page, "document.querySelectorAll('.conflict').length").await
}

/// `SEEDS=300` makes it long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn whatever_two_editors_do_at_once_no_word_is_lost() {
    let seeds: u64 = std::env::var("SEEDS").map_or(20, |s| s.parse().unwrap());
    let service = Service::start("");
    let ((mut first, a), (mut second, b)) = (enter(&service, "甲编辑").await, enter(&service, "乙编辑").await);
    for page in [&a, &b] {
        leave_when_asked(page).await;
    }
    let mut met = 0;
    for seed in 1..=seeds {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut words = Vec::new();
        let alone = seed % 3 == 0;
        println!("seed {seed}");
        for round in 0..3u64 {
            for (name, page) in [("甲", &a), ("乙", &b)] {
                if alone && name == "乙" {
                    continue;
                }
                let cut = random.below(5) == 0;
                if cut {
                    offline(page, true).await;
                }
                let field = ["title", "summary"][usize::try_from(random.below(2)).unwrap()];
                let word = format!("〔{name}{seed}之{round}〕");
                let article = write(page, random.below(25), field, &word).await;
                words.push((word, article, field, name));
                // before the text is saved
                for _ in 0..random.below(3) {
                    act(page, random.below(25), random.below(20)).await;
                }
                tokio::time::sleep(Duration::from_millis(random.below(400))).await;
                if cut {
                    offline(page, false).await;
                }
                if !cut && random.below(6) == 0 {
                    page.evaluate("setTimeout(() => location.reload(), 0)").await.unwrap();
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
            }
        }
        settled(&a).await;
        settled(&b).await;
        let same_text = words.iter().any(|x| words.iter().any(|y| x.3 != y.3 && (&x.1, x.2) == (&y.1, y.2)));
        let shown = conflicts(&a).await + conflicts(&b).await;
        assert!(shown == 0 || same_text, "seed {seed}: a conflict over what only one touched");
        met += shown;
        let texts = issue(&a).await;
        for (word, article, field, name) in &words {
            let page = if *name == "甲" { &a } else { &b };
            let here: bool = eval(page, &format!("[...document.querySelectorAll('input, textarea')].some(f => f.value.includes('{word}')) || document.body.textContent.includes('{word}') || JSON.stringify(localStorage).includes('{word}')")).await;
            assert!(texts.contains(word.as_str()) || here, "seed {seed}: {word} of {field} of {article} is lost");
            assert!(texts.contains(word.as_str()) || same_text, "seed {seed}: {word} is not in the issue: {texts}");
        }
        // both go on from what the server has
        for page in [&a, &b] {
            let choose = "(() => { document.querySelectorAll('.conflict button:last-of-type').forEach(b => b.click()); return true; })()";
            assert!(eval::<bool>(page, choose).await);
            settled(page).await;
        }
    }
    println!("{seeds} seeds, {met} conflicts, all of them over one text");
    first.close().await.unwrap();
    second.close().await.unwrap();
}
