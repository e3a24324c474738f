//! Two editors at the desk at once, and one who types fast: whatever they do, each typed word is in the issue, in the browser's keep,
//! or shown beside the other's, and nobody conflicts over what only he touched.

use std::time::Duration;

#[allow(deprecated)] // its successor names each network by itself
use chromiumoxide::cdp::browser_protocol::network::EmulateNetworkConditionsParams;
use chromiumoxide::cdp::browser_protocol::network::{CookieParam, EnableParams};
use chromiumoxide::cdp::browser_protocol::page::{EventJavascriptDialogOpening, HandleJavaScriptDialogParams};
use chromiumoxide::page::Page;
use futures_util::StreamExt as _;

use super::Service;
use super::browser::{enter, until};

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
    let mut quiet = 0;
    for _ in 0..300 {
        // a form that was sent before the script was there brings another page yet
        quiet = if eval::<bool>(page, script).await { quiet + 1 } else { 0 };
        if quiet == 5 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let open = "document.getElementById('state').textContent + [...document.querySelectorAll('.edit')].flatMap(f => [...f.querySelectorAll('[data-most]')].map(x => [f.elements.article?.value,
        x.name, f.elements[x.name + '_was'].value, x.value, f.textContent.slice(0, 80)]).filter(x => x[2] !== x[3])).map(String).join(' | ')";
    panic!("it never settles: {}", eval::<String>(page, open).await);
}

/// Types a word behind the text of the n-th item, as fast as a script can. From a text that is nearly full it takes the words of
/// earlier seeds.
async fn write(page: &Page, n: u64, field: &str, word: &str) -> String {
    let seed: String = word.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let script = format!(
        "(() => {{ const items = document.querySelectorAll('.item'), i = items[{n} % items.length], f = i.querySelector('[name={field}]');
           const old = f.value.length > f.dataset.most - 50 ? /〔.(?!{seed}之)\\d+之\\d〕/g : /$^/;
           f.focus(); f.value = f.value.replace(old, '') + '{word}'; f.dispatchEvent(new Event('input', {{bubbles: true}})); return i.dataset.article; }})()"
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
pub(super) async fn leave_when_asked(page: &Page) {
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

/// Where a page has a word: in a field, in a text, in the browser's keep.
async fn place(page: &Page, word: &str) -> String {
    let script = format!(
        "[...[...document.querySelectorAll('input, textarea')].filter(f => f.value.includes('{word}')).map(f => f.name + ' of ' + (f.closest('[id]') || f).id),
          ...[...document.querySelectorAll('p')].filter(p => p.textContent.includes('{word}')).map(p => p.className + ' ' + p.textContent),
          ...Object.entries(localStorage).filter(e => e[1].includes('{word}')).flat()].join(' | ')"
    );
    eval(page, &script).await
}

/// The conflicts that a page shows: item, field, the text before, the other's, one's own.
async fn conflicts(page: &Page) -> Vec<Vec<String>> {
    let script = "[...document.querySelectorAll('.conflict')].map(c => { const f = c.closest('form').elements, name = c.dataset.name;
        return [f.article ? f.article.value : '', name, f[name + '_was'].value, c.querySelector('.theirs').textContent, f[name].value]; })";
    eval(page, script).await
}

/// Signs an editor in again, as in another window: the page goes on with a session whose token it does not know.
async fn sign_in_again(page: &Page, service: &Service, name: &str) {
    let cookie = service.sign_in("", name).await.cookie;
    let (key, value) = cookie.split_once('=').unwrap();
    let cookie = CookieParam::builder().name(key).value(value).url(&service.base).build().unwrap();
    page.set_cookie(cookie).await.unwrap();
}

/// Presses 撤销, and 重做 until nothing is left of it: what was written stays.
async fn undo_and_redo(page: &Page) {
    settled(page).await;
    let press = |which: &str| {
        format!("(() => {{ const b = document.querySelector('button[value={which}]'); const can = !b.disabled; b.click(); return can; }})()")
    };
    eval::<bool>(page, &press("undo")).await;
    settled(page).await;
    for _ in 0..5 {
        if !eval::<bool>(page, &press("redo")).await {
            break;
        }
        settled(page).await;
    }
}

/// Drops the n-th item where there are many; gives its article.
async fn drop_item(page: &Page, n: u64) -> String {
    let script = format!(
        "(() => {{ const items = document.querySelectorAll('.item'), i = items[{n} % items.length]; if (items.length < 15) return ''; i.querySelector('button[name=drop]').click(); return i.dataset.article; }})()"
    );
    eval(page, &script).await
}

/// Loads the page again. Nobody types in the instant in which one page takes the other's place, but before the new one is whole.
async fn reload(page: &Page) {
    page.evaluate("window.old = true; setTimeout(() => location.reload(), 0)").await.unwrap();
    while eval::<bool>(page, "window.old === true").await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Puts the best candidate in.
async fn add(page: &Page) {
    let script = "fetch(document.getElementById('open-pool').href).then(a => a.text()).then(t => {
        const form = new DOMParser().parseFromString(t, 'text/html').querySelector('td form');
        if (!form) return false;
        const pool = document.getElementById('pool');
        pool.replaceChildren(document.adoptNode(form));
        form.requestSubmit(form.querySelector('button'));
        return true; })";
    let _: Result<_, _> = page.evaluate(script).await;
}

/// What happens in one seed, and the words that were written: word, article, field, by whom.
struct Course {
    random: Random,
    words: Vec<(String, String, &'static str, &'static str)>,
    dropped: Vec<String>,
    log: Vec<String>,
}

impl Course {
    /// An editor writes, and does something before the text is saved.
    async fn turn(&mut self, name: &'static str, page: &Page, seed: u64, round: u64) {
        let random = &mut self.random;
        let cut = random.below(5) == 0;
        if cut {
            offline(page, true).await;
        }
        let field = ["title", "summary", "note"][usize::try_from(random.below(3)).unwrap()];
        let word = format!("〔{name}{seed}之{round}〕");
        let article = write(page, random.below(25), field, &word).await;
        self.log.push(format!("{word} into {field} of {article}{}", if cut { ", cut off" } else { "" }));
        self.words.push((word, article, field, name));
        for _ in 0..random.below(3) {
            act(page, random.below(25), random.below(20)).await;
        }
        match random.below(8) {
            0 => {
                self.dropped.push(drop_item(page, random.below(25)).await);
                self.log.push(format!("{name} drops {:?}", self.dropped.last()));
            }
            1 if !cut => {
                add(page).await;
                self.log.push(format!("{name} adds"));
            }
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(random.below(400))).await;
        if cut {
            offline(page, false).await;
        }
        if !cut && random.below(6) == 0 {
            self.log.push(format!("{name} reloads"));
            reload(page).await;
        }
    }
}

/// `SEEDS=300` makes it long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn whatever_two_editors_do_at_once_no_word_is_lost() {
    let seeds: u64 = std::env::var("SEEDS").map_or(20, |s| s.parse().unwrap());
    let mut service = Service::start("");
    let ((mut first, a), (mut second, b)) = (enter(&service, "甲编辑").await, enter(&service, "乙编辑").await);
    for page in [&a, &b] {
        leave_when_asked(page).await;
    }
    let (mut met, mut before) = (0, Vec::new());
    for seed in 1..=seeds {
        let mut course = Course { random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)), words: Vec::new(), dropped: Vec::new(), log: Vec::new() };
        let alone = seed % 3 == 0;
        println!("seed {seed}");
        for round in 0..3u64 {
            course.turn("甲", &a, seed, round).await;
            if !alone {
                course.turn("乙", &b, seed, round).await;
            }
            let event = course.random.below(12);
            match event {
                0 => service.restart(),
                1 => sign_in_again(&a, &service, "甲编辑").await,
                2 if alone => undo_and_redo(&a).await,
                _ => continue,
            }
            course.log.push(["killed and started", "signed in again", "undone and redone"].get(usize::try_from(event).unwrap()).unwrap().to_string());
        }
        settled(&a).await;
        settled(&b).await;
        let Course { words, dropped, log, .. } = course;
        // of the seed before, too: an editor may not have seen yet what the other wrote then
        let same_text = words.iter().any(|x| words.iter().chain(&before).any(|y| x.3 != y.3 && (&x.1, x.2) == (&y.1, y.2)));
        let shown = [conflicts(&a).await, conflicts(&b).await].concat();
        assert!(shown.is_empty() || same_text, "seed {seed}: a conflict over what only one touched: {log:#?} {shown:#?}");
        met += shown.len();
        let texts = issue(&a).await;
        for (word, article, field, name) in &words {
            let page = if *name == "甲" { &a } else { &b };
            let here = place(page, word).await;
            // a text that was saved goes with the item that somebody drops
            let gone = dropped.contains(article);
            assert!(
                texts.contains(word.as_str()) || !here.is_empty() || gone,
                "seed {seed}: {word} of {field} of {article} is lost: {log:#?} {texts}"
            );
            assert!(texts.contains(word.as_str()) || same_text || gone, "seed {seed}: {word} is not in the issue but in {here}: {log:#?} {texts}");
        }
        before = words;
        // both go on from what the server has
        for page in [&a, &b] {
            let choose =
                "(() => { document.querySelectorAll('.conflict button:last-of-type, #kept button').forEach(b => b.click()); return true; })()";
            assert!(eval::<bool>(page, choose).await);
            settled(page).await;
            // who still sees what another dropped writes into what is not there
            if !dropped.is_empty() {
                reload(page).await;
                settled(page).await;
            }
        }
    }
    println!("{seeds} seeds, {met} conflicts, all of them over one text");
    first.close().await.unwrap();
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn what_was_not_saved_when_another_finished_the_issue_is_shown() {
    let service = Service::start("");
    let ((mut first, a), (mut second, b)) = (enter(&service, "甲编辑").await, enter(&service, "乙编辑").await);
    offline(&a, true).await;
    write(&a, 3, "summary", "〔没有存上〕").await;
    let own = "{ const own = document.querySelector('.own textarea'); own.value = '〔写了一半〕'; own.dispatchEvent(new Event('input', {bubbles: true})); }";
    a.evaluate(own).await.unwrap();
    b.evaluate("{ window.confirm = () => true; document.querySelector('button[value=finalise]').click(); }").await.unwrap();
    until(&b, "finished", "document.body.textContent.includes('已定稿') && !document.querySelector('input.title')").await;
    offline(&a, false).await;
    until(&a, "finished here too", "document.body.textContent.includes('已定稿') && !document.querySelector('input.title')").await;
    let shown = "['〔没有存上〕', '〔写了一半〕'].every(w => [...document.querySelectorAll('#kept textarea')].some(t => t.value.includes(w)))";
    until(&a, "both texts are shown", shown).await;
    first.close().await.unwrap();
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn a_text_is_not_saved_in_the_name_of_whoever_signed_in_meanwhile() {
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "甲编辑").await;
    sign_in_again(&page, &service, "乙编辑").await;
    write(&page, 3, "summary", "〔甲写的〕").await;
    until(&page, "told", "document.getElementById('state').textContent.includes('现在登录的是乙编辑')").await;
    assert!(!issue(&page).await.contains("〔甲写的〕"));
    // nor by a page of the other's own
    let theirs = browser.new_page(format!("{}/draft/1", service.base)).await.unwrap();
    until(&theirs, "the desk", "document.querySelectorAll('.item').length > 20").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!issue(&theirs).await.contains("〔甲写的〕"));
    theirs.close().await.unwrap();
    sign_in_again(&page, &service, "甲编辑").await;
    settled(&page).await;
    assert!(issue(&page).await.contains("〔甲写的〕"));
    browser.close().await.unwrap();
}
